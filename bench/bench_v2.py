"""What protocol v2 costs the server, asked for one at a time: CPU and bytes are counted at the server's process."""
import http.client
import json
import os
import pathlib
import sqlite3
import sys
import time
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test"))
from bench_harness import say  # noqa: E402
from support.v2 import Ws2  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
FLUSHED = 6  # seconds until cursors and marks are in the store


def people(state, prefix):
    """Accounts of bench/fill by number."""
    found = {}
    for line in pathlib.Path(state).read_text().splitlines():
        key, value = line.split("\t")
        what, _, email = key.partition(" ")
        if what == "token" and email.startswith(prefix):
            number = int(email[len(prefix):].partition("@")[0])
            found[number] = types.SimpleNamespace(email=email, token=value)
    return found


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def sync_all(ws):
    chats, cursor = [], {}
    while True:
        delta = ws.ask(cmd=18, limit=1000, **cursor)
        chats += delta["chats"]
        if delta["done"]:
            return chats, delta["pver"]
        cursor = {"cursor": delta["cursor"]}


def sync_cost(setup, server, ws, name, of, **fields):
    rounds = 300 if setup.quick else 3000
    say(f"sync: {name}, {rounds} times")
    answer = ws.ask(cmd=18, **fields)
    begin = cpu_seconds(server)
    for _ in range(rounds):
        ws.ask(cmd=18, **fields)
    cpu_us = (cpu_seconds(server) - begin) / rounds * 1e6
    line = {"scenario": "sync", "name": name, "of": of, "cpu_us": cpu_us, "chats": len(answer["chats"]),
            "bytes": len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()), "rounds": rounds}
    setup.lines.append(line)
    return line


def sync(setup, server, state, number):
    """Lines for account `number`: nothing changed, three chats changed, the same with every chat listed."""
    users = people(state, "bs")
    me = users[number]
    ws = Ws2(server, me, device="bench")
    chats, pver = sync_all(ws)
    known = [{key: chat[key] for key in ("chat", "dstObj", "seq", "mver")} for chat in chats]
    for chat in known:
        ws.send(cmd=1, **chat)
    ws.send(cmd=1, pver=pver)
    time.sleep(FLUSHED)
    members = len(users) - 1
    lines = [sync_cost(setup, server, ws, "none changed", members)]
    for peer in range(3):
        Ws2(server, users[peer], device="bench").send_ack(me, "news")
    time.sleep(FLUSHED)  # Their marks, too.
    ws.messages.clear()
    lines.append(sync_cost(setup, server, ws, "3 changed", members))
    lines.append(sync_cost(setup, server, ws, "3 changed, all of them listed", members, chats=known))
    return lines


def call(connection, user, path, body):
    connection.request("POST", path, json.dumps(body), {"email": user.email, "token": user.token, "Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    assert answer["code"] == 0, answer
    return answer["data"]


def rows_stored(data):
    """Of all tables."""
    with sqlite3.connect(f"file:{next(pathlib.Path(data).glob('*.db'))}?mode=ro", uri=True) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(db.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in names)


def bytes_written(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/io").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("write_bytes")))


def groupcost(setup, server, state, sizes):
    """Rows and bytes that a message writes, each in a commit of its own, checkpoints included."""
    users = people(state, "bg")
    messages = 500 if setup.quick else 2000
    owner, lines = users[0], []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for size in sizes:
        say(f"groupcost: {size} members, {messages} messages")
        group = call(connection, owner, "/community/create", {"name": f"of {size}", "icon": "", "memo": ""})["id"]
        for number in range(1, size):
            user = users[number]
            call(connection, user, "/contact/add_friend", {"ownerEmail": user.email, "dstObj": str(group), "cate": 2})
        ws = Ws2(server, owner, device="bench")  # Now: it would hear of everybody who joins.
        time.sleep(FLUSHED)
        rows, written = rows_stored(server.data), bytes_written(server)
        for i in range(messages):
            ws.send_ack(group, f"message {i} of some sixty-four bytes, as people write them".ljust(64), cmd=11)
            ws.messages.clear()
        time.sleep(FLUSHED)
        ws.close()
        line = {"scenario": "groupcost", "members": size, "messages": messages,
                "rows": (rows_stored(server.data) - rows) / messages,
                "bytes": (bytes_written(server) - written) / messages}
        setup.lines.append(line)
        lines.append(line)
    return lines
