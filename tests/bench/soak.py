"""Whether one mod_lync stays as it is under everything at once: requests small and large, new connections, sign-ins,
polls that are answered, polls and downloads whose clients go away. In the first half it is reloaded again and again, in
the second its children have to live. usage: soak.py [--minutes N] [--json FILE]

Memory is flat when a line through the samples gains little from first to last: the parent's in the first half, the
children's in the second, without the time in which they grow to their size; and so are descriptors. Besides nobody may
be served as somebody else, no child may crash, no request may fail while there is no reload, and the pool may be left
with no request of a client that has gone. The exit status is 1 when any of these does not hold.
"""

import argparse
import json
import statistics
import sys
import time

from bench import Bench, open_files
from candidate import Site
from deploy import WEBEXT
import httpd
from measure import Clients, descriptors, resident, stats, threads, tree
from modules import ModLync
from workloads import DOWNLOAD, GET, POLL, SOAP

RELOADS = 30                    # in the first half, but not more than one every two seconds
TOO_SHORT = 10                  # minutes; memory has not settled before
PATIENCE = 60                   # seconds; for what clients leave behind
# What may be gained: a part of the mean, or so much when that is more.
GAIN = {"parent_mb": (0.03, 1), "children_mb": (0.05, 4), "descriptors": (0.03, 20)}
COLUMNS = ("seconds", "reloads", "children_mb", "parent_mb", "descriptors", "threads", "processes", "pending")


class Soaked(ModLync):
    """Each thread grows for its first requests: with few of them memory settles sooner, and what is lost shows."""

    log = "notice"                      # which tells of crashes

    def mpm(self):
        return {"StartServers": 4, "ServerLimit": 8, "ThreadLimit": 200, "ThreadsPerChild": 200,
                "MaxRequestWorkers": 800, "MinSpareThreads": 400, "MaxSpareThreads": 800, "ThreadStackSize": 262144}


def loads(poll):
    """Target, number and options of the clients that work side by side. poll: seconds that one takes."""
    return {
        "small GETs": (GET, 20, {"pause": 20}),
        "new connections": (GET, 4, {"fresh": "full", "pause": 50}),
        "resumed connections": (GET, 4, {"fresh": "resumed", "pause": 50}),
        "idle connections": (GET, 100, {"pause": 4000}),
        "SOAP posts": (SOAP, 4, {"post": 8192, "pause": 50}),
        "downloads": (DOWNLOAD, 4, {"pause": 200}),
        "downloads that are left": (DOWNLOAD + "000", 2, {"leave": 30, "pause": 200}),
        "polls": ("%s=%d" % (POLL, poll * 1e3), 200, {}),
        "polls that are left": (POLL, 200, {"leave": int(poll * 200)}),
        "sign-ins": ("ntlm", 8, {"program": "signin", "pause": 500}),
    }


class Soak:
    """minutes: of both halves. samples, came_of: what was seen, and what came of the clients, in each half."""

    def __init__(self, proxy, minutes):
        self.proxy, self.half = proxy, minutes * 30
        self.every = min(30, self.half / 10)
        self.began, self.reloads = time.monotonic(), 0
        self.samples, self.came_of = [], []

    def sample(self):
        pid = self.proxy.pid
        children = [each for each in tree(pid, stats()) if each != pid]
        return {"seconds": time.monotonic() - self.began, "reloads": self.reloads,
                "children_mb": httpd.memory(children) / 1e6, "parent_mb": resident(pid) / 1e6,
                "descriptors": descriptors(pid), "threads": threads(pid), "processes": len(children) + 1,
                "pending": self.proxy.farm.pending()}

    def run_half(self, reload_every=None):
        running = {name: Clients(self.proxy.port, WEBEXT, target, count, 10 * self.half, **options)
                   for name, (target, count, options) in loads(min(15, self.half / 4)).items()}
        samples, end = [], time.monotonic() + self.half
        sample_at, reload_at = time.monotonic() + self.every, time.monotonic() + (reload_every or 2 * self.half)
        while sample_at <= end + 0.1:
            time.sleep(max(min(sample_at, reload_at) - time.monotonic(), 0))
            if time.monotonic() >= reload_at:
                self.proxy.renew()
                self.proxy.reload()
                self.reloads += 1
                reload_at += reload_every
            if time.monotonic() >= sample_at:
                samples.append(self.sample())
                print(" ".join("%11.0f" % samples[-1][name] for name in COLUMNS), flush=True)
                sample_at += self.every
        for clients in running.values():
            clients.stop()
        self.samples.append(samples)
        self.came_of.append({name: clients.answered() for name, clients in running.items()})
        for clients in running.values():
            clients.close()

    def run(self):
        print(" ".join("%11s" % name for name in COLUMNS), flush=True)
        self.run_half(max(self.half / RELOADS, 2))
        self.run_half()


