"""An OCSP responder on a loopback port, that answers, refuses, or keeps its clients waiting."""

import datetime
import http.server
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp


class Responder:
    """For the leaves of one CA. mode: good, tryLater, nonsense, or silent: takes requests and never answers."""

    def __init__(self, port, mode="good"):
        self.port, self.mode, self.leaves, self.count = port, mode, {}, 0
        self.released = threading.Event()
        self.url = "http://127.0.0.1:%d/ocsp" % port
        self.server = None

    def knows(self, leaf, ca):
        self.leaves[leaf.certificate.serial_number] = (leaf.certificate, ca)
        return leaf

    def start(self):
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                responder.count += 1
                asked = ocsp.load_der_ocsp_request(self.rfile.read(int(self.headers["Content-Length"])))
                if responder.mode == "silent":
                    responder.released.wait()
                    return
                body = responder.answer(asked)
                self.send_response(200)
                self.send_header("Content-Type", "application/ocsp-response")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.released.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def answer(self, asked):
        if self.mode == "nonsense":
            return b"this is no OCSP response"
        if self.mode == "tryLater":
            answer = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
            return answer.public_bytes(serialization.Encoding.DER)
        leaf, ca = self.leaves[asked.serial_number]
        now = datetime.datetime.utcnow()
        builder = ocsp.OCSPResponseBuilder().add_response(
            leaf, ca.certificate, asked.hash_algorithm, ocsp.OCSPCertStatus.GOOD, now - datetime.timedelta(hours=1),
            now + datetime.timedelta(days=7), None, None)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ca.certificate)
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, False)
        return builder.sign(ca.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
