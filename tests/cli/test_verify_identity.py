"""verify identity as far as it comes without a deployment; with one: tests/httpd/test_verify_identity.py."""
import os
import pty
import shlex
import socket

import pytest

URL = "https://webext.contoso.com/abs/"
USERS = ["--user", r"CONTOSO\alice", "--other", r"CONTOSO\bob"]
COMMAND = ["verify", "identity"]


@pytest.fixture
def descriptor():
    """Makes descriptors with something to read and then the end."""
    made = []

    def make(data):
        reader, writer = os.pipe()
        made.append(reader)
        os.write(writer, data)
        os.close(writer)
        return reader
    yield make
    for fd in made:
        os.close(fd)


@pytest.fixture
def nobody():
    """The address of a port that refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % held.getsockname()[1]


def asked(empty, status, reader, *more):
    """Fails when it reads both passwords from a descriptor; the sentence."""
    return empty.fails(status, *COMMAND, URL, *USERS, "--password-fd", reader, "--other-password-fd", reader, *more,
                       pass_fds=(reader,))


@pytest.mark.parametrize("words, sentence", [
    ([], "one URL is needed: usage is 'lyncadm verify identity URL --user DOMAIN\\NAME --other DOMAIN\\NAME ["),
    ([URL, URL], "one URL is needed"),
    (["", *USERS], "URL is none: it begins with https:// and a host"),
    (["webext.contoso.com/abs/", *USERS], "URL is none"),
    (["https://", *USERS], "URL is none"),
    (["gopher://webext.contoso.com/", *USERS], "URL 'gopher://webext.contoso.com/' is not https"),
    (["http://webext.contoso.com/abs/", *USERS], "is not https: passwords are for encrypted connections only"),
    ([URL], "--user is missing: the test logs in as two users, --user and --other"),
    ([URL, *USERS[:2]], "--other is missing"),
    ([URL, "--user", "alice", *USERS[2:]], "user 'alice' has no domain: write it as 'DOMAIN\\name', in quotes"),
    ([URL, "--user", "\\alice", *USERS[2:]], "user '\\alice' has no domain"),
    ([URL, *USERS[:2], "--other", "CONTOSO\\"], "other 'CONTOSO\\' has no domain"),
    ([URL, *USERS[:2], "--other", "contoso\\ALICE"], "--user and --other are the same: the test needs two users"),
    ([URL, *USERS, "--password", "secret"], "unknown option '--password': there is '--password-fd'"),
    ([URL, *USERS, "--insecure"], "unknown option '--insecure'"),
    ([URL, *USERS, "--dry-run"], "unknown option '--dry-run'"),
    ([URL, *USERS, "--password-fd", "x"], "password-fd 'x' is no number of a file descriptor"),
    ([URL, *USERS, "--password-fd", ""], "password-fd '' is no number of a file descriptor"),
    ([URL, *USERS, "--password-fd=-1"], "password-fd '-1' is no number of a file descriptor"),
    ([URL, *USERS, "--password-fd", "99999999999"], "is no number of a file descriptor"),
    ([URL, *USERS, "--password-fd", "77"], "password-fd 77 is not open"),
])
def test_usage(empty, words, sentence):
    assert sentence in empty.fails(2, *COMMAND, *words)


@pytest.mark.parametrize("count", ["0", "101", "-1", "x", "", "6x"])
def test_anonymous(empty, count):
    sentence = empty.fails(2, *COMMAND, URL, *USERS, "--anonymous=" + count)
    assert sentence == f"anonymous '{count}' is no number from 1 to 100"


@pytest.mark.parametrize("address", ["", "::1", "a b", "a/b", "/", "a:x", "a:70000", "u@a", "u:p@a:3", "a?b", "a#b",
                                     "a\\b"])
def test_connect(empty, address):
    sentence = empty.fails(2, *COMMAND, URL, *USERS, "--connect", address)
    assert sentence == f"connect '{address}' is no ADDRESS[:PORT]; an IPv6 address needs brackets"


@pytest.mark.parametrize("url", ["https://alice:s3cret@webext.contoso.com/", "https://s3cret@webext.contoso.com/",
                                 "http://alice:s3cret@webext.contoso.com/", "alice:s3cret@webext.contoso.com"])
def test_a_password_in_the_url_is_not_repeated(empty, url):
    assert "s3cret" not in empty.fails(2, *COMMAND, url, *USERS)


def test_help(empty):
    out = empty.ok("verify identity --help")
    assert out[0] == r"usage: lyncadm verify identity URL --user DOMAIN\NAME --other DOMAIN\NAME [option ...]"
    assert empty.ok("help verify identity") == out and empty.ok("verify --help identity") == out
    assert any(line.startswith("  verify identity ") for line in empty.ok("verify --help"))
    assert any(line.startswith("  verify identity ") for line in empty.ok("help"))
    example = shlex.split(out[-1])
    assert example == ["lyncadm", *COMMAND, URL, *USERS]


def test_without_a_terminal(empty):
    sentence = empty.fails(1, *COMMAND, URL, *USERS, start_new_session=True)
    assert sentence == r"there is no terminal to ask for the password of 'CONTOSO\alice' at: give it with --password-fd"


def test_one_descriptor_for_two_users(empty, descriptor):
    reader = descriptor(b"one\ntwo\n")
    sentence = empty.fails(1, *COMMAND, URL, *USERS, "--password-fd", reader, pass_fds=(reader,),
                           start_new_session=True)
    assert sentence.endswith(r"password of 'CONTOSO\bob' at: give it with --other-password-fd")


@pytest.mark.parametrize("data, user", [(b"", "alice"), (b"\n", "alice"), (b"\r\n", "alice"), (b"one", "bob"),
                                        (b"one\n", "bob"), (b"one\n\ntwo\n", "bob"), (b"a\0b\ntwo\n", "alice")])
def test_no_password(empty, descriptor, data, user):
    reader = descriptor(data)
    assert asked(empty, 1, reader) == \
        rf"descriptor {reader} has no password of 'CONTOSO\{user}': a line of it is expected"


@pytest.mark.parametrize("length, reads", [(511, True), (512, False), (5000, False)])
def test_long_password(empty, descriptor, nobody, length, reads):
    reader = descriptor(b"x" * length + b"\ntwo\n")
    sentence = asked(empty, 1, reader, "--connect", nobody)
    assert sentence.startswith("cannot reach 'webext.contoso.com': " if reads else "cannot read the password of ")
    assert "xxx" not in sentence


def test_unreadable_descriptor(empty, tmp_path):
    with open(tmp_path / "file", "w") as file:
        sentence = empty.fails(1, *COMMAND, URL, *USERS, "--password-fd", file.fileno(), pass_fds=(file.fileno(),))
    assert sentence.startswith(r"cannot read the password of 'CONTOSO\alice' from descriptor ")


def test_a_terminal_is_no_descriptor_for_passwords(empty):
    """What is typed there would be seen."""
    master, slave = pty.openpty()
    try:
        sentence = empty.fails(2, *COMMAND, URL, *USERS, "--password-fd", slave, pass_fds=(slave,))
    finally:
        os.close(master)
        os.close(slave)
    assert sentence == f"password-fd {slave} is a terminal, which would show the password: leave --password-fd out " \
                       "to be asked"


def test_nobody_listens(empty, descriptor, nobody):
    sentence = asked(empty, 1, descriptor(b"one\ntwo\n"), "--connect", nobody)
    assert sentence.startswith("cannot reach 'webext.contoso.com': Failed to connect to ")


def test_no_such_host(empty, descriptor, resolver):
    reader = descriptor(b"one\ntwo\n")
    sentence = empty.fails(1, *COMMAND, "https://webext.invalid/", *USERS, "--password-fd", reader,
                           "--other-password-fd", reader, pass_fds=(reader,), env=resolver())
    assert sentence == "cannot find 'webext.invalid': Could not resolve host: webext.invalid: --connect names the " \
                       "proxy's address"


@pytest.mark.parametrize("content", [None, b"", b"no certificate\n"])
def test_no_trust_anchors(empty, descriptor, nobody, content):
    file = empty.directory / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with socket.create_server(("127.0.0.1", 0)) as server:
        sentence = asked(empty, 1, descriptor(b"one\ntwo\n"), "--connect", "127.0.0.1:%d" % server.getsockname()[1],
                         "--ca", "ca.pem")
    assert sentence.startswith(f"cannot read trust anchors from '{file}': ")
