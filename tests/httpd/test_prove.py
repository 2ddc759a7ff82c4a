"""lyncadm's question over a listener: who answers? Answered to who knows the nonce, and to nobody else."""

import os
import shutil
import socket
import uuid

import pytest

from deploy import DISCOVER, MEET, WEBEXT, Small, add_route
from httpd import Stage, lyncadm, wait
from raw import Connection, request_bytes

FIELD = "Lync-Probe"
ANSWER = ("lync-revision", "lync-generation", "lync-pid", "lync-listener", "lync-decision")


@pytest.fixture(scope="module")
def proved():
    """A world whose served file has a nonce."""
    stage = Stage()
    world = Small(stage, start=False, controlled=True, log="debug",
                  before='LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined\n'
                         'CustomLog "' + stage.path("access.log") + '" combined')
    lyncadm(stage, world.store, "publish", "discover", "contoso.com", "--via", world.lync.name, "--http")
    add_route(stage, world.store, WEBEXT, "/away", "--action", "redirect", "--location", "https://a.example/b")
    yield world.serve()
    stage.close()


@pytest.fixture
def nonce(proved):
    word = uuid.uuid4().hex
    proved.httpd.nonce(word)
    yield word
    proved.httpd.nonce("")


def prove(world, word, host=WEBEXT, target="/meet/a", **arguments):
    return world.ask(host, target, fields=[(FIELD, word)], **arguments)


def is_answer(answer):
    return answer.status == 204 and set(ANSWER) <= set(answer.names())


def is_ordinary(world, sent, **arguments):
    """Whether a pool gets the request, with these very fields, and the client nothing but the pool's answer."""
    echo = world.echo(WEBEXT, "/echo", fields=sent, **arguments)
    got = [(name, value) for name, value in echo.all if name.lower() not in ("host", "connection")]
    return got == list(sent) and not set(ANSWER) & set(echo.answer.names())


@pytest.mark.smoke
@pytest.mark.parametrize("host, target, tls, decision", [
    (WEBEXT, "/meet/a?b", True, "publish to lyncpool01.contoso.local by https"),
    ("WebExt.Contoso.com:443", "/", True, "publish to lyncpool01.contoso.local by https"),
    (WEBEXT, "/Cscp", True, "refuse"),
    (WEBEXT, "/away", True, "redirect to https://a.example/b"),
    (WEBEXT, "/meet/..%2fcscp", True, "refuse"),
    (DISCOVER, "/", False, "publish to lyncpool01.contoso.local by http"),
    (WEBEXT, "/", False, "redirect to https"),
    ("unknown.example", "/", False, "unknown host"),
])
def test_what_is_told(proved, nonce, host, target, tls, decision):
    pid, generation, revision = proved.httpd.served()
    mark, log = proved.mark(), len(proved.httpd.lines())
    with proved.open(host, tls) as connection:
        answer = connection.request(target + ("&" if "?" in target else "?") + mark, host, fields=[(FIELD, nonce)])
        assert answer.status == 204 and answer.get("Lync-Decision") == decision, answer
        assert answer.get("Lync-Revision") == str(revision) and answer.get("Lync-Generation") == str(generation)
        assert answer.get("Lync-Listener") == ("external" if tls else "discovery")
        assert int(answer.get("Lync-Pid")) in proved.httpd.children() and pid == proved.httpd.process.pid
        if tls:         # and the connection goes on
            assert connection.request("/meet/a/b", WEBEXT).status == 200
    assert not proved.seen(mark), "a pool was asked"
    assert not any("] refused " in line for line in proved.httpd.lines(since=log)), "nothing was refused"


@pytest.mark.parametrize("method, body", [("GET", b"x" * 100000), ("POST", b"<x/>"), ("HEAD", b"")],
                         ids=["GET", "POST", "HEAD"])
def test_any_method(proved, nonce, method, body):
    with proved.open() as connection:
        assert is_answer(connection.request("/meet/a", WEBEXT, method, [(FIELD, nonce)], body))
        assert connection.request("/meet/a/b", WEBEXT).status == 200


