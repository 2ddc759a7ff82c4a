"""lyncadm verify identity against mod_lync, which keeps identities apart, and against a plain mod_proxy, which does
not."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import termios
import time

import pytest

from client import Wire
from deploy import WEBEXT, LyncPool, hosts_file
from httpd import LYNCADM, PATIENCE, free_port, modules_dir, wait

AUTH = "/lab/auth/echo"
PLAIN = """
Listen {port}
CustomLog "{log}" "%{{remote}}p %>s %{{Authorization}}i"
SSLSessionCache shmcb:run/ssl-cache(65536)
<VirtualHost *:{port}>
    ServerName {host}
    SSLEngine On
    SSLCertificateFile "{chain}"
    SSLCertificateKeyFile "{key}"
    SSLProxyEngine On
    SSLProxyCACertificateFile "{ca}"
    SSLProxyCheckPeerName Off
    ProxyPreserveHost On
    ProxyPass / https://{server}:{backend}/ nocanon max=1 {more}
</VirtualHost>
{lines}
"""


class Plain:
    """A reverse proxy as one writes it first: mod_proxy shares its connections among clients. It has only one, so
    that every run is like the other."""

    def __init__(self, stage, world, pool=None, more="", lines=""):
        pool = pool or world.pool.one
        self.https, self.access_log = free_port(), stage.path("access.log")
        text = PLAIN.format(port=self.https, log=self.access_log, host=WEBEXT, chain=world.names.chain,
                            key=world.names.key, ca=world.pool.pki.internal.path, server=pool.servers[0].name,
                            backend=pool.https_port, more=more, lines=lines)
        hosts = hosts_file(stage.path("plain-hosts"), pool)
        self.httpd = stage.httpd(after=text, hosts=hosts, lync=False, ports=(self.https,)).start()


def small_pool(stage, world, extra):
    """A pool of one server with directives of its own."""
    pool = LyncPool(stage.path("small"), name="small.contoso.local", pki=world.pool.pki, users=world.pool.users,
                    external=WEBEXT, servers=["small.contoso.local"], threads=16, extra=extra)
    stage.closers.append(pool.stop)
    return pool.start()


@pytest.fixture
def plain(stage, world):
    return Plain(stage, world)


def command(world, *more, port=None, path=AUTH, host=WEBEXT, connect="127.0.0.1", ca=""):
    """The arguments; ca: "" for the one that signed the proxy's certificate, None for no option."""
    words = [LYNCADM, "verify", "identity", "https://%s:%d%s" % (host, port or world.https, path), "--user",
             "CONTOSO\\alice", "--other", "CONTOSO\\bob", "--connect", connect]
    return words + ([] if ca is None else ["--ca", ca or world.names.pki.public.path]) + list(more)


def passwords(world):
    return world.pool.users.password["alice"], world.pool.users.password["bob"]


def lines_of(*words):
    return "".join(word + "\n" for word in words).encode()


@contextlib.contextmanager
def descriptor(data):
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    try:
        yield reader
    finally:
        os.close(reader)


def verify(world, *more, given=None, **where):
    """Runs it with both passwords on one descriptor; given: other lines than the right ones."""
    with descriptor(given or lines_of(*passwords(world))) as fd:
        words = command(world, "--password-fd", str(fd), "--other-password-fd", str(fd), *more, **where)
        result = subprocess.run(words, env=world.stage.environment(), pass_fds=(fd,), stdin=subprocess.DEVNULL,
                                text=True, capture_output=True, timeout=PATIENCE)
    for secret in passwords(world):
        assert secret not in result.stdout + result.stderr
    return result


def cannot(world, *more, **where):
    """The test could not be made; the sentence."""
    result = verify(world, *more, **where)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert re.fullmatch(r"lyncadm: [^\n]*[^\n.]\n", result.stderr), result
    return result.stderr[len("lyncadm: "):-1]


def rows(result):
    return json.loads(result.stdout)


