"""The wire of the chaos runs does to bytes what it is told."""

import asyncio
import time

from chaos_nodes import Link
from chaos_store import Store
from redis_server import RedisServer, say
from stage import patient

TOGETHER = 4


class Echo:
    """Answers every byte with itself."""

    async def __aenter__(self):
        async def serve(reader, writer):
            try:
                while data := await reader.read(65536):
                    writer.write(data)
            except OSError:
                pass
            writer.close()

        self.server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self.server.close()


async def linked(stage):
    echo = await stage.enter(Echo())
    link = await stage.enter(Link(echo.port))
    return link, *await asyncio.open_connection("127.0.0.1", link.port)


async def exchange(reader, writer, data=b"ping"):
    writer.write(data)
    return await asyncio.wait_for(reader.readexactly(len(data)), 5)


async def over(reader):
    """How a connection ends: `reset`, or by its end."""
    try:
        while await asyncio.wait_for(reader.read(65536), 5):
            pass
        return "end"
    except ConnectionResetError:
        return "reset"


async def test_it_carries(stage):
    link, reader, writer = await linked(stage)
    data = bytes(range(256)) * 1000
    assert await exchange(reader, writer, data) == data


async def test_cut_and_mended(stage):
    link, reader, writer = await linked(stage)
    assert await exchange(reader, writer) == b"ping"
    await link.order("cut")
    writer.write(b"lost")
    # Nobody is told.
    try:
        got = await asyncio.wait_for(reader.read(1), 0.3)
        raise AssertionError(f"{got!r} came through a cut")
    except asyncio.TimeoutError:
        pass
    assert (await link.order("mend"))["wires"] == 1
    assert await over(reader) == "reset"
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await exchange(reader, writer) == b"ping"


async def test_reset(stage):
    link, reader, writer = await linked(stage)
    await exchange(reader, writer)
    await link.order("reset")
    assert await over(reader) == "reset"
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await exchange(reader, writer) == b"ping"


async def test_delayed(stage):
    link, reader, writer = await linked(stage)
    await link.order("delay", seconds=0.2)
    began = time.monotonic()
    assert await exchange(reader, writer) == b"ping"
    # There and back.
    assert time.monotonic() - began >= 0.4
    await link.order("mend")
    assert await exchange(reader, writer) == b"ping"


async def test_halved(stage):
    link, reader, writer = await linked(stage)
    await exchange(reader, writer)
    await link.order("halve", bytes=10)
    writer.write(b"0123456789abcdef")
    assert await over(reader) in ("reset", "end")
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await exchange(reader, writer, b"x" * 100) == b"x" * 100


async def test_a_real_store_behind_it(stage):
    redis = await stage.enter(RedisServer())
    link = await stage.enter(Link(redis.port))
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await say(reader, writer, "SET", "a", "b") == "OK" and await say(reader, writer, "GET", "a") == "b"
    assert await say(reader, writer, "SUBSCRIBE", "c") == ["subscribe", "c", 1]
    await redis.command("CLIENT", "KILL", "TYPE", "pubsub")
    assert await over(reader) in ("reset", "end")
    began = time.monotonic()
    assert await redis.command("DEBUG", "SLEEP", "0.3") == "OK" and time.monotonic() - began >= 0.3


@patient
async def test_a_store_and_its_replica_take_turns(stage):
    store = await stage.enter(Store())
    link = await stage.enter(Link(store.port))
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await say(reader, writer, "SET", "a", "1") == "OK"
    await store.fail_over([link])
    assert await over(reader) in ("reset", "end")
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await say(reader, writer, "GET", "a") == "1"
    forgetting = asyncio.create_task(store.fail_over([link], forgets_seconds=0.5))
    await asyncio.sleep(0.2)
    assert await say(reader, writer, "SET", "a", "2") == "OK"
    await forgetting
    assert await store.command("GET", "a") == "1"
    await store.fail_over([link])
    assert await store.command("GET", "a") == "1"
