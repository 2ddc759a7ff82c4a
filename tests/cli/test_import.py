"""lyncadm import"""
import json
import os
import random
import shutil
import subprocess
import time

import pytest

from conftest import PROGRAM, Admin, certificate
from fake_httpd import FakeHttpd
from garble import garble
from terminal import Terminal


@pytest.fixture
def copied(day):
    """The day's store and its document."""
    day.path = day.directory / "lync.json"
    day.ok("export --output lync.json")
    day.document = json.loads(day.path.read_text())
    day.files = os.path.dirname(day.document["certificate"][0]["chain"])
    return day


def save(admin, **nouns):
    admin.path.write_text(json.dumps({**admin.document, **nouns}))
    return admin.path


def fresh(admin, name):
    """A store as init leaves it, beside the files of another."""
    other = Admin(admin.directory)
    other.store = admin.directory / name
    other.env["LYNC_STORE"] = str(other.store)
    other.ok("init")
    return other


def rows(admin, noun):
    return json.loads("\n".join(admin.ok(noun, "list", "--json")))


def last_change(admin):
    entries = json.loads("\n".join(admin.ok("audit --limit 1 --json")))
    assert len({entry["change"] for entry in entries}) == 1
    return entries


def applied_hash(admin):
    httpd = FakeHttpd(admin)
    admin.ok("apply", "--control", httpd.control)
    shutil.rmtree(httpd.directory)
    return json.loads("\n".join(admin.ok("history --hash --json")))[-1]["hash"]


def test_round_trip(copied):
    """Into a store that init just made: the same document, the same hash of the revision."""
    other = fresh(copied, "other.db")
    out = other.ok("import lync.json -m copied")
    assert "added listener 'external': address *, port 443, tls_policy intermediate" in out
    assert out[-1] == f"the draft is as document 'lync.json' has it: {len(out) - 1} added"
    assert other.run("export").out == copied.path.read_text()
    assert applied_hash(other) == applied_hash(copied)
    assert other.run("audit verify").status == 0


def test_ten_thousand_routes(copied):
    route = copied.document["route"][0]
    copied.document["route"] += [{**route, "path": f"/service/{i}"} for i in range(10000)]
    other = fresh(copied, "other.db")
    start = time.monotonic()
    assert other.ok("import", save(copied))[-1].endswith(" added")
    copied.ok("import", copied.path)
    assert time.monotonic() - start < 60        # minutes when it is quadratic
    assert applied_hash(other) == applied_hash(copied)


def test_one_change(copied):
    document = copied.document
    for listener in document["listener"]:       # values that must be unique change places
        listener["port"] = 443 if listener["port"] == 80 else 80
    document["profile"][0]["timeout"] = 650
    gone = [route for route in document["route"] if route["host"].startswith("officewebapps")]
    document["route"] = [route for route in document["route"] if route not in gone]
    document["server"] = [{"host": "fe02.contoso.local", "pool": "lyncpool01.contoso.local"}] + document["server"]
    save(copied)
    assert copied.ok("import", copied.path, "-m", "other ports") == [
        "set profile 'content': timeout 650 (was 600)",
        "set listener 'discovery': port 443 (was 80)", "set listener 'external': port 80 (was 443)",
        "added server 'fe02.contoso.local, pool lyncpool01.contoso.local': weight 1",
        *[f"removed route '{r['listener']} {r['host']} {r['path']}'" for r in gone],
        f"the draft is as document '{copied.path}' has it: 1 added, 3 set, {len(gone)} removed"]
    entries = last_change(copied)
    assert len(entries) == 4 + len(gone) and entries[0]["reason"] == "other ports"
    assert entries[0]["before"]["timeout"] == 600 and entries[0]["after"]["timeout"] == 650
    assert [(e["before"], e["after"]["weight"]) for e in entries if e["noun"] == "server"] == [(None, 1)]
    assert {e["after"] for e in entries if e["noun"] == "route"} == {None}
    assert copied.run("audit verify").status == 0


