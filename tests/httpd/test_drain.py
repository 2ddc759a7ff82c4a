"""server drain, disable and enable: without a reload, in all children, within what lyncadm itself confirms."""

import concurrent.futures
import json
import os
import re
import shutil
import sqlite3
import time

import pytest

from deploy import WEBEXT, Small
from httpd import PLAIN, VALGRIND, lyncadm, memory, wait
from load import Load
from pin_clients import AUTH, connection, dial, is_fresh_401, login, user
from raw import request_bytes

FE01, FE02 = "fe01.contoso.local", "fe02.contoso.local"
POOL = "lyncpool01.contoso.local"
CHILDREN = 3
BRIEF = 3 if PLAIN else 10              # seconds for children that never take it over; one run of httpd has them too
PROXYS = r"\[(proxy|proxy_http|proxy_balancer|proxy_hcheck|ssl|lync):"


class World(Small):
    """A pool of two servers behind several children, each of which tells what it answered."""

    def __init__(self, stage, mpm="event", **more):
        self.access = stage.path("access.log")
        open(self.access, "w").close()
        more.setdefault("after", "")
        # locks of files take threads of several processes that wait for two of them for deadlocked
        more["after"] += '\nLogFormat "%P %{X-MS-Server-Fqdn}o %s %{begin:usec}t" child\n'
        more["after"] += 'CustomLog "%s" child\n' % self.access
        if mpm == "prefork":
            more["after"] += "StartServers 4\nMinSpareServers 4\nMaxSpareServers 12\nMaxRequestWorkers 32\n"
        else:
            more["after"] += "StartServers %d\nServerLimit 12\nMinSpareThreads 80\nMaxSpareThreads 400\n" \
                             "MaxRequestWorkers 384\n" % CHILDREN
        super().__init__(stage, servers=("fe01", "fe02"), controlled=True, mpm=mpm, **more)

    def admin(self, *words, ok=True):
        return lyncadm(self.stage, self.store, *words, hosts=self.hosts_file, ok=ok)

    def operate(self, verb, host=FE02, *more, ok=True):
        return self.admin("server", verb, host, "-m", "updates", "--wait", 60 if VALGRIND else 20, *more, ok=ok)

    def fresh(self, count=8):
        """So many clients at once, each with a connection of its own; the servers that answered."""
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: self.ask(WEBEXT, "/meet/a/b"), range(count)))
        assert {answer.status for answer in answers} == {200}, answers
        return {answer.get("X-MS-Server-Fqdn") for answer in answers}

    def by_child(self):
        """Fresh clients until each child has answered three of them: pid to the servers that it asked. What began
        before is not counted: its server may have been chosen then."""
        since = time.time() * 1e6
        with open(self.access) as file:
            file.seek(0, os.SEEK_END)
            found = {pid: [] for pid in self.httpd.children()}

            def all_answered():
                self.fresh()
                for line in file:
                    pid, server, status, begun = line.split()
                    if server != "-":           # clients that left again; what they ask for is checked where they are
                        assert status == "200", line
                        if int(begun) >= since:
                            found.setdefault(int(pid), []).append(server)
                return all(len(found[pid]) >= 3 for pid in self.httpd.children() if pid in found)
            wait("every child has answered", all_answered, 60)
        return {pid: set(servers) for pid, servers in found.items() if servers}

    def states(self):
        """What status says of the servers on the https port: host to (state, by, health)."""
        rows = json.loads(self.admin("status", "--json", ok=False).stdout)
        return {row["host"]: (row["state"], row["by"], row["health"]) for row in rows
                if row.get("noun") == "server" and row["port"] == self.lync.https_port}


@pytest.fixture
def world(stage):
    return World(stage)


