"""Bringing a device up to date: frame 18 and the deltas that answer it."""

import pytest

EPOCH_KEYS = {"cmd", "epoch", "chats", "gone", "done", "pver"}
CHAT_KEYS = {
    *("chat", "dstObj", "head", "mhead", "min", "read", "unread"),
    *("msgs", "seq", "more", "muts", "mver", "mmore"),
}


def sync(ws, **fields):
    return ws.ask(cmd=18, **fields)


def sync_all(ws, **fields):
    """Deltas to the end; the chats of all, and the last pver."""
    chats, cursor, gone = [], None, []
    while True:
        delta = sync(ws, **fields, **({"cursor": cursor} if cursor else {}))
        assert delta["cmd"] == 19, delta
        chats += delta["chats"]
        gone += delta["gone"]
        if delta["done"]:
            assert "cursor" not in delta
            return chats, gone, delta["pver"]
        assert "pver" not in delta
        cursor = delta["cursor"]


def chat_of(delta, dst):
    found = [chat for chat in delta["chats"] if chat["dstObj"] == str(getattr(dst, "email", dst))]
    assert len(found) <= 1
    return found[0] if found else None


def seqs(chat):
    return [message["seq"] for message in chat["msgs"]]


def listed(dst, seq=0, mver=0):
    group = isinstance(dst, int)
    return {"chat": 11 if group else 10, "dstObj": str(dst if group else dst.email), "seq": seq, "mver": mver}


def device_of(chats, pver):
    """What a device that took these says it has."""
    return {"chats": [{key: chat[key] for key in ("chat", "dstObj", "seq", "mver")} for chat in chats], "pver": pver}


def acknowledge(ws, *chats, pver=None):
    """Acks, and waits until they are in the store: a delta that has nothing says so."""
    for chat in chats:
        ws.send(cmd=1, chat=chat["chat"], dstObj=chat["dstObj"], seq=chat["seq"], mver=chat["mver"])
    if pver is not None:
        ws.send(cmd=1, pver=pver)
    for _ in range(100):
        delta = sync(ws)
        if not delta["chats"]:
            return
        ws.pump(0.1)
    raise AssertionError(delta)


@pytest.fixture
def pair(world):
    one, two = world.friends(2)
    return one, two, *world.settled2(one, two)


def test_a_new_device_gets_the_newest_of_every_chat(world, pair):
    one, two, a, b = pair
    for i in range(1, 26):
        a.send_ack(two, f"m{i}")
    group = world.group(one, two)
    delta = sync(world.open2(two, "new"))
    assert set(delta) == EPOCH_KEYS and delta["done"] is True and delta["gone"] == []
    assert delta["epoch"] == b.hello["epoch"]
    direct = chat_of(delta, one)
    assert CHAT_KEYS <= set(direct) <= CHAT_KEYS | {"peerRead", "top", "mute", "draft", "clearTo"}
    assert (direct["chat"], direct["head"], direct["min"], direct["unread"], direct["read"]) == (10, 25, 1, 25, 0)
    assert (seqs(direct), direct["seq"], direct["more"]) == (list(range(6, 26)), 25, False)
    assert (direct["muts"], direct["mver"], direct["mmore"]) == ([], 0, False)
    assert chat_of(delta, group)["chat"] == 11
    live = b.until(content="m25")[-1]
    assert direct["msgs"][-1] == live


def test_a_chat_without_news_is_not_in_the_delta(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "hi")
    chats, _, pver = sync_all(b)
    device = device_of(chats, pver)
    assert sync(b, **device)["chats"] == []
    a.send_ack(two, "again")
    delta = sync(b, **device)
    assert seqs(chat_of(delta, one)) == [2] and chat_of(delta, one)["unread"] == 2


def test_friends_who_never_wrote_are_no_chat_yet_but_groups_are(world):
    one, two, three = world.friends(3)
    group = world.group(one)
    delta = sync(world.open2(one))
    assert [chat["dstObj"] for chat in delta["chats"]] == [str(group)]


