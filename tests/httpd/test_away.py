"""Clients that go away while they wait: their threads and connections to the pool are free within five seconds, the
pool is not blamed for it, and nobody who stays is cut."""

import re
import socket
import subprocess
import time

import pytest

from deploy import WEBEXT, Small, add_route
from httpd import PATIENCE, PLAIN, lyncadm, wait
from pin_clients import GONE, dial, in_threads, login
from client import Wire
from raw import request_bytes
from test_pin_http2 import h2, with_http2

POLL = "/lab/sleep?ms=240000&body=late&"
SERVERS = {"fe01.contoso.local", "fe02.contoso.local"}
SOON = 5 if PLAIN else PATIENCE
# one child, so that what it holds can be counted; THREADS are fewer than two lots of polls
THREADS = 140
ROOM = {"prefork": "MaxRequestWorkers 150\nServerLimit 150\n"}
THREADED = ("ThreadLimit %d\nThreadsPerChild %d\nMaxRequestWorkers %d\nMaxSpareThreads %d\nServerLimit 1\n"
            % ((THREADS,) * 4))


def own(stage, mpm="event", **arguments):
    world = Small(stage, servers=("fe01", "fe02"), start=False, mpm=mpm, **arguments)
    world.access = stage.path("access.log")
    world.httpd.after = ROOM.get(mpm, THREADED) + 'LogFormat "%%>s %%r" away\nCustomLog "%s" away\n' % world.access
    # the limit is what these tests come near to
    world.httpd.always.append(re.compile("AH10159|AH00484|AH00161"))
    world.httpd.write()
    add_route(stage, world.store, WEBEXT, "/lab", "--pool", world.lync.name, "--scheme", "http", "--profile", "poll",
              "--refuse-headers", "Authorization X-MS-WebTicket", "--methods", "GET HEAD", listener="discovery")
    return world.serve()


@pytest.fixture(scope="module")
def shared(stage_for_module):
    return own(stage_for_module)


def at_pool(world):
    return sum(server.state()["connections"] - 1 for server in world.lync.servers)


def by_tls(world):
    return dial(world)


def in_clear(world):
    return Wire("127.0.0.1", world.http, tls=False, name=WEBEXT, timeout=PATIENCE)


def bound(world):
    return login(world)[0]


def close(wire):
    wire.close()


def reset(wire):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.close()


def half_close(wire):
    """It stays and listens, and is taken for gone: TCP looks the same for both."""
    socket.socket.shutdown(wire.socket, socket.SHUT_WR)     # TLS' own would forget its keys


def close_notify(wire):
    wire.socket.settimeout(0.05)
    try:
        wire.socket.unwrap()
    except OSError:
        pass                                    # nobody answers it: its reader waits for the pool
    wire.close()


WAYS = [(by_tls, close), (by_tls, reset), (by_tls, half_close), (by_tls, close_notify), (in_clear, close),
        (in_clear, reset), (in_clear, half_close), (bound, close), (bound, reset), (bound, close_notify)]


def start_polls(world, count, target, come=by_tls):
    def one(number):
        wire = come(world)
        wire.ask("GET", target)
        return wire
    wires = in_threads(min(count, 10), lambda first: [one(number) for number in range(first, count, 10)])
    return [wire for some in wires for wire in some]


def requests(world, mark):
    """Requests with mark, by what the pool noted of them; it notes them when they are over."""
    return [entry["note"] for entry in world.seen(mark)]


def hold(world, count, target, come=by_tls):
    """Polls that are beyond the first second of waiting."""
    wires = start_polls(world, count, target, come)
    time.sleep(1.5)                             # polls of before are counted for a moment after they have left
    wait("they wait", lambda: world.httpd.waiting() >= count)
    return wires


def both_answer(world):
    """A server in error state would be left out."""
    servers = {dial(world).get("/meet/a/b").header("X-Test-Server") for _ in range(12)}
    assert servers == SERVERS


def leave(world, wires, way, mark):
    for wire in wires:
        way(wire)
    wait("the pool noticed all that left", lambda: len(requests(world, mark)) >= len(wires), SOON)
    assert requests(world, mark) == ["gone"] * len(wires), "asked twice, or answered"


@pytest.mark.smoke
@pytest.mark.parametrize("come, way", WAYS, ids=lambda function: function.__name__)
def test_whoever_leaves_is_let_go(shared, come, way):
    mark, base = shared.mark(), at_pool(shared)
    wires = hold(shared, 10, POLL + mark, come)
    leave(shared, wires, way, mark)
    wait("their connections are closed", lambda: at_pool(shared) <= base + 6, SOON)
    both_answer(shared)


