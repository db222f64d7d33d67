"""Presence that is asked for (33), typing (23), and when somebody was last here."""

import time

import pytest

from support.server import Server
from support.store import rows
from support.timing import wait_until
from support.world import World

BAD, DENIED, BLOCKED, NOT_MEMBER, LIMITED = 2100, 2101, 2102, 2103, 2108
ON, OFF = 13, 14


def watch(ws, *users, **fields):
    ws.send(cmd=33, users=[getattr(user, "email", user) for user in users], **fields)


def presence(*states):
    """[(cmd, email)] of frames that come, in any order."""
    return sorted(states)


def come(ws, count):
    """So many 13 and 14 that come next, as (cmd, email)."""
    frames = [ws.take() for _ in range(count)]
    assert all({"cmd", "userEmail", "dstObj"} == set(frame) - {"seenAt"} for frame in frames), frames
    assert all(frame["cmd"] == OFF and abs(frame["seenAt"] - time.time() * 1000) < 60_000 for frame in frames if "seenAt" in frame)
    assert all(frame["dstObj"] == ws.user.email for frame in frames)
    return [(frame["cmd"], frame["userEmail"]) for frame in frames]


@pytest.fixture
def colleagues(world):
    """Three who share a group and are no friends."""
    users = [world.user() for _ in range(3)]
    world.group(users[0], *users[1:])
    return users


def test_a_watch_is_answered_at_once_and_then_told_of_changes(world, colleagues):
    li, sam, tom = colleagues
    (ws,) = world.settled2(li)
    there = world.open(sam)
    there.before_barrier()
    watch(ws, sam, tom)
    assert come(ws, 2) == [(ON, sam.email), (OFF, tom.email)]
    came = world.open2(tom)
    assert come(ws, 1) == [(ON, tom.email)]
    again = world.open(tom)
    again.before_barrier()
    came.close()
    assert ws.frames() == []
    again.close()
    there.cut()
    assert presence(*come(ws, 2)) == presence((OFF, tom.email), (OFF, sam.email))
    assert ws.frames() == []


def test_who_watches_nobody_hears_of_friends_only(world, colleagues):
    li, sam, tom = colleagues
    world.befriend(li, tom)
    (ws,) = world.settled2(li)
    world.open(sam).before_barrier()
    assert ws.frames() == []
    world.open(tom).before_barrier()
    assert come(ws, 1) == [(ON, tom.email)]


def test_a_friend_who_is_watched_is_told_once(world):
    li, sam = world.friends(2)
    first, second = world.open2(li, "a"), world.open2(li, "b")
    v1 = world.open(li)
    for session in (first, second, v1):
        session.before_barrier()
    watch(first, sam)
    assert come(first, 1) == [(OFF, sam.email)]
    there = world.open(sam)
    for session in (first, second):
        assert come(session, 1) == [(ON, sam.email)]
        assert session.frames() == []
    assert v1.take()["cmd"] == ON
    assert v1.before_barrier() == []
    there.close()
    assert come(first, 1) == come(second, 1) == [(OFF, sam.email)]
    assert first.frames() == [] == second.frames()


def test_a_watch_replaces_the_one_before(world, colleagues):
    li, sam, tom = colleagues
    (ws,) = world.settled2(li)
    watch(ws, sam)
    assert come(ws, 1) == [(OFF, sam.email)]
    watch(ws, tom)
    assert come(ws, 1) == [(OFF, tom.email)]
    world.open(sam).before_barrier()
    assert ws.frames() == []
    world.open(tom)
    assert come(ws, 1) == [(ON, tom.email)]


def test_an_empty_watch_ends_it(world, colleagues):
    li, sam, _ = colleagues
    (ws,) = world.settled2(li)
    watch(ws, sam)
    assert come(ws, 1) == [(OFF, sam.email)]
    watch(ws, "nobody@x.cc", cid="end")  # Watches nobody, and says when that is so.
    assert ws.take()["cid"] == "end"
    world.open(sam).before_barrier()
    assert ws.frames() == []


def test_each_session_watches_for_itself(world, colleagues):
    li, sam, tom = colleagues
    first, second = world.open2(li, "a"), world.open2(li, "b")
    for session in (first, second):
        session.before_barrier()
    watch(first, sam)
    watch(second, tom)
    assert come(first, 1) == [(OFF, sam.email)]
    assert come(second, 1) == [(OFF, tom.email)]
    world.open(sam).before_barrier()
    assert come(first, 1) == [(ON, sam.email)]
    first.close()
    assert second.frames() == []
    world.open(tom).before_barrier()
    assert come(second, 1) == [(ON, tom.email)]


