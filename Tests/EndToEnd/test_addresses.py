"""Limits by address, with clients at 127.9.9.x behind a proxy that speaks for them, or for nobody."""

import asyncio
import json

from certificates import Authority
from issuer import token
from raw_socket import upgrade_request
from stage import eventually
from test_http import get, samples
from test_tokens import ask, guarded

PROXIED = ("--behind-proxy", "127.0.0.1")


async def upgrade(server, client=None, source="127.0.0.1", query="", tls=None, **headers):
    """`(status, headers, body, writer)`, for somebody at `client`, as a proxy at 127.0.0.1 says, or at `source`."""
    secure = {"ssl": tls, "server_hostname": "parley.example"} if tls else {}
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0), **secure)
    if client:
        headers["X_Forwarded_For"] = client
    request = upgrade_request(server.port, **headers).replace(b"/v1/connect", b"/v1/connect" + query.encode(), 1)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    lines = head.decode().split("\r\n")
    fields = {line.split(":")[0].lower(): line.split(": ", 1)[1] for line in lines[1:] if line}
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    # Whoever forgets a writer closes it.
    vars(server).setdefault("writers", []).append(writer)
    return int(lines[0].split()[1]), fields, json.loads(body) if body else None, writer


async def counted(server, name, least):
    async def value():
        _, _, body = await get(server, "/metrics")
        return samples(body.decode())[1][name] >= least

    await eventually(value, what=f"{least} in {name}")


async def test_one_connection_too_many_of_an_address(stage):
    server = await stage.server(*PROXIED, "--connections-per-address", "3")
    writers = []
    for _ in range(3):
        status, _, _, writer = await upgrade(server, "203.0.113.1")
        assert status == 101, status
        writers.append(writer)
    status, headers, body, _ = await upgrade(server, "203.0.113.1")
    assert (status, headers["retry-after"], body["code"]) == (429, "10", "too-many-connections"), (status, body)
    status, headers, body = await get(server, "/v1/validate", X_Forwarded_For="203.0.113.1")
    assert (status, json.loads(body)["code"]) == (429, "too-many-connections"), body
    assert headers["retry-after"] == "10"
    # Neighbours, those whom the proxy does not name, and programs of this machine are none of its business.
    for client, count in (("203.0.113.2", 3), ("unknown", 5), ("127.0.0.1", 5), (None, 5)):
        for _ in range(count):
            assert (await upgrade(server, client))[0] == 101, client
    # An IPv6 network is one address.
    for number in range(1, 4):
        assert (await upgrade(server, f"2001:db8::{number}"))[0] == 101
    assert (await upgrade(server, "2001:db8::ffff:1"))[0] == 429
    assert (await upgrade(server, "2001:db8:0:1::1"))[0] == 101
    # There is a place again when one has gone.
    writers[0].close()

    async def again():
        return (await upgrade(server, "203.0.113.1"))[0] == 101

    await eventually(again, what="a place for one more")
    await counted(server, "parley_connections_refused_total", 2)


