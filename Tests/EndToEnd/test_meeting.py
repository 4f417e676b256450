"""A meeting with a host, from the door to its end, in real browsers."""

import asyncio

from browsers import meet
from hosted import SOUND, answers, hosted, is_silent, late, says
from stage import eventually, within


@within(120)
async def test_a_waiting_room(stage):
    server, room = await stage.server(), "winter-plans" if stage.world.pictures else stage.room()
    chromium, firefox = await stage.world.chromium(), await stage.world.firefox()
    ada = await stage.page(chromium, server, room, name="Ada", joins=False, portrait=stage.portrait(0))
    await ada.begin("option-approval", topic="Plans for the winter")
    bob = await stage.page(firefox, server, room, name="Bob", joins=False, portrait=stage.portrait(1))
    eve = await stage.page(chromium, server, room, name="Evelyn", joins=False, portrait=stage.portrait(2))
    await asyncio.gather(bob.knock(), eve.knock())
    assert "Plans for the winter" in await bob.at("waiting-topic").inner_text()
    await says(ada, "waiting at the door")
    assert await ada.at("door-banner").is_visible()
    await ada.at("door-show").click()
    await ada.at("notice-text").fill("We begin in a minute.")
    await ada.at("notice-send").click()
    for guest in (bob, eve):
        await guest.at("notices").get_by_text("We begin in a minute.").wait_for()
    await stage.picture(eve, "waiting-room")
    rows = ada.at("waiting-person")
    assert await rows.count() == 2
    await rows.filter(has_text="Bob").get_by_test_id("admit").click()
    await bob.at("meeting").wait_for()
    await meet(ada, bob, seconds=60)
    await stage.picture(ada, "door")
    await rows.filter(has_text="Evelyn").get_by_test_id("deny").click()
    await eve.at("left").wait_for()
    assert "not let in" in await eve.at("left").inner_text()


@within(90)
async def test_whoever_waits_gives_up_or_is_let_in_with_all(stage):
    server, room = await stage.server(), stage.room()
    chromium = await stage.world.chromium()
    ada, bob, eve, max = [
        await stage.page(chromium, server, room, name=name, joins=False, films=False)
        for name in ("Ada", "Bob", "Eve", "Max")
    ]
    await ada.begin("option-approval")
    await asyncio.gather(bob.knock(), eve.knock(), max.knock())
    await max.at("stop-waiting").click()
    await max.at("lobby").wait_for()
    await ada.at("people-toggle").click()

    async def two_wait():
        return await ada.at("waiting-person").count() == 2

    await eventually(two_wait, what="the two who still wait")
    # A reload keeps the place at the door, as the same somebody.
    await bob.page.reload()
    await bob.knock()
    await eventually(two_wait, what="the two after the reload")
    await ada.at("admit-all").click()
    await asyncio.gather(bob.at("meeting").wait_for(), eve.at("meeting").wait_for())
    await ada.at("waiting").wait_for(state="hidden")


@within(90)
async def test_a_locked_room_and_a_pin(stage):
    ada, bob = await hosted(stage)
    await ada.hosts("lock")
    await bob.at("lock-mark").wait_for()
    eve = await late(stage, ada, joins=False)
    await eve.at("name").fill("Eve")
    await eve.at("join").click()
    await eve.at("join-trouble").wait_for()
    assert "locked" in await eve.at("join-trouble").inner_text()
    await ada.at("lock").click()
    await ada.at("pin").fill("2718")
    await ada.at("pin-set").click()
    await says(ada, "The PIN is set")
    await eve.at("join").click()
    await eve.at("pin-entry").wait_for()
    await eve.at("pin-entry").fill("0000")
    await eve.at("join").click()
    await eve.page.get_by_text("That is not the PIN").wait_for()
    await eve.at("pin-entry").fill("2718")
    await eve.at("join").click()
    await eve.at("meeting").wait_for()


async def test_who_comes_in_without_waiting(stage):
    ada, bob = await hosted(stage)
    state = "parleyPage.room.state.room.autoAdmit ?? null"
    await ada.at("host-toggle").click()
    await ada.at("auto-admit").wait_for(state="hidden")
    await ada.at("admission").select_option("approval")
    await ada.at("auto-admit").fill("@example.org, example.net")
    await ada.at("auto-admit-set").click()
    await says(ada, "That is set")
    assert await ada.page.evaluate(state) == {"domains": {"example.net": True, "example.org": True}}
    await ada.at("auto-admit").fill("no domain!")
    await ada.at("auto-admit-set").click()
    await says(ada, "These settings do not work")
    await ada.at("auto-admit").fill("example.com")
    # On the way to the button something happens in the room: what was typed stays.
    await ada.at("auto-admit").blur()
    await bob.at("hand").click()
    await ada.tile(await bob.id()).and_(ada.page.locator(".has-hand")).wait_for()
    assert await ada.at("auto-admit").input_value() == "example.com"
    await ada.at("auto-admit-set").click()
    await ada.page.wait_for_function(f"() => Object.keys(({state}).domains).join() === 'example.com'")
    await ada.at("auto-admit").fill("")
    await ada.at("auto-admit-set").click()
    await bob.page.wait_for_function(f"() => ({state}) === null")


@within(120)
async def test_one_shares_and_the_other_waits(stage):
    ada, bob = await hosted(stage)
    await ada.at("screen").click()
    await bob.tile(await ada.id(), screen=True).wait_for()
    await bob.at("screen").click()
    await bob.at("floor-banner").wait_for()
    assert "Ada shares now" in await bob.at("floor-banner").inner_text()
    assert await bob.page.evaluate("parleyPage.call.screen") is None
    await ada.at("screen").click()
    await bob.at("floor-share").wait_for()
    await bob.at("floor-give-up").click()
    await bob.at("floor-banner").wait_for(state="hidden")
    # Taken back by the host, the screen stops on the page that shares it.
    await ada.does("role-co-host", await bob.id())
    await ada.at("screen").click()
    await bob.tile(await ada.id(), screen=True).wait_for()
    await bob.does("stop-screen", await ada.id())
    await bob.tile(await ada.id(), screen=True).wait_for(state="detached")
    assert await ada.page.evaluate("parleyPage.call.screen") is None


