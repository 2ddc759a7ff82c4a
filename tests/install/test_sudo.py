"""README's sudo rules on a Debian host: what each group may do, what nobody gets out of it, and who it was in the audit."""

import json
import os
import re
import shlex

import pytest

from test_guide import README, Guide, installed, prepared, publish

RULES = re.compile(r"^```sudoers\n(.*?)^```", re.M | re.S)
PASSWORD = "correct horse"
SERVER, POOL = "fe01.contoso.local", "lyncpool01.contoso.local"
ASK_SUDO = """
import json, subprocess, sys
def may(words):
    asked = subprocess.run(["sudo", "-U", sys.argv[1], "-l", "--", "/usr/sbin/lyncadm", *words], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return asked.returncode == 0
print(json.dumps([may(words) for words in json.loads(sys.argv[2])]))
"""
MAY = f"""\
status
status --json
check-health
audit
audit verify --tsv
audit --since 2026-03 --noun server-state --limit 3
audit --until 2026-11-27T08:45:49Z --user bob --json
verify
verify --connect 127.0.0.1
verify webext.contoso.com {POOL} --connect 127.0.0.1 --direct --json
server drain {SERVER}
server disable {SERVER} {POOL}
server enable {SERVER} -m done
server drain {SERVER} -m 'updates, of 3/2026: fe01'""".splitlines()
OPTIONS = {"audit": "since until user noun limit", "verify": "direct"}      # besides json and tsv
MAY_NOT = f"""
--store /tmp/evil.db status
apply
audit --since
audit --since --store=/tmp/evil.db
audit /tmp/evil
backup /etc/cron.d/lync
certificate import /etc/shadow
certificate request --output /etc/shadow
confirm
export --output /etc/shadow
import /etc/shadow
import apache /etc
init
plan html --output /etc/shadow
restore /tmp/evil.db -m x
rollback 1
server add fe03.contoso.local
server drain
server drain ''
server drain '{SERVER} --store /tmp/evil.db'
server drain -m
server drain {SERVER} '-m because' --reload
server drain {SERVER} -m '--store /tmp/evil.db'
server drain {SERVER} -m 'because --control /tmp/evil'
server drain {SERVER} -m because --control /tmp/evil
server drain {SERVER} {POOL} third
server set {SERVER} --weight 1
'status --control /tmp/evil'
status ''
status --watch
statuses
top
verify --connect 127.0.0.1:22
verify --connect 192.0.2.1
verify --pending /abs
verify -h
verify identity
verify identity https://webext.contoso.com/abs""".splitlines()
LINES = [["status\n--control", "/tmp/evil"], ["status\n"], ["status", "\n"],
         ["server", "drain", SERVER, "-m", "because\n--store /tmp/evil.db"]]


@pytest.fixture(scope="module")
def host():
    """README's deployment and rules; alice of lyncadmins, bob of lyncoperators, carol of neither."""
    with open(README) as file:
        (rules,) = RULES.findall(file.read())
    with prepared() as found:
        installed(found, Guide(README))
        publish(found, Guide(README))
        for user, group in (("alice", "lyncadmins"), ("bob", "lyncoperators"), ("carol", "lyncguests")):
            found.must("groupadd", group)
            found.must("useradd", "--groups", group, user)
            found.must("sh", "-c", 'echo "$0" | chpasswd', "%s:%s" % (user, PASSWORD))
        found.write("/etc/sudoers.d/lyncadm", rules, 0o440)
        yield found


def sudo(host, user, *words, before=""):
    """As who logged in so, and types his password."""
    typed = 'echo "$0" | %s sudo -kS -p "" "$@"' % before
    logged_in = 'echo $(id -u "$0") 2>/dev/null >/proc/self/loginuid; exec runuser -u "$0" -- sh -c "$@"'
    return host.run("sh", "-c", logged_in, user, typed, PASSWORD, *words)


def permitted(host, user, all_words):
    return json.loads(host.must("python3", "-c", ASK_SUDO, user, json.dumps(all_words)))


