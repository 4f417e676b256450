"""Who is heard, who decides, and how they are told: in real browsers."""

from hosted import answers, hosted, is_silent, says
from stage import eventually, within


@within(120)
async def test_mute_all_ask_and_unmute(stage):
    ada, bob = await hosted(stage)
    assert await bob.is_sending("audio")
    await ada.hosts("mute-all-firmly")
    await eventually(lambda: is_silent(bob), what="Bob's muted track")
    assert await ada.is_sending("audio")
    await says(bob, "muted everybody")
    # His own button does not help: the rule says so.
    await bob.at("microphone").click()
    await says(bob, "Raise your hand")
    assert await is_silent(bob)
    await bob.at("hand").click()
    await ada.at("people-toggle").click()
    await ada.at("raised-hand").filter(visible=True).wait_for()
    await ada.does("ask-audio", await bob.id())
    # Nobody is unmuted from outside: only his own answer does it.
    await bob.at("question").wait_for()
    assert await is_silent(bob)
    await answers(bob, "yes")
    await eventually(lambda: bob.is_sending("audio"), what="Bob's microphone")
    seen = "(id) => parleyPage.room.person(id).media.audio"
    id = await bob.id()
    await eventually(lambda: ada.page.evaluate(seen, id), what="Ada sees Bob's microphone")
    await ada.does("mute", await bob.id())
    await eventually(lambda: is_silent(bob), what="Bob, muted alone")
    await says(bob, "muted you")


@within(90)
async def test_roles(stage):
    ada, bob = await hosted(stage)
    assert not await bob.at("host-toggle").is_visible()
    await ada.does("role-co-host", await bob.id())
    await bob.at("host-toggle").wait_for()
    await says(bob, "You are co-host now")
    await ada.does("host", await bob.id())
    await ada.at("confirm-yes").click()
    await bob.at("leave-menu").wait_for()
    await ada.at("leave").wait_for()
    # The new host decides what the old one may; but nobody is put out of a room that is their own.
    await bob.does("role-participant", await ada.id())
    await says(ada, "You take part like everybody now")
    await ada.at("host-toggle").wait_for(state="hidden")
    row = bob.page.locator(f'[data-testid="person"][data-id="{await ada.id()}"]')
    await row.get_by_test_id("person-menu").click()
    await bob.at("do-mute").wait_for()
    assert not await bob.at("do-remove").is_visible()
    await bob.page.keyboard.press("Escape")


@within(90)
async def test_all_of_it_by_keyboard(stage):
    ada, bob = await hosted(stage)
    await bob.page.keyboard.press("h")
    await says(ada, "Bob raises a hand")
    await ada.page.keyboard.press("p")
    row = ada.page.locator(f'[data-testid="person"][data-id="{await bob.id()}"]')
    await row.get_by_test_id("person-menu").focus()
    await ada.page.keyboard.press("Enter")
    for _ in range(12):
        if await ada.page.evaluate("document.activeElement.dataset.testid") == "do-lower":
            break
        await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("Enter")
    await says(bob, "Your hand was lowered")
    # Focus is where it was, and Escape closes the panel, not more.
    assert await ada.page.evaluate("document.activeElement.dataset.testid") == "person-menu"
    await ada.page.keyboard.press("Escape")
    await ada.at("people").wait_for(state="hidden")
    assert await ada.page.evaluate("document.activeElement.id") == "people-toggle"
