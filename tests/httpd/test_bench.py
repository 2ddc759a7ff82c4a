"""The bench measures what it says, however short: no number of it is held against another here."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import types

import pytest

from httpd import BUILD, PLAIN, TOP, wait

sys.path += [os.path.join(TOP, "tests", folder) for folder in ("bench", "cli")]
import report  # noqa: E402
import soak  # noqa: E402
from candidates import CANDIDATES, ModLync, Plain, Program, Site  # noqa: E402
from deploy import WEBEXT  # noqa: E402
from farm import Farm, presented  # noqa: E402
from measure import burst  # noqa: E402
from workloads import POLL, Case, Reload, until_effective  # noqa: E402

NAMES = ("mod_lync", "plain")


def run(*arguments, program="bench.py"):
    command = [sys.executable, os.path.join(TOP, "tests", "bench", program), *arguments]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                          env=dict(os.environ, BUILD=BUILD))


@pytest.fixture(scope="module", autouse=True)
def programs():
    partners = [os.path.join(BUILD, "tests", "bench", name) for name in ("client", "signin", "backend")]
    subprocess.run(["make", "-s", "-C", TOP, "-f", "apxs.mk", "BUILD=" + BUILD, *partners], check=True)


def measured(path, workload, *case, names=NAMES):
    """Medians of a workload's cases, and what was printed."""
    result = run("--rounds", "2", "--minutes", "0", "--seconds", "0.3", "--candidates", ",".join(NAMES), "--json",
                 str(path), "--markdown", str(path) + ".md", workload, *case)
    assert result.returncode == 0, result.stdout + result.stderr
    with open(path) as file:
        found = json.load(file)["results"]
    with open(str(path) + ".md") as file:
        lines = file.read().splitlines()
    for name, case in found.items():
        assert set(case["medians"]) == set(names)
        assert all(len(rounds) == 1 for rounds in case["samples"].values())         # its minutes are over
        assert names != NAMES or case["ratios"]["plain"] > 0
        assert any(line.startswith("| %s |" % name) and line.count("|") == lines[0].count("|") for line in lines)
        assert all(row["requests"] > 0 and row["failed"] == 0 for row in case["medians"].values()), case
        assert name in result.stdout
    return found


def test_requests(tmp_path):
    (case,) = measured(tmp_path / "json", "get").values()
    assert case["counts"] == "cpu_us"
    for row in case["medians"].values():
        assert 0 < row["cpu_us"] and 0 < row["p50_us"] <= row["p99_us"] and row["memory_mb"] > 1


def test_sessions_are_resumed_where_they_are_said_to_be(tmp_path):
    for name, case in measured(tmp_path / "json", "tls").items():
        for row in case["medians"].values():
            # the first connection of each client has nothing to resume
            assert row["resumed"] >= row["requests"] - 16 if "resumed" in name else row["resumed"] == 0, (name, row)


def test_polls_are_pending_at_once_and_answered(tmp_path):
    (case,) = measured(tmp_path / "json", "polls", "--case", "pending polls, 100").values()
    assert [(row["pending"], row["requests"]) for row in case["medians"].values()] == [(100, 100)] * 2


def test_sign_ins_by_ntlm_are_for_who_can(tmp_path):
    (case,) = measured(tmp_path / "json", "signin", "--case", "sign-in storm, NTLM", names=("mod_lync",)).values()
    assert case["medians"]["mod_lync"]["mixed"] == 0 and "NTLM" in case["left_out"]["plain"]


@contextlib.contextmanager
def started(stage, kind, **arguments):
    """A candidate in front of a farm."""
    farm = Farm(stage, **arguments).start()
    try:
        proxy = kind(stage, farm, Site())
        try:
            yield proxy
        finally:
            proxy.stop()
    finally:
        farm.stop()


@pytest.fixture
def candidate(name):
    if issubclass(CANDIDATES[name], Program) and not CANDIDATES[name].program():
        pytest.skip("%s is not installed" % name)
    return CANDIDATES[name]


