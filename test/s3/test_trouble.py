"""A bucket that is down, slow, forbidden or full of what a crash left: nothing is lost, and nobody else notices."""

import os
import re
import time

import pytest

from support.doors import store
from support.media import disk, fetch, place, stored, upload
from support.parts import init, sha256
from support.s3 import Wire, follow
from support.server import cli
from support.timing import seconds, wait_until
from support.world import World

BUSY = (2108, "文件存储暂不可用，请稍后再试")


@pytest.fixture
def wire(s3):
    made = Wire(s3.port)
    yield made
    made.close()


@pytest.fixture
def make_world(make_server):
    made = []

    def make(options):
        made.append(World(make_server(options)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ready_text(world):
    return world.call("GET", "/readyz").body.decode()


def metric(world, name):
    text = world.call("GET", "/metrics").body.decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE).group(1))


def down(world):
    return "the bucket can't be used" in ready_text(world)


def arrives(s3, world, fid):
    wait_until(lambda: fid in s3.objects() and place(fid) not in disk(world.server), timeout=60, what="it is carried")


def send(world, user, to, url):
    return world.call2("POST", "/msg/send", user, chat=10, dstObj=to.email, msgType=2, content=url).data


# ---- down ----


@pytest.mark.parametrize("how", ["shut", "stalled", "deaf"])
def test_a_bucket_that_is_not_reached_costs_nothing_but_waiting(s3, wire, make_world, how):
    world = make_world(s3.options(wire.endpoint, public_endpoint=s3.endpoint, timeout="1s"))
    li, sam = world.friends(2)
    assert ready_text(world) == "ready\n"
    assert metric(world, "im_file_store_up") == 1
    wire.set(how)
    contents = {}
    for number in range(5):
        content = os.urandom(10_000)
        contents[stored(world, li, content, name=f"{number}")["fid"]] = content
    wait_until(lambda: down(world), timeout=30, what="/readyz says so")
    assert world.call("GET", "/readyz").status == 200
    assert metric(world, "im_file_store_up") == 0
    assert metric(world, 'im_file_store_requests_total{op="put",result="failed"}') >= 1
    for fid, content in contents.items():  # from the disk meanwhile
        assert fetch(world, f"/file/{fid}", li).body == content
        send(world, li, sam, f"/file/{fid}")
    wire.set("open")
    for fid, content in contents.items():
        arrives(s3, world, fid)
        assert follow(fetch(world, f"/file/{fid}", sam)).content == content
    wait_until(lambda: ready_text(world) == "ready\n", what="/readyz is content again")
    wait_until(lambda: metric(world, "im_file_store_waiting") == 0, what="nothing waits")
    assert metric(world, 'im_file_store_requests_total{op="put",result="ok"}') >= 5
    assert metric(world, "im_file_store_redirects_total") == 5


def test_a_key_that_may_not_is_said_and_costs_nothing(s3, make_world):
    world = make_world(s3.options(secret="another"))
    li = world.user()
    answer = stored(world, li, b"x" * 1000)
    wait_until(lambda: down(world), what="/readyz says so")
    assert fetch(world, answer["signed"]).body == b"x" * 1000
    log = world.server.log()
    assert '"status":403' in log or "status=403" in log, log
    assert "another" not in log
    world.server.stop()
    world.server.options |= s3.options()
    world.server.start()
    arrives(s3, world, answer["fid"])


def test_a_bucket_that_is_not_there_is_said_and_costs_nothing(s3, make_world):
    world = make_world(s3.options() | {"media.s3_bucket": "no-such-bucket"})
    answer = stored(world, world.user(), b"x")
    wait_until(lambda: metric(world, 'im_file_store_requests_total{op="put",result="failed"}') >= 1, what="it is tried")
    assert fetch(world, answer["signed"]).body == b"x"
    assert "NoSuchBucket" in world.server.log()


