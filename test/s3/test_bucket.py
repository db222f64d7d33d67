"""Files in a bucket of a real S3 server: carried there, served from there, shared, and removed."""

import os

import pytest

from support.doors import store
from support.media import SAMPLES, disk, fetch, place, png, stored
from support.parts import begin, complete, init, send_all, sha256
from support.s3 import NAME, Wire, follow, send
from support.timing import wait_until
from support.world import World

NOT_THERE = (2109, "文件不存在")
MIB = 1 << 20


def there(s3, world, fid):
    """Waits until a file is in the bucket and not on the disk."""
    wait_until(lambda: fid in s3.objects() and place(fid) not in disk(world.server), what="it is carried to the bucket")


def carried(s3, world, user, content, **kind):
    answer = stored(world, user, content, **kind)
    there(s3, world, answer["fid"])
    return answer


# ---- there, and back to people ----


@pytest.mark.parametrize("size", [1, 4096, 5 * MIB + 1])
def test_a_file_is_carried_to_the_bucket_and_people_are_sent_there(s3, world, size):
    li = world.user()
    content = os.urandom(size)
    answer = carried(s3, world, li, content, name="a.bin")
    assert s3.object(answer["fid"]) == content
    sent = fetch(world, answer["signed"])
    assert sent.header("cache-control") == "private, max-age=150"
    assert sent.header("referrer-policy") == "no-referrer"
    got = follow(sent)
    assert (got.status, got.content) == (200, content)
    assert follow(fetch(world, answer["url"], li)).content == content


@pytest.mark.parametrize("mime", ["image/png", *SAMPLES])
def test_browsers_are_told_there_what_they_are_told_here(s3, world, make_server, mime):
    content = png() if mime == "image/png" else SAMPLES[mime]
    li = world.user()
    here = World(make_server())
    name = '照片 "1"\u3000%2F;=.html'
    told = fetch(here, stored(here, here.user(), content, name=name)["signed"])
    got = follow(fetch(world, carried(s3, world, li, content, name=name)["signed"]))
    assert got.content == told.body
    for header in ("Content-Type", "Content-Disposition", "Cache-Control", "Content-Length"):
        assert got.getheader(header) == told.header(header), header
    here.close()


def test_ranges_and_head_are_the_buckets(s3, world):
    content = os.urandom(100_000)
    answer = carried(s3, world, world.user(), content)
    got = follow(fetch(world, answer["signed"]), headers={"Range": "bytes=10-19"})
    assert (got.status, got.content) == (206, content[10:20])
    got = follow(fetch(world, answer["signed"], method="HEAD"), method="HEAD")
    assert (got.status, got.getheader("Content-Length"), got.content) == (200, "100000", b"")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "a\u202egpj.exe", "..", "x" * 256, "a&X-Amz-Expires=999999", "%00?#"])
def test_a_name_is_no_part_of_the_objects(s3, world, name):
    before = set(s3.objects())
    answer = carried(s3, world, world.user(), b"bytes", name=name)
    assert set(s3.objects()) - before == {answer["fid"]}
    assert follow(fetch(world, answer["signed"])).content == b"bytes"


def test_an_address_is_good_for_its_object_and_method_alone(s3, world):
    li = world.user()
    mine = carried(s3, world, li, b"mine")
    other = carried(s3, world, li, b"other")
    sent = fetch(world, mine["signed"])
    assert follow(sent, change=lambda target: target.replace(mine["fid"], other["fid"])).status == 403
    assert follow(sent, change=lambda target: target.replace("attachment", "inline")).status == 403
    assert follow(sent, change=lambda target: target.replace("X-Amz-Expires=600", "X-Amz-Expires=60000")).status == 403
    assert follow(sent, method="DELETE").status == 403
    assert follow(sent, method="PUT").status == 403
    assert s3.object(mine["fid"]) == b"mine"
    assert follow(sent).content == b"mine"


def test_an_address_ends(s3, make_server):
    world = World(make_server(s3.options(url_ttl="2s")))
    answer = carried(s3, world, world.user(), b"x")
    sent = fetch(world, answer["signed"])
    assert follow(sent).status == 200
    wait_until(lambda: follow(sent).status == 403, what="the presigned address ends")
    assert follow(fetch(world, answer["signed"])).content == b"x"
    world.close()


