"""lyncadm backup"""
import json
import os
import sqlite3
import stat
import subprocess

import pytest

from conftest import PROGRAM
from test_bad_store import as_user, limit_file_size, open_up
from test_migrate import DATA
from unguarded import unguarded


def left(admin):
    """What lies about besides the store, its files and what a test names."""
    return sorted(path.name for path in admin.directory.iterdir()
                  if path.name not in ("lync.db", "external.pem", "root.pem", "other.pem"))


def dump(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return "\n".join(db.iterdump())
    finally:
        db.close()


def last(admin):
    db = sqlite3.connect(f"file:{admin.store}?mode=ro", uri=True)
    return db.execute("SELECT id, hash FROM change ORDER BY id DESC LIMIT 1").fetchone()


def test_copy(day):
    change, chain = last(day)
    before = day.bytes()
    assert day.ok("backup copy.db") == [
        f"store '{day.store}' is backed up to 'copy.db': its last change is {change}, hash {chain}"]
    copy = day.directory / "copy.db"
    assert dump(copy) == dump(day.store) and day.bytes() == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    assert left(day) == ["copy.db"]
    assert day.ok("--store", copy, "audit", "verify")[0].endswith(chain)


def test_for_programs(day):
    change, chain = last(day)
    assert json.loads("\n".join(day.ok("backup copy.db --json"))) == [
        {"store": str(day.store), "file": "copy.db", "change": change, "chain": chain}]
    assert day.ok("backup copy.db --force --tsv") == ["store\tfile\tchange\tchain",
                                                      f"{day.store}\tcopy.db\t{change}\t{chain}"]


def test_it_is_there_already(day):
    (day.directory / "copy.db").write_text("something dear")
    assert day.fails(1, "backup copy.db") == \
        "cannot back up to 'copy.db': it is there already: --force replaces it"
    assert (day.directory / "copy.db").read_text() == "something dear"
    day.ok("backup copy.db --force")
    assert dump(day.directory / "copy.db") == dump(day.store)
    (day.directory / "link.db").symlink_to("nowhere")
    assert "it is there already" in day.fails(1, "backup link.db")


def test_the_store_itself(day):
    (day.directory / "link.db").symlink_to(day.store)
    for name in ("lync.db", "link.db"):
        assert day.fails(1, "backup", "--force", name) == f"cannot back up to '{name}': it is the store itself"


def test_dry_run(day):
    result = day.run("backup copy.db --dry-run")
    assert result.status == 0 and result.err == "lyncadm: dry run: the copy was removed\n"
    assert left(day) == []


@pytest.mark.parametrize("words, status, sentence", [
    ("", 2, "a file is missing: usage is 'lyncadm backup FILE [--force]'"), ("a b", 2, "unexpected argument 'b'"),
    ("nowhere/copy.db", 1, "cannot write 'nowhere/copy.db': No such file or directory"),
    ("lync.db/copy.db", 1, "cannot write 'lync.db/copy.db': Not a directory"),
    (". --force", 1, "cannot write '.': it is no regular file"),
    ("/dev/null --force", 1, "cannot write '/dev/null': it is no regular file"),
])
def test_used_wrongly(day, words, status, sentence):
    assert sentence in day.fails(status, *("backup " + words).split())
    assert left(day) == []


def test_no_right(day):
    open_up(day.directory)
    day.store.chmod(0o644)
    day.directory.chmod(0o755)
    result = as_user(["backup", str(day.directory / "copy.db")], day.directory, {"LYNC_STORE": str(day.store)})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"lyncadm: cannot write '{day.directory}/copy.db': Permission denied\n"


def test_full_disk(day):
    sentence = day.fails(1, "backup copy.db", preexec_fn=limit_file_size(day.store.stat().st_size // 2))
    assert sentence == f"cannot write 'copy.db': cannot copy store '{day.store}': File too large"
    assert left(day) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system takes root")
def test_full_file_system(day):
    place = day.directory / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=65536", "tmpfs", place], check=False,
                      capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert "disk is full" in day.fails(1, "backup small/copy.db")
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_row_that_somebody_changed(day):
    """The copy is not called a backup when its audit does not hold; the store is what the sentence is about."""
    with unguarded(day.store) as db:
        db.execute("UPDATE profile SET timeout = 7 WHERE name = 'web'")
    sentence = day.fails(1, "backup copy.db")
    assert sentence.startswith(f"the audit of store '{day.store}' is broken: ") and "profile" in sentence
    assert left(day) == []


def test_references_that_lead_nowhere(day):
    with unguarded(day.store) as db:
        db.execute("DELETE FROM pool WHERE name = 'wac01.contoso.local'")
    assert day.fails(1, "backup copy.db").startswith(f"store '{day.store}' is damaged: table ")
    assert left(day) == []


def test_a_damaged_page(day):
    db = sqlite3.connect(day.store)
    page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit'").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with open(day.store, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"spoiled" * 30)
    assert f"store '{day.store}'" in day.fails(1, "backup copy.db")
    assert left(day) == []


def test_a_store_of_an_older_version(empty):
    db = sqlite3.connect(empty.store)
    db.executescript((DATA / "store-v1.sql").read_text())
    db.close()
    before = empty.bytes()
    assert empty.ok("backup copy.db") == [f"store '{empty.store}' is backed up to 'copy.db'"]
    assert dump(empty.directory / "copy.db") == dump(empty.store) and empty.bytes() == before


def test_while_others_edit(day):
    """Each copy is of one moment: its audit holds, and knows all of the edits before."""
    running = [subprocess.Popen([PROGRAM, "profile", "add", f"p{i}", "--timeout", "9"], cwd=day.directory, env=day.env,
                                stdout=subprocess.DEVNULL) for i in range(30)]
    changes = []
    for i in range(10):
        (row,) = json.loads("\n".join(day.ok(f"backup copy{i}.db --json")))
        changes.append(row["change"])
        db = sqlite3.connect(day.directory / f"copy{i}.db")
        assert db.execute("SELECT max(id) FROM change").fetchone()[0] == row["change"]
        added = db.execute("SELECT count(*) FROM profile WHERE revision = 0 AND name LIKE 'p_%' AND timeout = 9")
        assert added.fetchone()[0] == row["change"] - 10
        db.close()
    assert [process.wait() for process in running] == [0] * 30
    assert changes == sorted(changes)


def test_readers_and_a_writer_that_takes_its_time(day):
    """Neither who reads nor who has begun to write keeps a backup waiting."""
    reader = sqlite3.connect(f"file:{day.store}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM route").fetchone()
    writer = sqlite3.connect(day.store, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    day.ok("backup copy.db")
    writer.execute("ROLLBACK")
    reader.execute("ROLLBACK")