def test_strangers_and_nobody_are_left_out_and_one_error_says_so(world, colleagues):
    li, sam, _ = colleagues
    eve = world.user()
    (ws,) = world.settled2(li)
    watch(ws, eve, sam, "nobody@x.cc", sam, "", cid="w1")
    assert come(ws, 1) == [(OFF, sam.email)]
    error = ws.take()
    assert (error["cmd"], error["ref"], error["code"], error["cid"]) == (17, 33, DENIED, "w1")
    world.open(eve).before_barrier()
    assert ws.frames() == []


def test_who_once_talked_may_watch(world):
    li, sam = world.friends(2)
    assert world.call2("POST", "/contact/remove", li, dstObj=sam.email).data is True
    (ws,) = world.settled2(li)
    watch(ws, sam)
    assert come(ws, 1) == [(OFF, sam.email)]
    world.open(sam)
    assert come(ws, 1) == [(ON, sam.email)]


def test_bad_watches_are_2100_and_leave_the_watch_as_it_was(world, colleagues):
    li, sam, _ = colleagues
    (ws,) = world.settled2(li)
    watch(ws, sam)
    assert come(ws, 1) == [(OFF, sam.email)]
    for users in (None, sam.email, {}, 5, [[]], [sam.email, None], [{"a": 1}], ["a@b.cc"] * 501):
        assert ws.ask(cmd=33, users=users)["code"] == BAD
    world.open(sam)
    assert come(ws, 1) == [(ON, sam.email)]
    assert ws.frames() == []
    watch(ws, *[sam] * 500)
    assert come(ws, 1) == [(ON, sam.email)]
    assert ws.frames() == []


def test_a_v1_session_cannot_watch(world, colleagues):
    li, sam, _ = colleagues
    v1 = world.open(li)
    v1.send(cmd=33, users=[sam.email])
    world.open(sam).before_barrier()
    assert v1.before_barrier() == []


def test_a_blocked_one_may_not_watch_and_a_block_ends_a_watch(world, colleagues):
    li, sam, tom = colleagues
    ws, other = world.settled2(li, tom)
    watch(ws, sam)
    watch(other, sam)
    assert come(ws, 1) == come(other, 1) == [(OFF, sam.email)]
    assert world.call2("POST", "/contact/block", sam, dstObj=li.email).data is True
    there = world.open(sam)
    there.before_barrier()
    assert come(other, 1) == [(ON, sam.email)]
    assert ws.frames() == []
    error = ws.ask(cmd=33, users=[sam.email])
    stranger = ws.ask(cmd=33, users=[world.user().email])
    assert error["code"] == stranger["code"] == DENIED and error["msg"] == stranger["msg"]
    there.close()
    assert come(other, 1) == [(OFF, sam.email)]
    assert ws.frames() == []
    # Who blocks may go on watching.
    (blocker,) = world.settled2(sam)
    watch(blocker, li)
    assert come(blocker, 1) == [(ON, li.email)]
    assert world.call2("POST", "/contact/unblock", sam, dstObj=li.email).data is True
    watch(ws, sam)
    assert come(ws, 1) == [(ON, sam.email)]


def test_leaving_a_group_ends_the_watches_that_it_alone_allowed(world, colleagues):
    li, sam, tom = colleagues
    kim = world.user()
    world.befriend(sam, kim)
    group = world.call2("GET", "/community/community_list", li).data[0]["id"]
    world.join(kim, group)
    second = world.group(tom, sam)
    watchers = world.settled2(li, tom, kim)
    (own,) = world.settled2(sam)
    for ws in watchers:
        ws.frames()
        watch(ws, sam)
        assert come(ws, 1) == [(ON, sam.email)]
    watch(own, li, tom, kim)
    assert presence(*come(own, 3)) == presence((ON, li.email), (ON, tom.email), (ON, kim.email))
    assert world.call2("POST", "/community/leave", sam, dstObj=str(group)).data is True
    # Which a worker finds out, and nobody is told: li asks for a new device of sam's until it is silent.
    own.close()
    li_ws, tom_ws, kim_ws = watchers
    for ws in (tom_ws, kim_ws):  # Another group, and friends.
        assert ws.find(cmd=OFF)["userEmail"] == sam.email
    until_silent(world, sam, li_ws, sees=tom_ws)
    assert second and kim_ws.frames()[-1]["userEmail"] == sam.email
    assert watchers[0].ask(cmd=33, users=[sam.email])["code"] == DENIED
    # sam watches no more, either, whom he shares nothing with.
    (again,) = world.settled2(sam)
    assert again.ask(cmd=33, users=[li.email])["code"] == DENIED


