"""lyncadm import apache: what is proposed"""
import json
import re
import shlex
import shutil

import pytest

from apache import BALANCER, BLOG, CARE, GOOD, NAMES, POOL, REFUSAL, REWRITE, ROOT, WHOLE, each_name, site
from conftest import TOP, Admin, certificate
from fake_httpd import FakeHttpd
from importing import hosts, routes, rows, tables
from terminal import Terminal

IMPORT = "import apache lync.conf"
WRITE = IMPORT + " --write"


def save(admin, text, name="lync.conf"):
    path = admin.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def written(admin, text, *more, status=0):
    save(admin, text)
    result = admin.run(*WRITE.split(), *more)
    assert result.status == status, result
    return result


def skipped(admin, text, *more):
    """Directive, line and reason of what was not taken over."""
    save(admin, text)
    result = tables_of(admin, *more)
    return [(row["directive"], row["line"], row["because"]) for row in result.get("plan_skipped", [])]


def tables_of(admin, *more):
    result = admin.run(*IMPORT.split(), *more, "--json")
    assert result.status in (0, 3), result
    found = {}
    for row in json.loads(result.out):
        found.setdefault("changes" if "done" in row else row.pop("noun"), []).append(row)
    assert (result.status == 3) == ("plan_skipped" in found)
    return found


def test_nothing_is_written_without_write(admin):
    before = admin.bytes()
    save(admin, BLOG)
    result = admin.run(IMPORT + " --ca root.pem")
    assert (result.status, result.err) == (0, "lyncadm: dry run: the store was not changed\n")
    assert admin.bytes() == before
    for words in ("--json", "--tsv", "--write --dry-run"):
        assert admin.run(f"{IMPORT} --ca root.pem {words}").status == 0
        assert admin.bytes() == before


def test_blog(admin):
    """One virtual host with all names, and one that redirects to it."""
    result = written(admin, BLOG, "--ca", "root.pem", "-m", "from httpd")
    assert result.out.splitlines()[-1] == f"the draft is as configuration '{admin.directory}/lync.conf' has it: 78 added"
    assert hosts(admin) == {("external", name): "lyncpool01.contoso.local" for name in NAMES}
    assert [(r["name"], r["address"], r["port"], r["scheme"]) for r in rows(admin, "listener")] == [
        ("discovery", "*", 80, "http"), ("external", "*", 443, "https")]
    (pool,) = rows(admin, "pool")
    assert (pool["https_port"], pool["http_port"], pool["ca"]) == (4443, 8080, str(admin.directory / "root.pem"))
    assert rows(admin, "domain") == [{"name": "contoso.com", "meet": "https://meet.contoso.com",
                                      "dialin": "https://dialin.contoso.com", "admin": None}]
    (binding,) = rows(admin, "binding")
    assert (binding["host"], binding["certificate"]) == ("*", "webext.contoso.com")
    assert [c["chain"] for c in rows(admin, "certificate")] == [str(admin.directory / "external.pem")]
    assert admin.ok("check") == ["no findings"]
    assert "from httpd" in "\n".join(admin.ok("audit --limit 1"))
    before = admin.bytes()
    again = admin.run(WRITE + " --ca root.pem")
    assert again.out.splitlines()[-1].startswith("the draft is already as configuration")
    assert admin.bytes() == before


def test_same_routes_as_publish(admin, day_store):
    """As an administrator types it."""
    written(admin, WHOLE)
    table, typed = routes(admin), routes(Admin(day_store.parent))
    for host, path in ((host, path) for _, host, path in table if host != "lyncdiscover.contoso.com"):
        expected = typed["external", host, path]
        assert table["external", host, path] == dict(expected, pool=expected["pool"] and "lyncpool01.contoso.local")


