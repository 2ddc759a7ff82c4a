"""A Debian host with Debian's own apache2: this machine's files below an overlay, in namespaces of mounts, processes and
network. What happens inside (dpkg, /etc, ports 80 and 443) leaves nothing outside. Takes root."""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
NEWNET = 0x40000000

MOUNTS = """\
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs '{base}'
mkdir '{base}/root' '{base}/upper' '{base}/work' '{base}/top' '{base}/scratch'
mount -t overlay -o 'lowerdir=/,upperdir={base}/upper,workdir={base}/work' overlay '{root}'
mkdir -p '{root}{top}'
mount -t overlay -o 'lowerdir={top},upperdir={base}/top,workdir={base}/scratch' overlay '{root}{top}'
mount -t proc proc '{root}/proc'
mount --rbind /dev '{root}/dev'
mount -t tmpfs -o mode=755 tmpfs '{root}/run'
mkdir '{root}/run/lock'
exec '{python}' -c "$HOLD"
"""

# Process 1 of the host: brings the loopback interface up, reaps, and ends with the test run.
HOLD = """\
import fcntl, os, socket, struct, sys, threading, time
with socket.socket() as any:
    fcntl.ioctl(any, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print("ready", flush=True)
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.02)
"""

ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
               "DEBIAN_FRONTEND=noninteractive", "BUILD=" + BUILD]


class Unable(Exception):
    """This machine cannot have such a host; says why."""


def downloaded(name):
    """The .deb files of a package, "name" or "name=version", and of what it needs that is not installed here."""
    directory = os.path.join(BUILD, "tests", "debs", re.sub("[=:]", "_", name))
    if not os.path.exists(directory):
        unfinished = directory + ".unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        os.makedirs(os.path.join(unfinished, "partial"))
        got = subprocess.run(["apt-get", "install", "--reinstall", "--download-only", "-y", "--no-install-recommends",
                              "-o", "Dir::Cache::archives=" + unfinished, name],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if got.returncode:
            raise Unable("apt-get cannot download %s: %s" % (name, got.stdout.strip().split("\n")[-1]))
        os.rename(unfinished, directory)
    return [os.path.join(directory, file) for file in os.listdir(directory) if file.endswith(".deb")]


def apache2():
    """What apache2 lacks here, in the version of the apache2-bin that is here."""
    asked = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "apache2-bin"], stdout=subprocess.PIPE, text=True)
    if asked.returncode:
        raise Unable("there is no package apache2-bin")
    return downloaded("apache2=" + asked.stdout)


class Debian:
    def __init__(self, base):
        if os.getuid():
            raise Unable("namespaces and packages take root")
        debs = apache2()
        self.root = os.path.join(base, "root")
        mounts = MOUNTS.format(base=base, root=self.root, top=TOP, python=sys.executable)
        self.holder = subprocess.Popen(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", mounts],
                                       env=dict(os.environ, HOLD=HOLD), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise Unable("no namespaces or overlays here: %s" % self.holder.communicate()[1].strip())
        with open("/proc/%d/task/%d/children" % (self.holder.pid, self.holder.pid)) as file:
            self.pid = int(file.read().split()[0])
        self.install(debs)

    def install(self, debs):
        for folder in ("/etc/apache2", "/etc/dpkg/dpkg.cfg.d"):     # images of containers leave man pages out by the latter
            shutil.rmtree(self.path(folder), ignore_errors=True)
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.must("dpkg", "-i", "--force-confmiss", "--force-confnew", *debs)

    def path(self, name):
        """Where a file of the host is for us."""
        return "/proc/%d/root%s%s" % (self.pid, self.root, name)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def run(self, *words):
        """Runs a command on the host, in the source's folder: (exit status, what it printed)."""
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-m", "-n", "-p", "chroot", self.root, "env", "-i",
                               *ENVIRONMENT, "sh", "-c", 'cd "$0" && exec "$@"', TOP, *words], timeout=300, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def must(self, *words):
        status, output = self.run(*words)
        assert status == 0, "'%s' on the host: exit status %d\n%s" % (" ".join(words), status, output)
        return output

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes meanwhile, and processes that it starts, are in the host's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as ours, open("/proc/%d/ns/net" % self.pid) as theirs:
            if libc.setns(theirs.fileno(), NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(ours.fileno(), NEWNET)

    def close(self):
        """With process 1 go all others, their mounts and their network."""
        self.holder.stdin.close()
        self.holder.wait(30)
        self.holder.stdout.close()
        self.holder.stderr.close()
