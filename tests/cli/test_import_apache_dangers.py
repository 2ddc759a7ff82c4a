"""lyncadm import apache: what is dangerous, and what is not"""
import json

import pytest

from apache import BALANCER, BLOG, CARE, GOOD, NAMES, POOL, REFUSAL, REFUSED, REWRITE, ROOT, WHOLE, each_name, site


def dangers(admin, text):
    """Danger and line of each."""
    (admin.directory / "lync.conf").write_text(text)
    result = admin.run("import", "apache", "lync.conf", "--json")
    assert result.status in (0, 3), result
    found = [row for row in json.loads(result.out) if row.get("noun") == "plan_danger"]
    assert all(row["file"] == str(admin.directory / "lync.conf") and row["what"] and row["instead"] for row in found)
    return {(row["danger"], row["line"]): row["detail"] for row in found}


def whole(*lines, without="", care=CARE, names=("webext.contoso.com",), more=""):
    """The best that httpd can do, with other lines in it and without one."""
    kept = [line for line in [*care, REFUSAL, ROOT] if not without or not line.startswith(without)]
    return more + site([*lines, *kept], names, care=())


def test_good(admin):
    assert dangers(admin, GOOD) == {}


def test_the_best_for_all_of_a_pool(admin):
    """NTLM is what httpd cannot do."""
    assert dangers(admin, WHOLE) == {("ntlm-pooled", 15): None}
    assert dangers(admin, WHOLE.replace("nocanon", "nocanon disablereuse=on")) == {("ntlm-broken", 15): None}


def test_blog(admin):
    assert {name for name, _ in dangers(admin, BLOG)} == {
        "ntlm-pooled", "timeout-short", "host-changed", "forwarded", "encoded-slashes", "peer-unverified", "path-decoded",
        "root-unrestricted"}