def test_visudo(host):
    assert "/etc/sudoers.d/lyncadm: parsed OK" in host.must("visudo", "-c")


@pytest.mark.parametrize("user, may", [("alice", True), ("bob", True), ("carol", False)])
def test_what_operators_may(host, user, may):
    assert permitted(host, user, [shlex.split(line) for line in MAY]) == [may] * len(MAY)


def test_what_operators_may_not(host):
    words = [shlex.split(line) for line in MAY_NOT] + LINES
    assert [each for each, may in zip(words, permitted(host, "bob", words)) if may] == []
    assert all(permitted(host, "alice", words))
    assert permitted(host, "bob", [["status"]]) == [True], "who is asked answers"


def test_no_other_option_anywhere(host):
    """Each option that a command has, at each place of what an operator may."""
    tried = []
    for line in MAY:
        words = shlex.split(line)
        command = words[:2] if words[0] == "server" else words[:1]
        options = set(re.findall(r"--([a-z-]+)", host.must("lyncadm", *command, "--help")))
        assert {"store", "json"} < options
        for option in options - set(OPTIONS.get(words[0], "").split()) - {"json", "tsv"}:
            for place in range(len(words) + 1):
                for more in (["--" + option, "/tmp/evil"], ["--%s=/tmp/evil" % option], ["--" + option]):
                    tried.append(words[:place] + more + words[place:])
    assert len(tried) > 500
    assert [each for each, may in zip(tried, permitted(host, "bob", tried)) if may] == []


def test_nothing_of_the_environment(host):
    """Another store, and another apachectl in the path."""
    host.write("/tmp/evil/apachectl", "#!/bin/sh\nid >>/tmp/evil/seen\n", 0o755)
    for user in ("alice", "bob"):
        before = "LYNC_STORE=/tmp/evil/lync.db PATH=/tmp/evil:$PATH"
        status, said = sudo(host, user, "lyncadm", "status", "--json", before=before)
        (row, *_) = json.loads(said[said.index("["):])
        assert status == 0 and row["store"] == "/var/lib/lync/lync.db" and row["httpd"] == "is running", said
        status, said = sudo(host, user, "LYNC_STORE=/tmp/evil/lync.db", "lyncadm", "status")
        assert status == 1 and "not allowed to set the following environment variables: LYNC_STORE" in said
    assert not os.path.exists(host.path("/tmp/evil/seen"))


def test_who_it_was(host):
    """Operators and administrators, by what they did; and what is refused is not done."""
    assert sudo(host, "bob", "lyncadm", "server", "drain", SERVER, "-m", "updates of fe01")[0] == 0
    status, said = sudo(host, "bob", "lyncadm", "server", "enable", SERVER, "--store", "/var/lib/lync/lync.db")
    assert status == 1 and "bob is not allowed to execute" in said
    assert sudo(host, "bob", "lyncadm", "server", "enable", SERVER, "-m", "done")[0] == 0
    for words in (["server", "set", SERVER, "--pool", POOL, "--weight", "2"], ["apply", "-m", "fe01 is larger"]):
        status, said = sudo(host, "alice", "lyncadm", *words)
        assert status == 0, said
    status, said = sudo(host, "carol", "lyncadm", "status")
    assert status == 1 and "carol is not" in said
    rows = [row for row in json.loads(host.must("lyncadm", "audit", "--json")) if row["sudo"]]
    done = list(dict.fromkeys((row["sudo"], *row["command"].split()[1:3], row["reason"]) for row in rows))
    assert done == [("bob", "server", "drain", "updates of fe01"), ("bob", "server", "enable", "done"),
                    ("alice", "server", "set", None), ("alice", "apply", "-m", "fe01 is larger")]
    if host.run("sh", "-c", "echo 0 >/proc/self/loginuid")[0] == 0:        # a kernel that knows logins
        assert [row["login"] for row in rows] == [row["sudo"] for row in rows]
    assert host.run("lyncadm", "audit", "verify")[0] == 0


def test_check_health_without_sudo(host):
    assert host.run("runuser", "-u", "carol", "--", "lyncadm", "check-health")[0] == 0
