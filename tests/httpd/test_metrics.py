"""Metrics: both formats as their documents have them, each request counted once and for good, what is pending now."""

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest

from deploy import DISCOVER, MEET, WEBEXT, add_route, control_of
from faults import deleted
from foreign import load
from httpd import BUILD, PLAIN, TOP, free_port, lyncadm, wait
from pin_clients import AUTH, NEGOTIATE, curl, dial, login
from pin_http2 import Http2
from raw import exchange, request_bytes
from status import METRICS, Page, Shown, site
from test_pin_http2 import offered
from test_quarantine import Broken

sys.path.insert(0, os.path.join(TOP, "tests", "cli"))
from unguarded import unguarded  # noqa: E402

POLL = "/lab/sleep?ms=240000&body=late"
FRONT = (WEBEXT, "external", "/")           # of the pool's route for all that has none of its own


def own(stage, after="", servers=("fe01",), **arguments):
    """One server, so that it is known who is asked."""
    shown = Shown(stage, servers=servers, **arguments)
    shown.httpd.after = after
    shown.httpd.write()
    for host, path, pin in ((WEBEXT, "/off", "off"), ("only.contoso.com", "/here", "auth")):
        add_route(stage, shown.store, host, path, "--pool", shown.lync.name, "--scheme", "https", "--profile", "web",
                  "--pin", pin)
    return shown.serve()


@pytest.fixture(scope="module")
def shown(stage_for_module):
    return own(stage_for_module)


class Counted:
    """What was counted since: of requests by (code, service), routes by (host, listener, path), and so on."""

    def __init__(self, shown):
        self.shown, self.before = shown, shown.page.metrics()

    def of(self, name, **labels):
        now = self.shown.page.metrics().of(name, **labels)
        before = self.before.of(name, **labels)
        return {key: value - before.get(key, 0) for key, value in now.items() if value != before.get(key, 0)}

    def wait(self, name, expected, **labels):
        """An answer is there before it is counted."""
        wait("%s: %s" % (name, expected), lambda: self.of(name, **labels) == expected)


def counted(world, count, service="meet"):
    """Waits until so many are. lyncadm asks too, for discovery."""
    wait("%d are counted" % count, lambda: world.page.metrics().sum("requests_total", service=service) == count)


def polls(shown, count, target=POLL):
    wires = [dial(shown) for _ in range(count)]
    for wire in wires:
        wire.ask("GET", target)
    return wires


@pytest.mark.smoke
def test_both_formats(shown):
    """Each by its own strict reader; the same in both, in the same order, also when nothing is new."""
    shown.ask(WEBEXT, "/meet/a/b")
    wait("it is counted", lambda: shown.page.metrics().sum("requests_total") >= 1)
    first, second = shown.page.metrics(), shown.page.metrics()
    other = shown.page.metrics("prometheus")
    assert first.keys == second.keys == other.keys and len(first.keys) > 60
    still = [key for key in first.keys if "total" in key[0] or "duration" in key[0] or "expiry" in key[0]]
    assert len(still) > 40 and [first.values[key] for key in still] == [other.values[key] for key in still]
    assert {name: (family.help, family.type) for name, family in first.families.items()} == {
        re.sub("_total$", "", name): (family.help, family.type) for name, family in other.families.items()}
    assert first.names() == other.names()
    for query in METRICS:
        body = shown.page.get("?format=" + query).body.decode()
        assert shown.stage.folder not in body and ".pem" not in body and not re.search(r"\d+\.\d+\.\d+\.\d+", body)
        head = shown.page.get("?format=" + query, method="HEAD")
        assert head.status == 200 and head.body == b"" and head.get("Content-Type") == METRICS[query]


PROMTOOL = shutil.which("promtool", path=os.environ["PATH"] + ":" + os.path.join(BUILD, "tests"))


@pytest.mark.skipif(not PROMTOOL, reason="make -f apxs.mk promtool fetches it")
def test_promtool(shown):
    shown.ask(WEBEXT, "/meet/a/b")
    result = subprocess.run([PROMTOOL, "check", "metrics"], input=shown.page.get("?format=prometheus").body,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (result.returncode, result.stdout) == (0, b"")


OLD = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
NEW = ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
       "text/plain;version=0.0.4;q=0.2,*/*;q=0.1")
