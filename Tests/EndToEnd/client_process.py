#!/usr/bin/env python3
"""A Parley client as a process of its own, to be killed, stopped and restarted.

usage: client_process.py ADDRESS LOG [--name NAME] [--room ROOM ...] [--seed N] [--remember | --forget]

It lives alone: comes back by itself, says again what may have been lost, and gives up when told to (1000, 45xx).
Everything that it says and hears is a JSON line in LOG before anything else happens with it. So the log is also
its memory: with --remember a new process reads it and goes on where the old one was, with --forget it takes only
the session and its secret from it, like a page that was loaded again.

Orders come as JSON lines on standard input:
  {"do": "media", …}              a command with these members
  {"do": "signal", "to": P, "data": …}
  {"do": "chatter", "pause": S}   commands and signals by itself, S seconds apart on average; 0 ends it
  {"do": "burst", "count": N}     so many commands and signals at once
  {"do": "settle", "word": W}     logs {"what": "settled", "word": W} once everything that it said has its outcome
  {"do": "leave", "room": R}
  {"do": "bye"}                   closes with 1000 and ends
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time

import websockets

from parley_peer import ParleyPeer

# A peer's signals that may wait for their acknowledgement: far below `limits.unacknowledgedSignalsMax`.
UNDELIVERED_MAX = 64


def is_to_be_said_again(frame):
    return frame["type"] == "rejected" and (
        "retryAfterMilliseconds" in frame or frame["code"] in ("signal-gap", "command-gap"))


class LastingClient(ParleyPeer):
    def __init__(self, address, log, name, rooms, seed):
        super().__init__(address, name=name, abilities={"rollback": True, "trickle": True, "restart": True})
        self.socket = None
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.wanted = rooms
        self.random = random.Random(seed)
        self.pause = 0
        self.is_talking = False
        self.is_over = False
        self.heard_at = 0
        self.has_socket = False
        # By room: what the last command of our chatter asked for.
        self.audio = {}
        self.turn = asyncio.Lock()
        # The rows, by recipient or room, that will be said again.
        self.repeating = set()

    def note(self, what, **members):
        line = json.dumps({"t": time.monotonic(), "what": what} | members, separators=(",", ":"))
        # One write: whoever kills this process gets the whole line or none of it.
        os.write(self.log, line.encode() + b"\n")

    # MARK: Memory

    async def recall(self, lines, forget):
        """Becomes the client that wrote these lines."""
        for line in lines:
            if line["what"] == "received":
                frame = json.loads(line["text"])
                if is_to_be_said_again(frame):
                    continue
                if not forget or frame["type"] == "welcome":
                    await self._take_again(frame, line["text"])
            elif line["what"] == "coming":
                self.attempt = line["attempt"]
            elif line["what"] == "sent" and not forget:
                self._remember_sent(line["message"])

    async def _take_again(self, frame, text):
        if frame["type"] == "welcome" and not frame["resumed"]:
            self._forget_peers()
        await super()._take(frame, text)
        self._forget_the_gone(frame)
        self.frames.clear()

    def _remember_sent(self, message):
        if message["type"] in ("join", "hello"):
            return
        self.unsettled.append(message)
        if "to" in message:
            self.sent[message["to"]] = message["n"]
        else:
            self.rooms[message["room"]].next_command = message["id"] + 1
            if "audio" in message:
                self.audio[message["room"]] = message["audio"]

    def _forget_peers(self):
        self.rooms, self.unsettled, self.audio, self.attempt = {}, [], {}, 0
        self.sent, self.delivered, self.received, self.acknowledged = {}, {}, {}, {}

    def _forget_the_gone(self, frame):
        room = self.rooms.get(frame.get("room"))
        if room is None:
            return
        here = {id for each in self.rooms.values() for id in each.people}
        self.unsettled = [m for m in self.unsettled if m.get("to", room.me) in here]
        has_left = frame["type"] == "events" and any(
            event["type"] == "left" and event["participant"] == room.me for event in frame["events"])
        is_unknown = frame["type"] == "rejected" and frame.get("of") == "resume"
        if has_left or is_unknown:
            self.unsettled = [m for m in self.unsettled if m.get("room") != room.id]
            del self.rooms[room.id]

    # MARK: Hearing and saying

    async def _take(self, frame, text):
        self.heard_at = time.monotonic()
        self.note("received", text=text)
        if frame["type"] == "welcome" and not frame["resumed"]:
            self._forget_peers()
        elif frame["type"] == "snapshot":
            last = frame.get("lastCommand", 0)
            self.unsettled = [m for m in self.unsettled if m.get("room") != frame["room"] or m["id"] > last]
        if is_to_be_said_again(frame):
            self._say_again_soon(frame.get("to"), frame.get("room"), frame.get("retryAfterMilliseconds", 100))
            return
        try:
            await super()._take(frame, text)
        except (AssertionError, KeyError, TypeError, ValueError) as problem:
            self.note("violation", of=f"{type(problem).__name__}: {problem}", text=text[:500])
            raise
        self._forget_the_gone(frame)
        self.frames.clear()
        self.transcript.clear()

    async def send_if_possible(self, message):
        """What is said for the first time. Without a socket it waits in `unsettled` for the next one."""
        self.note("sent", message=message)
        async with self.turn:
            if self.is_talking:
                await super().send_if_possible(message)

    async def acknowledge(self):
        # Too early after a return it waits for the end of that.
        if self.is_talking:
            await super().acknowledge()

    # MARK: What was refused for now

    def _say_again_soon(self, to, room, milliseconds):
        """All that is unsettled in that row: what came behind a refused number was refused as a gap."""
        if (to, room) not in self.repeating:
            self.repeating.add((to, room))
            asyncio.create_task(self._say_again(to, room, milliseconds / 1000))

    async def _say_again(self, to, room, seconds):
        await asyncio.sleep(max(seconds, 0.3))
        self.repeating.discard((to, room))
        async with self.turn:
            for message in self.unsettled:
                if self.is_talking and (message.get("to"), message.get("room")) == (to, room):
                    await super().send_if_possible(message)

    # MARK: Living

    async def live(self):
        tries = 0
        while not self.is_over:
            try:
                await self._come()
                tries = 0
                await self._watch()
            except (OSError, AssertionError, TimeoutError, asyncio.TimeoutError,
                    websockets.InvalidHandshake, websockets.ConnectionClosed) as problem:
                self.note("failed", why=f"{type(problem).__name__}: {problem}"[:200])
            self.is_talking = False
            await self._drop()
            if self.close_code == 1000 or self.close_code is not None and 4500 <= self.close_code < 5000:
                self.note("over", code=self.close_code)
                return
            await asyncio.sleep(self.random.random() * min(0.25 * 2**tries, 2))
            tries += 1

    async def _come(self):
        hello, before = self._hello(), self.welcome
        if self.welcome:
            self.attempt += 1
            self.note("coming", attempt=self.attempt)
            hello["resume"] = {"session": self.welcome["session"], "secret": self.welcome["resume"]["secret"],
                               "attempt": self.attempt}
            if self.rooms:
                hello["resume"]["rooms"] = {room.id: room.at for room in self.rooms.values()}
                hello["resume"]["received"] = dict(self.received)
        await self._connect()
        self.has_socket = True
        await self.send(hello)
        said = list(self.unsettled)
        await self.until(lambda: self.welcome is not before, 10, "welcome")
        if not self.welcome["resumed"]:
            said = []
        await self._join_the_rest()
        async with self.turn:
            # Also what turns out to have arrived meanwhile: saying something again is always safe.
            for message in said + [m for m in self.unsettled if not any(m is other for other in said)]:
                await super().send_if_possible(message)
            self.is_talking = True
        await self.acknowledge()
        self.note("here", resumed=self.welcome["resumed"], again=len(said))

    async def _join_the_rest(self):
        """A join whose answer was lost is said again; its answer comes once, as that of the join or of the return."""
        def is_in(alias):
            return any(room.state["room"].get("alias") == alias for room in self.rooms.values())

        for alias in self.wanted:
            if not is_in(alias):
                await self.send({"type": "join", "id": 1, "room": alias, "name": self.name})
                await self.until(lambda: is_in(alias), 10, f"the room {alias}")

    async def _watch(self):
        """Until the socket ends, or says nothing for too long."""
        dark = self.welcome["heartbeat"]["darkMilliseconds"] / 1000
        while not self._reader.done():
            await asyncio.wait([self._reader], timeout=0.25)
            if time.monotonic() - self.heard_at <= dark:
                continue
            # Whoever has slept first reads what has come meanwhile.
            await asyncio.sleep(0.1)
            if time.monotonic() - self.heard_at > dark and not self._reader.done():
                self.note("dark")
                return

    async def _drop(self):
        if not self.has_socket:
            return
        self.has_socket = False
        self.socket.transport.abort()
        await self._reader
        self.note("closed", code=self.close_code)

    # MARK: Orders

    async def obey(self):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            await getattr(self, "do_" + order.pop("do"))(**order)

    async def do_media(self, **members):
        await self.command("media", self.rooms[members.pop("room")] if "room" in members else None, **members)

    async def do_signal(self, to, data):
        await self.signal(to, data)

    async def do_leave(self, room):
        self.wanted = [alias for alias in self.wanted if alias != self.rooms[room].state["room"].get("alias")]
        await self.command("leave", self.rooms[room])

    async def do_chatter(self, pause):
        self.pause = pause

    async def do_burst(self, count):
        for room in list(self.rooms.values()):
            for step in range(count):
                await self._toggle(room)
                for id in sorted(id for id in room.people if id != room.me):
                    await self.signal(id, f"{self.name} bursts {step}")

    async def do_settle(self, word):
        asyncio.create_task(self._settle(word))

    async def _settle(self, word):
        while self.unsettled or not self.is_talking:
            await asyncio.sleep(0.02)
        self.note("settled", word=word)

    async def do_bye(self):
        self.is_over = True
        await self.acknowledge()
        await self.socket.close(1000)

    async def chatter(self):
        """Commands that always change something, and signals to whoever is there."""
        count = 0
        while True:
            await asyncio.sleep(self.random.random() * 2 * self.pause if self.pause else 0.05)
            if not self.pause or not self.rooms:
                continue
            count += 1
            room = self.random.choice(sorted(self.rooms.values(), key=lambda room: room.id))
            others = sorted(id for id in room.people if id != room.me)
            if others and self.random.random() < 0.7:
                to = self.random.choice(others)
                if self.sent.get(to, 0) - self.delivered.get(to, 0) < UNDELIVERED_MAX:
                    await self.signal(to, f"{self.name} {count} " + "x" * self.random.randrange(300))
            elif len(self.unsettled) < UNDELIVERED_MAX:
                await self._toggle(room)

    async def _toggle(self, room):
        on = self.audio[room.id] = not self.audio.get(room.id, False)
        await self.command("media", room, audio=on, video=on)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("log")
    parser.add_argument("--name")
    parser.add_argument("--room", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--remember", action="store_true")
    parser.add_argument("--forget", action="store_true")
    arguments = parser.parse_args()
    client = LastingClient(arguments.address, arguments.log, arguments.name, arguments.room, arguments.seed)
    if arguments.remember or arguments.forget:
        with open(arguments.log) as lines:
            await client.recall([json.loads(line) for line in lines], arguments.forget)
    client.note("born", pid=os.getpid())
    living = asyncio.create_task(client.live())
    others = [asyncio.create_task(client.obey()), asyncio.create_task(client.chatter())]
    done, _ = await asyncio.wait([living, *others], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


if __name__ == "__main__":
    asyncio.run(main())
