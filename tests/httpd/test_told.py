"""What an operator has to hear of, each from the top of the status page and from the metrics, and gone when it is over."""

import re
import signal
import time

import pytest

from deploy import WEBEXT
from faults import breaks_the_rule_book
from httpd import lyncadm, wait
from raw import request_bytes
from status import Shown
from test_faults import Broken as BrokenStore
from test_metrics import POLL, polls, unguarded
from test_quarantine import Broken
from test_status_page import short

PROXY = "AH0(1114|0957|0959|1102|0898|3270|2610)"


@pytest.fixture(scope="module")
def shown(stage_for_module):
    return Shown(stage_for_module, servers=("fe01", "fe02")).serve()


def top(shown):
    """What stands before everything else, and how it is marked."""
    return shown.page.html().header


def test_a_server_that_is_down(shown):
    shown.httpd.expect(PROXY)
    server, port = shown.lync.server("fe01"), str(shown.lync.https_port)
    labels = {"pool": shown.lync.name, "host": server.name, "port": port}
    now = shown.page.metrics()
    assert now.get("server_up", **labels) == 1 and now.get("pool_servers_usable", pool=shown.lync.name) == 2
    assert "is down" not in top(shown).text and "alarm" not in top(shown).classes
    server.stop()
    now = wait("it is told", lambda: [now for now in [shown.page.metrics()] if now.get("server_up", **labels) == 0])[0]
    assert now.get("server_up", **dict(labels, host="fe02.contoso.local")) == 1
    assert now.get("pool_servers_usable", pool=shown.lync.name) == 1 == now.get("pool_servers", pool=shown.lync.name) - 1
    assert "Server %s is down on port %s" % (server.name, port) in top(shown).text and "warning" in top(shown).classes
    assert [row for row in shown.page.html().rows if row[:1] == [shown.lync.name] and "1 of 2 usable" in row[2]]
    server.start()
    wait("it is up", lambda: shown.page.metrics().get("server_up", **labels) == 1)
    wait("at both ports", lambda: "is down" not in top(shown).text)
    assert shown.page.metrics().get("pool_servers_usable", pool=shown.lync.name) == 2


def test_a_pool_without_a_server(shown):
    """Also when its servers are up, and drained: who is new gets none."""
    for server in shown.lync.servers:
        lyncadm(shown.stage, shown.store, "server", "drain", server.name, hosts=shown.hosts_file)
    wait("it is told", lambda: "Pool %s has no server that gets requests" % shown.lync.name in top(shown).text)
    now = shown.page.metrics()
    assert "alarm" in top(shown).classes and now.get("pool_servers_usable", pool=shown.lync.name) == 0
    assert set(now.of("server_state", state="drain").values()) == {1} and now.sum("server_state", state="active") == 0
    for server in shown.lync.servers:
        lyncadm(shown.stage, shown.store, "server", "enable", server.name, hosts=shown.hosts_file)
    wait("they are back", lambda: shown.page.metrics().get("pool_servers_usable", pool=shown.lync.name) == 2)


def test_a_certificate_that_expires(shown):
    left = shown.page.metrics().get("certificate_expiry_timestamp_seconds", certificate="meet") - time.time()
    assert left > 300 * 86400 and "Certificate meet" not in top(shown).text
    with Broken(shown.own, short(shown, 10), shown.pki):
        shown.reload(signal.SIGUSR1)
        left = shown.page.metrics().get("certificate_expiry_timestamp_seconds", certificate="meet") - time.time()
        assert 9 * 86400 < left <= 10 * 86400
        assert "Certificate meet ends in 9 days." in top(shown).text and "warning" in top(shown).classes
    shown.reload(signal.SIGUSR1)
    assert "Certificate meet" not in top(shown).text


def test_polls_that_pile_up(stage):
    """Before there is no room for others; what is left is for who asks for the page."""
    shown = Shown(stage)
    shown.httpd.after = "ThreadsPerChild 20\nMaxRequestWorkers 20\nMaxSpareThreads 20\nMinSpareThreads 1\n"
    shown.httpd.always.append(re.compile("AH10159|AH00484"))
    shown.httpd.write()
    shown.serve()
    assert shown.page.metrics().get("requests_limit") == shown.page.row()["capacity"] == 20
    held = polls(shown, 10)
    wait("they are pending", lambda: shown.page.metrics().get("requests_pending") == 10)
    assert "room for" not in top(shown).text and "10 room" not in top(shown).text
    held += polls(shown, 7)
    wait("they are pending", lambda: shown.page.metrics().get("requests_pending") == 17)
    wait("a warning", lambda: re.search(r"1[78] requests are under way, of 20 that there is room for\. lyncadm check --users",
                                        top(shown).text))
    assert "warning" in top(shown).classes and shown.page.metrics().get("requests_running") >= 17
    held += polls(shown, 2)
    wait("an alarm", lambda: "of 20 that there is room for: clients have to wait" in top(shown).text)
    assert "alarm" in top(shown).classes
    for wire in held:
        wire.close()
    wait("it is over", lambda: "room for" not in top(shown).text)
    wait("none is pending", lambda: shown.page.metrics().get("requests_pending") == 0)


