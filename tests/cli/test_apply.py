"""lyncadm apply"""
import json
import sqlite3
import threading

import pytest

from fake_httpd import FakeHttpd
from unguarded import unguarded


@pytest.fixture
def httpd(day):
    httpd = FakeHttpd(day)
    yield httpd
    httpd.stop()


def apply(day, httpd, *more):
    return day.ok("apply", "-m", "why not", "--control", httpd.control, "--wait", "1", *more)


def refused(day, httpd, *more):
    """Status 1 and a sentence; the store may have one more revision, the active one stays."""
    active = state(day)
    result = day.run("apply", "--control", httpd.control, "--wait", "1", *more)
    assert (result.status, result.out) == (1, ""), result
    assert len(result.err.splitlines()) == 1
    assert state(day) == active
    return result.err[len("lyncadm: "):-1]


def state(day):
    return sqlite3.connect(day.store).execute("SELECT value FROM state WHERE name = 'active'").fetchone()[0]


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
    assert "httpd serves revision 1 (generation 1), not 2, 1 s after the reload" in refused(day, httpd)
    httpd.unsay("ignore")
    assert apply(day, httpd) == ["revision 3 is served (generation 3)"]


def test_not_served_goes_back(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("ignore", "1")
    assert refused(day, httpd) == "httpd serves revision 1 (generation 2), not 2, 1 s after the reload: " \
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


def test_httpd_hangs(day, httpd):
    httpd.start()
    httpd.say("hang")
    before = day.bytes()
    assert "did not end within 1 s and was killed" in refused(day, httpd)
    assert day.bytes() == before


def test_no_store_line(day, httpd):
    httpd.unsay("store")
    before = day.bytes()
    assert f"is not configured with this store: add 'LyncStore {day.store}' to its configuration" in refused(day, httpd)
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
        {"revision": 1, "before": 0, "generation": 1, "message": "revision 1 is served (generation 1)"}]


def test_dry_run(day, httpd):
    before = day.bytes()
    assert apply(day, httpd, "--dry-run") == ["dry run: revision 1 would be tested and served"]
    assert day.bytes() == before


def test_bad_options(day):
    for wait in ("0", "abc", "", "3601"):
        assert f"wait '{wait}' is no number from 1 to 3600" in day.fails(2, "apply", "--wait", wait)
    assert "is no single line of text" in day.fails(2, "apply", "-m", "a\nb")
    assert day.fails(2, "apply", "-m") == "option '-m' needs a value"


def test_warnings_do_not_stop_it(day, httpd):
    day.run("server set wac01.contoso.local --state disabled")
    result = day.run("apply", "--control", httpd.control)
    assert result.status == 0
    assert result.err.startswith("lyncadm: warning: pool 'wac01.contoso.local' has no active server")
