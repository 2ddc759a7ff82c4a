"""Large, long and slow: headers, uploads, pending requests; and the finer points of HTTP."""

import base64
import hashlib
import json
import time
import urllib.parse

import pytest

from deploy import WEBEXT, Small, add_route, own_world
from httpd import wait
from raw import request_bytes

MEGABYTE = 1 << 20
UPLOAD = 500 * MEGABYTE         # MaxUploadFileSizeMb of a meeting


@pytest.mark.smoke
@pytest.mark.parametrize("name", ["Authorization", "X-MS-WebTicket", "Cookie"])
def test_header_field_of_64_kb_reaches_the_pool(world, name):
    value = "a" * (65536 - len(name) - 4)       # the whole line, its end included
    echo = world.echo(WEBEXT, "/echo", fields=[(name, value)])
    assert echo.fields(name) == [value.encode()]


def test_several_large_fields(world):
    fields = [("X-MS-WebTicket", "t" * 40000), ("Cookie", "c" * 40000), ("Authorization", "Bearer " + "b" * 40000)]
    echo = world.echo(WEBEXT, "/echo", fields=fields)
    for name, value in fields:
        assert echo.fields(name) == [value.encode()]


def test_a_larger_field_is_refused_by_the_proxy(world):
    mark = world.mark()
    answer = world.ask(WEBEXT, "/echo?" + mark, fields=[("Authorization", "a" * 200000)])
    assert answer.status in (400, 431) and not world.seen(mark)


# around what mod_proxy takes of a line, its name and end included, and up to what is said to pass
@pytest.mark.smoke
@pytest.mark.parametrize("size", [6000, 8170, 8180, 8181, 8182, 8183, 8184, 8190, 20000, 65500])
def test_large_answer_fields_pass(world, size):
    answer = world.ask(WEBEXT, "/lab/headers?n=2&size=%d" % size)
    assert answer.status == 200 and answer.body == b"headers"
    assert answer.get("X-Lab-1") == answer.get("X-Lab-2") == "h" * size


def test_large_answer_fields_of_a_pool_without_tls(stage):
    world = Small(stage, start=False)
    add_route(stage, world.store, WEBEXT, "/lab", "--pool", world.lync.name, "--scheme", "http", "--profile", "web",
              "--refuse-headers", "Authorization X-MS-WebTicket", "--methods", "GET HEAD", listener="discovery")
    world.serve()
    for size in (8180, 8190, 65500):
        answer = world.ask(WEBEXT, "/lab/headers?n=2&size=%d" % size, tls=False)
        assert answer.get("X-Lab-1") == answer.get("X-Lab-2") == "h" * size


def test_many_large_answer_fields_pass(world):
    answer = world.ask(WEBEXT, "/lab/headers?n=32&size=9000")
    assert [answer.get("X-Lab-%d" % number) for number in range(1, 33)] == ["h" * 9000] * 32


def test_large_answer_fields_stay_in_order(world):
    """The same field several times, large and small, and cookies."""
    values = ["Negotiate " + "n" * 9000, "NTLM", "Negotiate " + "d" * 9000, "Negotiate " + "n" * 9000]
    target = "".join("&header=WWW-Authenticate:%s" % value.replace(" ", "%20") for value in values)
    with world.open(WEBEXT) as connection:
        for _ in range(3):
            answer = connection.request("/lab/answer?status=401" + target, WEBEXT)
            assert answer.all("WWW-Authenticate") == values


def head_of(connection, text, wide=9000):
    """The answer as the pool sends it: each # is so many h."""
    text = base64.b64encode(text.replace("\n", "\r\n").encode()).decode()
    return connection.request("/lab/raw?wide=%d&b64=%s" % (wide, urllib.parse.quote(text)), WEBEXT)


LONG = "h" * 9000
END = "Content-Length: 2\n\nok"


@pytest.mark.parametrize("folded,value", [
    ("X-A: #\n and more", "# and more"), ("X-A: #\n\tand\n more", "#\tand more"), ("X-A: less\n #", "less #"),
    ("X-A: #\n #", "# #"), ("X-A: # \n ", "#"), ("X-A:\n #\n end", "# end")])
