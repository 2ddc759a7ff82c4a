"""lyncadm import topology: simple URLs of documents that lack them"""
import json

import pytest

from importing import IMPORT, hosts, ready, rows, save  # noqa: F401
from topology import CONTOSO, ENCODINGS, standard, two_pools


POWERSHELL = {"Identity": "Global", "SimpleUrl": [
    {"SimpleUrlEntry": [{"Url": url}], "Component": kind, "Domain": domain, "ActiveUrl": url}
    for kind, domain, url in CONTOSO], "UseBackendDatabase": False}
CONVERTED = "<Objects><Object Type='x'><Property Name='SimpleUrl'>" + "".join(
    f"<Property Type='y'><Property Name='Component'>{k}</Property><Property Name='Domain'>{d}</Property>"
    f"<Property Name='ActiveUrl'>{u}</Property></Property>" for k, d, u in CONTOSO) + "</Property></Object></Objects>"
CLIXML = "<Objs Version='1.1.0.1' xmlns='http://schemas.microsoft.com/powershell/2004/04'><Obj><Props><Obj N='SimpleUrl'>" \
    "<LST>" + "".join(f"<Obj><Props><S N='Component'>{k}</S><S N='Domain'>{d}</S><S N='ActiveUrl'>{u}</S></Props></Obj>"
                      for k, d, u in CONTOSO) + "</LST></Obj></Props></Obj></Objs>"


@pytest.mark.parametrize("text", [json.dumps(POWERSHELL), json.dumps([POWERSHELL], indent=1), CONVERTED, CLIXML],
                         ids=["json", "array", "xml", "clixml"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_simple_urls(ready, text, encoding):
    save(ready, standard(), "published")
    (ready.directory / "urls").write_bytes(ENCODINGS[encoding] + text.encode(encoding))
    ready.ok(IMPORT + " --simple-urls urls")
    assert rows(ready, "domain") == [{"name": "contoso.com", "meet": "https://meet.contoso.com",
                                      "dialin": "https://dialin.contoso.com", "admin": "https://admin.contoso.com"}]
    assert {host for _, host in hosts(ready)} >= {"meet.contoso.com", "dialin.contoso.com"}
    assert ready.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]       # the draft knows them now


def test_a_text_in_pieces(ready):
    """To the parser an entity ends a piece of text: a name is not cut there."""
    save(ready, standard(), "published")
    (ready.directory / "urls").write_text(CLIXML.replace("meet.contoso.com", "meet&#46;contoso.com"))
    ready.ok(IMPORT + " --simple-urls urls")
    assert rows(ready, "domain")[0]["meet"] == "https://meet.contoso.com"


def test_no_simple_urls(ready):
    save(ready, standard(), "published")
    assert "says nothing of simple URLs: --simple-url KIND=URL, or --simple-urls FILE" in ready.run(IMPORT).err


def test_one_simple_url_is_another(ready):
    """What is not given stays."""
    save(ready, two_pools(), "published")
    more = " --simple-url dialin=https://dialin.contoso.com"
    ready.run(IMPORT + " --simple-url meet=https://meet.contoso.com --simple-url meet=https://meet.fabrikam.com" + more)
    result = ready.run(IMPORT + " --simple-url meet=https://lync.contoso.com/Meet --yes")
    assert [(d["name"], d["meet"], d["dialin"]) for d in rows(ready, "domain")] == [
        ("contoso.com", "https://lync.contoso.com/Meet", "https://dialin.contoso.com"),
        ("fabrikam.com", "https://meet.fabrikam.com", None)]
    names = {host for _, host in hosts(ready)}
    assert names >= {"lync.contoso.com", "dialin.contoso.com", "meet.fabrikam.com"} and "meet.contoso.com" not in names
    assert "removed route 'external meet.contoso.com /'" in result.out.splitlines()


def test_simple_urls_in_capital_letters(ready):
    save(ready, standard(), "published")
    ready.run(IMPORT + " --simple-url meet=HTTPS://Meet.contoso.com/")
    assert ready.ok("domain list --tsv")[1].split("\t")[1] == "https://meet.contoso.com"
    assert ("external", "meet.contoso.com") in hosts(ready)
    assert "already" in ready.ok(IMPORT + " --simple-url meet=https://meet.contoso.com")[-1]


def test_simple_urls_used_wrongly(ready):
    save(ready, standard())
    assert "says what the simple URLs are" in ready.fails(2, IMPORT + " --simple-url meet=https://meet.contoso.com")
    save(ready, standard(), "published")
    for text in ("meet", "mee=https://a.b", "=x", "meeting=https://a.b"):
        assert "is no KIND=URL such as meet=" in ready.fails(2, *IMPORT.split(), "--simple-url", text)
    assert "is no simple URL" in ready.fails(1, *IMPORT.split(), "--simple-url", "meet=http://meet.contoso.com")
    for text, sentence in (("{", "line 1:"), ("{}", "names no simple URL"), ("<a/>", "names no simple URL"),
                           ("<a", "is no XML"), ("[" * 3000, "maximum parsing depth")):
        (ready.directory / "urls").write_text(text)
        assert sentence in ready.fails(1, IMPORT + " --simple-urls urls")


def test_the_user_of_a_url_is_not_repeated(ready):
    save(ready, standard(), "published")
    wrong = "https://bob:geh'eim@meet.contoso.com"
    for error in (ready.fails(1, *IMPORT.split(), "--simple-url", "meet=" + wrong),
                  ready.fails(2, "publish", "simple-url", "meet", wrong, "--via", "p"),
                  ready.fails(2, "publish", "pool", wrong, "--to", "p")):
        assert "'https://...@meet.contoso.com'" in error, error
