"""No fault of the store ends a running httpd or fails a request: it goes on with what it served.

Each fault is made for real under a running httpd under load, which gets the raw signals that
logrotate and others send. tests/README.md has the table.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy import WEBEXT, Small, add_route, control_of
from faults import STORE_FAULTS, garbage, hot_journal, raw, write
from httpd import PLAIN, free_port, listening, lyncadm, memory, wait
from load import Load

LAST_GOOD = "LYNC0033"


class Steady(Small):
    """A world whose store is in a directory of its own, to be broken and mended."""

    def __init__(self, stage):
        os.mkdir(stage.path("store"))
        super().__init__(stage, servers=("fe01", "fe02"), controlled=True, interval=5, store="store/lync.db")

    def signal(self, number):
        """Reloads; returns the lines that it logged."""
        return self.httpd.reload(number)

    def status(self, code):
        result = lyncadm(self.stage, self.store, "status", "--json", "--control", control_of(self.httpd),
                         hosts=self.hosts_file, ok=False)
        assert result.returncode == code, result
        return json.loads(result.stdout)[0]

    def apply(self, what, ok=True):
        return lyncadm(self.stage, self.store, "apply", "-m", what, hosts=self.hosts_file, ok=ok)

    def goes_on(self, revision, words):
        """One line says what is wrong and what is served instead; status and the served file, too."""
        row = self.status(3)
        assert row["served"] == revision and row["because"].startswith("last known good: "), row
        assert self.httpd.served()[2] == revision
        for word in words:
            assert word in row["because"], row
        assert self.ask(WEBEXT, "/meet/a/b").status == 200


@pytest.fixture(scope="module")
def steady(stage_for_module):
    return Steady(stage_for_module)


def said_once(lines, revision, *words):
    errors = [line for line in lines if ":error]" in line]
    assert len(errors) == 1 and LAST_GOOD in errors[0], "\n".join(lines)
    for word in ("revision %d" % revision, *words):
        assert word in errors[0], errors


class Broken:
    """with Broken(world, fault): the store is broken inside and whole again afterwards."""

    def __init__(self, world, fault):
        self.world, self.fault, self.good = world, fault, world.store + ".good"

    def __enter__(self):
        shutil.copy2(self.world.store, self.good)
        self.fault(self.world.store)

    def __exit__(self, *_):
        if os.path.isdir(self.world.store):
            os.rmdir(self.world.store)
        os.replace(self.good, self.world.store)


@pytest.mark.parametrize("fault", STORE_FAULTS, ids=lambda fault: fault.__name__)
def test_store(steady, fault):
    """SIGUSR1 twice and SIGHUP with a broken store; then the mended one is served."""
    revision = steady.httpd.served()[2]
    steady.httpd.expect(LAST_GOOD)
    with Load(steady.https, WEBEXT) as load:
        load.more()
        with Broken(steady, fault):
            for _ in range(2):
                said_once(steady.signal(signal.SIGUSR1), revision, steady.store)
                load.more()
            assert not load.stop(), load.failed
            steady.goes_on(revision, [steady.store])
            test = steady.httpd.test_config()
            assert test.returncode and "lync.db" in test.stdout
            graceful = steady.httpd.run("-k", "graceful")
            assert graceful.returncode, "a test before the signal is to refuse"
            said_once(steady.signal(signal.SIGHUP), revision, steady.store)
            steady.goes_on(revision, [])
    with Load(steady.https, WEBEXT) as load:
        assert not [line for line in steady.signal(signal.SIGUSR1) if ":error]" in line]
        load.more()
        assert not load.stop(), load.failed
    row = steady.status(0)
    assert row["served"] == revision and row["because"] is None


def test_store_is_locked(steady):
    """By a writer that holds it for longer than anybody waits."""
    revision = steady.httpd.served()[2]
    steady.httpd.expect(LAST_GOOD)
    writer = sqlite3.connect(steady.store, isolation_level=None)
    with Load(steady.https, WEBEXT) as load:
        load.more()
        writer.execute("BEGIN EXCLUSIVE")
        said_once(steady.signal(signal.SIGUSR1), revision, "locked")
        load.more()
        with ThreadPoolExecutor() as asked:         # each waits as long
            graceful = asked.submit(steady.httpd.run, "-k", "graceful")
            steady.goes_on(revision, ["locked"])
            assert graceful.result().returncode
        load.more()
        writer.execute("ROLLBACK")
        writer.close()
        assert not [line for line in steady.signal(signal.SIGUSR1) if ":error]" in line]
        load.more()
        assert not load.stop(), load.failed


def test_directory_cannot_be_read(steady):
    """Its permissions for an ordinary user; for root, who has them all, there is no directory at all."""
    revision, directory = steady.httpd.served()[2], os.path.dirname(steady.store)
    steady.httpd.expect(LAST_GOOD)
    with Load(steady.https, WEBEXT) as load:
        load.more()
        if os.getuid():
            os.chmod(directory, 0)
        else:
            os.rename(directory, directory + ".away")
            write(directory, b"")
        said_once(steady.signal(signal.SIGUSR1), revision, "cannot open")
        load.more()
        steady.goes_on(revision, ["cannot open"])
        assert steady.httpd.run("-k", "graceful").returncode
        load.more()
        if os.getuid():
            os.chmod(directory, 0o755)
        else:
            os.remove(directory)
            os.rename(directory + ".away", directory)
        assert not [line for line in steady.signal(signal.SIGUSR1) if ":error]" in line]
        load.more()
        assert not load.stop(), load.failed


def test_hot_journal(steady):
    """A writer was killed in the middle: what it left is rolled back, and the store served as it was."""
    revision = steady.httpd.served()[2]
    with Load(steady.https, WEBEXT) as load:
        load.more()
        hot_journal(steady.store)
        with pytest.raises(sqlite3.OperationalError):
            sqlite3.connect("file:%s?mode=ro" % steady.store, uri=True).execute("SELECT * FROM state").fetchall()
        assert not [line for line in steady.signal(signal.SIGUSR1) if ":error]" in line]
        load.more()
        assert not load.stop(), load.failed
    assert not os.path.exists(steady.store + "-journal")
    row = steady.status(0)
    assert row["served"] == revision


@pytest.mark.skipif(os.getuid(), reason="only root can make a disk to fill")
def test_disk_is_full(stage):
    """A full disk refuses what is to be written, and goes on being read."""
    os.mkdir(stage.path("store"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", stage.path("store")], check=True)
    stage.closers.append(lambda: subprocess.run(["umount", "-l", stage.path("store")], check=True))
    os.chmod(stage.path("store"), 0o755)
    world = Small(stage, controlled=True, store="store/lync.db")
    add_route(stage, world.store, WEBEXT, "/later", "--action", "refuse")
    with Load(world.https, WEBEXT) as load:
        load.more()
        filler = os.open(stage.path("store", "fill"), os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError):
            while True:
                os.write(filler, b"x" * 4096)
        os.close(filler)
        result = lyncadm(stage, world.store, "server", "set", "fe01.contoso.local", "--pool", world.lync.name,
                         "--weight", 7, ok=False)
        assert result.returncode == 1 and "disk is full" in result.stderr, result
        result = lyncadm(stage, world.store, "apply", "-m", "no room", hosts=world.hosts_file, ok=False)
        assert result.returncode == 1 and ("disk is full" in result.stderr or "No space left" in result.stderr), result
        world.httpd.graceful()
        load.more()
        assert not load.stop(), load.failed
    assert world.httpd.served()[2] == 1
    os.remove(stage.path("store", "fill"))
    add_route(stage, world.store, WEBEXT, "/room", "--action", "refuse")
    lyncadm(stage, world.store, "apply", "-m", "room again", hosts=world.hosts_file)
    assert world.httpd.served()[2] == 2


def test_a_new_port_is_taken(steady):
    """httpd -t cannot know; apply tells which port, the revision before goes on, raw signals included."""
    revision = steady.httpd.served()[2]
    steady.httpd.expect(LAST_GOOD)
    with socket.socket() as other, Load(steady.https, WEBEXT) as load:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        load.more()
        lyncadm(steady.stage, steady.store, "listener", "add", "second", "--port", port, "--certificate", "external")
        lyncadm(steady.stage, steady.store, "route", "add", "second", WEBEXT, "/", "--action", "refuse")
        started = time.monotonic()
        result = steady.apply("a port that is taken", ok=False)
        assert result.returncode == 1 and str(port) in result.stderr and "in use" in result.stderr, result
        assert time.monotonic() - started < 20, "told only when nobody waited any more"
        assert steady.httpd.served()[2] == revision
        steady.status(0)
        raw(steady.store, "UPDATE state SET value = (SELECT max(number) FROM revision) WHERE name = 'active'")
        said_once(steady.signal(signal.SIGUSR1), revision, str(port), "in use")
        load.more()
        assert steady.status(3)["because"].count(str(port))
        other.close()
        assert not [line for line in steady.signal(signal.SIGUSR1) if ":error]" in line]
        load.more()
        assert not load.stop(), load.failed
    assert steady.httpd.served()[2] > revision
    with Load(port, WEBEXT, fresh=1, lasting=0, status=404) as load:
        load.more(3)


@pytest.mark.parametrize("to, back", [("127.0.0.1", "*"), ("*", "127.0.0.1")])
def test_a_listener_changes_its_address(stage, to, back):
    """httpd cannot at a reload, and says so: the one before goes on. It takes a start."""
    world = Small(stage, start=False, controlled=True)
    port = free_port()
    where = ("listener", "set", "more", "--address")
    lyncadm(stage, world.store, "listener", "add", "more", "--port", port, "--scheme", "http", "--address", back)
    world.serve()
    world.httpd.expect(LAST_GOOD)
    lyncadm(stage, world.store, *where, to)
    with Load(world.https, WEBEXT) as load:
        load.more()
        result = lyncadm(stage, world.store, "apply", hosts=world.hosts_file, ok=False)
        assert result.returncode == 1 and "revision 1 is served again" in result.stderr, result
        assert "httpd itself listens to another address of that port" in result.stderr, result
        load.more()
        assert not load.stop(), load.failed
    world.httpd.stop()
    assert "httpd is not running" in lyncadm(stage, world.store, "apply", hosts=world.hosts_file).stdout
    world.httpd.start()
    assert world.httpd.served()[2] == 3 and listening(port)


def test_a_server_that_does_not_resolve(stage):
    """mod_proxy does not go on to another server then: until the first probe some requests fail, with 503."""
    world = Small(stage, servers=("fe01", "fe02"), controlled=True)
    world.httpd.expect("AH00898|AH01114|AH03257")
    words = ("nowhere.contoso.local", "--pool", world.lync.name)
    lyncadm(stage, world.store, "server", "add", *words)
    lyncadm(stage, world.store, "apply", "-m", "no such host", hosts=world.hosts_file)

    def health():
        rows = json.loads(lyncadm(stage, world.store, "status", "--json", hosts=world.hosts_file).stdout)
        return [row["health"] for row in rows if row["noun"] == "server" and row["host"] == words[0]]
    with Load(world.https, WEBEXT) as load:
        wait("its probe fails", lambda: set(health()) == {"down"})
        # one of its backends is down then: Load's is for sure when it has had its turn
        load.more(20)
        assert set(load.stop()) <= {503}
    # of which no request is under way any more
    with Load(world.https, WEBEXT) as load:
        load.more(100)
        assert not load.stop(), load.failed
    for host in ("fe01.contoso.local", "fe02.contoso.local"):
        lyncadm(stage, world.store, "server", "remove", host, "--pool", world.lync.name)
    result = lyncadm(stage, world.store, "apply", "-m", "alone", hosts=world.hosts_file, ok=False)
    assert result.returncode == 1 and "is served again" in result.stderr, result
    assert world.ask(WEBEXT, "/meet/a/b").status == 200


@pytest.mark.smoke
def test_a_mended_store_is_applied_to(steady):
    """After a fault lyncadm goes on as if nothing had been."""
    revision = steady.httpd.served()[2]
    steady.httpd.expect(LAST_GOOD)
    with Broken(steady, garbage):
        steady.signal(signal.SIGUSR1)
    steady.status(3)
    steady.apply("nothing new, but to be served from the store again")
    assert steady.httpd.served()[2] == revision
    steady.status(0)
    add_route(steady.stage, steady.store, WEBEXT, "/mended", "--action", "refuse")
    steady.apply("mended")
    assert steady.httpd.served()[2] > revision
    # a child of the generation before may still take a connection until the signal has reached it
    wait("the proxy answers", lambda: steady.ask(WEBEXT, "/mended").get("X-MS-Server-Fqdn") is None)
    steady.status(0)


@pytest.mark.skipif(not PLAIN, reason="the sanitizers have memory of their own for each time that a module is loaded")
def test_reloads_cost_no_memory(steady):
    """What is kept is one revision, however often it is kept."""
    steady.httpd.expect(LAST_GOOD)

    def reloads(count):
        for number in range(count):
            if number % 2:
                steady.signal(signal.SIGUSR1)
            else:
                with Broken(steady, garbage):
                    steady.signal(signal.SIGUSR1)
        return memory([steady.httpd.process.pid], ("Anonymous:",)) / 1024
    reloads(10)
    before = reloads(2)
    after = reloads(50)
    assert after - before < 500, "%d KB in 50 reloads" % (after - before)


def test_what_mpm_event_closes_is_told_from_a_fault(stage):
    """A socket that it found closed is no finding while SIGHUP ends its children, and one at any other time."""
    httpd = stage.httpd(lync=False)
    closed = "[now] [mpm_event:error] [pid 1:tid 1] (9)Bad file descriptor: AH03093: process_socket: %s"
    resumed = "[now] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache configured -- resuming normal operations"
    hung_up = "[now] [mpm_event:notice] [pid 1:tid 1] AH00494: SIGHUP received.  Attempting to restart"
    lines = [resumed, closed % "before", hung_up, closed % "meanwhile", resumed, closed % "after"]
    with open(httpd.log_path, "w") as log:
        log.write("\n".join(lines) + "\n")
    assert httpd.problems() == [closed % "before", closed % "after"]
