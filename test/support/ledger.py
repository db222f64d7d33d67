"""What each client sent, was acked and received, while servers fail: and whether it adds up.

Devices of people who talk in pairs and in a group, each a v2 client as anybody would write one: connects to any node,
sends what is not acked again under the same cid, pulls where it sees a gap, and where nothing comes it connects anew.
A v1 client can't resend: what it was shown counts as stored, what it was not may be stored once or not at all."""

import asyncio
import collections
import json
import time
import urllib.parse

import websockets

from support.device import uuid7
from support.timing import seconds
from support.world import World

HEART_S = 1.0
QUIET_S = 4.0  # nothing was heard for so long: the node is gone, or cut off
PAGE = 200


class Entry:
    """A message as it is stored: two of them are the same, or something was told wrong."""

    def __init__(self, frame):
        self.seq, self.id = frame["seq"], frame["id"]
        self.content, self.cid, self.sender = frame["content"], frame.get("cid"), frame["userEmail"]

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"{self.seq}:{self.id}:{self.content}"


class Chat:
    """Of two, by their addresses, or a group, by its id; peer(user) is the dstObj that he writes to."""

    def __init__(self, cmd, members, group=None):
        self.cmd, self.members, self.group = cmd, members, group

    def peer(self, user):
        if self.group:
            return self.group
        return next(member.email for member in self.members if member is not user)


class Device:
    def __init__(self, ledger, user, name, chats):
        self.ledger, self.user, self.name, self.chats = ledger, user, name, chats
        self.by_peer = {(chat.cmd, chat.peer(user)): chat for chat in chats}
        self.outbox = collections.OrderedDict()  # cid → (chat, content)
        self.acked = {}  # cid → seq
        self.shown = {chat: {} for chat in chats}  # seq → Entry
        self.next = {chat: 1 for chat in chats}  # the first seq that is missing
        self.newest = dict.fromkeys(chats, 0)  # the greatest seq of an ack
        self.pulling = set()
        self.window = 0
        self.count = 0
        self.opened = self.again = self.doubled = 0
        self.socket = None

    # Towards the server.

    async def run(self):
        while not self.ledger.over:
            node = self.ledger.random.choice(self.ledger.nodes)
            query = urllib.parse.urlencode({"email": self.user.email, "token": self.user.token, "v": 2, "device": self.name})
            try:
                async with websockets.connect(
                    f"ws://127.0.0.1:{node.port}/chat?{query}", open_timeout=3, close_timeout=0.2, ping_interval=None, max_size=None
                ) as self.socket:
                    await self.talk()
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
                pass
            self.socket = None
            await asyncio.sleep(self.ledger.random.uniform(0.05, 0.3))

    async def talk(self):
        hello = json.loads(await asyncio.wait_for(self.socket.recv(), 3))
        assert hello["cmd"] == 16, hello
        self.opened += 1
        self.pulling.clear()
        for chat in self.chats:
            await self.pull(chat)
        for cid, (chat, content) in list(self.outbox.items()):
            self.again += 1
            await self.say(cid, chat, content)
        heard = beat = time.monotonic()
        while not self.ledger.over:
            await self.write()
            now = time.monotonic()
            if now - beat > HEART_S:
                beat = now
                await self.socket.send('{"cmd":0}')
            try:
                text = await asyncio.wait_for(self.socket.recv(), 0.1)
            except asyncio.TimeoutError:
                if time.monotonic() - heard > QUIET_S:
                    return
                continue
            heard = time.monotonic()
            await self.hear(json.loads(text))

    async def write(self):
        while len(self.outbox) < self.window and self.chats:
            chat = self.ledger.random.choice(self.chats)
            cid = uuid7(self.ledger.random)
            self.count += 1
            content = f"{self.user.uname} {self.name} {self.count}"
            self.ledger.sent[cid] = (chat, content)
            self.outbox[cid] = (chat, content)
            await self.say(cid, chat, content)
            await asyncio.sleep(self.ledger.pause_s)

    async def say(self, cid, chat, content):
        await self.socket.send(json.dumps({"cmd": chat.cmd, "dstObj": chat.peer(self.user), "cid": cid, "content": content}))

    async def pull(self, chat):
        if chat not in self.pulling:
            self.pulling.add(chat)
            query = {"cmd": 20, "chat": chat.cmd, "dstObj": chat.peer(self.user), "from": self.next[chat], "limit": PAGE}
            await self.socket.send(json.dumps(query))

    # From the server.

    async def hear(self, frame):
        cmd = frame["cmd"]
        if cmd == 1:
            chat, _ = self.ledger.sent[frame["cid"]]
            before = self.acked.setdefault(frame["cid"], frame["seq"])
            assert before == frame["seq"], f"{frame['cid']} was acked as {before} and as {frame['seq']}"
            self.outbox.pop(frame["cid"], None)
            self.newest[chat] = max(self.newest[chat], frame["seq"])
        elif cmd in (10, 11):
            await self.shown_live(frame)
        elif cmd == 21:
            chat = self.by_peer[(frame["chat"], frame["dstObj"])]
            self.pulling.discard(chat)
            for message in frame["msgs"]:
                self.show(chat, message)
            if frame["more"] or self.next[chat] <= frame["head"]:
                await self.pull(chat)
        elif cmd == 17 and frame.get("cid") in self.outbox:
            # Busy: it is neither stored nor will it be. The same again, after a while.
            self.ledger.refused[frame["code"]] += 1
            assert frame["code"] in (1, 2108), frame
            await asyncio.sleep(0.2)
            chat, content = self.outbox[frame["cid"]]
            await self.say(frame["cid"], chat, content)
        elif cmd == 17:
            self.ledger.refused[frame["code"]] += 1
            self.pulling.clear()
            await asyncio.sleep(0.2)
            for chat in self.chats:
                await self.pull(chat)
        elif cmd == 32:
            assert frame["reason"] in ("drain", "replaced"), frame

    async def shown_live(self, frame):
        other = frame["dstObj"] if frame["cmd"] == 11 or frame["userEmail"] == self.user.email else frame["userEmail"]
        chat = self.by_peer.get((frame["cmd"], other))
        if chat is None:
            return
        if frame["seq"] in self.shown[chat]:
            self.doubled += 1
        self.show(chat, frame)
        if frame["seq"] >= self.next[chat]:  # There is a gap before it.
            await self.pull(chat)

    def show(self, chat, frame):
        entry = Entry(frame)
        before = self.shown[chat].setdefault(entry.seq, entry)
        assert before == entry, f"{before} became {entry}"
        while self.next[chat] in self.shown[chat]:
            self.next[chat] += 1


