"""What a walk is made of: checks and commands."""

import collections

from clients import by, need

# asked: in words. ask(clients): returns what came, raises Wrong when that is not right.
Check = collections.namedtuple("Check", "asked ask")

# A line that an administrator types meanwhile.
Command = collections.namedtuple("Command", "line")


def check(asked):
    """Makes a Check of a function."""
    return lambda ask: Check(asked, ask)


def get(url, want, fields=(), method="GET", note=""):
    """A Check of one request; want(answer, clients) returns what came, or raises Wrong."""
    return Check("%s %s%s" % (method, url, note), lambda clients: want(clients.ask(method, url, fields), clients))


def pool_answers(status, text=None):
    """A want: this status, from a pool, with this text in the body."""
    def want(answer, _):
        need(answer.status == status and answer.header("X-MS-Server-Fqdn"), by(answer))
        need(text is None or text in answer.body, "%s, without '%s'" % (by(answer), (text or b"").decode()))
        return by(answer) + (", '%s'" % text.decode() if text else "")
    return want


def challenge(answer, _):
    """A want: Windows authentication, each scheme in a line of its own, in the pool's order."""
    lines = answer.headers("WWW-Authenticate")
    came = "%s, WWW-Authenticate: %s" % (by(answer), " | ".join(lines) or "none")
    need(answer.status == 401 and lines == ["Negotiate", "NTLM"] and answer.header("X-MS-Server-Fqdn"), came)
    return came
