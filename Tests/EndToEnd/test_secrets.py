"""What must be in no log at any level, in no metric, in no answer of the operator's routes and not in the audit log."""

import asyncio
import contextlib
import os
from pathlib import Path

import websockets

from issuer import SECRET, file_with, token
from server import Server, refused_start
from stage import eventually, within
from test_audit import parley
from test_door import http
from test_http import get
from test_tokens import Visitor, ask

TURN = "turn-secret-that-nobody-may-see"
REST = "rest-key-that-nobody-may-see"
AUDIT = "audit-key-that-nobody-may-see-0123456789"
ICE = "credential-of-a-fixed-relay"
SDP = "v=0\r\no=- 4711 2 IN IP4 127.0.0.1\r\na=fingerprint:sha-256 DE:AD:BE:EF\r\na=ice-pwd:pwdpwdpwdpwd\r\n"
CANDIDATE = "candidate:1 1 udp 2122260223 192.0.2.77 50001 typ host"
CHAT = "a word between friends"
DATA = "data of an app"
PIN = "86420975"
ABLE = {"rollback": True, "trickle": True, "restart": True}


def people(server, room, values):
    """Tokens in every place where one can be, each another one."""
    good = [token(sub=name, name=name, room=room, iat=index,
                  grant={"create": True, "role": "host" if name == "a" else "participant"})
            for index, name in enumerate("abcdef")]
    values += good
    return good


async def busy(stage, server, room, values):
    """A meeting in which everything secret is said."""
    good = people(server, room, values)
    join = {"type": "join", "id": 1, "room": room, "settings": {"pin": PIN, "topic": "a topic of theirs"}}
    ada = await stage.enter(Visitor(server, said=good[0], abilities=ABLE))
    await ada.send(join)
    await ada.expect(type="snapshot")
    bob = await stage.enter(Visitor(server, said=good[1], abilities=ABLE))
    await bob.send({"type": "join", "id": 1, "room": room, "pin": PIN, "assertion": "an.assertion.of-theirs"})
    await bob.expect(type="snapshot")
    await ada.until(lambda: bob.id in ada.room.people)
    assert ada.room.people[bob.id]["assertion"] == "an.assertion.of-theirs"
    await bob.offer(ada.id, sdp=SDP)
    await ada.expect(type="offer")
    await ada.signal(bob.id, None, kind="answer", negotiation=1, sdp=SDP)
    await bob.expect(type="answer")
    await bob.signal(ada.id, None, kind="ice-candidate", negotiation=1, candidate={"candidate": CANDIDATE})
    await ada.expect(type="ice-candidate")
    await ada.signal(bob.id, {"text": DATA})
    await ada.send({"type": "chat", "room": ada.room.id, "cid": "c1", "text": CHAT})
    await bob.expect(type="chat")
    number = await ada.command("invite", label="somebody")
    event = await ada.expect_event("invited", by=ada.id, id=number)
    values.append(event["secret"])
    # What is refused is refused by name, not by what it said.
    await ada.send('{"type":"offer","sdp":"' + CANDIDATE)
    await ada.expect(type="rejected")
    await ada.send({"type": "chat", "room": ada.room.id, "cid": "c2", "text": CHAT * 1_000})
    await ada.expect(type="rejected")
    for peer in (ada, bob):
        values.append(peer.welcome["resume"]["secret"])
        await peer.cut()
        await peer.resume()
        values.append(peer.welcome["resume"]["secret"])
    for servers in (bob.welcome.get("iceServers", []), *[f.get("iceServers", []) for f in bob.frames]):
        values += [one["credential"] for one in servers if "credential" in one]
    return good


async def elsewhere(server, good, values):
    """Credentials in addresses, headers and subprotocols, good and bad."""
    forged = [token(sub="x", iat=number, secret="y" * 40) for number in range(4)]
    values += forged
    for text in (good[2], forged[0]):
        await ask(server, path=f"?token={text}")
    for text in (good[3], forged[1]):
        await ask(server, headers={"Authorization": f"Bearer {text}"})
    for text in (good[4], forged[2]):
        await ask(server, protocols=["parley.v1", f"bearer.{text}"])
    await ask(server, {"token": forged[3]})
    values += ["a-ticket-that-is-none-of-theirs", "a-password-of-theirs"]
    await ask(server, path="?ticket=a-ticket-that-is-none-of-theirs")
    with contextlib.suppress(websockets.InvalidStatus):
        address = f"{server.connect_address}?token={good[5]}"
        headers = {"Authorization": "Basic a-password-of-theirs"}
        await websockets.connect(address, proxy=None, additional_headers=headers)
    # Plain HTTP with all of it in the address.
    for path in (f"/?token={good[2]}", f"/v1/connect?token={good[2]}", f"/turn?key={REST}&service=turn",
                 f"/turn?key={REST}x", f"/v1/validate?token={good[2]}"):
        await get(server, path, Authorization=f"Bearer {good[3]}")


