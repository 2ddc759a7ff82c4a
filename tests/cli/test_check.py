"""lyncadm check"""
import json
import os


def test_nothing(day):
    assert day.ok("check") == ["no findings"]
    assert day.ok("check --json") == ["[]"]
    assert day.ok("check --tsv") == ["level\tnoun\tname\tmessage\tremedy"]


def test_warning(day):
    day.run("server set wac01.contoso.local --state disabled")
    result = day.run("check")
    assert (result.status, result.err) == (3, "")
    assert result.out.splitlines()[1].startswith("warning pool wac01.contoso.local pool 'wac01.contoso.local' has no ")
    (row,) = json.loads(day.run("check --json").out)
    assert (row["level"], row["noun"], row["name"]) == ("warning", "pool", "wac01.contoso.local")
    assert row["remedy"].startswith("lyncadm server set")


def test_error_on_disk(day):
    day.ok("pool set wac01.contoso.local --ca other.pem")
    (day.directory / "other.pem").unlink()
    result = day.run("check --tsv")
    assert (result.status, result.err) == (3, "")
    assert result.out.splitlines()[1].startswith("error\tpool\twac01.contoso.local\ttrust anchors of pool ")


def test_advice_only(day):
    day.ok("binding add external unused.contoso.com --certificate external")
    result = day.run("check")
    assert (result.status, result.err) == (0, "")
    assert "advice" in result.out


def test_an_old_error_does_not_stop_the_mending_of_another(day):
    day.ok("pool set wac01.contoso.local --ca other.pem")
    os.unlink(day.directory / "other.pem")
    day.ok("pool set lyncdir01.contoso.local --connect-timeout 9")
    day.ok("pool set wac01.contoso.local --ca root.pem")
    assert day.ok("check") == ["no findings"]


def test_takes_no_arguments(day):
    assert "unexpected argument 'all'" in day.fails(2, "check all")
