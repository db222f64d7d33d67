"""Uploads in parts over real sockets: begun, cut, gone on with, completed, refused, and what becomes of them."""

import concurrent.futures
import hashlib
import os
import random
import re
import threading
import time

import pytest

from support.doors import store
from support.http import Connection, request_bytes
from support.media import SAMPLES, disk, fetch, kept_size, place, png, stored
from support.parts import answer_of, begin, cancel, complete, half_part, init, part, part_bytes, send_all, sha256
from support.timing import wait_until
from support.world import UNAUTHORIZED, World

PART = 1024
NOT_THERE = (2109, "没有这个上传，或已过期")
NO_PART = (2100, "没有这个分片")
WRONG_SIZE = (2100, "分片大小不符")
MISSING = (2100, "还有分片没有上传")
OTHER_BYTES = (2111, "内容与声明的大小或sha256不符，请重新上传")
TOO_LARGE = (2106, "文件过大")
OVER_QUOTA = (2106, "存储空间不足")
ARGUMENT = (2100, "参数错误")
COMPLETING = (429, 2108)


SERVER_OPTIONS = {"media.part_size": PART}


@pytest.fixture
def seed():
    """Random decisions: printed, and repeated with IM_SEED."""
    seed = int(os.environ.get("IM_SEED", random.randrange(1 << 32)))
    print(f"IM_SEED={seed}")
    return seed


def uploads(world, user):
    return store(world, "SELECT fid FROM upload WHERE owner = ?", user.id)


def coming(server, fid):
    return f"tmp/{fid}" in disk(server)


# ---- the good way ----


def test_a_file_in_parts_is_the_file(world):
    li = world.user()
    content = SAMPLES["video/mp4"] + os.urandom(3 * PART)
    begun = begin(world, li, content, name="照片.mp4", mime="video/mp4")
    assert (begun["partSize"], begun["parts"], begun["have"]) == (PART, 4, [])
    send_all(world, li, begun, content)
    answer = complete(world, li, begun["fid"]).data
    fid = begun["fid"]
    assert {**answer, "signed": None} == {
        "fid": fid,
        "url": f"/file/{fid}",
        "signed": None,
        "name": "照片.mp4",
        "size": len(content),
        "mime": "video/mp4",
        "kind": "video",
    }
    assert fetch(world, answer["signed"]).body == content
    row = store(world, "SELECT owner, size, sha256, refs FROM file WHERE fid = ?", fid)
    assert row == [(li.id, len(content), hashlib.sha256(content).digest(), 0)]
    assert place(fid) in disk(world.server) and not coming(world.server, fid)
    assert uploads(world, li) == []


@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, 10 * PART, 10 * PART + 1])
def test_every_byte_of_any_size_comes_back(world, size):
    li = world.user()
    content = os.urandom(size)
    begun = begin(world, li, content)
    assert begun["parts"] == -(-size // PART)
    send_all(world, li, begun, content)
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_parts_come_in_any_order_some_twice_and_are_the_file(world, seed):
    li = world.user()
    content = os.urandom(20 * PART + 7)
    begun = begin(world, li, content)
    order = list(range(21)) + [random.Random(seed).randrange(21) for _ in range(10)]
    random.Random(seed).shuffle(order)
    for number in order:
        assert part(world, li, begun["fid"], number, part_bytes(begun, content, number)).data is True
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_parts_at_once_the_same_ones_too_are_the_file(make_server):
    world = World(make_server({"media.part_size": "64K", "media.uploads_per_user": 100}))
    li = world.user()
    content = os.urandom(20 * 65536)
    begun = begin(world, li, content)

    def send(number):
        return part(world, li, begun["fid"], number, part_bytes(begun, content, number)).data

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(send, [*range(20), *range(20)]))
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_a_chunked_part_counts_like_one_of_a_known_length(world):
    li = world.user()
    content = os.urandom(PART + 5)
    begun = begin(world, li, content)
    for number in range(2):
        body = part_bytes(begun, content, number)
        headers = [*li.auth, ("Transfer-Encoding", "chunked")]
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + 100]), body[i : i + 100]) for i in range(0, len(body), 100))
        query = {"fid": begun["fid"], "n": number}
        assert world.call("PUT", "/file/part", query, headers=headers, body=chunked + b"0\r\n\r\n").data is True
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_a_large_file_has_larger_parts_and_never_more_than_1024(make_server):
    world = World(make_server({"media.part_size": "1K"}))
    li = world.user()
    for size, part_size, count in ((1 << 20, 1024, 1024), ((1 << 20) + 1, 2048, 513), (100 << 20, 102400, 1024)):
        begun = init(world, li, size=size, sha256="0" * 64, name=str(size)).data
        assert (begun["partSize"], begun["parts"]) == (part_size, count)


