"""HTTP itself: statuses, headers, CORS, keep-alive, pipelining, bodies, limits and what smuggling needs."""

import json
import socket
import time

import pytest

from support.http import Connection, request_bytes
from support.timing import seconds
from support.world import PASSWORD, UNAUTHORIZED

SERVER_OPTIONS = {"http.head_timeout": "2s", "http.idle_timeout": "3s"}
ORIGIN = [("Origin", "http://127.0.0.1:8080")]
JSON_TYPE = "application/json;charset=utf-8"


@pytest.fixture
def connection(server):
    with Connection(server) as made:
        yield made


# Statuses


@pytest.mark.parametrize("path", ["/no/such/path", "/user", "/user/login/", "/USER/LOGIN", "/user//login", "/user/%6c", "/favicon.icoo"])
def test_an_unknown_path_is_401_without_auth_and_404_with(world, path):
    answer = world.call("GET", path)
    assert (answer.status, answer.text) == (401, UNAUTHORIZED)
    assert world.get(path, world.user()).status == 404


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("POST", "/user/user_info", "GET"),
        ("GET", "/user/edit_user", "PUT"),
        ("POST", "/user/edit_user", "PUT"),
        ("GET", "/contact/add_friend", "POST"),
        ("DELETE", "/contact/friend_list", "GET"),
        ("PATCH", "/msg/friend_msg_list", "GET"),
        ("PROPFIND", "/msg/community_msg_list", "GET"),
        ("GET", "/user/login", "POST"),
        ("PUT", "/user/register", "POST"),
        ("POST", "/readyz", "GET"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(world, method, path, allowed):
    answer = world.call(method, path, user=world.user(), body=b"" if method != "GET" else None)
    assert answer.status == 405
    methods = {one.strip() for one in answer.header("allow").split(",")}
    assert allowed in methods and method not in methods
    assert ("HEAD" in methods) == (allowed == "GET")


@pytest.mark.parametrize("body", [b"{", b'{"email":}', b'{"email":"a@b.com",}', b"{'email':1}", b'{"email":"a@b.com"} x', b'{"email":"\xff"}', b'{"email":"\x01"}', b'{"a":"\\ud800"}', b'{"a":01}', b"nul", b"[" * 10_000, b'{"a":' * 10_000])
@pytest.mark.parametrize("method, path", [("POST", "/user/login"), ("POST", "/user/register"), ("PUT", "/user/edit_user"), ("POST", "/contact/add_friend")])
def test_malformed_json_is_400_with_2100(world, method, path, body):
    answer = world.call(method, path, user=world.user(), body=body)
    assert answer.status == 400 and answer.error[0] == 2100 and answer.error[1]
    assert answer.header("content-type") == JSON_TYPE


def test_auth_is_looked_at_before_the_body(world):
    answer = world.call("POST", "/contact/add_friend", body=b"{")
    assert (answer.status, answer.text) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b""])
def test_json_that_is_no_object_is_refused_without_harm(world, body):
    answer = world.call("POST", "/user/login", body=body)
    assert answer.error[0] in ((2100,) if answer.status == 400 else (2000,))


def test_the_body_counts_as_json_whatever_its_content_type(world):
    user = world.user()
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    for kind in ([], [("Content-Type", "text/plain")], [("Content-Type", "application/json; charset=UTF-8")]):
        assert world.call("POST", "/user/login", headers=kind, body=body).data["email"] == user.email


def test_health_answers_without_auth(world):
    for path in ("/healthz", "/readyz"):
        assert world.call("GET", path).status == 200


# HEAD, OPTIONS, CORS


def test_head_is_get_without_the_body(world, connection):
    user = world.user()
    for path, headers in (("/readyz", []), ("/community/community_list", user.auth), ("/community/community_list", [])):
        got = connection.request("GET", path, headers=headers)
        head = connection.request("HEAD", path, headers=headers)
        assert head.status == got.status and head.body == b""
        assert head.header("content-length") == got.header("content-length") == str(len(got.body))
        assert head.header("content-type") == got.header("content-type")


