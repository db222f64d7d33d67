"""The work that is measured. Each function returns rows for the table; floors run in turn with the server."""
import json
import pathlib
import re
import shutil
import subprocess
import time

import bench_cluster
import bench_media
import bench_v2
from bench_harness import Floor, Server, fill, load, median, pick, say
from bench_rows import Row, below, both, number


def data_of(setup, name, fresh=True):
    """A data directory, its state file beside it."""
    data = setup.work / name
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
        (setup.work / f"{name}.state").unlink(missing_ok=True)
    return data, setup.work / f"{name}.state"


def group(setup):
    rows = []
    data, state = data_of(setup, "group")
    with Server(setup, data) as server, Floor(setup, True) as floor:
        for window, bound in ((1, 1.25), (16, 1.5)):
            ours, bare = [], []
            for _ in range(setup.rounds):
                ours.append(load(setup, server, "group", state=state, window=window))
                bare.append(load(setup, floor, "group", label="floor", window=window))
            cpu, least = median(ours, "server_cpu_us_each"), median(bare, "server_cpu_us_each")
            ratio = cpu / least if cpu and least else None
            rate, last = median(ours, "rate"), median(ours, "last_us.p99")
            rows.append(Row(f"group of 1,000, 1 sender, window {window}: CPU per delivery", f"≤ {bound} × floor",
                            f"{number(cpu, 'µs')}, {number(rate, 'deliveries/s', 0)}, p99 of the last "
                            f"{number(last and last / 1000, 'ms')}", number(least, "µs"), number(ratio, "×"),
                            below(ratio, bound) or False))
    return rows


def store_tool(setup, *flags):
    """A line of bench/store, or None when it is not built or failed."""
    tool = setup.build / "bench" / "store"
    if not tool.exists():
        return None
    say(f"store {' '.join(flags)}")
    done = subprocess.run([str(tool), f"--dir={setup.work}", *flags], stdout=subprocess.PIPE, text=True, check=False, timeout=7200)
    if done.returncode != 0:
        return None
    line = json.loads(done.stdout.splitlines()[-1])
    setup.lines.append(line)
    return line


def store_floor(setup, batch):
    """The rows of the pairs scenario through SQLite alone, in batches of that size."""
    rows = 100000 if setup.quick else 500000
    return store_tool(setup, "--floor", f"--batch={batch}", f"--rows={rows}", "--chats=100", "--content=64", "--choice=uniform")


def batch_size(before, after):
    """The mean number of jobs in a commit between two readings of /metrics."""
    def change(pattern):
        return next((after[name] - before.get(name, 0) for name in after if re.search(pattern, name)), 0)
    batches = change(r"(batches|commits)_total$")
    return max(1, round(change(r"(writer_jobs|jobs)_total$") / batches)) if batches else 100


def pairs(setup):
    ours, bare, paced, stores, batches = [], [], [], [], []
    data, state = data_of(setup, "pairs")
    with Server(setup, data) as server, Floor(setup, False) as floor:
        for _ in range(setup.rounds):
            before = server.metrics()
            line = load(setup, server, "pairs", state=state, window=16)
            ours.append(line)
            batches.append(batch_size(before, server.metrics()))
            bare.append(load(setup, floor, "pairs", label="floor", window=16))
            if line:
                paced.append(load(setup, floor, "pairs", label="floor", rate=round(line["rate"])))
            stores.append(store_floor(setup, batches[-1]))
    rate, p99, cpu = median(ours, "rate"), median(ours, "echo_us.p99"), median(ours, "server_cpu_us_each")
    sockets, offered = median(bare, "server_cpu_us_each"), median(paced, "server_cpu_us_each")
    store = median(stores, "cpu_us_per_row")
    least = sockets + store if sockets and store else None
    ratio = cpu / least if cpu and least else None
    lost = sum(line["lost_echoes"] + line["lost_copies"] for line in ours if line)
    rows = [
        Row("one-to-one, 100 pairs, window 16, stored and echoed: rate", "≥ 35,000/s", number(rate, "/s", 0),
            held=bool(rate and rate >= 35000)),
        Row("… p99 of the echo", "≤ 100 ms", f"{number(p99 and p99 / 1000, 'ms')}, lost {lost}",
            held=bool(p99 and p99 <= 100000 and lost == 0)),
        Row("… server CPU per message", "≤ 1.5 × both floors", f"{number(cpu, 'µs')}, mean batch {median([{'v': b} for b in batches], 'v')}",
            f"sockets {number(sockets, 'µs')} + store {number(store, 'µs')}", number(ratio, "×"),
            bool(ratio and ratio <= 1.5)),
        Row("… socket floor at the server's own rate, for the record", "", "", number(offered, "µs")),
    ]
    return rows