@pytest.mark.parametrize("danger, lines, without, there", [
    ("timeout-short", ["ProxyTimeout 600"], "ProxyTimeout", True),
    ("timeout-short", [], "ProxyTimeout", True),
    ("timeout-short", ["Timeout 960"], "ProxyTimeout", False),
    ("timeout-short", ["Timeout 10"], "", False),
    ("timeout-short", ["ProxyTimeout 16min"], "ProxyTimeout", False),
    ("timeout-short", [f"<Proxy {POOL}>", "ProxySet timeout=30", "</Proxy>"], "", True),
    ("timeout-short", [f"<Proxy {POOL}>", "ProxySet timeout=3600", "</Proxy>"], "ProxyTimeout", False),
    ("timeout-short", [ROOT + " timeout=30"], "ProxyPass /", True),
    ("timeout-short", [ROOT + " timeout=1800"], "ProxyTimeout", False),
    ("host-changed", [], "ProxyPreserveHost", True),
    ("host-changed", ["ProxyPreserveHost Off"], "ProxyPreserveHost", True),
    ("forwarded", [], "ProxyAddHeaders", True),
    ("forwarded", ["ProxyVia On"], "", True),
    ("forwarded", ["ProxyVia Off"], "", False),
    ("encoded-slashes", [], "AllowEncodedSlashes", True),
    ("encoded-slashes", ["AllowEncodedSlashes On"], "AllowEncodedSlashes", True),
    ("path-decoded", [f"ProxyPass /lwa {POOL}/lwa"], "", True),
    ("path-decoded", [f"ProxyPassMatch ^/lwa {POOL}"], "", True),
    ("path-decoded", [f"ProxyPassMatch ^/lwa {POOL} nocanon"], "", False),
    ("path-decoded", ["RewriteEngine on", f"RewriteRule ^/(.*) {POOL}/$1 [P]"], "ProxyPass ", True),
    ("path-changed", [f"ProxyPass /lwa {POOL}/other nocanon"], "", True),
    ("path-changed", [f"ProxyPass /lwa/ {POOL}/lwa nocanon"], "", False),
    ("root-unrestricted", [], "ProxyPassMatch", True),
    ("root-unrestricted", ["ProxyPass /cscp !"], "ProxyPassMatch", True),
    ("root-unrestricted", ["<LocationMatch (?i)^/(%s)>" % REFUSED, "Require all denied", "</LocationMatch>"],
     "ProxyPassMatch", False),
    ("root-unrestricted", ["<Location />", "</Location>", "RewriteEngine on", "RewriteRule ^/(%s) - [F,NC]" % REFUSED],
     "ProxyPassMatch", False),
    ("root-unrestricted", [f"ProxyPass /admin {POOL}/admin nocanon"], "", True),
    ("root-unrestricted", ["RewriteEngine on", "RewriteCond %%{REQUEST_URI} ^/(%s) [NC]" % REFUSED, "RewriteRule .* - [F]"],
     "ProxyPassMatch", False),
    ("root-unrestricted", ["RewriteEngine on", "RewriteCond %{REQUEST_URI} !^/x", "RewriteRule .* - [F]"], "ProxyPassMatch", True),
    ("refused-in-one-case", ["ProxyPass /cscp !"], "", True),
    ("refused-in-one-case", ["<Location /Cscp>", "Require all denied", "</Location>"], "", True),
    ("refused-in-one-case", ["<Location /macp>", "Require ip 10.0.0.0/8", "</Location>"], "", True),
    ("refused-in-one-case", ["ProxyPass /mine !"], "", False),
    ("worker-shared", [f"ProxyPass /ucwa {POOL}/ucwa nocanon", f"ProxyPass /ucwa/x {POOL}/ucwa/x nocanon timeout=1800"], "", True),
    ("worker-shared", [f"ProxyPass /ucwa {POOL}/ucwa nocanon", f"ProxyPass /mcx {POOL}/mcx nocanon timeout=1800"], "", False),
    ("worker-shared", [f"ProxyPass /ucwa {POOL}/ucwa timeout=1800", f"ProxyPass /ucwa/x {POOL}/ucwa/x nocanon timeout=1800"],
     "", False),
    # as httpd's own AH01146 says, tried out one by one
    ("worker-shared", [f"ProxyPass /uc {POOL}/uc nocanon", f"ProxyPass /ucwa {POOL}/ucwa nocanon timeout=1800"], "", True),
    ("worker-shared", [f"ProxyPass /ucwa {POOL}/ucwa nocanon", ROOT + " timeout=1800"], "ProxyPass /", False),
    ("worker-shared", [f"ProxyPassMatch ^/a(.*) {POOL}/a$1 timeout=5", f"ProxyPassMatch ^/b(.*) {POOL}/b$1 timeout=10"], "", False),
    ("worker-shared", [f"ProxyPassMatch ^/a(.*) {POOL}/a$1 timeout=5", f"ProxyPass /a/b {POOL}/a/b timeout=10"], "", False),
    ("worker-shared", ["<Location /a>", f"ProxyPass {POOL}/a timeout=5", "</Location>", "<Location /a/b>",
                       f"ProxyPass {POOL}/a/b timeout=10", "</Location>"], "", True),
    ("worker-shared", [f"<Proxy {POOL}/>", "ProxySet timeout=5", "</Proxy>", f"ProxyPass /lwa {POOL}/lwa timeout=100"], "", True),
    ("worker-shared", [f"<Proxy {POOL}/>", "ProxySet timeout=5", "</Proxy>", f"ProxyPass /lwa {POOL}/lwa timeout=5"], "", False),
    ("worker-shared", [ROOT + " timeout=1800", f"<Proxy {POOL}>", "ProxySet timeout=30", "</Proxy>"], "ProxyPass /", True),
    ("internal-site", ["ProxyPass /lwa https://lyncpool01.contoso.local/lwa nocanon"], "", True),
    ("internal-site", ["ProxyPass /lwa https://lyncpool01.contoso.local:443/lwa nocanon"], "", True),
    ("internal-site", ["ProxyPass /lwa http://lyncpool01.contoso.local/lwa nocanon"], "", True),
    ("tls-offloaded", ["ProxyPass /lwa http://lyncpool01.contoso.local:8080/lwa nocanon"], "", True),
    ("peer-unverified", [], "SSLProxyVerify", True),
    ("peer-unverified", ["SSLProxyVerify optional"], "SSLProxyVerify", True),
    ("peer-unverified", [f"<Proxy {POOL}>", "SSLProxyVerify require", "</Proxy>"], "SSLProxyVerify", False),
    ("peer-name-unchecked", ["SSLProxyCheckPeerName off"], "", True),
    ("peer-name-unchecked", ["SSLProxyCheckPeerCN off"], "", True),
    ("peer-name-unchecked", ["SSLProxyCheckPeerExpire off"], "", True),
    ("peer-name-unchecked", ["SSLProxyCheckPeerName on"], "", False),
    ("request-changed", ["RequestHeader set X-Frobnicate 1"], "", True),
    ("request-changed", ["SetEnv proxy-sendcl 1"], "", True),
    ("request-changed", ["SetEnv mine 1"], "", False),
    ("answer-changed", ["Header always set X-Frame-Options DENY"], "", True),
    ("answer-changed", ["ProxyHTMLEnable On"], "", True),
    ("answer-changed", ["<Location /lwa>", "SetOutputFilter DEFLATE", "</Location>"], "", True),
    ("answer-changed", [f"ProxyPassReverse / {POOL}/"], "", False),
    ("signed-in-before", ["<Location />", "AuthType Basic", "Require valid-user", "</Location>"], "", True),
    ("signed-in-before", ["<Location />", "AuthType None", "</Location>"], "", False),
    ("filtered", ["SecRuleEngine On"], "", True),
    ("filtered", ["SecRuleEngine Off"], "", False),
    ("open-proxy", ["ProxyRequests On"], "ProxyRequests", True),
    ("open-proxy", [], "ProxyRequests", False),
    ("http2", ["Protocols h2 http/1.1"], "", True),
    ("http2", ["Protocols http/1.1"], "", False),
    ("credentials-in-url", ["ProxyPass /lwa https://user:geheim@lyncpool01.contoso.local:4443/lwa nocanon"], "", True),
    ("ntlm-broken", ["RewriteEngine on", f"RewriteRule ^/abs(.*) {POOL}/abs$1 [P]"], "ProxyPass /", True),
    ("ntlm-broken", [f"<Proxy {POOL}>", "ProxySet disablereuse=on", "</Proxy>"], "", True),
    ("ntlm-broken", [f"<Proxy {POOL}>", "ProxySet keepalive=on", "</Proxy>"], "", False),
    ("ntlm-pooled", [f"ProxyPass /webticket {POOL}/webticket nocanon"], "ProxyPass /", True),
    ("ntlm-pooled", [f"ProxyPass /lwa {POOL}/lwa nocanon"], "ProxyPass /", False),
])
def test_danger(admin, danger, lines, without, there):
    found = {name for name, _ in dangers(admin, whole(*lines, without=without))}
    assert (danger in found) == there, found
    assert found <= {danger, "timeout-short", "ntlm-pooled", "ntlm-broken", "path-decoded", "root-unrestricted", "refused-in-one-case",
                     "tls-offloaded"}


