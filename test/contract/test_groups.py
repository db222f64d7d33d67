"""Groups of v2: who may do what, what is told live, what stands in the history, and what v1 sees of it."""

import json
import time

import pytest

ARG, DENIED, BLOCKED, NOT_MEMBER, MUTED, NOT_FOUND, FULL = 2100, 2101, 2102, 2103, 2104, 2109, 2112
V1_KEYS = {"id", "name", "ownerEmail", "icon", "memo", "createAt", "deleteTimestamp"}
V2_KEYS = V1_KEYS | {"join", "size", "silenced", "history", "role"}
YEARS_11 = 11 * 366 * 24 * 3600 * 1000


def now_ms():
    return int(time.time() * 1000)


class Club:
    """A group of an owner, an admin and a member, with somebody outside, who are no friends of each other."""

    def __init__(self, world):
        self.world = world
        self.owner, self.admin, self.member, self.outsider = (
            world.user(name) for name in ("owner", "admin", "member", "outsider")
        )
        self.people = [self.owner, self.admin, self.member, self.outsider]
        self.id = world.group(self.owner, self.admin, self.member)
        self.post(self.owner, "role", user=self.admin.email, role="admin")

    def do(self, user, verb, method="POST", /, **fields):
        """The whole answer."""
        answer = self.world.call2(method, f"/community/{verb}", user, dstObj=str(self.id), **fields)
        assert answer.status == 200, answer.text
        return answer.json()

    def post(self, user, verb, /, **fields):
        return self.ok(self.do(user, verb, **fields))

    def put(self, user, verb, /, **fields):
        return self.ok(self.do(user, verb, "PUT", **fields))

    @staticmethod
    def ok(answer):
        assert answer["code"] == 0, answer
        return answer["data"]

    def get(self, user, what, /, **query):
        answer = self.world.call2("GET", f"/community/{what}", user, {"dstObj": self.id, **query})
        return answer.json()

    def info(self, user=None):
        return self.ok(self.get(user or self.owner, "info"))

    def roles(self):
        members = self.ok(self.get(self.owner, "members"))["members"]
        return {member["email"]: member["role"] for member in members}

    def notices(self, user=None):
        """What the history says happened, as (op, users, by)."""
        page = self.world.call2("GET", "/msg/pull", user or self.owner, {"chat": 11, "dstObj": self.id, "limit": 200})
        contents = [json.loads(one["content"]) for one in page.data["msgs"] if one["msgType"] == 13]
        return [(one["op"], one["users"], one["by"]) for one in contents]

    def sessions(self, *users):
        return self.world.settled2(*(users or self.people))


@pytest.fixture
def club(world):
    return Club(world)


def told(ws):
    """The group news that the session was told, without what all have in common."""
    news = []
    for frame in ws.frames():
        if frame["cmd"] == 31:
            assert frame.pop("chat") == 11 and frame.pop("cmd") == 31 and frame["userEmail"] == frame["by"]
            frame.pop("userEmail")
            news.append(frame)
    return news


def all_told(sessions, want):
    for ws in sessions:
        assert told(ws) == want, ws.user.email


# Every verb by everybody who may not.


def verbs(club):
    """(verb, method, fields, who may): owner, admin or member and those above."""
    member = club.member.email
    return [
        ("leave", "POST", {}, "member"),
        ("dismiss", "POST", {}, "owner"),
        ("invite", "POST", {"users": [club.outsider.email]}, "member"),
        ("kick", "POST", {"user": member}, "admin"),
        ("role", "POST", {"user": member, "role": "admin"}, "owner"),
        ("mute", "POST", {"user": member, "until": now_ms() + 60_000}, "admin"),
        ("mute_all", "POST", {"until": now_ms() + 60_000}, "admin"),
        ("transfer", "POST", {"user": member}, "owner"),
        ("respond", "POST", {"user": club.outsider.email, "agree": True}, "admin"),
        ("edit", "PUT", {"name": "new"}, "admin"),
        ("notice", "PUT", {"content": "new"}, "admin"),
        ("members", "GET", {}, "member"),
        ("applicants", "GET", {}, "admin"),
    ]


