"""lyncadm status --watch: the same again and again; rounds, terminal and signals are those of top too."""
import json
import os
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM
from drawn import Drawn
from fake_httpd import FakeHttpd
from rounds import Rounds
from test_status import EXPIRED, apply, servers


@pytest.fixture
def httpd(day):
    httpd = FakeHttpd(day)
    yield httpd
    httpd.stop()


@pytest.fixture
def served(day, httpd):
    """A revision is."""
    httpd.start()
    apply(day, httpd)
    httpd.unsay("log")
    return httpd


def watch(day, httpd):
    return Rounds(PROGRAM, "status", "--watch", "--control", httpd.control, cwd=day.directory, env=day.env)


def until(watching, condition):
    """The summary of the next round of which it is so."""
    return watching.until(lambda found: found["rows"] and condition(found["rows"][0]))["rows"][0]


def words(httpd, *more):
    return ["status", "--watch", "--every", 1, "--control", httpd.control, *more]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ends_with_0(day, httpd, number):
    """Although what is shown is a drift."""
    apply(day, httpd)
    httpd.start()
    with watch(day, httpd) as watching:
        day.ok("listener", "set", "external", "--port", "8443")
        assert until(watching, lambda row: row["draft"] == "changed")["httpd"] == "is running"
        httpd.stop()
        assert until(watching, lambda row: row["drift"] == "yes")["httpd"] == "is not running"
        assert watching.end(number) == (0, "")


def test_rounds(day, served):
    """Lines that are objects of the same rows as without; the exit status of the last."""
    out = day.ok(*words(served, "--json", "--rounds", 3))
    rounds = [json.loads(line) for line in out]
    once = json.loads("\n".join(day.ok("status", "--json", "--control", served.control)))
    assert [found["round"] for found in rounds] == [1, 2, 3]
    assert all(found["time"].endswith("Z") and found["error"] is None for found in rounds)
    age = [row for row in rounds[0]["rows"] if "age" in row][0]
    assert [list(row) for row in rounds[0]["rows"]] == [list(row) for row in once] and age["age"] >= 0
    assert rounds[2]["rows"][0] == once[0]
    served.stop()
    assert day.run("status", "--rounds", "1", "--json", "--control", served.control).status == 3


def test_not_a_terminal(day, served):
    """One after the other, an empty line between; the time is for people, nothing else."""
    text = "\n".join(day.ok(*words(served, "--rounds", 2)))
    parts = text.split("\n\n")
    assert len(parts) == 8 and "\x1b" not in text
    assert all(len(part) == 20 and part.endswith("Z") for part in (parts[0], parts[4]))
    assert parts[1].startswith("store ") and parts[5].startswith("store ")
    tsv = "\n".join(day.ok(*words(served, "--rounds", 2, "--tsv"))).split("\n\n")
    assert [part.split("\t")[0] for part in tsv] == ["noun"] * 6
    assert tsv[0].splitlines()[1].split("\t")[0] == "status"


def test_httpd_is_asked_anew_only_when_it_is_another(day, served):
    """Not each round: that runs a program."""
    log = served.directory / "log"
    with watch(day, served) as watching:
        for _ in range(3):
            assert until(watching, lambda row: True)["httpd"] == "is running"
        assert log.read_text().splitlines() == ["test None"]
        served.say("refuse", "no")
        assert until(watching, lambda row: True)["httpd"] == "is running"
        served.reload()
        until(watching, lambda row: row["httpd"] == "refuses its configuration: no")
        served.unsay("refuse")
        served.reload()
        until(watching, lambda row: row["httpd"] == "is running" and row["drift"] == "no")
        assert log.read_text().splitlines().count("test None") == 3
        served.process.kill()
        served.process.wait()
        until(watching, lambda row: row["httpd"] == "is not running")
        served.start()
        assert until(watching, lambda row: row["httpd"] == "is running")["pid"] == served.process.pid


def test_runtime(day, served):
    """Then nothing is run at all, with and without --watch."""
    for more in [], ["--rounds", "1"]:
        found = json.loads("\n".join(day.ok("status", "--json", "--runtime", str(served.directory), *more)))
        row = found["rows"][0] if more else found[0]
        assert (row["httpd"], row["served"], row["drift"]) == ("is running", 1, "no")
    assert not (served.directory / "log").exists()
    row = json.loads(day.run("status", "--json", "--runtime", "/nowhere").out)[0]
    assert (row["httpd"], row["drift"]) == ("is not running", "yes")


