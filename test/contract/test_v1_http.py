"""Every call of v1 behind authentication: what it gives, and each of its errors, word by word and in their order."""

import html
import time

import pytest

from support.world import PASSWORD, USER_KEYS

ARGUMENT = (2000, "参数错误")
GROUP_KEYS = {"id", "name", "ownerEmail", "icon", "memo", "createAt", "deleteTimestamp"}


def now():
    return int(time.time() * 1000)


# /user/user_info


def test_user_info_gives_oneself_and_others_without_their_secrets(world):
    user, other = world.user(), world.user(uname="其他人")
    for who in (user, other):
        data = world.get("/user/user_info", user, email=who.email).data
        assert set(data) == USER_KEYS
        assert data["id"] == who.id and data["uname"] == who.uname


def test_user_info_errors(world):
    user = world.user()
    assert world.get("/user/user_info", user).error == ARGUMENT
    assert world.get("/user/user_info", user, email="").error == ARGUMENT
    assert world.get("/user/user_info", user, email=world.email("nobody")).error == (2000, "查找的用户不存在")


# /user/search_friend


def test_search_friend_finds_substrings_of_email_and_uname(world):
    user = world.user(email=f"find.me{world.tag}@test.com", uname=f"寻找我 {world.tag}")
    for info in (f"me{world.tag}", f"ME{world.tag.upper()}@", f"找我 {world.tag}"):
        (found,) = world.get("/user/search_friend", user, info=info).data
        assert found["email"] == user.email and set(found) == USER_KEYS
    assert world.get("/user/search_friend", user, info=f"zzz{world.tag}").data == []


def test_search_friend_needs_info(world):
    user = world.user()
    assert world.get("/user/search_friend", user).error == ARGUMENT
    assert world.get("/user/search_friend", user, info="").error == ARGUMENT


@pytest.mark.parametrize("wildcard", ["%", "_", "\\", "'", "*", "?", "[a-z]"])
def test_wildcards_match_themselves(world, wildcard):
    user = world.user(uname=f"plain {world.tag}")
    odd = world.user(uname=f"odd{wildcard}{world.tag}")
    found = world.get("/user/search_friend", user, info=f"{wildcard}{world.tag}").data
    assert [one["email"] for one in found] == [odd.email]
    group = world.group(user, name=f"odd{wildcard}{world.tag}")
    found = world.get("/community/search_community", user, info=f"{wildcard}{world.tag}").data
    assert [one["id"] for one in found] == [group]


def test_searches_give_at_most_50(world):
    users = [world.user(uname=f"many {world.tag}") for _ in range(51)]
    assert len(world.get("/user/search_friend", users[0], info=f"many {world.tag}").data) == 50
    for _ in range(51):
        world.group(users[0], name=f"many {world.tag}")
    assert len(world.get("/community/search_community", users[0], info=f"many {world.tag}").data) == 50
    assert len(world.get("/community/community_list", users[0]).data) == 51


# /user/edit_user


def test_edit_user_changes_uname_and_avatar(world):
    user, other = world.user(), world.user()
    avatar = f"http://img/{world.tag}.png"
    answer = world.call("PUT", "/user/edit_user", user=user, body={"uname": "四号", "avatar": avatar})
    assert set(answer.data) == USER_KEYS | {"avatar", "token"}
    assert answer.data["token"] == user.token and answer.data["email"] == user.email
    data = world.get("/user/user_info", other, email=user.email).data
    assert data["uname"] == "四号" and data["avatar"] == avatar and data["id"] == user.id


@pytest.mark.parametrize("body", [{}, {"uname": "x"}, {"avatar": "x"}, {"uname": "", "avatar": "x"}, {"uname": "x", "avatar": ""}, {"uname": None, "avatar": "x"}])
def test_edit_user_needs_both(world, body):
    answer = world.call("PUT", "/user/edit_user", user=world.user(), body=body)
    assert answer.error == (1999, "请输入完整的用户名和头像")


def test_v2_takes_the_avatar_away(world):
    user, other = world.user(), world.user()
    world.call("PUT", "/user/edit_user", user=user, body={"uname": "x", "avatar": "http://img/a.png"})
    assert "avatar" not in world.call2("PUT", "/user/edit_user", user, uname="y").data
    data = world.get("/user/user_info", other, email=user.email).data
    assert data["uname"] == "y" and "avatar" not in data
    assert world.call2("PUT", "/user/edit_user", user, avatar="http://img/a.png").error[0] == 1999


@pytest.mark.parametrize("body", [{"uname": "x" * 65, "avatar": "x"}, {"uname": "x", "avatar": "x" * 256}, {"uname": "a\x00b", "avatar": "x"}])
def test_edit_user_refuses_what_is_out_of_bounds_and_keeps_what_was(world, body):
    user = world.user(uname="before")
    answer = world.call("PUT", "/user/edit_user", user=user, body=body)
    assert answer.error == (2001, "意料之外的错误，更新用户信息失败")
    data = world.get("/user/user_info", user, email=user.email).data
    assert data["uname"] == "before" and "avatar" not in data