def asked(club, user, verb, method, fields):
    return club.get(user, verb, **fields) if method == "GET" else club.do(user, verb, method, **fields)


def test_who_ranks_too_low_is_refused_before_his_arguments_are_looked_at(club):
    before = club.info()
    sessions = club.sessions(club.owner, club.member)
    for verb, method, fields, least in verbs(club):
        low = {"member": [], "admin": [club.member], "owner": [club.member, club.admin]}[least]
        for user in low:
            for given in (fields, {}):
                assert asked(club, user, verb, method, given)["code"] == DENIED, (verb, user.email)
        assert asked(club, club.outsider, verb, method, fields)["code"] == NOT_MEMBER, verb
        assert asked(club, club.outsider, verb, method, {})["code"] == NOT_MEMBER, verb
    assert club.info() == before
    all_told(sessions, [])


def test_who_was_a_member_is_none(club):
    club.post(club.owner, "kick", user=club.member.email)
    for verb, method, fields, _ in verbs(club):
        assert asked(club, club.member, verb, method, fields)["code"] == NOT_MEMBER, verb


@pytest.mark.parametrize("group", ["99999999", "x", "-1", "0", "1e3", "99999999999999999999"])
def test_of_a_group_that_is_not_nobody_is_a_member(world, club, group):
    club.id = group
    for verb, method, fields, _ in verbs(club):
        assert asked(club, club.owner, verb, method, fields)["code"] == NOT_MEMBER, verb
    assert club.do(club.owner, "join")["code"] == NOT_FOUND
    assert club.get(club.owner, "info")["code"] == NOT_FOUND


def test_a_group_has_to_be_named(world, club):
    for verb, method, fields, _ in [*verbs(club), ("join", "POST", {}, None), ("info", "GET", {}, None)]:
        if method == "GET":
            answer = world.call2("GET", f"/community/{verb}", club.owner)
        else:
            answer = world.call2(method, f"/community/{verb}", club.owner, **fields)
        assert answer.json()["code"] == ARG, verb


def test_bad_arguments_change_nothing(club):
    before, roles = club.info(), club.roles()
    sessions = club.sessions(club.owner, club.member)
    member, far = club.member.email, now_ms() + YEARS_11
    bad = [
        ("invite", "POST", {}),
        ("invite", "POST", {"users": []}),
        ("invite", "POST", {"users": [1, {}]}),
        ("invite", "POST", {"users": [member] * 501}),
        ("kick", "POST", {}),
        ("kick", "POST", {"user": ""}),
        ("kick", "POST", {"user": [member]}),
        ("role", "POST", {"user": member}),
        ("role", "POST", {"user": member, "role": "owner"}),
        ("role", "POST", {"user": member, "role": 1}),
        ("role", "POST", {"role": "admin"}),
        ("mute", "POST", {"user": member}),
        ("mute", "POST", {"user": member, "until": -1}),
        ("mute", "POST", {"user": member, "until": "soon"}),
        ("mute", "POST", {"user": member, "until": far}),
        ("mute", "POST", {"until": 0}),
        ("mute_all", "POST", {}),
        ("mute_all", "POST", {"until": -1}),
        ("mute_all", "POST", {"until": far}),
        ("transfer", "POST", {}),
        ("respond", "POST", {"user": member}),
        ("respond", "POST", {"user": member, "agree": "perhaps"}),
        ("respond", "POST", {"agree": True}),
        ("edit", "PUT", {}),
        ("edit", "PUT", {"name": ""}),
        ("edit", "PUT", {"name": "x" * 65}),
        ("edit", "PUT", {"name": "a\nb"}),
        ("edit", "PUT", {"name": {"a": 1}}),
        ("edit", "PUT", {"name": "good", "icon": "x" * 256}),
        ("edit", "PUT", {"name": "good", "memo": "x" * 513}),
        ("edit", "PUT", {"name": "good", "join": "sometimes"}),
        ("edit", "PUT", {"name": "good", "join": 1}),
        ("edit", "PUT", {"name": "good", "history": "none"}),
        ("notice", "PUT", {}),
        ("notice", "PUT", {"content": "x" * 4097}),
        ("notice", "PUT", {"content": "a\u0001"}),
        ("members", "GET", {"cursor": "x"}),
        ("members", "GET", {"cursor": "-1"}),
        ("members", "GET", {"limit": "0"}),
        ("applicants", "GET", {"limit": "x"}),
    ]
    for verb, method, fields in bad:
        assert asked(club, club.owner, verb, method, fields)["code"] == ARG, (verb, fields)
    for verb in ("kick", "role", "mute", "transfer", "respond"):
        for nobody in ("nobody@nowhere.cc", club.outsider.email):
            fields = {"user": nobody, "role": "admin", "until": 0, "agree": True}
            assert club.do(club.owner, verb, **fields)["code"] == NOT_FOUND, (verb, nobody)
    assert (club.info(), club.roles()) == (before, roles)
    all_told(sessions, [])


