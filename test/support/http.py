"""An HTTP/1.1 client over a raw socket: it sends exactly what it is told and hides nothing of the answer."""

import dataclasses
import json
import socket
import urllib.parse

from support.timing import seconds


@dataclasses.dataclass
class Response:
    version: str
    status: int
    reason: str
    headers: list  # (name in lower case, value), in order
    body: bytes

    def header(self, name):
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.text)

    @property
    def data(self):
        """What a successful call carries."""
        answer = self.json()
        assert self.status == 200 and answer["code"] == 0, f"{self.status} {self.text}"
        return answer["data"]

    @property
    def error(self):
        """(code, msg) of a refused call, which has no data key."""
        answer = self.json()
        assert set(answer) == {"code", "msg"} and answer["code"] != 0, self.text
        return answer["code"], answer["msg"]


def target(path, query=None):
    return path + ("?" + urllib.parse.urlencode(query) if query else "")


def request_bytes(method, path, query=None, headers=(), body=None, version="HTTP/1.1", host="im.test"):
    """body: bytes as they are, or anything else as JSON."""
    lines = [f"{method} {target(path, query)} {version}"]
    names = {name.lower() for name, _ in headers}
    if host is not None and "host" not in names:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            if "content-type" not in names:
                lines.append("Content-Type: application/json")
        if not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + (body or b"")


class Connection:
    """One TCP (or TLS) connection that speaks HTTP."""

    def __init__(self, server, source="127.0.0.1", timeout=15, tls=None):
        self.sock = socket.create_connection(
            ("127.0.0.1", server.port), timeout=seconds(timeout), source_address=(source, 0)
        )
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def request(self, method, path, query=None, headers=(), body=None, **kind):
        self.send(request_bytes(method, path, query, headers, body, **kind))
        return self.response(head=method == "HEAD")

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError(f"the server closed after {self.buffer[:200]!r}")
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _take(self, size):
        while len(self.buffer) < size:
            self._more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def response(self, head=False):
        """Reads one answer. head: it answers a HEAD, so no body follows."""
        version, status, reason = (self._line().decode("latin-1") + " ").split(" ", 2)
        headers = []
        while line := self._line():
            name, colon, value = line.partition(b":")
            assert colon and name == name.strip(), f"header line {line!r}"
            headers.append((name.decode("latin-1").lower(), value.strip().decode("utf-8")))
        answer = Response(version, int(status), reason.strip(), headers, b"")
        if head or answer.status in (101, 204, 304) or 100 <= answer.status < 200:
            return answer
        length = answer.header("content-length")
        if answer.header("transfer-encoding") == "chunked":
            assert length is None
            while size := int(self._line(), 16):
                answer.body += self._take(size)
                assert self._line() == b""
            while self._line():
                pass
        elif length is not None:
            answer.body = self._take(int(length))
        else:
            answer.body = self.until_closed()
        return answer

    def until_closed(self):
        """Everything up to the end of the stream; a reset ends it too."""
        while True:
            try:
                self._more()
            except (EOFError, ConnectionError):
                data, self.buffer = self.buffer, b""
                return data

    def closed(self, timeout=10):
        """Whether the server ends the stream with nothing more to say."""
        self.sock.settimeout(seconds(timeout))
        try:
            return self.until_closed() == b""
        except TimeoutError:
            return False
