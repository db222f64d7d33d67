"""Files over real sockets: going up, coming down, who may have them, and what becomes of them."""

import concurrent.futures
import hashlib
import json
import os
import random
import re
import time

import pytest

from support.http import Connection, request_bytes
from support.media import SAMPLES, disk, fetch, field, form, half_upload, kept_size, place, png, stored, upload
from support.server import sanitized
from support.store import rows
from support.timing import seconds
from support.world import UNAUTHORIZED, World

NOT_THERE = (2109, "文件不存在")
TOO_LARGE = (2106, "文件过大")
NO_FILE = (2100, "没有文件，或文件是空的")
CSP = "sandbox; default-src 'none'"


def eventually(check, what, timeout=20):
    end = time.monotonic() + seconds(timeout)
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def store(server, query, *values):
    return rows(server, query, *values)


# ---- going up ----


def test_an_upload_says_what_it_stored(world):
    li = world.user()
    content = png()
    answer = stored(world, li, content, name="照片 1.png", mime="image/png")
    fid = answer["fid"]
    assert re.fullmatch("[0-9a-f]{32}", fid)
    assert answer["url"] == f"/file/{fid}"
    assert answer["signed"].startswith(f"/file/{fid}?s=") and "&" not in answer["signed"]
    assert {key: answer[key] for key in ("name", "size", "mime", "kind")} == {
        "name": "照片 1.png",
        "size": len(content),
        "mime": "image/png",
        "kind": "image",
    }
    row = store(world.server, "SELECT owner, size, mime, sha256, refs FROM file WHERE fid = ?", fid)
    assert row == [(li.id, len(content), "image/png", hashlib.sha256(content).digest(), 0)]
    assert place(fid) in disk(world.server)


@pytest.mark.parametrize("mime", SAMPLES)
def test_the_type_is_read_from_the_content_whatever_the_client_says(world, mime):
    li = world.user()
    answer = stored(world, li, SAMPLES[mime], name="x.html", mime="text/html")
    assert answer["mime"] == mime
    kind = mime.split("/")[0]
    assert answer["kind"] == (kind if kind in ("video", "audio") else "file")


@pytest.mark.parametrize("size", [1, 511, 512, 513, 65536, 131072, 131073, 1_000_003])
def test_every_byte_of_any_size_comes_back(world, size):
    li = world.user()
    content = os.urandom(size)
    answer = stored(world, li, content)
    assert answer["size"] == size
    assert fetch(world, answer["signed"]).body == content


def test_a_width_behind_the_fid_gives_the_file_itself_and_anything_else_is_not_there(world):
    li = world.user()
    url = stored(world, li, b"some bytes")["url"]
    assert fetch(world, url + "/320", li).body == b"some bytes"
    for path in (url + "/x", url + "/320/1", url + "/-1", url + "0", url[:-1]):
        answer = fetch(world, path, li)
        assert (answer.status, answer.error) == (404, NOT_THERE), path


@pytest.mark.parametrize("size", [1, 1000, 200_000])
def test_a_form_with_one_file_is_the_file(world, size):
    li = world.user()
    content = os.urandom(size).replace(b"--xY", b"____") + b"\r\n--xYz \r\n-"
    mime, body = form(content, name="C:\\fakepath\\ä.bin", before=field("a", "b"), after=field("c", "d" * 1000))
    answer = upload(world, li, body, mime=mime).data
    assert answer["size"] == len(content) and answer["name"] == "ä.bin"
    assert fetch(world, answer["signed"]).body == content


@pytest.mark.parametrize("pieces", [1, 7, 4096])
def test_a_chunked_body_in_small_pieces_is_stored_whole(world, pieces):
    li = world.user()
    content = os.urandom(300 if pieces == 1 else 30_000)
    head = request_bytes("POST", "/file/upload", headers=[*li.auth, ("Transfer-Encoding", "chunked")], body=b"")
    with Connection(world.server) as connection:
        connection.send(head)
        for i in range(0, len(content), pieces):
            piece = content[i : i + pieces]
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        answer = connection.response().data
        assert fetch(world, answer["signed"]).body == content
        assert connection.request("GET", "/healthz").status == 200, "the connection goes on"


def test_a_client_that_waits_for_100_is_told_to_go_on(world):
    li = world.user()
    with Connection(world.server) as connection:
        headers = [*li.auth, ("Expect", "100-continue"), ("Content-Length", "5")]
        connection.send(request_bytes("POST", "/file/upload", headers=headers))
        assert connection.response().status == 100
        connection.send(b"hello")
        assert connection.response().data["size"] == 5


def test_a_client_that_waits_for_100_without_a_token_is_refused_before_it_sends(world):
    with Connection(world.server) as connection:
        headers = [("Expect", "100-continue"), ("Content-Length", "50000000")]
        connection.send(request_bytes("POST", "/file/upload", headers=headers))
        answer = connection.response()
        assert (answer.status, answer.text) == (401, UNAUTHORIZED)
        assert connection.closed()


