"""The servers that are compared: how each is started on a free port of this machine, and ended."""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from rows import ON_STAGE  # noqa: E402

NATS = """
listen: "127.0.0.1:{spare}"
websocket {{ listen: "127.0.0.1:{port}", no_tls: true }}
max_connections: 20000
"""

# Without a listener for plain MQTT it does not start.
MOSQUITTO = """
listener {spare} 127.0.0.1
listener {port} 127.0.0.1
protocol websockets
allow_anonymous true
persistence false
log_type error
"""

PROSODY = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
certificates = "{folder}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{}} s2s_ports = {{}} https_ports = {{}}
http_ports = {{ {port} }}
http_interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "saslauth", "websocket", "presence", "message", "iq", "smacks" }}
modules_disabled = {{ "s2s", "offline" }}
storage = "memory"
log = {{ error = "*console" }}
consider_websocket_secure = true
c2s_require_encryption = false
VirtualHost "localhost"
authentication = "anonymous"
Component "rooms.localhost" "muc"
restrict_room_creation = false
muc_room_locking = false
muc_tombstones = false
"""

SPREED = """
[http]
listen = 127.0.0.1:{port}
[sessions]
hashkey = 0123456789abcdef0123456789abcdef
blockkey = 0123456789abcdef0123456789abcdef
[clients]
internalsecret = nobody-knows
[backend]
allowall = true
secret = nobody-knows
timeout = 10
connectionsperhost = 8
[nats]
url = :loopback:
"""


# Servers written in Go have one processor for their own work, as the others have.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")} | {
    "NODE_PATH": "/usr/share/nodejs", "GOMAXPROCS": "1"}


@dataclass(frozen=True)
class Peer:
    """`program` with `words` is run on cpu 0, and listens at the port that these or its configuration name."""

    name: str
    title: str
    package: str
    program: str
    words: tuple = ()
    config: str = ""
    # What `load` speaks with it; without one it is `generator` that speaks Parley's.
    protocol: str = ""
    quality: int = 0
    # As short as a message of its can be, if that is more than is asked for.
    bytes_least: int = 0
    backend: bool = False
    # More of them take minutes to come.
    pairs_max: int = 1_500
    people_max: int = 10_000


PARLEY = Peer("parley", "Parley", "", "parley", ("serve", "--port", "{port}", "--log-level", "error", *ON_STAGE))
PEERS = [
    Peer("ws", "Node `ws`", "node-ws", "node", (str(HERE.parent / "ws-server.js"), "{port}")),
    Peer("spreed", "nextcloud-spreed-signaling", "nextcloud-spreed-signaling", "nextcloud-spreed-signaling-server",
         ("-config", "{config}"), SPREED, "spreed", bytes_least=400, backend=True),
    Peer("nats", "NATS", "nats-server", "nats-server", ("-c", "{config}"), NATS, "nats"),
    Peer("mosquitto", "mosquitto, QoS 0", "mosquitto", "mosquitto", ("-c", "{config}"), MOSQUITTO, "mqtt"),
    Peer("mosquitto-1", "mosquitto, QoS 1 and kept sessions", "mosquitto", "mosquitto", ("-c", "{config}"), MOSQUITTO,
         "mqtt", quality=1),
    Peer("prosody", "Prosody", "prosody", "prosody", ("--config", "{config}", "-F"), PROSODY, "xmpp",
         pairs_max=250, people_max=100),
    Peer("prosody-1", "Prosody with stream management", "prosody", "prosody", ("--config", "{config}", "-F"), PROSODY,
         "xmpp", quality=1, pairs_max=250, people_max=100),
]


def find(program):
    """Debian keeps servers where only administrators look."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def missing(peers):
    """In words: what is to be installed."""
    lines = [f"{peer.title}: the program {peer.program} is not there; Debian's package is {peer.package}."
             for peer in peers if not find(peer.program)]
    if any(peer.name == "ws" for peer in peers) and not Path("/usr/share/nodejs/ws").exists():
        lines.append("Node `ws`: /usr/share/nodejs/ws is not there; Debian's package is node-ws.")
    return lines


def version(peer):
    """As Debian counts."""
    result = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", peer.package], capture_output=True, text=True)
    return result.stdout.split("-")[0].split("+")[0].removeprefix("1:") or "unknown"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Started:
    """A peer on cpu 0, in a folder of its own, as a child process."""

    def __init__(self, peer, folder, program=None):
        self.backend = None
        self.backend_address = ""
        self.port, spare = free_ports(2)
        # Prosody wants it to end like this.
        config = Path(folder) / "config.lua"
        config.write_text(peer.config.format(port=self.port, spare=spare, folder=folder))
        if peer.backend:
            (backend,) = free_ports(1)
            self.backend = self._start(["node", str(HERE / "spreed-backend.js"), str(backend)], folder, cpu=1)
            self.backend_address = f"http://127.0.0.1:{backend}/"
            self._await(backend, self.backend)
        words = (word.format(config=config, port=self.port) for word in peer.words)
        command = [program or find(peer.program), *words]
        self.process = self._start(command, folder, cpu=0)
        self._await(self.port, self.process)

    def _start(self, command, folder, cpu):
        with (Path(folder) / "errors").open("ab") as errors:
            return subprocess.Popen(["taskset", "-c", str(cpu), *command], cwd=folder, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=errors, env=ENVIRONMENT)

    def _await(self, port, process):
        until = time.monotonic() + 20
        while time.monotonic() < until and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.end()
        raise SystemExit(f"{process.args[3]} did not start.")

    def end(self):
        for process in (getattr(self, "process", None), self.backend):
            if process:
                # Nothing of it is worth keeping, and some take long to say goodbye.
                process.kill()
                process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.end()
