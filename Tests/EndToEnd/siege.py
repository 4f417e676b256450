"""A normal call in a server that somebody attacks: what it says arrives, once and in order, and nobody falls out."""

import asyncio
import contextlib
import os
import resource
import time
from pathlib import Path

from company import kinds, listen
from stage import eventually, stop

PAUSE = 0.03


class Call:
    """Two people who signal and pulse to each other all the time, and switch their microphones."""

    def __init__(self, ada, bob):
        self.pair = (ada, bob)
        self.said = {peer: [] for peer in self.pair}
        # In seconds, of each signal that has arrived.
        self.latencies = []

    def begin(self):
        for peer in self.pair:
            listen(peer)
            peer.on_frame = self._note(peer, peer.on_frame)
        self.tasks = [asyncio.create_task(self._talk(*self.pair)), asyncio.create_task(self._talk(*self.pair[::-1]))]

    def _note(self, peer, before):
        def note(frame):
            before(frame)
            if frame["type"] == "signal":
                self.latencies.append(time.monotonic() - frame["data"]["at"])
        return note

    async def _talk(self, me, other):
        for turn in range(1, 1_000_000):
            data = {"turn": turn, "at": time.monotonic()}
            self.said[me].append(data)
            await me.signal(other.id, data)
            if turn % 10 == 0:
                await me.command("media", audio=turn % 20 != 0)
            await asyncio.sleep(PAUSE)

    async def end(self):
        """Stops, waits until everything has arrived, and says whether that was everything."""
        # Between two signals, never within one.
        await stop(*self.tasks)
        for me, other in (self.pair, self.pair[::-1]):
            assert me.close_code is None, f"{me.name} lost the connection: {me.close_code} {me.close_reason!r}"
            expected = self.said[me]

            def heard(other=other):
                return [frame["data"] for frame in other.heard if frame["type"] == "signal"]

            # The one that was being sent when the talk ended may have left or not.
            await other.until(lambda: len(heard()) >= len(expected) - 1, seconds=15, what=f"what {me.name} has said")
            got = heard()
            assert got == expected[: len(got)], "lost, doubled or out of order"
            assert not kinds(me, "interrupted", "resumed", "left"), kinds(me, "interrupted", "resumed", "left")
            refused = [frame["code"] for frame in me.heard if frame["type"] == "rejected"]
            assert not refused, f"somebody else's flood costs us our messages: {refused}"
            assert not me.violations, me.violations[:3]
        await eventually(lambda: self.pair[0].room.at == self.pair[1].room.at, what="the same position")
        assert self.pair[0].room.state == self.pair[1].room.state


class Vitals:
    """What a server holds of its machine."""

    def __init__(self, server):
        self.pid = server.process.pid

    @property
    def bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


async def target(stage, *flags):
    """A server of this test alone, whose memory is therefore its own."""
    return await stage.server("--log-level", "error", *flags)


@contextlib.asynccontextmanager
async def besieged(stage, server, mebibytes, settles=15):
    """While the block attacks, a call goes on. Afterwards nothing of it was lost, the attackers' descriptors come back
    within `settles` seconds, and the server never held more than so many mebibytes more than before."""
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    await ada.until(lambda: len(ada.room.people) == 2, what="Bob")
    call, vitals = Call(ada, bob), Vitals(server)
    call.begin()
    await asyncio.sleep(0.3)
    begun, held, most = vitals.bytes, vitals.descriptors, 0

    async def watch():
        nonlocal most
        while True:
            most = max(most, vitals.bytes)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield call
        await eventually(lambda: vitals.descriptors <= held + 2, seconds=settles,
                         what=f"the descriptors come back ({held} at first)")
    finally:
        await stop(watching, *call.tasks)
    await call.end()
    growth = (max(most, vitals.bytes) - begun) / 2**20
    assert growth < mebibytes, f"{growth:.0f} MiB more, at most {mebibytes} were expected"
    assert server.is_alive()


def many_descriptors():
    """For thousands of sockets, here and in the servers that are started afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 40_000 if hard == resource.RLIM_INFINITY else min(40_000, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    assert wanted >= 12_000, f"the machine allows {hard} descriptors"


async def each(count, attack, at_once=200):
    """So many attackers, some at once; what each of them saw."""
    slots = asyncio.Semaphore(at_once)

    async def one(number):
        async with slots:
            return await attack(number)

    return await asyncio.gather(*(one(number) for number in range(count)))
