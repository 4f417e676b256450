"""What a test stands on: servers, browsers and people, all taken away again when it ends."""

import asyncio
import contextlib
import itertools
import tempfile
import time

from parley_peer import ParleyPeer
from server import Server

ROOMS = itertools.count(1)


def within(seconds):
    """The longest that a test may take; 60 s without it."""

    def mark(function):
        function.seconds_max = seconds
        return function

    return mark


def patient(function):
    """It mostly waits, and notices nothing of what runs beside it: run.py lets it wait beside the others."""
    function.is_patient = True
    return function


def only_long(function):
    """For `--long`: it takes minutes."""
    function.is_long = True
    return function


async def eventually(condition, seconds=5, what="the condition"):
    """Waits until `condition()` (plain or async) is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s (last: {value!r})")
        await asyncio.sleep(0.02)


async def stop(*tasks):
    """Ends tasks of a test. In Python before 3.12 `wait_for` swallows a cancellation that comes in the same turn as its
    result, and a loop around it would go on for ever; so it is cancelled until it has ended."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)


class World:
    """What all tests of a run share: one server, one browser of each kind. Each is started when first wanted."""

    def __init__(self, program, pictures=None):
        self.program = program
        # Where the pictures of the documents go; without a folder none are taken.
        self.pictures = pictures
        self._shared = {}
        self._starting = asyncio.Lock()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *error):
        return await self._stack.__aexit__(*error)

    async def server(self):
        return await self._share("server", lambda: Server(self.program))

    async def chromium(self):
        from browsers import Chromium

        return await self._share("chromium", Chromium)

    async def firefox(self):
        from browsers import Firefox

        return await self._share("firefox", Firefox)

    async def _share(self, name, make):
        async with self._starting:
            shared = self._shared.get(name)
            if shared is None or not shared.is_alive():
                shared = await self._stack.enter_async_context(make())
                self._shared[name] = shared
            return shared


class Stage:
    """One test's view of the world."""

    def __init__(self, world):
        self.world = world
        self.peers = []
        self.pages = []
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *error):
        return await self._stack.__aexit__(*error)

    async def server(self, *flags, **options):
        """The shared server, or an own one when the test wants other settings."""
        if not flags and not options:
            return await self.world.server()
        return await self.enter(Server(self.world.program, *flags, **options))

    async def enter(self, context):
        return await self._stack.enter_async_context(context)

    def room(self):
        """An alias that no other test uses."""
        return f"room-{next(ROOMS)}"

    def folder(self):
        """An own one, for files."""
        return self._stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-test-"))

    async def peer(self, server=None, **options):
        """Somebody who has said hello (and has joined, with `room=`)."""
        server = server or await self.server()
        options.setdefault("tls", getattr(server, "tls", None))
        peer = await self.enter(ParleyPeer(server.connect_address, **options))
        self.peers.append(peer)
        return peer

    async def page(self, browser, server, room, **options):
        from browsers import MeetingPage

        page = await self.enter(MeetingPage(browser, server, room, **options))
        self.pages.append(page)
        return page

    def portrait(self, number):
        """Which drawn person a page's camera shows, where a picture is taken of it."""
        return number if self.world.pictures else None

    async def picture(self, page, name):
        """Of that page, for the documents, if this run takes any; without what is said for a moment only."""
        if not self.world.pictures:
            return
        await eventually(lambda: page.page.evaluate("document.querySelectorAll('.toast').length === 0"), seconds=20)
        # In Chromium: in Firefox it is done with a style that the page does not allow.
        await page.page.screenshot(path=f"{self.world.pictures}/{name}.png")

    async def evidence(self):
        """What helps to understand a failure."""
        lines = []
        for peer in self.peers:
            lines.append(f"\nlast frames of {peer.name!r} (close: {peer.close_code} {peer.close_reason!r}):")
            lines += [f"  {text[:300]}" for text in peer.transcript[-8:]]
        for page in self.pages:
            lines.append(f"\npage of {page.name!r}:")
            lines += [f"  {line[:300]}" for line in (await page.evidence())[-16:]]
        return "\n".join(lines)
