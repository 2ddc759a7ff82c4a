"""Certificates bound to listeners: by default, by name, shared by names and by listeners, and what clients without SNI get."""

import re

import pytest

from deploy import DIALIN, DISCOVER, MEET, WEBEXT, Small, add_route
from httpd import free_port, lyncadm
from openssl import Handshake, chain_of
from raw import Connection

PAGE = "/meet/a/b"


class Bound(Small):
    """Two listeners share the default certificate, which covers all names but one; meet and dialin share another one, and
    discover is covered by none."""

    def __init__(self, stage, **arguments):
        super().__init__(stage, start=False, **arguments)
        self.second = free_port()
        self.httpd.ports += (self.second,)
        self.own = self.pki.public.leaf(MEET, sans=[MEET, DIALIN, "extra.example"], file="meet", key="rsa")
        self.narrow = self.pki.public.leaf(WEBEXT, sans=[WEBEXT, MEET], file="narrow")
        via = "--via", self.lync.name
        for name, leaf in (("meet", self.own), ("narrow", self.narrow)):
            lyncadm(stage, self.store, "certificate", "add", name, "--chain", leaf.chain, "--key", leaf.key)
        lyncadm(stage, self.store, "listener", "add", "second", "--port", self.second, "--certificate", "external")
        lyncadm(stage, self.store, "publish", "simple-url", "meet", "https://" + MEET, *via, "--listener", "external")
        lyncadm(stage, self.store, "publish", "simple-url", "dialin", "https://" + DIALIN, *via, "--listener", "external")
        lyncadm(stage, self.store, "publish", "discover", "contoso.com", *via, "--listener", "external")
        add_route(stage, self.store, WEBEXT, "/meet", "--pool", self.lync.name, "--scheme", "https", "--profile", "web",
                  listener="second")
        for host in (MEET, DIALIN):
            lyncadm(stage, self.store, "binding", "add", "external", host, "--certificate", "meet")

    def answer(self, host, sni, port=None):
        with Connection(port or self.https, True, sni) as connection:
            return connection.request(PAGE, host)


@pytest.fixture(scope="module")
def bound(stage_for_module):
    return Bound(stage_for_module).serve()


def shown(world, sni, *arguments, port=None):
    handshake = Handshake(port or world.https, *arguments, sni=sni)
    assert handshake.done, handshake
    return handshake.chain


def test_default_and_by_name(bound):
    for host in (MEET, DIALIN):
        assert shown(bound, host) == chain_of(bound.own)
    for sni in (WEBEXT, DISCOVER, None, "unknown.example", "extra.example"):
        assert shown(bound, sni) == chain_of(bound.leaf)


def test_one_certificate_for_two_listeners(bound):
    for sni in (WEBEXT, None):
        assert shown(bound, sni, port=bound.second) == shown(bound, sni) == chain_of(bound.leaf)
        assert bound.answer(WEBEXT, sni, bound.second).status == 200


def test_hosts_that_share_a_certificate_share_a_virtual_host(bound):
    dump = bound.httpd.run("-S").stdout
    sites = re.findall(r"port %d namevhost (\S+)(?:.*\n\s+alias (.*))?((?:\n\s+alias .*)*)" % bound.https, dump)
    found = [set(re.findall(r"[\w.-]+\.com\b", " ".join(site))) for site in sites]
    assert len(found) == 2 and {MEET, DIALIN} in found and {WEBEXT, DISCOVER} in found, dump
    # so that a kept connection goes on from one to the other
    with Connection(bound.https, True, MEET) as connection:
        for host in (MEET, DIALIN, MEET):
            assert connection.request(PAGE, host).status == 200
    with Connection(bound.https, True, WEBEXT) as connection:
        for host in (WEBEXT, DISCOVER):
            assert connection.request("/autodiscover/autodiscoverservice.svc/root", host).status == 200


@pytest.mark.smoke
def test_without_sni_every_host_that_the_default_covers(bound):
    """Also those that have a certificate of their own: such a client cannot be told to come back with SNI."""
    for host in (WEBEXT, DISCOVER, MEET, DIALIN, MEET + ":443", MEET.upper()):
        answer = bound.answer(host, None)
        assert answer.status == 200, (host, answer)
    assert bound.answer("unknown.example", None).status == 404
    with Connection(bound.https, True, None) as connection:
        for host in (WEBEXT, MEET, DIALIN, WEBEXT):
            assert connection.request(PAGE, host).status == 200


