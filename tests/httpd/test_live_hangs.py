"""While routes are taken over, a child of httpd hangs: lyncadm waits for it, and it or httpd may end meanwhile."""

import concurrent.futures
import ctypes
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from deploy import watchers
from httpd import LYNCADM, wait
from test_live_routes import RELOAD, SOON, World, last_change


@pytest.fixture
def world(stage):
    return World(stage)


def is_stopped(pid):
    """All of its threads."""
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, thread)) as file:
                if file.read().rpartition(")")[2].split()[0] != "T":
                    return False
    except OSError:                                     # one ended just then
        return False
    return True


def stop_one(world):
    """The pid of a child that hangs, but not while it reads the store: nobody could write to that."""
    victim = next(iter(world.accepting()))

    def stopped():
        os.kill(victim, signal.SIGSTOP)
        wait("it is stopped", lambda: is_stopped(victim))
        database = sqlite3.connect(world.store, timeout=0, isolation_level=None)
        try:
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")
            return True
        except sqlite3.OperationalError:
            os.kill(victim, signal.SIGCONT)
        finally:
            database.close()
    wait("a child that does not read the store is stopped", stopped)
    return victim


def test_a_child_that_does_not_answer(world):
    """One that hangs is waited for, and then there is a reload."""
    world.mark(2)
    victim = stop_one(world)
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            asked = thread.submit(world.admin, "apply", "--no-probe", ok=False)
            wait("it is reloaded", lambda: world.httpd.lines(RELOAD), 4 * SOON)
            os.kill(victim, signal.SIGCONT)
            result = asked.result()
    finally:
        if victim in world.httpd.children():
            os.kill(victim, signal.SIGCONT)
    assert result.returncode == 0, result
    assert "process %d of httpd has not taken revision 2 over within 10 s: reloading httpd" % victim in result.stderr
    assert {world.which() for _ in range(20)} == {2}


def start_admin(world, *words):
    return subprocess.Popen([LYNCADM, "--store", world.store, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=world.stage.environment(world.hosts_file), text=True)


def test_lyncadm_is_killed_while_it_waits(world):
    """The children have it all the same; who comes next is told."""
    world.mark(2)
    victim = stop_one(world)
    try:
        process = start_admin(world, "apply")
        wait("others have it", lambda: sorted(each[0] for each in world.accepting().values())[-1] == 2, SOON)
        process.kill()
        process.communicate()
        status = json.loads(world.admin("status", "--json", ok=False).stdout)[0]
        assert status["undone"] and (status["active"], status["served"], status["drift"]) == (2, 1, "yes"), status
    finally:
        os.kill(victim, signal.SIGCONT)
    world.taken(2)
    result = world.admin("apply")
    assert "was killed after revision 2 became active" in result.stderr
    assert "revision 2 is already active and served" in result.stdout
    assert {world.which() for _ in range(10)} == {2}


def stop_at_once(world, last):
    """Parent, children, and the last of these, which has not taken over what the others have. Without a parent they are
    ours to wait for: process 1 may take seconds, and until then they look as if they were there."""
    children = sorted(world.httpd.children(), key=lambda pid: pid == last)
    ctypes.CDLL(None).prctl(36, 1)              # PR_SET_CHILD_SUBREAPER
    world.httpd.process.kill()
    world.httpd.process.wait()
    world.httpd.process = None
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    ctypes.CDLL(None).prctl(36, 0)
    world.httpd.expect("AH00098: pid file .* overwritten")


@pytest.mark.parametrize("words, said", [
    (["apply"], "revision 2 is active; httpd is not running and will serve it when it starts"),
    (["apply", "--confirm", "1h"], "revision 2 is active; httpd is not running and will serve it when it starts, on trial "
     "for 3600 s: unless 'lyncadm confirm' comes, revision 1 is served again"),
    (["server", "drain", "fe02.contoso.local", "--reload"],
     "server 'fe02.contoso.local' of pool 'lyncpool01.contoso.local' will be draining when httpd serves this store: httpd "
     "is not running")])
def test_httpd_is_stopped_while_it_waits(world, words, said):
    """It is not started by what waits, and that does not wait for nothing."""
    world.mark(2)
    change = last_change(world)
    victim = stop_one(world)
    process = start_admin(world, *words, "--wait", "60")
    revision = 2 if words[0] == "apply" else 1
    wait("others have it", lambda: any(place[3] > change and place[4] == revision for place in world.httpd.places()), SOON)
    time.sleep(1)                                       # by then it waits for the last
    stop_at_once(world, victim)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.splitlines()[-1:], err) == (0, [said], ""), (process.returncode, out, err)
    for pid in watchers(world.store):
        os.kill(pid, signal.SIGKILL)
    world.httpd.start()
    assert world.which() == revision
