"""The status page of a httpd under test, asked and taken apart."""

import html.parser
import json
import os
import types

from deploy import control_of
from httpd import REASON, free_port, lyncadm, wait
from metrics import Metrics
from raw import Connection
from test_quarantine import Two

VOID = {"meta", "link", "br"}
METRICS = {"openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
           "prometheus": "text/plain; version=0.0.4; charset=utf-8"}


class Html(html.parser.HTMLParser):
    """A page of which every element is closed where it should be; text is what a reader sees, rows the cells
    of the tables, classes the words of all class attributes; header: the same of what stands at the top."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.rows, self.classes, self.tags = [], "", [], set(), []
        self.header = types.SimpleNamespace(text="", classes=set())
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names) and "style" not in names, (tag, attributes)
        assert not [name for name in names if name.startswith("on")], (tag, attributes)
        self.tags.append(tag)
        words = (dict(attributes).get("class") or "").split()
        self.classes.update(words)
        if tag == "header" or "header" in self.open:
            self.header.classes.update(words)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if {"style", "script", "title"} & set(self.open):
            return
        self.text += data
        if "header" in self.open:
            self.header.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def told(rows):
    """Of servers, but how much they were asked."""
    return [{name: value for name, value in row.items() if name not in ("requests", "errors")} for row in rows
            if row["noun"] == "server"]


class Page:
    """Where a httpd shows it."""

    def __init__(self, port, target="/"):
        self.port, self.target = port, target

    def get(self, query="", method="GET", accept=None, target=None):
        fields = [("Accept", accept)] if accept is not None else []
        with Connection(self.port) as connection:
            return connection.request((target or self.target) + query, "localhost", method, fields)

    def html(self):
        answer = self.get()
        assert answer.status == 200 and answer.get("Content-Type") == "text/html; charset=utf-8", answer
        return Html(answer.body.decode("utf-8"))

    def all(self):
        answer = self.get("?format=json")
        assert answer.status == 200 and answer.get("Content-Type") == "application/json", answer
        return json.loads(answer.body.decode("utf-8"))

    def metrics(self, name="openmetrics"):
        answer = self.get("?format=" + name)
        assert answer.status == 200 and answer.get("Content-Type") == METRICS[name], answer
        return Metrics(answer.body.decode("utf-8"), name == "openmetrics")

    def rows(self, noun):
        return [row for row in self.all() if row["noun"] == noun]

    def row(self, noun="status", **cells):
        """The only row of a noun that has these cells."""
        (found,) = [row for row in self.rows(noun) if all(row[name] == value for name, value in cells.items())]
        return found


def site(port, more="Require local"):
    """Configuration of a site that shows it at /, and files at /files."""
    return "\n".join(["Listen 127.0.0.1:%d" % port, "<VirtualHost 127.0.0.1:%d>" % port, '<Location "/">',
                      "SetHandler lync-status", more, "</Location>", '<Location "/files">', "SetHandler none",
                      "</Location>", "</VirtualHost>"])


class Shown(Two):
    """Pages: two certificates, one pool, and the status page on a port of its own."""

    def __init__(self, stage, before="", modules=(), **arguments):
        self.page = Page(free_port())
        super().__init__(stage, before=site(self.page.port) + "\n" + before, modules=("authz_host", *modules),
                         **arguments)
        self.httpd.ports += (self.page.port,)

    def reload(self, number):
        """Sends a signal and waits until a child of the new generation tells the page."""
        before = self.httpd.served()[1]
        errors = self.signal(number)
        self.shown(lambda row: row["generation"] > before)
        self.settled()
        return errors

    def settled(self):
        """Waits until there are children of one generation only."""
        wait("the old children are gone", lambda: len(self.page.rows("generation")) == 1
             and self.page.row()["answered_by"] == self.page.row()["generation"])

    def shown(self, condition):
        return wait("it is on the page", lambda: condition(self.page.row()))

    def status_rows(self):
        """The same as lyncadm tells it."""
        result = lyncadm(self.stage, self.store, "status", "--json", "--control", control_of(self.httpd),
                         hosts=self.hosts_file, ok=False)
        assert result.returncode in (0, 3), result
        return json.loads(result.stdout)

    def write_reason(self, reason):
        """As a child that was taken over could."""
        with open(os.path.join(self.httpd.folder, "run", "lync.served"), "r+b") as file:
            file.seek(REASON)
            file.write(reason.ljust(1024, b"\0"))
