"""Real browsers, and a person who uses the meeting page in one."""

import asyncio
import contextlib
import time
from pathlib import Path

from playwright.async_api import async_playwright

from stage import eventually

PORTRAIT = Path(__file__).with_name("portrait.js")

CHROMIUM_FLAGS = [
    # A camera that shows a moving picture; few of its frames, because many are encoded at once on small machines.
    "--use-fake-device-for-media-stream=device-count=1,fps=10",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
CHROMIUM_CONSENT = ["--use-fake-ui-for-media-stream", "--auto-select-desktop-capture-source=Entire screen"]

FIREFOX_SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
}


class Browser:
    """A browser process; every person in it gets a context of their own."""

    async def __aenter__(self):
        self._stack = contextlib.AsyncExitStack()
        playwright = await self._stack.enter_async_context(async_playwright())
        self.process = await self.launch(playwright)
        return self

    async def __aexit__(self, *error):
        await self.process.close()
        await self._stack.aclose()

    def is_alive(self):
        return self.process.is_connected()

    async def context(self):
        return await self.process.new_context(viewport={"width": 1280, "height": 800})


class Chromium(Browser):
    # As root there is no sandbox.
    def __init__(self, consents=True, trusts=None):
        self.consents = consents
        # The hash of a certificate's key: whoever signed it, it is believed.
        self.trusts = [f"--ignore-certificate-errors-spki-list={trusts}"] if trusts else []

    async def launch(self, playwright):
        return await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", chromium_sandbox=False,
            args=CHROMIUM_FLAGS + (CHROMIUM_CONSENT if self.consents else []) + self.trusts)

    async def context(self):
        context = await super().context()
        if not self.consents:
            # Granting something refuses everything else.
            await context.grant_permissions(["geolocation"])
        return context


class Firefox(Browser):
    async def launch(self, playwright):
        return await playwright.firefox.launch(
            channel="moz-firefox", executable_path="/usr/bin/firefox-esr", firefox_user_prefs=FIREFOX_SETTINGS)


# How much has come and gone, per peer, and how far the picture on the page has played.
# A connection that is closed while it is asked may never answer; then nothing is known of it this time.
FLOW = """async () => {
  const flow = {};
  const soon = () => new Promise((resolve) => setTimeout(resolve, 2000, []));
  for (const [id, peer] of window.parleyPage?.mesh?.peers ?? []) {
    const sum = { audioIn: 0, videoIn: 0, audioOut: 0, videoOut: 0 };
    (await Promise.race([peer.connection.getStats(), soon()])).forEach((report) => {
      if (report.type === 'inbound-rtp') sum[report.kind + 'In'] += report.bytesReceived ?? 0;
      if (report.type === 'outbound-rtp') sum[report.kind + 'Out'] += report.bytesSent ?? 0;
    });
    const video = document.querySelector(`[data-testid="tile"][data-key="${id}"] video`);
    flow[id] = { ...sum, seconds: video?.currentTime ?? 0, state: peer.state };
  }
  return flow;
}"""


