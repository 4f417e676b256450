"""The complaints about the meetings of other servers, class by class: each situation rebuilt, and what happens here.

The threads that tell of it are named as repository#number in each test. What is about connections is in
test_other_peoples_bugs, more of G in test_roles.
"""

import asyncio
import json

from company import company, events, kinds, listen, same_state, seen_by
from measures import metrics
from raw_socket import RawSocket
from stage import eventually, within
from test_door import host, http, knock, waiting
from test_roles import come_again, outcome, roles

TOGETHER = 4


def names_waiting(peer):
    return sorted(person["name"] for person in peer.room.state.get("waiting", {}).values())


# MARK: - F: the lobby


async def test_f_lobby_every_moderator_sees_everybody_who_knocks(stage):
    """jitsi/jitsi-meet#13602: moderators see only the first who knocks, and cards of people who have gone."""
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    guests = {name: await knock(stage, alias, name) for name in ("Bob", "Cleo", "Dan", "Eve")}
    ids = {name: await waiting(guest, "approval") for name, guest in guests.items()}
    await ada.until(lambda: names_waiting(ada) == ["Bob", "Cleo", "Dan", "Eve"], what="all four at the door")
    await guests["Bob"].command("leave")
    await ada.until(lambda: names_waiting(ada) == ["Cleo", "Dan", "Eve"], what="no card of one who has given up")
    # Whoever is let in by one moderator is on no card of any other, and a second answer is no second decision.
    assert await outcome(ada, "admit", participants={ids["Cleo"]: True}) == "accepted"
    cleo = guests["Cleo"]
    await cleo.expect(type="snapshot", view="participant")
    assert await outcome(ada, "set-role", participant=cleo.id, role="co-host") == "accepted"
    await cleo.until(lambda: names_waiting(cleo) == ["Dan", "Eve"])
    assert await outcome(cleo, "deny", participants={ids["Dan"]: True}) == "accepted"
    await ada.until(lambda: names_waiting(ada) == ["Eve"])
    assert await outcome(ada, "admit", participants={ids["Dan"]: True}) == "unknown-participant"
    await same_state(ada, cleo)


async def test_f_lobby_a_moderator_who_comes_later_sees_who_waits(stage):
    """openfire-pade#66: whoever becomes moderator later gets no knock of those who wait by then."""
    alias = stage.room()
    ada = await host(stage, alias)
    cleo = await knock(stage, alias, "Cleo")
    await cleo.expect(type="snapshot", view="participant")
    assert await outcome(ada, "configure", admission="approval") == "accepted"
    await waiting(await knock(stage, alias, "Bob"), "approval")
    await ada.until(lambda: names_waiting(ada) == ["Bob"])
    assert "waiting" not in cleo.room.state, "a participant sees who waits"
    assert await outcome(ada, "set-role", participant=cleo.id, role="co-host") == "accepted"
    await cleo.until(lambda: names_waiting(cleo) == ["Bob"], what="who waited before she was moderator")
    # And from then on, also when she has been away.
    await cleo.cut()
    await waiting(await knock(stage, alias, "Dan"), "approval")
    await cleo.resume()
    await cleo.until(lambda: names_waiting(cleo) == ["Bob", "Dan"])
    await same_state(ada, cleo)
    # No more when she is none.
    assert await outcome(ada, "set-role", participant=cleo.id, role="participant") == "accepted"
    await cleo.until(lambda: "waiting" not in cleo.room.state)
    assert await outcome(cleo, "admit", all=True) == "not-permitted"


async def test_f_lobby_whoever_was_sent_away_does_not_walk_in(stage):
    """openfire-pade#66: who was kicked passes the lobby, because they were let in once."""
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    bob = await knock(stage, alias)
    me = await waiting(bob, "approval")
    assert await outcome(ada, "admit", participants={me: True}) == "accepted"
    await bob.expect(type="snapshot", view="participant")
    # Whoever just leaves may come in again; whoever is removed has to ask again, whatever device it is.
    await bob.leave()
    await bob.join(alias, "Bob")
    assert bob.room.id == ada.room.id and len(bob.room.people) == 2
    gone = bob.id
    assert await outcome(ada, "remove", participant=gone) == "accepted"
    assert (await bob.expect_event("left", participant=gone))["reason"] == "removed"
    bob.rooms = {}
    await bob.send({"type": "join", "id": 1, "room": alias, "name": "Bob"})
    again = await waiting(bob, "approval")
    await ada.until(lambda: names_waiting(ada) == ["Bob"])
    assert list(ada.room.people) == [ada.id]
    assert await outcome(ada, "deny", participants={again: True}) == "accepted"
    await bob.expect_event("denied", participant=again)
    await bob.send({"type": "join", "id": 1, "room": alias, "name": "Bob"})
    await bob.expect_rejected("denied", of="join")


