"""kill -9 under v2 load at random moments: a cid is sent again until it is acked, and then stands in its chat
exactly once, where its ack said; each sender's order is kept; own messages count for nobody's unread after a
crash; a change whose broadcast was seen is there.

IM_KILLS sets how often (20), IM_SEED repeats a run."""

import collections
import json
import os
import random
import threading
import time

import pytest

from support.device import uuid7
from support.timing import seconds
from support.world import World
from support.ws import Closed

KILLS = int(os.environ.get("IM_KILLS", "20"))
PAIRS = 3
WINDOW = 24


class Sender:
    """One device that writes to one chat. What is not acked when the server dies is sent again, in order."""

    def __init__(self, user, dst, cmd, name):
        self.user, self.dst, self.cmd, self.name = user, dst, cmd, name
        self.outbox = collections.OrderedDict()  # cid → content, in the order of sending
        self.acks = {}  # cid → its ack
        self.contents = {}  # cid → content, of everything ever sent
        self.edits = collections.defaultdict(list)  # seq → what it was edited to, in order
        self.told = {}  # mver → change as it was broadcast
        self.shown = {}  # seq → message as it was broadcast
        self.again = 0  # cids that were sent again
        self.dups = 0  # of these, those that were stored before the crash
        self.random = random.Random(name)

    @property
    def chat(self):
        return self.cmd, frozenset((self.user.email, self.dst)) if self.cmd == 10 else self.dst

    def start(self, world, window=WINDOW):
        self.ws = world.open2(self.user, self.name)
        self.window = window
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def send(self, cid):
        self.ws.say(self.dst, self.contents[cid], cmd=self.cmd, cid=cid)

    def run(self):
        try:
            for cid in self.outbox:
                self.again += 1
                self.send(cid)
            while self.window > 0 or self.outbox:
                while len(self.outbox) < self.window:
                    cid = uuid7(self.random)
                    self.contents[cid] = f"{self.name} {len(self.contents)}"
                    self.outbox[cid] = True
                    self.send(cid)
                self.hear(json.loads(self.ws.raw(30)))
        except OSError:
            pass
        except Closed:
            return
        try:  # What had arrived before the end counts as seen.
            while self.window > 0:
                self.hear(json.loads(self.ws.raw()))
        except (OSError, Closed):
            pass

    def hear(self, frame):
        if frame["cmd"] == 1:
            self.acked(frame)
        elif frame["cmd"] == 17:
            raise AssertionError(f"refused: {frame}")
        elif frame["cmd"] in (24, 25) and (frame["chat"], frame["dstObj"]) == (self.cmd, self.dst):
            assert self.told.setdefault(frame["mver"], frame) == frame, "two changes of one number"
        elif frame["cmd"] == self.cmd and self.dst in (frame["userEmail"], frame["dstObj"]) and "cid" in frame:
            shown = frame["id"], frame["userEmail"], frame["cid"]
            assert self.shown.setdefault(frame["seq"], shown) == shown, "two messages of one seq"

    def acked(self, ack):
        cid = ack["cid"]
        if cid not in self.acks:
            assert next(iter(self.outbox)) == cid, "acks come in the order of sending"
            del self.outbox[cid]
            self.acks[cid] = ack
            self.dups += ack.get("dup", False)
            self.change(ack["seq"])
        same = {key: value for key, value in ack.items() if key != "dup"}
        assert same == {key: value for key, value in self.acks[cid].items() if key != "dup"}

    def change(self, seq):
        """Now and then the message is changed; nobody asks again for what was lost."""
        way = self.random.random()
        where = {"chat": self.cmd, "dstObj": self.dst, "seq": seq}
        if way < 0.1:
            self.edits[seq].append(f"{self.name} edited {seq}")
            self.ws.send(cmd=25, **where, content=self.edits[seq][-1])
        if 0.05 < way < 0.15:
            self.ws.send(cmd=24, **where)

    def join(self):
        self.thread.join(seconds(30))
        assert not self.thread.is_alive()