def test_a_listed_chat_is_answered_from_what_is_listed_others_from_the_store(world, pair):
    one, two, a, b = pair
    third = world.user()
    world.befriend(two, third)
    c = world.open2(third)
    for i in range(1, 6):
        a.send_ack(two, f"a{i}")
        c.send_ack(two, f"c{i}")
    chats, _, pver = sync_all(b)
    acknowledge(b, *chats, pver=pver)
    c.send_ack(two, "c6")
    delta = sync(b, chats=[listed(one, 2)])
    assert seqs(chat_of(delta, one)) == [3, 4, 5]
    assert seqs(chat_of(delta, third)) == [6]
    assert sync(b, chats=[listed(one, 5), listed(third, 6)])["chats"] == []
    assert seqs(chat_of(sync(b, chats=[listed(one)]), one)) == [1, 2, 3, 4, 5]
    beyond = sync(b, chats=[listed(one, 99, 99), listed(third, 6)])
    assert beyond["chats"] == []


def test_a_device_that_was_away_gets_messages_and_changes(world, pair):
    one, two, a, b = pair
    for i in range(1, 6):
        a.send_ack(two, f"m{i}")
    chats, _, pver = sync_all(b)
    acknowledge(b, *chats, pver=pver)
    b.close()
    dst = {"chat": 10, "dstObj": two.email}
    assert a.do(cmd=24, seq=1, **dst) is None
    assert a.do(cmd=25, seq=2, content="first", **dst) is None
    assert a.do(cmd=25, seq=2, content="second", **dst) is None
    assert a.do(cmd=26, seqs=[3, 4], scope="all", **dst) is None
    assert a.do(cmd=25, seq=5, content="lost", **dst) is None
    assert a.do(cmd=24, seq=5, **dst) is None
    a.send_ack(two, "m6")
    assert a.do(cmd=25, seq=6, content="m6 now", **dst) is None
    b = world.open2(two)
    delta = sync(b)
    chat = chat_of(delta, one)
    assert chat["mhead"] == chat["mver"] == 7 and chat["mmore"] is False
    told = [(m["cmd"], m.get("seq"), m.get("seqs"), m.get("content"), m["mver"], m["userEmail"]) for m in chat["muts"]]
    assert told == [
        (24, 1, None, None, 1, one.email),
        (25, 2, None, "second", 2, one.email),
        (25, 2, None, "second", 3, one.email),
        (26, None, [3, 4], None, 4, one.email),
        (24, 5, None, None, 6, one.email),  # The edit of what is gone since says nothing.
    ]
    (message,) = chat["msgs"]
    assert (message["seq"], message["content"], message["edited"]) == (6, "m6 now", True)
    assert chat["unread"] == 2  # 2 and 6: four of them are gone.
    acknowledge(b, chat, pver=delta["pver"])


def test_changes_alone_make_a_chat_news(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "one")
    a.send_ack(two, "two")
    chats, _, pver = sync_all(b)
    device = device_of(chats, pver)
    assert a.do(cmd=24, chat=10, dstObj=two.email, seq=1) is None
    chat = chat_of(sync(b, **device), one)
    assert chat["msgs"] == [] and [m["cmd"] for m in chat["muts"]] == [24] and chat["seq"] == 2


def test_many_changes_come_in_portions_that_say_how_far_they_went(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "text")
    chats, _, pver = sync_all(b)
    device = device_of(chats, pver)
    for i in range(250):
        a.send(cmd=25, chat=10, dstObj=two.email, seq=1, content=f"edit {i}")
    a.before_barrier()
    chat = chat_of(sync(b, **device), one)
    assert (len(chat["muts"]), chat["mver"], chat["mmore"], chat["mhead"]) == (200, 200, True, 250)
    chat = chat_of(sync(b, chats=[listed(one, 1, 200)]), one)
    assert (len(chat["muts"]), chat["mver"], chat["mmore"]) == (50, 250, False)
    assert {m["content"] for m in chat["muts"]} == {"edit 249"}


