"""Rate limits: a user's messages over all his devices. v2 is told, REST says 429, and v1, which can't be told,
is read from more slowly and loses nothing."""

import concurrent.futures
import time

from support.world import World

SERVER_OPTIONS = {"limits.message_per_s": 20, "limits.message_burst": 30}


def outcomes(ws, count):
    """So many acks and errors, whatever else comes."""
    taken = []
    while len(taken) < count:
        frame = ws.take()
        if frame["cmd"] in (1, 17):
            taken.append(frame)
    return taken


def test_v2_is_told_when_it_sends_too_much_and_how_long_to_wait(world):
    user = world.user()
    ws = world.open2(user)
    for i in range(60):
        ws.send(cmd=10, dstObj=user.email, content=str(i), cid=f"c{i}")
    taken = outcomes(ws, 60)
    refused = [frame for frame in taken if frame["cmd"] == 17]
    acked = [frame for frame in taken if frame["cmd"] == 1]
    assert 30 <= len(acked) < 60, "the burst, and little more"
    for frame in refused:
        assert (frame["ref"], frame["code"]) == (10, 2108)
        assert frame["retryAfter"] >= 1 and frame["cid"].startswith("c")
    assert {frame["cid"] for frame in acked} | {frame["cid"] for frame in refused} == {f"c{i}" for i in range(60)}
    assert sorted(frame["seq"] for frame in acked) == list(range(1, len(acked) + 1)), "what was refused took no seq"


def test_what_was_refused_may_be_sent_again_after_the_wait(world):
    user = world.user()
    ws = world.open2(user)
    for i in range(45):
        ws.send(cmd=10, dstObj=user.email, content=str(i), cid=f"c{i}")
    refused = [frame for frame in outcomes(ws, 45) if frame["cmd"] == 17]
    assert refused
    time.sleep(refused[-1]["retryAfter"])
    cid = refused[-1]["cid"]
    ws.send(cmd=10, dstObj=user.email, content=cid[1:], cid=cid)
    (frame,) = outcomes(ws, 1)
    assert frame["cmd"] == 1 and "dup" not in frame


def test_a_users_devices_share_one_limit_and_others_have_their_own(world):
    one, other = world.user(), world.user()
    phone, desk, ws = world.open2(one), world.open2(one, "desk"), world.open2(other)
    for round in range(20):  # The limit grows back while one waits, on a slow machine by a whole message.
        for i in range(40):
            phone.send(cmd=10, dstObj=one.email, content=str(i), cid=f"p{round}.{i}")
        desk.send(cmd=10, dstObj=one.email, content="x", cid=f"d{round}")
        (frame,) = outcomes(desk, 1)
        outcomes(phone, 40)
        if frame.get("code") == 2108:
            break
    assert frame["code"] == 2108
    ws.send(cmd=10, dstObj=other.email, content="x", cid="o")
    (frame,) = outcomes(ws, 1)
    assert frame["cmd"] == 1


def test_hearts_and_acks_do_not_count(world):
    user = world.user()
    ws = world.open2(user)
    for _ in range(100):
        ws.send(cmd=0)
        ws.send(cmd=1, chat=10, dstObj=user.email, seq=0)
    ws.send(cmd=10, dstObj=user.email, content="x", cid="c")
    (frame,) = outcomes(ws, 1)
    assert frame["cmd"] == 1


def test_v1_is_slowed_down_and_loses_nothing(world):
    one, two = world.friends(2)
    first, second = world.settled(one, two)
    begin = time.monotonic()
    for i in range(90):
        first.say(two, f"m{i}")
    got = [second.take()["content"] for _ in range(90)]
    assert got == [f"m{i}" for i in range(90)]
    assert time.monotonic() - begin >= 1.5, "60 beyond the burst at 20 a second, some of them on credit"
    assert [first.take()["content"] for _ in range(90)] == got


def test_0_switches_the_limit_off(make_server):
    server = make_server({"limits.message_per_s": 0, "limits.message_burst": 1})
    world = World(server)
    user = world.user()
    ws = world.open2(user)
    for i in range(200):
        ws.send(cmd=10, dstObj=user.email, content=str(i), cid=f"c{i}")
    assert all(frame["cmd"] == 1 for frame in outcomes(ws, 200))
    world.close()


def metric(world, name):
    return world.server.metrics()[name]


def test_rest_beyond_the_rate_is_a_429_with_retry_after(world):
    user = world.user()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # One after the other they would be too slow on a busy machine.
        calls = [pool.submit(world.call2, "POST", "/msg/send", user, chat=10, dstObj=user.email, content=str(i)) for i in range(45)]
    answers = [call.result() for call in calls]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited and len(limited) < 20
    for answer in limited:
        assert answer.error[0] == 2108 and int(answer.header("retry-after")) >= 1
    assert len(world.history(user, user)) == 45 - len(limited)


def test_what_was_limited_and_repeated_is_counted(world):
    user = world.user()
    before = metric(world, "im_rate_limited_total"), metric(world, "im_messages_repeated_total")
    ws = world.open2(user)
    for _ in range(40):
        ws.send(cmd=10, dstObj=user.email, content="same", cid="same")
    limited = sum(frame["cmd"] == 17 for frame in outcomes(ws, 40))
    assert metric(world, "im_ws_v2_sessions") >= 1
    assert metric(world, "im_rate_limited_total") - before[0] == limited > 0
    assert metric(world, "im_messages_repeated_total") - before[1] == 39 - limited
