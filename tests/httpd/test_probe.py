"""apply asks over every listener whether clients get to the revision; when they do not, the one before is back."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from deploy import DIALIN, DISCOVER, MEET, WEBEXT, WEBEXT2, Small, add_route, publish_pool
from httpd import LYNCADM, PATIENCE, Stage, lyncadm, wait
from pool import LyncPool

POOL = "lyncpool01.contoso.local"
SITE = """<VirtualHost {address}:{port}>
ServerName {name}
Redirect 302 / http://a.example/
{tls}
</VirtualHost>
"""
PROXYS = r"\[(proxy|proxy_http|proxy_balancer|proxy_hcheck|ssl|lync):"


def tls(leaf):
    return "SSLEngine on\nSSLCertificateFile %s\nSSLCertificateKeyFile %s" % (leaf.chain, leaf.key) if leaf else ""


class World(Small):
    """A served revision, and edits to apply."""

    def __init__(self, stage, publish=(), **arguments):
        arguments.setdefault("modules", ("alias",))
        super().__init__(stage, start=False, controlled=True, **arguments)
        self.number = 1
        self.before()
        self.serve()

    def before(self):
        """What the first revision has besides."""
        self.run("publish", "discover", "contoso.com", "--via", POOL, "--http")
        self.run("publish", "simple-url", "meet", "https://" + MEET, "--via", POOL)

    def run(self, *words, ok=True):
        return lyncadm(self.stage, self.store, *words, hosts=self.hosts_file, ok=ok)

    def edit(self):
        """One that takes a reload."""
        self.number += 1
        self.run("profile", "set", "poll", "--timeout", 1800 + self.number)
        add_route(self.stage, self.store, WEBEXT, "/n%d" % self.number, "--action", "refuse")

    def apply(self, *more, words=("apply", "-m", "why")):
        """An edit, served and without a complaint; warnings are the caller's to look at."""
        self.edit()
        result = self.run(*words, *more)
        assert self.httpd.served()[2] == self.number
        assert self.httpd.nonce() == (0, "")
        return result.stderr

    def refused(self, *more):
        """An edit that is not served in the end: what apply says. The revision before is."""
        before = self.httpd.served()[2]
        self.edit()
        result = self.run("apply", "-m", "why", *more, ok=False)
        assert result.returncode == 1 and not result.stdout, result
        assert self.httpd.served()[2] == before
        assert self.httpd.nonce() == (0, "")
        *warnings, sentence = result.stderr.splitlines()
        assert all("warning: " in line for line in warnings), result.stderr
        assert sentence.endswith("--no-probe serves it all the same; revision %d is served again" % before), sentence
        return sentence

    def site(self, name, leaf=None, address="*", port=None):
        """Another site, which is there from the next reload on."""
        port = port or (self.https if leaf else self.http)
        self.httpd.after += SITE.format(address=address, port=port, name=name, tls=tls(leaf))
        self.httpd.write()

    def count(self):
        """Revisions."""
        return len(json.loads(self.run("history", "--json").stdout))

    def requests(self, path):
        """Requests from clients for a path that pools saw: hosts."""
        return [entry["host"] for entry in self.pool.seen()
                if entry["line"].split(" ")[1] == path and not entry["host"].partition(":")[0].endswith(".local")]


HEALTH = "/autodiscover/autodiscoverservice.svc/root"


@pytest.fixture(scope="module")
def world(stage_for_module):
    """For tests that leave it as it was."""
    log = 'LogFormat "%v %>s %{Host}i %{SSL_TLS_SNI}x %r" probe\nCustomLog "LOG" probe'
    return World(stage_for_module, log="debug", before=log.replace("LOG", stage_for_module.path("access.log")))


def logged(world):
    with open(world.stage.path("access.log")) as file:
        return file.read().splitlines()


def proofs(world, before, count):
    """The log's words on the proofs since so many lines, when that many are there."""
    def found():
        return [line.split() for line in logged(world)[before:] if line.split()[1] == "204"]
    wait("the log is written", lambda: len(found()) >= count)
    return found()


