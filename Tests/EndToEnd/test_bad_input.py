"""Whatever somebody sends: it is refused by name, and a bystander in the same room does not notice."""

import asyncio
import contextlib
import json
import time

from raw_socket import BINARY, CLOSE, TEXT, RawSocket, frame, upgrade_request
from stage import patient, stop, within

TOGETHER = 6


@contextlib.asynccontextmanager
async def bystanders(stage, server=None, room=None):
    """Ada and Bob talk in a room while the block misbehaves there; afterwards they still do."""
    room = room or stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    yield room, ada, bob
    await unharmed(ada, bob)


async def unharmed(ada, bob):
    for this, other in ((ada, bob), (bob, ada)):
        assert this.close_code is None, f"{this.name} lost the connection: {this.close_code}"
        n = await this.signal(other.id, "still here")
        await other.expect(type="signal", n=n, data="still here")
        await this.media(audio=not this.room.people[this.id]["media"]["audio"])
        await other.until(lambda: other.room.at == this.room.at, what="the same position")
    assert ada.room.state == bob.room.state
    assert not ada.violations and not bob.violations, (ada.violations, bob.violations)


@contextlib.asynccontextmanager
async def stranger(stage, server=None):
    """Mallory in the room of Ada and Bob, with a raw socket and the participant id."""
    server = server or await stage.server()
    async with bystanders(stage, server) as (room, ada, bob):
        raw = await stage.enter(RawSocket(server))
        raw.id = (await raw.hello(room, "Mallory"))["self"]
        raw.room = ada.room.id
        await ada.until(lambda: raw.id in ada.room.people, what="Mallory")
        yield raw, ada, bob


async def rejects(stage, text, code, of=None):
    """One bad frame: rejected by name, and the same connection goes on."""
    async with stranger(stage) as (raw, ada, _):
        await raw.send_bytes(frame(text(raw, ada) if callable(text) else text))
        rejected = await raw.expect(type="rejected")
        assert rejected["code"] == code, rejected
        assert rejected.get("of") == of, rejected
        await raw.send({"type": "pulse", "room": raw.room, "kind": "alive"})
        await ada.expect(type="pulse", kind="alive")


async def closes(stage, data, *codes):
    """Bytes that end their own connection with that code; the others see Mallory leave."""
    async with stranger(stage) as (raw, ada, _):
        await raw.send_bytes(data)
        await raw.expect_close(*codes)
        await raw.say_goodbye()
        await raw.expect_end()
        event = await ada.expect_event("left", participant=raw.id)
        assert event["reason"] == "disconnected"


# MARK: - What is no JSON object


async def test_not_json(stage):
    await rejects(stage, "hello?", "malformed")


async def test_not_an_object(stage):
    await rejects(stage, '[{"type":"beat"}]', "malformed")


async def test_an_empty_frame(stage):
    await rejects(stage, "", "malformed")


async def test_two_objects(stage):
    await rejects(stage, '{"type":"beat"}{"type":"beat"}', "malformed")


async def test_a_member_twice(stage):
    def text(raw, ada):
        return f'{{"type":"signal","to":"{ada.id}","to":"{raw.id}","n":1,"floor":1,"data":1}}'

    await rejects(stage, text, "malformed")


async def test_a_member_twice_once_with_escapes(stage):
    def text(raw, ada):
        return f'{{"type":"signal","to":"{ada.id}","\\u0074o":"{raw.id}","n":1,"floor":1,"data":1}}'

    await rejects(stage, text, "malformed")


async def test_too_deep(stage):
    def text(raw, ada):
        deep = "[" * 32 + "]" * 32
        return f'{{"type":"signal","to":"{ada.id}","n":1,"floor":1,"data":{deep}}}'

    await rejects(stage, text, "malformed")


async def test_as_deep_as_allowed(stage):
    async with stranger(stage) as (raw, ada, _):
        deep = "[" * 31 + "]" * 31
        await raw.send(f'{{"type":"signal","to":"{ada.id}","n":1,"floor":1,"data":{deep}}}')
        assert (await ada.expect(type="signal", n=1))["data"] == json.loads(deep)


