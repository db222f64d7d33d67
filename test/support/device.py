"""A client of v2 as its author would write it from docs/PROTOCOL.md, exact and without cleverness: it keeps every
message of every chat of its user, outlives its connections, sends again what was not answered, and fills gaps
before it goes on. One thread: pump() deals with what has come, settle() with everything that was caused so far.

What it holds of a chat is state(), and fingerprint() its hash: equal on every device of a user."""

import collections
import hashlib
import json
import os
import select
import time

from support.timing import seconds
from support.v2 import NOBODY, session_target
from support.ws import Closed, Ws

ACK, HELLO, ERROR, SYNC, DELTA, PULL, PAGE, READ, TYPING = 1, 16, 17, 18, 19, 20, 21, 22, 23
RECALL, EDIT, DELETE, REACT, PIN, SET, CONTACT, GROUP, SESSION = 24, 25, 26, 27, 28, 29, 30, 31, 32
CHANGES = (RECALL, EDIT, DELETE, REACT, PIN)
BODY = ("content", "reply", "at", "fwd", "ttl", "ct", "ext", "edited", "reacts", "pinned")  # gone with the message


def uuid7(random):
    """A cid as our clients make them: time-ordered (RFC 9562, version 7)."""
    value = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | random.getrandbits(12) << 64
    text = f"{value | 2 << 62 | random.getrandbits(62):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def fingerprint(state):
    return hashlib.sha256(json.dumps(state, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def gone(message):
    return message.get("recalled") or message.get("deleted") or False


def take_back(message, how):
    for key in BODY:
        message.pop(key, None)
    message[how] = True


def react(message, user, emoji, on):
    """reacts: [{content, count, users}], in the order in which they began."""
    reacts = message.setdefault("reacts", [])
    one = next((one for one in reacts if one["content"] == emoji), None)
    if on and one is None:
        reacts.append({"content": emoji, "count": 1, "users": [user]})
    elif on and user not in one["users"]:
        one["users"].append(user)
        one["count"] += 1
    elif not on and one and user in one["users"]:
        one["users"].remove(user)
        one["count"] -= 1
        if one["count"] == 0:
            reacts.remove(one)
    if not reacts:
        del message["reacts"]


def apply(message, change):
    """One of frames 24 to 28 to the message it is about. What is gone stays gone."""
    if gone(message):
        return
    cmd = change["cmd"]
    if cmd == RECALL:
        take_back(message, "recalled")
    elif cmd == DELETE:
        take_back(message, "deleted")
    elif cmd == EDIT:
        message["content"] = change["content"]
        message["edited"] = True
    elif cmd == REACT:
        react(message, change["userEmail"], change["content"], change["on"])
    elif change["on"]:
        message["pinned"] = True
    else:
        message.pop("pinned", None)


class Chat:
    """What a device has of one chat. Messages first to cursor are all there, but for those that are not the
    user's to see."""

    def __init__(self, kind, dst):
        self.kind, self.dst = kind, dst
        self.messages = {}
        self.first = None  # None: nothing yet
        self.cursor = 0
        self.head = 0  # the greatest seq heard of
        self.mver = 0
        self.mhead = 0
        self.early = []  # changes of messages that are still to come
        self.hidden = set()
        self.min = 1
        self.read = 0
        self.sent = 0
        self.told = (0, 0, 0)  # the server counted: up to this head, so many unread, at this mver
        self.gone = {}  # seqs of what was taken back, here or not → the change that did it, 0 where unknown
        self.peer_read = 0
        self.top = self.mute = False
        self.draft = ""
        self.pver = 0  # of top, mute and draft
        self.pulling = False

    @property
    def name(self):
        return {"chat": self.kind, "dstObj": self.dst}

    def visible(self):
        return {
            seq: message for seq, message in self.messages.items() if seq >= self.min and seq not in self.hidden
        }

    def unread(self):
        """Message by message: one that the user hid before this device saw it counts all the same."""
        after = max(self.base(), self.read, self.sent, self.min - 1)
        return sum(seq not in self.gone for seq in range(after + 1, self.cursor + 1))

    def base(self):
        """Where what the server counted begins: it may be where the user joined, which only the server knows."""
        base, left, mver = self.told
        while left > 0 and base > 0:
            left -= self.gone.get(base, mver + 1) > mver
            base -= 1
        return base

    def put(self, message):
        seq = message["seq"]
        self.messages[seq] = message
        if gone(message):
            self.gone.setdefault(seq, 0)
        for change in self.early:
            if seq in change.get("seqs", [change.get("seq")]):
                apply(message, change)

    def advance(self, cursor):
        self.cursor = max(self.cursor, cursor)
        self.head = max(self.head, self.cursor)
        self.early = [change for change in self.early if max(change.get("seqs", [change.get("seq")])) > self.cursor]

    def change(self, frame):
        for seq in frame.get("seqs", [frame.get("seq")]):
            if frame["cmd"] in (RECALL, DELETE):
                self.gone[seq] = frame["mver"]
            if seq in self.messages:
                apply(self.messages[seq], frame)
        if max(frame.get("seqs", [frame.get("seq")])) > self.cursor or self.pulling:
            self.early.append(frame)

    def state(self):
        messages = []
        for seq, message in sorted(self.visible().items()):
            message = {key: value for key, value in message.items() if key != "deleteTimestamp"}
            if "reacts" in message:
                message["reacts"] = sorted([one["content"], sorted(one["users"])] for one in message["reacts"])
            messages.append(message)
        own = {"min": self.min, "read": self.read, "unread": self.unread(), "top": self.top, "mute": self.mute}
        own["draft"] = self.draft
        if self.kind == 10:
            own["peerRead"] = self.peer_read
        return {"head": self.head, "mver": self.mver, "messages": messages, **own}


class Device:
    """One device of a user. heard(device, frame), if given, sees every frame before the device does."""

    def __init__(self, server, user, name, random, heard=None):
        self.server, self.user, self.name, self.random, self.heard = server, user, name, random, heard
        self.ws = None
        self.chats = {}  # (kind, dstObj) → Chat
        self.epoch = None
        self.pver = 0
        self.outbox = collections.OrderedDict()  # cid → frame, not answered yet
        self.answers = {}  # cid → its ack or error, or None: done, which nothing answers
        self.syncing = False
        self.want_sync = False
        self.synced = False  # since the connection opened
        self.settings = []  # of chats, from deltas, until the last one says how new they are
        self.ended = None  # why the server ended the session
        self.barriers = 0
        self.passed = 0

    # Connections.

    def open(self):
        assert self.ws is None
        self.ended = None
        self.ws = Ws(self.server, session_target(self.user, self.name), user=self.user)
        hello = json.loads(self.ws.text())
        assert hello["cmd"] == HELLO, hello
        if self.epoch not in (None, hello["epoch"]):
            self.forget()
        self.epoch = hello["epoch"]
        self.syncing = self.synced = False
        self.settings = []
        self.barriers = self.passed = 0
        for chat in self.chats.values():
            chat.pulling = False
        self.sync()
        for frame in self.outbox.values():
            self.ws.send(**frame)

    def shut(self, cut=False):
        ws, self.ws = self.ws, None
        if ws is not None:
            ws.cut() if cut else ws.close()

    def forget(self):
        self.chats.clear()
        self.pver = 0

    # Asking.

    def do(self, **frame):
        """Sends what changes something; it is sent again until it is answered. Returns its cid."""
        cid = frame.setdefault("cid", uuid7(self.random))
        self.answers.pop(cid, None)
        self.outbox[cid] = frame
        if self.ws is not None:
            self.send(**frame)
        return cid

    def send(self, **frame):
        try:
            self.ws.send(**frame)
        except OSError:
            pass  # Reading says why it ended.

    def answer(self, cid):
        """Waits for what became of it: an ack, an error, or None."""
        if cid not in self.answers:
            self.barrier()
        return self.answers[cid]

    def sync(self):
        self.want_sync = False
        self.syncing = True
        self.ask()

    def ask(self, **where):
        chats = [{**chat.name, "seq": chat.cursor, "mver": chat.mver} for chat in self.chats.values()]
        self.send(cmd=SYNC, epoch=self.epoch, chats=chats, pver=self.pver, limit=self.random.choice((1, 10, 500)), **where)

    def pull(self, chat, **where):
        chat.pulling = where
        self.send(cmd=PULL, **chat.name, **where, limit=self.random.choice((3, 20, 100)))

    def mend(self):
        """Asks for what is missing, one question of a kind at a time."""
        if not self.syncing and self.want_sync:
            self.sync()
        for chat in self.chats.values():
            if chat.pulling or not self.synced:
                continue
            if chat.cursor < chat.head:
                self.pull(chat, **{"from": chat.cursor + 1})
            elif chat.first is not None and chat.first > chat.min:
                self.pull(chat, before=chat.first)

    def mending(self):
        return self.syncing or self.want_sync or any(chat.pulling for chat in self.chats.values())

    # Hearing.

    def pump(self):
        """Deals with everything that is there, without waiting."""
        while self.ws is not None and self.hear(1 if select.select([self.ws.sock], [], [], 0)[0] else 0):
            pass

    def hear(self, timeout):
        """One frame. False: none came, or the connection ended."""
        try:
            text = self.ws.text(end=time.monotonic() + timeout)
        except TimeoutError:
            return False
        except (Closed, OSError):
            ws, self.ws = self.ws, None
            ws.sock.close()
            return False
        frame = json.loads(text)
        if self.heard is not None:
            self.heard(self, frame)
        self.take(frame)
        return True

    def barrier(self):
        """Everything the server did before this has been told, and every question from before it answered."""
        self.barriers += 1
        goal = self.barriers
        self.send(cmd=10, dstObj=NOBODY, content="", cid=f"barrier-{goal}")
        end = time.monotonic() + seconds(30)
        while self.ws is not None and self.passed < goal:
            assert time.monotonic() < end, f"{self} waits for barrier {goal}"
            self.hear(end - time.monotonic())

    def settle(self):
        """Until nothing is left to be asked. False when the connection ended."""
        end = time.monotonic() + seconds(30)
        self.barrier()
        while self.ws is not None and self.mending():
            assert time.monotonic() < end, f"{self} does not come to rest"
            self.hear(end - time.monotonic())
            self.mend()
        return self.ws is not None

    def __repr__(self):
        return f"{self.user.email}/{self.name}"

    def take(self, frame):
        cmd = frame["cmd"]
        if cmd == ACK:
            self.answered(frame["cid"], frame)
        elif cmd == ERROR:
            self.error(frame)
        elif cmd in (10, 11):
            self.message(frame)
        elif cmd == DELTA:
            self.delta(frame)
        elif cmd == PAGE:
            self.page(frame)
        elif cmd in CHANGES:
            self.changed(frame)
        elif cmd == READ:
            self.read(frame)
        elif cmd == SET:
            self.set(frame)
        elif cmd == GROUP:
            self.group(frame)
        elif cmd == SESSION:
            self.ended = frame["reason"]
        else:
            assert cmd in (13, 14, HELLO, TYPING, CONTACT), f"an unknown frame: {frame}"
        self.mend()

    def answered(self, cid, answer):
        if cid in self.outbox:
            del self.outbox[cid]
            self.answers[cid] = answer

    def error(self, frame):
        cid = frame.get("cid") or ""
        if cid.startswith("barrier-"):
            self.passed = int(cid.partition("-")[2])
            for cid, asked in list(self.outbox.items()):  # What was sent before it and not refused is done.
                if asked["cmd"] not in (10, 11):
                    self.answered(cid, None)
        elif frame["ref"] in (SYNC, PULL):
            raise AssertionError(f"{self} was refused: {frame}")
        else:
            self.answered(cid, frame)

    def chat(self, frame):
        kind = frame["chat"] if "chat" in frame else frame["cmd"]
        dst = frame["dstObj"]
        if kind == 10 and frame["cmd"] == 10 and dst == self.user.email:
            dst = frame["userEmail"]  # Message frames keep the recipient.
        return self.chats.get((kind, dst)), kind, dst

    def message(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
            return
        chat.head = max(chat.head, frame["seq"])
        if frame["seq"] == chat.cursor + 1:
            self.stored(chat, frame)
            chat.advance(frame["seq"])
            self.confirm(chat)

    def stored(self, chat, message):
        seq = message["seq"]
        if message["userEmail"] == self.user.email:
            chat.sent = max(chat.sent, seq)
            self.marked(chat, seq)  # Who writes has read.
        if chat.kind == 10 and message["userEmail"] == chat.dst:
            chat.peer_read = max(chat.peer_read, seq)  # Who answers has read.
        if seq in chat.messages:
            assert chat.messages[seq]["id"] == message["id"], f"two messages at {seq}"
            return
        chat.put(message)

    def confirm(self, chat):
        if self.random.random() < 0.5:
            self.send(cmd=ACK, **chat.name, seq=chat.cursor, mver=chat.mver)

    def changed(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
        elif frame["cmd"] == DELETE and frame["scope"] == "self":
            chat.hidden |= set(frame["seqs"])
        elif frame["mver"] == chat.mver + 1:
            chat.change(frame)
            chat.mver += 1
        elif frame["mver"] > chat.mver:
            self.want_sync = True

    def delta(self, frame):
        if frame.get("reset"):
            self.forget()
        for gone_chat in frame["gone"]:
            self.chats.pop((gone_chat["chat"], gone_chat["dstObj"]), None)
        for part in frame["chats"]:
            self.delta_chat(part)
        if not frame["done"]:
            self.ask(cursor=frame["cursor"])
            return
        for chat, part in self.settings:
            if chat.pver <= frame["pver"]:  # Else a newer one came live.
                chat.top, chat.mute, chat.draft = part["top"], part["mute"], part["draft"]
        self.settings.clear()
        self.syncing = False
        self.synced = True
        self.pver = max(self.pver, frame["pver"])
        self.send(cmd=ACK, pver=self.pver)

    def delta_chat(self, part):
        """A delta may be older than what came live meanwhile: nothing goes back."""
        key = part["chat"], part["dstObj"]
        chat = self.chats.get(key)
        if chat is None:
            chat = self.chats[key] = Chat(*key)
            chat.mver = part["mver"]
            chat.cursor = part["msgs"][0]["seq"] - 1 if part["msgs"] else part["seq"]
            chat.first = chat.cursor + 1
        chat.min = max(chat.min, part["min"])
        chat.head = max(chat.head, part["head"])
        chat.mhead = max(chat.mhead, part["mhead"])
        self.marked(chat, part["read"])
        chat.peer_read = max(chat.peer_read, part.get("peerRead", 0))
        for message in part["msgs"]:
            if message["seq"] > chat.cursor:
                self.stored(chat, message)
        chat.advance(part["seq"])
        for change in part["muts"]:
            if change["cmd"] == DELETE and change["scope"] == "self":
                chat.hidden |= set(change["seqs"])
            elif change["mver"] > chat.mver:
                chat.change(change)
        chat.mver = max(chat.mver, part["mver"])
        chat.told = max(chat.told, (part["head"], part["unread"], part["mhead"]), key=lambda told: (told[0], told[2]))
        if "top" in part:
            self.settings.append((chat, part))
        self.want_sync |= part["mmore"]
        self.confirm(chat)

    def page(self, frame):
        chat = self.chats.get((frame["chat"], frame["dstObj"]))
        if chat is None or not chat.pulling:
            return
        where, chat.pulling = chat.pulling, False
        chat.min = max(chat.min, frame["min"])
        chat.head = max(chat.head, frame["head"])
        messages = frame["msgs"]
        for message in messages:
            if message["seq"] < chat.first or message["seq"] > chat.cursor:
                self.stored(chat, message)
        if "from" in where:
            chat.advance(messages[-1]["seq"] if frame["more"] else frame["head"])
        else:
            chat.first = messages[0]["seq"] if frame["more"] else chat.min
        self.confirm(chat)

    def marked(self, chat, seq):
        chat.read = max(chat.read, seq)

    def set(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
            return
        chat.top, chat.mute = frame.get("top", chat.top), frame.get("mute", chat.mute)
        chat.draft = frame.get("draft", chat.draft)
        chat.min = max(chat.min, frame.get("clearTo", 0) + 1)
        chat.pver = max(chat.pver, frame["pver"])

    def read(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
        elif frame.get("userEmail") == self.user.email:
            self.marked(chat, frame["seq"])
        elif chat.kind == 10:
            chat.peer_read = max(chat.peer_read, frame["seq"])
