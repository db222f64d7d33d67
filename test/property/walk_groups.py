"""Who is in which group, who may what there, and who blocks whom: operations of the walk. They are asked for by
REST, one at a time: what they leave in the history is looked at once they are answered."""

import json
import time

from walk_model import Member, Place

ROLES = {"member": 0, "admin": 1, "owner": 2}
HOUR_MS = 3_600_000


class Groups:
    def found_group(self, people, whole_history=True):
        names = [person.email for person in people]
        answer = self.rest(people[0], "POST", "/community/create", name="g", icon="", memo="", members=names[1:])
        group = str(answer["data"]["id"])
        place = self.places[11, group] = Place(11, group, whole_history)
        place.members = {name: Member() for name in names}
        place.members[names[0]].role = 2
        if not whole_history:
            assert self.rest(people[0], "PUT", "/community/edit", dstObj=group, history="joined")["code"] == 0
        self.look(place, people[0])
        assert [seq for seq in place.log] == [1] and place.joined(names[-1]) == 1

    def rest(self, person, method, path, **body):
        answer = self.world.call2(method, path, person.user, **body)
        assert answer.status == 200, answer.text
        return answer.json()

    def look(self, place, person):
        """The newest of a group, as one of its members is shown them."""
        query = {"chat": 11, "dstObj": place.who, "limit": 200}
        for message in self.world.call2("GET", "/msg/pull", person.user, query).data["msgs"]:
            place.saw_message(message)

    def govern(self, person, place, call, want, notice=None, method="POST", **body):
        """Asks for something about a group. notice: (op, users) that its history must say then. True: it is done."""
        # What v1 sent while nobody's v2 device was there has not been seen yet. The model may be ahead with who is in.
        self.look(place, next((one for one in self.people if one.email in place.members and place.members[one.email].role == 2), person))
        before = place.head
        witness = next(one for one in self.people if one.email in place.members)
        text = f"{person} asks for {call} {body}, expecting {want}"
        place.note(text)
        answer = self.rest(person, method, f"/community/{call}", dstObj=place.who, **body)
        place.must(answer["code"] == want, f"{text}; {answer} came")
        if want == 0 and notice:
            self.look(place, person if person.email in place.members else witness)
            new = [place.log[seq] for seq in sorted(place.log) if seq > before]
            said = [(json.loads(one["content"])["op"], json.loads(one["content"])["users"]) for one in new]
            place.must(said == [notice], f"{text}; the history says {new}")
            place.must(new[0]["userEmail"] == person.email and new[0]["msgType"] == 13, f"{text}; {new}")
        return want == 0

    def group(self):
        return self.pick(place for place in self.places.values() if place.kind == 11)

    def rank(self, place, person, least):
        """2103, 2101 or 0."""
        if person.email not in place.members:
            return 2103
        return 0 if place.members[person.email].role >= least else 2101

    def come_and_leave(self):
        place, person = self.group(), self.pick(self.people)
        if not self.exact:
            return
        if person.email not in place.members:
            place.members[person.email] = Member()
            self.govern(person, place, "join", 0, ("join", [person.email]))
        elif place.members[person.email].role == 2:
            if len(place.members) > 1:
                self.govern(person, place, "leave", 2101)
        elif self.random.random() < 0.5:
            del place.members[person.email]
            self.govern(person, place, "leave", 0, ("leave", [person.email]))
        else:
            self.govern(person, place, "join", 2100)

    def kick(self):
        place, person, other = self.group(), self.pick(self.people), self.pick(self.people)
        if not self.exact or self.random.random() < 0.5:
            return
        want = self.rank(place, person, 1)
        if not want and other.email not in place.members:
            want = 2109
        if not want and place.members[other.email].role >= place.members[person.email].role:
            want = 2101
        if not want:
            del place.members[other.email]
        self.govern(person, place, "kick", want, ("kick", [other.email]), user=other.email)

    def invite(self):
        place, person = self.group(), self.pick(self.people)
        if not self.exact:
            return
        others = self.random.sample(self.people, self.random.randint(1, 2))
        new = [other.email for other in others if other.email not in place.members]
        want = self.rank(place, person, 0)
        if not want and any(self.strange(person, other) for other in others if other.email in new):
            want = 2102
        if not want:
            place.members |= {email: Member() for email in new}
        notice = ("join", new) if new else None
        self.govern(person, place, "invite", want, notice, users=[other.email for other in others])

    def strange(self, one, other):
        return {(one.email, other.email), (other.email, one.email)} & self.blocks

    def role(self):
        place, person, other = self.group(), self.pick(self.people), self.pick(self.people)
        if not self.exact:
            return
        want = self.rank(place, person, 2)
        if not want and other.email not in place.members:
            want = 2109
        if not want and other is person:
            want = 2101
        role = self.pick(("member", "admin"))
        if self.govern(person, place, "role", want, user=other.email, role=role):
            place.members[other.email].role = ROLES[role]

    def transfer(self):
        place, person, other = self.group(), self.pick(self.people), self.pick(self.people)
        if not self.exact or person is other or other.email not in place.members:
            return
        want = self.rank(place, person, 2)
        if self.govern(person, place, "transfer", want, ("transfer", [other.email]), user=other.email):
            place.members[person.email].role = 1
            place.members[other.email].role = 2
            place.members[other.email].muted = False

    def mute(self):
        place, person, other = self.group(), self.pick(self.people), self.pick(self.people)
        if not self.exact:
            return
        want = self.rank(place, person, 1)
        if not want and other.email not in place.members:
            want = 2109
        if not want and place.members[other.email].role >= place.members[person.email].role:
            want = 2101
        muted = self.random.random() < 0.4
        until = int(time.time() * 1000) + HOUR_MS if muted else 0
        if self.govern(person, place, "mute", want, user=other.email, until=until):
            place.members[other.email].muted = muted

    def mute_all(self):
        place, person = self.group(), self.pick(self.people)
        if not self.exact:
            return
        want = self.rank(place, person, 1)
        muted = self.random.random() < 0.3
        until = int(time.time() * 1000) + HOUR_MS if muted else 0
        if muted == place.muted and not want:
            return
        if self.govern(person, place, "mute_all", want, ("muteAll", []), until=until):
            place.muted = muted

    def block(self):
        person, other = self.pick(self.people), self.pick(self.people)
        if not self.exact or person is other:
            return
        place = self.places[10, frozenset((person.email, other.email))]
        blocks = (person.email, other.email) in self.blocks
        if not blocks and self.random.random() < 0.6:
            return
        call = "unblock" if blocks else "block"
        place.note(f"{person} {call}s {other}")
        answer = self.rest(person, "POST", f"/contact/{call}", dstObj=other.email)
        place.must(answer["code"] == 0, f"{person} can't {call} {other}: {answer}")
        place.blocked = True
        (self.blocks.discard if blocks else self.blocks.add)((person.email, other.email))

    OPERATIONS = (
        (come_and_leave, 3),
        (kick, 2),
        (invite, 2),
        (role, 1),
        (transfer, 0.5),
        (mute, 1),
        (mute_all, 0.5),
        (block, 1),
    )
