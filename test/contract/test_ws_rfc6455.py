"""RFC 6455, section by section, with frames no well-behaved client would send.

What is right shows in an echo (a message to oneself), what is wrong in the close code. A second
session of another user must live through all of it (the witness)."""

import json
import struct

import pytest

from support.ws import BINARY, CLOSE, CONT, PING, PONG, TEXT, Closed, close_payload, frame_bytes

PROTOCOL_ERROR, INVALID = 1002, 1007


@pytest.fixture
def ws(world):
    return world.open(world.user())


def note(ws, content):
    return json.dumps({"userEmail": ws.user.email, "cmd": 10, "dstObj": ws.user.email, "msgType": 1, "content": content}, ensure_ascii=False).encode()


def echoes(ws, content):
    assert ws.take()["content"] == content


def refused(ws, code, *bad):
    """The server closes with this code, then ends the stream; what followed the bad frame is not looked at."""
    codes = code if isinstance(code, tuple) else (code,)
    try:
        ws.send_bytes(b"".join(bad) + frame_bytes(TEXT, note(ws, "after")))
    except OSError:
        pass
    assert ws.close_code() in codes


# 5.2, 5.3: the frame


@pytest.mark.parametrize("form", [16, 64])
def test_a_length_in_more_bytes_than_it_needs_is_taken_or_closes_with_1002(ws, form):
    """Section 5.2: "the minimal number of bytes MUST be used to encode the length"."""
    payload = b'{"cmd":0}' if form == 16 else note(ws, "x" * 200)
    ws.send_bytes(frame_bytes(TEXT, payload, length_form=form))
    try:
        assert all("xxx" in text for text in ws.before_barrier())
    except Closed as closed:
        assert closed.code == PROTOCOL_ERROR


@pytest.mark.parametrize("size", [0, 1, 20, 125, 126, 127, 1000, 65000])
def test_payloads_of_all_length_forms_arrive_whole(ws, size):
    ws.send_frame(TEXT, note(ws, "y" * size))
    if size:
        echoes(ws, "y" * size)
    else:
        ws.send_frame(TEXT, note(ws, "z"))
        ws.take_until("z")