def test_an_attack_that_is_refused(shown):
    before = shown.page.metrics().of("refused_total")
    assert "were refused" not in top(shown).text
    with shown.open() as connection:
        for number in range(120):
            assert connection.request("/cscp/%d" % number, WEBEXT).status == 404
    assert shown.page.metrics().get("refused_total", reason="route") == before[("route",)] + 120
    page = shown.page.html()
    told = re.search(r"(\d+) requests were refused in the last .*, most of them as route\. No pool saw them\.",
                     page.header.text)
    assert told and int(told.group(1)) >= 120
    assert [row for row in page.rows if row[:1] == ["route"] and "control panel" in row[1] and int(row[3]) >= 120]
    assert not [row for row in page.rows if row[:1] == ["pin-limit"]], "no row for what there is none of"


def test_a_reload_in_progress(shown):
    generation = str(shown.page.row()["generation"])
    with shown.open(WEBEXT) as connection:
        connection.send(request_bytes(POLL, WEBEXT))
        wait("it is pending", lambda: shown.page.metrics().get("requests_pending") == 1)
        shown.httpd.reload()
        told = "After a reload: what is left of the generations before answers 1 request."
        wait("it is told", lambda: told in top(shown).text)
        now = wait("it stops accepting", lambda: [now for now in [shown.page.metrics()]
                   if now.get("generation_children_accepting", generation=generation) == 0])[0]
        assert len(now.of("generation_children")) == 2
        assert now.get("generation_requests_under_way", generation=generation) == 1
        assert [row for row in shown.page.html().rows if row[:1] == [generation] and "ending" in row[4]
                and row[5].startswith("1 request 1 pending")]
    wait("it is over", lambda: "After a reload" not in top(shown).text)
    assert len(shown.page.metrics().of("generation_children")) == 1


def test_the_last_known_good(shown):
    shown.httpd.expect("LYNC0033")
    assert shown.page.metrics().get("last_known_good") == 0
    with BrokenStore(shown, breaks_the_rule_book):
        shown.reload(signal.SIGUSR1)
        now = shown.page.metrics()
        assert now.get("last_known_good") == now.get("state", state="degraded") == 1 == now.sum("state")
        assert "Revision 1 is served, the last known good" in top(shown).text
    shown.reload(signal.SIGUSR1)
    now = shown.page.metrics()
    assert now.get("last_known_good") == 0 and now.get("state", state="served") == 1


def test_a_revision_that_is_not_served(stage):
    """It became active around lyncadm, and takes a reload."""
    shown = Shown(stage).serve()
    lyncadm(stage, shown.store, "profile", "set", "web", "--timeout", 299)
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    shown.settled()
    now = shown.page.metrics()
    assert now.get("revision_served") == now.get("revision_active") == 2 and now.get("state", state="served") == 1
    with unguarded(shown.store) as database:
        database.execute("UPDATE state SET value = '1' WHERE name = 'active'")
    now = wait("it is told", lambda: [now for now in [shown.page.metrics()] if now.get("revision_active") == 1])[0]
    assert now.get("revision_served") == 2 and now.get("state", state="behind") == 1 == now.sum("state")
    page = shown.page.html()
    assert "Revision 2 is served, not revision 1" in page.header.text and "behind" in page.header.classes
    assert shown.page.row()["state"] == "behind"
    shown.reload(signal.SIGUSR1)
    assert shown.page.row()["state"] == "served" and "Revision 1 is served" in top(shown).text


def test_a_service_that_fails(stage):
    """A few errors of a service are told in its row; when they are many of what it was asked, at the top."""
    shown = Shown(stage).serve()
    told = r"Paths of no service: (\d+) of (\d+) requests were answered with 5xx in the last"
    for status, count in ((500, 4), (200, 4)):
        for _ in range(count):
            assert shown.ask(WEBEXT, "/lab/answer?status=%d" % status).status == status
    wait("they are counted", lambda: shown.page.metrics().get("requests_total", service="other", code="2xx") == 4)
    page = shown.page.html()
    assert not re.search(told, page.header.text)
    assert [row for row in page.rows if row[:3] == ["other paths", "8", "4"]]
    assert shown.ask(WEBEXT, "/lab/answer?status=500").status == 500
    wait("it is told", lambda: re.search(told, top(shown).text) and "warning" in top(shown).classes)
    row = shown.page.row("service", name=None)
    assert (row["requests"], row["5xx"], row["2xx"], row["recent"], row["recent_errors"]) == (9, 5, 4, 9, 5)
    assert 0 <= row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]


def test_quiet(stage):
    """Nothing was asked for, nothing is wrong: no rows of zeros, no marks."""
    shown = Shown(stage).serve()
    lines = shown.page.html()
    assert not {"warning", "alarm", "note"} & lines.header.classes
    assert lines.text.count("nobody has asked yet") + ("Not asked for meanwhile" in lines.text) >= 1
    assert not [row for row in lines.rows if row[1:] and set(row[1:]) == {"0"}]
