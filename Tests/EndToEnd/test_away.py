"""An engine that is away, a server that stood still, two servers of one name, servers of two versions."""

import asyncio
import os
import signal

from company import company, events, same_state
from redis_server import RedisServer
from stage import eventually, within
from test_drain import ask, refused_upgrade


async def node(stage, redis, name, *flags):
    return await stage.server("--engine", redis.url, "--node-name", name, *flags)


async def metric(server, name):
    text = (await ask(server, "GET", "/metrics"))[1].decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))


async def knows(server, count):
    for _ in range(100):
        if await metric(server, "parley_nodes_alive") == count:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{count} nodes are not known")


async def ready(server):
    return await ask(server, "GET", "/readyz")


@within(60)
async def test_a_redis_that_stands_still_is_away_and_comes_back(stage):
    redis = await stage.enter(RedisServer())
    here = await node(stage, redis, "here")
    ada, bob = await company(stage, "Ada", "Bob", server=here)
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        for peer in (ada, bob):
            await peer.expect(type="beat", degraded=True, seconds=8)
        status, said = await ready(here)
        assert status == 503 and said.startswith(b"not ready: The engine"), said
        assert (await ask(here, "GET", "/healthz"))[0] == 200
        assert await metric(here, "parley_engine_degraded") == 1
        assert await refused_upgrade(here) == (503, "engine-unavailable")
        await ada.signal(bob.id, "all the same")
        await bob.until(lambda: any(frame.get("data") == "all the same" for frame in bob.frames), what="the signal")
        number = await ada.command("media", audio=True)
        refused = await ada.expect(type="rejected", code="engine-unavailable", of="media", id=number)
        assert 1_000 <= refused["retryAfterMilliseconds"] < 2_000, refused
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    await ada.expect(type="beat", degraded=False, seconds=8)
    assert (await ready(here))[0] == 200
    # The same frame again: its number was not used up.
    await ada.send({"type": "media", "id": number, "room": ada.room.id, "audio": True})
    assert await ada.outcome(number) == "accepted"
    await bob.expect_event("media-changed", participant=ada.id)
    await same_state(ada, bob)
    assert not any(events(peer, kind) for peer in (ada, bob) for kind in ("interrupted", "left"))
    said = "".join(here.output)
    assert said.count("The engine is away") == 1 and said.count("The engine is back") == 1, said


@within(60)
async def test_a_server_that_stood_still_begins_anew(stage):
    redis = await stage.enter(RedisServer())
    here, there = await node(stage, redis, "here"), await node(stage, redis, "there")
    await knows(here, 2)
    ada, bob = await company(stage, "Ada", "Bob", server=here, networks={"Bob": there})
    os.kill(here.process.pid, signal.SIGSTOP)
    await asyncio.sleep(4)
    os.kill(here.process.pid, signal.SIGCONT)
    await ada._reader
    assert ada.close_code == 4403, ada.close_code
    assert (await ada.resume())["resumed"]
    await ada.media(audio=True)
    await bob.expect_event("media-changed", participant=ada.id)
    await same_state(ada, bob)
    assert not events(bob, "left")
    assert await metric(here, "parley_fences_total") == 1
    assert any("stood still" in line for line in here.output)


@within(60)
async def test_two_servers_of_one_name_are_told_apart(stage):
    redis = await stage.enter(RedisServer())
    here, there = await node(stage, redis, "same"), await node(stage, redis, "same")
    for server in (here, there):
        await eventually(
            lambda server=server: any("same name" in line for line in server.output), 15, what="a warning")
    ada, bob = await company(stage, "Ada", "Bob", server=here, networks={"Bob": there})
    await ada.media(audio=True)
    await bob.expect_event("media-changed", participant=ada.id)


@within(60)
async def test_rooms_of_a_later_version_are_left_to_those_who_know_it(stage):
    redis = await stage.enter(RedisServer())
    new = await node(stage, redis, "new", "--room-semantics", "7")
    old = await node(stage, redis, "old")
    await knows(new, 2)
    ada, bob = await company(stage, "Ada", "Bob", server=new, networks={"Bob": old})
    await same_state(ada, bob)
    await old.stop()
    await knows(new, 1)
    cyd = await stage.peer(new, name="Cyd", room="red-owl")
    again = await node(stage, redis, "again")
    dan = await stage.peer(again)
    await dan.send({"type": "join", "id": 1, "room": "red-owl", "name": "Dan"})
    await dan.expect(type="rejected", of="join", code="room-too-new")
    await cyd.media(audio=True)
