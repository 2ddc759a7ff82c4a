"""A restored store is served, or the one before is back."""

import os

import pytest

from deploy import WEBEXT
from httpd import lyncadm
from load import Load
from test_trial import apply, marked, own, served


def restore(world, ok=True):
    return lyncadm(world.stage, world.store, "restore", world.stage.path("copy.db"), "-m", "the day before",
                   hosts=world.hosts_file, ok=ok)


@pytest.mark.smoke
def test_served(stage):
    """Under load, to every connection from then on; revision 2 of another day is another revision."""
    world = own(stage)
    lyncadm(stage, world.store, "backup", stage.path("copy.db"))
    marked(world, 2)
    apply(world)
    with Load(world.https, WEBEXT) as load:
        assert "revision 1 is served" in restore(world).stdout
        assert {served(world) for _ in range(20)} == {1}
        marked(world, 3)
        assert "revision 2 is served" in apply(world).stdout
        assert {served(world) for _ in range(20)} == {3}
        load.more()
    assert not load.failed, load.failed


def test_refused(stage):
    """A file that the backup names is not there any more: the store before is back, and was served all the time."""
    world = own(stage)
    lyncadm(stage, world.store, "backup", stage.path("copy.db"))
    leaf = world.pki.public.leaf(WEBEXT, sans=["meet.contoso.com"], file="second")
    lyncadm(stage, world.store, "certificate", "set", "external", "--chain", leaf.chain, "--key", leaf.key)
    marked(world, 2)
    apply(world)
    os.remove(world.leaf.chain)
    with Load(world.https, WEBEXT) as load:
        result = restore(world, ok=False)
        assert result.returncode == 1 and world.leaf.chain in result.stderr
        assert "the store before is back, and revision 2 is served" in result.stderr
        assert {served(world) for _ in range(20)} == {2}
        load.more()
    assert not load.failed, load.failed
    lyncadm(stage, world.store, "audit", "verify")
