"""Stickers: packs of pictures, who has them, what is sent from them, and what becomes of the pictures."""

import struct
import zlib

import pytest

from support.media import SAMPLES, disk, fetch, place, png, stored
from support.server import cli
from support.store import rows
from support.timing import wait_until
from support.world import World

BAD, DENIED, TOO_LARGE, NOT_FOUND = 2100, 2101, 2106, 2109
STICKER, IMAGE = 14, 2
COLOURS = iter(range(1 << 24))


def picture(world, user):
    """The address of a picture that nobody else has uploaded."""
    return stored(world, user, png(pixel=next(COLOURS).to_bytes(3, "big")))["url"]


def do(world, user, what, **body):
    """The answer to POST /sticker/<what>, or PUT."""
    method = "PUT" if what in ("edit", "order") else "POST"
    return world.call2(method, "/sticker/" + what, user, **body)


def code(world, user, what, **body):
    answer = do(world, user, what, **body)
    assert answer.status == 200
    return answer.json()["code"]


def create(world, user, *names, name="pack", **more):
    """A new pack with a fresh picture for each name; the answer's data, and the pictures' addresses."""
    files = [picture(world, user) for _ in names or ["one"]]
    stickers = [{"name": sticker, "file": file} for sticker, file in zip(names or ["one"], files)]
    return do(world, user, "create", name=name, stickers=stickers, **more).data, files


def packs(world, user):
    return world.call2("GET", "/sticker/packs", user).data["packs"]


def ids(world, user):
    return [pack["id"] for pack in packs(world, user)]


def find(world, user, **query):
    return world.call2("GET", "/sticker/find", user, query=query).data


def plain(url):
    return url.partition("?")[0]


def status(world, url, user):
    return fetch(world, url, user).status


def refs(server, url):
    return rows(server, "SELECT refs, expires FROM file WHERE fid = ?", url[6:38])[0]


# ---- packs ----


def test_a_pack_is_what_it_was_made_of_and_the_first_of_the_list(world):
    li = world.user()
    first, _ = create(world, li)
    pack, files = create(world, li, "tea", "", name=" 茶 🍵")
    assert set(pack) == {"id", "name", "owner", "icon", "shared", "mine", "createAt", "count", "stickers"}
    assert (pack["name"], pack["owner"], pack["shared"], pack["mine"], pack["count"]) == (" 茶 🍵", li.email, False, True, 2)
    assert [(sticker["name"], plain(sticker["file"])) for sticker in pack["stickers"]] == [("tea", files[0]), ("", files[1])]
    assert plain(pack["icon"]) == files[0]
    assert fetch(world, pack["stickers"][1]["file"]).status == 200  # The signature is enough.
    assert [row["id"] for row in packs(world, li)] == [pack["id"], first["id"]]
    one = world.call2("GET", "/sticker/pack", li, query={"id": pack["id"]}).data
    assert [plain(sticker["file"]) for sticker in one["stickers"]] == files


def test_an_icon_may_be_another_picture_and_one_picture_may_stand_twice(world):
    li = world.user()
    icon, file = picture(world, li), picture(world, li)
    signed = create(world, li)[0]["icon"]
    stickers = [{"name": "a", "file": file}, {"name": "b", "file": file}, {"file": signed}]
    pack = do(world, li, "create", name="x", icon=icon, stickers=stickers).data
    assert plain(pack["icon"]) == icon and [plain(row["file"]) for row in pack["stickers"]] == [file, file, plain(signed)]
    assert refs(world.server, file) == (1, None)
    assert do(world, li, "delete", id=pack["id"]).data is True
    assert refs(world.server, file)[0] == 0 and refs(world.server, icon)[0] == 0
    assert refs(world.server, plain(signed)) == (1, None)


