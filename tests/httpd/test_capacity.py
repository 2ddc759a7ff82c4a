"""lyncadm check --users: what of httpd is too small for so many users."""

import json
import resource

import pytest

import httpd as httpd_library
from deploy import Small
from httpd import lyncadm

ENOUGH = "ThreadStackSize 262144\n"


def found(world, users, **arguments):
    """Levels and messages."""
    result = lyncadm(world.stage, world.store, "check", "--users", users, "--json", ok=False, **arguments)
    assert not result.stderr, result.stderr
    return [(row["level"], row["message"]) for row in json.loads(result.stdout)]


def own(stage, after=ENOUGH, start=False, **arguments):
    world = Small(stage, start=False, controlled=True, **arguments)
    world.httpd.after = after
    world.httpd.write()
    return world.serve() if start else world


def test_enough(stage):
    world = own(stage, start=True)
    assert found(world, 53) == []
    assert lyncadm(stage, world.store, "check", "--users", 53).stdout == "no findings\n"


def test_threads_and_the_lines_to_paste(stage):
    world = own(stage)
    assert found(world, 54) == [("warning", "httpd (MPM event) serves 64 requests at once, and 54 users take 65")]
    result = lyncadm(stage, world.store, "check", "--users", 2000, ok=False)
    assert result.returncode == 3
    text, _, lines = result.stdout.partition("to paste into the configuration of the MPM (event):\n")
    assert lines.splitlines() == ["ServerLimit 8", "ThreadLimit 600", "ThreadsPerChild 600", "MaxRequestWorkers 2400",
                                  "ThreadStackSize 262144"]
    world.httpd.after = lines
    world.httpd.write()
    assert found(world, 2000) == []
    assert [level for level, _ in found(world, 2001)] == ["warning"]


def test_server_limit(stage):
    world = own(stage, ENOUGH + "ServerLimit 3\n")
    assert lyncadm(stage, world.store, "check", "--users", 10, ok=False).stdout.endswith("(event):\nServerLimit 4\n")
    assert found(world, 10) == [("warning", "ServerLimit 3 is less than twice the 2 children of httpd: a reload ends "
                                 "requests that are pending")]


@pytest.mark.parametrize("after, level", [("", "advice"), ("ThreadStackSize 65536\n", "warning"),
                                          ("ThreadStackSize 131072\n", None)])
def test_stack(stage, after, level):
    levels = [each for each, message in found(own(stage, after), 10) if "ThreadStackSize" in message]
    assert levels == [level] * (level is not None)


def test_reqtimeout(stage, monkeypatch):
    monkeypatch.setattr(httpd_library, "NEEDED", [name for name in httpd_library.NEEDED if name != "reqtimeout"])
    (level, message), = found(own(stage), 10)
    assert level == "warning" and "mod_reqtimeout is not loaded" in message


def test_open_files(stage):
    world = own(stage, start=True)
    resource.prlimit(world.httpd.process.pid, resource.RLIMIT_NOFILE, (200, 4096))
    assert found(world, 10) == [("warning", "a child of httpd may have 200 files open, and its 32 threads take up to "
                                 "264")]


@pytest.mark.parametrize("mpm, requests", [("worker", 64), ("prefork", 16)])
def test_other_mpms(stage, mpm, requests):
    messages = [message for _, message in found(own(stage, mpm=mpm), 100)]
    assert "httpd (MPM %s) serves %d requests at once, and 100 users take 120" % (mpm, requests) in messages


def test_without_users_httpd_is_not_asked(stage):
    world = own(stage)
    lyncadm(stage, world.store, "check", "--control", "/nowhere")
    result = lyncadm(stage, world.store, "check", "--control", "/nowhere", "--users", 10, ok=False)
    assert result.returncode == 1 and "no such program" in result.stderr


@pytest.mark.parametrize("users", ["0", "-1", "many", "10x", ""])
def test_users_is_a_number(stage, users):
    result = lyncadm(stage, own(stage).store, "check", "--users", users, ok=False)
    assert result.returncode == 2 and "is no number" in result.stderr
