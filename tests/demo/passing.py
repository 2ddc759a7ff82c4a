"""What passes unchanged: targets, Host, fields, bodies up and down, Office Web Apps."""

import base64
import hashlib
import json
import os
import re

from checks import Check, check, get, pool_answers
from clients import by, need
from place import OWAS, WEBEXT

TARGETS = ("/echo/a%2Fb%252Fc", "/echo//a///b/", "//echo/./x", "/echo/a;b=c/%7E~", "/echo/a%5cb\\c", "/echo/%C3%A4%e4%FF",
           "/ECHO/Case?q=%2F%25%00&&=;+|<>\"'{}", "/echo?", "/echo/'(x)!*,$@:&=+", "/%65cho/x", "/echo/" + "p%2F" * 1500)
HOSTS = (WEBEXT, "WebExt.Contoso.COM", WEBEXT + ":443", "WEBEXT.contoso.com:443")


class Echo:
    """What arrived at the pool, byte for byte."""

    def __init__(self, answer):
        need(answer.status == 200, by(answer))
        self.line, *lines = base64.b64decode(answer.json["head"]).decode("latin-1").rstrip("\r\n").split("\r\n")
        self.fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


@check("GET %d awkward targets (%%2F, %%252F, //, ;, \\, %%5c, ?…)" % len(TARGETS))
def targets(clients):
    for target in TARGETS:
        with clients.open(WEBEXT) as wire:
            echo = Echo(wire.get(target))
        need(echo.line == "GET %s HTTP/1.1" % target, "%s arrived as %s" % (target[:60], echo.line[:80]))
    return "each arrived bit for bit"


@check("GET with Host %s" % ", ".join(HOSTS[1:]))
def hosts(clients):
    for host in HOSTS + ("webext.contoso.com:%d" % clients.place.https,):
        with clients.open(WEBEXT) as wire:
            arrived = [value for name, value in Echo(wire.get("/echo", host=host)).fields if name == "Host"]
        need(arrived == [host], "%s arrived as %s" % (host, arrived))
    return "each arrived byte for byte"


SENT = [("User-Agent", "UCCAPI/16.0 Lync"), ("Accept", "*/*"), ("X-MS-WebTicket", "opaque=" + "A" * 61440),
        ("Cookie", "MS-WSMAN=a; b=c"), ("X-Ms-Origin", "https://a.example"), ("Accept-Encoding", "gzip"),
        ("Referer", "https://webext.contoso.com/Autodiscover/XFrame/XFrame.html"), ("Authorization", "Bearer cwt=AAEB")]


@check("GET with a web ticket of 60 KB and %d more fields" % (len(SENT) - 1))
def fields(clients):
    with clients.open(WEBEXT) as wire:
        arrived = [pair for pair in Echo(wire.get("/echo", headers=SENT)).fields
                   if pair[0].lower() not in ("host", "connection")]
    added = sorted({name for name, _ in arrived} - {name for name, _ in SENT})
    need(sorted(arrived) == sorted(SENT), "not the same fields arrived; added: %s" % (", ".join(added) or "none"))
    return "the same fields arrived; no Via, no X-Forwarded-*"


def to_adfs(answer, _):
    location, cookies = answer.header("Location"), answer.headers("Set-Cookie")
    came = "%s, Location: %s…, cookies %s" % (by(answer), (location or "none").partition("?")[0],
                                             " ".join(cookie.partition("=")[0] for cookie in cookies))
    need(answer.status == 302 and location.startswith("https://sts.contoso.com/adfs/ls/?wa=wsignin1.0&wtrealm=https://"), came)
    need([c for c in cookies if c.startswith("WsFed")] == ["WsFedState=1; path=/PassiveAuth; secure",
                                                           "WsFedNonce=2; path=/PassiveAuth; secure"], came)
    return came


def one_hsts(answer, _):
    lines = answer.headers("Strict-Transport-Security")
    need(lines == ["max-age=315360000"], "%s, Strict-Transport-Security: %s" % (by(answer), " | ".join(lines)))
    return "%s, one Strict-Transport-Security line" % by(answer)


def compressed(answer, clients):
    direct = clients.place.one.servers[0].get("/lab/gzip")[2]
    came = "%s, Content-Encoding: %s, %d bytes" % (by(answer), answer.header("Content-Encoding"), len(answer.body))
    need(answer.header("Content-Encoding") == "gzip" and answer.body == direct, came)
    return came


def digest(data):
    return hashlib.sha256(data).hexdigest()


