"""A named device's session is greeted once it has its place among the device's openings: who opens another after that is
the later one, whatever threads they are on. Shown by a writer that is held up: another program has the store's lock."""

import contextlib
import sqlite3
import threading
import time

from support.timing import wait_until
from support.v2 import Ws2, session_target
from support.world import World
from support.ws import Ws


@contextlib.contextmanager
def held_up(server):
    other = sqlite3.connect(server.data / "im_service.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def opened_beside(server, user, device):
    greeted = []
    thread = threading.Thread(target=lambda: greeted.append(Ws2(server, user, device)))
    thread.start()
    return thread, greeted


def test_nobody_is_greeted_before_his_place_among_the_openings_is_known(make_server):
    server = make_server()
    world = World(server)
    user = world.user()
    first = world.open2(user, "phone")
    with held_up(server):
        thread, greeted = opened_beside(server, user, "phone")
        time.sleep(0.5)
        assert greeted == []
        world.open(user)  # v1 has no named device.
        wait_until(lambda: server.metrics()["im_ws_sessions"] == 3, 1, what="they are there all the same")
    thread.join()
    assert first.until(cmd=32)[-1]["reason"] == "replaced"
    assert greeted[0].send_ack(user, "the later one stays")["cmd"] == 1
    greeted[0].close()


def test_who_leaves_before_he_is_greeted_disturbs_nobody(make_server):
    server = make_server()
    world = World(server)
    user = world.user()
    world.open2(user, "phone").close()  # Now the device has its name.
    wait_until(lambda: server.metrics()["im_ws_v2_sessions"] == 0, what="it is gone")
    with held_up(server):
        gone = [Ws(server, session_target(user, "phone"), user=user) for _ in range(3)]
        wait_until(lambda: server.metrics()["im_ws_v2_sessions"] == 3, 1, what="they are there")
        assert world.call2("GET", "/user/devices", user).status == 200, "reading goes on"
        for ws in gone:
            ws.close()
        wait_until(lambda: server.metrics()["im_ws_v2_sessions"] == 0, what="they are gone")
    again = world.open2(user, "phone")
    assert again.send_ack(user, "hello")["cmd"] == 1
    assert [frame["content"] for frame in again.frames()] == ["hello"]