def until_silent(world, user, ws, sees):
    """The user comes and goes, which sees hears of, until ws is told nothing any more."""

    def silent():
        ws.frames()
        device = world.open(user)
        sees.find(cmd=ON)  # Who is gone before it is told was never online.
        device.close()
        sees.find(cmd=OFF)
        return ws.frames() == []

    wait_until(silent, what="the watch ends")


def test_a_watch_that_is_made_while_the_group_is_left_does_not_outlive_it(world, colleagues):
    li, sam, tom = colleagues
    world.befriend(tom, sam)
    group = str(world.call2("GET", "/community/community_list", li).data[0]["id"])
    ws, friend = world.settled2(li, tom)
    watch(friend, sam)
    friend.take(cmd=OFF)
    for _ in range(5):
        watch(ws, sam)
        assert world.call2("POST", "/community/kick", li, dstObj=group, user=sam.email).data is True
        until_silent(world, sam, ws, sees=friend)
        world.join(sam, int(group))
        ws.frames(), friend.frames()
        watch(ws, sam)
        assert ws.find(cmd=OFF)["userEmail"] == sam.email
        device = world.open(sam)
        assert ws.find(cmd=ON)["userEmail"] == sam.email
        device.close()
        assert ws.find(cmd=OFF)["userEmail"] == sam.email
        friend.frames()


def test_a_group_that_is_dismissed_ends_its_watches(world, colleagues):
    li, sam, tom = colleagues
    world.befriend(tom, sam)
    group = str(world.call2("GET", "/community/community_list", li).data[0]["id"])
    ws, friend = world.settled2(li, tom)
    watch(ws, sam, tom)
    assert come(ws, 2) == [(OFF, sam.email), (ON, tom.email)]
    watch(friend, sam, li)
    assert come(friend, 2) == [(OFF, sam.email), (ON, li.email)]
    assert world.call2("POST", "/community/dismiss", li, dstObj=group).data is True
    until_silent(world, sam, ws, sees=friend)


def test_a_deleted_account_goes_offline_for_who_watches(world, colleagues):
    li, sam, _ = colleagues
    world.open(sam).before_barrier()
    (ws,) = world.settled2(li)
    watch(ws, sam)
    assert come(ws, 1) == [(ON, sam.email)]
    assert world.post("/user/delete", sam, password=sam.password).data == "账号已注销"
    assert come(ws, 1) == [(OFF, sam.email)]


def test_watching_while_people_come_and_go_ends_right(world, colleagues):
    li, sam, _ = colleagues
    (ws,) = world.settled2(li)
    for _ in range(15):
        there = world.open(sam)
        watch(ws, sam)
        there.cut()
        watch(ws, sam)
    there = world.open(sam)
    there.before_barrier()
    watch(ws, li)
    frames = [frame for frame in ws.until(cmd=ON, userEmail=li.email) if frame["userEmail"] == sam.email]
    assert {frame["cmd"] for frame in frames} <= {ON, OFF}
    watch(ws, sam)
    assert come(ws, 1) == [(ON, sam.email)]
    assert ws.frames() == []


def test_watches_are_counted_by_the_rate_limit(tmp_path):
    server = Server(tmp_path, {"limits.message_per_s": 1, "limits.message_burst": 4}).start()
    try:
        world = World(server)
        user = world.user()
        ws = world.open2(user)
        codes = [ws.ask(cmd=33, users=["nobody@x.cc"])["code"] for _ in range(8)]
        assert codes[0] == DENIED and set(codes) == {DENIED, LIMITED}
        world.close()
    finally:
        server.release()


# ---- typing ----


def test_typing_is_told_to_the_other_only_and_never_kept(world):
    li, sam = world.friends(2)
    first, second = world.open2(li, "a"), world.open2(li, "b")
    other, v1 = world.open2(sam), world.open(sam)
    for session in (first, second, other, v1) * 2:
        session.before_barrier()
    assert first.do(cmd=23, chat=10, dstObj=sam.email, on=True) is None
    frame = {"cmd": 23, "chat": 10, "dstObj": li.email, "userEmail": li.email, "on": True}
    assert other.frames() == [frame]
    assert first.do(cmd=23, chat=10, dstObj=sam.email, on=False) is None
    assert other.frames() == [frame | {"on": False}]
    assert first.do(cmd=23, chat=10, dstObj=sam.email) is None
    assert other.frames() == [frame]
    assert [session.before_barrier() for session in (first, second, v1)] == [[], [], []]
    assert world.history(li, sam) == []


