"""lyncadm import apache: files that are none, and such as somebody made to do harm"""
import os
import random
import re

import pytest

from apache import WHOLE, each_name, site
from garble import garble

IMPORT = "import apache lync.conf"
WORDS = [b'"', b"<", b">", b"</VirtualHost>", b"\\\n", b"${a}", b"(", b"|", b"ProxyPass / balancer://", b"\n", b"<Location />"]


def save(admin, text, name="lync.conf"):
    path = admin.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("text, line, sentence", [
    ("\0", 1, "this is no text: it has a control character"),
    ("Listen 80\n\x7fELF\x01\x02", 2, "this is no text: it has a control character"),
    ("# \x1b[2J\n", 1, "this is no text: it has a control character"),
    ("Listen 80\n" + "x" * 70000, 2, "this is longer than 65536 characters"),
    ("# " + "y" * 1000000, 1, "this is longer than 65536 characters"),
    ("Listen 80\n" + "a \\\n" * 40000, 2, "this is longer than 65536 characters"),
    ('Listen 80\nServerName "a', 2, "a quote is not closed"),
    ("ServerName 'a\\'", 1, "a quote is not closed"),
    ("<VirtualHost *:443>\nServerName a\n", 1, "section <VirtualHost> is not closed"),
    ("<VirtualHost *:443\nServerName a\n", 1, "the line that opens a section has no '>'"),
    ("<", 1, "the line that opens a section has no '>'"), ("<>", 1, "this is no directive of httpd"),
    ("</VirtualHost>", 1, "</VirtualHost> closes no section"), ("</", 1, "this is no directive of httpd"),
    ("<VirtualHost *>\n<Location />\n</VirtualHost>", 3, "</VirtualHost> stands where <Location> of line 2 is to be closed"),
    ("<IfModule a>\n" * 17, 16, "there are more than 16 sections within each other"),
    ("Listen 80\n" * 50001, 50001, "there are more than 50000 directives"),
    ("<VirtualHost *>\n</VirtualHost>\n" * 501, 1001, "there are more than 500 virtual hosts"),
    ("ProxyPass /x http://x/\n" * 1001, 1001, "there are more than 1000 rules"),
    ("{\"json\": 1}", 1, "this is no directive of httpd"), ("<?xml version='1.0'?>", 1, "this is no directive of httpd"),
    ("\ufeffListen 80", 1, "this is no directive of httpd"), ("<!DOCTYPE html>", 1, "this is no directive of httpd"),
    ("a" * 61, 1, "this is no directive of httpd"),
    ("Define a " + "x" * 60000 + "\n" + "Define b ${a}${a}\n", 2, "with its variables this is longer than any configuration"),
    ("Define a " + "x" * 60000 + "\n" + "# ${a}\nServerAlias ${a}\n" * 300, None,
     "with its variables this is longer than any configuration"),
    ("Include lync.conf", 1, "lync.conf': it includes itself"), ("Include *.conf", 1, "lync.conf': it includes itself"),
    ("Include /dev/zero", 1, "cannot read '/dev/zero': it is no file"),
], ids=range(29))
def test_hostile(admin, text, line, sentence):
    save(admin, text)
    said = admin.fails(1, IMPORT)
    assert sentence in said
    found = re.match(rf"file '{re.escape(str(admin.directory))}/lync.conf', line (\d+): ", said)
    assert found and (line is None or int(found[1]) == line), said


def test_loops(admin):
    """Files that include each other, links to themselves, directories below themselves."""
    save(admin, "Include b.conf\n")
    save(admin, "Include lync.conf\n", "b.conf")
    assert "b.conf', line 1: cannot read" in admin.fails(1, IMPORT)
    save(admin, "Include d\n")
    (admin.directory / "d").mkdir()
    (admin.directory / "d" / "d").symlink_to(".")
    assert "more directories are within each other" in admin.fails(1, IMPORT)
    (admin.directory / "loop.conf").symlink_to("loop.conf")
    assert "Too many levels of symbolic links" in admin.fails(1, "import apache loop.conf")
    (admin.directory / "d" / "d").unlink()
    (admin.directory / "d" / "l.conf").symlink_to("../lync.conf")
    assert "it includes itself" in admin.fails(1, IMPORT)
    for n in range(20):
        save(admin, f"Include e{n + 1}.conf\n", f"e{n}.conf")
    assert "more files include each other than in any configuration" in admin.fails(1, "import apache e0.conf")


def test_files_that_multiply(admin):
    for n in range(14):
        save(admin, f"Include e{n + 1}.conf\n" * 3, f"e{n}.conf")
    save(admin, "", "e14.conf")
    assert "there are more than 1000 files" in admin.fails(1, "import apache e0.conf")


