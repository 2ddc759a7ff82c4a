"""Many at once: no edit is lost, and readers stop nobody."""
import sqlite3
import subprocess
import threading
import time

from conftest import PROGRAM
from fake_httpd import FakeHttpd


def test_fifty_edits(admin):
    running = [subprocess.Popen([PROGRAM, "profile", "add", f"p{i}", "--timeout", str(i + 1)], cwd=admin.directory,
                                env=admin.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for i in range(50)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), (out, err)
    names = {line.split("\t")[0] for line in admin.ok("profile list --tsv")[1:]}
    assert names == {f"p{i}" for i in range(50)} | {"web", "content", "poll"}
    assert admin.ok("audit verify")[0].startswith("51 changes with ")


def test_one_of_many_with_if_revision(admin):
    """Of those who set out from the same draft one wins, the others are told."""
    running = [subprocess.Popen([PROGRAM, "profile", "set", "web", "--timeout", str(500 + i), "--if-revision", "1"],
                                cwd=admin.directory, env=admin.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True) for i in range(10)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert sorted(status for _, status in ends) == [0] + [1] * 9
    assert sum("the draft has moved on" in err for err, _ in ends) == 9


def test_readers_do_not_block_an_apply(day):
    """One reads all the time, another one slowly."""
    httpd = FakeHttpd(day)
    stop = threading.Event()

    def read():
        while not stop.is_set():
            db = sqlite3.connect(f"file:{day.store}?mode=ro", uri=True, timeout=30)
            db.execute("SELECT count(*) FROM route").fetchall()
            db.close()

    slow = sqlite3.connect(f"file:{day.store}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    slow.execute("BEGIN")
    slow.execute("SELECT * FROM route").fetchone()
    threading.Timer(2, lambda: slow.execute("ROLLBACK")).start()
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        start = time.monotonic()
        assert day.ok("apply", "--control", httpd.control)[0].startswith("revision 1 is active")
        assert time.monotonic() - start < 15
    finally:
        stop.set()
        for thread in threads:
            thread.join()
