"""What mod_lync costs beside its peers: all in front of the same two servers, TLS on both sides, rounds interleaved,
medians. usage: bench.py [--rounds N] [--seconds N] [--minutes N] [--candidates A,B] [--case NAME] [--json FILE]
                [--markdown FILE] [WORKLOAD …]

What the JSON file has of other cases stays in it, and the tables in the end are of all that it has. The exit status
is 1 when something went wrong with mod_lync.
"""

import argparse
import os
import resource
import signal
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("httpd", "pool", "cli")]
import report  # noqa: E402
import targets  # noqa: E402
from candidates import CANDIDATES  # noqa: E402
from farm import Farm  # noqa: E402
from httpd import Stage, wait  # noqa: E402
from workloads import WORKLOADS  # noqa: E402


def open_files():
    """Two for each poll; what is started from here has them too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return
        except (OSError, ValueError):
            continue


class Bench:
    """The farm and the proxies in front of it, each started when it is asked for. They run to the end, and one works;
    but those for polls are gone after each round: what one leaves is none of the next."""

    def __init__(self):
        self.stage, self.running = Stage(), {}
        self.farm = Farm(self.stage)

    def __enter__(self):
        self.farm.start()
        return self

    def __exit__(self, *unused):
        try:
            for proxy in self.running.values():
                proxy.stop()
            self.farm.stop()
            for lines in filter(None, (httpd.problems() for httpd in self.stage.httpds)):
                print("%d lines in the error log, the first: %s" % (len(lines), lines[0]), file=sys.stderr)
        finally:
            self.stage.close()

    def proxy(self, name, case):
        site = case.site
        if (name, site) not in self.running:
            proxy = self.running[name, site] = CANDIDATES[name](self.stage, self.farm, site)
            wait("%s answers" % name, proxy.serves)
            case.warm_up(proxy)
        return self.running[name, site]

    def run(self, case, name, seconds):
        """A row of what it takes."""
        row = case.run(self.proxy(name, case), seconds)
        if case.site.polls:
            self.running.pop((name, case.site)).stop()
        return row


def run(cases, names, rounds, seconds, began, minutes):
    """Results of cases that are measured side by side; each is printed. After so many minutes no round is begun."""
    results, about = {}, report.this_run(seconds)
    rows = {case.name: {name: [] for name in names if not CANDIDATES[name].declines(case.site)} for case in cases}
    with Bench() as bench:
        for number in range(rounds):
            if number and time.monotonic() > began + 60 * minutes:
                break
            for case in cases:
                print("%3d min  %s, round %d of %d" % ((time.monotonic() - began) / 60, case.name, number + 1, rounds),
                      file=sys.stderr, flush=True)
                for name, samples in rows[case.name].items():
                    samples.append(bench.run(case, name, seconds))
        for case in cases:
            left_out = {name: CANDIDATES[name].declines(case.site) for name in names if name not in rows[case.name]}
            results[case.name] = report.result(case, rows[case.name], left_out, about)
            report.table(case.name, results[case.name])
    return results


def conclude(found, markdown):
    """Prints the tables of all that was ever measured; they go to a file too."""
    results = {case.name: found[case.name] for cases in WORKLOADS.values() for case in cases if case.name in found}
    names = [name for name in CANDIDATES if any(name in each["samples"] for each in results.values())]
    text = "\n".join([*report.summary(results, names), "", *targets.between(results, names), "",
                      *targets.verdicts(results), ""])
    print("\n" + text, flush=True)
    if markdown:
        with open(markdown, "w") as file:
            file.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD",
                        help="of " + " ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--minutes", type=float, default=30, help="after which each case gets one round")
    parser.add_argument("--candidates", default=",".join(CANDIDATES))
    parser.add_argument("--case", help="only the case with this name")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    arguments = parser.parse_args()
    names = arguments.candidates.split(",")
    for kind, known, given in (("workload", WORKLOADS, arguments.workloads), ("candidate", CANDIDATES, names)):
        for word in set(given) - set(known):
            parser.error("no %s '%s'; there are %s" % (kind, word, " ".join(known)))
    open_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))       # what runs is stopped on the way out
    found, failures, began = report.read(arguments.json), [], time.monotonic()
    for workload in arguments.workloads:
        cases = [case for case in WORKLOADS[workload] if arguments.case in (None, case.name)]
        results = run(cases, names, arguments.rounds, arguments.seconds, began, arguments.minutes)
        found.update(results)
        if arguments.json:
            report.write(arguments.json, found)
        for name, result in results.items():
            what = ", ".join(report.wrong(result["samples"].get("mod_lync", [])))
            failures += ["%s: mod_lync: %s" % (name, what)] if what else []
    conclude(found, arguments.markdown)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
