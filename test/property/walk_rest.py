"""The state of rest: everybody is online, and nothing is left to be done. Then all is compared."""

import time

from walk_model import Wrong

from support.device_chat import fingerprint
from support.timing import seconds


class Rest:
    def come_to_rest(self):
        """Everybody comes online, and nothing is left to be done."""
        for person in self.people:
            for device in person.devices + person.v1:
                if device.ws is None:
                    device.open()
        self.settle()
        self.expired()
        self.settle()

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
        taken_back = [change for change in place.changes.values() if change["cmd"] in (24, 26)]
        gone = any(seq in (change["seqs"] or [change["seq"]]) for change in taken_back)
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

        fresh = self.device(person.user, f"fresh{next(self.fresh)}", heard)
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
                idle = place.kind == 10 and place.head == 0 and not (state["top"] or state["mute"] or state["draft"])
                place.must(idle, f"{device} lacks it: {state}")
                continue
            has = {name: value for name, value in chat.state().items() if name in state}
            if fingerprint(has) != fingerprint(state):
                raise Wrong(place, f"{device} differs: {difference(has, state)}")
        for key in device.chats.keys() - states.keys():
            raise AssertionError(f"{device} has {key}, where its user is not")

    def shown(self, email):
        """Ids of what v1 must have been shown."""
        ids = set()
        for place in self.mine(email):
            least = max(place.joined(email), place.oldest(email))
            for seq, message in place.messages().items():
                there = message["msgType"] != 13 and not self.gone(message) and seq not in place.hidden[email]
                if seq >= least and there:
                    ids.add(message["id"])
        return ids


def difference(has, wanted):
    """The first few things in which they differ."""
    differing = [key for key in wanted if key != "messages" and has[key] != wanted[key]]
    found = [f"{key}: {has[key]!r}, not {wanted[key]!r}" for key in differing]
    seqs = [{message["seq"]: message for message in state["messages"]} for state in (has, wanted)]
    for seq in sorted(seqs[0].keys() | seqs[1].keys()):
        if seqs[0].get(seq) != seqs[1].get(seq):
            found.append(f"message {seq}: {seqs[0].get(seq)}, not {seqs[1].get(seq)}")
    return "; ".join(found[:4])
