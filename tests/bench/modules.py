"""mod_lync, and mod_proxy as people set it."""

import functools
import os
import signal

from candidate import Candidate
from deploy import add_route, control_of, new_store, publish_pool
from httpd import free_port, lyncadm
from unguarded import unguarded


PASTE = "to paste into the configuration of the MPM (event):\n"
USERS = 2000                    # where no polls are pending
UNIT = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}       # what lyncadm proposes for the unit of httpd
MANY = 100                      # names: virtual hosts of more take seconds of each start
SLOW = "5,000 virtual hosts take a minute of each start (50 s of CPU time, 350 MB)"


@functools.lru_cache(maxsize=None)
def advised(stage, users):
    """The MPM's directives and values that lyncadm proposes for so many users. What it leaves out is chosen so that all
    children are there from the start, and stay."""
    store = stage.path("advice-%d.db" % users)
    lyncadm(stage, store, "init")
    asked = stage.httpd(store=store)
    said = lyncadm(stage, store, "check", "--users", users, "--control", control_of(asked), ok=False)
    found = dict(line.split(None, 1) for line in said.stdout.partition(PASTE)[2].splitlines())
    if "MaxRequestWorkers" not in found:
        raise SystemExit("lyncadm proposes no MPM for %d users:\n%s%s" % (users, said.stdout, said.stderr))
    workers = int(found["MaxRequestWorkers"])
    children = workers // int(found["ThreadsPerChild"])
    return {"StartServers": children, "MinSpareThreads": workers // 2, "MaxSpareThreads": workers, **found}


class OfHttpd(Candidate):
    """Its MPM is the one that its number of users takes: lyncadm says which."""

    log = "crit"

    def mpm(self):
        return advised(self.stage, max(self.site.polls, USERS))

    def stop(self):
        self.httpd.stop()

    def reload(self):
        self.httpd.process.send_signal(signal.SIGUSR1)

    def run(self, environment=None, **arguments):
        self.httpd = self.stage.httpd(hosts=self.farm.hosts_file, log=self.log, ports=(self.port,),
                                      before="\n".join("%s %s" % pair for pair in self.mpm().items()), **arguments)
        self.httpd.environment.update(environment or {})


class ModLync(OfHttpd):
    name = "mod_lync"

    def start(self):
        farm, site, store = self.farm, self.site, os.path.join(self.folder, "lync.db")
        leaves = self.leaves
        self.run(store=store, environment=UNIT)
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


CERTIFICATE = 'SSLCertificateFile "{leaf.chain}"\n    SSLCertificateKeyFile "{leaf.key}"'
VHOST = """
<VirtualHost *:{port}>
    ServerName {host}
    SSLEngine On
    {certificates}
    ProxyPreserveHost On
    {lines}
</VirtualHost>
"""
# Who is not in the map is refused: this virtual host is that of all other names too.
NAMES = """RewriteEngine On
    RewriteMap names "txt:{names}"
    RewriteCond ${{names:%{{SERVER_NAME}}}} !=yes
    RewriteRule ^ - [F]"""
SSL_PROXY = """SSLProxyEngine On
    SSLProxyVerify require
    SSLProxyCACertificateFile "{0}"
"""


class OfModProxy(OfHttpd):
    """A virtual host a name, a ProxyPass line a path. A virtual host with TLS takes 7 ms of each start."""

    @staticmethod
    def declines(site):
        return "its connections are everybody's: NTLM makes users each other" if site.ntlm else None

    def virtual_host(self, host, paths, *more):
        return VHOST.format(port=self.port, host=host, certificates=self.certificates(CERTIFICATE),
                            lines="\n    ".join([self.before, *more, *map(self.line, paths)]))

    def virtual_hosts(self):
        return "".join(self.virtual_host(host, paths) for host, paths in self.site.by_host().items())

    def start(self):
        self.run(lync=False, modules=("rewrite",),
                 after="Listen %d\n%s%s" % (self.port, self.settings(), self.virtual_hosts()))
        self.pid = self.httpd.start().process.pid


class Tuned(OfModProxy):
    """Many names with the same paths are one virtual host, with a map of its names."""

    name, before = "tuned", ""

    def virtual_hosts(self):
        by_host = self.site.by_host()
        (first, paths), names = next(iter(by_host.items())), os.path.join(self.folder, "names")
        if len(by_host) <= MANY or any(each != paths for each in by_host.values()):
            return super().virtual_hosts()
        with open(names, "w") as file:
            file.writelines("%s yes\n" % host for host in by_host)
        return self.virtual_host(first, paths, NAMES.format(names=names))

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
        if site.polls > 1000:
            return "its 150 threads are taken"
        return SLOW if len(site.by_host()) > 1000 else OfModProxy.declines(site)

    @property
    def before(self):
        members = self.members("        BalancerMember https://{server}:{farm.https_port}")
        return "%s    <Proxy balancer://pool>\n%s\n    </Proxy>" % (
            SSL_PROXY.format(self.farm.pki.internal.path), members)

    def mpm(self):
        """Debian's."""
        return {"StartServers": 2, "ServerLimit": 16, "ThreadLimit": 64, "ThreadsPerChild": 25,
                "MaxRequestWorkers": 150, "MinSpareThreads": 25, "MaxSpareThreads": 75}

    def settings(self):
        return 'SSLSessionCache "shmcb:%s(512000)"\nTimeout 300\n' % os.path.join(self.folder, "cache")

    @staticmethod
    def line(path):
        return "ProxyPass {0} balancer://pool{0}\n    ProxyPassReverse {0} balancer://pool{0}".format(path)
