"""A running httpd takes over what lyncadm applies."""

import threading
import time

from deploy import WEBEXT, Small, add_route
from httpd import lyncadm


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


def test_graceful_under_light_load(stage):
    world = controlled(stage)
    load = [Load(world) for _ in range(2)]
    for _ in range(3):
        before = sum(each.answered for each in load)
        world.httpd.graceful()
        deadline = time.monotonic() + 15
        while sum(each.answered for each in load) < before + 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sum(each.answered for each in load) >= before + 20, "answers stopped"
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


def test_apply_serves_what_it_says(stage):
    """When apply is done, the new route is served: by the very next request."""
    world = controlled(stage)
    assert world.ask(WEBEXT, "/x/y").status == 404
    for number, path in enumerate(("/p", "/op", "/x"), 2):
        add_route(stage, world.store, WEBEXT, path, world.lync)
        assert world.ask(WEBEXT, path + "/y").get("X-MS-Server-Fqdn") is None
        lyncadm(stage, world.store, "apply", "-m", path, hosts=world.hosts_file)
        answer = world.ask(WEBEXT, path + "/y")
        assert answer.get("X-MS-Server-Fqdn") is not None, answer
        assert world.httpd.served()[2] == number


def test_apply_under_load(stage):
    world = controlled(stage)
    load = [Load(world) for _ in range(2)]
    for number in range(3):
        add_route(stage, world.store, WEBEXT, "/new%d" % number, world.lync)
        lyncadm(stage, world.store, "apply", "-m", "new", hosts=world.hosts_file)
        assert world.httpd.served()[2] == number + 2
    failed = [problem for each in load for problem in each.stop()]
    assert not failed, failed


def test_a_removed_route_is_refused_after_apply(stage):
    world = controlled(stage)
    assert world.ask(WEBEXT, "/echo").status == 200
    lyncadm(stage, world.store, "route", "remove", "--listener", "external", "--host", WEBEXT, "--path", "/echo")
    assert world.ask(WEBEXT, "/echo").status == 200
    lyncadm(stage, world.store, "apply", "-m", "without echo", hosts=world.hosts_file)
    assert world.ask(WEBEXT, "/echo").status == 404


def test_apply_that_httpd_refuses_changes_nothing(stage):
    """The new revision does not pass httpd -t: apply fails, the old one goes on, also after a reload."""
    world = controlled(stage)
    with open(world.httpd.conf_path, "a") as file:
        file.write("NoSuchDirective on\n")
    add_route(stage, world.store, WEBEXT, "/new", world.lync)
    result = lyncadm(stage, world.store, "apply", "-m", "bad", hosts=world.hosts_file, ok=False)
    assert result.returncode == 1 and result.stderr
    assert world.ask(WEBEXT, "/meet/a/b").status == 200
    assert world.httpd.served()[2] == 1
    world.httpd.write()
    world.httpd.graceful()
    assert world.httpd.served()[2] == 1
    assert world.ask(WEBEXT, "/new").status == 404


def test_draft_is_not_served(stage):
    world = controlled(stage)
    add_route(stage, world.store, WEBEXT, "/new", world.lync)
    world.httpd.graceful()
    assert world.ask(WEBEXT, "/new").status == 404


def test_a_store_without_a_revision_serves_nothing_and_starts(stage):
    """Nothing was applied yet: httpd runs as if LyncStore was not there."""
    from httpd import free_port, listening
    world = Small(stage, start=False)
    port = free_port()
    httpd = stage.httpd(store=world.store, hosts=world.hosts_file, before="Listen %d" % port, ports=(port,))
    httpd.start()
    assert not listening(world.https)
