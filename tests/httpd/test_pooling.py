"""Public names of one pool share its connections, and what is idle for long is closed."""

import time

from deploy import DIALIN, DISCOVER, MEET, WEBDIR, WEBEXT, WEBEXT2, Small, add_route
from httpd import wait
from pin_clients import in_threads

TARGET = "/meet/a/b"
BURST = 20


def test_alternating_hosts_do_not_reconnect(world):
    connections, first = {}, 0
    for number in range(40):
        host = (WEBDIR, MEET)[number % 2]
        answer = world.ask(host, "/meet/a/b")
        assert answer.status == 200
        connections.setdefault(answer.get("X-Test-Connection"), set()).add(host)
        first += answer.get("X-Test-Request") == "1"
    # one kept connection a child, maybe, and two timeout profiles: never one for each request
    assert len(connections) <= 6, connections
    assert first <= 6
    assert {WEBDIR, MEET} in connections.values()


def test_all_names_of_the_director_share(world):
    seen = {}
    for _ in range(6):
        for host, target in ((WEBDIR, "/dialin"), (MEET, "/a/b"), (DIALIN, "/"), (DISCOVER, "/")):
            answer = world.ask(host, target)
            assert answer.status == 200, (host, answer)
            seen.setdefault(answer.get("X-Test-Connection"), set()).add(host)
    assert any(len(hosts) == 4 for hosts in seen.values()), seen


def test_pools_do_not_share(world):
    one = {world.ask(WEBEXT, TARGET).get("X-Test-Connection") for _ in range(6)}
    two = {world.ask(WEBEXT2, TARGET).get("X-Test-Connection") for _ in range(6)}
    assert not one & two


def test_what_a_burst_needed_is_closed_after_a_minute(stage):
    """Also when one of the connections is in use again and again, as one always is."""
    world = Small(stage, start=False)
    world.httpd.after = "StartServers 1\nServerLimit 1\nMaxRequestWorkers 32\nMinSpareThreads 1\nMaxSpareThreads 32\n"
    world.httpd.write()
    add_route(stage, world.store, WEBEXT, "/lab", "--pool", world.lync.name, "--scheme", "https", "--profile", "poll",
              "--refuse-headers", "Authorization X-MS-WebTicket", "--methods", "GET HEAD")
    world.serve()

    def at_pool():
        return world.lync.server("fe01").state()["connections"] - 1

    def ask(milliseconds):
        return world.ask(WEBEXT, "/lab/sleep?ms=%d&body=x" % milliseconds).status

    def burst():
        """A busy machine may not have all of them under way at once."""
        assert in_threads(BURST, lambda _: ask(2000)) == BURST * [200]
        return at_pool() >= BURST
    wait("each needs a connection", burst)

    def closed():
        time.sleep(1)
        return ask(0) == 200 and at_pool() < BURST / 2
    wait("they are closed", closed, 100)