def test_a_part_size_that_was_changed_leaves_what_was_begun(make_server):
    server = make_server({"media.part_size": "1K"})
    world = World(server)
    li = world.user()
    content = os.urandom(3000)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:1024])
    server.stop()
    server.options["media.part_size"] = "4K"
    server.start()
    again = begin(world, li, content)
    assert again == {**begun, "have": [0]}
    send_all(world, li, again, content)
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


# ---- going on ----


def test_init_again_is_the_same_upload_and_says_what_is_there(world):
    li = world.user()
    content = os.urandom(5 * PART)
    begun = begin(world, li, content)
    for number in (3, 1):
        part(world, li, begun["fid"], number, part_bytes(begun, content, number))
    assert begin(world, li, content) == {**begun, "have": [1, 3]}
    assert begin(world, world.again(li), content)["fid"] == begun["fid"], "from another device, too"
    assert begin(world, li, content, name="another")["fid"] != begun["fid"]
    assert len(uploads(world, li)) == 2


def test_many_who_begin_the_same_at_once_get_one_upload(world):
    li = world.user()
    content = os.urandom(5 * PART)
    before = disk(world.server)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        fids = set(pool.map(lambda _: begin(world, li, content)["fid"], range(16)))
    assert len(fids) == 1 and uploads(world, li) == [(fids.pop(),)]
    assert len(disk(world.server)) == len(before) + 1


def test_two_users_of_one_content_have_an_upload_each(world):
    li, sam = world.user(), world.user()
    content = os.urandom(2 * PART)
    mine, his = begin(world, li, content), begin(world, sam, content)
    assert mine["fid"] != his["fid"]
    part(world, li, mine["fid"], 0, content[:PART])
    assert begin(world, sam, content)["have"] == []


def test_a_part_that_is_cut_counts_for_nothing(world, witness):
    li = world.user()
    content = os.urandom(200 * PART)
    begun = begin(world, li, content)
    for sent in (0, 1, PART - 1):
        half_part(world.server, li, begun["fid"], 0, PART, content[:sent]).close()
    assert begin(world, li, content)["have"] == []
    assert part(world, li, begun["fid"], 0, content[:PART]).data is True


def test_kill_9_keeps_what_was_acknowledged_and_nothing_else(make_server):
    server = make_server({"media.part_size": "256K"})
    world = World(server)
    li = world.user()
    content = os.urandom(1_000_000)
    begun = begin(world, li, content)
    for number in (2, 0):
        part(world, li, begun["fid"], number, part_bytes(begun, content, number))
    held = half_part(server, li, begun["fid"], 1, 262144, content[262144:462144])
    wait_until(lambda: world.server.metrics()["im_uploads"] == 1, what="it is coming in")
    server.kill()
    held.close()
    server.start()
    assert disk(server) == [f"tmp/{begun['fid']}"]
    again = begin(world, li, content)
    assert again == {**begun, "have": [0, 2]}
    for number in (1, 3):
        part(world, li, begun["fid"], number, part_bytes(begun, content, number))
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content
    assert disk(server) == [place(begun["fid"])]


@pytest.mark.one_node("a directory that nodes share is put right only of what nobody touched for an hour")
def test_a_crash_between_placing_and_the_row_leaves_an_upload_to_complete(make_server):
    server = make_server({"media.part_size": PART})
    world = World(server)
    li = world.user()
    content = os.urandom(PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content)
    server.kill()
    files = server.data / "files"
    (files / place(begun["fid"])).parent.mkdir(parents=True)
    os.link(files / "tmp" / begun["fid"], files / place(begun["fid"]))
    server.start()
    assert disk(server) == [f"tmp/{begun['fid']}"]
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_an_upload_whose_bytes_were_lost_begins_anew(make_server):
    """As after a backup of the database alone was put back."""
    server = make_server({"media.part_size": PART})
    world = World(server)
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:PART])
    (server.data / "files" / "tmp" / begun["fid"]).unlink()
    assert part(world, li, begun["fid"], 1, content[PART:]).error == NOT_THERE
    again = begin(world, li, content)
    assert again["fid"] != begun["fid"] and again["have"] == []
    send_all(world, li, again, content)
    assert fetch(world, complete(world, li, again["fid"]).data["signed"]).body == content
    lost = begin(world, li, content + b"x")
    send_all(world, li, lost, content + b"x")
    (server.data / "files" / "tmp" / lost["fid"]).unlink()
    assert complete(world, li, lost["fid"]).error == NOT_THERE
    assert uploads(world, li) == []


