"""Whatever somebody asks of a meeting that cannot be: it is refused by name, and the room is what it was."""

import asyncio
import contextlib
import copy
import json

from company import same_state
from raw_socket import RawSocket
from stage import patient, within
from test_bad_input import bystanders, unharmed
from test_door import host, knock, waiting
from test_policy import H264, device
from test_roles import outcome

TOGETHER = 6

A_YEAR = 31_557_600_000
UNREADABLE = "malformed", "invalid-member", "unknown-type"


@contextlib.asynccontextmanager
async def nothing_changes(*peers):
    """Whatever the block asks for leaves the room, for everybody in it, as it is."""
    before = [(copy.deepcopy(peer.room.state), peer.room.at) for peer in peers]
    yield
    assert [(peer.room.state, peer.room.at) for peer in peers] == before


async def refusal(peer, command, members):
    """The code of a command that must be refused. One that could not be read has not used up its number."""
    id = await peer.command(command, **members)
    frame = await peer.expect(where=lambda f: f.get("id") == id or any(
        e.get("by") == peer.id and e.get("id") == id for e in f.get("events", [])))
    assert frame["type"] == "rejected" and frame["message"].endswith("."), (command, members, frame)
    if frame["code"] in UNREADABLE:
        peer.room.next_command = id
    return frame["code"], frame.get("member")


async def test_settings_that_no_room_can_have(stage):
    async with bystanders(stage) as (_, ada, bob), nothing_changes(ada, bob):
        for settings in [
            {"maximumMilliseconds": 0}, {"maximumMilliseconds": -1}, {"maximumMilliseconds": 1_000 * A_YEAR},
            {"estimatedMilliseconds": 0}, {"estimatedMilliseconds": 1_000 * A_YEAR}, {"maximumMilliseconds": 1.5},
            {"emptyMilliseconds": -1}, {"emptyMilliseconds": 1_000 * A_YEAR}, {"startsAt": 1 << 60}, {"capacity": 0},
            {"capacity": 1_000_000}, {"admission": "nobody"}, {"pin": "1"}, {"pin": "1" * 33}, {"topic": "x" * 201},
            {"topic": "a\u202eb"}, {"waitForHost": "yes"}, {"rules": {"heightMax": 0}}, {"rules": {"frameRateMax": 0}},
            {"rules": {"heightMax": 1_000_000}}, {"rules": {"succession": "me"}}, {"rules": {"recordingConsent": "no"}},
            {"rules": {"videoCodecs": {"NOPE\u0000": 1}}}, {"roles": {"host": {"end": False}}},
            {"roles": {"participant": {"share": 1}}}, {"roles": {"emperor": {}}},
        ]:
            code, member = await refusal(ada, "configure", settings)
            assert code in ("invalid-settings", "invalid-member", "invalid-role"), (settings, code)
            assert code == "invalid-role" or member in json.dumps(settings), (settings, member)


async def test_deadlines_of_zero_or_of_a_thousand_years(stage):
    async with bystanders(stage) as (_, ada, bob), nothing_changes(ada, bob):
        for command, member, members in [
            ("start-recording", "deadlineMilliseconds", {}),
            ("ask-consent", "deadlineMilliseconds", {"kind": "lunch", "all": True, "rule": "all"}),
            ("open-breakouts", "durationMilliseconds", {"rooms": {"Red": {}}}),
            ("define-floor", "leaseMilliseconds", {"floor": "pointer", "capacity": 1, "policy": "free"}),
            ("remove", "ban", {"participant": bob.id}),
        ]:
            for value in (0, -1, 1_000 * A_YEAR, "soon"):
                wrong = {"ban": {"milliseconds": value}} if command == "remove" else {member: value}
                code, named = await refusal(ada, command, members | wrong)
                assert code == "invalid-member", (command, value, code)
                assert named in ("milliseconds", "ban", member), (command, value, named)


