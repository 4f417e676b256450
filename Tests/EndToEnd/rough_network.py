"""A network between clients and the server that delays, trickles, stalls and resets, by seed; or cuts at one byte."""

import asyncio
import random
import socket
import struct

# What a rough connection carries on average before it is reset; a return alone takes about 2,000.
LIFE_BYTES = 8000


class RoughNetwork:
    """`async with RoughNetwork(server, seed=7) as network:` relays `network.address` to the server.

    It is calm until told otherwise. Rough, each connection gets a fate from the seeded dice: how its bytes are
    delayed and cut into pieces, and after how many of them it is reset.
    """

    def __init__(self, server, seed=0):
        self.server = server
        self.random = random.Random(seed)
        self.is_rough = False
        # Connections take what comes and pass nothing on: a cable that is out, which nobody is told.
        self.is_dark = False
        self.resets = self.connections = 0
        # Bytes that may still pass before a reset; `None` for any number.
        self._rest = {"up": None, "down": None}
        self.passed = {"up": 0, "down": 0}
        self._lines = set()

    async def __aenter__(self):
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        self.connect_address = f"ws://127.0.0.1:{self.port}/v1/connect"
        return self

    async def __aexit__(self, *error):
        self._listener.close()
        self.reset()

    # MARK: Weather

    def rough(self):
        """From now on, and for the connections that there are, too."""
        self.is_rough = True

    def calm(self):
        self.is_rough = self.is_dark = False
        self._rest = {"up": None, "down": None}

    def dark(self):
        """Bytes of today's connections go nowhere, for ever; no end of a connection is told either."""
        for line in self._lines:
            line.is_dark = True
        self.is_dark = True

    def reset(self):
        for line in list(self._lines):
            line.abort()

    def cut_after(self, direction, count):
        """Exactly `count` more bytes pass in that direction (`up` is to the server), then everything is reset."""
        self._rest[direction] = count

    # MARK: Bytes

    async def _serve(self, reader, writer):
        self.connections += 1
        line = Line(writer, self.random.getrandbits(32))
        line.is_dark = self.is_dark
        self._lines.add(line)
        try:
            if line.is_dark:
                return await reader.read()
            from_server, line.to_server = await asyncio.open_connection("127.0.0.1", self.server.port)
            ways = {asyncio.create_task(self._pump(line, "up", reader, line.to_server)),
                    asyncio.create_task(self._pump(line, "down", from_server, writer))}
            await asyncio.wait(ways)
        except OSError:
            pass
        finally:
            self._lines.discard(line)
            line.abort()

    async def _pump(self, line, direction, reader, writer):
        try:
            while data := await reader.read(65536):
                for piece in self._pieces(line, data):
                    await self._weather(line)
                    if line.is_dark:
                        continue
                    if not await self._pass(line, direction, piece, writer):
                        return
            if not line.is_dark:
                writer.write_eof()
        except (OSError, RuntimeError):
            line.abort()

    def _pieces(self, line, data):
        size = line.piece if self.is_rough else len(data)
        return [data[i : i + size] for i in range(0, len(data), size)]

    async def _weather(self, line):
        if self.is_rough and line.delay:
            await asyncio.sleep(line.random.random() * line.delay)

    async def _pass(self, line, direction, piece, writer):
        rest = self._rest[direction]
        if self.is_rough:
            rest = line.life
            line.life -= len(piece)
        elif rest is not None:
            self._rest[direction] -= len(piece)
        if rest is not None and rest <= len(piece):
            writer.write(piece[: max(0, rest)])
            self.passed[direction] += max(0, rest)
            self.resets += 1
            await flushed(writer)
            line.abort()
            self._rest[direction] = None
            return False
        writer.write(piece)
        self.passed[direction] += len(piece)
        await writer.drain()
        return True


class Line:
    """One connection through the network, and its fate."""

    def __init__(self, to_client, seed):
        self.to_client = to_client
        self.to_server = None
        self.is_dark = False
        self.random = random.Random(seed)
        self.piece = self.random.choice([1, 7, 100, 65536, 65536])
        # Seconds at most, per piece: a trickle of single bytes would take for ever otherwise.
        self.delay = self.random.choice([0, 0.05, 0.3]) if self.piece > 50 else 0
        self.life = int(self.random.expovariate(1 / LIFE_BYTES))
        self.ends_with_reset = self.random.random() < 0.5

    def abort(self):
        """With a reset, or as if the other program had ended: both happen."""
        for writer in (self.to_client, self.to_server):
            if writer is not None and not writer.transport.is_closing():
                if self.ends_with_reset:
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()


async def flushed(writer):
    """Until the kernel has every byte; a reset right behind them may overtake none of them that way."""
    for _ in range(200):
        if writer.transport.is_closing() or not writer.transport.get_write_buffer_size():
            return
        await asyncio.sleep(0.001)
