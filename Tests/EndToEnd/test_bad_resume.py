"""Whatever is said by those who come back, or only seem to: refused by name, bounded, and nobody else notices."""

import asyncio
import base64
import contextlib
import json
import time

from company import COMINGS_AND_GOINGS, company, events, kinds, listen, same_state
from measures import gauges_that_are_not_zero, resident_megabytes
from parley_peer import ParleyPeer
from raw_socket import RawSocket
from stage import eventually, only_long, within

TOGETHER = 6


BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def made_up(kind, number):
    """A well-formed id that nobody has."""
    return f"{kind}_" + base64.urlsafe_b64encode(number.to_bytes(16, "big")).decode().rstrip("=")


@contextlib.asynccontextmanager
async def undisturbed(stage, server=None):
    """Ada and Bob, to whom nothing happens: no event but their own, same session, same state, signals go through."""
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    yield ada, bob
    for this, other in ((ada, bob), (bob, ada)):
        assert this.close_code is None, f"{this.name} lost the connection: {this.close_code}"
        n = await this.signal(other.id, "still here")
        await other.expect(type="signal", n=n, data="still here")
        await this.media(audio=not this.room.people[this.id]["media"]["audio"])
        assert kinds(this, *COMINGS_AND_GOINGS) == []
    await same_state(ada, bob)


async def say_resume(stage, server, session, secret, **members):
    """What the server answers to a hello with these words; the connection stays open. `(welcome, raw)`"""
    raw = await stage.enter(RawSocket(server))
    resume = {"session": session, "secret": secret} | members
    await raw.send({"type": "hello", "protocol": 1, "resume": resume})
    return await raw.expect(type="welcome"), raw


def assert_refused(welcome, ada, bob, why="unknown"):
    """A stranger, who has learned nothing but the name of the refusal."""
    assert not welcome["resumed"] and welcome["resumeRefused"] == why, welcome
    assert welcome["session"] not in (ada.welcome["session"], bob.welcome["session"])
    assert welcome["identity"] not in (ada.welcome["identity"], bob.welcome["identity"])


async def rejected_hello(stage, server, resume):
    """A hello that cannot be read is rejected by name; a better one is welcome on the same connection."""
    raw = await stage.enter(RawSocket(server))
    await raw.send({"type": "hello", "protocol": 1, "resume": resume})
    rejected = await raw.expect(type="rejected")
    assert (rejected["code"], rejected.get("of")) == ("invalid-member", "hello"), (resume, rejected)
    await raw.send({"type": "hello", "protocol": 1})
    await raw.expect(type="welcome")


# MARK: - Secrets


async def test_secrets_that_are_forged(stage):
    """Both while the owner is there and while he is away."""
    server = await stage.server()
    for is_away in (False, True):
        ada, bob = await company(stage, "Ada", "Bob", server=server)
        session, secret = bob.welcome["session"], bob.welcome["resume"]["secret"]
        if is_away:
            await bob.cut()
        other = "A" if secret[0] != "A" else "B"
        forged = [
            "", "x", other + secret[1:], secret[:-1] + other, secret[::-1], secret + other, secret + secret,
            secret.swapcase(), " " + secret, "A" * len(secret), "\u0000", "é😀", "x" * 60_000,
            ada.welcome["resume"]["secret"],
            # Its last character has bits that mean nothing.
            secret[:-1] + BASE64[BASE64.index(secret[-1]) ^ 1],
        ]
        for text in forged:
            welcome, _ = await say_resume(stage, server, session, text, rooms={bob.room.id: bob.room.at})
            assert_refused(welcome, ada, bob)
            welcome, _ = await say_resume(stage, server, session, text)
            assert_refused(welcome, ada, bob)
        if is_away:
            assert (await bob.resume())["resumed"]
        await bob.media(audio=True)
        await same_state(ada, bob)
        assert kinds(ada, "left", "joined") == []


