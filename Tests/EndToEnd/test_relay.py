"""Two clients that know only docs/PROTOCOL.md: what one says arrives at the other, as it was said."""

import asyncio
import json

from stage import eventually
from state import state_hash

TOGETHER = 4

BROWSER = {"rollback": True, "trickle": True, "restart": True}


async def test_welcome_has_everything_the_page_promises(stage):
    ada = await stage.peer(name="Ada", room=stage.room())
    welcome = ada.welcome
    assert welcome["protocol"] == 1 and welcome["resumed"] is False
    for member, prefix in (("session", "s_"), ("identity", "i_")):
        assert welcome[member].startswith(prefix) and len(welcome[member]) == 24, welcome[member]
    assert welcome["resume"]["secret"]
    assert welcome["heartbeat"] == {"silenceMilliseconds": 2000, "darkMilliseconds": 4500}
    assert set(welcome["limits"]) >= {"frameBytesMax", "nameBytesMax", "roomsPerSessionMax", "unacknowledgedSignalsMax"}
    assert {"rooms", "signals", "pulses", "media"} <= set(welcome["features"])
    assert welcome["iceServers"] == []


async def test_ice_servers_of_the_settings_reach_the_client(stage):
    server = await stage.server(
        "--ice-server", "stun:stun.example.org:3478", "--ice-server", "turn:turn.example.org:3478,ada,secret")
    ada = await stage.peer(server, name="Ada", room=stage.room())
    assert ada.welcome["iceServers"] == [{"urls": ["stun:stun.example.org:3478"]}], ada.welcome["iceServers"]
    # What has a credential is told to those who are in a room.
    assert await ada.expect(type="ice-servers") == {"type": "ice-servers", "iceServers": [
        {"urls": ["stun:stun.example.org:3478"]},
        {"urls": ["turn:turn.example.org:3478"], "username": "ada", "credential": "secret"},
    ]}


async def test_two_meet_and_hold_the_same_state(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room, abilities=BROWSER)
    bob = await stage.peer(name="Bob", room=room, abilities=BROWSER)
    joined = await ada.expect_event("joined", participant=bob.id)
    assert joined["by"] == bob.id and joined["id"] == 1
    assert ada.room.id == bob.room.id and ada.room.at == bob.room.at
    assert ada.room.state == bob.room.state and state_hash(ada.room.state) == state_hash(bob.room.state)
    people = ada.room.people
    assert [people[who]["role"] for who in (ada.id, bob.id)] == ["host", "participant"]
    assert people[ada.id]["joined"] < people[bob.id]["joined"]
    assert people[bob.id]["name"] == "Bob" and people[bob.id]["abilities"] == BROWSER
    assert ada.room.state["room"]["alias"] == room


async def test_a_session_from_the_first_byte_to_the_last(stage):
    """Section 12 of docs/PROTOCOL.md."""
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room, abilities=BROWSER)
    bob = await stage.peer(name="Bob", room=room, abilities=BROWSER)
    await ada.expect_event("joined", participant=bob.id)
    await bob.offer(ada.id, "v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\n")
    offer = await ada.expect(type="offer")
    assert offer == {
        "type": "offer", "from": bob.id, "n": 1, "floor": 1, "negotiation": 1,
        "sdp": "v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\n"}
    candidate = {
        "candidate": "candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host", "sdpMid": "0", "sdpMLineIndex": 0,
        "usernameFragment": "aB3d"}
    await bob.signal(ada.id, None, kind="ice-candidate", negotiation=1, candidate=candidate)
    assert (await ada.expect(type="ice-candidate"))["candidate"] == candidate
    await ada.signal(bob.id, None, kind="answer", negotiation=1, sdp="v=0\r\n")
    await ada.signal(bob.id, None, kind="ice-candidate", negotiation=1, candidate=None)
    answer = await bob.expect(type="answer")
    assert answer["negotiation"] == 1 and answer["n"] == 1
    assert (await bob.expect(type="ice-candidate"))["candidate"] is None
    await bob.until(lambda: bob.delivered.get(ada.id) == 2, what="the acknowledgement of 2")
    await ada.until(lambda: ada.delivered.get(bob.id) == 2, what="the acknowledgement of 2")
    await ada.media(audio=True, video=True)
    event = await bob.expect_event("media-changed", participant=ada.id)
    assert event["patch"] == {"people": {ada.id: {"media": {"audio": True, "video": True}}}}
    await bob.send({"type": "pulse", "room": bob.room.id, "kind": "speaking", "data": True})
    pulse = await ada.expect(type="pulse")
    assert pulse == {"type": "pulse", "room": ada.room.id, "from": bob.id, "kind": "speaking", "data": True}
    await bob.signal(ada.id, None, kind="hangup", reason="done")
    hangup = await ada.expect(type="hangup")
    assert (hangup["n"], hangup["floor"], hangup["reason"]) == (3, 3, "done"), hangup
    gone = bob.id
    assert (await bob.leave())["reason"] == "left"
    assert (await ada.expect_event("left", participant=gone))["reason"] == "left"
    assert list(ada.room.people) == [ada.id]
    await ada.command("leave")
    last = await ada.expect(type="events", where=lambda f: any(e["type"] == "ended" for e in f["events"]))
    assert [event["type"] for event in last["events"]] == ["left", "ended"]


