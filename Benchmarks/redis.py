#!/usr/bin/env python3
"""What two servers on one Redis cost: latency between them, Redis' work per event and signal, its memory per room.

usage: .test/venv/bin/python Benchmarks/redis.py [--server PROGRAM] [--rooms N] [--rounds N]

The client is one process in Python: what it needs itself is in all latencies alike, so look at the differences. Redis'
work is its own processor time, divided by what was done. It needs redis-server and what the end-to-end tests need.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from parley_peer import ParleyPeer  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from server import Server  # noqa: E402


async def info(redis, section):
    text = await redis.command("INFO", section)
    return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)


async def redis_seconds(redis):
    cpu = await info(redis, "cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


async def redis_bytes(redis):
    await redis.command("MEMORY", "PURGE")
    return int((await info(redis, "memory"))["used_memory"])


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def there_and_back(ada, bob, rounds):
    """Milliseconds of one way, as half of there and back."""
    times = []
    for round in range(rounds):
        began = time.perf_counter()
        await ada.signal(bob.id, round)
        await bob.until(lambda: bob.received.get(ada.id) == ada.sent[bob.id])
        await bob.signal(ada.id, round)
        await ada.until(lambda: ada.received.get(bob.id) == bob.sent[ada.id])
        times.append((time.perf_counter() - began) * 500)
    return times


async def pair(here, there, room):
    ada = await ParleyPeer(here.connect_address, room=room, name="Ada").__aenter__()
    bob = await ParleyPeer(there.connect_address, room=room, name="Bob").__aenter__()
    await ada.until(lambda: len(ada.room.people) == 2)
    return ada, bob


async def leave(*peers):
    for peer in peers:
        await peer.command("leave")
        await peer.__aexit__(None)


async def latency(program, redis, rounds):
    rows = []
    async with Server(program) as alone:
        ada, bob = await pair(alone, alone, "memory")
        rows.append(("in memory, same server", await there_and_back(ada, bob, rounds)))
        await leave(ada, bob)
    async with Server(program, "--engine", redis.url) as here, Server(program, "--engine", redis.url) as there:
        for name, second in (("in Redis, same server", here), ("in Redis, another server", there)) * 2:
            ada, bob = await pair(here, second, name.replace(" ", "-").replace(",", "").lower())
            rows.append((name, await there_and_back(ada, bob, rounds)))
            await leave(ada, bob)
    found = {}
    for name, times in rows:
        found.setdefault(name, []).extend(times)
    for name, times in found.items():
        print(f"one way, {name}: p50 {percentile(times, .5):.2f} ms, p99 {percentile(times, .99):.2f} ms")


async def work(program, redis, count):
    """A storm of signals and of events between two servers, many at a time."""
    async with Server(program, "--engine", redis.url) as here, Server(program, "--engine", redis.url) as there:
        pairs = [await pair(here, there, f"work-{number}") for number in range(32)]
        for ada, bob in pairs:
            ada.on_frame = bob.on_frame = lambda frame: None
        before, began = await redis_seconds(redis), time.monotonic()

        async def signals(ada, bob):
            for number in range(count):
                await ada.signal(bob.id, "x" * 1000)
                if number % 32 == 31:
                    await bob.until(lambda: bob.received.get(ada.id) == ada.sent[bob.id], 30)

        await asyncio.gather(*(signals(ada, bob) for ada, bob in pairs))
        spent, took = await redis_seconds(redis) - before, time.monotonic() - began
        report("signal of 1 KB between servers", spent, took, 32 * count)
        before, began = await redis_seconds(redis), time.monotonic()

        async def events(ada, bob):
            for number in range(count // 4):
                await ada.media(audio=number % 2 == 0)

        await asyncio.gather(*(events(ada, bob) for ada, bob in pairs))
        spent, took = await redis_seconds(redis) - before, time.monotonic() - began
        report("event of a room on two servers", spent, took, 32 * (count // 4))
        for ada, bob in pairs:
            await ada.socket.close()
            await bob.socket.close()


def report(what, spent, took, count):
    microseconds = spent * 1e6 / count
    print(f"{what}: {microseconds:.1f} µs of Redis, so {1e6 / microseconds:,.0f}/s through one "
          f"({count:,} in {took:.1f} s here)")


async def memory(program, redis, rooms):
    async with Server(program, "--engine", redis.url) as server:
        first = await pair(server, server, "first")
        before = await redis_bytes(redis)
        pairs = []
        for number in range(rooms):
            pairs.append(await pair(server, server, f"idle-{number}"))
        idle = await redis_bytes(redis)
        print(f"an idle room of two, its name included: {(idle - before) / rooms:,.0f} bytes of Redis")
        for ada, bob in pairs:
            await ada.signal(bob.id, "x" * 1200)
            await bob.signal(ada.id, "x" * 1200)
        for ada, bob in pairs:
            for peer, other in ((ada, bob), (bob, ada)):
                await peer.until(lambda: peer.delivered.get(other.id) == 1, 30)
        after = await redis_bytes(redis)
        print(f"a mailbox, all of it acknowledged: {(after - idle) / rooms / 2:,.0f} bytes of Redis")
        for peer in [*first, *(peer for two in pairs for peer in two)]:
            await peer.command("leave")
            await peer.__aexit__(None)
        await asyncio.sleep(2)
        keys = await redis.command("KEYS", "*")
        print(f"left when all have gone: {len(keys)} keys: {', '.join(sorted(keys)[:8])}")


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / ".build-plain" / "release" / "parley"))
    parser.add_argument("--rooms", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=500)
    arguments = parser.parse_args()
    async with RedisServer() as redis:
        await latency(arguments.server, redis, arguments.rounds)
        await work(arguments.server, redis, 256)
    async with RedisServer() as redis:
        await memory(arguments.server, redis, arguments.rooms)


asyncio.run(main())
