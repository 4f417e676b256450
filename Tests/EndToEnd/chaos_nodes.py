"""The machines of a chaos run: nodes that are killed, stopped and started again, each with a wire to the store."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from redis_server import free_port
from server import Server

FOLDER = Path(__file__).resolve().parent
STARTS_MAX = 5


class Link:
    """chaos_link.py, from outside."""

    def __init__(self, store_port):
        self.store_port = store_port

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(FOLDER / "chaos_link.py"), "0", str(self.store_port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.port = json.loads(await self.process.stdout.readline())["port"]
        return self

    async def __aexit__(self, *error):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def order(self, do, **members):
        self.process.stdin.write(json.dumps({"do": do} | members).encode() + b"\n")
        return json.loads(await self.process.stdout.readline())


class Node:
    """`async with Node(program, store_port) as node:`: a server whose address stays the same over its deaths.

    `versions`: flags of its first start, and of all later ones.
    """

    def __init__(self, program, store_port, *flags, through_link=True, versions=((), ())):
        self.program = program
        self.flags = flags
        self.versions = versions
        self.port = free_port()
        self.link = Link(store_port) if store_port and through_link else None
        self.store_port = store_port
        self.server = None
        self.starts = 0
        self.is_stopped = False

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def connect_address(self):
        return f"ws://127.0.0.1:{self.port}/v1/connect"

    async def __aenter__(self):
        if self.link:
            await self.link.__aenter__()
        await self.start()
        return self

    async def __aexit__(self, *error):
        self.go_on()
        if self.server and self.server.is_alive():
            self.server.process.kill()
            await self.server.process.wait()
        if self.link:
            await self.link.__aexit__()

    async def start(self):
        flags = [*self.flags, *self.versions[self.starts > 0]]
        if self.store_port:
            port = self.link.port if self.link else self.store_port
            flags += ["--engine", f"redis://127.0.0.1:{port}"]
        # Without its store it does not start; a machine would try it again.
        for attempt in range(STARTS_MAX):
            self.server = Server(self.program, *flags, port=self.port)
            try:
                await self.server.__aenter__()
                self.starts += 1
                break
            except RuntimeError:
                if attempt == STARTS_MAX - 1:
                    raise
                await asyncio.sleep(0.5)
        self.is_stopped = False

    async def kill(self):
        self.go_on()
        self.server.process.kill()
        await self.server.process.wait()

    def stop(self):
        self.is_stopped = True
        self.server.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        if self.is_stopped and self.server.is_alive():
            self.server.process.send_signal(signal.SIGCONT)
        self.is_stopped = False

    async def drain(self, seconds):
        """SIGTERM, and the end when everybody has gone."""
        self.server.ask_to_drain()
        return await self.server.exit_status(seconds)

    def is_alive(self):
        return self.server is not None and self.server.is_alive()
