"""One server with a file: meetings outlive its process, and files that are no good are refused in words."""

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import stat
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import websockets

from company import kinds, listen, same_state
from parley_peer import ParleyPeer
from processes import ClientProcess, quiet
from server import Server, refused_start
from stage import eventually, patient, within
from testimony import check

TOGETHER = 4


def engine(folder, name="parley.db"):
    return "--engine", f"sqlite:{folder}/{name}"


async def kill(server):
    server.process.send_signal(signal.SIGKILL)
    await server.process.wait()


async def serving(stage, *flags, program=None, port=0):
    """A server that takes people: it announces itself a moment before the first key is on its disk."""
    server = await stage.enter(Server(program or stage.world.program, *flags, port=port))
    await eventually(lambda: takes_people(server), 10, "somebody is let in")
    return server


async def takes_people(server):
    try:
        async with ParleyPeer(server.connect_address):
            return True
    except websockets.InvalidStatus:
        return False


async def again(stage, server, *flags):
    """Another process at the same address."""
    return await serving(stage, *flags, port=server.port)


async def lost(*peers):
    """They have noticed that the server is gone."""
    for peer in peers:
        await asyncio.wait_for(asyncio.shield(peer._reader), 5)


# MARK: - What outlives a process


@within(40)
async def test_a_meeting_survives_a_kill(stage):
    flags = engine(stage.folder())
    server = await serving(stage, *flags)
    room = stage.room()
    ada, bob, cyd = [await stage.peer(server, name=name, room=room) for name in ("Ada", "Bob", "Cyd")]
    for peer in (ada, bob, cyd):
        await peer.until(lambda: len(peer.room.people) == 3, what="everybody")
        listen(peer)
    before = {peer.name: (peer.room.id, peer.id, peer.room.people[peer.id]["role"]) for peer in (ada, bob, cyd)}
    assert before["Ada"][2] == "host"
    await ada.signal(bob.id, "heard")
    await bob.until(lambda: bob.received.get(ada.id) == 1, what="the first signal")
    # Nobody is there to take them; the mailbox is.
    await cyd.cut()
    await ada.expect_event("interrupted", participant=cyd.id)
    for number in range(5):
        await bob.signal(cyd.id, number)
    for audio in (True, False):
        await bob.media(audio=audio)
    await kill(server)
    await lost(ada, bob)
    server = await again(stage, server, *flags)
    # Bob, who could say it all again, is not there yet.
    for peer in (cyd, ada):
        assert (await peer.resume())["resumed"], peer.name
    await cyd.until(lambda: cyd.received.get(bob.id) == 5, what="the mail that waited")
    mail = [frame["data"] for frame in cyd.frames if frame["type"] == "signal" and frame["from"] == bob.id]
    assert mail == list(range(5)), mail
    assert (await bob.resume())["resumed"]
    for peer in (ada, bob, cyd):
        held = (peer.room.id, peer.id, peer.room.people[peer.id]["role"])
        assert held == before[peer.name], (held, before[peer.name])
    await bob.until(lambda: bob.delivered.get(cyd.id) == 5, what="that it has arrived")
    # It goes on: commands, signals in both directions, and who knocks at the same name comes into the same room.
    await bob.media(audio=True)
    await ada.command("mute-all", audio=True)
    await bob.expect_event("all-muted")
    await bob.signal(cyd.id, 5)
    await cyd.signal(bob.id, "back")
    await cyd.until(lambda: cyd.received.get(bob.id) == 6, what="one more")
    await bob.until(lambda: bob.received.get(cyd.id) == 1, what="an answer")
    dee = await stage.peer(server, name="Dee", room=room)
    assert dee.room.id == ada.room.id
    await ada.expect_event("joined", participant=dee.id)
    await same_state(ada, bob, cyd, dee)
    mail = [frame["n"] for frame in cyd.frames if frame["type"] == "signal" and frame["from"] == bob.id]
    assert mail == list(range(1, 7)), mail
    for peer in (ada, bob, cyd):
        assert "left" not in kinds(peer, "left")