# Making one.


def create(world, owner, **fields):
    return world.call2("POST", "/community/create", owner, **{"name": f"g {world.tag}", **fields}).json()


def test_a_group_is_made_with_friends_in_it(world):
    owner, one, two = world.friends(3)
    sessions = world.settled2(owner, one, two)
    group = create(world, owner, name="早茶 <&>", icon="/i.png", memo="m", members=[one.email, two.email.upper(), one.email])
    assert group["code"] == 0
    group = group["data"]
    assert set(group) == V2_KEYS - {"role"}
    assert (group["size"], group["join"], group["silenced"], group["history"]) == (3, "open", 0, "all")
    assert (group["name"], group["ownerEmail"]) == ("早茶 <&>", owner.email)
    users = [one.email, two.email]
    news = {"dstObj": str(group["id"]), "op": "create", "users": users, "by": owner.email, "name": "早茶 <&>"}
    for ws in sessions:
        frames = ws.frames()
        assert [frame for frame in frames if frame["cmd"] == 31] == [{"cmd": 31, "chat": 11, "userEmail": owner.email} | news]
        (notice,) = [frame for frame in frames if frame["cmd"] == 11]
        assert (notice["seq"], notice["msgType"]) == (1, 13)
        assert json.loads(notice["content"]) == {key: news[key] for key in ("op", "users", "by", "name")}
    assert sessions[1].send_ack(group["id"], "hello", cmd=11)["seq"] == 2
    assert [one["content"] for one in sessions[2].frames()] == ["hello"]
    own = world.call2("GET", "/community/community_list", owner).data
    assert own == [group | {"role": "owner"}] and set(own[0]) == V2_KEYS
    assert world.call2("GET", "/community/community_list", one).data == [group | {"role": "member"}]
    found = world.call2("GET", "/community/search_community", one, {"info": str(group["id"])}).data
    assert group in found
    (v1,) = world.get("/community/community_list", owner).data
    assert set(v1) == V1_KEYS and v1["name"] == "早茶 &lt;&amp;&gt;"


def test_who_may_not_be_brought_in_leaves_no_group(world):
    owner, friend = world.friends(2)
    stranger = world.user()
    for members, code in (
        ([friend.email, stranger.email], BLOCKED),
        ([friend.email, "nobody@nowhere.cc"], NOT_FOUND),
        ([friend.email] * 501, ARG),
        ([{}], ARG),
        ({}, ARG),
    ):
        assert create(world, owner, members=members)["code"] == code, members
    assert create(world, owner, name="", members=[friend.email])["code"] == ARG
    assert world.get("/community/community_list", friend).data == []
    assert create(world, owner, members=[])["data"]["size"] == 1
    assert create(world, owner, members=[owner.email])["data"]["size"] == 1


# Coming in.


def test_joining_an_open_group(club):
    sessions = club.sessions()
    assert club.post(club.outsider, "join") == {"joined": True}
    email = club.outsider.email
    news = {"dstObj": str(club.id), "op": "join", "users": [email], "by": email}
    all_told(sessions, [news])
    assert club.notices()[-1] == ("join", [email], email)
    assert club.roles()[email] == "member" and club.info()["size"] == 4
    assert club.do(club.outsider, "join")["code"] == ARG  # is a member
    assert sessions[3].send_ack(club.id, "here I am", cmd=11)["cmd"] == 1


