"""The status page: what is served, and why it is not what the store says; nothing of it where nobody asked for it."""

import json
import os
import re
import signal
import time

import pytest

from deploy import MEET, WEBEXT, Small, add_route, publish_pool
from faults import breaks_the_rule_book, deleted, missing
from httpd import CHILD, CHILDREN, PLAIN, free_port, lyncadm, wait
from pool import LyncPool
from raw import request_bytes
from status import Html, Page, Shown, site, told
from test_faults import Broken as BrokenStore
from test_quarantine import Broken
from test_trial import kill_watcher

FAULTS = "LYNC003[345]"


@pytest.fixture(scope="module")
def shown(stage_for_module):
    return Shown(stage_for_module).serve()


def test_off_until_configured(world):
    """A site that does not name it has no such page."""
    page = Page(world.httpd.spare_port)
    for target in ("/lync-status", "/server-status", "/?format=json", "/?format=prometheus"):
        answer = page.get(target=target)
        assert answer.status in (403, 404) and b"evision" not in answer.body and b"lync_" not in answer.body, answer


@pytest.mark.smoke
def test_head(shown):
    """One page, complete, for nobody to keep, that nothing in it can make do or reach anything else."""
    answer = shown.page.get()
    assert answer.status == 200 and answer.get("Content-Length") == str(len(answer.body))
    assert answer.get("Cache-Control") == "no-store" and "Accept" in answer.get("Vary")
    assert answer.get("X-Content-Type-Options") == "nosniff" and answer.get("Referrer-Policy") == "no-referrer"
    policy = dict(part.strip().partition(" ")[::2] for part in answer.get("Content-Security-Policy").split(";"))
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert re.fullmatch("'sha256-[A-Za-z0-9+/]{43}='", policy["script-src"])
    assert re.fullmatch("'sha256-[A-Za-z0-9+/]{43}='", policy["style-src"])
    text = answer.body.decode("ascii")
    assert not re.search(r'(src|href|action)=(?!"(data:|\?format=(json|prometheus)"))', text) and "url(" not in text
    head = shown.page.get(method="HEAD")
    assert head.status == 200 and head.body == b"" and head.get("Content-Length").isdigit()
    assert head.names() == answer.names()


def test_all_of_it(shown):
    page = shown.page.html()
    assert "Revision 1 is served" in page.text and "served" in page.classes
    cells = [row for row in page.rows if row]
    assert ["external", "https on * port %d" % shown.https, "3", "off", "open"] in cells
    assert ["discovery", "http on * port %d" % shown.http, "1", "off", "open"] in cells
    assert [row[:2] + row[3:] for row in cells if row[0] == "meet"] == [["meet", "396", "1", "valid"]]
    assert [row[0] + row[1] + row[4] for row in cells if row[0] == shown.lync.name] == [
        shown.lync.name + "frontendpublished"]
    assert "quarantine" not in page.text and "loaded" not in page.text
    assert sorted(row[:4] for row in cells if row[0] == "fe01.contoso.local") == sorted(
        ["fe01.contoso.local", shown.lync.name, str(port), "active"] for port in (shown.lync.https_port, shown.lync.http_port))
    assert {row["noun"] for row in shown.page.all()} == {"status", "generation", "listener", "certificate", "pool",
                                                         "server", "refusal"}


def common(row, names):
    return {name: row[name] for name in names.split()}


def of(rows, noun, names):
    return [common(row, names) for row in rows if row["noun"] == noun]


def in_common(rows):
    """What the page and lyncadm both tell, but certificates."""
    return (of(rows, "status", "served served_since because_since trial generation children"),
            of(rows, "generation", "noun generation revision started children accepting"), told(rows))


def same_as_lyncadm(shown):
    """What both tell, file names apart."""
    def undisturbed():
        """Between the page and lyncadm something may change, as by the first probe of a server: not when the page tells
        the same before and after."""
        before, rows, after = shown.page.all(), shown.status_rows(), shown.page.all()
        return in_common(before) == in_common(after) and (rows, after)
    rows, page = wait("nothing changes", undisturbed)
    (summary,), (mine,) = of(rows, "status", "active because"), of(page, "status", "because")
    assert in_common(page) == in_common(rows)
    assert mine["because"] == (summary["because"] and re.sub("'/[^']*'", "'…'", summary["because"]))
    assert of(page, "certificate", "name loaded") == of(rows, "certificate", "name loaded") or summary["active"] is None
    return summary


