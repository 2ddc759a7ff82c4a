"""lyncadm certificate"""
import json
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from conftest import certificate


def test_facts_are_read(admin):
    assert admin.ok("certificate add external --chain external.pem")[0].startswith(
        "added certificate 'external': issuer CN=webext.contoso.com, names webext.contoso.com webdirext.contoso.com ")
    row = json.loads("\n".join(admin.ok("certificate show external --json")))[0]
    assert len(row["fingerprint"]) == 64
    assert row["not_before"] < row["not_after"]


def test_facts_cannot_be_given(admin):
    assert "unknown option '--subject'" in admin.fails(2, "certificate add a --chain external.pem --subject CN=a")


def test_key_does_not_match(admin):
    assert "does not match" in admin.fails(1, "certificate add a --chain external.pem --key other.pem")


def test_no_certificate(admin):
    (admin.directory / "junk.pem").write_text("junk")
    assert "holds no PEM certificate" in admin.fails(1, "certificate add a --chain junk.pem")
    assert "No such file" in admin.fails(1, "certificate add a --chain none.pem")
    assert "needs --chain" in admin.fails(2, "certificate add a")


@pytest.mark.parametrize("option", ["--chain", "--key", "--ca"])
def test_no_regular_file(day, option):
    os.mkfifo(day.directory / "pipe")
    line = "pool set lyncpool01.contoso.local" if option == "--ca" else "certificate set external"
    for name in ("pipe", "."):
        assert "': it is no regular file" in day.fails(1, f"{line} {option} {name}")


def test_forms_that_windows_makes(admin):
    key, leaf = ec.generate_private_key(ec.SECP256R1()), (admin.directory / "external.pem").read_bytes()
    (admin.directory / "leaf.cer").write_bytes(x509.load_pem_x509_certificate(leaf).public_bytes(Encoding.DER))
    (admin.directory / "locked.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                                                                   BestAvailableEncryption(b"secret")))
    (admin.directory / "der.key").write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    assert "it is DER or PKCS#12" in admin.fails(1, "certificate add a --chain leaf.cer")
    assert "it is DER or PKCS#12" in admin.fails(1, "certificate add a --chain external.pem --key der.key")
    assert "it has one: 'lyncadm certificate import' takes it" in \
        admin.fails(1, "certificate add a --chain external.pem --key locked.key")


def test_add_again_and_renewed(day):
    day.ok("certificate add partner --chain other.pem")
    assert day.ok("certificate add partner --chain other.pem") == ["certificate 'partner' is already so"]
    certificate(day.directory / "other.pem", ["*.fabrikam.com", "fabrikam.com"])
    assert "to change it use 'lyncadm certificate refresh partner'" in \
        day.fails(1, "certificate add partner --chain other.pem")
    assert "names *.fabrikam.com fabrikam.com (was *.fabrikam.com)" in day.ok("certificate refresh partner")[0]
    assert day.ok("certificate refresh partner") == ["certificate 'partner' is already so"]


def test_warning_of_a_short_life(admin):
    certificate(admin.directory / "short.pem", ["a.contoso.com"], days=5)
    result = admin.run("certificate add short --chain short.pem")
    assert result.status == 0
    assert result.err.startswith("lyncadm: warning: certificate 'short' expires on ")
    assert len(result.err.splitlines()) == 1


def test_remove(day):
    assert day.fails(1, "certificate remove external") == \
        "cannot remove certificate 'external': binding 'external *' uses it"
    day.ok("certificate add partner --chain other.pem")
    assert day.ok("certificate remove partner") == ["removed certificate 'partner'"]


def test_list(day):
    assert day.ok("certificate list --tsv")[0] == \
        "name\tchain\tkey\tmanaged\tsource\tsubject\tissuer\tnames\tkey_type\tsignature\tusages\tresponder\tmissing\t" \
        "not_before\tnot_after\tfingerprint"
    assert len(day.ok("certificate list")) == 2
