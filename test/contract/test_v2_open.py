"""Opening a v2 session: hello, the device's name, many devices, the second socket of one, and going down."""

import time

import pytest

from support.http import Connection
from support.v2 import session_target
from support.world import UNAUTHORIZED
from support.ws import Closed, upgrade_headers


def refused(world, target):
    with Connection(world.server) as connection:
        return connection.request("GET", target, headers=upgrade_headers())


def test_hello_comes_first_and_says_what_a_client_needs(world):
    before = int(time.time() * 1000)
    ws = world.open2(world.user())
    hello = ws.hello
    assert set(hello) == {"cmd", "epoch", "sid", "time", "hb", "limits"}
    assert isinstance(hello["epoch"], str) and hello["epoch"] and hello["hb"] == 30
    assert before - 1000 < hello["time"] < before + 60000
    assert hello["limits"]["content"] == 65536 and hello["limits"]["ext"] == 4096 and hello["limits"]["at"] == 50


def test_the_epoch_is_the_stores_and_outlives_a_restart(make_server):
    from support.world import World

    server = make_server()
    world = World(server)
    user = world.user()
    epoch = world.open2(user).hello["epoch"]
    world.close()
    server.restart()
    world = World(server)
    assert world.open2(user).hello["epoch"] == epoch
    world.close()


def test_sids_are_all_different(world):
    user = world.user()
    assert len({world.open2(user, f"d{i}").hello["sid"] for i in range(8)}) == 8


@pytest.mark.parametrize("name", ["a", "A-z_0.9", "x" * 64])
def test_a_name_may_be_up_to_64_plain_characters(world, name):
    world.open2(world.user(), name)


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "ä", "a/b", "a%00", "<b>"])
def test_another_name_is_refused(world, name):
    user = world.user()
    target = f"/chat?email={user.email}&token={user.token}&v=2&device="
    from urllib.parse import quote

    answer = refused(world, target + quote(name))
    assert (answer.status, answer.error[0]) == (400, 2100)


def test_a_session_without_a_name_is_the_tokens_own_device(world):
    user = world.user()
    first = world.open2(user, None)
    other = world.open2(world.again(user), None)
    first.before_barrier()
    second = world.open2(user, None)
    assert first.until(cmd=32)[-1]["reason"] == "replaced"
    other.before_barrier()
    second.before_barrier()


def test_v_2_is_asked_for_and_nothing_else_is(world):
    user = world.user()
    for v in ("1", "3", "02", "", "two"):
        from support.ws import Ws

        ws = Ws(world.server, f"/chat?email={user.email}&token={user.token}&v={v}&device=x", user=user)
        ws.silent()  # A v1 session: no hello.
        ws.close()


def test_without_a_token_there_is_no_session(world):
    user = world.user()
    for target in ("/chat?v=2&device=x", f"/chat?email={user.email}&token={'0' * 32}&v=2", "/chat?ticket=&v=2",
                   f"/chat?ticket={'A' * 32}&v=2&device=x"):
        answer = refused(world, target)
        assert (answer.status, answer.text) == (401, UNAUTHORIZED)


def test_a_second_socket_of_a_device_ends_the_first_and_no_other(world):
    user = world.user()
    phone, desk, v1 = world.open2(user, "phone"), world.open2(user, "desk"), world.open(user)
    for ws in (phone, desk):
        ws.before_barrier()
    again = world.open2(user, "phone")
    assert phone.until(cmd=32)[-1] == {"cmd": 32, "reason": "replaced"}
    assert phone.close_code() == 1008
    for ws in (again, desk):
        assert ws.frames() == []
    v1.silent()


def test_of_many_sockets_of_one_device_the_last_survives(world):
    user = world.user()
    sockets = [world.open2(user, "phone") for _ in range(12)]
    last = sockets[-1]
    assert last.send_ack(user, "still here")["cmd"] == 1
    for ws in sockets[:-1]:
        assert ws.until(cmd=32)[-1]["reason"] == "replaced"
        with pytest.raises(Closed):
            ws.text()
    assert last.send_ack(user, "and still")["cmd"] == 1


@pytest.mark.one_node("SIGTERM is for one node, and its people are all there")
def test_going_down_tells_v2_to_come_back_later(make_server):
    from support.world import World

    server = make_server()
    world = World(server)
    ws = world.open2(world.user())
    server.process.terminate()
    frame = ws.until(cmd=32)[-1]
    assert frame["reason"] == "drain" and 1 <= frame["retryAfter"] <= 10
    assert ws.close_code() == 1001
    server.expect_alive = False
    server.wait()
    world.close()


def test_what_is_sent_before_hello_is_answered_after_it(world):
    from support.ws import TEXT, Ws, frame_bytes

    user = world.user()
    early = frame_bytes(TEXT, '{"cmd":0}')
    ws = Ws(world.server, session_target(user), user=user, extra=early)
    assert [ws.take()["cmd"], ws.take()["cmd"]] == [16, 0]
    ws.sock.close()


def test_beyond_the_bound_the_device_unused_for_longest_ends_and_its_session_is_told(make_server):
    from support.world import World

    server = make_server({"accounts.tokens_max": 3})
    world = World(server)
    user = world.user()
    sockets = {name: world.open2(user, name) for name in ("a", "b", "c")}
    for ws in sockets.values():
        ws.before_barrier()
    sockets["d"] = world.open2(user, "d")
    assert sockets["a"].until(cmd=32)[-1]["reason"] == "kicked"
    again = world.open2(user, "a")  # A new device by the same name; b goes for it.
    assert sockets["b"].until(cmd=32)[-1]["reason"] == "kicked"
    third = world.open2(user, "a")
    assert again.until(cmd=32)[-1]["reason"] == "replaced"
    for ws in (sockets["c"], sockets["d"], third):
        assert ws.send_ack(user, "here")["cmd"] == 1
    world.close()
