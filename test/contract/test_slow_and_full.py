"""What runs over: a reader too slow for its outbox, and a disk with no room left."""

import json
import os
import pathlib
import threading

import pytest

from support.server import Server
from support.timing import seconds, wait_until
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


@pytest.fixture
def full_server(tmp_path):
    """A server whose data directory is a file system of 24 MiB, in a mount namespace of its own: gone with it."""
    data = tmp_path / "small"
    data.mkdir()
    script = f'mount -t tmpfs -o size=24m tmpfs "{data}" && exec "$@"'
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--user", "--map-root-user"]
    server = Server(tmp_path / "home", prefix=[*own, "sh", "-c", script, "sh"], data=data)
    server.start()
    server.inside = pathlib.Path(f"/proc/{server.pid}/root{data}")
    assert server.inside.is_mount()
    yield server
    server.release()


def fill_up(directory):
    filler = directory / "filler"
    with open(filler, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
    return filler


def test_a_full_disk_refuses_messages_without_echo_and_loses_none_echoed(full_server):
    world = World(full_server)
    one, two = world.friends(2)
    first, second = world.settled(one, two)
    echoed = []

    def send(content):
        """Whether it was echoed."""
        first.say(two, content)
        try:
            message = first.take(timeout=2)
        except TimeoutError:
            return False
        while message["content"] != content:  # Of one that was given up on before.
            message = first.take(timeout=5)
        echoed.append(message)
        assert second.take()["content"] == content
        return True

    for i in range(20):
        assert send(f"before {i}")
    filler = fill_up(full_server.inside)
    refused = next(i for i in range(300) if not send(f"while full {i} {BIG}"))
    assert not send(f"still full {BIG}"), refused

    history = world.history(one, two)
    assert history == echoed, "reads work, and hold exactly what was echoed"
    assert world.get("/contact/friend_list", one).data[0]["email"] == two.email
    assert first.closed is None and second.closed is None
    answer = world.post("/community/create", one, name="no room", icon="", memo="x")
    assert answer.status in (200, 503, 507, 500)

    filler.unlink()
    wait_until(lambda: send("room again"), timeout=20, what="sending after space was freed")
    for i in range(20):
        assert send(f"after {i}")
    assert [message for message in world.history(one, two) if message["content"] != "room again"] == [
        message for message in echoed if message["content"] != "room again"
    ]
    assert world.user().token
    world.close()
