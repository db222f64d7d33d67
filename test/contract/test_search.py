"""Finding messages: words and CJK runs, filters, pages, and who may find what."""

import re
import time

import pytest

from support.server import ROOT
from support.store import change
from support.timing import seconds
from support.world import World

ARG, DENIED, NOT_FOUND = 2100, 2101, 2109
MESSAGE_KEYS = {"id", "userEmail", "cmd", "dstObj", "seq", "msgType", "content", "createAt", "deleteTimestamp", "cid"}


def search(world, user, q=None, **query):
    if q is not None:
        query["q"] = q
    answer = world.call2("GET", "/msg/search", user, query={key: str(value) for key, value in query.items()})
    assert answer.status == 200
    return answer


def page(world, user, q, **query):
    data = search(world, user, q, **query).data
    assert set(data) <= {"msgs", "cursor", "upTo", "head"} and data["upTo"] <= data["head"]
    return data


def found(world, user, q, **query):
    """The contents of all pages, newest first."""
    contents, cursor = [], {}
    while True:
        data = page(world, user, q, **query, **cursor)
        contents += [message["content"] for message in data["msgs"]]
        if "cursor" not in data:
            return contents
        cursor = {"cursor": data["cursor"]}


def code(world, user, q=None, **query):
    return search(world, user, q, **query).json()["code"]