@pytest.fixture
def seed():
    value = int(os.environ.get("IM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"IM_SEED={value}")
    return random.Random(value)


def whole_history(ws, cmd, dst):
    """All of a chat, oldest first, by pull."""
    messages, start = [], 1
    while True:
        page = ws.ask(cmd=20, chat=cmd, dstObj=dst, **{"from": start}, limit=100)
        messages += page["msgs"]
        if not page["more"]:
            return messages
        start = messages[-1]["seq"] + 1


def check_chat(messages, senders):
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1)), "a gap in the seqs"
    ids = [message["id"] for message in messages]
    assert ids == sorted(set(ids)), "ids are out of order"
    said = [message for message in messages if message["msgType"] != 13]
    by_cid = {message["cid"]: message for message in said}
    assert len(by_cid) == len(said), "a cid is there twice"
    for sender in senders:
        mine = [message["cid"] for message in said if message["cid"] in sender.contents]
        assert mine == list(sender.contents), "missing, doubled, or out of order"
        for cid, ack in sender.acks.items():
            message = by_cid[cid]
            where = [(one["id"], one["seq"], one["createAt"]) for one in (message, ack)]
            assert where[0] == where[1], f"{message} is not what was acked: {ack}"
            could = [sender.contents[cid], *sender.edits[ack["seq"]]]
            assert message.get("recalled") or message["content"] in could, message
        check_told(messages, sender)
    assert len(said) == sum(len(sender.contents) for sender in senders)


def check_told(messages, sender):
    """What was told and shown is so."""
    for seq, shown in sender.shown.items():
        message = messages[seq - 1]
        assert (message["id"], message["userEmail"], message["cid"]) == shown, f"{shown} is lost: {message}"
    for change in sender.told.values():
        message = messages[change["seq"] - 1]
        if change["cmd"] == 24:
            assert message.get("recalled") and "content" not in message, f"{change} is lost: {message}"
        else:
            assert message.get("recalled") or message["content"] == change["content"], f"{change} is lost: {message}"


def check_unread(world, senders):
    """What a user wrote himself counts as read, though no mark of it was stored before the crash."""
    for sender in senders:
        ws = world.open2(sender.user, f"counts{sender.name}")
        delta = ws.ask(cmd=18)
        (chat,) = [one for one in delta["chats"] if (one["chat"], one["dstObj"]) == (sender.cmd, sender.dst)]
        messages = whole_history(ws, sender.cmd, sender.dst)
        own = max((one["seq"] for one in messages if one["userEmail"] == sender.user.email), default=0)
        there = [one for one in messages if one["seq"] > own and not one.get("recalled")]
        assert chat["unread"] == len(there), f"{chat['unread']} unread, not {len(there)}, after {own}"


def test_every_acked_cid_survives_kill_9_where_its_ack_said(make_server, seed):
    server = make_server()
    world = World(server)
    users = [world.user() for _ in range(2 * PAIRS)]
    senders = []
    for i in range(0, 2 * PAIRS, 2):
        world.befriend(users[i], users[i + 1])
        senders.append(Sender(users[i], users[i + 1].email, 10, f"pair{i}a"))
        senders.append(Sender(users[i + 1], users[i].email, 10, f"pair{i}b"))
        senders.append(Sender(users[i], users[i + 1].email, 10, f"pair{i}c"))
    group = str(world.group(users[0], users[2], users[4]))
    senders += [Sender(users[i], group, 11, f"group{i}") for i in (0, 2)]
    for kill in range(KILLS):
        for sender in senders:
            sender.start(world)
        time.sleep(seconds(seed.uniform(0.05, 0.6)))
        server.kill()
        for sender in senders:
            sender.join()
        world.close()
        world.sockets.clear()
        server.start()
    check_unread(world, senders)
    for sender in senders:  # What is left is sent again; nothing new.
        sender.start(world, window=0)
    for sender in senders:
        sender.join()
        assert not sender.outbox
    chats = collections.defaultdict(list)
    for sender in senders:
        chats[sender.chat].append(sender)
    total = 0
    for those in chats.values():
        reader = world.open2(those[0].user, "reader")
        messages = whole_history(reader, those[0].cmd, those[0].dst)
        check_chat(messages, those)
        total += len(messages)
    again, dups = sum(sender.again for sender in senders), sum(sender.dups for sender in senders)
    told = sum(len(sender.told) for sender in senders)
    print(f"{total} messages over {KILLS} kills, {again} sent again, {dups} of them were there already; {told} changes")
    assert total > KILLS * 10 and told > KILLS and (dups > 0 or KILLS < 10) and again > dups
    world.close()
