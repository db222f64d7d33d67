"""From SQLite to MySQL: everything moves, a run that is killed goes on, and devices go on with what they know."""

import os
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from support import store
from support.doors import DELETE, EDIT, PIN, REACT, RECALL
from support.media import fetch, png, stored
from support.server import BINARY, cli, environment
from support.timing import seconds
from support.world import World

SQLITE = {"store.url": ""}
MANY = 40_000


def migrate(server, url, **kind):
    return cli("migrate", "--from", f"sqlite:{server.data}", "--to", url, timeout=300, **kind)


def bulk(server, chat):
    """Messages enough for a copy to be killed in their midst; some long, some with every kind of character."""
    with sqlite3.connect(server.data / store.FILE) as db:
        (last,) = db.execute("SELECT MAX(id) FROM message").fetchone()
        texts = ["short", "文字 😀", "x" * 3000, "trailing  ", ""]
        db.executemany(
            "INSERT INTO message (id, chat, seq, sender, type, created, content, cid, digest) VALUES (?, ?, ?, 1, 1, ?, ?, ?, ?)",
            ((last + i, chat, i, i, texts[i % 5], f"c{i}" if i % 3 == 0 else None, i if i % 3 == 0 else None) for i in range(1, MANY + 1)),
        )
    db.close()


class Source:
    """A small server on SQLite with something of everything, stopped."""

    def __init__(self, make_server):
        self.server = make_server(SQLITE)
        world = World(self.server)
        self.ann, self.bob = world.friends(2)
        self.old = world.open(self.bob)  # a v1 device that was away for the rest
        self.old.before_barrier()
        self.old.close()
        a, b = world.settled2(self.ann, self.bob)
        group = self.group = world.group(self.ann, self.bob)
        for i in range(30):
            a.send_ack(self.bob, f"m{i}", cid=f"cid {i}")
            a.send_ack(group, f"g{i} 😀", cmd=11)
        place = dict(chat=10, dstObj=self.bob.email)
        assert a.do(cmd=RECALL, **place, seq=2) is None
        assert a.do(cmd=EDIT, **place, seq=3, content="edited, and longer than it was before") is None
        assert a.do(cmd=DELETE, **place, seqs=[4], scope="all") is None
        assert a.do(cmd=DELETE, **place, seqs=[5], scope="self") is None
        assert a.do(cmd=REACT, **place, seq=6, content="👍", on=True) is None
        assert a.do(cmd=PIN, **place, seq=7, on=True) is None
        self.file = stored(world, self.ann, png())
        assert world.call2("POST", "/msg/send", self.ann, chat=10, dstObj=self.bob.email, msgType=2, content=self.file["url"]).data
        assert world.call2("POST", "/contact/block", self.bob, dstObj=world.user().email).data
        self.epoch = a.hello["epoch"]
        self.history = world.history(self.ann, self.bob)
        self.group_history = world.group_history(self.bob, group)
        world.close()
        self.server.stop()

    def goes_on(self, make_server, url):
        """The same directory on the new store: every device finds what it knows, and goes on."""
        server = make_server({"store.url": url}, data=self.server.data)
        world = World(server)
        assert world.history(self.ann, self.bob) == self.history
        assert world.group_history(self.bob, self.group) == self.group_history
        a, b = world.open2(self.ann), world.open2(self.bob)
        assert b.hello["epoch"] == self.epoch
        head = 31
        known = [{"chat": 10, "dstObj": self.ann.email, "seq": head, "mver": 0}]
        delta = b.ask(cmd=18, epoch=self.epoch, chats=known)
        assert "reset" not in delta or delta["reset"] is False
        (chat,) = [one for one in delta["chats"] if one["dstObj"] == self.ann.email]
        assert chat["head"] == head and not chat.get("msgs")
        ack = a.send_ack(self.bob, "on the new store", cid="new")
        assert ack["seq"] == head + 1
        assert b.find(content="on the new store")["seq"] == head + 1
        assert a.send_ack(self.bob, "m1", cid="cid 1")["dup"] is True
        assert fetch(world, self.file["url"], self.bob).status == 200
        old = world.open(self.bob)
        assert old.take()["content"] == "m0"
        world.close()
        return server


def begun(source, url):
    command = [BINARY, "migrate", "--from", f"sqlite:{source.server.data}", "--to", url]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())


def half_copied(source):
    """A target whose run was killed once some messages were there: as the tests know it, and its address."""
    url = store.fresh_url()
    process = begun(source, url)
    place = type("S", (), {"store_url": url})
    end = time.monotonic() + seconds(60)
    while process.poll() is None and time.monotonic() < end:
        try:
            if store.rows(place, "SELECT COUNT(*) FROM message")[0][0] > 0:
                break
        except Exception:  # the table is not there yet
            time.sleep(0.005)
    process.kill()
    process.wait()
    unfinished = store.rows(place, "SELECT value FROM meta WHERE name = 'migrate'")
    return (place, url) if unfinished else pytest.fail("it was too quick for this test")


