"""lyncadm import topology into a draft that has been imported, and edited, before"""
import pytest

from importing import IMPORT, hosts, published, ready, routes, rows, save, tables  # noqa: F401
from terminal import Terminal
from topology import ADMIN, MEET, Pool, four_servers, standard, two_pools


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


def test_a_simple_url_that_is_gone(published):
    """With its host, unless what is gone is kept; another document may not say anything of it."""
    topology = four_servers()
    topology.urls = [MEET, ADMIN]
    for shape, words in (("builder", " --keep"), ("published", "")):
        save(published, topology, shape)
        assert published.ok(IMPORT + words) == ["the draft is already as topology 't.xml' has it"]
    save(published, topology)
    lines = published.ok(IMPORT + " --yes")
    assert "set domain 'contoso.com': dialin not set (was https://dialin.contoso.com)" in lines
    assert rows(published, "domain")[0]["dialin"] is None
    assert ("external", "dialin.contoso.com") not in hosts(published)
    assert published.ok("check") == ["no findings"]


def test_a_simple_url_of_another_domain(ready):
    """An administrator's word for whose it is stays."""
    topology = two_pools()
    topology.urls[1] = ("Dialin", "*", "https://Dialin.contoso.com/")
    save(ready, topology)
    assert ready.run(IMPORT).status == 0
    ready.ok("domain set contoso.com --dialin=")
    ready.ok("domain set fabrikam.com --dialin https://dialin.contoso.com")
    assert ready.ok(IMPORT)[0] == "set domain 'contoso.com': dialin https://dialin.contoso.com (was not set)"
    assert [d["dialin"] for d in rows(ready, "domain")] == ["https://dialin.contoso.com"] * 2


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


def test_a_name_that_was_closed_by_hand(published):
    """It stays so, which is told as long as the topology publishes it; the remedy helps."""
    published.ok("route remove external lyncdiscover.contoso.com /")
    published.ok("route add external lyncdiscover.contoso.com / --action refuse")
    result = published.run(IMPORT)
    assert result.status == 0 and routes(published)["external", "lyncdiscover.contoso.com", "/"]["action"] == "refuse"
    warning, = result.err.splitlines()
    assert warning.startswith("lyncadm: warning: route 'external lyncdiscover.contoso.com /' is to refuse in the draft")
    published.ok(warning.split("'lyncadm ")[1].split("'")[0])
    assert "added route 'external lyncdiscover.contoso.com /'" in published.ok(IMPORT)[0]


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


def test_what_an_administrator_closed_stays_closed(published):
    """Even when the pool that it led to is another one now."""
    published.ok(*"route set external webext.contoso.com /Mcx --action refuse --pool= --profile= --scheme=".split())
    closed = routes(published)["external", "webext.contoso.com", "/Mcx"]
    assert published.ok(IMPORT) == ["the draft is already as topology 't.xml' has it"]
    topology = four_servers()
    topology.pools[0].name = "lyncpool02.contoso.local"
    save(published, topology)
    published.ok(IMPORT + " --yes")
    assert routes(published)["external", "webext.contoso.com", "/Mcx"] == closed


def test_a_route_of_an_administrator_to_a_pool_that_goes(published):
    published.ok("route add external webext.contoso.com /extra --pool wac01.contoso.local --profile web --scheme https")
    topology = four_servers()
    del topology.pools[2]
    save(published, topology)
    assert "removed route 'external webext.contoso.com /extra'" in published.ok(IMPORT + " --yes")


def test_what_an_administrator_removed_comes_back(published):
    assert published.run("route remove external webext.contoso.com /Cscp").status == 0
    assert published.ok(IMPORT)[0] == \
        "added route 'external webext.contoso.com /Cscp': action refuse, service cscp"


def test_an_edit_of_somebody_else(published):
    save(published, standard())
    assert "the draft has moved on" in published.fails(1, IMPORT + " --yes --if-revision 1")
