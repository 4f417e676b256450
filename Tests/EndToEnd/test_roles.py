"""Who is host, who is heard, who wants to be: with connections that are lost and pages that are closed."""

import asyncio

from stage import eventually

# The tests of this module do not disturb each other.
TOGETHER = 8

SLACK = 2.5


async def meet(stage, *names, server=None):
    """They are all in one room; the first one is the host."""
    alias = stage.room()
    peers = []
    for name in names:
        peer = await stage.peer(server, name=name, room=alias)
        for other in peers:
            await other.until(lambda: peer.id in other.room.people, what=f"{name} is there")
        peers.append(peer)
    return alias, *peers


async def same_state(*peers):
    await eventually(lambda: all(peer.room.state == peers[0].room.state for peer in peers), what="the same state")


def roles(peer):
    return {person["name"]: person["role"] for person in peer.room.people.values()}


def events(peer):
    return [event for frame in peer.frames for event in frame.get("events", [])]


async def outcome(peer, kind, **members):
    return await peer.outcome(await peer.command(kind, **members))


async def come_again(peer, alias, name):
    """The same person, with a page that has forgotten everything but its secret."""
    await peer.resume(keeps=False)
    peer.rooms, peer.attempt = {}, 0
    await peer.join(alias, name)


async def test_g_host_lost_somebody_succeeds_and_gives_it_back(stage):
    """jitsi/jitsi-meet#7514, #8646, #1886: the host drops out, and nobody may do anything any more."""
    server = await stage.server("--grace-milliseconds", "1500")
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo", server=server)
    gone = ada.id
    await ada.cut()
    await cleo.expect_event("interrupted", participant=gone)
    assert roles(cleo)["Ada"] == "host", "a lost host is host until the grace is over"
    await cleo.until(lambda: gone not in cleo.room.people, 3 + SLACK, "the host has left")
    assert roles(cleo) == {"Bob": "host", "Cleo": "participant"}
    left = next(frame for frame in cleo.frames if any(e["type"] == "left" for e in frame.get("events", [])))
    assert [(e["type"], e.get("reason")) for e in left["events"]] == [
        ("left", "disconnected"), ("role-changed", "succession")], "in one frame"
    await bob.until(lambda: roles(bob).get("Bob") == "host")
    assert await outcome(bob, "lock") == "accepted"
    await come_again(ada, alias, "Ada")
    await cleo.until(lambda: roles(cleo) == {"Ada": "host", "Bob": "participant", "Cleo": "participant"})
    assert {e["reason"] for e in events(cleo) if e["type"] == "role-changed"} == {"succession", "owner-returned"}
    assert await outcome(bob, "unlock") == "not-permitted"
    assert await outcome(ada, "unlock") == "accepted"


async def test_g_host_lost_a_page_that_is_loaded_again_is_still_host(stage):
    """jitsi/jitsi-meet#1886: the moderator reloads, and is a guest."""
    alias, ada, bob = await meet(stage, "Ada", "Bob")
    await ada.socket.close(1001)
    away = await bob.expect(where=lambda frame: any(e["type"] == "left" for e in frame.get("events", [])))
    assert [e["type"] for e in away["events"]] == ["left", "host-away"]
    await come_again(ada, alias, "Ada")
    await bob.until(lambda: roles(bob) == {"Ada": "host", "Bob": "participant"})
    assert not [e for e in events(bob) if e["type"] == "role-changed"], "nobody else was host meanwhile"


async def test_the_host_is_somebody_else_and_the_first_one_is_co_host(stage):
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await outcome(bob, "transfer-host", participant=cleo.id) == "not-permitted"
    assert await outcome(ada, "transfer-host", participant=bob.id) == "accepted"
    await cleo.until(lambda: roles(cleo) == {"Ada": "co-host", "Bob": "host", "Cleo": "participant"})
    assert await outcome(ada, "transfer-host", participant=cleo.id) == "not-permitted"
    assert await outcome(ada, "set-role", participant=cleo.id, role="speaker") == "accepted"
    assert await outcome(ada, "set-role", participant=bob.id, role="participant") == "invalid-role"


async def test_an_observer_is_seen_by_moderators_alone(stage):
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await outcome(ada, "set-role", participant=bob.id, role="observer") == "accepted"
    await cleo.until(lambda: bob.id not in cleo.room.people)
    heard = len(cleo.frames)
    assert bob.id in ada.room.people
    await bob.cut()
    await ada.expect_event("interrupted", participant=bob.id)
    await bob.resume()
    await ada.expect_event("resumed", participant=bob.id)
    assert await outcome(ada, "set-role", participant=cleo.id, role="speaker") == "accepted"
    await cleo.until(lambda: roles(cleo)["Cleo"] == "speaker")
    assert bob.id not in str(cleo.frames[heard:]), "nothing of an observer is said to others"


