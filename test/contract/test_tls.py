"""https and wss on the server's port, TLS 1.2 and newer, a certificate that is renewed without a restart."""

import os
import signal
import socket
import ssl
import subprocess

import pytest

from support.http import Connection, request_bytes
from support.server import Server
from support.timing import seconds, wait_until
from support.world import World


def make_certificate(directory, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        + ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")],
        check=True,
        capture_output=True,
    )


def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
def tls_server(tmp_path):
    make_certificate(tmp_path, "first")
    options = {"tls.cert": tmp_path / "cert.pem", "tls.key": tmp_path / "key.pem"}
    server = Server(tmp_path / "server", options, tls=trusting()).start()
    server.certificates = tmp_path
    yield server
    server.release()


def certificate(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds(10)) as sock:
        with server.tls.wrap_socket(sock, server_hostname="localhost") as tls:
            return tls.getpeercert(binary_form=True)


class TlsWorld(World):
    def call(self, *arguments, **kind):
        return super().call(*arguments, tls=self.server.tls, **kind)

    def open(self, user, **kind):
        return super().open(user, tls=self.server.tls, **kind)


def test_https_and_wss_carry_all_of_v1(tls_server):
    world = TlsWorld(tls_server)
    one, two = world.settled(*world.friends(2))
    for content in ("你好 over TLS", "x" * 65536):
        one.say(two.user, content)
        assert one.take()["content"] == two.take()["content"] == content
    assert [message["content"][:2] for message in world.history(one.user, two.user)] == ["你好", "xx"]
    for i in range(200):
        one.say(two.user, f"n{i}")
    assert [two.take()["content"] for _ in range(200)] == [f"n{i}" for i in range(200)]
    assert one.close() == 1000
    world.close()


def test_pipelined_requests_over_tls(tls_server):
    with Connection(tls_server, tls=tls_server.tls) as connection:
        connection.send(request_bytes("GET", "/readyz") * 50)
        assert [connection.response().status for _ in range(50)] == [200] * 50


def test_old_versions_of_tls_are_refused(tls_server):
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", tls_server.port)) as sock, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(sock, server_hostname="localhost")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_taken(tls_server, version):
    context = trusting()
    context.minimum_version = context.maximum_version = version
    with Connection(tls_server, tls=context) as connection:
        assert connection.request("GET", "/readyz").status == 200


def test_bytes_that_are_no_tls_end_only_their_own_connection(tls_server):
    world = TlsWorld(tls_server)
    ws = world.open(world.user())
    for garbage in (b"\x16\x03\x01\xff\xff" + b"x" * 5000, b"\x16" * 3000, b"\x16\x03\x01", os.urandom(3000), b"\x80\x2e\x01\x00\x02"):
        with Connection(tls_server) as connection:
            try:
                connection.send(garbage)
                connection.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            connection.until_closed()
    ws.silent()
    world.close()


def test_sighup_reads_the_certificate_again_and_keeps_the_open_sessions(tls_server):
    world = TlsWorld(tls_server)
    ws = world.open(world.user())
    first = certificate(tls_server)
    make_certificate(tls_server.certificates, "second")
    assert certificate(tls_server) == first, "not before it is told"
    os.kill(tls_server.pid, signal.SIGHUP)
    wait_until(lambda: certificate(tls_server) != first, what="the new certificate")
    ws.silent()
    second = certificate(tls_server)
    (tls_server.certificates / "cert.pem").write_text("no certificate")
    os.kill(tls_server.pid, signal.SIGHUP)
    for _ in range(20):
        assert certificate(tls_server) == second, "a bad file leaves the old one in use"
    ws.silent()
    world.close()


def test_a_server_with_bad_certificates_does_not_start(tmp_path):
    make_certificate(tmp_path, "first")
    (tmp_path / "cert.pem").write_text("no certificate")
    server = Server(tmp_path / "server", {"tls.cert": tmp_path / "cert.pem", "tls.key": tmp_path / "key.pem"})
    server.start(wait=False)
    assert server.wait(timeout=15) not in (0, None)
    assert "cert.pem" in server.log()
    server.release()
