"""Replays what was recorded from the original (v1-examples.jsonl), step by step in the file's order.

The file lists a sample of a longer session: BEFORE says what a step presupposes. Where this server is
deliberately not the original (PROTOCOL.md), DIFFERENT says so as data: a change of the expectation,
with its reason. Placeholders stand for what varies:

    <u1> an email · <tag> of this run · <token:u1> · <hex32> <str6> <int> <int:id> <int:now> any such value
    <gid> <int:gid> <str:gid> the group 1000 · <str:group.name> and so on: that field of the group"""

import copy
import html
import json
import pathlib
import re
import time

import pytest

from support.world import User, World
from support.ws import Ws

STEPS = [json.loads(line) for line in (pathlib.Path(__file__).parent / "v1-examples.jsonl").read_text().strip().split("\n")]
SECRET_KEYS = {"password", "salt"}  # "search_friend never leaks password or salt", nor does any other list
NOW_WINDOW_MS = 120_000


# What a step presupposes: (action, arguments) in order.
def said(*lines):
    return [("say", line) for line in lines]


BEFORE = {
    "register.ok": [],
    "auth.query": [("login", "u1")],
    "user_info.other": [("register", "u2", "two <b>&'\"= <tag>"), ("register", "u3", None), ("register", "u4", "four <tag>"), ("register", "u5", "five <tag>")],
    "add_friend.group_ok": [("group", "u3")],
    "friend_list.some": [("befriend", "u1", "u3"), ("open", "u2"), ("open", "u3")],
    "community_list.some": [("group", "u1")],
    "friend_msg_list.empty": [("close", "u2"), ("close", "u3")],
    "chat.history_u1_u2": said("u2 hello", "u2 <tag> 你好，世界"),
    "group.text": [("join", "u2"), ("open", "u2"), ("drain",)],
    "group.join_ws": [("open", "u5"), ("drain",)],
    "contact.add_online": [("register", "n1", "n1"), ("register", "n2", "n2"), ("open", "n1"), ("open", "n2")],
    "offline.send_0": [("pump", "u2"), ("close", "u2"), ("drain",)],
    "offline.b_connects": said("u1 <tag> offline 1", "u1 <tag> offline 2", "u1 group <tag> offline group") + [("drain",)],
}


def drop_id_zero(body):
    """Registration and edit answer with the real id, the original with 0."""
    body["data"]["id"] = "<int:id>"


def drop_token(body):
    """A user object in user_info carries no token: the original leaks the other person's."""
    del body["data"]["token"]


def only_said(*contents):
    """The history holds what this replay said: the file's sample of the session is not the whole of it."""

    def change(body):
        body["data"] = [("content", content) for content in contents]

    return change


def stranger_offline(body):
    """Presence goes to friends: nobody has a session open, a login is no presence."""
    body["data"]["online"] = 0


DIFFERENT = {
    "register.ok": [drop_id_zero],
    "edit_user.ok": [drop_id_zero],
    "auth.query": [drop_token],
    "user_info.other": [drop_token, stranger_offline],
    "chat.history_u1_u2": [only_said("<tag> hello", "http://img/<tag>.png", "hello", "<tag> 你好，世界")],
    "group.history_member": [only_said("<tag> hello", "<tag> hello")],
    "offline.history_after_delivery": [
        only_said("<tag> hello", "http://img/<tag>.png", "hello", "<tag> 你好，世界", "<tag> offline 0", "<tag> offline 1", "<tag> offline 2")
    ],
}
# What the recording's session sent while u2 was away, and this replay does too. A forged sender is not among
# them: "The sender is the session's user".
BACKLOG = ["<tag> offline 0", "<tag> offline 1", "<tag> offline 2", "<tag> offline group"]
ONLINE_KEY_FREE = {"friend_list.some", "search_friend.by_uname_unicode", "auth.query"}  # online: 0 or 1, by who is connected