def test_a_store_that_goes_away(day, httpd):
    """What would be an error is shown, from the second round on."""
    with watch(day, httpd) as watching:
        assert watching.round()["error"] is None
        day.store.rename(str(day.store) + ".away")
        while not (found := watching.round())["error"]:
            pass
        assert "there is no store" in found["error"] and found["rows"] == []
        os.rename(str(day.store) + ".away", day.store)
        assert until(watching, lambda row: row["active"] is None)["drift"] == "no"
    day.store.unlink()
    assert "there is no store" in day.fails(1, *words(httpd))


def test_usage(day):
    for bad in ["--every 0", "--every 3601", "--every x", "--rounds 0", "--rounds -1", "--watch now"]:
        day.fails(2, "status " + bad)


def test_terminal(day, served):
    """Each round in the place of the one before, with what is said below; the terminal is left as it was."""
    servers(served, (EXPIRED, 1772366400))
    with Drawn(day, *words(served)) as drawn:
        shown = drawn.wait(lambda lines: len(drawn.rounds()) > 2)
        assert shown[0].endswith("Z  every 1 s, Ctrl-C ends it") and shown[2].startswith("store ")
        assert shown[-2] == "" and shown[-1].startswith("lyncadm: warning: server 'fe01' of pool 'pool01'")
        assert "\r\n".join(shown).count("generations of children") == 1
        assert drawn.text.startswith("\x1b[H") and "\x1b[?" not in drawn.text
        assert drawn.end(signal.SIGINT) == 0


def test_letters_of_two_bytes(day):
    """A line is as wide as it looks."""
    store = day.directory / ("ü" * 60)
    store.write_bytes(day.store.read_bytes())
    with Drawn(day, "status", "--every", "1", "--store", store.name, "--runtime", "/nowhere", columns=40) as drawn:
        drawn.wait(lambda lines: lines[2].startswith("store "))
        store.unlink()
        shown = drawn.wait(lambda lines: not lines[2].startswith("store "))
        assert shown[2] == "there is no store '" + "ü" * 21


def test_terminal_of_programs(day, served):
    """Nothing is drawn for them."""
    with Drawn(day, *words(served, "--json", "--rounds", 1)) as drawn:
        assert drawn.process.wait(timeout=60) == 0
        while not drawn.text.endswith("\n"):
            drawn.read()
        assert drawn.text.startswith('{"round":1,') and "\x1b" not in drawn.text


def status_of(process, name):
    with open(f"/proc/{process.pid}/status") as status:
        return next(line.split()[1:] for line in status if line.startswith(name + ":"))


def catches(process, number):
    return int(status_of(process, "SigCgt")[0], 16) >> (number - 1) & 1


def test_a_reader_that_has_gone(day, served):
    """Nor is who does not read waited for, when it is to end."""
    with watch(day, served) as watching:
        watching.round()
        watching.process.stdout.close()
        assert watching.process.wait(timeout=60) in (-signal.SIGPIPE, 1)
    with open("/dev/full", "w") as full:
        process = subprocess.run([PROGRAM, *map(str, words(served))], cwd=day.directory, env=day.env, stdout=full,
                                 stderr=subprocess.PIPE, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (1, "lyncadm: cannot write to standard output\n")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, bytes(4096))
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    process = subprocess.Popen([PROGRAM, *map(str, words(served))], cwd=day.directory, env=day.env, stdout=writer)
    end = time.monotonic() + 60
    while not (catches(process, signal.SIGINT) and status_of(process, "State")[0] == "S") and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    os.close(reader)
    os.close(writer)


def data_of(process):
    """Kilobytes of its heap and mappings."""
    return int(status_of(process, "VmData")[0])


@pytest.mark.skipif("LYNC_SANITIZE" in os.environ, reason="what is freed is kept for a while")
def test_memory(day, served):
    """Rounds leave nothing behind."""
    with watch(day, served) as watching:
        for _ in range(3):
            watching.round()
        before = data_of(watching.process)
        for _ in range(6):
            watching.round()
        assert data_of(watching.process) - before < 128