def test_bad_packs_are_refused_and_nothing_is_made(world):
    li = world.user()
    good = picture(world, li)
    sticker = {"name": "a", "file": good}
    text = stored(world, li, b"no picture")["url"]
    sound = stored(world, li, SAMPLES["audio/ogg"])["url"]
    for body, wanted in [
        ({"stickers": [sticker]}, BAD),
        ({"name": "", "stickers": [sticker]}, BAD),
        ({"name": "x" * 65, "stickers": [sticker]}, BAD),
        ({"name": "a\nb", "stickers": [sticker]}, BAD),
        ({"name": ["x"], "stickers": [sticker]}, BAD),
        ({"name": "x"}, BAD),
        ({"name": "x", "stickers": []}, BAD),
        ({"name": "x", "stickers": sticker}, BAD),
        ({"name": "x", "stickers": good}, BAD),
        ({"name": "x", "stickers": [good]}, BAD),
        ({"name": "x", "stickers": [[]]}, BAD),
        ({"name": "x", "stickers": [None]}, BAD),
        ({"name": "x", "stickers": [{"name": "a"}]}, BAD),
        ({"name": "x", "stickers": [{"name": "a" * 65, "file": good}]}, BAD),
        ({"name": "x", "stickers": [{"name": "a\0", "file": good}]}, BAD),
        ({"name": "x", "stickers": [{"name": {}, "file": good}]}, BAD),
        ({"name": "x", "stickers": [{"file": "https://example.com/a.png"}]}, BAD),
        ({"name": "x", "stickers": [{"file": good[1:]}]}, BAD),
        ({"name": "x", "stickers": [{"file": good + "0"}]}, BAD),
        ({"name": "x", "stickers": [{"file": ""}]}, BAD),
        ({"name": "x", "stickers": [{"file": text}]}, BAD),
        ({"name": "x", "stickers": [sticker, {"file": sound}]}, BAD),
        ({"name": "x", "stickers": [sticker], "icon": text}, BAD),
        ({"name": "x", "stickers": [sticker], "icon": "x"}, BAD),
        ({"name": "x", "stickers": [sticker], "shared": "maybe"}, BAD),
        ({"name": "x", "stickers": [sticker, {"file": "/file/" + "0" * 32}]}, NOT_FOUND),
        ({"name": "x", "stickers": [sticker], "icon": "/file/" + "0" * 32}, NOT_FOUND),
        ({"name": "x", "stickers": [sticker] * 121}, TOO_LARGE),
    ]:
        assert code(world, li, "create", **body) == wanted, body
    assert packs(world, li) == []
    assert refs(world.server, good)[0] == 0
    pack = do(world, li, "create", name="x" * 64, stickers=[{"name": "爱" * 64, "file": good}] * 120).data
    assert pack["count"] == len(pack["stickers"]) == 120


def test_only_pictures_that_one_may_see_make_a_sticker(world):
    li, sam = world.friends(2)
    hers = picture(world, li)
    assert code(world, sam, "create", name="x", stickers=[{"file": hers}]) == NOT_FOUND
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=IMAGE, content=hers).data
    assert do(world, sam, "create", name="x", stickers=[{"file": hers}]).data["count"] == 1


def uncompressed(content):
    """The same picture, with its pixels as they are."""
    at = content.index(b"IDAT")
    (size,) = struct.unpack(">I", content[at - 4 : at])
    data = zlib.compress(zlib.decompress(content[at + 4 : at + 4 + size]), 0)
    chunk = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return content[: at - 4] + chunk + content[at + 4 + size + 4 :]


def test_large_pictures_are_no_stickers(make_server):
    world = World(make_server({"media.sticker_max": "4K"}))
    li, sam = world.friends(2)
    small, large = stored(world, li, uncompressed(png(32, 32))), stored(world, li, uncompressed(png(40, 40)))
    assert small["size"] < 4096 < large["size"]
    assert code(world, li, "create", name="x", stickers=[{"file": large["url"]}]) == TOO_LARGE
    assert code(world, li, "create", name="x", icon=large["url"], stickers=[{"file": small["url"]}]) == TOO_LARGE
    message = {"chat": 10, "dstObj": sam.email, "content": large["url"]}
    assert world.call2("POST", "/msg/send", li, msgType=STICKER, **message).json()["code"] == TOO_LARGE
    assert world.call2("POST", "/msg/send", li, msgType=IMAGE, **message).data["seq"] == 1
    assert do(world, li, "create", name="x", stickers=[{"file": small["url"]}]).data["count"] == 1
    world.close()


