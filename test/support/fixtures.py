"""Servers for tests. One for a module where tests do not disturb it; a fresh one where it is restarted,
killed or configured. Whatever a test does, no server may die unasked or print a sanitizer's report."""

import pytest

from support.cluster import one_server
from support.server import Server
from support.services import Redis
from support.witness import Witness
from support.world import World


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """The module's server; SERVER_OPTIONS in the module adds options."""
    options = getattr(request.module, "SERVER_OPTIONS", {})
    made = one_server(tmp_path_factory.mktemp("server"), options).start()
    yield made
    made.release()


@pytest.fixture
def world(server):
    made = World(server)
    yield made
    made.close()


@pytest.fixture
def make_server(request, tmp_path):
    """make_server(options) starts a server of the test's own: with the marker one_node, a single one."""
    made = []
    alone = request.node.get_closest_marker("one_node")
    assert alone is None or len(alone.args) == 1, "one_node needs its reason"

    def make(options=None, **kind):
        start = kind.pop("start", True)
        one = one_server(tmp_path / f"server{len(made)}", options, alone=alone is not None, **kind)
        made.append(one)
        return one.start() if start else one

    yield make
    for one in made:
        one.release()


@pytest.fixture
def redis(tmp_path):
    """A real Redis of the test's own."""
    made = Redis(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def witness(server):
    """A pair of friends who chat undisturbed throughout the test."""
    made = Witness(server)
    yield made
    made.finish()


@pytest.fixture(autouse=True)
def servers_stay_sound():
    yield
    for one in list(Server.live):
        one.check()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for one in Server.live:
            report.sections.append((f"stderr of the server on port {one.port}", one.log()))