def test_complete_again_gives_the_same_answer(world):
    li, sam = world.user(), world.user()
    content = os.urandom(PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content)
    first = complete(world, li, begun["fid"]).data
    second = complete(world, li, begun["fid"]).data
    assert {**first, "signed": 0} == {**second, "signed": 0}
    assert complete(world, sam, begun["fid"]).error == NOT_THERE
    whole = stored(world, li)
    assert complete(world, li, whole["fid"]).data["fid"] == whole["fid"], "any file of his own"


def test_one_complete_at_a_time_and_all_get_the_file(make_server):
    world = World(make_server())
    li = world.user()
    content = os.urandom(1 << 20) * 20
    begun = begin(world, li, content)
    send_all(world, li, begun, content)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: complete(world, li, begun["fid"]), range(8)))
    for answer in answers:
        assert answer_of(answer) in ("done", COMPLETING), answer.text
    assert "done" in map(answer_of, answers)
    assert store(world, "SELECT COUNT(*) FROM file") == [(1,)]
    assert complete(world, li, begun["fid"]).data["fid"] == begun["fid"]


# ---- refused ----


BAD_INITS = {
    "no size": {"size": None},
    "no bytes": {"size": 0},
    "a negative size": {"size": -5},
    "half a byte": {"size": 1.5},
    "words for a size": {"size": "many"},
    "no sha256": {"sha256": None},
    "a short sha256": {"sha256": "0" * 63},
    "a long sha256": {"sha256": "0" * 65},
    "letters that are no hex": {"sha256": "g" * 64},
    "a list": {"sha256": ["0" * 64]},
}


@pytest.mark.parametrize("what", BAD_INITS)
def test_a_bad_init_is_refused_and_leaves_nothing(world, witness, what):
    li = world.user()
    before = disk(world.server)
    asked = {"name": "a", "size": 5, "sha256": "0" * 64, **BAD_INITS[what]}
    answer = init(world, li, **{key: value for key, value in asked.items() if value is not None})
    assert answer.status == 200 and answer.error == ARGUMENT
    assert disk(world.server) == before and uploads(world, li) == []


def test_an_init_that_is_no_json_is_refused(world):
    li = world.user()
    for path in ("/file/init", "/file/complete", "/file/cancel"):
        assert world.call("POST", path, user=li, body=b"{").status == 400
        assert world.call("POST", path, user=li, body=b"[]").status == 400


def test_a_hash_may_be_in_capitals_and_a_name_is_only_a_name(world):
    li = world.user()
    content = os.urandom(10)
    begun = init(world, li, size=10, sha256=sha256(content).upper(), name="../../etc/passwd").data
    part(world, li, begun["fid"], 0, content)
    assert complete(world, li, begun["fid"]).data["name"] == "passwd"
    nameless = init(world, li, size=11, sha256="0" * 64).data
    assert init(world, li, size=11, sha256="0" * 64, name="a\r\nX: y").data["fid"] == nameless["fid"]


@pytest.mark.parametrize("number", ["-1", "2", "1.0", "x", "", "99999999999999999999", None])
def test_a_part_that_is_not_one_is_refused(world, witness, number):
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    query = {"fid": begun["fid"]} | ({"n": number} if number is not None else {})
    for body in (content[:PART], b""):
        answer = world.call("PUT", "/file/part", query, li, body=body)
        assert answer.status == 200 and answer.error == NO_PART
    assert begin(world, li, content)["have"] == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, PART - 1, PART + 1, 100 * PART])
def test_a_part_of_another_size_is_refused_and_counts_for_nothing(world, witness, size, chunked):
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    body = os.urandom(size)
    if chunked:
        headers = [*li.auth, ("Transfer-Encoding", "chunked")]
        sent = (b"%x\r\n%s\r\n" % (size, body) if size else b"") + b"0\r\n\r\n"
        answer = world.call("PUT", "/file/part", {"fid": begun["fid"], "n": 0}, headers=headers, body=sent)
    else:
        answer = part(world, li, begun["fid"], 0, body)
    assert answer.status == 200 and answer.error == WRONG_SIZE
    assert begin(world, li, content)["have"] == []
    send_all(world, li, begun, content)
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content, "its neighbour is whole"


def test_what_is_announced_too_large_for_its_part_is_not_waited_for(world):
    li = world.user()
    begun = begin(world, li, os.urandom(PART))
    with half_part(world.server, li, begun["fid"], 0, 100_000_000, b"x") as connection:
        assert connection.response().error == WRONG_SIZE
        assert connection.closed()


