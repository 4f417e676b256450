"""Redis with replicas and Sentinels, configured as docs/examples says."""

import json
from pathlib import Path

from proxies import example
from redis_server import RedisServer
from stage import eventually

PASSWORDS = {"replica": ("REPLICA-PASSWORD", "replica-secret"), "parley": ("PARLEY-PASSWORD", "parley-secret")}


class ExampleRedis(RedisServer):
    """A server with a configuration of the examples, on 127.0.0.1."""

    name, example_port = "redis.conf", "6379"
    credentials = ("replica", PASSWORDS["replica"][1])

    def __init__(self, master_port=None):
        super().__init__()
        self.master_port = master_port

    def changes(self):
        return {
            "port": (f"port {self.example_port}", f"port {self.port}"),
            "address": ("bind 10.0.0.21", "bind 127.0.0.1"),
        }

    def text(self):
        text = example(self.name, **self.changes(), **PASSWORDS)
        if self.master_port:
            text += f"replicaof 127.0.0.1 {self.master_port}\nrepl-diskless-sync-delay 0\n"
        return text

    def arguments(self):
        path = Path(self._folder) / self.name
        # A server writes into it what it has learned, and finds that when it starts again.
        if not path.exists():
            path.write_text(f"{self.text()}dir {self._folder}\n")
        return [str(path)]


class ExampleSentinel(ExampleRedis):
    name, example_port = "sentinel.conf", "26379"
    credentials = None

    def changes(self):
        return super().changes() | {"master": ("10.0.0.21 6379 2", f"127.0.0.1 {self.master_port} 2")}

    def text(self):
        return example(self.name, **self.changes(), replica=PASSWORDS["replica"])

    def arguments(self):
        return [*super().arguments(), "--sentinel"]


class Deployment:
    """A master, two replicas and three Sentinels: `url` is what nodes are told."""

    def __init__(self, stage):
        self.stage = stage
        self.folder = Path(stage.folder())

    async def __aenter__(self):
        enter = self.stage.enter
        self.master = await enter(ExampleRedis())
        self.replicas = [await enter(ExampleRedis(self.master.port)) for _ in range(2)]
        self.sentinels = [await enter(ExampleSentinel(self.master.port)) for _ in range(3)]
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
