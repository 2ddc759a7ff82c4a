"""Stores that released programs left (tests/data): each is served as it is, migrated by lyncadm's first edit after a
backup, and applied; what is published is answered as before, from the first moment on. Ports, and the folder that
/etc/lync stands for, are ours. What migration makes of a store: ../cli/test_migrate.py."""

import os
import re
import shutil
import sqlite3

import pytest

from deploy import World, control_of
from httpd import TOP, free_port, lyncadm
from pki import PKI
from pool import LyncPool, Users, hosts_file

DATA = os.path.join(TOP, "tests", "data")
RELEASED = sorted(int(found[1]) for found in map(re.compile(r"store-v(\d+)\.sql").fullmatch, os.listdir(DATA)) if found)
ACTIVE = "(SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active')"


def version_of(path):
    return sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]


def dump(path):
    return "\n".join(sqlite3.connect(path).iterdump())


class Released(World):
    """The store of a released schema, what it publishes simulated, and an httpd for it."""

    def __init__(self, stage, version):
        self.stage, self.version, self.store = stage, version, stage.path("lync.db")
        self.https, self.http = free_port(), free_port()
        with open(os.path.join(DATA, "store-v%d.sql" % version)) as file:
            self.text = file.read().replace("/etc/lync", stage.path("etc"))
        self.database = sqlite3.connect(":memory:")
        self.database.row_factory = sqlite3.Row
        self.database.executescript(self.text)
        self.pki, self.routes = PKI(stage.path("pki")), self.rows("route")
        self.make_pools()
        self.make_files()
        self.make_store()
        self.httpd = stage.httpd(store=self.store, hosts=self.hosts_file, ports=(self.https, self.http))

    def rows(self, noun):
        """Those of the active revision."""
        return self.database.execute("SELECT * FROM %s WHERE revision = %s ORDER BY rowid" % (noun, ACTIVE)).fetchall()

    def make_pools(self):
        users, self.pools, self.pool_of = Users(), [], {}
        for row in self.rows("pool"):
            hosts = [route["host"] for route in self.routes if route["pool"] == row["name"]]
            servers = [server["host"] for server in self.rows("server") if server["pool"] == row["name"]]
            servers.sort(key=lambda name: name != row["name"])      # whose address is the pool's
            pool = LyncPool(self.stage.path(row["name"]), name=row["name"], role=row["role"], pki=self.pki, users=users,
                            servers=servers, external=(hosts or servers)[0], threads=64)
            self.pool_of.update((name, row["name"]) for name in servers)
            self.pools.append(pool)
        self.hosts_file = hosts_file(self.stage.path("hosts"), *self.pools, pool_address="first")
        for pool in self.pools:
            self.stage.closers.append(pool.stop)
            pool.start()

    def make_files(self):
        """What the store names, with other certificates in it."""
        leaf = self.pki.public.leaf("external", sans=sorted({route["host"] for route in self.routes}))
        for row in self.rows("certificate"):
            for name, source in ((row["chain"], leaf.chain), (row["key"], leaf.key)):
                os.makedirs(os.path.dirname(name), exist_ok=True)
                with open(name, "a") as file, open(source) as part:
                    file.write(part.read())
                os.chmod(name, 0o600)
        for name in {row["ca"] for row in self.rows("pool")}:
            os.makedirs(os.path.dirname(name), exist_ok=True)
            shutil.copy(self.pki.internal.path, name)

    def make_store(self):
        """The ports are set before there are triggers to refuse it."""
        ports = ["UPDATE listener SET port = CASE scheme WHEN 'https' THEN %d ELSE %d END;" % (self.https, self.http)]
        ports += ["UPDATE pool SET https_port = %d, http_port = %d WHERE name = '%s';"
                  % (pool.https_port, pool.http_port, pool.name) for pool in self.pools]
        text = re.sub(r"^CREATE (TRIGGER|VIEW|INDEX|UNIQUE)", lambda found: "\n".join(ports) + "\n" + found[0], self.text,
                      count=1, flags=re.M)
        self.database.close()
        database = sqlite3.connect(self.store)
        database.executescript(text)
        database.close()
        os.chmod(self.store, 0o640)

    def answers(self):
        """Of each route, at its path and below: what is answered, and which pool it is from."""
        found = {}
        for route in self.routes:
            for target in (route["path"], route["path"].rstrip("/") + "/below"):
                tls = route["listener"] == "external"
                answer = self.ask(route["host"], target, tls=tls)
                found[route["listener"], route["host"], target] = (
                    answer.status, self.pool_of.get(answer.get("X-MS-Server-Fqdn")), answer.get("Location"),
                    answer.all("WWW-Authenticate"))
        return found


def changed(before, after):
    return ["%s: was %s, is %s" % (key, before[key], after[key]) for key in before if before[key] != after[key]]


def test_every_schema_is_there():
    with open(os.path.join(TOP, "db", "schema.sql")) as file:
        now = int(re.search(r"^PRAGMA user_version = (\d+);", file.read(), re.M)[1])
    assert RELEASED and RELEASED == list(range(1, RELEASED[-1] + 1)) and RELEASED[-1] in (now, now - 1)


@pytest.mark.parametrize("version", RELEASED)
def test_routes_are_served_throughout(stage, version):
    old = Released(stage, version)
    as_released = dump(old.store)
    old.httpd.start()
    before = old.answers()
    for route in old.routes:
        status, pool = before[route["listener"], route["host"], route["path"]][:2]
        assert pool == route["pool"] and (pool or status == 404), (tuple(route), status, pool)
    assert dump(old.store) == as_released, "the module writes nothing"

    lyncadm(stage, old.store, "profile", "set", "web", "--timeout", 290)
    now, backup = version_of(old.store), "%s.v%d" % (old.store, version)
    assert (now > version) == os.path.exists(backup)
    if now > version:
        assert dump(backup) == as_released and version_of(backup) == version
    assert not changed(before, old.answers())
    old.httpd.graceful()
    assert not changed(before, old.answers())

    result = lyncadm(stage, old.store, "apply", "-m", "migrated", "--control", control_of(old.httpd), hosts=old.hosts_file)
    assert "revision 3 is served" in result.stdout
    assert not changed(before, old.answers())
    old.httpd.stop()
    old.httpd.start()
    assert not changed(before, old.answers())
