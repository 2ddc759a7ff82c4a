"""lyncadm certificate managed"""
import json
import os
import shutil

import pytest

from conftest import NAMES, certificate
from fake_httpd import FakeHttpd

MD = "--md-directory md"


@pytest.fixture
def managed(day):
    """All names of the day are managed, in place of the files."""
    day.ok(f"certificate managed {' '.join(NAMES)} --name acme {MD}")
    day.ok("binding set external * --certificate acme")
    return day


def row(admin, name="acme"):
    return json.loads("\n".join(admin.ok(f"certificate show {name} --json")))[0]


def keep(admin, part, names=NAMES, days=400, prefix=""):
    """Puts a certificate where mod_md would."""
    folder = admin.directory / "md" / part / NAMES[0]
    folder.mkdir(parents=True, exist_ok=True)
    certificate(folder / (prefix + "pubcert.pem"), names, days)
    shutil.copy(folder / (prefix + "pubcert.pem"), folder / (prefix + "privkey.pem"))
    return folder


def test_added(admin):
    folder = "/etc/apache2/md/domains/webext.fabrikam.com"
    assert admin.ok("certificate managed WEBEXT.fabrikam.com meet.fabrikam.com webext.fabrikam.com") == \
        ["added certificate 'webext.fabrikam.com': managed webext.fabrikam.com meet.fabrikam.com, names "
         "webext.fabrikam.com meet.fabrikam.com"]
    found = row(admin, "webext.fabrikam.com")
    assert found["managed"] == found["names"] == "webext.fabrikam.com meet.fabrikam.com"
    assert not any(found[name] for name in ("subject", "not_after", "fingerprint", "missing", "source"))
    assert admin.ok("certificate managed webext.fabrikam.com meet.fabrikam.com") == \
        ["certificate 'webext.fabrikam.com' is already so"]


def test_dry_run(admin):
    before = admin.bytes()
    result = admin.run("certificate managed a.contoso.com --dry-run")
    assert result.status == 0 and result.out.startswith("added certificate 'a.contoso.com'")
    assert admin.bytes() == before


def test_names_are_changed(managed):
    line = managed.ok(f"certificate managed {' '.join(NAMES)} sip.contoso.com --name acme")[0]
    assert line.startswith("set certificate 'acme': managed ") and "chain" not in line
    assert row(managed)["names"].endswith(" sip.contoso.com")
    assert "md/domains/webext.contoso.com/pubcert.pem" in managed.ok(
        f"certificate managed {' '.join(NAMES)} --name acme --md-directory other")[0]


def test_the_directory_that_mod_md_has_is_kept(managed):
    """It names it by the first name that it met, for ever."""
    folder = keep(managed, "domains")
    (folder / "md.json").write_text(json.dumps({"name": NAMES[0], "domains": NAMES}))
    for name in ("broken", ".hidden"):
        (folder.parent / name).mkdir()
    (folder.parent / "broken" / "md.json").write_text("{")
    managed.ok(f"certificate managed {' '.join(reversed(NAMES))} --name acme")
    assert row(managed)["chain"] == str(folder / "pubcert.pem")


@pytest.mark.parametrize("words, sentence", [
    ("", "a host is missing: usage is 'lyncadm certificate managed HOST ... [--name NAME] [option ...]'"),
    ("*.contoso.com", "'*.contoso.com' cannot be managed: "),
    ("10.0.0.1", "is no host name but an address"),
    ("a..b", "is no host name: labels of"),
    ("a.contoso.com --name a/b", "name 'a/b' is no"),
])
def test_bad_words(admin, words, sentence):
    assert sentence in admin.fails(2, f"certificate managed {words}")


def test_files_of_its_own(day):
    assert "certificate 'external' is there already, with the files '" in \
        day.fails(1, "certificate managed webext.contoso.com --name external")


@pytest.mark.parametrize("option", ["--chain", "--key"])
def test_files_are_not_for_us(managed, option):
    assert managed.fails(1, f"certificate set acme {option} other.pem").startswith(
        "certificate 'acme' is managed by mod_md, which sees to its files: ")
    assert managed.fails(1, "certificate refresh acme") == \
        "certificate 'acme' is managed by mod_md, which renews it: there is nothing to refresh"
    assert "acme" not in "".join(managed.ok("certificate refresh"))


