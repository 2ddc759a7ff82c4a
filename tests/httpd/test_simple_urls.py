"""Simple URLs in the three documented forms."""

import pytest

from deploy import DIALIN, MEET, Small
from httpd import lyncadm
from spellings import spellings

LYNC = "lync.contoso.com"


@pytest.mark.smoke
def test_form_1_meet(world):
    answer = world.ask(MEET, "/user/7322994?sl=1")
    assert answer.status == 200 and b"domainOwnerJoinLauncherUrl" in answer.body
    assert world.ask(MEET, "/").status == 200
    assert world.ask(MEET, "/Meet/user/7322994").status == 200


def test_form_1_dialin(world):
    answer = world.ask(DIALIN, "/")
    assert answer.status == 200 and answer.get("X-Test-Site") == "external"


def publish(stage, meet, dialin):
    world = Small(stage, start=False)
    for kind, urls in (("meet", meet), ("dialin", dialin)):
        for url in urls:
            domain = "fabrikam.com" if "fabrikam" in url else "contoso.com"
            lyncadm(stage, world.store, "publish", "simple-url", kind, url, "--via", world.lync.name, "--domain", domain)
    return world.serve()


def passes(world, target):
    mark = world.mark()
    world.ask(LYNC, target + "?" + mark)
    return [entry["host"] for entry in world.seen(mark)] == [LYNC]


FORMS = {
    2: (["https://lync.contoso.com/Meet"], ["https://lync.contoso.com/Dialin"],
        ["/Meet", "/meet/user/1234", "/MEET/x", "/Dialin", "/dialin/"], ["/Meetings/x", "/Abs", "/x"]),
    3: (["https://lync.contoso.com/contosoSIPdomain/Meet", "https://lync.contoso.com/fabrikamSIPdomain/Meet"],
        ["https://lync.contoso.com/contosoSIPdomain/Dialin"],
        ["/contosoSIPdomain/Meet/user/1", "/contososipdomain/meet", "/fabrikamSIPdomain/Meet", "/contosoSIPdomain/Dialin"],
        ["/contosoSIPdomain", "/fabrikamSIPdomain/Dialin", "/fabrikamSIPdomain/cscp", "/northwindSIPdomain/Meet"]),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_forms_with_a_shared_host(stage, form):
    meet, dialin, published, unpublished = FORMS[form]
    world = publish(stage, meet, dialin)
    for target in published:
        assert passes(world, target), target
    for target in unpublished:
        assert not passes(world, target), target
    for target in ("/Admin", "/admin/", "/ADMIN/x", "/cscp", "/macp", "/Meet/../Admin", "/%41dmin", "/Admin%20", "/admin;x"):
        mark = world.mark()
        answer = world.ask(LYNC, target + "?" + mark)
        assert 400 <= answer.status < 500 and not world.seen(mark), (target, answer)


def test_admin_on_the_shared_host_in_every_spelling(stage):
    world = publish(stage, *FORMS[2][:2])
    world.httpd.expect("AH10244")
    mark = world.mark()
    for target in spellings("admin"):
        raw = target if isinstance(target, bytes) else target.encode("utf-8")
        try:
            world.ask(LYNC, raw + (b"&" if b"?" in raw else b"?") + mark.encode())
        except EOFError:
            pass
    assert not world.seen(mark)


def test_admin_simple_url_is_never_published(stage):
    world = Small(stage, start=False)
    result = lyncadm(stage, world.store, "publish", "simple-url", "admin", "https://admin.contoso.com", "--via",
                     world.lync.name, ok=False)
    world.serve()
    mark = world.mark()
    answer = world.ask("admin.contoso.com", "/?" + mark)
    assert 400 <= answer.status < 500 and not world.seen(mark), (result, answer)