def test_fifty_packs_are_ones_own_and_a_hundred_stand_in_the_list(world):
    li, sam = world.user(), world.user()
    file, other = picture(world, li), picture(world, sam)
    own = [do(world, li, "create", name=f"{i}", stickers=[{"file": file}]).data["id"] for i in range(50)]
    assert code(world, li, "create", name="x", stickers=[{"file": file}]) == TOO_LARGE
    theirs = [do(world, sam, "create", name=f"{i}", shared=True, stickers=[{"file": other}]).data["id"] for i in range(50)]
    for pack in theirs:
        assert do(world, li, "add", id=pack).data is True
    assert ids(world, li) == theirs[::-1] + own[::-1]
    kim = world.user()
    extra = do(world, kim, "create", name="x", shared=True, stickers=[{"file": picture(world, kim)}]).data["id"]
    assert code(world, li, "add", id=extra) == TOO_LARGE
    assert do(world, li, "add", id=theirs[0]).data is True  # It is there.
    assert do(world, li, "delete", id=own[0]).data is True
    assert do(world, li, "add", id=extra).data is True
    assert code(world, li, "create", name="x", stickers=[{"file": file}]) == TOO_LARGE


def test_an_edit_changes_what_it_names_and_leaves_the_rest(world):
    li = world.user()
    pack, files = create(world, li, "a", "b")
    number = pack["id"]
    assert do(world, li, "edit", id=number, name="new").data == {**pack, "name": "new"}
    new = picture(world, li)
    changed = do(world, li, "edit", id=number, stickers=[{"name": "c", "file": new}, {"name": "b", "file": files[1]}]).data
    assert [(row["name"], plain(row["file"])) for row in changed["stickers"]] == [("c", new), ("b", files[1])]
    assert (changed["name"], plain(changed["icon"]), changed["count"]) == ("new", files[0], 2)
    assert [refs(world.server, file) for file in (new, files[1], files[0])] == [(1, None)] * 3  # One is the icon.
    assert plain(do(world, li, "edit", id=number, icon=new).data["icon"]) == new
    assert refs(world.server, files[0])[0] == 0
    before = packs(world, li)
    for body, wanted in [
        ({"id": number, "name": ""}, BAD),
        ({"id": number, "stickers": []}, BAD),
        ({"id": number, "stickers": [{"file": "x"}]}, BAD),
        ({"id": number, "name": "y", "stickers": [{"file": "/file/" + "0" * 32}]}, NOT_FOUND),
        ({"id": number, "name": "y", "shared": 7}, BAD),
        ({"id": number, "stickers": [{"file": new}] * 121}, TOO_LARGE),
        ({"id": number + 1}, NOT_FOUND),
        ({"id": 0}, BAD),
        ({"id": "x"}, BAD),
        ({}, BAD),
    ]:
        assert code(world, li, "edit", **body) == wanted, body
    assert packs(world, li) == before
    assert do(world, li, "edit", id=number).data == before[0]


def test_the_pictures_of_ones_pack_stay_ones_to_use(world):
    """Also those that somebody else uploaded, and shows nowhere any more."""
    li, sam = world.friends(2)
    pack, (file,) = create(world, li, shared=True)
    mine = do(world, sam, "create", name="kept", stickers=[{"file": file}]).data
    assert do(world, li, "delete", id=pack["id"]).data is True
    assert status(world, file, sam) == 200
    edited = do(world, sam, "edit", id=mine["id"], name="kept on", stickers=[{"name": "x", "file": file}]).data
    assert edited["count"] == 1
    assert world.call2("POST", "/msg/send", sam, chat=10, dstObj=li.email, msgType=STICKER, content=file).data


# ---- sharing, and the list ----