def test_a_joiners_own_notice_is_no_news_to_him(world, club):
    (ws,) = club.sessions(club.outsider)
    ws.ask(cmd=18)
    club.post(club.outsider, "join")
    ws.frames()
    (chat,) = ws.ask(cmd=18)["chats"]
    assert (chat["dstObj"], chat["unread"]) == (str(club.id), 0)
    assert json.loads(chat["msgs"][-1]["content"])["op"] == "join"


def test_a_closed_group_lets_nobody_in(world, club):
    club.put(club.owner, "edit", join="closed")
    sessions = club.sessions()
    assert club.do(club.outsider, "join")["code"] == DENIED
    body = {"ownerEmail": club.outsider.email, "dstObj": str(club.id), "cate": 2}
    assert world.post("/contact/add_friend", club.outsider, **body).error == (2005, "好友添加失败，请重试")
    assert sessions[3].do(cmd=15, msgType=7, dstObj=str(club.id))["code"] == DENIED
    assert club.do(club.member, "invite", users=[club.outsider.email])["code"] == DENIED
    all_told(sessions, [])
    world.befriend(club.admin, club.outsider)
    assert club.post(club.admin, "invite", users=[club.outsider.email]) == {"users": [club.outsider.email]}


def test_joining_by_approval(club):
    club.put(club.owner, "edit", join="approve")
    sessions = club.sessions()
    email = club.outsider.email
    assert club.post(club.outsider, "join", reason="请让我进来") == {"joined": False}
    news = {"dstObj": str(club.id), "op": "apply", "users": [email], "by": email, "reason": "请让我进来"}
    all_told(sessions[:2], [news])
    all_told(sessions[2:], [])
    (one,) = club.ok(club.get(club.admin, "applicants"))["applicants"]
    assert (one["email"], one["uname"], one["reason"]) == (email, "outsider", "请让我进来")
    assert abs(one["createAt"] - now_ms()) < 60_000
    assert sessions[3].send_ack(club.id, "x", cmd=11)["code"] == NOT_MEMBER
    assert club.do(club.outsider, "join", reason="x" * 256)["code"] == ARG
    # Agreed.
    club.post(club.admin, "respond", user=email, agree=True)
    all_told(sessions, [{"dstObj": str(club.id), "op": "join", "users": [email], "by": club.admin.email}])
    assert club.notices()[-1] == ("join", [email], club.admin.email)
    assert club.ok(club.get(club.admin, "applicants")) == {"applicants": []}
    assert club.do(club.admin, "respond", user=email, agree=True)["code"] == NOT_FOUND


def test_a_refused_applicant_hears_of_it(club):
    club.put(club.owner, "edit", join="approve")
    club.post(club.outsider, "join")
    sessions = club.sessions()
    club.post(club.admin, "respond", user=club.outsider.email, agree=False)
    news = {"dstObj": str(club.id), "op": "reject", "users": [club.outsider.email], "by": club.admin.email}
    all_told([sessions[0], sessions[1], sessions[3]], [news])
    all_told([sessions[2]], [])
    assert club.ok(club.get(club.owner, "applicants")) == {"applicants": []}
    assert club.outsider.email not in club.roles()


def test_v1_applies_without_noticing(world, club):
    club.put(club.owner, "edit", join="approve")
    (owner,) = club.sessions(club.owner)
    page, member = world.settled(club.outsider, club.member)
    page.send(userEmail=club.outsider.email, dstObj=str(club.id), cmd=15, msgType=7, createAt=1)
    assert page.before_barrier() == [] and member.before_barrier() == []
    owner.find(cmd=31, op="apply")
    body = {"ownerEmail": club.outsider.email, "dstObj": str(club.id), "cate": 2}
    assert world.post("/contact/add_friend", club.outsider, **body).data == "申请已发送"
    club.post(club.owner, "respond", user=club.outsider.email, agree=True)
    for ws in (page, member):
        (frame,) = [json.loads(text) for text in ws.before_barrier()]
        assert (frame["cmd"], frame["msgType"], frame["userEmail"]) == (15, 7, club.outsider.email)
    page.say_group(club.id, "in")
    page.before_barrier()
    assert [json.loads(text)["content"] for text in member.before_barrier()] == ["in"]


