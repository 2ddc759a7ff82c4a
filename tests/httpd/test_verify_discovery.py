"""lyncadm verify follows what discovery hands out: through pools that hand out what is published, through such that do
not, and as whoever answers in a pool's place likes it."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy import LyncPool, World, add_route, apply_idle, hosts_file, new_store, publish_pool
from httpd import free_port, lyncadm
from pki import PKI
from test_verify import verify, wrong

SERVICE = "/Autodiscover/AutodiscoverService.svc/root"
POOLS = ("contoso", "port", "second", "cert", "bridged", "refused")
FAKES = ("evil", "many", "cut", "other", "page")


class Fake:
    """Answers in a pool's place, over http: texts has (type, body) by host, seen the URLs that were asked for."""

    def __init__(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                host = self.headers["Host"].partition(":")[0]
                fake.seen.append((host, self.path))
                kind, body = fake.texts.get(host, ("text/html", ""))
                if host == fake.endless:
                    links = {"autodiscoverservice.svc/root": {"href": self.path + "x"}}
                    kind, body = "application/json", json.dumps({"_links": links})
                if self.path.startswith("/page"):
                    kind, body = "text/html", "<title>Log in</title>"
                self.send_response(302 if self.path.startswith("/302/") else 200)
                if self.path.startswith("/302/"):
                    self.send_header("Location", self.path[len("/302/"):])
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *unused):
                pass

        self.texts, self.seen, self.endless = {}, [], None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def hands_out(self, domain, *hrefs):
        links = [{"token": "Link%d" % i, "href": href} for i, href in enumerate(hrefs)]
        self.texts["lyncdiscover.%s.com" % domain] = "application/json", json.dumps({"Root": {"Links": links}})


class Names:
    """Files of the listener's certificate."""


class Pools:
    """A pool of one server for each domain; their names inside, and most of those outside, resolve."""

    def __init__(self, stage, https, http):
        self.pki = PKI(stage.path("pki"))
        self.all = {name: LyncPool(stage.path(name), name="pool.%s.local" % name, servers=["fe01.%s.local" % name],
                                   pki=self.pki, external="webext.%s.com" % name, domains=["%s.com" % name], threads=16,
                                   published_https=4443 if name == "port" else https, published_http=http)
                    for name in POOLS}
        self.hosts_file = hosts_file(stage.path("hosts"), *self.all.values())
        with open(self.hosts_file, "a") as file:
            for name in POOLS + FAKES:
                file.write("127.0.0.1 lyncdiscover.%s.com\n" % name)
                if name != "refused":
                    file.write("127.0.0.1 webext.%s.com\n" % name)
        for pool in self.all.values():
            stage.closers.append(pool.stop)
            pool.start()


def publish(stage, store, pools, fake):
    for name, pool in pools.all.items():
        if name == "second":
            pool.external = "old.second.com"
        if name == "bridged":
            pool.https_port = pool.internal_https_port
        publish_pool(stage, store, pool)
        lyncadm(stage, store, "publish", "discover", name + ".com", "--via", pool.name,
                *(["--http"] if name == "contoso" else []))
    add_route(stage, store, "webext.refused.com", SERVICE + "/oauth", "--action", "refuse")
    lyncadm(stage, store, "pool", "add", "fake", "--server", "127.0.0.1", "--ca", pools.pki.internal.path,
            "--http-port", fake.port)
    lyncadm(stage, store, "server", "add", "fe07.evil.com", "--pool", "fake", "--state", "disabled")
    for name in FAKES:
        add_route(stage, store, "lyncdiscover.%s.com" % name, "/", "--pool", "fake", "--scheme", "http",
                  "--profile", "web")


@pytest.fixture(scope="module")
def place(stage_for_module):
    stage, store, https, http = stage_for_module, stage_for_module.path("lync.db"), free_port(), free_port()
    pools, fake = Pools(stage, https, http), Fake()
    stage.closers.append(fake.stop)
    hosts = [kind % name for name in POOLS + FAKES for kind in ("lyncdiscover.%s.com", "webext.%s.com")]
    leaf = pools.pki.public.leaf("webext.contoso.com", sans=[host for host in hosts if host != "webext.cert.com"]
                                 + ["old.second.com"], file="external")
    new_store(stage, store, leaf.chain, leaf.key, https, http)
    publish(stage, store, pools, fake)
    apply_idle(stage, store, pools.hosts_file)
    place = World(stage, pools, store, https, http, leaf)
    place.names, place.fake = Names(), fake
    place.names.pki = pools.pki
    return place


def links(rows):
    return [row for row in rows if row["check"] == "link"]


def url_of(row):
    return row["asked"].rpartition(": ")[2]


def follow(place, name, status=3, **how):
    """The links that are handed out to the clients of a domain."""
    return links(verify(place, "lyncdiscover.%s.com" % name, status=status, **how))


