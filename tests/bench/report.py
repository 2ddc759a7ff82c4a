"""Rounds of a case as a row of numbers each, and what they come to: tables, JSON, and the ratio of mod_lync to every
other. Where anything went wrong there is no number, but what it was."""

import collections
import datetime
import json
import os
import platform
import statistics
import subprocess

from httpd import TOP

COLUMNS = (("cpu_us", "CPU us", "%.1f"), ("kb_each", "KB each", "%.1f"), ("effective_ms", "effect ms", "%.0f"),
           ("per_second", "per s", "%.0f"), ("p50_us", "p50 us", "%.0f"), ("p99_us", "p99 us", "%.0f"),
           ("memory_mb", "MB", "%.1f"), ("threads", "threads", "%.0f"), ("resumed", "resumed", "%.0f"),
           ("pool_resumed", "at pool", "%.0f"), ("retried", "retried", "%.0f"),
           ("pending", "pending", "%.0f"), ("probe_us", "probe p99", "%.0f"), ("requests", "answered", "%.0f"))
# What counts, with its unit.
COUNTS = {"cpu_us": ("CPU us a request", "%.0f"), "kb_each": ("KB a connection", "%.0f"),
          "effective_ms": ("ms until effective", "%.0f"), "p99_us": ("p99 of others, us", "%.0f"),
          "probe_us": ("p99 of others, us", "%.0f")}
WRONG = {"failed": "failed", "mixed": "mixed up", "polls_cut": "polls cut", "unreached": "found nobody",
         "not_taken": "not taken", "probes_failed": "others failed", "shut_out": "times nobody else was served"}

# Of a number in all rounds: the median, the least and the largest.
Range = collections.namedtuple("Range", "median least largest")


def span(values):
    return Range(statistics.median(values), min(values), max(values)) if values else None


def wrong(samples):
    """What went wrong, of all rounds together."""
    sums = {name: sum(row.get(name, 0) for row in samples) for name in WRONG}
    return ["%d %s" % (count, WRONG[name]) for name, count in sums.items() if count]


def medians(samples):
    """Of each number in the rows of the rounds; of what went wrong the sum."""
    return {name: (sum if name in WRONG else statistics.median)([row[name] for row in samples]) for name in samples[0]}


def numbers(samples, name):
    """One of each round; none when something went wrong."""
    return [] if wrong(samples or []) else [row[name] for row in samples or []]


def ratio(ours, theirs, name):
    """Range of the rounds' ratios of one of their numbers; None: there is none."""
    return span([mine / other for mine, other in zip(numbers(ours, name), numbers(theirs, name)) if other])


def ratios(samples, name):
    """Of mod_lync to every other."""
    found = {other: ratio(samples.get("mod_lync"), rows, name) for other, rows in samples.items()}
    return {other: value for other, value in found.items() if value and other != "mod_lync"}


def result(case, samples, left_out, run):
    """Of a case. samples: rows of each candidate, one a round; left_out: why, by candidate; run: as this_run() says."""
    return {"counts": case.counts, "also": list(case.also), "samples": samples, "left_out": left_out,
            "medians": {name: medians(rows) for name, rows in samples.items()},
            "rounds": min(map(len, samples.values()), default=0), "ratios": ratios(samples, case.counts), **run}


def spread(samples, name):
    """Largest less least, as a part of the median: what noise there was."""
    found = span([row[name] for row in samples])
    return (found.largest - found.least) / found.median if found.median else 0


def table(name, found):
    """ratio: mod_lync to this candidate, in what counts; under 1.00 mod_lync is cheaper."""
    shown = [column for column in COLUMNS if any(column[0] in row for row in found["medians"].values())]
    print("\n%s, rounds: %d" % (name, found["rounds"]))
    print("%-14s %6s %11s %7s" % ("", "ratio", "from to", "spread") + "".join(" %9s" % head for _, head, _ in shown))
    for candidate, samples in found["samples"].items():
        row, against = found["medians"][candidate], found["ratios"].get(candidate)
        cells = ["%6.2f %5.2f %5.2f" % tuple(against) if against else "%6s %11s" % ("-", "")]
        cells += ["%6.0f%%" % (100 * spread(samples, found["counts"]))]
        cells += ["%9s" % (form % row[column] if column in row else "-") for column, _, form in shown]
        print("%-14s " % candidate + (", ".join(wrong(samples)) or " ".join(cells)), flush=True)
    for candidate, reason in found["left_out"].items():
        print("%-14s left out: %s" % (candidate, reason), flush=True)


def cell(found, candidate, number, form):
    """A candidate's number, or what went wrong."""
    if candidate not in found["samples"]:
        return "left out" if candidate in found["left_out"] else "-"
    return ", ".join(wrong(found["samples"][candidate])) or form % found["medians"][candidate][number]


def line(case, found, number, names):
    """One of the summary: how a case went by one of its numbers. Nobody is the best with whom something went wrong."""
    against, (counts, form) = ratios(found["samples"], number), COUNTS[number]
    cells = [case, counts] + [cell(found, name, number, form) for name in names]
    cells += ["%.2f (%.2f to %.2f)" % tuple(against["tuned"]) if "tuned" in against else "-"]
    cells += ["%.2f" % max(value.median for value in against.values()) if against else "-"]
    return "| %s |" % " | ".join([*cells, str(found["rounds"]), found["date"], found["version"]])


def summary(results, names):
    """Lines of a table in Markdown, of every case."""
    return ["| workload | counts | %s | to tuned | to the best | rounds | date | version |" % " | ".join(names),
            "|---|---|%s---:|---|---|" % ("---:|" * (len(names) + 2))] + [
        line(case, found, number, names) for case, found in results.items()
        for number in (found["counts"], *found["also"])]


def programs():
    """First lines of what each program says of itself."""
    found = {"machine": "%s, %d processors" % (platform.machine(), os.cpu_count())}
    for path in ("/usr/sbin/apache2", "/usr/sbin/nginx", "/usr/sbin/haproxy"):
        if os.path.exists(path):
            text = subprocess.run([path, "-v"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
            found[os.path.basename(path)] = text.splitlines()[0]
    return found


def this_run(seconds):
    """What is measured, when and how: cases with the same date were measured side by side."""
    described = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
            "version": described or "unknown", "seconds": seconds, "programs": programs()}


def read(path):
    """Results by case, those that say when they were measured; none: there is no such file."""
    if not path or not os.path.exists(path):
        return {}
    with open(path) as file:
        found = json.load(file)["results"]
    return {case: each for case, each in found.items() if "date" in each}


def write(path, results):
    with open(path + ".new", "w") as file:
        json.dump({"results": results}, file, indent=1)
    os.replace(path + ".new", path)
