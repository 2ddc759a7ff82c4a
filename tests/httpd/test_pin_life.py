"""How long a client stays bound: until either side closes, its server dies, or httpd is reloaded; and that
nothing of it remains then."""

import os
import re
import socket
import struct
import threading
import time

import pytest

from deploy import WEBEXT, Small
from httpd import PATIENCE, PLAIN, VALGRIND, wait
from pin_clients import AUTH, GONE, NEGOTIATE, connection, dial, in_threads, is_fresh_401, login, user, users

FE01, FE02 = "fe01.contoso.local", "fe02.contoso.local"
# One child takes all connections, so that what it holds can be counted; old ones of reloads have room.
ONE_CHILD = "ServerLimit 16\nMaxRequestWorkers 32\nMaxSpareThreads 32\n"


def own(stage, servers=("fe01", "fe02"), after="", **arguments):
    world = Small(stage, servers=servers, start=False, **arguments)
    world.httpd.after = ONE_CHILD + after
    # one child is what these tests want, also when a slow machine keeps all of its threads busy
    world.httpd.always.append(re.compile("AH10159|AH00484"))
    world.httpd.write()
    return world.serve()


def at_pool(world):
    """TCP connections that the pool's servers hold, but the one that asks."""
    return sum(server.state()["connections"] - 1 for server in world.lync.servers)


def descriptors(world):
    return sum(len(os.listdir("/proc/%d/fd" % pid)) for pid in world.httpd.children())


def reset(wire):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()


def test_idle(stage):
    """LyncPinIdle: who did not come for so long is asked to log in again, and gets a connection of its own anew."""
    world = own(stage, after="LyncPinIdle 1\n")
    wire, first = login(world)
    assert user(wire.get(AUTH)) == "alice"
    time.sleep(2)
    assert is_fresh_401(wire.get(AUTH))
    wait("the pool lost it", lambda: at_pool(world) <= 2)
    again = wire.ntlm(AUTH, *world.lync.users.login("bob"), host=WEBEXT)
    assert user(again) == "bob" and connection(again) != connection(first)


@pytest.mark.smoke
def test_limit(stage):
    """LyncPinLimit: 503 for the one too many, and nobody else minds; the count goes back."""
    world = own(stage, after="LyncPinLimit 3\n")
    bound = [login(world) for _ in range(3)]
    world.httpd.expect("LYNC0040")
    for _ in range(4):
        answer = dial(world).get(AUTH, headers={"Authorization": NEGOTIATE})
        assert answer.status == 503 and int(answer.header("Retry-After")) > 0 and not answer.header("X-Test-Server")
        for wire, first in bound:
            again = wire.get(AUTH)
            assert user(again) == "alice" and connection(again) == connection(first)
        assert is_fresh_401(dial(world).get(AUTH))
    assert not [entry for entry in world.lync.seen() if entry["status"] == 401 and entry["request"] == 1
                and "NTLM" in entry["line"]]
    assert len(world.httpd.lines(":warn.*LYNC0040")) == 1, "a warning when the limit is reached, not for each client"
    servers = {dial(world).get("/meet/a/b").header("X-Test-Server") for _ in range(12)}
    assert servers == {FE01, FE02}, "a server was left out for it"
    bound[0][0].close()
    reset(bound[1][0])
    for number in range(2):
        def again():
            wire = dial(world)
            try:
                return login(world, "bob", wire)
            except AssertionError:
                wire.close()
        bound.append(wait("a pin is free", again, 5))
    world.httpd.expect("LYNC0040")
    assert dial(world).get(AUTH, headers={"Authorization": NEGOTIATE}).status == 503
    for wire, _ in bound[2:]:
        wire.close()
    wait("all left", lambda: at_pool(world) <= 6, 5)
    for _ in range(5):
        for wire, _ in [login(world) for _ in range(3)]:
            wire.close()
        time.sleep(0.1)


def leave_clean(world, wire):
    login(world, "alice", wire)
    wire.close()


def leave_clean_tls(world, wire):
    login(world, "alice", wire)
    wire.socket.unwrap()
    wire.close()


def leave_reset(world, wire):
    login(world, "bob", wire)
    reset(wire)


