"""The listener's certificates: by SNI, by default, renewed."""

import shutil
import socket
import ssl

import pytest

from deploy import MEET, WEBEXT, Small
from httpd import lyncadm
from raw import request_bytes


def der(leaf):
    with open(leaf.cert) as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


@pytest.fixture
def two(stage):
    """A default certificate, and one of its own for meet."""
    world = Small(stage, start=False)
    world.own = world.pki.public.leaf(MEET, file="meet", key="rsa")
    lyncadm(stage, world.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", world.lync.name)
    lyncadm(stage, world.store, "certificate", "add", "meet", "--chain", world.own.chain, "--key", world.own.key)
    lyncadm(stage, world.store, "binding", "add", "external", "--host", MEET, "--certificate", "meet")
    return world.serve()


def presented(world, sni):
    with world.open(WEBEXT, sni=sni) as connection:
        return connection.certificate()


def test_by_sni(two):
    default = presented(two, WEBEXT)
    assert presented(two, MEET) == der(two.own)
    assert default != der(two.own)
    for sni in ("unknown.example", None, "MEET.contoso.com.example"):
        assert presented(two, sni) == default


def test_each_name_is_served_under_its_certificate(two):
    for host in (WEBEXT, MEET):
        assert two.ask(host, "/meet/a/b").status == 200


@pytest.mark.parametrize("sni, host", [(WEBEXT, MEET), (MEET, WEBEXT), (None, MEET)])
def test_sni_of_one_and_host_of_another(two, sni, host):
    """Either served or told to connect anew (421): never from another pool, never the wrong name's refusal."""
    two.httpd.expect("AH0203[12]")
    answer = two.ask(host, "/meet/a/b", sni=sni)
    assert answer.status in (200, 421), answer


def test_renewed_files_are_served_after_a_reload(stage):
    world = Small(stage)
    before = presented(world, WEBEXT)
    new = world.pki.public.leaf(WEBEXT, sans=[WEBEXT], file="renewed")
    shutil.copy(new.chain, world.leaf.chain)
    shutil.copy(new.key, world.leaf.key)
    world.httpd.graceful()
    assert presented(world, WEBEXT) == der(new) != before


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_tls_versions(world, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", world.https)) as plain:
        with context.wrap_socket(plain, server_hostname=WEBEXT) as tls:
            tls.sendall(request_bytes("/meet/a/b", WEBEXT))
            assert tls.recv(12) == b"HTTP/1.1 200"


def test_chain_is_sent_and_verifies(world):
    """A client that knows the root alone is satisfied, by name."""
    context = ssl.create_default_context(cafile=world.names.pki.public.path)
    with socket.create_connection(("127.0.0.1", world.https)) as plain:
        with context.wrap_socket(plain, server_hostname=MEET) as tls:
            assert tls.getpeercert()
