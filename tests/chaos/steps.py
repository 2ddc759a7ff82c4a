"""The steps of a sequence: each a function of the place and of random numbers of its own, with a weight."""

import os
import random
import re
import shutil
import signal
import sqlite3
import threading
import time

import kill
from deploy import WEBEXT
from edits import EDITS, POOL, refused
from faults import CERTIFICATE_FAULTS, STORE_FAULTS, hot_journal
from httpd import LYNCADM, processes
from place import command_of, must

STEPS = {}              # name: (weight, function)


def step(weight):
    def register(function):
        STEPS[function.__name__] = (weight, function)
        return function
    return register


def plan(seed, count):
    """The names of a sequence's steps. A broken store is restored soon."""
    dice, names, broken = random.Random(seed), [], False
    for _ in range(count):
        if broken and dice.random() < 0.4:
            name = "restore"
        else:
            choice = [name for name in STEPS if not (broken and name in ("corrupt", "backup", "leave_hot_journal"))]
            name = dice.choices(choice, [STEPS[name][0] for name in choice])[0]
        broken = name == "corrupt" or (broken and name != "restore")
        names.append(name)
    return names


# Edits. -------------------------------------------------------------------------------------------------------------

@step(30)
def edit(place, dice):
    """What does not fit the draft is refused, and that is as good."""
    for _ in range(dice.randint(1, 2)):
        place.adm(*dice.choice(EDITS)(dice, place), ends=(0, 1))
    place.mark()


def content(path):
    """Of a file, or what else there is."""
    if not os.path.isfile(path):
        return os.path.exists(path)
    with open(path, "rb") as file:
        return file.read()


@step(5)
def edit_refused(place, dice):
    """Against the rule book, or out of date: exit status 1 or 2, and not a byte is changed."""
    before = content(place.store)
    place.adm(*dice.choice(refused(place)), ends=(1, 2))
    must(content(place.store) == before, "a refused edit changed the store")


# Apply and rollback. ------------------------------------------------------------------------------------------------

def said(out):
    """The revision that a command says is served, or None."""
    found = re.match(r"revision (\d+) is (already active and )?served", out)
    return int(found.group(1)) if found else None


def fit(place):
    return not place.broken and not place.bad_certificate


def judge(place, result, may_fail):
    """What apply or rollback said must be so; a failure left what was served."""
    status, out, err = result
    must(status == 0 or (status == 1 and (may_fail or not fit(place))), "ended with", status, out, err)
    if status == 0:
        must(said(out), "it said", out)
        place.is_served(said(out))
        return
    must(len(err.strip().splitlines()) >= 1 and not out, "it failed without a sentence")
    before = {place.served, place.active}       # the same, unless there was drift
    now = place.httpd.served()[2]
    must(now in before, "it failed, and revision", now, "is served, not", before)


@step(25)
def apply(place, dice):
    judge(place, place.finish(place.start("apply", "-m", "chaos")), may_fail=False)


def rollback_words(place, dice):
    """To any revision there is, and sometimes to one that is not."""
    stored = place.read()
    numbers = sorted(set(stored[1]) - {0}) if stored else [1]
    number = dice.choice(numbers + [99]) if dice.random() < 0.1 else dice.choice(numbers)
    return ["rollback", number, "-m", "chaos"] + (["--discard"] if dice.random() < 0.8 else [])


@step(8)
def rollback(place, dice):
    judge(place, place.finish(place.start(*rollback_words(place, dice))), may_fail=True)


@step(5)
def apply_refused(place, dice):
    """A draft that httpd does not take, or cannot serve. It is mended afterwards."""
    words, mend = dice.choice((
        (["listener", "add", "taken", "--port", place.taken.getsockname()[1], "--scheme", "http"],
         ["listener", "remove", "taken"]),
        (["listener", "add", "divided", "--port", place.httpd.spare_port, "--scheme", "http"],
         ["listener", "remove", "divided"])))
    if place.adm(*words, ends=(0, 1) if place.broken else (0,))[0]:
        return
    place.mark()
    result = place.finish(place.start("apply", "-m", "cannot be served"))
    must(result[0] == 1, "a draft that cannot be served was applied")
    judge(place, result, may_fail=True)
    place.adm(*mend, ends=(0, 1) if place.broken else (0,))


# Killed with -9. ----------------------------------------------------------------------------------------------------

