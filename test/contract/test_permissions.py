"""Every call and frame × everybody who may try it: the entries of permissions.py, over the tables that the
binary prints. What is refused has changed nothing that the others can see, and told them nothing."""

import dataclasses
import json
import time
import urllib.parse

import pytest
from permissions import CALLS, FRAMES, ROLES, nothing

from support.examples import route_name
from support.http import Connection, request_bytes
from support.server import Server, cli
from support.v2 import session_target
from support.world import UNAUTHORIZED, User, World
from support.ws import upgrade_headers

NOBODY = ("anonymous", "expired")
ROUTES = [json.loads(line) for line in cli("routes").stdout.splitlines()]
COMMANDS = [json.loads(line) for line in cli("commands").stdout.splitlines()]
ROWS = {route_name(row["method"], row["path"]): row for row in ROUTES} | {row["cmd"]: row for row in COMMANDS}
VARYING = {"time", "online", "used", "lastUsed"}  # in what the others see
PRESENCE = (13, 14)


@dataclasses.dataclass
class Case:
    world: World
    role: str
    actor: User | None = None
    peer: User | None = None  # in a direct chat, the other one; in a group a plain member, to do things to
    owner: User | None = None  # of the group
    witness: User | None = None  # who looks whether something changed
    group: str | None = None
    chat: dict = dataclasses.field(default_factory=dict)
    seq: int = 0  # of a message of the peer's, and
    own_seq: int = 0  # of the actor's, where he could write one
    note: object = None  # an entry's own


def cases():
    for table in (CALLS, FRAMES):
        for key, entries in table.items():
            for number, entry in enumerate(entries):
                nobody = NOBODY if entry.context != "open" else ()
                for role in (*ROLES[entry.context], *nobody):
                    name = f"{key} {entry.context}{number or ''} {role}".replace(" ", "-")
                    yield pytest.param(key, entry, role, id=name)


def test_every_call_has_an_entry_and_every_entry_a_call():
    assert set(CALLS) == {route_name(row["method"], row["path"]) for row in ROUTES}


def test_every_frame_has_an_entry_and_every_entry_a_command():
    assert set(FRAMES) == {row["cmd"] for row in COMMANDS}


