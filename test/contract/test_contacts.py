"""Friends, requests, remarks and blocks (PROTOCOL.md, v2: REST additions and cmd 30)."""

import pytest

BAD, DENIED, BLOCKED, LIMITED, NOT_FOUND = 2100, 2101, 2102, 2108, 2109
POSTS = ["request", "remove", "block", "unblock"]


@pytest.fixture
def asking(make_server):
    """People on a server where friends are asked first."""
    from support.world import World

    made = World(make_server({"contact.policy": "request"}))
    yield made
    made.close()


def do(world, what, user, dst=None, **body):
    """POST /contact/<what>; returns data, or the code of the refusal."""
    if dst is not None:
        body["dstObj"] = getattr(dst, "email", dst)
    method = "PUT" if what == "remark" else "POST"
    answer = world.call2(method, f"/contact/{what}", user, **body)
    answer_json = answer.json()
    return answer.data if answer_json["code"] == 0 else answer.error[0]


def friend_list(world, user):
    return world.call2("GET", "/contact/friend_list", user).data


def friend_emails(world, user):
    return [friend["email"] for friend in friend_list(world, user)]


def requests(world, user, **query):
    return world.call2("GET", "/contact/requests", user, query=query).data["requests"]


def blocked(world, user):
    return [one["email"] for one in world.call2("GET", "/contact/blocked", user).data["users"]]


def told(ws, cmd=30):
    """The frames of that cmd that came so far; all others are dropped."""
    return [frame for frame in ws.frames() if frame["cmd"] == cmd]


# ---- friends at once ----


def test_with_policy_auto_a_request_makes_friends_at_once_and_tells_both(world):
    li, sam = world.user(), world.user()
    v2, v1 = world.open2(li), world.open(li)
    other = world.open2(sam)
    for ws in (v2, v1, other):
        ws.before_barrier()
    assert do(world, "request", li, sam, content="hello") == {"status": "accepted"}
    frame = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "op": "accept"}
    assert v2.frames() == [frame]
    assert other.frames() == [frame | {"dstObj": li.email}]
    v1_frame = v1.take()
    assert (v1_frame["cmd"], v1_frame["msgType"]) == (15, 6)
    assert v1_frame["content"] == f"{li.email} 添加 {sam.email}为好友"
    assert friend_emails(world, li) == [sam.email] and friend_emails(world, sam) == [li.email]
    assert requests(world, li) == [] and requests(world, sam) == []


def test_a_friend_added_by_cmd_15_is_an_accept_for_v2_and_a_15_for_v1(world):
    li, sam = world.user(), world.user()
    v1 = world.open(sam)
    v1.before_barrier()
    (ws,) = world.settled2(li)
    assert ws.do(cmd=15, dstObj=sam.email, msgType=6) is None
    assert [frame["op"] for frame in told(ws)] == ["accept"]
    assert v1.take()["cmd"] == 15
    assert v1.before_barrier() == []


@pytest.mark.parametrize("what", POSTS)
def test_bad_arguments_are_2100_and_nobody_is_2109(world, what):
    li = world.user()
    (ws,) = world.settled2(li)
    assert do(world, what, li) == BAD
    assert do(world, what, li, "") == BAD
    assert do(world, what, li, "a" * 256) == BAD
    assert do(world, what, li, {"a": 1}) == BAD
    assert do(world, what, li, "nobody@x.cc") == NOT_FOUND
    assert world.call("POST", f"/contact/{what}", user=li, body=b"[]").status == 400
    assert world.call("POST", f"/contact/{what}", body={"dstObj": li.email}).status == 401
    assert ws.frames() == []


def test_oneself_can_be_neither_asked_nor_blocked(world):
    li = world.user()
    assert do(world, "request", li, li) == BAD
    assert do(world, "block", li, li) == BAD
    assert do(world, "remove", li, li) == BLOCKED
    assert do(world, "unblock", li, li) is True
    assert do(world, "remark", li, li, remark="me") == BLOCKED


def test_who_is_a_friend_already_is_2100(world):
    li, sam = world.friends(2)
    assert do(world, "request", li, sam) == BAD
    assert do(world, "request", sam, li.email.upper()) == BAD


# ---- requests ----


