"""lyncadm import topology"""
import json
import random
import re
import shlex
import shutil
import subprocess
import time

import pytest

from conftest import DAY, PROGRAM, TOP, Admin
from fake_httpd import FakeHttpd
from garble import garble
from terminal import Terminal
from topology import (ADMIN, CONTOSO, DIALIN, ENCODINGS, MEET, SHAPES, TOPOLOGY, Pool, Topology, edge_only, four_servers,
                      standard, two_pools)

IMPORT = "import topology t.xml --ca root.pem"


def save(admin, topology, *args, name="t.xml", **more):
    (admin.directory / name).write_bytes(topology if isinstance(topology, bytes) else topology.bytes(*args, **more))


def rows(admin, noun):
    return json.loads("\n".join(admin.ok(noun, "list", "--json")))


def document(admin):
    return json.loads(admin.run("export draft").out)


def routes(admin):
    return {(r["listener"], r["host"], r["path"]): r for r in rows(admin, "route")}


def hosts(admin):
    return {(r["listener"], r["host"]): r["pool"] for r in rows(admin, "route") if r["pool"]}


def tables(admin, *words):
    """The plan as a program gets it, by noun; and what changes."""
    result = admin.run(*words, "--json")
    assert result.status == 0, result
    found = {}
    for row in json.loads(result.out):
        key = "changes" if "done" in row else row.pop("noun")
        found.setdefault(key, []).append(row)
    return found


@pytest.fixture
def ready(admin):
    """Listeners and a certificate, as in the day."""
    for line in DAY[1:4]:
        admin.ok(line)
    return admin


@pytest.fixture
def published(ready):
    """A topology that was imported."""
    save(ready, four_servers())
    ready.ok(IMPORT + " --http")
    return ready


# what is published

@pytest.mark.parametrize("shape", SHAPES)
def test_as_an_administrator_types_it(ready, day_store, shape):
    """The same draft as that of the day, row by row."""
    topology = four_servers()
    topology.urls = [MEET, DIALIN]
    save(ready, topology, shape)
    more = "" if shape == "builder" else \
        " --simple-url meet=https://meet.contoso.com --simple-url dialin=https://dialin.contoso.com"
    ready.ok(IMPORT + " --http" + more)
    typed = Admin(day_store.parent)
    expected = json.loads(typed.run("export draft").out)
    found = json.loads(ready.run("export draft").out.replace(str(ready.directory), str(typed.directory)))
    for noun in expected:
        if noun != "certificate":
            assert found[noun] == expected[noun], noun


@pytest.mark.parametrize("prefixed", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_encodings(published, shape, encoding, prefixed):
    """All of them say the same: importing one after the other changes nothing."""
    before = published.bytes()
    save(published, four_servers(), shape, encoding, prefixed)
    assert published.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]
    assert published.ok(IMPORT + " --json") == ["[]"]
    assert published.bytes() == before


def test_standard_edition(ready):
    save(ready, standard())
    ready.ok(IMPORT)
    (pool,) = rows(ready, "pool")
    assert (pool["name"], pool["role"], pool["https_port"]) == ("se01.contoso.local", "standard", 4443)
    assert [s["host"] for s in rows(ready, "server")] == ["se01.contoso.local"]
    assert hosts(ready) == {("external", host): "se01.contoso.local" for host in (
        "webext.contoso.com", "meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com")}
    assert rows(ready, "domain") == [{"name": "contoso.com", "meet": "https://meet.contoso.com",
                                      "dialin": "https://dialin.contoso.com", "admin": "https://admin.contoso.com"}]
    assert ready.ok("check") == ["no findings"]


def test_two_pools_and_domains(ready):
    save(ready, two_pools())
    assert ready.run(IMPORT).status == 0        # names that the certificate lacks are warned of
    assert hosts(ready) == {("external", host): pool for host, pool in {
        "webext.contoso.com": "pool1.contoso.local", "webext2.contoso.com": "pool2.contoso.local",
        # no Director: the newest answers
        **dict.fromkeys(["meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com", "meet.fabrikam.com",
                         "lyncdiscover.fabrikam.com"], "pool2.contoso.local")}.items()}
    assert [(d["name"], d["meet"], d["dialin"]) for d in rows(ready, "domain")] == [
        ("contoso.com", "https://meet.contoso.com", "https://dialin.contoso.com"),
        ("fabrikam.com", "https://meet.fabrikam.com", None)]


