"""Sending in v2: acks, seqs, resends, replies, mentions, ext, forwards; and v1 and v2 side by side."""

import json

import pytest

V1_KEYS = {"id", "userEmail", "cmd", "dstObj", "msgType", "content", "createAt", "deleteTimestamp"}


@pytest.fixture
def pair(world):
    one, two = world.friends(2)
    return one, two, *world.settled2(one, two)


def refused(answer, code, ref=10):
    assert (answer["cmd"], answer["ref"], answer["code"]) == (17, ref, code), answer


def test_an_ack_says_what_was_stored_and_the_others_get_the_same(world, pair):
    one, two, a, b = pair
    ack = a.send_ack(two, "你好 😀")
    assert set(ack) == {"cmd", "cid", "id", "chat", "dstObj", "seq", "createAt"}
    assert (ack["chat"], ack["dstObj"], ack["seq"]) == (10, two.email, 1)
    echo, live = a.take(cmd=10), b.take(cmd=10)
    assert echo == live
    assert {key: live[key] for key in ("id", "seq", "createAt", "cid")} == {
        key: ack[key] for key in ("id", "seq", "createAt", "cid")
    }
    assert (live["userEmail"], live["dstObj"], live["content"]) == (one.email, two.email, "你好 😀")
    assert set(live) == V1_KEYS | {"seq", "cid"}


def test_seqs_of_a_chat_have_no_gaps_whoever_sends(world, pair):
    one, two, a, b = pair
    seqs = []
    for i in range(20):
        seqs.append((a if i % 3 else b).send_ack(two if i % 3 else one, f"{i}")["seq"])
    assert seqs == list(range(1, 21))


def test_a_resend_is_acked_as_dup_and_told_to_nobody(world, pair):
    one, two, a, b = pair
    fields = {"reply": 0, "ext": {"n": [1, 2]}, "at": [two.email]}
    first = a.send_ack(two, "once", cid="same", **fields)
    b.take(content="once")
    a.take(content="once")
    again = a.send_ack(two, "once", cid="same", createAt=12345, **fields)
    assert again == first | {"dup": True}
    assert b.frames() == [] and a.frames() == []
    assert [row["content"] for row in world.history(one, two)] == ["once"]


@pytest.mark.parametrize(
    "change",
    [
        {"content": "other"},
        {"msgType": 4},
        {"ext": {"n": 2}},
        {"ext": None},
        {"at": ["x@y.zz"]},
        {"ttl": 60},
        {"reply": 1},
    ],
)
def test_another_message_under_the_same_cid_is_refused(pair, change):
    one, two, a, b = pair
    frame = {"cmd": 10, "dstObj": two.email, "msgType": 1, "content": "x", "ext": {"n": 1}, "cid": "taken"}
    assert a.ask(**frame)["cmd"] == 1
    refused(a.ask(**{**frame, **change}), 2107)
    assert a.ask(**frame)["dup"] is True


def test_a_cid_is_of_its_sender_and_chat_alone(world, pair):
    one, two, a, b = pair
    assert "dup" not in a.send_ack(two, "x", cid="c")
    assert "dup" not in b.send_ack(one, "y", cid="c")
    assert "dup" not in a.send_ack(one, "z", cid="c"), "a chat with oneself is another chat"
    group = world.group(one, two)
    assert "dup" not in a.send_ack(group, "g", cmd=11, cid="c")


def test_a_message_without_a_cid_is_acked_without_one(pair):
    one, two, a, b = pair
    a.send(cmd=10, dstObj=two.email, content="plain")
    assert "cid" not in a.find(cmd=1) and "cid" not in b.take(content="plain")


def test_a_dup_is_acked_even_where_sending_is_not_allowed_any_more(server, make_server, tmp_path):
    """Friendship is not asked again for what is stored: policy.strangers changes between the two."""
    from support.world import World

    options = {"policy.strangers": "allow"}
    first = make_server(options)
    world = World(first)
    one, two = world.user(), world.user()
    ack = world.open2(one).send_ack(two, "hello", cid="kept")
    world.close()
    first.stop()
    second = make_server({}, data=first.data)
    world = World(second)
    ws = world.open2(one)
    assert ws.send_ack(two, "hello", cid="kept") == ack | {"dup": True}
    refused(ws.send_ack(two, "new", cid="new"), 2102)
    refused(ws.send_ack(two, "other", cid="kept"), 2107)
    world.close()


