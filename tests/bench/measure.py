"""What a tree of processes costs, and clients that make it work."""

import json
import os
import subprocess

import httpd

PROGRAMS = os.path.join(httpd.BUILD, "tests", "bench")
TICK = os.sysconf("SC_CLK_TCK")


def stats():
    """(parent, CPU seconds with those of children waited for) of each process there is, by pid."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(pid)] = int(fields[1]), sum(map(int, fields[11:15])) / TICK
    return found


def tree(pid, found):
    """It and all that descend from it."""
    pids = [pid]
    for each in pids:
        pids += [child for child, (parent, _) in found.items() if parent == each]
    return [each for each in pids if each in found]


def cpu_seconds(pid):
    """So far, of a program and its children, living and waited for."""
    found = stats()
    return sum(found[each][1] for each in tree(pid, found))


def memory(pid):
    """Proportional set size of a program and its children, in bytes."""
    return httpd.memory(tree(pid, stats()))


def resident(pid):
    """Bytes that a process has in memory, shared or not."""
    with open("/proc/%d/statm" % pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def entries(pid, kind):
    """How many there are of it in /proc, of a program and its children."""
    total = 0
    for each in tree(pid, stats()):
        try:
            total += len(os.listdir("/proc/%d/%s" % (each, kind)))
        except OSError:
            continue
    return total


def threads(pid):
    return entries(pid, "task")


def descriptors(pid):
    return entries(pid, "fd")


class Clients:
    """Those of client.c, or of signin.c with the way to sign in as target; they run until answered() or close()."""

    def __init__(self, port, host, target, connections, seconds, program="client", **options):
        words = [os.path.join(PROGRAMS, program), port, host, target, connections, seconds]
        words += ["%s=%s" % pair for pair in options.items()]
        self.process = subprocess.Popen(list(map(str, words)), text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def done(self):
        return self.process.poll() is not None

    def stop(self):
        """Has them end now. answered() is what came of them until then."""
        self.process.terminate()

    def answered(self):
        """What came of their requests. Those that ask once keep their connections until close()."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench: the client program ended with %d" % self.process.wait())
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def burst(proxy, host, target, connections, seconds, until=None, **options):
    """Load for some seconds, or until a function is done: CPU microseconds of the proxy's own processes per request,
    and what clients saw."""
    before = cpu_seconds(proxy.pid)
    with Clients(proxy.port, host, target, connections, seconds, **options) as clients:
        if until:
            until()
            clients.stop()
        row = clients.answered()
    row["cpu_us"] = (cpu_seconds(proxy.pid) - before) * 1e6 / max(row["requests"], 1)
    row["per_second"] = row["requests"] / row["seconds"]
    row["memory_mb"] = memory(proxy.pid) / 1e6
    return row
