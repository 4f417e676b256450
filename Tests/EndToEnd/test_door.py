"""The door of a room: who waits, who is let in, what it is for the meeting to begin and to end."""

import asyncio
import json
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from stage import within


async def host(stage, alias, **settings):
    """Ada, in a room that she has made like that."""
    ada = await stage.peer(name=None)
    await ada.send({"type": "join", "id": 1, "room": alias, "name": "Ada", "settings": settings})
    await ada.expect(type="snapshot")
    return ada


async def knock(stage, alias, name="Bob", **members):
    peer = await stage.peer(name=None)
    await peer.send({"type": "join", "id": 1, "room": alias, "name": name} | members)
    return peer


async def waiting(peer, reason):
    snapshot = await peer.expect(type="snapshot", view="waiting")
    assert [event["reason"] for event in snapshot["events"] if event["type"] == "waiting"] == [reason], snapshot
    assert list(snapshot["state"]) == ["room"], "somebody at the door sees more than the door"
    return snapshot["self"]


async def http(server, method, path, body=None):
    """`(status, what the body says)`"""

    def fetch():
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{server.port}{path}", method=method, data=data)
        try:
            with urlopen(request, timeout=10) as response:
                return response.status, json.loads(response.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())

    return await asyncio.to_thread(fetch)


@within(30)
async def test_somebody_waits_and_is_let_in(stage):
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    cleo = await knock(stage, alias, "Cleo")
    bob = await knock(stage, alias)
    ids = {"Cleo": await waiting(cleo, "approval"), "Bob": await waiting(bob, "approval")}
    await ada.until(lambda: len(ada.room.state.get("waiting", {})) == 2)
    assert {person["name"] for person in ada.room.state["waiting"].values()} == {"Bob", "Cleo"}
    # Whoever waits can only leave, and reaches nobody.
    number = await bob.command("media", audio=True)
    await bob.expect_rejected("waiting", of="media", id=number)
    await bob.signal(ada.id, "psst")
    await bob.expect_rejected("unknown-recipient", of="signal")
    await ada.command("notice", text="Soon")
    assert (await bob.expect_event("notice"))["text"] == "Soon"
    number = await ada.command("admit", participants={ids["Bob"]: True})
    await ada.expect_event("admitted", by=ada.id, id=number, participant=ids["Bob"])
    snapshot = await bob.expect(type="snapshot", view="participant")
    assert snapshot["self"] == ids["Bob"] and set(snapshot["state"]["people"]) == {ada.id, ids["Bob"]}
    assert {event["type"] for event in snapshot["events"]} >= {"admitted", "joined"}
    await bob.media(audio=True)
    await ada.command("deny", all=True)
    await cleo.expect_event("denied", participant=ids["Cleo"])
    await ada.until(lambda: "waiting" not in ada.room.state)
    await cleo.send({"type": "join", "id": 1, "room": alias})
    await cleo.expect_rejected("denied", of="join")


@within(30)
async def test_whoever_waits_comes_back_to_the_door(stage):
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    bob = await knock(stage, alias)
    me = await waiting(bob, "approval")
    await bob.cut()
    # At once, and without what it knew: the door is shown again.
    welcome = await bob.resume(rooms={bob.room.id: None})
    assert welcome["resumed"]
    snapshot = await bob.expect(type="snapshot", view="waiting")
    assert snapshot["self"] == me and list(snapshot["state"]) == ["room"]
    await ada.command("admit", all=True)
    await bob.expect(type="snapshot", view="participant")


@within(30)
async def test_a_host_who_comes_lets_nobody_in_by_that(stage):
    server = await stage.server()
    alias = stage.room()
    settings = {"waitForHost": True, "admission": "approval"}
    status, made = await http(server, "POST", "/v1/rooms", {"alias": alias, "settings": settings})
    assert status == 201 and made["alias"] == alias, made
    bob = await knock(stage, alias)
    await waiting(bob, "host")
    ada = await knock(stage, alias, "Ada", invitation=made["invitation"])
    await ada.expect(type="snapshot", view="moderator")
    assert ada.room.people[ada.id]["role"] == "host"
    await bob.expect_event("waiting", reason="approval")
    assert len(ada.room.people) == 1 and len(ada.room.state["waiting"]) == 1


@within(30)
async def test_an_invitation_is_told_to_who_made_it_alone(stage):
    alias = stage.room()
    ada = await host(stage, alias, admission="approval", pin="4711")
    number = await ada.command("invite", role="co-host")
    secret = (await ada.expect_event("invited", by=ada.id, id=number))["secret"]
    dan = await knock(stage, alias, "Dan", invitation=secret)
    await dan.expect(type="snapshot", view="moderator")
    await ada.command("invite")
    assert "secret" not in await dan.expect_event("invited")
    await ada.command("revoke", invitation=1)
    await dan.expect_event("revoked", invitation=1)
    bob = await knock(stage, alias, invitation=secret)
    await bob.expect_rejected("invalid-invitation", of="join")
    assert all(secret not in text for text in dan.transcript)


