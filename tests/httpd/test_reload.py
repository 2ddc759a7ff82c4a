"""A running httpd takes over what lyncadm applies."""

import threading
import time

import pytest

from deploy import WEBEXT, Small, add_route
from httpd import lyncadm, wait


class Load(threading.Thread):
    """Clients that come one after the other, each for one request on its own connection."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.done = world, threading.Event()
        self.answered, self.failed = 0, []
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                answer = self.world.ask(WEBEXT, "/meet/a/b")
                if answer.status == 200:
                    self.answered += 1
                else:
                    self.failed.append(answer.status)
            except Exception as problem:            # whatever a client may see
                self.failed.append(repr(problem))

    def stop(self):
        self.done.set()
        self.join()
        return self.failed


def controlled(stage):
    """A world whose lyncadm knows how to reach its httpd."""
    return Small(stage, servers=("fe01", "fe02"), controlled=True)


@pytest.mark.smoke
def test_graceful_under_light_load(stage):
    world = controlled(stage)
    load = [Load(world) for _ in range(2)]
    for _ in range(3):
        before = sum(each.answered for each in load)
        world.httpd.graceful()
        wait("answers go on", lambda: sum(each.answered for each in load) >= before + 20)
    failed = [problem for each in load for problem in each.stop()]
    assert not failed, failed


def test_a_pending_get_survives_a_reload(stage):
    world = controlled(stage)
    with world.open(WEBEXT) as connection:
        from raw import request_bytes
        connection.send(request_bytes("/lab/sleep?ms=2500&body=late", WEBEXT))
        time.sleep(0.5)
        world.httpd.graceful()
        assert connection.receive().body == b"late"


def test_served_file_tells_pid_generation_and_revision(stage):
    world = controlled(stage)
    pid, generation, revision = world.httpd.served()
    assert pid == world.httpd.process.pid and revision == 1
    world.httpd.graceful()
    again = world.httpd.served()
    assert again[0] == pid and again[1] == generation + 1 and again[2] == 1


def refuse(world, path):
    add_route(world.stage, world.store, WEBEXT, path, "--action", "refuse")


def is_published(world, path):
    """Whether the pool answers."""
    return world.ask(WEBEXT, path).get("X-MS-Server-Fqdn") is not None


HOW = pytest.mark.parametrize("how", [["--reload"], []])


@HOW
def test_apply_serves_what_it_says(stage, how):
    """When apply is done, the new route is served: by the very next request."""
    world = controlled(stage)
    for number, path in enumerate(("/lwa", "/scheduler", "/dialin"), 2):
        refuse(world, path)
        assert is_published(world, path)
        lyncadm(stage, world.store, "apply", "-m", path, *how, hosts=world.hosts_file)
        assert not is_published(world, path)
        assert world.httpd.served()[2] == number
    lyncadm(stage, world.store, "route", "remove", "--listener", "external", "--host", WEBEXT, "--path", "/lwa")
    assert not is_published(world, "/lwa")
    lyncadm(stage, world.store, "apply", "-m", "again", *how, hosts=world.hosts_file)
    assert is_published(world, "/lwa") and not is_published(world, "/dialin")


@pytest.mark.smoke
def test_apply_serves_a_new_name(stage):
    world = controlled(stage)
    answer = world.ask("lync.contoso.com", "/meet/a/b")
    assert 400 <= answer.status < 500 and answer.get("X-MS-Server-Fqdn") is None
    lyncadm(stage, world.store, "publish", "simple-url", "meet", "https://lync.contoso.com/Meet", "--via", world.lync.name)
    lyncadm(stage, world.store, "apply", "-m", "meetings", hosts=world.hosts_file)
    assert world.ask("lync.contoso.com", "/meet/a/b").status == 200


@HOW
def test_apply_under_load(stage, how):
    world = controlled(stage)
    load = [Load(world) for _ in range(2)]
    for number in range(3):
        refuse(world, "/new%d" % number)
        lyncadm(stage, world.store, "apply", "-m", "new", *how, hosts=world.hosts_file)
        assert world.httpd.served()[2] == number + 2
    failed = [problem for each in load for problem in each.stop()]
    assert not failed, failed


def test_apply_that_httpd_refuses_changes_nothing(stage):
    """The new revision does not pass httpd -t: apply fails, the old one goes on, also after a reload."""
    world = controlled(stage)
    with open(world.httpd.conf_path, "a") as file:
        file.write("NoSuchDirective on\n")
    refuse(world, "/lwa")
    result = lyncadm(stage, world.store, "apply", "-m", "bad", hosts=world.hosts_file, ok=False)
    assert result.returncode == 1 and result.stderr
    assert world.ask(WEBEXT, "/meet/a/b").status == 200
    assert world.httpd.served()[2] == 1
    world.httpd.write()
    world.httpd.graceful()
    assert world.httpd.served()[2] == 1
    assert is_published(world, "/lwa")


def test_draft_is_not_served(stage):
    world = controlled(stage)
    refuse(world, "/lwa")
    world.httpd.graceful()
    assert is_published(world, "/lwa")


def test_a_store_without_a_revision_serves_nothing_and_starts(stage):
    """Nothing was applied yet: httpd runs as if LyncStore was not there."""
    from httpd import free_port, listening
    world = Small(stage, start=False)
    port = free_port()
    httpd = stage.httpd(store=world.store, hosts=world.hosts_file, before="Listen %d" % port, ports=(port,))
    httpd.expect("AH01873")                     # no SSLSessionCache, and nobody but us to need one
    httpd.start()
    assert not listening(world.https)
