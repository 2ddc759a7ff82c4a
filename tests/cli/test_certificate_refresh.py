"""lyncadm certificate refresh and show: what another tool renews, and where a certificate is bound."""
import json
import os
import shutil

import pytest

from conftest import NAMES
from fake_httpd import FakeHttpd
from zoo import Zoo


@pytest.fixture
def zoo(day):
    """Certificate 'own', imported from the files of another tool, is served."""
    zoo = Zoo(day.directory)
    zoo.admin = day
    renew(zoo)
    day.ok("certificate import live/fullchain.pem live/privkey.pem --name own --directory lync")
    day.ok("binding set external * --certificate own")
    zoo.httpd = FakeHttpd(day)
    zoo.httpd.start()
    day.ok("apply", "--control", zoo.httpd.control)
    yield zoo
    zoo.httpd.stop()


def renew(zoo, **more):
    """What certbot does: other files under the same names."""
    leaf = zoo.leaf(NAMES[0], names=NAMES, **more)
    (zoo.admin.directory / "live").mkdir(exist_ok=True)
    zoo.pem("live/fullchain.pem", leaf, *zoo.chain(leaf))
    zoo.pem("live/privkey.pem", leaf.key)
    return leaf


def row(zoo, name="own"):
    return json.loads("\n".join(zoo.admin.ok("certificate", "show", name, "--json")))[0]


def state(zoo, name="own"):
    """Of the certificate in lyncadm status, and the exit status."""
    result = zoo.admin.run("status", "--json", "--control", zoo.httpd.control)
    (found,) = [item for item in json.loads(result.out) if item.get("noun") == "certificate" and item["name"] == name]
    return found["state"], result.status


def test_renewed_by_another_tool(zoo):
    """Noticed, taken over as a change, and the revision before still has its own; twice."""
    assert state(zoo) == ("on disk", 0)
    for revision in (2, 3):
        old, leaf = row(zoo), renew(zoo)
        assert state(zoo) == ("another is in the files that it was imported from: 'lyncadm certificate refresh own' takes "
                              "it into the draft", 3)
        (line,) = zoo.admin.ok("certificate refresh own --directory lync")
        assert line.startswith("set certificate 'own': chain ") and f"fingerprint {leaf.fingerprint} (was " in line
        assert row(zoo)["fingerprint"] == leaf.fingerprint and row(zoo)["source"] == old["source"]
        zoo.admin.ok("apply", "--control", zoo.httpd.control)
        assert state(zoo) == ("on disk", 0)
        assert os.path.exists(old["chain"]) and os.path.exists(old["key"])
        assert row(zoo)["key"] != old["key"]
    zoo.admin.ok("rollback", "1", "--control", zoo.httpd.control)
    assert state(zoo)[0].startswith("another is in the files that it was imported from")
    assert "certificate refresh own" in "\n".join(zoo.admin.ok("audit"))


@pytest.mark.parametrize("words", ["", " --directory lync"])
def test_nothing_new(zoo, words):
    """What was laid down elsewhere than in /etc/lync stays there."""
    assert zoo.admin.ok("certificate refresh" + words) == [
        "certificate 'external' is already so", "certificate 'own' is already so"]


def test_renewed_in_place(zoo):
    """A certificate that was not imported: its files are those of the other tool."""
    shutil.copy(zoo.admin.directory / "live/fullchain.pem", zoo.admin.directory / "place.pem")
    zoo.admin.ok("certificate add place --chain place.pem --key live/privkey.pem")
    zoo.admin.ok("binding set external * --certificate place")
    zoo.admin.ok("apply", "--control", zoo.httpd.control)
    renew(zoo)
    shutil.copy(zoo.admin.directory / "live/fullchain.pem", zoo.admin.directory / "place.pem")
    assert state(zoo, "place") == ("another is on disk than the revision was made with: 'lyncadm certificate refresh place' "
                                   "takes it into the draft", 3)
    assert zoo.admin.ok("certificate refresh place")[0].startswith("set certificate 'place': ")


def test_half_renewed(zoo):
    """The chain is new and the key not yet: nothing is taken over, nothing is lost."""
    leaf = zoo.leaf(NAMES[0], names=NAMES)
    zoo.pem("live/fullchain.pem", leaf, *zoo.chain(leaf))
    before = sorted((zoo.admin.directory / "lync").rglob("*"))
    assert zoo.admin.fails(1, "certificate refresh own --directory lync") == \
        "certificate 'own': the key does not fit certificate 'CN=webext.contoso.com': it belongs to another one"
    assert sorted((zoo.admin.directory / "lync").rglob("*")) == before


