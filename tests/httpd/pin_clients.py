"""Clients that authenticate a connection: three that do not know each other, and what tests ask of them."""

import ssl
import subprocess
import threading

import requests
from requests_ntlm import HttpNtlmAuth

from client import Closed, Wire
from deploy import WEBEXT
from httpd import PATIENCE

AUTH = "/lab/auth/echo"
NEGOTIATE = "NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw=="     # a first message
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE
GONE = (Closed, OSError, ValueError)    # what a client sees of a connection that ends


def dial(world, host=WEBEXT, timeout=PATIENCE):
    return Wire("127.0.0.1", world.https, name=host, context=CONTEXT, timeout=timeout)


def users(world):
    return getattr(world, "lync", world.pool).users


def login(world, who="alice", wire=None, target=AUTH, **arguments):
    """A connection on which who is logged in, and the answer that said so."""
    wire = wire or dial(world)
    answer = wire.ntlm(target, *users(world).login(who), **arguments)
    assert answer.status == 200 and user(answer) == who, (answer, answer.fields)
    return wire, answer


def user(answer):
    """alice, or None."""
    value = answer.header("X-Test-User")
    return value and value.rpartition("\\")[2].partition("@")[0].lower()


def connection(answer):
    """The pool's TCP connection that an answer came by."""
    assert answer.header("X-Test-Connection"), (answer, answer.fields)
    return answer.header("X-Test-Server"), answer.header("X-Test-Connection")


def schemes(answer):
    return [value.split()[0] for value in answer.headers("WWW-Authenticate")]


def is_fresh_401(answer):
    """As a client gets it that nobody knows: no user, all schemes, no challenge."""
    return answer.status == 401 and user(answer) is None and "NTLM" in answer.headers("WWW-Authenticate")


def curl(world, *arguments, host=WEBEXT, target=AUTH):
    command = ["curl", "-sk", "--max-time", str(PATIENCE), "--connect-to", "%s:443:127.0.0.1:%d" % (host, world.https),
               *arguments]
    if target:
        command.append("https://%s%s" % (host, target))
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def session(world, who, password=None):
    """A requests session that logs in as who."""
    name, right = users(world).login(who)
    session = requests.Session()
    session.trust_env, session.verify = False, False
    session.headers["Host"] = WEBEXT
    session.auth = HttpNtlmAuth(name, password or right)
    session.url = "https://127.0.0.1:%d" % world.https + AUTH
    return session


def in_threads(count, function):
    """What function(number) returns in each thread; the first failure of any is raised."""
    results, failures = [None] * count, []

    def run(number):
        try:
            results[number] = function(number)
        except BaseException as problem:        # to be raised in the test's thread
            failures.append(problem)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
