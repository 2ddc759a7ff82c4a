"""Medians of rounds as a table and as JSON, each with the ratio of mod_lync to every other."""

import json
import os
import platform
import statistics
import subprocess

COLUMNS = (("cpu_us", "CPU us", "%.1f"), ("kb_each", "KB each", "%.1f"), ("effective_ms", "effect ms", "%.0f"),
           ("per_second", "per s", "%.0f"), ("p50_us", "p50 us", "%.0f"), ("p99_us", "p99 us", "%.0f"),
           ("memory_mb", "MB", "%.1f"), ("threads", "threads", "%.0f"), ("resumed", "resumed", "%.0f"),
           ("pending", "pending", "%.0f"), ("probe_us", "probe p99", "%.0f"), ("unreached", "unreached", "%.0f"),
           ("polls_cut", "polls cut", "%.0f"), ("requests", "answered", "%.0f"), ("failed", "failed", "%.0f"),
           ("mixed", "mixed up", "%.0f"))
# What counts, with its unit.
COUNTS = {"cpu_us": ("CPU us a request", "%.0f"), "kb_each": ("KB a connection", "%.0f"),
          "effective_ms": ("ms until effective", "%.0f"), "p99_us": ("p99 of others, us", "%.0f"),
          "probe_us": ("p99 of others, us", "%.0f")}
WRONG = {"failed": "failed", "mixed": "mixed up", "polls_cut": "polls cut", "unreached": "found nobody",
         "not_taken": "not taken", "probes_failed": "others failed", "shut_out": "times nobody else was served"}


def medians(samples):
    """Of each number in the rows of the rounds; of what went wrong the sum."""
    return {name: (sum if name in WRONG else statistics.median)([row[name] for row in samples]) for name in samples[0]}


def spread(samples, name):
    """Largest less smallest, as a part of the median: what noise there was."""
    values = [row[name] for row in samples]
    return (max(values) - min(values)) / statistics.median(values) if statistics.median(values) else 0


def ratios(found, number):
    """Of mod_lync to every other, by medians."""
    ours = found.get("mod_lync", {}).get(number)
    return {name: ours / row[number] for name, row in found.items()
            if name != "mod_lync" and ours is not None and row[number]}


def result(case, rows, left_out):
    """Of a case; rows: of each candidate, one a round. left_out: why, by candidate."""
    found = {name: medians(samples) for name, samples in rows.items()}
    return {"counts": case.counts, "also": list(case.also), "medians": found, "samples": rows, "left_out": left_out,
            "spread": {name: spread(samples, case.counts) for name, samples in rows.items()},
            "ratios": ratios(found, case.counts)}


def table(name, found):
    """ratio: mod_lync to this candidate, in what counts; under 1.00 mod_lync is cheaper."""
    shown = [column for column in COLUMNS if any(column[0] in row for row in found["medians"].values())]
    print("\n%-14s" % name)
    print("%-14s %6s %7s" % ("", "ratio", "spread") + "".join(" %9s" % heading for _, heading, _ in shown))
    for candidate, row in found["medians"].items():
        ratio = found["ratios"].get(candidate)
        cells = [form % row[column] if column in row else "-" for column, _, form in shown]
        print("%-14s %6s %6.0f%%" % (candidate, "-" if ratio is None else "%.2f" % ratio,
                                     100 * found["spread"][candidate]) + "".join(" %9s" % cell for cell in cells),
              flush=True)
    for candidate, reason in found["left_out"].items():
        print("%-14s left out: %s" % (candidate, reason), flush=True)


def wrong(row):
    return ["%d %s" % (row[name], word) for name, word in WRONG.items() if row.get(name)]


def cell(row, number, form):
    """A candidate's number, and what went wrong."""
    if row is None:
        return "left out"
    return ", ".join([form % row[number], *wrong(row)])


def line(case, found, number, names):
    """One of the summary: how a case went by one of its numbers. Nobody is the best with whom something went wrong."""
    against, (counts, form) = ratios(found["medians"], number), COUNTS[number]
    cells = [case, counts] + [cell(found["medians"].get(name), number, form) for name in names]
    best = max((value for name, value in against.items() if not wrong(found["medians"][name])), default=None)
    cells += ["%.2f" % value if value is not None else "-" for value in (against.get("tuned"), best)]
    return "| %s |" % " | ".join(cells)


def summary(results, names, path=None):
    """Every case in lines of a table in Markdown, which goes to a file too."""
    lines = ["| workload | counts | %s | to tuned | to the best |" % " | ".join(names),
             "|---|---|%s" % ("---:|" * (len(names) + 2))]
    lines += [line(case, found, number, names) for case, found in results.items()
              for number in (found["counts"], *found["also"])]
    text = "\n".join(lines) + "\n"
    print("\n" + text, flush=True)
    if path:
        with open(path, "w") as file:
            file.write(text)


def versions():
    """First lines of what each program says of itself."""
    found = {"machine": "%s, %d processors" % (platform.machine(), os.cpu_count())}
    for path in ("/usr/sbin/apache2", "/usr/sbin/nginx", "/usr/sbin/haproxy"):
        if os.path.exists(path):
            text = subprocess.run([path, "-v"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
            found[os.path.basename(path)] = text.splitlines()[0]
    return found


def write(path, results, rounds, seconds):
    with open(path, "w") as file:
        json.dump({"versions": versions(), "rounds": rounds, "seconds": seconds, "results": results}, file, indent=1)
