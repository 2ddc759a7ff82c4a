"""As much of HTTP/2 as it takes to see which error a stream ends with: requests of GET, without compression."""

import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
HTTP_1_1_REQUIRED, CANCEL = 0xd, 8
FRAME = 16384


def literal(text):
    data = text.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, size = len(data) - 127, b"\x7f"
    while rest > 127:
        rest, size = rest >> 7, size + bytes([rest & 127 | 128])
    return size + bytes([rest]) + data


class Http2:
    """Speaks HTTP/2 on a TLS socket that negotiated h2."""

    def __init__(self, tls):
        self.tls, self.stream = tls, -1
        tls.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.send(SETTINGS, 0, 0, b"")

    def send(self, kind, flags, stream, payload):
        self.tls.sendall(struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.tls.recv(size - len(data))
            if not more:
                raise EOFError("closed")
            data += more
        return data

    def frame(self):
        head = self.exactly(9)
        length = int.from_bytes(head[:3], "big")
        return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7fffffff, self.exactly(length)

    def ask(self, host, target, *fields, method="GET", begun=b""):
        """The stream that it is on. begun: of a body that does not end."""
        self.stream += 2
        pairs = [(":method", method), (":scheme", "https"), (":authority", host), (":path", target), *fields]
        block = b"".join(b"\x10" + literal(name) + literal(value) for name, value in pairs)
        parts = [block[start:start + FRAME] for start in range(0, len(block), FRAME)]
        for number, part in enumerate(parts):
            self.send(CONTINUATION if number else HEADERS, (0 if number or begun else END_STREAM)
                      | (END_HEADERS if part is parts[-1] else 0), self.stream, part)
        for start in range(0, len(begun), FRAME):
            self.send(DATA, 0, self.stream, begun[start:start + FRAME])
        return self.stream

    def reset(self, stream):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))

    def ping(self):
        self.send(PING, 0, 0, bytes(8))

    def get(self, host, target, *fields):
        """("reset", code), ("gone", code), or ("answer", header block, body) of a request."""
        self.ask(host, target, *fields)
        head = body = b""
        while True:
            kind, flags, stream, payload = self.frame()
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0, b"")
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == GOAWAY:
                return "gone", int.from_bytes(payload[4:8], "big")
            elif stream != self.stream:
                continue
            elif kind == RST_STREAM:
                return "reset", int.from_bytes(payload[:4], "big")
            elif kind == HEADERS:
                head += payload
            elif kind == DATA:
                body += payload
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                return "answer", head, body