def command(place, dice):
    kind = dice.choice(("edit", "apply", "apply", "apply", "apply", "rollback", "backup", "restore"))
    if kind == "edit":
        return kind, place.next_telltale()
    if kind == "backup":
        return kind, ["backup", place.stage.path("killed.db"), "--force"]
    if kind == "restore":
        return kind, ["restore", place.backups[-1], "-m", "killed"]
    if kind == "apply":
        place.mark()
        return kind, ["apply", "-m", "killed"] + (["--confirm", "5s"] if dice.random() < 0.2 else [])
    return kind, rollback_words(place, dice)


def go_on(place, words):
    """The store opens, and the next edit works. A trial, if it came to that, is ended."""
    if "--confirm" in words:
        place.adm("confirm", ends=(0, 1))
    place.settle()
    place.mark()


@step(6)
def kill_after(place, dice):
    """At a random moment."""
    _, words = command(place, dice)
    process = place.start(*words)
    time.sleep(dice.random() * 0.3)
    process.kill()
    place.tell("  killed:")
    place.finish(process)
    go_on(place, words)


@step(9)
def kill_at(place, dice):
    """At a system call."""
    kind, words = command(place, dice)
    at = dice.randint(place.calls["start"], place.calls[kind])
    calls, status = kill.run([LYNCADM, "--store", place.store, *map(str, words)], place.environment, at)
    place.tell("  lyncadm", *words, "-> killed at system call" if status < 0 else "-> %d after" % status, calls)
    go_on(place, words)


@step(3)
def leave_hot_journal(place, dice):
    hot_journal(place.store)
    if dice.random() < 0.5:
        place.reload()


@step(3)
def kill_child(place, dice):
    """httpd itself lives, and starts another."""
    child = dice.choice(sorted(place.httpd.children()))
    place.excused = True
    place.tell("  kill -9 of child", child)
    os.kill(child, signal.SIGKILL)
    place.until("another child", lambda: set(place.httpd.children()) - {child})


# What operators say of servers. -------------------------------------------------------------------------------------

@step(5)
def operate(place, dice):
    """Drained, disabled, enabled without a reload. Whoever is disabled gets no request from then on."""
    verb = dice.choice(("drain", "disable", "disable", "enable"))
    host = "fe02.contoso.local"
    status, _, err = place.adm("server", verb, host, POOL, "-m", "chaos", "--wait", "20", ends=(0, 1))
    must(status == 0 or not fit(place) or "there is no server" in err or "itself has it in state" in err, err)
    for _ in range(4 if verb == "disable" and status == 0 else 0):
        answer = place.world.ask(WEBEXT, "/meet/a/b")
        must(answer.status == 200 and answer.get("X-Test-Server") != host, "disabled, and asked:", answer)


# Signals, and several at once. --------------------------------------------------------------------------------------

@step(6)
def reload(place, dice):
    place.reload(dice.choice((signal.SIGUSR1, signal.SIGUSR1, signal.SIGHUP)))


@step(4)
def signals(place, dice):
    for _ in range(dice.randint(2, 4)):
        place.send(dice.choice((signal.SIGUSR1, signal.SIGUSR1, signal.SIGHUP)))
        time.sleep(dice.random() * 0.1)
    place.reload()


@step(6)
def signals_during_apply(place, dice):
    place.mark()
    process = place.start("apply", "-m", "logrotate comes along")
    for _ in range(dice.randint(1, 2)):
        time.sleep(dice.random() * 0.15)
        place.send(dice.choice((signal.SIGUSR1, signal.SIGUSR1, signal.SIGUSR1, signal.SIGHUP)))
    judge(place, place.finish(process), may_fail=False)


@step(6)
def at_once(place, dice):
    """One wins, the other says so; what is served in the end was said by one of them."""
    place.mark()
    back = ["rollback", dice.choice((1, place.active or 1)), "-m", "two", "--discard"]
    running = []
    for words in (["apply", "-m", "one"], dice.choice((["apply", "-m", "two"], back))):
        running.append(place.start(*words))
        time.sleep(dice.choice((0, dice.random() * 0.2)))
    if dice.random() < 0.3:
        place.mark()
    results = [place.finish(process) for process in running]
    must({status for status, _, _ in results} <= {0, 1}, "ended with", results)
    if not fit(place):
        return
    must(any(status == 0 for status, _, _ in results), "none of two won:", results)
    must(all(status == 0 or "meanwhile" in err or "is under way" in err for status, _, err in results), results)
    place.settle()
    must(place.httpd.served()[2] in [said(out) for _, out, _ in results], "none of two said what is served")