def test_requests_behind_an_upload_are_answered_in_order(world):
    li = world.user()
    with Connection(world.server) as connection:
        one = request_bytes("POST", "/file/upload", headers=li.auth, body=b"one")
        connection.send(one + request_bytes("GET", "/healthz") + one.replace(b"one", b"two"))
        assert connection.response().data["size"] == 3
        assert connection.response().text == "ok\n"
        assert connection.response().data["size"] == 3


@pytest.mark.parametrize("auth", [[], [("email", "a@b.cc"), ("token", "A" * 32)]])
def test_without_a_token_nothing_is_stored(world, auth):
    before = disk(world.server)
    answer = world.call("POST", "/file/upload", headers=auth, body=b"x" * 1000)
    assert (answer.status, answer.text) == (401, UNAUTHORIZED)
    assert disk(world.server) == before


@pytest.mark.parametrize(
    "name, kept",
    [
        ("../../etc/passwd", "passwd"),
        ("a\\b\\c.txt", "c.txt"),
        ("..", ""),
        ("a\r\nX-Evil: 1", ""),
        ("\u202egpj.exe", ""),
        ("x" * 256, ""),
        ("", ""),
        ('"; filename="b', '"; filename="b'),
    ],
)
def test_a_name_is_only_a_name(world, name, kept):
    li = world.user()
    answer = stored(world, li, name=name)
    assert answer["name"] == kept
    served = fetch(world, answer["signed"])
    assert served.header("x-evil") is None
    assert re.fullmatch(r"attachment(; filename\*=UTF-8''[A-Za-z0-9._%-]+)?", served.header("content-disposition"))


