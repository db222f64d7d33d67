"""Files going up and coming down, beside a plain nginx (Debian's, `tools/setup bench`) with the same clients, sizes
and disk, server and nginx taking turns."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

from bench_harness import CHEAP, Server, free_port, median, pinned, say
from bench_rows import Row, number

CLIENTS = 50
MEBIBYTE = 1 << 20
FLAGS = [*CHEAP, "--media.quota=0", "--media.uploads_per_user=1000", "--media.unused=365d"]

CONFIG = """
daemon off;
worker_processes auto;
pid {home}/pid;
error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    default_type application/octet-stream;
    client_max_body_size 0;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {home}/files;
        location /put/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


class Nginx:
    def __init__(self, home):
        if shutil.which("nginx") is None:
            sys.exit("bench: nginx is missing; `tools/setup bench` first")
        self.home = pathlib.Path(home)
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "files" / "put").mkdir(parents=True)
        port = free_port()
        self.target = f"127.0.0.1:{port}"
        user = "" if os.geteuid() else "user root;"
        (self.home / "nginx.conf").write_text(user + CONFIG.format(home=self.home, port=port))
        self.process = subprocess.Popen(["nginx", "-p", str(self.home), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                urllib.request.urlopen(f"http://{self.target}/", timeout=1)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"nginx did not start; see {self.home}/error.log")

    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return ",".join([str(self.process.pid), *children.split()])

    def clear(self):
        shutil.rmtree(self.home / "files" / "put")
        (self.home / "files" / "put").mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def call(server, method, path, headers=(), body=None):
    request = urllib.request.Request(f"http://{server.target}{path}", body, dict(headers), method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


def somebody(server):
    """Headers of a user."""
    who = {"email": f"bench{time.time_ns()}@test.com", "password": "secret1", "uname": "bench"}
    user = call(server, "POST", "/user/register", {"Content-Type": "application/json"}, json.dumps(who).encode())
    return {"email": user["email"], "token": user["token"]}


def transfer(setup, what, target, pids, **values):
    command = [setup.tool("transfer"), what, f"--target={target}", f"--pid={pids}"]
    command += [f"--{key}={value}" for key, value in values.items()]
    done = subprocess.run(pinned(setup, 1, command), stdout=subprocess.PIPE, text=True, timeout=900, check=False)
    if done.returncode != 0:
        say(f"{what} failed with {done.returncode}")
        return None
    line = json.loads(done.stdout.splitlines()[-1])
    setup.lines.append(line)
    say(f"{what}: {line}")
    return line


def rest():
    """What was written is on the disk: neither one writes for the other."""
    os.sync()


def ratio_of(ours, bare):
    one, other = median(ours, "mb_per_s"), median(bare, "mb_per_s")
    return one / other if one and other else None


def upload(setup):
    size = (10 if setup.quick else 100) * MEBIBYTE
    ours, bare, data = [], [], setup.work / "upload"
    for _ in range(setup.rounds):
        shutil.rmtree(data, ignore_errors=True)  # Five gigabytes a run.
        with Server(setup, data, flags=FLAGS) as server:
            lines = "".join(f"{name}: {value}\r\n" for name, value in somebody(server).items())
            kind = {"path": "/file/upload", "headers": lines}
            transfer(setup, "upload", server.target, server.process.pid, clients=CLIENTS, bytes=MEBIBYTE, **kind)
            rest()
            ours.append(transfer(setup, "upload", server.target, server.process.pid, clients=CLIENTS, bytes=size, **kind))
        shutil.rmtree(data, ignore_errors=True)
        with Nginx(setup.work / "nginx") as nginx:
            transfer(setup, "upload", nginx.target, nginx.pids(), clients=CLIENTS, bytes=MEBIBYTE, path="/put/%d")
            rest()
            bare.append(transfer(setup, "upload", nginx.target, nginx.pids(), clients=CLIENTS, bytes=size, path="/put/%d"))
        rest()
    return rows(f"{CLIENTS} clients upload {size // MEBIBYTE} MB each", 0.4, ours, bare, "typed, hashed, synced")


def download(setup):
    size = (10 if setup.quick else 100) * MEBIBYTE
    ours, bare, data = [], [], setup.work / "download"
    shutil.rmtree(data, ignore_errors=True)
    with Server(setup, data, flags=FLAGS) as server, Nginx(setup.work / "nginx") as nginx:
        content = os.urandom(size)
        path = call(server, "POST", "/file/upload", somebody(server), content)["signed"]
        (nginx.home / "files" / "one").write_bytes(content)
        for _ in range(setup.rounds):
            for peer, pids, where, lines in ((server, server.process.pid, path, ours), (nginx, nginx.pids(), "/one", bare)):
                transfer(setup, "download", peer.target, pids, clients=CLIENTS, path=where)  # warm
                lines.append(transfer(setup, "download", peer.target, pids, clients=CLIENTS, path=where))
    shutil.rmtree(data, ignore_errors=True)
    return rows(f"{CLIENTS} clients download {size // MEBIBYTE} MB each", 0.7, ours, bare, "from the page cache")


def rows(what, goal, ours, bare, how):
    ratio = ratio_of(ours, bare)
    grown = [(line["rss_peak_kib"] - line["rss_before_kib"]) / 1024 for line in ours if line]
    cpu, least = median(ours, "server_cpu_s"), median(bare, "server_cpu_s")
    return [
        Row(f"{what}, {how}: throughput", f"≥ {goal} × nginx", number(median(ours, "mb_per_s"), "MB/s", 0),
            number(median(bare, "mb_per_s"), "MB/s", 0), number(ratio, "×"), bool(ratio and ratio >= goal and all(ours))),
        Row("… memory of the server meanwhile", "± 20 MB", number(max(grown) if grown else None, "MB", 1),
            held=bool(grown and max(grown) <= 20)),
        Row("… server CPU, for the record", "", number(cpu, "s"), number(least, "s"), number(cpu / least if cpu and least else None, "×")),
    ]