def test_via(ready):
    save(ready, two_pools())
    assert ready.run(IMPORT + " --via pool1.contoso.local").status == 0
    assert hosts(ready)[("external", "meet.fabrikam.com")] == "pool1.contoso.local"
    assert "there is no pool 'pool3.contoso.local'" in ready.fails(1, IMPORT + " --via pool3.contoso.local")


def test_equal_pools_stay_as_the_draft_has_them(ready):
    pools = [Pool(f"p{n}.contoso.local", f"webext{n}.contoso.com") for n in (1, 2)]
    save(ready, Topology(pools, urls=[MEET]))
    ready.run(IMPORT + " --via p2.contoso.local")
    before = ready.bytes()
    save(ready, Topology(pools, urls=[MEET]), "published")
    assert ready.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]
    assert ready.bytes() == before and hosts(ready)[("external", "meet.contoso.com")] == "p2.contoso.local"


@pytest.mark.parametrize("shape", SHAPES)
def test_ports(admin, shape):
    """Where the pool listens is the pool's, what clients are told is the listener's."""
    ports = {("External", "Https"): (5443, 8443), ("External", "Http"): (5080, None)}
    save(admin, Topology([Pool("p1.contoso.local", "webext.contoso.com", ports=ports)]), shape)
    plan = tables(admin, *IMPORT.split(), "--http")
    (pool,) = plan["plan_pool"]
    assert (pool["https_port"], pool["published_https_port"], pool["http_port"], pool["published_http_port"]) == \
        (5443, 8443, 5080, 5080)
    (row,) = rows(admin, "pool")
    assert (row["https_port"], row["http_port"]) == (5443, 5080)
    assert {(r["name"], r["port"], r["scheme"]) for r in rows(admin, "listener")} == {
        ("external", 8443, "https"), ("external-443", 443, "https"), ("discovery", 80, "http")}
    assert hosts(admin)[("external", "webext.contoso.com")] == "p1.contoso.local"
    assert hosts(admin)[("external-443", "lyncdiscover.contoso.com")] == "p1.contoso.local"
    assert hosts(admin)[("discovery", "lyncdiscover.contoso.com")] == "p1.contoso.local"


def test_a_listener_by_name(ready):
    save(ready, standard())
    ready.ok("listener add second --port 8443 --certificate external")
    result = ready.run(IMPORT + " --listener second")
    assert result.status == 0
    assert "clients are told port 443, and listener 'second' is on port 8443" in result.err
    assert {key[0] for key in routes(ready)} == {"second"}


def test_a_listener_that_something_in_front_leads_to(admin):
    """Once it is known, it need not be said again."""
    save(admin, standard())
    assert admin.run("listener add inner --port 8443").status == 0
    assert admin.run(IMPORT + " --listener inner").status == 0
    before = admin.bytes()
    result = admin.run(IMPORT)
    assert result.out == "the draft is already as topology 't.xml' has it\n" and admin.bytes() == before
    assert "clients are told port 443, and listener 'inner' is on port 8443" in result.err


def test_another_published_port(ready):
    """The names move to the listener of that port, with what is refused."""
    save(ready, standard())
    ready.ok(IMPORT)
    refused = {key[2] for key, r in routes(ready).items() if key[1] == "webext.contoso.com" and r["action"] == "refuse"}
    topology = standard()
    topology.pools[0].ports = {("External", "Https"): (4443, 8443)}
    save(ready, topology)
    assert "--yes removes them" in ready.fails(1, IMPORT)
    ready.ok(IMPORT + " --yes --certificate external")
    assert {key[0] for key in routes(ready) if key[1] == "webext.contoso.com"} == {"external-8443"}
    assert refused == {key[2] for key, r in routes(ready).items()
                       if key[1] == "webext.contoso.com" and r["action"] == "refuse"}
    assert ready.ok("check") == ["no findings"]


def test_which_listener(ready):
    save(ready, standard())
    ready.ok("listener set external --address 127.0.0.1")
    ready.ok("listener add second --port 443 --address 127.0.0.2 --certificate external")
    assert ready.fails(1, IMPORT) == "there are 2 https listeners on port 443: say which with --listener NAME"


