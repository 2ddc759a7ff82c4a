"""templates/publish/: the Lync knowledge is complete and in itself consistent."""
import json
import re
import subprocess

import pytest

from conftest import TOP

PUBLISH = TOP / "templates" / "publish"


def load(name):
    return json.loads((PUBLISH / (name + ".json")).read_text())


def test_all_are_json():
    assert sorted(path.name for path in PUBLISH.iterdir()) == [
        "apache.json", "deployments.json", "discovery.json", "plan.html", "plan.json", "profiles.json", "services.json",
        "tls.json", "topology.json", "verify.json"]
    for path in PUBLISH.glob("*.json"):
        json.loads(path.read_text())


def test_plan():
    """Every kind of name and every scheme of each interface has its words; services are those that there are."""
    plan, deployments = load("plan"), load("deployments")
    services = {service["name"] for service in load("services")}
    kinds = plan["dns"]["external"]
    pools = {deployment["name"] for deployment in deployments["publish"] if "roles" in deployment}
    assert set(kinds) == {*pools, "meet", "dialin", "discover", "other"}
    assert {kind["service"] for kind in kinds.values() if "service" in kind} <= services
    assert set(plan["dns"]["internal"]) == {"server", "meet", "dialin", "discover"}
    said = [*kinds.values(), *plan["dns"]["internal"].values(), plan["dns"]["alias"], plan["ports"]["responder"]]
    for interface in ("external", "internal"):
        entries = plan["ports"][interface]
        assert {entry["scheme"] for entry in entries} == {"https", "http"}
        assert {entry.get("role", "frontend") for entry in entries} <= set(deployments["roles"])
        said += entries
    assert {words["need"] for words in said} == {"mandatory", "optional", "alternative"}
    assert all(words["purpose"] and not words["purpose"].endswith(".") for words in said)
    # the last that fits: a rule without words would be none
    http = [entry["when"] for entry in plan["ports"]["external"] if entry["scheme"] == "http"]
    assert http == ["only", "also", "never"]
    assert "when" not in plan["ports"]["internal"][-1]


RULE = {"name", "on", "scheme", "path", "send", "expected", "right", "fault", "service", "services", "spellings",
        "each_url", "profile", "seconds", "late", "alone", "once", "redirected", "even_published", "logs_in",
        "links"}
CONDITION = {"status", "fields", "no_fields", "pool", "body", "not_body", "error", "checks", "scheme"}
ERRORS = set("resolve refused unreachable timeout closed untrusted ended tls reply".split())
# lync-requirements §15 and §19.1
ACCEPTANCE = """/abs /meet/ /GroupExpansion/service.svc /dialin/ /mcx/mcxservice.svc
    /autodiscover/autodiscoverservice.svc/root /Reach/sip.svc /WebTicket/WebTicketService.svc/mex
    /ucwa/v1/applications /hosting/discovery / /?sipuri=verify@{domain}""".split()


def conditions(verify):
    for rule in verify["checks"]:
        yield from rule.get("right", [])
    for hint in verify["hints"]:
        yield hint["when"]


def test_verify():
    """Microsoft's list is in it; names are those that there are; every check says what is right, and has a hint."""
    verify, services = load("verify"), {service["name"]: service for service in load("services")}
    kinds, names = set(load("plan")["dns"]["external"]), {rule["name"] for rule in verify["checks"]}
    for rule in verify["checks"]:
        assert set(rule) <= RULE and rule["expected"] and not rule["expected"].endswith("."), rule
        assert set(rule.get("on", "").split()) <= kinds and rule.get("each_url", "meet") in ("meet", "dialin"), rule
        assert ("right" in rule) != ("fault" in rule or "profile" in rule), rule
        assert {"path", "fault", "services", "profile", "each_url", "late"} & set(rule), rule
        assert rule.get("service", "abs") in services and rule.get("profile", "poll") == "poll", rule
        assert all(services[word]["action"] == "refuse" for word in rule.get("services", "").split()), rule
        assert rule.get("fault", "name") in ("name", "end", "trust", "other"), rule
    for condition in conditions(verify):
        assert set(condition) <= CONDITION, condition
        assert set(condition.get("checks", "").split()) <= names, condition
        assert set(condition.get("error", "").split()) <= ERRORS, condition
        assert all(re.fullmatch("[1-5][0-9]{2}", status) for status in condition.get("status", "").split()), condition
    assert {rule["path"] for rule in verify["checks"] if "path" in rule} >= set(ACCEPTANCE)
    assert {"cscp", "macp", "ocspsws", "ocspowershell", "admin"} <= {
        word for rule in verify["checks"] if rule.get("even_published") for word in rule["services"].split()}
    assert all(hint["hint"] and not hint["hint"].endswith(".") for hint in verify["hints"])
    # the last is for whatever is no answer of a pool
    assert verify["hints"][-1]["when"] == {"pool": False}
    # a hint behind one that always fits before it would never be told
    seen = []
    for hint in verify["hints"]:
        assert hint["when"] not in seen
        seen.append(hint["when"])


