"""A TCP connection between two processes that can be cut: a proxy on loopback, on a thread of its own.

open: bytes go through. silent: nothing goes through and nobody is told, as when a network is partitioned. cut: every
connection is reset and new ones are refused at once."""

import asyncio
import threading

from support.server import free_port


class Cable:
    def __init__(self, port):
        """To 127.0.0.1:port. Connect to self.port instead."""
        self.to, self.port = port, free_port()
        self.mode = "open"
        self.links = set()
        self.loop = asyncio.new_event_loop()
        self.opened = None
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.started.wait(10), "the cable was not laid"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.opened = asyncio.Event()
        self.opened.set()
        server = self.loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self.started.set()
        self.loop.run_forever()
        server.close()

    async def _accept(self, reader, writer):
        if self.mode == "cut":
            writer.transport.abort()
            return
        await self.opened.wait()
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        link = (writer, there_writer)
        self.links.add(link)
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer), return_exceptions=True)
        self.links.discard(link)
        for end in link:
            end.transport.abort()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                await self.opened.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def _do(self, mode):
        self.mode = mode
        if mode == "silent":
            self.opened.clear()
            return
        self.opened.set()
        if mode == "cut":
            for link in self.links:
                for end in link:
                    end.transport.abort()

    def set(self, mode):
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (self._do(mode), done.set()))
        assert done.wait(10)

    def close(self):
        self.set("cut")
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
