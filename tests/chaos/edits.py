"""Edits, as words for lyncadm, of random numbers."""

from deploy import MEET, WEBEXT

POOL = "lyncpool01.contoso.local"


def server(dice, place):
    host = "fe0%d.contoso.local" % dice.choice((2, 3))
    return dice.choice((
        ["server", "add", host, "--pool", POOL],
        ["server", "remove", host, "--pool", POOL],
        ["server", "set", host, "--pool", POOL, "--state", dice.choice(("active", "drain", "disabled", "standby"))],
        ["server", "set", host, "--pool", POOL, "--weight", dice.randint(1, 9)]))


def route(dice, place):
    path = "/room%d" % dice.randint(1, 3)
    return dice.choice((
        ["route", "add", "external", WEBEXT, path, "--action", "refuse"],
        ["route", "add", "external", WEBEXT, path, "--action", "redirect", "--location", "https://example.com/"],
        ["route", "set", "external", WEBEXT, path, "--action", "publish", "--pool", POOL, "--location", ""],
        ["route", "remove", "external", WEBEXT, path]))


def listener(dice, place):
    """A port keeps its address: to change that takes a start of httpd."""
    port = dice.choice(place.ports)
    name, where = "extra%d" % port, ["--port", port, "--address", "*" if port % 2 else "127.0.0.1"]
    return dice.choice((
        ["listener", "add", name, *where, "--certificate", "external"],
        ["listener", "add", name, *where, "--scheme", "http"],
        ["listener", "remove", name],
        ["binding", "remove", name],
        ["listener", "set", "discovery", "--otherwise", dice.choice(("redirect", "refuse"))]))


def pool(dice, place):
    return dice.choice((
        ["pool", "set", POOL, "--affinity", dice.choice(("none", "cookie"))],
        ["pool", "set", POOL, "--connect-timeout", dice.randint(2, 9)],
        ["pool", "add", "spare.contoso.local", "--role", "standard", "--ca", place.world.pki.internal.path],
        ["pool", "remove", "spare.contoso.local"]))


def publish(dice, place):
    return dice.choice((
        ["publish", "simple-url", "meet", "https://" + MEET, "--via", POOL],
        ["publish", "simple-url", "dialin", "https://dialin.contoso.com", "--via", POOL],
        ["publish", "discover", "contoso.com", "--via", POOL, "--http"],
        ["unpublish", MEET], ["unpublish", "dialin.contoso.com"], ["unpublish", "lyncdiscover.contoso.com"]))


def other(dice, place):
    return dice.choice((
        ["profile", "set", "web", "--timeout", dice.randint(60, 900)],
        ["profile", "add", "slow%d" % dice.randint(1, 3), "--timeout", "1000"],
        ["profile", "remove", "slow%d" % dice.randint(1, 3)],
        ["binding", "add", "external", "--host", MEET, "--certificate", "meet"],
        ["binding", "remove", "external", "--host", MEET],
        ["certificate", "refresh", "external"]))


EDITS = (server, route, listener, pool, publish, other)


def refused(place):
    """Those that are against the rule book, or out of date, or nothing at all."""
    return (
        ["route", "add", "external", WEBEXT, "/nowhere", "--pool", "nopool.contoso.local"],
        ["route", "set", "external", WEBEXT, "/no-such-path", "--action", "refuse"],
        ["server", "add", "fe01.contoso.local", "--pool", POOL, "--weight", "77"],
        ["pool", "remove", POOL],
        ["listener", "add", "second", "--port", place.world.https, "--certificate", "external"],
        ["listener", "set", "external", "--port", "70000"],
        ["certificate", "remove", "external"],
        ["publish", "simple-url", "meet", "https://meet.contoso.com", "--via", "nopool.contoso.local"],
        ["profile", "set", "web", "--timeout", "-1"],
        [*place.telltale("late"), "--if-revision", "0"],
        ["nonsense"])
