"""A private httpd under test: its own configuration, ports, log; started, watched and stopped."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "pool"))

from ports import free_ports  # noqa: E402

HTTPD = os.environ.get("HTTPD") or shutil.which("apache2", path="/usr/sbin:/usr/bin") or "httpd"
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
MOD_LYNC = os.path.abspath(os.environ.get("MOD_LYNC") or os.path.join(BUILD, "mod_lync.so"))
LYNCADM = os.path.abspath(os.environ.get("LYNCADM") or os.path.join(BUILD, "lyncadm"))
VALGRIND = os.environ.get("LYNC_VALGRIND") == "1"
PLAIN = not VALGRIND and os.environ.get("LYNC_SANITIZE") != "1"
PATIENCE = 30 if PLAIN else 120            # seconds; what must happen happens within

NEEDED = ("authz_core", "proxy", "proxy_http", "proxy_balancer", "proxy_hcheck", "slotmem_shm",
          "lbmethod_byrequests", "ssl", "socache_shmcb", "headers", "setenvif", "reqtimeout")
BAD = re.compile(r"^\[[^]]*\] \[\w*:(warn|error|crit|alert|emerg)\]|exit signal|ERROR: AddressSanitizer"
                 r"|runtime error:|LeakSanitizer")
# Not about the configuration: the machine's libssl is older than the one mod_ssl was built with.
MACHINE = re.compile("AH01882")
# A connection was about to be kept, whose socket MPM event's main thread had closed.
MPM_CLOSED = "(9)Bad file descriptor: AH03093: "
RESUMED, HUNG_UP = "resuming normal operations", "AH00494: SIGHUP received"
# Where lync_served_t has what, and how much of it a slot and a child are.
SLOTS, SLOT, CHILD = 16 + 512, 108, 40
CHILDREN = SLOTS + 64 * SLOT
REASON = CHILDREN + 16384 * CHILD
NONCE = REASON + 1024 + 2 * 4
MARK = "LYNC_TEST_STAGE"                # in the environment of every process of a stage


def modules_dir():
    apxs = os.environ.get("APXS") or shutil.which("apxs") or "apxs"
    return subprocess.check_output([apxs, "-q", "LIBEXECDIR"], text=True).strip()


def free_port():
    """A loopback port that nobody listens on, never the same twice, also for runs side by side."""
    return free_ports([""], 1)[0]


def wait(what, until, seconds=PATIENCE):
    """Polls until() and returns its first true value; fails with what after seconds."""
    seconds *= 4 if VALGRIND and seconds < PATIENCE else 1
    deadline = time.monotonic() + seconds
    while True:
        value = until()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


def processes(mark):
    """Pids of live processes that were started with the stage's mark."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                ours = ("%s=%s" % (MARK, mark)).encode() in file.read().split(b"\0")
            with open("/proc/%s/stat" % pid) as file:
                dead = file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if ours and not dead and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def memory(pids, counts=("Pss:",)):
    """Proportional set size of processes, in bytes; of those that are still there. What other processes do changes what
    is one's own; not Anonymous, which has the shared pages too."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid) as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(counts))
        except OSError:
            continue
    return total * 1024


class Stage:
    """A temporary folder and what runs from it; close() leaves nothing of either."""

    alive = []

    def __init__(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="lync-httpd-"))
        os.chmod(self.folder, 0o755)            # httpd's children are nobody when we are root
        self.httpds = []
        self.closers = []
        Stage.alive.append(self)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def httpd(self, **arguments):
        name = "httpd%d" % len(self.httpds)
        self.httpds.append(Httpd(self, self.path(name), **arguments))
        return self.httpds[-1]

    def environment(self, hosts=None):
        """For httpd and lyncadm: internal names resolve by hosts, sanitizers are loaded first."""
        environment = dict(os.environ, LC_ALL="C.UTF-8")
        environment[MARK] = self.folder
        preload = []
        if os.environ.get("LYNC_SANITIZE") == "1":
            library = subprocess.check_output(["gcc", "-print-file-name=libasan.so"], text=True)
            preload.append(library.strip())
            environment.setdefault("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1:quarantine_size_mb=8")
        preload += os.environ.get("LD_PRELOAD", "").split()
        if hosts:
            preload.append("libnss_wrapper.so")
            environment["NSS_WRAPPER_HOSTS"] = hosts
        if preload:
            environment["LD_PRELOAD"] = " ".join(dict.fromkeys(preload))
        return environment

    def check(self):
        """Fails on any line of a log that no test accounted for and on any httpd that died."""
        problems = []
        for httpd in self.httpds:
            problems += httpd.problems()
        assert not problems, "\n".join(problems)

    def close(self):
        try:
            for httpd in self.httpds:
                httpd.stop()
            self.check()
            deadline = time.monotonic() + 5
            while processes(self.folder) and time.monotonic() < deadline:
                time.sleep(0.05)
            left = processes(self.folder)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            assert not left, "processes remain: %s" % left
        finally:
            for closer in reversed(self.closers):
                closer()
            Stage.alive.remove(self)
            if os.environ.get("KEEP") != "1":
                shutil.rmtree(self.folder)


class Httpd:
    """One httpd. before, after: configuration text before and after LyncStore."""

    def __init__(self, stage, folder, store=None, before="", after="", mpm="event", modules=(),
                 hosts=None, lync=True, timeout=60, log="info", ports=()):
        self.stage, self.folder, self.store = stage, folder, store
        self.before, self.after, self.mpm, self.lync = before, after, mpm, lync
        self.modules, self.timeout, self.log = tuple(modules), timeout, log
        self.ports = tuple(ports)               # that it must be listening on before start() is done
        self.environment = stage.environment(hosts)
        self.spare_port = free_port()
        self.process = None
        self.expected, self.seen = [], 0
        # patterns of lines that are accounted for in all tests of it; slow children end later than httpd likes to wait
        # (and under valgrind on a loaded machine so late that it kills them: the other builds tell a child that hangs)
        self.always = [] if PLAIN else [re.compile("AH00045: .* sending a SIGTERM")]
        self.always += [re.compile("AH00046: .* sending a SIGKILL")] if VALGRIND else []
        self.terminated = None                  # line of the log at which it was told to end
        self.valgrind_seen = set()
        self.stderr_path = os.path.join(folder, "stderr")
        self.log_path = os.path.join(folder, "error.log")
        self.conf_path = os.path.join(folder, "httpd.conf")
        for part in ("", "run", "htdocs"):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
        open(self.log_path, "w").close()
        open(self.stderr_path, "w").close()
        self.write()

    def write(self):
        """(Re)writes httpd.conf from the members."""
        modules = ["mpm_" + self.mpm] + [name for name in NEEDED]
        modules += [name for name in self.modules if name not in modules]
        text = ['ServerRoot "%s"' % self.folder, 'DefaultRuntimeDir "%s/run"' % self.folder,
                'PidFile "%s/run/httpd.pid"' % self.folder, 
                # locks of files take two threads of two children for a deadlock
                "Mutex pthread",
                'ErrorLog "%s"' % self.log_path, "LogLevel %s" % self.log,
                "ServerName localhost", 'DocumentRoot "%s/htdocs"' % self.folder,
                "Timeout %d" % self.timeout]
        where = modules_dir()
        text += ["LoadModule %s_module %s/mod_%s.so" % (name, where, name) for name in modules]
        if self.lync:
            text.append("LoadModule lync_module %s" % MOD_LYNC)
        if "mime" in modules:
            text.append("TypesConfig /dev/null")
        if os.getuid() == 0:
            text += ["User nobody", "Group nogroup"]
        if self.mpm == "prefork":
            text += ["StartServers 4", "MinSpareServers 4", "MaxRequestWorkers 16"]
        else:
            text += ["StartServers 1", "ServerLimit 4", "ThreadsPerChild 32", "ThreadLimit 32",
                     "MinSpareThreads 16", "MaxSpareThreads 128", "MaxRequestWorkers 64"]
        if "NSS_WRAPPER_HOSTS" in self.environment:
            # A name to look up for the parent: nss_wrapper reads its file at the first look-up, and
            # when two threads of a child are first, the later one finds half of it.
            text.append("Listen localhost:%d" % self.spare_port)
        text.append(self.before)
        if self.store:
            text.append('LyncStore "%s"' % self.store)
        text.append(self.after)
        with open(self.conf_path, "w") as file:
            file.write("\n".join(text) + "\n")

    def command(self, *arguments):
        return [HTTPD, "-f", self.conf_path, *arguments]

    def run(self, *arguments):
        """httpd with arguments (-t, -S, -k …) to its end."""
        return subprocess.run(self.command(*arguments), env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)

    def test_config(self, *arguments):
        return self.run("-t", *arguments)

    def lines(self, pattern="", since=0):
        """Lines of the error log that match pattern."""
        with open(self.log_path, errors="replace") as file:
            return [line.rstrip("\n") for line in file if re.search(pattern, line)][since:]

    def start(self):
        self.terminated = None
        ready = len(self.lines(RESUMED))
        command = self.command("-DFOREGROUND")
        if VALGRIND:
            command = ["valgrind", "--trace-children=yes", "--error-exitcode=99", "--num-callers=30", "--vgdb=no",
                       "--log-file=%s/valgrind.%%p" % self.folder] + command
        with open(self.stderr_path, "a") as file:
            self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=file, stderr=file, start_new_session=True)

        def up():
            if self.process.poll() is not None:
                raise AssertionError("httpd ended with %d\n%s" % (self.process.returncode, self.words()))
            return len(self.lines(RESUMED)) > ready and all(map(listening, self.ports))
        wait("httpd is up\n", up)
        return self

    def words(self):
        """What it said on stderr and in its log."""
        with open(self.stderr_path, errors="replace") as file:
            return file.read() + "\n".join(self.lines())

    def stop(self):
        if not self.process:
            return
        if self.process.poll() is None:
            # SIGTERM makes a child of MPM event look at sockets that its threads are closing just
            # then, and crash: let the last connections end first.
            time.sleep(0.1)
            self.terminated = len(self.lines())
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError("httpd did not stop")
        elif self.process.returncode != 0:
            raise AssertionError("httpd died with %d\n%s" % (self.process.returncode, self.words()))
        self.process = None

    def reload(self, number=signal.SIGUSR1):
        """Waits until the new generation is there, and none before it takes connections, unless one is too busy to say
        so. Returns the lines that were logged."""
        if number == signal.SIGHUP:
            # MPM event's child that is at work when it is to end at once may crash, without mod_lync too
            time.sleep(0.5)
        before, ready = len(self.lines()), len(self.lines(RESUMED))
        self.process.send_signal(number)
        wait("reload", lambda: len(self.lines(RESUMED)) > ready)
        deadline = time.monotonic() + 5
        while self.accepting_before() and time.monotonic() < deadline:
            time.sleep(0.02)
        lines = enumerate(self.lines(since=before), before)
        return [line for index, line in lines if not self.is_mpm_race(index, line)]

    def graceful(self):
        self.reload()

    def children(self):
        found = []
        for pid in processes(self.stage.folder):
            try:
                with open("/proc/%d/stat" % pid) as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if self.process and parent == self.process.pid:
                found.append(pid)
        return found

    def memory(self):
        """Proportional set size of its children, in bytes, without what is a file's: each httpd beside it that comes or
        goes changes their part of a library."""
        return memory(self.children(), ("Pss_Anon:", "Pss_Shmem:"))

    def served(self):
        """(pid, generation, revision) as mod_lync tells them in its runtime directory."""
        with open(os.path.join(self.folder, "run", "lync.served"), "rb") as file:
            data = file.read()
        pid, generation = struct.unpack_from("=II", data, 8)
        number, revision = struct.unpack_from("=II", data, SLOTS + SLOT * (generation % 64))
        assert number == generation
        return pid, generation, revision

    def started(self, generation):
        """The second in which it did."""
        with open(os.path.join(self.folder, "run", "lync.served"), "rb") as file:
            return struct.unpack_from("=5I", file.read(), SLOTS + SLOT * (generation % 64))[4]

    def counted(self):
        """(pid, generation, stopping, change) of each child that counted itself in."""
        return [place[:4] for place in self.places()]

    def places(self):
        """(pid, generation, stopping, change, revision, mark, tables) of each child that counted itself in."""
        return [place[:7] for place in self.whole_places()]

    def whole_places(self):
        """The same with (under_way, waiting, bound): how many of each a child has."""
        with open(os.path.join(self.folder, "run", "lync.served"), "rb") as file:
            places = struct.iter_unpack("=10I", file.read()[CHILDREN:REASON])
        return [place for place in places if place[0]]

    def waiting(self):
        """Requests that have waited for a pool for more than a second; children say so five times a second."""
        return sum(place[8] for place in self.whole_places())

    def pending(self, count=1):
        """Waits until so many do."""
        wait("%d requests are pending" % count, lambda: self.waiting() == count)

    def accepting_before(self):
        """Children of older generations that take connections, as far as mod_lync tells."""
        if not os.path.exists(os.path.join(self.folder, "run", "lync.served")):
            return []
        children, latest = set(self.children()), self.served()[1]
        return [pid for pid, generation, stopping, _ in self.counted()
                if pid in children and generation != latest and not stopping]

    def nonce(self, word=None, seconds=60):
        """Puts a nonce for probes into the served file, as lyncadm does, or none; without arguments: what is there."""
        with open(os.path.join(self.folder, "run", "lync.served"), "r+b") as file:
            file.seek(NONCE)
            until, found = struct.unpack("=I33s", file.read(37))
            if word is not None:
                file.seek(-37, os.SEEK_CUR)
                file.write(struct.pack("=I33s", int(time.time()) + seconds if word else 0, word.encode()))
        return until, found.rstrip(b"\0").decode()

    def expect(self, pattern):
        """Until the end of the test, log lines that match pattern are accounted for."""
        self.expected.append(re.compile(pattern))

    def is_mpm_race(self, index, line):
        """MPM event's main thread closes, when its child is to end at once, sockets that threads are using. These find
        them closed, or it crashes. What would be ours of that the sanitizers' and valgrind's runs tell."""
        terminated = self.terminated is not None and index >= self.terminated
        if MPM_CLOSED in line:
            return terminated or self.is_hanging_up(index)
        return PLAIN and terminated and "exit signal Segmentation" in line

    def is_hanging_up(self, index):
        """Whether httpd was about to end its children because of SIGHUP when it logged that line."""
        turns = [line for line in self.lines()[:index] if RESUMED in line or HUNG_UP in line]
        return bool(turns) and HUNG_UP in turns[-1]

    def problems(self):
        """What is wrong since it was asked last; forgets what was expected."""
        start, lines = self.seen, self.lines(since=self.seen)
        self.seen += len(lines)
        lines = [line for index, line in enumerate(lines, start) if not self.is_mpm_race(index, line)]
        with open(self.stderr_path, errors="replace") as file:
            lines += ["[stderr] %s" % line.rstrip("\n") for line in file if BAD.search(line)]
        found = []
        for number, line in enumerate(lines):
            if BAD.search(line) and not MACHINE.search(line) and not any(
                    pattern.search(line) for pattern in self.expected + self.always):
                found += lines[number:number + 40] if "AddressSanitizer" in line else [line]
        if self.process:
            if self.process.poll() is not None:
                found.append("httpd is dead: %d\n%s" % (self.process.returncode, self.words()[-2000:]))
            elif not self.children():
                found.append("httpd has no child")
        elif VALGRIND:
            found += self.valgrind()
        self.expected = []
        return found

    def valgrind(self):
        found = []
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("valgrind.") and name not in self.valgrind_seen:
                self.valgrind_seen.add(name)
                with open(os.path.join(self.folder, name)) as file:
                    text = file.read()
                killed = "AH00046: child process %s " % name.partition(".")[2]
                if not re.search("ERROR SUMMARY: 0 errors", text) and not (
                        "ERROR SUMMARY" not in text and self.lines(re.compile(killed))):
                    found.append(text)
        return found


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def lyncadm(stage, store, *arguments, hosts=None, ok=True, input=None):
    """Runs the real lyncadm on a store. ok: it must succeed."""
    command = [LYNCADM, "--store", store, *map(str, arguments)]
    result = subprocess.run(command, env=stage.environment(hosts), text=True, input=input,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
    if ok and result.returncode:
        raise AssertionError("%s: exit %d\n%s%s" % (" ".join(command[1:]), result.returncode,
                                                    result.stdout, result.stderr))
    return result


if __name__ == "__main__":
    sys.exit("a library of the tests: run pytest")