def oks(result):
    return {row["asked"]: (row["came"], row["ok"]) for row in rows(result)}


def test_apart(world):
    result = verify(world)
    assert (result.returncode, result.stderr) == (0, ""), result
    *table, verdict = result.stdout.splitlines()
    assert verdict == "identities stay apart (24 connections without credentials were refused, 8 requests of two " \
                      "users were answered as their own by X-Test-User)"
    assert table[0].split() == ["asked", "expected", "came", "ok"]
    assert len(table) == 13 and all(line.endswith(" yes") for line in table[1:]), result.stdout


def test_apart_for_programs(world):
    result = verify(world, "--json")
    assert (result.returncode, result.stderr) == (0, ""), result
    assert [list(row) for row in rows(result)] == 13 * [["asked", "expected", "came", "ok"]]
    assert {row["ok"] for row in rows(result)} == {"yes"}
    last = rows(result)[-1]
    assert last["asked"] == "verdict" and last["came"].startswith("identities stay apart (")
    result = verify(world, "--tsv")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.returncode == 0 and {len(line) for line in lines} == {4}
    assert lines[0] == ["asked", "expected", "came", "ok"] and lines[-1][0] == "verdict"


@pytest.mark.parametrize("path", ["/abs/", "/WebTicket/WebTicketService.svc", "/lab/auth/echo?a=b"])
def test_apart_elsewhere(world, path):
    assert verify(world, path=path).returncode == 0


def test_answers_that_are_alike(stage, world):
    """The pool itself, without a proxy: nothing tells the users apart, which is said."""
    pool = small_pool(stage, world, "LoadModule headers_module %s/mod_headers.so\nHeader unset X-Test-User\n"
                      "Header always unset X-Test-User" % modules_dir())
    result = verify(world, host=pool.name, port=pool.https_port, connect=pool.servers[0].address,
                    ca=world.pool.pki.internal.path, path="/abs/")
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout.splitlines()[-1] == \
        "identities stay apart (24 connections without credentials were refused, 8 requests of two users were not; " \
        "answers to both are alike, so that an exchange would not show)"


def test_count(world):
    result = verify(world, "--anonymous", "1", "--json")
    assert result.returncode == 0
    assert rows(result)[-1]["came"].startswith("identities stay apart (4 connections ")


def test_mixed_up(world, plain):
    result = verify(world, port=plain.https)
    assert (result.returncode, result.stderr) == (3, ""), result
    assert result.stdout.splitlines()[-1] == \
        "identities are mixed up: 18 of 24 connections without credentials were let in, 3 of 8 requests of a user " \
        "were answered as another's (by X-Test-User)"
    result = verify(world, "--json", port=plain.https)
    assert result.returncode == 3
    came = oks(result)
    assert came["6 connections without credentials after one log-in"] == ("200", "no")
    assert came["6 connections without credentials after both have left"] == ("200", "no")
    assert came["the answers to CONTOSO\\alice"] == ("another's (3 of 4)", "no")
    assert came["log-in as CONTOSO\\bob"] == ("200", "yes")
    assert rows(result)[-1]["ok"] == "no"


def test_a_connection_that_ends_behind_the_proxy(stage, world):
    """The user's next request comes out on another one, where nobody has logged in."""
    pool = small_pool(stage, world, "MaxKeepAliveRequests 9")
    plain = Plain(stage, world, pool)
    result = verify(world, "--anonymous", "1", port=plain.https)
    assert result.returncode == 3
    assert re.search(r"\d of 8 requests on a user's connection came out on another", result.stdout.splitlines()[-1])
    assert re.search(r"again as \S+, .* 200 \(\d of 4\), 401 \(\d of 4\) +no$", result.stdout, re.MULTILINE)


