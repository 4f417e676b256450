"""TURN as others know it: coturn, its client, and how a credential is made (draft-uberti-behave-turn-rest-00)."""

import asyncio
import base64
import hashlib
import hmac
import socket
import tempfile
import time


def credential(secret, id="x", seconds=600):
    """A name and a password as coturn computes them, from the draft and not from Parley."""
    name = f"{int(time.time()) + seconds}:{id}"
    return name, password(secret, name)


def password(secret, name):
    return base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()


def free_port():
    """Of UDP and TCP both, as coturn wants it; nothing else chooses ports between here and its start."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", 0))
            port = stream.getsockname()[1]
            try:
                datagram.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Coturn:
    """`async with Coturn("secret") as turn:` is Debian's coturn on loopback, until the block ends."""

    def __init__(self, *secrets, options=(), file=None, tls=None):
        """`tls`: certificate, key and port, for a second door."""
        self.secrets, self.options, self.file, self.tls = secrets, options, file, tls
        self.output = []

    async def __aenter__(self):
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="parley-coturn-")
        # What is behind the relay: it says everything again.
        self.echo = free_port()
        self._echo = await asyncio.create_subprocess_exec(
            "turnutils_peer", "-p", str(self.echo), "-L", "127.0.0.1",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        await self._start()
        return self

    async def restart(self, *secrets):
        """With other secrets, on the same port."""
        await self._stop()
        self.secrets = secrets
        await self._start()

    async def _start(self):
        own = ["-n"] if self.file is None else ["-c", self.file]
        secure = ["--no-tls"] if self.tls is None else [
            f"--cert={self.tls[0]}", f"--pkey={self.tls[1]}", f"--tls-listening-port={self.tls[2]}"]
        plain = [] if self.file else [
            "--allow-loopback-peers", *secure, "--no-dtls", "--realm=test", "--no-cli", "--use-auth-secret",
            "--min-port=49160", "--max-port=60999"]
        self.process = await asyncio.create_subprocess_exec(
            "turnserver", *own, *plain, *(f"--static-auth-secret={secret}" for secret in self.secrets),
            f"--listening-port={self.port}", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
            f"--userdb={self._folder.name}/turndb", f"--pidfile={self._folder.name}/pid",
            "--log-file=stdout", "--simple-log", *self.options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        self._reader = asyncio.create_task(self._read())
        await self._listens()

    async def __aexit__(self, *error):
        await self._stop()
        self._echo.kill()
        await self._echo.wait()
        self._folder.cleanup()

    async def _stop(self):
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
        deadline = time.monotonic() + 20
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                if self.process.returncode is not None or time.monotonic() > deadline:
                    raise AssertionError("coturn does not listen:\n" + "\n".join(self.output[-20:])) from None
                await asyncio.sleep(0.05)

    @property
    def address(self):
        return f"turn:127.0.0.1:{self.port}"

    async def allocates(self, name, word, *options, peer="127.0.0.1"):
        """Whether its own client gets a relay with that name and password, and sends something through it."""
        process = await asyncio.create_subprocess_exec(
            "turnutils_uclient", "-u", name, "-w", word, "-p", str(self.port), "-e", peer, "-r", str(self.echo),
            "-n", "1", "-m", "1", "-l", "100", "-c", *options, "127.0.0.1",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 20)
        except asyncio.TimeoutError:
            process.kill()
            output, _ = await process.communicate()
        self.said = output.decode(errors="replace")
        return process.returncode == 0
