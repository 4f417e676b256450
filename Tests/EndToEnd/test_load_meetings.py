"""`parley load meeting` and `soak`: people who come, speak and go, and a server of which something stays behind."""

import asyncio
import json
import sys

from load_liar import LyingRoom
from measures import metrics
from stage import eventually, patient, within
from test_load import is_clean, scenario

TOGETHER = 4

MEETING = [
    "--rooms", "3", "--sizes", "2:1,4:1", "--arrivals", "20", "--stay", "1.5", "--microphones", "60", "--hands", "60",
    "--messages", "10-14", "--json", "-"]


async def test_a_meeting_is_measured_and_checked(stage):
    server = await stage.server()
    status, result, said = await scenario(stage, "meeting", server.address, *MEETING, "--seconds", "3", "--loops", "2")
    assert status == 0 and is_clean(result), said
    counts = {name: value["count"] for name, value in result["latencies"].items()}
    assert set(counts) == {"signal", "join", "microphone", "hand", "leave"} and min(counts.values()) > 0, counts
    assert result["figures"]["peopleCame"] >= 8 and result["figures"]["peopleMost"] >= 4, said


async def test_the_same_seed_makes_the_same_rooms(stage):
    server = await stage.server()
    sizes = []
    for seed in ("7", "7"):
        status, result, said = await scenario(
            stage, "meeting", server.address, "--rooms", "4", "--arrivals", "100", "--stay", "0", "--seconds", "1",
            "--seed", seed, "--json", "-")
        assert status == 0 and result["seed"] == 7, said
        sizes.append(result["figures"]["peopleMost"])
    assert sizes[0] == sizes[1] > 4, sizes


@within(60)
async def test_a_soak_looks_at_the_server(stage):
    # Its own: on the shared one others come and go.
    server = await stage.server(port=0)
    path = f"{stage.folder()}/soak.html"
    status, result, said = await scenario(
        stage, "soak", server.address, *MEETING, "--seconds", "5", "--warmup", "1", "--interval", "1",
        "--growth-megabytes", "200", "--pid", str(server.process.pid), "--html", path)
    assert status == 0 and is_clean(result), said
    assert result["figures"]["serverSamples"] >= 3 and result["figures"]["serverMegabytesLast"] > 1, said
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "Memory of the server" in text and "What the server holds" in text and text.count("<svg") == 7


BOUND = ["--interval", "1", "--growth", "3", "--growth-megabytes", "3"]
# Rooms whose rings of events are full within half a minute: from then on nothing may grow.
SOAK = [
    "--rooms", "3", "--sizes", "2:1,5:1", "--arrivals", "10", "--stay", "0.7", "--microphones", "600", "--hands", "60",
    "--messages", "10-20", *BOUND, "--json", "-"]


GONE = ["parley_connections_open", "parley_sessions_detached", "parley_rooms_open", "parley_participants"]


@patient
@within(120)
async def test_a_minute_of_coming_and_going_leaves_nothing(stage):
    server = await stage.server(port=0)
    status, result, said = await scenario(
        stage, "soak", server.address, *SOAK, "--seconds", "60", "--warmup", "30", "--pid", str(server.process.pid),
        seconds=100)
    # No ghost, nobody missing, no state with another hash, nothing lost, no gauge above what it was, flat memory.
    assert status == 0 and is_clean(result), said
    figures = result["figures"]
    assert figures["serverSamples"] >= 40 and figures["peopleCame"] >= 300, said
    assert {kind for kind, each in result["latencies"].items() if each["count"] > 300} == {
        "signal", "join", "microphone", "hand", "leave"}, said
    _, values = await metrics(server)
    assert [values[name] for name in GONE] == [0, 0, 0, 0], values


@patient
@within(60)
async def test_memory_that_grows_is_found(stage):
    # The load looks at another process than the server, one that takes a mebibyte after the other.
    server = await stage.server(port=0)
    leak = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time\nkept = []\nwhile True: kept.append(b'x' * 2**20); time.sleep(0.05)")
    try:
        status, result, said = await scenario(
            stage, "soak", server.address, *MEETING, *BOUND, "--seconds", "8", "--warmup", "2", "--pid", str(leak.pid))
    finally:
        leak.kill()
        await leak.wait()
    assert status == 1 and "The server has grown from" in json.dumps(result["verdict"]["firstFaults"]), said


@patient
@within(60)
async def test_what_stays_behind_is_found(stage):
    # Its own: on the shared one others go, and one who stays makes up for them.
    server = await stage.server(port=0)
    # Somebody else comes in the middle and stays, as a leak would.
    load = scenario(stage, "soak", server.address, *MEETING, "--seconds", "2", "--warmup", "0")

    async def is_entered():
        return (await metrics(server))[1]["parley_participants"] > 0

    async def intrude():
        # Behind the load's first look, which is before the first of its people.
        await eventually(is_entered, 15)
        await stage.peer(server, room=stage.room())

    (status, result, said), _ = await asyncio.gather(load, intrude())
    assert status == 1 and result["verdict"]["lost"] == 0, said
    faults = json.dumps(result["verdict"]["firstFaults"])
    for name in ("parley_connections_open", "parley_rooms_open", "parley_participants"):
        assert name in faults, said


async def test_a_server_of_which_nothing_can_be_seen(stage):
    server = await stage.enter(LyingRoom("nothing"))
    status, _, said = await scenario(
        stage, "soak", server.address, "--rooms", "2", "--sizes", "1:1", "--arrivals", "20", "--stay", "0.5",
        "--seconds", "1.5", "--warmup", "0")
    assert status == 0 and "Nothing could be seen of the server itself" in said, said


@within(60)
async def test_a_list_that_is_wrong_is_found_out(stage):
    for lie, wrong in {"nothing": set(), "ghost": {"ghosts"}, "forget": {"absent"}}.items():
        server = await stage.enter(LyingRoom(lie))
        status, result, said = await scenario(
            stage, "meeting", server.address, "--rooms", "1", "--sizes", "3:1", "--arrivals", "20", "--stay", "0",
            "--microphones", "60", "--hands", "0", "--seconds", "1.2", "--json", "-")
        assert (status == 1) == bool(wrong), (lie, said)
        assert all(result["verdict"][name] for name in wrong), (lie, said)


async def test_what_a_person_may_type_wrongly(stage):
    for words, answer in {
        ("meeting", "ws://127.0.0.1", "--sizes", "many"): "--sizes is a list of sizes with their weights",
        ("meeting", "ws://127.0.0.1", "--messages", "1-2"): "--messages are two numbers from 2 to 200",
        ("meeting", "ws://127.0.0.1", "--arrivals", "0"): "--arrivals is a number above 0",
        ("meeting", "ws://127.0.0.1", "--rooms", "0"): "--rooms is a number from 1",
        ("soak", "ws://127.0.0.1", "--warmup", "4000"): "--warmup is a number from 0 to below --seconds",
        ("soak", "ws://127.0.0.1", "--interval", "0.1"): "--interval is a number from 1",
    }.items():
        status, _, said = await scenario(stage, *words)
        assert status != 0 and answer in said, (words, said)
