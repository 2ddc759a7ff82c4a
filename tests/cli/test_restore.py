"""lyncadm restore"""
import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from conftest import PROGRAM
from fake_httpd import FakeHttpd
from test_backup import dump, last, left
from test_bad_store import as_user, limit_file_size, open_up
from test_migrate import DATA
from unguarded import unguarded

WHY = ("-m", "the disk was replaced", "--control", "/nowhere/apachectl")
UNASKED = "httpd was not asked to serve it: cannot run '/nowhere/apachectl': there is no such program: say how httpd is " \
    "reached with --control"
UNDONE = "lyncadm: warning: restore was killed: this is the store before or the restored one, as the audit tells: " \
    "'lyncadm apply' or 'lyncadm restore' goes on\n"
ON_TRIAL = "lyncadm: warning: revision 3 is on trial in the backup and was not confirmed: revision 2 is active\n"


@pytest.fixture
def saved(day):
    """A store, a backup of it, and an edit after that."""
    day.ok("backup copy.db")
    day.copy = day.directory / "copy.db"
    day.ok("profile set web --timeout 333")
    return day


def rows_of(path):
    """All but what a restore adds."""
    return [line for line in dump(path).splitlines() if not line.startswith(
        ('INSERT INTO "audit"', 'INSERT INTO "change"', 'INSERT INTO "state" VALUES(\'restored\'',
         'INSERT INTO "sqlite_sequence"'))]


def kept(admin, what="before-restore"):
    (path,) = admin.directory.glob(f"lync.db.{what}-*")
    assert re.fullmatch(rf"lync\.db\.{what}-\d{{8}}T\d{{6}}Z", path.name)
    return path


def entries(admin):
    return json.loads("\n".join(admin.ok("audit --limit 1 --json")))


def test_restore(saved):
    change, chain = last(saved)
    before = dump(saved.store)
    out = saved.ok("restore", "copy.db", *WHY)
    old = kept(saved)
    assert out == [
        f"store '{saved.store}' is restored from 'copy.db' (last change 10, hash {last_of(saved.copy)[1]})",
        f"the store before (last change {change}, hash {chain}) is kept as '{old}'",
        "no revision is active in it", UNASKED]
    assert rows_of(saved.store) == rows_of(saved.copy)
    assert dump(old) == before
    assert left(saved) == ["copy.db", old.name]
    assert saved.run("audit verify").status == 0
    saved.ok("profile set web --timeout 334")


