"""What the proxies are made to do. A workload is a list of cases; a case runs against a proxy and gives a row of
numbers, one of which is what counts: the lower, the better.

cpu_us        CPU microseconds of the proxy's own processes per request, or per sign-in
kb_each       memory (proportional set size) for each connection that is held
p99_us        how long the slowest percent of requests took; probe_us: of those beside what is held
effective_ms  from the signal to the moment when nobody meets the configuration before any more
"""

import statistics
import threading
import time

from candidate import Site
from deploy import WEBEXT
from farm import presented
from measure import Clients, burst, memory, threads

GET, POLL = "/meet?bytes=200", "/ucwa/v1/events?hold"
LAST = GET + "&close"           # on its connection to the pool
DOWNLOAD, SOAP = "/abs/handler?bytes=1048576", "/webticket/webticketservice.svc?bytes=200"
RULES = (10, 100, 1000, 5000)
WARM_UP = 0.5
SLOW = 60                       # seconds; for what ends by itself
LONG = 10                       # seconds; what is not effective then is taken for never
STILL = 5                       # seconds in which no request more has come: no more will
SURE = 20                       # handshakes one after the other that all show what is new


class Case:
    """name: in the table; counts: the number that is compared, also: others; site: what the proxy publishes."""

    also = ()

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


class Names(Load):
    """The clients' connections take turns among all names of the site."""

    def run(self, proxy, seconds):
        return burst(proxy, ",".join(self.site.by_host()), self.target, self.connections, seconds)


class ToPool(Load):
    """The first of those with one site warms all of them up."""

    def warm_up(self, proxy):
        """Longer: httpd takes its threads in turn, and each pays for its first connection."""
        self.run(proxy, 4 * WARM_UP)


class NewConnections(Load):
    """Each request on a connection of its own."""

    def warm_up(self, proxy):
        """Longer, for the same reason."""
        burst(proxy, self.site.host, self.target, self.connections, 4 * WARM_UP, fresh="resumed", tls="1.2",
              key=self.options["key"])


class SignIns(Load):
    """Clients that sign in, one after the other: signin.c says how. A request is a whole sign-in."""

    def __init__(self, name, how, site=None):
        super().__init__(name, how, 64, site, program="signin")

    def warm_up(self, proxy):
        """Longer, for the same reason."""
        self.run(proxy, 4 * WARM_UP)


class Held(Case):
    """Connections that all ask once. Pending: the pool's answer is held back until all are there."""

    def __init__(self, name, target, connections, site=None):
        super().__init__(name, "kb_each", site)
        self.target, self.connections = target, connections
        self.also = ("probe_us",) if target == POLL else ()

    def run(self, proxy, seconds):
        # what a round before this one has left behind is a price of connections too
        proxy.empty = proxy.empty or memory(proxy.pid)
        patience = SLOW + self.connections / 100
        with Clients(proxy.port, self.site.host, self.target, self.connections, patience, once=1) as clients:
            row = {}
            if self.target == POLL:
                row["pending"] = settle(proxy.farm, self.connections)
                row["not_taken"] = self.connections - row["pending"]
            else:
                row.update(clients.answered())
            row.update(memory_mb=memory(proxy.pid) / 1e6, threads=threads(proxy.pid))
            row["kb_each"] = (row["memory_mb"] * 1e6 - proxy.empty) / self.connections / 1e3
            if self.target == POLL:
                row.update(probes(proxy, seconds))
                row.update(let_go(proxy.farm, clients))
        return row


def settle(farm, wanted):
    """Waits until so many requests are pending, or no more come; how many are."""
    found, since = farm.pending(), time.monotonic()
    while found < wanted and time.monotonic() < since + STILL:
        time.sleep(0.1)
        before, found = found, farm.pending()
        since = time.monotonic() if found > before else since
    return found


