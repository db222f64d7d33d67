"""The original's MySQL database and Redis lists, taken over by im_service import-legacy: real servers, rows with every oddity of the schema."""

import os
import random
import signal
import subprocess
import types

import pytest

from support import store
from support.legacy import NOW, PASSWORD, Legacy, insert, parcel
from support.server import BINARY, cli, environment
from support.services import MariaDb
from support.world import User, World

SEED = int(os.environ.get("IM_SEED", random.randrange(10**6)))


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    made = MariaDb(tmp_path_factory.mktemp("mariadb"))
    yield made
    made.stop()


@pytest.fixture
def original(mariadb, request):
    """A database of its own for the test: (rows, url, run)."""
    name = "im_" + str(abs(hash(request.node.name)) % 10**8)
    print(f"IM_SEED={SEED}")
    legacy = Legacy(SEED)
    mariadb.run(legacy.sql(name))
    legacy.url = mariadb.url(name)
    legacy.run = lambda sql: mariadb.run(f"USE {name};\n{sql}")
    yield legacy
    mariadb.run(f"DROP DATABASE {name}")


def take_over(data, url, *more):
    return cli("import-legacy", "--data", data, "--from", url, *more, timeout=120)


def took(data, url, *more):
    done = take_over(data, url, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified: every chat has the messages of the original, in order" in done.stdout
    return done.stdout


def log_in(world, email, password=PASSWORD):
    data = world.login(email, password).data
    return User(email, password, data.get("uname", ""), data["id"], data["token"])


def history(world, user, chat):
    """All messages of a chat as the user sees them, by pages. Who is no user has a neutral address now."""
    found, start = [], 1
    kind, dst = (11, str(chat)) if isinstance(chat, int) else (10, next((one for one in chat if one != user.email), user.email))
    if dst == "stranger@example.com":
        convs = world.call2("GET", "/conv/list", user, query={"limit": 100}).data["convs"]
        dst = next(conv["dstObj"] for conv in convs if conv["dstObj"].startswith("deleted-"))
    while True:
        page = world.call2("GET", "/msg/pull", user, query={"chat": kind, "dstObj": dst, "from": start, "limit": 200}).data
        found += page["msgs"]
        if not page["more"]:
            return found
        start = page["msgs"][-1]["seq"] + 1


def test_everything_that_can_be_kept_is_kept(original, make_server):
    server = make_server(start=False)
    server.home.mkdir(parents=True)
    report = took(server.data, original.url)
    server.start()
    world = World(server)
    people = {email: log_in(world, email) for email in original.people}
    assert world.login(original.people[0].upper(), PASSWORD).data["uname"] == "用户 0 😀"  # the first row of a doubled address
    assert world.login(original.people[0], "other12").error[0] == 2002
    assert world.login(original.people[1], PASSWORD).data["uname"] == "User 1"  # not its deleted twin
    assert world.login("gone@example.com", PASSWORD).error[0] == 2001
    assert world.login("nosalt@example.com", PASSWORD).data["email"] == "nosalt@example.com"
    for email in ("nopass@example.com", "bare@example.com"):
        assert world.login(email, PASSWORD).error[0] == 2002
    for email, user in people.items():
        friends = {friend["email"] for friend in world.get("/contact/friend_list", user).data}
        assert friends == {other for one, other in original.friends if one == email}
        groups = {group["id"] for group in world.get("/community/community_list", user).data}
        assert groups == {group for group, members in original.members.items() if email in members}
    for chat, wanted in original.expected().items():
        readers = original.members[chat] if isinstance(chat, int) else [email for email in chat if email in people]
        reader = people[sorted(readers)[0]]
        found = history(world, reader, chat)
        assert [(m["id"], m["msgType"], m["content"], m["createAt"]) for m in found] == [(n, kind, text, at) for n, _, kind, text, at in wanted]
        for message, (_, sender, *_) in zip(found, wanted):
            assert message["userEmail"] == sender or (sender not in people and message["userEmail"].startswith("deleted-"))
        assert [m["seq"] for m in found] == list(range(1, len(wanted) + 1))
    assert "users: 38 read, 33 taken over, 0 there already" in report
    for reason in ("the address stands twice", "no address", "left out: deleted", "one of the two is no user", "no group", "no sender", "no recipient", "no chat message",
                   "addresses of messages belong to no user", "with oneself", "neither a friend nor a group", "no owner that is left"):
        assert reason in report, report
    owner = world.call2("GET", "/community/info", people[original.people[3]], query={"dstObj": original.orphan}).data
    assert owner["ownerEmail"] in original.members[original.orphan]
    new = world.call2("POST", "/community/create", people[original.people[0]], name="new", icon="", memo="").data["id"]
    assert new > original.orphan
    world.close()


def test_nothing_is_news_but_what_was_waiting(original, make_server, redis):
    server = make_server(start=False)
    server.home.mkdir(parents=True)
    reader, writer, group = next(
        (*pair, group) for pair in sorted(original.friends) for group, members in sorted(original.members.items()) if pair[0] in members
    )
    original.message.append((90001, writer, 10, reader, 1, "stored and waiting", NOW + 10**8, 0))
    original.run("".join(insert("message", original.message[-1:])))
    key = f"offline_msg_{reader}"
    for text in (
        parcel(original.message[-1]),  # with the id that it was stored under
        parcel((None, writer, 10, reader, 1, "never stored 1", NOW + 10**8 + 1, 0)),
        parcel((None, writer, 11, str(group), 1, "never stored 2", NOW + 10**8 + 2, 0)),
        "no json",
        parcel((None, writer, 10, reader, 1, "never stored 1", NOW + 10**8 + 1, 0)),  # twice in the list
    ):
        redis.call("LPUSH", key, text)
    redis.call("LPUSH", "offline_msg_nobody@example.com", parcel(original.message[-1]))
    redis.call("SET", "offline_msg_odd", "no list")
    report = took(server.data, original.url, "--redis", redis.url)
    assert "offline messages: 6 read, 2 taken over, 2 there already" in report
    assert "1 left out: no JSON object" in report and "1 left out: for no user" in report
    server.start()
    world = World(server)
    user = log_in(world, reader)
    convs = world.call2("GET", "/conv/list", user, query={"limit": 100}).data["convs"]
    unread = {conv["dstObj"]: conv["unread"] for conv in convs if conv["unread"]}
    assert unread == {writer: 2, str(group): 1}
    old = world.open(user)  # a v1 page is pushed what it has not had
    pushed = [old.take() for _ in range(3)]
    assert sorted(frame["content"] for frame in pushed) == ["never stored 1", "never stored 2", "stored and waiting"]
    again = log_in(world, original.people[-1])
    convs = world.call2("GET", "/conv/list", again, query={"limit": 100}).data["convs"]
    waiting = {conv["dstObj"]: conv["unread"] for conv in convs if conv["unread"]}
    assert waiting == {}
    world.close()


def test_run_again_it_takes_what_is_new_and_changes_nothing_else(original, make_server):
    server = make_server(start=False)
    server.home.mkdir(parents=True)
    took(server.data, original.url)
    reader, writer = next(pair for pair in sorted(original.friends))
    server.start()
    world = World(server)
    user, other = log_in(world, reader), log_in(world, writer)
    world.call2("PUT", "/contact/remark", user, dstObj=writer, remark="mine", tags=["a"])
    world.call2("POST", "/msg/send", other, chat=10, dstObj=reader, content="written here")
    world.close()
    server.stop()
    report = took(server.data, original.url)
    assert "messages: 0 read, 0 taken over" in report and "users: 38 read, 0 taken over" in report
    original.message.append((80000, writer, 10, reader, 1, "came later", NOW + 10**9, 0))
    original.run("".join(insert("message", original.message[-1:])))
    report = took(server.data, original.url)
    assert "messages: 1 read, 1 taken over" in report
    server.start()
    world = World(server)
    found = history(world, user, tuple(sorted((reader, writer))))
    assert [message["content"] for message in found[-2:]] == ["written here", "came later"] and found[-1]["id"] == 80000
    friend = next(one for one in world.call2("GET", "/contact/friend_list", user).data if one["email"] == writer)
    assert friend["remark"] == "mine" and friend["tags"] == ["a"]
    world.close()


def counts(place):
    return {
        table: store.rows(place, f"SELECT COUNT(*) FROM {table}")[0][0]
        for table in ("user", "contact", "chat", "member", "message", "device")
    }


def test_into_mysql_it_takes_the_same_as_into_a_directory_and_nothing_twice(original, make_server, mariadb, tmp_path):
    name = f"{original.url.rpartition('/')[2]}_to"
    mariadb.run(f"CREATE DATABASE {name}")
    url = mariadb.url(name)
    place = types.SimpleNamespace(store_url=url)
    server = make_server({"store.url": url}, start=False)
    server.home.mkdir(parents=True)
    report = took(server.data, original.url, "--to", url)
    assert "users: 38 read, 33 taken over, 0 there already" in report
    assert not (server.data / store.FILE).exists(), "the directory's own store stays out of it"
    plain = types.SimpleNamespace(store_url="", data=tmp_path / "plain")
    took(plain.data, original.url)
    there = counts(place)
    assert there == counts(plain) and there["message"] == sum(map(len, original.expected().values()))
    again = took(server.data, original.url, "--to", url)
    assert "messages: 0 read, 0 taken over" in again and "users: 38 read, 0 taken over" in again
    assert counts(place) == there
    server.start()
    world = World(server)
    people = {email: log_in(world, email) for email in original.people}
    for chat, wanted in original.expected().items():
        readers = original.members[chat] if isinstance(chat, int) else [email for email in chat if email in people]
        found = history(world, people[sorted(readers)[0]], chat)
        assert [(m["id"], m["msgType"], m["content"], m["createAt"]) for m in found] == [(n, kind, text, at) for n, _, kind, text, at in wanted]
    served = take_over(tmp_path / "elsewhere", original.url, "--to", url)
    assert served.returncode == 1 and "serve" in served.stderr, served.stderr
    world.close()
    server.stop()
    mariadb.run(f"DROP DATABASE {name}")


@pytest.mark.parametrize("url", ["mysql://root:S3cret@127.0.0.1:1/im", "mysql://S3cret", "sqlite:S3cret"])
def test_a_target_that_is_not_there_is_told_without_its_password(original, tmp_path, url):
    done = take_over(tmp_path / "data", original.url, "--to", url)
    assert done.returncode == 1 and done.stderr and "S3cret" not in done.stdout + done.stderr


def test_killed_in_the_middle_it_goes_on(original, make_server, tmp_path):
    server = make_server(start=False)
    server.home.mkdir(parents=True)
    more = [(200000 + i, *original.message[i % 500][1:5], f"{i}", NOW + i, 0) for i in range(60000)]
    more = [row for row in more if row[1] and row[2] in (10, 11) and row[3] and row[3] != "999999" and row[4]]
    original.message += more
    for statement in insert("message", more):
        original.run(statement)
    rounds = 0
    generator = random.Random(SEED)
    while True:
        process = subprocess.Popen(
            [BINARY, "import-legacy", "--data", server.data, "--from", original.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(server.data)
        )
        try:
            out, err = process.communicate(timeout=0.1 + generator.random() * 0.5 if rounds < 6 else 120)
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            rounds += 1
    assert process.returncode == 0, err
    assert rounds > 0, "it was never killed"
    assert b"verified" in out
    server.start()
    world = World(server)
    reader, writer = next(pair for pair in sorted(original.friends))
    user = log_in(world, reader)
    chats = original.expected()
    for chat in list(chats)[:12]:
        if isinstance(chat, int) or reader in chat:
            if isinstance(chat, int) and reader not in original.members[chat]:
                continue
            assert [m["id"] for m in history(world, user, chat)] == [row[0] for row in chats[chat]]
    convs = world.call2("GET", "/conv/list", user, query={"limit": 100}).data["convs"]
    assert [conv["dstObj"] for conv in convs if conv["unread"]] == []
    world.close()


def test_a_store_with_messages_of_its_own_is_left_alone(original, make_server):
    server = make_server()
    world = World(server)
    a, b = world.user("a"), world.user("b")
    world.befriend(a, b)
    world.call2("POST", "/msg/send", a, chat=10, dstObj=b.email, content="mine")
    world.close()
    assert take_over(server.data, original.url).returncode == 1  # it is served
    server.stop()
    done = take_over(server.data, original.url)
    assert done.returncode == 1 and "import into an empty directory" in done.stderr
    server.start()
    world = World(server)
    assert [m["content"] for m in history(world, b, tuple(sorted((a.email, b.email))))] == ["mine"]
    assert world.login(original.people[0], PASSWORD).error[0] == 2001
    world.close()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--from", "postgres://x/y"], "give it as mysql://"),
        (["--from", "mysql://root@127.0.0.1:1/im"], "127.0.0.1"),
        (["--from", "mysql://root@127.0.0.1:PORT/no_such_database"], "no_such_database"),
        (["--from", "mysql://root@127.0.0.1:PORT/mysql"], "Unknown column"),
        (["--from", "mysql://root@127.0.0.1:PORT/information_schema"], "Unknown table"),
        (["--from", "URL", "--redis", "http://x"], "give it as redis://"),
        (["--from", "URL", "--redis", "redis://127.0.0.1:1"], "refused"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken_over(original, mariadb, tmp_path, arguments, said):
    arguments = [word.replace("URL", original.url).replace("PORT", str(mariadb.port)) for word in arguments]
    done = cli("import-legacy", "--data", tmp_path / "data", *arguments)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert "verified" not in done.stdout


def test_without_a_source_it_says_how_to_name_one(tmp_path):
    done = cli("import-legacy", "--data", tmp_path / "data")
    assert done.returncode == 2 and "--from" in done.stderr
