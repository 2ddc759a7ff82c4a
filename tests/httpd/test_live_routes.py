"""A change of routes alone: every child of httpd takes it over, and nothing is reloaded."""

import concurrent.futures
import errno
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from deploy import WEBEXT, Small, add_route, watchers
from httpd import PLAIN, TOP, VALGRIND, lyncadm, wait
from load import Load
from pin_clients import AUTH, connection, login, user
from raw import request_bytes

sys.path.insert(0, os.path.join(TOP, "tests", "cli"))
from unguarded import unguarded  # noqa: E402

CHILDREN = 3
HEALTH = "/Autodiscover/AutodiscoverService.svc/root"
LIVE = r"revision (\d+) is served without a reload \(generation (\d+)\)"
RELOADED = r"revision (\d+) is served \(generation (\d+)\)"
RELOAD = "SIGUSR1|Graceful restart requested"
SOON = 60 if VALGRIND else 20


class World(Small):
    """A pool of two servers behind several children; /which tells by which revision it was answered."""

    def __init__(self, stage, mpm="event", **more):
        more.setdefault("after", "")
        if mpm == "prefork":
            more["after"] += "\nStartServers 4\nMinSpareServers 4\nMaxSpareServers 12\nMaxRequestWorkers 32\n"
        else:
            more["after"] += "\nStartServers %d\nServerLimit 12\nMinSpareThreads 80\nMaxSpareThreads 400\n" \
                             "MaxRequestWorkers 384\n" % CHILDREN
        super().__init__(stage, servers=("fe01", "fe02"), controlled=True, start=False, mpm=mpm, **more)
        add_route(stage, self.store, WEBEXT, "/which", "--action", "redirect", "--location", "https://revision/1")
        self.serve()

    def admin(self, *words, ok=True):
        return lyncadm(self.stage, self.store, *words, hosts=self.hosts_file, ok=ok)

    def mark(self, number):
        self.admin("route", "set", "external", WEBEXT, "/which", "--location", "https://revision/%d" % number)

    def apply(self, *more, how=LIVE):
        """The revision that is served then."""
        result = self.admin("apply", *more)
        found = re.match(how, result.stdout)
        assert found, result
        return int(found.group(1))

    def step(self, number, *more, how=LIVE):
        self.mark(number)
        assert self.apply(*more, how=how) == number

    def which(self):
        answer = self.ask(WEBEXT, "/which")
        assert answer.status == 302, answer
        return int(answer.get("Location").rpartition("/")[2])

    def by_child(self, path="/which"):
        """A nonce lets each child tell who it is: pid to what it answered, until all have that are still there: MPM
        prefork ends idle ones."""
        self.httpd.nonce("f" * 32)
        found, pids = {}, set(self.accepting())

        def ask(_):
            answer = self.ask(WEBEXT, path, fields=[("Lync-Probe", "f" * 32)])
            return int(answer.get("Lync-Pid")), (int(answer.get("Lync-Revision")), answer.get("Lync-Decision"))

        def all_answered():
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                for pid, said in threads.map(ask, range(24)):
                    found.setdefault(pid, set()).add(said)
            return pids & set(self.accepting()) <= set(found)
        try:
            wait("every child has answered", all_answered, 60)
        finally:
            self.httpd.nonce("")
        return found

    def accepting(self):
        """Children that take connections: pid to (revision, tables)."""
        alive = set(self.httpd.children())
        return {pid: (revision, tables) for pid, _, stopping, _, revision, _, tables in self.httpd.places()
                if pid in alive and not stopping}

    def activate(self, revision):
        """As somebody would who goes around lyncadm: nobody is waited for."""
        with unguarded(self.store) as database:
            database.execute("UPDATE state SET value = ? WHERE name = 'active'", (str(revision),))

    def taken(self, revision):
        wait("revision %d is taken over" % revision,
             lambda: {each[0] for each in self.accepting().values()} == {revision}, SOON)


@pytest.fixture
def world(stage):
    return World(stage)


def refuse(world, path):
    add_route(world.stage, world.store, WEBEXT, path, "--action", "refuse")


def publish(world, path, *more):
    add_route(world.stage, world.store, WEBEXT, path, "--pool", world.lync.name, "--scheme", "https", "--profile", "web",
              *more)


