"""lyncadm check-health, over files as a httpd leaves them, good and hostile."""
import datetime
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import tempfile
import time

import pytest

from conftest import PROGRAM, TOP
from fake_httpd import FakeHttpd
from monitoring import LEVELS, Told, somebody

DAY = 86400
# Of lync_served_t, and of one of its children.
SLOTS, SLOT, CHILD = 16 + 512, 108, 40
CHILDREN = SLOTS + 64 * SLOT
TAIL = CHILDREN + 16384 * CHILD + 1024 + 2 * 4 + 40


class Running(FakeHttpd):
    """All that an httpd which runs leaves in its runtime directory; revision 1 is served."""

    def __init__(self, day):
        super().__init__(day)
        self.day = day
        self.start()
        day.ok("apply", "-m", "first", "--control", self.control)
        self.servers(("pool01", "fe01", {}), ("pool01", "fe02", {}), ("pool02", "fe03", {}))
        self.names(external=43)

    def path(self, name):
        return self.directory / ("lync." + name)

    def generation(self):
        return struct.unpack_from("=I", self.path("served").read_bytes(), 12)[0]

    def servers(self, *members, pid=None, generation=None):
        generation = self.generation() if generation is None else generation
        rows = [struct.pack("=256s256s7I20xq", pool.encode(), host.encode(), more.get("port", 4443), more.get("own", 0),
                            more.get("said", 0), more.get("down", 0), 1772366400, more.get("failed", 0),
                            more.get("unused", 0), more.get("end", 0)) for pool, host, more in members]
        self.path("servers").write_bytes(struct.pack("=8s3I4x", b"lynchl4", pid or self.process.pid, generation,
                                                     len(rows)) + b"".join(rows))

    def names(self, more="", **days):
        """Certificates by how many days they are good."""
        rows = ["listener\tname=external\tport=443\tscheme=https", "listener\tname=discovery\tport=80\tscheme=http"]
        for name, left in days.items():
            begin, end = (time.time() + DAY * each + 600 for each in (left - 90, left))
            begin, end = (datetime.datetime.utcfromtimestamp(each).strftime("%Y-%m-%dT%H:%M:%SZ") for each in (begin, end))
            rows.append(f"certificate\tname={name}\tchain=/c.pem\tkey=/k.pem\tnot_before={begin}\tnot_after={end}")
        self.path("names").write_text("\n".join(rows) + "\n" + more)

    def patch(self, offset, form, *values):
        with open(self.path("served"), "r+b") as file:
            file.seek(offset)
            file.write(struct.pack("=" + form, *values))

    def child(self, offset, form, *values):
        self.patch(CHILDREN + offset, form, *values)

    def slot(self, offset, form, *values):
        self.patch(SLOTS + SLOT * (self.generation() % 64) + offset, form, *values)

    def check(self, *options):
        return read(self.day.run("check-health", "--runtime", self.directory, *options))


def read(result):
    return Told(result.status, result.out, result.err)


@pytest.fixture
def running(day):
    running = Running(day)
    yield running
    running.stop()


def test_ok(running):
    told = running.check()
    assert (told.level, told.text) == ("OK", "2 pools, 3 servers, revision 1 served, certificates 43 days")
    assert {name: told.value(name) for name in ("revision", "pools", "servers", "servers_down", "listeners",
                                                "listeners_closed", "quarantined", "certificate_days")} == {
        "revision": 1, "pools": 2, "servers": 3, "servers_down": 0, "listeners": 2, "listeners_closed": 0,
        "quarantined": 0, "certificate_days": 43}
    assert {figure.level() for figure in told.figures.values()} == {0}
    assert "requests" not in told.figures, "nothing is counted"


def test_needs_nothing_but_these_files(running):
    """No store, no control command, and nothing is written."""
    before = {path: path.read_bytes() for path in running.directory.iterdir()}
    running.day.store.unlink()
    running.say("refuse", "no")
    assert running.check().level == "OK"
    running.unsay("refuse")
    assert {path: path.read_bytes() for path in running.directory.iterdir()} == before


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_as_an_unprivileged_user(running):
    with tempfile.TemporaryDirectory() as place:        # pytest's own are closed to others
        os.chmod(place, 0o755)
        program = shutil.copy(PROGRAM, place)
        runtime = shutil.copytree(running.directory, os.path.join(place, "run"))

        def run():
            return subprocess.run([program, "check-health", "--runtime", runtime], capture_output=True, text=True, timeout=60,
                                  cwd="/", env=running.day.env, **somebody())
        result = run()
        assert (result.returncode, result.stderr) == (0, ""), result
        os.chmod(runtime, 0o710)
        result = run()
        assert result.returncode == 3 and result.stdout.startswith("LYNC UNKNOWN - cannot read"), result
        assert "Permission denied: the check has to run as a user, or in a group, that may look into" in result.stdout


