"""Whoever attacks a server is answered or closed by name, and a call beside it loses nothing; see `siege.py`.

Single frames that are wrong: `test_bad_input`. Tokens: `test_tokens`. Resume secrets: `test_bad_resume`. Proxies'
headers: `test_proxies`. Clients that do not read: `test_slow`.
"""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import re
import struct
import time

from issuer import token
from raw_socket import CLOSE, PING, TEXT, RawSocket, frame, upgrade_request
from siege import besieged, each, many_descriptors, target
from stage import patient, stop, within
from test_bad_resume import made_up
from test_tokens import Visitor, guarded

TOGETHER = 3


async def read_all(reader, seconds=20, most=2**20):
    """Whatever comes until the server ends the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(seconds):
            while part := await reader.read(65536):
                data += part
                assert len(data) < most, "an endless answer"
    return data


async def opened(server):
    return await asyncio.open_connection("127.0.0.1", server.port)


async def hear(raw, seconds=30):
    """Reads until the server ends the connection; its close code, if there was one, and how many bytes came."""
    code, count = None, 0
    async with asyncio.timeout(seconds):
        while got := await raw.read_frame(seconds):
            opcode, payload = got
            count += len(payload)
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0]
    return code, count


# MARK: - Slow and silent


@patient
@within(60)
async def test_requests_that_drip(stage):
    """Headers of an upgrade, headers of a request and a body, a byte at a time, and never the end of it."""
    server = await target(stage)
    beginnings = [
        upgrade_request(server.port, X_Padding="x" * 4000),
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Padding: " + b"x" * 4000,
        b"POST /v1/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 4000,
        b"POST /v1/connect HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + b"x" * 4000,
    ]

    async def drip(number):
        reader, writer = await opened(server)
        request = beginnings[number % len(beginnings)]
        began, ended = time.monotonic(), asyncio.create_task(read_all(reader, seconds=45))
        with contextlib.suppress(ConnectionError):
            # The head of the two with a body at once; then byte by byte.
            head = request.index(b"\r\n\r\n") + 4 if number % 4 > 1 else 40
            writer.write(request[:head])
            for byte in request[head:-4]:
                if ended.done():
                    break
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.2)
        await ended
        writer.close()
        return time.monotonic() - began

    async with besieged(stage, server, mebibytes=60):
        lives = await each(200, drip)
    assert max(lives) < 40, f"the slowest was served for {max(lives):.0f} s"


@within(90)
async def test_five_thousand_who_never_say_hello(stage):
    many_descriptors()
    server = await target(stage)

    async def silent(_):
        raw = RawSocket(server)
        await raw.__aenter__()
        return raw

    async def verdict(raw):
        code, _ = await hear(raw, seconds=40)
        await raw.__aexit__()
        return code

    async with besieged(stage, server, mebibytes=120, settles=30):
        codes = await asyncio.gather(*map(verdict, await each(5_000, silent)))
    # Those that answered no ping are gone sooner.
    assert set(codes) <= {4407, 4409}, {code: codes.count(code) for code in set(codes)}


# MARK: - Floods


async def flood(raw, data, times, hangs_up=True, seconds=30):
    """Sends that, over and over, and hears what comes: the close code, if there is one, and how many bytes. `hangs_up`:
    is gone then, which ends what the server has not read yet."""
    hearing = asyncio.create_task(hear(raw, seconds))
    with contextlib.suppress(ConnectionError):
        for _ in range(times):
            await raw.send_bytes(data)
            # Also where nothing is in the way: others want to speak.
            await asyncio.sleep(0)
            if hearing.done():
                break
        if hangs_up:
            raw.writer.write_eof()
    return await hearing


async def flooded(stage, data, times, mebibytes=100, count=10, **how):
    """So many attackers who have said hello; what each of them was closed with."""
    server = await target(stage)

    async def attack(_):
        async with RawSocket(server) as raw:
            await raw.hello()
            return await flood(raw, data, times, **how)

    async with besieged(stage, server, mebibytes):
        return {code for code, _ in await each(count, attack)}


async def test_a_flood_of_pings(stage):
    await flooded(stage, b"".join(frame(b"ping" * 30, PING) for _ in range(500)), times=20)


async def test_a_flood_of_fragments(stage):
    """Of which none is the last for a long time, and none brings a byte."""
    await flooded(stage, frame(b"", TEXT, fin=False) + frame(b"", 0, fin=False) * 2_000 + frame(b"", 0), times=30)


async def test_a_flood_of_what_is_no_json(stage):
    codes = await flooded(stage, frame("nonsense") * 100, times=100, hangs_up=False)
    assert codes == {4500}, codes
    # Whoever hangs up in the middle of it may miss that.
    codes = await flooded(stage, frame("nonsense") * 100, times=100)
    assert codes <= {4500, None}, codes


async def test_who_floods_is_read_slowly_and_is_not_dark(stage):
    """Each signal is refused; what is beyond the rates is read later. For seconds nobody hears a pong, which waits
    behind all that, and yet whoever sends it is there."""
    server = await target(stage)
    signal = {"type": "signal", "to": "p_AdaF3kQ9sTn2WbXeR7yUvA", "n": 1, "floor": 1, "data": "x" * 200}
    data = frame(json.dumps(signal)) * 20_000

    async def attack(_):
        async with RawSocket(server) as raw:
            await raw.hello()
            sending = asyncio.create_task(raw.send_bytes(data))
            refused, end = 0, time.monotonic() + 5.5
            with contextlib.suppress(TimeoutError):
                while end > time.monotonic():
                    opcode, _ = await raw.read_frame(max(0.1, end - time.monotonic()))
                    assert opcode != CLOSE, "closed"
                    refused += opcode == TEXT
            await stop(sending)
            return refused

    async with besieged(stage, server, mebibytes=60):
        answers = await each(4, attack)
    # 4,200 units at once and 1,150 a second.
    assert all(3_000 < refused < 10_500 for refused in answers), answers


async def test_a_flood_of_pages(stage):
    """Many who ask without waiting for answers. Each gets all of its answers, in order."""
    server = await target(stage)
    asked = b"".join(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path
                     for path in (b"/healthz", b"/readyz", b"/nothing") * 6 + (b"/v1/connect",))

    async def ask(_):
        reader, writer = await opened(server)
        codes = []
        for _ in range(3):
            writer.write(asked)
            for _ in range(19):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                codes.append(int(head.split()[1]))
                length = int(next(line.split()[1] for line in head.splitlines()
                                  if line.lower().startswith(b"content-length")))
                await reader.readexactly(length)
        writer.close()
        return codes

    async with besieged(stage, server, mebibytes=60) as call:
        answers = await each(40, ask)
    assert all(codes == ([200, 200, 404] * 6 + [426]) * 3 for codes in answers), answers
    assert call.latencies


async def test_a_thousand_requests_at_once(stage):
    """More than a connection may have sent before its request has its turn."""
    server = await target(stage)

    async def ask(_):
        reader, writer = await opened(server)
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1_000)
            await writer.drain()
        answer = await read_all(reader)
        writer.close()
        return answer.count(b"HTTP/1.1 200 OK")

    async with besieged(stage, server, mebibytes=60):
        answers = await each(100, ask)
    assert max(answers) < 100, answers


async def test_a_request_and_the_end_of_what_is_sent(stage):
    """Whoever has said everything may still wait for the answers, all of them."""
    server = await target(stage)
    reader, writer = await opened(server)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 5)
    writer.write_eof()
    answer = await read_all(reader)
    assert answer.count(b"HTTP/1.1 200 OK") == answer.count(b"ok\n") == 5, answer
    writer.close()


async def test_a_flood_of_questions(stage):
    """Short ones with long answers: snapshots, chats, lists."""
    server = await target(stage)
    room = stage.room()
    host = await stage.peer(server, name="Host", room=room)
    for number in range(15):
        await host.send({"type": "chat", "room": host.room.id, "cid": f"c{number}", "text": "x" * 4000})

    async def ask(_):
        async with RawSocket(server) as raw:
            snapshot = await raw.hello(room, "Mallory")
            questions = b"".join(frame(json.dumps({"type": kind, "room": snapshot["room"]} | more)) for kind, more in (
                ("resync", {}), ("chat-history", {"limit": 100}), ("roster", {"limit": 100})))
            return await flood(raw, questions * 20, times=30)

    async with besieged(stage, server, mebibytes=120):
        answers = await each(10, ask)
    # Eight snapshots and twenty pages of chat at once, a few more each second, and refusals.
    most = max(count for _, count in answers)
    assert most < 10 * 2**20, f"{most / 2**20:.0f} MiB were answered"


async def test_frames_that_are_never_finished(stage):
    """Each claims sixty kilobytes and brings all but one."""
    server = await target(stage)
    part = frame("x" * 60_000)[:-1]

    async def begin(_):
        async with RawSocket(server) as raw:
            await raw.send_bytes(part)
            await asyncio.sleep(3)

    async with besieged(stage, server, mebibytes=80):
        await each(300, begin, at_once=300)


async def test_headers_without_an_end(stage):
    server = await target(stage)

    async def write(_):
        reader, writer = await opened(server)
        with contextlib.suppress(ConnectionError):
            writer.write(upgrade_request(server.port)[:-2])
            for _ in range(200):
                writer.write(b"X-Header: " + b"x" * 1_000 + b"\r\n")
                await writer.drain()
        answer = await read_all(reader)
        writer.close()
        return answer.split(b"\r\n")[0]

    async with besieged(stage, server, mebibytes=60):
        answers = await each(200, write, at_once=50)
    # Whoever goes on writing may lose the answer to a reset.
    assert {b"HTTP/1.1 431 Request Header Fields Too Large"} <= set(answers) | {b""}, set(answers)
    assert set(answers) <= {b"HTTP/1.1 431 Request Header Fields Too Large", b""}, set(answers)


# MARK: - Bombs


@patient
@within(90)
async def test_json_that_is_dear_to_read(stage):
    """As many members as a frame holds, nested as deep as it may be, and names that Unicode takes for one."""
    letters = ("\u00e9", "e\u0301")
    alike = {"".join(letters[n >> bit & 1] for bit in range(12)): 1 for n in range(1_800)}
    bombs = [
        {"type": "beat", "ack": {f"p_{n:020d}AA": 1 for n in range(1_900)}},
        {"type": "beat", "ack": alike},
        {"type": "hello", "protocol": 1} | {f"a{n}": n for n in range(5_000)},
        {"type": "set-attribute", "id": 9, "room": "r_Jt5bXw2QmLz8RfK0uVhYcA", "key": "a", "value": [[]] * 20_000},
        {"type": "signal", "n": 1, "floor": 1, "to": "p_AdaF3kQ9sTn2WbXeR7yUvA",
         "data": json.loads("[" * 30 + "]" * 30)},
    ]
    frames = [json.dumps(bomb, ensure_ascii=False, separators=(",", ":")) for bomb in bombs]
    frames.append('{"type":"beat","ack":' + "9" * 60_000 + "}")
    frames.append('{"type":"beat","a":"' + "\\ud83d\\ude00" * 5_000 + '"}')
    assert all(len(text.encode()) <= 65_536 for text in frames), [len(text.encode()) for text in frames]
    server = await target(stage)

    async def explode(number):
        async with RawSocket(server) as raw:
            await raw.hello()
            # Each that cannot be read is followed by a pause, of up to 0.8 s; 32 of them end the connection.
            await flood(raw, frame(frames[number % len(frames)]), times=40, seconds=75)

    async with besieged(stage, server, mebibytes=100) as call:
        await each(2 * len(frames), explode)
    assert call.latencies


async def test_nothing_is_decompressed(stage):
    """No extension is agreed on, whatever is offered, so a compressed frame is a reserved bit."""
    server = await target(stage)
    for offer in ("permessage-deflate", "permessage-deflate; client_max_window_bits=8", "x-webkit-deflate-frame"):
        async with RawSocket(server, upgrade=False) as raw:
            await raw.send_bytes(upgrade_request(server.port, Sec_WebSocket_Extensions=offer))
            head = await asyncio.wait_for(raw.reader.readuntil(b"\r\n\r\n"), 10)
            assert head.startswith(b"HTTP/1.1 101 ") and b"extensions" not in head.lower(), head
            await raw.send_bytes(frame(os.urandom(100), reserved=4))
            await raw.expect_close(1002)


# MARK: - Guesses


GUESSERS, GUESSES, IN_FLIGHT = 100, 1_000, 16
NAMES_IN_ANSWERS = re.compile(rb'("room":"[^"]*",?|"retryAfterMilliseconds":\d+,?)')


def unmasked(text):
    """A frame with a mask that changes nothing: a hundred thousand of the usual ones would be work for a minute."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text.encode()


