"""lyncadm verify: the acceptance list against what is right, and against what is broken in the ways that its hints
name."""

import contextlib
import json
import os
import pty
import re
import subprocess
import time

import pytest

from deploy import DIALIN, DISCOVER, MEET, OWAS, PUBLIC, WEBDIR, WEBEXT, Small, lyncadm
from fronts import Fronts, Hostile
from httpd import LYNCADM, PATIENCE


def verify(world, *words, status=0, ca="", connect="127.0.0.1", form="--json", hosts=None, **more):
    """Runs it; its rows. ca: "" for the one that signed the proxy's certificate; more: of subprocess.run."""
    trust = ["--ca", ca or world.names.pki.public.path] if ca is not None else []
    command = [LYNCADM, "verify", "--store", world.store, *trust, *map(str, words), *([form] if form else [])]
    command += ["--connect", connect] if connect else []
    more.setdefault("stdout", subprocess.PIPE)
    result = subprocess.run(command, env=world.stage.environment(hosts or world.pool.hosts_file), text=True,
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=4 * PATIENCE, **more)
    assert (result.returncode, result.stderr) == (status, ""), result
    return json.loads(result.stdout) if form == "--json" else result.stdout


def wrong(rows):
    return [row for row in rows if row["ok"] != "yes"]


def of(rows, check, host=WEBEXT):
    return [row for row in rows if row["check"] == check and row["host"] == host]


@pytest.fixture(scope="module")
def fronts(stage_for_module, world):
    yield Fronts(stage_for_module, world)
    world.pool.forget()


@pytest.fixture
def front(world, fronts):
    """Runs verify at the front that is wrong in this way, for the first pool, once; what is not ok."""
    def run(name, *words):
        key = (name, *words)
        if key not in fronts.seen:
            fronts.seen[key] = wrong(verify(world, *(words or [WEBEXT]), status=3,
                                            connect="127.0.0.1:%d" % fronts.port[name]))
        return fronts.seen[key]
    return run


def written(path):
    """Differs when a file was written to, or is another one."""
    status = os.stat(path)
    with open(path, "rb") as file:
        return status.st_mtime_ns, status.st_ino, file.read()


def test_right(world):
    """Every check of the good deployment is ok; none of them reaches a control panel, or writes to the store."""
    before = written(world.store)
    rows = verify(world)
    assert written(world.store) == before
    assert not wrong(rows)
    assert {row["host"] for row in rows} == set(PUBLIC)
    assert all(row["hint"] is None and row["direct"] is None for row in rows)
    asked = {row["asked"].replace(":%d" % world.https, "").replace(":%d" % world.http, "") for row in rows}
    for host in (WEBEXT, WEBDIR):
        for path in ("/abs", "/meet/", "/GroupExpansion/service.svc", "/dialin/", "/mcx/mcxservice.svc",
                     "/Reach/sip.svc", "/autodiscover/autodiscoverservice.svc/root",
                     "/WebTicket/WebTicketService.svc/mex",
                     "/autodiscover/autodiscoverservice.svc/root, Accept: application/json", "/ucwa/v1/applications",
                     "/Cscp", "/CSCP/", "/%43scp", "/meet/../Cscp", "/Macp", "/OcsPsws", "/OcsPowershell", "/Admin"):
            assert "GET https://%s%s" % (host, path) in asked
    assert {"GET https://%s/" % MEET, "GET https://%s/" % DIALIN, "GET https://%s/" % DISCOVER,
            "GET http://%s/?sipuri=verify@contoso.com" % DISCOVER, "GET https://%s/hosting/discovery" % OWAS,
            "GET http://%s/" % MEET} <= asked
    assert sum("Host: unknown.invalid" in row["asked"] for row in rows) == 2
    assert not world.pool.leaks()


def test_row(world):
    (row,) = of(verify(world, WEBEXT), "abs")
    assert row == {"ok": "yes", "check": "abs", "host": WEBEXT, "listener": "external", "direct": None, "hint": None,
                   "asked": "GET https://%s:%d/abs" % (WEBEXT, world.https), "via": "127.0.0.1:%d" % world.https,
                   "expected": "401, NTLM is offered",
                   "came": "401, WWW-Authenticate: Negotiate, NTLM, '401 - Unauthorized'"}


def test_names(world):
    """Hosts and pools limit the list."""
    assert {row["host"] for row in verify(world, "WebExt.contoso.com")} == {WEBEXT}
    assert {row["host"] for row in verify(world, world.pool.director.name, OWAS)} == \
        {WEBDIR, MEET, DIALIN, DISCOVER, OWAS}


