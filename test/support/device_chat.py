"""What a device of v2 (support/device.py) keeps of one chat, and how changes change it."""

import hashlib
import json

RECALL, EDIT, DELETE, REACT, PIN = 24, 25, 26, 27, 28
CHANGES = (RECALL, EDIT, DELETE, REACT, PIN)
BODY = ("content", "reply", "at", "fwd", "ttl", "ct", "ext", "edited", "reacts", "pinned")  # gone with the message


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
        self.touched = set()  # what came live since the device asked: an answer may be older
        self.pulling = None  # where from

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
        own = {"min": self.min, "read": max(self.read, self.sent), "unread": self.unread()}
        own |= {"top": self.top, "mute": self.mute, "draft": self.draft}
        if self.kind == 10:
            own["peerRead"] = self.peer_read
        return {"head": self.head, "mver": self.mver, "messages": messages, **own}
