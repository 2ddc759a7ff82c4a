"""The pool's certificate is verified, or the pool never sees the request."""

import re

import pytest

from deploy import PUBLIC, WEBEXT, Small
from httpd import wait

NAMES_OF_POOL = "lyncpool01.contoso.local"


def only(*names):
    """Servers present a certificate that bears these names and no others; {server} is their own."""
    def certificate(server):
        bears = [name.format(server=server.name) for name in names]
        server.certificate(server.pool.pki.internal.leaf(bears[0], sans=bears, file=server.name))
    return certificate


def answers(world):
    wait("an answer of the pool", lambda: world.ask(WEBEXT, "/echo").status == 200)
    return world.echo(WEBEXT, "/echo")


def test_by_the_servers_own_name_while_host_is_public(stage):
    world = Small(stage, servers=("fe01", "fe02"), certificate=only("{server}"))
    for _ in range(4):
        assert world.echo(WEBEXT, "/echo").fields("Host") == [WEBEXT.encode()]


@pytest.mark.smoke
def test_by_the_pools_internal_name_while_host_is_public(stage):
    world = Small(stage, servers=("fe01", "fe02"), certificate=only(NAMES_OF_POOL),
                  fields=[("verify-name", NAMES_OF_POOL)])
    for _ in range(4):
        assert world.echo(WEBEXT, "/echo").fields("Host") == [WEBEXT.encode()]


def test_by_the_public_name(stage):
    world = Small(stage, servers=("fe01", "fe02"), certificate=only(WEBEXT), fields=[("verify-name", WEBEXT)])
    for _ in range(4):
        assert world.echo(WEBEXT, "/echo").fields("Host") == [WEBEXT.encode()]


def test_a_wildcard_in_the_pools_certificate(stage):
    world = Small(stage, certificate=only("*.contoso.local"))
    assert world.echo(WEBEXT, "/echo").fields("Host") == [WEBEXT.encode()]


def stranger(server):
    server.certificate("wrong-ca")


def expired(server):
    server.certificate("expired")


def early(server):
    server.certificate("not-yet-valid")


BAD = {
    "wrong name": (only("wrong.contoso.local"), [], r"name|does not match|bear"),
    "public name only": (only(*PUBLIC), [], r"name|does not match|bear"),
    "pool's name only, server's wanted": (only(NAMES_OF_POOL), [], r"name|does not match|bear"),
    "server's name only, pool's wanted": (only("{server}"), [("verify-name", NAMES_OF_POOL)], r"name|match|bear"),
    "server's name only, public wanted": (only("{server}"), [("verify-name", WEBEXT)], r"name|match|bear"),
    "wrong CA": (stranger, [], r"issuer|trust|self[- ]signed|CA"),
    "expired": (expired, [], r"expired"),
    "not yet valid": (early, [], r"not yet valid"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_certificate(stage, what):
    """503; one error line with the reason and the pool's name; unseen by the pool; mended, it serves."""
    certificate, fields, reason = BAD[what]
    world = Small(stage, certificate=certificate, fields=fields)
    world.httpd.expect(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck|lync):")
    mark = world.mark()
    for _ in range(6):
        answer = world.ask(WEBEXT, "/meet/a/b?" + mark)
        assert answer.status == 503, answer
        assert answer.get("Retry-After"), answer
        assert world.ask(WEBEXT, "/ucwa/v1/applications?" + mark).status == 503
    assert not world.seen(mark)
    lines = [line for line in world.httpd.lines(r"\[lync:error\]") if "lyncpool01" in line]
    assert len(lines) == 1, "\n".join(world.httpd.lines(r":error\]"))
    assert re.search("LYNC[0-9]{4}", lines[0]) and re.search(reason, lines[0]), lines

    for server in world.lync.servers:
        server.stop()
        only("{server}", NAMES_OF_POOL, WEBEXT)(server)
        server.start()
    wait("the mended certificate is accepted", lambda: world.ask(WEBEXT, "/meet/a/b").status == 200)
    world.httpd.expect(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck|lync):")


def test_an_old_tls_protocol_of_the_pool_is_refused(stage):
    """The policy of the pool says 1.2; a server that speaks less is not asked."""
    world = Small(stage, pool_arguments={"protocol": "TLSv1.1"})
    world.httpd.expect(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck|lync):")
    mark = world.mark()
    assert world.ask(WEBEXT, "/meet/a/b?" + mark).status == 503
    assert not world.seen(mark)


def test_clear_text_on_the_pools_https_port_is_no_fallback(stage):
    """A server that speaks http where https is due gets no request."""
    import socket
    import threading
    world = Small(stage)
    server = world.lync.servers[0]
    server.stop()
    got, listener = [], socket.create_server((server.address, world.lync.https_port))
    listener.settimeout(0.2)
    done = threading.Event()

    def play():
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            connection.settimeout(2)
            try:
                got.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                pass
            connection.close()
    thread = threading.Thread(target=play)
    thread.start()
    try:
        world.httpd.expect(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck|lync):")
        assert world.ask(WEBEXT, "/meet/a/b").status == 503
    finally:
        done.set()
        thread.join()
        listener.close()
    assert not [data for data in got if b"HTTP/" in data]