@pytest.mark.parametrize("mpm", [pytest.param("event", marks=pytest.mark.smoke), "worker", "prefork"])
def test_every_child_takes_it_over(stage, mpm):
    """Refused, redirected, published; added, changed, removed: by the same children, and no request fails."""
    world = World(stage, mpm)
    wait("all children are there", lambda: len(world.accepting()) >= CHILDREN)
    generation, children = world.httpd.served()[1], set(world.httpd.children())
    steps = [(("add", "--listener", "external", "--host", WEBEXT, "--path", "/new", "--action", "refuse"), "refuse"),
             (("set", "external", WEBEXT, "/new", "--action", "redirect", "--location", "https://elsewhere/"),
              "redirect to https://elsewhere/"),
             (("set", "external", WEBEXT, "/new", "--action", "publish", "--pool", world.lync.name, "--scheme", "https",
               "--profile", "web", "--location", ""), None),
             (("remove", "external", WEBEXT, "/new"), None)]
    # a child of prefork has one client at a time, and would not be asked while that stays
    with Load(world.https, WEBEXT, lasting=0 if mpm == "prefork" else 2) as load:
        load.more(20, 60)
        for number, (words, decision) in enumerate(steps, 2):
            world.admin("route", *words)
            assert world.apply() == number
            said = world.by_child("/new/a")
            assert len(said) >= CHILDREN
            assert set().union(*said.values()) == {(number, decision or "publish to %s by https" % world.lync.name)}
            load.more(10, 60)
    assert not load.failed, load.failed[:3]
    assert world.httpd.served()[1:] == (generation, 5)
    assert {revision for revision, _ in world.accepting().values()} == {5}
    assert mpm == "prefork" or children <= set(world.httpd.children())
    assert not world.httpd.lines(RELOAD)


@pytest.mark.smoke
def test_what_is_under_way_ends_by_its_own_table(world):
    """A pending request goes on although the revision after refuses it, and the table goes when it has ended."""
    seconds = 15 if PLAIN else 60
    with world.open(WEBEXT, seconds=seconds + 20) as pending:
        pending.send(request_bytes("/lab/sleep?ms=%d000&body=late" % seconds, WEBEXT))
        time.sleep(0.5)
        world.mark(2)
        world.apply()                                   # a table of its own under which the other one begins
        with world.open(WEBEXT, seconds=seconds + 20) as second:
            second.send(request_bytes("/lab/sleep?ms=%d000&body=later" % seconds, WEBEXT))
            time.sleep(0.5)
            refuse(world, "/lab")
            world.apply()
            assert world.ask(WEBEXT, "/lab/sleep?ms=1").status == 404
            assert any(tables > 1 for _, tables in world.accepting().values())
            assert pending.receive().body == b"late" and second.receive().body == b"later"
            # the same connection, another request: the table of now
            second.send(request_bytes("/lab/sleep?ms=1", WEBEXT))
            assert second.receive().status == 404
    wait("old tables are gone", lambda: {tables for _, tables in world.accepting().values()} == {1}, SOON)


def test_bound_clients_keep_their_connections(world):
    clients = [login(world, name) for name in ("alice", "bob", "alice", "carol")]
    for number in range(2, 5):
        world.step(number)
        for wire, answer in clients:
            again = wire.get(AUTH)
            assert again.status == 200 and user(again) == user(answer) and connection(again) == connection(answer)


def test_a_host_that_is_new_takes_a_reload(world):
    """What is not of routes alone goes the way it went, and the next change of routes goes without again."""
    generation = world.httpd.served()[1]
    world.admin("publish", "simple-url", "meet", "https://lync.contoso.com/Meet", "--via", world.lync.name)
    assert world.apply(how=RELOADED) == 2
    assert world.httpd.served()[1] == generation + 1 and world.ask("lync.contoso.com", "/meet/a/b").status == 200
    refuse(world, "/lwa")
    assert world.apply() == 3
    world.admin("unpublish", "lync.contoso.com")
    assert world.apply(how=RELOADED) == 4
    assert world.httpd.served()[1] == generation + 2
    world.admin("server", "set", "fe02.contoso.local", "--state", "standby")
    assert world.apply(how=RELOADED) == 5
    world.step(6, "--reload", how=RELOADED)
    rows = json.loads(world.admin("rollback", "5", "--json").stdout)
    assert rows[0]["how"] == "live" and rows[0]["generation"] == world.httpd.served()[1] == generation + 4
    assert set().union(*world.by_child().values()) == {(5, "redirect to https://revision/1")}


def test_rollback_and_a_backend_that_came_back(world):
    """From what the generation was started with: a backend that a revision in between did not use is still there."""
    world.step(2)
    world.step(3)
    for number in (1, 3, 2):
        result = world.admin("rollback", number)
        assert re.match(LIVE, result.stdout) and {world.which() for _ in range(10)} == {number}
    assert not world.httpd.lines(RELOAD)


