"""A client of v2 as its author would write it from docs/PROTOCOL.md, exact and without cleverness: it keeps every
message of every chat of its user, outlives its connections, sends again what was not answered, and fills gaps
before it goes on. One thread: pump() deals with what has come, settle() with everything that was caused so far.

What it holds of a chat is chat.state(), and fingerprint() is the hash of that: equal on every device of a user."""

import collections
import json
import os
import time

from support.device_chat import CHANGES, DELETE, Chat
from support.timing import seconds
from support.v2 import NOBODY, session_target
from support.ws import Closed, Ws

ACK, HELLO, ERROR, SYNC, DELTA, PULL, PAGE, READ, TYPING = 1, 16, 17, 18, 19, 20, 21, 22, 23
SET, CONTACT, GROUP, SESSION = 29, 30, 31, 32


def uuid7(random):
    """A cid as our clients make them: time-ordered (RFC 9562, version 7)."""
    value = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | random.getrandbits(12) << 64
    text = f"{value | 2 << 62 | random.getrandbits(62):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


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
        self.pulls = {}  # cid → the chat that was asked for
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
        self.anew = self.epoch not in (None, hello["epoch"])
        self.hello = hello["epoch"]
        self.epoch = self.epoch or self.hello
        self.syncing = self.synced = False
        self.barriers = self.passed = 0
        for chat in self.chats.values():
            chat.pulling = None
        self.pulls = {}
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

    def reinstall(self):
        """All is lost but the device's name. An epoch that never was gets everything anew."""
        assert self.ws is None
        self.forget()
        self.epoch = "none"

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
        for chat in self.chats.values():
            chat.touched.clear()
        self.ask()

    def ask(self, **where):
        """Everything that is here is listed: the server need not know of it, for acks get lost."""
        chats = [{**chat.name, "seq": chat.cursor, "mver": chat.mver} for chat in self.chats.values()]
        where |= {"chats": chats, "pver": self.pver, "limit": self.random.choice((1, 10, 500))}
        self.send(cmd=SYNC, epoch=self.epoch if self.anew else self.hello, **where)

    def pull(self, chat, **where):
        chat.pulling = where
        cid = uuid7(self.random)
        self.pulls[cid] = chat
        self.send(cmd=PULL, **chat.name, **where, limit=self.random.choice((3, 20, 100)), cid=cid)

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
        while self.hear(lambda ws: ws.poll()):
            pass

    def wait(self, end):
        """The same for one frame that is to come."""
        assert self.hear(lambda ws: ws.text(end=end)) or self.ws is None, f"{self} hears nothing"

    def hear(self, read):
        """False: nothing came, or the connection ended."""
        try:
            text = self.ws and read(self.ws)
        except TimeoutError:
            return False
        except (Closed, OSError):
            self.ws.sock.close()
            self.ws = None
            return False
        if text is None:
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
            self.wait(end)

    def settle(self):
        """Until nothing is left to be asked. False when the connection ended."""
        end = time.monotonic() + seconds(30)
        self.barrier()
        while self.ws is not None and self.mending():
            self.wait(end)
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
        elif frame["ref"] == PULL and frame["code"] == 2101:  # No longer a member: the next delta says so.
            self.pulls.pop(cid).pulling = None
            self.want_sync = True
        elif frame["ref"] in (SYNC, PULL, ACK):
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
        if chat.kind == 10 and message["userEmail"] == chat.dst:
            chat.peer_read = max(chat.peer_read, seq)  # Who answers has read.
        if seq in chat.messages:
            assert chat.messages[seq]["id"] == message["id"], f"two messages at {seq}"
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
        assert frame.get("reset", False) == self.anew and frame["epoch"] == self.hello, f"{self}: {frame}"
        if self.anew:
            self.forget()
            self.anew = False
        for gone_chat in frame["gone"]:
            self.chats.pop((gone_chat["chat"], gone_chat["dstObj"]), None)
        for part in frame["chats"]:
            self.delta_chat(part)
        if not frame["done"]:
            self.ask(cursor=frame["cursor"])
            return
        self.epoch = self.hello  # Not before: where it begins anew and is cut off in between, it begins anew again.
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
        for name in ("min", "read", "top", "mute", "draft"):
            if name in part and name not in chat.touched:
                setattr(chat, name, part[name])
        chat.head = max(chat.head, part["head"])
        chat.mhead = max(chat.mhead, part["mhead"])
        chat.peer_read = max(chat.peer_read, part.get("peerRead", 0))
        for message in part["msgs"]:  # Those that are here already stand for changes that muts leaves out.
            if message["seq"] > chat.cursor or part["mhead"] >= chat.mver:
                self.stored(chat, message)
        chat.advance(part["seq"])
        for change in part["muts"]:
            if change["cmd"] == DELETE and change["scope"] == "self":
                chat.hidden |= set(change["seqs"])
            elif change["mver"] > chat.mver:
                chat.change(change)
        chat.mver = max(chat.mver, part["mver"])
        chat.told = max(chat.told, (part["head"], part["unread"], part["mhead"]), key=lambda told: (told[0], told[2]))
        self.want_sync |= part["mmore"]
        self.confirm(chat)

    def page(self, frame):
        chat = self.chats.get((frame["chat"], frame["dstObj"]))
        if chat is None or chat.pulling is None:
            return
        where, chat.pulling = chat.pulling, None
        chat.head = max(chat.head, frame["head"])
        messages = frame["msgs"]
        for message in messages:
            if message["seq"] < chat.first or message["seq"] > chat.cursor:
                self.stored(chat, message)
        if "from" in where:
            chat.advance(messages[-1]["seq"] if frame["more"] else frame["head"])
        else:
            chat.first = messages[0]["seq"] if frame["more"] else frame["min"]
        self.confirm(chat)

    def set(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
            return
        for name in {"top", "mute", "draft"} & frame.keys():
            self.touch(chat, name, frame[name])
        if "clearTo" in frame:
            self.touch(chat, "min", max(chat.min, frame["clearTo"] + 1))

    def touch(self, chat, name, value):
        setattr(chat, name, value)
        chat.touched.add(name)

    def read(self, frame):
        chat, _, _ = self.chat(frame)
        if chat is None:
            self.want_sync = True
        elif frame.get("userEmail") == self.user.email:
            self.touch(chat, "read", max(chat.read, frame["seq"]))
        elif chat.kind == 10:
            chat.peer_read = max(chat.peer_read, frame["seq"])

    def group(self, frame):
        """Who is in it is asked for when somebody looks; whether the user is, is seen here."""
        key = frame["chat"], frame["dstObj"]
        goes = frame["op"] in ("leave", "kick") and self.user.email in frame["users"]
        if goes or frame["op"] == "dismiss":
            self.chats.pop(key, None)
        elif frame["op"] in ("create", "join") and key not in self.chats:
            self.want_sync = True
