"""HTTP/2 has no connection to bind: it is not offered, or where it is, bound credentials are sent back to
HTTP/1.1."""

import socket
import ssl

import pytest

from deploy import WEBEXT, Small
from httpd import lyncadm
from pin_clients import AUTH, NEGOTIATE, PATIENCE, curl, dial, is_fresh_401, login, user, users
from pin_http2 import HTTP_1_1_REQUIRED, Http2


def offered(world, *protocols):
    """What httpd chooses of these, and the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    tls = context.wrap_socket(socket.create_connection(("127.0.0.1", world.https), PATIENCE), server_hostname=WEBEXT)
    return tls.selected_alpn_protocol(), tls


def with_http2(stage, listener=True):
    world = Small(stage, servers=("fe01", "fe02"), start=False)
    world.httpd.modules = ("http2",)
    world.httpd.before = "Protocols h2 http/1.1"        # of an existing Apache
    world.httpd.write()
    lyncadm(stage, world.store, "route", "add", "--listener", "external", "--host", WEBEXT, "--path", "/echo/always",
            "--pool", world.lync.name, "--scheme", "https", "--profile", "web", "--pin", "always")
    lyncadm(stage, world.store, "route", "add", "--listener", "external", "--host", WEBEXT, "--path", "/echo/off",
            "--pool", world.lync.name, "--scheme", "https", "--profile", "web", "--pin", "off")
    if listener:
        lyncadm(stage, world.store, "listener", "set", "external", "--http2", "on")
    return world.serve()


@pytest.fixture(scope="module")
def world2(stage_for_module):
    return with_http2(stage_for_module)


def test_only_http_1_1_is_offered(stage):
    world = with_http2(stage, listener=False)
    assert offered(world, "h2", "http/1.1")[0] == "http/1.1"
    with pytest.raises(ssl.SSLError):           # mod_ssl insists
        offered(world, "h2")
    result = curl(world, "--http2", "-w", "\n%{http_version}", target="/meet/a/b")
    assert result.stdout.endswith("\n1.1"), result
    name, password = users(world).login("alice")
    result = curl(world, "--http2", "--ntlm", "-u", "%s:%s" % (name, password))
    assert '"user":"CONTOSO\\\\alice"' in result.stdout, result


def h2(world):
    protocol, tls = offered(world, "h2", "http/1.1")
    assert protocol == "h2"
    return Http2(tls)


@pytest.mark.parametrize("value", [NEGOTIATE, "negotiate x", "Bearer x, NTLM y", "Foo z"])
def test_bound_credentials_require_http_1_1(world2, value):
    wire, mark = h2(world2), len(world2.lync.seen())
    for _ in range(3):
        # the stream or the whole connection, but never an answer
        kind, code = wire.get(WEBEXT, AUTH, ("authorization", value))[:2]
        assert (kind, code) in (("reset", HTTP_1_1_REQUIRED), ("gone", HTTP_1_1_REQUIRED))
        if kind == "gone":
            wire = h2(world2)
    assert not [entry for entry in world2.lync.seen()[mark:] if AUTH in entry["line"]]


def test_always_requires_http_1_1_and_off_is_403(world2):
    wire = h2(world2)
    assert wire.get(WEBEXT, "/echo/always")[1] == HTTP_1_1_REQUIRED
    wire = h2(world2)
    answer = wire.get(WEBEXT, "/echo/off", ("authorization", NEGOTIATE))
    assert answer[0] == "answer" and b"Forbidden" in answer[2]
    assert wire.get(WEBEXT, "/echo/off", ("authorization", "Bearer x"))[0] == "answer"


def test_anonymous_requests_go_by_http_2(world2):
    wire = h2(world2)
    for _ in range(5):
        kind, _, body = wire.get(WEBEXT, "/lab/answer?body=over")
        assert kind == "answer" and body == b"over"
        assert wire.get(WEBEXT, AUTH)[2].find(b"Access is denied") >= 0
        assert wire.get(WEBEXT, "/lab/answer?body=x", ("authorization", "Bearer ntlm"))[2] == b"x"


def test_no_login_is_seen_by_http_2(world2):
    """Users on HTTP/1.1 beside clients of HTTP/2: these are nobody."""
    bound = [login(world2, who) for who in ("alice", "bob")]
    wire = h2(world2)
    for _ in range(10):
        kind, _, body = wire.get(WEBEXT, AUTH)
        assert kind == "answer" and b"Access is denied" in body and b"alice" not in body
        for (each, _), who in zip(bound, ("alice", "bob")):
            assert user(each.get(AUTH)) == who
    assert is_fresh_401(dial(world2).get(AUTH))


def test_curl_falls_back(world2):
    """It is told HTTP_1_1_REQUIRED, and logs in by HTTP/1.1 on its own."""
    name, password = users(world2).login("alice")
    result = curl(world2, "--http2", "-v", "--ntlm", "-u", "%s:%s" % (name, password),
                  "-w", "\n%{http_code} %{http_version}")
    assert result.stdout.endswith("\n200 1.1") and '"user":"CONTOSO\\\\alice"' in result.stdout, result
    result = curl(world2, "--http2", "-v", "-H", "Authorization: " + NEGOTIATE, "-w", "\n%{http_code} %{http_version}")
    assert result.stdout.endswith("\n401 1.1"), result
    assert "HTTP_1_1_REQUIRED" in result.stderr or "retrying with HTTP/1.1" in result.stderr, result.stderr
    result = curl(world2, "--http2", "-w", "\n%{http_code} %{http_version}")
    assert result.stdout.endswith("\n401 2"), result
