"""Completion: what may come next, by help --complete, and in shells."""
import os
import re
import shutil
import sqlite3
import subprocess

import pytest

from conftest import PROGRAM, TOP
from fake_httpd import FakeHttpd
from terminal import Console
from test_restore import hot_journal
from unguarded import unguarded

COMPLETE = TOP / "templates" / "complete"
POOLS = ["lyncdir01.contoso.local", "lyncpool01.contoso.local", "wac01.contoso.local"]


def offered(admin, *words):
    return admin.ok("help", "--complete", "--", *words)


def options(admin, command):
    return re.findall(r"^  (?:-\w, )?(--[\w-]+)", "\n".join(admin.ok(command + " --help")), re.MULTILINE)


def test_first_words(empty):
    words = offered(empty, "")
    listed = re.findall(r"^  ([a-z][\w-]*) ", "\n".join(empty.ok("help")).split("\noptions ")[0], re.MULTILINE)
    assert words == list(dict.fromkeys(listed)) and len(words) > 30
    assert offered(empty, "listen") == ["listener"]
    assert offered(empty, "no-such") == []


def test_second_words(empty):
    assert offered(empty, "listener", "") == ["add", "set", "show", "list", "remove"]
    assert offered(empty, "tls_policy", "s") == ["set", "show"]
    assert offered(empty, "import", "") == ["topology", "apache", ":files"]
    assert offered(empty, "--json", "import", "t") == ["topology", ":files"]
    assert offered(empty, "no-such", "") == []
    assert offered(empty, "help", "publi") == ["publish"]
    assert offered(empty, "help", "publish", "d") == ["director", "discover"]


def test_options_of_all_commands(empty):
    seen = 0
    for first in offered(empty, ""):
        for second in [None] + offered(empty, first, ""):
            command = f"{first} {second}" if second else first
            usage = empty.ok(command + " --help")[0] if second != ":files" else ""
            if usage.startswith(f"usage: lyncadm {command}") and " COMMAND [argument" not in usage:
                assert offered(empty, *command.split(), "-") == options(empty, command), command
                seen += 1
    assert seen > 70
    assert offered(empty, "apply", "--no-") == ["--no-probe"]
    assert offered(empty, "--js") == ["--json"]


@pytest.mark.parametrize("words, wanted", [
    (["listener", "add", "new", "--scheme", ""], ["https", "http"]),
    (["listener", "add", "new", "--scheme=https"], ["--scheme=https"]),
    (["pool", "set", POOLS[0], "--role", "s"], ["standard"]),
    (["certificate", "request", "--key", "p"], ["p256", "p384"]),
    (["audit", ""], ["verify"]),
    (["audit", "--noun", "tls"], ["tls-policy"]),
    (["audit", "--noun", "server-"], ["server-state"]),
    (["publish", "simple-url", ""], ["meet", "dialin", "admin"]),
    (["apply", "--message", ""], []),
    (["apply", "-m", "--"], []),
    (["apply", "--", "--"], []),
    (["listener", "add", "new", "--no-such", "--po"], ["--port"]),
])
def test_what_the_table_knows(empty, words, wanted):
    assert offered(empty, *words) == wanted


@pytest.mark.parametrize("words", [["--store", ""], ["init", "--store="], ["backup", ""], ["import", "topology", ""],
                                   ["import", "apache", "/etc/a"], ["pool", "add", "new", "--ca", "root"],
                                   ["certificate", "import", "one.pem", "tw"], ["top", "--runtime", ""]])
def test_files_are_the_shell_s(empty, words):
    assert offered(empty, *words) == [":files"]


