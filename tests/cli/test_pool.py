"""lyncadm pool"""


def test_add_with_its_server(admin):
    assert admin.ok("pool add lyncpool01.contoso.local --ca root.pem") == [
        "added pool 'lyncpool01.contoso.local': role frontend, https_port 4443, http_port 8080, "
        f"ca {admin.directory}/root.pem, cookie MS-WSMAN, health_path /autodiscover/autodiscoverservice.svc/root",
        "added server 'lyncpool01.contoso.local, pool lyncpool01.contoso.local': weight 1"]


def test_add_with_servers(admin):
    out = admin.ok("pool add pool.contoso.local --server fe01.contoso.local --server 10.0.0.2")
    assert [line.split(":")[0] for line in out[1:]] == [
        "added server 'fe01.contoso.local, pool pool.contoso.local'",
        "added server '10.0.0.2, pool pool.contoso.local'"]


def test_role_gives_the_ports(admin):
    admin.ok("pool add wac.contoso.local --role officewebapps --http-port 81")
    assert admin.ok("pool show wac.contoso.local --tsv")[1].split("\t")[1:4] == ["officewebapps", "443", "81"]
    assert "health_path     /hosting/discovery" in admin.ok("pool show wac.contoso.local")


def test_add_again(day):
    day.ok("pool add p.contoso.local --server a.contoso.local")
    assert day.ok("pool add p.contoso.local --server a.contoso.local") == ["pool 'p.contoso.local' is already so"]
    assert day.ok("pool add p.contoso.local") == ["pool 'p.contoso.local' is already so"]
    assert day.fails(1, "pool add p.contoso.local --server b.contoso.local") == \
        "pool 'p.contoso.local' is already there without server 'b.contoso.local': " \
        "to add it use 'lyncadm server add b.contoso.local --pool p.contoso.local'"
    assert "is already there with https_port '4443', not '5443'" in \
        day.fails(1, "pool add p.contoso.local --https-port 5443")


def test_without_a_server(day):
    assert "server: host '' is no" in day.fails(2, "pool", "add", "p.contoso.local", "--server", "")
    assert "has no server" in day.fails(1, "server remove wac01.contoso.local")


def test_names_are_lower_case(admin):
    assert admin.ok("pool add LyncPool.Contoso.LOCAL")[0].startswith("added pool 'lyncpool.contoso.local'")


def test_set_and_unset(day):
    assert day.ok("pool set wac01.contoso.local --https-port 4443 --verify-name wac.contoso.com") == [
        "set pool 'wac01.contoso.local': https_port 4443 (was 443), verify_name wac.contoso.com (was not set)"]
    assert day.ok("pool", "set", "wac01.contoso.local", "--verify-name", "") == [
        "set pool 'wac01.contoso.local': verify_name not set (was wac.contoso.com)"]
    assert "which root certificates to trust" in day.fails(1, "pool", "set", "wac01.contoso.local", "--ca", "")
    assert "https_port '' is no number" in day.fails(2, "pool", "set", "wac01.contoso.local", "--https-port", "")


def test_missing_trust_anchors(day):
    assert "No such file" in day.fails(1, "pool set wac01.contoso.local --ca none.pem")


def test_remove(day):
    assert day.fails(1, "pool remove wac01.contoso.local") == \
        "cannot remove pool 'wac01.contoso.local': route 'external officewebapps01.contoso.com /' uses it"
    day.ok("unpublish officewebapps01.contoso.com")
    assert day.ok("pool remove wac01.contoso.local") == [
        "removed server 'wac01.contoso.local, pool wac01.contoso.local'", "removed pool 'wac01.contoso.local'"]


def test_list(day):
    assert len(day.ok("pool list")) == 4
    assert [line.split("\t")[0] for line in day.ok("pool list --role director --tsv")[1:]] == \
        ["lyncdir01.contoso.local"]
