"""Redis with replicas and Sentinels, configured as docs/examples says."""

import asyncio
import json
from pathlib import Path

from proxies import EXAMPLES, example
from redis_server import free_port, say
from stage import eventually

PASSWORDS = {"replica": ("REPLICA-PASSWORD", "replica-secret"), "parley": ("PARLEY-PASSWORD", "parley-secret")}


def set_up(name, folder, port, master_port=None):
    """The example for one server of 127.0.0.1, written to that folder."""
    ports = {"redis.conf": "6379", "sentinel.conf": "26379"}
    changes = {"port": (f"port {ports[name]}", f"port {port}")}
    if name == "sentinel.conf":
        changes["master"] = ("10.0.0.21 6379 2", f"127.0.0.1 {master_port} 2")
    changes["address"] = ("bind 10.0.0.21", "bind 127.0.0.1")
    for key, (old, new) in PASSWORDS.items():
        if old in (EXAMPLES / name).read_text():
            changes[key] = (old, new)
    text = example(name, **changes)
    path = folder / f"{name}-{port}"
    path.write_text(text + f"dir {folder}\n")
    return path


class ExampleRedis:
    """One redis-server or redis-sentinel with a configuration of the examples."""

    def __init__(self, folder, name, master_port=None):
        self.port = free_port()
        self.folder = folder / f"{name}-{self.port}.d"
        self.folder.mkdir()
        self.path = set_up(name, self.folder, self.port, master_port)
        self.words = ["--sentinel"] if name == "sentinel.conf" else []
        if name == "redis.conf" and master_port:
            with self.path.open("a") as file:
                file.write(f"replicaof 127.0.0.1 {master_port}\nrepl-diskless-sync-delay 0\n")

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            "redis-server", str(self.path), *self.words,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        await eventually(self.answers, seconds=10, what="a Redis that answers")
        return self

    async def __aexit__(self, *error):
        await self.kill()

    async def kill(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def command(self, *words):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if not self.words:
                await say(reader, writer, "AUTH", "replica", PASSWORDS["replica"][1])
            return await say(reader, writer, *words)
        finally:
            writer.close()

    async def answers(self):
        assert self.process.returncode is None, self.path.read_text()
        try:
            return await self.command("PING") == "PONG"
        except (OSError, asyncio.IncompleteReadError):
            return False


class Deployment:
    """A master, two replicas and three Sentinels: `url` is what nodes are told."""

    def __init__(self, stage):
        self.stage = stage
        self.folder = Path(stage.folder())

    async def __aenter__(self):
        enter, folder = self.stage.enter, self.folder
        self.master = await enter(ExampleRedis(folder, "redis.conf"))
        self.replicas = [await enter(ExampleRedis(folder, "redis.conf", self.master.port)) for _ in range(2)]
        self.sentinels = [await enter(ExampleRedis(folder, "sentinel.conf", self.master.port)) for _ in range(3)]
        await eventually(self.is_complete, seconds=20, what="Sentinels that know of everybody")
        return self

    async def __aexit__(self, *error):
        pass

    async def is_complete(self):
        """Whoever fails over before would have nobody to promote, or nobody to agree with."""
        for sentinel in self.sentinels:
            if len(await sentinel.command("SENTINEL", "REPLICAS", "parley")) != 2:
                return False
            if len(await sentinel.command("SENTINEL", "SENTINELS", "parley")) != 2:
                return False
        for replica in self.replicas:
            if "master_link_status:up" not in await replica.command("INFO", "replication"):
                return False
        return True

    def configuration(self):
        """The nodes' file."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        text = example(
            "parley-cluster.json", hosts=("10.0.0.21:26379,10.0.0.22:26379,10.0.0.23:26379", hosts),
            password=PASSWORDS["parley"], proxy=("10.0.0.0/24", "127.0.0.1"))
        json.loads(text)
        path = self.folder / "parley.json"
        path.write_text(text)
        return str(path)