def offered(setup):
    rows = []
    data, state = data_of(setup, "offered")
    with Server(setup, data) as server, Floor(setup, False) as floor:
        for rate, bound in ((10000, 3), (20000, 10)):
            ours, bare = [], []
            for _ in range(setup.rounds):
                ours.append(load(setup, server, "pairs", state=state, rate=rate))
                bare.append(load(setup, floor, "pairs", label="floor", rate=rate))
            p99, least = median(ours, "echo_us.p99"), median(bare, "echo_us.p99")
            lost = sum(line["lost_echoes"] + line["lost_copies"] for line in ours if line)
            held = bool(p99 and p99 <= bound * 1000 and lost == 0 and all(ours))
            rows.append(Row(f"one-to-one at {rate:,}/s offered: p99 of the echo", f"≤ {bound} ms, none lost",
                            f"{number(p99 and p99 / 1000, 'ms')} (p50 {number((median(ours, 'echo_us.p50') or 0) / 1000, 'ms')}), lost {lost}, "
                            f"{number(median(ours, 'server_cpu_us_each'), 'µs')} CPU each",
                            number(least and least / 1000, "ms"), number(p99 / least if p99 and least else None, "×"), held))
    return rows


def idle(setup):
    """Ten thousand accounts of ten friends each, filled; the same people for idle and for the storm."""
    data, state = data_of(setup, "idle")
    fill(setup, data, state, set="i", users=10000, fan=5, messages=0)
    lines = []
    for _ in range(setup.rounds):
        with Server(setup, data) as server:
            lines.append(load(setup, server, "idle", state=state, sessions=10000, chats=10))
    each, after = median(lines, "bytes_each"), median(lines, "bytes_each_after_first_fifth")
    return [Row("10,000 idle sessions, 10 chats each: server memory each", "≤ 1,536 B",
                f"{number(each, 'B', 0)} ({number(after, 'B', 0)} without the first 2,000)", held=below(each, 1536) or False)]


def connect(setup):
    data, state = data_of(setup, "idle", fresh=False)
    if not data.exists():
        data, state = data_of(setup, "idle")
        fill(setup, data, state, set="i", users=10000, fan=5, messages=0)
    plain, friends, bare = [], [], []
    for _ in range(setup.rounds):
        with Server(setup, data) as server:
            plain.append(load(setup, server, "connect", state=state, sessions=10000, accounts=1000, chats=0))
        with Server(setup, data) as server:
            friends.append(load(setup, server, "connect", state=state, sessions=10000, chats=10))
        with Floor(setup, False) as floor:
            bare.append(load(setup, floor, "connect", label="floor", sessions=10000))
    rate, least, real = median(plain, "rate"), median(bare, "rate"), median(friends, "rate")
    return [
        Row("connects with a token (10,000 sockets, 10 of each account)", "≥ 12,000/s", number(rate, "/s", 0),
            number(least, "/s", 0), number(rate / least if rate and least else None, "×"), bool(rate and rate >= 12000)),
        Row("… each its own account with 10 friends who are told, for the record", "", number(real, "/s", 0)),
    ]


def login(setup):
    """With the default cost of hashing: that is the point."""
    data, state = data_of(setup, "login")
    with Server(setup, data, flags=[]) as server:
        line = load(setup, server, "login", state=state, rate=5000, logins=20, segments=setup.rounds)
    if line is None:
        return [Row("20 logins/s beside 5,000 messages/s", "p99 ≤ 2 × without", "failed", held=False)]
    slowest = line["login_us"]["max"] / 1e6
    held = line["p99_ratio"] <= 2 and slowest < 2 and line["logins_refused"] == 0
    return [Row("20 logins/s beside 5,000 messages/s: p99 of messages", "≤ 2 × without; logins < 2 s",
                f"{number(line['echo_with_us']['p99'] / 1000, 'ms')}; slowest login {number(slowest, 's')}, refused {line['logins_refused']}",
                f"without: {number(line['echo_without_us']['p99'] / 1000, 'ms')}", number(line["p99_ratio"], "×"), held)]


def drain(setup):
    data, state = data_of(setup, "drain")
    with Server(setup, data) as server:
        lines = [load(setup, server, "drain", state=state) for _ in range(setup.rounds)]
    lost = sum(line["lost"] for line in lines if line)
    return [Row("20,000 messages waiting for one who connects", "", f"{number(median(lines, 'drain_rate'), '/s', 0)}, lost {lost}")]


