"""lync-requirements §15: what an administrator tries after publishing, and that every link leads somewhere."""

import re
from xml.etree import ElementTree

from checks import challenge, check, get, pool_answers
from clients import by, need, split
from place import DIALIN, DISCOVER, MEET, OWAS, WEBDIR, WEBEXT, WEBEXT2

ROOT = "/autodiscover/autodiscoverservice.svc/root"
EXTERNAL = (WEBEXT, WEBEXT2, WEBDIR)
XML = "application/vnd.microsoft.rtc.autodiscover+xml;v=1"


def hosts_of(links):
    return {split(link)[1].partition(":")[0] for link in links}


def external(links, clients, came):
    """Every link is https, to an external name, on the port where the listener is."""
    need(links and hosts_of(links) <= set(EXTERNAL), "%s, links to %s" % (came, ", ".join(sorted(hosts_of(links)))))
    for link in links:
        scheme, authority, _ = split(link)
        need(scheme == "https" and int(authority.partition(":")[2] or 443) in (443, clients.place.https),
             "%s, link %s" % (came, link))


def links_document(answer, clients):
    need(answer.status == 200, by(answer))
    document = answer.json
    links = {link["token"]: link["href"] for link in document["Root"]["Links"]}
    came = "%s, JSON, AccessLocation %s, links %s to %s" % (by(answer), document["AccessLocation"], " ".join(links),
                                                           ", ".join(sorted(hosts_of(links.values()))))
    need(document["AccessLocation"] == "External" and {"Domain", "User", "OAuth"} <= set(links), came)
    external(links.values(), clients, came)
    clients.known["links"] = links
    return came


def xml_document(answer, clients):
    need(answer.status == 200, by(answer))
    root = ElementTree.fromstring(answer.body)
    links = {link.get("token"): link.get("href") for link in root.iter("Link")}
    came = "%s, XML, AccessLocation %s, links %s" % (by(answer), root.get("AccessLocation"), " ".join(links))
    need(root.get("AccessLocation") == "External" and "User" in links, came)
    need(answer.header("Content-Type").startswith("application/vnd.microsoft.rtc.autodiscover+xml"), came)
    external(links.values(), clients, came)
    clients.known["xml"] = links
    return came


def hal_document(answer, clients):
    need(answer.status == 200, by(answer))
    links = {rel: link["href"] for rel, link in answer.json["_links"].items()}
    came = "%s, HAL, links %s" % (by(answer), " ".join(links))
    need("user" in links, came)
    external(links.values(), clients, came)
    clients.known["hal"] = links
    return came


def redirect_document(answer, clients):
    need(answer.status == 200, by(answer))
    links = answer.json["Root"]["Links"]
    came = "%s, links %s" % (by(answer), " ".join(link["token"] for link in links))
    need([link["token"] for link in links] == ["Redirect"], came)
    external([link["href"] for link in links], clients, came)
    clients.known["redirect"] = links[0]["href"]
    return "%s → %s" % (came, links[0]["href"])


@check("TLS to every public name, with SNI, against the public CA")
def tls(clients):
    came = set()
    names = EXTERNAL + (MEET, DIALIN, DISCOVER, OWAS)
    for name in names:
        with clients.open(name) as wire:        # verifies chain and name
            came.add((wire.socket.version(), wire.socket.selected_alpn_protocol() or "HTTP/1.1"))
    return "%d names, %s" % (len(names), ", ".join("%s %s" % pair for pair in sorted(came)))


def of(host):
    return [
        get("https://%s/abs" % host, challenge),
        get("https://%s/meet" % host, pool_answers(200, b"Meeting troubleshooting")),
        get("https://%s/GroupExpansion/service.svc" % host, challenge),
        get("https://%s/dialin" % host, pool_answers(200, b"directory /dialin")),
        get("https://%s/mcx/mcxservice.svc" % host, challenge),
        get("https://%s%s" % (host, ROOT), links_document, note=" (no Accept)"),
    ]


VERIFICATION = [tls] + of(WEBEXT) + of(WEBEXT2) + of(WEBDIR) + [
    get("https://%s" % MEET, pool_answers(200, b"Meeting troubleshooting")),
    get("https://%s/alice/7322994" % MEET, pool_answers(200, b"focus:id:7322994")),
    get("https://%s" % DIALIN, pool_answers(200, b"directory /dialin")),
    get("https://%s" % DISCOVER, links_document),
    get("https://%s/" % DISCOVER, xml_document, [("Accept", XML)], note=" (XML by Accept)"),
    get("https://%s/" % DISCOVER, hal_document, [("Accept", "application/json")], note=" (HAL by Accept)"),
    get("https://%s/xframe" % DISCOVER, pool_answers(200, b"XFrame")),
    get("http://%s?sipuri=alice@contoso.com" % DISCOVER, redirect_document),
]


def leads_somewhere(clients, links):
    """Every link is answered by a pool, and not with 'not found'."""
    servers = set()
    for link in links:
        answer = clients.get(link)
        server = answer.header("X-MS-Server-Fqdn")
        need(server and answer.status in (200, 401), "%s: %s" % (link, by(answer)))
        need("x-test-leak" not in [name.lower() for name, _ in answer.fields], "%s: leads to a control panel" % link)
        servers.add(server.split(".")[0])
    return "%d links, every one answered by %s" % (len(links), ", ".join(sorted(servers)))


@check("GET every link of the discovery documents so far")
def closure(clients):
    links = [link for name in ("links", "xml", "hal") for link in clients.known[name].values()]
    return leads_somewhere(clients, list(dict.fromkeys(links + [clients.known["redirect"]])))


@check("GET every link of the signed-in user's document")
def user_closure(clients):
    return leads_somewhere(clients, clients.known["user links"])


# What a Front End tells clients in band, with an explicit :443 (§9).
IN_BAND = ("/abs/handler", "/groupexpansion/service.svc", "/RequestHandlerExt/ucdevice.upx", "/RgsClients/AgentService.svc",
           "/RgsClients/Tab.aspx", "/CertProv/CertProvisioningService.svc", "/WebTicket/WebTicketService.svc/mex",
           "/Reach/sip.svc", "/PersistentChat/RM/", "/Scheduler", "/lwa/WebPages/LwaClient.aspx")


@check("GET the %d in-band URLs of each pool, https://…:443/…" % len(IN_BAND))
def in_band(clients):
    return leads_somewhere(clients, ["https://%s:443%s" % (host, path) for host in (WEBEXT, WEBEXT2) for path in IN_BAND])


@check("GET the addresses in the web ticket service's metadata (/mex)")
def metadata(clients):
    answer = clients.get("https://%s/WebTicket/WebTicketService.svc/mex" % WEBEXT)
    need(answer.status == 200, by(answer))
    links = re.findall(r'location="([^"]*)"', answer.body.decode())
    external(links, clients, by(answer))
    return leads_somewhere(clients, links)


CLOSURE = [closure, in_band, metadata]