BINARY = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
          "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2")
CHROMIUM = ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
            "application/signed-exchange;v=b3;q=0.7")


@pytest.mark.parametrize("accept, expected", [
    (OLD, METRICS["openmetrics"]), (NEW, METRICS["openmetrics"]), (BINARY, METRICS["openmetrics"]),
    ("text/plain;version=0.0.4;q=1,*/*;q=0.1", METRICS["prometheus"]), ("text/plain", METRICS["prometheus"]),
    ("text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.2", METRICS["prometheus"]),
    ("application/openmetrics-text; version=0.0.1; q=0.2, application/openmetrics-text; version=1.0.0; q=0.9, "
     "text/plain; q=0.5", METRICS["openmetrics"]),
    ("Application/OpenMetrics-Text", METRICS["openmetrics"]), ("*/*", "text/html; charset=utf-8"),
    (CHROMIUM, "text/html; charset=utf-8"), ("text/*", "text/html; charset=utf-8"), ("application/*", "application/json"),
    (None, "text/html; charset=utf-8"),
])
def test_negotiation(shown, accept, expected):
    """Prometheus of Debian 12 and its third version, with and without its binary format; browsers, curl, scripts."""
    answer = shown.page.get(accept=accept)
    assert answer.status == 200 and answer.get("Content-Type") == expected and "Accept" in answer.get("Vary")


