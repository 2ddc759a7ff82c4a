"""Port 80 publishes discovery, without credentials; other names are redirected or refused."""

import pytest

from deploy import DIALIN, DISCOVER, MEET, OWAS, WEBDIR, WEBEXT, Small
from httpd import lyncadm
from raw import exchange, request_bytes

ROOT = "/autodiscover/autodiscoverservice.svc/root"


@pytest.mark.parametrize("target", ["/", "/?sipuri=user@contoso.com", ROOT, ROOT.upper()])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_discovery_is_published(world, target, method):
    answer = world.ask(DISCOVER, target, method, tls=False)
    assert answer.status == 200
    assert answer.get("X-Test-Site") == "external"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "FOO", "BITS_POST", "get"])
def test_other_methods_are_refused(world, method):
    mark = world.mark()
    answer = world.ask(DISCOVER, "/?" + mark, method, tls=False)
    assert answer.status in (403, 405, 501), answer
    assert not world.seen(mark)


@pytest.mark.smoke
@pytest.mark.parametrize("field", [("Authorization", "Basic dTpw"), ("Authorization", "Bearer cwt=AAE"),
                                   ("authorization", "NTLM TlRMTVNTUAAB"), ("X-MS-WebTicket", "opaque=x"),
                                   ("x-ms-webticket", ""), ("AUTHORIZATION", "")], ids=lambda f: "%s %s" % f)
def test_credentials_are_refused(world, field):
    mark = world.mark()
    answer = world.ask(DISCOVER, "/?" + mark, fields=[field], tls=False)
    assert answer.status in (400, 403), answer
    assert not world.seen(mark)


@pytest.mark.parametrize("host", [WEBEXT, WEBDIR, MEET, DIALIN, OWAS])
@pytest.mark.parametrize("target", ["/", "/meet/a/b", ROOT, "/ucwa/v1/applications"])
def test_no_other_name_is_published(world, host, target):
    mark = world.mark()
    answer = world.ask(host, target + "?" + mark, tls=False)
    assert answer.status in (301, 302, 307, 308), answer      # what a listener does unless told otherwise
    assert answer.get("Location").startswith("https://%s:%d/" % (host, world.https)), answer
    assert not world.seen(mark)


def with_otherwise(stage, value):
    world = Small(stage, start=False)
    lyncadm(stage, world.store, "listener", "set", "discovery", "--otherwise", value)
    lyncadm(stage, world.store, "publish", "discover", "contoso.com", "--via", world.lync.name, "--http")
    return world.serve()


@pytest.mark.smoke
def test_otherwise_redirect_and_refuse(stage):
    world = with_otherwise(stage, "redirect")
    for target in ("/", "/meet/a%2Fb/?x=%0d%0aSet-Cookie:y&z", "//evil.example/", "/cscp"):
        answer = world.ask(WEBEXT, target, tls=False)
        assert answer.status in (301, 302, 307, 308), answer
        location = answer.get("Location")
        assert location in ("https://%s%s" % (WEBEXT, target), "https://%s:%d%s" % (WEBEXT, world.https, target))
        assert not answer.all("Set-Cookie")
    for target in ("/", "/meet"):
        answer = exchange(world.http, request_bytes(target, "evil.example"))
        assert answer.status >= 400 and not answer.all("Location"), answer
    world.httpd.stop()


def test_otherwise_refuse(stage):
    world = with_otherwise(stage, "refuse")
    answer = world.ask(WEBEXT, "/meet/a", tls=False)
    assert answer.status in (403, 404) and not answer.all("Location"), answer
    assert world.ask(DISCOVER, "/", tls=False).status == 200


def test_https_is_not_spoken_in_the_clear_and_the_other_way_round(world):
    world.httpd.expect("AH01998|AH02042")
    answer = exchange(world.https, request_bytes("/meet/a/b", WEBEXT))
    assert answer is None or answer.status == 400
