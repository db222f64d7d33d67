"""What runs over: a reader too slow for its outbox."""

import json
import threading

import pytest

from support.timing import seconds
from support.witness import Witness
from support.world import World
from support.ws import Closed

BIG = "x" * 60_000


def test_a_slow_reader_is_closed_and_the_group_never_waits(server, world):
    owner, slow = world.user(), world.user()
    quick = [world.user() for _ in range(3)]
    world.befriend(owner, slow)
    group = world.group(owner, slow, *quick)
    sender, *readers = world.settled(owner, *quick)
    stuck = world.open(slow, receive_buffer=8192)
    stuck.before_barrier()
    for ws in (sender, *readers):
        ws.before_barrier()
    witness = Witness(server)
    before = server.memory_kib()
    counts = [0] * len(readers)

    def read(index):
        while counts[index] < 400:
            message = readers[index].take(timeout=30)
            counts[index] += message["cmd"] == 11

    threads = [threading.Thread(target=read, args=(i,)) for i in range(len(readers))]
    for thread in threads:
        thread.start()
    heard_of_its_end = False
    for i in range(400):  # 24 MB: more than the kernel and the outbox take together
        sender.say_group(group, BIG, createAt=i)
        message = sender.take(timeout=30)
        while message["cmd"] != 11:
            heard_of_its_end |= message["cmd"] == 14 and message["userEmail"] == slow.email
            message = sender.take(timeout=30)
    for thread in threads:
        thread.join(seconds(60))
    assert counts == [400] * len(readers), "the others got everything"
    witness.finish()
    if not heard_of_its_end:
        heard_of_its_end = any(json.loads(text)["cmd"] == 14 for text in sender.before_barrier())
    assert heard_of_its_end, "its friend was told that it is gone"
    assert server.grown_less(before, mib=64)
    with pytest.raises((Closed, OSError)):
        while True:
            stuck.text(timeout=15)
    newest = world.group_history(slow, group, limit=1)[0]["id"]
    again = world.open(slow)
    while again.take(timeout=30)["id"] != newest:
        pass  # Delivered at least once: what it had read may come again, the rest comes now.
