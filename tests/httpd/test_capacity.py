"""lyncadm check --users: what of httpd is too small for so many users."""

import json
import os
import re
import resource
import signal
import stat

import pytest

import httpd as httpd_library
from deploy import Small
from httpd import TOP, lyncadm

STACK = "ThreadStackSize 262144\n"
ENOUGH = STACK + "ServerLimit 6\n"
PASTE = "to paste into the configuration of the MPM (event):\n"
TUNABLE = "glibc.malloc.tcache_count=0"
LINES = ["StartServers 4", "ServerLimit 12", "ThreadLimit 600", "ThreadsPerChild 600", "MaxRequestWorkers 2400",
         "MinSpareThreads 75", "MaxSpareThreads 2400", "ThreadStackSize 262144"]


def found(world, users, **arguments):
    """Levels and messages."""
    result = lyncadm(world.stage, world.store, "check", "--users", users, "--json", ok=False, **arguments)
    assert not result.stderr, result.stderr
    return [(row["level"], row["message"]) for row in json.loads(result.stdout)]


def own(stage, after=ENOUGH, start=False, **arguments):
    world = Small(stage, start=False, controlled=True, **arguments)
    world.httpd.after = after
    world.httpd.write()
    world.httpd.environment["GLIBC_TUNABLES"] = TUNABLE
    return world.serve() if start else world


def test_enough(stage):
    world = own(stage, start=True)
    assert found(world, 53) == []
    assert lyncadm(stage, world.store, "check", "--users", 53).stdout == "no findings\n"


def to_paste(world, users):
    return lyncadm(world.stage, world.store, "check", "--users", users, ok=False).stdout.partition(PASTE)[2]


def configure(world, after):
    world.httpd.after = after
    world.httpd.write()


def test_threads_and_the_lines_to_paste(stage):
    world = own(stage)
    assert found(world, 54) == [("warning", "httpd (MPM event) serves 64 requests at once, and 54 users take 65")]
    assert lyncadm(stage, world.store, "check", "--users", 2000, ok=False).returncode == 3
    lines = to_paste(world, 2000)
    assert lines.splitlines() == LINES
    configure(world, lines)
    assert found(world, 2000) == []
    assert [level for level, _ in found(world, 2001)] == ["warning"]


def test_lync_conf_has_the_lines(stage):
    with open(os.path.join(TOP, "templates", "apache", "lync.conf")) as file:
        shown = re.findall(r"^#   ([A-Z]\w+) +(\d+)$", file.read(), re.MULTILINE)
    assert [" ".join(each) for each in shown] == to_paste(own(stage), 2000).splitlines()


def test_the_readme_has_the_lines():
    with open(os.path.join(TOP, "README.md")) as file:
        _, _, section = file.read().partition("## How large")
    shown = re.findall(r"^\|[^|]*`(\w+)`\)? \| ([\d,]+) \|", section.partition("\n## ")[0], re.MULTILINE)
    assert len(shown) == 6 and {"%s %s" % (name, value.replace(",", "")) for name, value in shown} <= set(LINES)


@pytest.mark.parametrize("limit, level, what", [
    (3, "warning", "ServerLimit 3 is less than twice the 2 children of httpd: a reload ends requests that are pending"),
    (4, "advice", "ServerLimit 4 is less than three times the 2 children of httpd: a second reload waits until "
                  "requests that have been pending since the first are ended"),
    (6, None, None)])
def test_server_limit(stage, limit, level, what):
    world = own(stage, ENOUGH + "ServerLimit %d\n" % limit)
    assert to_paste(world, 10) == ("ServerLimit 6\n" if level else "")
    assert found(world, 10) == [(level, what)] * (level is not None)


