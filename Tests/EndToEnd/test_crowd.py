"""A large audience from outside: counted, told of the stage only, and no dearer for each when there are more."""

import asyncio

from measures import metrics
from stage import eventually, within


async def crowd(stage, server, room, count):
    """They come a dozen at a time."""
    peers = []
    for begun in range(0, count, 12):
        some = range(begun, min(begun + 12, count))
        peers += await asyncio.gather(*(stage.peer(server, name=f"Listener {each}", room=room) for each in some))
    return peers


def told(*peers):
    """All bytes that any of them was sent."""
    return sum(len(text) for peer in peers for text in peer.transcript)


@within(60)
async def test_a_join_costs_the_same_however_many_there_are(stage):
    server = await stage.server("--room-capacity", "1000", "--stage-max", "3", "--messages-per-second", "100000")
    room = stage.room()
    ada, bob, cleo = [await stage.peer(server, name=name, room=room) for name in ("Ada", "Bob", "Cleo")]
    before = told(ada, bob, cleo)
    early = await crowd(stage, server, room, 60)
    first = told(ada, bob, cleo, *early) - before
    late = await crowd(stage, server, room, 240)
    await eventually(lambda: ada.room.state.get("audience") == {"count": 300}, what="all are counted")
    second = told(ada, bob, cleo, *early, *late) - before - first
    assert second / 240 < 1.5 * first / 60, f"{first / 60:.0f} bytes for each of 60, {second / 240:.0f} for each of 240"
    print(f"     {first / 60:.0f} bytes for each of the first 60, {second / 240:.0f} for each of the next 240")

    # Nobody is told of one of them, on the stage or beyond it.
    names = {"Ada", "Bob", "Cleo"}
    for peer in (ada, bob, cleo, *early):
        assert {person["name"] for person in peer.room.people.values()} == names
        assert not [e for frame in peer.frames for e in frame.get("events", [])
                    if e["type"] in ("joined", "left") and e["participant"] not in (ada.id, bob.id, cleo.id, peer.id)]
    # What is said to all reaches all, as one event.
    await ada.command("mute-all", audio=True, mayUnmute=False)
    for peer in early:
        await peer.until(lambda: peer.room.state.get("rules") == {"mayUnmute": False}, what="the rule")
        assert peer.room.state == early[0].room.state
    assert (await metrics(server))[1]["parley_state_differences_total"] == 0


@within(60)
async def test_the_list_in_pages_until_everybody_was_named(stage):
    server = await stage.server("--room-capacity", "1000", "--stage-max", "1")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    listeners = await crowd(stage, server, room, 30)
    listed, after = [], 0
    while after is not None:
        await ada.send({"type": "roster", "room": ada.room.id, "after": after, "max": 12})
        page = await ada.expect(type="roster", after=after)
        listed += list(page["people"])
        assert all(row["counted"] and row["role"] == "audience" for row in page["people"].values())
        after = page.get("next")
    assert set(listed) == {peer.id for peer in listeners} and len(listed) == 30
    await listeners[0].send({"type": "roster", "room": ada.room.id})
    await listeners[0].expect_rejected("not-permitted", of="roster")
    await ada.send({"type": "roster", "room": ada.room.id, "max": 101})
    await ada.expect_rejected("invalid-member", of="roster")
    for _ in range(20):
        await ada.send({"type": "roster", "room": ada.room.id})
    await ada.expect_rejected("rate-limited", of="roster")


@within(60)
async def test_who_is_counted_comes_back_as_who_they_were(stage):
    server = await stage.server("--stage-max", "1")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    await bob.command("raise-hand")
    await ada.until(lambda: "hand" in ada.room.people.get(bob.id, {}), what="Bob's hand")
    await bob.cut()
    welcome = await bob.resume()
    assert welcome["resumed"]
    await bob.command("lower-hand")
    await ada.until(lambda: bob.id not in ada.room.people, what="nobody's hand")
    # To the stage while the connection is lost: the snapshot that follows says so.
    await bob.cut()
    await ada.command("configure", stageMax=2)
    await ada.command("set-role", participant=bob.id, role="participant")
    await ada.until(lambda: ada.room.people.get(bob.id, {}).get("role") == "participant", what="Bob on the stage")
    await bob.resume()
    await bob.until(lambda: bob.id in bob.room.people, what="himself")
    await eventually(lambda: bob.room.state == ada.room.state, what="the same state")


async def test_applause_reaches_the_stage_some_of_it_and_nobody_else(stage):
    server = await stage.server("--stage-max", "1")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    listeners = await crowd(stage, server, room, 12)
    began = asyncio.get_running_loop().time()
    for _ in range(10):
        for peer in listeners:
            await peer.send({"type": "pulse", "room": ada.room.id, "kind": "reaction", "data": "applause"})
    await ada.send({"type": "pulse", "room": ada.room.id, "kind": "reaction", "data": "thanks"})
    for peer in listeners:
        assert (await peer.expect(type="pulse"))["from"] == ada.id
        assert not [frame for frame in peer.frames if frame["type"] == "pulse"]
    heard = sum(frame["type"] == "pulse" for frame in ada.frames)
    seconds = asyncio.get_running_loop().time() - began
    assert 1 <= heard <= 50 * (seconds + 1), f"{heard} in {seconds:.2f} s"