def test_typing_in_a_group_is_told_to_the_other_members(world, colleagues):
    li, sam, tom = colleagues
    group = world.group(li, sam)
    ws, other, outside = world.settled2(li, sam, tom)
    assert ws.do(cmd=23, chat=11, dstObj=group, on=True) is None
    frame = {"cmd": 23, "chat": 11, "dstObj": str(group), "userEmail": li.email, "on": True}
    assert other.frames() == [frame]
    assert ws.frames() == [] == outside.frames()


def test_typing_in_a_large_group_is_let_go(world):
    li = world.user()
    group = world.group(li)
    members = [world.user() for _ in range(200)]
    for member in members[:199]:
        world.join(member, group)
    ws, other = world.settled2(li, members[0])
    assert ws.do(cmd=23, chat=11, dstObj=group, on=True) is None
    assert [frame["on"] for frame in other.frames()] == [True]
    world.join(members[199], group)
    other.frames(), ws.frames()
    assert ws.do(cmd=23, chat=11, dstObj=group, on=True) is None
    assert other.frames() == []


def test_typing_is_refused_where_one_may_not_write(world, colleagues):
    li, sam, tom = colleagues
    group = world.group(sam)
    ws, other = world.settled2(li, sam)
    for fields, code in (
        ({"chat": 10, "dstObj": sam.email}, BLOCKED),
        ({"chat": 10, "dstObj": sam.email, "on": "x"}, BLOCKED),
        ({"chat": 11, "dstObj": group}, NOT_MEMBER),
        ({"chat": 11, "dstObj": 999999999}, NOT_MEMBER),
        ({"chat": 10, "dstObj": "nobody@x.cc"}, 2109),
        ({"chat": 10}, BAD),
        ({"dstObj": sam.email}, BAD),
        ({"chat": 12, "dstObj": sam.email}, BAD),
        ({"chat": 10, "dstObj": ""}, BAD),
    ):
        assert ws.do(cmd=23, **{"on": True} | fields)["code"] == code, fields
    assert other.frames() == []
    world.befriend(li, sam)
    ws.frames(), other.frames()
    assert ws.do(cmd=23, chat=10, dstObj=sam.email, on="maybe")["code"] == BAD
    assert other.frames() == []


# ---- last seen ----


def test_when_a_friend_was_last_here_is_shown_to_v2(world):
    li, sam = world.friends(2)
    eve = world.user()

    def info(user, **query):
        return world.call2("GET", "/user/user_info", user, query={"email": sam.email} | query).data

    assert "seen" not in info(li)
    (ws,) = world.settled2(li)
    there, second = world.open(sam), world.open2(sam)
    assert ws.take()["cmd"] == ON
    second.before_barrier()
    there.close()
    ws.before_barrier()
    assert "seen" not in info(li)
    before = int(time.time() * 1000)
    second.close()
    assert ws.take()["cmd"] == OFF
    wait_until(lambda: info(li).get("seen", 0) >= before, what="the end")  # It is written within a second or so.
    assert info(li)["seen"] < time.time() * 1000 + 1000
    assert info(sam)["seen"] == info(li)["seen"]
    assert "seen" not in info(eve)
    v1 = world.get("/user/user_info", li, email=sam.email).data
    assert set(v1) == {"id", "email", "uname", "createAt", "deleteTimestamp", "online"}


def test_who_watches_hears_when_one_was_last_here(world, colleagues):
    li, sam, _ = colleagues
    world.befriend(li, sam)
    (ws,) = world.settled2(li)
    v1 = world.open(li)
    v1.before_barrier()
    watch(ws, sam)
    assert ws.take() == {"cmd": OFF, "userEmail": sam.email, "dstObj": li.email}  # He was never here.
    there = world.open2(sam)
    assert ws.take() == {"cmd": ON, "userEmail": sam.email, "dstObj": li.email}
    before = int(time.time() * 1000)
    there.close()
    left = ws.take(cmd=OFF, userEmail=sam.email)
    assert before - 1000 <= left["seenAt"] <= time.time() * 1000 + 1000
    for frame in (v1.take(), v1.take()):  # v1 hears what it always did.
        assert set(frame) == {"id", "userEmail", "cmd", "dstObj", "msgType", "createAt", "deleteTimestamp"}
    wait_until(lambda: asked(world, li, sam)[0].get("seenAt", 0) >= before, what="the end")
    watch(ws, sam)
    again = ws.take(cmd=OFF, userEmail=sam.email)
    assert again["seenAt"] == asked(world, li, sam)[0]["seenAt"]
    assert abs(again["seenAt"] - left["seenAt"]) < 1000