def test_a_server_is_down(running):
    running.servers(("pool01", "fe01", {"down": 1, "failed": 10}), ("pool01", "fe01", {"port": 8080, "down": 1}),
                    ("pool01", "fe02", {}), ("pool01", "fe02", {"port": 8080}))
    told = running.check()
    assert told.level == "WARNING" and told.value("servers_down") == 1 and told.value("servers") == 2
    assert told.text == "server 'fe01' of pool 'pool01' (port 4443) is down since 2026-03-01T12:00:00Z: certificate verify " \
        "failed: certificate has expired; server 'fe01' of pool 'pool01' (port 8080) is down since 2026-03-01T12:00:00Z"
    assert told.figures["servers_down"].level() == 1 and told.figures["servers_down"].most == "2"


@pytest.mark.parametrize("how", [{"down": 1}, {"said": 1}, {"said": 2}, {"own": 2}], ids=str)
def test_a_pool_has_nobody(running, how):
    """That is worse, and told first."""
    running.servers(("pool02", "fe03", {"down": 1}), ("pool01", "fe01", how), ("pool01", "fe01", {"port": 8080}),
                    ("pool02", "fe04", {"own": 3}))
    told = running.check()
    assert told.level == "CRITICAL" and told.value("pools_without_server") == 1
    assert told.text.startswith("pool 'pool01' has no server that gets requests on port 4443; server 'fe03' of pool "
                                "'pool02'"), told.text
    assert told.figures["pools_without_server"].level() == 2


def test_a_pool_that_no_route_uses(running):
    running.servers(("pool01", "fe01", {}), ("pool02", "fe03", {"said": 2, "unused": 1}))
    assert running.check().level == "OK"


@pytest.mark.parametrize("days, options, level, text", [
    (31, (), "OK", None),
    (29, (), "WARNING", "certificate 'external' ends in 29 days"),
    (6, (), "CRITICAL", "certificate 'external' ends in 6 days"),
    (1, (), "CRITICAL", "certificate 'external' ends in 24 hours"),
    (-3, (), "CRITICAL", "certificate 'external' expired 2 days ago"),
    (29, ("--days", "21,7"), "OK", None), (20, ("--days", "21,7"), "WARNING", "certificate 'external' ends in 20 days"),
    (13, ("--days", "60,14"), "CRITICAL", "certificate 'external' ends in 13 days"),
    (4, ("--days", "3"), "OK", None), (2, ("--days", "3"), "CRITICAL", "certificate 'external' ends in 2 days"),
    (0, ("--days", "0"), "OK", None), (-1, ("--days", "0"), "CRITICAL", "certificate 'external' expired 23 hours ago")])
def test_a_certificate_ends(running, days, options, level, text):
    running.names(external=days, other=400)
    told = running.check(*options)
    assert told.level == level and (text is None or told.text == text)
    assert LEVELS[told.figures["certificate_days"].level()] == level
    running.names(external=400)
    running.servers(("pool01", "fe01", {"end": int(time.time()) + days * DAY + 600}))
    told = running.check(*options)
    assert told.level == level
    if text:
        assert told.text == text.replace("certificate 'external'", "the certificate of server 'fe01' of pool 'pool01' "
                                         "(port 4443)")


def test_a_managed_certificate(running):
    """mod_md renews late: its certificates are good for 90 days, and warned of when a tenth of that is left."""
    for days, level in ((10, "OK"), (8, "WARNING"), (6, "CRITICAL")):
        running.names(external=days)
        path = running.path("names")
        path.write_text(path.read_text().replace("\tnot_before", "\tmanaged=a.contoso.com\tnot_before"))
        told = running.check()
        assert told.level == level and LEVELS[told.figures["certificate_days"].level()] == level
    running.names("certificate\tname=meet\tchain=/c\tkey=/k\tmanaged=meet.contoso.com\n"
                  "binding\tlistener=external\thost=*\tcertificate=meet\n", external=90)
    assert running.check().text == "certificate 'meet' is awaited: mod_md has not obtained it yet"


def test_closed_and_in_quarantine(running):
    running.patch(TAIL + 8, "2I512s", 1, 2, b"external (port 443), other (port 444)")
    told = running.check()
    assert told.text == "closed, so that nobody can connect: listener external (port 443), other (port 444)"
    assert (told.level, told.value("listeners_closed"), told.value("quarantined")) == ("CRITICAL", 2, 1)
    assert told.figures["listeners_closed"].level() == 2 and told.figures["quarantined"].level() == 1


