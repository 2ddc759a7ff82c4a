"""What the servers of a pool present: how long it is good for, and why it is refused, in status and on its page."""

import os
import re
import struct

import pytest

from deploy import WEBEXT
from httpd import lyncadm, wait
from status import Shown, told

HEAD, SERVER, NOT_AFTER = 24, 568, 560      # of lync.servers: its head, a server's size, and where that has it
REFUSALS = re.compile(r"\[(ssl|proxy|proxy_http|proxy_balancer|proxy_hcheck):|LYNC0021")


def own(server, **arguments):
    return server.pool.pki.internal.leaf(server.name, file=server.name, **arguments)


PRESENTS = {
    "fe01": lambda server: server.certificate(own(server)),
    "fe02": lambda server: server.certificate(own(server, days=(-1, 10))),
    "fe03": lambda server: server.certificate("expired"),
    "fe04": lambda server: server.certificate(server.pool.pki.internal.leaf("wrong.contoso.local")),
    "fe05": lambda server: server.certificate("wrong-ca"),
}
REFUSED = {"fe03": "certificate has expired", "fe04": "hostname mismatch",
           "fe05": "unable to get local issuer certificate"}
WORDS = {"fe01": "verified", "fe02": "expiring", "fe03": "refused", "fe04": "refused", "fe05": "refused"}


def end_of(server):
    return server.leaf.certificate.not_valid_after.strftime("%Y-%m-%dT%H:%M:%SZ")


def https_rows(shown, rows):
    return {row["host"].partition(".")[0]: row for row in rows
            if row["noun"] == "server" and row["port"] == shown.lync.https_port}


def mixed(stage, servers):
    shown = Shown(stage, servers=servers, certificate=lambda server: PRESENTS[server.name.partition(".")[0]](server))
    shown.httpd.always.append(REFUSALS)
    return shown.serve()


def seen(shown, words):
    """Waits until a handshake with each server was seen, and those that are refused are left out."""
    wait("they are seen", lambda: {
        name: (row["certificate"], row["health"]) for name, row in https_rows(shown, shown.page.all()).items()
    } == {name: (word, "down" if word == "refused" else "up") for name, word in words.items()}, 30)


@pytest.fixture(scope="module")
def shown(stage_for_module):
    shown = mixed(stage_for_module, tuple(WORDS))
    seen(shown, WORDS)
    return shown


def status(shown, *more):
    return lyncadm(shown.stage, shown.store, "status", *more, hosts=shown.hosts_file, ok=False)


def test_status(shown):
    """The end of each certificate, also of those that are refused, and why they are; no drift."""
    rows = https_rows(shown, shown.status_rows())
    assert {name: row["certificate"] for name, row in rows.items()} == WORDS
    assert {row["not_after"] for row in rows.values()} != {None}
    assert {name: rows[name]["not_after"] for name in rows} == \
        {server.name.partition(".")[0]: end_of(server) for server in shown.lync.servers}
    assert {name: rows[name]["because"] for name in rows} == {
        name: "certificate verify failed: " + REFUSED[name] if name in REFUSED else None for name in rows}
    assert status(shown).returncode == 0


def test_warnings(shown):
    """One line each of what is refused, or will be, and none of what is well."""
    text = "warning: server '%s.contoso.local' of pool '%s' (port %d): "
    end = {server.name.partition(".")[0]: end_of(server) for server in shown.lync.servers}
    says = {
        "fe02": "its certificate ends on " + end["fe02"],
        "fe03": "certificate verify failed: certificate has expired; its certificate expired on " + end["fe03"],
        "fe04": "certificate verify failed: hostname mismatch",
        "fe05": "certificate verify failed: " + REFUSED["fe05"],
    }
    assert status(shown).stderr.splitlines() == [
        "lyncadm: " + text % (name, shown.lync.name, shown.lync.https_port) + says[name] for name in sorted(says)]


def test_clear_text_presents_nothing(shown):
    rows = [row for row in shown.page.rows("server") if row["port"] == shown.lync.http_port]
    assert {(row["not_after"], row["certificate"], row["because"]) for row in rows} == {(None, None, None)}


