"""Stage and audience in real browsers: counted, a raised hand, to the stage, heard there, and back."""

import asyncio

from hosted import SOUND, says
from stage import eventually, within


async def stage_of(page, count):
    """The host says how many people it holds."""
    if not await page.at("host").is_visible():
        await page.at("host-toggle").click()
    await page.at("stage-max").fill(str(count))
    await page.at("stage-max-set").click()
    is_set = f"parleyPage.room.state.room.stageMax === {count}"
    await eventually(lambda: page.page.evaluate(is_set), what=f"a stage of {count}")


async def with_audience(stage, room=None):
    """Ada hosts, Bob is on the stage with her; Cleo comes into the audience."""
    server, room = await stage.server(), room or stage.room()
    chromium, firefox = await stage.world.chromium(), await stage.world.firefox()
    films = stage.world.pictures is not None
    ada = await stage.page(chromium, server, room, name="Ada", films=films, portrait=stage.portrait(0))
    await stage_of(ada, 2)
    bob = await stage.page(firefox, server, room, name="Bob", films=films, portrait=stage.portrait(1))
    await asyncio.gather(ada.meets(1, 60, only=SOUND), bob.meets(1, 60, only=SOUND))
    cleo = await stage.page(chromium, server, room, name="Cleo", films=True)
    await cleo.at("audience-banner").wait_for()
    return ada, bob, cleo


async def is_met(page, count, seconds=30):
    has_met = f"parleyPage.mesh.peers.size === {count}"
    await eventually(lambda: page.page.evaluate(has_met), seconds, f"{page.name} has {count} peers")


@within(150)
async def test_a_hand_from_the_audience_comes_to_the_stage_and_goes_back(stage):
    ada, bob, cleo = await with_audience(stage, "town-hall" if stage.world.pictures else None)
    assert "You are in the audience" in await cleo.at("audience-banner").inner_text()
    # She came with her devices on, and is told once why they are off: nothing was asked of the server, and refused.
    await asyncio.sleep(1)
    assert await cleo.at("toast").filter(has_text="in the audience").count() <= 1
    for tool in ("microphone", "camera", "screen"):
        assert not await cleo.at(tool).is_visible(), f"nothing to switch in the audience: {tool}"
    await ada.at("audience-count").get_by_text("1 in the audience").wait_for()
    assert "2 people" in await ada.at("count").inner_text()
    await is_met(cleo, 0)
    assert await ada.page.evaluate("parleyPage.room.people.length") == 2, "who is counted is in no list"

    # Her hand is seen, in the list as well.
    await cleo.at("audience-hand").click()
    await says(ada, "Cleo, in the audience, raises a hand.")
    await ada.at("people-toggle").click()
    row = ada.page.locator(f'[data-testid="person"][data-id="{await cleo.id()}"]')
    await row.get_by_test_id("raised-hand").wait_for()
    await stage.picture(ada, "audience")
    # How far away people are stands below each other, whether there is something to do about them or not.
    figures = ada.at("person").locator(".quality-figure:visible")

    async def are_known():
        return await figures.count() == 2

    await eventually(are_known, seconds=20, what="how far away both are")
    edges = await figures.evaluate_all("all => all.map((one) => one.getBoundingClientRect().right)")
    assert max(edges) - min(edges) < 1, f"figures that end at {edges}"
    await is_met(ada, 1)

    # There is no place for her until Ada makes one.
    await row.get_by_test_id("to-stage").click()
    await says(ada, "The stage is full")
    await stage_of(ada, 3)
    await ada.at("people-toggle").click()
    await row.get_by_test_id("to-stage").click()
    await says(ada, "Cleo comes to the stage.")
    await says(cleo, "You are on the stage now")
    await cleo.at("audience-banner").wait_for(state="hidden")
    assert not await cleo.is_sending("audio"), "nothing is switched on by others"
    await cleo.at("microphone").click()
    await asyncio.gather(*(page.meets(2, 60, only=SOUND) for page in (ada, bob, cleo)))

    # And back: the connections end, and nothing of hers goes out any more.
    await stage_of(ada, 2)
    await ada.does("role-audience", await cleo.id())
    await says(bob, "Cleo is back in the audience.")
    await cleo.at("audience-banner").wait_for()
    await asyncio.gather(is_met(cleo, 0), is_met(ada, 1), is_met(bob, 1))
    assert not await cleo.at("microphone").is_visible()
    assert await cleo.page.evaluate("parleyPage.devices.audio.phase") == "off"
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))


@within(120)
async def test_the_audience_is_looked_through_and_somebody_put_out(stage):
    ada, bob, cleo = await with_audience(stage)
    server = await stage.server()
    dan = await stage.peer(server, name="Dan", room=ada.room)
    await ada.at("audience-count").get_by_text("2 in the audience").wait_for()
    await ada.at("people-toggle").click()
    await ada.at("audience-show").click()
    rows = ada.at("audience-person")
    await eventually(lambda: rows.count(), what="the audience, by name")
    await rows.filter(has_text="Dan").wait_for()
    assert await rows.count() == 2
    # Bob may read the list; bringing somebody to the stage is not his to do.
    await bob.at("people-toggle").click()
    await bob.at("audience-show").click()
    await bob.at("audience-person").filter(has_text="Cleo").wait_for()
    assert not await bob.at("audience-person").filter(has_text="Cleo").get_by_test_id("to-stage").is_visible()
    # Cleo sees how many there are, and not who.
    await cleo.at("people-toggle").click()
    await cleo.at("audience").get_by_text("2 in the audience").wait_for()
    assert not await cleo.at("audience-show").is_visible()
    # By keyboard: the menu of somebody in the list, and out they go.
    await rows.filter(has_text="Dan").get_by_test_id("person-menu").focus()
    await ada.page.keyboard.press("Enter")
    await ada.at("do-remove").wait_for()
    await ada.at("do-remove").focus()
    await ada.page.keyboard.press("Enter")
    await ada.at("confirm-yes").click()
    await dan.expect_event("left", participant=dan.id, reason="removed")
    await ada.at("audience-count").get_by_text("1 in the audience").wait_for()
    await rows.filter(has_text="Dan").wait_for(state="detached")


@within(120)
async def test_whoever_stands_on_the_stage_can_send_to_one_of_the_audience(stage):
    ada, bob, cleo = await with_audience(stage)
    await ada.page.evaluate("""async () => {
        const { people } = await parleyPage.room.roster()
        parleyPage.mesh.meet(people[0])
    }""")

    async def hears():
        return any(peer["state"] == "connected" and peer["audioIn"] > 0 for peer in (await cleo.flow()).values())

    await eventually(hears, 30, "Cleo hears Ada")
    await is_met(bob, 1)
