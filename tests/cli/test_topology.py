"""lyncadm import topology: what is published"""
import json
import re
import shlex
import shutil
import subprocess

import pytest

from conftest import PROGRAM, TOP, Admin
from fake_httpd import FakeHttpd
from importing import IMPORT, hosts, published, ready, routes, rows, save, tables  # noqa: F401
from topology import CONTOSO, DIALIN, ENCODINGS, MEET, SHAPES, Pool, Topology, four_servers, standard, two_pools


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


def test_a_certificate_for_a_listener_that_is_there(admin):
    """It is for those that are made: what it takes to give it to another one is said."""
    save(admin, standard())
    assert admin.run("listener add external --port 443").status == 0
    result = admin.run(IMPORT + " --certificate other")
    sentence = "listener 'external' is there already and its certificate stays as it is: "
    assert result.status == 0 and sentence + "lyncadm binding add external '*' --certificate other" in result.err


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


@pytest.mark.parametrize("outside", ["false", "true"])
def test_where_a_farm_is(ready, outside):
    save(ready, four_servers().text().replace('IsExternal="false"', f'IsExternal="{outside}"').encode())
    (what,) = [n["what"] for n in tables(ready, *IMPORT.split(), "--dry-run")["plan_name"] if "office" in n["host"]]
    assert what == "Office Web Apps" + (", outside of the firewall" if outside == "true" else "")


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


def test_a_release_of_which_the_services_are_not_known(ready):
    topology = standard()
    topology.pools[0].version = 5
    save(ready, topology)
    assert "is of ServiceVersion '5', which is release 2010, whose services are not known: it is published as the others are" \
        in ready.run(IMPORT).err


def test_one_change(ready):
    save(ready, four_servers())
    ready.ok(*IMPORT.split(), "-m", "from Topology Builder")
    entries = json.loads("\n".join(ready.ok("audit --limit 1 --json")))
    assert len({e["change"] for e in entries}) == 1 and {e["reason"] for e in entries} == {"from Topology Builder"}
    assert len([e for e in entries if e["noun"] == "pool"]) == 3
    assert ready.run("audit verify").status == 0


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
    assert block.pop().startswith("lyncadm verify ") and empty.run("init").status == 0      # there is no proxy here
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