def test_inside_and_outside_on_the_same_port(ready):
    save(ready, Topology([Pool("p1.contoso.local", "webext.contoso.com", ports={("External", "Https"): (443, 443)})],
                         urls=CONTOSO))
    assert "pool 'p1.contoso.local' listens on port 443 for inside and outside" in ready.run(IMPORT).err


@pytest.mark.parametrize("shape", SHAPES)
def test_override_urls(ready, shape):
    save(ready, Topology([Pool("p1.contoso.local", "webext.contoso.com", overrides=["https://Other.contoso.com/Meet"])],
                         urls=CONTOSO), shape)
    ready.run(IMPORT)
    assert hosts(ready)[("external", "other.contoso.com")] == "p1.contoso.local"


def test_office_web_apps(ready):
    save(ready, Topology([
        Pool("se01.contoso.local", "webext.contoso.com"),
        Pool("wac01.contoso.local", wac="https://OWAS.contoso.com:8443/hosting/discovery/"),
        Pool("wac02.contoso.local", wac="http://owas2.contoso.com/hosting/discovery/")], urls=CONTOSO))
    plan = tables(ready, *IMPORT.split())
    assert {r["because"] for r in plan["plan_skipped"]} == \
        {"its URL 'http://owas2.contoso.com/hosting/discovery/' is none of https"}
    farm = rows(ready, "pool")[1]
    assert (farm["name"], farm["role"], farm["https_port"], farm["health_path"]) == \
        ("wac01.contoso.local", "officewebapps", 8443, "/hosting/discovery")
    assert hosts(ready)[("external-8443", "owas.contoso.com")] == "wac01.contoso.local"


def test_url_forms(ready):
    """A path on a name of its own, on a pool's name, one that leads to old meetings only; administration is refused."""
    save(ready, Topology([Pool("p1.contoso.local", "webext.contoso.com"),
                          Pool("dir1.contoso.local", "webdirext.contoso.com", director=True)],
                         urls=[("Meet", "contoso.com", "https://webext.contoso.com/Meet", "https://old.contoso.com"),
                               ("Dialin", "*", "https://lync.contoso.com/Dialin"),
                               ("Cscp", "*", "https://lync.contoso.com/Manage")]))
    ready.run(IMPORT)
    found = routes(ready)
    assert found["external", "webext.contoso.com", "/Meet"]["pool"] == "p1.contoso.local"
    assert found["external", "old.contoso.com", "/"]["pool"] == "dir1.contoso.local"
    assert found["external", "lync.contoso.com", "/Dialin"]["pool"] == "dir1.contoso.local"
    assert found["external", "lync.contoso.com", "/Manage"]["action"] == "refuse"
    assert rows(ready, "domain")[0]["meet"] == "https://webext.contoso.com/Meet"


def test_whose_url_it_is(ready):
    """The default domain's, when the host is below none."""
    save(ready, Topology([Pool("p1.contoso.local", "webext.contoso.com")], domains=["contoso.com", "fabrikam.com"],
                         default="fabrikam.com", urls=[("Dialin", "*", "https://dialin.example.net")]))
    ready.run(IMPORT)
    assert [(d["name"], d["dialin"]) for d in rows(ready, "domain")] == [
        ("contoso.com", None), ("fabrikam.com", "https://dialin.example.net")]


def test_servers(ready):
    """The load balancer before a pool by default, --balance the single ones; then as the draft has it."""
    save(ready, four_servers())
    ready.ok(IMPORT)
    assert [s["host"] for s in rows(ready, "server") if s["pool"] == "lyncpool01.contoso.local"] == \
        ["lyncpool01.contoso.local"]
    assert "--yes removes it" in ready.fails(1, IMPORT + " --balance")
    ready.ok(IMPORT + " --balance --yes")
    four = [f"fe0{n}.contoso.local" for n in (1, 2, 3, 4)]
    assert [s["host"] for s in rows(ready, "server") if s["pool"] == "lyncpool01.contoso.local"] == four
    ready.ok("server set fe02.contoso.local --weight 7")
    assert ready.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]
    topology = four_servers()
    topology.pools[0].machines[0] = "fe05.contoso.local"
    save(ready, topology)
    assert ready.ok(IMPORT + " --yes")[:2] == [
        "removed server 'fe01.contoso.local, pool lyncpool01.contoso.local'",
        "added server 'fe05.contoso.local, pool lyncpool01.contoso.local': weight 1"]
    assert [s["weight"] for s in rows(ready, "server") if s["host"] == "fe02.contoso.local"] == [7]


