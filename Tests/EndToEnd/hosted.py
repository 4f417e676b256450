"""A meeting that Ada hosts in Chromium, with Bob as her guest in Firefox: what its tests have in common."""

import asyncio

from stage import eventually

SOUND = ("audioIn", "audioOut")


async def hosted(stage):
    """Ada hosts in Chromium, Bob is her guest in Firefox; they hear each other."""
    server, room = await stage.server(), stage.room()
    chromium, firefox = await stage.world.chromium(), await stage.world.firefox()
    ada = await stage.page(chromium, server, room, name="Ada", films=False)
    bob = await stage.page(firefox, server, room, name="Bob", films=False)
    await asyncio.gather(*(page.meets(1, 60, only=SOUND) for page in (ada, bob)))
    return ada, bob


async def late(stage, meeting, joins=True):
    """Eve, in Chromium, comes to it later."""
    chromium = await stage.world.chromium()
    return await stage.page(chromium, meeting.server, meeting.room, name="Eve", films=False, joins=joins)


async def says(page, words, seconds=10):
    """The page has announced it, to screen readers as well."""
    what = f"{page.name} hears “{words}”"

    async def has_said():
        return words in await page.at("announcements").inner_text()

    await eventually(has_said, seconds, what)


async def answers(page, answer):
    await page.at("question").wait_for()
    await page.at(f"answer-{answer}").click()
    await page.at("question").wait_for(state="detached")


async def is_silent(page):
    return not await page.is_sending("audio")
