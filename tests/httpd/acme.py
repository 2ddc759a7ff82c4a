"""Pebble, a small ACME server, and mod_md's directives that lead to it. Its validation is real: it connects to the
listeners of the httpd under test, whose names a DNS server of its own leads to loopback."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pool"))
from pki import PKI  # noqa: E402

from httpd import MARK, free_port, listening, wait  # noqa: E402

# mod_ssl, of a name that mod_md has no certificate for yet
AWAITED = r"AH10085: Init: \S+ will respond with '503 Service Unavailable' for now"


class Pebble:
    """tls, http: ports where it asks for the proof that a name is ours. seconds: life of what it issues."""

    def __init__(self, stage, tls, http, seconds=86400):
        self.folder = tempfile.mkdtemp(prefix="pebble-", dir=stage.folder)
        os.chmod(self.folder, 0o755)            # httpd's children read the root certificate
        self.stage, self.tls, self.http, self.seconds = stage, tls, http, seconds
        self.port, self.management, self.dns, self.dns_management = (free_port() for _ in range(4))
        self.pki = PKI(os.path.join(self.folder, "pki"))
        self.processes = []
        stage.closers.append(self.stop)

    def run(self, name, *arguments, port):
        program = shutil.which(name)
        assert program, "%s is not installed: make -f apxs.mk setup" % name
        environment = dict(os.environ, PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0")
        environment.pop(MARK, None)
        with open(os.path.join(self.folder, name + ".log"), "w") as log:
            self.processes.append(subprocess.Popen([program, *arguments], cwd=self.folder, env=environment, stdout=log,
                                                   stderr=log, stdin=subprocess.DEVNULL))
        wait(name + " is up", lambda: listening(port))

    def start(self):
        leaf = self.pki.internal.leaf("127.0.0.1")
        config = os.path.join(self.folder, "pebble.json")
        with open(config, "w") as file:
            json.dump({"pebble": {
                "listenAddress": "127.0.0.1:%d" % self.port, "certificate": leaf.chain, "privateKey": leaf.key,
                "managementListenAddress": "127.0.0.1:%d" % self.management, "tlsPort": self.tls,
                "httpPort": self.http, "ocspResponderURL": "", "certificateValidityPeriod": self.seconds}}, file)
        self.run("pebble-challtestsrv", "-dns01", "127.0.0.1:%d" % self.dns, "-management",
                 "127.0.0.1:%d" % self.dns_management, "-http01", "", "-https01", "", "-tlsalpn01", "",
                 "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", port=self.dns_management)
        self.run("pebble", "-strict", "-config", config, "-dnsserver", "127.0.0.1:%d" % self.dns, port=self.management)
        wait("pebble listens", lambda: listening(self.port))
        return self

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(10)
        self.processes = []

    def root(self):
        """Its root certificate, a file: made anew at every start."""
        context = ssl.create_default_context(cafile=self.pki.internal.path)
        path = os.path.join(self.folder, "root.pem")
        with urllib.request.urlopen("https://127.0.0.1:%d/roots/0" % self.management, context=context) as answer, \
                open(path, "wb") as file:
            file.write(answer.read())
        return path

    def directives(self, *more):
        """For httpd's configuration, as an administrator writes them, and what a test needs besides."""
        return "\n".join(["MDCertificateAuthority https://127.0.0.1:%d/dir" % self.port,
                          "MDCertificateAgreement accepted", "MDContactEmail admin@contoso.com",
                          "MDCACertificateFile %s" % self.pki.internal.path, "MDRenewViaARI off",
                          "MDPortMap http:%d https:%d" % (self.http, self.tls), *more])