def test_who_may_not_have_a_file_is_not_sent_anywhere(s3, world):
    li, sam, eve = world.friends(3)
    answer = carried(s3, world, li, b"secret")
    assert send(world, li, sam, answer["url"]).status == 200
    assert follow(fetch(world, answer["url"], sam)).content == b"secret"
    for refused in (
        fetch(world, answer["url"], eve),
        fetch(world, answer["url"]),
        fetch(world, answer["signed"][:-1] + ("a" if answer["signed"][-1] != "a" else "b")),
    ):
        assert refused.status in (401, 403, 404) and refused.header("location") is None
    assert fetch(world, answer["url"], eve).error == NOT_THERE


def test_nobody_without_a_signature_gets_anything_from_the_bucket(s3, world):
    answer = carried(s3, world, world.user(), b"secret")
    assert follow(fetch(world, answer["signed"]), change=lambda target: target.split("?")[0]).status == 403


@pytest.mark.parametrize("serve", ["redirect", "proxy"])
def test_smaller_forms_of_a_picture_go_with_it(s3, make_server, serve):
    world = World(make_server(s3.options(serve=serve) | {"media.unused": "1h"}))
    li, sam = world.friends(2)
    answer = stored(world, li, png(1000, 500), name="a.png")
    fid = answer["fid"]
    small = f"/file/{fid}/160" + answer["signed"][len(answer["url"]) :]
    near = fetch(world, small)
    assert (near.status, near.header("content-type")) in ((200, "image/webp"), (302, None))
    there(s3, world, fid)
    assert [name for name in s3.objects() if name.startswith(fid)] == [fid, f"{fid}.160", f"{fid}.320", f"{fid}.640"]
    if serve == "redirect":
        got = follow(fetch(world, small))
        kind, body = got.getheader("Content-Type"), got.content
    else:
        got = fetch(world, small)
        kind, body = got.header("content-type"), got.body
    assert (kind, body) == ("image/webp", s3.object(f"{fid}.160"))
    assert disk(world.server) == []
    send(world, li, sam, answer["url"])
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    wait_until(lambda: [name for name in s3.objects() if name.startswith(fid)] == [], what="all forms leave the bucket")
    world.close()


# ---- served by proxy ----


@pytest.fixture
def proxy(s3, make_server):
    made = World(make_server(s3.options(serve="proxy")))
    yield made
    made.close()


def test_a_proxied_file_is_like_one_on_the_disk(s3, proxy, make_server):
    here = World(make_server())
    content = os.urandom(3 * MIB + 17)
    answer = carried(s3, proxy, proxy.user(), content, name="a b.bin")
    on_disk = stored(here, here.user(), content, name="a b.bin")
    for headers in (
        [],
        [("Range", "bytes=0-0")],
        [("Range", "bytes=1048570-2097200")],
        [("Range", "bytes=-5")],
        [("Range", f"bytes={len(content)}-")],
        [("If-Range", '"other"'), ("Range", "bytes=0-0")],
    ):
        for method in ("GET", "HEAD"):
            got = fetch(proxy, answer["signed"], method=method, headers=headers)
            told = fetch(here, on_disk["signed"], method=method, headers=headers)
            assert (got.status, got.body) == (told.status, told.body)
            different = {"date", "etag"}
            assert [pair for pair in got.headers if pair[0] not in different] == [
                pair for pair in told.headers if pair[0] not in different
            ]
    etag = fetch(proxy, answer["signed"]).header("etag")
    assert fetch(proxy, answer["signed"], headers=[("If-None-Match", etag)]).status == 304
    here.close()


def test_a_proxied_file_whose_object_is_lost_is_not_there(s3, proxy):
    answer = carried(s3, proxy, proxy.user(), b"x")
    (s3.home / "buckets" / NAME / "im" / answer["fid"]).unlink()
    assert fetch(proxy, answer["signed"]).error == NOT_THERE


# ---- large ones ----


def test_a_large_file_goes_in_parts_and_is_whole(s3, make_server):
    world = World(make_server(s3.options(part_size="5M")))
    content = os.urandom(12 * MIB + 3)
    answer = carried(s3, world, world.user(), content)
    assert s3.object(answer["fid"]) == content
    assert follow(fetch(world, answer["signed"])).content == content
    assert s3.unfinished() == []
    world.close()


def test_what_a_cut_left_of_a_large_file_is_cleared_and_the_file_arrives(s3, make_server):
    wire = Wire(s3.port)
    server = make_server(s3.options(wire.endpoint, part_size="5M"))
    world = World(server)
    li = world.user()
    content = os.urandom(12 * MIB)
    wire.set("deaf")  # the first request is made, and its answer never comes
    answer = stored(world, li, content)
    wait_until(lambda: store(world, "SELECT state FROM object WHERE fid = ?", answer["fid"]) == [(1,)], what="it leaves")
    wait_until(lambda: wire.bytes_up > 200, what="the request is made")
    server.kill()
    wire.set("open")
    server.start()
    there(s3, world, answer["fid"])
    assert s3.object(answer["fid"]) == content
    assert s3.unfinished() == []
    wire.close()
    world.close()


