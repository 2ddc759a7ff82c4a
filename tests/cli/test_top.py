"""lyncadm top"""
import json
import re
import signal
import time

import pytest

from conftest import PROGRAM
from counted import Counts
from drawn import Drawn
from fake_httpd import FakeHttpd
from rounds import Rounds, of
from test_status import servers

LONG = 12345                    # seconds that httpd has run


class Watched:
    """A httpd whose counts are ours to say, and lyncadm that looks."""

    def __init__(self, day):
        self.admin, self.httpd = day, FakeHttpd(day)
        self.httpd.say("busy", "9 4 3")
        self.httpd.start()
        self.started()
        self.rounds = None

    def started(self, since=None):
        self.counts = Counts(self.httpd.directory, self.httpd.process.pid, since or time.time() - LONG)

    def words(self, *more):
        return ["top", "--runtime", str(self.httpd.directory), *map(str, more)]

    def top(self, *more):
        result = self.admin.run(*self.words("--rounds", 1, *more))
        assert (result.status, result.err) == (0, ""), result
        return result.out

    def rows(self, noun):
        return [row for row in json.loads(self.top("--json"))["rows"] if row["noun"] == noun]

    def watch(self):
        """Round by round."""
        self.rounds = Rounds(PROGRAM, *self.words(), cwd=self.admin.directory, env=self.admin.env)
        return self.rounds

    def stop(self):
        if self.rounds:
            self.rounds.__exit__()
        self.httpd.stop()


@pytest.fixture
def watched(day):
    watched = Watched(day)
    yield watched
    watched.stop()


def test_since_the_start(watched):
    """The first look has none before it: averages since httpd was started."""
    watched.counts.service("meet", LONG * 2, errors=7, bucket=5)
    watched.counts.service("dialin", LONG * 30, bucket=30)
    watched.counts.service("", LONG)
    watched.counts.refused(3, 0)
    watched.counts.refused(2, 5)
    top, = watched.rows("top")
    assert abs(top["rate"] - 33) < 1 and abs(top["seconds"] - LONG) < 600
    assert (top["requests"], top["errors"], top["refused"], top["from"]) == (LONG * 33, 7, 5, "start")
    assert (top["under_way"], top["waiting"], top["bound"]) == (9, 4, 3)
    assert (top["generation"], top["pid"]) == (0, watched.httpd.process.pid)
    assert [(row["name"], row["requests"], row["errors"]) for row in watched.rows("service")] == [
        ("dialin", LONG * 30, 0), ("meet", LONG * 2, 7), (None, LONG, 0)]
    meet = watched.rows("service")[1]
    assert isinstance(meet["rate"], float) and abs(meet["rate"] - 2) < 0.2
    assert meet["p50_ms"] == meet["p95_ms"] == meet["p99_ms"] == 2


def test_what_takes_how_long(watched):
    """Of all shards, and of both places that a name may have."""
    watched.counts.service("meet", 90, bucket=1, shard=1)
    watched.counts.service("twin", 8, bucket=20, shard=7)
    watched.counts.service("twin", 2, bucket=40)
    watched.counts.data = watched.counts.data.replace(b"twin", b"meet")
    watched.counts.service("again", 1)
    meet, again = watched.rows("service")
    assert (meet["requests"], meet["p50_ms"], meet["p95_ms"], meet["p99_ms"]) == (100, 1, 32, 1024)
    assert (again["requests"], again["p50_ms"]) == (1, 1)


def test_servers(watched):
    servers(watched.httpd, (0, 0), (0x10000, 0), (0, 0), generation=0)
    watched.counts.server("pool01", "fe02", 4443, 50, errors=6)
    watched.counts.server("pool01", "fe03", 4443, 70, shard=3)
    watched.counts.server("pool01", "fe03", 4443, 7, shard=5)
    rows = watched.rows("server")
    assert [(row["host"], row["requests"], row["errors"], row["health"], row["state"]) for row in rows] == [
        ("fe03", 77, 0, "up", "active"), ("fe02", 50, 6, "down", "active"), ("fe01", 0, 0, "up", "active")]
    assert {(row["pool"], row["port"], type(row["rate"])) for row in rows} == {("pool01", 4443, float)}
    servers(watched.httpd, (0, 0), generation=1)
    assert not watched.rows("server")


