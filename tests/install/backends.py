"""What a hand-written reverse proxy has behind it: web servers that answer with the request as they got it."""

import base64
import hashlib
import ssl
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "backend", ""
    wbufsize = -1               # an answer is sent at once: what comes in pieces is compressed in pieces

    def do_GET(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self.websocket()
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = b"%s at %s\n%s\n%s\n%s" % (self.server.name.encode(), self.path.encode(), self.requestline.encode(),
                                          self.headers.as_bytes(), body)
        status, fields = 200, [("Content-Type", "text/plain")]
        if path.endswith("/moved"):
            status, fields = 302, fields + [("Location", "http://127.0.0.1:%d/elsewhere" % self.server.server_port)]
        elif path.endswith("/missing"):
            status = 404
        elif path.endswith("/broken"):
            status = 500
        elif path.endswith("/cookie"):
            fields += [("Set-Cookie", "a=1; Path=/; Domain=127.0.0.1"), ("Set-Cookie", "b=2; HttpOnly")]
        elif path.endswith("/page"):
            fields, text = [("Content-Type", "text/html")], b"<html><p>the backend</p>%s</html>" % (b"<p>text</p>" * 400)
        elif path.endswith("/leak"):
            fields, text = [("Content-Type", "text/html")], b"<html>the password is tiger</html>"
        elif path.endswith("/large"):
            text = b"0123456789abcdef" * 20000
        return self.answer(status, fields, text)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

    def answer(self, status, fields, text):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", len(text))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def websocket(self):
        """Sends each frame back as it came, with the path before it, until one that closes."""
        key = hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + WEBSOCKET).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(key).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while True:
            kind, text = receive_frame(self.rfile)
            if kind == 8:
                return self.wfile.write(frame(8, text))
            self.wfile.write(frame(kind, self.path.encode() + b" " + text))
            self.wfile.flush()

    def log_message(self, *_):
        pass


def frame(kind, text, mask=None):
    """A websocket's frame of one piece, shorter than 64 KB. mask: four bytes, a client's."""
    length = bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text))
    if mask:
        length = bytes([length[0] | 0x80]) + length[1:] + mask
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text))
    return bytes([0x80 | kind]) + length + text


def receive_frame(file):
    """(kind, text) of the next one."""
    first, length = file.read(2)
    masked, length = length & 0x80, length & 0x7f
    if length == 126:
        length, = struct.unpack(">H", file.read(2))
    mask = file.read(4) if masked else bytes(4)
    return first & 0x0f, bytes(byte ^ mask[index % 4] for index, byte in enumerate(file.read(length)))


def serve(name, port, leaf=None):
    """Starts one on 127.0.0.1, of the network that the thread is in; leaf: with TLS. Returns what stops it."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Echo)
    server.name, server.daemon_threads, server.block_on_close = name, True, False
    if leaf:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.chain, leaf.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop():
        server.shutdown()
        server.server_close()
    return stop