def test_source_is_gone(zoo):
    """It has served its turn: no drift, but nothing to refresh from either. The others are refreshed."""
    shutil.rmtree(zoo.admin.directory / "live")
    assert state(zoo) == ("on disk", 0)
    assert "certificate 'own': cannot read file '" in zoo.admin.fails(1, "certificate refresh own --directory lync")
    for command in ("import partner.pem --name partner", "refresh"):
        leaf = zoo.leaf("meet.fabrikam.com")
        zoo.pem("partner.pem", leaf, leaf.key, *zoo.chain(leaf))
        result = zoo.admin.run(f"certificate {command} --directory lync")
    assert result.err == ("lyncadm: warning: certificate 'own' was left as it is: the files that it was imported from are "
                          "gone\n")
    assert result.status == 0 and row(zoo, "partner")["fingerprint"] == leaf.fingerprint


def test_status_warns_of_the_end(zoo):
    """As check does; it is no drift."""
    for days, word in ((20, "expires"), (-3, "expired"), (40, None)):
        leaf = renew(zoo, days=(-100, days))
        zoo.admin.run("certificate refresh own --directory lync")
        zoo.admin.run("apply", "--control", zoo.httpd.control)
        result = zoo.admin.run("status", "--control", zoo.httpd.control)
        assert result.status == 0
        assert result.err == (f"lyncadm: warning: certificate 'own' {word} on {leaf.certificate.not_valid_after:%Y-%m-%d}\n"
                              if word else "")


def test_words(zoo):
    assert zoo.admin.fails(1, "certificate refresh none") == "there is no certificate 'none'"
    before = zoo.admin.bytes()
    renew(zoo)
    files = sorted((zoo.admin.directory / "lync").rglob("*"))
    result = zoo.admin.run("certificate refresh own --dry-run --directory lync")
    assert result.status == 0 and result.out.startswith("set certificate 'own'")
    assert zoo.admin.bytes() == before and sorted((zoo.admin.directory / "lync").rglob("*")) == files


def test_show(zoo):
    """The facts, where it is bound, and what it does not cover there."""
    zoo.admin.run("publish simple-url meet https://meet.fabrikam.com --via lyncdir01.contoso.local")
    leaf = zoo.leaf("meet.fabrikam.com")
    zoo.pem("partner.pem", leaf, leaf.key, *zoo.chain(leaf))
    zoo.admin.ok("certificate import partner.pem --name partner --directory lync")
    zoo.admin.run("listener add second --port 8443 --certificate own")
    zoo.admin.ok("binding add external meet.fabrikam.com --certificate partner")
    zoo.admin.run("binding add external dialin.contoso.com --certificate partner")
    facts, *bound = json.loads("\n".join(zoo.admin.ok("certificate show own --json")))
    assert facts["noun"] == "certificate" and facts["names"].split() == NAMES
    assert {"subject", "issuer", "key_type", "usages", "not_before", "not_after", "fingerprint"} <= set(facts)
    assert [(item["listener"], item["host"], item["uncovered"]) for item in bound] == [
        ("external", "*", None), ("second", "*", None)]
    _, *bound = json.loads("\n".join(zoo.admin.ok("certificate show partner --json")))
    assert [(item["listener"], item["host"], item["uncovered"]) for item in bound] == [
        ("external", "dialin.contoso.com", "dialin.contoso.com"), ("external", "meet.fabrikam.com", None)]
    lines = zoo.admin.ok("certificate show partner")
    assert any(line.split() == ["bound", "to"] or line.startswith("bound to") for line in lines), lines
    assert any(line.split() == ["external", "dialin.contoso.com", "dialin.contoso.com"] for line in lines), lines
    zoo.admin.run("binding remove external dialin.contoso.com")
    zoo.admin.run("publish simple-url dialin https://dialin.fabrikam.com --via lyncdir01.contoso.local "
                  "--listener external")
    _, first, _ = json.loads("\n".join(zoo.admin.ok("certificate show own --json")))
    assert first["uncovered"] == "dialin.fabrikam.com"
