#!/usr/bin/python3
"""Stands in for httpd's control command: -t and -k graceful on a directory that says how it behaves.

argv: DIRECTORY …, with files in it: "store" (LyncStore's), "pid" (of the process that is httpd), "refuse" or
"refuse-N" (what -t says), "hang" (-t does), "slow" (seconds that a reload takes), "hold" (reloads wait until it is
gone), "ignore" (reloads serve what they served before), "die" (reloads kill it), "die-N" (those for revision N do,
and the next starts it again, after a moment), "change" (that the child which each reload starts has taken over),
"tables" (of routes that it says it has), "old" (pid, generation, stopping and change of one besides it), "busy" (of
the new child: requests under way, waiting, bound connections), "kill" (a number: at this call from now on, who called
is killed), "since" (two times: that the revision is served, and that "reason" is one).
"""
import os
import pathlib
import signal
import sqlite3
import struct
import subprocess
import sys
import time

here = pathlib.Path(sys.argv[1])
served = here / "lync.served"


def text(name):
    return (here / name).read_text().strip() if (here / name).exists() else None


def active():
    db = sqlite3.connect(f"file:{text('store')}?mode=ro", uri=True)
    return int(db.execute("SELECT value FROM state WHERE name = 'active'").fetchone()[0])


def test():
    revision = os.environ.get("LYNC_REVISION")
    with open(here / "log", "a") as log:
        print("test", revision, file=log)
    while (here / "hang").exists():
        time.sleep(0.05)
    refusal = text("refuse") or (revision and text("refuse-" + revision))
    if text("store") and not os.path.exists(text("store")):
        print(f'LyncStore: "{text("store")}"\nLyncServed: "{served}"')
        refusal = refusal or "cannot open the store"
    if refusal:
        print("AH00557: apache2: apr_sockaddr_info_get() failed for vm", file=sys.stderr)
        print("AH00558: apache2: Could not reliably determine the server's fully qualified domain name", file=sys.stderr)
        print(refusal, file=sys.stderr)
        print("Action '-t' failed.\nThe Apache error log may have more information.", file=sys.stderr)
        return 1
    print('ServerRoot: "/etc/apache2"')
    if (here / "pid").exists() or (here / "pid-file").exists():
        print(f'PidFile: "{here}/pid"')
    if text("store"):
        print(f'LyncStore: "{text("store")}"\nLyncRevision: {revision or active()}\nLyncServed: "{served}"')
    print("Syntax OK", file=sys.stderr)
    return 0


def graceful():
    pid = int(text("pid"))
    time.sleep(float(text("slow") or 0))
    while (here / "hold").exists():
        time.sleep(0.05)
    with open(here / "log", "a") as log:
        print("graceful", active(), file=log)
    if (here / "die").exists() or (here / f"die-{active()}").exists():
        os.kill(pid, signal.SIGKILL)
        return 0
    generation, revision = 0, active()
    if served.exists():
        data = served.read_bytes()
        last = struct.unpack_from("I", data, 12)[0]
        generation = last + 1
        if (here / "ignore").exists() and revision != int(text("ignore")):
            revision = struct.unpack_from("4I", data, 528 + 108 * (last % 64))[1]
    if not runs(pid):
        if os.fork():
            return 0
        time.sleep(0.3)
        pid = subprocess.Popen(["sleep", "1000"]).pid
        (here / "pid").write_text(str(pid))
    write(pid, generation, revision)
    return 0


def seal(revision):
    db = sqlite3.connect(f"file:{text('store')}?mode=ro", uri=True)
    row = db.execute("SELECT hash FROM revision JOIN change ON id = change WHERE number = ?", (revision,)).fetchone()
    return row[0].encode() if row else b""


def mark(seal):
    """lync_served_mark()."""
    number = 2166136261
    for byte in seal:
        number = (number ^ byte) * 16777619 % 2**32
    return number


def runs(pid):
    try:
        os.kill(pid, 0)
        return True
    except OSError:
        return False


def write(pid, generation, revision):
    slots, children = bytearray(64 * 108), bytearray(16384 * 40)
    if served.exists():
        slots[:] = served.read_bytes()[528:528 + len(slots)]
    struct.pack_into("5I68s", slots, 108 * (generation % 64), generation, revision, 1, active(), int(time.time()),
                     seal(revision))
    struct.pack_into("10I", children, 0, pid, generation, 0, int(text("change") or 0), revision, mark(seal(revision)),
                     int(text("tables") or 0), *map(int, (text("busy") or "0 0 0").split()))
    if (here / "old").exists():
        struct.pack_into("4I", children, 40, *map(int, text("old").split()))
    new = here / "new"
    new.write_bytes(struct.pack("8sII512s", b"lyncs11", pid, generation, text("store").encode()) + slots + children
                    + (text("reason") or "").encode().ljust(1024, b"\0")
                    + struct.pack("2I", *map(int, (text("since") or "0 0").split())) + bytes(568))
    new.rename(served)


def kill():
    left = int(text("kill") or 0)
    if left:
        (here / "kill").write_text(str(left - 1))
    if left == 1:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.2)


if __name__ == "__main__":
    kill()
    sys.exit({"-t": test, "-k": graceful}[sys.argv[2]]())