@within(40)
async def test_a_meeting_survives_a_restart_in_good_order(stage):
    flags = engine(stage.folder())
    server = await serving(stage, *flags)
    ada = await stage.peer(server, name="Ada", room="lasting")
    bob = await stage.peer(server, name="Bob", room="lasting")
    await ada.expect_event("joined", participant=bob.id)
    ids = ada.room.id, ada.id, bob.id
    server.ask_to_stop()
    assert await server.exit_status() == 0, server.output[-5:]
    await lost(ada, bob)
    server = await again(stage, server, *flags)
    assert (await ada.resume())["resumed"] and (await bob.resume())["resumed"]
    assert (ada.room.id, ada.id, bob.id) == ids
    await bob.media(audio=True)
    await same_state(ada, bob)


@patient
@within(60)
async def test_whoever_does_not_come_back_has_left_once(stage):
    flags = (*engine(stage.folder()), "--grace-milliseconds", "2000")
    server = await serving(stage, *flags)
    ada = await stage.peer(server, name="Ada", room="emptier")
    bob = await stage.peer(server, name="Bob", room="emptier")
    await ada.expect_event("joined", participant=bob.id)
    await kill(server)
    await lost(ada, bob)
    server = await again(stage, server, *flags)
    assert (await ada.resume())["resumed"]
    listen(ada)
    await ada.expect_event("left", seconds=30, participant=bob.id)
    await ada.media(audio=True)
    assert kinds(ada, "interrupted", "left") == ["interrupted", "left"]
    await ada.leave()
    # Rooms that nobody holds any more are found by those who are there, and end.
    await eventually(lambda: rooms(server) == 0, 20, "no room is left")


