"""Who is served as whom: NTLM through mod_lync and through what people put in its place, all in front of the
same simulated pool (a real NTLM server, which binds the user to the connection as IIS does), TLS on both
sides.

handshakes   8 threads × 10 connections log in: how many are served as themselves
follow-ups   4 more requests on each, without credentials: the same
wrong user   how many of all those were served as somebody else
leaks        one user logs in; new clients ask without any credentials: how many are served as that user
pooled       connections that the pool sees for 60 anonymous requests by 60 clients (fewer is cheaper)

Once with a pool of one server, where what is shared is seen best, and once with two, between which a
handshake may fall. usage: identity.py [--json FILE]
The exit status is 1 when mod_lync is not without fault.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("httpd", "pool", "cli")]
from deploy import WEBEXT, Small  # noqa: E402
from httpd import HTTPD, Stage, free_port, listening, wait  # noqa: E402
from pin_clients import AUTH, dial, in_threads, user, users  # noqa: E402
from programs import NGINX_FOLDERS  # noqa: E402

THREADS, CONNECTIONS, FOLLOW_UPS, ANONYMOUS, POOLED = 8, 10, 4, 6, 60
NAMES = ("alice", "bob", "carol", "dave")

MOD_PROXY = """
<VirtualHost 127.0.0.1:{port}>
    ServerName {host}
    SSLEngine On
    SSLCertificateFile "{chain}"
    SSLCertificateKeyFile "{key}"
    SSLProxyEngine On
    SSLProxyCACertificateFile "{ca}"
    SSLProxyVerify require
    SSLProxyCheckPeerName Off
    ProxyPreserveHost On
    <Proxy balancer://pool>
{members}
    </Proxy>
    ProxyPass / balancer://pool/
</VirtualHost>
Listen 127.0.0.1:{port}
"""
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;""" + NGINX_FOLDERS + """    upstream pool {{
{members}
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        ssl_certificate {chain};
        ssl_certificate_key {key};
        location / {{
            proxy_pass https://pool;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_verify on;
            proxy_ssl_name {pool};
        }}
    }}
}}
"""
HAPROXY = """
global
    maxconn 1000
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend public
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem
    default_backend pool
backend pool
    http-reuse {reuse}
{members}
"""


class Front:
    """A proxy to be asked, in the form that pin_clients knows."""

    def __init__(self, pool, port):
        self.pool, self.https = pool, port


class Bench:
    def __init__(self, stage, servers):
        self.stage, self.programs = stage, []
        names = ["fe%02d" % number for number in range(1, servers + 1)]
        self.world = Small(stage, servers=names)
        self.pool = self.world.lync

    def fill(self, text, port, member, **more):
        members = "\n".join(member.format(server=server.name, short=server.name.partition(".")[0],
                                          address=server.address, port=self.pool.https_port, pool=self.pool.name,
                                          ca=self.pool.pki.internal.path) for server in self.pool.servers)
        leaf = self.world.leaf
        return text.format(port=port, host=WEBEXT, chain=leaf.chain, key=leaf.key, ca=self.pool.pki.internal.path,
                           members=members, pool=self.pool.name, **more)

    def mod_lync(self):
        return Front(self.pool, self.world.https)

    def mod_proxy(self, parameters):
        port = free_port()
        after = self.fill(MOD_PROXY, port, "        BalancerMember https://{server}:{port} " + parameters)
        self.stage.httpd(after=after, hosts=self.world.hosts_file, lync=False, log="crit", ports=(port,)).start()
        return Front(self.pool, port)

    def program(self, name, text, *arguments, **more):
        """nginx or haproxy with a configuration of ours, in a folder of its own; no service of the system's."""
        path = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if not path:
            raise SystemExit("%s is not installed: apt-get install --no-install-recommends nginx-light haproxy" % name)
        port, folder = free_port(), self.stage.path("%s%d" % (name, len(self.programs)))
        os.makedirs(folder)
        with open(os.path.join(folder, "both.pem"), "w") as both:
            for part in (self.world.leaf.chain, self.world.leaf.key):
                with open(part) as file:
                    both.write(file.read())
        conf = os.path.join(folder, "conf")
        with open(conf, "w") as file:
            file.write(self.fill(text, port, folder=folder, **more))
        with open(os.path.join(folder, "output"), "w") as output:
            process = subprocess.Popen([path, *[argument.format(conf=conf) for argument in arguments]], stdout=output,
                                       stderr=output, env=self.stage.environment(), stdin=subprocess.DEVNULL)
        self.programs.append(process)

        def up():
            if process.poll() is not None:
                with open(os.path.join(folder, "output")) as file:
                    raise SystemExit("%s ended with %d: %s" % (name, process.returncode, file.read()))
            return listening(port)
        wait(name + " is up", up)
        return Front(self.pool, port)

    def nginx(self):
        return self.program("nginx", NGINX, "-e", "stderr", "-c", "{conf}", member="        server {address}:{port};",
                            user="" if os.getuid() else "user nobody nogroup;")

    def haproxy(self, reuse):
        return self.program("haproxy", HAPROXY, "-db", "-f", "{conf}", reuse=reuse,
                            member="    server {short} {address}:{port} ssl verify required verifyhost {pool} "
                            "sni str({pool}) ca-file {ca}")

    def stop(self):
        for process in self.programs:
            process.terminate()
        for process in self.programs:
            process.wait()


