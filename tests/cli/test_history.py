"""lyncadm history, show, status' change"""
import json

import pytest

from fake_httpd import FakeHttpd


@pytest.fixture
def lived(day):
    """Two revisions, and an edit after them."""
    httpd = FakeHttpd(day)
    day.ok("apply", "-m", "first", "--control", httpd.control)
    day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local")
    day.ok("profile set web --timeout 400")
    day.ok("apply", "-m", "second front end", "--control", httpd.control)
    day.ok("unpublish officewebapps01.contoso.com")
    day.httpd = httpd
    return day


def test_nothing_yet(day):
    assert day.ok("history") == ["no revisions yet: 'lyncadm apply' makes the draft one"]
    assert day.ok("history --json") == ["[]"]
    assert day.fails(1, "show active") == "no revision is active: 'lyncadm apply' makes the draft one"


def test_history(lived):
    first, second = json.loads("\n".join(lived.ok("history --json")))
    assert (first["number"], first["reason"], first["changes"], first["active"]) == (1, "first", 10, None)
    assert (second["number"], second["reason"], second["changes"], second["active"]) == \
        (2, "second front end", 2, "active")
    assert second["change"] > first["change"] and first["author"] and first["created"].endswith("Z")
    out = lived.ok("history")
    assert out[0].split() == ["number", "created", "author", "reason", "change", "changes", "active"]
    assert [line.split()[0] for line in out[1:]] == ["1", "2"] and out[2].endswith("active")


def test_show(lived):
    rows = json.loads("\n".join(lived.ok("show 2 --json")))
    assert {row["noun"] for row in rows} == {"profile", "tls-policy", "service", "listener", "certificate", "binding",
                                             "pool", "server", "domain", "route"}
    servers = [row for row in rows if row["noun"] == "server"]
    assert {"noun": "server", "host": "fe02.contoso.local", "pool": "lyncpool01.contoso.local", "weight": 1,
            "state": "active"} in servers
    assert "fe02" not in "\n".join(lived.ok("show 1"))
    assert lived.ok("show 2") == lived.ok("show active") != lived.ok("show draft") == lived.ok("show 0")
    out = lived.ok("show 2")
    assert out[0] == "profile" and out[1].split() == ["name", "timeout", "purpose"]
    assert lived.ok("server list")[0] in out
    blocks = "\n".join(lived.ok("show 2 --tsv")).split("\n\n")
    assert len(blocks) == 10 and blocks[0].splitlines()[0] == "noun\tname\ttimeout\tpurpose"


@pytest.mark.parametrize("words, status, sentence", [
    ("show", 2, "a revision is missing"), ("show 1 2", 2, "unexpected argument '2'"),
    ("show 7", 1, "has no revision 7"), ("show x", 2, "'x' is no revision"), ("show -- -1", 2, "is no revision"),
    ("history 1", 2, "unexpected argument '1'"), ("show 99999999999", 2, "is no revision"),
])
def test_used_wrongly(lived, words, status, sentence):
    assert sentence in lived.fails(status, words)


def test_if_revision(lived):
    def change():
        result = lived.run("status", "--json", "--control", lived.httpd.control)
        return json.loads(result.out)[0]["change"]

    now = change()
    lived.ok("profile", "set", "web", "--timeout", "401", "--if-revision", str(now))
    assert change() == now + 1
    for words in ["profile set web --timeout 402", "listener remove discovery", "unpublish webext.contoso.com",
                  "publish officewebapps owa.contoso.com --to wac01.contoso.local --ca root.pem",
                  "apply --control " + "true", "rollback 1 --discard --control true"]:
        assert lived.fails(1, *words.split(), "--if-revision", str(now)) == \
            f"the draft has moved on: its last change is {now + 1}, not {now}: 'lyncadm audit' shows what was changed"
    # an apply does not move the draft
    lived.ok("apply", "--if-revision", str(now + 1), "--control", lived.httpd.control)
    assert change() == now + 1
    lived.ok("profile", "set", "web", "--timeout", "402", "--if-revision", str(now + 1))
    for value in ["", "x", "-1", "1x"]:
        assert "is no number of a change" in lived.fails(2, "profile", "set", "web", "--timeout", "4",
                                                         "--if-revision=" + value)