@pytest.mark.parametrize("target, status, code, service, route", [
    ("/meet/a/b", 200, "2xx", "meet", FRONT), ("/MEET/a/b?x", 200, "2xx", "meet", FRONT),
    ("/lab/answer?status=404", 404, "4xx", "other", FRONT), ("/lab/answer?status=302&header=Location:%20/x", 302, "3xx", "other", FRONT),
    ("/lab/answer?status=500", 500, "5xx", "other", FRONT), ("/ucwa/nothing", None, None, "ucwa", (WEBEXT, "external", "/Ucwa")),
    ("/off/x", 404, "4xx", "other", (WEBEXT, "external", "/off")),
])
def test_each_request_once(shown, target, status, code, service, route):
    """By service and code, route and server; errors of these two; in the histogram."""
    since = Counted(shown)
    for _ in range(3):
        answer = shown.ask(WEBEXT, target)
        assert answer.status == (status or answer.status)
    code = code or "%dxx" % (answer.status // 100)
    since.wait("requests_total", {(code, service): 3})
    assert {tuple(part.lower() for part in key): value for key, value in since.of("route_requests_total").items()} == \
        {tuple(part.lower() for part in route): 3}
    server = "fe01.contoso.local", shown.lync.name, str(shown.lync.https_port)
    assert since.of("server_requests_total") == {server: 3}
    errors = code == "5xx"
    assert list(since.of("route_errors_total").values()) == [3] * errors
    assert list(since.of("server_errors_total").values()) == [3] * errors
    assert since.of("request_duration_seconds_count") == {(service,): 3}
    assert list(since.of("request_duration_seconds_sum")) == [(service,)]
    assert not since.of("refused_total")


def test_durations(shown):
    """One that takes half a second is in no bucket that ends before."""
    since = Counted(shown)
    assert shown.ask(WEBEXT, "/lab/sleep?ms=520&body=late").status == 200
    since.wait("request_duration_seconds_count", {("other",): 1})
    ends = {float(end) for end, _ in since.of("request_duration_seconds_bucket")}
    assert min(ends) > 0.512 and max(ends) == float("inf") and len(ends) > 10
    assert since.of("request_duration_seconds_sum")[("other",)] >= 0.52


def test_a_client_that_leaves(shown):
    since = Counted(shown)
    wires = polls(shown, 3)
    wait("they are pending", lambda: shown.page.metrics().get("requests_pending") == 3)
    assert shown.page.row()["waiting"] == shown.page.rows("generation")[0]["waiting"] == 3
    assert shown.page.metrics().get("requests_under_way") >= 3
    for wire in wires:
        wire.close()
    since.wait("requests_total", {("client-gone", "other"): 3})
    wait("none is pending", lambda: shown.page.metrics().get("requests_pending") == 0)
    assert not since.of("server_errors_total") and not since.of("route_errors_total")


def test_a_poll_that_is_answered(shown):
    since = Counted(shown)
    wire, = polls(shown, 1, "/lab/sleep?ms=%d&body=late" % (4000 if PLAIN else 15000))
    wait("it is pending", lambda: shown.page.metrics().get("requests_pending") == 1)
    assert wire.read().body == b"late"
    since.wait("requests_total", {("2xx", "other"): 1})
    wait("it is not any more", lambda: shown.page.metrics().get("requests_pending") == 0)


def test_bound_connections(shown):
    wires = [login(shown)[0] for _ in range(2)]
    wait("they are bound", lambda: shown.page.metrics().get("connections_bound") == 2)
    assert shown.page.row()["bound"] == 2
    for wire in wires:
        wire.close()
    wait("none is", lambda: shown.page.metrics().get("connections_bound") == 0)


LARGE = [("X-%d" % number, "x" * 60000) for number in range(6)]
REASONS = {
    "method": (request_bytes("/meet/a/b", WEBEXT, "TRACE"), True),
    "form": (request_bytes("https://evil.example/meet/a/b", WEBEXT), True),
    "head-size": (request_bytes("/meet/a/b", WEBEXT, fields=LARGE), True),
    "unknown-host": (request_bytes("/meet/a/b", "unknown.contoso.com"), True),
    "https-only": (request_bytes("/meet/a/b", WEBEXT), False),
    "unknown-path": (request_bytes("/meet/a/b", "only.contoso.com"), True),
    "ambiguous-path": (request_bytes("/abs;x/a", WEBEXT), True),
    "bad-path": (request_bytes("/meet/%2500", WEBEXT), True),
    "route": (request_bytes("/cscp/x", WEBEXT), True),
    "field": (request_bytes("/", DISCOVER, fields=[("Authorization", "Bearer x")]), False),
    "pin-off": (request_bytes("/off/x", WEBEXT, fields=[("Authorization", NEGOTIATE)]), True),
}


@pytest.mark.parametrize("reason", REASONS)
def test_refused(shown, reason):
    """Counted by its reason, once; and not as what a pool was asked. All reasons are there from the start."""
    data, tls = REASONS[reason]
    shown.httpd.expect("AH10244|AH02032|AH00566")
    since = Counted(shown)
    assert set(REASONS) | {"pin-limit", "quarantine"} == {key[0] for key in since.before.of("refused_total")}
    exchange(shown.https if tls else shown.http, data, tls, WEBEXT)
    since.wait("refused_total", {(reason,): 1})
    assert not since.of("requests_total") and not since.of("route_requests_total")


def test_a_server_that_does_not_answer(stage):
    """What another one answers in its place is one request, and an error of the first."""
    shown = own(stage, servers=("fe01", "fe02"), fields=[("health-interval", "3600")])
    shown.httpd.expect("AH0(1114|0957|0959|1102|0898)")
    shown.lync.server("fe01").stop()
    for number in range(1, 5):
        ask(shown, 1)
        counted(shown, number)
    now, port = shown.page.metrics(), str(shown.lync.https_port)
    sent = {host: (now.get("server_requests_total", pool=shown.lync.name, host=host + ".contoso.local", port=port),
                   now.get("server_errors_total", pool=shown.lync.name, host=host + ".contoso.local", port=port))
            for host in ("fe01", "fe02")}
    assert sent["fe02"] == (4, 0) and sent["fe01"][0] == sent["fe01"][1] >= 1
    assert now.get("route_requests_total", listener="external", host=WEBEXT, path="/") == 4
    assert now.sum("route_errors_total") == 0


def test_http2(stage):
    """Each stream once."""
    shown = Shown(stage, modules=("http2",), before="Protocols h2 http/1.1")
    lyncadm(stage, shown.store, "listener", "set", "external", "--http2", "on")
    shown.serve()
    answer = curl(shown, "--http2", "-w", "%{http_version}\n", "-o", "/dev/null", "-o", "/dev/null",
                  "https://%s/meet/a/c" % WEBEXT, target="/meet/a/b")
    assert answer.stdout == "2\n2\n", answer
    counted(shown, 2)
    assert shown.page.metrics().sum("route_requests_total") == 2


def test_a_stream_of_http2_is_over_once_it_is_answered(stage):
    """Not when its connection ends, before which httpd may not log it; also where no server was asked."""
    shown = Shown(stage, modules=("http2",), before=load(stage, "slow_stream"))
    lyncadm(stage, shown.store, "listener", "set", "external", "--http2", "on")
    shown.serve()
    shown.httpd.expect("AH01170")
    begun, connections = time.monotonic(), [offered(shown, "h2")[1] for _ in range(2)]
    assert Http2(connections[0]).get(WEBEXT, "/lab/sleep?ms=500&body=late")[0] == "answer"
    lyncadm(stage, shown.store, "server", "disable", "fe01.contoso.local", "--control", control_of(shown.httpd),
            hosts=shown.hosts_file)
    assert b"Service Unavailable" in Http2(connections[1]).get(WEBEXT, "/lab/answer?body=x")[2]
    time.sleep(6)
    assert shown.page.metrics().get("requests_under_way") == 0
    until = time.monotonic() - begun
    for tls in connections:
        tls.close()
    wait("they are counted", lambda: shown.page.metrics().sum("requests_total") == 2)
    assert 0.5 <= shown.page.metrics().sum("request_duration_seconds_sum") < until - 1


@pytest.mark.parametrize("mpm", ["worker", "prefork"])
def test_other_mpms(stage, mpm):
    shown = Shown(stage, mpm=mpm).serve()
    wires = polls(shown, 2)
    wait("they are pending", lambda: shown.page.metrics().get("requests_pending") == 2)
    assert shown.page.metrics().get("requests_limit") == {"worker": 64, "prefork": 16}[mpm]
    ask(shown, 3)
    counted(shown, 3)
    for wire in wires:
        wire.close()
    wait("none is pending", lambda: shown.page.metrics().get("requests_pending") == 0)
    wait("they are counted", lambda: shown.page.metrics().get("requests_total", service="other", code="client-gone") == 2)
    shown.reload(signal.SIGUSR1)
    assert shown.page.metrics().sum("requests_total", service="meet") == 3


def test_refused_for_the_limit(stage):
    shown = own(stage, after="LyncPinLimit 1\n")
    shown.httpd.expect("LYNC0040")
    wire, since = login(shown)[0], Counted(shown)
    assert dial(shown).get(AUTH, headers={"Authorization": NEGOTIATE}).status == 503
    since.wait("refused_total", {("pin-limit",): 1})
    wire.close()


def test_refused_in_quarantine(stage):
    shown = own(stage)
    shown.httpd.expect("LYNC0035")
    with Broken(shown.own, deleted, shown.pki):
        shown.reload(signal.SIGUSR1)
        since = Counted(shown)
        assert since.before.get("quarantined") == 1 and since.before.get("state", state="degraded") == 1
        assert shown.ask(MEET, "/x").status == 503
        since.wait("refused_total", {("quarantine",): 1})
    shown.reload(signal.SIGUSR1)
    assert shown.page.metrics().get("quarantined") == 0


def ask(shown, count):
    for _ in range(count):
        assert shown.ask(WEBEXT, "/meet/a/b").status == 200


def test_counters_survive(stage):
    """A reload, an apply with and without one, and a child that is killed: with what it has under way."""
    shown = own(stage)
    ask(shown, 5)
    counted(shown, 5)
    begun = shown.page.metrics().get("counting_start_timestamp_seconds")
    shown.reload(signal.SIGUSR1)
    counted(shown, 5)
    ask(shown, 2)
    counted(shown, 7)
    lyncadm(stage, shown.store, "profile", "set", "web", "--timeout", 299)
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    shown.settled()
    ask(shown, 1)
    counted(shown, 8)
    add_route(stage, shown.store, WEBEXT, "/new", "--action", "refuse")
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    assert shown.page.metrics().get("revision_served") == 3
    ask(shown, 1)
    counted(shown, 9)
    wire, = polls(shown, 1)
    wait("it is pending", lambda: shown.page.metrics().get("requests_pending") == 1)
    shown.httpd.expect("AH00052")
    before = shown.httpd.children()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait("another child", lambda: shown.httpd.children() and not set(before) & set(shown.httpd.children()))
    wait("it answers", lambda: exchange(shown.https, request_bytes("/meet/a/b", WEBEXT), True, WEBEXT))
    counted(shown, 10)
    now = shown.page.metrics()
    assert now.get("requests_pending") == 0 and now.get("counting_start_timestamp_seconds") == begun
    assert now.sum("route_requests_total") == now.sum("requests_total") >= 10
    assert now.sum("server_requests_total") >= 10 and now.sum("refused_total") == 0
    wire.close()


def test_a_restart_begins_anew(stage):
    shown = own(stage)
    ask(shown, 3)
    counted(shown, 3)
    exchange(shown.https, request_bytes("/cscp", WEBEXT), True, WEBEXT)
    before = shown.page.metrics()
    shown.httpd.stop()
    wait("a later second", lambda: int(time.time()) > before.get("counting_start_timestamp_seconds"))
    shown.httpd.start()
    now = shown.page.metrics()
    assert now.sum("requests_total") == now.sum("refused_total") == now.sum("server_requests_total") == 0
    assert now.get("counting_start_timestamp_seconds") > before.get("counting_start_timestamp_seconds")
    ask(shown, 1)
    counted(shown, 1)


def test_the_file_is_removed(stage):
    """Who has it goes on with it; the next reload makes another one, which begins at 0."""
    shown = own(stage)
    ask(shown, 3)
    os.remove(os.path.join(shown.httpd.folder, "run", "lync.counts"))
    ask(shown, 1)
    counted(shown, 4)
    shown.reload(signal.SIGUSR1)
    ask(shown, 2)
    counted(shown, 2)
    assert os.path.exists(os.path.join(shown.httpd.folder, "run", "lync.counts"))


# Where lync_counts_t has the names of services, and a shard what was counted of them.
NAMES = 24 + 16384 * 8 + 1024 * 8
NAME, SHARDS, SERVICE = 68, NAMES + 64 * 68, 92 * 8


def put_service(shown, place, name, count):
    """As a child could: a service of this name was asked for so often, and answered within a millisecond with 2xx."""
    with open(os.path.join(shown.httpd.folder, "run", "lync.counts"), "r+b") as file:
        file.seek(NAMES + place * NAME)
        file.write(struct.pack("=I64s", 2, name))
        file.seek(SHARDS + place * SERVICE)
        file.write(struct.pack("=92Q", count, 0, 0, 0, 0, 1000 * count, count, *[0] * 85))


def test_what_children_may_have_written(stage):
    """Two that named a service at once have a place each: it is told once. Names are text, whatever is in them."""
    shown = own(stage)
    ask(shown, 3)
    counted(shown, 3)
    put_service(shown, 62, b"meet", 4)
    put_service(shown, 63, b"\"}\n<script>alert(1)</script>\\{{state}}\xff", 5)
    for name in METRICS:
        now = shown.page.metrics(name)
        assert now.get("requests_total", service="meet", code="2xx") == 7
        assert now.get("request_duration_seconds_count", service="meet") == 7
        (odd,) = [labels for labels in now.of("requests_total", code="2xx") if "script" in labels[0]]
        assert now.get("requests_total", service=odd[0], code="2xx") == 5 and "{{state}}" in odd[0]
    assert shown.page.row("service", name="meet")["requests"] == 7
    page = shown.page.html()
    assert page.tags.count("script") == 1 and "<script>alert(1)</script>\\{{state}}" in page.text


def test_nothing_can_be_counted(stage):
    """The file cannot be written: all else is told, and served."""
    shown = Shown(stage)
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    os.makedirs(os.path.join(shown.httpd.folder, "run", "lync.counts", "in the way"))
    shown.httpd.expect("LYNC0086")
    shown.httpd.start()
    ask(shown, 1)
    now = shown.page.metrics()
    assert now.get("revision_served") == 1 and not now.of("refused_total") and not now.of("requests_total")
    assert now.get("counting_start_timestamp_seconds") is None and "Revision 1 is served" in shown.page.html().text
    assert shown.page.row()["counted_since"] is None and not shown.page.rows("service")


def test_two_generations(stage):
    """Each with its revision, and what the older one waits for."""
    shown = own(stage)
    wire, = polls(shown, 1)
    wait("it is pending", lambda: shown.page.metrics().get("requests_pending") == 1)
    old = shown.page.metrics().of("generation_children")
    (generation,), = old
    lyncadm(stage, shown.store, "profile", "set", "web", "--timeout", 299)
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    wait("the new one tells", lambda: shown.page.row()["answered_by"] > int(generation))
    now = wait("the old one stops accepting", lambda: [
        now for now in [shown.page.metrics()] if now.get("generation_children_accepting", generation=generation) == 0])[0]
    new = str(int(generation) + 1)
    assert {key: now.get("generation_revision", generation=key) for key in (generation, new)} == {generation: 1, new: 2}
    assert now.get("generation_requests_pending", generation=generation) == 1
    assert now.get("generation_requests_pending", generation=new) == 0
    assert now.get("requests_pending") == 1 and now.get("generation_children", generation=generation) == 1
    assert now.get("generation_children_accepting", generation=new) >= 1
    wire.close()
    wait("it is gone", lambda: list(shown.page.metrics().of("generation_children")) == [(new,)])


def test_servers_by_address(stage):
    """Their addresses are nobody's business, and two series with the same labels would be none."""
    shown = Shown(stage, servers=("fe01", "fe02"))
    lyncadm(stage, shown.store, "pool", "set", shown.lync.name, "--verify-name", "fe01.contoso.local")
    for server in shown.lync.servers:
        lyncadm(stage, shown.store, "server", "add", server.address, "--pool", shown.lync.name)
        lyncadm(stage, shown.store, "server", "remove", server.name, "--pool", shown.lync.name)
    shown.httpd.always.append(re.compile(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck):|LYNC0021"))
    shown.serve()
    for name in METRICS:
        now = shown.page.metrics(name)
        assert len(now.of("server_up", host="\u2026")) == 4 and len(now.of("server_up", twin="2")) == 2
        for server in shown.lync.servers:
            assert server.address.encode() not in shown.page.get("?format=" + name).body


def test_many_routes(stage):
    """5,000, of which some are asked for: those are told, and people get the busiest."""
    shown = Shown(stage)
    with unguarded(shown.store) as database:
        database.executemany("INSERT INTO route (revision, listener, host, path, action, pool, scheme, profile) "
                             "VALUES (0, 'external', ?, ?, 'publish', ?, 'https', 'web')",
                             [(WEBEXT, "/many/%d" % number, shown.lync.name) for number in range(5000)])
    shown.serve()
    with shown.open() as connection:
        for number in range(100):
            for _ in range(1 + (number == 77)):
                connection.request("/many/%d" % (number * 50), WEBEXT)
    counted(shown, 101, service="other")
    now = shown.page.metrics()
    assert len(now.of("route_requests_total")) == len(now.of("route_errors_total")) == 100
    assert sum(now.of("route_requests_total").values()) == 101
    assert now.get("route_requests_total", listener="external", host=WEBEXT, path="/many/3850") == 2
    page, rows = shown.page.html(), shown.page.rows("route")
    told = [row for row in page.rows if row and row[0].startswith(WEBEXT + "/many/")]
    assert len(told) == 15 and told[0][0] == WEBEXT + "/many/3850" and told[0][3] == "2" and len(rows) == 100
    sizes = {query: len(shown.page.get(query).body) for query in ("", "?format=json", "?format=prometheus")}
    assert max(sizes.values()) < 100000, sizes


def test_without_a_store(stage):
    """Nothing is served, and that is told."""
    port = free_port()
    httpd = stage.httpd(before=site(port), modules=("authz_host",), ports=(port,)).start()
    httpd.expect("AH01873")
    for name in METRICS:
        now = Page(port).metrics(name)
        assert now.get("state", state="no_store") == 1 and now.sum("state") == 1
        assert now.get("revision_served") is None and not now.of("requests_total")
