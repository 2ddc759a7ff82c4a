"""Generations of children: at a reload the new one accepts at once, and old ones with pending polls neither fill the
scoreboard nor are cut without need."""

import os
import re
import resource
import signal
import sqlite3
import statistics
import struct
import subprocess
import threading
import time

import pytest

from deploy import WEBEXT, Small, add_route, control_of
from httpd import PATIENCE, PLAIN, VALGRIND, lyncadm, wait
from load import Load
from pin_clients import GONE, dial, login
from test_away import by_tls, in_clear, requests

FIFTEEN_MINUTES = "/lab/sleep?ms=900000&body=late&"
FULL = "AH03490|AH00288|scoreboard is full"
LETS_GO = "LYNC0061"
SIGALRM = 1 << (signal.SIGALRM - 1)
UNDER_WAY = 1.5 if PLAIN else 4             # seconds until a poll is at the pool, and beyond its first second there


class Poll(threading.Thread):
    """A client with a pending poll: it reads the answer and closes, as clients do."""

    def __init__(self, world, target=FIFTEEN_MINUTES, come=by_tls, method="GET", **request):
        super().__init__(daemon=True)
        self.wire, self.answer, self.problem = come(world), None, None
        self.wire.ask(method, target, **request)
        self.wire.socket.settimeout(1000)
        self.start()

    def run(self):
        try:
            self.answer = self.wire.read()
        except GONE as problem:
            self.problem = problem
        self.wire.close()

    def is_pending(self):
        return self.is_alive()

    def leave(self):
        """Its thread reads: the socket ends under it, and closes there."""
        try:
            self.wire.socket.shutdown(2)
        except OSError:
            pass


def own(stage, mpm="event", slots=4, children=2, threads=16, start=1, more="", spare=8, **arguments):
    """slots: of the scoreboard; children: that a generation may have."""
    world = Small(stage, servers=("fe01", "fe02"), start=False, mpm=mpm, **arguments)
    world.httpd.after = more
    if mpm == "prefork":
        limits = {"StartServers": 3, "MinSpareServers": 2, "ServerLimit": slots, "MaxRequestWorkers": slots}
    else:
        limits = {"StartServers": start, "ServerLimit": slots, "ThreadLimit": threads, "ThreadsPerChild": threads,
                  "MaxRequestWorkers": children * threads, "MinSpareThreads": spare,
                  "MaxSpareThreads": children * threads}
    world.httpd.after += "".join("\n%s %d" % limit for limit in limits.items())
    world.httpd.always.append(re.compile("AH10159|AH00484|AH00161"))    # they come near to MaxRequestWorkers
    world.httpd.write()
    lyncadm(stage, world.store, "profile", "set", "web", "--timeout", 900)
    lyncadm(stage, world.store, "profile", "set", "poll", "--timeout", 2)
    add_route(stage, world.store, WEBEXT, "/lab", "--pool", world.lync.name, "--scheme", "http", "--profile", "poll",
              "--refuse-headers", "Authorization X-MS-WebTicket", "--methods", "GET HEAD", listener="discovery")
    return world.serve()


def reload(world):
    """A raw signal, and the next one may come when this is done."""
    before = len(world.httpd.lines("resuming normal operations"))
    world.httpd.process.send_signal(signal.SIGUSR1)
    wait("it resumes", lambda: len(world.httpd.lines("resuming normal operations")) > before)


def limit(world, **limits):
    """Of the MPM, from the next reload on."""
    for name, value in limits.items():
        world.httpd.after, count = re.subn(r"\b%s \d+" % name, "%s %d" % (name, value), world.httpd.after)
        assert count
    world.httpd.write()


def hold(world, count=2, **arguments):
    polls = [Poll(world, **arguments) for _ in range(count)]
    time.sleep(UNDER_WAY)
    return polls


def own_of_two(stage, **arguments):
    """Five polls need both children."""
    return own(stage, threads=4, start=2, spare=1, **arguments)


def leave(polls):
    for poll in polls:
        poll.leave()
    for poll in polls:
        poll.join(PATIENCE)


