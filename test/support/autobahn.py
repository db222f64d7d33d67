"""The cases of the Autobahn test suite (PyPI: autobahntestsuite), run by a fuzzing client of our own.

The suite's own client is Python 2 with a Twisted of that time; neither is in Debian 12 and nobody ships them
any more. Its cases, though, are small classes that tell a protocol object what to send and compare what comes
back. So the cases are read from the installed package as they are, and Peer is that protocol object on a plain
socket. In Python 2 a str is bytes: here a str whose characters are below 256 stands for them (latin-1)."""

import binascii
import builtins
import heapq
import itertools
import os
import pathlib
import re
import struct
import time
import types

from support.http import Connection, request_bytes
from support.timing import seconds
from support.ws import CLOSE, CONT, PING, PONG, TEXT, frame_bytes, upgrade_headers, xor

OPEN, CLOSING, CLOSED = 3, 2, 0
DROP_AFTER = 2.0  # seconds a server may take to end the stream after the closing handshake


def package(root):
    """The installed suite's folder."""
    found = sorted(pathlib.Path(root).glob("lib/python3*/site-packages/autobahntestsuite/case"))
    assert found, f"the Autobahn suite is not in {root}: run tools/setup test"
    return found[-1]


def module(name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    return made


class Protocol:
    STATE_CLOSED, STATE_CLOSING, STATE_OPEN = CLOSED, CLOSING, OPEN
    CLOSE_STATUS_CODE_NORMAL = 1000
    CLOSE_STATUS_CODE_PROTOCOL_ERROR = 1002
    CLOSE_STATUS_CODE_INVALID_PAYLOAD = 1007


class Utf8Validator:
    def reset(self):
        pass

    def validate(self, text):
        """Is it valid so far, and does it end with a whole character?"""
        data = text.encode("latin-1")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            unfinished = error.end == len(data) and "unexpected end" in error.reason
            return (unfinished, False)
        return (True, True)


def load(root):
    """[(id, class)] of all cases but 12 and 13 (compression), in the suite's order."""
    folder = package(root)
    loaded = {
        "autobahn.websocket.protocol": module("protocol", WebSocketProtocol=Protocol),
        "autobahn.websocket.utf8validator": module("utf8validator", Utf8Validator=Utf8Validator),
        "binascii": module("binascii", b2a_hex=lambda text: binascii.b2a_hex(text.encode("latin-1")).decode()),
        "case9_9_1": module("case9_9_1"),  # not one of the suite's cases, and it asks for zope
        "case12_x_x": module(
            "case12_x_x", Case12_X_X=[], Case12_X_X_CaseSubCategories={}, Case13_X_X=[], Case13_X_X_CaseSubCategories={}
        ),
    }

    def import_case(name, *arguments):
        if name not in loaded and (folder / f"{name}.py").exists():
            loaded[name] = run(name)
        return loaded[name] if name in loaded else builtins.__import__(name, *arguments)

    def run(name):
        source = (folder / f"{name}.py").read_bytes().decode("latin-1")
        source = re.sub(r"(?m)^(\s*)print\b.*$", r"\1pass", source)  # only in the suite's own self-tests
        source = source.replace("(object, Case, )", "(Case, )").replace(") / self.p.auto", ") // self.p.auto")
        made = module(name)
        made.__builtins__ = {**vars(builtins), "__import__": import_case, "xrange": range}
        exec(compile(source, f"{name}.py", "exec"), vars(made))
        return made

    suite = run("__init__")
    loaded["case"].Case.compare = lambda self, one, other: one == other
    return [(one.__name__.removeprefix("Case").replace("_", "."), one) for one in suite.Cases]


class Peer(Protocol):
    """One connection: what the suite's fuzzing protocol is to its cases."""

    def __init__(self, server, target, headers=()):
        self.factory = types.SimpleNamespace(isServer=False)
        self.state = OPEN
        self.connectionWasOpen = False
        self.closedByMe = self.failedByMe = self.droppedByMe = self.wasClean = False
        self.remoteCloseCode = self.localCloseReason = None
        self.createWirelog = True
        self.autoFragmentSize = 0
        self.txFrameStats = {}
        self.fault = None  # what the server did that no case expects
        self.timers = []
        self.order = itertools.count()
        self.buffer = bytearray()
        self.message = None
        self.address = (server, target, headers)

    def run(self, case_class):
        """Opens, lets the case play, and returns it, judged."""
        self.case = case_class(self)
        server, target, headers = self.address
        with Connection(server) as connection:
            self.sock = connection.sock
            connection.send(request_bytes("GET", target, headers=[*upgrade_headers(), *headers]))
            answer = connection.response()
            assert answer.status == 101, f"{answer.status} {answer.body!r}"
            self.buffer += connection.buffer
            self.connectionWasOpen = True
            self.case.onOpen()
            self.play()
        self.case.onConnectionLost(self.failedByMe)
        return self.case

    def play(self):
        try:
            while self.state != CLOSED:
                while frame := self.parse():
                    self.got(*frame)
                self.turn()
        except OSError:
            pass
        self.state = CLOSED

    def turn(self):
        """Waits for bytes or the next timer."""
        now = time.monotonic()
        if self.timers and self.timers[0][0] <= now:
            return heapq.heappop(self.timers)[2]()
        self.sock.settimeout(max(0.001, self.timers[0][0] - now) if self.timers else seconds(30))
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            if not self.timers:
                self.drop()
            return None
        if not data:
            self.state = CLOSED
        self.buffer += data
        return None

    # Timers

    def continueLater(self, delay, action, tag=None):
        heapq.heappush(self.timers, (time.monotonic() + seconds(delay), next(self.order), action))

    def closeAfter(self, delay):
        self.continueLater(delay, self.sendClose)

    def killAfter(self, delay):
        self.continueLater(delay, self.fail)

    def fail(self):
        self.failedByMe = True
        if self.state == OPEN:
            self.sendCloseFrame(1001)
        else:
            self.drop()

    def drop(self):
        self.droppedByMe, self.wasClean = True, False
        self.state = CLOSED

    # Sending

    def write(self, data):
        try:
            self.sock.settimeout(seconds(30))
            self.sock.sendall(data)
        except OSError:
            pass  # The server ended it; what it said is still to be read.

    def sendFrame(self, opcode, payload="", fin=True, rsv=0, mask=None, payload_len=None, chopsize=None, sync=False):
        data = payload.encode("latin-1")
        if payload_len is not None:
            data = (data * (payload_len // max(1, len(data)) + 1))[:payload_len]
        self.txFrameStats[opcode] = self.txFrameStats.get(opcode, 0) + 1
        wire = frame_bytes(opcode, data, fin=fin, rsv=rsv)
        step = chopsize or (1 if sync else len(wire))
        for at in range(0, len(wire), step):
            self.write(wire[at : at + step])

    def sendMessage(self, payload, isBinary=False, fragmentSize=None, sync=False, doNotCompress=False):
        size = fragmentSize or self.autoFragmentSize or max(1, len(payload))
        parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [""]
        for i, part in enumerate(parts):
            self.sendFrame(CONT if i else 2 if isBinary else TEXT, part, fin=i == len(parts) - 1, sync=sync)

    def beginMessage(self, isBinary=False):
        self.begun = 2 if isBinary else TEXT

    def beginMessageFrame(self, length):
        self.mask, self.masked = os.urandom(4), 0
        head = frame_bytes(self.begun, b"\0" * length, fin=False, mask=False)[:-length]
        self.write(bytes([head[0], head[1] | 0x80]) + head[2:] + self.mask)

    def sendMessageFrameData(self, payload, sync=False):
        at = self.masked % 4
        self.write(xor(payload.encode("latin-1"), self.mask[at:] + self.mask[:at]))
        self.masked += len(payload)

    def endMessage(self):
        self.sendFrame(CONT, fin=True)

    def sendClose(self, code=None, reason=None):
        self.sendCloseFrame(code)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        if self.state != OPEN:
            return
        self.state = CLOSING
        self.closedByMe = not isReply
        self.localCloseReason = reasonUtf8
        payload = b"" if code is None else struct.pack(">H", code) + (reasonUtf8 or "").encode("latin-1")
        self.write(frame_bytes(CLOSE, payload))
        self.continueLater(DROP_AFTER, self.drop)

    def enableWirelog(self, enable):
        self.createWirelog = enable

    # Receiving

    def parse(self):
        have = self.buffer
        if len(have) < 2:
            return None
        size, start = have[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(have) < start:
                return None
            size = int.from_bytes(have[2:start], "big")
        if len(have) < start + size:
            return None
        fin, rsv, opcode, masked = have[0] >> 7, have[0] >> 4 & 7, have[0] & 15, have[1] >> 7
        payload = bytes(have[start : start + size])
        del have[: start + size]
        if rsv or masked or opcode not in (CONT, TEXT, 2, CLOSE, PING, PONG) or (opcode >= CLOSE and (not fin or size > 125)):
            self.fault = f"a frame no server sends: fin {fin} rsv {rsv} opcode {opcode} masked {masked} size {size}"
        return fin, opcode, payload

    def got(self, fin, opcode, payload):
        text = payload.decode("latin-1")
        if opcode == CLOSE:
            self.remoteCloseCode = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else None
            self.wasClean = True
            if self.state == OPEN:
                self.sendCloseFrame(self.remoteCloseCode, isReply=True)
        elif opcode == PING:
            self.case.onPing(text)
            self.write(frame_bytes(PONG, payload))
        elif opcode == PONG:
            self.case.onPong(text)
        else:
            if opcode != CONT:
                self.message = (opcode == 2, [])
            self.message[1].append(text)
            if fin and not self.failedByMe:
                binary, parts = self.message
                self.case.onMessage("".join(parts), binary)
