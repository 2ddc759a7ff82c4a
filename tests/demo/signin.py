"""A mobile or web client signs in and waits for events: lync-requirements §14.2."""

import json
import time
import urllib.parse

from acceptance import hosts_of, user_closure
from checks import check, get
from clients import Pending, by, need, split
from place import WEBEXT, WEBEXT2

FORM = [("Content-Type", "application/x-www-form-urlencoded")]
USER = "alice"


def ticket_wanted(answer, clients):
    where = answer.header("X-MS-WebTicketURL")
    came = "%s, X-MS-WebTicketURL: %s" % (by(answer), where)
    need(answer.status == 401 and where and where.startswith("https://"), came)
    return came


def bearer_wanted(answer, clients):
    lines = answer.headers("WWW-Authenticate")
    came = "%s, WWW-Authenticate: %s" % (by(answer), " | ".join(line.split(" ")[0] for line in lines))
    need(answer.status == 401 and [line.split(" ")[0] for line in lines] == ["Bearer", "MsRtcOAuth"], came)
    clients.known["oauthtoken"] = lines[1].split('href="')[1].split('"')[0]
    return "%s href=%s" % (came, clients.known["oauthtoken"])


def grant(clients, password):
    body = urllib.parse.urlencode({"grant_type": "password", "username": USER + "@contoso.com", "password": password})
    return clients.ask("POST", clients.known["oauthtoken"], FORM, body.encode())


@check("GET user resource of discovery (OAuth), without a token")
def user_unauthenticated(clients):
    return bearer_wanted(clients.get(clients.known["hal"]["user"]), clients)


@check("POST /WebTicket/oauthtoken, grant_type=password, a wrong one")
def wrong_password(clients):
    answer = grant(clients, "wrong")
    came = "%s, %s" % (by(answer), answer.body.decode())
    need(answer.status == 400 and answer.json["error"] == "invalid_grant", came)
    return came


@check("POST /WebTicket/oauthtoken, grant_type=password")
def token(clients):
    answer = grant(clients, clients.place.users.password[USER])
    need(answer.status == 200, by(answer))
    need(answer.header("Cache-Control") == "no-store", "%s, Cache-Control: %s" % (by(answer), answer.header("Cache-Control")))
    clients.known["token"] = answer.json["access_token"]
    clients.secrets.add(clients.known["token"])
    return "%s, %s token of %d bytes, no-store" % (by(answer), answer.json["token_type"], len(clients.known["token"]))


def links_of(answer):
    return {rel: link["href"] for rel, link in answer.json["_links"].items()}


HAL = ("Accept", "application/json")


@check("GET user resource with the token: homed on another pool")
def user_elsewhere(clients):
    answer = clients.ask("GET", clients.known["hal"]["user"], [HAL, clients.bearer()])
    need(answer.status == 200, by(answer))
    links = links_of(answer)
    need(set(links) == {"redirect"}, "%s, links %s" % (by(answer), " ".join(links)))
    clients.known["home"] = links["redirect"]
    return "%s, redirect → %s" % (by(answer), links["redirect"])


@check("GET discovery and the user resource there")
def user_at_home(clients):
    root = clients.ask("GET", clients.known["home"], [HAL])
    need(root.status == 200, by(root))
    answer = clients.ask("GET", links_of(root)["user"], [HAL, clients.bearer()])
    need(answer.status == 200, by(answer))
    links = links_of(answer)
    clients.known["applications"] = links["applications"]
    plain = clients.ask("GET", links_of(root)["user"], [clients.bearer()])
    clients.known["user links"] = [link["href"] for link in plain.json["User"]["Links"]]
    came = "%s, applications → %s" % (by(answer), links["applications"])
    need(hosts_of(clients.known["user links"]) == {WEBEXT2}, came)
    return came


def create(clients, url, fields=()):
    body = json.dumps({"UserAgent": "demo", "EndpointId": "a917c6f4-976c-4cf3-847d-cdfffa28ccdf", "Culture": "en-US"})
    answer = clients.ask("POST", url, [HAL, clients.bearer(), ("Content-Type", "application/json"), *fields], body.encode())
    need(answer.status == 201, by(answer))
    return answer


