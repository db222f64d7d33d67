"""Nodes that die, stall, and lose their database in the middle of a commit: what was acknowledged is there exactly once."""

import os
import re
import signal
import threading
import time

import pytest

from support import store
from support.cluster import Cluster
from support.http import Connection
from support.commit_cutter import CommitCutter
from support.timing import wait_until
from support.world import World
from support.ws import Closed

ON, OFF = 13, 14
ROUNDS = int(os.environ.get("IM_CLUSTER_ROUNDS", "2"))


@pytest.fixture
def make_cluster(tmp_path):
    made = []

    def make(count=2, options=None, **kind):
        cluster = Cluster(tmp_path / f"cluster{len(made)}", count, {"cluster.lease": "1s", **(options or {})}, **kind)
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.release()


def metric(node, name):
    with Connection(node) as connection:
        text = connection.request("GET", "/metrics").body
    text = text.decode() if isinstance(text, bytes) else text
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1))


def contents(cluster, like):
    return [row[0] for row in store.rows(cluster[0], "SELECT content FROM message WHERE content LIKE ? ORDER BY id", like)]


class Load:
    """Sends one after another, each once, and notes what was acknowledged."""

    def __init__(self, world, user, dst, name):
        self.ws = world.open2(user, name)
        self.dst, self.name = dst, name
        self.sent, self.acked = [], []
        self.stop = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stop:
                text = f"{self.name}-{len(self.sent)}"
                self.sent.append(text)
                if self.ws.send_ack(self.dst, text)["cmd"] == 1:
                    self.acked.append(text)
        except (OSError, Closed, AssertionError):
            pass

    def end(self):
        self.stop = True
        self.thread.join(20)


def test_what_a_killed_node_acknowledged_is_there_once_and_its_users_go_offline(make_cluster):
    cluster = make_cluster(2).start()
    safe, doomed = World(cluster[0]), World(cluster[1])
    a, b = safe.friends()
    friend = safe.open2(b)
    friend.frames()
    for round in range(ROUNDS):
        loads = [Load(safe, b, a, f"safe{round}"), Load(doomed, a, b, f"doomed{round}")]
        friend.find(cmd=ON)
        wait_until(lambda: len(loads[1].acked) >= 20, 20, what="some messages")
        cluster[1].kill()
        before = len(loads[0].acked)
        wait_until(lambda: len(loads[0].acked) > before + 20, 20, what="the other node goes on")
        for load in loads:
            load.end()
        assert friend.find(cmd=OFF, timeout=20)["userEmail"] == a.email
        for load in loads:
            stored = contents(cluster, f"{load.name}-%")
            assert len(stored) == len(set(stored))
            assert stored[: len(load.acked)] == load.acked
            assert set(stored) <= set(load.sent)
        cluster[1].start()
    seqs = [row[0] for row in store.rows(cluster[0], "SELECT seq FROM message WHERE content LIKE ? ORDER BY id", "%-%")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    safe.close(), doomed.close()


@pytest.mark.parametrize("outcome", ["kept", "lost"])
def test_an_unclear_commit_is_looked_up_and_everything_is_there_once(make_cluster, outcome):
    port = store.maria().port
    cutter = CommitCutter(port)
    url = store.fresh_url()
    cluster = make_cluster(1, url=url)
    cluster.add(**{"store.url": cutter.url(url)})
    cluster.start()
    worlds = [World(node) for node in cluster]
    a, b = worlds[0].friends()
    far = worlds[0].open2(b)
    near = worlds[1].open2(a)
    v1 = worlds[1].open(a)
    for ws in (far, near, v1) * 2:
        ws.before_barrier()
    name = f'im_writer_unclear_total{{found="{outcome}"}}'
    sent = []
    for _ in range(40):  # It may be another commit that is cut: of the lease, say.
        cutter.arm(outcome)
        sent.append(f"v2-{len(sent)}")
        assert near.send_ack(b, sent[-1])["cmd"] == 1
        sent.append(f"v1-{len(sent)}")
        v1.say(b, sent[-1])
        v1.take_until(sent[-1])
        if metric(cluster[1], name) >= 2:
            break
    assert metric(cluster[1], name) >= 2
    assert contents(cluster, "v_-%") == sent
    heard = [far.find(cmd=10)["content"] for _ in sent]
    assert heard == sent
    assert not [frame for frame in far.frames() if frame["cmd"] == 10]
    for world in worlds:
        world.close()
    cutter.close()


def test_a_node_that_was_away_for_too_long_sends_its_people_for_what_they_missed(make_cluster):
    cluster = make_cluster(2).start()
    worlds = [World(node) for node in cluster]
    a, b = worlds[0].friends()
    here, away = worlds[0].open2(a), worlds[1].open2(b)
    for ws in (here, away) * 2:
        ws.frames()
    os.kill(cluster[1].pid, signal.SIGSTOP)
    try:
        wait_until(lambda: here.send_ack(b, "missed")["cmd"] == 1 and store.rows(cluster[0], "SELECT COUNT(*) FROM node")[0][0] == 1, 20, 0.2, what="it is taken for dead")
        store.change(cluster[0], "DELETE FROM journal")
    finally:
        os.kill(cluster[1].pid, signal.SIGCONT)
    assert away.find(cmd=32)["reason"] == "drain"
    wait_until(cluster[1].ready, what="it is ready again")
    back = worlds[1].open2(b)
    assert worlds[1].history(b, a)[-1]["content"] == "missed"
    assert here.send_ack(b, "again")["cmd"] == 1
    assert back.find(cmd=10)["content"] == "again"
    assert metric(cluster[1], "im_journal_missed_total") == 1
    for world in worlds:
        world.close()


def test_nodes_wait_for_a_database_that_stands_still(make_cluster):
    maria = store.maria()
    cluster = make_cluster(2).start()
    worlds = [World(node) for node in cluster]
    a, b = worlds[0].friends()
    one, two = worlds[0].open2(a), worlds[1].open2(b)
    for ws in (one, two) * 2:
        ws.frames()
    os.kill(maria.process.pid, signal.SIGSTOP)
    try:
        cids = [one.say(b, f"meanwhile {i}") for i in range(5)]
        time.sleep(1)  # Nothing can be waited for: it is that nothing happens.
        assert not one.poll()
    finally:
        os.kill(maria.process.pid, signal.SIGCONT)
    assert [one.find_answer(10, cid)["cmd"] for cid in cids] == [1] * 5
    assert [two.find(cmd=10)["content"] for _ in range(5)] == [f"meanwhile {i}" for i in range(5)]
    for world in worlds:
        world.close()
