"""lyncadm verify: the acceptance list against what is right, and against what is broken in the ways that its hints
name."""

import json
import subprocess

from deploy import PUBLIC
from httpd import LYNCADM, PATIENCE


def verify(world, *words, status=0, ca="", connect="127.0.0.1", form="--json"):
    """Runs it; its rows. ca: "" for the one that signed the proxy's certificate."""
    more = ["--ca", ca or world.names.pki.public.path] if ca is not None else []
    command = [LYNCADM, "verify", "--store", world.store, form, *more, *map(str, words)]
    command += ["--connect", connect] if connect else []
    result = subprocess.run(command, env=world.stage.environment(world.pool.hosts_file), stdin=subprocess.DEVNULL,
                            text=True, capture_output=True, timeout=PATIENCE)
    assert (result.returncode, result.stderr) == (status, ""), result
    return json.loads(result.stdout) if form == "--json" else result.stdout


def wrong(rows):
    return [row for row in rows if row["ok"] != "yes"]


def test_right(world):
    """Every check of the good deployment is ok."""
    rows = verify(world)
    assert not wrong(rows)
    assert {row["host"] for row in rows} == set(PUBLIC)