def test_where(admin):
    """At the line that does it; a setting that lacks at the first rule that needs it."""
    text = whole("RequestHeader set A 1", without="ProxyPreserveHost")
    number = {line.strip(): n for n, line in enumerate(text.splitlines(), 1)}
    found = dangers(admin, text)
    assert found["request-changed", number["RequestHeader set A 1"]] == "RequestHeader"
    assert found["host-changed", number[ROOT]] == "ProxyPreserveHost is not 'on'"
    text = whole(f"ProxyPass /ucwa {POOL}/ucwa nocanon timeout=1800", f"ProxyPass /ucwa/x {POOL}/ucwa/x timeout=1 nocanon")
    assert dangers(admin, text)["worker-shared", 6] == "line 5 comes first"
    assert "60 seconds, and 960 are needed" in dangers(admin, whole(without="ProxyTimeout")).values()
    refused = [detail for (name, _), detail in dangers(admin, whole(without="ProxyPassMatch")).items()
               if name == "root-unrestricted"]
    assert refused == ["/HybridConfig /LocationInformation /RgsConfig /Cscp /Macp /OcsPowershell /OcsPsws /Admin"]


def test_workers_belong_to_their_server(admin):
    """Those around virtual hosts are none of theirs."""
    text = f"ProxyPass /lwa {POOL}/lwa timeout=5\n" + whole(f"ProxyPass /lwa/x {POOL}/lwa/x nocanon timeout=1800")
    assert "worker-shared" not in {name for name, _ in dangers(admin, text)}


def test_what_a_site_lacks_is_told_once(admin):
    text = whole(f"ProxyPass /lwa {POOL}/lwa nocanon", f"ProxyPass /meet {POOL}/meet nocanon", without="ProxyPreserveHost")
    assert [line for name, line in dangers(admin, text) if name == "host-changed"] == [5]


def test_what_holds_for_all_is_told_once(admin):
    text = "ProxyVia On\nRequestHeader set A 1\n" + whole() + whole(names=["meet.contoso.com"])
    names = [name for name, _ in dangers(admin, text)]
    assert names.count("forwarded") == names.count("request-changed") == 1


