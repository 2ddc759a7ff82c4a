"""lyncadm publish simple-url"""
import pytest

VIA = " --via lyncdir01.contoso.local"


def paths(admin, host):
    return {line.split("\t")[2]: line.split("\t")[3] for line in admin.ok("route", "list", "--host", host, "--tsv")[1:]}


@pytest.fixture
def bare(day):
    """Nothing but pools and listeners."""
    for host in ("meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com"):
        day.ok("unpublish " + host)
    day.ok("domain remove contoso.com")
    return day


def test_form_1(bare):
    out = bare.ok("publish simple-url meet https://meet.contoso.com" + VIA)
    assert out[:2] == [
        "added domain 'contoso.com': meet https://meet.contoso.com",
        "added route 'external meet.contoso.com /': action publish, pool lyncdir01.contoso.local, "
        "scheme https, profile web"]
    found = paths(bare, "meet.contoso.com")
    assert found.pop("/") == "publish"
    assert set(found.values()) == {"refuse"} and {"/Cscp", "/Macp", "/Admin"} <= set(found)
    assert bare.ok("publish simple-url dialin https://dialin.contoso.com" + VIA)[0] == \
        "set domain 'contoso.com': dialin https://dialin.contoso.com (was not set)"
    assert bare.ok("domain list --tsv")[1] == "contoso.com\thttps://meet.contoso.com\thttps://dialin.contoso.com\t"


def test_form_2(bare):
    result = bare.run("publish simple-url meet https://webext.contoso.com/Meet --via lyncpool01.contoso.local")
    assert result.status == 0, result
    for kind in ("meet", "dialin"):
        result = bare.run(f"publish simple-url {kind} https://lync.fabrikam.com/{kind.title()}" + VIA)
        assert result.status == 0, result
    assert paths(bare, "lync.fabrikam.com") == {"/Meet": "publish", "/Dialin": "publish", "/Admin": "refuse"}


def test_form_3(bare):
    bare.run("publish simple-url meet https://lync.contoso.com/contosoSIPdomain/Meet" + VIA)
    bare.ok("publish simple-url meet https://lync.contoso.com/fabrikamSIPdomain/Meet --domain fabrikam.com" + VIA)
    assert paths(bare, "lync.contoso.com") == {
        "/contosoSIPdomain/Meet": "publish", "/fabrikamSIPdomain/Meet": "publish", "/Meet": "publish",
        "/Admin": "refuse"}
    assert [line.split("\t")[0] for line in bare.ok("domain list --tsv")[1:]] == ["contoso.com", "fabrikam.com"]


def test_which_domain_is_not_known(bare):
    bare.run("publish simple-url meet https://lync.contoso.com/contosoSIPdomain/Meet" + VIA)
    result = bare.run("publish simple-url meet https://lync.contoso.com/fabrikamSIPdomain/Meet" + VIA)
    assert result.status == 0
    assert result.err == "lyncadm: warning: simple URL 'https://lync.contoso.com/fabrikamSIPdomain/Meet' is published " \
        "but kept with no domain: domain 'contoso.com' has meet 'https://lync.contoso.com/contosoSIPdomain/Meet' " \
        "already: --domain says which it belongs to\n"
    assert paths(bare, "lync.contoso.com")["/fabrikamSIPdomain/Meet"] == "publish"


def test_admin_is_only_refused(bare):
    assert bare.ok("publish simple-url admin https://lync.contoso.com/Administration") == [
        "added domain 'contoso.com': admin https://lync.contoso.com/Administration",
        "added route 'external lync.contoso.com /Administration': action refuse, service admin"]
    result = bare.run("publish simple-url meet https://lync.contoso.com/Meet" + VIA)
    assert result.status == 0
    assert paths(bare, "lync.contoso.com") == {"/Meet": "publish", "/Admin": "refuse", "/Administration": "refuse"}


def test_admin_on_a_host_of_its_own(bare):
    """A host that is not published needs no refusal; one that is cannot be refused as a whole."""
    assert bare.ok("publish simple-url admin https://admin.fabrikam.com") == [
        "added domain 'fabrikam.com': admin https://admin.fabrikam.com"]
    assert bare.ok("route list --host admin.fabrikam.com") == []
    assert "is already there with action 'publish', not 'refuse'" in \
        bare.fails(1, "publish simple-url admin https://webext.contoso.com")


def test_again(day):
    before = day.bytes()
    out = day.ok("publish simple-url meet https://meet.contoso.com" + VIA)
    assert all(line.endswith(" is already so") for line in out)
    assert day.bytes() == before


def test_case_of_the_path(bare):
    bare.run("publish simple-url meet https://lync.contoso.com/meet" + VIA)
    assert paths(bare, "lync.contoso.com") == {"/meet": "publish", "/Admin": "refuse"}


@pytest.mark.parametrize("url", ["http://m.contoso.com", "https://m.contoso.com:443", "m.contoso.com",
                                 "https://m.contoso.com/?a=b", "https://m.contoso.com/a b", "https://m_x.contoso.com",
                                 "https://*.contoso.com", "https://", "", "https://m.contoso.com/a\nb"])
def test_bad_urls(day, url):
    assert "is no simple URL: https://HOST or https://HOST/PATH, without port and query" in day.fails(
        2, "publish", "simple-url", "meet", url, "--via", "lyncdir01.contoso.local")


def test_rules(day):
    assert "already, not 'https://meeting.contoso.com': to change it use " \
        "'lyncadm domain set contoso.com --meet https://meeting.contoso.com'" in \
        day.fails(1, "publish simple-url meet https://meeting.contoso.com --domain contoso.com" + VIA)
    assert "is a prefix of" in \
        day.fails(1, "publish simple-url meet https://meet.contoso.com/fabrikam --domain fabrikam.com" + VIA)
    assert "bears the name of pool 'wac01.contoso.local'" in \
        day.fails(1, "publish simple-url meet https://wac01.contoso.local/meet --domain x.com" + VIA)
    assert "bears the name of SIP domain 'contoso.com'" in \
        day.fails(1, "publish simple-url meet https://contoso.com/meet --domain x.com" + VIA)
    assert "is already published to pool 'lyncdir01.contoso.local'" in \
        day.fails(1, "publish simple-url meet https://meet.contoso.com --via lyncpool01.contoso.local")


def test_missing(day):
    assert "a kind and a URL are needed" in day.fails(2, "publish simple-url meet")
    assert "--via POOL is missing" in day.fails(2, "publish simple-url meet https://m.fabrikam.com")
    assert "there is no pool 'x.contoso.local'" in \
        day.fails(1, "publish simple-url meet https://m.fabrikam.com --via x.contoso.local")
    assert day.fails(2, "publish simple-url met https://m.fabrikam.com" + VIA) == \
        "unknown kind of simple URL 'met': there is 'meet'"
