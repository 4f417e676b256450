"""Who comes in by invitation, and who never does: in real browsers."""

from hosted import says
from stage import within


@within(90)
async def test_an_invitation_passes_the_door_and_a_ban_does_not(stage):
    server, room = await stage.server(), stage.room()
    chromium = await stage.world.chromium()
    ada, eve = [
        await stage.page(chromium, server, room, name=name, joins=False, films=False) for name in ("Ada", "Eve")
    ]
    await ada.begin("option-approval")
    await ada.at("host-toggle").click()
    await ada.at("invitation-label").fill("Eve")
    await ada.at("invite").click()
    await ada.at("invited-link").wait_for()
    link = await ada.at("invited-link").input_value()
    await eve.page.goto("about:blank")
    await eve.page.goto(link)
    await eve.join()
    assert "used 1" in await ada.at("invitations").inner_text()
    await ada.does("ban", await eve.id())
    await ada.at("confirm-yes").click()
    await eve.at("left").wait_for()
    assert "removed" in await eve.at("left").inner_text()
    await eve.at("join-again").click()
    await eve.at("join").click()
    await eve.at("join-trouble").wait_for()
    assert "cannot come back" in await eve.at("join-trouble").inner_text()
    await ada.hosts("unban")
    await says(ada, "They may come back")
