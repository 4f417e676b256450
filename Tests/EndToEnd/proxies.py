"""Real proxies in front of a server, with the configurations of docs/examples."""

import asyncio
import os
import shutil
from pathlib import Path

from stage import eventually

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/examples"
# `./test` unpacks them here; none is installed, so that none is started.
UNPACKED = ROOT / ".test/proxies/usr"


def program(name):
    places = [UNPACKED / "sbin" / name, UNPACKED / "bin" / name]
    found = next((str(place) for place in places if place.exists()), None) or shutil.which(name)
    assert found, f"there is no {name}; ./test --only components brings it"
    return found


def example(file, /, **changes):
    """That file, with its paths and ports changed into those of a test. What is not there cannot be changed."""
    text = (EXAMPLES / file).read_text()
    for old, new in changes.values():
        assert text.count(old) >= 1, f"{file} has no {old!r}"
        text = text.replace(old, new)
    return text


async def free_port():
    """Nobody listens there a moment later either: the network is this run's own."""
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return port


class Proxy:
    """`async with Proxy(name, folder, server, files) as proxy:` listens on `proxy.port`, with TLS.

    Of a cluster `server` is a list of three nodes.
    """

    def __init__(self, kind, folder, server, files):
        self.kind, self.folder, self.server, self.files = kind, Path(folder), server, files
        self.output = []

    async def __aenter__(self):
        self.port = await free_port()
        command = getattr(self, f"_{self.kind.replace('-', '_')}")()
        environment = dict(os.environ) | {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        self._reader = asyncio.create_task(self._read())
        await eventually(self._listens, seconds=10, what=f"{self.kind} listens")
        return self

    async def __aexit__(self, *error):
        if self.process.returncode is None:
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 5)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
        await self._reader

    async def _read(self):
        async for line in self.process.stdout:
            self.output.append(line.decode(errors="replace").rstrip())

    async def _listens(self):
        assert self.process.returncode is None, "\n".join(self.output)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def _write(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    @property
    def _pair(self):
        """Certificate and key in one file."""
        both = self.folder / "both.pem"
        both.write_bytes(b"".join(self.files.contents))
        return str(both)

    def _nodes(self):
        """Where the examples say that they are, and where they are here."""
        return {f"node{number}": (f"10.0.0.{number}:8080", f"127.0.0.1:{node.port}")
                for number, node in enumerate(self.server, 1)}

    def _nginx(self):
        return self._start_nginx("nginx.conf", server=("127.0.0.1:8080", f"127.0.0.1:{self.server.port}"))

    def _nginx_cluster(self):
        return self._start_nginx("nginx-cluster.conf", **self._nodes())

    def _start_nginx(self, name, **changes):
        self._write("site.conf", example(
            name, port=("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            name=("meet.example.org", "parley.example"),
            certificate=("/etc/ssl/parley/fullchain.pem", str(self.files.certificate)),
            key=("/etc/ssl/parley/privkey.pem", str(self.files.key)), **changes))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        path = self._write("nginx.conf", f"""
            daemon off; master_process off; pid {self.folder}/pid; error_log stderr;
            events {{ worker_connections 1024; }}
            http {{ access_log off; {folders} include {self.folder}/site.conf; }}""")
        return program("nginx"), "-c", path, "-p", str(self.folder), "-e", "stderr"

    def _haproxy(self):
        return self._start_haproxy(example(
            "haproxy.cfg", port=("bind :443", f"bind 127.0.0.1:{self.port}"),
            server=("127.0.0.1:8080", f"127.0.0.1:{self.server.port}"),
            certificate=("/etc/haproxy/parley.pem", self._pair)))

    def _haproxy_cluster(self):
        return self._start_haproxy(example(
            "haproxy-cluster.cfg", port=("bind :443", f"bind 127.0.0.1:{self.port}"),
            certificate=("/etc/haproxy/parley.pem", self._pair), **self._nodes()), 60000)

    def _haproxy_tcp(self):
        return self._start_haproxy(example(
            "haproxy-tcp.cfg", port=("bind :443", f"bind 127.0.0.1:{self.port}"),
            server=("127.0.0.1:8443", f"127.0.0.1:{self.server.port}")))

    def _start_haproxy(self, text, most=20000):
        # It asks for two descriptors a connection, which not every machine has.
        assert f"maxconn {most}" in text, text
        path = self._write("haproxy.cfg", text.replace(f"maxconn {most}", "maxconn 1000"))
        return program("haproxy"), "-db", "-f", path

    def _caddy(self):
        site = f"https://parley.example:{self.port} {{\n\tbind 127.0.0.1\n"
        site += f"\ttls {self.files.certificate} {self.files.key}\n"
        text = example("Caddyfile", site=("meet.example.org {\n", site),
                       server=("127.0.0.1:8080", f"127.0.0.1:{self.server.port}"))
        text = "{\n\tadmin off\n\tauto_https off\n}\n" + text
        return program("caddy"), "run", "--adapter", "caddyfile", "--config", self._write("Caddyfile", text)
