"""A session of v1 among those of v2: it is shown every message at least once, once a connection, in order for each
chat, and nothing that the original's page does not know."""

import json
import time

from support.timing import seconds
from support.ws import Closed, Ws

KEYS = {"id", "userEmail", "cmd", "dstObj", "msgType", "content", "createAt", "deleteTimestamp"}


class V1Session:
    def __init__(self, world, user):
        self.world, self.user = world, world.again(user)
        self.ws = None
        self.seen = set()  # ids, over all connections
        self.last = {}  # chat → id, of this connection
        self.echoes = set()

    def __repr__(self):
        return f"{self.user.email}/v1"

    def open(self):
        self.last = {}
        self.ws = Ws(self.world.server, self.user.chat_target, user=self.user)

    def shut(self, cut=False):
        ws, self.ws = self.ws, None
        if ws is not None:
            ws.cut() if cut else ws.close()

    def drained(self):
        """Takes what came before the server went down."""
        ws, self.ws = self.ws, None
        if ws is not None:
            try:
                while True:
                    self.take(json.loads(ws.text()))
            except Closed as end:
                assert end.code in (1001, 1006), end
            ws.sock.close()

    def say(self, place, content):
        self.ws.say(place.dst(self.user.email), content, cmd=place.kind)

    def pump(self):
        while self.ws is not None and (text := self.hear(lambda: self.ws.poll())):
            self.take(json.loads(text))

    def wait_until(self, condition, what):
        end = time.monotonic() + seconds(15)
        while not condition():
            text = self.hear(lambda: self.ws.text(end=end))
            assert text, f"{self} waits for {what()}"
            self.take(json.loads(text))

    def hear(self, read):
        try:
            return read()
        except TimeoutError:
            return None
        except (Closed, OSError) as end:
            raise AssertionError(f"{self} was ended: {end}") from None

    def take(self, frame):
        assert frame["cmd"] in (10, 11, 13, 14, 15) and frame.keys() <= KEYS, f"{self} does not know {frame}"
        if frame["cmd"] not in (10, 11):
            return
        assert frame["msgType"] != 13 and isinstance(frame["content"], str), f"{self} can't show {frame}"
        chat = frame["dstObj"] if frame["cmd"] == 11 else frozenset((frame["userEmail"], frame["dstObj"]))
        assert self.last.get(chat, 0) < frame["id"], f"{self} is shown {frame} after {self.last[chat]}"
        self.last[chat] = frame["id"]
        self.seen.add(frame["id"])
        self.echoes.add(frame["content"])

    def wait(self, content):
        self.wait_until(lambda: content in self.echoes, lambda: f"its own {content!r}")

    def wait_for(self, ids):
        self.wait_until(lambda: ids <= self.seen, lambda: sorted(ids - self.seen))
        self.pump()