@pytest.mark.parametrize("mpm, count", [("event", 100), ("worker", 100), ("prefork", 100)])
def test_a_hundred_leave_and_a_hundred_come(stage, mpm, count):
    """There are no threads for both lots at once."""
    world = own(stage, mpm)
    base = at_pool(world)
    for turn in range(2):
        mark = world.mark()
        wires = hold(world, count, POLL + mark)
        assert dial(world).get("/meet/a/b").status == 200
        for wire in wires[1::4]:
            reset(wire)
        for wire in wires[2::4]:
            close_notify(wire)
        for wire in wires[3::4]:
            half_close(wire)
        leave(world, wires, close, mark)
    wait("their connections are closed", lambda: at_pool(world) <= base + 6, SOON)
    both_answer(world)
    mark = world.mark()
    late = start_polls(world, count, "/lab/sleep?ms=3000&body=late&" + mark)
    assert {wire.read().body for wire in late} == {b"late"}
    assert logged(world, "ms=240000") == ["499"] * count * 2


def logged(world, word):
    """Statuses of requests that are over."""
    return [line[:3] for line in open(world.access) if word in line]


def test_in_the_middle_of_an_answer(shared):
    """Where the client had a head, its status stays."""
    mark = shared.mark()
    wires = start_polls(shared, 6, "/lab/chunked?bytes=4000&piece=1000&pause=30000&" + mark)
    time.sleep(1.5)
    for wire in wires:
        assert wire.file.readline().split()[1] == b"200"
        close(wire)
    wait("all are over", lambda: logged(shared, mark) == ["200"] * 6, SOON)
    both_answer(shared)


@pytest.mark.smoke
@pytest.mark.parametrize("come", [by_tls, in_clear, bound], ids=lambda function: function.__name__)
def test_who_waits_is_answered(shared, come):
    """Beside them others leave."""
    mark = shared.mark()
    leaving, staying = hold(shared, 10, POLL + mark), [come(shared) for _ in range(5)]
    for number, wire in enumerate(staying):
        wire.ask("GET", "/lab/sleep?ms=%d&body=late" % (2500 + 300 * number))
    leave(shared, leaving, reset, mark)
    for wire in staying:
        assert wire.read().body == b"late"
        assert wire.get("/lab/sleep?ms=0&body=next").body == b"next"


def test_slow_pieces_arrive(shared):
    answer = dial(shared).get("/lab/chunked?bytes=4000&piece=1000&pause=1600")
    assert answer.status == 200 and len(answer.body) == 4000


@pytest.mark.parametrize("come", [by_tls, in_clear], ids=lambda function: function.__name__)
def test_pipelining_is_no_leaving(shared, come):
    wire = come(shared)
    for number in range(3):
        wire.ask("GET", "/lab/sleep?ms=2000&body=%d" % number)
    assert [wire.read().body for _ in range(3)] == [b"0", b"1", b"2"]


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"], ids=["at once", "after 100"])
def test_a_body_that_is_slow_to_come_is_no_leaving(shared, expect):
    with dial(shared) as wire:
        wire.send(("POST /lab/upload HTTP/1.1\r\nHost: %s\r\nContent-Length: 3000\r\n%s\r\n"
                   % (WEBEXT, expect)).encode())
        for _ in range(3):
            time.sleep(1.3)
            wire.send(b"x" * 1000)
        answer = wire.read("POST")
        assert answer.status == 200 and answer.json["bytes"] == 3000


def test_a_post_that_waits(shared):
    mark = shared.mark()
    wire = dial(shared)
    wire.ask("POST", POLL + mark, body=b"x" * 5000)
    time.sleep(1.5)
    leave(shared, [wire], close, mark)


def upload(world, fields, body, mark):
    """The pool has the head, and waits for the rest."""
    wire = by_tls(world)
    wire.socket.sendall(request_bytes("/lab/early?status=413&" + mark, WEBEXT, "POST", fields) + body)
    wait("the pool sees it", lambda: world.seen(mark), SOON)
    return wire


# mod_proxy wants to see 16 KB before it asks a server
BODIES = {"length": ([("Content-Length", "100000")], b"x" * 40000),
          "chunked": ([("Transfer-Encoding", "chunked")], b"20000\r\n" + b"x" * 40000)}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("way", [close, reset, half_close, close_notify], ids=lambda function: function.__name__)
def test_whoever_leaves_within_his_body(shared, body, way):
    """Without an error in the log, which would be the pool's."""
    mark = shared.mark()
    way(upload(shared, *BODIES[body], mark))
    wait("it is logged", lambda: logged(shared, mark) == ["499"], SOON)
    assert len(shared.seen(mark)) == 1
    both_answer(shared)


def test_a_body_that_cannot_be_read(shared):
    """Nor with what its client may send as often as he likes."""
    mark = shared.mark()
    wire = upload(shared, [("Transfer-Encoding", "chunked")], b"9c40\r\n" + b"x" * 40000 + b"\r\nno number\r\n", mark)
    assert wire.read().status == 400
    wait("it is logged", lambda: logged(shared, mark) == ["400"], SOON)
    both_answer(shared)


