"""Stores that cannot be used: one clear sentence, exit status 1, every byte as it was."""
import os
import resource
import signal
import sqlite3
import subprocess
import sys

import pytest

from conftest import PROGRAM
from unguarded import unguarded

EDIT = "listener add spare --port 8080 --scheme http"
READ = "listener list"


def both(admin, sentence):
    assert sentence in admin.fails(1, EDIT)
    assert sentence in admin.fails(1, READ)


def test_missing(empty):
    both(empty, f"there is no store '{empty.store}': 'lyncadm init' creates one, --store names another")
    assert not empty.store.exists()


def test_directory(empty):
    empty.store.mkdir()
    both(empty, f"cannot open store '{empty.store}': it is no file")


@pytest.mark.parametrize("content", [b"no store at all, only text that is longer than a page header\n" * 9, b"x",
                                     bytes(range(256)) * 32], ids=["text", "byte", "binary"])
def test_no_store(empty, content):
    empty.store.write_bytes(content)
    both(empty, f"cannot read store '{empty.store}': ")


def test_empty_file(empty):
    empty.store.write_bytes(b"")
    both(empty, f"cannot read store '{empty.store}': it is no store of lyncadm")


def test_database_of_others(empty):
    with sqlite3.connect(empty.store) as db:
        db.execute("CREATE TABLE route (a)")
    db.close()
    both(empty, "it is no store of lyncadm")


def test_newer(admin):
    with sqlite3.connect(admin.store) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    both(admin, "its schema version 99 is newer than ")


def test_truncated(day):
    day.store.write_bytes(day.bytes()[:6000])
    assert day.run(READ).status == 1
    assert "malformed" in day.fails(1, EDIT)


def test_bad_value_in_the_store(day):
    with unguarded(day.store) as db:
        db.execute("UPDATE route SET host = 'a b' WHERE path = '/Ucwa' AND host = 'webext.contoso.com'")
    both(day, f"store '{day.store}', table route, row ")


def test_locked(admin):
    # a process of its own: ours would lose its locks when it reads the file to compare it
    holder = subprocess.Popen([sys.executable, "-c", "import sqlite3, sys\n"
                               "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                               "db.execute('BEGIN EXCLUSIVE')\nprint(flush=True)\nsys.stdin.read()", admin.store],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    try:
        result = admin.run(EDIT)
        assert (result.status, result.out) == (1, "")
        assert result.err == f"lyncadm: store '{admin.store}' is locked by another process: " \
            "try again when it is done\n"
    finally:
        holder.communicate()
    assert admin.fails(1, "listener show spare") == "there is no listener 'spare'"
    admin.ok(EDIT)


def test_being_written(admin):
    """Readers read on while somebody prepares a change."""
    db = sqlite3.connect(admin.store, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    admin.ok(READ)
    db.execute("ROLLBACK")


def limit_file_size(size):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def test_full_disk(day):
    """The store cannot grow: as with a full disk, what was begun is rolled back."""
    limit = limit_file_size(day.store.stat().st_size)
    day.fails(1, "profile", "add", "big", "--timeout", "9", "--purpose", "x" * 50000, preexec_fn=limit)
    assert day.ok("check") == ["no findings"]


def test_full_disk_at_init(empty):
    empty.fails(1, "init", preexec_fn=limit_file_size(8192))
    assert not empty.store.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system takes root")
def test_full_file_system(day, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    size = day.store.stat().st_size
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size + 16384}", "tmpfs", place], check=False,
                      capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        day.store.rename(tmp_path / "keep.db")
        day.store = place / "lync.db"
        day.env["LYNC_STORE"] = str(day.store)
        day.store.write_bytes((tmp_path / "keep.db").read_bytes())
        (place / "filler").write_bytes(b"x" * 12288)
        assert "disk is full" in day.fails(1, "publish pool new.contoso.com --to new.contoso.local --ca root.pem")
    finally:
        subprocess.run(["umount", place], check=True)


def as_user(words, directory, env):
    """Runs lyncadm as a user who may not write: the permissions of root are no test."""
    command = [PROGRAM, *words]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    return subprocess.run(command, cwd="/", env={**os.environ, **env}, capture_output=True, text=True, timeout=60,
                          check=False)


def open_up(directory):
    """Lets others reach a directory below pytest's private ones."""
    for parent in [directory, *directory.parents]:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


@pytest.mark.parametrize("words, status, sentence", [
    (READ.split(), 0, ""),
    (EDIT.split(), 1, "no write permission on it or its directory"),
])
def test_read_only(admin, words, status, sentence):
    open_up(admin.directory)
    admin.store.chmod(0o444)
    admin.directory.chmod(0o555)
    before = admin.bytes()
    result = as_user(words, admin.directory, {"LYNC_STORE": str(admin.store)})
    admin.directory.chmod(0o755)
    assert result.returncode == status, result
    assert sentence in result.stderr
    assert admin.bytes() == before


def test_read_only_directory(admin):
    """The store itself may be written, but no journal beside it."""
    open_up(admin.directory)
    admin.store.chmod(0o666)
    admin.directory.chmod(0o555)
    before = admin.bytes()
    result = as_user(EDIT.split(), admin.directory, {"LYNC_STORE": str(admin.store)})
    admin.directory.chmod(0o755)
    assert result.returncode == 1
    assert result.stderr.startswith("lyncadm: ") and len(result.stderr.splitlines()) == 1
    assert admin.bytes() == before


def test_init_in_a_read_only_directory(empty):
    open_up(empty.directory)
    empty.directory.chmod(0o555)
    result = as_user(["init"], empty.directory, {"LYNC_STORE": str(empty.store)})
    empty.directory.chmod(0o755)
    assert result.returncode == 1
    assert result.stderr == f"lyncadm: cannot create store '{empty.store}': Permission denied\n"


def test_two_edits_at_once(admin):
    """Both wait for each other, both are done."""
    running = [subprocess.Popen([PROGRAM, "listener", "add", f"l{i}", "--port", str(8000 + i), "--scheme", "http"],
                                cwd=admin.directory, env=admin.env, stdout=subprocess.DEVNULL) for i in range(8)]
    assert [process.wait() for process in running] == [0] * 8
    assert len(admin.ok("listener list --tsv")) == 9
