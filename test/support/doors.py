"""Changes of messages through either door: a frame or its REST twin. And what is left of them in the store."""

from support.store import rows

RECALL, EDIT, DELETE, REACT, PIN = 24, 25, 26, 27, 28
PATHS = {RECALL: "/msg/recall", EDIT: "/msg/edit", DELETE: "/msg/delete", REACT: "/msg/react", PIN: "/msg/pin"}
ARG, DENIED, BLOCKED, NOT_MEMBER, MUTED, LATE, LARGE, NOT_FOUND = 2100, 2101, 2102, 2103, 2104, 2105, 2106, 2109


class Door:
    """One way to ask, "frame" or "rest". do(...) returns 0 or the code of the refusal."""

    def __init__(self, world, kind):
        self.world = world
        self.kind = kind

    def do(self, ws, cmd, to, chat=None, **fields):
        dst = str(getattr(to, "email", to))
        chat = chat or (11 if dst.isdigit() else 10)
        if self.kind == "frame":
            error = ws.do(cmd=cmd, chat=chat, dstObj=dst, **fields)
            return error["code"] if error else 0
        answer = self.world.call2("POST", PATHS[cmd], ws.user, chat=chat, dstObj=dst, **fields)
        assert answer.status == 200
        if answer.json()["code"] == 0:
            assert answer.data is True
        return answer.json()["code"]


def told(ws):
    """What changes the session was told of, in order."""
    return [frame for frame in ws.frames() if frame["cmd"] in PATHS]


def store(world, text, *values):
    """The rows of a query over the server's own store."""
    return rows(world.server, text, *values)


def row(world, ack):
    """(state, content, flags, attrs) of a message that was sent, as docs/STORAGE.md says where they are."""
    text = "SELECT state, COALESCE(e.content, m.content), flags & 7, attrs FROM message m"
    return store(world, f"{text} LEFT JOIN edition e ON e.message = m.id WHERE m.id = ?", ack["id"])[0]


def mutations(world, ack):
    """(mver, cmd) of all changes in the chat of a message that was sent."""
    text = "SELECT n.mver, n.cmd FROM mutation n JOIN message m ON m.chat = n.chat WHERE m.id = ? ORDER BY n.mver"
    return store(world, text, ack["id"])