class OldDevice:
    """A v1 session that writes to one friend and hears him."""

    def __init__(self, ledger, user, friend):
        self.ledger, self.user, self.friend = ledger, user, friend
        self.sent = self.opened = 0
        self.echoed, self.heard = collections.Counter(), collections.Counter()
        self.writes = False
        self.socket = None

    async def run(self):
        while not self.ledger.over:
            node = self.ledger.random.choice(self.ledger.nodes)
            query = urllib.parse.urlencode({"email": self.user.email, "token": self.user.token})
            try:
                async with websockets.connect(
                    f"ws://127.0.0.1:{node.port}/chat?{query}", open_timeout=3, close_timeout=0.2, ping_interval=None, max_size=None
                ) as self.socket:
                    self.opened += 1
                    await self.talk()
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
                pass
            self.socket = None
            await asyncio.sleep(self.ledger.random.uniform(0.05, 0.3))

    async def talk(self):
        waiting, heard = None, time.monotonic()
        while not self.ledger.over:
            if self.writes and waiting is None:
                self.sent += 1
                waiting = f"{self.user.uname} v1 {self.sent}"
                await self.socket.send(json.dumps({"cmd": 10, "dstObj": self.friend.email, "msgType": 1, "content": waiting}))
                heard = time.monotonic()
            try:
                frame = json.loads(await asyncio.wait_for(self.socket.recv(), 0.2))
            except asyncio.TimeoutError:
                if (waiting or not self.writes) and time.monotonic() - heard > QUIET_S:
                    return
                continue
            heard = time.monotonic()
            if frame["cmd"] != 10:
                continue
            if frame["userEmail"] == self.user.email:
                self.echoed[frame["content"]] += 1
                if frame["content"] == waiting:
                    waiting = None
            elif frame["userEmail"] == self.friend.email:
                self.heard[frame["content"]] += 1


