"""TLS sessions with a pool are resumed, and lead around no verification of its certificate."""

import os
import re
import shutil
import socket
import threading

import pytest

from deploy import MEET, WEBEXT, WEBEXT2, Small, publish_pool
from httpd import lyncadm, wait
from pin_clients import AUTH, in_threads, login
from status import Shown
from test_pin_life import ONE_CHILD
from test_presented import end_of, https_rows
from test_quarantine import Two

PAGE = "/meet/a/b"
ANEW = "KeepAlive Off\n"                # each request has the proxy make a connection of its own
VERSIONS = ["TLSv1.2", "TLSv1.3"]
NO_TICKETS = "SSLSessionTickets off\n"
UNWELL = r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck):|LYNC0021"


def speaking(version, extra=ANEW, **arguments):
    """A pool that speaks this version of TLS only."""
    return dict(arguments, protocol="-all +" + version, extra=extra)


def one_child(world):
    """Each has sessions of its own. One is what these tests want, also when a slow machine keeps all threads busy."""
    world.httpd.after = ONE_CHILD
    world.httpd.always.append(re.compile("AH10159|AH00484"))
    world.httpd.write()
    return world.serve()


def small(stage, version, extra=ANEW, cache=True, **arguments):
    return one_child(Small(stage, start=False, pool_arguments=speaking(version, extra, cache=cache), **arguments))


def keeping(stage, version):
    """The same, whose servers resume sessions of before a restart. In TLS 1.3 they give two for a full handshake and
    none for a resumed one, so that of four requests the first and the last do not resume and two sessions remain."""
    path = stage.path("tickets.key")
    with open(path, "wb") as file:
        file.write(os.urandom(48))
    return speaking(version, ANEW + "SSLSessionTicketKeyFile %s\n" % path, cache=False)


def session(answer):
    assert answer.status == 200, answer
    return answer.get("X-Test-Session")


def sessions(world, count, host=WEBEXT, target=PAGE):
    return [session(world.ask(host, target)) for _ in range(count)]


def resumed(version, count):
    return ["%s Initial" % version] + ["%s Resumed" % version] * (count - 1)


def present(server, certificate):
    """From now on."""
    server.stop()
    server.certificate(certificate)
    server.start()


@pytest.mark.smoke
@pytest.mark.parametrize("by", ["tickets", "session ids"])
@pytest.mark.parametrize("version", VERSIONS)
def test_resumed(stage, version, by):
    world = small(stage, version, ANEW + ("" if by == "tickets" else NO_TICKETS), by != "tickets")
    assert sessions(world, 12) == resumed(version, 12)


@pytest.mark.parametrize("version", VERSIONS)
def test_names_of_a_pool_share(stage, version):
    """Also those of virtual hosts with certificates of their own."""
    world = one_child(Two(stage, pool_arguments=speaking(version)))
    found = [session(world.ask(*each)) for each in ((WEBEXT, PAGE), (MEET, "/a/b")) * 4]
    assert found == resumed(version, 8)


@pytest.mark.parametrize("version", VERSIONS)
def test_bound_connections(stage, version):
    """Each of these clients has a connection to the pool of its own."""
    world = small(stage, version, "")
    clients = [login(world, ("alice", "bob")[number % 2]) for number in range(6)]
    assert [answer.header("X-Test-Session") for _, answer in clients] == resumed(version, 6)
    for wire, _ in clients:
        wire.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_many_at_once(stage, version):
    """No session serves two, none is lost for good."""
    world = small(stage, version, servers=("fe01", "fe02"))
    found = sum(in_threads(8, lambda _: sessions(world, 12)), [])
    assert len(found) == 96 and found.count(version + " Resumed") > 20, found


@pytest.mark.parametrize("extra", [NO_TICKETS, ""])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_does_not_resume(stage, version, extra):
    """Never does, or does not know the tickets of before its restart: a full handshake, and an answer."""
    world = small(stage, version, ANEW + extra, cache=False)
    found = sessions(world, 4)
    if extra:
        assert found == [version + " Initial"] * 4
    world.lync.servers[0].restart()
    wait("it is back", lambda: world.ask(WEBEXT, PAGE).status == 200)
    assert all(each.startswith(version) for each in sessions(world, 4))
    world.httpd.expect(UNWELL)          # a probe may have come in between