def test_another_sni_than_host_is_told_to_connect_anew(bound):
    """It named one host and asks for another that has another certificate: 421."""
    bound.httpd.expect("AH02032")
    for sni, host in ((WEBEXT, MEET), (MEET, WEBEXT)):
        assert bound.answer(host, sni).status == 421


def test_without_sni_a_host_that_the_default_does_not_cover(stage):
    """It is not served under a certificate that is not for it."""
    world = Bound(stage)
    lyncadm(stage, world.store, "binding", "set", "external", "*", "--certificate", "narrow")
    world.serve()
    assert shown(world, None) == chain_of(world.narrow)
    assert world.answer(MEET, None).status == 200
    world.httpd.expect("AH02032|AH01909")        # the latter says the same of discover at the start
    assert world.answer(DIALIN, None).status == 421
    assert world.answer(DIALIN, DIALIN).status == 200


class Company(Bound):
    """lookup: alone, strict (httpd refuses who is on no list of its), or shared with a site on the listener's port."""

    def __init__(self, stage, lookup):
        super().__init__(stage, before="StrictHostCheck On" if lookup == "strict" else "")
        if lookup == "shared":
            leaf = self.pki.public.leaf("other.example", file="other")
            self.httpd.after = OTHER.format(port=self.https, leaf=leaf)
            self.httpd.write()
        self.serve()


OTHER = """<VirtualHost *:{port}>
    ServerName other.example
    SSLEngine on
    SSLCertificateFile "{leaf.chain}"
    SSLCertificateKeyFile "{leaf.key}"
</VirtualHost>
"""


@pytest.mark.parametrize("lookup", ["alone", "strict", "shared"])
def test_whoever_looks_a_host_up(stage, lookup):
    """httpd does where others have a virtual host on the port, or it is to be strict, and we do otherwise: with the same
    result, on a new connection and on a kept one."""
    bound = Company(stage, lookup)
    bound.httpd.expect("AH02032|AH10157|AH01909")
    same = {MEET: [MEET, DIALIN, MEET.upper() + ":443", MEET], WEBEXT: [WEBEXT, WEBEXT + ":443", WEBEXT + "."],
            None: [WEBEXT, MEET, DIALIN + ":443", WEBEXT]}
    other = {MEET: [WEBEXT, DISCOVER], WEBEXT: [MEET, DIALIN], None: []}
    if lookup == "shared":              # without SNI the default is somebody else's there
        same[None], other[None] = [], [WEBEXT, MEET]
    for sni in same:
        for host in same[sni]:
            assert (host, bound.answer(host, sni).status) == (host, 200), sni
        with Connection(bound.https, True, sni) as connection:
            for host in same[sni]:
                assert (host, connection.request(PAGE, host).status) == (host, 200), sni
        for host in other[sni]:
            assert (host, bound.answer(host, sni).status) == (host, 421), sni
        assert bound.answer("unknown.example", sni).status in ((400,) if lookup == "strict" else (403, 404, 421))


def test_two_listeners_of_a_port(stage):
    """Each address has hosts of its own; both have one, each with another certificate."""
    bound = Bound(stage)
    arguments = "--port", bound.https, "--certificate", "meet"
    lyncadm(stage, bound.store, "listener", "set", "external", "--address", "127.0.0.1")
    lyncadm(stage, bound.store, "listener", "add", "third", "--address", "127.0.0.2", *arguments)
    add_route(stage, bound.store, MEET, "/other", "--pool", bound.lync.name, "--scheme", "https", "--profile", "web",
              listener="third")
    bound.serve()
    for address, found in (("127.0.0.1", {PAGE: 200, "/other": 200}), ("127.0.0.2", {PAGE: 404, "/other": 200})):
        for path, status in found.items():
            with Connection(bound.https, True, MEET, address=address) as connection:
                assert (address, path, connection.request(path, MEET).status) == (address, path, status)
