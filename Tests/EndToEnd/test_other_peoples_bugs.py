"""The complaints about other signaling servers, class by class: each situation rebuilt, and what happens here.

The threads that tell of it are named as repository#number in each test.
"""

import asyncio
import contextlib
import copy
import json
import os
import random
import shutil
import time
from pathlib import Path

from client_process import LastingClient
from company import COMINGS_AND_GOINGS, company, events, kinds, listen, nobody_noticed, same_state, seen_by
from measures import gauges_that_are_not_zero, metrics, resident_megabytes
from parley_peer import ParleyPeer
from processes import ClientProcess
from raw_socket import CLOSE, PING, PONG, RawSocket, frame
from rough_network import RoughNetwork
from stage import eventually, only_long, within
from state import state_hash
from testimony import check

TOGETHER = 8

# What is promised in seconds, and what a busy machine may add.
SLACK = 2.5


# MARK: - A: a reconnect loses events


async def test_a_reconnect_loses_events_who_left_meanwhile_is_gone(stage):
    """livekit/client-sdk-js#561, livekit/livekit#4241: somebody leaves while I reconnect, and I go on seeing him."""
    for position in ("replay", "snapshot"):
        ada, bob, carol, dave = await company(stage, "Ada", "Bob", "Carol", "Dave")
        gone = carol.id
        await bob.cut()
        await carol.leave()
        await dave.media(video=True)
        late = await stage.peer(name="Late", room=ada.room.state["room"]["alias"])
        await bob.resume(rooms=None if position == "replay" else {bob.room.id: None})
        await bob.until(lambda: bob.room.at == ada.room.at, what="what was missed")
        if position == "replay":
            assert kinds(bob, *COMINGS_AND_GOINGS) == ["left", "joined"]
        assert gone not in bob.room.people and late.id in bob.room.people
        assert bob.room.people[dave.id]["media"]["video"]
        await same_state(ada, bob, dave, late)


async def test_a_reconnect_loses_events_the_first_join_after_it_is_no_list(stage):
    """nextcloud/spreed#14732: the first `joined` after a return was taken for all there are; the others vanished."""
    ada, bob, carol = await company(stage, "Ada", "Bob", "Carol")
    await bob.cut()
    await bob.resume()
    late = await stage.peer(name="Late", room=ada.room.state["room"]["alias"])
    await bob.expect_event("joined", participant=late.id)
    assert set(bob.room.people) == {ada.id, bob.id, carol.id, late.id}
    assert kinds(bob, "left") == []
    await same_state(ada, bob, carol, late)


async def test_a_reconnect_loses_events_ways_back_that_overlap(stage):
    """nextcloud/spreed#7089, #1971, #5316: a second reconnect while the first is under way; one is forgotten."""
    ada, bob = await company(stage, "Ada", "Bob")
    began = time.monotonic()
    await bob.cut()
    me, held = bob.id, {bob.room.id: bob.room.at}
    tries = [await stage.peer(hello=False) for _ in range(5)]
    for this in tries:
        this.welcome, this.rooms = bob.welcome, bob.rooms
    await asyncio.gather(*(this.resume(rooms=held) for this in tries), return_exceptions=True)
    await eventually(lambda: sum(this.close_code is None for this in tries) == 1, what="one that has won")
    seconds = time.monotonic() - began
    (winner,) = [this for this in tries if this.close_code is None]
    assert {this.close_code for this in tries if this is not winner} == {4509}
    # Nothing more happens: it is the session, whole, and the others have heard nothing.
    await asyncio.sleep(1.5)
    assert winner.close_code is None
    await winner.send({"type": "media", "id": 2, "room": ada.room.id, "audio": True})
    await ada.expect_event("media-changed", by=me, id=2)
    nobody_noticed(ada, seconds)
    for this in tries:
        this.violations.clear()


async def quiet_then_cut(stage, seconds):
    ada, bob = await company(stage, "Ada", "Bob")
    await asyncio.sleep(seconds)
    await bob.cut()
    await ada.media(audio=True)
    before = len(bob.transcript)
    assert (await bob.resume())["resumed"]
    await bob.expect_event("media-changed", by=ada.id)
    assert not [text for text in bob.transcript[before:] if text.startswith('{"type":"snapshot"')]
    await same_state(ada, bob)


async def test_a_reconnect_loses_events_after_a_long_quiet_time(stage):
    """socketio/socket.io#5282: a connection on which nothing was said for long cannot be recovered."""
    await quiet_then_cut(stage, 7)


@only_long
@within(150)
async def test_a_reconnect_loses_events_after_minutes_of_quiet(stage):
    """socketio/socket.io#5282, for longer."""
    await quiet_then_cut(stage, 100)