async def test_fifty_thousand_levels(stage):
    await rejects(stage, "[" * 50_000, "malformed")
    await rejects(stage, '{"a":' * 10_000 + "1" + "}" * 10_000, "malformed")


async def test_huge_numbers(stage):
    for number in ("1e999", "9" * 400, "9007199254740992", "-1", "0", "1.0", '"1"', "null"):
        def text(raw, ada, number=number):
            return f'{{"type":"signal","to":"{ada.id}","n":{number},"floor":1,"data":1}}'

        await rejects(stage, text, "invalid-member", of="signal")


async def test_a_lone_surrogate(stage):
    def text(raw, ada):
        return f'{{"type":"signal","to":"{ada.id}","n":1,"floor":1,"data":"\\ud83d!"}}'

    await rejects(stage, text, "malformed")


async def test_a_control_character_in_a_string(stage):
    await rejects(stage, '{"type":"beat","x":"a\tb"}', "malformed")


async def test_unknown_type(stage):
    await rejects(stage, '{"type":"dance"}', "unknown-type", of="dance")


async def test_a_type_that_only_servers_send(stage):
    await rejects(stage, '{"type":"events"}', "unknown-type", of="events")


async def test_no_type(stage):
    await rejects(stage, '{"to":"nobody"}', "invalid-member")


async def test_thirty_two_faults_close_the_connection(stage):
    async with stranger(stage) as (raw, ada, _):
        await raw.send_bytes(frame("no") * 32)
        for _ in range(31):
            assert (await raw.expect(type="rejected"))["code"] == "malformed"
        await raw.expect_close(4500)
        await ada.expect_event("left", participant=raw.id)


# MARK: - Frames (RFC 6455)


async def test_a_binary_frame(stage):
    await closes(stage, frame(b"\x00\x01", BINARY), 1003)


async def test_an_unmasked_frame(stage):
    await closes(stage, frame('{"type":"beat"}', masked=False), 1002)


async def test_reserved_bits(stage):
    for bits in (4, 2, 1):
        await closes(stage, frame('{"type":"beat"}', reserved=bits), 1002)


async def test_reserved_opcodes(stage):
    for opcode in (3, 7, 11, 15):
        await closes(stage, frame("x", opcode), 1002)


async def test_invalid_utf_8(stage):
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
        await closes(stage, frame(b'{"type":"' + bad + b'"}'), 1007)


async def test_a_frame_over_the_limit(stage):
    await closes(stage, frame("x" * 65_537), 1009)


async def test_a_header_that_claims_a_terabyte(stage):
    await closes(stage, frame("x", length=1 << 40), 1009)


async def test_a_frame_at_the_limit(stage):
    async with stranger(stage) as (raw, ada, _):
        head = f'{{"type":"signal","to":"{ada.id}","n":1,"floor":1,"data":"'
        await raw.send(head + "x" * (65_536 - len(head) - 2) + '"}')
        await ada.expect(type="signal", n=1)


async def test_fragments(stage):
    async with stranger(stage) as (raw, ada, _):
        signal = {"type": "signal", "to": ada.id, "n": 1, "floor": 1, "data": "é😀" * 50}
        message = json.dumps(signal, ensure_ascii=False).encode()
        parts = [message[i : i + 7] for i in range(0, len(message), 7)]
        for i, part in enumerate(parts):
            data = frame(part, TEXT if i == 0 else 0, fin=i == len(parts) - 1)
            # A control frame may come in between.
            await raw.send_bytes(data + (frame(b"between", 9) if i == 3 else b""))
        assert (await ada.expect(type="signal", n=1))["data"] == "é😀" * 50


async def test_fragments_over_the_limit(stage):
    data = frame("x" * 30_000, fin=False) + frame("x" * 30_000, 0, fin=False) + frame("x" * 30_000, 0, fin=False)
    await closes(stage, data, 1009)


