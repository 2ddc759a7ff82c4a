"""Which requests bind a client connection, and that every form of request goes through a bound one."""

import base64
import json
import time

import pytest
from ntlm_auth.ntlm import NtlmContext

from client import Wire
from deploy import DIALIN, MEET, WEBEXT, Small
from httpd import lyncadm
from pin_clients import (AUTH, NEGOTIATE, connection, dial, is_fresh_401, login, schemes, user, users)

PLAIN = "/lab/answer?body=x"
TOKEN = NEGOTIATE.split()[1]
BINDING = {
    "ntlm": [("Authorization", "ntlm " + TOKEN)],
    "NtLm": [("aUTHORIZATION", "NtLm " + TOKEN)],
    "negotiate": [("Authorization", "negotiate " + TOKEN)],
    "Kerberos": [("Authorization", "Kerberos " + TOKEN)],
    "tab": [("Authorization", "NTLM\t" + TOKEN)],
    "spaces": [("Authorization", "   NTLM    " + TOKEN + "  ")],
    "no token": [("Authorization", "NTLM")],
    "after Bearer": [("Authorization", "Bearer x"), ("Authorization", "NTLM " + TOKEN)],
    "after Basic": [("Authorization", "Basic YTpi"), ("authorization", "Negotiate " + TOKEN)],
    "before Bearer": [("Authorization", "NTLM " + TOKEN), ("Authorization", "Bearer x")],
    "merged": [("Authorization", "Bearer x,NTLM " + TOKEN)],
    "merged by a tab": [("Authorization", "Bearer x\tNTLM " + TOKEN)],
    "unknown": [("Authorization", "Digest username=x")],
    "unknown after Bearer": [("Authorization", "Bearer x"), ("Authorization", "Foo y")],
    "only a token": [("Authorization", TOKEN)],
    "folded": [("Authorization", "Bearer x\r\n NTLM " + TOKEN)],
}
UNBOUND = {
    "none": [],
    "Bearer": [("Authorization", "Bearer cwt=AAEBHAEFAAAAAAAFFQ")],
    "bearer": [("Authorization", "bearer x.y.z")],
    "a Bearer that spells it": [("Authorization", "Bearer cwt=aaNTLMbb/negotiate+NtLm==")],
    "Basic": [("Authorization", "Basic YTpi")],
    "empty": [("Authorization", "")],
}


def is_bound(world, fields):
    """Whether a request with these fields has a connection of its own, kept for what comes after. The shared
    connections are warm before, so none of them is new."""
    wire = dial(world)
    answer = wire.get(PLAIN, headers=fields)
    if answer.status == 400:            # httpd's own: refused is safe, too
        assert not answer.header("X-Test-Server")
        return True
    assert answer.status == 200, answer
    bound = answer.header("X-Test-Request") == "1"
    again = wire.get(PLAIN)
    if bound:
        assert connection(again) == connection(answer) and again.header("X-Test-Request") == "2"
    wire.close()
    return bound


def warm(world):
    for _ in range(8):
        dial(world).get(PLAIN)


@pytest.mark.parametrize("fields", BINDING.values(), ids=BINDING.keys())
def test_credentials_that_bind(world, fields):
    warm(world)
    assert all(is_bound(world, fields) for _ in range(3))


@pytest.mark.parametrize("fields", UNBOUND.values(), ids=UNBOUND.keys())
def test_credentials_that_do_not_bind(world, fields):
    warm(world)
    assert sum(is_bound(world, fields) for _ in range(8)) <= 2      # new shared ones may be needed


def test_credentials_in_a_trailer_do_not_reach_the_pool(world):
    """Fields of a chunked body's trailer are no request's: nothing of them is forwarded."""
    wire = dial(world)
    wire.send(("POST /echo HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
               "1\r\nx\r\n0\r\nAuthorization: %s\r\n\r\n" % (WEBEXT, NEGOTIATE)).encode())
    answer = wire.read("POST")
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert b"ntlm" not in answer.raw.lower()
    assert is_fresh_401(dial(world).get(AUTH))


def test_authorization_goes_through_unchanged(world):
    for value in ("NTLM " + TOKEN, "nEgOtIaTe  " + TOKEN, "Bearer x, NTLM y"):
        with dial(world) as wire:
            assert ("Authorization: " + value).encode() in wire.get("/echo", headers={"Authorization": value}).raw