def test_an_address_in_the_load_balancer_s_place(ready):
    save(ready, four_servers())
    ready.ok(IMPORT)
    ready.ok("pool set lyncpool01.contoso.local --verify-name lyncpool01.contoso.local")
    ready.ok("server add 10.0.0.7 --pool lyncpool01.contoso.local")
    ready.ok("server remove lyncpool01.contoso.local --pool lyncpool01.contoso.local")
    assert ready.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]


# the plan

def test_plan(ready):
    save(ready, four_servers())
    plan = tables(ready, *IMPORT.split(), "--http", "--dry-run")
    assert plan["plan_pool"][0] == {
        "name": "lyncpool01.contoso.local", "role": "frontend", "release": "2015",
        "servers": "lyncpool01.contoso.local (in front of 4)", "https_port": 4443, "published_https_port": 443,
        "http_port": 8080, "published_http_port": 80}
    assert [p["role"] for p in plan["plan_pool"]] == ["frontend", "director", "officewebapps"]
    assert {(n["host"], n["listener"], n["what"]) for n in plan["plan_name"]} == {
        ("webext.contoso.com", "external", "external web services"),
        ("webdirext.contoso.com", "external", "external web services"),
        ("officewebapps01.contoso.com", "external", "Office Web Apps"),
        ("meet.contoso.com", "external", "meet"), ("dialin.contoso.com", "external", "dialin"),
        ("admin.contoso.com", "external", "admin: refused"),
        ("lyncdiscover.contoso.com", "external", "discovery of contoso.com"),
        ("lyncdiscover.contoso.com", "discovery", "discovery of contoso.com")}
    assert plan["plan_domain"][0]["name"] == "contoso.com"
    assert plan["plan_listener"] == [
        {"name": "discovery", "scheme": "http", "port": 80, "certificate": None},
        {"name": "external", "scheme": "https", "port": 443, "certificate": "external"}]
    assert {"role": "EdgeServer", "pools": "edge01.contoso.local",
            "because": "no HTTP: clients reach an Edge server without a reverse proxy"} in plan["plan_skipped"]
    assert {r["role"] for r in plan["plan_skipped"]} >= {"UserStore", "FileStore", "MediationServer"}
    assert len([c for c in plan["changes"] if c["noun"] == "route"]) > 60


def test_plan_for_people(ready):
    """Shown before anything is written; no list of routes."""
    save(ready, four_servers())
    before = ready.bytes()
    result = ready.run(IMPORT + " --dry-run")
    assert result.err == "lyncadm: dry run: the store was not changed\n" and ready.bytes() == before
    lines = result.out.splitlines()
    assert [line for line in lines if line in ("pools", "names", "SIP domains", "listeners", "skipped", "changes")] == \
        ["pools", "names", "SIP domains", "listeners", "skipped"]
    assert len(lines) < 40 and not any(line.startswith("added") for line in lines)
    assert ready.ok(IMPORT)[:-1] == lines
    assert ready.ok(IMPORT + " --tsv") == ["done\tnoun\tname\tdetail"]


def test_a_role_that_is_not_known(ready):
    topology = standard()
    topology.pools[0].roles = ["Tele\x9bportation\n'"]
    topology.pools[0].version = "\x9b2J"
    save(ready, topology)
    (skipped,) = tables(ready, *IMPORT.split(), "--dry-run")["plan_skipped"]
    assert skipped["role"] == "Tele??portation?'"       # nothing that a terminal obeys
    result = ready.run(IMPORT + " --dry-run")
    assert "ServiceVersion '??2J', which is no release that is known" in result.err and "\x9b" not in result.out
    assert skipped["because"] == "a role that is not known: nothing is published of it"


