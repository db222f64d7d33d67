"""How far people have read: frame 22, POST /conv/read, /msg/readers, and unread counts."""

import os
import random
import time

import pytest

from support.cluster import NODES
from support.world import World


def read(ws, dst, seq, chat=None):
    group = isinstance(dst, int)
    return ws.do(cmd=22, chat=chat or (11 if group else 10), dstObj=str(dst if group else dst.email), seq=seq)


def conversation(world, user, dst):
    convs = world.get("/conv/list", user, limit=200).data["convs"]
    found = [conv for conv in convs if conv["dstObj"] == str(getattr(dst, "email", dst))]
    return found[0] if found else None


def unread(world, user, dst):
    return conversation(world, user, dst)["unread"]


def readers(world, user, group, seq, **query):
    return world.get("/msg/readers", user, dstObj=group, seq=seq, **query).data


def readers_until(world, user, group, seq, count):
    """Marks reach the store within a second or a few."""
    for _ in range(100):
        page = readers(world, user, group, seq)
        if page["count"] == count:
            return page
        time.sleep(0.1)
    raise AssertionError(page)


@pytest.fixture
def pair(world):
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    for i in range(1, 6):
        a.send_ack(two, f"m{i}")
    a.frames()
    b.frames()
    return one, two, a, b


def test_the_other_one_and_ones_own_devices_hear_how_far_one_has_read(world, pair):
    one, two, a, b = pair
    pc = world.open2(two, "pc")
    assert read(b, one, 3) is None
    told = {"cmd": 22, "chat": 10, "userEmail": two.email, "seq": 3}
    assert a.take() == {**told, "dstObj": two.email}
    assert b.take() == {**told, "dstObj": one.email}
    assert pc.take() == {**told, "dstObj": one.email}
    mine, his = conversation(world, two, one), conversation(world, one, two)
    assert (mine["read"], mine["unread"], mine["peerRead"]) == (3, 2, 5)
    assert (his["read"], his["unread"], his["peerRead"]) == (5, 0, 3)


def test_a_mark_never_goes_back_and_never_beyond_the_head(world, pair):
    one, two, a, b = pair
    assert read(b, one, 4) is None
    a.take(cmd=22, seq=4)
    for seq in (4, 3, 1):
        assert read(b, one, seq) is None
    assert a.frames() == [] and unread(world, two, one) == 1
    assert read(b, one, 1 << 40) is None
    a.take(cmd=22, seq=5)
    assert conversation(world, two, one)["read"] == 5


def test_marks_in_one_batch_do_not_go_back_either(world, pair):
    one, two, a, b = pair
    for seq in (5, 2, 4, 5):
        b.send(cmd=22, chat=10, dstObj=one.email, seq=seq)
    b.before_barrier()
    assert [frame["seq"] for frame in a.frames()] == [5]


def test_rest_does_the_same(world, pair):
    one, two, a, b = pair
    answer = world.post("/conv/read", two, chat=10, dstObj=one.email, seq=2)
    assert answer.data is True
    a.take(cmd=22, seq=2, userEmail=two.email)
    assert unread(world, two, one) == 3


def test_bad_arguments_and_others_chats_are_refused(world, pair):
    one, two, a, b = pair
    stranger = world.user()
    group = world.group(one)
    for fields, code in [
        ({"chat": 10, "dstObj": one.email}, 2100),
        ({"chat": 10, "dstObj": one.email, "seq": 0}, 2100),
        ({"chat": 10, "dstObj": one.email, "seq": -1}, 2100),
        ({"chat": 10, "dstObj": one.email, "seq": "x"}, 2100),
        ({"chat": 10, "dstObj": one.email, "seq": [1]}, 2100),
        ({"chat": 9, "dstObj": one.email, "seq": 1}, 2100),
        ({"dstObj": one.email, "seq": 1}, 2100),
        ({"chat": 10, "seq": 1}, 2100),
        ({"chat": 10, "dstObj": "nobody@nowhere.cc", "seq": 1}, 2109),
        ({"chat": 11, "dstObj": str(group), "seq": 1}, 2101),
        ({"chat": 11, "dstObj": str(group), "seq": "x"}, 2101),
        ({"chat": 11, "dstObj": "777777", "seq": 1}, 2101),
    ]:
        error = b.do(cmd=22, **fields)
        assert error and (error["ref"], error["code"]) == (22, code), fields
        answer = world.post("/conv/read", two, **fields)
        assert (answer.status, answer.json()["code"]) == (200, code), fields
    assert world.post("/conv/read", stranger, chat=10, dstObj=one.email, seq=1).data is True
    assert [frame for frame in a.frames() if frame["cmd"] == 22] == [] and unread(world, two, one) == 5