@pytest.fixture(scope="module")
def routes(stage_for_module):
    """A pool of two servers behind routes of every kind: /lab and / are auth. A second name of the same pool
    has another timeout profile, a third one is for the pool's http port."""
    world = Small(stage_for_module, servers=("fe01", "fe02"), start=False)

    def route(host, path, profile, *more, scheme="https"):
        lyncadm(world.stage, world.store, "route", "add", "--listener", "external", "--host", host, "--path", path,
                "--pool", world.lync.name, "--scheme", scheme, "--profile", profile, *more)
    route(WEBEXT, "/off", "web")
    lyncadm(world.stage, world.store, "route", "set", "external", WEBEXT, "/off", "--pin", "off")
    route(WEBEXT, "/lab/auth/once", "web", "--pin", "off")
    route(WEBEXT, "/echo/always", "web", "--pin", "always")
    lyncadm(world.stage, world.store, "profile", "add", "short", "--timeout", "1")
    lyncadm(world.stage, world.store, "profile", "add", "long", "--timeout", "30")
    route(WEBEXT, "/lab/sleep", "short")
    route(MEET, "/lab", "long")
    route(DIALIN, "/lab", "web", scheme="http")
    return world.serve()


def test_pin_off(routes):
    """Credentials of a connection: 403, and the pool never sees them; all else is passed on."""
    mark = routes.lync.seen()
    for fields in BINDING.values():
        answer = dial(routes).get("/off/x", headers=fields)
        assert answer.status in (403, 400) and not answer.header("X-Test-Server"), answer
    assert not [entry for entry in routes.lync.seen()[len(mark):] if "/off" in entry["line"]]
    for fields in UNBOUND.values():
        assert dial(routes).get("/off/x", headers=fields).header("X-Test-Server")


def test_pin_off_on_a_bound_connection(routes):
    """It does not use the pin: who is logged in is anonymous there, and still logged in elsewhere."""
    wire, answer = login(routes)
    for _ in range(3):
        off = wire.get("/lab/auth/once")
        assert is_fresh_401(off) and connection(off) != connection(answer)
        assert wire.get("/lab/auth/once", headers={"Authorization": NEGOTIATE}).status == 403
        again = wire.get(AUTH)
        assert user(again) == "alice" and connection(again) == connection(answer)


def test_pin_always(routes):
    """A connection of its own without any credentials, kept."""
    places = []
    for _ in range(3):
        wire = dial(routes)
        answers = [wire.get("/echo/always") for _ in range(3)]
        assert [answer.header("X-Test-Request") for answer in answers] == ["1", "2", "3"]
        assert len(set(map(connection, answers))) == 1
        places.append(connection(answers[0]))
    assert len(set(places)) == 3


def test_profiles_share_a_pin_and_each_has_its_timeout(routes):
    """The same connection for routes of different timeout profiles; how long the pool may take is the route's."""
    wire, first = login(routes)
    late = wire.get("/lab/sleep?ms=1500&body=late", host=MEET)
    assert late.status == 200 and late.body == b"late" and connection(late) == connection(first)
    assert connection(wire.get("/lab/sleep?ms=200&body=x")) == connection(first)
    late = wire.get("/lab/sleep?ms=1500&body=late", host=MEET)
    assert late.status == 200 and user(wire.get(AUTH)) == "alice"
    routes.httpd.expect(r"\[proxy(_http)?:error\]")
    begin = time.monotonic()
    late = wire.get("/lab/sleep?ms=3000&body=late")
    assert late.status == 504 and 0.8 < time.monotonic() - begin < 2.5
    # that connection is over, and with it the login
    wire = wire if late.header("Connection") != "close" else dial(routes)
    assert is_fresh_401(wire.get(AUTH))


def test_a_pool_by_http(routes):
    """In clear text to the pool's 8080: nothing of it depends on TLS, and its 4443 is another pool."""
    bound = [login(routes, who, host=DIALIN) for who in ("alice", "bob")]
    for _ in range(3):
        for (wire, first), who in zip(bound, ("alice", "bob")):
            answer = wire.get(AUTH, host=DIALIN)
            assert user(answer) == who and connection(answer) == connection(first)
            assert answer.json["scheme"] == "http" and is_fresh_401(wire.get(AUTH))
        assert is_fresh_401(dial(routes).get(AUTH, host=DIALIN))


def test_post_with_an_empty_first_message(world):
    wire, answer = login(world, "alice", method="POST", body=b"y" * 100000)
    assert json.loads(answer.body)["bytes"] == 100000
    again = wire.post(AUTH, b"z" * 5000)
    assert again.json["bytes"] == 5000 and user(again) == "alice" and connection(again) == connection(answer)


