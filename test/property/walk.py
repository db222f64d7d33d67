"""A random walk: people with several devices each, who come and go, write, change their minds and read. What the
server answers is held against the model at each step where nothing else is under way; every so often everybody
comes online, and then every device must hold exactly what the model says, and so must one that is new."""

import itertools
import random
import time

from v1_session import V1Session
from walk_model import Member, Place, Wrong

from support.device import DELETE, EDIT, PIN, REACT, RECALL, Device, fingerprint, uuid7
from support.timing import seconds
from support.ws import Closed

EMOJIS = ("👍", "❤️", "😂")
TEXTS = ("hi", "你好，世界", "a <b> & \"c\"", "👨‍👩‍👧‍👦", "", "x" * 90, "line\nline\ttab\u0001")
TYPES = (1, 1, 1, 1, 2, 3, 4, 5, 8, 9, 10, 11, 100, 4000)


def the_end(ws):
    """What a session was still told, and the code it was closed with."""
    frames = []
    try:
        while True:
            frames.append(ws.text())
    except Closed as end:
        ws.sock.close()
        return frames, end.code


class Person:
    def __init__(self, user):
        self.user = user
        self.email = user.email
        self.devices = []
        self.v1 = []

    def __repr__(self):
        return self.email.partition(".")[0]