async def test_fragments_out_of_place(stage):
    await closes(stage, frame("x", 0), 1002)
    await closes(stage, frame("x", fin=False) + frame("x", TEXT), 1002)


async def test_control_frames_out_of_shape(stage):
    await closes(stage, frame(b"x" * 126, 9), 1002)
    await closes(stage, frame(b"x", 9, fin=False), 1002)
    await closes(stage, frame(b"x", CLOSE), 1002)


async def test_one_byte_at_a_time(stage):
    async with stranger(stage) as (raw, ada, _):
        for byte in frame(json.dumps({"type": "pulse", "room": raw.room, "kind": "drip"})):
            await raw.send_bytes(bytes([byte]))
            await asyncio.sleep(0)
        await ada.expect(type="pulse", kind="drip")


# MARK: - Hello


async def test_a_message_before_hello(stage):
    server = await stage.server()
    async with bystanders(stage, server) as (room, _, _):
        raw = await stage.enter(RawSocket(server))
        await raw.send({"type": "join", "id": 1, "room": room, "name": "Early"})
        assert (await raw.expect(type="rejected"))["code"] == "hello-required"
        await raw.expect_close(4501)


async def test_hello_twice(stage):
    await rejects(stage, '{"type":"hello","protocol":1}', "hello-repeated", of="hello")


async def test_another_version_of_the_protocol(stage):
    server = await stage.server()
    raw = await stage.enter(RawSocket(server))
    await raw.send({"type": "hello", "protocol": 2})
    assert (await raw.expect(type="rejected"))["code"] == "unsupported-protocol"
    await raw.expect_close(4505)


@patient
@within(30)
async def test_no_hello_at_all(stage):
    server = await stage.server()
    async with bystanders(stage, server):
        raw = await stage.enter(RawSocket(server))
        began = time.monotonic()
        # It answers pings, as a browser does.
        await raw.expect_close(4407, seconds=15, answers=True)
        assert time.monotonic() - began > 8, "too early"


# MARK: - Names


async def test_names_that_are_not_allowed(stage):
    server = await stage.server()
    async with bystanders(stage, server) as (room, ada, _):
        control = ["a\u0000b", "a\nb", "\u007f", "a\u0085"]
        bidirectional = ["evil\u202etxt", "\u2066x", "a\u200fb", "\u061c"]
        for name in [*control, *bidirectional, "x" * 129, "é" * 65]:
            raw = await stage.enter(RawSocket(server))
            await raw.send({"type": "hello", "protocol": 1, "join": {"id": 1, "room": room, "name": name}})
            rejected = await raw.expect(type="rejected")
            assert (rejected["code"], rejected["of"]) == ("invalid-name", "join"), (name, rejected)
            # The number is free again: a better name comes in.
            await raw.send({"type": "join", "id": 1, "room": room, "name": "x" * 128})
            await raw.expect(type="snapshot")
            await raw.say_goodbye()
        await ada.until(lambda: len(ada.room.people) == 2, what="only two people")


async def test_a_name_of_ten_megabytes(stage):
    server = await stage.server()
    async with bystanders(stage, server) as (room, _, _):
        raw = await stage.enter(RawSocket(server))
        hello = json.dumps({"type": "hello", "protocol": 1, "join": {"id": 1, "room": room, "name": "x" * 10_000_000}})
        sending = asyncio.create_task(raw.send(hello))
        await raw.expect_close(1009)
        await stop(sending)


async def test_aliases_that_are_not_allowed(stage):
    for room in ("UPPER", "a b", "", "x" * 65, "ü", "../etc", "r_short"):
        peer = await stage.peer()
        await peer.send({"type": "join", "id": 1, "room": room, "name": "Ada"})
        rejected = await peer.expect(type="rejected")
        assert rejected["code"] in ("invalid-alias", "unknown-room", "invalid-member"), (room, rejected)


async def test_an_unknown_room_id(stage):
    peer = await stage.peer()
    await peer.send({"type": "join", "id": 1, "room": "r_" + "A" * 22})
    await peer.expect_rejected("unknown-room", of="join")


