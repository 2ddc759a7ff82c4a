"""OCSP stapling: where the certificate names a responder, and never at the cost of a handshake."""

import pytest

from deploy import MEET, WEBEXT, Small
from httpd import free_port, lyncadm, wait
from ocsp import Responder
from openssl import Handshake, chain_of

MD = ("md",)


def store_of(stage):
    return 'MDStoreDir "%s"' % stage.path("md")


def ask(world, *arguments, sni=WEBEXT):
    handshake = Handshake(world.https, "-status", *arguments, sni=sni)
    assert handshake.done, handshake
    return handshake


class Stapled(Small):
    """The default certificate names a responder, which knows it."""

    def __init__(self, stage, mode="good", start=True, answering=True, modules=MD, before="", **arguments):
        self.responder = Responder(free_port(), mode)
        before = "\n".join([store_of(stage) if modules else "", before])
        super().__init__(stage, start=False, modules=modules, before=before, leaf={"responder": self.responder.url},
                         **arguments)
        self.responder.knows(self.leaf, self.pki.public)
        stage.closers.append(self.responder.stop)
        if answering:
            self.responder.start()
        if start:
            self.serve()


@pytest.mark.smoke
def test_the_answer_is_stapled(stage):
    """And kept: a reload needs no responder."""
    world = Stapled(stage)
    wait("an answer is stapled", lambda: ask(world).stapled)
    for version in ("-tls1_2", "-tls1_3"):
        handshake = ask(world, version)
        assert handshake.stapled and "Cert Status: good" in handshake.text, handshake
    assert not Handshake(world.https, sni=WEBEXT).stapled
    world.responder.stop()
    world.httpd.graceful()
    assert ask(world).stapled


def test_certificates_without_a_responder(stage):
    """Nothing is stapled, asked or complained about; beside one that has a responder."""
    world = Stapled(stage, start=False)
    own = world.pki.public.leaf(MEET, file="meet")
    lyncadm(stage, world.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", world.lync.name)
    lyncadm(stage, world.store, "certificate", "add", "meet", "--chain", own.chain, "--key", own.key)
    lyncadm(stage, world.store, "binding", "add", "external", "--host", MEET, "--certificate", "meet")
    world.serve()
    wait("an answer is stapled", lambda: ask(world).stapled)
    handshake = ask(world, sni=MEET)
    assert handshake.chain == chain_of(own) and "OCSP response: no response sent" in handshake.text


def test_each_of_two_beside_each_other_has_its_own(stage):
    world = Stapled(stage, start=False)
    rsa = world.pki.public.leaf(WEBEXT, sans=[WEBEXT], file="rsa", key="rsa", responder=world.responder.url)
    world.responder.knows(rsa, world.pki.public)
    lyncadm(stage, world.store, "certificate", "add", "rsa", "--chain", rsa.chain, "--key", rsa.key)
    lyncadm(stage, world.store, "binding", "set", "external", "*", "--beside", "rsa")
    world.serve()
    for leaf, cipher in ((world.leaf, "ECDHE-ECDSA-AES256-GCM-SHA384"), (rsa, "ECDHE-RSA-AES256-GCM-SHA384")):
        words = "-tls1_2", "-cipher", cipher
        wait("an answer is stapled to " + cipher, lambda: ask(world, *words).stapled)
        handshake = ask(world, *words)
        assert handshake.chain == chain_of(leaf)
        assert "Serial Number: %X" % leaf.certificate.serial_number in handshake.text.replace("Number: 0", "Number: ")


@pytest.mark.parametrize("mode", ["silent", "tryLater", "nonsense", "closed"])
def test_a_responder_that_does_not_answer(stage, mode):
    """No handshake asks it or is told of it; when it answers, that is stapled. A reload has it asked at once."""
    world = Stapled(stage, mode, answering=mode != "closed")
    if mode != "closed":
        wait("the responder is asked", lambda: world.responder.count)
    asked = world.responder.count
    for version in ("-tls1_2", "-tls1_3"):
        for _ in range(10):
            assert "OCSP response: no response sent" in ask(world, version).text
    assert world.responder.count < asked + 10
    assert world.ask(WEBEXT, "/meet/a/b").status == 200
    if mode == "silent":
        return
    world.responder.mode = "good"
    if mode == "closed":
        world.responder.start()
    world.httpd.graceful()
    wait("an answer is stapled", lambda: ask(world).stapled)


def test_without_mod_md(stage):
    """Nothing is stapled, and one line says why; mod_ssl's own stapling of the main server is not for ours."""
    before = 'SSLUseStapling on\nSSLStaplingCache "shmcb:%s(32768)"\nSSLStaplingForceURL http://127.0.0.1:1/' % (
        stage.path("staples"))
    world = Stapled(stage, modules=(), before=before)
    assert "OCSP response: no response sent" in ask(world).text
    assert not world.responder.count
    assert len(world.httpd.lines("LYNC0060.*'external'")) == 1
