"""Reactions and pinned messages, by frame and by REST: what is told, who may, and how many there may be."""

import pytest

from support.doors import (
    ARG, BLOCKED, DELETE, DENIED, EDIT, LARGE, NOT_FOUND, NOT_MEMBER, PIN, REACT, RECALL, Door, mutations, row, store, told
)  # fmt: skip

EDITED, REACTED, PINNED = 1, 2, 4
HEART, FAMILY = "❤️", "👨‍👩‍👧‍👦"


@pytest.fixture(params=["frame", "rest"])
def door(request, world):
    return Door(world, request.param)


def pins(world, user, to):
    chat = 10 if hasattr(to, "email") else 11
    return world.call2("GET", "/msg/pins", user, {"chat": chat, "dstObj": getattr(to, "email", to)})


def test_a_reaction_is_told_to_both_and_may_be_taken_back(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    pc = world.open2(sam, "pc")
    ack = a.send_ack(sam, "hi")
    for ws in (a, b, pc):
        ws.frames()
    assert door.do(b, REACT, li, seq=1, content=FAMILY) == 0
    assert door.do(a, REACT, sam, seq=1, content=FAMILY, on=True) == 0
    assert door.do(b, REACT, li, seq=1, content=FAMILY, on=False) == 0
    want = [
        {"cmd": 27, "chat": 10, "userEmail": user.email, "mver": mver, "seq": 1, "content": FAMILY, "on": on}
        for mver, (user, on) in enumerate(((sam, True), (li, True), (sam, False)), 1)
    ]
    assert told(a) == [{**frame, "dstObj": sam.email} for frame in want]
    assert told(b) == told(pc) == [{**frame, "dstObj": li.email} for frame in want]
    assert row(world, ack)[2] == REACTED
    assert door.do(a, REACT, sam, seq=1, content=FAMILY, on=False) == 0
    assert row(world, ack)[2] == 0, "the last one took the flag with it"


def test_the_same_reaction_again_changes_nothing(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "hi")
    b.frames()
    assert door.do(b, REACT, li, seq=1, content="+1", on=False) == 0, "it is not there"
    assert door.do(b, REACT, li, seq=1, content="+1") == 0
    assert door.do(b, REACT, li, seq=1, content="+1") == 0
    assert len(told(a)) == len(told(b)) == 1
    assert mutations(world, ack) == [(1, REACT)]


def test_a_message_and_each_user_on_it_have_a_bounded_number_of_reactions(world, door):
    users = world.friends(3)
    group = world.group(*users)
    sessions = world.settled2(*users)
    ack = sessions[0].send_ack(group, "hi", cmd=11)
    for who, ws in enumerate(sessions[:2]):
        for number in range(10):
            assert door.do(ws, REACT, group, seq=ack["seq"], content=f"{who}-{number}") == 0
        assert door.do(ws, REACT, group, seq=ack["seq"], content="one more") == LARGE
        assert door.do(ws, REACT, group, seq=ack["seq"], content="0-0") == (0 if who == 0 else LARGE)
    c = sessions[2]
    assert door.do(c, REACT, group, seq=ack["seq"], content="new") == LARGE, "twenty different ones are there"
    assert door.do(c, REACT, group, seq=ack["seq"], content="0-0") == 0
    assert door.do(sessions[0], REACT, group, seq=ack["seq"], content="0-1", on=False) == 0
    assert door.do(c, REACT, group, seq=ack["seq"], content="new") == 0
    assert len(mutations(world, ack)) == 23
    assert len(told(c)) == 23


def test_owners_pin_in_groups_and_both_in_a_chat_of_two(world, door):
    li, sam = world.friends(2)
    group = world.group(li, sam)
    a, b = world.settled2(li, sam)
    direct = a.send_ack(sam, "direct")
    said = b.send_ack(group, "in the group", cmd=11)
    for ws in (a, b):
        ws.frames()
    assert door.do(b, PIN, group, seq=said["seq"]) == DENIED
    assert door.do(b, PIN, group, seq="nonsense") == DENIED, "permission before arguments"
    assert a.frames() == [] and row(world, said)[2] == 0
    assert door.do(b, PIN, li, seq=1) == 0
    assert door.do(a, PIN, sam, seq=1, on=False) == 0
    assert door.do(a, PIN, group, seq=said["seq"], on=True) == 0
    assert door.do(a, PIN, group, seq=said["seq"]) == 0, "pinned already"
    head = {"cmd": 28, "seq": 1}
    assert told(b) == [
        {**head, "chat": 10, "dstObj": li.email, "userEmail": sam.email, "mver": 1, "on": True},
        {**head, "chat": 10, "dstObj": li.email, "userEmail": li.email, "mver": 2, "on": False},
        {**head, "seq": said["seq"], "chat": 11, "dstObj": str(group), "userEmail": li.email, "mver": 1, "on": True},
    ]
    assert row(world, direct)[2] == 0 and row(world, said)[2] == PINNED
    assert door.do(a, PIN, sam, seq=1, on=False) == 0, "not pinned"
    assert mutations(world, direct) == [(1, PIN), (2, PIN)]


def test_pinned_messages_are_listed_with_their_reactions(world, door):
    li, sam, eve = world.friends(3)
    group = world.group(li, sam)
    a, b = world.settled2(li, sam)
    one, two, _, four = [b.send_ack(group, f"m{number}", cmd=11)["seq"] for number in range(4)]
    assert pins(world, sam, group).data == {"pins": []}
    for seq in (two, one, four):
        assert door.do(a, PIN, group, seq=seq) == 0
    assert door.do(b, REACT, group, seq=one, content=HEART) == 0
    assert door.do(a, REACT, group, seq=one, content=HEART) == 0
    assert door.do(a, REACT, group, seq=one, content="+1") == 0
    listed = pins(world, sam, group).data["pins"]
    assert [(message["seq"], message["content"], message["pinned"]) for message in listed] == [
        (four, "m3", True), (one, "m0", True), (two, "m1", True)
    ]  # fmt: skip
    assert listed[1]["reacts"] == [
        {"content": HEART, "count": 2, "users": [sam.email, li.email]},
        {"content": "+1", "count": 1, "users": [li.email]},
    ]
    assert "reacts" not in listed[0]
    assert door.do(b, DELETE, group, seqs=[four]) == 0, "for himself"
    assert [message["seq"] for message in pins(world, sam, group).data["pins"]] == [one, two]
    assert [message["seq"] for message in pins(world, li, group).data["pins"]] == [four, one, two]
    assert door.do(b, RECALL, group, seq=one) == 0
    assert [message["seq"] for message in pins(world, li, group).data["pins"]] == [four, two]
    assert pins(world, eve, group).error[0] == DENIED
    assert pins(world, eve, 99999).error[0] == DENIED
    assert world.call2("GET", "/msg/pins", li, {"chat": 12, "dstObj": "1"}).error[0] == ARG
    assert world.call2("GET", "/msg/pins", li).error[0] == ARG
    assert world.call2("GET", "/msg/pins", li, {"chat": 10, "dstObj": "nobody@test.com"}).error[0] == NOT_FOUND


def test_a_chat_has_fifty_pins_at_most(world, door):
    (li,) = world.friends(1)
    (a,) = world.settled2(li)
    for number in range(51):
        a.send_ack(li, f"note {number}")
        assert door.do(a, PIN, li, seq=number + 1) == (0 if number < 50 else LARGE)
    assert door.do(a, PIN, li, seq=7, on=False) == 0
    assert door.do(a, PIN, li, seq=51) == 0
    assert len(pins(world, li, li).data["pins"]) == 50


def test_what_is_gone_takes_its_reactions_and_its_pin_along(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    acks = [a.send_ack(sam, text) for text in "xy"]
    for seq in (1, 2):
        assert door.do(b, REACT, li, seq=seq, content=HEART) == 0
        assert door.do(b, PIN, li, seq=seq) == 0
    assert door.do(a, RECALL, sam, seq=1) == 0
    assert door.do(a, DELETE, sam, seqs=[2], scope="all") == 0
    assert [row(world, ack)[2] for ack in acks] == [0, 0]
    for table in ("reaction", "reaction_kind", "pin"):
        text = f"SELECT COUNT(*) FROM {table} WHERE chat = (SELECT chat FROM message WHERE id = ?)"
        assert store(world, text, acks[0]["id"]) == [(0,)]
    b.frames()
    for cmd, fields in ((REACT, {"content": HEART}), (REACT, {"content": HEART, "on": False}), (PIN, {}), (PIN, {"on": False})):
        for seq in (1, 2, 3):
            assert door.do(b, cmd, li, seq=seq, **fields) == NOT_FOUND
    assert door.do(a, EDIT, sam, seq=1, content="z") == NOT_FOUND
    assert told(b) == []


def test_who_may_not_write_may_not_react_or_pin(world, door):
    li, sam, eve = world.friends(3)
    stranger = world.user()
    group = world.group(li, sam)
    a, c = world.settled2(li, eve)
    ack = a.send_ack(group, "x", cmd=11)
    for fields in ({"seq": 1, "content": HEART}, {}):
        assert door.do(c, REACT, group, **fields) == NOT_MEMBER
        assert door.do(c, PIN, group, **fields) == NOT_MEMBER
        assert door.do(c, REACT, stranger, **fields) == BLOCKED
        assert door.do(c, PIN, stranger, **fields) == BLOCKED
    assert mutations(world, ack) == [] and told(a) == []


def test_bad_arguments_are_2100(world, door):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    ack = a.send_ack(sam, "x")
    for ws in (a, b):
        ws.frames()
    for content in (None, "", [], {}, True, "x" * 33, "👍" * 9, "a\nb", "\u0000", "\u007f"):
        assert door.do(a, REACT, sam, seq=1, content=content) == ARG
    for seq in (None, 0, -1, "x", [1]):
        assert door.do(a, REACT, sam, seq=seq, content=HEART) == ARG
        assert door.do(a, PIN, sam, seq=seq) == ARG
    for on in ("yes", 2, [], {}):
        assert door.do(a, REACT, sam, seq=1, content=HEART, on=on) == ARG
        assert door.do(a, PIN, sam, seq=1, on=on) == ARG
    assert a.frames() == [] and b.frames() == []
    assert mutations(world, ack) == []
    assert door.do(a, REACT, sam, seq=1, content="👍" * 8) == 0
    assert door.do(a, REACT, sam, seq=1, content=5, on=1) == 0, "a number is its text"
