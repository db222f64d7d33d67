"""Bad input of every kind, each with its exact outcome, while two others chat on and notice nothing."""

import json
import random
import socket
import time

import pytest

from support.http import Connection, request_bytes
from support.timing import seconds, wait_until
from support.world import PASSWORD, UNAUTHORIZED, World
from support.ws import TEXT, Ws, frame_bytes, upgrade_headers

SERVER_OPTIONS = {"http.head_timeout": "2s", "http.idle_timeout": "3s", "ws.ping": "2s", "ws.dead": "6s"}

pytestmark = pytest.mark.usefixtures("witness")


@pytest.fixture
def pair(world):
    return world.settled(*world.friends(2))


def nobody_heard(one, two):
    one.silent()
    two.silent()


# Frames


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "}",
        "nul",
        "[]",
        "[1,2]",
        '"text"',
        "12",
        "null",
        "true",
        "{}",
        '{"cmd":10,}',
        "{'cmd':10}",
        '{"cmd":10} {"cmd":10}',
        '{"cmd":10}x',
        '{"cmd":10,"content":"\\ud800"}',
        '{"cmd":10,"content":"\\x41"}',
        '{"cmd":10,"content":"a\nb"}',
        '{"cmd":1e999}',
        '{"cmd":0x10}',
        '{"cmd":NaN}',
        "\ufeff{}",
        '{"cmd":10,"content":"\x00"}',
        "\x00",
        "[" * 10_000,
        '{"a":' * 10_000,
        "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        "1" * 60_000,
        '{"cmd":' + "9" * 50_000 + "}",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_a_frame_that_is_no_message_gets_nothing_and_the_socket_stays(pair, text):
    one, two = pair
    one.send_text(text)
    nobody_heard(one, two)


def test_a_deeply_nested_field_gets_nothing_or_is_passed_over(pair):
    one, two = pair
    deep = "[" * 10_000 + "]" * 10_000
    one.send_text('{"cmd":10,"dstObj":"%s","msgType":1,"content":"deep","extra":%s}' % (two.user.email, deep))
    heard = [json.loads(text)["content"] for text in one.before_barrier()]
    assert heard in ([], ["deep"])
    assert [json.loads(text)["content"] for text in two.before_barrier()] == heard


WRONG = [None, True, [], {}, ["x"], {"x": 1}, [[]]]


@pytest.mark.parametrize("field", ["cmd", "dstObj", "msgType", "content"])
@pytest.mark.parametrize("value", WRONG, ids=json.dumps)
def test_wrong_types_get_nothing_or_never_more_than_a_text(pair, field, value):
    """null may count as absent, and v1 sends neither msgType nor content without harm; anything that
    comes out has the keys and types of a message."""
    one, two = pair
    message = {"userEmail": one.user.email, "cmd": 10, "dstObj": two.user.email, "msgType": 1, "content": "typed", "createAt": 1}
    one.send(**message | {field: value})
    heard = one.before_barrier()
    assert two.before_barrier() == heard
    if field in ("cmd", "dstObj"):
        assert heard == []
    for text in heard:
        got = json.loads(text)
        assert isinstance(got["content"], str) and isinstance(got["msgType"], int), text


@pytest.mark.parametrize("field", ["cmd", "dstObj", "msgType", "content"])
def test_missing_fields_get_nothing_or_a_whole_message(world, pair, field):
    one, two = pair
    message = {"userEmail": one.user.email, "cmd": 10, "dstObj": two.user.email, "msgType": 1, "content": "whole", "createAt": 1}
    del message[field]
    one.send(**message)
    heard = one.before_barrier()
    assert two.before_barrier() == heard
    assert heard == [] or field in ("msgType", "content")
    history = world.history(one.user, two.user)
    assert [json.loads(text) for text in heard] == history
    assert all(isinstance(message["content"], str) for message in history), "every row has a string content"


@pytest.mark.parametrize("cmd", [-(2**63), -1, 1, 2, 12, 13, 14, 16, 17, 33, 100, 2**31, 2**53, 2**64, "", "ten", "10 ", " 10", "1e1", "0x0A", 10.5])
def test_unknown_cmds_get_nothing(pair, cmd):
    one, two = pair
    one.send(userEmail=one.user.email, cmd=cmd, dstObj=two.user.email, msgType=1, content="x", createAt=1)
    nobody_heard(one, two)


