"""Clients that are processes: killed, stopped, restarted, cut off at every byte, and on networks that do the same.

What is true afterwards is read from the logs of the clients alone (testimony.py).
"""

import asyncio
import contextlib
import json
import os
import signal

import websockets

from processes import ClientProcess, now, quiet
from rough_network import RoughNetwork
from stage import eventually, only_long, patient, within
from testimony import check

TOGETHER = 6

# 5 s are promised; the rest is for a machine that has other things to do.
SLACK = 2.5


async def clients(stage, network, *names, rooms=None, seed=0):
    """Processes that are in the same rooms and know of each other. The first one is host."""
    rooms = rooms or [stage.room()]
    people = [ClientProcess(network, name, rooms, seed=seed * 100 + index) for index, name in enumerate(names)]
    await stage.enter(people[0])
    await eventually(lambda: len(people[0].frames("snapshot")) == len(rooms), 10, f"{names[0]} is there")
    await asyncio.gather(*(stage.enter(person) for person in people[1:]))
    for person in people:
        await eventually(
            lambda: sum(map(len, (frame["state"]["people"] for frame in person.frames("snapshot"))))
            + len(person.events("joined")) >= len(people) * len(rooms), 10, f"{person.name} sees everybody")
    return people


def nobody_heard(clients, of, since):
    for client in clients:
        heard = client.events("interrupted", "resumed", "left", "joined", since=since)
        assert not heard, f"{client.name} heard {heard} of {of.name}"


# MARK: - kill -9


@within(60)
async def test_killed_and_restarted_with_its_memory_nobody_hears(stage):
    ada, bob = await clients(stage, await stage.server(), "Ada", "Bob")
    before = bob.id
    for client in (ada, bob):
        await client.order("chatter", pause=0.02)
    for _ in range(4):
        await asyncio.sleep(0.3)
        await bob.order("burst", count=20)
        said = bob.count("sent")
        await eventually(lambda: bob.count("sent") > said + 10, what="the middle of it")
        since = now()
        await bob.kill()
        await bob.restart("--remember")
        seconds = now() - since
        assert bob.welcome["resumed"]
        await bob.order("chatter", pause=0.02)
        # A start of Python may take longer than the second of grace that hides a return.
        if seconds < 0.8:
            nobody_heard([ada], bob, since)
    await quiet([ada, bob])
    assert bob.id == before
    print(f"     killed four times: {check(ada, bob)}")


@within(60)
async def test_killed_and_restarted_later_it_is_back(stage):
    ada, bob, eve = await clients(stage, await stage.server(), "Ada", "Bob", "Eve")
    for client in (ada, bob, eve):
        await client.order("chatter", pause=0.03)
    await asyncio.sleep(0.5)
    killed, session = now(), bob.welcome["session"]
    await bob.kill()
    heard = [await other.hears("interrupted", killed, participant=bob.id) for other in (ada, eve)]
    print(f"     interrupted {max(heard) - killed:.2f} s after kill -9 (promised: 1.5)")
    assert max(heard) - killed < 1.5 + SLACK
    await bob.restart("--remember")
    assert bob.welcome["resumed"] and bob.welcome["session"] == session
    for other in (ada, eve):
        await other.hears("resumed", killed, participant=bob.id)
    await quiet([ada, bob, eve])
    for other in (ada, eve):
        assert [event["type"] for event in other.events("interrupted", "resumed", "left")] == [
            "interrupted", "resumed"]
    check(ada, bob, eve)


@within(60)
async def test_killed_and_restarted_without_memory_it_replaces_itself(stage):
    ada, bob = await clients(stage, await stage.server(), "Ada", "Bob")
    await asyncio.gather(ada.order("chatter", pause=0.03), bob.order("chatter", pause=0.03))
    await asyncio.sleep(0.5)
    gone, identity, since = bob.id, bob.welcome["identity"], now()
    await ada.order("chatter", pause=0)
    await bob.kill()
    await bob.restart("--forget")
    assert bob.welcome["identity"] == identity and not bob.welcome["resumed"]
    assert bob.id != gone
    left = await ada.hears("left", since, participant=gone, reason="replaced")
    joined = await ada.hears("joined", since, participant=bob.id)
    assert left <= joined
    await quiet([bob])
    await ada.settled()
    assert [event["participant"] for event in ada.events("left")] == [gone]
    assert set(bob.frames("snapshot")[-1]["state"]["people"]) == {ada.id, bob.id}
    # What was under way to the one who was killed has no reader any more.
    check(ada, bob, complete=False)


