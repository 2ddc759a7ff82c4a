"""Certificates for tests: roots and leaves made at run time, keys only in the directory given.

    pki = PKI(tmp_path / "pki")
    pki.internal.path                           # root of the pools, PEM
    pki.public.path                             # root of the proxy's listeners
    leaf = pki.internal.leaf("fe01.contoso.local", sans=["webext.contoso.com"])
    leaf.chain, leaf.key                        # PEM files
"""

import datetime
import ipaddress
import os
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def new_key(kind):
    """'rsa' (2048), 'rsa3072', 'ec' (P-256), 'ec384'."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or 2048))
    if kind.startswith("ec"):
        return ec.generate_private_key(ec.SECP384R1() if kind == "ec384" else ec.SECP256R1())
    raise ValueError("unknown key type '%s'" % kind)


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _san(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path, data, mode):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as f:
        f.write(data)


class Leaf:
    """A certificate with its key: .cert and .key PEM files, .chain = leaf + issuers up to the root, .sent = the same
    without the root, as Windows sends it."""

    def __init__(self, path, certificate, key, chain):
        self.path = path
        self.certificate = certificate
        self.private_key = key
        self.cert, self.key = path + ".crt", path + ".key"
        self.chain, self.sent = path + ".chain.crt", path + ".sent.crt"
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        _write(self.cert, pem, 0o644)
        issuers = [issuer.public_bytes(serialization.Encoding.PEM) for issuer in chain]
        _write(self.chain, pem + b"".join(issuers), 0o644)
        _write(self.sent, pem + b"".join(issuers[:-1]), 0o644)
        _write(self.key, key.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()), 0o600)

    def pfx(self, path, password=b""):
        """Write a PKCS#12 file, as certificates come from a Windows server."""
        from cryptography.hazmat.primitives.serialization import pkcs12
        protection = (serialization.BestAvailableEncryption(password) if password
                      else serialization.NoEncryption())
        _write(str(path), pkcs12.serialize_key_and_certificates(
            b"lync", self.private_key, self.certificate, None, protection), 0o600)
        return str(path)


class CA:
    """A root, or an intermediate if `issuer` is given."""

    def __init__(self, directory, name, key="ec", issuer=None, days=(-1, 3650)):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.name, self.issuer = str(directory), name, issuer
        self.private_key = new_key(key)
        self.certificate = self._sign(_name(name), self.private_key, issuer or self, days, [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)])
        self.path = os.path.join(self.directory, _file(name) + ".pem")
        _write(self.path, self.certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        self._made = 0

    @staticmethod
    def _sign(subject, key, issuer, days, extensions):
        now = datetime.datetime.utcnow().replace(microsecond=0)
        issuer_name = subject if issuer.private_key is key else issuer.certificate.subject
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + days[0] * DAY).not_valid_after(now + days[1] * DAY)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                                  False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       issuer.private_key.public_key()), False))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer.private_key, hashes.SHA256())

    def _chain(self):
        """Up to the root, which no machine has among its own."""
        return [self.certificate] + (self.issuer._chain() if self.issuer else [])

    def intermediate(self, name, key="ec"):
        return CA(self.directory, name, key, issuer=self)

    def leaf(self, common_name, sans=None, key="ec", days=(-1, 397), cn_in_san=True, file=None, responder=None):
        """A server certificate; days are (first, last) from now, negative: in the past.
        sans=[] with cn_in_san=False makes one without any SAN. responder: URL of its OCSP responder."""
        names = list(sans or [])
        if cn_in_san and common_name not in names:
            names.insert(0, common_name)
        extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.KeyUsage(True, False, True, False, False, False, False, False, False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH,
                                    ExtendedKeyUsageOID.CLIENT_AUTH]), False)]
        if names:
            extensions.append((x509.SubjectAlternativeName([_san(n) for n in names]), False))
        if responder:
            extensions.append((x509.AuthorityInformationAccess([x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder))]), False))
        private_key = new_key(key)
        certificate = self._sign(_name(common_name), private_key, self, days, extensions)
        self._made += 1
        path = os.path.join(self.directory, "%s-%s-%d" % (_file(self.name),
                                                          _file(file or common_name), self._made))
        return Leaf(path, certificate, private_key, self._chain())

    def expired(self, common_name, **kw):
        return self.leaf(common_name, days=(-30, -1), **kw)

    def not_yet_valid(self, common_name, **kw):
        return self.leaf(common_name, days=(30, 60), **kw)


class PKI:
    """The two roots of a topology and a third that nobody trusts."""

    def __init__(self, directory, key="ec"):
        os.makedirs(directory, exist_ok=True)
        self.directory = str(directory)
        self.key = key
        self.internal = CA(directory, "Contoso Internal Root", key)
        self.public = CA(directory, "Example Public Root", key)
        self.stranger = CA(directory, "Unknown Root", key)


def _file(name):
    return re.sub(r"[^A-Za-z0-9.]+", "_", name).lower()
