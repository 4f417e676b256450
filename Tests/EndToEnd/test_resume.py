"""Sessions that survive their socket: nothing lost, nothing twice, and the others hear just what they should."""

import asyncio
import time

from stage import eventually, within

# The tests of this module do not disturb each other.
TOGETHER = 8


async def pair(stage, server=None):
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    await ada.expect_event("joined", participant=bob.id)
    return ada, bob


def events_of(peer, *kinds):
    return [event["type"] for frame in peer.frames if frame["type"] == "events" for event in frame["events"]
            if event["type"] in kinds]


async def same_state(*peers):
    await eventually(lambda: all(peer.room.at == peers[0].room.at for peer in peers), what="the same position")
    assert all(peer.room.state == peers[0].room.state for peer in peers)


async def test_back_within_a_second_and_nobody_hears_of_it(stage):
    ada, bob = await pair(stage)
    me, session, secret = bob.id, bob.welcome["session"], bob.welcome["resume"]["secret"]
    await bob.cut()
    await ada.media(audio=True)
    await ada.media(video=True)
    welcome = await bob.resume()
    assert welcome["resumed"] and welcome["session"] == session
    assert welcome["resume"]["secret"] != secret
    await bob.expect_event("media-changed", by=ada.id, id=2)
    await bob.expect_event("media-changed", by=ada.id, id=3)
    assert bob.id == me
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert not events_of(ada, "interrupted", "resumed", "left")


async def test_what_was_missed_comes_byte_for_byte(stage):
    ada, bob = await pair(stage)
    await bob.cut()
    before = len(bob.transcript)
    for step in range(5):
        await ada.media(audio=step % 2 == 0)
    await bob.resume()
    await same_state(ada, bob)
    heard = [text for text in bob.transcript[before:] if text.startswith('{"type":"events"')]
    said = [text for text in ada.transcript if text.startswith('{"type":"events"')]
    assert heard == said[-5:]


async def test_away_for_longer_is_interrupted_then_resumed(stage):
    ada, bob = await pair(stage)
    began = time.monotonic()
    await bob.cut()
    await ada.expect_event("interrupted", participant=bob.id)
    # A second of debounce; the rest is slack.
    assert time.monotonic() - began < 6
    assert ada.room.people[bob.id]["connection"] == "interrupted"
    assert ada.room.people[bob.id]["interruptedAt"] > 0
    await bob.resume()
    await ada.expect_event("resumed", participant=bob.id)
    assert ada.room.people[bob.id]["connection"] == "connected"
    assert "interruptedAt" not in ada.room.people[bob.id]
    await same_state(ada, bob)


@within(30)
async def test_who_stays_away_has_left_exactly_once(stage):
    server = await stage.server("--grace-milliseconds", "2000")
    ada, bob = await pair(stage, server)
    gone, session = bob.id, bob.welcome["session"]
    await bob.cut()
    await ada.expect_event("interrupted", participant=gone)
    event = await ada.expect_event("left", participant=gone)
    assert event["reason"] == "disconnected"
    welcome = await bob.resume()
    assert not welcome["resumed"] and welcome["session"] != session
    await ada.media(audio=True)
    assert not events_of(ada, "left", "interrupted")


async def test_commands_that_were_under_way_happen_once(stage):
    ada, bob = await pair(stage)
    for round in range(10):
        # Sent, and the socket is gone before the outcome can be read: it may or may not have arrived.
        number = await bob.command("media", audio=round % 2 == 0)
        await bob.cut()
        await bob.resume()
        await ada.expect_event("media-changed", by=bob.id, id=number)
        await bob.until(lambda: not bob.unsettled, what="the outcome")
    await same_state(ada, bob)
    assert not events_of(ada, "media-changed")


async def test_signals_both_ways_over_ten_losses(stage):
    ada, bob = await pair(stage)
    for round in range(10):
        loser, other = (ada, bob) if round % 2 else (bob, ada)
        for step in range(3):
            await ada.signal(bob.id, f"a{round}.{step}")
            await bob.signal(ada.id, f"b{round}.{step}")
        await loser.cut()
        for step in range(3, 6):
            await ada.signal(bob.id, f"a{round}.{step}")
            await bob.signal(ada.id, f"b{round}.{step}")
        await loser.resume()
    for peer, sender in ((bob, "a"), (ada, "b")):
        expected = [f"{sender}{round}.{step}" for round in range(10) for step in range(6)]
        await peer.until(lambda: peer.received.get((ada if sender == "a" else bob).id) == 60, what="all signals")
        assert [frame["data"] for frame in peer.frames if frame["type"] == "signal"] == expected


async def test_more_was_missed_than_is_kept(stage):
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    ada, bob = await pair(stage, server)
    await bob.cut()
    # One after the other, so that each is an entry of its own.
    for step in range(520):
        await ada.media(audio=step % 2 == 0)
    before = len(bob.transcript)
    await bob.resume()
    await eventually(lambda: bob.room.at[1] >= ada.room.at[1] - 1)
    assert any(text.startswith('{"type":"snapshot"') for text in bob.transcript[before:])
    await bob.media(video=True)
    await same_state(ada, bob)


async def test_a_position_of_another_room_time_or_history(stage):
    ada, bob = await pair(stage)
    generation, sequence, uid = bob.room.at
    for position in (
        [generation, sequence + 1000, uid], [generation + 1, sequence, uid], [generation, sequence, "0" * 16], None,
    ):
        await bob.cut()
        before = len(bob.transcript)
        welcome = await bob.resume(rooms={bob.room.id: position})
        assert welcome["resumed"]
        await eventually(lambda: any(t.startswith('{"type":"snapshot"') for t in bob.transcript[before:]))
    await bob.media(audio=True)
    await same_state(ada, bob)


