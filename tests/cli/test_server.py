"""lyncadm server"""


def test_add(day):
    line = ["added server 'fe02.contoso.local, pool lyncpool01.contoso.local': weight 1"]
    assert day.ok("server add fe02.contoso.local --pool lyncpool01.contoso.local") == line
    assert day.ok("server add fe02.contoso.local lyncpool01.contoso.local") == [
        "server 'fe02.contoso.local, pool lyncpool01.contoso.local' is already so"]
    assert "weight '1', not '2': to change it use 'lyncadm server set fe02.contoso.local lyncpool01.contoso.local " \
        "--weight 2'" in day.fails(1, "server add fe02.contoso.local --pool lyncpool01.contoso.local --weight 2")


def test_add_needs_a_pool(day):
    assert "pool is missing" in day.fails(2, "server add fe02.contoso.local")
    assert day.fails(1, "server add fe02.contoso.local --pool none.contoso.local") == \
        "server 'fe02.contoso.local, pool none.contoso.local': there is no pool 'none.contoso.local'"


def test_set_by_incomplete_key(day):
    day.ok("server add wac02.contoso.local --pool wac01.contoso.local")
    assert day.ok("server set wac02.contoso.local --state drain") == [
        "set server 'wac02.contoso.local, pool wac01.contoso.local': state drain (was active)"]
    day.ok("server add wac02.contoso.local --pool lyncpool01.contoso.local")
    assert day.fails(1, "server set wac02.contoso.local --state active") == \
        "server 'wac02.contoso.local' is one of 2, say which: " \
        "'wac02.contoso.local, pool lyncpool01.contoso.local', 'wac02.contoso.local, pool wac01.contoso.local'"


def test_bad_values(day):
    for option, value in (("--weight", "0"), ("--weight", "101"), ("--state", "up")):
        assert f"'{value}' is no " in day.fails(2, "server", "set", "wac01.contoso.local", option, value)


def test_last_active_server_warns(day):
    result = day.run("server set wac01.contoso.local --state disabled")
    assert result.status == 0
    assert result.err.startswith("lyncadm: warning: pool 'wac01.contoso.local' has no active server")


def test_remove(day):
    day.ok("server add wac02.contoso.local --pool wac01.contoso.local")
    assert day.ok("server remove wac02.contoso.local") == [
        "removed server 'wac02.contoso.local, pool wac01.contoso.local'"]


def test_list(day):
    assert day.ok("server list --pool wac01.contoso.local --tsv") == [
        "host\tpool\tweight\tstate", "wac01.contoso.local\twac01.contoso.local\t1\tactive"]
    assert day.ok("server list --pool none.contoso.local") == []
    assert day.ok("server list --pool none.contoso.local --json") == ["[]"]
