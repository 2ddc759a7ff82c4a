"""What the rule book says of certificates and TLS policies: each in one sentence, with its remedy."""
import json
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from conftest import NAMES
from zoo import Zoo, make, small_rsa


@pytest.fixture
def zoo(day):
    zoo = Zoo(day.directory)
    zoo.admin = day
    return zoo


def findings(zoo):
    result = zoo.admin.run("check --json")
    assert result.status in (0, 3), result
    return [(row["level"], row["message"], row["remedy"]) for row in json.loads(result.out)]


def bound(zoo, leaf):
    """Presented by the listener in place of the day's."""
    zoo.pem("own.pem", leaf, leaf.key, *zoo.chain(leaf))
    zoo.admin.run("certificate import own.pem --name own --directory lync")
    result = zoo.admin.run("binding set external * --certificate own")
    assert result.status == 0, result
    return findings(zoo)


def says(zoo, leaf, level, message, remedy):
    """That, and nothing else."""
    assert bound(zoo, leaf) == [(level, message, remedy)]


def leaf(zoo, names=None, **more):
    names = NAMES if names is None else names
    return zoo.leaf(names[0] if names else "webext.contoso.com", names=names, **more)


IMPORT = "lyncadm certificate import FILE ... --name own"


def test_a_good_one(zoo):
    assert bound(zoo, leaf(zoo)) == []


def test_expired(zoo):
    own = leaf(zoo, days=(-100, -3))
    says(zoo, own, "warning", f"certificate 'own' expired on {own.certificate.not_valid_after:%Y-%m-%d}", IMPORT)


@pytest.mark.parametrize("days, word", [(-3, "expired"), (20, "expires"), (40, None)])
def test_expired_issuer(zoo, days, word):
    """Of a leaf that is good itself; the same CA with a new certificate mends it."""
    issuing = make("Zoo Old CA", [], zoo.root, ca=True, days=(-100, days))
    own = leaf(zoo, issuer=issuing)
    told = [("warning", f"'CN=Zoo Old CA' in the chain of certificate 'own' {word} on "
             f"{issuing.certificate.not_valid_after:%Y-%m-%d}: clients will refuse the certificate",
             IMPORT + ", with the issuer's new one in a file")] if word else []
    assert bound(zoo, own) == told
    new = make("Zoo Old CA", [], zoo.root, key=issuing.key, ca=True)
    zoo.pem("new.pem", own, own.key, new, issuing, zoo.root)
    zoo.admin.run("certificate import new.pem --name own --directory lync")
    assert findings(zoo) == []


def test_not_yet_valid(zoo):
    own = leaf(zoo, days=(3, 100))
    says(zoo, own, "warning", f"certificate 'own' is not valid before {own.certificate.not_valid_before:%Y-%m-%d}", IMPORT)


@pytest.mark.parametrize("days, warned", [(29, True), (31, False)])
def test_less_than_thirty_days_left(zoo, days, warned):
    own = leaf(zoo, days=(-1, days))
    expected = f"certificate 'own' expires on {own.certificate.not_valid_after:%Y-%m-%d}"
    assert bound(zoo, own) == ([("warning", expected, IMPORT)] if warned else [])


def test_sha1(zoo):
    """OpenSSL's security level refuses it as well, unless the policy is an old one."""
    own = leaf(zoo, digest=hashes.SHA1(), key=small_rsa(2048))
    zoo.pem("own.pem", own, own.key, *zoo.chain(own))
    zoo.admin.run("certificate import own.pem --name own --directory lync")
    warning = ("warning", "certificate 'own' is signed with SHA-1, which clients refuse",
               "have it issued anew, signed with SHA-256")
    assert findings(zoo) == [warning]
    assert "certificate 'own': certificate file " in zoo.admin.fails(1, "binding set external * --certificate own")
    zoo.admin.run("listener set external --tls-policy legacy")
    assert warning in bound(zoo, own)


def test_small_key(zoo):
    own = leaf(zoo, key=small_rsa(1024))
    zoo.pem("own.pem", own, own.key, *zoo.chain(own))
    zoo.admin.run("certificate import own.pem --name own --directory lync")
    assert findings(zoo) == [("warning", "certificate 'own' has a key of 1024 bits, and clients want 2048",
                              "lyncadm certificate request --key rsa2048")]
    assert "ee key too small" in zoo.admin.fails(1, "binding set external * --certificate own")