def test_another_body_for_a_part_that_is_there_changes_nothing(world):
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    send_all(world, li, begun, content)
    assert part(world, li, begun["fid"], 0, b"x" * PART).data is True
    assert part(world, li, begun["fid"], 0, b"x").error == WRONG_SIZE
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_an_upload_is_its_owners_alone(world, witness):
    li, sam = world.friends(2)
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    fid = begun["fid"]
    send_all(world, li, begun, content)
    for bad in (fid, "0" * 32, "x", "", fid.upper() + "0", "../" + fid):
        for answer in (
            part(world, sam, bad, 0, content[:PART]),
            part(world, sam, bad, 0, b""),
            part(world, sam, bad, "x", content[:PART]),
            complete(world, sam, bad),
            cancel(world, sam, bad),
        ):
            assert (answer.status, answer.error) == (404, NOT_THERE), bad
    for path in ("/file/complete", "/file/cancel"):
        assert world.post(path, sam).error == NOT_THERE
        assert world.post(path, sam, fid=[fid]).error == NOT_THERE
    assert fetch(world, f"/file/{fid}", user=li).status == 404, "it is no file yet, not even for its owner"
    sent = world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=8, content=f"/file/{fid}")
    assert sent.error[0] == 2109
    assert begin(world, li, content)["have"] == [0, 1], "nothing changed"


@pytest.mark.parametrize("auth", [[], [("email", "a@b.cc"), ("token", "A" * 32)]])
def test_without_a_token_nothing_is_begun_or_sent(world, auth):
    li = world.user()
    content = os.urandom(PART)
    begun = begin(world, li, content)
    before = disk(world.server)
    for method, path, query, body in (
        ("POST", "/file/init", None, {"size": 1, "sha256": "0" * 64, "name": ""}),
        ("PUT", "/file/part", {"fid": begun["fid"], "n": 0}, content),
        ("PUT", "/file/part", {"fid": begun["fid"], "n": 0}, b""),
        ("POST", "/file/complete", None, {"fid": begun["fid"]}),
        ("POST", "/file/cancel", None, {"fid": begun["fid"]}),
    ):
        answer = world.call(method, path, query, headers=auth, body=body)
        assert (answer.status, answer.text) == (401, UNAUTHORIZED), path
    assert disk(world.server) == before
    assert begin(world, li, content)["have"] == []


def test_other_methods_are_refused(world):
    li = world.user()
    for method, path in (("PUT", "/file/init"), ("POST", "/file/part"), ("GET", "/file/part"), ("PUT", "/file/complete")):
        assert world.call(method, path, user=li, body=b"{}").status in (404, 405), path


def test_complete_with_parts_missing_changes_nothing(world):
    li = world.user()
    content = os.urandom(3 * PART)
    begun = begin(world, li, content)
    assert complete(world, li, begun["fid"]).error == MISSING
    part(world, li, begun["fid"], 0, content[:PART])
    part(world, li, begun["fid"], 2, content[2 * PART :])
    assert complete(world, li, begun["fid"]).error == MISSING
    assert begin(world, li, content)["have"] == [0, 2]
    part(world, li, begun["fid"], 1, content[PART : 2 * PART])
    assert complete(world, li, begun["fid"]).data["size"] == 3 * PART


def test_other_bytes_than_promised_are_refused_and_all_begins_anew(world, witness):
    li = world.user()
    content = os.urandom(2 * PART)
    before = disk(world.server)
    begun = begin(world, li, content)
    send_all(world, li, begun, content[:-1] + bytes([content[-1] ^ 1]))
    answer = complete(world, li, begun["fid"])
    assert answer.status == 200 and answer.error == OTHER_BYTES
    assert disk(world.server) == before and uploads(world, li) == []
    assert complete(world, li, begun["fid"]).error == NOT_THERE
    assert part(world, li, begun["fid"], 0, content[:PART]).error == NOT_THERE
    again = begin(world, li, content)
    assert again["fid"] != begun["fid"] and again["have"] == []
    send_all(world, li, again, content)
    assert fetch(world, complete(world, li, again["fid"]).data["signed"]).body == content


def test_after_complete_its_parts_can_not_be_sent(world):
    li = world.user()
    content = os.urandom(PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content)
    answer = complete(world, li, begun["fid"]).data
    assert part(world, li, begun["fid"], 0, b"x" * PART).error == NOT_THERE
    assert cancel(world, li, begun["fid"]).error == NOT_THERE
    assert fetch(world, answer["signed"]).body == content


