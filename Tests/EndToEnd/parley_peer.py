"""A Parley client, written from docs/PROTOCOL.md and nothing else.

It keeps the room's state by folding patches, checks that positions follow each other, numbers its signals,
ignores what it has seen, and acknowledges. Violations of the protocol by the server raise in the test.
"""

import asyncio
import json
import time

import websockets

from state import fold, state_hash

ACKNOWLEDGE_AFTER = 32
ACKNOWLEDGE_SECONDS = 0.1


class Room:
    def __init__(self, snapshot):
        self.id = snapshot["room"]
        self.me = snapshot["self"]
        self.state = snapshot["state"]
        self.at = snapshot["at"]
        self.next_command = 2
        self.entries = [snapshot["at"]]
        assert snapshot["hash"] == state_hash(self.state), "the snapshot's hash is not the hash of its state"

    @property
    def people(self):
        return self.state["people"]


class ParleyPeer:
    def __init__(self, address, room=None, name=None, hello=True, abilities=None, origin=None, tls=None,
                 headers=None, connecting=None):
        self.address = address
        # How the socket comes to be, where it is not as usual.
        self._connecting = {"ssl": tls, "additional_headers": headers} | (connecting or {})
        self.name = name or "?"
        self._join = {"id": 1} | ({"room": room} if room else {}) | ({"name": name} if name else {})
        self._wants_room = room is not None or name is not None
        self._says_hello = hello
        self._abilities = abilities
        self._origin = origin
        self.rooms = {}
        self.welcome = None
        self.transcript = []
        self.frames = []
        self.violations = []
        self.close_code = self.close_reason = None
        self.sent = {}
        self.delivered = {}
        self.received = {}
        self.acknowledged = {}
        self.negotiations = {}
        self.round_trips = {}
        # How often the state was found to be the server's.
        self.agreements = 0
        self._news = asyncio.Condition()
        self._acknowledging = None
        self.on_frame = None
        # Commands and signals whose outcome is not known yet, to be said again after a resume.
        self.unsettled = []
        # How many connections were begun to come back to this session.
        self.attempt = 0
        # Nothing but a hello is said before it is answered.
        self.is_greeted = False

    # MARK: - Life

    async def __aenter__(self):
        await self._connect()
        if self._says_hello:
            hello = self._hello()
            if self._wants_room:
                hello["join"] = self._join
            await self.send(hello)
            await self.expect(type="welcome")
            if self._wants_room:
                await self.expect(type="snapshot")
        return self

    async def _connect(self):
        self.close_code = self.close_reason = None
        self.is_greeted = False
        self.socket = await websockets.connect(
            self.address, subprotocols=["parley.v1"], origin=self._origin, ping_interval=None,
            max_size=None, open_timeout=10, proxy=None, **self._connecting)
        assert self.socket.subprotocol == "parley.v1", f"subprotocol {self.socket.subprotocol!r}"
        self._reader = asyncio.create_task(self._read())

    def _hello(self):
        hello = {"type": "hello", "protocol": 1, "client": {"name": "end-to-end", "version": "1"}}
        if self._abilities is not None:
            hello["abilities"] = self._abilities
        return hello

    async def cut(self):
        """The network is gone: no close frame, no goodbye."""
        self.socket.transport.abort()
        await self._reader

    async def resume(self, session=None, secret=None, rooms=None, keeps=True):
        """Comes back over another socket with what it has, and says again what may not have arrived."""
        await self._connect()
        old = self.welcome
        self.attempt += 1
        resume = {"session": session or old["session"], "secret": secret or old["resume"]["secret"],
                  "attempt": self.attempt}
        if keeps:
            resume["rooms"] = {room.id: room.at for room in self.rooms.values()} if rooms is None else rooms
            resume["received"] = dict(self.received)
        await self.send(self._hello() | {"resume": resume})
        welcome = await self.expect(type="welcome")
        if welcome["resumed"]:
            for message in self.unsettled:
                await self.send(self.said_now(message))
        return welcome

    async def __aexit__(self, kind, *rest):
        if self._acknowledging:
            self._acknowledging.cancel()
        await self.socket.close()
        await self._reader
        if kind is None:
            assert not self.violations, self.violations

    async def send(self, message):
        await self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    async def _read(self):
        try:
            async for text in self.socket:
                self.transcript.append(text if isinstance(text, str) else repr(text))
                try:
                    await self._take(json.loads(text), text)
                except (AssertionError, KeyError, TypeError, ValueError) as problem:
                    self.violations.append(f"{type(problem).__name__}: {problem} in {text[:200]}")
                async with self._news:
                    self._news.notify_all()
        except websockets.ConnectionClosed:
            pass
        self.close_code, self.close_reason = self.socket.close_code, self.socket.close_reason
        async with self._news:
            self._news.notify_all()

    # MARK: - What arrives

    async def _take(self, frame, text):
        assert text.startswith('{"type":"'), "the server writes `type` first"
        kind = frame["type"]
        if kind != "chat" and "from" in frame and "n" in frame and self._is_repeated(frame):
            return
        if kind == "welcome":
            self.welcome = frame
            self.is_greeted = True
        elif kind == "snapshot":
            earlier = self.rooms.get(frame["room"])
            self.rooms[frame["room"]] = Room(frame)
            if earlier and earlier.me == frame["self"]:
                self.rooms[frame["room"]].next_command = earlier.next_command
        elif kind == "events":
            self._fold(frame)
        elif kind == "rejected":
            self.unsettled = [
                m for m in self.unsettled
                if (m["type"], m.get("id"), m.get("n")) != (frame.get("of"), frame.get("id"), frame.get("n"))]
        elif kind == "beat":
            for recipient, n in frame.get("delivered", {}).items():
                assert n >= self.delivered.get(recipient, 0), "`delivered` went back"
                assert n <= self.sent.get(recipient, 0), "`delivered` names what was never sent"
                self.delivered[recipient] = n
                self.unsettled = [m for m in self.unsettled if not (m.get("to") == recipient and m["n"] <= n)]
            for id, said in frame.get("rooms", {}).items():
                self._compare(self.rooms.get(id), said)
        self.frames.append(frame)
        if self.on_frame:
            self.on_frame(frame)

    def _compare(self, room, said):
        """What the server says of the room is true of the room as it is here."""
        if room and said.get("at") == room.at:
            assert said["hash"] == state_hash(room.state), "the server's state is another one"
            self.agreements += 1
        self.round_trips.update(said.get("roundTripMilliseconds", {}))

    def _fold(self, frame):
        room = self.rooms[frame["room"]]
        assert frame["after"] == room.at, f"a gap: at {room.at}, the frame is after {frame['after']}"
        room.at = frame["at"]
        room.entries.append(frame["at"])
        for event in frame["events"]:
            if event.get("by") == room.me:
                self.unsettled = [
                    m for m in self.unsettled if not (m.get("room") == room.id and m["id"] <= event["id"])]
            if "patch" in event:
                fold(room.state, event["patch"])

    def _is_repeated(self, frame):
        sender, n = frame["from"], frame["n"]
        seen = self.received.get(sender, 0)
        if n <= seen:
            return True
        assert n == seen + 1, f"signal {n} of {sender} came after {seen}"
        self.received[sender] = n
        unacknowledged = n - self.acknowledged.get(sender, 0)
        if unacknowledged >= ACKNOWLEDGE_AFTER:
            asyncio.get_running_loop().create_task(self.acknowledge())
        elif self._acknowledging is None:
            self._acknowledging = asyncio.create_task(self._acknowledge_later())
        return False

    async def _acknowledge_later(self):
        await asyncio.sleep(ACKNOWLEDGE_SECONDS)
        self._acknowledging = None
        await self.acknowledge()

    async def acknowledge(self):
        news = {who: n for who, n in self.received.items() if n > self.acknowledged.get(who, 0)}
        if news and self.is_greeted:
            self.acknowledged |= news
            try:
                await self.send({"type": "beat", "ack": news})
            except websockets.ConnectionClosed:
                pass

    # MARK: - Waiting

    async def until(self, condition, seconds=5, what="the condition"):
        """Waits until `condition()` is true, judged after every frame."""
        deadline = time.monotonic() + seconds
        async with self._news:
            while not (value := condition()):
                rest = deadline - time.monotonic()
                if rest <= 0 or (self.close_code is not None and not condition()):
                    raise AssertionError(
                        f"{self.name}: {what} did not come within {seconds} s (close code {self.close_code})")
                try:
                    await asyncio.wait_for(self._news.wait(), rest)
                except asyncio.TimeoutError:
                    pass
        return value

    async def expect(self, seconds=5, where=None, **members):
        """Takes the first frame that has these members out of those that nobody has asked for yet."""

        def fits(frame):
            return all(name in frame and frame[name] == value for name, value in members.items()) and (
                where is None or where(frame))

        frame = await self.until(lambda: next((f for f in self.frames if fits(f)), None), seconds, f"{members}")
        self.frames.remove(frame)
        return frame

    async def expect_event(self, kind, seconds=5, **members):
        """The first event of that type with these members; takes its frame."""

        def holds(event):
            return event["type"] == kind and all(event.get(n) == v for n, v in members.items())

        frame = await self.expect(
            seconds, where=lambda f: f["type"] in ("events", "snapshot") and any(map(holds, f["events"])))
        return next(event for event in frame["events"] if holds(event))

    async def expect_rejected(self, code, seconds=5, **members):
        frame = await self.expect(seconds, type="rejected", **members)
        assert frame["code"] == code, f"rejected with {frame['code']!r} instead of {code!r}"
        assert frame["message"].endswith("."), "`message` is a sentence"
        return frame

    async def expect_close(self, code, seconds=5):
        await asyncio.wait_for(asyncio.shield(self._reader), seconds)
        assert self.close_code == code, f"closed with {self.close_code} ({self.close_reason!r}) instead of {code}"
        assert self.close_reason, "a close has a sentence"

    # MARK: - Talking

    @property
    def room(self):
        """The only room."""
        (room,) = self.rooms.values()
        return room

    @property
    def id(self):
        return self.room.me

    async def outcome(self, id):
        """`accepted` when the event comes that names the command, or the code of its rejection."""
        def fits(frame):
            if frame["type"] == "rejected":
                return frame.get("id") == id
            return any(e.get("by") == self.id and e.get("id") == id for e in frame.get("events", []))

        frame = await self.expect(where=fits)
        return frame["code"] if frame["type"] == "rejected" else "accepted"

    async def command(self, kind, /, room=None, **members):
        """Sends a command under the next number and returns that number."""
        room = room or self.room
        number, room.next_command = room.next_command, room.next_command + 1
        message = {"type": kind, "id": number, "room": room.id} | members
        self.unsettled.append(message)
        await self.send_if_possible(message)
        return number

    async def send_if_possible(self, message):
        """Without a socket it waits for the next one."""
        try:
            await self.send(self.said_now(message))
        except websockets.ConnectionClosed:
            pass

    def said_now(self, message):
        """A signal says what is known to be delivered when it is sent: whoever sends it again knows more by then."""
        if not {"n", "to", "floor"} <= message.keys():
            return message
        # Told to be delivered while it was about to be said again: nothing is missing before itself.
        floor = min(message["n"], max(message["floor"], self.delivered.get(message["to"], 0) + 1))
        return message | {"floor": floor}

    async def media(self, **members):
        """Whoever begins to share takes the floor in the same frame, and it is that event which names the command."""
        number = await self.command("media", **members)
        me = self.id

        def answers(event):
            return event.get("by") == me and event.get("id") == number

        def changed(frame):
            found = [e for e in frame["events"] if e["type"] == "media-changed" and e["participant"] == me]
            return found[0] if found else None

        frame = await self.expect(
            where=lambda f: f["type"] in ("events", "snapshot") and any(map(answers, f["events"])))
        return changed(frame)

    async def leave(self):
        room = self.room
        number = await self.command("leave")
        event = await self.expect_event("left", by=room.me, id=number)
        del self.rooms[room.id]
        return event

    async def join(self, room=None, name=None):
        await self.send({"type": "join", "id": 1} | ({"room": room} if room else {}) | ({"name": name} if name else {}))
        return await self.expect(type="snapshot")

    def numbered(self, to):
        """The next `n` for that recipient and the `floor` that goes with it."""
        self.sent[to] = self.sent.get(to, 0) + 1
        return {"to": to, "n": self.sent[to], "floor": self.delivered.get(to, 0) + 1}

    async def signal(self, to, data, kind="signal", **members):
        message = {"type": kind} | self.numbered(to) | members
        if kind == "signal":
            message["data"] = data
        self.unsettled.append(message)
        await self.send_if_possible(message)
        return message["n"]

    async def offer(self, to, sdp="v=0\r\n"):
        self.negotiations[to] = self.negotiations.get(to, 0) + 1
        await self.signal(to, None, kind="offer", negotiation=self.negotiations[to], sdp=sdp)
        return self.negotiations[to]
