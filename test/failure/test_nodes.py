"""Nodes die, and Redis dies or is cut off, under load: every acked message is there exactly once, all see one order, and gaps
close within 5 s of healing."""

import asyncio
import random

import pytest
from support.faults import REPAIR_S, WINDOW, cut_off, play
from support.fleet import Fleet
from support.ledger import Ledger


@pytest.fixture
def fleet(tmp_path):
    made = Fleet(tmp_path)
    yield made
    made.close()


def test_a_node_is_killed(fleet):
    async def strike(dice):
        node = dice.choice(fleet.nodes)
        node.kill()
        await asyncio.sleep(dice.uniform(0.05, 1.5))
        node.start(wait=False)
        await asyncio.to_thread(node.wait_ready)

    asyncio.run(play(fleet, strike))


def test_redis_is_killed(fleet):
    async def strike(dice):
        fleet.redis.kill()
        await asyncio.sleep(dice.uniform(0.05, 2))
        fleet.redis.start()

    asyncio.run(play(fleet, strike))


def test_nodes_are_cut_off_from_redis(fleet):
    asyncio.run(play(fleet, lambda dice: cut_off([node.redis for node in fleet.nodes], dice)))


def test_the_ledger_notices_a_message_that_is_lost(fleet):
    """What the others prove is worth no more than this."""

    async def lose():
        ledger = Ledger(fleet.nodes, random.Random(1))
        await asyncio.to_thread(ledger.people)
        ledger.start()
        ledger.write(WINDOW)
        await ledger.flows(100)
        ledger.write(0)
        await ledger.repaired(REPAIR_S)
        await asyncio.to_thread(ledger.check)
        seq = max(ledger.devices[0].acked.values())
        fleet.database.run(f"DELETE FROM im.message WHERE cid IS NOT NULL AND seq = {seq}")
        with pytest.raises(AssertionError, match="missing|lost|something else"):
            await asyncio.to_thread(ledger.check)
        await ledger.stop()

    asyncio.run(lose())
