"""A Galera cluster of MariaDB servers on loopback (Debian's galera-4): each is a database that the others follow, in one
order of certified commits; one that died is brought up to date when it comes back.

Whole copies go over rsync, whose daemon gives up root's rights: so where the tests are root, the servers are mysql's, in
a directory that he can reach."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from support.server import free_port
from support.services import Service, mariadb_command, mariadb_install
from support.timing import wait_until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"
USER = "mysql" if os.geteuid() == 0 else None


class GaleraNode(Service):
    def __init__(self, home, name):
        self.home, self.name = home / name, name
        self.home.mkdir()
        if USER:
            shutil.chown(self.home, USER, USER)
        self.log = self.home / "log"
        self.socket = self.home / "s"
        self.port, self.group, self.transfer, self.copy = (free_port() for _ in range(4))
        self.own = mariadb_install(self.home, USER)

    @property
    def address(self):
        return f"127.0.0.1:{self.group}"

    def settings(self, cluster):
        return [
            shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), *self.own, f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M",
            f"--pid-file={self.home / 'pid'}", "--performance-schema=OFF", "--skip-log-bin", "--binlog-format=ROW", "--default-storage-engine=InnoDB",
            "--innodb-autoinc-lock-mode=2", "--innodb-flush-log-at-trx-commit=1", "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
            "--wsrep-cluster-name=im-test", f"--wsrep-cluster-address=gcomm://{cluster}", f"--wsrep-node-name={self.name}",
            f"--wsrep-node-address={self.address}", "--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address=127.0.0.1:{self.copy}",
            f"--wsrep-provider-options=gmcast.listen_addr=tcp://{self.address};ist.recv_addr=127.0.0.1:{self.transfer};"
            "evs.suspect_timeout=PT1S;evs.inactive_timeout=PT3S;evs.inactive_check_period=PT0.3S;evs.keepalive_period=PT0.3S;gcache.size=64M",
        ]

    def begin(self):
        """The first of a new cluster."""
        self.command = [*self.settings(""), "--wsrep-new-cluster"]
        self.start()
        self.wait_synced()

    def recover(self, others):
        """After a kill, before it is started again: how far it was, so that it need not be copied whole."""
        self.command = self.settings(",".join(other.address for other in others))
        where = subprocess.run([*self.command, "--wsrep-recover"], capture_output=True, text=True)
        position = re.search(r"Recovered position: *(\S+)", where.stdout + where.stderr)
        self.command += [f"--wsrep-start-position={position[1]}"] if position else []

    def wait_synced(self):
        wait_until(self.synced, 90, step=0.1, what=f"{self.name} follows the cluster")

    def run(self, sql, check=True):
        return mariadb_command(self.socket, sql, check)

    def synced(self):
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        return b"Synced" in self.run("SHOW STATUS LIKE 'wsrep_local_state_comment'", check=False).stdout


class Galera:
    def __init__(self, count=3):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="im-galera-"))
        self.home.chmod(0o755)
        self.nodes = [GaleraNode(self.home, f"galera{i}") for i in range(count)]
        first, *others = self.nodes
        first.begin()
        first.run("CREATE DATABASE im")
        for other in others:
            other.command = other.settings(first.address)
            other.start()
            other.wait_synced()

    def recover(self, node):
        node.recover([other for other in self.nodes if other is not node])

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()
        shutil.rmtree(self.home, ignore_errors=True)