def test_forged_senders_and_foreign_chats_reach_nobody_falsely(world, pair):
    one, two = pair
    outsider = world.open(world.user())
    group = world.group(one.user, two.user)
    for ws in (one, two):
        ws.before_barrier()
    outsider.say(two.user, "as one", userEmail=one.user.email)
    outsider.say_group(group, "as one", userEmail=one.user.email)
    outsider.send(userEmail=one.user.email, cmd=15, dstObj=str(group), msgType=99)
    outsider.send(userEmail=one.user.email, cmd=13, dstObj=two.user.email)
    for ws in (outsider, one, two):
        ws.silent()
    assert world.history(one.user, two.user) == [] and world.group_history(one.user, group) == []


def test_invalid_utf_8_closes_that_socket_alone(world, pair):
    one, two = pair
    same = world.open(one.user)
    one.send_frame(TEXT, b'{"cmd":10,"content":"\xff"}')
    assert one.close_code() == 1007
    same.say(two.user, "still here")
    assert two.take_until("still here")


def test_nul_bytes_are_content_like_any_other(world, pair):
    one, two = pair
    one.say(two.user, "a\x00b")
    assert one.take()["content"] == two.take()["content"] == "a\x00b"
    assert world.history(one.user, two.user)[-1]["content"] == "a\x00b"
    one.say(two.user.email + "\x00", "to a name with NUL")
    one.say("\x00", "to NUL")
    nobody_heard(one, two)


def test_sql_in_every_field_is_only_text(world, pair):
    one, two = pair
    sql = "'; DROP TABLE message; -- \" OR 1=1 %_\\"
    one.say(two.user, sql, userEmail=sql)
    assert one.take()["userEmail"] == two.take()["userEmail"] == one.user.email
    one.say(sql, "x")
    one.say_group(sql, "x")
    one.send(cmd=15, dstObj=sql, msgType=6)
    nobody_heard(one, two)
    for path, query in [("/user/search_friend", {"info": sql}), ("/community/search_community", {"info": sql})]:
        assert world.call("GET", path, query, one.user).data == []
    assert world.login(sql, sql).error[0] in (2001, 2002)
    assert len(world.history(one.user, two.user)) == 1


def test_oversize_closes_with_1009(pair):
    one, two = pair
    one.say(two.user, "x" * 65537)
    assert one.close_code() == 1009
    assert two.take()["cmd"] == 14, "nothing but its end is heard of it"


def test_long_fields_beside_the_content_get_nothing_or_close(pair):
    one, two = pair
    for field in ("dstObj", "userEmail", "msgType", "cmd", "createAt", "x" * 60_000):
        message = {"cmd": 10, "dstObj": two.user.email, "msgType": 1, "content": "x"}
        if field == "userEmail":
            continue  # Never believed, so never looked at.
        message[field] = "9" * 60_000
        one.send(**message)
    heard = [json.loads(text) for text in one.before_barrier()]
    assert all(got["content"] == "x" and got["createAt"] < 10**14 for got in heard) and len(heard) <= 2
    assert len(two.before_barrier()) == len(heard)


@pytest.mark.parametrize("seed", range(6))
def test_random_frames_harm_nobody(world, pair, seed):
    """Valid framing, random text: mutations of a good message. Seeded by the parameter."""
    rng = random.Random(seed)
    one, two = pair
    good = json.dumps({"userEmail": one.user.email, "cmd": 10, "dstObj": "nobody", "msgType": 1, "content": "fuzz", "createAt": 1})
    for _ in range(300):
        text = list(good)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(text))
            text[at] = rng.choice(['"', "{", "}", "[", ":", ",", "\\", "\x00", "9", "e", "-", "汉", "\U0001f600", "u"])
        one.send_text("".join(text))
    one.silent()


@pytest.mark.parametrize("seed", range(6))
def test_random_bytes_end_only_their_own_connection(world, server, seed):
    rng = random.Random(seed)
    user = world.user()
    for _ in range(15):
        ws = Ws(server, user.chat_target, user=user)
        try:
            ws.send_bytes(rng.randbytes(rng.randrange(1, 4000)))
            ws.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert ws.close_code() in (1000, 1002, 1005, 1006, 1007, 1009)
        with Connection(server) as connection:
            try:
                connection.send(rng.randbytes(rng.randrange(1, 4000)))
                connection.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            left = connection.until_closed()
            assert left == b"" or left.startswith(b"HTTP/1.1 4")


# HTTP