@pytest.mark.parametrize("size", [1, 10000, 300000])
def test_post_with_the_body_sent_every_time(world, size):
    """Also with the first message, which is answered 401; the connection survives."""
    name, password = users(world).login("bob")
    context = NtlmContext(name.rpartition("\\")[2], password, domain="CONTOSO")
    wire, body = dial(world), b"b" * size
    first = wire.post(AUTH, body, headers={"Authorization": "NTLM " + base64.b64encode(context.step()).decode()})
    assert first.status == 401
    challenge = base64.b64decode(first.header("WWW-Authenticate").split()[1])
    answer = wire.post(AUTH, body, headers={"Authorization": "NTLM "
                                            + base64.b64encode(context.step(challenge)).decode()})
    assert answer.status == 200 and user(answer) == "bob" and answer.json["bytes"] == size
    assert connection(answer) == connection(first)
    assert wire.post(AUTH, body).json["bytes"] == size


def head(method, target, *fields):
    return "\r\n".join(("%s %s HTTP/1.1" % (method, target), "Host: " + WEBEXT) + fields).encode() + b"\r\n\r\n"


def test_expect_100_continue(world):
    wire, first = login(world)
    for _ in range(3):
        wire.send(head("POST", AUTH, "Content-Length: 5", "Expect: 100-continue"))
        assert wire.file.readline().startswith(b"HTTP/1.1 100")
        while wire.file.readline().strip():
            pass
        wire.send(b"12345")
        answer = wire.read("POST")
        assert answer.json["bytes"] == 5 and user(answer) == "alice" and connection(answer) == connection(first)


def test_expect_100_continue_with_the_last_message(world):
    """As curl and .NET do: the first message is empty, the one that counts announces the body. (Who announces a
    body with the first one is asked to come again on another connection, by httpd as a pool as well.)"""
    name, password = users(world).login("alice")
    context = NtlmContext(name.rpartition("\\")[2], password, domain="CONTOSO")
    wire = dial(world)
    first = wire.post(AUTH, b"", headers={"Authorization": "NTLM " + base64.b64encode(context.step()).decode()})
    token = context.step(base64.b64decode(first.header("WWW-Authenticate").split()[1]))
    wire.send(head("POST", AUTH, "Content-Length: 2000", "Expect: 100-continue",
                   "Authorization: NTLM " + base64.b64encode(token).decode()))
    assert wire.file.readline().startswith(b"HTTP/1.1 100")
    wire.send(b"e" * 2000)
    while wire.file.readline().strip():
        pass
    answer = wire.read("POST")
    assert answer.status == 200 and answer.json["bytes"] == 2000 and user(answer) == "alice"
    assert connection(answer) == connection(first) == connection(wire.get(AUTH))