@pytest.mark.one_node("a part that another node has under way is missing until it is there")
def test_a_part_under_way_holds_complete_back_and_complete_the_parts(make_server):
    world = World(make_server({"media.part_size": "1K"}))
    li = world.user()
    content = os.urandom(2048)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 1, content[1024:])
    with half_part(world.server, li, begun["fid"], 0, 1024, content[:1]) as connection:
        wait_until(lambda: answer_of(complete(world, li, begun["fid"])) == COMPLETING, what="the part to be under way")
        refused = complete(world, li, begun["fid"])
        assert answer_of(refused) == COMPLETING and refused.header("retry-after") == "1"
        connection.send(content[1:1024])
        assert connection.response().data is True
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_nobody_writes_to_a_file_while_it_is_completed(make_server, seed):
    """What others may be given by its hash is what was hashed."""
    world = World(make_server({"media.part_size": "1M", "media.uploads_per_user": 100}))
    li = world.user()
    evil = b"x" * (1 << 20)
    rng = random.Random(seed)

    def attack(begun):
        time.sleep(rng.random() * 0.02)
        return part(world, li, begun["fid"], rng.randrange(8), evil)

    for _ in range(10):
        content = os.urandom(8 << 20)
        begun = begin(world, li, content)
        send_all(world, li, begun, content)
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            attacks = [pool.submit(attack, begun) for _ in range(4)]
            answer = complete(world, li, begun["fid"])
            while answer_of(answer) == COMPLETING:
                answer = complete(world, li, begun["fid"])
        for one in attacks:
            assert answer_of(one.result()) in ("done", COMPLETING, (404, 2109))
        assert sha256(fetch(world, answer.data["signed"]).body) == sha256(content)


def test_cancel_takes_everything_away(world):
    li = world.user()
    before = disk(world.server)
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:PART])
    assert cancel(world, li, begun["fid"]).data is True
    assert disk(world.server) == before and uploads(world, li) == []
    for answer in (cancel(world, li, begun["fid"]), complete(world, li, begun["fid"])):
        assert (answer.status, answer.error) == (404, NOT_THERE)
    assert begin(world, li, content)["have"] == []


def test_who_asks_for_a_file_too_early_or_is_somebody_else_holds_up_no_parts(make_server):
    world = World(make_server({"media.part_size": "1K", "media.uploads_per_user": 100, "limits.message_per_s": 0}))
    li, kim = world.user(), world.user()
    content = os.urandom(64 * 1024)
    begun = begin(world, li, content)
    ended = threading.Event()

    def asks(user):
        while not ended.is_set():
            assert answer_of(complete(world, user, begun["fid"])) in ((200, MISSING[0]), COMPLETING, (404, NOT_THERE[0]))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(asks, user) for user in (li, kim)]
        try:
            for number in range(begun["parts"] - 1):
                assert answer_of(part(world, li, begun["fid"], number, part_bytes(begun, content, number))) == "done"
        finally:
            ended.set()
        for one in asking:
            one.result()


def test_a_part_under_way_when_its_upload_is_cancelled_leaves_nothing(world):
    li = world.user()
    before = disk(world.server)
    content = os.urandom(PART)
    begun = begin(world, li, content)
    with half_part(world.server, li, begun["fid"], 0, PART, content[:10]) as connection:
        wait_until(lambda: answer_of(complete(world, li, begun["fid"])) == COMPLETING, what="the part to be under way")
        assert cancel(world, li, begun["fid"]).data is True
        connection.send(content[10:])
        assert connection.response().error == NOT_THERE
    assert disk(world.server) == before


# ---- limits ----

LIMITS = {
    "media.part_size": "1K",
    "media.image_max": "2K",
    "media.video_max": "4K",
    "media.audio_max": "3K",
    "media.file_max": "5K",
    "media.quota": "20K",
}


@pytest.fixture
def small(make_server):
    world = World(make_server(LIMITS))
    yield world
    world.close()


@pytest.mark.parametrize(
    "mime, limit",
    [
        ("image/png", 2048),
        ("IMAGE/JPEG; q=1", 2048),
        ("video/webm", 4096),
        ("audio/ogg", 3072),
        ("text/plain", 5120),
        ("image/svg+xml", 5120),
        ("", 5120),
        (None, 5120),
    ],
)
def test_the_limit_of_what_it_is_said_to_be_holds_at_the_beginning(small, mime, limit):
    li = small.user()
    claimed = {} if mime is None else {"mime": mime}
    assert init(small, li, size=limit, sha256="0" * 64, **claimed).data["parts"] == limit // 1024
    assert init(small, li, size=limit + 1, sha256="0" * 64, **claimed).error == TOO_LARGE
    assert len(disk(small.server)) == 1


@pytest.mark.parametrize(
    "start, limit",
    [(png(), 2048), (SAMPLES["video/mp4"], 4096), (SAMPLES["audio/ogg"], 3072)],
    ids=["image", "video", "audio"],
)
def test_the_limit_of_what_it_is_holds_at_the_end(small, start, limit):
    li = small.user()
    content = start + os.urandom(limit - len(start))
    for body, refused in ((content, False), (content + b"x", True)):
        begun = begin(small, li, body, mime="text/plain")
        send_all(small, li, begun, body)
        answer = complete(small, li, begun["fid"])
        assert answer.error == TOO_LARGE if refused else answer.data["size"] == kept_size(content)
    assert disk(small.server) == [place(complete(small, li, begin(small, li, content)["fid"]).data["fid"])]


