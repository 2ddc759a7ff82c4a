"""The bench measures what it says, however short: no number of it is held against another here."""

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import types

import pytest
from cryptography import x509

from httpd import BUILD, PLAIN, TOP, lyncadm, wait

sys.path += [os.path.join(TOP, "tests", folder) for folder in ("bench", "cli")]
import bench  # noqa: E402
import report  # noqa: E402
import soak  # noqa: E402
import targets  # noqa: E402
from candidate import Site  # noqa: E402
from candidates import CANDIDATES  # noqa: E402
from deploy import WEBEXT, control_of  # noqa: E402
from farm import TLS, Farm, presented, request  # noqa: E402
from measure import Clients, burst  # noqa: E402
from modules import MANY, ModLync, Plain, Tuned, advised  # noqa: E402
from programs import Program  # noqa: E402
from workloads import LAST, POLL, WORKLOADS, Case, Reload, by_host, until_effective  # noqa: E402

NAMES = ("mod_lync", "plain")
SECONDS = 0.3 if PLAIN else 3          # in which each of some clients is to be answered


def run(*arguments, program="bench.py"):
    command = [sys.executable, os.path.join(TOP, "tests", "bench", program), *arguments]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                          env=dict(os.environ, BUILD=BUILD))


@pytest.fixture(scope="module", autouse=True)
def programs():
    build = os.path.relpath(BUILD, TOP)
    partners = [os.path.join(build, "tests", "bench", name) for name in ("client", "signin", "backend")]
    subprocess.run(["make", "-s", "-C", TOP, "-f", "apxs.mk", "BUILD=" + build, *partners], check=True)


def measured(path, workload, *case, names=NAMES):
    """Medians of a workload's cases, and what was printed."""
    result = run("--rounds", "2", "--minutes", "0", "--seconds", str(SECONDS), "--candidates", ",".join(NAMES), "--json",
                 str(path), "--markdown", str(path) + ".md", workload, *case)
    assert result.returncode == 0, result.stdout + result.stderr
    with open(path) as file:
        found = json.load(file)["results"]
    with open(str(path) + ".md") as file:
        lines = file.read().splitlines()
    for name, case in found.items():
        assert set(case["medians"]) == set(names)
        assert all(len(rounds) == 1 for rounds in case["samples"].values())         # its minutes are over
        assert case["rounds"] == 1 and case["seconds"] == SECONDS and case["date"] and case["version"]
        assert names != NAMES or case["ratios"]["plain"][0] > 0
        assert "%s, round 1 of 2\n" % name in result.stderr
        assert any(line.startswith("| %s |" % name) and line.count("|") == lines[0].count("|")
                   and "| 1 | %(date)s | %(version)s |" % case in line for line in lines)
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


def test_new_connections_to_the_pool(tmp_path):
    found = measured(tmp_path / "json", "backend")
    assert [case["medians"]["plain"]["pool_resumed"] for case in found.values()] == [0] * 4     # mod_proxy never does
    for version in targets.VERSIONS:
        assert found[targets.to_pool("new", version)]["medians"]["mod_lync"]["pool_resumed"] > 0
        assert len(targets.connecting(found, version, "mod_lync")) == 1


def test_names_on_one_pool(tmp_path):
    measured(tmp_path / "json", "names")


def test_sign_ins_by_ntlm_are_for_who_can(tmp_path):
    (case,) = measured(tmp_path / "json", "signin", "--case", "sign-in storm, NTLM", names=("mod_lync",)).values()
    assert case["medians"]["mod_lync"]["mixed"] == 0 and "NTLM" in case["left_out"]["plain"]


@contextlib.contextmanager
def started(stage, kind, site=None, **arguments):
    """A candidate in front of a farm."""
    farm = Farm(stage, **arguments).start()
    try:
        proxy = kind(stage, farm, site or Site())
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


def mpm_of(proxy):
    """What of its MPM counts in the end."""
    with open(proxy.httpd.conf_path) as file:
        lines = [line.split() for line in file if re.match(r"\w+(Servers|Limit|Child|Workers|Threads|Size) \d+$", line)]
    return dict(lines)


def test_tuned_has_the_mpm_that_is_proposed(stage):
    with started(stage, ModLync) as ours:
        theirs = Tuned(stage, ours.farm, Site())
        try:
            proposed = {name: str(value) for name, value in advised(stage, 2000).items()}
            assert mpm_of(ours) == mpm_of(theirs) == proposed
        finally:
            theirs.stop()
        said = lyncadm(stage, ours.httpd.store, "check", "--users", 2000, "--control", control_of(ours.httpd), ok=False)
        assert "MPM" not in said.stdout, said.stdout
    assert int(advised(stage, 10000)["MaxRequestWorkers"]) >= 12000