def test_when_too_much_waits_uploads_are_told_to_come_back(s3, wire, make_world):
    wire.set("shut")
    world = make_world(s3.options(wire.endpoint, waiting_max="10K", timeout="1s"))
    li = world.user()
    waiting = [stored(world, li, os.urandom(6000)) for _ in range(2)]
    wait_until(lambda: metric(world, "im_file_store_waiting_bytes") == 12000, what="it is known that they wait")
    before = disk(world.server)
    for refused in (
        upload(world, li, b"x" * 100),
        init(world, li, name="a", size=5, sha256=sha256(b"12345"), mime="text/plain"),
    ):
        assert (refused.status, refused.error) == (503, BUSY)
        assert refused.header("retry-after") == "30"
    assert disk(world.server) == before
    assert store(world, "SELECT COUNT(*) FROM file") == [(2,)]
    assert store(world, "SELECT COUNT(*) FROM upload") == [(0,)]
    wire.set("open")
    for answer in waiting:
        arrives(s3, world, answer["fid"])
    wait_until(lambda: upload(world, li, b"x" * 100).status == 200, what="uploads are taken again")


def test_a_stalled_bucket_holds_up_nobody(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint, timeout="60s", threads=1))
    li, sam = world.friends(2)
    wire.set("stalled")
    for _ in range(20):
        stored(world, li, os.urandom(1000))
    wait_until(lambda: store(world, "SELECT 1 FROM object WHERE state = 1"), what="the only carrier is held up")
    began = time.monotonic()
    for number in range(20):
        answer = stored(world, sam, b"y" * 100_000)
        assert len(fetch(world, answer["signed"]).body) == 100_000
        send(world, sam, li, answer["url"])
    assert time.monotonic() - began < seconds(10)
    began = time.monotonic()
    assert world.server.stop() == 0  # and no shutdown, either
    assert time.monotonic() - began < seconds(8)


def test_a_stalled_proxy_is_given_up_and_holds_up_nobody(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint, timeout="1s", serve="proxy"))
    li = world.user()
    answer = stored(world, li, b"far" * 1000)
    arrives(s3, world, answer["fid"])
    assert fetch(world, answer["signed"]).body == b"far" * 1000
    wire.set("stalled")
    refused = fetch(world, answer["signed"])
    assert (refused.status, refused.error, refused.header("retry-after")) == (503, BUSY, "5")
    assert refused.header("etag") is None
    near = stored(world, li, b"near")
    assert fetch(world, near["signed"]).body == b"near"
    wire.set("open")
    wait_until(lambda: fetch(world, answer["signed"]).status == 200, timeout=20, what="it is served again")


# ---- crashes ----


def left_between(s3, wire, world, content):
    """A server that was killed when the object was in the bucket, and its row did not say so."""
    wire.set("deaf")
    answer = stored(world, world.user(), content)
    wait_until(lambda: answer["fid"] in s3.objects(), what="it is in the bucket")
    world.server.kill()
    assert store(world, "SELECT state FROM object WHERE fid = ?", answer["fid"]) == [(1,)]
    assert place(answer["fid"]) in disk(world.server)
    wire.set("open")
    return answer


def test_killed_between_the_put_and_the_commit_the_file_is_there_and_arrives(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint, public_endpoint=s3.endpoint))
    answer = left_between(s3, wire, world, b"x" * 5000)
    world.server.start()
    arrives(s3, world, answer["fid"])
    assert follow(fetch(world, answer["signed"])).content == b"x" * 5000


def test_killed_between_the_put_and_the_commit_an_object_whose_file_goes_is_removed(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint) | {"media.unused": "1s"})
    answer = left_between(s3, wire, world, b"x" * 5000)
    time.sleep(1.1)  # its time comes while nobody is there
    world.server.start()
    wait_until(lambda: store(world, "SELECT 1 FROM file") == [], what="the file goes")
    wait_until(lambda: answer["fid"] not in s3.objects(), timeout=60, what="the object goes")
    wait_until(lambda: store(world, "SELECT 1 FROM object") == [], timeout=60, what="its row goes")
    assert disk(world.server) == []