@pytest.mark.smoke
def test_every_name_of_every_listener(world):
    """Each is asked once, without a word to a pool; the pool's health once before and once after."""
    world.pool.forget()
    before = len(logged(world))
    assert world.apply() == ""
    probes = proofs(world, before, 8)
    https, http = ":%d" % world.https, ":%d" % world.http
    asked = sorted((host, sni, path) for _, _, host, sni, _, path, _ in probes)
    once = [(DISCOVER + http, "-", "/"), (DISCOVER + https, DISCOVER, "/"), (MEET + http, "-", "/"),
            (MEET + https, MEET, "/"), (WEBEXT + http, "-", "/"), (WEBEXT + https, WEBEXT, "/")]
    without_sni = [entry for entry in asked if entry[1] == "-" and ":" not in entry[0]]
    assert len(without_sni) == 1 and without_sni[0][0] in (DISCOVER, MEET, WEBEXT)
    before_reload = [entry for entry in asked if asked.count(entry) == 2]
    assert len(set(before_reload)) == 1
    assert sorted(set(asked) - set(without_sni)) == sorted(once)
    hosts = world.requests(HEALTH)
    assert len(hosts) == 2 and len(set(hosts)) == 1, hosts


def test_the_nonce_is_not_logged(world):
    world.apply()
    for path in (world.httpd.log_path, world.stage.path("access.log")):
        with open(path, errors="replace") as file:
            assert not re.search(r"\b[0-9a-f]{32}\b", file.read()), path


def test_a_rollback_is_probed(world):
    before = len(logged(world))
    for revision in (1, world.number):
        world.run("rollback", str(revision))
        assert world.httpd.served()[2] == revision and world.httpd.nonce() == (0, "")
    proofs(world, before, 16)


def test_without_probes(world):
    before = len(logged(world))
    assert world.apply("--no-probe") == ""
    assert not any(line.split()[1] == "204" for line in logged(world)[before:])


def test_while_httpd_does_not_run(stage):
    """The first apply of a test's world is one."""
    result = World(stage).run("apply")
    assert "revision 1 is already active and served" in result.stdout


def test_a_renewed_certificate(stage):
    """The file that the row's fingerprint was read from is another one by now."""
    world = World(stage)
    new = world.pki.public.leaf(WEBEXT, sans=[WEBEXT, MEET, DISCOVER], file="renewed")
    shutil.copy(new.chain, world.leaf.chain)
    shutil.copy(new.key, world.leaf.key)
    assert world.apply() == ""


# Others. ------------------------------------------------------------------------------------------------------------

def test_another_site_has_the_name(stage):
    """Which httpd -t does not mind: the site that comes first gets the name."""
    world = World(stage)
    leaf = world.pki.public.leaf("shop.example", sans=[MEET], file="shop")
    world.site(MEET, leaf)
    sentence = world.refused()
    assert "listener 'external' (127.0.0.1 port %d) presents the certificate of 'CN=shop.example' to clients of " \
        "'%s', and not certificate 'external'" % (world.https, MEET) in sentence
    assert world.ask(WEBEXT, "/meet/a/b").status == 200
    assert world.apply("--no-probe") == ""
    assert world.ask(MEET, "/").status == 302


def test_another_site_has_the_name_and_the_certificate(stage):
    world = World(stage)
    world.site(MEET, world.leaf)
    assert "listener 'external' (127.0.0.1 port %d): clients of '%s' are answered by another site of httpd, which " \
        "has the name or the address (status 302)" % (world.https, MEET) in world.refused()


@pytest.mark.parametrize("name", [DISCOVER, MEET])
def test_another_site_has_the_name_on_port_80(stage, name):
    world = World(stage)
    world.site(name)
    assert "listener 'discovery' (127.0.0.1 port %d): clients of '%s' are answered by another site" \
        % (world.http, name) in world.refused()


def test_another_site_is_the_default(stage):
    """By design it stays so: its certificate for those without SNI is worth a word, and no more."""
    world = World(stage)
    world.site("shop.example", world.pki.public.leaf("shop.example", file="shop"))
    world.site("shop.example")
    warning = world.apply()
    assert warning.startswith("lyncadm: warning: for clients that send no SNI: listener 'external' ")
    assert "presents the certificate of 'CN=shop.example'" in warning and warning.count("\n") == 1


def test_another_site_has_loopback_to_itself(stage):
    """As pages about the server's state often do: clients from elsewhere get to the listener, and we find a way."""
    world = World(stage)
    world.httpd.expect("LYNC0001|AH01909|AH02032")
    world.site("localhost", world.leaf, "127.0.0.1")
    world.site("localhost", None, "127.0.0.1")
    assert world.apply() == ""


def test_another_site_is_the_default_with_the_same_certificate(stage):
    """Whether clients without SNI get further is up to httpd's SSLVHostSNIPolicy."""
    world = World(stage)
    world.site("lync.contoso.com", world.leaf)
    world.httpd.expect("AH02032")
    warning = world.apply()
    assert "for clients that send no SNI" in warning and "(status 421)" in warning and warning.count("\n") == 1
    assert len(world.httpd.lines("AH02032")) == 1


