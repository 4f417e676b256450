"""One device of a person at the page for calls."""

import json
from pathlib import Path

from playwright.async_api import TimeoutError

from browsers import MeetingPage
from stage import eventually

PHONE = {"width": 390, "height": 844}
# How many connections this page has made: an early offer that is answered needs one.
COUNTING = """
window.connectionsMade = 0
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...values) { super(...values); window.connectionsMade += 1 }
}
"""

HINDRANCES = Path(__file__).with_name("hindrances.js").read_text()


class CallPage(MeetingPage):
    def __init__(self, browser, server, user, contacts=(), size=None):
        super().__init__(browser, server, room=user, name=user.split("-")[0].capitalize())
        self.user, self.contacts, self.size = user, contacts, size

    async def arrive(self):
        if self.size:
            await self.page.set_viewport_size(self.size)
        contacts = [{"user": user, "name": user.split("-")[0].capitalize()} for user in self.contacts]
        book = json.dumps(json.dumps({"contacts": contacts}))
        await self.page.add_init_script(COUNTING)
        await self.page.add_init_script(
            # Not in the empty page, where Firefox has no storage.
            "if (location.protocol.startsWith('http'))"
            f" localStorage.getItem('parley.page') ?? localStorage.setItem('parley.page', {book})")
        await self.page.goto(f"{self.server.address}call")
        await self.at("user").fill(self.user)
        await self.at("name").fill(self.name)
        await self.at("go-online").click()
        await self.at("phone").wait_for()

    def contact(self, user):
        return self.page.locator(f'[data-testid="contact"][data-user="{user}"]')

    async def sees(self, user, text):
        await self.contact(user).get_by_test_id("presence").filter(has_text=text).wait_for()

    async def calls(self, user, video=False):
        await self.contact(user).get_by_test_id("call-video" if video else "call-audio").click()
        await self.at("call").wait_for()

    async def rings(self, name):
        await self.at("incoming").filter(has_text=f"{name} is calling").wait_for()

    async def rings_no_more(self):
        await self.at("incoming").wait_for(state="detached")

    async def accepts(self, video=False):
        await self.at("accept-video" if video else "accept-audio").click()
        await self.at("call").wait_for()

    async def hears(self, tone):
        """`ring`, `ringback`, `busy`; or `nothing`."""
        await self.page.wait_for_function("(tone) => (parleyPage.phone.tone ?? 'nothing') === tone", arg=tone)

    async def focus(self):
        return await self.page.evaluate("document.activeElement.dataset.testid")

    async def hindrances(self):
        """What keeps somebody from using what is shown, in light and in dark, also on the smallest telephone."""
        found, size = [], self.page.viewport_size
        for width, scheme in ((size["width"], "light"), (320, "dark")):
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self.page.set_viewport_size({**size, "width": width})
            try:
                # Colours change in steps.
                await self.page.wait_for_function(f"() => ({HINDRANCES})().length === 0", timeout=5_000)
            except TimeoutError:
                found += [f"{width} px, {scheme}: {line}" for line in await self.page.evaluate(HINDRANCES)]
        await self.page.set_viewport_size(size)
        return found

    async def sees_screen(self, id):
        video = self.tile(id, screen=True).locator("video")

        async def plays():
            return await video.evaluate("(video) => video.currentTime > 0 && video.videoWidth > 0")

        await video.wait_for(state="attached")
        await eventually(plays, 20, f"{self.name} sees a screen")

    async def state(self, text):
        await self.at("call-state").filter(has_text=text).wait_for()

    async def has_no_call(self, why=None):
        await self.at("call").wait_for(state="hidden")
        if why:
            await self.at("last-call").filter(has_text=why).wait_for(state="attached")

    async def chooses(self, tool, item):
        await self.at(tool).click()
        await self.at(item).click()

    async def negotiated(self):
        """Connections made, and offers: whoever accepts makes one, unless they have answered an early one."""
        return await self.page.evaluate(
            "[connectionsMade, ...[...parleyPage.mesh.peers.keys()]"
            ".map((id) => parleyPage.room.outbox(id).negotiation)]")

    async def sends_anything(self):
        return await self.page.evaluate(
            "[...parleyPage.mesh.peers.values()].some(({ connection }) =>"
            " connection.getSenders().some(({ track }) => track !== null))")