class Ledger:
    def __init__(self, nodes, random, pause_s=0.002):
        self.nodes, self.random, self.pause_s = nodes, random, pause_s
        self.over = False
        self.sent = {}  # cid → (chat, content)
        self.refused = collections.Counter()
        self.devices, self.old, self.tasks = [], [], []

    def people(self, count=4):
        """Friends in pairs, a group of all, two devices of the first; and two of v1."""
        world = World(self.nodes[0])
        users = [world.user(f"p{i}") for i in range(count)]
        pairs = list(zip(users[::2], users[1::2]))
        for one, other in pairs:
            world.befriend(one, other)
        group = world.group(users[0], *users[1:])
        self.chats = [Chat(10, pair) for pair in pairs] + [Chat(11, users, str(group))]
        for user in users:
            mine = [chat for chat in self.chats if user in chat.members]
            self.devices.append(Device(self, user, "phone", mine))
        mine = [chat for chat in self.chats if users[0] in chat.members]
        self.devices.append(Device(self, users[0], "desk", mine))
        old = [world.user(f"old{i}") for i in range(2)]
        world.befriend(*old)
        self.old = [OldDevice(self, *old), OldDevice(self, *reversed(old))]
        world.close()

    def start(self):
        self.tasks = [asyncio.create_task(device.run()) for device in [*self.devices, *self.old]]

    def write(self, window):
        for device in self.devices:
            device.window = window
        for device in self.old:
            device.writes = window > 0

    def alive(self):
        """A device whose task failed says so now, not at the end."""
        for task in self.tasks:
            if task.done():
                task.result()

    def acks(self):
        return sum(len(device.acked) for device in self.devices)

    async def flows(self, more=20, within=30):
        """That many more messages are acked: the load is on."""
        wanted, end = self.acks() + more, time.monotonic() + seconds(within)
        while self.acks() < wanted:
            self.alive()
            assert time.monotonic() < end, f"only {self.acks()} of {wanted} acks came; refused: {dict(self.refused)}"
            await asyncio.sleep(0.02)

    def complete(self):
        """Every device has had an ack for everything it sent, and holds all that any device was acked or shown."""
        heads = {chat: max(seq for device in self.devices if chat in device.chats for seq in (device.newest[chat], *device.shown[chat]))
                 for chat in self.chats}
        for device in self.devices:
            if device.outbox:
                return f"{device.user.uname} {device.name} waits for {len(device.outbox)} acks"
            for chat in device.chats:
                if device.next[chat] <= heads[chat]:
                    return f"{device.user.uname} {device.name} lacks {device.next[chat]} of {heads[chat]} in {chat.cmd}"
        return None

    async def repaired(self, within=5):
        """Nobody writes any more: the gaps close by themselves, by then. How long it took, in seconds."""
        began = time.monotonic()
        while (lacking := self.complete()) is not None:
            self.alive()
            assert time.monotonic() < began + seconds(within), f"after {within} s {lacking}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def stop(self):
        self.over = True
        await asyncio.gather(*self.tasks)

    # What every node says is stored.

    @staticmethod
    def history(node, user, chat):
        world, entries = World(node), []
        while True:
            query = {"chat": chat.cmd, "dstObj": chat.peer(user), "from": len(entries) + 1, "limit": PAGE}
            page = world.call2("GET", "/msg/pull", user, query=query).data
            entries += [Entry(frame) for frame in page["msgs"]]
            if not page["more"]:
                return entries

    def check(self):
        """Every acked message is there exactly once, where its ack said; the order is the same for all, without gaps."""
        for chat in self.chats:
            user = chat.members[0]
            stored, *others = [self.history(node, user, chat) for node in self.nodes]
            assert all(other == stored for other in others), "nodes tell different histories"
            assert [entry.seq for entry in stored] == list(range(1, len(stored) + 1)), "a seq is missing or doubled"
            assert [entry.id for entry in stored] == sorted({entry.id for entry in stored}), "ids do not follow the order"
            said = [entry for entry in stored if entry.cid]  # notices of who joined have none
            by_cid = {entry.cid: entry for entry in said}
            assert len(by_cid) == len(said), "a cid is stored twice"
            for entry in said:
                assert self.sent[entry.cid] == (chat, entry.content), f"nobody sent {entry}"
            for device in self.devices:
                if chat not in device.chats:
                    continue
                for cid, seq in device.acked.items():
                    if self.sent[cid][0] is chat:
                        assert cid in by_cid, f"{cid} was acked and is lost"
                        assert by_cid[cid].seq == seq, f"{by_cid[cid]} was acked as {seq}"
                held, there = device.shown[chat], {entry.seq: entry for entry in stored}
                differs = [(held.get(seq), there.get(seq)) for seq in sorted({*held, *there}) if held.get(seq) != there.get(seq)]
                assert not differs, f"{device.user.uname} {device.name} holds something else; held, stored: {differs[:10]}"
        self.check_old()

    def check_old(self):
        one, other = self.old
        chat = Chat(10, (one.user, other.user))
        stored = self.history(self.nodes[0], one.user, chat)
        assert [entry.seq for entry in stored] == list(range(1, len(stored) + 1))
        times = collections.Counter(entry.content for entry in stored if " v1 " in entry.content)
        assert all(count == 1 for count in times.values()), "a message of v1 is stored twice"
        for device, friend in ((one, other), (other, one)):
            mine = {content for content in times if content.startswith(f"{device.user.uname} ")}
            assert set(device.echoed) <= mine, "a message of v1 was shown and is lost"
            assert mine == set(friend.heard), "a message of v1 did not arrive"
        return times