async def test_mute_all_is_one_event_and_holds_for_whoever_comes_later(stage):
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    for peer in (bob, cleo):
        await peer.media(audio=True, video=True)
    assert await outcome(bob, "mute-all", audio=True) == "not-permitted"
    assert await outcome(ada, "mute-all", audio=True, mayUnmute=False) == "accepted"
    await same_state(ada, bob, cleo)
    assert len([e for e in events(cleo) if e["type"] == "all-muted"]) == 1
    for peer in (bob, cleo):
        person = ada.room.people[peer.id]
        assert person["media"]["video"] and not person["media"]["audio"] and person["muted"] == {"audio": ada.id}
    dan = await stage.peer(name="Dan", room=alias)
    for peer in (bob, dan):
        assert await outcome(peer, "media", audio=True) == "muted-by-rule"
    assert await outcome(ada, "allow-speak", participant=dan.id, allowed=True) == "accepted"
    await dan.until(lambda: dan.room.people[dan.id].get("mayUnmute") is True)
    assert not dan.room.people[dan.id]["media"]["audio"], "nothing that others do switches anybody on"
    assert await outcome(dan, "media", audio=True) == "accepted"
    await same_state(ada, bob, cleo, dan)


async def test_whoever_is_asked_to_speak_may_and_is_not_switched_on(stage):
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await outcome(ada, "mute-all", mayUnmute=False) == "accepted"
    assert await outcome(ada, "ask-unmute", participants={bob.id: True, cleo.id: True}) == "accepted"
    number = (await bob.expect_event("consent-asked"))["consent"]
    assert await outcome(bob, "answer-consent", consent=number, answer=True) == "accepted"
    assert await outcome(cleo, "answer-consent", consent=number, answer=False) == "accepted"
    await ada.until(lambda: "consents" not in ada.room.state)
    people = ada.room.people
    assert people[bob.id].get("mayUnmute") is True and not people[bob.id]["media"]["audio"]
    assert await outcome(cleo, "media", audio=True) == "muted-by-rule"
    assert await outcome(bob, "media", audio=True) == "accepted"


async def test_h_late_joiner_sees_hands_in_their_order(stage):
    """jitsi/jitsi-meet#7506, nextcloud/spreed#11407: late joiners do not see hands, and a reconnect lowers them."""
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    assert await outcome(cleo, "raise-hand") == "accepted"
    assert await outcome(bob, "raise-hand", speak=True) == "accepted"
    await bob.cut()
    await bob.resume()
    dan = await stage.peer(name="Dan", room=alias)
    hands = {id: person["hand"] for id, person in dan.room.people.items() if "hand" in person}
    assert sorted(hands, key=hands.get) == [cleo.id, bob.id]
    assert dan.room.people[bob.id]["handToSpeak"] is True
    assert await outcome(dan, "lower-hand", participant=bob.id) == "not-permitted"
    assert await outcome(ada, "allow-speak", participant=bob.id, allowed=True) == "accepted"
    await dan.until(lambda: "hand" not in dan.room.people[bob.id])
    gone = cleo.id
    await cleo.leave()
    await dan.until(lambda: gone not in dan.room.people)
    assert await outcome(ada, "lower-hands") == "no-change"


async def test_who_speaks_is_found_out_and_whoever_is_muted_does_not(stage):
    alias, ada, bob, cleo = await meet(stage, "Ada", "Bob", "Cleo")
    await bob.media(audio=True)
    await same_state(ada, bob, cleo)

    async def speaks(peer):
        await peer.send({"type": "pulse", "room": peer.room.id, "kind": "speaking", "data": True})

    for peer in (bob, cleo):
        await speaks(peer)
    await ada.until(lambda: ada.room.state.get("activeSpeaker") == bob.id, 2 + SLACK, "Bob speaks, not the muted Cleo")
    assert await outcome(ada, "mute", participant=bob.id) == "accepted"
    await cleo.until(lambda: "activeSpeaker" not in cleo.room.state)
    await speaks(bob)
    await asyncio.sleep(1.5)
    assert "activeSpeaker" not in cleo.room.state
    assert len([e for e in events(cleo) if e["type"] == "speaker-changed"]) == 1
    await same_state(ada, bob, cleo)


async def test_an_operator_says_what_roles_allow(stage):
    server = await stage.server("--role", "participant.share=false", "--role", "audience.publish=true")
    alias, ada, bob = await meet(stage, "Ada", "Bob", server=server)
    assert bob.room.state["roles"] == {"participant": {"share": False}, "audience": {"publish": True}}
    assert await outcome(bob, "media", screen=True) == "not-permitted"
    assert await outcome(ada, "media", screen=True) == "accepted"