@within(60)
async def test_a_reconnect_loses_events_the_second_time(stage):
    """socketio/socket.io#4880: recovery works once."""
    ada, bob = await company(stage, "Ada", "Bob")
    slowest = 0
    for round in range(50):
        began = time.monotonic()
        await bob.cut()
        number = await ada.command("media", audio=round % 2 == 0)
        assert (await bob.resume())["resumed"], f"refused the time number {round + 1}"
        slowest = max(slowest, time.monotonic() - began)
        await bob.expect_event("media-changed", by=ada.id, id=number)
    await same_state(ada, bob)
    nobody_noticed(ada, slowest)


async def test_a_reconnect_loses_events_before_the_first_event(stage):
    """socketio/socket.io#4733, #4968: no offset is known before the first event, so nothing can be recovered."""
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    bob = await stage.peer(name="Bob", room=room)
    listen(bob)
    assert len(bob.room.entries) == 1, "nothing but the snapshot"
    await bob.cut()
    await ada.media(audio=True)
    await ada.signal(bob.id, "hello?")
    await bob.resume()
    await bob.expect(type="signal", data="hello?")
    assert len(events(bob, "media-changed")) == 1
    await same_state(ada, bob)


async def test_a_reconnect_loses_events_after_something_volatile(stage):
    """socketio/socket.io#5539: one volatile message with a string destroys the offset, and with it the recovery."""
    ada, bob = await company(stage, "Ada", "Bob")
    for data in ("a string", "", 7, None, True, ["a", {"b": []}], {"id": 1, "at": [1, 2, "3"]}):
        await ada.send({"type": "pulse", "room": ada.room.id, "kind": "volatile", "data": data})
        await bob.expect(type="pulse", data=data)
        await bob.cut()
        await ada.send({"type": "pulse", "room": ada.room.id, "kind": "volatile", "data": data})
        await ada.media(audio=not ada.room.people[ada.id]["media"]["audio"])
        await bob.resume()
        await bob.until(lambda: bob.room.at == ada.room.at, what="the event behind the pulse")
    await same_state(ada, bob)


async def test_a_reconnect_loses_events_the_last_words_before_the_end(stage):
    """livekit/livekit#4776: what is said right before the socket closes is lost."""
    server = await stage.server()
    (ada,) = await company(stage, "Ada", server=server)
    for goodbye in (True, False):
        raw = await stage.enter(RawSocket(server))
        snapshot = await raw.hello(ada.room.state["room"]["alias"], "Bob")
        # One packet: a command, a signal, and the end.
        last = {"type": "media", "id": 2, "room": snapshot["room"], "audio": True}
        signal = {"type": "signal", "to": ada.id, "n": 1, "floor": 1, "data": "my last words"}
        await raw.send_bytes(frame(json.dumps(last)) + frame(json.dumps(signal))
                             + (frame(b"\x03\xe8", CLOSE) if goodbye else b""))
        if not goodbye:
            raw.writer.write_eof()
        await ada.expect(type="signal", data="my last words")
        # Perhaps in one frame.
        wanted = ["media-changed", "left" if goodbye else "interrupted"]
        await ada.until(lambda: kinds(ada, *wanted) == wanted, what="the command, then the end")
        ada.heard.clear()


@within(30)
async def test_a_reconnect_loses_events_nobody_is_thrown_out_who_is_back(stage):
    """mattermost/mattermost-plugin-calls#381, #1283: thrown out although reconnected; a session forgotten for 30 s."""
    server = await stage.server("--grace-milliseconds", "2000")
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    # Away for longer than the grace in all, but never at once.
    for _ in range(3):
        await bob.cut()
        await asyncio.sleep(1.4)
        assert (await bob.resume())["resumed"]
    await asyncio.sleep(2.5)
    assert kinds(ada, "left") == []
    assert kinds(ada, "interrupted", "resumed") == ["interrupted", "resumed"] * 3
    await same_state(ada, bob)


@within(30)
async def test_a_reconnect_loses_events_whoever_has_lost_one_anyway_finds_out(stage):
    """livekit/client-sdk-js#561, nextcloud/spreed#14732: a client that is wrong about the room stays wrong. Here the
    beat brings the hash of what it should hold, and one question mends it."""
    server = await stage.server("--log-level", "warning")
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    # A bug of Bob's client: it forgets something.
    del bob.room.people[ada.id]["name"]
    wrong = state_hash(bob.room.state)
    # He compares, as every client does.
    await bob.until(lambda: bob.violations, 10, "the proof that he is wrong")
    assert "another one" in bob.violations.pop(), bob.violations
    told = next(json.loads(text) for text in reversed(bob.transcript) if '"hash"' in text)["rooms"][bob.room.id]
    assert told["at"] == bob.room.at and told["hash"] == state_hash(ada.room.state) != wrong
    await bob.send({"type": "resync", "room": bob.room.id, "at": bob.room.at, "hash": wrong})
    snapshot = await bob.expect(type="snapshot")
    assert snapshot["events"] == [] and snapshot["self"] == bob.id
    await same_state(ada, bob)
    await bob.media(audio=True)
    await same_state(ada, bob)

    async def counted():
        _, values = await metrics(server)
        return values["parley_state_differences_total"] == 1 and values["parley_resyncs_total"] == 1

    await eventually(counted, what="the difference is counted")


