"""What one node committed goes to the others along with its hint: they need not ask the database, and whoever listens to
Redis, or speaks there, learns nothing and is not believed."""

import contextlib
import socket
import threading

import pytest
from support.timing import wait_until

WORDS = "nobody but the two of us reads this"


class Listener:
    """What is published in Redis, as it goes over the wire."""

    def __init__(self, redis):
        self.socket = socket.create_connection(("127.0.0.1", redis.port))
        self.socket.sendall(b"PSUBSCRIBE *\r\n")
        self.heard = bytearray()
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        wait_until(lambda: b"psubscribe" in self.heard, what="it listens")

    def listen(self):
        with contextlib.suppress(OSError):
            while chunk := self.socket.recv(65536):
                self.heard += chunk

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def published(self):
        """The last of each message's four parts."""
        rest, found = bytes(self.heard), []
        while (at := rest.find(b"pmessage\r\n")) >= 0:
            rest = rest[at + len(b"pmessage\r\n"):]
            parts = []
            for _ in range(3):
                head, end, rest = rest.partition(b"\r\n")
                size = int(head[1:]) if end else 0
                parts.append(rest[:size])
                rest = rest[size + 2:]
            found.append(parts[2])
        return found


@pytest.fixture
def listener(redis):
    made = Listener(redis)
    yield made
    made.close()


@pytest.fixture
def make_pair(make_cluster, redis):
    """Two nodes that have found Redis, and would not look by themselves."""

    def make(**options):
        cluster = make_cluster(2, **{"redis.url": redis.url, "cluster.poll": "10s", **options})
        wait_until(lambda: all(world.call("GET", "/readyz").text == "ready\n" for world in cluster.worlds), what="Redis is found")
        return cluster

    return make


def talk(cluster, count=30):
    one, other = cluster.worlds
    anna, ben = one.friends()
    a, b = one.open2(anna), other.open2(ben)
    for i in range(count):
        a.send_ack(ben.email, f"{WORDS} {i}")
        b.until(cmd=10, content=f"{WORDS} {i}")
    return anna, ben


def test_what_came_along_is_taken_and_nobody_else_reads_it(make_pair, listener):
    cluster = make_pair()
    before = cluster[1].metrics()
    anna, _ = talk(cluster)
    after = cluster[1].metrics()
    assert after["im_journal_carried_total"] - before["im_journal_carried_total"] >= 25, "nearly all of thirty messages, one after the other"
    assert after["im_journal_foreign_total"] - before["im_journal_foreign_total"] >= 30
    published = listener.published()
    assert len(published) >= 30 and max(map(len, published)) > len(WORDS) + 60, "rows are in it"
    assert WORDS.encode() not in listener.heard and anna.email.encode() not in listener.heard


def test_without_it_redis_is_told_numbers_alone(make_pair, listener):
    cluster = make_pair(**{"cluster.carry": "off"})
    talk(cluster)
    assert cluster[1].metrics()["im_journal_carried_total"] == 0
    published = listener.published()
    assert len(published) >= 25, "of thirty messages, one after the other"
    for text in published:
        node, number = text.split(b" ")
        assert len(node) == 16 and number.isdigit()


def test_what_was_heard_and_is_said_again_or_changed_does_nothing(make_pair, redis, listener):
    cluster = make_pair()
    anna, ben = talk(cluster)
    one, other = cluster.worlds
    channel = b"im:journal:0"
    number = max(int(text.split(b" ", 2)[1]) for text in listener.published())
    with socket.create_connection(("127.0.0.1", redis.port)) as speaker:
        for text in listener.published():
            _, _, rows = text.split(b" ", 2)
            for said in (rows, rows[:-1] + bytes([rows[-1] ^ 1]), rows[:40], b"\xff" * 200):
                payload = b"0123456789abcdef %d " % (number + 1) + said
                speaker.sendall(b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(channel), channel, len(payload), payload))
                speaker.recv(64)
    a, b = one.open2(anna), other.open2(ben)
    a.send_ack(ben.email, "after all that")
    assert [frame["seq"] for frame in b.until(cmd=10, content="after all that") if frame["cmd"] == 10] == [31], "nothing came in between"
    pulled = other.call2("GET", "/msg/pull", ben, query={"chat": 10, "dstObj": anna.email, "limit": 50}).data["msgs"]
    assert [message["seq"] for message in pulled] == list(range(1, 32))
