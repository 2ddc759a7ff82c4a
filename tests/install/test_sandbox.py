"""httpd under README's lines for its systemd unit, made of mounts and capabilities as systemd makes them; lyncadm is
outside. As README has them, and with a store that httpd may only read."""

import os
import re
import shutil
import subprocess

import pytest

from test_guide import README, WEBEXT, Guide, installed, prepared, publish
from faults import KILLED
from httpd import wait

BLOCK = re.compile(r"^```systemd sandbox\n(.*?)^```", re.M | re.S)
STORE = "/var/lib/lync"
LISTENER, POOL, SERVER = "external", "lyncpool01.contoso.local", "fe01.contoso.local"

# Debian's own unit says PrivateTmp. What is mounted already stays as it is; the rest of the system is read only.
PRIVATE_TMP = "for place in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $place; done"
PROTECT_HOME = "for place in /home /root; do mount -t tmpfs -o ro,mode=0 tmpfs $place; done"
PRIVATE_DEVICES = """\
mkdir /tmp/dev
for device in null zero full random urandom; do touch /tmp/dev/$device; mount --bind /dev/$device /tmp/dev/$device; done
mkdir /tmp/dev/shm
mount --rbind /tmp/dev /dev"""
STRICT = """\
while read -r _ _ _ _ place _; do
    case $place in /proc*|/sys*|/dev*|/tmp*|/var/tmp%s) ;; *) mount -o remount,bind,ro "$place" ;; esac
done </proc/self/mountinfo"""