def test_same_as_lyncadm(shown):
    summary = same_as_lyncadm(shown)
    mine = shown.page.row()
    assert mine["state"] == "served" and mine["wanted"] == summary["active"] == mine["served"]
    disk = [row for row in shown.status_rows() if row["noun"] == "certificate"]
    assert [(row["not_after"], row["state"]) for row in shown.page.rows("certificate")] == \
        [(row["not_after"], row["state"]) for row in disk]
    assert [row["routes"] for row in shown.page.rows("pool")] == [
        sum(route["pool"] == shown.lync.name
            for route in json.loads(lyncadm(shown.stage, shown.store, "route", "list", "--json").stdout))]


def test_nothing_for_an_attacker(shown):
    """Neither files nor addresses of servers, processes, people or versions."""
    everything = (shown.page.get().body + shown.page.get("?format=json").body).decode()
    everything = re.sub("(?s)<style>.*?</style>|<script>.*?</script>|[0-9a-f]{64}", "", everything)
    for word in (shown.stage.folder, ".pem", ".db", "10.", "fd00", "127.", "first", "root", "2.4.", "3.0.", "0.1.0"):
        assert word not in everything, word
    for pid in [shown.httpd.process.pid] + shown.httpd.children():
        assert pid < 10000 or not re.search(r"\b%d\b" % pid, everything), "or it may be another number"


@pytest.mark.parametrize("accept, query, expected", [
    (None, "", "html"), ("*/*", "", "html"), ("text/html", "", "html"), ("application/json", "", "json"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "html"),
    ("application/json;q=0.5, text/html;q=0.4", "", "json"), ("text/*;q=0.5, application/*", "", "json"),
    ("text/html;level=1;q=0.1, */*;q=0.2", "", "json"), ("text/html;q=0, */*", "", "json"),
    ("TEXT/HTML", "", "html"), ("application/json , text/html", "", "html"), ("image/png", "", 406), ("", "", 406),
    ("text/html;q=0", "", 406), ("texthtml, text/, /html, ;q=1, ,", "", 406), ("application/jsonp", "", 406),
    ("text/html", "?format=json", "json"), ("application/json", "?format=html", "html"), ("image/png", "?format=json", "json"),
    (None, "?x=1&format=json", "json"), (None, "?format=xml", 400), (None, "?format=", 400), (None, "?format", 400),
    (None, "?format=%6ason", "json"), (None, "?forma", "html"), (None, "?format=<b>", 400),
])
def test_formats(shown, accept, query, expected):
    answer = shown.page.get(query, accept=accept)
    if isinstance(expected, int):
        assert answer.status == expected and b"<b>" not in answer.body, answer
    else:
        assert answer.status == 200 and expected in answer.get("Content-Type"), answer


def test_methods(shown):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "BREW"):
        answer = shown.page.get(method=method)
        assert answer.status in (405, 501) and b"evision" not in answer.body, answer
    assert set(shown.page.get(method="POST").get("Allow").replace(" ", "").split(",")) - {"TRACE"} == {"GET", "HEAD"}


@pytest.mark.parametrize("fault", [missing, breaks_the_rule_book], ids=lambda fault: fault.__name__)
def test_last_known_good(shown, fault):
    """In force, why, since when; as lyncadm has it; gone when the store is mended."""
    shown.httpd.expect(FAULTS)
    before = shown.page.row()
    with BrokenStore(shown, fault):
        shown.reload(signal.SIGUSR1)
        row = shown.page.row()
        assert (row["state"], row["served"], row["served_since"]) == ("degraded", 1, before["served_since"])
        assert row["because"].startswith("last known good: ") and "lync.db" not in row["because"]
        assert row["because_since"] >= before["served_since"]
        page = shown.page.html()
        assert "Revision 1 is served, the last known good" in page.text and row["because"] in page.text
        assert "degraded" in page.classes
        same_as_lyncadm(shown)
        time.sleep(1)
        shown.reload(signal.SIGUSR1)
        again = shown.page.row()
        assert again["because_since"] == row["because_since"], "another reload is no news"
        assert again["wanted"] == (None if fault is missing else 1)
    shown.reload(signal.SIGUSR1)
    assert shown.page.row()["state"] == "served" and "last known good" not in shown.page.html().text