def test_a_request_waits_and_is_told_to_both(asking):
    world = asking
    li, sam = world.user("li"), world.user("sam")
    first, second = world.open2(li, "phone"), world.open2(li, "desk")
    other, v1 = world.open2(sam), world.open(sam)
    for ws in (first, second, other, v1):
        ws.before_barrier()
    answer = do(world, "request", li, sam, content="<b>it's me</b>")
    assert set(answer) == {"status", "id"} and answer["status"] == "pending"
    frame = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "op": "request"}
    frame |= {"id": answer["id"], "content": "<b>it's me</b>"}
    assert first.frames() == [frame] == second.frames()
    assert other.frames() == [frame | {"dstObj": li.email}]
    assert v1.before_barrier() == []
    (mine,) = requests(world, li)
    created = mine.pop("createAt")
    assert mine == {
        "id": answer["id"],
        "userEmail": li.email,
        "dstObj": sam.email,
        "uname": "sam",
        "content": "<b>it's me</b>",
        "state": "pending",
        "mine": True,
    }
    (got,) = requests(world, sam)
    assert got == mine | {"createAt": created, "dstObj": li.email, "uname": "li", "mine": False}
    assert friend_emails(world, li) == []
    assert first.send_ack(sam, "hi")["code"] == BLOCKED


def test_agreeing_makes_friends_and_v1_reads_that_the_asker_added(asking):
    world = asking
    li, sam = world.user(), world.user()
    asked = do(world, "request", li, sam)["id"]
    ws, other = world.settled2(li, sam)
    v1 = world.open(li)
    v1.before_barrier()
    assert do(world, "respond", sam, id=asked, agree=True) is True
    accept = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": sam.email, "op": "accept", "id": asked}
    assert ws.frames() == [accept]
    assert other.frames() == [accept | {"dstObj": li.email}]
    assert v1.take()["content"] == f"{li.email} 添加 {sam.email}为好友"
    assert friend_emails(world, li) == [sam.email]
    assert [one["state"] for one in requests(world, li) + requests(world, sam)] == ["accepted"] * 2
    assert ws.send_ack(sam, "hi")["seq"] == 1
    assert do(world, "respond", sam, id=asked, agree=True) == NOT_FOUND


def test_rejecting_tells_both_and_the_asker_may_ask_again(asking):
    world = asking
    li, sam = world.user(), world.user()
    asked = do(world, "request", li, sam)["id"]
    ws, other = world.settled2(li, sam)
    assert do(world, "respond", sam, id=asked, agree=False) is True
    reject = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": sam.email, "op": "reject", "id": asked}
    assert ws.frames() == [reject]
    assert other.frames() == [reject | {"dstObj": li.email}]
    assert requests(world, li)[0]["state"] == requests(world, sam)[0]["state"] == "rejected"
    again = do(world, "request", li, sam, content="please")
    assert again["status"] == "pending" and again["id"] > asked
    assert [(one["id"], one["state"]) for one in requests(world, sam)] == [(again["id"], "pending")]
    assert told(other)[0]["content"] == "please"


def test_who_asks_whom_he_was_asked_by_accepts(asking):
    world = asking
    li, sam = world.user(), world.user()
    asked = do(world, "request", li, sam)["id"]
    (ws,) = world.settled2(li)
    assert do(world, "request", sam, li) == {"status": "accepted"}
    assert [(frame["op"], frame["id"], frame["userEmail"]) for frame in told(ws)] == [("accept", asked, sam.email)]
    assert friend_emails(world, sam) == [li.email]
    assert [one["state"] for one in requests(world, li)] == ["accepted"]


def test_a_repeated_request_has_new_words_and_is_told_once_more_only(asking):
    world = asking
    li, sam = world.user(), world.user()
    (other,) = world.settled2(sam)
    ids = {do(world, "request", li, sam, content=f"words {i}")["id"] for i in range(4)}
    assert len(ids) == 1
    assert [frame["content"] for frame in told(other)] == ["words 0", "words 1"]
    assert [one["content"] for one in requests(world, sam)] == ["words 3"]
    do(world, "request", li, sam)
    assert [one["content"] for one in requests(world, sam)] == ["words 3"]
    do(world, "request", li, sam, content="")
    assert [one["content"] for one in requests(world, sam)] == [""]
    assert told(other) == []


def test_words_of_a_request_have_their_bound_and_are_text(asking):
    world = asking
    li, sam = world.user(), world.user()
    (other,) = world.settled2(sam)
    for words in ("x" * 257, "好" * 257, "a\u0001", {"a": 1}, ["a"], True):
        assert do(world, "request", li, sam, content=words) == BAD
    assert requests(world, sam) == [] and other.frames() == []
    assert do(world, "request", li, sam, content="好" * 255 + "\n")["status"] == "pending"


