"""What people say in their chats, and what becomes of it: operations of the walk."""

import time

from support.device import READ, SET, uuid7
from support.device_chat import DELETE, EDIT, PIN, REACT, RECALL

EMOJIS = ("👍", "❤️", "😂")
TEXTS = ("hi", "你好，世界", "a <b> & \"c\"", "👨‍👩‍👧‍👦", "", "x" * 90, "line\nline\ttab\u0001")
TYPES = (1, 1, 1, 1, 2, 3, 4, 5, 8, 9, 10, 11, 100, 4000)


class Talk:
    def where(self, all_groups=False):
        """A device that is online, and a chat of its user; or any group."""
        devices = self.online()
        if not devices:
            return None, None
        device = self.pick(devices)
        groups = [place for place in self.places.values() if place.kind == 11]
        return device, self.pick(groups if all_groups else self.mine(device.user.email))

    def can_write(self, place, email):
        if place.kind == 10:
            return 0 if email in place.who and self.friends(place) else 2102
        member = place.members.get(email)
        if member is None:
            return 2103
        return 2104 if member.muted or (place.muted and member.role == 0) else 0

    def send(self):
        device, place = self.where(all_groups=self.random.random() < 0.05)
        if device is None:
            return
        email = device.user.email
        frame = {"cmd": place.kind, "dstObj": place.dst(email), "cid": uuid7(self.random)}
        frame["msgType"] = self.pick(TYPES)
        frame["content"] = f"{next(self.numbers)} {self.pick(TEXTS)}"
        if self.random.random() < 0.2 and place.head:
            frame["reply"] = self.random.randint(1, place.head)
        if self.random.random() < 0.15:
            frame["at"] = [self.pick(list(place.members) + ["nobody@test.com"])]
        if self.random.random() < 0.1:
            frame["ext"] = {"n": self.steps, "a": ["x", {"y": None}]}
        if self.random.random() < 0.03:
            frame["ttl"] = self.random.randint(1, 2)
            self.expiring = max(self.expiring, time.time() + frame["ttl"])
        self.say(device, place, frame, self.can_write(place, email))

    def say(self, device, place, frame, want, issued=None):
        """Remembered before it is sent: it may be seen at any moment from then on."""
        email = device.user.email
        place.sent[email, frame["cid"]] = frame
        place.issued[email, frame["cid"]] = issued or frame
        code = self.ask(device, place, want, effect=False, **frame)
        if code == 0 and self.exact:
            place.must((email, frame["cid"]) in place.acks, f"{frame} was not acked")

    def bad_send(self):
        device, place = self.where()
        if device is None:
            return
        frame = {"cmd": place.kind, "dstObj": place.dst(device.user.email), "cid": uuid7(self.random)}
        bad = self.pick(({"reply": place.head + 1000000}, {"ext": []}, {"ttl": -1}, {"msgType": 13}))
        want = self.can_write(place, device.user.email) if "reply" in bad else 2100
        self.ask(device, place, want or 2100, effect=False, **frame, content="bad", **bad)

    def resend(self):
        """What was sent before is sent again, by the same device or another: acked as before; or with another
        content: refused."""
        device, place = self.where()
        if device is None:
            return
        mine = [key for key in place.acks if key[0] == device.user.email]
        if not mine:
            return
        key = self.pick(mine)
        frame = place.sent[key]
        count = len(place.log)
        if self.random.random() < 0.3:
            self.ask(device, place, 2107, effect=False, **{**frame, "content": "another"})
        else:
            self.ask(device, place, 0, effect=False, **frame)
        if self.exact:
            place.must(len(place.log) == count, "a resend made a message")

    def forward(self):
        """A copy of a message of any of the user's chats."""
        device, place = self.where()
        source = self.pick(self.mine(device.user.email)) if device else None
        if device is None or not self.exact or source.head == 0:
            return
        email, seq = device.user.email, self.message(source)
        code, message = self.found(source, email, seq)
        if self.expires(source, seq):
            return
        frame = {"cmd": place.kind, "dstObj": place.dst(email), "cid": uuid7(self.random)}
        frame["fwd"] = {**self.name(source, device), "seqs": [seq]}
        issued = {}
        if not code:
            issued = {key: message[key] for key in ("content", "ext") if key in message}
            issued["fwd"] = {"userEmail": message["userEmail"], "createAt": message["createAt"]}
        self.say(device, place, frame, self.can_write(place, email) or code, issued)

    def v1_send(self):
        person = self.pick(self.people)
        place = self.pick(self.mine(person.email))
        session = person.v1[0]
        if session.ws is None:
            return
        content = f"{next(self.numbers)} v1 {self.pick(TEXTS)}"
        place.note(f"{person} says {content} by v1")
        place.issued[person.email, content] = {"content": content, "msgType": 1}
        may = self.can_write(place, person.email) == 0
        session.say(place, content)
        if may and self.exact:
            session.wait(content)

    def message(self, place):
        """A seq of the place, mostly a recent one; now and then one that is not there."""
        way = self.random.random()
        if place.head == 0 or way < 0.02:
            return place.head + 1000000
        return self.random.randint(max(1, place.head - 10) if way < 0.7 else 1, place.head)

    def found(self, place, email, seq, there=True):
        """2109, 2100 or 0, and the message: as the one who asks sees it."""
        messages = place.messages()
        member = place.members[email]
        if seq not in messages or seq < place.oldest(email) or seq in place.hidden[email]:
            return 2109, None
        message = messages[seq]
        if there and message.keys() & {"recalled", "deleted"}:
            return 2109, message
        return (2100 if message["msgType"] == 13 else 0), message

    def expires(self, place, seq):
        """Whether its end may come at any moment: then nothing is foreseen."""
        return seq in place.log and "ttl" in (place.issued_as(place.log[seq]) or {})

    def change(self, there=True):
        device, place = self.where()
        if device is None:
            return (None,) * 6
        seq = self.message(place)
        if self.expires(place, seq):
            return (None,) * 6
        code, message = self.found(place, device.user.email, seq, there)
        return device, place, device.user.email, seq, code, message

    def gone(self, message):
        return bool(message and message.keys() & {"recalled", "deleted"})

    def take_back_code(self, place, email, code, message):
        if code or place.members[email].role > 0:
            return code
        return 0 if message["userEmail"] == email else 2101

    def recall(self):
        device, place, email, seq, code, message = self.change(there=False)
        if device:
            code = self.take_back_code(place, email, code, message)
            frame = {"cmd": RECALL, "seq": seq}
            self.ask(device, place, code, effect=not self.gone(message), **frame, **self.name(place, device))

    def delete_all(self):
        device, place, email, seq, code, message = self.change(there=False)
        if device:
            code = self.take_back_code(place, email, code, message)
            frame = {"cmd": DELETE, "seqs": [seq], "scope": "all"}
            self.ask(device, place, code, effect=not self.gone(message), **frame, **self.name(place, device))

    def edit(self):
        device, place, email, seq, code, message = self.change()
        if not device or any(one["seq"] == seq and one["actor"] == email for one in place.wanted):
            return
        code = self.can_write(place, email) or code
        if not code and message["userEmail"] != email:
            code = 2101
        if not code and message["msgType"] != 1 and message["msgType"] < 100:
            code = 2100
        content = f"{next(self.numbers)} edited {self.pick(TEXTS)}"
        if not self.exact:
            place.wanted.append({"actor": email, "seq": seq, "content": content})
        self.ask(device, place, code, effect=True, cmd=EDIT, **self.name(place, device), seq=seq, content=content)

    def react(self):
        device, place, email, seq, code, message = self.change()
        if not device:
            return
        code = self.can_write(place, email) or code
        emoji, on = self.pick(EMOJIS), self.random.random() < 0.6
        there = not code and email in dict(message.get("reacts", [])).get(emoji, [])
        frame = {"cmd": REACT, "seq": seq, "content": emoji, "on": on}
        self.ask(device, place, code, effect=there != on, **frame, **self.name(place, device))

    def pin(self):
        device, place, email, seq, code, message = self.change()
        if not device:
            return
        may = self.can_write(place, email)
        if not may and place.kind == 11 and place.members[email].role == 0:
            may = 2101
        code = may or code
        on = self.random.random() < 0.6
        pinned = not code and "pinned" in message
        self.ask(device, place, code, effect=pinned != on, cmd=PIN, **self.name(place, device), seq=seq, on=on)

    def hide(self):
        device, place = self.where()
        if device is None or place.head == 0:
            return
        least = place.oldest(device.user.email)
        seqs = sorted({self.random.randint(1, place.head) for _ in range(self.random.randint(1, 4))})
        want = 2109 if seqs[0] < least else 0
        self.ask(device, place, want, effect=False, cmd=DELETE, **self.name(place, device), seqs=seqs)
        if not want:  # Of the future ones too: nobody else decides it.
            place.hidden[device.user.email] |= set(seqs)

    def read(self):
        device, place = self.where()
        if device is None or place.head == 0:
            return
        seq = self.random.randint(1, place.head)
        member = place.members[device.user.email]
        self.ask(device, place, 0, effect=False, cmd=READ, **self.name(place, device), seq=seq)
        member.read = max(member.read, seq)

    def adjust(self):
        device, place = self.where()
        if device is None or not self.exact:
            return
        member = place.members[device.user.email]
        key = self.pick(("top", "mute", "draft"))
        on = self.random.random() < 0.5
        what = {key: on if key != "draft" else f"draft {next(self.numbers)}" if on else ""}
        # A chat with oneself is there once something is said.
        nobody = place.kind == 10 and len(place.who) == 1 and place.head == 0
        self.ask(device, place, 2109 if nobody else 0, effect=False, cmd=SET, **self.name(place, device), **what)
        for key, value in what.items() if not nobody else ():
            setattr(member, key, value)

    def clear(self):
        device, place = self.where()
        if device is None or not self.exact or place.head == 0 or self.random.random() < 0.7:
            return
        member = place.members[device.user.email]
        seq = self.random.randint(1, place.head)
        self.ask(device, place, 0, effect=False, cmd=SET, **self.name(place, device), clearTo=seq)
        member.cleared = max(member.cleared, seq)

    OPERATIONS = (
        (send, 30),
        (bad_send, 1),
        (resend, 4),
        (forward, 3),
        (v1_send, 6),
        (recall, 4),
        (delete_all, 2),
        (edit, 7),
        (react, 7),
        (pin, 3),
        (hide, 3),
        (read, 8),
        (adjust, 3),
        (clear, 2),
    )
