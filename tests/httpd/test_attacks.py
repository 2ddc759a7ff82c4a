"""What a client may do to others: nothing. One who misuses the proxy pays alone."""

import time

import pytest

from client import Wire
from deploy import WEBEXT, Small, lyncadm
from httpd import VALGRIND, wait

AUTH = "/lab/auth/echo"
BOUND = [("Authorization", "NTLM x")]


def two_servers(stage, before="", timeout=None):
    world = Small(stage, ("fe01", "fe02"), start=False, interval=30)
    if timeout:
        for profile in ("web", "content", "poll"):
            lyncadm(stage, world.store, "profile", "set", profile, "--timeout", timeout)
    world.httpd.before = before
    world.httpd.write()
    return world.serve()


class Users:
    """Users logged in on connections of their own until one has each server."""

    def __init__(self, world):
        self.world, self.wires = world, {}
        user, password = world.lync.users.login("alice")
        for _ in range(20):
            wire = Wire("127.0.0.1", world.https, name=WEBEXT)
            answer = wire.ntlm(AUTH, user, password, host=WEBEXT)
            assert answer.status == 200, answer
            if self.wires.setdefault(answer.header("X-Test-Server"), wire) is not wire:
                wire.close()
            if len(self.wires) == 2:
                return
        raise AssertionError("one server was never asked")

    def are_still_logged_in(self):
        for server, wire in self.wires.items():
            answer = wire.get(AUTH, host=WEBEXT)
            assert (answer.status, answer.header("X-Test-Server")) == (200, server), answer


def test_a_full_child_does_not_take_servers_for_down(stage):
    """Who comes too late is refused; mod_proxy would have marked each server and cut off who was bound."""
    world = two_servers(stage, before="LyncPinLimit 4")
    users = Users(world)
    world.httpd.expect("LYNC0040")
    held, answers = [], []
    for _ in range(4):
        held.append(world.open())
        answers.append(held[-1].request(AUTH, WEBEXT, fields=BOUND))
    refused = [answer for answer in answers if answer.status == 503]
    assert refused and all(answer.get("Retry-After") == "30" for answer in refused), answers
    assert len(world.httpd.lines("LYNC0040")) == len(refused)
    users.are_still_logged_in()
    for connection in held:
        connection.close()


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "identity, chunked"])
def test_a_transfer_coding_that_is_not_known(stage, coding):
    world = two_servers(stage)
    users = Users(world)
    for _ in range(4):
        answer = world.ask(WEBEXT, "/lab/upload", "POST", [("Transfer-Encoding", coding)], b"0\r\n\r\n")
        assert answer.status == 400, answer
    users.are_still_logged_in()
    assert not [entry for entry in world.lync.seen() if "/lab/upload" in entry["line"]]


@pytest.mark.parametrize("method, body", [("POST", b"abc"), ("GET", b"")], ids=["post", "get"])
def test_a_request_with_expect_that_times_out_is_not_sent_again(stage, method, body):
    """mod_proxy takes that for a server that is down, and asks the next one the same."""
    timeout = 8 if VALGRIND else 2
    world = two_servers(stage, timeout=timeout)
    users = Users(world)
    world.httpd.expect("timeout specified has expired|Timeout on 100-Continue")
    fields = [("Expect", "100-continue")] + ([("Content-Length", "3")] if body else [])
    start = time.monotonic()
    with world.open() as connection:
        answer = connection.request("/lab/sleep?ms=%d" % (3000 * timeout), WEBEXT, method, fields)
    assert answer.status == 504, answer
    assert time.monotonic() - start < 1.9 * timeout
    users.are_still_logged_in()
    seen = sum("/lab/sleep" in line for line in world.httpd.lines("Timeout on 100-Continue"))
    assert seen == 1


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("name", ["X-%d", "X"], ids=["many", "repeated"])
def test_many_large_fields_do_not_fill_the_memory(stage, tls, name):
    """Each within its limit, all of them 13 MB, before the proxy knows for whom."""
    world = two_servers(stage)
    field = b"".join(b"%s: %s\r\n" % ((name % i if "%" in name else name).encode(), b"a" * 69000) for i in range(190))
    before, held = world.httpd.memory(), []
    for _ in range(8):
        held.append(world.open(tls=tls))
        try:
            held[-1].send(b"GET / HTTP/1.1\r\nHost: " + WEBEXT.encode() + b"\r\n" + field)
        except OSError:
            pass            # the answer came first
    wait("refusals", lambda: len(world.httpd.lines("LYNC0019")) == 8)
    assert world.httpd.memory() - before < 40e6
    for connection in held:
        connection.close()
    assert world.ask(WEBEXT, "/echo").status == 200


def test_a_head_that_is_too_large_is_answered_and_is_counted_anew(world):
    with world.open() as connection:
        for _ in range(3):
            assert connection.request("/echo", WEBEXT, fields=[("X-%d" % i, "a" * 60000) for i in range(4)]).status == 200
        answer = connection.request("/echo", WEBEXT, fields=[("X-%d" % i, "a" * 60000) for i in range(5)])
    assert answer.status == 400, answer