class Squatter:
    """Takes the connections to 127.0.0.1 on a port on which httpd listens on any address."""

    def __init__(self, port, answers):
        self.answers, self.heads, self.taken = list(answers), [], 0
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen()
        self.done = threading.Event()
        self.open = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.done.set()
        self.socket.close()
        for connection in self.open:
            connection.close()
        self.thread.join(10)

    def run(self):
        self.socket.settimeout(0.05)
        while not self.done.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                continue
            self.taken += 1
            self.open.append(connection)
            connection.settimeout(2)
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    break
                head += data
            self.heads.append(head.decode())
            answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
            if answer is not None:
                connection.sendall(answer.encode())
                connection.close()
            if len(self.answers) > 1 and self.answers[0] == "leave":
                self.socket.close()
                return


def fields(**values):
    return "HTTP/1.1 204 No Content\r\n" + "".join("Lync-%s: %s\r\n" % (name.capitalize(), value)
                                                   for name, value in values.items()) + "\r\n"


class Squatted(World):
    """Its http listener is on 127.0.0.1 alone, while httpd listens on any address and lets others do so, too: that is
    what a ratio means to it that leaves all its children one socket, however many cores there are."""

    def __init__(self, stage):
        super().__init__(stage)

    def before(self):
        super().before()
        self.run("listener", "set", "discovery", "--address", "127.0.0.1")
        self.httpd.before += "\nListenCoresBucketsRatio 10000\nListen %d\n" % self.http
        self.httpd.write()

    def squatter(self, *answers):
        return Squatter(self.http, answers)


@pytest.fixture(scope="module")
def squatted():
    stage = Stage()
    yield Squatted(stage)
    stage.close()


def right(revision, **wrong):
    """What the first name's proof looks like, but for what is wrong."""
    return fields(**{**dict(revision=revision, generation=1, pid=1, listener="discovery",
                            decision="publish to %s by http" % POOL), **wrong})


@pytest.mark.parametrize("answer, said", [
    (lambda revision: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "are answered by another site of httpd"),
    (lambda revision: fields(), "are answered by another site of httpd"),
    (lambda revision: right(1), "are answered by revision 1 and not by "),
    (lambda revision: right(revision, listener="external"), "are answered by listener 'external'"),
    (lambda revision: right(revision, decision="quarantine"), "is 'quarantine' and not 'publish to %s by http'" % POOL),
    (lambda revision: right(revision),
     "'http://%s/' is 'publish to %s by http' and not 'redirect to https'" % (MEET, POOL)),
    (lambda revision: "220 smtp.example ESMTP\r\n", "does not answer clients of"),
], ids=["status", "fields", "revision", "listener", "decision", "next", "smtp"])
def test_somebody_else_answers_on_the_port(squatted, answer, said):
    squatted.number = squatted.count()
    with squatted.squatter(answer(squatted.number + 1)) as squatter:
        assert said in squatted.refused()
        assert squatter.taken > 1, "it is tried again"


def test_a_child_of_before_takes_one_more(squatted):
    """Wrong answers for a moment are no reason to go back."""
    squatted.number = squatted.count()
    with squatted.squatter("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", right(1), "leave", "leave") as squatter:
        squatted.apply()
        assert squatter.taken == 2


def test_the_nonce_ends_with_lyncadm(squatted):
    """While a listener hangs the nonce is valid. SIGINT takes it away; what SIGKILL leaves is void soon, and gone with
    the next apply."""
    command = [LYNCADM, "--store", squatted.store, "apply"]
    environment = squatted.stage.environment(squatted.hosts_file)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        with squatted.squatter(None) as squatter:
            squatted.edit()
            # whoever runs the tests in the background may have them ignored
            lyncadm_process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                                               preexec_fn=lambda: number == signal.SIGKILL
                                               or signal.signal(number, signal.SIG_DFL))
            wait("it hangs", lambda: squatter.heads)
            until, nonce = squatted.httpd.nonce()
            assert re.search("(?m)^Lync-Probe: %s\r$" % nonce, squatter.heads[-1]) and len(nonce) == 32
            lyncadm_process.send_signal(number)
            said = lyncadm_process.communicate(timeout=PATIENCE)
            assert lyncadm_process.returncode == -number, said
            if number != signal.SIGKILL:
                assert squatted.httpd.nonce() == (0, "")
    left = squatted.httpd.nonce()
    assert left[1] == nonce and left[0] <= time.time() + 20
    squatted.number = squatted.count()
    squatted.apply()


def test_it_does_not_hang(squatted):
    """A listener that takes connections and says nothing."""
    with squatted.squatter(None):
        assert "does not answer clients of" in squatted.refused()


