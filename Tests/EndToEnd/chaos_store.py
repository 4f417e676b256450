"""A Redis and its replica, which take turns: the one dies, the other is promoted, and the nodes' wires lead there."""

import asyncio
import re

from redis_server import RedisServer


class Store:
    """`async with Store() as store:`; `store.port` is the master's."""

    def __init__(self, has_replica=True):
        self.master = RedisServer()
        self.replica = RedisServer() if has_replica else None

    @property
    def port(self):
        return self.master.port

    async def __aenter__(self):
        await self.master.__aenter__()
        if self.replica:
            await self.replica.__aenter__()
            await self._follow()
        return self

    async def __aexit__(self, *error):
        for server in (self.master, self.replica):
            if server:
                await server.__aexit__()

    async def command(self, *words):
        return await self.master.command(*words)

    async def _follow(self):
        await self.replica.command("REPLICAOF", "127.0.0.1", self.master.port)
        for _ in range(200):
            if "master_link_status:up" in await self.replica.command("INFO", "replication"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the replica does not follow")

    async def fail_over(self, links, forgets_seconds=0):
        """The master dies. What was written in its last seconds the replica has not got, if it shall forget that."""
        if forgets_seconds:
            await self.replica.command("REPLICAOF", "NO", "ONE")
            await asyncio.sleep(forgets_seconds)
        else:
            await self.master.command("CLIENT", "PAUSE", "3000", "WRITE")
            for _ in range(100):
                if await self._offset(self.master) == await self._offset(self.replica):
                    break
                await asyncio.sleep(0.01)
        await self.master.stop()
        await self.replica.command("REPLICAOF", "NO", "ONE")
        self.master, self.replica = self.replica, self.master
        for link in links:
            await link.order("to", port=self.master.port)
        await self.replica.start()
        await self._follow()

    async def _offset(self, server):
        return re.search(r"(?:master|slave)_repl_offset:(\d+)", await server.command("INFO", "replication"))[1]
