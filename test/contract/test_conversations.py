"""The list of conversations, and what a user wishes of each: GET /conv/list, frame 29, PUT /conv/set, /conv/clear."""

import pytest


def convs(world, user, **query):
    return world.get("/conv/list", user, **query).data


def names(page):
    return [conv["dstObj"] for conv in page["convs"]]


def fields_of(dst):
    group = isinstance(dst, int)
    return {"chat": 11 if group else 10, "dstObj": str(dst if group else dst.email)}


def change(world, user, dst, **fields):
    return world.call("PUT", "/conv/set", user=user, body={**fields_of(dst), **fields})


@pytest.fixture
def four(world):
    """A user with three friends who wrote to him, the last one last."""
    user, *others = world.friends(4)
    for other in others:
        ws = world.open2(other)
        ws.send_ack(user, f"from {other.email}")
        ws.pump(0.002)
    return user, others


def test_the_list_has_who_what_and_how_much(world, four):
    user, others = four
    group = world.group(others[0], user, name="我们")
    page = convs(world, user)
    assert set(page) == {"convs"}
    direct = next(conv for conv in page["convs"] if conv["dstObj"] == others[2].email)
    last = direct.pop("last")
    assert direct == {
        **{"chat": 10, "dstObj": others[2].email, "name": others[2].uname, "head": 1, "mhead": 0, "min": 1},
        **{"read": 0, "peerRead": 1, "unread": 1, "top": False, "mute": False},
    }
    assert (last["content"], last["seq"], last["userEmail"]) == (f"from {others[2].email}", 1, others[2].email)
    listed = next(conv for conv in page["convs"] if conv["dstObj"] == str(group))
    assert (listed["chat"], listed["name"]) == (11, "我们") and "peerRead" not in listed


def test_pinned_ones_stand_first_then_the_latest(world, four):
    user, others = four
    assert names(convs(world, user)) == [other.email for other in reversed(others)]
    world.open2(user).send_ack(others[0], "answer")
    assert names(convs(world, user))[0] == others[0].email
    assert change(world, user, others[1], top=True).data is True
    assert names(convs(world, user)) == [others[1].email, others[0].email, others[2].email]
    world.open2(user).pump(0.005)
    change(world, user, others[2], top=True)
    change(world, user, others[1], top=True)  # It was: its place stays.
    assert names(convs(world, user)) == [others[2].email, others[1].email, others[0].email]
    change(world, user, others[2], top=False)
    assert names(convs(world, user)) == [others[1].email, others[0].email, others[2].email]


def test_friends_who_never_wrote_are_not_listed_but_groups_are(world):
    user, friend = world.friends(2)
    assert convs(world, user) == {"convs": []}
    group = world.group(user)
    assert names(convs(world, user)) == [str(group)]


def test_pages_are_stable_while_chats_move(world):
    user, *others = world.friends(8)
    sessions = [world.open2(other) for other in others]
    for ws in sessions:
        ws.send_ack(user, "x")
        ws.pump(0.002)
    groups = [world.group(user) for _ in range(2)]
    change(world, user, others[3], top=True)
    expected = names(convs(world, user))
    assert len(expected) == 9
    got, cursor = [], None
    while True:
        page = convs(world, user, limit=2, **({"cursor": cursor} if cursor else {}))
        got += names(page)
        assert len(page["convs"]) <= 2
        cursor = page.get("cursor")
        if cursor is None:
            break
    assert got == expected and set(map(str, groups)) < set(got)
    first = convs(world, user, limit=3)
    sessions[0].send_ack(user, "moves up")
    second = convs(world, user, limit=200, cursor=first["cursor"])
    assert names(first) + names(second) == [name for name in expected if name != others[0].email]


