"""Tables for people, JSON and TSV for programs."""
import json
import os
import subprocess

from conftest import PROGRAM


def test_store_option_wins(day, tmp_path):
    other = tmp_path / "other.db"
    day.ok("init", "--store", other)
    assert day.ok("listener", "list", "--store", other) == []
    assert day.ok("--store", other, "listener", "list") == []
    assert day.ok("listener", "--store=" + str(other), "list") == []
    assert len(day.ok("listener list")) == 3


def test_tsv_escapes(day):
    day.ok("profile", "set", "web", "--purpose", "a\\b")
    assert day.ok("profile show web --tsv")[1] == "web\t300\ta\\\\b"


def test_json_types(day):
    (row,) = json.loads("\n".join(day.ok("pool show wac01.contoso.local --json")))
    assert list(row) == ["name", "role", "https_port", "http_port", "ca", "verify_name", "tls_policy", "affinity",
                         "cookie", "health_path", "health_interval", "connect_timeout"]
    assert row["https_port"] == 443 and row["verify_name"] is None


def test_json_of_odd_bytes(day):
    result = subprocess.run([PROGRAM, "profile", "set", "web", "--purpose", b"gr\xf6\xdfe"], env=day.env, check=False)
    assert result.returncode == 0
    (row,) = json.loads("\n".join(day.ok("profile show web --json")))
    assert row["purpose"] == "gr??e"
    day.ok("profile", "set", "web", "--purpose", "größe")
    assert json.loads("\n".join(day.ok("profile show web --json")))[0]["purpose"] == "größe"


def test_tables_leave_empty_columns_out(day):
    assert day.ok("domain list")[0].split() == ["name", "meet", "dialin"]
    assert day.ok("route list --host none.contoso.com") == []


def test_no_escape_sequences(day):
    for words in ("route list", "check", "listener show external", "--help"):
        assert "\x1b" not in day.run(words).out


def test_standard_output_is_full(day):
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w") as full:
        result = subprocess.run([PROGRAM, "route", "list"], env=day.env, stdout=full, stderr=subprocess.PIPE, text=True,
                                check=False)
    assert result.returncode == 1
    assert result.stderr == "lyncadm: cannot write to standard output\n"
