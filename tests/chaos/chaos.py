"""Random sequences of edit, apply, kill, corrupt and restore, with a real httpd, lyncadm and pool.

    chaos.py --sequences N [--seed S] [--steps K]

Sequence i has seed S + i: --seed of one that failed with --sequences 1 repeats it. After every step httpd lives, serves
the revision that lyncadm status reports, and fails no request. Exit status 1 when one did not.
"""

import argparse
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from place import Place, Wrong  # noqa: E402
from steps import STEPS, mend, plan  # noqa: E402

LIMIT = 1 << 32


def run(place, seed, count):
    """One sequence; raises what is wrong."""
    place.begin(str(seed))
    for number, name in enumerate(plan(seed, count), 1):
        place.tell("step %d: %s" % (number, name))
        STEPS[name][1](place, random.Random("%d %d" % (seed, number)))
        place.check()
        place.look_at_load()
    place.tell("in the end")
    mend(place)
    place.check()
    if place.drift:
        raise Wrong("drift in the end")
    place.end()


def report(place, seed, problem):
    lines = ["", "seed %d failed: --seed %d --sequences 1 repeats it" % (seed, seed)]
    lines += ["  " + line for line in getattr(place, "told", [])]
    log = place.httpd.lines(":(warn|error|crit|alert|emerg)\\]|AH0049[34]|AH00489|LYNC")
    lines += ["%s: %s" % (type(problem).__name__, problem), "error log:", *("  " + line for line in log[-20:])]
    print("\n".join(lines), flush=True)


def give_up(place):
    """After a failure the next sequence has a place of its own, whatever is left of this one."""
    try:
        place.close()
    except Exception as problem:                # what failed was reported
        print("  then: %s: %s" % (type(problem).__name__, str(problem)[:300]))


def run_all(seed, sequences, steps):
    """Returns how many failed."""
    failed, place, started, terminal = 0, None, time.monotonic(), sys.stderr.isatty()
    for index in range(sequences):
        own = (seed + index) % LIMIT
        place = place or Place()
        try:
            run(place, own, steps)
        except Exception as problem:            # whatever it is, the other sequences are run
            failed += 1
            report(place, own, problem)
            give_up(place)
            place = None
        if terminal or (index + 1) % 25 == 0 or index + 1 == sequences:
            print("%s%d of %d sequences, %d failed, %d s" % ("\r" if terminal else "", index + 1, sequences, failed,
                  time.monotonic() - started), end="" if terminal else "\n", file=sys.stderr, flush=True)
    if terminal:
        print(file=sys.stderr)
    if place:
        try:
            place.close()
        except Exception as problem:
            failed += 1
            print("when all was over: %s" % problem)
    return failed


def main():
    parser = argparse.ArgumentParser(description="random sequences against a real httpd")
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of the first sequence; a random one unless given")
    parser.add_argument("--steps", type=int, default=10, help="of each sequence")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(LIMIT) if arguments.seed is None else arguments.seed
    print("seed %d" % seed, flush=True)
    failed = run_all(seed, arguments.sequences, arguments.steps)
    print("%d passed, %d failed" % (arguments.sequences - failed, failed), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