def test_a_two_character_word_is_found(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    ack = a.send_ack(sam, "微服务架构设计 v2", ext={"k": 1})
    a.send_ack(sam, "结构")
    for user in (li, sam):
        data = page(world, user, "架构")
        (message,) = data["msgs"]
        assert set(message) == MESSAGE_KEYS | {"ext"}
        assert message["id"] == ack["id"] and message["seq"] == 1 and message["cmd"] == 10
        assert message["userEmail"] == li.email and message["dstObj"] == sam.email
        assert message["content"] == "微服务架构设计 v2" and message["ext"] == {"k": 1}
        assert data["upTo"] == data["head"] > ack["id"] and "cursor" not in data


@pytest.mark.parametrize(
    "content, hits, misses",
    [
        ("微服务架构", ["架构", "微", "构", "服务架构", "微服务架构", "架构 微服"], ["架服", "构微", "微架", "架构师"]),
        ("Hello, Wonderful World", ["hello", "WORLD", "wond", "world hello", "ｈｅｌｌｏ"], ["ello", "worldx", "hello there"]),
        ("Café in der Straße", ["cafe", "CAFÉ", "strasse", "straß", "STRASSE"], ["caffe", "asse"]),
        ("用iPhone17拍照", ["iphone", "拍照", "iphone17 照", "用iphone", "iPhone17拍照"], ["phone", "照拍"]),
        ("カタカナと한국어と漢字", ["タカ", "국어", "漢字", "と"], ["カカ", "字漢"]),
        ("Привет, Москва", ["москва", "ПРИ"], ["вет"]),
        ("看 https://example.com/a?b=1 &<b>", ["example", "https://example.com/a", "b 1"], ["xample"]),
        ("好😀的 %_\\ 'x", ["好", "的", "x", "好 的"], ["好的", "y"]),
        ("w" * 60000, ["w" * 256, "ww"], ["w" * 255 + "x"]),
        ("\u0000nul\u0000 in it", ["nul", "in it"], ["ul"]),
    ],
)
def test_what_words_find(world, content, hits, misses):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    assert "code" not in a.send_ack(sam, content)
    for q in hits:
        assert found(world, sam, q) == [content], q
    for q in misses:
        assert found(world, sam, q) == [], q


def test_content_comes_unmodified(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    text = "<b>粗体</b> & \"quoted\" \n\t'x'"
    a.send_ack(sam, text)
    assert found(world, sam, "粗体") == [text]


def test_filters(world):
    li, sam, kim = world.friends(3)
    a, b, c = world.settled2(li, sam, kim)
    group = world.group(li, sam, kim)
    acks = [
        a.send_ack(sam, "alpha 1"),
        b.send_ack(li, "alpha 2", msg_type=2),
        a.send_ack(kim, "alpha 3"),
        c.send_ack(group, "alpha 4", cmd=11),
        a.send_ack(group, "alpha 5", cmd=11, msg_type=100),
    ]
    assert found(world, li, "alpha") == [f"alpha {i}" for i in (5, 4, 3, 2, 1)]
    assert found(world, sam, "alpha") == [f"alpha {i}" for i in (5, 4, 2, 1)]
    assert found(world, li, "alpha", chat=10, dstObj=sam.email) == ["alpha 2", "alpha 1"]
    assert found(world, li, "alpha", chat=10, dstObj=sam.email.upper()) == ["alpha 2", "alpha 1"]
    assert found(world, li, "alpha", chat=11, dstObj=group) == ["alpha 5", "alpha 4"]
    assert found(world, li, "alpha", sender=li.email) == ["alpha 5", "alpha 3", "alpha 1"]
    assert found(world, li, "alpha", sender=kim.email, chat=11, dstObj=group) == ["alpha 4"]
    assert found(world, li, "alpha", sender="nobody@test.com") == []
    assert found(world, li, "alpha", msgType=2) == ["alpha 2"]
    assert found(world, li, "alpha", msgType=100) == ["alpha 5"]
    assert found(world, li, "alpha", msgType=356) == [], "100 + 256"
    times = [ack["createAt"] for ack in acks]
    assert found(world, li, "alpha", begin=times[0], end=times[4] + 1) == [f"alpha {i}" for i in (5, 4, 3, 2, 1)]
    assert found(world, li, "alpha", begin=times[4] + 1) == []
    assert found(world, li, "alpha", end=times[0]) == []
    assert found(world, li, "alpha", begin=times[4]) [:1] == ["alpha 5"]
    assert found(world, li, "alpha", begin=9, end=3) == []


def test_links_are_found_with_words_and_without(world):
    li, sam, kim = world.friends(3)
    a, b, c = world.settled2(li, sam, kim)
    a.send_ack(sam, "tea at https://example.org/tea")
    a.send_ack(sam, "coffee at example.com")
    a.send_ack(sam, "tea at four")
    a.send_ack(sam, "http://example.com/tea.png", msg_type=2)
    a.send_ack(sam, "http://tea", msg_type=5)
    a.send_ack(sam, "mail tea@example.com")
    c.send_ack(li, "看 tea.cn，好")
    between = {"chat": 10, "dstObj": sam.email}
    links = ["http://tea", "coffee at example.com", "tea at https://example.org/tea"]
    assert found(world, li, None, link=1) == ["看 tea.cn，好", *links]
    assert found(world, li, None, link="true", **between) == links
    assert found(world, li, None, link=1, limit=1) == ["看 tea.cn，好", *links]
    assert found(world, sam, "tea", link=1) == [links[0], links[2]]
    assert found(world, sam, "coffee", link=0) == ["coffee at example.com"]
    assert found(world, sam, None, link=1, msgType=5) == ["http://tea"]
    assert found(world, sam, None, link=1, msgType=2) == []
    assert found(world, li, None, link=1, sender=kim.email) == ["看 tea.cn，好"]
    followed(world)
    assert found(world, sam, None, link=1) == links, "by the index, too"
    assert a.do(cmd=25, chat=10, dstObj=sam.email, seq=2, content="coffee at home") is None
    assert a.do(cmd=25, chat=10, dstObj=sam.email, seq=3, content="tea at four.de") is None
    assert "coffee at example.com" not in found(world, sam, None, link=1), "at once"
    wait_for(lambda: found(world, sam, None, link=1) == [links[0], "tea at four.de", links[2]])


DOMAINS = re.search(r"one of the domains `([a-z ]+)`", (ROOT / "docs/PROTOCOL.md").read_text())[1].split()


def test_every_domain_of_the_protocol_makes_a_link(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    for domain in DOMAINS:
        a.send_ack(sam, f"tea.{domain}")
    assert found(world, sam, None, link=1) == [f"tea.{domain}" for domain in reversed(DOMAINS)]
    assert len(DOMAINS) > 20


def test_pages_are_newest_first_and_stable(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    for i in range(45):
        a.send_ack(sam, f"page {i}")
    first = page(world, sam, "page")
    assert [message["content"] for message in first["msgs"]] == [f"page {i}" for i in range(44, 24, -1)]
    a.send_ack(sam, "page new")  # in front of what was read
    second = page(world, sam, "page", cursor=first["cursor"], limit=20)
    assert [message["content"] for message in second["msgs"]] == [f"page {i}" for i in range(24, 4, -1)]
    third = page(world, sam, "page", cursor=second["cursor"], limit=1000)
    assert [message["content"] for message in third["msgs"]] == [f"page {i}" for i in range(4, -1, -1)]
    assert "cursor" not in third
    assert len(page(world, sam, "page", limit=100)["msgs"]) == 46
    assert len(page(world, sam, "page", limit=1)["msgs"]) == 1


def test_large_messages_end_a_page_early(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    for i in range(20):
        a.send_ack(sam, f"large {i} " + "x" * 60000)
    data = page(world, sam, "large", limit=100)
    assert 1 <= len(data["msgs"]) < 20
    assert len(found(world, sam, "large", limit=100)) == 20


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": ""},
        {"q": " .,!?😀 "},
        {"q": "x" * 257},
        {"q": "字" * 86},
        {"q": "x", "chat": 10},
        {"q": "x", "dstObj": "a@b.com"},
        {"q": "x", "chat": 12, "dstObj": "1"},
        {"q": "x", "chat": "ten", "dstObj": "1"},
        {"q": "x", "msgType": "text"},
        {"q": "x", "msgType": -1},
        {"q": "x", "begin": "yesterday"},
        {"q": "x", "begin": -1},
        {"q": "x", "end": "1e"},
        {"q": "x", "end": -1},
        {"q": "x", "cursor": "abc"},
        {"q": "x", "cursor": 0},
        {"q": "x", "cursor": "99999999999999999999"},
        {"q": "x", "limit": 0},
        {"q": "x", "limit": "many"},
        {"q": "x", "sender": ""},
        {"q": "x", "link": "perhaps"},
        {"link": 0},
        {"link": 1, "q": ""},
        {"link": 1, "chat": 10},
    ],
)
def test_bad_arguments_are_2100(world, query):
    li = world.user()
    assert code(world, li, **query) == ARG


def test_the_longest_query_is_taken(world):
    li = world.user()
    assert found(world, li, "字" * 85) == []
    assert found(world, li, " ".join("abcdefghijklmnopqrstuvwxyz0123456789" * 3)) == []


def test_it_needs_a_user(world):
    assert world.call2("GET", "/msg/search", query={"q": "x"}).status == 401
    assert world.call2("POST", "/msg/search", world.user(), q="x").status == 405


def test_only_ones_own_chats_are_searched(world):
    li, sam = world.friends(2)
    stranger = world.user("stranger")
    a, _ = world.settled2(li, sam)
    group = world.group(li, sam)
    a.send_ack(sam, "secret one")
    a.send_ack(group, "secret two", cmd=11)
    assert found(world, stranger, "secret") == []
    assert found(world, stranger, "secret", chat=10, dstObj=li.email) == [], "their own, empty chat"
    assert code(world, stranger, "secret", chat=11, dstObj=group) == DENIED
    assert code(world, stranger, "secret", chat=11, dstObj=999) == DENIED
    assert code(world, stranger, "secret", chat=11, dstObj="x") == DENIED
    assert code(world, stranger, "secret", chat=10, dstObj="nobody@test.com") == NOT_FOUND
    assert found(world, stranger, "secret", sender=li.email) == []


def test_permission_comes_before_arguments(world):
    li, stranger = world.user("li"), world.user("stranger")
    group = world.group(li)
    for query in ({}, {"q": ""}, {"q": "x", "limit": 0}, {"q": "x", "cursor": "z"}):
        assert code(world, stranger, chat=11, dstObj=group, **query) == DENIED
        assert code(world, li, chat=11, dstObj=group, **query) == ARG


def at_rest(world, *statements):
    assert world.server.stop() == 0
    for text, *values in statements:
        change(world.server, text, *values)
    world.server.start()


def test_a_former_member_finds_nothing(make_server):
    world = World(make_server())
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    group = world.group(li, sam)
    a.send_ack(group, "members only", cmd=11)
    assert found(world, sam, "members") == ["members only"]
    at_rest(world, ("DELETE FROM member WHERE chat = ? AND user = ?", group, sam.id))
    assert found(world, sam, "members") == []
    assert code(world, sam, "members", chat=11, dstObj=group) == DENIED
    assert found(world, li, "members") == ["members only"]


def test_what_was_cleared_is_not_found(make_server):
    world = World(make_server())
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    for i in range(3):
        a.send_ack(sam, f"note {i}")
    at_rest(world, ("UPDATE member SET cleared_seq = 2 WHERE user = ?", sam.id))
    assert found(world, sam, "note") == ["note 2"]
    assert found(world, sam, "note", chat=10, dstObj=li.email) == ["note 2"]
    assert found(world, li, "note") == ["note 2", "note 1", "note 0"]


@pytest.mark.parametrize("history, expected", [("all", ["talk after", "talk before"]), ("joined", ["talk after"])])
def test_who_joins_finds_what_he_may_read(make_server, history, expected):
    world = World(make_server({"group.history": history}))
    li, sam, kim = world.friends(3)
    a, _, _ = world.settled2(li, sam, kim)
    group = world.group(li, sam)
    a.send_ack(group, "talk before", cmd=11)
    world.join(kim, group)
    a.send_ack(group, "talk after", cmd=11)
    assert found(world, kim, "talk") == expected
    assert found(world, kim, "talk", chat=11, dstObj=group) == expected
    assert found(world, sam, "talk") == ["talk after", "talk before"]


def test_what_a_user_deleted_for_himself_is_gone_for_him_alone(world):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    a.send_ack(sam, "mine and yours")
    assert b.do(cmd=26, chat=10, dstObj=li.email, seqs=[1], scope="self") is None
    assert found(world, sam, "mine") == []
    assert found(world, li, "mine") == ["mine and yours"]


@pytest.mark.parametrize("frame", [{"cmd": 24, "seq": 1}, {"cmd": 26, "seqs": [1], "scope": "all"}])
def test_what_is_taken_back_is_gone_at_once(world, frame):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "oops 架构")
    assert found(world, sam, "oops") == ["oops 架构"]
    assert a.do(chat=10, dstObj=sam.email, **frame) is None
    for user in (li, sam):
        assert found(world, user, "oops") == [] and found(world, user, "架构") == []


def wait_for(condition, timeout=20):
    end = time.monotonic() + seconds(timeout)
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def metrics(world):
    return world.server.metrics()


def followed(world):
    """The index has seen everything there is."""
    wait_for(lambda: metrics(world)["im_search_indexed_id"] > 0 and metrics(world)["im_search_lag"] == 0)
    time.sleep(0.2)


def test_an_edit_is_found_by_its_new_text_alone(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "draft 草稿")
    followed(world)
    assert a.do(cmd=25, chat=10, dstObj=sam.email, seq=1, content="final 定稿") is None
    assert found(world, sam, "draft") == [] and found(world, sam, "草稿") == [], "at once"
    wait_for(lambda: found(world, sam, "定稿") == ["final 定稿"])
    (message,) = page(world, sam, "final")["msgs"]
    assert message["edited"] is True


def test_notices_are_not_found(world):
    li, sam = world.friends(2)
    a, b = world.settled2(li, sam)
    group = world.group(li, sam)
    a.send_ack(group, "join us", cmd=11)
    assert found(world, li, "join") == ["join us"]


def test_a_message_that_expires_is_gone(world):
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "ephemeral words", ttl=1)
    time.sleep(1.1)
    assert found(world, sam, "ephemeral") == []


def test_the_index_follows_and_says_how_far_it_has_come(make_server):
    world = World(make_server())  # of its own: what others take back is counted, too
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    before = metrics(world)
    for i in range(5):
        ack = a.send_ack(sam, f"counted {i}")
    wait_for(lambda: metrics(world)["im_search_indexed_id"] >= ack["id"])
    after = metrics(world)
    assert after["im_search_documents"] >= before["im_search_documents"] + 5
    assert after["im_search_lag"] == 0 and after["im_search_rebuilds_total"] == 0
    world.close()


def many(world, a, dst, count, text):
    """Sends without waiting for each ack."""
    for start in range(0, count, 50):
        cids = [a.say(dst, f"{text} {i}") for i in range(start, min(start + 50, count))]
        for cid in cids:
            assert "code" not in a.find_answer(10, cid)


def test_after_kill_9_the_index_catches_up(make_server):
    world = World(make_server())
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    many(world, a, sam, 400, "架构 survives")
    world.server.kill()
    world.server.start()
    contents = [f"架构 survives {i}" for i in range(399, -1, -1)]
    wait_for(lambda: metrics(world)["im_search_indexed_id"] >= 400)
    assert found(world, sam, "架构", limit=100) == contents
    a = world.open2(li)
    a.send_ack(sam, "架构 again")
    assert found(world, sam, "架构", limit=100) == ["架构 again", *contents]


def test_without_its_file_the_index_is_built_anew(make_server):
    world = World(make_server())
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "still here")
    assert world.server.stop() == 0
    for path in world.server.data.glob("search.db*"):
        path.write_bytes(b"not a database" * 1000)
    world.server.start()
    wait_for(lambda: found(world, sam, "still") == ["still here"])


@pytest.mark.one_node("each node has an index of its own, and a command is for one of them")
def test_a_rebuild_on_a_running_server(make_server):
    import subprocess

    from support.server import BINARY, environment

    world = World(make_server())
    li, sam = world.friends(2)
    a, _ = world.settled2(li, sam)
    a.send_ack(sam, "rebuilt words")
    followed(world)
    command = [str(BINARY), "search", "rebuild", "--data", str(world.server.data)]
    assert subprocess.run(command, env=environment(world.server.data), check=False).returncode == 0
    wait_for(lambda: metrics(world)["im_search_rebuilds_total"] == 1)
    wait_for(lambda: metrics(world)["im_search_lag"] == 0)
    assert found(world, sam, "rebuilt") == ["rebuilt words"]
