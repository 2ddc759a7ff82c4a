"""The bench measures what it says, however short: no number of it is held against another here."""

import json
import os
import subprocess
import sys

import pytest

from httpd import BUILD, TOP, wait

sys.path += [os.path.join(TOP, "tests", folder) for folder in ("bench", "cli")]
from candidates import CANDIDATES, Program, Site  # noqa: E402
from farm import Farm  # noqa: E402

NAMES = ("mod_lync", "plain")
PROGRAM = os.path.join(TOP, "tests", "bench", "bench.py")


def run(*arguments):
    return subprocess.run([sys.executable, PROGRAM, *arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=600, env=dict(os.environ, BUILD=BUILD))


@pytest.fixture(scope="module", autouse=True)
def programs():
    subprocess.run(["make", "-s", "-C", TOP, "-f", "apxs.mk", "BUILD=" + BUILD]
                   + [os.path.join(BUILD, "tests", "bench", name) for name in ("client", "backend")], check=True)


def measured(path, workload, *case):
    """Medians of a workload's cases, and what was printed."""
    result = run("--rounds", "1", "--seconds", "0.3", "--candidates", ",".join(NAMES), "--json", str(path), workload,
                 *case)
    assert result.returncode == 0, result.stdout + result.stderr
    with open(path) as file:
        found = json.load(file)["results"]
    for name, case in found.items():
        assert set(case["medians"]) == set(NAMES)
        assert case["ratios"]["plain"] > 0
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


@pytest.mark.parametrize("trusted", (True, False))
@pytest.mark.parametrize("name", CANDIDATES)
def test_every_candidate_verifies_the_pool(stage, name, trusted):
    if issubclass(CANDIDATES[name], Program) and not CANDIDATES[name].program():
        pytest.skip("%s is not installed" % name)
    farm = Farm(stage, trusted=trusted).start()
    proxy = CANDIDATES[name](stage, farm, Site())
    try:
        if trusted:
            wait("the pool's answer, to the client's Host", proxy.serves)
        else:
            # mod_proxy itself says 500
            assert wait("an answer", proxy.ask)["status"] in ("500", "502", "503")
    finally:
        proxy.stop()
        farm.stop()


def test_what_it_does_not_know():
    for words in (["nonsense"], ["--candidates", "nonsense", "get"]):
        result = run(*words)
        assert result.returncode == 2 and "nonsense" in result.stderr
