"""mod_lync is added to a reverse proxy that somebody wrote by hand, by worker, event and prefork, and taken away again: at
each step every old answer is the same byte for byte, and so are the lines that it leaves in the logs."""

import functools
import os
import threading

import pytest

from test_guide import README, Guide, prepared, publish
from deploy import DISCOVER, MEET, WEBEXT
from httpd import wait
from proxy import SITES, Proxy, changes
from raw import Connection

POLLS = 4


@pytest.fixture(scope="module", params=["event", "worker", "prefork"])
def proxy(request):
    with prepared(functools.partial(Proxy, mpm=request.param)) as found:
        found.before = found.record()
        yield found


def lync_lines(host):
    with open(host.path("/var/log/apache2/error.log"), errors="replace") as file:
        return [line for line in file if "[lync:" in line]


@pytest.fixture(scope="module")
def published(proxy):
    """The proxy, to which mod_lync was added in the order in which somebody may do it, and what it answered meanwhile."""
    proxy.meanwhile = {}
    proxy.must("make", "-f", "apxs.mk", "PREFIX=/usr", "install")
    proxy.must("a2enmod", "-q", "lync")
    for control in ("graceful", "restart"):
        proxy.control("configtest")
        proxy.control(control)
        proxy.meanwhile["enabled, %s" % control] = proxy.record()
    proxy.complaints = lync_lines(proxy)
    proxy.must("lyncadm", "init")
    proxy.control("graceful")
    proxy.meanwhile["a store"] = proxy.record()
    publish(proxy, Guide(README))
    proxy.meanwhile["published"] = proxy.record()
    return proxy


def test_what_is_recorded(proxy):
    """That the record has something to tell: of each kind of answer some, and each log is written to."""
    answers = {key: value[0] for key, value in proxy.before.items() if value and isinstance(value, tuple)
               and isinstance(value[0], bytes)}
    assert len(answers) > 200
    codes = {head.split(b" ")[1] for head in answers.values() if head}
    assert codes >= {b"200", b"206", b"301", b"302", b"304", b"400", b"401", b"403", b"404", b"406", b"500", b"502"}, codes
    assert b"X-Served-By: proxy.example" in answers["app.example", "/broken"]
    assert b"Content-Encoding: gzip" in answers["gzip", 443, "app.example"]
    assert b"the front" in proxy.before["files.example", "/live/page"][1]
    assert b"X-Came-By: proxy" in proxy.before["plain", 443, "secure.example"][1]
    for target in ("/ws/one?x=1", "/chat/two"):
        head, hello, *_, end = proxy.before["websocket", target]
        assert b" 101 " in head and hello == (1, target.encode() + b" hello") and end[0] == 8
    assert not proxy.speaks_http2 or proxy.before["http2", "secure.example", "/api/cookie"][1].startswith(b"HTTP/2 200")
    assert all(lines for key, lines in proxy.before.items() if key[0] == "log")


def test_before_there_is_a_store(published):
    """Apache starts and reloads; one line each says what is missing."""
    said = [line for line in published.complaints if ":info]" not in line]
    assert len(said) == 2 and all("LYNC0095" in line and "lyncadm init" in line for line in said), said


def test_old_answers_are_the_same(published):
    for step, record in published.meanwhile.items():
        assert not changes(published.before, record), step
    assert not [line for line in lync_lines(published) if any(name in line for name in SITES)]


def test_lync_is_served(published):
    assert "revision 1 is served" in published.said[0]
    status, server, _ = published.get("https://%s/abs" % WEBEXT)
    assert (status, server) in [(401, "fe01.contoso.local"), (401, "fe02.contoso.local")]
    assert published.get("https://%s/" % MEET)[:2] == (200, "lyncdir01.contoso.local")
    assert published.get("http://%s/" % DISCOVER)[:2] == (200, "lyncdir01.contoso.local")
    assert published.get("https://%s/cscp" % WEBEXT)[:2] == (404, None)


def test_the_proxys_own_rules_are_not_lyncs(published):
    """Neither the rewriting, nor the filter, nor the fields that stand outside of virtual hosts."""
    with published.network():
        for target in ("/old/page", "/echo?q=%3Cscript%3E"):
            with Connection(443, True, WEBEXT) as connection:
                answer = connection.request(target, WEBEXT, fields=[("User-Agent", "bad bot")])
            assert answer.get("X-MS-Server-Fqdn") and not answer.get("X-Served-By"), answer
            assert answer.status == (200 if "echo" in target else 404) and not answer.get("X-Frame-Options"), answer


def test_polls_take_nobody_elses_place(published):
    """Of MPM prefork each has a child."""
    answers = []

    def poll():
        with published.network(), Connection(443, True, WEBEXT) as connection:
            answers.append(connection.request("/lab/sleep?ms=3000&body=late", WEBEXT).body)
    polls = [threading.Thread(target=poll) for _ in range(POLLS)]
    for thread in polls:
        thread.start()
    assert not changes(published.before, published.record())
    published.must("lyncadm", "server", "set", "fe01.contoso.local", "--pool", "lyncpool01.contoso.local", "--weight", "2")
    assert "is served" in published.must("lyncadm", "apply", "-m", "with polls pending")
    for thread in polls:
        thread.join(30)
    assert answers == [b"late"] * POLLS


def test_taken_away_and_added_again(published):
    published.must("a2dismod", "-q", "lync")
    published.control("graceful")
    wait("Lync is gone", lambda: published.get("https://%s/abs" % WEBEXT)[1] is None)
    assert not changes(published.before, published.record())
    published.must("a2enmod", "-q", "lync")
    published.control("graceful")
    wait("Lync is back", lambda: published.status()[0] == 0)
    assert published.get("https://%s/abs" % WEBEXT)[0] == 401
    assert not changes(published.before, published.record())


def test_a_store_that_was_lost(published):
    """Its certificates are here: with lync.conf as it is shipped, neither a test nor a start goes on without it."""
    store = published.path("/var/lib/lync/lync.db")
    os.rename(store, store + ".away")
    status, said = published.run("apachectl", "configtest")
    assert status and "lync.db" in said
    published.stop()
    os.remove(published.path("/run/apache2/lync.names"))        # as after a reboot
    status, said = published.run("apachectl", "start")
    assert status and "lync.db" in said
    os.rename(store + ".away", store)
    published.control("start")
    assert published.get("https://%s/abs" % WEBEXT)[0] == 401
    assert not changes(published.before, published.record())