def test_one_change(ready):
    save(ready, four_servers())
    ready.ok(*IMPORT.split(), "-m", "from Topology Builder")
    entries = json.loads("\n".join(ready.ok("audit --limit 1 --json")))
    assert len({e["change"] for e in entries}) == 1 and {e["reason"] for e in entries} == {"from Topology Builder"}
    assert len([e for e in entries if e["noun"] == "pool"]) == 3
    assert ready.run("audit verify").status == 0


# again

def test_differences(published):
    topology = four_servers()
    topology.pools[0].ports = {("External", "Https"): (4444, 443)}
    topology.pools.append(Pool("p2.contoso.local", "webext2.contoso.com"))
    save(published, topology)
    result = published.run(IMPORT)
    lines = result.out.splitlines()
    assert result.status == 0
    assert lines[0] == "set pool 'lyncpool01.contoso.local': https_port 4444 (was 4443)"
    assert lines[1].startswith("added pool 'p2.contoso.local': role standard")
    assert all("webext2.contoso.com" in line for line in lines[3:-1])
    assert lines[-1].startswith("the draft is as topology 't.xml' has it: ")


@pytest.fixture
def smaller(published):
    """The topology has no Office Web Apps any more."""
    topology = four_servers()
    del topology.pools[2]
    save(published, topology)
    published.removed = [
        "removed pool 'wac01.contoso.local'", "removed server 'wac01.contoso.local, pool wac01.contoso.local'",
        "removed route 'external officewebapps01.contoso.com /'"]
    return published


def test_removal_is_refused(smaller):
    assert smaller.fails(1, IMPORT) == \
        "topology 't.xml' lacks pool 'wac01.contoso.local' and 2 more rows of the draft: --yes removes them, " \
        "--keep keeps them, --dry-run shows what would be done"


def test_removal(smaller):
    assert smaller.ok(IMPORT + " --yes") == smaller.removed + ["the draft is as topology 't.xml' has it: 3 removed"]
    assert smaller.ok("check") == ["no findings"]


def test_removal_is_shown(smaller):
    changes = tables(smaller, *IMPORT.split(), "--dry-run")["changes"]
    assert [f"{c['done']} {c['noun']} '{c['name']}'" for c in changes] == smaller.removed


def test_keep(smaller):
    before = smaller.bytes()
    assert smaller.ok(IMPORT + " --keep") == ["the draft is already as topology 't.xml' has it"]
    assert smaller.bytes() == before


def test_a_person_is_asked(smaller):
    for answer, status in (("n\n", 1), ("y\n", 0)):
        terminal = Terminal(smaller, *IMPORT.split())
        assert "make the draft so (3 removed)? [y/N] " in terminal.question()
        found, out, err = terminal.answer(answer)
        assert found == status and out.splitlines()[:3] == smaller.removed
        assert ("the draft stays as it was" in err) == bool(status)
    assert len(rows(smaller, "pool")) == 2


def test_a_person_sees_the_plan_first(ready):
    save(ready, four_servers())
    before = ready.bytes()
    terminal = Terminal(ready, *IMPORT.split())
    terminal.question()
    assert ready.bytes() == before
    status, out, _ = terminal.answer("y\n")
    assert status == 0 and out.startswith("pools\nname ") and "skipped\nrole" in out


def test_a_pool_that_took_the_place_of_another(published):
    """Names move with it."""
    topology = four_servers()
    topology.pools[0].name = "lyncpool02.contoso.local"
    del topology.pools[1]               # the Director, too
    save(published, topology)
    published.ok(IMPORT + " --yes")
    assert set(hosts(published).values()) == {"lyncpool02.contoso.local", "wac01.contoso.local"}
    assert published.ok("check") == ["no findings"]


def test_what_an_administrator_changed_stays(published):
    published.ok("pool set lyncpool01.contoso.local --connect-timeout 20 --affinity cookie")
    published.ok("route set external webext.contoso.com /Abs --profile poll")
    published.ok("route set external webext.contoso.com /Mcx --pin always")
    published.ok("route add external webext.contoso.com /extra --pool lyncpool01.contoso.local --profile web --scheme https")
    published.ok("route add external old.contoso.com --action redirect --location https://webext.contoso.com/")
    published.ok("route add external lyncdiscover.contoso.com /Ucwa --action refuse --service ucwa")
    published.ok("profile set web --timeout 301")
    before = published.bytes()
    assert published.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]
    assert published.bytes() == before