def leave_half_closed(world, wire):
    """No more requests, but the answer to the last one is taken."""
    login(world, "alice", wire)
    wire.ask("GET", AUTH)
    socket.socket.shutdown(wire.socket, socket.SHUT_WR)     # TLS' own would forget its keys
    try:
        assert user(wire.read()) == "alice"
    except GONE:
        pass                                    # the end without a close_notify may be taken for a cut
    wire.close()


def leave_mid_handshake(world, wire):
    assert wire.get(AUTH, headers={"Authorization": NEGOTIATE}).status == 401
    wire.close()


def leave_mid_handshake_reset(world, wire):
    wire.ask("GET", AUTH, headers={"Authorization": NEGOTIATE})
    reset(wire)


def leave_mid_request(world, wire):
    login(world, "alice", wire)
    wire.send(b"POST /lab/auth/echo HTTP/1.1\r\nHost: %s\r\nContent-Length: 5000\r\n\r\nhalf" % WEBEXT.encode())
    wire.close()


def leave_while_waiting(world, wire):
    login(world, "alice", wire)
    wire.ask("GET", "/lab/sleep?ms=200&body=x")
    reset(wire)


def leave_by_close(world, wire):
    login(world, "bob", wire)
    assert wire.get(AUTH, headers={"Connection": "close"}).status == 200
    wire.close()


def leave_closed_by_pool(world, wire):
    login(world, "bob", wire)
    assert wire.get("/lab/close").status == 200
    assert is_fresh_401(wire.get(AUTH))
    wire.close()


WAYS = [leave_clean, leave_clean_tls, leave_reset, leave_half_closed, leave_mid_handshake, leave_mid_handshake_reset,
        leave_mid_request, leave_while_waiting, leave_by_close, leave_closed_by_pool]
# What mod_proxy says of clients that leave in the middle of a request.
QUIET = r"\[(proxy|proxy_http):error\].*(AH01084|AH01102|AH10154)"


def many(world, count, lost=False):
    """count connections, each way to end in turn, by 8 threads. lost: a reload may close them before."""
    def one_thread(number):
        broken = 0
        for turn in range(number, count, 8):
            try:
                WAYS[turn % len(WAYS)](world, dial(world))
            except GONE:
                if not lost:
                    raise
                broken += 1
        return broken
    return sum(in_threads(8, one_thread))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__[6:])
def test_released_when_the_client_leaves(stage_of_ways, way):
    world = stage_of_ways
    world.httpd.expect(QUIET)
    base = world.base
    for _ in range(10):
        way(world, dial(world))
    wait("connections of '%s' are gone" % way.__name__, lambda: at_pool(world) <= base, 5)
    world.httpd.expect(QUIET)


@pytest.fixture(scope="module")
def stage_of_ways(stage_for_module):
    world = own(stage_for_module)
    world.base = steady(world)[0] + 4           # a probe may be there, and a shared one
    return world


def steady(world):
    """Connections at the pool and descriptors, of a httpd that has seen it all; old children are gone."""
    def same():
        try:
            with dial(world) as wire:           # a child that is about to end, and counts less, does not take it
                wire.get("/")
        except GONE:
            return None
        before = at_pool(world), descriptors(world)
        time.sleep(0.2)
        return before if before == (at_pool(world), descriptors(world)) and len(world.httpd.children()) == 1 else None
    return wait("it is quiet", same, PATIENCE)


def as_before(world, connections, files):
    """Waits for it: httpd may start one more child than it needs, and end it after a while."""
    seen = []

    def same():
        seen[:] = len(world.httpd.children()), at_pool(world), descriptors(world)
        return seen[0] == 1 and seen[1] <= connections + 2 and seen[2] <= files + 6
    try:
        wait("quiet", same)
    except AssertionError:
        raise AssertionError("children, connections at the pool and descriptors are %s, were 1, %d, %d"
                             % (seen, connections, files)) from None


def test_a_thousand_connections_leave_nothing(stage):
    """Sockets, descriptors and memory are where they were."""
    world = own(stage)
    world.httpd.expect(QUIET)
    many(world, 200)
    connections, files = steady(world)
    memory = world.httpd.memory()
    many(world, 100 if VALGRIND else 1000)
    as_before(world, connections, files)
    assert world.httpd.memory() < memory * 1.3 + (4 << 20), (memory, world.httpd.memory())
    world.httpd.expect(QUIET)


