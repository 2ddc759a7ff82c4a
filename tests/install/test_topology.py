"""From a Topology Builder file to a proxy that serves and is verified, by the README's commands, on a stock Debian
Apache. The pools and the public CA are ours. No farm: its port would be the proxy's own, as all are one host here."""

import os
import re
import shlex
import sys

import pytest

from test_guide import HERE, OWAS, PUBLIC, README, Guide, prepared

sys.path.insert(1, os.path.join(os.path.dirname(HERE), "cli"))
from topology import described  # noqa: E402


def commands():
    with open(README) as file:
        return re.search(r"^```sh topology\n(.*?)^```", file.read(), re.M | re.S)[1].splitlines()


@pytest.fixture(scope="module")
def host():
    with prepared() as found:
        for line in Guide(README).install:
            found.must(*shlex.split(line.replace("systemctl restart apache2", "apachectl restart")))
        with open(found.path("/etc/lync/contoso.tbxml"), "wb") as file:
            file.write(described(*found.pools.all[:3]).bytes("builder", "utf-8"))
        yield found


def test_five_commands(host):
    assert len(commands()) + sum(line.startswith("lyncadm ") for line in Guide(README).install) <= 5
    said = [host.must(*shlex.split(line)) for line in commands()]
    assert "revision 1 is served" in said[-2], said[-2]
    count, all_of = re.search(r"^(\d+) of (\d+) checks of revision 1 are ok$", said[-1], re.M).groups()
    assert count == all_of and int(count) > 100, said[-1]
    assert all(name in said[-1] for name in PUBLIC if name != OWAS)


def test_it_stays_so(host):
    """Again nothing changes, and verify says when something has: here a pool has gone."""
    again = next(line for line in commands() if " import topology " in line)
    assert host.must(*shlex.split(again)).startswith("the draft is already as topology")
    verify = shlex.split(commands()[-1])
    host.pools.all[1].stop()
    status, said = host.run(*verify, host.pools.all[1].name)
    assert status == 3 and "lyncadm status" in said, said