def test_the_last_message_is_the_last_one_to_be_seen(world, four):
    user, others = four
    other = others[0]
    ws, mine = world.open2(other), world.open2(user)
    for i in range(2, 5):
        ws.send_ack(user, f"m{i}")

    def last():
        return next(conv for conv in convs(world, user)["convs"] if conv["dstObj"] == other.email).get("last")

    assert mine.do(cmd=26, scope="self", seqs=[4], **fields_of(other)) is None
    assert last()["content"] == "m3"
    assert ws.do(cmd=24, seq=3, **fields_of(user)) is None
    assert last()["recalled"] is True and "content" not in last()
    assert world.post("/conv/clear", user, **fields_of(other)).data is True
    assert last() is None


def test_settings_reach_ones_own_devices_and_nobody_else(world, four):
    user, others = four
    phone, pc = world.open2(user, "phone"), world.open2(user, "pc")
    his = world.open2(others[0])
    for ws in (phone, pc, his):
        ws.frames()
    assert phone.do(cmd=29, top=True, mute=True, draft="草稿", **fields_of(others[0])) is None
    told = {"cmd": 29, **fields_of(others[0]), "userEmail": user.email, "top": True, "mute": True, "draft": "草稿"}
    frame = pc.take()
    assert frame == {**told, "pver": frame["pver"]} and phone.take() == frame
    (conv, *_) = convs(world, user)["convs"]
    assert (conv["dstObj"], conv["top"], conv["mute"], conv["draft"]) == (others[0].email, True, True, "草稿")
    assert change(world, user, others[0], draft="", mute="false").data is True
    frame = pc.take()
    assert (frame["draft"], frame["mute"]) == ("", False) and "top" not in frame
    (conv, *_) = convs(world, user)["convs"]
    assert "draft" not in conv and conv["mute"] is False and conv["top"] is True
    assert his.frames() == []
    assert convs(world, others[0])["convs"][0]["top"] is False


def test_a_device_that_was_away_gets_the_settings(world, four):
    user, others = four
    phone = world.open2(user, "phone")
    delta = phone.ask(cmd=18)
    known = [{key: chat[key] for key in ("chat", "dstObj", "seq", "mver")} for chat in delta["chats"]]
    phone.close()
    change(world, user, others[1], top=True, draft="later")
    world.post("/conv/clear", user, **fields_of(others[1]))
    phone = world.open2(user, "phone")
    news = phone.ask(cmd=18, chats=known, pver=delta["pver"])
    (chat,) = news["chats"]
    assert chat["dstObj"] == others[1].email and chat["msgs"] == [] and chat["muts"] == []
    assert (chat["top"], chat["mute"], chat["draft"], chat["clearTo"], chat["min"]) == (True, False, "later", 1, 2)
    assert chat["unread"] == 0 and news["pver"] == delta["pver"] + 2
    assert phone.ask(cmd=18, chats=known, pver=news["pver"])["chats"] == []


def test_clearing_hides_what_was_for_oneself_alone_and_never_goes_back(world, four):
    user, others = four
    other = others[0]
    ws = world.open2(other)
    for i in range(2, 6):
        ws.send_ack(user, f"m{i}")
    assert change(world, user, other, clearTo=3).data is True
    page = world.get("/msg/pull", user, **fields_of(other)).data
    assert ([m["seq"] for m in page["msgs"]], page["min"], page["more"]) == ([4, 5], 4, False)
    assert [row["content"] for row in world.history(user, other)] == ["m4", "m5"]
    assert len(world.history(other, user)) == 5
    mine = world.open2(user)
    assert mine.do(cmd=29, clearTo=1, **fields_of(other)) is None
    assert mine.find(cmd=29)["clearTo"] == 3
    assert change(world, user, other, clearTo=1 << 50).data is True
    assert world.get("/msg/pull", user, **fields_of(other)).data["min"] == 6
    ws.send_ack(user, "new")
    assert [row["content"] for row in world.history(user, other)] == ["new"]


