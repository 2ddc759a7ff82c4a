"""What the demo prints: sections, one line a check, and the sum."""

import itertools
import os
import sys

ASKED = 84      # columns of "what was asked"


class Report:
    def __init__(self, out=sys.stdout):
        self.out, self.good, self.bad = out, 0, 0
        self.whole = bool(os.environ.get("V"))
        self.colour = out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def say(self, text=""):
        print(text, file=self.out, flush=True)

    def paint(self, text, code):
        return "\033[%sm%s\033[0m" % (code, text) if self.colour else text

    def title(self, text):
        self.say()
        self.say(self.paint(text, "1"))

    def command(self, line, output=""):
        """A command as it is typed, and what it printed."""
        self.say("%s %s" % (self.paint("$", "2"), self.paint(line, "1")))
        for text in output.splitlines() if self.whole else folded(output.splitlines()):
            self.say("  " + text.rstrip())

    def check(self, asked, came, ok):
        self.good, self.bad = self.good + bool(ok), self.bad + (not ok)
        mark = self.paint("ok    ", "32") if ok else self.paint("NOT OK", "1;31")
        self.say("%s  %-*s  %s" % (mark, ASKED, asked, one_line(came)))

    def sum(self):
        self.say()
        self.say(self.paint("%d checks, %d ok, %d not ok" % (self.good + self.bad, self.good, self.bad), "1"))


def folded(lines, shown=2):
    """Runs of lines that begin with the same two words are cut short; V=1 shows them."""
    for begin, group in itertools.groupby(lines, lambda line: line.split()[:2]):
        group = list(group)
        yield from group[:shown]
        if len(group) > shown:
            yield "… %d more: %s" % (len(group) - shown, " ".join(begin))


def one_line(text):
    return " ".join(str(text).split())