def test_v1_asks_too_where_the_policy_says_so(asking):
    world = asking
    li, sam = world.user(), world.user()
    v1 = world.open(li)
    v1.before_barrier()
    body = {"ownerEmail": li.email, "dstObj": sam.email, "cate": 1}
    assert world.post("/contact/add_friend", li, **body).data == "好友申请已发送"
    assert world.post("/contact/add_friend", li, **body).data == "好友申请已发送"
    v1.send(userEmail=li.email, cmd=15, dstObj=sam.email, msgType=6)
    assert v1.before_barrier() == []
    assert world.get("/contact/friend_list", li).data == []
    (one,) = requests(world, sam)
    assert one["userEmail"] == li.email and "content" not in one
    assert world.post("/contact/add_friend", sam, ownerEmail=sam.email, dstObj=li.email, cate=1).data == "添加好友成功"
    assert v1.take()["cmd"] == 15
    assert world.post("/contact/add_friend", li, **body).error == (2004, "笨蛋！你们已经是好友了")
    group = world.group(li)
    world.join(sam, group)


def test_only_the_receiver_answers_a_request(asking):
    world = asking
    li, sam, eve = (world.user() for _ in range(3))
    asked = do(world, "request", li, sam)["id"]
    sessions = world.settled2(li, sam, eve)
    for user in (li, eve):
        for agree in (True, False, "maybe"):
            assert do(world, "respond", user, id=asked, agree=agree) == NOT_FOUND
    assert do(world, "respond", sam, id=asked) == BAD
    assert do(world, "respond", sam, id=asked, agree="maybe") == BAD
    for number in (None, 0, -1, "x", 1.5, [1]):
        assert do(world, "respond", sam, id=number, agree=True) == BAD
    assert do(world, "respond", sam, id=asked + 1, agree=True) == NOT_FOUND
    assert [ws.frames() for ws in sessions] == [[], [], []]
    assert requests(world, sam)[0]["state"] == "pending"


def test_requests_come_in_pages_the_newest_first(asking):
    world = asking
    li = world.user()
    others = [world.user() for _ in range(3)]
    ids = [do(world, "request", li, others[0])["id"], do(world, "request", others[1], li)["id"]]
    ids.append(do(world, "request", li, others[2])["id"])
    page = world.call2("GET", "/contact/requests", li, query={"limit": 2}).data
    assert [one["id"] for one in page["requests"]] == [ids[2], ids[1]]
    assert [one["mine"] for one in page["requests"]] == [True, False]
    page = world.call2("GET", "/contact/requests", li, query={"limit": 2, "cursor": page["cursor"]}).data
    assert [one["id"] for one in page["requests"]] == [ids[0]] and "cursor" not in page
    for query in ({"limit": 0}, {"limit": "x"}, {"cursor": 0}, {"cursor": "x"}):
        assert world.call2("GET", "/contact/requests", li, query=query).error[0] == BAD


# ---- remove ----


def test_removing_ends_it_both_ways_and_leaves_the_chat_readable(world):
    li, sam = world.friends(2)
    ws, other = world.settled2(li, sam)
    v1 = world.open(sam)
    v1.before_barrier()
    ws.send_ack(sam, "once")
    other.frames(), ws.frames(), v1.before_barrier()
    assert do(world, "remark", li, sam, remark="Sammy", tags=["old"]) is True
    ws.frames()
    assert do(world, "remove", li, sam) is True
    frame = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "op": "remove"}
    assert ws.frames() == [frame]
    assert other.frames() == [frame | {"dstObj": li.email}]
    assert v1.before_barrier() == []
    assert friend_emails(world, li) == friend_emails(world, sam) == []
    assert ws.send_ack(sam, "again")["code"] == BLOCKED
    assert other.send_ack(li, "again")["code"] == BLOCKED
    assert [one["content"] for one in world.history(li, sam)] == ["once"]
    assert [one["content"] for one in world.history(sam, li)] == ["once"]
    assert do(world, "remove", li, sam) == BLOCKED
    world.befriend(sam, li)
    (friend,) = friend_list(world, li)
    assert "remark" not in friend and "tags" not in friend
    assert ws.send_ack(sam, "again")["seq"] == 2


# ---- remark ----