# MARK: - B: ghosts


@within(40)
async def test_b_ghosts_after_a_pulled_cable(stage):
    """twilio/twilio-video.js#1361, livekit/livekit#2077, jitsi/jitsi-meet#7688: gone, and shown for 20 s to 10 min."""
    server = await stage.server("--grace-milliseconds", "3000")
    network = await stage.enter(RoughNetwork(server))
    ada, bob = await company(stage, "Ada", "Bob", server=server, networks={"Bob": network})
    gone = bob.id
    network.dark()
    began = time.monotonic()
    await ada.expect_event("interrupted", participant=gone, seconds=5 + SLACK)
    noticed = time.monotonic() - began
    assert ada.room.people[gone]["connection"] == "interrupted"
    event = await ada.expect_event("left", participant=gone, seconds=3 + SLACK)
    print(f"     interrupted {noticed:.2f} s after the cable was pulled (promised: 5), "
          f"left {time.monotonic() - began - noticed:.2f} s later (grace: 3)")
    assert event["reason"] == "disconnected"
    assert set(ada.room.people) == {ada.id}
    await asyncio.sleep(1)
    assert kinds(ada, *COMINGS_AND_GOINGS) == ["interrupted", "left"]
    await bob.cut()


@within(40)
async def test_b_ghosts_however_a_socket_ends(stage):
    """jitsi/jitsi-meet#7688, janus-gateway#862: an app that is killed or changes its network stays for a minute."""
    server = await stage.server("--grace-milliseconds", "1500")
    (ada,) = await company(stage, "Ada", server=server)
    alias = ada.room.state["room"]["alias"]

    async def reset(raw):
        raw.writer.transport.abort()

    async def half_close(raw):
        raw.writer.write_eof()

    async def half_a_frame(raw):
        await raw.send_bytes(frame('{"type":"beat"}')[:9])
        raw.writer.transport.abort()

    async def nonsense(raw):
        await raw.send_bytes(b"\xff" * 20)

    async def unknown_code(raw):
        await raw.send_bytes(frame(b"\x0b\xb8", CLOSE))

    endings = (reset, half_close, half_a_frame, nonsense, unknown_code)
    raws = [await stage.enter(RawSocket(server)) for _ in endings]
    ids = [(await raw.hello(alias, "Somebody"))["self"] for raw in raws]
    for end, raw in zip(endings, raws):
        await end(raw)
    for end, id in zip(endings, ids):
        await ada.until(lambda: id not in ada.room.people, 1.5 + 1.5 + SLACK, f"{id} has left after {end.__name__}")
    await asyncio.sleep(0.5)
    assert sorted(event["participant"] for event in events(ada, "left")) == sorted(ids)


@within(30)
async def test_b_ghosts_of_whoever_made_the_room(stage):
    """jitsi/jitsi-meet#6338, #15537: the creator drops out and stays as a ghost that nobody can remove."""
    server = await stage.server("--grace-milliseconds", "1500")
    host, ada, bob = await company(stage, "Host", "Ada", "Bob", server=server)
    gone = host.id
    assert ada.room.people[gone]["role"] == "host"
    await host.cut()
    for peer in (ada, bob):
        await peer.until(lambda: gone not in peer.room.people, 3 + SLACK, "the host has left")
    late = await stage.peer(server, name="Late", room=ada.room.state["room"]["alias"])
    assert gone not in late.room.people
    await ada.media(audio=True)
    await same_state(ada, bob, late)


@within(40)
async def test_b_ghosts_nobody_has_to_say_that_they_live(stage):
    """element-hq/element-call#3580, #3684, #60, tuwunel#178: `leave` has to come from the dead client, or a ghost stays
    for two hours; #3005: the opposite, membership of a live call expires. Here the server alone looks."""
    server = await stage.server("--grace-milliseconds", "1000")
    ada, bob, dead = await company(stage, "Ada", "Bob", "Dead", server=server)
    gone = dead.id
    await dead.cut()
    # Ada and Bob say nothing at all for many times the grace; their sockets answer pings, that is all.
    await asyncio.sleep(8)
    assert kinds(ada, *COMINGS_AND_GOINGS) == ["interrupted", "left"]
    assert set(ada.room.people) == {ada.id, bob.id} and gone not in ada.room.people
    assert ada.close_code is None and bob.close_code is None
    await bob.media(audio=True)
    await same_state(ada, bob)