def test_more_than_a_hundred_messages_of_a_chat_are_pulled(world, pair):
    one, two, a, b = pair
    a.send_ack(two, "1")
    chats, _, pver = sync_all(b)
    device = device_of(chats, pver)
    for i in range(2, 131):
        a.say(two, f"{i}")
    a.before_barrier()
    chat = chat_of(sync(b, **device), one)
    assert (seqs(chat), chat["more"], chat["seq"], chat["head"]) == (list(range(2, 102)), True, 101, 130)
    page = b.ask(cmd=20, chat=10, dstObj=one.email, **{"from": chat["seq"] + 1})
    assert [m["seq"] for m in page["msgs"]] == list(range(102, 131)) and page["more"] is False


def test_deltas_are_bounded_by_limit_and_go_on_by_cursor(world):
    user, *others = world.friends(6)
    for other in others:
        ws = world.open2(other)
        for i in range(10):
            ws.send_ack(user, f"{i}")
    ws = world.open2(user)
    first = sync(ws, limit=20)
    assert first["done"] is False and len(first["chats"]) == 1  # A new chat may take twenty.
    asked = [listed(other) for other in others]
    delta = sync(ws, chats=asked, limit=25)
    got = [chat["dstObj"] for chat in delta["chats"]]
    rounds = 1
    while not delta["done"]:
        assert len(delta["chats"]) <= 2
        delta = sync(ws, chats=asked, limit=25, cursor=delta["cursor"])
        got += [chat["dstObj"] for chat in delta["chats"]]
        rounds += 1
    assert rounds == 3 and sorted(got) == sorted(other.email for other in others)
    small = sync(ws, chats=asked, limit=3)
    (chat,) = small["chats"]
    assert seqs(chat) == [1, 2, 3] and chat["more"] is True and chat["seq"] == 3 and small["done"] is False


def test_a_wrong_epoch_starts_from_nothing(world, pair):
    one, two, a, b = pair
    for i in range(30):
        a.send_ack(two, f"{i}")
    chats, _, pver = sync_all(b)
    device = device_of(chats, pver)
    epoch = b.hello["epoch"]
    assert sync(b, epoch=epoch, **device)["chats"] == []
    assert sync(b, epoch=None, **device)["chats"] == []
    delta = sync(b, epoch="other", limit=10, **device)
    assert delta["reset"] is True and delta["epoch"] == epoch
    assert seqs(chat_of(delta, one)) == list(range(21, 31))
    delta = sync(b, epoch="", **device)
    assert delta["reset"] is True


def test_a_reset_goes_on_by_its_cursor(world):
    user, *others = world.friends(4)
    for other in others:
        world.open2(other).send_ack(user, "hi")
    ws = world.open2(user)
    chats, _, pver = sync_all(ws)
    device = device_of(chats, pver)
    delta = sync(ws, epoch="other", limit=20, **device)
    got = delta["chats"]
    while not delta["done"]:
        delta = sync(ws, epoch=delta["epoch"], cursor=delta["cursor"], limit=20)
        assert "reset" not in delta
        got += delta["chats"]
    assert sorted(chat["dstObj"] for chat in got) == sorted(other.email for other in others)
    assert all(len(chat["msgs"]) == 1 for chat in got)


def test_chats_one_is_not_in_are_gone(world, pair):
    one, two, a, b = pair
    group = world.group(one)
    stranger = world.user()
    asked = [listed(group), {"chat": 10, "dstObj": "nobody@nowhere.cc"}, {"chat": 11, "dstObj": "999999"}]
    asked += [{"chat": 11, "dstObj": "x"}, listed(stranger), listed(one)]
    delta = sync(b, chats=asked)
    told = [(chat["chat"], chat["dstObj"]) for chat in delta["gone"]]
    assert sorted(told) == sorted((chat["chat"], chat["dstObj"]) for chat in asked[:5])
    assert sync(b)["gone"] == []


