"""Files that clients send to the bucket themselves, by an address that is good for just those bytes."""

import base64
import hashlib
import http.client
import os
import urllib.parse

import pytest

from support.doors import store
from support.media import SAMPLES, disk, fetch, png
from support.parts import begin, cancel, complete, init, part, send_all, sha256
from support.s3 import NAME, Wire, follow, send
from support.timing import wait_until
from support.world import World

MISSING = (2100, "还有分片没有上传")
NO_UPLOAD = (2109, "没有这个上传，或已过期")
MIB = 1 << 20
BUCKET = {"receive": "direct"}


def put(offer, content, headers=None, change=None):
    """What the bucket says; headers on top of those the server asks for, None: without that one."""
    url = urllib.parse.urlsplit(offer["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    sent = {name: value for name, value in (offer["headers"] | (headers or {})).items() if value is not None}
    target = f"{url.path}?{url.query}"
    connection.request("PUT", change(target) if change else target, body=content, headers=sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def sent_as(answer):
    """The object that an address is for."""
    return answer["fid"] + "-put"


def on_disk(world, fid):
    return [name for name in disk(world.server) if fid in name]


def arrived(world, user, content, **kind):
    begun = begin(world, user, content, **kind)
    assert put(begun["put"], content) == 200
    return complete(world, user, begun["fid"]).data


# ---- there, and back to people ----


@pytest.mark.parametrize("size", [1, 4096, 5 * MIB + 1])
def test_a_file_goes_to_the_bucket_without_passing_through_the_server(s3, world, size):
    li, sam = world.friends(2)
    content = os.urandom(size)
    begun = begin(world, li, content)
    assert put(begun["put"], content) == 200
    answer = complete(world, li, begun["fid"])
    want = {"fid": begun["fid"], "url": f"/file/{begun['fid']}", "name": "a.bin", "size": size, "kind": "file"}
    assert answer.data | want | {"mime": "application/octet-stream"} == answer.data
    assert s3.object(sent_as(begun)) == content
    assert not on_disk(world, begun["fid"])
    assert follow(fetch(world, answer.data["signed"])).content == content
    assert complete(world, li, begun["fid"]).data == answer.data
    assert send(world, li, sam, answer.data["url"]).status == 200
    assert follow(fetch(world, answer.data["url"], sam)).content == content


@pytest.mark.parametrize("mime", [mime for mime in SAMPLES if not mime.startswith("image/")])
def test_its_type_is_read_from_its_content(world, mime):
    answer = arrived(world, world.user(), SAMPLES[mime] + os.urandom(8), name="a.txt", mime="text/plain")
    assert answer["mime"] == mime
    assert follow(fetch(world, answer["signed"])).getheader("Content-Type") == mime


def test_what_claims_to_be_a_page_is_an_attachment_like_any_other(s3, world):
    content = b"<html><script>alert(1)</script>" + os.urandom(8)
    li = world.user()
    begun = begin(world, li, content, name="a.html", mime="text/html")
    assert put(begun["put"], content, {"Content-Type": "text/html"}) == 403
    assert put(begun["put"], content) == 200
    got = follow(fetch(world, complete(world, li, begun["fid"]).data["signed"]))
    assert got.getheader("Content-Type") == "application/octet-stream"
    assert got.getheader("Content-Disposition").startswith("attachment")


def test_known_content_and_a_quota_are_as_ever(s3, make_server):
    world = World(make_server(s3.options(receive="direct") | {"media.quota": "1M"}))
    li = world.user()
    content = os.urandom(600_000)
    answer = arrived(world, li, content)
    again = init(world, li, name="a.bin", size=len(content), sha256=sha256(content), mime="text/plain").data
    assert again == answer | {"done": True, "signed": again["signed"]}
    other = os.urandom(600_000)
    assert init(world, li, name="b", size=len(other), sha256=sha256(other)).error == (2106, "存储空间不足")
    world.close()


# ---- pictures, and what is not offered ----


def test_pictures_are_not_offered_since_they_are_looked_at(s3, world):
    content = png(20, 20) + b"where it was taken"
    li = world.user()
    assert "put" not in begin(world, li, content, name="a.png", mime="image/png")
    begun = begin(world, li, content, name="b.bin", mime="application/zip")
    assert put(begun["put"], content) == 200
    assert complete(world, li, begun["fid"]).error == (2100, "图片须经服务器上传，请上传分片")
    send_all(world, li, begun, content)
    answer = complete(world, li, begun["fid"]).data
    assert (answer["kind"], answer["width"], answer["height"]) == ("image", 20, 20)
    # The address still works, and can't bring back what was left out.
    wait_until(lambda: not on_disk(world, begun["fid"]), what="the picture is carried")
    assert put(begun["put"], content) == 200
    assert (s3.object(sent_as(begun)), s3.object(begun["fid"])) == (content, png(20, 20))
    assert follow(fetch(world, answer["signed"])).content == png(20, 20)


def test_more_than_its_kind_may_be_is_refused_and_its_upload_is_gone(s3, make_server):
    world = World(make_server(s3.options(receive="direct") | {"media.audio_max": "1K"}))
    li = world.user()
    content = SAMPLES["audio/mpeg"] + os.urandom(2000)
    begun = begin(world, li, content, mime="text/plain")
    assert put(begun["put"], content) == 200
    assert complete(world, li, begun["fid"]).error == (2106, "文件过大")
    assert complete(world, li, begun["fid"]).error == NO_UPLOAD
    world.close()


@pytest.mark.parametrize("options", [{"receive": "server"}, {}])
def test_without_the_setting_nothing_is_offered(s3, make_server, options):
    world = World(make_server(s3.options(**options)))
    li = world.user()
    content = os.urandom(100)
    begun = begin(world, li, content)
    assert "put" not in begun
    assert complete(world, li, begun["fid"]).error == MISSING
    world.close()


# ---- an address is good for its bytes alone ----


def test_other_bytes_are_not_taken(s3, world):
    li = world.user()
    content = os.urandom(5000)
    begun = begin(world, li, content)
    offer, fid = begun["put"], begun["fid"]
    other = os.urandom(5000)
    checksum = base64.b64encode(hashlib.sha256(other).digest()).decode()
    for body, headers in (
        (other, {}),
        (other, {"x-amz-checksum-sha256": checksum}),
        (other, {"x-amz-checksum-sha256": None}),
        (content[:-1], {}),
        (content + b"x", {}),
        (b"", {}),
    ):
        assert put(offer, body, headers) in (400, 403), headers
    assert sent_as(begun) not in s3.objects()
    assert complete(world, li, fid).error == MISSING
    for change in (
        lambda target: target.replace(fid, "0" * 32),
        lambda target: target.replace("X-Amz-Expires=600", "X-Amz-Expires=60000"),
        lambda target: target.split("?")[0],
    ):
        assert put(offer, content, change=change) == 403
    assert follow_get(offer) == 403
    assert put(offer, content) == 200
    assert complete(world, li, fid).data["fid"] == fid
    assert put(offer, other) in (400, 403)
    assert s3.object(sent_as(begun)) == content


def follow_get(offer):
    url = urllib.parse.urlsplit(offer["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    connection.request("GET", f"{url.path}?{url.query}")
    status = connection.getresponse().status
    connection.close()
    return status


def test_nobody_else_can_complete_or_cancel_it(world):
    li, kim = world.user(), world.user()
    content = os.urandom(100)
    begun = begin(world, li, content)
    assert put(begun["put"], content) == 200
    assert complete(world, kim, begun["fid"]).error == NO_UPLOAD
    assert cancel(world, kim, begun["fid"]).error == NO_UPLOAD
    assert complete(world, li, begun["fid"]).data["size"] == 100


def test_bytes_that_were_exchanged_in_the_bucket_are_noticed(s3, world):
    """A store that does not compare checksums, or somebody with a key of his own."""
    li = world.user()
    content = os.urandom(100)
    begun = begin(world, li, content)
    assert put(begun["put"], content) == 200
    other = begin(world, li, content[:50])
    assert put(other["put"], content[:50]) == 200
    folder = s3.home / "buckets" / NAME / "im"
    os.replace(folder / sent_as(other), folder / sent_as(begun))
    assert complete(world, li, begun["fid"]).error == (2111, "内容与声明的大小或sha256不符，请重新上传")
    assert complete(world, li, begun["fid"]).error == NO_UPLOAD


# ---- both ways, again, and cut ----


def test_parts_may_be_sent_instead_and_win(s3, world):
    li = world.user()
    content = os.urandom(9 * MIB)
    begun = begin(world, li, content)
    assert begun["parts"] > 1
    assert part(world, li, begun["fid"], 0, content[: begun["partSize"]]).data is True
    assert put(begun["put"], content) == 200
    answer = complete(world, li, begun["fid"]).data
    assert follow(fetch(world, answer["signed"])).content == content
    wait_until(lambda: not on_disk(world, begun["fid"]), what="what came in parts goes")
    second = begin(world, li, content[:-1])
    send_all(world, li, second, content[:-1])
    answer = complete(world, li, second["fid"]).data
    wait_until(lambda: second["fid"] in s3.objects() and not on_disk(world, second["fid"]), what="it is carried there")
    assert follow(fetch(world, answer["signed"])).content == content[:-1]


def test_an_upload_that_was_cut_is_begun_again_with_a_new_address(s3, world):
    li = world.user()
    content = os.urandom(MIB)
    begun = begin(world, li, content)
    again = begin(world, li, content)
    assert again["fid"] == begun["fid"] and again["put"]["expires"] >= begun["put"]["expires"]
    assert complete(world, li, begun["fid"]).error == MISSING
    assert put(again["put"], content) == 200
    assert complete(world, li, begun["fid"]).data["size"] == MIB


def test_after_a_kill_it_goes_on(s3, make_server):
    server = make_server(s3.options(receive="direct"))
    world = World(server)
    li = world.user()
    content = os.urandom(MIB)
    begun = begin(world, li, content)
    server.kill()
    assert put(begun["put"], content) == 200
    server.start()
    answer = complete(world, li, begun["fid"]).data
    server.kill()
    server.start()
    assert follow(fetch(world, answer["signed"])).content == content
    assert disk(server) == []
    world.close()


def test_while_the_bucket_is_down_it_can_be_completed_later(s3, make_server):
    wire = Wire(s3.port)
    world = World(make_server(s3.options(wire.endpoint, receive="direct", public_endpoint=s3.endpoint, timeout="1s")))
    li = world.user()
    content = os.urandom(1000)
    begun = begin(world, li, content)
    assert put(begun["put"], content) == 200
    wire.set("shut")
    busy = complete(world, li, begun["fid"])
    assert (busy.status, busy.error[0]) == (503, 2108)
    wire.set("open")
    wait_until(lambda: complete(world, li, begun["fid"]).status == 200, what="it is completed")
    assert follow(fetch(world, complete(world, li, begun["fid"]).data["signed"])).content == content
    wire.close()
    world.close()


# ---- going ----


def offers(world):
    return store(world, "SELECT 1 FROM object WHERE state = 4")


@pytest.fixture
def short(s3, make_server):
    """Addresses work for two seconds, and what they left is looked for two seconds later."""
    made = World(make_server(s3.options(receive="direct", url_ttl="2s") | {"media.upload_ttl": "2s"}))
    yield made
    made.close()


def test_what_was_sent_and_never_completed_leaves_the_bucket(s3, short):
    li = short.user()
    content = os.urandom(100)
    begun = begin(short, li, content)
    assert put(begun["put"], content) == 200
    wait_until(lambda: sent_as(begun) not in s3.objects(), what="it leaves the bucket")
    wait_until(lambda: store(short, "SELECT 1 FROM object") == [], what="and the store")
    assert put(begun["put"], content) == 403


def test_what_is_sent_after_a_cancel_or_a_recall_leaves_the_bucket(s3, short):
    li, sam = short.friends(2)
    content = os.urandom(100)
    begun = begin(short, li, content)
    assert cancel(short, li, begun["fid"]).data is True
    assert put(begun["put"], content) == 200
    other = content + b"x"
    second = begin(short, li, other)
    assert put(second["put"], other) == 200
    answer = complete(short, li, second["fid"]).data
    assert send(short, li, sam, answer["url"]).status == 200
    assert short.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    wait_until(lambda: store(short, "SELECT 1 FROM object WHERE fid = ?", second["fid"]) == [], what="it is taken back")
    status = put(second["put"], other)
    assert status in (200, 403)
    for one in (begun, second):
        wait_until(lambda: sent_as(one) not in s3.objects(), what="it leaves the bucket")
    wait_until(lambda: store(short, "SELECT 1 FROM object") == [], what="and the store")


def test_who_sends_and_cancels_again_and_again_is_not_offered_more_than_he_may_store(s3, make_server):
    options = {"media.quota": "1M", "media.unfinished_per_user": 3}
    world = World(make_server(s3.options(receive="direct") | options))
    li, sam = world.user(), world.user()
    offered = []
    for size in (600_000, 500_000, 1, 2, 3, 4):
        begun = begin(world, li, os.urandom(size))
        offered.append("put" in begun)
        assert cancel(world, li, begun["fid"]).data is True
    assert offered == [True, False, True, True, False, False]
    content = os.urandom(500_000)
    begun = begin(world, li, content)
    send_all(world, li, begun, content)
    assert complete(world, li, begun["fid"]).data["size"] == 500_000
    assert "put" in begin(world, sam, os.urandom(10))
    world.close()


def test_a_file_outlives_the_offer_it_came_by(s3, short):
    li, sam = short.friends(2)
    content = os.urandom(100)
    answer = arrived(short, li, content)
    assert send(short, li, sam, answer["url"]).status == 200
    assert len(offers(short)) == 1
    wait_until(lambda: offers(short) == [], what="the offer ends")
    assert s3.objects().count(sent_as(answer)) == 1
    assert follow(fetch(short, answer["url"], sam)).content == content




def test_the_page_may_send_there(s3, world, make_server):
    policy = world.call("GET", "/").header("content-security-policy")
    assert f"connect-src 'self' ws: wss: {s3.endpoint};" in policy
    elsewhere = World(make_server(s3.options()))
    assert "connect-src 'self' ws: wss:;" in elsewhere.call("GET", "/").header("content-security-policy")
    elsewhere.close()