def last_of(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    return db.execute("SELECT id, hash FROM change ORDER BY id DESC LIMIT 1").fetchone()


def test_it_is_a_change(saved):
    """What was restored, and in place of what, is in the chain."""
    old, new = last(saved), last_of(saved.copy)
    saved.ok("restore", "copy.db", *WHY)
    (entry,) = entries(saved)
    assert (entry["change"], entry["reason"], entry["noun"], entry["key"]) == \
        (new[0] + 1, WHY[1], "state", "restored")
    assert entry["after"]["value"] == (
        f"from '{saved.copy}' (last change {new[0]}, hash {new[1]}), in place of what is kept as '{kept(saved)}' "
        f"(last change {old[0]}, hash {old[1]})")
    with unguarded(saved.store) as db:
        db.execute("UPDATE state SET value = 'nothing' WHERE name = 'restored'")
    assert saved.run("audit verify").status == 3


def test_what_is_active(day):
    day.ok("apply", "--control", FakeHttpd(day).control)
    day.ok("backup copy.db")
    digest = json.loads("\n".join(day.ok("history --hash --json")))[0]["hash"]
    assert day.ok("restore", "copy.db", *WHY)[2] == \
        f"revision 1 is active in it, hash {digest}"


def test_for_programs(saved):
    (row,) = json.loads("\n".join(saved.ok("restore", "copy.db", "--json", *WHY)))
    assert row == {"store": str(saved.store), "file": "copy.db", "change": 10, "kept": str(kept(saved)), "damage": None,
                   "active": None, "hash": None, "served": UNASKED}
    assert saved.ok("restore", "copy.db", "--tsv", *WHY)[0] == "store\tfile\tchange\tkept\tdamage\tactive\thash\tserved"


def test_dry_run(saved):
    before = saved.bytes()
    result = saved.run("restore", "copy.db", "--dry-run", *WHY)
    assert (result.status, result.err) == (0, "lyncadm: dry run: the store was not changed\n")
    assert result.out.startswith(f"store '{saved.store}' is restored from 'copy.db'")
    assert saved.bytes() == before and left(saved) == ["copy.db"]


def test_twice_within_a_second(saved):
    for _ in range(3):
        saved.ok("restore", "copy.db", *WHY)
    assert len(list(saved.directory.glob("lync.db.before-restore-*"))) == 3


def test_owner_and_mode(saved):
    saved.store.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(saved.store, 12345, 54321)
    want = saved.store.stat()
    saved.ok("restore", "copy.db", *WHY)
    for path in (saved.store, kept(saved)):
        now = path.stat()
        assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (want.st_uid, want.st_gid, 0o660)


def test_a_link_stays_one(saved):
    place = saved.directory / "elsewhere"
    place.mkdir()
    saved.store.rename(place / "real.db")
    saved.store.symlink_to(place / "real.db")
    saved.ok("restore", "copy.db", *WHY)
    assert saved.store.is_symlink() and rows_of(place / "real.db") == rows_of(saved.copy)
    assert len(list(place.iterdir())) == 2 and left(saved) == ["copy.db", "elsewhere"]


def test_a_backup_of_an_older_version(day):
    """It is brought up to date beside the store, and stays what it is."""
    old = day.directory / "old.db"
    db = sqlite3.connect(old)
    db.executescript((DATA / "store-v1.sql").read_text())
    db.close()
    before = old.read_bytes()
    out = day.ok("restore", "old.db", *WHY)
    assert out[0] == f"store '{day.store}' is restored from 'old.db'"
    assert out[2].startswith("revision 2 is active in it, hash ")
    assert old.read_bytes() == before and left(day) == [kept(day).name, "old.db"]
    assert day.ok("audit verify")[0].startswith("4 changes with ")


def test_a_store_of_an_older_version(saved):
    saved.store.unlink()
    db = sqlite3.connect(saved.store)
    db.executescript((DATA / "store-v1.sql").read_text())
    db.close()
    before = dump(saved.store)
    assert saved.ok("restore", "copy.db", *WHY)[1] == f"the store before is kept as '{kept(saved)}'"
    assert dump(kept(saved)) == before


def in_wal_mode(path):
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    database.close()


@pytest.mark.parametrize("which", ["copy", "store"])
def test_wal_mode(saved, which):
    """Somebody gave the file a mode in which a part of it lies beside it."""
    in_wal_mode(getattr(saved, which))
    assert saved.run("restore", "copy.db", *WHY, "--dry-run").status == 0
    assert not list(saved.directory.glob("lync.db.*"))
    saved.ok("restore", "copy.db", *WHY)
    assert entries(saved)[0]["key"] == "restored"
    assert not list(saved.directory.glob("lync.db*-*[lm]"))
    for path in (saved.store, kept(saved)):
        assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("delete",)


def text(path):
    path.write_text("no store at all, only text that is longer than a page header\n" * 9)


def empty_file(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:9000])


def damaged_page(path):
    db = sqlite3.connect(path)
    page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'route'").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"spoiled" * 30)


def broken_audit(path):
    with unguarded(path) as db:
        db.execute("UPDATE audit SET after = replace(after, '300', '301') WHERE noun = 'profile'")


def lost_pool(path):
    with unguarded(path) as db:
        db.execute("DELETE FROM pool WHERE name = 'wac01.contoso.local'")


def raw(sql):
    def spoil(path):
        db = sqlite3.connect(path)
        db.executescript(sql)
        db.close()
    return spoil


FAULTS = [(text, "cannot read store '{}': file is not a database"),
          (empty_file, "cannot read store '{}': it is no store of lyncadm"),
          (raw("PRAGMA application_id = 7"), "cannot read store '{}': it is no store of lyncadm"),
          (raw("PRAGMA user_version = 99"), "cannot read store '{}': its schema version 99 is newer than "),
          (truncated, "store '{}': database disk image is malformed"),
          (damaged_page, "store '{}'"),
          (lost_pool, "store '{}' is damaged: table "),
          (broken_audit, "the audit of store '{}' is broken: entry ")]
NAMES = ["text", "empty", "another", "newer", "truncated", "page", "reference", "audit"]