async def frames(reader):
    """The server's frames, many at a time."""
    data = b""
    while part := await reader.read(65536):
        data += part
        start = 0
        while len(data) >= start + 4:
            length, head = data[start + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[start + 2:start + 4], "big"), 4
            if len(data) < start + head + length:
                break
            yield data[start] & 15, data[start + head:start + head + length]
            start += head + length
        data = data[start:]


async def guesser(server, number):
    raw = RawSocket(server)
    await raw.__aenter__()
    await raw.send({"type": "hello", "protocol": 1, "token": token(sub=f"eve{number}", room="eves-*")})
    await raw.expect(type="welcome")
    return raw


@within(120)
async def test_rooms_are_not_found_by_guessing(stage):
    """A hundred thousand names and ids by a hundred people at once, as fast as each may ask: every answer is the same,
    the name of a room that is there gets no other one, and none lets anybody in. That an unknown room and a forbidden
    one take the same time: `test_tokens`."""
    server = await stage.enter(guarded(stage.world.program))
    said = token(sub="ada", grant={"create": True})
    ada = await stage.enter(Visitor(server, "secret-fox", said=said, name="Ada"))
    count = GUESSERS * GUESSES
    names = (f"fox-{n}" if n % 2 else made_up("r", n) for n in range(count - 2 * GUESSERS))
    answers = collections.Counter()

    async def guess(number):
        # Everybody tries the room that is there, by its name and by its id.
        mine = [ada.room.id, "secret-fox", *itertools.islice(names, GUESSES - 2)]
        raw = await guesser(server, number)
        heard = frames(raw.reader)
        for start in range(0, len(mine), IN_FLIGHT):
            part = mine[start:start + IN_FLIGHT]
            await raw.send_bytes(b"".join(unmasked(json.dumps({"type": "join", "id": 1, "room": room}))
                                          for room in part))
            missing = len(part)
            while missing:
                opcode, payload = await anext(heard)
                if opcode == TEXT and not payload.startswith(b'{"type":"beat"'):
                    answers[NAMES_IN_ANSWERS.sub(b"", payload)] += 1
                    missing -= 1
                assert opcode in (TEXT, PING), (opcode, payload)
        await raw.__aexit__()

    await each(GUESSERS, guess)
    assert answers.total() == count, answers
    # All of them were judged, and no two of them alike are told apart by the answer.
    assert len(answers) == 1 and json.loads(next(iter(answers)))["code"] == "unknown-room", answers
    assert server.is_alive() and len(ada.room.people) == 1