async def test_payload_bytes_are_forwarded_untouched(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    payload = '{ "b" : 1.50e+2,\t"a": "\\u00e9\\/ é 😀", "big": 123456789012345678901234567890, "b": [ ] }'
    await bob.send(f'{{"data":{payload}, "ignored":1, "floor":1,"n" : 1 ,"to":"{ada.id}","type":"signal"}}')
    await ada.expect(type="signal")
    text = next(text for text in ada.transcript if text.startswith('{"type":"signal"'))
    assert payload in text, text
    assert "ignored" not in text, text
    assert json.loads(text)["from"] == bob.id


async def test_a_signal_sent_twice_arrives_once(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    message = {"type": "signal", "to": ada.id, "n": 1, "floor": 1, "data": "once"}
    for _ in range(5):
        await bob.send(message)
    await bob.send(message | {"n": 2, "data": "then"})
    got = [(await ada.expect(type="signal"))["data"] for _ in range(2)]
    assert got == ["once", "then"], got
    assert not [frame for frame in bob.frames if frame["type"] == "rejected"]


async def test_a_thousand_signals_come_in_order(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    for number in range(1, 1001):
        await bob.signal(ada.id, number)
        if number % 200 == 0:
            await bob.until(lambda: bob.delivered.get(ada.id, 0) >= number - 100, what="acknowledgements")
    await ada.until(lambda: ada.received.get(bob.id) == 1000, what="signal 1000")
    got = [frame["data"] for frame in ada.frames if frame["type"] == "signal"]
    assert got == list(range(1, 1001))
    await bob.until(lambda: bob.delivered.get(ada.id) == 1000, what="the last acknowledgement")


async def test_who_does_not_acknowledge_fills_a_mailbox_and_empties_it_later(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    ada.acknowledge = lambda: asyncio.sleep(0)
    limit = ada.welcome["limits"]["unacknowledgedSignalsMax"]
    for number in range(limit + 1):
        await bob.signal(ada.id, number)
    await bob.expect_rejected("mailbox-full", n=limit + 1, to=ada.id, of="signal")
    await ada.until(lambda: ada.received.get(bob.id) == limit, what="what fits")
    await ada.send({"type": "beat", "ack": {bob.id: limit}})
    await bob.until(lambda: bob.delivered.get(ada.id) == limit, what="the acknowledgement")
    bob.sent[ada.id] -= 1
    await bob.signal(ada.id, "again")
    await ada.expect(type="signal", n=limit + 1, data="again")


async def test_a_room_without_a_name_and_a_second_one_in_the_same_session(stage):
    ada = await stage.peer(name="Ada", room=stage.room())
    first = ada.room
    snapshot = await ada.join(name="Ada again")
    second = ada.rooms[snapshot["room"]]
    assert first.id != second.id and first.me != second.me
    assert "alias" not in second.state["room"]
    bob = await stage.peer(name="Bob", room=second.id)
    await ada.expect_event("joined", participant=bob.id)
    await bob.signal(second.me, "to the second")
    await ada.expect(type="signal", data="to the second")
    await bob.signal(first.me, "to a stranger")
    await bob.expect_rejected("unknown-recipient", to=first.me)


async def test_a_command_sent_twice_is_applied_once(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    media = {"type": "media", "id": 2, "room": ada.room.id, "audio": True}
    await ada.send(media)
    await ada.send(media)
    await ada.send({"type": "media", "id": 3, "room": ada.room.id, "audio": True})
    rejected = await ada.expect_rejected("no-change", of="media", id=3)
    assert rejected["room"] == ada.room.id
    await ada.send({"type": "media", "id": 5, "room": ada.room.id, "audio": False})
    assert (await ada.expect_rejected("command-gap", id=5))["expected"] == 4
    await ada.send({"type": "media", "id": 4, "room": ada.room.id, "audio": False})
    await bob.expect_event("media-changed", by=ada.id, id=4)
    by_ada = [e for f in bob.frames if f["type"] == "events" for e in f["events"] if e.get("by") == ada.id]
    assert [event["id"] for event in by_ada] == [2], by_ada


async def test_somebody_comes_back_and_is_somebody_new(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    before = bob.id
    await bob.leave()
    await bob.join(room, "Bob")
    assert bob.id != before
    await ada.expect_event("joined", participant=bob.id)
    await bob.signal(ada.id, "back")
    assert (await ada.expect(type="signal", data="back"))["n"] == 1
    assert await eventually(lambda: ada.room.state == bob.room.state, what="the same state")


async def test_the_connection_ends_and_the_others_hear_of_it(stage):
    server, room = await stage.server("--grace-milliseconds", "1000"), stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    gone = bob.id
    bob.socket.transport.abort()
    await ada.expect_event("interrupted", participant=gone)
    event = await ada.expect_event("left", participant=gone)
    assert event["reason"] == "disconnected" and "by" not in event and "id" not in event


async def test_fifty_join_at_once_and_agree(stage):
    room = stage.room()
    crowd = await asyncio.gather(*(stage.peer(name=f"Guest {n}", room=room) for n in range(50)))
    for peer in crowd:
        await peer.until(lambda: len(peer.room.people) == 50, what="everybody")
    await asyncio.gather(*(peer.media(audio=True) for peer in crowd))
    furthest = max(peer.room.at[1] for peer in crowd)
    for peer in crowd:
        await peer.until(lambda: peer.room.at[1] == furthest, what="the last event")
    assert len({state_hash(peer.room.state) for peer in crowd}) == 1
    for first in crowd[1:]:
        common = {tuple(at[:2]): at[2] for at in first.room.entries}
        assert all(common.get(tuple(at[:2]), at[2]) == at[2] for at in crowd[0].room.entries), "two histories"


async def test_a_silent_room_stays_because_the_server_pings(stage):
    ada = await stage.peer(name="Ada", room=stage.room())
    for _ in range(3):
        beat = await ada.expect(seconds=4, type="beat")
        assert isinstance(beat["time"], int)
    assert ada.close_code is None