def test_a_stream_of_http2_leaves_within_its_body(stage):
    world = with_http2(stage)
    mark, wire = world.mark(), h2(world)
    stream = wire.ask(WEBEXT, "/lab/early?status=413&" + mark, method="POST", begun=b"x" * 40000)
    wait("the pool sees it", lambda: world.seen(mark), SOON)
    wire.reset(stream)
    assert wire.get(WEBEXT, "/meet/a/b")[0] == "answer"
    both_answer(world)


def test_a_connection_of_http2_leaves_with_its_streams(stage):
    world = with_http2(stage)
    mark = world.mark()
    client = subprocess.Popen(["curl", "-sk", "--http2", "--parallel", "--connect-to",
                               "%s:443:127.0.0.1:%d" % (WEBEXT, world.https),
                               *("https://%s%s%s-%d" % (WEBEXT, POLL, mark, stream) for stream in range(4))],
                              stdout=subprocess.DEVNULL)
    world.httpd.pending(4)
    client.kill()
    client.wait()
    leave(world, [None] * 4, lambda nobody: None, mark)
    both_answer(world)


def test_a_stream_of_http2_leaves_alone(stage):
    """Its connection stays, with another stream that waits."""
    world = with_http2(stage)
    mark, wire = world.mark(), h2(world)
    left = [wire.ask(WEBEXT, "%s%s-%d" % (POLL, mark, number)) for number in range(3)]
    stays = wire.ask(WEBEXT, "%s%s-stays" % (POLL, mark))
    world.httpd.pending(4)
    for stream in left:
        wire.reset(stream)
    wait("the pool noticed them", lambda: len(requests(world, mark)) >= len(left), SOON)
    assert requests(world, mark) == ["gone"] * len(left)
    wire.reset(stays)
    wait("and the last", lambda: requests(world, mark) == ["gone"] * 4, SOON)
    both_answer(world)


def test_who_sends_no_more_gets_a_quick_answer(shared):
    """He has a second for it, which a busy machine may need."""
    def answered():
        with in_clear(shared) as wire:
            wire.ask("GET", "/lab/sleep?ms=100&body=quick")
            half_close(wire)
            try:
                return wire.read().body == b"quick"
            except GONE:
                return False
    wait("a quick answer", answered)


@pytest.mark.skipif(not PLAIN, reason="the sanitizers and valgrind have a memory of their own")
def test_what_a_poll_holds(stage):
    """No buffer for long fields of the answer, which would be another 64 KB: 250 KB with one, 150 without."""
    world = own(stage)
    mark, base = world.mark(), at_pool(world)
    assert world.ask(WEBEXT, "/meet").status == 200
    before = world.httpd.memory()
    wires = hold(world, 100, POLL + mark)
    wait("all are at the pool", lambda: at_pool(world) >= base + 100)
    each = (world.httpd.memory() - before) / 100 / 1e3
    leave(world, wires, close, mark)
    assert each < 200, "%d KB" % each


@pytest.mark.skipif(not PLAIN, reason="the sanitizers and valgrind have a memory of their own")
def test_what_a_kept_connection_keeps_of_a_large_request(stage):
    """httpd alone keeps all that it had, for the next one: half a megabyte here; 48 KB are left."""
    world = own(stage)
    assert world.ask(WEBEXT, "/meet").status == 200
    before, fields = world.httpd.memory(), [("X-MS-WebTicket", "t" * 60000), ("Cookie", "c" * 60000)]
    wires = [world.open() for _ in range(100)]
    for wire in wires:
        assert wire.request("/lab/answer?body=x", WEBEXT, fields=fields).status == 200
    each = (world.httpd.memory() - before) / 100 / 1e3
    for wire in wires:
        wire.close()
    assert each < 230, "%d KB" % each


@pytest.mark.skipif(not PLAIN, reason="the sanitizers and valgrind have a memory of their own")
def test_what_a_kept_connection_of_http2_keeps_of_a_large_request(stage):
    """With what httpd starts for the first: 720 KB each where it keeps all that it had, 410 otherwise."""
    world = with_http2(stage)
    assert world.ask(WEBEXT, "/meet").status == 200
    before, fields = world.httpd.memory(), [("x-ms-webticket", "t" * 60000), ("cookie", "c" * 60000)]
    wires = [h2(world) for _ in range(50)]
    for wire in wires:
        assert wire.get(WEBEXT, "/lab/answer?body=x", *fields)[0] == "answer"
    each = (world.httpd.memory() - before) / 50 / 1e3
    for wire in wires:
        wire.tls.close()
    assert each < 560, "%d KB" % each


def test_the_timeout_of_a_profile_ends_a_wait(stage):
    """What was waited before comes out of it."""
    world = Small(stage, start=False)
    lyncadm(stage, world.store, "profile", "set", "web", "--timeout", 3)
    world.serve()
    world.httpd.expect(r"AH01102|AH00898")
    assert dial(world).get(POLL).status == 504
