"""lyncadm that shows something again and again, on a terminal."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from conftest import PROGRAM


class Drawn:
    """lyncadm that draws on a terminal of this size."""

    def __init__(self, admin, *words, rows=40, columns=200):
        self.own, self.other = pty.openpty()
        fcntl.ioctl(self.other, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        self.mode, self.bytes = termios.tcgetattr(self.other), b""
        self.process = subprocess.Popen([PROGRAM, *map(str, words)], cwd=admin.directory, env=admin.env,
                                        stdin=self.other, stdout=self.other, stderr=self.other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.other)
        os.close(self.own)

    def read(self):
        """What is there within a moment."""
        if select.select([self.own], [], [], 0.1)[0]:
            self.bytes += os.read(self.own, 65536)

    @property
    def text(self):
        return self.bytes.decode(errors="replace")

    def rounds(self):
        """What was drawn, of each round the lines that are to be seen."""
        rounds = re.sub(r"\x1b\[K", "", self.text).split("\x1b[H")[1:]
        return [part[:-3].split("\r\n")[:-1] for part in rounds if part.endswith("\x1b[J")]

    def wait(self, condition):
        """The last round, when it is so."""
        end = time.monotonic() + 60
        while not self.rounds() or not condition(self.rounds()[-1]):
            assert time.monotonic() < end and self.process.poll() is None, self.text
            self.read()
        return self.rounds()[-1]

    def end(self, signal):
        """Its exit status; the terminal is in the mode in which it was."""
        self.process.send_signal(signal)
        status = self.process.wait(timeout=60)
        self.read()
        assert termios.tcgetattr(self.other) == self.mode
        return status