async def test_f_lobby_a_pin_does_not_open_another_way_in(stage):
    """jitsi/jitsi-meet#9869: who enters the password while waiting is inside, alone, in a room of their own."""
    alias = stage.room()
    ada = await host(stage, alias, admission="approval", pin="4711")
    bob = await knock(stage, alias, pin="4711")
    me = await waiting(bob, "approval")
    # Once more, with what may open a door: it is the same person at the same door.
    await bob.send({"type": "join", "id": 1, "room": alias, "name": "Bob", "pin": "4711"})
    await asyncio.sleep(0.3)
    await ada.until(lambda: names_waiting(ada) == ["Bob"])
    assert list(ada.room.people) == [ada.id] and bob.id == me
    assert list(bob.room.state) == ["room"]
    assert await outcome(ada, "admit", all=True) == "accepted"
    await bob.until(lambda: "people" in bob.room.state)
    assert set(bob.room.people) == {ada.id, me} == set(ada.room.people)
    server = await stage.server()
    status, report = await http(server, "GET", f"/v1/rooms/{alias}")
    assert status == 200 and report["id"] == ada.room.id and report["people"] == 2, report


async def test_f_lobby_the_host_who_comes_does_not_open_the_door(stage):
    """jitsi/jitsi-meet#7676: everybody who waited for the host is inside when the host comes, whatever the rule."""
    server = await stage.server()
    alias = stage.room()
    settings = {"waitForHost": True, "admission": "approval"}
    status, made = await http(server, "POST", "/v1/rooms", {"alias": alias, "settings": settings})
    assert status == 201, made
    guests = [await knock(stage, alias, name) for name in ("Bob", "Cleo")]
    for guest in guests:
        await waiting(guest, "host")
    ada = await knock(stage, alias, "Ada", invitation=made["invitation"])
    await ada.expect(type="snapshot", view="moderator")
    for guest in guests:
        await guest.expect_event("waiting", reason="approval")
        assert list(guest.room.state) == ["room"]
    assert list(ada.room.people) == [ada.id] and names_waiting(ada) == ["Bob", "Cleo"]


async def test_f_lobby_it_is_there_before_anybody(stage):
    """jitsi/jitsi-meet#7385, #12215: there is no lobby before the first person is there, who walks in."""
    server = await stage.server()
    alias = stage.room()
    status, made = await http(server, "POST", "/v1/rooms", {"alias": alias, "settings": {"admission": "approval"}})
    assert status == 201, made
    bob = await knock(stage, alias)
    me = await waiting(bob, "approval")
    status, report = await http(server, "GET", f"/v1/rooms/{alias}")
    assert report["people"] == 0, report
    # The first one who may decide finds him there.
    ada = await knock(stage, alias, "Ada", invitation=made["invitation"])
    await ada.expect(type="snapshot", view="moderator")
    assert list(ada.room.state["waiting"]) == [me]


async def test_f_lobby_one_by_one(stage):
    """nextcloud/spreed#5394, #3284, #8601: all or nobody; here each, several, and all, and words to them before
    (jitsi/jitsi-meet#9714)."""
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    guests = {name: await knock(stage, alias, name) for name in ("Bob", "Cleo", "Dan", "Eve", "Fay")}
    ids = {name: await waiting(guest, "approval") for name, guest in guests.items()}
    assert await outcome(ada, "notice", text="Who are you?", participants={ids["Eve"]: True}) == "accepted"
    assert (await guests["Eve"].expect_event("notice"))["text"] == "Who are you?"
    assert await outcome(ada, "admit", participants={ids["Cleo"]: True}) == "accepted"
    await ada.until(lambda: names_waiting(ada) == ["Bob", "Dan", "Eve", "Fay"])
    assert await outcome(ada, "admit", participants={ids["Bob"]: True, ids["Fay"]: True}) == "accepted"
    await ada.until(lambda: names_waiting(ada) == ["Dan", "Eve"])
    assert await outcome(ada, "deny", participants={ids["Eve"]: True}) == "accepted"
    assert await outcome(ada, "admit", all=True) == "accepted"
    await ada.until(lambda: "waiting" not in ada.room.state)
    inside = {person["name"] for person in ada.room.people.values()}
    assert inside == {"Ada", "Bob", "Cleo", "Dan", "Fay"}


