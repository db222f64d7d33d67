"""Every call of v1 over HTTP: what it gives, and each of its errors, word by word and in their order."""

import html
import time

import pytest

from support.world import PASSWORD, UNAUTHORIZED, USER_KEYS

EMAIL_BAD = (2000, "Email格式不合法")
PASSWORD_BAD = (2001, "Password格式不正确（密码由数字和字母组成，并且要同时含有数字和字母，且长度要在6-16位之间）")
TAKEN = (2002, "Email已被注册")
UNEXPECTED = (2003, "意料之外的错误，请重新尝试")
ARGUMENT = (2000, "参数错误")
GROUP_KEYS = {"id", "name", "ownerEmail", "icon", "memo", "createAt", "deleteTimestamp"}
JSON_TYPE = "application/json;charset=utf-8"

PROTECTED = [
    ("GET", "/user/search_friend"),
    ("PUT", "/user/edit_user"),
    ("GET", "/user/user_info"),
    ("POST", "/user/delete"),
    ("POST", "/contact/add_friend"),
    ("GET", "/contact/friend_list"),
    ("GET", "/msg/friend_msg_list"),
    ("GET", "/msg/community_msg_list"),
    ("GET", "/community/search_community"),
    ("GET", "/community/community_list"),
    ("POST", "/community/create"),
    ("GET", "/chat"),
    ("GET", "/no/such/path"),
]


def now():
    return int(time.time() * 1000)


def is_token(text):
    return len(text) == 32 and set(text) <= set("0123456789ABCDEF")


# /user/register


def test_register_gives_the_user_with_a_token(world):
    email = world.email()
    body = {"email": email, "password": PASSWORD, "password2": "not looked at", "uname": "一号 😀"}
    answer = world.post("/user/register", **body)
    assert answer.header("content-type") == JSON_TYPE
    data = answer.data
    assert set(data) == USER_KEYS | {"token"}
    assert data["email"] == email and data["uname"] == "一号 😀" and data["online"] == 1
    assert data["deleteTimestamp"] == 0 and isinstance(data["id"], int)
    assert is_token(data["token"])
    assert abs(data["createAt"] - now()) < 60_000


def test_success_has_code_0_an_empty_msg_and_data(world):
    answer = world.post("/user/register", email=world.email(), password=PASSWORD, uname="u").json()
    assert set(answer) == {"code", "msg", "data"} and answer["code"] == 0 and answer["msg"] == ""


def test_register_without_uname_leaves_the_key_out(world):
    data = world.post("/user/register", email=world.email(), password=PASSWORD).data
    assert "avatar" not in data and None not in data.values()
    assert set(data) - {"uname"} == (USER_KEYS | {"token"}) - {"uname"}


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.com"}, {"password": PASSWORD}, {"email": "", "password": PASSWORD}, {"email": "a@b.com", "password": ""}, {"email": None, "password": None}]
)
def test_register_needs_email_and_password(world, body):
    assert world.post("/user/register", **body).error == (1999, "Email或Password不能为空")


def test_register_reports_the_first_of_several_faults(world):
    taken = world.user().email
    long_name = "x" * 65
    assert world.post("/user/register", email="bad", uname=long_name).error == (1999, "Email或Password不能为空")
    assert world.post("/user/register", email="bad", password="bad", uname=long_name).error == EMAIL_BAD
    assert world.post("/user/register", email=taken, password="bad", uname=long_name).error == PASSWORD_BAD
    assert world.post("/user/register", email=taken, password=PASSWORD, uname=long_name).error == TAKEN
    assert world.post("/user/register", email=world.email(), password=PASSWORD, uname=long_name).error == UNEXPECTED


@pytest.mark.parametrize(
    "local, domain",
    [
        ("a.b", "example.com"),
        ("a+b-c_d", "sub-domain.example.co"),
        ("!#$%*/=?^`{|}~", "x.org"),
        (".dot", "x.museum"),
        ("x", "1.2"),
    ],
)
def test_register_takes_what_an_email_field_takes(world, local, domain):
    email = f"{local}{world.tag}@{domain}"
    data = world.post("/user/register", email=email, password=PASSWORD, uname="u").data
    assert data["email"] == email
    assert world.login(email).data["email"] == email


@pytest.mark.parametrize(
    "email",
    ["abc", "@b.com", "a@", "a@b", "a@b.", "a@.com", "a@b..com", "a@-b.com", "a@b-.com", "a b@c.com", "a@b c.com", "a@b_c.com", "a@@b.com"]
    + ["a@b.com\n", " a@b.com", "a\x00@b.com", "ä@b.com", "a@bü.com", "a,b@c.com", "a\"b@c.com", "a<b@c.com", "(a)@b.com"],
)
def test_register_refuses_what_is_no_email(world, email):
    assert world.post("/user/register", email=email, password=PASSWORD, uname="u").error == EMAIL_BAD


def test_an_email_has_at_most_64_characters(world):
    longest = ("x" * 64 + world.tag + "@test.com")[-64:]
    assert world.post("/user/register", email="x" + longest, password=PASSWORD).error == EMAIL_BAD
    assert world.post("/user/register", email=longest, password=PASSWORD).data["email"] == longest


def test_emails_differ_not_by_case_and_stay_as_first_written(world):
    email = f"Mixed.Case{world.tag}@Test.Com"
    user = world.user(email=email)
    assert world.post("/user/register", email=email.lower(), password=PASSWORD, uname="u").error == TAKEN
    assert world.login(email.upper()).data["email"] == email
    assert world.get("/user/user_info", user, email=email.lower()).data["email"] == email
    swapped = [("email", email.swapcase()), ("token", user.token)]
    assert world.call("GET", "/contact/friend_list", headers=swapped).data == []