CALLS = [("POST", "/user/login"), ("POST", "/user/register"), ("PUT", "/user/edit_user"), ("POST", "/contact/add_friend"), ("POST", "/community/create"), ("POST", "/user/delete")]


@pytest.mark.parametrize("method, path", CALLS)
def test_wrong_types_in_a_body_are_errors(world, method, path):
    user = world.user()
    for value in WRONG:
        names = ("email", "password", "uname", "avatar", "ownerEmail", "dstObj", "cate", "name", "icon", "memo")
        answer = world.call(method, path, user=user, body=dict.fromkeys(names, value))
        assert answer.status in (200, 400) and answer.error[0] != 0
    assert world.login(user.email).data["id"] == user.id


@pytest.mark.parametrize("method, path", CALLS)
def test_oversize_texts_in_a_body_are_errors(world, method, path):
    user = world.user()
    names = ("email", "password", "uname", "avatar", "ownerEmail", "dstObj", "name", "icon", "memo")
    answer = world.call(method, path, user=user, body=dict.fromkeys(names, "a1" * 20_000) | {"cate": 1})
    assert answer.error[0] != 0


def test_long_queries_are_answered(world):
    user = world.user()
    for path in ("/user/search_friend", "/community/search_community"):
        answer = world.call("GET", path, {"info": "x" * 10_000}, user)
        assert answer.json()["code"] == 2000 or answer.data == []
    assert world.get("/user/user_info", user, email="x" * 10_000).error[0] == 2000


def test_repeated_keys_do_no_harm(world):
    user = world.user()
    body = ('{"email":"%s","email":"%s","password":"%s"}' % (user.email, user.email, PASSWORD)).encode()
    assert world.call("POST", "/user/login", body=body).data["email"] == user.email


# Tokens


def test_an_expired_token_is_a_401_and_a_used_one_lives(make_server):
    world = World(make_server({"accounts.token_idle": "2s"}))
    user = world.user()
    used, unused = world.again(user), world.again(user)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert world.get("/community/community_list", used).status == 200
        time.sleep(0.2)
    answer = world.get("/community/community_list", unused)
    assert (answer.status, answer.text) == (401, UNAUTHORIZED)
    with Connection(world.server) as connection:
        assert connection.request("GET", unused.chat_target, headers=upgrade_headers()).status == 401


# Connections


def test_half_open_sockets_are_closed_and_cost_the_others_nothing(world, server):
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    parts = [b"", b"G", b"GET /chat HTTP/1.1\r\nHost: x\r\n", b"POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"]
    for i, sock in enumerate(silent):
        sock.sendall(parts[i % 3])
    assert world.user().token
    for sock in silent:
        sock.settimeout(seconds(15))
        try:
            while sock.recv(4096):
                pass
        except ConnectionError:
            pass
        sock.close()


def test_a_body_that_never_comes_is_not_waited_for_forever(server):
    with Connection(server) as connection:
        connection.send(b"POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        connection.sock.settimeout(seconds(20))
        left = connection.until_closed()
        assert left == b"" or left.startswith(b"HTTP/1.1 4")


def test_a_peer_that_vanished_is_closed_and_its_friends_are_told(world):
    one, two = world.friends(2)
    watcher, gone = world.settled(one, two)
    gone.auto_pong = False  # As if its cable were pulled: nothing comes, not even an end.
    end = time.monotonic() + seconds(20)
    while (message := watcher.take(timeout=20))["cmd"] != 14:
        assert time.monotonic() < end
    assert message["userEmail"] == two.email


def test_a_thousand_connects_and_cuts_leave_nothing_behind(world, server):
    user = world.user()
    for i in range(int(300)):
        ws = Ws(server, user.chat_target, user=user)
        if i % 3 == 0:
            ws.send_bytes(frame_bytes(TEXT, b"{", fin=False))
        ws.cut() if i % 2 else ws.sock.close()
    friend = world.user()
    world.befriend(user, friend)
    wait_until(lambda: world.get("/contact/friend_list", friend).data[0]["online"] == 0, what="offline")


def test_a_pipeline_without_reading_is_bounded(world, server):
    """Requests whose answers nobody reads: the server stops, closes or answers, and does not grow."""
    user = world.user()
    before = server.memory_kib()
    with Connection(server) as connection:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sock.settimeout(seconds(2))
        request = request_bytes("GET", "/user/user_info", {"email": user.email}, user.auth) * 100
        try:
            for _ in range(300):
                connection.send(request)
        except OSError:
            pass
        assert server.grown_less(before, mib=64)
