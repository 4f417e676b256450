"""A Redis with a replica and a Sentinel, and a Redis Cluster, as small as they can be."""

import asyncio
from pathlib import Path

from redis_server import RedisServer, free_port
from stage import eventually


class Sentinel(RedisServer):
    """Alone, and so in a hurry."""

    def __init__(self, master):
        super().__init__()
        self.master = master

    def arguments(self):
        path = Path(self._folder) / "sentinel.conf"
        path.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self._folder}\nsentinel monitor parley 127.0.0.1 {self.master} 1\n"
            "sentinel down-after-milliseconds parley 500\nsentinel failover-timeout parley 5000\n")
        return [str(path), "--sentinel"]


class RedisWithReplica:
    """`url` is what nodes are told; `fail_over` ends the master, and comes back when the replica is one."""

    def __init__(self, stage):
        self.stage = stage

    async def __aenter__(self):
        self.master = await self.stage.enter(RedisServer("--repl-diskless-sync-delay", "0"))
        self.replica = await self.stage.enter(RedisServer("--replicaof", "127.0.0.1", str(self.master.port)))
        self.sentinel = await self.stage.enter(Sentinel(self.master.port))
        await eventually(self.is_complete, seconds=20, what="a Sentinel that knows of the replica")
        self.url = f"redis+sentinel://127.0.0.1:{self.sentinel.port}/parley"
        return self

    async def __aexit__(self, *error):
        pass

    async def is_complete(self):
        known = await self.sentinel.command("SENTINEL", "REPLICAS", "parley")
        return len(known) == 1 and "master_link_status:up" in await self.replica.command("INFO", "replication")

    async def fail_over(self):
        await self.master.stop()

        async def is_over():
            try:
                return "role:master" in await self.replica.command("INFO", "replication")
            except (OSError, asyncio.IncompleteReadError):
                # The Sentinel ends all connections of whoever it promotes.
                return False

        await eventually(is_over, seconds=30, what="the next master")


class RedisCluster:
    """Three servers that share the slots, without replicas."""

    def __init__(self, stage):
        self.stage = stage

    async def __aenter__(self):
        # Their second port is usually the first and 10,000, which there may not be.
        self.buses = [free_port() for _ in range(3)]
        self.servers = [
            await self.stage.enter(RedisServer(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", str(bus)))
            for bus in self.buses]
        ends = [0, 5461, 10923, 16384]
        for index, server in enumerate(self.servers):
            await server.command("CLUSTER", "ADDSLOTSRANGE", ends[index], ends[index + 1] - 1)
            await server.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
        for server, bus in zip(self.servers[1:], self.buses[1:]):
            await self.servers[0].command("CLUSTER", "MEET", "127.0.0.1", server.port, bus)
        await eventually(self.is_whole, seconds=20, what="a cluster that is whole")
        self.url = f"redis+cluster://127.0.0.1:{self.servers[0].port}"
        return self

    async def __aexit__(self, *error):
        pass

    async def is_whole(self):
        for server in self.servers:
            said = await server.command("CLUSTER", "INFO")
            if "cluster_state:ok" not in said or "cluster_known_nodes:3" not in said:
                return False
        return True