@pytest.mark.parametrize("fault, sentence", FAULTS, ids=NAMES)
def test_bad_backups(saved, fault, sentence):
    fault(saved.copy)
    assert sentence.format("copy.db") in saved.fails(1, "restore", "copy.db", *WHY)
    assert left(saved) == ["copy.db"]


@pytest.mark.parametrize("fault, sentence", FAULTS, ids=NAMES)
def test_bad_stores(saved, fault, sentence):
    """When one needs it most: what was there is moved aside as it is."""
    fault(saved.store)
    before, inode = saved.bytes(), saved.store.stat().st_ino
    out = saved.ok("restore", "copy.db", *WHY)
    old = kept(saved, "damaged")
    assert out[1].startswith("the store before") and f" was no good and is now '{old}': " in out[1]
    assert sentence.format(saved.store) in out[1]
    assert old.read_bytes() == before and old.stat().st_ino == inode
    assert rows_of(saved.store) == rows_of(saved.copy) and left(saved) == ["copy.db", old.name]
    assert str(old) in entries(saved)[0]["after"]["value"]
    assert saved.run("audit verify").status == 0


def test_no_store(saved):
    saved.store.unlink()
    assert saved.ok("restore", "copy.db", *WHY)[1] == "there was no store before"
    assert entries(saved)[0]["after"]["value"].endswith(", in place of no store")
    assert stat.S_IMODE(saved.store.stat().st_mode) == 0o640
    assert saved.run("audit verify").status == 0 and left(saved) == ["copy.db"]


def hot_journal(path):
    """What a writer leaves that is killed while it writes: rolled back into whatever is there."""
    subprocess.run([sys.executable, "-c", "import os, sqlite3, sys\n"
                    "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                    "db.execute('PRAGMA cache_size = 1')\n"
                    "db.execute('BEGIN IMMEDIATE')\n"
                    "db.execute('CREATE TABLE filler (x)')\n"
                    "db.executemany('INSERT INTO filler VALUES (?)', [('y' * 3000,)] * 500)\n"
                    "os._exit(0)", path], check=True)
    journal = path.with_name(path.name + "-journal")
    assert journal.stat().st_size > 512
    return journal


def test_journal_of_a_killed_writer(saved):
    hot_journal(saved.store)
    saved.ok("restore", "copy.db", *WHY)
    assert kept(saved) and saved.run("audit verify").status == 0
    assert left(saved) == ["copy.db", kept(saved).name]


@pytest.mark.parametrize("gone", [True, False], ids=["no store", "no database"])
def test_journal_of_a_store_that_is_lost(saved, gone):
    """It would be rolled back into the restored one."""
    journal = hot_journal(saved.store)
    if gone:
        saved.store.unlink()
    else:
        saved.store.write_bytes(b"x" * 5000)
    saved.ok("restore", "copy.db", *WHY)
    assert not journal.exists()
    assert rows_of(saved.store) == rows_of(saved.copy) and saved.run("audit verify").status == 0


def test_what_lies_beside_a_damaged_store_goes_with_it(saved):
    text(saved.store)
    for end in ("-journal", "-wal", "-shm"):
        saved.store.with_name("lync.db" + end).write_bytes(bytes(100) + end.encode())
    saved.ok("restore", "copy.db", *WHY)
    moved = sorted(path.name for path in saved.directory.glob("lync.db?*"))
    assert [re.sub(r"\d{8}T\d{6}Z", "", name) for name in moved] == [
        "lync.db.damaged-", "lync.db.damaged--journal", "lync.db.damaged--shm", "lync.db.damaged--wal"]


@pytest.mark.parametrize("words, status, sentence", [
    ([], 2, "a file is missing: usage is 'lyncadm restore FILE -m REASON'"), (["a", "b"], 2, "unexpected argument 'b'"),
    (["copy.db"], 2, "restore needs -m: why the store is replaced"),
    (["copy.db", "-m", ""], 2, "restore needs -m"),
    (["copy.db", "-m", "a\nb"], 2, "is no single line of text"),
    (["none.db", *WHY], 1, "cannot restore from 'none.db': No such file or directory"),
    ([".", *WHY], 1, "cannot restore from '.': it is no file"),
    (["lync.db", *WHY], 1, "cannot restore from 'lync.db': it is the store itself"),
    (["copy.db", *WHY, "--store", "nowhere/lync.db"], 1, "cannot write 'nowhere/lync.db.apply': No such file or directory"),
    (["copy.db", *WHY, "--store", "."], 1, "it is no regular file"),
])
def test_used_wrongly(saved, words, status, sentence):
    assert sentence in saved.fails(status, "restore", *words)
    assert left(saved) == ["copy.db"]


