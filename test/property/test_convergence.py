"""Whatever people and their devices do, in the end every device of a chat holds the same, which is what a
brute-force model of it says: no message twice, none missing, the unread counts right, and a new device that asks
for everything has it too.

IM_PROPERTY_SECONDS says for how long (60), IM_SEED repeats a run, IM_STEPS its number of steps per seed."""

import os
import random
import time

from walk import Walk
from walk_model import Wrong

from support.world import World

SECONDS = float(os.environ.get("IM_PROPERTY_SECONDS", "60"))
STEPS = int(os.environ.get("IM_STEPS", "3000"))
REST = 200  # steps between two states of rest
OPTIONS = {"compat.escape_html": "off", "recall.window": "1d", "accounts.tokens_max": 10000}


def walk(server, seed, end):
    """Returns the number of steps made before the time was over."""
    world = World(server)
    chance = random.Random(seed)
    one = None
    try:
        one = Walk(world, chance)
        while one.steps < STEPS and time.monotonic() < end:
            one.exact = chance.random() < 0.5
            for _ in range(chance.randint(1, REST)):
                one.step()
            one.come_to_rest()
            one.check()
    except Exception as error:
        steps = one.steps if one else 0
        print(f"IM_SEED={seed} failed at step {steps}: {error}")
        for line in getattr(getattr(error, "place", None), "happened", []):
            print("  ", line)
        raise
    finally:
        if one is not None:
            one.close()
    return one.steps


def test_devices_converge_on_what_the_model_says(make_server):
    server = make_server(OPTIONS)
    begin = time.monotonic()
    seed = int(os.environ.get("IM_SEED", random.SystemRandom().randrange(1 << 32)))
    total = 0
    while total == 0 or time.monotonic() < begin + SECONDS:
        print(f"IM_SEED={seed}", flush=True)
        total += walk(server, seed, begin + SECONDS)
        seed += 1
    print(f"{total} steps in {time.monotonic() - begin:.0f} s")
