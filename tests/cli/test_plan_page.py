"""lyncadm plan html: all of a plan as one page."""
import re

from conftest import NAMES
from planning import COLUMNS, DIRECTOR, OUTSIDE, POOL, REST, SECTIONS, WAC, facts, page, planned, records, sign
from test_certificate_request import edited


def test_page(day):
    """The same tables, in one file that needs nothing from elsewhere."""
    shown = page(day, *OUTSIDE)
    assert shown.suspect == [] and shown.title == "Plan of the Lync reverse proxy: the draft"
    assert list(shown.tables) == SECTIONS
    assert "http://" not in re.sub("who types http://", "", shown.source) and "@media print" in shown.source
    ports = [[str(value or "") for value in list(row.values())[1:]] for row in planned(day, "ports", *OUTSIDE)]
    assert shown.tables["ports"] == [COLUMNS["ports"].split()[1:], *ports]
    assert [row[1:4] for row in shown.tables["dns"][1:]] == [
        [record[1], record[2], record[3] or ""] for record in records(day, *OUTSIDE)]
    assert [row[2] for row in shown.tables["data"][1:]] == [fact[2] for fact in facts(day, *OUTSIDE)]
    assert shown.tables["certificates"][1][3] == " ".join(["webext.contoso.com", *REST])
    assert [row[0] for row in shown.tables["trust"]] == ["pool", DIRECTOR, POOL, WAC]


def test_page_in_a_file(day):
    (day.directory / "plan.html").write_text("of last year")
    assert day.ok("plan html --output plan.html --dry-run") == [
        f"dry run: the plan of the draft would be written to '{day.directory}/plan.html'"]
    assert (day.directory / "plan.html").read_text() == "of last year"
    assert day.ok("plan html --output plan.html") == [f"wrote the plan of the draft to '{day.directory}/plan.html'"]
    assert (day.directory / "plan.html").read_text() == page(day).source == page(day, "--output", "-").source
    assert "cannot write" in day.fails(1, "plan html --output nowhere/plan.html")


def test_hostile_texts(day):
    """Purposes and subjects are free texts: they are shown, and do nothing."""
    evil = "<script>alert(1)</script>\"'&amp;{{sections}}"
    day.ok("service", "set", "meet", "--purpose", evil)
    sign(day.directory, "evil.pem", NAMES, "serverAuth", subject="/CN=<img src=x onerror=alert(1)>&\"'",
         ca="/CN=<\\/td><script>{{time}}")
    edited(day, "certificate add evil --chain evil.pem", "binding set external * --certificate evil")
    shown = page(day)
    assert shown.suspect == [] and list(shown.tables) == SECTIONS
    assert evil in [row[-1] for row in shown.tables["dns"]]
    subject, issuer = shown.tables["certificates"][1][5:7]
    assert "img src=x onerror=alert(1)" in subject and "script" in issuer and "{{time}}" in issuer
    assert evil in [row["purpose"] for row in planned(day, "dns")]


def test_page_of_nothing(admin):
    assert page(admin).tables == {section: [] for section in SECTIONS}