def test_what_one_deleted_for_himself_reaches_the_other_device(world, pair):
    one, two, a, b = pair
    for i in range(1, 6):
        a.send_ack(two, f"m{i}")
    chats, _, pver = sync_all(b)
    acknowledge(b, *chats, pver=pver)
    pc = world.open2(two, "pc")
    fields = {"cmd": 26, "chat": 10, "dstObj": one.email, "scope": "self"}
    assert pc.do(seqs=[2, 3], **fields) is None
    assert pc.do(seqs=[5], **fields) is None
    delta = sync(b)
    chat = chat_of(delta, one)
    assert [(m["cmd"], m["scope"], m["seqs"]) for m in chat["muts"]] == [(26, "self", [2, 3]), (26, "self", [5])]
    assert chat["seq"] == 5 and delta["pver"] == chat["muts"][-1]["pver"]
    new = sync(world.open2(two, "tablet"))
    assert seqs(chat_of(new, one)) == [1, 4] and chat_of(new, one)["seq"] == 5 and chat_of(new, one)["muts"] == []
    acknowledge(b, chat, pver=delta["pver"])
    assert sync(b)["chats"] == []
    assert chat_of(sync(b, pver=delta["pver"] - 1), one)["muts"] == chat["muts"][1:]


def test_mentions_are_found_among_the_unread(world):
    owner, member = world.user(), world.user()
    group = world.group(owner, member)
    ws, other = world.open2(owner), world.open2(member)
    ws.send_ack(group, "nobody", cmd=11)
    first = ws.send_ack(group, "you", cmd=11, at=[member.email])["seq"]
    second = ws.send_ack(group, "all", cmd=11, at=["@all"])["seq"]
    assert chat_of(sync(other), group)["mention"] == first
    assert ws.do(cmd=24, chat=11, dstObj=str(group), seq=first) is None
    assert chat_of(sync(other), group)["mention"] == second
    assert "mention" not in chat_of(sync(world.open2(owner, "pc")), group)
    other.send_ack(group, "answer", cmd=11)
    chat = chat_of(sync(other), group)
    assert "mention" not in chat and chat["unread"] == 0


def test_bad_arguments_are_refused_and_the_session_lives_on(world, pair):
    one, two, a, b = pair
    good = listed(one)
    for fields in [
        {"chats": {}},
        {"chats": "x"},
        {"chats": [1]},
        {"chats": [None]},
        {"chats": [{}]},
        {"chats": [good, {"chat": 10}]},
        {"chats": [{**good, "chat": 12}]},
        {"chats": [{**good, "seq": -1}]},
        {"chats": [{**good, "mver": "x"}]},
        {"chats": [good] * 5001},
        {"limit": 0},
        {"limit": "x"},
        {"pver": "x"},
        {"pver": -2},
        *({"cursor": cursor} for cursor in ["x", "n", "n1", "n1.", "n.1", "n-5.1", "n0.0", "q1.1", "n1.1.1", "n1." + "1" * 70]),
    ]:
        answer = sync(b, **fields)
        assert (answer["cmd"], answer["ref"], answer["code"]) == (17, 18, 2100), fields
    assert sync(b)["cmd"] == 19


def test_a_delta_of_large_messages_fits_the_outbox(world):
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    for i in range(40):
        a.send_ack(two, "x" * 60000)
        b.take(cmd=10)
    chat = chat_of(sync(b, chats=[listed(one)]), one)
    assert chat["more"] is True and 8 <= len(chat["msgs"]) < 20 and chat["seq"] == seqs(chat)[-1]
    chat = chat_of(sync(world.open2(two, "new")), one)
    assert chat["more"] is False and chat["seq"] == 40 and seqs(chat)[-1] == 40 and len(chat["msgs"]) < 20