def test_everything_moves_and_devices_go_on(make_server):
    source = Source(make_server)
    url = store.fresh_url()
    done = migrate(source.server, url)
    assert done.returncode == 0, done.stderr
    assert "verified: all tables" in done.stdout
    source.goes_on(make_server, url).stop()


def test_a_finished_run_again_says_that_it_is_done_until_the_source_changes(make_server):
    source = Source(make_server)
    url = store.fresh_url()
    assert migrate(source.server, url).returncode == 0
    again = migrate(source.server, url)
    assert again.returncode == 0 and "nothing to do" in again.stdout, again.stderr
    server = source.goes_on(make_server, url)  # the target may go on
    server.stop()
    messages = store.rows(server, "SELECT COUNT(*) FROM message")
    again = migrate(source.server, url)
    assert again.returncode == 0 and "nothing to do" in again.stdout, again.stderr
    store.change(type("S", (), {"store_url": "", "data": source.server.data}), "UPDATE user SET uname = 'changed' WHERE id = 1")
    changed = migrate(source.server, url)
    assert changed.returncode == 1 and "before it changed" in changed.stderr and "nothing to do" not in changed.stdout
    assert store.rows(server, "SELECT COUNT(*) FROM message") == messages
    assert not store.rows(server, "SELECT id FROM user WHERE uname = 'changed'")


def test_a_database_with_other_data_is_left_alone(make_server):
    source = Source(make_server)
    other = make_server({"store.url": store.fresh_url()})
    served = migrate(source.server, other.store_url)
    assert served.returncode == 1 and "nodes serve that database" in served.stderr
    World(other).user()
    other.stop()
    done = migrate(source.server, other.store_url)
    assert done.returncode == 1 and "other data" in done.stderr
    assert store.rows(other, "SELECT COUNT(*) FROM user") == [(1,)]


def test_a_run_that_is_killed_goes_on_where_it_was(make_server, tmp_path):
    seed = int(os.environ.get("IM_SEED", random.randrange(2**32)))
    print("seed", seed)
    dice = random.Random(seed)
    source = Source(make_server)
    bulk(source.server, 1 << 62 | 3 << 31 | 4)
    place, url = half_copied(source)
    refused = make_server({"store.url": url}, start=False)
    refused.start(wait=False)
    refused.expect_alive = False
    assert refused.process.wait(seconds(30)) == 1 and "not finished" in refused.log()
    refused.live.remove(refused)
    for _ in range(5):
        process = begun(source, url)
        try:
            assert process.wait(dice.random() * 1.5) == 0
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    if store.rows(place, "SELECT value FROM meta WHERE name = 'migrate'"):
        done = migrate(source.server, url)
        assert done.returncode == 0, done.stderr
    ((count, total),) = store.rows(place, "SELECT COUNT(*), SUM(LENGTH(content)) FROM message")
    with sqlite3.connect(source.server.data / store.FILE) as db:
        assert (count, total) == db.execute("SELECT COUNT(*), SUM(LENGTH(CAST(content AS BLOB))) FROM message").fetchone()
    db.close()
    source.goes_on(make_server, url)


def test_what_differs_is_found_and_told(make_server):
    source = Source(make_server)
    bulk(source.server, 1 << 62 | 3 << 31 | 4)
    place, url = half_copied(source)
    store.change(place, "UPDATE message SET content = 'other' WHERE id = 1")
    ((chat,),) = store.rows(place, "SELECT chat FROM message WHERE id = 1")
    done = migrate(source.server, url)
    assert done.returncode == 1
    assert f"chat {chat} differs" in done.stderr and "message differs" in done.stderr


def test_a_source_that_went_on_meanwhile_is_not_mixed_in(make_server):
    source = Source(make_server)
    bulk(source.server, 1 << 62 | 3 << 31 | 4)
    _, url = half_copied(source)
    source.server.start()
    world = World(source.server)
    world.user()
    world.close()
    running = migrate(source.server, url)
    assert running.returncode == 1 and "a server runs on it" in running.stderr
    source.server.stop()
    done = migrate(source.server, url)
    assert done.returncode == 1 and "went on since then" in done.stderr


@pytest.mark.parametrize(
    ("source", "target", "status", "said"),
    [
        ("mysql://h/d", "mysql://h/d", 2, "sqlite:DIR"),
        ("sqlite:", "mysql://h/d", 2, "sqlite:DIR"),
        ("sqlite:/nowhere", "mysql://h/d", 1, "there is no store in it"),
    ],
)
def test_bad_arguments_are_told(source, target, status, said):
    done = cli("migrate", "--from", source, "--to", target)
    assert done.returncode == status and said in done.stderr


def test_a_target_that_can_not_be_reached_is_told_without_its_password(make_server):
    source = Source(make_server)
    for url in ("mysql://u:S3cret@127.0.0.1:1/d", "sqlite:/tmp/S3cret"):
        done = migrate(source.server, url)
        assert done.returncode == 1 and "S3cret" not in done.stderr, done.stderr
