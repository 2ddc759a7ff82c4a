"""What the proxy answers itself, and no pool sees."""

import uuid

from checks import Check, check
from clients import by, need, refused
from place import DIALIN, DISCOVER, MEET, OWAS, WEBDIR, WEBEXT, WEBEXT2

LYNC = (WEBEXT, WEBEXT2, WEBDIR, MEET, DIALIN, DISCOVER)
PANELS = ("cscp", "macp", "ocspsws", "ocspowershell", "admin")


def spellings(name):
    first = "%02x" % ord(name[0])
    return ["/" + name, "/%s/" % name, "/%s/Default.aspx" % name.upper(), "/%%%s%s" % (first, name[1:]),
            "/%%25%s%s" % (first, name[1:]), "/%%u00%s%s" % (first, name[1:]), "//" + name, "/./" + name,
            "/meet/../" + name, "/meet/%2e%2e/" + name, "/meet/..%2f" + name, "/meet\\..\\" + name, "/meet/..%255c" + name,
            "/%s." % name, "/%s%%20" % name, "/%s;x=y" % name, "/%s%%00" % name]


def unseen(clients, host, target, tls=True, method="GET", fields=(), body=None, sni=None):
    """The answer to a request that no pool may see, on a connection of its own."""
    mark = uuid.uuid4().hex
    target += ("&" if "?" in target else "?") + mark
    with clients.open(sni or host, tls) as wire:
        answer = wire.request(method, target, host, fields, body)
    need(refused(answer), "%s %s: %s" % (method, target.partition(mark)[0], by(answer)))
    need(not clients.place.seen(mark), "%s: a pool saw it" % target.partition(mark)[0])
    return answer


def panel(name):
    def ask(clients):
        statuses = {}
        for host in LYNC:
            for target in spellings(name):
                status = unseen(clients, host, target).status
                statuses[status] = statuses.get(status, 0) + 1
        return ", ".join("%d× %d" % (count, status) for status, count in sorted(statuses.items())) + " by the proxy"
    return Check("GET /%s in %d spellings, on %d names" % (name, len(spellings(name)), len(LYNC)), ask)


def refusal(asked, host, target="/", statuses=(400, 403, 404, 405, 421, 501), **arguments):
    def ask(clients):
        answer = unseen(clients, host, target, **arguments)
        need(answer.status in statuses, by(answer))
        return by(answer)
    return Check(asked, ask)


REFUSALS = [panel(name) for name in PANELS] + [
    refusal("GET https://unknown.example/meet", "unknown.example", "/meet", sni=WEBEXT),
    refusal("GET https://lyncpool01.contoso.local/meet (an internal name)", "lyncpool01.contoso.local", "/meet", sni=WEBEXT),
    refusal("GET https://admin.contoso.com/", "admin.contoso.com", sni=WEBEXT),
    refusal("GET https://203.0.113.9/meet (an address)", "203.0.113.9", "/meet", sni=WEBEXT),
    refusal("GET https://evil.example/ in absolute form, Host %s" % WEBEXT, WEBEXT, "https://evil.example/meet"),
    refusal("TRACE https://%s/meet" % WEBEXT, WEBEXT, "/meet", method="TRACE"),
    refusal("GET https://%s/meet/a%%00b" % WEBEXT, WEBEXT, "/meet/a%00b"),
    refusal("GET https://%s/meet/..%%2fabs/handler (two views)" % WEBEXT, WEBEXT, "/meet/..%2fabs/handler"),
]


def redirected(host):
    @check("GET http://%s/a/b?c" % host)
    def ask(clients):
        mark = uuid.uuid4().hex
        with clients.open(host, tls=False) as wire:
            answer = wire.get("/a/b?c=" + mark, host=host)
        location = answer.header("Location") or "none"
        came = "%s, Location: %s" % (by(answer), location.replace(mark, ""))
        port = "" if clients.place.https == 443 else ":%d" % clients.place.https
        need(answer.status in (301, 302, 307, 308) and not answer.header("X-MS-Server-Fqdn"), came)
        need(location == "https://%s%s/a/b?c=%s" % (host, port, mark) and not clients.place.seen(mark), came)
        return came
    return ask


PORT_80 = [
    refusal("GET http://%s/ with Authorization: Bearer …" % DISCOVER, DISCOVER, tls=False, statuses=(400, 403),
            fields=[("Authorization", "Bearer cwt=AAEB")]),
    refusal("GET http://%s/ with Authorization: NTLM …" % DISCOVER, DISCOVER, tls=False, statuses=(400, 403),
            fields=[("Authorization", "NTLM TlRMTVNTUAABAAAA")]),
    refusal("GET http://%s/ with X-MS-WebTicket" % DISCOVER, DISCOVER, tls=False, statuses=(400, 403),
            fields=[("X-MS-WebTicket", "opaque=AAEB")]),
    refusal("POST http://%s/" % DISCOVER, DISCOVER, tls=False, method="POST", body=b"a=b", statuses=(403, 405)),
    refusal("GET http://%s/cscp" % DISCOVER, DISCOVER, "/cscp", tls=False),
    refusal("TRACE http://%s/" % DISCOVER, DISCOVER, tls=False, method="TRACE"),
    refusal("GET http://unknown.example/", "unknown.example", tls=False),
    *(redirected(host) for host in (WEBEXT, MEET, DIALIN, OWAS)),
]
