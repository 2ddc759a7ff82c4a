"""Two certificates beside each other on one name: an EC one, and an RSA one for clients that can use no other."""

import signal

import pytest

from deploy import PUBLIC, WEBEXT, Small
from faults import CERTIFICATE_FAULTS, deleted
from httpd import lyncadm
from openssl import Handshake, chain_of
from test_quarantine import QUARANTINE, Broken

RSA = "ECDHE-RSA-AES256-GCM-SHA384"
EC = "ECDHE-ECDSA-AES256-GCM-SHA384"
PAGE = "/meet/a/b"


class Beside(Small):
    """An EC certificate, and an RSA one beside it from a CA with an intermediate: the chains tell which is which."""

    def __init__(self, stage, start=True, **arguments):
        super().__init__(stage, start=False, controlled=True, **arguments)
        self.rsa = self.pki.public.intermediate("Example Intermediate", "rsa").leaf(WEBEXT, sans=PUBLIC, key="rsa", file="rsa")
        lyncadm(stage, self.store, "certificate", "add", "rsa", "--chain", self.rsa.chain, "--key", self.rsa.key)
        lyncadm(stage, self.store, "binding", "set", "external", "*", "--beside", "rsa")
        if start:
            self.serve()

    def check(self, rsa=True, ec=True):
        """What clients get that can use RSA alone, EC alone, either."""
        for words, leaf, there in ((("-tls1_2", "-cipher", RSA), self.rsa, rsa), (("-tls1_2", "-cipher", EC), self.leaf, ec),
                                   (("-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"), self.rsa, rsa),
                                   (("-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"), self.leaf, ec),
                                   ((), self.leaf if ec else self.rsa, True)):
            for sni in (WEBEXT, None):
                handshake = Handshake(self.https, *words, sni=sni)
                assert handshake.done == there, (words, handshake)
                assert handshake.chain == (chain_of(leaf) if there else []), (words, handshake)


@pytest.fixture(scope="module")
def beside(stage_for_module):
    return Beside(stage_for_module)


@pytest.mark.smoke
def test_each_client_gets_the_one_it_can_use(beside):
    """With its own chain."""
    assert len(chain_of(beside.rsa)) == 3 and len(chain_of(beside.leaf)) == 2
    beside.check()
    assert beside.ask(WEBEXT, PAGE).status == 200


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("which", ["rsa", "leaf"])
def test_one_goes_bad(beside, which, fault):
    """The other one serves all by itself, and nothing else changes."""
    beside.httpd.expect(QUARANTINE)
    with Broken(getattr(beside, which), fault, beside.pki):
        beside.httpd.reload(signal.SIGUSR1)
        beside.check(rsa=which != "rsa", ec=which != "leaf")
        assert beside.ask(WEBEXT, PAGE).status == 200
    beside.httpd.reload(signal.SIGUSR1)
    beside.check()


def test_both_go_bad(beside):
    """Then the listener has none any more, and comes back with one of them."""
    beside.httpd.expect(QUARANTINE)
    with Broken(beside.rsa, deleted, beside.pki):
        with Broken(beside.leaf, deleted, beside.pki):
            beside.httpd.reload(signal.SIGUSR1)
        beside.httpd.reload(signal.SIGUSR1)
        beside.check(rsa=False)
    beside.httpd.reload(signal.SIGUSR1)
    beside.check()


def test_a_main_server_with_certificates_and_a_chain_file(stage):
    """Neither its certificates nor its chain get into ours."""
    world = Beside(stage, start=False)
    other = [world.pki.stranger.leaf("other.example", key=key, file=key) for key in ("rsa", "ec", "rsa")]
    world.httpd.before = "\n".join("SSLCertificateFile %s\nSSLCertificateKeyFile %s" % (leaf.cert, leaf.key) for leaf in other)
    world.httpd.before += "\nSSLCertificateChainFile " + world.pki.stranger.path
    world.httpd.write()
    world.serve().check()


@pytest.mark.parametrize("first", ["external", "rsa"])
def test_apply_proves_it(stage, first):
    """Whichever of the two its probe is shown is right, and nothing else is."""
    world = Beside(stage)
    other = {"external": "rsa", "rsa": "external"}[first]
    lyncadm(stage, world.store, "binding", "set", "external", "*", "--certificate", first, "--beside", other)
    lyncadm(stage, world.store, "tls-policy", "set", "intermediate", "--purpose", "something to apply")
    result = lyncadm(stage, world.store, "apply", "-m", first, hosts=world.hosts_file)
    assert "revision 2" in result.stdout
    world.check()