@pytest.mark.parametrize("mpm", [pytest.param("event", marks=pytest.mark.smoke), "worker", "prefork"])
def test_all_children_take_it_over_at_once(stage, mpm):
    """When the command is done, no child sends a new client there; no request fails; nothing was reloaded."""
    world = World(stage, mpm)
    assert world.fresh(24) == {FE01, FE02}
    before, children = world.httpd.served(), world.httpd.children()
    assert len(children) >= CHILDREN
    with Load(world.https, WEBEXT) as load:
        load.more(20, 60)
        for verb in ("drain", "disable"):
            result = world.operate(verb)
            found = world.by_child()
            assert len(found) >= CHILDREN and set().union(*found.values()) == {FE01}, found
            count = re.fullmatch(r"server '%s' of pool '%s' is \w+ \((\d+) children took it over\)\n" % (FE02, POOL),
                                 result.stdout)
            assert count and int(count.group(1)) >= CHILDREN, result.stdout
            load.more(10, 60)
        world.operate("enable")
        assert set().union(*world.by_child().values()) == {FE01, FE02}
        load.more(10, 60)
    assert not load.failed, load.failed[:3]
    assert world.httpd.served() == before
    assert mpm == "prefork" or set(children) <= set(world.httpd.children())
    assert not world.httpd.lines("SIGUSR1|Graceful restart requested")


def bound(world, name):
    """A client that is logged in at this server, by its own connection."""
    for _ in range(40):
        wire, answer = login(world)
        if answer.header("X-Test-Server") == name:
            return wire, answer
        wire.close()
    raise AssertionError("nobody was bound to " + name)


@pytest.mark.smoke
def test_bound_clients_keep_a_draining_server_until_it_is_disabled(world):
    wires = [bound(world, FE02) for _ in range(3)]
    world.operate("drain")
    for wire, answer in wires:
        for _ in range(3):
            again = wire.get(AUTH)
            assert again.status == 200 and user(again) == "alice" and connection(again) == connection(answer)
    assert login(world, "bob")[1].header("X-Test-Server") == FE01
    world.operate("disable")
    for wire, answer in wires:
        moved = wire.get(AUTH)
        assert is_fresh_401(moved) and moved.header("X-Test-Server") == FE01
        again = login(world, "carol", wire)[1]
        assert again.header("X-Test-Server") == FE01 and connection(again) != connection(answer)
    world.operate("enable")
    assert world.fresh(24) == {FE01, FE02}


def cookies(world):
    """Server to the affinity cookie that leads there."""
    found = {}
    for _ in range(40):
        answer = dial(world).get("/meet/a/b")
        found[answer.header("X-Test-Server")] = answer.headers("Set-Cookie")[-1].partition(";")[0]
        if len(found) == 2:
            return found
    raise AssertionError("only one server answers: %s" % found)


def test_clients_with_the_cookie_keep_a_draining_server(stage):
    world = World(stage, fields=[("affinity", "cookie")])
    cookie = cookies(world)[FE02]

    def served_by(headers):
        answers = [dial(world).get("/meet/a/b", headers=headers) for _ in range(8)]
        assert {answer.status for answer in answers} == {200}
        return {answer.header("X-Test-Server") for answer in answers}
    world.operate("drain")
    assert served_by({"Cookie": cookie}) == {FE02} and served_by({}) == {FE01}
    world.operate("disable")
    assert served_by({"Cookie": cookie}) == {FE01}
    world.operate("enable")
    assert served_by({"Cookie": cookie}) == {FE02}


def test_what_is_under_way_is_answered(world):
    """A pending GET at a server that is drained, then disabled."""
    world.httpd.expect("AH01170")
    with world.open(WEBEXT, seconds=60) as pending:
        pending.send(request_bytes("/lab/sleep?ms=%d&body=late" % (6000 if PLAIN else 30000), WEBEXT))
        world.httpd.pending()
        for host in (FE01, FE02):
            world.operate("drain", host)
            world.operate("disable", host)
        assert pending.receive().body == b"late"
    assert world.ask(WEBEXT, "/meet/a/b").status == 503
    for host in (FE01, FE02):
        world.operate("enable", host)
    assert world.fresh(24) == {FE01, FE02}


