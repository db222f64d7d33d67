"""The examples of docs/PROTOCOL.md: read out of the document, and played on a server.

A block ```example NAME``` is a small play. First who is there, then what happens:

    friends: li, sam                    everybody listed is everybody's friend
    people: kim                         registered, nobody's friend
    group g: li owner, sam admin, kim   a group (one letter) and its members, who joined in this order after it
                                        was founded: a notice in its log for each; <g> is its id
    picture f: li                       a small picture that li has uploaded; <fid:f> is its id
    said: li to sam: Tea at four?       a message that is there already (or to g)
    server: contact.policy=request      an option that the server runs with

    li → {"cmd":23,…}                   a frame that li's session sends
    sam ← {"cmd":23,…}                  the next frame that sam's session is sent
    li > GET /msg/pull?chat=10          a call, as li, with v: 2; a body stands behind the path
    > POST /user/login {…}              the same as nobody
    li > POST /file/upload "abc"        a body that is no JSON: what stands between the quotes, as it is
    < {"code":0,…}                      its answer; with another status than 200: < 429 {…}; text may end in …
    sam closes, sam opens               a session ends, another begins
    sam ends 1008                       the server closes it, with that code

Who sends or is sent frames has a v2 session on a device "phone" from the start, unless the play opens it;
sam@pc is another device of sam's, sam@v1 a session of v1, sam' a second session on the same device. A line
that begins with a blank goes on with the one before. Each session is sent what is shown, in that order, and
nothing more; only of 13 and 14 (online, offline) those alone are looked at that a play shows. Placeholders:

    <li> an email · <g> a group's id as text · <int:li> <int:g> ids as numbers · <token:li>
    <fid:f> a file's id · <signed:f> an address of that file with a signature, as it was given out last
    <int:now> a time within two minutes · <int:later> in an hour · <int> <str> <hex32> any such value
    <long:70000> so many letters x
    <int:x> <str:x> any when first met, the same from then on; usable in what is sent, too
    <text:x> the digits of <int:x>, where text is meant"""

import dataclasses
import json
import pathlib
import re
import time
import urllib.parse

