"""lyncadm certificate"""
import json

from conftest import certificate


def test_facts_are_read(admin):
    assert admin.ok("certificate add external --chain external.pem")[0].startswith(
        f"added certificate 'external': chain {admin.directory}/external.pem, key {admin.directory}/external.pem, "
        "subject CN=webext.contoso.com, names webext.contoso.com webdirext.contoso.com ")
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


def test_add_again_and_renewed(day):
    day.ok("certificate add partner --chain other.pem")
    assert day.ok("certificate add partner --chain other.pem") == ["certificate 'partner' is already so"]
    certificate(day.directory / "other.pem", ["*.fabrikam.com", "fabrikam.com"])
    assert "to change it use 'lyncadm certificate set partner'" in \
        day.fails(1, "certificate add partner --chain other.pem")
    assert "names *.fabrikam.com fabrikam.com (was *.fabrikam.com)" in day.ok("certificate set partner")[0]
    assert day.ok("certificate set partner") == ["certificate 'partner' is already so"]


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
        "name\tchain\tkey\tsubject\tnames\tnot_before\tnot_after\tfingerprint"
    assert len(day.ok("certificate list")) == 2