def test_every_entry_says_what_each_role_gets():
    for key, entries in {**CALLS, **FRAMES}.items():
        for entry in entries:
            assert tuple(entry.codes) == ROLES[entry.context], key
        assert ("open" in [entry.context for entry in entries]) == ROWS[key].get("open", False), key


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    made = {}

    def get(options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = World(Server(tmp_path_factory.mktemp("server"), options).start())
            made[key].people = {}
            made[key].cases = {}
        return made[key]

    yield get
    for world in made.values():
        world.close()
        world.server.release()


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    """Somebody on a server of his own, whose token has been idle for too long."""
    server = Server(tmp_path_factory.mktemp("expired"), {"accounts.token_idle": "1s"}).start()
    world = World(server)
    user = world.user()
    time.sleep(1.2)
    yield Case(world, "expired", user, user, user, user, "1000", {"chat": 11, "dstObj": "1000"}, note=user.id)
    server.release()


GROUPS_MAX = 10  # that the same people are in: lists stay short


def people(world, role):
    """owner, peer, witness and actor of a few groups: registering is what costs most."""
    kept, count = world.people.get(role, (None, GROUPS_MAX))
    if count == GROUPS_MAX:
        kept, count = [world.user(name) for name in ("owner", "peer", "witness", role)], 0
    world.people[role] = kept, count + 1
    return kept


def say(case, user, chat, content):
    return case.world.call2("POST", "/msg/send", user, **chat, content=content).data["seq"]


def group_case(world, role):
    owner, peer, witness, actor = people(world, role)
    case = Case(world, role, owner if role == "owner" else actor, peer, owner, witness)
    joined = [peer, witness] if role in ("owner", "stranger") else [peer, witness, actor]
    case.group = str(world.group(owner, *joined))
    case.chat = {"chat": 11, "dstObj": case.group}
    if role != "stranger":
        case.own_seq = say(case, case.actor, case.chat, "own")
    case.seq = say(case, peer, case.chat, "of the peer")
    if role == "admin":
        assert world.call2("POST", "/community/role", owner, dstObj=case.group, user=actor.email, role="admin").data
    elif role == "former":
        assert world.call2("POST", "/community/leave", actor, dstObj=case.group).data
    elif role == "blocked":
        assert world.call2("POST", "/contact/block", owner, dstObj=actor.email).data
    return case


def direct_case(world, role):
    actor, peer = world.user(role), world.user("peer")
    case = Case(world, role, actor, peer, None, peer, chat={"chat": 10, "dstObj": peer.email})
    if role == "stranger":
        return case
    for one, other in ((actor, peer), (peer, actor)):  # Whatever contact.policy: the second asking is an agreement.
        world.call2("POST", "/contact/request", one, dstObj=other.email)
    case.own_seq = say(case, actor, case.chat, "own")
    case.seq = say(case, peer, {"chat": 10, "dstObj": actor.email}, "of the peer")
    if role == "former":
        assert world.call2("POST", "/contact/remove", peer, dstObj=actor.email).data
    elif role == "blocked":
        assert world.call2("POST", "/contact/block", peer, dstObj=actor.email).data
    return case


def case_make(world, entry, role, refused):
    """What is refused changes nothing, so the next one may start from there."""
    if entry.context in ("own", "open"):
        return Case(world, role, world.user("actor"), world.user("peer"))
    make, usual = (group_case, "member") if entry.context == "group" else (direct_case, "friend")
    role = usual if role in NOBODY else role
    if entry.fresh:
        world.people.pop(role, None)
    if entry.before is not nothing or not refused or entry.fresh:
        return make(world, role)
    kept = world.cases.get((entry.context, role))
    if not kept:
        kept = world.cases[entry.context, role] = make(world, role)
    return dataclasses.replace(kept)


# What the others see

def still(value):
    """Without what goes on by itself."""
    if isinstance(value, dict):
        return {key: still(one) for key, one in value.items() if key not in VARYING}
    return [still(one) for one in value] if isinstance(value, list) else value


def view(case, ws):
    world, witness = case.world, case.witness
    chat = {**case.chat, "dstObj": case.group or case.actor.email, "seq": 0, "mver": 0}
    seen = [
        ws.ask(cmd=18, epoch=ws.hello["epoch"], chats=[chat]),
        world.get("/contact/friend_list", witness).data,
        world.call2("GET", "/contact/requests", witness).data,
        world.call2("GET", "/contact/blocked", witness).data,
        world.call2("GET", "/conv/list", witness, {"limit": 3}).data,
    ]
    if case.group:
        seen.append(world.call2("GET", "/community/info", witness, {"dstObj": case.group}).data)
        seen.append(world.call2("GET", "/community/members", witness, {"dstObj": case.group}).data)
    return still(seen)


class Look:
    """The witness's view before and after."""

    def __init__(self, case):
        self.case = case
        self.ws = case.world.open2(case.witness, "witness")
        self.before = view(case, self.ws)
        self.ws.frames()

    def nothing_changed(self):
        heard = [frame for frame in self.ws.frames() if frame["cmd"] not in PRESENCE]
        assert heard == [], "the others were told"
        assert view(self.case, self.ws) == self.before, "the others see something else than before"
        self.ws.close()


# Asking

def call_code(case, key, asked, headers):
    method, path = key.split(" ")
    if path.endswith("}"):
        path, asked = path.format_map(asked), {name: asked[name] for name in asked if f"{{{name}}}" not in path}
    if not isinstance(asked, tuple):
        asked = (asked, None) if method == "GET" else (None, asked)
    query, body = asked
    answer = case.world.call(method, path, query, None, [*headers, ("v", "2")], body)
    if answer.status == 401:
        assert answer.text == UNAUTHORIZED
    if answer.status != 200 or not answer.body.startswith(b"{"):
        return 0 if answer.status == 200 else answer.status
    return answer.json()["code"]


def frame_code(case, cmd, asked):
    ws = case.world.open2(case.actor, "phone")
    row = ROWS[cmd]
    if cmd == 33:  # Who may is answered by how the watched one is; who may not, late, by an error.
        ws.send(cmd=cmd, **asked)
        answer = ws.take()
        code = answer["code"] if answer["cmd"] == 17 else 0
    elif cmd == 0 or row.get("answer"):
        answer = ws.ask(cmd=cmd, **asked)
        code = answer["code"] if answer["cmd"] == 17 else 0
    else:
        error = ws.do(cmd=cmd, **asked)
        code = error["code"] if error else 0
    ws.close()
    return code


def upgrade_code(case, headers):
    target = "/chat?" + urllib.parse.urlencode({"v": 2, "device": "phone"})
    with Connection(case.world.server) as connection:
        connection.send(request_bytes("GET", target, headers=[*upgrade_headers(), *headers]))
        return connection.response().status


def code_of(case, key, asked, headers):
    if key in CALLS:
        return call_code(case, key, asked, headers)
    return upgrade_code(case, headers) if case.role in NOBODY else frame_code(case, key, asked)


@pytest.mark.parametrize("key, entry, role", cases())
def test_permission(worlds, expired, key, entry, role):
    if role == "expired":  # Nothing is looked at before the token: any argument will do.
        assert code_of(expired, key, entry.ask(expired), expired.actor.auth) == 401
        return
    wanted = 401 if role == "anonymous" else entry.codes[role]
    case = case_make(worlds(entry.options), entry, role, bool(wanted))
    case.role = role
    entry.before(case)
    asked = entry.ask(case)
    look = Look(case) if case.witness and wanted else None
    headers = case.actor.auth if role != "anonymous" and entry.context != "open" else []
    assert code_of(case, key, asked, headers) == (wanted or 0)
    if look:
        look.nothing_changed()