def test_each_name(admin):
    written(admin, each_name())
    pool, director, wac = ("lyncpool01.contoso.local", "lyncdir01.contoso.local", "wac01.contoso.local")
    assert hosts(admin) == {("external", "webext.contoso.com"): pool, ("external", "officewebapps01.contoso.com"): wac,
                            ("discovery", "lyncdiscover.contoso.com"): director,
                            **{("external", f"{label}.contoso.com"): director
                               for label in ("webdirext", "meet", "dialin", "lyncdiscover")}}
    assert {p["name"]: (p["role"], p["https_port"], p["http_port"]) for p in rows(admin, "pool")} == {
        pool: ("frontend", 4443, 8080), director: ("frontend", 4443, 8080), wac: ("officewebapps", 443, 80)}
    route = routes(admin)["discovery", "lyncdiscover.contoso.com", "/"]
    assert (route["scheme"], route["methods"]) == ("http", "GET HEAD")
    assert ("external", "officewebapps01.contoso.com", "/Ucwa") not in routes(admin)


def test_a_director_of_the_draft_stays_one(day):
    save(day, each_name())
    assert day.run(WRITE).status == 0
    roles = {p["name"]: p["role"] for p in rows(day, "pool")}
    assert roles["lyncdir01.contoso.local"] == "director"


def test_balancer(admin):
    written(admin, BALANCER)
    assert {(s["host"], s["pool"], s["weight"], s["state"]) for s in rows(admin, "server")} == {
        ("fe01.contoso.local", "lync", 2, "active"), ("fe02.contoso.local", "lync", 1, "active"),
        ("fe03.contoso.local", "lync", 1, "standby"), ("fe04.contoso.local", "lync", 1, "disabled")}
    assert set(hosts(admin).values()) == {"lync"}


def test_members_that_speak_something_else(admin):
    text = BALANCER.replace("https://fe02", "ajp://fe02")
    assert text != BALANCER
    (found,) = [row for row in skipped(admin, text) if row[0] == "BalancerMember"]
    assert found[2] == "the server that it leads to speaks neither https nor http"
    written(admin, text, status=3)
    assert "fe02.contoso.local" not in {row["host"] for row in rows(admin, "server")}


def test_members_elsewhere(admin):
    """BalancerMember and ProxySet may name their balancer outside of its section; names that hosts cannot have."""
    text = "BalancerMember balancer://my_pool https://fe01.contoso.local:4443\n" + \
        site(["ProxyPass / balancer://my_pool/ nocanon"])
    written(admin, text)
    assert [(s["host"], s["pool"]) for s in rows(admin, "server")] == [("fe01.contoso.local", "pool-my-pool")]


def test_rewrite(admin):
    written(admin, REWRITE)
    assert hosts(admin) == {("external", name): "lyncpool02.contoso.local" if "webext" in name else "lyncpool01.contoso.local"
                            for name in NAMES}


@pytest.mark.parametrize("lines, paths", [
    ([f"ProxyPassMatch ^/meet(.*)$ {POOL}/meet$1"], {"/meet"}),
    ([f"ProxyPassMatch ^/meet/(.*) {POOL}/meet/$1"], {"/meet"}),
    ([f"ProxyPassMatch ^(/meet.*)$ {POOL}$1"], {"/meet"}),
    ([f"ProxyPassMatch ^/meet {POOL}"], {"/meet"}),
    ([f"ProxyPassMatch (?i)^/(meet|lwa)(/.*)?$ {POOL}/$1$2"], {"/meet", "/lwa"}),
    ([f"ProxyPassMatch ^/(?:meet|lwa)/.* {POOL}"], {"/meet", "/lwa"}),
    ([f"<Location /meet>\nProxyPass {POOL}/meet\n</Location>"], {"/meet"}),
    ([f"<LocationMatch ^/(meet|lwa)>\nProxyPass {POOL}\n</LocationMatch>"], {"/meet", "/lwa"}),
    (["RewriteEngine On", f"RewriteRule ^/(meet|lwa)(.*) {POOL}/$1$2 [P,NC]"], {"/meet", "/lwa"}),
    (["RewriteEngine Off", f"RewriteRule ^/lwa(.*) {POOL}/lwa$1 [P,NC]", f"ProxyPass /meet/ {POOL}/meet/"], {"/meet"}),
    ([f"ProxyPass /meet {POOL}/meet", f"ProxyPass /Meet/secret !"], {"/meet"}),
])
def test_paths(admin, lines, paths):
    written(admin, site(lines), status=3 if "secret" in lines[-1] else 0)
    found = {path: r for (_, _, path), r in routes(admin).items() if r["action"] == "publish"}
    assert set(found) == paths
    assert all(r["service"] == path[1:] and r["profile"] == "web" for path, r in found.items())


