"""A support desk, in real browsers with sound."""

import asyncio

from call_page import CallPage
from hosted import SOUND
from stage import within


class DeskPage(CallPage):
    async def opens(self, queue, button, skills=""):
        await self.at("desk").locator("summary").click()
        await self.at("queue").fill(queue)
        await self.at("skills").fill(skills)
        await self.at(button).click()

    async def stands(self, text):
        await self.at("queue-place").filter(has_text=text).wait_for()


async def device(stage, user):
    chromium, server = await stage.world.chromium(), await stage.server()
    page = await stage.enter(DeskPage(chromium, server, user))
    stage.pages.append(page)
    return page


@within(120)
async def test_two_agents_and_three_customers(stage):
    queue = stage.room()
    ada, bob, eve, max, dan = await asyncio.gather(
        *(device(stage, f"{name}-{queue}") for name in ("ada", "bob", "eve", "max", "dan")))
    await ada.opens(queue, "queue-serve")
    await ada.stands("Nobody waits")
    for customer, place in ((eve, "the next one"), (max, "1 before you"), (dan, "2 before you")):
        await customer.opens(queue, "queue-wait")
        await customer.stands(place)
    await stage.picture(max, "waiting-in-a-queue")
    await bob.opens(queue, "queue-serve")
    await bob.at("queue-customer").nth(2).wait_for()
    # One takes the next one, the other one somebody by name; whoever is left moves up.
    await ada.at("queue-take").click()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), eve.meets(1, 30, only=SOUND))
    await max.stands("the next one")
    await bob.page.get_by_role("button", name="Take Dan").click()
    await asyncio.gather(bob.meets(1, 30, only=SOUND), dan.meets(1, 30, only=SOUND))
    await max.stands("the next one")
    # Whoever is done serves again.
    await eve.at("hang-up").click()
    await ada.has_no_call("The call is over")
    await ada.at("queue-pause").click()
    await ada.at("queue-take").click()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), max.meets(1, 30, only=SOUND))
