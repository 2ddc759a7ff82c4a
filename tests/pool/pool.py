"""A simulated Lync pool: real httpd instances that play its web services. See README.md.

    pki = PKI(tmp / "pki")
    pool = LyncPool(tmp / "pool", pki=pki, servers=["fe01.contoso.local", "fe02.contoso.local"])
    with pool:
        fe01 = pool.servers[0]
        ... https://{fe01.address}:{pool.https_port}/ ...
        assert not fe01.seen()
"""

import argparse
import atexit
import contextlib
import fcntl
import functools
import http.client
import json
import os
import pwd
import random
import resource
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pki import PKI  # noqa: E402
from ports import free_ports  # noqa: E402

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
HTTPD = next((p for p in (os.environ.get("HTTPD"), shutil.which("apache2"), "/usr/sbin/apache2",
                          shutil.which("httpd")) if p and os.access(p, os.X_OK)), "apache2")
ROLES = ("frontend", "director", "standard", "officewebapps")
USERS = ("alice", "bob", "carol", "dave")

CONFIG = """\
ServerRoot "{dir}"
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ServerName {server}
{user}
ErrorLog "{dir}/error.log"
LogLevel {loglevel} ssl:error
{modules}
{cache}
StartServers 1
ServerLimit {processes}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {threads}
AsyncRequestWorkerFactor 8
MinSpareThreads 1
MaxSpareThreads {threads}
ListenBackLog 1024
GracefulShutdownTimeout 1
KeepAlive On
KeepAliveTimeout {keepalive}
MaxKeepAliveRequests 0
Timeout 300
EnableSendfile Off
EnableMMAP Off
# httpd refuses less than the raw echo can show
HttpProtocolOptions Unsafe LenientMethods
AllowEncodedSlashes On
LimitRequestLine 131072
LimitRequestFieldSize 131072
LimitRequestFields 300
LimitRequestBody 0
TraceEnable Off
ErrorDocument 401 "<html><head><title>401 - Unauthorized</title></head><body>Access is denied due to invalid credentials.</body></html>"
Protocols http/1.1
TestPoolName {pool}
TestPoolServer {server}
TestPoolNumber {number}
TestPoolRole {role}
TestPoolExternal {external}
TestPoolInternal {internal}
{home}
TestPoolDomain {domain}
TestPoolUsers "{users}"
TestPoolSecret {secret}
{log}
TestPoolPublishedHttps {published_https}
TestPoolPublishedHttp {published_http}
TestPoolInternalHttps {internal_https}
TestPoolInternalHttp {internal_http}
TestPoolAbsSize {abs_size}
TestPoolUploadLimit {upload_limit}
TestPoolTicketSize {ticket_size}
TestPoolIdle {idle}
TestPoolOwner {owner}
{extra}
{sites}
"""

SITE = """\
Listen {address}:{port}{scheme}
<VirtualHost {address}:{port}>
    ServerName {server}
    {internal}
    {tls}
</VirtualHost>
"""

TLS = """SSLEngine On
    SSLCertificateFile "{cert}"
    SSLCertificateKeyFile "{key}"
    SSLProtocol {protocol}
    {ciphers}"""

GSSAPI = """
    AuthType GSSAPI
    AuthName pool
    GssapiConnectionBound On
    GssapiAllowedMech ntlmssp
    GssapiBasicAuth Off
    GssapiSSLonly Off"""
VALID = "\n    Require valid-user"
# without this header the module itself decides
UNLESS = "\n    <RequireAny>\n        Require expr \"%s\"\n        Require valid-user\n    </RequireAny>"

WINAUTH = [
    # (roles, <LocationMatch> of the path as the module hands it to httpd: lower case, who)
    ("all", "^/lab/auth/", GSSAPI + VALID),
    ("lync", "^/(abs|certprov|groupexpansion|rgsclients|requesthandlerext)(/|$)", GSSAPI + VALID),
    ("lync", "^/webticket/webticketservice\\.svc", GSSAPI + VALID),
    ("lync", "^/(certprov|groupexpansion|rgsclients|webticket)/.*/mex$", "\n    Require all granted"),
    ("lync", "^/mcx(/|$)", GSSAPI + UNLESS % "-n req('X-MS-WebTicket')"),
    # the grant is in the body: whoever tries no handshake gets through to the module
    ("lync", "^/webticket/oauthtoken$",
     GSSAPI + UNLESS % "req('Authorization') !~ /^(NTLM|Negotiate) /i"),
]