REFUSED = {
    "nothing": (b"", "application/octet-stream", NO_FILE),
    "an empty file in a form": (form(b"")[1], form(b"")[0], NO_FILE),
    "a form without a file": (field("a", "b") + b"--xYzZY--\r\n", form(b"")[0], NO_FILE),
    "two files": (form(b"a", before=form(b"b")[1].replace(b"--xYzZY--\r\n", b""))[1], form(b"")[0], (2100, "一次只能上传一个文件")),
    "no boundary": (form(b"a")[1], "multipart/form-data", (2100, "表单格式错误")),
    "another boundary": (form(b"a")[1], "multipart/form-data; boundary=other", NO_FILE),
    "a form cut short": (form(b"a" * 5000)[1][:3000], form(b"")[0], (2100, "表单格式错误")),
    "garbage behind a boundary": (b"--xYzZYgarbage\r\n", form(b"")[0], (2100, "表单格式错误")),
    "a head without an end": (b"--xYzZY\r\n" + b"a: b\r\n" * 1000, form(b"")[0], TOO_LARGE),
    "fields without an end": (field("a", "b" * 200_000) + form(b"x")[1], form(b"")[0], TOO_LARGE),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_upload_is_refused_and_leaves_nothing(world, witness, what):
    body, mime, error = REFUSED[what]
    li = world.user()
    before = disk(world.server)
    answer = upload(world, li, body, mime=mime)
    assert answer.status == 200 and answer.error == error
    assert disk(world.server) == before
    assert store(world.server, "SELECT COUNT(*) FROM file WHERE owner = ?", li.id) == [(0,)]


def test_other_methods_and_addresses(world):
    li = world.user()
    fid = stored(world, li)["fid"]
    assert world.call("PUT", "/file/upload", user=li, body=b"x").status == 405
    assert world.call("DELETE", f"/file/{fid}", user=li).status == 405
    for path in ("/file/", "/file/x", f"/file/{fid[:-1]}", f"/file/{fid}x", f"/file/{fid.upper()}", "/file/../../etc/passwd"):
        assert world.call("GET", path, user=li).status == 404, path
        assert world.call("GET", path).status == 401, path


# ---- limits ----

LIMITS = {
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


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    "start, limit",
    [(png(), 2048), (SAMPLES["video/mp4"], 4096), (SAMPLES["audio/ogg"], 3072), (b"plain", 5120)],
    ids=["image", "video", "audio", "file"],
)
def test_each_kind_has_its_limit(small, start, limit, chunked):
    li = small.user()
    content = start + os.urandom(limit - len(start))

    def send(body):
        if not chunked:
            return upload(small, li, body)
        headers = [*li.auth, ("Transfer-Encoding", "chunked")]
        return small.call("POST", "/file/upload", headers=headers, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert send(content).data["size"] == kept_size(content)
    assert send(content + b"x").error == TOO_LARGE
    assert len(disk(small.server)) == 1


def test_what_is_announced_as_too_large_is_not_waited_for(small):
    li = small.user()
    with half_upload(small.server, li, 10_000_000, b"x") as connection:
        assert connection.response().error == TOO_LARGE
        assert connection.closed()
    assert disk(small.server) == []


def test_the_quota_counts_all_of_a_users_files_and_nobody_elses(small):
    li, sam = small.user(), small.user()
    for _ in range(4):
        stored(small, li, os.urandom(4500))
    assert upload(small, li, os.urandom(4500)).error == (2106, "存储空间不足")
    assert stored(small, li, os.urandom(2480))["size"] == 2480, "up to the last byte"
    assert upload(small, li, b"x").error == (2106, "存储空间不足")
    stored(small, sam, os.urandom(4500))
    assert len(disk(small.server)) == 6
    assert small.server.metrics()["im_files_over_quota_total"] == 2


@pytest.mark.one_node("uploads under way are counted by each node")
def test_too_many_uploads_at_once_are_told_to_come_back(make_server):
    world = World(make_server({"media.uploads_max": 2}))
    li = world.user()
    held = [half_upload(world.server, li, 1000, b"x") for _ in range(2)]
    eventually(lambda: world.server.metrics()["im_uploads"] == 2, "two are under way")
    refused = upload(world, li, b"x")
    assert refused.status == 503 and refused.error[0] == 2108 and refused.header("retry-after") == "5"
    held[0].send(b"x" * 999)
    assert held[0].response().data["size"] == 1000
    assert upload(world, li, b"x").status == 200
    held[1].close()
    eventually(lambda: world.server.metrics()["im_uploads"] == 0, "all have ended")


@pytest.mark.one_node("uploads under way are counted by each node")
def test_one_users_uploads_leave_room_for_others(make_server):
    world = World(make_server({"media.uploads_per_user": 2}))
    li, sam = world.user(), world.user()
    held = [half_upload(world.server, li, 1_000_000, b"x" * 300_000) for _ in range(2)]
    coming = world.server.data / "files" / "tmp"
    # Something is written only once it is known whose it is.
    eventually(lambda: sum(path.stat().st_size > 0 for path in coming.iterdir()) == 2, "both are known as his")
    refused = upload(world, li, b"x")
    assert refused.status == 429 and refused.error[0] == 2108 and refused.header("retry-after") == "5"
    assert upload(world, sam, b"x").status == 200
    for connection in held:
        connection.close()
    eventually(lambda: upload(world, li, b"x").status == 200, "he may again")


# ---- coming down ----


def test_a_file_goes_out_with_headers_that_keep_browsers_from_running_it(world):
    li = world.user()
    evil = b"<html><script>alert(1)</script>"
    served = fetch(world, stored(world, li, evil, name="a.html", mime="text/html")["signed"])
    assert served.status == 200 and served.body == evil
    assert served.header("content-type") == "application/octet-stream"
    assert served.header("content-disposition") == "attachment; filename*=UTF-8''a.html"
    assert served.header("x-content-type-options") == "nosniff"
    assert served.header("content-security-policy") == CSP
    assert served.header("cache-control") == "private, max-age=31536000, immutable"
    svg = fetch(world, stored(world, li, b'<?xml version="1.0"?><svg onload="alert(1)"/>', name="a.svg")["signed"])
    assert svg.header("content-type") == "application/octet-stream"
    assert svg.header("content-disposition").startswith("attachment")
    pdf = fetch(world, stored(world, li, SAMPLES["application/pdf"])["signed"])
    assert pdf.header("content-disposition") == "attachment"
    for content in (png(), SAMPLES["video/mp4"], SAMPLES["audio/ogg"]):
        shown = fetch(world, stored(world, li, content)["signed"])
        assert shown.header("content-disposition") == "inline"
        assert shown.header("content-security-policy") == CSP and shown.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    "header, status, first, last",
    [
        ("bytes=0-0", 206, 0, 0),
        ("bytes=10-", 206, 10, 599_999),
        ("bytes=-5", 206, 599_995, 599_999),
        ("bytes=100-1000000", 206, 100, 599_999),
        ("bytes=300000-599999", 206, 300_000, 599_999),
        ("BYTES=1-2", 206, 1, 2),
        ("bytes=600000-", 416, None, None),
        ("bytes=-0", 416, None, None),
        ("bytes=5-4", 200, 0, 599_999),
        ("bytes=0-1,5-6", 200, 0, 599_999),
        ("lines=0-1", 200, 0, 599_999),
        ("bytes=a-b", 200, 0, 599_999),
        ("bytes=", 200, 0, 599_999),
        ("bytes=99999999999999999999-", 200, 0, 599_999),
    ],
)
def test_ranges(world, header, status, first, last):
    li = world.user()
    content = random.Random(1).randbytes(600_000)
    answer = stored(world, li, content)
    served = fetch(world, answer["signed"], headers=[("Range", header)])
    assert served.status == status
    if status == 416:
        assert served.header("content-range") == "bytes */600000" and served.error[0] == 2100
        return
    assert served.body == content[first : last + 1]
    assert served.header("content-range") == (f"bytes {first}-{last}/600000" if status == 206 else None)
    assert served.header("accept-ranges") == "bytes"
    head = fetch(world, answer["signed"], method="HEAD", headers=[("Range", header)])
    assert (head.status, head.body, head.header("content-length")) == (status, b"", str(last - first + 1))


def test_what_a_client_has_is_not_sent_again(world):
    li = world.user()
    answer = stored(world, li, b"0123456789")
    etag = fetch(world, answer["signed"]).header("etag")
    assert etag == f'"{answer["fid"]}"'
    for wanted in (etag, f'"x", W/{etag}', "*"):
        served = fetch(world, answer["signed"], headers=[("If-None-Match", wanted)])
        assert (served.status, served.body) == (304, b"") and served.header("etag") == etag
    assert fetch(world, answer["signed"], headers=[("If-None-Match", '"x"')]).status == 200
    part = [("Range", "bytes=2-3")]
    assert fetch(world, answer["signed"], headers=[*part, ("If-Range", etag)]).body == b"23"
    assert fetch(world, answer["signed"], headers=[*part, ("If-Range", '"x"')]).body == b"0123456789"


def test_many_files_over_one_connection(world):
    li = world.user()
    files = [(stored(world, li, content)["signed"], content) for content in (os.urandom(n) for n in (1, 300_000, 5, 700_000))]
    with Connection(world.server) as connection:
        connection.send(b"".join(request_bytes("GET", url) for url, _ in files))
        for _, content in files:
            assert connection.response().body == content
        assert connection.request("GET", "/healthz").status == 200


def test_http_1_0_gets_a_file_too(world):
    li = world.user()
    content = os.urandom(1_000_000)
    url = stored(world, li, content)["signed"]
    with Connection(world.server) as connection:
        connection.send(request_bytes("GET", url, version="HTTP/1.0"))
        assert connection.response().body == content
        assert connection.closed()


def test_a_reader_that_stops_or_leaves_in_the_middle_harms_nobody(world, witness):
    li = world.user()
    content = os.urandom(20_000_000)
    url = stored(world, li, content)["signed"]
    slow = [Connection(world.server) for _ in range(5)]
    for connection in slow:
        connection.send(request_bytes("GET", url))
        connection.sock.recv(1000)
    assert hashlib.sha256(fetch(world, url).body).digest() == hashlib.sha256(content).digest()
    for connection in slow:
        connection.close()
    assert fetch(world, url, headers=[("Range", "bytes=-10")]).body == content[-10:]


@pytest.mark.one_node("the descriptors are those of one process")
def test_readers_that_leave_in_the_middle_leave_no_descriptor_behind(make_server):
    server = make_server({"http.idle_timeout": "1s"})
    world = World(server)
    li = world.user()
    url = stored(world, li, os.urandom(20_000_000))["signed"]

    def descriptors():
        """Of files and of TCP: those of other things come and go, too."""
        with open(f"/proc/{server.pid}/net/tcp") as table:
            tcp = {line.split()[9] for line in table}
        found = []
        for name in os.listdir(f"/proc/{server.pid}/fd"):
            try:
                target = os.readlink(f"/proc/{server.pid}/fd/{name}")
            except FileNotFoundError:
                continue
            if target.startswith(str(server.data / "files")) or target.removeprefix("socket:[").rstrip("]") in tcp:
                found.append(target)
        return len(found)

    before = descriptors()
    readers = [Connection(server) for _ in range(10)]
    for connection in readers:
        connection.send(request_bytes("GET", url))
        connection.sock.recv(1000)
    assert descriptors() > before + 10, "a socket each, and a file"
    for connection in readers[:5]:
        connection.close()
    eventually(lambda: descriptors() <= before, "those that left are closed, the silent ones after the time-out")
    got = 0
    try:
        while piece := readers[5].sock.recv(1 << 20):
            got += len(piece)
    except ConnectionResetError:
        pass
    assert got < 20_000_000


# ---- who may ----


def test_a_signature_is_good_for_its_file_alone_and_only_unchanged(world):
    li = world.user()
    one, two = stored(world, li, b"one"), stored(world, li, b"two")
    signature = one["signed"].split("?s=")[1]
    assert fetch(world, one["url"], s=signature).body == b"one"
    expiry, mac = signature.split(".")
    later = f"{int(expiry, 16) + 1:x}"
    flipped = mac[:-2] + ("A" if mac[-2] != "A" else "B") + mac[-1]
    for url, bad in [
        (two["url"], signature),
        (one["url"], f"{later}.{mac}"),
        (one["url"], f"{expiry}.{flipped}"),
        (one["url"], f"{expiry}."),
        (one["url"], f".{mac}"),
        (one["url"], mac),
        (one["url"], ""),
        (one["url"], signature + "x"),
        (one["url"], "f" * 1000 + "." + mac),
    ]:
        answer = fetch(world, url, s=bad)
        assert answer.status == 403 and answer.error == (2101, "链接无效或已过期"), bad
    assert fetch(world, one["url"], user=li, s="bad").body == b"one", "the token decides"


def test_a_signature_ends(make_server):
    world = World(make_server({"media.url_ttl": "1s"}))
    li = world.user()
    url = stored(world, li, b"x")["signed"]
    assert fetch(world, url).status == 200
    eventually(lambda: fetch(world, url).status == 403, "it has ended")


def test_signatures_outlive_a_restart_and_the_key_is_nobody_elses(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    answer = stored(world, li, b"x" * 1000)
    key = server.data / "file.key"
    assert key.stat().st_mode & 0o777 == 0o600 and key.stat().st_size == 32
    server.restart()
    assert fetch(world, answer["signed"]).body == b"x" * 1000
    assert fetch(world, answer["url"], user=li).body == b"x" * 1000


def test_an_upload_is_its_owners_alone(world):
    li, sam = world.friends(2)
    answer = stored(world, li, b"mine")
    assert fetch(world, answer["url"], user=li).body == b"mine"
    other = fetch(world, answer["url"], user=sam)
    assert other.status == 404 and other.error == NOT_THERE
    nobody = fetch(world, answer["url"])
    assert (nobody.status, nobody.text) == (401, UNAUTHORIZED)
    unknown = fetch(world, "/file/" + "0" * 32, user=sam)
    assert (unknown.status, unknown.text) == (other.status, other.text), "the two look the same"


def send(world, user, peer, url, **fields):
    return world.call2("POST", "/msg/send", user, dstObj=str(getattr(peer, "email", peer)), msgType=2, content=url, **fields)


def test_a_message_opens_a_file_to_its_chat_and_to_nobody_else(world):
    li, sam, eve = world.friends(3)
    answer = stored(world, li, b"for sam")
    assert send(world, li, sam, answer["url"], chat=10).data["seq"] == 1
    assert fetch(world, answer["url"], user=sam).body == b"for sam"
    assert fetch(world, answer["url"], user=eve).error == NOT_THERE


def test_members_of_a_group_see_its_files_until_they_leave(world):
    li, sam, eve = world.user(), world.user(), world.user()
    group = world.group(li, sam)
    answer = stored(world, li, b"for the group")
    assert send(world, li, group, answer["url"], chat=11).data["seq"] > 0
    assert fetch(world, answer["url"], user=sam).body == b"for the group"
    assert fetch(world, answer["url"], user=eve).error == NOT_THERE
    world.join(eve, group)
    assert fetch(world, answer["url"], user=eve).body == b"for the group"


def test_who_left_a_group_has_its_files_no_more(world):
    li, sam = world.user(), world.user()
    group = world.group(li, sam)
    url = stored(world, li, b"x")["url"]
    send(world, li, group, url, chat=11)
    assert fetch(world, url, user=sam).status == 200
    assert world.call2("POST", "/community/leave", sam, dstObj=group).data is True
    assert fetch(world, url, user=sam).error == NOT_THERE
    assert send(world, sam, sam, url, chat=10).error[0] == 2109, "nor can he open it to himself again"


def test_a_new_member_who_may_not_read_back_does_not_get_old_files(make_server):
    world = World(make_server({"group.history": "joined"}))
    li, sam, eve = world.user(), world.user(), world.user()
    group = world.group(li, sam)
    old, new = stored(world, li, b"old"), stored(world, li, b"new")
    send(world, li, group, old["url"], chat=11)
    world.join(eve, group)
    send(world, li, group, new["url"], chat=11)
    assert fetch(world, old["url"], user=sam).body == b"old"
    assert fetch(world, old["url"], user=eve).error == NOT_THERE
    assert fetch(world, new["url"], user=eve).body == b"new"


@pytest.mark.parametrize("by", ["rest", "v2", "v1"])
def test_nobody_can_send_a_file_that_is_not_his_to_see(world, by):
    li, sam, eve = world.friends(3)
    url = stored(world, li, b"mine")["url"]
    for bad in (url, "/file/" + "0" * 32):
        if by == "rest":
            assert send(world, sam, eve, bad, chat=10).error[0] == 2109
        elif by == "v2":
            assert world.open2(sam).send_ack(eve, bad, msg_type=2)["code"] == 2109
        else:
            world.open(sam).send(cmd=10, dstObj=eve.email, msgType=2, content=bad, userEmail=sam.email)
            world.open2(sam).frames()
    assert world.history(eve, sam) == []
    assert fetch(world, url, user=eve).error == NOT_THERE


# ---- addresses in messages ----


@pytest.mark.parametrize("by", ["v1", "v2"])
def test_both_protocols_get_signed_addresses_and_the_store_keeps_the_canonical_one(world, by):
    li, sam = world.friends(2)
    url = stored(world, li, png())["url"]
    v1 = world.settled(li, sam)
    v2 = world.settled2(li, sam)
    if by == "v2":
        v2[0].send_ack(sam, url, msg_type=2)
    else:
        v1[0].send(cmd=10, dstObj=sam.email, msgType=2, content=url, userEmail=li.email)
    got = [v2[1].find(cmd=10)["content"]]
    while (frame := json.loads(v1[1].text()))["cmd"] != 10:
        pass
    assert frame["msgType"] == 2
    got += [frame["content"], world.history(sam, li)[0]["content"]]
    for signed in got:
        assert signed.startswith(url + "?s=") and "&" not in signed
        assert fetch(world, signed).body == png()
    assert len(set(got)) == 1, "an address stays the same for a while, so that a browser has it"
    assert store(world.server, "SELECT content FROM message ORDER BY id DESC LIMIT 1") == [(url,)]


def test_a_signed_address_that_comes_back_is_stored_canonically(world):
    li, sam, eve = world.friends(3)
    answer = stored(world, li, b"x")
    assert send(world, li, sam, answer["signed"], chat=10).data["seq"] == 1
    signed = world.history(sam, li)[0]["content"]
    assert send(world, sam, eve, signed, chat=10).data["seq"] == 1, "who got it may pass it on"
    assert send(world, sam, eve, answer["url"] + "/320?s=whatever", chat=10).data["seq"] == 2
    assert store(world.server, "SELECT content FROM message ORDER BY id DESC LIMIT 3") == [(answer["url"],)] * 3
    assert fetch(world, answer["url"], user=eve).body == b"x"


def test_a_resend_is_known_by_what_the_client_sent(world):
    li, sam = world.friends(2)
    answer = stored(world, li, b"x")
    first = send(world, li, sam, answer["signed"], chat=10, cid="c1").data
    again = send(world, li, sam, answer["signed"], chat=10, cid="c1").data
    assert again["dup"] is True and again["seq"] == first["seq"]
    assert send(world, li, sam, answer["url"], chat=10, cid="c1").error[0] == 2107


@pytest.mark.parametrize("text", ["/file/", "/file/upload", "/file/" + "g" * 32, "/file/" + "0" * 31, "/file/" + "0" * 33,
                                  "/file/" + "0" * 32 + " is nice", " /file/" + "0" * 32])  # fmt: skip
def test_text_that_only_looks_like_an_address_is_text(world, text):
    li, sam = world.friends(2)
    assert send(world, li, sam, text, chat=10).data["seq"] == 1
    assert world.history(sam, li)[0]["content"] == text


def test_an_edit_can_neither_make_nor_keep_a_file(world):
    li, sam = world.friends(2)
    answer = stored(world, li, b"x")
    edit = {"chat": 10, "dstObj": sam.email, "seq": 1}
    world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=1, content="text")
    assert world.call2("POST", "/msg/edit", li, **edit, content=answer["signed"]).error[0] == 2100
    world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=1, content=answer["url"])
    assert fetch(world, answer["url"], user=sam).body == b"x"
    assert world.call2("POST", "/msg/edit", li, **{**edit, "seq": 2}, content="text").data is True
    assert fetch(world, answer["url"], user=sam).error == NOT_THERE
    assert fetch(world, answer["signed"]).error == NOT_THERE, "nothing refers to it any more"