@within(30)
async def test_b_ghosts_do_not_keep_their_owner_out(stage):
    """mozilla/janus-plugin-sfu#73, janus-gateway#862: one cannot come in again because the old session is there."""
    server = await stage.server()
    network = await stage.enter(RoughNetwork(server))
    ada, bob = await company(stage, "Ada", "Bob", server=server, networks={"Bob": network})
    alias, gone, identity = ada.room.state["room"]["alias"], bob.id, bob.welcome["identity"]
    network.dark()
    # The page was loaded again, over another network, while the server still believes in the old socket.
    again = await stage.peer(server, hello=False)
    again.welcome = bob.welcome
    began = time.monotonic()
    welcome = await again.resume(keeps=False)
    await again.join(alias, "Bob")
    await ada.until(lambda: again.id in ada.room.people and gone not in ada.room.people, what="Bob instead of Bob")
    assert time.monotonic() - began < 2, "somebody waited for a timer"
    assert welcome["identity"] == identity
    assert kinds(ada, *COMINGS_AND_GOINGS) == ["left", "joined"]
    await same_state(ada, again)
    await bob.cut()


# MARK: - C: duplicates, and people who kick themselves out


async def test_c_duplicates_and_self_kicks_nobody_is_shown_twice(stage):
    """livekit/livekit#1022, livekit/egress#109: the same identity is shown twice after a reconnect."""
    ada, bob = await company(stage, "Ada", "Bob")
    alias, identity = ada.room.state["room"]["alias"], bob.welcome["identity"]

    def once():
        return sum(person["identity"] == identity for person in ada.room.people.values()) <= 1

    with seen_by(ada, once, "the same identity twice"):
        for round in range(8):
            if round % 2:
                await bob.cut()
            await bob.resume(keeps=False)
            bob.rooms = {}
            await bob.join(alias, "Bob")
            await ada.until(lambda: bob.id in ada.room.people, what="Bob again")
    assert kinds(ada, "left", "joined") == ["left", "joined"] * 8
    assert {event["reason"] for event in events(ada, "left")} == {"replaced"}
    await same_state(ada, bob)


@within(30)
async def test_c_duplicates_and_self_kicks_the_old_one_does_not_take_the_new_one_along(stage):
    """livekit/client-sdk-android#778: a reconnect without its session id is thrown out as a duplicate of itself."""
    server = await stage.server("--grace-milliseconds", "1500")
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    alias = ada.room.state["room"]["alias"]
    await bob.cut()
    await bob.resume(keeps=False)
    bob.rooms = {}
    await bob.join(alias, "Bob")
    # All clocks of the old session run out meanwhile.
    await asyncio.sleep(4)
    assert bob.close_code is None
    await bob.media(audio=True)
    await same_state(ada, bob)
    assert kinds(ada, *COMINGS_AND_GOINGS) == ["left", "joined"]


async def test_c_duplicates_and_self_kicks_an_abandoned_attempt_comes_late(stage):
    """pipecat-ai/pipecat#2522: a retry after a slow connect; then the first attempt arrives, and kills the other."""
    server = await stage.server()
    ada, bob = await company(stage, "Ada", "Bob", server=server)
    slowest = 0
    for ends in (True, False):
        began = time.monotonic()
        await bob.cut()
        secret, held = bob.welcome["resume"]["secret"], {bob.room.id: bob.room.at}
        resume = {"session": bob.welcome["session"], "secret": secret, "rooms": held, "attempt": bob.attempt + 1}
        slow = await stage.enter(RawSocket(server))
        # Bob has given the slow attempt up and has come back by another one, which works.
        bob.attempt += 1
        assert (await bob.resume())["resumed"]
        slowest = max(slowest, time.monotonic() - began)
        await bob.media(audio=ends)
        # Now the bytes of the slow one arrive, and perhaps its end right behind them.
        await slow.send({"type": "hello", "protocol": 1, "resume": resume})
        if ends:
            slow.writer.write_eof()
        await slow.expect_close(4509)
        await bob.media(video=ends)
        assert bob.close_code is None, f"thrown out by his own abandoned attempt: {bob.close_code}"
    await same_state(ada, bob)
    nobody_noticed(ada, slowest)


async def test_c_duplicates_and_self_kicks_counting_begins_anew_with_a_session(stage):
    """livekit/client-sdk-android#778: what was remembered of an earlier session throws the present one out."""
    ada, bob = await company(stage, "Ada", "Bob")
    alias = ada.room.state["room"]["alias"]
    await bob.cut()
    # A page that was loaded again after many reconnects.
    bob.attempt = 7
    await bob.resume(keeps=False)
    bob.rooms, bob.attempt = {}, 0
    await bob.join(alias, "Bob")
    me = bob.id
    for _ in range(3):
        await bob.cut()
        assert (await bob.resume())["resumed"] and bob.id == me
    await bob.media(audio=True)
    await same_state(ada, bob)