class MeetingPage:
    """One person at the meeting page. `async with` opens the address of the room and, unless told otherwise, joins."""

    def __init__(self, browser, server, room, name="Ada", joins=True, portrait=None, films=True):
        self.browser, self.server, self.room, self.name, self.joins = browser, server, room, name, joins
        # Which drawn person their camera shows; without one it is the browser's own test picture.
        self.portrait = portrait
        # Without, they come with the camera off: a test that is not about pictures needs no encoder.
        self.films = films
        self.console = []
        self.faults = []

    async def __aenter__(self):
        self.context = await self.browser.context()
        try:
            self.page = await self.context.new_page()
            self.page.set_default_timeout(15_000)
            if self.portrait is not None:
                await self.page.add_init_script(f"window.portraitNumber = {self.portrait}")
                await self.page.add_init_script(path=PORTRAIT)
            self.page.on("console", lambda message: self._hear(f"{message.type}: {message.text}"))
            self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
            await self.arrive()
        except BaseException:
            await self.context.close()
            raise
        return self

    async def arrive(self):
        await self.page.goto(f"{self.server.address}#{self.room}")
        if self.joins:
            await self.join()

    async def __aexit__(self, kind, *rest):
        await self.context.close()
        if kind is None:
            assert not self.faults, f"{self.name}'s page: {self.faults}"

    def _hear(self, line):
        self.console.append(line)
        if "Content Security Policy" in line or "Content-Security-Policy" in line:
            self.faults.append(line)

    def at(self, test_id):
        return self.page.get_by_test_id(test_id)

    async def join(self):
        """Types the name and presses the button, as a person would."""
        await self._fill_in()
        await self.at("join").click()
        await self.at("meeting").wait_for()

    async def _fill_in(self):
        await self.at("name").fill(self.name)
        if not self.films:
            await self.page.locator('#lobby-camera[aria-pressed="true"]').click()

    async def begin(self, *options, topic=None):
        """Starts the meeting with what the lobby offers: `option-approval`, `option-muted`."""
        await self.page.goto(self.server.address)
        await self.at("room").fill(self.room)
        await self.at("options").locator("summary").click()
        for option in options:
            await self.at(option).check()
        if topic:
            await self.at("option-topic").fill(topic)
        await self.join()

    async def knock(self):
        """Asks to come in where somebody has to let them."""
        await self._fill_in()
        await self.at("join").click()
        await self.at("waiting-room").wait_for()

    async def leave(self):
        # Whoever may end the meeting is asked which of the two they mean.
        if await self.at("leave-menu").is_visible():
            await self.at("leave-menu").click()
            await self.at("leave-alone").click()
        else:
            await self.at("leave").click()
        await self.at("left").wait_for()

    async def does(self, action, person):
        """Chooses something in the menu of a person, who is named by id."""
        if not await self.at("people").is_visible():
            await self.at("people-toggle").click()
        row = self.page.locator(f'[data-testid="person"][data-id="{person}"]')
        await row.get_by_test_id("person-menu").click()
        await self.at(f"do-{action}").click()

    async def hosts(self, button):
        """Presses something in the host's panel."""
        if not await self.at("host").is_visible():
            await self.at("host-toggle").click()
        await self.at(button).click()

    async def is_sending(self, kind):
        """Whether the track itself is on: what a page shows is not what goes out."""
        return await self.page.evaluate(
            "(kind) => [...parleyPage.mesh.peers.values()].some(({ connection }) => connection.getSenders()"
            ".some(({ track }) => track?.kind === kind && track.readyState === 'live' && track.enabled))", kind)

    async def id(self):
        return await self.page.evaluate("parleyPage.room.self")

    async def flow(self):
        return await self.page.evaluate(FLOW)

    async def meets(self, count, seconds=30, only=None):
        """Waits until sound and picture flow both ways with that many others, and the pictures move on the page."""
        began = time.monotonic()
        kinds = only or ("audioIn", "videoIn", "audioOut", "videoOut", "seconds")
        first = None

        async def flows():
            nonlocal first
            now = await self.flow()
            if len(now) != count or any(peer["state"] != "connected" for peer in now.values()):
                first = None
                return False
            if first is None or first.keys() != now.keys():
                first = now
                return False
            return all(now[id][kind] > first[id][kind] for id in now for kind in kinds)

        try:
            await eventually(flows, seconds)
        except AssertionError:
            raise AssertionError(
                f"{self.name} does not meet {count} within {seconds} s: {await self.flow()}") from None
        return time.monotonic() - began

    def tile(self, id, screen=False):
        key = f"{id}:screen" if screen else id
        return self.page.locator(f'[data-testid="tile"][data-key="{key}"]')

    async def evidence(self):
        """What the page shows and has said; for somebody who reads a failure."""
        try:
            text = await asyncio.wait_for(self.page.evaluate("document.body.innerText"), 3)
            flow = await asyncio.wait_for(self.flow(), 3)
        except Exception as problem:
            text, flow = repr(problem), None
        return [f"shows: {text!r}", f"flow: {flow}", *self.faults, *self.console]


async def meet(*pages, seconds=30):
    """Everybody meets everybody."""
    await asyncio.gather(*(page.meets(len(pages) - 1, seconds) for page in pages))
