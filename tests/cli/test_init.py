"""lyncadm init"""
import json
import sqlite3

import pytest


def test_creates(empty):
    out = empty.ok("init")
    assert out == [f"created store '{empty.store}'", "httpd is reached by 'apachectl'",
                   f"to have httpd serve it, its configuration needs the line: LyncStore {empty.store}"]
    assert empty.store.stat().st_mode & 0o777 == 0o640
    db = sqlite3.connect(empty.store)
    assert db.execute("SELECT count(*) FROM service").fetchone()[0] > 25
    assert {r[0] for r in db.execute("SELECT name FROM profile")} == {"web", "content", "poll"}
    assert {r[0] for r in db.execute("SELECT name FROM tls_policy")} == {"modern", "intermediate", "legacy"}
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_fresh_store_has_no_findings(admin):
    assert admin.ok("check") == ["no findings"]


def test_control(empty):
    empty.ok("init", "--control", "apache2 -f '/etc/my apache.conf'")
    db = sqlite3.connect(empty.store)
    assert db.execute("SELECT value FROM state WHERE name = 'control'").fetchone()[0] == \
        "apache2 -f '/etc/my apache.conf'"


@pytest.mark.parametrize("control", ["", "   "])
def test_control_must_be_a_command(empty, control):
    assert "is no command" in empty.fails(2, "init", "--control", control)
    assert not empty.store.exists()


def test_json(empty):
    assert json.loads("\n".join(empty.ok("init --json"))) == [{"store": str(empty.store), "control": "apachectl"}]


def test_existing_store_stays(admin):
    assert admin.fails(1, "init") == f"cannot create store '{admin.store}': it is there already"


def test_existing_file_stays(empty):
    empty.store.write_text("precious")
    assert "it is there already" in empty.fails(1, "init")
    assert empty.store.read_text() == "precious"


def test_missing_directory(empty):
    place = empty.directory / "a" / "lync.db"
    assert empty.fails(1, "init", "--store", place) == \
        f"cannot create store '{place}': there is no directory '{place.parent}': 'mkdir -p {place.parent}' first"


def test_dry_run(empty):
    assert empty.ok("init --dry-run")[0] == f"created store '{empty.store}'"
    assert not empty.store.exists()


def test_takes_no_arguments(empty):
    assert "unexpected argument 'here'" in empty.fails(2, "init here")