def test_what_is_unfinished_counts_for_the_quota_in_full(small):
    li, sam = small.user(), small.user()
    content = [os.urandom(5000) for _ in range(5)]
    begun = [begin(small, li, one) for one in content[:4]]
    assert init(small, li, size=5000, sha256=sha256(content[4])).error == OVER_QUOTA
    assert small.call("POST", "/file/upload", user=li, body=content[4]).error == OVER_QUOTA
    assert init(small, li, size=480, sha256="0" * 64).data["parts"] == 1, "up to the last byte"
    assert init(small, sam, size=5000, sha256=sha256(content[4])).data["have"] == []
    assert begin(small, li, content[0]) == begun[0], "what is begun goes on"
    for one, bytes_ in zip(begun, content):
        send_all(small, li, one, bytes_)
        assert complete(small, li, one["fid"]).data["size"] == 5000
    assert init(small, li, size=1, sha256="1" * 64).error == OVER_QUOTA
    assert small.server.metrics()["im_files_over_quota_total"] == 3


def test_a_quota_made_smaller_holds_at_the_end_and_the_parts_stay(make_server):
    server = make_server(LIMITS)
    world = World(server)
    li = world.user()
    content = os.urandom(5000)
    begun = begin(world, li, content)
    send_all(world, li, begun, content)
    server.stop()
    server.options["media.quota"] = "4K"
    server.start()
    assert complete(world, li, begun["fid"]).error == OVER_QUOTA
    assert disk(server) == [f"tmp/{begun['fid']}"]
    server.stop()
    server.options["media.quota"] = "20K"
    server.start()
    assert fetch(world, complete(world, li, begun["fid"]).data["signed"]).body == content


def test_a_user_has_so_many_unfinished_uploads_and_others_theirs(make_server):
    world = World(make_server({"media.unfinished_per_user": 3}))
    li, sam = world.user(), world.user()
    begun = [init(world, li, size=5, sha256="0" * 63 + str(i)).data for i in range(3)]
    refused = init(world, li, size=5, sha256="1" * 64)
    assert answer_of(refused) == (429, 2108) and refused.header("retry-after") == "60"
    assert init(world, li, size=5, sha256="0" * 64).data["fid"] == begun[0]["fid"]
    assert init(world, sam, size=5, sha256="1" * 64).data["have"] == []
    assert cancel(world, li, begun[0]["fid"]).data is True
    assert init(world, li, size=5, sha256="1" * 64).data["have"] == []
    assert len(disk(world.server)) == 4


@pytest.mark.one_node("uploads under way are counted by each node")
def test_parts_count_among_the_uploads_at_once(make_server):
    world = World(make_server({"media.uploads_per_user": 2, "media.part_size": "1M"}))
    li, sam = world.user(), world.user()
    begun = begin(world, li, os.urandom(100))
    large = [begin(world, li, os.urandom(1 << 20))["fid"] for _ in range(2)]
    held = [half_part(world.server, li, fid, 0, 1 << 20, b"x" * 300_000) for fid in large]
    # Something is written only once it is known whose it is.
    coming = [world.server.data / "files" / "tmp" / fid for fid in large]
    wait_until(lambda: all(path.stat().st_size > 0 for path in coming), what="both are known as his")
    assert answer_of(part(world, li, begun["fid"], 0, b"x" * 100)) == (429, 2108)
    assert part(world, li, begun["fid"], 0, b"x" * 100).header("retry-after") == "5"
    assert stored(world, sam)["fid"]
    for connection in held:
        connection.close()
    wait_until(lambda: world.server.metrics()["im_uploads"] == 0, what="they have ended")
    assert part(world, li, begun["fid"], 0, b"x" * 100).data is True


def test_beginning_is_bounded_like_sending(make_server):
    world = World(make_server({"limits.message_per_s": 1, "limits.message_burst": 2}))
    li = world.user()
    answers = [answer_of(init(world, li, size=5, sha256="0" * 64)) for _ in range(5)]
    assert answers.count("done") >= 2 and (429, 2108) in answers


def test_an_upload_goes_when_nothing_comes_for_too_long(make_server):
    world = World(make_server({"media.upload_ttl": "1s", "media.part_size": PART}))
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:PART])
    wait_until(lambda: disk(world.server) == [], what="its parts leave the disk")
    assert uploads(world, li) == []
    for answer in (part(world, li, begun["fid"], 1, content[PART:]), complete(world, li, begun["fid"]), cancel(world, li, begun["fid"])):
        assert (answer.status, answer.error) == (404, NOT_THERE)
    assert begin(world, li, content)["have"] == []


