"""Three nodes over one MariaDB, and a world of people at each. A file that wants other nodes makes its own."""

import pytest

from support.cluster import Cluster
from support.world import World


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"), 3).start()
    yield made
    made.release()


@pytest.fixture
def worlds(cluster):
    made = [World(node) for node in cluster]
    yield made
    for world in made:
        world.close()


@pytest.fixture
def make_cluster(tmp_path):
    made = []
    worlds = []

    def make(count=3, **options):
        cluster = Cluster(tmp_path / f"cluster{len(made)}", count, options).start()
        made.append(cluster)
        cluster.worlds = [World(node) for node in cluster.nodes]
        worlds.extend(cluster.worlds)
        return cluster

    yield make
    for world in worlds:
        world.close()
    for cluster in made:
        cluster.release()