from support.media import png, stored
from support.timing import wait_until
from support.v2 import Ws2
from support.world import World
from support.ws import Closed

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "PROTOCOL.md"
FENCE = re.compile(r"^```example ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"(friends|people|server|said|picture|group)(?: (\w))?: (.*)")
SAID = re.compile(r"(\w+) to (\w+): (.*)")
WHO = r"(\w+(?:@\w+)?'?)"
FRAME = re.compile(WHO + r" (→|←) (\{.*)")
CALL = re.compile(r"(?:(\w+) )?> (GET|HEAD|POST|PUT|DELETE|OPTIONS) (\S+)(?: ([{\"].*))?")
ANSWER = re.compile(r"< (?:(\d{3}) )?(.*)")
SESSION = re.compile(WHO + r" (opens|closes|ends)(?: (\d+))?")
PLACEHOLDER = re.compile(r"<(int|str|text|hex32|token|long|fid|signed)?:?(\w*)>")
FILE_PATH = re.compile(r"(?:/file/(?!(?:upload|init|part|complete|cancel)$)|<signed:).*")
NOW_WINDOW_MS = 120_000
HOUR_MS = 3_600_000
PRESENCE = (13, 14)
LIMIT = "limits.message_per_s"


@dataclasses.dataclass
class Step:
    kind: str  # send, receive, call, opens, closes, ends
    who: str | None = None
    frame: object = None  # or a call's body; text where it is no JSON
    method: str | None = None
    path: str | None = None
    status: int = 200
    answer: object = None  # parsed, or text
    code: int = 0

    refused: bool = False  # a frame of v2 that is answered by an error

    @property
    def route(self):
        return route_name(self.method, self.path)


def route_name(method, path):
    """A call as openapi.yaml names it, from its path in an example or in the server's table."""
    path = path.partition("?")[0]
    return f"{method} {'/file/{fid}' if FILE_PATH.fullmatch(path) else path}"


@dataclasses.dataclass
class Example:
    name: str
    line: int
    friends: list
    people: list
    groups: dict  # name: [(person, role)]
    options: dict
    said: list  # [(person, to whom, text)]
    pictures: dict  # name: person
    steps: list

    def frames(self, kind):
        """Of v2, without those sent that the server refuses."""
        return [step.frame for step in self.steps if step.kind == kind and not step.who.endswith("@v1") and not step.refused]

    def calls(self):
        return [step for step in self.steps if step.kind == "call"]


class Wrong(AssertionError):
    pass


def examples(path=DOCUMENT):
    """All of the document's, in its order."""
    text = path.read_text()
    found = [parse(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in FENCE.finditer(text)]
    names = [example.name for example in found]
    assert len(set(names)) == len(names), f"two examples have one name: {sorted(names)}"
    return found


def lines_of(body):
    joined = []
    for line in body.splitlines():
        if line.startswith(" ") and joined:
            joined[-1] += line.strip()
        elif line.strip():
            joined.append(line.rstrip())
    return joined


def parse(name, body, line):
    example = Example(name, line, [], [], {}, {}, [], {}, [])
    for text in lines_of(body):
        if match := HEAD.fullmatch(text):
            head_take(example, match)
        else:
            step_take(example, text)
    return example


def head_take(example, match):
    words = [word.strip() for word in match[3].split(",")]
    if match[1] == "friends":
        example.friends.append(words)
    elif match[1] == "people":
        example.people += words
    elif match[1] == "said":
        example.said.append(SAID.fullmatch(match[3]).groups())
    elif match[1] == "picture":
        example.pictures[match[2]] = words[0]
    elif match[1] == "server":
        example.options |= dict(word.split("=") for word in words)
    else:
        example.groups[match[2]] = [(word.split()[0], (word.split() + ["member"])[1]) for word in words]


def step_take(example, text):
    if match := FRAME.fullmatch(text):
        frame = json_of(example, match[3])
        if match[2] == "←" and frame.get("cmd") == 17 and example.steps[-1].kind == "send":
            example.steps[-1].refused = True
        example.steps.append(Step("send" if match[2] == "→" else "receive", match[1], frame))
    elif match := CALL.fullmatch(text):
        body = json_of(example, match[4]) if match[4] else None
        example.steps.append(Step("call", match[1], body, match[2], match[3]))
    elif match := ANSWER.fullmatch(text):
        call = example.steps[-1]
        if call.kind != "call" or call.answer is not None:
            raise Wrong(f"{example.name}: an answer to nothing: {text}")
        call.status = int(match[1] or 200)
        call.answer = json_of(example, match[2]) if match[2].startswith("{") else match[2]
    elif match := SESSION.fullmatch(text):
        example.steps.append(Step(match[2], match[1], code=int(match[3] or 0)))
    else:
        raise Wrong(f"{example.name}: no line of an example: {text}")


def json_of(example, text):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Wrong(f"{example.name}: {error}: {text}") from None


def play(server, example, saw=lambda *_: None):
    """Plays it, asserting each line. What is counted by the second gets three tries: a busy machine may be late."""
    for attempts in reversed(range(3 if LIMIT in example.options else 1)):
        try:
            return Play(server, example, saw).run()
        except AssertionError:
            if attempts == 0:
                raise


class Play:
    """One example on one server. saw: called with what passes, ((direction, channel), frame) of asyncapi.yaml and
    (call, status, answer)."""

    def __init__(self, server, example, saw=lambda *_: None):
        self.world = World(server)
        self.example = example
        self.saw = saw
        self.people = {}
        self.sessions = {}
        self.texts = {}  # what stands for <…>, within text
        self.values = {"<int:later>": int(time.time() * 1000) + HOUR_MS}  # and as a value of its own
        self.last = None  # the session that sent last
        self.limited = LIMIT in example.options  # a barrier counts, too: none then

    def run(self):
        try:
            self.prologue()
            for number, step in enumerate(self.example.steps):
                try:
                    getattr(self, "do_" + step.kind)(step)
                except (AssertionError, TimeoutError, Closed) as error:
                    where = f"{self.example.name}, step {number + 1} ({step.who or ''} {step.kind} {step.frame or step.path})"
                    raise AssertionError(f"{where}: {error}") from error
            for who, ws in self.sessions.items():
                self.settle(ws)
                left = [text for text in ws.messages if json.loads(text)["cmd"] not in PRESENCE]
                assert not left, f"{self.example.name}: {who} was also sent {left}"
        finally:
            self.world.close()

    # Who is there

    def prologue(self):
        example = self.example
        listed = [*example.people, *(name for names in example.friends for name in names)]
        listed += [name for members in example.groups.values() for name, _ in members]
        for name in dict.fromkeys(listed):
            self.know(name, self.world.user(name, uname=name))
        for names in example.friends:
            for i, name in enumerate(names):
                self.world.befriend(self.people[name], *(self.people[other] for other in names[i + 1 :]))
        for name, members in example.groups.items():
            self.group(name, members)
        for name, owner in example.pictures.items():
            self.texts[f"<fid:{name}>"] = stored(self.world, self.people[owner], png())["fid"]
        for name, other, content in example.said:
            chat = {"chat": 11 if other in example.groups else 10, "dstObj": self.texts[f"<{other}>"]}
            assert self.world.call2("POST", "/msg/send", self.people[name], **chat, msgType=1, content=content).data
        if example.said and any(step.route == "GET /msg/search" for step in example.calls()):
            self.wait_for_index()
        opened = {step.who for step in example.steps if step.kind == "opens"}
        used = [step.who for step in example.steps if step.kind in ("send", "receive")]
        for who in dict.fromkeys(used):
            if who not in opened:
                self.open(who)
        for ws in list(self.sessions.values()) * 2:
            if not self.limited:
                ws.before_barrier()

    def know(self, name, user):
        self.people[name] = user
        self.texts[f"<{name}>"] = user.email
        self.texts[f"<token:{name}>"] = user.token
        self.values[f"<int:{name}>"] = user.id

    def group(self, name, members):
        (owner,) = [self.people[member] for member, role in members if role == "owner"]
        group = self.world.group(owner, *(self.people[member] for member, role in members if role != "owner"), name=name)
        for member, role in members:
            if role == "admin":
                wanted = {"dstObj": str(group), "user": self.people[member].email, "role": "admin"}
                assert self.world.call2("POST", "/community/role", owner, **wanted).data
        self.texts[f"<{name}>"] = str(group)
        self.values[f"<int:{name}>"] = group

    def wait_for_index(self):
        """The index of searches is built behind the commit."""
        user = next(iter(self.people.values()))

        def reached():
            found = self.world.call2("GET", "/msg/search", user, {"q": "x"}).data
            return found["upTo"] >= found["head"]

        wait_until(reached, what="the index")

    def open(self, who):
        name, _, device = who.rstrip("'").partition("@")
        user = self.people[name]
        if device == "v1":
            ws = self.world.open(user)
        else:
            ws = self.world.open2(user, device or "phone")
        self.sessions[who] = ws
        return ws

    # Steps

    def do_send(self, step):
        self.overtaken()
        ws = self.sessions[step.who]
        frame = self.fill(step.frame)
        if not step.refused:
            self.saw(("in", channel(ws)), frame)
        ws.send(**frame)
        self.last = ws

    def do_receive(self, step):
        ws = self.sessions[step.who]
        if step.frame.get("cmd") == 16 and isinstance(ws, Ws2):
            got = ws.hello
        else:
            got = ws.take()
            while got["cmd"] in PRESENCE and step.frame["cmd"] not in PRESENCE:
                got = ws.take()
        self.saw(("out", channel(ws)), got)
        self.compare(step.frame, got)

    def do_call(self, step):
        self.overtaken()
        path, _, query = self.fill(step.path).partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        user = self.people[step.who] if step.who else None
        body = self.fill(step.frame) if step.frame is not None else None
        sent = body.encode() if isinstance(body, str) else body
        answer = self.world.call(step.method, path, pairs, user, [("v", "2")], sent)
        assert answer.status == step.status, f"{answer.status} {answer.text}"
        if isinstance(step.answer, str):
            wanted = self.fill(step.answer)
            got = answer.text.rstrip("\n")
            assert got == wanted or (wanted.endswith("…") and got.startswith(wanted[:-1])), answer.text
        elif step.answer is not None:
            self.saw(step, answer.status, answer.json())
            self.compare(step.answer, answer.json())
            self.register(step, body, answer.json())

    def register(self, step, body, answer):
        """A play that registers somebody can go on as him."""
        if step.route in ("POST /user/register", "POST /user/login") and answer["code"] == 0:
            for name, user in self.people.items():
                if user.email == body["email"]:
                    user.token = answer["data"]["token"]

    def do_opens(self, step):
        self.overtaken()
        self.open(step.who)

    def do_closes(self, step):
        self.sessions.pop(step.who).close()

    def do_ends(self, step):
        ws = self.sessions.pop(step.who)
        left = []
        try:
            while True:
                left.append(ws.text())
        except Closed as closed:
            assert closed.code == step.code, f"closed with {closed.code}"
        assert not left, f"before that came {left}"
        ws.sock.close()

    def settle(self, ws):
        """Until the server has dealt with what this session sent; what comes stays to be taken."""
        if not self.limited:
            ws.messages.extend(ws.before_barrier())

    def overtaken(self):
        """What another session does next must not overtake what the last one did."""
        if self.last in self.sessions.values():
            self.settle(self.last)
        self.last = None

    # Placeholders

    def fill(self, value):
        """The value with what is known put in."""
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if not isinstance(value, str):
            return value
        if value in self.values:
            return self.values[value]
        known = self.texts | {key: str(one) for key, one in self.values.items()}
        known |= {key.replace("int", "text", 1): str(one) for key, one in self.values.items()}

        def put(match):
            return "x" * int(match[2]) if match[1] == "long" else known.get(match[0], match[0])

        return PLACEHOLDER.sub(put, value)

    def compare(self, wanted, got, path="$"):
        if not isinstance(wanted, str) or not wanted.startswith("<signed:"):  # That may change from time to time.
            wanted = self.fill(wanted)
        if isinstance(wanted, dict):
            assert isinstance(got, dict) and list(got) == list(wanted), f"{path} is {json.dumps(got, ensure_ascii=False)}"
            for key, one in wanted.items():
                self.compare(one, got[key], f"{path}.{key}")
        elif isinstance(wanted, list):
            assert isinstance(got, list) and len(got) == len(wanted), f"{path} is {json.dumps(got, ensure_ascii=False)}"
            for i, one in enumerate(wanted):
                self.compare(one, got[i], f"{path}[{i}]")
        elif isinstance(wanted, str) and PLACEHOLDER.fullmatch(wanted):
            self.bind(wanted, got, path)
        else:
            assert got == wanted and type(got) is type(wanted), f"{path} is {got!r}, not {wanted!r}"

    def bind(self, wanted, got, path):
        kind, name = PLACEHOLDER.fullmatch(wanted).groups()
        if wanted == "<int:now>":
            assert isinstance(got, int) and abs(got - time.time() * 1000) < NOW_WINDOW_MS, f"{path} is {got!r}"
        elif kind == "int":
            assert isinstance(got, int) and not isinstance(got, bool), f"{path} is {got!r}"
        elif kind == "hex32":
            assert re.fullmatch("[0-9A-F]{32}", got), f"{path} is {got!r}"
        elif kind == "fid":
            assert re.fullmatch("[0-9a-f]{32}", got), f"{path} is {got!r}"
        elif kind == "signed":
            fid = self.texts[f"<fid:{name}>"]
            assert re.fullmatch(rf"/file/{fid}\?s=[\w.-]+", got), f"{path} is {got!r}"
        else:
            assert kind == "str" and isinstance(got, str), f"{path} is {got!r}, not {wanted}"
        if name and wanted != "<int:now>":
            (self.values if kind == "int" else self.texts)[wanted] = got


def channel(ws):
    return "chat" if isinstance(ws, Ws2) else "chatV1"


# As the description files show them

SAMPLE_TIMES = {"now": 1767225600000, "later": 1767225600000 + HOUR_MS}


def sample(value):
    """An example's value with placeholders made concrete; the same names always give the same values."""
    if isinstance(value, dict):
        return {key: sample(one) for key, one in value.items()}
    if isinstance(value, list):
        return [sample(one) for one in value]
    if not isinstance(value, str):
        return value
    if match := PLACEHOLDER.fullmatch(value):
        if match[1] == "int":
            return SAMPLE_TIMES.get(match[2]) or sample_number(match[2])
    return PLACEHOLDER.sub(sample_text, value)


def sample_number(name):
    return 1000 + sum(name.encode()) % 1000


def sample_text(match):
    kind, name = match.groups()
    if kind in ("int", "text"):
        return str(sample(f"<int:{name}>"))
    if kind == "long":
        return "xxx…"
    if kind in ("hex32", "token"):
        return "0123456789ABCDEF0123456789ABCDEF"
    if kind == "fid":
        return "0123456789abcdef0123456789abcdef"
    if kind == "signed":
        return "/file/0123456789abcdef0123456789abcdef?s=6955b900.AbCdEf0123456789-_AbCd"
    if kind == "str":
        return name or "text"
    return str(sample_number(name)) if len(name) == 1 else f"{name}@example.com"
