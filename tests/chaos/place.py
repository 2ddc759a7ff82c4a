"""Where the sequences happen: a real httpd, its pool and its clients, shared by all; a store of its own for each.

Every edit gives the redirect of one path another location. So what the proxy answers there tells which revision's
routes answered.
"""

import glob
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "httpd"))
from deploy import MEET, WEBEXT, Small, add_route, control_of  # noqa: E402
from httpd import LYNCADM, Stage, free_port, lyncadm, processes  # noqa: E402
from load import Load  # noqa: E402
import kill  # noqa: E402

TELLTALE = "/chaos"
# More room than children: after one was killed httpd may have one too many, and those above MaxRequestWorkers it
# does not tell of a graceful restart: they go on for ever.
CHILDREN = "StartServers 2\nServerLimit 16\nMaxRequestWorkers 512"
# The last known good revision, other sites only, a quarantine: what the faults are to bring about. Of a killed child
# and of SIGHUP, which kills those that do not end at once, httpd tells with AH00052 and others; of a listener that
# has a certificate and no names yet, mod_ssl with AH01909.
EXPECTED = "LYNC003[345]|AH00052|AH00045|AH00046|AH01909"
SECONDS = 60            # what must happen happens within
MOST = 20               # looks until one is at rest


class Wrong(AssertionError):
    """The product is not as it must be."""


def must(condition, *what):
    if not condition:
        raise Wrong(" ".join(map(str, what)))


