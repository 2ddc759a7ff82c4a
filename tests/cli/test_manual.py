"""Man pages: they say what --help says, no less and no more, and roff has nothing to complain about."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import BUILD, PROGRAM, TOP
from fake_httpd import FakeHttpd

LAID_OUT = ["groff", "-man", "-Tutf8", "-P-cbou", "-ww", "-rLL=5000n", "-rIN=80n"]


def told(lines, heading):
    """A block of help, up to an empty line: names and what is said of them."""
    found = []
    for line in lines[next(i for i, line in enumerate(lines) if line.startswith(heading)) + 1:]:
        if not line:
            break
        name, text = (line[2:30].rstrip(), line[30:]) if line[29:30] == " " else (line[2:], None)
        if name:
            found.append([name, text])
        else:
            found[-1][1] = text
    return found


def shown(lines):
    """The same of a part of a man page as LAID_OUT has it: each text is one line, beside its name."""
    return [list(match.groups()) for match in (re.fullmatch(r" {80}(\S.*?)  +(\S.*)", line) for line in lines) if match]


def parts(text):
    """The sections of a page, and the subsections: their lines by their headings."""
    found, lines = {}, []
    for line in text.strip().splitlines()[1:-1]:        # without head and foot
        if re.match(r"( {3})?\S", line):
            lines = found.setdefault(line.strip(), [])
        elif line:
            lines.append(line)
    return found


class Manual:
    """All of --help, and all pages."""

    def __init__(self):
        self.help = self.run("help")
        self.roff = []
        self.words = list(dict.fromkeys(words.split()[0] for words, _ in told(self.help, "commands;")))
        self.pages = {word: self.page("help", "--man", word) for word in self.words}
        self.program = self.page("help", "--man")

    def run(self, *words):
        return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout.splitlines()

    def page(self, *words):
        roff = "\n".join(self.run(*words)) + "\n"
        process = subprocess.run(LAID_OUT, input=roff, capture_output=True, encoding="utf-8", check=True)
        assert process.stderr == ""
        self.roff.append(roff)
        return parts(process.stdout)

    def commands(self, word):
        """Those that --help has for a first word."""
        lines = self.run("help", word)
        if "commands:" in lines:
            return [name for name, _ in told(lines, "commands:")]
        return [word] + ([name for name, _ in told(lines, "also:")] if "also:" in lines else [])


@pytest.fixture(scope="module")
def manual():
    return Manual()


def test_program(manual):
    page = manual.program
    assert [line.strip() for line in page["NAME"]] == ["lyncadm - " + manual.help[1]]
    assert shown(page["COMMANDS"]) == told(manual.help, "commands;")
    assert shown(page["OPTIONS"]) == told(manual.help, "options of all")
    (status,) = [line for line in manual.help if line.startswith("exit status: ")]
    assert page["EXIT STATUS"][0].strip() + ";" == status[len("exit status: "):]
    assert re.findall(r"lyncadm-([\w-]+)\(8\)", " ".join(page["SEE ALSO"])) == manual.words
    assert len(manual.words) > 30


def test_words_have_pages(manual):
    for word, page in manual.pages.items():
        (name,) = page["NAME"]
        assert name.strip().startswith(f"lyncadm-{word} - "), name
        commands = manual.commands(word)
        assert [heading[len("lyncadm "):] for heading in page if heading.startswith("lyncadm ")] == commands
        assert shown(page["OPTIONS OF ALL COMMANDS"]) == told(manual.help, "options of all")
        assert len(page["SYNOPSIS"]) == len(commands)


def test_commands(manual):
    """Synopsis, help, options, example and exit status of each are those of its --help."""
    seen = 0
    for word, page in manual.pages.items():
        synopses = [line.strip() for line in page["SYNOPSIS"]]
        for command in manual.commands(word):
            lines = manual.run(*command.split(), "--help")
            part = page["lyncadm " + command]
            usage = lines[0][len("usage: "):]
            assert [line.strip() for line in part[:2]] == [lines[1], usage] and usage in synopses, command
            options = told(lines, "options:") if "options:" in lines else []
            assert shown(part) == options, command
            assert "example:" in lines and part[-1].strip() == lines[lines.index("example:") + 1].strip(), command
            for line in lines:
                if line.startswith("exit status: "):
                    assert f"of {command}: {line[len('exit status: '):]}" in " ".join(page["EXIT STATUS"])
            seen += 1
    assert seen > 70


def test_examples_of_the_program(manual, empty):
    """From nothing to a revision that is served, as it says."""
    httpd = FakeHttpd(empty)
    try:
        for line in manual.program["EXAMPLES"][1:]:
            words = shlex.split(line)[1:]
            if words[0] == "apply":
                httpd.start()
            if words[0] in ("apply", "status"):
                words += ["--control", httpd.control]
            if words[:2] == ["certificate", "import"]:
                words += ["--directory", str(empty.directory / "lync")]
            result = empty.run(*words)
            assert result.status == 0, (line, result)
        assert empty.ok("history --tsv")[1].startswith("1\t")
    finally:
        httpd.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What make writes."""
    directory = tmp_path_factory.mktemp("man")
    subprocess.run(["make", "-f", "apxs.mk", "man", f"BUILD={BUILD.resolve()}", f"MAN={directory}"], cwd=TOP,
                   check=True, capture_output=True)
    return directory


def test_make(manual, made):
    names = ["lyncadm.8", "mod_lync.5"] + [f"lyncadm-{word}.8" for word in manual.words]
    assert sorted(path.name for path in made.iterdir()) == sorted(names)


def test_no_warnings(made):
    """As lintian asks."""
    env = dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80")
    for path in sorted(made.iterdir()):
        process = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path)], env=env,
                                 capture_output=True, text=True)
        assert (process.returncode, process.stderr) == (0, ""), path
        process = subprocess.run(["groff", "-man", "-ww", "-z", str(path)], capture_output=True, text=True)
        assert (process.returncode, process.stderr) == (0, ""), path
        assert path.read_bytes().isascii(), path


def test_whatis(made):
    """Each page says its own name, so that man-db finds it by that."""
    for path in made.iterdir():
        out = subprocess.run(["lexgrog", str(path)], capture_output=True, text=True, check=True).stdout
        assert f'"{path.stem} - ' in out, out


def test_characters_of_roff(manual):
    """What roff would take for its own is there as in --help, also where quotes and dashes become typographical ones."""
    text = "\n".join("\n".join(lines) for page in manual.pages.values() for lines in page.values())
    for example in ("--user DOMAIN\\NAME", "'WORD ...'", "-m 'first publication'", "--store ./lync.db", "'-all +TLS"):
        assert example in text
    for roff in manual.roff:
        assert not re.findall(r"(?<!\\)-|['`^~]", roff)


def test_other_spelling(empty):
    assert empty.ok("help --man tls_policy") == empty.ok("help --man tls-policy")


def test_used_wrongly(empty):
    assert empty.fails(2, "help --man lisener").startswith("unknown command 'lisener': there is 'listener'")
    assert empty.fails(2, "help --man listener add").startswith("unexpected argument 'add': usage is 'lyncadm help ")
    assert empty.fails(2, "help --man --complete -- a") == "--man and --complete are one too many"


def test_help_tells_of_both(empty):
    for line in ("help --help", "help"):
        out = " ".join(empty.ok(line))
        assert "--man" in out and "--complete" in out
