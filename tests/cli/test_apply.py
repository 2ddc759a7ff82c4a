"""lyncadm apply"""
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import PROGRAM, until
from fake_httpd import FakeHttpd
from unguarded import unguarded


@pytest.fixture
def httpd(day):
    httpd = FakeHttpd(day)
    yield httpd
    httpd.stop()


def apply(day, httpd, *more):
    return day.ok("apply", "-m", "why not", "--control", httpd.control, *more)


def refused(day, httpd, *more):
    """Status 1 and a sentence; the store may have one more revision, the active one stays."""
    active = state(day)
    result = day.run("apply", "--control", httpd.control, "--wait", "3", *more)
    assert (result.status, result.out) == (1, ""), result
    assert len(result.err.splitlines()) == 1
    assert state(day) == active
    return result.err[len("lyncadm: "):-1]


def state(day):
    return sqlite3.connect(day.store).execute("SELECT value FROM state WHERE name = 'active'").fetchone()[0]


def generation(day, httpd):
    return json.loads(day.run("status", "--json", "--control", httpd.control).out)[0]["generation"]


def test_served(day, httpd):
    httpd.start()
    assert apply(day, httpd) == ["revision 1 is served (generation 1)"]
    assert httpd.log() == ["test None", "test 1", "graceful 1"]
    db = sqlite3.connect(day.store)
    assert state(day) == "1"
    number, reason, sealed = db.execute("SELECT number, reason, sealed FROM revision WHERE number > 0").fetchone()
    assert (number, reason, sealed) == (1, "why not", 1)
    assert db.execute("SELECT count(*) FROM active_route").fetchone() == \
        db.execute("SELECT count(*) FROM route WHERE revision = 0").fetchone()


def test_again(day, httpd):
    httpd.start()
    apply(day, httpd)
    before = day.bytes()
    assert apply(day, httpd) == ["revision 1 is already active and served (generation 1)"]
    assert day.bytes() == before


