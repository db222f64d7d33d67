"""Servers of a Galera cluster die under load, any of three and most often the one that the nodes write to: the ledger adds
up (test_nodes.py says what that means). A quarter of the others' number of faults: each takes a server's recovery."""

import asyncio

import pytest
from support.faults import FAULTS, play
from support.fleet import Fleet
from support.galera import Galera


@pytest.fixture
def galera():
    made = Galera()
    yield made
    made.stop()


@pytest.fixture
def fleet(galera, tmp_path):
    made = Fleet(tmp_path, databases=galera.nodes)
    yield made
    made.close()


def test_a_server_of_a_galera_cluster_is_killed(fleet, galera):
    async def strike(dice):
        node = galera.nodes[0] if dice.random() < 0.5 else dice.choice(galera.nodes)
        node.kill()
        await asyncio.sleep(dice.uniform(0.5, 5))
        await asyncio.to_thread(galera.recover, node)
        node.start()
        await asyncio.to_thread(node.wait_synced)

    asyncio.run(play(fleet, strike, max(1, FAULTS // 4)))
