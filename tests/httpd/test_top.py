"""lyncadm top and status --watch on a httpd that runs: requests, polls, bound connections, a reload, an end, a start."""

import json
import os
import signal
import subprocess

import pytest

from deploy import WEBEXT, control_of
from httpd import LYNCADM, PATIENCE, lyncadm
from pin_clients import login
from raw import exchange, request_bytes
from test_metrics import ask, own, polls


class Looking:
    """lyncadm in rounds, each an object."""

    def __init__(self, shown, *words):
        self.process = subprocess.Popen([LYNCADM, "--store", shown.store, *words, "--json", "--every", "1"],
                                        env=shown.stage.environment(shown.hosts_file), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def round(self):
        self.seen.append(json.loads(self.process.stdout.readline()))
        return self.seen[-1]

    def until(self, what, condition):
        """The next round of which it is so."""
        for _ in range(PATIENCE):
            if condition(self.round()):
                return self.seen[-1]
        raise AssertionError("%s: %s" % (what, self.seen[-1]))

    def sum(self, noun, column, **cells):
        """Over all rounds that were seen since the list was emptied."""
        return sum(row[column] for found in self.seen for row in rows(found, noun)
                   if all(row[key] == value for key, value in cells.items()))

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err


def rows(found, noun):
    return [row for row in found["rows"] if row["noun"] == noun]


def top(found):
    return (rows(found, "top") or [{}])[0]


def runtime_of(shown):
    return os.path.join(shown.httpd.folder, "run")


@pytest.mark.smoke
def test_top(stage):
    """Each request in one round only, a reload included; what is pending, while it is; an end and a start."""
    shown = own(stage)
    ask(shown, 2)
    with Looking(shown, "top", "--runtime", runtime_of(shown)) as looking:
        looking.until("what was before it began", lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert top(looking.seen[0])["from"] == "start" and top(looking.seen[-1])["bound"] == 0
        looking.seen.clear()
        ask(shown, 3)
        assert shown.ask(WEBEXT, "/lab/answer?status=500").status == 500
        exchange(shown.https, request_bytes("/cscp/x", WEBEXT), True, WEBEXT)
        looking.until("they are counted", lambda found: looking.sum("top", "requests") == 4
                      and looking.sum("top", "refused") == 1)
        assert looking.sum("service", "requests", name="meet") == 3 == looking.sum("server", "requests") - 1
        assert looking.sum("service", "errors", name=None) == looking.sum("server", "errors") == 1
        assert {(row["host"], row["pool"]) for row in rows(looking.seen[-1], "server")} == {
            ("fe01.contoso.local", shown.lync.name)}
        timed = [row for found in looking.seen for row in rows(found, "service") if row["requests"]]
        assert all(row["rate"] > 0 and row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] for row in timed)
        wire, = polls(shown, 1)
        other = login(shown)[0]
        looking.until("they are pending and bound", lambda found: top(found).get("waiting") == 1 and top(found)["bound"] >= 1)
        generation, since = top(looking.seen[-1])["generation"], top(looking.seen[-1])["counted_since"]
        looking.seen.clear()
        shown.signal(signal.SIGUSR1)
        looking.until("another generation", lambda found: top(found).get("generation", 0) > generation)
        assert top(looking.seen[-1])["waiting"] == 1 and top(looking.seen[-1])["counted_since"] == since
        ask(shown, 2)
        looking.until("they are counted", lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert {top(found)["from"] for found in looking.seen if not found["error"]} == {"look"}
        for each in wire, other:
            each.close()
        shown.settled()
        looking.until("all is over", lambda found: (top(found).get("waiting"), top(found).get("bound")) == (0, 0))
        shown.httpd.stop()
        looking.until("httpd has ended", lambda found: found["error"] and not found["rows"])
        assert "httpd is not running" in looking.seen[-1]["error"]
        shown.httpd.start()
        looking.seen.clear()
        ask(shown, 2)
        looking.until("it is another", lambda found: looking.sum("service", "requests", name="meet") == 2)
        assert [top(found)["from"] for found in looking.seen if not found["error"]][0] == "restart"
        assert looking.end() == (0, "")


def test_status(stage):
    """The rows of each generation tell what it waits for; asked where it is once."""
    shown = own(stage)
    wire, = polls(shown, 1)
    with Looking(shown, "status", "--watch", "--control", control_of(shown.httpd)) as looking:
        found = looking.until("it is pending", lambda found: [
            row for row in rows(found, "generation") if row["waiting"] == 1])
        (only,) = rows(found, "generation")
        assert only["under_way"] >= 1 and only["bound"] == 0
        shown.signal(signal.SIGUSR1)
        found = looking.until("there are two", lambda found: len(rows(found, "generation")) == 2
                              and rows(found, "generation")[1]["accepting"] == 0)
        new, old = rows(found, "generation")
        assert (new["waiting"], old["waiting"], old["generation"]) == (0, 1, only["generation"])
        assert new["generation"] == old["generation"] + 1
        wire.close()
        looking.until("the old one has ended", lambda found: len(rows(found, "generation")) == 1)
        shown.httpd.stop()
        found = looking.until("it has ended", lambda found: rows(found, "status")[0]["httpd"] == "is not running")
        assert rows(found, "status")[0]["drift"] == "yes" and not rows(found, "generation")
        shown.httpd.start()
        looking.until("it is back", lambda found: rows(found, "status")[0]["drift"] == "no")
        assert looking.end() == (0, "")


def test_once(stage):
    """As a person who does not say where httpd is."""
    shown = own(stage)
    text = lyncadm(stage, shown.store, "top", "--rounds", 1, "--control", control_of(shown.httpd)).stdout
    assert "since httpd was started" in text and "servers" in text and "\x1b" not in text