def test_single_paths_to_other_pools(admin):
    """They lead elsewhere, and what is refused stays so; those to the pool of the whole are part of it."""
    written(admin, site([f"ProxyPass /lwa {POOL}/lwa", "ProxyPass /ucwa https://p2.contoso.local:4443/ucwa", "ProxyPass /ABS !", "ProxyPass /mine !", ROOT]))
    table = {path: (r["action"], r.get("pool"), r.get("profile")) for (_, _, path), r in routes(admin).items()}
    assert table["/Ucwa"] == ("publish", "p2.contoso.local", "poll")
    assert table["/"] == ("publish", "lyncpool01.contoso.local", "web")
    assert "/lwa" not in table and table["/Mcx"][1] == "lyncpool01.contoso.local"
    assert table["/Abs"][0] == table["/mine"][0] == "refuse"


@pytest.mark.parametrize("line, because", [
    (f"ProxyPass /cscp {POOL}/cscp", "'/Cscp' is refused on every published name: control panel"),
    (f"ProxyPass /meet {POOL}/other", "the pool gets the path that was asked for, not another"),
    (f"ProxyPassMatch ^/lwa/(.*)$ {POOL}/x/$1", "the pool gets the path that was asked for, not another"),
    (f"ProxyPassMatch ^/[a-z]+ {POOL}", "its pattern is none of those that are understood"),
    (r"ProxyPassMatch .*\.gif " + POOL, "its pattern is none of those that are understood"),
    ("ProxyPass /x ajp://other/x", "it leads to no URL of https, http or a balancer"),
    ("ProxyPass /x unix:/run/x|http://x/", "it leads to no URL of https, http or a balancer"),
    ("ProxyPass /x balancer://none/x", "the balancer has no BalancerMember"),
    ("ProxyPass /a/../x https://p:4443/a/../x", "it is for no path that a route can have"),
    ("ProxyPass /x https://p_1:4443/x", "the server that it leads to has no host name, and no address"),
    ("ProxyPass /x https://lyncpool01.contoso.local:5443/x", "pool 'lyncpool01.contoso.local' is asked on port 4443 elsewhere"),
    ("ProxyPass /x https://p1:4443/x connectiontimeout=1000", "connectiontimeout is no number of seconds from 1 to 300"),
    ("ServerAlias *.contoso.com", "a name with a wildcard: each name is published by itself"),
    ("ServerAlias a_b", "one of its names is no host name"),
    ("SSLProtocol +SSLv2", "no TLS policy begins with its lowest version: 'intermediate' is proposed"),
    ("Redirect /old https://other.contoso.com/", "a redirect that keeps what follows its path is none of a route's"),
    ("BalancerGrowth 5", "it is not known here: what it does was left out"),
    ("Use Macro x", "macros are not understood: what it stands for was left out"),
    ("Include nowhere.conf", "was not read: No such file or directory"),
    ("SSLCertificateChainFile external.pem", "its chain is in a file of its own: 'lyncadm certificate import'"),
    ("SSLCertificateFile nowhere.pem", "nowhere.pem': No such file or directory"),
    ("SSLCertificateKeyFile other.pem", "does not"),
])
def test_what_is_not_taken_over(admin, line, because):
    text = site([ROOT]).replace("    " + ROOT, f"{line}\n    {ROOT}")
    number = text.splitlines().index(line) + 1
    found = skipped(admin, text)
    assert [(n, b) for _, n, b in found if because in b], found
    assert {(d, n) for d, n, _ in found} <= {(line.split()[0], number), ("SSLCertificateFile", 4), ("ProxyPass", 14)}, found
    assert hosts(admin) == {}
    written(admin, text, status=3)
    assert routes(admin)["external", "webext.contoso.com", "/"]["pool"] == "lyncpool01.contoso.local"


