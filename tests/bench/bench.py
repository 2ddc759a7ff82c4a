"""What mod_lync costs beside its peers: all in front of the same two servers, TLS on both sides, rounds interleaved,
medians. usage: bench.py [--rounds N] [--seconds N] [--minutes N] [--candidates A,B] [--case NAME] [--json FILE]
                [--markdown FILE] [WORKLOAD …]
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
    """The farm and the proxies in front of it, each started when it is asked for. They run to the end, and one works; but
    those for polls are gone after each round: they have thousands of threads, and what one leaves is none of the next."""

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


def run(cases, names, rounds, seconds, deadline):
    """Results of cases that are measured side by side; each is printed. After the deadline there is no other round."""
    results = {}
    rows = {case.name: {name: [] for name in names if not CANDIDATES[name].declines(case.site)} for case in cases}
    with Bench() as bench:
        for number in range(rounds):
            if number and time.monotonic() > deadline:
                break
            for case in cases:
                for name, samples in rows[case.name].items():
                    samples.append(bench.run(case, name, seconds))
        for case in cases:
            left_out = {name: CANDIDATES[name].declines(case.site) for name in names if name not in rows[case.name]}
            results[case.name] = report.result(case, rows[case.name], left_out)
            report.table(case.name, results[case.name])
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD",
                        help="of " + " ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--minutes", type=float, default=35, help="after which each case gets one round")
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
    results, deadline = {}, time.monotonic() + 60 * arguments.minutes
    for workload in arguments.workloads:
        cases = [case for case in WORKLOADS[workload] if arguments.case in (None, case.name)]
        results.update(run(cases, names, arguments.rounds, arguments.seconds, deadline))
        if arguments.json:
            report.write(arguments.json, results, arguments.rounds, arguments.seconds)
    report.summary(results, names, arguments.markdown)


if __name__ == "__main__":
    main()