def test_a_forward_passes_the_file_on(world):
    li, sam, eve = world.friends(3)
    answer = stored(world, li, b"x")
    send(world, li, sam, answer["url"], chat=10)
    fwd = {"chat": 10, "dstObj": li.email, "seqs": [1]}
    one = world.call2("POST", "/msg/send", sam, chat=10, dstObj=eve.email, content="", fwd=fwd)
    assert one.data["seq"] == 1
    assert fetch(world, answer["url"], user=eve).body == b"x"


def test_a_merged_forward_signs_the_files_in_it(world):
    li, sam, eve = world.friends(3)
    answer = stored(world, li, b"x")
    send(world, li, sam, answer["url"], chat=10)
    ws = world.settled2(sam, eve)
    fwd = {"chat": 10, "dstObj": li.email, "seqs": [1]}
    ws[0].send_ack(eve, "two messages", msg_type=12, fwd=fwd)
    item = ws[1].find(cmd=10)["fwd"]["items"][0]
    assert item["content"].startswith(answer["url"] + "?s=") and fetch(world, item["content"]).body == b"x"
    assert fetch(world, answer["url"], user=eve).body == b"x"


def test_a_merged_forward_can_not_name_files_that_are_not_the_senders(world):
    li, sam, eve = world.friends(3)
    secret = stored(world, eve, b"x")["url"]
    world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=1, content="a", ext={"url": secret})
    ws = world.settled2(li, sam)
    fwd = {"chat": 10, "dstObj": sam.email, "seqs": [1]}
    assert ws[0].send_ack(sam, "m", msg_type=12, fwd=fwd)["code"] == 2109
    assert "?s=" not in str(ws[1].frames())