def test_remark_and_tags_are_the_callers_own(world):
    li, sam = world.friends(2)
    first, second = world.open2(li, "a"), world.open2(li, "b")
    (other,) = world.settled2(sam)
    first.frames(), second.frames()
    before = world.get("/contact/friend_list", li).text
    assert do(world, "remark", li, sam, remark="<Sam>", tags=["工作", "x"]) is True
    frame = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "op": "remark"}
    frame |= {"remark": "<Sam>", "tags": ["工作", "x"]}
    assert first.frames() == [frame] == second.frames()
    assert other.frames() == []
    (friend,) = friend_list(world, li)
    assert (friend["remark"], friend["tags"]) == ("<Sam>", ["工作", "x"])
    assert "blocked" not in friend
    assert world.get("/contact/friend_list", li).text == before
    (mirror,) = friend_list(world, sam)
    assert "remark" not in mirror and "tags" not in mirror
    assert do(world, "remark", li, sam, tags=[]) is True
    (friend,) = friend_list(world, li)
    assert friend["remark"] == "<Sam>" and "tags" not in friend
    assert do(world, "remark", li, sam, remark="") is True
    assert "remark" not in friend_list(world, li)[0]


def test_bad_remarks_are_2100_and_change_nothing(world):
    li, sam = world.friends(2)
    stranger = world.user()
    (ws,) = world.settled2(li)
    for fields in (
        {},
        {"remark": "x" * 65},
        {"remark": "a\nb"},
        {"remark": {}},
        {"tags": ["x" * 33]},
        {"tags": [""]},
        {"tags": ["x"] * 21},
        {"tags": [["x"]]},
        {"tags": {"a": 1}},
        {"remark": "fine", "tags": ["a\u0000"]},
    ):
        assert do(world, "remark", li, sam, **fields) == BAD, fields
    assert do(world, "remark", li, "nobody@x.cc", remark="x") == NOT_FOUND
    assert do(world, "remark", li, stranger, remark="x") == BLOCKED
    assert do(world, "remark", li, stranger) == BLOCKED
    assert do(world, "remark", li, remark="x") == BAD
    assert ws.frames() == []
    assert "remark" not in friend_list(world, li)[0]
    assert do(world, "remark", li, sam, remark="好" * 64, tags=["好" * 32] * 20) is True


# ---- block ----


def test_a_block_stops_everything_and_only_the_blocker_knows(world):
    li, sam = world.friends(2)
    ws, second, other = world.open2(li, "a"), world.open2(li, "b"), world.open2(sam)
    v1, other_v1 = world.open(li), world.open(sam)
    sessions = (ws, second, other, v1, other_v1)
    for session in sessions * 2:
        session.before_barrier()
    ws.send_ack(sam, "before")
    for session in sessions:
        session.before_barrier()
    friends_before = world.get("/contact/friend_list", sam).json()["data"]
    assert do(world, "block", li, sam) is True
    frame = {"cmd": 30, "chat": 10, "dstObj": sam.email, "userEmail": li.email, "op": "block"}
    assert ws.frames() == [frame] == second.frames()
    assert [session.before_barrier() for session in (other, v1, other_v1)] == [[], [], []]
    assert do(world, "block", li, sam) is True
    assert ws.frames() == []
    assert blocked(world, li) == [sam.email] and blocked(world, sam) == []
    assert friend_list(world, li)[0]["blocked"] is True

    # The blocked one: his lists are as they were, but the blocker is offline.
    friends_before[0]["online"] = 0
    assert world.get("/contact/friend_list", sam).json()["data"] == friends_before
    assert "blocked" not in friend_list(world, sam)[0]
    assert other.send_ack(li, "x")["code"] == BLOCKED
    assert ws.send_ack(sam, "x")["code"] == BLOCKED
    assert other.do(cmd=23, chat=10, dstObj=li.email, on=True)["code"] == BLOCKED
    assert ws.do(cmd=23, chat=10, dstObj=sam.email, on=True)["code"] == BLOCKED
    assert do(world, "request", sam, li) == BAD, "a friend he still is"
    for who, whom, shown in ((sam, li, 0), (li, sam, 1)):
        assert world.get("/user/user_info", who, email=whom.email).data["online"] == shown
        assert world.get("/user/search_friend", who, info=whom.email).data[0]["online"] == shown
    assert "seen" not in world.call2("GET", "/user/user_info", sam, query={"email": li.email}).data
    other_v1.send(userEmail=sam.email, cmd=10, dstObj=li.email, msgType=1, content="x")
    assert other_v1.before_barrier() == []
    assert [session.before_barrier() for session in (ws, v1)] == [[], []]
    assert [one["content"] for one in world.history(sam, li)] == ["before"]

    # Presence of the blocker does not reach him; his own still reaches the blocker.
    for session in (ws, second, v1):
        session.close()
    assert [session.before_barrier() for session in (other, other_v1)] == [[], []]
    (back,) = [world.open2(li, "a")]
    back.before_barrier()
    assert [session.before_barrier() for session in (other, other_v1)] == [[], []]

    assert do(world, "unblock", li, sam) is True
    assert back.frames() == [frame | {"op": "unblock"}]
    assert do(world, "unblock", li, sam) is True
    assert back.frames() == [] == other.frames()
    assert blocked(world, li) == [] and friend_emails(world, sam) == [li.email]
    assert other.send_ack(li, "after")["seq"] == 2
    assert world.get("/user/user_info", sam, email=li.email).data["online"] == 1


