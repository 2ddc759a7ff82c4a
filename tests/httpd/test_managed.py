"""Names that mod_md gets and renews certificates for, from a real ACME server: nothing is done by hand but reloads. And
what is in mod_md's way, which never ends httpd."""

import json
import os
import re
import socket
import ssl

import pytest

from acme import AWAITED, Pebble
from deploy import DIALIN, MEET, WEBEXT, WEBEXT2, Small, control_of
from faults import garbage, missing
from httpd import free_port, lyncadm, wait
from status import Page, site

NAMES = [WEBEXT, MEET]
IDLE = "MDRenewMode manual"     # nobody is asked for a certificate


class Managed(Small):
    """A deployment whose default certificate mod_md sees to. directives: more of mod_md's; idle: without a CA."""

    def __init__(self, stage, *directives, names=NAMES, seconds=86400, modules=("md",), idle=False, **arguments):
        super().__init__(stage, start=False, controlled=True, modules=modules, **arguments)
        self.pebble = Pebble(stage, self.https, self.http, seconds)
        if not idle:
            self.pebble.start()
        self.md = os.path.join(self.httpd.folder, "md")
        self.httpd.always.append(re.compile(AWAITED))
        self.lyncadm("publish", "simple-url", "meet", "https://" + MEET, "--via", self.lync.name)
        self.lyncadm("publish", "discover", "contoso.com", "--via", self.lync.name, "--http-only")
        self.manage(*names)
        self.before = self.httpd.before
        if "md" in modules:
            self.directives(*directives, *([IDLE] if idle else []))
        self.bind()

    def directives(self, *more):
        """(Re)writes httpd.conf with these of mod_md's."""
        self.httpd.before = self.before + "\n" + self.pebble.directives(*more)
        self.httpd.write()

    def lyncadm(self, *arguments, **more):
        return lyncadm(self.stage, self.store, *arguments, hosts=self.hosts_file, **more)

    def manage(self, *names):
        return self.lyncadm("certificate", "managed", *names, "--name", "acme", "--md-directory", self.md)

    def bind(self):
        self.lyncadm("binding", "set", "external", "*", "--certificate", "acme")

    def state(self):
        rows = json.loads(self.lyncadm("status", "--json", ok=False).stdout)
        return [row for row in rows if row["noun"] == "certificate" and row["name"] == "acme"][0]["state"]

    def status(self):
        return self.lyncadm("status", ok=False).returncode

    def refused(self):
        """What httpd -t says against the draft."""
        result = self.lyncadm("apply", "-m", "try", ok=False)
        assert result.returncode == 1, result
        return result.stderr

    def presented(self, sni=WEBEXT):
        with self.open(WEBEXT, sni=sni) as connection:
            return connection.certificate()

    def trusts(self, host):
        """The names of what a client that knows Pebble's root alone is satisfied with, by name."""
        context = ssl.create_default_context(cafile=self.pebble.root())
        with socket.create_connection(("127.0.0.1", self.https)) as plain:
            with context.wrap_socket(plain, server_hostname=host) as tls:
                return sorted(name for _, name in tls.getpeercert()["subjectAltName"])

    def obtain(self):
        wait("obtained", lambda: self.state() == "mod_md has obtained it: reload httpd", 60)
        self.httpd.graceful()
        assert self.state() == "loaded"

    def own_for(self, host, **arguments):
        """Gives a host a certificate with files of its own."""
        leaf = self.pki.public.leaf(host, file=host, **arguments)
        self.lyncadm("certificate", "add", host, "--chain", leaf.chain, "--key", leaf.key)
        self.lyncadm("binding", "add", "external", host, "--certificate", host)
        return leaf


def message_command(stage):
    """A script for MDMessageCmd, and the file in which it notes what it is called with."""
    folder = stage.path("messages")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    with open(stage.path("message"), "w") as file:
        file.write('#!/bin/sh\necho "$*" >>%s/all\n' % folder)
    os.chmod(stage.path("message"), 0o755)
    return stage.path("message"), os.path.join(folder, "all")


def test_from_the_first_to_the_second(stage):
    script, messages = message_command(stage)
    message = "MDMessageCmd " + script
    world = Managed(stage, message, seconds=600).serve()
    # until it is there: its own word for it, mod_ssl's 503 under a certificate that it makes
    assert world.ask(WEBEXT, "/meet/").status == 503
    assert world.status() == 3
    world.obtain()
    assert world.status() == 0
    with open(messages) as file:
        assert "renewed %s\n" % WEBEXT in file.read()
    first = world.presented()
    for host in NAMES:
        assert world.trusts(host)
        assert world.ask(host, "/meet/a/b").status == 200
    assert world.lyncadm("diff").stdout == ""
    world.directives(message, "MDRenewWindow 99%", "MDCheckInterval 1s")    # six seconds after it was issued
    world.httpd.graceful()
    wait("renewed", lambda: world.state() == "mod_md has renewed it: reload httpd", 60)
    assert world.presented() == first
    world.directives(message)
    world.httpd.graceful()
    assert world.state() == "loaded" and world.presented() != first
    assert world.trusts(MEET) and world.status() == 0


