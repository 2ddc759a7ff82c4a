"""The proxies that are compared, each in front of the same farm: one class a candidate. All preserve Host, verify the
pool's certificate, and offer an RSA and an EC certificate.

mod_lync   what lync.conf and lyncadm set up
tuned      mod_proxy as an expert sets it
plain      mod_proxy as blogs write it, on Debian's own settings
nginx, haproxy   as their manuals have it for such a pool, rules in the forms that are fast
haproxy-always   the same with http-reuse always
"""

import collections
import os
import resource
import shutil
import ssl
import signal
import subprocess

from deploy import WEBEXT, add_route, control_of, new_store, publish_pool
from farm import request
from httpd import free_port, listening, lyncadm, wait
from unguarded import unguarded


SLOW_START = 120                # seconds; nginx with thousands of names


class Site:
    """What is published. rules: (host, path), the last is the one that is hit; none: the pool's own paths, and for
    others than mod_lync all of its host. polls: how many requests may be pending. ntlm: clients log in by NTLM."""

    def __init__(self, rules=(), polls=0, ntlm=False):
        self.rules, self.polls, self.ntlm = list(rules), polls, ntlm
        self.host = self.rules[-1][0] if rules else WEBEXT

    def by_host(self):
        """Paths of each host, in order."""
        paths = {}
        for host, path in self.rules or [(WEBEXT, "/")]:
            paths.setdefault(host, []).append(path)
        return paths


Leaf = collections.namedtuple("Leaf", "chain key")          # paths


class Candidate:
    """A proxy for a site. pid and port: once it runs. empty: its memory before it held anything."""

    def __init__(self, stage, farm, site):
        self.stage, self.farm, self.site, self.port, self.pid = stage, farm, site, free_port(), None
        self.empty, self.generation = None, 0
        self.folder = stage.path("%s%d" % (self.name, self.port))
        os.makedirs(self.folder)
        # thousands of virtual hosts start soon enough with one certificate each
        self.leaves = {kind: Leaf(*[os.path.join(self.folder, kind + part) for part in (".chain", ".key")])
                       for kind in ("rsa", "ec") if kind == "ec" or not site.rules}
        self.lay_certificates()
        self.start()

    def lay_certificates(self):
        """Where its configuration has them, those of this generation."""
        for kind, leaf in self.leaves.items():
            new = self.farm.listener[self.generation % 2][kind]
            shutil.copyfile(new.chain, leaf.chain)
            shutil.copyfile(new.key, leaf.key)

    def renew(self):
        """Lays other certificates in the place of its own: what it presents once a reload is effective, as DER."""
        self.generation += 1
        self.lay_certificates()
        found = set()
        for kind in self.leaves:
            with open(self.farm.listener[self.generation % 2][kind].cert) as file:
                found.add(ssl.PEM_cert_to_DER_cert(file.read()))
        return found

    @staticmethod
    def declines(site):
        """Why it is left out; None: it is not."""
        return None

    def ask(self):
        """What it answers; None: nothing."""
        path = self.site.rules[-1][1] if self.site.rules else "/meet"
        try:
            return request("127.0.0.1", self.port, self.site.host, path)
        except OSError:
            return None

    def serves(self):
        """Whether it gives the pool's answer, for a request with the Host that the client sent."""
        answer = self.ask()
        return answer and answer["status"] == "200" and answer.get("x-host") == self.site.host

    def members(self, line):
        return "\n".join(line.format(number=number, server=server.name, address=server.address, farm=self.farm,
                                     ca=self.farm.pki.internal.path)
                         for number, server in enumerate(self.farm.servers))

    def certificates(self, line):
        return "\n".join(line.format(leaf=leaf) for leaf in self.leaves.values())


MPM = """
StartServers {children}
ServerLimit {limit}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {workers}
MinSpareThreads {low}
MaxSpareThreads {high}
ThreadStackSize {stack}
"""


