"""Pictures on their way in: what is kept of them, what goes, and what hostile ones do to anybody."""

import base64
import concurrent.futures
import contextlib
import hashlib
import io
import os
import re
import signal
import time

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from support.http import Connection
from support.media import disk, fetch, place, png, stored, upload
from support.pictures import (
    SECRET,
    corners,
    encoded,
    exif,
    gif_bomb,
    gone,
    jpeg_sized,
    moving,
    opened,
    png_bomb,
    processes,
    scene,
    webp_bomb,
    worker,
    workers,
)
from support.server import cli, sanitized
from support.store import rows
from support.timing import seconds, wait_until
from support.world import World

SERVER_OPTIONS = {"media.picture_time": "60s"}  # A busy machine is no reason to refuse one.

BROKEN = (2111, "图片无法识别或已损坏")
TOO_MANY_PIXELS = (2111, "图片像素过多")
NO_WORKER = (2108, "图片处理暂不可用，请稍后再试")


def row(server, fid):
    return rows(server, "SELECT size, sha256, width, height, thumbs FROM file WHERE fid = ?", fid)[0]


def metric(world, name):
    return world.server.metrics()[name]


def nothing_stays(world, user, content, error, status=200):
    before = disk(world.server)
    answer = upload(world, user, content)
    assert (answer.status, answer.error) == (status, error)
    assert disk(world.server) == before


# ---- what is kept ----


def test_the_answer_tells_size_and_a_small_blurred_preview(world):
    li = world.user()
    answer = stored(world, li, encoded(scene(300, 200), "PNG"))
    assert (answer["width"], answer["height"]) == (300, 200)
    assert len(answer["blur"]) < 400
    kind, data = answer["blur"].split(",")
    assert kind == "data:image/webp;base64"
    blur = opened(base64.b64decode(data))
    assert max(blur.size) == 24
    # It shows what the picture shows: their means are near each other.
    means = [image.convert("RGB").resize((1, 1), Image.BOX).getpixel((0, 0)) for image in (blur, scene(300, 200))]
    assert all(abs(a - b) < 20 for a, b in zip(*means)), means


def test_a_file_that_is_no_picture_has_no_size(world):
    li = world.user()
    assert not {"width", "height", "blur"} & set(stored(world, li, b"text"))


def test_a_picture_without_extras_is_kept_bit_for_bit(world):
    li = world.user()
    for content in (png(), encoded(scene(60, 40), "WEBP"), moving("GIF"), moving("WEBP")):
        answer = stored(world, li, content)
        assert fetch(world, answer["signed"]).body == content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_position_and_maker_are_gone(world, kind, orientation):
    li = world.user()
    content = encoded(scene(90, 60), kind, exif=exif(orientation))
    assert SECRET.encode() in content
    answer = stored(world, li, content)
    kept = fetch(world, answer["signed"]).body
    assert SECRET.encode() not in kept and b"Exif" not in kept and b"EXIF" not in kept and b"eXIf" not in kept
    assert dict(opened(kept).getexif()) == {}
    assert opened(kept).format == kind
    assert not any(SECRET.encode() in path.read_bytes() for path in (world.server.data / "files").rglob("*") if path.is_file())
    size, sha256, *_ = row(world.server, answer["fid"])
    assert size == answer["size"] == len(kept)
    assert sha256 == hashlib.sha256(content).digest(), "of what was uploaded"