def test_in_a_group_only_ones_own_devices_hear_it_at_once_and_all_hear_a_number(world):
    owner, one, two = world.user(), world.user(), world.user()
    group = world.group(owner, one, two)
    a, b, c = (world.open2(user) for user in (owner, one, two))
    for i in range(3):
        seq = a.send_ack(group, f"{i}", cmd=11)["seq"]
    for ws in (a, b, c):
        ws.frames()
    assert read(b, group, seq) is None
    b.take(cmd=22, userEmail=one.email, seq=seq)
    told = {"cmd": 22, "chat": 11, "dstObj": str(group), "seq": seq}
    for ws in (a, b, c):
        assert ws.take() == {**told, "count": 1}
    assert read(c, group, seq - 1) is None
    c.take(userEmail=two.email)
    assert a.take() == {**told, "seq": seq - 1, "count": 2}
    assert conversation(world, one, group)["unread"] == 0 and conversation(world, two, group)["unread"] == 1
    assert "peerRead" not in conversation(world, one, group)


def test_a_storm_of_readers_is_one_frame_a_second_for_each_member(world):
    owner, *members = [world.user() for _ in range(21)]
    group = world.group(owner, *members)
    a = world.open2(owner)
    last = 0
    for i in range(40):
        last = a.send_ack(group, f"{i}", cmd=11)["seq"]
    sessions = [world.open2(member) for member in members]
    a.frames()
    began = time.monotonic()
    for seq in range(last - 39, last + 1):
        for ws in sessions:
            ws.send(cmd=22, chat=11, dstObj=str(group), seq=seq)
    for ws in sessions:
        ws.before_barrier()
    a.find(cmd=22, seq=last, count=len(members))
    took = time.monotonic() - began
    frames = [frame for frame in a.frames() if frame["cmd"] == 22]
    assert len(frames) <= (took + 1) * NODES, (frames, took)
    assert all("userEmail" not in frame for frame in frames)


def test_readers_are_listed_in_pages_without_the_sender(world):
    owner, *members = [world.user(f"reader{i}_") for i in range(6)]
    outsider = world.user()
    group = world.group(owner, *members)
    a = world.open2(owner)
    seq = a.send_ack(group, "read me", cmd=11)["seq"]
    assert readers(world, owner, group, seq) == {"count": 0, "readers": []}
    for member in members:
        assert read(world.open2(member), group, seq) is None
    page = readers_until(world, owner, group, seq, 5)
    assert [reader["email"] for reader in page["readers"]] == [member.email for member in members]
    assert page["readers"][0] == {"email": members[0].email, "uname": members[0].uname}
    first = readers(world, members[0], group, seq, limit=2)
    second = readers(world, owner, group, seq, limit=2, cursor=first["cursor"])
    third = readers(world, owner, group, seq, limit=2, cursor=second["cursor"])
    got = [reader["email"] for page in (first, second, third) for reader in page["readers"]]
    assert got == [member.email for member in members] and "cursor" not in third and third["count"] == 5
    for query, code in [
        ({"dstObj": group}, 2100),
        ({"dstObj": group, "seq": 0}, 2100),
        ({"dstObj": group, "seq": "x"}, 2100),
        ({"dstObj": group, "seq": seq, "limit": 0}, 2100),
        ({"dstObj": group, "seq": seq, "cursor": "x"}, 2100),
        ({"dstObj": group, "seq": seq, "cursor": -1}, 2100),
        ({"dstObj": group, "seq": seq + 1}, 2109),
        ({"seq": seq}, 2100),
        ({"dstObj": "x", "seq": seq}, 2101),
    ]:
        answer = world.get("/msg/readers", owner, **query)
        assert (answer.status, answer.json()["code"]) == (200, code), query
    assert world.get("/msg/readers", outsider, dstObj=group, seq="x").json()["code"] == 2101


def test_who_answers_has_read(world):
    owner, member = world.user(), world.user()
    group = world.group(owner, member)
    a, b = world.open2(owner), world.open2(member)
    seq = a.send_ack(group, "question", cmd=11)["seq"]
    b.send_ack(group, "answer", cmd=11)
    assert unread(world, member, group) == 0 and unread(world, owner, group) == 1
    page = readers_until(world, owner, group, seq, 1)
    assert page["readers"][0]["email"] == member.email


def test_the_marks_of_a_killed_server_are_found_again_in_its_log(make_server):
    server = make_server()
    world = World(server)
    one, two = world.friends(2)
    group = world.group(one, two)
    a, b = world.settled2(one, two)
    for i in range(5):
        a.send_ack(two, f"{i}")
        a.send_ack(group, f"{i}", cmd=11)
    b.send_ack(one, "answer")
    b.send_ack(group, "answer", cmd=11)
    server.kill()
    server.start()
    assert unread(world, two, one) == 0 and unread(world, two, group) == 0
    assert unread(world, one, two) == 1 and unread(world, one, group) == 1
    world.close()


