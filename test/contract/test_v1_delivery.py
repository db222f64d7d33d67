"""At least once: the backlog of who was away, the pings that move its cursor, and pages of history."""

import json
import os
import random
import time

import pytest

from support.world import World
from support.ws import PING, PONG, Closed

BACKLOG = 3000


@pytest.fixture
def seed():
    value = int(os.environ.get("IM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"IM_SEED={value}")
    return random.Random(value)


def fill(ws, dst, contents, cmd=10):
    """Sends and reads the echoes with a window, so that no outbox runs over. Returns the echoes' texts."""
    raws, sent = [], 0
    while len(raws) < len(contents):
        while sent < len(contents) and sent - len(raws) < 64:
            ws.say(dst, contents[sent], cmd=cmd)
            sent += 1
        raw = ws.raw()
        if '"content":' in raw:  # and no notice of who came or went
            raws.append(raw)
    return raws


# The backlog


def test_who_was_away_gets_it_all_in_order_and_as_it_would_have_come_live(world):
    one, away, third = world.user(), world.user(), world.user()
    world.befriend(away, one, third)
    group = world.group(one, away, third)
    first, second = world.settled(one, third)
    wanted = []
    for i in range(30):
        first.say(away, f"one {i} <&> 你好")
        wanted.append(first.raw())
        second.say(away, f"third {i} 😀")
        wanted.append(second.raw())
        second.say_group(group, f"group {i}")
        wanted.append(second.raw())
        assert first.raw() == wanted[-1]
    ws = world.open(away)
    assert [ws.raw() for _ in wanted] == wanted
    ws.silent()


def test_nothing_is_pushed_to_who_was_there(world):
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    sender.say(two, "seen")
    receiver.take_until("seen")
    receiver.pump(7)
    receiver.close()
    assert world.open(two).before_barrier() == []
    sender.pump(2)
    assert sender.close() == 1000
    assert world.open(one).before_barrier() == [], "one's own messages are no news"


def test_a_new_token_starts_where_its_user_has_had_delivered(world):
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    fill(sender, two, ["old 1", "old 2"])
    receiver.take_until("old 2")
    receiver.pump(7)
    receiver.close()
    new = world.open(world.again(two))
    assert new.before_barrier() == []
    new.close()
    fill(sender, two, ["new 1", "new 2"])
    newer = world.open(world.again(two))
    assert [json.loads(text)["content"] for text in newer.before_barrier()] == ["new 1", "new 2"]


def test_each_token_has_a_backlog_of_its_own(world):
    one, two = world.friends(2)
    (sender,) = world.settled(one)
    phone, desk = two, world.again(two)
    world.open(phone).close()
    world.open(desk).close()
    fill(sender, two, ["both"])
    for device in (phone, desk):
        assert "both" in [json.loads(text)["content"] for text in world.open(device).before_barrier()]


def test_messages_before_joining_are_no_backlog(world):
    owner, late = world.user(), world.user()
    group = world.group(owner)
    (ws,) = world.settled(owner)
    fill(ws, str(group), ["before"], cmd=11)
    world.join(late, group)
    ws.before_barrier()
    fill(ws, str(group), ["after"], cmd=11)
    contents = [json.loads(text)["content"] for text in world.open(late).before_barrier()]
    assert "after" in contents and "before" not in contents
    assert [message["content"] for message in world.group_history(late, group)] == ["before", "after"]


def test_a_wire_cut_in_the_middle_of_a_backlog_loses_nothing(world, seed):
    """Every socket's stream starts at or before the first message not yet seen, and has no gap."""
    one, away = world.friends(2)
    (sender,) = world.settled(one)
    contents = [f"m{i} " + "x" * 200 for i in range(BACKLOG)]
    number = {content: i for i, content in enumerate(contents)}
    fill(sender, away, contents)
    seen = 0  # all before this one were seen, by one socket or another

    def follow(ws, count):
        """Reads up to count messages; returns whether there were as many."""
        nonlocal seen
        last = None
        for _ in range(count):
            at = number[ws.take()["content"]]
            assert at == last + 1 if last is not None else at <= seen, f"a gap before {at}, {seen} were seen"
            last = at
            seen = max(seen, at + 1)
            if at == BACKLOG - 1:
                return False
        return True

    for attempt in range(8):
        ws = world.open(away, receive_buffer=32768)
        ws.auto_pong = attempt % 2 == 0
        more = follow(ws, seed.randrange(1, BACKLOG // 3))
        for _ in range(3):  # Now and then long enough for a ping to come and be answered in the middle.
            if more and attempt in (2, 5):
                time.sleep(0.5)
                more = follow(ws, 50)
        ws.cut()
        if not more:
            break
    ws = world.open(away)
    while seen < BACKLOG and follow(ws, BACKLOG):
        pass
    assert seen == BACKLOG


def test_live_messages_come_after_the_backlog_and_once(world):
    """Somebody opens while the other keeps sending: no gap, no doubling, no disorder."""
    one, two = world.friends(2)
    (sender,) = world.settled(one)
    contents = [f"c{i}" for i in range(1500)]
    fill(sender, two, contents[:1000])
    ws = world.open(two)
    fill(sender, two, contents[1000:])
    assert [ws.take()["content"] for _ in contents] == contents
    ws.silent()


def test_an_unanswered_ping_is_the_only_one_and_what_it_covers_comes_again(world):
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    receiver.pump(2)
    receiver.pings.clear()
    receiver.auto_pong = False
    for i in range(4):
        sender.say(two, f"unacked {i}")
        receiver.pump(1.2)
    assert len(receiver.pings) == 1, "at most one is unanswered"
    receiver.cut()
    again = [json.loads(text)["content"] for text in world.open(two).before_barrier()]
    assert again == [f"unacked {i}" for i in range(4)]


def test_pings_carry_a_growing_payload_at_most_one_a_second(world):
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    receiver.pump(2)
    receiver.pings.clear()
    start = time.monotonic()
    for i in range(30):
        sender.say(two, f"n{i}")
        receiver.pump(0.1)
    elapsed = time.monotonic() - start
    receiver.pump(1.5)
    assert 1 <= len(receiver.pings) <= elapsed + 3
    assert len(set(receiver.pings)) == len(receiver.pings) and all(len(ping) <= 125 for ping in receiver.pings)


def test_a_pong_out_of_the_air_moves_nothing(world):
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    receiver.auto_pong = False
    for payload in (b"", b"999999999", b"\xff" * 8, b"\xff" * 125, b"18446744073709551615", b"-1"):
        receiver.send_frame(PONG, payload)
    fill(sender, two, ["kept 1", "kept 2"])
    receiver.take_until("kept 2")
    for payload in (b"999999999", (1 << 62).to_bytes(8, "big"), (1 << 62).to_bytes(8, "little")):
        receiver.send_frame(PONG, payload)
    receiver.before_barrier()
    receiver.cut()
    contents = [json.loads(text)["content"] for text in world.open(two).before_barrier()]
    assert contents == ["kept 1", "kept 2"]


def test_the_cursor_survives_a_restart(make_server):
    server = make_server()
    world = World(server)
    one, two = world.friends(2)
    sender, receiver = world.settled(one, two)
    fill(sender, two, ["delivered"])
    receiver.take_until("delivered")
    receiver.pump(2.5)
    receiver.close()
    fill(sender, two, ["waiting"])
    server.restart()
    assert [json.loads(text)["content"] for text in world.open(two).before_barrier()] == ["waiting"]
    world.close()


# Dead and living peers


def test_an_idle_session_that_answers_pings_lives_and_a_dead_one_is_closed(make_server):
    world = World(make_server({"ws.ping": "1s", "ws.dead": "6s"}))
    one, two = world.friends(2)
    alive, dead = world.settled(one, two)
    dead.auto_pong = False
    alive.pump(11)
    assert alive.pings, "the server pings an idle session"
    assert alive.take()["cmd"] == 14, "its friend is told of the dead one's end"
    with pytest.raises((Closed, OSError)):
        while True:
            dead.text(timeout=5)
    world.close()


def test_a_client_may_ping_too(world):
    ws = world.open(world.user())
    ws.send_frame(PING, b"client's own")
    frame = ws.frame()
    while frame.opcode == PING:
        frame = ws.frame()
    assert (frame.opcode, frame.payload) == (PONG, b"client's own")


# History


@pytest.fixture(scope="module")
def long_chat(server):
    """Two friends with 1,200 messages, and the newest of them as history gives them."""
    world = World(server)
    one, two = world.friends(2)
    (sender,) = world.settled(one)
    raws = fill(sender, two, [f"h{i}" for i in range(1200)])
    world.close()
    return one, two, [json.loads(raw) for raw in raws]


def test_history_gives_the_newest_1000_oldest_first(world, long_chat):
    one, two, messages = long_chat
    assert world.history(one, two) == messages[200:]
    assert world.history(two, one) == messages[200:]


def test_history_pages_backwards_with_before_and_limit(world, long_chat):
    one, two, messages = long_chat
    assert world.history(one, two, limit=3) == messages[-3:]
    assert world.history(one, two, before=1201, limit=3) == messages[-3:]
    assert world.history(one, two, before=201) == messages[:200]
    assert world.history(one, two, before=4, limit=2) == messages[1:3]
    assert world.history(one, two, before=1) == []
    assert world.history(one, two, before=10**9, limit=10**9) == messages[200:]


@pytest.mark.parametrize("query", [{"limit": -1}, {"limit": "x"}, {"before": "x"}, {"before": -1}, {"limit": 10**30}, {"before": 10**30}, {"limit": ""}, {"before": "1e3"}])
def test_odd_bounds_are_refused_or_clipped(world, long_chat, query):
    one, two, messages = long_chat
    answer = world.call("GET", "/msg/friend_msg_list", {"userEmail": one.email, "dstObj": two.email} | query, one)
    body = answer.json()
    assert answer.status in (200, 400)
    assert body["code"] != 0 or all(message in messages for message in body["data"])


def test_the_limit_of_history_is_an_option(make_server):
    world = World(make_server({"history.v1_limit": 5}))
    one, two = world.friends(2)
    (sender,) = world.settled(one)
    fill(sender, two, [f"{i}" for i in range(9)])
    assert [message["content"] for message in world.history(one, two)] == ["4", "5", "6", "7", "8"]
    assert len(world.history(one, two, limit=100)) == 5
    world.close()