def test_names_in_a_map(stage):
    with started(stage, Tuned, by_host(MANY + 1)) as proxy:
        wait("it answers", proxy.serves)
        assert request("127.0.0.1", proxy.port, "h0.contoso.com", "/lab")["status"] == "200"
        assert request("127.0.0.1", proxy.port, "h%d.contoso.com" % (MANY + 1), "/lab")["status"] == "403"
        with open(proxy.httpd.conf_path) as file:
            assert file.read().count("<VirtualHost ") == 1


def test_clients_take_turns_among_names(stage):
    with started(stage, ModLync, by_host(2)) as proxy:
        wait("it answers", proxy.serves)
        good = burst(proxy, "h0.contoso.com,h1.contoso.com", "/lab", 4, SECONDS)
        assert good["requests"] > 0 and good["failed"] == 0
        for hosts in ("h0.contoso.com,h2.contoso.com", "h2.contoso.com,h0.contoso.com"):
            mixed = burst(proxy, hosts, "/lab", 2, SECONDS)
            assert mixed["requests"] > 0 and mixed["failed"] > 0


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextlib.contextmanager
def answering(farm, *answers, pause=0):
    """A server whose connections bring these answers, one a request, and then end, after a pause. Yields its port."""
    leaf = farm.listener[0]["ec"]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(leaf.chain, leaf.key)

    def serve():
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), tls.wrap_socket(raw, server_side=True) as wire:
                for answer in answers:
                    wire.recv(65536)
                    wire.sendall(answer)
                time.sleep(pause)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("answers, options, retried, failed", [
    ((WHOLE, b""), {}, True, False), ((b"",), {}, False, True), ((WHOLE, WHOLE[:9]), {}, False, True),
    ((WHOLE, b""), {"post": 8}, False, True)])
def test_a_kept_connection_that_ends_is_no_failure_of_a_get(stage, answers, options, retried, failed):
    """The client asks once more, but not for what was answered in part, was never kept, or must not be done twice."""
    with answering(Farm(stage), *answers) as port:
        with Clients(port, WEBEXT, "/", 1, 0.5, **options) as clients:
            row = clients.answered()
    assert (row["retried"] > 0, row["failed"] > 0) == (retried, failed), row


def test_nor_is_one_that_ends_with_the_time(stage):
    """Clients wait 10 ms at a time, and a connection here ends every 60 ms or so: one of them waits for that last."""
    retried = 0
    with answering(Farm(stage), WHOLE, b"", pause=0.019) as port:
        for late in range(24):
            with Clients(port, WEBEXT, "/", 1, 0.1 + late * 0.004) as clients:
                row = clients.answered()
            assert row["failed"] == 0, (late, row)
            retried += row["retried"]
    assert retried > 0


@pytest.mark.parametrize("version", (None, "1.2"))
def test_a_pool_that_ends_its_connections(stage, version):
    farm = Farm(stage).start()
    try:
        other = farm.beside("rsa", version)
        assert other is farm.beside("rsa", version)
        server, = other.servers[:1]
        with socket.create_connection((server.address, other.https_port), 10) as raw:
            with TLS.wrap_socket(raw) as wire:
                assert wire.version() == "TLSv" + (version or "1.3") and "RSA" in keys_of(wire)
                wire.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % LAST.encode())
                answer = b"".join(iter(lambda: wire.recv(65536), b""))
        assert b"\r\nConnection: close\r\n" in answer and answer.endswith(b"x" * 200)
    finally:
        farm.stop()


def keys_of(wire):
    return type(x509.load_der_x509_certificate(wire.getpeercert(True)).public_key()).__name__.upper()


def result_of(rows, counts="cpu_us", date="today", left_out=None):
    """Of a case with these numbers of each candidate's rounds; a pair is a number and how many requests failed."""
    made = {name: [{counts: number[0], "failed": number[1]} if isinstance(number, tuple) else
                   {counts: number, "failed": 0} for number in numbers] for name, numbers in rows.items()}
    return report.result(Case("a case", counts), made, left_out or {}, {"date": date, "version": "v1"})


def test_one_failure_in_one_round_is_told():
    found = result_of({"mod_lync": [1, 9, 2], "tuned": [4, 6, 4], "nginx": [1, (1, 1), 1]},
                      left_out={"plain": "not today"})
    assert found["medians"]["nginx"] == {"cpu_us": 1, "failed": 1}
    assert found["ratios"] == {"tuned": (0.5, 0.25, 1.5)}
    assert report.line("a case", found, "cpu_us", ["mod_lync", "tuned", "plain", "nginx"]) == (
        "| a case | CPU us a request | 2 | 4 | left out | 1 failed | 0.50 (0.25 to 1.50) | 0.50 | 3 | today | v1 |")
    ours = result_of({"mod_lync": [(1, 2)], "tuned": [4]})
    assert ours["ratios"] == {} and "| 2 failed | 4 | - | - | 1 |" in report.line("", ours, "cpu_us",
                                                                                ["mod_lync", "tuned"])


