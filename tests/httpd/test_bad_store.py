"""A store that cannot be served: httpd refuses to start and says which store, table and row."""

import os
import shutil
import sqlite3

import pytest

from deploy import publish_standard
from faults import raw
from httpd import Stage, free_port


@pytest.fixture(scope="module")
def good(pool):
    """A store with an applied revision, to be copied and broken."""
    stage = Stage()
    stage.store = stage.path("good.db")
    publish_standard(stage, stage.store, pool, https=free_port(), http=free_port())
    yield stage
    stage.close()


@pytest.fixture
def broken(good, stage):
    """A copy of the good store, a function that edits it against all its rules, and its httpd."""
    path = stage.path("broken.db")
    shutil.copy(good.store, path)
    os.chmod(path, 0o644)

    def edit(*statements):
        raw(path, *statements)
    edit.path = path
    edit.one = lambda sql: sqlite3.connect("file:%s?mode=ro" % path, uri=True).execute(sql).fetchone()[0]
    return edit


def refusal(stage, path, *words):
    """httpd -t and start both refuse with one sentence in which all the words are."""
    httpd = stage.httpd(store=path)
    test = httpd.test_config()
    start = httpd.run("-k", "start")
    for result in (test, start):
        assert result.returncode != 0, result.stdout
        assert "AddressSanitizer" not in result.stdout
        lines = [line for line in result.stdout.splitlines() if all(str(word) in line for word in words)]
        assert lines, "%s\nlacks a line with %s" % (result.stdout, words)
    return test.stdout


def test_missing(stage):
    refusal(stage, stage.path("no-such.db"), stage.path("no-such.db"))


def test_empty_file(stage):
    path = stage.path("empty.db")
    open(path, "w").close()
    refusal(stage, path, path)


def test_directory(stage):
    refusal(stage, stage.folder, stage.folder)


@pytest.mark.smoke
def test_garbage(stage):
    path = stage.path("garbage.db")
    with open(path, "wb") as file:
        file.write(bytes(range(256)) * 64)
    refusal(stage, path, path)


def test_another_programs_sqlite_file(stage):
    path = stage.path("other.db")
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t (x)")
    database.commit()
    database.close()
    refusal(stage, path, path)


