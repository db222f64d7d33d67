"""Two friends who keep chatting while something bad goes on: nobody else may notice it."""

import threading
import time

from support.timing import seconds
from support.ws import Closed
from support.world import World


class Witness:
    """One message at a time, back and forth, each timed from its sending to the peer's receiving."""

    LATENCY_MAX = 2.0

    def __init__(self, server):
        self.world = World(server)
        self.users = self.world.friends(2)
        self.sessions = self.world.settled(*self.users)
        self.stopping = threading.Event()
        self.count = 0
        self.slowest = 0.0
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stopping.is_set():
                self._exchange(self.count)
                self.count += 1
                time.sleep(0.01)
        except (Closed, OSError, AssertionError) as error:
            self.error = error

    def _exchange(self, number):
        sender, receiver = self.sessions[number % 2], self.sessions[1 - number % 2]
        content = f"witness {number}"
        start = time.monotonic()
        sender.say(receiver.user, content)
        for ws in (receiver, sender):
            got = ws.take(timeout=30)
            while got["cmd"] in (13, 14):
                got = ws.take(timeout=30)
            assert got["content"] == content and got["userEmail"] == sender.user.email, got
        self.slowest = max(self.slowest, time.monotonic() - start)

    def finish(self):
        """Asserts that the two were undisturbed."""
        done = self.count + 3
        end = time.monotonic() + seconds(30)
        while self.count < done and self.error is None and time.monotonic() < end:
            time.sleep(0.01)
        self.stopping.set()
        self.thread.join(seconds(60))
        self.world.close()
        assert self.error is None, f"after {self.count} messages: {self.error!r}"
        assert self.count >= done, f"the witnesses hang after {self.count} messages"
        assert self.slowest < seconds(self.LATENCY_MAX), f"a message took {self.slowest:.3f} s"
