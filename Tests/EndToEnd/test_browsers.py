"""Calls between real devices, on the meeting page: sound and picture flow both ways, or the test fails."""

import asyncio
import time

from aiortc_device import AiortcDevice
from browsers import Chromium, meet
from server import Server
from stage import eventually, patient, within


async def two_people(stage, server=None, **options):
    """Ada and Bob on two pages of one Chromium, in a call."""
    server = server or await stage.server()
    chromium, room = await stage.world.chromium(), stage.room()
    ada = await stage.page(chromium, server, room, name="Ada", **options)
    bob = await stage.page(chromium, server, room, name="Bob", **options)
    await meet(ada, bob)
    return ada, bob


async def test_two_people_type_their_names_and_see_each_other(stage):
    ada, bob = await two_people(stage)
    assert "Bob" in await ada.tile(await bob.id()).inner_text()
    assert "Ada" in await bob.tile(await ada.id()).inner_text()
    assert "2" in await ada.at("count").inner_text()


@within(90)
async def test_chromium_first_then_firefox(stage):
    server, room = await stage.server(), stage.room()
    ada = await stage.page(await stage.world.chromium(), server, room, name="Ada")
    bob = await stage.page(await stage.world.firefox(), server, room, name="Bob")
    await meet(ada, bob)


@within(90)
async def test_firefox_first_then_chromium(stage):
    server, room = await stage.server(), stage.room()
    bob = await stage.page(await stage.world.firefox(), server, room, name="Bob")
    ada = await stage.page(await stage.world.chromium(), server, room, name="Ada")
    await meet(ada, bob)


@within(90)
async def test_firefox_with_firefox(stage):
    server, room, firefox = await stage.server(), stage.room(), await stage.world.firefox()
    ada = await stage.page(firefox, server, room, name="Ada")
    bob = await stage.page(firefox, server, room, name="Bob")
    await meet(ada, bob)


async def test_a_device_without_rollback_comes_first(stage):
    server, room = await stage.server(), stage.room()
    device = await stage.enter(AiortcDevice(server, room))
    ada = await stage.page(await stage.world.chromium(), server, room, name="Ada")
    await asyncio.gather(ada.meets(1), device.meets(1))


async def test_a_device_without_rollback_comes_second(stage):
    server, room = await stage.server(), stage.room()
    ada = await stage.page(await stage.world.chromium(), server, room, name="Ada")
    device = await stage.enter(AiortcDevice(server, room))
    await asyncio.gather(ada.meets(1), device.meets(1))


@within(120)
async def test_three_in_a_mesh(stage):
    server, room = await stage.server(), "blue-fox" if stage.world.pictures else stage.room()
    chromium, firefox = await stage.world.chromium(), await stage.world.firefox()
    ada = await stage.page(chromium, server, room, name="Ada Lovelace", portrait=stage.portrait(0))
    bob = await stage.page(firefox, server, room, name="Bob", portrait=stage.portrait(1))
    eve = await stage.page(chromium, server, room, name="Evelyn", portrait=stage.portrait(2))
    await meet(ada, bob, eve, seconds=60)
    await stage.picture(ada, "meeting")


# Both sides look for new paths at one instant, so both offer. Resolves when this side's round is over.
RESTART_AT = """async (instant) => {
  const [peer] = parleyPage.mesh.peers.values();
  const { connection } = peer;
  let offered = false;
  const watch = () => { offered ||= connection.signalingState === 'have-local-offer'; };
  connection.addEventListener('signalingstatechange', watch);
  while (Date.now() < instant) await new Promise((resolve) => setTimeout(resolve, 0));
  const before = connection.localDescription.sdp;
  parleyPage.mesh.restart(peer.id);
  const deadline = Date.now() + 8000;
  const isDone = () => connection.signalingState === 'stable' && connection.connectionState === 'connected'
    && connection.iceConnectionState !== 'checking' && connection.localDescription.sdp !== before;
  while (!isDone() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  connection.removeEventListener('signalingstatechange', watch);
  return { offered, done: isDone(), signaling: connection.signalingState, state: connection.connectionState };
}"""


@within(240)
async def test_both_offer_at_the_same_instant_fifty_times(stage):
    ada, bob = await two_people(stage)
    collisions = 0
    for round in range(50):
        instant = time.time() * 1000 + 60
        results = await asyncio.gather(*(page.page.evaluate(RESTART_AT, instant) for page in (ada, bob)))
        assert all(result["done"] for result in results), f"round {round + 1}: {results}"
        collisions += all(result["offered"] for result in results)
    await meet(ada, bob)
    assert collisions >= 10, f"only {collisions} of 50 rounds collided: this tests nothing"


