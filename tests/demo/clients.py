"""Clients of Lync, outside: they know public names, the public CA and what earlier answers told them."""

import time

import place                                    # noqa: F401  puts the pool's client on the path
from client import Wire


class Wrong(Exception):
    """What came was not what had to come; says what it was."""


def need(truth, came):
    if not truth:
        raise Wrong(came)


def split(url):
    """(scheme, authority, target) of an absolute URL, untouched."""
    scheme, _, rest = url.partition("://")
    end = min([at for at in (rest.find("/"), rest.find("?")) if at >= 0] or [len(rest)])
    target = rest[end:]
    return scheme, rest[:end], target if target.startswith("/") else "/" + target


def by(answer):
    """Status and who answered, for people."""
    server = answer.header("X-MS-Server-Fqdn")
    return "%d by %s" % (answer.status, server.split(".")[0] if server else "the proxy")


def refused(answer):
    return not answer.header("X-MS-Server-Fqdn") and 400 <= answer.status < 500 or answer.status in (501, 505)


class Clients:
    def __init__(self, where):
        self.place = where
        self.known = {}             # what a client remembers: token, application, cookies, links
        self.secrets = set(where.users.password.values())

    def open(self, host, tls=True, seconds=20):
        """A connection as for this name: TLS with SNI, certificate verified against the public CA."""
        where = self.place
        return Wire(where.address, where.https if tls else where.http, tls, name=host.lower(), cafile=where.ca,
                    timeout=seconds)

    def reach(self, url):
        """A connection to where a URL points: (wire, authority, target)."""
        scheme, authority, target = split(url)
        host, _, port = authority.partition(":")
        tls = scheme == "https"
        need(port in ("", "443" if tls else "80", str(self.place.https if tls else self.place.http)),
             "%s: nothing is published on that port" % url)
        return self.open(host, tls), authority, target

    def ask(self, method, url, fields=(), body=None):
        wire, authority, target = self.reach(url)
        with wire:
            return wire.request(method, target, authority, fields, body)

    def get(self, url, fields=()):
        return self.ask("GET", url, fields)

    def bearer(self):
        return ("Authorization", "Bearer " + self.known["token"])


class Pending:
    """A request whose answer the server keeps back until there is something to tell."""

    def __init__(self, clients, url, fields):
        self.wire, authority, target = clients.reach(url)
        self.start = time.monotonic()
        self.wire.ask("GET", target, authority, fields)

    def silent(self, seconds):
        """Whether nothing of the answer arrives for so long; when something does, it is lost."""
        patience = self.wire.socket.gettimeout()
        self.wire.socket.settimeout(seconds)
        try:
            self.wire.socket.recv(1)
            return False
        except TimeoutError:
            return True
        finally:
            self.wire.socket.settimeout(patience)

    def answer(self):
        with self.wire:
            return self.wire.read()

    def age(self):
        return time.monotonic() - self.start
