"""Several nodes over one database.

IM_TEST_NODES=3 puts the contract suite on three of them, with a Redis: each connection that a test opens and each call
that it makes goes to a node taken at random (IM_SEED), as behind a balancer that knows nothing. IM_TEST_STORE=mysql
goes with it. A test whose claim is about what each node has of its own says so by the marker one_node. IM_TEST_ROUTER=redis gives also a server that is alone a Redis."""

import atexit
import os
import pathlib
import random
import shutil
import tempfile
import threading

from support import store
from support.server import Server

NODES = int(os.environ.get("IM_TEST_NODES", "1"))
ROUTER = os.environ.get("IM_TEST_ROUTER", "local")
SEED = int(os.environ.get("IM_SEED", random.randrange(1 << 31)))


_redis = None


def redis_options():
    """This process's Redis, and a corner of its own in it."""
    global _redis
    if _redis is None:
        from support.services import Redis

        home = tempfile.mkdtemp(prefix="im-redis-")
        _redis = Redis(home)
        atexit.register(lambda: (_redis.stop(), shutil.rmtree(home, ignore_errors=True)))
    return {"redis.url": f"redis://127.0.0.1:{_redis.port}", "redis.prefix": f"t{os.urandom(4).hex()}:"}


class Cluster:
    """nodes are Servers with data directories of their own; files are in one that they share."""

    def __init__(self, home, count=2, options=None, url=None):
        home = pathlib.Path(home)
        self.home = home
        self.url = url or store.fresh_url()
        self.options = {"store.url": self.url, "media.directory": home / "shared-files", "cluster.lease": "3s", **(options or {})}
        self.nodes = []
        for _ in range(count):
            self.add()

    def add(self, **options):
        node = Server(self.home / f"node{len(self.nodes)}", {**self.options, **options})
        self.nodes.append(node)
        return node

    def start(self):
        for node in self.nodes:
            node.start()
        return self

    def release(self):
        for node in self.nodes:
            node.release()

    def __getitem__(self, number):
        return self.nodes[number]

    def __len__(self):
        return len(self.nodes)


class Spread(Server):
    """Looks like one server, and is several: port is another one's each time it is asked."""

    def __init__(self, home, options=None, **kind):
        self.others = []
        self.random = random.Random(SEED)
        self.lock = threading.Lock()
        super().__init__(home, options, **kind)
        self.options = {"media.directory": self.data / "files", **redis_options(), **self.options}
        for i in range(1, NODES):
            self.others.append(Server(self.home / f"node{i}", None, **{k: v for k, v in kind.items() if k != "data"}))

    @property
    def port(self):
        running = [node for node in self.others if node.process and node.process.poll() is None]
        with self.lock:
            return self.random.choice([self.own, *(node.port for node in running)])

    @port.setter
    def port(self, port):
        self.own = port

    def metrics(self):
        """Sums over the nodes."""
        total = dict(super().metrics_at(self.own))
        for node in self.others:
            for name, value in node.metrics().items():
                total[name] = total.get(name, 0) + value
        return total

    @property
    def address(self):
        return f"127.0.0.1:{self.own}"

    def ready(self):
        return self.ready_at(self.own)

    def start(self, wait=True):
        super().start()
        for node in self.others:
            node.options = {**self.options, "store.url": self.store_url}
            node.start()
        return self

    def stop(self, timeout=20):
        return max([*(node.stop(timeout) for node in self.others), super().stop(timeout)])

    def kill(self):
        for node in self.others:
            node.kill()
        super().kill()

    def release(self):
        for node in self.others:
            node.release()
        super().release()


def one_server(home, options=None, alone=False, **kind):
    """The server of a test: one, or NODES of them unless it is to be alone."""
    if NODES > 1 and not alone and store.KIND == "mysql":
        return Spread(home, options, **kind)
    if ROUTER == "redis" and "redis.url" not in (options or {}):
        options = {**redis_options(), **(options or {})}
    return Server(home, options, **kind)