def test_the_metrics_count_parts_and_what_is_unfinished(make_server):
    world = World(make_server({"media.part_size": PART}))
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:PART])
    part(world, li, begun["fid"], 1, b"x")
    assert world.server.metrics()["im_file_parts_total"] == 1
    assert "im_uploads_unfinished 1" in world.call("GET", "/metrics").text  # of the store: each node says the same
    part(world, li, begun["fid"], 1, content[PART:])
    complete(world, li, begun["fid"])
    begin(world, li, content)
    assert "im_uploads_unfinished 0" in world.call("GET", "/metrics").text
    counted = world.server.metrics()
    assert counted["im_files_stored_total"] == 1 and counted["im_files_known_total"] == 1


# ---- known content ----


def known(world, user, content, name="a.bin"):
    """What init says when nothing need be sent; None where it must be."""
    data = init(world, user, size=len(content), sha256=sha256(content), name=name).data
    if data.get("done") is not True:
        assert data["have"] == []
        cancel(world, user, data["fid"]).data
        return None
    return data


def test_ones_own_file_is_known_under_its_name(world):
    li = world.user()
    content = os.urandom(500)
    whole = stored(world, li, content, name="a.bin")
    again = known(world, li, content)
    assert {**again, "signed": 0} == {**whole, "signed": 0, "done": True}
    assert store(world, "SELECT COUNT(*) FROM file WHERE owner = ?", li.id) == [(1,)]


def test_under_another_name_it_is_another_file_with_the_same_bytes(world):
    li, sam = world.friends(2)
    content = os.urandom(500)
    whole = stored(world, li, content, name="a.bin")
    other = known(world, li, content, name="b.bin")
    assert other["fid"] != whole["fid"] and other["name"] == "b.bin"
    send = {"chat": 10, "dstObj": sam.email, "msgType": 8}
    assert world.call2("POST", "/msg/send", li, **send, content=whole["url"]).data["seq"] == 1
    assert world.call2("POST", "/msg/send", li, **send, content=other["url"]).data["seq"] == 2
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    wait_until(lambda: place(whole["fid"]) not in disk(world.server), what="the first leaves the disk")
    assert fetch(world, other["url"], user=sam).body == content
    files = world.server.data / "files"
    assert (files / place(other["fid"])).stat().st_nlink == 1


def test_bytes_that_two_files_share_are_on_the_disk_once(world):
    li = world.user()
    content = os.urandom(500)
    fids = [stored(world, li, content, name="a.bin")["fid"], known(world, li, content, name="b.bin")["fid"]]
    stats = [(world.server.data / "files" / place(fid)).stat() for fid in fids]
    assert stats[0].st_ino == stats[1].st_ino and stats[0].st_nlink == 2
    assert not any(coming(world.server, fid) for fid in fids)


def test_what_one_may_see_is_known_and_becomes_ones_own(world):
    li, sam = world.friends(2)
    content = os.urandom(500)
    whole = stored(world, li, content, name="a.bin")
    assert known(world, sam, content) is None, "it was not shown to him yet"
    sent = {"chat": 10, "dstObj": sam.email, "msgType": 8, "content": whole["url"]}
    assert world.call2("POST", "/msg/send", li, **sent).data["seq"] == 1
    mine = known(world, sam, content)
    assert mine["fid"] != whole["fid"] and mine["name"] == "a.bin"
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert fetch(world, whole["url"], user=sam).status == 404
    assert fetch(world, mine["url"], user=sam).body == content, "as if he had stored it before"
    assert store(world, "SELECT owner, sha256 FROM file WHERE fid = ?", mine["fid"]) == [
        (sam.id, hashlib.sha256(content).digest())
    ]


def test_avatars_are_known_to_everybody_and_files_of_chats_one_left_are_not(world):
    li, sam, eve = world.user(), world.user(), world.user()
    face, secret = png(), os.urandom(500)
    shown = stored(world, li, face)
    world.call("PUT", "/user/edit_user", user=li, body={"uname": "li", "avatar": shown["url"]}).data
    assert known(world, eve, face)["kind"] == "image"
    group = world.group(li, sam)
    hidden = stored(world, li, secret)
    world.call2("POST", "/msg/send", li, chat=11, dstObj=str(group), msgType=8, content=hidden["url"]).data
    world.call2("POST", "/community/leave", sam, dstObj=str(group)).data
    assert known(world, sam, secret) is None
    assert known(world, eve, secret) is None