@within(60)
async def test_whoever_goes_on_guessing_is_slowed_down_by_name_and_then_closed(stage):
    """Without waiting for answers: a session may ask so much, then is told to wait, then is closed for good."""
    server = await stage.enter(guarded(stage.world.program, "--messages-per-second", "50"))
    raw = await guesser(server, 0)
    codes, closed = collections.Counter(), None

    async def ask():
        with contextlib.suppress(ConnectionError):
            for start in range(0, 100_000, 100):
                await raw.send_bytes(b"".join(unmasked(json.dumps({"type": "join", "id": 1, "room": f"fox-{n}"}))
                                              for n in range(start, start + 100)))

    asking = asyncio.create_task(ask())
    async for opcode, payload in frames(raw.reader):
        if opcode == CLOSE:
            closed = struct.unpack(">H", payload[:2])[0]
            break
        if opcode == TEXT and b'"rejected"' in payload:
            answer = json.loads(payload)
            codes[answer["code"]] += 1
            assert answer["code"] != "rate-limited" or answer["retryAfterMilliseconds"] > 0
    await stop(asking)
    await raw.__aexit__()
    assert closed == 4502, (closed, codes)
    assert set(codes) <= {"unknown-room", "too-many-rooms", "rate-limited"} and codes["rate-limited"] > 100, codes
