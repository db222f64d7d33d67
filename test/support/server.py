"""One im_service process: started on a free port with a data directory of its own, ended by its pid.

Its stderr is kept in a file. A server that dies unasked, or prints a sanitizer's report, fails the
test that runs at that moment (support/fixtures.py looks after every test)."""

import collections
import ctypes
import http.client
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

from support import store
from support.timing import seconds

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("IM_SERVER", ROOT / "build" / "im_service")).resolve()

# Cheap passwords and no rate limits: what tests of other things want. A test of these gives its own.
FAST = {
    "limits.register_per_min": 0,
    "limits.login_per_min": 0,
    "limits.login_fail_per_min": 0,
    "limits.message_per_s": 0,
    "accounts.argon2_memory": 8192,
    "accounts.argon2_passes": 1,
}

REPORT = re.compile(
    r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|: runtime error: |Assertion .* failed"
)


WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
GIVEN = collections.deque(maxlen=200)


def free_port():
    """Below the ports that outgoing connections are given, so that none of them takes it before the server does; each of
    pytest's workers has its own of them, and none is given twice within some time, whoever is slow to listen."""
    while True:
        port = 10000 + random.randrange(22000 // WORKERS) * WORKERS + WORKER
        if port in GIVEN:
            continue
        GIVEN.append(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def die_with_parent():
    """In a child before it runs: a test run that is killed leaves no server behind (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def environment(data=None):
    """data: the directory that the command is about, to find its store."""
    env = {name: value for name, value in os.environ.items() if not (name.startswith("IM_"))}
    if data is not None and (url := store.store_url(data)):
        env["IM_STORE_URL"] = url
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    env.setdefault("TSAN_OPTIONS", "second_deadlock_stack=1")
    return env


class Server:
    live = []  # every server started and not yet released

    def __init__(self, home, options=None, prefix=(), tls=None, data=None):
        """home: a directory for the log and, unless data says otherwise, the store.
        tls: an ssl.SSLContext to ask /readyz with."""
        self.home = pathlib.Path(home)
        self.data = pathlib.Path(data) if data else self.home / "data"
        self.options = {**FAST, **(options or {})}
        self.prefix = list(prefix)
        self.tls = tls
        self.port = free_port()
        self.log_path = self.home / "stderr.log"
        self.process = None
        self.expect_alive = False
        self.reported = 0  # how much of the log was searched for reports

    @property
    def store_url(self):
        """Empty: SQLite in the data directory."""
        return self.options.get("store.url", store.store_url(self.data))

    def environment(self):
        return environment(self.data)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def arguments(self):
        flags = [f"--{name}={value}" for name, value in self.options.items()]
        return [str(BINARY), "serve", "--listen", self.address, "--data", str(self.data), *flags]

    def start(self, wait=True):
        assert self.process is None or self.process.poll() is not None, "the server runs already"
        assert BINARY.exists(), f"{BINARY} is not there: build it, or name it with IM_SERVER"
        self.home.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as log, open(self.home / "stdout.log", "ab") as out:
            self.process = subprocess.Popen(
                [*self.prefix, *self.arguments()],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        if self not in Server.live:
            Server.live.append(self)
        self.expect_alive = True
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=30):
        end = time.monotonic() + seconds(timeout)
        while not self.ready():
            if self.process.poll() is not None:
                self.expect_alive = False
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"/readyz did not answer 200:\n{self.log()}")
            time.sleep(0.01)

    def ready(self):
        return self.ready_at(self.port)

    def ready_at(self, port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=seconds(5)) as sock:
                if self.tls:
                    sock = self.tls.wrap_socket(sock, server_hostname="localhost")
                sock.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
                head = sock.recv(64)
                return head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
        except OSError:
            return False

    def metrics(self):
        """Values by name and labels, as /metrics says them."""
        return self.metrics_at(self.port)

    def metrics_at(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds(20))
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}

    def stop(self, timeout=20):
        """SIGTERM; returns the exit status."""
        self.expect_alive = False
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout=20):
        self.expect_alive = False
        try:
            return self.process.wait(seconds(timeout))
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"the server did not end in time:\n{self.log()}") from None

    def kill(self):
        self.expect_alive = False
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self):
        assert self.stop() == 0, self.log()
        self.start()

    def release(self):
        """Ends it whatever its state, and says what a sanitizer found."""
        self.expect_alive = False
        try:
            if self.process and self.process.poll() is None:
                status = self.stop()
                assert status == 0, f"exit status {status} after SIGTERM:\n{self.log()}"
            self.check()
        finally:
            if self in Server.live:
                Server.live.remove(self)

    def check(self):
        """Fails when it died unasked or a sanitizer reported something new."""
        if self.expect_alive and self.process.poll() is not None:
            self.expect_alive = False
            raise AssertionError(f"the server died with {self.process.returncode}:\n{self.log()}")
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        found = REPORT.search(text, self.reported)
        self.reported = len(text)
        assert not found, f"the server printed a report:\n{text[found.start() :][:8000]}"

    def log(self, size=6000):
        if not self.log_path.exists():
            return ""
        return self.log_path.read_text(errors="replace")[-size:]

    def grown_less(self, before_kib, mib):
        """Whether resident memory grew by less than so many MiB (eight times as many under a sanitizer)."""
        return self.memory_kib() - before_kib < mib * 1024 * (8 if sanitized() else 1)

    def memory_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


def sanitized():
    """Whether the binary keeps freed memory and shadows the rest, so that its size says little."""
    program = BINARY.read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def cli(*arguments, input=None, timeout=30):
    """Runs im_service with these arguments to its end."""
    data = arguments[arguments.index("--data") + 1] if "--data" in arguments else None
    return subprocess.run(
        [str(BINARY), *map(str, arguments)],
        input=input,
        capture_output=True,
        text=True,
        timeout=seconds(timeout),
        env=environment(data),
    )
