"""Who may do what: an entry for every call and frame the server knows (test_permissions.py goes through it).

A role means something in a context, and each entry names its context:

    group   owner, admin, member, former (was in it, left), stranger (never was), blocked (a member whom the
            owner has blocked: a block stands between two people, and changes nothing in a group)
    direct  friend, former (was a friend), stranger, blocked (by the peer), always facing the peer
    own     user: what is asked concerns nobody but the caller, so that no role in a group or chat counts
    open    anybody: no token is asked

and in each of the first three anonymous (no token) and expired (a token past accounts.token_idle): both 401,
for a frame because no session opens. A code of 0 means that it is done; one of None that it is done and
nothing is answered.

ask gives what is sent, made from the case (test_permissions.Case): who acts, the group or the peer, and
somebody else to do it to."""

import dataclasses
import hashlib
import time

from support.media import png

ROLES = {
    "group": ("owner", "admin", "member", "former", "stranger", "blocked"),
    "direct": ("friend", "former", "stranger", "blocked"),
    "own": ("user",),
    "open": ("anybody",),
}


def nothing(case):
    pass


@dataclasses.dataclass
class Entry:
    context: str
    codes: dict  # role: code
    ask: object = lambda case: {}
    options: dict = dataclasses.field(default_factory=dict)  # of the server
    fresh: bool = False  # people who share nothing else with each other
    before: object = nothing  # what has to be there, done by somebody else


def own(ask=lambda case: {}, code=0, **kind):
    return Entry("own", {"user": code}, ask, **kind)


def anybody(ask=lambda case: {}, code=0, **kind):
    return Entry("open", {"anybody": code}, ask, **kind)


def direct(ask, friend=0, former=0, stranger=0, blocked=0, **kind):
    return Entry("direct", {"friend": friend, "former": former, "stranger": stranger, "blocked": blocked}, ask, **kind)


def group(ask, owner=0, admin=0, member=0, outside=0, stranger=None, blocked=None, **kind):
    """outside: those not in it. stranger and blocked: where they differ from outside and member."""
    codes = {"owner": owner, "admin": admin, "member": member, "former": outside}
    codes["stranger"] = outside if stranger is None else stranger
    codes["blocked"] = member if blocked is None else blocked
    return Entry("group", codes, ask, **kind)


def text(case):
    return {**case.chat, "msgType": 1, "content": "from a case"}


def own_message(case, **more):
    """A stranger has none: the first there may be."""
    return {**case.chat, "seq": case.own_seq or 1, **more}


def peers_message(case, **more):
    return {**case.chat, "seq": case.seq or 1, **more}


def own_messages(case, **more):
    return {**case.chat, "seqs": [case.own_seq or 1], **more}


def peers_messages(case, **more):
    return {**case.chat, "seqs": [case.seq or 1], **more}


# What a case needs beside its people


def friend_of_actor(case):
    """Somebody new, to be brought in."""
    case.note = case.world.user("friend")
    case.world.befriend(case.actor, case.note)


def applicant(case):
    case.note = case.world.user("applicant")
    case.world.call2("PUT", "/community/edit", case.owner, dstObj=case.group, join="approve").data
    case.world.call2("POST", "/community/join", case.note, dstObj=case.group).data


def by_approval(case):
    case.world.call2("PUT", "/community/edit", case.owner, dstObj=case.group, join="approve").data


def closed(case):
    case.world.call2("PUT", "/community/edit", case.owner, dstObj=case.group, join="closed").data


def asked(case, one, other):
    """one's request to be other's friend; an id of none where there can be none."""
    answer = case.world.call2("POST", "/contact/request", one, dstObj=other.email).json()
    case.note = answer.get("data", {}).get("id", 1 << 40)


def asked_by_peer(case):
    asked(case, case.peer, case.actor)


def asked_by_actor(case):
    asked(case, case.actor, case.peer)


def on_a_phone(case):
    case.world.open2(case.actor, "phone").close()


