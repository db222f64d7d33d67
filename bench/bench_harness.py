"""Processes of a bench: the server, the socket floor, the generator. Each on a free port, ended by its pid."""
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Preparing ten thousand accounts is not what is measured, so hashing is as cheap as it may be there.
UNLIMITED = ["--limits.message_per_s=0", "--limits.register_per_min=0",
             "--limits.login_per_min=0", "--accounts.hash_queue=4096"]
CHEAP = ["--accounts.argon2_memory=8192", "--accounts.argon2_passes=1", "--accounts.hash_threads=2"]


class Setup:
    """Where things are and how long they take."""

    def __init__(self, build, work, quick, pin, rounds, seconds):
        self.build, self.work, self.quick, self.pin = pathlib.Path(build).resolve(), pathlib.Path(work), quick, pin
        self.rounds = rounds or (1 if quick else 3)
        self.seconds = seconds or (3 if quick else 10)
        self.lines = []  # every JSON line of the run
        self.busy = os.getloadavg()[0]  # others' work when it began
        if self.busy > 0.5:
            say(f"the machine is busy (load {self.busy:.1f}): latencies and rates will be worse than they are")
        for name in ("im_service", "bench/loadgen", "bench/floor_socket", "bench/fill"):
            if not (self.build / name).exists():
                sys.exit(f"bench: {self.build / name} is missing; `make build` first")

    def tool(self, name):
        return str(self.build / "bench" / name)


def say(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def pinned(setup, core, command):
    return ["taskset", "-c", str(core), *command] if setup.pin else command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """im_service on a data directory. ready_ms: from exec to the first 200 of /readyz."""

    def __init__(self, setup, data, flags=None):
        self.data = pathlib.Path(data)
        self.data.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.target = f"127.0.0.1:{self.port}"
        flags = UNLIMITED + (CHEAP if flags is None else flags)
        self.log = open(self.data.with_suffix(".log"), "ab")
        command = [str(setup.build / "im_service"), "serve", "--listen", self.target, "--data", str(self.data), *flags]
        begin = time.monotonic()
        self.process = subprocess.Popen(pinned(setup, 0, command), stdout=self.log, stderr=self.log)
        self.wait_ready(begin)

    def wait_ready(self, begin):
        while True:
            if self.process.poll() is not None:
                sys.exit(f"bench: the server ended with {self.process.returncode}; see {self.log.name}")
            if self.answers():
                self.ready_ms = (time.monotonic() - begin) * 1000
                return
            if time.monotonic() - begin > 60:
                self.kill()
                sys.exit("bench: the server is not ready after a minute")
            time.sleep(0.001)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as sock:
                sock.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                return sock.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def metrics(self):
        """Plain samples of /metrics by name; empty when there is none."""
        try:
            with urllib.request.urlopen(f"http://{self.target}/metrics", timeout=5) as reply:
                text = reply.read().decode()
        except OSError:
            return {}
        return {name: float(value) for name, value in re.findall(r"^(\w+) ([-+.\deE]+)$", text, re.M)}

    def stop(self):
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            sys.exit("bench: the server did not stop within 30 s of SIGTERM")
        self.log.close()
        return (time.monotonic() - begin) * 1000

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


class Floor:
    """floor_socket; to loadgen it looks like a server without accounts."""

    def __init__(self, setup, broadcast):
        command = [setup.tool("floor_socket")] + (["--broadcast"] if broadcast else [])
        self.process = subprocess.Popen(pinned(setup, 0, command), stdout=subprocess.PIPE, text=True)
        self.target = self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def flags_of(values):
    return [f"--{key.replace('_', '-')}={value}" for key, value in values.items()]


def load(setup, peer, scenario, label="server", state=None, timeout=900, **values):
    """One loadgen run against a Server or Floor; its JSON line, or None when it failed."""
    values = {"seconds": setup.seconds, "warmup": 1 if setup.quick else 2, **values}
    command = [setup.tool("loadgen"), scenario, f"--target={peer.target}", f"--pid={peer.process.pid}", f"--label={label}"]
    command += flags_of(values) + ([f"--state={state}"] if state else []) + (["--floor=1"] if isinstance(peer, Floor) else [])
    say(f"{label}: {scenario} " + " ".join(flags_of(values)))
    done = subprocess.run(pinned(setup, 1, command), stdout=subprocess.PIPE, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        say(f"{scenario} failed with {done.returncode}")
        return None
    line = json.loads(done.stdout.splitlines()[-1])
    setup.lines.append(line)
    return line


def fill(setup, data, state, **values):
    """Rows through the server's own store code, while no server runs. Seconds it took."""
    say(f"fill {data.name}: {values}")
    command = [setup.tool("fill"), "--data", str(data), "--state", str(state)]
    for key, value in values.items():
        command += [f"--{key}", str(value)]
    begin = time.monotonic()
    subprocess.run(command, check=True, timeout=3600)
    return time.monotonic() - begin


def pick(line, path):
    """pick(line, "echo_us.p99")"""
    for key in path.split("."):
        if line is None:
            return None
        line = line.get(key)
    return line


def median(lines, path):
    values = [value for value in (pick(line, path) for line in lines) if value is not None]
    return statistics.median(values) if values else None


def conditions(setup):
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
    revision = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True,
                              check=False).stdout.strip()
    release = os.uname().release
    return [
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, revision {revision}",
        f"kernel {release}, {os.cpu_count()} cores ({model.group(1) if model else 'unknown'}), "
        + ("server and generator pinned to a core each" if setup.pin else "shared by server and generator, not pinned"),
        f"compiler: {compiler[0] if compiler else 'unknown'}, buildtype release",
        f"load average before the run {setup.busy:.2f}",
        f"medians of {setup.rounds} runs of {setup.seconds} s, server and floor taking turns",
    ]
