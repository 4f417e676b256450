"""A network between a client and the server that can be cut and mended."""

import asyncio


class Network:
    """`async with Network(server) as network:` relays `network.address` to the server, byte for byte."""

    def __init__(self, server):
        self.server = server
        self._lines = set()
        self._is_cut = False

    async def __aenter__(self):
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *error):
        self._listener.close()
        self.cut()

    def cut(self):
        """Every connection is reset, and no new one comes through."""
        self._is_cut = True
        for writer in list(self._lines):
            writer.transport.abort()

    def mend(self):
        self._is_cut = False

    async def _serve(self, reader, writer):
        if self._is_cut:
            writer.transport.abort()
            return
        to_server, from_server = None, None
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server.port)
            self._lines |= {writer, to_server}
            await asyncio.gather(self._pump(reader, to_server), self._pump(from_server, writer))
        except OSError:
            pass
        finally:
            for line in (writer, to_server):
                if line is not None:
                    self._lines.discard(line)
                    line.close()

    @staticmethod
    async def _pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()