def test_apply_goes_back_without_a_reload(world):
    """What the pool is asked for is answered by the proxy: the pool ceases to answer."""
    world.step(2)
    before = world.httpd.served()
    publish(world, HEALTH, "--refuse-headers", "Host")
    result = world.admin("apply", ok=False)
    assert result.returncode == 1 and "revision 2 is served again" in result.stderr, result
    assert {world.which() for _ in range(10)} == {2} and world.httpd.served() == before
    assert world.ask(WEBEXT, HEALTH).status == 200
    assert not world.httpd.lines(RELOAD)


def test_a_trial_ends_by_itself(world):
    seconds = 5 if PLAIN else 30
    generation = world.httpd.served()[1]
    world.mark(2)
    assert "on trial" in world.admin("apply", "--confirm", "%ds" % seconds).stdout and world.which() == 2
    wait("revision 1 is served again", lambda: {each[0] for each in world.accepting().values()} == {1}, seconds + SOON)
    wait("it is the active one", lambda: json.loads(
        world.admin("status", "--json", ok=False).stdout)[0]["active"] == 1, seconds + SOON)
    assert {world.which() for _ in range(10)} == {1} and world.httpd.served()[1] == generation
    wait("nobody is to end it any more", lambda: not watchers(world.store), 60)


def test_children_that_come_later(world):
    """They serve what the others do from their first request on."""
    world.step(2)
    for _ in range(3):
        kill_one(world)
        assert {world.which() for _ in range(20)} == {2}
        said = world.by_child()
        assert set().union(*said.values()) == {(2, "redirect to https://revision/2")}


def kill_one(world):
    """The pid of a child that was killed, once there is another one."""
    victim, rest = next(iter(world.accepting())), set(world.accepting())
    world.httpd.expect("AH00052.* %d exit signal Killed|AH00052: child pid %d " % (victim, victim))
    os.kill(victim, signal.SIGKILL)
    wait("another child", lambda: set(world.accepting()) - rest and len(world.accepting()) >= CHILDREN, SOON)
    return victim


def many(world, count):
    with unguarded(world.store) as database:
        for number in range(count):
            database.execute("INSERT INTO route (revision, listener, host, path, action) VALUES (0, 'external', ?, ?, "
                             "'refuse')", (WEBEXT, "/many/%d" % number))


def test_a_child_that_begins_says_what_it_serves(world):
    """Not what the generation was started with, before it has looked: status would be "reloading"."""
    many(world, 2000)
    world.step(2)
    known, said, over = set(world.accepting()), set(), threading.Event()

    def watch():
        while not over.is_set():
            said.update((pid, revision) for pid, _, _, change, revision, _, _ in world.httpd.places()
                        if pid not in known and (change or revision))
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for _ in range(4):
            kill_one(world)
    finally:
        over.set()
        thread.join()
    assert said and {revision for _, revision in said} == {2}, said


@pytest.mark.parametrize("number", [1, 2])
def test_a_child_that_begins_does_not_wait_for_the_store(world, number):
    """Whoever opens it does not come back, as on a share that is gone: all sites are served all the same."""
    if number == 2:
        world.step(2)
    aside, pipe = world.store + ".aside", world.store + ".pipe"
    os.rename(world.store, aside)
    os.mkfifo(world.store)
    try:
        victim = kill_one(world)
        assert victim not in world.accepting() and {world.which() for _ in range(20)} == {number}
        assert set().union(*world.by_child().values()) == {(number, "redirect to https://revision/%d" % number)}
    finally:
        os.rename(world.store, pipe)
        os.rename(aside, world.store)

    def looked():
        """The pipe's end for all who wait for it."""
        try:
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            return error.errno == errno.ENXIO
    wait("nobody waits for the pipe", looked)
    world.step(number + 1)


def spoil(store):
    """Nobody can read it; what it was."""
    with open(store, "r+b") as file:
        good = file.read()
        file.seek(0)
        file.write(b"x" * 4096)
    return good


@pytest.mark.parametrize("number", [1, 2])
def test_a_trial_ends_without_the_store(world, number):
    """In children that were there, and in those that come later: what they serve is what was served before."""
    seconds = 60 if VALGRIND else 10
    if number == 2:
        world.step(2)
    world.mark(number + 1)
    begun = time.monotonic()
    assert "on trial" in world.admin("apply", "--confirm", "%ds" % seconds).stdout and world.which() == number + 1
    good = spoil(world.store)
    kill_one(world)
    wait("revision %d is served again" % number,
         lambda: {each[0] for each in world.accepting().values()} == {number}, seconds + SOON)
    assert time.monotonic() > begun + seconds, "not sooner"
    assert {world.which() for _ in range(20)} == {number}
    assert world.httpd.lines("LYNC0077.* trial of revision %d is over: revision %d is" % (number + 1, number))
    with open(world.store, "r+b") as file:
        file.write(good)
    wait("it is the active one", lambda: json.loads(
        world.admin("status", "--json", ok=False).stdout)[0]["active"] == number, SOON)
    wait("nobody is to end it any more", lambda: not watchers(world.store), 60)
    world.taken(number)