def test_a_shared_pack_is_found_added_used_and_seen_by_everybody(world):
    li, sam = world.user(), world.user()
    secret, (hidden,) = create(world, li, name=f"secret {li.email}")
    pack, (file,) = create(world, li, name=f"cups {li.email}")
    assert find(world, sam, q=li.email) == {"packs": []}
    assert [status(world, url, sam) for url in (file, hidden)] == [404, 404]
    assert do(world, li, "edit", id=pack["id"], shared=True).data["shared"] is True
    (found,) = find(world, sam, q=li.email.upper())["packs"]
    assert (found["id"], found["mine"], found["owner"]) == (pack["id"], False, li.email)
    assert [status(world, url, sam) for url in (file, hidden)] == [200, 404]
    assert ids(world, sam) == []
    assert do(world, sam, "add", id=pack["id"]).data is True
    assert do(world, sam, "add", id=pack["id"]).data is True
    assert ids(world, sam) == [pack["id"]]
    assert code(world, sam, "add", id=secret["id"]) == NOT_FOUND
    for what in ("edit", "delete"):
        assert code(world, sam, what, id=pack["id"], name="mine now") == DENIED
        assert code(world, sam, what, id=secret["id"], name="mine now") == NOT_FOUND
    assert [row["name"] for row in packs(world, li)] == [pack["name"], secret["name"]]


def test_a_pack_that_is_shared_no_more_leaves_the_others_lists(world):
    li, sam = world.user(), world.user()
    pack, (file,) = create(world, li, shared=True)
    do(world, sam, "add", id=pack["id"])
    assert do(world, li, "edit", id=pack["id"], shared=False).data["shared"] is False
    assert ids(world, sam) == [] and ids(world, li) == [pack["id"]]
    assert status(world, file, sam) == 404
    assert world.call2("GET", "/sticker/pack", sam, query={"id": pack["id"]}).json()["code"] == NOT_FOUND
    do(world, li, "edit", id=pack["id"], shared=True)
    assert ids(world, sam) == []  # Shared again, he may add it again.


def test_the_list_is_in_the_order_one_gave_it(world):
    li = world.user()
    one, two, three = [create(world, li)[0]["id"] for _ in range(3)]
    assert ids(world, li) == [three, two, one]
    assert do(world, li, "order", ids=[one, three]).data is True
    assert ids(world, li) == [one, three, two]
    four = create(world, li)[0]["id"]
    assert ids(world, li) == [four, one, three, two]
    for body in ({}, {"ids": []}, {"ids": "x"}, {"ids": [two, "x"]}, {"ids": [two] * 101}):
        assert code(world, li, "order", **body) == BAD, body
    other = create(world, world.user(), shared=True)[0]["id"]
    assert code(world, li, "order", ids=[two, other]) == NOT_FOUND
    assert code(world, li, "order", ids=[two, 1 << 50]) == NOT_FOUND
    assert ids(world, li) == [four, one, three, two]
    assert do(world, li, "order", ids=[two, two]).data is True
    assert ids(world, li) == [two, four, one, three]


def test_what_is_removed_from_the_list_is_gone_from_it_alone(world):
    li, sam = world.user(), world.user()
    pack = create(world, li, shared=True)[0]["id"]
    do(world, sam, "add", id=pack)
    assert code(world, li, "remove", id=pack) == BAD
    assert do(world, sam, "remove", id=pack).data is True
    assert code(world, sam, "remove", id=pack) == NOT_FOUND
    assert ids(world, sam) == [] and ids(world, li) == [pack]
    for what in ("add", "remove", "delete"):
        for number in (0, -1, "x", None, 1.5, []):
            assert code(world, sam, what, id=number) == BAD
        assert code(world, sam, what, id=1 << 60) == NOT_FOUND


