"""A revision is served to every new connection once apply says so; one on trial ends by itself."""

import os
import signal
import time

import pytest

from deploy import WEBEXT, Small, add_route, control_of, watchers
from httpd import PLAIN, lyncadm, wait
from load import Load

SECONDS = 5 if PLAIN else 30            # of a trial: a reload must be over by then


def marked(world, number):
    """The draft tells apart: /which leads to its number."""
    where = ("external", WEBEXT, "/which")
    if number > 1:
        lyncadm(world.stage, world.store, "route", "set", *where, "--location", "https://revision/%d" % number)
    else:
        add_route(world.stage, world.store, WEBEXT, "/which", "--action", "redirect", "--location", "https://revision/1")


def served(world):
    answer = world.ask(WEBEXT, "/which")
    assert answer.status == 302, answer
    return int(answer.get("Location").rpartition("/")[2])


def apply(world, *more, ok=True):
    return lyncadm(world.stage, world.store, "apply", *more, hosts=world.hosts_file, ok=ok)


def kill_watcher(world):
    """The process that would end a trial."""
    for pid in watchers(world.store):
        os.kill(pid, signal.SIGKILL)


def own(stage, mpm="event"):
    world = Small(stage, start=False, controlled=True, mpm=mpm)
    if mpm != "prefork":
        world.httpd.after = "StartServers 4\nServerLimit 16\nMaxSpareThreads 128\nMaxRequestWorkers 512\n"
        world.httpd.write()
    marked(world, 1)
    return world.serve()


@pytest.mark.parametrize("how", [" without a reload", ""])
@pytest.mark.parametrize("mpm", ["event", "worker"])
def test_every_connection_after_apply(stage, mpm, how):
    """Several children, all of them busy: not one goes on to take connections for the revision before."""
    world = own(stage, mpm)
    with Load(world.https, WEBEXT) as load:
        for number in range(2, 7):
            marked(world, number)
            result = apply(world, *([] if how else ["--reload"]))
            assert "revision %d is served%s (" % (number, how) in result.stdout
            assert {served(world) for _ in range(40)} == {number}
        load.more()
    assert not load.failed, load.failed


@pytest.mark.smoke
def test_not_confirmed(stage):
    """A new profile takes a reload, there and back."""
    world = own(stage)
    marked(world, 2)
    lyncadm(stage, world.store, "profile", "set", "poll", "--timeout", 1801)
    before = world.httpd.served()[1]
    assert "on trial for %d s" % SECONDS in apply(world, "--confirm", "%ds" % SECONDS).stdout
    assert served(world) == 2 and world.httpd.served()[1] == before + 1
    wait("revision 1 is served again", lambda: world.httpd.served()[2] == 1, 2 * SECONDS + 20)
    wait("by every child", lambda: {served(world) for _ in range(10)} == {1})
    wait("nobody is to end it any more", lambda: not watchers(world.store), 60)
    world.stage.check()


def test_confirmed(stage):
    world = own(stage)
    marked(world, 2)
    apply(world, "--confirm", "%ds" % SECONDS)
    lyncadm(stage, world.store, "confirm")
    time.sleep(SECONDS + 1)
    world.httpd.graceful()
    assert served(world) == 2 and world.httpd.served()[2] == 2 and not watchers(world.store)


@pytest.mark.parametrize("how", ["reload", "start", "itself"])
def test_nobody_is_left_to_end_it(stage, how):
    """The process that would was killed, as by a reboot: httpd does not serve a trial whose time is over. Its children
    see to it themselves when only routes are different."""
    world = own(stage)
    marked(world, 2)
    if how != "itself":
        lyncadm(stage, world.store, "profile", "set", "poll", "--timeout", 1801)
    apply(world, "--confirm", "%ds" % SECONDS)
    kill_watcher(world)
    if how == "start":
        world.httpd.stop()
    time.sleep(SECONDS)
    if how == "start":
        world.httpd.start()
    elif how == "reload":
        assert served(world) == 2
        world.httpd.graceful()
    else:
        wait("they see to it", lambda: world.httpd.served()[2] == 1)
    assert world.httpd.served()[2] == 1
    wait("revision 1 is served", lambda: {served(world) for _ in range(10)} == {1})
    status = lyncadm(stage, world.store, "status", "--control", control_of(world.httpd), hosts=world.hosts_file, ok=False)
    assert status.returncode == 3 and "not confirmed" in status.stdout
    result = lyncadm(stage, world.store, "confirm", hosts=world.hosts_file, ok=False)
    assert result.returncode == 1 and "revision 1 is served again" in result.stderr
    status = lyncadm(stage, world.store, "status", "--control", control_of(world.httpd), hosts=world.hosts_file)
    assert status.returncode == 0