@pytest.mark.parametrize("words, wanted", [
    (["pool", "show", ""], POOLS),
    (["pool", "show", "lyncp"], POOLS[1:2]),
    (["pool", "show", "--name", "w"], POOLS[2:]),
    (["pool", "add", ""], []),
    (["publish", "discover", "contoso.com", "--via", ""], POOLS),
    (["publish", "discover", "contoso.com", "--http-listener", ""], ["discovery", "external"]),
    (["import", "topology", "x.tbxml", "--certificate="], ["--certificate=external"]),
    (["certificate", "import", "x.pem", "--name", ""], ["external"]),
    (["certificate", "refresh", "external", ""], ["external"]),
    (["certificate", "import", "x.pem", "--pool", "wac"], POOLS[2:]),
    (["listener", "add", "new", "--certificate", ""], ["external"]),
    (["listener", "set", "external", "--tls-policy", "m"], ["modern"]),
    (["binding", "add", "e"], ["external"]),
    (["server", "drain", "wac"], ["wac01.contoso.local"]),
    (["server", "drain", "wac01.contoso.local", ""], POOLS[2:]),
    (["route", "show", "discovery", ""], ["lyncdiscover.contoso.com"]),
    (["route", "show", "DISCOVERY", "lyncdiscover.contoso.com", "/cscp"], []),
    (["route", "show", "DISCOVERY", "lyncdiscover.contoso.com", "/Cscp"], ["/Cscp"]),
    (["route", "set", "external", "webext.contoso.com", "/", "--pool", "w"], POOLS[2:]),
    (["unpublish", "off"], ["officewebapps01.contoso.com"]),
    (["verify", "meet.contoso.com", "lyncdir"], ["lyncdir01.contoso.local"]),
    (["show", ""], ["draft", "active"]),
    (["show", "draft", ""], []),
    (["diff", "draft", "a"], ["active"]),
    (["show", "--", ""], ["draft", "active"]),
])
def test_names_from_the_store(day, words, wanted):
    before = day.bytes()
    assert sorted(offered(day, *words)) == sorted(wanted)
    assert day.bytes() == before


def test_revisions(day):
    httpd = FakeHttpd(day)
    day.ok("apply", "--control", httpd.control)
    httpd.stop()
    assert offered(day, "rollback", "") == ["active", "1"]
    assert offered(day, "export", "") == ["draft", "active", "1"]
    assert offered(day, "rollback", "1") == ["1"]


def test_store_of_the_command_line(day, tmp_path):
    other = tmp_path / "other.db"
    day.store.rename(other)
    assert offered(day, "pool", "show", "") == []
    assert offered(day, "pool", "--store", str(other), "show", "") == POOLS
    assert offered(day, f"--store={other}", "pool", "show", "") == POOLS


@pytest.mark.parametrize("content", [None, b"", b"garbage " * 2000])
def test_no_store_to_read(day, content):
    day.store.unlink()
    if content is not None:
        day.store.write_bytes(content)
    for words in (["pool", "show", ""], ["show", "1"], ["unpublish", ""]):
        assert offered(day, *words) == []
    assert day.bytes() == content


def test_a_store_that_is_being_written(day):
    """A key that is pressed waits for nobody, and mends nothing: the store is as a killed writer left it."""
    journal = hot_journal(day.store)
    before = day.bytes(), journal.read_bytes()
    for words in (["pool", "show", ""], ["show", "1"], ["unpublish", ""]):
        assert offered(day, *words) == []
    assert (day.bytes(), journal.read_bytes()) == before
    day.ok("profile add another --timeout 9")
    assert offered(day, "profile", "show", "an") == ["another"]


