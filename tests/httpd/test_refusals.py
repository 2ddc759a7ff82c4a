"""What no pool may ever see is answered by the proxy."""

import pytest

from deploy import DIALIN, DISCOVER, MEET, WEBDIR, WEBEXT, Small
from raw import Connection, exchange, request_bytes
from spellings import REFUSED, spellings

PATH = "/meet/a/b"
BAD_PATH = "AH10244"        # httpd's own line, at error, for a path that cannot be decoded or leaves the root


def refused(world, data, tls=True, sni=WEBEXT, method="GET", mark=None):
    """The proxy itself answers data with a refusal, or closes; no pool sees mark."""
    before = world.count()
    answer = exchange(world.https if tls else world.http, data, tls, sni, method)
    if answer is not None:
        assert 400 <= answer.status < 500 or answer.status == 501, answer
        assert "x-ms-server-fqdn" not in answer.names(), answer
        assert "x-test-server" not in answer.names(), answer
    assert world.count() == before if mark is None else not world.seen(mark)
    return answer


@pytest.mark.smoke
@pytest.mark.parametrize("host", ["unknown.contoso.com", "contoso.com", "www.webext.contoso.com", "xwebext.contoso.com",
                                  "webext.contoso.com.evil.example", "webext", "localhost", "webext_contoso.com",
                                  "admin.contoso.com", "lyncpool01.contoso.local", "fe01.contoso.local"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_unknown_host(world, host, tls):
    answer = refused(world, request_bytes(PATH, host), tls)
    assert answer.status in (400, 403, 404, 421), answer


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:443", "[::1]", "[::1]:443", "203.0.113.9", "2130706433",
                                  "0x7f.1"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_address_as_host(world, host, tls):
    refused(world, request_bytes(PATH, host), tls)


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_no_host(world, tls):
    world.httpd.expect("AH02031")
    refused(world, b"GET /meet/a/b HTTP/1.1\r\n\r\n", tls)
    refused(world, b"GET /meet/a/b HTTP/1.0\r\n\r\n", tls)
    refused(world, b"GET /meet/a/b HTTP/1.1\r\nHost:\r\n\r\n", tls)
    refused(world, b"GET / HTTP/1.0\r\n\r\n", tls)
    refused(world, b"GET /meet/a/b\r\n\r\n", tls)


@pytest.mark.parametrize("host", ["webext.contoso.com, evil.example", "webext.contoso.com:99999", "webext.contoso.com:x",
                                  "webext.contoso.com/..", "a@webext.contoso.com", "webext.contoso.com:443:443",
                                  "webext..contoso.com", ".webext.contoso.com", "webext.contoso.com%00",
                                  "webext.contoso.com\\x", "webext.contoso.com#", "*", "*.contoso.com"])
def test_malformed_host(world, host):
    refused(world, request_bytes(PATH, host))


def test_two_hosts(world):
    refused(world, request_bytes(PATH, WEBEXT, fields=[("Host", "evil.example")]))
    refused(world, request_bytes(PATH, "evil.example", fields=[("Host", WEBEXT)]))


@pytest.mark.parametrize("target", ["http://evil.example/meet/a/b", "https://evil.example/meet/a/b",
                                    "http://evil.example:443/",
                                    "http://webext.contoso.com@evil.example/meet/a/b",
                                    "ftp://webext.contoso.com/meet/a/b", "HTTP://EVIL.EXAMPLE/meet/a/b",
                                    "https:///meet/a/b", "https://", "http:meet", "meet/a/b", "*", "a:b@c"])
def test_absolute_form_for_another_host(world, target):
    refused(world, request_bytes(target, WEBEXT))


@pytest.mark.smoke
@pytest.mark.parametrize("target", ["https://webext.contoso.com/echo/a%2Fb?x=%2F", "https://WEBEXT.contoso.com:443/echo/x",
                                    "https://webext.contoso.com/echo?a"])
def test_absolute_form_for_the_same_host_reaches_the_pool_as_origin_form(world, target):
    echo = world.echo(WEBEXT, target)
    path = target[target.index("/", 8):]
    assert echo.line == b"GET " + path.encode() + b" HTTP/1.1"
    assert [value.lower() for value in echo.fields("Host")] in ([WEBEXT.encode()], [WEBEXT.encode() + b":443"])


def test_absolute_form_for_another_published_host_is_that_hosts_request(world):
    """RFC 9112, 3.2.2: the Host field is then to be ignored. The pool never sees one host's Host with another's target."""
    mark = world.mark()
    world.ask(WEBEXT, "https://" + MEET + "/a/b?" + mark)
    assert {(entry["host"], entry["line"].split()[1]) for entry in world.seen(mark)} <= {(MEET, "/a/b?" + mark)}


@pytest.mark.parametrize("target", ["/cscp", "/..%2fcscp", "/meet/../cscp"])
def test_absolute_form_does_not_evade_refused_directories(world, target):
    refused(world, request_bytes("https://" + WEBEXT + target, WEBEXT))


@pytest.mark.parametrize("target", ["webext.contoso.com:443", "evil.example:443", "fe01.contoso.local:4443", "/meet/a/b",
                                    "127.0.0.1:22"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_connect(world, target, tls):
    refused(world, request_bytes(target, WEBEXT if tls else DISCOVER, "CONNECT"), tls, method="CONNECT")


@pytest.mark.parametrize("method, tls", [("TRACE", True), ("CONNECT", True), ("TRACE", False), ("CONNECT", False),
                                         ("TRACK", False), ("trace", False), ("TRACK", True), ("trace", True),
                                         ("Connect", True)])
def test_trace(world, method, tls):
    refused(world, request_bytes("/" if not tls else PATH, WEBEXT if tls else DISCOVER, method), tls, method=method)


@pytest.mark.parametrize("target", ["/meet/%00", "/meet/a%00b", "/%00", "/meet%00/../cscp", "/meet/%2500", "/meet/%u0000",
                                    "/meet/a/%00?x"])
def test_encoded_nul(world, target):
    world.httpd.expect(BAD_PATH)
    mark = world.mark()
    refused(world, request_bytes(target + ("&" if "?" in target else "?") + mark, WEBEXT), mark=mark)


@pytest.mark.parametrize("data", [b"GET /meet/\0 HTTP/1.1\r\nHost: webext.contoso.com\r\n\r\n",
                                  b"GET /meet/ a HTTP/1.1\r\nHost: webext.contoso.com\r\n\r\n",
                                  b"GET /meet/a HTTP/1.1\r\nHost: webext.contoso.com\r\nX\x00: y\r\n\r\n",
                                  b"GET /meet/a HTTP/1.1\r\nHost : webext.contoso.com\r\n\r\n",
                                  b"POST /meet/a HTTP/1.1\r\nHost: webext.contoso.com\r\nContent-Length: 1\r\n"
                                  b"Content-Length: 2\r\n\r\nab",
                                  b"POST /meet/a HTTP/1.1\r\nHost: webext.contoso.com\r\nContent-Length: x\r\n\r\nab"],
                         ids=["nul", "blank", "field", "space", "lengths", "length"])
def test_malformed_requests(world, data):
    refused(world, data)


@pytest.mark.smoke
@pytest.mark.parametrize("target", ["/meet/..%2fabs/handler", "/meet/..%5cabs/handler", "/meet/%2e%2e%2fucwa/v1",
                                    "/%61bs/handler", "/meet/..\\abs\\handler", "/abs/../lwa",
                                    "/uc%77a/v1", "/abs%5ca", "/abs;x/a", "/abs%20/a", "/abs./a", "/%255cabs",
                                    "/meet/%252e%252e/ucwa", "/abs/..%252fmeet", "/lwa/../abs/handler", "/%2561bs",
                                    "/x%2f..%2fdatacollabweb/h"])
def test_raw_and_iis_views_of_different_routes(world, target):
    mark = world.mark()
    answer = refused(world, request_bytes(target + "?" + mark, WEBEXT), mark=mark)
    assert answer.status in (400, 404), answer


@pytest.mark.parametrize("target", ["/..", "/../meet", "/../../meet/a/b", "/%2e%2e/meet/a", "/meet/../../lwa",
                                    "/..%5cmeet", "/meet/..%2f..%2fmeet", "/.%2e/meet"])
def test_paths_that_escape_the_root(world, target):
    world.httpd.expect(BAD_PATH)
    mark = world.mark()
    answer = refused(world, request_bytes(target + "?" + mark, WEBEXT), mark=mark)
    assert answer.status == 400, answer


@pytest.mark.parametrize("target", ["/rgsconfig", "/RgsConfig/x.aspx", "/HybridConfig/HybridConfigService.svc",
                                    "/Conf/Ext", "/AutoUpdate/Ext/x", "/etc/place/null"])
def test_other_directories_that_are_internal(world, target):
    mark = world.mark()
    answer = refused(world, request_bytes(target + "?" + mark, WEBEXT), mark=mark)
    assert answer.status in (403, 404), answer


@pytest.mark.parametrize("target", ["/(S(abc))/cscp/", "/(A(x)F(y))/cscp", "/(S(a))/(S(b))/cscp", "/cs(S(a))cp/",
                                    "/meet/..%2f(S(x))%2fcscp"])
def test_a_cookieless_session_does_not_hide_a_refused_directory(world, target):
    """ASP.NET cuts (S(…)) out of a path before it looks what it is."""
    mark = world.mark()
    refused(world, request_bytes(target + "?" + mark, WEBEXT), mark=mark)


@pytest.mark.parametrize("release", ["2013", "2015", "2019"])
def test_what_is_refused_does_not_depend_on_the_release(stage, release):
    """/Macp came with 2019: who says 2013 today and upgrades tomorrow must not publish it."""
    world = Small(stage, publish=("--release", release))
    for name in REFUSED:
        assert world.ask(WEBEXT, "/" + name).status in (403, 404), name
    assert not world.lync.leaks()


HOSTS = [WEBEXT, WEBDIR, MEET, DIALIN, DISCOVER]


@pytest.mark.smoke
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("name", REFUSED)
def test_refused_directories_are_refused(world, host, name):
    for target in ("/" + name, "/" + name.upper() + "/", "/%s/x.aspx" % name):
        mark = world.mark()
        answer = refused(world, request_bytes(target + "?" + mark, host), sni=host, mark=mark)
        assert answer.status in (403, 404), (target, answer)


@pytest.mark.parametrize("host", [WEBEXT, MEET])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_directories_in_every_spelling(world, host, name):
    """Hundreds of spellings, few connections; all are tried before the verdict."""
    world.httpd.expect(BAD_PATH)
    mark, leaks, connection, sent = world.mark(), [], None, {}
    for number, target in enumerate(spellings(name)):
        raw = target if isinstance(target, bytes) else target.encode("utf-8")
        each = b"%s%d." % (mark.encode(), number)
        raw += (b"&" if b"?" in raw else b"?") + each
        sent[each.decode()] = raw
        answer = None
        for _ in range(2):              # a kept connection may have been closed by the last answer
            connection = connection or Connection(world.https, True, host)
            try:
                answer = connection.request(raw, host)
                break
            except (EOFError, OSError):
                connection.close()
                connection = None
        if answer is not None:
            if answer.status < 400 or answer.status >= 500 or "x-ms-server-fqdn" in answer.names():
                leaks.append("%r: %d %s" % (raw, answer.status, answer.get("X-Test-Leak", "")))
            if answer.get("Connection", "").lower() == "close":
                connection.close()
                connection = None
    if connection:
        connection.close()
    leaks += ["in the pool's log: %r as %s" % (entry["line"], entry["path"]) for entry in world.seen(mark)]
    assert len(sent) > 300
    assert not leaks, "%d of %d:\n%s" % (len(leaks), len(sent), "\n".join(leaks))


def test_refused_directories_on_port_80(world):
    world.httpd.expect(BAD_PATH)
    for name in REFUSED:
        for target in spellings(name, count=10):
            raw = target if isinstance(target, bytes) else target.encode("utf-8")
            answer = exchange(world.http, request_bytes(raw, DISCOVER))
            assert answer is None or "x-ms-server-fqdn" not in answer.names(), (target, answer)


def test_no_leak_in_any_log(world):
    """The simulated pool marks every request that got to a control panel."""
    assert not world.pool.leaks()


def test_refusals_are_logged_at_info_with_the_reason(world):
    lines = len(world.httpd.lines(r":info\]"))
    mark = world.mark()
    exchange(world.https, request_bytes("/cscp/" + mark, WEBEXT), True, WEBEXT)
    new = [line for line in world.httpd.lines(r":info\]")[lines:] if "LYNC" in line and "[lync:info]" in line]
    assert len(new) == 1, new


def test_log_lines_cannot_be_forged(world):
    before = len(world.httpd.lines())
    exchange(world.https, request_bytes(b"/cscp/\xff%0d%0a[lync:error]", WEBEXT), True, WEBEXT)
    for line in world.httpd.lines(since=before):
        assert line.startswith("["), line


def test_errors_of_the_proxy_name_no_server(world):
    """Neither an internal name nor a path of the machine is in a refusal."""
    for target, host in (("/cscp", WEBEXT), ("/", "unknown.example"), ("/meet/%00", WEBEXT)):
        answer = exchange(world.https, request_bytes(target, host), True, WEBEXT)
        for secret in (b".local", b"lyncpool", world.httpd.folder.encode()):
            assert secret not in answer.head + answer.body


def test_same_directory_on_office_web_apps_is_its_own(world):
    """The refused directories are Lync's: a farm's paths are not touched by them."""
    assert world.ask(world.owas_host, "/m/admin?x").status == 200
