"""Medians of rounds as a table and as JSON, each with the ratio of mod_lync to every other."""

import json
import os
import platform
import statistics
import subprocess

COLUMNS = (("cpu_us", "CPU us", "%.1f"), ("kb_each", "KB each", "%.1f"), ("per_second", "req/s", "%.0f"),
           ("p50_us", "p50 us", "%.0f"), ("p99_us", "p99 us", "%.0f"), ("memory_mb", "MB", "%.1f"),
           ("threads", "threads", "%.0f"), ("resumed", "resumed", "%.0f"),
           ("pending", "pending", "%.0f"), ("probe_us", "probe us", "%.0f"),
           ("polls_cut", "polls cut", "%.0f"), ("requests", "answered", "%.0f"), ("failed", "failed", "%.0f"))


def medians(samples):
    """Of each number in the rows of the rounds."""
    return {name: statistics.median(row[name] for row in samples) for name in samples[0]}


def spread(samples, name):
    """Largest less smallest, as a part of the median: what noise there was."""
    values = [row[name] for row in samples]
    return (max(values) - min(values)) / statistics.median(values) if statistics.median(values) else 0


def result(case, rows):
    """Of a case; rows: of each candidate, one a round."""
    found = {name: medians(samples) for name, samples in rows.items()}
    ours = found.get("mod_lync", {}).get(case.counts)
    return {"counts": case.counts, "medians": found, "samples": rows,
            "spread": {name: spread(samples, case.counts) for name, samples in rows.items()},
            "ratios": {name: ours / row[case.counts] for name, row in found.items()
                       if name != "mod_lync" and ours is not None and row[case.counts]}}


def table(name, found):
    """ratio: mod_lync to this candidate, in what counts; under 1.00 mod_lync is cheaper."""
    shown = [column for column in COLUMNS if any(column[0] in row for row in found["medians"].values())]
    print("\n%-12s" % name)
    print("%-12s %6s %7s" % ("", "ratio", "spread") + "".join(" %9s" % heading for _, heading, _ in shown))
    for candidate, row in found["medians"].items():
        ratio = found["ratios"].get(candidate)
        cells = [form % row[column] if column in row else "-" for column, _, form in shown]
        print("%-12s %6s %6.0f%%" % (candidate, "-" if ratio is None else "%.2f" % ratio,
                                     100 * found["spread"][candidate]) + "".join(" %9s" % cell for cell in cells),
              flush=True)


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
