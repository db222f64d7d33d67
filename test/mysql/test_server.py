"""A server whose store is a MySQL database: how it starts, what it refuses, and what it never shows."""

import subprocess

import pytest

from support import store
from support.server import BINARY, Server, cli, environment
from support.services import MariaDb
from support.timing import seconds
from support.world import World


@pytest.fixture
def database():
    """An empty database's address, of an account with a password that is easily found again."""
    url = store.fresh_url()
    name = url.rpartition("/")[2]
    store.maria().run(f"CREATE OR REPLACE USER '{name}'@'%' IDENTIFIED BY 'S3cret/#x'; GRANT ALL ON {name}.* TO '{name}'@'%'")
    return f"mysql://{name}:S3cret%2F%23x@127.0.0.1:{store.maria().port}/{name}"


def refusal(tmp_path, url, **settings):
    """What a server says that does not start."""
    server = Server(tmp_path / "refused", {"store.url": url, **settings})
    server.start(wait=False)
    server.expect_alive = False
    assert server.process.wait(seconds(30)) == 1
    Server.live.remove(server)
    return server.log()


def test_two_directories_share_one_database(make_server, database):
    first = make_server({"store.url": database})
    world = World(first)
    one, two = world.friends(2)
    world.open2(one).send_ack(two, "by the first")
    epoch = world.open2(one, "other").hello["epoch"]
    world.close()
    first.stop()
    second = make_server({"store.url": database})
    world = World(second)
    assert [message["content"] for message in world.history(two, one)] == ["by the first"]
    assert world.open2(one).hello["epoch"] == epoch
    world.close()


def test_a_database_put_back_is_named_anew_when_its_epoch_is_deleted(make_server, database):
    server = make_server({"store.url": database})
    world = World(server)
    one = world.user()
    epoch = world.open2(one).hello["epoch"]
    world.close()
    server.stop()
    store.change(server, "DELETE FROM meta WHERE name = 'epoch'")
    server.start()
    world = World(server)
    assert world.open2(one).hello["epoch"] != epoch
    world.close()


def test_the_password_is_nowhere_to_be_seen(make_server, database, tmp_path):
    server = make_server({"store.url": database, "server.log_level": "debug"})
    world = World(server)
    world.user()
    assert "S3cret" not in world.call("GET", "/metrics").text
    world.close()
    server.stop()
    shown = subprocess.run(
        [BINARY, "config", "--data", tmp_path, f"--store.url={database}"], capture_output=True, text=True, env=environment(), check=True
    )
    wrong = refusal(tmp_path, database.replace("S3cret", "S3cret-not"))
    for text in (server.log(10**7), shown.stdout + shown.stderr, wrong):
        assert "S3cret" not in text
    assert "can't connect to the database" in wrong and "Access denied" in wrong


@pytest.mark.parametrize("url", ["mysql://h", "mysql://root@h/", "postgres://u:S3cret@h/d", "S3cret"])
def test_an_address_of_another_form_is_refused_without_showing_it(tmp_path, url):
    log = refusal(tmp_path, url)
    assert "mysql://USER:PASSWORD@HOST:PORT" in log and "S3cret" not in log


def test_nobody_there_ends_the_start_with_a_reason(tmp_path):
    assert "can't connect to the database" in refusal(tmp_path, "mysql://root@127.0.0.1:1/d")


@pytest.fixture(scope="module")
def logging_maria(tmp_path_factory):
    """One that writes a binary log, and does not sync it."""
    made = MariaDb(tmp_path_factory.mktemp("logging"), ["--log-bin=log", "--server-id=1", "--sync-binlog=0", "--binlog-format=MIXED"])
    made.run("CREATE DATABASE im")
    yield made
    made.stop()


def test_a_binary_log_that_is_not_synced_is_refused_unless_the_loss_is_accepted(tmp_path, make_server, logging_maria):
    url = logging_maria.url("im")
    log = refusal(tmp_path, url)
    assert "sync_binlog = 1" in log and "accept_lost_messages=yes" in log
    world = World(make_server({"store.url": url + "?accept_lost_messages=yes"}))
    one, two = world.friends(2)
    world.open2(one).send_ack(two, "accepted")
    world.close()
    logging_maria.run("SET GLOBAL sync_binlog = 1")
    make_server({"store.url": url})
    logging_maria.run("SET GLOBAL binlog_format = STATEMENT")
    assert "binlog_format" in refusal(tmp_path, url + "?accept_lost_messages=yes")


def test_an_operator_beside_serving_nodes_is_sent_to_one_of_them(make_server, tmp_path):
    server = make_server()
    command = [BINARY, "invite", "create", "--data", tmp_path / "elsewhere", f"--store.url={server.store_url}"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 1 and "other nodes serve this database" in done.stderr, done.stderr
    assert store.rows(server, "SELECT code FROM invite") == []
    server.stop()
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr


def test_operators_work_on_a_store_at_rest_and_in_use(make_server):
    server = make_server()
    assert cli("invite", "create", "--data", server.data).returncode == 0
    server.stop()
    made = cli("invite", "create", "--data", server.data)
    assert made.returncode == 0, made.stderr
    assert len(store.rows(server, "SELECT code FROM invite")) == 2
