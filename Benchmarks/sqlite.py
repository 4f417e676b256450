#!/usr/bin/env python3
"""What a file costs, beside memory alone: signals and events of one server, a start with many rooms, the disk.

usage: .test/venv/bin/python Benchmarks/sqlite.py [--server PROGRAM] [--rooms N] [--folder FOLDER]

Memory and file take turns, twice. The load is `parley load` of the same program, at a rate first (latency) and then as
fast as it goes (signals a second). FOLDER is on the disk that is to be measured.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from measures import resident_megabytes  # noqa: E402
from parley_peer import ParleyPeer  # noqa: E402
from server import Server  # noqa: E402


async def load(program, server, *flags):
    process = await asyncio.create_subprocess_exec(
        program, "load", *flags, "--json", "-", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    output, said = await process.communicate()
    result = json.loads(output)
    if process.returncode:
        print("the load is not content:", said.decode()[-400:])
    return result


def describe(result):
    latency = result["latencyMicroseconds"]
    return (f"{result['messagesPerSecond']:,.0f}/s, p50 {latency['p50'] / 1e3:.2f} ms, "
            f"p99 {latency['p99'] / 1e3:.2f} ms")


async def commands(server, count):
    """One after the other: what an acknowledgement takes."""
    async with ParleyPeer(server.connect_address, room="alone", name="Ada") as ada:
        times = []
        for turn in range(count):
            began = time.perf_counter()
            await ada.media(audio=turn % 2 == 0)
            times.append((time.perf_counter() - began) * 1e3)
        await ada.command("leave")
    times.sort()
    return f"p50 {times[count // 2]:.2f} ms, p99 {times[count * 99 // 100]:.2f} ms"


async def start(program, folder, rooms):
    flags = "--engine", f"sqlite:{folder}/start.db", "--log-level", "warning"

    def make(address):
        for _ in range(rooms // 8):
            urlopen(Request(address + "v1/rooms", b"{}", {"content-type": "application/json"})).read()

    async with Server(program, *flags) as server:
        began = time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(make, server.address) for _ in range(8)))
        print(f"{rooms} rooms made in {time.monotonic() - began:.1f} s")
    size = Path(folder, "start.db").stat().st_size
    began = time.monotonic()
    async with Server(program, *flags) as server:
        took, megabytes = time.monotonic() - began, resident_megabytes(server)
        print(f"a start with {rooms} rooms: {took:.2f} s, {megabytes:.0f} MB resident, a file of {size / rooms:,.0f} B "
              "for each room")
        server.process.kill()
    began = time.monotonic()
    async with Server(program):
        print(f"a start with none, in memory: {time.monotonic() - began:.2f} s")


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", default=ROOT / ".build" / "release" / "parley")
    parser.add_argument("--rooms", type=int, default=10_000)
    parser.add_argument("--folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-sqlite-", dir=options.folder) as folder:
        for turn in range(2):
            for name, flags in (("memory", ()), ("file", ("--engine", f"sqlite:{folder}/{turn}.db"))):
                async with Server(options.server, *flags, "--log-level", "warning") as server:
                    for rate in ("4", "0"):
                        result = await load(
                            options.server, server, "relay", server.address, "--pairs", "64", "--rate", rate,
                            "--window", "8", "--seconds", "5", "--warmup", "1")
                        print(f"signals, {name}, {'as fast as it goes' if rate == '0' else rate + ' a second each'}: "
                              f"{describe(result)}")
                    print(f"a command, {name}: {await commands(server, 300)}")
        await start(options.server, folder, options.rooms)


asyncio.run(main())
