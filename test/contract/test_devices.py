"""An account's devices: logging out, tickets, kicking, a new password; one socket a device."""

import json
import threading
import time

import pytest

from support.cluster import NODES
from support.timing import seconds, wait_until
from support.v2 import Ws2
from support.world import UNAUTHORIZED
from support.ws import Closed

BAD, NOT_FOUND = 2100, 2109
POLICY = 1008


def works(world, user):
    answer = world.call2("GET", "/user/devices", user)
    assert answer.status in (200, 401)
    assert answer.status == 200 or answer.text == UNAUTHORIZED
    return answer.status == 200


def devices(world, user):
    return {device["device"]: device for device in world.call2("GET", "/user/devices", user).data["devices"]}


def listing(world, user, online):
    """The devices, if it says of these that they are online or not."""
    listed = devices(world, user)
    return listed if all(listed[name]["online"] == value for name, value in online.items()) else None


def ended(ws):
    """The reason of the frame 32 that comes, and nothing after it but the close."""
    reason = ws.until(cmd=32)[-1]["reason"]
    assert ws.close_code() == POLICY
    return reason


def v1_ended(ws):
    try:
        while True:
            ws.raw()
    except Closed as closed:
        return closed.code


# ---- logging out ----


@pytest.mark.parametrize("body", [b"", {}])
def test_logging_out_ends_this_token_and_its_sessions_only(world, body):
    user = world.user()
    phone = world.again(user)
    (friend,) = [world.user()]
    world.befriend(user, friend)
    desk, v1 = world.open2(user, "desk"), world.open(user)
    kept = world.open2(phone, "phone")
    (other,) = world.settled2(friend)
    kept.before_barrier()
    assert world.call("POST", "/user/logout", user=user, body=body).data is True
    assert ended(desk) == "revoked"
    assert v1_ended(v1) == POLICY
    assert not works(world, user) and works(world, phone)
    assert kept.frames() == [] == other.frames()
    assert world.call("POST", "/user/logout", user=user, body=body).status == 401


# ---- the password ----


def test_a_new_password_ends_all_other_devices(world):
    user = world.user()
    phone, stranger = world.again(user), world.user()
    here, there = world.open2(user, "desk"), world.open2(phone, "phone")
    v1 = world.open(phone)
    for ws in (here, there, v1):
        ws.before_barrier()
    assert world.call2("POST", "/user/password", user, old=user.password, new="new4567").data is True
    assert ended(there) == "revoked"
    assert v1_ended(v1) == POLICY
    assert works(world, user) and not works(world, phone) and works(world, stranger)
    assert here.frames() == []
    assert world.login(user.email, user.password).error[0] == 2002
    assert world.login(user.email, "new4567").data["token"]


def test_refused_passwords_change_nothing(world):
    user = world.user()
    phone = world.again(user)
    ws = world.open2(phone)

    def code(**body):
        return world.call2("POST", "/user/password", user, **body).error

    for body in ({}, {"old": user.password}, {"new": "new4567"}, {"old": "", "new": ""}, {"old": {}, "new": []}):
        assert code(**body)[0] == 2000, body
    for new in ("short", "a1", "abcdef", "123456", "a" * 16 + "1", "abc 123", "密码abc123"):
        assert code(old=user.password, new=new)[0] == 2001
    assert code(old=user.password, new="x")[1].startswith("Password格式不正确")
    assert code(old="wrong12", new="new4567") == (2002, "密码错误")
    assert code(old="wrong12", new="x")[0] == 2001
    assert world.call2("POST", "/user/password", old=user.password, new="new4567").status == 401
    assert ws.frames() == [] and works(world, phone)
    assert world.login(user.email, user.password).data["token"]


