"""lyncadm import topology: documents that are none"""
import random
import time

import pytest

from garble import garble
from importing import IMPORT, ready, save  # noqa: F401
from topology import SHAPES, TOPOLOGY, Pool, Topology, edge_only, four_servers, standard, two_pools


@pytest.mark.parametrize("topology, sentence", [
    (edge_only(), "document 't.xml' names no WebServices role, so that there is nothing to publish: its roles are EdgeServer"),
    (Topology([]), "names no WebServices role, so that there is nothing to publish: its roles are none"),
    (Topology([Pool("p1.contoso.local", ports={("External", "Https"): (4443, 443)})]),
     "document 't.xml' has no pool with an external name"),
    (Topology([Pool("p 1", "webext.contoso.com")]), "pool 'p 1' is no host name"),
    (Topology([Pool("p1", "web\next'\"")]), "external host 'web?ext'\"' is no host name"),
    (Topology([Pool("p1", "10.0.0.1")]), "external host '10.0.0.1' is no host name"),
    (Topology([Pool("p1", "w.contoso.com", ["fe\u00e9"])]), "server 'fe\u00e9' is no host name"),
    (Topology([Pool("p1", "w.contoso.com")], domains=["conto so"]), "SIP domain 'conto so' is no host name"),
    (Topology([Pool("p1", "w.contoso.com", overrides=["https://a b/"])]), "that overrides others, 'a b' is no host name"),
    (Topology([Pool("p1", "w.contoso.com"), Pool("p2", "w.contoso.com")]), "has host 'w.contoso.com' for both pools 'p1' and 'p2'"),
    (Topology([Pool("p1", "w.contoso.com", ports={("External", "Https"): (0, 443)})]), "Port '0' is no port from 1 to 65535"),
    (Topology([Pool("p1", "w.contoso.com", ports={("External", "Https"): (4443, 65536)})]), "ConfiguredPort '65536' is no port"),
    (Topology([Pool("p1", "w.contoso.com"), Pool("p2", wac="https://w'/")]), "Office Web Apps farm, 'w'' is no host name"),
    (Topology([Pool("p1", "w.contoso.com"), Pool("p2", wac="https://w:0/")]), "the port of 'https://w:0/' is none from 1"),
    (Topology([Pool("p1", "w.contoso.com")], urls=[("Meet", "*", "http://meet")]), "meet 'http://meet' is no simple URL"),
])
@pytest.mark.parametrize("shape", SHAPES)
def test_topologies_that_cannot_be(ready, topology, sentence, shape):
    if shape == "published" and topology.urls and "simple" in sentence:
        shape = "builder"
    save(ready, topology, shape)
    assert sentence in ready.fails(1, IMPORT)


def test_names_of_what_is_not_published(ready):
    """A telephony gateway may have an address for a name."""
    topology = standard()
    topology.pools += [Pool("10.0.0.5", roles=["PstnGateway"]), Pool("sql\\rtc", roles=["UserStore"])]
    save(ready, topology)
    ready.ok(IMPORT)


def test_a_service_of_no_pool(ready):
    text = standard().text().replace('InstalledOn="uid-1"', 'InstalledOn="uid-7"')
    save(ready, text.encode())
    assert "service 'WebServices' is installed on 'uid-7', which is no pool of it" in ready.fails(1, IMPORT)


def test_two_pools_of_one_id(ready):
    save(ready, two_pools().text().replace("uid-2", "uid-1").encode())
    assert "pool 'pool2.contoso.local' has the id of pool 'pool1.contoso.local'" in ready.fails(1, IMPORT)


XML = '<?xml version="1.0"?>'
DTD = XML + '<!DOCTYPE a [<!ENTITY b "%s"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("text, sentence", [
    ("", "is no XML: no element found"), ("<", "is no XML"), ("not XML", "is no XML: syntax error"),
    ("<Topology/>", "is no topology: its root is 'Topology' (namespace '')"),
    (f"<Topology xmlns='{TOPOLOGY}x'/>", "names no WebServices role"),
    ("<Topology xmlns='urn:other'/>", "is no topology: its root is 'Topology' (namespace 'urn:other')"),
    (f"<Other xmlns='{TOPOLOGY}'/>", "neither the TopologyBuilder of a Topology Builder file nor the Topology of"),
    (f"<TopologyBuilder xmlns='{TOPOLOGY}'/>", "is no topology: its root is 'TopologyBuilder'"),
    (DTD % "x" + "<a>&b;</a>", "has a document type definition (DTD)"),
    (DTD % "x" + "<a>&c;</a>", "has a document type definition (DTD)"),
    ("<a>&c;</a>", "is no XML: undefined entity"),
    ("<a:b/>", "is no XML"), ("<a></b>", "is no XML: mismatched tag"),
    ("<a>" * 100000, "has more elements within each other than any topology"),
    ("<a " + " ".join(f"xmlns:n{i}='u{i}'" for i in range(50)) + "/>", "has more namespaces at an element"),
    ("<a>" + "<b/>" * 500000 + "</a>", "has more elements than any topology"),
    ("<a>\0</a>", "is no text in UTF-8, nor in UTF-16 with a byte order mark"),
    ("<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a+AD4-<a/>", "is no XML"),
    ("{}", "is no XML"),
], ids=range(19))
def test_hostile(ready, text, sentence):
    save(ready, text.encode())
    assert sentence in ready.fails(1, IMPORT)


