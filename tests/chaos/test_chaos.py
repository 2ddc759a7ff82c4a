"""A few sequences of chaos.py, always the same, and what they are made of, one thing at a time."""

import subprocess
import sys

import pytest

import chaos
import kill
import place as places
import steps
from httpd import LYNCADM


@pytest.fixture(scope="module")
def place():
    shared = places.Place()
    yield shared
    shared.close()


@pytest.mark.parametrize("seed", [3, 14, 15])
def test_sequence(place, seed):
    chaos.run(place, seed, 8)


def test_plan_is_of_the_seed_alone():
    assert steps.plan(7, 40) == steps.plan(7, 40) != steps.plan(8, 40)
    assert steps.plan(7, 40)[:10] == steps.plan(7, 10)
    assert {name for seed in range(200) for name in steps.plan(seed, 10)} == set(steps.STEPS)


def killed(place, words, at):
    status = kill.run([LYNCADM, "--store", place.store, *words], place.environment, at)[1]
    place.tell("  lyncadm", *words, "->", status, "at system call", at)
    return status


def test_edit_killed(place):
    """At one system call after the other: the store is sound, the draft as before or as it was to be; edits go on."""
    place.begin("edit")
    done = set()
    for at in range(place.calls["start"], place.calls["edit"], 9):
        before = place.read()[1][0]
        words = place.next_telltale()
        after = words[-1].rpartition("/")[2]
        killed(place, words, at)
        place.adm("audit", "verify")
        draft = place.read()[1][0]
        assert draft in (before, after), place.told
        done.add(draft == after)
        place.mark()
    assert done == {True, False}, "not killed before and after the commit"
    place.check()
    assert not place.drift
    place.end()


@pytest.mark.parametrize("kind", ["apply", "rollback"])
def test_apply_killed(place, kind):
    """Whatever is left undone, httpd serves what status says, and the next apply does it all."""
    place.begin(kind)
    for at in range(place.calls["start"] + 150, place.calls[kind], 220):
        place.mark()
        killed(place, ["apply"] if kind == "apply" else ["rollback", "1", "--discard"], at)
        place.check()
        place.mark()
        steps.judge(place, place.finish(place.start("apply")), may_fail=False)
        place.check()
        assert not place.drift
    place.end()


def test_two_at_once(place):
    """One wins, the other says so."""
    place.begin("two")
    for _ in range(3):
        place.mark()
        running = [place.start("apply", "-m", str(number)) for number in range(2)]
        results = [place.finish(process) for process in running]
        assert 0 in [status for status, _, _ in results], results
        for status, out, err in results:
            assert status == 0 and steps.said(out) or status == 1 and "is under way" in err, results
        place.check()
        assert not place.drift
        assert place.served in [steps.said(out) for _, out, _ in results]
    place.end()


def test_a_failure_is_reported(tmp_path):
    """With its seed and its steps, and exit status 1."""
    text = ("import sys\nsys.path.insert(0, %r)\nimport chaos, place\n"
            "place.Place.ask = lambda self: 'wrong'\n"
            "sys.argv = ['chaos.py', '--sequences', '2', '--seed', '41']\nsys.exit(chaos.main())\n") % chaos.HERE
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=300)
    lines = result.stdout.splitlines()
    assert result.returncode == 1, result
    assert lines[0] == "seed 41" and lines[-1] == "0 passed, 2 failed", result
    assert "seed 42 failed: --seed 42 --sequences 1 repeats it" in lines
    assert any(line.startswith("Wrong: ") and "wrong" in line for line in lines)
