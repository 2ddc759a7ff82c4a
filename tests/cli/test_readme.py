"""What README says of commands and of lines in the error log there is."""
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import PROGRAM, TOP

README = (TOP / "README.md").read_text()
SOURCES = "".join(path.read_text() for path in sorted((TOP / "mod_lync").glob("*.c")))

HTTPDS = {"LimitRequestFieldSize 69632", "apachectl -t -D DUMP_VHOSTS", "<VirtualHost ADDRESS:443>", "*", "PATH"}


def logged():
    return set(re.findall(r"LYNCNO\((\d{4})\)", SOURCES))


def test_numbers():
    said = re.findall(r"LYNC(\d{4})", README)
    assert len(set(said)) > 15
    assert set(said) <= logged()


def spoken():
    """All that is typed as a lyncadm command: in blocks a line, in text what stands between backquotes."""
    parts = re.split(r"^```.*\n", README, flags=re.MULTILINE)
    blocks = "".join(parts[1::2]) + re.sub(r"^(?!    ).*\n", "\n", "".join(parts[::2]), flags=re.MULTILINE)
    typed = re.findall(r"^ *(lyncadm [a-z](?:.*\\\n)*.*)", blocks, re.MULTILINE)
    inline = re.findall(r"`(?:lyncadm )?((?<=lyncadm )[^`]+|(?:apply|check|status|top|verify) --[^`]+)`", "".join(parts[::2]))
    lines = {re.sub(r"\\?\n\s*", " ", line) for line in typed + ["lyncadm " + line for line in inline]}
    return sorted(lines - {"lyncadm COMMAND --help"})


@pytest.fixture(scope="module")
def helps():
    """What --help prints, by command; commands of one word and of two."""
    found = {}

    def help_of(*words):
        if words not in found:
            result = subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True)
            found[words] = result.stdout if result.returncode == 0 else None
        return found[words]
    return help_of


def command_of(words, helps):
    """The words that name the command: with the second one when that leads to another help."""
    first, second = tuple(words[1:2]), tuple(words[1:3])
    if len(second) == 2 and re.fullmatch("[a-z-]+", second[1]) and helps(*second) and helps(*second) != helps(*first):
        return second
    return first


@pytest.mark.parametrize("line", spoken())
def test_command(line, helps):
    words = shlex.split(line.split(" && ")[0].split(" | ")[0].split(" >")[0].replace("\u2026", "x"), comments=True)
    command = command_of(words, helps)
    text = helps(*command)
    assert text, "there is no 'lyncadm %s'" % " ".join(command)
    for word in words:
        if word.startswith("--"):
            assert re.search(r"(^|[ \[,])%s\b" % re.escape(word.split("=")[0]), text, re.MULTILINE), (command, word)


def test_there_are_many():
    assert len(spoken()) > 60


def test_links():
    """Each leads to a heading or a file."""
    headings = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).strip().replace(" ", "-")
                for heading in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
    for target in re.findall(r"\]\(((?!http)[^)\s]+)\)", README):
        name, _, anchor = target.partition("#")
        assert not name or (TOP / name).exists(), target
        assert not anchor or name or anchor in headings, target


def test_symptoms():
    """What the chapter about symptoms quotes is what programs say."""
    chapter = README.split("\n## When something is wrong\n")[1].split("\n## ")[0]
    text = "".join(path.read_text() for place in ("admin", "db", "mod_lync", "templates/publish")
                   for path in sorted((TOP / place).iterdir()) if path.is_file())
    quoted = {word for word in re.findall("`([^`]+)`", chapter) if " --" not in word and not word.startswith("lyncadm ")}
    assert len(quoted) > 40
    for word in quoted - HTTPDS:
        assert word.strip("-'") in text, word


SYMPTOMS = ("Clients sign in again and again", "Mobile clients drop after a minute", "The join page is blank",
            "A certificate warning", "421", "503")


def test_each_symptom_has_its_paragraph():
    chapter = README.split("\n## When something is wrong\n")[1].split("\n## ")[0]
    assert set(SYMPTOMS) <= set(re.findall(r"^### (.*)$", chapter, re.MULTILINE))


def drawings():
    return [block[1:] for block in README.split("\n```")[1::2] if block.startswith("\n") and "--->" in block]


def test_drawings():
    """What stands where, with the ports on both sides; and a request's way."""
    layout, way = drawings()
    for word in ("443  https", "80  http", "4443 https", "8080 http", "lyncadm", "mod_lync"):
        assert word in layout
    assert re.findall("client|proxy|server", way.splitlines()[0]) == ["client", "proxy", "server"]
    for refused in ("404", "400", "503"):
        assert refused in way


def test_folders():
    """The drawing of how the code is laid out has each folder, and no other."""
    chapter = README.split("\n## How the code is laid out\n")[1].split("```")[1]
    named = set(re.findall(r"^([a-z_]+)/", chapter, re.MULTILINE))
    known = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split("\n")
    assert named == {name.partition("/")[0] for name in known if "/" in name and not name.startswith(".")}
    for folder in re.findall(r"\b([a-z_]+)/", chapter):
        assert any((TOP / above / folder).is_dir() for above in ("", "templates", "tests")), folder


def test_picture_and_licence():
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert (TOP / picture).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    licence = pathlib.Path("/usr/share/common-licenses/Apache-2.0")        # Debian's
    assert (TOP / "LICENSE").read_text() == licence.read_text()


def test_cron():
    """A line of a file in /etc/cron.d: five times, a user, a path, and no % that cron would take."""
    (block,) = re.findall(r"^```cron\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        assert re.fullmatch(r"[\d*]+ [\d*]+ \* \* \* root /usr/sbin/lyncadm (.*)", line)
        assert not re.search(r"(?<!\\)%", line)