def test_every_hint_is_tested():
    tests = "".join((TOP / "tests" / part / "test_verify.py").read_text() for part in ("cli", "httpd"))
    tests = re.sub(r'"( \\)?\n\s*"', "", tests)
    assert not [hint["hint"] for hint in load("verify")["hints"] if hint["hint"][:24] not in tests]


def test_services():
    profiles = {p["name"]: p["timeout"] for p in load("profiles")}
    assert profiles == {"web": 300, "content": 600, "poll": 1800}
    names, paths = set(), set()
    for service in load("services"):
        assert set(service) - {"label"} == {"name", "path", "releases", "authentication", "profile", "action", "purpose",
                                "confidence"}, service
        assert set(service["releases"].split()) <= {"2007", "2013", "2015", "2019"}
        assert service["profile"] in profiles
        assert service["action"] in ("publish", "refuse")
        assert re.fullmatch(r"(/[A-Za-z_.]+)+", service["path"])
        assert service["name"] not in names and service["path"].lower() not in paths
        names.add(service["name"])
        paths.add(service["path"].lower())


def test_every_path_of_the_requirements():
    """lync-requirements §8."""
    paths = {service["path"].lower(): service for service in load("services")}
    published = """/autodiscover /webticket /certprov /abs /groupexpansion /ucwa /mcx /meet /dialin /scheduler /lwa /reach
        /datacollabweb /collabcontent /passiveauth /requesthandlerext /rgsclients /persistentchat""".split()
    refused = """/cscp /macp /ocspsws /ocspowershell /admin /rgsconfig /hybridconfig /locationinformation /abs/ext/handler /autoupdate/ext
        /conf/ext /deviceupdatefiles_ext /groupexpansion/ext/service.asmx /phoneconferencing/ext
        /etc/place/null""".split()
    assert {p for p, s in paths.items() if s["action"] == "publish"} == set(published)
    assert {p for p, s in paths.items() if s["action"] == "refuse"} == set(refused)
    assert paths["/ucwa"]["profile"] == paths["/mcx"]["profile"] == "poll"
    assert paths["/mcx"]["releases"] == "2013 2015"


@pytest.mark.parametrize("policy", load("tls"), ids=lambda p: p["name"])
def test_policies_are_openssl_words(policy):
    result = subprocess.run(["openssl", "ciphers", "-v", policy["ciphers"]], capture_output=True, text=True, check=True)
    suites = result.stdout.split("\n")
    assert any("ECDHE-RSA-AES256-GCM-SHA384" in suite for suite in suites)
    assert not re.search(r"NULL|RC4|DES|EXP|anon", result.stdout)
    assert re.fullmatch(r"-all( \+TLSv1(\.[123])?)+", policy["protocols"])


def test_policies():
    policies = {p["name"]: p for p in load("tls")}
    assert [p["name"] for p in load("tls") if p.get("default")] == ["intermediate"]
    assert policies["intermediate"]["protocols"] == "-all +TLSv1.2 +TLSv1.3"
    assert policies["legacy"]["ciphers"].endswith(":@SECLEVEL=0")