# MARK: - Signals


async def test_signals_that_have_no_recipient_get_one_answer(stage):
    """Nobody, somebody of another room and somebody who has left cannot be told apart."""
    async with bystanders(stage) as (room, ada, _):
        outsider = await stage.peer(name="Outsider", room=stage.room())
        mallory = await stage.peer(name="Mallory", room=room)
        leaver = await stage.peer(name="Leaver", room=room)
        gone = leaver.id
        await mallory.until(lambda: gone in mallory.room.people, what="the leaver")
        await leaver.leave()
        await mallory.expect_event("left", participant=gone)
        answers = set()
        for to in ("p_" + "A" * 22, outsider.id, gone):
            await mallory.send({"type": "signal", "to": to, "n": 1, "floor": 1, "data": 1})
            await mallory.expect_rejected("unknown-recipient", to=to, n=1, of="signal")
            answers.add(mallory.transcript[-1].replace(to, "SOMEBODY"))
        assert len(answers) == 1, answers
        assert not [f for f in outsider.frames if f["type"] == "signal"]
        await mallory.send({"type": "signal", "to": mallory.id, "n": 1, "floor": 1, "data": 1})
        await mallory.expect_rejected("recipient-is-self", to=mallory.id)


async def test_signal_numbers_with_a_gap(stage):
    async with bystanders(stage) as (room, ada, _):
        mallory = await stage.peer(name="Mallory", room=room)
        await mallory.send({"type": "signal", "to": ada.id, "n": 3, "floor": 1, "data": 1})
        assert (await mallory.expect_rejected("signal-gap", n=3))["expected"] == 1


async def test_answers_and_candidates_out_of_their_time(stage):
    async with bystanders(stage) as (room, ada, _):
        mallory = await stage.peer(name="Mallory", room=room, abilities={"rollback": True})

        async def refused(code, kind, negotiation, **members):
            n = await mallory.signal(ada.id, None, kind=kind, negotiation=negotiation, **members)
            await mallory.expect_rejected(code, n=n, of=kind)
            mallory.sent[ada.id] -= 1

        await refused("no-negotiation", "answer", 1, sdp="")
        await refused("no-negotiation", "ice-candidate", 1, candidate=None)
        await mallory.until(lambda: ada.id in mallory.room.people)
        await ada.offer(mallory.id)
        await ada.offer(mallory.id)
        await mallory.expect(type="offer", negotiation=2)
        await refused("stale-answer", "answer", 1, sdp="")
        await mallory.signal(ada.id, None, kind="answer", negotiation=2, sdp="")
        await ada.expect(type="answer", negotiation=2)
        await refused("stale-answer", "answer", 2, sdp="")
        await mallory.offer(ada.id)
        await ada.expect(type="offer", negotiation=1)
        await refused("stale-offer", "offer", 1, sdp="")
        await mallory.signal(ada.id, None, kind="hangup")
        await ada.expect(type="hangup")
        await refused("no-negotiation", "ice-candidate", 1, candidate={"candidate": ""})
        await refused("no-negotiation", "answer", 2, sdp="")


async def test_two_devices_without_rollback(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room, abilities={})
    bob = await stage.peer(name="Bob", room=room, abilities={"rollback": False})
    await bob.offer(ada.id)
    await bob.expect_rejected("no-rollback", of="offer", n=1)