def test_the_invited_are_members_at_once(world, club):
    world.befriend(club.member, club.outsider, club.admin)
    other = world.user()
    world.befriend(club.member, other)
    sessions = club.sessions()
    seen, page = world.settled(club.admin, other)
    for ws in sessions:
        ws.frames()
    users = [club.outsider.email, other.email]
    assert club.post(club.member, "invite", users=[club.admin.email, *users, users[0]]) == {"users": users}
    all_told(sessions, [{"dstObj": str(club.id), "op": "join", "users": users, "by": club.member.email}])
    frames = [json.loads(text) for text in page.before_barrier()]
    assert [(one["cmd"], one["msgType"], one["userEmail"]) for one in frames] == [(15, 7, other.email)]
    frames = [json.loads(text) for text in seen.before_barrier()]
    assert [(one["cmd"], one["msgType"], one["userEmail"]) for one in frames] == [(15, 7, email) for email in users]
    assert club.notices()[-1] == ("join", users, club.member.email)
    assert club.info()["size"] == 5
    assert club.post(club.member, "invite", users=users) == {"users": []}
    all_told(sessions, [])


def test_members_are_passed_over_whatever_stands_between(world, club):
    world.befriend(club.owner, club.member, club.outsider)
    assert world.call2("POST", "/contact/block", club.member, dstObj=club.owner.email).data is True
    assert world.call2("POST", "/contact/block", club.owner, dstObj=club.admin.email).data is True
    users = [club.member.email, club.admin.email, club.owner.email]
    assert club.post(club.owner, "invite", users=users) == {"users": []}
    assert club.post(club.owner, "invite", users=[*users, club.outsider.email]) == {"users": [club.outsider.email]}
    assert club.info()["size"] == 4


def test_one_who_may_not_be_invited_keeps_all_out(world, club):
    friend = world.user()
    world.befriend(club.owner, friend, club.outsider)
    stranger = world.user()
    sessions = club.sessions()
    for users, code in (
        ([friend.email, stranger.email], BLOCKED),
        ([friend.email, "nobody@nowhere.cc"], NOT_FOUND),
    ):
        assert club.do(club.owner, "invite", users=users)["code"] == code
    assert club.info()["size"] == 3
    all_told(sessions, [])


# Going out.


def test_leaving(world, club):
    sessions = club.sessions()
    email = club.member.email
    club.post(club.member, "leave")
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "leave", "users": [email], "by": email}])
    assert club.notices()[-1] == ("leave", [email], email)
    assert email not in club.roles() and club.info()["size"] == 2
    sessions[0].send_ack(club.id, "without him", cmd=11)
    assert sessions[2].frames() == []
    assert sessions[2].send_ack(club.id, "x", cmd=11)["code"] == NOT_MEMBER
    assert world.get("/community/community_list", club.member).data == []
    assert club.post(club.member, "join") == {"joined": True}
    sessions[0].send_ack(club.id, "with him again", cmd=11)
    assert [one["content"] for one in sessions[2].frames() if one.get("msgType") == 1] == ["with him again"]


def test_an_owner_leaves_only_as_the_last(club):
    assert club.do(club.owner, "leave")["code"] == DENIED
    club.post(club.member, "leave")
    club.post(club.admin, "leave")
    (ws,) = club.sessions(club.owner)
    club.post(club.owner, "leave")
    assert [one["op"] for one in told(ws)] == ["dismiss"]
    assert club.get(club.owner, "info")["code"] == NOT_FOUND


def test_kicking(club):
    sessions = club.sessions()
    email = club.member.email
    for user in (club.owner, club.admin):
        assert club.do(club.admin, "kick", user=user.email)["code"] == DENIED
    club.post(club.admin, "kick", user=email)
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "kick", "users": [email], "by": club.admin.email}])
    assert club.notices()[-1] == ("kick", [email], club.admin.email)
    sessions[0].send_ack(club.id, "without him", cmd=11)
    assert sessions[2].frames() == []
    assert club.get(club.member, "members")["code"] == NOT_MEMBER
    club.post(club.owner, "kick", user=club.admin.email)
    assert club.roles() == {club.owner.email: "owner"}


