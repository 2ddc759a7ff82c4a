"""What routing costs: CPU time of the proxy's processes per request, mod_lync beside the equal list of
ProxyPass lines, TLS on both sides, the last rule hit. Rounds are interleaved and medians are compared,
because machines are noisy; the ratios are the result.

usage: route.py [--rounds N] [--seconds N] [--json FILE]
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("httpd", "pool", "cli")]
from deploy import WEBEXT, Small, add_route, control_of  # noqa: E402
from httpd import Stage, free_port, lyncadm  # noqa: E402
from unguarded import unguarded  # noqa: E402

CONNECTIONS = 16
ANSWER = "/lab/answer?bytes=200"
PROXY = """
<VirtualHost *:{port}>
    ServerName {host}
    SSLEngine On
    SSLCertificateFile "{chain}"
    SSLCertificateKeyFile "{key}"
    SSLProxyEngine On
    SSLProxyCACertificateFile "{ca}"
    SSLProxyVerify require
    ProxyPreserveHost On
    SSLProxyCheckPeerName Off
    ProxyAddHeaders Off
    <Proxy balancer://pool>
        BalancerMember https://{server}:{backend} keepalive=On ttl=100
    </Proxy>
{lines}
</VirtualHost>
Listen {port}
SSLSessionCache "shmcb:{cache}(512000)"
"""


def rules(count):
    """Paths of the rules; the last one is hit."""
    return ["/service/%d" % i for i in range(count - 1)] + ["/lab"]


def plain(stage, world, leaf, count):
    port = free_port()
    lines = "\n".join("    ProxyPass %s balancer://pool%s nocanon" % (path, path) for path in rules(count))
    after = PROXY.format(port=port, host=WEBEXT, chain=leaf.chain, key=leaf.key, ca=world.pki.internal.path,
                         server=world.lync.servers[0].name, backend=world.lync.https_port, lines=lines,
                         cache=stage.path("cache-%d" % port))
    return stage.httpd(after=after, hosts=world.hosts_file, lync=False, log="warn", ports=(port,)).start(), port


def published(stage, world, leaf, count):
    """The same rules as rows. They are written by the thousand, hence not by lyncadm."""
    store, port = stage.path("store-%d.db" % count), free_port()
    pool = world.lync
    lyncadm(stage, store, "init")
    lyncadm(stage, store, "certificate", "add", "external", "--chain", leaf.chain, "--key", leaf.key)
    lyncadm(stage, store, "listener", "add", "external", "--port", port, "--certificate", "external")
    lyncadm(stage, store, "pool", "add", pool.name, "--server", pool.servers[0].name, "--ca",
            world.pki.internal.path, "--https-port", pool.https_port, "--http-port", pool.http_port)
    add_route(stage, store, WEBEXT, "/lab", "--pool", pool.name, "--scheme", "https", "--profile", "web")
    with unguarded(store) as database:
        database.executemany("INSERT INTO route (revision, listener, host, path, action, pool, scheme, profile) "
                             "VALUES (0, 'external', ?, ?, 'publish', ?, 'https', 'web')",
                             [(WEBEXT, path, pool.name) for path in rules(count)[:-1]])
    httpd = stage.httpd(store=store, hosts=world.hosts_file, log="warn", ports=(port,))
    lyncadm(stage, store, "apply", "--control", control_of(httpd), hosts=world.hosts_file)
    return httpd.start(), port


def cpu_seconds(httpd):
    """CPU time so far of an httpd and its children, living and waited for."""
    total = 0
    for pid in [httpd.process.pid] + httpd.children():
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measure(httpd, port, seconds):
    """CPU microseconds per request over a burst of load."""
    before = cpu_seconds(httpd)
    output = subprocess.run(["wrk", "-t1", "-c%d" % CONNECTIONS, "-d%d" % seconds, "-H", "Host: " + WEBEXT,
                             "https://127.0.0.1:%d%s" % (port, ANSWER)], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    if re.search("Non-2xx|Socket errors", output):
        raise SystemExit("requests failed:\n" + output)
    return (cpu_seconds(httpd) - before) * 1e6 / int(re.search(r"(\d+) requests in", output).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    stage = Stage()
    try:
        world = Small(stage, start=False, pool_arguments={"log": False})
        leaf = world.pki.public.leaf(WEBEXT, sans=[WEBEXT], file="bench")
        candidates = {"mod_lync, 10 routes": published(stage, world, leaf, 10),
                      "mod_lync, 5000 routes": published(stage, world, leaf, 5000),
                      "ProxyPass, 10 lines": plain(stage, world, leaf, 10),
                      "ProxyPass, 5000 lines": plain(stage, world, leaf, 5000)}
        samples = {name: [] for name in candidates}
        for httpd, port in candidates.values():
            measure(httpd, port, 1)
        for _ in range(arguments.rounds):
            for name, (httpd, port) in candidates.items():
                samples[name].append(measure(httpd, port, arguments.seconds))
    finally:
        stage.close()
    medians = {name: statistics.median(values) for name, values in samples.items()}
    base = medians["ProxyPass, 10 lines"]
    print("%-24s %12s %8s %8s" % ("routing", "CPU us/req", "spread", "ratio"))
    for name, value in medians.items():
        print("%-24s %12.1f %7.0f%% %8.2f" % (name, value, 100 * (max(samples[name]) - min(samples[name])) / value,
                                              value / base))
    print("5000 routes against 10: %.2f" % (medians["mod_lync, 5000 routes"] / medians["mod_lync, 10 routes"]))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"cpu_us_per_request": medians, "samples": samples}, file, indent=1)


if __name__ == "__main__":
    main()
