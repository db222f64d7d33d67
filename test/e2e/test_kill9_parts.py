"""kill -9 at random moments while files come in parts: what was acknowledged is there, what is cut goes on, every
file becomes whole in the end, and nothing else is left on the disk.

IM_KILLS sets how often (12), IM_SEED repeats a run."""

import os
import random
import threading
import time

from support.media import disk, fetch, place
from support.parts import begin, complete, part, part_bytes, sha256
from support.store import rows
from support.timing import seconds
from support.world import World

KILLS = int(os.environ.get("IM_KILLS", "12"))
CLIENTS = 4
PART = 65536
PARTS = 12


class Lost(AssertionError):
    pass


class Uploader(threading.Thread):
    """Sends one file after another, beginning again whenever something ends, as a client does."""

    def __init__(self, world, user, seed, stop):
        super().__init__(daemon=True)
        self.world, self.user, self.stop = world, user, stop
        self.rng = random.Random(seed)
        self.whole = {}  # fid: sha256
        self.cuts = 0
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.file(self.rng.randbytes(PARTS * PART - self.rng.randrange(PART)))
        except BaseException as error:  # For the test to raise.
            self.error = error

    def file(self, content):
        acknowledged = set()
        server = self.world.server
        while True:
            pid = server.pid
            try:
                return self.go_on(content, acknowledged)
            except Lost:
                raise
            except (OSError, EOFError, ValueError, AssertionError) as error:
                if isinstance(error, AssertionError) and server.expect_alive and server.pid == pid:
                    raise  # A refusal.
                self.cuts += 1
                time.sleep(0.05)

    def go_on(self, content, acknowledged):
        begun = begin(self.world, self.user, content)
        fid = begun["fid"]
        if "done" not in begun:
            lost = acknowledged - set(begun["have"])
            if lost:
                raise Lost(f"parts {sorted(lost)} were acknowledged and are not there")
            missing = [number for number in range(begun["parts"]) if number not in begun["have"]]
            self.rng.shuffle(missing)
            for number in missing:
                assert part(self.world, self.user, fid, number, part_bytes(begun, content, number)).data is True
                acknowledged.add(number)
            assert complete(self.world, self.user, fid).data["size"] == len(content)
        self.whole[fid] = sha256(content)


def test_files_in_parts_survive_kill_9(make_server):
    seed = int(os.environ.get("IM_SEED", random.randrange(1 << 32)))
    print(f"IM_SEED={seed}")
    rng = random.Random(seed)
    server = make_server({"media.part_size": PART, "media.quota": 0})
    world = World(server)
    stop = threading.Event()
    people = [world.user() for _ in range(CLIENTS)]
    uploaders = [Uploader(world, user, seed + i, stop) for i, user in enumerate(people)]
    for one in uploaders:
        one.start()
    for _ in range(KILLS):
        time.sleep(0.05 + rng.random() * 0.6)
        server.kill()
        server.start()
    stop.set()
    for one in uploaders:
        one.join(seconds(60))
        assert not one.is_alive(), "every file becomes whole once the server stays"
        if one.error:
            raise one.error
    whole = {fid: (one.user, hash) for one in uploaders for fid, hash in one.whole.items()}
    assert sum(one.cuts for one in uploaders) > 0, "nothing was cut: no test"
    for fid, (user, hash) in whole.items():
        assert sha256(fetch(world, f"/file/{fid}", user).body) == hash
    server.stop()
    server.start()
    kept = {fid for (fid,) in rows(server, "SELECT fid FROM file")}
    assert rows(server, "SELECT fid FROM upload") == [] and kept == set(whole)
    assert disk(server) == sorted(place(fid) for fid in kept)
