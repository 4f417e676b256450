"""Chat and breakout rooms, in real browsers."""

import asyncio

from hosted import SOUND, hosted, late, says
from stage import within


@within(90)
async def test_chat_with_history(stage):
    ada, bob = await hosted(stage)
    await ada.at("chat-toggle").click()
    await ada.at("chat-text").fill("Hello <b>Bob</b>, see https://example.org/a.")
    await ada.page.keyboard.press("Enter")
    await says(bob, "Ada: Hello <b>Bob</b>")
    await bob.at("chat-toggle").click()
    message = bob.at("message").first
    assert "<b>Bob</b>" in await message.inner_text()
    assert await message.locator("a").get_attribute("href") == "https://example.org/a"
    await bob.at("chat-text").fill("Hello Ada")
    await bob.at("chat-send").click()
    await ada.at("message").nth(1).wait_for()
    eve = await late(stage, ada)
    await eve.at("chat-toggle").click()
    await eve.at("message").nth(1).wait_for()
    texts = await eve.at("message").all_inner_texts()
    assert "Hello <b>Bob</b>" in texts[0] and "Hello Ada" in texts[1], texts


@within(120)
async def test_breakout_rooms(stage):
    ada, bob = await hosted(stage)
    eve = await late(stage, ada)
    main = await bob.page.evaluate("parleyPage.room.id")
    await ada.at("host-toggle").click()
    await ada.at("breakout-count").fill("1")
    await ada.at("breakouts-open").click()
    for guest in (bob, eve):
        await guest.at("breakout-banner-action").click()
        await guest.at("back-banner").wait_for()
    # They are with each other, and on the page of the main room everybody sees where they are.
    await asyncio.gather(bob.meets(1, 60, only=SOUND), eve.meets(1, 60, only=SOUND))
    await ada.at("people-toggle").click()
    row = ada.page.locator('[data-testid="person"]').filter(has_text="Bob")
    await row.get_by_text("in Room 1").wait_for()
    # One comes back by herself, the other one is called.
    await eve.at("back-banner-action").click()
    await eve.page.wait_for_function("(id) => parleyPage.room?.id === id", arg=main)
    await ada.hosts("breakouts-recall")
    await bob.page.wait_for_function("(id) => parleyPage.room?.id === id", arg=main)
    await asyncio.gather(*(page.meets(2, 60, only=SOUND) for page in (ada, bob, eve)))
