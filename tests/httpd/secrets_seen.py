"""What a client sends and gets that nobody else may read, and where to look for it."""

import base64
import os
import re
from urllib.parse import quote

from client import Wire
from httpd import PATIENCE
from pin_clients import CONTEXT

FIELDS = {"authorization", "cookie", "x-ms-webticket", "set-cookie", "www-authenticate"}


def words(text):
    """The parts of a field's value that may be secret: long, and no name or fixed text."""
    for word in re.split(r"[\s,;=\"]+", text):
        if len(word) >= 12 and not re.search(r"contoso|https?:|^urn:|00000000-0000|TlRMTVNTUAAB", word, re.I):
            yield word


class Secrets(set):
    """Those that were seen, as text."""

    def needles(self):
        """What of each to look for, however it is spelled; of long ones a part will do: a log may cut them."""
        for secret in self:
            for text in {secret, quote(secret, safe=""), quote(secret), base64.b64encode(secret.encode()).decode(),
                         base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")}:
                if len(text) > 80:
                    yield from (text[40:72].encode(), text[-32:].encode())
                else:
                    yield text.encode()

    def told(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        return sorted({needle for needle in self.needles() if needle in data})


class Spied(Wire):
    """A connection to the proxy that keeps what goes by it. answers: their status, in order."""

    def __init__(self, world, secrets, host, tls=True):
        super().__init__("127.0.0.1", world.https if tls else world.http, tls=tls, name=host, context=CONTEXT,
                         timeout=PATIENCE)
        self.secrets, self.answers = secrets, []

    def ask(self, method, target, host=None, headers=(), body=None):
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            if name.lower() in FIELDS:
                self.secrets.update(words(value))
        super().ask(method, target, host, headers, body)

    def read(self, method="GET"):
        answer = super().read(method)
        self.answers.append(answer.status)
        for name, value in answer.fields:
            if name.lower() in FIELDS:
                # attributes of cookies, and what a challenge says to everybody, are no secrets
                value = value.partition(";")[0] if name.lower() == "set-cookie" else value
                self.secrets.update(words(value) if name.lower() == "set-cookie" or value.startswith("NTLM ") else ())
        return answer


def files(*folders):
    """All of them in these: name to content."""
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield path, file.read()