def test_comments_texts_and_what_follows_the_end_are_gone(world):
    li = world.user()
    text = SECRET.encode()
    info = PngInfo()
    info.add_text("Comment", SECRET)
    info.add_itxt("XML:com.adobe.xmp", SECRET)
    jpeg = encoded(scene(60, 40), "JPEG", comment=text)
    jpeg = jpeg[:2] + b"\xff\xe1" + (2 + 29 + len(text)).to_bytes(2, "big") + b"http://ns.adobe.com/xap/1.0/\0" + text + jpeg[2:]
    webp = encoded(scene(60, 40), "WEBP", xmp=text)
    for content in (
        encoded(scene(60, 40), "PNG", pnginfo=info),
        jpeg,
        webp,
        moving("GIF", comment=text),
        encoded(scene(60, 40), "PNG") + text,
        encoded(scene(60, 40), "JPEG") + text,
        encoded(scene(60, 40), "WEBP") + text,
        moving("GIF") + text,
    ):
        assert text in content
        kept = fetch(world, stored(world, li, content)["signed"]).body
        assert text not in kept
        assert opened(kept).tobytes() == opened(content).tobytes(), "and it looks as before"


def test_a_colour_profile_stays(world):
    li = world.user()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        kept = fetch(world, stored(world, li, encoded(scene(60, 40), kind, icc_profile=profile))["signed"]).body
        assert opened(kept).info["icc_profile"] == profile, kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(world, kind, orientation):
    li = world.user()
    upright = corners(64, 48)
    undo = {2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}  # transpositions that lay it as the camera saw it
    lying = upright
    for step in undo.get(orientation, []):
        lying = lying.transpose(step)
    answer = stored(world, li, encoded(lying, kind, quality=95, exif=exif(orientation)))
    assert (answer["width"], answer["height"]) == (64, 48)
    kept = opened(fetch(world, answer["signed"]).body).convert("RGB")
    assert kept.size == (64, 48)
    for at in ((10, 10), (54, 10), (10, 38), (54, 38)):
        assert all(abs(a - b) < 40 for a, b in zip(kept.getpixel(at), upright.getpixel(at))), (at, kept.getpixel(at))


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_what_moves_keeps_moving(world, kind):
    li = world.user()
    content = moving(kind, count=7, width=400, height=300)
    answer = stored(world, li, content)
    assert (answer["width"], answer["height"]) == (400, 300)
    kept = opened(fetch(world, answer["signed"]).body)
    assert kept.n_frames == 7 and kept.info["loop"] == 0
    for width in (160, 320):
        served = fetch(world, f"{answer['url']}/{width}", li)
        small = Image.open(io.BytesIO(served.body))
        assert served.header("content-type") == "image/webp"
        assert (small.size[0], small.n_frames) == (width, 7)
        small.seek(6)
        small.load()
        assert small.info["duration"] == 70


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA", "P", "I;16", "CMYK"])
def test_every_kind_of_colour_is_taken(world, mode):
    li = world.user()
    if mode == "CMYK":
        content = encoded(scene(400, 300).convert("CMYK"), "JPEG")
    elif mode == "I;16":
        content = encoded(Image.frombytes("I;16", (400, 300), os.urandom(240000)), "PNG")
    else:
        content = encoded(scene(400, 300, "RGBA").convert(mode), "PNG")
    answer = stored(world, li, content)
    assert (answer["width"], answer["height"]) == (400, 300) and answer["blur"]
    assert fetch(world, answer["signed"]).body == content
    assert opened(fetch(world, answer["url"] + "/160", li).body).size == (160, 120)


def test_a_picture_of_one_pixel_and_one_of_a_single_line(world):
    li = world.user()
    for size in ((1, 1), (2000, 1), (1, 2000)):
        answer = stored(world, li, encoded(scene(*size), "PNG"))
        assert (answer["width"], answer["height"]) == size


# ---- smaller forms ----


