"""A store of lyncadm 0.1.0 (tests/data/store-v1.sql) and what becomes of it; and one of 0.2.0 (store-v2.sql)."""
import pathlib
import re
import sqlite3
import subprocess

import pytest

from conftest import PROGRAM

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
NOUNS = ["profile", "tls_policy", "service", "listener", "certificate", "binding", "pool", "server", "domain", "route"]


def load(admin, version):
    db = sqlite3.connect(admin.store)
    db.executescript((DATA / f"store-v{version}.sql").read_text().replace("/etc/lync", str(admin.directory)))
    db.close()
    admin.store.chmod(0o640)
    return admin


@pytest.fixture
def old(empty):
    return load(empty, 1)


def rows(path, columns):
    """Of each table its columns; those that came later are of no interest here."""
    db = sqlite3.connect(path)
    return {table: db.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2").fetchall()
            for table, names in columns.items()}


def schema(path):
    """What a schema means: SQLite keeps the text of a table that was altered, garbled."""
    db = sqlite3.connect(path)
    found = {}
    for kind, name, text in db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall():
        if kind == "table":
            found[kind, name] = [db.execute(f"PRAGMA {pragma}({name})").fetchall() for pragma in
                                 ("table_xinfo", "foreign_key_list", "index_list")] + \
                db.execute("SELECT strict, wr FROM pragma_table_list WHERE name = ?", (name,)).fetchall() + \
                sorted(re.findall(r"CHECK \(.*?\)\)?", re.sub(r"--.*", "", text)))
        else:
            found[kind, name] = " ".join(re.sub(r"--.*", "", text or "").split())
    return found


@pytest.mark.parametrize("version", [1, 2])
def test_new_is_migrated(empty, tmp_path, version):
    """A schema that was released, and is still the newest, is not changed either: its number would stay."""
    old = load(empty, version)
    old.ok("profile set web --timeout 500")
    fresh = tmp_path / "fresh.db"
    old.ok("--store", fresh, "init")
    assert schema(old.store) == schema(fresh)
    versions = [sqlite3.connect(path).execute(f"PRAGMA {name}").fetchone() for path in (old.store, fresh)
                for name in ("user_version", "application_id")]
    assert versions == [(2,), (0x4c796e63,)] * 2


def test_everything_is_kept(old):
    columns = {table: [column[1] for column in sqlite3.connect(old.store).execute(f"PRAGMA table_info({table})")]
               for table in NOUNS + ["state"]}
    before = rows(old.store, columns)
    old.run("profile set web --timeout 400")        # as it is already
    assert rows(old.store, columns) == before
    db = sqlite3.connect(old.store)
    assert db.execute("SELECT number, author, reason, sealed, change FROM revision ORDER BY number").fetchall() == [
        (0, "", None, 0, None), (1, "root", "first publication", 1, 1), (2, "root", "second front end", 1, 2)]
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_backup_is_what_was(old):
    dump = "\n".join(sqlite3.connect(old.store).iterdump())
    old.ok("profile set web --timeout 500")
    backup = pathlib.Path(f"{old.store}.v1")
    assert "\n".join(sqlite3.connect(backup).iterdump()) == dump
    assert sqlite3.connect(backup).execute("PRAGMA user_version").fetchone() == (1,)
    assert backup.stat().st_mode & 0o007 == 0


def test_the_audit_begins_with_what_was_there(old):
    old.ok("profile set web --timeout 500")
    assert old.ok("audit verify")[0].startswith("4 changes with ")
    out = old.ok("audit --since 2000 --noun server")
    assert "  why: second front end" in out and "  before the audit" in out
    assert "    added server 'fe02.contoso.local lyncpool01.contoso.local'" in out
    assert old.ok("diff 1 2")[0].startswith("added server 'fe02.contoso.local")
    assert [line.split()[-2:] for line in old.ok("history")[1:]] == [["1", "1"], ["1", "active"]]
    db = sqlite3.connect(old.store)
    with pytest.raises(sqlite3.IntegrityError, match="revisions are immutable"):
        db.execute("UPDATE revision SET author = 'x' WHERE number = 1")


def test_reading_does_not_migrate(old):
    before = old.bytes()
    assert old.ok("diff")[0] == "changed profile 'web': timeout 400 (was 300)"
    assert len(old.ok("listener list")) == 3
    for words in ("history", "audit", "audit verify"):
        assert "has no audit yet: its schema version 1 is older than 2" in old.fails(1, words)
    old.run("status --control true")
    assert old.bytes() == before


def test_no_place_for_the_backup(old):
    pathlib.Path(f"{old.store}.v1").mkdir()
    assert "cannot back up store" in old.fails(1, "profile set web --timeout 500")


def test_two_at_once(old):
    running = [subprocess.Popen([PROGRAM, "profile", "add", f"p{i}", "--timeout", "9"], cwd=old.directory, env=old.env,
                                stdout=subprocess.DEVNULL) for i in range(6)]
    assert [process.wait() for process in running] == [0] * 6
    assert old.ok("audit verify")[0].startswith("9 changes with ")


def test_the_audit_of_0_2_0_goes_on(empty):
    """As it was released: nothing in it was made to fit."""
    db = sqlite3.connect(empty.store)
    db.executescript((DATA / "store-v2.sql").read_text())
    nouns = {noun for noun, in db.execute("SELECT DISTINCT noun FROM audit")}
    changes, = db.execute("SELECT count(*) FROM change").fetchone()
    db.close()
    empty.store.chmod(0o640)
    assert nouns >= set(NOUNS) | {"state", "server_state"}
    assert empty.ok("audit verify")[0].startswith(f"{changes} changes with ")
    empty.ok("profile set web --timeout 500")
    assert empty.ok("audit verify")[0].startswith(f"{changes + 1} changes with ")