CONTENT = "https://%s/CollabContent/meeting/slides" % WEBEXT


@check("GET %s, 6 MB" % CONTENT)
def download(clients):
    want = clients.place.one.servers[0].get("/CollabContent/meeting/slides?bytes=6000000")[2]
    answer = clients.get(CONTENT + "?bytes=6000000")
    came = "%s, %d bytes, SHA-256 %s…" % (by(answer), len(answer.body), digest(answer.body)[:12])
    need(len(want) == 6000000 and answer.body == want, came)
    return came + " as at the pool"


@check("GET %s, Range: bytes=1000-1999" % CONTENT)
def part(clients):
    whole = clients.get(CONTENT + "?bytes=4000").body
    answer = clients.get(CONTENT + "?bytes=4000", [("Range", "bytes=1000-1999")])
    came = "%s, Content-Range: %s, %d bytes" % (by(answer), answer.header("Content-Range"), len(answer.body))
    need(answer.status == 206 and answer.header("Content-Range") == "bytes 1000-1999/4000"
         and answer.body == whole[1000:2000], came)
    return came


def uploaded(answer, data, coding):
    need(answer.status == 200, by(answer))
    told = json.loads(answer.body)
    came = "%s, %d bytes arrived, %s, SHA-256 %s…" % (by(answer), told["bytes"], told["coding"], told["sha256"][:12])
    need(told["bytes"] == len(data) and told["sha256"] == digest(data), came + " is not what was sent")
    return came + " as sent"


UPLOAD = "https://%s/DataCollabWeb/Fd/c4d1/Handler" % WEBEXT


@check("POST %s, 12 MB" % UPLOAD)
def upload(clients):
    data = os.urandom(12 << 20)
    return uploaded(clients.ask("POST", UPLOAD, [("Content-Type", "application/octet-stream")], data), data, "length")


@check("POST %s, 8 MB in chunks" % UPLOAD)
def upload_chunked(clients):
    data = os.urandom(8 << 20)
    wire, authority, target = clients.reach(UPLOAD)
    with wire:
        wire.ask("POST", target, authority, [("Transfer-Encoding", "chunked")])
        for at in range(0, len(data), 60000):
            piece = data[at:at + 60000]
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.send(b"0\r\n\r\n")
        return uploaded(wire.read("POST"), data, "chunked")


@check("10 GETs of https://%s/meet on one connection" % WEBEXT)
def balanced(clients):
    with clients.open(WEBEXT) as wire:
        servers = sorted({wire.get("/meet").header("X-MS-Server-Fqdn").split(".")[0] for _ in range(10)})
    need(servers == ["fe01", "fe02"], "answered by %s" % ", ".join(servers))
    return "balanced one by one: %s" % ", ".join(servers)


PASSING = [targets, hosts, fields,
           get("https://%s/PassiveAuth/PassiveAuth.aspx" % WEBEXT, to_adfs),
           get("https://%s/lab/hsts" % WEBEXT, one_hsts), get("https://%s/lab/gzip" % WEBEXT, compressed), balanced]
CONTENTS = [download, part, upload, upload_chunked]


def wopi(answer, clients):
    need(answer.status == 200, by(answer))
    zone = re.search(rb'net-zone name="([^"]*)"', answer.body).group(1).decode()
    links = [link.replace("&amp;", "&") for link in re.findall(r'urlsrc="([^"]*)"', answer.body.decode())]
    came = "%s, zone %s, %d links to %s" % (by(answer), zone, len(links), OWAS)
    need(zone == "external-https" and links, came)
    for link in links:
        page = clients.get(link.partition("&lt;")[0])
        need(link.startswith("https://%s/" % OWAS) and page.status == 200, "%s: %s" % (link, by(page)))
    return came + ", which answer"


def presenter(target):
    def ask(clients):
        answer = clients.get("https://%s%s" % (OWAS, target))
        need(answer.status == 200 and answer.header("X-Test-Target") == target,
             "%s, arrived as %s" % (by(answer), answer.header("X-Test-Target")))
        return "%s, arrived bit for bit" % by(answer)
    return Check("GET https://%s%s" % (OWAS, target), ask)


OFFICE = [get("https://%s/hosting/discovery" % OWAS, wopi),
          presenter("/m/Presenter.aspx?a=0&embed=true&"),
          presenter("/p/a%252Fb%2525/slide%2520one.pptx?x=%253D"),
          get("https://%s/m/ParticipantFrame.aspx?a=0&embed=true&" % OWAS, pool_answers(200))]
