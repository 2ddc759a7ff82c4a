"""Fixtures of the end-to-end tests. After every test each httpd must be alive, and its log hold no
warning and no error that the test did not account for."""

import os

import pytest

from deploy import Pools, own_world
from httpd import LYNCADM, MOD_LYNC, Stage


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: the few that go through most of the module, for valgrind")


def pytest_sessionstart(session):
    for path in (MOD_LYNC, LYNCADM):
        if not os.path.exists(path):
            pytest.exit("%s is not there: build it first" % path, returncode=2)


@pytest.fixture(autouse=True)
def guard():
    yield
    for stage in list(Stage.alive):
        stage.check()


@pytest.fixture
def stage():
    """A folder, and what runs from it, of one test."""
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def stage_for_module():
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def pool():
    """The simulated pools that every test may ask, and none may change."""
    stage = Stage()
    pools = Pools(stage)
    stage.closers.append(pools.stop)
    yield pools.start()
    stage.close()


@pytest.fixture(scope="session")
def world(pool):
    """The standard deployment, served. For tests that break nothing."""
    stage = Stage()
    yield own_world(stage, pool, pool.published)
    stage.close()