def test_a_published_name_has_to_be_managed(managed):
    """httpd would end on it; the remedy is a command that helps."""
    line = "publish pool webext2.contoso.com --to lyncpool02.contoso.local --ca root.pem"
    sentence = managed.fails(1, line)
    assert sentence.startswith("certificate 'acme' is managed by mod_md, and 'webext2.contoso.com' of listener "
                               "'external' is not among its names")
    managed.ok(sentence[sentence.index("certificate managed "):].rstrip(")"))
    managed.ok(line)


def test_bound_while_not_all_are_managed(day):
    day.ok(f"certificate managed webext.contoso.com --name acme {MD}")
    assert "is not among its names" in day.fails(1, "binding set external * --certificate acme")
    day.ok("binding add external webext.contoso.com --certificate acme")


def test_managed_and_under_another_certificate(managed):
    """mod_md presents its own wherever a name is, and ends httpd when it finds others there."""
    managed.ok("listener add second --port 8443 --certificate external")
    assert "'webext.contoso.com' is managed for certificate 'acme', which mod_md presents wherever the name is" in \
        managed.fails(1, "route add second webext.contoso.com / --action refuse")


def test_a_name_twice(managed):
    assert "'meet.contoso.com' is managed for certificate 'acme' and for 'again': mod_md takes a name once" in \
        managed.fails(1, "certificate managed meet.contoso.com --name again")


def test_beside(managed):
    assert "one of them is managed" in managed.fails(1, "binding set external * --beside external")


def test_export_and_import(managed, tmp_path):
    text = managed.ok("export draft")
    (managed.directory / "doc.json").write_text("\n".join(text) + "\n")
    assert managed.ok("import doc.json --yes") != []
    managed.ok("certificate managed sip.contoso.com --name more")
    managed.ok("import doc.json --yes")
    assert managed.ok("export draft") == text
    managed.store.unlink()
    managed.ok("init")
    assert managed.run("import doc.json --yes").status == 0
    assert managed.ok("export draft") == text


@pytest.mark.parametrize("names, sentence", [
    ("*.contoso.com", "cannot be managed for '*.contoso.com'"),
    ("manual", "cannot be managed for 'manual'"),
])
def test_bad_document(managed, names, sentence):
    text = "\n".join(managed.ok("export draft"))
    managed_now = '"managed": "' + " ".join(NAMES)
    assert managed_now in text
    (managed.directory / "doc.json").write_text(text.replace(managed_now, managed_now + " " + names))
    assert sentence in managed.fails(1, "import doc.json --yes")
    chain = row(managed)["chain"]
    (managed.directory / "doc.json").write_text(text.replace(chain, "/tmp/chain.pem"))
    assert "is no file of mod_md's store" in managed.fails(1, "import doc.json --yes")


def findings(admin):
    return [line for line in admin.run("check --tsv").out.splitlines() if "acme" in line]


def test_life(managed):
    """Not there yet: nothing to say. Of what is there mod_md renews the last third; the last tenth is its trouble."""
    assert findings(managed) == []
    keep(managed, "domains", days=20)
    assert findings(managed) == []
    keep(managed, "domains", days=0)
    assert len(findings(managed)) == 1 and "expired on " in findings(managed)[0]


def test_status(managed):
    httpd = FakeHttpd(managed)
    try:
        httpd.start()
        assert managed.run("apply", "-m", "first", "--control", httpd.control).status == 0

        def state(code):
            result = managed.run("status", "--json", "--control", httpd.control)
            assert (result.status, result.err) == (code, ""), result
            return [row["state"] for row in json.loads(result.out) if row.get("name") == "acme"][0]

        assert state(3) == "mod_md has not obtained it yet"
        staging = managed.directory / "md" / "staging" / NAMES[0]
        staging.mkdir(parents=True)
        (staging / "job.json").write_text('{"errors": 2, "last": {"detail": "no route to the CA"}}')
        assert state(3) == "mod_md has not obtained it yet: no route to the CA"
        keep(managed, "staging")
        assert state(3) == "mod_md has obtained it: reload httpd"
        keep(managed, "domains")
        assert state(3) == "mod_md has renewed it: reload httpd"
        shutil.rmtree(staging)
        assert state(0) == "on disk"
        keep(managed, "domains")
        assert state(0) == "on disk"
        assert managed.ok("diff") == []
    finally:
        httpd.stop()


def test_unbound_is_no_drift(day):
    httpd = FakeHttpd(day)
    try:
        httpd.start()
        day.ok(f"certificate managed sip.contoso.com {MD}")
        day.ok("apply", "-m", "first", "--control", httpd.control)
        assert day.run("status", "--control", httpd.control).status == 0
    finally:
        httpd.stop()