async def test_c_duplicates_and_self_kicks_the_host_comes_back_as_host(stage):
    """jitsi/jitsi-meet#7200, #7588: the moderator comes back as a second person without rights."""
    host, ada = await company(stage, "Host", "Ada")
    me = host.id
    await host.cut()
    await ada.expect_event("interrupted", participant=me)
    assert ada.room.people[me]["role"] == "host"
    await host.resume()
    await ada.expect_event("resumed", participant=me)
    assert len(ada.room.people) == 2 and ada.room.people[me]["role"] == "host"
    await same_state(ada, host)


@within(30)
async def test_c_duplicates_and_self_kicks_two_tabs_do_not_fight(stage):
    """livekit/client-sdk-android#778, the endless kind: two programs with one session throw each other out for ever."""
    server, room = await stage.server(), stage.room()
    ada = await stage.enter(ClientProcess(server, "Ada", [room]))
    bob = await stage.enter(ClientProcess(server, "Bob", [room]))
    twin = ClientProcess(server, "Bob", [room])
    # A duplicated tab: another process with the same memory.
    twin.log = Path(stage.folder()) / "log"
    try:
        shutil.copy(bob.log, twin.log)
        await twin.start("--remember")
        await eventually(lambda: bob.count("over"), what="the older one has given up")
        assert [line["code"] for line in bob.read() if line["what"] == "over"] == [4509]
        await asyncio.sleep(3)
        assert twin.count("over") == 0 and twin.welcome["resumed"]
        assert twin.count("here") == 2 and bob.count("here") == 1, "they went on fighting"
        await twin.order("media", audio=True)
        await ada.hears("media-changed", by=twin.id)
        assert not ada.events("interrupted", "left", "resumed")
    finally:
        await twin.kill()


# MARK: - D: the network changes


@within(60)
async def test_d_network_switch_the_new_socket_wins_at_once(stage):
    """livekit/client-sdk-flutter#189, #741, client-sdk-android#525, #545, #433, client-sdk-js#1746, peers/peerjs#224,
    #294, #265, #534, #1289 (`ID is taken`), mattermost-plugin-calls#387: a phone changes its network."""
    server = await stage.server()
    networks = [await stage.enter(RoughNetwork(server)) for _ in range(2)]
    ada, bob = await company(stage, "Ada", "Bob", server=server, networks={"Bob": networks[0]})
    me, session, slowest = bob.id, bob.welcome["session"], 0
    old = []
    for round in range(10):
        here, there = networks[round % 2], networks[(round + 1) % 2]
        # The old network is silent from here on, and nobody is told; the server believes in its socket.
        here.dark()
        there.calm()
        old.append((bob.socket, bob._reader))
        number = await ada.command("media", audio=round % 2 == 0)
        await ada.signal(bob.id, round)
        bob.address = there.connect_address
        began = time.monotonic()
        welcome = await bob.resume()
        await bob.expect_event("media-changed", by=ada.id, id=number)
        await bob.expect(type="signal", data=round)
        slowest = max(slowest, time.monotonic() - began)
        assert welcome["resumed"] and welcome["session"] == session and bob.id == me
    print(f"     ten changes of network, the slowest took {slowest * 1000:.0f} ms")
    assert slowest < 2, "it waited for the old socket to die"
    await bob.media(video=True)
    await same_state(ada, bob)
    assert kinds(ada, *COMINGS_AND_GOINGS) == []
    for socket, reader in old:
        socket.transport.abort()
        await reader


@within(40)
async def test_d_network_switch_no_timer_of_a_page_is_needed(stage):
    """online-go.com#3406, nextcloud/text#8005, stream-chat-js#698, vertx-eventbus-bridge-clients#51: a tab in the
    background, whose timers fire once a minute, counts as dead. Here a socket that answers pings is enough."""
    server = await stage.server()
    (ada,) = await company(stage, "Ada", server=server)
    raw = await stage.enter(RawSocket(server))
    me = (await raw.hello(ada.room.state["room"]["alias"], "Background"))["self"]
    pings, until = 0, time.monotonic() + 11
    while time.monotonic() < until:
        with contextlib.suppress(asyncio.TimeoutError):
            got = await raw.read_frame(until - time.monotonic())
            assert got is not None, "the server has closed it"
            opcode, payload = got
            assert opcode != CLOSE, payload
            if opcode == PING:
                pings += 1
                await raw.send_bytes(frame(payload, PONG))
    assert pings >= 3
    assert kinds(ada, "interrupted", "left") == [] and me in ada.room.people