def test_back_on_the_disk_an_object_that_was_never_committed_is_removed_and_the_file_stays(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint))
    answer = left_between(s3, wire, world, b"x" * 5000)
    world.server.options |= {"media.store": "disk"}
    world.server.start()
    wait_until(lambda: answer["fid"] not in s3.objects(), timeout=60, what="the object goes")
    wait_until(lambda: store(world, "SELECT 1 FROM object") == [], what="its row goes")
    assert fetch(world, answer["signed"]).body == b"x" * 5000


def test_what_goes_while_the_bucket_is_down_leaves_it_afterwards(s3, wire, make_world):
    world = make_world(s3.options(wire.endpoint, timeout="1s") | {"media.unused": "3s"})
    answer = stored(world, world.user(), b"x" * 1000)
    arrives(s3, world, answer["fid"])
    wire.set("shut")
    wait_until(lambda: store(world, "SELECT 1 FROM file") == [], what="the file goes")
    assert fetch(world, answer["signed"]).status == 404
    wait_until(lambda: down(world), timeout=30, what="its removal is tried")
    assert answer["fid"] in s3.objects()
    world.server.restart()
    wire.set("open")
    wait_until(lambda: answer["fid"] not in s3.objects(), timeout=90, what="the object goes")


def test_an_object_without_bytes_on_the_disk_is_forgotten_and_others_are_carried(s3, wire, make_world):
    """The database came back from a backup, the files did not."""
    wire.set("shut")
    world = make_world(s3.options(wire.endpoint, timeout="1s"))
    li = world.user()
    lost, kept = stored(world, li, b"lost"), stored(world, li, b"kept")
    (world.server.data / "files" / place(lost["fid"])).unlink()
    wire.set("open")
    arrives(s3, world, kept["fid"])
    wait_until(lambda: store(world, "SELECT 1 FROM object WHERE fid = ?", lost["fid"]) == [], what="it is given up")
    assert fetch(world, lost["signed"]).status == 404


# ---- configured wrongly ----


@pytest.mark.parametrize(
    "change, said",
    [
        ({"media.s3_endpoint": ""}, "media.s3_endpoint"),
        ({"media.s3_endpoint": "127.0.0.1:9000"}, "media.s3_endpoint"),
        ({"media.s3_endpoint": "ftp://127.0.0.1"}, "media.s3_endpoint"),
        ({"media.s3_endpoint": "http://user@127.0.0.1"}, "media.s3_endpoint"),
        ({"media.s3_endpoint": "http://127.0.0.1/path"}, "media.s3_endpoint"),
        ({"media.s3_public_endpoint": "files.example"}, "media.s3_public_endpoint"),
        ({"media.s3_bucket": ""}, "media.s3_bucket"),
        ({"media.s3_bucket": "a/b"}, "media.s3_bucket"),
        ({"media.s3_prefix": "/a"}, "media.s3_prefix"),
        ({"media.s3_prefix": "a?b"}, "media.s3_prefix"),
        ({"media.s3_region": ""}, "media.s3_region"),
        ({"media.s3_key": ""}, "media.s3_key"),
        ({"media.s3_secret": ""}, "media.s3_secret"),
    ],
)
def test_a_bucket_that_is_configured_wrongly_is_refused_at_the_start(s3, make_server, change, said):
    server = make_server(s3.options() | change, start=False).start(wait=False)
    assert server.wait() != 0
    assert said in server.log()
    assert "a-test-secret" not in server.log()


def test_the_secret_is_never_printed():
    shown = cli("config", "--media.s3_secret=hush-hush", "--media.s3_key=hush-key")
    assert shown.returncode == 0 and "s3_secret" in shown.stdout, shown
    assert "hush" not in shown.stdout + shown.stderr