def test_the_last_known_good(running):
    running.say("reason", "last known good: cannot read store '/x'")
    running.reload()
    running.servers(("pool01", "fe01", {}))
    told = running.check()
    assert (told.level, told.text) == (
        "WARNING", "revision 1 is served, but not all that is wanted: last known good: cannot read store '/x'")


def test_nothing_is_served(running):
    running.say("reason", "Lync is not served: cannot open store '/x'")
    running.reload()
    running.slot(4, "I", 0)
    running.child(16, "3I", 0, 0, 0)
    running.path("servers").unlink()
    running.path("names").unlink()
    told = running.check()
    assert (told.level, told.text) == ("CRITICAL", "Lync is not served: cannot open store '/x'")


def test_nothing_is_published(running):
    running.slot(4, "I", 0)
    running.child(16, "3I", 0, 0, 0)
    told = running.check()
    assert (told.level, told.text) == ("WARNING", "nothing is published: the store has no revision to serve")


def test_a_revision_is_not_served(running):
    running.slot(12, "I", 2)
    told = running.check()
    assert told.level == "WARNING"
    assert told.text == "revision 1 is served, not revision 2, which is the active one and takes a reload of httpd"


def test_no_room(running):
    running.slot(20 + 68, "5I", 2, 4, 10, 5, 3)
    for count, level in ((15, "OK"), (16, "WARNING"), (18, "WARNING"), (19, "CRITICAL")):
        running.child(28, "3I", count, 7, 5)
        told = running.check()
        assert told.level == level and told.figures["requests_running"].level() == LEVELS.index(level)
        assert (told.value("requests_running"), told.figures["requests_running"].most) == (count, "20")
        assert (told.value("requests_pending"), told.value("connections_bound")) == (7, 5)
    assert told.text == "19 requests are under way, of 20 that there is room for"


def test_httpd_runs_and_takes_no_connections(running):
    running.child(8, "I", 1)
    told = running.check()
    assert told.level == "CRITICAL"
    assert told.text == f"no child of httpd (process {running.process.pid}) takes connections for Lync"


def test_httpd_died(running):
    pid = running.process.pid
    running.stop()
    told = running.check()
    assert (told.level, told.figures) == ("CRITICAL", {})
    assert told.text == f"httpd does not run any more: process {pid}, which served revision 1, has ended"


def test_httpd_never_ran(day, tmp_path):
    told = read(day.run("check-health", "--runtime", tmp_path))
    assert told.level == "UNKNOWN"
    assert told.text == f"no httpd with LyncStore has run yet with the runtime directory '{tmp_path}': it has no lync.served"
    told = read(day.run("check-health", "--runtime", "elsewhere"))
    assert (told.level, told.text) == ("UNKNOWN", f"there is no directory '{day.directory}/elsewhere'")


@pytest.mark.skipif(any(os.path.exists(path) for path in ("/var/run/apache2/lync.served", "/run/httpd/lync.served")),
                    reason="a httpd with LyncStore runs here, or has")
def test_the_usual_directories(day):
    told = read(day.run("check-health"))
    assert told.level == "UNKNOWN" and "neither '/var/run/apache2' nor '/run/httpd'" in told.text


def test_another_runtime_directory(running):
    running.patch(TAIL, "I", 1)
    assert running.check().text == f"httpd has another runtime directory than '{running.directory}' now"


def damage(path, how):
    whole = path.read_bytes()
    path.unlink()
    if how == "truncated":
        path.write_bytes(whole[:-5])
    if how == "empty":
        path.touch()
    if how == "magic":
        path.write_bytes(b"lyncxx1\0" + whole[8:])
    if how == "fifo":
        os.mkfifo(path)
    if how == "symlink":
        path.with_name("elsewhere").write_bytes(whole)
        path.symlink_to(path.with_name("elsewhere"))
    if how == "loop":
        path.symlink_to(path)
    if how == "directory":
        path.mkdir()
    if how == "huge":
        path.write_bytes(whole)
        os.truncate(path, 2**42)