class Walk:
    def __init__(self, world, chance, users=5, devices=3):
        self.world, self.random = world, chance
        self.people = [Person(user) for user in world.friends(users)]
        self.by_email = {person.email: person for person in self.people}
        self.places = {}  # (kind, frozenset of emails or group id) → Place
        self.blocks = set()  # (who, whom)
        self.numbers = itertools.count(1)
        self.steps = 0
        self.expiring = 0.0  # when the last message with a ttl is over
        self.exact = True  # one thing at a time
        self.fresh = itertools.count(1)
        self.begin(devices)

    def begin(self, devices):
        for one, two in itertools.combinations_with_replacement(self.people, 2):
            who = frozenset((one.email, two.email))
            place = self.places[10, who] = Place(10, who)
            if one is not two:
                place.members = {email: Member(1) for email in who}
            else:
                place.members = {one.email: Member(1)}
        for person in self.people:
            for i in range(devices - 1):
                person.devices.append(self.device(person, f"d{i}", self.heard))
            person.v1.append(V1Session(self.world, person.user))
        for count in (len(self.people), 3):
            self.found_group(self.people[:count])
        for person in self.people:
            for device in person.devices:
                device.open()
            person.v1[0].open()

    def device(self, person, name, heard):
        """Each with chances of its own: the walk's next step depends on no device's timing."""
        chance = random.Random(self.random.getrandbits(64))
        return Device(self.world.server, self.world.again(person.user), name, chance, heard)

    def found_group(self, people):
        group = str(self.world.group(people[0].user, *[person.user for person in people[1:]]))
        place = self.places[11, group] = Place(11, group)
        place.members = {person.email: Member(1) for person in people}
        place.members[people[0].email].role = 2

    def close(self):
        for person in self.people:
            for device in person.devices + person.v1:
                if device.ws is not None:
                    device.ws.sock.close()

    # What devices hear.

    def place(self, device, frame):
        kind = frame["chat"] if "chat" in frame else frame["cmd"]
        if kind == 11:
            return self.places[11, frame["dstObj"]]
        if frame["cmd"] == 10:
            return self.places[10, frozenset((frame["userEmail"], frame["dstObj"]))]
        return self.places[10, frozenset((device.user.email, frame["dstObj"]))]

    def heard(self, device, frame):
        cmd = frame["cmd"]
        if cmd in (10, 11):
            self.place(device, frame).saw_message(frame)
        elif cmd == 1:
            self.acked(device, frame)
        elif cmd in (RECALL, EDIT, DELETE, REACT, PIN) and "mver" in frame:
            place = self.place(device, frame)
            place.saw_change(frame)
            if cmd == EDIT:
                place.saw_edit(frame["mver"], frame["content"])
        elif cmd in (19, 21):
            for part in frame["chats"] if cmd == 19 else [frame]:
                place = self.place(device, {**part, "cmd": cmd})
                for message in part["msgs"]:
                    place.saw_message(message)
                for change in part.get("muts", []):
                    if "mver" in change:
                        place.saw_change(change)

    def acked(self, device, frame):
        place = self.place(device, frame)
        key = device.user.email, frame["cid"]
        ack = {name: value for name, value in frame.items() if name != "dup"}
        place.must(key in place.issued, f"an ack of what was not sent: {frame}")
        place.must(place.acks.setdefault(key, ack) == ack, f"acked as {place.acks[key]}, then as {frame}")

    # Who is there.

    def pick(self, things):
        return self.random.choice(list(things))

    def online(self):
        return [device for person in self.people for device in person.devices if device.ws is not None]

    def person_of(self, device):
        return self.by_email[device.user.email]

    def mine(self, email):
        """Places of a user; those where nothing was said too."""
        return [place for place in self.places.values() if email in place.members]

    def friends(self, place):
        return not any((one, two) in self.blocks for one in place.who for two in place.who)

    def name(self, place, device):
        return {"chat": place.kind, "dstObj": place.dst(device.user.email)}

    # Steps.

    def step(self):
        self.steps += 1
        operation = self.random.choices(*zip(*OPERATIONS, strict=True))[0]
        operation(self)
        for device in self.online():
            device.pump()
        for person in self.people:
            for session in person.v1:
                session.pump()

    def ask(self, device, place, want, effect=None, **frame):
        """Asks for something and, when nothing else is under way, holds the answer against want, a code (0: done),
        and what happened against effect: whether the place's mver moves."""
        before = place.mhead
        text = f"{device} asks for {frame}, expecting {want}"
        place.note(text)
        cid = device.do(**frame)
        way = self.random.random()
        if not self.exact and way < 0.25:
            device.shut(cut=way < 0.15)
            return None
        if not self.exact and way < 0.7:
            return None
        answer = device.answer(cid) if self.settled(device, cid) else None
        if device.ws is None:
            raise Wrong(place, f"{device} lost its connection: {device.ended}")
        code = answer["code"] if answer and answer["cmd"] == 17 else 0
        place.note(f"  answered: {answer}")
        if self.exact:
            place.must(code == want, f"{text}; {answer} came")
            if effect is not None:
                place.must(place.mhead == before + (effect and code == 0), f"{text}: mver {before} to {place.mhead}")
        return code if answer or self.exact else None

    def settled(self, device, cid):
        device.barrier()
        return True

    # Operations.

    def come_or_go(self):
        person = self.pick(self.people)
        device = self.pick(person.devices + person.v1)
        if isinstance(device, V1Session):
            device.shut(cut=self.random.random() < 0.5) if device.ws else device.open()
        elif device.ws is None:
            device.open()
        else:
            device.shut(cut=self.random.random() < 0.5)

    def replace_device(self):
        """A second socket of the same device ends the first."""
        devices = self.online()
        if devices:
            device = self.pick(devices)
            first, device.ws = device.ws, None
            device.open()
            frames, code = the_end(first)
            assert code == 1008 and '"reason":"replaced"' in frames[-1], (code, frames)

    def restart(self):
        """The server goes down in order, and comes back. Now and then."""
        if self.random.random() > 0.2:
            return
        self.world.server.restart()
        for device in self.online():
            device.pump()
            assert device.ws is None and device.ended in ("drain", None)  # None: it met the end while it wrote.
        for person in self.people:
            for session in person.v1:
                session.drained()

    def where(self, member=True):
        devices = self.online()
        if not devices:
            return None, None
        device = self.pick(devices)
        places = self.mine(device.user.email) if member else self.places.values()
        return device, self.pick(places)

    def can_write(self, place, email):
        if place.kind == 10:
            return 0 if email in place.who and self.friends(place) else 2102
        return 0 if email in place.members else 2103

    def send(self):
        device, place = self.where()
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
        if seq not in messages or seq < place.oldest(email) or seq in member.hidden:
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
            self.ask(device, place, code, effect=not self.gone(message), cmd=RECALL, **self.name(place, device), seq=seq)

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
        code = self.can_write(place, email) or code
        if place.kind == 11 and place.members[email].role == 0:
            code = 2101
        on = self.random.random() < 0.6
        pinned = not code and "pinned" in message
        self.ask(device, place, code, effect=pinned != on, cmd=PIN, **self.name(place, device), seq=seq, on=on)

    def hide(self):
        device, place = self.where()
        if device is None or place.head == 0:
            return
        member = place.members[device.user.email]
        least = place.oldest(device.user.email)
        seqs = sorted({self.random.randint(1, place.head) for _ in range(self.random.randint(1, 4))})
        want = 2109 if seqs[0] < least else 0
        code = self.ask(device, place, want, effect=False, cmd=DELETE, **self.name(place, device), seqs=seqs)
        if not want:  # Of the future ones too: nobody else decides it.
            member.hidden |= set(seqs)
        del code

    # Rest.

    def rest(self):
        """Everybody comes online, and nothing is left to be done."""
        for person in self.people:
            for device in person.devices + person.v1:
                if device.ws is None:
                    device.open()
        self.settle()
        self.expired()

    def settle(self):
        for device in self.online():
            assert device.settle(), f"{device} lost its connection: {device.ended}"
        for device in self.online():
            assert device.settle() and not device.outbox

    def expired(self):
        """Until the last message with a ttl is gone."""
        end = max(self.expiring, time.time()) + seconds(15)
        while left := [(place, seq) for place in self.places.values() for seq in place.log if self.left(place, seq)]:
            if time.time() > end:
                raise Wrong(left[0][0], f"message {left[0][1]} does not expire")
            time.sleep(0.05)
            self.settle()

    def left(self, place, seq):
        gone = any(seq in (change["seqs"] or [change["seq"]]) for change in place.changes.values() if change["cmd"] in (24, 26))
        return self.expires(place, seq) and not gone

    def check(self):
        """In a state of rest."""
        for place in self.places.values():
            place.whole()
        states = {person.email: self.states(person.email) for person in self.people}
        for person in self.people:
            self.check_counts(person, states[person.email])
            for device in person.devices:
                self.check_device(device, states[person.email])
            for session in person.v1:
                session.wait_for(self.shown(person.email))
        for place in self.places.values():
            place.wanted.clear()

    def check_counts(self, person, states):
        """A device that is new gets the same, and the server counts as the formula says."""
        told = {}

        def heard(device, frame):
            self.heard(device, frame)
            for part in frame["chats"] if frame["cmd"] == 19 else []:
                told.setdefault((part["chat"], part["dstObj"]), part["unread"])

        fresh = self.device(person, f"fresh{next(self.fresh)}", heard)
        fresh.open()
        assert fresh.settle()
        fresh.shut()
        self.check_device(fresh, states)
        for key, unread in told.items():
            place, state = states[key]
            place.must(unread == state["unread"], f"{person} has {unread} unread, not {state['unread']}")

    def states(self, email):
        return {(place.kind, place.dst(email)): (place, place.state(email)) for place in self.mine(email)}

    def check_device(self, device, states):
        for key, (place, state) in states.items():
            chat = device.chats.get(key)
            if chat is None:
                idle = place.kind == 10 and place.head == 0 and state == Place.state(place, device.user.email)
                place.must(idle and not (state["top"] or state["mute"] or state["draft"]), f"{device} lacks it")
            elif fingerprint(chat.state()) != fingerprint(state):
                raise Wrong(place, f"{device} differs: {difference(chat.state(), state)}")
        for key in device.chats.keys() - states.keys():
            raise AssertionError(f"{device} has {key}, where its user is not")

    def shown(self, email):
        """Ids of what v1 must have been shown."""
        ids = set()
        for place in self.mine(email):
            joined = place.members[email].joined
            for seq, message in place.messages().items():
                if seq >= joined and message["msgType"] != 13 and not self.gone(message):
                    ids.add(message["id"])
        return ids


def difference(has, wanted):
    """The first few things in which they differ."""
    found = [f"{key}: {has[key]!r}, not {wanted[key]!r}" for key in wanted if key != "messages" and has[key] != wanted[key]]
    seqs = [{message["seq"]: message for message in state["messages"]} for state in (has, wanted)]
    for seq in sorted(seqs[0].keys() | seqs[1].keys()):
        if seqs[0].get(seq) != seqs[1].get(seq):
            found.append(f"message {seq}: {seqs[0].get(seq)}, not {seqs[1].get(seq)}")
    return "; ".join(found[:4])


OPERATIONS = (
    (Walk.come_or_go, 14),
    (Walk.replace_device, 1),
    (Walk.restart, 1),
    (Walk.send, 30),
    (Walk.bad_send, 1),
    (Walk.resend, 4),
    (Walk.forward, 3),
    (Walk.v1_send, 6),
    (Walk.recall, 4),
    (Walk.delete_all, 2),
    (Walk.edit, 7),
    (Walk.react, 7),
    (Walk.pin, 3),
    (Walk.hide, 3),
)
