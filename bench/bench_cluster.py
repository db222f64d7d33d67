"""Nodes over one MariaDB and one Redis (Debian's, `tools/setup bench`): the same load on SQLite in the same run, on one,
two and three nodes, and how long a message takes from one node to another."""
import os
import pathlib
import shutil
import subprocess
import sys
import time

from bench_harness import CHEAP, Server, free_port, load, median, say
from bench_rows import Row, number

FLAGS = [*CHEAP]


class Service:
    def __init__(self, name, home, command):
        self.log = open(home.with_suffix(".log"), "ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class MariaDb(Service):
    """Settings that matter are those of a machine of this size: every commit synced, no binary log, half a gigabyte of log."""

    def __init__(self, setup):
        self.home = setup.work / "mariadb"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.socket, self.port = self.home / "s", free_port()
        settings = ["--no-defaults", f"--datadir={self.home / 'data'}", "--user=root"]
        if shutil.which("mariadb-install-db") is None:
            sys.exit("bench: MariaDB is missing; `tools/setup bench` first")
        subprocess.run(["mariadb-install-db", *settings, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
                       check=True, capture_output=True)
        super().__init__("mariadb", self.home, [
            shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), *settings, f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M",
            "--innodb-flush-log-at-trx-commit=1", "--skip-log-bin", f"--pid-file={self.home / 'pid'}"])
        for _ in range(600):
            if self.run("SELECT 1"):
                return
            time.sleep(0.1)
        sys.exit(f"bench: MariaDB does not answer; see {self.log.name}")

    def run(self, sql):
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root"], input=sql.encode(), capture_output=True)
        return done.returncode == 0

    def fresh(self, name):
        assert self.run(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")
        return f"mysql://root@127.0.0.1:{self.port}/{name}"

    def __exit__(self, *args):
        super().__exit__(*args)
        shutil.rmtree(self.home, ignore_errors=True)


class Redis(Service):
    def __init__(self, setup):
        self.port = free_port()
        home = setup.work / "redis"
        home.mkdir(parents=True, exist_ok=True)
        super().__init__("redis", home, ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                         "--dir", str(home)])

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"


class Nodes:
    """To the generator they are one server with several ports."""

    def __init__(self, setup, name, count, database, redis=None, more=lambda number: ()):
        flags = [*FLAGS, f"--store.url={database}"] + ([f"--redis.url={redis.url}"] if redis else [])
        self.servers = []
        for i in range(count):
            data = setup.work / f"{name}{i}"
            shutil.rmtree(data, ignore_errors=True)
            self.servers.append(Server(setup, data, [*flags, *more(i)]))
        self.target = "127.0.0.1:" + ",".join(str(server.port) for server in self.servers)
        self.process = self

    @property
    def pid(self):
        return ",".join(str(server.process.pid) for server in self.servers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()


def each(line):
    return line and line["server_cpu_us_each"]


def with_pids(peer, *others):
    """The same target, CPU counted of these processes, too."""
    class Both:
        target = peer.target
        class process:
            pid = ",".join([str(peer.process.pid), *(str(other.pid) for other in others)])
    return Both


def fresh_state(setup, name):
    state = setup.work / f"{name}.state"
    state.unlink(missing_ok=True)
    return state


def mysql(setup):
    """One node: on MariaDB and on SQLite, taking turns."""
    data = setup.work / "mysql-sqlite"
    shutil.rmtree(data, ignore_errors=True)
    rows = []
    with MariaDb(setup) as database, Server(setup, data) as plain, Nodes(setup, "mysql", 1, database.fresh("im")) as node:
        states = fresh_state(setup, "mysql-sqlite"), fresh_state(setup, "mysql")
        for window in (1, 16):
            ours, bare, whole = [], [], []
            for _ in range(setup.rounds):
                bare.append(load(setup, plain, "pairs", label="sqlite", state=states[0], window=window))
                ours.append(load(setup, node, "pairs", label="mariadb", state=states[1], window=window))
                whole.append(load(setup, with_pids(node, database), "pairs", label="mariadb with mariadbd", state=states[1], window=window))
            rate, sqlite = median(ours, "rate"), median(bare, "rate")
            cpu, cheap, both = (median(lines, "server_cpu_us_each") for lines in (ours, bare, whole))
            rows += [
                Row(f"100 pairs, window {window}, one node on MariaDB: rate", "", f"{number(rate, '/s', 0)}, p99 {number(median(ours, 'echo_us.p99') / 1000, 'ms')}",
                    f"SQLite {number(sqlite, '/s', 0)}, p99 {number(median(bare, 'echo_us.p99') / 1000, 'ms')}", number(rate / sqlite, "×")),
                Row("… CPU per message: the server; with mariadbd", "", f"{number(cpu, 'µs')}; {number(both, 'µs')}", f"SQLite {number(cheap, 'µs')}",
                    f"{cpu / cheap:.2f}; {both / cheap:.2f} ×"),
            ]
    return rows


class Meter:
    """What a fleet and its services have used and done so far. Search is the threads that follow the log, one on each node."""
    TICKS_S = os.sysconf("SC_CLK_TCK")

    def __init__(self, fleet, services):
        self.servers = sum(self.cpu(f"/proc/{server.process.pid}") for server in fleet.servers)
        self.services = sum(self.cpu(f"/proc/{service.pid}") for service in services)
        self.search = sum(self.cpu(task) for server in fleet.servers for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()
                          if (task / "comm").read_text().strip() == "im-search")
        metrics = [server.metrics() for server in fleet.servers]
        self.batches = sum(values["im_writer_batches_total"] for values in metrics)
        self.messages = sum(values["im_messages_stored_total"] for values in metrics)

    def cpu(self, process):
        fields = (pathlib.Path(process) / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / self.TICKS_S


def measured(setup, fleet, services, **values):
    """The generator's line, with what it does not know: shares are of the whole run, the warm-up included."""
    before = Meter(fleet, services)
    line = load(setup, fleet, "pairs", label=f"{len(fleet.servers)} nodes", **values)
    after = Meter(fleet, services)
    if line is None:
        return None
    servers = after.servers - before.servers
    line["all_us_each"] = each(line) * (1 + (after.services - before.services) / servers)
    line["search_us_each"] = each(line) * (after.search - before.search) / servers
    line["messages_a_batch"] = (after.messages - before.messages) / max(after.batches - before.batches, 1)
    return line


FLEETS = (1, 2, 3)
# Left alone every node keeps an index.
PLANS = {
    "": lambda number: (),
    ", an index on the first alone": lambda number: (f"--cluster.search={'on' if number == 0 else 'off'}",),
}
# The same for all, or more as there are more of them, which is what they are for.
PACES = {
    "as fast as they go, window 16": lambda count: {"window": 16},
    "5,000/s offered": lambda count: {"rate": 5000},
    "4,000/s offered to each": lambda count: {"rate": 4000 * count},
}


def fleet_row(count, pace, plan, lines, alone):
    """alone: the lines of one node."""
    cpu, search, total = (median(lines, key) for key in ("server_cpu_us_each", "search_us_each", "all_us_each"))
    lost = sum(line["lost_echoes"] + line["lost_copies"] for line in lines if line)
    flat, flat_all = cpu / median(alone, "server_cpu_us_each"), total / median(alone, "all_us_each")
    return Row(f"{count} node{'s' if count > 1 else ''}, 100 pairs, {pace}{plan}: CPU per message", "≤ 1.2 × one node",
               f"{number(cpu, 'µs')}, {number(search, 'µs')} of it for search ({number(total, 'µs')} with MariaDB and Redis) at "
               f"{number(median(lines, 'rate'), '/s', 0)}, {number(median(lines, 'messages_a_batch'), '', 1)} messages a batch, to the peer p50 "
               f"{number(median(lines, 'peer_us.p50') / 1000, 'ms')}, p99 {number(median(lines, 'peer_us.p99') / 1000, 'ms')}, lost {lost}",
               ratio=f"{flat:.2f}; {flat_all:.2f} ×", held=flat <= 1.2 and lost == 0)


def nodes(setup):
    """One, two, three nodes, taking turns: each pair's two sit on different ones."""
    lines = {(count, pace, plan): [] for plan in PLANS for pace in PACES for count in FLEETS}
    with MariaDb(setup) as database, Redis(setup) as redis:
        for turn in range(setup.rounds):
            for plan, (name, flags) in enumerate(PLANS.items()):
                for count in FLEETS:
                    with Nodes(setup, "nodes", count, database.fresh(f"im{count}_{turn}_{plan}"), redis, flags) as fleet:
                        state = fresh_state(setup, f"nodes{count}")
                        for pace, values in PACES.items():
                            lines[count, pace, name].append(measured(setup, fleet, (database, redis), state=state, **values(count)))
    return [fleet_row(count, pace, plan, found, lines[1, pace, plan]) for (count, pace, plan), found in lines.items()]


def crossnode(setup):
    """From the sender's socket on one node to the receiver's on another."""
    rows = []
    with MariaDb(setup) as database, Redis(setup) as redis:
        for name, router in (("woken by Redis", redis), ("without Redis", None)):
            with Nodes(setup, "cross", 2, database.fresh("crossing"), router) as fleet:
                state = fresh_state(setup, "cross")
                for rate in (200, 2000):
                    lines = [load(setup, fleet, "pairs", label=name, state=state, rate=rate) for _ in range(setup.rounds)]
                    rows.append(Row(f"two nodes, {rate:,}/s offered, {name}: to the peer on the other node", "",
                                    f"p50 {number(median(lines, 'peer_us.p50') / 1000, 'ms')}, p99 {number(median(lines, 'peer_us.p99') / 1000, 'ms')}; "
                                    f"the echo p50 {number(median(lines, 'echo_us.p50') / 1000, 'ms')}, p99 {number(median(lines, 'echo_us.p99') / 1000, 'ms')}"))
    say("done")
    return rows