async def test_what_only_a_host_may(stage):
    async with bystanders(stage) as (_, ada, bob), nothing_changes(ada, bob):
        for command, members in [
            ("admit", {"all": True}), ("deny", {"all": True}), ("notice", {"text": "hello"}), ("lock", {}), ("end", {}),
            ("remove", {"participant": ada.id}), ("invite", {}), ("revoke", {"invitation": 1}), ("unban", {"ban": 1}),
            ("configure", {"topic": "mine"}), ("set-role", {"participant": bob.id, "role": "co-host"}),
            ("transfer-host", {"participant": bob.id}), ("mute", {"participant": ada.id}), ("mute-all", {}),
            ("ask-unmute", {"participants": {ada.id: True}}),
            ("allow-speak", {"participant": bob.id, "allowed": True}),
            ("lower-hand", {"participant": ada.id}), ("lower-hands", {}), ("start-recording", {}),
            ("define-floor", {"floor": "pointer", "capacity": 1, "policy": "free"}),
            ("give-floor", {"floor": "screen", "participant": bob.id}),
            ("take-floor", {"floor": "spotlight"}), ("set-attribute", {"key": "a", "value": 1}), ("recall", {}),
            ("open-breakouts", {"rooms": {"Red": {}}}), ("close-breakouts", {}),
            ("assign", {"participant": bob.id, "breakout": 1}),
            ("transfer", {"participant": ada.id, "destination": ada.room.id}),
        ]:
            assert await outcome(bob, command, **members) == "not-permitted", command


async def test_a_demoted_host_with_commands_on_their_way(stage):
    async with bystanders(stage) as (room, ada, bob):
        assert await outcome(ada, "transfer-host", participant=bob.id) == "accepted"
        cleo = await stage.peer(name="Cleo", room=room)
        await bob.until(lambda: cleo.id in bob.room.people)
        # The one who was host has become co-host; now everything at once, and the demotion in the middle of it.
        both = asyncio.gather(
            outcome(bob, "set-role", participant=ada.id, role="participant"),
            *(outcome(ada, "set-role", participant=cleo.id, role=("speaker", "audience")[n % 2]) for n in range(20)))
        demoted, *commands = await both
        assert demoted == "accepted"
        assert set(commands) <= {"accepted", "not-permitted", "no-change"}, commands
        assert await outcome(ada, "lock") == "not-permitted"
        # What is refused once stays refused, and comes in the order of asking: nothing behind a refusal is accepted.
        judged = [code != "not-permitted" for code in commands]
        assert judged == sorted(judged, reverse=True), commands
        await same_state(ada, bob, cleo)


async def test_a_policy_that_no_device_can_meet(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room, abilities=device(H264))
    bob = await stage.peer(name="Bob", room=room, abilities=device(H264))
    await ada.until(lambda: bob.id in ada.room.people)
    before = ada.room.state["policy"]
    for rules in ({"videoCodecs": {"H264": 0}}, {"videoCodecs": {"": 1}}, {"videoCodecs": ["H264"]}, {"heightMax": 0}):
        code, _ = await refusal(ada, "configure", {"rules": rules})
        assert code == "invalid-settings", (rules, code)
    assert ada.room.state["policy"] == before
    # A codec that nobody here has is one that somebody may bring. Until then the room says in words that there is none.
    assert await outcome(ada, "configure", rules={"videoCodecs": {"AV1": 1}}) == "accepted"
    await same_state(ada, bob)
    policy = bob.room.state["policy"]
    assert policy["mode"] == "none" and "video" not in policy and policy["reason"].endswith("."), policy
    assert policy["audio"] == before["audio"], policy
    assert await outcome(ada, "configure", rules={"videoCodecs": None}) == "accepted"
    await same_state(ada, bob)
    assert bob.room.state["policy"]["video"] == before["video"]
    await unharmed(ada, bob)