def test_shared_packs_are_found_in_pages_with_a_look_at_each(world):
    li = world.user()
    tag = li.email
    made = [create(world, li, name=f"{i} {tag}", shared=True)[0]["id"] for i in range(7)]
    big, _ = create(world, li, *"abcdefghij", name=f"big {tag}", shared=True)
    assert [(row["count"], len(row["stickers"])) for row in find(world, li, q=f"big {tag}")["packs"]] == [(10, 8)]
    got, cursor = [], {}
    while True:
        page = find(world, li, q=tag, limit=3, **cursor)
        assert len(page["packs"]) <= 3
        got += [row["id"] for row in page["packs"]]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
    assert got == [big["id"], *made[::-1]]
    assert find(world, li, q="%") == find(world, li, q="_") == {"packs": []}
    assert len(find(world, li)["packs"]) >= 8
    for query in ({"limit": 0}, {"limit": "x"}, {"cursor": "x"}, {"cursor": 0}, {"q": "x" * 257}):
        assert world.call2("GET", "/sticker/find", li, query=query).json()["code"] == BAD, query
    for number in ("", "x", 0, -1):
        assert world.call2("GET", "/sticker/pack", li, query={"id": number}).json()["code"] == BAD


# ---- sending ----


def told(ws):
    """The frames that came, all of them 34: pairs of the pack to be read anew, if any, and the list."""
    frames = ws.frames()
    assert all(frame["cmd"] == 34 and set(frame) <= {"cmd", "id", "ids"} for frame in frames), frames
    return [(frame.get("id"), frame["ids"]) for frame in frames]


def test_every_change_of_packs_is_told_to_the_users_own_sessions_and_to_nobody_else(world):
    li, sam = world.friends(2)
    theirs, _ = create(world, sam, shared=True)
    phone, other = world.settled2(li, sam)
    (pc,) = world.settled2(li, device="pc")
    (old,) = world.settled(li)
    one, files = create(world, li, "a", "b")
    two, _ = create(world, li)
    first, second, third = one["id"], two["id"], theirs["id"]
    assert code(world, li, "add", id=third) == 0
    assert code(world, li, "add", id=third) == 0, "it is there already: nothing changed"
    assert code(world, li, "order", ids=[first]) == 0
    assert code(world, li, "edit", id=first, stickers=[{"file": files[1]}]) == 0
    assert code(world, li, "remove", id=third) == 0
    assert code(world, li, "delete", id=second) == 0
    expected = [
        (first, [first]),
        (second, [second, first]),
        (third, [third, second, first]),
        (None, [first, third, second]),
        (first, [first, third, second]),
        (None, [first, second]),
        (None, [first]),
    ]
    assert told(phone) == expected and told(pc) == expected
    assert ids(world, li) == [first]
    assert other.frames() == [] and old.before_barrier() == []


def test_what_is_refused_is_told_to_nobody(world):
    li, sam = world.friends(2)
    pack, _ = create(world, sam, shared=True)
    a, b = world.settled2(li, sam)
    mine = pack["id"]
    assert code(world, li, "edit", id=mine, name="x") == DENIED
    assert code(world, li, "delete", id=mine) == DENIED
    assert code(world, li, "remove", id=mine) == NOT_FOUND
    assert code(world, li, "order", ids=[mine]) == NOT_FOUND
    assert code(world, li, "add", id=1 << 40) == NOT_FOUND
    assert code(world, sam, "remove", id=mine) == BAD
    assert code(world, sam, "edit", id=mine, stickers=[]) == BAD
    assert code(world, sam, "create", name="x", stickers=[]) == BAD
    assert a.frames() == [] and b.frames() == []


def test_an_owner_is_told_what_operators_do_with_his_pack(world):
    li = world.user()
    pack, _ = create(world, li)
    number = pack["id"]
    ws = world.open2(li)
    ws.frames()
    for verb in ("share", "unshare", "adopt", "remove"):
        assert cli("sticker", verb, "--pack", str(number), "--data", world.server.data).returncode == 0
    assert told(ws) == [(number, [number]), (number, [number]), (number, [number])], "once adopted it is his no more"


