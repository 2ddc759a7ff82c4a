"""lyncadm export, and the hash of a revision's content."""
import hashlib
import json
import os
import stat
import subprocess

import pytest

from conftest import PROGRAM
from fake_httpd import FakeHttpd
from test_bad_store import as_user, limit_file_size, open_up

NOUNS = ["profile", "tls_policy", "service", "listener", "certificate", "binding", "pool", "server", "domain", "route"]


@pytest.fixture
def applied(day):
    day.httpd = FakeHttpd(day)
    day.ok("apply", "-m", "first", "--control", day.httpd.control)
    return day


def text(admin, *words):
    result = admin.run("export", *words)
    assert (result.status, result.err) == (0, ""), result
    return result.out


def test_document(day):
    out = text(day)
    document = json.loads(out)
    assert list(document) == ["format", "version", *NOUNS]
    assert (document["format"], document["version"]) == ("lyncadm-export", 1)
    assert document["listener"] == [
        {"name": "discovery", "address": "*", "port": 80, "scheme": "http", "otherwise": "redirect", "http2": "off"},
        {"name": "external", "address": "*", "port": 443, "scheme": "https", "tls_policy": "intermediate",
         "otherwise": "redirect", "http2": "off"}]
    assert out.endswith("}\n")
    rows = [line.strip().rstrip(",") for line in out.splitlines() if line.startswith("    ")]
    assert [json.loads(row) for row in rows] == [row for noun in NOUNS for row in document[noun]]
    assert len(document["route"]) == len(day.ok("route list --tsv")) - 1


def test_nothing_but_the_content(day):
    """The same rows, whenever and wherever they were written, are the same bytes; files of keys are only named."""
    out = text(day)
    for word in (str(day.store), os.uname().nodename, "PRIVATE", "BEGIN"):
        assert word not in out
    day.ok("profile set web --timeout 299")
    day.ok("route remove external webext.contoso.com /Ucwa")
    assert text(day) != out
    day.ok("profile set web --timeout 300")
    day.ok("route add external webext.contoso.com /Ucwa --pool lyncpool01.contoso.local --scheme https --profile poll "
           "--service ucwa")
    assert text(day) == out


def test_which_revision(applied):
    applied.ok("profile set web --timeout 400")
    first = text(applied, "1")
    assert text(applied) == text(applied, "active") == first != text(applied, "draft") == text(applied, "0")
    assert '"timeout": 400' in text(applied, "draft")


def test_lines_that_differ_are_rows_that_differ(applied):
    before = text(applied).splitlines()
    applied.ok("listener set external --http2 on")
    after = text(applied, "draft").splitlines()
    assert [(a, b) for a, b in zip(before, after) if a != b] == [
        (line, line.replace('"off"', '"on"')) for line in before if '"name": "external", "add' in line]


def test_the_hash_is_that_of_the_document(applied):
    expected = hashlib.sha256(text(applied, "1").encode()).hexdigest()
    assert subprocess.run(f"{PROGRAM} export 1 | sha256sum", shell=True, env=applied.env, check=True,
                          capture_output=True, text=True).stdout.split()[0] == expected
    row = json.loads(applied.run("status", "--json", "--control", applied.httpd.control).out)[0]
    assert row["hash"] == expected
    applied.ok("profile set web --timeout 400")
    applied.ok("apply", "--control", applied.httpd.control)
    applied.ok("profile set web --timeout 300")
    applied.ok("apply", "--control", applied.httpd.control)
    hashes = [row["hash"] for row in json.loads("\n".join(applied.ok("history --hash --json")))]
    assert hashes[0] == hashes[2] == expected != hashes[1]
    assert "hash" not in json.loads("\n".join(applied.ok("history --json")))[0]
    assert applied.ok("history --hash")[1].split()[-1] == expected
    assert applied.ok("show 1")[-2:] == ["hash", expected]


