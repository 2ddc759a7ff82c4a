"""The README's guide, followed word by word into a stock Debian Apache that has sites of its own. In place of its words:
apachectl for systemctl, since no systemd runs there, and a farm's port that is not the proxy's own (all are one host)."""

import contextlib
import os
import re
import shlex
import stat
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(os.path.dirname(HERE), name) for name in ("demo", "httpd", "pool")]
from debian import TOP, Debian, Unable  # noqa: E402
from deploy import DISCOVER, MEET, OWAS, PUBLIC, WEBDIR, WEBEXT, WEBEXT2  # noqa: E402
from guide import Guide  # noqa: E402
from httpd import Stage, wait  # noqa: E402
from pki import PKI  # noqa: E402
from pool import LyncPool, Users, hosts_file  # noqa: E402
from raw import Connection, exchange, request_bytes  # noqa: E402

README = os.path.join(TOP, "README.md")
SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
FARM_PORT = 8443
SHOP = """\
<VirtualHost *:443>
    ServerName shop.example
    DocumentRoot /srv/shop
    SSLEngine on
    SSLCertificateFile /etc/shop/shop.pem
    SSLCertificateKeyFile /etc/shop/shop.key
    Header always set Strict-Transport-Security max-age=63072000
    <Directory /srv/shop>
        Require all granted
    </Directory>
</VirtualHost>
<VirtualHost *:80>
    ServerName shop.example
    Redirect permanent / https://shop.example/
</VirtualHost>
"""
CLOSE = ("Connection", "close")


class Pools:
    """The guide's pools, on its ports."""

    def __init__(self, stage):
        self.pki, users = PKI(stage.path("pki")), Users()
        self.all = [self.pool(stage, users, "lyncpool01", ["fe01", "fe02"], WEBEXT),
                    self.pool(stage, users, "lyncpool02", ["lyncpool02"], WEBEXT2),
                    self.pool(stage, users, "lyncdir01", ["lyncdir01"], WEBDIR, role="director", home=WEBEXT2),
                    self.pool(stage, users, "wac01", ["wac01"], OWAS, role="officewebapps")]
        self.all[-1].https_port = self.all[-1].internal_https_port = FARM_PORT
        self.hosts = hosts_file(stage.path("hosts"), *self.all)
        for pool in self.all:
            stage.closers.append(pool.stop)
            pool.start()

    def pool(self, stage, users, name, servers, external, **arguments):
        pool = LyncPool(stage.path(name), name=name + ".contoso.local", pki=self.pki, users=users, external=external,
                        servers=[server + ".contoso.local" for server in servers], threads=32, **arguments)
        pool.https_port, pool.http_port = 4443, 8080
        return pool