def test_a_sticker_is_a_message_of_its_own_kind_and_a_picture_for_v1(world):
    li, sam = world.friends(2)
    pack, (file,) = create(world, li, "hi")
    a, b = world.settled2(li, sam)
    v1 = world.open(sam)
    v1.before_barrier()
    b.frames()
    a.send_ack(sam, pack["stickers"][0]["file"], msg_type=STICKER, ext={"pack": pack["id"], "name": "hi"})
    frame = b.take(cmd=10, msgType=STICKER, ext={"pack": pack["id"], "name": "hi"})
    assert plain(frame["content"]) == file and "?s=" in frame["content"]
    old = v1.take()
    assert (old["msgType"], plain(old["content"])) == (IMAGE, file)
    assert set(old) == {"id", "userEmail", "cmd", "dstObj", "msgType", "content", "createAt", "deleteTimestamp"}
    assert [row["msgType"] for row in world.history(sam, li)] == [IMAGE]
    assert b.ask(cmd=20, chat=10, dstObj=li.email)["msgs"][0]["msgType"] == STICKER
    assert status(world, file, sam) == 200


@pytest.mark.parametrize(
    "content", ["", "hello", "https://example.com/a.png", "/file/x", "/file/" + "0" * 32 + "/x", " /file/" + "0" * 32]
)
def test_what_is_no_picture_is_no_sticker(world, content):
    li, sam = world.friends(2)
    (ws,) = world.settled2(li)
    answer = ws.ask(cmd=10, dstObj=sam.email, msgType=STICKER, content=content, cid="c")
    assert (answer["cmd"], answer["code"]) == (17, BAD)
    assert world.history(li, sam) == []


def test_stickers_that_cant_be_sent_are_not(world):
    li, sam = world.friends(2)
    eve = world.user()
    text = stored(world, li, b"no picture")["url"]
    _, (hers,) = create(world, eve)
    a, b = world.settled2(li, sam)
    for content, wanted in ((text, BAD), (hers, NOT_FOUND), ("/file/" + "0" * 32, NOT_FOUND)):
        answer = a.ask(cmd=10, dstObj=sam.email, msgType=STICKER, content=content, cid=content[-8:])
        assert (answer["cmd"], answer["code"]) == (17, wanted), content
    assert b.frames() == []
    v1 = world.open(li)
    v1.send(userEmail=li.email, cmd=10, dstObj=sam.email, msgType=STICKER, content="x", createAt=1)
    assert v1.before_barrier() == [] and b.frames() == []
    assert world.history(li, sam) == []


def test_a_sticker_is_forwarded_by_who_got_it(world):
    li, sam, kim = world.friends(3)
    _, (file,) = create(world, li)
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=STICKER, content=file).data
    fwd = {"chat": 10, "dstObj": li.email, "seqs": [1]}
    assert world.call2("POST", "/msg/send", sam, chat=10, dstObj=kim.email, fwd=fwd).data["seq"] == 1
    (row,) = world.call2("GET", "/msg/pull", kim, query={"chat": 10, "dstObj": sam.email}).data["msgs"]
    assert (row["msgType"], plain(row["content"])) == (STICKER, file)
    assert status(world, file, kim) == 200


# ---- what becomes of the pictures ----


def test_what_was_sent_stays_when_the_pack_goes(world):
    li, sam = world.friends(2)
    pack, (sent, unsent) = create(world, li, "sent", "unsent", shared=True)
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=STICKER, content=sent).data
    assert do(world, li, "delete", id=pack["id"]).data is True
    assert [status(world, url, sam) for url in (sent, unsent)] == [200, 404]
    assert refs(world.server, sent) == (1, None)
    left, expires = refs(world.server, unsent)
    assert left == 0 and expires > 0
    assert fetch(world, pack["stickers"][1]["file"]).status == 200  # A page that shows it goes on showing it, for a day.
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert status(world, sent, sam) == 404


def test_a_pack_keeps_its_pictures_when_the_message_is_recalled(world):
    li, sam = world.friends(2)
    _, (file,) = create(world, li)
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=STICKER, content=file).data
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert (status(world, file, sam), status(world, file, li)) == (404, 200)
    assert refs(world.server, file) == (1, None)