def test_a_mark_outlives_an_orderly_end(make_server):
    server = make_server()
    world = World(server)
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    for i in range(5):
        a.send_ack(two, f"{i}")
    assert read(b, one, 3) is None
    server.stop()
    server.start()
    assert unread(world, two, one) == 2 and conversation(world, one, two)["peerRead"] == 3
    world.close()


def test_a_device_that_was_away_learns_how_far_the_other_has_read(world, pair):
    one, two, a, b = pair
    delta = a.ask(cmd=18)
    known = [{key: chat[key] for key in ("chat", "dstObj", "seq", "mver")} for chat in delta["chats"]]
    a.close()
    assert read(b, one, 4) is None
    for wait in (0, 4):  # Before and after the mark was stored.
        time.sleep(wait)
        a = world.open2(one)
        (chat,) = a.ask(cmd=18, chats=known, pver=delta["pver"])["chats"]
        assert (chat["dstObj"], chat["peerRead"], chat["msgs"]) == (two.email, 4, [])
    again = a.ask(cmd=18, chats=known, pver=a.ask(cmd=18, chats=known, pver=delta["pver"])["pver"])
    assert again["chats"] == []


def test_unread_counts_equal_a_count_by_hand(world):
    seed = int(os.environ.get("IM_SEED", random.randrange(1 << 32)))
    print(f"seed {seed} (IM_SEED repeats it)")
    dice = random.Random(seed)
    users = world.friends(3)
    group = world.group(users[0], users[1])
    ws = {user.email: [world.open2(user, "phone"), world.open2(user, "pc")] for user in users}
    log = {}  # chat → [(sender, gone)]
    state = {}  # (chat, email) → [joined, cleared, read, sent]

    def chat_of(user, dst):
        return dst if isinstance(dst, int) else tuple(sorted((user.email, dst.email)))

    def model(user, dst):
        chat = chat_of(user, dst)
        joined, cleared, mark, sent = state[chat, user.email]
        after = max(joined - 1, cleared, mark, sent)
        return sum(1 for seq, row in enumerate(log[chat], 1) if seq > after and not row[1])

    for user in users:
        for dst in [*users, group]:
            chat = chat_of(user, dst)
            log.setdefault(chat, [])
            state[chat, user.email] = [1, 0, 0, 0]
    in_group = {users[0].email, users[1].email}

    def notices():
        """What the server wrote into the group's log, in somebody's name."""
        page = world.get("/msg/pull", users[0], chat=11, dstObj=group, **{"from": len(log[group]) + 1}).data
        for message in page["msgs"]:
            assert message["msgType"] == 13
            log[group].append(("", False))
            state[group, message["userEmail"]][3] = message["seq"]

    notices()
    for _ in range(150):
        user = dice.choice(users)
        dst = dice.choice([*(u for u in users if u is not user), group])
        if dst == group and user.email not in in_group:
            world.join(user, group)
            in_group.add(user.email)
            state[group, user.email][0] = len(log[group]) + 1
            notices()
        chat = chat_of(user, dst)
        mine = state[chat, user.email]
        session = dice.choice(ws[user.email])
        fields = {"chat": 11 if dst == group else 10, "dstObj": str(getattr(dst, "email", dst))}
        deed = dice.choice(["send", "send", "send", "read", "recall", "clear", "look"])
        if deed == "send":
            mine[3] = session.send_ack(dst, "x", cmd=fields["chat"])["seq"]
            log[chat].append((user.email, False))
        elif deed == "read" and log[chat]:
            seq = dice.randint(1, len(log[chat]) + 2)
            assert session.do(cmd=22, seq=seq, **fields) is None
            mine[2] = max(mine[2], min(seq, len(log[chat])))
        elif deed == "recall":
            own = [s for s, row in enumerate(log[chat], 1) if row == (user.email, False) and s > mine[1]]
            if own:
                seq = dice.choice(own)
                assert session.do(cmd=24, seq=seq, **fields) is None
                log[chat][seq - 1] = (user.email, True)
        elif deed == "clear" and log[chat] and dice.random() < 0.3:
            assert world.post("/conv/clear", user, **fields).data is True
            mine[1] = len(log[chat])
        else:
            for someone in users:
                for other in [*(u for u in users if u is not someone), group]:
                    if (other == group and someone.email not in in_group) or not log[chat_of(someone, other)]:
                        continue
                    listed = conversation(world, someone, other)
                    assert listed["unread"] == model(someone, other), (someone.email, other, seed)
                    head = {"chat": listed["chat"], "dstObj": listed["dstObj"], "seq": 0, "mver": 0}
                    delta = ws[someone.email][0].ask(cmd=18, chats=[head])
                    (found,) = [c for c in delta["chats"] if c["dstObj"] == listed["dstObj"]]
                    assert found["unread"] == listed["unread"], (someone.email, other, seed)
        for sessions in ws.values():
            for one in sessions:
                one.messages.clear()