def test_a_failure_of_mod_lync_is_the_exit_status(monkeypatch):
    for failed, status in ((0, 0), (3, 1)):
        monkeypatch.setattr(bench, "run", lambda cases, *_: {cases[0].name: result_of({"mod_lync": [(1, failed)]})})
        monkeypatch.setattr(sys, "argv", ["bench.py", "get"])
        monkeypatch.setattr(bench, "open_files", lambda: None)
        monkeypatch.setattr(bench.signal, "signal", lambda *_: None)
        assert bench.main() == status


def test_what_was_measured_before_stays(tmp_path):
    path = str(tmp_path / "json")
    first = {"a": result_of({"mod_lync": [1]}), "b": result_of({"mod_lync": [2]})}
    report.write(path, first)
    both = report.read(path)
    both.update(b=result_of({"mod_lync": [3]}, date="later"))
    report.write(path, both)
    found = report.read(path)
    assert {name: (case["date"], case["medians"]["mod_lync"]["cpu_us"]) for name, case in found.items()} == {
        "a": ("today", 1), "b": ("later", 3)}
    assert report.read(str(tmp_path / "none")) == {}


def judged(target, **cases):
    """With results of the cases that it takes, in their order."""
    return target.judge(dict(zip(target.cases, cases.values())))


@pytest.mark.parametrize("ours,theirs,words,verdict", (
    ([1, 2, 3], [4, 4, 4], "0.50 (0.25 to 0.75)", "met"),
    ([3, 5, 6], [4, 4, 4], "1.25 (0.75 to 1.50)", "within noise"),
    ([5, 5, 6], [4, 4, 4], "1.25 (1.25 to 1.50)", "missed"),
    ([1, (2, 7), 3], [4, 4, 4], "7 failed", "missed"),
    ([1, 2, 3], [4, (4, 5), 4], "tuned: 5 failed", "nothing to compare with")))
def test_targets_by_ratio(ours, theirs, words, verdict):
    assert judged(targets.To("a case"), a=result_of({"mod_lync": ours, "tuned": theirs})) == (words, verdict)
    for found in ({}, {"a case": result_of({"tuned": theirs})}):
        assert targets.To("a case").judge(found) == ("-", "not measured")


def test_targets_between_cases():
    growth = targets.Growth("path")
    assert judged(growth, most=result_of({"mod_lync": [11, 21]}), few=result_of({"mod_lync": [10, 20]})) == (
        "1.08 (1.05 to 1.10)", "met")
    assert judged(growth, most=result_of({"mod_lync": [11]}), few=result_of({"mod_lync": [10]}, date="before")) == (
        "not side by side", "nothing to compare with")
    new, kept = {"mod_lync": [300, 500], "tuned": [900, 900]}, {"mod_lync": [100, 100], "tuned": [100, 100]}
    assert judged(targets.Connecting("1.2"), new=result_of(new), kept=result_of(kept)) == (
        "0.38 (0.25 to 0.50)", "met")
    assert judged(targets.Connecting("1.2"), new=result_of(new), kept=result_of({"mod_lync": [1, 1]})) == (
        "tuned: left out", "nothing to compare with")


def test_targets_of_its_own_hold_in_every_round():
    for values, verdict in (([90e3, 99e3], ("99", "met")), ([1e3, 101e3], ("101", "missed"))):
        found = result_of({"mod_lync": values}, "p99_us")
        assert judged(targets.AtMost("a case", "p99_us", 100, "", 1e3), a=found) == verdict
    assert judged(targets.Flawless("a case", 5), a=result_of({"mod_lync": [5, 6]}, "requests")) == ("5", "met")
    assert judged(targets.Flawless("a case", 5), a=result_of({"mod_lync": [4, 6]}, "requests")) == ("4", "missed")
    assert judged(targets.Flawless("a case", 5), a=result_of({"mod_lync": [(5, 1)]}, "requests")) == (
        "1 failed", "missed")


def test_targets_of_what_was_written(tmp_path):
    (name,) = (case.name for case in WORKLOADS["get"])
    report.write(str(tmp_path / "json"), {name: result_of({"mod_lync": [1, 2], "tuned": [4, 4]})})
    result = run(str(tmp_path / "json"), program="targets.py")
    assert "| %s: to tuned | 1 | 0.38 (0.25 to 0.50) | met | 2 | today | v1 |\n" % name in result.stdout
    assert result.stdout.count("| not measured | - | - | - |\n") == len(targets.targets()) - 1


def test_every_target_is_of_a_case_that_there_is():
    known = {case.name for cases in WORKLOADS.values() for case in cases}
    assert all(set(target.cases) <= known for target in targets.targets())
    assert set(CANDIDATES) >= {target.other for target in targets.targets()}


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
