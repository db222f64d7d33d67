"""What deploy/ holds works as it stands: nginx's configuration in a real nginx, the unit in systemd's own eyes, and the
settings of the containers in the server's."""

import os
import re
import subprocess
import urllib.parse

import pytest
from support.http import Connection
from support.media import stored
from support.nginx import Nginx
from support.server import BINARY, ROOT
from support.timing import wait_until
from support.world import World

LIMITED = {"http.forwarded": "on", "limits.login_per_min": 3, "limits.login_fail_per_min": 0}


@pytest.fixture
def proxied(make_server, tmp_path):
    """A world whose every connection goes through nginx."""
    server = make_server(LIMITED)
    nginx = Nginx(tmp_path, [server.address])
    world = World(nginx)
    world.node = server
    yield world
    world.close()
    nginx.stop()


def test_two_people_talk_through_nginx_and_it_logs_no_token(proxied):
    world = proxied
    li, sam = world.friends(2)
    one, two = world.open(li), world.open2(sam)
    one.say(sam, "through nginx")
    assert two.find(cmd=10)["content"] == "through nginx"
    assert world.call("GET", "/").status == 200
    answer = world.call("GET", "/community/community_list", query={"email": li.email, "token": li.token})
    assert answer.data == []
    one.close(), two.close()
    wait_until(lambda: world.server.access_log().count("/chat") == 2, what="both sockets are logged")
    logged = world.server.everything_logged()
    assert "/user/register" in logged and "/community/community_list" in logged
    for user in (li, sam):
        assert user.token not in logged
        assert user.email not in logged and urllib.parse.quote(user.email) not in logged


def test_a_node_that_dies_under_a_socket_leaves_no_token_in_the_error_log(proxied):
    world = proxied
    user = world.user()
    ws = world.open(user)
    ws.before_barrier()
    world.node.kill()
    while ws.sock.recv(65536):
        pass
    assert world.call("GET", "/chat", query={"email": user.email, "token": user.token}).status == 502
    wait_until(lambda: world.server.access_log().count("/chat") == 2, what="both are logged")
    assert user.token not in world.server.everything_logged()
    world.node.start()


def test_a_node_that_is_gone_is_passed_over(make_server, tmp_path):
    server = make_server({"http.forwarded": "on"})
    gone = make_server({})
    gone.stop()
    nginx = Nginx(tmp_path, [gone.address, server.address])
    world = World(nginx)
    users = [world.user() for _ in range(4)]  # POSTs: they were not sent to the node that is gone
    assert len({user.id for user in users}) == 4
    nginx.stop()


def test_visitors_are_told_apart_and_can_not_say_who_they_are(proxied):
    world = proxied
    user = world.user()

    def statuses(source, said):
        return [world.login(user.email, source=source, headers=[("X-Forwarded-For", f"{said}{i}")]).status for i in range(4)]

    assert statuses("127.0.0.2", "203.0.113.") == [200, 200, 200, 429]
    assert world.login(user.email, source="127.0.0.3").status == 200


def test_what_is_for_operators_is_not_for_visitors(proxied):
    for path in ("/metrics", "/admin/users", "/readyz"):
        answer = proxied.call("GET", path)
        assert (answer.status, b"nginx" in answer.body) == (404, True)


def test_a_large_upload_and_its_download_go_through(proxied):
    world = proxied
    user = world.user()
    body = os.urandom(6 << 20)
    url = stored(world, user, body)["signed"]
    with Connection(world.server) as connection:
        assert connection.request("GET", url).body == body
        part = connection.request("GET", url, headers=[("Range", "bytes=5-9")])
        assert (part.status, part.body) == (206, body[5:10])
    assert "s=" in url and "s=" not in world.server.access_log()


def test_systemd_takes_the_unit(tmp_path):
    text = (ROOT / "deploy" / "im_service.service").read_text()
    unit = tmp_path / "im_service.service"
    unit.write_text(text.replace("/usr/local/bin/im_service", str(BINARY)))
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def compose():
    """The file's text and the node's environment in it. YAML as far as the file goes: Debian's PyYAML is no dependency."""
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    settings = text.split("environment: &settings\n")[1].split("  volumes:")[0]
    pairs = re.findall(r'^ +(IM_\w+): "?([^"\n]+)"?$', settings, re.MULTILINE)
    return text, {name: re.sub(r"\$\{[^}]*\}", "secret", value) for name, value in pairs}


def test_the_containers_settings_are_settings():
    text, settings = compose()
    assert len(settings) >= 5
    run = subprocess.run([BINARY, "config"], env={**os.environ, **settings}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "directory = /files" in run.stdout and ":secret@" not in run.stdout
    assert "--innodb-flush-log-at-trx-commit=1" in text


def test_the_image_gets_the_libraries_that_the_binary_needs():
    """Their packages, as dpkg says: the list in the Dockerfile can't go stale unnoticed."""
    names = re.findall(r"=> (/\S+)", subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout)
    direct = re.findall(r"NEEDED +(\S+)", subprocess.run(["objdump", "-p", BINARY], capture_output=True, text=True, check=True).stdout)
    wanted = {os.path.realpath(path) for path in names if os.path.basename(path) in direct}
    owners = subprocess.run(["dpkg", "-S", *wanted], capture_output=True, text=True).stdout
    packages = {line.split(":")[0] for line in owners.splitlines()} - {"libc6", "libstdc++6", "libgcc-s1", "libasan8", "libubsan1", "libtsan2"}
    listed = (ROOT / "deploy" / "Dockerfile").read_text().split()
    assert packages <= set(listed)
