"""`parley load broadcast` and `join-storm`: what is measured, and that a server that lies is found out."""

import asyncio

from load_liar import LyingRoom
from issuer import SECRET, token
from stage import within
from test_load import is_clean, scenario

TOGETHER = 4

BROADCAST = ["--size", "6", "--publishers", "2", "--rate", "20", "--seconds", "1", "--warmup", "0.2", "--json", "-"]


async def test_a_broadcast_reaches_everybody(stage):
    server = await stage.server()
    status, result, said = await scenario(stage, "broadcast", server.address, *BROADCAST)
    assert status == 0 and is_clean(result), said
    # Two speakers, 20 each, six listeners, one second.
    assert 120 <= result["messages"] <= 300, said
    latencies = result["latencies"]
    assert set(latencies) == {"everybody", "median", "p99", "last"}
    assert latencies["everybody"]["count"] > 4 * latencies["last"]["count"] > 0
    assert 0 < latencies["median"]["microseconds"]["p50"] <= latencies["last"]["microseconds"]["p50"], latencies


async def test_a_broadcast_of_chat_in_several_rooms(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "broadcast", server.address, *BROADCAST, "--kind", "chat", "--rate", "4", "--rooms", "3", "--loops", "2")
    assert status == 0 and is_clean(result) and result["messages"] > 60, said
    # The server takes five chat messages a second of one person, and the load says which limit that was.
    status, result, said = await scenario(stage, "broadcast", server.address, *BROADCAST, "--kind", "chat",
                                          "--rate", "100")
    assert status == 1 and "rate-limited" in said and "chat: 5 a second" in said, said


async def test_a_larger_room_than_its_stage(stage):
    server = await stage.server("--stage-max", "3")
    status, result, said = await scenario(stage, "broadcast", server.address, *BROADCAST)
    assert status == 0 and is_clean(result) and result["messages"] > 100, said


async def test_everybody_joins_at_once(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "join-storm", server.address, "--people", "20", "--rooms", "3", "--loops", "2", "--json", "-")
    assert status == 0 and is_clean(result) and result["messages"] == 20, said
    assert {name: value["count"] for name, value in result["latencies"].items()} == {
        "join": 20, "upgrade": 20, "hello": 20}
    assert 0 < result["figures"]["lastJoinedSeconds"] <= result["figures"]["everybodyKnowsSeconds"], said


async def test_joins_at_a_rate_and_for_people(stage):
    server = await stage.server()
    status, _, said = await scenario(stage, "join-storm", server.address, "--people", "10", "--rate", "20")
    assert status == 0, said
    assert "until in the room" in said and "holds the same state." in said, said


async def test_the_limit_in_the_way_is_named(stage):
    full = await stage.server("--room-capacity", "4")
    status, result, said = await scenario(stage, "join-storm", full.address, "--people", "8", "--json", "-")
    assert status == 1 and "room-full (--room-capacity of the server)" in said, said
    few = await stage.server("--connections-per-address", "4", "--limit-loopback", "true")
    status, _, said = await scenario(stage, "join-storm", few.address, "--people", "8")
    assert status == 1 and "429" in said and "--connections-per-address" in said, said
    closed = await stage.server("--connections", "4")
    status, _, said = await scenario(stage, "join-storm", closed.address, "--people", "8")
    assert status == 1 and "503" in said and "--connections" in said, said
    wary = await stage.server(environment={"PARLEY_TOKEN_SECRET": SECRET})
    status, _, said = await scenario(stage, "join-storm", wary.address, "--people", "2")
    assert status == 1 and "token-required (--token-file or PARLEY_LOAD_TOKEN)" in said, said
    status, _, said = await scenario(
        stage, "join-storm", wary.address, "--people", "2", environment={"PARLEY_LOAD_TOKEN": token(grant={})})
    assert status == 1 and 'the grant "create"' in said, said


async def test_what_a_person_may_type_wrongly(stage):
    for words, answer in {
        ("broadcast", "ws://127.0.0.1", "--size", "0"): "--size is a number from 1 to 50000.",
        ("broadcast", "ws://127.0.0.1", "--publishers", "51"): "--publishers is a number from 1",
        ("broadcast", "ws://127.0.0.1", "--kind", "songs"): "events",
        ("broadcast", "ws://127.0.0.1", "--rate", "0"): "--rate is a number above 0",
        ("broadcast", "ws://127.0.0.1", "--size", "1000", "--rooms", "1000"): "100000 at most",
        ("join-storm", "ws://127.0.0.1", "--people", "0"): "--people is a number from 1 to 100000.",
        ("join-storm", "ws://127.0.0.1", "--rooms", "101"): "--rooms is a number from 1",
        ("join-storm", "ws://127.0.0.1", "--loops", "0"): "--loops is a number from 1",
        ("join-storm", "ws://127.0.0.1", "--seed", "x"): "--seed",
        ("hurricane", "ws://127.0.0.1"): "hurricane",
    }.items():
        status, _, said = await scenario(stage, *words)
        assert status != 0 and answer in said, (words, said)


@within(90)
async def test_a_room_that_lies_is_found_out(stage):
    async def is_found_out(lie, wrong):
        server = await stage.enter(LyingRoom(lie))
        status, result, said = await scenario(
            stage, "broadcast", server.address, "--size", "4", "--rate", "20", "--seconds", "0.8", "--warmup", "0",
            "--json", "-")
        assert (status == 1) == bool(wrong), (lie, said)
        assert all(result["verdict"][name] for name in wrong), (lie, said)
        assert wrong or is_clean(result), said

    await asyncio.gather(*(is_found_out(lie, wrong) for lie, wrong in {
        "nothing": set(), "lose": {"lost"}, "repeat": {"twice"}, "swap": {"disordered"}, "alter": {"differing"},
        "relink": {"lost"}, "late": set(), "ghost": {"ghosts"}, "forget": {"absent"},
    }.items()))
