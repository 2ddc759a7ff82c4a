"""A request and its answer pass unchanged."""

import gzip
import re

import pytest

from deploy import DISCOVER, MEET, WEBEXT, own_world

TARGETS = [
    "/echo/plain", "/echo/a%2Fb", "/echo/a%2fb", "/echo/%25", "/echo/100%25", "/echo/%252F", "/echo/a%252Fb%25252F",
    "/echo/a;b=c", "/echo//a", "/echo///a//b//", "//echo/a", "///echo", "/echo/a/../b",
    "/echo/a/./b", "/echo/./", "/echo/a/..", "/echo/%2e%2e/echo/a", "/echo/a/%2e%2e/b", "/echo/%2e/a",
    "/echo/a%5cb", "/echo/a%5Cb", "/echo/a\\b", b"/echo/\xe4\xf6\xfc", b"/echo/\xc3\xa4\xff\x80",
    "/echo/%C3%A4%e4%FF", "/echo/%7E~", "/echo/%41%61", "/ECHO/Case", "/EcHo", "/echo?", "/echo/a?",
    "/echo?a=b?c", "/echo?a=b&a=b;c=d", "/echo?q=%2F%25%252F%00%0d%0a", "/echo?x=/../..//%5c\\|<>\"'{}",
    b"/echo?raw=\xff\xe4", "/echo?&&==", "/echo/?", "/echo/a+b%20c", "/echo/'(x)!*,$@:&=+", "/echo/|^`{}<>\"[]",
    "/echo/a:b:c", "/echo/-_.~", "/echo?%zz%", "/%65cho/x",
    "/lwa/..%2fecho", "/lwa/..%5cecho/a", "/echo/a/%2e%2e%2fb", "/echo?" + "q" * 6000, "/echo/" + "p%2F" * 1500,
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: ascii(t)[:60])
def test_target_arrives_bit_for_bit(world, target):
    echo = world.echo(WEBEXT, target)
    want = target if isinstance(target, bytes) else target.encode()
    assert echo.line == b"GET " + want + b" HTTP/1.1"


@pytest.mark.smoke
@pytest.mark.parametrize("target", ["/p/a%252Fb?x=%253D", "/m/%2525/Presenter.aspx?a=0&embed=true&", "/x//y%2Fz;a"])
def test_target_of_office_web_apps_arrives_bit_for_bit(world, target):
    answer = world.ask(world.owas_host, target)
    assert answer.status == 200
    assert answer.get("X-Test-Target") == target


@pytest.mark.parametrize("host", ["webext.contoso.com", "WebExt.Contoso.COM", "webext.contoso.com:443",
                                  "WEBEXT.CONTOSO.COM:443", "webext.contoso.com:4443", "webext.contoso.com:80"])
def test_host_arrives_byte_for_byte(world, host):
    echo = world.echo(host, "/echo", sni=WEBEXT)
    assert echo.fields("Host") == [host.encode()]


def test_host_arrives_byte_for_byte_with_the_listeners_port(world):
    host = "WebExt.contoso.com:%d" % world.https
    assert world.echo(host, "/echo", sni=WEBEXT).fields("Host") == [host.encode()]


@pytest.mark.parametrize("host", ["LyncDiscover.contoso.com", "lyncdiscover.contoso.com:80"])
def test_host_arrives_byte_for_byte_on_port_80(world, host):
    mark = world.mark()
    answer = world.ask(host, "/?sipuri=%s" % mark, tls=False)
    assert answer.status == 200
    assert [entry["host"] for entry in world.seen(mark)] == [host]


@pytest.mark.smoke
def test_nothing_is_added_to_a_request(world):
    """No X-Forwarded-*, no Via, no Forwarded: the very fields that were sent, connection management aside."""
    sent = [("User-Agent", "UCCAPI/16.0 Lync"), ("Accept", "*/*"), ("X-MS-WebTicket", "opaque=%2F=="),
            ("Cookie", "MS-WSMAN=a; b=c"), ("X-Ms-Origin", "https://a.example"), ("Accept-Encoding", "gzip"),
            ("If-None-Match", '"x"'), ("Accept-Language", "de-DE, de;q=0.5"), ("Origin", "null"),
            ("Referer", "https://webext.contoso.com/Autodiscover/XFrame/XFrame.html"),
            ("Authorization", "Bearer cwt=AAEBHAEF")]
    echo = world.echo(WEBEXT, "/echo", fields=sent)
    got = [(name, value) for name, value in echo.all if name.lower() not in ("host", "connection")]
    assert sorted(got) == sorted(sent)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "BITS_POST", "OPTIONS", "FOO"])
def test_method_passes(world, method):
    echo = world.echo(WEBEXT, "/echo", method=method, body=b"<x/>")
    assert echo.line == method.encode() + b" /echo HTTP/1.1"
    assert echo.json["bytes"] == 4


