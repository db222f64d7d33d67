"""A balancer of TCP connections as small as can be: each goes to one of the servers that takes it, at random."""

import contextlib
import random
import socket
import threading


class Balancer:
    """Has a port, as a server has."""

    def __init__(self, servers, seed):
        self.servers = servers
        self.random = random.Random(seed)
        self.taken = {}  # server → connections it got
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        for server in self.random.sample(self.servers, len(self.servers)):
            try:
                upstream = socket.create_connection(("127.0.0.1", server.port), 2)
            except OSError:
                continue
            self.taken[server] = self.taken.get(server, 0) + 1
            for one in (client, upstream):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                one.settimeout(None)
            threading.Thread(target=self._pump, args=(upstream, client), daemon=True).start()
            self._pump(client, upstream)
            return
        client.close()

    @staticmethod
    def _pump(source, target):
        """One way. The end of one side's bytes is told to the other, as the kernel would."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