async def test_an_alias_that_is_another_or_looks_like_one(stage):
    room = stage.room()
    async with bystanders(stage, room=room) as (_, ada, bob):
        mallory = await stage.peer()
        async with nothing_changes(ada, bob):
            for alias in (room.replace("o", "\u043e", 1), room + "\u200b", room.upper(), room + " ", room + "\n",
                          "\uff52" + room[1:], room + "\u0301", "\u202e" + room, room + "\0", "x" * 65, ""):
                await mallory.send({"type": "join", "id": 1, "room": alias, "name": "Ada"})
                rejected = await mallory.expect(type="rejected", of="join")
                assert rejected["code"] in ("invalid-alias", "invalid-member"), (alias, rejected)
        # It is taken: then it is that room, and not another one, and not anew.
        await mallory.send({"type": "join", "id": 1, "room": room, "settings": {"topic": "mine"}})
        snapshot = await mallory.expect(type="snapshot")
        assert snapshot["room"] == ada.room.id and "topic" not in snapshot["state"]["room"]
        assert snapshot["state"]["people"][snapshot["self"]]["role"] == "participant"
        await mallory.leave()
        await ada.until(lambda: len(ada.room.people) == 2)


@within(30)
async def test_a_chat_message_of_a_megabyte(stage):
    server = await stage.server("--grace-milliseconds", "1500")
    async with bystanders(stage, server) as (room, ada, bob):
        # What fits a frame is refused by name.
        for text, code in [("x" * 4_097, "too-long"), ("é" * 2_049, "too-long"), ("x" * 60_000, "too-long"),
                           ("", "invalid-member"), ("a\u0007b", "invalid-member"), (7, "invalid-member")]:
            await bob.send({"type": "chat", "room": bob.room.id, "cid": "c1", "text": text})
            rejected = await bob.expect(type="rejected", of="chat")
            assert (rejected["code"], rejected["member"], rejected["cid"]) == (code, "text", "c1"), rejected
        for cid in ("", "c" * 65, 1, None):
            await bob.send({"type": "chat", "room": bob.room.id, "cid": cid, "text": "hello"})
            await bob.expect_rejected("invalid-member", of="chat")
        # What does not ends its own connection by name, and nothing was said.
        raw = await stage.enter(RawSocket(server))
        mallory = await raw.hello(room, "Mallory")
        await ada.until(lambda: mallory["self"] in ada.room.people)
        sending = asyncio.create_task(
            raw.send({"type": "chat", "room": ada.room.id, "cid": "c1", "text": "x" * 1_000_000}))
        await raw.expect_close(1009)
        await asyncio.gather(sending, return_exceptions=True)
        await ada.send({"type": "chat-history", "room": ada.room.id})
        assert (await ada.expect(type="chat-history"))["messages"] == []
        await ada.send({"type": "chat", "room": ada.room.id, "cid": "c1", "text": "x" * 4_096})
        assert (await bob.expect(type="chat"))["n"] == 1
        await ada.until(lambda: len(ada.room.people) == 2, 8, "Mallory has left")


async def test_attributes_without_end(stage):
    async with bystanders(stage) as (_, ada, bob):
        for key, value, code in [
            ("", 1, "invalid-member"), ("K" * 65, 1, "invalid-member"), ("a b", 1, "invalid-member"),
            ("ok", "x" * 2_000, "too-long"), ("ok", [1], "invalid-member"), ("ok", 1.5, "invalid-member"),
            ("ok", {"a": None}, "invalid-member"), ("ok", 1 << 60, "invalid-member"),
        ]:
            assert (await refusal(ada, "set-attribute", {"key": key, "value": value}))[0] == code, (key, value)
        codes = []
        for number in range(140):
            while (code := await outcome(ada, "set-attribute", key=f"key-{number}", value=number)) == "rate-limited":
                await asyncio.sleep(0.05)
                ada.room.next_command -= 1
            codes.append(code)
        assert codes == ["accepted"] * 128 + ["too-many"] * 12, codes
        await same_state(ada, bob)
        assert len(bob.room.state["attributes"]) == 128
        own = [await outcome(bob, "set-attribute", key=f"key-{n}", value=n, participant=bob.id) for n in range(20)]
        assert own == ["accepted"] * 16 + ["too-many"] * 4, own
        assert await outcome(bob, "set-attribute", key="key-1", value=1, participant=ada.id) == "not-permitted"
        await same_state(ada, bob)