def file_of(case, user):
    data = case.world.call("POST", "/file/upload", None, user, (), b"from a case").data
    case.note = {"fid": data["fid"], "s": data["signed"].partition("?s=")[2]}


def file_of_actor(case):
    file_of(case, case.actor)


def file_of_peer(case):
    file_of(case, case.peer)


def begun_by(case, user):
    asked = {"size": 11, "sha256": hashlib.sha256(b"from a case").hexdigest(), "name": "a"}
    case.note = {"fid": case.world.post("/file/init", user, **asked).data["fid"]}


def begun_by_actor(case):
    begun_by(case, case.actor)


def begun_by_peer(case):
    begun_by(case, case.peer)


def sent_by(case, user):
    begun_by(case, user)
    assert case.world.call("PUT", "/file/part", {**case.note, "n": 0}, user, (), b"from a case").data


def sent_by_actor(case):
    sent_by(case, case.actor)


def sent_by_peer(case):
    sent_by(case, case.peer)


def file_from_peer(case):
    """In the chat; where the peer can't write to the actor (any more), it was never shown."""
    file_of_peer(case)
    dst = case.group or case.actor.email
    shown = {"chat": case.chat["chat"], "dstObj": dst, "msgType": 8, "content": "/file/" + case.note["fid"]}
    case.world.call2("POST", "/msg/send", case.peer, **shown)


def pack_of(case, user, **more):
    picture = case.world.call("POST", "/file/upload", None, user, (), png()).data["url"]
    wanted = {"name": "pack", "stickers": [{"file": picture}], **more}
    case.note = {"id": case.world.call2("POST", "/sticker/create", user, **wanted).data["id"], "file": picture}


def pack_of_actor(case):
    pack_of(case, case.actor)


def pack_of_peer(case):
    pack_of(case, case.peer)


def shared_pack_of_peer(case):
    pack_of(case, case.peer, shared=True)


def added_pack_of_peer(case):
    shared_pack_of_peer(case)
    case.world.call2("POST", "/sticker/add", case.actor, id=case.note["id"])


def on_pack(case, **more):
    return {"id": case.note["id"] if isinstance(case.note, dict) else 1 << 40, **more}


def new_pack(case, **more):
    file = case.note["file"] if isinstance(case.note, dict) else "/file/" + "0" * 32
    return {"name": "new", "stickers": [{"file": file}], **more}


def fid(case):
    return {"fid": case.note["fid"] if isinstance(case.note, dict) else "0" * 32}


def to_peer(case, **more):
    return {"dstObj": case.peer.email, **more}


def to_group(case, **more):
    return {"dstObj": case.group, **more}


def on_peer(case, **more):
    return {"dstObj": case.group, "user": case.peer.email, **more}


def on_owner(case, **more):
    return {"dstObj": case.group, "user": case.owner.email, **more}


def later():
    return int(time.time() * 1000) + 3_600_000


OPERATORS_SHARE = {"media.sticker_sharing": "operators"}
REQUEST = {"contact.policy": "request"}
STAFF = {"member": 2101, "outside": 2103}  # what owner and admins may
OWNER = {"admin": 2101, "member": 2101, "outside": 2103}  # what the owner may

# What has a frame and a call: the same for both.

RECALL = [
    direct(own_message, stranger=2109),
    direct(peers_message, friend=2101, former=2101, stranger=2109, blocked=2101),
    group(own_message, outside=2101),
    group(peers_message, member=2101, outside=2101),
]
EDIT = [
    direct(lambda case: own_message(case, content="edited"), former=2102, stranger=2102, blocked=2102),
    direct(lambda case: peers_message(case, content="edited"), friend=2101, former=2102, stranger=2102, blocked=2102),
    group(lambda case: own_message(case, content="edited"), outside=2103),
    group(lambda case: peers_message(case, content="edited"), owner=2101, admin=2101, member=2101, outside=2103),
]
DELETE = [
    direct(lambda case: peers_messages(case, scope="self"), stranger=2109),
    direct(lambda case: own_messages(case, scope="all"), stranger=2109),
    direct(lambda case: peers_messages(case, scope="all"), friend=2101, former=2101, stranger=2109, blocked=2101),
    group(lambda case: peers_messages(case, scope="self"), outside=2101),
    group(lambda case: own_messages(case, scope="all"), outside=2101),
    group(lambda case: peers_messages(case, scope="all"), member=2101, outside=2101),
]
REACT = [
    direct(lambda case: peers_message(case, content="👍"), former=2102, stranger=2102, blocked=2102),
    group(lambda case: peers_message(case, content="👍"), outside=2103),
]
PIN = [
    direct(peers_message, former=2102, stranger=2102, blocked=2102),
    group(peers_message, member=2101, outside=2103),
]

