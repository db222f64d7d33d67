"""Changes of messages already sent: recall, edit, delete, by frame and by REST, and who may do what when.

Every test runs through both doors: they are one action, and must not differ."""

import pytest

from support.doors import (
    ARG, BLOCKED, DELETE, DENIED, EDIT, LARGE, LATE, NOT_FOUND, NOT_MEMBER, PATHS, RECALL, Door, mutations, row, store, told
)  # fmt: skip
from support.world import World

THERE, RECALLED, DELETED = 0, 1, 2


@pytest.fixture(params=["frame", "rest"])
def door(request, world):
    return Door(world, request.param)


def test_a_recall_is_told_to_both_and_empties_the_message(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    pc = world.open2(li, "pc")
    ack = a.send_ack(sam, "secret", ext={"k": "v"}, at=[sam.email])
    for ws in (a, b, pc):
        ws.frames()
    assert door.do(a, RECALL, sam, seq=1) == 0
    for ws, other in ((a, sam), (pc, sam), (b, li)):
        want = {"cmd": 24, "chat": 10, "dstObj": other.email, "userEmail": li.email, "mver": 1, "seq": 1}
        assert told(ws) == [want]
    assert row(world, ack) == (RECALLED, "", 0, None)
    assert store(world, "SELECT COUNT(*) FROM mention WHERE chat = (SELECT chat FROM message WHERE id = ?)", ack["id"]) == [(0,)]


def test_a_second_recall_changes_nothing_and_tells_nobody(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "x")
    assert door.do(a, RECALL, sam, seq=1) == 0
    assert door.do(a, RECALL, sam, seq=1) == 0
    assert door.do(a, DELETE, sam, seqs=[1], scope="all") == 0, "gone is gone"
    assert len(told(a)) == 1 and len(told(b)) == 1
    assert mutations(world, ack) == [(1, RECALL)]


def test_the_recalled_cid_sent_again_is_a_dup_and_stays_gone(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    first = a.send_ack(sam, "x", cid="same")
    assert door.do(a, RECALL, sam, seq=1) == 0
    b.frames()
    again = a.send_ack(sam, "x", cid="same")
    assert again["dup"] is True and again["id"] == first["id"] and again["seq"] == 1
    assert a.send_ack(sam, "y", cid="same")["code"] == 2107
    assert b.frames() == []
    assert row(world, first)[0] == RECALLED


def test_a_resend_after_an_edit_is_held_against_what_was_first_sent(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    first = a.send_ack(sam, "x", cid="same")
    assert door.do(a, EDIT, sam, seq=1, content="y") == 0
    b.frames()
    assert a.send_ack(sam, "x", cid="same")["dup"] is True
    assert a.send_ack(sam, "y", cid="same")["code"] == 2107
    assert b.frames() == []
    assert row(world, first)[1] == "y"


def test_an_edit_carries_the_new_text_to_everybody(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "helo", ext={"k": 1})
    b.frames()
    text = 'hello "你好" 😀\n\\'
    assert door.do(a, EDIT, sam, seq=1, content=text) == 0
    (frame,) = told(b)
    assert frame == {
        "cmd": 25, "chat": 10, "dstObj": li.email, "userEmail": li.email, "mver": 1, "seq": 1, "content": text
    }  # fmt: skip
    assert told(a)[0]["dstObj"] == sam.email
    state, content, flags, attrs = row(world, ack)
    assert (state, content, flags & 1) == (THERE, text, 1) and '"k": 1' in attrs
    assert door.do(a, EDIT, sam, seq=1, content=text) == 0, "the same text again"
    assert told(b) == [] and mutations(world, ack) == [(1, EDIT)]
    assert door.do(a, EDIT, sam, seq=1, content="") == 0
    assert told(b)[0]["mver"] == 2


def test_only_text_and_the_applications_own_types_are_edited(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    codes = {}
    for seq, kind in enumerate((1, 2, 4, 8, 10, 100, 5000), 1):
        assert a.send_ack(sam, "x", msg_type=kind)["seq"] == seq
        codes[kind] = door.do(a, EDIT, sam, seq=seq, content="y")
    assert codes == {1: 0, 2: ARG, 4: ARG, 8: ARG, 10: ARG, 100: 0, 5000: 0}
    assert [frame["seq"] for frame in told(b)] == [1, 6, 7]


def test_others_may_neither_recall_nor_edit_nor_delete_for_all(world, door):
    li, sam, eve = world.friends(3)
    group = world.group(li, sam, eve)
    a, b, c = world.settled2(li, sam, eve)
    direct = a.send_ack(sam, "to sam")
    said = a.send_ack(group, "to all", cmd=11)
    for ws in (a, b, c):
        ws.frames()
    for to, ws, seq in ((li, b, direct["seq"]), (group, b, said["seq"]), (group, c, said["seq"])):
        assert door.do(ws, RECALL, to, seq=seq) == DENIED
        assert door.do(ws, EDIT, to, seq=seq, content="mine now") == DENIED
        assert door.do(ws, DELETE, to, seqs=[seq], scope="all") == DENIED
    for ws in (a, b, c):
        assert ws.frames() == []
    assert row(world, direct)[:2] == (THERE, "to sam") and row(world, said)[:2] == (THERE, "to all")


def test_who_is_not_in_the_chat_is_refused_before_his_arguments_are_looked_at(world, door):
    li, sam, eve = world.friends(3)
    group = world.group(li, sam)
    a, c = world.settled2(li, eve)
    a.send_ack(group, "x", cmd=11)
    for fields in ({"seq": 1}, {"seq": "nonsense"}, {}):
        assert door.do(c, RECALL, group, **fields) == DENIED
        assert door.do(c, EDIT, group, content="y", **fields) == NOT_MEMBER
        assert door.do(c, DELETE, group, **fields) == DENIED
    assert door.do(c, RECALL, 999999999, seq=1) == DENIED
    assert door.do(c, RECALL, "nobody@test.com", seq=1) == NOT_FOUND
    assert door.do(c, EDIT, "nobody@test.com", seq=1, content="x") == NOT_FOUND
    assert told(a) == []


def test_the_owner_of_a_group_recalls_and_deletes_what_others_wrote(world, door):
    li, sam, eve = world.friends(3)
    group = world.group(li, sam, eve)
    a, b, c = world.settled2(li, sam, eve)
    acks = [b.send_ack(group, f"m{i}", cmd=11) for i in range(3)]
    one, two, three = [ack["seq"] for ack in acks]
    for ws in (a, b, c):
        ws.frames()
    assert door.do(a, RECALL, group, seq=one) == 0
    assert door.do(a, DELETE, group, seqs=[three, two, three], scope="all") == 0
    assert door.do(a, EDIT, group, seq=one, content="x") == NOT_FOUND
    for ws in (a, b, c):
        recall, delete = told(ws)
        head = {"chat": 11, "dstObj": str(group), "userEmail": li.email}
        assert recall == {"cmd": 24, **head, "mver": 1, "seq": one}
        assert delete == {"cmd": 26, **head, "mver": 2, "seqs": [two, three], "scope": "all"}
    assert [row(world, ack)[:2] for ack in acks] == [(RECALLED, ""), (DELETED, ""), (DELETED, "")]


def test_deleting_for_all_takes_all_or_none(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    acks = [a.send_ack(sam, "mine"), b.send_ack(li, "his")]
    for ws in (a, b):
        ws.frames()
    assert door.do(a, DELETE, sam, seqs=[1, 2], scope="all") == DENIED
    assert door.do(a, DELETE, sam, seqs=[1, 3], scope="all") == NOT_FOUND
    assert a.frames() == [] and b.frames() == []
    assert [row(world, ack)[0] for ack in acks] == [THERE, THERE]
    assert door.do(a, DELETE, sam, seqs=[1], scope="all") == 0
    assert told(b)[0]["seqs"] == [1]


def test_deleting_for_oneself_is_told_to_ones_own_devices_alone(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    pc = world.open2(li, "pc")
    acks = [a.send_ack(sam, "mine"), b.send_ack(li, "his"), b.send_ack(li, "more")]
    for ws in (a, b, pc):
        ws.frames()
    assert door.do(a, DELETE, sam, seqs=[2, 1]) == 0
    for ws in (a, pc):
        (frame,) = told(ws)
        assert frame.pop("pver") >= 1
        assert frame == {
            "cmd": 26, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "seqs": [1, 2], "scope": "self"
        }  # fmt: skip
    assert b.frames() == []
    assert [row(world, ack)[0] for ack in acks] == [THERE] * 3
    assert mutations(world, acks[0]) == []
    assert door.do(a, DELETE, sam, seqs=[1, 2, 3], scope="self") == 0
    assert told(pc)[0]["seqs"] == [3], "the others were hidden before"
    assert door.do(a, DELETE, sam, seqs=[1, 2, 3]) == 0
    assert told(pc) == []
    for cmd, fields in ((RECALL, {"seq": 1}), (EDIT, {"seq": 1, "content": "y"}), (DELETE, {"seqs": [1], "scope": "all"})):
        assert door.do(a, cmd, sam, **fields) == NOT_FOUND, "it is not there for him"
    assert door.do(b, RECALL, li, seq=2) == 0


def test_bad_arguments_are_2100_and_change_nothing(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "x")
    for ws in (a, b):
        ws.frames()
    for seq in (None, 0, -1, "x", 1.5, [1], {}, True, 2**70):
        assert door.do(a, RECALL, sam, seq=seq) == ARG
        assert door.do(a, EDIT, sam, seq=seq, content="y") == ARG
    for content in (None, [], {}, True):
        assert door.do(a, EDIT, sam, seq=1, content=content) == ARG
    for seqs in (None, [], 1, "1", [0], [-1], ["x"], [1, None], list(range(1, 102))):
        assert door.do(a, DELETE, sam, seqs=seqs, scope="all") == ARG
        assert door.do(a, DELETE, sam, seqs=seqs) == ARG
    for scope in ("", "ALL", "chat", 1, [], {}):
        assert door.do(a, DELETE, sam, seqs=[1], scope=scope) == ARG
    for chat in (12, "x", -10, [10]):
        assert door.do(a, RECALL, sam, chat=chat, seq=1) == ARG
    assert door.do(a, RECALL, "", chat=10, seq=1) == ARG
    assert door.do(a, EDIT, sam, seq=1, content="x" * (64 * 1024 + 1)) == LARGE
    for seq in (2, 10**15):
        assert door.do(a, RECALL, sam, seq=seq) == NOT_FOUND
        assert door.do(a, EDIT, sam, seq=seq, content="y") == NOT_FOUND
        assert door.do(a, DELETE, sam, seqs=[seq]) == NOT_FOUND
    assert a.frames() == [] and b.frames() == []
    assert row(world, ack)[:3] == (THERE, "x", 0) and mutations(world, ack) == []
    assert door.do(a, EDIT, sam, seq="1", content=12) == 0, "digits are a number, a number is its text"
    assert door.do(a, EDIT, sam, seq=1, content="x" * (64 * 1024)) == 0
    assert [len(frame["content"]) for frame in told(b)] == [2, 64 * 1024]


def test_who_may_not_write_may_not_edit_but_may_take_back(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "x")
    stranger = world.user()
    assert door.do(a, EDIT, stranger, seq=1, content="y") == BLOCKED
    assert door.do(a, RECALL, stranger, seq=1) == NOT_FOUND
    assert row(world, ack)[0] == THERE
    b.frames()


def test_after_the_window_only_a_groups_owner_takes_messages_back(make_server, door):
    world = door.world = World(make_server({"recall.window": "1s", "edit.window": "1s"}))
    li, sam = world.friends(2)
    group = world.group(li, sam)
    a, b = world.settled2(li, sam)
    assert a.hello["limits"]["recallMs"] == a.hello["limits"]["editMs"] == 1000
    b.send_ack(li, "direct")
    said = b.send_ack(group, "in the group", cmd=11)["seq"]
    owners = a.send_ack(group, "the owner's", cmd=11)["seq"]
    b.pump(1.2)
    for ws in (a, b):
        ws.frames()
    for to, seq in ((li, 1), (group, said)):
        assert door.do(b, RECALL, to, seq=seq) == LATE
        assert door.do(b, DELETE, to, seqs=[seq], scope="all") == LATE
        assert door.do(b, EDIT, to, seq=seq, content="y") == LATE
    assert a.frames() == [] and b.frames() == []
    assert door.do(b, DELETE, li, seqs=[1]) == 0, "for oneself at any time"
    assert door.do(a, RECALL, group, seq=said) == 0
    assert door.do(b, RECALL, group, seq=said) == 0, "it is gone, as he wished"
    assert door.do(a, DELETE, group, seqs=[owners], scope="all") == 0
    assert [frame["cmd"] for frame in told(a)] == [RECALL, DELETE]


def test_changes_of_a_chat_are_counted_over_restarts(make_server, door):
    world = door.world = World(make_server())
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    for text in "xyz":
        a.send_ack(sam, text)
    assert door.do(a, EDIT, sam, seq=1, content="1") == 0
    assert door.do(a, RECALL, sam, seq=2) == 0
    world.server.restart()
    a, b = world.settled2(li, sam)
    assert door.do(a, EDIT, sam, seq=3, content="3") == 0
    assert told(b)[0]["mver"] == 3


def test_v1_hears_nothing_of_changes(world, door):
    li, sam = world.friends(2)
    a = world.open2(li)
    old, mine = world.open(sam), world.open(li)
    for ws in (old, mine):
        ws.before_barrier()
    a.send_ack(sam, "x")
    assert old.take()["content"] == "x" and mine.take()["content"] == "x"
    assert door.do(a, EDIT, sam, seq=1, content="y") == 0
    assert door.do(a, DELETE, sam, seqs=[1]) == 0
    old.silent()
    mine.silent()
    assert door.do(a, RECALL, sam, seq=1) == NOT_FOUND
    old.silent()


SENT = {"id", "chat", "dstObj", "seq", "createAt", "cid"}


def test_sending_by_rest_is_answered_as_an_ack_is(world):
    li, sam = world.friends(2)
    group = world.group(li, sam)
    a, b = world.settled2(li, sam)
    first = world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="hi", cid="c1", ext={"k": 1}).data
    assert set(first) == SENT and first["seq"] == 1 and first["cid"] == "c1" and first["dstObj"] == sam.email
    for ws in (a, b):
        (frame,) = ws.frames()
        assert (frame["cmd"], frame["content"], frame["ext"], frame["id"]) == (10, "hi", {"k": 1}, first["id"])
    again = world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="hi", cid="c1", ext={"k": 1}).data
    assert again == {**first, "dup": True}
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, content="ho", cid="c1").error[0] == 2107
    assert a.send_ack(sam, "hi", cid="c1", ext={"k": 1})["dup"] is True, "whichever way it comes again"
    told_group = world.call2("POST", "/msg/send", li, chat=11, dstObj=str(group), content="all", at=["@all"]).data
    assert set(told_group) == SENT - {"cid"} and told_group["chat"] == 11
    assert [frame["content"] for frame in b.frames()] == ["all"]


def test_sending_by_rest_is_refused_as_frames_are(world):
    li, sam, eve = world.friends(3)
    stranger = world.user()
    group = world.group(sam)
    (b,) = world.settled2(sam)

    def code(**body):
        return world.call2("POST", "/msg/send", li, **body).json()["code"]

    good = {"chat": 10, "dstObj": sam.email, "content": "x"}
    assert code(**good | {"chat": 12}) == ARG
    assert code(**good | {"dstObj": None}) == ARG
    assert code(**good | {"msgType": 13}) == ARG
    assert code(**good | {"content": "x" * 65537}) == LARGE
    assert code(**good | {"dstObj": stranger.email}) == BLOCKED
    assert code(**good | {"dstObj": stranger.email, "msgType": 13}) == BLOCKED, "permission before arguments"
    assert code(**good | {"dstObj": "nobody@test.com"}) == NOT_FOUND
    assert code(chat=11, dstObj=str(group), content="x") == NOT_MEMBER
    assert b.frames() == []


def test_changes_need_a_token(world):
    for path in [*PATHS.values(), "/msg/send"]:
        answer = world.call2("POST", path, None, chat=10, dstObj="a@b.cc", seq=1)
        assert answer.status == 401