def test_who_may_not_write_is_told_why(world):
    one, two, stranger = world.user(), world.user(), world.user()
    world.befriend(one, two)
    group = world.group(one, two)
    ws = world.open2(stranger)
    refused(ws.send_ack(one, "x"), 2102)
    refused(ws.send_ack("nobody@nowhere.zz", "x"), 2109)
    refused(ws.send_ack(group, "x", cmd=11), 2103, ref=11)
    refused(ws.send_ack(999999, "x", cmd=11), 2103, ref=11)
    refused(ws.send_ack("no number", "x", cmd=11), 2103, ref=11)
    assert ws.frames() == []
    assert world.history(one, two) == [] and world.group_history(one, group) == []


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"msgType": 6}, 2100),
        ({"msgType": 7}, 2100),
        ({"msgType": 13}, 2100),
        ({"msgType": 14}, 2100),
        ({"msgType": 99}, 2100),
        ({"msgType": 0}, 2100),
        ({"msgType": -1}, 2100),
        ({"msgType": 1 << 40}, 2100),
        ({"msgType": "x"}, 2100),
        ({"msgType": 12}, 2100),
        ({"content": {"a": 1}}, 2100),
        ({"content": "x" * 65537}, 2106),
        ({"cid": ""}, 2100),
        ({"cid": "c" * 65}, 2100),
        ({"dstObj": ""}, 2100),
        ({"dstObj": None}, 2100),
        ({"dstObj": "x" * 256}, 2100),
        ({"reply": -1}, 2100),
        ({"reply": 1}, 2100),
        ({"reply": "one"}, 2100),
        ({"ttl": -1}, 2100),
        ({"ttl": 1 << 40}, 2100),
        ({"ext": []}, 2100),
        ({"ext": "text"}, 2100),
        ({"ext": {"a": "x" * 4096}}, 2106),
        ({"at": {"a": 1}}, 2100),
        ({"at": [1, {"a": 1}]}, 2100),
        ({"at": ["a@b.cc"] * 51}, 2100),
        ({"at": [""]}, 2100),
        ({"at": ["@all"]}, 2101),
        ({"fwd": {}}, 2100),
        ({"fwd": {"chat": 10, "dstObj": "x@y.zz", "seqs": [1]}}, 2109),
        ({"fwd": {"chat": 11, "dstObj": "999999", "seqs": [1]}}, 2101),
        ({"fwd": {"chat": 10, "seqs": [1]}}, 2100),
        ({"fwd": "x"}, 2100),
    ],
)
def test_what_is_no_message_is_refused_and_leaves_nothing(world, pair, fields, code):
    one, two, a, b = pair
    a.send(**{"cmd": 10, "dstObj": two.email, "msgType": 1, "content": "x", "cid": "bad", **fields})
    answer = a.take(cmd=17)
    assert (answer["ref"], answer["code"]) == (10, code), answer
    assert answer.get("cid") == (fields["cid"] if "cid" in fields and len(fields["cid"]) <= 64 else None if "cid" in fields else "bad")
    assert b.frames() == [] and world.history(one, two) == []


def test_a_frame_that_is_no_json_object_is_refused_and_the_socket_stays(pair):
    one, two, a, b = pair
    for text in ("", "x", "[]", "1", '{"cmd":', '{"cmd":{}}', "{}", '{"cmd":999}', '{"cmd":10.5}'):
        a.send_text(text)
        assert a.take(cmd=17)["code"] == 2100, text
    assert a.send_ack(two, "fine")["seq"] == 1


def test_content_of_64_kib_goes_through_and_a_larger_frame_closes(pair):
    one, two, a, b = pair
    content = "好" * 21845 + "x"
    assert a.send_ack(two, content)["seq"] == 1
    assert b.take()["content"] == content
    a.send_text(json.dumps({"cmd": 10, "dstObj": two.email, "content": "\u0001" * 70000, "pad": "x" * 100000}))
    assert a.close_code() == 1009


def test_reply_mentions_ttl_ext_and_the_clients_time_travel_with_the_message(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "first")
    fields = {"reply": 1, "at": [two.email, "gone@nowhere.zz"], "ttl": 3600, "ext": {"a": [1, {"b": "\\\"}"}]}}
    a.send_ack(two, "second", createAt=1700000000000, **fields)
    got = b.until(content="second")[-1]
    assert {key: got[key] for key in fields} == fields
    assert got["ct"] == 1700000000000 and got["createAt"] != 1700000000000


def test_at_all_is_for_owner_and_admins(world):
    owner, member = world.friends(2)
    group = world.group(owner, member)
    a, b = world.settled2(owner, member)
    assert a.send_ack(group, "all of you", cmd=11, at=["@all"])["cmd"] == 1
    assert b.find(content="all of you")["at"] == ["@all"]
    refused(b.send_ack(group, "all of you", cmd=11, at=["@all"]), 2101, ref=11)


