"""`parley load idle` and `resume-storm`: connections that stay, and sessions that come back."""

import asyncio
import signal

from load_liar import LyingRoom
from measures import metrics
from redis_server import free_port
from server import Server
from stage import eventually, within
from test_load import is_clean, scenario
from test_sqlite import takes_people

TOGETHER = 4

STORM = ["--sessions", "8", "--room-size", "4", "--timeout", "20", "--json", "-"]


async def test_connections_that_only_are_there(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "idle", server.address, "--connections", "12", "--room-size", "4", "--seconds", "4.6", "--json", "-",
        "--pid", str(server.process.pid))
    assert status == 0 and is_clean(result), said
    figures = result["figures"]
    assert figures["connectionsHeld"] == 12 and figures["connectionsClosed"] == 0, figures
    assert figures["serverMegabytesMost"] > 1 and "serverKilobytesPerConnection" in figures, figures
    assert 0 <= figures["serverCPUShare"] <= 400, figures
    # Signs of life every two seconds, and what lies between two of them.
    assert result["messages"] >= 12 and result["latencyMicroseconds"]["max"] < 4_500_000, said


async def test_a_connection_that_is_dropped_is_told(stage):
    server = await stage.enter(LyingRoom("nothing", hangs_up_after=1))
    status, result, said = await scenario(
        stage, "idle", server.address, "--connections", "4", "--seconds", "3", "--json", "-")
    assert status == 1 and result["figures"]["connectionsClosed"] == 1, said
    assert "lost its connection (without a code)" in said, said


async def test_everybody_comes_back_at_once(stage):
    server = await stage.server()
    status, result, said = await scenario(stage, "resume-storm", server.address, *STORM, "--rounds", "2")
    assert status == 0 and is_clean(result) and result["messages"] == 16, said
    assert result["latencies"]["resumed"]["count"] == 16 and result["figures"]["snapshots"] == 0, said
    assert result["latencies"]["resumed"]["microseconds"]["p50"] <= result["latencyMicroseconds"]["p50"], said


async def test_they_stay_away_until_others_have_noticed(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "resume-storm", server.address, *STORM, "--away", "1.5", "--loops", "2")
    assert status == 0 and is_clean(result) and result["messages"] == 8, said


async def test_a_session_that_is_not_there_any_more(stage):
    server = await stage.server("--grace-milliseconds", "1000")
    status, result, said = await scenario(stage, "resume-storm", server.address, *STORM, "--away", "3")
    assert status == 1 and "did not get its session back: over" in said, said


LOSS = ["--sessions", "8", "--room-size", "4", "--json", "-"]


@within(60)
async def test_a_server_that_is_taken_away(stage):
    engine = ("--engine", f"sqlite:{stage.folder()}/parley.db")
    first = await stage.enter(Server(stage.world.program, *engine))
    await eventually(lambda: takes_people(first), 10, "somebody is let in")
    loading = asyncio.create_task(
        scenario(stage, "server-loss", first.address, *LOSS, "--timeout", "30", seconds=40))

    async def are_there():
        return (await metrics(first))[1]["parley_participants"] == 8

    await eventually(are_there, 10, "all are there")
    first.process.send_signal(signal.SIGKILL)
    await first.process.wait()
    await stage.enter(Server(stage.world.program, *engine, port=first.port))
    status, result, said = await loading
    assert status == 0 and is_clean(result) and result["messages"] == 8, said
    figures = result["figures"]
    assert figures["lost"] == 8 and figures["tries"] >= 8 and figures["lastBackSeconds"] > 0, figures
    # A server that forgets everybody is no good one, and neither is a load that nobody has looked at.
    second = await stage.server()
    loading = asyncio.create_task(
        scenario(stage, "server-loss", second.address, *LOSS, "--timeout", "3", seconds=40))
    status, result, said = await loading
    assert status == 1 and "was not taken away in time" in said, said


@within(60)
async def test_clients_that_know_another_server(stage):
    engine = ("--engine", f"sqlite:{stage.folder()}/parley.db")
    first = await stage.enter(Server(stage.world.program, *engine))
    await eventually(lambda: takes_people(first), 10, "somebody is let in")
    other = free_port()
    loading = asyncio.create_task(scenario(
        stage, "server-loss", first.address, "--endpoint", f"http://127.0.0.1:{other}", *LOSS, "--timeout", "30",
        seconds=40))

    async def are_there():
        return (await metrics(first))[1]["parley_participants"] == 8

    await eventually(are_there, 10, "all are there")
    first.process.send_signal(signal.SIGKILL)
    await first.process.wait()
    # Nobody listens any more where they were.
    await stage.enter(Server(stage.world.program, *engine, port=other))
    status, result, said = await loading
    assert status == 0 and is_clean(result) and result["messages"] == 8, said
    assert result["figures"]["lost"] == 8, result["figures"]


@within(60)
async def test_a_resume_that_loses_something_is_found_out(stage):
    for lie, wrong in {"nothing": set(), "resume": {"lost"}}.items():
        server = await stage.enter(LyingRoom(lie))
        status, result, said = await scenario(
            stage, "resume-storm", server.address, *STORM, "--signals", "0", "--timeout", "4")
        assert (status == 1) == bool(wrong), (lie, said)
        assert all(result["verdict"][name] for name in wrong), (lie, said)


async def test_what_a_person_may_type_wrongly(stage):
    for words, answer in {
        ("idle", "ws://127.0.0.1", "--connections", "0"): "--connections is a number from 1",
        ("idle", "ws://127.0.0.1", "--pid", "999999999"): "999999999 (--pid) cannot be looked at",
        ("idle", "ws://127.0.0.1", "--metrics", "ftp://x"): "--metrics is an https: address",
        ("resume-storm", "ws://127.0.0.1", "--sessions", "0"): "--sessions is a number from 1",
        ("resume-storm", "ws://127.0.0.1", "--away", "40"): "--grace-milliseconds",
        ("resume-storm", "ws://127.0.0.1", "--events", "1000"): "--events is a number from 0 to 400.",
    }.items():
        status, _, said = await scenario(stage, *words)
        assert status != 0 and answer in said, (words, said)
