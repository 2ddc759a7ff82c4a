"""lyncadm domain"""


def test_add_set_remove(day):
    assert day.ok("domain add fabrikam.com --meet https://meet.fabrikam.com/") == [
        "added domain 'fabrikam.com': meet https://meet.fabrikam.com"]
    assert day.ok("domain add fabrikam.com --meet https://meet.fabrikam.com") == ["domain 'fabrikam.com' is already so"]
    assert day.ok("domain set fabrikam.com --meet https://lync.fabrikam.com/Meet")[0].startswith("set domain")
    assert day.ok("domain", "set", "fabrikam.com", "--meet", "")[0].endswith("meet not set (was "
                                                                            "https://lync.fabrikam.com/Meet)")
    assert day.ok("domain remove fabrikam.com") == ["removed domain 'fabrikam.com'"]


def test_bad_urls(day):
    for url in ("http://meet.a.com", "https://meet.a.com:443", "meet.a.com", "https://meet.a.com/x?y", "https://m m",
                "https://*.a.com"):
        assert "is no simple URL" in day.fails(2, "domain", "add", "a.com", "--meet", url)


def test_capital_letters(day):
    assert day.ok("domain add fabrikam.com --meet HTTPS://Meet.Fabrikam.com/Meet") == [
        "added domain 'fabrikam.com': meet https://meet.fabrikam.com/Meet"]


def test_urls_are_unique_and_no_prefixes(day):
    assert "is a prefix of" in day.fails(1, "domain add fabrikam.com --meet https://meet.contoso.com")
    assert "is a prefix of" in day.fails(1, "domain add fabrikam.com --meet https://meet.contoso.com/fabrikam")
    assert "is a prefix of" in day.fails(1, "domain set contoso.com --dialin https://meet.contoso.com/dialin")


def test_list(day):
    assert day.ok("domain list --tsv") == [
        "name\tmeet\tdialin\tadmin", "contoso.com\thttps://meet.contoso.com\thttps://dialin.contoso.com\t"]
