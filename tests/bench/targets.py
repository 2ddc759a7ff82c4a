"""What must hold, as measured: ratios to others and between cases, and whether each target is met. usage: targets.py
FILE, which is what bench.py --json wrote.

A ratio is the median of the rounds' ratios, with the least and the largest. It is within noise when only the median is
above the limit. Other numbers are the largest of all rounds.
"""

import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("httpd", "pool", "cli")]
from report import numbers, ratio, read, span, wrong  # noqa: E402
from workloads import RULES, WORKLOADS  # noqa: E402

KINDS = ("path", "host")
VERSIONS = ("1.2", "1.3")


def rules(count, kind):
    return "%d rules by %s, last hit" % (count, kind)


def to_pool(kind, version):
    return "%s connection to the pool, TLS %s" % (kind, version)


def side_by_side(results, *cases):
    """Whether all were measured, in one run."""
    return all(case in results for case in cases) and len({results[case]["date"] for case in cases}) == 1


def samples(results, case, name):
    return results[case]["samples"].get(name)


def growth(results, kind, name):
    """Range of what most rules cost, as a multiple of what few do; None: not known."""
    few, most = rules(RULES[0], kind), rules(RULES[-1], kind)
    if not side_by_side(results, few, most):
        return None
    return ratio(samples(results, most, name), samples(results, few, name), "cpu_us")


def connecting(results, version, name):
    """CPU microseconds for a new connection to the pool, of each round."""
    new, kept = to_pool("new", version), to_pool("kept", version)
    if not side_by_side(results, new, kept):
        return []
    both = (numbers(samples(results, case, name), "cpu_us") for case in (new, kept))
    return [of_new - of_kept for of_new, of_kept in zip(*both)]


class Target:
    """what: in words; cases: that it takes; other: with whom mod_lync is compared."""

    other = "tuned"

    def __init__(self, what, limit, *cases):
        self.what, self.limit, self.cases = what, limit, cases

    def value(self, results):
        """Range of what is held against the limit; None: there is none."""
        raise NotImplementedError

    def no_value(self, results):
        """Why there is none."""
        if not side_by_side(results, *self.cases):
            return "not side by side"
        failures = [word for case in self.cases for word in wrong(samples(results, case, self.other) or [])]
        return "%s: %s" % (self.other, ", ".join(failures) or "left out")

    def words(self, value):
        return "%.2f (%.2f to %.2f)" % tuple(value)

    def good(self, value):
        if value.median <= self.limit:
            return "met"
        return "within noise" if value.least <= self.limit else "missed"

    def judge(self, results):
        """(what was measured, the verdict)"""
        if not all(case in results and samples(results, case, "mod_lync") for case in self.cases):
            return "-", "not measured"
        failures = [word for case in self.cases for word in wrong(samples(results, case, "mod_lync"))]
        if failures:
            return ", ".join(failures), "missed"
        value = self.value(results)
        return (self.words(value), self.good(value)) if value else (self.no_value(results), "nothing to compare with")


class To(Target):
    """Of a case's number the ratio to another candidate."""

    def __init__(self, case, other="tuned", limit=1.00):
        super().__init__("%s: to %s" % (case, other), limit, case)
        self.other = other

    def value(self, results):
        (case,) = self.cases
        return ratio(samples(results, case, "mod_lync"), samples(results, case, self.other), results[case]["counts"])


class Growth(Target):
    def __init__(self, kind):
        cases = [rules(count, kind) for count in (RULES[-1], RULES[0])]
        super().__init__("%d to %d rules by %s" % (RULES[-1], RULES[0], kind), 1.1, *cases)
        self.kind = kind

    def value(self, results):
        return growth(results, self.kind, "mod_lync")


class Connecting(Target):
    def __init__(self, version):
        cases = [to_pool(kind, version) for kind in ("new", "kept")]
        super().__init__("new less kept connection to the pool, TLS %s: to tuned" % version, 0.5, *cases)
        self.version = version

    def value(self, results):
        ours, theirs = (connecting(results, self.version, name) for name in ("mod_lync", "tuned"))
        return span([mine / other for mine, other in zip(ours, theirs) if other > 0])


class AtMost(Target):
    """One of mod_lync's own numbers in every round."""

    def __init__(self, case, number, limit, what, scale=1):
        super().__init__("%s: %s" % (case, what), limit, case)
        self.number, self.scale = number, scale

    def value(self, results):
        return span([number / self.scale for number in numbers(samples(results, self.cases[0], "mod_lync"),
                                                               self.number)])

    def words(self, value):
        return "%.0f" % value.largest

    def good(self, value):
        return "met" if value.largest <= self.limit else "missed"


class Flawless(AtMost):
    """Nothing went wrong, and so many were answered."""

    def __init__(self, case, least=1):
        super().__init__(case, "requests", least, "nothing failed, answered at least")

    def words(self, value):
        return "%d" % value.least

    def good(self, value):
        return "met" if value.least >= self.limit else "missed"


def targets():
    most = WORKLOADS["polls"][-1]
    found = [To(case.name) for workload in ("get", "tls", "backend", "names", "download", "post", "idle", "polls")
             for case in WORKLOADS[workload]]
    for kind in KINDS:
        found += [To(rules(count, kind)) for count in RULES[:-1]]
        found += [Growth(kind), To(rules(RULES[-1], kind), limit=0.6)]
    found += [Connecting(version) for version in VERSIONS]
    for case in WORKLOADS["signin"]:
        found += [To(case.name, "haproxy"), Flawless(case.name)] + ([] if case.site.ntlm else [To(case.name)])
    found += [Flawless(most.name, most.connections), AtMost(most.name, "probe_us", 100, "p99 of others, ms", 1e3),
              AtMost(most.name, "kb_each", 100, "KB a poll")]
    found += [AtMost(case.name, "p99_us", 100, "p99 of others, ms", 1e3) for case in WORKLOADS["reload"]]
    return found + [Flawless(case.name) for case in WORKLOADS["reloads"]]


def verdicts(results):
    """Lines of a table in Markdown, of every target."""
    lines = ["| target | limit | measured | | rounds | date | version |", "|---|---:|---:|---|---:|---|---|"]
    for target in targets():
        found = results.get(target.cases[0], {})
        lines.append("| %s |" % " | ".join([target.what, "%g" % target.limit, *target.judge(results), *(
            str(found.get(name, "-")) for name in ("rounds", "date", "version"))]))
    return lines


def between(results, names):
    """Lines of a table in Markdown: of each candidate what lies between two cases that were measured side by side."""
    rows = [("%d to %d rules by %s, ratio" % (RULES[-1], RULES[0], kind), "%.2f (%.2f to %.2f)",
             [growth(results, kind, name) for name in names]) for kind in KINDS]
    rows += [("new less kept connection to the pool, TLS %s, CPU us" % version, "%.0f (%.0f to %.0f)",
              [span(connecting(results, version, name)) for name in names]) for version in VERSIONS]
    return ["| | %s |" % " | ".join(names), "|---|%s" % ("---:|" * len(names))] + [
        "| %s | %s |" % (what, " | ".join(form % tuple(value) if value else "-" for value in values))
        for what, form, values in rows]


if __name__ == "__main__":
    print("\n".join(verdicts(read(sys.argv[1]))))
