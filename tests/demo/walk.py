"""The acceptance list of lync-requirements §15 and §19.1, in the order in which it is walked.

Windows authentication (Wire.ntlm: an address book file, a web ticket) joins as a section after SIGN_IN when the proxy
keeps connections apart."""

from acceptance import CLOSURE, VERIFICATION
from aftermath import accounted, internal, leaks, probes, quiet, secrets
from checks import Command
from clients import Clients, Wrong
from operation import EDIT, FAILURE
from passing import CONTENTS, OFFICE, PASSING
from refusal import PORT_80, REFUSALS
from signin import SIGN_IN

SECTIONS = [
    ("What an administrator tries first (§15)", VERIFICATION),
    ("Every link that clients are given leads to a published name", CLOSURE),
    ("A mobile client signs in and waits (web ticket, UCWA)", SIGN_IN),
    ("Meeting content", CONTENTS),
    ("Office Web Apps", OFFICE),
    ("Nothing is changed on its way (§19.1)", PASSING),
    ("What the proxy refuses itself (§15, §19.1)", REFUSALS),
    ("Port 80: discovery, and nothing else", PORT_80),
    ("An edit, applied while clients wait", EDIT + [quiet]),
    ("Servers fail, and come back", FAILURE),
    ("Afterwards", [leaks, internal, probes, secrets, accounted]),
]


def walk(where, report, run):
    """Walks all sections. run(line): runs a command as typed and reports it; False when it failed."""
    clients = Clients(where)
    for title, items in SECTIONS:
        report.title(title)
        for item in items:
            if isinstance(item, Command):
                if not run(item.line):
                    report.check(item.line, "failed, see above", False)
                continue
            try:
                report.check(item.asked, item.ask(clients), True)
            except Wrong as wrong:
                report.check(item.asked, wrong, False)
            except Exception as error:          # a connection that broke, an answer that is no JSON, …
                report.check(item.asked, "%s: %s" % (type(error).__name__, error), False)