@pytest.mark.parametrize("version", VERSIONS)
def test_pools_do_not_mix(stage, version):
    """The same server in two pools, one of which trusts its certificate: a session of that one is none of the other."""
    world = Small(stage, start=False, pool_arguments=speaking(version),
                  certificate=lambda server: server.certificate("wrong-ca"))
    world.lync.external = WEBEXT2
    world.lync.name = "lyncpool02.contoso.local"
    publish_pool(stage, world.store, world.lync)
    lyncadm(stage, world.store, "pool", "set", world.lync.name, "--ca", world.pki.stranger.path)
    one_child(world)
    world.httpd.expect(UNWELL)
    mark = world.mark()
    assert sessions(world, 3, WEBEXT2) == resumed(version, 3)
    for _ in range(4):
        assert world.ask(WEBEXT, PAGE + "?" + mark).status == 503
        assert sessions(world, 1, WEBEXT2) == [version + " Resumed"]
    assert not world.seen(mark)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reload_drops_sessions(stage, version):
    world = small(stage, version)
    sessions(world, 3)
    world.httpd.graceful()
    assert sessions(world, 3) == resumed(version, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_other_anchors_at_a_reload(stage, version):
    """The server would resume a session of before: it is not asked to."""
    anchors = stage.path("anchors.pem")
    world = Small(stage, start=False, pool_arguments=keeping(stage, version))
    shutil.copy(world.pki.internal.path, anchors)
    lyncadm(stage, world.store, "pool", "set", world.lync.name, "--ca", anchors)
    one_child(world)
    sessions(world, 2)
    shutil.copy(world.pki.stranger.path, anchors)
    assert sessions(world, 1) == [version + " Resumed"]
    world.httpd.expect(UNWELL)
    world.httpd.graceful()
    mark = world.mark()
    for _ in range(4):
        assert world.ask(WEBEXT, PAGE + "?" + mark).status == 503
    assert not world.seen(mark)


@pytest.mark.smoke
@pytest.mark.parametrize("version", VERSIONS)
def test_another_certificate(stage, version):
    """Probes do not resume. What they find ends all sessions of before, also when the server is well again."""
    world = one_child(Small(stage, start=False, pool_arguments=keeping(stage, version)))
    server = world.lync.servers[0]
    sessions(world, 4)
    world.httpd.expect(UNWELL)
    present(server, "wrong-ca")
    wait("a probe finds out", lambda: world.httpd.lines("LYNC0021.*certificate verify failed"))
    for _ in range(4):
        assert world.ask(WEBEXT, PAGE).status == 503
    present(server, "good")
    wait("it is well", lambda: world.ask(WEBEXT, PAGE).status == 200)
    assert sessions(world, 6) == [version + " Initial"] * 6
    world.httpd.expect(UNWELL)


@pytest.mark.parametrize("version", VERSIONS)
def test_status_tells_what_is_presented_now(stage, version):
    """Not what was when the session was made."""
    shown = one_child(Shown(stage, pool_arguments=keeping(stage, version)))
    server = shown.lync.servers[0]

    def told():
        return https_rows(shown, shown.page.all())["fe01"]["not_after"]
    before = end_of(server)
    sessions(shown, 4)
    assert told() == before
    shown.httpd.expect(UNWELL)
    present(server, server.pool.pki.internal.leaf(server.name, file=server.name, days=(-1, 200)))
    wait("a probe sees it", lambda: told() == end_of(server) != before)
    found = wait("it is up", lambda: [answer for answer in [shown.ask(WEBEXT, PAGE)] if answer.status == 200])
    assert session(found[0]) == version + " Resumed" and told() == end_of(server)
    shown.httpd.expect(UNWELL)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_ends_soon(stage, version):
    """A session would outlive it: four minutes, which the start of httpd takes a part of."""
    world = small(stage, version, certificate=lambda server: server.certificate(
        server.pool.pki.internal.leaf(server.name, file=server.name, days=(-1, 4 / 1440))))
    assert sessions(world, 4) == [version + " Initial"] * 4


class Silent(threading.Thread):
    """Listens where a server did, and hangs up on whoever has spoken."""

    def __init__(self, address):
        super().__init__()
        self.listener, self.done = socket.create_server(address), False
        self.listener.settimeout(0.1)
        self.start()

    def run(self):
        while not self.done:
            try:
                connection, _ = self.listener.accept()
                connection.settimeout(5)
                connection.recv(4096)
                connection.close()
            except OSError:
                pass
        self.listener.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handshake_that_fails(stage, version):
    """No session of before is offered to this server again."""
    world = one_child(Small(stage, start=False, pool_arguments=keeping(stage, version),
                            fields=[("health-interval", "3600")]))
    server = world.lync.servers[0]
    sessions(world, 4)
    world.httpd.expect(UNWELL)
    server.stop()
    silent = Silent((server.address, world.lync.https_port))
    try:
        assert world.ask(WEBEXT, PAGE).status == 503
    finally:
        silent.done = True
        silent.join()
    server.start()
    found = wait("it is back", lambda: [answer for answer in [world.ask(WEBEXT, PAGE)] if answer.status == 200])
    assert session(found[0]) == version + " Initial"


@pytest.mark.parametrize("version", VERSIONS)
def test_memory(stage, version):
    world = small(stage, version)

    def again(count):
        with world.open() as connection:
            for _ in range(count):
                found = session(connection.request(PAGE, WEBEXT))
        assert found == version + " Resumed"
    again(300)
    memory = world.httpd.memory()
    again(2000)
    # the quarantine of AddressSanitizer fills slowly
    slack = (32 if os.environ.get("LYNC_SANITIZE") == "1" else 3) << 20
    assert world.httpd.memory() < memory + slack, (memory, world.httpd.memory())
