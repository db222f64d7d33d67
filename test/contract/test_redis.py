"""Redis beside the server: limits are shared through it, and whatever becomes of it, people notice nothing."""

import time

import pytest
from support.http import Connection
from support.server import cli
from support.services import Redis
from support.timing import seconds, wait_until
from support.world import PASSWORD, World

# A server of its own for each node.
pytestmark = pytest.mark.one_node("how servers count together is what these look at")

# Nothing comes back while a test runs.
LIMITS = {"limits.login_per_min": 6, "limits.login_fail_per_min": 4, "limits.register_per_min": 5}


@pytest.fixture
def worlds(make_server):
    made = []

    def make(redis, **options):
        world = World(make_server({"redis.url": redis if isinstance(redis, str) else redis.url, **options}))
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


def ready_text(world):
    response = world.call("GET", "/readyz")
    assert response.status == 200
    return response.text


def is_well(world):
    return ready_text(world) == "ready\n"


def metric(world, name):
    lines = world.call("GET", "/metrics").text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.split()[0] == name]
    return float(value)


def both(worlds, redis, **options):
    one, other = worlds(redis, **options), worlds(redis, **options)
    wait_until(lambda: is_well(one) and is_well(other), what="Redis is found")
    return one, other


def taken(world, calls):
    """How many of these calls were let through, and how long the last refusal said to wait."""
    passed, wait = 0, None
    for call in calls:
        response = call(world)
        if response.status == 429:
            wait = int(response.header("Retry-After"))
        else:
            passed += 1
    return passed, wait


def without_a_late_answer(worlds, redis, options, attempt):
    """On a busy machine an answer may come late, and a node decides by itself: then it is tried again."""
    for _ in range(5):
        one, other = both(worlds, redis, **options)
        passed = attempt(one, other)
        if metric(one, "im_redis_unanswered_total") + metric(other, "im_redis_unanswered_total") == 0:
            return passed
        redis.call("FLUSHALL")
    raise AssertionError("Redis never answered in time")


def test_logins_from_one_address_count_on_all_nodes(worlds, redis):
    def attempt(one, other):
        calls = [lambda world: world.login("nobody@test.com")] * 4
        passed, _ = taken(one, calls)
        more, wait = taken(other, calls)
        assert wait and 1 <= wait <= 60
        return passed + more

    assert without_a_late_answer(worlds, redis, LIMITS, attempt) == 6


def test_registrations_from_one_address_count_on_all_nodes(worlds, redis):
    def attempt(one, other):
        def register(world):
            body = {"email": world.email(), "password": PASSWORD, "uname": "x"}
            return world.call("POST", "/user/register", body=body)

        return taken(one, [register] * 3)[0] + taken(other, [register] * 4)[0]

    assert without_a_late_answer(worlds, redis, LIMITS, attempt) == 5


def test_wrong_passwords_for_one_account_count_on_all_nodes(worlds, redis):
    def attempt(one, other):
        users = [world.user(email="same@test.com") for world in (one, other)]
        for world, user in zip((one, other, one, other), users * 2, strict=True):
            assert world.login(user.email, "wrong1").error[0] == 2002
        # The right one neither, until there is room again; from another address it does.
        refused = [world.login("SAME@test.com").status for world in (one, other)]
        assert one.login("same@test.com", source="127.0.0.2").status == 200
        return refused

    assert without_a_late_answer(worlds, redis, {"limits.login_fail_per_min": 4}, attempt) == [429, 429]


def test_messages_of_one_user_count_on_all_nodes(worlds, redis):
    """Told in portions of an eighth of the burst: two nodes give at most two portions more than one."""
    options = {"limits.message_per_s": 1, "limits.message_burst": 80}

    def acked(world, user, count):
        ws = world.open2(user)
        for i in range(count):
            ws.send(cmd=10, dstObj=user.email, content=str(i), cid=f"{world.tag}{i}")
        frames = []
        while len(frames) < count:
            frame = ws.take()
            if frame["cmd"] in (1, 17):
                frames.append(frame)
        return sum(frame["cmd"] == 1 for frame in frames)

    def attempt(one, other):
        start = time.monotonic()
        users = [world.user() for world in (one, other)]
        assert users[0].id == users[1].id, "the limit is by user"
        first = acked(one, users[0], 60)
        wait_until(lambda: metric(one, "im_redis_questions_total") >= 6, what="most of it is told")
        acked(other, users[1], 10)  # and the other hears of it with its first portion
        time.sleep(0.2)
        return first + 10 + acked(other, users[1], 80), time.monotonic() - start

    total, lasted = without_a_late_answer(worlds, redis, options, attempt)
    assert 70 <= total <= 80 + 2 * 10 + lasted + 1


