"""What lyncadm import topology makes of a topology is served."""

import os
import sys

import pytest

from deploy import DISCOVER, MEET, OWAS, PUBLIC, WEBDIR, WEBEXT, WEBEXT2, World, apply_idle, new_store
from httpd import free_port, lyncadm

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from topology import SHAPES, described  # noqa: E402


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_served(stage, pool, shape):
    store, https, http = stage.path("lync.db"), free_port(), free_port()
    leaf = pool.pki.public.leaf(PUBLIC[0], sans=PUBLIC, file="topology")
    new_store(stage, store, leaf.chain, leaf.key, https, http)
    with open(stage.path("topology.xml"), "wb") as file:
        file.write(described(*pool.all, OWAS).bytes(shape, "utf-16-le"))
    urls = [] if shape == "builder" else [word for kind, url in (("meet", MEET), ("dialin", "dialin.contoso.com"))
                                          for word in ("--simple-url", "%s=https://%s" % (kind, url))]
    lyncadm(stage, store, "import", "topology", stage.path("topology.xml"), "--ca", pool.pki.internal.path, "--balance",
            "--http", "--listener", "external", "--http-listener", "discovery", *urls)
    apply_idle(stage, store, pool.hosts_file)
    world = World(stage, pool, store, https, http, leaf)
    for host, target in ((WEBEXT, "/meet"), (WEBEXT2, "/meet"), (WEBDIR, "/meet"), (MEET, "/"), (DISCOVER, "/"),
                         (OWAS, "/hosting/discovery")):
        answer = world.ask(host, target)
        assert answer.status == 200, (host, answer)
        assert answer.get("X-MS-Server-Fqdn") in (None, *pool.servers_of(host)), (host, answer)
    assert world.ask(DISCOVER, "/", tls=False).status == 200
    assert world.ask(WEBEXT, "/cscp").status == 404
    assert world.ask("admin.contoso.com", "/").status != 200
