"""One person with several devices or tabs: several participants or one, as the room wants it."""

from stage import eventually, within

# The tests of this module do not disturb each other.
TOGETHER = 8


def proof(peer):
    """What a second device shows to be the same person."""
    return {"session": peer.welcome["session"], "secret": peer.welcome["resume"]["secret"]}


async def another_device(stage, peer, server=None, **members):
    """Another connection of the same identity, in no room yet."""
    device = await stage.peer(server, hello=False)
    device.name = f"another device of {peer.name}"
    await device.send(device._hello() | {"identity": proof(peer)} | members)
    await device.expect(type="welcome")
    return device


async def join(peer, room, **members):
    await peer.send({"type": "join", "id": 1, "room": room} | members)
    return await peer.expect(type="snapshot")


async def ada_and_bob(stage, rule=None, server=None):
    """Ada has created the room, with that rule."""
    alias = stage.room()
    ada = await stage.peer(server)
    ada.name = "Ada"
    await join(ada, alias, name="Ada", **({"devices": rule} if rule else {}))
    bob = await stage.peer(server, name="Bob", room=alias)
    await ada.expect_event("joined", participant=bob.id)
    return alias, ada, bob


async def same_state(*peers):
    await eventually(lambda: all(peer.room.at == peers[0].room.at for peer in peers), what="the same position")
    assert all(peer.room.state == peers[0].room.state for peer in peers)


def people_of(peer, identity):
    return [id for id, person in peer.room.people.items() if person["identity"] == identity]


async def test_another_device_is_the_same_identity_and_disturbs_nobody(stage):
    alias, ada, bob = await ada_and_bob(stage)
    phone = await another_device(stage, ada)
    assert phone.welcome["identity"] == ada.welcome["identity"]
    assert phone.welcome["session"] != ada.welcome["session"]
    assert not phone.welcome["resumed"]
    # The secret that was shown is as good as before, also for the session that it belongs to.
    tablet = await another_device(stage, ada)
    assert tablet.welcome["identity"] == ada.welcome["identity"]
    await ada.media(audio=True)
    await ada.cut()
    assert (await ada.resume())["resumed"]
    await ada.media(video=True)
    await same_state(ada, bob)


async def test_who_cannot_show_the_secret_is_somebody_new(stage):
    alias, ada, bob = await ada_and_bob(stage)
    good = proof(ada)
    for bad in (
        good | {"secret": "x"}, good | {"secret": good["secret"][:-1]}, good | {"secret": ""},
        good | {"session": "s_" + "A" * 22}, good | {"session": bob.welcome["session"]},
    ):
        mallory = await stage.peer(hello=False)
        await mallory.send(mallory._hello() | {"identity": bad})
        welcome = await mallory.expect(type="welcome")
        assert welcome["identity"] not in (ada.welcome["identity"], bob.welcome["identity"])
        assert not welcome["resumed"]


async def test_a_secret_that_is_too_old_shows_nothing(stage):
    alias, ada, bob = await ada_and_bob(stage)
    first = proof(ada)
    await ada.cut()
    await ada.resume()
    # The one that Ada came back with is still good, since she may not have read the newer one.
    tablet = await stage.peer(hello=False)
    await tablet.send(tablet._hello() | {"identity": first})
    assert (await tablet.expect(type="welcome"))["identity"] == ada.welcome["identity"]
    await ada.cut()
    await ada.resume()
    mallory = await stage.peer(hello=False)
    await mallory.send(mallory._hello() | {"identity": first})
    assert (await mallory.expect(type="welcome"))["identity"] != ada.welcome["identity"]


async def test_a_proof_that_cannot_be_read(stage):
    alias, ada, bob = await ada_and_bob(stage)
    good = proof(ada)
    for bad in (1, [], {}, {"session": good["session"]}, {"secret": good["secret"]}, good | {"session": 1}):
        device = await stage.peer(hello=False)
        await device.send(device._hello() | {"identity": bad})
        await device.expect_rejected("invalid-member", of="hello")
        # It may say hello again, properly.
        await device.send(device._hello() | {"identity": good})
        assert (await device.expect(type="welcome"))["identity"] == ada.welcome["identity"]