def test_output(applied):
    path = applied.directory / "lync.json"
    digest = hashlib.sha256(text(applied).encode()).hexdigest()
    assert applied.ok("export --output lync.json") == [f"exported revision 1 to '{path}', hash {digest}"]
    assert path.read_text() == text(applied)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.write_text("something else")
    (row,) = json.loads("\n".join(applied.ok("export draft --output lync.json --json")))
    assert row == {"revision": 0, "file": str(path), "hash": digest}
    assert path.read_text() == text(applied)
    assert applied.ok("export", "--tsv", "--output", path)[0] == "revision\tfile\thash"
    assert sorted(p.name for p in applied.directory.glob("lync.json*")) == ["lync.json"]


def test_standard_output(applied):
    """"-" is what it is to import."""
    assert text(applied, "--output", "-") == text(applied)
    assert not (applied.directory / "-").exists()


def test_dry_run(applied):
    result = applied.run("export --output lync.json --dry-run")
    assert result.status == 0 and result.out.startswith("exported revision 1 to '")
    assert result.err == "lyncadm: dry run: the file was not written\n"
    assert not (applied.directory / "lync.json").exists()


def test_nothing_is_written(applied):
    before = applied.bytes()
    text(applied)
    assert applied.bytes() == before


@pytest.mark.parametrize("words, status, sentence", [
    ("9", 1, "has no revision 9"), ("x", 2, "'x' is no revision"), ("1 2", 2, "unexpected argument '2'"),
    ("--tsv", 2, "a document has no --tsv form"), ("--output=", 2, "option '--output' needs a file name"),
    ("--output nowhere/lync.json", 1, "nowhere/lync.json': No such file or directory"),
    ("--output /dev/null", 1, "cannot write '/dev/null': it is no regular file"),
    ("--output .", 1, "it is no regular file"),
])
def test_used_wrongly(day, words, status, sentence):
    assert sentence in day.fails(status, "export " + words)


def test_before_the_first_apply(day):
    assert text(day) == text(day, "draft")
    assert day.fails(1, "export active") == "no revision is active: 'lyncadm apply' makes the draft one"


def test_full_disk(day):
    old = day.directory / "lync.json"
    old.write_text("what was there")
    sentence = day.fails(1, "export --output lync.json", preexec_fn=limit_file_size(1024))
    assert sentence == f"cannot write '{old}': File too large"
    assert old.read_text() == "what was there"
    assert not list(day.directory.glob("lync.json.*"))


def test_no_right(day):
    open_up(day.directory)
    day.store.chmod(0o644)
    day.directory.chmod(0o755)
    result = as_user(["export", "--output", str(day.directory / "lync.json")], day.directory,
                     {"LYNC_STORE": str(day.store)})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"lyncadm: cannot write '{day.directory}/lync.json': Permission denied\n"


def test_text_that_is_no_utf8(applied):
    """It cannot be told in a document; status and history go on without a hash."""
    subprocess.run([PROGRAM, "profile", "set", "web", "--purpose", b"gr\xf6\xdfe"], env=applied.env, check=True,
                   stdout=subprocess.DEVNULL)
    assert applied.fails(1, "export draft") == "profile 'web': purpose is no UTF-8, which a document must be: " \
        "'lyncadm profile set' can change it"
    applied.ok("apply", "--control", applied.httpd.control)
    row = json.loads(applied.run("status", "--json", "--control", applied.httpd.control).out)[0]
    assert (row["active"], row["hash"]) == (2, None)
    assert [row["hash"] is None for row in json.loads("\n".join(applied.ok("history --hash --json")))] == [False, True]
    assert "hash" not in applied.ok("show 2")
    applied.ok("profile", "set", "web", "--purpose", "größe ☎ \"\\")
    assert json.loads(text(applied, "draft"))["profile"][2]["purpose"] == "größe ☎ \"\\"


def test_standard_output_is_full(day):
    with open("/dev/full", "w") as full:
        result = subprocess.run([PROGRAM, "export"], env=day.env, stdout=full, stderr=subprocess.PIPE, text=True,
                                check=False)
    assert (result.returncode, result.stderr) == (1, "lyncadm: cannot write to standard output\n")