def test_a_store_that_is_locked(day, tmp_path):
    """How often it is asked for, until it is given up: a command that reads asks a thousand times."""
    strace = ["strace", "-qq", "-e", "trace=fcntl", "-o", tmp_path / "trace"]
    if subprocess.run([*strace, "true"], capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    holder = sqlite3.connect(day.store, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    traced = subprocess.run([*strace, PROGRAM, "--store", day.store, "help", "--complete", "--", "pool", "show", ""],
                            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),       # which would trace, too
                            check=True, capture_output=True)
    holder.close()
    assert traced.stdout == traced.stderr == b""
    asked = (tmp_path / "trace").read_text().count("EAGAIN")
    assert 0 < asked < 100


def test_a_store_of_somebody_s_own(day):
    with unguarded(day.store) as database:
        database.execute("UPDATE listener SET name = ? WHERE name = 'discovery'", ("new\nline;$(touch owned)",))
    assert offered(day, "listener", "show", "") == []


def test_used_wrongly(empty):
    assert empty.fails(2, "help --complete").startswith("the words are missing: usage is 'lyncadm help --complete -- ")


# Shells

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { echo "compopt $*"; }
_lyncadm "$1"
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("words, wanted", [
    (["listen"], ["listener"]),
    (["pool", "show", "wac"], POOLS[2:]),
    (["pool", "list", "--role", "=", "dir"], ["director"]),
    (["pool", "list", "--role", "="], ["frontend", "standard", "director", "officewebapps"]),
    (["publish", "simple-url", "meet", "https", ":", "//meet.contoso.com", "--vi"], ["--via"]),
    (["server", "show", "fd00", "::", "1"], ["1:2"]),
    (["binding", "show", "external", ""], [r"\*"]),
    (["backup", ""], ["compopt -o default"]),
    (["pool", "show", "no-such"], []),
])
def test_bash(day, words, wanted):
    day.ok("pool set wac01.contoso.local --verify-name wac01.contoso.local")
    day.ok("server add fd00::1:2 --pool wac01.contoso.local")
    out = subprocess.run(["bash", "-c", BASH, "bash", str(COMPLETE / "lyncadm.bash"), PROGRAM, *words], env=day.env,
                         cwd=day.directory, check=True, capture_output=True, text=True)
    assert (out.stdout.splitlines(), out.stderr) == (wanted, "")


class Shell:
    """One that somebody types into; lyncadm is on its path, and so is what must not be run."""

    def __init__(self, admin, kind):
        path = admin.directory / "path"
        path.mkdir()
        (path / "lyncadm").symlink_to(PROGRAM)
        (path / "owned").write_text(f"#!/bin/sh\ntouch {admin.directory}/was-owned\n")
        (path / "owned").chmod(0o755)
        program, first = {
            "bash": (["bash", "--norc", "--noprofile"], f"source '{COMPLETE}/lyncadm.bash'"),
            "bash-completion": (["bash", "--norc", "--noprofile"], "source /usr/share/bash-completion/bash_completion"),
            "zsh": (["zsh", "-f"], f"fpath=('{COMPLETE}' $fpath); autoload -Uz compinit; compinit -u -D"),
        }[kind]
        if kind == "bash-completion":
            (admin.directory / "completions").mkdir()
            shutil.copy(COMPLETE / "lyncadm.bash", admin.directory / "completions" / "lyncadm")
        env = {"PATH": f"{path}:{admin.env['PATH']}", "HOME": str(admin.directory), "INPUTRC": "/dev/null",
               "BASH_COMPLETION_USER_DIR": str(admin.directory), "LC_ALL": "C.UTF-8"}
        self.console = Console(admin, "-i", program=program, width=500, env=env)
        self.command(f"{first}; PS1=rea'dy> '")

    def command(self, line, complete=None):
        """What it shows of a line; complete: a key after which that has to appear."""
        start = len(self.console.bytes)
        self.console.type(line)
        if complete:
            self.console.type("\t")
            self.console.until(complete, start=start)
        self.console.type("\r")
        end = self.console.until(rb"ready> ", start=start)
        return self.console.bytes[start:end].decode()

    def end(self):
        self.console.type("\x15exit 0\r")        # what was typed before is taken away
        assert self.console.end() == 0


@pytest.fixture(params=["bash", "bash-completion", "zsh"])
def shell(day, request):
    shell = Shell(day, request.param)
    yield shell
    shell.end()


def test_typed(day, shell):
    assert "443" in shell.command("lyncadm listener show ex", b"ternal")
    assert POOLS[0] in shell.command("lyncadm pool list --role=dir", b"rector")


def test_typed_file(day, shell):
    day.ok("export", "draft", "--output", "the draft.json")
    out = shell.command("lyncadm import --yes --dry-run the", rb"draft\.json")
    assert "nothing" in out or "dry run" in out


def test_typed_hostile_name(day, shell):
    """A path may have what is a shell's own; it is a word of the line and no more."""
    path = "/own$(owned)&owned"
    day.ok("route", "add", "external", "webext.contoso.com", path, "--action", "refuse")
    out = shell.command("lyncadm route show external webext.contoso.com /own", rb"owned.*owned")
    assert re.search(r"^path +" + re.escape(path), out, re.MULTILINE), out
    assert not (day.directory / "was-owned").exists()