async def test_beside_a_resume_it_is_ignored(stage):
    alias, ada, bob = await ada_and_bob(stage)
    await bob.cut()
    await bob._connect()
    resume = proof(bob) | {"rooms": {bob.room.id: bob.room.at}}
    await bob.send(bob._hello() | {"identity": proof(ada), "resume": resume})
    welcome = await bob.expect(type="welcome", resumed=True)
    assert welcome["identity"] == bob.welcome["identity"]
    await bob.media(audio=True)
    await same_state(ada, bob)


async def test_allowed_each_device_is_a_participant(stage):
    alias, ada, bob = await ada_and_bob(stage)
    assert ada.room.state["room"]["devices"] == "allow"
    phone = await another_device(stage, ada)
    await join(phone, alias, name="Ada's phone")
    await bob.expect_event("joined", participant=phone.id)
    assert people_of(bob, ada.welcome["identity"]) == [ada.id, phone.id]
    assert [bob.room.people[id]["role"] for id in (ada.id, phone.id)] == ["host", "host"], "a role is a person's"
    # Both go on, each with its own numbers; they can even call each other.
    await ada.media(audio=True)
    await phone.media(video=True)
    await ada.signal(phone.id, "Is this thing on?")
    await phone.expect(type="signal", data="Is this thing on?")
    await same_state(ada, bob, phone)


async def test_replaced_the_newest_device_takes_the_place_and_the_role(stage):
    alias, ada, bob = await ada_and_bob(stage, "replace")
    assert ada.room.state["room"]["devices"] == "replace"
    before = ada.id
    phone = await another_device(stage, ada)
    # What a later join asks for does not change the room.
    snapshot = await join(phone, alias, name="Ada's phone", devices="allow")
    assert [event["type"] for event in snapshot["events"]] == ["left", "joined"]
    assert phone.room.people[phone.id]["role"] == "host"
    frame = await bob.expect(type="events", where=lambda frame: frame["events"][0]["type"] == "left")
    left, joined = frame["events"]
    assert (left["participant"], left["reason"]) == (before, "replaced")
    assert (joined["participant"], joined["by"]) == (phone.id, phone.id)
    assert people_of(bob, ada.welcome["identity"]) == [phone.id]
    # The earlier device hears the same, keeps its session, and is not thrown out of anything else.
    event = await ada.expect_event("left", participant=before)
    assert event["reason"] == "replaced"
    await ada.send({"type": "media", "id": 2, "room": phone.room.id, "audio": True})
    await ada.expect_rejected("not-joined", of="media", id=2)
    del ada.rooms[phone.room.id]
    await join(ada, stage.room())
    assert ada.close_code is None
    await phone.media(video=True)
    await same_state(bob, phone)


async def test_replaced_alone_and_in_a_full_room(stage):
    server = await stage.server("--room-capacity", "1", "--devices", "replace")
    ada = await stage.peer(server, name="Ada", room="narrow")
    assert ada.room.state["room"]["devices"] == "replace"
    bob = await stage.peer(server)
    await bob.send({"type": "join", "id": 1, "room": "narrow"})
    await bob.expect_rejected("room-full", of="join")
    room = ada.room.id
    phone = await another_device(stage, ada, server)
    snapshot = await join(phone, "narrow")
    assert snapshot["room"] == room and list(phone.room.people) == [phone.id]
    assert phone.room.people[phone.id]["role"] == "host"
    await phone.media(audio=True)


async def test_replaced_by_five_at_once_one_stays(stage):
    alias, ada, bob = await ada_and_bob(stage, "replace")
    devices = [await another_device(stage, ada) for _ in range(5)]
    for device in devices:
        await device.send({"type": "join", "id": 1, "room": alias})
    for device in devices:
        await device.expect(type="snapshot")
    await eventually(lambda: bob.room.at == max(peer.room.at for peer in devices), what="the last event")
    (last,) = people_of(bob, ada.welcome["identity"])
    assert bob.room.people[last]["role"] == "host"
    (winner,) = [device for device in devices if device.id == last]
    await winner.media(audio=True)
    await same_state(bob, winner)


async def test_rejected_while_another_device_is_there(stage):
    alias, ada, bob = await ada_and_bob(stage, "reject")
    phone = await another_device(stage, ada)
    await phone.send({"type": "join", "id": 1, "room": alias})
    await phone.expect_rejected("identity-present", of="join", id=1, room=alias)
    await ada.media(audio=True)
    await ada.leave()
    await join(phone, alias)
    await bob.expect_event("joined", participant=phone.id)
    await same_state(bob, phone)


