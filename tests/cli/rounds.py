"""lyncadm that shows something again and again to a program."""
import json
import signal
import subprocess

MANY = 90


class Rounds:
    def __init__(self, *words, **more):
        self.process = subprocess.Popen([*map(str, words), "--json", "--every", "1"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **more)
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def round(self):
        """The next."""
        self.seen.append(json.loads(self.process.stdout.readline()))
        return self.seen[-1]

    def until(self, condition):
        """The next of which it is so."""
        for _ in range(MANY):
            if condition(self.round()):
                return self.seen[-1]
        raise AssertionError(self.seen[-1])

    def sum(self, noun, column, **cells):
        """Over all rounds since the list was emptied."""
        return sum(row[column] for found in self.seen for row in of(found, noun)
                   if all(row[key] == value for key, value in cells.items()))

    def end(self, number=signal.SIGINT):
        """Exit status and stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, err


def of(found, noun):
    return [row for row in found["rows"] if row["noun"] == noun]