def test_certificate_in_quarantine(shown):
    shown.httpd.expect(FAULTS)
    with Broken(shown.own, deleted, shown.pki):
        shown.reload(signal.SIGUSR1)
        row = shown.page.row("quarantine")
        assert (row["kind"], row["name"], row["names"]) == ("certificate", "meet", MEET)
        assert "No such file" in row["because"] and ".pem" not in row["because"]
        row = shown.page.row("certificate", name="meet")
        assert (row["state"], row["loaded"], row["not_after"], row["days_left"]) == ("quarantined", None, None, None)
        assert shown.page.row("certificate", name="external")["state"] == "loaded"
        page = shown.page.html()
        assert "Revision 1 is served, but not all of it" in page.text
        assert [cells for cells in page.rows if cells[:2] == ["certificate meet", MEET]]
        same_as_lyncadm(shown)
    shown.reload(signal.SIGUSR1)
    assert not shown.page.rows("quarantine") and "quarantine" not in shown.page.html().text


def test_certificate_beside_one_in_quarantine(stage):
    """It goes on serving the names of both, so none is lost."""
    shown = Shown(stage)
    lyncadm(stage, shown.store, "binding", "set", "external", MEET, "--certificate", "meet", "--beside", "external")
    shown.serve()
    assert shown.page.row("certificate", name="external")["hosts"] == 3
    assert shown.page.row("certificate", name="meet")["hosts"] == 1
    shown.httpd.expect(FAULTS)
    with Broken(shown.own, deleted, shown.pki):
        shown.reload(signal.SIGUSR1)
        assert shown.page.row("quarantine")["names"] is None
    with Broken(shown.own, deleted, shown.pki), Broken(shown.leaf, deleted, shown.pki):
        shown.reload(signal.SIGUSR1)
        assert {row["name"]: row["names"].split() for row in shown.page.rows("quarantine")} == {
            "meet": [MEET], "external": ["lyncdiscover.contoso.com", MEET, WEBEXT]}


def test_listener_without_a_certificate(shown):
    shown.httpd.expect(FAULTS)
    with Broken(shown.own, deleted, shown.pki), Broken(shown.leaf, deleted, shown.pki):
        shown.reload(signal.SIGUSR1)
        assert shown.page.row("listener", name="external")["state"] == "closed"
        assert shown.page.row("listener", name="discovery")["state"] == "open"
        assert {row["name"]: row["names"] for row in shown.page.rows("quarantine")} == {
            "meet": MEET, "external": "lyncdiscover.contoso.com " + WEBEXT}
        assert "Listener external is closed: nobody can connect to port %d." % shown.https in shown.page.html().text
    shown.reload(signal.SIGUSR1)
    assert shown.page.row("listener", name="external")["state"] == "open"


def test_hostile_reason(shown):
    """The children can write the served file: whatever is in it stays text."""
    hostile = "</dd><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\"'{{served}}\\ \n\x1b[31m é € /etc/passwd"
    for reason in (hostile.encode(), hostile.encode() + b"\xff\xc0\xaf", b"<" * 1024):
        shown.write_reason(reason)
        page = shown.page.html()
        assert page.tags.count("script") == 1 and "img" not in page.tags
        row = shown.page.row()
        assert row["because"] in page.text and "passwd" not in row["because"]
        if reason[0:2] != b"<<":
            assert "<script>alert(1)</script>" in row["because"] and "{{served}}" in row["because"]
    shown.write_reason(b"")
    assert shown.page.row()["because"] is None


def short(shown, days):
    """A fault: the certificate is another one, that is good for so many days."""
    leaf = shown.pki.public.expired(MEET, file="late") if days < 0 else \
        shown.pki.public.leaf(MEET, file="short", days=(-1, days))
    return lambda own, pki: [os.replace(getattr(leaf, name), getattr(own, name)) for name in ("chain", "key")]


