"""A disk with no room left, under the store's file."""

import os
import pathlib

import pytest

from support.server import Server
from support.timing import wait_until
from support.world import World

BIG = "x" * 60_000


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