# ---- avatars and icons ----


def test_an_avatar_is_shown_to_everybody_signed(world):
    li, eve = world.user(), world.user()
    answer = stored(world, li, png())
    edited = world.call("PUT", "/user/edit_user", user=li, body={"uname": "li", "avatar": answer["signed"]}).data
    assert edited["avatar"].startswith(answer["url"] + "?s=")
    shown = world.get("/user/user_info", eve, email=li.email).data["avatar"]
    assert fetch(world, shown).body == png()
    assert fetch(world, answer["url"], user=eve).body == png()
    assert store(world.server, "SELECT avatar FROM user WHERE id = ?", li.id) == [(answer["url"],)]
    world.call("PUT", "/user/edit_user", user=li, body={"uname": "li", "avatar": "http://x/y.png"})
    assert fetch(world, answer["url"], user=eve).error == NOT_THERE


def test_nobody_shows_anothers_file_as_his_avatar_or_icon(world):
    li, eve = world.user(), world.user()
    url = stored(world, li, png())["url"]
    assert world.call("PUT", "/user/edit_user", user=eve, body={"uname": "e", "avatar": url}).error[0] == 2001
    assert world.post("/community/create", eve, name="g", icon=url, memo="").error[0] == 2100
    assert fetch(world, url, user=eve).error == NOT_THERE
    assert world.get("/user/user_info", li, email=eve.email).data.get("avatar") is None