# People and the chats each begins: a hundred messages a chat at any size, so that pages are equally full.
PEOPLE = {10_000: (20, 5), 100_000: (100, 10), 10_000_000: (2000, 50)}


def filled(setup, messages, zipf):
    """A store with that many messages; kept between runs of one work directory."""
    users, fan = PEOPLE[messages]
    name = f"store-{messages}-{'zipf' if zipf else 'uniform'}"
    data, state = data_of(setup, name, fresh=False)
    note = setup.work / f"{name}.seconds"
    if not note.exists():
        data, state = data_of(setup, name)
        note.write_text(f"{fill(setup, data, state, set='f', users=users, fan=fan, messages=messages, zipf=zipf):.1f}")
    for path in data.glob("*.db"):  # into the page cache
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    return data, state, float(note.read_text())


def history(setup, pull=0):
    rows = []
    many = 100000 if setup.quick else 10_000_000
    for zipf in (0.99, 0):
        p99 = {}
        for messages in (10000, many):
            data, state, seconds = filled(setup, messages, zipf)
            users, fan = PEOPLE[messages]
            with Server(setup, data) as server:
                lines = [load(setup, server, "history", state=state, fan=fan, accounts=users, zipf=zipf, limit=50,
                              pull=pull, seed=seed + 1) for seed in range(setup.rounds)]
            p99[messages] = median(lines, "page_us.p99")
            p50 = median(lines, "page_us.p50")
        ratio = p99[many] / p99[10000] if p99[many] and p99[10000] else None
        rows.append(Row(f"{'/msg/pull: ' if pull else ''}newest 50 of a chat, {many:,} messages stored, {'Zipf 0.99' if zipf else 'uniform'}: warm p99",
                        "≤ 1 ms, ≤ 3 × that at 10,000",
                        f"{number(p99[many] and p99[many] / 1000, 'ms')} (p50 {number(p50 and p50 / 1000, 'ms')}; filled in {seconds:.0f} s)",
                        f"at 10,000: {number(p99[10000] and p99[10000] / 1000, 'ms')}", number(ratio, "×"),
                        both(below(p99[many], 1000), below(ratio, 3))))
    return rows


def pull(setup):
    return history(setup, pull=1)


def wait_for_messages(server, seconds):
    """Until messages are being stored, and then so many seconds."""
    for _ in range(600):
        if server.metrics().get("im_messages_stored_total", 1) > 0:
            break
        time.sleep(0.1)
    time.sleep(seconds)


