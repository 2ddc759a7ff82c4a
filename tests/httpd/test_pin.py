"""Authentication that belongs to a connection stays with its client: who is served as whom. Over TLS, to a
pool of two servers."""

import base64

import pytest
from ntlm_auth.ntlm import NtlmContext

from client import Wire
from deploy import WEBEXT, WEBEXT2
from pin_clients import (AUTH, NEGOTIATE, connection, curl, dial, in_threads, is_fresh_401, login, schemes, session,
                         user, users)


@pytest.mark.smoke
def test_one_user_logs_in(world):
    wire, answer = login(world)
    for _ in range(4):
        again = wire.get(AUTH)
        assert again.status == 200 and user(again) == "alice"
        assert connection(again) == connection(answer)


@pytest.mark.smoke
def test_anonymous_clients_after_a_login(world):
    wire, answer = login(world)
    for _ in range(6):
        again = dial(world).get(AUTH)
        assert is_fresh_401(again) and connection(again) != connection(answer)
    assert user(wire.get(AUTH)) == "alice"
    wire.close()
    for _ in range(6):
        again = dial(world).get(AUTH)
        assert is_fresh_401(again) and connection(again) != connection(answer)


def test_two_users_interleaved(world):
    """Step by step: a message of one handshake between each two of the other."""
    wires, contexts = {}, {}
    for who in ("alice", "bob"):
        name, password = users(world).login(who)
        wires[who] = dial(world)
        contexts[who] = NtlmContext(name.rpartition("\\")[2], password, domain="CONTOSO")
    challenge = dict.fromkeys(wires)
    for status in (401, 200):
        for who, wire in wires.items():
            token = contexts[who].step(challenge[who] and base64.b64decode(challenge[who]))
            answer = wire.get(AUTH, headers={"Authorization": "NTLM " + base64.b64encode(token).decode()})
            assert answer.status == status
            challenge[who] = answer.header("WWW-Authenticate") and answer.header("WWW-Authenticate").split()[-1]
    used = {}
    for _ in range(10):
        for who, wire in wires.items():
            answer = wire.get(AUTH)
            assert answer.status == 200 and user(answer) == who
            used.setdefault(who, set()).add(connection(answer))
    assert len(used["alice"]) == len(used["bob"]) == 1 and used["alice"] != used["bob"]


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_many_at_once(world, scheme):
    """8 threads × 10 connections × (handshake + 4 requests without credentials)."""
    def one_thread(number):
        handshakes = followed = 0
        places = set()
        for turn in range(10 if scheme == "NTLM" else 3):
            who = ("alice", "bob", "carol", "dave")[(number + turn) % 4]
            wire = dial(world)
            answer = wire.ntlm(AUTH, *users(world).login(who), scheme=scheme)
            handshakes += answer.status == 200 and user(answer) == who
            places.add(connection(answer))
            for _ in range(4):
                again = wire.get(AUTH)
                followed += again.status == 200 and user(again) == who and connection(again) == connection(answer)
            wire.close()
        return handshakes, followed, places
    results = in_threads(8, one_thread)
    expected = 80 if scheme == "NTLM" else 24
    assert sum(result[0] for result in results) == expected
    assert sum(result[1] for result in results) == 4 * expected
    places = set.union(*(result[2] for result in results))
    assert len(places) == expected and len({server for server, _ in places}) == 2
    assert all(is_fresh_401(dial(world).get(AUTH)) for _ in range(6))


def test_wrong_password(world):
    """401 and a fresh challenge; the same connection can log in then, and be somebody else later."""
    wire = dial(world)
    answer = wire.ntlm(AUTH, users(world).login("alice")[0], "wrong")
    assert is_fresh_401(answer)
    assert is_fresh_401(wire.get(AUTH))
    login(world, "alice", wire)
    assert user(wire.get(AUTH)) == "alice"
    login(world, "bob", wire)
    assert user(wire.get(AUTH)) == "bob"


def test_a_second_user_with_a_wrong_password_is_not_the_first(world):
    wire, _ = login(world, "alice")
    assert is_fresh_401(wire.ntlm(AUTH, users(world).login("bob")[0], "wrong"))
    assert user(wire.get(AUTH)) is None


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_requests_ntlm(world):
    """python3-requests-ntlm, two users at once, on connections of their own."""
    sessions = {who: session(world, who) for who in ("alice", "bob")}
    places = {}
    for _ in range(5):
        for who, each in sessions.items():
            answer = each.get(each.url)
            assert answer.status_code == 200
            assert answer.headers["X-Test-User"].lower().endswith(who)
            places.setdefault(who, set()).add(answer.headers["X-Test-Connection"])
    assert all(len(place) == 1 for place in places.values()) and places["alice"] != places["bob"], places
    for who, each in sessions.items():
        answer = each.post(each.url, data=b"x" * 3000)
        assert answer.status_code == 200 and answer.json()["bytes"] == 3000
    wrong = session(world, "alice", "wrong")
    assert wrong.get(wrong.url).status_code == 401


