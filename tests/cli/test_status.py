"""lyncadm status"""
import json
import os
import struct
import subprocess
import time

import pytest

from conftest import NAMES, PROGRAM, certificate
from fake_httpd import FakeHttpd
from unguarded import unguarded


@pytest.fixture
def httpd(day):
    httpd = FakeHttpd(day)
    yield httpd
    httpd.stop()


def status(day, httpd, code):
    result = day.run("status", "--json", "--control", httpd.control)
    assert (result.status, result.err) == (code, ""), result
    return json.loads(result.out)[0]


def apply(day, httpd):
    return day.ok("apply", "-m", "first", "--control", httpd.control)


def test_nothing_applied(day, httpd):
    row = status(day, httpd, 0)
    assert (row["store"], row["draft"], row["active"], row["httpd"], row["served"], row["drift"]) == \
        (str(day.store), "changed", None, "is not running", None, "no")


def test_served(day, httpd):
    httpd.start()
    apply(day, httpd)
    row = status(day, httpd, 0)
    assert (row["draft"], row["active"], row["served"], row["generation"], row["children"], row["pid"]) == \
        ("applied", 1, 1, 1, 1, httpd.process.pid)
    assert (row["httpd"], row["reason"], row["drift"]) == ("is running", "first", "no")


def test_draft_is_no_drift(day, httpd):
    httpd.start()
    apply(day, httpd)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    assert status(day, httpd, 0)["draft"] == "changed"


def test_drift(day, httpd):
    httpd.start()
    apply(day, httpd)
    httpd.stop()
    row = status(day, httpd, 3)
    assert (row["active"], row["served"], row["httpd"], row["drift"]) == (1, None, "is not running", "yes")


def test_other_revision(day, httpd):
    apply(day, httpd)
    httpd.start()
    with unguarded(day.store) as db:
        db.execute("UPDATE state SET value = '0' WHERE name = 'active'")
    row = status(day, httpd, 3)
    assert (row["active"], row["served"], row["drift"]) == (None, 1, "yes")


def test_httpd_cannot_be_asked(day, httpd):
    result = day.run("status", "--control", "/nowhere")
    assert (result.status, result.err) == (0, "")
    assert "httpd         cannot run '/nowhere': there is no such program" in result.out
    httpd.say("refuse", "no")
    assert status(day, httpd, 0)["httpd"] == "refuses its configuration: no"
    httpd.unsay("refuse")
    httpd.unsay("store")
    assert status(day, httpd, 0)["httpd"] == "has no LyncStore line"


