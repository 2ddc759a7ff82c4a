"""The questions of db/README.md, each run against a store in which something happened."""
import json
import pathlib
import re
import sqlite3

import pytest

from fake_httpd import FakeHttpd
from unguarded import unguarded

README = pathlib.Path(__file__).resolve().parents[2] / "db" / "README.md"


@pytest.fixture
def questions():
    """Number to statements."""
    found = re.findall(r"^(\d+)\. [^\n]*\n\n```sql\n(.*?)```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in found] == list(range(1, 11))
    return {int(number): text for number, text in found}


@pytest.fixture
def ask(day, questions):
    """Three revisions in March 2026, and who asks about them."""
    httpd = FakeHttpd(day)
    day.ok("apply", "-m", "first", "--control", httpd.control)
    day.ok("server", "add", "fe02.contoso.local", "--pool", "lyncpool01.contoso.local", "-m", "more power")
    day.ok("apply", "-m", "second front end", "--control", httpd.control)
    day.ok("unpublish officewebapps01.contoso.com")
    day.ok("certificate", "add", "other", "--chain", "other.pem")
    day.ok("apply", "-m", "no office", "--control", httpd.control)
    day.ok("server", "drain", "fe02.contoso.local", "-m", "updates", "--control", httpd.control)
    with unguarded(day.store) as db:
        # time passes: a day a change, from the first of March on
        db.execute("UPDATE change SET time = strftime('%Y-%m-%dT08:00:00Z', '2026-02-28', '+' || id || ' days')")
    db = sqlite3.connect(f"file:{day.store}?mode=ro", uri=True)
    return lambda number: [db.execute(text).fetchall() for text in questions[number].split(";")[:-1]]


def test_routes_of_a_pool(ask):
    (rows,) = ask(1)
    assert ("external", "webext.contoso.com", "/Ucwa", "https") in rows and len(rows) > 5


def test_a_month(ask):
    (rows,) = ask(2)
    assert rows[0][:2] == (1, "2026-03-01T08:00:00Z")
    assert rows[-2][3:5] == ("state", "active")


def test_certificate_of_a_day(ask):
    (rows,) = ask(3)
    assert {row[2:4] for row in rows} == {("external", "CN=webext.contoso.com")}
    # the day on which the second revision followed the first
    assert [row[:2] for row in rows] == [("2026-03-12T08:00:00Z", "2026-03-15T08:00:00Z"),
                                         ("2026-03-15T08:00:00Z", "2026-03-19T08:00:00Z")]


def test_who_applied(ask):
    (rows,) = ask(4)
    assert len(rows) == 1 and rows[0][4].startswith("lyncadm apply -m 'no office'") and rows[0][5] == "no office"


def test_activations(ask):
    (rows,) = ask(5)
    assert [(row[0], row[5]) for row in rows] == [(1, "first"), (2, "second front end"), (3, "no office")]
    assert rows[0][2] == rows[1][1] and rows[2][2] is None


def test_life_of_a_row(ask):
    (rows,) = ask(6)
    assert [(row[2], json.loads(row[4])["state"]) for row in rows] == [("more power", "active"), ("updates", "drain")]


def test_person(ask):
    (rows,) = ask(7)
    assert all(entries > 0 for *_, entries in rows)


def test_between_revisions(ask):
    (rows,) = ask(8)
    assert rows == [("removed", "external", "officewebapps01.contoso.com", "/")]


def test_refused_path(ask):
    (rows,) = ask(9)
    assert [row[2:] for row in rows] == [(None, "refuse")]


def test_expiry_and_reasons(ask):
    expire, silent = ask(10)
    assert all(name == "external" for name, *_ in expire)
    assert "lyncadm unpublish officewebapps01.contoso.com" in [row[3] for row in silent]
    assert not any("second front end" in row[3] for row in silent)