@pytest.mark.parametrize("key, type", [
    (ed25519.Ed25519PrivateKey.generate(), "ED25519 256"), (dsa.generate_private_key(2048), "DSA 2048"),
    (ec.generate_private_key(ec.BrainpoolP256R1()), "EC brainpoolP256r1"), (ec.generate_private_key(ec.SECP521R1()), "EC P-521"),
    (ec.generate_private_key(ec.SECP384R1()), None)], ids=lambda x: str(x)[:8])
def test_kind_of_key(zoo, key, type):
    """OpenSSL serves them; the clients are another matter."""
    assert bound(zoo, leaf(zoo, key=key)) == ([
        ("warning", f"certificate 'own' has a key of a kind that clients do not take ({type})",
         "lyncadm certificate request --key rsa2048")] if type else [])


def test_no_server(zoo):
    own = leaf(zoo, usages=[ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    says(zoo, own, "warning", "certificate 'own' is no server's certificate: its usages are clientAuth emailProtection, "
         "without serverAuth", "have one issued for server authentication")
    assert bound(zoo, leaf(zoo, usages=None)) == []
    assert bound(zoo, leaf(zoo, usages=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])) == []


def test_incomplete_chain(zoo):
    own = leaf(zoo)
    zoo.pem("own.pem", own, own.key, zoo.issuing)
    result = zoo.admin.run("certificate import own.pem --name own --directory lync")
    assert result.err == ("lyncadm: warning: the chain of certificate 'own' lacks 'CN=Zoo Policy CA': clients that do not "
                          f"know it will refuse the certificate: {IMPORT}, with that certificate in a file\n")
    assert [level for level, message, remedy in findings(zoo)] == ["warning"]


def test_key_of_another(zoo):
    """Found again when the file is replaced, and refused."""
    own = leaf(zoo)
    assert bound(zoo, own) == []
    key = json.loads("\n".join(zoo.admin.ok("certificate show own --json")))[0]["key"]
    zoo.pem("other.key", leaf(zoo).key)
    with open(key, "w") as file:
        file.write((zoo.admin.directory / "other.key").read_text())
    (finding,) = findings(zoo)
    assert finding[0] == "error" and f"key file '{key}' does not match the first certificate of" in finding[1]


@pytest.mark.parametrize("file", ["chain", "key"])
def test_files_that_would_keep_httpd_waiting(zoo, file):
    """A FIFO for ever; a key with a passphrase until somebody types it."""
    own = leaf(zoo)
    assert bound(zoo, own) == []
    path = json.loads("\n".join(zoo.admin.ok("certificate show own --json")))[0][file]
    os.remove(path)
    os.mkfifo(path, 0o600)
    (finding,) = findings(zoo)
    assert finding[0] == "error" and f"file '{path}': it is no regular file" in finding[1]
    os.remove(path)
    zoo.pem("secret.key", own.key, password=b"secret")
    os.rename(zoo.admin.directory / "secret.key", path)
    result = zoo.admin.run("check")
    assert result.status == 3 and result.err == "", "nobody is asked"


def test_key_readable_by_others(zoo):
    own = leaf(zoo)
    zoo.pem("own.pem", own, own.key, *zoo.chain(own))
    (zoo.admin.directory / "own.pem").chmod(0o644)
    zoo.admin.run("certificate add own --chain own.pem")
    assert findings(zoo) == [("warning", f"key file '{zoo.admin.directory}/own.pem' of certificate 'own' can be read by "
                              "every user", f"chmod 600 {zoo.admin.directory}/own.pem")]


def uncovered(zoo, names, **more):
    return [(message, remedy) for level, message, remedy in bound(zoo, leaf(zoo, names=names, **more))
            if level == "warning"]


def test_not_covered(zoo):
    assert uncovered(zoo, NAMES[1:]) == [
        ("certificate 'own' does not cover 'webext.contoso.com': clients will refuse it",
         "bind one that does: lyncadm binding add external webext.contoso.com --certificate NAME")]


@pytest.mark.parametrize("wildcard, label", [("*.contoso.com", "contoso.com"), ("*.x.contoso.com", "x.contoso.com")])
def test_wildcard_at_the_wrong_depth(zoo, wildcard, label):
    """Too deep, and none before it at all."""
    host = {"*.contoso.com": "meet.eu.contoso.com", "*.x.contoso.com": "x.contoso.com"}[wildcard]
    zoo.admin.run("route", "add", "external", host, "/", "--pool", "lyncdir01.contoso.local", "--scheme", "https",
                  "--profile", "web")
    assert (f"certificate 'own' does not cover '{host}': its '{wildcard}' stands for one label before '{label}' and no "
            "other", f"bind one that does: lyncadm binding add external {host} --certificate NAME") in \
        uncovered(zoo, NAMES + [wildcard])


def test_common_name_only(zoo):
    own = make("webext.contoso.com", NAMES[1:], zoo.issuing)
    assert [message for level, message, remedy in bound(zoo, own)] == [
        "certificate 'own' does not cover 'webext.contoso.com': it has it as common name only, and clients look at the "
        "alternative names"]


def test_wildcard_as_common_name(zoo):
    own = make("*.contoso.com", ["*.contoso.com"], zoo.issuing)
    ((level, message, remedy),) = bound(zoo, own)
    assert level == "advice" and message.startswith("certificate 'own' has a wildcard as common name")


def test_discovery_without_its_name(zoo):
    """Port 80 needs no certificate."""
    names = [name for name in NAMES if not name.startswith("lyncdiscover")]
    assert uncovered(zoo, names) == [
        ("certificate 'own' does not cover 'lyncdiscover.contoso.com': clients will refuse it",
         "bind one that does, or leave it to port 80, which needs none: lyncadm publish discover contoso.com --via "
         "lyncdir01.contoso.local --http")]


def test_wildcard_covers_one_label(zoo):
    assert uncovered(zoo, ["webext.contoso.com", "*.contoso.com"]) == []


def test_the_remedies_work(zoo):
    """That of a name which is not covered, as it stands."""
    ((message, remedy),) = uncovered(zoo, NAMES[1:])
    words = remedy.split("lyncadm ")[1].replace("NAME", "external").split()
    zoo.admin.ok(*words)
    assert findings(zoo) == []


def test_legacy_policy(zoo):
    """Told of listener and pool, whenever the rule book is asked."""
    zoo.admin.run("listener set external --tls-policy legacy")
    zoo.admin.run("pool set lyncpool01.contoso.local --tls-policy legacy")
    told = [(level, remedy) for level, message, remedy in findings(zoo)
            if "speaks TLS 1.0 or 1.1 (policy 'legacy'), which is broken and needs OpenSSL's security level 0" in message]
    assert told == [("warning", "lyncadm listener set external --tls-policy intermediate"),
                    ("warning", "lyncadm pool set lyncpool01.contoso.local --tls-policy intermediate")]
    for _ in range(2):
        assert zoo.admin.run("apply --control true").err.count("speaks TLS 1.0 or 1.1") == 2
        zoo.admin.ok("profile set web --timeout 301")


def test_only_tls_1_3_to_a_pool(zoo):
    zoo.admin.run("pool set lyncpool01.contoso.local --tls-policy modern")
    assert findings(zoo) == [("warning", "pool 'lyncpool01.contoso.local' is spoken to with TLS 1.3 only (policy "
                              "'modern'), which Windows Server before 2022 has not",
                              "lyncadm pool set lyncpool01.contoso.local --tls-policy intermediate")]


@pytest.mark.parametrize("option, value, why", [
    ("ciphers", "NOSUCH", "no cipher match"), ("ciphers", 'x" "y', "have a blank, a quote or a backslash"),
    ("ciphers", "TLSv1.3 x", "have a blank"), ("protocols", "all -all", "leave none"),
    ("protocols", "TLSv7", "'TLSv7' is no protocol version")])
def test_policy_that_httpd_would_refuse(zoo, option, value, why):
    assert why in zoo.admin.fails(1, "tls-policy", "set", "modern", "--" + option, value)


@pytest.mark.parametrize("one, two, refused", [
    (small_rsa(2048), small_rsa(3072), "(RSA 2048, RSA 3072)"), (None, None, "(EC P-256, EC P-256)"),
    (small_rsa(2048), None, None)], ids=["rsa", "ec", "both"])
def test_beside(zoo, one, two, refused):
    for name, key in (("one", one), ("two", two)):
        own = leaf(zoo, key=key)
        zoo.pem("own.pem", own, own.key, *zoo.chain(own))
        zoo.admin.ok(f"certificate import own.pem --name {name} --directory lync")
    if refused:
        assert zoo.admin.fails(1, "binding set external * --certificate one --beside two").startswith(
            f"certificate 'two' cannot be presented beside 'one': the keys of both are of the same kind {refused}")
    else:
        zoo.admin.ok("binding set external * --certificate one --beside two")
        assert findings(zoo) == []
        assert zoo.admin.fails(1, "certificate remove two") == "cannot remove certificate 'two': binding 'external *' uses it"
