"""Proxies as they are found in front of Lync pools, each wrong in a way of its own: virtual hosts of one stock
httpd; and a server that sends anything."""

import re
import socket
import ssl
import threading

from deploy import PUBLIC, WEBEXT
from httpd import free_port

VHOST = """
Listen {port}
<VirtualHost *:{port}>
    ServerName {host}
    {tls}
    SSLProxyEngine On
    SSLProxyVerify none
    SSLProxyCheckPeerName Off
    SSLProxyCheckPeerCN Off
    SSLProxyCheckPeerExpire Off
    ProxyPreserveHost On
    {lines}
</VirtualHost>
"""
TLS = """SSLEngine On
    SSLCertificateFile "{0.chain}"
    SSLCertificateKeyFile "{0.key}\""""
TEXT = 'Header set Content-Type text/plain "expr=%{REQUEST_URI} =~ m#^/meet#"\n'
ONLY = 'Header unset WWW-Authenticate\nHeader set WWW-Authenticate "%s" "expr=%%{REQUEST_STATUS} == 401"\n'


class Fronts:
    """port: by what is wrong."""

    def __init__(self, stage, world):
        self.seen = {}                          # what verify said of each
        self.names, self.pki, pool = world.names, world.names.pki, world.pool.one
        server = pool.servers[0]
        there = "ProxyPass / https://127.0.0.1:%d/ nocanon " % world.https
        pools = "ProxyPass / https://%s:%d/ nocanon " % (server.address, pool.https_port)
        variants = {
            "internal site": (None, "ProxyPass / https://%s:%d/" % (server.address, pool.internal_https_port)),
            "wrong name": (self.pki.public.leaf("other.contoso.com"), there),
            "expired": (self.pki.public.expired(WEBEXT, sans=PUBLIC), there),
            "untrusted": (self.pki.stranger.leaf(WEBEXT, sans=PUBLIC), there),
            "host rewritten": (None, "ProxyPreserveHost Off\n" + there),
            "host rewritten behind": (None, "ProxyPreserveHost Off\n" + pools),
            "via": (None, "ProxyVia Full\n" + TEXT + there),
            "log-in form": (None, "RedirectMatch 302 ^ https://login.contoso.com/"),
            "own log-in": (None, "RedirectMatch 407 ^"),
            "hand-written": (None, pools),
            "default site": (None, "RedirectMatch 200 ^"),
            "negotiate only": (None, ONLY % "Negotiate" + there),
            "basic only": (None, ONLY % "Basic realm=proxy" + there),
            "no challenge": (None, "Header unset WWW-Authenticate\n" + there),
            "no authorization": (None, "RequestHeader unset Authorization\n" + there),
            "502": (None, "RedirectMatch 502 ^"),
            "503": (None, "RedirectMatch 503 ^"),
            "504": (None, "RedirectMatch 504 ^"),
            "short timeout": (None, pools + "timeout=1"),
            "no tls": ("", there),
        }
        self.port = {name: free_port() for name in variants}
        text = "".join(VHOST.format(port=self.port[name], host=WEBEXT, lines=lines, tls=self.tls(leaf))
                       for name, (leaf, lines) in variants.items())
        self.httpd = stage.httpd(after="SSLSessionCache none\n" + text, lync=False, modules=("alias",),
                                 ports=self.port.values())
        self.httpd.always.append(re.compile(r"\[(proxy|proxy_http|ssl|core):(error|warn)\]"))
        self.httpd.start()

    def tls(self, leaf):
        """A certificate's directives; None: of the proxy's own, "": none."""
        return "" if leaf == "" else TLS.format(leaf or self.names)


class Counted:
    """A connection that tells its server how much it sends."""

    def __init__(self, server, wire):
        self.server, self.wire = server, wire

    def sendall(self, data):
        self.wire.sendall(data)
        self.server.sent += len(data)


class Hostile:
    """A server that answers every request with what send(socket) sends."""

    def __init__(self, names, send):
        self.send, self.lines, self.sent = send, [], 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(names.chain, names.key)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        try:
            raw.settimeout(30)
            with self.context.wrap_socket(raw, server_side=True) as wire:
                head = wire.recv(65536)
                if head:
                    self.lines.append(head.split(b"\r\n")[0].decode())
                    self.send(Counted(self, wire))
        except (OSError, ValueError):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