@pytest.mark.parametrize("spare, kept", [(25, 49), (63, 63), (64, None)])
def test_idle_children_are_kept(stage, spare, kept):
    world = own(stage, ENOUGH + "MaxSpareThreads %d\n" % spare)
    assert to_paste(world, 10) == ("MaxSpareThreads 64\n" if kept else "")
    assert found(world, 10) == [("advice", "MaxSpareThreads %d: httpd ends children when more than %d of its 64 "
                                 "threads are idle, and their clients log in again" % (spare, kept or 0))] * bool(kept)


def test_lines_that_wait_for_a_restart(stage):
    """A reload, too, leaves ServerLimit and ThreadLimit what they were."""
    world = own(stage, start=True)
    configure(world, ENOUGH + "ServerLimit 12\nThreadLimit 300\nThreadsPerChild 240\nMaxRequestWorkers 960\n"
              "MaxSpareThreads 960\n")
    assert found(world, 800) == [("warning", "what httpd's configuration says waits for a restart: ServerLimit 12 "
                                  "instead of 6, ThreadLimit 300 instead of 32, ThreadsPerChild 240 instead of 32, "
                                  "MaxRequestWorkers 960 instead of 64, MaxSpareThreads 960 instead of 128")]
    world.httpd.expect("AH0050[16]|AH00508|AH00516")
    world.httpd.reload()
    assert found(world, 800) == [("warning", "what httpd's configuration says waits for a restart: ServerLimit 12 "
                                  "instead of 6, ThreadLimit 300 instead of 32, ThreadsPerChild 240 instead of 32, "
                                  "MaxRequestWorkers 960 instead of 192")]
    world.httpd.stop()
    assert found(world, 800) == []
    world.httpd.start()
    assert found(world, 800) == []


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_lines_that_wait_for_a_reload(stage, number):
    world = own(stage, ENOUGH + "ThreadLimit 64\n", start=True)
    assert found(world, 100)[0][1] == "httpd (MPM event) serves 64 requests at once, and 100 users take 120"
    configure(world, ENOUGH + "ThreadLimit 64\nThreadsPerChild 64\nMaxRequestWorkers 128\n")
    assert found(world, 100) == [("warning", "what httpd's configuration says waits for a reload: ThreadsPerChild 64 "
                                  "instead of 32, MaxRequestWorkers 128 instead of 64")]
    assert found(world, 50)[0][0] == "advice"
    world.httpd.reload(number)
    assert found(world, 100) == []


def test_httpd_that_does_not_tell(stage):
    """As one that was started before it had LyncStore, or with a module that wrote no such file."""
    world = own(stage, start=True)
    limits = os.path.join(world.httpd.folder, "run", "lync.mpm")
    assert stat.S_IMODE(os.stat(limits).st_mode) == 0o644
    with open(limits) as file:
        text = file.read()
    for other in (re.sub("pid=.*", "pid=1", text), "LyncMpm: nonsense pid=%d\n" % world.httpd.process.pid, None):
        os.remove(limits)
        if other:
            with open(limits, "w") as file:
                file.write(other)
        (level, message), = found(world, 10)
        assert level == "warning" and "does not tell its limits" in message
        world.httpd.reload()
        assert found(world, 10) == []


def test_limits_that_cannot_be_written(stage):
    """httpd serves all the same."""
    world = own(stage, start=False)
    os.makedirs(os.path.join(world.httpd.folder, "run", "lync.mpm", "in the way"))
    world.httpd.expect("LYNC0085")
    world.serve()
    assert len(world.httpd.lines("LYNC0085.*lync.mpm.*will not see")) == 1
    assert [level for level, message in found(world, 10) if "does not tell its limits" in message] == ["warning"]


@pytest.mark.parametrize("after, level", [("", "advice"), ("ThreadStackSize 65536\n", "warning"),
                                          ("ThreadStackSize 131072\n", None)])
def test_stack(stage, after, level):
    world = own(stage, after + "ServerLimit 6\n")
    levels = [each for each, message in found(world, 10) if "ThreadStackSize" in message]
    assert levels == [level] * (level is not None)
    assert to_paste(world, 10) == (STACK if level else "")