@within(90)
async def test_a_busy_meeting_leaves_no_secret_anywhere(stage):
    values = [SECRET, TURN, REST, AUDIT, ICE, PIN]
    room, path = stage.room(), f"{stage.folder()}/audit.log"
    with file_with(TURN + "\n") as turn, file_with(REST + "\n") as rest, file_with(AUDIT + "\n") as key:
        flags = ("--log-level", "trace", "--audit-log", path, "--audit-key-file", key, "--turn-server",
                 "turn:turn.example.org", "--turn-secret-file", turn, "--turn-rest-key-file", rest,
                 "--ice-server", f"turn:fixed.example.org,somebody,{ICE}", "--limit-loopback", "true")
        async with Server(stage.world.program, *flags, environment={"PARLEY_TOKEN_SECRET": SECRET}) as server:
            good = await busy(stage, server, room, values)
            await elsewhere(server, good, values)
            said = [str(await http(server, "GET", f"/v1/rooms/{room}")), str(await http(server, "GET", "/v1/drain")),
                    (await get(server, "/metrics"))[2].decode()]
            assert (await http(server, "DELETE", f"/v1/rooms/{room}"))[0] == 200
            await eventually(lambda: "room-ended" in Path(path).read_text(), what="the end in the audit log")
    log = "\n".join(server.output)
    assert "debug" in log, "nothing was logged at that level"
    places = {"the log": log, "the audit log": Path(path).read_text(), "answers": "\n".join(said)}
    contents = ["DE:AD:BE:EF", "pwdpwdpwdpwd", "192.0.2.77", CHAT, DATA, "an.assertion.of-theirs"]
    for place, text in places.items():
        for secret in values + contents + ([] if place == "answers" else ["a topic of theirs"]):
            shown = [line[:300] for line in text.splitlines() if secret in line]
            assert not shown, f"{place} shows {secret[:40]!r}: {shown[0]}"
            # Nor the part of a token that says what is in it.
            if secret.count(".") == 2 and len(secret) > 60:
                assert secret.split(".")[1] not in text and secret.split(".")[2] not in text, f"{place} shows a token"
        # The address that it listens on is its own.
        for line in text.splitlines():
            assert "127.0.0.1" not in line or "isten" in line or "://" in line, f"{place} shows an address: {line}"


@within(60)
async def test_settings_are_never_printed_back(stage):
    program = stage.world.program
    secrets = {"PARLEY_TOKEN_SECRET": "too short", "PARLEY_AUDIT_KEY": "short key", "PARLEY_TURN_SECRET": TURN,
               "PARLEY_TURN_REST_KEY": "short",
               "PARLEY_TURN_VENDORS": "[{\"vendor\":\"none\",\"token\":\"hush-hush\"}]"}
    for name, value in secrets.items():
        status, said = await refused_start(program, environment={name: value})
        assert status != 0, (name, said)
        assert value not in said and "hush-hush" not in said, said
    with file_with("{\"token-secret\": \"hush-hush\", \"port\": \"hush\"") as broken:
        status, said = await refused_start(program, "--config", broken)
        assert status != 0 and "hush-hush" not in said, said
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        program, "serve", "--help", env=environment | {"PARLEY_TOKEN_SECRET": SECRET, "PARLEY_AUDIT_KEY": AUDIT},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    text = output.decode()
    assert SECRET not in text and AUDIT not in text
    # Nothing secret can be given as a flag: a command line is read by everybody on the machine.
    for flag in ("--token-secret ", "--audit-key ", "--turn-secret ", "--turn-rest-key ", "--turn-vendors "):
        assert flag not in text, flag
    assert (await parley(program, "serve", "--audit-key", AUDIT))[0] != 0