@patient
@within(90)
async def test_one_joins_twenty_seconds_late(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    # This is what the test is about: nothing happens for that long.
    await asyncio.sleep(20)
    bob = await stage.page(chromium, server, room, name="Bob")
    await meet(ada, bob)


async def test_somebody_leaves_and_returns(stage):
    ada, bob = await two_people(stage)
    before = await bob.id()
    await bob.leave()
    await ada.tile(before).wait_for(state="detached")
    await bob.at("join-again").click()
    await bob.join()
    assert await bob.id() != before
    await meet(ada, bob)


async def test_somebody_reloads_the_page(stage):
    ada, bob = await two_people(stage)
    before = await bob.id()
    await bob.page.reload()
    await bob.join()
    await ada.tile(before).wait_for(state="detached")
    await meet(ada, bob)


async def test_somebody_closes_the_window(stage):
    ada, bob = await two_people(stage)
    gone = await bob.id()
    await bob.page.close(run_before_unload=False)
    await ada.tile(gone).wait_for(state="detached")
    assert "Only you" in await ada.at("count").inner_text()


async def test_muting_is_shown_to_the_other(stage):
    ada, bob = await two_people(stage)
    tile = ada.tile(await bob.id())
    has = "([tile, name]) => tile.classList.contains(name)"

    async def shows(name):
        return await ada.page.evaluate(has, [await tile.element_handle(), name])

    assert not await shows("is-muted")
    await bob.at("microphone").click()
    await eventually(lambda: shows("is-muted"), what="the muted microphone")
    await bob.at("microphone").click()

    async def hears():
        return not await shows("is-muted")

    await eventually(hears, what="the open microphone")
    await bob.at("camera").click()

    async def sees_no_picture():
        return not await shows("has-picture")

    await eventually(sees_no_picture, what="the closed camera")
    await bob.at("camera").click()
    await eventually(lambda: shows("has-picture"), what="the open camera")
    await meet(ada, bob)


@within(90)
async def test_sharing_the_screen(stage):
    ada, bob = await two_people(stage)
    await bob.at("screen").click()
    screen = ada.tile(await bob.id(), screen=True)
    await screen.wait_for()

    async def plays():
        return await screen.locator("video").evaluate("(video) => video.currentTime > 0.5 && video.videoWidth > 0")

    await eventually(plays, seconds=20, what="the shared screen's picture")
    await bob.at("screen").click()
    await screen.wait_for(state="detached")
    await meet(ada, bob)


async def test_refused_devices_are_explained_and_one_joins_without(stage):
    server, room = await stage.server(), stage.room()
    ada = await stage.page(await stage.world.chromium(), server, room, name="Ada")
    refusing = await stage.enter(Chromium(consents=False))
    bob = await stage.page(refusing, server, room, name="Bob", joins=False)
    await eventually(bob.at("device-trouble").is_visible, seconds=10, what="words about the refused devices")
    words = await bob.at("device-trouble").inner_text()
    assert "not allowed" in words and "take part" in words, words
    await bob.join()
    # Bob sends nothing, but sees and hears.
    await bob.meets(1, only=("audioIn", "videoIn", "seconds"))
    assert "is-muted" in (await ada.tile(await bob.id()).get_attribute("class"))


@within(120)
async def test_the_server_goes_away_and_comes_back(stage):
    program = stage.world.program
    server = await stage.enter(Server(program))
    ada, bob = await two_people(stage, server)
    server.process.kill()
    await server.process.wait()
    for page in (ada, bob):
        await eventually(page.at("server-away").is_visible, seconds=15, what="words about the server")
    # The call itself goes on.
    await meet(ada, bob)
    await stage.enter(Server(program, port=server.port))
    for page in (ada, bob):
        async def is_back(page=page):
            return not await page.at("server-away").is_visible()

        await eventually(is_back, seconds=30, what="the server is back")
    await meet(ada, bob, seconds=40)
    for page in (ada, bob):
        assert "2" in await page.at("count").inner_text()


async def test_a_room_name_and_a_personal_name_that_are_not_allowed(stage):
    server = await stage.server()
    ada = await stage.page(await stage.world.chromium(), server, "Not%20a%20Room", name="Ada", joins=False)
    await ada.at("name").fill("Ada")
    await ada.at("join").click()
    assert await ada.at("room-fault").inner_text()
    assert not await ada.at("meeting").is_visible()


async def test_a_name_is_text_and_never_markup(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    name = '<img src=x onerror="window.pwned=1">&amp;'
    bob = await stage.page(chromium, server, room, name=name)
    await eventually(ada.tile(await bob.id()).is_visible, what="Bob's tile")
    assert name in await ada.tile(await bob.id()).inner_text()
    assert await ada.page.evaluate("window.pwned") is None
