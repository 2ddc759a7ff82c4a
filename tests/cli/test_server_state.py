"""lyncadm server drain, disable, enable"""
import json
import sqlite3

import pytest

from fake_httpd import FakeHttpd
from unguarded import unguarded

FE02 = "fe02.contoso.local"
POOL = "lyncpool01.contoso.local"
SERVER = f"server '{FE02}' of pool '{POOL}'"
ALL = 1000000                   # more changes than any store has


@pytest.fixture
def httpd(day):
    """Runs, serves a revision with fe02, and has taken over every change there will be."""
    day.ok("server", "add", FE02, "--pool", POOL)
    httpd = FakeHttpd(day)
    httpd.say("change", ALL)
    httpd.start()
    day.ok("apply", "-m", "first", "--control", httpd.control)
    yield httpd
    httpd.stop()


def operate(day, httpd, verb, host=FE02, *more):
    return day.run("server", verb, host, "--wait", "3", "--control", httpd.control, *more)


def done(day, httpd, *words):
    """The one line of a command that has nothing to complain about."""
    result = operate(day, httpd, *words)
    assert (result.status, result.err) == (0, ""), result
    (line,) = result.out.splitlines()
    return line


def states(day):
    with sqlite3.connect(f"file:{day.store}?mode=ro", uri=True) as database:
        return database.execute("SELECT host, pool, state FROM server_state ORDER BY 1, 2").fetchall()


def test_drain_disable_enable(day, httpd):
    assert done(day, httpd, "drain") == SERVER + " is draining (1 child took it over)"
    assert states(day) == [(FE02, POOL, "drain")]
    assert done(day, httpd, "drain") == SERVER + " is already draining (1 child has it)"
    assert done(day, httpd, "disable") == SERVER + " is disabled (1 child took it over)"
    assert states(day) == [(FE02, POOL, "disabled")]
    assert done(day, httpd, "enable") == SERVER + " is active (1 child took it over)"
    assert states(day) == []
    assert done(day, httpd, "enable") == SERVER + " is already active (1 child has it)"


def test_what_is_so_already_is_no_change(day, httpd):
    done(day, httpd, "drain")
    before = day.bytes()
    done(day, httpd, "drain")
    assert day.bytes() == before


def test_audited(day, httpd):
    done(day, httpd, "drain", FE02, "-m", "updates")
    done(day, httpd, "disable")
    done(day, httpd, "enable", FE02, POOL)
    lines = day.ok("audit --noun server-state")
    assert [line.strip() for line in lines if "server-state" in line] == [
        f"added server-state '{FE02} {POOL}': state drain", f"set server-state '{FE02} {POOL}': state disabled (was drain)",
        f"removed server-state '{FE02} {POOL}': state disabled"]
    assert "  why: updates" in lines
    assert [row["noun"] for row in json.loads("\n".join(day.ok("audit --noun server_state --json")))] == ["server_state"] * 3
    day.ok("audit verify")


def test_tampering_is_found(day, httpd):
    done(day, httpd, "drain")
    for statement, found in (("UPDATE server_state SET state = 'disabled'", "changed"),
                             ("DELETE FROM server_state", "removed"),
                             ("INSERT INTO server_state VALUES ('fe01', 'p', 'drain')", "added")):
        before = day.bytes()
        with sqlite3.connect(day.store) as database, pytest.raises(sqlite3.IntegrityError, match="no change is open"):
            database.execute(statement)
        with unguarded(day.store) as database:
            database.execute(statement)
        result = day.run("audit verify")
        assert result.status == 3 and f"was {found} without lyncadm" in result.out and "server_state '" in result.out
        day.store.write_bytes(before)


def test_it_is_no_configuration(day, httpd):
    """No revision has it, the draft does not move on, a rollback leaves it."""
    (change,) = [line.split()[1] for line in day.run("status", "--control", httpd.control).out.splitlines()
                 if line.startswith("change ")]
    done(day, httpd, "drain")
    assert day.ok("diff") == []
    day.ok("server", "set", FE02, "--weight", "2", "--if-revision", change)
    day.ok("apply", "--control", httpd.control)
    day.ok("rollback", "1", "--control", httpd.control)
    assert states(day) == [(FE02, POOL, "drain")]
    day.ok("audit verify")