@pytest.mark.parametrize("lines, because", [
    (["<If \"%{HTTP_HOST} == 'x'\">", f"ProxyPass /lwa {POOL}/lwa", "</If>"], "what is in this section is not understood"),
    (["<Macro m>", f"ProxyPass /lwa {POOL}/lwa", "</Macro>"], "what is in this section is not understood"),
    (["RewriteEngine on", "RewriteCond %{REMOTE_ADDR} ^10", f"RewriteRule ^/lwa {POOL}/lwa [P]"],
     "one of its conditions is not understood"),
    (["RewriteEngine on", "RewriteRule ^/lwa$ /meet [PT]"], "paths are not rewritten and not redirected"),
    (["<Location />", "Require ip 10.0.0.0/8", "</Location>"], "routes are for all addresses"),
])
def test_sections_that_are_not_taken_over(admin, lines, because):
    (found,) = skipped(admin, site([*lines, f"ProxyPass /meet {POOL}/meet"]))
    assert because in found[2]
    written(admin, site([*lines, f"ProxyPass /meet {POOL}/meet"]), status=3)
    assert {path for _, _, path in routes(admin)} == {"/meet"}


def test_a_name_twice(admin):
    """The first virtual host has it, as in httpd."""
    (found,) = skipped(admin, site([ROOT]) + site(["ProxyPass / https://p2:4443/"]))
    assert found[0] == "VirtualHost" and "a virtual host before it has the name 'webext.contoso.com'" in found[2]


def test_hidden(admin):
    (found,) = skipped(admin, site([ROOT, "ProxyPass /meet https://p2:4443/meet"]))
    assert found[0] == "ProxyPass" and found[2] == "an earlier rule takes what it is for"


def test_clear_text(admin):
    (found,) = skipped(admin, site([ROOT]) + site(["ProxyPass / http://lyncpool01.contoso.local:8080/"],
                                                 address="*:80", tls=False))
    assert "only discovery is published so, other names are redirected to https" in found[2]


def test_admin_and_names_without_a_name(admin):
    assert "it is not published" in skipped(admin, site([ROOT], ["admin.contoso.com"]))[0][2]
    (found,) = skipped(admin, "\n".join([*CARE, ROOT]))
    assert found[0] == "ProxyPass" and "it has no name" in found[2]


def test_without_virtual_hosts(admin):
    """A fragment to be included somewhere."""
    written(admin, "ServerName webext.contoso.com\nSSLEngine on\nSSLCertificateFile external.pem\n" + "\n".join([*CARE, ROOT]))
    assert hosts(admin) == {("external", "webext.contoso.com"): "lyncpool01.contoso.local"}


def test_where_httpd_listens_without_virtual_hosts(admin):
    written(admin, "Listen 8443\nListen 10.0.0.1:9443 https\nServerName webext.contoso.com\nSSLEngine on\n"
            "SSLCertificateFile external.pem\n" + "\n".join([*CARE, ROOT]))
    assert {(row["address"], row["port"], row["scheme"]) for row in rows(admin, "listener")} == {
        ("*", 8443, "https"), ("10.0.0.1", 9443, "https")}
    (found,) = skipped(admin, "Listen nowhere:1:2\nServerName webext.contoso.com\n" + "\n".join([*CARE, ROOT]))[:1]
    assert found == ("Listen", 1, "it is no IP address with a port")


