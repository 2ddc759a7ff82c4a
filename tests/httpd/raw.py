"""A client that sends exactly the bytes it is given, and keeps what comes back as it came."""

import select
import socket
import ssl
import time

from httpd import PATIENCE


class Response:
    """One response: fields in order and as spelled, body decoded from its transfer coding."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.head = head
        self.version, _, rest = lines[0].partition(" ")
        status, _, self.reason = rest.partition(" ")
        self.status = int(status)
        self.fields = []
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(":")
                self.fields.append((name, value.strip(" \t")))
        self.body = b""
        self.arrivals = []          # (seconds since the epoch, bytes) of each piece of the body
        self.interim = []           # 1xx responses before it

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, initial=None):
        values = self.all(name)
        return ", ".join(values) if values else initial

    def names(self):
        return [key.lower() for key, _ in self.fields]

    def __repr__(self):
        return "%s\n%s" % (self.head.decode("latin-1"), self.body[:400])


class Connection:
    """A TCP or TLS connection. tls: speak TLS; sni: name to send, None to send none."""

    def __init__(self, port, tls=False, sni=None, address="127.0.0.1", seconds=PATIENCE):
        self.socket = socket.create_connection((address, port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=sni)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def certificate(self):
        """The server's leaf, DER."""
        return self.socket.getpeercert(binary_form=True)

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def ready(self, seconds):
        """Whether something arrives within seconds."""
        if self.buffer or (hasattr(self.socket, "pending") and self.socket.pending()):
            return True
        return bool(select.select([self.socket], [], [], seconds)[0])

    def closed(self, seconds=PATIENCE):
        """Whether the server closes, without another byte, within seconds."""
        self.socket.settimeout(seconds)
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except socket.timeout:
            return False
        except OSError:
            return True

    def until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError("closed after %r" % self.buffer[:200])
        data, _, self.buffer = self.buffer.partition(mark)
        return data

    def exactly(self, size):
        while len(self.buffer) < size:
            if not self.fill():
                raise EOFError("closed %d bytes early" % (size - len(self.buffer)))
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def pieces(self, response, method):
        """The body, piece by piece as it arrives; chunks one by one."""
        if method == "HEAD" or response.status in (204, 304):
            return
        if "chunked" in response.get("Transfer-Encoding", "").lower():
            while True:
                size = int(self.until(b"\r\n").split(b";")[0], 16)
                if size:
                    yield self.exactly(size)
                self.until(b"\r\n")
                if not size:
                    return
        length = response.get("Content-Length")
        left = int(length) if length is not None else None
        while left is None or left:
            if not self.buffer and not self.fill():
                if left is None:
                    return
                raise EOFError("closed %d bytes early" % left)
            data, self.buffer = self.buffer[:left], self.buffer[left:] if left else b""
            left = None if left is None else left - len(data)
            yield data

    def head(self):
        """The next response's head; 1xx ones are kept beside it."""
        interim = []
        while True:
            response = Response(self.until(b"\r\n\r\n"))
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                return response
            interim.append(response)

    def receive(self, method="GET"):
        response = self.head()
        for data in self.pieces(response, method):
            response.body += data
            response.arrivals.append((time.time(), data))
        return response

    def request(self, target, host=None, method="GET", fields=(), body=b"", version="HTTP/1.1"):
        """Sends one request and receives its response. target, host: text or bytes, sent raw."""
        self.send(request_bytes(target, host, method, fields, body, version))
        return self.receive(method)


def raw_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def request_bytes(target, host=None, method="GET", fields=(), body=b"", version="HTTP/1.1"):
    lines = [raw_bytes(method) + b" " + raw_bytes(target) + b" " + raw_bytes(version)]
    if host is not None:
        lines.append(b"Host: " + raw_bytes(host))
    named = {raw_bytes(name).lower() for name, _ in fields}
    for name, value in fields:
        lines.append(raw_bytes(name) + b": " + raw_bytes(value))
    if body and not named & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(port, data, tls=False, sni=None, method="GET"):
    """Sends bytes on a connection of their own. None when the server closes without an answer."""
    with Connection(port, tls, sni) as connection:
        try:
            connection.send(data)
            return connection.receive(method)
        except (EOFError, ConnectionError, ssl.SSLError):
            return None
