"""One process with several event loops: whoever asks it must not notice that there are several."""

import asyncio
import time

from company import same_state
from measures import gauges_that_are_not_zero, metrics
from server import Server, refused_start
from stage import eventually, within
from test_drain import ask as operate
from test_load import is_clean, scenario
from test_meter import meter
from test_tickets import shown, ticket
from test_tokens import guarded
from issuer import token

LOOPS = ("--loops", "3")


async def spread(stage, server, count, room):
    """People of one room: the kernel chooses the loop of each."""
    return [await stage.peer(server, name=f"Guest {number}", room=room) for number in range(count)]


async def test_a_room_is_one_room(stage):
    server = await stage.server(*LOOPS)
    people = await spread(stage, server, 9, "wide")
    for peer in people:
        await eventually(lambda: len(peer.room.people) == 9, what="nine people in everybody's room")
    for number in range(5):
        for sender, recipient in zip(people, people[1:] + people[:1]):
            await sender.signal(recipient.id, number)
    await people[0].media(audio=True)
    for sender, recipient in zip(people, people[1:] + people[:1]):
        await recipient.until(lambda: recipient.received.get(sender.id) == 5, what="five signals")
        assert [frame["data"] for frame in recipient.frames if frame["type"] == "signal"] == list(range(5))
    await same_state(*people)
    await eventually(lambda: nine_are_open(server), what="nine connections in the metrics")


@within(60)
async def test_people_come_back_on_whichever_loop(stage):
    server = await stage.server(*LOOPS)
    status, result, said = await scenario(
        stage, "resume-storm", server.address, "--sessions", "24", "--room-size", "6", "--rounds", "3",
        "--timeout", "20", "--json", "-", seconds=50)
    assert status == 0 and is_clean(result) and result["messages"] == 72, said


@within(60)
async def test_a_meeting_loses_nothing(stage):
    server = await stage.server(*LOOPS)
    status, result, said = await scenario(
        stage, "meeting", server.address, "--rooms", "4", "--sizes", "4:1", "--arrivals", "10", "--stay", "3",
        "--microphones", "60", "--hands", "20", "--seconds", "8", "--json", "-", seconds=50)
    assert status == 0 and is_clean(result), said
    await eventually(lambda: nothing_left(server), seconds=45, what="nobody left on any loop")


async def nine_are_open(server):
    return (await metrics(server))[1]["parley_connections_open"] == 9


async def drains(server):
    return (await metrics(server))[1]["parley_draining"] == 1


async def nothing_left(server):
    return not await gauges_that_are_not_zero(server)


async def test_limits_are_the_limits_of_the_server(stage):
    server = await stage.server(*LOOPS, "--connections", "6")
    for number in range(6):
        await stage.peer(server, name=f"Guest {number}", room="full")
    for _ in range(6):
        status, said = await operate(server, "GET", "/v1/validate")
        assert (status, said["code"]) == (503, "connections-full"), said


async def test_an_operator_sees_the_whole(stage):
    server = await stage.server(*LOOPS, "--drain-milliseconds", "60000")
    people = await spread(stage, server, 8, "seen")
    for number in range(20):
        await people[0].signal(people[1].id, number)

    async def seen():
        report = (await meter(server))[1]
        return report["rooms"] and report["rooms"][0]["messages"] >= 28 and len(report["sessions"]) == 8

    await eventually(seen, seconds=15, what="a room of eight on the meter")
    status, report = await operate(server, "POST")
    assert (status, report["draining"], report["connections"]) == (200, True, 8), report
    for peer in people:
        await peer.expect(type="goaway")
    await eventually(lambda: drains(server), what="a drain in the metrics")
    status, report = await operate(server, "DELETE")
    assert (status, report["draining"]) == (200, False), report
    for peer in people:
        await peer.expect(type="stay")
    assert (await operate(server, "GET", "/readyz"))[0] == 200
    await people[3].media(audio=True)
    await same_state(*people)


async def test_told_to_end_it_waits_for_all_loops(stage):
    server = await stage.server(*LOOPS, "--drain-milliseconds", "30000")
    people = await spread(stage, server, 6, "leaving")
    server.ask_to_drain()
    for peer in people:
        await peer.expect(type="goaway")
    for peer in people[1:]:
        await peer.cut()
    await asyncio.sleep(1)
    assert server.is_alive(), "somebody was still there"
    await people[0].cut()
    began = time.monotonic()
    assert await server.exit_status(15) == 0
    assert time.monotonic() - began < 12


async def test_a_ticket_is_good_on_every_loop(stage):
    async with guarded(stage.world.program, *LOOPS) as server:
        for _ in range(8):
            made = await ticket(server, token(sub="ada"))
            assert (await shown(server, made["ticket"]))[0] == "welcome"
            assert (await shown(server, made["ticket"]))[0] == "invalid-token"


async def test_a_port_in_use_is_said_in_words(stage):
    first = await stage.server(*LOOPS)
    for flags in (LOOPS, ()):
        status, output = await refused_start(first.program, *flags, "--port", str(first.port))
        assert status != 0 and f"port ({first.port})" in output and "another program listens" in output, output


async def test_numbers_of_loops_that_make_no_sense(stage):
    for count in ("0", "65", "-1", "many"):
        status, output = await refused_start(stage.world.program, f"--loops={count}", "--port", "0")
        assert status != 0 and "loops" in output and "1 to 64" in output, output
