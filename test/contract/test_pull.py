"""Pages of one chat: frame 20 and GET /msg/pull."""

import pytest

SERVER_OPTIONS = {"ws.outbox_max": "1M"}


@pytest.fixture
def chat(world):
    """Two friends with ten messages between them."""
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    for i in range(1, 11):
        assert a.send_ack(two, f"m{i}")["seq"] == i
    b.frames()
    return one, two, a, b


def seqs(page):
    return [message["seq"] for message in page["msgs"]]


def pull(ws, peer, **fields):
    return ws.ask(cmd=20, chat=10, dstObj=peer.email, **fields)


def test_a_pull_without_bounds_gives_the_newest_in_ascending_order(chat):
    one, two, a, b = chat
    page = pull(b, one, limit=3)
    assert set(page) == {"cmd", "chat", "dstObj", "msgs", "more", "head", "min"}
    assert (page["cmd"], page["chat"], page["dstObj"]) == (21, 10, one.email)
    assert (seqs(page), page["more"], page["head"], page["min"]) == ([8, 9, 10], True, 10, 1)
    page = pull(b, one)
    assert (seqs(page), page["more"]) == (list(range(1, 11)), False)


def test_a_page_holds_the_same_objects_as_the_live_frames(world):
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    a.send_ack(two, "hi", ext={"k": [1, 2]}, at=[two.email])
    live = b.take(cmd=10)
    assert pull(b, one)["msgs"] == [live]
    assert pull(a, two)["msgs"] == [live]


def test_from_goes_forward_and_before_goes_back(chat):
    one, two, a, b = chat
    for query, expected, more in [
        ({"from": 4, "limit": 3}, [4, 5, 6], True),
        ({"from": 8, "limit": 3}, [8, 9, 10], False),
        ({"from": 9}, [9, 10], False),
        ({"from": 11}, [], False),
        ({"from": 1000}, [], False),
        ({"before": 4, "limit": 2}, [2, 3], True),
        ({"before": 4, "limit": 3}, [1, 2, 3], False),
        ({"before": 1}, [], False),
        ({"before": 1000, "limit": 2}, [9, 10], True),
    ]:
        page = pull(b, one, **query)
        assert (seqs(page), page["more"]) == (expected, more), query


def test_bad_bounds_are_bad_arguments(chat):
    one, two, a, b = chat
    for query in [
        {"at": -1},
        {"at": "x"},
        {"at": 1.5},
        {"at": []},
        {"at": 1, "from": 1},
        {"at": 1, "before": 1},
        {"from": 1, "before": 2},
        {"from": 0},
        {"before": 0},
        {"from": -1},
        {"from": "x"},
        {"before": 1.5},
        {"limit": 0},
        {"limit": -3},
        {"limit": "many"},
        {"limit": []},
    ]:
        answer = pull(b, one, **query)
        assert (answer["cmd"], answer["ref"], answer["code"]) == (17, 20, 2100), query
    for fields in [{}, {"chat": 10}, {"dstObj": one.email}, {"chat": 12, "dstObj": one.email}, {"chat": 10, "dstObj": ""}]:
        answer = b.ask(cmd=20, **fields)
        assert (answer["cmd"], answer["code"]) == (17, 2100), fields


def first_since(rows, at):
    return [row["seq"] for row in rows if row["createAt"] >= at]


def test_at_jumps_to_the_first_message_of_that_time(chat):
    one, two, a, b = chat
    rows = pull(b, one)["msgs"]
    times = [row["createAt"] for row in rows]
    for at in {0, 1, *times, *(time + 1 for time in times), times[-1] + 3_600_000, 2**62}:
        page = pull(b, one, at=at)
        assert (seqs(page), page["more"], page["head"]) == (first_since(rows, at), False, 10), at
    page = pull(b, one, at=times[4], limit=2)
    expected = first_since(rows, times[4])
    assert (seqs(page), page["more"]) == (expected[:2], len(expected) > 2)
    assert pull(b, one, at=str(times[4]), limit=2) == page