@within(60)
async def test_all_are_killed_at_once_and_all_come_back(stage):
    people = await clients(
        stage, await stage.server(), *(f"Guest {n}" for n in range(6)), rooms=[stage.room(), stage.room()])
    for client in people:
        await client.order("chatter", pause=0.05)
    await asyncio.sleep(1)
    await asyncio.gather(*(client.order("burst", count=10) for client in people))
    said = people[0].count("sent")
    await eventually(lambda: people[0].count("sent") > said + 20, what="the middle of it")
    await asyncio.gather(*(client.kill() for client in people))
    await asyncio.gather(*(client.restart("--remember") for client in people))
    assert all(client.welcome["resumed"] for client in people)
    await quiet(people)
    assert not people[0].events("left"), people[0].events("left")
    print(f"     six in two rooms: {check(*people)}")


# MARK: - SIGSTOP


async def stopped_for(seconds, stage, *flags):
    """Bob stops for that long while everybody talks; then he goes on. Returns all, and when he stopped."""
    server = await stage.server(*flags)
    ada, bob, eve = people = await clients(stage, server, "Ada", "Bob", "Eve")
    for client in people:
        await client.order("chatter", pause=0.05)
    await asyncio.sleep(0.7)
    began = now()
    bob.stop()
    try:
        await asyncio.sleep(seconds)
    finally:
        bob.go_on()
    return ada, bob, eve, began


async def test_stopped_for_a_second_nobody_hears(stage):
    ada, bob, eve, began = await stopped_for(1, stage)
    await quiet([ada, bob, eve])
    nobody_heard([ada, eve], bob, began)
    assert bob.count("here") == 1, "a second of sleep is no reason to connect again"
    check(ada, bob, eve)


async def test_stopped_for_three_seconds_nobody_hears(stage):
    ada, bob, eve, began = await stopped_for(3, stage)
    await quiet([ada, bob, eve])
    nobody_heard([ada, eve], bob, began)
    check(ada, bob, eve)


async def interrupted_and_back(stage, seconds):
    ada, bob, eve, began = await stopped_for(seconds, stage)
    went_on = now()
    heard = [other.moment("interrupted", began, participant=bob.id) for other in (ada, eve)]
    assert all(heard), f"nobody heard of it in {seconds} s"
    print(f"     interrupted {max(heard) - began:.2f} s after SIGSTOP (promised: 5)")
    assert max(heard) - began < 5 + SLACK
    back = [await other.hears("resumed", began, 10, participant=bob.id) for other in (ada, eve)]
    print(f"     resumed {max(back) - went_on:.2f} s after SIGCONT")
    assert bob.welcome["resumed"]
    await quiet([ada, bob, eve])
    for other in (ada, eve):
        assert [event["type"] for event in other.events("interrupted", "resumed", "left", since=began)] == [
            "interrupted", "resumed"]
    print(f"     {seconds} s: {check(ada, bob, eve)}")


async def test_stopped_for_six_seconds_it_is_interrupted_and_resumes(stage):
    await interrupted_and_back(stage, 6 + SLACK)


@only_long
async def test_stopped_for_twenty_seconds(stage):
    await interrupted_and_back(stage, 20)


@patient
@within(60)
async def test_stopped_for_longer_than_the_grace_it_has_left_once(stage):
    await left_once(stage, 9 + SLACK, "--grace-milliseconds", "2000")


@only_long
@within(150)
async def test_stopped_for_a_minute_it_has_left_once(stage):
    await left_once(stage, 60, "--grace-milliseconds", "30000")