def rooms(server):
    with urlopen(server.address + "metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("parley_rooms_open ")).split(" ")[1])


@patient
@within(90)
async def test_killed_again_and_again_nothing_is_lost_or_twice(stage):
    flags = engine(stage.folder())
    server = await serving(stage, *flags)
    names = ("Ada", "Bob", "Eve")
    people = [await stage.enter(ClientProcess(server, name, ["busy"], seed=index)) for index, name in enumerate(names)]
    for client in people:
        await client.order("chatter", pause=0.01)
    ids = [client.id for client in people]
    for _ in range(4):
        await asyncio.sleep(1)
        await kill(server)
        server = await again(stage, server, *flags)
    await asyncio.sleep(1)
    await quiet(people, 40)
    assert [client.id for client in people] == ids
    print(f"     killed four times: {check(*people)}")


# MARK: - Files that are no good


def words(output, *expected):
    for word in expected:
        assert word in output, f"{word!r} is not in:\n{output}"


@within(40)
async def test_files_that_are_not_ours_are_refused_and_left_alone(stage):
    program, folder = stage.world.program, Path(stage.folder())
    flags = engine(folder)
    server = await serving(stage, *flags)
    await (await stage.peer(server, name="Ada", room="kept")).media(audio=True)
    # While it runs nobody else has the file.
    status, output = await refused_start(program, "--port", "0", *flags)
    assert status != 0
    words(output, "in use by process", str(server.process.pid), "one server at a time")
    server.ask_to_stop()
    assert await server.exit_status() == 0
    good = folder / "parley.db"

    text = folder / "text.db"
    text.write_text("these are words, and no database " * 100)
    other = folder / "other.db"
    with contextlib.closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE songs (name TEXT)")
    newer = folder / "newer.db"
    shutil.copy(good, newer)
    with contextlib.closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version = 99")
    damaged = folder / "damaged.db"
    content = bytearray(good.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 + 3100: page * 4096 + 4000] = b"\xa5" * 900
    damaged.write_bytes(content)
    for file, *expected in (
        (text, "is not a SQLite database"),
        (other, "belongs to another program"),
        (newer, "newer Parley", "version 99"),
        (damaged, "is damaged", "restore a backup"),
    ):
        before = file.read_bytes()
        status, output = await refused_start(program, "--port", "0", *engine(folder, file.name))
        assert status != 0, file.name
        words(output, str(file), *expected)
        assert file.read_bytes() == before, file.name
    status, output = await refused_start(program, "--port", "0", "--engine", f"sqlite:{folder}/no/parley.db")
    assert status != 0
    words(output, "there is no folder")
    status, output = await refused_start(program, "--port", "0", "--engine", "sqlite:")
    assert status != 0
    words(output, "engine", "allowed: memory")


@within(30)
async def test_a_file_that_cannot_be_written(stage):
    folder = Path(stage.folder())
    server = await serving(stage, *engine(folder))
    server.ask_to_stop()
    assert await server.exit_status() == 0
    good = (folder / "parley.db").read_bytes()
    # For root nothing is read-only but what is mounted so.
    script = folder / "run"
    script.write_text(
        "#!/bin/sh\n"
        f"exec unshare -m sh -c 'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && "
        f"exec \"$0\" \"$@\"' {stage.world.program} \"$@\"\n")
    script.chmod(0o755)
    status, output = await refused_start(script, "--port", "0", *engine(folder))
    assert status != 0
    words(output, "cannot be written", "and to its folder")
    assert (folder / "parley.db").read_bytes() == good


@patient
@within(60)
async def test_a_full_disk_loses_nothing_that_was_acknowledged(stage):
    folder = Path(stage.folder())
    disk = folder / "disk"
    disk.mkdir()
    script = folder / "run"
    script.write_text(
        "#!/bin/sh\n"
        f"exec unshare -m sh -c 'mount -t tmpfs -o size=3m none {disk} && exec \"$0\" \"$@\"' "
        f"{stage.world.program} \"$@\"\n")
    script.chmod(0o755)
    server = await serving(stage, *engine(disk), program=script)
    # The disk is in a name space of the server's own.
    seen = Path(f"/proc/{server.process.pid}/root{disk}")
    ada = await stage.peer(server, name="Ada", room="full")
    bob = await stage.peer(server, name="Bob", room="full")
    await ada.expect_event("joined", participant=bob.id)
    await ada.media(audio=True)
    filler = seen / "filler"
    with open(filler, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
    # What is in the write-ahead log already can be written over, so it takes a few.
    for turn in range(200):
        number = await ada.command("media", audio=turn % 2 == 1)
        try:
            await asyncio.wait_for(ada.outcome(number), 2)
        except (asyncio.TimeoutError, AssertionError):
            break
    else:
        raise AssertionError("the disk was never full")
    assert any("is full" in line for line in server.output), server.output[-5:]
    await eventually(lambda: not_ready(server, "is full"), 8, "not ready, with the reason")
    filler.unlink()
    await eventually(lambda: any("can be written again" in line for line in server.output), 10, "written again")
    await eventually(lambda: ready(server), 8, "ready")
    await ada.until(lambda: not any(m["type"] == "media" for m in ada.unsettled), 20, "an outcome")
    await bob.media(audio=True)
    await same_state(ada, bob)
    # What is on the disk is all that anybody was told. (SQLite would look for the path in its own name space.)
    server.process.send_signal(signal.SIGSTOP)
    for ending in ("", "-wal"):
        shutil.copy(seen / f"parley.db{ending}", folder / f"copy.db{ending}")
    await kill(server)
    await lost(ada, bob)
    copied = await serving(stage, *engine(folder, "copy.db"))
    for peer in (ada, bob):
        peer.address = copied.connect_address
        assert (await peer.resume())["resumed"]
    await ada.media(video=True)
    await same_state(ada, bob)


def backup(file, copy):
    """What `sqlite3 FILE ".backup COPY"` does."""
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def ready(server):
    try:
        with urlopen(server.address + "readyz", timeout=5) as response:
            return response.status == 200
    except HTTPError:
        return False


def not_ready(server, word):
    try:
        with urlopen(server.address + "readyz", timeout=5) as response:
            return response.status != 200
    except HTTPError as refusal:
        return word in refusal.read().decode()


# MARK: - The file


@within(40)
async def test_a_backup_is_made_while_people_talk(stage):
    folder = Path(stage.folder())
    server = await serving(stage, *engine(folder))
    for name in ("parley.db", "parley.db-wal", "parley.db.lock"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    ada = await stage.peer(server, name="Ada", room="copied")
    bob = await stage.peer(server, name="Bob", room="copied")
    await ada.expect_event("joined", participant=bob.id)
    for turn in range(20):
        await ada.media(audio=turn % 2 == 0)
        if turn == 10:
            backup(folder / "parley.db", folder / "copy.db")
    ids = ada.room.id, ada.id, bob.id
    await kill(server)
    await lost(ada, bob)
    # An older state of the same meeting: everybody agrees on it, and goes on from there.
    copied = await serving(stage, *engine(folder, "copy.db"))
    for peer in (ada, bob):
        peer.address = copied.connect_address
        assert (await peer.resume())["resumed"]
    assert (ada.room.id, ada.id, bob.id) == ids
    await bob.media(audio=True)
    await same_state(ada, bob)
