"""A random walk: people with several devices each, who come and go, write, change their minds and read. What the
server answers is held against the model at each step where nothing else is under way; every so often everybody
comes online, and then every device must hold exactly what the model says, and so must one that is new."""

import itertools
import random

from v1_session import V1Session
from walk_groups import Groups
from walk_model import Member, Place, Wrong
from walk_rest import Rest
from walk_talk import Talk

from support.device import Device
from support.device_chat import DELETE, EDIT, PIN, REACT, RECALL
from support.ws import Closed


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


class Walk(Talk, Groups, Rest):
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
                place.members = {email: Member() for email in who}
            else:
                place.members = {one.email: Member()}
        for person in self.people:
            for i in range(devices - 1):
                person.devices.append(self.device(self.world.again(person.user), f"d{i}", self.heard))
            person.v1.append(V1Session(self.world, person.user))
        self.found_group(self.people)
        self.found_group(self.people[1:4])
        self.found_group(self.people[:3], whole_history=False)
        for person in self.people:
            for device in person.devices:
                device.open()
            person.v1[0].open()

    def device(self, user, name, heard):
        """Each with chances of its own: the walk's next step depends on no device's timing."""
        return Device(self.world.server, user, name, random.Random(self.random.getrandbits(64)), heard)

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
        operation = self.random.choices(*zip(*self.OPERATIONS, strict=True))[0]
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
        device.barrier()
        answer = device.answers.get(cid)
        if device.ws is None:
            raise Wrong(place, f"{device} lost its connection: {device.ended}")
        code = answer["code"] if answer and answer["cmd"] == 17 else 0
        place.note(f"  answered: {answer}")
        if self.exact:
            place.must(code == want, f"{text}; {answer} came")
            if effect is not None:
                place.must(place.mhead == before + (effect and code == 0), f"{text}: mver {before} to {place.mhead}")
        return code if answer or self.exact else None

    # Coming and going.

    def come_or_go(self):
        person = self.pick(self.people)
        device = self.pick(person.devices + person.v1)
        if isinstance(device, V1Session):
            device.shut(cut=self.random.random() < 0.5) if device.ws else device.open()
        elif device.ws is None:
            if self.random.random() < 0.02:
                device.reinstall()
            device.open()
            if self.exact:
                device.settle()
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

    def kick_device(self):
        """One device of a user ends another, which has to log in again."""
        person = self.pick(self.people)
        device, other = self.random.sample(person.devices, 2)
        if not self.exact or device.ws is None or other.ws is None:
            return
        answer = self.world.call2("POST", "/user/kick_device", device.user, device=other.name)
        assert answer.data is True, answer.text
        frames, code = the_end(other.ws)
        assert code == 1008 and '"reason":"kicked"' in frames[-1], (code, frames)
        other.ws = None
        other.user = self.world.again(person.user)

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

    OPERATIONS = (
        (come_or_go, 14),
        (replace_device, 1),
        (kick_device, 1),
        (restart, 1),
        *Talk.OPERATIONS,
        *Groups.OPERATIONS,
    )