def test_all_connections_are_somebodys_already(world, plain):
    """The test cannot know that the URL asks for authentication: it says what it got."""
    assert verify(world, port=plain.https).returncode == 3
    user, password = world.pool.users.login("alice")
    with Wire("127.0.0.1", plain.https, name=WEBEXT) as wire:
        assert wire.ntlm(AUTH, user, password, host=WEBEXT).status == 200
    assert "does not ask for Windows authentication: without credentials the answer is 200" in \
        cannot(world, port=plain.https)


def test_no_credentials_where_none_belong(world, plain):
    """Anonymous connections never send any, users' connections at their log-in only."""
    assert verify(world, port=plain.https).returncode == 3
    connections = {}

    def logged():
        with open(plain.access_log) as file:
            return file.readlines()
    wait("all requests are logged", lambda: len(logged()) >= 24 + 2 * 6 + 5 * 2)
    for line in logged():
        port, status, authorization = line.rstrip("\n").split(" ", 2)
        connections.setdefault(port, []).append(authorization[:10])
    kinds = sorted(connections.values())
    login = ["NTLM TlRMT", "NTLM TlRMT"]
    assert kinds == sorted(24 * [["-"]] + 2 * [login + 4 * ["-"]] + 5 * [login])


def test_nobody_can_log_in(stage, world):
    """The other way in which Apache is set up for Lync: no connection is kept."""
    plain = Plain(stage, world, more="disablereuse=On")
    assert cannot(world, port=plain.https) == \
        "cannot log in as 'CONTOSO\\alice': the password is wrong, the proxy does not keep a log-in on one " \
        "connection, or the pool's IIS requires Extended Protection, which no proxy that ends TLS can pass on"


def test_connections_that_are_not_kept(stage, world):
    plain = Plain(stage, world, lines="MaxKeepAliveRequests 1")
    assert cannot(world, port=plain.https) == \
        "'%s' closes its connections after an answer: the test needs one that is kept" % WEBEXT


def test_connections_that_are_closed_now_and_then(stage, world):
    """The user logs in again, which is no finding."""
    pool = small_pool(stage, world, "MaxKeepAliveRequests 4\nCustomLog access.log %{Authorization}i")
    result = verify(world, host=pool.name, port=pool.https_port, connect=pool.servers[0].address,
                    ca=world.pool.pki.internal.path)
    assert (result.returncode, result.stderr) == (0, ""), result
    with open(stage.path("small", pool.name, "access.log")) as file:
        assert sum(1 for line in file if line.startswith("NTLM ")) > 7 * 2


@pytest.mark.parametrize("wrong", [0, 1])
def test_wrong_password(world, wrong):
    given = list(passwords(world))
    given[wrong] = "not-it"
    assert cannot(world, given=lines_of(*given)).startswith(
        "cannot log in as 'CONTOSO\\%s': the password is wrong, " % ("alice", "bob")[wrong])


def test_a_leak_is_told_when_the_test_ends_early(world, plain):
    result = verify(world, port=plain.https, given=lines_of(passwords(world)[0], "not-it"))
    assert result.returncode == 3
    assert result.stderr.startswith("lyncadm: cannot log in as 'CONTOSO\\bob': ")
    assert result.stderr.endswith(": the test ended early\n")
    assert result.stdout.splitlines()[-1] == \
        "identities are mixed up: 6 of 12 connections without credentials were let in"


@pytest.mark.parametrize("path, sentence", [
    ("/lab/answer", "does not ask for Windows authentication: without credentials the answer is 200"),
    ("/lab/answer?status=404", "does not ask for Windows authentication: without credentials the answer is 404"),
    ("/lab/answer?status=401&header=WWW-Authenticate:Basic", "does not ask for Windows authentication: its 401 "
     "offers neither NTLM nor Negotiate"),
    ("/lab/answer?status=401&header=WWW-Authenticate:Negotiate", "offers Negotiate only: the test logs in with NTLM"),
    ("/lab/answer?status=503", "is not served now: the answer is 503"),
    ("/lab/answer?status=429", "is not served now: the answer is 429"),
    ("/lab/auth/once", "wants a log-in with every request (Persistent-Auth: false): test another URL"),
])
def test_unsuitable_urls(world, path, sentence):
    assert cannot(world, path=path) == "'https://%s:%d%s' %s" % (WEBEXT, world.https, path, sentence)