def test_a_file_of_a_gigabyte(admin):
    with open(admin.directory / "big.conf", "wb") as file:
        file.truncate(1 << 30)
    assert admin.fails(1, "import apache big.conf").endswith("big.conf': all files together are longer than 16 MB")
    save(admin, "Listen 80\nInclude big.conf\n")
    assert "line 2: cannot read" in admin.fails(1, IMPORT)


def test_what_is_no_file(admin):
    """A FIFO is not waited for."""
    os.mkfifo(admin.directory / "pipe.conf")
    assert "pipe.conf': it is no file" in admin.fails(1, "import apache pipe.conf")
    save(admin, "Include *.conf\n", "x/lync.conf")
    save(admin, site([]), "lync.conf")
    assert "it is no file" in admin.fails(1, "import apache .")
    assert "cannot read '/dev/null': it is no file" in admin.fails(1, "import apache /dev/null")


@pytest.mark.parametrize("name", ["/proc/kmsg", "/proc/self/mem", "/proc/self/environ"])
def test_what_says_it_is_empty(admin, name):
    """The kernel's log is a file, and is waited for; what else is there is not shown."""
    save(admin, f"Include {name}\n" + WHOLE)
    assert admin.run(IMPORT).status == 0


@pytest.mark.parametrize("line", ["SSLCertificateFile", "SSLCertificateKeyFile", "SSLProxyCACertificateFile"])
def test_certificates_that_are_no_files(admin, line):
    """A FIFO is not waited for, nor read without end what has none."""
    os.mkfifo(admin.directory / "pipe")
    for name in ("pipe", "/dev/zero", ".", "lync.conf", "/dev/tty"):
        save(admin, WHOLE.replace("    ProxyRequests Off", f"    {line} {name}"))
        assert admin.run(IMPORT).status in (0, 1, 3)
        assert admin.run(IMPORT + " --write").status in (0, 1, 3)


def test_a_pattern_that_takes_long(admin):
    save(admin, "Include " + "*a" * 20000 + "b\nInclude /*/*/*/*/*\n" + WHOLE)
    (admin.directory / ("a" * 200)).touch()
    result = admin.run(IMPORT)
    assert result.status == 3 and "a pattern in the name of a directory: not read" in result.out


@pytest.mark.parametrize("pattern", ["^" + "(a|b)" * 40, "^" + "(" * 50 + ")" * 50, "^/" + "(a|b|c|d|e|f|g|h)(1|2|3|4|5|6|7|8)" * 9,
                                     "((((((.*)*)*)*)*)*)*", "^/((a?){100}){100}$", "^/" + "(x" * 3 + "|" * 500, "^(", "\\", "(?i)"])
def test_patterns_that_take_long(admin, pattern):
    save(admin, WHOLE + site([f"ProxyPassMatch {pattern} https://p:4443/$1$2$3$9", "RewriteEngine on",
                              f"RewriteCond %{{HTTP_HOST}} {pattern}", f"RewriteRule {pattern} https://p:4443/$1 [P]",
                              f"<LocationMatch {pattern}>", "Require all denied", "</LocationMatch>"], ["other.contoso.com"]))
    assert admin.run(IMPORT).status == 3


def test_more_than_can_be_proposed(admin):
    names = [f"w{n}.contoso.com" for n in range(200)]
    save(admin, "".join(site(["ProxyPass / https://p:4443/"], [f"s{n}.contoso.com", *names[n:]]) for n in range(3))
         + site([f"ProxyPass /p{n} https://p:4443/p{n}" for n in range(900)], [f"x{n}.contoso.com" for n in range(50)]))
    assert "up to here there are more than 8000 routes to propose" in admin.fails(1, IMPORT)


def test_many_lines_about_workers(admin):
    """Bounds keep this short, whatever the machine."""
    save(admin, site([f"ProxyPass /p{n} balancer://b/p{n}" for n in range(900)])
         + "<Proxy balancer://b>\n" + "BalancerMember https://h:4443\n" * 30000 + "</Proxy>\n")
    assert admin.run(IMPORT + " --json").status in (0, 3)


def test_control_characters_do_not_reach_the_terminal(admin):
    save(admin, "<VirtualHost *:443>\nServerName a\u0085b\u009bc\n</VirtualHost>\nFrob")
    assert "there is nothing to propose" in admin.fails(1, IMPORT)


def test_garbled(admin):
    """Whatever a byte may be: it ends, and says one sentence at most on failing."""
    source, seed = (WHOLE + each_name()).encode(), random.randrange(1 << 30)
    chance = random.Random(seed)
    for _ in range(60):
        save(admin, garble(chance, source, WORDS))
        result = admin.run(IMPORT)
        assert result.status in (0, 1, 3), (seed, result)
        if result.status == 1:
            assert result.err.startswith("lyncadm: ") and len(result.err.splitlines()) == 1, (seed, result)
        admin.run(IMPORT + " --write")
    assert admin.run("check").status in (0, 3)
