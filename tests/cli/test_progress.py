"""How far long work is, on a terminal and nowhere else. Work is long because something holds it until it was told."""
import contextlib
import http.server
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import threading

import pytest

from conftest import PROGRAM, Admin
from fake_httpd import FakeHttpd
from terminal import Console

WAITING = rb"waiting for another process to leave the store: \d+ s\r"


@contextlib.contextmanager
def locked(admin):
    """Somebody else writes the store."""
    db = sqlite3.connect(admin.store, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield
    db.close()


def twin(admin):
    """The same store elsewhere."""
    directory = admin.directory / "twin"
    shutil.copytree(admin.directory, directory)
    return Admin(directory)


@pytest.mark.parametrize("words", ["domain add fabrikam.com", "domain add fabrikam.com --json",
                                   "domain add fabrikam.com --dry-run", "domain remove a.example"])
def test_waiting(day, words):
    """Gone before results, warnings and errors."""
    other = twin(day)
    with locked(day):
        console = Console(day, *words.split(), width=200)
        console.until(WAITING, 2)
    status = console.end()
    piped = other.run(words)
    assert (status, console.lines()) == (piped.status, (piped.err + piped.out).splitlines())


def test_ten_thousand_rows(day):
    """Counted, with a bar; gone before the report, the question and the result."""
    document = json.loads("\n".join(day.ok("export draft")))
    route = next(r for r in document["route"] if r["path"] == "/" and r["listener"] == "external")
    document["route"] += [{**route, "path": f"/service/{i}"} for i in range(10000)]
    (day.directory / "large.json").write_text(json.dumps(document))
    other = twin(day)
    with locked(day):
        console = Console(day, "import", "large.json", width=400)
        console.until(WAITING)
    console.until(rb"writing rows: \d+ of 10000  \[#*-*\] +\d+%\r")
    console.until(rb"\[y/N\] ")
    shown = console.lines()
    assert shown[-1] == "make the draft so (10000 added)? [y/N]"
    console.type("y\n")
    assert console.end() == 0
    expected = other.ok("import", "large.json")
    assert len(expected) == 10001 and shown[:-1] == expected[:-1]
    assert console.lines() == [*expected[:-1], shown[-1] + " y", expected[-1]]
    assert day.ok("export draft") == other.ok("export draft")


def test_narrow(day):
    """One line of the terminal, however narrow that gets."""
    with locked(day):
        console = Console(day, "domain", "add", "fabrikam.com", width=24)
        start = console.until(rb"Jwaiting for another pro\r", 2)
        assert {len(picture) for picture in console.pictures()} == {23}
        console.resize(10)
        start = console.until(rb"Jwaiting f\r", 1, start)
        console.until(rb"Jwaiting f\r", 1, start)
    assert console.end() == 0
    assert {len(picture) for picture in console.pictures(start)} == {9}


def test_interrupted(day):
    before = day.bytes()
    with locked(day):
        console = Console(day, "domain", "add", "fabrikam.com", width=30)
        console.until(rb"waiting for another process t\r")
        console.type("\x03")
        assert console.end() == -signal.SIGINT
    assert console.lines() == []
    assert day.bytes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended(day, number):
    with locked(day):
        console = Console(day, "domain", "add", "fabrikam.com")
        console.until(WAITING)
        console.process.send_signal(number)
        assert console.end() == -number
    assert console.lines() == []


def test_nowhere_else(day):
    """A pipe, terminals that cannot, and one that somebody else has: all of them wait as long as one that is told."""
    add = "domain", "add"
    behind = ["sh", "-c", "set -m; $0 domain add behind.example & wait", PROGRAM]
    with locked(day):
        piped = subprocess.Popen([PROGRAM, *add, "piped.example"], env={**day.env, "TERM": "xterm"}, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        quiet = [Console(day, *add, "dumb.example", env={"TERM": "dumb"}),
                 Console(day, *add, "none.example", env={"TERM": None}), Console(day, program=behind)]
        told = Console(day, *add, "told.example")
        told.until(WAITING, 5)
    out, err = piped.communicate(timeout=60)
    assert (piped.returncode, err, out.count("\n")) == (0, "", 1)
    for console in quiet:
        assert console.end() == 0
        assert b"\x1b" not in console.bytes and len(console.lines()) == 1, console.bytes
    assert told.end() == 0 and len(told.lines()) == 1


def test_stdout_is_for_programs(day):
    """The line is on stderr, so that stdout may be a pipe."""
    with locked(day):
        console = Console(day, "domain", "add", "fabrikam.com", "--json", stdout=subprocess.PIPE)
        console.until(WAITING)
    (row,) = json.loads(console.process.stdout.read())
    assert row["done"] == "added"
    assert console.end() == 0 and console.lines() == []


def test_short_work(day):
    """Says nothing of itself. On a machine that is busy any work may be long, once."""
    for i in range(50):
        console = Console(day, "domain", "add", f"d{i}.example")
        assert console.end() == 0
        if b"\x1b" not in console.bytes:
            return
    raise AssertionError("all work is told")


@pytest.fixture
def httpd(day):
    httpd = FakeHttpd(day)
    httpd.start()
    yield httpd
    httpd.stop()


def test_apply(day, httpd):
    httpd.say("hang")
    httpd.say("slow", 1)
    console = Console(day, "apply", "-m", "why not", "--no-probe", "--control", httpd.control, width=200)
    console.until(rb"httpd tests its configuration: \d+ s\r")
    httpd.unsay("hang")
    console.until(rb"telling httpd to reload: \d+ s\r")
    assert console.end() == 0
    assert console.lines() == ["revision 1 is served (generation 1)"]


def test_status(day, httpd):
    httpd.say("hang")
    console = Console(day, "status", "--json", "--control", httpd.control, width=400)
    console.until(rb"httpd tests its configuration: \d+ s\r")
    httpd.unsay("hang")
    console.end()
    assert json.loads("\n".join(console.lines()))[0]["noun"] == "status"


def test_failure(day, httpd):
    httpd.say("hang")
    console = Console(day, "apply", "-m", "why not", "--no-probe", "--control", httpd.control, width=400)
    console.until(rb"httpd tests its configuration: \d+ s\r")
    httpd.say("refuse", "no")
    httpd.unsay("hang")
    assert console.end() == 1
    (line,) = console.lines()
    assert line.startswith("lyncadm: httpd refuses revision 1, which stays inactive: no")


class Late(http.server.BaseHTTPRequestHandler):
    """Answers when it was seen that somebody waits."""
    seen = threading.Event()

    def do_GET(self):
        self.seen.wait(60)
        self.send_error(404)

    def log_message(self, *unused):
        pass


def timeless(line):
    return re.sub(r"after \d+ ms", "", line).rstrip()


def test_verify(day, httpd):
    words = ["verify", "--connect", "127.77.66.55:9"]
    with http.server.ThreadingHTTPServer(("127.77.66.55", 0), Late) as server:
        day.ok("listener set external --port 9")
        day.ok("listener set discovery --port %d" % server.server_port)
        day.ok("apply", "-m", "why not", "--control", httpd.control)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        console = Console(day, *words, width=400, env={"NO_COLOR": "1"})
        try:
            console.until(rb"reaching the published names: [1-9]\d* of \d+  \[#*-*\] +\d+%\r")
        finally:
            Late.seen.set()
        assert console.end() == 3
        piped = day.run(*words).out.splitlines()
        server.shutdown()
        thread.join()
    assert [timeless(line) for line in console.lines()] == [timeless(line) for line in piped]
