"""The WebSocket of v1: every flow of the original's page, frame by frame as text."""

import html
import json
import time

import pytest

from support.timing import wait_until
from support.world import World
from support.ws import TEXT

KEYS = ["id", "userEmail", "cmd", "dstObj", "msgType", "content", "createAt", "deleteTimestamp"]
PRESENCE_KEYS = [key for key in KEYS if key != "content"]
CONTENT_MAX = 65536


def compact(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def presence(cmd, about, told):
    return compact(
        {"id": 0, "userEmail": about.email, "cmd": cmd, "dstObj": told.email, "msgType": 0, "createAt": 0, "deleteTimestamp": 0}
    )


@pytest.fixture
def pair(world):
    """Two friends and their open sessions."""
    users = world.friends(2)
    return world.settled(*users)


# One-to-one


def test_a_message_goes_to_the_peer_and_back_with_the_servers_id_and_time(pair):
    one, two = pair
    before = int(time.time() * 1000)
    one.say(two.user, "你好，世界 😀 hello", createAt=1700000000003)
    raw = one.raw()
    assert two.raw() == raw, "both get the very same frame"
    message = json.loads(raw)
    assert raw == compact(message) and list(message) == KEYS
    assert message["userEmail"] == one.user.email and message["dstObj"] == two.user.email
    assert (message["cmd"], message["msgType"], message["deleteTimestamp"]) == (10, 1, 0)
    assert message["content"] == "你好，世界 😀 hello"
    assert 0 < message["id"] < 2**53
    assert before - 5000 <= message["createAt"] <= int(time.time() * 1000) + 5000


def test_ids_grow_and_order_is_kept(pair):
    one, two = pair
    contents = [f"n{i}" for i in range(300)]
    for content in contents:
        one.say(two.user, content)
    for ws in (one, two):
        got = [ws.take() for _ in contents]
        assert [message["content"] for message in got] == contents
        ids = [message["id"] for message in got]
        assert ids == sorted(set(ids))


def test_history_holds_what_was_seen(world, pair):
    one, two = pair
    seen = []
    for sender, receiver in ((one, two), (two, one), (one, two)):
        sender.say(receiver.user, f"from {sender.user.email} 😀")
        seen.append(sender.take())
        assert receiver.take() == seen[-1]
    assert world.history(one.user, two.user) == seen
    assert world.history(two.user, one.user) == seen
    turned = world.get("/msg/friend_msg_list", one.user, userEmail=two.user.email, dstObj=one.user.email)
    assert turned.data == seen
    text = world.get("/msg/friend_msg_list", one.user, userEmail=one.user.email, dstObj=two.user.email).text
    assert compact(seen) in text, "the same keys in the same order"


@pytest.mark.parametrize("msg_type, content", [(2, "http://img.example/汉/a.png"), (2, "/file/abc"), (3, "https://v.example/v.mp4"), (4, "@(呵呵)"), (5, "http://x.example/"), (1, "@(呵呵) 😀👨‍👩‍👧")])
def test_message_types_of_the_page_pass_as_they_are(pair, msg_type, content):
    one, two = pair
    one.say(two.user, content, msg_type=msg_type)
    for ws in (one, two):
        message = ws.take()
        assert (message["msgType"], message["content"]) == (msg_type, content)


def test_numbers_and_texts_stand_for_each_other(pair):
    one, two = pair
    one.send_text(compact({"userEmail": one.user.email, "cmd": "10", "dstObj": two.user.email, "msgType": "1", "content": 12.5, "createAt": "1"}))
    for ws in (one, two):
        message = ws.take()
        assert (message["cmd"], message["msgType"], message["content"]) == (10, 1, "12.5")


def test_a_message_needs_no_more_than_cmd_dst_and_content(pair):
    one, two = pair
    one.send(cmd=10, dstObj=two.user.email, msgType=1, content="bare", unknown={"deep": [1]})
    assert two.take()["content"] == "bare"


def test_the_peers_email_may_be_written_in_any_case(pair):
    one, two = pair
    one.say(two.user.email.upper(), "to YOU")
    message = two.take()
    assert message["content"] == "to YOU" and message["dstObj"].lower() == two.user.email


def test_a_forged_sender_is_not_believed(world, pair):
    one, two = pair
    victim = world.user()
    one.say(two.user, "forged", userEmail=victim.email)
    assert two.take()["userEmail"] == one.user.email
    assert world.history(one.user, two.user)[-1]["userEmail"] == one.user.email


def test_all_sessions_of_both_get_each_message_once(world, pair):
    one, two = pair
    more = world.settled(one.user, two.user, world.again(two.user))
    one.say(two.user, "to all")
    for ws in (one, two, *more):
        assert [json.loads(text)["content"] for text in ws.before_barrier()] == ["to all"]


def test_a_message_to_oneself_comes_once_to_each_session(world):
    user = world.user()
    first, second = world.settled(user, user)
    first.say(user, "note to self")
    for ws in (first, second):
        assert [json.loads(text)["content"] for text in ws.before_barrier()] == ["note to self"]
    assert "note to self" in [message["content"] for message in world.history(user, user)]


def test_strangers_are_denied_in_silence(world):
    one, two = world.settled(world.user(), world.user())
    one.say(two.user, "hello stranger")
    one.silent()
    two.silent()
    world.befriend(one.user, two.user)
    for ws in (one, two):
        ws.before_barrier()
    one.say(two.user, "hello friend")
    assert two.take()["content"] == "hello friend"
    assert [message["content"] for message in world.history(one.user, two.user)] == ["hello friend"]


def test_strangers_may_talk_where_the_policy_allows(make_server):
    world = World(make_server({"policy.strangers": "allow"}))
    one, two = world.settled(world.user(), world.user())
    one.say(two.user, "hello stranger")
    for ws in (one, two):
        assert ws.take()["content"] == "hello stranger"
    world.close()


# What a session never hears about


@pytest.mark.parametrize(
    "fields",
    [
        {"cmd": 0, "content": "💓"},
        {"cmd": 0, "dstObj": "", "msgType": 1, "content": "heart", "createAt": 1700000000002},
        {"cmd": 10, "dstObj": "nobody@nowhere.test", "msgType": 1, "content": "x"},
        {"cmd": 10, "dstObj": "", "msgType": 1, "content": "x"},
        {"cmd": 10, "msgType": 1, "content": "x"},
        {"cmd": 11, "dstObj": "99999999", "msgType": 1, "content": "x"},
        {"cmd": 11, "dstObj": "not a number", "msgType": 1, "content": "x"},
        {"cmd": 12, "content": "x"},
        {"cmd": 13, "content": "x"},
        {"cmd": 14, "content": "x"},
        {"cmd": 15, "dstObj": "nobody@nowhere.test", "msgType": 6},
        {"cmd": 15, "dstObj": "99999999", "msgType": 7},
        {"cmd": 15, "dstObj": "99999999", "msgType": 99},
        {"cmd": 15, "msgType": 6},
        {"cmd": 16}, {"cmd": 17}, {"cmd": 18}, {"cmd": 22}, {"cmd": 99}, {"cmd": -1}, {"cmd": 10**30}, {"cmd": 1.5}, {"cmd": None}, {"cmd": "x"}, {"cmd": []}, {},
    ],
    ids=compact,
)
def test_heart_and_rejected_frames_get_no_answer_at_all(pair, fields):
    one, two = pair
    one.send(userEmail=one.user.email, **fields)
    one.silent()
    two.silent()


# Groups


def test_a_group_message_goes_to_every_members_every_session(world):
    owner, member, absent, outsider = (world.user(name) for name in ("owner", "member", "absent", "outsider"))
    group = world.group(owner, member, absent)
    sessions = world.settled(owner, owner, member, member)
    (alone,) = world.settled(outsider)
    sessions[0].say_group(str(group), "大家好")
    raws = [ws.raw() for ws in sessions]
    assert len(set(raws)) == 1
    message = json.loads(raws[0])
    assert raws[0] == compact(message) and list(message) == KEYS
    assert message["dstObj"] == str(group) and message["cmd"] == 11 and message["userEmail"] == owner.email
    sessions[3].say_group(group, "by number")
    for ws in sessions:
        message = ws.take()
        assert message["dstObj"] == str(group) and message["userEmail"] == member.email
    alone.silent()
    assert [message["content"] for message in world.group_history(absent, group)] == ["大家好", "by number"]
    assert world.group_history(absent, group)[1] == message


def test_who_is_not_in_the_group_cannot_write_to_it(world):
    owner, outsider = world.user(), world.user()
    group = world.group(owner)
    inside, outside = world.settled(owner, outsider)
    outside.say_group(group, "let me in")
    outside.silent()
    inside.silent()
    assert world.group_history(owner, group) == []


# Adding contacts


@pytest.mark.parametrize("content", [{}, {"content": ""}, {"content": "<b>not mine to say</b>"}])
def test_add_friend_tells_both_and_binds_both(world, content):
    one, two = world.settled(world.user(), world.user())
    one.send(userEmail=one.user.email, dstObj=two.user.email, cmd=15, msgType=6, createAt=1700000000070, **content)
    raws = [one.raw(), two.raw()]
    assert raws[0] == raws[1]
    message = json.loads(raws[0])
    assert raws[0] == compact(message) and list(message) == KEYS
    assert (message["cmd"], message["msgType"]) == (15, 6)
    assert message["userEmail"] == one.user.email and message["dstObj"] == two.user.email
    assert message["content"] == f"{one.user.email} 添加 {two.user.email}为好友"
    for ws, other in ((one, two), (two, one)):
        (friend,) = world.get("/contact/friend_list", ws.user).data
        assert friend["email"] == other.user.email and friend["online"] == 1
    assert world.history(one.user, two.user) == [], "it writes nothing to the chat"
    two.say(one.user, "hi")
    assert one.take()["content"] == "hi"


def test_add_friend_fails_in_silence(world, pair):
    one, two = pair
    for dst in (two.user.email, one.user.email, one.user.email.upper(), "nobody@nowhere.test", "", 12):
        one.send(userEmail=one.user.email, dstObj=dst, cmd=15, msgType=6, createAt=1)
    two.send(userEmail=two.user.email, dstObj=one.user.email, cmd=15, msgType=6, createAt=1)
    one.silent()
    two.silent()


def test_add_friend_in_anothers_name_binds_oneself_only(world):
    one, two, victim = world.settled(world.user(), world.user(), world.user())
    one.send(userEmail=victim.user.email, dstObj=two.user.email, cmd=15, msgType=6, createAt=1)
    assert two.take()["userEmail"] == one.user.email
    victim.silent()
    assert world.get("/contact/friend_list", victim.user).data == []


def test_add_group_tells_all_members_and_lets_one_in(world):
    owner, member, joiner = world.user(), world.user(), world.user()
    group = world.group(owner, member)
    sessions = world.settled(owner, member, joiner)
    sessions[2].send(userEmail=joiner.email, dstObj=str(group), cmd=15, msgType=7, createAt=1700000000065)
    raws = [ws.raw() for ws in sessions]
    assert len(set(raws)) == 1
    message = json.loads(raws[0])
    assert raws[0] == compact(message) and list(message) == KEYS
    assert (message["cmd"], message["msgType"], message["dstObj"]) == (15, 7, str(group))
    assert message["userEmail"] == joiner.email and message["content"] == f"{joiner.email}加入{group}群组"
    sessions[2].say_group(group, "here I am")
    assert [ws.take()["content"] for ws in sessions] == ["here I am"] * 3
    sessions[2].send(userEmail=joiner.email, dstObj=group, cmd=15, msgType=7, createAt=1)
    for ws in sessions:
        ws.silent()
    assert [one["id"] for one in world.get("/community/community_list", joiner).data] == [group]


def test_the_http_call_announces_as_the_frame_does(world):
    one, two = world.settled(world.user(), world.user())
    world.befriend(one.user, two.user)
    for ws in (one, two):
        message = ws.take()
        assert (message["cmd"], message["msgType"]) == (15, 6)
        assert message["content"] == f"{one.user.email} 添加 {two.user.email}为好友"
    group = world.group(one.user)
    world.join(two.user, group)
    for ws in (one, two):
        message = ws.take()
        assert (message["cmd"], message["msgType"], message["content"]) == (15, 7, f"{two.user.email}加入{group}群组")


# Presence


def test_friends_hear_of_the_first_session_and_of_the_end_of_the_last(world):
    one, two, stranger = world.user(), world.user(), world.user()
    world.befriend(one, two)
    watcher, other = world.settled(one, stranger)
    first = world.open(two)
    assert watcher.raw() == presence(13, two, one)
    assert first.before_barrier() == [], "who comes is told nothing of who is there"
    second = world.open(world.again(two))
    second.before_barrier()
    watcher.silent()
    assert first.close() == 1000
    second.before_barrier()
    watcher.silent()
    second.close()
    assert watcher.raw() == presence(14, two, one)
    third = world.open(two)
    assert watcher.raw() == presence(13, two, one)
    third.cut()
    assert watcher.raw() == presence(14, two, one)
    other.silent()
    wait_until(lambda: world.get("/contact/friend_list", one).data[0]["online"] == 0)


def test_one_session_ending_never_harms_another(world, pair):
    one, two = pair
    more = [world.open(two.user) for _ in range(5)]
    more[0].cut()
    more[1].send_frame(TEXT, b"\xff")
    more[2].send_frame(3, b"")
    more[3].close()
    one.say(two.user, "still there")
    for ws in (two, more[4]):
        assert ws.take_until("still there")[-1]["userEmail"] == one.user.email


# What a page would take for HTML


def test_content_leaves_escaped_and_is_stored_as_sent(world, pair):
    one, two = pair
    content = "<script>alert(\"1\")&='</script>"
    one.say(two.user, content)
    shown = [one.take()["content"], two.take()["content"], world.history(one.user, two.user)[-1]["content"]]
    for text in shown:
        assert not set(text) & set("<>\"'") and html.unescape(text) == content
    assert len(set(shown)) == 1


def test_escaping_can_be_switched_off(make_server):
    world = World(make_server({"compat.escape_html": "off"}))
    user = world.user()
    ws = world.open(user)
    ws.say(user, "<b>&\"'")
    assert ws.take()["content"] == "<b>&\"'"
    world.close()


@pytest.mark.parametrize("msg_type", [2, 3])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"])
def test_a_picture_or_video_that_is_no_web_url_goes_out_as_text(world, pair, msg_type, url):
    one, two = pair
    one.say(two.user, url, msg_type=msg_type)
    shown = [one.take(), two.take(), world.history(one.user, two.user)[-1]]
    for message in shown:
        assert message["msgType"] == 1 and html.unescape(message["content"]) == url


def test_control_characters_come_through_json_unharmed(world, pair):
    one, two = pair
    content = "tab\t newline\n return\r one\x01 nul\x00 separators\u2028\u2029 del\x7f bom\ufeff end"
    one.say(two.user, content)
    assert one.take()["content"] == two.take()["content"] == content
    assert world.history(one.user, two.user)[-1]["content"] == content


# Sizes


@pytest.mark.parametrize("content", ["x" * CONTENT_MAX, "汉" * (CONTENT_MAX // 3), "😀" * (CONTENT_MAX // 4)])
def test_content_of_64_kib_passes(world, pair, content):
    one, two = pair
    one.say(two.user, content)
    assert one.take()["content"] == two.take()["content"] == content
    assert world.history(one.user, two.user)[-1]["content"] == content


def test_a_larger_content_closes_with_1009(world, pair):
    one, two = pair
    one.say(two.user, "x" * (CONTENT_MAX + 1))
    assert one.close_code() == 1009
    assert two.take()["cmd"] == 14, "nothing but its end is heard of it"
    assert world.history(one.user, two.user) == []


def test_content_whose_escapes_make_the_frame_larger_still_counts_by_itself(pair):
    one, two = pair
    content = "\x01" * (CONTENT_MAX // 8)
    one.say(two.user, content)
    assert two.take()["content"] == content


def test_a_frame_of_a_megabyte_closes_with_1009(pair):
    one, _ = pair
    try:
        one.send_frame(TEXT, b"x" * (2 << 20))
    except OSError:
        pass
    assert one.close_code() in (1009, 1006)


def test_a_frame_too_large_is_refused_at_its_header(pair):
    one, _ = pair
    one.send_bytes(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"abcd")
    assert one.close_code() == 1009