@within(90)
async def test_what_participants_may_do_and_who_is_large(stage):
    ada, bob = await hosted(stage)
    for switch, tool in (("may-share", "screen"), ("may-chat", "chat-toggle"), ("may-react", "hand")):
        await ada.hosts(switch)
        if tool == "screen":
            await eventually(lambda: bob.at("screen").is_disabled(), what="Bob may not share")
        else:
            await bob.at(tool).wait_for(state="hidden")
        await ada.hosts(switch)
        await eventually(lambda: bob.at(tool).is_enabled(), what=f"Bob has it back: {tool}")
    # Large on Ada's screen alone, until she says so again.
    large = ada.at("featured").get_by_test_id("tile")
    for count in (1, 0):
        await ada.does("pin", await bob.id())

        async def is_so():
            return await large.count() == count

        await eventually(is_so, what=f"{count} large")
    assert await bob.at("featured").get_by_test_id("tile").count() == 0
    # Whoever comes in muted is told.
    await ada.hosts("muted-on-join")
    eve = await late(stage, ada)
    await says(eve, "You come in muted")


@within(120)
async def test_recording_needs_consent(stage):
    ada, bob = await hosted(stage)
    await ada.hosts("recording-start")
    await answers(bob, "no")
    await says(ada, "somebody did not agree")
    await ada.hosts("recording-start")
    await answers(bob, "yes")
    for page in (ada, bob):
        await page.at("recording-mark").get_by_text("Recording", exact=True).wait_for()
    eve = await late(stage, ada)
    await eve.at("question").wait_for()
    assert "before you came" in await eve.at("question").inner_text()
    await answers(eve, "yes")
    await ada.hosts("recording-stop")
    await bob.at("recording-mark").wait_for(state="hidden")


@within(90)
async def test_the_end_for_everybody(stage):
    ada, bob = await hosted(stage)
    await bob.at("react").click()
    await bob.at("react-heart").click()
    await says(ada, "Bob: heart")
    await ada.at("leave-menu").click()
    await ada.at("end-for-all").click()
    await ada.at("confirm-yes").click()
    for page in (ada, bob):
        await page.at("left").wait_for()
        assert "over" in await page.at("left").inner_text()
    assert "host has ended it" in await bob.at("left").inner_text()


@within(180)
async def test_a_whole_meeting(stage):
    """Ada hosts in Chromium, Bob is her guest in Firefox, from the door to the end."""
    server, room = await stage.server(), stage.room()
    chromium, firefox = await stage.world.chromium(), await stage.world.firefox()
    ada = await stage.page(chromium, server, room, name="Ada", joins=False, films=False)
    await ada.begin("option-approval")
    bob = await stage.page(firefox, server, room, name="Bob", joins=False, films=False)
    await bob.knock()
    await ada.at("door-show").click()
    await ada.at("waiting-person").filter(has_text="Bob").get_by_test_id("admit").click()
    await bob.at("meeting").wait_for()
    await asyncio.gather(*(page.meets(1, 60, only=SOUND) for page in (ada, bob)))

    await ada.does("role-co-host", await bob.id())
    await says(bob, "You are co-host now")
    await bob.at("host-toggle").wait_for()
    # A co-host opens the door as well.
    eve = await late(stage, ada, joins=False)
    await eve.knock()
    await bob.at("door-show").click()
    await bob.at("waiting-person").filter(has_text="Eve").get_by_test_id("admit").click()
    await eve.at("meeting").wait_for()
    await asyncio.gather(*(page.meets(2, 60, only=SOUND) for page in (ada, bob, eve)))

    await ada.hosts("mute-all-firmly")
    await eventually(lambda: is_silent(eve), what="Eve's muted track")
    await says(eve, "muted everybody")

    await ada.at("screen").click()
    for guest in (bob, eve):
        await guest.tile(await ada.id(), screen=True).wait_for()
    await bob.at("screen").click()
    await bob.at("floor-banner").wait_for()
    assert "Ada shares now" in await bob.at("floor-banner").inner_text()
    await bob.at("floor-give-up").click()
    await ada.at("screen").click()
    await eve.tile(await ada.id(), screen=True).wait_for(state="detached")

    await ada.hosts("recording-start")
    await answers(bob, "yes")
    await eve.at("question").wait_for()
    assert not await ada.at("recording-mark").get_by_text("Recording", exact=True).is_visible()
    await answers(eve, "yes")
    for page in (ada, bob, eve):
        await page.at("recording-mark").get_by_text("Recording", exact=True).wait_for()

    # Eve's page is loaded again in the middle of it, and she is still who she was: no door, no second question.
    await eve.page.reload()
    await eve.at("name").fill("Eve")
    await eve.at("join").click()
    await eve.at("meeting").wait_for()
    await eve.at("recording-mark").get_by_text("Recording", exact=True).wait_for()
    await asyncio.gather(*(page.meets(2, 60, only=SOUND) for page in (ada, bob, eve)))
    assert not await eve.at("question").is_visible()

    await ada.at("leave-menu").click()
    await ada.at("end-for-all").click()
    await ada.at("confirm-yes").click()
    for page in (ada, bob, eve):
        await page.at("left").wait_for()
        assert "over" in await page.at("left").inner_text()
    assert "host has ended it" in await eve.at("left").inner_text()