def test_direct(world):
    """The pool's answer is beside the proxy's, where a pool has one."""
    rows = verify(world, WEBEXT, DISCOVER, "--direct")
    assert not wrong(rows)
    for row in rows:
        none = row["check"].split("-")[0] in ("certificate", "link", "refused", "unknown", "pending", "redirect")
        assert (row["direct"] is None) == none, row
    for check in ("abs", "ucwa", "meet"):
        (row,) = of(rows, check)
        assert row["direct"] == row["came"]


def test_example(world):
    """Of the help, as it is pasted."""
    (line,) = re.findall("^example:\n  lyncadm (.*)$", subprocess.run([LYNCADM, "verify", "--help"], text=True,
                                                                      capture_output=True).stdout, re.MULTILINE)
    assert not wrong(verify(world, *line.split()[1:]))


def test_as_dns_says(world, stage):
    """Without --connect the names lead where they lead."""
    hosts = stage.path("public-hosts")
    with open(hosts, "w") as file:
        file.write("127.0.0.2 %s\n" % WEBEXT)
    rows = verify(world, WEBEXT, MEET, connect=None, hosts=hosts, status=3)
    assert {row["via"] for row in rows if row["host"] == WEBEXT and row["check"] != "pending"} == {
        "127.0.0.2:%d" % port for port in (world.https, world.http)}
    assert not wrong([row for row in rows if row["host"] == WEBEXT])
    assert {(row["check"], row["hint"].partition(":")[0]) for row in rows if row["host"] == MEET} == {
        (check, "the name is not in DNS as this host sees it") for check in ("certificate-name", "redirect")}


@pytest.mark.parametrize("name, check, came, hint", [
    ("internal site", "autodiscover", "200", "bridged to the internal site"),
    ("internal site", "autodiscover-xml", "200", "bridged to the internal site"),
    ("wrong name", "certificate-name", "names other.contoso.com", "the name is not in the certificate"),
    ("wrong name", "certificate-own", "CN=other.contoso.com", "another proxy in front ends TLS"),
    ("expired", "certificate-end", "expired 20", "the certificate has expired"),
    ("expired", "certificate-trust", "certificate has expired", "a certificate of the chain has expired"),
    ("untrusted", "certificate-trust", "SSL certificate problem", "the issuer is no public CA"),
    ("host rewritten", "abs", "404",
     "who answers does not know this name or path: Host was rewritten by another proxy in front"),
    ("via", "meet", "200, Via: ", "another proxy in front answers in its own way (Via)"),
    ("log-in form", "abs", "302, Location: https://login.contoso.com/",
     "another proxy in front, or another site, sends"),
    ("log-in form", "refused", "302", "the path is let through, or answered by something else than this proxy"),
    ("own log-in", "abs", "407", "another proxy in front wants a log-in of its own"),
    ("hand-written", "refused", "200", "a control panel of the pool is reachable"),
    ("hand-written", "unknown-host", "403", "a Host that nobody published reaches a pool"),
    ("default site", "abs", "200", "nobody is asked who he is"),
    ("negotiate only", "abs", "401, WWW-Authenticate: Negotiate,", "NTLM is not offered, only Negotiate"),
    ("basic only", "groupexpansion", "401, WWW-Authenticate: Basic realm=proxy", "NTLM is not offered, only Basic"),
    ("no challenge", "abs", "401, ", "NTLM is not offered: another proxy in front has taken the line away"),
    ("no authorization", "ntlm", "401, WWW-Authenticate: Negotiate, NTLM,",
     "the client's half of the handshake did not get to the pool: Authorization is taken away"),
    ("502", "abs", "502", "the proxy does not get to the pool, or does not trust it"),
    ("503", "abs", "503", "no server of the pool is up as the proxy sees it"),
    ("504", "abs", "504", "the pool does not answer in time"),
    ("no tls", "certificate-name", "", "what answers there does not speak TLS"),
])
def test_hint(front, name, check, came, hint):
    rows = front(name)
    assert of(rows, check), rows
    row = of(rows, check)[0]
    assert row["came"].startswith(came) or came in row["came"], row
    assert hint in row["hint"], row


def test_rewritten_behind(front):
    """The pool gets Host as the front calls it: only what goes by names shows it."""
    rows = front("host rewritten behind", DISCOVER, MEET, DIALIN)
    blind = [row for row in rows if "Host was rewritten: the pool did not see" in row["hint"]]
    assert {(row["host"], row["check"]) for row in blind} == {
        *((DISCOVER, check) for check in ("discover", "discover-xml", "discover-json", "discover-any")),
        (MEET, "simple-url"), (DIALIN, "simple-url")}


