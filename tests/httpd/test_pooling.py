"""Public names of one pool share its connections."""

from deploy import DIALIN, DISCOVER, MEET, WEBDIR

TARGET = "/meet/a/b"


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
    from deploy import WEBEXT, WEBEXT2
    one = {world.ask(WEBEXT, TARGET).get("X-Test-Connection") for _ in range(6)}
    two = {world.ask(WEBEXT2, TARGET).get("X-Test-Connection") for _ in range(6)}
    assert not one & two
