"""The pool itself, without any proxy: a broken simulator must not be taken for a broken proxy."""

import base64
import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pool as pool_module  # noqa: E402
from client import Closed, Wire  # noqa: E402
from pki import PKI  # noqa: E402
from pool import LyncPool, Users, hosts_file  # noqa: E402

ROOT = "/autodiscover/autodiscoverservice.svc/root"
XML = "application/vnd.microsoft.rtc.autodiscover+xml;v=1"
FORM = [("Content-Type", "application/x-www-form-urlencoded")]


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return PKI(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def users():
    return Users()


@pytest.fixture(scope="session")
def pool(tmp_path_factory, pki, users):
    with LyncPool(tmp_path_factory.mktemp("pool"), pki=pki, users=users,
                  servers=["fe01.contoso.local", "fe02.contoso.local"],
                  upload_limit=60 << 20) as pool:
        yield pool


def logs(pattern):
    def mark(test):
        test.logs = pattern
        return test
    return mark


@pytest.fixture(autouse=True)
def quiet_log(request):
    """No server logs a warning or an error that the test does not account for (@logs)."""
    if "pool" not in request.fixturenames:
        yield
        return
    pool = request.getfixturevalue("pool")
    sizes = [s.error_log.stat().st_size for s in pool.servers]
    yield
    wanted = getattr(request.function, "logs", None)
    for server, size in zip(pool.servers, sizes):
        with open(server.error_log, errors="replace") as log:
            log.seek(size)
            bad = [line for line in log if re.search(r":(warn|error|crit|alert|emerg)\]", line)
                   and not (wanted and re.search(wanted, line))]
        assert not bad, bad


@pytest.fixture
def fe(pool):
    return pool.servers[0]


@pytest.fixture
def wire(fe):
    with Wire.to(fe) as wire:
        yield wire


def token(wire, users, name="alice"):
    body = "grant_type=password&username=%s&password=%s" % (
        name + "@contoso.com", users.password[name])
    return wire.post("/WebTicket/oauthtoken", body.encode(), headers=FORM).json["access_token"]


def bearer(wire, users, name="alice"):
    return [("Authorization", "Bearer " + token(wire, users, name))]


# the server

def test_names_in_certificate_and_shared_ports(pool, pki):
    for server in pool.servers:
        context = ssl.create_default_context(cafile=pki.internal.path)
        with Wire(server.address, pool.https_port, name="webext.contoso.com",
                  context=context) as wire:
            names = [v for _, v in wire.socket.getpeercert()["subjectAltName"]]
            assert wire.get("/echo").json["server"] == server.name
        assert {"lyncpool01.contoso.local", server.name, "webext.contoso.com",
                "meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com"} <= set(names)
        assert server.address.startswith("127.")


@pytest.mark.parametrize("site,where", [("https", "external"), ("http", "external"),
                                        ("internal_https", "internal"),
                                        ("internal_http", "internal")])
def test_four_sites(fe, site, where):
    with Wire.to(fe, site) as wire:
        answer = wire.get("/echo")
        assert answer.json["site"] == answer.header("X-Test-Site") == where
        assert answer.json["scheme"] == ("https" if "https" in site else "http")


def test_headers_of_every_response(wire, fe):
    for target, status in (("/echo", 200), ("/nowhere", 404), ("/abs", 401), ("/%00", 400)):
        with Wire.to(fe) as other:
            answer = other.get(target)
        assert answer.status == status
        assert answer.header("X-MS-Server-Fqdn") == "fe01.contoso.local"
        assert answer.header("Server") == "Microsoft-IIS/8.5"
        assert answer.headers("Set-Cookie") == ["MS-WSMAN=fe01.contoso.local; path=/"]
    cookie = [("Cookie", "a=b; MS-WSMAN=x")]
    assert wire.get("/echo", headers=cookie).headers("Set-Cookie") == []
    assert wire.get("/echo", headers=[("Cookie", "XMS-WSMAN=1")]).headers("Set-Cookie")


def test_connection_and_request_numbers(fe):
    with Wire.to(fe) as one, Wire.to(fe) as two:
        first, second, other = one.get("/echo"), one.get("/echo"), two.get("/echo")
    assert first.header("X-Test-Connection") == second.header("X-Test-Connection")
    assert first.header("X-Test-Connection") != other.header("X-Test-Connection")
    assert (first.header("X-Test-Request"), second.header("X-Test-Request")) == ("1", "2")


# the wire

@pytest.mark.parametrize("target", [
    "/echo/a%2Fb//c/./d/../e;p=1?q=%20+&&x=/../", "/ECHO/%252e%252E/%7Euser\\back|{}^`\"<>",
    "/echo//", "/x/../echo/../echo/%5c..%5cecho", "/echo?", "/echo?a?b", "/echo/\xe4\xff",
    "http://other.example:99/echo/abs", "/echo/" + "a" * 20000])
def test_echo_is_bit_for_bit(wire, target):
    head = ("GET %s HTTP/1.1\r\nhOsT: LyncDiscover.Contoso.COM:443\r\nX-dup: 1\r\n"
            "Accept:  spaces  kept \t\r\nx-DUP: 2\r\nX-Empty:\r\nX-Test-Echo: 1\r\n"
            "X-Latin: \xe4\r\n\r\n" % target).encode("latin-1")
    wire.send(head)
    assert wire.read().raw == head
    wire.send(b"\r\n" + head)
    assert wire.read().raw == head


def test_echo_after_body_and_pipelined(wire):
    chunked = (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    second = b"GET /echo?2 HTTP/1.1\r\nHost: b\r\n\r\n"
    wire.send(chunked + b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n" + second)
    first = wire.read()
    assert first.raw == chunked and first.json["bytes"] == 5
    assert first.json["sha256"] == hashlib.sha256(b"abcde").hexdigest()
    assert wire.read().raw == second
    plain = wire.get("/echo", headers=[("Accept", "text/plain")])
    assert plain.body.startswith(b"GET /echo HTTP/1.1\r\nHost: ") and plain.body[-4:] == b"\r\n\r\n"


@pytest.mark.parametrize("target,path", [
    ("/MEET/..%2fcscp/x", "/cscp/x"), ("/a/%2e%2e\\CsCp", "/cscp"), ("/%63scp", "/cscp"),
    ("//cscp//", "/cscp/"), ("/../../cscp", "/cscp"), ("/%u0063scp", "/cscp"),
    ("/a/b/../../c", "/c"), ("/%2563scp", "/%63scp"), ("/./a/.", "/a/"), ("/a/..", "/"),
    ("/a;b/c%3fd", "/a;b/c?d")])
def test_iis_view(wire, target, path):
    assert wire.get(target, headers=[("X-Test-Echo", "1")]).json["path"] == path


@pytest.mark.parametrize("name", ["cscp", "Macp", "OcsPsws", "ocspowershell", "admin",
                                  "RgsConfig", "LocationInformation"])
def test_control_panels_show(pool, wire, name):
    pool.forget()
    answer = wire.get("/meet/..%5c" + name)
    assert answer.status == 200 and b"control panel" in answer.body
    assert answer.header("X-Test-Leak")
    assert [e["line"] for e in pool.leaks()] == ["GET /meet/..%%5c%s HTTP/1.1" % name]


def test_request_log(fe, users):
    mark = fe.mark()
    with Wire.to(fe) as wire:
        wire.get("/Nowhere?x=1", host="Meet.contoso.com:443")
        wire.ntlm("/abs/", *users.login("bob"))
        wire.send(b"GARBAGE\r\n\r\n")
        with contextlib.suppress(Closed):
            wire.read()
    seen = fe.seen_since(mark)
    assert [e["status"] for e in seen] == [200, 401, 200, 400]
    assert seen[0]["line"] == "GET /Nowhere?x=1 HTTP/1.1"
    assert seen[0]["host"] == "Meet.contoso.com:443" and seen[0]["port"] == fe.https_port
    assert seen[0]["path"] == "/meet/nowhere" and seen[2]["user"] == "CONTOSO\\bob"
    assert fe.seen_since(fe.mark()) == []
    fe.forget()
    assert fe.seen() == []


# discovery

@pytest.mark.parametrize("target,host", [("/", "lyncdiscover.contoso.com"), (ROOT, None),
                                         ("/?sipuri=a@contoso.com", "LYNCDISCOVER.x.com:443")])
def test_discovery_shapes(wire, target, host):
    links = wire.get(target, host=host).json
    assert links["AccessLocation"] == "External"
    tokens = {link["token"]: link["href"] for link in links["Root"]["Links"]}
    assert set(tokens) == {"Domain", "User", "OAuth"}
    assert tokens["User"].startswith("https://webext.contoso.com/Autodiscover/")
    assert tokens["User"].endswith("?originalDomain=contoso.com") == ("sipuri" in target)
    hal = wire.get(target, host=host, headers=[("Accept", "application/json")]).json
    assert {"self", "user", "xframe"} == set(hal["_links"])
    answer = wire.get(target, host=host, headers=[("Accept", XML)])
    assert answer.header("Content-Type").startswith(XML.partition(";")[0])
    root = ElementTree.fromstring(answer.body)
    assert root.get("AccessLocation") == "External" and root.find("Root/Link[@token='OAuth']") is not None


def test_discovery_over_http_is_a_redirect_document(fe):
    with Wire.to(fe, "http") as wire:
        answer = wire.get("/?sipuri=a@contoso.com", host="lyncdiscover.contoso.com")
        links = answer.json["Root"]["Links"]
        assert answer.status == 200 and [link["token"] for link in links] == ["Redirect"]
        assert links[0]["href"].startswith("https://webext.contoso.com/")
        hal = wire.get(ROOT, headers=[("Accept", "application/json")]).json
        assert list(hal["_links"]) == ["redirect"]


def test_internal_site_tells(fe, pool):
    with Wire.to(fe, "internal_https") as wire:
        found = wire.get(ROOT).json
    assert found["AccessLocation"] == "Internal"
    assert "https://lyncpool01.contoso.local:%d/" % pool.internal_https_port in json.dumps(found)


def test_host_rewriting(wire):
    def path(target, host):
        return wire.get(target, host=host, headers=[("X-Test-Echo", "1")]).json["path"]
    assert path("/", "meet.contoso.com") == "/meet/"
    assert path("/alice/ABC", "meet.contoso.com:443") == "/meet/alice/abc"
    assert path("/meet/alice/1", "meet.contoso.com") == "/meet/alice/1"
    assert path("/cscp", "meet.contoso.com") == "/cscp"
    assert path("/", "DialIn.contoso.com") == "/dialin/"
    assert path("/XFrame", "lyncdiscover.contoso.com") == "/autodiscover/xframe/xframe.html"
    assert path("/", "webext.contoso.com") == path("/", "unknown.example") == "/"
    assert b"alice@contoso.com;gruu" in wire.get("/alice/7", host="meet.contoso.com").body


def test_user_needs_web_ticket(wire, users):
    answer = wire.get(ROOT + "/user?originalDomain=contoso.com")
    assert answer.status == 401 and not answer.headers("WWW-Authenticate")
    assert answer.header("X-MS-WebTicketURL") == \
        "https://webext.contoso.com/WebTicket/WebTicketService.svc"
    issued = wire.ntlm("/WebTicket/WebTicketService.svc", *users.login("alice"), method="POST",
                       body=b"<RST/>", headers=[("SOAPAction", '"Issue"')])
    assertion = re.search(rb"<saml:Assertion.*</saml:Assertion>", issued.body).group()
    assert len(assertion) > 3000
    ticket = [("X-MS-WebTicket", "opaque=" + base64.b64encode(assertion).decode())]
    answer = wire.get(ROOT + "/user", headers=ticket + [("Accept", XML)])
    assert answer.status == 200
    user = ElementTree.fromstring(answer.body).find("User")
    assert user.find("SipClientExternalAccess") is not None
    assert user.find("Link[@token='External/Mcx']") is not None
    forged = base64.b64encode(assertion.replace(b">alice<", b">bob<")).decode()
    assert wire.get(ROOT + "/user", headers=[("X-MS-WebTicket", "opaque=" + forged)]).status == 401


def test_home_elsewhere_is_a_redirect_link(tmp_path, pki, users):
    with LyncPool(tmp_path, pki=pki, users=users, name="lyncdir01.contoso.local", role="director",
                  servers=["dir01.contoso.local"], external="webdirext.contoso.com",
                  home="webext.contoso.com", threads=10) as director:
        with Wire.to(director.servers[0]) as wire:
            links = wire.get(ROOT + "/oauth/user", headers=bearer(wire, users)).json
        assert [link["token"] for link in links["User"]["Links"]] == ["Redirect"]
        assert links["User"]["Links"][0]["href"].startswith("https://webext.contoso.com/")


# authentication

WINAUTH = ["/abs", "/Abs/Handler/F-1299.lsabs", "/groupexpansion/service.svc", "/RgsClients/Tab.aspx",
           "/CertProv/CertProvisioningService.svc", "/RequestHandlerExt/ucdevice.upx",
           "/WebTicket/WebTicketService.svc", "/Mcx/McxService.svc", "/lab/auth/echo"]


@pytest.mark.parametrize("target", WINAUTH)
def test_challenge_is_two_lines(wire, users, target):
    answer = wire.get(target)
    assert answer.status == 401
    assert answer.headers("WWW-Authenticate") == ["Negotiate", "NTLM"]
    answer = wire.ntlm(target, *users.login("alice"))
    assert answer.status == 200 and answer.header("X-Test-User") == "CONTOSO\\alice"


def curl(url, *options):
    done = subprocess.run(["curl", "-sk", "-D-", "--noproxy", "*", "--max-time", "10", url, *options],
                          capture_output=True)
    return done.stdout.decode("latin-1")


@pytest.mark.parametrize("site", ["https", "http"])
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_ntlm_raw_client(fe, users, site, scheme):
    with Wire.to(fe, site) as wire:
        answer = wire.ntlm("/lab/auth/echo", *users.login("bob"), scheme=scheme)
        assert answer.status == 200 and answer.json["user"] == "CONTOSO\\bob"
        assert answer.json["request"] == 2


def test_ntlm_curl(fe, users):
    url = "https://%s:%d/lab/auth/echo" % (fe.address, fe.https_port)
    login = "%s:%s" % users.login("alice")
    text = curl(url, "--ntlm", "-u", login)
    assert '"user":"CONTOSO\\\\alice"' in text
    text = curl(url, "--ntlm", "-u", login, "-X", "POST", "-d", "x" * 5000)
    assert '"user":"CONTOSO\\\\alice"' in text and '"bytes":5000' in text


def test_spnego_curl(fe, users, tmp_path, monkeypatch):
    """NTLM inside SPNEGO; the last token comes with the 200 and has to reach the client."""
    users.write(tmp_path / "bob", only="bob")
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "bob"))
    text = curl("https://%s:%d/lab/auth/echo" % (fe.address, fe.https_port), "--negotiate", "-u", ":")
    final = text[text.index("HTTP/1.1 200"):]
    assert '"user":"CONTOSO\\\\bob"' in final and "\nWWW-Authenticate: Negotiate oR" in final


def test_ntlm_requests(fe, users):
    requests = pytest.importorskip("requests")
    from requests_ntlm import HttpNtlmAuth
    with requests.Session() as session:
        session.auth, session.verify = HttpNtlmAuth(*users.login("alice")), False
        session.trust_env = False
        requests.packages.urllib3.disable_warnings()
        url = "https://%s:%d/lab/auth/echo" % (fe.address, fe.https_port)
        assert session.get(url).json()["user"] == "CONTOSO\\alice"


@logs("auth_gssapi:error")
def test_wrong_password(fe, users):
    with Wire.to(fe) as wire:
        answer = wire.ntlm("/abs/", "CONTOSO\\alice", "wrong")
        assert answer.status == 401
        assert answer.headers("WWW-Authenticate") == ["Negotiate", "NTLM"]
        # IIS lets the same connection try again
        assert wire.ntlm("/abs/", *users.login("alice")).status == 200
    text = curl("https://%s:%d/abs/" % (fe.address, fe.https_port), "--ntlm", "-u",
                "CONTOSO\\alice:wrong")
    assert "401" in text and "200" not in text.split("\r\n")[0]


def test_identity_is_the_connection_s(fe, users):
    """Whoever shares this connection is alice: what a proxy must never let happen."""
    with Wire.to(fe) as wire, Wire.to(fe) as other:
        assert wire.get("/lab/auth/echo").status == 401
        wire.ntlm("/abs/", *users.login("alice"))
        for _ in range(3):
            assert wire.get("/lab/auth/echo").json["user"] == "CONTOSO\\alice"
        assert other.get("/lab/auth/echo").status == 401
        wire.ntlm("/abs/", *users.login("bob"))
        assert wire.get("/lab/auth/echo").json["user"] == "CONTOSO\\bob"


def test_half_a_handshake_is_nobody(fe, users):
    with Wire.to(fe) as wire:
        wire.ntlm("/abs/", *users.login("alice"))
        negotiate = base64.b64encode(b"NTLMSSP\0\1\0\0\0\7\x82\x08\xa2" + b"\0" * 24).decode()
        answer = wire.get("/abs/", headers=[("Authorization", "NTLM " + negotiate)])
        assert answer.status == 401
        assert answer.header("WWW-Authenticate").startswith("NTLM TlRMTVNTUAAC")
        assert wire.get("/lab/auth/echo").status == 401


def test_refusals_keep_the_connection(wire):
    for status in (400, 413, 500, 503):
        answer = wire.get("/lab/answer?status=%d&bytes=10" % status)
        assert answer.status == status and not answer.headers("Connection")
    assert wire.get("/echo").header("X-Test-Request") == "5"
    closing = wire.get("/lab/answer?status=503", headers=[("Connection", "close")])
    assert closing.headers("Connection") == ["close"]


@logs("auth_gssapi:error")
def test_handshake_does_not_survive_a_change_of_connection(fe, users):
    """A proxy that sends the two messages over two connections never gets anybody in."""
    with Wire.to(fe) as one, Wire.to(fe) as two:
        user, password = users.login("alice")
        requests = iter([one.request, two.request])
        one.request = lambda *a, **k: next(requests)(*a, **k)
        assert one.ntlm("/abs/", user, password).status == 401


def test_persistent_auth_false(fe, users):
    with Wire.to(fe) as wire:
        answer = wire.ntlm("/lab/auth/once", *users.login("alice"))
        assert answer.status == 200 and answer.body == b"CONTOSO\\alice"
        assert answer.header("Persistent-Auth") == "false"
        assert wire.get("/lab/auth/once").status == 401


def test_concurrent_handshakes(fe, users):
    failed = []

    def work(name):
        for _ in range(5):
            with Wire.to(fe) as wire:
                answer = wire.ntlm("/lab/auth/echo", *users.login(name))
                if answer.status != 200 or answer.json["user"] != "CONTOSO\\" + name:
                    failed.append((name, answer))
    threads = [threading.Thread(target=work, args=(n,)) for n in ("alice", "bob", "carol", "dave")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


# UCWA

def test_oauth_challenge_and_grants(wire, users):
    answer = wire.get(ROOT + "/oauth/user?originalDomain=contoso.com")
    lines = answer.headers("WWW-Authenticate")
    assert answer.status == 401 and len(lines) == 2
    assert lines[0].startswith("Bearer trusted_issuers=") and "client_id=" in lines[0]
    assert lines[1].startswith('MsRtcOAuth href="https://webext.contoso.com/WebTicket/oauthtoken"')
    assert len(answer.body) > 1000 and answer.header("Vary") == "Accept-Encoding"
    found = wire.get(ROOT + "/oauth/user", headers=bearer(wire, users) +
                     [("Accept", "application/json")]).json
    assert found["_links"]["applications"]["href"] == \
        "https://webext.contoso.com/ucwa/oauth/v1/applications"

    def grant(text):
        answer = wire.post("/webticket/oauthtoken", text.encode(), headers=FORM)
        return answer.status, answer.json
    assert grant("grant_type=password&username=alice&password=no") == (400, {"error": "invalid_grant"})
    assert grant("x=1")[1]["error"] == "invalid_request"
    assert grant("grant_type=x")[1]["error"] == "unsupported_grant_type"
    assert "PassiveAuth" in grant("grant_type=urn:microsoft.rtc:passive")[1]["ms_rtc_passiveauthuri"]
    assert grant("grant_type=urn:microsoft.rtc:anonmeeting&password=k")[1]["expires_in"] == 3600


def test_windows_grant(wire, users):
    body = b"grant_type=urn:microsoft.rtc:windows"
    answer = wire.post("/webticket/oauthtoken", body, headers=FORM)
    assert answer.status == 401 and answer.headers("WWW-Authenticate") == ["Negotiate", "NTLM"]
    answer = wire.ntlm("/webticket/oauthtoken", *users.login("bob"), method="POST", body=body,
                       headers=FORM)
    assert answer.status == 200 and answer.json["access_token"].startswith("cwt=")


def application(wire, auth):
    answer = wire.post("/ucwa/oauth/v1/applications", b'{"UserAgent":"t"}', headers=auth)
    assert answer.status == 201
    return answer, answer.json["_links"]["self"]["href"]


def test_ucwa_application(wire, users, pool):
    assert wire.get("/ucwa/oauth/v1/applications/1/events?ack=1").status == 401
    auth = bearer(wire, users)
    answer, href = application(wire, auth)
    cookie = [c for c in answer.headers("Set-Cookie") if c.startswith("cwt_ucwa=")][0]
    assert "; path=%s/photos; secure; HttpOnly" % href in cookie and answer.header("P3P")
    assert href.startswith("/ucwa/oauth/v1/applications/")
    photo = wire.get(href + "/photos/x", headers=[("Cookie", cookie.partition(";")[0])])
    assert photo.status == 200 and photo.header("Content-Type") == "image/jpeg"
    assert wire.request("PUT", href + "/me", headers=auth).status == 428
    assert wire.request("PUT", href + "/me", headers=auth + [("If-Match", '"0"')]).status == 412
    assert wire.request("PUT", href + "/me", headers=auth + [("If-Match", '"1"')]).status == 200
    # another server of the pool does not know it, nor does another user
    with Wire.to(pool.servers[1]) as other:
        assert "ApplicationNotFound" in other.get(href, headers=auth).body.decode()
    assert wire.get(href, headers=bearer(wire, users, "bob")).status == 404
    assert wire.request("DELETE", href, headers=auth).status == 204
    assert wire.get(href + "/events?ack=1", headers=auth).status == 404


def test_pending_get(fe, users):
    with Wire.to(fe) as wire, Wire.to(fe) as command:
        auth = bearer(wire, users)
        _, href = application(wire, auth)
        start = time.monotonic()
        answer = wire.get(href + "/events?ack=1&low=5&timeout=0.3", headers=auth)
        assert 0.25 < time.monotonic() - start < 2
        assert answer.json["_links"]["next"]["href"] == href + "/events?ack=2"
        assert "sender" not in answer.json
        wire.ask("GET", href + "/events?ack=2&timeout=20", headers=auth)
        fe.wait_held(1)
        assert command.post(href + "/communication", b"{}", headers=auth).status == 201
        answer = wire.read()
        assert answer.json["sender"] and answer.json["_links"]["next"]["href"].endswith("ack=3")
        assert "resync" in wire.get(href + "/events?ack=9", headers=auth).json["_links"]
        xml = [("Accept", "application/vnd.microsoft.com.ucwa+xml")]
        answer = wire.get(href + "/events?ack=3&timeout=0", headers=auth + xml)
        assert b"http://schemas.microsoft.com/rtc/2012/03/ucwa" in answer.body
        fe.wait_held(0)


def test_second_pending_get_replaces_the_first(fe, users):
    with Wire.to(fe) as one, Wire.to(fe) as two:
        auth = bearer(one, users)
        _, href = application(one, auth)
        one.ask("GET", href + "/events?ack=1&timeout=20", headers=auth)
        fe.wait_held(1)
        two.ask("GET", href + "/events?ack=1&timeout=20", headers=auth)
        answer = one.read()
        assert answer.status == 409 and b"PGetReplaced" in answer.body
        assert one.request("DELETE", href, headers=auth).status == 204
        assert two.read().status == 404


def test_pending_get_notices_that_its_client_has_gone(fe, users):
    mark = fe.mark()
    with Wire.to(fe) as wire:
        auth = bearer(wire, users)
        _, href = application(wire, auth)
        wire.ask("GET", href + "/events?ack=1&timeout=60", headers=auth)
        fe.wait_held(1)
    fe.wait_held(0, seconds=2)
    end = time.monotonic() + 2
    while time.monotonic() < end and fe.seen_since(mark)[-1]["note"] != "gone":
        time.sleep(0.01)
    assert fe.seen_since(mark)[-1]["note"] == "gone"


def test_three_hundred_pending_gets(fe, users):
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire.to(fe, "http")) for _ in range(300)]
        auth = bearer(wires[0], users)
        hrefs = [application(w, auth)[1] for w in wires]
        for wire, href in zip(wires, hrefs):
            wire.ask("GET", href + "/events?ack=1&timeout=60", headers=auth)
        fe.wait_held(300)
        with Wire.to(fe, "http") as command:
            for wire, href in zip(wires, hrefs):
                assert command.get("/lab/event?app=" + href.rpartition("/")[2]).status == 200
                assert wire.read().status == 200
        fe.wait_held(0)