def test_deployments():
    deployments = load("deployments")
    services = {s["name"] for s in load("services")}
    roles = deployments["roles"]
    assert (roles["frontend"]["https_port"], roles["officewebapps"]["https_port"]) == (4443, 443)
    assert [d["name"] for d in deployments["publish"]] == [
        "pool", "director", "officewebapps", "simple-url", "discover"]
    for deployment in deployments["publish"]:
        assert set(deployment.get("roles", [])) <= set(roles)
        routes = [deployment] + deployment.get("kinds", [])
        for template in (t for r in routes for key in ("https", "http", "root", "path") for t in r.get(key, [])):
            assert template.get("service", "meet") in services
            assert len({"path", "each", "service", "url", "each_url"} & set(template)) == 1


def test_topology():
    topology, deployments = load("topology"), load("deployments")
    names = {d["name"]: d for d in deployments["publish"]}
    roles = [r["role"] for r in topology["roles"]]
    assert len(roles) == len(set(roles)) and roles[0] == "WebServices"
    for role in topology["roles"]:
        assert len({"publish", "part", "why"} & set(role)) == 1, role
        assert {role[key] for key in ("publish", "director") if key in role} <= set(names)
    assert set(topology["kinds"].values()) == {k["name"] for k in names[topology["simple-url"]]["kinds"]}
    assert names[topology["discover"]]["subject"] == "domain"
    assert set(topology["releases"].values()) >= set(deployments["releases"])
    assert all(old in deployments["roles"] and new in deployments["roles"] for old, new in topology["single"].items())


def test_discovery():
    """What the program says of links has words, and nothing else has."""
    discovery = load("discovery")
    source = "".join((TOP / "admin" / name).read_text() for name in (
        "discovery_url.c", "verify_link.c", "verify_discovery.c"))
    faults = discovery["faults"]
    assert all('"%s"' % name in source for name in faults)
    assert set(faults) == set("""no-url scheme user address internal site unpublished elsewhere clear port path certificate
        document dns many deep""".split())
    for name, fault in faults.items():
        assert fault["hint"] and ("expected" in fault) == ("advice" not in fault), name
        for text in (fault["hint"], fault.get("expected", "")):     # each is put in once
            assert len(set(re.findall("{.*?}", text))) == text.count("{"), name
    for rule in (discovery["link"], discovery["dns"]):
        assert rule["name"] and rule["expected"]
    assert sum(rule.get("links", False) for rule in load("verify")["checks"]) == 10


def test_apache():
    """Every danger that is found has its words, every label and deployment is one that there is."""
    apache, deployments = load("apache"), load("deployments")
    names = {d["name"] for d in deployments["publish"]}
    said = [d["danger"] for d in apache["dangers"]]
    assert len(said) == len(set(said)) and all(d["what"] and d["instead"] for d in apache["dangers"])
    found = {d["danger"] for d in apache["directives"] + apache["missing"]}
    for path in (TOP / "admin").glob("apache_danger*.c"):
        found |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', path.read_text()))
    assert found == set(said)
    assert {apache["pool"], apache["discover"], apache["simple-url"], apache["farms"]["publish"]} <= names
    assert apache["profile"] in {p["name"] for p in load("profiles")}
    assert apache["authentication"] in {s["authentication"] for s in load("services")}
    listed = [name.lower() for name in apache["understood"] + apache["ignored"]]
    assert len(listed) == len(set(listed))


def test_pending():
    """How long a pending GET may take is one number, wherever it is told."""
    (seconds,) = {rule["seconds"] for rule in load("verify")["checks"] if "seconds" in rule} | {load("apache")["pending"]}
    assert f"({seconds} unless given)" in (TOP / "admin" / "verify.c").read_text()
    readme = (TOP / "README.md").read_text()
    assert f"the {seconds} s that mobile clients need" in readme.replace("\n", " ").replace("  ", " ")
    assert seconds < {p["name"]: p["timeout"] for p in load("profiles")}["poll"]


def test_no_names_in_the_code():
    """The program knows no virtual directory: it reads them here. Examples of help may name hosts."""
    words = {s["path"].split("/")[1].lower() for s in load("services")} - {"admin", "etc", "conf", "reach"}
    for source in (TOP / "admin").glob("*.[ch]"):
        for literal in re.findall(r'"(/[A-Za-z_]+)"', source.read_text()):
            assert literal[1:].lower() not in words, (source, literal)