@pytest.mark.skipif(os.getuid() != 0, reason="who is root is told nothing else")
def test_who_may_not_read_what_httpd_reads(day, httpd):
    """As keys are, which httpd reads as root."""
    httpd.say("refuse", "cannot read '/k.pem': Permission denied")
    told = "refuses its configuration: cannot read '/k.pem': Permission denied"
    assert status(day, httpd, 0)["httpd"] == told
    # who reaches the program wherever it was built
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override"]
    result = subprocess.run([*somebody, PROGRAM, "status", "--json", "--control", httpd.control], cwd=day.directory,
                            env=day.env, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result
    row = json.loads(result.stdout)[0]
    assert row["httpd"] == told + ": root, who starts httpd, may read it perhaps: ask as root"


def test_why_it_is_not_served(day, httpd):
    """The served file's words are not trusted: its children could write them."""
    httpd.start()
    apply(day, httpd)
    httpd.say("reason", "last known good: cannot read store '/x': \x1b[31mred")
    httpd.say("since", "1772366400 1772370000")
    day.ok("apply", "--control", httpd.control)
    httpd.start()
    row = status(day, httpd, 3)
    assert (row["served"], row["because"], row["drift"]) == (1, "last known good: cannot read store '/x': ?[31mred", "yes")
    assert (row["served_since"], row["because_since"]) == ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
    httpd.unsay("reason")
    httpd.start()
    assert status(day, httpd, 0)["because_since"] is None


def test_store_cannot_be_read(day, httpd):
    """What httpd serves can still be told."""
    httpd.start()
    apply(day, httpd)
    day.store.rename(str(day.store) + ".away")
    result = day.run("status", "--json", "--control", httpd.control)
    assert result.status == 3 and "there is no store" in result.err, result
    row = json.loads(result.out)[0]
    assert (row["draft"], row["active"], row["served"], row["drift"]) == (None, None, 1, "yes")
    assert row["httpd"] == "refuses its configuration: cannot open the store"
    httpd.stop()
    result = day.run("status", "--control", httpd.control)
    assert result.status == 1 and "there is no store" in result.err, result


def test_for_people(day, httpd):
    httpd.start()
    apply(day, httpd)
    text = "\n".join(day.ok("status", "--control", httpd.control))
    summary, generations, certificates = text.split("\n\n")
    assert [line.split()[0] for line in summary.splitlines()] == [
        "store", "draft", "change", "active", "created", "author", "reason", "hash", "trial", "undone", "httpd",
        "served", "served_since", "because", "because_since", "generation", "children", "pid", "drift"]
    assert [line.split()[:2] for line in generations.splitlines()] == [
        ["generations", "of"], ["generation", "revision"], ["1", "1"]]
    assert [line.split()[0] for line in certificates.splitlines()] == ["certificates", "name", "external"]


def tables(day, httpd, noun, code=0):
    result = day.run("status", "--json", "--control", httpd.control)
    assert (result.status, result.err) == (code, ""), result
    return [row for row in json.loads(result.out) if row["noun"] == noun]


def test_generations(day, httpd):
    """Which revision each serves, how old it is, how many of its children run, and how many take connections."""
    httpd.start()
    httpd.say("busy", "9 4 3")
    apply(day, httpd)
    (only,) = tables(day, httpd, "generation")
    assert (only["under_way"], only["waiting"], only["bound"]) == (9, 4, 3)
    assert (only["generation"], only["revision"], only["children"], only["accepting"]) == (1, 1, 1, 1)
    assert 0 <= only["age"] < 60 and only["started"].endswith("Z")
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    httpd.say("old", f"{os.getpid()} 1 1 0")
    apply(day, httpd)
    new, old = tables(day, httpd, "generation")
    assert (new["generation"], new["revision"]) == (2, 2)
    assert (old["generation"], old["children"], old["accepting"]) == (1, 1, 0)


def test_an_old_child_that_accepts_is_drift(day, httpd):
    httpd.start()
    httpd.say("old", f"{os.getpid()} 0 0 0")
    day.run("apply", "--wait", "3", "--control", httpd.control)
    assert status(day, httpd, 3)["drift"] == "yes"


def test_the_same_number_after_a_restore(day, httpd):
    """Revision 2 that is active is not the revision 2 that is served."""
    httpd.start()
    apply(day, httpd)
    first = day.bytes()
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    apply(day, httpd)
    second = day.bytes()
    day.store.write_bytes(first)
    day.ok("server add fe03.contoso.local --pool lyncpool01.contoso.local")
    apply(day, httpd)
    day.store.write_bytes(second)
    row = status(day, httpd, 3)
    assert (row["active"], row["drift"]) == (2, "yes")
    assert apply(day, httpd)[0].startswith("revision 2 is served")
    assert status(day, httpd, 0)["drift"] == "no"


def test_certificates(day, httpd, tmp_path):
    """On disk, as loaded, and as the revision has them."""
    mine = certificate(tmp_path / "mine.pem", NAMES)
    day.ok("certificate", "set", "external", "--chain", mine, "--key", mine)
    httpd.start()
    apply(day, httpd)
    (row,) = tables(day, httpd, "certificate")
    first = row["fingerprint"]
    assert (row["name"], row["chain"], row["disk"], row["loaded"], row["state"]) == \
        ("external", str(mine), first, None, "on disk")
    loaded = httpd.directory / "lync.names"
    loaded.write_text(f"certificate\tname=external\tchain={mine}\tkey={mine}\tfingerprint={first}\n")
    (row,) = tables(day, httpd, "certificate")
    assert (row["loaded"], row["state"]) == (first, "loaded")
    certificate(mine, NAMES)
    (row,) = tables(day, httpd, "certificate", 3)
    assert row["disk"] != first and row["state"] == "another is on disk than is loaded: reload httpd"
    loaded.write_text(loaded.read_text().replace(first, row["disk"]))
    (row,) = tables(day, httpd, "certificate", 3)
    assert row["state"] == "another is on disk than the revision was made with: 'lyncadm certificate refresh external' " \
        "takes it into the draft"
    loaded.write_text(f"certificate\tname=external\tchain={mine}\tkey={mine}\n")
    assert tables(day, httpd, "certificate", 3)[0]["state"] == "it was unusable when httpd loaded it: reload httpd"
    mine.unlink()
    assert "No such file" in tables(day, httpd, "certificate", 3)[0]["state"]
    loaded.write_text("\x1b[31mno rows\n")
    assert tables(day, httpd, "certificate", 3)[0]["loaded"] is None


def servers(httpd, *presented, generation=1):
    """Writes lync.servers as httpd's children do: for each server (failed, not_after)."""
    head = struct.pack("=8s3I4x", b"lynchl4", httpd.process.pid, generation, len(presented))
    rows = [struct.pack("=256s256s7I20xq", b"pool01", b"fe0%d" % number, 4443, 0, 0, failed != 0, 1772366400, failed, 0, end)
            for number, (failed, end) in enumerate(presented, 1)]
    (httpd.directory / "lync.servers").write_bytes(head + b"".join(rows))


EXPIRED, MISMATCH, NO_HANDSHAKE = 10, 62, 0x10000


def test_what_servers_present(day, httpd):
    """The end of a certificate and why one is refused; warnings, but no drift."""
    httpd.start()
    apply(day, httpd)
    now = int(time.time())
    soon, late = now + 9 * 86400 + 3600, now + 90 * 86400
    servers(httpd, (0, late), (0, 0), (0, soon), (EXPIRED, 1772366400), (MISMATCH, late), (NO_HANDSHAKE, 0),
            (0, 1772366400))
    result = day.run("status", "--json", "--control", httpd.control)
    assert result.status == 0, result
    rows = [row for row in json.loads(result.out) if row["noun"] == "server"]
    iso = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)) for when in (late, soon)]
    expired, refused = "2026-03-01T12:00:00Z", "certificate verify failed: "
    otherwise = "TLS handshake failed: httpd's error log says why"
    assert [(row["not_after"], row["certificate"], row["because"]) for row in rows] == [
        (iso[0], "verified", None), (None, None, None), (iso[1], "expiring", None),
        (expired, "refused", refused + "certificate has expired"), (iso[0], "refused", refused + "hostname mismatch"),
        (None, None, otherwise), (expired, "expired", None)]
    says = {"fe03": "its certificate ends on " + iso[1],
            "fe04": refused + "certificate has expired; its certificate expired on " + expired,
            "fe05": refused + "hostname mismatch", "fe06": otherwise,
            "fe07": "its certificate expired on " + expired}
    assert result.err.splitlines() == [
        f"lyncadm: warning: server '{name}' of pool 'pool01' (port 4443): {says[name]}" for name in says]
    servers(httpd, (EXPIRED, 1772366400), generation=7)
    assert not tables(day, httpd, "server")


def test_takes_no_arguments(day):
    assert "unexpected argument 'now'" in day.fails(2, "status now")


def test_a_damaged_store_tells_how_httpd_is_reached(day, httpd):
    """What httpd serves is told, without --control."""
    httpd.start()
    apply(day, httpd)
    with unguarded(day.store) as db:
        db.execute("REPLACE INTO state VALUES ('control', ?)", (httpd.control,))
        db.execute("UPDATE state SET value = '77' WHERE name = 'active'")
    result = day.run("status", "--json")
    assert result.status == 3 and "has no revision 77" in result.err, result
    assert json.loads(result.out)[0]["served"] == 1