def test_which_server(day, httpd):
    result = operate(day, httpd, "drain", "fe2.contoso.local")
    assert result.status == 1
    assert result.err.startswith(f"lyncadm: there is no server 'fe2.contoso.local': there is '{FE02}'")
    result = operate(day, httpd, "drain", FE02, "--pool", "wac01.contoso.local")
    assert "there is no server 'fe02.contoso.local' of pool 'wac01.contoso.local': there is 'wac01" in result.err
    result = operate(day, httpd, "drain", FE02, "none.contoso.local")
    assert "there is no server of pool 'none.contoso.local'" in result.err and result.status == 1
    day.ok("server", "add", FE02, "--pool", "wac01.contoso.local")
    day.ok("apply", "--control", httpd.control)
    result = operate(day, httpd, "drain")
    assert result.status == 1 and "is one of 2, say which" in result.err
    assert done(day, httpd, "drain", FE02, "wac01.contoso.local").startswith(f"server '{FE02}' of pool 'wac01")
    assert done(day, httpd, "drain", FE02, "--pool", POOL).startswith(SERVER)
    assert "host is missing" in day.fails(2, "server drain")
    assert "unexpected argument 'x'" in day.fails(2, "server drain a b x")


def test_only_in_the_draft(day, httpd):
    """Said, and true from the moment that it is applied."""
    day.ok("server", "add", "fe03.contoso.local", "--pool", POOL)
    result = operate(day, httpd, "drain", "fe03.contoso.local")
    assert result.status == 0 and "is only in the draft: nothing serves it until 'lyncadm apply'" in result.err
    assert states(day) == [("fe03.contoso.local", POOL, "drain")]


def test_nothing_was_applied(day):
    httpd = FakeHttpd(day)
    result = operate(day, httpd, "drain", "lyncpool01.contoso.local")
    assert result.status == 0 and "is only in the draft" in result.err
    assert result.out == ("server 'lyncpool01.contoso.local' of pool 'lyncpool01.contoso.local' will be draining when httpd "
                          "serves this store: httpd is not running\n")


def test_the_last_active_server_warns(day, httpd):
    done(day, httpd, "drain")
    result = operate(day, httpd, "drain", POOL)
    assert result.status == 0 and result.err == (
        f"lyncadm: warning: pool '{POOL}' has no active server: all clients but those that a draining server has already "
        "get 503 until one is enabled\n")
    operate(day, httpd, "disable")
    result = operate(day, httpd, "disable", POOL)
    assert "has no active server: its clients get 503 until one is enabled" in result.err
    assert operate(day, httpd, "enable").err == ""


def test_held_by_the_revision(day, httpd):
    day.ok("server", "set", FE02, "--state", "drain")
    day.ok("apply", "--control", httpd.control)
    remedy = (f"revision 2 itself has it in state drain: 'lyncadm server set {FE02} {POOL} --state active' and "
              "'lyncadm apply' change that")
    assert day.fails(1, "server", "enable", FE02, "--control", httpd.control) == \
        f"{SERVER} is not held by an operator: {remedy}"
    assert done(day, httpd, "disable") == SERVER + " is disabled (1 child took it over)"
    result = operate(day, httpd, "enable")
    assert (result.status, result.out) == (1, "")
    assert result.err == f"lyncadm: {SERVER} is no longer held by an operator, but {remedy}\n"
    assert states(day) == []


def test_standby_comes_back_as_standby(day, httpd):
    day.ok("server", "set", FE02, "--state", "standby")
    day.ok("apply", "--control", httpd.control)
    done(day, httpd, "drain")
    assert done(day, httpd, "enable") == SERVER + " is standby (1 child took it over)"


def test_dry_run(day, httpd):
    before = day.bytes()
    result = operate(day, httpd, "drain", FE02, "--dry-run")
    assert (result.status, result.err) == (0, "lyncadm: dry run: the store was not changed\n")
    assert result.out == SERVER + " would be draining\n"
    assert day.bytes() == before


def test_for_machines(day, httpd):
    (row,) = json.loads(done_text(day, httpd, "drain", FE02, "--json"))
    assert row == {"done": "set", "host": FE02, "pool": POOL, "state": "drain", "change": row["change"], "children": 1,
                   "pending": None}
    head, line = done_text(day, httpd, "enable", FE02, "--tsv").splitlines()
    assert head == "done\thost\tpool\tstate\tchange\tchildren\tpending"
    assert line == f"removed\t{FE02}\t{POOL}\tactive\t{row['change'] + 1}\t1\t"


