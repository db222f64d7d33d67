"""Three nodes over one MariaDB, without Redis: what people on different nodes see of each other."""

import json
import threading

from support import store
from support.timing import wait_until

ON, OFF = 13, 14


def query(cluster, text, *values):
    return store.rows(cluster[0], text, *values)


def test_messages_of_all_nodes_have_one_order_without_gap_or_double(worlds):
    a, b = worlds[0].friends()
    sessions = [worlds[0].open2(a, "one"), worlds[1].open2(a, "two"), worlds[2].open2(b, "three"), worlds[1].open(b)]
    for ws in sessions * 2:
        ws.before_barrier()

    def send(ws, dst, count=40):
        for i in range(count):
            ws.say(dst, f"{id(ws)} {i}")

    senders = [threading.Thread(target=send, args=(ws, dst)) for ws, dst in zip(sessions, (b, b, a, a))]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    def heard(ws):
        contents = []
        while len(contents) < 160:
            text = ws.raw() if hasattr(ws, "hello") else ws.text()
            frame = json.loads(text)
            if frame.get("cmd") in (10, "10") and frame.get("content"):
                contents.append(frame["content"])
        return contents

    orders = [heard(ws) for ws in sessions]
    assert all(order == orders[0] for order in orders[1:])
    assert len(set(orders[0])) == 160
    for ws in sessions:  # Nothing comes after.
        assert not [text for text in ws.before_barrier() if '"content"' in text]


def test_what_one_node_acknowledged_the_next_one_knows(worlds):
    a, b = worlds[0].friends()
    ws = worlds[1].open2(a)
    for i in range(5):
        ack = ws.send_ack(b, f"text {i}")
        assert f"text {i}" in [message["content"] for message in worlds[2].history(b, a)]
        assert ack["seq"] > 0


def test_a_device_of_the_same_name_on_another_node_replaces_the_first(worlds):
    user = worlds[0].user()
    first = worlds[0].open2(user, "phone")
    other = worlds[1].open2(user, "tablet")
    first.before_barrier()
    second = worlds[1].open2(user, "phone")
    assert first.find(cmd=32)["reason"] == "replaced"
    second.frames()
    other.frames()
    third = worlds[2].open2(user, "phone")
    assert second.find(cmd=32)["reason"] == "replaced"
    third.frames()
    other.frames()


def test_logging_out_on_one_node_ends_the_session_on_another(worlds):
    user = worlds[0].user()
    again = worlds[1].again(user)
    gone, stays = worlds[0].open2(user, "gone"), worlds[1].open2(again, "stays")
    gone.before_barrier()
    assert worlds[2].call("POST", "/user/logout", user=user, body={}).data is True
    assert gone.find(cmd=32)["reason"] == "revoked"
    stays.frames()
    assert worlds[1].call2("GET", "/user/user_info", user, {"email": user.email}).status == 401


def test_a_user_is_online_until_his_last_session_on_any_node_ends(worlds):
    a, b = worlds[0].friends()
    friend = worlds[2].open2(b)
    friend.frames()
    one = worlds[0].open2(a, "one")
    frame = friend.find(cmd=ON)
    assert frame["userEmail"] == a.email
    two = worlds[1].open2(a, "two")
    two.frames()
    one.close()
    two.frames()
    assert not [frame for frame in friend.frames() if frame["cmd"] in (ON, OFF)]
    assert worlds[2].get("/contact/friend_list", b).data[0]["online"] == 1
    two.close()
    assert friend.find(cmd=OFF)["userEmail"] == a.email


def test_a_group_changes_on_all_nodes_at_once(worlds):
    owner, member, late = [worlds[i].user() for i in range(3)]
    group = worlds[0].group(owner, member)
    sessions = [worlds[0].open2(owner), worlds[1].open2(member), worlds[2].open2(late)]
    for ws in sessions * 2:
        ws.frames()
    sessions[0].send_ack(group, "before", cmd=11)
    assert sessions[1].find(cmd=11)["content"] == "before"
    worlds[1].join(late, group)
    assert sessions[1].send_ack(group, "together", cmd=11)["cmd"] == 1
    assert sessions[2].find(cmd=11, content="together")
    assert worlds[2].call2("POST", "/community/kick", owner, dstObj=str(group), user=member.email).data is True
    assert sessions[1].send_ack(group, "gone", cmd=11)["cmd"] == 17
    sessions[0].send_ack(group, "without", cmd=11)
    assert sessions[2].find(cmd=11, content="without")
    assert not [frame for frame in sessions[1].frames() if frame.get("content") == "without"]


def test_a_read_mark_of_one_node_reaches_devices_and_peers_on_the_others(worlds):
    a, b = worlds[0].friends()
    writer, reader, second = worlds[0].open2(a), worlds[1].open2(b, "one"), worlds[2].open2(b, "two")
    for ws in (writer, reader, second) * 2:
        ws.frames()
    seq = writer.send_ack(b, "read me")["seq"]
    reader.find(cmd=10)
    reader.send(cmd=22, chat=10, dstObj=a.email, seq=seq)
    assert second.find(cmd=22)["seq"] == seq
    assert writer.find(cmd=22)["seq"] == seq


def test_a_node_that_is_stopped_leaves_and_one_that_is_started_joins(cluster, worlds):
    a, b = worlds[0].friends()
    friend = worlds[0].open2(b)
    friend.frames()
    there = worlds[2].open2(a)
    assert friend.find(cmd=ON)["userEmail"] == a.email
    cluster[2].restart()
    assert friend.find(cmd=OFF)["userEmail"] == a.email
    there.sock.close()
    again = worlds[2].open2(a)
    assert friend.find(cmd=ON)["userEmail"] == a.email
    assert again.send_ack(b, "back")["cmd"] == 1
    assert friend.find(cmd=10)["content"] == "back"
    wait_until(lambda: query(cluster, "SELECT COUNT(*) FROM node")[0][0] == 3, what="three nodes")
