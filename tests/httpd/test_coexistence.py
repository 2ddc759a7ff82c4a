"""Sites that an httpd serves already are served exactly as before."""

import hashlib
import os
import re

import pytest

from deploy import PKI, publish_standard
from httpd import Stage, free_port
from ocsp import Responder
from openssl import OLD, Handshake
from raw import exchange, request_bytes

SITES = ("first.example", "shop.example")
# What the second one says of its TLS; the first one says nothing.
TLS = ["SSLProtocol -all +TLSv1.2", "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256", "SSLSessionTickets off",
       "SSLUseStapling on"]


class Sites:
    """An httpd's own sites on two ports, and the questions that tell whether they changed."""

    def __init__(self, stage):
        self.stage = stage
        self.https, self.http = free_port(), free_port()
        authority = PKI(stage.path("pki-of-sites")).public
        self.responder = Responder(free_port()).start()
        stage.closers.append(self.responder.stop)
        blocks = ["Listen %d https" % self.https, "Listen %d" % self.http,
                  'SSLSessionCache "shmcb:%s(512000)"' % stage.path("sessions"),
                  'SSLStaplingCache "shmcb:%s(128000)"' % stage.path("staples"),
                  '<IfModule md_module>\nMDStoreDir "%s"\n</IfModule>' % stage.path("md")]
        for name in SITES:
            leaf = self.responder.knows(authority.leaf(name, responder=self.responder.url), authority)
            for port in (self.https, self.http):
                root = stage.path("%s-%d" % (name, port))
                os.mkdir(root)
                with open(os.path.join(root, "index.html"), "w") as file:
                    file.write("this is %s on its port\n" % name)
                os.utime(os.path.join(root, "index.html"), (1e9, 1e9))      # a file just made has a weak ETag
                blocks += ["<VirtualHost *:%d>" % port, "ServerName " + name, 'DocumentRoot "%s"' % root,
                           '<Directory "%s">' % root, "Require all granted", "</Directory>",
                           "DirectoryIndex index.html", "Header set X-Site %s" % name]
                if port == self.https:
                    blocks += ["SSLEngine on", "SSLCertificateFile " + leaf.chain, "SSLCertificateKeyFile " + leaf.key]
                    blocks += TLS if name == SITES[1] else []
                blocks.append("</VirtualHost>")
        self.text = "\n".join(blocks)

    def httpd(self, **arguments):
        arguments.setdefault("modules", ("dir", "mime", "authz_host") + (("md",) if arguments.get("store") else ()))
        return self.stage.httpd(ports=(self.https, self.http), **arguments)

    def answers(self):
        """What they say to whom: every combination of SNI and Host, known, unknown and none."""
        found = {}
        long_field = [("X-Long", "x" * 20000)]
        for host in SITES + ("unknown.example", "127.0.0.1", None):
            for target in ("/", "/missing", "/index.html?x", "/%2e%2e/meet", "/meet", "//"):
                version = "HTTP/1.1" if host else "HTTP/1.0"
                data = request_bytes(target, host, version=version)
                found["http", host, target] = self.ask(self.http, data)
                for sni in SITES + ("unknown.example", None):
                    if target in ("/", "/missing", "/meet"):
                        found["https", sni, host, target] = self.ask(self.https, data, True, sni)
        for host in SITES:
            for port, tls in ((self.http, False), (self.https, True)):
                sni = host if tls else None
                found["long", host, port] = self.ask(port, request_bytes("/", host, fields=long_field), tls, sni)
                found["trace", host, port] = self.ask(port, request_bytes("/", host, "TRACE"), tls, sni)
                found["connect", host, port] = self.ask(port, request_bytes(host + ":443", host, "CONNECT"), tls, sni)
                found["head", host, port] = self.ask(port, request_bytes("/", host, "HEAD"), tls, sni, "HEAD")
                found["absolute", host, port] = self.ask(port, request_bytes("http://first.example/", host), tls, sni)
                found["nohost", host, port] = self.ask(port, b"GET / HTTP/1.1\r\n\r\n", tls, sni)
        for host in SITES:
            for version in ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3"):
                found["tls", host, version] = self.handshake(host, version, *(OLD if version < "-tls1_2" else ()))
            for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"):
                found["tls", host, cipher] = self.handshake(host, "-tls1_2", "-cipher", cipher)
        return found

    def handshake(self, host, *arguments):
        """Version, cipher, certificates, stapling, tickets, and whether the session can be resumed."""
        kept = self.stage.path("session")
        ask = "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" % host
        first = Handshake(self.https, "-status", "-sess_out", kept, *arguments, sni=host, data=ask)
        again = first.done and Handshake(self.https, "-sess_in", kept, *arguments, sni=host).reused
        return (first.version, first.cipher, [hashlib.sha256(der).hexdigest() for der in first.chain], first.stapled,
                first.tickets, again)

    @staticmethod
    def ask(port, data, tls=False, sni=None, method="GET"):
        answer = exchange(port, data, tls, sni, method)
        if answer is None:
            return None
        head = re.sub(rb"\r\nDate: [^\r]*", b"", answer.head)
        # httpd tells methods in the order of a hash that is seeded at random
        head = re.sub(rb"(?<=\r\nAllow: )[^\r]*", lambda m: b",".join(sorted(m[0].split(b","))), head)
        return head, answer.body


@pytest.fixture(scope="module")
def sites():
    stage = Stage()
    found = Sites(stage)
    found.store = stage.path("lync.db")
    yield found
    stage.close()


