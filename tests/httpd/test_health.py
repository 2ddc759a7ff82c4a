"""A server that is down is left out, and comes back by itself."""

import os
import socket
import ssl
import subprocess
import threading
import time

import pytest

from deploy import WEBEXT, Small
from httpd import lyncadm, wait

FE01, FE02 = "fe01.contoso.local", "fe02.contoso.local"
PROXYS = r"\[(proxy|proxy_http|proxy_balancer|proxy_hcheck|ssl|lync):"


@pytest.fixture
def world(stage):
    return Small(stage, servers=("fe01", "fe02"))


def served_by(world, count=12, fields=()):
    """Which servers answer count requests; every one has to be answered well."""
    found = []
    for _ in range(count):
        answer = world.ask(WEBEXT, "/meet/a/b", fields=fields)
        assert answer.status == 200, answer
        found.append(answer.get("X-MS-Server-Fqdn"))
    return set(found)


def only(world, servers):
    """Whether just these servers answer; for polling while that changes."""
    answers = [world.ask(WEBEXT, "/meet/a/b") for _ in range(12)]
    return {answer.get("X-MS-Server-Fqdn") if answer.status == 200 else None for answer in answers} == servers


def failures(world, count):
    return sum(world.ask(WEBEXT, "/meet/a/b").status != 200 for _ in range(count))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_is_down_is_left_out_and_comes_back(world, how):
    assert served_by(world) == {FE01, FE02}
    world.httpd.expect(PROXYS)
    getattr(world.lync.server("fe02"), how)()
    assert failures(world, 30) <= 1
    time.sleep(4.5)
    assert served_by(world) == {FE01}
    world.lync.server("fe02").start()
    wait("fe02 is back", lambda: only(world, {FE01, FE02}), 15)
    world.httpd.expect(PROXYS)


def test_a_server_that_hangs_is_left_out_and_comes_back(world):
    """It takes connections and never answers: the probe has to notice, requests are few until then."""
    world.httpd.expect(PROXYS)
    world.lync.server("fe02").freeze()

    def quick():
        """Six answers in a row, none of which took long."""
        for _ in range(6):
            try:
                with world.open(WEBEXT, seconds=1) as connection:
                    if connection.request("/meet/a/b", WEBEXT).status != 200:
                        return False
            except OSError:
                return False
        return True
    try:
        wait("only fe01 is asked", quick, 20)
    finally:
        world.lync.server("fe02").thaw()
    wait("fe02 is back", lambda: only(world, {FE01, FE02}), 20)
    world.httpd.expect(PROXYS)


def test_a_server_whose_web_services_are_ill_is_left_out(world):
    """It answers, but not 200 on the autodiscover root."""
    world.httpd.expect(PROXYS)
    server = world.lync.server("fe02")
    server.stop()
    server.extra = '<LocationMatch "(?i)^/autodiscover">\nRequire all denied\n</LocationMatch>'
    server.start()
    wait("fe02 is left out", lambda: only(world, {FE01}), 15)
    server.stop()
    server.extra = ""
    server.start()
    wait("fe02 is back", lambda: only(world, {FE01, FE02}), 15)
    world.httpd.expect(PROXYS)


def test_a_virtual_directory_that_fails_leaves_its_server_in(world):
    """EMS may stop one directory at any time: 403, 404, 500 and 503 of the pool are the client's to see."""
    for status in (403, 404, 500, 503):
        for _ in range(4):
            assert world.ask(WEBEXT, "/lab/answer?status=%d&body=x" % status).status == status
    assert served_by(world) == {FE01, FE02}


@pytest.mark.smoke
def test_no_server_left(world):
    """503 with Retry-After, at once and later; and back again without a hand."""
    world.httpd.expect(PROXYS)
    for server in world.lync.servers:
        server.kill()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        answer = world.ask(WEBEXT, "/meet/a/b")
        assert answer.status == 503, answer
        assert int(answer.get("Retry-After")) > 0
        assert b"contoso.local" not in answer.body
        time.sleep(0.1)
    world.lync.start()
    wait("both are back", lambda: only(world, {FE01, FE02}), 15)
    world.httpd.expect(PROXYS)


def test_down_at_the_start(stage):
    """httpd starts while no server is up, and serves when one is."""
    world = Small(stage, start=False)
    world.lync.stop()
    world.serve().httpd.expect(PROXYS)
    assert world.ask(WEBEXT, "/meet/a/b").status == 503
    world.lync.start()
    wait("the pool serves", lambda: world.ask(WEBEXT, "/meet/a/b").status == 200, 15)
    world.httpd.expect(PROXYS)


def test_the_probe(stage):
    """GET of the autodiscover root on the https port, about once a second."""
    world = Small(stage, interval=1)
    server = world.lync.server("fe01")
    mark = server.mark()
    time.sleep(3.2)
    probes = [entry for entry in server.seen_since(mark) if "/autodiscover/autodiscoverservice.svc/root" in entry["line"].lower()]
    assert 2 <= len(probes) <= 15, probes
    for probe in probes:
        assert probe["line"].startswith("GET ")
        assert probe["port"] == world.lync.https_port
        assert probe["status"] == 200