def test_unreachable(world):
    assert cannot(world, port=free_port()).startswith("cannot reach '%s': Failed to connect to " % WEBEXT)


@pytest.mark.parametrize("where", ["system", "stranger", "name"])
def test_untrusted(world, where):
    """No password is sent where the certificate is not trusted, and no option asks for that."""
    pki, host = world.names.pki, WEBEXT if where != "name" else "webext.fabrikam.com"
    sentence = cannot(world, host=host, ca={"system": None, "stranger": pki.stranger.path, "name": ""}[where])
    assert sentence.startswith("certificate of '%s' is not trusted: SSL" % host)
    assert sentence.endswith(": --ca names a file of what it is to be trusted by")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_two_descriptors(world, end):
    alice, bob = passwords(world)
    with descriptor((alice + end).encode()) as one, descriptor((bob + end).encode()) as two:
        words = command(world, "--password-fd", str(one), "--other-password-fd", str(two))
        assert subprocess.run(words, env=world.stage.environment(), pass_fds=(one, two), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, timeout=PATIENCE).returncode == 0


def converse(words, environment, answers):
    """Runs it at a terminal of its own, answers prompts; (exit status, what the terminal showed). The terminal has
    to be left as it was."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(words[0], words, environment)
    shown, end = b"", time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end and select.select([terminal], [], [], PATIENCE)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:                 # the other side has gone
                break
            if answers and re.search(answers[0][0], shown.decode()):
                os.write(terminal, answers.pop(0)[1])
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_passwords_from_the_terminal(world):
    alice, bob = passwords(world)
    status, shown = converse(command(world), world.stage.environment(), [
        (r"password of CONTOSO\\alice: $", lines_of(alice)), (r"password of CONTOSO\\bob: $", lines_of(bob))])
    assert status == 0 and "identities stay apart" in shown, shown
    assert alice not in shown and bob not in shown


@pytest.mark.parametrize("typed", [b"\x03", b"\x1c", b"\x04", b"\n", b"x" * 600 + b"\n"])
def test_no_password_from_the_terminal(world, typed):
    """Interrupted, ended, empty, too long."""
    status, shown = converse(command(world), world.stage.environment(), [(r"alice: $", typed)])
    assert status == 1, shown
    assert shown.split("\r\n")[1:] == ["lyncadm: no password was given for 'CONTOSO\\alice'", ""]


def test_passwords_stay_secret(world, plain):
    """Not in the arguments or the environment at any time, not in a log, in either form that NTLM sends."""
    secrets, seen = passwords(world), b""
    for port in (world.https, plain.https):
        reader, writer = os.pipe()
        process = subprocess.Popen(command(world, "--password-fd", str(reader), "--other-password-fd", str(reader),
                                           port=port), env=world.stage.environment(), pass_fds=(reader,),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(reader)
        for secret in secrets:
            os.write(writer, lines_of(secret))
            time.sleep(0.02)
            with open("/proc/%d/cmdline" % process.pid, "rb") as file:
                seen += file.read()
            with open("/proc/%d/environ" % process.pid, "rb") as file:
                seen += file.read()
        os.close(writer)
        while process.poll() is None:
            with contextlib.suppress(OSError), open("/proc/%d/cmdline" % process.pid, "rb") as file:
                seen += file.read()
        with process.stdout as file:
            seen += file.read()
    assert b"--password-fd" in seen and b"identities are mixed up" in seen
    log = "\n".join(world.httpd.lines() + plain.httpd.lines())
    for secret in secrets:
        assert secret.encode() not in seen and secret not in log
    assert "TlRMTVNTUAAD" not in log and b"TlRMTVNTUAAD" not in seen
