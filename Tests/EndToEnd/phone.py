"""A device with a telephone line: it is online, rings, is rung, and says yes or no."""

from parley_peer import ParleyPeer


class Phone(ParleyPeer):
    """`async with Phone(address, "bob"):` a device of Bob's that is online, unless `online` says not yet."""

    def __init__(self, address, user, online=True, token=None, ticket=None, abilities=None, **more):
        address = f"{address}?ticket={ticket}" if ticket else address
        super().__init__(address, name=user.capitalize() if online else None, abilities=abilities, **more)
        self.name = user.capitalize()
        self.user = user
        self.token = token
        self._join = {"id": 1, "kind": "line", "name": self.name}

    def _hello(self):
        return super()._hello() | ({"token": self.token} if self.token else {"user": self.user})

    @property
    def identity(self):
        return self.welcome["identity"]

    @property
    def line(self):
        return next(room for room in self.rooms.values() if room.state["room"].get("kind") == "line")

    @property
    def incoming(self):
        return self.line.state.get("incoming", {})

    @property
    def missed(self):
        return list(self.line.state.get("missed", {}).values())

    async def enter(self, seconds=5, **members):
        """Joins, and gives the snapshot or the rejection that answers."""
        await self.send({"type": "join", "id": 1} | members)
        # Another room may be shown meanwhile: after a resume.
        room = members.get("room", "")
        return await self.expect(seconds, where=lambda f: f.get("of") == "join" or (
            f["type"] == "snapshot" and (f["room"] == room or not room.startswith("r_"))))

    async def go_online(self, **status):
        return await self.enter(kind="line", name=self.name, **({"status": status} if status else {}))

    async def call(self, *people, seconds=45, **members):
        request = {"to": {person: True for person in people}, "ringMilliseconds": int(seconds * 1000)} | members
        shot = await self.enter(kind="call", name=self.name, call=request)
        assert shot["type"] == "snapshot", shot
        return self.rooms[shot["room"]]

    async def rung(self, call=None, seconds=5):
        """Waits until it rings here, and gives the call's id and what is shown of it."""
        await self.until(lambda: (call in self.incoming) if call else self.incoming, seconds, "a ring")
        return next((id, shown) for id, shown in self.incoming.items() if call in (None, id))

    async def accept(self, call=None, **members):
        call, shown = await self.rung(call)
        return await self.enter(room=call, ring=shown["ring"], name=self.name, **members)

    async def decline(self, call=None, **members):
        call, _ = await self.rung(call)
        return await self.command("decline", room=self.line, call=call, **members)

    async def hang_up(self, call, **members):
        return await self.command("leave", room=call, **members)

    async def together(self, *kinds, seconds=5):
        """The events of these types, which happen in one entry."""
        frame = await self.expect(
            seconds, type="events", where=lambda f: set(kinds) <= {e["type"] for e in f["events"]})
        return [next(event for event in frame["events"] if event["type"] == kind) for kind in kinds]

    async def quiet(self, seconds=5):
        await self.until(lambda: not self.incoming, seconds, "silence")

    def ring_states(self, call):
        return [person["state"] for ring in call.state.get("rings", {}).values() for person in ring["people"].values()]
