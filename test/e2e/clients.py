"""Real clients under a test's command: Python's websockets, Node's ws, and headless Chromium.

Each is a Platform that carries commands out and reports; a Person chats through one of them."""

import asyncio
import contextlib
import http.server
import itertools
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import websockets

from support.timing import seconds

HERE = pathlib.Path(__file__).parent
CHROMIUM_FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-extensions"]


class Platform:
    """Commands out, reports in. Subclasses move them."""

    def __init__(self):
        self.ids = itertools.count(1)
        self.waiting = {}
        self.events = {}

    def reported(self, report):
        if "id" in report:
            self.waiting[report["id"]].put(report)
        else:
            self.events[report["name"]].put(report)

    def call(self, op, timeout=30, **arguments):
        number = next(self.ids)
        self.waiting[number] = queue.Queue()
        self.carry({"id": number, "op": op, **arguments})
        report = self.waiting[number].get(timeout=seconds(timeout))
        del self.waiting[number]
        assert "error" not in report, f"{op}: {report['error']}"
        return report


class NodePlatform(Platform):
    def __init__(self):
        super().__init__()
        env = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
        self.process = subprocess.Popen(
            ["node", str(HERE / "client_node.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.reported(json.loads(line))

    def carry(self, command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait(seconds(20))
        self.thread.join()
        self.process.stdout.close()


class ChromiumPlatform(Platform):
    """The page comes from an origin of its own, as the original's does."""

    def __init__(self, directory):
        super().__init__()
        self.commands = queue.Queue()
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/next":
                    return self.answer(json.dumps(platform.take_commands()).encode(), "application/json")
                name = {"/": "client_page.html", "/client_core.js": "client_core.js"}.get(self.path)
                if name is None:
                    return self.send_error(404)
                kind = "text/html" if name.endswith("html") else "text/javascript"
                self.answer((HERE / name).read_bytes(), kind)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                platform.reported(json.loads(body))
                self.answer(b"{}", "application/json")

            def answer(self, body, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind + ";charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the browser was ended while it asked
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.pages.daemon_threads = True
        threading.Thread(target=self.pages.serve_forever, daemon=True).start()
        self.log = open(directory / "chromium.log", "wb")
        self.process = subprocess.Popen(
            ["chromium", *CHROMIUM_FLAGS, f"--user-data-dir={directory}/profile", f"http://127.0.0.1:{self.pages.server_port}/"],
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def take_commands(self):
        try:
            commands = [self.commands.get(timeout=5)]
        except queue.Empty:
            return []
        while not self.commands.empty():
            commands.append(self.commands.get())
        return commands

    def carry(self, command):
        self.commands.put(command)

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(seconds(20))
        self.pages.shutdown()
        self.pages.server_close()
        self.log.close()


class PythonPlatform(Platform):
    def __init__(self):
        super().__init__()
        self.sockets = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def carry(self, command):
        asyncio.run_coroutine_threadsafe(self._run(command), self.loop)

    async def _run(self, command):
        try:
            result = await getattr(self, "_" + command["op"])(command)
        except Exception as error:
            result = {"error": repr(error)}
        self.reported({"id": command["id"], **result})

    async def _http(self, command):
        body = command["body"].encode() if command.get("body") else None
        request = urllib.request.Request(command["url"], body, command["headers"], method=command["method"])

        def fetch():
            try:
                with urllib.request.urlopen(request, timeout=seconds(20)) as answer:
                    return {"status": answer.status, "text": answer.read().decode()}
            except urllib.error.HTTPError as answer:
                return {"status": answer.code, "text": answer.read().decode()}

        return await self.loop.run_in_executor(None, fetch)

    async def _open(self, command):
        try:
            socket = await websockets.connect(command["url"], max_size=None)
        except (OSError, websockets.InvalidHandshake):
            return {"open": False}
        self.sockets[command["name"]] = socket
        self.loop.create_task(self._listen(command["name"], socket))
        return {"open": True}

    async def _listen(self, name, socket):
        try:
            async for text in socket:
                self.reported({"event": "message", "name": name, "text": text})
        except websockets.ConnectionClosed:
            pass
        self.reported({"event": "close", "name": name, "code": socket.close_code})

    async def _send(self, command):
        await self.sockets[command["name"]].send(command["text"])
        return {}

    async def _close(self, command):
        await self.sockets[command["name"]].close()
        return {}

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Person:
    """Somebody who registers, befriends and talks through a platform."""

    _count = itertools.count(1)

    def __init__(self, platform, server, email, uname):
        self.platform, self.server = platform, server
        self.email, self.uname = email, uname
        self.token = None
        self.name = None
        self.seen = set()  # ids: delivery is at least once, and a client that keeps its messages knows them

    def call(self, method, path, query=None, body=None):
        url = f"http://{self.server.address}{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"email": self.email, "token": self.token or "null"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body, ensure_ascii=False)
        answer = self.platform.call("http", method=method, url=url, headers=headers, body=body)
        assert answer["status"] == 200, answer
        parsed = json.loads(answer["text"])
        assert parsed["code"] == 0, parsed
        return parsed["data"]

    def register(self):
        body = {"email": self.email, "password": "abc123", "password2": "abc123", "uname": self.uname}
        self.token = self.call("POST", "/user/register", body=body)["token"]

    def log_in(self):
        self.token = self.call("POST", "/user/login", body={"email": self.email, "password": "abc123"})["token"]

    def connect(self):
        """As the page does: until it opens, every little while."""
        self.name = f"{self.email}#{next(Person._count)}"
        self.platform.events[self.name] = queue.Queue()
        url = f"ws://{self.server.address}/chat?email={self.email}&token={self.token}"
        end = time.monotonic() + seconds(20)
        while not self.platform.call("open", name=self.name, url=url)["open"]:
            assert time.monotonic() < end, "it does not open"
            self.platform.events[self.name] = queue.Queue()
            time.sleep(0.2)

    def send(self, **message):
        message = {"userEmail": self.email, "createAt": int(time.time() * 1000)} | message
        self.platform.call("send", name=self.name, text=json.dumps(message, ensure_ascii=False))

    def take(self, cmd, **wanted):
        """The next message with this cmd; presence of others may stand between."""
        while True:
            report = self.platform.events[self.name].get(timeout=seconds(20))
            assert report["event"] == "message", report
            message = json.loads(report["text"])
            if message["id"] in self.seen:
                continue
            if message["id"]:
                self.seen.add(message["id"])
            if message["cmd"] == cmd:
                for key, value in wanted.items():
                    assert message[key] == value, message
                return message
            assert message["cmd"] in (13, 14), message

    def lost(self):
        """Reads to the close of the connection; its code."""
        while (report := self.platform.events[self.name].get(timeout=seconds(20)))["event"] != "close":
            pass
        return report["code"]

    def close(self):
        self.platform.call("close", name=self.name)
        return self.lost()

    def online(self):
        return {friend["email"]: friend["online"] for friend in self.call("GET", "/contact/friend_list")}