async def test_admitting_somebody_who_has_gone(stage):
    alias = stage.room()
    ada = await host(stage, alias, admission="approval")
    bob = await knock(stage, alias)
    me = await waiting(bob, "approval")
    await ada.until(lambda: me in ada.room.state.get("waiting", {}))
    await bob.command("leave")
    await ada.until(lambda: "waiting" not in ada.room.state)
    async with nothing_changes(ada):
        assert await outcome(ada, "admit", participants={me: True}) == "unknown-participant"
        assert await outcome(ada, "deny", participants={me: True}) == "unknown-participant"
        assert await outcome(ada, "admit", all=True) == "no-change"
        assert await outcome(ada, "admit", participants={ada.id: True}) == "no-change"
        for wrong in ({}, {"participants": {}}, {"participants": [me]}, {"participants": {"nobody": True}}, {"all": 1}):
            assert (await refusal(ada, "admit", wrong))[0] == "invalid-member", wrong


async def test_breakout_rooms_of_a_breakout_room(stage):
    async with bystanders(stage) as (room, ada, bob):
        assert await outcome(ada, "open-breakouts", rooms={"Red": {"people": {bob.id: True}}}) == "accepted"
        red = ada.room.state["breakouts"]["1"]["room"]
        second = await stage.peer(hello=False)
        await second.send({"type": "hello", "protocol": 1})
        await second.expect(type="welcome")
        # Who is not of the main room does not know of it.
        await second.send({"type": "join", "id": 1, "room": red, "name": "Mallory"})
        await second.expect_rejected("unknown-room", of="join")
        cleo = await stage.peer(name="Cleo", room=room)
        assert await outcome(ada, "set-role", participant=cleo.id, role="co-host") == "accepted"
        main = cleo.room.id
        await cleo.send({"type": "join", "id": 1, "room": red, "name": "Cleo"})
        await cleo.expect(type="snapshot", room=red)
        before = copy.deepcopy(cleo.rooms[red].state)
        for plan in ({"Blue": {}}, {"Blue": {"people": {cleo.rooms[red].me: True}}}):
            number = await cleo.command("open-breakouts", room=cleo.rooms[red], rooms=plan)
            await cleo.expect_rejected("nested-breakout", of="open-breakouts", id=number)
        assert cleo.rooms[red].state == before and len(ada.room.state["breakouts"]) == 1
        await cleo.command("leave", room=cleo.rooms[main])
        await ada.until(lambda: len(ada.room.people) == 2)
        assert await outcome(ada, "close-breakouts") == "accepted"
        await same_state(ada, bob)


@patient
@within(150)
async def test_members_of_every_wrong_kind(stage):
    """Each command of a meeting, with each of its members in every shape that it has not."""
    # One person asks all of it, so this one may.
    server = await stage.server("--messages-per-second", "1000", "--message-burst", "1000")
    async with bystanders(stage, server) as (_, ada, bob), nothing_changes(ada, bob):
        shapes = [None, True, 0, -1, 1.5, "", "\u0000", "x" * 300, [], {}, {"x": 1}, [[1]], 1 << 60]
        faults = 0
        for command, members in [
            ("admit", ["participants"]), ("deny", ["participants"]), ("remove", ["participant", "ban"]),
            ("invite", ["usesMax", "role", "expiresAt", "label"]), ("revoke", ["invitation"]), ("unban", ["ban"]),
            ("set-role", ["participant", "role"]), ("transfer-host", ["participant"]), ("mute", ["participant"]),
            ("give-floor", ["floor", "participant"]), ("define-floor", ["floor", "capacity", "policy"]),
            ("ask-consent", ["kind", "participants", "rule"]), ("answer-consent", ["consent", "answer"]),
            ("open-breakouts", ["rooms"]), ("assign", ["participant", "breakout"]),
            ("transfer", ["participant", "destination"]), ("set-attribute", ["key"]),
        ]:
            for member in members:
                for shape in shapes:
                    code, _ = await refusal(ada, command, {member: shape})
                    while code == "rate-limited":
                        await asyncio.sleep(0.1)
                        ada.room.next_command -= 1
                        code, _ = await refusal(ada, command, {member: shape})
                    faults += code in UNREADABLE
                    # One connection may not say more than 32 that cannot be read.
                    if faults == 30:
                        faults = 0
                        await ada.cut()
                        await ada.resume()
