"""What happens while it runs: an edit is applied, servers fail and come back, a certificate is wrong."""

import time

from checks import Command, check
from clients import by, need
from place import MEET, OWAS, WEBDIR, WEBEXT, WEBEXT2
from signin import base, create, event, links_of, take, wait_for_events

# the one line about a certificate of the farm that cannot be trusted
FARM_CERTIFICATE = r":error\] .*pool 'wac01\.contoso\.local'.*certificate"


def short(answer):
    return (answer.header("X-MS-Server-Fqdn") or "the proxy").split(".")[0]


@check("GET …/events (pending) while revision 2 is applied")
def wait_during_apply(clients):
    clients.known["waiting"] = wait_for_events(clients)
    return "held by lyncpool02"


@check("… its event comes after the reload")
def event_after_apply(clients):
    pending = clients.known.pop("waiting")
    need(pending.silent(0.2), "answered before anything happened")
    event(clients)
    answer = pending.answer()
    take(clients, answer)
    return "%s, held %.1f s" % (by(answer), pending.age())


@check("POST https://%s/ucwa/…, then 8 GETs with its cookie" % WEBEXT)
def affinity(clients):
    url = "https://%s/ucwa/oauth/v1/applications" % WEBEXT
    answer = create(clients, url)
    cookies = {value.partition("=")[0]: value.partition(";")[0] for value in answer.headers("Set-Cookie")}
    clients.known["cookie"] = ("Cookie", cookies["MS-WSMAN"])
    clients.known["at one"] = base(url) + links_of(answer)["self"]
    home = clients.known["home server"] = short(answer)
    for _ in range(8):
        answer = clients.ask("GET", clients.known["at one"], [clients.bearer(), clients.known["cookie"]])
        need(answer.status == 200 and short(answer) == home, "created by %s, then %s" % (home, by(answer)))
    return "all by %s, where the application lives" % home


EDIT = [
    wait_during_apply,
    Command("lyncadm pool set lyncpool01.contoso.local --affinity cookie --health-interval 1"),
    Command("lyncadm pool set wac01.contoso.local --health-interval 1"),
    Command('lyncadm apply -m "applications stay with their Front End; probe every second"'),
    Command("lyncadm status"),
    event_after_apply, affinity,
]


def pages(clients, host, count, fields=()):
    """Who answers so many GETs of a page, each on its own connection; all have to be answered well."""
    servers = set()
    for number in range(count):
        answer = clients.get("https://%s/meet" % host, fields)
        need(answer.status == 200, "request %d: %s" % (number + 1, by(answer)))
        servers.add(short(answer))
    return servers


def named(servers):
    return ", ".join(sorted(servers))


def until(seconds, what, attempt):
    """Seconds until attempt(), which raises or returns a false value before."""
    start = time.monotonic()
    while True:
        value = attempt()
        if value:
            return time.monotonic() - start
        need(time.monotonic() - start < seconds, "not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


@check("kill the Front End of that application; 20 GETs of https://%s/meet" % WEBEXT)
def one_dead(clients):
    dead = clients.known["home server"]
    other = clients.known["other server"] = "fe02" if dead == "fe01" else "fe01"
    clients.place.one.server(dead).kill()
    servers = pages(clients, WEBEXT, 20)
    need(servers == {other}, "200 by %s" % named(servers))
    return "%s killed: 20× 200 by %s" % (dead, other)


@check("GET with the cookie that leads to it")
def failover(clients):
    answer = clients.get("https://%s/meet" % WEBEXT, [clients.known["cookie"]])
    need(answer.status == 200 and short(answer) == clients.known["other server"], by(answer))
    return by(answer)


@check("kill the other one too; GET https://%s/meet" % WEBEXT)
def all_dead(clients):
    for server in clients.place.one.servers:
        server.kill()
    for _ in range(3):
        answer = clients.get("https://%s/meet" % WEBEXT)
        came = "%s, Retry-After: %s" % (by(answer), answer.header("Retry-After"))
        need(answer.status == 503 and int(answer.header("Retry-After") or 0) > 0, came)
        need(b"contoso.local" not in answer.body, came + ", with internal names in the page")
    return came


@check("GET the other pool, the Director and the farm meanwhile")
def others_live(clients):
    servers = pages(clients, WEBEXT2, 2) | pages(clients, WEBDIR, 2) | pages(clients, MEET, 2)
    answer = clients.get("https://%s/hosting/discovery" % OWAS)
    need(answer.status == 200, by(answer))
    return "200 by %s" % named(servers | {short(answer)})


@check("start both; GET https://%s/meet until it is answered" % WEBEXT)
def both_back(clients):
    clients.place.one.start()

    def answered():
        return clients.get("https://%s/meet" % WEBEXT).status == 200
    first = until(15, "200", answered)
    both = first + until(15, "both answer", lambda: pages(clients, WEBEXT, 4) == {"fe01", "fe02"})
    return "200 after %.1f s, by fe01 and fe02 after %.1f s" % (first, both)


def with_certificate(kind):
    @check("GET the farm, whose certificate is now: %s" % kind)
    def ask(clients):
        server = clients.place.farm.servers[0]
        server.certificate(kind)
        told = len(clients.place.httpd.lines(FARM_CERTIFICATE))
        server.restart()
        until(15, "503", lambda: clients.get("https://%s/hosting/discovery" % OWAS).status == 503)
        until(15, "the reason in the error log", lambda: len(clients.place.httpd.lines(FARM_CERTIFICATE)) > told)
        mark = server.mark()
        answer = clients.get("https://%s/hosting/discovery" % OWAS)
        need(answer.status == 503 and not server.seen_since(mark), by(answer))
        return "%s, Retry-After: %s; the farm saw nothing" % (by(answer), answer.header("Retry-After"))
    return ask


@check("… and a good one again")
def good_certificate(clients):
    server = clients.place.farm.servers[0]
    server.certificate("good")
    server.restart()
    after = until(15, "200", lambda: clients.get("https://%s/hosting/discovery" % OWAS).status == 200)
    return "200 after %.1f s" % after


FAILURE = [one_dead, failover, all_dead, others_live, both_back, with_certificate("wrong-ca"),
           with_certificate("wrong-name"), good_certificate]
