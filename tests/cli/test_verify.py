"""verify as far as it comes without a deployment; with one: tests/httpd/test_verify.py."""
import http.server
import json
import os
import ssl
import subprocess
import threading

import pytest

from conftest import PROGRAM
from fake_httpd import FakeHttpd

# Nobody listens at port 9 of an address of loopback's own.
NOWHERE = ["--connect", "127.77.66.55:9"]


@pytest.fixture
def active(day):
    """A store with an active revision on ports that nobody listens on."""
    day.ok("listener set external --port 9")
    day.ok("listener set discovery --port 7")
    httpd = FakeHttpd(day)
    day.control = httpd.control
    day.ok("apply", "-m", "why not", "--control", day.control)
    yield day
    httpd.stop()


@pytest.mark.parametrize("words, sentence", [
    (["--connect", "::1"], "connect '::1' is no ADDRESS[:PORT]; an IPv6 address needs brackets"),
    (["--connect", ""], "connect '' is no ADDRESS[:PORT]"),
    (["--pending", "lab"], "pending 'lab' is no path: it begins with '/'"),
    (["--pending", ""], "pending '' is no path"),
    (["--pending-wait", "5"], "--pending-wait needs --pending PATH"),
    (["--pending", "/late", "--pending-wait", "0"], "pending-wait '0' is no number from 1 to 3600"),
    (["--user", "alice"], "unknown option '--user'"), (["--dry-run"], "unknown option '--dry-run'"),
])
def test_usage(empty, words, sentence):
    assert sentence in empty.fails(2, "verify", *words)


def test_it_could_not_be_done(empty, day_store):
    """No store, no trust anchors, nothing applied, nothing of that name."""
    assert empty.fails(1, "verify").startswith("there is no store ")
    assert "nothing.pem" in empty.fails(1, "verify --ca nothing.pem")
    empty.ok("init")
    assert empty.fails(1, "verify") == \
        "there is nothing to verify: no revision is active, 'lyncadm apply' makes the draft one"


def test_names(active):
    assert active.fails(1, "verify webext.contoso.com nobody.contoso.com") == \
        "nothing is published as or to 'nobody.contoso.com' in revision 1: it is a public host or a pool"


def test_nothing_is_published(admin):
    httpd = FakeHttpd(admin)
    admin.ok("apply", "-m", "why not", "--control", httpd.control)
    assert admin.fails(1, "verify") == "there is nothing to verify: revision 1 publishes nothing"
    httpd.stop()


def test_nobody_listens(active):
    """Each name of each listener is told once; the store is not written to."""
    before = active.bytes()
    result = active.run("verify", "--json", *NOWHERE)
    rows = json.loads(result.out)
    assert (result.status, result.err) == (3, "")
    assert {row["ok"] for row in rows if row["asked"].startswith("profile ")} == {"yes"}
    wrong = [(row["host"], row["listener"]) for row in rows if row["ok"] == "no"]
    assert len(wrong) == len(set(wrong)) == 12
    assert all("blocked by a firewall" in row["hint"] and row["came"] for row in rows if row["ok"] == "no")
    assert active.bytes() == before


ANSWERS = {
    "lyncdiscover": (301, "nginx", "port 80 redirects to https all that comes: discovery by http has to be published"),
    "meet": (200, "Microsoft-IIS/8.5", "a pool is published without TLS: on port 80 only discovery has a place"),
    "dialin": (500, "Microsoft-IIS/8.5", "the pool has an error of its own: see its event log"),
    "webext": (503, "Microsoft-HTTPAPI/2.0", "an application pool of the pool is stopped"),
    "webdirext": (200, "nginx", "this is no answer of a pool: another proxy in front, or another site"),
}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, self.server_version, _ = ANSWERS.get(self.headers["Host"].split(".")[0], (404, "nginx", ""))
        self.sys_version = ""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "https://" + self.headers["Host"] + "/")
        self.end_headers()

    def log_message(self, *unused):
        pass


def test_port_80(active):
    """What others answer there."""
    with http.server.ThreadingHTTPServer(("127.77.66.55", 0), Answer) as server:
        active.ok("listener set discovery --port %d" % server.server_port)
        active.ok("apply", "-m", "another port", "--control", active.control)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        rows = json.loads(active.run("verify", "--json", *NOWHERE).out)
        server.shutdown()
        thread.join()
    hints = {row["host"].split(".")[0]: row["hint"] for row in rows
             if row["listener"] == "discovery" and row["check"] != "unknown-host"}
    assert {host: hints[host] for host in ANSWERS} == {host: answer[2] for host, answer in ANSWERS.items()}


class Bulk(http.server.BaseHTTPRequestHandler):
    """Discovery that leads to many documents, each of which is as large as it may be."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        links = "" if "next" in self.path else "".join(
            f'<Link token="Domain" href="/next/{i}"/>' for i in range(199))
        body = f"<AutodiscoverResponse><Root>{links}{'<a/>' * 28000}</Root></AutodiscoverResponse>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


def test_what_it_takes_to_memory(active):
    """Whoever answers does not decide how much: 200 documents of half a million bytes each, when they are understood."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(active.directory / "external.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bulk) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with open(active.directory / "rows", "wb") as file:
            process = subprocess.Popen([PROGRAM, "verify", "lyncdiscover.contoso.com", "--tsv", "--connect",
                                        f"127.0.0.1:{server.server_port}"], env=active.env, stdout=file)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        server.shutdown()
        thread.join()
    assert process.returncode == 3 and (active.directory / "rows").read_text().count("/next/") >= 199
    assert used.ru_maxrss < 600 << 10           # KB; more than 700 MB, were it all kept


def test_the_draft_is_not_verified(active):
    active.run("publish pool webext2.contoso.com --to lyncpool02.contoso.local --ca root.pem")
    assert "'webext2.contoso.com' in revision 1" in active.fails(1, "verify webext2.contoso.com")


def test_help(empty):
    out = empty.ok("verify --help")
    assert out[0] == "usage: lyncadm verify [HOST|POOL ...] [option ...]"
    assert empty.ok("help verify") == out
    assert any(line.startswith("  verify identity ") for line in out)
    assert out[-1] == "  lyncadm verify webext.contoso.com --direct"
