"""A pool whose servers cost next to nothing: programs of ours (backend.c) under names, addresses and certificates as
those of the simulated pool."""

import copy
import os
import socket
import ssl
import subprocess

from deploy import WEBEXT
from httpd import BUILD, wait
from pki import PKI
from pool import free_address, hosts_file
from ports import free_ports

PROGRAM = os.path.join(BUILD, "tests", "bench", "backend")
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


class Server:
    def __init__(self, name, address):
        self.name, self.address = name, address
        self.process = None


class Farm:
    """pki, name, external, ports, servers: as LyncPool has them. listener: certificates for the proxies, RSA and EC,
    good for every name under contoso.com, and those that replace them. trusted=False: its servers have theirs from
    somebody else's CA. key, tls: of which kind its servers' keys are, and their latest version of TLS; None: any."""

    key, tls = "ec", None

    def __init__(self, stage, servers=2, trusted=True):
        self.pki = PKI(stage.path("pki"))
        self.issuer = self.pki.internal if trusted else self.pki.stranger
        self.name = self.internal = "lyncpool01.contoso.local"
        self.external = WEBEXT
        self.servers = [Server("fe%02d.contoso.local" % number, free_address()) for number in range(1, servers + 1)]
        self.https_port, self.http_port = free_ports([server.address for server in self.servers], 2)
        self.hosts_file, self.others = hosts_file(stage.path("hosts"), self), {}
        self.listener = [{kind: self.pki.public.leaf("contoso.com", sans=["*.contoso.com"], key=kind, file="bench")
                          for kind in ("rsa", "ec")} for _ in range(2)]

    def start(self):
        for server in self.servers:
            leaf = self.issuer.leaf(self.name, sans=[server.name, WEBEXT, "*.contoso.com"], key=self.key,
                                    file="%s-%d" % (server.name, self.https_port))
            server.process = subprocess.Popen([PROGRAM, server.address, str(self.https_port), leaf.sent, leaf.key,
                                               *(["tls=" + self.tls] if self.tls else [])], stdin=subprocess.DEVNULL)
        for server in self.servers:
            wait("%s is up" % server.name, lambda server=server: self.ask(server, "/"))
        return self

    def beside(self, key, tls):
        """The same with other servers on the same addresses, which run until it stops."""
        if (key, tls) not in self.others:
            other = self.others[key, tls] = copy.copy(self)
            other.key, other.tls, other.others = key, tls, {}
            other.servers = [Server(server.name, server.address) for server in self.servers]
            other.https_port, other.http_port = free_ports([server.address for server in self.servers], 2)
            other.start()
        return self.others[key, tls]

    def stop(self):
        for other in self.others.values():
            other.stop()
        for server in self.servers:
            if server.process:
                server.process.terminate()
                server.process.wait()

    def ask(self, server, target):
        """Fields of a server's answer; None when it does not answer."""
        try:
            return request(server.address, self.https_port, self.name, target)
        except OSError:
            return None

    def pending(self):
        """How many requests are held back."""
        return sum(int(wait("%s answers" % server.name, lambda: self.ask(server, "/?pending"))["x-pending"])
                   for server in self.servers)

    def release(self):
        """Answers all requests that are held back."""
        for server in self.servers:
            self.ask(server, "/?release")


def presented(port, host):
    """The certificate of a proxy, as DER; None: there was no handshake."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            with TLS.wrap_socket(raw, server_hostname=host) as wire:
                return wire.getpeercert(True)
    except OSError:
        return None


def request(address, port, host, target):
    """One request over TLS that nobody verifies: status and fields of the answer."""
    with socket.create_connection((address, port), 10) as raw, TLS.wrap_socket(raw, server_hostname=host) as wire:
        wire.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (target, host)).encode())
        answer = wire.makefile("rb")
        line = answer.readline().split(b" ", 2)
        if len(line) < 3:
            raise OSError("the answer ends before its head")
        fields = {"status": line[1].decode()}
        for line in iter(answer.readline, b"\r\n"):
            if not line:
                raise OSError("the answer ends in its head")
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
    return fields