@pytest.mark.parametrize("name, faults", [
    ("wrong name", {"certificate-name", "certificate-own"}),
    ("expired", {"certificate-end", "certificate-own", "certificate-trust"}),
    ("untrusted", {"certificate-trust", "certificate-own"}), ("no authorization", {"ntlm"}),
])
def test_nothing_else(front, name, faults):
    """What is not wrong stays ok."""
    assert {row["check"] for row in front(name)} == faults


def test_another_site_may_have_what_is_not_published(front):
    assert not of(front("default site"), "unknown-host")


def test_direct_tells_whose_fault(world, fronts):
    for name, says in (("503", "the pool itself answers right"), ("basic only", "the pool itself answers right")):
        rows = verify(world, WEBEXT, "--direct", status=3, connect="127.0.0.1:%d" % fronts.port[name])
        (row,) = of(rows, "abs")
        assert row["hint"].endswith("; %s: the fault is at the proxy or in front of it" % says), row
        assert row["direct"].startswith("401, WWW-Authenticate: Negotiate, NTLM")


def test_pending(world, front):
    """A path that answers late, over a proxy that waits and over one that does not."""
    late = "/lab/sleep?ms=3000"
    (row,) = of(verify(world, WEBEXT, "--pending", late), "late")
    assert (row["ok"], row["came"]) == ("yes", "200")
    (row,) = [row for row in front("short timeout", WEBEXT, "--pending", late) if row["check"] == "late"]
    assert row["came"].startswith("50") and "a timeout is shorter than a pending GET" in row["hint"]
    (row,) = wrong(verify(world, WEBEXT, "--pending", "/lab/sleep?ms=5000", "--pending-wait", 1, status=3))
    assert row["check"] == "late" and "a timeout is shorter than a pending GET" in row["hint"]


def test_no_ca(world):
    """The system does not know the tests' CA."""
    rows = wrong(verify(world, WEBEXT, ca=None, status=3))
    assert [row["check"] for row in rows] == ["certificate-trust"]


def test_store(stage):
    """What the store itself has wrong; then the pool is down; then the proxy is."""
    small = Small(stage, start=False, publish=("--release", "2015"))
    where = ("--listener", "external", "--host", WEBEXT, "--path")
    lyncadm(stage, small.store, "pool", "set", small.lync.name, "--https-port", small.lync.internal_https_port)
    lyncadm(stage, small.store, "route", "set", *where, "/Ucwa", "--profile", "web")
    lyncadm(stage, small.store, "route", "set", *where, "/Cscp", "--action", "publish", "--pool", small.lync.name,
            "--scheme", "https", "--profile", "web", "--pin", "off")
    lyncadm(stage, small.store, "route", "set", *where, "/Abs", "--pin", "off")
    lyncadm(stage, small.store, "publish", "simple-url", "meet", "https://%s/Meet" % LYNC, "--via", small.lync.name,
            "--domain", "contoso.com")
    small.serve()
    rows = verify(small, "--direct", status=3, ca=small.pki.public.path)
    said = {row["check"]: row for row in wrong(rows)}
    assert not of(rows, "ntlm")             # the store refuses log-ins there
    (url,) = of(rows, "simple-url", LYNC)
    assert url["ok"] == "yes" and url["asked"].endswith("/Meet/")
    assert set(said) == {"autodiscover", "autodiscover-xml", "link", "pending", "refused"}, said
    assert said["autodiscover"]["hint"] == "bridged to the internal site: the pool's port has to be the external " \
        "one, 4443 and not 443 (8080 and not 80); the pool itself does not answer right either: the fault is at the " \
        "pool"
    assert said["pending"]["came"] == "300 s (profile web)" and said["pending"]["asked"].endswith("/Ucwa")
    assert said["pending"]["hint"].startswith("the timeout is shorter than a pending GET")
    assert said["refused"]["hint"].startswith("a control panel of the pool is reachable")

    small.httpd.expect("proxy|LYNC")
    small.lync.stop()
    (row,) = of(verify(small, "--direct", status=3, ca=small.pki.public.path), "abs")
    assert row["came"].startswith("503") and row["direct"].startswith("Failed to connect"), row
    assert row["hint"].startswith("no server of the pool is up as the proxy sees it")
    assert row["hint"].endswith("the fault is at the pool")

    small.httpd.stop()
    rows = verify(small, status=3, ca=small.pki.public.path)
    assert {(row["check"], row["hint"]) for row in wrong(rows) if row["check"] != "pending"} == {
        ("certificate-name", "the port is blocked by a firewall, or httpd does not listen there: 'lyncadm status' "
         "tells what is served"), ("redirect", "port 80 is blocked by a firewall, or nothing listens there")}
    last = verify(small, status=3, ca=small.pki.public.path, form=None).splitlines()[-1]
    assert "more were left out, their names were not reached" in last