def test_chunked_bodies(world):
    wire, first = login(world)
    for _ in range(3):
        wire.send(head("POST", AUTH, "Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
        time.sleep(0.05)
        wire.send(b"4;x=y\r\ndefg\r\n0\r\n\r\n")
        answer = wire.read("POST")
        assert answer.json["bytes"] == 7 and user(answer) == "alice" and connection(answer) == connection(first)
    answer = wire.get("/lab/chunked?bytes=100000&piece=3000")
    assert len(answer.body) == 100000 and connection(answer) == connection(first)
    assert user(wire.get(AUTH)) == "alice"


def test_pipelining(world):
    """Requests sent ahead: answers in order, all by the bound connection."""
    wire, first = login(world)
    wire.send(b"".join(head("GET", "%s?n=%d" % (AUTH, number)) for number in range(20))
              + head("POST", AUTH, "Content-Length: 3") + b"abc" + head("HEAD", AUTH) + head("GET", AUTH))
    for number in range(20):
        answer = wire.read()
        assert user(answer) == "alice" and connection(answer) == connection(first)
        assert ("n=%d " % number).encode() in answer.raw
    assert wire.read("POST").json["bytes"] == 3
    assert wire.read("HEAD").status == 200
    assert connection(wire.read()) == connection(first)


def test_pipelining_of_two_users(world):
    """Each batch by its own connection, at the same time."""
    wires = {who: login(world, who)[0] for who in ("alice", "bob")}
    for wire in wires.values():
        wire.send(head("GET", AUTH) * 10)
    for _ in range(10):
        for who, wire in wires.items():
            assert user(wire.read()) == who


def test_many_requests_and_threads(world):
    """The event MPM gives a kept-alive connection to another thread each time."""
    wires = [login(world, ("alice", "bob")[number % 2]) for number in range(12)]
    for turn in range(25):
        for number, (wire, _) in enumerate(wires):
            wire.ask("GET", AUTH if turn % 2 else "/meet/a/b")
        for number, (wire, first) in enumerate(wires):
            answer = wire.read()
            assert connection(answer) == connection(first)
            assert turn % 2 == 0 or user(answer) == ("alice", "bob")[number % 2]


def test_persistent_auth(world):
    """The pool forgets the user after one answer and says so: passed on, and nobody stays logged in."""
    wire = dial(world)
    answer = wire.ntlm("/lab/auth/once", *users(world).login("alice"))
    assert answer.status == 200 and answer.headers("Persistent-Auth") == ["false"]
    assert is_fresh_401(wire.get("/lab/auth/once"))
    answer = wire.get("/lab/answer?header=Persistent-Auth:%20true")
    assert answer.headers("Persistent-Auth") == ["true"]


def test_a_last_www_authenticate_on_a_200(world):
    wire, _ = login(world)
    answer = wire.get("/lab/answer?header=WWW-Authenticate:%20Negotiate%20oYG2MIGzoAMKAQA%3D&body=x")
    assert answer.status == 200 and answer.headers("WWW-Authenticate") == ["Negotiate oYG2MIGzoAMKAQA="]


def test_401s_on_a_bound_connection(world):
    """They end nothing: body and fields are the pool's, the login stays."""
    direct, wire = Wire.to(world.pool.one.servers[0]), login(world)[0]
    target = ("/lab/answer?status=401&body=no%20ticket&header=WWW-Authenticate:%20NTLM&header=WWW-Authenticate:"
              "%20Negotiate&header=X-MS-WebTicketURL:%20https://x/&type=text/html")
    wanted, got = direct.get(target), wire.get(target)
    direct.close()
    assert got.status == 401 and got.body == wanted.body == b"no ticket"
    assert schemes(got) == schemes(wanted) == ["NTLM", "Negotiate"]
    assert got.headers("X-MS-WebTicketURL") == ["https://x/"]
    assert user(wire.get(AUTH)) == "alice"


@pytest.mark.parametrize("status", [302, 401, 403, 404, 409, 502, 504])
def test_errors_of_the_pool_do_not_end_a_login(world, status):
    wire, first = login(world)
    assert wire.get("/lab/answer?status=%d&body=x" % status).status == status
    answer = wire.get(AUTH)
    assert user(answer) == "alice" and connection(answer) == connection(first)


@pytest.mark.parametrize("status", [400, 413, 500, 503])
def test_errors_after_which_httpd_closes(world, status):
    """As it does after its own: the client is told, and what was its connection nobody else gets."""
    wire, first = login(world)
    answer = wire.get("/lab/answer?status=%d&body=x" % status)
    assert answer.status == status and answer.header("Connection") == "close" and wire.file.read() == b""
    again = dial(world).get(AUTH)
    assert is_fresh_401(again) and connection(again) != connection(first)


def test_connection_close_from_the_pool(world):
    """The pool ends the bound connection: the client's goes on, anonymous, and can log in again."""
    wire, first = login(world)
    for _ in range(3):
        answer = wire.get("/lab/close")
        assert answer.status == 200 and connection(answer) == connection(first)
        assert is_fresh_401(wire.get(AUTH))
        _, first = login(world, "bob", wire)
        assert user(wire.get(AUTH)) == "bob"


def test_connection_close_from_the_client(world):
    wire, _ = login(world)
    answer = wire.get(AUTH, headers={"Connection": "close"})
    assert user(answer) == "alice" and wire.file.read() == b""
    assert is_fresh_401(dial(world).get(AUTH))


def test_http_1_0(world):
    """Kept alive or not, by the client's own connection."""
    wire, first = login(world)
    wire.send(b"GET %s HTTP/1.0\r\nHost: %s\r\nConnection: keep-alive\r\n\r\n" % (AUTH.encode(), WEBEXT.encode()))
    answer = wire.read()
    assert user(answer) == "alice" and connection(answer) == connection(first)
    assert connection(wire.get(AUTH)) == connection(first)
    wire.send(b"GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (AUTH.encode(), WEBEXT.encode()))
    assert user(wire.read()) == "alice"
