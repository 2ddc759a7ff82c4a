"""lyncadm with a person before it."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from conftest import PROGRAM


class Terminal:
    """lyncadm on a terminal: what it asks is answered."""

    def __init__(self, admin, *words):
        self.own, other = pty.openpty()
        self.process = subprocess.Popen([PROGRAM, *words], cwd=admin.directory, env=admin.env, stdin=other,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        os.close(other)

    def question(self):
        """All that is on stderr up to it."""
        text = ""
        while not text.endswith("[y/N] "):
            character = self.process.stderr.read(1)
            assert character, text
            text += character
        return text

    def answer(self, text):
        os.write(self.own, text.encode())
        out, err = self.process.communicate(timeout=60)
        os.close(self.own)
        return self.process.returncode, out, err


class Screen:
    """What a terminal shows of what was written to it. Nothing is written over what is there, but the echo of Ctrl-C."""

    def __init__(self, width):
        self.width = width
        self.rows = [[]]
        self.row = self.column = 0

    def put(self, character):
        if self.column == self.width:
            self.feed_line()
            self.column = 0
        row = self.rows[self.row]
        assert len(row) <= self.column or character in "^C", ("".join(row), character)
        row.extend(" " * (self.column + 1 - len(row)))
        row[self.column] = character
        self.column += 1

    def feed_line(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def write(self, text):
        for sequence, character in re.findall(r"\x1b\[([0-9;]*[A-Za-z])|([^\x1b])", text):
            if sequence == "J":
                del self.rows[self.row + 1:]
                del self.rows[self.row][self.column:]
            elif character == "\r":
                self.column = 0
            elif character == "\n":
                self.feed_line()
            elif character:
                assert character >= " ", text
                self.put(character)
            else:
                assert re.fullmatch("[0-9;]*m", sequence), sequence
        return self

    def lines(self):
        lines = ["".join(row).rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines


class Console:
    """lyncadm with a terminal of its own, which is all it has."""

    def __init__(self, admin, *words, width=80, program=(PROGRAM,), **more):
        self.own, other = pty.openpty()
        self.resize(width)
        env = {**admin.env, "TERM": "xterm", **more.pop("env", {})}
        self.process = subprocess.Popen(
            [*program, *words], cwd=admin.directory, env={k: v for k, v in env.items() if v is not None},
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **{"stdin": other, "stdout": other, "stderr": other, **more})
        self.settings = termios.tcgetattr(other)
        os.close(other)
        self.bytes = b""

    def resize(self, width):
        self.width = width
        fcntl.ioctl(self.own, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def read(self):
        """More of what it writes; 0: it has ended."""
        ready, _, _ = select.select([self.own], [], [], 60)
        assert ready, self.bytes
        try:
            more = os.read(self.own, 65536)
        except OSError:         # nobody has the other end open
            more = b""
        self.bytes += more
        return len(more)

    def until(self, pattern, times=1, start=0):
        """Until it has written that; where its last time ends."""
        while True:
            found = list(re.finditer(pattern, self.bytes[start:]))
            if len(found) >= times:
                return start + found[times - 1].end()
            assert self.read(), self.bytes

    def type(self, text):
        os.write(self.own, text.encode())

    def end(self):
        """Its exit status."""
        while self.read():
            pass
        os.close(self.own)
        return self.process.wait(60)

    def lines(self):
        """What its screen shows."""
        return Screen(self.width).write(self.bytes.decode()).lines()

    def pictures(self, start=0):
        """Each that was drawn of how far the work is."""
        return re.findall(r"\r\x1b\[J([^\r\n\x1b]+)\r(?!\n)", self.bytes[start:].decode())