def test_full_disk(saved):
    size = saved.store.stat().st_size
    assert "File too large" in saved.fails(1, "restore", "copy.db", *WHY, preexec_fn=limit_file_size(size // 2))
    assert left(saved) == ["copy.db"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system takes root")
@pytest.mark.parametrize("room", [0.5, 1.5], ids=["for nothing", "for the copy"])
def test_full_file_system(saved, room):
    """No room for the copy; or for the copy, but not for what is kept of the store before."""
    place = saved.directory / "small"
    place.mkdir()
    size = saved.store.stat().st_size
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(size * (1 + room)) // 4096 * 4096}", "tmpfs", place],
                      check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        shutil.move(saved.store, place / "lync.db")
        saved.store = place / "lync.db"
        saved.env["LYNC_STORE"] = str(saved.store)
        assert "disk is full" in saved.fails(1, "restore", "copy.db", *WHY)
        assert [path.name for path in place.iterdir()] == ["lync.db"]
    finally:
        subprocess.run(["umount", place], check=True)


def test_no_right(saved):
    open_up(saved.directory)
    saved.store.chmod(0o644)
    saved.copy.chmod(0o644)
    saved.directory.chmod(0o755)
    before = saved.bytes()
    result = as_user(["restore", str(saved.copy), *WHY], saved.directory, {"LYNC_STORE": str(saved.store)})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"lyncadm: cannot write '{saved.store}.apply': Permission denied\n"
    saved.directory.chmod(0o777)        # there is room for a copy, but the store is another's
    result = as_user(["restore", str(saved.copy), *WHY], saved.directory, {"LYNC_STORE": str(saved.store)})
    assert (result.returncode, result.stdout) == (1, "")
    assert "no write permission" in result.stderr
    saved.directory.chmod(0o755)
    assert saved.bytes() == before and left(saved) == ["copy.db"]


def start(admin, *words):
    return subprocess.Popen([PROGRAM, *words], cwd=admin.directory, env=admin.env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def open_files(pid):
    """Their names; of a process that starts, or has ended, none."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found.add(os.readlink(entry))
    return found


def test_an_edit_under_way(saved):
    """It is waited for, and is in what is kept."""
    writer = sqlite3.connect(saved.store, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    edit = start(saved, "profile", "set", "web", "--timeout", "334")
    while str(saved.store) not in open_files(edit.pid):
        time.sleep(0.01)
    restore = start(saved, "restore", "copy.db", *WHY)
    time.sleep(0.3)
    assert edit.poll() is None and restore.poll() is None
    writer.execute("ROLLBACK")
    writer.close()
    out, err = restore.communicate(timeout=60)
    assert (restore.returncode, err) == (0, ""), out
    out, err = edit.communicate(timeout=60)
    if edit.returncode:         # the restore was first
        assert err == f"lyncadm: store '{saved.store}' was replaced meanwhile: try again\n" and out == ""
    assert ('"timeout":334' in dump(kept(saved))) == (edit.returncode == 0)
    assert '"timeout":334' not in dump(saved.store)


def profiles(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    return {name for (name,) in db.execute("SELECT name FROM profile WHERE revision = 0 AND timeout = 9")}


@pytest.mark.parametrize("round_", range(3))
def test_many_edits(saved, round_):
    """Each of them is in the store before or in the restored one, or was told that it is in neither."""
    edits = {f"p{i}": start(saved, "profile", "add", f"p{i}", "--timeout", "9") for i in range(15)}
    time.sleep(0.02 * round_)
    restore = start(saved, "restore", "copy.db", *WHY)
    edits.update({f"p{i}": start(saved, "profile", "add", f"p{i}", "--timeout", "9") for i in range(15, 30)})
    out, err = restore.communicate(timeout=60)
    assert (restore.returncode, err) == (0, ""), out
    done = set()
    for name, process in edits.items():
        out, err = process.communicate(timeout=60)
        if process.returncode == 0:
            done.add(name)
        else:
            assert err == f"lyncadm: store '{saved.store}' was replaced meanwhile: try again\n" and out == ""
    assert profiles(kept(saved)) | profiles(saved.store) == done
    assert not profiles(kept(saved)) & profiles(saved.store)
    for path in (kept(saved), saved.store):
        assert saved.run("--store", path, "audit", "verify").status == 0


def test_two_at_once(saved):
    running = [start(saved, "restore", "copy.db", *WHY) for _ in range(4)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    done = [code for _, code in ends].count(0)
    assert done >= 1
    for err in (err for err, code in ends if code):
        assert re.fullmatch(r"lyncadm: another (restore is under way \(process \d+\)|apply, rollback or restore is under way): "
                            r"try again when it is done\n", err)
    assert len(list(saved.directory.glob("lync.db.before-restore-*"))) == done
    assert left(saved) == ["copy.db"] + sorted(path.name for path in saved.directory.glob("lync.db.before-restore-*"))
    assert saved.run("audit verify").status == 0


def test_two_at_once_without_a_store(saved):
    saved.store.unlink()
    running = [start(saved, "restore", "copy.db", *WHY) for _ in range(4)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert 0 in [code for _, code in ends]
    assert not any(err for err, code in ends if code == 0)
    assert saved.run("audit verify").status == 0
    assert not list(saved.directory.glob("lync.db.??????")) and not list(saved.directory.glob("*-journal"))


def test_an_apply_under_way(saved):
    """What it is about to make active is not in the restored store."""
    httpd = FakeHttpd(saved)
    httpd.say("hang")
    apply = start(saved, "apply", "--wait", "60", "--control", httpd.control)
    while not httpd.log():
        time.sleep(0.02)
    before = saved.bytes()
    result = saved.run("restore", "copy.db", *WHY)
    assert (result.status, result.out) == (1, "") and "under way" in result.err and saved.bytes() == before, result
    apply.kill()
    apply.communicate()
    httpd.unsay("hang")


def test_readers_see_one_or_the_other(saved):
    """A reader that has begun reads on in the store before; nobody waits."""
    reader = sqlite3.connect(f"file:{saved.store}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    query = "SELECT timeout FROM profile WHERE revision = 0 AND name = 'web'"
    assert reader.execute(query).fetchone() == (333,)
    saved.ok("restore", "copy.db", *WHY)
    assert reader.execute(query).fetchone() == (333,)
    other = sqlite3.connect(f"file:{saved.store}?mode=ro", uri=True)
    assert other.execute(query).fetchone() == (300,)


def test_killed_at_any_moment(saved):
    """Whenever: there is a store, and it is whole."""
    rng = random.Random(5)
    for i in range(25):
        restore = start(saved, "restore", "copy.db", *WHY)
        time.sleep(rng.random() * 0.1)
        restore.kill()
        restore.communicate()
        assert saved.run("audit verify").status == 0, i
        edit = saved.run("profile", "set", "web", "--timeout", str(400 + i))
        assert edit.status == 0 and edit.err in ("", UNDONE), (i, edit)
    assert saved.run("restore", "copy.db", *WHY).status == 0
    saved.ok("audit verify")


@pytest.fixture
def lived(day):
    """httpd serves revision 2; there is a backup of when it was revision 1."""
    day.httpd = FakeHttpd(day)
    day.httpd.start()
    day.ok("apply", "--control", day.httpd.control)
    day.ok("backup copy.db")
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    day.ok("apply", "--control", day.httpd.control)
    yield day
    day.httpd.stop()


def restore(day, *more):
    return day.run("restore", "copy.db", "-m", "the day before", "--wait", "3", "--control", day.httpd.control, *more)


def served(day):
    result = day.run("status", "--json", "--control", day.httpd.control)
    row = json.loads(result.out)[0]
    return row["active"], row["served"], row["drift"], len(day.ok("server list --tsv")) - 1


def test_served(lived):
    """Done is served: a revision 1 that comes back is one more generation, also when 1 was served before."""
    assert served(lived) == (2, 2, "no", 4)
    result = restore(lived)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[-1] == "revision 1 is served (generation 3)"
    assert served(lived) == (1, 1, "no", 3)


def test_a_backup_of_a_trial_that_is_over(lived):
    """Nobody confirmed it, and httpd would not serve it: the revision before is active."""
    lived.ok("server add fe03.contoso.local --pool lyncpool01.contoso.local")
    lived.ok("apply", "--control", lived.httpd.control, "--confirm", "4")
    lived.ok("backup --force copy.db")
    deadline = time.monotonic() + 30
    while served(lived)[:2] != (2, 2):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    result = restore(lived)
    assert (result.status, result.err) == (0, ON_TRIAL)
    assert served(lived)[:3] == (2, 2, "no") and lived.ok("audit verify")


def test_httpd_does_not_run(lived):
    lived.httpd.stop()
    assert restore(lived).out.splitlines()[-1] == "httpd is not running and will serve it when it starts"


def test_httpd_is_not_configured_with_it(lived):
    lived.httpd.unsay("store")
    assert restore(lived).out.splitlines()[-1] == "httpd is not configured with this store"


def test_httpd_refuses_it(lived):
    """The store is as it was; httpd, which refuses that one too, is left alone."""
    lived.httpd.say("refuse", "AH00526: no")
    result = restore(lived)
    assert (result.status, result.out) == (1, "")
    assert re.fullmatch("lyncadm: httpd refuses the store: AH00526: no; the store before is back and not served: httpd "
                        "refuses the store: AH00526: no\n", result.err), result
    lived.httpd.unsay("refuse")
    assert served(lived) == (2, 2, "no", 4)
    assert lived.ok("audit verify")


def test_not_served(lived):
    lived.httpd.say("ignore", "2")
    result = restore(lived)
    assert (result.status, result.out) == (1, "")
    assert re.fullmatch(r"lyncadm: httpd serves revision 2 \(generation 3\), not 1, 3 s after the reload: its error log says "
                        r"why; the store before is back, and revision 2 is served \(generation 4\)\n", result.err)
    assert served(lived) == (2, 2, "no", 4)
    text = "\n".join(lived.ok("audit --limit 1"))
    assert "before-restore" in text and lived.ok("audit verify")


def test_a_backup_of_a_trial(lived):
    """Nobody confirmed it, and nobody is there any more who would end it."""
    lived.ok("profile set web --timeout 333")
    lived.ok("apply", "--confirm", "1h", "--control", lived.httpd.control)
    lived.ok("backup --force copy.db")
    lived.ok("confirm")
    result = restore(lived)
    assert result.status == 0 and result.out.splitlines()[-1] == "revision 2 is served (generation 4)", result
    assert result.err == ON_TRIAL
    assert served(lived) == (2, 2, "no", 4)
    assert {entry["key"] for entry in entries(lived)} == {"restored", "confirm", "active"}
    assert lived.run("confirm").err == "lyncadm: no revision is on trial: there is nothing to confirm\n"


def test_during_a_trial(lived):
    """It would end the trial, or the process that is to end it."""
    lived.ok("profile set web --timeout 333")
    lived.ok("apply", "--confirm", "1h", "--control", lived.httpd.control)
    result = restore(lived)
    assert result.status == 1 and re.fullmatch("lyncadm: revision 3 is on trial until .*: 'lyncadm confirm' keeps it, "
                                               "'lyncadm rollback 2' goes back\n", result.err), result
    assert served(lived) == (3, 3, "no", 4)
    lived.ok("rollback", "2", "--control", lived.httpd.control)
    assert restore(lived).status == 0


def test_a_damaged_store_is_not_put_back(lived):
    lived.store.write_bytes(b"no store")
    lived.httpd.say("ignore", "2")
    result = restore(lived)
    assert result.status == 1 and "the restored store stays, because the one before was no good" in result.err
    assert served(lived)[0] == 1


def test_killed(lived):
    """The next command tells; another restore does it."""
    lived.httpd.say("kill", "2")
    assert restore(lived).status == -9
    row = json.loads(lived.run("status", "--json", "--control", lived.httpd.control).out)[0]
    assert row["undone"].startswith("restore was killed: this is the store before or the restored one") and row["drift"] == "yes"
    result = restore(lived)
    assert result.status == 0 and result.out.splitlines()[-1].startswith("revision 1 is served")
    assert served(lived) == (1, 1, "no", 3)