# ---- presence that is asked for by a call ----


def asked(world, user, *others, **query):
    users = ",".join(getattr(other, "email", other) for other in others)
    return world.call2("GET", "/user/presence", user, query={"users": users} | query).data["users"]


def test_presence_is_answered_for_friends_and_colleagues_in_the_order_asked(world, colleagues):
    li, sam, tom = colleagues
    friend, eve = world.user(), world.user()
    world.befriend(li, friend)
    world.open2(tom).before_barrier()
    world.open(eve).before_barrier()
    assert asked(world, li, friend, eve, tom.email.upper(), "nobody@x.cc", sam, tom, "", li) == [
        {"email": friend.email, "online": 0},
        {"email": tom.email, "online": 1},
        {"email": sam.email, "online": 0},
        {"email": li.email, "online": 0},
    ]
    assert asked(world, eve, li, sam, tom, friend) == []
    assert asked(world, friend, li, tom) == [{"email": li.email, "online": 0}]
    there = world.open2(friend)
    there.before_barrier()
    assert asked(world, li, friend) == [{"email": friend.email, "online": 1}]
    before = int(time.time() * 1000)
    there.close()
    wait_until(lambda: asked(world, li, friend)[0].get("seenAt", 0) >= before, what="the end")
    assert asked(world, li, friend) == [
        {"email": friend.email, "online": 0, "seenAt": world.call2("GET", "/user/user_info", li, query={"email": friend.email}).data["seen"]}
    ]


def test_one_who_blocks_looks_as_if_he_had_never_been_here(world, colleagues):
    li, sam, tom = colleagues
    world.befriend(li, sam)
    there = world.open2(sam)
    there.before_barrier()
    there.close()
    wait_until(lambda: "seenAt" in asked(world, li, sam)[0], what="the end")
    never = world.user()
    world.befriend(li, never)
    for blocker in (sam, tom):
        assert world.call2("POST", "/contact/block", blocker, dstObj=li.email).data is True
    world.open2(sam, "again").before_barrier()
    shown = [dict(user, email="") for user in asked(world, li, sam, tom, never)]
    assert shown == [{"email": "", "online": 0}] * 3
    assert asked(world, sam, li, tom)[1] == {"email": tom.email, "online": 0}
    world.open2(li).before_barrier()
    assert asked(world, sam, li) == [{"email": li.email, "online": 1}]  # Who blocks goes on seeing.
    assert world.call2("POST", "/contact/unblock", sam, dstObj=li.email).data is True
    assert asked(world, li, sam) == [{"email": sam.email, "online": 1}]


def test_presence_takes_a_hundred_users_and_no_more(world, colleagues):
    li, sam, tom = colleagues
    assert len(asked(world, li, *[sam] * 50, *["nobody@x.cc"] * 49, tom)) == 2
    for query in ({"users": ",".join([sam.email] * 101)}, {"users": ""}, {}, {"user": sam.email}, {"users": "," * 101}):
        answer = world.call2("GET", "/user/presence", li, query=query)
        assert (answer.status, answer.json()["code"]) == (200, BAD), query
    assert asked(world, li, "\x00", "x" * 300, "%", "' OR 1=1") == []


def test_presence_ends_with_what_allowed_it(world, colleagues):
    li, sam, tom = colleagues
    assert len(asked(world, li, sam, tom)) == 2
    left = world.call2("GET", "/community/community_list", tom).data[0]["id"]
    assert world.call2("POST", "/community/leave", tom, dstObj=str(left)).data is True
    assert asked(world, li, sam, tom) == [{"email": sam.email, "online": 0}]
    assert world.post("/user/delete", sam, password=sam.password).data == "账号已注销"
    assert asked(world, li, sam, f"deleted-{sam.id}@deleted.invalid") == []


def test_a_server_that_was_killed_still_knows_that_one_was_here(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    before = int(time.time() * 1000)
    world.open2(sam).before_barrier()
    wait_until(lambda: seen_of(server, sam) >= before, what="the beginning")
    server.kill()
    server.start()
    (answer,) = asked(world, li, sam)
    assert answer["online"] == 0 and before <= answer["seenAt"] <= time.time() * 1000
    world.close()


def seen_of(server, user):
    return rows(server, "SELECT seen FROM user WHERE id = ?", user.id)[0][0]


def test_when_one_was_last_here_outlives_the_server(make_server):
    server = make_server()
    world = World(server)
    li, sam = world.friends(2)
    world.open2(sam).before_barrier()
    server.restart()
    assert world.call2("GET", "/user/user_info", li, query={"email": sam.email}).data["seen"] > 0
    world.close()
