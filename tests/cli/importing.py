"""What the tests of lyncadm import topology share."""
import json

import pytest

from conftest import DAY
from topology import four_servers

IMPORT = "import topology t.xml --ca root.pem"


def save(admin, topology, *args, name="t.xml", **more):
    (admin.directory / name).write_bytes(topology if isinstance(topology, bytes) else topology.bytes(*args, **more))


def rows(admin, noun):
    return json.loads("\n".join(admin.ok(noun, "list", "--json")))


def routes(admin):
    return {(r["listener"], r["host"], r["path"]): r for r in rows(admin, "route")}


def hosts(admin):
    return {(r["listener"], r["host"]): r["pool"] for r in rows(admin, "route") if r["pool"]}


def tables(admin, *words):
    """The plan as a program gets it, by noun; and what changes."""
    result = admin.run(*words, "--json")
    assert result.status == 0, result
    found = {}
    for row in json.loads(result.out):
        key = "changes" if "done" in row else row.pop("noun")
        found.setdefault(key, []).append(row)
    return found


@pytest.fixture
def ready(admin):
    """Listeners and a certificate, as in the day."""
    for line in DAY[1:4]:
        admin.ok(line)
    return admin


@pytest.fixture
def published(ready):
    """A topology that was imported."""
    save(ready, four_servers())
    ready.ok(IMPORT + " --http")
    return ready
