"""A real S3 server (versitygw over a directory) on this machine, and a wire to it that can be cut, stalled and slowed."""

import http.client
import os
import pathlib
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from support.server import ROOT, die_with_parent, free_port
from support.timing import seconds, wait_until

BINARY = pathlib.Path(os.environ.get("IM_S3_SERVER", ROOT / "build" / "versitygw" / "versitygw"))
KEY = "a-test-key"
SECRET = "a-test-secret/with+signs="
NAME = "im-files"


class S3:
    """The server, and its one bucket: a directory."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.port = free_port()
        self.process = None
        for name in ("buckets", "meta"):
            (self.home / name).mkdir(parents=True)
        (self.home / "buckets" / NAME).mkdir()

    def start(self):
        assert BINARY.exists(), f"{BINARY} is not there: tools/setup test brings it, or name it with IM_S3_SERVER"
        command = [BINARY, "--port", f"127.0.0.1:{self.port}", "--access", KEY, "--secret", SECRET, "--quiet", "--keep-alive"]
        command += ["posix", "--sidecar", self.home / "meta", self.home / "buckets"]
        with open(self.home / "s3.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        wait_until(self.answers, timeout=30)
        return self

    def answers(self):
        assert self.process.poll() is None, (self.home / "s3.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def options(self, endpoint=None, **more):
        """What im_service needs to keep its files here. more: s3_… options without that."""
        options = {"store": "s3", "s3_endpoint": endpoint or self.endpoint, "s3_bucket": NAME, "s3_key": KEY}
        options |= {"s3_secret": SECRET, "s3_prefix": "im/"} | {f"s3_{name}": value for name, value in more.items()}
        return {f"media.{name}": value for name, value in options.items()}

    def objects(self):
        """Names without the prefix, in order."""
        folder = self.home / "buckets" / NAME / "im"
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.exists() else []

    def object(self, name):
        return (self.home / "buckets" / NAME / "im" / name).read_bytes()

    def unfinished(self):
        """Parts of multipart uploads that nothing has become of."""
        folder = self.home / "buckets" / NAME / ".sgwtmp" / "multipart"
        return sorted(str(path) for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


class Wire:
    """127.0.0.1:port → target. open: let through; shut: refused; stalled: accepted, and nothing moves; deaf: requests
    go, answers do not come back."""

    def __init__(self, target):
        self.target = target
        self.mode = "open"
        self.port = free_port()
        self.bytes_up = 0
        self.ended = False
        self.pairs = []
        self.listener = None
        self._listen()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def _listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)

    def set(self, mode):
        """What is connected is cut when the wire is shut."""
        self.mode = mode

    def _run(self):
        while not self.ended:
            if self.mode == "shut":
                self._drop_all()
                if self.listener is not None:
                    self.listener.close()
                    self.listener = None
                time.sleep(0.02)
                continue
            if self.listener is None:
                self._listen()
            self._turn()
        self._drop_all()
        if self.listener is not None:
            self.listener.close()

    def _turn(self):
        if self.mode == "stalled":
            time.sleep(0.02)
            return
        sources = {}
        for client, server in self.pairs:
            sources[client] = (client, server)
            if self.mode != "deaf":
                sources[server] = (client, server)
        ready, _, _ = select.select([self.listener, *sources], [], [], 0.02)
        for sock in ready:
            if sock is self.listener:
                self._accept()
            elif sources[sock] in self.pairs:
                self._move(sock, sources[sock])

    def _accept(self):
        client, _ = self.listener.accept()
        try:
            self.pairs.append((client, socket.create_connection(("127.0.0.1", self.target), timeout=5)))
        except OSError:
            client.close()

    def _move(self, sock, pair):
        try:
            piece = sock.recv(65536)
            if piece:
                (pair[1] if sock is pair[0] else pair[0]).sendall(piece)
                self.bytes_up += len(piece) if sock is pair[0] else 0
                return
        except OSError:
            pass
        self.pairs.remove(pair)
        for one in pair:
            one.close()

    def _drop_all(self):
        for pair in self.pairs:
            for one in pair:
                one.close()
        self.pairs = []

    def close(self):
        self.ended = True
        self.thread.join(seconds(10))


def follow(response, method="GET", headers=None, change=None):
    """What the bucket says to whoever is sent there."""
    assert response.status == 302 and response.body == b""
    url = urllib.parse.urlsplit(response.header("location"))
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    target = f"{url.path}?{url.query}"
    connection.request(method, change(target) if change else target, headers=headers or {})
    answer = connection.getresponse()
    answer.content = answer.read()
    connection.close()
    return answer


def send(world, user, to, url):
    return world.call2("POST", "/msg/send", user, chat=10, dstObj=to.email, type=1, content=url, cid=os.urandom(8).hex())