def test_what_is_around_virtual_hosts_is_not_rewritten_in_them(admin):
    """As in httpd: ProxyPass of the whole is for all, RewriteRule is not."""
    written(admin, f"RewriteEngine on\nRewriteRule ^/lwa(.*) {POOL}/lwa$1 [P]\n" + site([f"ProxyPass /meet {POOL}/meet"]))
    assert {path for _, _, path in routes(admin)} == {"/meet"}


def test_what_is_around_virtual_hosts_counts_in_them(admin):
    text = "\n".join([*CARE, ROOT]) + "\n" + site([], care=())
    written(admin, text)
    assert hosts(admin) == {("external", "webext.contoso.com"): "lyncpool01.contoso.local"}


@pytest.mark.parametrize("protocol, policy", [("all -SSLv3", "legacy"), ("all -SSLv2 -SSLv3", "legacy"), ("all -SSLv3 -TLSv1 -TLSv1.1", "intermediate"),
                                              ("-all +TLSv1.2", "intermediate"), ("TLSv1.3", "modern"), (None, "intermediate")])
def test_tls_policies(admin, protocol, policy):
    lines = [f"SSLProtocol {protocol}", f"SSLProxyProtocol {protocol}"] if protocol else []
    result = written(admin, site([*lines, "SSLCipherSuite HIGH", ROOT]))
    assert f"cipher suites of listener 'external' are those of TLS policy '{policy}'" in result.err
    assert [r["tls_policy"] for r in rows(admin, "listener") + rows(admin, "pool")] == [policy, policy]


def test_listeners_and_certificates(admin):
    """Other ports, addresses and certificates; a certificate that the draft has is not added again."""
    certificate(admin.directory / "fabrikam.pem", ["webext.fabrikam.com"])
    admin.ok("certificate add mine --chain external.pem")
    text = site([ROOT]) + site([ROOT], ["webext.fabrikam.com"]).replace("external.pem", "fabrikam.pem") \
        + site([ROOT], ["webext2.contoso.com"], "127.0.0.1:8443")
    written(admin, text)
    assert {(r["name"], r["address"], r["port"]) for r in rows(admin, "listener")} == {
        ("external", "*", 443), ("external-8443", "127.0.0.1", 8443)}
    assert {(b["listener"], b["host"], b["certificate"]) for b in rows(admin, "binding")} == {
        ("external", "*", "mine"), ("external", "webext.fabrikam.com", "webext.fabrikam.com"), ("external-8443", "*", "mine")}


def test_servers_by_address_and_by_public_name(admin):
    """A pool is not called as what clients ask for; who is asked by address must bear the public name."""
    written(admin, site(["ProxyPass / https://10.0.0.5:4443/"]) + site(["ProxyPass / https://meet.contoso.com:4443/"],
                                                                      ["meet.contoso.com"]))
    assert {(p["name"], p.get("verify_name")) for p in rows(admin, "pool")} == {
        ("pool-10-0-0-5", "webext.contoso.com"), ("pool-meet.contoso.com", None)}
    assert {s["host"] for s in rows(admin, "server")} == {"10.0.0.5", "meet.contoso.com"}


def test_addresses_of_servers(admin):
    """Of IP version 6, and of a balancer's members: they must bear the public name."""
    written(admin, site(["ProxyPass /lwa https://[fd00::5]:4443/lwa", "ProxyPass / https://[FD00::6]/"])
            + BALANCER.replace("fe01.contoso.local", "10.0.0.7").replace("webext", "webext2"))
    assert {(p["name"], p["verify_name"], p["https_port"]) for p in rows(admin, "pool")} == {
        ("pool-fd00--5", "webext.contoso.com", 4443), ("pool-fd00--6", "webext.contoso.com", 4443),
        ("lync", "lyncdiscover.contoso.com", 4443)}
    assert {"fd00::5", "fd00::6", "10.0.0.7"} < {s["host"] for s in rows(admin, "server")}


