"""Messages with a ttl: gone for all once their time has come, for those who were away too."""

import time

from support.doors import NOT_FOUND, PIN, REACT, RECALL, mutations, row, store, told
from support.timing import seconds
from support.world import World

DELETED = 2


def gone_frame(ws):
    return ws.find(cmd=26, timeout=10)


def test_an_expired_message_is_deleted_for_all_in_its_senders_name(world):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    kept = a.send_ack(sam, "kept")
    ack = a.send_ack(sam, "short", ttl=1, ext={"secret": 1})
    assert b.find(cmd=10, seq=2)["ttl"] == 1
    for ws, other in ((a, sam), (b, li)):
        frame = gone_frame(ws)
        assert frame == {
            "cmd": 26, "chat": 10, "dstObj": other.email, "userEmail": li.email, "mver": 1, "seqs": [2], "scope": "all"
        }  # fmt: skip
    assert row(world, ack) == (DELETED, "", 0, None)
    assert row(world, kept)[1] == "kept"
    assert mutations(world, ack) == [(1, 26)]
    assert [message["content"] for message in world.history(sam, li)] == ["kept", "[消息已删除]"]


def test_many_that_expire_together_leave_few_frames(world):
    li, sam = world.friends(2)
    group = world.group(li, sam)
    a, b = world.settled2(li, sam)
    acks = [a.send_ack(group, f"m{i}", cmd=11, ttl=1) for i in range(150)]
    acks += [b.send_ack(group, "b's", cmd=11, ttl=1)]
    gone = {}
    end = time.monotonic() + seconds(15)
    while len(gone) < 151 and time.monotonic() < end:
        frame = gone_frame(b)
        assert len(frame["seqs"]) <= 100 and frame["chat"] == 11 and frame["dstObj"] == str(group)
        gone |= {seq: frame["userEmail"] for seq in frame["seqs"]}
    assert gone == {ack["seq"]: li.email for ack in acks[:-1]} | {acks[-1]["seq"]: sam.email}
    assert row(world, acks[-1])[0] == DELETED


def test_nothing_is_done_with_what_has_expired(make_server):
    world = World(make_server())
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "short", ttl=1, cid="c")
    gone_frame(b)
    for fields in ({"cmd": REACT, "content": "+1"}, {"cmd": PIN}, {"cmd": 25, "content": "y"}):
        assert a.do(chat=10, dstObj=sam.email, seq=1, **fields)["code"] == NOT_FOUND
    assert a.do(cmd=RECALL, chat=10, dstObj=sam.email, seq=1) is None, "it is gone, as he wishes"
    assert a.ask(cmd=10, dstObj=sam.email, msgType=1, fwd={"chat": 10, "dstObj": sam.email, "seqs": [1]})["code"] == NOT_FOUND
    assert a.send_ack(sam, "short", ttl=1, cid="c")["dup"] is True
    a.frames(), b.frames()
    assert mutations(world, ack) == [(1, 26)]


def test_what_expires_while_the_server_is_down_is_never_shown_again(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    (a,) = world.settled2(li)
    ack = a.send_ack(sam, "short", ttl=1)
    server.stop()
    time.sleep(1.1)
    server.start()
    old = world.open(sam)
    assert old.take()["content"] == "[消息已删除]"
    b = world.open2(sam)
    end = time.monotonic() + seconds(10)
    while row(world, ack)[0] != DELETED and time.monotonic() < end:
        time.sleep(0.1)
    assert row(world, ack) == (DELETED, "", 0, None)
    assert told(b) in ([], [{"cmd": 26, "chat": 10, "dstObj": li.email, "userEmail": li.email, "mver": 1, "seqs": [1], "scope": "all"}])
    assert store(world, "SELECT COUNT(*) FROM message WHERE expires IS NOT NULL") == [(0,)]