def test_without_redis_each_node_holds_the_limit_by_itself(worlds, redis):
    one, other = both(worlds, redis, **LIMITS)
    redis.kill()
    wait_until(lambda: not is_well(one) and not is_well(other), what="both know")
    calls = [lambda world: world.login("nobody@test.com")] * 8
    assert [taken(world, calls)[0] for world in (one, other)] == [6, 6]


def test_a_redis_that_is_lost_and_comes_back_is_said_and_nobody_waits(worlds, redis):
    world = worlds(redis)
    wait_until(lambda: is_well(world), what="Redis is found")
    assert metric(world, "im_redis_up") == 1
    anna, ben = world.friends()
    a, b = world.open2(anna), world.open2(ben)
    redis.kill()
    text = wait_until(lambda: not is_well(world) and ready_text(world), what="it is said")
    assert text.startswith("ready\nRedis can't be used: it ") and text.count("\n") == 2
    assert metric(world, "im_redis_up") == 0
    for i in range(20):
        a.send_ack(ben.email, f"{i}")
    b.take_until("19")
    assert world.login(anna.email).status == 200
    back = redis.again()
    try:
        wait_until(lambda: is_well(world), what="it is found again")
        assert metric(world, "im_redis_reconnects_total") >= 1
        wait_until(lambda: metric(world, "im_redis_round_trips_total") >= 1, what="a round trip is timed")
    finally:
        back.stop()


def test_a_redis_that_hangs_holds_no_login_up(worlds, redis):
    world = worlds(redis, **{"limits.login_per_min": 1000})
    user = world.user()
    wait_until(lambda: is_well(world), what="Redis is found")
    redis.pause()
    start = time.monotonic()
    for _ in range(20):
        assert world.login(user.email).status == 200
    spent = time.monotonic() - start
    wait_until(lambda: not is_well(world), what="it is said")
    redis.resume()
    wait_until(lambda: is_well(world), what="it is found again")
    start = time.monotonic()
    for _ in range(20):
        assert world.login(user.email).status == 200
    assert spent < time.monotonic() - start + seconds(2), "a few waits of 50 ms, and no more"


def test_the_password_of_redis_is_neither_logged_nor_told(worlds, tmp_path):
    redis = Redis(tmp_path, password="Geheim99")
    try:
        right, wrong = worlds(redis), worlds(redis.url.replace("Geheim99", "Falsch77"))
        wait_until(lambda: is_well(right), what="Redis is found")
        wait_until(lambda: "it does not know the password" in ready_text(wrong), what="it is said")
        with Connection(wrong.server) as connection:
            texts = [connection.request("GET", path).text for path in ("/readyz", "/metrics")]
        for text in (*texts, wrong.server.log(1 << 20), right.server.log(1 << 20)):
            assert "Geheim" not in text and "Falsch" not in text
    finally:
        redis.stop()
    printed = cli("config", "--redis.url=redis://:Geheim99@127.0.0.1")
    assert printed.returncode == 0 and "Geheim" not in printed.stdout + printed.stderr and "redis" in printed.stdout


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1", "redis://:Geheim99@", "redis://h:70000", "redis://:Geheim99@h/a"])
def test_an_address_that_is_none_ends_the_start_and_says_how_it_is_written(tmp_path, url):
    ended = cli("serve", "--listen=127.0.0.1:0", f"--data={tmp_path}", f"--redis.url={url}")
    assert ended.returncode != 0
    assert "redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER]" in ended.stderr
    assert "Geheim" not in ended.stdout + ended.stderr