# Pools. -------------------------------------------------------------------------------------------------------------

def test_a_pool_that_the_revision_breaks(stage):
    """Trust anchors of another CA: httpd -t has nothing against them."""
    world = World(stage)
    world.httpd.expect(PROXYS)
    world.run("pool", "set", POOL, "--ca", world.pki.public.path)
    assert "pool '%s' answered under revision 1 and does not under 2: status 503 for '%s' of '" % (POOL, HEALTH) \
        in world.refused()
    assert world.ask(WEBEXT, "/meet/a/b").status == 200


def test_a_pool_that_was_down_before(stage):
    world = World(stage)
    world.httpd.expect(PROXYS)
    world.lync.stop()
    wait("it is down", lambda: world.ask(WEBEXT, HEALTH).status == 503)
    warning = world.apply()
    assert warning == "lyncadm: warning: pool '%s' does not answer as it should: status 503 for '%s' of '%s'\n" \
        % (POOL, HEALTH, DISCOVER)
    world.lync.start()
    wait("it is up", lambda: world.ask(WEBEXT, HEALTH).status == 200)
    assert world.apply() == ""


def test_a_new_pool_that_is_down(stage):
    world = World(stage)
    world.httpd.expect(PROXYS)
    other = LyncPool(stage.path("pool2"), name="lyncpool02.contoso.local", pki=world.pki, external=WEBEXT2,
                     servers=["fe03.contoso.local"], threads=16)
    stage.closers.append(other.stop)
    with open(world.hosts_file, "a") as file:
        file.write("".join("%s %s\n" % (server.address, server.name) for server in other.servers))
    publish_pool(stage, world.store, other)
    warning = world.apply()
    assert "pool 'lyncpool02.contoso.local' does not answer as it should: status 503" in warning
    assert warning.count("\n") == 1


def test_a_pool_whose_last_server_is_taken_out(stage):
    """Which is what the administrator wants; the rule book has its word on it."""
    world = World(stage)
    world.run("server", "set", "fe01.contoso.local", "--state", "disabled")
    warning = world.apply()
    assert warning.startswith("lyncadm: warning: pool '%s' has no active server" % POOL) and warning.count("\n") == 1


def test_a_health_path_that_is_not_there(stage):
    """mod_proxy_hcheck would take the pool's servers for down, sooner or later."""
    world = World(stage)
    world.httpd.expect(PROXYS)
    world.run("pool", "set", POOL, "--health-path", "/lab/none", "--health-interval", "3600")
    assert re.search("pool '%s' answered under revision 1 and does not under 2: status (404|503) for '/lab/none'"
                     % POOL, world.refused())


def test_a_pool_that_answers_otherwise(stage):
    """To clients of its names, all the time, while mod_proxy_hcheck gets its 200."""
    class Otherwise(World):
        def before(self):
            super().before()
            for host in (DISCOVER, MEET, WEBEXT):
                self.run("route", "set", "external", host, "/", "--refuse-headers", "User-Agent")
    world = Otherwise(stage)
    assert world.apply() == ""
    world.run("route", "set", "external", DISCOVER, "/", "--methods", "POST")
    assert world.apply() == "", "asked over another name"
    for host in (MEET, WEBEXT):
        world.run("route", "set", "external", host, "/", "--methods", "POST")
    assert world.apply() == "", "asked over port 80"


# Listeners. ---------------------------------------------------------------------------------------------------------

def test_hundreds_of_hosts(stage):
    """At most 256 a listener, and of each certificate one; what was left out is told."""
    hosts = ["h%03d.contoso.com" % number for number in range(260)]

    class Many(World):
        def before(self):
            own = self.pki.public.leaf(hosts[-1], file="own")
            self.run("certificate", "add", "own", "--chain", own.chain, "--key", own.key)
            self.run("binding", "add", "external", "--host", hosts[-1], "--certificate", "own")
            for host in hosts:
                add_route(self.stage, self.store, host, "/meet", "--pool", POOL, "--profile", "web", "--scheme",
                          "https")
    log = 'LogFormat "%>s %{SSL_TLS_SNI}x" probe\nCustomLog "LOG" probe'
    world = Many(stage, before=log.replace("LOG", stage.path("access.log")))
    world.httpd.expect("AH01909")
    warning = world.apply().splitlines()
    told = [line for line in warning if "were not probed" in line]
    assert told == ["lyncadm: warning: listener 'discovery': 5 of its 261 hosts were not probed",
                    "lyncadm: warning: listener 'external': 5 of its 261 hosts were not probed"]
    assert not [line for line in warning if line not in told and "does not cover" not in line]
    def asked():
        return {line.split()[1] for line in logged(world) if line.startswith("204 ")} - {"-"}
    wait("what was answered is logged", lambda: len(asked()) >= 256)
    assert hosts[-1] in asked() and hosts[-2] not in asked() and len(asked()) == 256