def test_curl(world):
    """curl logs in once for three requests; a POST's first message has no body."""
    name, password = users(world).login("carol")
    result = curl(world, "--ntlm", "-u", "%s:%s" % (name, password), "-w", "\n%{http_code} %{num_connects}\n",
                  *["https://%s%s" % (WEBEXT, AUTH)] * 2)
    assert [line for line in result.stdout.splitlines() if line[:4] == "200 "] == ["200 1", "200 0", "200 0"], result
    assert result.stdout.count('"user":"CONTOSO\\\\carol"') == 3, result
    result = curl(world, "--ntlm", "-u", "%s:%s" % (name, password), "-w", "\n%{http_code}", "-d", "x" * 5000)
    assert result.stdout.endswith("\n200") and '"bytes":5000' in result.stdout, result
    result = curl(world, "--ntlm", "-u", name + ":wrong", "-w", "\n%{http_code}")
    assert result.stdout.endswith("\n401"), result


def test_curl_negotiate(world, tmp_path, monkeypatch):
    """Real SPNEGO: the last WWW-Authenticate comes with the 200."""
    users(world).write(str(tmp_path / "user"), only="dave")
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "user"))
    result = curl(world, "--negotiate", "-u", ":", "-D", "-")
    assert " 200 " in result.stdout and '"user":"CONTOSO\\\\dave"' in result.stdout, result


def test_pools_have_pins_of_their_own(world):
    """Two pools by one client connection: a login at one is none at the other."""
    wire, first = login(world, "alice")
    answer = wire.get(AUTH, host=WEBEXT2)
    assert is_fresh_401(answer)
    _, second = login(world, "bob", wire, host=WEBEXT2)
    assert connection(first) != connection(second)
    for _ in range(4):
        assert connection(wire.get(AUTH)) == connection(first)
        assert connection(wire.get(AUTH, host=WEBEXT2)) == connection(second)
        assert user(wire.get(AUTH)) == "alice" and user(wire.get(AUTH, host=WEBEXT2)) == "bob"


def test_a_first_401_is_the_pools_own(world):
    """Status, fields and body of the 401s are what the pool says, before and during the handshake."""
    direct, through = Wire.to(world.pool.one.servers[0]), dial(world)
    for headers in ((), {"Authorization": NEGOTIATE}):
        wanted, got = (wire.get(AUTH, headers=headers) for wire in (direct, through))
        assert wanted.status == got.status == 401
        assert wanted.body == got.body and b"Access is denied" in got.body
        assert schemes(wanted) == schemes(got)
        for name in ("Content-Type", "Content-Length", "Server"):
            assert wanted.headers(name) == got.headers(name)
    direct.close()


def test_pooling_goes_on(world):
    """First 401s and anonymous requests share connections, whoever logs in meanwhile."""
    bound, shared, first = set(), set(), 0
    for number in range(30):
        if number % 5 == 0:
            wire, answer = login(world, ("alice", "bob")[number % 2])
            bound.add(connection(answer))
            wire.close()
        with dial(world) as wire:
            for target in (AUTH, "/meet/a/b"):
                answer = wire.get(target)
                assert answer.status == (401 if target == AUTH else 200) and user(answer) is None
                shared.add(connection(answer))
                first += answer.header("X-Test-Request") == "1"
    # of each server one kept connection a child, maybe: of 60 requests, all by connections of their own
    assert len(shared) <= 8 and first <= 8, shared
    assert not shared & bound and len(bound) == 6


def test_a_client_uses_the_shared_pool_until_it_logs_in(world):
    """The same client connection: its 401 comes by a shared connection, its handshake by its own."""
    wire = dial(world)
    before = {connection(wire.get("/meet/a/b")) for _ in range(8)}
    login_answer = login(world, "alice", wire)[1]
    assert connection(login_answer) not in before
    # bound as a whole: also what needs no authentication
    assert connection(wire.get("/meet/a/b")) == connection(login_answer)