class Replay:
    def __init__(self, server):
        self.world = World(server)
        self.names = {f"u{i}": f"u{i}_{self.world.tag}@test.com" for i in range(1, 6)}
        self.names |= {name: f"{name}_{self.world.tag}@test.com" for name in ("n1", "n2")}
        self.users = {}
        self.sockets = {}
        self.groups = []

    # Placeholders

    def fill(self, value):
        """The value with what is known put in."""
        if isinstance(value, dict):
            return {self.fill(key): self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if not isinstance(value, str):
            return value
        if value == "<int:gid>":
            return self.groups[0]
        known = {"<tag>": self.world.tag} | {f"<{name}>": email for name, email in self.names.items()}
        known |= {f"<token:{name}>": user.token for name, user in self.users.items()}
        if self.groups:
            known |= {"<gid>": str(self.groups[0]), "<str:gid>": str(self.groups[0])}
            if value == "1000":
                return str(self.groups[0])
        return re.sub(r"<[a-z0-9:]+>", lambda found: known.get(found[0], found[0]), value)

    def matches(self, wanted, got, path="$"):
        """Asserts that got is what wanted asks, placeholders and all."""
        wanted = self.fill(wanted)
        if isinstance(wanted, dict):
            assert isinstance(got, dict) and set(got) == set(wanted), f"{path}: keys {got}"
            for key, one in wanted.items():
                self.matches(one, got[key], f"{path}.{key}")
        elif isinstance(wanted, list):
            assert isinstance(got, list) and len(got) == len(wanted), f"{path}: {got}"
            for i, one in enumerate(wanted):
                self.matches(one, got[i], f"{path}[{i}]")
        elif isinstance(wanted, str) and re.fullmatch(r"<(int|str|hex32|str6).*>", wanted):
            self.kind(wanted, got, path)
        elif isinstance(wanted, str) and isinstance(got, str):
            assert html.unescape(got) == wanted, f"{path}: {got!r}, not {wanted!r}"
        else:
            assert got == wanted and type(got) is type(wanted), f"{path}: {got!r}, not {wanted!r}"

    def kind(self, wanted, got, path):
        if wanted == "<int:now>":
            assert abs(got - time.time() * 1000) < NOW_WINDOW_MS, f"{path}: {got}"
        elif wanted.startswith("<int"):
            assert isinstance(got, int) and (wanted == "<int>" or got > 0), f"{path}: {got!r}"
        elif wanted == "<hex32>":
            assert re.fullmatch("[0-9A-F]{32}", got), f"{path}: {got!r}"
        else:
            assert isinstance(got, str), f"{path}: {got!r}"

    # What comes before a step

    def prepare(self, action, *arguments):
        getattr(self, "do_" + action)(*arguments)

    def do_register(self, name, uname):
        body = {"email": self.names[name], "password": "abc123"} | ({"uname": self.fill(uname)} if uname else {})
        self.world.call("POST", "/user/register", body=body).data
        self.do_login(name)

    def do_login(self, name):
        data = self.world.login(self.names[name], "abc123").data
        self.users[name] = User(data["email"], "abc123", data.get("uname"), data["id"], data["token"])

    def do_group(self, owner):
        self.groups.append(self.world.group(self.users[owner], name=f"group {self.world.tag}"))

    def do_join(self, name):
        self.world.join(self.users[name], self.groups[0])

    def do_befriend(self, one, two):
        self.world.befriend(self.users[one], self.users[two])

    def do_open(self, name):
        self.sockets[name] = self.world.open(self.users[name])
        self.sockets[name].before_barrier()

    def do_close(self, name):
        if name not in self.sockets:
            return
        self.sockets.pop(name).close()
        # Until the notices of it are out: whoever connects later must not hear them.
        watcher = self.world.user()
        self.world.befriend(watcher, self.users[name])
        while self.world.get("/user/user_info", watcher, email=self.users[name].email).data["online"]:
            time.sleep(0.01)
        ws = self.world.open(watcher)
        ws.pump(0.3)
        ws.before_barrier()
        ws.close()

    def do_pump(self, name):
        """Long enough for a pong to move the cursor and for that to be saved: nothing is pushed again."""
        self.sockets[name].pump(7)
        self.sockets[name].before_barrier()

    def do_drain(self):
        for ws in list(self.sockets.values()) * 2:
            ws.before_barrier()

    def do_say(self, line):
        """"u2 text": to the other of u1 and u2; "u1 group text": to the group."""
        name, _, text = line.partition(" ")
        ws = self.sockets[name]
        if text.startswith("group "):
            ws.say_group(str(self.groups[0]), self.fill(text[6:]))
        else:
            ws.say(self.users["u1" if name == "u2" else "u2"], self.fill(text))
        ws.before_barrier()
        self.do_drain()


def expect_http(replay, step):
    request = replay.fill(step["req"])
    headers = [tuple(one) for one in request.get("headers", [])]
    query = [tuple(one) for one in request.get("query", [])]
    body = request["body"].encode() if "body" in request else None
    answer = replay.world.call(request["method"], request["path"], query, headers=headers, body=body)
    assert answer.status == step["status"]
    assert answer.header("content-type") == step["headers"]["content-type"]
    if isinstance(step["body"], str):
        assert answer.text == step["body"]
        return
    wanted = copy.deepcopy(step["body"])
    for change in DIFFERENT.get(step["step"], []):
        change(wanted)
    got = answer.json()
    data = wanted.get("data")
    if isinstance(data, list) and data and isinstance(data[0], tuple):
        contents = [replay.fill(content) for _, content in data]
        assert [html.unescape(message["content"]) for message in got["data"]] == contents
        example = step["body"]["data"][0]
        assert all(set(message) == set(example) for message in got["data"])
        return
    for user in data if isinstance(data, list) else []:
        for key in SECRET_KEYS & set(user):
            del user[key]
    if isinstance(data, list) and data and "ownerEmail" in data[0]:
        wanted["data"] = [{**one, "id": "<int:id>", "name": f"group {replay.world.tag}"} for one in data]
        for group in got["data"]:
            group.setdefault("icon", "")  # The original's groups have icons and no memo.
            if group.get("memo") == "":
                del group["memo"]
    if step["step"] in ONLINE_KEY_FREE:
        for one in [data] if isinstance(data, dict) else data:
            one["online"] = "<int>"
    replay.matches(wanted, got)
    if step["step"] == "register.ok":
        replay.do_login("u1")


def expect_frames(replay, step):
    if "connect" in step["do"]:
        name = step["do"]["connect"]
        target = replay.fill(step["do"]["target"])
        ws = Ws(replay.world.server, target, user=replay.users[name])
        replay.world.sockets.append(ws)
        replay.sockets[name] = ws
        assert ws.handshake.status == step["handshake"]["status"]
        for header, value in step["handshake"]["headers"].items():
            assert ws.handshake.header(header).lower() == value.lower()
    elif "send" in step["do"]:
        replay.sockets[step["do"]["send"]].send(**replay.fill(step["do"]["text"]))
        replay.sockets[step["do"]["send"]].before = replay.sockets[step["do"]["send"]].before_barrier()
    else:
        replay.sockets.pop(step["do"]["close"]).close(step["do"]["code"])
    for name, ws in replay.sockets.items():
        wanted = step["got"].get(name, [])
        if step["step"] == "offline.b_connects" and name == "u2":
            by_content = {one["text"]["content"]: one for one in wanted}
            wanted = [by_content[content] for content in BACKLOG]
        texts = getattr(ws, "before", None)
        ws.before = None
        texts = (texts or []) + (ws.before_barrier() if wanted or texts is None else [])
        while len(texts) < len(wanted):
            texts.append(ws.raw(timeout=5))
        assert len(texts) == len(wanted), f"{name} got {texts}"
        for text, one in zip(texts, wanted):
            frame_matches(replay, one, text)


def frame_matches(replay, wanted, text):
    """The keys in the recorded order; id and createAt are this server's own."""
    got = json.loads(text)
    assert list(got) == list(json.loads(wanted["raw"])), text
    assert text == json.dumps(got, ensure_ascii=False, separators=(",", ":")), text
    message = dict(wanted["text"])
    if message["cmd"] in (10, 11):  # "It gets a real id, and the server's createAt."
        message |= {"id": "<int:id>", "createAt": "<int:now>"}
    elif message["cmd"] == 15:
        message |= {"id": "<int>", "createAt": "<int>"}
    replay.matches(message, got)


@pytest.fixture(scope="module")
def replay(server):
    made = Replay(server)
    yield made
    made.world.close()


def test_every_step_of_the_recording_is_replayed_and_differs_only_where_meant(replay):
    for step in STEPS:
        try:
            for action in BEFORE.get(step["step"], []):
                replay.prepare(*action)
            (expect_http if "req" in step else expect_frames)(replay, step)
        except Exception as error:
            raise AssertionError(f"step {step['step']}: {error!r}") from error
