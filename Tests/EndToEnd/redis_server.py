"""A real Redis as a child process, and just enough of its language to tell it what to do."""

import asyncio
import shutil
import socket
import tempfile


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """`async with RedisServer() as redis:` listens on a free port, keeps nothing on a disk, and ends with the block."""

    # Name and password, where the server asks for them.
    credentials = None

    def __init__(self, *flags, port=None, program="redis-server"):
        self.program = program
        self.flags = flags
        self.port = port or free_port()
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self._folder = tempfile.mkdtemp(prefix="parley-redis-")
        await self.start()
        return self

    async def __aexit__(self, *error):
        await self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            self.program, *self.arguments(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        for _ in range(200):
            assert self.process.returncode is None, f"{self.program} has ended with {self.process.returncode}"
            try:
                if await self.command("PING") == "PONG":
                    return
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)
        raise AssertionError(f"{self.program} does not answer")

    def arguments(self):
        return ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", self._folder, "--enable-debug-command", "yes", "--maxmemory-policy", "noeviction", *self.flags]

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def command(self, *words):
        """The answer; an error is one that begins with `-`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if self.credentials:
                await say(reader, writer, "AUTH", *self.credentials)
            return await say(reader, writer, *words)
        finally:
            writer.close()


async def say(reader, writer, *words):
    data = b"*%d\r\n" % len(words)
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        data += b"$%d\r\n%b\r\n" % (len(word), word)
    writer.write(data)
    return await _answer(reader)


async def _answer(reader):
    line = (await reader.readuntil(b"\r\n"))[:-2]
    kind, rest = line[:1], line[1:].decode(errors="replace")
    if kind == b"-":
        return "-" + rest
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == "-1" else (await reader.readexactly(int(rest) + 2))[:-2].decode(errors="replace")
    if kind == b"*":
        return None if rest == "-1" else [await _answer(reader) for _ in range(int(rest))]
    return rest
