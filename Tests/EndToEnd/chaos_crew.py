#!/usr/bin/env python3
"""A part of the clients of a chaos run, as a process of its own: what they do, and the records of what they see.

usage: chaos_crew.py RECORDS JSON   (see `main` for the members)

Orders come as JSON lines on standard input:
  {"do": "calm"}   nobody begins anything more; what was begun comes to its end. Answered when it has: "settled"
  {"do": "show"}   everybody asks for every room once more, and records it. Answered: "shown"
  {"do": "end"}
"""

import asyncio
import collections
import json
import random
import sys
import time

from chaos_client import ChaosClient

# Actions of a client, by name, and how often each is done in relation to the others.
ACTIONS = {
    "signals": 600, "media": 180, "hand": 60, "moderate": 60, "leave": 14, "side": 14, "sever": 12, "sleep": 4,
    "vanish": 4,
}
# So long after the last fault it is known at the latest who is not there.
MISSED_SECONDS = 12


class Crew:
    def __init__(self, records, order):
        self.records = open(records, "w", buffering=1 << 16)
        self.addresses = order["addresses"]
        self.seed = order["seed"]
        self.pause = order["pause"]
        self.homes = {int(number): home for number, home in order["homes"].items()}
        self.actions = {name: weight for name, weight in ACTIONS.items() if name not in order.get("without", [])}
        self.grace = order["grace"]
        self.vanish_until = order.get("vanishUntil", 0)
        self.clients = {}
        self.is_calm = False
        self.beats = self.gaps = 0
        self.rejections = collections.Counter()
        self._tasks = set()

    def note(self, record):
        self.records.write(json.dumps(record, separators=(",", ":")) + "\n")

    def spawn(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task):
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.note({"t": time.monotonic(), "k": "violation", "c": -1, "what": f"the crew: {task.exception()!r}"})

    # MARK: Life

    def begin(self):
        loop = asyncio.get_running_loop()
        for number, home in self.homes.items():
            client = self.clients[number] = ChaosClient(self, number, home)
            dice = random.Random(f"{self.seed} life {number}")
            loop.call_later(dice.random() * 2, client.start)
            loop.call_later(3 + dice.random() * self.pause, self.live, number, dice, 1)
        self._watch_at = loop.time()
        self.watch()

    def live(self, number, dice, life):
        if self.is_calm:
            return
        client = self.clients[number]
        action = dice.choices(list(self.actions), list(self.actions.values()))[0]
        if action == "vanish":
            if time.monotonic() < self.vanish_until:
                client.vanish()
                life += 1
                self.clients[number] = ChaosClient(self, number, client.home, life)
                self.clients[number].start()
        elif client.is_live and not client.is_asleep:
            getattr(self, action)(client, dice)
        asyncio.get_running_loop().call_later(dice.expovariate(1 / self.pause), self.live, number, dice, life)

    def watch(self):
        loop = asyncio.get_running_loop()
        late = loop.time() - self._watch_at
        # Whoever was not run itself has not listened either.
        if late < 0.5:
            for client in list(self.clients.values()):
                client.watch(time.monotonic())
        self._watch_at = loop.time() + 0.5
        loop.call_at(self._watch_at, self.watch)

    # MARK: What people do

    def _room(self, client, dice):
        rooms = [room for room in client.rooms.values() if room.may_say()]
        return dice.choice(rooms) if rooms else None

    def _command(self, client, room, kind, **members):
        client.send_command(room, room.add(kind, members))

    def signals(self, client, dice):
        room = self._room(client, dice)
        if room is None or not room.peers:
            return
        peer = dice.choice(room.peers)
        outbox = room.outbox(peer)
        for _ in range(dice.randint(1, 5)):
            if len(outbox.kept) >= 24:
                return
            data = {"from": room.me, "to": peer, "k": outbox.next, "pad": "x" * dice.randrange(200)}
            client.note("said", me=room.me, to=peer, count=outbox.next)
            client.send_signal(outbox, outbox.add({"type": "signal", "to": peer, "data": data}))

    def media(self, client, dice):
        if room := self._room(client, dice):
            switches = ["audio", "video", "screen"]
            members = {dice.choice(switches): dice.random() < 0.5 for _ in range(dice.randint(1, 2))}
            self._command(client, room, "media", **members)

    def hand(self, client, dice):
        if room := self._room(client, dice):
            self._command(client, room, dice.choice(["raise-hand", "lower-hand"]))

    def moderate(self, client, dice):
        room = self._room(client, dice)
        # Those who may not ask now and then all the same.
        if room is None or room.view != "moderator" and dice.random() < 0.8:
            return
        peer = dice.choice(room.peers or [room.me])
        kind = dice.choice(["mute", "mute-all", "lower-hands", "set-role", "set-role", "transfer-host"])
        members = {"mute": {"participant": peer, "video": True}, "transfer-host": {"participant": peer},
                   "set-role": {"participant": peer, "role": dice.choice(
                       ["co-host", "speaker", "participant", "participant", "audience"])}}
        self._command(client, room, kind, **members.get(kind, {}))

    def leave(self, client, dice):
        """And comes again."""
        if room := self._room(client, dice):
            if room.alias == client.home:
                client.wishes.discard(client.home)
                client.later(0.5 + dice.random() * 3, self._come_again, client)
            self._command(client, room, "leave")

    def _come_again(self, client):
        client.wishes.add(client.home)
        client.join_if_wished(client.home)

    def side(self, client, dice):
        """A room of its own, for a while."""
        if len(client.wishes) < 3:
            client.sides += 1
            alias = f"side-{client.name.replace('.', '-')}-{client.sides}"
            client.wishes.add(alias)
            client.join_if_wished(alias)

    def sever(self, client, dice):
        client.drop("severed")

    def sleep(self, client, dice):
        client.sleep(1 + dice.random() * 7)

    # MARK: The end

    def calm(self):
        self.is_calm = True
        for client in self.clients.values():
            client.wake()
            client.wishes.add(client.home)
            client.join_if_wished(client.home)

    def unsettled(self):
        found = []
        for client in self.clients.values():
            if not client.is_live:
                found.append(f"{client.name} is not connected")
                continue
            held = {room.alias for room in client.rooms.values()}
            found += [f"{client.name} is not in {alias}" for alias in sorted(client.wishes - held)]
            for room in client.rooms.values():
                if room.open:
                    found.append(f"{client.name}: command {room.open[0].number} in {room.alias} is open")
                if room.undelivered:
                    found.append(f"{client.name}: {room.undelivered} signals in {room.alias} are not delivered")
                if room.former:
                    found.append(f"{client.name} is a former self in {room.alias}")
        return found

    async def settle(self, seconds):
        """Until everything that was begun has its outcome; what has not by then is a violation."""
        began = told = time.monotonic()
        while found := self.unsettled():
            if time.monotonic() - told > 1:
                told = time.monotonic()
                self.note({"t": told, "k": "unsettled", "c": -1, "what": found[:5]})
            if time.monotonic() - began > seconds:
                for what in found[:20]:
                    self.note({"t": time.monotonic(), "k": "violation", "c": -1, "what": f"convergence: {what}"})
                break
            await asyncio.sleep(0.05)
        settled = time.monotonic()
        # Those who have vanished have been missed by now, and leave when their time is over.
        while time.monotonic() < began + MISSED_SECONDS or (
                self.away() and time.monotonic() < began + MISSED_SECONDS + self.grace):
            await asyncio.sleep(0.1)
        return {"settled": settled, "missing": len(found)}

    def away(self):
        return any(client._away(room) for client in self.clients.values() for room in client.rooms.values())

    async def show(self):
        for client in self.clients.values():
            for room in client.rooms.values():
                client.say({"type": "resync", "room": room.id})
        await asyncio.sleep(3)
        for client in self.clients.values():
            for room in client.rooms.values():
                client.note("final", room=room.id, alias=room.alias, view=room.view, at=room.at, hash=room.hash,
                            me=room.me, people=sorted(room.people), away=client._away(room))
        return {"shown": True, "beats": self.beats, "gaps": self.gaps, "rejections": dict(self.rejections)}

    async def end(self):
        for client in self.clients.values():
            client.goodbye()
        await asyncio.sleep(0.3)
        self.records.close()
        return {"ended": True}


async def main():
    crew = Crew(sys.argv[1], json.loads(sys.argv[2]))
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    crew.begin()
    while line := await orders.readline():
        order = json.loads(line)
        if order["do"] == "calm":
            crew.calm()
            answer = await crew.settle(order["seconds"])
        else:
            answer = await getattr(crew, order["do"])()
        print(json.dumps(answer), flush=True)
        if order["do"] == "end":
            return


if __name__ == "__main__":
    asyncio.run(main())