def last_change(world):
    return sqlite3.connect(world.store).execute("SELECT max(id) FROM change").fetchone()[0]


def test_what_was_confirmed_outlives_the_store(world):
    world.mark(2)
    assert "on trial" in world.admin("apply", "--confirm", "1h").stdout
    world.admin("confirm")
    change = last_change(world)
    wait("children have looked", lambda: all(place[3] >= change for place in world.httpd.places()), SOON)
    wait("nobody is to end it any more", lambda: not watchers(world.store), 60)
    spoil(world.store)
    kill_one(world)
    assert {world.which() for _ in range(20)} == {2}
    assert set().union(*world.by_child().values()) == {(2, "redirect to https://revision/2")}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a disk to fill")
def test_the_runtime_directory_is_full(stage):
    """What is left to later children is a fallback: servers and routes are taken over all the same, it is told once, and
    done when there is room."""
    run = stage.path("httpd0", "run")
    os.makedirs(run)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", run], check=True)
    stage.closers.append(lambda: subprocess.run(["umount", "-l", run], check=True))
    world = World(stage)
    wait("all children are there", lambda: len(world.accepting()) >= CHILDREN)
    fill = os.path.join(run, "fill")
    with pytest.raises(OSError), open(fill, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    world.step(2)
    result = world.admin("server", "drain", "fe02.contoso.local")
    assert "is draining (%d children took it over)" % len(world.accepting()) in result.stdout, result
    world.httpd.expect("LYNC0078")
    told = r"LYNC0078.*cannot leave its routes to other children of httpd: No space left on device: should the store " \
           "be gone, they will not serve revision 2"
    wait("each child tells", lambda: len(world.httpd.lines(told)) == CHILDREN, SOON)
    world.step(3)
    time.sleep(2)
    assert len(world.httpd.lines("LYNC0078")) == CHILDREN
    assert not world.httpd.lines("LYNC0071") and not world.httpd.lines(RELOAD)
    os.remove(fill)
    world.step(4)
    wait("each child tells", lambda: len(world.httpd.lines("LYNC0079")) == CHILDREN, SOON)
    spoil(world.store)
    kill_one(world)
    assert {world.which() for _ in range(20)} == {4}


@pytest.mark.parametrize("reload", [False, True])
def test_the_store_goes_bad_afterwards(world, reload):
    """Later children, and a reload, go on with what was taken over last."""
    world.step(2)
    world.httpd.expect("LYNC0033|AH00052|AH10392")
    good = spoil(world.store)
    if reload:
        world.httpd.reload()
    else:
        for pid in world.accepting():
            os.kill(pid, signal.SIGKILL)
        wait("other children", lambda: len(world.accepting()) >= CHILDREN, SOON)
    assert {world.which() for _ in range(20)} == {2}
    assert set().union(*world.by_child().values()) == {(2, "redirect to https://revision/2")}
    with open(world.store, "r+b") as file:
        file.write(good)
    world.httpd.reload()
    assert {world.which() for _ in range(20)} == {2}
    world.step(3)


@pytest.mark.skipif(os.getuid() != 0, reason="children of httpd have the same rights")
def test_children_that_cannot_read_the_store(world):
    world.step(2)
    os.chown(world.store, 0, 12345)
    os.chmod(world.store, 0o640)
    world.mark(3)
    result = world.admin("apply")
    assert "cannot read the store" in result.stderr and "a change of routes take a reload" in result.stderr
    assert re.match(RELOADED, result.stdout) and {world.which() for _ in range(20)} == {3}


def test_what_children_do_not_trust(world):
    """Active by the hand of somebody: not of routes alone, or against the rule book. It is told once, and nothing
    changes."""
    world.step(2)
    world.admin("server", "set", "fe02.contoso.local", "--state", "standby")
    assert world.apply("--no-probe", how=RELOADED) == 3
    world.step(4)
    world.activate(2)
    told = r"LYNC0071.*revision 2 has another server '.*': it takes a reload"
    wait("it is told", lambda: world.httpd.lines(told), SOON)
    assert {world.which() for _ in range(10)} == {4}
    world.activate(4)
    wait("it is over", lambda: world.httpd.lines("LYNC0072"), SOON)
    with unguarded(world.store) as database:
        database.execute("UPDATE route SET location = NULL WHERE revision = 2 AND path = '/which'")
        database.execute("UPDATE server SET state = 'standby' WHERE revision = 2 AND host = 'fe02.contoso.local'")
    told = len(world.httpd.lines("LYNC0071"))
    world.activate(2)
    wait("it is told", lambda: world.httpd.lines(r"LYNC0071.*route .*which.*location"), SOON)
    time.sleep(2)
    assert {world.which() for _ in range(10)} == {4}
    assert len(world.httpd.lines("LYNC0071")) - told <= CHILDREN, "once for each child"
    status = json.loads(world.admin("status", "--json", ok=False).stdout)[0]
    assert (status["active"], status["served"], status["drift"]) == (2, 4, "yes")
    world.activate(4)


def flip(database, revision):
    database.execute("UPDATE state SET value = ? WHERE name = 'active'", (str(revision),))
    database.commit()


def test_memory_stays_flat(stage):
    """Some dozen tables of 500 routes each; of thousands tests/unit has it."""
    world = World(stage)
    many(world, 500)
    world.mark(2)
    world.apply()
    world.step(3)
    database = sqlite3.connect(world.store, timeout=20)
    guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        database.execute("DROP TRIGGER %s" % name)
    database.commit()

    def turns(count):
        for number in range(count):
            flip(database, 2 + number % 2)
            world.taken(2 + number % 2)
    turns(20)
    before = world.httpd.memory()
    turns(60 if PLAIN else 10)
    after = world.httpd.memory()
    for _, text in guards:
        database.execute(text)
    database.commit()
    database.close()
    assert {tables for _, tables in world.accepting().values()} == {1}
    assert not PLAIN or after < before + CHILDREN * 600 * 1024, (before, after)


def test_the_page_shows_what_this_child_serves(stage):
    from status import Page, site
    from httpd import free_port
    page = Page(free_port())
    world = World(stage, before=site(page.port), modules=("authz_host",))
    routes = page.row("pool")["routes"]
    refuse(world, "/lwa")
    world.admin("route", "remove", "external", WEBEXT, "/which")
    publish(world, "/more")
    time.sleep(1.1)                                     # times are whole seconds
    assert world.apply() == 2
    for _ in range(12):
        row = page.row()
        assert (row["state"], row["served"], row["wanted"]) == ("served", 2, 2)
        assert page.row("pool")["routes"] == routes + 1
        assert {each["state"] for each in page.rows("listener")} == {"open"}
    status = json.loads(world.admin("status", "--json").stdout)
    assert status[0]["served_since"] == page.row()["served_since"] > page.rows("generation")[0]["started"]
    assert [row["revision"] for row in status if row["noun"] == "generation"] == [2]


@pytest.mark.parametrize("words", [["apply", "--reload"], ["apply"], ["rollback", "1"], ["apply", "--confirm", "1h"]])
def test_httpd_runs_an_older_module(world, words):
    """After an upgrade of the package: what only a reload mends says so, and whoever reloads does it."""
    world.step(2)
    with open(os.path.join(world.httpd.folder, "run", "lync.served"), "r+b") as file:
        file.write(b"lyncsv1\0")
    told = "not written by this version of mod_lync: reload httpd"
    assert told in world.admin("status", "--json", ok=False).stdout
    result = world.admin("server", "drain", "fe02.contoso.local", ok=False)
    assert result.returncode == 1 and told in result.stderr, result
    world.mark(3)
    result = world.admin(*words, *(["--discard"] if words[0] == "rollback" else []))
    number = 1 if words[0] == "rollback" else 3
    assert re.match(RELOADED, result.stdout) and {world.which() for _ in range(10)} == {number}, result
    world.admin("server", "drain", "fe02.contoso.local")
    if "--confirm" in words:
        world.admin("confirm")
    assert told not in world.admin("status", "--json", ok=False).stdout


def test_a_file_of_the_second_in_which_httpd_started(world):
    """It may have changed before httpd read it, or after."""
    world.step(2)
    ca = world.pki.internal.path

    def reloaded():
        before = world.httpd.served()[1]
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            reload = thread.submit(world.httpd.reload)
            while world.httpd.served()[1] == before and not reload.done():
                os.utime(ca)
                time.sleep(0.01)
            reload.result()
        return world.httpd.started(world.httpd.served()[1]) == int(os.stat(ca).st_ctime)
    wait("a reload in the second of a change", reloaded, 60)
    wait("a later second", lambda: int(time.time()) > int(os.stat(ca).st_ctime))
    world.step(3, how=RELOADED)
    world.step(4)
