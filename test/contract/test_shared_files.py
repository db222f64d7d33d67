"""What a chat has of pictures, videos and files: GET /msg/files shows what the caller may see there now, and nothing else."""

import pytest

from support.media import SAMPLES, png, stored
from support.timing import wait_until
from support.world import World

BAD, DENIED = 2100, 2101
TEXT, PICTURE, VIDEO, FILE, VOICE, STICKER, MERGED = 1, 2, 3, 8, 9, 14, 12
COLOURS = iter(range(1 << 24))


def picture(world, user):
    return stored(world, user, png(pixel=next(COLOURS).to_bytes(3, "big")))["url"]


def file(world, user):
    return stored(world, user, b"words %d" % next(COLOURS), name="words.txt")["url"]


def where(to):
    return {"chat": 10, "dstObj": to.email} if hasattr(to, "email") else {"chat": 11, "dstObj": str(to)}


def send(world, user, to, content, kind=TEXT, **more):
    return world.call2("POST", "/msg/send", user, **where(to), content=content, msgType=kind, **more).data["seq"]


def do(world, user, to, what, **body):
    assert world.call2("POST", "/msg/" + what, user, **where(to), **body).json()["code"] == 0


def asked(world, user, to, **query):
    return world.call2("GET", "/msg/files", user, query={**where(to), **query})


def shown(world, user, to, **query):
    return [message["seq"] for message in asked(world, user, to, **query).data["msgs"]]


def test_kinds_are_told_apart_and_the_newest_comes_first(world):
    li, sam = world.friends(2)
    one = send(world, li, sam, picture(world, li), PICTURE)
    send(world, li, sam, "words")
    video = send(world, sam, li, stored(world, sam, SAMPLES["video/mp4"])["url"], VIDEO)
    words = send(world, li, sam, file(world, li), FILE)
    voice = send(world, sam, li, stored(world, sam, SAMPLES["audio/ogg"])["url"], VOICE)
    sticker = picture(world, li)
    send(world, li, sam, sticker, STICKER)
    send(world, li, sam, "https://example.com/a.png", PICTURE)
    send(world, li, sam, "both", MERGED, fwd={**where(sam), "seqs": [one, words]})
    for user, other in ((li, sam), (sam, li)):
        assert shown(world, user, other) == [voice, words, video, one]
        assert shown(world, user, other, kind="media") == [video, one]
        assert shown(world, user, other, kind="file") == [words]
        assert shown(world, user, other, kind="voice") == [voice]


def test_pages_meet_without_a_gap_and_without_anything_twice(world):
    li, sam = world.friends(2)
    address, other = picture(world, li), file(world, li)
    sent = [send(world, li, sam, address if n % 3 else other, PICTURE if n % 3 else FILE) for n in range(11)]
    seen, cursor = [], None
    for _ in range(20):
        data = asked(world, sam, li, limit=3, kind="media", **({"cursor": cursor} if cursor else {})).data
        assert 0 < len(data["msgs"]) <= 3
        seen += [message["seq"] for message in data["msgs"]]
        cursor = data.get("cursor")
        if cursor is None:
            break
    assert seen == [seq for n, seq in enumerate(sent) if n % 3][::-1]
    seen, after = [], 0
    while after is not None:
        data = asked(world, sam, li, limit=3, kind="media", after=after).data
        assert 0 < len(data["msgs"]) <= 3
        seen += [message["seq"] for message in data["msgs"]]
        after = data.get("cursor")
    assert seen == [seq for n, seq in enumerate(sent) if n % 3]
    assert shown(world, li, sam, after=sent[8]) == sent[9:]
    assert shown(world, li, sam, after=sent[-1]) == [] and shown(world, li, sam, after=2**62) == []


def test_a_page_looks_at_a_thousand_files_at_most(world):
    li, sam = world.friends(2)
    first = send(world, li, sam, picture(world, li), PICTURE)
    words = file(world, li)
    ws = world.settled2(li)[0]
    for n in range(1000):
        ws.send_ack(sam, words, msg_type=FILE)
    data = asked(world, li, sam, kind="media").data
    assert data["msgs"] == [] and data["cursor"] == str(first + 1)
    data = asked(world, li, sam, kind="media", cursor=data["cursor"]).data
    assert [message["seq"] for message in data["msgs"]] == [first] and "cursor" not in data
    last = send(world, li, sam, picture(world, li), PICTURE)
    data = asked(world, li, sam, kind="media", after=first).data
    assert data["msgs"] == [] and data["cursor"] == str(last - 1)
    assert shown(world, li, sam, kind="media", after=data["cursor"]) == [last]


def test_what_is_recalled_deleted_or_cleared_is_gone_at_once(world):
    li, sam = world.friends(2)
    address = picture(world, li)
    recalled, removed, hidden, stays = (send(world, li, sam, address, PICTURE) for _ in range(4))
    do(world, li, sam, "recall", seq=recalled)
    assert shown(world, sam, li) == [stays, hidden, removed]
    do(world, li, sam, "delete", seqs=[removed], scope="all")
    assert shown(world, sam, li) == [stays, hidden]
    do(world, sam, li, "delete", seqs=[hidden], scope="self")
    assert shown(world, sam, li) == [stays]
    assert shown(world, li, sam) == [stays, hidden], "for himself alone"
    assert world.call2("POST", "/conv/clear", sam, **where(li)).json()["code"] == 0
    assert shown(world, sam, li) == []
    assert shown(world, li, sam) == [stays, hidden]


def test_what_expired_is_gone(world):
    li, sam = world.friends(2)
    seq = send(world, li, sam, picture(world, li), PICTURE, ttl=1)
    wait_until(lambda: shown(world, sam, li) == [] or None)
    assert asked(world, li, sam).data["msgs"] == [] and seq == 1


def test_a_member_sees_what_came_after_him_and_a_former_one_nothing(make_server):
    world = World(make_server({"group.history": "joined"}))
    li, sam = world.user(), world.user()
    group = world.group(li)
    before = send(world, li, group, picture(world, li), PICTURE)
    world.join(sam, group)
    after = send(world, li, group, picture(world, li), PICTURE)
    assert shown(world, li, group) == [after, before]
    assert shown(world, sam, group) == [after]
    assert world.call2("POST", "/community/leave", sam, dstObj=str(group)).json()["code"] == 0
    assert asked(world, sam, group).json() == {"code": DENIED, "msg": "没有权限"}


@pytest.mark.parametrize(
    "query", [{"kind": "song"}, {"kind": ""}, {"cursor": "0"}, {"cursor": "-1"}, {"cursor": "x"}, {"after": "-1"}, {"after": "x"}, {"after": str(2**63 - 1)}, {"after": "1", "cursor": "5"}, {"limit": "0"}, {"limit": "x"}]
)
def test_what_makes_no_sense_is_refused(world, query):
    li, sam = world.friends(2)
    assert asked(world, li, sam, **query).json()["code"] == BAD


def test_a_stranger_is_refused_before_his_arguments_are_looked_at(world):
    li, sam = world.user(), world.user()
    group = world.group(li)
    assert asked(world, sam, group, kind="song").json()["code"] == DENIED
