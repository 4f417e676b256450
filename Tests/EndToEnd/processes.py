"""Clients as processes of their own, and what they have written down."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from stage import eventually

SCRIPT = Path(__file__).with_name("client_process.py")


class ClientProcess:
    """`async with ClientProcess(network, name="Ada", rooms=["blue-fox"]) as ada:` is there and in its rooms.

    `network` is whatever has an `address`: the server, or a network in between.
    """

    def __init__(self, network, name, rooms, seed=0, seconds=20):
        self.address = network.address.replace("http://", "ws://") + "v1/connect"
        self.name = name
        self.rooms = rooms
        self.seed = seed
        self.seconds = seconds
        self.process = None
        self.lines = []
        self._read = 0

    async def __aenter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="parley-client-")
        self.log = Path(self._folder.name) / "log"
        await self.start()
        return self

    async def __aexit__(self, *error):
        await self.kill()
        self._folder.cleanup()

    # MARK: Life and death

    async def start(self, *flags):
        rooms = [word for room in self.rooms for word in ("--room", room)]
        here = self.count("here")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), self.address, str(self.log), "--name", self.name,
            "--seed", str(self.seed), *rooms, *flags, stdin=asyncio.subprocess.PIPE)
        await eventually(lambda: self.count("here") > here, self.seconds, f"{self.name} is there")

    async def restart(self, *flags):
        """The same client again: `--remember` or `--forget`."""
        assert self.process.returncode is not None, "it still runs"
        await self.start(*flags)

    async def kill(self):
        """No goodbye, no memory but the log: like a crash, or a phone that ends an app."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    async def order(self, do, **members):
        self.process.stdin.write(json.dumps({"do": do} | members).encode() + b"\n")
        await self.process.stdin.drain()

    async def bye(self):
        await self.order("bye")
        await asyncio.wait_for(self.process.wait(), 10)

    # MARK: What it has written down

    def read(self):
        """All whole lines of its log."""
        if self.log.exists():
            with open(self.log, "rb") as log:
                log.seek(self._read)
                data = log.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.splitlines():
                entry = json.loads(line)
                if entry["what"] == "received":
                    entry["frame"] = json.loads(entry["text"])
                self.lines.append(entry)
        return self.lines

    def count(self, what):
        return sum(line["what"] == what for line in self.read())

    def frames(self, kind, since=0):
        return [line["frame"] for line in self.read()
                if line["what"] == "received" and line["t"] >= since and line["frame"]["type"] == kind]

    def events(self, *kinds, since=0):
        return [event for frame in self.frames("events", since) for event in frame["events"] if event["type"] in kinds]

    @property
    def welcome(self):
        return self.frames("welcome")[-1]

    @property
    def id(self):
        """Its newest participant."""
        return self.frames("snapshot")[-1]["self"]

    @property
    def room(self):
        return self.frames("snapshot")[-1]["room"]

    def moment(self, kind, since=0, **members):
        """When it read the first event of that type; `None` if it has not."""
        for line in self.read():
            # Whoever becomes host by it is told with a snapshot.
            if line["what"] == "received" and line["t"] >= since and line["frame"]["type"] in ("events", "snapshot"):
                for event in line["frame"]["events"]:
                    if event["type"] == kind and all(event.get(n) == v for n, v in members.items()):
                        return line["t"]
        return None

    async def hears(self, kind, since=0, seconds=5, **members):
        """Waits until it has read that event, and says when it read it."""
        return await eventually(
            lambda: self.moment(kind, since, **members), seconds, f"{self.name} hears {kind} {members}")

    async def settled(self, seconds=20):
        """Everything that it has said has its outcome."""
        word = os.urandom(4).hex()
        await self.order("settle", word=word)
        await eventually(
            lambda: any(line["what"] == "settled" and line["word"] == word for line in self.read()),
            seconds, f"{self.name} has all its outcomes")


async def quiet(clients, seconds=30):
    """Ends their chatter and waits until all that they said is known to have its outcome."""
    for client in clients:
        await client.order("chatter", pause=0)
    await asyncio.gather(*(client.settled(seconds) for client in clients))


def now():
    """The clock of the logs: all processes of a machine share it."""
    return time.monotonic()