class Host(Debian):
    """The stock Apache with a site of its own beside the default one, on both ports; and what the guide expects."""

    def lay_down(self, stage):
        """The pools, and the files that the guide expects of who has a certificate."""
        with self.network():
            self.pools = Pools(stage)
        self.copy(self.pools.hosts, "/etc/hosts")
        leaf = self.pools.pki.public.leaf(PUBLIC[0], sans=PUBLIC)
        self.copy(leaf.chain, "/etc/lync/external.pem")
        self.copy(leaf.key, "/etc/lync/external.key", 0o600)
        self.copy(self.pools.pki.internal.path, "/etc/lync/root.pem")

    def copy(self, source, name, mode=0o644):
        with open(source) as file:
            self.write(name, file.read(), mode)

    def prepare(self, stage):
        self.lay_down(stage)
        shop = self.pools.pki.stranger.leaf("shop.example")
        self.copy(shop.chain, "/etc/shop/shop.pem")
        self.copy(shop.key, "/etc/shop/shop.key", 0o600)
        with open(self.pools.pki.public.path) as root, open(self.path(SYSTEM), "a") as system:
            system.write(root.read())
        self.write("/srv/shop/index.html", "this is a shop\n")
        for name in ("/srv/shop/index.html", "/var/www/html/index.html"):
            os.utime(self.path(name), (1e9, 1e9))       # a file just made has a weak ETag
        self.write("/etc/apache2/sites-available/shop.conf", SHOP)
        self.write("/etc/apache2/conf-available/name.conf", "ServerName proxy.example\n")
        self.must("a2enmod", "-q", "ssl", "headers")
        self.must("a2ensite", "-q", "shop")
        self.must("a2enconf", "-q", "name")
        self.control("start")

    def control(self, *words):
        """apachectl, until httpd has done it and answers; what is told to start may be there already."""
        began = self.began()
        self.must("apachectl", *words)
        wait("httpd begins", lambda: words[0] not in ("graceful", "restart") or self.began() > began)
        self.answered()

    def began(self):
        """How often httpd did, or did anew."""
        path = self.path("/var/log/apache2/error.log")
        if not os.path.exists(path):
            return 0
        with open(path, errors="replace") as file:
            return file.read().count("resuming normal operations")

    def stop(self):
        self.must("apachectl", "stop")
        wait("httpd has ended", lambda: not os.path.exists(self.path("/run/apache2/apache2.pid")))

    def answered(self):
        with self.network():
            wait("httpd answers", lambda: isinstance(self.ask(80, "/", "shop.example"), tuple))

    @staticmethod
    def ask(port, target, host, sni=None, method="GET", fields=(), body=b""):
        """What came, but for what changes by itself; None: nothing."""
        version = "HTTP/1.1" if host else "HTTP/1.0"
        try:
            data = request_bytes(target, host, method, (CLOSE, *fields), body, version)
            answer = exchange(port, data, port == 443, sni, method)
        except OSError as error:                        # in TLS's handshake
            return type(error).__name__
        if answer is None:
            return None
        head = re.sub(rb"\r\nDate: [^\r]*", b"", answer.head)
        return re.sub(rb"(?<=\r\nAllow: )[^\r]*", lambda m: b",".join(sorted(m[0].split(b","))), head), answer.body

    def answers(self):
        """What the host's sites say to whom."""
        found = {}
        with self.network():
            for host in ("shop.example", "SHOP.example:443", "unknown.example", "127.0.0.1", "a b", None):
                for target in ("/", "/missing", "/index.html?x=%41", "/%2e%2e/meet", "/meet", "//", "/abs", "/icons/"):
                    found[80, host, target] = self.ask(80, target, host)
                    for sni in ("shop.example", "unknown.example", None):
                        found[443, sni, host, target] = self.ask(443, target, host, sni)
            for method in ("HEAD", "TRACE", "OPTIONS", "CONNECT", "POST", "BREW"):
                for host in ("shop.example", "unknown.example"):
                    found[80, method, host] = self.ask(80, "/", host, method=method)
                    found[443, method, host] = self.ask(443, "/", host, "shop.example", method)
            for size in (8000, 9000):
                for port in (80, 443):
                    found[port, size] = self.ask(port, "/", "shop.example", "shop.example", "GET", [("X", "x" * size)])
            for sni in ("shop.example", "unknown.example", None):
                with Connection(443, True, sni) as connection:
                    found["certificate", sni] = connection.certificate(), connection.socket.version()
        return found

    def get(self, url):
        """(status, the server of a pool that answered or None, body) as a client outside gets it."""
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        tls = scheme == "https"
        with self.network():
            answer = exchange(443 if tls else 80, request_bytes("/" + path, host, fields=[CLOSE]), tls, host if tls else None)
        return answer.status, answer.get("X-MS-Server-Fqdn"), answer.body

    def status(self):
        """lyncadm status: (exit status, its fields)."""
        status, output = self.run("lyncadm", "status", "--tsv")
        names, values = [line.split("\t") for line in output.splitlines()[:2]]
        return status, dict(zip(names, values))


def same(before, after):
    return "\n".join("%s:\nwas %r\nis  %r" % (key, before[key], after[key]) for key in before if before[key] != after[key])


@contextlib.contextmanager
def prepared(make=Host):
    """A Host, or another kind of it, until it is let go."""
    stage = Stage()
    try:
        found = make(stage.path())
    except Unable as why:
        stage.close()
        pytest.skip(str(why))
    try:
        found.prepare(stage)
        yield found
        with found.network():
            for closer in stage.closers:
                closer()
    finally:
        found.close()
        stage.closers.clear()
        stage.close()


@pytest.fixture(scope="module")
def host():
    with prepared() as found:
        found.before = found.answers()
        yield found


def installed(host, guide):
    """By make install, on the running Apache."""
    for line in guide.install:
        host.must(*shlex.split(line.replace("systemctl restart apache2", "apachectl restart")))
    host.control("configtest")


def draft(host, guide):
    """What the guide publishes."""
    for line in guide.commands:
        if line != "lyncadm init":
            host.must(*shlex.split(line), *(["--https-port", str(FARM_PORT)] if "officewebapps" in line else []))


def serve(host, guide):
    host.said = [host.must(*shlex.split(line)) for line in guide.serve]


def publish(host, guide):
    draft(host, guide)
    serve(host, guide)


def verified(host):
    """As the guide ends. The farm's port is not the documented one here, which verify does not mind."""
    said = host.must(*shlex.split(Guide(README).verify))
    count, all_of = re.search(r"^(\d+) of (\d+) checks of revision 1 are ok$", said, re.M).groups()
    assert count == all_of and int(count) > 150 and all(name in said for name in PUBLIC), said


@pytest.fixture(scope="module")
def published(host):
    """The host, where every line of the guide has been typed."""
    guide = Guide(README)
    installed(host, guide)
    host.installed = host.answers()
    draft(host, guide)
    host.drafted = host.answers()
    serve(host, guide)
    return host


