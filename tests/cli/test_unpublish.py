"""lyncadm unpublish"""


def test_removes_all_routes(day):
    out = day.ok("unpublish lyncdiscover.contoso.com")
    assert "removed route 'external lyncdiscover.contoso.com /'" in out
    assert "removed route 'discovery lyncdiscover.contoso.com /'" in out
    assert day.ok("route list --host lyncdiscover.contoso.com") == []
    assert day.fails(1, "unpublish lyncdiscover.contoso.com") == "host 'lyncdiscover.contoso.com' is not published"


def test_on_one_listener(day):
    day.ok("unpublish lyncdiscover.contoso.com --listener discovery")
    assert {line.split("\t")[0] for line in day.ok("route list --host lyncdiscover.contoso.com --tsv")[1:]} == \
        {"external"}


def test_needs_a_host(day):
    assert "one host is needed" in day.fails(2, "unpublish")
    assert "host '*' is no host name" in day.fails(2, "unpublish *")


def test_publish_again(day):
    before = day.ok("route list --tsv")
    day.ok("unpublish webext.contoso.com")
    day.ok("publish pool webext.contoso.com --to lyncpool01.contoso.local")
    assert day.ok("route list --tsv") == before