def test_who_is_blocked_and_no_friend_cannot_add_or_ask(world):
    li, sam = world.user(), world.user()
    ws, other = world.settled2(li, sam)
    assert do(world, "block", li, sam) is True
    ws.frames()
    for who, whom in ((sam, li), (li, sam)):
        assert do(world, "request", who, whom) == BLOCKED
        assert do(world, "request", who, whom, content={}) == BLOCKED
        body = {"ownerEmail": who.email, "dstObj": whom.email, "cate": 1}
        assert world.post("/contact/add_friend", who, **body).error == (2005, "好友添加失败，请重试")
    assert other.do(cmd=15, dstObj=li.email, msgType=6)["code"] == BLOCKED
    v1 = world.open(sam)
    v1.before_barrier()
    v1.send(userEmail=sam.email, cmd=15, dstObj=li.email, msgType=6)
    assert v1.before_barrier() == []
    assert ws.frames() == [] == other.frames()
    assert friend_emails(world, li) == friend_emails(world, sam) == []
    assert do(world, "unblock", li, sam) is True
    assert do(world, "request", sam, li) == {"status": "accepted"}


def test_a_block_drops_the_blocked_ones_request_in_the_blockers_eyes_only(asking):
    world = asking
    li, sam = world.user(), world.user()
    asked = do(world, "request", sam, li)["id"]
    (other,) = world.settled2(sam)
    before = requests(world, sam)
    assert do(world, "block", li, sam) is True
    assert requests(world, li) == []
    assert requests(world, sam) == before and other.frames() == []
    assert do(world, "respond", li, id=asked, agree=True) == NOT_FOUND
    assert do(world, "respond", li, id=asked, agree=False) == NOT_FOUND
    assert do(world, "request", sam, li) == BLOCKED
    assert do(world, "unblock", li, sam) is True
    assert requests(world, li) == []
    assert do(world, "request", li, sam)["status"] == "pending", "what was dropped counts for nothing"
    again = do(world, "request", sam, li)
    assert again == {"status": "accepted"}


def test_a_block_takes_the_blockers_own_request_back_unseen(asking):
    world = asking
    li, sam = world.user(), world.user()
    asked = do(world, "request", li, sam)["id"]
    (other,) = world.settled2(sam)
    before = requests(world, sam)
    assert do(world, "block", li, sam) is True
    assert requests(world, sam) == before and requests(world, li) == []
    assert do(world, "respond", sam, id=asked, agree=True) == BLOCKED
    (ws,) = world.settled2(li)
    assert do(world, "respond", sam, id=asked, agree=False) is True
    assert ws.frames() == []
    assert [frame["op"] for frame in told(other)] == ["reject"]
    assert requests(world, sam)[0]["state"] == "rejected"


def test_removing_a_blocked_friend_keeps_the_block(world):
    li, sam = world.friends(2)
    do(world, "block", li, sam)
    assert do(world, "remove", li, sam) is True
    assert friend_emails(world, li) == friend_emails(world, sam) == []
    assert blocked(world, li) == [sam.email]
    assert do(world, "request", sam, li) == BLOCKED


def test_a_deleted_account_leaves_no_request_and_no_block(asking):
    world = asking
    li, sam, tom = (world.user() for _ in range(3))
    do(world, "request", li, sam)
    do(world, "block", tom, li)
    assert world.post("/user/delete", li, password=li.password).data == "账号已注销"
    assert requests(world, sam) == [] and blocked(world, tom) == []


def test_the_rate_limit_counts_contacts_calls(make_server):
    from support.world import World

    world = World(make_server({"limits.message_per_s": 1, "limits.message_burst": 3}))
    li, sam = world.user(), world.user()
    codes = [world.call2("POST", "/contact/block", li, dstObj=sam.email) for _ in range(6)]
    assert [answer.status for answer in codes[:3]] == [200] * 3
    assert 429 in [answer.status for answer in codes]
    assert all(answer.error[0] == LIMITED for answer in codes if answer.status == 429)