@check("POST …/ucwa/oauth/v1/applications")
def application(clients):
    answer = create(clients, clients.known["applications"])
    links = links_of(answer)
    cookie = [value for value in answer.headers("Set-Cookie") if value.startswith("cwt_ucwa=")]
    came = "%s, application %s, %d cookie lines" % (by(answer), answer.json["id"], len(answer.headers("Set-Cookie")))
    need(cookie and "path=%s/photos" % links["self"] in cookie[0] and answer.header("P3P"), came)
    clients.known["application"] = {rel: base(clients.known["applications"]) + href for rel, href in links.items()}
    clients.known["activity"] = base(clients.known["applications"]) \
        + answer.json["_embedded"]["me"]["_links"]["reportMyActivity"]["href"]
    return came


def base(url):
    scheme, authority, _ = split(url)
    return "%s://%s" % (scheme, authority)


def event(clients):
    """Something happens to the user, by another connection."""
    answer = clients.ask("POST", clients.known["activity"], [clients.bearer()], b"")
    need(answer.status == 201, "event: " + by(answer))


def wait_for_events(clients, seconds=60):
    """A pending GET that is known to be held at the pool."""
    pending = Pending(clients, "%s&timeout=%g" % (clients.known["application"]["events"], seconds), [HAL, clients.bearer()])
    clients.place.two.servers[0].wait_held(1)
    return pending


def take(clients, answer):
    """Remembers where the next events come from."""
    need(answer.status == 200, by(answer))
    links = links_of(answer)
    need("next" in links, "%s, links %s" % (by(answer), " ".join(links)))
    clients.known["application"]["events"] = base(clients.known["applications"]) + links["next"]
    return answer.json


@check("GET …/events?ack=1 (pending), and an event")
def held(clients):
    pending = wait_for_events(clients)
    need(pending.silent(0.5), "answered before anything happened")
    start = time.monotonic()
    event(clients)
    answer = pending.answer()
    delay = time.monotonic() - start
    document = take(clients, answer)
    came = "%s, held %.1f s, answered %.0f ms after the event, next: ack=2" % (by(answer), pending.age(), delay * 1000)
    need(document.get("sender") and delay < 5 and clients.known["application"]["events"].endswith("ack=2"), came)
    return came


@check("GET …/events?ack=2&timeout=1, and no event")
def times_out(clients):
    pending = wait_for_events(clients, 1)
    answer = pending.answer()
    document = take(clients, answer)
    came = "%s after %.1f s, nothing but next" % (by(answer), pending.age())
    need("sender" not in document and 0.9 < pending.age() < 5, came)
    return came


@check("GET …/events?ack=3, and again on another connection")
def replaced(clients):
    first = wait_for_events(clients)
    second = Pending(clients, clients.known["application"]["events"], [HAL, clients.bearer()])
    answer = first.answer()
    came = "first: %s, %s" % (by(answer), answer.json.get("subcode"))
    need(answer.status == 409 and answer.json["subcode"] == "PGetReplaced", came)
    event(clients)
    take(clients, second.answer())
    return came + "; second: answered by the next event"


@check("POST …/batch, multipart/batching, two parts")
def batch(clients):
    part = "--b\r\nContent-Type: application/http; msgtype=request\r\n\r\nGET %s HTTP/1.1\r\nHost: x\r\n\r\n\r\n"
    target = split(clients.known["application"]["self"])[2]
    body = part % (target + "/me") + part % (target + "/people") + "--b--\r\n"
    answer = clients.ask("POST", clients.known["application"]["batch"],
                         [clients.bearer(), ("Content-Type", "multipart/batching;boundary=b")], body.encode())
    came = "%s, %s, %d parts" % (by(answer), answer.header("Content-Type"), answer.body.count(b"HTTP/1.1 200 OK"))
    need(answer.status == 200 and answer.body.count(b"HTTP/1.1 200 OK") == 2
         and answer.header("Content-Type").startswith("multipart/batching"), came)
    return came


@check("GET …/applications/… without a token")
def no_token(clients):
    answer = clients.get(clients.known["application"]["self"])
    need(answer.status == 401, by(answer))
    return by(answer)


SIGN_IN = [
    get("https://%s/Autodiscover/AutodiscoverService.svc/root/user" % WEBEXT, ticket_wanted),
    user_unauthenticated, wrong_password, token, user_elsewhere, user_at_home, user_closure, application, no_token, held,
    times_out, replaced, batch,
]