@pytest.mark.parametrize("challenge", ["tls-alpn-01", "http-01"])
def test_by_one_challenge(stage, challenge):
    """Of names that nothing publishes yet, too, and of a site that has none at all."""
    world = Managed(stage, "MDCAChallenges " + challenge, names=[WEBEXT, MEET, DIALIN, "sip.contoso.com"])
    world.serve()
    world.obtain()
    assert world.trusts(MEET) == sorted([WEBEXT, MEET, DIALIN, "sip.contoso.com"])
    assert world.ask(WEBEXT, "/meet/").status == 200
    assert world.ask(DIALIN, "/").status == 404
    assert world.ask(WEBEXT, "/.well-known/acme-challenge/x").status == 404
    assert world.ask(WEBEXT, "/.well-known/acme-challenge/x", tls=False).status in (301, 404)


def test_another_name(stage):
    """A name more is published, which mod_md gets under the same name of the certificate."""
    world = Managed(stage).serve()
    world.obtain()
    world.manage(DIALIN, *reversed(NAMES))
    assert "webext.contoso.com/pubcert.pem" in world.lyncadm("certificate", "show", "acme").stdout
    world.lyncadm("publish", "simple-url", "dialin", "https://" + DIALIN, "--via", world.lync.name)
    world.lyncadm("apply", "-m", "dialin")
    assert world.ask(WEBEXT, "/meet/").status == 200
    wait("obtained anew", lambda: world.state() == "mod_md has renewed it: reload httpd", 60)
    world.httpd.graceful()
    assert world.trusts(DIALIN) == sorted([*NAMES, DIALIN])


def test_from_files_to_managed_and_back(stage):
    """While httpd runs: apply is not put off by what mod_md does not have yet."""
    world = Managed(stage)
    world.lyncadm("binding", "set", "external", "*", "--certificate", "external")
    world.serve()
    before = world.presented()
    assert world.ask(WEBEXT, "/meet/").status == 200
    world.bind()
    result = world.lyncadm("apply", "-m", "managed")
    assert "is served" in result.stdout
    assert "warning: listener 'external': mod_md has not obtained certificate 'acme' yet" in result.stderr
    world.obtain()
    assert world.ask(WEBEXT, "/meet/").status == 200
    assert world.lyncadm("rollback", "1", "-m", "back").stderr == ""
    assert world.presented() == before


def test_two_listeners(stage):
    world = Managed(stage, idle=True)
    other = free_port()
    world.lyncadm("listener", "add", "second", "--port", other, "--certificate", "acme")
    world.lyncadm("route", "add", "second", WEBEXT, "/", "--action", "refuse")
    world.httpd.ports += (other,)
    world.serve()
    assert "Syntax OK" in world.httpd.test_config().stdout
    world.httpd.graceful()


def test_without_mod_md(stage):
    """A start or a reload without it: its names 503, others go on; httpd -t refuses."""
    world = Managed(stage, idle=True)
    world.own_for("partner.contoso.com")
    world.lyncadm("route", "add", "external", "partner.contoso.com", "/", "--pool", world.lync.name, "--profile", "web",
                  "--scheme", "https")
    world.serve()
    assert world.ask("partner.contoso.com", "/meet/").status == 200
    world.httpd.modules, world.httpd.before = (), ""
    world.httpd.write()
    sentence = "certificate 'acme' is managed by mod_md, which is not loaded"
    world.httpd.expect("LYNC0035: " + sentence)
    lines = world.httpd.reload()
    assert any(sentence in line for line in lines)
    assert world.ask("partner.contoso.com", "/meet/").status == 200
    assert world.ask(WEBEXT, "/meet/").status == 503
    world.lyncadm("listener", "set", "external", "--http2", "on")
    assert sentence in world.refused() and "a2enmod md" in world.refused()
    world.httpd.stop()
    world.httpd.start()
    assert world.ask(WEBEXT, "/meet/").status == 503


@pytest.mark.parametrize("lacks, sentence", [
    ("MDCertificateAgreement accepted", "needs 'MDCertificateAgreement accepted'"),
    ("MDContactEmail admin@contoso.com", "needs an MDContactEmail"),
])
def test_not_prepared(stage, lacks, sentence):
    world = Managed(stage, idle=True)
    world.httpd.before = world.httpd.before.replace(lacks, "")
    world.httpd.write()
    assert sentence in world.refused()


def test_another_store_of_mod_md(stage):
    world = Managed(stage, "MDStoreDir elsewhere", idle=True)
    remedy = re.search("remedy: lyncadm (certificate managed .*)\\)", world.refused()).group(1)
    assert remedy.endswith("--md-directory " + os.path.join(world.httpd.folder, "elsewhere"))
    world.lyncadm(*remedy.split())
    world.serve()