def test_a_forward_says_what_the_original_said_whatever_the_frame_says(world, pair):
    one, two, a, b = pair
    b.send_ack(one, "http://x/y.png", msg_type=2, ext={"w": 7})
    third = world.user()
    world.befriend(one, third)
    c = world.open2(third)
    fwd = {"chat": 10, "dstObj": two.email, "seqs": [1]}
    a.send_ack(third, "not that", msg_type=1, fwd=fwd)
    got = c.find(userEmail=one.email, cmd=10)
    assert (got["content"], got["msgType"], got["ext"]) == ("http://x/y.png", 2, {"w": 7})
    assert set(got["fwd"]) == {"userEmail", "createAt"} and got["fwd"]["userEmail"] == two.email


def test_a_merged_forward_carries_what_was_said_and_can_be_forwarded_itself(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "question?")
    b.send_ack(one, "answer!", ext={"k": 1})
    group = world.group(one, two)
    a.send_ack(group, "聊天记录", cmd=11, msg_type=12, fwd={"chat": 10, "dstObj": two.email, "seqs": [1, 2]})
    got = b.find(cmd=11, content="聊天记录")
    items = got["fwd"]["items"]
    assert [(item["userEmail"], item["content"]) for item in items] == [(one.email, "question?"), (two.email, "answer!")]
    assert items[1]["ext"] == {"k": 1}
    b.send_ack(one, "", msg_type=1, fwd={"chat": 11, "dstObj": str(group), "seqs": [got["seq"]]})
    again = a.find(cmd=10, msgType=12)
    assert again["content"] == "聊天记录" and again["fwd"] == got["fwd"]


def test_nobody_forwards_what_he_may_not_read(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "ours")
    third = world.user()
    world.befriend(third, one, two)
    group = world.group(one, two)
    a.send_ack(group, "the group's", cmd=11)
    c = world.open2(third)
    refused(c.send_ack(one, "", fwd={"chat": 11, "dstObj": str(group), "seqs": [1]}), 2101)
    refused(c.send_ack(one, "", fwd={"chat": 10, "dstObj": two.email, "seqs": [1]}), 2109)
    refused(a.send_ack(two, "", fwd={"chat": 10, "dstObj": two.email, "seqs": [1, 1]}), 2100)
    refused(a.send_ack(two, "", fwd={"chat": 10, "dstObj": two.email, "seqs": [2]}), 2109)
    refused(a.send_ack(two, "t", msg_type=12, fwd={"chat": 10, "dstObj": two.email, "seqs": list(range(1, 102))}), 2100)


def test_a_merged_forward_over_64_kib_is_refused(pair):
    one, two, a, b = pair
    a.send_ack(two, "x" * 40000)
    a.send_ack(two, "y" * 40000)
    refused(a.send_ack(two, "t", msg_type=12, fwd={"chat": 10, "dstObj": two.email, "seqs": [1, 2]}), 2106)


def test_v1_and_v2_of_one_user_and_of_two_talk_side_by_side(world):
    one, two = world.friends(2)
    old_one, old_two = world.settled(one, two)
    new_one, new_two = world.open2(world.again(one)), world.open2(world.again(two))
    old_one.say(two, "from v1")
    first = new_two.find(content="from v1")
    ack = new_two.send_ack(one, "from v2", ext={"x": 1})
    for ws in (old_one, old_two):
        frames = [ws.take(), ws.take()]
        assert [frame["content"] for frame in frames] == ["from v1", "from v2"]
        assert all(set(frame) == V1_KEYS for frame in frames), "v1 sees v1 alone"
    assert new_one.find(content="from v1") == first
    for ws in (new_one, new_two):
        second = ws.find(content="from v2")
        assert (first["seq"], second["seq"]) == (1, 2)
        assert "cid" not in first and second["ext"] == {"x": 1} and second["id"] == ack["id"]
    old_one.silent()
    old_two.silent()


def test_every_session_of_both_gets_a_message_once(world, pair):
    one, two, a, b = pair
    others = [world.open2(one, f"d{i}") for i in range(3)] + [world.open2(two, f"d{i}") for i in range(3)]
    a.send_ack(two, "once each")
    for ws in [a, b, *others]:
        assert [frame["content"] for frame in ws.frames() if frame["cmd"] == 10] == ["once each"]


def test_a_heart_is_answered(pair):
    one, two, a, b = pair
    assert set(a.ask(cmd=0)) == {"cmd", "time"}


def test_a_message_never_reaches_a_session_before_its_ack_could_be_true(world, pair):
    """What is acked is in the store: another connection finds it at once."""
    one, two, a, b = pair
    for i in range(10):
        ack = a.send_ack(two, f"m{i}")
        assert world.history(two, one)[-1]["id"] == ack["id"]