def test_edit_user_takes_an_avatar_of_255_characters(world):
    avatar = "http://img/" + "a" * 244
    answer = world.call("PUT", "/user/edit_user", user=world.user(), body={"uname": "x", "avatar": avatar})
    assert answer.data["avatar"] == avatar


@pytest.mark.parametrize("avatar", ["javascript:alert(1)", " JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,<b>", "vbscript:x"])
def test_an_avatar_never_leaves_as_a_script(world, avatar):
    user, other = world.user(), world.user()
    world.call("PUT", "/user/edit_user", user=user, body={"uname": "x", "avatar": avatar})
    given = world.get("/user/user_info", other, email=user.email).data.get("avatar", "")
    scheme = "".join(given.split()).lower().partition(":")[0]
    assert scheme not in ("javascript", "data", "vbscript"), given


def test_names_leave_escaped_and_come_back_whole(world):
    name = f"<b>&\"'{world.tag}"
    user, other = world.user(uname=name), world.user()
    group = world.post("/community/create", user, name=name, icon="", memo=name).data["id"]
    world.join(other, group)
    shown = [
        world.get("/user/user_info", other, email=user.email).data["uname"],
        world.login(user.email).data["uname"],
        world.get("/user/search_friend", other, info=world.tag + "").data[0]["uname"],
        world.get("/community/community_list", other).data[0]["name"],
        world.get("/community/community_list", other).data[0]["memo"],
        world.get("/community/search_community", other, info=str(group)).data[0]["name"],
    ]
    for text in shown:
        assert not set(text) & set("<>\"'"), text
        assert html.unescape(text) == name
    found = world.get("/user/search_friend", other, info=name).data
    assert [one["email"] for one in found] == [user.email], "what is stored is what was sent"


# /contact


def test_add_friend_works_both_ways_at_once(world):
    one, two = world.user(), world.user()
    world.befriend(one, two)
    assert [friend["email"] for friend in world.get("/contact/friend_list", one).data] == [two.email]
    assert [friend["email"] for friend in world.get("/contact/friend_list", two).data] == [one.email]


def test_add_friend_errors_in_their_order(world):
    one, two = world.user(), world.user()
    needed = (1999, "OwnerEmail、Cate和DstObj不能为空")

    def add(**body):
        return world.post("/contact/add_friend", one, **body).error

    assert add() == needed
    assert add(ownerEmail=one.email, dstObj=two.email) == needed
    assert add(ownerEmail=one.email, cate=1) == needed
    assert add(dstObj=two.email, cate=1) == needed
    assert add(ownerEmail="", dstObj="", cate=1) == needed
    assert add(ownerEmail=one.email, dstObj=one.email, cate=1) == (2001, "笨蛋！不能添加自己为好友啊")
    assert add(ownerEmail=one.email, dstObj=one.email.upper(), cate=1) == (2001, "笨蛋！不能添加自己为好友啊")
    assert add(ownerEmail=one.email, dstObj=world.email("nobody"), cate=1) == (2002, "添加的用户不存在")
    for group in ("99999999", "not a number", "-1", "0", "1e3", "99999999999999999999", 99999999):
        assert add(ownerEmail=one.email, dstObj=group, cate=2) == (2003, "添加的群不存在"), group
    world.befriend(one, two)
    assert add(ownerEmail=one.email, dstObj=two.email, cate=1) == (2004, "笨蛋！你们已经是好友了")
    group = world.group(one)
    assert add(ownerEmail=one.email, dstObj=str(group), cate=2) == (2004, "笨蛋！你们已经是好友了")
    reverse = world.post("/contact/add_friend", two, ownerEmail=two.email, dstObj=one.email, cate=1)
    assert reverse.error == (2004, "笨蛋！你们已经是好友了")


def test_add_friend_never_believes_the_owner_named(world):
    one, two, victim = world.user(), world.user(), world.user()
    world.post("/contact/add_friend", one, ownerEmail=victim.email, dstObj=two.email, cate=1)
    assert world.get("/contact/friend_list", victim).data == []


@pytest.mark.parametrize("cate", [0, 3, -1, 99])
def test_add_friend_knows_two_categories(world, cate):
    one, two = world.user(), world.user()
    answer = world.post("/contact/add_friend", one, ownerEmail=one.email, dstObj=two.email, cate=cate)
    assert answer.error[0] != 0
    assert world.get("/contact/friend_list", one).data == []


def test_friend_list_tells_who_is_online(world):
    one, two, three = world.friends(3)
    world.open(two).before_barrier()
    friends = world.get("/contact/friend_list", one).data
    assert all(set(friend) == USER_KEYS for friend in friends)
    assert {friend["email"]: friend["online"] for friend in friends} == {two.email: 1, three.email: 0}
    assert world.get("/user/user_info", one, email=two.email).data["online"] == 1


