"""lyncadm publish pool, director, officewebapps"""
import json

import pytest

ADD = "publish pool webext.contoso.com --to lyncpool01.contoso.local --ca root.pem"


@pytest.fixture
def ready(admin):
    admin.ok("certificate add external --chain external.pem")
    admin.ok("listener add external --port 443 --certificate external")
    return admin


def routes(admin, host):
    rows = json.loads("\n".join(admin.ok("route", "list", "--host", host, "--json")))
    return {row["path"]: row for row in rows}


def test_pool(ready):
    out = ready.ok(ADD)
    assert out[0].startswith("added pool 'lyncpool01.contoso.local': role frontend, https_port 4443, http_port 8080")
    assert out[1].startswith("added server 'lyncpool01.contoso.local, pool lyncpool01.contoso.local'")
    assert out[2] == "added route 'external webext.contoso.com /': action publish, " \
        "pool lyncpool01.contoso.local, scheme https, profile web"
    assert "added route 'external webext.contoso.com /Ucwa': action publish, pool lyncpool01.contoso.local, " \
        "scheme https, profile poll, service ucwa" in out
    assert "added route 'external webext.contoso.com /Cscp': action refuse, service cscp" in out
    assert ready.ok("check") == ["no findings"]


def test_pool_routes(ready):
    ready.ok(ADD)
    found = routes(ready, "webext.contoso.com")
    assert {p: r["profile"] for p, r in found.items() if r["action"] == "publish"} == {
        "/": "web", "/Abs": "content", "/CollabContent": "content", "/DataCollabWeb": "content",
        "/RequestHandlerExt": "content", "/Ucwa": "poll", "/Mcx": "poll", "/Reach": "poll"}
    refused = {p for p, r in found.items() if r["action"] == "refuse"}
    assert refused >= {"/Cscp", "/Macp", "/OcsPsws", "/OcsPowershell", "/Admin", "/ABS/Ext/Handler", "/AutoUpdate/Ext"}
    assert all(r["service"] for p, r in found.items() if p != "/")
    assert all(r["pool"] is None and r["scheme"] is None for r in found.values() if r["action"] == "refuse")


def test_again(ready):
    ready.ok(ADD)
    before = ready.bytes()
    out = ready.ok(ADD)
    assert all(line.endswith(" is already so") for line in out)
    assert ready.bytes() == before


def test_again_after_the_pool_was_changed(ready):
    """Only what the command says is compared."""
    ready.ok(ADD)
    ready.ok("pool set lyncpool01.contoso.local --connect-timeout 20")
    ready.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    ready.ok(ADD)
    assert "https_port '4443', not '4444'" in ready.fails(1, ADD + " --https-port 4444")
    assert "is already there without server 'fe03.contoso.local'" in ready.fails(
        1, "publish pool webext.contoso.com --name lyncpool01.contoso.local --to fe03.contoso.local")


def test_second_name_of_a_pool(ready):
    ready.ok(ADD)
    out = ready.run("publish pool webext2.contoso.com --name lyncpool01.contoso.local")
    assert out.status == 0
    assert out.out.startswith("pool 'lyncpool01.contoso.local' is already so\nadded route 'external webext2")
    assert "does not cover 'webext2.contoso.com'" in out.err


def test_host_published_twice(day):
    assert day.fails(1, "publish pool webext.contoso.com --to other.contoso.local --ca root.pem") == \
        "host 'webext.contoso.com' is already published to pool 'lyncpool01.contoso.local', " \
        "not 'other.contoso.local': 'lyncadm unpublish webext.contoso.com' first"


def test_options(ready):
    ready.ok("publish pool webext.contoso.com --name p.contoso.local --to fe01.contoso.local --to 10.1.2.3 --ca root.pem "
             "--role standard --https-port 14443 --http-port 18080 --verify-name webext.contoso.com --affinity cookie")
    row = json.loads("\n".join(ready.ok("pool show p.contoso.local --json")))[0]
    assert (row["role"], row["https_port"], row["http_port"], row["verify_name"], row["affinity"]) == \
        ("standard", 14443, 18080, "webext.contoso.com", "cookie")
    assert [line.split("\t")[0] for line in ready.ok("server list --tsv")[1:]] == ["10.1.2.3", "fe01.contoso.local"]