def test_idle_application_ends(tmp_path, pki, users):
    with LyncPool(tmp_path, pki=pki, users=users, idle=3, threads=10) as pool:
        with Wire.to(pool.servers[0]) as wire:
            auth = bearer(wire, users)
            _, href = application(wire, auth)
            assert wire.get(href + "/events?ack=1&timeout=0", headers=auth).status == 200
            time.sleep(3.2)
            assert wire.get(href, headers=auth).status == 404


def test_batch(wire, users):
    auth = bearer(wire, users)
    _, href = application(wire, auth)
    part = ("--b1\r\nContent-Type: application/http; msgtype=request\r\n\r\n"
            "GET %s/me HTTP/1.1\r\nHost: x\r\n\r\n")
    body = (part % href + part % (href + "2") + "--b1--\r\n").encode()
    answer = wire.post(href + "/batch", body, headers=auth + [
        ("Content-Type", "multipart/batching;boundary=b1")])
    assert answer.status == 200 and answer.header("Content-Type").startswith("multipart/batching")
    assert answer.body.count(b"HTTP/1.1 200 OK") == 2 and b"msgtype=response" in answer.body


# content

def test_address_book(fe, users):
    with Wire.to(fe) as wire:
        whole = wire.ntlm("/abs/handler/F-1299.lsabs", *users.login("alice"))
        assert whole.status == 200 and len(whole.body) == 4 << 20
        part = wire.get("/Abs/Handler/f-1299.lsabs", headers=[("Range", "bytes=1000-1999")])
        assert part.status == 206 and part.body == whole.body[1000:2000]
        assert part.header("Content-Range") == "bytes 1000-1999/%d" % (4 << 20)
        part = wire.get("/abs/handler/d-1299-129a.dabs", headers=[("Range", "bytes=-10")])
        assert part.body == whole.body[-10:]
        several = wire.get("/abs/handler/f-1299.lsabs", headers=[("Range", "bytes=0-1,5-6")])
        assert several.header("Content-Type").startswith("multipart/byteranges")
        assert wire.get("/abs/handler/f-1299.lsabs",
                        headers=[("Range", "bytes=9999999-")]).status == 416
        tag = whole.header("ETag")
        assert wire.get("/abs/handler/f-1299.lsabs",
                        headers=[("If-None-Match", tag)]).status == 304
        changed = [("Range", "bytes=0-9"), ("If-Range", '"other"')]
        assert wire.get("/abs/handler/f-1299.lsabs", headers=changed).status == 200
        head = wire.request("HEAD", "/abs/handler/f-1299.lsabs")
        assert head.status == 200 and head.header("Content-Length") == str(4 << 20)
        assert wire.get("/abs/handler/other.txt").status == 404


