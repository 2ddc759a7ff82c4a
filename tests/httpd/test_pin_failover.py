"""The server that a client is bound to dies, or is one that its cookie does not name."""

import base64
import itertools
import threading
import time

import pytest
from ntlm_auth.ntlm import NtlmContext

from client import Closed
from deploy import Small
from httpd import wait
from pin_clients import AUTH, connection, dial, is_fresh_401, login, user

FE01, FE02 = "fe01.contoso.local", "fe02.contoso.local"
PROXYS = r"\[(proxy|proxy_http|proxy_balancer|proxy_hcheck|ssl|lync):"


@pytest.fixture
def world(stage):
    return Small(stage, servers=("fe01", "fe02"))


def bind(world, who, name):
    """A connection of who, bound to the server of this name."""
    for _ in range(20):
        wire, answer = login(world, who)
        if answer.header("X-Test-Server") == name:
            return wire, answer
        wire.close()
    raise AssertionError("20 clients, none is bound to " + name)


def servers(world, count=12):
    return {dial(world).get("/meet/a/b").header("X-Test-Server") for _ in range(count)}


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_bound_server_dies(world, how):
    """The next request gets a fresh 401 of the other server, at once, and logs in there."""
    wire, _ = bind(world, "alice", FE02)
    posting, _ = bind(world, "alice", FE02)
    others = [bind(world, "bob", FE01) for _ in range(3)]
    world.httpd.expect(PROXYS)
    getattr(world.lync.server("fe02"), how)()
    answers = [wire.get(AUTH), posting.post(AUTH, b"x" * 3000)]
    for answer in answers:
        assert is_fresh_401(answer) and answer.header("X-Test-Server") == FE01
    answer = login(world, "alice", wire)[1]
    for _ in range(4):
        assert user(wire.get(AUTH)) == "alice"
    used = {connection(other) for _, other in others}
    assert connection(answer) not in used
    for other, first in others:
        again = other.get(AUTH)
        assert user(again) == "bob" and connection(again) == connection(first)
    world.lync.server("fe02").start()
    wait("fe02 is back", lambda: servers(world) == {FE01, FE02}, 15)
    # who has logged in at the other one stays there
    again = wire.get(AUTH)
    assert user(again) == "alice" and connection(again) == connection(answer)
    world.httpd.expect(PROXYS)


def test_it_dies_in_the_middle_of_a_handshake(world):
    name, password = world.lync.users.login("alice")
    context = NtlmContext(name.rpartition("\\")[2], password, domain="CONTOSO")
    wire = dial(world)
    first = wire.get(AUTH, headers={"Authorization": "NTLM " + base64.b64encode(context.step()).decode()})
    token = context.step(base64.b64decode(first.header("WWW-Authenticate").split()[1]))
    world.httpd.expect(PROXYS)
    next(server for server in world.lync.servers if server.name == first.header("X-Test-Server")).kill()
    answer = wire.get(AUTH, headers={"Authorization": "NTLM " + base64.b64encode(token).decode()})
    assert is_fresh_401(answer) and answer.header("X-Test-Server") != first.header("X-Test-Server")
    login(world, "alice", wire)
    assert user(wire.get(AUTH)) == "alice"
    world.httpd.expect(PROXYS)


