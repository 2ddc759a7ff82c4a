"""A file that went bad takes along what depends on it, and nothing else: a certificate its names, trust
anchors their pool. A running httpd lives, a start succeeds, and only httpd -t refuses."""

import json
import os
import shutil
import signal
import socket
import ssl

import pytest

from deploy import DISCOVER, MEET, WEBEXT, Small, control_of, publish_pool
from faults import CERTIFICATE_FAULTS, deleted, expires, garbage, missing, not_pem
from httpd import free_port, listening, lyncadm, wait
from load import Load
from pool import LyncPool
from raw import Connection

QUARANTINE = "LYNC0035"


class Two(Small):
    """The default certificate, and one of its own for meet."""

    def __init__(self, stage, **arguments):
        super().__init__(stage, start=False, controlled=True, interval=5, **arguments)
        self.own = self.pki.public.leaf(MEET, file="meet", key="rsa")
        lyncadm(stage, self.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", self.lync.name)
        lyncadm(stage, self.store, "publish", "discover", "contoso.com", "--via", self.lync.name, "--http")
        lyncadm(stage, self.store, "certificate", "add", "meet", "--chain", self.own.chain, "--key", self.own.key)
        lyncadm(stage, self.store, "binding", "add", "external", "--host", MEET, "--certificate", "meet")

    def signal(self, number):
        return [line for line in self.httpd.reload(number) if ":error]" in line]

    def status(self, code):
        result = lyncadm(self.stage, self.store, "status", "--json", "--control", control_of(self.httpd),
                         hosts=self.hosts_file, ok=False)
        assert result.returncode == code, result
        return json.loads(result.stdout)[0]


class Broken:
    """with Broken(leaf, fault, pki): the files of a certificate are bad inside and good again afterwards."""

    def __init__(self, leaf, fault, pki):
        self.leaf, self.fault, self.pki = leaf, fault, pki

    def __enter__(self):
        for path in {self.leaf.chain, self.leaf.key}:
            shutil.copy2(path, path + ".good")
        self.fault(self.leaf, self.pki)

    def __exit__(self, *_):
        for path in {self.leaf.chain, self.leaf.key}:
            os.replace(path + ".good", path)


@pytest.fixture(scope="module")
def two(stage_for_module):
    return Two(stage_for_module).serve()


def presented(world, sni):
    with world.open(WEBEXT, sni=sni) as connection:
        return connection.certificate()


def der(leaf):
    with open(leaf.cert) as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS, ids=lambda fault: fault.__name__)
def test_certificate_of_a_name(two, fault):
    """Its name is answered with 503 under the default certificate; no request for another name fails."""
    two.httpd.expect(QUARANTINE)
    default = presented(two, WEBEXT)
    with Load(two.https, WEBEXT) as load:
        load.more()
        with Broken(two.own, fault, two.pki):
            errors = two.signal(signal.SIGUSR1)
            assert len(errors) == 1 and QUARANTINE in errors[0] and "certificate 'meet'" in errors[0], errors
            load.more()
            answer = two.ask(MEET, "/meet/a/b")
            assert answer.status == 503 and answer.get("Retry-After"), answer
            assert presented(two, MEET) == default
            row = two.status(3)
            assert row["served"] == row["active"] and "certificate 'meet'" in row["because"], row
            test = two.httpd.test_config()
            assert test.returncode and "'meet'" in test.stdout
            assert two.httpd.run("-k", "graceful").returncode
            result = lyncadm(two.stage, two.store, "apply", "-m", "again", hosts=two.hosts_file, ok=False)
            assert result.returncode == 1 and "'meet'" in result.stderr, result
        assert not two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed
    assert two.ask(MEET, "/meet/a/b").status == 200 and presented(two, MEET) == der(two.own)
    assert two.status(0)["because"] is None


def test_default_certificate(two):
    """The names that have their own go on; the others are answered with 503 under one of those."""
    two.httpd.expect(QUARANTINE)
    with Load(two.https, MEET) as load:
        load.more()
        with Broken(two.leaf, deleted, two.pki):
            assert len(two.signal(signal.SIGUSR1)) == 1
            load.more()
            assert two.ask(WEBEXT, "/meet/a/b").status == 503
            assert two.ask(DISCOVER, "/", tls=False).status == 200, "port 80 needs no certificate"
            load.stop()                         # SIGHUP drops what is under way
            assert len(two.signal(signal.SIGHUP)) == 1
        assert not two.signal(signal.SIGUSR1)
        assert two.ask(WEBEXT, "/meet/a/b").status == 200
    with Load(two.https, MEET) as load:
        with Broken(two.leaf, deleted, two.pki):
            two.signal(signal.SIGUSR1)
            load.more()
        two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed


def test_every_certificate(two):
    """Without any there is no TLS: the port is closed, the rest lives, and it opens again."""
    two.httpd.expect(QUARANTINE)
    with Load(two.http, DISCOVER, "/", tls=False) as load:
        load.more()
        with Broken(two.leaf, deleted, two.pki), Broken(two.own, not_pem, two.pki):
            assert len(two.signal(signal.SIGUSR1)) == 2
            wait("the port is closed", lambda: not listening(two.https))
            load.more()
        assert not two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed
    assert two.ask(WEBEXT, "/meet/a/b").status == two.ask(MEET, "/meet/a/b").status == 200


def test_a_port_taken_while_it_was_closed(two):
    """Then there is no revision that could be served whole: the listener is left out."""
    two.httpd.expect(QUARANTINE + "|LYNC0033")
    with Load(two.http, DISCOVER, "/", tls=False) as load:
        with Broken(two.leaf, deleted, two.pki), Broken(two.own, deleted, two.pki):
            two.signal(signal.SIGUSR1)
            wait("the port is closed", lambda: not listening(two.https))
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("", two.https))
            other.listen()
            errors = two.signal(signal.SIGUSR1)
            assert any("in use" in line for line in errors), errors
            load.more()
        assert not two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed
    assert two.ask(WEBEXT, "/meet/a/b").status == 200


def test_with_a_broken_store(two):
    """The last good revision has the same files."""
    two.httpd.expect(QUARANTINE + "|LYNC0033")
    os.rename(two.store, two.store + ".away")
    with Load(two.https, WEBEXT) as load:
        with Broken(two.own, deleted, two.pki):
            assert len(two.signal(signal.SIGUSR1)) == 2
            load.more()
            assert two.ask(MEET, "/meet/a/b").status == 503
        assert len(two.signal(signal.SIGUSR1)) == 1
        assert two.ask(MEET, "/meet/a/b").status == 200
        os.rename(two.store + ".away", two.store)
        assert not two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed


def test_expired_is_served(two):
    """Clients decide; the rule book warns."""
    before = presented(two, MEET)
    with Load(two.https, MEET) as load:
        with Broken(two.own, expires, two.pki):
            assert not two.signal(signal.SIGUSR1)
            assert presented(two, MEET) != before
            load.more()
            assert two.httpd.test_config().returncode == 0
        assert not two.signal(signal.SIGUSR1)
        load.more()
        assert not load.stop(), load.failed