@pytest.mark.parametrize("path", ["/user/login", "/user/user_info", "/contact/add_friend", "/no/such/path"])
def test_a_preflight_passes_from_any_origin_without_auth(world, path):
    asked = [("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "content-type,email,token")]
    answer = world.call("OPTIONS", path, headers=[*ORIGIN, *asked])
    assert answer.status in (200, 204) and answer.body == b""
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-credentials") is None
    methods = {one.strip() for one in answer.header("access-control-allow-methods").split(",")}
    assert {"GET", "POST", "PUT"} <= methods
    headers = {one.strip().lower() for one in answer.header("access-control-allow-headers").split(",")}
    assert {"content-type", "email", "token"} <= headers


def test_every_kind_of_answer_carries_the_cors_header(world):
    user = world.user()
    answers = [
        world.call("GET", "/community/community_list", user=user, headers=ORIGIN),
        world.call("GET", "/community/community_list", headers=ORIGIN),
        world.call("GET", "/no/such/path", user=user, headers=ORIGIN),
        world.call("POST", "/user/user_info", user=user, headers=ORIGIN, body=b""),
        world.call("POST", "/user/login", headers=ORIGIN, body=b"{"),
        world.call("POST", "/user/login", headers=ORIGIN, body=b" " * (1 << 20) + b"{}"),
    ]
    assert [answer.status for answer in answers] == [200, 401, 404, 405, 400, 413]
    assert {answer.header("access-control-allow-origin") for answer in answers} == {"*"}


def test_cors_can_be_switched_off_and_narrowed(make_server):
    request = request_bytes("GET", "/user/user_info", headers=ORIGIN)

    def allowed(option):
        with Connection(make_server({"http.cors_origin": option})) as connection:
            connection.send(request)
            return connection.response().header("access-control-allow-origin")

    assert allowed("") is None
    assert allowed("http://127.0.0.1:8080,app://.") == "http://127.0.0.1:8080"
    assert allowed("http://elsewhere.example") is None


# Connections


def test_a_connection_serves_many_requests(world, connection):
    user = world.user()
    for _ in range(200):
        answer = connection.request("GET", "/community/community_list", headers=user.auth)
        assert answer.data == [] and answer.version == "HTTP/1.1"


def test_an_error_does_not_end_the_connection(world, connection):
    user = world.user()
    for status, request in [
        (401, request_bytes("POST", "/community/create", body=b'{"name":"x"}')),
        (404, request_bytes("GET", "/no/such/path", headers=user.auth)),
        (405, request_bytes("POST", "/user/user_info", headers=user.auth, body=b"some body")),
        (400, request_bytes("POST", "/user/login", body=b"{")),
        (200, request_bytes("GET", "/readyz")),
    ]:
        connection.send(request)
        assert connection.response().status == status


def test_pipelined_requests_are_answered_in_their_order(world, connection):
    """Slow ones (a login hashes a password) stand between quick ones."""
    users = [world.user(f"p{i}_") for i in range(5)]
    requests, wanted = [], []
    for user in users * 4:
        requests.append(request_bytes("POST", "/user/login", body={"email": user.email, "password": PASSWORD}))
        requests.append(request_bytes("GET", "/user/user_info", {"email": user.email}, user.auth))
        requests.append(request_bytes("GET", "/user/user_info"))
        wanted += [user.email, user.email, None]
    connection.send(b"".join(requests))
    for email in wanted:
        answer = connection.response()
        assert answer.data["email"] == email if email else answer.status == 401


def test_requests_may_come_byte_by_byte(world, connection):
    user = world.user()
    request = request_bytes("POST", "/user/login", body={"email": user.email, "password": PASSWORD})
    for i in range(len(request)):
        connection.send(request[i : i + 1])
    assert connection.response().data["email"] == user.email


def test_connection_close_is_honoured(connection):
    answer = connection.request("GET", "/readyz", headers=[("Connection", "close")])
    assert answer.status == 200 and answer.header("connection") == "close"
    assert connection.closed()


def test_http_1_0_closes_unless_told_otherwise(world, server):
    user = world.user()
    with Connection(server) as connection:
        answer = connection.request("GET", "/community/community_list", headers=user.auth, version="HTTP/1.0", host=None)
        assert answer.data == [] and answer.header("transfer-encoding") is None
        assert connection.closed()
    with Connection(server) as connection:
        for _ in range(3):
            headers = [*user.auth, ("Connection", "keep-alive")]
            answer = connection.request("GET", "/community/community_list", headers=headers, version="HTTP/1.0", host=None)
            assert answer.data == [] and answer.header("connection").lower() == "keep-alive"


def test_a_client_that_shuts_its_writing_side_is_answered_or_closed(world, connection):
    user = world.user()
    connection.send(request_bytes("POST", "/user/login", body={"email": user.email, "password": PASSWORD}))
    connection.sock.shutdown(socket.SHUT_WR)
    try:
        assert connection.response().data["email"] == user.email
    except EOFError:
        pass
    assert connection.closed()


def test_an_idle_connection_is_closed_after_its_time(connection):
    assert connection.request("GET", "/readyz").status == 200
    start = time.monotonic()
    assert connection.closed(timeout=20)
    assert time.monotonic() - start > 2


@pytest.mark.parametrize("part", [b"", b"GET ", b"GET /readyz HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_is_waited_for_a_bounded_time(server, part):
    with Connection(server) as connection:
        connection.send(part)
        connection.sock.settimeout(seconds(20))
        left = connection.until_closed()
        assert left == b"" or left.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 "))


def test_a_trickled_head_is_not_waited_for_longer(server):
    with Connection(server) as connection:
        start = time.monotonic()
        with pytest.raises(OSError):
            for i in range(int(seconds(200))):
                connection.send(b"GET /readyz HTTP/1.1\r\nX-A: " if i == 0 else b"a")
                time.sleep(0.1)
        assert time.monotonic() - start > 1.5


# Bodies


def chunked(*chunks, trailer=b""):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"


CHUNKED = [("Transfer-Encoding", "chunked")]


def test_chunked_bodies_are_taken(world, connection):
    user = world.user()
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    bodies = [
        chunked(body),
        chunked(*(body[i : i + 1] for i in range(len(body)))),
        chunked(body, trailer=b"X-Trailer: 1\r\n"),
        b"%X;name=value\r\n%s\r\n00\r\n\r\n" % (len(body), body),
    ]
    for body in bodies:
        answer = connection.request("POST", "/user/login", headers=CHUNKED, body=body)
        assert answer.data["email"] == user.email
    request = request_bytes("POST", "/user/login", headers=CHUNKED, body=bodies[1])
    for i in range(0, len(request), 7):
        connection.send(request[i : i + 7])
    assert connection.response().data["email"] == user.email


@pytest.mark.parametrize("body", [b"g\r\n", b"-1\r\n", b"\r\n", b"1\r\nab\r\n", b"ffffffffffffffffff\r\n", b"5 \rxx"])
def test_bad_chunks_are_400_and_end_the_connection(connection, body):
    answer = connection.request("POST", "/user/login", headers=CHUNKED, body=body + b"0\r\n\r\n")
    assert answer.status in (400, 413)
    assert connection.closed()


def test_expect_100_continue_is_answered_before_the_body(world, connection):
    user = world.user()
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    headers = [("Expect", "100-continue"), ("Content-Length", str(len(body)))]
    connection.send(request_bytes("POST", "/user/login", headers=headers))
    assert connection.response().status == 100
    connection.send(body)
    assert connection.response().data["email"] == user.email


def test_a_body_too_large_is_413_before_it_is_sent(connection):
    headers = [("Expect", "100-continue"), ("Content-Length", str(1 << 30))]
    connection.send(request_bytes("POST", "/user/login", headers=headers))
    assert connection.response().status == 413
    assert connection.closed()


def test_a_body_of_1_mib_passes_and_one_byte_more_is_413(world, server):
    user = world.user()
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    full = body + b" " * ((1 << 20) - len(body))
    assert world.call("POST", "/user/login", body=full).data["email"] == user.email
    assert world.call("POST", "/user/login", body=full + b" ").status == 413
    with Connection(server) as connection:
        pieces = [full[i : i + 65536] for i in range(0, len(full), 65536)]
        assert connection.request("POST", "/user/login", headers=CHUNKED, body=chunked(*pieces)).data
    with Connection(server) as connection:
        pieces.append(b" ")
        assert connection.request("POST", "/user/login", headers=CHUNKED, body=chunked(*pieces)).status == 413


# Heads


def test_a_head_too_large_is_431_and_ends_the_connection(server):
    for headers in ([("X", "a" * 16384)], [(f"X-{i}", "a" * 300) for i in range(60)], [(f"X-{i}", "1") for i in range(200)]):
        with Connection(server) as connection:
            assert connection.request("GET", "/readyz", headers=headers).status == 431
            assert connection.closed()
    with Connection(server) as connection:
        assert connection.request("GET", "/readyz?" + "a" * 17000).status in (431, 414)


def test_a_head_of_almost_16_kib_passes(connection):
    assert connection.request("GET", "/readyz", headers=[("X", "a" * 16000)]).status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET\r\n",
        b"GET /readyz\r\n",
        b"GET /readyz HTTP/1.1 x\r\nHost: a\r\n",
        b"GET /readyz HTTP/2.0\r\nHost: a\r\n",
        b"GET /readyz HTTP/0.9\r\nHost: a\r\n",
        b"GET readyz HTTP/1.1\r\nHost: a\r\n",
        b"GET /ready\x00z HTTP/1.1\r\nHost: a\r\n",
        b"GET /readyz HTTP/1.1\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        b"GET /readyz HTTP/1.1\r\nHost : a\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: a\r\n folded: b\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nno colon\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n",
        b"GET /readyz HTTP/1.1\nHost: a\n",
        b"G\xc3\x84T /readyz HTTP/1.1\r\nHost: a\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 3\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n",
        b"POST /user/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"\x00" * 100,
    ],
)
def test_an_odd_head_is_refused_and_ends_the_connection(server, head):
    """What follows the refused head must not be taken for a request."""
    with Connection(server) as connection:
        connection.send(head + b"\r\n" + request_bytes("GET", "/healthz"))
        answer = connection.response()
        assert answer.status in (400, 413, 501, 505)
        assert connection.closed()


def test_no_answer_shows_what_the_server_is_made_of(world):
    for body in (b"{", b"[" * 10_000):
        text = world.call("POST", "/user/login", body=body).text.lower()
        assert not any(word in text for word in ("src/", ".c:", "sqlite", "simdjson", "0x"))


def test_percent_encoding_is_decoded_in_the_query(world):
    user = world.user()
    email = user.email.replace("@", "%40").replace(".", "%2E")
    with Connection(world.server) as connection:
        answer = connection.request("GET", f"/user/user_info?email={email}", headers=user.auth)
        assert answer.data["email"] == user.email
        for bad in ("%", "%4", "%zz", "%ff", "%00"):
            answer = connection.request("GET", f"/user/search_friend?info={bad}", headers=user.auth)
            assert answer.status in (200, 400) and (answer.json()["code"] != 0 or answer.data == [])
