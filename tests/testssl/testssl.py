"""testssl.sh on a listener a policy, one after the other, and whether it finds what is recorded beside this file.

    tests/testssl/testssl.py [--record] [POLICY ...]

A record has the protocols and ciphers that are offered, who chooses, and what the known attacks come to; no names, times
and certificates. --record writes it anew."""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(os.path.dirname(HERE), part) for part in ("httpd", "pool")]
from deploy import WEBEXT  # noqa: E402
from httpd import Stage  # noqa: E402
from test_policies import ACCEPTED, Policies  # noqa: E402

TESTSSL = os.environ.get("TESTSSL", "testssl")
SECTIONS = ("--protocols", "--std", "--pfs", "--server-preference", "--server-defaults", "--vulnerable")
SECONDS = 600
# Of the certificate, of the machine, of the moment, or tried on a connection that may be lost.
LEFT_OUT = re.compile(r"cert|scanTime|engine_problem|service$|DROWN_hint|DNS_|sessionresumption_|clock_skew|TLS_timestamp"
                      r"|TLS_session_ticket|OCSP_stapling")


def scan(policy, port, folder):
    """Lines of a record."""
    path = os.path.join(folder, policy + ".json")
    result = subprocess.run([TESTSSL, "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
                             "--jsonfile", path, *SECTIONS, "https://%s:%d" % (WEBEXT, port)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, cwd=folder)
    try:
        with open(path) as file:
            found = json.load(file)
    except (OSError, ValueError):
        sys.exit("testssl.sh did not come to its end:\n" + result.stdout)
    lines = ["%-24s%-9s%s" % (entry["id"], entry["severity"], entry["finding"].strip()) for entry in found
             if not LEFT_OUT.match(entry["id"])]
    ciphers = {word for entry in found if entry["id"].startswith("cipherorder_") for word in entry["finding"].split()}
    return lines + ["%-24s%-9s%d" % ("ciphers", "INFO", len(ciphers))]


def compare(policy, lines, record):
    """Whether they are as recorded; says what is not."""
    path = os.path.join(HERE, policy + ".txt")
    if record:
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
    with open(path) as file:
        recorded = file.read().splitlines()
    differences = list(difflib.unified_diff(recorded, lines, policy + ".txt", "testssl.sh", lineterm="", n=0))
    print("\n".join([policy + (": as recorded, %d findings" % len(lines) if not differences else ":")] + differences), flush=True)
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="write the records anew")
    parser.add_argument("policies", nargs="*", metavar="POLICY", help=", ".join(ACCEPTED))
    arguments = parser.parse_args()
    unknown = set(arguments.policies) - set(ACCEPTED)
    if unknown:
        parser.error("there is no policy '%s'" % unknown.pop())
    stage = Stage()
    try:
        world = Policies(stage)
        same = [compare(policy, scan(policy, world.ports[policy], stage.folder), arguments.record)
                for policy in arguments.policies or ACCEPTED]
        stage.check()
    finally:
        stage.close()
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