def same(answer):
    """What a client goes by."""
    return answer.status, answer.body, sorted(name.lower() for name, _ in answer.fields)


def timed_out(world):
    """What the service's own time-out gives, on a connection that ends with it."""
    world.httpd.always.append(re.compile("AH01102|AH00898"))
    with in_clear(world) as wire:
        wire.ask("GET", FIFTEEN_MINUTES, headers={"Connection": "close"})
        answer = wire.read()
    assert answer.status == 504
    return answer


def assert_let_go(world, polls, like):
    for poll in polls:
        poll.join(PATIENCE)
        assert not poll.is_pending() and poll.answer and same(poll.answer) == same(like), (poll.answer, poll.problem)


def accepts_after(world):
    """Seconds from the end of a reload until a new client is answered."""
    reload(world)
    since = time.monotonic()
    assert dial(world).get("/meet/a/b").status == 200
    return time.monotonic() - since


@pytest.mark.parametrize("mpm", ["event", "worker"])
def test_new_children_accept_at_once(stage, mpm):
    """With a poll in every child, by turns with LyncQuickReload and without: there it is httpd's second. MPM prefork
    always has children that end at once."""
    world = own(stage, mpm, slots=64, children=16, more="LyncQuickReload On")
    polls, took = [], {"On": [], "Off": []}
    for _ in range(3):
        for value in took:
            world.httpd.after = re.sub("LyncQuickReload [A-Za-z]+", "LyncQuickReload " + value, world.httpd.after)
            world.httpd.write()
            polls += hold(world)
            took[value].append(accepts_after(world))
    assert all(poll.is_pending() for poll in polls) and not world.httpd.lines(LETS_GO)
    leave(polls)
    assert 3 * statistics.median(took["On"]) < statistics.median(took["Off"]), took


@pytest.mark.parametrize("mpm, slots, count, reloads", [("event", 4, 2, 20), ("prefork", 16, 4, 8)])
def test_reloads_in_a_row(stage, mpm, slots, count, reloads):
    """Raw signals, each when the last one is done, and fifteen-minute polls in every generation."""
    world = own(stage, mpm, slots)
    like, polls = timed_out(world), []
    for number in range(reloads):
        polls.append(hold(world, count))
        if number == reloads - 2:
            late = Poll(world, "/lab/sleep?ms=%d&body=late" % (7000 if PLAIN else 20000))
            time.sleep(UNDER_WAY)
        reload(world)
        assert dial(world).get("/meet/a/b").status == 200
        assert len(world.httpd.children()) <= slots
    let_go = [some for some in polls if not any(poll.is_pending() for poll in some)]
    assert len(let_go) >= reloads / 2 and let_go[0] is polls[0]
    assert_let_go(world, [poll for some in let_go for poll in some], like)
    assert all(poll.is_pending() for poll in polls[-1])
    late.join(PATIENCE)
    assert late.answer.status == 200 and late.answer.body == b"late"
    assert not world.httpd.lines(FULL)
    leave(poll for some in polls for poll in some if poll.is_pending())


def test_reloads_under_load(stage):
    """No request fails, with polls pending in every generation and a scoreboard for two."""
    world = own(stage)
    polls = []
    with Load(world.https, WEBEXT, pause=0.02) as load:
        for _ in range(20):
            polls += [Poll(world) for _ in range(2)]
            load.more(10, 4 * PATIENCE)
            reload(world)
        load.more(20, 4 * PATIENCE)
    assert not load.failed, load.failed[:3]
    assert not world.httpd.lines(FULL)
    leave(poll for poll in polls if poll.is_pending())


def test_one_old_generation_is_left_alone(stage):
    """There is room for it, if for no other."""
    world = own_of_two(stage)
    polls = hold(world, 5)
    reload(world)
    wait("two children each", lambda: len(world.httpd.children()) == 4)
    time.sleep(2 * UNDER_WAY)
    assert all(poll.is_pending() for poll in polls) and not world.httpd.lines(LETS_GO)
    leave(polls)