async def test_d_network_switch_a_hint_is_answered_at_once(stage):
    """centrifugal/centrifuge-js#203, livekit/client-sdk-flutter#189, mattermost-plugin-calls#387: half a minute until
    anybody notices that the old network is gone. Whoever says so has an answer within a second, and ICE servers."""
    server = await stage.server()
    (ada,) = await company(stage, "Ada", server=server)
    alive, silent = [await stage.enter(RawSocket(server)) for _ in range(2)]
    for raw in (alive, silent):
        raw.id = (await raw.hello(ada.room.state["room"]["alias"], "Bob"))["self"]
    for raw in (alive, silent):
        await raw.send({"type": "network-changed"})
    began = time.monotonic()
    servers = await alive.expect(type="ice-servers")
    assert isinstance(servers["iceServers"], list)
    # It reads, but answers no ping: the hint came through, and its network is gone again.
    await silent.expect_close(4409, seconds=1 + SLACK)
    print(f"     a network that was said to have changed was given up after {time.monotonic() - began:.2f} s")
    await ada.expect_event("interrupted", participant=silent.id)
    assert kinds(ada, "interrupted") == ["interrupted"], "the other one lives"
    await alive.send({"type": "beat"})


# MARK: - H: who comes late


@within(30)
async def test_h_late_joiner_sees_what_everybody_sees(stage):
    """jitsi/jitsi-meet#7506 (wontfix), nextcloud/spreed#11407, #10225, #4569, element-call#2948: whoever comes or comes
    back later does not see what was switched on before: hands, shares, who is away."""
    ada, bob, carol, dave = await company(stage, "Ada", "Bob", "Carol", "Dave")
    await ada.media(audio=True)
    await bob.media(audio=True, video=True)
    await bob.media(audio=False)
    await carol.media(screen=True)
    await dave.cut()
    await ada.expect_event("interrupted", participant=dave.id)
    late = await stage.peer(name="Late", room=ada.room.state["room"]["alias"])
    await ada.expect_event("joined", participant=late.id)
    assert late.room.people[ada.id]["media"] == {"audio": True, "video": False, "screen": False}
    assert late.room.people[bob.id]["media"] == {"audio": False, "video": True, "screen": False}
    assert late.room.people[carol.id]["media"]["screen"]
    assert late.room.people[dave.id]["connection"] == "interrupted" and late.room.people[dave.id]["interruptedAt"] > 0
    await same_state(ada, bob, carol, late)
    # Coming back is no worse than coming late, by replay or by snapshot.
    for rooms in (None, {late.room.id: None}):
        await late.cut()
        await carol.media(video=not carol.room.people[carol.id]["media"]["video"])
        await late.resume(rooms=rooms)
        await late.until(lambda: late.room.at == carol.room.at, what="what was missed")
        await same_state(carol, late)
    await dave.resume()
    await late.expect_event("resumed", participant=dave.id)
    await same_state(ada, bob, carol, dave, late)
    assert "interruptedAt" not in late.room.people[dave.id]


@within(30)
async def test_h_late_joiner_of_somebody_who_is_away_is_heard_by_him(stage):
    """nextcloud/spreed#11407: what happened while one was away; here who came meanwhile, and what he switched on."""
    ada, bob = await company(stage, "Ada", "Bob")
    await bob.cut()
    late = await stage.peer(name="Late", room=ada.room.state["room"]["alias"])
    await late.media(audio=True, video=True)
    await late.signal(bob.id, "are you there?")
    await bob.resume()
    await bob.expect(type="signal", data="are you there?")
    assert bob.room.people[late.id]["media"] == {"audio": True, "video": True, "screen": False}
    await same_state(ada, bob, late)


# MARK: - J: glare, early candidates, stale descriptions


