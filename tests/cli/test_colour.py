"""Colours: on a terminal that has them, unless somebody wants none."""
import re
import subprocess

import pytest

from conftest import NAMES, PROGRAM, certificate
from fake_httpd import FakeHttpd
from terminal import Console

RED, YELLOW, GREEN = "31", "1;33", "32"


def coloured(console):
    """Each word that has a colour, and it."""
    console.status = console.end()
    return [(word.strip(), colour) for colour, word in
            re.findall(r"\x1b\[([\d;]+)m([^\x1b]*)\x1b\[0?m", console.bytes.decode())]


@pytest.fixture
def faulty(day):
    """An error and a warning."""
    assert day.run("listener add other --port 8443").status == 0
    certificate(day.directory / "short.pem", NAMES, days=10)
    assert day.run("certificate add short --chain short.pem").status == 0
    assert day.run("check").status == 3
    return day


def test_check(faulty):
    words = coloured(Console(faulty, "check"))
    assert ("error", RED) in words and ("warning", YELLOW) in words
    assert {word for word, _ in words} == {"error", "warning"}


@pytest.mark.parametrize("env, some", [
    ({"NO_COLOR": None}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": "0"}, False),
    ({"TERM": "dumb"}, False), ({"TERM": None}, False), ({"TERM": ""}, False),
])
def test_wanted(faulty, env, some):
    console = Console(faulty, "check", env=env)
    assert bool(coloured(console)) == some
    assert console.status == 3
    assert ("\x1b" in console.bytes.decode()) == some


@pytest.mark.parametrize("words", ["check", "check --json", "check --tsv", "status", "verify"])
def test_pipe(faulty, words):
    """Also where stderr is a terminal."""
    console = Console(faulty, *words.split(), stdout=subprocess.PIPE)
    out = console.process.stdout.read()
    console.end()
    assert b"\x1b" not in out
    result = subprocess.run([PROGRAM, *words.split()], env={**faulty.env, "TERM": "xterm", "CLICOLOR_FORCE": "1"},
                            stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert b"\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize("words", ["check --json", "check --tsv", "route list", "listener show external"])
def test_no_status_words(faulty, words):
    assert coloured(Console(faulty, *words.split())) == []


def test_status_and_verify(day):
    httpd = FakeHttpd(day)
    httpd.start()
    day.ok("listener set external --port 9")
    day.ok("listener set discovery --port 7")
    day.ok("apply", "-m", "why not", "--control", httpd.control)
    words = coloured(Console(day, "status", "--control", httpd.control, width=400))
    assert ("no", GREEN) in words and ("is running", GREEN) in words and RED not in dict(words).values()
    words = coloured(Console(day, "verify", "--connect", "127.77.66.55:9", width=400))
    assert set(words) == {("yes", GREEN), ("no", RED)}
    httpd.stop()
    words = coloured(Console(day, "status", "--control", httpd.control, width=400))
    assert ("yes", RED) in words and ("is not running", RED) in words