HOW = ["gone", "truncated", "empty", "magic", "fifo", "symlink", "loop", "directory", "huge"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["served", "servers", "names"])
def test_hostile_files(running, name, how):
    """Nothing hangs, nothing ends with a signal, and what is not known is not said to be well."""
    damage(running.path(name), how)
    told = running.check()
    if name == "names" and how == "empty":
        assert told.level == "OK" and told.text.endswith("no certificates")
        return
    if name == "names" and how == "truncated":
        assert told.level in ("OK", "UNKNOWN")      # the end of a time lacks
        return
    assert told.level == "UNKNOWN" and f"lync.{name}" in told.text, told.text
    if how in ("fifo", "symlink", "loop", "directory"):
        assert "it is no regular file" in told.text


@pytest.mark.parametrize("how", HOW)
def test_hostile_counts(running, how):
    """All is served without them."""
    running.path("counts").write_bytes(b"lyncct1\0" + bytes(1000))
    damage(running.path("counts"), how)
    assert running.check().level == "OK"


def test_hostile_words(running):
    """What httpd's children may write makes neither lines nor figures."""
    running.servers(("a|b\n'x'=1", "\x1b[31mfe|01\xff", {"down": 1, "port": 2**32 - 1}), ("p" * 300, "h" * 300, {"said": 9}))
    running.patch(TAIL + 8, "2I512s", 2**32 - 1, 1, b"x|y\n" * 128)
    running.child(28, "3I", 2**32 - 1, 2**32 - 1, 2**32 - 1)
    told = running.check()
    assert told.level == "CRITICAL" and "a/b?'x'=1" in told.text and told.value("requests_running") == 2**32 - 1
    rows = json.loads(running.day.run("check-health", "--json", "--runtime", running.directory).out)
    assert "a|b?'x'=1" in rows[0]["what"] + rows[1]["what"] + rows[2]["what"]


def test_files_of_another_httpd(running):
    """Also of a generation that is not there any more: how the servers are now is not known."""
    for more in ({"pid": 1}, {"generation": 77}):
        running.servers(("pool01", "fe01", {"down": 1}), **more)
        told = running.check()
        assert told.level == "UNKNOWN" and told.text.endswith("lync.servers' is not of the httpd that runs")


