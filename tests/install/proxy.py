"""A reverse proxy that somebody wrote by hand, in a stock Debian Apache, and all that can be asked of it."""

import base64
import hashlib
import os
import re
import subprocess

from test_guide import Host
from backends import frame, receive_frame, serve
from debian import downloaded
from httpd import wait
from raw import Connection, request_bytes

SITES = ("app.example", "secure.example", "cluster.example", "socket.example", "files.example")
WHOLE = ("access.log", "all.log", "error.log")          # of httpd as a whole: Lync's lines are there, too
LOGS = WHOLE + ("app.log", "json.log", "app-error.log")
LYNCS = re.compile(r"\[lync:|\.contoso\.com:")
WAF = "libapache2-mod-security2"
MODULES = "ssl headers rewrite proxy proxy_http proxy_balancer lbmethod_byrequests proxy_wstunnel substitute " \
    "filter deflate setenvif auth_basic authn_file authz_user".split()

PORTS = {
    "event": "Listen 0.0.0.0:80\nListen [::]:80\nListen 0.0.0.0:443 https\nListen [::]:443 https\n",
    "worker": "Listen 80\n<IfModule ssl_module>\n    Listen 443\n</IfModule>\n",
    "prefork": "Listen 0.0.0.0:80\nListen 0.0.0.0:443\n",
}

OWN = r"""
ServerName proxy.example
LogFormat "%h %l %u %t %v:%p \"%r\" %>s %B \"%{Referer}i\" \"%{User-Agent}i\" %{SSL_PROTOCOL}x %D us" own
LogFormat "{\"host\":\"%V\",\"path\":\"%U%q\",\"status\":%>s,\"by\":\"%R\",\"to\":\"%{BALANCER_WORKER_NAME}e\"}" json
GlobalLog ${APACHE_LOG_DIR}/all.log own
CustomLog ${APACHE_LOG_DIR}/access.log own
ErrorLogFormat "[%{cu}t] [%-m:%l] [pid %P] [client\ %a] %E: %M [%v]"
LogLevel info ssl:warn proxy:warn proxy_http:warn
ProxyTimeout 20
Timeout 50
KeepAliveTimeout 7
LimitRequestFieldSize 4000
Header always set X-Served-By proxy.example
Header set X-Frame-Options SAMEORIGIN
RequestHeader set X-Came-By proxy
RequestHeader unset Proxy early
Alias /errors/ /srv/errors/
ErrorDocument 404 /errors/404.html
ErrorDocument 503 "down for repair"
RewriteEngine On
RewriteOptions InheritDownBefore
RewriteRule ^/old/(.*)$ /new/$1 [R=301,L]
SetEnvIfNoCase User-Agent "bad ?bot" unwanted
AddOutputFilterByType DEFLATE text/html
<Location "/">
    <RequireAll>
        Require all granted
        Require not env unwanted
    </RequireAll>
</Location>
<Directory /srv>
    Require all granted
</Directory>
"""

TLS = """    SSLEngine on
    SSLCertificateFile /etc/shop/sites.pem
    SSLCertificateKeyFile /etc/shop/sites.key
"""

SITE = r"""
<VirtualHost *:443>
    ServerName app.example
    ServerAlias www.app.example
    CustomLog ${APACHE_LOG_DIR}/app.log own
    ErrorLog ${APACHE_LOG_DIR}/app-error.log
    ProxyPreserveHost On
    ProxyPass /local !
    ProxyPass / http://127.0.0.1:9001/
    ProxyPassReverse / http://127.0.0.1:9001/
    DocumentRoot /srv/shop
""" + TLS + r"""</VirtualHost>
<VirtualHost *:443>
    ServerName secure.example
    CustomLog ${APACHE_LOG_DIR}/json.log json
    SSLProxyEngine on
    SSLProxyCACertificateFile /etc/lync/root.pem
    ProxyPassMatch "^/text/(.*\.(?:txt|bin))$" "https://api.internal:9443/static/$1"
    ProxyPass /api https://api.internal:9443/v1 timeout=9
    ProxyPassReverse /api https://api.internal:9443/v1
    ProxyPassReverse /api http://127.0.0.1:9443
    ProxyPassReverseCookieDomain 127.0.0.1 secure.example
    <Location "/api/private">
        AuthType Basic
        AuthName "private"
        AuthUserFile /etc/shop/users
        Require valid-user
    </Location>
    ErrorDocument 404 "no such thing"
    Protocols h2 http/1.1
""" + TLS + r"""</VirtualHost>
<VirtualHost *:443>
    ServerName cluster.example
    <Proxy "balancer://cluster">
        BalancerMember "http://127.0.0.1:9001" route=a
        BalancerMember "http://127.0.0.1:9002" route=b
        ProxySet stickysession=ROUTE
    </Proxy>
    ProxyPass "/" "balancer://cluster/"
    RequestHeader append X-Forwarded-Proto https
    Header edit Location ^http: https:
    CustomLog ${APACHE_LOG_DIR}/json.log json
""" + TLS + r"""</VirtualHost>
<VirtualHost *:443>
    ServerName socket.example
    ProxyPass "/ws" "ws://127.0.0.1:9001/ws"
    RewriteEngine On
    RewriteCond %{HTTP:Upgrade} =websocket [NC]
    RewriteRule ^/chat/(.*) ws://127.0.0.1:9002/chat/$1 [P,L]
    ProxyPass "/" "http://127.0.0.1:9002/"
""" + TLS + r"""</VirtualHost>
<VirtualHost *:80>
    ServerName files.example
    DocumentRoot /srv/shop
    ProxyPass /live http://127.0.0.1:9002
    <Location "/live">
        AddOutputFilterByType SUBSTITUTE;DEFLATE text/html
        Substitute "s|backend|front|n"
    </Location>
</VirtualHost>
<VirtualHost *:80>
    ServerName app.example
    Redirect permanent / https://app.example/
</VirtualHost>
"""