class Place:
    def __init__(self):
        self.stage = Stage()
        os.mkdir(self.stage.path("store"))
        self.world = Small(self.stage, servers=("fe01", "fe02", "fe03"), start=False, controlled=True, interval=5,
                           store="store/lync.db", log="info ssl:warn", after=CHILDREN)
        self.httpd, self.store = self.world.httpd, self.world.store
        self.httpd.expect = None                # the log is looked at once a sequence
        self.httpd.always = [re.compile(EXPECTED)]
        self.environment = self.stage.environment(self.world.hosts_file)
        self.leaf = self.world.pki.public.leaf(MEET, file="meet")
        self.publish()
        self.world.serve()
        self.parent = self.httpd.process.pid
        self.base = self.stage.path("base.db")
        duplicate(self.store, self.base)
        self.taken = socket.socket()            # a port that no listener can have
        self.taken.bind(("", 0))
        self.taken.listen()
        self.ports = [free_port() for _ in range(3)]
        self.generation = None
        self.calls = self.count_calls()
        self.load = Load(self.world.https, WEBEXT, fresh=1, lasting=1, pause=0.05)

    def publish(self):
        def adm(*words):
            lyncadm(self.stage, self.store, *words)
        adm("server", "remove", "fe03.contoso.local", "--pool", self.world.lync.name)
        adm("publish", "simple-url", "meet", "https://" + MEET, "--via", self.world.lync.name)
        adm("certificate", "add", "meet", "--chain", self.leaf.chain, "--key", self.leaf.key)
        adm("binding", "add", "external", "--host", MEET, "--certificate", "meet")
        add_route(self.stage, self.store, WEBEXT, TELLTALE, "--action", "redirect", "--location", self.location("base"))

    def count_calls(self):
        """How many system calls a command makes: until it does its work, and in all."""
        store = self.stage.path("counted.db")
        shutil.copy2(self.base, store)
        calls = {name: kill.run([LYNCADM, "--store", store, *words], self.environment)[0] for name, words in (
            ("start", ["version"]), ("edit", self.telltale("counted")), ("apply", ["apply", "--dry-run"]),
            ("backup", ["backup", self.stage.path("killed.db")]), ("restore", ["restore", self.base, "-m", "counted"]))}
        calls["apply"] *= 2                     # what a dry run leaves out, and its waiting
        calls["rollback"] = calls["apply"]
        return calls

    def close(self):
        self.load.stop()
        self.taken.close()
        self.settle()
        self.httpd.seen = len(self.httpd.lines())
        self.stage.close()

    # A sequence begins with the same store, and what broke mended.

    def begin(self, name):
        self.name, self.told, self.edits = name, [], 0
        self.broken, self.bad_certificate, self.excused = False, None, False
        self.markers, self.generation = {1: {"base"}}, None
        for path in (self.httpd.log_path, self.httpd.stderr_path):
            os.truncate(path, 0)
        for left in glob.glob(self.store + "?*"):
            os.remove(left)
        self.httpd.seen = 0
        self.put(self.base)
        self.backups = [self.copy("base")]
        self.reload()
        self.check()
        must(self.served == 1 and not self.drift, "a sequence does not begin with revision 1")

    def end(self):
        self.look_at_load()
        problems = self.httpd.problems()
        must(not problems, "in the error log:\n" + "\n".join(problems))

    def tell(self, *words):
        self.told.append(" ".join(map(str, words)))

    # The store's file.

    def copy(self, name):
        """A plain one, while nobody writes; or a backup, if the store can be read."""
        path = self.stage.path("copy-%s.db" % name)
        duplicate(self.store, path)
        return path

    def backup(self, name):
        path = self.stage.path("backup-%s.db" % name)
        return path if self.adm("backup", path, "--force", ends=(0, 1) if self.broken else (0,))[0] == 0 else None

    def put(self, source):
        """Puts a copy in the store's place, as somebody without lyncadm may. A journal that belongs to what was there
        would damage it."""
        duplicate(source, self.store + ".new")
        if os.path.isdir(self.store):
            os.rmdir(self.store)
        if os.path.exists(self.store + "-journal"):
            os.remove(self.store + "-journal")
        os.replace(self.store + ".new", self.store)

    def read(self):
        """(active revision, {revision: what its telltale says}); None: it cannot be read."""
        try:
            database = sqlite3.connect("file:%s?mode=ro" % self.store, uri=True, timeout=SECONDS)
            active = database.execute("SELECT value FROM state WHERE name = 'active'").fetchone()
            rows = database.execute("SELECT revision, location FROM route WHERE host = ? AND path = ?",
                                    (WEBEXT, TELLTALE)).fetchall()
            database.close()
        except sqlite3.Error:
            return None
        return int(active[0]), {revision: location.rpartition("/")[2] for revision, location in rows}

    # Commands.

    def start(self, *words):
        return subprocess.Popen([LYNCADM, "--store", self.store, *map(str, words)], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        out, err = process.communicate(timeout=100)
        self.tell("  lyncadm", *process.args[3:], "->", process.returncode, (out.strip() + " " + err.strip())[:600])
        must("Sanitizer" not in err and "runtime error" not in err, err)
        return process.returncode, out, err

    def adm(self, *words, ends=(0,)):
        """Runs lyncadm, which must end with one of these; what it printed."""
        status, out, err = self.finish(self.start(*words))
        must(status in ends, "lyncadm", *words, "ended with", status, out, err)
        return status, out, err

    def location(self, name):
        return "https://%s/%s" % (WEBEXT, name)

    def telltale(self, name):
        return ["route", "set", "external", WEBEXT, TELLTALE, "--location", self.location(name)]

    def next_telltale(self):
        self.edits += 1
        return self.telltale("%s-%d" % (self.name, self.edits))

    def mark(self):
        """Gives the draft a telltale of its own; the store must be fit for that unless it was broken."""
        return self.adm(*self.next_telltale(), ends=(0, 1) if self.broken else (0,))[0] == 0

    # httpd.

    def send(self, number):
        self.tell("  signal", signal.Signals(number).name)
        if number == signal.SIGHUP:
            self.excused = True
        os.kill(self.parent, number)

    def alive(self):
        must(self.httpd.process.poll() is None, "httpd is dead:", self.httpd.process.returncode,
             self.httpd.words()[-3000:])

    def until(self, what, condition, seconds=SECONDS):
        end = time.monotonic() + seconds
        while not condition():
            self.alive()
            must(time.monotonic() < end, "not within", seconds, "s:", what)
            time.sleep(0.005)

    def reload(self, number=signal.SIGUSR1):
        """Signals until a new generation is there. One that comes while httpd reloads is lost, by httpd's doing."""
        before = self.httpd.served()[1]
        end = time.monotonic() + SECONDS
        while self.httpd.served()[1] == before:
            must(time.monotonic() < end, "no new generation")
            self.send(number)
            again = time.monotonic() + 5
            while self.httpd.served()[1] == before and time.monotonic() < again:
                self.alive()
                time.sleep(0.005)

    def others(self):
        """Processes that a killed lyncadm left behind: httpd's that test or signal."""
        command = self.httpd.conf_path.encode()
        found = [pid for pid in processes(self.stage.folder) if pid != self.parent and command in command_of(pid)]
        return set(found) - set(self.httpd.children()) if len(found) > 1 else []

    def settle(self):
        self.until("httpd has a child", self.httpd.children)
        self.until("what a killed lyncadm started ends", lambda: not self.others())

    def ask(self):
        """What the telltale says to a client on a new connection."""
        answer = self.world.ask(WEBEXT, TELLTALE)
        must(answer.status == 302, "the telltale is answered with", answer)
        return answer.get("Location").rpartition("/")[2]

    def status(self):
        """Its rows, the summary first, and its exit status. A broken store does not tell how httpd is reached."""
        control = ["--control", control_of(self.httpd)] if self.broken else []
        status, out, err = self.finish(self.start("status", "--json", *control))
        must(status in (0, 3), "lyncadm status ended with", status, out, err)
        rows = json.loads(out)
        self.told[-1] = "  status %d: active %s served %s generation %s%s" % (
            status, rows[0]["active"], rows[0]["served"], rows[0]["generation"],
            "".join(" (%s)" % why[:300] for why in self.faults(rows)))
        return rows, status

    @staticmethod
    def faults(rows):
        """What status says is not as it should be."""
        row = rows[0]
        found = [row["because"], row["undone"], row["trial"], row["httpd"] if row["httpd"] != "is running" else None]
        found += [each["state"] for each in rows
                  if each["noun"] == "certificate" and each["state"] not in ("loaded", "on disk")]
        found += ["generation %d still accepts" % each["generation"] for each in rows
                  if each["noun"] == "generation" and each["generation"] != row["generation"] and each["accepting"]]
        return [why for why in found if why]

    # What must hold at any time.

    def check(self):
        for _ in range(MOST):
            self.alive()
            self.settle()
            before = self.httpd.served()
            rows, status = self.status()
            stored = self.read()
            answer = self.ask()
            # its children may be about to take over what is active
            rests = self.httpd.served() == before and rows[0]["served"] == before[2]
            if rests and rows[0]["children"] and "still accepts" not in str(self.faults(rows)):
                break
            time.sleep(0.05)
        else:
            raise Wrong("httpd does not come to rest: %s" % rows)
        self.compare(rows, status, stored, before, answer)
        if not self.broken:
            self.adm("audit", "verify")
            self.told.pop()

    def expected(self, row, status, stored, before):
        """Telltales that may be answered now."""
        if status == 0 and stored:
            return {stored[1].get(row["served"])}
        if self.generation and self.generation[0] == before[1:]:
            # or another revision of that number: a store that took the other's place without a reload
            return {self.generation[1]} | ({stored[1].get(row["served"])} if stored else set())
        return self.markers.get(row["served"], set()) | ({stored[1].get(row["served"])} if stored else set())

    def compare(self, rows, status, stored, served, answer):
        (pid, generation, revision), row = served, rows[0]
        must(pid == row["pid"] == self.parent and (row["generation"], row["served"]) == (generation, revision),
             "status is not what httpd tells:", row, served)
        must(row["drift"] == ("no" if status == 0 else "yes"), "exit status", status, row)
        sound = row["active"] == row["served"] and not self.faults(rows)
        # what is served may be another store's revision of that number
        renumbered = status and stored and stored[1].get(revision) != answer
        must((sound and not renumbered) == (status == 0), "exit status", status, rows)
        must(row["active"] is None or stored is None or row["active"] == stored[0], "active", stored, row)
        expected = self.expected(row, status, stored, served)
        must(answer in expected, "revision", revision, "is said to be served, whose telltale is", expected, "but the "
             "proxy says", answer, row)
        if stored and not self.broken:
            for number, name in stored[1].items():
                self.markers.setdefault(number, set()).add(name)
        self.generation, self.active, self.served = ((generation, revision), answer), row["active"], revision
        self.drift = status != 0

    def is_served(self, revision):
        """After a command said so: from now on every new connection gets it."""
        active, stored = self.read() or (None, {})
        must(active == revision and self.httpd.served()[2] == revision, "revision", revision, "is said to be served;",
             "active", active, "served", self.httpd.served())
        for _ in range(3):
            answer = self.ask()
            must(answer == stored[revision], "revision", revision, "is said to be served, but the proxy says", answer,
                 "not", stored[revision])

    def look_at_load(self):
        if self.excused:
            self.load.more(4, SECONDS)
            self.excused = False
            failed = self.load.take()
            if failed:
                self.tell("  (excused:", len(failed), "requests failed)")
            return
        failed = self.load.take()
        must(not failed, "requests failed:", failed)


def duplicate(source, path):
    """With its owner and group: httpd's children read the store by theirs."""
    shutil.copy2(source, path)
    os.chown(path, os.stat(source).st_uid, os.stat(source).st_gid)


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read()
    except OSError:
        return b""
