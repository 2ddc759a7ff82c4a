"""lyncadm audit, audit verify"""
import hashlib
import json
import os
import sqlite3

import pytest

from fake_httpd import FakeHttpd
from unguarded import unguarded


def audit(admin, *words):
    return json.loads("\n".join(admin.ok("audit", "--json", *words)))


def test_what_a_change_says(admin):
    env = {"SSH_CONNECTION": "203.0.113.7 50000 192.0.2.1 22"}
    admin.ok("profile", "set", "web", "--timeout", "400", "-m", "slow pages, said Bob's team", env=env)
    (row,) = audit(admin, "--limit", "1")
    login = row.pop("login")
    assert login and row.pop("time").endswith("Z")
    assert row == {
        "change": 2, "sudo": None, "origin": "203.0.113.7", "seq": 1, "noun": "profile", "key": "web",
        "command": "lyncadm profile set web --timeout 400 -m 'slow pages, said Bob'\\''s team'",
        "reason": "slow pages, said Bob's team",
        "before": {"name": "web", "timeout": 300, "purpose": "pages and web services"},
        "after": {"name": "web", "timeout": 400, "purpose": "pages and web services"}}
    out = admin.ok("audit --limit 1", env=env)
    assert out[0].startswith("change 2  20") and out[0].endswith(f"Z  {login}, from 203.0.113.7")
    assert out[1:] == ["  " + row["command"], "  why: " + row["reason"],
                       "    set profile 'web': timeout 400 (was 300)"]


@pytest.mark.skipif(os.geteuid() != 0, reason="others' word on who called sudo does not count")
def test_sudo(admin):
    admin.ok("profile set web --timeout 400", env={"SUDO_USER": "alice"})
    assert audit(admin, "--limit", "1")[0]["sudo"] == "alice"
    assert len(audit(admin, "--user", "alice")) == 1
    assert ", sudo alice" in admin.ok("audit --limit 1")[0]
    httpd = FakeHttpd(admin)
    admin.run("apply", "--control", httpd.control, env={"SUDO_USER": "alice"})
    db = sqlite3.connect(admin.store)
    assert db.execute("SELECT author FROM revision WHERE number = 1").fetchone() == ("alice",)


def test_each_kind_of_write(day):
    httpd = FakeHttpd(day)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    day.ok("server remove fe02.contoso.local")
    day.ok("apply", "-m", "first", "--control", httpd.control)
    added, removed, revision, active = audit(day)[-4:]
    assert (added["noun"], added["key"]) == ("server", "fe02.contoso.local lyncpool01.contoso.local")
    assert (added["before"], removed["after"]) == (None, None) and added["after"] == removed["before"]
    assert (revision["noun"], revision["key"], revision["after"]["reason"]) == ("revision", "1", "first")
    assert (active["noun"], active["key"], active["before"]["value"], active["after"]["value"]) == \
        ("state", "active", "0", "1")
    assert all(row["command"].startswith("lyncadm apply") and row["reason"] == "first" for row in (revision, active))
    assert {row["command"] for row in audit(day, "--noun", "domain")} == {
        "lyncadm publish simple-url meet https://meet.contoso.com --via lyncdir01.contoso.local",
        "lyncadm publish simple-url dialin https://dialin.contoso.com --via lyncdir01.contoso.local"}


def test_an_apply_that_fails_says_so(day):
    httpd = FakeHttpd(day)
    httpd.start()
    day.ok("apply", "--control", httpd.control)
    day.ok("profile set web --timeout 400")
    httpd.say("ignore", "1")
    assert day.run("apply", "--wait", "3", "--control", httpd.control).status == 1
    httpd.stop()
    to, back = [row for row in audit(day, "--noun", "state") if row["key"] == "active"][-2:]
    assert (to["after"]["value"], back["after"]["value"]) == ("2", "1")
    assert back["reason"].startswith("revision 2 was not served: httpd serves revision 1")


def test_nothing_done_nothing_said(day):
    before = day.bytes()
    day.run("listener add external --port 443 --certificate external")
    day.ok("listener set external --port 443")
    day.run("listener set external --port 444 --dry-run")
    assert day.bytes() == before


def test_secrets_are_struck_out(admin):
    # no option takes a secret on the command line: these only look like one
    admin.ok("profile", "add", "--purpose", "--password", "hunter2", "--timeout", "5")
    admin.ok("profile", "add", "p3", "--timeout", "5", "--purpose", "https://bob:hunter2@www.contoso.com/x")
    admin.ok("profile", "add", "p4", "--timeout", "5", "--purpose", "--client-secret=hunter2")
    assert [row["command"] for row in audit(admin, "--limit", "3")] == [
        "lyncadm profile add --purpose --password '***' --timeout 5",
        "lyncadm profile add p3 --timeout 5 --purpose https://...@www.contoso.com/x",
        "lyncadm profile add p4 --timeout 5 --purpose '--client-secret=***'"]


