"""lyncadm top and status --watch on a httpd that runs: requests, polls, bound connections, reload, end and start."""

import os
import signal
import sys

import pytest

from deploy import WEBEXT, control_of
from httpd import LYNCADM, TOP, lyncadm
from pin_clients import login
from raw import exchange, request_bytes
from test_metrics import ask, own, polls

sys.path.insert(0, os.path.join(TOP, "tests", "cli"))
from rounds import Rounds, of  # noqa: E402


def looking_at(shown, *words):
    return Rounds(LYNCADM, "--store", shown.store, *words, env=shown.stage.environment(shown.hosts_file))


def top(found):
    return (of(found, "top") or [{}])[0]


def runtime_of(shown):
    return os.path.join(shown.httpd.folder, "run")


@pytest.mark.smoke
def test_top(stage):
    """Each request in one round only, a reload included; what is pending, while it is; an end and a start."""
    shown = own(stage)
    ask(shown, 2)
    with looking_at(shown, "top", "--runtime", runtime_of(shown)) as looking:
        looking.until(lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert top(looking.seen[0])["from"] == "start" and top(looking.seen[-1])["bound"] == 0
        looking.seen.clear()
        ask(shown, 3)
        assert shown.ask(WEBEXT, "/lab/answer?status=500").status == 500
        exchange(shown.https, request_bytes("/cscp/x", WEBEXT), True, WEBEXT)
        looking.until(lambda found: looking.sum("top", "requests") == 4
                      and looking.sum("top", "refused") == 1)
        assert looking.sum("service", "requests", name="meet") == 3 == looking.sum("server", "requests") - 1
        assert looking.sum("service", "errors", name=None) == looking.sum("server", "errors") == 1
        assert {(row["host"], row["pool"]) for row in of(looking.seen[-1], "server")} == {
            ("fe01.contoso.local", shown.lync.name)}
        timed = [row for found in looking.seen for row in of(found, "service") if row["requests"]]
        assert all(row["rate"] > 0 and row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] for row in timed)
        wire, = polls(shown, 1)
        other = login(shown)[0]
        looking.until(lambda found: top(found).get("waiting") == 1 and top(found)["bound"] >= 1)
        generation, since = top(looking.seen[-1])["generation"], top(looking.seen[-1])["counted_since"]
        looking.seen.clear()
        shown.signal(signal.SIGUSR1)
        looking.until(lambda found: top(found).get("generation", 0) > generation)
        assert top(looking.seen[-1])["waiting"] == 1 and top(looking.seen[-1])["counted_since"] == since
        ask(shown, 2)
        looking.until(lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert {top(found)["from"] for found in looking.seen if not found["error"]} == {"look"}
        for each in wire, other:
            each.close()
        shown.settled()
        looking.until(lambda found: (top(found).get("waiting"), top(found).get("bound")) == (0, 0))
        shown.httpd.stop()
        looking.until(lambda found: found["error"] and not found["rows"])
        assert "httpd is not running" in looking.seen[-1]["error"]
        shown.httpd.start()
        looking.seen.clear()
        ask(shown, 2)
        looking.until(lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert [top(found)["from"] for found in looking.seen if not found["error"]][0] == "restart"
        assert looking.end() == (0, "")


def test_status(stage):
    """The rows of each generation tell what it waits for; asked where it is once."""
    shown = own(stage)
    wire, = polls(shown, 1)
    with looking_at(shown, "status", "--watch", "--control", control_of(shown.httpd)) as looking:
        found = looking.until(lambda found: [
            row for row in of(found, "generation") if row["waiting"] == 1])
        (only,) = of(found, "generation")
        assert only["under_way"] >= 1 and only["bound"] == 0
        shown.signal(signal.SIGUSR1)
        found = looking.until(lambda found: len(of(found, "generation")) == 2
                              and of(found, "generation")[1]["accepting"] == 0)
        new, old = of(found, "generation")
        assert (new["waiting"], old["waiting"], old["generation"]) == (0, 1, only["generation"])
        assert new["generation"] == old["generation"] + 1
        wire.close()
        looking.until(lambda found: len(of(found, "generation")) == 1)
        shown.httpd.stop()
        found = looking.until(lambda found: of(found, "status")[0]["httpd"] == "is not running")
        assert of(found, "status")[0]["drift"] == "yes" and not of(found, "generation")
        shown.httpd.start()
        looking.until(lambda found: of(found, "status")[0]["drift"] == "no")
        assert looking.end() == (0, "")


def test_once(stage):
    """As a person who does not say where httpd is."""
    shown = own(stage)
    text = lyncadm(stage, shown.store, "top", "--rounds", 1, "--control", control_of(shown.httpd)).stdout
    assert "since httpd was started" in text and "servers" in text and "\x1b" not in text
