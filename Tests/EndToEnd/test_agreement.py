"""The server proves that everybody holds the same state, and gives a snapshot to whoever disagrees."""

import asyncio

from raw_socket import PING, PONG, RawSocket, frame
from stage import eventually, patient, stop, within
from test_http import get, samples

TOGETHER = 4


async def metric(server, name):
    _, _, body = await get(server, "/metrics")
    return samples(body.decode())[1][name]


async def resync(peer, **members):
    await peer.send({"type": "resync", "room": peer.room.id} | members)
    return await peer.expect(type="snapshot")


@patient
@within(60)
async def test_beats_prove_agreement_and_tell_distances(stage):
    server = await stage.server("--port", "0")
    room = stage.room()
    peers = [await stage.peer(server, name=f"{number}", room=room) for number in range(3)]
    # What changes is compared within a beat, and what does not is compared now and then.
    for step in range(12):
        await peers[step % 3].media(audio=step % 2 == 0, video=step % 4 < 2)
        await asyncio.sleep(1)
    for peer in peers:
        await eventually(lambda: peer.agreements >= 2, seconds=20, what="two proofs")
        await eventually(lambda: set(peer.round_trips) == set(peer.room.people), seconds=20, what="all distances")
        assert all(0 < trip < 5_000 for trip in peer.round_trips.values()), peer.round_trips
    assert 0 < await metric(server, "parley_round_trip_seconds") < 5
    assert await metric(server, "parley_state_differences_total") == 0
    assert await metric(server, "parley_resyncs_total") == 0


@within(60)
async def test_a_device_far_away(stage):
    """Its pongs come half a second late; both sides talk all the time, so that nobody is silent."""
    server = await stage.server("--port", "0")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    raw = await stage.enter(RawSocket(server))
    far = (await raw.hello(room, "Far"))["self"]

    async def answer():
        while (got := await raw.read_frame(30)) is not None:
            if got[0] == PING:
                await asyncio.sleep(0.5)
                # One that nobody asked for says nothing.
                await raw.send_bytes(frame(b"\0" * 8, PONG) + frame(got[1], PONG))

    async def talk():
        while True:
            await raw.send({"type": "beat"})
            await ada.send({"type": "pulse", "room": ada.room.id, "kind": "talk"})
            await asyncio.sleep(0.2)

    tasks = [asyncio.create_task(answer()), asyncio.create_task(talk())]
    try:
        trip = await eventually(lambda: ada.round_trips.get(far), seconds=30, what="the distance")
        assert 500 <= trip < 2_000, trip
        assert ada.room.people[far]["connection"] == "connected"
    finally:
        await stop(*tasks)


async def test_a_doubt_is_answered(stage):
    server = await stage.server("--port", "0")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    await ada.until(lambda: bob.id in ada.room.people, what="Bob")
    snapshot = await resync(bob)
    assert snapshot["events"] == [] and snapshot["at"] == ada.room.at
    # Who stands elsewhere, or holds the same, does not contradict.
    await resync(bob, at=bob.room.at, hash=snapshot["hash"])
    generation, sequence, uid = bob.room.at
    await resync(bob, at=[generation, sequence + 5, uid], hash="0" * 16)
    await eventually(lambda: _is(metric(server, "parley_resyncs_total"), 3), what="three answers")
    assert await metric(server, "parley_state_differences_total") == 0
    # It goes on where the snapshot was.
    await ada.media(audio=True)
    await bob.until(lambda: bob.room.at == ada.room.at, what="the same position")
    assert bob.room.state == ada.room.state


async def test_a_client_that_lies(stage):
    server = await stage.server("--port", "0")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    mallory = await stage.peer(server, name="Mallory", room=room)
    for _ in range(3):
        await resync(mallory, at=mallory.room.at, hash="0" * 16)
    await eventually(lambda: _is(metric(server, "parley_state_differences_total"), 3), what="three differences")
    said = [line for line in server.output if "another state" in line]
    assert len(said) == 1, said
    assert ada.room.id in said[0]
    # And asks without end: refused by name, and nobody else minds.
    for _ in range(20):
        await mallory.send({"type": "resync", "room": mallory.room.id})
    await mallory.expect_rejected("rate-limited", of="resync", room=mallory.room.id)
    await ada.media(audio=True)


async def test_a_doubt_about_a_room_of_others(stage):
    ada = await stage.peer(room=stage.room(), name="Ada")
    bob = await stage.peer(room=stage.room(), name="Bob")
    await bob.send({"type": "resync", "room": ada.room.id})
    await bob.expect_rejected("not-joined", of="resync", room=ada.room.id)


async def _is(value, expected):
    return await value == expected