def test_second(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    assert apply(day, httpd) == ["revision 2 is served (generation 2)"]


def test_httpd_does_not_run(day, httpd):
    assert apply(day, httpd) == ["revision 1 is active; httpd is not running and will serve it when it starts"]
    assert apply(day, httpd) == [
        "revision 1 is already active; httpd is not running and will serve it when it starts"]


def test_httpd_runs_without_the_store_yet(day, httpd):
    """LyncStore was just added to the configuration of a httpd that runs."""
    httpd.start(reporting=False)
    assert apply(day, httpd) == ["revision 1 is served (generation 0)"]


def test_active_but_not_served(day, httpd):
    """An edit by others of what httpd serves: apply puts it right."""
    apply(day, httpd)
    httpd.start()
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("ignore", "1")
    assert "httpd serves revision 1 (generation 1), not 2, 3 s after the reload" in refused(day, httpd)
    httpd.unsay("ignore")
    assert apply(day, httpd) == ["revision 3 is served (generation 3)"]


def test_not_served_goes_back(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("ignore", "1")
    assert refused(day, httpd) == "httpd serves revision 1 (generation 2), not 2, 3 s after the reload: " \
        "its error log says why; revision 1 is served again"
    assert httpd.log()[-2:] == ["graceful 2", "graceful 1"]


def test_httpd_dies(day, httpd):
    httpd.start()
    httpd.say("die")
    threading.Thread(target=httpd.process.wait).start()     # a process that is not waited for stays a pid
    assert "httpd ended when it reloaded" in refused(day, httpd)


def test_httpd_dies_and_is_started_again(day, httpd):
    """What apachectl -k graceful does when httpd does not run."""
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("die-2")
    threading.Thread(target=httpd.process.wait).start()
    result = day.run("apply", "--control", httpd.control, "--wait", "10")
    assert (result.status, result.err) == (1, "lyncadm: httpd ended when it reloaded: its error log says why; "
                                              "revision 1 is served again\n")


def test_httpd_refuses(day, httpd):
    httpd.start()
    httpd.say("refuse-1", "AH00526: Syntax error on line 3 of /etc/apache2/x.conf:\nInvalid command 'Foo'")
    assert refused(day, httpd) == "httpd refuses revision 1, which stays inactive: " \
        "AH00526: Syntax error on line 3 of /etc/apache2/x.conf: Invalid command 'Foo'"
    assert httpd.log() == ["test None", "test 1"]


def test_httpd_refuses_what_is_active(day, httpd):
    """Somebody broke httpd's configuration after the apply."""
    httpd.start()
    apply(day, httpd)
    httpd.say("refuse-1", "AH00526: no")
    assert day.fails(1, "apply", "--control", httpd.control) == \
        "httpd refuses revision 1, which stays active: AH00526: no"


def test_httpd_hangs(day, httpd):
    httpd.start()
    httpd.say("hang")
    before = day.bytes()
    assert "did not end within 3 s and was killed" in refused(day, httpd)
    assert day.bytes() == before


def test_no_store_line(day, httpd):
    httpd.unsay("store")
    before = day.bytes()
    sentence = refused(day, httpd)
    assert f"is not configured with this store: add 'LyncStore {day.store}' to its configuration" in sentence
    assert "'a2enmod lync' of the packages does both for /var/lib/lync/lync.db" in sentence
    assert day.bytes() == before


def test_other_store(day, httpd):
    other = day.directory / "other.db"
    day.ok("init", "--store", other)
    httpd.say("store", other)
    before = day.bytes()
    assert f"serves store '{other}', not '{day.store}'" in refused(day, httpd)
    assert day.bytes() == before


def test_errors_in_the_draft(day, httpd):
    day.ok("pool set wac01.contoso.local --ca other.pem")
    (day.directory / "other.pem").unlink()
    before = day.bytes()
    assert refused(day, httpd).startswith("the draft cannot be applied: trust anchors of pool 'wac01.contoso.local': ")
    assert httpd.log() == []
    assert day.bytes() == before


def test_no_such_command(day):
    assert day.fails(1, "apply --control /nowhere/apachectl") == \
        "cannot run '/nowhere/apachectl': there is no such program: say how httpd is reached with --control"
    assert "is no command" in day.fails(2, "apply", "--control", "")


def test_control_of_the_store(day, httpd):
    with unguarded(day.store) as db:
        db.execute("INSERT INTO state VALUES ('control', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                   (httpd.control,))
    assert day.ok("apply")[0].startswith("revision 1 is active; httpd is not running")


def test_no_shell(day, httpd):
    assert "cannot run" in day.fails(1, "apply", "--control", "/nowhere; touch pwned")
    day.run("apply", "--control", httpd.control + " ; touch pwned")
    assert not (day.directory / "pwned").exists()


def test_json(day, httpd):
    httpd.start()
    assert json.loads("\n".join(apply(day, httpd, "--json"))) == [
        {"revision": 1, "before": 0, "generation": 1, "how": "reload", "message": "revision 1 is served (generation 1)"}]


def test_dry_run(day, httpd):
    before = day.bytes()
    assert apply(day, httpd, "--dry-run") == ["dry run: revision 1 would be tested and served"]
    assert day.bytes() == before


def test_bad_options(day):
    for wait in ("0", "abc", "", "3601", "4294967297"):
        assert f"wait '{wait}' is no number from 1 to 3600" in day.fails(2, "apply", "--wait", wait)
    assert "is no single line of text" in day.fails(2, "apply", "-m", "a\nb")
    assert day.fails(2, "apply", "-m") == "option '-m' needs a value"


def test_warnings_do_not_stop_it(day, httpd):
    day.run("server set wac01.contoso.local --state disabled")
    result = day.run("apply", "--control", httpd.control)
    assert result.status == 0
    assert result.err.startswith("lyncadm: warning: pool 'wac01.contoso.local' has no active server")


def test_an_old_child_still_accepts(day, httpd):
    """Somebody would be served by the revision before: not done, and all as it was."""
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("old", f"{os.getpid()} 1 0 0")
    still = f"httpd's process {os.getpid()}, of generation 1, still takes connections for revision 1, 3 s after the " \
        f"reload: 'kill -9 {os.getpid()}' ends it"
    assert refused(day, httpd) == f"{still}; revision 1 is active again but not served: {still}"


def test_an_old_child_answers_what_it_has(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("old", f"{os.getpid()} 1 1 0")
    assert apply(day, httpd) == ["revision 2 is served (generation 2)"]


def test_a_dead_child_is_none(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    dead = subprocess.Popen("true")
    dead.wait()
    httpd.say("old", f"{dead.pid} 1 0 0")
    assert apply(day, httpd) == ["revision 2 is served (generation 2)"]


def refuse(day, path):
    day.ok(f"route add --listener external --host webext.contoso.com --path {path} --action refuse")


def test_children_that_do_not_take_routes_over(day, httpd):
    """Children say that they would, and do not: one that has seen the change, one that never does, and none that looks at
    the store at all."""
    httpd.say("tables", 1)
    httpd.say("change", 1000)
    httpd.start()
    apply(day, httpd)
    warned = r"lyncadm: warning: process \d+ of httpd has not taken revision (\d) over(| within 3 s): reloading httpd\n"
    for number, change, when in ((2, 1000, ""), (3, 0, " within 3 s")):
        httpd.say("change", change)
        httpd.reload()
        refuse(day, f"/n{number}")
        result = day.run("apply", "--control", httpd.control, "--wait", "3")
        found = re.fullmatch(warned, result.err)
        assert result.status == 0 and found and found.groups() == (str(number), when), result
        assert re.match(rf"revision {number} is served \(generation \d\)\n", result.out), result
    httpd.say("tables", 0)
    httpd.reload()
    refuse(day, "/n4")
    result = day.run("apply", "--control", httpd.control, "--wait", "3")
    assert (result.status, result.err) == (0, "") and "revision 4 is served (" in result.out, result


def test_httpd_ends_while_apply_goes_back(day, httpd):
    """It is not started again: apply is not who stopped it."""
    httpd.say("tables", 1)
    httpd.start()
    apply(day, httpd)
    refuse(day, "/n2")
    httpd.say("ignore", "1")
    waits = subprocess.Popen([PROGRAM, "apply", "--no-probe", "--wait", "3", "--control", httpd.control], cwd=day.directory,
                             env=day.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: state(day) == "2")
    until(lambda: state(day) == "1")
    httpd.process.kill()
    httpd.process.wait()
    out, err = waits.communicate(timeout=60)
    assert (waits.returncode, out) == (1, "")
    assert err.endswith("; revision 1 is active again, and httpd serves it when it starts\n"), err
    assert httpd.log()[-1] == "graceful 2"


@pytest.mark.parametrize("edit, more", [
    ("route add --listener external --host webext.contoso.com --path /n --action refuse", ["--reload"]),
    ("server add fe02.contoso.local --pool lyncpool01.contoso.local", []),
    ("profile set poll --timeout 1801", []),
    ("unpublish officewebapps01.contoso.com", [])])
def test_what_takes_a_reload_at_once(day, httpd, edit, more):
    """Nobody is waited for who could not take it over anyway."""
    httpd.say("tables", 1)
    httpd.start()
    apply(day, httpd)
    day.ok(edit)
    result = day.run("apply", "--control", httpd.control, *more)
    assert (result.status, result.out, result.err) == (0, "revision 2 is served (generation 2)\n", ""), result
    assert httpd.log()[-1] == "graceful 2"


def test_two_at_once(day, httpd):
    """One wins; the other says so at once and leaves everything alone."""
    httpd.start()
    httpd.say("hold")
    first = subprocess.Popen([PROGRAM, "apply", "--no-probe", "--control", httpd.control], cwd=day.directory, env=day.env,
                             stdout=subprocess.PIPE, text=True)
    lock = pathlib.Path(f"{day.store}.apply")
    while not lock.exists() or not lock.read_text():
        assert first.poll() is None
        time.sleep(0.01)
    (day.directory / "link.db").symlink_to(day.store)
    for words in (["apply"], ["rollback", "1"], ["apply", "--store", "link.db"]):
        result = day.run(*words, "--control", httpd.control)
        assert (result.status, result.out) == (1, "")
        assert re.fullmatch(f"lyncadm: (another apply is under way \\(process {first.pid}\\): try again when it is done"
                            f"|store '.*' has no revision 1)\n", result.err), result
    httpd.unsay("hold")
    assert first.communicate()[0] == "revision 1 is served (generation 1)\n"
    assert not lock.exists()
    assert apply(day, httpd) == ["revision 1 is already active and served (generation 1)"]


def test_something_else_in_the_place_of_the_lock(day, httpd):
    """Who may write the directory but not the store has no file of others written, and keeps nobody waiting."""
    httpd.start()
    lock, victim = pathlib.Path(f"{day.store}.apply"), day.directory / "victim"
    victim.write_text("kept")
    for make in (lambda: lock.symlink_to(victim), lambda: os.mkfifo(lock), lock.mkdir):
        make()
        assert f"cannot write '{lock}': " in day.fails(1, "apply", "--control", httpd.control)
        assert json.loads(day.run("status", "--json", "--control", httpd.control).out)[0]["undone"] is None
        lock.rmdir() if lock.is_dir() else lock.unlink()
    assert victim.read_text() == "kept"
    lock.write_text("1 evil 3")
    assert apply(day, httpd) == ["revision 1 is served (generation 1)"]


@pytest.mark.parametrize("call, left, active, again", [
    (1, None, "0", "revision 1 is served (generation 1)"),
    (2, "apply was killed before revision 1 became active: 'lyncadm apply' goes on", "0",
     "revision 2 is served (generation 1)"),
    (3, "apply was killed after revision 1 became active and before it was seen served: 'lyncadm apply' goes on", "1",
     "revision 1 is "),
])
def test_killed(day, httpd, call, left, active, again):
    """At each step: the store is whole, the next command tells what was left undone, and apply does it."""
    httpd.start()
    httpd.say("kill", call)
    (temporary := day.directory / "temporary").mkdir()
    assert day.run("apply", "--control", httpd.control, env={"TMPDIR": str(temporary)}).status == -signal.SIGKILL
    assert not list(temporary.iterdir())
    assert sqlite3.connect(day.store).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert day.ok("audit verify")
    assert state(day) == active
    status = day.run("status", "--json", "--control", httpd.control)
    assert json.loads(status.out)[0]["undone"] == left and status.status == (3 if left else 0)
    edit = day.run("profile", "set", "web", "--timeout", "301", "--dry-run")
    assert edit.status == 0 and (f"lyncadm: warning: {left}" in edit.err) == bool(left)
    until(lambda: generation(day, httpd) == int(active))           # what was killed leaves its command to httpd
    result = day.run("apply", "--control", httpd.control)
    assert result.status == 0 and result.out.startswith(again)
    assert result.err == (f"lyncadm: warning: {left}\n" if left else "")
    assert apply(day, httpd)[0].endswith("is already active and served (generation 1)")
    assert json.loads(day.run("status", "--json", "--control", httpd.control).out)[0]["drift"] == "no"


def test_killed_while_it_goes_back(day, httpd):
    """Revision 2 is not served, and the one that would have it served no more is killed."""
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("ignore", "1")
    httpd.say("kill", 4)
    assert day.run("apply", "--control", httpd.control, "--wait", "3").status == -signal.SIGKILL
    httpd.unsay("ignore")
    assert state(day) == "1"
    until(lambda: generation(day, httpd) == 3)
    assert day.run("status", "--control", httpd.control).status == 3
    result = day.run("apply", "--control", httpd.control)
    assert (result.status, result.out) == (0, "revision 3 is served (generation 4)\n")


def test_a_rollback_that_was_killed(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    apply(day, httpd)
    httpd.say("kill", 3)
    assert day.run("rollback", "1", "--control", httpd.control).status == -signal.SIGKILL
    left = "rollback was killed after revision 1 became active and before it was seen served: " \
        "'lyncadm rollback 1 --discard' goes on"
    assert json.loads(day.run("status", "--json", "--control", httpd.control).out)[0]["undone"] == left
    result = day.run("rollback", "1", "--discard", "--control", httpd.control)
    assert result.status == 0 and result.err == f"lyncadm: warning: {left}\n"
    assert not day.ok("diff")


def test_not_all_of_it_is_served(day, httpd):
    """What was good when httpd tested it is not when it reloads: as any step that fails."""
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("reason", "quarantine: certificate 'external' is gone")
    assert refused(day, httpd).startswith("httpd does not serve all of revision 2: quarantine: certificate 'external' is gone; ")


def test_old_tls_is_told_each_time(day, httpd):
    """Of a listener and of a pool; also when nothing of it was changed."""
    httpd.start()
    day.run("listener set external --tls-policy legacy")
    day.run("pool set lyncpool01.contoso.local --tls-policy legacy")
    for number in range(2):
        day.run("profile", "set", "web", "--timeout", 200 + number)
        result = day.run("apply", "--control", httpd.control, "--wait", "3", "-m", "again")
        assert result.status == 0
        for what in ("listener 'external'", "pool 'lyncpool01.contoso.local'"):
            assert f"{what} speaks TLS 1.0 or 1.1 (policy 'legacy')" in result.err
        assert "needs OpenSSL's security level 0" in result.err