def probes(proxy, seconds):
    """What others notice of the polls: the slowest percent of requests on new connections, one at a time."""
    row = burst(proxy, WEBEXT, GET, 1, seconds, fresh="full")
    return {"probe_us": row["p99_us"], "probe_max_us": row["max_us"], "probes": row["requests"],
            "probes_failed": row["failed"], "shut_out": int(not row["requests"])}


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
    """Reloads, each of which brings other certificates, one a second, under 2,000 requests a second, with so many polls
    pending. come_back: they are answered after so many milliseconds, and asked again; otherwise they are pending all the
    time, and answered in the end."""

    also = ("p99_us",)

    def __init__(self, name, polls, reloads=None, come_back=None):
        super().__init__(name, "effective_ms", Site(polls=polls))
        self.polls, self.reloads, self.come_back = polls, reloads, come_back

    def run(self, proxy, seconds):
        reloads = self.reloads or max(int(seconds), 1)
        patience = SLOW + 3 * reloads
        if self.come_back:
            polls = Clients(proxy.port, WEBEXT, "%s=%d" % (POLL, self.come_back), self.polls, patience)
        else:
            polls = Clients(proxy.port, WEBEXT, POLL, self.polls, patience, once=1)
        with polls:
            pending = settle(proxy.farm, self.polls)
            row = self.reload(proxy, reloads, patience)
            if self.come_back:
                polls.stop()
            held = polls.answered() if self.come_back else let_go(proxy.farm, polls)
        row.update(pending=pending, polls_cut=held["failed"], polls_answered=held["requests"])
        return row

    @staticmethod
    def reload(proxy, reloads, patience):
        effective, unreached = [], 0

        def all_of_them():
            nonlocal unreached
            for _ in range(reloads):
                began = time.monotonic()
                time.sleep(0.5)
                took, failed = until_effective(proxy)
                effective.append(took)
                unreached += failed
                if took > LONG * 1e3:
                    break
                time.sleep(max(began + 1 - time.monotonic(), 0))
        row = burst(proxy, WEBEXT, GET, 20, patience, until=all_of_them, every=10)
        row.update(effective_ms=statistics.median(effective), effective_max_ms=max(effective), unreached=unreached,
                   reloads=len(effective))
        return row


def until_effective(proxy):
    """Milliseconds from a reload to the first of many handshakes that all show what it brought, and how many clients
    found nobody meanwhile."""
    new, row, first, failed = proxy.renew(), 0, None, 0
    began = time.monotonic()
    proxy.reload()
    while row < SURE and time.monotonic() < began + LONG:
        shown = presented(proxy.port, WEBEXT)
        row = row + 1 if shown in new else 0
        first = time.monotonic() if row == 1 else first
        failed += shown is None
        time.sleep(0.005)
    return ((first if row else time.monotonic()) - began) * 1e3, failed


def by_path(count):
    return Site([(WEBEXT, "/service/%d" % number) for number in range(count - 1)] + [(WEBEXT, "/lab")])


def by_host(count):
    return Site([("h%d.contoso.com" % number, "/lab") for number in range(count)])


def rules(kind, sites):
    return [Load("%d rules by %s, last hit" % (count, kind), "/lab?bytes=200", site=sites(count)) for count in RULES]


def to_pool(version, pool):
    """The pool ends each connection after an answer, and it does not."""
    site = Site(pool=pool)
    return [ToPool("%s connection to the pool, TLS %s" % (kind, version), target, site=site)
            for kind, target in (("new", LAST), ("kept", GET))]


def held(name, target, counts):
    return [Held("%s, %d" % (name, count), target, count, Site(polls=count)) for count in counts]


DEFAULT = Site()
WORKLOADS = {
    "get": [Load("small GET, keep-alive", GET)],
    "tls": [NewConnections("new connection, %s, %s" % (fresh, key), GET, fresh=fresh, key=key,
                           **({"tls": "1.2"} if fresh == "resumed" else {}))
            for fresh in ("full", "resumed") for key in ("rsa", "ecdsa")],
    "download": [Load("1 MB download", DOWNLOAD, 8)],
    "post": [Load("8 KB SOAP post", SOAP, post=8192)],
    "backend": to_pool("1.2", ("rsa", "1.2")) + to_pool("1.3", ("rsa", None)),
    "names": [Names("small GET, 4 names on one pool", "/lab?bytes=200", site=by_host(4))],
    "rules": rules("path", by_path),
    "hosts": rules("host", by_host),
    "polls": held("pending polls", POLL, (100, 1000, 3500, 10000)),
    "idle": held("idle connections", GET, (1000,)),
    "signin": [SignIns("sign-in storm, NTLM", "ntlm", Site(ntlm=True)), SignIns("sign-in storm, password", "password")],
    "reload": [Reload("reload", 0), Reload("reload, 1000 pending", 1000)],
    "reloads": [Reload("100 reloads, 1000 pending", 1000, 100),
                Reload("100 reloads, 1000 polls of 20 s", 1000, 100, come_back=20000)],
}