@pytest.mark.parametrize("data, sentence", [
    (b"\xff\xfe<\0a\0/\0>", "is no UTF-16: half a character is left at its end"),
    (b"\xff\xfe<\0\0\xd8", "is no UTF-16: character 2 is half a pair"), (b"\xfe\xff\xdc\0", "character 1 is half a pair"),
    (b"\xff\xfe" + "<a>\0</a>".encode("utf-16-le"), "is no XML"), (b"\xef\xbb\xbf", "is no XML: no element found"),
    (b"<a>\xff</a>", "is no XML: not well-formed (invalid token)"),
    ("<a/>".encode("utf-16-le"), "is no text in UTF-8, nor in UTF-16"),
])
def test_encodings_that_are_none(ready, data, sentence):
    save(ready, data)
    assert sentence in ready.fails(1, IMPORT)


def test_laughs(ready):
    entities = "".join(f'<!ENTITY l{i} "{"&l%d;" % (i - 1) * 10}">' for i in range(1, 10))
    save(ready, f'{XML}<!DOCTYPE l [<!ENTITY l0 "ha">{entities}]><l>&l9;</l>'.encode())
    start = time.monotonic()
    assert "has a document type definition" in ready.fails(1, IMPORT)
    assert time.monotonic() - start < 10        # for ever, were they expanded


def test_huge(ready):
    with open(ready.directory / "t.xml", "w") as file:
        file.truncate(100 << 20)
    assert ready.fails(1, IMPORT) == "document 't.xml' is longer than 16 MB"
    assert ready.fails(1, "import topology /dev/zero --ca root.pem") == "document '/dev/zero' is longer than 16 MB"


@pytest.mark.parametrize("part, sentence", [
    ("<a>" + "\n<b/>" * 390000 + "</a>", "is no topology"), ("<a>" + "\n" * (15 << 20) + "</a>", "is no topology"),
    ("<a " + " ".join(f"n{i}='u'" for i in range(900000)) + "/>", "is no topology"),
    ("<" + "a" * (15 << 20) + "/>", "is no topology"), ("<!--" + "-" * (15 << 20), "is no XML"),
    (f"<Topology xmlns='{TOPOLOGY}'><Clusters>" + "<Cluster Fqdn='a'><ClusterId SiteId='1' Number='%d'/></Cluster>" % 1 +
     "".join(f"<Cluster UniqueId='{i}'/>" for i in range(2000)) + "</Clusters></Topology>", "has more than 500 pools"),
    (f"<Topology xmlns='{TOPOLOGY}'><Services>" + "<Service RoleName='a'/>" * 20000 + "</Services></Topology>",
     "has more than 10000 services"),
    (f"<Topology xmlns='{TOPOLOGY}'><InternalDomains>" + "".join(f"<InternalDomain Name='d{i}'/>" for i in range(2000)) +
     "</InternalDomains></Topology>", "has more than 500 SIP domains"),
    ("<a>" + "".join(f"<b xmlns:c='{i}'/>" for i in range(390000)) + "</a>", "has more namespaces than any topology"),
], ids=["elements", "lines", "attributes", "name", "comment", "pools", "services", "domains", "namespaces"])
def test_much_of_something(ready, part, sentence):
    """Within the bounds, or just beyond: an answer in seconds."""
    save(ready, part.encode())
    start = time.monotonic()
    error = ready.fails(1, IMPORT)
    assert sentence in error or "is no XML" in error
    assert time.monotonic() - start < 30        # minutes, were it quadratic


def test_a_name_as_long_as_the_document(ready):
    """What is wrong with it is told, and not all of it."""
    for letter in ("a", "\u00e9", "\u20ac"):
        save(ready, Topology([Pool("p1", letter * 100000 + " ")]))
        error = ready.fails(1, IMPORT)
        assert error.startswith("document 't.xml': external host '" + letter) and error.endswith(letter + " ' is no host name")
        assert len(error.encode()) < 4100 and "\ufffd" not in error


def test_namespaces_of_others(ready):
    """What is in them is not looked at, and that is said."""
    text = standard().text("published").replace("<Clusters>", "<Clusters xmlns='urn:x'><Cluster Fqdn='a'/></Clusters><Clusters>")
    save(ready, text.encode())
    result = ready.run(IMPORT + " --simple-url meet=https://meet.contoso.com")
    assert result.status == 0 and result.err == \
        "lyncadm: warning: element 'Clusters' of document 't.xml' is in namespace 'urn:x', which is none of a topology's: " \
        "it was not looked at\n"


def test_a_component_that_is_not_known(ready):
    topology = standard()
    topology.urls += [("Fax", "*", "https://fax.contoso.com")]
    save(ready, topology)
    result = ready.run(IMPORT)
    assert result.status == 0 and "component 'Fax', which is not known" in result.err


@pytest.mark.parametrize("shape", SHAPES)
def test_truncated(ready, shape):
    whole = four_servers().bytes(shape)
    for length in range(0, len(whole) - 1, len(whole) // 25):
        save(ready, whole[:length])
        assert "is no XML" in ready.fails(1, IMPORT)


@pytest.mark.parametrize("shape", SHAPES)
def test_mutations(ready, shape):
    """Cut off and garbled: taken, or refused with one sentence and nothing written."""
    whole = four_servers().bytes(shape)
    rng = random.Random(6)
    for _ in range(60):
        garbled = garble(rng, whole, [b'"', b"<", b">", b"&amp;", b"</Cluster>", b"-->", b"xmlns='urn:x' ", b"Fqdn"])
        save(ready, garbled)
        before = ready.bytes()
        result = ready.run(IMPORT + " --dry-run")
        assert result.status in (0, 1) and ready.bytes() == before, (garbled, result)
        if result.status == 1:
            assert result.out == "" and len([line for line in result.err.splitlines() if "warning" not in line]) == 1, result
