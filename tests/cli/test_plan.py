"""lyncadm plan: what firewall, DNS and CA have to know of a revision."""
import json
import os
import re

import pytest

from conftest import NAMES
from fake_httpd import FakeHttpd
from planning import (COLUMNS, DIRECTOR, INSIDE, MOBILE, ON, OUTSIDE, POOL, REST, WAC, WEB, cells, facts, in_columns,
                      listeners, page, planned, records, rules, sign, unsaid)
from test_certificate_request import FABRIKAM, edited


# The tables of the day.

def test_ports(day):
    assert rules(day, *OUTSIDE, "--internal-address", "172.25.33.40") == [
        ("external", 80, "http", "any", "192.0.2.80", "optional", f"{MOBILE}; {ON}"),
        ("external", 443, "https", "any", "192.0.2.80", "mandatory", WEB),
        ("internal", 4443, "https", "172.25.33.40", DIRECTOR, "mandatory", "external web services, encrypted anew"),
        ("internal", 8080, "http", "172.25.33.40", DIRECTOR, "optional", MOBILE),
        ("internal", 4443, "https", "172.25.33.40", POOL, "mandatory", "external web services, encrypted anew"),
        ("internal", 443, "https", "172.25.33.40", WAC, "mandatory", "presentations in meetings")]
    rows = planned(day, "ports")
    assert {row["protocol"] for row in rows} == {"TCP"}
    assert [(row["listener"], row["pool"]) for row in rows] == [
        ("discovery", None), ("external", None), (None, DIRECTOR), (None, DIRECTOR), (None, POOL), (None, WAC)]
    assert {(row["source"], row["destination"]) for row in rows[:2]} == {("any", "the proxy")}
    assert {row["source"] for row in rows[2:]} == {"the proxy"}


