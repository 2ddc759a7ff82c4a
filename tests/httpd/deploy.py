"""The deployment that most tests share: simulated pools, published by the real lyncadm."""

import base64
import json
import os
import shlex
import ssl
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pool"))
import signals  # noqa: E402, F401
from pki import PKI  # noqa: E402
from pool import LyncPool, Users, hosts_file  # noqa: E402

from httpd import VALGRIND, free_port, lyncadm, wait  # noqa: E402
from raw import Connection  # noqa: E402

WEBEXT, WEBEXT2, WEBDIR = "webext.contoso.com", "webext2.contoso.com", "webdirext.contoso.com"
MEET, DIALIN, DISCOVER = "meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com"
OWAS = "officewebapps01.contoso.com"
PUBLIC = [WEBEXT, WEBEXT2, WEBDIR, MEET, DIALIN, DISCOVER, OWAS]


class Pools:
    """Two pools of two servers, a Director and an Office Web Apps farm, simulated. published: the ports for a proxy,
    https and http, that they hand out in links."""

    def __init__(self, stage, **arguments):
        self.published = free_port(), free_port()
        arguments = dict(zip(("published_https", "published_http"), self.published), **arguments)
        self.pki = PKI(stage.path("pki"))
        self.users = Users()
        self.one = self.pool(stage, "lyncpool01", ["fe01", "fe02"], external=WEBEXT, **arguments)
        self.two = self.pool(stage, "lyncpool02", ["fe03", "fe04"], external=WEBEXT2, **arguments)
        self.director = self.pool(stage, "lyncdir01", ["dir01"], role="director", external=WEBDIR, home=WEBEXT,
                                  **arguments)
        self.owas = self.pool(stage, "wac01", ["wac01"], role="officewebapps", external=OWAS, **arguments)
        self.all = [self.one, self.two, self.director, self.owas]
        self.hosts_file = hosts_file(stage.path("hosts"), *self.all)
        self.by_host = {WEBEXT: self.one, WEBEXT2: self.two, WEBDIR: self.director, MEET: self.director,
                        DIALIN: self.director, DISCOVER: self.director, OWAS: self.owas}

    def pool(self, stage, name, servers, **arguments):
        return LyncPool(stage.path(name), name=name + ".contoso.local", pki=self.pki, users=self.users,
                        servers=[server + ".contoso.local" for server in servers], threads=64, **arguments)

    def start(self):
        for pool in self.all:
            pool.start()
        return self

    def stop(self):
        for pool in self.all:
            pool.stop()

    def seen(self):
        return [entry for pool in self.all for entry in pool.seen()]

    def leaks(self):
        return [entry for pool in self.all for entry in pool.leaks()]

    def forget(self):
        """What a proxy that is wrong on purpose let through is no leak to tests that come later."""
        for pool in self.all:
            pool.forget()

    def port_of(self, host, tls=True):
        pool = self.by_host[host]
        return pool.https_port if tls else pool.http_port

    def servers_of(self, host):
        return [server.name for server in self.by_host[host].servers]


def new_store(stage, store, chain, key, https, http, control=None):
    """A store with a certificate and the two listeners."""
    lyncadm(stage, store, "init", *(["--control", control] if control else []))
    lyncadm(stage, store, "certificate", "add", "external", "--chain", chain, "--key", key)
    lyncadm(stage, store, "listener", "add", "external", "--port", https, "--certificate", "external")
    lyncadm(stage, store, "listener", "add", "discovery", "--port", http, "--scheme", "http")


def publish_pool(stage, store, pool, verb="pool", *more, interval=5):
    """publish pool|director|officewebapps for a simulated pool, probed every interval seconds."""
    to = [word for server in pool.servers for word in ("--to", server.name)]
    lyncadm(stage, store, "publish", verb, pool.external, *to, "--name", pool.name, "--ca", pool.pki.internal.path,
            "--https-port", pool.https_port, "--http-port", pool.http_port, "--health-interval", interval,
            "--connect-timeout", 2, *more)


class Names:
    """Files of a store's certificate and trust anchors."""


def publish_standard(stage, store, pools, https, http, apply=True, control=None):
    """The README's deployment."""
    pki = PKI(stage.path("pki-" + os.path.basename(store)))
    leaf = pki.public.leaf(PUBLIC[0], sans=PUBLIC, file="external")
    names = Names()
    names.pki, names.chain, names.key = pki, leaf.chain, leaf.key
    names.leaf = ssl.PEM_cert_to_DER_cert(open(leaf.cert).read())
    names.pool_ca = stage.path("pool-ca-%s.pem" % os.path.basename(store))
    with open(names.pool_ca, "w") as file:
        file.write(open(pools.pki.internal.path).read())
    new_store(stage, store, leaf.chain, leaf.key, https, http, control)
    publish_pool(stage, store, pools.one)
    publish_pool(stage, store, pools.two)
    publish_pool(stage, store, pools.director, "director")
    publish_pool(stage, store, pools.owas, "officewebapps")
    lyncadm(stage, store, "pool", "set", pools.one.name, "--ca", names.pool_ca)
    via = ("--via", pools.director.name)
    lyncadm(stage, store, "publish", "simple-url", "meet", "https://" + MEET, *via)
    lyncadm(stage, store, "publish", "simple-url", "dialin", "https://" + DIALIN, *via)
    lyncadm(stage, store, "publish", "discover", "contoso.com", *via, "--http")
    if apply:
        apply_idle(stage, store, pools.hosts_file)
    return names


def control_of(httpd):
    """The words before -t and -k with which lyncadm reaches an httpd."""
    return " ".join(map(shlex.quote, httpd.command()))


