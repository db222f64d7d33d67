"""InnoDB shows a commit to others before it is on the disk. Nobody may be told of a message that a crash takes back."""

import pathlib
import subprocess
import threading
import time

import pytest

from support.cluster import Cluster
from support.services import MariaDb, Redis
from support.timing import wait_until
from support.world import World
from support.ws import Closed

SOURCE = pathlib.Path(__file__).parents[1] / "support/slow_log.c"


class SlowMariaDb(MariaDb):
    """slow(ms): each write to its log takes so long. 0: as ever."""

    def __init__(self, home):
        library = pathlib.Path(home) / "slow_log.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        self.delay = pathlib.Path(home) / "delay"
        self.preload = ["env", f"LD_PRELOAD={library}", f"SLOW_LOG={self.delay}"]
        super().__init__(home)

    def start(self):
        if self.command[0] != "env":
            self.command = [*self.preload, *self.command]
        super().start()

    def slow(self, ms):
        if ms == 0:
            self.delay.unlink()
        else:
            new = self.delay.with_suffix(".new")
            new.write_text(str(ms))
            new.rename(self.delay)


@pytest.fixture
def maria(tmp_path):
    made = SlowMariaDb(tmp_path)
    made.run("CREATE DATABASE im")
    yield made
    made.stop()


@pytest.fixture(params=["without Redis", "with Redis"])
def cluster(tmp_path, maria, request):
    redis = Redis(tmp_path) if request.param == "with Redis" else None
    options = {"cluster.lease": "30s", "cluster.poll": "20ms"}
    if redis:
        options["redis.url"] = f"redis://127.0.0.1:{redis.port}"
    made = Cluster(tmp_path, 2, options, url=maria.url("im")).start()
    yield made
    made.release()
    if redis:
        redis.stop()


class Sending:
    """One message on its way; when it was acknowledged."""

    def __init__(self, ws, dst, text):
        self.at = None
        self.thread = threading.Thread(target=self.run, args=(ws, dst, text), daemon=True)
        self.thread.start()

    def run(self, ws, dst, text):
        self.ack = ws.find_answer(10, ws.say(dst, text), timeout=90)
        self.at = time.monotonic()

    def end(self):
        self.thread.join(90)
        assert self.at is not None, "the message was not acknowledged"
        return self.ack


def seen(maria, text):
    return int(maria.run(f"SELECT COUNT(*) FROM im.message WHERE content = '{text}'").stdout) == 1


def people(cluster):
    here, there = World(cluster[0]), World(cluster[1])
    a, b = here.friends()
    sender, reader = here.open2(a), there.open2(b)
    sender.send_ack(b, "first")
    reader.find(cmd=10, content="first")
    return there, sender, reader, b


def test_a_message_is_told_on_another_node_once_it_is_on_the_disk(cluster, maria):
    _, sender, reader, b = people(cluster)
    for i in range(3):
        maria.slow(700)
        sending = Sending(sender, b, f"slow-{i}")
        wait_until(lambda: seen(maria, f"slow-{i}"), 30, what="the commit is seen")
        assert sending.at is None, "it was on the disk before one could look"
        reader.find(cmd=10, content=f"slow-{i}", timeout=30)
        told = time.monotonic()
        maria.slow(0)
        sending.end()
        # Both hear of it after the same sync; which of them first is chance.
        assert told > sending.at - 0.3


def delivered(world, user, dst, text, cid):
    """A session, and its ack of a message that is sent once more after whatever ends the session; None: not yet."""
    try:
        ws = world.open2(user, device="second")
        return ws, ws.find_answer(10, ws.say(dst, text, cid=cid))
    except (OSError, Closed, AssertionError):
        return None


def heard(ws):
    found, end = [], time.monotonic() + 0.5
    try:
        while True:
            found.append(ws.text(end=end))
    except (TimeoutError, Closed):
        return found


def test_what_a_crash_takes_back_was_told_nobody(cluster, maria):
    there, sender, reader, b = people(cluster)
    maria.slow(60_000)
    sender.say(b, "taken back")
    wait_until(lambda: seen(maria, "taken back"), 30, what="the commit is seen")
    reader.pump(0.5)  # Some 25 looks of the reader's node.
    assert not [text for text in reader.messages if "taken back" in text]
    cluster[0].kill()  # It would send it once more.
    maria.kill()
    maria.slow(0)
    maria.start()
    maria.wait_ready()
    # The database has forgotten it, and gives its number to another message. A node that was about to tell it ends its
    # sessions, which begin anew.
    again, ack = wait_until(lambda: delivered(there, b, sender.user, "another", "another-1"), 60, what="the node takes a message")
    assert ack["seq"] == 2
    for ws in (reader, again):
        assert not [text for text in heard(ws) if "taken back" in text]
    assert [row for row in maria.run("SELECT content FROM im.message ORDER BY id").stdout.decode().split("\n") if row] == ["first", "another"]