def test_truncated(broken, stage):
    with open(broken.path, "r+b") as file:
        file.truncate(os.path.getsize(broken.path) // 2)
    refusal(stage, broken.path, broken.path)


def test_newer_schema_names_both_versions(broken, stage):
    version = broken.one("PRAGMA user_version")
    database = sqlite3.connect(broken.path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    refusal(stage, broken.path, broken.path, "99", version)


def test_relative_and_missing_argument(stage):
    httpd = stage.httpd(before="LyncStore")
    result = httpd.test_config()
    assert result.returncode != 0 and "LyncStore" in result.stdout


ROWS = {
    "port 0": ("listener", "UPDATE listener SET port = 0 WHERE name = 'external' AND revision = {active}", "row"),
    "port 65536": ("listener", "UPDATE listener SET port = 65536 WHERE name = 'external' AND revision = {active}",
                   "65536"),
    "route to a missing pool": (
        "route", "UPDATE route SET pool = 'nopool' WHERE host = 'webext.contoso.com' AND path LIKE '/abs'"
        " AND revision = {active}", "nopool"),
    "route on a missing listener": (
        "route", "UPDATE route SET listener = 'nowhere' WHERE host = 'webext.contoso.com'"
        " AND path LIKE '/abs' AND revision = {active}", "nowhere"),
    "route with a missing profile": (
        "route", "UPDATE route SET profile = 'noprofile' WHERE host = 'webext.contoso.com'"
        " AND path LIKE '/abs' AND revision = {active}", "noprofile"),
    "route without path": (
        "route", "UPDATE route SET path = 'abs' WHERE host = 'webext.contoso.com' AND path LIKE '/abs'"
        " AND revision = {active}", "abs"),
    "host with a newline": (
        "route", "UPDATE route SET host = 'a.example' || char(10) || 'Include /etc/passwd'"
        " WHERE host = 'webext.contoso.com' AND path LIKE '/abs' AND revision = {active}", ""),
    "host with a quote": (
        "route", "UPDATE route SET host = 'a\"b.example' WHERE host = 'webext.contoso.com'"
        " AND path LIKE '/abs' AND revision = {active}", ""),
    "unknown action": (
        "route", "UPDATE route SET action = 'explode' WHERE host = 'webext.contoso.com'"
        " AND path LIKE '/abs' AND revision = {active}", "explode"),
    "server with a blank": ("server", "UPDATE server SET host = 'a b' WHERE rowid ="
                            " (SELECT min(rowid) FROM server WHERE revision = {active})", ""),
    "unknown role": ("pool", "UPDATE pool SET role = 'edge' WHERE rowid ="
                     " (SELECT min(rowid) FROM pool WHERE revision = {active})", "edge"),
    "pool without server": ("pool", "DELETE FROM server WHERE revision = {active} AND pool ="
                            " (SELECT min(pool) FROM server WHERE revision = {active})", ""),
    "binding to a missing certificate": (
        "binding", "UPDATE binding SET certificate = 'nocert' WHERE revision = {active}", "nocert"),
    "ciphers with a newline": (
        "tls_policy", "UPDATE tls_policy SET ciphers = 'ALL' || char(10) || 'LoadModule x y'"
        " WHERE revision = {active}", ""),
}


@pytest.mark.parametrize("what", list(ROWS))
def test_row(broken, stage, what):
    table, statement, value = ROWS[what]
    broken(statement.format(active="(SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active')"))
    refusal(stage, broken.path, broken.path, table, value)


def test_state_names_a_revision_that_is_not_there(broken, stage):
    broken("UPDATE state SET value = '77' WHERE name = 'active'")
    refusal(stage, broken.path, broken.path, "77")


def test_a_column_is_gone(broken, stage):
    database = sqlite3.connect(broken.path)
    for kind, name in database.execute("SELECT type, name FROM sqlite_master"
                                       " WHERE type IN ('trigger', 'view')").fetchall():
        database.execute("DROP %s %s" % (kind, name))
    database.execute("ALTER TABLE route RENAME COLUMN host TO hots")
    database.commit()
    database.close()
    refusal(stage, broken.path, broken.path, "host")


def test_certificate_file_is_gone(stage, pool):
    store = stage.path("lync.db")
    names = publish_standard(stage, store, pool, https=free_port(), http=free_port())
    os.rename(names.chain, names.chain + ".away")
    refusal(stage, store, store, "certificate", "external", names.chain)


def test_certificate_is_not_pem(stage, pool):
    store = stage.path("lync.db")
    names = publish_standard(stage, store, pool, https=free_port(), http=free_port())
    with open(names.chain, "w") as file:
        file.write("this is no certificate\n")
    refusal(stage, store, store, "certificate", "external", names.chain)


@pytest.mark.smoke
def test_key_does_not_match_the_certificate(stage, pool):
    store = stage.path("lync.db")
    names = publish_standard(stage, store, pool, https=free_port(), http=free_port())
    shutil.copy(names.pki.public.leaf("other.example").key, names.key)
    refusal(stage, store, store, "certificate", "external")


def test_key_is_gone(stage, pool):
    store = stage.path("lync.db")
    names = publish_standard(stage, store, pool, https=free_port(), http=free_port())
    os.remove(names.key)
    refusal(stage, store, store, "certificate", "external", names.key)


def test_trust_anchors_of_a_pool_are_gone(stage, pool):
    store = stage.path("lync.db")
    names = publish_standard(stage, store, pool, https=free_port(), http=free_port())
    os.remove(names.pool_ca)
    result = stage.httpd(store=store).test_config()        # a start goes on without the pool: test_quarantine.py
    assert result.returncode and store in result.stdout and names.pool_ca in result.stdout


def test_port_is_taken(stage, pool):
    """A listener's port that another program has: start refuses and names it."""
    import socket
    store = stage.path("lync.db")
    taken = socket.socket()
    taken.bind(("", 0))
    taken.listen()
    port = taken.getsockname()[1]
    publish_standard(stage, store, pool, https=port, http=free_port())
    httpd = stage.httpd(store=store)
    httpd.expect("AH00072|AH00015|AH00451|LYNC")
    result = httpd.run("-k", "start")
    taken.close()
    assert result.returncode != 0
    assert str(port) in httpd.words() + result.stdout
