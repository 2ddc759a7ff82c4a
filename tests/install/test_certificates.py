"""The README's chapter on certificates, followed word by word from a request to a second renewal: no file is edited by
hand. The CA is ours."""

import os
import re
import shlex

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from test_guide import TOP, prepared
from raw import Connection

CHAPTER = re.compile(r"^```sh certificate\n(.*?)^```", re.M | re.S)
NAMES = ["webext.contoso.com", "webdirext.contoso.com", "meet.contoso.com", "lyncdiscover.contoso.com"]


def blocks():
    with open(os.path.join(TOP, "README.md")) as file:
        return [block.strip().splitlines() for block in CHAPTER.findall(file.read())]


@pytest.fixture(scope="module")
def host():
    """A stock Debian Apache with the module and an empty store, and a CA of two levels."""
    with prepared() as found:
        found.issuing = found.pools.pki.public.intermediate("Example Issuing CA", "rsa")
        for line in ("make -f apxs.mk PREFIX=/usr install", "lyncadm init", "a2enmod -q lync"):
            found.must(*line.split())
        found.control("restart")
        yield found


def ca_answers(host):
    """What a public CA does: takes names, usages and key from the request."""
    with open(host.path("/root/external.csr"), "rb") as file:
        request = x509.load_pem_x509_csr(file.read())
    assert request.is_signature_valid
    issuing, days = host.issuing, (-1, 397)
    certificate = issuing._sign(request.subject, Unsigned(request.public_key()), issuing, days,
                                [(extension.value, extension.critical) for extension in request.extensions])
    with open(host.path("/root/external.cer"), "wb") as file:
        file.write(certificate.public_bytes(Encoding.DER))
    host.write("/root/ca.cer", "".join(issuer.certificate.public_bytes(Encoding.PEM).decode()
                                       for issuer in (issuing, host.pools.pki.public)))
    return certificate


class Unsigned:
    """A key of which the CA knows the public half only."""

    def __init__(self, key):
        self.public_key = lambda: key


def follow(host, lines):
    for line in lines:
        if line == "lyncadm check":
            host.run(*shlex.split(line))        # its findings are the administrator's to read
        else:
            host.must(*shlex.split(line))


def presented(host, sni):
    with host.network(), Connection(443, True, sni) as connection:
        return connection.certificate()


def test_from_request_to_second_renewal(host):
    first_request, first, renewal_request, renewal = blocks()
    follow(host, first_request)
    assert host.run("lyncadm", "apply")[0] == 1, "there is no certificate yet"
    keys, seen = set(), []
    for asked, answered in ((None, first), (renewal_request, renewal), (renewal_request, renewal)):
        follow(host, asked or [])
        certificate = ca_answers(host)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert sorted(names.get_values_for_type(x509.DNSName)) == sorted(NAMES)
        follow(host, answered)
        for name in NAMES:
            assert presented(host, name) == certificate.public_bytes(Encoding.DER), name
        keys.add(certificate.public_key().public_numbers())
        seen.append(certificate.fingerprint(hashes.SHA256()).hex())
        assert host.status()[0] == 0
    assert len(keys) == 3, "each request has a key of its own"
    assert sorted(os.listdir(host.path("/etc/lync/certificates"))) == sorted(name + ".pem" for name in seen)
    host.must("lyncadm", "rollback", "1")
    assert hashes_of(presented(host, NAMES[0])) == seen[0], "the first one is still there"


def hashes_of(der):
    return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex()