def test_filters(admin):
    admin.ok("profile set web --timeout 400")
    admin.ok("tls-policy", "set", "modern", "--purpose", "new")
    assert [row["key"] for row in audit(admin, "--limit", "2")] == ["web", "modern"]
    assert [row["key"] for row in audit(admin, "--noun", "tls-policy", "--limit", "1")] == ["modern"]
    assert [row["key"] for row in audit(admin, "--noun", "profile", "--limit", "1")] == ["web"]
    year = audit(admin, "--limit", "1")[0]["time"][:4]
    assert audit(admin, "--since", year, "--until", year) == audit(admin)
    assert audit(admin, "--since", str(int(year) + 1)) == audit(admin, "--until", "2001-01") == []
    assert audit(admin, "--user", "nobody-at-all") == []
    with unguarded(admin.store) as db:
        db.execute("UPDATE change SET time = '2026-03-31T23:59:59Z' WHERE id = 2")
    assert [row["change"] for row in audit(admin, "--since", "2026-03", "--until", "2026-03-31")] == [2]
    assert audit(admin, "--until", "2026-03-30") == audit(admin, "--since", "2026-03-31T23:59:59Z", "--until",
                                                          "2026-03-31T23:59:58Z") == []


@pytest.mark.parametrize("words", ["--since yesterday", "--until 2026-3-1", "--since 2026-", "--limit 0", "--limit x",
                                   "--noun flower", "verfy", "verify twice"])
def test_used_wrongly(admin, words):
    admin.fails(2, "audit " + words)


def test_message_is_one_line(admin):
    assert "is no single line of text" in admin.fails(2, "profile", "set", "web", "--timeout", "4", "-m", "a\nb")


def test_verify(day):
    (line,) = day.ok("audit verify")
    assert line.startswith("10 changes with ") and "the last is change 10, hash " in line
    assert day.ok("audit verify --json") == ["[]"]


def test_hashes_as_documented(day):
    """Anybody can compute them: SHA-256 of the hash before and of a JSON array."""
    db = sqlite3.connect(day.store)
    last = ""
    for (number,) in db.execute("SELECT id FROM change ORDER BY id").fetchall():
        rows = db.execute("SELECT json_array(change, seq, noun, key, before, after), hash FROM audit WHERE change = ? "
                          "ORDER BY seq", (number,)).fetchall()
        rows += db.execute("SELECT json_array(id, time, login, sudo, origin, command, reason, entries), hash "
                           "FROM change WHERE id = ?", (number,)).fetchall()
        for text, stored in rows:
            last = hashlib.sha256((last + text).encode()).hexdigest()
            assert last == stored
    assert day.ok("audit verify")[0].endswith(last)


@pytest.mark.parametrize("statement, finding", [
    ("UPDATE audit SET after = NULL WHERE change = 5 AND seq = 2",
     {"change": 5, "seq": 2, "noun": "server", "key": "lyncpool01.contoso.local lyncpool01.contoso.local"}),
    ("DELETE FROM audit WHERE change = 5 AND seq = 2", {"change": 5, "seq": 2, "noun": None, "key": None}),
    ("UPDATE server SET weight = 7 WHERE host = 'lyncdir01.contoso.local'",
     {"change": None, "seq": None, "noun": "server", "key": "lyncdir01.contoso.local lyncdir01.contoso.local"}),
])
def test_verify_names_the_row(day, statement, finding):
    with unguarded(day.store) as db:
        assert db.execute(statement).rowcount == 1
    result = day.run("audit verify --json")
    assert (result.status, result.err) == (3, "")
    first = json.loads(result.out)[0]
    assert {key: first[key] for key in finding} == finding
    result = day.run("audit verify")
    assert (result.status, result.err) == (3, "")
    assert first["message"] in result.out.splitlines()


@pytest.mark.parametrize("statement, message", [
    ("DROP TRIGGER audit_delete", "trigger 'audit_delete' was removed without lyncadm"),
    ("CREATE TRIGGER more AFTER INSERT ON change BEGIN SELECT 1; END", "trigger 'more' was added without lyncadm"),
    ("DROP VIEW open_change; CREATE VIEW open_change AS SELECT 1 AS id", "view 'open_change' was changed without lyncadm"),
    ("CREATE VIEW mine AS SELECT 1", None),
])
def test_verify_names_the_guard(day, statement, message):
    sqlite3.connect(day.store).executescript(statement)
    result = day.run("audit verify")
    assert result.status == (3 if message else 0)
    assert not message or result.out.splitlines()[0] == message
    assert day.run("backup", "copy.db").status == (1 if message else 0)


def test_raw_edits_are_refused(day):
    db = sqlite3.connect(day.store)
    for statement in ["UPDATE route SET pool = NULL", "DELETE FROM server", "UPDATE state SET value = '7'",
                      "INSERT INTO profile VALUES (0, 'x', 1, NULL)"]:
        with pytest.raises(sqlite3.IntegrityError, match="no change is open: edit with lyncadm"):
            db.execute(statement)
    with pytest.raises(sqlite3.IntegrityError, match="the audit is append-only"):
        db.execute("DELETE FROM audit")