def test_a_packs_pictures_outlive_the_time_of_unused_files(make_server):
    world = World(make_server({"media.unused": "1s"}))
    li = world.user()
    loose = picture(world, li)
    _, (kept,) = create(world, li)
    wait_until(lambda: place(loose[6:]) not in disk(world.server), what="the unused one goes")
    assert place(kept[6:]) in disk(world.server) and status(world, kept, li) == 200
    world.close()


def test_an_account_takes_its_packs_along_and_leaves_what_was_sent(world):
    li, sam = world.friends(2)
    pack, (sent, unsent) = create(world, li, "a", "b", shared=True)
    do(world, sam, "add", id=pack["id"])
    own, _ = create(world, sam)
    assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=STICKER, content=sent).data
    assert world.post("/user/delete", li, password=li.password).data == "账号已注销"
    assert ids(world, sam) == [own["id"]]
    assert find(world, sam, q=li.email)["packs"] == []
    assert [status(world, url, sam) for url in (sent, unsent)] == [200, 404]
    assert rows(world.server, "SELECT COUNT(*) FROM user_pack WHERE user = ?", li.id) == [(0,)]
    assert rows(world.server, "SELECT COUNT(*) FROM sticker WHERE pack = ?", pack["id"]) == [(0,)]


# ---- operators ----


def operate(server, *words):
    answer = cli("sticker", *words, "--data", server.data)
    return answer.returncode, answer.stdout, answer.stderr


def test_operators_list_share_adopt_and_remove_packs(make_server):
    server = make_server({"media.sticker_sharing": "operators"})
    world = World(server)
    li, sam = world.user(), world.user()
    pack, (file,) = create(world, li, name="tea")
    private, _ = create(world, li, name="mine")
    number = str(pack["id"])
    for what, body in (("create", {"name": "x", "stickers": [{"file": file}]}), ("edit", {"id": pack["id"]})):
        assert code(world, li, what, shared=True, **body) == DENIED
    assert operate(server, "list") == (
        0,
        f"{number}\ttea\t{li.email}\tprivate\t1\n{private['id']}\tmine\t{li.email}\tprivate\t1\n",
        "",
    )
    assert operate(server, "share", "--pack", number) == (0, "", "")
    assert do(world, sam, "add", id=pack["id"]).data is True
    assert do(world, li, "edit", id=pack["id"], name="green tea", shared=True).data["name"] == "green tea"  # It is.
    assert operate(server, "unshare", "--pack", number) == (0, "", "")
    assert ids(world, sam) == []
    assert operate(server, "adopt", "--pack", number) == (0, "", "")
    (found,) = find(world, sam)["packs"]
    assert (found["id"], found["owner"], found["mine"]) == (pack["id"], "", False)
    do(world, sam, "add", id=pack["id"])
    for what in ("edit", "delete"):
        assert code(world, li, what, id=pack["id"], name="x") == DENIED
    assert ids(world, li) == [private["id"], pack["id"]]
    assert do(world, li, "remove", id=pack["id"]).data is True
    assert world.post("/user/delete", li, password=li.password).data == "账号已注销"
    assert ids(world, sam) == [pack["id"]] and status(world, file, sam) == 200
    server.stop()  # They work on a store that nobody serves, too.
    assert operate(server, "list") == (0, f"{number}\tgreen tea\t\tshared\t1\n", "")
    assert operate(server, "remove", "--pack", number) == (0, "", "")
    server.start()
    assert ids(world, sam) == [] and status(world, file, sam) == 404
    for words in (("share", "--pack", number), ("remove", "--pack", "77"), ("adopt", "--pack", "0")):
        returned, out, problem = operate(server, *words)
        assert (returned, out, problem) == (1, "", "im_service: there is no such sticker pack.\n")
    assert operate(server, "share")[0] == operate(server, "share", "--pack", "x")[0] == 2
    world.close()


def test_packs_are_counted_in_the_metrics(world):
    def counted():
        text = world.call("GET", "/metrics").text
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("im_sticker_packs ")))

    before = counted()
    li = world.user()
    pack, _ = create(world, li)
    assert counted() == before + 1
    do(world, li, "delete", id=pack["id"])
    assert counted() == before