def test_clients_own_forwarding_fields_pass(world):
    """What a client says about itself is not ours to change either."""
    echo = world.echo(WEBEXT, "/echo", fields=[("X-Forwarded-For", "10.0.0.1"), ("Via", "1.0 phone")])
    assert echo.fields("X-Forwarded-For") == [b"10.0.0.1"]
    assert echo.fields("Via") == [b"1.0 phone"]


def test_body_is_not_rewritten(world):
    body = b"http://lyncpool01.contoso.local:8080/ https://webext.contoso.com:4443/ \r\n\0\xff" * 50
    import hashlib
    answer = world.ask(WEBEXT, "/lab/upload", method="POST", body=body)
    assert hashlib.sha256(body).hexdigest().encode() in answer.body


LOCATIONS = ["https://lyncpool01.contoso.local:4443/x", "https://webext.contoso.com:4443/a%2Fb?c=d",
             "http://webext.contoso.com:8080/", "/relative/../x", "https://sts.contoso.com/adfs/ls/?wa=1"]


@pytest.mark.parametrize("location", LOCATIONS)
def test_location_is_not_rewritten(world, location):
    from urllib.parse import quote
    answer = world.ask(WEBEXT, "/lab/answer?status=302&header=%s" % quote("Location: " + location, safe=""))
    assert answer.status == 302
    assert answer.all("Location") == [location]


def test_every_set_cookie_is_a_field_of_its_own(world):
    answer = world.ask(WEBEXT, "/lab/cookies?n=3")
    ours = [value for value in answer.all("Set-Cookie") if value.startswith("lab")]
    assert ours == ["lab%d=%d; Path=/; HttpOnly; Expires=Wed, 21 Oct 2037 07:28:00 GMT" % (i, i) for i in (1, 2, 3)]


def test_set_cookie_path_and_domain_are_not_rewritten(world):
    from urllib.parse import quote
    cookie = "c=1; domain=lyncpool01.contoso.local; path=/echo; secure; SameSite=None"
    answer = world.ask(WEBEXT, "/lab/answer?header=%s" % quote("Set-Cookie: " + cookie, safe=""))
    assert cookie in answer.all("Set-Cookie")


@pytest.mark.smoke
def test_both_www_authenticate_lines_arrive_as_lines(world):
    answer = world.ask(WEBEXT, "/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=contoso.com",
                       fields=[("Accept", "application/json")])
    assert answer.status == 401
    lines = answer.all("WWW-Authenticate")
    assert len(lines) == 2, answer
    assert lines[0].startswith("Bearer ") and lines[1].startswith("MsRtcOAuth "), lines


def test_windows_challenges_arrive_as_lines(world):
    answer = world.ask(WEBEXT, "/abs/handler")
    assert answer.status == 401
    assert answer.all("WWW-Authenticate") == ["Negotiate", "NTLM"]


def test_web_ticket_url_passes(world):
    answer = world.ask(WEBEXT, "/Autodiscover/AutodiscoverService.svc/root/user?originalDomain=contoso.com")
    assert answer.status == 401
    assert "/WebTicket/" in answer.get("X-MS-WebTicketURL")


def test_answer_fields_pass(world):
    """The fields of an answer as the pool sent them, Server included."""
    answer = world.ask(WEBEXT, "/lab/answer?header=X-Ms-diagnostics:%20a;reason=%22b%22&header=P3P:%20CP=x&status=429"
                       "&reason=Slow%20down&body=x")
    assert answer.status == 429 and answer.reason == "Slow down"
    assert answer.get("X-Ms-diagnostics") == 'a;reason="b"'
    assert answer.get("P3P") == "CP=x"
    assert answer.get("X-Powered-By") == "ASP.NET"
    assert answer.get("Server") == "Microsoft-IIS/8.5"
    assert not {"via", "x-cache", "forwarded"} & set(answer.names())


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 403, 404, 409, 412, 428, 429, 500, 501, 503])
def test_status_and_body_of_errors_pass(world, status):
    answer = world.ask(WEBEXT, "/lab/answer?status=%d&body=the+pool+says" % status)
    assert answer.status == status
    if status != 204:
        assert answer.body == b"the pool says"


SITE_WIDE = """
    SetOutputFilter DEFLATE
    AddOutputFilterByType DEFLATE text/plain application/json
    Header always set Strict-Transport-Security "max-age=1"
    Header set X-Site-Wide yes
    RequestHeader set X-Site-Wide yes
    AddDefaultCharset utf-8
    ErrorDocument 404 "the site's own"
    ProxyVia On
    ProxyErrorOverride On
    ProxyPreserveHost On
    ProxyPass /lwa http://127.0.0.1:1/
    Alias /meet /tmp
    Redirect /dialin https://elsewhere.example/
    RewriteEngine On
    RewriteOptions InheritDown
    RewriteRule ^/scheduler - [F]
    <Location /server-status>
        SetHandler server-status
    </Location>
    <Location /reach>
        Require all denied
    </Location>
    <Directory />
        Require all denied
    </Directory>
    LimitRequestBody 10
    LimitRequestFieldSize 1000
    KeepAlive Off
    """


