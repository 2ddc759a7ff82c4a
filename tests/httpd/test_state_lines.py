"""One line in the log when a server or a pool changes state: whatever the number of children, reloads and attempts."""

import re
import signal
import time

import pytest

from deploy import WEBEXT
from httpd import wait
from raw import request_bytes
from test_drain import FE01, FE02, POOL, PROXYS, World

SAID = r"LYNC0052|LYNC009[0-3]"


class Told(World):
    """What its log says of servers and pools; dead: which of them a test has killed."""

    def __init__(self, stage, *arguments, **more):
        super().__init__(stage, *arguments, **more)
        self.dead = set()
        self.httpd.expect(PROXYS)

    def kill(self, *names):
        for name in names:
            self.lync.server(name).kill()
            self.dead.add(name)

    def revive(self, *names):
        for name in names:
            self.lync.server(name).start()
            self.dead.discard(name)

    def told(self):
        """Messages in order, without the seconds that something lasted."""
        return [re.sub(r"after \d+ s", "after N s", re.sub(r".*?LYNC\d+: ", "", line)) for line in self.httpd.lines(SAID)]

    def lasted(self):
        return [int(seconds) for line in self.httpd.lines(SAID) for seconds in re.findall(r"again after (\d+) s", line)]

    def probed(self, rounds=3):
        """Waits until each server was probed so often, while clients ask."""
        marks = {server: server.mark() for server in self.lync.servers if server.name.split(".")[0] not in self.dead}
        before = len(self.failures("HCOH"))

        def done():
            self.ask(WEBEXT, "/meet/a/b")
            probes = [sum("/autodiscover/" in entry["line"].lower() for entry in server.seen_since(mark))
                      for server, mark in marks.items()]
            return all(count >= rounds for count in probes) and (
                not self.dead or len(self.failures("HCOH")) >= before + rounds * len(self.dead))
        wait("probes", done, 90)

    def failures(self, who="https?"):
        """Attempts to reach a server: HCOH those of probes."""
        return self.httpd.lines("AH00957: %s: " % who)

    def expect(self, *patterns):
        """It says these and nothing else, also later."""
        wait("\n".join(patterns), lambda: len(self.told()) >= len(patterns), 60)
        self.probed()
        told = self.told()
        assert len(told) == len(patterns), told
        assert all(re.fullmatch(pattern, line) for pattern, line in zip(patterns, told)), told

    def down(self, server=FE02, why="(its probe is not answered well|a request was not answered)"):
        return r"pool '%s': server '%s' \(port %d\) is down: %s" % (POOL, server, self.lync.https_port, why)

    def up(self, server=FE02):
        return r"pool '%s': server '%s' \(port %d\) is up again after N s" % (POOL, server, self.lync.https_port)

    def none(self):
        return r"pool '%s' \(port %d\) has no server: who is not bound to one gets 503" % (POOL, self.lync.https_port)

    def some(self):
        return r"pool '%s' \(port %d\) has servers again after N s" % (POOL, self.lync.https_port)


def state(server, word):
    return "pool '%s': server '%s' is in state %s now" % (POOL, server, word)


@pytest.fixture
def world(stage):
    return Told(stage)


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_a_server_goes_and_comes(stage, mpm):
    """Twice; nothing is said at the start, and once by whichever child."""
    world = Told(stage, mpm)
    world.expect()
    assert len(world.httpd.children()) >= 3
    expected = []
    for _ in range(2):
        world.kill("fe02")
        expected.append(world.down())
        world.expect(*expected)
        world.revive("fe02")
        expected.append(world.up())
        world.expect(*expected)
    assert all(":notice]" in line for line in world.httpd.lines(SAID))


def test_another_attempt_is_no_news(world):
    """mod_proxy lets a client try a server again after a time, which fails: it is down all along."""
    def ask_all():
        for target in ("/meet/a/b", "/collabcontent/x?bytes=5", "/ucwa/v1/applications"):
            world.ask(WEBEXT, target)
        return True
    world.kill("fe02")
    wait("clients find it first", lambda: ask_all() and world.told(), 60)
    tried = len(world.failures())
    wait("others try it, unless probes have found it", lambda: ask_all() and (
        len(world.failures()) >= tried + 2 or len(world.httpd.lines("AH03303.*fe02")) >= 3), 60)
    world.expect(world.down())
    world.revive("fe02")
    world.expect(world.down(), world.up())


