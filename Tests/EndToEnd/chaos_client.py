"""A client that stays itself whatever happens, written from docs/PROTOCOL.md, and records all that it does and sees."""

import asyncio
import json
import random
import time

from chaos_hearing import Hearing
from chaos_socket import ChaosSocket

BACK_OFF_SECONDS = (0.25, 5)
GOODBYE = 1000


class ChaosClient(Hearing):
    """Lives until it is told to end. `crew` has the nodes' addresses and the records."""

    def __init__(self, crew, number, home, life=1):
        self.crew = crew
        self.number = number
        self.name = f"c{number}.{life}"
        self.dice = random.Random(f"{crew.seed} {self.name}")
        self.home = home
        self.wishes = {home}
        self.joining = set()
        self.rooms = {}
        self.selves = set()
        self.session = self.secret = None
        self.attempt = 0
        self.tries = 0
        self.dark_seconds = 4.5
        self.socket = self.second = None
        self.node = self.second_node = None
        self.is_live = False
        self.is_over = False
        self.is_asleep = False
        self.heard_at = 0
        self.goaway = None
        self.told_before = {}
        self.is_acknowledging = False
        self.sides = 0

    def note(self, kind, **members):
        self.crew.note({"t": time.monotonic(), "k": kind, "c": self.number} | members)

    def later(self, seconds, act, *arguments):
        asyncio.get_running_loop().call_later(seconds, self._do, act, *arguments)

    def _do(self, act, *arguments):
        if not self.is_over:
            act(*arguments)

    # MARK: Connections

    def start(self):
        self.note("born", name=self.name, home=self.home)
        self.come_soon()

    def come_soon(self):
        first, most = BACK_OFF_SECONDS
        rounds = self.tries // len(self.crew.addresses)
        self.later(self.dice.random() * min(first * 2**rounds, most), self._come)
        self.tries += 1

    def _come(self):
        if self.socket is None:
            self.crew.spawn(self._connect(self._pick(self.node)))

    def _pick(self, but):
        """The next one, as a client does that was given several addresses."""
        count = len(self.crew.addresses)
        return self.dice.randrange(count) if but is None else (but + 1) % count

    async def _connect(self, node):
        self.node = node
        try:
            socket = await ChaosSocket.connect(self, self.crew.addresses[node])
        except (OSError, asyncio.TimeoutError):
            return self.come_soon() if not self.is_over else None
        # It may have opened, or ended, by now.
        if self.is_over:
            socket.drop()
        elif not socket.is_over and self.socket is None:
            self.socket = socket
            self.heard_at = time.monotonic()

    def opened(self, socket):
        if self.is_over or socket.is_second and (self.goaway is None or not self.is_live):
            return socket.drop()
        if socket.is_second:
            self.second = socket
        else:
            self.socket = socket
            self.heard_at = time.monotonic()
        self.attempt += 1
        self.note("coming", node=self.second_node if socket.is_second else self.node, attempt=self.attempt)
        socket.say(json.dumps(self._hello()))

    def _hello(self):
        hello = {"type": "hello", "protocol": 1, "client": {"name": "chaos", "version": "1"},
                 "abilities": {"rollback": True, "trickle": True, "restart": True}}
        if self.session:
            rooms = list(self.rooms.values())
            self.listed = set(rooms)
            hello["resume"] = {
                "session": self.session, "secret": self.secret, "attempt": self.attempt,
                "rooms": {room.id: room.at for room in rooms}, "views": {room.id: room.view for room in rooms},
                "selves": {room.id: room.me for room in rooms},
                "received": {sender: n for room in rooms for sender, n in room.received.items()}}
        return hello

    def heard(self, socket, text):
        if socket is self.second:
            return self._heard_on_second(socket, text)
        if socket is self.socket:
            self.heard_at = time.monotonic()
            try:
                self.hear(json.loads(text), text)
            except Exception as problem:
                self.violation(f"{type(problem).__name__}: {problem} at {text[:300]}")

    def closed(self, socket, code, why):
        if socket.is_second:
            if socket is self.second or self.second is None and socket is not self.socket:
                self.second = None
                return self._try_again_to_move() if self.socket else self._lost(code, why)
            if socket is not self.socket:
                return
        elif self.socket is not None and socket is not self.socket:
            return
        if code == 4509 and self.second is not None:
            # The second connection has the session; its welcome is on the way.
            self.is_live, self.socket = False, None
            return
        self._lost(code, why)

    def _lost(self, code, why):
        self.note("closed", code=code, why=str(why)[:80], live=self.is_live, node=self.node)
        self.is_live = False
        self.socket = self.goaway = None
        self.told_before = {}
        self._drop_second()
        # 4509 is our own doing here: the answer to a second connection was lost.
        if code is not None and code != 4509 and (code in (1002, 1003, 1007, 1008, 1009) or 4500 <= code < 5000):
            self.violation(f"closed for good with {code}: {why}")
            self.session = None
            self.forget_all("closed for good")
        if not self.is_over:
            self.come_soon()

    def drop(self, why):
        """The own network is gone."""
        if self.socket is not None:
            socket = self.socket
            socket.drop()
            self._lost(None, why)

    def watch(self, now):
        """Somebody who hears nothing for too long connects again."""
        if self.socket is not None and not self.is_asleep and now - self.heard_at > self.dark_seconds:
            self.drop("dark")

    # MARK: Moving, when a server goes away

    def hear_goaway(self, frame):
        self.note("goaway", node=self.node)
        self.goaway = time.monotonic() + frame["deadlineMilliseconds"] / 1000
        self.later(self.dice.random() * frame["withinMilliseconds"] / 1000, self._move, self.goaway)

    def _move(self, goaway):
        if self.goaway == goaway and self.is_live and self.second is None and not self.is_asleep:
            self.second_node = self._pick(self.node)
            self.crew.spawn(self._connect_second(goaway))

    async def _connect_second(self, goaway):
        try:
            socket = await ChaosSocket.connect(self, self.crew.addresses[self.second_node], is_second=True)
        except (OSError, asyncio.TimeoutError):
            return self._try_again_to_move()
        if self.goaway != goaway and socket is not self.socket:
            return socket.drop()
        self.later(4, self._give_second_up, socket)

    def _give_second_up(self, socket):
        if socket is not self.socket and not socket.is_over:
            self.second = None
            socket.drop()
            if self.socket is None:
                return self._lost(None, "no welcome on the second connection")
            self._try_again_to_move()

    def _try_again_to_move(self):
        if self.goaway is not None and self.is_live:
            self.later(0.1 + self.dice.random() * 1.9, self._move, self.goaway)

    def _drop_second(self):
        if self.second is not None:
            socket, self.second = self.second, None
            socket.drop()

    def _heard_on_second(self, socket, text):
        frame = json.loads(text)
        if frame["type"] != "welcome":
            return
        self.second = None
        socket.is_second = False
        if not frame["resumed"]:
            socket.goodbye()
            return self._try_again_to_move() if self.socket else self._lost(None, "the session was not had")
        first, self.socket, self.node = self.socket, socket, self.second_node
        self.goaway = None
        if not self.listed.issuperset(self.rooms.values()):
            # Joined by the first connection since the hello of this one, where nobody knows of it.
            self.session, self.secret = frame["session"], frame["resume"]["secret"]
            if first is not None:
                first.drop()
            return self.drop("a room is missing there")
        self.told_before = {id: room.at for id, room in self.rooms.items()}
        self.heard_at = time.monotonic()
        self.note("moved", node=self.node)
        if first is not None:
            first.drop()
        self.hear(frame, text)

    # MARK: The end

    def vanish(self):
        """No goodbye; it is never heard of again."""
        self.note("vanished", selves=[room.me for room in self.rooms.values()])
        self._end(None)

    def goodbye(self):
        self.note("goodbye", selves=[room.me for room in self.rooms.values()])
        self._end(GOODBYE)

    def _end(self, code):
        self.is_over, self.is_live = True, False
        self._drop_second()
        if self.socket is not None:
            if code and self.socket.is_open:
                self.socket.goodbye(code)
            else:
                self.socket.drop()
        self.socket = None

    def sleep(self, seconds):
        """Like a laptop whose lid is closed: it reads nothing and says nothing."""
        if self.socket is None or not self.socket.is_open or self.second is not None:
            return
        self.note("asleep", seconds=seconds)
        self.is_asleep = True
        self.socket.pause()
        self.later(seconds, self.wake)

    def wake(self):
        if self.is_asleep:
            self.note("awake")
            self.is_asleep = False
            self.heard_at = time.monotonic()
            if self.socket is not None:
                self.socket.go_on()
            for room in self.rooms.values():
                self.send_again(room)
            for alias in sorted(self.wishes):
                self.join_if_wished(alias)
            self.acknowledge()
