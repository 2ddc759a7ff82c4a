"""lyncadm apply --confirm, lyncadm confirm"""
import json
import os
import signal
import sqlite3

import pytest

from conftest import until
from fake_httpd import FakeHttpd


@pytest.fixture
def httpd(day):
    """It serves revision 1, and the draft has one more server."""
    httpd = FakeHttpd(day)
    httpd.start()
    day.ok("apply", "--control", httpd.control)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    yield httpd
    for pid in watchers(day):
        os.kill(pid, signal.SIGKILL)
    httpd.stop()


def watchers(day):
    """Processes that wait for the end of a trial of this store."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"--watch" in words and os.fsencode(day.store) in words:
            found.append(int(pid))
    return found


def opened(pid):
    """What files a process has open."""
    folder, found = f"/proc/{pid}/fd", []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(os.path.join(folder, name)))
        except OSError:
            pass
    return found


def apply(day, httpd, *more):
    return day.ok("apply", "-m", "try it", "--control", httpd.control, *more)


def state(day):
    return dict(sqlite3.connect(day.store).execute("SELECT name, value FROM state WHERE name IN ('active', 'confirm')"))


def status(day, httpd):
    result = day.run("status", "--json", "--control", httpd.control)
    return result.status, json.loads(result.out)[0]


def test_confirmed(day, httpd):
    assert apply(day, httpd, "--confirm", "5m") == [
        "revision 2 is served (generation 2), on trial for 300 s: unless 'lyncadm confirm' comes, revision 1 is served "
        "again"]
    code, row = status(day, httpd)
    assert code == 0 and row["trial"].startswith("until 20") and len(watchers(day)) == 1
    assert day.ok("confirm", "--dry-run") == ["dry run: revision 2 would be confirmed"]
    assert day.ok("confirm", "-m", "all is well") == ["revision 2 is confirmed"]
    assert state(day) == {"active": "2"} and status(day, httpd)[1]["trial"] is None
    until(lambda: not watchers(day))
    assert "no revision is on trial" in day.fails(1, "confirm")
    assert "why: all is well" in "\n".join(day.ok("audit --limit 1"))
    assert day.ok("audit verify")
    assert [line for line in httpd.log() if "graceful" in line][-1] == "graceful 2"


def test_not_confirmed(day, httpd):
    """Nobody comes, and nobody needs to: the revision before is served again, and the audit says why."""
    apply(day, httpd, "--confirm", "4")
    until(lambda: httpd.log()[-1] == "graceful 1" and not watchers(day))
    assert state(day) == {"active": "1"}
    code, row = status(day, httpd)
    assert (code, row["served"], row["active"], row["trial"], row["undone"]) == (0, 1, 1, None, None)
    text = "\n".join(day.ok("audit --limit 1"))
    assert "why: revision 2 was not confirmed by 20" in text and "confirm --watch" in text
    assert day.ok("audit verify")
    assert apply(day, httpd)[0].startswith("revision 3 is served")


def test_httpd_refuses_its_configuration_when_a_trial_ends(day, httpd):
    """As when another site's file is broken just then: it serves on what was on trial, so it is asked again until it goes
    back. Somebody who comes too late is told the same."""
    apply(day, httpd, "--confirm", "10")
    (pid,) = watchers(day)
    httpd.say("refuse", "AH00526: Syntax error on line 1 of other.conf")
    until(lambda: state(day) == {"active": "1"})
    tests = httpd.log().count("test None")
    until(lambda: httpd.log().count("test None") > tests + 2)
    assert watchers(day) == [pid] and opened(pid).count(str(day.store)) <= 1
    assert [line for line in httpd.log() if "graceful" in line][-1] == "graceful 2"
    httpd.unsay("refuse")
    until(lambda: status(day, httpd)[1]["served"] == 1)
    until(lambda: not watchers(day))
    assert status(day, httpd)[0] == 0


def test_too_late_for_a_httpd_that_refuses_its_configuration(day, httpd):
    apply(day, httpd, "--confirm", "10")
    (pid,) = watchers(day)
    os.kill(pid, signal.SIGKILL)
    httpd.say("refuse", "AH00526: Syntax error on line 1 of other.conf")
    until(lambda: "not confirmed" in status(day, httpd)[1]["trial"])
    result = day.run("confirm", "--control", httpd.control)
    assert result.status == 1 and result.err.startswith("lyncadm: revision 2 was on trial until 20") and result.err.endswith(
        ", and revision 1 is active again but not served: httpd refuses its configuration: AH00526: Syntax error on line 1 "
        "of other.conf\n"), result
    httpd.unsay("refuse")
    assert (state(day), status(day, httpd)[1]["served"]) == ({"active": "1"}, 2)
    assert day.ok("apply", "--control", httpd.control)[0].startswith("revision 3 is served")


def test_what_somebody_else_made_of_a_trial_stays(day, httpd):
    """While it is asked again, another revision is applied."""
    apply(day, httpd, "--confirm", "10")
    httpd.say("refuse", "AH00526: Syntax error on line 1 of other.conf")
    until(lambda: state(day) == {"active": "1"})
    httpd.unsay("refuse")
    # not while the one that waits is at it
    until(lambda: day.run("rollback", "2", "--discard", "--control", httpd.control).status == 0)
    until(lambda: not watchers(day))
    assert state(day) == {"active": "2"} and status(day, httpd)[:1] == (0,)


def test_first_revision(day, httpd):
    """There is none to go back to: nothing is served then, as before."""
    other = day.directory / "other.db"
    day.ok("init", "--store", other)
    httpd.say("store", other)
    day.env["LYNC_STORE"] = str(other)
    day.store = other
    apply(day, httpd, "--confirm", "4s")
    until(lambda: state(day) == {"active": "0"})
    until(lambda: not watchers(day))


def test_no_other_apply_meanwhile(day, httpd):
    apply(day, httpd, "--confirm", "1h")
    day.ok("profile set web --timeout 301")
    assert day.fails(1, "apply", "--control", httpd.control).startswith("revision 2 is on trial until 20")
    assert state(day)["active"] == "2"


@pytest.mark.parametrize("to", [1, 2])
def test_a_rollback_ends_it(day, httpd, to):
    apply(day, httpd, "--confirm", "1h")
    assert day.ok("rollback", to, "--discard", "--control", httpd.control)[0].startswith(
        "revision 1 is served" if to == 1 else "revision 2 is already active and served")
    assert state(day) == {"active": str(to)}
    until(lambda: not watchers(day))


@pytest.mark.parametrize("words, active", [(["confirm"], "1"), (["rollback", "1", "--discard"], "1"),
                                           (["rollback", "2"], "2")])
def test_the_watcher_was_killed(day, httpd, words, active):
    """As after a reboot: status tells, and each of the ways out is one."""
    apply(day, httpd, "--confirm", "10")
    (pid,) = watchers(day)
    os.kill(pid, signal.SIGKILL)
    until(lambda: "not confirmed" in status(day, httpd)[1]["trial"])
    code, row = status(day, httpd)
    assert code == 3 and row["drift"] == "yes"
    assert "not confirmed: 'lyncadm rollback 1' goes back, 'lyncadm rollback 2' keeps it" in row["trial"]
    assert "and was not confirmed" in day.fails(1, "apply", "--control", httpd.control)
    assert "and was not confirmed" in day.fails(1, "confirm", "--dry-run", "--control", httpd.control)
    result = day.run(*words, "--control", httpd.control)
    if words == ["confirm"]:
        assert result.status == 1 and "revision 1 is served again: 'lyncadm rollback 2' brings it back" in result.err
    else:
        assert result.status == 0, result
    assert state(day) == {"active": active}
    assert status(day, httpd)[0] == 0


def test_a_watcher_can_be_started_by_hand(day, httpd):
    apply(day, httpd, "--confirm", "10")
    os.kill(watchers(day)[0], signal.SIGKILL)
    assert day.ok("confirm", "--watch", "--control", httpd.control) == []
    assert state(day) == {"active": "1"}


def test_not_served_is_no_trial(day, httpd):
    httpd.say("ignore", "1")
    result = day.run("apply", "--control", httpd.control, "--wait", "3", "--confirm", "1h")
    assert result.status == 1 and "revision 1 is served again" in result.err
    assert state(day) == {"active": "1"}
    until(lambda: not watchers(day))


def test_nothing_to_try(day, httpd):
    day.ok("rollback", "1", "--discard", "--control", httpd.control)
    assert apply(day, httpd, "--confirm", "1h") == ["revision 1 is already active and served (generation 1)"]
    assert state(day) == {"active": "1"} and not watchers(day)


def test_active_and_not_served(day, httpd):
    """As a killed apply leaves it: to serve it would be for good, so nobody says that it is a trial."""
    httpd.say("kill", 3)
    httpd.say("ignore", "1")
    assert day.run("apply", "--control", httpd.control).status == -signal.SIGKILL
    until(lambda: status(day, httpd)[1]["generation"] == 2)
    httpd.unsay("ignore")
    assert (state(day), status(day, httpd)[1]["served"]) == ({"active": "2"}, 1)
    result = day.run("apply", "--control", httpd.control, "--confirm", "1h")
    assert result.status == 1 and "revision 2 is active already" in result.err
    assert status(day, httpd)[1]["served"] == 1 and not watchers(day)


def test_httpd_does_not_run(day, httpd):
    httpd.stop()
    before = day.bytes()
    assert "httpd is not running, so there is nothing to try out" in day.fails(1, "apply", "--control", httpd.control,
                                                                               "--confirm", "5m")
    assert day.bytes() == before


def test_used_wrongly(day, httpd):
    for time_ in ("0", "x", "5x", "-1", "", "25h", "86401", "5 m", "99999999999999999999"):
        assert f"confirm '{time_}' is no time such as 90s, 5m or 1h" in day.fails(2, "apply", f"--confirm={time_}")
    assert "unexpected argument" in day.fails(2, "confirm 2")