def test_at_finds_tombstones_and_leaves_out_what_the_caller_may_not_see(world, chat):
    one, two, a, b = chat
    rows = pull(b, one)["msgs"]
    assert a.do(cmd=24, chat=10, dstObj=two.email, seq=3) is None
    assert b.do(cmd=26, chat=10, dstObj=one.email, seqs=[4, 5, 10], scope="self") is None
    page = pull(b, one, at=rows[2]["createAt"], limit=20)
    assert seqs(page) == [seq for seq in first_since(rows, rows[2]["createAt"]) if seq not in (4, 5, 10)]
    assert next(row for row in page["msgs"] if row["seq"] == 3)["recalled"] is True
    assert seqs(pull(b, one, at=rows[9]["createAt"] + 1)) == []
    assert seqs(pull(a, two, at=rows[3]["createAt"])) == first_since(rows, rows[3]["createAt"])
    assert world.call2("POST", "/conv/clear", two, chat=10, dstObj=one.email).data is True
    page = pull(b, one, at=0)
    assert (page["msgs"], page["more"], page["head"], page["min"]) == ([], False, 10, 11)
    a.send_ack(two, "after")
    assert seqs(pull(b, one, at=0)) == seqs(pull(b, one, at=rows[0]["createAt"])) == [11]
    assert seqs(pull(a, two, at=0)) == list(range(1, 12))


def test_at_in_an_empty_chat_is_an_empty_page(world):
    one, two = world.friends(2)
    for at in (0, 1, 2**53):
        page = pull(world.open2(one), two, at=at)
        assert (page["msgs"], page["more"], page["head"], page["min"]) == ([], False, 0, 1)


def test_a_limit_over_the_bound_is_the_bound(world):
    user = world.user()
    ws = world.open2(user)
    for i in range(205):
        ws.say(user, f"{i}")
    ws.before_barrier()
    page = pull(ws, user, limit=100000)
    assert (seqs(page), page["more"]) == (list(range(6, 206)), True)
    assert len(pull(ws, user)["msgs"]) == 50


def test_permission_is_checked_before_arguments(world):
    owner, member, stranger = world.user(), world.user(), world.user()
    group = world.group(owner, member)
    ws = world.open2(stranger)
    for fields in [{}, {"from": 1, "before": 1}, {"limit": "x"}, {"at": 0}]:
        answer = ws.ask(cmd=20, chat=11, dstObj=str(group), **fields)
        assert answer["code"] == 2101
        answer = world.get("/msg/pull", stranger, chat=11, dstObj=group, **fields)
        assert (answer.status, answer.json()["code"]) == (200, 2101)
    for dst in ["999999", "x", "0", "-1", "99999999999999999999", str(2**62 + 5)]:
        assert ws.ask(cmd=20, chat=11, dstObj=dst)["code"] == 2101
    assert ws.ask(cmd=20, chat=10, dstObj="nobody@nowhere.cc")["code"] == 2109


def test_a_chat_with_somebody_one_never_wrote_to_is_empty(world):
    one, two = world.user(), world.user()
    page = pull(world.open2(one), two)
    assert (page["msgs"], page["more"], page["head"], page["min"]) == ([], False, 0, 1)


def test_rest_and_frame_give_the_same(world, chat):
    one, two, a, b = chat
    for query in [{}, {"limit": 2}, {"from": 3, "limit": 2}, {"before": 5, "limit": 2}, {"at": 0, "limit": 2}]:
        page = pull(b, one, **query)
        del page["cmd"]
        assert world.get("/msg/pull", two, chat=10, dstObj=one.email, **query).data == page
    answer = world.get("/msg/pull", two, chat=10, dstObj=one.email, limit="0")
    assert (answer.status, answer.json()["code"]) == (200, 2100)