def test_what_a_member_may_not_read_is_in_no_delta(make_server):
    from support.world import World

    world = World(make_server({"group.history": "joined"}))
    owner, late = world.user(), world.user()
    group = world.group(owner)
    ws = world.open2(owner)
    old = ws.send_ack(group, "secret", cmd=11)["seq"]
    world.join(late, group)
    ws.send_ack(group, "open", cmd=11)
    other = world.open2(late)
    chat = chat_of(sync(other, chats=[listed(group)]), group)
    assert "secret" not in str(chat) and chat["min"] > old
    assert [message["msgType"] for message in chat["msgs"]] == [13, 1], "his own coming first"
    assert chat["unread"] == 1
    ws.do(cmd=25, chat=11, dstObj=str(group), seq=old, content="secret too")
    delta = sync(other, chats=[listed(group, chat["seq"], 0)])
    assert "secret" not in str(delta) and chat_of(delta, group)["mver"] == 1
    world.close()


def test_reactions_and_pins_come_with_messages_and_as_changes(world, pair):
    one, two, a, b = pair
    dst = {"chat": 10, "dstObj": two.email}
    a.send_ack(two, "one")
    known = chat_of(sync(b), one)
    a.do(cmd=27, seq=1, content="👍", on=True, **dst)
    a.do(cmd=27, seq=1, content="👍", on=False, **dst)
    a.do(cmd=28, seq=1, on=True, **dst)
    a.send_ack(two, "two")
    a.do(cmd=27, seq=2, content="😀", on=True, **dst)
    chat = chat_of(sync(b, chats=[listed(one, known["seq"], known["mver"])]), one)
    told = [(m["cmd"], m["seq"], m.get("content"), m["on"], m["mver"]) for m in chat["muts"]]
    assert told == [(27, 1, "👍", True, 1), (27, 1, "👍", False, 2), (28, 1, None, True, 3)]
    (message,) = chat["msgs"]
    assert message["reacts"] == [{"content": "😀", "count": 1, "users": [one.email]}]
    live = [frame for frame in b.frames() if frame["cmd"] in (27, 28) and frame["seq"] == 1]
    assert [{k: v for k, v in frame.items() if k not in ("chat", "dstObj")} for frame in live] == chat["muts"]


def test_who_left_and_came_back_while_a_device_was_away_has_no_old_settings(world, pair):
    one, two, a, b = pair
    group = world.group(one, two)
    for text in "xyz":
        a.say_group(group, text)
    away = world.open2(two, "away")
    chats, _, pver = sync_all(away)
    assert chat_of({"chats": chats}, group)["head"] == 5
    away.close()
    where = {"chat": 11, "dstObj": str(group)}
    assert b.do(cmd=26, **where, seqs=[3], scope="self") is None
    assert b.do(cmd=29, **where, top=True, mute=True, draft="half", clearTo=2) is None
    away = world.open2(two, "away")
    settings = chat_of(sync(away, chats=[listed(group, 5)], pver=pver), group)
    assert (settings["top"], settings["draft"], settings["min"]) == (True, "half", 3)
    pver = sync(away, chats=[listed(group, 5)], pver=pver)["pver"]
    away.close()
    assert b.do(cmd=26, **where, seqs=[4], scope="self") is None
    for call in ("leave", "join"):
        assert world.call2("POST", f"/community/{call}", two, dstObj=str(group)).json()["code"] == 0
    away = world.open2(two, "away")
    back = chat_of(sync(away, chats=[listed(group, 5)], pver=pver), group)
    assert (back["top"], back["mute"], back["draft"], back["clearTo"], back["min"]) == (False, False, "", 0, 1)
    assert [(change["cmd"], change["seqs"]) for change in back["muts"]] == [(26, [4])]
