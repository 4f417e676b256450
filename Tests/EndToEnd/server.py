"""A Parley server as a child process."""

import asyncio
import os
import re
import signal


class Server:
    """`async with Server(program, "--flag", "value") as server:` listens on a free port and ends with the block."""

    def __init__(self, program, *flags, port=0, host=None, environment=None, tls=None):
        self.program = program
        # With TLS: what its clients believe.
        self.tls = tls
        self.flags = ["--port", str(port), *(["--host", host] if host else []), *flags]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        self.environment.update(environment or {})
        self.output = []
        self.process = None
        self.address = None

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            self.program, "serve", *self.flags, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        self._announced = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())
        self.address = await asyncio.wait_for(self._announced, 20)
        return self

    async def __aexit__(self, *error):
        await self.stop()

    async def _read(self):
        async for line in self.process.stdout:
            text = line.decode(errors="replace").rstrip()
            self.output.append(text)
            found = re.search(r"https?://\S+/", text)
            if found and not self._announced.done():
                self._announced.set_result(found.group(0))
        if not self._announced.done():
            self._announced.set_exception(RuntimeError("the server did not start:\n" + "\n".join(self.output)))

    def is_alive(self):
        return self.process is not None and self.process.returncode is None

    @property
    def port(self):
        return int(re.search(r":(\d+)/$", self.address).group(1))

    @property
    def connect_address(self):
        return self.address.replace("http", "ws", 1) + "v1/connect"

    def ask_to_drain(self):
        """A drain, and then the end: when nobody is connected, at the latest after --drain-milliseconds."""
        self.process.send_signal(signal.SIGTERM)

    def ask_to_reload(self):
        self.process.send_signal(signal.SIGHUP)

    def ask_to_stop(self):
        """A goodbye to everybody, and the end."""
        self.process.send_signal(signal.SIGINT)

    async def exit_status(self, seconds=10):
        return await asyncio.wait_for(self.process.wait(), seconds)

    async def stop(self):
        """Ends the process, and gives it no second chance when it does not listen."""
        if not self.is_alive():
            await self._reader
            return self.process.returncode
        self.ask_to_stop()
        try:
            return await self.exit_status()
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError("the server had to be killed:\n" + "\n".join(self.output[-10:]))


async def refused_start(program, *flags, environment=None, seconds=10):
    """Runs a server that must not start: its status and what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        program, "serve", *flags, env=clean | (environment or {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except asyncio.TimeoutError:
        process.kill()
        output, _ = await process.communicate()
        raise AssertionError("the server started although it should not:\n" + output.decode(errors="replace"))
    return process.returncode, output.decode(errors="replace")