def test_what_is_gone_keeps_its_seq_without_content(chat):
    one, two, a, b = chat
    assert a.do(cmd=24, chat=10, dstObj=two.email, seq=4) is None
    assert a.do(cmd=26, chat=10, dstObj=two.email, seqs=[6], scope="all") is None
    assert a.do(cmd=25, chat=10, dstObj=two.email, seq=5, content="new") is None
    gone, edited, deleted = pull(b, one, **{"from": 4, "limit": 3})["msgs"]
    assert gone["recalled"] is True and "content" not in gone
    assert deleted["deleted"] is True and "content" not in deleted
    assert edited["content"] == "new" and edited["edited"] is True


def test_what_one_deleted_for_himself_is_left_out_for_him_alone(world, chat):
    one, two, a, b = chat
    assert b.do(cmd=26, chat=10, dstObj=one.email, seqs=[2, 9, 10], scope="self") is None
    page = pull(b, one, limit=3)
    assert (seqs(page), page["more"], page["head"]) == ([6, 7, 8], True, 10)
    assert seqs(pull(b, one, **{"from": 1, "limit": 3})) == [1, 3, 4]
    assert seqs(pull(a, two)) == list(range(1, 11))
    assert [row["content"] for row in world.history(two, one)] == ["m1", *(f"m{i}" for i in range(3, 9))]
    assert len(world.history(one, two)) == 10


def test_v1_history_says_of_what_is_gone_only_that_it_is(world, chat):
    one, two, a, b = chat
    assert a.do(cmd=24, chat=10, dstObj=two.email, seq=4) is None
    assert [row["content"] for row in world.history(two, one, limit=7)] == ["[消息已撤回]", *(f"m{i}" for i in range(5, 11))]


def test_what_has_expired_is_a_tombstone(world):
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    a.send_ack(two, "brief", ttl=1)
    assert b.take(cmd=10)["content"] == "brief"
    b.pump(1.2)
    (row,) = pull(b, one)["msgs"]
    assert row["deleted"] is True and "content" not in row
    assert [row["content"] for row in world.history(two, one)] == ["[消息已删除]"]


def test_large_messages_end_a_page_early_and_nobody_is_thrown_out(world):
    one, two = world.friends(2)
    a, b = world.settled2(one, two)
    for i in range(30):
        a.send_ack(two, "x" * 60000)
        b.take(cmd=10)
    page = pull(b, one)
    assert page["more"] is True and 8 <= len(page["msgs"]) < 30
    assert seqs(page)[-1] == 30
    got = []
    while True:
        page = pull(b, one, **{"from": len(got) + 1})
        got += seqs(page)
        if not page["more"]:
            break
    assert got == list(range(1, 31))
    a.send_ack(two, "\x01" * 65000)  # six bytes each, escaped
    b.take(cmd=10)
    assert seqs(pull(b, one, limit=1)) == [31]


def test_a_joined_only_group_shows_a_member_what_came_after_him(make_server):
    from support.world import World

    world = World(make_server({"group.history": "joined"}))
    owner, late = world.user(), world.user()
    group = world.group(owner)
    ws = world.open2(owner)
    for i in range(3):
        ws.send_ack(group, f"old{i}", cmd=11)
    world.join(late, group)
    after = ws.send_ack(group, "new", cmd=11)["seq"]
    page = world.get("/msg/pull", late, chat=11, dstObj=group).data
    assert page["min"] > 3 and [row["content"] for row in page["msgs"] if row["msgType"] == 1] == ["new"]
    assert page["msgs"][-1]["seq"] == after
    assert world.get("/msg/pull", late, chat=11, dstObj=group, **{"from": 1}).data["msgs"] == page["msgs"]
    assert world.get("/msg/pull", late, chat=11, dstObj=group, at=0).data["msgs"] == page["msgs"]
    assert [row["content"] for row in world.group_history(late, group)] == ["new"]
    world.close()
