"""The way to the database under TLS: who has no certificate of that CA for that host is not talked to."""

import subprocess

import pytest

from support.server import Server
from support.services import MariaDb
from support.timing import seconds
from support.world import World


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def authority(home, name):
    key, made = home / f"{name}.key", home / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", f"/CN={name}", "-keyout", key, "-out", made)
    return key, made


def certificate(home, name, san, ca):
    key, asked, made, more = (home / f"{name}.{kind}" for kind in ("key", "csr", "pem", "ext"))
    more.write_text(f"subjectAltName={san}\n")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
    openssl("x509", "-req", "-days", 2, "-in", asked, "-CA", ca[1], "-CAkey", ca[0], "-CAcreateserial", "-extfile", more, "-out", made)
    return key, made


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ours(place):
    return authority(place, "ours")


@pytest.fixture(scope="module")
def maria(place, ours):
    key, made = certificate(place, "database", "IP:127.0.0.1", ours)
    server = MariaDb(place, ["--skip-log-bin", f"--ssl-cert={made}", f"--ssl-key={key}", f"--ssl-ca={ours[1]}"])
    server.run("CREATE DATABASE im; CREATE USER 'safe'@'%' IDENTIFIED BY 'S3cret' REQUIRE SSL; GRANT ALL ON im.* TO 'safe'@'%'")
    yield server
    server.stop()


def address(maria, settings="", host="127.0.0.1"):
    return f"mysql://safe:S3cret@{host}:{maria.port}/im{settings}"


def refusal(tmp_path, url):
    server = Server(tmp_path / "refused", {"store.url": url})
    server.start(wait=False)
    server.expect_alive = False
    assert server.process.wait(seconds(30)) == 1
    Server.live.remove(server)
    return server.log()


def test_all_connections_are_under_tls_of_the_ca_that_is_named(make_server, maria, ours):
    server = make_server({"store.url": address(maria, f"?tls=verify&ca={ours[1]}")})
    world = World(server)
    one, two = world.friends(2)
    world.open2(one).send_ack(two, "under TLS")
    plain = maria.run("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'safe'").stdout
    assert int(plain) >= 2  # of an account that is let in by TLS alone
    world.close()


def test_another_ca_is_refused_and_nothing_is_said_to_that_server(tmp_path, maria, place):
    log = refusal(tmp_path, address(maria, f"?tls=verify&ca={authority(place, 'theirs')[1]}"))
    assert "can't connect to the database" in log and "TLS" in log and "S3cret" not in log
    assert "can't connect to the database" in refusal(tmp_path, address(maria, "?tls=verify"))  # the system knows no such CA
    assert "can't connect to the database" in refusal(tmp_path, address(maria, "?tls=verify&ca=/nowhere.pem"))


def test_a_certificate_for_another_host_is_refused(tmp_path, maria, ours):
    assert "can't connect to the database" in refusal(tmp_path, address(maria, f"?tls=verify&ca={ours[1]}", host="localhost"))


def test_a_database_without_tls_is_refused(tmp_path, ours):
    made = MariaDb(tmp_path, ["--skip-log-bin", "--skip-ssl"])
    made.run("CREATE DATABASE im")
    try:
        assert "can't connect to the database" in refusal(tmp_path, made.url("im") + f"?tls=verify&ca={ours[1]}")
    finally:
        made.stop()


@pytest.mark.parametrize("settings", ["?tls=no", "?tls=", "?ca=/etc/x.pem", "?tls=verify&", "?tls=verify&ca=", "?tls=verify&other=1"])
def test_other_settings_are_refused(tmp_path, settings):
    log = refusal(tmp_path, f"mysql://u:S3cret@127.0.0.1:1/d{settings}")
    assert "mysql://USER:PASSWORD@HOST:PORT" in log and "S3cret" not in log
