"""SIGTERM: nobody is cut off in the middle. What was read is stored and acknowledged, what was pushed is confirmed,
and everybody else's socket ends soon."""

import json
import os
import signal
import time

import pytest
from support.timing import seconds
from support.world import World
from support.ws import Closed


# One of several that goes down is played by test/cluster/test_drain_nodes.py.
pytestmark = pytest.mark.one_node("SIGTERM is for one node, and its people are all there")


@pytest.fixture
def world(make_server):
    made = World(make_server())
    yield made
    made.close()


def terminate(world):
    world.server.expect_alive = False
    os.kill(world.server.pid, signal.SIGTERM)


def rest(ws):
    """All frames up to the end, and the close code."""
    frames = []
    while True:
        try:
            frames.append(json.loads(ws.text()))
        except Closed as closed:
            return frames, closed.code


def test_what_is_stored_is_acknowledged_and_nothing_else(world):
    """Six people send as fast as they can while the server goes down: afterwards the store holds what was acked."""
    users = [world.user() for _ in range(6)]
    sockets = [world.open2(user) for user in users]
    for ws, user in zip(sockets, users, strict=True):
        for i in range(400):
            ws.send(cmd=10, dstObj=user.email, content=f"{i}", cid=f"{user.email}-{i}")
        if ws is sockets[2]:
            terminate(world)
    acked = {}
    for ws, user in zip(sockets, users, strict=True):
        frames, code = rest(ws)
        assert code == 1001
        assert [frame["cmd"] for frame in frames].count(32) == 1
        assert frames[-1]["cmd"] == 32 and frames[-1]["reason"] == "drain" and 1 <= frames[-1]["retryAfter"] <= 10
        acked[user.email] = [frame["cid"] for frame in frames if frame["cmd"] == 1]
    assert world.server.wait() == 0
    world.server.start()
    for user in users:
        ws = world.open2(world.again(user), "later")
        head = len(acked[user.email])
        # Sent once more, all of them: what was acked is known, what was not is new.
        for i in range(400):
            ws.send(cmd=10, dstObj=user.email, content=f"{i}", cid=f"{user.email}-{i}")
        acks = []
        while len(acks) < 400:
            frame = ws.take()
            if frame["cmd"] == 1:
                acks.append(frame)
        assert [frame["cid"] for frame in acks if frame.get("dup")] == acked[user.email]
        assert max(frame["seq"] for frame in acks) == 400 and head <= 400


def test_v1_confirms_what_it_was_pushed_before_it_goes_and_is_not_pushed_it_again(world):
    anna, ben = world.friends()
    a, b = world.open(anna), world.open(ben)
    for i in range(5):
        a.say(ben.email, f"before {i}")
    a.take_until("before 4")
    terminate(world)
    frames, code = rest(b)
    assert code == 1001
    assert [frame["content"] for frame in frames if frame["cmd"] == 10] == [f"before {i}" for i in range(5)]
    assert rest(a)[1] == 1001
    assert world.server.wait() == 0
    world.server.start()
    b = world.open(ben)
    a = world.open(anna)
    a.say(ben.email, "after")
    told = b.take_until("after")
    contents = [frame["content"] for frame in told if frame["cmd"] == 10]
    assert contents == ["after"], "what was confirmed is not pushed twice"


def test_a_v1_device_that_confirms_nothing_holds_the_end_up_for_a_moment_only(world):
    anna, ben = world.friends()
    a, b = world.open(anna), world.open2(ben)
    b.send_ack(anna.email, "unread")  # and a reads nothing, not even the ping
    start = time.monotonic()
    terminate(world)
    assert world.server.wait() == 0
    assert time.monotonic() - start < seconds(4)
    assert "ended with connections open" not in world.server.log()
    a.sock.close()


def test_who_connects_while_it_goes_down_is_not_taken(world):
    anna = world.user()
    a = world.open(anna)  # v1: has nothing to confirm
    b = world.open2(anna)
    terminate(world)
    assert b.until(cmd=32)[-1]["reason"] == "drain"
    with pytest.raises(OSError):
        while True:
            world.login(anna.email)
    assert rest(a)[1] == 1001
    assert world.server.wait() == 0


def test_many_v1_sessions_leave_a_few_at_a_time(make_server):
    world = World(make_server({"server.loops": 1, "server.shutdown": "4s"}))
    user = world.user()
    sockets = [world.open(user) for _ in range(600)]
    start = time.monotonic()
    terminate(world)
    gone = []
    for ws in sockets:
        assert rest(ws)[1] == 1001
        gone.append(time.monotonic() - start)
    assert world.server.wait() == 0
    assert max(gone) >= 0.2, "100 in each 50 ms"
    world.close()