def test_frames_may_come_byte_by_byte_and_many_at_once(ws):
    data = b"".join(frame_bytes(TEXT, note(ws, f"n{i} 汉")) for i in range(20))
    for i in range(0, len(data) // 2):
        ws.send_bytes(data[i : i + 1])
    ws.send_bytes(data[len(data) // 2 :])
    for i in range(20):
        echoes(ws, f"n{i} 汉")


def test_a_mask_of_zeros_is_a_mask(ws):
    payload = note(ws, "zero" * 40)
    ws.send_bytes(bytes([0x81, 0x80 | 126]) + struct.pack(">H", len(payload)) + b"\0\0\0\0" + payload)
    echoes(ws, "zero" * 40)


def test_an_unmasked_frame_closes_with_1002(ws, witness):
    refused(ws, PROTOCOL_ERROR, frame_bytes(TEXT, note(ws, "bare"), mask=False))


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
@pytest.mark.parametrize("rsv", [1, 2, 4, 7])
def test_reserved_bits_close_with_1002(ws, rsv, opcode):
    refused(ws, PROTOCOL_ERROR, frame_bytes(opcode, b"{}" if opcode != CLOSE else b"", rsv=rsv))


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_reserved_opcodes_close_with_1002(ws, opcode):
    refused(ws, PROTOCOL_ERROR, frame_bytes(opcode, b""))


def test_a_64_bit_length_with_its_top_bit_set_is_refused(ws):
    refused(ws, (PROTOCOL_ERROR, 1009), b"\x81\xff" + b"\xff" * 8 + b"abcd")


# 5.4: fragments


def fragments(payload, *cuts, opcode=TEXT):
    edges = [0, *cuts, len(payload)]
    parts = [payload[a:b] for a, b in zip(edges, edges[1:])]
    return [frame_bytes(opcode if i == 0 else CONT, part, fin=i == len(parts) - 1) for i, part in enumerate(parts)]


def test_fragments_make_one_message(ws):
    payload = note(ws, "片段 😀")
    for cuts in ([1], [0], [len(payload)], [5, 5, 5], range(1, len(payload))):
        ws.send_bytes(b"".join(fragments(payload, *cuts)))
        echoes(ws, "片段 😀")


def test_a_character_may_be_split_between_fragments(ws):
    payload = note(ws, "😀")
    at = payload.index("😀".encode())
    for i in (1, 2, 3):
        ws.send_bytes(b"".join(fragments(payload, at + i)))
        echoes(ws, "😀")


def test_control_frames_may_stand_between_fragments(ws):
    payload = note(ws, "interrupted")
    first, second, third = fragments(payload, 10, 20)
    ws.send_bytes(first + frame_bytes(PING, b"one") + second + frame_bytes(PONG, b"unasked") + frame_bytes(PING, b"two"))
    pongs = []
    while len(pongs) < 2:
        frame = ws.frame()
        if frame.opcode == PONG:
            pongs.append(frame.payload)
        else:
            assert frame.opcode == PING, "no message before its last fragment"
    assert pongs == [b"one", b"two"]
    ws.send_bytes(third)
    echoes(ws, "interrupted")


def test_a_continuation_of_nothing_closes_with_1002(ws):
    refused(ws, PROTOCOL_ERROR, frame_bytes(CONT, b"x"))


def test_a_continuation_after_the_last_fragment_closes_with_1002(ws):
    refused(ws, PROTOCOL_ERROR, *fragments(note(ws, "whole"), 5), frame_bytes(CONT, b"x"))


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_new_message_within_fragments_closes_with_1002(ws, opcode):
    refused(ws, PROTOCOL_ERROR, frame_bytes(TEXT, b"{", fin=False), frame_bytes(opcode, b"}"))


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_in_fragments_closes_with_1002(ws, opcode):
    refused(ws, PROTOCOL_ERROR, frame_bytes(opcode, b"", fin=False))


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_over_125_bytes_closes_with_1002(ws, opcode):
    payload = close_payload(1000, b"x" * 124) if opcode == CLOSE else b"x" * 126
    refused(ws, PROTOCOL_ERROR, frame_bytes(opcode, payload))


def test_fragments_over_the_bound_close_with_1009_before_the_last(ws, witness):
    part = b"x" * 65536
    data = frame_bytes(TEXT, b'{"content":"', fin=False)
    try:
        ws.send_bytes(data)
        for _ in range(64):
            ws.send_frame(CONT, part, fin=False)
    except OSError:
        pass
    assert ws.close_code() in (1009, 1006)


def test_endless_empty_fragments_do_no_harm(ws, witness):
    payload = note(ws, "patient")
    ws.send_bytes(frame_bytes(TEXT, payload[:5], fin=False) + frame_bytes(CONT, b"", fin=False) * 20_000)
    ws.send_bytes(frame_bytes(CONT, payload[5:]))
    try:
        echoes(ws, "patient")
    except Closed as closed:
        assert closed.code in (1002, 1008, 1009)


# 5.5.2, 5.5.3: ping and pong


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125)), b"\xff\xfe\x00" * 41])
def test_a_ping_is_answered_with_its_own_payload(ws, payload):
    ws.send_frame(PING, payload)
    frame = ws.frame()
    while frame.opcode == PING:
        frame = ws.frame()
    assert (frame.opcode, frame.payload) == (PONG, payload)


def test_many_pings_are_answered_in_order(ws):
    """Section 5.5.3 lets a server answer only the latest; what it answers is in order and ends with the last."""
    ws.send_bytes(b"".join(frame_bytes(PING, str(i).encode()) for i in range(100)))
    seen = []
    while not seen or seen[-1] != 99:
        frame = ws.frame()
        if frame.opcode == PONG:
            seen.append(int(frame.payload))
    assert seen == sorted(set(seen))


