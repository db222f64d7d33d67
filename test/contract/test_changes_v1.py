"""What v1 sees of v2's messages: gone ones and kinds its page does not know as text, notices not at all."""

import pytest

from support import store
from support.doors import DELETE, EDIT, RECALL
from support.world import World

RECALLED_TEXT, DELETED_TEXT = "[消息已撤回]", "[消息已删除]"


def change(ws, cmd, to, **fields):
    assert ws.do(cmd=cmd, chat=10 if hasattr(to, "email") else 11, dstObj=str(getattr(to, "email", to)), **fields) is None


def shown(messages):
    return [(message["msgType"], message["content"]) for message in messages]


def test_gone_and_edited_messages_in_the_history_of_v1(world):
    li, sam = world.friends(2)
    (a,) = world.settled2(li)
    for text in ("recalled", "deleted", "edited", "kept"):
        a.send_ack(sam, text, msg_type=2 if text == "recalled" else 1, ext={"secret": text})
    change(a, RECALL, sam, seq=1)
    change(a, DELETE, sam, seqs=[2], scope="all")
    change(a, EDIT, sam, seq=3, content="<b>anew</b>")
    for user, peer in ((li, sam), (sam, li)):
        history = world.history(user, peer)
        assert shown(history) == [(1, RECALLED_TEXT), (1, DELETED_TEXT), (1, "&lt;b&gt;anew&lt;/b&gt;"), (1, "kept")]
        for message in history:
            assert set(message) == {"id", "userEmail", "cmd", "dstObj", "msgType", "content", "createAt", "deleteTimestamp"}


def test_gone_and_edited_messages_in_the_backlog_of_v1(world):
    li, sam = world.friends(2)
    (a,) = world.settled2(li)
    for text in ("recalled", "deleted", "edited", "kept"):
        a.send_ack(sam, text)
    change(a, RECALL, sam, seq=1)
    change(a, DELETE, sam, seqs=[2], scope="all")
    change(a, EDIT, sam, seq=3, content="anew")
    old = world.open(sam)
    got = [old.take() for _ in range(4)]
    assert shown(got) == [(1, RECALLED_TEXT), (1, DELETED_TEXT), (1, "anew"), (1, "kept")]
    assert all("attrs" not in frame and "seq" not in frame for frame in got)


KINDS = [
    ({"msg_type": 8, "content": "/file/f1", "ext": {"name": "日报.pdf", "size": 3}}, "[文件] 日报.pdf /file/f1"),
    ({"msg_type": 8, "content": "/file/f2"}, "[文件] /file/f2"),
    ({"msg_type": 8, "content": "/file/f3", "ext": {"name": {"no": "text"}}}, "[文件] /file/f3"),
    ({"msg_type": 8, "content": "/file/f4", "ext": {"name": "a\"<b>\\"}}, "[文件] a&quot;&lt;b&gt;\\ /file/f4"),
    ({"msg_type": 9, "content": "/file/v1", "ext": {"name": "v"}}, "[语音] /file/v1"),
    ({"msg_type": 10, "content": "北京"}, "[位置] 北京"),
    ({"msg_type": 11, "content": "li@x.cc"}, "[名片] li@x.cc"),
    ({"msg_type": 100, "content": "app & own"}, "app &amp; own"),
]  # fmt: skip


def test_kinds_that_the_page_does_not_know_are_text(world):
    li, sam = world.friends(2)
    a = world.open2(li)
    live = world.open(sam)
    live.before_barrier()
    for fields, text in KINDS:
        fields = dict(fields)
        a.send_ack(sam, fields.pop("content"), **fields)
        frame = live.take()
        assert (frame["msgType"], frame["content"]) == (1, text)
    fwd = {"chat": 10, "dstObj": sam.email, "seqs": [1, 5]}
    assert a.send_ack(sam, "记录", msg_type=12, fwd=fwd)["cmd"] == 1
    assert shown([live.take()]) == [(1, "[聊天记录] 记录")]
    want = [(1, text) for _, text in KINDS] + [(1, "[聊天记录] 记录")]
    assert shown(world.history(sam, li)) == want
    again = world.again(sam)
    assert shown(world.history(again, li)) == want


def test_what_one_deleted_for_himself_stays_away_from_his_v1_devices(world):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    for text in "xyz":
        a.send_ack(sam, text)
    change(b, DELETE, li, seqs=[1, 3])
    assert [message["content"] for message in world.history(sam, li)] == ["y"]
    assert [message["content"] for message in world.history(li, sam)] == ["x", "y", "z"]
    old = world.open(sam)
    assert old.take()["content"] == "y"
    old.silent()


def notices_write(server, group, numbers):
    """More notices than anybody would make: the messages m1, m2 … of these numbers, while the server is down."""
    server.stop()
    which = [f"m{number}" for number in numbers]
    text = "UPDATE message SET type = 13, content = '{\"op\":\"join\"}' WHERE chat = ? AND content IN"
    store.change(server, f"{text} ({', '.join('?' * len(which))})", group, *which)
    server.start()


def test_v1_never_sees_notices_and_its_pages_are_full_without_them(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    group = world.group(li, sam)
    (a,) = world.settled2(li)
    seqs = [a.send_ack(group, f"m{number}", cmd=11)["seq"] for number in range(1, 21)]
    notices_write(server, group, [1, 2, 5, *range(10, 18), 20])
    there = [f"m{number}" for number in (3, 4, 6, 7, 8, 9, 18, 19)]
    assert [message["content"] for message in world.group_history(sam, group)] == there
    assert [message["content"] for message in world.group_history(sam, group, limit=4)] == there[-4:]
    assert [message["content"] for message in world.group_history(sam, group, limit=3, before=seqs[18])] == there[-4:-1]
    old = world.open(sam)
    got = [frame["content"] for frame in map(dict, (old.take() for _ in there))]
    assert got == there
    old.silent()


def test_the_backlog_goes_on_behind_pages_of_notices_alone(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    group = world.group(li, sam)
    (a,) = world.settled2(li)
    for number in range(1, 702):
        a.say(group, f"m{number}", cmd=11)
    a.before_barrier()
    notices_write(server, group, range(1, 701))
    old = world.open(sam)
    assert old.take()["content"] == "m701"
    old.silent()
    world.open2(li).send_ack(group, "live", cmd=11)
    assert old.take_until("live")
    old.pump(3)  # Pings are answered, one a second: what came is confirmed, and saved within another.
    old.close()
    assert not [text for text in world.open(sam).before_barrier() if "m701" in text], "it was confirmed"


@pytest.mark.parametrize("kind", [RECALL, DELETE])
def test_an_open_v1_page_keeps_what_it_has_and_the_next_one_shows_the_tombstone(world, kind):
    li, sam = world.friends(2)
    a = world.open2(li)
    live = world.open(sam)
    live.before_barrier()
    a.send_ack(sam, "x")
    assert live.take()["content"] == "x"
    change(a, kind, sam, **({"seq": 1} if kind == RECALL else {"seqs": [1], "scope": "all"}))
    live.silent()
    assert shown(world.history(sam, li)) == [(1, RECALLED_TEXT if kind == RECALL else DELETED_TEXT)]
