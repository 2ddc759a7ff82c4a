"""lyncadm rollback"""
import json
import shutil
import sqlite3

import pytest

from fake_httpd import FakeHttpd
from unguarded import unguarded


@pytest.fixture
def httpd(day):
    """Two revisions, of which the second is served."""
    httpd = FakeHttpd(day)
    httpd.start()
    day.ok("apply", "-m", "first", "--control", httpd.control)
    day.ok("profile set web --timeout 400")
    day.ok("unpublish officewebapps01.contoso.com")
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    day.ok("apply", "-m", "second", "--control", httpd.control)
    yield httpd
    httpd.stop()


def active(day):
    return sqlite3.connect(day.store).execute("SELECT value FROM state WHERE name = 'active'").fetchone()[0]


def rollback(httpd, *words):
    return ["rollback", *words, "--wait", "3", "--control", httpd.control]


def test_back_and_forth(day, httpd):
    for revision, generation in ((1, 3), (2, 4)):
        assert day.ok(*rollback(httpd, str(revision), "-m", "not ready")) == \
            [f"revision {revision} is served (generation {generation})"]
        assert active(day) == str(revision)
        assert day.ok("diff") == day.ok("diff", str(revision), "draft") == []
    assert [row["number"] for row in json.loads("\n".join(day.ok("history --json")))] == [1, 2]
    assert day.run("audit verify").status == 0


def test_is_audited(day, httpd):
    day.ok(*rollback(httpd, "1", "-m", "fe02 is not ready"))
    rows = json.loads("\n".join(day.ok("audit --json --limit 2")))
    assert {row["reason"] for row in rows} == {"fe02 is not ready"}
    assert [(row["noun"], row["key"]) for row in rows] == [
        ("state", "active"), ("profile", "web"), ("server", "fe02.contoso.local lyncpool01.contoso.local"),
        ("route", "external officewebapps01.contoso.com /")]


def test_edits_that_were_not_applied(day, httpd):
    day.ok("profile set poll --timeout 99")
    assert day.fails(1, *rollback(httpd, "1")) == "the draft has edits that were not applied: 'lyncadm diff' shows " \
        "them, 'lyncadm rollback 1 --discard' drops them"
    assert active(day) == "2"
    day.ok(*rollback(httpd, "1", "--discard"))
    assert active(day) == "1" and day.ok("diff") == []


def test_to_the_active_one_drops_edits(day, httpd):
    day.ok("profile set poll --timeout 99")
    assert day.ok(*rollback(httpd, "active", "--discard")) == ["revision 2 is already active and served (generation 2)"]
    assert day.ok("diff") == []
    before = day.bytes()
    day.ok(*rollback(httpd, "2"))
    assert day.bytes() == before


def test_httpd_refuses_it(day, httpd):
    httpd.say("refuse-1", "AH00526: Syntax error: SSLCertificateFile: file does not exist")
    assert "httpd refuses revision 1" in day.fails(1, *rollback(httpd, "1"))
    assert active(day) == "2" and day.ok("diff") == []


def test_not_served(day, httpd):
    httpd.say("ignore", "2")
    result = day.run(*rollback(httpd, "1"))
    assert (result.status, result.out) == (1, "")
    assert "revision 2 is served again" in result.err
    assert active(day) == "2" and day.ok("diff") == []


def test_rule_book(day, httpd):
    shutil.copy(day.directory / "external.pem", day.directory / "second.pem")
    for name in ("second.pem", "external.pem"):
        day.ok("certificate", "set", "external", "--chain", name, "--key", name)
        day.ok("apply", "--control", httpd.control)
    (day.directory / "second.pem").unlink()
    assert "revision 3 cannot be applied: certificate 'external'" in day.fails(1, *rollback(httpd, "3"))


def test_a_revision_that_was_tampered_with(day, httpd):
    with unguarded(day.store) as db:
        db.execute("UPDATE server SET weight = 7 WHERE revision = 1 AND host = 'lyncpool01.contoso.local'")
    assert "server 'lyncpool01.contoso.local lyncpool01.contoso.local' of revision 1 was changed without lyncadm" in \
        day.fails(1, *rollback(httpd, "1"))


def test_dry_run(day, httpd):
    before = day.bytes()
    assert day.ok(*rollback(httpd, "1", "--dry-run")) == ["dry run: revision 1 would be tested and served"]
    assert day.bytes() == before and active(day) == "2"


@pytest.mark.parametrize("words, status, sentence", [
    ([], 2, "a revision is missing"), (["1", "2"], 2, "a revision is missing"), (["7"], 1, "has no revision 7"),
    (["draft"], 2, "the draft is no earlier revision"), (["0"], 2, "the draft is no earlier revision"),
    (["x"], 2, "'x' is no revision"),
])
def test_used_wrongly(day, httpd, words, status, sentence):
    assert sentence in day.fails(status, *rollback(httpd, *words))


def test_swapped_ports(day, httpd):
    """Values that must be unique change places on the way back."""
    day.ok("listener set discovery --port 81")
    day.ok("listener set external --port 80")
    day.ok("listener set discovery --port 443")
    day.ok("apply", "--control", httpd.control)
    day.ok(*rollback(httpd, "2"))
    assert day.ok("diff 2 draft") == []
    assert day.run("audit verify").status == 0