def memory(pid):
    """Resident KB of a server's processes."""
    pids = [pid] + [int(p) for p in subprocess.run(["pgrep", "-P", str(pid)], text=True,
                                                   capture_output=True).stdout.split()]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/%d/status" % p).read_text()).group(1))
               for p in pids)


@pytest.mark.parametrize("coding", ["identity", "chunked"])
def test_upload_streams(fe, coding):
    piece, count = os.urandom(1 << 16), 800
    digest = hashlib.sha256(piece * count).hexdigest()
    with Wire.to(fe) as wire:
        wire.get("/echo")
        before = memory(fe.pid)
        length = ("Transfer-Encoding: chunked" if coding == "chunked"
                  else "Content-Length: %d" % (len(piece) * count))
        wire.send(("POST /DataCollabWeb/wopi/Handler HTTP/1.1\r\nHost: x\r\nContent-Type: "
                   "application/octet-stream\r\n%s\r\n\r\n" % length).encode())
        for _ in range(count):
            wire.send(b"%x\r\n" % len(piece) + piece + b"\r\n" if coding == "chunked" else piece)
        wire.send(b"0\r\n\r\n" if coding == "chunked" else b"")
        answer = wire.read("POST")
        assert answer.json == {"bytes": 800 << 16, "sha256": digest, "coding": coding}
        assert memory(fe.pid) - before < 8192
        assert wire.get("/echo").status == 200


