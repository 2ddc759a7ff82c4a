"""README's rules for AppArmor, held against what httpd opens, makes, removes and locks because of the module, from a start on
through all that lyncadm has it do: nothing is missing, and nothing is allowed that nobody needs."""

import os
import re
import shutil
import subprocess

import pytest

from test_guide import README, WEBEXT, Guide, installed, prepared, publish
from faults import KILLED
from httpd import wait

BLOCK = re.compile(r"^```apparmor\n(.*?)^```", re.M | re.S)
PLACES = re.compile("/(var/lib/lync|etc/lync|run/apache2|dev/shm|etc/apache2/md)(/|$)")
OWN = re.compile(r"/run/apache2/?$|/run/apache2/apache2\.pid(\.\w+)?$")     # httpd's, with or without the module
TRACE, STORE = "/tmp/trace", "/var/lib/lync/lync.db"
STRACE = ["strace", "-f", "-y", "-qq", "-o", TRACE, "-e", "signal=none", "-e", "trace=%file,fcntl,flock,fchmod,fchown,ftruncate"]
SERVER, POOL, LISTENER = "fe01.contoso.local", "lyncpool01.contoso.local", "external"

OPEN = re.compile(r'(?:open|openat|creat)\(.*?"(?P<path>[^"]+)", (?P<flags>[A-Z_|0-9]+)')
CHANGE = re.compile(r'(?:unlink|unlinkat|rename|renameat2?|link|linkat|symlink|mkdir|rmdir|f?chmod|fchmodat|[lf]?chown|fchownat|'
                    r"truncate|ftruncate)\(")
LOCK = re.compile(r"(?:fcntl|flock)\(\d+<(?P<path>[^>]+)>, (?:F_(?:OFD_)?SETLKW?|LOCK_)")
NAMED = re.compile(r'"(/[^"]+)"|<(/[^>]+)>')


def letters(flags):
    words = flags.split("|")
    read = "O_WRONLY" not in words
    return ("r" if read else "") + ("w" if {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"} & set(words) else "")


def accesses(line):
    """(path, letters of AppArmor) of a line of strace; what was not there is nobody's to allow."""
    if re.search(r" = -1 (ENOENT|ENOTDIR)", line):
        return
    call = line.split(None, 1)[1]
    for pattern in (OPEN, LOCK):
        match = pattern.match(call)
        if match:
            yield match["path"], letters(match["flags"]) if pattern is OPEN else "k"
    if CHANGE.match(call):
        for quoted, opened in NAMED.findall(call.rpartition(" = ")[0]):
            yield quoted or opened, "w"


def seen(host):
    found = {}
    with open(host.path(TRACE), errors="replace") as file:
        for line in file:
            for path, used in accesses(line):
                path = re.sub("^/var/run/", "/run/", os.path.normpath(path.replace(" (deleted)", "")))
                if PLACES.match(path) and not OWN.match(path):
                    found.setdefault(path, set()).update(used)
    return found


def rules(text):
    """[(glob as a pattern, set of letters, line)]"""
    found = []
    for line in text.splitlines():
        glob, allowed = re.fullmatch(r"(/\S+) ([rwk]+),", line).groups()
        pattern = re.escape(glob).replace(r"/\{,\*\*\}", "(/.*)?").replace(r"\*\*", ".+").replace(r"\*", "[^/]*")
        found.append((re.compile(pattern + "$"), set(allowed), line))
    return found


@pytest.fixture(scope="module")
def text():
    with open(README) as file:
        (found,) = BLOCK.findall(file.read())
    return found


@pytest.fixture(scope="module")
def host():
    if subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("strace may not trace here")
    with prepared() as found:
        installed(found, Guide(README))
        stop(found)
        start(found)
        publish(found, Guide(README))
        use(found)
        stop(found)
        found.run("/usr/bin/python3", "-c", KILLED, STORE)
        start(found, "-A")
        stop(found)
        yield found


def start(host, *more):
    host.must("sh", "-c", '"$@" >/tmp/strace.out 2>&1 &', "sh", *STRACE, *more, "apachectl", "start")
    host.answered()


def stop(host):
    host.stop()
    wait("strace has ended", lambda: host.run("pgrep", "strace")[0] == 1)


def use(host):
    """A reload, routes without one, a server drained, a backup put back, a certificate that is gone for a while."""
    host.must("lyncadm", "pool", "set", POOL, "--health-interval", "7")
    host.must("lyncadm", "apply", "-m", "another interval")
    host.must("lyncadm", "route", "add", LISTENER, WEBEXT, "/closed", "--action", "refuse")
    assert "without a reload" in host.must("lyncadm", "apply", "-m", "closed")
    host.must("lyncadm", "server", "drain", SERVER)
    host.must("lyncadm", "server", "enable", SERVER)
    host.must("lyncadm", "backup", "/root/lync.db")
    host.must("lyncadm", "restore", "/root/lync.db", "-m", "as a test")
    host.must("apachectl", "graceful")
    wait("it serves", lambda: host.status()[0] == 0)
    assert host.get("https://%s/abs" % WEBEXT)[0] == 401


def test_all_that_is_needed(host, text):
    used = seen(host)
    assert {"/var/lib/lync/lync.db", "/run/apache2/lync.served"} < set(used)
    lacking = {path: letters - set().union(*(allowed for pattern, allowed, _ in rules(text) if pattern.match(path)))
               for path, letters in used.items()}
    assert {path: letters for path, letters in lacking.items() if letters} == {}


def test_no_more_than_that(host, text):
    used = seen(host)
    spare = {line: allowed - set().union(*(letters for path, letters in used.items() if pattern.match(path)))
             for pattern, allowed, line in rules(text)}
    assert {line: letters for line, letters in spare.items() if letters} == {}, used


def test_syntax(text):
    parser = shutil.which("apparmor_parser", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert parser, "make -f apxs.mk setup installs it"

    def parsed(rules):
        return subprocess.run([parser, "-Q", "-K", "-S"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              input=("profile apache2 /usr/sbin/apache2 {\n%s}\n" % rules).encode())
    assert parsed(text).returncode == 0, parsed(text).stderr
    assert parsed(text.replace(",\n", "\n", 1)).returncode != 0
