"""A httpd that is only a control command and a process that sleeps; see control.py."""
import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import sys


class FakeHttpd:
    def __init__(self, admin):
        self.directory = admin.directory / "httpd"
        self.directory.mkdir()
        self.say("store", admin.store)
        self.process = None
        control = [sys.executable, str(pathlib.Path(__file__).with_name("control.py")), str(self.directory)]
        self.control = " ".join(map(shlex.quote, control))

    def say(self, name, value=""):
        (self.directory / name).write_text(str(value))

    def unsay(self, name):
        (self.directory / name).unlink()

    def start(self, reporting=True):
        """reporting: as if it had been started with LyncStore."""
        self.process = subprocess.Popen(["sleep", "1000"])
        self.say("pid", self.process.pid)
        if reporting:
            self.reload()
            self.unsay("log")

    def reload(self):
        """A reload, by hand."""
        subprocess.run([*shlex.split(self.control), "-k", "graceful"], check=True)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            with contextlib.suppress(ProcessLookupError):       # one that a reload started
                os.kill(int((self.directory / "pid").read_text()), signal.SIGKILL)

    def log(self):
        path = self.directory / "log"
        return path.read_text().splitlines() if path.exists() else []
