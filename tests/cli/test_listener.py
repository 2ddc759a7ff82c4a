"""lyncadm listener"""
import json

import pytest


def test_add(admin):
    admin.ok("certificate add external --chain external.pem")
    assert admin.ok("listener add external --port 443 --certificate external") == [
        "added listener 'external': address *, port 443, tls_policy intermediate",
        "added binding 'external *': certificate external"]
    assert admin.ok("listener add discovery --port 80") == ["added listener 'discovery': address *, port 80, scheme http"]


def test_add_again(day):
    before = day.bytes()
    assert day.ok("listener add external --port 443 --certificate external") == [
        "listener 'external' is already so", "binding 'external *' is already so"]
    assert day.bytes() == before


def test_add_other(day):
    assert day.fails(1, "listener add external --port 8443 --certificate external") == \
        "listener 'external' is already there with port '443', not '8443': " \
        "to change it use 'lyncadm listener set external --port 8443'"


def test_add_https_without_certificate(admin):
    """So that names can be published before a certificate for them is asked for; but it cannot be applied."""
    result = admin.run("listener add external --port 443")
    assert (result.status, result.err) == (0, "lyncadm: warning: listener 'external' has no default certificate: lyncadm "
                                           "binding add external '*' --certificate NAME\n")
    assert admin.run("check").status == 3
    assert "listener 'external' has no default certificate" in admin.fails(1, "apply --control true")


def test_add_with_unknown_certificate(admin):
    assert admin.fails(1, "listener add external --port 443 --certificate none") == \
        "binding 'external *': there is no certificate 'none'"


def test_same_port_twice(day):
    assert "listener 'external' does" in day.fails(1, "listener add twin --port 443 --certificate external")


@pytest.mark.parametrize("any_address, address", [("*", "127.0.0.1"), ("*", "::1"), ("0.0.0.0", "127.0.0.1"),
                                                  ("0.0.0.0", "*"), ("::", "::1")])
def test_same_port_of_an_address_and_all(admin, any_address, address):
    admin.ok("listener", "add", "a", "--port", "8080", "--scheme", "http", "--address", any_address)
    assert "both listen on port 8080" in \
        admin.fails(1, "listener", "add", "b", "--port", "8080", "--scheme", "http", "--address", address)


def test_same_port_of_both_protocols(admin):
    admin.ok("listener add a --port 8080 --scheme http --address 0.0.0.0")
    admin.ok("listener add b --port 8080 --scheme http --address ::")


def test_names_and_keys_as_options(admin):
    admin.ok("listener add --name a --address 127.0.0.1 --port 8080 --scheme http")
    assert admin.ok("listener show --name a --tsv")[1].startswith("a\t127.0.0.1\t8080\thttp\t\tredirect\t")


def test_set(day):
    assert day.ok("listener set discovery --otherwise refuse --port 8080") == [
        "set listener 'discovery': port 8080 (was 80), otherwise refuse (was redirect)"]
    assert day.ok("listener set discovery --otherwise refuse") == ["listener 'discovery' is already so"]


def test_set_scheme_takes_the_policy_along(admin):
    admin.ok("listener add a --port 8080 --scheme http")
    admin.ok("certificate add external --chain external.pem")
    assert "has no default certificate" in admin.run("listener set a --scheme https").err
    assert admin.run("listener show a --json").out.count('"tls_policy": "intermediate"') == 1


def test_set_nothing(day):
    assert "nothing to set" in day.fails(2, "listener set external")
    assert "name is missing" in day.fails(2, "listener set --port 3")


def test_set_unknown(day):
    assert day.fails(1, "listener set extrenal --port 3") == "there is no listener 'extrenal'"


def test_show(day):
    assert day.ok("listener show discovery")[:6] == [
        "name       discovery", "address    *", "port       80", "scheme     http", "tls_policy ",
        "otherwise  redirect"]
    assert "say which: 'discovery', 'external'" in day.fails(1, "listener show")


def test_list(day):
    assert [line.split()[:6 if "https" in line or "name" in line else 5] for line in day.ok("listener list")] == [
        ["name", "address", "port", "scheme", "tls_policy", "otherwise"],
        ["discovery", "*", "80", "http", "redirect"],
        ["external", "*", "443", "https", "intermediate", "redirect"]]
    (row,) = json.loads("\n".join(day.ok("listener list --scheme http --json")))
    assert row.items() >= {"name": "discovery", "address": "*", "port": 80, "scheme": "http", "tls_policy": None,
                           "otherwise": "redirect"}.items()


def test_remove(day):
    assert day.fails(1, "listener remove discovery") == \
        "cannot remove listener 'discovery': route 'discovery lyncdiscover.contoso.com /' uses it"
    day.ok("listener add spare --port 8443 --certificate external")
    assert day.ok("listener remove spare") == ["removed binding 'spare *'", "removed listener 'spare'"]
    assert day.fails(1, "listener remove spare") == "there is no listener 'spare'"
    assert "name is missing" in day.fails(2, "listener remove")


def test_dry_run_prints_the_same(day):
    before = day.bytes()
    result = day.run("listener add spare --port 8443 --certificate external --dry-run")
    assert result.status == 0
    assert result.err == "lyncadm: dry run: the store was not changed\n"
    assert day.bytes() == before
    assert result.out.splitlines() == day.ok("listener add spare --port 8443 --certificate external")