# ---- going ----


def test_what_is_taken_back_leaves_the_bucket(s3, world):
    li, sam = world.friends(2)
    answer = carried(s3, world, li, b"secret" * 100)
    send(world, li, sam, answer["url"])
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert fetch(world, answer["signed"]).error == NOT_THERE
    wait_until(lambda: answer["fid"] not in s3.objects(), what="it leaves the bucket")
    wait_until(lambda: store(world, "SELECT 1 FROM object WHERE fid = ?", answer["fid"]) == [], what="and the store")


def test_known_content_is_shared_in_the_bucket_until_its_last_file_goes(s3, make_server):
    world = World(make_server(s3.options() | {"media.unused": "1h"}))
    li, sam = world.friends(2)
    content = os.urandom(5000)
    first = carried(s3, world, li, content, name="a")
    assert send(world, li, sam, first["url"]).status == 200
    before = s3.objects()
    second = init(world, sam, name="b", size=len(content), sha256=sha256(content), mime="text/plain").data
    assert second["done"] is True and second["fid"] != first["fid"]
    assert send(world, sam, li, second["url"]).status == 200
    assert follow(fetch(world, second["signed"])).content == content
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    wait_until(lambda: store(world, "SELECT 1 FROM file WHERE fid = ?", first["fid"]) == [], what="the first goes")
    assert s3.objects() == before
    assert fetch(world, first["signed"]).error == NOT_THERE
    assert follow(fetch(world, second["signed"])).content == content
    assert world.call2("POST", "/msg/recall", sam, chat=10, dstObj=li.email, seq=2).data is True
    wait_until(lambda: first["fid"] not in s3.objects(), what="the object goes with the last")
    assert second["fid"] not in s3.objects()
    world.close()


def test_a_file_in_parts_is_carried_too(s3, world):
    li = world.user()
    content = os.urandom(3 * MIB)
    begun = begin(world, li, content, name="a.bin")
    send_all(world, li, begun, content)
    answer = complete(world, li, begun["fid"]).data
    there(s3, world, answer["fid"])
    assert follow(fetch(world, answer["signed"])).content == content
    assert complete(world, li, begun["fid"]).data == answer


# ---- one store and the other ----


def test_old_files_follow_when_the_bucket_becomes_the_store_and_stay_when_the_disk_does(s3, make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    old = stored(world, li, b"old")
    assert fetch(world, old["signed"]).body == b"old"
    server.stop()
    server.options |= s3.options()
    server.start()
    there(s3, world, old["fid"])
    assert follow(fetch(world, old["signed"])).content == b"old"
    server.stop()
    server.options |= {"media.store": "disk"}
    server.start()
    new = stored(world, li, b"new")
    assert fetch(world, new["signed"]).body == b"new"
    assert follow(fetch(world, old["signed"])).content == b"old"
    assert place(new["fid"]) in disk(server) and new["fid"] not in s3.objects()
    world.close()


def test_a_server_whose_files_are_in_a_bucket_does_not_start_without_it(s3, make_server):
    server = make_server(s3.options())
    world = World(server)
    li = world.user()
    answer = carried(s3, world, li, b"x")
    server.stop()
    with_bucket = dict(server.options)
    server.options = {name: value for name, value in server.options.items() if "s3" not in str(value) and ".s3_" not in name}
    server.start(wait=False)
    assert server.wait() != 0
    assert "media.s3_endpoint" in server.log()
    server.options = with_bucket
    server.start()
    assert follow(fetch(world, answer["signed"])).content == b"x"
    world.close()


def test_a_copy_that_a_crash_left_on_the_disk_goes_at_the_start(s3, make_server):
    """The crash between the commit that says the file is in the bucket and its removal from the disk."""
    server = make_server(s3.options())
    world = World(server)
    answer = carried(s3, world, world.user(), b"x" * 1000)
    server.kill()
    for name in (place(answer["fid"]), f"tmp/{answer['fid']}"):
        (server.data / "files" / name).write_bytes(b"x" * 1000)
    server.start()
    assert disk(server) == []
    assert follow(fetch(world, answer["signed"])).content == b"x" * 1000
    world.close()
