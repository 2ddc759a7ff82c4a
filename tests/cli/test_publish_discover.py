"""lyncadm publish discover"""
import json

import pytest

VIA = " --via lyncdir01.contoso.local"


@pytest.fixture
def bare(day):
    day.ok("unpublish lyncdiscover.contoso.com")
    return day


def routes(admin, **wanted):
    rows = json.loads("\n".join(admin.ok("route", "list", "--host", "lyncdiscover.contoso.com", "--json")))
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


def test_https(bare):
    out = bare.ok("publish discover contoso.com" + VIA)
    assert out[:2] == ["domain 'contoso.com' is already so",
                       "added route 'external lyncdiscover.contoso.com /': action publish, "
                       "pool lyncdir01.contoso.local, scheme https, profile web"]
    assert not routes(bare, listener="discovery")
    assert {r["path"] for r in routes(bare, action="refuse")} >= {"/Cscp", "/Macp", "/OcsPsws", "/Admin"}


def test_http(bare):
    bare.ok("publish discover contoso.com --http" + VIA)
    (route,) = routes(bare, listener="discovery", action="publish")
    assert (route["path"], route["scheme"], route["methods"], route["refuse_headers"]) == \
        ("/", "http", "GET HEAD", "Authorization X-MS-WebTicket")
    assert {r["path"] for r in routes(bare, listener="discovery", action="refuse")} >= {"/Cscp", "/Macp"}


def test_http_only(bare):
    bare.ok("publish discover contoso.com --http-only" + VIA)
    assert {r["listener"] for r in routes(bare)} == {"discovery"}


def test_new_domain(bare):
    result = bare.run("publish discover fabrikam.com" + VIA)
    assert result.status == 0
    assert result.out.startswith("added domain 'fabrikam.com'\nadded route 'external lyncdiscover.fabrikam.com /'")
    assert "does not cover 'lyncdiscover.fabrikam.com'" in result.err


def test_again(day):
    before = day.bytes()
    assert all(line.endswith("is already so") for line in day.ok("publish discover contoso.com --http" + VIA))
    assert day.bytes() == before


def test_no_http_listener(bare):
    bare.ok("listener remove discovery")
    assert "there is no http listener" in bare.fails(1, "publish discover contoso.com --http" + VIA)


def test_missing(bare):
    assert "one SIP domain is needed" in bare.fails(2, "publish discover")
    assert "--via POOL is missing" in bare.fails(2, "publish discover contoso.com")
    assert "domain: name 'a b' is no host name" in bare.fails(2, "publish", "discover", "a b", *VIA.split())
    assert "is already published to pool" in \
        (bare.ok("publish discover contoso.com" + VIA),
         bare.fails(1, "publish discover contoso.com --via lyncpool01.contoso.local"))[1]
