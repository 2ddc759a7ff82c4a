"""lyncadm route"""


def test_add(day):
    line = "route add external webext.contoso.com /files --pool lyncpool01.contoso.local --scheme https --profile poll"
    assert day.ok(line) == [
        "added route 'external webext.contoso.com /files': action publish, pool lyncpool01.contoso.local, "
        "scheme https, profile poll"]
    assert day.ok(line) == ["route 'external webext.contoso.com /files' is already so"]
    assert "profile 'poll', not 'web': to change it use " \
        "'lyncadm route set external webext.contoso.com /files --profile web'" in \
        day.fails(1, line.replace("--profile poll", "--profile web"))


def test_paths_differ_without_regard_to_case(day):
    assert day.ok("route add external webext.contoso.com /CSCP --action refuse --service cscp") == [
        "route 'external webext.contoso.com /Cscp' is already so"]


def test_refuse_and_redirect(day):
    day.ok("route add external webext.contoso.com /a --action refuse")
    day.ok("route add external webext.contoso.com /b --action redirect --location https://www.contoso.com/b?c=d")
    assert "redirects without a location" in day.fails(1, "route add external webext.contoso.com /c --action redirect")
    assert "publishes without a pool" in day.fails(1, "route add external webext.contoso.com /d")
    assert "does not publish but names a pool" in \
        day.fails(1, "route add external webext.contoso.com /e --action refuse --pool wac01.contoso.local")


def test_bad_values(day):
    for path in ("abc", "", "/a//b", "/a/../b", "/a b", "/a\nb", "/a'b\"", "/a*", "/%61"):
        assert "route: path '" in day.fails(2, "route", "add", "external", "webext.contoso.com", path, "--action",
                                            "refuse")
    for location in ("www.contoso.com", "ftp://a.contoso.com", "https://a b", "https://"):
        assert "location" in day.fails(2, "route", "add", "external", "webext.contoso.com", "/x", "--action",
                                       "redirect", "--location", location)


def test_credentials_never_in_clear_text(day):
    assert "in clear text" in day.fails(1, "route add discovery webext.contoso.com --pool lyncpool01.contoso.local "
                                  "--scheme http --profile web")


def test_show_incomplete_key(day):
    assert day.ok("route show discovery lyncdiscover.contoso.com /cscp")[2] == "path           /Cscp"
    sentence = day.fails(1, "route show external webext.contoso.com")
    assert "is one of 23, say which: 'external webext.contoso.com /', " in sentence
    assert sentence.endswith(" and 18 more")
    assert day.fails(1, "route show external none.contoso.com") == "there is no route 'external none.contoso.com'"


def test_set(day):
    assert day.ok("route set external officewebapps01.contoso.com --profile web") == [
        "set route 'external officewebapps01.contoso.com /': profile web (was content)"]
    assert "there is no profile 'none'" in day.fails(1, "route set external officewebapps01.contoso.com --profile none")


def test_too_short_a_timeout_warns(day):
    result = day.run("route set external webext.contoso.com /ucwa --profile web")
    assert result.status == 0
    assert "gives up after 300 s, service 'ucwa' needs 1800 s" in result.err


def test_remove(day):
    day.ok("route add external webext.contoso.com /a --action refuse")
    assert day.ok("route remove external webext.contoso.com /A") == ["removed route 'external webext.contoso.com /a'"]


def test_removing_a_refusal_warns(day):
    result = day.run("route remove external webext.contoso.com /macp")
    assert result.status == 0
    assert "publishes '/Macp' (macp), which should not be reached from outside" in result.err


def test_list_filters(day):
    lines = day.ok("route list --action publish --profile poll --host webext.contoso.com --tsv")
    assert [line.split("\t")[2] for line in lines[1:]] == ["/Mcx", "/Reach", "/Ucwa"]
    assert day.ok("route list discovery lyncdiscover.contoso.com --path / --tsv")[1].startswith(
        "discovery\tlyncdiscover.contoso.com\t/\tpublish\tlyncdir01.contoso.local\thttp\tweb\t\tGET HEAD\t"
        "Authorization X-MS-WebTicket\t")