def test_there_is_room_for_the_next_reload(stage):
    """Of two old generations the older one lets go, before anybody has to wait for its slots."""
    world = own_of_two(stage, slots=6)
    like = timed_out(world)
    first = hold(world, 5)
    reload(world)
    wait("two children each", lambda: len(world.httpd.children()) == 4)
    second = hold(world, 5)
    reload(world)
    assert_let_go(world, first, like)
    assert world.httpd.lines(LETS_GO + ".* 0 lets go of .* for another generation")
    time.sleep(UNDER_WAY)
    assert all(poll.is_pending() for poll in second)
    leave(second)


MORE_CHILDREN = {"threads": 4, "children": 2, "start": 2, "spare": 1}
FEWER_THREADS = {"threads": 16, "children": 4, "start": 1, "spare": 8}


@pytest.mark.parametrize("before, count, spare, more", [(MORE_CHILDREN, 5, 1, 8), (FEWER_THREADS, 2, 16, 0)],
                         ids=["more children", "fewer threads"])
def test_room_for_what_the_running_generation_may_have(stage, before, count, spare, more):
    """Under its own limits, which are others than those of the old children."""
    world = own(stage, **before)
    world.httpd.always.append(re.compile(FULL))         # httpd may look before they have let go
    old = hold(world, count)
    limit(world, ThreadsPerChild=4, MaxRequestWorkers=16, MinSpareThreads=spare)
    reload(world)
    new = [Poll(world) for _ in range(more)]
    wait("the old ones let go", lambda: world.httpd.lines(LETS_GO + ".* 0 lets go of .* for the running generation"))
    wait("another child", lambda: sum(place[1] == 1 for place in world.httpd.counted()) > (more // 4 or 3))
    assert dial(world).get("/meet/a/b").status == 200
    for poll in old:
        poll.join(PATIENCE)
    assert [poll.answer.status for poll in old] == [504] * count
    assert all(poll.is_pending() for poll in new)
    leave(new)


def test_nothing_is_judged_before_the_configuration_is_read(stage):
    """The running number is raised before: all that the old limits would have is missing then."""
    world = own_of_two(stage, slots=3, children=3)
    polls = hold(world, 5)
    limit(world, MaxRequestWorkers=4, StartServers=1)
    lock = sqlite3.connect(world.store, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    before = len(world.httpd.lines("resuming normal operations"))
    world.httpd.process.send_signal(signal.SIGUSR1)
    wait("its turn", lambda: world.httpd.lines("Doing graceful restart"))
    time.sleep(UNDER_WAY)
    lock.execute("ROLLBACK")
    lock.close()
    wait("it resumes", lambda: len(world.httpd.lines("resuming normal operations")) > before)
    assert dial(world).get("/meet/a/b").status == 200
    assert all(poll.is_pending() for poll in polls) and not world.httpd.lines(LETS_GO)
    leave(polls)


def test_what_the_pool_may_be_at_work_on_is_answered(stage):
    """Its client would ask again, and have it done twice."""
    world = own(stage, slots=64, more="LyncOldGenerations 1")
    like = timed_out(world)
    poll, = hold(world, 1)
    late = "/lab/sleep?ms=%d&body=late" % (12000 if PLAIN else 25000)
    slow = [Poll(world, late, method="POST", body=b"x" * 3000),
            Poll(world, late, method="POST", body=b"x" * 30, headers={"Expect": "100-continue"})]
    time.sleep(UNDER_WAY)
    keep = [poll]
    for _ in range(2):
        reload(world)
        keep += hold(world, 1)
    assert_let_go(world, [poll], like)
    assert all(other.is_pending() for other in slow), "too early to tell"
    for other in slow:
        other.join(PATIENCE)
        assert other.answer.status == 200 and other.answer.body == b"late"
    leave(keep[1:])


@pytest.mark.parametrize("mpm", ["event", "worker"])
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM], ids=["SIGHUP", "SIGTERM"])
def test_an_ungraceful_end_waits_for_nobody(stage, mpm, number):
    """Else httpd does, until it kills its children after nine seconds. Nobody is told that the service timed out."""
    world = own(stage, mpm, slots=8)
    polls = hold(world, 3) + hold(world, 1, target="/lab/chunked?bytes=4000&piece=1000&pause=60000")
    polls += hold(world, 1, method="POST", body=b"x" * 3000)
    reload(world)                               # children that end gracefully are told of nothing else
    polls += hold(world, 3)
    assert all(poll.is_pending() for poll in polls)
    if number == signal.SIGHUP:
        world.httpd.reload(number)
        assert dial(world).get("/meet/a/b").status == 200
    else:
        world.httpd.stop()
    for poll in polls:
        poll.join(PATIENCE)
        assert not poll.is_pending() and (not poll.answer or poll.answer.status == 200), poll.answer
    assert not world.httpd.lines("AH00046")


def test_a_served_file_of_another_httpd(stage):
    """One with the same runtime directory has put its own there, and ended: lyncadm would see nobody but that for ever."""
    world = own(stage)
    path = os.path.join(world.httpd.folder, "run", "lync.served")
    with open(path, "rb") as file:
        data = bytearray(file.read())
    other = subprocess.Popen("true")
    other.wait()
    struct.pack_into("=I", data, 8, other.pid)
    with open(path + ".other", "wb") as file:
        file.write(data)
    os.rename(path + ".other", path)
    reload(world)
    wait("it is ours again", lambda: world.httpd.served()[0] == world.httpd.process.pid)
    assert "is already active and served" in lyncadm(stage, world.store, "apply", "--control", control_of(world.httpd)).stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root's children are somebody else, whose threads can be limited")
@pytest.mark.parametrize("mpm", ["event", "worker"])
def test_a_child_that_cannot_start_is_not_the_end_of_all(stage, mpm):
    """It ends as ungracefully as all do when httpd is stopped. But httpd goes on, and the next reload cuts nobody."""
    world = own(stage, mpm, slots=8, children=3, start=2, spare=20)
    parent, limit = world.httpd.process.pid, resource.RLIMIT_NPROC
    usual = resource.prlimit(parent, limit)
    world.httpd.expect("unable to create worker thread|AH01573")
    resource.prlimit(parent, limit, (1, usual[1]))
    try:
        os.kill(world.httpd.children()[0], signal.SIGKILL)
        wait("one cannot start", lambda: world.httpd.lines("unable to create worker thread"))
    finally:
        resource.prlimit(parent, limit, usual)
    wait("another one can", lambda: len(world.httpd.counted()) >= 2)
    polls = hold(world)
    reload(world)
    time.sleep(UNDER_WAY)
    assert all(poll.is_pending() for poll in polls) and not world.httpd.lines(LETS_GO)
    leave(polls)


@pytest.mark.parametrize("mpm", ["event", "worker"])
def test_a_graceful_stop_within_its_timeout(stage, mpm):
    """Also of a generation before, which may have to make room sooner. Else httpd kills its children nine seconds later."""
    world = own(stage, mpm, more="GracefulShutdownTimeout 6")
    like, polls = timed_out(world), hold(world)
    reload(world)
    polls += hold(world)
    world.httpd.process.send_signal(signal.SIGWINCH)
    assert_let_go(world, polls, like)
    assert world.httpd.process.wait(PATIENCE) == 0
    world.httpd.stop()
    assert world.httpd.lines(LETS_GO + ".* httpd is to end") and not world.httpd.lines("AH00046")


def test_as_many_old_generations_as_are_wanted(stage):
    world = own(stage, slots=64, more="LyncOldGenerations 1")
    like = timed_out(world)
    first = hold(world)
    reload(world)
    second = hold(world)
    time.sleep(2 * UNDER_WAY)
    assert all(poll.is_pending() for poll in first)
    reload(world)
    assert_let_go(world, first, like)
    assert world.httpd.lines(LETS_GO + ".* 0 lets go of .* than LyncOldGenerations")
    assert all(poll.is_pending() for poll in second)
    leave(second)


def test_a_served_file_that_was_removed(stage):
    """Old children have the one that nobody writes any more."""
    world = own(stage, slots=64, more="LyncOldGenerations 1\nGracefulShutdownTimeout 1")
    like = timed_out(world)
    first = hold(world)
    reload(world)
    second = hold(world)
    os.unlink(os.path.join(world.httpd.folder, "run", "lync.served"))
    reload(world)
    assert_let_go(world, first, like)
    time.sleep(4)
    assert all(poll.is_pending() for poll in second)
    leave(second)


def test_what_is_being_sent_is_finished(stage):
    """Its pauses are longer than the first second of waiting."""
    world = own(stage, slots=64, more="LyncOldGenerations 1")
    poll, = hold(world, 1)
    sent = Poll(world, "/lab/chunked?bytes=8000&piece=1000&pause=%d" % (2000 if PLAIN else 8000))
    time.sleep(UNDER_WAY)
    keep = [poll]
    for _ in range(2):
        reload(world)
        keep += hold(world, 1)
    assert_let_go(world, [poll], timed_out(world))
    assert sent.is_pending(), "too early to tell"
    sent.join(4 * PATIENCE)
    assert sent.answer.status == 200 and len(sent.answer.body) == 8000
    leave(keep[1:])


def test_the_pool_s_connection_is_closed(stage):
    """Of a bound client too; and no other server is asked."""
    world = own(stage, slots=64, more="LyncOldGenerations 1")
    mark = world.mark()
    bound, _ = login(world)
    bound.ask("GET", FIFTEEN_MINUTES + mark)
    polls = [Poll(world, FIFTEEN_MINUTES + mark)]
    time.sleep(UNDER_WAY)
    for _ in range(2):
        reload(world)
        polls += hold(world, 1)
    bound.socket.settimeout(PATIENCE)
    answer = bound.read()
    assert answer.status == 504 and answer.header("Connection").lower() == "close"
    wait("the pool noticed", lambda: len(requests(world, mark)) >= 2)
    assert requests(world, mark) == ["gone"] * 2
    leave(polls[1:])


def signals(pid, field):
    """0 of a process that is gone."""
    try:
        with open("/proc/%d/status" % pid) as file:
            return int(re.search(r"^%s:\s*([0-9a-f]+)" % field, file.read(), re.M).group(1), 16)
    except OSError:
        return 0


@pytest.mark.skipif(VALGRIND, reason="it has signal handlers of its own")
def test_the_handler_is_gone_when_the_module_is(stage):
    """A timer that outlives it would end httpd. Children and what httpd starts never have it."""
    world = own(stage, more='CustomLog "|/bin/cat" "%h"')
    world.httpd.expect("AH00488")               # which httpd says of loggers of a generation before
    parent = world.httpd.process.pid
    for _ in range(3):
        reload(world)
    wait("a reload has it", lambda: signals(parent, "SigCgt") & SIGALRM)
    assert dial(world).get("/meet/a/b").status == 200
    wait("a child and the logger", lambda: len(world.httpd.children()) >= 2)
    for field in ("SigCgt", "SigIgn"):
        wait("nobody else has it", lambda: not any(signals(pid, field) & SIGALRM for pid in world.httpd.children()))
    world.httpd.lync, world.httpd.store = False, None
    world.httpd.write()
    world.httpd.graceful()
    assert not signals(parent, "SigCgt") & SIGALRM and not signals(parent, "SigIgn") & SIGALRM
    time.sleep(1.5)
    os.kill(parent, 0)


def test_somebody_else_s_sigalrm_is_left_alone(stage):
    """Ignored from the start, as by whoever started httpd: then httpd takes its second."""
    world = own(stage)
    world.httpd.stop()
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        world.httpd.start()
    finally:
        signal.signal(signal.SIGALRM, before)
    for _ in range(2):
        reload(world)
        assert dial(world).get("/meet/a/b").status == 200
        assert signals(world.httpd.process.pid, "SigIgn") & SIGALRM


@pytest.mark.parametrize("line, says", [("LyncOldGenerations 0", "no number above 0"),
                                        ("LyncOldGenerations x", "no number above 0"),
                                        ("LyncQuickReload maybe", "On or Off")])
def test_directives(stage, line, says):
    world = Small(stage, start=False)
    world.httpd.after = line
    world.httpd.write()
    result = world.httpd.test_config()
    assert result.returncode and says in result.stdout
