"""Help on every level, and its examples, which must work as they are."""
import re
import shlex

import pytest

from apache import GOOD
from conftest import DAY
from counted import Counts
from fake_httpd import FakeHttpd
from topology import four_servers

NOUNS = ["listener", "certificate", "binding", "pool", "server", "route", "domain", "profile", "tls-policy", "service"]
VERBS = ["add", "set", "show", "list", "remove"]
PUBLISH = ["pool", "director", "officewebapps", "simple-url", "discover"]
PLAIN = ["init", "unpublish", "check", "apply", "rollback", "diff", "history", "show", "audit", "status", "top",
         "export", "import", "backup", "restore", "help", "version"]
PLAN = ["plan " + word for word in ("data", "certificates", "ports", "dns", "html")]
IMPORT = ["import topology", "import apache"]
CERTIFICATE = ["certificate request", "certificate import", "certificate refresh"]
MANAGED = ["certificate managed"]
COMMANDS = [f"{noun} {verb}" for noun in NOUNS for verb in VERBS] + ["publish " + word for word in PUBLISH] \
    + CERTIFICATE + MANAGED + PLAN + IMPORT + PLAIN + ["check-health"]


def example(text):
    (line,) = re.findall(r"^example:\n  lyncadm (.*)$", text, re.MULTILINE)
    return shlex.split(line)


def test_program(empty):
    out = "\n".join(empty.ok("--help"))
    assert out.startswith("usage: lyncadm COMMAND ")
    for word in NOUNS + ["publish " + p for p in PUBLISH] + PLAN + PLAIN:
        assert re.search(rf"^  {word} ", out, re.MULTILINE), word
    assert empty.ok("help") == out.splitlines() == empty.ok("-h")


@pytest.mark.parametrize("group", NOUNS + ["publish", "plan"])
def test_groups(empty, group):
    out = empty.ok(group + " --help")
    assert out[0] == f"usage: lyncadm {group} COMMAND [argument ...] [option ...]"
    assert empty.ok("help " + group) == out
    assert example("\n".join(out))[0] == group


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(empty, command):
    out = empty.ok(command + " --help")
    assert out[0].startswith(f"usage: lyncadm {command}")
    assert empty.ok("help " + command) == out
    assert empty.ok(*command.split()[:1], "--help", *command.split()[1:]) == out
    assert empty.store.exists() is False


@pytest.mark.parametrize("noun", NOUNS)
def test_examples_of_a_noun(day, noun):
    """In the order add, set, show, list, remove they leave the store as it was."""
    dump = [day.ok(n + " list --tsv") for n in NOUNS]
    for verb in VERBS:
        words = example("\n".join(day.ok(f"{noun} {verb} --help")))
        assert words[:2] == [noun, verb]
        result = day.run(*words)
        assert result.status == 0, result
    assert [day.ok(n + " list --tsv") for n in NOUNS] == dump


@pytest.mark.parametrize("command", ["publish " + word for word in PUBLISH])
def test_examples_of_publish(admin, command):
    """They are the lines of the day."""
    words = example("\n".join(admin.ok(command + " --help")))
    assert words in [line.split() for line in DAY]


@pytest.mark.parametrize("command", CERTIFICATE + MANAGED + PLAN + IMPORT + PLAIN)
def test_other_examples(day, command):
    httpd = FakeHttpd(day)
    words = example("\n".join(day.ok(command + " --help")))
    if command == "init":
        day.store.rename(day.directory / "old.db")
        words[words.index("--store") + 1] = str(day.store)
    if command == "rollback":
        day.ok("apply", "--control", httpd.control)
    if command == "import":
        day.ok("export --output lync.json")
    if command == "import topology":
        (day.directory / "topology.tbxml").write_bytes(four_servers().bytes())
    if command == "import apache":
        (day.directory / "lync.conf").write_text(GOOD)
    if command == "restore":
        day.ok("backup lync.backup.db")
    if command == "top":
        httpd.start()
        Counts(httpd.directory, httpd.process.pid)
    if command in ("apply", "rollback", "status", "top"):
        words += ["--control", httpd.control]
    if command in CERTIFICATE:
        words += ["--directory", str(day.directory / "lync")]
    assert day.run(*words).status == 0
    httpd.stop()


def test_version(empty):
    assert re.fullmatch(r"lyncadm \d+\.\d+\.\d+\S*", empty.ok("--version")[0])
    assert empty.ok("version") == empty.ok("--version") == empty.ok("listener --version") == \
        empty.ok("listener add --version")
