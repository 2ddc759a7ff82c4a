"""No log, file, page or command tells a credential, ticket, cookie or meeting key: every client flow, then a search."""

import base64
import os
import re

import pytest

from deploy import DIALIN, DISCOVER, MEET, OWAS, WEBEXT, Small, add_route, control_of, own_world
from httpd import free_port, lyncadm, wait
from raw import request_bytes
from secrets_seen import Secrets, Spied, files
from status import METRICS, Page, site
from test_health import PROXYS
from test_logs import CONTROL, PLAIN, REFUSALS, documented

ROOT = "/Autodiscover/AutodiscoverService.svc/root"
FORM = [("Content-Type", "application/x-www-form-urlencoded")]
# known ones, where clients have them that are no field
KEY, QUERY, TICKET, SOAP, WOPI, REFERER = ("K3Y7322994QX", "Qu3ry-k3y-5512", "B0dyT1cket/+8831==", "S0ap-pa55:word!",
                                           "W0pi.access.token-4471", "R3ferer-k3y-9981")
COMING_FROM = ("Referer", "https://meet.contoso.com/alice/" + REFERER)


def logs(stage):
    text = documented().replace("${APACHE_LOG_DIR}", stage.path("logs"))
    return text + 'CustomLog "%s" "%%m %%U %%r %%{Cookie}i %%{Authorization}i"\n' % stage.path("control", CONTROL)