class Sandbox:
    def __init__(self, text, writable_store):
        said = dict(line.split("=", 1) for line in text.strip().splitlines()[1:])
        assert text.startswith("[Service]\n") and said.pop("ProtectSystem") == "strict"
        made = ["/run/" + name for name in said.pop("RuntimeDirectory").split()]
        assert said.pop("RuntimeDirectoryPreserve") == "yes"
        log, *others = said.pop("ReadWritePaths").split()
        # a dash: need not be there; without it systemd does not start httpd, nor any site of it, when such a folder is gone
        assert log == "/var/log/apache2" and all(place[0] == "-" for place in others)
        places = made + [log] + [place[1:] for place in others if place[1:] != STORE or writable_store]
        self.steps = ["set -e"] + ["install -d -o root -m 755 %s" % place for place in made]
        self.steps += ["mount --bind %s %s" % (place, place) for place in places] + [PRIVATE_TMP]
        self.steps += [PRIVATE_DEVICES, STRICT % "".join("|" + place for place in places), PROTECT_HOME]
        assert [said.pop(word) for word in ("PrivateDevices", "ProtectHome", "NoNewPrivileges")] == ["yes"] * 3
        capabilities = [word[len("CAP_"):].lower() for word in said.pop("CapabilityBoundingSet").split()]
        self.steps.append('exec setpriv --no-new-privs --bounding-set=-all,+%s "$@"' % ",+".join(capabilities))
        assert not said, "lines that this test does not make: %s" % said

    def run(self, host, *words):
        return host.run("unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(self.steps), "sh", *words)


def block():
    with open(README) as file:
        (text,) = BLOCK.findall(file.read())
    return text


@pytest.fixture(scope="module", params=["as README has it", "read-only store"])
def host(request):
    with prepared() as found:
        found.writable = request.param == "as README has it"
        found.sandbox = Sandbox(block(), found.writable)
        installed(found, Guide(README))
        found.stop()
        for name in ("/run/apache2", "/run/lock/apache2"):          # as after a boot
            shutil.rmtree(found.path(name))
        status, said = found.sandbox.run(found, "apachectl", "start")
        assert status == 0, said
        publish(found, Guide(README))
        yield found


def reads(host):
    """What httpd's parent is under."""
    with open(host.path("/run/apache2/apache2.pid")) as file:
        pid = file.read().strip()
    with open(host.path("/proc/%s/status" % pid)) as file:
        status = {line.partition(":")[0]: line.partition(":")[2].strip() for line in file}
    with open(host.path("/proc/%s/mountinfo" % pid)) as file:
        mounts = {line.split()[4]: line.split()[5].split(",")[0] for line in file}
    return status, mounts


def test_it_is_a_sandbox(host):
    status, mounts = reads(host)
    assert status["NoNewPrivs"] == "1" and int(status["CapBnd"], 16) < 1 << 11
    assert mounts["/"] == "ro" and mounts["/run/apache2"] == "rw" and mounts.get(STORE) == ("rw" if host.writable else None)
    for place in ("/usr", "/etc", "/etc/lync", "/run", "/home", "/srv", *([] if host.writable else [STORE])):
        assert host.sandbox.run(host, "touch", place + "/x")[0] == 1, place
    assert host.sandbox.run(host, "touch", "/tmp/x", "/var/log/apache2/x")[0] == 0


def served(host):
    status, fields = host.status()
    assert (status, fields["httpd"], fields["drift"]) == (0, "is running", "no"), fields
    return fields["served"]


def test_a_reload(host):
    assert "is served" in host.said[0] and "without a reload" not in host.said[0]
    assert host.get("https://%s/abs" % WEBEXT)[0] == 401
    host.must("lyncadm", "pool", "set", POOL, "--health-interval", "7")
    said = host.must("lyncadm", "apply", "-m", "another interval")
    assert "is served" in said and "without a reload" not in said
    assert served(host) == "2"


def test_reload_of_the_unit(host):
    """ExecReload is in the sandbox as well."""
    before = host.status()[1]
    status, said = host.sandbox.run(host, "apachectl", "graceful")
    assert status == 0, said
    wait("a new generation", lambda: host.status()[1]["generation"] not in ("", before["generation"]))
    wait("it serves", lambda: host.status()[0] == 0)
    assert host.status()[1]["pid"] == before["pid"]


def test_routes_without_a_reload(host):
    generation = host.status()[1]["generation"]
    host.must("lyncadm", "route", "add", LISTENER, WEBEXT, "/closed", "--action", "refuse")
    assert "without a reload" in host.must("lyncadm", "apply", "-m", "closed")
    assert host.get("https://%s/closed/x" % WEBEXT)[:2] == (404, None)
    assert "without a reload" in host.must("lyncadm", "rollback", "2")
    assert served(host) == "2" and host.status()[1]["generation"] == generation


def test_a_server_is_drained(host):
    assert "is draining" in host.must("lyncadm", "server", "drain", SERVER)
    assert host.get("https://%s/abs" % WEBEXT)[:2] == (401, "fe02.contoso.local")
    host.must("lyncadm", "server", "enable", SERVER)


def test_after_a_power_failure(host):
    """In the middle of an edit: what may be written to is mended by a start; else by the next edit."""
    host.stop()
    host.run("/usr/bin/python3", "-c", KILLED, STORE + "/lync.db")
    assert os.path.getsize(host.path(STORE + "/lync.db-journal"))
    status, said = host.sandbox.run(host, "apachectl", "start")
    if not host.writable:
        assert status == 1 and "was left half written by a process that was killed" in said, said
        host.must("lyncadm", "pool", "set", POOL, "--health-interval", "7")
        status, said = host.sandbox.run(host, "apachectl", "start")
    assert status == 0, said
    wait("it serves", lambda: host.status()[0] == 0)
    assert served(host) == "2"


def test_nothing_is_missing(host):
    with open(host.path("/var/log/apache2/error.log"), errors="replace") as file:
        lines = [line for line in file if re.search(r"\[(warn|error|crit|alert|emerg)\]|:(warn|error|crit|alert|emerg)\]", line)]
    assert not [line for line in lines if re.search("lync|denied|Read-only|not permitted", line)], "".join(lines)


def test_the_lines_as_systemd_reads_them(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    unit = tmp_path / "lync-sandbox.service"
    unit.write_text(block() + "ExecStart=/bin/true\n")
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60,
                            env=dict(os.environ, SYSTEMD_UNIT_PATH="%s:" % tmp_path))
    assert "lync-sandbox" not in result.stdout + result.stderr, result
