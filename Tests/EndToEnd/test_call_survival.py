"""Calls outlive the server of whoever is rung, that of somebody in the call, and the master of a Redis."""

import asyncio

from phone import Phone
from redis_server import RedisServer
from redis_sites import RedisCluster, RedisWithReplica
from stage import within

# They mostly wait: each has servers of its own.
TOGETHER = 4


async def ada_and_bob(stage, redis, **more):
    """On a server each."""
    servers = [await stage.server("--engine", redis.url, "--grace-milliseconds", "10000") for _ in range(2)]
    people = [await stage.enter(Phone(server.connect_address, user)) for server, user in zip(servers, ("ada", "bob"))]
    return *servers, *people


async def move(phone, dead, alive):
    """Its server is killed, and it comes back on another one."""
    dead.process.kill()
    await dead.process.wait()
    await phone._reader
    phone.address = alive.connect_address
    assert (await phone.resume())["resumed"]


async def be_taken(ask):
    """Whoever is refused for want of an engine says the same again."""
    while True:
        answer = await ask()
        if answer.get("code") not in ("engine-unavailable", "busy"):
            assert answer["type"] != "rejected", answer
            return answer
        await asyncio.sleep(answer.get("retryAfterMilliseconds", 500) / 1000)


async def talk_and_end(ada, bob, call):
    """Both are in it, each hears what the other does, and when it is over nothing rings."""
    there = bob.rooms[call.id]
    for phone, room in ((ada, call), (bob, there)):
        await phone.until(lambda: len(room.state["people"]) == 2, 20, "both")
    await ada.command("hold", room=call, held=True)
    await bob.expect_event("held", seconds=20, participant=call.me)
    await bob.command("hold", room=there, held=True)
    await ada.expect_event("held", seconds=20, participant=there.me)
    await bob.hang_up(there)
    await ada.expect_event("ended", seconds=20, reason="hung-up")
    await bob.quiet(20)
    await bob.until(lambda: not bob.line.state.get("calls"), 20, "that nobody is in a call")
    assert not bob.missed and not ada.incoming


@within(60)
async def test_the_server_of_whoever_is_rung_dies(stage):
    redis = await stage.enter(RedisServer())
    here, there, ada, bob = await ada_and_bob(stage, redis)
    call = await ada.call("bob", seconds=120)
    await bob.rung(call.id)
    await move(bob, there, here)
    # Nothing has to ring anew: the line has it still.
    assert call.id in bob.incoming
    assert (await bob.accept(call.id))["type"] == "snapshot"
    await ada.expect_event("ring-answered", seconds=20, person=bob.identity)
    await talk_and_end(ada, bob, call)


@within(60)
async def test_a_server_dies_during_a_call(stage):
    redis = await stage.enter(RedisServer())
    here, there, ada, bob = await ada_and_bob(stage, redis)
    call = await ada.call("bob", seconds=120)
    await bob.accept(call.id)
    await ada.expect_event("ring-answered")
    await bob.until(lambda: call.id in bob.line.state.get("calls", {}), what="that he is in a call")
    await move(bob, there, here)
    await talk_and_end(ada, bob, call)


@within(90)
async def test_a_call_rings_on_when_the_redis_behind_it_fails_over(stage):
    redis = await stage.enter(RedisWithReplica(stage))
    here, there, ada, bob = await ada_and_bob(stage, redis)
    call = await ada.call("bob", seconds=120)
    await bob.rung(call.id)
    await ada.until(lambda: ada.ring_states(call) == ["ringing"], what="that it rings there")
    await redis.fail_over()
    await be_taken(lambda: bob.enter(30, room=call.id, ring=1, name=bob.name))
    await ada.expect_event("ring-answered", seconds=20, person=bob.identity)
    await talk_and_end(ada, bob, call)


@within(60)
async def test_a_call_on_a_redis_cluster(stage):
    redis = await stage.enter(RedisCluster(stage))
    here, there, ada, bob = await ada_and_bob(stage, redis)
    call = await ada.call("bob", seconds=120)
    await bob.accept(call.id)
    await ada.expect_event("ring-answered", seconds=20, person=bob.identity)
    await talk_and_end(ada, bob, call)
    call = await bob.call("ada")
    await ada.decline(call.id)
    await bob.expect_event("ended", seconds=20, reason="declined")
    await ada.quiet()