def test_the_internal_site_is_not_proposed(admin):
    written(admin, site(["ProxyPass / https://lyncpool01.contoso.local/"]))
    assert [p["https_port"] for p in rows(admin, "pool")] == [4443]


def test_affinity(admin):
    for text in (BALANCER.replace("lbmethod", "stickysession=ROUTEID lbmethod"),
                 BALANCER.replace("nocanon", "nocanon stickysession=ROUTEID")):
        admin.store.unlink()
        admin.ok("init")
        written(admin, text)
        assert [p["affinity"] for p in rows(admin, "pool")] == ["cookie"]


def test_what_is_not_of_lync_stays_where_it_is(admin):
    """Exchange beside it: neither published nor told to be dangerous."""
    other = site(["ProxyPass / https://exchange.contoso.local/", "RequestHeader set A 1"], ["mail.contoso.com",
                                                                                           "autodiscover.contoso.com"])
    found = skipped(admin, WHOLE + other)
    assert {because.split("'")[1] for _, _, because in found} == {"mail.contoso.com", "autodiscover.contoso.com"}
    assert [row["danger"] for row in tables_of(admin)["plan_danger"]] == ["ntlm-pooled"]
    written(admin, WHOLE + other, status=3)
    assert {host for _, host in hosts(admin)} == set(NAMES)


def test_several_certificates_of_a_site(admin):
    (found,) = skipped(admin, site([ROOT]).replace("SSLCertificateFile", "SSLCertificateFile other.pem\nSSLCertificateFile"))
    assert found[:2] == ("SSLCertificateFile", 4) and "the last is taken" in found[2]


def test_connect_timeout(admin):
    written(admin, site([ROOT + " connectiontimeout=7"]))
    assert [p["connect_timeout"] for p in rows(admin, "pool")] == [7]


def test_trust_anchors(admin):
    """Of the old one, of --ca, or the proposal cannot be written; it is shown all the same."""
    text = site([ROOT]).replace("SSLProxyCACertificateFile root.pem", "# none")
    assert "pool 'lyncpool01.contoso.local' needs --ca FILE" in skipped(admin, text)[0][2]
    assert tables_of(admin)["plan_pool"][0]["name"] == "lyncpool01.contoso.local"
    assert "does not say which root certificates" in admin.fails(2, WRITE)
    assert "no such file" in admin.fails(1, WRITE + " --ca none.pem").lower()
    admin.ok(WRITE + " --ca root.pem")


def test_a_draft_that_has_more_keeps_it(day):
    before = {noun: rows(day, noun) for noun in ("pool", "server", "route", "listener", "certificate", "binding")}
    save(day, site([ROOT]))
    assert day.run(WRITE).status == 0
    for noun, old in before.items():
        assert [row for row in old if row not in rows(day, noun)] == [], noun


def test_includes_of_debian(admin):
    """apache2.conf, sites-enabled by symbolic links, variables, conditions; what is only available is not read."""
    old = admin.directory / "apache2"
    save(admin, "Define POOL lyncpool01.contoso.local\n<IfModule mod_ssl.c>\nListen 443\n</IfModule>\n"
         "IncludeOptional mods-enabled/*.load\nInclude ports.conf\nIncludeOptional sites-enabled/*.conf\n", "apache2/apache2.conf")
    save(admin, "Listen 80\n", "apache2/ports.conf")
    save(admin, site(["Include snippets", ROOT.replace("lyncpool01.contoso.local", "${POOL}")]).replace(
        "external.pem", str(admin.directory / "external.pem")).replace("root.pem", str(admin.directory / "root.pem")),
        "apache2/sites-available/lync.conf")
    save(admin, site([ROOT], ["other.contoso.com"]), "apache2/sites-available/other.conf")
    save(admin, "ServerAlias \\\n  webext2.contoso.com\n", "apache2/snippets/names.conf")
    (old / "sites-enabled").mkdir()
    (old / "sites-enabled" / "lync.conf").symlink_to("../sites-available/lync.conf")
    result = admin.run("import apache apache2 --write")
    assert result.status == 0, result
    assert f"conditions are taken as met: <IfModule> of file '{old}/apache2.conf', line 2" in result.err
    assert hosts(admin) == {("external", f"{n}.contoso.com"): "lyncpool01.contoso.local" for n in ("webext", "webext2")}