@within(60)
async def test_six_thousand_signals_in_a_second(stage):
    async with bystanders(stage) as (room, ada, bob):
        mallory = await stage.peer(name="Mallory", room=room)
        mallory.sent[bob.id] = 6_000
        for n in range(1, 6_001):
            await mallory.send(f'{{"type":"signal","to":"{bob.id}","n":{n},"floor":1,"data":{n}}}')
            # Who asks for so much and reads none of the answers is closed for that (4408); this one reads.
            if n % 100 == 0:
                await asyncio.sleep(0.005)

        def answered():
            refused = {f["n"] for f in mallory.frames if f["type"] == "rejected"}
            return len(refused) + bob.received.get(mallory.id, 0) >= 6_000

        await mallory.until(answered, seconds=30, what="an answer to each signal")
        codes = {f["code"] for f in mallory.frames if f["type"] == "rejected"}
        assert codes and codes <= {"rate-limited", "mailbox-full", "signal-gap"}, codes
        assert all("retryAfterMilliseconds" in f for f in mallory.frames if f.get("code") == "rate-limited")
        arrived = [f["data"] for f in bob.frames if f["type"] == "signal"]
        assert arrived == list(range(1, len(arrived) + 1)), "what arrived is no prefix"
        await unharmed(ada, bob)
        # And Mallory may go on where it was refused.
        expected = len(arrived) + 1

        async def accepted():
            await mallory.send({"type": "signal", "to": bob.id, "n": expected, "floor": 1, "data": "calm"})
            await asyncio.sleep(0.2)
            return bob.received.get(mallory.id, 0) >= expected

        deadline = time.monotonic() + 15
        while not await accepted():
            assert time.monotonic() < deadline, "Mallory was never heard again"
        assert mallory.close_code is None


async def test_pulses_beyond_the_rate_are_dropped(stage):
    async with bystanders(stage) as (room, ada, _):
        mallory = await stage.peer(name="Mallory", room=room)
        for n in range(1500):
            await mallory.send({"type": "pulse", "room": mallory.room.id, "kind": "typing", "data": n})
        await mallory.media(audio=True)
        await ada.expect_event("media-changed", by=mallory.id)
        pulses = [f for f in ada.frames if f["type"] == "pulse"]
        assert 0 < len(pulses) < 1000, len(pulses)


async def test_pulses_of_a_bad_kind(stage):
    for kind in ("", "UPPER", "x" * 33, "a b"):
        def text(raw, ada, kind=kind):
            return json.dumps({"type": "pulse", "room": raw.room, "kind": kind})

        await rejects(stage, text, "invalid-kind", of="pulse")


async def test_commands_in_a_room_that_is_not_ours(stage):
    async with bystanders(stage) as (_, ada, _):
        outsider = await stage.peer(name="Outsider", room=stage.room())
        await outsider.send({"type": "media", "id": 2, "room": ada.room.id, "audio": True})
        await outsider.expect_rejected("not-joined", of="media", id=2)
        await outsider.send({"type": "leave", "id": 2, "room": ada.room.id})
        await outsider.expect_rejected("not-joined", of="leave")


async def test_joining_twice(stage):
    room = stage.room()
    ada = await stage.peer(name="Ada", room=room)
    await ada.send({"type": "join", "id": 1, "room": ada.room.id, "name": "Ada too"})
    # The same command again has the same outcome; anything else is refused by name. Nobody is in the room twice.
    await ada.media(audio=True)
    assert len(ada.room.people) == 1
    codes = {f["code"] for f in ada.frames if f["type"] == "rejected"}
    assert codes <= {"already-joined"}, codes


async def test_a_seventeenth_room(stage):
    ada = await stage.peer(name="Ada", room=stage.room())
    for _ in range(15):
        await ada.join(stage.room())
    await ada.send({"type": "join", "id": 1, "room": stage.room()})
    await ada.expect_rejected("too-many-rooms", of="join")


async def test_a_room_that_is_full(stage):
    server = await stage.server("--room-capacity", "2")
    async with bystanders(stage, server) as (room, ada, _):
        late = await stage.peer(server)
        await late.send({"type": "join", "id": 1, "room": room})
        await late.expect_rejected("room-full", of="join")


# MARK: - Sockets