def test_upload_limit(fe):
    mark = fe.mark()
    with Wire.to(fe) as wire:
        wire.send(b"POST /datacollabweb/x/handler HTTP/1.1\r\nHost: x\r\nContent-Length: "
                  b"99999999\r\nExpect: 100-continue\r\n\r\n")
        answer = wire.read("POST")
        assert answer.status == 404 and b"404.13" in answer.body
    with Wire.to(fe) as wire:
        wire.send(b"POST /datacollabweb/x/handler HTTP/1.1\r\nHost: x\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(70):
                wire.send(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        with contextlib.suppress(OSError, Closed):
            assert wire.read("POST").status == 413
    assert [e["status"] for e in fe.seen_since(mark)] == [404, 413]


def test_expect_continue(wire):
    wire.send(b"POST /lab/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
              b"Expect: 100-continue\r\n\r\n")
    assert wire._line() == "HTTP/1.1 100 Continue"
    wire._line()
    wire.send(b"abc")
    assert wire.read("POST").json["bytes"] == 3


def test_soap_and_mex(wire, users):
    for target in ("/WebTicket/WebTicketService.svc/mex", "/CertProv/CertProvisioningService.svc/mex"):
        answer = wire.get(target)
        assert answer.status == 200 and b'"https://webext.contoso.com:443/' in answer.body
    answer = wire.ntlm("/GroupExpansion/Service.svc", *users.login("alice"), method="POST",
                       body=b"<e/>", headers=[("SOAPAction", '"Q"')])
    assert b'action="&quot;Q&quot;" user="CONTOSO\\alice" bytes="4"' in answer.body


@pytest.mark.parametrize("target,text", [
    ("/meet", "troubleshooting"), ("/Meet/alice/ABC1", "focus:id:abc1"), ("/dialin", "dialin"),
    ("/Scheduler", "scheduler"), ("/lwa/WebPages/x.js", "lwa"), ("/PersistentChat/RM/", "rm")])
def test_pages(wire, target, text):
    answer = wire.get(target)
    assert answer.status == 200 and text in answer.body.decode()


def test_passive_sign_in_redirects(wire):
    answer = wire.get("/PassiveAuth/PassiveAuth.aspx")
    assert answer.status == 302 and answer.header("Location").startswith("https://sts.contoso.com/")
    assert len(answer.headers("Set-Cookie")) == 3


# the fault machine

def test_lab_answers(wire):
    answer = wire.get("/lab/answer?status=418&reason=I%20am&header=Location:%20/a%2520b"
                      "&header=X-A:1&header=X-A:2&type=text/x&body=hi")
    assert (answer.line, answer.body) == ("HTTP/1.1 418 I am", b"hi")
    assert answer.header("Location") == "/a%20b" and answer.headers("X-A") == ["1", "2"]
    for status in (200, 201, 302, 400, 403, 404, 409, 429, 500, 502, 503, 504):
        assert wire.get("/lab/answer?status=%d" % status).status == status
    assert wire.get("/lab/answer?status=204").body == b""
    assert wire.get("/lab/answer?bytes=100000").header("Content-Length") == "100000"
    assert wire.get("/lab/close").header("Connection") == "close"


def test_lab_bodies(wire):
    answer = wire.get("/lab/chunked?bytes=100001&piece=1000")
    assert answer.header("Transfer-Encoding") == "chunked"
    assert answer.body == (b"0123456789abcdef" * 6251)[:100001]
    answer = wire.get("/lab/gzip")
    assert answer.header("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body) == b"compressed by the pool\n"
    assert wire.get("/lab/etag").status == 200
    assert wire.get("/lab/etag", headers=[("If-None-Match", '"lab"')]).status == 304
    assert len(wire.get("/lab/cookies?n=5").headers("Set-Cookie")) == 6
    assert len(wire.get("/lab/headers?n=3&size=20000").header("x-lab-3")) == 20000
    assert wire.get("/lab/hsts").header("Strict-Transport-Security") == "max-age=315360000"


def test_lab_time(wire):
    start = time.monotonic()
    assert wire.get("/lab/sleep?ms=300&status=503").status == 503
    assert time.monotonic() - start > 0.28


def test_lab_breaks_off(fe):
    with Wire.to(fe) as wire:
        wire.ask("GET", "/lab/cut?bytes=10&length=100")
        with pytest.raises(Closed):
            wire.read()
    with Wire.to(fe) as wire:
        wire.ask("GET", "/lab/raw?b64=" + base64.b64encode(b"HTTP/1.1 299 Odd\r\n\r\n").decode())
        assert wire.read().line == "HTTP/1.1 299 Odd"
    with Wire.to(fe) as wire:
        wire.ask("GET", "/lab/raw")
        with pytest.raises((Closed, ConnectionError)):
            wire.read()


# other roles and the life of servers

def test_office_web_apps(tmp_path, pki, users):
    with LyncPool(tmp_path, pki=pki, users=users, name="wac01.contoso.local", threads=10,
                  servers=["wac01.contoso.local"], role="officewebapps",
                  external="officewebapps01.contoso.com") as farm:
        with Wire.to(farm.servers[0]) as wire:
            xml = ElementTree.fromstring(wire.get("/hosting/discovery").body)
            assert xml.find("net-zone/app/action[@name='presentservice']") is not None
            target = "/m/Presenter.aspx?a=0&e=%252F%2525%255C"
            assert wire.get(target).header("X-Test-Target") == target
            assert wire.get("/abs").status == 404 and wire.get("/ucwa").status == 404
            assert wire.get("/", host="meet.contoso.com").status == 403


def verify(server, pki):
    context = ssl.create_default_context(cafile=pki.internal.path)
    with Wire(server.address, server.https_port, name="webext.contoso.com", context=context) as w:
        return w.get("/echo").status


def test_certificates_of_all_kinds(tmp_path, pki, users):
    with LyncPool(tmp_path, pki=pki, users=users, threads=10) as pool:
        server = pool.servers[0]
        assert verify(server, pki) == 200
        for kind, text in (("expired", "expired"), ("not-yet-valid", "not yet valid"),
                           ("wrong-ca", "issuer certificate"), ("wrong-name", "mismatch")):
            server.certificate(kind)
            server.restart()
            with pytest.raises(ssl.SSLCertVerificationError, match=text):
                verify(server, pki)
        server.certificate(key="rsa")
        server.restart()
        assert verify(server, pki) == 200
        server.certificate(pki.internal.intermediate("Contoso Issuing").leaf("webext.contoso.com"))
        server.restart()
        assert verify(server, pki) == 200


def test_tls_versions(tmp_path, pki, users):
    with LyncPool(tmp_path, pki=pki, users=users, threads=10, protocol="TLSv1") as pool:
        server = pool.servers[0]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with pytest.raises((ssl.SSLError, ConnectionError)):
            Wire(server.address, pool.https_port, context=context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with Wire(server.address, pool.https_port, context=context) as wire:
            assert wire.socket.version() == "TLSv1"


def running(directory):
    """Processes whose command line names the directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(directory).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def test_stop_leaves_nothing(tmp_path, pki, users, monkeypatch):
    made, mkdtemp = [], pool_module.tempfile.mkdtemp
    monkeypatch.setattr(pool_module.tempfile, "mkdtemp", lambda **arguments: made.append(mkdtemp(**arguments)) or made[-1])
    pool = LyncPool(tmp_path / "p", pki=pki, users=users, servers=["fe01.x", "fe02.x"])
    pool.start()
    wire = Wire.to(pool.servers[0])
    auth = bearer(wire, users)
    _, href = application(wire, auth)
    wire.ask("GET", href + "/events?ack=1&timeout=60", headers=auth)
    pool.servers[0].wait_held(1)
    assert running(tmp_path)
    pool.stop()
    assert not running(tmp_path)
    assert made and not any(Path(folder).exists() for folder in made)
    wire.close()
    pool.start()
    pool.servers[1].kill()
    with pytest.raises(ConnectionRefusedError):
        Wire.to(pool.servers[1])
    assert pool.servers[0].get("/echo")[0] == 200
    pool.servers[1].start()
    assert pool.servers[1].get("/echo")[0] == 200
    pool.servers[1].freeze()
    with pytest.raises(OSError):
        pool.servers[1].get("/echo", timeout=0.3)
    pool.servers[1].thaw()
    assert pool.servers[1].get("/echo")[0] == 200
    pool.stop()
    assert not running(tmp_path)


def test_hosts_file(tmp_path, pool):
    text = Path(hosts_file(tmp_path / "hosts", pool)).read_text()
    one, two = pool.servers
    for line in ("%s fe01.contoso.local" % one.address, "%s lyncpool01.contoso.local" % two.address):
        assert line in text.splitlines()
    text = Path(hosts_file(tmp_path / "hosts", pool, pool_address="first")).read_text()
    assert "%s lyncpool01.contoso.local" % two.address not in text


def test_command_line(tmp_path):
    code = [sys.executable, str(Path(pool_module.__file__)), "--dir", str(tmp_path), "--threads", "5"]
    process = subprocess.Popen(code, stdout=subprocess.PIPE, text=True)
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    found = json.loads(text)
    server = found["servers"][0]
    with Wire(server["address"], found["https_port"]) as wire:
        assert wire.get("/echo").status == 200
    process.terminate()
    process.wait(10)
    process.stdout.close()
    assert not running(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="is for root")
def test_as_an_ordinary_user(tmp_path_factory, pool):
    """The command line as nobody, from a directory nobody can read."""
    directory = pool_module.tempfile.mkdtemp(prefix="ordinary-")
    try:
        for name in ("pool.py", "pki.py", "ports.py"):
            shutil.copy(Path(__file__).with_name(name), directory)
        shutil.copy(pool.module, directory + "/mod_testpool.so")
        shutil.chown(directory, "nobody")
        process = subprocess.Popen(
            ["runuser", "-u", "nobody", "--", "env", "PYTHONDONTWRITEBYTECODE=1",
             "TESTPOOL_MODULE=%s/mod_testpool.so" % directory, sys.executable,
             directory + "/pool.py", "--dir", directory + "/d", "--threads", "5"],
            stdout=subprocess.PIPE, text=True)
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":
                break
        found = json.loads(text)
        login = Path(found["users"]).read_text().splitlines()[0].split(":")
        with Wire(found["servers"][0]["address"], found["https_port"]) as wire:
            answer = wire.ntlm("/lab/auth/echo", "\\".join(login[:2]), login[2])
            assert answer.json["user"] == "CONTOSO\\alice"
        process.terminate()
        process.wait(10)
        process.stdout.close()
        assert not running(directory)
    finally:
        shutil.rmtree(directory)
