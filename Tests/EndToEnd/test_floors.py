"""What at most so many may have at a time, and what nobody may do without asking: screens, recordings, control."""

import asyncio

from stage import eventually

# The tests of this module do not disturb each other.
TOGETHER = 8


async def meet(stage, *names):
    """They are all in one room; the first one is the host."""
    alias = stage.room()
    peers = []
    for name in names:
        peer = await stage.peer(name=name, room=alias)
        for other in peers:
            await other.expect_event("joined", participant=peer.id)
        peers.append(peer)
    return peers


async def same_state(*peers):
    await eventually(lambda: all(peer.room.at == peers[0].room.at for peer in peers), what="the same position")
    assert all(peer.room.state == peers[0].room.state for peer in peers)


def holders(peer, floor="screen"):
    return sorted(peer.room.state.get("floors", {}).get(floor, {}).get("holders", {}))


def sharing(peer):
    return [id for id, person in peer.room.people.items() if person["media"]["screen"]]


async def test_two_share_their_screens_at_the_same_moment(stage):
    ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    for attempt in range(10):
        first = await asyncio.gather(ada.command("media", screen=True), bob.command("media", screen=True))
        outcomes = [await ada.outcome(first[0]), await bob.outcome(first[1])]
        assert sorted(outcomes) == ["accepted", "floor-busy"], outcomes
        winner = ada if outcomes[0] == "accepted" else bob
        await same_state(ada, bob, cleo)
        # Everybody sees the same one, whoever asks.
        for peer in (ada, bob, cleo):
            assert sharing(peer) == [winner.id] == holders(peer)
        number = await winner.command("media", screen=False)
        assert await winner.outcome(number) == "accepted"
        await same_state(ada, bob, cleo)
        assert sharing(cleo) == [] and "floors" not in cleo.room.state


async def test_who_waits_gets_the_screen_when_the_other_is_gone(stage):
    ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await bob.outcome(await bob.command("media", screen=True)) == "accepted"
    assert await cleo.outcome(await cleo.command("take-floor", floor="screen")) == "accepted"
    await bob.leave()
    # In one frame: nobody ever sees it free.
    frame = await ada.expect(where=lambda f: any(e["type"] == "left" for e in f.get("events", [])))
    assert [e["type"] for e in frame["events"]] == ["left", "floor-left", "floor-taken"]
    await same_state(ada, cleo)
    assert holders(ada) == [cleo.id]


async def test_a_recording_that_everybody_agrees_to(stage):
    ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await bob.outcome(await bob.command("start-recording")) == "not-permitted"
    await ada.command("start-recording")
    asked = await bob.expect_event("consent-asked")
    assert bob.room.state["recording"]["status"] == "asking"
    await bob.command("answer-consent", consent=asked["consent"], answer=True)
    await cleo.expect_event("recording-asked")
    await cleo.command("answer-recording", answer=True)
    await bob.expect_event("recording-started")
    # Who comes later sees it, and is asked by seeing it.
    dan = await stage.peer(name="Dan", room=ada.room.state["room"]["alias"])
    recording = dan.room.state["recording"]
    assert recording["status"] == "on" and recording["by"] == ada.id
    identities = {peer.welcome["identity"] for peer in (ada, bob, cleo)}
    assert {identity for identity, answer in recording["consents"].items() if answer} == identities
    # And ends it by saying no.
    await dan.command("answer-recording", answer=False)
    event = await ada.expect_event("recording-stopped")
    assert event["reason"] == "refused"
    await same_state(ada, bob, cleo, dan)
    assert "recording" not in ada.room.state and "floors" not in ada.room.state


async def test_a_recording_that_one_refuses(stage):
    ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    await ada.command("start-recording")
    asked = await cleo.expect_event("consent-asked")
    await cleo.command("answer-consent", consent=asked["consent"], answer=False)
    closed = await ada.expect_event("consent-closed")
    assert closed["outcome"] == "refused"
    refused = await bob.expect_event("recording-refused")
    assert refused["reason"] == "refused"
    await same_state(ada, bob, cleo)
    assert not {"recording", "consents", "floors"} & set(ada.room.state)
    late = await bob.command("answer-consent", consent=asked["consent"], answer=True)
    assert await bob.outcome(late) == "unknown-consent"


async def test_a_question_that_nobody_answers_is_closed_by_its_deadline(stage):
    ada, bob = await meet(stage, "Ada", "Bob")
    await ada.command("start-recording", deadlineMilliseconds=1000)
    closed = await bob.expect_event("consent-closed")
    assert closed["outcome"] == "expired"
    await same_state(ada, bob)
    assert "recording" not in ada.room.state


async def test_control_of_a_device_is_lent_and_taken_back(stage):
    ada, bob = await meet(stage, "Ada", "Bob")
    await ada.command("ask-consent", kind="remote-control", participants={bob.id: True}, rule="all")
    asked = await bob.expect_event("consent-asked")
    await bob.command("answer-consent", consent=asked["consent"], answer=True)
    await ada.expect_event("floor-taken", participant=ada.id, floor="remote-control")
    assert ada.room.state["floors"]["remote-control"]["holders"][ada.id]["of"] == bob.id
    await bob.command("leave-floor", floor="remote-control")
    left = await ada.expect_event("floor-left", participant=ada.id)
    assert left["reason"] == "withdrawn"
    await same_state(ada, bob)
