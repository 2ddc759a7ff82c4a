"""What is published, and what every proxy in front of it has in common."""

import collections
import os
import shutil
import ssl

from deploy import WEBEXT
from farm import request
from httpd import free_port


class Site:
    """What is published. rules: (host, path), the last is the one that is hit; none: the pool's own paths, and for
    others than mod_lync all of its host. polls: how many requests may be pending. ntlm: clients log in by NTLM.
    pool: of which kind the pool's keys are, and its latest version of TLS (None: any); None: those of the farm."""

    def __init__(self, rules=(), polls=0, ntlm=False, pool=None):
        self.rules, self.polls, self.ntlm, self.pool = list(rules), polls, ntlm, pool
        self.host = self.rules[-1][0] if rules else WEBEXT

    def by_host(self):
        """Paths of each host, in order."""
        paths = {}
        for host, path in self.rules or [(WEBEXT, "/")]:
            paths.setdefault(host, []).append(path)
        return paths


Leaf = collections.namedtuple("Leaf", "chain key")          # paths


class Candidate:
    """A proxy for a site. pid and port: once it runs. empty: its memory before it held anything."""

    def __init__(self, stage, farm, site):
        self.stage, self.site, self.port, self.pid = stage, site, free_port(), None
        self.farm = farm.beside(*site.pool) if site.pool else farm
        self.empty, self.generation = None, 0
        self.folder = stage.path("%s%d" % (self.name, self.port))
        os.makedirs(self.folder)
        # thousands of virtual hosts start soon enough with one certificate each
        self.leaves = {kind: Leaf(*[os.path.join(self.folder, kind + part) for part in (".chain", ".key")])
                       for kind in ("rsa", "ec") if kind == "ec" or not site.rules}
        self.lay_certificates()
        self.start()

    def lay_certificates(self):
        """Where its configuration has them, those of this generation."""
        for kind, leaf in self.leaves.items():
            new = self.farm.listener[self.generation % 2][kind]
            shutil.copyfile(new.chain, leaf.chain)
            shutil.copyfile(new.key, leaf.key)

    def renew(self):
        """Lays other certificates in the place of its own: what it presents once a reload is effective, as DER."""
        self.generation += 1
        self.lay_certificates()
        found = set()
        for kind in self.leaves:
            with open(self.farm.listener[self.generation % 2][kind].cert) as file:
                found.add(ssl.PEM_cert_to_DER_cert(file.read()))
        return found

    @staticmethod
    def declines(site):
        """Why it is left out; None: it is not."""
        return None

    def ask(self):
        """What it answers; None: nothing."""
        path = self.site.rules[-1][1] if self.site.rules else "/meet"
        try:
            return request("127.0.0.1", self.port, self.site.host, path)
        except OSError:
            return None

    def serves(self):
        """Whether it gives the pool's answer, for a request with the Host that the client sent."""
        answer = self.ask()
        return answer and answer["status"] == "200" and answer.get("x-host") == self.site.host

    def members(self, line):
        return "\n".join(line.format(number=number, server=server.name, address=server.address, farm=self.farm,
                                     ca=self.farm.pki.internal.path)
                         for number, server in enumerate(self.farm.servers))

    def certificates(self, line):
        return "\n".join(line.format(leaf=leaf) for leaf in self.leaves.values())
