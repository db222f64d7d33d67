"""What must be so, kept by brute force from what was asked and what was answered. It shares no code with the
client: a chat is its list of messages and its list of changes, and what anybody sees is computed from both anew."""

import collections
import json

ALWAYS = ("id", "userEmail", "cmd", "dstObj", "seq", "msgType", "createAt", "cid")
BODY = ("content", "reply", "at", "fwd", "ttl", "ct", "ext")


class Wrong(AssertionError):
    """The server and the model differ about place."""

    def __init__(self, place, text):
        super().__init__(text)
        self.place = place


class Member:
    """What one user keeps of one place."""

    def __init__(self):
        self.role = 0
        self.muted = False
        self.read = self.cleared = 0
        self.top = self.mute = False
        self.draft = ""


class Place:
    """A chat, seen from nobody's side."""

    def __init__(self, kind, who, whole_history=True):
        self.kind = kind
        self.who = who  # direct: the two emails (or one); group: its id
        self.whole_history = whole_history
        self.members = {}  # email → Member
        self.joins = collections.defaultdict(list)  # email → seqs of the notices of his coming
        self.hidden = collections.defaultdict(set)  # email → seqs; leaving does not bring them back
        self.muted = self.blocked = False  # everybody but owner and admins; ever one by the other
        self.log = {}  # seq → message as it was first seen
        self.changes = {}  # mver → frame of a change as it was first seen
        self.issued = {}  # (sender, cid) → what the message has to say; of v1: (sender, content)
        self.sent = {}  # (sender, cid) → the frame
        self.acks = {}  # (sender, cid) → ack
        self.wanted = []  # changes that were asked for
        self.happened = collections.deque(maxlen=60)

    def __repr__(self):
        return f"{self.kind} {'/'.join(sorted(self.who)) if self.kind == 10 else self.who}"

    def dst(self, email):
        if self.kind == 11:
            return self.who
        return next((other for other in self.who if other != email), email)

    @property
    def head(self):
        return max(self.log, default=0)

    @property
    def mhead(self):
        return max(self.changes, default=0)

    def note(self, text):
        self.happened.append(text)

    def must(self, condition, text):
        if not condition:
            raise Wrong(self, text)

    # What was seen.

    def saw_message(self, message):
        """Somebody was shown this message, live or from the store: who and where it is never changes."""
        seq = message["seq"]
        fixed = {key: message.get(key) for key in ALWAYS}
        known = self.log.setdefault(seq, message)
        self.must({key: known.get(key) for key in ALWAYS} == fixed, f"{message} where {known} was")
        if known is message:
            self.note(f"message {seq}: {message}")
            if message["msgType"] == 13:
                self.saw_notice(seq, json.loads(message["content"]))
        if message["msgType"] != 13:
            self.must(self.issued_as(message) or "cid" not in message, f"nobody sent {message}")

    def saw_notice(self, seq, said):
        if said["op"] in ("create", "join"):
            for email in {*said["users"], said["by"]} if said["op"] == "create" else said["users"]:
                self.joins[email].append(seq)

    def joined(self, email):
        """The seq with which a member came; a chat of two has always been there."""
        return max(self.joins.get(email, [1]))

    def issued_as(self, message):
        return self.issued.get((message["userEmail"], message.get("cid") or message.get("content")))

    def saw_change(self, frame):
        """The same for changes. What an edit says now may be newer than what it said then."""
        mver = frame["mver"]
        fixed = {key: frame.get(key) for key in ("cmd", "userEmail", "mver", "seq", "seqs", "on")}
        if frame["cmd"] != 25:
            fixed["content"] = frame.get("content")
        if mver not in self.changes:
            self.note(f"change {mver}: {frame}")
        known = self.changes.setdefault(mver, dict(fixed))
        self.must({key: known[key] for key in fixed} == fixed, f"{frame} where {known} was")

    def saw_edit(self, mver, content):
        """Live: what the edit said."""
        self.changes[mver].setdefault("text", content)
        self.must(self.changes[mver]["text"] == content, f"edit {mver} says {content!r}")

    # What must be so.

    def whole(self):
        """Nothing is missing, nothing twice."""
        self.must(sorted(self.log) == list(range(1, len(self.log) + 1)), f"a gap in {sorted(self.log)}")
        self.must(sorted(self.changes) == list(range(1, len(self.changes) + 1)), f"a gap in {sorted(self.changes)}")
        ids = [self.log[seq]["id"] for seq in sorted(self.log)]
        self.must(ids == sorted(set(ids)), "ids are out of order")
        places = collections.defaultdict(list)
        for seq, message in self.log.items():
            if message.get("cid"):
                places[message["userEmail"], message["cid"]].append(seq)
        for key, seqs in places.items():
            self.must(len(seqs) == 1, f"{key} is there twice: {seqs}")
        for key, ack in self.acks.items():
            message = self.log.get(ack["seq"], {})
            said = (message.get("userEmail"), message.get("cid")), message.get("id"), message.get("createAt")
            self.must(said == (key, ack["id"], ack["createAt"]), f"acked as {ack}, there is {message}")

    def messages(self):
        """All of them as they are now."""
        messages = {seq: self.first(seq) for seq in self.log}
        for mver in sorted(self.changes):
            change = self.changes[mver]
            for seq in change["seqs"] or [change["seq"]]:
                self.must(seq in messages, f"change {change} is about nothing")
                if not messages[seq].keys() & {"recalled", "deleted"}:
                    messages[seq] = self.changed(messages[seq], change)
        return messages

    def first(self, seq):
        """As it was sent: what the sender said, under the id the server gave it."""
        seen = self.log[seq]
        message = {key: seen[key] for key in ALWAYS if key in seen}
        issued = self.issued_as(seen) or seen
        return message | {key: issued[key] for key in BODY if key in issued}

    def changed(self, message, change):
        cmd = change["cmd"]
        if cmd in (24, 26):
            how = "recalled" if cmd == 24 else "deleted"
            return {key: message[key] for key in ALWAYS if key in message} | {how: True}
        if cmd == 25:
            return message | {"content": self.text(change), "edited": True}
        if cmd == 27:
            reacts = {emoji: set(users) for emoji, users in message.get("reacts", [])}
            users = reacts.setdefault(change["content"], set())
            users.add(change["userEmail"]) if change["on"] else users.discard(change["userEmail"])
            reacts = sorted([emoji, sorted(users)] for emoji, users in reacts.items() if users)
            rest = {key: value for key, value in message.items() if key != "reacts"}
            return rest | ({"reacts": reacts} if reacts else {})
        rest = {key: value for key, value in message.items() if key != "pinned"}
        return rest | ({"pinned": True} if change["on"] else {})

    def text(self, change):
        """Nobody may have heard what an edit said at that moment: then it is what its sender went on asking for."""
        if "text" not in change:
            heard = {one.get("text") for one in self.changes.values()}
            asked = [one for one in self.wanted if (one["actor"], one["seq"]) == (change["userEmail"], change["seq"])]
            asked = [one["content"] for one in asked if one["content"] not in heard]
            self.must(len(asked) == 1, f"nobody heard {change}, and {asked} were asked for")
            change["text"] = asked[0]
        return change["text"]

    def oldest(self, email):
        member = self.members[email]
        return max(1 if self.whole_history else self.joined(email), member.cleared + 1)

    def last_sent(self, email):
        return max((seq for seq, message in self.log.items() if message["userEmail"] == email), default=0)

    def unread(self, email, messages):
        """The formula of PROTOCOL.md."""
        member = self.members[email]
        after = max(self.joined(email) - 1, member.cleared, member.read, self.last_sent(email))
        return sum(seq > after and not message.keys() & {"recalled", "deleted"} for seq, message in messages.items())

    def peer_read(self, email):
        peer = self.dst(email)
        return max(self.members[peer].read, self.last_sent(peer)) if peer in self.members else 0

    def state(self, email):
        """What every device of that user has to show of this chat."""
        member = self.members[email]
        messages = self.messages()
        least = self.oldest(email)
        seen = [messages[seq] for seq in sorted(messages) if seq >= least and seq not in self.hidden[email]]
        state = {"head": self.head, "mver": self.mhead, "messages": seen, "min": least}
        if len(self.joins.get(email, ())) < 2:  # Who comes back has read nothing; a device may remember more.
            state["read"] = max(member.read, self.last_sent(email))
        state |= {"unread": self.unread(email, messages), "top": member.top, "mute": member.mute}
        state["draft"] = member.draft
        if self.kind == 10 and not self.blocked:  # Across a block it is not told.
            state["peerRead"] = self.peer_read(email)
        return state