def test_who_was_kicked_while_away_learns_it_from_the_sync(club):
    (ws,) = club.sessions(club.member)
    delta = ws.ask(cmd=18)
    (chat,) = [one for one in delta["chats"] if one["dstObj"] == str(club.id)]
    ws.send(cmd=1, chat=11, dstObj=str(club.id), seq=chat["seq"], mver=chat["mver"])
    ws.before_barrier()
    ws.close()
    club.post(club.owner, "kick", user=club.member.email)
    (ws,) = club.sessions(club.member)
    delta = ws.ask(cmd=18)
    assert delta["chats"] == [] and [one["dstObj"] for one in delta["gone"]] == [str(club.id)]


# Ranks and silence.


def test_roles(club):
    sessions = club.sessions()
    email = club.member.email
    club.post(club.owner, "role", user=email, role="admin")
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "role", "users": [email], "by": club.owner.email, "role": "admin"}])
    assert club.roles()[email] == "admin"
    before = club.notices()
    club.post(club.owner, "role", user=email, role="admin")
    all_told(sessions, [])
    club.post(club.owner, "role", user=email, role="member")
    assert club.roles()[email] == "member" and club.notices() == before
    assert club.do(club.owner, "role", user=club.owner.email, role="member")["code"] == DENIED
    assert club.do(club.member, "kick", user=club.admin.email)["code"] == DENIED


def test_transfer(club):
    sessions = club.sessions()
    email = club.member.email
    assert club.do(club.owner, "transfer", user=club.owner.email)["code"] == DENIED
    club.post(club.owner, "transfer", user=email)
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "transfer", "users": [email], "by": club.owner.email}])
    assert club.notices()[-1] == ("transfer", [email], club.owner.email)
    assert club.roles() == {email: "owner", club.owner.email: "admin", club.admin.email: "admin"}
    assert club.info()["ownerEmail"] == email
    club.post(club.owner, "leave")


def test_a_muted_member_is_silent_until_then(world, club):
    sessions = club.sessions()
    (page,) = world.settled(club.member)
    until = now_ms() + 3_600_000
    club.post(club.admin, "mute", user=club.member.email, until=until)
    news = {"dstObj": str(club.id), "op": "mute", "users": [club.member.email], "by": club.admin.email, "until": until}
    all_told(sessions[:3], [news])
    before = club.notices()
    assert sessions[2].send_ack(club.id, "x", cmd=11)["code"] == MUTED
    page.say_group(club.id, "x")
    assert page.before_barrier() == []
    members = club.ok(club.get(club.member, "members"))["members"]
    assert {one["email"]: one["until"] for one in members}[club.member.email] == until
    for user in (club.owner, club.admin):
        assert club.do(club.admin, "mute", user=user.email, until=until)["code"] == DENIED
    club.post(club.admin, "mute", user=club.member.email, until=0)
    assert sessions[2].send_ack(club.id, "again", cmd=11)["cmd"] == 1
    assert club.notices() == before


def test_muting_all_leaves_owner_and_admins_their_voice(club):
    sessions = club.sessions()
    until = now_ms() + 3_600_000
    club.post(club.admin, "mute_all", until=until)
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "muteAll", "users": [], "by": club.admin.email, "until": until}])
    assert club.notices()[-1] == ("muteAll", [], club.admin.email)
    assert club.info()["silenced"] == until
    assert sessions[2].send_ack(club.id, "x", cmd=11)["code"] == MUTED
    assert sessions[1].send_ack(club.id, "x", cmd=11)["cmd"] == 1
    club.post(club.owner, "mute_all", until=1)  # is over
    assert club.info()["silenced"] == 0
    assert sessions[2].send_ack(club.id, "x", cmd=11)["cmd"] == 1


# The group itself.


