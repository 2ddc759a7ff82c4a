"""lyncadm status"""
import json

import pytest

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
    (row,) = json.loads(result.out)
    return row


def apply(day, httpd):
    return day.ok("apply", "-m", "first", "--wait", "1", "--control", httpd.control)


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
    assert "httpd      cannot run '/nowhere': there is no such program" in result.out
    httpd.say("refuse", "no")
    assert status(day, httpd, 0)["httpd"] == "refuses its configuration: no"
    httpd.unsay("refuse")
    httpd.unsay("store")
    assert status(day, httpd, 0)["httpd"] == "has no LyncStore line"


def test_why_it_is_not_served(day, httpd):
    """The served file's words are not trusted: its children could write them."""
    httpd.start()
    apply(day, httpd)
    httpd.say("reason", "last known good: cannot read store '/x': \x1b[31mred")
    day.ok("apply", "--control", httpd.control)
    httpd.start()
    row = status(day, httpd, 3)
    assert (row["served"], row["because"], row["drift"]) == (1, "last known good: cannot read store '/x': ?[31mred", "yes")


def test_store_cannot_be_read(day, httpd):
    """What httpd serves can still be told."""
    httpd.start()
    apply(day, httpd)
    day.store.rename(str(day.store) + ".away")
    result = day.run("status", "--json", "--control", httpd.control)
    assert result.status == 3 and "there is no store" in result.err, result
    (row,) = json.loads(result.out)
    assert (row["draft"], row["active"], row["served"], row["drift"]) == (None, None, 1, "yes")
    assert row["httpd"] == "refuses its configuration: cannot open the store"
    httpd.stop()
    result = day.run("status", "--control", httpd.control)
    assert result.status == 1 and "there is no store" in result.err, result


def test_for_people(day, httpd):
    httpd.start()
    lines = day.ok("status", "--control", httpd.control)
    assert [line.split()[0] for line in lines] == [
        "store", "draft", "change", "active", "created", "author", "reason", "hash", "httpd", "served", "because", "generation",
        "children", "pid", "drift"]


def test_takes_no_arguments(day):
    assert "unexpected argument 'now'" in day.fails(2, "status now")
