"""A TCP proxy before MariaDB that cuts a connection exactly where a commit is unclear."""

import socket
import threading

COMMIT = b"\x03COMMIT"  # COM_QUERY


class CommitCutter:
    """arm("kept"): the next COMMIT reaches the server, its answer reaches nobody. arm("lost"): it does not get there."""

    def __init__(self, port):
        self.target = port
        self.mode = None
        self.cuts = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url):
        """The same database through here."""
        return url.replace(f":{self.target}/", f":{self.port}/")

    def arm(self, mode):
        with self.lock:
            self.mode = mode

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(client, server), daemon=True).start()
            threading.Thread(target=self._listen, args=(server, client), daemon=True).start()

    def _take(self):
        with self.lock:
            mode, self.mode = self.mode, None
            self.cuts += mode is not None
            return mode

    @staticmethod
    def _cut(*socks):
        for sock in socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _talk(self, client, server):
        try:
            while data := client.recv(1 << 16):
                mode = self._take() if data[4:] == COMMIT and self.mode else None
                if mode == "kept":
                    self._cut_answers(server, client, data)
                    return
                if mode == "lost":
                    break
                server.sendall(data)
        except OSError:
            pass
        self._cut(client, server)

    def _cut_answers(self, server, client, data):
        client.shutdown(socket.SHUT_WR)  # whatever the server says now is not heard
        server.sendall(data)
        self._cut(client)

    def _listen(self, server, client):
        try:
            while data := server.recv(1 << 16):
                client.sendall(data)
        except OSError:
            pass
        self._cut(client, server)