def test_an_edit_tells_what_changed(club):
    sessions = club.sessions()
    club.put(club.admin, "edit", name="新名", memo="m", join="approve", history="joined")
    news = {"dstObj": str(club.id), "op": "edit", "users": [], "by": club.admin.email}
    news |= {"name": "新名", "memo": "m", "join": "approve", "history": "joined"}
    all_told(sessions[:3], [news])
    info = club.info(club.member)
    assert (info["name"], info["memo"], info["join"], info["history"], info["role"]) == ("新名", "m", "approve", "joined", "member")
    assert club.notices()[-1] == ("edit", [], club.admin.email)
    before = club.notices()
    club.put(club.owner, "edit", icon="/i.png")
    assert club.notices() == before and club.info()["icon"] == "/i.png" and club.info()["name"] == "新名"


def test_a_notice_of_the_group(club):
    sessions = club.sessions()
    text = "今晚八点 <b>\n" + "长" * 4000
    club.put(club.admin, "notice", content=text)
    news = {"dstObj": str(club.id), "op": "notice", "users": [], "by": club.admin.email, "content": text}
    all_told(sessions[:3], [news])
    assert club.info(club.member)["notice"] == text
    assert club.notices()[-1] == ("notice", [], club.admin.email)
    club.put(club.owner, "notice", content="")
    assert "notice" not in club.info()


def test_dismissing(world, club):
    sessions = club.sessions()
    (page,) = world.settled(club.member)
    club.post(club.owner, "dismiss")
    all_told(sessions[:3], [{"dstObj": str(club.id), "op": "dismiss", "users": [], "by": club.owner.email}])
    assert sessions[0].send_ack(club.id, "x", cmd=11)["code"] == NOT_MEMBER
    page.say_group(club.id, "x")
    assert page.before_barrier() == []
    for user in (club.owner, club.member):
        assert world.get("/community/community_list", user).data == []
        assert world.get("/community/search_community", user, info=str(club.id)).data == []
        assert world.call("GET", "/msg/community_msg_list", {"dstObj": club.id}, user).error[0] == DENIED
    assert club.do(club.outsider, "join")["code"] == NOT_FOUND
    body = {"ownerEmail": club.outsider.email, "dstObj": str(club.id), "cate": 2}
    assert world.post("/contact/add_friend", club.outsider, **body).error[0] == 2003
    assert world.group(club.owner) > club.id


def test_strangers_see_the_face_of_a_group_only(club):
    club.put(club.owner, "notice", content="secret")
    info = club.info(club.outsider)
    assert set(info) == {"id", "name", "icon", "memo", "join", "size"} and info["size"] == 3
    assert set(club.info(club.member)) == V2_KEYS | {"notice"}


def test_members_in_pages(world, club):
    world.befriend(club.member, club.outsider)
    club.post(club.outsider, "join")
    club.sessions(club.admin)
    seen, cursor = [], ""
    while cursor is not None:
        page = club.ok(club.get(club.member, "members", limit=2, **({"cursor": cursor} if cursor else {})))
        seen += page["members"]
        assert len(page["members"]) == 2
        cursor = page.get("cursor")
    assert [one["email"] for one in seen] == [user.email for user in club.people]  # by user id
    assert [one["role"] for one in seen] == ["owner", "admin", "member", "member"]
    assert [one["online"] for one in seen] == [0, 1, 0, 0]
    assert set(seen[0]) == {"email", "uname", "role", "until", "online", "joinedAt"}
    assert abs(seen[0]["joinedAt"] - now_ms()) < 60_000


# v1 beside v2.


def test_v1_sees_joins_and_nothing_else(world, club):
    (page,) = world.settled(club.member)
    away = world.again(club.member)
    club.put(club.owner, "edit", name="other")
    club.put(club.owner, "notice", content="n")
    club.post(club.owner, "mute_all", until=now_ms() + 1000)
    club.post(club.owner, "mute_all", until=0)
    club.post(club.owner, "kick", user=club.admin.email)
    club.post(club.outsider, "join")
    club.post(club.outsider, "leave")
    frames = [json.loads(text) for text in page.before_barrier()]
    assert [(one["cmd"], one["userEmail"]) for one in frames] == [(15, club.outsider.email)]
    (ws,) = club.sessions(club.owner)
    ws.send_ack(club.id, "said", cmd=11)
    assert [json.loads(text)["content"] for text in page.before_barrier()] == ["said"]
    assert [one["content"] for one in world.group_history(club.member, club.id)] == ["said"]
    backlog = world.open(away)
    assert [json.loads(text)["content"] for text in backlog.before_barrier()] == ["said"]


