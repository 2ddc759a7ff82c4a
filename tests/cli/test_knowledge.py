"""lyncadm profile, tls-policy, service: what init fills in"""
import sqlite3


def test_profile(day):
    assert day.ok("profile list --tsv") == [
        "name\ttimeout\tpurpose",
        "content\t600\tlarge files up and down: address book, meeting content, firmware",
        "poll\t1800\trequests that the pool keeps pending until something happens",
        "web\t300\tpages and web services"]
    assert day.ok("profile set poll --timeout 3600") == ["set profile 'poll': timeout 3600 (was 1800)"]
    assert "cannot remove profile 'poll'" in day.fails(1, "profile remove poll")


def test_tls_policy(day):
    assert [line.split("\t")[0] for line in day.ok("tls-policy list --tsv")[1:]] == \
        ["intermediate", "legacy", "modern"]
    assert day.ok("tls_policy show modern")[1] == "protocols -all +TLSv1.3"
    day.ok("tls-policy", "add", "strict", "--protocols", "-all +TLSv1.3", "--ciphers", "ECDHE+AESGCM")
    assert day.ok("listener set external --tls-policy strict") == [
        "set listener 'external': tls_policy strict (was intermediate)"]


def test_service(day):
    assert day.ok("service show ucwa --tsv")[1].split("\t")[:6] == \
        ["ucwa", "/Ucwa", "2013 2015 2019", "bearer", "poll", "publish"]
    refused = {line.split("\t")[1] for line in day.ok("service list --action refuse --tsv")[1:]}
    assert {"/Cscp", "/Macp", "/OcsPsws", "/OcsPowershell", "/Admin"} <= refused


def test_same_as_in_the_store(day):
    db = sqlite3.connect(day.store)
    rows = db.execute("SELECT name FROM service WHERE revision = 0 ORDER BY name").fetchall()
    assert [line.split("\t")[0] for line in day.ok("service list --tsv")[1:]] == [r[0] for r in rows]