def test_a_large_field_that_goes_on_in_the_next_line(world, folded, value):
    with world.open(WEBEXT) as connection:
        answer = head_of(connection, "HTTP/1.1 200 OK\n%s\nX-B: b\nX-C: #\n%s" % (folded, END))
    assert (answer.status, answer.body) == (200, b"ok")
    assert (answer.get("X-A").replace(LONG, "#"), answer.get("X-B"), answer.get("X-C")) == (value, "b", LONG)


@pytest.mark.smoke
def test_a_large_field_of_an_interim_answer(world):
    """It is the client's as it came, and so are those of the answer that follows."""
    hint = "HTTP/1.1 103 Early Hints\nLink: #; %d\n on\n\n"
    with world.open(WEBEXT) as connection:
        answer = head_of(connection, hint % 1 + hint % 2 + "HTTP/1.1 200 OK\nX-A: #\n" + END)
    assert [(each.status, each.get("Link")) for each in answer.interim] == [(103, LONG + "; %d on" % n) for n in (1, 2)]
    assert (answer.status, answer.get("X-A"), answer.body) == (200, LONG, b"ok")


def test_a_large_field_of_a_trailer(world):
    """httpd hands no trailers on; what is large in one, and the answer before it, come to no harm."""
    for body in ("", "2\nok\n"):
        with world.open(WEBEXT) as connection:
            answer = head_of(connection, "HTTP/1.1 200 OK\nX-A: #\nTransfer-Encoding: chunked\n\n%s0\nX-T: #\n\n" % body)
        assert answer.status == 200 and answer.get("X-A") == LONG
        assert answer.body == (b"ok" if body else b"")


def test_a_large_field_that_httpd_itself_looks_at(world):
    with world.open(WEBEXT) as connection:
        answer = head_of(connection, "HTTP/1.1 200 OK\nContent-Type: text/plain; x=#\n" + END)
    assert answer.get("Content-Type") == "text/plain; x=" + LONG


def test_what_the_pool_says_of_large_fields_stays(world):
    """No text of a pool's is taken for a large field's place."""
    words = ["lync-long-field-0", "lync-long-field-1", "lync--00", "lync-%s-00" % ("0" * 32)]
    fields = "".join("X-%d: %s\n" % each for each in enumerate(words))
    with world.open(WEBEXT) as connection:
        answer = head_of(connection, "HTTP/1.1 200 OK\nX-A: #\n" + fields + END)
    assert answer.get("X-A") == LONG and [answer.get("X-%d" % n) for n in range(len(words))] == words


@pytest.mark.parametrize("what", ["size=100000", "n=33&size=9000"])
def test_a_larger_answer_head_is_none(world, what):
    """Nor is what the pool sends after it the answer to somebody else."""
    world.httpd.expect("AH10124|AH01106|AH00898|AH01102|AH01100|proxy|lync")
    answer = world.ask(WEBEXT, "/lab/headers?" + what)
    assert answer.status == 503 and not answer.get("X-Lab-1")
    for _ in range(10):
        assert world.ask(WEBEXT, "/meet").status == 200


