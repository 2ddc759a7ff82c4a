"""What the tests of lyncadm plan share."""
import html.parser
import json
import re
import subprocess

from conftest import NAMES

DIRECTOR, POOL, WAC = "lyncdir01.contoso.local", "lyncpool01.contoso.local", "wac01.contoso.local"
SECTIONS = ["data", "certificates", "trust", "ports", "dns"]
REST = sorted(name for name in NAMES if name != "webext.contoso.com")
OUTSIDE = ["--public-address", "192.0.2.80"]
WEB = "address book, discovery, meetings and their content, dial-in settings, updates of clients and devices"
MOBILE = "discovery by mobile clients without TLS"
ON = "who types http:// is sent on to https"
INSIDE = "to the pool, or its internal web services"

# for each subcommand the columns that its tables have
COLUMNS = {
    "data": "noun name item value state remedy",
    "certificates": "noun listener certificate subject names usages certificate_subject issuer not_after lacks_names "
                    "lacks_usages lacks_issuer",
    "ports": "noun interface protocol port scheme source destination listener pool need purpose",
    "dns": "noun zone name type target state found canonical expected listener pool need purpose",
}


def planned(admin, what, *words, status=0, **more):
    """The rows of a table, without the noun that only programs need."""
    result = admin.run("plan", what, "--json", *words, **more)
    assert (result.status, result.err) == (status, ""), result
    return json.loads(result.out)


def cells(rows, columns):
    return [tuple(row[column] for column in columns.split()) for row in rows]


def rules(admin, *words):
    return cells(planned(admin, "ports", *words), "interface port scheme source destination need purpose")


def records(admin, *words):
    return cells(planned(admin, "dns", *words), "zone name type target need")


def facts(admin, *words):
    return cells(planned(admin, "data", *words), "noun name item value state remedy")


def listeners(admin, *words):
    return [row for row in planned(admin, "certificates", *words) if row["noun"] == "certificate"]


def unsaid(admin, *words):
    """What data collection misses."""
    return [fact[:3] + fact[4:] for fact in facts(admin, *words) if fact[4] != "known"]


def in_columns(lines, *starts):
    """The cells of a table for people, its lines cut where the columns start."""
    ends = [*starts[1:], None]
    return [[line[a:b].strip() for a, b in zip(starts, ends)] for line in lines]


def page(admin, *words, status=0, **more):
    result = admin.run("plan", "html", *words, **more)
    assert (result.status, result.err) == (status, ""), result
    return Page(result.out)


class Page(html.parser.HTMLParser):
    """A page's tables by section, and everything that would load or run something."""

    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.source, self.open, self.tables, self.suspect, self.title = text, [], {}, [], ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "img", "link", "iframe", "base", "object", "a", "form"):
            self.suspect.append(tag)
        self.suspect += [name for name, value in attrs if name.startswith("on") or name in ("src", "href", "style")]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs)["id"]
            self.tables[self.section] = []
        if tag == "tr":
            self.tables[self.section].append([])
        if tag in ("td", "th"):
            self.tables[self.section][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] and self.open[-1] in ("td", "th"):
            self.tables[self.section][-1][-1] += data
        if self.open[-1:] == ["title"]:
            self.title += data
        if self.open[-1:] == ["style"]:
            self.suspect += re.findall(r"url\(|@import", data)


def sign(directory, name, hosts, usage, responder=None, subject="/CN=" + NAMES[0], ca="/CN=missing-ca"):
    """A certificate by a CA that its file does not have."""
    names = ",".join("DNS:" + host for host in hosts)
    extensions = f"subjectAltName={names}\nextendedKeyUsage={usage}\n"
    if responder:
        extensions += f"authorityInfoAccess=OCSP;URI:{responder}\n"
    (directory / "extensions").write_text(extensions)
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for words in ([*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", ca],
                  [*new, "-keyout", "leaf.key", "-out", "leaf.csr", "-utf8", "-subj", subject],
                  ["openssl", "x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "400",
                   "-extfile", "extensions", "-out", "leaf.crt"]):
        subprocess.run(words, cwd=directory, check=True, capture_output=True)
    path = directory / name
    path.touch(mode=0o600)
    path.write_text((directory / "leaf.crt").read_text() + (directory / "leaf.key").read_text())
