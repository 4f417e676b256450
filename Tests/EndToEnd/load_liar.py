"""A server that says what a server says, as far as a load needs it, and now and then something else."""

import asyncio
import contextlib
import itertools
import json

import websockets
from state import fold, state_hash

SECRET = "A" * 22


def text(frame):
    return json.dumps(frame, separators=(",", ":"))


class LyingRoom:
    """Rooms with joins, leaves and microphones. Every sixth event is not what it should be, for one of those there."""

    def __init__(self, lie, hangs_up_after=None):
        self.lie = lie
        # Seconds, upon the first who comes.
        self.hangs_up_after = hangs_up_after
        self.numbers = itertools.count(1)
        self.rooms = {}
        self.sessions = {}
        self.tasks = []

    async def __aenter__(self):
        self._server = await websockets.serve(self._serve, "127.0.0.1", 0, subprotocols=["parley.v1"])
        self.address = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error):
        self._server.close()
        await self._server.wait_closed()

    def identifier(self, letter):
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        number = next(self.numbers)
        return f"{letter}_{'A' * 18}{digits[number // 52]}{digits[number % 52]}AA"

    async def _serve(self, socket):
        with contextlib.suppress(websockets.ConnectionClosed):
            hello = json.loads(await socket.recv())
            if self.hangs_up_after and not self.sessions:
                asyncio.get_running_loop().call_later(self.hangs_up_after, socket.transport.abort)
            session = hello.get("resume", {}).get("session")
            member = self.sessions.get(session)
            if member:
                member.socket, member.held = socket, None
                await member.welcome(resumed=True)
                await member.replay(hello["resume"]["rooms"][member.room.id])
            else:
                join = hello.get("join")
                room = self.rooms.setdefault(join["room"], Room(self)) if join else None
                member = Member(self, room, socket)
                self.sessions[member.session] = member
                await member.welcome(resumed=False)
                if join:
                    await room.join(member, join.get("name"))
            async for line in socket:
                message = json.loads(line)
                if message["type"] == "media":
                    await member.room.switch(member, message)
                elif message["type"] == "leave":
                    await member.room.leave(member, message)
                elif "to" in message:
                    told = {"type": message.pop("type"), "from": member.id} | message
                    others = [other for other in member.room.members if other.id == message["to"]]
                    for other in others:
                        await other.say({name: value for name, value in told.items() if name not in ("to", "floor")})


class Room:
    def __init__(self, liar):
        self.liar = liar
        self.id = liar.identifier("r")
        self.members = []
        self.at = [1, 0, "0" * 16]
        self.state = {"room": {"id": self.id, "lifecycle": "open"}, "people": {}}
        self.log = []

    def next(self, events):
        after, self.at = self.at, [1, self.at[1] + 1, f"{self.at[1] + 1:016x}"]
        for event in events:
            fold(self.state, event["patch"])
        frame = {"type": "events", "room": self.id, "at": self.at, "after": after, "events": events}
        self.log.append(frame)
        return frame

    async def tell(self, frame, but=None):
        for member in list(self.members):
            if member is not but:
                await member.hear(frame)

    async def join(self, member, name):
        row = {"name": name, "connection": "connected", "media": {"audio": False}}
        event = {"type": "joined", "participant": member.id, "by": member.id, "id": 1,
                 "patch": {"people": {member.id: row}}}
        frame = self.next([event])
        if self.liar.lie == "ghost" and len(self.members) == 1:
            ghost = self.liar.identifier("p")
            fold(self.state, {"people": {ghost: row}})
            frame["events"][0]["patch"]["people"][ghost] = row
        if self.liar.lie == "forget" and len(self.members) == 1:
            fold(self.state, {"people": {member.id: None}})
            frame["events"][0]["patch"] = {}
        self.members.append(member)
        await self.tell(frame, but=member)
        await member.snapshot([{name: value for name, value in event.items() if name != "patch"}])

    async def switch(self, member, command):
        event = {"type": "media-changed", "participant": member.id, "by": member.id, "id": command["id"],
                 "patch": {"people": {member.id: {"media": {"audio": command["audio"]}}}}}
        await self.tell(self.next([event]))

    async def leave(self, member, command):
        event = {"type": "left", "participant": member.id, "by": member.id, "id": command["id"], "reason": "left",
                 "patch": {"people": {member.id: None}}}
        await self.tell(self.next([event]))
        self.members.remove(member)


class Member:
    def __init__(self, liar, room, socket):
        self.liar, self.room, self.socket = liar, room, socket
        self.session, self.id = liar.identifier("s"), liar.identifier("p")
        self.held = None
        # What a server that has missed a hint has not told yet.
        self.late = []

    async def welcome(self, resumed):
        await self.say({
            "type": "welcome", "protocol": 1, "session": self.session, "identity": "i_" + "A" * 22,
            "resumed": resumed, "resume": {"secret": SECRET},
            "heartbeat": {"silenceMilliseconds": 2000, "darkMilliseconds": 4500},
            "limits": {"frameBytesMax": 65536, "nameBytesMax": 128, "roomsPerSessionMax": 16,
                       "unacknowledgedSignalsMax": 256},
            "features": [], "iceServers": [], "time": 1795226400000})

    async def snapshot(self, events):
        await self.say({
            "type": "snapshot", "room": self.room.id, "self": self.id, "at": self.room.at, "view": "participant",
            "state": self.room.state, "hash": state_hash(self.room.state), "events": events})

    async def say(self, frame):
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.socket.send(text(frame))

    async def hear(self, frame):
        """The second of a room is the one who is lied to."""
        is_victim = len(self.room.members) > 1 and self is self.room.members[1]
        if not is_victim or frame["events"][0]["type"] != "media-changed":
            return await self.say(frame)
        if self.liar.lie == "late":
            if not self.late:
                self.liar.tasks.append(asyncio.create_task(self._catch_up()))
            return self.late.append(frame)
        if self.held:
            held, self.held = self.held, None
            return await self._behind(frame, held)
        if frame["at"][1] % 6:
            return await self.say(frame)
        match self.liar.lie:
            case "lose": pass
            case "repeat":
                await self.say(frame)
                await self.say(frame)
            case "alter":
                changed = json.loads(text(frame))
                changed["events"][0]["patch"]["people"][frame["events"][0]["participant"]]["media"]["video"] = True
                await self.say(changed)
            case "swap" | "relink": self.held = frame
            case _: await self.say(frame)

    async def _catch_up(self):
        """Longer than what is lost is waited for, when nothing else comes."""
        await asyncio.sleep(5)
        while self.late:
            await self.say(self.late.pop(0))

    async def _behind(self, frame, held):
        if self.liar.lie == "swap":
            await self.say(frame)
            await self.say(held)
        else:
            # As if there had been nothing in between; what it has changed is said again.
            await self.say(frame | {"after": held["after"]})

    async def replay(self, at):
        """What was missed; `resume` leaves the second of these frames out."""
        missed = [frame for frame in self.room.log if frame["at"][1] > at[1]]
        if self.liar.lie == "resume" and len(missed) > 2:
            missed = [missed[0], missed[2] | {"after": missed[1]["after"]}, *missed[3:]]
        for frame in missed:
            await self.say(frame)