def test_pongs_nobody_asked_for_are_passed_over(ws):
    for payload in (b"", b"x", b"\xff" * 125):
        ws.send_frame(PONG, payload)
    ws.silent()


# 5.5.1, 7: closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_own_code(ws, code):
    assert ws.close(code) == code


def test_a_close_without_a_code_is_answered(ws):
    ws.send_frame(CLOSE, b"")
    assert ws.close_code() in (1000, 1005)


def test_a_close_may_give_a_reason(ws):
    ws.send_frame(CLOSE, close_payload(1000, "再见".encode() + b"x" * 117))
    assert ws.close_code() == 1000


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_a_close_with_a_code_not_for_the_wire_is_1002(ws, code):
    refused(ws, PROTOCOL_ERROR, frame_bytes(CLOSE, close_payload(code)))


def test_a_close_of_one_byte_is_1002(ws):
    refused(ws, PROTOCOL_ERROR, frame_bytes(CLOSE, b"\x03"))


def test_a_close_reason_that_is_no_utf_8_is_refused(ws):
    refused(ws, (INVALID, PROTOCOL_ERROR), frame_bytes(CLOSE, close_payload(1000, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80")))


def test_nothing_after_a_close_is_looked_at(world, ws):
    ws.send_bytes(frame_bytes(CLOSE, close_payload(1000)) + frame_bytes(TEXT, note(ws, "posthumous")) + frame_bytes(PING, b"?"))
    frames = []
    try:
        while True:
            frames.append(ws.frame())
    except Closed:
        pass
    assert [frame.opcode for frame in frames] == [CLOSE]
    assert world.history(ws.user, ws.user) == []


def test_a_close_between_fragments_drops_the_message(world, ws):
    ws.send_bytes(frame_bytes(TEXT, note(ws, "half")[:9], fin=False) + frame_bytes(CLOSE, close_payload(1000)))
    assert ws.close_code() == 1000
    assert world.history(ws.user, ws.user) == []


def test_messages_before_a_close_count(world, ws):
    ws.send_bytes(b"".join(frame_bytes(TEXT, note(ws, f"last words {i}")) for i in range(50)) + frame_bytes(CLOSE, close_payload(1000)))
    assert ws.close_code() == 1000
    world.open(ws.user).before_barrier()
    words = [message["content"] for message in world.history(ws.user, ws.user)]
    assert [word for word in words if word.startswith("last")] == [f"last words {i}" for i in range(50)]


def test_a_stream_that_ends_without_a_close_ends_the_session(world, witness):
    one, two = world.friends(2)
    watcher, leaver = world.settled(one, two)
    leaver.sock.shutdown(1)
    assert watcher.take()["cmd"] == 14


# 8.1: UTF-8


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xc1\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\x80",
        b"\xbf",
        b"\xe6\xb1",
        b"\xf0\x9f\x98",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64",
    ],
)
def test_text_that_is_no_utf_8_closes_with_1007(ws, bad):
    refused(ws, INVALID, frame_bytes(TEXT, note(ws, "@@").replace(b"@@", bad)))


def test_a_bad_fragment_is_refused_as_it_comes(ws):
    ws.send_frame(TEXT, b'{"content":"\xce\xba\xe1\xbd\xb9\xf4\x90\x80', fin=False)
    assert ws.close_code() == INVALID


def test_a_character_left_open_at_the_end_closes_with_1007(ws):
    refused(ws, INVALID, frame_bytes(TEXT, b"\xf0\x9f", fin=False), frame_bytes(CONT, b"\x98"))


@pytest.mark.parametrize("good", ["\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff", "\ufffe\uffff\ufdd0", "κόσμε"])
def test_the_edges_of_utf_8_pass(ws, good):
    ws.send_frame(TEXT, note(ws, good))
    echoes(ws, good)


def test_a_binary_message_does_no_harm(ws, witness):
    """v1 has no binary messages: it is passed over, or refused as what cannot be taken (1003)."""
    try:
        ws.send_frame(BINARY, note(ws, "binary"))
        assert ws.before_barrier() == []
    except Closed as closed:
        assert closed.code == 1003