@pytest.mark.parametrize(
    "asked, width", [(1, 160), (160, 160), (161, 320), (640, 640), (1000, 1280), (1280, 1280), (1281, 2000), (99999, 2000)]
)
def test_a_width_is_rounded_up_to_the_next_that_there_is(world, asked, width):
    li = world.user()
    answer = stored(world, li, encoded(scene(2000, 1000), "JPEG"), name="a.jpg")
    served = fetch(world, f"{answer['url']}/{asked}", li)
    image = opened(served.body)
    assert image.size == (width, width // 2)
    assert served.header("content-type") == ("image/jpeg" if width == 2000 else "image/webp")
    assert served.header("x-content-type-options") == "nosniff"
    assert served.header("content-security-policy") == "sandbox; default-src 'none'"
    assert served.header("cache-control") == "private, max-age=31536000, immutable"
    assert served.header("content-disposition").startswith("inline")
    again = fetch(world, f"{answer['url']}/{asked}", li, headers=[("If-None-Match", served.header("etag"))])
    assert again.status == 304
    assert image.info.get("icc_profile") is None or width == 2000


def test_nothing_is_made_larger_than_it_came(world):
    li = world.user()
    content = encoded(scene(200, 150), "PNG")
    answer = stored(world, li, content)
    assert opened(fetch(world, answer["url"] + "/160", li).body).size == (160, 120)
    assert fetch(world, answer["url"] + "/161", li).body == content
    assert [name for name in disk(world.server) if answer["fid"] in name] == [place(answer["fid"]), place(answer["fid"]) + ".160"]


def test_a_long_strip_keeps_its_shape(world):
    li = world.user()
    answer = stored(world, li, encoded(scene(500, 4000), "PNG"))
    assert opened(fetch(world, answer["url"] + "/320", li).body).size == (160, 1280)


def test_a_signature_is_good_for_all_widths_and_nobody_gets_one_without(world):
    li, eve = world.user(), world.user()
    answer = stored(world, li, encoded(scene(400, 300), "PNG"))
    path, signature = answer["signed"].split("?")
    assert opened(fetch(world, f"{path}/160?{signature}").body).size == (160, 120)
    assert fetch(world, f"{path}/160").status == 401
    assert fetch(world, f"{path}/160?s=1.x").status == 403
    assert fetch(world, f"{path}/160", eve).error == (2109, "文件不存在")


def test_smaller_forms_go_with_the_file(world):
    li, sam = world.friends(2)
    answer = stored(world, li, encoded(scene(700, 500), "PNG"))
    fid = answer["fid"]
    assert len([name for name in disk(world.server) if fid in name]) == 4
    world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=2, content=answer["url"])
    assert world.call2("POST", "/msg/recall", li, chat=10, dstObj=sam.email, seq=1).data is True
    assert fetch(world, answer["url"] + "/160", li).status == 404
    wait_until(lambda: not [name for name in disk(world.server) if fid in name], 20, what="nothing of it on the disk")


# ---- what is no picture ----

