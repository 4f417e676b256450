"""What an operator may be asked about later: written down line by line, and found when somebody has changed it."""

import asyncio
import contextlib
import json
import os
import re
import signal
from pathlib import Path

from issuer import SECRET, file_with, token
from measures import metrics
from server import Server, refused_start
from stage import eventually, within
from test_door import http, knock
from test_tickets import http as show
from test_tokens import Visitor, verdict

TOGETHER = 4
KEY = "an audit key of at least thirty-two bytes"


async def parley(program, *arguments, environment=None):
    """`(status, what it says)`"""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=clean | (environment or {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, output.decode()


def lines(path):
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


def actions(path):
    return [line["action"] for line in lines(path)]


async def written(path, action, **members):
    """The first line of that action; the writer needs a moment."""

    def found():
        return next((line for line in lines(path) if line["action"] == action
                     and all(line.get(name) == value for name, value in members.items())), None)

    return await eventually(found, what=f"{action} in the audit log")


async def meet(stage, server, alias, *names):
    """Ada, who makes the room with a door at which people wait, and others who are let in."""
    ada = await stage.enter(Visitor(server, said=token(
        sub="ada", name="Ada", jti="ada-1", iss="https://login.example.org", grant={"create": True, "role": "host"})))
    await ada.send({"type": "join", "id": 1, "room": alias, "settings": {"admission": "approval"}})
    await ada.expect(type="snapshot")
    people = []
    for name in names:
        peer = await stage.enter(Visitor(server, said=token(sub=name.lower(), name=name, jti=f"{name.lower()}-1")))
        await peer.send({"type": "join", "id": 1, "room": alias})
        await peer.expect(type="snapshot", view="waiting")
        people.append(peer)
    return ada, *people


async def outcome(peer, type, /, **members):
    assert (got := await peer.outcome(await peer.command(type, **members))) == "accepted", (type, members, got)


async def everything(stage, server, alias):
    """A meeting with all that is written down."""
    ada, bob, cleo, dan = await meet(stage, server, alias, "Bob", "Cleo", "Dan")
    await outcome(ada, "admit", participants={bob.id: True, cleo.id: True})
    await outcome(ada, "deny", participants={dan.id: True})
    await cleo.until(lambda: cleo.room.people)
    for peer in (ada, bob, cleo):
        await peer.media(audio=True)
    await outcome(ada, "mute", participant=bob.id, audio=True)
    await outcome(ada, "mute-all", audio=True)
    await outcome(ada, "allow-speak", participant=bob.id, allowed=True)
    await outcome(ada, "invite", label="a private word")
    await outcome(ada, "revoke", invitation=1)
    await outcome(ada, "lock")
    await outcome(ada, "unlock")
    await outcome(ada, "configure", topic="a private topic", pin="13-13-13")
    await outcome(ada, "ask-consent", kind="camera", participants={bob.id: True},
                  question="a private question", rule="all", deadlineMilliseconds=30_000)
    await bob.expect_event("consent-asked")
    await outcome(bob, "answer-consent", consent=1, answer=True)
    await ada.command("start-recording")
    for peer in (bob, cleo):
        await peer.expect_event("recording-asked")
        await peer.command("answer-recording", answer=True)
    await ada.expect_event("recording-started")
    await outcome(ada, "stop-recording")
    await outcome(ada, "set-role", participant=bob.id, role="co-host")
    await outcome(ada, "transfer-host", participant=bob.id)
    await bob.until(lambda: bob.room.people[bob.id]["role"] == "host")
    gone = cleo.id
    await outcome(bob, "remove", participant=gone, ban=True)
    await outcome(bob, "unban", ban=1)
    await outcome(bob, "end")
    return ada, bob, cleo, dan


EXPECTED = {
    "room-created", "joined", "admitted", "denied", "muted", "all-muted", "speak-allowed", "invitation-made",
    "invitation-revoked", "room-locked", "room-unlocked", "room-configured", "consent-asked", "consent-answered",
    "consent-closed", "recording-asked", "recording-started", "recording-answered", "recording-stopped",
    "role-changed", "host-transferred", "removed", "banned", "unbanned", "room-ended", "authentication-refused",
    "drain-begun", "drain-taken-back", "server-started", "server-stopped",
}


@within(60)
async def test_a_meeting_with_everything_in_it(stage):
    program = stage.world.program
    path = f"{stage.folder()}/audit.log"
    alias = stage.room()
    flags = ("--audit-log", path, "--limit-loopback", "true")
    async with Server(program, *flags, environment={"PARLEY_TOKEN_SECRET": SECRET}) as server:
        ada, bob, cleo, dan = await everything(stage, server, alias)
        refused = token(sub="eve", secret="x" * 40)
        assert (await verdict(server, refused))[1] == 4510
        assert (await http(server, "POST", "/v1/rooms", {"alias": f"{alias}-2"}))[0] == 201
        assert (await http(server, "DELETE", f"/v1/rooms/{alias}-2"))[0] == 200
        await http(server, "POST", "/v1/drain")
        await http(server, "DELETE", "/v1/drain")
        await written(path, "drain-taken-back")

        async def counted():
            _, values = await metrics(server)
            assert values["parley_audit_missing_total"] == 0
            return values["parley_audit_entries_total"] == len(lines(path))

        await eventually(counted, what="the metric")
    log = lines(path)
    assert EXPECTED <= set(actions(path)), EXPECTED - set(actions(path))
    assert [line["number"] for line in log] == list(range(1, len(log) + 1))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in log)
    by_action = {action: [line for line in log if line["action"] == action] for action in set(actions(path))}

    def who(peer):
        return peer.welcome["identity"]

    # One command lets two people in: both lines name who did it.
    for line, peer in zip(by_action["admitted"], (bob, cleo)):
        assert line["actor"]["identity"] == who(ada) and line["target"]["identity"] == who(peer), line
        assert line["actor"]["token"] == "ada-1" and line["actor"]["issuer"] == "https://login.example.org"
    assert by_action["denied"][0]["target"]["identity"] == who(dan)
    assert by_action["host-transferred"][0]["target"]["identity"] == who(bob)
    assert by_action["host-transferred"][0]["actor"]["identity"] == who(ada)
    for action in ("removed", "banned", "unbanned"):
        line = by_action[action][0]
        assert line["actor"]["identity"] == who(bob) and line["target"]["identity"] == who(cleo), line
    assert by_action["muted"][0]["details"] == {"audio": True}
    assert by_action["consent-answered"][0]["actor"]["identity"] == who(bob)
    assert {line["reason"] for line in by_action["room-ended"]} == {"host"}
    assert {line["actor"]["kind"] for line in by_action["room-ended"]} == {"person", "operator"}
    assert by_action["drain-begun"][0]["actor"] == {"kind": "operator"}
    assert "signature is wrong" in by_action["authentication-refused"][0]["reason"]
    assert by_action["authentication-refused"][0]["actor"]["address"].startswith("a_")
    text = Path(path).read_text()
    for secret in (refused, SECRET, "private", "13-13-13", "127.0.0.1"):
        assert secret not in text, secret
    status, said = await parley(program, "audit", "verify", path)
    assert status == 0 and f"{len(log)} lines hold on to each other: numbers 1 to {len(log)}" in said, said
    await tampered(program, path)


@within(60)
async def test_an_operator_who_comes_with_a_token_is_called_by_their_name(stage):
    path = f"{stage.folder()}/audit.log"
    flags = ("--audit-log", path)
    async with Server(stage.world.program, *flags, environment={"PARLEY_TOKEN_SECRET": SECRET}) as server:
        said = token(sub="backend" + "x" * 200, grant={"operator": True})
        for operator in (said, None):
            assert (await show(server, "POST", "/v1/rooms", {"alias": "fox"}, operator))[0] == 201
            assert (await show(server, "DELETE", "/v1/rooms/fox", said=operator))[0] == 200
            assert (await show(server, "POST", "/v1/drain", said=operator))[0] == 200
            assert (await show(server, "DELETE", "/v1/drain", said=operator))[0] == 200
            status, _, revoked = await show(server, "POST", "/v1/revocations", {"token": "a"}, operator)
            assert status == 201
            assert (await show(server, "DELETE", f"/v1/revocations/{revoked['id']}", said=operator))[0] == 200
        await eventually(lambda: actions(path).count("revocation-lifted") == 2, what="all of it is written")
        for action in ("room-created", "room-ended", "drain-begun", "drain-taken-back", "revoked",
                       "revocation-lifted"):
            named, nameless = [line["actor"] for line in lines(path) if line["action"] == action]
            # Cut, as every name there.
            assert named == {"kind": "operator", "name": ("backend" + "x" * 200)[:128]}, (action, named)
            assert nameless == {"kind": "operator"}, (action, nameless)


async def tampered(program, path):
    """Each kind of change is found, in its place; what cannot be found is said, and a head finds it."""
    good = Path(path).read_bytes().splitlines(keepends=True)
    other = path + ".changed"

    async def verify(changed, *more):
        Path(other).write_bytes(b"".join(changed))
        return await parley(program, "audit", "verify", other, *more)

    status, said = await verify([good[0], good[1].replace(b'"action":"', b'"action":"x', 1), *good[2:]])
    assert status == 1 and ":2: its hash is not that of its bytes" in said, said
    status, said = await verify(good[:4] + good[5:])
    assert status == 1 and ":5: line 5 is missing in front of it" in said, said
    status, said = await verify(good[:4] + good[2:])
    assert status == 1 and ":5: line 5 should be here" in said, said
    status, said = await verify([good[1], good[0], *good[2:]])
    assert status == 1 and ":2: line 3 should be here" in said, said
    status, said = await verify(good[:3] + [b"nothing to see here\n"] + good[3:])
    assert status == 1 and ":4: it is no line of an audit log" in said, said
    head = (await parley(program, "audit", "head", path))[1].strip()
    status, said = await verify(good[:-2])
    assert status == 0 and "cannot be told from the file" in said, said
    status, said = await verify(good[:-2], "--head", head)
    assert status == 1 and "no line has that hash" in said, said
    status, said = await verify(good, "--head", head)
    assert status == 0 and "nothing is missing" in said, said


@within(60)
async def test_a_killed_server_goes_on_where_it_was(stage):
    program, path = stage.world.program, f"{stage.folder()}/audit.log"
    with file_with(KEY + "\n") as key:
        flags = ("--audit-log", path, "--audit-key-file", key)
        async with Server(program, *flags) as server:
            await stage.peer(server, room="blue-fox", name="Ada")
            await written(path, "joined")
            # A second server would break the chain.
            status, said = await refused_start(program, *flags)
            assert status != 0 and "another server writes it" in said, said
            server.process.send_signal(signal.SIGKILL)
            await server.process.wait()
        before = len(lines(path))
        with open(path, "ab") as file:
            file.write(b'{"number":%d,"time":"20' % (before + 1))
        status, said = await parley(program, "audit", "verify", path, "--audit-key-file", key)
        assert status == 0 and "ends in the middle of a line" in said, said
        async with Server(program, *flags) as server:
            await eventually(lambda: b"server-started" in Path(path).read_bytes().splitlines()[-1], what="a new start")
            # Moved away, as logrotate does: the chain goes on in the next file.
            os.rename(path, path + ".1")
            server.ask_to_reload()
            await eventually(lambda: os.path.exists(path), what="another file")
        assert actions(path)[0] == "file-opened" and actions(path)[-1] == "server-stopped"
        files = (path + ".1", path)
        status, said = await parley(program, "audit", "verify", *files, environment={"PARLEY_AUDIT_KEY": KEY})
        assert status == 0 and "1 lines were not written to their end" in said, said
        assert "whoever could write the file" not in said
        status, said = await parley(program, "audit", "verify", path, environment={"PARLEY_AUDIT_KEY": KEY})
        assert status == 0 and "is in another file" in said, said
        status, said = await parley(program, "audit", "verify", path + ".1", path)
        assert status == 1 and "made with a key" in said, said
        status, said = await parley(program, "audit", "verify", path, environment={"PARLEY_AUDIT_KEY": KEY[::-1]})
        assert status == 1 and "or the key is another" in said, said
        # A key of today does not go on with a log of another day.
        status, said = await refused_start(program, "--audit-log", path)
        assert status != 0 and "cannot be continued" in said and KEY not in said, said


@within(60)
async def test_an_expired_session_and_a_flood_of_refusals(stage):
    program, path = stage.world.program, f"{stage.folder()}/audit.log"
    async with Server(program, "--audit-log", path, environment={"PARLEY_TOKEN_SECRET": SECRET}) as server:
        async def refuse():
            with contextlib.suppress(Exception):
                await verdict(server, "nonsense")

        for _ in range(6):
            await asyncio.gather(*(refuse() for _ in range(30)))
        counted = await written(path, "authentications-refused")
        _, values = await metrics(server)
        refused = actions(path).count("authentication-refused")
        assert 100 <= refused < 180 and counted["details"]["count"] > 0, (refused, counted)
        assert (await knock_without(server)) == 4510
    assert "authentication-refused" in actions(path)


async def knock_without(server):
    peer = Visitor(server, said=None)
    with contextlib.suppress(AssertionError):
        async with peer:
            pass
    return peer.close_code


async def test_settings_that_cannot_be(stage):
    program, folder = stage.world.program, stage.folder()
    for flags, environment, what in (
        (("--audit-log", folder), {}, "cannot be opened"),
        (("--audit-log", f"{folder}/none/audit.log"), {}, "cannot be opened"),
        (("--audit-log", f"{folder}/a"), {"PARLEY_AUDIT_KEY": "short secret"}, "at least 32"),
        ((), {"PARLEY_AUDIT_KEY": KEY}, "mean nothing without audit-log"),
        (("--audit-log", f"{folder}/a", "--audit-key-file", "/nowhere"), {}, "cannot be read"),
    ):
        status, said = await refused_start(program, *flags, environment=environment)
        assert status != 0 and what in said, said
        assert "short secret" not in said and KEY not in said
