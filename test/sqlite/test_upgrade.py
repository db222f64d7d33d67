"""A store that an earlier version wrote: support/schema1.sql is a dump of one, made by the last release with
schema 1. Ann and Bob are friends and in a group; Bob was away for the last message."""

import pathlib
import sqlite3

import pytest

from support.server import Server
from support.world import PASSWORD, User, World

DUMP = pathlib.Path(__file__).resolve().parents[1] / "support" / "schema1.sql"
DIRECT = 4611686020574871554


@pytest.fixture
def old_data(tmp_path):
    data = tmp_path / "old"
    data.mkdir()
    with sqlite3.connect(data / "im_service.db") as store:
        store.executescript(DUMP.read_text())
    return data


@pytest.fixture
def world(old_data, make_server):
    made = World(make_server(data=old_data))
    yield made
    made.close()


def logged_in(world, email):
    data = world.login(email).data
    return User(email, PASSWORD, data["uname"], data["id"], data["token"])


def rows(server, text):
    assert server.stop() == 0
    with sqlite3.connect(f"file:{server.data}/im_service.db?mode=ro", uri=True) as store:
        return store.execute(text).fetchall()


def test_accounts_friends_groups_and_messages_are_there(world):
    ann, bob = logged_in(world, "ann@x.cc"), logged_in(world, "bob@x.cc")
    assert [user["email"] for user in world.get("/contact/friend_list", ann).data] == ["bob@x.cc"]
    assert [row["content"] for row in world.history(ann, bob)] == ["hello", "你好", "missed"]
    assert [row["content"] for row in world.group_history(bob, 1000)] == ["to all"]


def test_ids_and_seqs_go_on_where_they_ended(world):
    ann, bob = logged_in(world, "ann@x.cc"), logged_in(world, "bob@x.cc")
    a, b = world.open2(ann), world.open2(bob)
    ack = a.send_ack(bob, "new")
    assert (ack["id"], ack["seq"]) == (9, 4)
    assert b.find(content="new")["seq"] == 4
    assert world.group(ann) == 1001


def test_a_v1_device_still_gets_what_it_missed(world):
    bob = logged_in(world, "bob@x.cc")
    assert [world.open(bob).take()["content"]] == ["missed"]


def test_what_was_delivered_counts_as_read_and_group_sizes_are_known(world):
    server = world.server
    assert rows(server, f"SELECT user, read_seq FROM member WHERE chat = {DIRECT} ORDER BY user") == [(1, 3), (2, 2)]
    assert rows(server, "SELECT size FROM chat WHERE id = 1000") == [(2,)]
    ((schema,),) = rows(server, "SELECT value FROM meta WHERE name = 'schema'")
    assert int(schema) >= 2


def test_a_group_without_its_owner_gets_the_member_who_is_longest_in_it(old_data, make_server):
    with sqlite3.connect(old_data / "im_service.db") as store:
        store.executescript(
            "INSERT INTO chat VALUES (1001, 11, 'left', NULL, NULL, 3, 7), (1002, 11, 'empty', NULL, NULL, 3, 8);"
            "INSERT INTO member VALUES (1, 1001, 0, 1, 12), (2, 1001, 0, 1, 11);"
            "UPDATE counter SET value = 1002"
        )
    world = World(make_server(data=old_data))
    bob = logged_in(world, "bob@x.cc")
    groups = world.call2("GET", "/community/community_list", bob).data
    assert [(one["id"], one["ownerEmail"], one["role"], one["size"]) for one in groups] == [
        (1000, "ann@x.cc", "member", 2),
        (1001, "bob@x.cc", "owner", 2),
    ]
    assert world.get("/community/search_community", bob, info="empty").data == []
    assert world.call2("POST", "/community/dismiss", bob, dstObj="1001").data is True
    world.close()


def test_it_gets_an_epoch_that_no_client_knows(world):
    ann = logged_in(world, "ann@x.cc")
    assert world.open2(ann).hello["epoch"] != "a1ea86f4c5bd972278dc2e46"


def test_a_store_of_a_newer_version_is_left_alone(old_data, tmp_path):
    with sqlite3.connect(old_data / "im_service.db") as store:
        store.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    server = Server(tmp_path / "home", data=old_data)
    (tmp_path / "home").mkdir()
    server.start(wait=False)
    server.expect_alive = False
    assert server.process.wait(20) == 1
    assert "newer version" in server.log()
    Server.live.remove(server)
    with sqlite3.connect(old_data / "im_service.db") as store:
        assert store.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == ("99",)
