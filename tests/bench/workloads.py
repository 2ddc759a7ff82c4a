"""What the proxies are made to do. A workload is a list of cases; a case runs against a proxy and gives a row of
numbers, one of which is what counts: the lower, the better.

cpu_us   CPU microseconds of the proxy's own processes per request
kb_each  memory (proportional set size) for each connection that is held
p99_us   how long the slowest percent of requests took
"""

import threading
import time

from candidates import Site
from deploy import WEBEXT
from measure import Clients, burst, memory, threads

GET, POLL = "/meet?bytes=200", "/ucwa/v1/events?hold"
DOWNLOAD, SOAP = "/abs/handler?bytes=1048576", "/webticket/webticketservice.svc?bytes=200"
RULES = (10, 100, 1000, 5000)
WARM_UP = 0.5
SLOW = 60                       # seconds; for what ends by itself


class Case:
    """name: in the table; counts: the number that is compared; site: what the proxy publishes."""

    def __init__(self, name, counts="cpu_us", site=None):
        self.name, self.counts, self.site = name, counts, site or DEFAULT

    def warm_up(self, proxy):
        """So that its connections to the pool are there, and no child is new."""
        burst(proxy, self.site.host, "/lab" if self.site.rules else GET, 16, WARM_UP)


class Load(Case):
    """Requests one after the other on some connections."""

    def __init__(self, name, target, connections=16, site=None, **options):
        super().__init__(name, site=site)
        self.target, self.connections, self.options = target, connections, options

    def run(self, proxy, seconds):
        return burst(proxy, self.site.host, self.target, self.connections, seconds, **self.options)


class Held(Case):
    """Connections that all ask once. Pending: the pool's answer is held back until all are there."""

    def __init__(self, name, target, connections, site=None):
        super().__init__(name, "kb_each", site)
        self.target, self.connections = target, connections

    def run(self, proxy, seconds):
        before = memory(proxy.pid)
        with Clients(proxy.port, self.site.host, self.target, self.connections, SLOW, once=1) as clients:
            row = {"pending": settle(proxy.farm, self.connections)} if self.target == POLL else {}
            if not row:
                row.update(clients.answered())
            row.update(memory_mb=memory(proxy.pid) / 1e6, threads=threads(proxy.pid))
            row["kb_each"] = (memory(proxy.pid) - before) / self.connections / 1e3
            if self.target == POLL:
                row.update(probes(proxy))
                row.update(let_go(proxy.farm, clients))
        return row


def settle(farm, wanted):
    """Waits until so many requests are pending, or no more come; how many are."""
    found = [-1]
    while found[-1] < wanted and (len(found) < 20 or found[-20] < found[-1]):
        time.sleep(0.1)
        found.append(farm.pending())
    return found[-1]


def probes(proxy):
    """What others notice of the polls: the slowest of some requests on new connections."""
    row = burst(proxy, WEBEXT, GET, 1, 0.3, fresh="full")
    return {"probe_us": row["max_us"], "probes": row["requests"]}


def let_go(farm, clients):
    """Answers polls, those that only then get to the pool too, until all clients have theirs."""
    answer = {}
    thread = threading.Thread(target=lambda: answer.update(clients.answered()))
    thread.start()
    while thread.is_alive():
        farm.release()
        thread.join(0.1)
    return answer


class Reload(Case):
    """Reloads, one a second, under requests at a steady rate, with so many polls pending."""

    def __init__(self, name, polls):
        super().__init__(name, "p99_us", Site(polls=max(polls, 1)))
        self.polls = polls

    def run(self, proxy, seconds):
        with Clients(proxy.port, WEBEXT, POLL, self.polls, SLOW, once=1) as polls:
            pending = settle(proxy.farm, self.polls)
            row = self.reload(proxy, max(seconds, 1))
            held = let_go(proxy.farm, polls)
        row.update(pending=pending, polls_cut=held["failed"])
        return row

    @staticmethod
    def reload(proxy, seconds):
        answer = {}
        thread = threading.Thread(target=lambda: answer.update(
            burst(proxy, WEBEXT, GET, 20, seconds + 1, pause=10)))
        thread.start()
        for _ in range(int(seconds)):
            time.sleep(0.5)
            proxy.reload()
            time.sleep(0.5)
        thread.join()
        return answer


def by_path(count):
    return Site([(WEBEXT, "/service/%d" % number) for number in range(count - 1)] + [(WEBEXT, "/lab")])


def by_host(count):
    return Site([("h%d.contoso.com" % number, "/lab") for number in range(count)])


def held(name, target, counts):
    return [Held("%s, %d" % (name, count), target, count, Site(polls=count)) for count in counts]


DEFAULT = Site()
WORKLOADS = {
    "get": [Load("small GET, keep-alive", GET)],
    "tls": [Load("new connection, %s, %s" % (fresh, key), GET, fresh=fresh, key=key,
                 **({"tls": "1.2"} if fresh == "resumed" else {}))
            for fresh in ("full", "resumed") for key in ("rsa", "ecdsa")],
    "download": [Load("1 MB download", DOWNLOAD, 8)],
    "post": [Load("8 KB SOAP post", SOAP, post=8192)],
    "rules": [Load("%d rules by %s, last hit" % (count, kind), "/lab?bytes=200", site=sites(count))
              for kind, sites in (("path", by_path), ("host", by_host)) for count in RULES],
    "polls": held("pending polls", POLL, (100, 1000, 3500, 10000)),
    "idle": held("idle connections", GET, (1000,)),
    "reload": [Reload("reload", 0), Reload("reload, 1000 pending", 1000)],
}