def test_a_server_that_comes_back_before_anybody_noticed(stage):
    """A pool of one, restarted: the client gets its 401 there."""
    world = Small(stage, interval=20)
    wire, _ = login(world)
    world.lync.servers[0].restart()
    world.httpd.expect(PROXYS)
    answer = wire.get(AUTH)
    assert is_fresh_401(answer), answer
    login(world, "bob", wire)
    assert user(wire.get(AUTH)) == "bob"
    assert is_fresh_401(dial(world).get(AUTH))


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", b"p" * 2000)], ids=["GET", "POST"])
def test_a_request_in_flight_is_not_sent_again(stage, method, body):
    """Its server dies while it waits: 5xx or the end, never another connection."""
    world = Small(stage, servers=("fe01", "fe02"), interval=3600)   # no probe is among the requests that are counted
    wire, first = bind(world, "alice", FE02)
    fe02, other = world.lync.server("fe02"), world.lync.server("fe01")
    mark, before = other.mark(), fe02.state()["requests"]
    wire.ask(method, "/lab/sleep?ms=20000&body=never", body=body)
    asked = itertools.count(1)                  # each question is a request, too
    wait("the request is there", lambda: fe02.state()["requests"] - before > next(asked), 5)
    time.sleep(0.1)
    world.httpd.expect(PROXYS)
    fe02.kill()
    try:
        answer = wire.read(method)
        assert answer.status == 503 and not answer.header("X-Test-Server"), answer
    except (Closed, OSError):
        pass
    time.sleep(0.3)
    assert not [entry for entry in other.seen_since(mark) if "/lab/sleep" in entry["line"]]
    assert is_fresh_401(dial(world).get(AUTH))
    world.httpd.expect(PROXYS)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_an_answer_was_sent_once(world, method):
    """The pool takes it and closes without a word: told by its log, once."""
    wire, _ = login(world)
    world.httpd.expect(PROXYS)
    for number in range(3):
        wire.ask(method, "/lab/raw?b64=&n=%d" % number, body=b"x" if method == "POST" else None)
        try:
            assert wire.read(method).status == 503
        except (Closed, OSError):
            pass
        wire.close()
        wire, _ = login(world, "bob")
        lines = [entry for entry in world.lync.seen() if "/lab/raw?b64=&n=%d " % number in entry["line"]]
        assert len(lines) == 1, lines
    world.httpd.expect(PROXYS)


def test_a_pending_get_outlives_logins_of_others(world):
    """And is answered by its own connection."""
    wire, first = login(world)
    wire.ask("GET", "/lab/sleep?ms=700&body=late")
    for who in ("bob", "carol", "alice"):
        login(world, who)[0].close()
    late = wire.read()
    assert late.body == b"late" and connection(late) == connection(first)
    assert user(wire.get(AUTH)) == "alice"


def test_stickiness(stage):
    """A client is bound to the server that its cookie names; once bound it stays, and is told so."""
    world = Small(stage, servers=("fe01", "fe02"), fields=[("affinity", "cookie")])
    cookies = {}
    for _ in range(8):
        answer = dial(world).get("/meet/a/b")
        cookies[answer.header("X-Test-Server")] = answer.headers("Set-Cookie")[-1].partition(";")[0]
    assert set(cookies) == {FE01, FE02}
    for name, cookie in cookies.items():
        for _ in range(4):
            wire, answer = login(world, "alice", headers={"Cookie": cookie})
            assert answer.header("X-Test-Server") == name
            again = wire.get(AUTH, headers={"Cookie": cookie})
            assert user(again) == "alice" and not again.headers("Set-Cookie")
            wire.close()
    # every answer to a request without it has it, on the same connection as well
    wire, first = login(world)
    name = first.header("X-Test-Server")
    for _ in range(3):
        again = wire.get(AUTH)
        assert user(again) == "alice" and again.header("X-Test-Server") == name
        assert again.headers("Set-Cookie")[-1].partition(";")[0] == cookies[name]
    # one that names the other server moves nobody
    other = cookies[FE02 if name == FE01 else FE01]
    again = wire.get(AUTH, headers={"Cookie": other})
    assert user(again) == "alice" and connection(again) == connection(first)
    # and when the server is gone, the cookie of the next is told
    world.httpd.expect(PROXYS)
    world.lync.server(name.partition(".")[0]).kill()
    again = wire.get(AUTH, headers={"Cookie": cookies[name]})
    assert is_fresh_401(again)
    assert again.headers("Set-Cookie")[-1].partition(";")[0] == other
    login(world, "alice", wire, headers={"Cookie": other})
    world.httpd.expect(PROXYS)


def test_many_are_bound_to_a_server_that_dies(world):
    """30 clients at once: each gets a 401 or, before it is noticed, at most one 503; then each is itself."""
    bound = [bind(world, ("alice", "bob", "carol")[number % 3], FE02) for number in range(30)]
    world.httpd.expect(PROXYS)
    world.lync.server("fe02").kill()
    answers = [None] * 30

    def ask(number):
        answers[number] = bound[number][0].get(AUTH)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(is_fresh_401(answer) for answer in answers), [answer and answer.line for answer in answers]
    for number, (wire, _) in enumerate(bound):
        who = ("alice", "bob", "carol")[number % 3]
        login(world, who, wire)
        assert user(wire.get(AUTH)) == who
    world.httpd.expect(PROXYS)