def test_strangers_do_not_learn_who_is_online(world):
    user, stranger = world.user(), world.user()
    world.open(user).before_barrier()
    assert world.get("/user/user_info", stranger, email=user.email).data["online"] == 0
    (found,) = world.get("/user/search_friend", stranger, info=user.email).data
    assert found["online"] == 0


# /community


def test_create_makes_the_caller_owner_and_member(world):
    user, other = world.user(), world.user()
    body = {"name": f"群 {world.tag} 😀", "icon": "http://img/g.png", "memo": "备注"}
    group = world.post("/community/create", user, **body).data
    assert set(group) == GROUP_KEYS
    assert group["ownerEmail"] == user.email and group["id"] > 0 and abs(group["createAt"] - now()) < 60_000
    assert {key: group[key] for key in body} == body
    assert world.get("/community/community_list", user).data == [group]
    assert world.get("/community/community_list", other).data == []
    for info in (str(group["id"]), f"群 {world.tag}"):
        assert group in world.get("/community/search_community", other, info=info).data


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"icon": "http://img/g.png"}])
def test_create_needs_a_name(world, body):
    user = world.user()
    assert world.post("/community/create", user, **body).json()["code"] != 0
    assert world.get("/community/community_list", user).data == []


def test_search_community_errors_and_misses(world):
    user = world.user()
    assert world.get("/community/search_community", user).error == ARGUMENT
    assert world.get("/community/search_community", user, info="").error == ARGUMENT
    assert world.get("/community/search_community", user, info=f"zzz{world.tag}").data == []


def test_members_see_the_group_in_their_list(world):
    owner, member = world.user(), world.user()
    groups = [world.group(owner, member) for _ in range(3)]
    assert [group["id"] for group in world.get("/community/community_list", member).data] == groups


# /msg


def test_history_is_empty_before_the_first_message(world):
    one, two = world.friends(2)
    assert world.history(one, two) == []
    assert world.group_history(one, world.group(one)) == []


def test_history_needs_its_arguments(world):
    one, two = world.friends(2)
    assert world.get("/msg/friend_msg_list", one).error == ARGUMENT
    assert world.get("/msg/friend_msg_list", one, userEmail=one.email).error == ARGUMENT
    assert world.get("/msg/friend_msg_list", one, dstObj=two.email).error == ARGUMENT
    assert world.get("/msg/community_msg_list", one).error == ARGUMENT


def test_history_is_for_those_who_are_in_it(world):
    one, two, stranger = world.user(), world.user(), world.user()
    world.befriend(one, two)
    group = world.group(one, two)
    ws = world.open(one)
    ws.say(two, "secret")
    ws.say_group(group, "secret")
    ws.before_barrier()
    answer = world.get("/msg/friend_msg_list", stranger, userEmail=one.email, dstObj=two.email)
    assert answer.error[0] == 2101
    assert world.get("/msg/community_msg_list", stranger, dstObj=group).error[0] in (2101, 2103)
    assert "secret" not in world.get("/msg/friend_msg_list", stranger, userEmail=stranger.email, dstObj=two.email).text


# /user/delete


def test_delete_asks_for_the_password(world):
    user = world.user()
    for body in ({}, {"password": ""}, {"password": "wrong99"}):
        assert world.post("/user/delete", user, **body).error[0] != 0
    assert world.login(user.email).data["id"] == user.id


def test_a_deleted_account_is_gone_and_its_messages_stay_under_a_neutral_name(world):
    user, friend = world.friends(2)
    group = world.group(friend, user)
    ws, other = world.settled(user, friend)
    ws.say(friend, "to stay")
    ws.say_group(group, "to stay, too")
    ws.before_barrier()
    assert world.post("/user/delete", user, password=PASSWORD).json()["code"] == 0

    assert world.get("/community/community_list", user).status == 401
    assert world.login(user.email).error == (2001, "用户不存在")
    assert world.get("/user/search_friend", friend, info=user.email).data == []
    assert world.get("/user/user_info", friend, email=user.email).error == (2000, "查找的用户不存在")
    assert world.get("/contact/friend_list", friend).data == []
    (kept,) = world.group_history(friend, group)
    assert kept["content"] == "to stay, too" and user.email not in kept["userEmail"] and kept["userEmail"]


def test_a_deleted_accounts_open_socket_can_send_no_more(world):
    user, friend = world.friends(2)
    group = world.group(friend, user)
    ws, other = world.settled(user, friend)
    world.post("/user/delete", user, password=PASSWORD)
    try:
        ws.say(friend, "ghost")
        ws.say_group(group, "ghost")
    except OSError:
        pass
    assert not any("ghost" in text for text in other.before_barrier())
    assert world.group_history(friend, group) == []