@pytest.fixture(scope="module")
def decorated(stage_for_module, pool):
    """The deployment in an httpd whose administrator has set everything that can be set server-wide."""
    return own_world(stage_for_module, pool, before=SITE_WIDE,
                     modules=("deflate", "filter", "mime", "alias", "rewrite", "status", "authz_host"))


@pytest.mark.parametrize("path", ["/lwa/x", "/meet/a/b", "/dialin", "/scheduler", "/reach/sip.svc/mex", "/server-status",
                                  "/lab/answer?status=404&body=x"])
def test_server_wide_settings_are_not_for_published_paths(decorated, path):
    answer = decorated.ask(WEBEXT, path)
    assert answer.get("X-MS-Server-Fqdn"), answer
    assert "Redirect" not in answer.reason and answer.status in (200, 404, 405)
    assert b"the site's own" not in answer.body
    assert not {"via", "x-site-wide"} & set(answer.names()), answer


def test_server_wide_settings_do_not_change_a_request(decorated):
    fields = [("X-MS-WebTicket", "t" * 20000), ("Content-Type", "text/xml")]
    echo = decorated.echo(WEBEXT, "/echo/a%2Fb", method="POST", body=b"x" * 5000, fields=fields)
    got = [(name, value) for name, value in echo.all if name.lower() not in ("host", "connection", "content-length")]
    assert sorted(got) == sorted(fields)
    assert echo.fields("Host") == [WEBEXT.encode()] and echo.json["bytes"] == 5000


def test_server_wide_settings_do_not_change_an_answer(decorated, world):
    for target in ("/lab/answer?type=text/plain&body=x", "/lab/cookies?n=2", "/lab/answer?status=500&body=x"):
        plain, other = world.ask(WEBEXT, target), decorated.ask(WEBEXT, target)
        ignored = ("date", "x-test-connection", "x-test-request", "x-test-session", "x-test-server",
                   "x-ms-server-fqdn", "set-cookie")
        assert (other.status, other.reason, other.body) == (plain.status, plain.reason, plain.body)
        assert [f for f in other.fields if f[0].lower() not in ignored] == \
            [f for f in plain.fields if f[0].lower() not in ignored]


@pytest.mark.parametrize("which", ["world", "decorated"])
def test_content_encoding_is_not_redone(request, which):
    world = request.getfixturevalue(which)
    answer = world.ask(WEBEXT, "/lab/gzip", fields=[("Accept-Encoding", "gzip")])
    assert answer.all("Content-Encoding") == ["gzip"]
    assert gzip.decompress(answer.body) == b"compressed by the pool\n"
    plain = world.ask(WEBEXT, "/lab/chunked?bytes=20000&piece=5000", fields=[("Accept-Encoding", "gzip")])
    assert plain.get("Content-Encoding") is None and len(plain.body) == 20000
    text = world.ask(WEBEXT, "/lab/answer?type=text/plain&body=" + "a" * 2000, fields=[("Accept-Encoding", "gzip")])
    assert text.get("Content-Encoding") is None and text.body == b"a" * 2000


@pytest.mark.parametrize("which", ["world", "decorated"])
def test_no_second_hsts(request, which):
    world = request.getfixturevalue(which)
    answer = world.ask(WEBEXT, "/lab/hsts")
    assert answer.all("Strict-Transport-Security") == ["max-age=315360000"]


def test_no_etag_is_marked_by_compression(decorated):
    answer = decorated.ask(WEBEXT, "/lab/etag", fields=[("Accept-Encoding", "gzip")])
    assert answer.get("ETag") == '"lab"' and answer.body == b"tagged"


@pytest.mark.parametrize("accept, mark", [
    ("application/vnd.microsoft.rtc.autodiscover+xml;v=1", rb"<AutodiscoverResponse "),
    ("application/json", rb'"_links"'), (None, rb'"AccessLocation":"External"')])
def test_discovery_documents_pass_in_every_shape(world, accept, mark):
    answer = world.ask(DISCOVER, "/?sipuri=user@contoso.com", fields=[("Accept", accept)] if accept else [])
    assert answer.status == 200
    assert re.search(mark, answer.body), answer.body


def test_meet_page_is_chosen_by_host(world):
    assert b"domainOwnerJoinLauncherUrl" in world.ask(MEET, "/user/1234ABCD").body