def only(rows):
    assert rows
    assert len({(row["expected"], row["hint"]) for row in rows}) == 1, rows
    return rows[0]


@pytest.mark.parametrize("connect", ["127.0.0.1", None])
def test_all_links_work(place, connect):
    rows = verify(place, "lyncdiscover.contoso.com", "webext.contoso.com", connect=connect)
    assert not wrong(rows) and {row["hint"] for row in links(rows)} == {None}
    base = "https://webext.contoso.com:%d" % place.https
    asked = {url_of(row): (row["asked"].split()[1], row["came"].split(",")[0]) for row in links(rows)}
    assert {url[len(base):]: asked[url] for url in asked if "?" not in url} == {
        SERVICE: ("self", "200"), SERVICE + "/domain": ("Domain", "200"), SERVICE + "/user": ("User", "401"),
        SERVICE + "/oauth/user": ("OAuth", "401"), "/Autodiscover/XFrame/XFrame.html": ("xframe", "200"),
        "/WebTicket/oauthtoken": ("WWW-Authenticate", "400"),
        "/WebTicket/WebTicketService.svc": ("X-MS-WebTicketURL", "401")}
    assert asked[base + SERVICE + "?sipuri=verify@contoso.com"] == ("Redirect", "200")
    assert len(asked) == len(links(rows))       # each URL once


def test_a_port_that_no_listener_has(place):
    row = only(follow(place, "port"))
    assert (row["ok"], row["came"], row["via"]) == ("no", "port 4443", None)
    assert row["expected"] == "the port of a listener: %d" % place.https
    assert row["hint"].startswith("Topology publishes port 4443: set published port %d for" % place.https)
    assert not [entry for entry in place.pool.all["port"].seen() if "4443" in (entry["host"] or "")]


def test_a_host_that_is_not_published(place):
    row = only(follow(place, "second"))
    assert (row["ok"], row["came"]) == ("no", "webext.second.com")
    assert "a host that is not published: 'lyncadm publish pool webext.second.com'" in row["hint"]


def test_a_host_that_is_not_in_the_certificate(place):
    """Links behind it are followed all the same."""
    rows = follow(place, "cert")
    row = only(rows)
    assert row["ok"] == "no" and row["expected"] == "a certificate that names 'webext.cert.com'"
    assert row["came"].startswith("certificate 'external'; 200")
    assert any(url_of(row).endswith("/WebTicket/oauthtoken") for row in rows)


def test_a_pool_that_is_bridged_to_its_internal_site(place):
    row = only(follow(place, "bridged"))
    assert row["ok"] == "no" and row["came"] == "pool.bridged.local"
    assert row["hint"].startswith("bridged to the internal site")


def test_a_link_to_an_internal_site(place):
    """Only the document behind the link says whose it is; the first is judged by the list."""
    place.fake.texts["lyncdiscover.evil.com"] = "application/json", json.dumps(
        {"AccessLocation": "Internal", "_links": {"self": {"href": "/x"}}})
    row = only(follow(place, "evil"))
    assert (row["ok"], row["came"], row["expected"]) == ("no", "200, of site Internal", "links of an external site")
    assert row["hint"].startswith("bridged to the internal site")


def test_a_link_to_a_server_of_a_pool(place):
    """Names inside may end as those outside do."""
    place.fake.hands_out("evil", "https://fe07.evil.com/x")
    row = only(follow(place, "evil"))
    assert (row["ok"], row["came"]) == ("no", "fe07.evil.com")
    assert row["hint"].startswith("bridged to the internal site")


def test_links_for_clients_inside(place):
    """They are beside those for clients outside, who do not look at them."""
    base = "https://lyncdiscover.evil.com:%d" % place.https
    place.fake.texts["lyncdiscover.evil.com"] = "application/json", json.dumps({"AccessLocation": "External", "Root": {
        "Links": [{"token": "Internal/Autodiscover", "href": "https://fe01.contoso.local/x"},
                  {"token": "External/Autodiscover", "href": base + "/x"}]}})
    assert [(row["ok"], url_of(row)) for row in follow(place, "evil")] == [("yes", base + "/x")]


def test_a_path_that_is_refused(place):
    rows = follow(place, "refused")
    row = only(wrong(rows))
    assert url_of(row).endswith(SERVICE + "/oauth/user") and row["came"] == "refuse"
    assert "a path of 'webext.refused.com' that is not published" in row["hint"]
    assert len(rows) > 4


def test_a_name_that_is_not_in_dns(place):
    """By --connect that is no fault; and it is said once."""
    rows = [row for row in verify(place, "lyncdiscover.refused.com", status=3) if row["check"] == "link-dns"]
    assert [(row["ok"], row["asked"], row["came"]) for row in rows] == [
        ("yes", "DNS webext.refused.com", "no such name")]
    assert "is not in DNS" in rows[0]["hint"]
    fault = wrong(follow(place, "refused", connect=None))[0]
    assert (fault["ok"], fault["via"]) == ("no", None) and "not in DNS as this host sees it" in fault["hint"]


