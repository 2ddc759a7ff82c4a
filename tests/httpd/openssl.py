"""openssl s_client: a client of which every detail can be said, and what it saw of a handshake."""

import re
import ssl
import subprocess

from httpd import PATIENCE

# What a client must say of OpenSSL 3 to speak TLS 1.0 and 1.1 at all.
OLD = ("-cipher", "ALL:@SECLEVEL=0")


class Handshake:
    """One handshake with a loopback port. sni: None sends none. arguments: s_client's, as "-tls1_2". data: a request, after
    whose answer the server has to close; that is also what it takes to see the tickets of TLS 1.3."""

    def __init__(self, port, *arguments, sni=None, data=""):
        name = ["-servername", sni] if sni else ["-noservername"]
        name += ["-ign_eof"] if data else []
        result = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-showcerts", *name, *arguments],
                                input=data, text=True, errors="replace", stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=PATIENCE)
        self.text = result.stdout
        found = re.search(r"^(?:New|Reused), ([^,]*), Cipher is (\S+)", self.text, re.M)
        self.done = bool(found) and found[2] != "(NONE)"
        spoken = re.search(r"^    Protocol  : (\S+)", self.text, re.M)      # the first line has the cipher's own
        self.version = (spoken or found)[1] if self.done else None
        self.cipher = found[2] if self.done else None
        self.reused = self.text.startswith("Reused,") or "\nReused," in self.text
        self.tickets = "TLS session ticket:" in self.text
        self.stapled = "OCSP Response Status: successful" in self.text
        self.chain = [ssl.PEM_cert_to_DER_cert(pem) for pem in re.findall(
            r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", self.text.partition("\nServer certificate\n")[0],
            re.S)]

    def __repr__(self):
        return self.text


def chain_of(leaf):
    """What a server with these files has to send: DER, in order."""
    with open(leaf.chain) as file:
        return [ssl.PEM_cert_to_DER_cert(pem + "-----END CERTIFICATE-----\n")
                for pem in file.read().split("-----END CERTIFICATE-----\n") if pem.strip()]
