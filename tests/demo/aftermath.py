"""What must be true of the whole run: what pools saw, and what the error log says."""

import re

from checks import check
from clients import need
from operation import FARM_CERTIFICATE

# What failed by then, by name; and mod_proxy's companion of the farm's failed handshakes.
FAILED = r"(fe01|fe02|wac01)\.contoso\.local|AH00898: Error during SSL Handshake .* /hosting/discovery"


# httpd's own word on a target that does not decode (/%u0063scp), before any module sees it.
UNDECODABLE = "AH10244: invalid URI path"


@check("error log before anything failed")
def quiet(clients):
    httpd = clients.place.httpd
    httpd.expect(UNDECODABLE)
    problems = httpd.problems()
    httpd.expect(FAILED)
    need(not problems, "%d lines: %s" % (len(problems), problems[:1]))
    return "no warning, no error, in %d lines (%d undecodable targets aside)" % (
        len(httpd.lines()), len(httpd.lines(UNDECODABLE)))


@check("error log since: only about what failed, by name")
def accounted(clients):
    httpd = clients.place.httpd
    problems = httpd.problems()
    need(not problems, "%d lines: %s" % (len(problems), problems[:1]))
    told = [re.sub(r".*certificate verify failed: ", "", line)
            for line in httpd.lines(FARM_CERTIFICATE)]
    need(len(told) == 2 == len(set(told)), "%d lines about the farm's certificates, not one each: %s" % (len(told), told))
    return "%d; one for each wrong certificate: %s" % (len(httpd.lines(FAILED)), ", ".join(told))


@check("requests that reached a control panel")
def leaks(clients):
    found = [entry["line"] for pool in clients.place.all for entry in pool.leaks()]
    need(not found, "%d: %s" % (len(found), found[:2]))
    return "none, of %d that reached a pool" % len(clients.place.seen())


@check("requests that reached an internal web site")
def internal(clients):
    sites = {}
    for entry in clients.place.seen():
        sites[entry["site"]] = sites.get(entry["site"], 0) + 1
    came = ", ".join("%s %d" % pair for pair in sorted(sites.items()))
    need(set(sites) == {"external"}, came)
    return came


@check("probes: GET of the autodiscover root at the pool probed every second")
def probes(clients):
    servers = clients.place.one.servers
    unprobed = [server.name for server in servers if not [
        entry for entry in server.seen() if re.match(r"GET /autodiscover/autodiscoverservice.svc/root ", entry["line"])
        and (entry["host"] or "").startswith(server.name)]]
    need(not unprobed, "none at %s" % ", ".join(unprobed))
    return "seen by %s" % ", ".join(server.name.split(".")[0] for server in servers)


@check("passwords and tokens in the error log")
def secrets(clients):
    text = clients.place.httpd.words()
    found = [secret[:4] + "…" for secret in clients.secrets if secret in text]
    need(not found, ", ".join(found))
    return "none"