async def test_secrets_that_are_cut_short(stage):
    """At every character."""
    server = await stage.server()
    async with undisturbed(stage, server) as (ada, bob):
        session, secret = bob.welcome["session"], bob.welcome["resume"]["secret"]
        for length in range(len(secret)):
            welcome, raw = await say_resume(stage, server, session, secret[:length], rooms={})
            assert_refused(welcome, ada, bob)
            raw.writer.transport.abort()


async def test_secrets_that_are_no_strings(stage):
    server = await stage.server()
    async with undisturbed(stage, server) as (ada, bob):
        session, secret = bob.welcome["session"], bob.welcome["resume"]["secret"]
        for wrong in (None, 7, True, [secret], {"secret": secret}):
            await rejected_hello(stage, server, {"session": session, "secret": wrong})
        for wrong in (None, 7, "", "x", "s_short", secret, "p" + session[1:], session + "A", [session]):
            await rejected_hello(stage, server, {"session": wrong, "secret": secret})
        for wrong in (7, "resume", [], None, {}, {"session": session}, {"secret": secret}):
            await rejected_hello(stage, server, wrong)


async def test_the_secret_before_is_good_and_the_one_before_that_is_not(stage):
    server = await stage.server()
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    first, me = bob.welcome, bob.id
    await bob.cut()
    second = await bob.resume()
    await bob.cut()
    third = await bob.resume()
    # The welcome with the third one was lost, say.
    await bob.cut()
    welcome, _ = await say_resume(
        stage, server, first["session"], first["resume"]["secret"], rooms={bob.room.id: bob.room.at})
    assert_refused(welcome, ada, bob, "outdated")
    # Twice in a row: each answer may be lost.
    for _ in range(3):
        await bob.cut()
        again = await bob.resume(secret=second["resume"]["secret"])
        assert again["resumed"] and bob.id == me
    # Whoever has used that one has given up the third.
    await bob.cut()
    welcome, _ = await say_resume(
        stage, server, first["session"], third["resume"]["secret"], rooms={bob.room.id: bob.room.at})
    assert_refused(welcome, ada, bob, "outdated")
    assert (await bob.resume())["resumed"]
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert kinds(ada, "left", "joined") == []


async def test_the_session_of_somebody_else(stage):
    server = await stage.server()
    async with undisturbed(stage, server) as (ada, bob):
        mallory = await stage.peer(server, name="Mallory", room=stage.room())
        own = mallory.welcome["resume"]["secret"]
        for victim in (ada, bob):
            rooms = {victim.room.id: victim.room.at}
            welcome, raw = await say_resume(stage, server, victim.welcome["session"], own, rooms=rooms)
            assert_refused(welcome, ada, bob)
            # No frame of that room comes, and no command to it is taken.
            await raw.send({"type": "media", "id": 2, "room": victim.room.id, "audio": True})
            assert (await raw.expect(type="rejected"))["code"] == "not-joined"
            await raw.send({"type": "pulse", "room": victim.room.id, "kind": "spy"})
            assert (await raw.expect(type="rejected"))["code"] == "not-joined"
        await mallory.media(audio=True)


async def test_a_secret_of_another_server(stage):
    """Two that know nothing of each other."""
    here, there = await stage.server("--log-level", "warning"), await stage.server()
    async with undisturbed(stage, there) as (ada, bob):
        stranger = await stage.peer(here, name="Stranger", room=stage.room())
        welcome, _ = await say_resume(
            stage, there, stranger.welcome["session"], stranger.welcome["resume"]["secret"], rooms={})
        assert_refused(welcome, ada, bob)
        assert welcome["identity"] != stranger.welcome["identity"]