@within(60)
async def test_a_pin_guessed_a_thousand_times(stage):
    alias = stage.room()
    await host(stage, alias, pin="4711")
    bob = await knock(stage, alias)
    await bob.expect_rejected("pin-required", of="join")
    judged = 0
    for guess in range(1_000):
        await bob.send({"type": "join", "id": 1, "room": alias, "pin": f"{guess:04}"})
        frame = await bob.expect(type="rejected", of="join")
        assert frame["code"] in ("wrong-pin", "rate-limited"), frame
        assert frame["code"] == "wrong-pin" or frame["retryAfterMilliseconds"] > 0
        judged += frame["code"] == "wrong-pin"
    assert judged <= 8, f"{judged} guesses were judged"
    await bob.send({"type": "join", "id": 1, "room": alias, "pin": "4711"})
    await bob.expect_rejected("rate-limited", of="join")
    cleo = await knock(stage, alias, "Cleo", pin="4711")
    await cleo.expect(type="snapshot", view="participant")


@within(30)
async def test_it_ends_for_all(stage):
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    bob, cleo = await knock(stage, alias), await knock(stage, alias, "Cleo")
    me = await waiting(bob, "approval")
    await waiting(cleo, "approval")
    await ada.command("admit", participants={me: True})
    await bob.expect(type="snapshot", view="participant")
    number = await bob.command("end")
    await bob.expect_rejected("not-permitted", of="end", id=number)
    await ada.command("end")
    for peer in (ada, bob, cleo):
        assert (await peer.expect_event("ended"))["reason"] == "host"
        assert peer.room.state["room"]["lifecycle"] == "ended"
    # The word is free again.
    dan = await knock(stage, alias, "Dan")
    assert (await dan.expect(type="snapshot"))["room"] != ada.room.id


@within(30)
async def test_its_time_is_over(stage):
    alias = stage.room()
    began = time.monotonic()
    ada = await host(stage, alias, maximumMilliseconds=1_500)
    assert ada.room.state["room"]["endsAt"] == ada.room.state["room"]["createdAt"] + 1_500
    assert (await ada.expect_event("ended"))["reason"] == "duration"
    assert 1 < time.monotonic() - began < 5


@within(30)
async def test_a_planned_meeting_begins(stage):
    server = await stage.server()
    alias = stage.room()
    starts = int(time.time() * 1_000) + 2_000
    status, made = await http(server, "POST", "/v1/rooms", {"alias": alias, "settings": {"startsAt": starts}})
    assert status == 201, made
    status, report = await http(server, "GET", f"/v1/rooms/{alias}")
    assert status == 200 and report["room"]["lifecycle"] == "scheduled" and report["people"] == 0, report
    bob = await knock(stage, alias)
    await waiting(bob, "scheduled")
    snapshot = await bob.expect(type="snapshot", view="participant", seconds=10)
    assert snapshot["state"]["room"]["openedAt"] >= starts
    assert (await http(server, "DELETE", f"/v1/rooms/{made['id']}"))[0] == 200
    assert (await bob.expect_event("ended"))["reason"] == "host"


@within(30)
async def test_rooms_that_cannot_be_made(stage):
    server = await stage.server()
    alias = stage.room()
    assert (await http(server, "POST", "/v1/rooms", {"alias": alias}))[0] == 201
    for body, status, code in [
        ({"alias": alias}, 409, "alias-taken"),
        ({"alias": alias.replace("o", "\u043e", 1)}, 400, "invalid-alias"),
        ({"settings": {"maximumMilliseconds": 0}}, 400, "invalid-settings"),
        ({"settings": {"maximumMilliseconds": 1_000 * 31_557_600_000}}, 400, "invalid-settings"),
        ({"ownerIdentity": "me"}, 400, "invalid-member"),
        (b"[", 400, "malformed"),
        (b'"' + b"x" * 20_000 + b'"', 413, "too-large"),
    ]:
        answer = await http(server, "POST", "/v1/rooms", body)
        assert (answer[0], answer[1]["code"]) == (status, code), (body, answer)
        assert answer[1]["message"].endswith(".")
    for method in ("GET", "DELETE"):
        assert (await http(server, method, "/v1/rooms/never-made"))[1]["code"] == "unknown-room"
        assert (await http(server, method, "/v1/rooms/r_AAAAAAAAAAEAAAAAAAAAAQ"))[1]["code"] == "unknown-room"
        assert (await http(server, method, "/v1/rooms/%D0%BE"))[1]["code"] == "invalid-alias"
    assert (await http(server, "DELETE", f"/v1/rooms/{alias}"))[0] == 200
