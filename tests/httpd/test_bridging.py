"""Which port of the pool a request goes to, and that it is the external site's."""

import pytest

from deploy import DISCOVER, MEET, WEBDIR, WEBEXT, WEBEXT2

ROOT = "/autodiscover/autodiscoverservice.svc/root"


@pytest.mark.smoke
@pytest.mark.parametrize("host", [WEBEXT, WEBEXT2, WEBDIR, DISCOVER])
def test_443_goes_to_the_external_https_port(world, host):
    answer = world.ask(host, ROOT)
    assert answer.status == 200
    assert answer.get("X-Test-Site") == "external"
    assert b'"AccessLocation":"External"' in answer.body


def test_to_the_pool_it_is_tls(world):
    assert world.echo(WEBEXT, "/echo").json["scheme"] == "https"


@pytest.mark.smoke
def test_80_goes_to_the_external_http_port_in_the_clear(world):
    mark = world.mark()
    answer = world.ask(DISCOVER, "/?sipuri=" + mark, tls=False)
    assert answer.status == 200
    assert answer.get("X-Test-Site") == "external"
    assert [entry["port"] for entry in world.seen(mark)] == [world.pool.port_of(DISCOVER, tls=False)]


def test_80_answers_with_the_redirect_document(world):
    answer = world.ask(DISCOVER, "/", tls=False)
    assert b"https://" in answer.body and answer.status == 200


@pytest.mark.parametrize("host", [WEBEXT, WEBEXT2])
def test_ports_are_the_pools_own(world, host):
    """Two pools with different https ports."""
    mark = world.mark()
    assert world.ask(host, "/meet/a/b?" + mark).status == 200
    assert {entry["port"] for entry in world.seen(mark)} == {world.pool.port_of(host)}


@pytest.mark.smoke
def test_office_web_apps_443_to_443(world):
    answer = world.ask(world.owas_host, "/hosting/discovery")
    assert answer.status == 200 and b"external-https" in answer.body


def test_each_name_goes_to_its_own_pool(world):
    for host in (WEBEXT, WEBEXT2, WEBDIR, MEET, DISCOVER):
        answer = world.ask(host, ROOT)
        assert answer.get("X-MS-Server-Fqdn") in world.pool.servers_of(host), host


def test_every_server_of_a_pool_is_used(world):
    servers = set()
    for _ in range(20):
        servers.add(world.ask(WEBEXT, "/meet/a/b").get("X-MS-Server-Fqdn"))
    assert servers == set(world.pool.servers_of(WEBEXT))


def test_requests_within_one_connection_are_balanced_one_by_one(world):
    servers = set()
    with world.open(WEBEXT) as connection:
        for _ in range(20):
            servers.add(connection.request("/meet/a/b", WEBEXT).get("X-MS-Server-Fqdn"))
    assert servers == set(world.pool.servers_of(WEBEXT))


def test_the_internal_site_is_never_asked(world):
    for host in (WEBEXT, WEBEXT2, WEBDIR, DISCOVER, MEET):
        for _ in range(4):
            assert world.ask(host, ROOT).get("X-Test-Site") == "external"


def test_server_certificate_by_name(world):
    """The listener presents its certificate, whatever name is asked for, and without any."""
    for sni in (WEBEXT, MEET, "unknown.example", None):
        with world.open(WEBEXT, sni=sni) as connection:
            assert connection.certificate() == world.leaf


def test_http_2_is_not_offered(world):
    import socket
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", world.https)) as plain:
        with context.wrap_socket(plain, server_hostname=WEBEXT) as tls:
            assert tls.selected_alpn_protocol() in (None, "http/1.1")