@pytest.mark.parametrize("password", ["abc123", "123abc", "A1b2C3", "abcdefgh12345678"])
def test_register_takes_6_to_16_letters_and_digits(world, password):
    email = world.email()
    assert world.post("/user/register", email=email, password=password, uname="u").data["email"] == email
    assert world.login(email, password).data["email"] == email


@pytest.mark.parametrize(
    "password", ["abc12", "abcdefgh123456789", "1234567", "abcdefg", "abc 123", "abc123!", "密码abc123", "abc１２３", "abc123\n", "abc123\x00"]
)
def test_register_refuses_other_passwords(world, password):
    assert world.post("/user/register", email=world.email(), password=password, uname="u").error == PASSWORD_BAD


@pytest.mark.parametrize("uname", ["x" * 64, "汉" * 64, "😀" * 64, "Ünï çødé", "عربي", "한글", "👨"])
def test_a_uname_is_up_to_64_characters_of_any_script(world, uname):
    data = world.post("/user/register", email=world.email(), password=PASSWORD, uname=uname).data
    assert data["uname"] == uname


@pytest.mark.parametrize("uname", ["x" * 65, "汉" * 65, "😀" * 65, "a\nb", "a\x00b", "a\x1bb", "\x7f"])
def test_a_longer_uname_or_one_with_control_characters_is_refused(world, uname):
    assert world.post("/user/register", email=world.email(), password=PASSWORD, uname=uname).error == UNEXPECTED


def test_a_number_where_a_text_is_meant_is_taken_as_its_text(world):
    data = world.post("/user/register", email=world.email(), password=PASSWORD, uname=123).data
    assert data["uname"] == "123"


def test_a_digit_string_where_a_number_is_meant_is_taken_as_the_number(world):
    one, two = world.user(), world.user()
    answer = world.post("/contact/add_friend", one, ownerEmail=one.email, dstObj=two.email, cate="1")
    assert answer.data == "添加好友成功"


# /user/login


def test_login_gives_the_user_with_a_token(world):
    user = world.user(uname="二号")
    data = world.login(user.email).data
    assert set(data) == USER_KEYS | {"token"}
    assert data["id"] == user.id and data["uname"] == "二号" and data["online"] == 1
    assert is_token(data["token"]) and data["token"] != user.token


@pytest.mark.parametrize("body", [{}, {"email": "a@b.com"}, {"password": "x"}, {"email": "", "password": "x"}, {"email": "a@b.com", "password": ""}])
def test_login_needs_email_and_password(world, body):
    assert world.post("/user/login", **body).error == (2000, "Email或Password不能为空")


def test_login_of_nobody_and_with_a_wrong_password(world):
    assert world.login(world.email("nobody")).error == (2001, "用户不存在")
    user = world.user()
    assert world.login(user.email, "wrong99").error == (2002, "密码错误")
    assert world.login(user.email, PASSWORD.upper()).error == (2002, "密码错误")


def test_login_and_register_take_the_pages_literal_null_headers(world):
    null = [("email", "null"), ("token", "null")]
    body = {"email": world.email(), "password": PASSWORD, "uname": "u"}
    assert is_token(world.call("POST", "/user/register", headers=null, body=body).data["token"])
    assert is_token(world.call("POST", "/user/login", headers=null, body=body).data["token"])


# Authentication


@pytest.mark.parametrize("method, path", PROTECTED)
def test_without_auth_the_answer_is_a_401_with_exactly_its_text(world, method, path):
    user = world.user()
    other = world.user()
    attempts = [
        [],
        [("email", user.email)],
        [("token", user.token)],
        [("email", user.email), ("token", "bad")],
        [("email", "null"), ("token", "null")],
        [("email", user.email), ("token", "")],
        [("email", user.email), ("token", "0" * 32)],
        [("email", user.email), ("token", user.token[:-1])],
        [("email", user.email), ("token", user.token + "0")],
        [("email", other.email), ("token", user.token)],
        [("email", world.email("nobody")), ("token", user.token)],
    ]
    for headers in attempts:
        answer = world.call(method, path, headers=headers, body={} if method != "GET" else None)
        assert (answer.status, answer.text) == (401, UNAUTHORIZED), headers
        assert answer.header("content-type") == "text/html;charset=utf-8"
        assert answer.header("access-control-allow-origin") == "*"
        assert answer.header("access-control-allow-credentials") is None


def test_auth_by_headers_by_query_and_by_one_of_each(world):
    user = world.user()
    email, token = ("email", user.email), ("token", user.token)
    for query, headers in ([(), (email, token)], [(email, token), ()], [(email,), (token,)], [(token,), (email,)]):
        assert world.call("GET", "/community/community_list", list(query), headers=list(headers)).data == []
    shouted = [("EMAIL", user.email), ("Token", user.token)]
    assert world.call("GET", "/community/community_list", headers=shouted).data == []


def test_a_header_goes_before_the_query(world):
    user, other = world.user(), world.user()
    query = {"email": other.email, "token": other.token}
    assert world.call("GET", "/user/user_info", query, user).data["email"] == other.email
    wrong = [("email", user.email), ("token", "bad")]
    assert world.call("GET", "/community/community_list", user.auth, headers=wrong).status == 401


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
