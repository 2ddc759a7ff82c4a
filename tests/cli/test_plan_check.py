"""lyncadm plan dns --check: whether DNS has what is planned. Names resolve by a file of the test's."""
import os
import subprocess

import pytest

from conftest import NAMES
from planning import DIRECTOR, OUTSIDE, POOL, WAC, cells, page, planned
from test_certificate_request import edited


GOOD = {**{name: "192.0.2.80" for name in NAMES}, DIRECTOR: "10.0.0.1", POOL: "10.0.0.2", WAC: "10.0.0.3"}


def checked(day, env, *words, status=3):
    """What is looked up, by name."""
    rows = planned(day, "dns", "--check", *words, status=status, env=env)
    return {(row["name"], row["type"]): tuple(row[c] for c in ("state", "found", "expected"))
            for row in rows if row["state"]}


@pytest.mark.parametrize("words", [[], OUTSIDE])
def test_all_is_right(day, resolver, words):
    """Each public name and each server is looked up; what clients inside see is not, for it is not seen from here."""
    answers = checked(day, resolver(**GOOD), *words, status=0)
    assert answers == {(name, "A"): ("known", address, None) for name, address in GOOD.items()}


def test_missing_and_other(day, resolver):
    wrong = {**GOOD, "meet.contoso.com": "192.0.2.81"}
    del wrong["dialin.contoso.com"], wrong[WAC]
    for words in ([], OUTSIDE):
        answers = checked(day, resolver(**wrong), *words)
        assert answers.pop(("meet.contoso.com", "A")) == ("other", "192.0.2.81", "192.0.2.80")
        assert answers.pop(("dialin.contoso.com", "A")) == ("missing", None, "192.0.2.80")
        assert answers.pop((WAC, "A")) == ("missing", None, None)
        assert {answer[0] for answer in answers.values()} == {"known"}


def test_all_lead_elsewhere(day, resolver):
    """Names that agree are right unless the address is said."""
    moved = {name: address.replace("192.0.2.80", "198.51.100.1") for name, address in GOOD.items()}
    assert checked(day, resolver(**moved), status=0)
    answers = checked(day, resolver(**moved), *OUTSIDE)
    assert {answers[name, "A"] for name in NAMES} == {("other", "198.51.100.1", "192.0.2.80")}


def test_check_of_both_families(day, resolver):
    """Each record by itself; an address of a family that nobody planned is wrong."""
    both = {name: address + (" 2001:db8::1" if "webext" in name else "") for name, address in GOOD.items()}
    words = [*OUTSIDE, "--public-address", "2001:db8::1"]
    answers = checked(day, resolver(**both), *words)
    assert answers["webext.contoso.com", "A"] == ("known", "192.0.2.80", None)
    assert answers["webext.contoso.com", "AAAA"] == ("known", "2001:db8::1", None)
    assert answers["meet.contoso.com", "A"] == ("known", "192.0.2.80", None)
    assert answers["meet.contoso.com", "AAAA"] == ("missing", None, "2001:db8::1")
    answers = checked(day, resolver(**both), *OUTSIDE)
    assert answers["webext.contoso.com", "A"] == ("other", "192.0.2.80 2001:db8::1", "192.0.2.80")


def test_several_addresses(day, resolver):
    two = {name: address + (" 192.0.2.9" if name in NAMES else "") for name, address in GOOD.items()}
    words = ["--public-address", "192.0.2.9", *OUTSIDE]
    assert checked(day, resolver(**two), *words, status=0)
    answers = checked(day, resolver(**GOOD), *words)
    assert answers["meet.contoso.com", "A"] == ("other", "192.0.2.80", "192.0.2.80 192.0.2.9")


def test_a_server_that_leads_back(day, resolver):
    """To the proxy: a wildcard in DNS does that."""
    for words in ([], OUTSIDE):
        answers = checked(day, resolver(**{**GOOD, POOL: "192.0.2.80"}), *words)
        assert answers[POOL, "A"] == ("other", "192.0.2.80", "not 192.0.2.80")
    edited(day, "listener set external --address 192.0.2.80", "listener set discovery --address 192.0.2.80")
    elsewhere = {**{name: "192.0.2.81" for name in NAMES}, DIRECTOR: "10.0.0.1", POOL: "192.0.2.80", WAC: "10.0.0.3"}
    answers = checked(day, resolver(**elsewhere))
    assert answers[POOL, "A"] == ("other", "192.0.2.80", "not 192.0.2.80")
    assert answers["meet.contoso.com", "A"] == ("other", "192.0.2.81", "192.0.2.80")


def test_an_alias_in_another_domain(day, resolver):
    """Clients do not follow it where they look at certificates. On port 80 they do, as within the domain."""
    aliases = {**GOOD, "proxy.contoso.com": "192.0.2.80", "proxy.fabrikam.com": "192.0.2.80"}
    del aliases["lyncdiscover.contoso.com"]

    def env(alias):
        return resolver(**{name + (" lyncdiscover.contoso.com" if name == alias else ""): address
                           for name, address in aliases.items()})
    for alias in ("webdirext.contoso.com", "proxy.contoso.com"):
        rows = planned(day, "dns", "--check", *OUTSIDE, env=env(alias))
        assert cells([row for row in rows if row["canonical"]], "name state canonical") == [
            ("lyncdiscover.contoso.com", "known", alias)]
    answers = checked(day, env("proxy.fabrikam.com"), *OUTSIDE)
    assert answers["lyncdiscover.contoso.com", "A"] == ("other", "192.0.2.80", "no alias outside of contoso.com")
    edited(day, "unpublish lyncdiscover.contoso.com", f"publish discover contoso.com --via {DIRECTOR} --http-only")
    assert checked(day, env("proxy.fabrikam.com"), *OUTSIDE, status=0)


def test_more_names_than_are_asked_at_once(day, resolver):
    names = [f"fe{i:02}.contoso.local" for i in range(40)]
    edited(day, *[f"server add {name} --pool {POOL}" for name in names])
    answers = checked(day, resolver(**GOOD, **{name: "10.0.1.1" for name in names}), status=0)
    assert {answers[name, "A"] for name in names} == {("known", "10.0.1.1", None)}


def test_check_in_the_page_and_for_people(day, resolver):
    env = resolver(**{**GOOD, "meet.contoso.com": "192.0.2.81"})
    shown = page(day, "--check", status=3, env=env)
    assert ["meet.contoso.com", "A", "", "other", "192.0.2.81"] in [row[1:6] for row in shown.tables["dns"]]
    result = day.run("plan", "dns", "--check", *OUTSIDE, env=env)
    assert result.status == 3
    assert result.out.splitlines()[0].split()[:7] == ["zone", "name", "type", "target", "state", "found", "expected"]


def test_a_resolver_that_is_silent(day, tmp_path):
    """It ends in time, says so, and leaves no process behind."""
    source = tmp_path / "silent.c"
    source.write_text("#include <unistd.h>\nint getaddrinfo(void) { for (;;) pause(); }\n")
    subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-fno-builtin", "-o", tmp_path / "silent.so", source], check=True)
    env = resolver_of(tmp_path / "silent.so")
    answers = checked(day, env)
    assert {answer[:2] for answer in answers.values()} == {("unanswered", None)} and len(answers) == len(GOOD)
    assert not children_of(day)


def resolver_of(library):
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}


def children_of(day):
    """Processes that still have the test's store in their environment."""
    mark = f"LYNC_STORE={day.store}".encode()
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/environ", "rb") as environ:
                found += [entry] if mark in environ.read().split(b"\0") else []
        except OSError:
            pass
    return found