async def test_a_session_that_is_over(stage):
    server = await stage.server("--grace-milliseconds", "1000")
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    gone, secret = bob.id, bob.welcome["resume"]["secret"]
    await bob.cut()
    await ada.until(lambda: gone not in ada.room.people, what="Bob has left")
    # Forged or right, it comes back to nothing; only the right one proves who comes.
    for text, why in ((secret[:-1], "unknown"), (secret, "over"), (secret, "over")):
        welcome, raw = await say_resume(stage, server, bob.welcome["session"], text, rooms={bob.room.id: bob.room.at})
        assert not welcome["resumed"] and welcome["session"] != bob.welcome["session"]
        assert welcome["resumeRefused"] == why
        assert (welcome["identity"] == bob.welcome["identity"]) == (why == "over")
        assert (await raw.expect(type="rejected", of="resume"))["code"] == "not-joined"
    await ada.media(audio=True)
    assert kinds(ada, "left") == ["left"] and len(ada.room.people) == 1


@within(60)
async def test_two_thousand_forged_secrets(stage):
    """They cost what any stranger costs, and nothing once they are gone."""
    server = await stage.server("--grace-milliseconds", "1000")
    async with undisturbed(stage, server) as (ada, bob):
        session, slots = bob.welcome["session"], asyncio.Semaphore(20)

        async def guess(number):
            async with slots, RawSocket(server) as raw:
                resume = {"session": session, "secret": f"{number:022d}", "rooms": {bob.room.id: bob.room.at}}
                await raw.send({"type": "hello", "protocol": 1, "resume": resume})
                assert_refused(await raw.expect(type="welcome", seconds=20), ada, bob)

        sizes = []
        for _ in range(2):
            await asyncio.gather(*(guess(number) for number in range(1000)))

            async def settled():
                left = await gauges_that_are_not_zero(server)
                return left.get("parley_connections_open") == 2 and "parley_sessions_detached" not in left

            await eventually(settled, 6, "nothing is left of the strangers")
            sizes.append(resident_megabytes(server))
        assert sizes[1] - sizes[0] < 4, f"it grows: {sizes}"


# MARK: - Positions


async def positions(stage, wrong):
    """Coming back with each of these positions brings a snapshot, and everything is right afterwards."""
    ada, bob = await company(stage, "Ada", "Bob")
    me = bob.id
    for position in wrong(bob.room.at):
        await bob.cut()
        await ada.media(audio=not ada.room.people[ada.id]["media"]["audio"])
        before = len(bob.transcript)
        welcome = await bob.resume(rooms={bob.room.id: position})
        assert welcome["resumed"] and bob.id == me
        await bob.until(lambda: bob.room.at == ada.room.at, what=f"the state after {position}")
        kinds_now = [json.loads(text)["type"] for text in bob.transcript[before:]]
        assert kinds_now.count("snapshot") == 1 and "rejected" not in kinds_now, (position, kinds_now)
        assert kinds_now.count("events") == 0, "a snapshot and a replay"
    await bob.media(video=True)
    await same_state(ada, bob)
    assert kinds(ada, "left", "joined") == []


async def test_a_position_in_the_future(stage):
    await positions(stage, lambda at: [
        [at[0], at[1] + 1, at[2]], [at[0], at[1] + 1000, at[2]], [at[0], 2**53 - 1, at[2]],
        [at[0], at[1] + 1, "f" * 16]])


async def test_a_position_of_another_generation(stage):
    await positions(stage, lambda at: [
        [at[0] + 1, at[1], at[2]], [at[0] + 1, 1, at[2]], [2**32 - 1, 2**53 - 1, at[2]]])


async def test_a_position_with_another_uid(stage):
    await positions(stage, lambda at: [
        [at[0], at[1], "0" * 16], [at[0], at[1] - 1, at[2]], [at[0], 1, "f" * 16]])


async def test_a_position_of_another_room(stage):
    other = await stage.peer(name="Elsewhere", room=stage.room())
    for _ in range(3):
        await other.media(audio=not other.room.people[other.id]["media"]["audio"])
    await positions(stage, lambda at: [other.room.at, [at[0], at[1], other.room.at[2]]])
    assert other.close_code is None