def test_a_groups_icon_is_shown_to_everybody_signed(world):
    li, eve = world.user(), world.user()
    answer = stored(world, li, png())
    group = world.post("/community/create", li, name=f"icon {world.tag}", icon=answer["url"], memo="").data
    assert group["icon"].startswith(answer["url"] + "?s=")
    shown = world.get("/community/search_community", eve, info=f"icon {world.tag}").data[0]["icon"]
    assert fetch(world, shown).body == png()


def test_v2_shows_members_and_edited_icons_signed(world):
    li, sam = world.user(), world.user()
    icon, other, face = stored(world, li, png()), stored(world, sam, png()), stored(world, sam, png())
    group = world.group(li, sam)
    world.call("PUT", "/user/edit_user", user=sam, body={"uname": "s", "avatar": face["url"]})
    ws = world.open2(sam)
    ws.frames()
    edit = {"dstObj": group, "icon": other["url"]}
    assert world.call2("PUT", "/community/edit", li, **edit).error[0] == 2100, "it is not his to show"
    assert world.call2("PUT", "/community/edit", li, **{**edit, "icon": icon["signed"]}).status == 200
    told = ws.find(cmd=31, op="edit")["icon"]
    assert told.startswith(icon["url"] + "?s=") and fetch(world, told).status == 200
    assert fetch(world, icon["url"], user=sam).status == 200
    members = world.call2("GET", "/community/members", li, {"dstObj": group}).data["members"]
    avatar = next(member["avatar"] for member in members if member["email"] == sam.email)
    assert avatar.startswith(face["url"] + "?s=")
    assert store(world.server, "SELECT icon FROM chat WHERE id = ?", group) == [(icon["url"],)]