def test_the_last_server_of_a_pool(world):
    world.httpd.expect("AH01170")
    world.operate("drain", FE01)
    assert world.fresh(24) == {FE02}
    result = world.operate("disable", FE02)
    assert "warning: pool '%s' has no active server" % POOL in result.stderr and "503" in result.stderr
    answer = world.ask(WEBEXT, "/meet/a/b")
    assert answer.status == 503 and answer.get("Retry-After")


def edit(world, path):
    world.admin("route", "add", "--listener", "external", "--host", WEBEXT, "--path", path, "--action", "refuse")


def test_it_survives_everything_but_enable(world):
    """A reload, an apply, a rollback, a restart of httpd: from the first request on."""
    world.operate("drain")
    world.httpd.graceful()
    assert world.fresh(24) == {FE01}
    edit(world, "/lwa")
    world.admin("apply", "-m", "second")
    assert world.fresh(24) == {FE01}
    world.admin("rollback", 1, "-m", "back")
    assert world.fresh(24) == {FE01}
    world.httpd.stop()
    world.httpd.start()
    assert world.fresh(24) == {FE01}
    assert world.states() == {FE01: ("active", "revision", "up"), FE02: ("drain", "operator", "up")}
    world.operate("enable")
    assert world.fresh(24) == {FE01, FE02}


def test_a_server_that_the_revision_holds(world):
    """The revision's own state counts where no operator said anything; his word beats it, in both directions."""
    world.admin("server", "set", FE02, "--state", "drain")
    world.admin("apply", "-m", "draining")
    assert world.fresh(24) == {FE01}
    result = world.operate("enable", ok=False)
    assert result.returncode == 1 and "revision 2 itself has it in state drain" in result.stderr, result
    world.operate("disable")
    assert world.states()[FE02] == ("disabled", "operator", "up")
    result = world.operate("enable", ok=False)
    assert result.returncode == 1 and "no longer held by an operator, but revision 2 itself" in result.stderr, result
    assert world.states()[FE02] == ("drain", "revision", "up")
    world.admin("server", "set", FE02, "--state", "standby")
    world.admin("apply", "-m", "standing by")
    assert world.fresh(24) == {FE01}
    world.operate("drain")
    world.httpd.graceful()
    assert "is standby (" in world.operate("enable").stdout
    world.operate("drain", FE01)
    assert world.fresh(24) == {FE02}


def test_audited(world):
    world.operate("drain")
    world.operate("enable")
    changes = json.loads(world.admin("audit", "--noun", "server-state", "--json").stdout)
    assert [(row["noun"], row["key"], row["reason"]) for row in changes] == \
        [("server_state", FE02 + " " + POOL, "updates")] * 2
    assert changes[0]["after"]["state"] == "drain" and changes[1]["after"] is None
    assert "server drain " + FE02 in changes[0]["command"]
    world.admin("audit", "verify")


def test_httpd_does_not_run(stage):
    """It is said that it will be so, and it is so."""
    world = World(stage, start=False)
    world.admin("apply", "-m", "first")
    result = world.operate("drain")
    assert "will be draining when httpd serves this store: httpd is not running" in result.stdout, result
    world.httpd.start()
    assert world.fresh(24) == {FE01}


def test_last_known_good_goes_on_with_what_was_said(world):
    """A reload that cannot read the store any more; also one after it."""
    world.operate("drain")
    with open(world.store, "r+b") as file:
        file.write(b"garbage" * 1000)
    world.httpd.expect(r"\[lync:")
    for _ in range(2):
        world.httpd.graceful()
        assert world.fresh(24) == {FE01}
    world.httpd.expect(r"\[lync:")


def test_a_store_that_breaks_the_rule_book_still_says(world):
    """What operators say is read from a store whose revision is refused."""
    with sqlite3.connect(world.store) as database:
        database.execute("DROP TRIGGER pool_update")
        database.execute("UPDATE pool SET ca = NULL WHERE revision = 1")
    world.operate("drain")
    world.httpd.expect(r"\[lync:")
    world.httpd.graceful()
    assert world.fresh(24) == {FE01}


