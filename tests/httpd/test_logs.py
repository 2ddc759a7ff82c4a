"""What logs say for an operator, and what they never say: README's own lines, with known secrets."""

import base64
import os
import re
from urllib.parse import quote

import pytest

from deploy import MEET, WEBEXT, Small, add_route
from httpd import lyncadm, wait

KEY, TICKET, COOKIE, PASSWORD = "K3Y7322994", "T1cket/+secret==", "C00kie-secret", "pa55:word secret"
README = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
PLAIN, REFUSALS, CONTROL = "lync-access.log", "lync-refused.log", "control.log"


def documented():
    """The lines of README's chapter Logs."""
    chapter = open(README).read().split("\n## Logs\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"```apache\n(.*?)```", chapter, re.S))


class Logged(Small):
    def __init__(self, stage):
        lines = documented().replace("${APACHE_LOG_DIR}", stage.path(""))
        lines += 'CustomLog "%s" "%%m %%U %%r %%{Cookie}i"\n' % stage.path(CONTROL)
        super().__init__(stage, after=lines, log="info lync:trace8", start=False)
        lyncadm(stage, self.store, "publish", "simple-url", "meet", "https://" + MEET, "--via", self.lync.name,
                "--domain", "contoso.com")
        add_route(stage, self.store, WEBEXT, "/closed", "--action", "refuse")
        self.serve()

    def log(self, name):
        return open(self.stage.path(name)).read().splitlines()


@pytest.fixture(scope="module")
def logged(stage_for_module):
    return Logged(stage_for_module)


def spelled(secret):
    raw = secret.encode()
    return {secret, quote(secret, safe=""), quote(secret), base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("=")}


def told(text):
    return sorted(secret for secret in (KEY, TICKET, COOKIE, PASSWORD) if any(word in text for word in spelled(secret)))


FIELDS = [("Referer", "https://meet.contoso.com/user/" + KEY), ("Cookie", "MSWebTicket=" + COOKIE),
          ("X-MS-WebTicket", "opaque=" + TICKET),
          ("Authorization", "Basic " + base64.b64encode(PASSWORD.encode()).decode())]
# as clients ask, and as who is refused does: no route, refused directory, two meanings, none, method
ASKED = [(MEET, "/user/" + KEY, "GET"), (MEET, "/user/" + KEY, "TRACE"), (WEBEXT, "/closed/user/" + KEY, "GET"),
         ("unknown.contoso.com", "/user/" + KEY, "GET"), ("unknown.contoso.com", "//user//" + KEY, "GET"),
         ("unknown.contoso.com", "/user;x/" + KEY, "GET"), (WEBEXT, "/none/user/" + KEY, "GET"),
         (MEET, "/user%2F" + KEY, "GET"), (MEET, "/user%5C" + KEY, "GET"), (MEET, "/user\\" + KEY, "GET"),
         ("unknown.contoso.com", "/user%2F" + KEY, "GET")]


def test_no_secret_in_any_log(logged):
    logged.httpd.expect("AH10244")
    before = len(logged.log(PLAIN))
    for host, target, method in ASKED:
        logged.ask(host, target + "?ticket=" + quote(TICKET, safe=""), method, fields=FIELDS)
    wait("all is logged", lambda: len(logged.log(PLAIN)) >= before + len(ASKED))
    for name in (PLAIN, REFUSALS):
        assert told("\n".join(logged.log(name))) == [], name
    assert [line for line in logged.log(PLAIN) if "status=200" in line and "route=%s/ " % MEET in line]
    lines = logged.httpd.lines()
    assert [line for line in lines if told(line)] == []
    assert [line for line in lines if "refused GET '/closed...'" in line]
    # the search finds them where a log has them
    assert told("\n".join(logged.log(CONTROL))) == sorted([KEY, TICKET, COOKIE])
    assert told("Basic " + base64.b64encode(PASSWORD.encode()).decode()) == [PASSWORD]


def test_what_the_format_tells(logged):
    plain, refusals = len(logged.log(PLAIN)), len(logged.log(REFUSALS))
    logged.ask(MEET, "/user/" + KEY)
    logged.ask(WEBEXT, "/closed/x")
    wait("both are logged", lambda: len(logged.log(PLAIN)) == plain + 2)
    served, refused = logged.log(PLAIN)[plain:]
    assert "status=200" in served and "server=fe01.contoso.local" in served and "route=%s/ " % MEET in served
    assert "pool=" + logged.lync.name in served and "revision=1 " in served and "refusal=-" in served
    assert "status=404" in refused and "refusal=route" in refused and "server=-" in refused
    assert logged.log(REFUSALS)[refusals:] == [refused]