def test_other_directories(admin):
    """sites-enabled alone, or all *.conf; --root is what names are below."""
    for directory in ("d/sites-enabled", "d"):
        shutil.rmtree(admin.directory / "d", ignore_errors=True)
        save(admin, site([ROOT]), f"{directory}/a.conf")
        save(admin, "not httpd's <", "d/readme.txt")
        admin.ok("import apache d --write --root .")
    (admin.directory / "d" / "a.conf").unlink()
    assert "has neither apache2.conf nor sites-enabled, nor a file *.conf with a directive in it" in \
        admin.fails(1, "import apache d")


def test_a_condition_that_is_negated_is_not_met(admin):
    written(admin, site(["<IfModule !mod_x.c>", f"ProxyPass / https://other:4443/", "</IfModule>", ROOT]))
    assert set(hosts(admin).values()) == {"lyncpool01.contoso.local"}


def test_readme(admin):
    """By the README's own words; then the old site goes, and the new one is served."""
    readme = (TOP / "README.md").read_text()
    block = re.search(r"^```sh apache\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)[1].splitlines()
    save(admin, BLOG.replace("external.pem", str(admin.directory / "external.pem")), "apache2/sites-enabled/lync.conf")
    for n, line in enumerate(block):
        words = shlex.split(line.replace("/etc/lync", str(admin.directory)).replace("/etc", str(admin.directory)))
        assert words[0] == "lyncadm" and admin.run(*words[1:]).status == 0, line
        assert bool(hosts(admin)) == bool(n)
    httpd = FakeHttpd(admin)
    assert admin.run("apply", "-m", "new", "--control", httpd.control).status == 0


def test_tables(admin):
    save(admin, WHOLE)
    plan = tables(admin, *IMPORT.split())
    assert set(plan) == {"plan_pool", "plan_name", "plan_domain", "plan_listener", "plan_danger", "changes"}
    assert {row["host"] for row in plan["plan_name"]} == set(NAMES)
    result = admin.run(IMPORT)
    assert [line for line in result.out.splitlines() if line in (
        "pools", "names", "SIP domains", "listeners", "not taken over", "changes")] == ["pools", "names", "SIP domains", "listeners"]


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_on_a_terminal_it_asks(admin, answer):
    """Only for what is to be written."""
    save(admin, WHOLE)
    terminal = Terminal(admin, *WRITE.split())
    assert re.search(r"make the draft so \(\d+ added\)\? \[y/N\] $", terminal.question())
    status, out, err = terminal.answer(answer)
    assert bool(hosts(admin)) == (answer == "y\n") and (status, err) == (
        (0, "") if answer == "y\n" else (1, "lyncadm: the draft stays as it was\n"))
    terminal = Terminal(admin, *IMPORT.split())
    assert terminal.answer("")[0] == 0


def test_usage(admin):
    assert "a file or directory of httpd's configuration" in admin.fails(2, "import apache")
    assert "unknown option" in admin.fails(2, "import apache lync.conf --keep")
    save(admin, "Listen 80\n")
    assert "there is nothing to propose" in admin.fails(1, IMPORT)
    assert "No such file or directory" in admin.fails(1, "import apache nowhere")


def test_no_store(empty):
    save(empty, WHOLE)
    assert "there is no store" in empty.fails(1, IMPORT)


def test_if_revision(admin):
    save(admin, WHOLE)
    assert admin.run(WRITE + " --if-revision 7").status == 1
    assert hosts(admin) == {}