def test_upload_of_500_mb_is_streamed(world):
    """httpd's memory does not grow with the body."""
    piece = bytes(range(256)) * 4096
    digest, most = hashlib.sha256(), 0
    with world.open(WEBEXT, seconds=120) as connection:
        world.ask(WEBEXT, "/lab/upload", "POST", body=piece)
        before = world.httpd.memory()
        connection.send(request_bytes("/lab/upload", WEBEXT, "POST", [("Content-Length", str(UPLOAD))]))
        for number in range(UPLOAD // len(piece)):
            connection.send(piece)
            digest.update(piece)
            if number % 25 == 24:
                most = max(most, world.httpd.memory())
        answer = connection.receive()
    told = json.loads(answer.body)
    assert (answer.status, told["bytes"], told["sha256"]) == (200, UPLOAD, digest.hexdigest())
    assert most - before < 40 * MEGABYTE, "grew by %d MB" % ((most - before) // MEGABYTE)


def test_download_is_streamed(world):
    """200 MB down: whole, and without growth."""
    size, got, most = 200 * MEGABYTE, 0, 0
    before = world.httpd.memory()
    with world.open(WEBEXT, seconds=120) as connection:
        connection.send(request_bytes("/collabcontent/x?bytes=%d" % size, WEBEXT))
        response = connection.head()
        for number, data in enumerate(connection.pieces(response, "GET")):
            got += len(data)
            if number % 2000 == 0:
                most = max(most, world.httpd.memory())
    assert response.status == 200 and got == size
    assert most - before < 40 * MEGABYTE


@pytest.mark.smoke
def test_chunked_request_body(world):
    chunks = [b"one", b"two" * 1000, b"\r\n0\r\n\r\n", b"x" * 70000]
    body = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nX-Trailer: y\r\n\r\n"
    with world.open(WEBEXT) as connection:
        connection.send(request_bytes("/lab/upload", WEBEXT, "POST", [("Transfer-Encoding", "chunked")]) + body)
        answer = connection.receive()
        told = json.loads(answer.body)
        whole = b"".join(chunks)
        assert (told["bytes"], told["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
        assert connection.request("/echo", WEBEXT).status == 200


def test_chunked_response_arrives_whole(world):
    answer = world.ask(WEBEXT, "/lab/chunked?bytes=100000&piece=3000")
    assert "chunked" in answer.get("Transfer-Encoding").lower()
    assert len(answer.body) == 100000


def test_slow_stream_arrives_unbuffered(world):
    """Pieces that the pool sends half a second apart arrive apart: none waits for the last."""
    with world.open(WEBEXT) as connection:
        connection.send(request_bytes("/lab/chunked?bytes=4000&piece=1000&pause=500", WEBEXT))
        answer = connection.receive()
    assert len(answer.body) == 4000
    assert answer.arrivals[-1][0] - answer.arrivals[0][0] > 0.7, answer.arrivals


def test_slow_upload_arrives_unbuffered(world):
    """The head reaches the pool while the body is still to come."""
    mark = world.mark()
    with world.open(WEBEXT) as connection:
        connection.send(request_bytes("/lab/early?status=413&" + mark, WEBEXT, "POST", [("Content-Length", "100000")]))
        connection.send(b"x" * 40000)           # mod_proxy wants to see 16 KB before it asks a server
        wait("the pool sees the request", lambda: world.seen(mark), 15)


@pytest.mark.smoke
def test_expect_100_continue(world):
    """100 arrives before the body is sent, and the body arrives."""
    body = b"after the go-ahead"
    with world.open(WEBEXT) as connection:
        connection.send(request_bytes("/lab/upload", WEBEXT, "POST", [("Content-Length", str(len(body))),
                                                                        ("Expect", "100-continue")]))
        assert connection.ready(10)
        assert connection.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
        connection.send(body)
        answer = connection.receive()
    assert answer.status == 200 and json.loads(answer.body)["bytes"] == len(body)


def test_range(world):
    answer = world.ask(WEBEXT, "/collabcontent/f?bytes=4000", fields=[("Range", "bytes=10-25")])
    assert answer.status == 206
    assert answer.get("Content-Range") == "bytes 10-25/4000"
    assert answer.body == b"abcdef0123456789"


def test_range_beyond_the_end(world):
    answer = world.ask(WEBEXT, "/collabcontent/f?bytes=100", fields=[("Range", "bytes=1000-")])
    assert answer.status == 416


def test_several_ranges(world):
    answer = world.ask(WEBEXT, "/collabcontent/f?bytes=4000", fields=[("Range", "bytes=0-3,16-19")])
    assert answer.status == 206 and answer.get("Content-Type").startswith("multipart/byteranges")
    assert answer.body.count(b"0123") == 2


def test_head(world):
    with world.open(WEBEXT) as connection:
        answer = connection.request("/collabcontent/f?bytes=12345", WEBEXT, "HEAD")
        assert answer.status == 200 and answer.get("Content-Length") == "12345"
        assert connection.request("/echo", WEBEXT).status == 200


def test_304(world):
    with world.open(WEBEXT) as connection:
        answer = connection.request("/lab/etag", WEBEXT, fields=[("If-None-Match", '"lab"')])
        assert answer.status == 304 and answer.get("ETag") == '"lab"'
        assert connection.request("/lab/etag", WEBEXT, fields=[("If-None-Match", '"other"')]).status == 200


def test_412(world):
    assert world.ask(WEBEXT, "/lab/etag", fields=[("If-Match", '"other"')]).status == 412


@pytest.fixture(scope="module")
def hasty(stage_for_module, pool):
    return own_world(stage_for_module, pool, timeout=2)


def test_pending_get_longer_than_httpds_timeout(hasty):
    begun = time.monotonic()
    answer = hasty.ask(WEBEXT, "/lab/sleep?ms=4500&body=late")
    assert (answer.status, answer.body) == (200, b"late")
    assert time.monotonic() - begun > 4


def test_pending_get_of_ucwa_longer_than_httpds_timeout(hasty):
    """The real thing: sign in, then wait for events that do not come."""
    token = json.loads(hasty.ask(WEBEXT, "/WebTicket/oauthtoken", "POST", body=(
        "grant_type=password&username=alice@contoso.com&password=%s" % hasty.pool.users.password["alice"]).encode(),
        fields=[("Content-Type", "application/x-www-form-urlencoded")]).body)["access_token"]
    bearer = [("Authorization", "Bearer " + token)]
    with hasty.open(WEBEXT) as connection:
        created = connection.request("/ucwa/oauth/v1/applications", WEBEXT, "POST", bearer + [
            ("Content-Type", "application/json")], b'{"UserAgent":"t","EndpointId":"e","Culture":"en-US"}')
        assert created.status == 201, created
        self = json.loads(created.body)["_links"]["self"]["href"]
        # an application lives on one server of the pool; ask until it is the right one
        for _ in range(10):
            answer = connection.request(self + "/events?ack=1&timeout=4", WEBEXT, fields=bearer)
            if answer.status != 404:
                break
        assert answer.status == 200 and b"next" in answer.body, answer


def test_a_pause_in_a_download_longer_than_httpds_timeout(hasty):
    answer = hasty.ask(WEBEXT, "/lab/chunked?bytes=2000&piece=1000&pause=3500")
    assert answer.status == 200 and len(answer.body) == 2000


def test_keep_alive_serves_many_requests(world):
    with world.open(WEBEXT) as connection:
        for number in range(200):
            assert connection.request("/meet/a/%d" % number, WEBEXT).status == 200


def test_a_kept_connection_ends_after_4000_requests_but_not_in_a_sign_in(world):
    with world.open() as connection:
        for _ in range(40):
            connection.send(100 * request_bytes("/lab/answer?body=x", WEBEXT))
            answers = [connection.receive() for _ in range(100)]
            assert not [answer for answer in answers if answer.body != b"x" or answer.get("Connection")]
        # a challenge, and what a client says to it: never on two connections
        challenged = connection.request("/lab/answer?status=401&header=WWW-Authenticate:NTLM&body=no", WEBEXT)
        assert challenged.status == 401 and challenged.body == b"no" and challenged.get("Connection") is None
        last = connection.request("/lab/answer?body=last", WEBEXT)
        assert last.body == b"last" and last.get("Connection") == "close" and connection.closed()


def test_pipelined_requests_are_answered_in_order(world):
    with world.open(WEBEXT) as connection:
        connection.send(b"".join(request_bytes("/lab/answer?body=%d" % n, WEBEXT) for n in range(5)))
        assert [connection.receive().body for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


def test_pool_closes_in_the_middle_of_a_body(world):
    """The client must be able to tell: fewer bytes than announced, and the end."""
    world.httpd.expect(r"AH01110|AH00087|AH01102|AH10\d+|proxy")
    with pytest.raises((EOFError, OSError)):
        world.ask(WEBEXT, "/lab/cut?bytes=10&length=100")


def test_pool_closes_instead_of_answering(world):
    """503 with a time to come back: 502 has Lync clients start over with discovery."""
    world.httpd.expect(r"AH01102|AH00898|AH01097|AH01114|proxy|lync")
    answer = world.ask(WEBEXT, "/lab/raw")
    assert answer.status == 503 and answer.get("Retry-After"), answer