async def test_sockets_of_one_address_are_closed_before_tls(stage):
    authority = Authority(stage.folder())
    files = authority.issue()
    flags = ("--limit-loopback", "true", "--connections-per-address", "2")
    server = await stage.server(*files.flags, *flags, tls=authority.trusted())
    # 256 more may be anything.
    sockets = [await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.9.9.1", 0)) for _ in range(258)]
    reader, _ = await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.9.9.1", 0))
    try:
        assert await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionResetError:
        pass
    assert (await upgrade(server, source="127.9.9.2", tls=authority.trusted()))[0] == 101
    await counted(server, "parley_sockets_refused_total", 1)
    for _, writer in sockets:
        writer.close()

    async def again():
        try:
            return (await upgrade(server, source="127.9.9.1", tls=authority.trusted()))[0] == 101
        except ConnectionError:
            return False

    await eventually(again, what="a place for one more")


async def test_in_a_crowd_those_who_come_back_are_first(stage):
    server = await stage.server(*PROXIED, "--upgrades-per-second", "1")
    # Five at once, of which one is kept; one more may come while the test goes on.
    answers = [await upgrade(server, f"203.0.113.{number}") for number in range(12)]
    refused = [answer for answer in answers if answer[0] != 101]
    assert 1 <= len(answers) - len(refused) <= 8, [answer[0] for answer in answers]
    for status, headers, body, _ in refused:
        assert (status, body["code"]) == (503, "busy") and int(headers["retry-after"]) >= 1, (status, body)
    assert (await upgrade(server, "203.0.113.50", query="?resume=1"))[0] == 101


async def test_forged_tokens_lock_an_address(stage):
    async with guarded(stage.world.program, *PROXIED) as server:
        here, there = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
        forged = token(secret="a secret of at least thirty-two characters, of somebody else")
        inside, _ = await ask(server, {"token": token(sub="ada")}, headers=here)
        assert inside["type"] == "welcome"
        # What was good once is no failure.
        for _ in range(40):
            assert (await ask(server, {"token": token(seconds=-60)}, headers=here))[0]["code"] == "token-expired"
        for number in range(21):
            answer, code = await ask(server, {"token": forged}, headers=here)
            assert (answer["code"], code) == ("invalid-token", 4510), (number, answer)
        status, headers, body, _ = await upgrade(server, "203.0.113.7")
        assert (status, headers["retry-after"], body["code"]) == (429, "1", "rate-limited"), (status, body)
        # The neighbours, and programs of this machine, know nothing of it.
        assert (await ask(server, {"token": token(sub="bob")}, headers=there))[0]["type"] == "welcome"
        assert (await ask(server, {"token": token(sub="bob")}))[0]["type"] == "welcome"
        # Who was in comes back; whoever only says so, or proves nothing, does not.
        back = {"session": inside["session"], "secret": inside["resume"]["secret"]}
        answer, _ = await ask(server, {"token": token(sub="ada"), "resume": back}, path="?resume=1", headers=here)
        assert answer["type"] == "welcome" and answer["identity"] == inside["identity"], answer
        for hello in ({"token": token(sub="eve")}, {"token": token(sub="eve"), "resume": back | {"secret": "x" * 60}}):
            answer, code = await ask(server, hello, path="?resume=1", headers=here)
            assert (answer["code"], code) == ("rate-limited", 4429), answer
            assert answer["retryAfterMilliseconds"] > 0
        # Time heals: after the pause one more may be tried, and an honest token is as good as ever.
        async def again():
            status, _, _, _ = await upgrade(server, "203.0.113.7")
            return status == 101

        await eventually(again, seconds=15, what="the end of the pause")
        assert (await ask(server, {"token": token(sub="ada")}, headers=here))[0]["type"] == "welcome"
        await counted(server, "parley_failed_attempts_total", 21)


async def test_wrong_pins_of_one_address_end_the_guessing_of_pins_alone(stage):
    server = await stage.server(*PROXIED)
    rooms = [stage.room() for _ in range(9)]
    for room in rooms:
        ada = await stage.peer(server, hello=False)
        settings = {"id": 1, "room": room, "name": "Ada", "settings": {"pin": "4711"}}
        await ada.send({"type": "hello", "protocol": 1, "join": settings})
        await ada.expect(type="snapshot")

    async def guess(room, client, pin):
        headers = {"X-Forwarded-For": client}
        join = {"id": 1, "room": room, "name": "Eve", **({"pin": pin} if pin else {})}
        eve = await stage.peer(server, hello=False, headers=headers)
        await eve.send({"type": "hello", "protocol": 1, "join": join})
        await eve.expect(type="welcome")
        return await eve.until(lambda: next((frame for frame in eve.frames if frame["type"] != "welcome"), None))

    # Every guess is somebody else's, and no room hears of more than three.
    answers = [await guess(room, "203.0.113.9", f"{number:04}") for room in rooms for number in range(3)]
    codes = [answer["code"] for answer in answers]
    assert codes[:21] == ["wrong-pin"] * 21 and "rate-limited" in codes[21:], codes
    assert all(answer["retryAfterMilliseconds"] > 0 for answer in answers if answer["code"] == "rate-limited")
    assert (await guess(rooms[0], "203.0.113.10", "0000"))["code"] == "wrong-pin"
    assert (await guess(stage.room(), "203.0.113.9", None))["type"] in ("snapshot", "events")