READ = [
    direct(peers_message),
    group(peers_message, outside=2101),
]
SET = [
    direct(lambda case: {**case.chat, "top": True}, stranger=2109),
    group(lambda case: {**case.chat, "top": True}, outside=2101),
]

CALLS = {
    "POST /user/login": [anybody(lambda case: {"email": case.actor.email, "password": case.actor.password})],
    "POST /user/register": [anybody(lambda case: {"email": case.world.email(), "password": "abc123", "uname": "new"})],
    "GET /user/search_friend": [own(lambda case: {"info": case.actor.email})],
    "PUT /user/edit_user": [own(lambda case: {"uname": "renamed", "avatar": "/a.png"})],
    "GET /user/user_info": [own(lambda case: {"email": case.actor.email})],
    "POST /user/delete": [own(lambda case: {"password": case.actor.password})],
    "POST /contact/add_friend": [
        direct(
            lambda case: {"ownerEmail": case.actor.email, "dstObj": case.peer.email, "cate": 1},
            friend=2004,
            blocked=2004,
        ),
        group(
            lambda case: {"ownerEmail": case.actor.email, "dstObj": case.group, "cate": 2},
            owner=2004,
            admin=2004,
            member=2004,
        ),
    ],
    "GET /contact/friend_list": [own()],
    "GET /msg/friend_msg_list": [direct(lambda case: {"userEmail": case.actor.email, "dstObj": case.peer.email})],
    "GET /msg/community_msg_list": [group(lambda case: {"dstObj": case.group}, outside=2101)],
    "POST /msg/send": [direct(text, former=2102, stranger=2102, blocked=2102), group(text, outside=2103)],
    "POST /msg/recall": RECALL,
    "POST /msg/edit": EDIT,
    "POST /msg/delete": DELETE,
    "POST /msg/react": REACT,
    "POST /msg/pin": PIN,
    "GET /msg/pins": [direct(lambda case: case.chat), group(lambda case: case.chat, outside=2101)],
    "GET /msg/files": [direct(lambda case: case.chat), group(lambda case: case.chat, outside=2101)],
    "GET /msg/pull": [direct(lambda case: case.chat), group(lambda case: case.chat, outside=2101)],
    "GET /msg/readers": [group(lambda case: to_group(case, seq=case.seq), outside=2101)],
    "GET /msg/search": [
        own(lambda case: {"q": "peer"}),
        direct(lambda case: {**case.chat, "q": "peer"}),
        group(lambda case: {**case.chat, "q": "peer"}, outside=2101),
    ],
    "GET /conv/list": [own()],
    "POST /conv/read": READ,
    "POST /conv/clear": [direct(lambda case: case.chat, stranger=2109), group(lambda case: case.chat, outside=2101)],
    "PUT /conv/set": SET,
    "POST /contact/request": [
        direct(to_peer, friend=2100, blocked=2100),
        direct(to_peer, friend=2100, blocked=2100, options=REQUEST),
    ],
    "POST /contact/respond": [
        direct(
            lambda case: {"id": case.note, "agree": True},
            friend=2109,
            blocked=2109,
            before=asked_by_peer,
            options=REQUEST,
        ),
        direct(
            lambda case: {"id": case.note, "agree": True},
            friend=2109,
            former=2109,
            stranger=2109,
            blocked=2109,
            before=asked_by_actor,
            options=REQUEST,
        ),
    ],
    "POST /contact/remove": [direct(to_peer, former=2102, stranger=2102)],
    "POST /contact/block": [direct(to_peer)],
    "POST /contact/unblock": [direct(to_peer)],
    "PUT /contact/remark": [direct(lambda case: to_peer(case, remark="x"), former=2102, stranger=2102)],
    "GET /contact/requests": [own()],
    "GET /contact/blocked": [own()],
    "POST /user/logout": [own()],
    "POST /user/password": [own(lambda case: {"old": case.actor.password, "new": "def456"})],
    "POST /user/ticket": [own()],
    "POST /user/kick_device": [own(lambda case: {"device": "phone"}, before=on_a_phone)],
    "GET /user/devices": [own()],
    "GET /user/presence": [
        direct(lambda case: {"users": case.peer.email}),
        group(lambda case: {"users": case.peer.email}, fresh=True),
    ],
    "POST /community/join": [
        group(to_group, owner=2100, admin=2100, member=2100),
        group(to_group, owner=2100, admin=2100, member=2100, before=by_approval),
        group(to_group, owner=2100, admin=2100, member=2100, outside=2101, before=closed),
    ],
    "POST /community/leave": [group(to_group, owner=2101, outside=2103)],
    "POST /community/dismiss": [group(to_group, **OWNER)],
    "POST /community/invite": [
        group(lambda case: to_group(case, users=[getattr(case.note, "email", "")]), outside=2103, before=friend_of_actor),
    ],
    "POST /community/kick": [
        group(on_peer, **STAFF),
        group(on_owner, owner=2101, admin=2101, member=2101, outside=2103),
    ],
    "POST /community/role": [group(lambda case: on_peer(case, role="admin"), **OWNER)],
    "POST /community/mute": [
        group(lambda case: on_peer(case, until=later()), **STAFF),
        group(lambda case: on_owner(case, until=later()), owner=2101, admin=2101, member=2101, outside=2103),
    ],
    "POST /community/mute_all": [group(lambda case: to_group(case, until=later()), **STAFF)],
    "POST /community/transfer": [group(on_peer, **OWNER)],
    "POST /community/respond": [
        group(lambda case: to_group(case, user=getattr(case.note, "email", ""), agree=True), before=applicant, **STAFF),
    ],
    "PUT /community/edit": [group(lambda case: to_group(case, name="other"), **STAFF)],
    "PUT /community/notice": [group(lambda case: to_group(case, content="read this"), **STAFF)],
    "GET /community/members": [group(to_group, outside=2103)],
    "GET /community/applicants": [group(to_group, **STAFF)],
    "GET /community/info": [group(to_group)],
    "GET /community/search_community": [own(lambda case: {"info": "group"})],
    "GET /community/community_list": [own()],
    "POST /community/create": [
        own(lambda case: {"name": "new", "icon": "", "memo": ""}),
        direct(
            lambda case: {"name": "new", "members": [case.peer.email]},
            former=2102,
            stranger=2102,
            blocked=2102,
        ),
    ],
    "POST /sticker/create": [
        own(new_pack, before=pack_of_actor),
        own(new_pack, code=2109, before=pack_of_peer),
        own(new_pack, before=shared_pack_of_peer),
        own(lambda case: new_pack(case, shared=True), code=2101, before=pack_of_actor, options=OPERATORS_SHARE),
    ],
    "PUT /sticker/edit": [
        own(lambda case: on_pack(case, name="other"), before=pack_of_actor),
        own(lambda case: on_pack(case, name="other"), code=2109, before=pack_of_peer),
        own(lambda case: on_pack(case, name="other"), code=2101, before=added_pack_of_peer),
        own(lambda case: on_pack(case, shared=True), code=2101, before=pack_of_actor, options=OPERATORS_SHARE),
    ],
    "POST /sticker/delete": [
        own(on_pack, before=pack_of_actor),
        own(on_pack, code=2109, before=pack_of_peer),
        own(on_pack, code=2101, before=added_pack_of_peer),
    ],
    "POST /sticker/add": [
        own(on_pack, before=pack_of_actor),
        own(on_pack, code=2109, before=pack_of_peer),
        own(on_pack, before=shared_pack_of_peer),
    ],
    "POST /sticker/remove": [
        own(on_pack, code=2100, before=pack_of_actor),
        own(on_pack, code=2109, before=pack_of_peer),
        own(on_pack, code=2109, before=shared_pack_of_peer),
        own(on_pack, before=added_pack_of_peer),
    ],
    "PUT /sticker/order": [
        own(lambda case: {"ids": [on_pack(case)["id"]]}, before=pack_of_actor),
        own(lambda case: {"ids": [on_pack(case)["id"]]}, code=2109, before=pack_of_peer),
        own(lambda case: {"ids": [on_pack(case)["id"]]}, code=2109, before=shared_pack_of_peer),
    ],
    "GET /sticker/packs": [own()],
    "GET /sticker/pack": [
        own(on_pack, before=pack_of_actor),
        own(on_pack, code=2109, before=pack_of_peer),
        own(on_pack, before=shared_pack_of_peer),
    ],
    "GET /sticker/find": [own()],
    "POST /file/upload": [own(lambda case: b"from a case")],
    "POST /file/init": [own(lambda case: {"name": "a", "size": 1, "sha256": "0" * 64})],
    "PUT /file/part": [
        own(lambda case: ({**fid(case), "n": 0}, b"from a case"), before=begun_by_actor),
        own(lambda case: ({**fid(case), "n": 0}, b"from a case"), code=404, before=begun_by_peer),
    ],
    "POST /file/complete": [own(fid, before=sent_by_actor), own(fid, code=404, before=sent_by_peer)],
    "POST /file/cancel": [own(fid, before=begun_by_actor), own(fid, code=404, before=begun_by_peer)],
    "GET /file/{fid}": [
        anybody(lambda case: {"fid": case.note["fid"], "s": case.note["s"]}, before=file_of_peer),
        anybody(lambda case: {"fid": case.note["fid"], "s": "1.x"}, code=403, before=file_of_peer),
        own(fid, before=file_of_actor),
        own(fid, code=404, before=file_of_peer),
        direct(fid, former=404, stranger=404, blocked=404, before=file_from_peer),
        group(fid, outside=404, before=file_from_peer),
    ],
    "GET /healthz": [anybody()],
    "GET /readyz": [anybody()],
    "GET /chat": [own(code=426)],
    "GET /metrics": [anybody()],
}

