"""lyncadm with a person before it."""
import os
import pty
import subprocess

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