LYNC = "lync.contoso.com"
ESCAPES = b"HTTP/1.1 302 Found\r\nLocation: /\x1b[31m\x9b5n\r\nContent-Type: text/html\r\n\r\n" \
          b"<title>\x1b]0;owned\x07\xc2\x9b31m\n\xff</title>"


def endless_head(wire):
    wire.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1 << 20):
        wire.sendall(b"X-More: " + 4096 * b"x" + b"\r\n")


def endless_body(wire):
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(1 << 14):
        wire.sendall(b"\0" * 65536)


def drip(wire):
    wire.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(300):
        wire.sendall(b"x")
        time.sleep(0.2)


CUT = "the connection was cut: another proxy in front, or a firewall"


@pytest.mark.parametrize("send, came, hint", [
    (endless_head, "the fields of the answer do not end", CUT), (endless_body, "200", "this is no answer of a pool"),
    (drip, "Operation timed out", "nothing came in time: the pool hangs"),
    (lambda wire: wire.sendall(b"\0\1\2" * 99), "Received HTTP/0.9 when not allowed", CUT),
    (lambda wire: wire.sendall(b"HTTP/1.1 200 OK\r\n" + b"a" * 300000), "", CUT),
    (lambda wire: None, "Empty reply from server", CUT),
    (lambda wire: wire.sendall(ESCAPES), "302, Location: /?[31m", "another proxy in front, or another site, sends"),
], ids="head body drip garbage line nothing escapes".split())
def test_hostile(world, send, came, hint):
    """Whatever a server sends, it is told in time, in a line, and without what could steer a terminal."""
    with Hostile(world.names, send) as server:
        connect = "127.0.0.1:%d" % server.port
        rows = verify(world, OWAS, status=3, connect=connect)
        (row,) = of(rows, "officewebapps", OWAS)
        assert row["ok"] == "no" and row["came"].startswith(came) and row["hint"].startswith(hint), row
        if send is not drip:
            for form in ("--tsv", None):
                text = verify(world, OWAS, status=3, connect=connect, form=form)
                assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert server.sent < 64 << 20


def test_no_redirect_is_followed(world):
    def send(wire):
        wire.sendall(b"HTTP/1.1 302 Found\r\nLocation: /followed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with Hostile(world.names, send) as server:
        verify(world, WEBEXT, status=3, connect="127.0.0.1:%d" % server.port)
    assert server.lines and not any("followed" in line for line in server.lines)


def test_colour(world, fronts):
    """Only a terminal gets it."""
    connect = "127.0.0.1:%d" % fronts.port["no authorization"]
    assert "\033" not in verify(world, WEBEXT, status=3, connect=connect, form=None)
    controller, terminal = pty.openpty()
    verify(world, WEBEXT, status=3, connect=connect, form=None, stdout=terminal)
    os.close(terminal)
    text = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(controller, 65536):
            text += chunk
    os.close(controller)
    red = [line for line in text.splitlines() if b"\033[31m" in line]
    assert len(red) == 2 and b" ntlm " in red[0] and red[1].split()[0] == b"ok", red         # its row, and below what it is


def test_table(world):
    """For people: a line a check, and those that are alike in one."""
    lines = verify(world, WEBEXT, form=None).splitlines()
    assert lines[0].split() == ["ok", "check", "asked", "came"]
    assert sum(line.split()[1] == "refused" for line in lines[1:-2]) == 1
    assert lines[-1] == "%d of %d checks of revision 1 are ok" % ((len(verify(world, WEBEXT)),) * 2)
    assert "\033" not in "".join(lines)


def test_table_of_what_is_wrong(world, fronts):
    """In full, what has the same cause once."""
    text = verify(world, WEBEXT, status=3, connect="127.0.0.1:%d" % fronts.port["503"], form=None)
    rows = wrong(verify(world, WEBEXT, status=3, connect="127.0.0.1:%d" % fronts.port["503"]))
    hints = [row["hint"] for row in rows]
    assert len(set(hints)) < len(hints) and all(text.count(hint) == 1 for hint in set(hints))
    (asked,) = re.findall(r"^asked +GET (\S+)/abs and (\d+) more$", text, re.MULTILINE)
    assert int(asked[1]) == hints.count(of(rows, "abs")[0]["hint"]) - 1
    assert "Accept" not in text.split("\n\n")[0]


def test_tsv(world):
    lines = verify(world, WEBEXT, form="--tsv").splitlines()
    assert lines[0].split("\t") == "ok check host listener asked via expected came direct hint".split()
    assert {len(line.split("\t")) for line in lines} == {10}