def test_another_deployment(place):
    """That is how partners' and online users find theirs: nobody asks there."""
    place.fake.hands_out("other", "https://webdir.online.lync.com/autodiscover/autodiscoverservice.svc/root")
    row = only(follow(place, "other"))
    assert (row["ok"], row["came"], row["via"]) == ("yes", "webdir.online.lync.com", None)
    assert "another deployment" in row["hint"]
    text = verify(place, "lyncdiscover.other.com", status=3, form=None)
    assert text.count("another deployment") == 1        # people are told, too


def test_redirects_are_not_followed(place):
    """Where they lead is looked at."""
    place.fake.hands_out("evil", "/302/https://lyncdiscover.evil.com:%d/a" % place.https, "/302/https://intranet/")
    mark = len(place.fake.seen)
    rows = follow(place, "evil")
    assert [(row["ok"], url_of(row)) for row in rows if row["asked"].startswith("link Location ")] == [
        ("yes", "https://lyncdiscover.evil.com:%d/a" % place.https), ("no", "https://intranet/")]
    assert not [path for _, path in place.fake.seen[mark:] if path == "/a"]


HOSTILE = {
    "javascript:alert(1)": "https, or http", "file:///etc/passwd": "https, or http",
    "ftp://webext.contoso.com/": "https, or http",
    "https://alice:geheim@webext.contoso.com/": "user", "https://[::1]/": "address", "https://127.0.0.1/": "address",
    "https://webext.contoso.com/\r\nX: y": "URL", "https://webext.contoso.com/\"'\x1b[2J": "URL", "": "URL",
    "https://webext.contoso.com/\u202e": "URL", "https://fe01.contoso.local/": "internal",
    "https://intranet/": "internal",
    "http://webext.contoso.com/": "http",
}


def test_hostile_links(place):
    place.fake.hands_out("evil", *HOSTILE, "https://webext.contoso.com/" + "a" * 50000)
    mark = len(place.fake.seen)
    rows = follow(place, "evil")
    assert len(rows) == len(HOSTILE) + 1
    assert {(row["ok"], row["via"]) for row in rows} == {("no", None)}
    for row, word in zip(rows, [*HOSTILE.values(), "URL"]):
        assert word in row["expected"] + row["hint"], row
    text = verify(place, "lyncdiscover.evil.com", status=3, form="--tsv")
    assert "geheim" not in text and not re.search(r"[^\n\t\x20-\x7e]|a{1000}", text)
    assert {path for _, path in place.fake.seen[mark:] if "scp" not in path.lower()} >= {"/"}


def test_links_in_circles(place):
    hrefs = ["/%d?x" % i for i in range(20)]
    place.fake.hands_out("evil", *hrefs, "/0?x#y", "HTTPS://LYNCDISCOVER.evil.com:%d/0?x" % place.https)
    mark = len(place.fake.seen)
    rows = follow(place, "evil")
    assert len(rows) == 20 and not wrong(rows)
    seen = [path for host, path in place.fake.seen[mark:] if path in hrefs]
    assert sorted(seen) == sorted(hrefs)


def test_links_without_end(place):
    """Each answer sends on to another."""
    place.fake.endless = "lyncdiscover.evil.com"
    row = only(wrong(follow(place, "evil")))
    place.fake.endless = None
    assert (row["came"], row["expected"]) == ("more links", "an end after 8 links")


def test_too_many_links(place):
    place.fake.hands_out("many", *["/"] * 3000)
    row = only(wrong(follow(place, "many")))
    assert (row["came"], row["expected"]) == ("3000", "200 links at most, and 2000 in all")


def test_what_is_no_document(place):
    """The first answer is judged by the list; one that a link promised, as a link."""
    place.fake.texts["lyncdiscover.page.com"] = "application/json", json.dumps(
        {"_links": {"redirect": {"href": "/x"}}, "x": ["autodiscoverservice.svc/root"]})
    assert not wrong(follow(place, "page"))
    place.fake.hands_out("evil", "/page1")      # no promise
    assert not wrong(follow(place, "evil"))
    place.fake.texts["lyncdiscover.evil.com"] = "application/json", json.dumps(
        {"_links": {"redirect": {"href": "/page2"}}})
    row = only(follow(place, "evil"))
    assert row["expected"] == "a discovery document" and "is a page (text/html)" in row["came"]
    place.fake.texts["lyncdiscover.cut.com"] = "text/html", "<title>Log in</title>"
    rows = verify(place, "lyncdiscover.cut.com", status=3)
    assert not links(rows)
    place.fake.texts["lyncdiscover.cut.com"] = "application/json", '{"autodiscoverservice.svc/root": "'
    row = next(row for row in wrong(verify(place, "lyncdiscover.cut.com", status=3)) if row["check"] == "discover")
    assert row["expected"] == "a discovery document" and "line 1" in row["came"]