def sized(children, threads, stack=262144, limit=None):
    """Lines of the MPM for so many children that all stay."""
    return MPM.format(children=children, limit=limit or 2 * children, threads=threads, workers=children * threads,
                      low=children * threads // 2, high=children * threads, stack=stack)


class OfHttpd(Candidate):
    log = "crit"

    def stop(self):
        self.httpd.stop()

    def reload(self):
        self.httpd.process.send_signal(signal.SIGUSR1)

    def run(self, **arguments):
        self.httpd = self.stage.httpd(hosts=self.farm.hosts_file, log=self.log, ports=(self.port,), **arguments)


class ModLync(OfHttpd):
    """The MPM as lync.conf advises, for the number of polls; 2,000 users otherwise."""

    name, least = "mod_lync", 600               # threads of a child

    def start(self):
        farm, site, store = self.farm, self.site, os.path.join(self.folder, "lync.db")
        leaves = self.leaves
        self.run(store=store, before=sized(4, max(site.polls * 3 // 10, self.least)))
        new_store(self.stage, store, leaves["ec"].chain, leaves["ec"].key, self.port, free_port())
        if "rsa" in leaves:
            lyncadm(self.stage, store, "certificate", "add", "rsa", "--chain", leaves["rsa"].chain, "--key",
                    leaves["rsa"].key)
            lyncadm(self.stage, store, "binding", "set", "external", "*", "--beside", "rsa")
        publish_pool(self.stage, store, farm)
        if site.rules:
            self.publish_rules(store)
        lyncadm(self.stage, store, "apply", "--control", control_of(self.httpd), hosts=farm.hosts_file)
        self.pid = self.httpd.start().process.pid

    def publish_rules(self, store):
        """They are written by the thousand, hence not by lyncadm."""
        rules, pool = self.site.rules, self.farm.name
        add_route(self.stage, store, *rules[-1], "--pool", pool, "--scheme", "https", "--profile", "web")
        with unguarded(store) as database:
            database.executemany("INSERT INTO route (revision, listener, host, path, action, pool, scheme, profile) "
                                 "VALUES (0, 'external', ?, ?, 'publish', ?, 'https', 'web')",
                                 [(host, path, pool) for host, path in rules[:-1]])


VHOST = """
<VirtualHost *:{port}>
    ServerName {host}
    SSLEngine On
    {certificates}
    ProxyPreserveHost On
    {lines}
</VirtualHost>
"""


SSL_PROXY = """SSLProxyEngine On
    SSLProxyVerify require
    SSLProxyCACertificateFile "{0}"
"""


class OfModProxy(OfHttpd):
    """A virtual host a name, a ProxyPass line a path. A virtual host with TLS takes 7 ms of each start."""

    @staticmethod
    def declines(site):
        if site.ntlm:
            return "its connections are everybody's: NTLM makes users each other"
        return "a virtual host for each name takes minutes to start" if len(site.by_host()) > 1000 else None

    def start(self):
        lines = {host: [self.line(path) for path in paths] for host, paths in self.site.by_host().items()}
        text = "Listen %d\n" % self.port + self.settings() + "".join(
            VHOST.format(port=self.port, host=host, lines="\n    ".join([self.before, *found]),
                         certificates=self.certificates(
                             'SSLCertificateFile "{leaf.chain}"\n    SSLCertificateKeyFile "{leaf.key}"'))
            for host, found in lines.items())
        self.run(lync=False, before=self.mpm(), after=text)
        self.pid = self.httpd.start().process.pid


class Tuned(OfModProxy):
    name, before = "tuned", ""

    def mpm(self):
        return sized(4, self.site.polls * 3 // 10) if self.site.polls > 800 else sized(2, 128)

    def settings(self):
        cache = os.path.join(self.folder, "cache")
        return ('SSLSessionCache "shmcb:%s(512000)"\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n'
                "<Proxy balancer://pool>\n    %s%s\n</Proxy>\n" % (cache, SSL_PROXY.format(
                    self.farm.pki.internal.path), self.members(
                    "    BalancerMember https://{server}:{farm.https_port} keepalive=On ttl=100 timeout=1800")))

    @staticmethod
    def line(path):
        return "ProxyPass %s balancer://pool%s nocanon" % (path, path)


class Plain(OfModProxy):
    """Its 150 threads let three times as many clients in, and no more until those have gone."""

    name = "plain"

    @staticmethod
    def declines(site):
        return "its 150 threads are taken" if site.polls > 1000 else OfModProxy.declines(site)

    @property
    def before(self):
        members = self.members("        BalancerMember https://{server}:{farm.https_port}")
        return "%s    <Proxy balancer://pool>\n%s\n    </Proxy>" % (
            SSL_PROXY.format(self.farm.pki.internal.path), members)

    def mpm(self):
        return MPM.format(children=2, limit=16, threads=25, workers=150, low=25, high=75, stack=8 << 20)

    def settings(self):
        return 'SSLSessionCache "shmcb:%s(512000)"\nTimeout 300\n' % os.path.join(self.folder, "cache")

    @staticmethod
    def line(path):
        return "ProxyPass {0} balancer://pool{0}\n    ProxyPassReverse {0} balancer://pool{0}".format(path)


class Program(Candidate):
    """A proxy with one configuration file, in a folder of its own; no service of the system's."""

    @classmethod
    def program(cls):
        return shutil.which(cls.name.partition("-")[0], path="/usr/sbin:/usr/bin")

    def start(self):
        path = self.program()
        if not path:
            raise SystemExit("%s is not installed: make -f apxs.mk bench as root does it" % self.name)
        conf = os.path.join(self.folder, "conf")
        with open(conf, "w") as file:
            file.write(self.text())
        said = os.path.join(self.folder, "output")
        with open(said, "w") as output:
            self.process = subprocess.Popen([path, *[word.format(conf=conf) for word in self.words]], stdout=output,
                                            stderr=output, env=self.stage.environment(), stdin=subprocess.DEVNULL)
        self.pid = self.process.pid

        def up():
            if self.process.poll() is not None:
                with open(said) as file:
                    raise SystemExit("%s ended with %d: %s" % (self.name, self.process.returncode, file.read()))
            return listening(self.port)
        wait("%s is up" % self.name, up, SLOW_START)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def reload(self):
        self.process.send_signal(self.signal)


NGINX_FOLDERS = """
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""
NGINX = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 19000; }}
http {{
    access_log off;""" + NGINX_FOLDERS + """    server_names_hash_max_size 16384;
    server_names_hash_bucket_size 128;
    keepalive_requests 1000000;
    keepalive_timeout 120;
    client_body_buffer_size 64k;
    proxy_max_temp_file_size 0;
    proxy_read_timeout 1800;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_ssl_trusted_certificate {ca};
    proxy_ssl_verify on;
    proxy_ssl_name {farm.name};
    proxy_ssl_server_name on;
    # nginx 1.22 leaves TLS 1.3 out, on either side
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:SSL:10m;
    {certificates}
    upstream pool {{
{members}
        keepalive 128;
    }}
{servers}
}}
"""
NGINX_SERVER = """
    server {{
        listen {port} ssl{once};
        server_name {host};
{locations}
    }}"""


class Nginx(Program):
    name, words, signal = "nginx", ("-c", "{conf}", "-p", "/"), signal.SIGHUP

    @staticmethod
    def declines(site):
        return "Debian's cannot do NTLM" if site.ntlm else None

    def text(self):
        servers = "".join(
            NGINX_SERVER.format(port=self.port, host=host, once="" if number else " backlog=4096", locations="\n".join(
                "        location %s { proxy_pass https://pool; }" % path for path in paths))
            for number, (host, paths) in enumerate(self.site.by_host().items()))
        return NGINX.format(
            folder=self.folder, user="user nobody nogroup;" if os.getuid() == 0 else "", farm=self.farm,
            ca=self.farm.pki.internal.path, members=self.members("        server {address}:{farm.https_port};"),
            certificates=self.certificates("ssl_certificate {leaf.chain}; ssl_certificate_key {leaf.key};"),
            servers=servers)


HAPROXY = """
global
    nbthread 2
    tune.ssl.cachesize 20000
defaults
    mode http
    timeout client 1800s
    timeout server 1800s
    timeout connect 5s
    timeout http-keep-alive 120s
frontend public
    bind :{port} ssl crt {folder}/both.pem
{rules}
backend pool
    http-reuse {reuse}
{members}
"""


class Haproxy(Program):
    name, words, signal = "haproxy", ("-W", "-db", "-f", "{conf}"), signal.SIGUSR2
    reuse = "safe"

    @staticmethod
    def declines(site):
        """It is one process, with two connections a poll and some of its own."""
        needed, allowed = 2 * site.polls + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return "one process, and %d open files: ulimit -n is %d" % (needed, allowed) if needed > allowed else None

    def lay_certificates(self):
        super().lay_certificates()
        for kind, leaf in self.leaves.items():
            with open(os.path.join(self.folder, "both.pem." + {"rsa": "rsa", "ec": "ecdsa"}[kind]), "w") as both:
                for part in (leaf.chain, leaf.key):
                    with open(part) as file:
                        both.write(file.read())

    def text(self):
        table = os.path.join(self.folder, "rules.map")
        with open(table, "w") as file:
            file.writelines("%s%s pool\n" % rule for rule in self.site.rules)
        rules = "    default_backend pool" if not self.site.rules else (
            "    use_backend %%[base,lower,map_beg(%s)]" % table)
        return HAPROXY.format(port=self.port, folder=self.folder, rules=rules, reuse=self.reuse, members=self.members(
            "    server fe{number} {address}:{farm.https_port} ssl verify required ca-file {ca} "
            "verifyhost {farm.name} sni str({farm.name})"))


class HaproxyAlways(Haproxy):
    """It makes no connection for a client's first request, which is cheaper, and fails when the pool closes the one
    that it takes."""

    name, reuse = "haproxy-always", "always"

    @staticmethod
    def declines(site):
        return "as haproxy" if site.rules or site.polls else None


CANDIDATES = {candidate.name: candidate for candidate in (ModLync, Tuned, Plain, Nginx, Haproxy, HaproxyAlways)}