@pytest.mark.parametrize("word", ["", "x", "0" * 32, "0" * 31, "0" * 33, "0" * 32 + ",", "\xff" * 32], ids=ascii)
def test_another_word_is_an_ordinary_field(proved, nonce, word):
    assert is_ordinary(proved, [("X-First", "1"), (FIELD, word), ("X-Last", "2")])


def test_parts_of_the_nonce_and_more_than_it(proved, nonce):
    for word in (nonce[:-1], nonce[:-1] + "g", nonce + "0", nonce.upper() + "x", '"%s"' % nonce, nonce + ", " + nonce):
        assert is_ordinary(proved, [(FIELD, word)])
    assert is_ordinary(proved, [(FIELD + "x", nonce), ("X-" + FIELD, nonce), ("Cookie", "%s=%s" % (FIELD, nonce))])
    twice = [(FIELD, nonce), (FIELD, "x")]
    echo = proved.echo(WEBEXT, "/echo", fields=twice)
    assert b", ".join(echo.fields(FIELD)) == b"%s, x" % nonce.encode()


@pytest.mark.parametrize("rest", [
    b"X-A: 1\r\n FIELD\r\n\r\n", b"X-A: 1\n FIELD\r\n\r\n", b"X-A: 1\rFIELD\r\n\r\n", b"X-A: 1\0FIELD\r\n\r\n",
    b"\0FIELD\r\n\r\n", b" FIELD\r\n\r\n", b"X FIELD\r\n\r\n", b"X-FIELD\r\n\r\n", b'X-A: "\r\nFIELD"\r\n\r\n',
    b"Content-Length: 60\r\n\r\nFIELD".ljust(60), b"Transfer-Encoding: chunked\r\n\r\n0\r\nFIELD\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0;FIELD\r\n\r\n", b"Transfer-Encoding: xchunked\r\nFIELD\r\n\r\n",
    b"Connection: Lync-Probe\r\nFIELDx\r\n\r\n"], ids=ascii)
def test_what_only_looks_like_the_field(proved, nonce, rest):
    """Who gets a proxy to send the nonce in some other place than a field's value is told nothing."""
    field = b"%s: %s" % (FIELD.encode(), nonce.encode())
    data = b"POST /echo HTTP/1.1\r\nHost: " + WEBEXT.encode() + b"\r\n" + rest.replace(b"FIELD", field)
    if b"Content-Length" in rest:
        data = data.replace(b"60", b"%d" % len(data.partition(b"\r\n\r\n")[2]))
    with proved.open() as connection:
        connection.send(data)
        answer = connection.receive()
        assert not is_answer(answer) and not set(ANSWER) & set(answer.names()), answer


def test_no_nonce(proved):
    """As it is but for the moments in which lyncadm asks: of an empty nonce too."""
    for word in ("", "\0" * 32, "0" * 32):
        assert is_ordinary(proved, [(FIELD, word)]) if "\0" not in word else \
            not is_answer(prove(proved, word, target="/echo"))


def test_after_its_time(proved):
    word = uuid.uuid4().hex
    proved.httpd.nonce(word, seconds=-1)
    try:
        assert is_ordinary(proved, [(FIELD, word)])
        proved.httpd.nonce(word, seconds=60)
        assert is_answer(prove(proved, word))
    finally:
        proved.httpd.nonce("")
    assert is_ordinary(proved, [(FIELD, word)])


