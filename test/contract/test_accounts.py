"""Who may register and log in, how often, and how long a token lives."""

import pytest

from support.server import cli
from support.store import change, rows
from support.world import PASSWORD, World

REFUSED = 2101


def too_many(answer):
    """A 429 says when to come back."""
    if answer.status != 429:
        return False
    assert int(answer.header("retry-after")) >= 1
    assert answer.error[0] == 2108
    return True


def test_closed_registration_is_2101(make_server):
    world = World(make_server({"accounts.registration": "closed"}))
    answer = world.post("/user/register", email=world.email(), password=PASSWORD, uname="u")
    assert answer.status == 200 and answer.error[0] == REFUSED


def test_registration_by_invitation_needs_a_good_code_once(make_server):
    server = make_server({"accounts.registration": "invite"})
    world = World(server)
    made = cli("invite", "create", "--data", server.data)
    assert made.returncode == 0, made.stderr
    code = made.stdout.strip()

    def register(**more):
        return world.post("/user/register", email=world.email(), password=PASSWORD, uname="u", **more)

    assert register().error[0] == REFUSED
    assert register(invite="").error[0] == REFUSED
    assert register(invite="wrong" + code).error[0] == REFUSED
    assert world.post("/user/register", email="bad", password=PASSWORD, uname="u", invite=code).error[0] == 2000
    assert register(invite=code).data["token"], "a refused attempt does not use the code up"
    assert register(invite=code).error[0] == REFUSED


def test_an_invitation_may_have_more_uses(make_server):
    server = make_server({"accounts.registration": "invite"})
    world = World(server)
    code = cli("invite", "create", "--data", server.data, "--uses", 2, "--days", 1).stdout.strip()
    codes = []
    for _ in range(3):
        answer = world.post("/user/register", email=world.email(), password=PASSWORD, uname="u", invite=code)
        codes.append(answer.json()["code"])
    assert codes == [0, 0, REFUSED]


def test_failed_logins_are_limited_per_account_and_address_together(make_server):
    world = World(make_server({"limits.login_fail_per_min": 5, "limits.login_per_min": 0}))
    user, other = world.user(), world.user()
    here, elsewhere = "127.0.0.2", "127.0.0.3"
    answers = [world.login(user.email, "wrong99", source=here) for _ in range(8)]
    assert [too_many(answer) for answer in answers] == [False] * 5 + [True] * 3
    assert answers[0].error == (2002, "密码错误")
    assert too_many(world.login(user.email, PASSWORD, source=here))
    assert world.login(user.email, PASSWORD, source=elsewhere).data["id"] == user.id
    assert world.login(other.email, PASSWORD, source=here).data["id"] == other.id
    assert world.call("GET", "/community/community_list", user=user, source=here).data == []


def test_logins_are_limited_per_address(make_server):
    world = World(make_server({"limits.login_fail_per_min": 0, "limits.login_per_min": 6}))
    users = [world.user() for _ in range(9)]
    answers = [world.login(user.email, source="127.0.0.2") for user in users]
    assert [too_many(answer) for answer in answers] == [False] * 6 + [True] * 3
    assert world.login(users[0].email, source="127.0.0.3").data["id"] == users[0].id


def test_behind_a_proxy_visitors_are_limited_each_by_himself(make_server):
    options = {"limits.login_fail_per_min": 0, "limits.login_per_min": 3, "http.forwarded": "on"}
    world = World(make_server({**options, "http.proxies": "127.0.0.2, 10.0.0.0/8"}))
    user = world.user()

    def logins(count, visitor, proxy="127.0.0.2"):
        headers = [("X-Forwarded-For", visitor)]
        return [too_many(world.login(user.email, source=proxy, headers=headers)) for _ in range(count)]

    assert logins(4, "203.0.113.1") == [False] * 3 + [True]
    assert logins(1, "203.0.113.2") == [False]
    # What a visitor says of himself stands before what the proxy says of him.
    assert logins(1, "203.0.113.9, 203.0.113.1") == [True]
    # Who is no proxy says what he likes.
    assert logins(3, "203.0.113.3", "127.0.0.1") == [False] * 3
    assert logins(1, "203.0.113.4", "127.0.0.1") == [True]


def test_without_being_told_of_a_proxy_nobodys_word_counts(make_server):
    world = World(make_server({"limits.login_fail_per_min": 0, "limits.login_per_min": 2}))
    user = world.user()
    answers = [world.login(user.email, headers=[("X-Forwarded-For", f"203.0.113.{i}")]) for i in range(3)]
    assert [too_many(answer) for answer in answers] == [False] * 2 + [True]


def test_registrations_are_limited_per_address(make_server):
    world = World(make_server({"limits.register_per_min": 4}))

    def register(source):
        body = {"email": world.email(), "password": PASSWORD, "uname": "u"}
        return world.call("POST", "/user/register", body=body, source=source)

    assert [too_many(register("127.0.0.2")) for _ in range(6)] == [False] * 4 + [True] * 2
    assert not too_many(register("127.0.0.3"))


def test_a_login_leaves_the_other_tokens_valid(world):
    user = world.user()
    second, third = world.again(user), world.again(user)
    assert len({user.token, second.token, third.token}) == 3
    for one in (user, second, third):
        assert world.get("/community/community_list", one).data == []


def test_tokens_survive_a_restart_and_a_kill(make_server):
    server = make_server()
    world = World(server)
    user = world.user()
    again = world.again(user)
    server.restart()
    for one in (user, again):
        assert world.get("/community/community_list", one).data == []
    server.kill()
    server.start()
    for one in (user, again):
        assert world.get("/community/community_list", one).data == []
    assert world.login(user.email).data["id"] == user.id


def test_tokens_of_a_user_are_capped(make_server):
    world = World(make_server({"accounts.tokens_max": 3}))
    user = world.user()
    tokens = [user] + [world.again(user) for _ in range(4)]
    valid = [world.get("/community/community_list", one).status == 200 for one in tokens]
    assert valid.count(True) == 3 and valid[-1]


def test_neither_tokens_nor_passwords_are_kept_or_logged_as_they_are(make_server):
    server = make_server({"server.log_level": "debug"})
    world = World(server)
    user = world.user(password="Secret99word")
    world.login(user.email, "Wrong99guess")
    world.get("/community/community_list", user)
    world.call("GET", "/community/community_list", {"email": user.email, "token": user.token})
    world.open(user).before_barrier()
    world.close()
    server.stop()
    kept = [path for path in server.data.rglob("*") if path.is_file()]
    assert kept
    for path in [*kept, server.log_path]:
        content = path.read_bytes()
        for secret in (user.token, "Secret99word", "Wrong99guess"):
            assert secret.encode() not in content, path


@pytest.fixture
def store(make_server):
    """A stopped server with one user in its store."""
    server = make_server()
    world = World(server)
    user = world.user()
    server.stop()
    return server, world, user


def test_an_original_md5_hash_logs_in_once_and_is_replaced(store):
    """Upper-case hex MD5 of password + salt, as the original keeps it."""
    import hashlib

    server, world, user = store
    salt = "A1b2C3"
    digest = hashlib.md5((PASSWORD + salt).encode()).hexdigest().upper()
    change(server, "UPDATE user SET password = ?", f"md5${salt}${digest}")
    server.start()
    assert world.login(user.email, "wrong99").error == (2002, "密码错误")
    assert world.login(user.email).data["id"] == user.id
    assert world.login(user.email).data["id"] == user.id
    server.stop()
    ((kept,),) = rows(server, "SELECT password FROM user")
    assert kept.startswith("$argon2id$")