async def test_positions_that_are_none(stage):
    server = await stage.server()
    async with undisturbed(stage, server) as (ada, bob):
        session, secret, at = bob.welcome["session"], bob.welcome["resume"]["secret"], bob.room.at
        for wrong in (
            7, "1,2,3", True, {}, [], [1], at[:2], [*at, 1], [-1, *at[1:]], [1.5, *at[1:]],
            [at[0], -1, at[2]], [at[0], 2**53, at[2]], [at[0], at[1], 7], [at[0], at[1], ""],
            [at[0], at[1], "x" * 16], [at[0], at[1], "0" * 17], [at[0], at[1], at[2].upper() + " "],
        ):
            await rejected_hello(
                stage, server, {"session": session, "secret": secret, "rooms": {bob.room.id: wrong}})
        for wrong in (7, [], "r", {"blue-fox": at}, {"r_short": at}, {made_up("r", n): None for n in range(17)}):
            await rejected_hello(stage, server, {"session": session, "secret": secret, "rooms": wrong})


async def test_rooms_of_other_people(stage):
    """Named in a genuine return: refused one by one, and nothing of theirs is told."""
    server = await stage.server()
    async with undisturbed(stage, server) as (ada, bob):
        mallory = await stage.peer(server, name="Mallory", room=stage.room())
        await mallory.cut()
        unknown = made_up("r", 0)
        rooms = {mallory.room.id: mallory.room.at, ada.room.id: ada.room.at, unknown: None}
        before = len(mallory.transcript)
        assert (await mallory.resume(rooms=rooms))["resumed"]
        for room in (ada.room.id, unknown):
            await mallory.expect_rejected("not-joined", of="resume", room=room)
        await mallory.media(audio=True)
        told = [text for text in mallory.transcript[before:] if ada.room.id in text]
        assert len(told) == 1 and '"rejected"' in told[0], told
        # A room that is not there and one that is none of his business have the same answer.
        answers = {text.replace(ada.room.id, "ROOM").replace(unknown, "ROOM")
                   for text in mallory.transcript[before:] if '"rejected"' in text}
        assert len(answers) == 1, answers


# MARK: - Acknowledgements


async def test_acknowledging_what_was_never_sent(stage):
    async with undisturbed(stage) as (ada, bob):
        mallory = await stage.peer(name="Mallory", room=ada.room.state["room"]["alias"])
        await ada.expect_event("joined", participant=mallory.id)
        for peer in (ada, bob):
            listen(peer)
        await ada.signal(mallory.id, "one")
        await mallory.expect(type="signal", data="one")
        for n in (2, 1000, 2**53 - 1):
            await mallory.send({"type": "beat", "ack": {ada.id: n}})
            assert (await mallory.expect_rejected("invalid-member", of="beat"))["member"] == "ack"
        # Somebody who has never sent anything.
        await mallory.send({"type": "beat", "ack": {bob.id: 1}})
        assert (await mallory.expect_rejected("invalid-member", of="beat"))["member"] == "ack"
        # Nobody, somebody else's, and what is history: no business of anybody, so ignored.
        await mallory.send({"type": "beat", "ack": {made_up("p", 7): 5, mallory.id: 3}})
        await mallory.send({"type": "beat", "ack": {ada.id: 1}})
        await mallory.send({"type": "beat", "ack": {ada.id: 1}})
        for wrong in (-1, 1.5, "1", None, 2**53, [1]):
            await mallory.send({"type": "beat", "ack": {ada.id: wrong}})
            await mallory.expect_rejected("invalid-member", of="beat")
        for wrong in (7, [], "all", {"nobody": 1}):
            await mallory.send({"type": "beat", "ack": wrong})
            await mallory.expect_rejected("invalid-member", of="beat")
        # What she has really got is delivered, and no more: Ada's own check would fail otherwise.
        await ada.until(lambda: ada.delivered.get(mallory.id) == 1, what="delivered")
        await ada.signal(mallory.id, "two")
        await mallory.expect(type="signal", data="two")
        gone = mallory.id
        await mallory.leave()
        for peer in (ada, bob):
            await peer.until(lambda: gone not in peer.room.people, what="Mallory has left")
            listen(peer)