def done_text(day, httpd, *words):
    result = operate(day, httpd, *words)
    assert (result.status, result.err) == (0, ""), result
    return result.out


def test_a_child_that_does_not_take_it_over(day, httpd):
    """The store keeps it; asked again, it is waited for again."""
    httpd.say("change", 1)
    day.ok("apply", "--control", httpd.control)
    day.ok("server", "set", FE02, "--weight", "3")
    day.ok("apply", "--control", httpd.control)
    for _ in range(2):
        result = operate(day, httpd, "drain")
        assert (result.status, result.out) == (1, "")
        assert result.err.startswith(f"lyncadm: {SERVER} is draining in the store, but process {httpd.process.pid} of httpd "
                                     "has not taken it over within 3 s: "), result
        assert "--reload has httpd read the store anew" in result.err
        assert states(day) == [(FE02, POOL, "drain")]
    assert "graceful" not in httpd.log()[-1]


def test_reload(day, httpd):
    """Only when the children do not take it over."""
    httpd.say("change", 1)
    day.ok("server", "set", FE02, "--weight", "3")
    day.ok("apply", "--control", httpd.control)
    httpd.say("change", ALL)
    count = len([line for line in httpd.log() if "graceful" in line])
    assert done(day, httpd, "drain", FE02, "--reload") == SERVER + " is draining (1 child took it over)"
    assert len([line for line in httpd.log() if "graceful" in line]) == count + 1
    assert done(day, httpd, "enable", FE02, "--reload") == SERVER + " is active (1 child took it over)"
    assert len([line for line in httpd.log() if "graceful" in line]) == count + 1


def test_who_stops_is_not_waited_for(day, httpd):
    httpd.say("old", f"{httpd.process.pid} 0 1 1")
    day.ok("server", "set", FE02, "--weight", "3")
    day.ok("apply", "--control", httpd.control)
    assert done(day, httpd, "drain") == SERVER + " is draining (1 child took it over)"


def test_httpd_cannot_be_asked(day, httpd):
    result = day.run("server", "drain", FE02, "--control", "/nowhere")
    assert result.status == 1 and result.err.startswith(
        f"lyncadm: {SERVER} is draining in the store, but cannot run '/nowhere'"), result
    other = day.directory / "other.db"
    other.write_bytes(day.bytes())
    result = day.run("--store", str(other), "server", "disable", FE02, "--control", httpd.control)
    assert result.status == 1 and f"but httpd serves store '{day.store}'" in result.err
    httpd.unsay("store")
    result = operate(day, httpd, "drain")
    assert result.status == 0 and "will be draining when httpd serves this store: httpd has no LyncStore line" in result.out


def test_a_server_that_nobody_has_any_more(day, httpd):
    """Advice of check, and its remedy works."""
    done(day, httpd, "drain")
    day.ok("server", "remove", FE02)
    assert "by an operator's word" not in day.run("check").out
    day.ok("apply", "--control", httpd.control)
    (found,) = [row for row in json.loads(day.run("check", "--json").out) if row["noun"] == "server"]
    assert found["level"] == "advice" and found["message"] == (
        f"{SERVER} is draining by an operator's word, but neither the active revision nor the draft has it")
    assert found["remedy"] == f"lyncadm server enable {FE02} {POOL}"
    result = operate(day, httpd, "drain")
    assert result.status == 1 and f"there is no server '{FE02}'" in result.err
    assert done(day, httpd, "enable") == SERVER + " is no longer held by an operator (1 child took it over)"
    assert "by an operator's word" not in day.run("check").out
    assert states(day) == []


@pytest.mark.parametrize("wait", ["0", "x", "3601", ""])
def test_bad_wait(day, wait):
    assert f"wait '{wait}' is no number from 1 to 3600" in day.fails(2, "server", "drain", "wac01.contoso.local", "--wait", wait)


@pytest.mark.parametrize("verb", ["drain", "disable", "enable"])
def test_help(day, httpd, verb):
    out = day.ok(f"server {verb} --help")
    assert out[0] == f"usage: lyncadm server {verb} HOST [POOL] [-m REASON] [option ...]"
    (example,) = [out[i + 1].split()[1:4] for i, line in enumerate(out) if line == "example:"]
    assert done(day, httpd, *example[1:]).startswith(SERVER)
