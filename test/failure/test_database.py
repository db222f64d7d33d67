"""MariaDB dies, or nodes are cut off from it, under load: the ledger adds up (test_nodes.py says what that means)."""

import asyncio

import pytest
from support.faults import cut_off, play
from support.fleet import Fleet


@pytest.fixture
def fleet(tmp_path):
    made = Fleet(tmp_path)
    yield made
    made.close()


def test_mariadb_is_killed(fleet):
    async def strike(dice):
        fleet.database.kill()
        await asyncio.sleep(dice.uniform(0.05, 1.5))
        fleet.database.start()
        await asyncio.to_thread(fleet.database.wait_ready)

    asyncio.run(play(fleet, strike))


def test_nodes_are_cut_off_from_mariadb(fleet):
    asyncio.run(play(fleet, lambda dice: cut_off([node.database for node in fleet.nodes], dice)))