def test_again(copied):
    before = copied.bytes()
    assert copied.ok("import lync.json") == ["the draft is already as document 'lync.json' has it"]
    assert copied.ok("import lync.json --json") == ["[]"]
    assert copied.bytes() == before


def test_what_it_replaces_may_go_with_what_refers_to_it(copied):
    """A pool under another name, with all that names it."""
    copied.path.write_text(copied.path.read_text().replace("lyncpool01.contoso.local", "lyncpool09.contoso.local"))
    out = copied.ok("import lync.json")
    assert "removed pool 'lyncpool01.contoso.local'" in out
    assert copied.run("export").out == copied.path.read_text()
    assert copied.run("check").status == 0


def test_case_of_a_path(copied):
    for route in copied.document["route"]:
        route["path"] = route["path"].replace("/Ucwa", "/UCWA")
    copied.ok("import", save(copied))
    assert "/UCWA" in copied.run("export").out


def test_from_a_pipe(copied):
    text = copied.path.read_text().replace('"timeout": 300', '"timeout": 301')
    result = subprocess.run([PROGRAM, "import", "-"], cwd=copied.directory, env=copied.env, input=text, text=True,
                            capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == "set profile 'web': timeout 301 (was 300)"


def test_dry_run(copied):
    copied.document["profile"][0]["timeout"] = 650
    save(copied)
    before = copied.bytes()
    result = copied.run("import lync.json --dry-run")
    assert (result.status, result.out) == (0, "set profile 'content': timeout 650 (was 600)\n")
    assert result.err == "lyncadm: dry run: the store was not changed\n"
    assert copied.bytes() == before


def test_for_programs(copied):
    copied.document["profile"][0]["timeout"] = 650
    save(copied)
    out = "\n".join(copied.ok("import lync.json --json"))
    assert json.loads(out) == [{"done": "set", "noun": "profile", "name": "content", "detail": "timeout 650 (was 600)"}]
    copied.document["profile"][0]["timeout"] = 600
    save(copied)
    assert copied.ok("import lync.json --tsv") == [
        "done\tnoun\tname\tdetail", "set\tprofile\tcontent\ttimeout 600 (was 650)"]


def test_if_revision(copied):
    copied.document["profile"][0]["timeout"] = 650
    save(copied)
    assert "the draft has moved on" in copied.fails(1, "import lync.json --if-revision 3")


def listener(**fields):
    return {"listener": [{"name": "spare", "port": 8080, **fields}]}


@pytest.mark.parametrize("nouns, sentence", [
    ({"lisener": []}, "there is no noun 'lisener'"),
    ({"tls-policy": []}, "there is no noun 'tls-policy'"),
    ({"route": None}, "noun 'route' is missing: an empty array says that there is none"),
    ({"route": {}}, "noun 'route' is missing"),
    ({"format": "x"}, "it is no export of lyncadm: format 'lyncadm-export' is missing"),
    ({"version": 2}, "its version 2 is not 1, the one that this lyncadm reads"),
    ({"version": "1"}, "version is missing"),
    (listener(prot=1), ", row 'spare': listener: there is no field 'prot'"),
    (listener(port=0), ", row 'spare': listener: port '0' is no number from 1 to 65535"),
    (listener(port="80"), ", row 'spare': listener: port is no whole number"),
    (listener(port=80.5), ", row 'spare': listener: port is no whole number"),
    (listener(port=None), ", row 'spare': listener: port is no whole number"),
    (listener(address=["*"]), ", row 'spare': listener: address is no text in quotes"),
    (listener(tls_policy=None), "listener: tls_policy is no text in quotes: what is not set is left out"),
    (listener(scheme="ftp"), ", row 'spare': listener: scheme 'ftp' is no choice of https or http"),
    (listener(name="a b"), ", row 1: listener: name 'a b' is no name"),
    ({"listener": [{"name": "spare"}]}, ", row 'spare': listener: port is missing"),
    ({"listener": [{"port": 1}]}, ", row 1: listener: name is missing"),
    ({"listener": ["spare"]}, ", row 1: listener: it is no object"),
    ({"listener": 2 * listener()["listener"]}, ", row 'spare': listener: it is there twice"),
    ({"domain": [{"name": "contoso.com", "meet": "http://meet.contoso.com"}]},
     ", row 'contoso.com': domain: meet 'http://meet.contoso.com' is no simple URL"),
])
def test_bad_documents(copied, nouns, sentence):
    assert sentence in copied.fails(1, "import", save(copied, **nouns))


@pytest.mark.parametrize("text, sentence", [
    ("", "line 1: '[' or '{' expected near end of file"), ("{", "line 1: string or '}' expected near end of file"),
    ("[]", "it is no export of lyncadm"), ("{}", "it is no export of lyncadm"),
    ('{\n"format": "lyncadm-export",\n"version": 1, "version": 1}', "line 3: duplicate object key near '\"version\"'"),
    ("[" * 5000, "line 1: maximum parsing depth reached"),
    ('{"format": "a\\u0000b"}', "line 1: \\u0000 is not allowed"),
    ('{"version": 99999999999999999999}', "line 1: too big integer"),
])
def test_bad_json(copied, text, sentence):
    copied.path.write_text(text)
    assert copied.fails(1, "import lync.json").startswith("document 'lync.json'")
    assert sentence in copied.fails(1, "import lync.json")


def test_bytes_that_are_no_utf8(copied):
    copied.path.write_bytes(copied.path.read_bytes().replace(b"pages and web", b"gr\xf6\xdfe"))
    assert "unable to decode byte 0xf6" in copied.fails(1, "import lync.json")


def test_huge(copied):
    with open(copied.path, "w") as file:
        file.truncate(70 << 20)
    assert copied.fails(1, "import lync.json") == "document 'lync.json' is longer than 64 MB"


@pytest.mark.parametrize("name, sentence", [("none", "cannot read document 'none': No such file or directory"),
                                            (".", "cannot read document '.': Is a directory")])
def test_no_document(copied, name, sentence):
    assert copied.fails(1, "import", name) == sentence


@pytest.mark.parametrize("words, sentence", [
    ([], "a document is missing: usage is 'lyncadm import FILE|- "), (["a", "b"], "unexpected argument 'b'"),
    (["lync.json", "-m", "a\nb"], "is no single line of text")])
def test_used_wrongly(copied, words, sentence):
    assert sentence in copied.fails(2, "import", *words)


def test_rule_book(copied):
    """What the rule book, or the store itself, would not have is said in their words for people."""
    document = copied.document
    spare = {"name": "spare", "port": 443, "scheme": "http"}
    assert "listeners 'external' and 'spare' both listen on port 443" in copied.fails(
        1, "import", save(copied, listener=document["listener"] + [spare]))
    assert "names pool 'lyncdir01.contoso.local', which does not exist" in copied.fails(
        1, "import", save(copied, pool=[]))
    assert "differ only in case" in copied.fails(1, "import", save(copied, route=document["route"] + [
        {**route, "path": "/UCWA"} for route in document["route"] if route["path"] == "/Ucwa"]))
    assert "has no default certificate" in copied.fails(1, "import", save(copied, binding=[]))


def test_an_unfinished_draft(copied):
    """A listener that the document makes may wait for its certificate, as in the draft that was exported."""
    assert copied.run("listener add second --port 8443").status == 0
    copied.ok("export draft --output lync.json")
    other = fresh(copied, "other.db")
    result = other.run("import lync.json")
    assert result.status == 0 and result.err == "lyncadm: warning: listener 'second' has no default certificate: " \
        "lyncadm binding add second '*' --certificate NAME\n"
    assert other.ok("export draft") == copied.ok("export draft")


def test_files_of_another_host(copied):
    """They may be missing here, which is told; the facts are the document's."""
    copied.path.write_text(copied.path.read_text().replace(copied.files, "/nowhere"))
    result = copied.run("import lync.json")
    lines = result.err.splitlines()
    assert result.status == 0 and all(line.startswith("lyncadm: warning: ") for line in lines), result
    assert any("certificate 'external': cannot read certificate file '/nowhere/external.pem'" in line for line in lines)
    assert any("trust anchors of pool 'lyncpool01.contoso.local': " in line for line in lines)
    (row,) = rows(copied, "certificate")
    assert {name: value for name, value in row.items() if value} == \
        {**copied.document["certificate"][0], **dict.fromkeys(["chain", "key"], "/nowhere/external.pem")}
    assert "cannot read certificate file" in copied.fails(1, "apply --control true")


def test_facts_that_are_not_the_file_s(copied):
    copied.path.write_text(copied.path.read_text().replace(copied.files, str(copied.directory)))
    certificate(copied.directory / "external.pem", ["webext.contoso.com"])
    other = fresh(copied, "other.db")
    result = other.run("import lync.json")
    assert result.status == 0
    assert result.err.splitlines()[0] == \
        "lyncadm: warning: certificate 'external' of the document has another names than file " \
        f"'{copied.directory}/external.pem': 'lyncadm certificate refresh external' takes it from the file"
    assert rows(other, "certificate")[0]["fingerprint"] == copied.document["certificate"][0]["fingerprint"]


@pytest.fixture
def changed(copied):
    copied.document["profile"][0]["timeout"] = 650
    save(copied)
    return copied


DIFFERENCE = "set profile 'content': timeout 650 (was 600)\n"


def test_yes(changed):
    terminal = Terminal(changed, "import", "lync.json")
    assert terminal.question() == "make the draft so (1 set)? [y/N] "
    assert rows(changed, "profile")[0]["timeout"] == 600
    assert terminal.answer("yes\n") == (0, DIFFERENCE + "the draft is as document 'lync.json' has it: 1 set\n", "")
    assert rows(changed, "profile")[0]["timeout"] == 650
    assert changed.run("audit verify").status == 0


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04"], ids=["no", "nothing", "end"])
def test_no(changed, answer):
    before = changed.bytes()
    terminal = Terminal(changed, "import", "lync.json")
    terminal.question()
    assert terminal.answer(answer) == (1, DIFFERENCE, "lyncadm: the draft stays as it was\n")
    assert changed.bytes() == before


def test_an_edit_while_it_asks(changed):
    terminal = Terminal(changed, "import", "lync.json")
    terminal.question()
    changed.ok("profile set web --timeout 299")     # nobody keeps it waiting
    status, _, err = terminal.answer("y\n")
    assert status == 1 and "the draft was edited meanwhile, by change " in err
    assert [row["timeout"] for row in rows(changed, "profile")] == [600, 1800, 299]


@pytest.mark.parametrize("words", [["lync.json", "--yes"], ["lync.json", "--dry-run"]])
def test_does_not_ask(changed, words):
    status, out, err = Terminal(changed, "import", *words).answer("")
    assert status == 0 and out.startswith(DIFFERENCE) and "[y/N]" not in err


def test_does_not_ask_when_it_is_so(copied):
    assert Terminal(copied, "import", "lync.json").answer("") == (
        0, "the draft is already as document 'lync.json' has it\n", "")


def test_mutations(copied):
    """Documents cut off and garbled: taken, or refused with one sentence and nothing written."""
    text = copied.path.read_bytes()
    rng = random.Random(4)
    for _ in range(150):
        garbled = garble(rng, text, [b'"', b"{", b"]", b",", b"null", b"\\u0000", b"99", b'"name": '])
        copied.path.write_bytes(garbled)
        before = copied.bytes()
        result = copied.run("import lync.json --dry-run")
        assert result.status in (0, 1), (garbled, result)
        assert copied.bytes() == before
        if result.status == 1:
            assert result.out == "" and len(result.err.splitlines()) == 1, (garbled, result)
