"""kill -9 under load at random moments: what was echoed is in history exactly once, and nobody's seq has a gap.

IM_KILLS sets how often (20), IM_SEED repeats a run."""

import json
import os
import random
import signal
import threading
import time

import pytest

from support.timing import seconds
from support.world import World
from support.ws import Closed

KILLS = int(os.environ.get("IM_KILLS", "20"))
PAIRS = 4
WINDOW = 24


class Sender(threading.Thread):
    """Keeps WINDOW messages under way in one chat until the connection ends; remembers each echo."""

    def __init__(self, ws, dst, cmd, prefix):
        super().__init__(daemon=True)
        self.ws, self.dst, self.cmd, self.prefix = ws, dst, cmd, prefix
        self.echoed = []  # messages as the server sent them, in order
        self.code = None

    def run(self):
        sent = 0
        try:
            while True:
                while sent - len(self.echoed) < WINDOW:
                    self.ws.say(self.dst, f"{self.prefix} {sent}", cmd=self.cmd)
                    sent += 1
                self.hear()
        except OSError:
            pass
        except Closed as closed:
            self.code = closed.code
            return
        try:  # What had arrived before the end counts as seen.
            while True:
                self.hear()
        except (OSError, Closed) as closed:
            self.code = getattr(closed, "code", 1006)

    def hear(self):
        message = json.loads(self.ws.raw())
        if message["cmd"] == self.cmd and message["content"].startswith(self.prefix + " "):
            self.echoed.append(message)


def whole_history(world, user, peer=None, group=None, notices=0):
    """All of a chat, oldest first, page by page. `before` N gives the seqs below N: of a chat with a gap
    the last of N messages has a seq above N, and before N + 1 does not reach it. A group's first seqs are
    its notices, which v1 is not given."""

    def page(**query):
        return world.group_history(user, group, **query) if group else world.history(user, peer, **query)

    pages, before = [], 1001 + notices
    while True:
        last = pages[-1]["id"] if pages else 0
        fresh = [message for message in page(before=before, limit=1000) if message["id"] > last]
        pages += fresh
        if len(fresh) < 1000:
            break
        before += 1000
    assert page(limit=1000) == pages[-1000:] == page(before=len(pages) + 1 + notices, limit=1000), "the seqs have a gap"
    return pages


def check(world, chat, echoed):
    messages = whole_history(world, **chat)
    contents = [message["content"] for message in messages]
    assert len(set(contents)) == len(contents), "a message is there twice"
    ids = [message["id"] for message in messages]
    assert ids == sorted(set(ids)), "ids are out of order"
    by_id = {message["id"]: message for message in messages}
    for message in echoed:
        assert by_id.get(message["id"]) == message, f"echoed and not in history: {message}"
    return len(messages)


@pytest.fixture
def seed():
    value = int(os.environ.get("IM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"IM_SEED={value}")
    return random.Random(value)


def load(world, users, group, prefix):
    """Senders in both directions of each pair, and two in the group; begun."""
    senders = []
    for i in range(0, 2 * PAIRS, 2):
        one, two = users[i], users[i + 1]
        senders.append(Sender(world.open(one), two, 10, f"{prefix} pair{i}a"))
        senders.append(Sender(world.open(two), one, 10, f"{prefix} pair{i}b"))
    for i in (0, 2):
        senders.append(Sender(world.open(users[i]), str(group), 11, f"{prefix} group{i}"))
    for sender in senders:
        sender.start()
    return senders


def test_every_echoed_message_survives_kill_9_exactly_once(make_server, seed):
    server = make_server()
    world = World(server)
    users = [world.user() for _ in range(2 * PAIRS)]
    for i in range(0, 2 * PAIRS, 2):
        world.befriend(users[i], users[i + 1])
    group = world.group(users[0], users[2])
    chats = {i: {"user": users[i], "peer": users[i + 1]} for i in range(0, 2 * PAIRS, 2)}
    chats["group"] = {"user": users[0], "group": group, "notices": 2}
    echoed = {chat: [] for chat in chats}
    for kill in range(KILLS):
        senders = load(world, users, group, f"k{kill}")
        time.sleep(seconds(seed.uniform(0.05, 0.6)))
        server.kill()
        for sender in senders:
            sender.join(seconds(30))
            assert not sender.is_alive()
            chat = "group" if sender.cmd == 11 else int(sender.prefix.split("pair")[1][:-1])
            echoed[chat] += sender.echoed
        world.close()
        world.sockets.clear()
        server.start()
        if kill == KILLS - 1 or kill % 5 == 0:
            for chat, where in chats.items():
                check(world, where, echoed[chat])
    total = sum(len(messages) for messages in echoed.values())
    print(f"{total} messages echoed over {KILLS} kills")
    assert total > KILLS * 10


def test_sigterm_under_load_closes_with_1001_exits_0_and_keeps_what_was_echoed(make_server):
    server = make_server()
    world = World(server)
    one, two = world.friends(2)
    idle = world.open(world.user())
    idle.before_barrier()
    senders = [Sender(world.open(one), two, 10, "a"), Sender(world.open(two), one, 10, "b")]
    for sender in senders:
        sender.start()
    time.sleep(seconds(0.5))
    assert server.stop() == 0, server.log()
    for sender in senders:
        sender.join(seconds(30))
    assert idle.close_code() == 1001
    codes = [sender.code for sender in senders]
    assert all(code in (1001, 1006) for code in codes) and 1001 in codes, "a sender may meet the end while it writes"
    world.close()
    server.start()
    count = check(World(server), {"user": one, "peer": two}, senders[0].echoed + senders[1].echoed)
    assert count > 10


def test_a_second_sigterm_does_not_wait(make_server):
    server = make_server({"server.shutdown": "60s", "ws.outbox_max": "16M"})
    world = World(server)
    stuck = world.open(world.user(), receive_buffer=4096)
    for i in range(100):
        stuck.say(stuck.user, "x" * 60_000)
    server.expect_alive = False
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.5)
    if server.process.poll() is None:
        os.kill(server.pid, signal.SIGTERM)
    start = time.monotonic()
    server.wait(timeout=15)
    assert time.monotonic() - start < seconds(10)
    world.close()


def test_an_idle_server_ends_at_once(make_server):
    server = make_server()
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < seconds(3)


def test_two_servers_never_share_a_data_directory(make_server, tmp_path):
    server = make_server()
    second = make_server(start=False, data=server.data)
    second.start(wait=False)
    assert second.wait(timeout=15) not in (0, None)
    assert str(server.data) in second.log() or "lock" in second.log().lower() or "running" in second.log().lower()
    assert server.ready()
