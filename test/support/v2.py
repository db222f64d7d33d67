"""A v2 session: hello taken, questions asked and answered, and a barrier that leaves nothing behind.

Frames that nobody asked for stay in order, to be taken; answers are picked out from among them."""

import itertools
import json
import os
import time
import urllib.parse

from support.timing import seconds
from support.ws import Closed, Ws

NOBODY = "nobody@barrier.invalid"
ERROR, ACK = 17, 1
ANSWERS = {10: ACK, 11: ACK, 18: 19, 20: 21}  # where the answer's cmd is another one
_count = itertools.count(1)


def of_barrier(text):
    """Of this session's own barriers, or of a v1 session's of the same user (support/ws.py)."""
    return '"cid":"barrier-' in text or '"content":"barrier-' in text


def has(frame, wanted):
    return all(key in frame and frame[key] == value for key, value in wanted.items())


def session_target(user, device="phone", ticket=None):
    query = {"ticket": ticket} if ticket else {"email": user.email, "token": user.token}
    return "/chat?" + urllib.parse.urlencode({**query, "v": 2, **({"device": device} if device else {})})


class Ws2(Ws):
    """An open v2 session of user. hello: the server's first frame. device None: not named."""

    def __init__(self, server, user, device="phone", ticket=None, **kind):
        super().__init__(server, session_target(user, device, ticket), user=user, **kind)
        self.device = device
        self.hello = json.loads(self.text())
        self.greeted()

    def greeted(self):
        assert self.hello["cmd"] == 16, self.hello

    # Receiving. A barrier's answers never show.

    def raw(self, timeout=15):
        while True:
            text = self.text(timeout)
            if not of_barrier(text):
                return text

    def take(self, timeout=15, **wanted):
        """The next frame, which must have these members: take(cmd=24, seq=1)."""
        frame = json.loads(self.raw(timeout))
        assert has(frame, wanted), f"{frame} came, not {wanted}"
        return frame

    def until(self, timeout=15, **wanted):
        """Frames up to and including the first that has these members."""
        end = time.monotonic() + seconds(timeout)
        taken = []
        while not taken or not has(taken[-1], wanted):
            assert time.monotonic() < end, f"{wanted} did not come; {taken} did"
            taken.append(self.take(timeout))
        return taken

    def find(self, timeout=15, **wanted):
        """The first frame that has these members; the others stay to be taken, in their order."""
        return self._pick(lambda frame: has(frame, wanted), timeout, wanted)

    def _pick(self, fits, timeout, what):
        end = time.monotonic() + seconds(timeout)
        passed = []
        try:
            while True:
                text = self.text(end=end)
                frame = json.loads(text)
                if fits(frame):
                    return frame
                passed.append(text)
        except TimeoutError:
            raise AssertionError(f"{what} did not come; {passed} did") from None
        finally:
            self.messages.extendleft(reversed(passed))

    # Asking.

    def say(self, dst, content, cmd=10, msg_type=1, **fields):
        """A message; its cid, unless given, is a new one. Returns the cid."""
        cid = fields.pop("cid", None) or self.new_cid()
        self.send(cmd=cmd, dstObj=str(getattr(dst, "email", dst)), msgType=msg_type, content=content, cid=cid, **fields)
        return cid

    def send_ack(self, dst, content, cmd=10, **fields):
        """Sends a message and returns its ack, or the error it got."""
        cid = self.say(dst, content, cmd=cmd, **fields)
        return self.find_answer(cmd, cid)

    def ask(self, timeout=15, **frame):
        """Sends a frame and returns its answer: an error, an ack, or what comes back with the answer's cmd."""
        frame.setdefault("cid", self.new_cid())
        self.send(**frame)
        return self.find_answer(frame["cmd"], frame["cid"], timeout)

    def find_answer(self, cmd, cid, timeout=15):
        answer = ANSWERS.get(cmd, cmd)

        def fits(frame):
            if frame["cmd"] == ERROR:
                return frame["ref"] == cmd and frame.get("cid") == cid
            return frame["cmd"] == answer and (answer != ACK or frame.get("cid") == cid)

        return self._pick(fits, timeout, f"an answer to {cmd} {cid}")

    def do(self, **frame):
        """Sends what writes and has no answer of its own; returns the error, or None once it is done.
        What was told about it stays to be taken."""
        frame.setdefault("cid", self.new_cid())
        self.send(**frame)
        self.messages.extend(self.before_barrier())
        errors = [json.loads(text) for text in self.messages if f'"cid":"{frame["cid"]}"' in text]
        errors = [error for error in errors if error["cmd"] == ERROR]
        if not errors:
            return None
        self.messages = type(self.messages)(text for text in self.messages if json.loads(text) != errors[0])
        return errors[0]

    def new_cid(self):
        return f"c{next(_count)}-{os.urandom(4).hex()}"

    def before_barrier(self, timeout=15):
        """Everything (as text) the server sends before it has dealt with what was sent so far.

        The barrier is a message to nobody: it passes the writer, is refused, and changes nothing. An answer
        that a reader gives (a page, a delta) may still come after it: ask for these."""
        mark = f"barrier-{self.new_cid()}"
        self.send(cmd=10, dstObj=NOBODY, content="", cid=mark)
        taken = []
        try:
            while mark not in (text := self.text(timeout)):
                if not of_barrier(text):
                    taken.append(text)
        except Closed:
            self.messages.extendleft(reversed(taken))  # what the server said before it closed stays to be taken
            raise
        return taken

    def frames(self):
        """The same, parsed."""
        return [json.loads(text) for text in self.before_barrier()]