def agreed(port, version):
    """The cipher suite that a proxy and a client of no later version agree upon."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, version
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        with context.wrap_socket(raw, server_hostname=WEBEXT) as wire:
            return wire.cipher()[0]


@pytest.mark.parametrize("trusted", (True, False))
@pytest.mark.parametrize("name", CANDIDATES)
def test_every_candidate_verifies_the_pool(stage, candidate, trusted):
    with started(stage, candidate, trusted=trusted) as proxy:
        if trusted:
            wait("the pool's answer, to the client's Host", proxy.serves)
            # nobody is cheaper because his connections are
            assert proxy.ask()["x-tls"] == "TLSv1.3 TLS_AES_256_GCM_SHA384"
            assert [agreed(proxy.port, version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)] == [
                "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"]
        else:
            # mod_proxy itself says 500
            assert wait("an answer", proxy.ask)["status"] in ("500", "502", "503")


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_reload_of_every_candidate_is_seen(stage, candidate):
    with started(stage, candidate) as proxy:
        before = wait("a certificate", lambda: presented(proxy.port, WEBEXT))
        Case("").warm_up(proxy)         # a signal just after its start is lost on haproxy
        assert until_effective(proxy)[0] > 0
        assert presented(proxy.port, WEBEXT) not in (before, None)


def test_who_shares_connections_is_found_out(stage):
    with started(stage, Plain) as proxy:
        wait("it answers", proxy.serves)
        row = burst(proxy, WEBEXT, "ntlm", 16, 1, program="signin")
        assert row["failed"] > 0 and row["mixed"] > 0


def test_with_mod_lync(stage):
    """Clients that go away, polls that a reload does not cut, and such that are asked again."""
    with started(stage, ModLync) as proxy:
        wait("it answers", proxy.serves)

        def gone():
            wait("a request that hangs", proxy.farm.pending)
            wait("its client has left", lambda: not proxy.farm.pending())
        row = burst(proxy, WEBEXT, POLL, 1, 600, until=gone, leave=500, pause=2000)
        assert row["left"] > 0 and row["requests"] == row["failed"] == 0
        row = Reload("", 10, reloads=1).run(proxy, 0)
        assert row["pending"] == row["polls_answered"] == 10 and row["polls_cut"] == 0
        assert row["requests"] > 0 and row["effective_ms"] > 0
        assert Reload("", 10, reloads=1, come_back=100).run(proxy, 0)["polls_answered"] > 10


def test_one_failure_in_one_round_is_told():
    rows = {"mod_lync": [{"cpu_us": cpu, "failed": failed} for cpu, failed in ((1, 0), (9, 1), (2, 0))]}
    rows["tuned"], rows["nginx"] = [{"cpu_us": 4, "failed": 0}], [{"cpu_us": 1, "failed": 1}]
    found = report.result(Case("a case"), rows, {"plain": "not today"})
    assert found["medians"]["mod_lync"] == {"cpu_us": 2, "failed": 1}
    assert report.line("a case", found, "cpu_us", ["mod_lync", "tuned", "plain", "nginx"]) == (
        "| a case | CPU us a request | 2, 1 failed | 4 | left out | 1, 1 failed | 0.50 | 0.50 |")


def samples(name, values):
    return [{"seconds": 30 * number, name: value} for number, value in enumerate(values)]


@pytest.mark.parametrize("name,values,good", (
    ("children_mb", [50, 100, 150] + [200, 203, 198] * 9, True),        # growing to its size is none
    ("children_mb", [200 + number for number in range(30)], False),
    ("parent_mb", [15 + number / 10 for number in range(30)], False),
    ("descriptors", [1500, 1580, 1490] * 10, True),
    ("descriptors", [1500 + 5 * number for number in range(30)], False)))
def test_what_is_flat(name, values, good):
    assert soak.flat(samples(name, values), name)[0] is good


@pytest.mark.parametrize("mixed,failed,left,lines", ((0, 0, 0, []), (1, 0, 0, []), (0, 1, 0, []), (0, 0, 1, []),
                                                     (0, 0, 0, ["a child crashed"])))
def test_what_a_soak_must_not_see(mixed, failed, left, lines):
    halves = [{"sign-ins": {"failed": 0, "mixed": wrong}, "small GETs": {"failed": failures}}
              for wrong, failures in ((0, 7), (mixed, failed))]
    found = [good for good, _ in soak.verdict(types.SimpleNamespace(came_of=halves), 1, left, lines)]
    assert found.count(False) == (1 if mixed or failed or left or lines else 0)


def test_a_short_soak(tmp_path):
    result = run("--minutes", "0.25", "--json", str(tmp_path / "json"), program="soak.py")
    assert (tmp_path / "json").exists(), result.stdout + result.stderr
    with open(tmp_path / "json") as file:
        found = json.load(file)
    assert result.returncode == (0 if all(good for good, _ in found["verdict"]) else 1), result.stdout + result.stderr
    reloads, without = found["samples"]
    assert reloads[-1]["reloads"] > 0 and len(without) >= 5 and any(row["pending"] > 0 for row in without)
    first, second = found["came_of"]
    assert first["sign-ins"]["mixed"] == second["sign-ins"]["mixed"] == 0
    for name in first:
        # a sanitizer makes some of them take longer than this
        done = sum(half[name]["requests"] + half[name].get("left", 0) for half in (first, second))
        assert done > 0 or not PLAIN, (name, first, second)


def test_what_it_does_not_know():
    for words in (["nonsense"], ["--candidates", "nonsense", "get"]):
        result = run(*words)
        assert result.returncode == 2 and "nonsense" in result.stderr