def test_no_server_left(world):
    world.kill("fe01", "fe02")
    wait("all are down", lambda: world.ask(WEBEXT, "/meet/a/b") and len(world.told()) >= 3, 60)
    world.probed()
    told = world.told()
    assert len(told) == 3 and re.fullmatch(world.none(), told[-1]), told
    assert {line.split("'")[3] for line in told[:2]} == {FE01, FE02}
    world.revive("fe01")
    wait("it is back", lambda: len(world.told()) >= 5, 60)
    world.probed()
    assert sorted(re.fullmatch(pattern, line) is not None for pattern, line in
                  zip((world.up(FE01), world.some()), world.told()[3:])) == [True, True], world.told()
    world.revive("fe02")
    world.expect(*map(re.escape, world.told()[:5]), world.up(FE02))


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_a_reload_is_no_news(world, number):
    """Of a server that is up and of one that is down, which is back by what a probe finds; seconds are those since it
    went, not since the reload."""
    world.httpd.reload(number)
    world.expect()
    world.kill("fe02")
    world.expect(world.down())
    began = time.monotonic()
    for _ in range(2):
        world.httpd.reload(number)
        world.expect(world.down())
    gone = int(time.monotonic() - began)
    world.revive("fe02")
    world.expect(world.down(), world.up())
    assert world.lasted()[0] >= gone
    world.httpd.reload(number)
    world.expect(world.down(), world.up())


def test_a_pool_without_a_server_at_a_reload(world):
    for host in (FE01, FE02):
        world.operate("disable", host)
    expected = [state(FE01, "disabled"), state(FE02, "disabled"), world.none()]
    world.httpd.expect("AH01170")
    world.expect(*expected)
    world.httpd.reload()
    world.expect(*expected)
    world.operate("enable", FE02)
    world.expect(*expected, state(FE02, "active"), world.some())


def test_a_restart_begins_anew(world):
    """What is down then is said to be, and nothing else."""
    world.kill("fe02")
    world.expect(world.down())
    world.httpd.stop()
    world.httpd.start()
    world.expect(world.down(), world.down())


def test_children_that_end_say_nothing(world):
    """Those of the generation before still answer clients of both servers when one of these goes."""
    wires = [world.open(WEBEXT) for _ in range(6)]
    for wire in wires:
        wire.send(request_bytes("/lab/sleep?ms=15000&body=late", WEBEXT))
    time.sleep(0.5)
    old = set(world.httpd.children())
    world.httpd.reload()
    assert old & set(world.httpd.children()), "none is left"
    world.kill("fe02")
    world.expect(world.down())
    assert any(wire.receive().body == b"late" for wire in wires)
    for wire in wires:
        wire.close()


def test_why(stage):
    """A server whose certificate is refused, from the start on."""
    world = Told(stage, certificate=lambda server: server.certificate("expired"))
    wait("both are told", lambda: len(world.told()) >= 3, 60)
    expired = "certificate has expired"
    assert sorted(world.told()) == sorted([down for down in (
        re.sub(r"\\", "", world.down(name, expired)) for name in (FE01, FE02))] + [re.sub(r"\\", "", world.none())])


def test_one_word_of_an_operator_is_one_line(world):
    """However many children and ports there are; also when a reload brings it, of a revision."""
    world.operate("drain")
    world.expect(state(FE02, "drain"))
    world.operate("disable")
    world.expect(state(FE02, "drain"), state(FE02, "disabled"))
    world.httpd.reload()
    world.operate("enable")
    said = [state(FE02, word) for word in ("drain", "disabled", "active")]
    world.expect(*said)
    world.admin("server", "set", FE02, "--state", "drain")
    world.admin("apply", "-m", "draining")
    world.expect(*said, said[0])