async def test_coming_back_with_more_than_was_ever_sent(stage):
    """`received` is an acknowledgement, too."""
    ada, bob = await company(stage, "Ada", "Bob")
    await ada.signal(bob.id, "one")
    await bob.expect(type="signal", data="one")
    for n in (2, 2**53 - 10):
        await bob.cut()
        await ada.signal(bob.id, f"while away {n}")
        bob.received[ada.id] += n
        welcome = await bob.resume()
        assert welcome["resumed"]
        rejected = await bob.expect(type="rejected")
        assert rejected["code"] == "invalid-member", rejected
        # Nothing is taken for delivered that was not: it comes, and is acknowledged.
        bob.received[ada.id] -= n
        bob.acknowledged = {}
        await bob.cut()
        assert (await bob.resume())["resumed"]
        await bob.expect(type="signal", data=f"while away {n}")
    await ada.until(lambda: ada.delivered.get(bob.id) == 3, what="delivered")
    await same_state(ada, bob)
    assert kinds(ada, "left", "joined") == []


async def test_received_of_people_one_has_never_met(stage):
    server = await stage.server()
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    await bob.cut()
    bob.received |= {made_up("p", n): n for n in range(1, 1000)}
    assert (await bob.resume())["resumed"]
    await bob.media(audio=True)
    await same_state(ada, bob)
    session, secret = bob.welcome["session"], bob.welcome["resume"]["secret"]
    many = {made_up("p", n): 1 for n in range(1025)}
    for wrong in (many, 7, [], {"nobody": 1}, {ada.id: -1}, {ada.id: "1"}, {ada.id: None}):
        await rejected_hello(stage, server, {"session": session, "secret": secret, "rooms": {}, "received": wrong})
    assert bob.close_code is None


# MARK: - Command numbers


async def test_command_numbers_that_jump(stage):
    async with undisturbed(stage) as (ada, bob):
        mallory = await stage.peer(name="Mallory", room=stage.room())
        room = mallory.room.id
        for id in (3, 100, 2**53 - 1):
            await mallory.send({"type": "media", "id": id, "room": room, "audio": True})
            assert (await mallory.expect_rejected("command-gap", of="media", id=id))["expected"] == 2
        # Also over a return.
        await mallory.cut()
        await mallory.resume()
        await mallory.send({"type": "media", "id": 3, "room": room, "audio": True})
        assert (await mallory.expect_rejected("command-gap", of="media", id=3))["expected"] == 2
        for id in (0, -1, 1.5, "2", None, 2**53, [2], True):
            await mallory.send({"type": "media", "id": id, "room": room, "audio": True})
            assert (await mallory.expect_rejected("invalid-member", of="media"))["member"] == "id"
        await mallory.media(audio=True)


async def test_command_numbers_that_repeat(stage):
    """Whatever is said under a number that was used: the first outcome holds, and nothing happens a second time."""
    ada, bob = await company(stage, "Ada", "Bob")
    room = bob.room.id
    await bob.media(audio=True)
    await bob.command("media", audio=True)
    await bob.expect_rejected("no-change", of="media", id=3)
    for _ in range(2):
        for _ in range(5):
            await bob.send({"type": "media", "id": 2, "room": room, "audio": False, "video": True})
            await bob.send({"type": "media", "id": 3, "room": room, "video": True})
            await bob.expect_rejected("no-change", of="media", id=3)
            await bob.send({"type": "leave", "id": 2, "room": room})
        await bob.cut()
        await bob.resume()
    await bob.media(audio=False)
    await same_state(ada, bob)
    assert [event["id"] for event in events(ada, "media-changed")] == [2, 4]
    assert ada.room.people[bob.id]["media"] == {"audio": False, "video": False, "screen": False}