RULES = """
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html text/plain
SecAuditEngine Off
SecRule ARGS|REQUEST_BODY "@contains <script" "id:1,phase:2,deny,status:403,log,msg:'no scripts'"
SecRule RESPONSE_BODY "@contains the password is" "id:2,phase:4,deny,status:502,log,msg:'no passwords'"
SecRule REQUEST_HEADERS:User-Agent "@streq scanner" "id:3,phase:1,deny,status:406,log,msg:'no scanners'"
"""


class Proxy(Host):
    """The host with such a proxy; mpm: of its httpd."""

    def __init__(self, base, mpm):
        self.mpm, debs = mpm, downloaded(WAF)
        super().__init__(base)
        self.must("dpkg", "-i", "--force-confmiss", *debs)

    def prepare(self, stage):
        self.lay_down(stage)
        pki = self.pools.pki
        leaf = pki.stranger.leaf(SITES[0], sans=[*SITES, "www.app.example"])
        self.copy(leaf.chain, "/etc/shop/sites.pem")
        self.copy(leaf.key, "/etc/shop/sites.key", 0o600)
        with open(self.path("/etc/hosts"), "a") as file:
            file.write("127.0.0.1 api.internal\n")
        password = base64.b64encode(hashlib.sha1(b"tiger").digest()).decode()
        self.write("/etc/shop/users", "scott:{SHA}%s\n" % password)
        for name, text in (("/srv/shop/index.html", "this is a shop\n"), ("/srv/shop/local/index.html", "this is local\n"),
                           ("/srv/errors/404.html", "<html>this proxy has no such page</html>\n")):
            self.write(name, text)
            os.utime(self.path(name), (1e9, 1e9))       # a file just made has a weak ETag
        os.utime(self.path("/var/www/html/index.html"), (1e9, 1e9))
        with self.network():
            stage.closers += [serve("one", 9001), serve("two", 9002),
                              serve("three", 9443, pki.internal.leaf("api.internal", file="api"))]
        self.write("/etc/apache2/ports.conf", PORTS[self.mpm])
        self.write("/etc/apache2/conf-available/own.conf", OWN)
        self.write("/etc/apache2/sites-available/sites.conf", SITE)
        self.write("/etc/modsecurity/own.conf", RULES)
        self.must("a2dismod", "-q", "mpm_event")
        self.must("a2enmod", "-q", "mpm_" + self.mpm, "security2", *MODULES, *(["http2"] if self.speaks_http2 else []))
        self.must("a2enconf", "-q", "own")
        self.must("a2ensite", "-q", "sites")
        self.control("start")

    @property
    def speaks_http2(self):
        """Not with MPM prefork."""
        return self.mpm != "prefork"

    # what is asked

    def record(self):
        """All answers, and what they left in the logs, but for what changes by itself."""
        self.settle()
        sizes = {name: self.size(name) for name in LOGS}
        with self.network():
            found = dict(self.answers())
            found.update(self.upgrades())
            if self.speaks_http2:
                found.update(self.by_http2())
        self.settle()
        for name in LOGS:
            found["log", name] = self.lines(name, sizes[name])
        return found

    def answers(self):
        for port in (443, 80):
            for host in (*SITES, "www.app.example", "unknown.example"):
                for target in ("/", "/missing", "/old/page?a=b", "/%2e%2e/meet", "/a%2fb;c=d?x=%41", "/api/moved"):
                    yield (port, host, target), self.of(port, host, target)
        for host, targets in TARGETS.items():
            for target in targets.split():
                yield (host, target), self.of(80 if host == "files.example" else 443, host, target)
        for method in ("HEAD", "TRACE", "OPTIONS", "CONNECT", "POST", "PUT", "DELETE", "BREW"):
            for port, host in ((443, "app.example"), (443, "secure.example"), (80, "files.example"), (80, "app.example")):
                yield (method, port, host), self.of(port, host, "/api/x", method=method)
        for name, target, *fields in FIELDS:
            for host in ("app.example", "cluster.example", "secure.example", "files.example"):
                port = 80 if host == "files.example" else 443
                yield (name, port, host), self.of(port, host, target, fields=fields)
        for sni in (None, "unknown.example", "www.app.example"):
            for host in ("app.example", "secure.example", "unknown.example", None):
                yield ("sni", sni, host), self.ask(443, "/local/", host, sni)
        for body in (b"a=1", b"a=<script>", b"x" * 100000):
            for host in ("app.example", "secure.example"):
                yield (host, body[:9], len(body)), self.of(443, host, "/api/post", method="POST", fields=[FORM], body=body)

    def of(self, port, host, target, fields=(), **more):
        """Always by the same server of the cluster."""
        return self.ask(port, target, host, host, fields=[("Cookie", "ROUTE=x.b"), *fields], **more)

    def upgrades(self):
        """Of each kind of websocket: the answer to the handshake, and what comes back."""
        found = {}
        for target in ("/ws/one?x=1", "/chat/two", "/neither"):
            with Connection(443, True, "socket.example", seconds=20) as connection:
                connection.send(request_bytes(target, "socket.example", fields=UPGRADE))
                answer = connection.head()
                found["websocket", target] = [undated(answer.head)]
                if answer.status == 101:
                    file = Reader(connection)
                    for kind, text in ((1, b"hello"), (2, bytes(range(256)) * 9), (8, b"\x03\xe8")):
                        connection.send(frame(kind, text, b"mask"))
                        found["websocket", target].append(receive_frame(file))
        return found

    def by_http2(self):
        found = {}
        for host in ("secure.example", "app.example"):
            for target in ("/api/cookie", "/missing", "/old/x", "/?q=<script>"):
                got = subprocess.run(["curl", "-sgk", "--noproxy", "*", "--http2", "-D", "-", "--resolve",
                                      host + ":443:127.0.0.1", "https://" + host + target], stdout=subprocess.PIPE, timeout=30)
                found["http2", host, target] = got.returncode, re.sub(rb"(?i)\r\ndate: [^\r]*", b"", got.stdout)
        return found

    # what is left in logs

    def size(self, name):
        path = self.path("/var/log/apache2/" + name)
        return os.path.getsize(path) if os.path.exists(path) else 0

    def settle(self):
        """Lines are written after the answer."""
        seen = [None, 0]

        def same():
            now = [self.size(name) for name in LOGS]
            seen[:] = now, seen[1] + 1 if now == seen[0] else 0
            return seen[1] > 15
        wait("logs are written", same)

    def lines(self, name, since):
        """Sorted, because which child is first to write is chance."""
        with open(self.path("/var/log/apache2/" + name), errors="replace") as file:
            file.seek(since)
            return sorted(masked(line) for line in file if name not in WHOLE or not LYNCS.search(line))