class Flows:
    """Clients of a world, each of which knows secrets."""

    def __init__(self, world, users):
        self.world, self.users = world, users
        self.secrets = Secrets((KEY, QUERY, TICKET, SOAP, WOPI, REFERER, *users.password.values()))

    def wire(self, host=WEBEXT, tls=True):
        return Spied(self.world, self.secrets, host, tls)

    def discovery(self):
        with self.wire(DISCOVER, tls=False) as wire:
            assert wire.get(ROOT + "?sipuri=alice@contoso.com&key=" + QUERY, headers=[COMING_FROM]).status == 200
            # nobody is to send credentials here, but somebody does
            assert wire.get(ROOT, headers=[("Authorization", "Basic " + base64.b64encode(SOAP.encode()).decode())]
                            ).status in (400, 403)
        with self.wire(DISCOVER) as wire:
            assert wire.get(ROOT + "?originalDomain=contoso.com", headers=[COMING_FROM]).status == 200
            assert wire.get("/?sipuri=alice@contoso.com").status == 200

    def web_ticket(self):
        """By NTLM; it is shown to discovery and to Mcx."""
        name, password = self.users.login("alice")
        body = ("<s:Envelope><wsse:Password>%s</wsse:Password><t>%s</t></s:Envelope>" % (SOAP, TICKET)).encode()
        with self.wire() as wire:
            assert wire.get(ROOT + "/user").status == 401
            issued = wire.ntlm("/WebTicket/WebTicketService.svc", name, password, method="POST", body=body,
                               headers=[("SOAPAction", '"Issue"'), COMING_FROM])
            assertion = re.search(rb"<saml:Assertion.*</saml:Assertion>", issued.body).group()
            self.secrets.add(base64.b64encode(assertion).decode())
            ticket = [("X-MS-WebTicket", "opaque=" + base64.b64encode(assertion).decode()), COMING_FROM]
            assert wire.get(ROOT + "/user", headers=ticket).status == 200
            assert wire.post("/Mcx/McxService.svc", body, headers=ticket).status == 200
            assert wire.post("/Reach/sip.svc", body, headers=ticket).status == 200

    def by_ntlm(self):
        """Address book, group expansion, certificates, windows grant: each on a connection that is bound."""
        body = ("<RequestSecurityToken><key>%s</key></RequestSecurityToken>" % TICKET).encode()
        for target, more in (("/abs/handler/F-1299.lsabs?" + QUERY, {"headers": [("Range", "bytes=0-99")]}),
                             ("/GroupExpansion/Service.svc", {"method": "POST", "body": body}),
                             ("/CertProv/CertProvisioningService.svc", {"method": "POST", "body": body}),
                             ("/webticket/oauthtoken", {"method": "POST", "headers": FORM,
                                                        "body": b"grant_type=urn:microsoft.rtc:windows"})):
            with self.wire() as wire:
                assert wire.ntlm(target, *self.users.login("bob"), **more).status in (200, 206)
        with self.wire() as wire:
            assert wire.ntlm("/abs/handler/F-1299.lsabs", self.users.login("bob")[0], SOAP).status == 401

    def ucwa(self):
        """Password grant; an application, its events, a batch, a photo by its cookie: each of the pool's servers may be the
        one that is asked, and one knows it."""
        name, password = self.users.login("alice")
        with self.wire() as wire:
            assert wire.get(ROOT + "/oauth/user").status == 401
            grant = "grant_type=password&username=alice@contoso.com&password=" + password
            token = wire.post("/WebTicket/oauthtoken", grant.encode(), headers=FORM + [COMING_FROM]).json["access_token"]
            self.secrets.add(token.partition("=")[2])
            auth = [("Authorization", "Bearer " + token), COMING_FROM]
            assert wire.get(ROOT + "/oauth/user", headers=auth).status == 200
            made = wire.post("/ucwa/oauth/v1/applications", b'{"UserAgent":"t"}', headers=auth)
            href = made.json["_links"]["self"]["href"]
            cookie = [value for value in made.headers("Set-Cookie") if value.startswith("cwt_ucwa=")][0]
            assert wire.get(href + "/photos/x", headers=[("Cookie", cookie.partition(";")[0])]).status in (200, 404)
            assert wire.get(href + "/events?ack=1&timeout=0&key=" + QUERY, headers=auth).status in (200, 404)
            part = "--b1\r\nContent-Type: application/http\r\n\r\nGET %s/me HTTP/1.1\r\nX-MS-WebTicket: %s\r\n\r\n--b1--\r\n"
            assert wire.post(href + "/batch", (part % (href, TICKET)).encode(), headers=auth + [
                ("Content-Type", "multipart/batching;boundary=b1")]).status in (200, 404)
            assert wire.request("DELETE", href, headers=auth).status in (204, 404)

    def meeting(self):
        """The key in the path, the query, a body and a cookie; what a page links to, with a Referer."""
        with self.wire(MEET) as wire:
            for target in ("/alice/" + KEY, "/alice/" + KEY + "?sl=1&key=" + QUERY, "//alice//" + KEY):
                assert wire.get(target, headers=[COMING_FROM, ("Cookie", "join=" + TICKET)]).status == 200
        with self.wire(DIALIN) as wire:
            assert wire.get("/?conf=" + QUERY, headers=[COMING_FROM]).status == 200
        with self.wire() as wire:
            wire.get("/meet/alice/%s?key=%s" % (KEY, QUERY), headers=[COMING_FROM])
            wire.get("/lwa/WebPages/x.js?meeting=" + KEY, headers=[COMING_FROM, ("Cookie", "lwa=" + TICKET)])
            wire.get("/Scheduler/?" + KEY, headers=[COMING_FROM])
            grant = "grant_type=urn:microsoft.rtc:anonmeeting&password=%s&msrtc_conferenceuri=%s" % (QUERY, KEY)
            self.secrets.add(wire.post("/WebTicket/oauthtoken", grant.encode(), headers=FORM).json["access_token"
                                                                                                   ].partition("=")[2])
            passive = wire.get("/PassiveAuth/PassiveAuth.aspx?wctx=" + TICKET)
            assert passive.status == 302 and passive.header("Location")
            self.secrets.update(word for word in re.split("[?&=]", passive.header("Location"))[1:] if len(word) > 16)
            wire.post("/DataCollabWeb/x/Handler", TICKET.encode(), headers=[COMING_FROM])
        with self.wire(OWAS) as wire:
            assert wire.get("/m/Presenter.aspx?a=0&access_token=" + WOPI, headers=[COMING_FROM]).status == 200

    def wrong(self):
        """What is refused or not understood, with all that a client may have with it."""
        fields = [COMING_FROM, ("Authorization", "NTLM " + TICKET), ("Cookie", "MSWebTicket=" + TICKET),
                  ("X-MS-WebTicket", "opaque=" + TICKET)]
        tail = "/alice/%s?key=%s" % (KEY, QUERY)
        for host, target, method in (
                (WEBEXT, "/cscp" + tail, "GET"), (WEBEXT, "/CsCp%5c" + KEY, "GET"), (WEBEXT, "/lab" + tail, "TRACE"),
                (WEBEXT, "/a%00" + tail, "GET"), (WEBEXT, "/x/..%2f" + tail, "GET"), ("unknown.contoso.com", tail, "GET"),
                ("unknown.contoso.com", "/alice;" + KEY, "GET"), ("unknown.contoso.com", "/alice&" + KEY, "GET"),
                ("unknown.contoso.com", "/alice=" + KEY, "GET"), ("unknown.contoso.com", "/alice," + KEY, "GET"),
                (WEBEXT, "https://alice:%s@%s/" % (SOAP, WEBEXT), "GET"), (WEBEXT, "https://other/" + KEY, "GET"),
                (WEBEXT, "alice:%s@%s:443" % (SOAP, WEBEXT), "CONNECT"), (WEBEXT, KEY, "GET")):
            with self.world.open(WEBEXT) as connection:
                try:
                    assert connection.request(target, host, method, fields).status >= 400, target
                except (EOFError, OSError):
                    pass
        big = [("X-%d" % i, TICKET * 3000) for i in range(8)]
        for data in (request_bytes(tail, WEBEXT, fields=fields + big), request_bytes(tail, None, fields=fields),
                     b"GET %s HTTP/1.1\r\nHost: a b\r\nCookie: %s\r\n\r\n" % (tail.encode(), TICKET.encode()),
                     b"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n" % (tail.encode(), WEBEXT.encode(), TICKET.encode()),
                     request_bytes(tail + "x" * 70000, WEBEXT, fields=fields)):
            for tls in (True, False):
                with self.world.open(WEBEXT, tls=tls) as connection:
                    try:
                        connection.send(data)
                        assert connection.receive().status >= 400
                    except (EOFError, OSError):
                        pass
        with self.wire() as wire:
            assert wire.get("/abs/handler/F-1299.lsabs", headers=[("Authorization", "NTLM !" + TICKET)]).status >= 400

    def all(self):
        for flow in (self.discovery, self.web_ticket, self.by_ntlm, self.ucwa, self.meeting, self.wrong):
            flow()

    def leave(self):
        """While it waits for the pool."""
        with self.world.open(WEBEXT) as connection:
            # after an answer nothing is left to read, with which a close would take back the request as well
            assert connection.request("/lab/answer?body=x", WEBEXT).status == 200
            connection.send(request_bytes("/lab/sleep?ms=10000&" + KEY, WEBEXT, fields=[COMING_FROM]))
            assert not connection.ready(1.5)


