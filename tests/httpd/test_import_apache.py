"""A reverse proxy written by hand for httpd alone, and what lyncadm import apache makes of it: the same answers."""

import os
import sys

import pytest

from deploy import DIALIN, DISCOVER, MEET, OWAS, PUBLIC, WEBDIR, WEBEXT, WEBEXT2, World, apply_idle
from httpd import free_port, lyncadm
from raw import Connection

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from apache import site  # noqa: E402

# host, target, TLS
ASKED = [(WEBEXT, "/meet", True), (WEBEXT, "/abs/handler", True), (WEBEXT, "/ucwa/v1/applications", True),
         (WEBEXT2, "/meet", True), (WEBDIR, "/dialin", True), (MEET, "/", True), (DIALIN, "/", True),
         (DISCOVER, "/", True), (DISCOVER, "/", False), (OWAS, "/hosting/discovery", True)]


def by_hand(pools, leaf, https, http):
    """As found in the wild: a balancer, ProxyPass in <Location>, a pattern, RewriteRule; and the usual mistakes."""
    common = ["SSLEngine on", "SSLCertificateFile " + leaf.chain, "SSLCertificateKeyFile " + leaf.key, "SSLProxyEngine on",
              "SSLProxyCACertificateFile " + pools.pki.internal.path, "SSLProxyCheckPeerName off", "ProxyPreserveHost On"]

    def to(pool, tls=True):
        return "%s://%s:%d" % (("https", pool.servers[0].name, pool.https_port) if tls
                               else ("http", pool.servers[0].name, pool.http_port))

    def secure(lines, names):
        return site([*common, *lines], names, "127.0.0.1:%d" % https, tls=False, care=())
    members = "".join("    BalancerMember https://%s:%d\n" % (server.name, pools.one.https_port) for server in pools.one.servers)
    director = pools.director
    return ("Listen 127.0.0.1:%d\nListen 127.0.0.1:%d\n" % (https, http)
            + "<IfModule mod_proxy_balancer.c>\n<Proxy balancer://lyncpool01>\n%s</Proxy>\n</IfModule>\n" % members
            + secure(["ProxyPass / balancer://lyncpool01/ nocanon"], [WEBEXT])
            + secure(["<Location />", "ProxyPass %s/" % to(pools.two), "</Location>"], [WEBEXT2])
            + secure([r"ProxyPassMatch ^/(.*)$ %s/$1" % to(director)], [WEBDIR, MEET])
            + secure(["RewriteEngine on", r"RewriteCond %%{HTTP_HOST} ^(dialin|lyncdiscover)\.contoso\.com(:%d)?$ [NC]" % https,
                      "RewriteRule ^/?(.*)$ %s/$1 [P,L]" % to(director)], [DIALIN, DISCOVER])
            + secure(["ProxyPass / %s/" % to(pools.owas)], [OWAS])
            + site(["ProxyPreserveHost On", "ProxyPass / %s/" % to(director, tls=False)], [DISCOVER],
                   "127.0.0.1:%d" % http, tls=False, care=()))


def ask(https, http, host, target, tls):
    with Connection(https if tls else http, tls, host if tls else None) as connection:
        return connection.request(target, host)


@pytest.fixture
def old(stage, pool):
    """The file, its ports, and what it answers; its httpd has stopped."""
    https, http = free_port(), free_port()
    leaf = pool.pki.public.leaf(PUBLIC[0], sans=PUBLIC, file="by-hand")
    file = stage.path("lync.conf")
    with open(file, "w") as conf:
        conf.write(by_hand(pool, leaf, https, http))
    httpd = stage.httpd(before="SSLSessionCache shmcb:cache(512000)\nInclude " + file, hosts=pool.hosts_file,
                        lync=False, modules=["rewrite"], ports=(https, http))
    httpd.start()
    answers = {asked: ask(https, http, *asked) for asked in ASKED}
    panel = ask(https, http, WEBEXT, "/cscp", True)
    pool.forget()
    httpd.stop()
    return file, https, http, leaf, answers, panel


def servers(pools, host):
    return [server.name for server in pools.by_host[host].servers]


def test_the_same_answers(stage, pool, old):
    file, https, http, leaf, answers, panel = old
    store = stage.path("lync.db")
    lyncadm(stage, store, "init")
    lyncadm(stage, store, "import", "apache", file, "--write", "-m", "from httpd")
    apply_idle(stage, store, pool.hosts_file)
    world = World(stage, pool, store, https, http, leaf)
    for (host, target, tls), before in answers.items():
        now = world.ask(host, target, tls=tls)
        assert now.status == before.status, (host, target, before, now)
        assert now.get("Content-Type") == before.get("Content-Type"), (host, target, before, now)
        for answer in (before, now):
            assert answer.get("X-MS-Server-Fqdn") in (None, *servers(pool, host)), (host, answer)
    assert {answer.status for answer in answers.values()} > {200}
    assert panel.status != 404 and world.ask(WEBEXT, "/cscp").status == 404
    assert world.ask(MEET, "/", tls=False).status in (301, 302, 404)