async def test_f_lobby_the_door_is_the_servers(stage):
    """Vonage/vonage-video-react-app#633: the lobby is a screen of the page, and who leaves it out is in the room. Here
    whoever waits may say what they want."""
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    bob = await knock(stage, alias, "Bob")
    me = await waiting(bob, "approval")
    cleo = await knock(stage, alias, "Cleo")
    her = await waiting(cleo, "approval")
    listen(bob)
    before = ada.room.state
    said = len(ada.frames)
    for kind, members in [
        ("media", {"audio": True}), ("raise-hand", {}), ("set-role", {"participant": me, "role": "host"}),
        ("admit", {"participants": {me: True}}), ("admit", {"all": True}), ("configure", {"admission": "open"}),
        ("transfer-host", {"participant": me}), ("end", {}), ("start-recording", {}), ("invite", {}),
        ("take-floor", {"floor": "screen"}), ("set-attribute", {"key": "a", "value": 1}), ("notice", {"text": "hello"}),
    ]:
        assert await outcome(bob, kind, **members) == "waiting", kind
    room = bob.room.id
    await bob.send({"type": "chat", "room": room, "cid": "c1", "text": "let me in"})
    await bob.expect(type="rejected", of="chat")
    await bob.send({"type": "chat-history", "room": room, "limit": 10})
    await bob.expect(type="rejected", of="chat-history")
    await bob.send({"type": "pulse", "room": room, "kind": "speaking", "data": True})
    for other in (ada.id, her):
        await bob.signal(other, "psst")
        await bob.expect_rejected("unknown-recipient", of="signal")
    await bob.send({"type": "resync", "room": room, "at": bob.room.at})
    assert list((await bob.expect(type="snapshot"))["state"]) == ["room"]
    # Nobody has heard anything, nothing has changed, and he has seen the door alone.
    await ada.media(audio=True)
    assert {frame["type"] for frame in ada.frames[said:]} <= {"events", "beat"}
    assert ada.room.state["waiting"].keys() == before["waiting"].keys() and list(ada.room.people) == [ada.id]
    for frame in bob.heard:
        told = json.dumps(frame.get("state", {})) + json.dumps([e.get("patch", {}) for e in frame.get("events", [])])
        assert ada.id not in told and her not in told, told


# MARK: - G: the host


async def test_g_host_lost_nobody_else_is_moderator_by_being_there(stage):
    """jitsi/jitsi-meet#6898, #1501: everybody is moderator; #8646: the host drops out, and nobody can let him in."""
    server = await stage.server("--grace-milliseconds", "1500")
    alias = stage.room()
    ada = await stage.peer(server, name=None)
    await ada.send({"type": "join", "id": 1, "room": alias, "name": "Ada", "settings": {"admission": "approval"}})
    await ada.expect(type="snapshot")
    bob = await stage.peer(server, name=None)
    await bob.send({"type": "join", "id": 1, "room": alias, "name": "Bob"})
    await waiting(bob, "approval")
    assert await outcome(ada, "admit", all=True) == "accepted"
    await bob.until(lambda: "people" in bob.room.state)
    for kind, members in [
        ("admit", {"all": True}), ("lock", {}), ("mute", {"participant": ada.id}), ("mute-all", {}), ("end", {}),
        ("remove", {"participant": ada.id}), ("set-role", {"participant": bob.id, "role": "co-host"}),
        ("configure", {"topic": "mine"}), ("invite", {}), ("start-recording", {}), ("lower-hands", {}),
    ]:
        assert await outcome(bob, kind, **members) == "not-permitted", kind
    assert await outcome(ada, "lock") == "accepted"
    # The host is thrown out of the network. The room is locked, and approval is asked for; it is his room.
    gone = ada.id
    await ada.cut()
    await bob.until(lambda: gone not in bob.room.people, 6, "the host has left")
    assert roles(bob) == {"Bob": "host"}
    await come_again(ada, alias, "Ada")
    await bob.until(lambda: roles(bob) == {"Ada": "host", "Bob": "participant"})
    assert await outcome(ada, "unlock") == "accepted"
    assert await outcome(bob, "admit", all=True) == "not-permitted"


# MARK: - H: who comes late


