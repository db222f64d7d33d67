"""Opening the WebSocket: RFC 6455 section 4.2, and the authentication before it."""

import json

import pytest

from support.http import Connection, request_bytes
from support.world import UNAUTHORIZED
from support.ws import TEXT, Ws, accept_of, frame_bytes, upgrade_headers


def upgrade(world, target, headers=None, method="GET", **kind):
    with Connection(world.server) as connection:
        return connection.request(method, target, headers=upgrade_headers() if headers is None else headers, **kind)


def test_the_handshake_is_answered_as_rfc_6455_says(world):
    answer = upgrade(world, world.user().chat_target)
    assert answer.status == 101 and answer.body == b""
    assert answer.header("upgrade").lower() == "websocket"
    assert answer.header("connection").lower() == "upgrade"
    assert answer.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert answer.header("sec-websocket-protocol") is None
    assert answer.header("sec-websocket-extensions") is None


def test_the_handshake_passes_from_any_origin_and_with_any_spelling(world):
    target = world.user().chat_target
    for origin in ("http://127.0.0.1:8080", "app://./", "null", "https://evil.example"):
        assert upgrade(world, target, [*upgrade_headers(), ("Origin", origin)]).status == 101
    key = "x3JJHMbDL1EzLkh9GBhXDw=="
    spelled = [("connection", "keep-alive, UPGRADE"), ("UPGRADE", "WebSocket"), ("sec-websocket-version", "13"), ("SEC-WEBSOCKET-KEY", key)]
    answer = upgrade(world, target, spelled)
    assert answer.status == 101 and answer.header("sec-websocket-accept") == accept_of(key)


def test_offers_the_server_does_not_take_are_left_out(world):
    offers = [("Sec-WebSocket-Protocol", "chat, superchat"), ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-unknown")]
    answer = upgrade(world, world.user().chat_target, [*upgrade_headers(), *offers])
    assert answer.status == 101
    assert answer.header("sec-websocket-protocol") is None
    assert answer.header("sec-websocket-extensions") is None


def test_another_version_is_426_and_names_the_right_one(world):
    target = world.user().chat_target
    for version in ("8", "0", "14", "13x", ""):
        headers = [(name, version if name == "Sec-WebSocket-Version" else value) for name, value in upgrade_headers()]
        answer = upgrade(world, target, headers)
        assert answer.status == 426 and answer.header("sec-websocket-version") == "13", version


@pytest.mark.parametrize("key", ["", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===", "!GhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZTEyMzQ="])
def test_a_bad_key_is_400(world, key):
    assert upgrade(world, world.user().chat_target, upgrade_headers(key)).status == 400


@pytest.mark.parametrize("missing", ["Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_a_handshake_that_lacks_a_header_does_not_open(world, missing):
    headers = [(name, value) for name, value in upgrade_headers() if name != missing]
    assert 400 <= upgrade(world, world.user().chat_target, headers).status < 500


def test_a_post_or_http_1_0_does_not_open(world):
    target = world.user().chat_target
    assert 400 <= upgrade(world, target, method="POST").status < 500
    assert upgrade(world, target, version="HTTP/1.0").status != 101


def test_the_upgrade_stands_behind_auth(world):
    user, other = world.user(), world.user()
    for target in ("/chat", f"/chat?email={user.email}", f"/chat?email={user.email}&token=bad", f"/chat?email={other.email}&token={user.token}", "/chat?email=null&token=null"):
        answer = upgrade(world, target)
        assert (answer.status, answer.text) == (401, UNAUTHORIZED)
        assert answer.header("access-control-allow-origin") == "*"
    assert upgrade(world, "/elsewhere" + user.chat_target[5:]).status == 404
    assert upgrade(world, "/chat", [*upgrade_headers(), *user.auth]).status == 101


def test_a_plus_in_the_email_arrives_unencoded_and_counts(world):
    user = world.user(email=f"a+b{world.tag}@test.com")
    for email in (user.email, user.email.replace("+", "%2B")):
        assert upgrade(world, f"/chat?email={email}&token={user.token}").status == 101


def test_frames_right_behind_the_handshake_are_read(world):
    user = world.user()
    message = json.dumps({"userEmail": user.email, "cmd": 10, "dstObj": user.email, "msgType": 1, "content": "early", "createAt": 1})
    ws = Ws(world.server, user.chat_target, user=user, extra=frame_bytes(TEXT, message))
    assert ws.take()["content"] == "early"
    ws.close()


def test_an_upgrade_may_follow_requests_on_the_same_connection(world, server):
    user = world.user()
    with Connection(server) as connection:
        assert connection.request("GET", "/community/community_list", headers=user.auth).data == []
        connection.send(request_bytes("GET", user.chat_target, headers=upgrade_headers()))
        assert connection.response().status == 101
