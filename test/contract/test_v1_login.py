"""Registration, log-in and authentication of v1: what they give, and each of their errors, word by word and in
their order."""

import time

import pytest

from support.world import PASSWORD, UNAUTHORIZED, USER_KEYS

EMAIL_BAD = (2000, "Email格式不合法")
PASSWORD_BAD = (2001, "Password格式不正确（密码由数字和字母组成，并且要同时含有数字和字母，且长度要在6-16位之间）")
TAKEN = (2002, "Email已被注册")
UNEXPECTED = (2003, "意料之外的错误，请重新尝试")
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