def test_trust_anchors_of_a_pool(stage):
    """Its routes are answered with 503, the other pool's are served."""
    world = Small(stage, start=False, controlled=True, interval=5)
    other = LyncPool(stage.path("pool2"), name="lyncpool02.contoso.local", pki=world.pki, external="webext2.contoso.com",
                     servers=["fe03.contoso.local"], threads=64)
    stage.closers.append(other.stop)
    with open(world.hosts_file, "a") as file:
        file.write("".join("%s %s\n" % (server.address, server.name) for server in other.servers))
    other.hosts_file = world.hosts_file
    other.start()
    publish_pool(stage, world.store, other, "pool", interval=5)
    anchors = stage.path("ca2.pem")
    shutil.copy(world.pki.internal.path, anchors)
    lyncadm(stage, world.store, "pool", "set", other.name, "--ca", anchors)
    world.serve()
    world.httpd.expect(QUARANTINE)
    with Load(world.https, WEBEXT) as load:
        load.more()
        assert world.ask(other.external, "/meet/a/b").status == 200
        os.rename(anchors, anchors + ".away")
        world.httpd.graceful()
        answer = world.ask(other.external, "/meet/a/b")
        assert answer.status == 503 and answer.get("Retry-After")
        load.more()
        with open(anchors, "w") as file:
            file.write(open(anchors + ".away").read() + "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
        world.httpd.graceful()
        assert world.ask(other.external, "/meet/a/b").status == 503
        load.more()
        os.rename(anchors + ".away", anchors)
        world.httpd.graceful()
        assert world.ask(other.external, "/meet/a/b").status == 200
        load.more()
        assert not load.stop(), load.failed


@pytest.mark.smoke
def test_a_start_with_a_bad_certificate(stage):
    world = Two(stage).serve()
    world.httpd.stop()
    world.httpd.expect(QUARANTINE)
    with Broken(world.own, deleted, world.pki):
        assert world.httpd.test_config().returncode
        world.httpd.start()
        assert world.ask(WEBEXT, "/meet/a/b").status == 200
        assert world.ask(MEET, "/meet/a/b").status == 503
        assert len(world.httpd.lines(QUARANTINE)) == 1
        world.httpd.stop()


# A start with a store that cannot be served. ------------------------------------------------------------------------

@pytest.mark.parametrize("fault", [missing, garbage], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("where", ["before", "after"])
def test_keep_serving(stage, fault, where):
    """Other sites as ever; Lync's names 503 on their ports; the mended store by a reload."""
    other = free_port()
    site = 'Listen %d\n<VirtualHost *:%d>\nServerName www.example.com\nRedirect 302 / http://www.example.com/site\n' \
           '</VirtualHost>' % (other, other)
    line = "LyncStoreFailure keep-serving"
    texts = {"before": site, "after": ""}
    texts[where] += "\n" + line + "\n"
    world = Two(stage, modules=("alias",), **texts).serve()
    world.httpd.expect("LYNC0034")
    assert world.ask(MEET, "/meet/a/b").status == 200
    world.httpd.stop()
    shutil.copy2(world.store, world.store + ".good")
    fault(world.store)
    assert world.httpd.test_config().returncode
    world.httpd.start()

    def check_other():
        with Connection(other) as connection:
            return connection.request("/", "www.example.com").status == 302

    def check_503():
        for host, tls in ((WEBEXT, True), (MEET, True), (DISCOVER, True), (DISCOVER, False)):
            answer = world.ask(host, "/meet/a/b", tls=tls)
            assert answer.status == 503 and answer.get("Retry-After"), (host, answer)
    assert check_other() and len(world.httpd.lines("LYNC0034")) == 1
    check_503()
    row = world.status(3)
    assert row["served"] == 0 and row["because"].startswith("Lync is not served: ")
    world.signal(signal.SIGUSR1)            # running, without a last known good
    check_503()
    os.replace(world.store + ".good", world.store)
    assert not world.signal(signal.SIGUSR1)
    assert check_other() and world.ask(MEET, "/meet/a/b").status == 200
    assert world.status(0)["served"] == 1


@pytest.mark.parametrize("left", [None, b"", b"\0\0\0", b"listener\tname=x\n", b"route\tlistener=a\thost=b\taction=refuse\n",
                                  b"nonsense\n", b"listener\tname\n", b"listener\tport=70000\n"])
def test_keep_serving_without_names(stage, left):
    """A first start, or what is left of the names is no use: other sites are served."""
    port = free_port()
    httpd = stage.httpd(store=stage.path("none.db"), before="Listen %d\nLyncStoreFailure keep-serving" % port, ports=(port,))
    httpd.expect("LYNC0034|AH01873|AH01276|AH00035|AH01630")
    if left is not None:
        with open(os.path.join(httpd.folder, "run", "lync.names"), "wb") as file:
            file.write(left)
    httpd.start()
    with Connection(port) as connection:
        assert connection.request("/", "localhost").status in (200, 403, 404)
    assert len(httpd.lines("LYNC0034")) == 1


def test_refuse_start_is_the_default(stage):
    for line in ("", "LyncStoreFailure refuse-start"):
        httpd = stage.httpd(store=stage.path("none.db"), before="Listen %d\n%s" % (free_port(), line))
        result = httpd.run("-k", "start")
        assert result.returncode and "none.db" in result.stdout


def test_failure_takes_two_words(stage):
    httpd = stage.httpd(before="LyncStoreFailure maybe")
    result = httpd.test_config()
    assert result.returncode and "neither keep-serving nor refuse-start" in result.stdout


def test_a_running_httpd_with_a_new_directive(stage):
    """LyncStore was not there at the start, and its store is no good: no reason to end."""
    port = free_port()
    httpd = stage.httpd(before="Listen %d\nRedirect 302 / http://www.example.com/site" % port, modules=("alias",),
                        ports=(port,))
    httpd.start()
    httpd.expect("LYNC0034|AH01873")
    httpd.store = stage.path("none.db")
    httpd.write()
    with Load(port, "www.example.com", status=302, tls=False) as load:
        load.more()
        httpd.graceful()
        load.more()
        assert not load.stop(), load.failed
    assert len(httpd.lines("LYNC0034")) == 1


def test_stop_needs_no_store(stage):
    world = Small(stage, controlled=True)
    os.remove(world.store)
    result = world.httpd.run("-k", "stop")
    assert result.returncode == 0, result.stdout
    world.httpd.process.wait(30)
    world.httpd.process = None