FORM = ("Content-Type", "application/x-www-form-urlencoded")
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
           ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
TARGETS = {"app.example": "/moved /broken /cookie /page /large /local/ /local/index.html /leak",
           "secure.example": "/text/a.txt /text/a.exe /api /api/cookie /api/large /api/private /api/leak",
           "cluster.example": "/cookie /moved /page",
           "files.example": "/index.html /live/page /live/moved /errors/404.html /live/missing"}
FIELDS = [("plain", "/api/x"), ("script", "/?q=<script>"), ("bot", "/", ("User-Agent", "Bad Bot 1")),
          ("scanner", "/", ("User-Agent", "scanner")), ("gzip", "/page", ("Accept-Encoding", "gzip")),
          ("gzip live", "/live/page", ("Accept-Encoding", "gzip")), ("range", "/api/large", ("Range", "bytes=2-5")),
          ("since", "/index.html", ("If-Modified-Since", "Sun, 09 Sep 2001 01:46:40 GMT")),
          ("password", "/api/private/x", ("Authorization", "Basic c2NvdHQ6dGlnZXI=")),
          ("wrong", "/api/private/x", ("Authorization", "Basic c2NvdHQ6bGlvbg==")), ("proxy", "/", ("Proxy", "evil")),
          ("large", "/", ("X", "x" * 3000)), ("too large", "/", ("X", "x" * 5000)),
          ("referer", "/api/moved", ("Referer", "https://other.example/"))]


class Reader:
    """A connection as a file."""

    def __init__(self, connection):
        self.read = connection.exactly


def surplus(lines, others):
    return [line for line in lines if lines.count(line) > others.count(line)]


def changes(before, after):
    """What is not the same in two records, in words; of lines those that are in one of them alone."""
    found = []
    for key in before:
        was, now = before[key], after[key]
        if key[0] == "log":
            was, now = surplus(was, now), surplus(now, was)
        if was != now:
            found.append("%s:\nwas %r\nis  %r" % (key, was, now))
    return "\n".join(found)


def undated(head):
    return re.sub(rb"\r\nDate: [^\r]*", b"", head)


def masked(line):
    """Without times, and in the error log without what is another number each time."""
    if line.startswith("["):
        return re.sub(r"\d+", "0", re.sub(r'\[unique_id "[^"]*"\]', "", line))
    return re.sub(r"\d+ us$", "us", re.sub(r"\[\d\d/\w+/[^]]*\]", "[]", line))