def test_certificate_near_its_end(shown):
    """As it was loaded, not as it is on disk now."""
    for days, state, words in ((10, "expiring", "ends in 9 days"), (-1, "expired", "expired")):
        with Broken(shown.own, short(shown, days), shown.pki):
            assert shown.page.row("certificate", name="meet")["state"] != state
            shown.reload(signal.SIGUSR1)
            row = shown.page.row("certificate", name="meet")
            assert row["state"] == state and row["days_left"] == min(days, 9)
            assert "Certificate meet " + words in shown.page.html().text
    shown.reload(signal.SIGUSR1)


def test_reload_in_progress(shown):
    """The old child answers what it has under way, and is told of until it is done."""
    generation = shown.page.row()["generation"]
    with shown.open(WEBEXT, seconds=60) as connection:
        connection.send(request_bytes("/lab/sleep?ms=%d&body=late" % (8000 if PLAIN else 40000), WEBEXT))
        shown.httpd.pending()
        shown.httpd.graceful()
        shown.shown(lambda row: row["answered_by"] == generation + 1)
        rows = wait("the old child stops accepting", lambda: [
            row for row in shown.page.rows("generation") if row["state"] == "ending"])
        assert [(row["generation"], row["children"], row["accepting"]) for row in rows] == [(generation, 1, 0)]
        assert [cells for cells in shown.page.html().rows if cells[0] == str(generation) and "ending" in cells[4]]
        assert connection.receive().body == b"late"
    wait("it is gone", lambda: len(shown.page.rows("generation")) == 1)


def test_an_old_child_that_still_accepts(shown):
    """As a reload looks to who asks at once: written by hand, because it is over too soon."""
    path = os.path.join(shown.httpd.folder, "run", "lync.served")
    place = CHILDREN + CHILD * 1000
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(os.getpid().to_bytes(4, "little") + (70000).to_bytes(4, "little") + bytes(8))
    row = shown.page.row("generation", generation=70000)
    assert (row["state"], row["accepting"], row["revision"], row["started"]) == ("accepting", 1, None, None)
    assert shown.page.row()["state"] == "reloading"
    assert "after a reload" in shown.page.html().text
    with open(path, "r+b") as file:
        file.seek(12)
        now = file.read(4)
        file.seek(12)
        file.write((70000).to_bytes(4, "little"))
    page = shown.page.html()
    assert "This answer came from a child of generation %d, which ends." % int.from_bytes(now, "little") in page.text
    with open(path, "r+b") as file:
        file.seek(12)
        file.write(now)
        file.seek(place)
        file.write(bytes(16))
    assert shown.page.row()["state"] == "served"


