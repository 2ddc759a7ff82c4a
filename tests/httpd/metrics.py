"""The two text formats of metrics, read strictly: what their documents do not allow is an error here."""

import re

NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
SAMPLE = re.compile(r"([^ {]+)(?:\{([^\n]*)\})? ([^ ]+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
SUFFIXES = ("_total", "_created", "_bucket", "_count", "_sum", "_info", "_gcount", "_gsum")
TYPES = {"gauge", "counter", "histogram"}       # that there are of ours


def labels_of(text):
    labels, at = {}, 0
    while text and at < len(text):
        found = LABEL.match(text, at)
        assert found, text
        name, value, comma = found.groups()
        assert name not in labels and not name.startswith("__"), text
        labels[name] = re.sub(r"\\.", lambda escape: ESCAPES[escape.group()], value)
        at = found.end()
        assert bool(comma) == (at < len(text)), text
    return labels


class Family:
    def __init__(self, name):
        self.name, self.help, self.type, self.unit, self.samples = name, None, None, None, []

    def suffixes(self, is_open):
        """What the names of its samples may end with."""
        return {"gauge": [""], "counter": ["_total" if is_open else ""],
                "histogram": ["_bucket", "_count", "_sum"]}[self.type]

    def check(self, is_open):
        assert self.help and self.type in TYPES, self.name
        assert self.help == self.help.strip() and "\\" not in self.help
        ending = self.name.endswith("_total")
        assert ending == (self.type == "counter" and not is_open), self.name
        assert not is_open or self.name.endswith("_seconds") == bool(self.unit), self.name
        assert self.unit in (None, "seconds")
        if self.type == "histogram":
            self.check_histogram()

    def check_histogram(self):
        """Of each set of labels: buckets by their ends, which are numbers to the last, then sum and count."""
        groups, order = {}, []
        for name, labels, value in self.samples:
            key = tuple(sorted((label, text) for label, text in labels.items() if label != "le"))
            if key not in groups:
                order.append(key)
            assert order[-1] == key, "a set of labels is in one piece"
            groups.setdefault(key, []).append((name[len(self.name):], labels.get("le"), value))
        for key, samples in groups.items():
            assert [suffix for suffix, _, _ in samples][-2:] == ["_sum", "_count"], key
            buckets = samples[:-2]
            assert {suffix for suffix, _, _ in buckets} == {"_bucket"}
            ends = [float(end) for _, end, _ in buckets]
            assert ends == sorted(set(ends)) and buckets[-1][1] == "+Inf"
            counts = [value for _, _, value in buckets]
            assert counts == sorted(counts) and counts[-1] == samples[-1][2]
            assert samples[-2][2] >= 0


class Metrics:
    """What a text says. is_open: it is OpenMetrics 1.0.0, otherwise Prometheus' 0.0.4."""

    def __init__(self, text, is_open):
        self.is_open, self.families, self.keys = is_open, {}, []
        self.values = {}                        # (name, labels in order) -> number
        assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
        lines = text[:-1].split("\n")
        if is_open:
            assert lines.pop() == "# EOF"
        self.family = None
        for line in lines:
            if line.startswith("#"):
                self.take_head(line)
            else:
                self.take_sample(line)
        for family in self.families.values():
            family.check(is_open)
        if is_open:
            for name in self.families:
                assert not [suffix for suffix in SUFFIXES if name + suffix in self.families], name

    def take_head(self, line):
        mark, what, name, text = line.split(" ", 3)
        assert mark == "#" and what in (("HELP", "TYPE", "UNIT") if self.is_open else ("HELP", "TYPE")), line
        assert NAME.fullmatch(name), line
        if not self.family or self.family.name != name:
            assert name not in self.families, "the lines of a family stand together"
            self.family = self.families[name] = Family(name)
        assert not self.family.samples, line
        assert getattr(self.family, what.lower()) is None, line
        setattr(self.family, what.lower(), text)

    def take_sample(self, line):
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        assert NAME.fullmatch(name) and labels != "" and NUMBER.fullmatch(value), line
        family = self.family
        assert name in [family.name + suffix for suffix in family.suffixes(self.is_open)], line
        labels = labels_of(labels)
        key = name, tuple(sorted(labels.items()))
        assert key not in self.values, line
        assert ("le" in labels) == name.endswith("_bucket"), line
        self.values[key] = float(value)
        assert family.type == "gauge" or self.values[key] >= 0, line
        self.keys.append(key)
        family.samples.append((name, labels, self.values[key]))

    def get(self, name, **labels):
        """The value, or None."""
        return self.values.get(("lync_" + name, tuple(sorted(labels.items()))))

    def of(self, name, **labels):
        """Values of all that have these labels, by the others."""
        return {tuple(value for label, value in key[1] if label not in labels): value
                for key, value in self.values.items()
                if key[0] == "lync_" + name and labels.items() <= dict(key[1]).items()}

    def sum(self, name, **labels):
        return sum(self.of(name, **labels).values())

    def names(self):
        """Of all samples that there can be."""
        return {name + suffix for name, family in self.families.items() for suffix in family.suffixes(self.is_open)}
