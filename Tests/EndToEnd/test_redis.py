"""Two servers on one Redis hold one meeting, and a Redis that is away, full or somebody else's has its sentence."""

import asyncio

from company import company, events, listen, same_state
from redis_server import RedisServer, free_port
from server import Server, refused_start
from stage import eventually, patient, within


async def servers(stage, redis, count=2, *flags):
    return [await stage.server("--engine", redis.url, "--grace-milliseconds", "5000", *flags) for _ in range(count)]


async def signals(sender, recipient, texts):
    before = recipient.received.get(sender.id, 0)
    for text in texts:
        await sender.signal(recipient.id, text)
    await recipient.until(lambda: recipient.received.get(sender.id) == before + len(texts), what="all signals")


async def test_two_servers_hold_one_meeting(stage):
    redis = await stage.enter(RedisServer())
    here, there = await servers(stage, redis)
    ada, bob, cyd = await company(stage, "Ada", "Bob", "Cyd", server=here, networks={"Bob": there})
    assert ada.room.id == bob.room.id == cyd.room.id
    for sender, recipient in ((ada, bob), (bob, ada), (bob, cyd), (ada, cyd)):
        await signals(sender, recipient, [f"{sender.name} {number}" for number in range(20)])
    for recipient, sender in ((ada, bob), (bob, ada)):
        said = [frame["data"] for frame in recipient.frames if frame["type"] == "signal" and frame["from"] == sender.id]
        assert said == [f"{sender.name} {number}" for number in range(20)]
    for peer in (ada, bob, cyd):
        await peer.media(audio=True)
    for peer in (ada, bob, cyd):
        await peer.until(lambda: len(events(peer, "media-changed")) >= 2, what="what the others have switched on")
    await same_state(ada, bob, cyd)
    # What was delivered is told to the sender, over the other server.
    await ada.until(lambda: ada.delivered.get(bob.id) == 20, what="the word that Bob has everything")
    await bob.command("leave")
    for peer in (ada, cyd):
        await peer.expect_event("left", participant=bob.id)


async def test_whoever_is_on_a_server_that_dies_comes_back_on_the_other(stage):
    redis = await stage.enter(RedisServer())
    here, there = await servers(stage, redis)
    ada, bob = await company(stage, "Ada", "Bob", server=here, networks={"Bob": there})
    await signals(bob, ada, ["one", "two"])
    await eventually(lambda: ada.acknowledged.get(bob.id) == 2, what="Ada's acknowledgement")
    here.process.kill()
    await here.process.wait()
    for text in ("while", "away"):
        await bob.signal(ada.id, text)
    await ada._reader
    ada.address = there.connect_address
    welcome = await ada.resume()
    assert welcome["resumed"], welcome
    await ada.until(lambda: ada.received.get(bob.id) == 4, what="what was said meanwhile")
    said = [frame["data"] for frame in ada.frames if frame["type"] == "signal"]
    assert said == ["one", "two", "while", "away"], said
    await signals(ada, bob, ["back"])
    await same_state(ada, bob)
    assert not events(bob, "left") and not events(bob, "joined")


@within(30)
async def test_a_room_outlives_all_its_servers(stage):
    redis = await stage.enter(RedisServer())
    (here,) = await servers(stage, redis, 1)
    ada, bob = await company(stage, "Ada", "Bob", server=here)
    await ada.media(audio=True)
    here.process.kill()
    await here.process.wait()
    (there,) = await servers(stage, redis, 1)
    for peer in (ada, bob):
        await peer._reader
        listen(peer)
        peer.address = there.connect_address
        assert (await peer.resume())["resumed"]
    await signals(ada, bob, ["still here"])
    await same_state(ada, bob)


async def test_names_are_kept_apart_by_a_prefix(stage):
    redis = await stage.enter(RedisServer())
    here = await stage.server("--engine", redis.url)
    there = await stage.server("--engine", redis.url, "--engine-prefix", "staging")
    ada = await stage.peer(here, name="Ada", room="blue-fox")
    bob = await stage.peer(there, name="Bob", room="blue-fox")
    assert ada.room.id != bob.room.id
    keys = await redis.command("KEYS", "*")
    assert {key.split(":")[0] for key in keys} == {"parley", "staging"}, keys


@patient
async def test_a_server_waits_for_its_redis_and_says_so(stage):
    port = free_port()
    server = Server(stage.world.program, "--engine", f"redis://127.0.0.1:{port}")
    starting = asyncio.create_task(server.__aenter__())
    try:
        await eventually(lambda: any(f"127.0.0.1:{port}" in line for line in server.output), what="a word about it")
        assert not starting.done()
        await stage.enter(RedisServer(port=port))
        await asyncio.wait_for(asyncio.shield(starting), 15)
        ada = await stage.peer(server, name="Ada", room=stage.room())
        assert ada.room.people
    finally:
        starting.cancel()
        await server.stop()


async def test_what_is_no_engine_is_refused_in_words(stage):
    program = stage.world.program
    for text, word in (
            ("postgres", "memory"), ("redis://", "host"), ("redis://user:pa ss@@x:1:2", ""), ("redis:file", "memory")):
        status, said = await refused_start(program, "--engine", text)
        assert status != 0 and "engine" in said and word in said, said
    status, said = await refused_start(program, "--engine", "redis://:geheim@127.0.0.1:1/x/y")
    assert status != 0 and "geheim" not in said, said
    status, said = await refused_start(program, "--engine-prefix", "a")
    assert status != 0 and "engine-prefix" in said, said


async def test_a_wrong_password_ends_the_start_in_words(stage):
    redis = await stage.enter(RedisServer())
    await redis.command("CONFIG", "SET", "requirepass", "geheim")
    for url in (redis.url, redis.url.replace("//", "//:falsch@")):
        status, said = await refused_start(stage.world.program, environment={"PARLEY_ENGINE": url})
        assert status != 0 and "password" in said and "falsch" not in said, said
    server = await stage.server(environment={"PARLEY_ENGINE": redis.url.replace("//", "//:geheim@")})
    await stage.peer(server, name="Ada", room=stage.room())
