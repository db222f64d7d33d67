"""Several nodes over one database and one Redis, with a cable between each node and each of these that can be cut."""

from support.cable import Cable
from support.server import Server
from support.services import MariaDb, Redis


class Node(Server):
    def __init__(self, home, options, databases, redis):
        self.databases, self.redis = [Cable(database.port) for database in databases], Cable(redis.port)
        hosts = ",".join(f"127.0.0.1:{cable.port}" for cable in self.databases)
        super().__init__(home, {**options, "store.url": f"mysql://root@{hosts}/im", "redis.url": f"redis://127.0.0.1:{self.redis.port}"})

    @property
    def database(self):
        (only,) = self.databases
        return only

    def release(self):
        super().release()
        for cable in (*self.databases, self.redis):
            cable.close()


class Fleet:
    """databases: servers that hold the database im, which the nodes try in this order; without them one is made."""

    def __init__(self, home, count=3, databases=None):
        self.own = None if databases else MariaDb(home)
        if self.own:
            self.own.run("CREATE DATABASE im")
        self.redis = Redis(home)
        files = home / "files"
        files.mkdir()
        self.nodes = [Node(home / f"node{i}", {"media.directory": files}, databases or [self.own], self.redis) for i in range(count)]
        for node in self.nodes:
            node.start()

    @property
    def database(self):
        return self.own

    def close(self):
        for node in self.nodes:
            node.release()
        self.redis.stop()
        if self.own:
            self.own.stop()
