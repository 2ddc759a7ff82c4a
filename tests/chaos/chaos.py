"""Random sequences of edit, apply, kill, corrupt and restore, with a real httpd, lyncadm and pool.

    chaos.py --sequences N [--seed S] [--steps K] [--jobs J]

Sequence i has seed S + i: --seed of one that failed with --sequences 1 repeats it. After every step httpd lives, serves
the revision that lyncadm status reports, and fails no request. Exit status 1 when one did not.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import random
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from place import Place, Wrong  # noqa: E402
from steps import STEPS, mend, plan  # noqa: E402

LIMIT = 1 << 32
TOGETHER = 20           # sequences that share a place


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
    lines = ["seed %d failed: --seed %d --sequences 1 repeats it" % (seed, seed)]
    lines += ["  " + line for line in place.told]
    lines += ["%s: %s" % (type(problem).__name__, problem), "error log:"]
    try:
        log = place.httpd.lines(":(warn|error|crit|alert|emerg)\\]|AH0049[34]|AH00489|LYNC")
    except OSError as gone:
        log = [str(gone)]
    return "\n".join(lines + ["  " + line for line in log[-20:]])


def close(place):
    """What was still wrong then, as a list."""
    try:
        place.close()
    except Exception as problem:
        return ["when all was over: %s: %s" % (type(problem).__name__, str(problem)[:1000])]
    return []


def run_some(seed, sequences, steps):
    """Sequences that share a place, until one fails: the next has another. Returns what is to be said of failures."""
    reports, place = [], None
    for own in range(seed, seed + sequences):
        place = place or Place()
        try:
            run(place, own % LIMIT, steps)
        except Exception as problem:            # whatever it is, the others are run
            reports.append("\n".join([report(place, own % LIMIT, problem)] + close(place)))
            place = None
        except KeyboardInterrupt:
            interruptible(signal.SIG_IGN)
            close(place)
            os._exit(1)                         # or it would go on with what is queued
    return reports + (close(place) if place else [])


def interruptible(handler=signal.default_int_handler):
    """SIGTERM as SIGINT, and both also in the background: nothing is to be left behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def progress(done, sequences, failed, started):
    terminal = sys.stderr.isatty()
    print("%s%d of %d sequences, %d failed, %d s" % ("\r" if terminal else "", done, sequences, failed,
          time.monotonic() - started), end="" if terminal and done < sequences else "\n", file=sys.stderr, flush=True)


def run_all(seed, sequences, steps, jobs):
    """Returns how many failed."""
    failed, done, started, running = 0, 0, time.monotonic(), {}
    with concurrent.futures.ProcessPoolExecutor(jobs, initializer=interruptible) as executor:
        for first in range(0, sequences, TOGETHER):
            count = min(TOGETHER, sequences - first)
            running[executor.submit(run_some, seed + first, count, steps)] = count
        try:
            for future in concurrent.futures.as_completed(running):
                reports = future.result()
                for text in reports:
                    print("\n" + text, flush=True)
                failed, done = failed + len(reports), done + running[future]
                progress(done, sequences, failed, started)
        except KeyboardInterrupt:
            executor.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
    return failed


def main():
    parser = argparse.ArgumentParser(description="random sequences against a real httpd")
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of the first sequence; a random one unless given")
    parser.add_argument("--steps", type=int, default=10, help="of each sequence")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at the same time")
    arguments = parser.parse_args()
    interruptible()
    seed = random.SystemRandom().randrange(LIMIT) if arguments.seed is None else arguments.seed
    print("seed %d" % seed, flush=True)
    failed = run_all(seed, arguments.sequences, arguments.steps, arguments.jobs)
    print("%d passed, %d failed" % (arguments.sequences - failed, failed), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