def watchers(store):
    """Pids of the processes that wait for the end of a trial."""
    lines = subprocess.check_output(["ps", "-eo", "pid,args"], text=True).splitlines()
    return [int(line.split()[0]) for line in lines if "--watch" in line and store in line]


def apply_idle(stage, store, hosts):
    """Applies for an httpd that does not run yet."""
    httpd = stage.httpd(store=store, hosts=hosts)
    return lyncadm(stage, store, "apply", "-m", "first publication", "--control", control_of(httpd), hosts=hosts)


def add_route(stage, store, host, path, *more, listener="external"):
    lyncadm(stage, store, "route", "add", "--listener", listener, "--host", host, "--path", path, *more)


def own_world(stage, pools, ports=None, **arguments):
    """The standard deployment on these ports, or some of its own, in an httpd with these arguments."""
    store, (https, http) = stage.path("own.db"), ports or (free_port(), free_port())
    names = publish_standard(stage, store, pools, https, http)
    world = World(stage, pools, store, https, http, names.leaf, **arguments)
    world.names = names
    return world


class Echo:
    """What the simulated pool saw of a request, byte for byte."""

    def __init__(self, answer):
        self.answer, self.json = answer, json.loads(answer.body)
        head = base64.b64decode(self.json["head"])
        self.line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
        self.pairs = [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
        self.all = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.pairs]

    def fields(self, name):
        return [value for key, value in self.pairs if key.decode("latin-1").lower() == name.lower()]


class World:
    """Simulated pools, a store that publishes them, and the httpd that serves it."""

    owas_host = OWAS

    def __init__(self, stage, pools, store, https, http, leaf, **arguments):
        self.stage, self.pool, self.store = stage, pools, store
        self.https, self.http, self.leaf = https, http, leaf
        self.httpd = stage.httpd(store=store, hosts=pools.hosts_file, ports=(https, http), **arguments)
        self.httpd.start()

    def open(self, host=WEBEXT, tls=True, sni="", seconds=20):
        """A connection; sni: "" for host's name, None for none."""
        name = host.partition(":")[0].lower() if sni == "" else sni
        return Connection(self.https if tls else self.http, tls, name if tls else None, seconds=seconds)

    def ask(self, host, target="/", method="GET", fields=(), body=b"", tls=True, sni=""):
        with self.open(host, tls, sni) as connection:
            return connection.request(target, host, method, fields, body)

    def echo(self, host, target, **arguments):
        answer = self.ask(host, target, **arguments)
        assert answer.status == 200, answer
        return Echo(answer)

    def mark(self):
        """A word for a query, to look for in the pools' request logs."""
        return "m" + uuid.uuid4().hex

    def seen(self, mark):
        """Requests that any pool saw with this word in their line."""
        return [entry for entry in self.pool.seen() if mark in entry["line"]]

    def count(self):
        """How many requests pools saw from clients: those that are no probes of their health."""
        return sum(1 for entry in self.pool.seen() if not is_probe(entry))


def is_probe(entry):
    """A probe asks a server by its own name for its pool's health path."""
    host, path = (entry["host"] or "").partition(":")[0], entry["line"].split(" ")[1].lower()
    return host.endswith(".contoso.local") and path in ("/autodiscover/autodiscoverservice.svc/root", "/hosting/discovery")


class Small(World):
    """A world of one pool, for tests that break things. fields: of the pool's row, to set; controlled: its
    store knows how to reach its httpd; publish: more options for it; store: its name in the folder; start=False:
    until serve() nothing is applied and no httpd runs; leaf: more arguments for the listener's certificate."""

    def __init__(self, stage, servers=("fe01",), certificate=None, fields=(), start=True, controlled=False,
                 pool_arguments=None, publish=(), interval=2, store="lync.db", leaf=None, **httpd):
        self.stage = stage
        self.pki = PKI(stage.path("pki"))
        self.lync = LyncPool(stage.path("pool"), name="lyncpool01.contoso.local", pki=self.pki, external=WEBEXT,
                             servers=[name + ".contoso.local" for name in servers], threads=64,
                             **(pool_arguments or {}))
        stage.closers.append(self.lync.stop)
        self.hosts_file = hosts_file(stage.path("hosts"), self.lync)
        self.lync.hosts_file = self.hosts_file
        if certificate:
            for server in self.lync.servers:
                certificate(server)
        self.lync.start()
        self.pool, self.store, self.https, self.http = self.lync, stage.path(store), free_port(), free_port()
        self.httpd = stage.httpd(store=self.store, hosts=self.hosts_file, ports=(self.https, self.http), **httpd)
        self.leaf = self.pki.public.leaf(WEBEXT, sans=PUBLIC + ["lync.contoso.com"], file="external", **(leaf or {}))
        new_store(stage, self.store, self.leaf.chain, self.leaf.key, self.https, self.http,
                  control_of(self.httpd) if controlled else None)
        # a probe has to be answered within its interval; under valgrind all takes its time
        interval = max(interval, 10) if VALGRIND else interval
        publish_pool(stage, self.store, self.lync, "pool", *publish, interval=interval)
        for name, value in fields:
            lyncadm(stage, self.store, "pool", "set", self.lync.name, "--" + name, value)
        if start:
            self.serve()

    def serve(self):
        """Applies the draft and starts httpd."""
        lyncadm(self.stage, self.store, "apply", "-m", "first", "--control", control_of(self.httpd),
                hosts=self.hosts_file)
        # a file of the second in which httpd started may be another one than httpd read, and takes a reload
        wait("a later second", lambda: int(time.time()) > int(os.stat(self.pki.internal.path).st_ctime))
        self.httpd.start()
        return self