def start(setup):
    many = 100000 if setup.quick else 10_000_000
    data, state, _ = filled(setup, many, 0.99)
    clean, killed, wal = [], [], []
    for _ in range(setup.rounds):
        with Server(setup, data):
            pass
        with Server(setup, data) as server:
            clean.append(server.ready_ms)
            writer = subprocess.Popen([setup.tool("loadgen"), "pairs", f"--target={server.target}", f"--state={state}",
                                       "--seconds=60", f"--pid={server.process.pid}"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for_messages(server, setup.seconds)
            server.kill()
            writer.wait(30)
            wal.append(sum(path.stat().st_size for path in pathlib.Path(data).glob("*-wal")) / 1e6)
        with Server(setup, data) as server:
            killed.append(server.ready_ms)
    mid = {"clean": sorted(clean)[len(clean) // 2], "killed": sorted(killed)[len(killed) // 2]}
    return [
        Row(f"start with {many:,} messages stored, after a clean stop", "≤ 300 ms", number(mid["clean"], "ms", 0),
            held=mid["clean"] <= 300),
        Row("… after kill -9 under load", "≤ 2 s", f"{number(mid['killed'], 'ms', 0)} (WAL of {max(wal):.0f} MB at most)",
            held=mid["killed"] <= 2000),
    ]


# Two accounts of these have a chat, each has 500.
SEARCHERS, SEARCH_FAN = 1000, 250

SEARCHES = (
    ("word", "a two-character word in all of one's 500 chats"),
    ("common", "… one of the three commonest"),
    ("rare", "… one of the rarest"),
    ("character", "… a single character"),
    ("english", "an English word in 500 chats"),
    ("letter", "… a single letter"),
    ("chat", "one of the three commonest words in a small chat"),
    ("character-chat", "… a single character"),
)


def indexed(server, messages):
    """Seconds until the index has seen all messages."""
    begin = time.monotonic()
    while server.metrics().get("im_search_indexed_id", 0) < messages:
        time.sleep(0.05)
    return time.monotonic() - begin


def search(setup):
    messages = 100_000 if setup.quick else 1_000_000
    data, state = data_of(setup, f"search-{messages}", fresh=False)
    if not (data / "im_service.db").exists():
        data, state = data_of(setup, f"search-{messages}")
        fill(setup, data, state, set="f", users=SEARCHERS, fan=SEARCH_FAN, messages=messages, zipf=0.99, text=1)
    rows = []
    for path in data.glob("search.db*"):
        path.unlink()
    with Server(setup, data) as server:
        seconds = indexed(server, messages)
        size = sum(path.stat().st_size for path in data.glob("search.db*"))
        rows.append(Row(f"{messages:,} messages of 128 bytes indexed", "", f"{number(messages / seconds, '/s', 0)}, "
                        f"{number(size / messages, 'B', 0)} each on the disk"))
        for kind, text in SEARCHES:
            lines = [load(setup, server, "search", state=state, accounts=SEARCHERS, fan=SEARCH_FAN, find=kind, limit=20,
                          seed=seed + 1) for seed in range(setup.rounds)]
            p99, p50 = median(lines, "page_us.p99"), median(lines, "page_us.p50")
            rows.append(Row(f"search, {messages:,} messages: {text}: p99", "≤ 50 ms",
                            f"{number(p99 and p99 / 1000, 'ms')} (p50 {number(p50 and p50 / 1000, 'ms')}, "
                            f"{number(median(lines, 'server_cpu_us_each'), 'µs', 0)} CPU)", held=below(p99, 50000) or False))
    return rows


def store(setup):
    """The store alone, from empty to ten million."""
    result = []
    for choice in ("zipf", "uniform"):
        line = store_tool(setup, f"--choice={choice}", f"--rows={200000 if setup.quick else 10_000_000}")
        ratio = pick(line, "last_to_first")
        result.append(Row(f"the store alone, from empty to {line['rows']:,} messages, {choice}: the last million" if line else f"the store alone, {choice}",
                          "≥ 0.5 × the first" if choice == "zipf" else "for the record",
                          number(pick(line, "last_rows_per_s"), "rows/s", 0), f"first: {number(pick(line, 'first_rows_per_s'), 'rows/s', 0)}",
                          number(ratio, "×"), bool(ratio and ratio >= 0.5) if choice == "zipf" else None))
    return result


def sync(setup):
    """A device comes back to five hundred chats, three of which have news."""
    users, fan = 501, 250
    data, state = data_of(setup, "sync")
    fill(setup, data, state, set="s", users=users, fan=fan, messages=4 * users * fan)
    with Server(setup, data) as server:
        indexed(server, 4 * users * fan)  # Search reads what was filled in, on its own thread: no part of a sync.
        lines = bench_v2.sync(setup, server, state, users - 1)
    rows = []
    for name, news in (("3 changed", 3), ("3 changed, all of them listed", 3), ("none changed", 0)):
        line = next(line for line in lines if line["name"] == name)
        goal = "< 1 ms, only these in the answer" if name == "3 changed" else "for the record"
        held = line["cpu_us"] < 1000 and line["chats"] == news if name == "3 changed" else None
        rows.append(Row(f"sync of a user with {line['of']} chats, {name}: server CPU", goal,
                        f"{number(line['cpu_us'] / 1000, 'ms', 3)}, {line['chats']} chats and {line['bytes']:,} bytes in the answer",
                        held=held))
    return rows


def groupcost(setup):
    """What one message to a group writes, by the size of the group."""
    data, state = data_of(setup, "groupcost")
    sizes = (10, 1000) if setup.quick else (10, 1000, 10000)
    fill(setup, data, state, set="g", users=sizes[-1], fan=1, messages=0)
    with Server(setup, data) as server:
        lines = bench_v2.groupcost(setup, server, state, sizes)
    first = lines[0]
    flat = all(line["rows"] == 1 and line["bytes"] <= 1.1 * first["bytes"] + 512 for line in lines)
    return [Row(f"a message to a group of {line['members']:,}: rows, and bytes written to the disk", "1 row, flat",
                f"{number(line['rows'], 'rows')}, {number(line['bytes'], 'B', 0)}", f"of {first['members']}: {number(first['bytes'], 'B', 0)}",
                number(line["bytes"] / first["bytes"], "×"), flat) for line in lines]


WORK = {"group": group, "pairs": pairs, "offered": offered, "idle": idle, "connect": connect, "login": login,
        "drain": drain, "history10m": history, "pull10m": pull, "sync": sync, "groupcost": groupcost, "start": start,
        "search": search, "upload": bench_media.upload, "download": bench_media.download, "store": store,
        "mysql": bench_cluster.mysql, "nodes": bench_cluster.nodes, "crossnode": bench_cluster.crossnode}