async def test_h_late_joiner_sees_the_rules_and_whose_hand_it_is(stage):
    """element-call#2948: a hand that was raised with a second device cannot be lowered;
    nextcloud/spreed#4569: who comes later is not told what holds: who is muted, spotlight, rules, words of the room."""
    ada, bob = await company(stage, "Ada", "Bob")
    alias = ada.room.state["room"]["alias"]
    phone = await stage.peer(hello=False)
    await phone.send({"type": "hello", "protocol": 1, "identity": {
        "session": bob.welcome["session"], "secret": bob.welcome["resume"]["secret"]},
        "join": {"id": 1, "room": alias, "name": "Bob"}})
    await phone.expect(type="snapshot")
    assert phone.welcome["identity"] == bob.welcome["identity"] and phone.id != bob.id
    assert await outcome(phone, "raise-hand") == "accepted"
    assert await outcome(ada, "mute-all", audio=True, mayUnmute=False) == "accepted"
    assert await outcome(ada, "set-attribute", key="agenda", value="Winter") == "accepted"
    assert await outcome(ada, "take-floor", floor="spotlight") == "accepted"
    late = await stage.peer(name="Late", room=alias)
    await ada.until(lambda: late.id in ada.room.people)
    await same_state(ada, bob, phone, late)
    assert late.room.people[phone.id]["hand"] > 0 and "hand" not in late.room.people[bob.id]
    assert late.room.state["attributes"]["agenda"]["value"] == "Winter"
    assert list(late.room.state["floors"]["spotlight"]["holders"]) == [ada.id]
    assert await outcome(late, "media", audio=True) == "muted-by-rule"
    # By whoever has raised it, from the host's side, and with the device.
    assert await outcome(phone, "lower-hand") == "accepted"
    assert await outcome(phone, "raise-hand") == "accepted"
    assert await outcome(ada, "lower-hand", participant=phone.id) == "accepted"
    assert await outcome(phone, "raise-hand") == "accepted"
    await phone.leave()
    await same_state(ada, bob, late)
    assert not any("hand" in person for person in late.room.people.values())


# MARK: - L: many people, many rooms


async def test_l_scale_of_presence_a_join_costs_everybody_the_same_however_many_there_are(stage):
    """community.jitsi.org “Large Number of Participants & Prosody Performance”: everybody is told again of everybody,
    and people need longer to come in the more there are. Here everybody reads one short event of each newcomer."""
    # Of its own, because it counts what happens to anybody.
    server = await stage.server("--port", "0")
    (ada,) = await company(stage, "Ada", server=server)
    alias = ada.room.state["room"]["alias"]
    raws = [await stage.enter(RawSocket(server)) for _ in range(48)]
    _, before = await metrics(server)
    ids = [(await raws[0].hello(alias, "Guest"))["self"]]
    # The others all at once.
    ids += [shown["self"] for shown in await asyncio.gather(*(raw.hello(alias, "Guest") for raw in raws[1:]))]
    await ada.until(lambda: len(ada.room.people) == 49, 10)
    # Ada has read of each once, and what she read of all is what the first one was, as many times.
    assert sorted(event["participant"] for event in events(ada, "joined")) == sorted(ids)
    told = [len(json.dumps(event)) for event in events(ada, "joined")]
    assert max(told) <= told[0] + 4, told
    # Whoever comes reads the room, which is as long as there are people in it; not more.
    last = await stage.peer(server, name="Guest", room=alias)
    snapshot = next(text for text in last.transcript if text.startswith('{"type":"snapshot"'))
    assert len(snapshot) < 50 * max(told) + 1_500, len(snapshot)
    # Nobody was thrown out for being slow (centrifuge#255), or had to begin anew.
    _, after = await metrics(server)
    for name in ("parley_slow_closes_total", "parley_resyncs_total"):
        assert after[name] == before[name], name
    for raw in raws:
        await raw.send({"type": "pulse", "room": ada.room.id, "kind": "alive"})
    for id in ids:
        await ada.expect(type="pulse", **{"from": id}, seconds=10)


@within(60)
async def test_l_scale_of_presence_a_thousand_rooms_at_once(stage):
    """livekit/livekit#3037: at some 700 rooms all of them close."""
    server = await stage.server()
    (ada,) = await company(stage, "Ada", server=server)
    count = 1_000
    raws = []
    # A connection may be in sixteen rooms, so it need not be a thousand sockets.
    for first in range(0, count, 16):
        raw = await stage.enter(RawSocket(server))
        await raw.hello()
        raws.append(raw)
        raw.rooms = []
        for _ in range(first, min(first + 16, count)):
            await raw.send({"type": "join", "id": 1, "room": stage.room(), "name": "Somebody"})
            raw.rooms.append((await raw.expect(type="snapshot", seconds=10))["room"])
    assert len({room for raw in raws for room in raw.rooms}) == count

    async def all_open():
        _, values = await metrics(server)
        return values["parley_rooms_open"] > count

    await eventually(all_open, what="a thousand open rooms")
    # All of them live: the first command of each has its event.
    for raw in raws:
        for room in raw.rooms:
            await raw.send({"type": "media", "id": 2, "room": room, "audio": True})
        for room in raw.rooms:
            await raw.expect(type="events", room=room, seconds=10)
    await ada.media(audio=True)
    assert kinds(ada, "left", "ended") == []