JPEG = encoded(scene(300, 200), "JPEG")
BROKEN_PICTURES = {
    "a JPEG cut in half": JPEG[: len(JPEG) // 2],
    "a PNG cut in half": encoded(scene(300, 200), "PNG")[:-5000],
    "a PNG without its last chunk": png()[:-12],
    "a PNG with a wrong checksum": png().replace(b"IDAT", b"IDAT", 1)[:-20] + b"\0\0\0\0" + png()[-16:],
    "a GIF cut in half": moving("GIF")[:-3000],
    "a WebP cut in half": encoded(scene(300, 200), "WEBP")[:-500],
    "a moving WebP cut in half": moving("WEBP")[:-500],
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "a GIF without frames": b"GIF89a\x01\0\x01\0\0\0\0;",
    "a script behind a GIF's signature": b"GIF89a/*" + b"\0" * 20 + b"*/=alert(1)//;",
    "a PNG of no width": png(1, 1).replace(b"\0\0\0\x01\0\0\0\x01", b"\0\0\0\0\0\0\0\x01", 1),
    "noise behind a signature": b"RIFF\x40\0\0\0WEBPVP8 " + bytes(range(64)),
    "a JPEG that says it is a PNG inside": b"\x89PNG\r\n\x1a\n" + JPEG,
}


@pytest.mark.parametrize("what", BROKEN_PICTURES)
def test_what_can_not_be_decoded_is_refused_and_nothing_stays(world, witness, what):
    nothing_stays(world, world.user(), BROKEN_PICTURES[what], BROKEN)


def test_a_polyglot_keeps_only_its_picture(world):
    li = world.user()
    script = b"<script>alert(document.domain)</script>"
    content = encoded(scene(60, 40), "JPEG", comment=script) + b"PK\x03\x04" + script
    served = fetch(world, stored(world, li, content, name="x.html", mime="text/html")["signed"])
    assert served.header("content-type") == "image/jpeg"
    assert script not in served.body and b"PK\x03\x04" not in served.body


# ---- bombs ----

ONE = b"\0\0\0\1"
BOMBS = {
    "a PNG of 60000 x 60000": (lambda: png(1, 1).replace(ONE * 2, (60000).to_bytes(4, "big") * 2, 1), TOO_MANY_PIXELS),
    "a PNG of 2^31 x 2^31": (lambda: png(1, 1).replace(ONE * 2, b"\x7f\xff\xff\xff" * 2, 1), TOO_MANY_PIXELS),
    "a whole PNG of 10000 x 10000": (lambda: png_bomb(10000, 10000), TOO_MANY_PIXELS),
    "a JPEG that says 65000 x 65000": (lambda: jpeg_sized(JPEG, 65000, 65000), TOO_MANY_PIXELS),
    "a GIF of 65000 x 65000": (lambda: gif_bomb(65000, 65000, 1), TOO_MANY_PIXELS),
    "a GIF of 1500 frames": (lambda: gif_bomb(1000, 1000, 1500), TOO_MANY_PIXELS),
    "a GIF of 100000 frames": (lambda: gif_bomb(1, 1, 100_000), TOO_MANY_PIXELS),
    "a WebP of 16000 x 16000": (lambda: webp_bomb(16000, 16000), TOO_MANY_PIXELS),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_is_refused_at_once_and_nobody_notices(world, witness, what):
    make, error = BOMBS[what]
    content = make()
    li = world.user()
    worker_pid = stored(world, li, png()) and worker(world.server)
    begin = time.monotonic()
    nothing_stays(world, li, content, error)
    assert time.monotonic() - begin < seconds(5)
    assert workers(world.server) == [worker_pid], "the worker is unharmed"


def test_the_largest_picture_that_may_be_costs_the_server_nothing(make_server):
    server = make_server({"media.picture_time": "60s"})
    world = World(server)
    li = world.user()
    content = png_bomb(7000, 7000)
    assert len(content) < 100_000
    stored(world, li, png())
    pid, before = worker(server), server.memory_kib()
    answer = stored(world, li, content)
    assert (answer["width"], answer["height"]) == (7000, 7000)
    assert server.grown_less(before, 16)
    if not sanitized():
        peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
        assert peak < 512 * 1024, f"{peak} KiB"


@pytest.mark.one_node("the media worker, and who waits for it, are those of one node")
def test_others_are_served_while_pictures_wait(make_server):
    """A worker that hangs holds up pictures, and nothing else."""
    server = make_server({"media.picture_time": "60s"})
    world = World(server)
    li, sam = world.friends(2)
    stored(world, li, png())
    pid = worker(server)
    os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(upload, world, li, png()) for _ in range(4)]
        wait_until(lambda: metric(world, "im_pictures_waiting") == 3, what="three wait for the one that hangs")
        text = stored(world, sam, b"a text")
        assert fetch(world, text["url"], sam).body == b"a text"
        assert world.call2("POST", "/msg/send", li, chat=10, dstObj=sam.email, msgType=1, content="hi").data["seq"] == 1
        os.kill(pid, signal.SIGCONT)
        assert [one.result().data["width"] for one in waiting] == [2] * 4


@pytest.mark.one_node("the media worker, and who waits for it, are those of one node")
def test_users_take_turns(make_server):
    server = make_server({"media.picture_time": "60s"})
    world = World(server)
    li, sam = world.user(), world.user()
    stored(world, li, png())
    pid = worker(server)
    os.kill(pid, signal.SIGSTOP)
    order = []

    def one(user, name):
        stored(world, user, png())
        order.append(name)

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        many = [pool.submit(one, li, "li") for _ in range(10)]
        wait_until(lambda: metric(world, "im_pictures_waiting") == 9, what="nine wait")
        last = pool.submit(one, sam, "sam")
        wait_until(lambda: metric(world, "im_pictures_waiting") == 10, what="ten wait")
        os.kill(pid, signal.SIGCONT)
        last.result()
        assert order.index("sam") < 6, order
        for future in many:
            future.result()


# ---- a worker's life ----


@pytest.mark.one_node("the media worker, and who waits for it, are those of one node")
def test_a_worker_that_is_killed_in_the_middle_is_replaced_and_nobody_notices(make_server):
    server = make_server({"media.picture_time": "60s"})
    world = World(server)
    li = world.user()
    stored(world, li, png())
    pid = worker(server)
    os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(upload, world, li, encoded(scene(400, 300), "PNG"))
        wait_until(lambda: [name for name in disk(server) if name.endswith(".clean")], what="it has the picture")
        os.kill(pid, signal.SIGKILL)
        answer = waiting.result().data
    assert (answer["width"], answer["height"]) == (400, 300)
    assert worker(server) != pid
    assert metric(world, "im_picture_worker_restarts_total") == 1
    assert metric(world, 'im_pictures_total{result="ok"}') == 2
    assert [name for name in disk(server) if name.startswith("tmp")] == []


@pytest.mark.one_node("the media worker, and who waits for it, are those of one node")
def test_a_picture_whose_workers_die_again_is_refused(make_server):
    server = make_server({"media.picture_time": "60s"})
    world = World(server)
    li = world.user()
    stored(world, li, png())
    before = disk(server)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(upload, world, li, png_bomb(6500, 6500))  # a second of work
        while not waiting.done():
            for pid in workers(server):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        answer = waiting.result()
    # The second worker died at its start, or at the picture. Either way nothing stays.
    assert answer.error in (BROKEN, NO_WORKER)
    assert disk(server) == before
    wait_until(lambda: upload(world, li, png()).status == 200, 30, 0.2, what="pictures are taken again")


@pytest.mark.one_node("the media worker, and who waits for it, are those of one node")
def test_a_worker_that_hangs_is_killed_and_the_picture_refused(make_server):
    server = make_server({"media.picture_time": "1s"})
    world = World(server)
    li = world.user()
    wait_until(lambda: upload(world, li, png()).status == 200, what="a worker")
    pid = worker(server)
    os.kill(pid, signal.SIGSTOP)
    nothing_stays(world, li, png(), BROKEN)
    assert gone(pid)
    assert metric(world, 'im_pictures_total{result="too_slow"}') == 1
    assert metric(world, "im_picture_worker_restarts_total") == 1
    assert "took too long" in server.log()
    wait_until(lambda: upload(world, li, png()).status == 200, what="the next one is taken")


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_no_worker_outlives_its_server(make_server, how):
    server = make_server({"media.workers": 2})
    world = World(server)
    li = world.user()
    stored(world, li, png())
    pid = worker(server)
    if how == "kill":
        os.kill(pid, signal.SIGSTOP)  # It could not notice by itself.
        server.kill()
    else:
        assert server.stop() == 0
    wait_until(lambda: gone(pid), what="it is gone")


@pytest.mark.one_node("what was written within the hour is left alone in a directory that nodes share")
def test_kill_9_with_a_picture_under_way_leaves_nothing(make_server):
    server = make_server()
    world = World(server)
    li = world.user()
    whole = stored(world, li, encoded(scene(200, 100), "PNG"))
    os.kill(worker(server), signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: upload(world, li, encoded(scene(400, 300), "PNG")))
        wait_until(lambda: [name for name in disk(server) if name.endswith(".clean")], what="it has the picture")
        server.kill()
        with pytest.raises((EOFError, OSError)):
            waiting.result()
    server.start()
    assert disk(server) == [place(whole["fid"]), place(whole["fid"]) + ".160"]


def test_the_sandbox_is_on(world):
    """As the kernel tells it; what it denies: test/unit/os/test_sandbox.c."""
    li = world.user()
    stored(world, li, png())
    pid = worker(world.server)
    status = next(text for found, _, _, text in processes() if found == pid)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    links = {fd: os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    assert set(links) == {"0", "1", "2", "3"}, links
    assert links["0"] == links["1"] == "/dev/null" and links["3"].startswith("socket:")
    environment = open(f"/proc/{pid}/environ").read()
    names = {entry.split("=")[0] for entry in environment.split("\0") if entry}
    assert not {name for name in names if not re.match("VIPS|LC_ALL|MALLOC|LD_LIBRARY_PATH|[A-Z]+SAN_OPTIONS", name)}


def test_nobody_starts_a_worker_by_hand():
    for arguments in (["media-worker"], ["media-worker", "1", "1"]):
        done = cli(*arguments)
        assert done.returncode == 2 and "is started by the server itself" in done.stderr


# ---- without a worker ----


@pytest.mark.one_node("each node has a worker of its own, and tells of that one")
def test_without_its_library_pictures_are_refused_and_all_else_works(make_server, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libvips.so.42").write_bytes(b"")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path / "lib"))
    server = make_server()
    world = World(server)
    li = world.user()
    answer = upload(world, li, png())
    assert (answer.status, answer.error) == (503, NO_WORKER)
    assert answer.header("retry-after")
    assert disk(server) == []
    ready = world.call("GET", "/readyz")
    assert ready.status == 200 and ready.text.startswith("ready\npictures are refused: the media worker can't run: ")
    assert "libvips.so.42" in ready.text
    assert "pictures are refused: the media worker can't run" in server.log()
    assert metric(world, "im_picture_worker_up") == 0
    assert metric(world, 'im_pictures_total{result="no_worker"}') == 1
    assert fetch(world, stored(world, li, b"text")["url"], li).body == b"text"
    # Asked again and again it does not start a process each time.
    for _ in range(5):
        nothing_stays(world, li, png(), NO_WORKER, 503)
    assert metric(world, "im_picture_worker_restarts_total") <= 2
    # Repaired while the server runs.
    (tmp_path / "lib/libvips.so.42").unlink()
    wait_until(lambda: world.call("GET", "/readyz").text == "ready\n", 60, 0.2, what="it is noticed by itself")
    assert stored(world, li, png())["width"] == 2


def test_without_workers_pictures_are_stored_as_they_came(make_server):
    server = make_server({"media.workers": 0})
    world = World(server)
    li = world.user()
    content = encoded(scene(400, 300), "JPEG", exif=exif(6))
    answer = stored(world, li, content)
    assert not {"width", "height", "blur"} & set(answer)
    assert fetch(world, answer["url"] + "/160", li).body == content
    assert stored(world, li, b"\x89PNG\r\n\x1a\nno picture")["kind"] == "image"
    assert "pictures are stored as they came" in server.log()
    assert workers(server) == []
    # A Redis beside it may not have answered yet.
    wait_until(lambda: world.call("GET", "/readyz").text == "ready\n", what="it is ready and has nothing to complain of")


@pytest.mark.one_node("each node has a worker of its own")
def test_a_server_that_sees_no_pictures_pays_for_a_worker_only_a_while_after_its_start(make_server):
    server = make_server()
    assert workers(server) == []
    with Connection(server) as connection:
        wait_until(lambda: connection.request("GET", "/readyz").text == "ready\n", what="it is ready")
    worker(server)  # It is started once, to see whether it can.