async def test_a_room_that_one_is_not_in(stage):
    ada, bob = await pair(stage)
    elsewhere = await stage.peer(name="Eve", room=stage.room())
    await bob.cut()
    await bob.resume(rooms={bob.room.id: bob.room.at, elsewhere.room.id: elsewhere.room.at})
    await bob.expect_rejected("not-joined", of="resume", room=elsewhere.room.id)
    await bob.media(audio=True)
    await same_state(ada, bob)


async def test_the_answer_to_a_join_was_lost(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name=None)
    await bob.send({"type": "join", "id": 1, "room": room, "name": "Bob"})
    await ada.expect_event("joined")
    await bob.cut()
    bob.rooms, bob.frames = {}, []
    await bob.resume()
    snapshot = await bob.expect(type="snapshot")
    assert {"type": "joined", "participant": snapshot["self"], "by": snapshot["self"], "id": 1} in snapshot["events"]
    await bob.send({"type": "join", "id": 1, "room": room, "name": "Bob"})
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert len(ada.room.people) == 2


async def test_a_newer_socket_wins_at_once(stage):
    ada, bob = await pair(stage)
    first = bob.socket
    await bob.resume()
    await first.wait_closed()
    assert first.close_code == 4509
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert not events_of(ada, "interrupted", "left")


async def test_secrets_that_are_not_the_right_ones(stage):
    ada, bob = await pair(stage)
    me, first = bob.id, bob.welcome
    await bob.cut()
    second = await bob.resume()
    await bob.cut()
    # The one before the current one is good: the last welcome may have been lost.
    third = await bob.resume(session=first["session"], secret=first["resume"]["secret"])
    assert third["resumed"] and bob.id == me
    await bob.cut()
    bad = [
        (first["session"], "x"), (first["session"], second["resume"]["secret"]),
        (first["session"], third["resume"]["secret"][:-1]), (first["session"], third["resume"]["secret"] + "A"),
        (ada.welcome["session"], third["resume"]["secret"]), ("s_" + "A" * 22, third["resume"]["secret"]),
    ]
    answers = []
    for session, secret in bad:
        mallory = await stage.peer(name=None, hello=False)
        mallory.welcome = first
        answers.append(await mallory.resume(session=session, secret=secret))
    for answer in answers:
        assert not answer["resumed"] and answer["identity"] not in (first["identity"], ada.welcome["identity"])
        assert answer.keys() == answers[0].keys()
    assert (await bob.resume(secret=third["resume"]["secret"]))["resumed"]
    await same_state(ada, bob)


async def test_a_page_that_was_reloaded_is_the_same_identity(stage):
    ada, bob = await pair(stage)
    before, identity, session = bob.id, bob.welcome["identity"], bob.welcome["session"]
    room = bob.room.state["room"]["alias"]
    await bob.cut()
    welcome = await bob.resume(keeps=False)
    assert not welcome["resumed"] and welcome["identity"] == identity and welcome["session"] != session
    event = await ada.expect_event("left", participant=before)
    assert event["reason"] == "replaced"
    bob.rooms = {}
    await bob.join(room, "Bob")
    assert bob.id != before
    await same_state(ada, bob)


async def test_goodbye_is_final(stage):
    ada, bob = await pair(stage)
    gone = bob.id
    await bob.socket.close(1000)
    event = await ada.expect_event("left", participant=gone, seconds=1)
    assert event["reason"] == "left"
    assert not (await bob.resume())["resumed"]


async def test_a_closed_page_has_left_at_once_and_may_come_back_as_the_same_identity(stage):
    ada, bob = await pair(stage)
    gone, identity = bob.id, bob.welcome["identity"]
    await bob.socket.close(1001)
    event = await ada.expect_event("left", participant=gone, seconds=1)
    assert event["reason"] == "left"
    welcome = await bob.resume(keeps=False)
    assert welcome["identity"] == identity and not welcome["resumed"]


@within(60)
async def test_a_hundred_are_cut_at_once_and_all_come_back(stage):
    server, room = await stage.server("--stage-max", "100"), stage.room()
    crowd = await asyncio.gather(*(stage.peer(server, name=f"Guest {n}", room=room) for n in range(100)))
    for peer in crowd:
        await peer.until(lambda: len(peer.room.people) == 100, what="everybody")
    ids = [peer.id for peer in crowd]
    await asyncio.gather(*(peer.command("media", audio=True) for peer in crowd))
    await asyncio.gather(*(peer.cut() for peer in crowd))
    began = time.monotonic()
    welcomes = await asyncio.gather(*(peer.resume() for peer in crowd))
    for peer in crowd:
        await peer.until(lambda: not peer.unsettled, what="every outcome", seconds=20)
    assert time.monotonic() - began < 20
    assert all(welcome["resumed"] for welcome in welcomes)
    furthest = max(peer.room.at[1] for peer in crowd)
    for peer in crowd:
        await peer.until(lambda: peer.room.at[1] == furthest, what="the last event")
    assert [peer.id for peer in crowd] == ids
    assert all(peer.room.state == crowd[0].room.state for peer in crowd)
    assert all(person["media"]["audio"] for person in crowd[0].room.people.values())