def gain(samples, name):
    """Of a line through the samples, from the first to the last that count, and their mean."""
    counted = samples[len(samples) // 5:]
    seconds, values = [row["seconds"] for row in counted], [row[name] for row in counted]
    slope = statistics.linear_regression(seconds, values).slope
    return slope * (seconds[-1] - seconds[0]), statistics.mean(values)


def flat(samples, name):
    """(whether it is, a sentence)."""
    (part, least), (gained, mean) = GAIN[name], gain(samples, name)
    most = max(part * mean, least)
    return gained <= most, "%s gain %.1f of %.1f, at most %.1f" % (name, gained, mean, most)


def verdict(soak, minutes, left, lines):
    """(whether it holds, a sentence) of each thing that must hold."""
    found = []
    if minutes >= TOO_SHORT:
        found += [flat(soak.samples[0], "parent_mb"), flat(soak.samples[1], "children_mb"),
                  flat(soak.samples[1], "descriptors")]
    else:
        print("too short to say whether memory and descriptors are flat: %g minutes" % minutes)
    mixed = sum(half["sign-ins"]["mixed"] for half in soak.came_of)
    failed = {name: row["failed"] for name, row in soak.came_of[1].items() if row["failed"]}
    return found + [(not mixed, "%d answers to somebody else" % mixed),
                    (not failed, "failed without a reload: %s" % (failed or "none")),
                    (not left, "%d requests that the pool holds for clients that have gone" % left),
                    (not lines, "\n    ".join(["%d lines in the error log" % len(lines), *lines[:5]]))]


def left_behind(farm):
    """Requests that the pool still holds, some time after all clients have gone."""
    deadline = time.monotonic() + PATIENCE
    while farm.pending() and time.monotonic() < deadline:
        time.sleep(0.2)
    return farm.pending()


def tell(soak):
    print("\n%-24s %10s %7s %7s %9s" % ("with reloads / without", "answered", "failed", "left", "p99 us"))
    for half in soak.came_of:
        for name, row in half.items():
            print("%-24s %10d %7d %7s %9d" % (name, row["requests"], row["failed"], row.get("left", "-"),
                                              row["p99_us"]))
        print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    open_files()
    with Bench() as bench:
        proxy = bench.running["soak"] = Soaked(bench.stage, bench.farm, Site(polls=400))
        httpd.wait("mod_lync answers", proxy.serves)
        # the bench wants half of all threads spare, so that children stay, and has no more of them
        proxy.httpd.expect("AH10159")
        soak = Soak(proxy, arguments.minutes)
        soak.run()
        found = verdict(soak, arguments.minutes, left_behind(bench.farm), proxy.httpd.problems())
    tell(soak)
    for good, sentence in found:
        print("%-4s %s" % ("good" if good else "BAD", sentence))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"minutes": arguments.minutes, "samples": soak.samples, "came_of": soak.came_of,
                       "verdict": found}, file, indent=1)
    return 0 if all(good for good, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