def test_bad_arguments_change_nothing(world, four):
    user, others = four
    group = world.group(others[0])
    stranger = world.user()
    ws = world.open2(user)
    ws.frames()
    good = fields_of(others[0])
    for fields, code in [
        ({}, 2100),
        (good, 2100),
        ({**good, "top": "maybe"}, 2100),
        ({**good, "top": 2}, 2100),
        ({**good, "mute": []}, 2100),
        ({**good, "draft": {}}, 2100),
        ({**good, "draft": True}, 2100),
        ({**good, "draft": "x" * (16 * 1024 + 1)}, 2106),
        ({**good, "clearTo": -1}, 2100),
        ({**good, "clearTo": "x"}, 2100),
        ({**good, "mute": True, "clearTo": 1.5}, 2100),
        ({"dstObj": others[0].email, "top": True}, 2100),
        ({"chat": 11, "dstObj": str(group), "top": True}, 2101),
        ({"chat": 11, "dstObj": str(group), "top": "maybe"}, 2101),
        ({"chat": 10, "dstObj": "nobody@nowhere.cc", "top": True}, 2109),
        ({"chat": 10, "dstObj": stranger.email, "top": True}, 2109),
    ]:
        error = ws.do(cmd=29, **fields)
        assert error and (error["ref"], error["code"]) == (29, code), fields
        answer = world.call("PUT", "/conv/set", user=user, body=fields)
        assert (answer.status, answer.json()["code"]) == (200, code), fields
    assert ws.frames() == []
    assert all(not conv["top"] and not conv["mute"] and "draft" not in conv for conv in convs(world, user)["convs"])
    for fields, code in [({}, 2100), ({"chat": 11, "dstObj": str(group)}, 2101)]:
        assert world.post("/conv/clear", user, **fields).json()["code"] == code
    for query in [{"limit": 0}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "1.2"}, {"cursor": "1.2.3.4"}, {"cursor": "a.b.c"}]:
        assert world.get("/conv/list", user, **query).json()["code"] == 2100
    assert change(world, user, others[0], draft="x" * 16 * 1024).data is True


def test_what_was_said_with_an_account_that_is_gone_can_still_be_read(world):
    li, sam, eve = world.user("li"), world.user("sam"), world.user("eve")
    world.befriend(li, sam)
    world.call2("POST", "/msg/send", sam, chat=10, dstObj=li.email, content="farewell")
    assert world.post("/user/delete", sam, password=sam.password).data
    conv = world.call2("GET", "/conv/list", li).data["convs"][0]
    name = f"deleted-{sam.id}@deleted.invalid"
    assert conv["dstObj"] == name
    page = world.call2("GET", "/msg/pull", li, query={"chat": 10, "dstObj": name}).data
    assert [(message["content"], message["userEmail"]) for message in page["msgs"]] == [("farewell", name)]
    delta = ask_sync(world, li, name)
    assert delta["chats"] == [] and delta["gone"] == []
    assert world.call2("POST", "/conv/read", li, chat=10, dstObj=name, seq=1).data is True
    assert world.call2("GET", "/conv/list", li).data["convs"][0]["unread"] == 0
    # It is nobody to talk to, and such a name of somebody who is there is none.
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=name, content="wait").error[0] == 2109
    assert world.call2("POST", "/contact/request", li, dstObj=name).error[0] == 2109
    for other in (f"deleted-{eve.id}@deleted.invalid", f"deleted-0{sam.id}@deleted.invalid", "deleted-@deleted.invalid", f"deleted-{sam.id}@x.y"):
        assert world.call2("GET", "/msg/pull", li, query={"chat": 10, "dstObj": other}).error[0] == 2109


def ask_sync(world, user, name):
    socket = world.open2(user)
    socket.send(cmd=18, chats=[{"chat": 10, "dstObj": name, "seq": 1, "mver": 0}], pver=10**9)
    return next(frame for frame in iter(socket.take, None) if frame["cmd"] == 19)
