"""Clients that never stop asking, and count what a user would call a failure."""

import threading
import time

from httpd import PATIENCE
from raw import Connection, request_bytes


class Load:
    """fresh clients make a connection for each request, lasting ones keep theirs.

    A server may close a kept connection at any time. A client that wrote to one and gets it closed
    without a byte asks again on a new one, as every HTTP client does (RFC 9112, 9.3.1); whatever
    happens there counts. pause: seconds that each client takes between requests.
    """

    def __init__(self, port, host, target="/meet/a/b", fresh=2, lasting=2, status=200, pause=0, tls=True):
        self.port, self.host, self.target, self.status = port, host, target, status
        self.pause, self.tls = pause, tls
        self.done = threading.Event()
        self.answered, self.failed = 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(index >= fresh,), daemon=True)
                        for index in range(fresh + lasting)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def connect(self):
        return Connection(self.port, self.tls, self.host, seconds=PATIENCE)

    def run(self, lasting):
        connection = None
        while not self.done.wait(self.pause):
            try:
                answer, connection = self.ask(connection, lasting)
                problem = None if answer.status == self.status else answer.status
            except Exception as exception:              # whatever a client may see
                connection, problem = None, repr(exception)
            with self.lock:
                if problem is None:
                    self.answered += 1
                else:
                    self.failed.append(problem)
        if connection:
            connection.close()

    def ask(self, connection, lasting):
        if connection:
            try:
                connection.send(request_bytes(self.target, self.host))
                data = connection.ready(PATIENCE) and connection.fill()
            except OSError:                             # reset: it was closed before
                data = b""
            if not data:
                connection.close()
                connection = None
        if not connection:
            connection = self.connect()
            connection.send(request_bytes(self.target, self.host))
        answer = connection.receive()
        if lasting and answer.get("Connection", "").lower() != "close":
            return answer, connection
        connection.close()
        return answer, None

    def more(self, count=40, seconds=PATIENCE):
        """Waits for so many more answers."""
        goal, deadline = self.answered + count, time.monotonic() + seconds
        while self.answered < goal and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.answered >= goal, "answers stopped: %s" % self.failed[-3:]

    def take(self):
        """The failures since it was asked last."""
        with self.lock:
            failed, self.failed = self.failed, []
        return failed

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join(PATIENCE + 10)
        return self.failed