async def test_command_numbers_that_go_back(stage):
    """Far back: more than any server remembers outcomes of."""
    ada, bob = await company(stage, "Ada", "Bob")
    room = bob.room.id
    for step in range(100):
        await bob.media(audio=step % 2 == 0)
    for id in (1, 2, 50, 100, 101):
        await bob.send({"type": "media", "id": id, "room": room, "video": True})
    await bob.send({"type": "join", "id": 1, "room": room, "name": "Bob again"})
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert [event["id"] for event in events(ada, "media-changed")] == list(range(2, 103))
    assert not ada.room.people[bob.id]["media"]["video"] and len(ada.room.people) == 2


async def test_signal_numbers_over_a_return(stage):
    """They jump, repeat, go back: each by name or without effect."""
    ada, bob = await company(stage, "Ada", "Bob")
    for n in range(1, 4):
        await bob.signal(ada.id, n)
    await ada.until(lambda: ada.received.get(bob.id) == 3)
    await bob.cut()
    await bob.resume()
    await bob.send({"type": "signal", "to": ada.id, "n": 9, "floor": 1, "data": "jump"})
    assert (await bob.expect_rejected("signal-gap", of="signal", n=9))["expected"] == 4
    for n in (1, 2, 3):
        await bob.send({"type": "signal", "to": ada.id, "n": n, "floor": 1, "data": "another text under that number"})
    await bob.signal(ada.id, 4)
    await ada.until(lambda: ada.received.get(bob.id) == 4, what="the next one")
    assert [frame["data"] for frame in ada.heard if frame["type"] == "signal"] == [1, 2, 3, 4]
    assert not [frame for frame in bob.frames if frame["type"] == "rejected"], "a repetition was refused"


# MARK: - A client that acknowledges nothing


class Mute(ParleyPeer):
    """Reads everything, answers pings, and acknowledges nothing."""

    async def acknowledge(self):
        pass


async def mute(stage, server, room):
    peer = await stage.enter(Mute(server.connect_address, name="Mute", room=room))
    stage.peers.append(peer)
    return peer


async def fill(sender, recipient, data):
    """Signals until one is refused; how many were taken, and the refusal."""
    count = 0
    while True:
        n = await sender.signal(recipient, data)
        count += 1
        if count % 16 == 0:
            # Whatever was refused has been told by now: the answer to a command comes behind it.
            await sender.command("media", audio=not sender.room.people[sender.id]["media"]["audio"])
            await sender.until(lambda: not any("id" in m for m in sender.unsettled), what="the command's outcome")
        refusals = [f for f in sender.frames if f["type"] == "rejected" and f["code"] == "mailbox-full"]
        if refusals:
            first = min(refusals, key=lambda frame: frame["n"])
            sender.sent[recipient] = first["n"] - 1
            sender.frames.clear()
            return first["n"] - 1, first
        assert n < 2000, "no end of it"