FRAMES = {
    0: [own()],
    1: [
        direct(lambda case: {**case.chat, "seq": 1}, friend=None, former=None, stranger=None, blocked=None),
        group(lambda case: {**case.chat, "seq": 1}, None, None, None, None),
    ],
    10: [direct(text, former=2102, stranger=2102, blocked=2102)],
    11: [group(text, outside=2103)],
    18: [
        own(lambda case: {"chats": []}),
        direct(lambda case: {"chats": [{**case.chat, "seq": 0}]}),
        group(lambda case: {"chats": [{**case.chat, "seq": 0}]}),
    ],
    20: [direct(lambda case: case.chat), group(lambda case: case.chat, outside=2101)],
    22: READ,
    23: [
        direct(lambda case: {**case.chat, "on": True}, former=2102, stranger=2102, blocked=2102),
        group(lambda case: {**case.chat, "on": True}, outside=2103),
    ],
    24: RECALL,
    25: EDIT,
    26: DELETE,
    27: REACT,
    28: PIN,
    29: SET,
    33: [
        direct(lambda case: {"users": [case.peer.email]}, stranger=2101, blocked=2101),
        group(lambda case: {"users": [case.peer.email]}, outside=2101, fresh=True),
    ],
    15: [
        direct(lambda case: {"dstObj": case.peer.email, "msgType": 6}, friend=2100, blocked=2100),
        group(lambda case: {"dstObj": case.group, "msgType": 7}, owner=2100, admin=2100, member=2100),
    ],
}