@patient
@within(60)
async def test_a_client_that_never_reads(stage):
    """Its own connection is closed once too much waits for it; the room does not wait."""
    server = await stage.server("--messages-per-second", "1000000", "--message-burst", "1000000")
    async with bystanders(stage, server) as (room, ada, bob):
        sleeper = await stage.enter(RawSocket(server, receive_bytes=4096))
        me = (await sleeper.hello(room, "Sleeper"))["self"]
        await ada.until(lambda: me in ada.room.people, what="the sleeper")
        on = False
        deadline = time.monotonic() + 40
        while ada.room.people[me]["connection"] == "connected":
            assert time.monotonic() < deadline, "the sleeper stays"
            # It sends, so that it does not count as dark.
            await sleeper.send({"type": "pulse", "room": ada.room.id, "kind": "alive"})
            for _ in range(250):
                on = not on
                last = await ada.command("media", audio=on)
            await ada.expect_event("media-changed", by=ada.id, id=last, seconds=10)
            ada.frames.clear()
            bob.frames.clear()
        assert not ada.violations


async def test_a_half_closed_connection(stage):
    async with stranger(stage) as (raw, ada, _):
        raw.writer.write_eof()
        await ada.expect_event("interrupted", participant=raw.id)
        await raw.expect_end()


@within(30)
async def test_a_client_that_stops_answering_goes_dark(stage):
    async with stranger(stage) as (raw, ada, _):
        # Reads, but answers no ping: as if the network had gone away.
        began = time.monotonic()
        await ada.expect_event("interrupted", participant=raw.id, seconds=10)
        # 4.5 s of silence, and not 2 s more for a farewell that nobody answers.
        assert 3 < time.monotonic() - began < 6, time.monotonic() - began
        await raw.expect_close(4409)


@patient
@within(40)
async def test_a_slow_upgrade_is_cut_off(stage):
    server = await stage.server()
    async with bystanders(stage, server):
        raw = await stage.enter(RawSocket(server, upgrade=False))
        request = upgrade_request(server.port, X_Padding="x" * 200)
        began = time.monotonic()

        async def drip():
            for byte in request[:-1]:
                await raw.send_bytes(bytes([byte]))
                await asyncio.sleep(0.2)

        dripping = asyncio.create_task(drip())
        await raw.expect_end(seconds=20)
        assert time.monotonic() - began > 8, "too early"
        await stop(dripping)


@patient
async def test_a_silent_connection_without_a_request(stage):
    server = await stage.server()
    raw = await stage.enter(RawSocket(server, upgrade=False))
    await raw.expect_end(seconds=20)


async def test_an_upgrade_with_endless_headers(stage):
    server = await stage.server()
    raw = await stage.enter(RawSocket(server, upgrade=False))
    await raw.send_bytes(upgrade_request(server.port, X_Padding="x" * 20_000))
    answer = await asyncio.wait_for(raw.reader.read(4096), 5)
    assert b" 431 " in answer.split(b"\r\n")[0], answer[:200]


async def test_upgrades_that_are_refused(stage):
    server = await stage.server()
    port = server.port
    for request, status in (
        (upgrade_request(port, Origin="https://evil.example"), b"403"),
        (upgrade_request(port, Host="evil.example"), b"403"),
        (upgrade_request(port, Sec_WebSocket_Protocol=None), b"400"),
        (upgrade_request(port, Sec_WebSocket_Protocol="chat"), b"400"),
        (upgrade_request(port, path="/v1/other"), b"404"),
    ):
        raw = await stage.enter(RawSocket(server, upgrade=False))
        await raw.send_bytes(request)
        answer = await asyncio.wait_for(raw.reader.read(4096), 5)
        assert answer.split(b" ")[1] == status, (status, request[:80], answer[:200])


async def test_an_upgrade_in_pieces_with_the_first_frame_behind_it(stage):
    server = await stage.server()
    raw = await stage.enter(RawSocket(server, upgrade=False))
    request = upgrade_request(port := server.port, Origin=f"http://127.0.0.1:{port}")
    for i in range(0, len(request), 40):
        await raw.send_bytes(request[i : i + 40])
        await asyncio.sleep(0.005)
    raw2 = await stage.enter(RawSocket(server, upgrade=False))
    await raw2.send_bytes(request + frame('{"type":"hello","protocol":1}'))
    for this in (raw, raw2):
        head = await asyncio.wait_for(this.reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 101 "), head
    await raw2.expect(type="welcome")