def ask(wire):
    """Who a request without credentials is served as; None: nobody, or no answer."""
    try:
        answer = wire.get(AUTH)
    except Exception:                   # whatever a client may see of a broken handshake or connection
        return None
    return user(answer) if answer.status == 200 else None


def log_in(front, wire, who):
    """Who a handshake is served as."""
    try:
        answer = wire.ntlm(AUTH, *users(front).login(who))
    except Exception:                   # no challenge where one is due, another's challenge, the end
        return None
    return user(answer) if answer.status == 200 else None


def leaks(front):
    """Of clients without credentials, after a user has logged in and gone."""
    for _ in range(10):
        with dial(front) as wire:
            if log_in(front, wire, NAMES[0]):
                break
    found = 0
    for _ in range(ANONYMOUS):
        with dial(front) as wire:
            found += ask(wire) is not None
    return found


def crowd(front):
    def one_thread(number):
        handshakes = follow_ups = wrong = 0
        for turn in range(CONNECTIONS):
            who = NAMES[(number + turn) % len(NAMES)]
            with dial(front) as wire:
                served = [log_in(front, wire, who)] + [ask(wire) for _ in range(FOLLOW_UPS)]
            handshakes += served[0] == who
            follow_ups += served[1:].count(who)
            wrong += sum(each not in (None, who) for each in served)
        return handshakes, follow_ups, wrong
    return [sum(column) for column in zip(*in_threads(THREADS, one_thread))]


def pooled(front):
    """After a warm-up, so that each server has been met."""
    seen = set()
    for number in range(2 * POOLED):
        with dial(front) as wire:
            answer = wire.get("/meet/a/b")
        if number >= POOLED:
            seen.add((answer.header("X-Test-Server"), answer.header("X-Test-Connection")))
    return len(seen)


def measure(front):
    row = {"leaks": leaks(front)}
    row["handshakes"], row["follow_ups"], row["wrong_user"] = crowd(front)
    row["leaks"] += leaks(front)
    row["pooled"] = pooled(front)
    return row


def run(servers):
    """The rows of all, in front of a pool of so many servers."""
    stage = Stage()
    try:
        bench = Bench(stage, servers)
        try:
            fronts = {"mod_lync": bench.mod_lync(), "mod_proxy": bench.mod_proxy("keepalive=On"),
                      "mod_proxy disablereuse=on": bench.mod_proxy("disablereuse=On"),
                      "nginx, upstream keepalive": bench.nginx(), "haproxy": bench.haproxy("safe"),
                      "haproxy, http-reuse always": bench.haproxy("always")}
            return {name: measure(front) for name, front in fronts.items()}
        finally:
            bench.stop()
    finally:
        stage.close()


def versions():
    found = {}
    for command in ([HTTPD, "-v"], ["/usr/sbin/nginx", "-v"], ["/usr/sbin/haproxy", "-v"]):
        if os.path.exists(command[0]):
            text = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
            found[os.path.basename(command[0])] = text.splitlines()[0]
    return found


def table(servers, rows):
    connections, clients = THREADS * CONNECTIONS, 2 * ANONYMOUS
    print("%-26s %12s %12s %11s %9s %7s" % ("identity, %d server%s" % (servers, "s"[:servers > 1]), "handshakes",
                                            "follow-ups", "wrong user", "leaks", "pooled"))
    for name, row in rows.items():
        print("%-26s %12s %12s %11d %9s %7d" % (
            name, "%d of %d" % (row["handshakes"], connections),
            "%d of %d" % (row["follow_ups"], connections * FOLLOW_UPS), row["wrong_user"],
            "%d of %d" % (row["leaks"], clients), row["pooled"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    arguments = parser.parse_args()
    results = {}
    for servers in (1, 2):
        results[servers] = run(servers)
        table(servers, results[servers])
    connections = THREADS * CONNECTIONS
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"connections": connections, "follow_ups_each": FOLLOW_UPS, "anonymous_clients": 2 * ANONYMOUS,
                       "pooled_requests": POOLED, "versions": versions(), "identity_by_servers": results}, file,
                      indent=1)
    good = {"handshakes": connections, "follow_ups": connections * FOLLOW_UPS, "wrong_user": 0, "leaks": 0}
    return 0 if all({name: rows["mod_lync"][name] for name in good} == good for rows in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