def test_reqtimeout(stage, monkeypatch):
    monkeypatch.setattr(httpd_library, "NEEDED", [name for name in httpd_library.NEEDED if name != "reqtimeout"])
    (level, message), = found(own(stage), 10)
    assert level == "warning" and "mod_reqtimeout is not loaded" in message


def test_open_files(stage):
    world = own(stage, start=True)
    resource.prlimit(world.httpd.process.pid, resource.RLIMIT_NOFILE, (200, 4096))
    assert found(world, 10) == [("warning", "a child of httpd may have 200 files open, and its 32 threads take up to "
                                 "264")]


@pytest.mark.parametrize("tunables, said", [(None, True), ("glibc.malloc.arena_max=2", True),
                                            ("glibc.malloc.arena_max=2:glibc.malloc.tcache_count=1", False)])
def test_what_glibc_keeps_for_threads(stage, tunables, said):
    world = own(stage)
    world.httpd.environment.update({"GLIBC_TUNABLES": tunables} if tunables else {})
    if not tunables:
        del world.httpd.environment["GLIBC_TUNABLES"]
    assert found(world, 10) == [], "of one that does not run nothing is known"
    world.serve()
    advice = found(world, 10)
    assert advice == [("advice", "glibc keeps memory that a thread of httpd freed for that thread alone, tens of KB each")] * said
    shown = lyncadm(stage, world.store, "check", "--users", 10, ok=False).stdout
    assert ("Environment=GLIBC_TUNABLES=glibc.malloc.tcache_count=0" in shown) == said


@pytest.mark.parametrize("mpm, requests, what", [("worker", 64, "threads"), ("prefork", 16, "processes")])
def test_other_mpms(stage, mpm, requests, what):
    world = own(stage, STACK, mpm=mpm)
    change = [("warning", "with MPM %s idle connections take %s too, and requests that are pending when httpd reloads "
               "take them from those that come: polls need MPM event" % (mpm, what))]
    assert found(world, 10) == change
    assert found(world, 100) == [("warning", "httpd (MPM %s) serves %d requests at once, and 100 users take 120"
                                  % (mpm, requests))] + change
    result = lyncadm(stage, world.store, "check", "--users", 2000, "--tsv", ok=False)
    assert "a2dismod mpm_%s && a2enmod mpm_event, and then a restart" % mpm in result.stdout
    assert to_paste(world, 2000).splitlines() == LINES


def test_more_children_than_are_seen(stage):
    """16,384 is what db/served.h has places for."""
    def warned(limit):
        configure(world, STACK + "ServerLimit %d\n" % limit)
        return [message for _, message in found(world, 10) if message.startswith("ServerLimit")]
    world = own(stage, STACK, mpm="prefork")
    assert warned(16384) == []
    assert warned(16385) == ["ServerLimit 16385: lyncadm sees 16384 children of httpd at most, and waits for no others to "
                             "serve what it applies"]


def test_another_mpm_waits_for_a_restart(stage):
    world = own(stage, mpm="worker", start=True)
    world.httpd.mpm = "event"
    configure(world, ENOUGH)
    assert found(world, 10) == [("warning", "what httpd's configuration says waits for a restart: MPM event instead of "
                                 "worker")]
    world.httpd.mpm = "worker"
    configure(world, ENOUGH)


def test_without_users_httpd_is_not_asked(stage):
    world = own(stage)
    lyncadm(stage, world.store, "check", "--control", "/nowhere")
    result = lyncadm(stage, world.store, "check", "--control", "/nowhere", "--users", 10, ok=False)
    assert result.returncode == 1 and "no such program" in result.stderr


@pytest.mark.parametrize("users", ["0", "-1", "many", "10x", ""])
def test_users_is_a_number(stage, users):
    result = lyncadm(stage, own(stage).store, "check", "--users", users, ok=False)
    assert result.returncode == 2 and "is no number" in result.stderr