def test_between_two_looks(watched):
    """Only what came since; sorted anew."""
    servers(watched.httpd, (0, 0), generation=0)
    watched.counts.service("meet", 1000, errors=10, bucket=50)
    watched.counts.service("dialin", 10)
    watched.counts.server("pool01", "fe01", 4443, 900, errors=9)
    watched.counts.refused(100)
    rounds = watched.watch()
    assert of(rounds.round(), "service")[0]["requests"] == 1000
    quiet = rounds.round()
    assert (quiet["round"], of(quiet, "top")[0]["requests"], of(quiet, "service")[0]["p50_ms"]) == (2, 0, None)
    watched.counts.service("dialin", 20, errors=1, bucket=9)
    watched.counts.server("pool01", "fe01", 4443, 5, errors=4)
    watched.counts.refused(6)
    seen = [rounds.until(lambda found: of(found, "top")[0]["requests"])]
    while of(seen[-1], "top")[0]["refused"] < 6:        # its look may have been amidst
        seen.append(rounds.round())
    top = of(seen[0], "top")[0]
    assert top["from"] == "look" and 0 < top["seconds"] < 300 and abs(top["rate"] * top["seconds"] - 20) < 20
    dialin, meet = of(seen[0], "service")
    assert (dialin["name"], dialin["requests"], dialin["errors"], dialin["p99_ms"]) == ("dialin", 20, 1, 5)
    assert (meet["requests"], meet["errors"]) == (0, 0)
    assert sum(of(found, "server")[0]["requests"] for found in seen) == 5
    assert sum(of(found, "server")[0]["errors"] for found in seen) == 4
    assert rounds.end() == (0, "")


def test_servers_that_nobody_tells_of_for_a_round(watched):
    """As when a reload begins: what they were sent before does not count as new."""
    servers(watched.httpd, (0, 0), generation=0)
    watched.counts.server("pool01", "fe01", 4443, 900)
    rounds = watched.watch()
    rounds.until(lambda found: of(found, "server"))
    servers(watched.httpd, (0, 0), generation=1)
    rounds.until(lambda found: not of(found, "server"))
    servers(watched.httpd, (0, 0), generation=0)
    found = rounds.until(lambda found: of(found, "server"))
    assert of(found, "server")[0]["requests"] == 0


def test_a_reload_keeps_counting(watched):
    watched.counts.service("meet", 500)
    rounds = watched.watch()
    rounds.round()
    watched.httpd.reload()
    found = rounds.until(lambda found: of(found, "top")[0]["generation"] == 1)
    assert (of(found, "top")[0]["from"], of(found, "top")[0]["requests"]) == ("look", 0)


@pytest.mark.parametrize("since, count", [("another", 5000), ("the same", 7)])
def test_a_restart(watched, tmp_path, since, count):
    """Another file, though it may have more already, or less than there was: from zero, and it says so."""
    watched.counts.service("meet", 400)
    rounds = watched.watch()
    rounds.round()
    new = Counts(tmp_path, watched.httpd.process.pid, time.time() - 5 if since == "another" else watched.counts.since)
    new.service("meet", count)
    new.path = watched.counts.path
    new.write()
    found = rounds.until(lambda found: of(found, "top")[0]["from"] == "restart")
    assert of(found, "service")[0]["requests"] == count
    assert of(rounds.round(), "top")[0]["from"] == "look"


def test_httpd_that_ends_and_comes_back(watched):
    """Is shown, and does not end it."""
    watched.counts.service("meet", 500)
    rounds = watched.watch()
    assert rounds.round()["error"] is None
    watched.httpd.stop()
    gone = rounds.until(lambda found: found["error"])
    assert gone["rows"] == [] and gone["error"].startswith("httpd is not running, '"), gone
    watched.started(time.time())
    watched.counts.service("meet", 3)
    watched.httpd.start()
    back = rounds.until(lambda found: not found["error"] and of(found, "service"))
    assert (of(back, "top")[0]["from"], of(back, "top")[0]["requests"]) == ("restart", 3)
    assert rounds.end(signal.SIGTERM) == (0, "")