def test_notices_alone_do_not_come_back_at_every_connection(world, club):
    club.put(club.owner, "notice", content="n")
    page = world.open(club.member)
    page.before_barrier()
    page.pump(1.5)  # The pong is taken and the cursor saved.
    page.close()
    world.open(club.member).before_barrier()


# Deleted accounts.


def delete(world, user):
    assert world.post("/user/delete", user, password=user.password).data == "账号已注销"


def test_a_deleted_owners_group_goes_to_its_admin(world, club):
    world.befriend(club.owner, club.outsider)
    sessions = club.sessions(club.admin, club.member)
    delete(world, club.owner)
    for ws in sessions:
        assert [(one["op"], one["users"]) for one in told(ws)] == [
            ("transfer", [club.admin.email]),
            ("leave", [club.owner.email]),
        ]
    neutral = f"deleted-{club.owner.id}@deleted.invalid"
    assert club.notices(club.admin)[-2:] == [("transfer", [club.admin.email], neutral), ("leave", [neutral], neutral)]
    club.owner = club.admin
    assert club.roles() == {club.admin.email: "owner", club.member.email: "member"}
    assert club.info()["size"] == 2 and club.info()["ownerEmail"] == club.admin.email
    delete(world, club.admin)
    club.owner = club.member
    assert club.roles() == {club.member.email: "owner"}
    delete(world, club.member)
    assert club.get(club.outsider, "info")["code"] == NOT_FOUND


def test_a_deleted_applicant_is_none(world, club):
    club.put(club.owner, "edit", join="approve")
    club.post(club.outsider, "join")
    delete(world, club.outsider)
    assert club.ok(club.get(club.owner, "applicants")) == {"applicants": []}


# Bounds.


def test_a_full_group_takes_nobody(make_server):
    from support.world import World

    world = World(make_server({"group.size_max": 3}))
    club = Club(world)
    world.befriend(club.owner, club.outsider)
    extra = world.user()
    world.befriend(club.owner, extra)
    assert club.do(club.outsider, "join")["code"] == FULL
    assert club.do(club.owner, "invite", users=[club.outsider.email])["code"] == FULL
    body = {"ownerEmail": club.outsider.email, "dstObj": str(club.id), "cate": 2}
    assert world.post("/contact/add_friend", club.outsider, **body).error[0] == 2005
    club.put(club.owner, "edit", join="approve")
    club.post(club.outsider, "join")
    assert club.do(club.owner, "respond", user=club.outsider.email, agree=True)["code"] == FULL
    assert len(club.ok(club.get(club.owner, "applicants"))["applicants"]) == 1
    club.post(club.member, "leave")
    club.post(club.owner, "respond", user=club.outsider.email, agree=True)
    assert club.info()["size"] == 3
    assert create(world, club.owner, members=[extra.email, club.outsider.email])["code"] == 0
    fourth = world.user()
    world.befriend(club.owner, fourth)
    members = [extra.email, club.outsider.email, fourth.email]
    assert create(world, club.owner, members=members)["code"] == FULL
    world.close()


def test_strangers_may_be_invited_where_strangers_may_write(make_server):
    from support.world import World

    world = World(make_server({"policy.strangers": "allow"}))
    club = Club(world)
    assert club.post(club.member, "invite", users=[club.outsider.email]) == {"users": [club.outsider.email]}
    world.close()


@pytest.mark.one_node("each node gives a user his rate")
def test_changing_groups_counts_against_the_rate(make_server):
    from support.world import World

    world = World(make_server({"limits.message_per_s": 1, "limits.message_burst": 3}))
    user = world.user()
    group = world.group(user)
    answers = [world.call2("PUT", "/community/notice", user, dstObj=str(group), content=str(i)) for i in range(6)]
    assert answers[0].status == 200
    assert answers[-1].status == 429 and answers[-1].json()["code"] == 2108
    world.close()