def everything(world, page):
    """Wherever it could have got to: (where, what). What commands ask for comes before what is logged of it."""
    control = ("--control", control_of(world.httpd))
    for command in (("status", *control), ("status", "--json", *control), ("show", "active"), ("show", "active", "--json"),
                    ("audit",), ("audit", "--json"), ("history",), ("check",), ("export",),
                    ("verify", "--connect", "127.0.0.1"), ("verify", "--connect", "127.0.0.1", "--json")):
        result = lyncadm(world.stage, world.store, *command, hosts=world.pool.hosts_file, ok=False)
        assert result.returncode in (0, 3) and result.stdout, (command, result)
        yield " ".join(command), (result.stdout + result.stderr).encode()
    for name in ("html", "json", *METRICS):
        answer = page.get("?format=" + name)
        assert answer.status == 200
        yield "page " + name, answer.body
    yield from ((name, content) for name, content in files(os.path.dirname(world.store)) if name.startswith(world.store))
    yield from files(os.path.join(world.httpd.folder, "run"), world.stage.path("logs"))
    yield world.httpd.log_path, open(world.httpd.log_path, "rb").read()


def of_logs(world):
    return {name: open(world.stage.path("logs", name), "rb").read() for name in (PLAIN, REFUSALS)}


@pytest.fixture(scope="module")
def flows(stage_for_module, pool):
    stage, port = stage_for_module, free_port()
    for name in ("logs", "control"):
        os.mkdir(stage.path(name))
    world = own_world(stage, pool, after=logs(stage), log="info lync:trace8", modules=("authz_host",), before=site(port))
    world.page = Page(port)
    yield Flows(world, pool.users)
    pool.forget()


