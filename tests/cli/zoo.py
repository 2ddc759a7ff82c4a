"""Certificates as they come: every kind that an administrator may try to import.

    zoo = Zoo(tmp_path)
    leaf = zoo.leaf("webext.contoso.com")       # issued by zoo.issuing, which zoo.root issued
    zoo.pem("all.pem", leaf.key, zoo.root, leaf, zoo.issuing)
"""
import datetime
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, \
    PrivateFormat, pkcs7, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.utcnow().replace(microsecond=0)
SERVER = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


class Certificate:
    def __init__(self, certificate, key, issuer):
        self.certificate, self.key, self.issuer = certificate, key, issuer
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex()


def subject(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def make(name, names, issuer=None, key=None, days=(-1, 397), ca=False, usages=None, digest=None, responder=None):
    """days: first and last, from now; usages: extended key usages; issuer None: its own."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (x509.CertificateBuilder().subject_name(subject(name))
               .issuer_name(issuer.certificate.subject if issuer else subject(name)).public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(NOW + datetime.timedelta(days=days[0]))
               .not_valid_after(NOW + datetime.timedelta(days=days[1]))
               .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
    if responder:
        builder = builder.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder))]), False)
    signer = issuer.key if issuer else key
    return Certificate(builder.sign(signer, digest or hashes.SHA256()), key, issuer)


def text(thing, password=None):
    """PEM of a certificate or a key."""
    if isinstance(thing, Certificate):
        thing = thing.certificate
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.PEM).decode()
    return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                               BestAvailableEncryption(password) if password else NoEncryption()).decode()


class Zoo:
    def __init__(self, directory):
        self.directory = directory
        self.root = make("Zoo Root", [], ca=True, days=(-10, 3650))
        self.policy = make("Zoo Policy CA", [], self.root, ca=True)
        self.issuing = make("Zoo Issuing CA", [], self.policy, ca=True)

    def leaf(self, name, names=None, **more):
        """Three levels below the root."""
        return make(name, [name] if names is None else names, **{"issuer": self.issuing, "usages": SERVER, **more})

    def write(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return name

    def pem(self, name, *things, password=None):
        return self.write(name, "".join(text(thing, None if isinstance(thing, Certificate) else password)
                                        for thing in things))

    def chain(self, leaf):
        """From the leaf's issuer to the root."""
        found, issuer = [], leaf.issuer
        while issuer:
            found.append(issuer)
            issuer = issuer.issuer
        return found

    def pfx(self, name, leaf, password=None, chain=None):
        chain = self.chain(leaf) if chain is None else chain
        return self.write(name, pkcs12.serialize_key_and_certificates(
            b"lync", leaf.key, leaf.certificate, [issuer.certificate for issuer in chain],
            BestAvailableEncryption(password.encode()) if password else NoEncryption()))

    def old_pfx(self, name, leaf, password):
        """As Windows exports it unless told otherwise: RC2 with 40 bits for certificates, 3DES for the key."""
        self.pem("old.pem", leaf.key, leaf, *self.chain(leaf))
        subprocess.run(["openssl", "pkcs12", "-export", "-legacy", "-in", self.directory / "old.pem", "-out",
                        self.directory / name, "-passout", "pass:" + password, "-certpbe", "PBE-SHA1-RC2-40",
                        "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"], check=True, capture_output=True)
        return name

    def p7b(self, name, leaf, encoding=Encoding.DER):
        return self.write(name, pkcs7.serialize_certificates([item.certificate for item in
                                                              [leaf, *self.chain(leaf)]], encoding))


def certificates(path):
    """Of a PEM file, in its order."""
    with open(path) as file:
        blocks = file.read().split("-----BEGIN ")[1:]
    return [x509.load_pem_x509_certificate(("-----BEGIN " + block).encode()) for block in blocks]


def small_rsa(bits):
    return rsa.generate_private_key(65537, bits)
