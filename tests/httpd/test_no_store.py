"""A start before there is a store (LyncStoreOptional): other sites are served, and a line says what is missing. Once a
revision was served, a store that is not there is a fault as ever: test_faults.py, test_quarantine.py."""

import os
import signal

import pytest

from deploy import MEET
from httpd import RESUMED, TOP, free_port, listening, lyncadm, wait
from raw import Connection
from test_quarantine import Two

UNMADE = "LYNC0095"


@pytest.fixture(params=["before", "after"])
def unmade(stage, request):
    """A deployment of which the store lies elsewhere, and an httpd with a site of its own that is to serve it."""
    port = free_port()
    site = "Listen %d\nRedirect 302 / http://www.example.com/site" % port
    texts = {"before": site, "after": ""}
    texts[request.param] += "\nLyncStoreOptional On\n"
    world = Two(stage, modules=("alias",), **texts)
    world.away, world.httpd.ports = world.store + ".away", (port,)
    os.rename(world.store, world.away)
    world.httpd.expect("%s|AH01873" % UNMADE)   # no SSLSessionCache, and nobody to need one
    return world


def serves_others(world):
    with Connection(world.httpd.ports[0]) as connection:
        return connection.request("/", "www.example.com").status == 302


def assert_accepted(world):
    for words in (("-t",), ("-S",), ("-k", "graceful"), ("-k", "restart")):
        resumed = len(world.httpd.lines(RESUMED))
        result = world.httpd.run(*words)
        assert result.returncode == 0, (words, result.stdout)
        if words[0] == "-k":                    # it has only sent the signal
            wait(" ".join(words), lambda: len(world.httpd.lines(RESUMED)) > resumed)


def test_before_there_is_a_store(unmade):
    """It is tested, started and reloaded; the store that comes is applied as any, and missed from then on."""
    assert unmade.httpd.test_config().returncode == 0
    unmade.httpd.start()
    for number in (None, signal.SIGUSR1, signal.SIGHUP):
        lines = unmade.httpd.reload(number) if number else unmade.httpd.lines()
        said = [line for line in lines if "[lync:" in line and ":info]" not in line]
        assert len(said) == 1 and UNMADE in said[0] and unmade.store in said[0], said
        assert serves_others(unmade) and not listening(unmade.https)
    assert_accepted(unmade)
    os.rename(unmade.away, unmade.store)
    lyncadm(unmade.stage, unmade.store, "apply", "-m", "first", hosts=unmade.hosts_file)
    assert unmade.status(0)["served"] == 1 and unmade.ask(MEET, "/meet/a/b").status == 200 and serves_others(unmade)
    os.rename(unmade.store, unmade.away)
    assert_missed(unmade)


def assert_missed(world):
    """What LyncStoreOptional does not change: a store that was served is gone."""
    world.httpd.expect("LYNC0033")
    assert world.httpd.test_config().returncode and world.httpd.run("-k", "graceful").returncode
    assert any("LYNC0033" in line for line in world.signal(signal.SIGUSR1))
    assert world.ask(MEET, "/meet/a/b").status == 200
    world.httpd.stop()
    result = world.httpd.run("-k", "start")
    assert result.returncode and world.store in result.stdout
    os.rename(world.away, world.store)
    world.httpd.start()
    assert world.ask(MEET, "/meet/a/b").status == 200


def test_missed_also_without_its_names(unmade):
    """A running httpd knows what it serves, whatever became of its runtime directory."""
    os.rename(unmade.away, unmade.store)
    unmade.serve()
    os.remove(os.path.join(unmade.httpd.folder, "run", "lync.names"))
    os.rename(unmade.store, unmade.away)
    unmade.httpd.expect("LYNC0033")
    assert any("LYNC0033" in line for line in unmade.signal(signal.SIGUSR1))
    assert unmade.ask(MEET, "/meet/a/b").status == 200


def test_a_store_without_a_revision_may_go(unmade):
    """There was nothing to serve before, either."""
    os.rename(unmade.away, unmade.store)
    unmade.httpd.start()
    os.rename(unmade.store, unmade.away)
    assert any(UNMADE in line for line in unmade.httpd.reload())
    assert_accepted(unmade)


@pytest.mark.parametrize("what", ["empty", "dangling", "pipe", "folder"])
def test_a_store_that_is_there_is_not_optional(unmade, what):
    if what == "empty":
        open(unmade.store, "w").close()
    elif what == "pipe":        # that nobody writes into: whoever opens it waits
        os.mkfifo(unmade.store)
    elif what == "folder":
        os.mkdir(unmade.store)
    else:
        os.symlink(unmade.store + ".nowhere", unmade.store)
    for words in (("-t",), ("-k", "start")):
        result = unmade.httpd.run(*words)
        assert result.returncode and unmade.store in result.stdout, result.stdout


def test_optional_is_off(stage):
    httpd = stage.httpd(store=stage.path("none.db"), before="LyncStoreOptional Off")
    result = httpd.test_config()
    assert result.returncode and "none.db" in result.stdout


def test_lync_conf(stage):
    """What is shipped says On until there are certificates."""
    with open(os.path.join(TOP, "templates", "apache", "lync.conf")) as file:
        text = file.read().replace("/var/lib/lync", stage.folder).replace("/etc/lync", stage.path("lync"))
    httpd = stage.httpd(before=text)
    assert httpd.test_config().returncode == 0
    os.makedirs(stage.path("lync", "certificates"))
    result = httpd.test_config()
    assert result.returncode and stage.path("lync.db") in result.stdout
