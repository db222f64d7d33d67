"""A WebSocket client over a raw socket, with every bit of a frame in the caller's hand.

It checks on its side what RFC 6455 asks of a server: no masked frames, no reserved bits, control
frames whole and short. Pings are answered by itself unless auto_pong is off."""

import base64
import collections
import dataclasses
import hashlib
import itertools
import json
import os
import select
import socket
import struct
import time
import zlib

from support.http import Connection, request_bytes
from support.timing import seconds

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
BARRIER = "barrier-"
_count = itertools.count(1)


@dataclasses.dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    payload: bytes

    @property
    def text(self):
        return self.payload.decode("utf-8")

    @property
    def close_code(self):
        return struct.unpack(">H", self.payload[:2])[0] if len(self.payload) >= 2 else 1005


class Closed(Exception):
    """The connection ended. code: of the server's close frame, or 1006 without one."""

    def __init__(self, code, reason=b""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code


def accept_of(key):
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def frame_bytes(opcode, payload=b"", fin=True, rsv=0, mask=True, length_form=None):
    """One frame. length_form: 7, 16 or 64 bits whatever the size asks for."""
    if isinstance(payload, str):
        payload = payload.encode("utf-8")
    size = len(payload)
    form = length_form or (7 if size < 126 else 16 if size < 65536 else 64)
    first = (0x80 if fin else 0) | (rsv << 4) | opcode
    bit = 0x80 if mask else 0
    if form == 7:
        head = struct.pack(">BB", first, bit | size)
    elif form == 16:
        head = struct.pack(">BBH", first, bit | 126, size)
    else:
        head = struct.pack(">BBQ", first, bit | 127, size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + xor(payload, key)


def xor(payload, key):
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def inflated(payload):
    """A whole compressed message (RFC 7692, section 7.2.2), each with a fresh window."""
    return zlib.decompressobj(wbits=-15).decompress(payload + b"\x00\x00\xff\xff")


def deflated(payload, level=6):
    packer = zlib.compressobj(level, wbits=-15)
    data = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return data[:-4]


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


def upgrade_headers(key="dGhlIHNhbXBsZSBub25jZQ=="):
    return [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    ]


class Ws:
    """An open WebSocket. user: whose session it is (None for a bare one)."""

    def __init__(self, server, target, headers=(), user=None, source="127.0.0.1", receive_buffer=None, tls=None, extra=b""):
        self.user = user
        self.auto_pong = True
        self.rsv_taken = 0  # 4 once permessage-deflate was agreed on
        self.pings = []  # payloads of the server's pings
        self.http = Connection.__new__(Connection)
        self.http.buffer = b""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds(15))
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", server.port))
        self.http.sock = tls.wrap_socket(sock, server_hostname="localhost") if tls else sock
        key = base64.b64encode(os.urandom(16)).decode()
        self.http.send(request_bytes("GET", target, headers=[*upgrade_headers(key), *headers]) + extra)
        self.handshake = self.http.response()
        assert self.handshake.status == 101, f"{self.handshake.status} {self.handshake.body!r}"
        assert self.handshake.header("sec-websocket-accept") == accept_of(key)
        self.buffer = bytearray(self.http.buffer)
        self.messages = collections.deque()  # whole text messages not yet taken, as text
        self.partial = None
        self.closed = None  # Closed, once seen

    @property
    def sock(self):
        return self.http.sock

    # Sending.

    def send_bytes(self, data):
        self.sock.sendall(data)

    def send_frame(self, opcode, payload=b"", **kind):
        self.send_bytes(frame_bytes(opcode, payload, **kind))

    def send_text(self, text):
        self.send_frame(TEXT, text)

    def send(self, **fields):
        self.send_text(json.dumps(fields, ensure_ascii=False))

    def say(self, dst, content, cmd=10, msg_type=1, **fields):
        """A chat message as the original's page sends it."""
        message = {"userEmail": self.user.email, "cmd": cmd, "dstObj": getattr(dst, "email", dst)}
        message |= {"msgType": msg_type, "content": content, "createAt": int(time.time() * 1000)} | fields
        self.send(**message)

    def say_group(self, group, content, **fields):
        self.say(group, content, cmd=11, **fields)

    # Receiving.

    def frame(self, timeout=15, end=None):
        """The next frame as it comes, whatever it is."""
        end = end or time.monotonic() + seconds(timeout)
        while (frame := self._parse()) is None:
            self._fill(end)
        return frame

    def _fill(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing more came")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = self.closed or Closed(1006)
            raise self.closed
        self.buffer += data

    def _parse(self):
        have = self.buffer
        if len(have) < 2:
            return None
        assert not have[1] & 0x80, "a frame from a server is never masked"
        size, start = have[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(have) < start:
                return None
            size = int.from_bytes(have[2:start], "big")
        if len(have) < start + size:
            return None
        frame = Frame(bool(have[0] & 0x80), have[0] >> 4 & 7, have[0] & 15, bytes(have[start : start + size]))
        del self.buffer[: start + size]
        assert frame.rsv in (0, self.rsv_taken) and frame.opcode in (CONT, TEXT, BINARY, CLOSE, PING, PONG)
        if frame.opcode >= CLOSE:
            assert frame.fin and size <= 125
        return frame

    def text(self, timeout=15, end=None):
        """The next whole text message; pings are answered on the way; Closed when the server closes."""
        end = end or time.monotonic() + seconds(timeout)  # Pings on the way do not prolong it.
        while not self.messages:
            frame = self.frame(end=end)
            if frame.opcode == PING:
                self.pings.append(frame.payload)
                if self.auto_pong:
                    self.send_frame(PONG, frame.payload)
            elif frame.opcode == CLOSE:
                self.closed = Closed(frame.close_code, frame.payload[2:])
                raise self.closed
            elif frame.opcode in (TEXT, CONT):
                self._text(frame)
            else:
                assert frame.opcode == PONG, f"a v1 server sends no opcode {frame.opcode}"
        return self.messages.popleft()

    def _text(self, frame):
        assert (frame.opcode == CONT) == (self.partial is not None), "fragments out of order"
        payload = inflated(frame.payload) if frame.rsv else frame.payload
        self.partial = (self.partial or b"") + payload
        if frame.fin:
            self.messages.append(self.partial.decode("utf-8"))
            self.partial = None

    def poll(self):
        """The next text message if it is there; None: nothing waits to be read."""
        while True:
            try:
                return self.text(end=time.monotonic())
            except TimeoutError:
                if not select.select([self.sock], [], [], 0)[0]:
                    return None
            self._fill(time.monotonic() + seconds(15))

    def raw(self, timeout=15):
        """The next message's text; those of barriers are passed over."""
        while True:
            text = self.text(timeout)
            if f'"content":"{BARRIER}' not in text:
                return text

    def take(self, timeout=15):
        """The next message, parsed."""
        return json.loads(self.raw(timeout))

    def take_until(self, content, timeout=15):
        """Messages up to and including the one with this content."""
        taken = []
        while not taken or taken[-1].get("content") != content:
            taken.append(self.take(timeout))
        return taken

    def before_barrier(self, timeout=15):
        """Everything (as text) the server sends before it has dealt with what was sent so far.

        The barrier is a message to oneself: it passes the same queues, so that what comes before it
        is all that came, and no test needs to wait for silence."""
        mark = f"{BARRIER}{next(_count)}-{os.urandom(4).hex()}"
        self.say(self.user, mark)
        taken = []
        while mark not in (text := self.text(timeout)):
            if f'"content":"{BARRIER}' not in text:
                taken.append(text)
        return taken

    def silent(self):
        """Nothing was answered to what was sent so far."""
        assert self.before_barrier() == []

    def pump(self, duration):
        """Answers pings for so many seconds, by the clock that the server's timers go by; the messages that
        come stay to be taken."""
        end = time.monotonic() + duration
        kept = []
        try:
            while True:
                kept.append(self.text(end=end))
        except TimeoutError:
            pass
        self.messages.extend(kept)

    # Ending.

    def close(self, code=1000):
        """An orderly end: the server's close frame is read before the socket goes."""
        try:
            self.send_frame(CLOSE, close_payload(code))
            return self.close_code()
        except (OSError, Closed):
            return None
        finally:
            self.sock.close()

    def close_code(self, timeout=15):
        """Reads to the server's close and the end of the stream; 1006 when no close frame came."""
        try:
            while True:
                self.text(timeout)
        except Closed as closed:
            code = closed.code
        if code != 1006:
            try:
                while True:
                    self._fill(time.monotonic() + seconds(timeout))
            except Closed:
                pass
        return code

    def cut(self):
        """Ends the connection with a reset, as a lost network or a killed client does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