# ---- going ----


@pytest.mark.parametrize("how", ["recall", "delete"])
def test_what_is_taken_back_is_gone_for_everybody_and_from_the_disk(world, how):
    li, sam = world.friends(2)
    answer = stored(world, li, b"secret" * 100)
    send(world, li, sam, answer["url"], chat=10)
    signed = world.history(sam, li)[0]["content"]
    assert fetch(world, signed).status == 200
    if how == "recall":
        assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    else:
        assert world.call2("POST", "/msg/delete", li, chat=10, dstObj=sam.email, seqs=[1], scope="all").data is True
    assert fetch(world, signed).error == NOT_THERE
    assert fetch(world, answer["url"], user=li).error == NOT_THERE
    assert send(world, li, sam, answer["url"], chat=10).error[0] == 2109
    eventually(lambda: place(answer["fid"]) not in disk(world.server), "it leaves the disk")
    eventually(lambda: store(world.server, "SELECT 1 FROM file WHERE fid = ?", answer["fid"]) == [], "and the store")


def test_a_file_that_is_shown_elsewhere_stays(world):
    li, sam, eve = world.friends(3)
    answer = stored(world, li, b"x")
    send(world, li, sam, answer["url"], chat=10)
    send(world, li, eve, answer["url"], chat=10)
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert fetch(world, answer["url"], user=sam).error == NOT_THERE
    assert fetch(world, answer["url"], user=eve).body == b"x"