def test_what_cannot_be_looked_at(watched):
    admin = watched.admin
    (watched.httpd.directory / "lync.counts").unlink()
    assert "/lync.counts': No such file" in admin.fails(1, *watched.words())
    watched.counts.path.write_bytes(b"lyncct0")
    assert "was not written by this version of mod_lync" in admin.fails(1, *watched.words())
    watched.httpd.stop()
    assert "httpd is not running" in admin.fails(1, *watched.words())
    assert "httpd is not running, '/nowhere/lync.served' says" in admin.fails(1, "top", "--runtime", "/nowhere")
    watched.httpd.unsay("store")
    said = admin.fails(1, "top", "--control", watched.httpd.control)
    assert said == "httpd does not say where its runtime directory is: it has no LyncStore line: --runtime names it"
    assert "there is no such program" in admin.fails(1, "top", "--control", "/nowhere")
    admin.fails(2, "top", "now")
    admin.fails(2, "top", "--every", "0")
    admin.fails(2, "top", "--rounds", "x")


def test_asks_where_httpd_is_once(watched):
    """By the store's control command, or --control; not with --runtime, nor each round."""
    admin, log = watched.admin, watched.httpd.directory / "log"
    log.unlink(missing_ok=True)
    watched.top()
    assert not log.exists()
    admin.ok("top", "--control", watched.httpd.control, "--every", "1", "--rounds", "2")
    assert log.read_text().count("test") == 1
    admin.store.unlink()
    admin.ok("init", "--control", watched.httpd.control)
    admin.ok("top", "--rounds", "1")
    assert log.read_text().count("test") == 2


def test_for_people_and_scripts(watched):
    servers(watched.httpd, (0, 0), generation=0)
    watched.counts.service("", 5)
    text = watched.top()
    stamp, summary, services, tail = text.split("\n\n")
    assert summary.splitlines()[0].startswith("since httpd was started ") and " s ago" in summary
    assert services.splitlines()[0] == "services" and services.splitlines()[2].split()[0] == "others"
    assert tail.splitlines()[0] == "servers" and "\x1b" not in text and stamp.endswith("Z")
    tsv = watched.top("--tsv").split("\n\n")
    assert [part.split("\t")[0] for part in tsv] == ["noun"] * 3
    assert tsv[1].splitlines()[1].split("\t")[:2] == ["service", ""]
    twice = watched.admin.ok(*watched.words("--rounds", 2, "--every", 1))
    last, = [number for number, line in enumerate(twice) if line.startswith("in the last ")]
    assert twice[last - 3] == "" and twice[last - 2].endswith("Z") and twice[last - 1] == ""
    assert twice[last:][-5].split() == ["others", "0.0", "0", "0", "-", "-", "-"]


def test_narrow_terminal(watched):
    """No line is longer, none is lost at the top; what does not fit is told of."""
    for number in range(40):
        watched.counts.service("service-%02d" % number, 100 - number)
    with Drawn(watched.admin, *watched.words("--every", 1), rows=12, columns=30) as drawn:
        shown = drawn.wait(lambda lines: len(lines) == 11)
        assert max(map(len, shown)) == 30 and shown[-1].startswith("... ") and shown[-1].endswith(" lines more")
        assert drawn.rounds()[0][2].startswith("since httpd was started")
        assert any(line.startswith("service-00") for line in shown)
        drawn.wait(lambda lines: lines[2].startswith("in the last "))
        assert drawn.end(signal.SIGINT) == 0 and "\x1b[?" not in drawn.text


@pytest.mark.parametrize("columns, shown", [(200, "down  \x1b[0m pool01"), (40, "do\x1b[m")])
def test_a_server_that_is_down_is_red_also_where_it_is_cut(watched, columns, shown):
    """What is cut off has its colour end all the same."""
    servers(watched.httpd, (10, 0), (0, 0), generation=0)
    with Drawn(watched.admin, *watched.words("--every", 1), rows=24, columns=columns) as drawn:
        lines = drawn.wait(lambda lines: any(line.startswith("fe02") for line in lines))
        assert "active \x1b[31m" + shown in next(line for line in lines if line.startswith("fe01"))
        assert max(len(re.sub(r"\x1b\[\d*m", "", line)) for line in lines) <= columns
        drawn.end(signal.SIGINT)
