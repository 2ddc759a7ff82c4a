"""What logs say for an operator, and what they never say: README's own lines, with known secrets."""

import base64
import os
import re
from urllib.parse import quote

import pytest

from deploy import MEET, WEBDIR, WEBEXT, Small, add_route, control_of
from faults import deleted
from foreign import load
from httpd import lyncadm, wait
from pin_http2 import Http2
from raw import request_bytes
from test_health import PROXYS
from test_pin_http2 import offered
from test_quarantine import Broken

KEY, TICKET, COOKIE, PASSWORD = "K3Y7322994", "T1cket/+secret==", "C00kie-secret", "pa55:word secret"
README = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
PLAIN, REFUSALS, CONTROL = "lync-access.log", "lync-refused.log", "control.log"


def documented():
    """The lines of README's chapter Logs."""
    chapter = open(README).read().split("\n## Logs\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"```apache\n(.*?)```", chapter, re.S))


class Logged(Small):
    def __init__(self, stage, **more):
        lines = documented().replace("${APACHE_LOG_DIR}", stage.path(""))
        lines += 'CustomLog "%s" "%%m %%U %%r %%{Cookie}i"\n' % stage.path(CONTROL)
        super().__init__(stage, after=lines, log="info lync:trace8", start=False, **more)
        lyncadm(stage, self.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", self.lync.name,
                "--domain", "contoso.com")
        add_route(stage, self.store, WEBEXT, "/closed", "--action", "refuse")
        add_route(stage, self.store, WEBDIR, "/closed", "--action", "refuse")
        self.prepare()
        self.serve()

    def prepare(self):
        """Before httpd starts."""

    def log(self, name):
        return open(self.stage.path(name)).read().splitlines()

    def in_both(self):
        """Whether each refusal of the one log is in the other, which is written after it."""
        return len(self.log(REFUSALS)) >= sum("refusal=-" not in line for line in self.log(PLAIN))

    def logged(self, ask, name=PLAIN, meanwhile=lambda: None):
        """What ask() adds to a log: the values of its last line."""
        before = len(self.log(name))
        ask()
        wait("it is logged", lambda: meanwhile() or len(self.log(name)) > before)
        return dict(re.findall(r"(\S+?)=(\S+)", self.log(name)[-1]))


@pytest.fixture(scope="module")
def logged(stage_for_module):
    return Logged(stage_for_module)


def spelled(secret):
    raw = secret.encode()
    return {secret, quote(secret, safe=""), quote(secret), base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("=")}


def told(text):
    return sorted(secret for secret in (KEY, TICKET, COOKIE, PASSWORD) if any(word in text for word in spelled(secret)))


FIELDS = [("Referer", "https://meet.contoso.com/user/" + KEY), ("Cookie", "MSWebTicket=" + COOKIE),
          ("X-MS-WebTicket", "opaque=" + TICKET),
          ("Authorization", "Basic " + base64.b64encode(PASSWORD.encode()).decode())]
# as clients ask, and as who is refused does: no route, refused directory, two meanings, none, method
ASKED = [(MEET, "/user/" + KEY, "GET"), (MEET, "/user/" + KEY, "TRACE"), (WEBEXT, "/closed/user/" + KEY, "GET"),
         ("unknown.contoso.com", "/user/" + KEY, "GET"), ("unknown.contoso.com", "//user//" + KEY, "GET"),
         ("unknown.contoso.com", "/user;x/" + KEY, "GET"), (WEBEXT, "/none/user/" + KEY, "GET"),
         (MEET, "/user%2F" + KEY, "GET"), (MEET, "/user%5C" + KEY, "GET"), (MEET, "/user\\" + KEY, "GET"),
         ("unknown.contoso.com", "/user%2F" + KEY, "GET")]


def test_no_secret_in_any_log(logged):
    logged.httpd.expect("AH10244")
    before = len(logged.log(PLAIN))
    for host, target, method in ASKED:
        logged.ask(host, target + "?ticket=" + quote(TICKET, safe=""), method, fields=FIELDS)
    wait("all is logged", lambda: len(logged.log(PLAIN)) >= before + len(ASKED) and logged.in_both())
    for name in (PLAIN, REFUSALS):
        assert told("\n".join(logged.log(name))) == [], name
    assert [line for line in logged.log(PLAIN) if "status=200" in line and "route=%s/ " % MEET in line]
    lines = logged.httpd.lines()
    assert [line for line in lines if told(line)] == []
    assert [line for line in lines if "refused GET '/closed...'" in line]
    # the search finds them where a log has them
    assert told("\n".join(logged.log(CONTROL))) == sorted([KEY, TICKET, COOKIE])
    assert told("Basic " + base64.b64encode(PASSWORD.encode()).decode()) == [PASSWORD]


def test_what_the_format_tells(logged):
    wait("nothing is being logged", logged.in_both)
    plain, refusals = len(logged.log(PLAIN)), len(logged.log(REFUSALS))
    logged.logged(lambda: logged.ask(MEET, "/user/" + KEY))
    logged.logged(lambda: logged.ask(WEBEXT, "/closed/x"))
    wait("also as a refusal", logged.in_both)
    served, refused = logged.log(PLAIN)[plain:]
    assert "status=200" in served and "server=fe01.contoso.local" in served and "route=%s/ " % MEET in served
    assert "pool=" + logged.lync.name in served and "revision=1 " in served and "refusal=-" in served
    assert "status=404" in refused and "refusal=route" in refused and "server=-" in refused
    assert "revision=1 " in refused and "route=%s/closed " % WEBEXT in refused
    assert logged.log(REFUSALS)[refusals:] == [refused]


def held(line, **expected):
    assert {name: line[name] for name in expected} == expected, line


def raw(world, data, tls=True):
    with world.open(tls=tls) as connection:
        connection.send(data)
        try:
            return connection.receive()
        except (EOFError, OSError):
            return None


def test_a_refused_request_has_the_revision_that_refused_it(logged):
    """Before a route is looked for, by it, and for want of one; also of the one that came without a reload."""
    def asked(revision):
        held(logged.logged(lambda: logged.ask("unknown.contoso.com")), refusal="unknown-host", revision=revision, route="-")
        held(logged.logged(lambda: logged.ask(WEBDIR, "/none")), refusal="unknown-path", revision=revision, pool="-")
        held(logged.logged(lambda: logged.ask(MEET, "/", "TRACE")), refusal="method", revision=revision, status="405")
        held(logged.logged(lambda: raw(logged, b"GET / HTTP/1.0\r\n\r\n")), refusal="form", revision=revision)
        big = b"".join(b"X-%d: %s\r\n" % (i, b"a" * 60000) for i in range(5))
        held(logged.logged(lambda: raw(logged, b"GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (WEBEXT.encode(), big))),
             refusal="head-size", revision=revision, status="400")
    asked("1")
    generation = logged.httpd.served()[1]
    add_route(logged.stage, logged.store, WEBEXT, "/later", "--action", "refuse")
    lyncadm(logged.stage, logged.store, "apply", "-m", "later", "--control", control_of(logged.httpd),
            hosts=logged.hosts_file)
    assert logged.httpd.served()[1] == generation
    asked("2")
    held(logged.logged(lambda: logged.ask(WEBEXT, "/later")), refusal="route", revision="2", route=WEBEXT + "/later")


def test_what_is_redirected_by_a_route(stage):
    """It is answered, not refused."""
    class Redirected(Logged):
        def prepare(self):
            add_route(self.stage, self.store, WEBEXT, "/moved", "--action", "redirect", "--location", "https://a.example/")
    world = Redirected(stage)
    held(world.logged(lambda: world.ask(WEBEXT, "/moved/" + KEY)), status="302", route=WEBEXT + "/moved", refusal="-",
         revision="1", server="-")
    assert world.log(REFUSALS) == []


def test_answers_that_fail(stage):
    """A pool that is too late, one that is down, and a client that goes away: each with where it went."""
    class Slow(Logged):
        def prepare(self):
            lyncadm(self.stage, self.store, "profile", "set", "web", "--timeout", 6)
    world = Slow(stage)
    world.httpd.expect(PROXYS)
    route = {"pool": world.lync.name, "revision": "1", "refusal": "-", "server": "fe01.contoso.local"}
    target = "/meet/lab?" + quote(TICKET, safe="")
    add = {"fields": [("X-Test-Echo", "1")]}
    held(world.logged(lambda: world.ask(WEBEXT, target, **add)), status="200", route=WEBEXT + "/", **route)

    def leave():
        wait("nobody waits any more", lambda: not world.httpd.waiting())
        with world.open() as connection:
            connection.send(request_bytes("/lab/sleep?ms=30000", WEBEXT))
            wait("it waits", world.httpd.waiting)
    held(world.logged(lambda: world.ask(WEBEXT, "/lab/sleep?ms=20000")), status="504", **route)
    held(world.logged(leave), status="499", **route)
    world.lync.server("fe01").kill()
    held(world.logged(lambda: world.ask(WEBEXT, "/meet/" + KEY)), status="503", pool=world.lync.name, revision="1")
    assert world.log(REFUSALS) == [] and told("\n".join(world.log(PLAIN))) == []


def test_what_httpd_cannot_read_is_in_no_log_of_lync(logged):
    """As README says."""
    before = len(logged.log(PLAIN)), len(logged.log(CONTROL))
    for data in (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"GET /%s HTTP/1.1\r\nHost: x\r\nno field\r\n\r\n" %
                 KEY.encode()):
        assert raw(logged, data).status == 400
    wait("others have it", lambda: len(logged.log(CONTROL)) >= before[1] + 2)
    held(logged.logged(lambda: logged.ask(WEBEXT, "/closed")), refusal="route")
    assert len(logged.log(PLAIN)) == before[0] + 1


def test_error_pages_of_others(stage):
    """httpd then answers another request, to itself, which is the one that is logged: but the condition of a log looks at
    the first. No pool is asked for the page."""
    class Others(Logged):
        def prepare(self):
            self.httpd.before = load(stage, "error_page")
            self.httpd.write()
    world = Others(stage)
    world.httpd.expect(PROXYS)
    refused = world.logged(lambda: world.ask(WEBEXT, "/closed/" + KEY))
    held(refused, status="404", refusal="route", revision="1", route=WEBEXT + "/closed")
    assert refused["bytes"] != "0"
    held(world.logged(lambda: world.ask("unknown.contoso.com", "/user/" + KEY)), status="404", refusal="unknown-host",
         revision="1")
    wait("also as refusals", world.in_both)
    assert len(world.log(REFUSALS)) == len(world.log(PLAIN)) == 2
    world.lync.server("fe01").kill()
    held(world.logged(lambda: world.ask(WEBEXT, "/meet/" + KEY)), status="503", refusal="-", revision="1",
         route=WEBEXT + "/", pool=world.lync.name, server="fe01.contoso.local")
    assert len(world.httpd.lines("LYNC001")) == 2 and len(world.log(PLAIN)) == 3
    world.lync.server("fe01").start()
    assert not [entry for entry in world.lync.seen() if "error-page" in entry["line"]]


def test_http_2(stage):
    """Streams are requests as any. httpd may log one as late as its connection is used again."""
    class Two(Logged):
        def prepare(self):
            self.httpd.before = load(stage, "slow_stream")
            lyncadm(self.stage, self.store, "listener", "set", "external", "--http2", "on")
            self.httpd.write()

        def stream(self, wire, host, target):
            def ask():
                assert wire.get(host, target)[0] == "answer"
            return self.logged(ask, meanwhile=wire.ping)
    world = Two(stage, modules=("http2",))
    protocol, tls = offered(world, "h2", "http/1.1")
    assert protocol == "h2"
    wire = Http2(tls)
    held(world.stream(wire, WEBEXT, "/meet/" + KEY), status="200", route=WEBEXT + "/", revision="1",
         pool=world.lync.name, server="fe01.contoso.local", refusal="-")
    held(world.stream(wire, WEBEXT, "/closed/" + KEY), status="404", refusal="route", revision="1")
    held(world.stream(wire, WEBDIR, "/none/" + KEY), status="404", refusal="unknown-path", revision="1")
    assert told("\n".join(world.log(PLAIN) + world.httpd.lines("lync:"))) == []


def test_in_quarantine(stage):
    """A name whose certificate is gone is refused, with the revision; where nobody listens any more no log has anything,
    and the error log says why."""
    class Two(Logged):
        def prepare(self):
            self.own = self.pki.public.leaf(MEET, file="meet")
            lyncadm(stage, self.store, "certificate", "add", "meet", "--chain", self.own.chain, "--key", self.own.key)
            lyncadm(stage, self.store, "binding", "add", "external", "--host", MEET, "--certificate", "meet")
    world = Two(stage)
    world.httpd.expect("LYNC0035")
    with Broken(world.own, deleted, world.pki):
        world.httpd.reload()
        held(world.logged(lambda: world.ask(MEET, "/meet/" + KEY)), status="503", refusal="quarantine", revision="1",
             route="-")
    with Broken(world.own, deleted, world.pki), Broken(world.leaf, deleted, world.pki):
        world.httpd.reload()
        before = world.log(PLAIN)
        with pytest.raises(OSError):
            world.ask(WEBEXT, "/meet/" + KEY)
        assert len(world.httpd.lines("LYNC0035")) == 3 and world.log(PLAIN) == before