def test_every_flow(flows):
    world = flows.world
    world.httpd.expect("AH10244|AH0203[12]|AH00135|AH10124|AH01102|AH01110|AH0[02]5|core:error|proxy")
    flows.all()
    flows.leave()
    wait("all is logged", lambda: b"status=499" in of_logs(world)[PLAIN] and b"refusal=route" in of_logs(world)[REFUSALS])
    assert len(flows.secrets) > 25
    found = {where: flows.secrets.told(content) for where, content in everything(world, world.page)}
    assert len(found) > 20 and not {where: told for where, told in found.items() if told}, found
    # the flows went where they were to go, and the search finds what there is to be found
    assert all(b"service=%s " % name in of_logs(world)[PLAIN] for name in
               (b"autodiscover", b"webticket", b"abs", b"groupexpansion", b"certprov", b"ucwa", b"mcx", b"meet"))
    control = flows.secrets.told(open(world.stage.path("control", CONTROL), "rb").read())
    assert {KEY.encode(), QUERY.encode(), WOPI.encode(), TICKET.encode()} <= set(control) and len(control) > 12


def test_while_the_pool_is_down(stage):
    """mod_proxy's lines of what failed, in README's format of the error log."""
    for name in ("logs", "control"):
        os.mkdir(stage.path(name))
    world = Small(stage, after=logs(stage), log="info lync:trace8")
    world.httpd.expect(PROXYS)
    flows = Flows(world, world.lync.users)
    world.lync.server("fe01").kill()
    fields = [COMING_FROM, ("Cookie", "MSWebTicket=" + TICKET), ("X-MS-WebTicket", "opaque=" + TICKET)]
    for authorization in ("NTLM TlRMTVNTUAABAAAA" + TICKET, "Bearer cwt=" + TICKET, "Basic " + SOAP):
        answer = world.ask(WEBEXT, "/meet/alice/%s?key=%s" % (KEY, QUERY), fields=fields + [
            ("Authorization", authorization)])
        assert answer.status == 503
    answer = world.ask(WEBEXT, "/WebTicket/oauthtoken", "POST", fields=fields, body=SOAP.encode())
    assert answer.status == 503
    wait("all is logged", lambda: of_logs(world)[PLAIN].count(b"status=503") == 4)
    assert world.httpd.lines("AH01114|AH00957")
    for where, content in [*files(os.path.join(world.httpd.folder, "run"), stage.path("logs")),
                           (world.httpd.log_path, open(world.httpd.log_path, "rb").read())]:
        assert flows.secrets.told(content) == [], where


def test_our_own_lines_have_no_referer(stage):
    """Whatever the format of the error log: httpd's own puts it there, and README's is not everybody's. Client and message
    stay."""
    world = Small(stage, start=False, log="info lync:trace8", after="LyncPinLimit 1")
    for path, more in (("/closed", ("--action", "refuse")), ("/off", ("--pool", world.lync.name, "--scheme", "https",
                                                                       "--profile", "web", "--pin", "off"))):
        add_route(stage, world.store, WEBEXT, path, *more)
    world.serve().httpd.expect("LYNC0040|proxy|AH10244")
    fields = [COMING_FROM, ("Cookie", TICKET)]
    ntlm = fields + [("Authorization", "NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==")]
    with world.open() as bound:
        bound.request("/lab/auth/echo", WEBEXT, fields=ntlm)
        for host, target, method, more in ((WEBEXT, "/closed/" + KEY, "GET", fields), (WEBEXT, "/off/" + KEY, "GET", ntlm),
                                           ("unknown.contoso.com", "/" , "GET", fields), (WEBEXT, "/", "TRACE", fields),
                                           (WEBEXT, "/a%00", "GET", fields), (WEBEXT, "/lab/auth/echo", "GET", ntlm),
                                           (WEBEXT, "/", "GET", fields + [("X-%d" % i, "a" * 60000) for i in range(5)])):
            world.ask(host, target, method, fields=more)
    numbers = ("0010", "0013", "0018", "0019", "0040", "0041", "0042")
    wait("each is told", lambda: all(world.httpd.lines("LYNC" + number) for number in numbers))
    lines = world.httpd.lines(r"\[lync:")
    assert [line for line in lines if "referer" in line or REFERER in line or KEY in line or TICKET in line] == []
    assert all(re.search(r"\[client 127\.0\.0\.1:\d+\] LYNC", line) for line in lines
               if re.search("LYNC(%s)" % "|".join(numbers), line))
