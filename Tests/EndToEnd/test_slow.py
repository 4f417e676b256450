"""Somebody who does not read: the others wait for nobody, and the server's memory does not grow with what is unread."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path

from raw_socket import RawSocket
from stage import eventually, patient, within
from state import fold, state_hash
from test_http import get, samples

TOGETHER = 3
FAST = ("--messages-per-second", "1000000", "--message-burst", "1000000")


class Sleeper:
    """Is in the room and sends its beats, but reads only when asked."""

    def __init__(self, raw, welcome, snapshot):
        self.raw = raw
        self.resume = {"session": welcome["session"], "secret": welcome["resume"]["secret"]}
        self.id = snapshot["self"]
        self.at = snapshot["at"]
        self.state = snapshot["state"]

    async def __aenter__(self):
        self.beats = asyncio.create_task(self.beat())
        return self

    async def __aexit__(self, *error):
        self.beats.cancel()
        await asyncio.wait([self.beats])

    async def beat(self):
        with contextlib.suppress(ConnectionError):
            while True:
                await self.raw.send({"type": "beat"})
                await asyncio.sleep(1)

    def awake(self):
        """Through a window smaller than a segment the sender's kernel lets only a probe pass now and then."""
        self.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)

    async def read_on(self, until):
        """Reads and folds until it stands at that position; returns how many snapshots came."""
        self.awake()
        snapshots = 0
        while self.at != until():
            frame = await self.raw.expect()
            if frame["type"] == "snapshot":
                snapshots += 1
                assert frame["events"] == [] and frame["self"] == self.id
                self.at, self.state = frame["at"], frame["state"]
                assert state_hash(self.state) == frame["hash"]
            elif frame["type"] == "events":
                assert frame["after"] == self.at, f"a gap: at {self.at}, the frame is after {frame['after']}"
                self.at = frame["at"]
                for event in frame["events"]:
                    fold(self.state, event["patch"])
        return snapshots


async def asleep(stage, server, room, ada):
    raw = await stage.enter(RawSocket(server, receive_bytes=4096))
    await raw.send({"type": "hello", "protocol": 1, "join": {"id": 1, "room": room, "name": "Sleeper"}})
    welcome = await raw.expect(type="welcome")
    sleeper = await stage.enter(Sleeper(raw, welcome, await raw.expect(type="snapshot")))
    await ada.until(lambda: sleeper.id in ada.room.people, what="the sleeper")
    return sleeper


async def dam_up(ada, count=8):
    """More than the network takes for somebody who does not read: pulses, which wait for nobody."""
    for _ in range(count):
        await ada.send({"type": "pulse", "room": ada.room.id, "kind": "long", "data": "x" * 60_000})


async def history(ada, count, on=False):
    """So many events, each an entry of its own; the longest that one took."""
    longest = 0
    for _ in range(count):
        on = not on
        began = time.monotonic()
        await ada.media(audio=on)
        longest = max(longest, time.monotonic() - began)
    return longest


async def metric(server, name):
    _, _, body = await get(server, "/metrics")
    return samples(body.decode())[1][name]


def resident(server):
    """Bytes of the server's memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


@within(90)
async def test_twenty_who_do_not_read(stage):
    server = await stage.server(*FAST)
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    sleepers = [await asleep(stage, server, room, ada) for _ in range(20)]
    await dam_up(ada)
    await history(ada, 600)
    before = resident(server)
    longest = await history(ada, 2_400)
    # 2,400 frames for twenty people are some 15 MB: they are kept once, and only the newest 512.
    grown = resident(server) - before
    assert grown < 6_000_000, f"the server has grown by {grown} bytes"
    # Nobody waits for a network that does not move; what the machine itself takes is far below.
    assert longest < 2, f"an event took {longest} s"
    await bob.until(lambda: bob.room.at == ada.room.at, what="everything")
    assert ada.room.state == bob.room.state
    assert await metric(server, "parley_resyncs_total") == 0
    # Now they wake up: one snapshot each, and they agree.
    for sleeper in sleepers:
        assert await sleeper.read_on(lambda: ada.room.at) == 1
        assert sleeper.state == ada.room.state
    await ada.media(video=True)
    for sleeper in sleepers:
        assert await sleeper.read_on(lambda: ada.room.at) == 0
        assert sleeper.state == ada.room.state
    await eventually(lambda: _is(metric(server, "parley_resyncs_total"), 20), what="twenty resyncs")
    assert await metric(server, "parley_slow_closes_total") == 0


@within(60)
async def test_a_little_behind_is_no_resync(stage):
    server = await stage.server(*FAST)
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    sleeper = await asleep(stage, server, room, ada)
    for _ in range(3):
        await dam_up(ada)
        await history(ada, 400)
        assert await sleeper.read_on(lambda: ada.room.at) == 0
        assert sleeper.state == ada.room.state
    assert await metric(server, "parley_resyncs_total") == 0


@within(60)
async def test_too_slow_twice_is_closed_by_name_and_may_come_back(stage):
    server = await stage.server(*FAST)
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    sleeper = await asleep(stage, server, room, ada)
    await dam_up(ada)
    await history(ada, 520)
    assert await sleeper.read_on(lambda: ada.room.at) == 1
    await dam_up(ada)
    await history(ada, 520)
    sleeper.awake()
    await sleeper.raw.expect_close(4408)
    await eventually(lambda: _is(metric(server, "parley_slow_closes_total"), 1), what="the count")
    raw = await stage.enter(RawSocket(server))
    rooms = {ada.room.id: sleeper.at}
    await raw.send({"type": "hello", "protocol": 1, "resume": sleeper.resume | {"rooms": rooms}})
    assert (await raw.expect(type="welcome"))["resumed"]
    snapshot = await raw.expect(type="snapshot")
    assert snapshot["self"] == sleeper.id
    sleeper.raw, sleeper.at, sleeper.state = raw, snapshot["at"], snapshot["state"]
    # That it was away may still be on its way to everybody.
    await sleeper.read_on(lambda: ada.room.at)
    assert sleeper.state == ada.room.state


@patient
@within(60)
async def test_output_that_stands_still_for_ten_seconds(stage):
    server = await stage.server(*FAST)
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    sleeper = await asleep(stage, server, room, ada)
    await dam_up(ada)
    began = time.monotonic()
    await eventually(lambda: _is(metric(server, "parley_sessions_detached"), 1), seconds=20, what="the end")
    assert 9 < time.monotonic() - began < 15, time.monotonic() - began
    # It may come back, so it has not left; and whoever reads in time reads why.
    assert sleeper.id in ada.room.people
    sleeper.awake()
    await sleeper.raw.expect_close(4408)
    await eventually(lambda: _is(metric(server, "parley_slow_closes_total"), 1), what="the count")


async def _is(value, expected):
    return await value == expected