def test_store_is_locked(world):
    """Nothing changes meanwhile; then what was said is taken over."""
    world.operate("drain")
    database = sqlite3.connect(world.store, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    wait("they say so", lambda: world.httpd.lines("LYNC0050.*is locked"), 20)
    assert world.fresh(24) == {FE01}
    database.execute("ROLLBACK")
    wait("they can read again", lambda: len(world.httpd.lines("LYNC0051")) == len(world.httpd.lines("LYNC0050")), 20)
    world.operate("enable")
    assert world.fresh(24) == {FE01, FE02}


def test_store_is_replaced(world):
    """A file renamed into its place is another store: taken over without a word from anybody."""
    other = world.store + ".other"
    shutil.copy2(world.store, other)
    if os.getuid() == 0:
        shutil.chown(other, group=os.stat(world.store).st_gid)
    result = lyncadm(world.stage, other, "server", "drain", FE02, hosts=world.hosts_file, ok=False)
    assert result.returncode == 1 and "is draining in the store, but httpd serves store '%s'" % world.store in result.stderr
    assert world.fresh(24) == {FE01, FE02}
    os.rename(other, world.store)
    wait("it is taken over", lambda: world.fresh(24) == {FE01}, 20)


def test_store_is_gone_and_comes_back(world):
    world.operate("drain")
    os.rename(world.store, world.store + ".away")
    wait("they say so", lambda: len(world.httpd.lines("LYNC0050.*No such file")) >= CHILDREN, 20)
    time.sleep(1.2)
    # one that was just reading says so before
    assert len(world.httpd.lines("LYNC0050(?!.*was replaced meanwhile)")) == len(world.httpd.children()), "told once each"
    assert world.fresh(24) == {FE01}
    os.rename(world.store + ".away", world.store)
    world.operate("enable")
    assert world.fresh(24) == {FE01, FE02}


@pytest.mark.skipif(os.getuid() != 0, reason="httpd's children are somebody else only when root starts it")
def test_children_that_cannot_read_the_store(stage):
    """They are told of, and a reload takes it over when it is asked for."""
    os.mkdir(stage.path("closed"), 0o700)
    world = World(stage, store="closed/lync.db", start=False)
    assert "warning: httpd's children (user nobody, group nogroup) cannot read the store, because directory '%s'" \
        % stage.path("closed") in world.admin("apply", "-m", "first").stderr
    world.httpd.start()
    result = world.admin("server", "drain", FE02, "--wait", BRIEF, ok=False)
    assert result.returncode == 1 and not result.stdout
    assert re.search("process [0-9]+ of httpd has not taken it over within %d s: httpd's children .* cannot read "
                     "the store.*chmod o.x.*; --reload has" % BRIEF, result.stderr), result
    assert world.fresh(24) == {FE01, FE02}
    generation = world.httpd.served()[1]
    assert "is already draining (" in world.operate("drain", FE02, "--reload").stdout
    assert world.httpd.served()[1] == generation + 1
    assert world.fresh(24) == {FE01}
    os.chmod(stage.path("closed"), 0o711)
    world.operate("enable", FE02)
    assert world.httpd.served()[1] == generation + 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_rights(world):
    """The store is httpd's group's to read, nobody's but root's to write, and closed to others."""
    import grp
    info = os.stat(world.store)
    assert (info.st_uid, grp.getgrgid(info.st_gid).gr_name, info.st_mode & 0o7777) == (0, "nogroup", 0o640)
    os.chown(world.store, 0, 0)
    os.chmod(world.store, 0o620)
    world.operate("drain")
    info = os.stat(world.store)
    assert (grp.getgrgid(info.st_gid).gr_name, info.st_mode & 0o7777) == ("nogroup", 0o640)
    assert world.fresh(24) == {FE01}
    os.chown(world.store, 0, grp.getgrnam("daemon").gr_gid)
    os.chmod(world.store, 0o660)
    result = world.admin("server", "enable", FE02, "--wait", BRIEF, ok=False)
    assert result.returncode == 1 and "as root, 'chgrp nogroup %s" % world.store in result.stderr
    info = os.stat(world.store)
    assert (grp.getgrgid(info.st_gid).gr_name, info.st_mode & 0o7777) == ("daemon", 0o660)


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_children_of_the_generation_before_say_that_they_stop(stage, mpm):
    """Also one with a pending request, which goes on to live."""
    world = World(stage, mpm)
    with world.open(WEBEXT, seconds=60) as pending:
        pending.send(request_bytes("/lab/sleep?ms=%d&body=late" % (10000 if PLAIN else 40000), WEBEXT))
        world.httpd.pending()
        old = set(world.httpd.children())
        world.httpd.graceful()
        wait("they stop", lambda: all(place[2] for place in world.httpd.counted() if place[0] in old), 5)
        assert old & {place[0] for place in world.httpd.counted()}, "none is left to say it"
        assert "took it over" in world.operate("drain").stdout
        assert pending.receive().body == b"late"
    assert world.fresh(24) == {FE01}


def test_a_child_that_lost_its_slot_is_seen_until_it_ends(stage):
    """The worker MPM gives the slot of one that still answers to a new one, but not when all its idle threads ended before
    its listener had noted that it ends: then it calls the scoreboard full, and another one has to be told to end."""
    world = World(stage, "worker", start=False)
    world.httpd.after = "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMaxRequestWorkers 16\n"
    world.httpd.write()
    world.serve()
    # there is no room for spare threads; nor an idle one, while those of a child that is told to end have not ended yet
    world.httpd.expect("AH00287|AH00286")
    taken = False
    for attempt in range(8):
        with world.open(WEBEXT, seconds=60) as pending:
            pending.send(request_bytes("/lab/sleep?ms=%d&body=late" % (15000 if PLAIN else 30000), WEBEXT))
            world.httpd.pending()
            old = set(world.httpd.children())
            world.httpd.graceful()
            deadline = time.monotonic() + 5
            while not taken and time.monotonic() < deadline:
                taken = any(place[1] > attempt for place in world.httpd.counted())
                time.sleep(0.05)
            assert old <= {place[0] for place in world.httpd.counted()}
            assert pending.receive().body == b"late"
        wait("it ends", lambda: not old & {place[0] for place in world.httpd.counted()})
        if taken:
            break
        assert world.httpd.lines("AH00288"), "httpd did not call the scoreboard full, and started no child"
        world.httpd.expect("AH00288")
        wait("a new one", lambda: any(place[1] > attempt for place in world.httpd.counted()))
    assert taken, "no child was given the slot of another"


@pytest.mark.skipif(VALGRIND or os.environ.get("LYNC_SANITIZE") == "1", reason="memory is the tool's own")
def test_memory(world):
    """30 changes, and many more looks. One of the children makes the probes and grows by them."""
    def anonymous():
        return {pid: memory([pid], ("Anonymous:",)) / 1024 for pid in world.httpd.children()}
    for number in range(36):
        world.operate("drain" if number % 2 else "enable", FE02)
        if number == 5:
            before = anonymous()
    after = anonymous()
    grown = sorted(after[pid] - before[pid] for pid in before if pid in after)
    assert len(grown) >= CHILDREN and grown[-2] < 150, grown


def test_status_tells_which_servers_are_down(world):
    """And since when; it is no drift. The health is the probe's, whatever an operator said."""
    states = world.states()
    assert states == {FE01: ("active", "revision", "up"), FE02: ("active", "revision", "up")}
    world.httpd.expect(PROXYS)
    world.operate("drain")
    world.lync.server("fe02").kill()
    wait("it is down", lambda: world.states()[FE02] == ("drain", "operator", "down"), 30)
    result = world.admin("status")
    table = result.stdout.partition("\nservers\n")[2].splitlines()
    assert table[0].split() == ["pool", "host", "port", "state", "by", "health", "since", "not_after", "certificate"]
    row = next(line.split() for line in table if FE02 in line and str(world.lync.https_port) in line)
    assert row[:6] == [POOL, FE02, str(world.lync.https_port), "drain", "operator", "down"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[6])
    world.lync.server("fe02").start()
    wait("it is up", lambda: world.states()[FE02] == ("drain", "operator", "up"), 30)
    world.httpd.expect(PROXYS)