def own_address():
    """An address of this machine besides loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def test_an_address_of_this_host(proved, nonce):
    address = own_address()
    if not address:
        address = "127.0.0.2"
    with Connection(proved.https, True, WEBEXT, address=address) as connection:
        assert is_answer(connection.request("/meet/a", WEBEXT, fields=[(FIELD, nonce)]))
    with Connection(proved.https, True, WEBEXT, address="::1") as connection:
        assert is_answer(connection.request("/meet/a", WEBEXT, fields=[(FIELD, nonce)]))


def test_not_from_here(stage):
    """A client from outside who knows the nonce, and what its balancer says of one over PROXY protocol."""
    world = Small(stage, start=False, modules=("remoteip",))
    world.httpd.after = "<VirtualHost *:%d>\nServerName a.example\nRemoteIPProxyProtocol On\n</VirtualHost>" \
        % world.http
    world.httpd.write()
    world.serve()
    word = uuid.uuid4().hex
    world.httpd.nonce(word)
    for client, asked in (("203.0.113.9", False), ("2001:db8::1", False), ("127.0.0.1", True)):
        with socket.create_connection(("127.0.0.1", world.http)) as plain:
            family, own = (b"TCP6", b"2001:db8::2") if ":" in client else (b"TCP4", b"203.0.113.1")
            plain.sendall(b"PROXY %s %s %s 4711 80\r\n" % (family, client.encode(), own))
            plain.sendall(request_bytes("/", WEBEXT, fields=[(FIELD, word)]))
            status = plain.recv(65536).split(b" ")[1]
        assert status == (b"204" if asked else b"301"), (client, status)


def test_a_client_of_a_proxy_on_this_host(stage):
    """By what mod_remoteip makes of its field; one that makes its own address up knows no nonce."""
    world = Small(stage, modules=("remoteip",),
                  before="RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1")
    word = uuid.uuid4().hex
    world.httpd.nonce(word)
    assert is_answer(prove(world, word))
    assert not is_answer(world.ask(WEBEXT, "/", fields=[(FIELD, word), ("X-Forwarded-For", "203.0.113.9")]))
    assert not is_answer(world.ask(WEBEXT, "/", fields=[(FIELD, "0" * 32), ("X-Forwarded-For", "127.0.0.1")]))


def test_quarantine_is_told(stage):
    world = Small(stage, start=False, controlled=True)
    own = world.pki.public.leaf(MEET, file="meet")
    lyncadm(stage, world.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", world.lync.name)
    lyncadm(stage, world.store, "certificate", "add", "meet", "--chain", own.chain, "--key", own.key)
    lyncadm(stage, world.store, "binding", "add", "external", "--host", MEET, "--certificate", "meet")
    anchors = stage.path("ca.pem")
    shutil.copy(world.pki.internal.path, anchors)
    lyncadm(stage, world.store, "pool", "set", world.lync.name, "--ca", anchors)
    world.serve()
    world.httpd.expect("LYNC0034|LYNC0035|LYNC0033|is none of")
    word = uuid.uuid4().hex
    world.httpd.nonce(word)
    os.remove(own.chain)
    world.httpd.graceful()
    assert prove(world, word, MEET).get("Lync-Decision") == "quarantine"
    assert prove(world, word, WEBEXT).get("Lync-Decision").startswith("publish")
    os.remove(anchors)
    world.httpd.graceful()
    assert prove(world, word, WEBEXT).get("Lync-Decision") == "quarantine"
    assert prove(world, word, WEBEXT, "/cscp").get("Lync-Decision") == "refuse"


def test_other_sites_do_not_know_it(stage):
    world = Small(stage, start=False, modules=("alias",), after="<VirtualHost *:%d>\nServerName a.example\n"
                  "Redirect 302 / http://b.example/\n</VirtualHost>")
    world.httpd.after = world.httpd.after % world.http
    world.httpd.write()
    world.serve()
    word = uuid.uuid4().hex
    world.httpd.nonce(word)
    assert prove(world, word, "a.example", tls=False).status == 302
    assert is_answer(prove(world, word, WEBEXT, tls=False))


@pytest.mark.parametrize("mpm", ["worker", "prefork"])
def test_other_mpms(stage, mpm):
    world = Small(stage, mpm=mpm)
    word = uuid.uuid4().hex
    world.httpd.nonce(word)
    for _ in range(8):
        answer = prove(world, word)
        assert is_answer(answer) and int(answer.get("Lync-Pid")) in world.httpd.children()


def test_it_is_logged_nowhere(proved, nonce):
    assert is_answer(prove(proved, nonce))
    assert is_ordinary(proved, [(FIELD, nonce + "x")])
    proved.httpd.nonce("")
    assert is_ordinary(proved, [(FIELD, nonce)])
    log = proved.stage.path("access.log")
    wait("it is logged", lambda: "/meet/a HTTP/1.1\" 204" in open(log).read())
    for name in (log, proved.httpd.log_path, proved.httpd.stderr_path):
        assert nonce not in open(name, errors="replace").read(), name


def test_the_file_is_not_for_others_to_write(proved):
    mode = os.stat(os.path.join(proved.httpd.folder, "run", "lync.served")).st_mode
    assert mode & 0o777 == 0o644