SITE = """
<VirtualHost *:{port}>
    ServerName other.example
    {name}
    SSLEngine on
    SSLCertificateFile "{chain}"
    SSLCertificateKeyFile "{key}"
</VirtualHost>"""


@pytest.mark.parametrize("text, sentence", [
    ("MDomain other.example " + MEET, "'meet.contoso.com' is in MDomain of "),
    ('<MDomainSet "other.example">\nMDMember ' + MEET.upper() + "\n</MDomainSet>", "' is in MDMember of "),
    (SITE.replace("{name}", "ServerAlias " + MEET), "'meet.contoso.com' is a name of <VirtualHost *:"),
    (SITE.replace("{name}", "ServerAlias *.contoso.com"), "'webext.contoso.com' is a name of <VirtualHost *:"),
    ('SSLCertificateFile "{chain}"\nSSLCertificateKeyFile "{key}"', "beside an SSLCertificateFile outside of"),
], ids=["domain", "member", "site", "wildcard", "main"])
def test_in_the_way(stage, text, sentence):
    """What httpd would end on, or present to others, costs the certificate's names and no more."""
    world = Managed(stage, idle=True).serve()
    leaf = world.pki.public.leaf("other.example")
    world.httpd.after = text.format(port=world.https, chain=leaf.chain, key=leaf.key)
    world.httpd.write()
    world.lyncadm("listener", "set", "external", "--http2", "on")
    assert sentence in world.refused()
    world.httpd.expect("LYNC0035: certificate 'acme' cannot be managed by mod_md")
    world.httpd.expect("AH10045: No VirtualHost matches Managed Domain other.example")
    world.httpd.reload()
    world.httpd.after = ""
    world.httpd.write()
    world.httpd.reload()
    assert world.ask(WEBEXT, "/meet/").status == 503        # of mod_ssl, until it is obtained


def test_a_plain_site_of_the_same_name_is_not_in_the_way(stage):
    """As many have one on port 80 that redirects."""
    world = Managed(stage, idle=True)
    world.httpd.after = "<VirtualHost 127.0.0.1:%d>\nServerName %s\n</VirtualHost>" % (world.httpd.spare_port, MEET)
    world.httpd.write()
    world.serve()


@pytest.mark.parametrize("fault", [missing, garbage])
def test_last_known_good(stage, fault):
    """A store that goes bad under a running httpd: its managed domains go on, too."""
    world = Managed(stage).serve()
    world.obtain()
    fault(world.store)
    world.httpd.expect("LYNC0033")
    for _ in range(2):
        world.httpd.reload()
        assert world.trusts(MEET) and world.ask(WEBEXT, "/meet/").status == 200


def test_start_without_a_store(stage):
    """Names in the runtime directory: managed ones stay mod_md's."""
    world = Managed(stage).serve()
    world.obtain()
    world.httpd.stop()
    missing(world.store)
    world.httpd.after = "LyncStoreFailure keep-serving"
    world.httpd.write()
    world.httpd.expect("LYNC0034")
    world.httpd.start()
    assert world.trusts(WEBEXT) and world.ask(WEBEXT, "/meet/").status == 503


def test_a_bad_certificate_beside_it(stage):
    """Its names find no refuge at a site that mod_md sees to: that would end httpd."""
    world = Managed(stage)
    leaf = world.own_for(WEBEXT2)
    world.lyncadm("route", "add", "external", WEBEXT2, "/", "--pool", world.lync.name, "--profile", "web", "--scheme",
                  "https")
    world.serve()
    world.obtain()
    os.remove(leaf.key)
    world.httpd.expect("LYNC0035: certificate '%s'" % WEBEXT2)
    world.httpd.reload()
    assert world.ask(WEBEXT, "/meet/").status == 200
    assert world.ask(WEBEXT2, "/", sni=WEBEXT).status == 503


def test_nobody_answers_as_ca(stage):
    """The certificate goes on as long as it lives; status says what mod_md's trouble is."""
    world = Managed(stage)
    world.pebble.stop()
    world.httpd.expect(r"\[md:(warn|error)\] .*Unsuccessful in contacting ACME server")
    world.serve()
    wait("trouble", lambda: "not obtained it yet: Unsuccessful in contacting" in world.state())
    assert world.status() == 3


def test_status_page(stage):
    page = Page(free_port())
    world = Managed(stage, idle=True, modules=("md", "authz_host"), before=site(page.port)).serve()
    assert page.row("certificate", name="acme")["state"] == "awaited"
    assert page.row("certificate", name="external")["state"] == "loaded"
    assert "Certificate acme is awaited" in page.html().text


def test_acme_tls_is_no_way_in(stage):
    """A client that says acme-tls/1 while nothing is to be proved is refused as any other."""
    world = Managed(stage, idle=True).serve()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    with socket.create_connection(("127.0.0.1", world.https)) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=WEBEXT) as tls:
                tls.sendall(b"GET /meet/ HTTP/1.1\r\nHost: %s\r\n\r\n" % WEBEXT.encode())
                assert tls.recv(12) in (b"", b"HTTP/1.1 503")
        except OSError:
            pass