def test_page(shown):
    """The same as status, and in words."""
    assert told(shown.page.rows("server")) == told(shown.status_rows())
    page, end = shown.page.html(), {server.name: end_of(server) for server in shown.lync.servers}
    cells = {row[0].partition(".")[0]: row[5] for row in page.rows
             if len(row) == 7 and row[2] == str(shown.lync.https_port)}
    words = dict(WORDS, fe02="ends in 9 days")
    assert cells == {name: "%s until %s" % (word, end[name + ".contoso.local"]) for name, word in words.items()}
    assert "The certificate of server fe02.contoso.local on port %d ends in 9 days." % shown.lync.https_port in page.text
    assert ": certificate verify failed: certificate has expired." in page.text
    assert {row[5] for row in page.rows if len(row) == 7 and row[2] == str(shown.lync.http_port)} == {"none seen"}


@pytest.mark.smoke
def test_renewed(stage):
    """The next probe sees it: the server is in again, and nothing is said against it any more."""
    words = {"fe01": "verified", "fe03": "refused"}
    shown = mixed(stage, tuple(words))
    seen(shown, words)
    server = shown.lync.server("fe03")
    server.stop()
    server.certificate(own(server, days=(-1, 200)))
    server.start()
    seen(shown, dict(words, fe03="verified"))
    row = https_rows(shown, shown.status_rows())["fe03"]
    assert (row["not_after"], row["because"]) == (end_of(server), None) and "warning" not in status(shown).stderr


def test_no_handshake_for_another_reason(stage):
    """The pool's TLS policy says 1.2, the server speaks less: its certificate is not at fault, and not seen."""
    shown = Shown(stage, pool_arguments={"protocol": "TLSv1.1"})
    shown.httpd.always.append(REFUSALS)
    shown.serve()
    wait("it is told", lambda: https_rows(shown, shown.page.all())["fe01"]["because"] ==
         "TLS handshake failed: httpd's error log says why", 30)
    row = https_rows(shown, shown.status_rows())["fe01"]
    assert (row["not_after"], row["certificate"]) == (None, None)
    assert shown.httpd.lines("LYNC0021.*TLS handshake failed")


def write_end(shown, seconds):
    """As the certificate would have it, or a child that was taken over: in lync.servers, of the https port."""
    ports = [row["port"] for row in shown.page.rows("server")]
    with open(os.path.join(shown.httpd.folder, "run", "lync.servers"), "r+b") as file:
        file.seek(HEAD + ports.index(shown.lync.https_port) * SERVER + NOT_AFTER)
        file.write(struct.pack("=q", seconds))


def test_without_probes(stage):
    """A request's handshake tells as well. A server that expires while its connections live is told of."""
    shown = Shown(stage, fields=[("health-interval", "3600")]).serve()
    assert https_rows(shown, shown.page.all())["fe01"]["certificate"] is None
    assert shown.ask(WEBEXT, "/meet/a/b").status == 200
    row = https_rows(shown, shown.page.all())["fe01"]
    assert (row["not_after"], row["certificate"]) == (end_of(shown.lync.servers[0]), "verified")
    write_end(shown, 1772366400)
    row = https_rows(shown, shown.page.all())["fe01"]
    assert (row["not_after"], row["certificate"], row["because"]) == ("2026-03-01T12:00:00Z", "expired", None)
    result, text = status(shown), shown.page.html().text
    assert result.returncode == 0 and result.stderr.endswith("its certificate expired on 2026-03-01T12:00:00Z\n")
    assert "The certificate of server fe01.contoso.local on port %d expired" % shown.lync.https_port in text
    assert shown.ask(WEBEXT, "/meet/a/b").status == 200
    for nonsense in (-1, -2 ** 63, 2 ** 63 - 1, 253402300800):
        write_end(shown, nonsense)
        assert told(shown.page.rows("server")) == told(shown.status_rows())
        assert https_rows(shown, shown.page.all())["fe01"]["not_after"] is None