def test_release(ready):
    ready.ok(ADD + " --release 2019")
    found = routes(ready, "webext.contoso.com")
    assert "/Mcx" not in found and "/Ucwa" in found
    assert "/OcsPowershell" in found    # refused in front of every release
    assert ready.fails(2, ADD + " --release 2016") == "unknown release '2016': there is '2013', '2015' or '2019'"


def test_a_service_that_was_changed(ready):
    ready.ok("service set mcx --action refuse")
    ready.ok(ADD)
    assert routes(ready, "webext.contoso.com")["/Mcx"]["action"] == "refuse"


def test_director(ready):
    out = ready.ok("publish director webdirext.contoso.com --to lyncdir01.contoso.local --ca root.pem")
    assert out[0].startswith("added pool 'lyncdir01.contoso.local': role director, https_port 4443")
    assert len(routes(ready, "webdirext.contoso.com")) == len(out) - 2
    assert "role 'director', not 'frontend'" in ready.fails(
        1, "publish pool webext.contoso.com --to lyncdir01.contoso.local --ca root.pem")


def test_officewebapps(ready):
    out = ready.ok("publish officewebapps officewebapps01.contoso.com --to wac01.contoso.local --ca root.pem")
    assert out[0].startswith("added pool 'wac01.contoso.local': role officewebapps, https_port 443, http_port 80")
    assert "health_path /hosting/discovery" in out[0]
    assert out[2:] == ["added route 'external officewebapps01.contoso.com /': action publish, "
                       "pool wac01.contoso.local, scheme https, profile content"]


def test_role_of_another_command(ready):
    assert ready.fails(2, ADD + " --role director") == "'lyncadm publish pool' is not for pools with role 'director'"


def test_missing(ready, empty):
    assert "--to HOST is missing" in ready.fails(2, "publish pool webext.contoso.com")
    assert "one public host is needed" in ready.fails(2, "publish pool")
    assert "one public host is needed" in ready.fails(2, "publish pool a.b c.d --to x.y")
    assert "needs --ca FILE" in ready.fails(2, "publish pool webext.contoso.com --to a.contoso.local")
    assert "there is no pool 'a.contoso.local'" in \
        ready.fails(1, "publish pool webext.contoso.com --name a.contoso.local")
    assert "No such file" in ready.fails(1, "publish pool webext.contoso.com --to a.contoso.local --ca none.pem")


def test_listener(ready):
    ready.ok("listener add second --port 8443 --certificate external")
    assert ready.fails(1, ADD) == "there are 2 https listeners, 'external', 'second': say which with --listener NAME"
    ready.ok(ADD + " --listener second")
    assert set(line.split("\t")[0] for line in ready.ok("route list --tsv")[1:]) == {"second"}
    assert ready.fails(1, ADD + " --listener third") == "there is no listener 'third'"


def test_no_listener(admin):
    assert admin.fails(1, ADD) == "there is no https listener: 'lyncadm listener add NAME --port 443 " \
        "--certificate NAME' adds one"


def test_bad_names(ready):
    for host in ("web ext.contoso.com", "webext.contoso.com:443", "*.contoso.com", "https://webext.contoso.com",
                 "web'ext", 'web"ext', "a\nb", ""):
        assert "host '" in ready.fails(2, "publish", "pool", host, "--to", "a.contoso.local", "--ca", "root.pem")
    for server in ("a b", "*", "a\nb", "http://a", "10.0.0.256", ""):
        assert "is no host name" in ready.fails(2, "publish", "pool", "a.contoso.com", "--to", server, "--ca", "root.pem")


def test_dry_run(ready):
    before = ready.bytes()
    result = ready.run(ADD + " --dry-run")
    assert (result.status, ready.bytes()) == (0, before)
    assert result.out.splitlines() == ready.ok(ADD)


def test_json(ready):
    rows = json.loads("\n".join(ready.ok(ADD + " --json")))
    assert rows[0]["done"] == "added" and rows[0]["noun"] == "pool" and rows[0]["name"] == "lyncpool01.contoso.local"
    assert {"done": "added", "noun": "route", "name": "external webext.contoso.com /Cscp",
            "detail": "action refuse, service cscp"} in rows