def test_a_hash_tells_nothing_about_files_of_others(world):
    """The answer for content that another has is, but for the fid, the answer for content that nobody has."""
    li, eve = world.user(), world.user()
    content = os.urandom(500)
    stored(world, li, content, name="a.bin")
    had = init(world, eve, size=500, sha256=sha256(content), name="a.bin")
    never = init(world, eve, size=500, sha256=sha256(os.urandom(500)), name="a.bin")
    unsigned = [re.sub(r"[0-9a-f]{32}", "", answer.text) for answer in (had, never)]
    assert unsigned[0] == unsigned[1] and had.headers[0][0] == never.headers[0][0]
    assert [name for name, _ in had.headers] == [name for name, _ in never.headers]


def test_a_right_hash_with_a_wrong_size_is_not_known(world):
    li = world.user()
    content = os.urandom(500)
    stored(world, li, content, name="a.bin")
    begun = init(world, li, size=501, sha256=sha256(content), name="a.bin").data
    assert begun["have"] == []
    part(world, li, begun["fid"], 0, content + b"x")
    assert complete(world, li, begun["fid"]).error == OTHER_BYTES


def test_a_known_file_counts_for_the_quota_of_who_takes_it(small):
    li, sam = small.friends(2)
    content = [os.urandom(5000) for _ in range(5)]
    for one in content:
        sender = small.user()
        small.befriend(sender, sam)
        whole = stored(small, sender, one, name="a.bin")
        small.call2("POST", "/msg/send", sender, chat=10, dstObj=sam.email, msgType=8, content=whole["url"]).data
    before = disk(small.server)
    for one in content[:4]:
        assert known(small, sam, one)
    refused = init(small, sam, size=5000, sha256=sha256(content[4]), name="a.bin")
    assert refused.error == OVER_QUOTA
    assert len(disk(small.server)) == len(before) + 4


def test_an_own_file_that_is_known_has_its_time_anew(make_server):
    world = World(make_server({"media.unused": "2s"}))
    li = world.user()
    content = os.urandom(500)
    whole = stored(world, li, content, name="a.bin")
    expires = store(world, "SELECT expires FROM file WHERE fid = ?", whole["fid"])
    time.sleep(0.1)
    assert known(world, li, content)["fid"] == whole["fid"]
    assert store(world, "SELECT expires FROM file WHERE fid = ?", whole["fid"]) > expires
    wait_until(lambda: disk(world.server) == [], what="it goes in the end")
    assert known(world, li, content) is None


def test_a_file_gone_from_the_disk_is_not_known(world):
    li, sam = world.friends(2)
    content = os.urandom(500)
    whole = stored(world, li, content, name="a.bin")
    world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=8, content=whole["url"]).data
    (world.server.data / "files" / place(whole["fid"])).unlink()
    before = disk(world.server)
    assert known(world, sam, content) is None
    assert disk(world.server) == before


def test_memory_stays_flat_while_many_send_parts(make_server):
    world = World(make_server({"media.quota": 0, "media.uploads_per_user": 100, "media.unfinished_per_user": 1000}))
    li = world.user()
    content = os.urandom(8 << 20)

    def one(i):
        mine = i.to_bytes(4, "big") + content[4:]
        begun = begin(world, li, mine)
        send_all(world, li, begun, mine)
        assert complete(world, li, begun["fid"]).data["size"] == len(mine)
        return world.server.memory_kib()

    one(0)
    before = world.server.memory_kib()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        peak = max(pool.map(one, range(1, 41)))
    assert world.server.grown_less(before - (peak - world.server.memory_kib()), 24), f"{before} KiB before, {peak} at the peak"


def test_a_shutdown_in_the_middle_of_a_part_keeps_those_before(make_server):
    server = make_server({"media.part_size": PART})
    world = World(server)
    li = world.user()
    content = os.urandom(2 * PART)
    begun = begin(world, li, content)
    part(world, li, begun["fid"], 0, content[:PART])
    held = half_part(server, li, begun["fid"], 1, PART, content[:10])
    wait_until(lambda: world.server.metrics()["im_uploads"] == 1, what="it is under way")
    assert server.stop() == 0
    held.close()
    server.start()
    assert begin(world, li, content) == {**begun, "have": [0]}


def test_a_client_that_waits_for_100_with_a_part_that_is_not_wanted_sends_nothing(world):
    li = world.user()
    begun = begin(world, li, os.urandom(PART))
    with Connection(world.server) as connection:
        headers = [*li.auth, ("Expect", "100-continue"), ("Content-Length", "5")]
        connection.send(request_bytes("PUT", "/file/part", {"fid": begun["fid"], "n": 0}, headers=headers))
        assert connection.response().error == WRONG_SIZE