def test_dns(day):
    assert records(day, *OUTSIDE) == [
        ("external", "dialin.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("external", "lyncdiscover.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("external", "lyncdiscover.contoso.com", "CNAME", "webdirext.contoso.com", "alternative"),
        ("external", "meet.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("external", "officewebapps01.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("external", "webdirext.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("external", "webext.contoso.com", "A", "192.0.2.80", "mandatory"),
        ("internal", DIRECTOR, "A", None, "mandatory"),
        ("internal", POOL, "A", None, "mandatory"),
        ("internal", WAC, "A", None, "mandatory"),
        ("internal", "dialin.contoso.com", "CNAME", DIRECTOR, "mandatory"),
        ("internal", "lyncdiscoverinternal.contoso.com", "CNAME", DIRECTOR, "mandatory"),
        ("internal", "meet.contoso.com", "CNAME", DIRECTOR, "mandatory")]
    rows = planned(day, "dns")
    assert cells(rows, "listener pool purpose") == [
        ("external", DIRECTOR, "dial-in numbers and conference PIN; its sign-in is a form"),
        ("discovery external", DIRECTOR, "where a user's pool is: discovery documents and the cross-domain frame"),
        (None, None, "in place of the address"),
        ("external", DIRECTOR, "page that joins a meeting"),
        ("external", WAC, "Office Web Apps: presentations in meetings"),
        ("external", DIRECTOR, "external web services of a Director"),
        ("external", POOL, "external web services of a pool"),
        (None, DIRECTOR, "the proxy connects to it"), (None, POOL, "the proxy connects to it"),
        (None, WAC, "the proxy connects to it"),
        (None, DIRECTOR, f"dial-in settings, for clients inside: {INSIDE}"),
        (None, DIRECTOR, f"discovery by clients inside: {INSIDE}; not to be known outside"),
        (None, DIRECTOR, f"meetings, for clients inside: {INSIDE}")]
    assert {row["target"] for row in rows if row["type"] == "A"} == {None}
    assert {(row["state"], row["found"], row["canonical"], row["expected"]) for row in rows} == {(None,) * 4}


def test_both_families(day):
    """Two addresses are two values of a record, one of the other family is a record of its own."""
    assert records(day, *OUTSIDE, "--public-address", "2001:DB8:0::1", "--public-address", "192.0.2.9")[-8:-6] == [
        ("external", "webext.contoso.com", "A", "192.0.2.80 192.0.2.9", "mandatory"),
        ("external", "webext.contoso.com", "AAAA", "2001:db8::1", "mandatory")]
    six = records(day, "--public-address", "2001:db8::1")
    assert {record[2] for record in six if record[0] == "external"} == {"AAAA", "CNAME"}
    assert len(six) == len(records(day))


def test_certificates(day):
    bound, *others = planned(day, "certificates")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bound.pop("not_after"))
    assert bound == {
        "noun": "certificate", "listener": "external", "certificate": "external", "subject": "CN=webext.contoso.com",
        "names": " ".join(["webext.contoso.com", *REST]), "usages": "serverAuth clientAuth",
        "certificate_subject": "CN=webext.contoso.com", "issuer": "CN=webext.contoso.com", "lacks_names": None,
        "lacks_usages": None, "lacks_issuer": None}
    ca = str(day.directory / "root.pem")
    assert [row.pop("noun") for row in others] == ["trust"] * 3
    assert [os.path.basename(row.pop("ca")) for row in others] == [os.path.basename(ca)] * 3
    assert others == [{"pool": DIRECTOR, "port": 4443, "names": DIRECTOR}, {"pool": POOL, "port": 4443, "names": POOL},
                      {"pool": WAC, "port": 443, "names": WAC}]


def test_the_names_are_those_of_a_request(day):
    edited(day, *FABRIKAM)
    (requested,) = json.loads(day.run("certificate request --dry-run --json --directory lync").out)
    (row,) = listeners(day)
    assert (row["subject"], row["names"]) == (requested["subject"], requested["names"])


def test_data(day):
    found = facts(day, *OUTSIDE, "--internal-address", "172.25.33.40")
    ca = next(fact[3] for fact in found if fact[2] == "ca")
    assert os.path.basename(ca) == "root.pem"

    def known(noun, name, **items):
        return [(noun, name, item, str(value), "known", None) for item, value in items.items()]
    assert found == [
        *known("proxy", None, internal_address="172.25.33.40"),
        *known("listener", "discovery", address="*", public_address="192.0.2.80", port=80),
        *known("listener", "external", address="*", public_address="192.0.2.80", port=443, certificate="external"),
        *known("pool", DIRECTOR, external_name="webdirext.contoso.com", server=DIRECTOR, https_port=4443,
               http_port=8080, ca=ca),
        *known("pool", POOL, external_name="webext.contoso.com", server=POOL, https_port=4443, http_port=8080, ca=ca),
        *known("pool", WAC, external_name="officewebapps01.contoso.com", server=WAC, https_port=443, http_port=80,
               ca=ca),
        *known("domain", "contoso.com", meet="https://meet.contoso.com", dialin="https://dialin.contoso.com",
               discover="lyncdiscover.contoso.com")]


def test_what_is_missing(day):
    """Each with what says it."""
    remedy = "--public-address ADDRESS"
    assert unsaid(day) == [("proxy", None, "internal_address", "missing", "--internal-address ADDRESS"),
                           ("listener", "discovery", "public_address", "missing", remedy),
                           ("listener", "external", "public_address", "missing", remedy)]
    edited(day, "unpublish webdirext.contoso.com", "unpublish dialin.contoso.com", "domain add fabrikam.com",
           "listener add spare --port 8443", "pool add empty --role director --ca root.pem --server dir02.contoso.local")
    assert unsaid(day, *OUTSIDE)[1:] == [
        ("listener", "spare", "certificate", "missing", "lyncadm binding add spare '*' --certificate NAME"),
        ("pool", "empty", "external_name", "missing", "lyncadm publish director HOST --to SERVER --name empty"),
        ("pool", DIRECTOR, "external_name", "missing", f"lyncadm publish director HOST --to SERVER --name {DIRECTOR}"),
        ("domain", "contoso.com", "dialin", "unpublished",
         "lyncadm publish simple-url dialin https://HOST --domain contoso.com --via POOL"),
        ("domain", "fabrikam.com", "meet", "missing",
         "lyncadm publish simple-url meet https://HOST --domain fabrikam.com --via POOL"),
        ("domain", "fabrikam.com", "discover", "missing", "lyncadm publish discover fabrikam.com --via POOL")]


# For people.

def test_tables_for_people(day):
    lines = day.ok("plan", "ports", *OUTSIDE)
    starts = [lines[0].index(word) for word in COLUMNS["ports"].split()[1:]]
    assert in_columns(lines[1:3], *starts) == [
        ["external", "TCP", "80", "http", "any", "192.0.2.80", "discovery", "", "optional", f"{MOBILE}; {ON}"],
        ["external", "TCP", "443", "https", "any", "192.0.2.80", "external", "", "mandatory", WEB]]
    assert day.ok("plan", "dns", *OUTSIDE)[0].split() == "zone name type target listener pool need purpose".split()
    assert day.ok("plan", "data")[0].split() == COLUMNS["data"].split()


def test_certificates_for_people(day):
    """Upright: a table of them would be too wide to read."""
    edited(day, *FABRIKAM)
    lines = day.ok("plan certificates")
    assert lines[:4] == [
        "listener            external", "certificate         external", "subject             CN=webext.contoso.com",
        "names               " + " ".join(sorted([*NAMES, "lyncdiscover.fabrikam.com", "meet.fabrikam.com"],
                                                 key=lambda name: (name != "webext.contoso.com", name)))]
    assert "lacks_names         lyncdiscover.fabrikam.com meet.fabrikam.com" in lines
    heading = lines.index("what the pools' servers have to present")
    assert lines[heading - 1] == "" and lines[heading + 1].split() == ["pool", "port", "names", "ca"]
    assert lines[heading + 2].split()[:3] == [DIRECTOR, "4443", DIRECTOR]


@pytest.mark.parametrize("what", COLUMNS)
def test_tsv(day, what):
    lines = day.ok("plan", what, "--tsv")
    rows = planned(day, what)
    wanted = COLUMNS[what].split()
    assert lines[0].split("\t") == wanted == list(rows[0])
    first = [row for row in rows if list(row) == wanted]
    assert [line.split("\t") for line in lines[1:1 + len(first)]] == \
        [["" if value is None else str(value) for value in row.values()] for row in first]


# Other stores.

@pytest.mark.parametrize("what", ["data", "certificates", "ports", "dns"])
def test_nothing_published(admin, what):
    assert admin.ok("plan", what) == [
        "there is nothing to plan yet: 'lyncadm listener add' and 'lyncadm publish' say what there is to be"]
    assert planned(admin, what) == []
    assert admin.ok("plan", what, "--tsv")[0].split("\t") == COLUMNS[what].split()


def test_listeners_only(admin):
    edited(admin, "listener add external --port 443", "listener add discovery --port 80")
    assert rules(admin) == [("external", 80, "http", "any", "the proxy", "optional", ON),
                            ("external", 443, "https", "any", "the proxy", "mandatory", WEB)]
    assert planned(admin, "dns") == [] == planned(admin, "certificates")


def test_two_pools_and_two_domains(day):
    """Each domain has its meet and its discovery, each pool its name, all in the certificate; one dialin will do."""
    edited(day, "publish pool webext2.contoso.com --to fe03.contoso.local --to fe04.contoso.local "
           "--name lyncpool02.contoso.local --ca root.pem",
           "publish simple-url meet https://meet.fabrikam.com --via lyncpool02.contoso.local",
           "publish discover fabrikam.com --via lyncpool02.contoso.local")
    external = [record[1:4] for record in records(day, *OUTSIDE) if record[0] == "external"]
    assert external == [
        ("dialin.contoso.com", "A", "192.0.2.80"), ("lyncdiscover.contoso.com", "A", "192.0.2.80"),
        ("lyncdiscover.contoso.com", "CNAME", "webdirext.contoso.com"),
        # none in another domain: clients that look at certificates do not take it
        ("lyncdiscover.fabrikam.com", "A", "192.0.2.80"), ("meet.contoso.com", "A", "192.0.2.80"),
        ("meet.fabrikam.com", "A", "192.0.2.80"), ("officewebapps01.contoso.com", "A", "192.0.2.80"),
        ("webdirext.contoso.com", "A", "192.0.2.80"), ("webext.contoso.com", "A", "192.0.2.80"),
        ("webext2.contoso.com", "A", "192.0.2.80")]
    internal = [record[1:4] for record in records(day) if record[0] == "internal"]
    assert ("lyncdiscoverinternal.fabrikam.com", "CNAME", "lyncpool02.contoso.local") in internal
    assert ("meet.fabrikam.com", "CNAME", "lyncpool02.contoso.local") in internal
    assert ("fe03.contoso.local", "A", None) in internal and ("fe04.contoso.local", "A", None) in internal
    assert [rule[4:6] for rule in rules(day) if rule[0] == "internal" and rule[1] == 4443] == [
        (DIRECTOR, "mandatory"), (POOL, "mandatory"), ("fe03.contoso.local", "mandatory"),
        ("fe04.contoso.local", "mandatory")]
    (row,) = listeners(day)
    new = ["lyncdiscover.fabrikam.com", "meet.fabrikam.com", "webext2.contoso.com"]
    assert row["names"].split() == ["webext.contoso.com", *sorted([*REST, *new])]
    assert row["lacks_names"].split() == new
    (trust,) = [row for row in planned(day, "certificates") if row.get("pool") == "lyncpool02.contoso.local"]
    assert trust["names"] == "fe03.contoso.local fe04.contoso.local"
    assert [fact[2:5] for fact in facts(day) if fact[1] == "fabrikam.com"] == [
        ("meet", "https://meet.fabrikam.com", "known"), ("discover", "lyncdiscover.fabrikam.com", "known")]
    day.ok("pool set lyncpool02.contoso.local --verify-name webext2.contoso.com")
    (trust,) = [row for row in planned(day, "certificates") if row.get("pool") == "lyncpool02.contoso.local"]
    assert trust["names"] == "webext2.contoso.com"


def test_discovery_on_port_80_only(day):
    """No certificate has the name, port 80 and 8080 are mandatory, an alias may be in any domain."""
    edited(day, "unpublish lyncdiscover.contoso.com",
           f"publish discover contoso.com --via {DIRECTOR} --http-only",
           f"publish discover fabrikam.com --via {DIRECTOR} --http-only")
    (row,) = listeners(day)
    assert row["names"].split() == ["webext.contoso.com", *[n for n in REST if not n.startswith("lyncdiscover.")]]
    assert rules(day)[0][1:] == (80, "http", "any", "the proxy", "mandatory",
                                 "discovery by mobile clients for domains that no certificate names")
    assert [rule[5] for rule in rules(day) if rule[1] == 8080] == ["mandatory"]
    assert [record[1:4] for record in records(day) if "discover." in record[1]] == [
        ("lyncdiscover.contoso.com", "A", None), ("lyncdiscover.contoso.com", "CNAME", "webdirext.contoso.com"),
        ("lyncdiscover.fabrikam.com", "A", None), ("lyncdiscover.fabrikam.com", "CNAME", "webdirext.contoso.com")]


def test_without_discovery_by_http(day):
    """Port 80 is for people only, and no pool is asked on 8080."""
    edited(day, "unpublish lyncdiscover.contoso.com", f"publish discover contoso.com --via {DIRECTOR}")
    assert rules(day)[0] == ("external", 80, "http", "any", "the proxy", "optional", ON)
    assert not [rule for rule in rules(day) if rule[1] == 8080]


def test_office_web_apps_with_a_listener_of_its_own(day):
    """An address and a certificate of its own, as Microsoft has it."""
    edited(day, "unpublish officewebapps01.contoso.com", "certificate add wac --chain other.pem",
           "listener set external --address 203.0.113.6",
           "listener add owas --address 203.0.113.7 --port 443 --certificate wac",
           f"publish officewebapps owas.fabrikam.com --to {WAC} --listener owas")
    assert [row[1:5] for row in records(day) if row[1] == "owas.fabrikam.com"] == [
        ("owas.fabrikam.com", "A", "203.0.113.7", "mandatory")]
    assert [row[3] for row in records(day) if row[1] == "webext.contoso.com"] == ["203.0.113.6"]
    assert [rule[4] for rule in rules(day) if rule[0] == "external"] == ["the proxy", "203.0.113.6", "203.0.113.7"]
    assert [(row["listener"], row["subject"], row["names"], row["lacks_names"]) for row in listeners(day)] == [
        ("external", "CN=webext.contoso.com", " ".join(
            ["webext.contoso.com", *[n for n in REST if not n.startswith("office")]]), None),
        ("owas", "CN=owas.fabrikam.com", "owas.fabrikam.com", None)]


@pytest.mark.parametrize("address", ["10.45.16.2", "172.31.0.1", "192.168.0.1", "127.0.0.1", "100.64.0.1", "fe80::1",
                                     "fd00::1", "::1", "0.0.0.0"])
def test_private_addresses_are_not_told_to_the_world(day, address):
    """A firewall translates them: the rule has it, the record has not."""
    edited(day, f"listener set external --address {address}")
    assert [row[3] for row in records(day) if row[1] == "webext.contoso.com"] == [None]
    assert rules(day)[1][4] == address
    assert rules(day, *OUTSIDE)[1][4] == "192.0.2.80"


def test_overridden_ports(day):
    edited(day, f"pool set {POOL} --https-port 5443", f"pool set {DIRECTOR} --http-port 9080",
           "listener set external --port 8443")
    assert [rule[1] for rule in rules(day)] == [80, 8443, 4443, 9080, 5443, 443]
    found = {fact[1:3]: fact[3] for fact in facts(day)}
    assert (found[POOL, "https_port"], found[DIRECTOR, "http_port"], found["external", "port"]) == \
        ("5443", "9080", "8443")


def test_bridged_to_http(day):
    """From 443 to 8080: the pool's port without TLS is mandatory then."""
    edited(day, "unpublish webext.contoso.com",
           f"route add external webext.contoso.com / --pool {POOL} --scheme http --profile web")
    assert [(rule[1], rule[5]) for rule in rules(day) if rule[4] == POOL] == [(8080, "mandatory")]


def test_simple_urls_with_paths(day):
    """On a host of their own, which both share, and below a pool's pages, which stay the pool's."""
    edited(day, "unpublish meet.contoso.com", "unpublish dialin.contoso.com",
           "domain set contoso.com --meet https://lync.contoso.com/meet --dialin https://lync.contoso.com/dialin",
           f"publish simple-url meet https://lync.contoso.com/meet --via {DIRECTOR}",
           f"publish simple-url dialin https://lync.contoso.com/dialin --via {DIRECTOR}",
           f"publish simple-url meet https://webext.contoso.com/meet/fabrikam --domain fabrikam.com --via {POOL}")
    assert [record[0:3] for record in records(day) if record[1] in ("lync.contoso.com", "webext.contoso.com")] == [
        ("external", "lync.contoso.com", "A"), ("external", "webext.contoso.com", "A"),
        ("internal", "lync.contoso.com", "CNAME")]
    assert {fact[2]: fact[3:5] for fact in facts(day) if fact[1] == POOL}["external_name"] == (
        "webext.contoso.com", "known")
    assert [fact[3:5] for fact in facts(day) if fact[2] in ("meet", "dialin")] == [
        ("https://lync.contoso.com/meet", "known"), ("https://lync.contoso.com/dialin", "known"),
        ("https://webext.contoso.com/meet/fabrikam", "known")]


def test_a_pool_that_is_no_name_in_dns(day):
    """Its only server stands for it, several have no name in common."""
    edited(day, "unpublish meet.contoso.com",
           "publish pool webext3.contoso.com --to fe05.contoso.local --name third --ca root.pem",
           "publish simple-url meet https://meet.contoso.com --via third")
    assert [record[1:4] for record in records(day) if record[0] == "internal"][-1] == (
        "meet.contoso.com", "CNAME", "fe05.contoso.local")
    edited(day, "server add fe06.contoso.local --pool third")
    assert [record[1:4] for record in records(day) if record[0] == "internal"][-1] == ("meet.contoso.com", "A", None)


def test_a_server_by_address_needs_no_record(day):
    edited(day, f"pool set {POOL} --verify-name {POOL}", f"server add 10.0.0.9 --pool {POOL}",
           f"server set {POOL} --state disabled")
    assert "10.0.0.9" not in [record[1] for record in records(day)]
    assert "10.0.0.9" in [rule[4] for rule in rules(day)]
    assert POOL in [rule[4] for rule in rules(day)]


def test_what_is_refused_needs_nothing(day):
    before = (rules(day), records(day), listeners(day))
    edited(day, "publish simple-url admin https://admin.contoso.com", "route add external admin.contoso.com / --action "
           "refuse")
    assert (rules(day), records(day), listeners(day)) == before


def test_what_is_redirected_needs_a_record(day):
    edited(day, "route add external old.contoso.com / --action redirect --location https://webext.contoso.com/")
    assert [record for record in records(day) if "old." in record[1]] == [
        ("external", "old.contoso.com", "A", None, "mandatory")]
    assert listeners(day)[0]["lacks_names"] == "old.contoso.com"


# Certificates.

def test_a_certificate_that_lacks(day):
    """Names, its usage, its issuer."""
    sign(day.directory, "partner.pem", ["webext.contoso.com", "meet.contoso.com"], "clientAuth")
    edited(day, "certificate add partner --chain partner.pem", "binding set external * --certificate partner")
    (row,) = listeners(day)
    assert row["certificate"] == "partner"
    assert row["lacks_names"].split() == [n for n in REST if n != "meet.contoso.com"]
    assert row["lacks_usages"] == "serverAuth"
    assert row["lacks_issuer"] == "CN=missing-ca"


def test_a_certificate_beside(day):
    """It is presented for the same names."""
    sign(day.directory, "rsa.pem", NAMES[:2], "serverAuth")
    edited(day, "certificate add rsa --chain rsa.pem", "binding set external * --beside rsa")
    one, beside = listeners(day)
    assert (one["certificate"], beside["certificate"]) == ("external", "rsa")
    assert one["names"] == beside["names"] and one["lacks_names"] is None
    assert sorted(beside["lacks_names"].split()) == sorted(NAMES[2:])


def test_certificates_by_name(day):
    """Each that is bound is told of with the names that it is presented for; those without one, too."""
    day.ok("certificate add partner --chain other.pem")
    edited(day, *FABRIKAM, *[f"binding add external {host} --certificate partner"
                             for host in ("meet.fabrikam.com", "lyncdiscover.fabrikam.com")])
    assert [(row["certificate"], row["subject"], row["names"], row["lacks_names"]) for row in listeners(day)] == [
        ("external", "CN=webext.contoso.com", " ".join(["webext.contoso.com", *REST]), None),
        ("partner", "CN=lyncdiscover.fabrikam.com", "lyncdiscover.fabrikam.com meet.fabrikam.com", None)]
    edited(day, "listener add second --port 8443", f"publish discover contoso.com --via {DIRECTOR} --listener second",
           f"publish simple-url meet https://meet.contoso.com --via {DIRECTOR} --listener second",
           "binding add second meet.contoso.com --certificate external")
    one, none = [row for row in listeners(day) if row["listener"] == "second"]
    assert (one["certificate"], one["names"], one["lacks_names"]) == ("external", "meet.contoso.com", None)
    assert (none["certificate"], none["names"], none["lacks_names"]) == (
        None, "lyncdiscover.contoso.com", "lyncdiscover.contoso.com")
    assert none["usages"] == "serverAuth clientAuth"


def test_a_responder_is_a_rule(day):
    """Stapling asks it: once, whatever number of certificates names it."""
    for name in ("one", "two"):
        sign(day.directory, name + ".pem", NAMES, "serverAuth", "http://ocsp.example.net:8888/x")
        edited(day, f"certificate add {name} --chain {name}.pem")
    edited(day, "binding set external * --certificate one", "binding add external meet.contoso.com --certificate two")
    assert [rule for rule in rules(day, *OUTSIDE) if rule[3] == "192.0.2.80"] == [
        ("external", 8888, "http", "192.0.2.80", "ocsp.example.net", "optional",
         "OCSP stapling: the CA's word that a certificate is still good")]


# Revisions.

def test_revisions(day):
    """The draft unless another one is named."""
    day.ok("apply", "--control", FakeHttpd(day).control)
    edited(day, "unpublish officewebapps01.contoso.com")
    for what in COLUMNS:
        assert planned(day, what) == planned(day, what, "draft") != planned(day, what, "1") \
            == planned(day, what, "active")
    assert page(day, "1").title == "Plan of the Lync reverse proxy: revision 1"


@pytest.mark.parametrize("words, status, sentence", [
    ("ports 7", 1, "has no revision 7"), ("ports seven", 2, "'seven' is no revision"),
    ("dns active", 1, "no revision is active"), ("data draft more", 2, "unexpected argument 'more'"),
    ("dns --public-address proxy", 2, "public-address 'proxy' is no IP address"),
    ("ports --internal-address 10.0.0.256", 2, "internal-address '10.0.0.256' is no IP address"),
    ("ports --public-address=", 2, "public-address '' is no IP address"),
    ("ports --check", 2, "--check"), ("html --json", 2, "a page has no --json or --tsv form"),
    ("html --output=", 2, "option '--output' needs a file name"), ("port", 2, "unknown command 'plan port'"),
])
def test_used_wrongly(day, words, status, sentence):
    assert sentence in day.fails(status, "plan " + words)


def test_the_store_is_left_alone(day):
    before = day.bytes()
    for what in [*COLUMNS, "html"]:
        assert day.run("plan", what).status == 0
    assert day.bytes() == before