@pytest.mark.parametrize("address", ["::1", "::", "0.0.0.0", "127.0.0.2"])
def test_addresses(stage, address):
    class Addressed(World):
        def before(self):
            super().before()
            self.run("listener", "set", "external", "--address", address)
            self.run("listener", "set", "discovery", "--address", address)
            self.httpd.ports = ()
    world = Addressed(stage)
    assert world.apply() == ""
    if address == "::1":
        world.site(MEET, world.leaf, "[::1]")
        assert "listener 'external' (::1 port %d): clients of '%s' are answered by another" % (world.https, MEET) \
            in world.refused()


@pytest.mark.parametrize("name", ["modern", "legacy", "old"])
def test_tls_policies(stage, name):
    class Policed(World):
        def before(self):
            super().before()
            self.run("tls-policy", "add", "old", "--protocols", "-all +TLSv1", "--ciphers", "ALL:!aNULL:@SECLEVEL=0")
            self.run("listener", "set", "external", "--tls-policy", name)
    complaint = Policed(stage).apply()
    assert complaint == "" if name == "modern" else "TLS 1.0 or 1.1 (policy '%s')" % name in complaint, complaint


def test_http2(stage):
    class Http2(World):
        def before(self):
            super().before()
            self.run("listener", "set", "external", "--http2", "on")
    assert Http2(stage, modules=("http2", "alias")).apply() == ""


@pytest.mark.parametrize("mpm", ["worker", "prefork"])
def test_other_mpms(stage, mpm):
    world = World(stage, mpm=mpm)
    for _ in range(3):
        assert world.apply() == ""


@pytest.mark.parametrize("otherwise", ["redirect", "refuse"])
def test_names_that_an_http_listener_does_not_publish(stage, otherwise):
    """They are part of the promise when they are redirected."""
    class Otherwise(World):
        def before(self):
            super().before()
            self.run("listener", "set", "discovery", "--otherwise", otherwise)
    world = Otherwise(stage)
    assert world.apply() == ""
    world.site(MEET)
    if otherwise == "redirect":
        assert "clients of '%s' are answered by another site" % MEET in world.refused()
    else:
        assert world.apply() == ""


def test_a_name_that_is_only_redirected_or_refused(stage):
    class Away(World):
        def before(self):
            super().before()
            add_route(self.stage, self.store, DIALIN, "/", "--action", "redirect", "--location", "https://a.example/")
            add_route(self.stage, self.store, "lync.contoso.com", "/", "--action", "refuse")
    world = Away(stage)
    assert world.apply() == ""
    world.site("lync.contoso.com", world.pki.public.leaf("lync.contoso.com", file="lync"))
    assert "for clients that send no SNI" in world.apply(), "nothing is promised of a name that is refused"
    world.site(DIALIN, world.leaf)
    assert "clients of '%s' are answered by another site" % DIALIN in world.refused()


def test_a_served_file_that_cannot_be_written(stage):
    """Who is not root gets no nonce: certificates and pools are looked at all the same."""
    world = World(stage)
    os.chmod(os.path.join(world.httpd.folder, "run", "lync.served"), 0o444)
    command = [LYNCADM, "--store", world.store, "apply"]
    if os.getuid() == 0:
        command = ["setpriv", "--bounding-set", "-dac_override", *command]

    def apply(code):
        world.edit()
        result = subprocess.run(command, env=stage.environment(world.hosts_file), capture_output=True, text=True,
                                timeout=60)
        assert result.returncode == code, result
        first, *rest = result.stderr.splitlines()
        assert re.match("lyncadm: warning: cannot write '.*/lync.served': Permission denied: that revision %d answers "
                        "is not proved, only certificates and pools are looked at$" % world.number, first)
        return rest
    assert apply(0) == []
    world.httpd.expect(PROXYS)
    world.run("pool", "set", POOL, "--ca", world.pki.public.path)
    assert "pool '%s' answered under revision 2 and does not under 3" % POOL in apply(1)[0]
    world.run("pool", "set", POOL, "--ca", world.pki.internal.path)
    world.site(MEET, world.pki.public.leaf("shop.example", sans=[MEET], file="shop"))
    assert "presents the certificate of 'CN=shop.example' to clients of '%s'" % MEET in apply(1)[0]
