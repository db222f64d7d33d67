"""The shell's side of im_service: the same commands with a server running (over its admin socket) and without."""

import json
import os
import re
import socket
import stat
import subprocess

import pytest

from support.server import BINARY, cli, environment
from support.timing import seconds, wait_until
from support.world import PASSWORD, World


@pytest.fixture(params=["running", "stopped"])
def home(request, make_server):
    """A server's data directory; the server runs, or ran."""
    server = make_server()
    if request.param == "stopped":
        server.stop()
    return server


def asking(server):
    """A world on the server, which runs from here on."""
    if server.process.poll() is not None:
        server.start()
    return World(server)


def ok(*arguments, **kind):
    done = cli(*arguments, **kind)
    assert done.returncode == 0, done.stderr
    return done.stdout


def add(server, email, *more, password=PASSWORD):
    return cli("user", "add", "--data", server.data, "--email", email, "--password-stdin", *more, input=password + "\n")


def test_user_add_makes_a_user_who_can_log_in(home):
    assert add(home, "new.user@test.com", "--uname", "新用户").returncode == 0
    data = asking(home).login("new.user@test.com").data
    assert data["uname"] == "新用户"


def test_user_add_refuses_what_registration_refuses(home):
    assert add(home, "twice@test.com").returncode == 0
    for done in (add(home, "twice@test.com"), add(home, "no email"), add(home, "a@test.com", password="short"), add(home, "a@test.com", password="")):
        assert done.returncode != 0 and done.stderr.strip() and "Traceback" not in done.stderr
    emails = [line.split("\t")[1] for line in ok("user", "list", "--data", home.data).splitlines()]
    assert emails == ["twice@test.com"]


def test_user_list_gives_id_email_and_uname_between_tabs(home):
    add(home, "a@test.com", "--uname", "甲")
    add(home, "b@test.com")
    rows = [line.split("\t") for line in ok("user", "list", "--data", home.data).splitlines()]
    assert [(row[1], row[2]) for row in rows][0] == ("a@test.com", "甲")
    assert rows[1][1] == "b@test.com" and all(len(row) == 3 and int(row[0]) > 0 for row in rows)


def test_user_list_pages_through_many(make_server):
    server = make_server()
    world = World(server)
    emails = {world.user().email for _ in range(250)}
    rows = ok("user", "list", "--data", server.data).splitlines()
    assert {row.split("\t")[1] for row in rows} == emails and len(rows) == 250


def test_user_passwd_changes_the_password(home):
    add(home, "a@test.com")
    done = cli("user", "passwd", "--data", home.data, "--email", "a@test.com", "--password-stdin", input="newpass99\n")
    assert done.returncode == 0, done.stderr
    world = asking(home)
    assert world.login("a@test.com").error == (2002, "密码错误")
    assert world.login("a@test.com", "newpass99").data["email"] == "a@test.com"


def test_user_passwd_of_nobody_fails(home):
    done = cli("user", "passwd", "--data", home.data, "--email", "x@test.com", "--password-stdin", input="newpass99\n")
    assert done.returncode != 0 and done.stderr.strip()


def test_group_create_prints_the_id_of_a_group_that_is_there(home):
    add(home, "owner@test.com")
    out = ok("group", "create", "--data", home.data, "--name", "客服 群", "--owner", "owner@test.com", "--icon", "http://i/x.png", "--memo", "备注")
    group = int(out)
    assert str(group) in ok("group", "list", "--data", home.data) and "客服 群" in ok("group", "list", "--data", home.data)
    world = asking(home)
    data = world.login("owner@test.com").data
    (found,) = world.call("GET", "/community/community_list", headers=[("email", data["email"]), ("token", data["token"])]).data
    assert found["id"] == group and found["name"] == "客服 群" and found["ownerEmail"] == "owner@test.com"
    assert found["icon"] == "http://i/x.png" and found["memo"] == "备注"


def test_group_create_needs_a_living_owner(home):
    done = cli("group", "create", "--data", home.data, "--name", "x", "--owner", "nobody@test.com")
    assert done.returncode != 0 and done.stderr.strip() and done.stdout == ""


def test_a_group_made_beside_a_running_server_takes_messages_at_once(make_server):
    server = make_server()
    world = World(server)
    owner = world.user()
    ws = world.open(owner)
    ws.before_barrier()
    group = int(ok("group", "create", "--data", server.data, "--name", "live", "--owner", owner.email))
    ws.before_barrier()
    ws.say_group(group, "first")
    assert ws.take()["content"] == "first"
    world.close()


def test_invite_create_prints_a_code_and_list_shows_it(home):
    code = ok("invite", "create", "--data", home.data, "--uses", 3, "--days", 7).strip()
    assert re.fullmatch(r"[A-Za-z0-9_-]{6,}", code)
    other = ok("invite", "create", "--data", home.data).strip()
    assert other != code
    listed = ok("invite", "list", "--data", home.data)
    assert code in listed and other in listed