@pytest.fixture(scope="module")
def before(sites):
    """The answers without mod_lync."""
    httpd = sites.httpd(lync=False, after=sites.text)
    httpd.start()
    answers = sites.answers()
    httpd.dump = httpd.run("-S").stdout
    quiet(httpd)
    httpd.stop()
    return answers, httpd


@pytest.fixture(scope="module")
def store(sites, pool):
    """A deployment that shares both ports with the sites."""
    publish_standard(sites.stage, sites.store, pool, https=sites.https, http=sites.http)
    return sites.store


def quiet(httpd):
    """The questions draw complaints from httpd itself, with and without mod_lync."""
    httpd.expect(r"AH02031|AH02032|AH10244")


def test_what_is_compared_of_tls(before):
    """One site with versions, ciphers, session cache and stapling of its own, one with httpd's."""
    usual, own = [[before[0]["tls", host, version] for version in ("-tls1_2", "-tls1_3")] for host in SITES]
    assert usual[0][1] == "ECDHE-ECDSA-AES256-GCM-SHA384" and usual[0][3:] == (False, True, True), usual
    assert usual[1][0] == "TLSv1.3"
    assert own[0][1] == "ECDHE-ECDSA-AES128-GCM-SHA256" and own[0][3:] == (True, False, True), own
    assert own[1][0] is None


def differences(old, new):
    return ["%s:\nwas %r\nis  %r" % (key, old[key], new[key]) for key in old if old[key] != new[key]]


@pytest.mark.smoke
def test_lync_store_after_the_sites(sites, before, store, pool):
    httpd = sites.httpd(store=store, before=sites.text, hosts=pool.hosts_file)
    httpd.start()
    found = differences(before[0], sites.answers())
    quiet(httpd)
    httpd.stop()
    assert not found, "\n".join(found)


def test_lync_store_before_the_sites(sites, before, store, pool):
    httpd = sites.httpd(store=store, after=sites.text, hosts=pool.hosts_file)
    httpd.start()
    found = differences(before[0], sites.answers())
    quiet(httpd)
    httpd.stop()
    assert not found, "\n".join(found)


def test_published_names_are_served_beside_the_sites(sites, store, pool):
    for where in ("before", "after"):
        httpd = sites.httpd(store=store, hosts=pool.hosts_file, **{where: sites.text})
        httpd.start()
        for port, tls, host in ((sites.https, True, "lyncdiscover.contoso.com"),
                                (sites.http, False, "lyncdiscover.contoso.com"),
                                (sites.https, True, "webext.contoso.com")):
            target = "/autodiscover/autodiscoverservice.svc/root"
            answer = exchange(port, request_bytes(target, host), tls, host if tls else None)
            assert answer.status == 200, (where, host, answer)
            assert answer.get("X-Test-Site") == "external"
        httpd.stop()


@pytest.mark.parametrize("where", ["before", "after"])
def test_large_fields_reach_the_pool_beside_a_site_that_allows_less(sites, store, pool, where):
    """SNI tells that the client wants us: the limits of the port's default site are not for it."""
    httpd = sites.httpd(store=store, hosts=pool.hosts_file, **{where: sites.text})
    httpd.start()
    data = request_bytes("/echo", "webext.contoso.com", fields=[("X-MS-WebTicket", "t" * 60000)])
    assert exchange(sites.https, data, True, "webext.contoso.com").status == 200
    httpd.stop()


def test_mod_lync_without_lync_store_changes_nothing(sites, before):
    httpd = sites.httpd(after=sites.text)
    dump = httpd.run("-S").stdout
    plain = before[1]

    def comparable(dump, folder):
        """Without line numbers, LoadModule is a line more; the mutexes come in any order."""
        return sorted(re.sub(r"conf:\d+", "conf", dump.replace(folder, "X")).splitlines())
    assert comparable(dump, httpd.folder) == comparable(plain.dump, plain.folder)
    httpd.start()
    found = differences(before[0], sites.answers())
    quiet(httpd)
    httpd.stop()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("where", ["before", "after"])
def test_wildcard_and_same_port_listen_of_ours_is_not_doubled(sites, store, pool, where):
    """A Listen on a port that the sites listen on already is theirs, wherever it stands."""
    httpd = sites.httpd(store=store, hosts=pool.hosts_file, **{where: sites.text})
    result = httpd.test_config()
    assert result.returncode == 0 and "Syntax OK" in result.stdout, result.stdout


def test_two_lync_stores_are_refused(sites, store):
    httpd = sites.httpd(store=store, after='LyncStore "%s"' % store)
    result = httpd.test_config()
    assert result.returncode != 0
    assert "LyncStore" in result.stdout


@pytest.mark.parametrize("mpm", ["worker", "prefork"])
def test_other_mpms_serve(store, sites, pool, mpm):
    httpd = sites.httpd(store=store, before=sites.text, hosts=pool.hosts_file, mpm=mpm)
    httpd.start()
    for _ in range(3):
        answer = exchange(sites.https, request_bytes("/meet/user/1234", "webext.contoso.com"), True,
                          "webext.contoso.com")
        assert answer.status == 200 and answer.get("X-Test-Site") == "external", answer
    httpd.graceful()
    answer = exchange(sites.https, request_bytes("/", "shop.example"), True, "shop.example")
    assert b"this is shop.example" in answer.body
    httpd.stop()
