"""lyncadm diff"""
import json

import pytest

from fake_httpd import FakeHttpd

EDITS = ["changed profile 'web': timeout 400 (was 300)",
         "added server 'fe02.contoso.local, pool lyncpool01.contoso.local': weight 1",
         "removed route 'external officewebapps01.contoso.com /': action publish, pool wac01.contoso.local, "
         "scheme https, profile content"]
BACK = ["changed profile 'web': timeout 300 (was 400)",
        "removed server 'fe02.contoso.local, pool lyncpool01.contoso.local': weight 1",
        "added route 'external officewebapps01.contoso.com /': action publish, pool wac01.contoso.local, "
        "scheme https, profile content"]


@pytest.fixture
def edited(day):
    day.httpd = FakeHttpd(day)
    day.ok("apply", "--control", day.httpd.control)
    day.ok("profile set web --timeout 400")
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    day.ok("unpublish officewebapps01.contoso.com")
    return day


def test_active_against_draft(edited):
    assert edited.ok("diff") == edited.ok("diff active draft") == edited.ok("diff 1") == EDITS
    assert edited.ok("diff draft 1") == BACK


def test_no_difference(edited):
    edited.ok("apply", "--control", edited.httpd.control)
    assert edited.ok("diff") == edited.ok("diff --exit-code") == edited.ok("diff 2 active") == []
    assert edited.ok("diff 1 2") == EDITS


def test_exit_code(edited):
    result = edited.run("diff --exit-code")
    assert (result.status, result.out.splitlines(), result.err) == (3, EDITS, "")


def test_before_the_first_apply(day):
    out = day.ok("diff")
    assert "added listener 'external': address *, port 443, tls_policy intermediate" in out
    assert all(line.startswith("added ") for line in out)


def test_json(edited):
    rows = json.loads("\n".join(edited.ok("diff --json")))
    assert rows[0] == {"done": "changed", "noun": "profile", "name": "web", "field": "timeout", "before": "300",
                       "after": "400"}
    assert [(row["field"], row["before"], row["after"]) for row in rows if row["done"] == "added"] == [
        ("host", None, "fe02.contoso.local"), ("pool", None, "lyncpool01.contoso.local"), ("weight", None, "1"),
        ("state", None, "active")]
    assert edited.ok("diff --tsv")[:2] == ["done\tnoun\tname\tfield\tbefore\tafter",
                                           "changed\tprofile\tweb\ttimeout\t300\t400"]


def test_used_wrongly(edited):
    assert "has no revision 9" in edited.fails(1, "diff 1 9")
    assert "unexpected argument '3'" in edited.fails(2, "diff 1 2 3")
    assert "'x' is no revision" in edited.fails(2, "diff x")


def test_nothing_is_written(edited):
    before = edited.bytes()
    edited.ok("diff")
    assert edited.bytes() == before