def test_the_admin_socket_is_its_owners_alone(make_server):
    server = make_server()
    sockets = [path for path in server.data.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
    assert len(sockets) == 1
    assert stat.S_IMODE(sockets[0].stat().st_mode) == 0o600
    for garbage in (b"", b"x", b"\x00" * 100, b"{" * 10_000, b"[" * 10_000 + b"\n", os.urandom(5000) + b"\n"):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(seconds(20))
            sock.connect(str(sockets[0]))
            try:
                sock.sendall(garbage)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
            except ConnectionError:
                pass
    assert add(server, "after@test.com").returncode == 0


def test_commands_work_after_a_server_that_was_killed(make_server):
    server = make_server()
    add(server, "a@test.com")
    server.kill()
    assert "a@test.com" in ok("user", "list", "--data", server.data)
    assert add(server, "b@test.com").returncode == 0
    server.start()
    assert World(server).login("b@test.com").data["email"] == "b@test.com"


# Help and mistakes


def test_help_tells_of_verbs_and_options():
    out = ok("--help")
    for word in ("serve", "user", "group", "invite", "config", "--server.listen", "http.cors_origin", "accounts.registration"):
        assert word.removeprefix("--") in out, word
    assert ok("serve", "--help")


def test_version_is_one_line():
    assert re.fullmatch(r"\S.*\d+\.\d+\.\d+.*\n", ok("--version"))


def test_config_prints_settings_that_it_takes_back(tmp_path):
    out = ok("config", "--data", tmp_path, "--history.v1_limit=77")
    assert "[server]" in out and "v1_limit" in out and "77" in out
    file = tmp_path / "elsewhere.ini"
    file.write_text(out)
    assert ok("config", "--config", file) == out


def test_settings_come_from_file_environment_and_flag_the_later_winning(tmp_path):
    (tmp_path / "im_service.ini").write_text("[history]\nv1_limit = 11\n")

    def limit(*flags, **env):
        done = subprocess.run([str(BINARY), "config", "--data", str(tmp_path), *flags], capture_output=True, text=True, env=environment() | env)
        assert done.returncode == 0, done.stderr
        return re.search(r"v1_limit *= *(\d+)", done.stdout)[1]

    assert limit() == "11"
    assert limit(IM_HISTORY_V1_LIMIT="22") == "22"
    assert limit("--history.v1_limit=33", IM_HISTORY_V1_LIMIT="22") == "33"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-verb"],
        ["user"],
        ["user", "no-such-verb"],
        ["serve", "--no.such_option=1"],
        ["serve", "--history.v1_limit=0"],
        ["serve", "--history.v1_limit=ten"],
        ["serve", "--history.v1_limit"],
        ["serve", "--history.v1_limit=1", "--history.v1_limit=2"],
        ["serve", "--listen", "nonsense"],
        ["serve", "--accounts.registration=maybe"],
        ["serve", "stray"],
        ["user", "add"],
        ["user", "add", "--email"],
        ["user", "list", "--nonsense"],
        ["group", "create", "--name", "x"],
        ["invite", "create", "--uses", "none"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_says_what_is_wrong_and_exits_2(tmp_path, arguments):
    more = [] if not arguments or len(arguments) < 2 else ["--data", str(tmp_path / "d")]
    done = cli(*arguments, *(more if "--history.v1_limit" not in arguments and "--email" not in arguments else []), input="")
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert len(done.stderr.strip()) > 10


def test_a_bad_file_is_named_with_its_line(tmp_path):
    (tmp_path / "im_service.ini").write_text("[history]\nv1_limit = 11\nv2_limit = 3\n")
    done = cli("config", "--data", tmp_path)
    assert done.returncode == 2 and "im_service.ini" in done.stderr and "v2_limit" in done.stderr


def test_serve_prints_the_address_that_it_serves(make_server):
    server = make_server()
    out = (server.home / "stdout.log").read_text()
    assert f"http://{server.address}" in out


def test_serve_takes_any_free_port(tmp_path):
    process = subprocess.Popen(
        [str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "d")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    try:
        line = process.stdout.readline()
        while "http://" not in line:
            assert line, "it ended without an address"
            line = process.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", line)[1])

        def answers():
            with socket.create_connection(("127.0.0.1", port)) as sock:
                sock.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
                return b" 200 " in sock.recv(100)

        wait_until(answers)
    finally:
        process.terminate()
        assert process.wait(seconds(20)) == 0
        process.stdout.close()


def test_a_taken_port_is_a_clear_error(make_server, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = cli("serve", "--listen", address, "--data", tmp_path / "d")
        assert done.returncode not in (0, None) and done.returncode > 0
        assert address in done.stderr or str(taken.getsockname()[1]) in done.stderr


def test_the_tables_of_calls_and_frames_are_printed():
    routes = [json.loads(line) for line in ok("routes").splitlines()]
    assert {"method": "POST", "path": "/user/login", "open": True, "json": True} in routes
    commands = {row["cmd"]: row for row in (json.loads(line) for line in ok("commands").splitlines())}
    assert commands[0] == {"cmd": 0, "name": "heart", "v1": True, "limited": False}
    assert (commands[20]["action"], commands[20]["answer"], commands[20]["writes"]) == ("pull", 21, False)
