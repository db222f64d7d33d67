"""People and groups on a server, with names no other test uses."""

import dataclasses
import itertools
import os
import urllib.parse

from support.http import Connection, Response
from support.v2 import Ws2
from support.ws import Ws

PASSWORD = "abc123"
USER_KEYS = {"id", "email", "uname", "createAt", "deleteTimestamp", "online"}
UNAUTHORIZED = "未经授权的请求"


@dataclasses.dataclass
class User:
    email: str
    password: str
    uname: str
    id: int
    token: str

    @property
    def auth(self):
        return [("email", self.email), ("token", self.token)]

    @property
    def chat_target(self):
        """The page does not encode the email; neither does this."""
        return f"/chat?email={self.email}&token={self.token}"


class World:
    _count = itertools.count(1)

    def __init__(self, server):
        self.server = server
        self.tag = os.urandom(4).hex()
        self.sockets = []

    def close(self):
        for ws in self.sockets:
            ws.sock.close()

    def email(self, name="user"):
        return f"{name}{next(World._count)}.{self.tag}@test.com"

    # HTTP, a connection a call.

    def call(self, method, path, query=None, user=None, headers=(), body=None, source="127.0.0.1", **kind) -> Response:
        headers = [*(user.auth if user else ()), *headers]
        with Connection(self.server, source=source, tls=kind.pop("tls", None)) as connection:
            return connection.request(method, path, query, headers, body, **kind)

    def get(self, path, user, **query):
        return self.call("GET", path, query, user)

    def post(self, path, user=None, **body):
        return self.call("POST", path, user=user, body=body)

    def login(self, email, password=PASSWORD, **kind):
        return self.call("POST", "/user/login", body={"email": email, "password": password}, **kind)

    def call2(self, method, path, user=None, /, query=None, headers=(), **body):
        """A call of v2. A body is sent with every method but GET."""
        headers = [("v", "2"), *headers]
        return self.call(method, path, query, user, headers, None if method == "GET" else body)

    # People.

    def user(self, name="user", email=None, password=PASSWORD, uname=None, **kind):
        email = email or self.email(name)
        uname = name if uname is None else uname
        body = {"email": email, "password": password, "uname": uname}
        data = self.call("POST", "/user/register", body=body, **kind).data
        return User(email, password, uname, data["id"], data["token"])

    def again(self, user):
        """The same user with another token, as from a second device."""
        return dataclasses.replace(user, token=self.login(user.email, user.password).data["token"])

    def befriend(self, user, *others):
        for other in others:
            answer = self.post("/contact/add_friend", user, ownerEmail=user.email, dstObj=other.email, cate=1)
            assert answer.data == "添加好友成功"

    def friends(self, count=2):
        """Users, each of them the friend of all others."""
        users = [self.user(f"friend{i}_") for i in range(count)]
        for i, user in enumerate(users):
            self.befriend(user, *users[i + 1 :])
        return users

    def group(self, owner, *members, name=None):
        """A new group's id, as a number."""
        name = name or f"group {self.tag}"
        group = self.post("/community/create", owner, name=name, icon="", memo="").data["id"]
        for member in members:
            self.join(member, group)
        return group

    def join(self, member, group):
        answer = self.post("/contact/add_friend", member, ownerEmail=member.email, dstObj=str(group), cate=2)
        assert answer.data == "添加好友成功"

    # Sessions.

    def open(self, user, **kind):
        target = f"/chat?email={urllib.parse.quote(user.email)}&token={user.token}"
        ws = Ws(self.server, target, user=user, **kind)
        self.sockets.append(ws)
        return ws

    def open2(self, user, device="phone", **kind):
        """A v2 session; its hello is taken."""
        ws = Ws2(self.server, user, device, **kind)
        self.sockets.append(ws)
        return ws

    def settled2(self, *users, device="phone"):
        """The same as settled, with v2 sessions."""
        sessions = [self.open2(user, device) for user in users]
        for ws in sessions * 2:
            ws.before_barrier()
        return sessions

    def settled(self, *users):
        """Sessions of friends, with the news of each other's coming online already read."""
        sessions = [self.open(user) for user in users]
        for ws in sessions * 2:  # The last one's opening is told to the first ones.
            ws.before_barrier()
        return sessions

    def history(self, user, peer, **query):
        query = {"userEmail": user.email, "dstObj": peer.email} | query
        return self.call("GET", "/msg/friend_msg_list", query, user).data

    def group_history(self, user, group, **query):
        return self.call("GET", "/msg/community_msg_list", {"dstObj": group} | query, user).data
