"""permessage-deflate (RFC 7692), where it is switched on: agreed in the handshake, without context takeover."""

import asyncio
import json
import zlib

import pytest
import websockets
from websockets.extensions.permessage_deflate import PerMessageDeflate

from support.http import Connection
from support.ws import CONT, PING, PONG, TEXT, deflated, frame_bytes, upgrade_headers

SERVER_OPTIONS = {"ws.deflate": "on"}
LONG = "你好 hello 😀 " * 1500


def offer(world, text):
    headers = [*upgrade_headers(), ("Sec-WebSocket-Extensions", text)]
    with Connection(world.server) as connection:
        answer = connection.request("GET", world.user().chat_target, headers=headers)
        assert answer.status == 101
        return answer.header("sec-websocket-extensions")


@pytest.fixture
def ws(world):
    made = world.open(world.user(), headers=[("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")])
    made.rsv_taken = 4
    return made


def note(ws, content):
    return json.dumps({"userEmail": ws.user.email, "cmd": 10, "dstObj": ws.user.email, "msgType": 1, "content": content}).encode()


@pytest.mark.parametrize("text", ["permessage-deflate", "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=15; server_no_context_takeover", "x-other, permessage-deflate"])
def test_an_offer_is_taken_without_context_takeover(world, text):
    taken = [part.strip() for part in offer(world, text).split(";")]
    assert taken[0] == "permessage-deflate"
    assert {"server_no_context_takeover", "client_no_context_takeover"} <= set(taken)
    assert "client_max_window_bits" in text or not any(part.startswith("client_max_window_bits") for part in taken)


@pytest.mark.parametrize("text", ["permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=99", "permessage-deflate; client_max_window_bits=7", "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; server_no_context_takeover=1", "x-webkit-deflate-frame"])
def test_an_offer_that_is_not_understood_is_declined(world, text):
    assert offer(world, text) is None


def test_who_offers_nothing_gets_plain_frames(world):
    plain = world.open(world.user())
    plain.say(plain.user, LONG)
    assert plain.take()["content"] == LONG


def test_compressed_and_plain_messages_mix(ws):
    for content, squeeze in ((LONG, True), ("short", False), (LONG, False), ("x", True), (LONG[::-1], True)):
        payload = note(ws, content)
        ws.send_bytes(frame_bytes(TEXT, deflated(payload), rsv=4) if squeeze else frame_bytes(TEXT, payload))
        assert ws.take()["content"] == content


def test_a_compressed_message_may_come_in_fragments_with_pings_between(ws):
    data = deflated(note(ws, LONG))
    half = len(data) // 2
    ws.send_bytes(frame_bytes(TEXT, data[:half], rsv=4, fin=False) + frame_bytes(PING, b"p") + frame_bytes(CONT, data[half:]))
    frame = ws.frame()
    while frame.opcode == PING:
        frame = ws.frame()
    assert (frame.opcode, frame.payload) == (PONG, b"p")
    assert ws.take()["content"] == LONG


def test_a_bomb_closes_with_1009_and_costs_little(ws, server, witness):
    before = server.memory_kib()
    packer = zlib.compressobj(9, wbits=-15)
    data = b"".join(packer.compress(b"x" * (1 << 20)) for _ in range(60)) + packer.flush(zlib.Z_SYNC_FLUSH)
    try:
        ws.send_frame(TEXT, data[:-4], rsv=4)
    except OSError:
        pass
    assert ws.close_code() == 1009
    assert server.grown_less(before, mib=16)


@pytest.mark.parametrize(
    "code, data",
    [
        ((1002, 1007), frame_bytes(TEXT, b"\xff\xff\xff\xff garbage", rsv=4)),
        ((1007,), frame_bytes(TEXT, deflated(b'{"content":"\xff"}'), rsv=4)),
        ((1002,), frame_bytes(TEXT, b"{", fin=False) + frame_bytes(CONT, b"}", rsv=4)),
        ((1002,), frame_bytes(PING, b"x", rsv=4)),
        ((1002,), frame_bytes(TEXT, b"{}", rsv=2)),
    ],
    ids=["garbage", "no text inside", "a fragment says so again", "a ping", "another bit"],
)
def test_bad_compression_closes_its_own_socket(ws, witness, code, data):
    ws.send_bytes(data)
    assert ws.close_code() in code


def test_python_websockets_talks_compressed(world):
    user = world.user()

    async def talk():
        url = f"ws://{world.server.address}{user.chat_target}"
        async with websockets.connect(url, compression="deflate") as socket:
            assert any(isinstance(one, PerMessageDeflate) for one in socket.extensions)
            for content in ("x", LONG, "汉" * 21845):
                message = {"userEmail": user.email, "cmd": 10, "dstObj": user.email, "msgType": 1, "content": content}
                await socket.send(json.dumps(message))
                assert json.loads(await socket.recv())["content"] == content

    asyncio.run(talk())