def test_trial(stage):
    """Who looks knows that it will end by itself; or that it should have."""
    shown = Shown(stage).serve()
    assert shown.page.row()["trial"] is None and "trial" not in shown.page.html().text

    def try_out(time):
        lyncadm(stage, shown.store, "apply", "--confirm", time, hosts=shown.hosts_file)
        shown.settled()
    add_route(stage, shown.store, WEBEXT, "/first", "--action", "refuse")
    try_out("1h")
    row = shown.page.row()
    assert row["served"] == 2 and re.fullmatch(r"until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["trial"])
    same_as_lyncadm(shown)
    text = shown.page.html().text
    assert "Applied on trial " + row["trial"] in text and "revision 1 is served again, unless it was confirmed" in text
    lyncadm(stage, shown.store, "confirm")
    shown.reload(signal.SIGUSR1)
    assert shown.page.row()["trial"] is None and "trial" not in shown.page.html().text
    # of more than routes: no child ends it by itself
    lyncadm(stage, shown.store, "profile", "set", "web", "--timeout", 298)
    try_out("8s" if PLAIN else "30s")
    kill_watcher(shown)
    wait("its time is over", lambda: "If nobody confirmed it, the next reload ends it" in shown.page.html().text)
    shown.reload(signal.SIGUSR1)
    assert shown.page.row()["trial"] is None and shown.page.row()["served"] == 2


def test_pool_in_quarantine(stage):
    shown = Shown(stage)
    other = LyncPool(stage.path("pool2"), name="lyncpool02.contoso.local", pki=shown.pki, external="webext2.contoso.com",
                     servers=["fe03.contoso.local"], threads=64)
    publish_pool(stage, shown.store, other, "pool", interval=5)
    anchors = stage.path("ca2.pem")
    with open(shown.pki.internal.path) as source, open(anchors, "w") as file:
        file.write(source.read())
    lyncadm(stage, shown.store, "pool", "set", other.name, "--ca", anchors)
    lyncadm(stage, shown.store, "publish", "pool", "lync.contoso.com", "--to", "fe09.contoso.local", "--name",
            "unused.contoso.local", "--ca", anchors)
    lyncadm(stage, shown.store, "unpublish", "lync.contoso.com")
    with open(shown.hosts_file, "a") as file:
        file.write("%s %s\n127.0.0.99 fe09.contoso.local\n" % (other.servers[0].address, other.servers[0].name))
    other.hosts_file = shown.hosts_file
    stage.closers.append(other.stop)
    other.start()
    shown.serve()
    assert {row["name"]: row["state"] for row in shown.page.rows("pool")} == {
        shown.lync.name: "published", other.name: "published", "unused.contoso.local": "unused"}
    os.remove(anchors)
    shown.httpd.expect(FAULTS)
    shown.reload(signal.SIGUSR1)
    row = shown.page.row("quarantine", name=other.name)
    assert (row["kind"], row["names"]) == ("pool", "webext2.contoso.com")
    assert shown.page.row("pool", name=other.name)["state"] == "quarantined"
    assert shown.page.row("quarantine", name="unused.contoso.local")["names"] is None


def test_servers(stage):
    """Which are up, and what operators say of them, at once."""
    shown = Shown(stage, servers=("fe01", "fe02")).serve()
    same_as_lyncadm(shown)
    assert {row["health"] for row in shown.page.rows("server")} == {"up"}
    lyncadm(stage, shown.store, "server", "drain", "fe02.contoso.local", hosts=shown.hosts_file)
    rows = [common(row, "host state by health") for row in shown.page.rows("server")]
    assert {"host": "fe02.contoso.local", "state": "drain", "by": "operator", "health": "up"} in rows
    assert "drain by an operator" in [cells[3] for cells in shown.page.html().rows if len(cells) > 3]
    shown.lync.stop()
    shown.httpd.expect("AH0(1114|0957|0959|1102|0898|3270|2610)")
    wait("both are down", lambda: {row["health"] for row in shown.page.rows("server")
                                   if row["port"] == shown.lync.https_port} == {"down"})
    text = shown.page.html().text
    assert "Server fe01.contoso.local is down on port %d" % shown.lync.https_port in text
    same_as_lyncadm(shown)
    wait("none is left", lambda: "has no server that gets requests" in shown.page.html().text)


def test_a_server_by_its_address(stage):
    """Its address is nobody's business."""
    shown = Shown(stage)
    address = shown.lync.servers[0].address
    lyncadm(stage, shown.store, "pool", "set", shown.lync.name, "--verify-name", "fe01.contoso.local")
    lyncadm(stage, shown.store, "server", "add", address, "--pool", shown.lync.name)
    lyncadm(stage, shown.store, "server", "remove", "fe01.contoso.local", "--pool", shown.lync.name)
    shown.serve()
    assert {row["host"] for row in shown.page.rows("server")} == {"\u2026"}
    assert address.encode() not in shown.page.get().body


def test_lync_is_not_served(stage):
    """A start with keep-serving and a bad store."""
    shown = Shown(stage, before="LyncStoreFailure keep-serving").serve()
    shown.httpd.stop()
    shown.httpd.expect("LYNC0034")
    os.rename(shown.store, shown.store + ".away")
    shown.httpd.start()
    row = shown.page.row()
    assert (row["state"], row["served"], row["wanted"]) == ("down", 0, None)
    assert row["because"].startswith("Lync is not served: cannot open store")
    page = shown.page.html()
    assert "Lync is not served" in page.text and "down" in page.classes
    assert shown.page.row("listener", name="external")["hosts"] == 3 and not shown.page.rows("pool")
    assert shown.ask(MEET, "/meet/a/b").status == 503
    os.rename(shown.store + ".away", shown.store)
    shown.reload(signal.SIGUSR1)
    assert shown.page.row()["state"] == "served"


def test_nothing_to_serve(stage):
    """No revision yet; no LyncStore line."""
    small, port = Small(stage, start=False), free_port()
    for store, state, words in ((small.store, "empty", "Nothing is published yet"), (None, "no_store", "serves no Lync")):
        httpd = stage.httpd(store=store, hosts=small.hosts_file, before=site(port), modules=("authz_host",), ports=(port,))
        httpd.expect("AH01873")
        httpd.start()
        page = Page(port)
        assert page.row()["state"] == state and words in page.html().text
        assert {row["noun"] for row in page.all()} <= {"status", "generation"}
        httpd.stop()


def test_without_the_served_file(stage):
    """It cannot be written: what this child serves is known all the same."""
    shown = Shown(stage)
    lyncadm(stage, shown.store, "apply", "-m", "first", hosts=shown.hosts_file)
    os.makedirs(os.path.join(shown.httpd.folder, "run", "lync.served", "in the way"))
    shown.httpd.expect("LYNC0032")
    shown.httpd.start()
    row = shown.page.row()
    assert (row["state"], row["served"], row["wanted"], row["served_since"], row["generation"], row["children"]) == \
        ("served", 1, 1, None, None, None)
    assert not shown.page.rows("generation") and "not known" in shown.page.html().text
    assert len(shown.page.rows("listener")) == 2


@pytest.mark.parametrize("more, status", [("Require all denied", 403), ("Require ip 192.0.2.1", 403),
                                          ("Require all granted", 200)])
def test_require(stage, more, status):
    port = free_port()
    httpd = stage.httpd(before=site(port, more), modules=("authz_host",), ports=(port,)).start()
    httpd.expect("AH01630|AH01797|AH01873")
    for query in ("", "?format=json", "?format=openmetrics", "?format=prometheus"):
        answer = Page(port).get(query)
        assert answer.status == status and (status == 200 or b"ync" not in answer.body), answer


def test_beside_mod_status(stage):
    port = free_port()
    more = '<Location "/server-status">\nSetHandler server-status\n</Location>'
    httpd = stage.httpd(before=site(port).replace("</VirtualHost>", more + "\n</VirtualHost>"),
                        modules=("authz_host", "status"), ports=(port,)).start()
    httpd.expect("AH01873")
    assert b"Apache Server Status" in Page(port).get(target="/server-status").body
    assert Page(port).row()["state"] == "no_store"
    assert Page(port).get(target="/files/nothing").status == 404
    httpd.stop()


def test_in_a_site_that_is_there(stage):
    """As the README has it, for one that proxies everything else."""
    port = free_port()
    text = site(port).replace('"/">', '"/lync-status">', 1).replace(
        "</VirtualHost>", 'ProxyPass "/lync-status" "!"\nProxyPass "/" "http://127.0.0.1:9/"\n</VirtualHost>')
    httpd = stage.httpd(before=text, modules=("authz_host",), ports=(port,)).start()
    httpd.expect("AH01873|AH00957|AH01114")
    page = Page(port, "/lync-status")
    assert page.row()["state"] == "no_store" and "serves no Lync" in page.html().text
    assert page.get(target="/other").status == 503
    httpd.stop()


@pytest.mark.smoke
def test_never_on_lync_names(stage):
    """A SetHandler for the whole server is for the other sites: Lync's hosts are Lync's."""
    everywhere = '<Location "/">\nSetHandler lync-status\n</Location>\n<Directory "/">\nSetHandler lync-status\n</Directory>'
    shown = Shown(stage, before=everywhere).serve()
    assert Page(shown.httpd.spare_port).row()["state"] == "served"
    assert shown.ask(WEBEXT, "/meet/a/b").get("X-MS-Server-Fqdn")
    for host, target, tls in ((WEBEXT, "/lync-status", True), (WEBEXT, "/?format=json", True), (WEBEXT, "/", False),
                              (WEBEXT, "/?format=prometheus", True),
                              ("unknown.example", "/", True), ("lyncdiscover.contoso.com", "/nothing", False)):
        answer = shown.ask(host, target, tls=tls, sni=WEBEXT if tls else "")
        assert b"generation" not in answer.body and answer.get("Content-Security-Policy") is None, answer


def test_html_is_what_the_parser_takes_for_it():
    """The test's own parser sees what it is to see."""
    with pytest.raises(AssertionError):
        Html("<p><b>x</p></b>")
    with pytest.raises(AssertionError):
        Html("<p onclick='x'>")