@within(30)
async def test_rejected_does_not_lock_out_whose_other_device_is_lost(stage):
    server = await stage.server("--devices", "reject")
    alias, ada, bob = await ada_and_bob(stage, server=server)
    before, room = ada.id, ada.room.id
    phone = await another_device(stage, ada, server)
    await ada.cut()
    await bob.expect_event("interrupted", participant=before)
    await join(phone, alias)
    assert (await bob.expect_event("left", participant=before))["reason"] == "replaced"
    assert phone.room.people[phone.id]["role"] == "host"
    # The lost one is back, and finds its place taken; it stays outside.
    welcome = await ada.resume()
    assert welcome["resumed"]
    await ada.expect_rejected("identity-present", of="resume", room=room)
    del ada.rooms[room]
    await ada.send({"type": "join", "id": 1, "room": alias})
    await ada.expect_rejected("identity-present", of="join", id=1)
    await same_state(bob, phone)


@within(30)
async def test_replaced_while_away_and_told_so(stage):
    """A laptop that wakes up in a bag must not take the call from the phone: what comes back by itself asks first."""
    alias, ada, bob = await ada_and_bob(stage, "replace")
    before, room = ada.id, ada.room.id
    phone = await another_device(stage, ada)
    await ada.cut()
    await bob.expect_event("interrupted", participant=before)
    await join(phone, alias)
    assert (await ada.resume())["resumed"]
    await ada.expect_rejected("identity-present", of="resume", room=room)
    # The phone is lost as well: now nobody is in the way, and the laptop may join again by itself.
    taken = phone.id
    await phone.cut()
    await bob.expect_event("interrupted", participant=taken)
    await ada.cut()
    assert (await ada.resume())["resumed"]
    await ada.expect_rejected("not-joined", of="resume", room=room)
    del ada.rooms[room]
    await join(ada, alias)
    assert people_of(bob, ada.welcome["identity"]) == [ada.id]


async def test_allowed_who_left_meanwhile_may_join_again(stage):
    alias, ada, bob = await ada_and_bob(stage)
    room = ada.room.id
    phone = await another_device(stage, ada)
    await join(phone, alias)
    await ada.leave()
    await ada.cut()
    assert (await ada.resume(rooms={room: None}))["resumed"]
    await ada.expect_rejected("not-joined", of="resume", room=room)


async def test_rejected_a_page_that_was_loaded_again_is_no_second_device(stage):
    alias, ada, bob = await ada_and_bob(stage, "reject")
    before = ada.id
    resume = proof(ada)
    fresh = await stage.peer(hello=False)
    await fresh.send(fresh._hello() | {"resume": resume, "join": {"id": 1, "room": alias}})
    await fresh.expect(type="snapshot")
    assert (await bob.expect_event("left", participant=before))["reason"] == "replaced"
    await same_state(bob, fresh)
    assert people_of(bob, fresh.welcome["identity"]) == [fresh.id]


async def test_a_rule_that_does_not_exist(stage):
    ada = await stage.peer()
    for wrong in ("sometimes", "", 1, None, True):
        await ada.send({"type": "join", "id": 1, "room": stage.room(), "devices": wrong})
        rejected = await ada.expect_rejected("invalid-member", of="join")
        assert rejected["member"] == "devices"


async def test_two_tabs_with_one_session_do_not_fight(stage):
    """A tab that was duplicated has the same session and secret: the newer one wins, the older one stays away."""
    alias, ada, bob = await ada_and_bob(stage)
    older = ada.socket
    held = proof(ada) | {"rooms": {ada.room.id: ada.room.at}}
    newer = await stage.peer(hello=False)
    newer.name, newer.rooms = "Ada's newer tab", dict(ada.rooms)
    await newer.send(newer._hello() | {"resume": held})
    await newer.expect(type="welcome", resumed=True)
    await ada.expect_close(4509)
    assert 4500 <= older.close_code < 5000, "do not come back by yourself"
    await newer.media(audio=True)
    await same_state(bob, newer)
    # Nobody else has noticed anything.
    assert all(
        event["type"] == "media-changed"
        for frame in bob.frames if frame["type"] == "events" for event in frame["events"])
    # A person who asks for it in the older tab gets the session back; then it is the newer one that stays away.
    ada.rooms = dict(newer.rooms)
    assert (await ada.resume())["resumed"]
    await newer.expect_close(4509)
    await ada.media(video=True)
    await same_state(ada, bob)