async def left_once(stage, seconds, *flags):
    ada, bob, eve, began = await stopped_for(seconds, stage, *flags)
    gone, identity = bob.id, bob.welcome["identity"]
    here = bob.count("here")
    for other in (ada, eve):
        assert await other.hears("left", began, participant=gone, reason="disconnected")
    await eventually(lambda: bob.count("here") > here, 20, "Bob is there again")
    # A new session of the same person.
    assert not bob.welcome["resumed"] and bob.welcome["resumeRefused"] == "over"
    assert bob.welcome["identity"] == identity and bob.id != gone
    for other in (ada, eve):
        await other.hears("joined", began, participant=bob.id)
        await other.order("chatter", pause=0)
    await bob.order("chatter", pause=0)
    await asyncio.sleep(0.5)
    for other in (ada, eve):
        assert [event["type"] for event in other.events("interrupted", "resumed", "left", since=began)] == [
            "interrupted", "left"]
    check(ada, bob, eve, complete=False)


@within(60)
async def test_the_server_stops_for_six_seconds_and_nobody_is_lost(stage):
    """As if its machine had been paused: it must not take its own sleep for that of others for longer than it must."""
    server = await stage.server("--grace-milliseconds", "5000")
    people = await clients(stage, server, "Ada", "Bob", "Eve")
    for client in people:
        await client.order("chatter", pause=0.05)
    await asyncio.sleep(0.5)
    server.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(6)
    finally:
        server.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)
    await quiet(people)
    assert not people[0].events("left")
    assert all(client.welcome["resumed"] or client.count("here") == 1 for client in people)
    print(f"     six seconds without a server: {check(*people)}")


# MARK: - Cut at every byte


@contextlib.asynccontextmanager
async def behind_a_network(stage):
    """Ada on a good network, Bob on one that can be cut at a byte; afterwards nothing is lost and nothing twice.

    He comes back many times a second and says again what is not acknowledged: more than the usual rate of a session.
    """
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    network = await stage.enter(RoughNetwork(server))
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(network, name="Bob", room=room)
    await ada.expect_event("joined", participant=bob.id)
    heard = {peer: [] for peer in (ada, bob)}
    for peer in heard:
        peer.on_frame = heard[peer].append
    yield network, ada, bob
    await bob.media(screen=True)
    await ada.until(lambda: ada.room.at == bob.room.at, what="the same position")
    assert ada.room.state == bob.room.state
    for peer, other in ((ada, bob), (bob, ada)):
        assert not peer.violations, peer.violations[:3]
        events = [event for frame in heard[peer] if frame["type"] == "events" for event in frame["events"]]
        assert not [event for event in events if event["type"] == "left"]
        commands = [(event["by"], event["id"]) for event in events if "by" in event]
        assert len(commands) == len(set(commands)), f"{peer.name} saw a command twice"
        refused = [frame for frame in heard[peer] if frame["type"] == "rejected"]
        assert not refused, refused[:3]
        signals = [frame["data"] for frame in heard[peer] if frame["type"] == "signal"]
        assert signals == list(range(1, other.sent.get(peer.id, 0) + 1)), signals


async def back(peer, tries=10):
    """Its connection has ended or will; it comes back, however often that takes.

    What was under way is said again, also what turns out to have arrived: that is always safe.
    """
    await asyncio.wait_for(asyncio.shield(peer._reader), 10)
    said = list(peer.unsettled)
    for _ in range(tries):
        with contextlib.suppress(OSError, AssertionError, EOFError, websockets.WebSocketException):
            welcome = await peer.resume()
            for message in said:
                await peer.send(message)
            return welcome
    raise AssertionError(f"{peer.name} did not come back")


async def cut_at_every_byte(network, direction, say, arrived):
    """`say()` brings a frame on its way to or from Bob; it is cut in turn behind each of its bytes.

    `arrived()` waits for what it says, and returns the frame's length.
    """
    count = length = 0
    while count <= length:
        network.cut_after(direction, count)
        await say()
        length = await arrived()
        count += 1
    print(f"     cut at {count} places")


def frame_bytes(text, masked):
    return len(text) + (2 if len(text) < 126 else 4) + (4 if masked else 0)


def newest(peer, words):
    return next(text for text in reversed(peer.transcript) if words in text)


async def test_a_command_cut_at_every_byte(stage):
    async with behind_a_network(stage) as (network, ada, bob):
        # Two that undo each other: whatever is done a second time is seen.
        async def say():
            for audio in (True, False):
                await bob.command("media", audio=audio)

        async def arrived():
            length = sum(frame_bytes(json.dumps(message), masked=True) for message in bob.unsettled[-2:])
            await back(bob)
            await bob.until(lambda: not bob.unsettled, what="the outcome of the command")
            return length

        await cut_at_every_byte(network, "up", say, arrived)


