"""lyncadm binding"""


def test_add(day):
    day.ok("certificate add partner --chain other.pem")
    assert day.ok("binding add external meet.contoso.com --certificate external") == [
        "added binding 'external meet.contoso.com': certificate external"]
    assert day.ok("binding add external meet.contoso.com --certificate external") == [
        "binding 'external meet.contoso.com' is already so"]
    assert "is already there with certificate 'external', not 'partner'" in \
        day.fails(1, "binding add external meet.contoso.com --certificate partner")


def test_host_defaults_to_all(day):
    assert day.ok("binding add external --certificate external") == ["binding 'external *' is already so"]


def test_set_warns_of_names_that_are_not_covered(day):
    day.ok("certificate add partner --chain other.pem")
    day.ok("binding add external meet.contoso.com --certificate external")
    result = day.run("binding set external meet.contoso.com --certificate partner")
    assert result.status == 0
    assert result.out == "set binding 'external meet.contoso.com': certificate partner (was external)\n"
    assert result.err.startswith("lyncadm: warning: certificate 'partner' does not cover 'meet.contoso.com'")


def test_bad_hosts(day):
    for host in ("*.contoso.com", "meet.*", "a b", "", "a-", "10.0.0.1"):
        assert f"binding: host '{host}' is no host name" in \
            day.fails(2, "binding", "add", "external", host, "--certificate", "external")


def test_unknown_names(day):
    assert "there is no listener 'x'" in day.fails(1, "binding add x --certificate external")
    assert "there is no certificate 'x'" in day.fails(1, "binding add external a.contoso.com --certificate x")
    assert "needs --certificate" in day.fails(2, "binding add external a.contoso.com")


def test_without_the_default(day):
    assert "listener 'external' has no default certificate" in day.run("binding remove external *").err
    assert "listener 'external' has no default certificate" in day.fails(1, "apply --control true")


def test_list_and_show(day):
    assert day.ok("binding list --tsv") == ["listener\thost\tcertificate\tbeside", "external\t*\texternal\t"]
    assert day.ok("binding show") == ["listener    external", "host        *", "certificate external", "beside      "]