class Negotiator(LastingClient):
    """One end of a pair that offers again and again, by section 6 of docs/PROTOCOL.md, on whatever network."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.offering = None
        self.offers_made = 0
        self.descriptions = set()
        # The exchanges that came to an end, as both ends name them: (who offered, number).
        self.agreed = []
        self.glares = 0
        self.todo = asyncio.Queue()
        self.on_frame = self.todo.put_nowait

    @property
    def me(self):
        return next(iter(self.rooms.values())).me

    @property
    def peer(self):
        room = next(iter(self.rooms.values()))
        return next(id for id in sorted(room.people) if id != room.me)

    @property
    def is_polite(self):
        people = next(iter(self.rooms.values())).people
        return people[self.me]["joined"] > people[self.peer]["joined"]

    async def offer(self):
        self.offers_made += 1
        self.offering = self.offers_made
        await self.signal(self.peer, None, kind="offer", negotiation=self.offering, sdp=f"offer {self.offering}")
        await self._candidates(self.offering)

    async def _candidates(self, negotiation):
        for step in range(2):
            candidate = {"candidate": f"candidate:{step}", "sdpMid": "0"}
            await self.signal(
                self.peer, None, kind="ice-candidate", negotiation=negotiation, candidate=candidate)

    async def negotiate(self):
        while True:
            frame = await self.todo.get()
            if frame["type"] == "rejected":
                self.note("violation", of=f"refused: {frame['code']}", text=json.dumps(frame))
            elif "from" in frame and "negotiation" in frame:
                await self._take_signal(frame["type"], frame["negotiation"])

    async def _take_signal(self, kind, number):
        if kind == "offer":
            self.descriptions.add(("offer", number))
            if self.offering is not None:
                self.glares += 1
                if not self.is_polite:
                    return
                self.offering = None
            self.agreed.append((self.peer, number))
            await self.signal(self.peer, None, kind="answer", negotiation=number, sdp=f"answer {number}")
            await self._candidates(number)
        elif kind == "answer":
            assert number == self.offering, f"an answer to offer {number} while {self.offering} is open"
            self.descriptions.add(("answer", number))
            self.offering = None
            self.agreed.append((self.me, number))
        else:
            assert {("offer", number), ("answer", number)} & self.descriptions, (
                f"a candidate of exchange {number} before its description")


async def negotiate(stage, network, seconds, seed):
    """Two ends that both offer whenever they can, so that they collide; returns them at rest."""
    folder = stage.folder()
    room, address = stage.room(), network.address.replace("http://", "ws://") + "v1/connect"
    ends = [Negotiator(address, f"{folder}/{name}", name, [room], seed + index) for index, name in
            enumerate(("Ada", "Bob"))]
    tasks = []
    try:
        for end in ends:
            tasks.append(asyncio.create_task(end.live()))
            await eventually(lambda: end.is_talking, 10, f"{end.name} is there")
            tasks.append(asyncio.create_task(end.negotiate()))
        await eventually(lambda: all(len(end.room.people) == 2 for end in ends), what="both")
        if isinstance(network, RoughNetwork):
            network.rough()
        dice, until = random.Random(seed), time.monotonic() + seconds
        while time.monotonic() < until:
            for end in ends:
                if end.offering is None and len(end.unsettled) < 100:
                    await end.offer()
            await asyncio.sleep(dice.random() * 0.03)
            for task in tasks:
                if task.done():
                    task.result()
        if isinstance(network, RoughNetwork):
            network.calm()
            network.reset()
        await eventually(
            lambda: all(end.offering is None and not end.unsettled and end.is_talking and end.todo.empty()
                        for end in ends), 30, "an end of all negotiations")
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, AssertionError):
                raise result
        for end in ends:
            await end._drop()
    return ends, [Log(end, f"{folder}/{end.name}") for end in ends]


class Log:
    """What `check` wants of a client."""

    def __init__(self, end, path):
        self.name = end.name
        self.path = path

    def read(self):
        with open(self.path) as file:
            lines = [json.loads(line) for line in file]
        for line in lines:
            if line["what"] == "received":
                line["frame"] = json.loads(line["text"])
        return lines


def converged(ends):
    ada, bob = ends
    assert ada.agreed and ada.agreed[-1] == bob.agreed[-1], (ada.agreed[-3:], bob.agreed[-3:])
    return f"{len(ada.agreed)} exchanges agreed, {ada.glares + bob.glares} offers collided"


@within(40)
async def test_j_glare_and_stale_sdp_both_offer_at_once(stage):
    """yjs/y-webrtc#39, feross/simple-peer#265, mattermost-plugin-calls#333, WebTrit#1003: both offer, and nobody ever
    comes out of it; otalk/RTCPeerConnection#67, pion/webrtc#763, w3c/webrtc-pc#2519, awslabs KVS android#44, js#114,
    ios#30: a candidate arrives before its description; w3c/webrtc-pc#811: one is applied to the wrong exchange."""
    ends, logs = await negotiate(stage, await stage.server(), seconds=4, seed=3)
    print(f"     {converged(ends)}; {check(*logs)}")
    assert ends[0].glares + ends[1].glares > 0, "no offers collided, so nothing was tried"


@within(90)
async def test_j_glare_and_stale_sdp_on_a_rough_network(stage):
    """The same threads, with connections that are reset in the middle of every exchange."""
    seed = int.from_bytes(os.urandom(3), "big")
    network = await stage.enter(RoughNetwork(await stage.server(), seed))
    ends, logs = await negotiate(stage, network, seconds=8, seed=seed)
    print(f"     seed {seed}: {network.resets} resets, {converged(ends)}; {check(*logs)}")