@step(3)
def locked(place, dice):
    """Somebody else has the store for a moment: who comes waits."""
    if not place.broken:
        place.mark()
    try:
        database = sqlite3.connect(place.store, isolation_level=None, check_same_thread=False)
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        return
    timer = threading.Timer(dice.random() * 0.6, database.close)
    timer.start()
    try:
        if dice.random() < 0.5:
            place.reload()
        judge(place, place.finish(place.start("apply", "-m", "waited")), may_fail=False)
    finally:
        timer.join()


# Trials. ------------------------------------------------------------------------------------------------------------

def watchers(place):
    return [pid for pid in processes(place.stage.folder) if b"--watch" in command_of(pid)]


@step(2)
def trial(place, dice):
    """A revision that is confirmed, or rolled back, or goes by itself, be it that nobody is left to see to it."""
    if not fit(place):
        return apply(place, dice)
    how, before = dice.choice(("confirmed", "rolled back", "let go", "let go", "killed")), place.active
    place.tell("  it will be", how)
    place.mark()
    seconds = 2 if how == "let go" else 6
    result = place.finish(place.start("apply", "-m", "a trial", "--confirm", "%ds" % seconds))
    if how != "let go":                         # where it may be over by now
        judge(place, result, may_fail=False)
    if how == "confirmed":
        place.adm("confirm")
        return None
    if how == "rolled back":
        return judge(place, place.finish(place.start("rollback", before, "--discard")), may_fail=False)
    if how == "killed":
        for pid in watchers(place):
            os.kill(pid, signal.SIGKILL)
        time.sleep(seconds)
        place.reload()
        place.adm("confirm", ends=(1,))
    place.until("the trial ends", lambda: not watchers(place))
    must(place.httpd.served()[2] == before and place.read()[0] == before, "revision", before, "is not served again")


# What breaks, and is mended. ----------------------------------------------------------------------------------------

@step(5)
def corrupt(place, dice):
    place.backups.append(place.copy("sound"))
    fault = dice.choice(STORE_FAULTS)
    place.tell("  ", fault.__name__)
    place.broken = True
    fault(place.store)
    for _ in range(dice.randint(0, 2)):
        place.reload(dice.choice((signal.SIGUSR1, signal.SIGUSR1, signal.SIGHUP)))


@step(4)
def backup(place, dice):
    if dice.random() < 0.3:
        place.backups.append(place.copy(len(place.backups)))
    else:
        place.backups += filter(None, [place.backup(len(place.backups))])


@step(4)
def restore(place, dice):
    """An older store, or the one that was broken. Its revisions may have the numbers of others that httpd serves.
    lyncadm does it only if httpd serves it then."""
    source, reloads, plainly = dice.choice(place.backups), dice.random() < 0.5, dice.random() < 0.4
    place.tell("  restored", os.path.basename(source))
    plainly = plainly or os.path.isdir(place.store)
    if not plainly:
        plainly = place.adm("restore", source, "-m", "chaos", ends=(0, 1) if place.bad_certificate else (0,))[0] != 0
    place.broken = False
    if plainly:
        place.put(source)
    else:
        place.is_served(place.read()[0])
    if reloads:
        place.reload()


@step(5)
def certificate(place, dice):
    """The files of one name's certificate go bad, or are good again."""
    leaf = place.leaf
    if place.bad_certificate:
        mend_certificate(place)
    else:
        fault = dice.choice(CERTIFICATE_FAULTS)
        place.tell("  ", fault.__name__)
        for path in (leaf.chain, leaf.key):
            shutil.copy2(path, path + ".good")
        fault(leaf, place.world.pki)
        place.bad_certificate = fault.__name__
    if dice.random() < 0.7:
        place.reload()


def mend_certificate(place):
    for path in (place.leaf.chain, place.leaf.key):
        os.replace(path + ".good", path)
    place.bad_certificate = None


def mend(place):
    """The end of a sequence: with everything in order again the draft can be applied and is served."""
    if place.bad_certificate:
        mend_certificate(place)
    if place.broken:
        place.put(place.backups[-1])
        place.broken = False
    place.mark()
    judge(place, place.finish(place.start("apply", "-m", "in the end")), may_fail=False)