def test_httpd_dies_meanwhile(running):
    """While the check waits for files that fit."""
    running.servers(("pool01", "fe01", {}), generation=77)
    process = subprocess.Popen([PROGRAM, "check-health", "--runtime", running.directory], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    running.stop()
    out, err = process.communicate(timeout=60)
    told = Told(process.returncode, out, err)
    assert told.level == "CRITICAL" and told.text.startswith("httpd does not run any more: ")


def test_what_is_known_is_told_besides(running):
    running.names(external=29)
    running.path("servers").unlink()
    told = running.check()
    assert told.level == "WARNING" and told.text.startswith("certificate 'external' ends in 29 days; cannot read ")
    assert "pools" not in told.figures and told.value("certificate_days") == 29


def test_many_findings(running):
    """No line without end."""
    running.servers(*(("pool01", f"fe{number}", {"down": 1}) for number in range(2000)))
    told = running.check()
    assert told.text.startswith("pool 'pool01' has no server") and told.text.endswith("; and 1993 more")
    assert len(told.text) < 1200 and told.value("servers_down") == 2000


def test_for_programs(running):
    running.servers(("pool01", "fe01", {"down": 1}), ("pool01", "fe02", {}))
    running.names(external=3)
    result = running.day.run("check-health", "--json", "--runtime", running.directory)
    assert (result.status, result.err) == (2, ""), result
    rows = json.loads(result.out)
    findings = [row for row in rows if row["noun"] == "finding"]
    assert [row["level"] for row in findings] == ["critical", "warning"]
    assert findings[0] == {"noun": "finding", "level": "critical", "what": "certificate 'external' ends in 3 days"}
    figures = {row["name"]: row for row in rows if row["noun"] == "figure"}
    assert figures["certificate_days"] == {"noun": "figure", "name": "certificate_days", "value": 3, "unit": None,
                                           "warning": "30:", "critical": "7:", "min": None, "max": None}
    assert (figures["servers_down"]["value"], figures["servers_down"]["max"]) == (1, 2)
    result = running.day.run("check-health", "--tsv", "--runtime", running.directory)
    first, second = result.out.split("\n\n")
    assert first.splitlines()[0] == "noun\tlevel\twhat" and first.splitlines()[1].startswith("finding\tcritical\t")
    assert second.splitlines()[0] == "noun\tname\tvalue\tunit\twarning\tcritical\tmin\tmax"
    running.servers(("pool01", "fe01", {}))
    running.names(external=99)
    result = running.day.run("check-health", "--json", "--runtime", running.directory)
    assert result.status == 0 and json.loads(result.out)[0] == {
        "noun": "finding", "level": "ok", "what": "1 pool, 1 server, revision 1 served, certificates 99 days"}


@pytest.mark.parametrize("words", [
    "check-health --bogus", "--bogus check-health", "check-health now", "check-health --days 7,30", "check-health --days x",
    "check-health --days 5,", "check-health --days -1", "check-health --days 30,7,1", "check-health --days 99999999999999999999",
    "check-health --runtime", "check-health --runtime a --runtime b", "check-health --days="])
def test_used_wrongly(day, words):
    """Not 2, which is CRITICAL to whoever runs it."""
    assert read(day.run(words)).level == "UNKNOWN"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_nobody_can_read_it(running):
    with open("/dev/full", "w") as full:
        assert subprocess.run([PROGRAM, "check-health", "--runtime", running.directory], stdout=full,
                              stderr=subprocess.DEVNULL).returncode == 3


def test_help(running):
    text = "\n".join(running.day.ok("check-health --help"))
    assert "exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, also when it is used wrongly" in text
    assert "/var/run/apache2, /run/httpd" in text and "30,7 unless given" in text
    (example,) = re.findall(r"^example:\n  lyncadm (.*)$", text, re.MULTILINE)
    told = read(running.day.run(*shlex.split(example), "--runtime", running.directory))
    assert told.level == "OK"
    assert "of check-health 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN" in "\n".join(running.day.ok("help"))


WHERE_INSTALLED = "/usr/sbin/lyncadm"        # by packages, and by README's install


def snippet(language, word):
    """The block of README.md in which a word stands."""
    text = (TOP / "README.md").read_text()
    (block,) = [block for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if word in block]
    return block


def test_icinga(running):
    """README's command, put together as Icinga does, and NRPE's line."""
    text = snippet("icinga2", "CheckCommand")
    assert text.count("{") == text.count("}") and text.count("[") == text.count("]") and text.count('"') % 2 == 0
    assert re.search(r'^object CheckCommand "lync" \{$', text, re.MULTILINE)
    (command,) = re.findall(r"^  command = \[(.*)\]$", text, re.MULTILINE)
    arguments = dict(re.findall(r'^    "(--[a-z]+)" = "\$([a-z_]+)\$"$', text, re.MULTILINE))
    assert arguments == {"--days": "lync_days", "--runtime": "lync_runtime"}
    words = json.loads(f"[{command}]")
    assert words[0] == WHERE_INSTALLED
    told = read(running.day.run(*words[1:], "--days", "21,7", "--runtime", running.directory))
    assert told.level == "OK"
    line = snippet("ini", "command[check_lync]").strip()
    name, _, line = line.partition("=")
    assert name == "command[check_lync]"
    words = shlex.split(line)
    assert words == [WHERE_INSTALLED, "check-health"]


def test_a_trial_over_a_reboot(tmp_path, day):
    """README's unit: its command waits for the end of a trial, of which there is none."""
    text = snippet("systemd", "lync-trial.service")
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert shlex.split(line) == [WHERE_INSTALLED, "confirm", "--watch"]
    assert day.ok(*shlex.split(line)[1:]) == []
    (tmp_path / "lync-trial.service").write_text(text.replace(line, "/bin/true"))
    verified(tmp_path)


def test_systemd(tmp_path):
    """README's units, as systemd reads them."""
    units = dict(re.findall(r"^# /etc/systemd/system/(\S+)\n(.*?)(?=^# /etc|\Z)", snippet("systemd", "OnFailure"),
                            re.MULTILINE | re.DOTALL))
    assert sorted(units) == ["lync-alarm@.service", "lync-health.service", "lync-health.timer"]
    assert "OnFailure=lync-alarm@%n.service" in units["lync-health.service"]
    assert "\nDynamicUser=yes\n" in units["lync-health.service"] and "\nUser=" not in units["lync-health.service"]
    (line,) = re.findall(r"^ExecStart=(.*)$", units["lync-health.service"], re.MULTILINE)
    assert shlex.split(line) == [WHERE_INSTALLED, "check-health"]
    for name, text in units.items():
        assert all(re.fullmatch(r"\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.*|", each) for each in text.splitlines()), name
        (tmp_path / name).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    verified(tmp_path)


def verified(tmp_path):
    """By systemd, where it is."""
    if not shutil.which("systemd-analyze"):
        return
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.glob("lync-*"))],
                            capture_output=True, text=True, timeout=60,
                            env=dict(os.environ, SYSTEMD_UNIT_PATH=f"{tmp_path}:"))
    assert not [each for each in (result.stdout + result.stderr).splitlines() if "lync-" in each], result