def test_a_balancers_timeout_is_no_workers(admin):
    """What a balancer calls timeout is how long requests wait for a free member."""
    assert {name for name, _ in dangers(admin, BALANCER)} == {"ntlm-pooled"}
    text = BALANCER.replace(" timeout=1800", "").replace("lbmethod", "timeout=1800 lbmethod").replace("ProxyTimeout 1800", "")
    assert {name for name, _ in dangers(admin, text)} == {"ntlm-pooled", "timeout-short"}
    assert {name for name, _ in dangers(admin, BALANCER.replace(" timeout=1800", " timeout=1800 disablereuse=on"))} == {"ntlm-broken"}


def test_a_farm_is_not_a_pool(admin):
    """443 is its port, and it has no control panel; a digit may be in its name."""
    for name in ("officewebapps01.contoso.com", "oos.contoso.com", "wac2.contoso.com"):
        found = dangers(admin, site(["ProxyPass / https://wac01.contoso.local/ nocanon"], [name]))
        assert {danger for danger, _ in found} <= {"ntlm-pooled"}, name
    found = dangers(admin, site(["ProxyPass / https://wac01.contoso.local/ nocanon"], ["wacky.contoso.com"]))
    assert {"internal-site", "root-unrestricted"} <= {danger for danger, _ in found}


def test_clear_text(admin):
    """Discovery may be; and no TLS to the pool is needed there."""
    def in_clear(names):
        return site([REFUSAL, "ProxyPass / http://lyncpool01.contoso.local:8080/ nocanon"], names, "*:80", tls=False)
    assert dangers(admin, in_clear(["lyncdiscover.contoso.com"])) == {}
    assert {name for name, _ in dangers(admin, in_clear(["lyncdiscover.contoso.com", "meet.contoso.com"]))} == {"clear-text"}


def test_sites_that_are_no_proxy_are_left_alone(admin):
    other = "<VirtualHost *:443>\nServerName www.contoso.com\nHeader set A 1\nSecRuleEngine On\nFrobnicate on\n</VirtualHost>\n"
    assert dangers(admin, GOOD + other) == {}


def test_sentences_for_people(admin):
    """What happens, what mod_lync does, and each place: file, line, detail."""
    text = whole(without="ProxyPreserveHost")
    (admin.directory / "lync.conf").write_text(text)
    number = text.splitlines().index("    " + ROOT) + 1
    out = admin.run("import apache lync.conf").out
    assert "\ndanger host-changed: the pool sees its own name in place of the public one" in out
    assert f"\n  mod_lync: Host arrives byte for byte\n  {admin.directory}/lync.conf:{number}: " \
        "ProxyPreserveHost is not 'on'\n\n" in out
    (admin.directory / "lync.conf").write_text(whole(f"ProxyPass /abs {POOL}/abs nocanon"))
    out = admin.run("import apache lync.conf").out
    assert out.count("danger ntlm-pooled") == 1 and out.count(f"\n  {admin.directory}/lync.conf:") == 2


@pytest.mark.parametrize("line", [
    "ProxyPass /lwa https://user:geheim@lyncpool01.contoso.local:4443/lwa", "RequestHeader set Authorization \"Basic geheim\"",
    "SSLPassPhraseDialog \"|/bin/echo geheim\"", "ProxyPass /lwa ajp://user:geheim@x/", "AuthBasicFake user geheim",
    "Frobnicate geheim", "ProxyPassMatch ^/[geheim] https://x", "RewriteRule ^/x https://geheim@h/ [P]",
    "ProxyPass /lwa balancer://lync/ secret=geheim", "Include geheim", "SSLCertificateFile geheim.pem",
    "<Geheim geheim>\n</Geheim>", "<Location /x", "geheim: x", "Header \"geheim", "<Location geheim>\n</Directory>"])
def test_secrets_are_not_printed(admin, line):
    """But for names of files, and of what is told to be unknown."""
    (admin.directory / "lync.conf").write_text(whole("RewriteEngine on", line))
    for format in ("--json", "--tsv", "--dry-run", "--write"):
        result = admin.run("import", "apache", "lync.conf", format)
        text = result.out + result.err
        for fine in (f"{admin.directory}/geheim", "<Geheim>", '"Geheim"', "\tGeheim\t", "\nGeheim  "):
            text = text.replace(fine, "")
        assert "geheim" not in text.lower(), text
    assert b"geheim" not in admin.bytes()