async def test_a_signal_cut_at_every_byte(stage):
    async with behind_a_network(stage) as (network, ada, bob):
        async def say():
            await bob.signal(ada.id, bob.sent.get(ada.id, 0) + 1)

        async def arrived():
            text = json.dumps(bob.unsettled[-1])
            await back(bob)
            await ada.until(lambda: ada.received.get(bob.id) == bob.sent[ada.id], what="the signal")
            return frame_bytes(text, masked=True)

        await cut_at_every_byte(network, "up", say, arrived)


async def test_an_event_cut_at_every_byte(stage):
    async with behind_a_network(stage) as (network, ada, bob):
        async def say():
            await ada.media(audio=not ada.room.people[ada.id]["media"]["audio"])

        async def arrived():
            await back(bob)
            await bob.until(lambda: bob.room.at == ada.room.at, what="the event")
            return frame_bytes(newest(bob, '"type":"events"'), masked=False)

        await cut_at_every_byte(network, "down", say, arrived)


async def test_a_relayed_signal_cut_at_every_byte(stage):
    async with behind_a_network(stage) as (network, ada, bob):
        async def say():
            await ada.signal(bob.id, ada.sent.get(bob.id, 0) + 1)

        async def arrived():
            await back(bob)
            await bob.until(lambda: bob.received.get(ada.id) == ada.sent[bob.id], what="the signal")
            return frame_bytes(newest(bob, '"type":"signal"'), masked=False)

        await cut_at_every_byte(network, "down", say, arrived)


async def return_cut(stage, step):
    """The way back itself is cut: in the upgrade, in the hello, in the welcome, in what was missed."""
    async with behind_a_network(stage) as (network, ada, bob):
        session, me, tries = bob.welcome["session"], bob.id, 0
        for direction, length in (("up", 1000), ("down", 1400)):
            for count in range(0, length, step):
                await bob.cut()
                await ada.media(audio=not ada.room.people[ada.id]["media"]["audio"])
                await ada.signal(bob.id, ada.sent.get(bob.id, 0) + 1)
                network.cut_after(direction, count)
                while True:
                    tries += 1
                    welcome = await back(bob)
                    assert welcome["resumed"] and welcome["session"] == session
                    with contextlib.suppress(AssertionError):
                        await bob.until(lambda: bob.received.get(ada.id) == ada.sent[bob.id]
                                        and bob.room.at == ada.room.at, what="what was missed")
                        break
                    assert bob.close_code is not None, "what was missed did not come"
                network.calm()
        assert bob.id == me
        print(f"     {tries} returns, {network.resets} of them cut")


@within(90)
async def test_a_return_cut_everywhere(stage):
    await return_cut(stage, 3)


@only_long
@within(300)
async def test_a_return_cut_at_every_byte(stage):
    await return_cut(stage, 1)


# MARK: - A network that delays, trickles and resets


async def rough_traffic(stage, seed, people, rooms, seconds):
    server = await stage.server()
    network = await stage.enter(RoughNetwork(server, seed))
    names = [f"Guest {n}" for n in range(people)]
    everybody = await clients(stage, network, *names, rooms=[stage.room() for _ in range(rooms)], seed=seed)
    for client in everybody:
        await client.order("chatter", pause=0.05)
    network.rough()
    await asyncio.sleep(seconds)
    network.calm()
    network.reset()
    await quiet(everybody, 40)
    assert all(client.welcome["resumed"] for client in everybody), "a session was lost"
    assert not everybody[0].events("left")
    print(f"     seed {seed}: {network.connections} connections, {network.resets} resets: {check(*everybody)}")


@within(90)
async def test_a_rough_network(stage):
    await rough_traffic(stage, 1, people=4, rooms=1, seconds=12)


@within(90)
async def test_a_rough_network_of_today(stage):
    await rough_traffic(stage, int.from_bytes(os.urandom(3), "big"), people=3, rooms=2, seconds=12)


@only_long
@within(300)
async def test_a_rough_network_for_longer(stage):
    for _ in range(3):
        await rough_traffic(stage, int.from_bytes(os.urandom(3), "big"), people=8, rooms=2, seconds=60)