@pytest.mark.one_node("a node that Redis does not answer within 50 ms counts alone; what Redis counts is played by test_redis.py")
def test_wrong_old_passwords_are_limited_like_log_ins(make_server):
    from support.world import World

    world = World(make_server({"limits.login_fail_per_min": 3}))
    user = world.user()
    codes = [world.call2("POST", "/user/password", user, old="wrong12", new="new4567").status for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert world.call2("POST", "/user/password", user, old=user.password, new="new4567").status == 429


# ---- tickets ----


def ticket(world, user):
    answer = world.call("POST", "/user/ticket", user=user).data
    assert set(answer) == {"ticket", "expiresIn"} and answer["expiresIn"] == 30
    return answer["ticket"]


def status(world, **query):
    from support.ws import upgrade_headers

    return world.call("GET", "/chat", {"v": 2} | query, headers=upgrade_headers())


def test_a_ticket_opens_one_socket(world):
    user = world.user()
    made = ticket(world, user)
    ws = world.open2(user, "web", ticket=made)
    assert ws.send_ack(user, "hi")["seq"] == 1
    refused = status(world, ticket=made, device="web2")
    assert refused.status == 401 and refused.text == UNAUTHORIZED
    assert ws.frames()[0]["content"] == "hi"
    assert ticket(world, user) != made


def test_a_ticket_opens_a_socket_of_v1_too(world):
    user = world.user()
    from support.ws import Ws

    ws = Ws(world.server, f"/chat?ticket={ticket(world, user)}", user=user)
    world.sockets.append(ws)
    assert ws.before_barrier() == []


def test_a_ticket_is_good_for_nothing_else(world):
    user = world.user()
    made = ticket(world, user)
    assert world.call("GET", "/user/devices", {"ticket": made}).status == 401
    assert world.call("GET", "/user/devices", {"email": user.email, "token": made}).status == 401
    assert world.call("GET", "/chat", {"ticket": made, "v": 2}).status == 401
    assert world.call("GET", "/contact/friend_list", headers=[("email", user.email), ("token", made)]).status == 401
    world.open2(user, "web", ticket=made)


@pytest.mark.parametrize("wrong", ["", "x", "0" * 32, "A" * 31, "A" * 33, "a" * 32, "G" * 32, "%00" * 32])
def test_a_wrong_ticket_is_401_even_beside_a_good_token(world, wrong):
    user = world.user()
    assert status(world, ticket=wrong).status == 401
    assert status(world, ticket=wrong, email=user.email, token=user.token).status == 401


def test_a_ticket_ends_with_its_token(world):
    user = world.user()
    made = ticket(world, user)
    world.call("POST", "/user/logout", user=user).data
    assert status(world, ticket=made).status == 401
    assert world.call("POST", "/user/ticket", user=user).status == 401


# ---- the list ----


def test_devices_are_listed_by_name_and_tokens_without_one_by_number(world):
    user = world.user()
    phone, plain, stranger = world.again(user), world.again(user), world.user()
    world.open2(stranger, "theirs")
    desk = world.open2(user, "desk")
    mobile = world.open2(phone, "phone")
    mobile.close()
    # Other nodes are told of a session that began or ended; they need not know at once.
    listed = wait_until(lambda: listing(world, user, {"desk": True, "phone": False}), what="a node knows of both")
    (number,) = set(listed) - {"desk", "phone"}
    assert number.startswith("token-")
    for device in listed.values():
        assert set(device) == {"device", "createAt", "usedAt", "online", "current"}
        assert device["usedAt"] >= device["createAt"] > 1_600_000_000_000
    assert {name: device["online"] for name, device in listed.items()} == {"desk": True, "phone": False, number: False}
    assert {name: device["current"] for name, device in listed.items()} == {"desk": True, "phone": False, number: False}
    v1 = world.open(plain)
    v1.before_barrier()
    seen = wait_until(lambda: listing(world, plain, {number: True}), what="a node knows")[number]
    assert seen | {"usedAt": 0} == listed[number] | {"online": True, "current": True, "usedAt": 0}
    unnamed = world.open2(plain, device=None)
    assert set(devices(world, user)) == {"desk", "phone", number}
    unnamed.close()
    desk.close()
    assert world.call("GET", "/user/devices").status == 401


# ---- kicking ----


def kick(world, user, device):
    answer = world.call2("POST", "/user/kick_device", user, device=device)
    return answer.data if answer.json()["code"] == 0 else answer.error[0]


def test_kicking_a_named_device_ends_its_token_and_sessions(world):
    user = world.user()
    phone = world.again(user)
    mobile, old = world.open2(phone, "phone"), world.open(phone)
    desk = world.open2(user, "desk")
    for ws in (mobile, old, desk):
        ws.before_barrier()
    assert kick(world, user, "phone") is True
    assert ended(mobile) == "kicked"
    assert v1_ended(old) == POLICY
    assert not works(world, phone)
    assert set(devices(world, user)) == {"desk"}
    assert desk.frames() == []
    assert kick(world, user, "phone") == NOT_FOUND


def test_kicking_a_token_without_a_name(world):
    user = world.user()
    plain = world.again(user)
    v1 = world.open(plain)
    v1.before_barrier()
    (number,) = wait_until(lambda: [name for name, device in devices(world, user).items() if device["online"]], what="a node knows")
    assert kick(world, user, number) is True
    assert v1_ended(v1) == POLICY
    assert not works(world, plain) and works(world, user)
    assert kick(world, user, number) == NOT_FOUND


def test_kicking_oneself_is_logging_out(world):
    user = world.user()
    desk = world.open2(user, "desk")
    assert kick(world, user, "desk") is True
    assert ended(desk) == "revoked"
    assert not works(world, user)


def test_only_ones_own_devices_can_be_kicked(world):
    user, stranger = world.user(), world.user()
    theirs = world.open2(stranger, "theirs")
    v1 = world.user()
    (number,) = devices(world, v1)
    for device in ("theirs", number, "nobody", "token-", "token-x", "token-0", "token-99999999999999999999", "x" * 64):
        assert kick(world, user, device) == NOT_FOUND, device
    for device in (None, "", "x" * 65, {}, []):
        assert kick(world, user, device) == BAD
    assert world.call2("POST", "/user/kick_device", device="theirs").status == 401
    assert theirs.frames() == [] and works(world, v1) and works(world, user)


# ---- one socket a device ----


def test_a_second_socket_of_a_device_replaces_the_first(world):
    user = world.user()
    others = [world.open2(user, f"d{i}") for i in range(3)] + [world.open(user)]
    first = world.open2(user, "phone")
    for ws in (*others, first):
        ws.before_barrier()
    second = world.open2(user, "phone")
    assert ended(first) == "replaced"
    assert second.send_ack(user, "hi")["seq"] > 0
    assert [frame["content"] for frame in second.frames()] == ["hi"]
    third = world.open2(world.again(user), "phone")  # Another token, the same device.
    assert ended(second) == "replaced"
    for ws in (*others, third):
        assert not [text for text in ws.before_barrier() if '"cmd":32' in text]


class Recorded(Ws2):
    """May be told that it ends before it is greeted."""

    def greeted(self):
        self.ended = self.hello["cmd"] == 32
        assert self.ended or self.hello["cmd"] == 16, self.hello

    def end(self):
        """"stays", or the reasons it was told and the code it was closed with."""
        reasons = [self.hello["reason"]] if self.ended else []
        try:
            for _ in range(2):  # The second round trip begins after every session was announced.
                mark = f"end-{id(self)}-{len(reasons)}-{time.monotonic_ns()}"
                self.send(cmd=10, dstObj="nobody@barrier.invalid", content="", cid=mark)
                while mark not in (text := self.text()):
                    reasons += [frame["reason"] for frame in [json.loads(text)] if frame["cmd"] == 32]
            return "stays" if not reasons else reasons
        except OSError:
            pass  # It was closed already, and what came before is not read yet.
        except Closed as closed:
            return reasons, closed.code
        try:
            while True:
                frame = json.loads(self.text())
                reasons += [frame["reason"]] if frame["cmd"] == 32 else []
        except Closed as closed:
            return reasons, closed.code


def test_of_many_sockets_of_a_device_exactly_one_stays(make_server):
    """On four loops, from many threads at once, several times over. On one node none but the last is heard any more once
    all have opened; what another node opened is heard of a moment later."""
    from support.world import World

    world = World(make_server({"server.loops": 4}))
    user = world.user()
    for _ in range(5):
        made = []
        threads = [threading.Thread(target=lambda: made.append(Recorded(world.server, user, "phone"))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 12
        ends = [made_one.end() for made_one in made]
        deadline = time.monotonic() + seconds(5)
        while NODES > 1 and ends.count("stays") > 1 and time.monotonic() < deadline:
            ends = [one.end() if end == "stays" else end for one, end in zip(made, ends)]
        assert sorted(map(str, ends)) == sorted(["stays", *[str((["replaced"], POLICY))] * 11])
        for one in made:
            one.close()
    world.close()


def test_a_token_that_is_revoked_while_its_socket_opens_leaves_no_session(world):
    """Both requests are under way at once; whichever comes first, the session does not survive the token."""
    import threading

    from support.http import Connection
    from support.v2 import session_target
    from support.ws import upgrade_headers

    user = world.user()
    for i in range(60):
        phone = world.again(user)
        with Connection(world.server) as socket:
            out = threading.Thread(target=world.call2, args=("POST", "/user/logout", phone))
            out.start()
            answer = socket.request("GET", session_target(phone), headers=upgrade_headers())
            out.join()
            assert answer.status in (101, 401)
            if answer.status == 101:
                socket.sock.settimeout(seconds(10))
                socket.until_closed()  # Times out where the session lives on.
