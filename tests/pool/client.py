"""A raw HTTP client: sends bytes as given, keeps header lines as they come, stays on one connection.

    with Wire.to(server) as w:                     # or Wire(address, port, tls=…, name=…)
        answer = w.get("/echo/a%2Fb", host="meet.contoso.com")
        answer = w.ntlm("/abs/", *users.login("alice"))
        answer.status, answer.fields, answer.header("x-test-user"), answer.body
"""

import base64
import contextlib
import json
import socket
import ssl

try:
    from ntlm_auth.ntlm import NtlmContext
except ImportError:
    NtlmContext = None


class Closed(Exception):
    """The connection ended where an answer was due."""


class Answer:
    def __init__(self, line, fields, body):
        self.line, self.fields, self.body = line, fields, body
        self.status = int(line.split(" ")[1])

    def headers(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def header(self, name):
        found = self.headers(name)
        return found[0] if found else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def raw(self):
        """The request head that an echo answer tells, as bytes."""
        return base64.b64decode(self.json["head"])

    def __repr__(self):
        return "<Answer %s %d bytes>" % (self.line, len(self.body))


class Wire:
    """One TCP (and TLS) connection. cafile: verify; None: do not."""

    def __init__(self, address, port, tls=True, name=None, cafile=None, timeout=10,
                 context=None):
        self.socket = socket.create_connection((address, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name = name or address
        if tls:
            if context is None:
                context = ssl.create_default_context(cafile=cafile)
                if not cafile:
                    context.check_hostname = False
                    context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=self.name)
        self.file = self.socket.makefile("rb")

    @classmethod
    def to(cls, server, site="https", **kw):
        """A connection to a server of a pool: https, http, internal_https, internal_http."""
        kw.setdefault("name", server.pool.external)
        return cls(server.address, getattr(server, site + "_port"),
                   tls=site.endswith("https"), **kw)

    def close(self):
        with contextlib.suppress(OSError):
            self.file.close()
            self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def _line(self):
        line = self.file.readline(1 << 20)
        if not line:
            raise Closed("connection closed")
        return line.rstrip(b"\r\n").decode("latin-1")

    def _chunks(self):
        body = b""
        while True:
            size = int(self._line().split(";")[0], 16)
            if not size:
                while self._line():
                    pass
                return body
            data = self.file.read(size)
            if len(data) < size:
                raise Closed("chunk cut off")
            body += data
            self._line()

    def read(self, method="GET"):
        """The next answer; interim ones are skipped."""
        line = self._line()
        fields = []
        while True:
            field = self._line()
            if not field:
                break
            name, _, value = field.partition(":")
            fields.append((name, value.strip()))
        answer = Answer(line, fields, b"")
        if answer.status < 200:
            return self.read(method)
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        length = answer.header("content-length")
        if "chunked" in (answer.header("transfer-encoding") or "").lower():
            answer.body = self._chunks()
        elif length is not None:
            answer.body = self.file.read(int(length))
            if len(answer.body) < int(length):
                raise Closed("body cut off after %d of %s" % (len(answer.body), length))
        else:
            answer.body = self.file.read()
        return answer

    def ask(self, method, target, host=None, headers=(), body=None):
        """Send without waiting: the target and the header lines go out as they are."""
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: %s" % (host or self.name)]
        pairs = headers.items() if isinstance(headers, dict) else headers
        lines += ["%s: %s" % pair for pair in pairs]
        if body is not None:
            lines.append("Content-Length: %d" % len(body))
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def request(self, method, target, host=None, headers=(), body=None):
        self.ask(method, target, host, headers, body)
        return self.read(method)

    def get(self, target, **kw):
        return self.request("GET", target, **kw)

    def post(self, target, body, **kw):
        return self.request("POST", target, body=body, **kw)

    def ntlm(self, target, user, password, scheme="NTLM", method="GET", body=None, host=None,
             headers=()):
        """Log this connection in by its own requests: negotiate, authenticate. The last answer;
        user is DOMAIN\\name. Needs python3-ntlm-auth."""
        domain, _, account = user.rpartition("\\")
        context = NtlmContext(account, password, domain=domain)
        extra = list(headers.items() if isinstance(headers, dict) else headers)

        def step(token, content):
            value = "%s %s" % (scheme, base64.b64encode(token).decode())
            return self.request(method, target, host=host, body=content,
                                headers=extra + [("Authorization", value)])

        answer = step(context.step(), b"" if body is not None else None)
        for value in answer.headers("www-authenticate"):
            kind, _, token = value.partition(" ")
            if kind.lower() == scheme.lower() and token:
                return step(context.step(base64.b64decode(token)), body)
        return answer
