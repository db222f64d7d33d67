"""What a user set for himself, across three nodes over one MariaDB: his devices see one state, whichever node dies."""

import os
import signal
import time

from support.timing import wait_until
from support.ws import Closed

ON, OFF = 13, 14


def conv(world, user):
    (one,) = world.call2("GET", "/conv/list", user, query={"limit": 10}).data["convs"]
    return {key: one.get(key) for key in ("top", "mute", "draft", "read", "unread", "min")}


def delta(ws, peer):
    """What a device that knows nothing of the chat is told of it."""
    (one,) = [chat for chat in ws.ask(cmd=18, epoch=ws.hello["epoch"], chats=[])["chats"] if chat["dstObj"] == peer.email]
    return {key: one.get(key) for key in ("top", "mute", "draft", "read", "unread", "min")}


def test_devices_on_three_nodes_see_one_state_and_keep_it_when_a_node_dies(cluster, worlds):
    peer, me = worlds[0].friends()
    place = {"chat": 10, "dstObj": peer.email}
    devices = [worlds[i].open2(me, f"device{i}") for i in range(3)]
    writer = worlds[0].open2(peer)
    for i in range(3):
        writer.send_ack(me, f"text {i}")
    for ws in devices * 2:
        ws.frames()
    assert devices[0].do(cmd=29, **place, top=True, draft="of node 0") is None
    for ws in devices[1:]:
        frame = ws.find(cmd=29)
        assert (frame["top"], frame["draft"]) == (True, "of node 0")
    assert devices[1].do(cmd=29, **place, mute=True, draft="of node 1") is None
    frame = devices[2].find(cmd=29)
    assert (frame["mute"], frame["draft"]) == (True, "of node 1")
    devices[2].send(cmd=22, **place, seq=2)
    assert devices[0].find(cmd=22)["seq"] == devices[1].find(cmd=22)["seq"] == 2
    wanted = {"top": True, "mute": True, "draft": "of node 1", "read": 2, "unread": 1, "min": 1}
    assert [conv(world, me) for world in worlds] == [wanted] * 3

    cluster[1].kill()  # which took the last of the settings
    assert [conv(worlds[i], me) for i in (0, 2)] == [wanted] * 2
    moved = worlds[2].open2(me, "device1")
    assert delta(moved, peer) == wanted
    assert moved.do(cmd=29, **place, draft="of node 2", top=False) is None
    assert devices[0].find(cmd=29, draft="of node 2")["top"] is False
    devices[0].send(cmd=22, **place, seq=3)
    assert moved.find(cmd=22)["seq"] == 3
    wanted |= {"top": False, "draft": "of node 2", "read": 3, "unread": 0}
    assert [conv(worlds[i], me) for i in (0, 2)] == [wanted] * 2

    cluster[1].start()
    assert conv(worlds[1], me) == wanted
    back = worlds[1].open2(me, "back")
    assert delta(back, peer) == wanted
    assert back.do(cmd=29, **place, mute=False) is None
    assert devices[0].find(cmd=29, mute=False) and moved.find(cmd=29, mute=False)


def test_a_node_that_was_away_tells_once_that_its_people_are_online(cluster, worlds):
    friend, away = worlds[0].friends()
    watching = worlds[0].open2(friend)
    watching.frames()
    session = worlds[2].open2(away)
    assert watching.find(cmd=ON)["userEmail"] == away.email
    told = []

    def hear():
        told.extend(frame["cmd"] for frame in watching.frames() if frame["cmd"] in (ON, OFF) and frame["userEmail"] == away.email)
        return told

    os.kill(cluster[2].pid, signal.SIGSTOP)
    try:
        wait_until(lambda: hear() == [OFF], 30, what="its lease ends")
    finally:
        os.kill(cluster[2].pid, signal.SIGCONT)
    try:
        session.frames()
    except Closed:  # it may have ended its sessions
        session = worlds[2].open2(away)
    wait_until(lambda: ON in hear(), 30, what="it is back")
    wait_until(lambda: cluster[2].ready(), 30, what="it serves")
    end = time.monotonic() + 3  # A second one would come with the next rounds.
    while time.monotonic() < end:
        hear()
    assert told == [OFF, ON]