def test_one_connection_that_is_bound_a_thousand_times(stage):
    """A client that stays, whose pool closes again and again: no memory is left with each of them."""
    world = own(stage, servers=("fe01",), interval=3600)
    wire = dial(world)

    def again(count):
        for _ in range(count):
            assert wire.get("/lab/close", headers={"Authorization": NEGOTIATE}).status == 200
    again(200)
    memory = world.httpd.memory()
    again(1000)
    # the quarantine of AddressSanitizer fills slowly
    slack = (32 if os.environ.get("LYNC_SANITIZE") == "1" else 3) << 20
    assert world.httpd.memory() < memory + slack, (memory, world.httpd.memory())
    wait("none of them is left", lambda: at_pool(world) <= 2, 5)


def test_idle_clients(stage):
    """They keep their logins, and one connection each at the pool."""
    world = own(stage, servers=("fe01",), interval=3600)
    before = at_pool(world)
    bound = [login(world, ("alice", "bob")[number % 2]) for number in range(60)]
    assert 60 <= at_pool(world) - before <= 62
    time.sleep(1)
    for number, (wire, first) in enumerate(bound):
        answer = wire.get(AUTH)
        assert user(answer) == ("alice", "bob")[number % 2] and connection(answer) == connection(first)
        wire.close()
    wait("all are gone", lambda: at_pool(world) <= before + 2, 5)


@pytest.mark.smoke
def test_released_at_a_reload_after_the_request_in_flight(stage):
    world = own(stage)
    wire, _ = login(world)
    idle, _ = login(world, "bob")
    wire.ask("GET", "/lab/sleep?ms=%d&body=late" % (4000 if PLAIN else 15000))
    world.httpd.pending()
    world.httpd.graceful()
    late = wire.read()
    assert late.status == 200 and late.body == b"late" and late.header("X-Test-Request") == "3"
    for each in (wire, idle):
        try:
            assert is_fresh_401(each.get(AUTH))
        except GONE:
            pass                                # as the old child has ended
    wait("the old pins are gone", lambda: at_pool(world) <= 6, 5)
    assert user(login(world)[1]) == "alice"


def test_a_reload_every_second(stage):
    """The same comings and goings meanwhile: nobody is served as another, nothing remains."""
    world = own(stage)
    world.httpd.expect(QUIET + "|AH00288|scoreboard")
    many(world, 100)
    world.httpd.graceful()
    connections, files = steady(world)
    done, reloads, answered = threading.Event(), [], []

    def churn(number):
        broken = 0
        while not done.is_set():
            broken += many_of_one(world, number, answered)
        return broken

    def reload():
        for _ in range(2 if VALGRIND else 10):
            begin = time.monotonic()
            world.httpd.graceful()
            reloads.append(begin)
            time.sleep(max(0, begin + 1 - time.monotonic()))
        done.set()
    thread = threading.Thread(target=reload)
    thread.start()
    try:
        broken = in_threads(6, churn)
    finally:
        done.set()
        thread.join()
    assert len(reloads) >= (2 if VALGRIND else 8) and len(answered) > 100, (len(reloads), len(answered))
    # a connection is lost to a reload at most once, so of each thread one a reload
    assert sum(broken) <= 6 * 3 * len(reloads), (broken, len(answered))
    world.httpd.graceful()
    as_before(world, connections, files)
    world.httpd.expect(QUIET + "|AH00288|scoreboard")


def many_of_one(world, number, answered):
    """One login and what may follow it. How often the connection was lost."""
    who = ("alice", "bob", "carol")[number % 3]
    try:
        with dial(world) as wire:
            answer = wire.ntlm(AUTH, *users(world).login(who))
            # a handshake whose connection is taken away starts over: 401, never another's 200
            assert (answer.status, user(answer)) in ((200, who), (401, None)), (answer, answer.fields)
            for _ in range(4):
                again = wire.get(AUTH)
                assert (again.status, user(again)) in ((200, who), (401, None)), (again, again.fields)
                if answer.status == 200 and again.status == 200:
                    assert connection(again) == connection(answer)
                answered.append(again.status)
            WAYS[len(answered) % 4](world, wire)
    except GONE:
        return 1
    return 0