def test_what_an_administrator_removed_comes_back(published):
    assert published.run("route remove external webext.contoso.com /Cscp").status == 0
    assert published.ok(IMPORT)[0] == \
        "added route 'external webext.contoso.com /Cscp': action refuse, service cscp"


def test_an_edit_of_somebody_else(published):
    save(published, standard())
    assert "the draft has moved on" in published.fails(1, IMPORT + " --yes --if-revision 1")


# simple URLs of documents that lack them

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


# from a fresh machine

def test_a_fresh_store(admin):
    """Nothing but the topology: listeners are made, and wait for a certificate."""
    save(admin, four_servers())
    result = admin.run(IMPORT + " --http")
    assert result.status == 0
    assert result.err == "lyncadm: warning: listener 'external' has no default certificate: " \
        "lyncadm binding add external '*' --certificate NAME\n"
    assert [(r["name"], r["port"]) for r in rows(admin, "listener")] == [("discovery", 80), ("external", 443)]


def test_readme(empty):
    """A fresh machine, by the README's own words."""
    readme = (TOP / "README.md").read_text()
    block = re.search(r"^```sh topology\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)[1].splitlines()
    httpd = FakeHttpd(empty)
    save(empty, four_servers(), name="contoso.tbxml")
    text = (empty.directory / "external.pem").read_text()
    (empty.directory / "external.key").write_text(text[text.index("-----BEGIN PRIVATE"):])
    (empty.directory / "external.key").chmod(0o600)
    assert 1 + len(block) <= 4 and empty.run("init").status == 0
    for line in block:
        words = shlex.split(line.replace("/etc/lync", str(empty.directory)))[1:]
        more = {"certificate": ["--directory", empty.directory / "lync"], "apply": ["--control", httpd.control]}
        result = empty.run(*words, *more.get(words[0], []))
        assert (result.status, result.err) == (0, ""), (line, result)
    assert empty.ok("check") == ["no findings"]
    assert hosts(empty)[("discovery", "lyncdiscover.contoso.com")] == "lyncdir01.contoso.local"


def test_used_wrongly(ready):
    save(ready, four_servers())
    assert "pool 'lyncpool01.contoso.local' is new and needs --ca FILE" in ready.fails(2, "import topology t.xml")
    assert "a topology document is missing" in ready.fails(2, "import topology")
    assert "unexpected argument 'b'" in ready.fails(2, "import topology a b")
    assert "cannot read document 'none'" in ready.fails(1, "import topology none --ca root.pem")
    assert "there is no certificate 'none'" in ready.fails(
        1, IMPORT + " --certificate none --listener another")
    assert "No such file" in ready.fails(1, "import topology t.xml --ca none.pem")


def test_from_a_pipe(ready):
    result = subprocess.run([PROGRAM, "import", "topology", "-", "--ca", "root.pem"], cwd=ready.directory, env=ready.env,
                            input=four_servers().bytes("published", "utf-16-le"), capture_output=True, check=False)
    assert result.returncode == 0 and len(rows(ready, "pool")) == 3


def test_a_file_called_topology(published):
    """import is a command and a group."""
    published.ok("export draft --output topology")
    assert published.ok("import ./topology") == ["the draft is already as document './topology' has it"]
    shutil.copy(published.directory / "topology", published.directory / "file")
    assert published.ok("import file")[0].startswith("the draft is already")
    assert published.ok("import", "--json", "file") == ["[]"]
    assert published.ok("import", "--json", "topology", "t.xml") == ["[]"]
    assert "usage: lyncadm import topology FILE" in published.ok("import topology --help")[0]
    assert "usage: lyncadm import FILE" in published.ok("import --help")[0]


# documents that are none

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
], ids=["elements", "lines", "attributes", "name", "comment", "pools", "services", "domains"])
def test_much_of_something(ready, part, sentence):
    """Within the bounds, or just beyond: an answer in seconds."""
    save(ready, part.encode())
    start = time.monotonic()
    error = ready.fails(1, IMPORT)
    assert sentence in error or "is no XML" in error
    assert time.monotonic() - start < 30        # minutes, were it quadratic


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
