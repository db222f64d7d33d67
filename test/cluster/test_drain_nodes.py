"""Nodes that are stopped one after the other behind a balancer, as for a new version: clients land on another one,
and nothing is lost or doubled."""

import collections
import json
import os
import random
import signal
import time

from support.balancer import Balancer
from support.cluster import Cluster
from support.device import Device
from support.timing import seconds, wait_until
from support.world import World
from support.ws import Closed, Ws

SEED = int(os.environ.get("IM_SEED", random.randrange(1 << 31)))


# Nobody takes the connection, or who took it goes down before it answers; or has gone down halfway (503).
UNREACHABLE = (OSError, EOFError, Closed, AssertionError)


class V1:
    """A client of v1: comes back when its socket ends, and keeps what it is told."""

    def __init__(self, server, user):
        self.server, self.user, self.ws, self.told, self.ends = server, user, None, [], []

    def pump(self):
        try:
            if self.ws is None:
                self.ws = Ws(self.server, self.user.chat_target, user=self.user)
            while (text := self.ws.poll()) is not None:
                frame = json.loads(text)
                if frame["cmd"] == 11:
                    self.told.append(frame["content"])
        except Closed as closed:
            self.ends.append(closed.code)
            self.ws.sock.close()
            self.ws = None
        except UNREACHABLE:
            self.ws = None


def opened(device):
    try:
        device.open()
        return True
    except UNREACHABLE:
        device.ws = None
        return False


def pump(devices, old):
    for device in devices:
        if device.ws is not None or opened(device):
            device.pump()
    old.pump()


def test_nodes_are_restarted_one_by_one_and_nothing_is_lost_or_doubled(tmp_path):
    print(f"IM_SEED={SEED}")
    chances = random.Random(SEED)
    cluster = Cluster(tmp_path, 2, {"cluster.lease": "60s"}).start()
    balancer = Balancer(cluster.nodes, SEED)
    world = World(balancer)
    devices = []
    try:
        users = world.friends(4)
        group = world.group(users[0], *users[1:])
        reader = users.pop()
        old = V1(balancer, reader)
        devices += [Device(balancer, user, "phone", random.Random(chances.getrandbits(64))) for user in users]
        pump(devices, old)
        said = []

        def talk():
            device = chances.choice(devices)
            said.append(f"{len(said)} by {device.user.email}")
            device.do(cmd=11, dstObj=str(group), content=said[-1])
            pump(devices, old)
            time.sleep(0.005)

        def talk_until(condition, timeout):
            end = time.monotonic() + seconds(timeout)
            while not condition():
                assert time.monotonic() < end
                talk()

        for node in (0, 1, 0):
            cluster[node].expect_alive = False
            os.kill(cluster[node].pid, signal.SIGTERM)
            talk_until(lambda node=node: cluster[node].process.poll() is not None, 8)  # It does not wait for its limit.
            assert cluster[node].process.returncode == 0, cluster[node].log()
            cluster[node].start(wait=False)
            talk_until(cluster[node].ready, 20)
            for _ in range(50):
                talk()
        for _ in range(3):
            for device in devices:
                if device.ws is None:
                    wait_until(lambda device=device: opened(device), 20, what="a node takes it")
                device.settle()
        for device in devices:
            assert not device.outbox, "everything was acknowledged"
            (chat,) = [chat for chat in device.chats.values() if chat.kind == 11]
            contents = [chat.messages[seq]["content"] for seq in sorted(chat.messages) if chat.messages[seq]["msgType"] == 1]
            assert collections.Counter(contents) == collections.Counter(said), "each once"
        limit = time.monotonic() + seconds(20)
        while len(old.told) < len(said) and time.monotonic() < limit:
            old.pump()
            time.sleep(0.01)
        assert collections.Counter(old.told) == collections.Counter(said), "v1, too"
        assert set(old.ends) <= {1001} and old.ends, "it was told to go, and never cut off"
        assert len(balancer.taken) == 2
    finally:
        for device in devices:
            device.shut()
        world.close()
        balancer.close()
        cluster.release()


def test_friends_hear_at_once_that_somebody_went_with_a_node_that_is_stopped(tmp_path):
    """Its lease would last a minute."""
    cluster = Cluster(tmp_path, 2, {"cluster.lease": "60s"}).start()
    one, other = (World(node) for node in cluster.nodes)
    try:
        anna, ben = one.friends()
        a = one.open2(anna)
        other.open(ben)
        a.until(cmd=13, userEmail=ben.email)
        start = time.monotonic()
        assert cluster[1].stop() == 0
        a.until(cmd=14, userEmail=ben.email)
        assert time.monotonic() - start < seconds(10)
        cluster[1].start()
        again = other.open2(ben)
        a.until(cmd=13, userEmail=ben.email)
        again.close()
    finally:
        one.close()
        other.close()
        cluster.release()
