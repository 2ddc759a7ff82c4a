"""What a monitoring system makes of lyncadm check-health."""
import os
import re

LEVELS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]


class Figure:
    """One of a plugin's performance data, as the guidelines of Monitoring Plugins have it, and nothing else."""
    RANGE = r"@?(?:~:|-?\d+(?:\.\d+)?:)?(?:-?\d+(?:\.\d+)?)?"
    FORM = re.compile(rf"'([^'=]+)'=(-?\d+(?:\.\d+)?)(us|ms|s|%|B|KB|MB|TB|c)?;({RANGE});({RANGE});(-?\d+)?;(-?\d+)?")

    def __init__(self, text):
        match = self.FORM.fullmatch(text)
        assert match, text
        self.name, value, self.unit, self.warning, self.critical, self.least, self.most = match.groups()
        self.value = int(value)

    @staticmethod
    def alerts(value, limit):
        if not limit:
            return False
        low, colon, high = limit.rpartition(":")
        return value < (int(low) if colon else 0) or bool(high) and value > int(high)

    def level(self):
        return 2 if self.alerts(self.value, self.critical) else 1 if self.alerts(self.value, self.warning) else 0


class Told:
    """What a run of the check said: one line and no other, whose first word says the same as the exit status."""

    def __init__(self, status, out, err):
        assert err == "" and out.count("\n") == 1 and out.endswith("\n"), (status, out, err)
        assert not re.search(r"[\0-\x09\x0b-\x1f\x7f]", out), (status, out, err)
        line = out.rstrip("\n")
        match = re.fullmatch(r"LYNC (OK|WARNING|CRITICAL|UNKNOWN) - ([^|]+?)(?: \|((?: '[^']+'=\S+)+))?", line)
        assert match and LEVELS[status] == match[1], (status, out, err)
        self.level, self.text = match[1], match[2]
        self.figures = {}
        for figure in map(Figure, (match[3] or "").split()):
            assert figure.name not in self.figures
            self.figures[figure.name] = figure

    def value(self, name):
        return self.figures[name].value


def somebody():
    """For subprocess: who may do nothing, when that can be."""
    return dict(user=65534, group=65534, extra_groups=[]) if os.getuid() == 0 else {}