def test_other_sites_answer_as_before(published):
    assert len(published.before) > 200
    for what in ("installed", "drafted"):
        assert not same(published.before, getattr(published, what)), what
    assert not same(published.before, published.answers())


def test_revision_1_is_served(published):
    assert "revision 1 is served" in published.said[0]
    status, fields = published.status()
    assert (status, fields["active"], fields["served"], fields["draft"]) == (0, "1", "1", "applied")


def test_look(published):
    status, server, _ = published.get("https://%s/abs" % WEBEXT)
    assert (status, server) in [(401, "fe01.contoso.local"), (401, "fe02.contoso.local")]
    status, server, body = published.get("https://%s/" % MEET)
    assert (status, server) == (200, "lyncdir01.contoso.local") and b"<html" in body
    status, server, body = published.get("https://%s/" % DISCOVER)
    assert (status, server) == (200, "lyncdir01.contoso.local") and WEBDIR.encode() in body
    assert published.get("http://%s/" % DISCOVER)[:2] == (200, "lyncdir01.contoso.local")
    assert published.get("https://%s/hosting/discovery" % OWAS)[:1] == (200,)
    assert published.get("https://%s/cscp" % WEBEXT)[:2] == (404, None)
    assert published.get("http://%s/abs" % WEBEXT)[:2] == (301, None)


def test_verify(published):
    verified(published)


def test_who_may_read_what(published):
    def mode(name):
        found = os.stat(published.path(name))
        return stat.S_IMODE(found.st_mode), found.st_uid
    assert mode("/var/lib/lync") == (0o755, 0)
    assert mode("/var/lib/lync/lync.db") == (0o640, 0)
    assert mode("/run/apache2/lync.served") == (0o644, 0)
    assert mode("/etc/lync/external.key") == (0o600, 0)
    assert published.must("sh", "-c", "ps -o user= -p $(pgrep -P $(cat /run/apache2/apache2.pid) | head -1)").strip() \
        == "www-data"


@pytest.mark.parametrize("reload", [["apachectl", "graceful"], ["apachectl", "restart"],
                                    ["sh", "-c", "kill -USR1 $(cat /run/apache2/apache2.pid)"]])
def test_reloads_that_lyncadm_does_not_know_of(published, reload):
    before = published.status()[1]
    published.must(*reload)
    wait("a new generation", lambda: published.status()[1]["generation"] not in ("", before["generation"]))
    wait("it serves", lambda: published.status()[0] == 0)
    after = published.status()[1]
    assert (after["served"], after["pid"]) == (before["served"], before["pid"])
    assert not same(published.before, published.answers())
    assert published.get("https://%s/abs" % WEBEXT)[0] == 401


def test_an_edit_is_applied(published):
    published.must(*"lyncadm server set fe01.contoso.local --pool lyncpool01.contoso.local --state disabled".split())
    assert "is served" in published.must("lyncadm", "apply", "-m", "fe01 is updated")
    assert published.get("https://%s/abs" % WEBEXT)[:2] == (401, "fe02.contoso.local")
    assert not same(published.before, published.answers())


def test_installed_again_the_configuration_is_kept(published):
    conf = "/etc/apache2/mods-available/lync.conf"
    with open(published.path(conf), "a") as file:
        file.write("LyncPinLimit 100\n")
    os.chmod(published.path("/var/lib/lync"), 0o700)
    published.must("make", "-f", "apxs.mk", "PREFIX=/usr", "install")
    assert stat.S_IMODE(os.stat(published.path("/var/lib/lync")).st_mode) == 0o700
    with open(published.path(conf)) as file:
        assert "LyncPinLimit 100\n" in file


def test_back_out_and_in_again(published):
    before = published.status()[1]
    published.must("a2dismod", "-q", "lync")
    published.control("graceful")
    wait("Lync is gone", lambda: published.get("https://%s/abs" % WEBEXT)[1] is None)
    assert not same(published.before, published.answers())
    status, fields = published.status()
    assert (status, fields["httpd"]) == (3, "has no LyncStore line")
    assert published.run("lyncadm", "apply")[0] == 1
    published.must("a2enmod", "-q", "lync")
    published.control("graceful")
    wait("Lync is back", lambda: published.status()[0] == 0)
    assert published.status()[1]["served"] == before["served"]
    assert published.get("https://%s/abs" % WEBEXT)[0] == 401
    assert not same(published.before, published.answers())


def test_the_log_says_nothing_about_all_that(published):
    with open(published.path("/var/log/apache2/error.log"), errors="replace") as file:
        lines = [line for line in file if re.search(r"lync|proxy|exit signal", line) and not re.search(r":(info|notice)\]", line)]
    assert not lines, "".join(lines)