_alive = set()


class PoolError(Exception):
    pass


@functools.lru_cache(None)
def module_path():
    """mod_testpool.so: $TESTPOOL_MODULE, or from the build tree of the repository (BUILD), made
    when it is missing or old."""
    named = os.environ.get("TESTPOOL_MODULE")
    if named:
        return named
    build = TOP / os.environ.get("BUILD", "build")
    build.mkdir(parents=True, exist_ok=True)
    # test processes in parallel must not build it twice at once
    with open(build / ".testpool.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(["make", "-s", "-C", str(TOP), "-f", "tests/pool/pool.mk", "pool",
                               "BUILD=%s" % build], capture_output=True, text=True)
    if made.returncode:
        raise PoolError("cannot build mod_testpool: %s" % made.stderr)
    return str(build / "tests" / "mod_testpool.so")


@functools.lru_cache(None)
def module_directory():
    asked = subprocess.run([os.environ.get("APXS", "apxs"), "-q", "LIBEXECDIR"],
                           capture_output=True, text=True)
    return asked.stdout.strip() or "/usr/lib/apache2/modules"


class Users:
    """Throw-away accounts, shared by the pools of a topology: users.password["alice"]."""

    def __init__(self, names=USERS, domain="CONTOSO"):
        self.domain = domain
        self.password = {name: secrets.token_urlsafe(12) for name in names}
        self.secret = secrets.token_hex(16)

    def login(self, name):
        """CONTOSO\\alice and the password, as NTLM clients want them."""
        return "%s\\%s" % (self.domain, name), self.password[name]

    def write(self, path, uid=None, only=None):
        """A file for NTLM_USER_FILE: of a server all users, of a client (curl --negotiate -u :)
        only one."""
        with open(path, "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            for name, password in self.password.items():
                if only not in (None, name):
                    continue
                f.write("%s:%s:%s\n" % (self.domain, name, password))
        if uid is not None:
            os.chown(path, uid, -1)


def free_address():
    """127.x.y.z, at random, so that tests in parallel do not meet; never 127.0.*."""
    r = random.SystemRandom()
    return "127.%d.%d.%d" % (r.randrange(1, 255), r.randrange(0, 256), r.randrange(1, 255))


def _many_files():
    """A P-GET takes two descriptors; the soft limit is often 1024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """One server of a pool: one httpd."""

    def __init__(self, pool, name, number, address):
        self.pool, self.name, self.number, self.address = pool, name, number, address
        self.dir = Path(pool.dir) / name
        self.leaf = None
        self.protocol = pool.protocol
        self.extra = ""
        self.process = None
        self._private = None
        self._mark = self.mark()

    https_port = property(lambda self: self.pool.https_port)
    http_port = property(lambda self: self.pool.http_port)
    internal_https_port = property(lambda self: self.pool.internal_https_port)
    internal_http_port = property(lambda self: self.pool.internal_http_port)
    error_log = property(lambda self: self.dir / "error.log")
    pid = property(lambda self: self.process.pid if self.process else None)

    def __repr__(self):
        return "<Server %s %s>" % (self.name, self.address)

    # configuration

    def certificate(self, kind="good", **kw):
        """Present another certificate from the next start on: good, wrong-name, wrong-ca,
        expired, not-yet-valid, self-signed names of your own (sans=…), or a pki.Leaf."""
        if not isinstance(kind, str):
            self.leaf = kind
            return self.leaf
        pool = self.pool
        ca = pool.pki.stranger if kind == "wrong-ca" else pool.pki.internal
        days = {"expired": (-30, -1), "not-yet-valid": (30, 60)}.get(kind, (-1, 397))
        if kind not in ("good", "wrong-name", "wrong-ca", "expired", "not-yet-valid"):
            raise ValueError("unknown kind of certificate '%s'" % kind)
        name, sans = (("wrong.contoso.local", []) if kind == "wrong-name"
                      else (pool.subject(self), pool.sans(self)))
        kw.setdefault("key", pool.pki.key)
        self.leaf = ca.leaf(name, sans=kw.pop("sans", sans), days=days, file=self.name, **kw)
        return self.leaf

    def _sites(self):
        tls = TLS.format(cert=self.leaf.sent, key=self.leaf.key, protocol=self.protocol,
                         ciphers='SSLCipherSuite "ALL:@SECLEVEL=0"'
                         if "TLSv1.2" not in self.protocol and "TLSv1" in self.protocol else "")
        pool = self.pool
        sites = [(pool.https_port, " https", "", tls), (pool.http_port, " http", "", "")]
        on = "TestPoolInternalSite On"
        if pool.role != "officewebapps":
            sites += [(pool.internal_https_port, " https", on, tls),
                      (pool.internal_http_port, " http", on, "")]
        return self._winauth() + "".join(SITE.format(address=self.address, port=port, scheme=scheme,
                                   internal=internal, tls=section, server=self.name)
                       for port, scheme, internal, section in sites)

    def _winauth(self):
        roles = ("all",) if self.pool.role == "officewebapps" else ("all", "lync")
        return "".join('<LocationMatch "%s">%s\n</LocationMatch>\n' % (path, body)
                       for role, path, body in WINAUTH if role in roles)

    def _modules(self):
        directory = module_directory()
        names = ["mpm_event", "ssl", "socache_shmcb", "authn_core", "authz_core", "authz_user",
                 "auth_gssapi", "setenvif"]
        lines = ["LoadModule %s_module %s/mod_%s.so" % (n, directory, n) for n in names]
        return "\n".join(lines + ["LoadModule testpool_module %s" % self.pool.module])

    def _run_as(self):
        """httpd's children drop root: they can read the accounts only where `nobody` can go."""
        if os.geteuid():
            self.pool.users.write(self.dir / "users")
            return "", str(self.dir / "users")
        nobody = pwd.getpwnam(self.pool.run_as)
        self._private = tempfile.mkdtemp(prefix="pool-")
        os.chmod(self._private, 0o711)
        self.pool.users.write(self._private + "/users", nobody.pw_uid)
        return "User %s\nGroup #%d" % (self.pool.run_as, nobody.pw_gid), self._private + "/users"

    def _configure(self):
        pool = self.pool
        self.dir.mkdir(parents=True, exist_ok=True)
        user, users = self._run_as()
        text = CONFIG.format(
            dir=self.dir, server=self.name, number=self.number, pool=pool.name, role=pool.role,
            user=user, users=users, loglevel=pool.loglevel, modules=self._modules(),
            processes=1, threads=pool.threads, keepalive=pool.keepalive, external=pool.external,
            internal=pool.internal, home="TestPoolHome " + pool.home if pool.home else "",
            domain=pool.domains[0], secret=pool.users.secret,
            log='TestPoolLog "%s/seen.log"' % self.dir if pool.log else "",
            published_https=pool.published_https, published_http=pool.published_http,
            internal_https=pool.internal_https_port, internal_http=pool.internal_http_port,
            abs_size=pool.abs_size, upload_limit=pool.upload_limit,
            ticket_size=pool.ticket_size, idle=pool.idle, owner=os.getpid(),
            cache="SSLSessionCache " + ("shmcb:%s/tls.cache(512000)" % self.dir if pool.cache else "none"),
            extra=pool.extra + "\n" + self.extra, sites=self._sites())
        path = self.dir / "httpd.conf"
        path.write_text(text)
        os.chmod(path, 0o600)
        self._environment = dict(os.environ, NTLM_USER_FILE=users, NETBIOS_DOMAIN_NAME="CONTOSO",
                                 NETBIOS_COMPUTER_NAME=self.name.split(".")[0].upper()[:15])
        self._environment.pop("LD_PRELOAD", None)

    # life

    def start(self, wait=True):
        if self.process:
            return self
        if not self.leaf:
            self.certificate()
        self._configure()
        with open(self.dir / "stdout.log", "ab") as out:
            self.process = subprocess.Popen(
                [HTTPD, "-f", str(self.dir / "httpd.conf"), "-DFOREGROUND"], cwd="/",
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self._environment,
                start_new_session=True,
                preexec_fn=_many_files)
        _alive.add(self)
        if wait:
            self.wait()
        return self

    def wait(self, seconds=10):
        """Until the server answers."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.state()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    log = "".join(p.read_text(errors="replace")[-2000:] for p in
                                  (self.dir / "stdout.log", self.error_log) if p.exists())
                    self.kill()
                    raise PoolError("%s does not start:\n%s" % (self.name, log)) from None
                time.sleep(0.01)

    def _end(self, first):
        process, self.process = self.process, None
        if not process:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
            os.kill(process.pid, first)
        # httpd waits for threads that hold a P-GET; nobody here wants to
        end = time.monotonic() + 0.5
        while first != signal.SIGKILL and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # the child dies on its own after its parent: until then its sockets take connections
        end = time.monotonic() + 2
        while not self._refuses() and time.monotonic() < end:
            time.sleep(0.002)
        if self._private:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None
        _alive.discard(self)

    def _refuses(self):
        with socket.socket() as s:
            s.settimeout(1)
            return s.connect_ex((self.address, self.pool.http_port)) != 0

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        """At once: connections are reset, pending GETs break off."""
        self._end(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def freeze(self):
        """The machine hangs: connections are taken by the kernel, nothing answers."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    # what it saw

    @property
    def _log(self):
        return self.dir / "seen.log"

    def mark(self):
        """A place in the request log, for seen_since()."""
        return self._log.stat().st_size if self._log.exists() else 0

    def seen_since(self, mark):
        """Requests since then, oldest first; a request is here before its answer is. Each is a
        dict: line host port status path user connection request received site ms note."""
        if not self._log.exists():
            return []
        with open(self._log, "rb") as f:
            f.seek(mark)
            whole = f.read().rpartition(b"\n")[0]       # without a line that is being written
            return [json.loads(line) for line in whole.splitlines()]

    def seen(self):
        """Requests since the start of the pool, or since forget()."""
        return self.seen_since(self._mark)

    def forget(self):
        self._mark = self.mark()

    # talking to it

    def get(self, path, site="https", host=None, headers=None, method="GET", body=None,
            timeout=10):
        """One request on a connection of its own, bypassing any proxy: (status, headers, body);
        site is https, http, internal_https or internal_http."""
        port = getattr(self.pool, site + "_port")
        if site.endswith("https"):
            context = ssl.create_default_context(cafile=None)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connection = http.client.HTTPSConnection(self.address, port, timeout=timeout,
                                                     context=context)
        else:
            connection = http.client.HTTPConnection(self.address, port, timeout=timeout)
        try:
            connection.request(method, path, body=body,
                               headers=dict({"Host": host or self.pool.external},
                                            **(headers or {})))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def state(self):
        """{"held": P-GETs, "applications", "connections", "requests"}; not in the request log,
        but its own connection and request count."""
        return json.loads(self.get("/lab/state", site="http")[2])

    def wait_held(self, count, seconds=10):
        """Until exactly so many P-GETs are pending here."""
        end = time.monotonic() + seconds
        while self.state()["held"] != count:
            if time.monotonic() > end:
                raise PoolError("%s holds %d, not %d" % (self.name, self.state()["held"], count))
            time.sleep(0.01)


class LyncPool:
    """A pool of one or more servers that share four port numbers, each on its own 127.x.y.z."""

    def __init__(self, dir, name="lyncpool01.contoso.local", servers=("fe01.contoso.local",),
                 role="frontend", pki=None, external="webext.contoso.com", internal=None,
                 home=None, domains=("contoso.com",), users=None, published_https=443,
                 published_http=80, subject="pool", protocol="all -SSLv3", threads=400,
                 keepalive=120, abs_size=4 << 20, upload_limit=524288000, ticket_size=3000,
                 idle=900, log=True, loglevel="warn", extra="", module=None, run_as="nobody",
                 cache=True):
        """home: external name of the pool users are homed on (a Director's answer is then a
        redirect link); subject: 'pool' or 'server', the name in the certificate's subject;
        users: share one Users among the pools of a topology, so that tickets are good
        everywhere; log=False: no request log (benchmarks); extra: httpd directives;
        cache=False: no cache of TLS sessions."""
        if role not in ROLES:
            raise ValueError("role is one of %s" % ", ".join(ROLES))
        self.dir, self.name, self.role = Path(dir).resolve(), name, role
        self.dir.mkdir(parents=True, exist_ok=True)
        self.pki = pki or PKI(self.dir / "pki")
        self.external, self.internal = external, internal or name
        self.home, self.domains, self.users = home, tuple(domains), users or Users()
        self.published_https, self.published_http = published_https, published_http
        self.subject_kind, self.protocol = subject, protocol
        self.threads, self.keepalive = threads, keepalive
        self.abs_size, self.upload_limit, self.ticket_size = abs_size, upload_limit, ticket_size
        self.idle, self.log, self.loglevel, self.extra = idle, log, loglevel, extra
        self.module, self.run_as, self.cache = module or module_path(), run_as, cache
        addresses = []
        while len(addresses) < len(servers):
            address = free_address()
            if address not in addresses:
                addresses.append(address)
        self.servers = [Server(self, server, number, address) for number, (server, address)
                        in enumerate(zip(servers, addresses), 1)]
        (self.https_port, self.http_port, self.internal_https_port,
         self.internal_http_port) = free_ports(addresses, 4)
        if role == "officewebapps":
            self.internal_https_port, self.internal_http_port = self.https_port, self.http_port

    def subject(self, server):
        return self.name if self.subject_kind == "pool" else server.name

    def sans(self, server):
        """The names in a Front End's certificate; a farm's has its own and the public one."""
        names = [self.name, server.name, self.external]
        if self.role != "officewebapps":
            for domain in self.domains:
                names += ["meet." + domain, "dialin." + domain, "lyncdiscover." + domain]
            names.append("lyncdiscoverinternal." + self.name.partition(".")[2])
        return list(dict.fromkeys([self.internal] + names))

    def server(self, name):
        return next(s for s in self.servers if s.name == name or s.name.split(".")[0] == name)

    def start(self):
        try:
            for server in self.servers:
                server.start(wait=False)
            for server in self.servers:
                server.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        threads = [threading.Thread(target=s.stop) for s in self.servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def seen(self):
        """Of all servers, each with its "server"."""
        return [dict(entry, server=s.name) for s in self.servers for entry in s.seen()]

    def forget(self):
        for server in self.servers:
            server.forget()

    def leaks(self):
        """Requests that reached what must never be published."""
        return [entry for entry in self.seen() if entry["note"] == "leak"]

    def describe(self):
        return {"pool": self.name, "role": self.role, "external": self.external,
                "https_port": self.https_port, "http_port": self.http_port,
                "internal_https_port": self.internal_https_port,
                "internal_http_port": self.internal_http_port, "ca": self.pki.internal.path,
                "servers": [{"name": s.name, "address": s.address, "pid": s.pid,
                             "dir": str(s.dir)} for s in self.servers]}


def hosts_file(path, *pools, pool_address="all"):
    """Write an /etc/hosts for NSS_WRAPPER_HOSTS: internal names to the servers' addresses, the
    pool's to all of them or only to the 'first'."""
    lines = ["127.0.0.1 localhost"]
    for pool in pools:
        listed = pool.servers[:1] if pool_address == "first" else pool.servers
        lines += ["%s %s" % (s.address, s.name) for s in pool.servers if s.name != pool.name]
        lines += ["%s %s" % (s.address, pool.name) for s in listed]
        if pool.internal != pool.name:
            lines += ["%s %s" % (s.address, pool.internal) for s in listed]
    Path(path).write_text("\n".join(lines) + "\n")
    os.chmod(path, 0o644)
    return str(path)


@atexit.register
def _stop_all():
    for server in list(_alive):
        server.kill()


def main():
    parser = argparse.ArgumentParser(description="run a simulated Lync pool until interrupted")
    parser.add_argument("--dir", required=True, help="certificates, logs, configuration")
    parser.add_argument("--name", default="lyncpool01.contoso.local")
    parser.add_argument("--server", action="append", metavar="NAME",
                        help="may be given more than once (default fe01.contoso.local)")
    parser.add_argument("--role", default="frontend", choices=ROLES)
    parser.add_argument("--external", default="webext.contoso.com")
    parser.add_argument("--published-https", type=int, default=443)
    parser.add_argument("--published-http", type=int, default=80)
    parser.add_argument("--threads", type=int, default=400)
    parser.add_argument("--no-log", action="store_true", help="no request log")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(0))
    with LyncPool(args.dir, name=args.name, servers=args.server or ["fe01.contoso.local"],
                  role=args.role, external=args.external, threads=args.threads,
                  published_https=args.published_https, published_http=args.published_http,
                  log=not args.no_log) as pool:
        hosts = hosts_file(pool.dir / "hosts", pool)
        users = pool.dir / "users"
        pool.users.write(users)
        print(json.dumps(dict(pool.describe(), hosts=hosts, users=str(users)), indent=2),
              flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