def test_the_probe_has_no_accept_field(stage):
    """As documented for probes of the autodiscover root; played by a server that keeps what it gets."""
    world = Small(stage, interval=1)
    world.httpd.expect(PROXYS)
    server = world.lync.servers[0]
    server.stop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.leaf.sent, server.leaf.key)
    with socket.create_server((server.address, world.lync.https_port)) as listener:
        listener.settimeout(15)
        plain, _ = listener.accept()
        with context.wrap_socket(plain, server_side=True) as tls:
            head = tls.recv(65536)
    assert head.startswith(b"GET /autodiscover/autodiscoverservice.svc/root HTTP/1."), head
    assert b"\naccept:" not in head.lower(), head


def test_a_probe_at_the_end_of_its_child(stage):
    """It gets a moment to be through before OpenSSL is taken down, and says nothing about the server any more."""
    # it gives up after the interval, and has to be there for longer than it takes httpd's threads to end
    world = Small(stage, interval=2, log="info mpm_event:trace1")
    world.httpd.expect(r"\[(proxy|proxy_http|proxy_balancer|proxy_hcheck|ssl):")
    server = world.lync.servers[0]
    server.stop()
    with socket.create_server((server.address, world.lync.https_port)) as listener:
        listener.settimeout(15)
        probe, _ = listener.accept()
        assert probe.recv(65536)
        end = threading.Thread(target=world.httpd.stop)
        end.start()
        # what comes next in the child tells mod_lync
        wait("the child is about to end", lambda: world.httpd.lines("workers joined, exiting"))
        time.sleep(0.2)
        probe.sendall(bytes((21, 3, 3, 0, 2, 2, 40)))       # alert: handshake failure
        probe.close()
        wait("the probe has heard it", lambda: world.httpd.lines("AH02003: SSL Proxy connect failed"))
    end.join()
    assert world.httpd.lines("AH02003: SSL Proxy connect failed"), world.httpd.words()
    assert not world.httpd.lines("LYNC0021"), world.httpd.words()


@pytest.fixture
def slow_end(stage, monkeypatch):
    """What starts from here is slow to end, and to connect while there is the file that this names: slow_end.c."""
    library, connecting = stage.path("slow_end.so"), stage.path("connecting")
    source = os.path.join(os.path.dirname(__file__), "slow_end.c")
    subprocess.run(["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("LD_PRELOAD", library)
    monkeypatch.setenv("SLOW_END", connecting)
    return connecting


def test_a_thread_that_probes_ends_while_its_child_does(slow_end, stage):
    """OpenSSL has nothing left of it then, which it would free a second time."""
    world = Small(stage, interval=1)
    server = world.lync.servers[0]
    mark = server.mark()
    wait("probes", lambda: len(server.seen_since(mark)) > 2)
    world.httpd.stop()
    assert not world.httpd.lines("slow_end"), world.httpd.words()


def test_a_probe_does_not_begin_while_its_child_ends(slow_end, stage):
    """Those of the three balancers connect when the child is told to end: nothing comes of it, for the server neither."""
    world = Small(stage, interval=1)
    open(slow_end, "w").close()
    wait("all connect", lambda: len(world.httpd.lines("slow_end: connecting")) == 3)
    server = world.lync.servers[0]
    mark = server.mark()
    world.httpd.stop()
    assert not server.seen_since(mark)


@pytest.mark.parametrize("state, used", [("disabled", {FE01}), ("drain", {FE01}), ("standby", {FE01}),
                                         ("active", {FE01, FE02})])
def test_state_of_a_server(stage, state, used):
    world = Small(stage, servers=("fe01", "fe02"), start=False)
    lyncadm(stage, world.store, "server", "set", FE02, "--pool", world.lync.name, "--state", state)
    world.serve()
    assert served_by(world) == used
    if state == "standby":
        world.httpd.expect(PROXYS)
        world.lync.server("fe01").stop()
        wait("fe02 stands in", lambda: world.ask(WEBEXT, "/meet/a/b").get("X-MS-Server-Fqdn") == FE02, 15)
        world.httpd.expect(PROXYS)


def test_affinity_cookie(stage):
    """With affinity, the requests of a cookie stay with a server; without one they are spread."""
    world = Small(stage, servers=("fe01", "fe02"), fields=[("affinity", "cookie")])
    assert served_by(world) == {FE01, FE02}
    answer = world.ask(WEBEXT, "/meet/a/b")
    cookie = [value for value in answer.all("Set-Cookie") if value.startswith("MS-WSMAN=")]
    assert cookie, answer
    value = cookie[-1].partition(";")[0]
    assert len(served_by(world, fields=[("Cookie", value)])) == 1


def test_profiles_share_what_is_known_of_a_server(stage):
    """All routes of a pool leave a dead server out, whatever their timeout profile."""
    world = Small(stage, servers=("fe01", "fe02"))
    world.httpd.expect(PROXYS)
    world.lync.server("fe02").kill()
    time.sleep(4.5)
    for target in ("/meet/a/b", "/collabcontent/x?bytes=5", "/ucwa/v1/applications", "/lab/answer?body=x"):
        for _ in range(4):
            answer = world.ask(WEBEXT, target)
            assert answer.get("X-MS-Server-Fqdn") == FE01, (target, answer)