def test_an_upload_that_nothing_refers_to_goes_and_one_in_use_stays(make_server):
    world = World(make_server({"media.unused": "3s"}))  # Time to refer to one.
    li, sam = world.friends(2)
    used, unused = stored(world, li, b"used"), stored(world, li, b"unused")
    assert send(world, li, sam, used["url"], chat=10).data["seq"] == 1
    eventually(lambda: disk(world.server) == [place(used["fid"])], "the unused one leaves the disk")
    assert fetch(world, unused["signed"]).error == NOT_THERE
    assert fetch(world, used["url"], user=sam).body == b"used"
    eventually(lambda: world.server.metrics()["im_files_removed_total"] == 1, "and is counted")


# ---- cuts ----


def test_an_aborted_upload_leaves_nothing(world, witness):
    li = world.user()
    before = disk(world.server)
    for sent in (b"", b"x", b"x" * 300_000):
        half_upload(world.server, li, 1_000_000, sent).close()
    held = half_upload(world.server, li, 1_000_000, b"x" * 400_000)
    eventually(lambda: len(disk(world.server)) > len(before), "it is coming in")
    held.close()
    eventually(lambda: disk(world.server) == before, "nothing stays")
    assert store(world.server, "SELECT COUNT(*) FROM file WHERE owner = ?", li.id) == [(0,)]


def test_a_silent_upload_is_ended(make_server):
    world = World(make_server({"http.idle_timeout": "500ms"}))
    li = world.user()
    with half_upload(world.server, li, 1000, b"x") as connection:
        assert connection.response().status == 408
    eventually(lambda: disk(world.server) == [], "nothing stays")


@pytest.mark.one_node("a directory that nodes share is put right only of what nobody touched for an hour")
def test_kill_9_in_the_middle_leaves_no_half_file(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    whole = stored(world, li, os.urandom(100_000))
    held = half_upload(server, li, 10_000_000, b"x" * 1_000_000)
    eventually(lambda: len(disk(server)) > 1, "it is coming in")
    server.kill()
    held.close()
    server.start()
    assert disk(server) == [place(whole["fid"])]
    assert len(fetch(world, whole["url"], user=li).body) == 100_000


@pytest.mark.one_node("a directory that nodes share is put right only of what nobody touched for an hour")
def test_a_file_placed_without_a_row_is_cleared_at_the_start(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    whole = stored(world, li, b"x")
    server.kill()
    lost = "ab" * 16
    files = server.data / "files"
    (files / "ab/ab").mkdir(parents=True, exist_ok=True)
    (files / "tmp" / lost).write_bytes(b"half")
    os.link(files / "tmp" / lost, files / place(lost))
    os.link(files / place(whole["fid"]), files / "tmp" / whole["fid"])
    (files / "tmp" / "odd name").write_bytes(b"x")
    server.start()
    assert disk(server) == [place(whole["fid"])]


def test_a_shutdown_cuts_uploads_cleanly(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    held = half_upload(server, li, 10_000_000, b"x" * 300_000)
    eventually(lambda: disk(server) != [], "it is coming in")
    assert server.stop() == 0
    held.close()
    assert disk(server) == []


def test_a_download_under_way_is_finished_at_a_shutdown(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    content = os.urandom(8_000_000)
    url = stored(world, li, content)["signed"]
    with Connection(server) as connection:
        connection.send(request_bytes("GET", url))
        connection._line()
        os.kill(server.pid, 15)
        server.expect_alive = False
        connection.buffer = b"HTTP/1.1 200 OK\r\n" + connection.buffer
        assert connection.response().body == content
    assert server.wait() == 0


def test_memory_stays_flat_while_many_upload_and_fetch(make_server):
    server = make_server({"media.quota": 0, "media.uploads_per_user": 100})
    world = World(server)
    li = world.user()
    content = os.urandom(1_000_000 if sanitized() else 8_000_000)  # A sanitizer keeps what was freed.
    stored(world, li, content)  # What is allocated once.
    before = server.memory_kib()
    peak = before

    def one(_):
        nonlocal peak
        url = stored(world, li, content)["signed"]
        peak = max(peak, server.memory_kib())
        assert len(fetch(world, url).body) == len(content)
        peak = max(peak, server.memory_kib())

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(one, range(40)))
    assert server.grown_less(before - (peak - server.memory_kib()), 24), f"{before} KiB before, {peak} at the peak"
