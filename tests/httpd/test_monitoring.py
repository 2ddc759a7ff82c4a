"""lyncadm check-health beside a real httpd, as somebody who may do nothing: each level, and well again when it is over."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from deploy import WEBEXT, Small, add_route
from faults import breaks_the_rule_book, deleted, not_pem
from httpd import LYNCADM, PATIENCE, TOP, lyncadm, wait
from pool import LyncPool, hosts_file
from status import Shown
from test_faults import Broken as BrokenStore
from test_metrics import polls, unguarded
from test_quarantine import QUARANTINE, Broken
from test_status_page import short
from test_told import PROXY

sys.path.insert(0, os.path.join(TOP, "tests", "cli"))
from monitoring import LEVELS, Told, somebody  # noqa: E402


class Monitoring:
    """The program where everybody may run it, and the runtime directory of a httpd."""

    def __init__(self, stage, httpd):
        self.program, self.environment = shutil.copy(LYNCADM, stage.path("monitoring")), stage.environment()
        self.runtime = os.path.join(httpd.folder, "run")

    def check(self, *options):
        result = subprocess.run([self.program, "check-health", "--runtime", self.runtime, *options], cwd="/", text=True,
                                env=self.environment, capture_output=True, timeout=PATIENCE, **somebody())
        told = Told(result.returncode, result.stdout, result.stderr)
        levels = [figure.level() for figure in told.figures.values()]
        assert max(levels, default=0) <= LEVELS.index(told.level), "a figure is worse than what is said"
        return told

    def until(self, level, pattern):
        """What is told of that level, once it matches."""
        told = wait("%s: %s" % (level, pattern), lambda: [told for told in [self.check()] if told.level == level
                                                          and re.search(pattern, told.text)])
        return told[0]

    def well(self):
        return self.until("OK", "^")


def watched(world):
    world.monitoring = Monitoring(world.stage, world.httpd)
    return world


@pytest.fixture(scope="module")
def shown(stage_for_module):
    return watched(Shown(stage_for_module, servers=("fe01", "fe02")).serve())


@pytest.mark.smoke
def test_ok(shown):
    shown.ask(WEBEXT, "/meet/a/b")
    told = wait("it is counted", lambda: [told for told in [shown.monitoring.well()] if told.value("requests")])[0]
    assert re.fullmatch(r"1 pool, 2 servers, revision 1 served, certificates \d+ days", told.text)
    assert {name: told.value(name) for name in (
        "revision", "listeners", "listeners_closed", "quarantined", "pools", "pools_without_server", "servers",
        "servers_down", "requests_pending", "connections_bound", "errors", "refused")} == {
            "revision": 1, "listeners": 2, "listeners_closed": 0, "quarantined": 0, "pools": 1, "pools_without_server": 0,
            "servers": 2, "servers_down": 0, "requests_pending": 0, "connections_bound": 0, "errors": 0, "refused": 0}
    now = shown.page.metrics()
    assert told.figures["requests_running"].most == "%d" % now.get("requests_limit")
    assert told.figures["requests"].unit == told.figures["errors"].unit == told.figures["refused"].unit == "c"
    assert told.value("requests") == now.sum("requests_total")


def test_a_server_is_down_and_then_both(shown):
    shown.httpd.expect(PROXY)
    first, second = shown.lync.servers
    first.stop()
    told = shown.monitoring.until("WARNING", "server '%s' of pool '%s' .* is down since 20" % (first.name, shown.lync.name))
    assert told.value("servers_down") == 1 and "has no server" not in told.text
    second.stop()
    told = shown.monitoring.until("CRITICAL", "^pool '%s' has no server that gets requests on port" % shown.lync.name)
    assert told.value("pools_without_server") == 1
    for server in (first, second):
        server.start()
    shown.monitoring.well()


def test_a_pool_is_drained(shown):
    for server in shown.lync.servers:
        lyncadm(shown.stage, shown.store, "server", "drain", server.name, hosts=shown.hosts_file)
    shown.monitoring.until("CRITICAL", "^pool '%s' has no server that gets requests" % shown.lync.name)
    for server in shown.lync.servers:
        lyncadm(shown.stage, shown.store, "server", "enable", server.name, hosts=shown.hosts_file)
    shown.monitoring.well()


@pytest.mark.parametrize("days, level, text", [(20, "WARNING", "ends in 19 days"), (5, "CRITICAL", "ends in 4 days"),
                                               (-1, "CRITICAL", "expired .* ago")])
def test_a_certificate_ends(shown, days, level, text):
    """As it was loaded, by nobody who could read its key."""
    with Broken(shown.own, short(shown, days), shown.pki):
        shown.reload(signal.SIGUSR1)
        told = shown.monitoring.until(level, "^certificate 'meet' " + text)
        assert told.figures["certificate_days"].level() == LEVELS.index(level)
        if days > 0:
            assert shown.monitoring.check("--days", "3").level == "OK"
    shown.reload(signal.SIGUSR1)
    shown.monitoring.well()


def test_quarantine_and_a_closed_listener(shown):
    shown.httpd.expect(QUARANTINE)
    with Broken(shown.own, not_pem, shown.pki):
        shown.reload(signal.SIGUSR1)
        told = shown.monitoring.until("WARNING", "^revision 1 is served, but not all that is wanted: quarantine: .*'meet'")
        assert told.value("quarantined") == 1 and told.value("listeners_closed") == 0
        with Broken(shown.leaf, deleted, shown.pki):
            shown.reload(signal.SIGUSR1)
            told = shown.monitoring.until(
                "CRITICAL", r"^closed, so that nobody can connect: listener external \(port %d\); " % shown.https)
            assert told.value("quarantined") == 2 and told.value("listeners_closed") == 1
    shown.reload(signal.SIGUSR1)
    assert shown.monitoring.well().value("listeners_closed") == 0


def test_the_last_known_good(shown):
    shown.httpd.expect("LYNC0033")
    with BrokenStore(shown, breaks_the_rule_book):
        shown.reload(signal.SIGUSR1)
        shown.monitoring.until("WARNING", "^revision 1 is served, but not all that is wanted: last known good: ")
    shown.reload(signal.SIGUSR1)
    shown.monitoring.well()


def test_a_reload_is_no_trouble(shown):
    """Nor is it while what is left of the generation before still answers."""
    held = polls(shown, 1)
    wait("it is pending", lambda: shown.monitoring.check().value("requests_pending") == 1)
    shown.httpd.reload()
    assert shown.monitoring.well().value("requests_pending") == 1
    for wire in held:
        wire.close()
    shown.settled()


def test_a_revision_is_not_served(stage):
    """The store says so while httpd runs, which the check cannot read."""
    shown = watched(Shown(stage).serve())
    lyncadm(stage, shown.store, "profile", "set", "web", "--timeout", 299)
    lyncadm(stage, shown.store, "apply", hosts=shown.hosts_file)
    shown.settled()
    assert "revision 2 served" in shown.monitoring.well().text
    with unguarded(shown.store) as database:
        database.execute("UPDATE state SET value = '1' WHERE name = 'active'")
    os.chmod(shown.store, 0o600 if os.getuid() else 0o640)
    shown.monitoring.until("WARNING", "^revision 2 is served, not revision 1, which is the active one")
    shown.reload(signal.SIGUSR1)
    assert "revision 1 served" in shown.monitoring.well().text


def test_no_room(stage):
    shown = Shown(stage)
    shown.httpd.after = "ThreadsPerChild 20\nMaxRequestWorkers 20\nMaxSpareThreads 20\nMinSpareThreads 1\n"
    shown.httpd.always.append(re.compile("AH10159|AH00484"))
    shown.httpd.write()
    watched(shown.serve())
    held = polls(shown, 17)
    told = shown.monitoring.until("WARNING", "^17 requests are under way, of 20 that there is room for")
    assert wait("they are pending", lambda: shown.monitoring.check().value("requests_pending") == 17)
    held += polls(shown, 2)
    told = shown.monitoring.until("CRITICAL", "^19 requests are under way, of 20")
    assert told.figures["requests_running"].level() == 2
    for wire in held:
        wire.close()
    shown.monitoring.well()


def test_a_service_fails(stage):
    shown = watched(Shown(stage).serve())
    for _ in range(5):
        assert shown.ask(WEBEXT, "/lab/answer?status=500").status == 500
    told = shown.monitoring.until("WARNING", "paths of no service: 5 of 5 requests of late were answered with 5xx")
    assert told.value("errors") == 5


class Two(Small):
    """Two pools, of which the second has one route."""

    def __init__(self, stage):
        super().__init__(stage, start=False, controlled=True)
        self.other = LyncPool(stage.path("other"), name="lyncpool02.contoso.local", pki=self.pki, external="other.contoso.com",
                              servers=["fe09.contoso.local"], threads=8)
        stage.closers.append(self.other.stop)
        self.other.start()
        hosts_file(self.hosts_file, self.lync, self.other)
        lyncadm(stage, self.store, "pool", "add", self.other.name, "--role", "frontend", "--ca", self.pki.internal.path,
                "--https-port", self.other.https_port, "--http-port", self.other.http_port, "--health-interval", 2)
        lyncadm(stage, self.store, "server", "add", "fe09.contoso.local", "--pool", self.other.name)
        add_route(stage, self.store, WEBEXT, "/other", "--pool", self.other.name, "--scheme", "https", "--profile", "web")
        self.serve()


def test_a_pool_that_no_route_leads_to_any_more(stage):
    """The routes changed while httpd ran: what nobody asks for may be gone."""
    world = watched(Two(stage))
    world.httpd.expect(PROXY)
    world.other.stop()
    world.monitoring.until("CRITICAL", "^pool '%s' has no server" % world.other.name)
    lyncadm(stage, world.store, "route", "remove", "external", WEBEXT, "/other")
    result = lyncadm(stage, world.store, "apply", hosts=world.hosts_file)
    assert "is served without a reload" in result.stdout, result
    told = world.monitoring.until("WARNING", "^server '.*' of pool '%s' .* is down" % world.other.name)
    assert "has no server" not in told.text
    add_route(stage, world.store, WEBEXT, "/other", "--pool", world.other.name, "--scheme", "https", "--profile", "web")
    lyncadm(stage, world.store, "apply", hosts=world.hosts_file)
    world.monitoring.until("CRITICAL", "^pool '%s' has no server" % world.other.name)


def test_nothing_is_published_and_nothing_ran(stage):
    """Before the first start, before the first apply, and after the end."""
    shown = Shown(stage)
    watched(shown)
    told = shown.monitoring.check()
    assert told.level == "UNKNOWN" and "no httpd with LyncStore has run yet" in told.text
    shown.httpd.ports = (shown.page.port,)
    shown.httpd.expect("AH01873")               # no SSLSessionCache, and nobody to need one
    shown.httpd.start()
    shown.monitoring.until("WARNING", "^nothing is published")
    pid = shown.httpd.process.pid
    shown.httpd.stop()
    told = shown.monitoring.check()
    assert (told.level, told.text) == ("CRITICAL", "httpd does not run any more: process %d, which served revision 0, has "
                                       "ended" % pid)


def test_nothing_is_served(stage):
    """A start that cannot read the store, with other sites to serve."""
    shown = watched(Shown(stage, before="LyncStoreFailure keep-serving").serve())
    shown.httpd.stop()
    shown.httpd.expect("LYNC0034")
    with BrokenStore(shown, lambda store: os.unlink(store)):
        shown.httpd.ports = (shown.page.port,)
        shown.httpd.start()
        shown.monitoring.until("CRITICAL", "^Lync is not served: ")
        shown.httpd.stop()


def test_without_lyncstore_any_more(shown):
    """httpd goes on, and what it said of Lync is of another time."""
    store, shown.httpd.store = shown.httpd.store, None
    shown.httpd.write()
    shown.httpd.process.send_signal(signal.SIGUSR1)
    shown.monitoring.until("CRITICAL", r"^no child of httpd \(process %d\) takes connections" % shown.httpd.process.pid)
    shown.httpd.store = store
    shown.httpd.write()
    shown.httpd.process.send_signal(signal.SIGUSR1)
    shown.monitoring.well()
