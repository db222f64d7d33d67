"""Database servers for tests: real ones on loopback, a free port and a data directory of their own, ended by their pid."""

import fcntl
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import zlib

from support.server import die_with_parent, free_port
from support.timing import wait_until

PATH = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Service:
    """command: what runs in the foreground; a test that fails finds its output in log."""

    def __init__(self, home, name, command):
        self.log = pathlib.Path(home) / f"{name}.log"
        self.command = command
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)

    def kill(self):
        """SIGKILL; start brings it back, with what it had on its disk."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _installed():
    """A data directory as mariadb-install-db leaves it, made once for all tests of this machine: it takes seconds."""
    version = subprocess.run(["mariadbd", "--version"], check=True, capture_output=True, env=PATH).stdout
    place = pathlib.Path(tempfile.gettempdir()) / f"im-maria-{os.getuid()}-{zlib.crc32(version):08x}"
    place.mkdir(mode=0o700, exist_ok=True)
    assert place.stat().st_uid == os.getuid()
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "data").exists():
            shutil.rmtree(place / "half", ignore_errors=True)
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", f"--datadir={place / 'half'}", "--user=root", "--innodb-log-file-size=16M",
                 "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
                check=True, capture_output=True,
            )
            (place / "half").rename(place / "data")
    return place / "data"


def mariadb_install(home, user=None):
    """A data directory in home, of that user's or one's own, and the arguments that a server on it needs."""
    shutil.copytree(_installed(), home / "data")
    if user:
        for path in (home / "data", *(home / "data").rglob("*")):
            shutil.chown(path, user, user)
    return ["--no-defaults", f"--datadir={home / 'data'}", f"--user={user or 'root'}"]


def mariadb_command(path, sql, check=True):
    """Statements over that socket, sent as UTF-8; what they print, tab-separated."""
    return subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={path}", "--user=root", "--default-character-set=utf8mb4", "--batch", "--skip-column-names"],
        input=sql.encode(), check=check, capture_output=True,
    )


class MariaDb(Service):
    """Its one account is root, without a password, over the socket and 127.0.0.1. more: settings beside these."""

    def __init__(self, home, more=("--skip-log-bin",)):
        self.home = pathlib.Path(home) / "mariadb"
        self.home.mkdir(mode=0o700)
        self.socket = self.home / "s"
        self.port = free_port()
        settings = mariadb_install(self.home)
        super().__init__(home, "mariadb", [
            shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), *settings, f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M",
            f"--pid-file={self.home / 'pid'}", "--performance-schema=OFF", *more,
        ])
        self.wait_ready()

    def wait_ready(self):
        wait_until(lambda: self.run("SELECT 1", check=False).returncode == 0, 60, what="MariaDB answers")

    def run(self, sql, check=True):
        return mariadb_command(self.socket, sql, check)

    def url(self, database):
        return f"mysql://root@127.0.0.1:{self.port}/{database}"


class Redis(Service):
    def __init__(self, home, port=None, password=None):
        self.port = port or free_port()
        self.home = home
        self.password = password
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(home)]
        super().__init__(home, "redis", [*command, "--requirepass", password] if password else command)
        wait_until(lambda: self.call("PING") == b"PONG", 30, what="Redis answers")

    def again(self):
        """Another one in its place, empty."""
        self.stop()
        return Redis(self.home, self.port, self.password)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def call(self, *words):
        """One command; None while nobody answers. Enough of the protocol for what tests say."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                replies = connection.makefile("rb")
                if self.password:
                    connection.sendall(self._command("AUTH", self.password))
                    replies.readline()
                connection.sendall(self._command(*words))
                line = replies.readline()
        except OSError:
            return None
        assert not line.startswith(b"-"), line
        return line[1:].strip()

    @staticmethod
    def _command(*words):
        words = [word.encode() if isinstance(word, str) else word for word in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    @property
    def url(self):
        return f"redis://:{self.password}@127.0.0.1:{self.port}" if self.password else f"redis://127.0.0.1:{self.port}"