@within(60)
async def test_who_acknowledges_nothing_has_a_full_mailbox(stage):
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    ada, bob, eve = await company(stage, "Ada", "Bob", "Eve", server=server)
    deaf, dumb = [await mute(stage, server, ada.room.state["room"]["alias"]) for _ in range(2)]
    await ada.until(lambda: dumb.id in ada.room.people, what="the mute ones")
    taken, refusal = await fill(ada, deaf.id, "small")
    assert taken == ada.welcome["limits"]["unacknowledgedSignalsMax"], taken
    assert (refusal["code"], refusal["to"], refusal["of"]) == ("mailbox-full", deaf.id, "signal")
    assert refusal["retryAfterMilliseconds"] > 0
    # Everybody else goes on, in all directions.
    await ada.signal(bob.id, "we go on")
    await bob.expect(type="signal", data="we go on")
    await bob.signal(dumb.id, "to the other mute one")
    await dumb.expect(type="signal", data="to the other mute one")
    # The mailbox is that of the recipient, whoever sends.
    await bob.signal(deaf.id, "refused")
    await bob.expect_rejected("mailbox-full", of="signal", to=deaf.id)
    bob.sent[deaf.id] -= 1
    await deaf.signal(eve.id, "and I still speak")
    await eve.expect(type="signal", data="and I still speak")
    # Bigger ones: bounded by bytes, per recipient, long before 256 of them.
    taken, refusal = await fill(eve, dumb.id, "x" * 20_000)
    assert taken < 40, taken
    # A loss changes nothing: all that waits comes again, in order, and it is still full.
    await deaf.cut()
    deaf.received = {}
    await deaf.resume()
    await deaf.until(lambda: deaf.received.get(ada.id) == 256, what="all that waits")
    await ada.signal(deaf.id, "once more")
    await ada.expect_rejected("mailbox-full", of="signal", to=deaf.id)
    ada.sent[deaf.id] -= 1
    # As soon as it acknowledges, it goes on.
    await ParleyPeer.acknowledge(deaf)
    await ada.until(lambda: ada.delivered.get(deaf.id, 0) >= 256, what="delivered")
    await ada.signal(deaf.id, "again")
    await deaf.expect(type="signal", data="again")
    await bob.media(audio=True)
    await same_state(ada, bob, eve, deaf, dumb)


async def knocking(stage, seconds):
    """For that long, many senders try again and again to reach one that acknowledges nothing."""
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    names = [f"Sender {n}" for n in range(8)]
    senders = await company(stage, *names, server=server)
    deaf = await mute(stage, server, senders[0].room.state["room"]["alias"])
    for sender in senders:
        await sender.until(lambda: deaf.id in sender.room.people)
    text, refused, sizes, until = "x" * 3000, 0, [], time.monotonic() + seconds
    pauses = []
    while time.monotonic() < until:
        for sender in senders:
            for _ in range(20):
                await sender.signal(deaf.id, text)
        began = time.monotonic()
        await senders[0].media(audio=not senders[0].room.people[senders[0].id]["media"]["audio"])
        pauses.append(time.monotonic() - began)
        await eventually(lambda: all(sender.room.at == senders[0].room.at for sender in senders))
        for sender in senders:
            codes = {frame["code"] for frame in sender.frames if frame["type"] == "rejected"}
            assert codes <= {"mailbox-full", "signal-gap"}, codes
            refused += len(codes)
            expected = [frame["n"] for frame in sender.frames if frame.get("code") == "mailbox-full"]
            if expected:
                sender.sent[deaf.id] = min(expected) - 1
            sender.frames.clear()
            sender.transcript.clear()
            sender.heard.clear()
            sender.unsettled = [m for m in sender.unsettled if m.get("to") != deaf.id]
        sizes.append(resident_megabytes(server))
    assert refused > 0
    # What is kept for one recipient is half a megabyte at most; the rest of the growth is the allocator's.
    middle = sizes[len(sizes) // 2]
    print(f"     resident megabytes at first {sizes[0]:.1f}, half way {middle:.1f}, at last {sizes[-1]:.1f}; "
          f"the slowest command took {max(pauses) * 1000:.0f} ms")
    assert sizes[-1] - middle < 4, f"it grows: {sizes}"
    assert deaf.close_code is None and not deaf.violations
    await senders[1].signal(senders[0].id, "all is well")
    await senders[0].expect(type="signal", data="all is well")


@within(60)
async def test_knocking_at_a_full_mailbox_takes_no_memory(stage):
    await knocking(stage, 6)


@only_long
@within(300)
async def test_knocking_at_a_full_mailbox_for_minutes(stage):
    await knocking(stage, 120)