# MARK: - O: floors and consent


async def test_o_floors_and_consent_everybody_sees_the_same_screen(stage):
    """twilio-video-app-react#541: two share at once, and different people see different ones."""
    ada, bob, cleo = await company(stage, "Ada", "Bob", "Cleo")

    def screens(peer):
        return [id for id, person in peer.room.people.items() if person["media"]["screen"]]

    with seen_by(cleo, lambda: len(screens(cleo)) <= 1, "two screens"):
        for _ in range(10):
            both = await asyncio.gather(outcome(ada, "media", screen=True), outcome(bob, "media", screen=True))
            assert sorted(both) == ["accepted", "floor-busy"], both
            await same_state(ada, bob, cleo)
            winner = (ada, bob)[both.index("accepted")]
            late = await stage.peer(name="Late", room=ada.room.state["room"]["alias"])
            for peer in (ada, bob, cleo, late):
                assert screens(peer) == [winner.id] == list(peer.room.state["floors"]["screen"]["holders"])
            await late.leave()
            assert await outcome(winner, "media", screen=False) == "accepted"


@within(30)
async def test_o_floors_and_consent_a_share_does_not_come_back_by_itself(stage):
    """jitsi/jitsi-meet#11380: a share that was forgotten comes back when its owner does."""
    server = await stage.server("--grace-milliseconds", "1500")
    ada, bob, cleo = await company(stage, "Ada", "Bob", "Cleo", server=server)
    alias = ada.room.state["room"]["alias"]
    assert await outcome(bob, "media", screen=True) == "accepted"
    gone = bob.id
    await bob.cut()
    await ada.expect_event("interrupted", participant=gone)
    assert list(ada.room.state["floors"]["screen"]["holders"]) == [gone], "kept for the grace"
    left = await ada.expect_event("left", participant=gone, seconds=6)
    assert left["reason"] == "disconnected"
    assert "floors" not in ada.room.state
    assert await outcome(cleo, "media", screen=True) == "accepted"
    # He was sharing, and his page still says so: the screen is somebody else's.
    await come_again(bob, alias, "Bob")
    assert not bob.room.people[bob.id]["media"]["screen"]
    assert await outcome(bob, "media", screen=True) == "floor-busy"
    await same_state(ada, bob, cleo)
    assert list(bob.room.state["floors"]["screen"]["holders"]) == [cleo.id]


async def test_o_floors_and_consent_nobody_is_recorded_who_has_not_been_asked(stage):
    """nextcloud/spreed#10348, talk-android#3289, frankly#326, #327: consent to a recording, and
    the proof of it."""
    ada, bob, cleo = await company(stage, "Ada", "Bob", "Cleo")

    def recording(peer):
        return peer.room.state.get("recording", {})

    def has_agreed():
        return recording(bob).get("status") != "on" or bob.welcome["identity"] in recording(bob)["consents"]

    with seen_by(bob, has_agreed, "a recording that he has not agreed to"):
        assert await outcome(ada, "start-recording") == "accepted"
        asked = (await bob.expect_event("consent-asked"))["consent"]
        assert await outcome(cleo, "answer-consent", consent=asked, answer=True) == "accepted"
        await asyncio.sleep(0.3)
        assert recording(cleo)["status"] == "asking", "one has not answered"
        # Not even by a page that says twice what it has been told.
        assert await outcome(cleo, "answer-consent", consent=asked, answer=True) == "no-change"
        assert await outcome(ada, "start-recording") == "no-change"
        await bob.cut()
        await bob.resume()
        assert recording(bob)["status"] == "asking", "who comes back is still asked"
        assert await outcome(bob, "answer-consent", consent=asked, answer=True) == "accepted"
        await bob.until(lambda: recording(bob)["status"] == "on")
    await same_state(ada, bob, cleo)
    told = recording(cleo)
    assert told["by"] == ada.id and told["since"] > 0
    assert told["consents"] == {peer.welcome["identity"]: True for peer in (ada, bob, cleo)}
    # What was given is taken back, and that ends it.
    assert await outcome(bob, "answer-recording", answer=False) == "accepted"
    assert (await cleo.expect_event("recording-stopped"))["reason"] == "refused"
    await same_state(ada, bob, cleo)
    assert "recording" not in cleo.room.state
    assert [event["type"] for event in events(cleo, "recording-started", "recording-stopped")] == [
        "recording-started", "recording-stopped"]