async def test_j_glare_and_stale_sdp_an_answer_that_comes_too_late(stage):
    """w3c/webrtc-pc#811, feross/simple-peer#265: the answer to an offer that is history is applied to a newer one."""
    ada, bob = await company(stage, "Ada", "Bob")
    await ada.offer(bob.id)
    await bob.expect(type="offer", negotiation=1)
    await bob.cut()
    # While Bob is away Ada has given up on her offer and made another one; he answers the first when he is back.
    await ada.offer(bob.id)
    await bob.signal(ada.id, None, kind="answer", negotiation=1, sdp="late")
    await bob.resume()
    await bob.expect_rejected("stale-answer", of="answer", n=1)
    bob.sent[ada.id] -= 1
    await bob.expect(type="offer", negotiation=2)
    await bob.signal(ada.id, None, kind="answer", negotiation=2, sdp="in time")
    await ada.expect(type="answer", negotiation=2, sdp="in time")
    # Said again over another connection it is no second answer, and is not refused either.
    await bob.cut()
    await bob.resume()
    await bob.signal(ada.id, "behind it")
    await ada.expect(type="signal", data="behind it")
    assert [frame["sdp"] for frame in ada.heard if frame["type"] == "answer"] == ["in time"]
    assert not [frame for frame in bob.heard if frame["type"] == "rejected" and frame["code"] != "stale-answer"]


# MARK: - M: memory


ABLE = {"rollback": True, "trickle": True, "restart": True}


async def one_life(server, room, ending):
    """In, heard, lost, back, and out again in one of the ways there are."""
    async with contextlib.AsyncExitStack() as stack:
        ada, bob = [await stack.enter_async_context(
            ParleyPeer(server.connect_address, name=name, room=room, abilities=ABLE)) for name in ("Ada", "Bob")]
        await ada.until(lambda: bob.id in ada.room.people, what="Bob")
        await bob.signal(ada.id, "x" * 2000)
        await ada.offer(bob.id)
        await bob.cut()
        for step in range(5):
            await ada.signal(bob.id, "y" * 1000)
            await ada.command("media", audio=step % 2 == 0)
        await bob.resume()
        await bob.until(lambda: bob.room.at[1] >= ada.room.at[1] and bob.received.get(ada.id) == 6, what="the rest")
        if ending == "goodbye":
            await ada.leave()
            await bob.leave()
        elif ending == "reload":
            await bob.cut()
            await bob.resume(keeps=False)
        elif ending == "vanish":
            # And mail waits for them that nobody will ever fetch.
            await bob.cut()
            for _ in range(50):
                await ada.signal(bob.id, "z" * 3000)
            await ada.cut()
        elif ending == "superseded":
            twin = ParleyPeer(server.connect_address)
            for what in ("welcome", "rooms", "sent", "delivered", "received", "attempt"):
                setattr(twin, what, copy.deepcopy(getattr(bob, what)))
            await twin.resume()
            stack.push_async_exit(twin)


ENDINGS = ("goodbye", "closed", "reload", "vanish", "superseded")


async def lives(server, count):
    slots = asyncio.Semaphore(6)

    async def in_slot(number):
        async with slots:
            # Half of them in rooms of their own, half in one that never ends.
            room = f"life-{number}" if number % 2 else "life"
            await one_life(server, room, ENDINGS[number // 2 % len(ENDINGS)])

    await asyncio.gather(*(in_slot(number) for number in range(count)))
    # Everybody's grace is over, and with it whatever was kept for them.
    await only_these_gauges(server, {"connections_open": 1, "participants": 1, "rooms_open": 1}, but="round_trip")
    return resident_megabytes(server)


async def only_these_gauges(server, expected, but="-"):
    last = {}

    async def are_left():
        last.clear()
        gauges = await gauges_that_are_not_zero(server)
        last.update((name, value) for name, value in gauges.items() if but not in name)
        return all(last.get(f"parley_{name}") == value for name, value in expected.items()) and len(
            last) == len(expected)

    try:
        # The grace, and what is measured every five seconds.
        await eventually(are_left, 1 + 5 + SLACK)
    except AssertionError:
        raise AssertionError(f"after they had left: {last}") from None


async def leaks(stage, count, rounds, megabytes):
    server = await stage.server("--grace-milliseconds", "1000")
    keeper = await stage.peer(server, name="Keeper", room="life")
    sizes = [await lives(server, count) for _ in range(rounds)]
    await keeper.leave()
    await keeper.socket.close()
    await only_these_gauges(server, {})
    print(f"     {count} times two lives each, resident megabytes: {' '.join(f'{size:.1f}' for size in sizes)}")
    # The first rounds fill caches and the allocator's pools; a lasting growth would be one of every round.
    assert sizes[-1] - sizes[-4] < megabytes, f"it grows: {sizes}"


@within(120)
async def test_m_leaks_nothing_stays_of_those_who_left(stage):
    """livekit/livekit#4674, #1169, changelog 1.9.8, janus-gateway#2624, #2957, #3526, and the unbounded queues of
    others: after hundreds of lives all gauges are zero and the memory is what it was."""
    await leaks(stage, 100, 7, megabytes=3)


@only_long
@within(600)
async def test_m_leaks_over_thousands_of_lives(stage):
    """The same, for longer."""
    await leaks(stage, 500, 8, megabytes=4)
