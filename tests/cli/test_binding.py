"""lyncadm binding"""
import subprocess


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


def test_default_stays(day):
    assert "listener 'external' has no default certificate" in day.fails(1, "binding remove external *")


def test_list_and_show(day):
    assert day.ok("binding list --tsv") == ["listener\thost\tcertificate\tbeside", "external\t*\texternal\t"]
    assert day.ok("binding show") == ["listener    external", "host        *", "certificate external", "beside      "]


def rsa(day, name="rsa", size=2048, host="meet.contoso.com"):
    """Adds a certificate with an RSA key."""
    file = day.directory / (name + ".pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:%d" % size, "-nodes", "-subj", "/CN=" + host, "-days", "400",
                    "-addext", "subjectAltName=DNS:" + host, "-keyout", file, "-out", day.directory / "leaf.pem"], check=True,
                   stderr=subprocess.DEVNULL)
    file.write_bytes((day.directory / "leaf.pem").read_bytes() + file.read_bytes())
    day.ok("certificate", "add", name, "--chain", file)


def test_beside(day):
    rsa(day)
    day.ok("binding add external meet.contoso.com --certificate external")
    assert day.ok("binding set external meet.contoso.com --beside rsa") == [
        "set binding 'external meet.contoso.com': beside rsa (was not set)"]
    assert day.ok("binding show external meet.contoso.com")[-1] == "beside      rsa"
    assert day.ok("binding", "set", "external", "meet.contoso.com", "--beside", "") == [
        "set binding 'external meet.contoso.com': beside not set (was rsa)"]


def test_beside_has_to_be_of_the_other_kind(day):
    """mod_ssl keeps one of each kind."""
    day.ok("certificate add partner --chain other.pem")
    rsa(day)
    rsa(day, "larger", 3072)
    for certificate, beside, kinds in (("external", "partner", "(EC P-256, EC P-256)"), ("external", "external", "(EC P-256"),
                                       ("rsa", "larger", "(RSA 2048, RSA 3072)")):
        sentence = day.fails(1, "binding", "add", "external", "meet.contoso.com", "--certificate", certificate, "--beside",
                             beside)
        assert f"certificate '{beside}' cannot be presented beside '{certificate}'" in sentence and kinds in sentence
        assert "lyncadm binding set external 'meet.contoso.com' --beside ''" in sentence


def test_beside_has_to_be_there_and_stays(day):
    rsa(day)
    assert "there is no certificate 'x'" in day.fails(1, "binding set external * --beside x")
    day.ok("binding add external meet.contoso.com --certificate external --beside rsa")
    assert "'rsa'" in day.fails(1, "certificate remove rsa")


def test_beside_has_to_cover_the_names_too(day):
    rsa(day)
    result = day.run("binding set external * --beside rsa")
    assert result.status == 0
    assert "certificate 'rsa' does not cover 'lyncdiscover.contoso.com'" in result.err
    assert "certificate 'rsa' does not cover 'meet.contoso.com'" not in result.err
