"""A ledger kept while something fails again and again (test/failure).

IM_FAULTS sets how often each fault strikes (20), IM_SEED repeats a run as far as the machine lets it. Servers are started
on the main thread: they end with the thread that did it (support/server.py, die_with_parent)."""

import asyncio
import os
import random

from support.ledger import Ledger

FAULTS = int(os.environ.get("IM_FAULTS", "20"))
WINDOW = 6
REPAIR_S = 5


async def play(fleet, strike, faults=FAULTS):
    """strike(dice): one fault, from its beginning to its end. Every fifth time it is looked at whether all adds up."""
    seed = int(os.environ.get("IM_SEED", random.randrange(2**32)))
    print("seed", seed)
    dice = random.Random(seed)
    ledger, repairs = Ledger(fleet.nodes, dice), []
    await asyncio.to_thread(ledger.people)
    ledger.start()
    for round in range(faults):
        ledger.write(WINDOW)
        await ledger.flows(dice.randint(1, 60))
        await strike(dice)
        if round % 5 == 4 or round == faults - 1:
            await ledger.flows(20)
            ledger.write(0)
            repairs.append(await ledger.repaired(REPAIR_S))
            await asyncio.to_thread(ledger.check)
    again = sum(device.again for device in ledger.devices)
    seen = ", ".join(f"{repair:.2f}" for repair in repairs)
    print(f"{faults} faults, {ledger.acks()} acked, {again} sent again, refused {dict(ledger.refused)}; repaired in {seen} s")
    await ledger.stop()


async def cut_off(cables, dice):
    """Some of them are reset and refused, or silent, for a while."""
    struck = [one for one in cables if dice.random() < 0.5] or [dice.choice(cables)]
    for one in struck:
        one.set(dice.choice(("silent", "cut")))
    await asyncio.sleep(dice.uniform(0.1, 4))
    for one in struck:
        one.set("open")
