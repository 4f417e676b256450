"""People who call each other, in real browsers with sound."""

import asyncio

from browsers import Chromium
from call_page import PHONE, CallPage
from hosted import SOUND
from stage import eventually, within

# Each with people of their own; they wait more than they work.
TOGETHER = 2


async def device(stage, user, *contacts, size=None, browser=None):
    browser, server = browser or await stage.world.chromium(), await stage.server()
    page = await stage.enter(CallPage(browser, server, user, contacts, size))
    stage.pages.append(page)
    return page


async def answers_early(caller, callee):
    """The connection in use is the one that was offered with the ring."""
    assert await caller.negotiated() == [1, 1] and await callee.negotiated() == [1, 0], (
        await caller.negotiated(), await callee.negotiated())


async def is_quiet(*pages):
    """Nothing goes out: not muted, but taken away."""

    async def nothing():
        return not any([await page.sends_anything() for page in pages])

    await eventually(nothing, 10, "nothing is sent")


@within(120)
async def test_ring_answer_hold_transfer_add_and_hang_up(stage):
    ada, laptop, phone, carol = await asyncio.gather(
        device(stage, "ada", "bob", "carol"), device(stage, "bob", "ada", "carol"),
        device(stage, "bob", "ada", "carol", size=PHONE), device(stage, "carol", "ada", "bob"))
    await asyncio.gather(ada.sees("bob", "Available"), ada.sees("carol", "Available"), carol.sees("ada", "Available"))
    await ada.calls("bob")
    # Each of his devices rings; one of them answers, and the other one learns of it.
    await asyncio.gather(laptop.rings("Ada"), phone.rings("Ada"), ada.state("Ringing"))
    await phone.accepts()
    await asyncio.gather(laptop.rings_no_more(), ada.state("In a call"), phone.state("In a call"))
    assert await laptop.at("call").is_hidden()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), phone.meets(1, 30, only=SOUND))
    await answers_early(ada, phone)
    # On hold nothing passes, in both directions.
    await ada.at("hold").click()
    await asyncio.gather(ada.state("On hold"), phone.state("Ada has put you on hold"))
    await is_quiet(ada, phone)
    await ada.at("hold").click()
    await asyncio.gather(ada.state("In a call"), phone.state("In a call"))
    await asyncio.gather(ada.meets(1, 30, only=SOUND), phone.meets(1, 30, only=SOUND))
    # She asks Carol first, while Bob waits; then the two of them are connected, without her.
    await ada.chooses("transfer", "ask-carol")
    await asyncio.gather(carol.rings("Ada"), phone.state("Ada has put you on hold"))
    await carol.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), carol.meets(1, 30, only=SOUND))
    await stage.picture(ada, "call")
    await ada.at("connect-them").click()
    await ada.has_no_call()
    await asyncio.gather(carol.meets(1, 30, only=SOUND), phone.meets(1, 30, only=SOUND))
    # A third person makes a meeting of it.
    await carol.chooses("add", "add-ada")
    await ada.rings("Carol")
    await ada.accepts()
    await asyncio.gather(*(page.meets(2, 30, only=SOUND) for page in (ada, carol, phone)))
    # One goes, two stay; the next one ends it for both.
    await ada.at("hang-up").click()
    await ada.has_no_call("The call is over")
    await asyncio.gather(carol.meets(1, 30, only=SOUND), phone.state("In a call"))
    await phone.at("hang-up").click()
    await asyncio.gather(phone.has_no_call(), carol.has_no_call("The call is over"))


@within(90)
async def test_a_device_that_is_dropped_while_it_rings(stage):
    ada, laptop, phone = await asyncio.gather(
        device(stage, "ada-d", "bob-d"), device(stage, "bob-d", "ada-d"), device(stage, "bob-d", "ada-d", size=PHONE))
    await ada.sees("bob-d", "Available")
    await ada.calls("bob-d")
    await asyncio.gather(laptop.rings("Ada"), phone.rings("Ada"))
    await laptop.page.close()
    await phone.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), phone.meets(1, 30, only=SOUND))
    await phone.at("hang-up").click()
    await asyncio.gather(ada.has_no_call(), phone.has_no_call())
    # Whoever calls goes away instead: nothing rings for somebody who is not there any more.
    await ada.calls("bob-d")
    await phone.rings("Ada")
    await ada.page.close()
    await phone.rings_no_more()
    await phone.at("missed-call").filter(has_text="Ada").wait_for()


@within(90)
async def test_declined_with_words_missed_and_called_back(stage):
    ada, bob = await asyncio.gather(device(stage, "ada-m", "bob-m"), device(stage, "bob-m", "ada-m"))
    await ada.sees("bob-m", "Available")
    await ada.calls("bob-m", video=True)
    await bob.rings("Ada")
    await bob.chooses("decline-message", "reply-1")
    await asyncio.gather(bob.rings_no_more(), ada.has_no_call("They declined: “I call you back.”"))
    # She gives up before he comes: he finds out, and calls back with a click.
    await ada.calls("bob-m")
    await bob.rings("Ada")
    await ada.at("hang-up").click()
    await bob.rings_no_more()
    await bob.at("missed-call").filter(has_text="Ada").get_by_test_id("call-back").click()
    await ada.rings("Bob")
    await ada.accepts(video=True)
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=("audioIn", "audioOut", "videoIn")))
    await bob.at("availability").select_option("do-not-disturb")
    await ada.at("hang-up").click()
    await asyncio.gather(ada.has_no_call(), bob.has_no_call(), ada.sees("bob-m", "Do not disturb"))
    # It is over as soon as it begins.
    await ada.contact("bob-m").get_by_test_id("call-audio").click()
    await ada.has_no_call("They are busy")


@within(90)
async def test_a_call_that_goes_on_on_another_device(stage):
    ada, laptop = await asyncio.gather(device(stage, "ada-c", "bob-c"), device(stage, "bob-c", "ada-c"))
    await ada.sees("bob-c", "Available")
    await ada.calls("bob-c")
    await laptop.rings("Ada")
    await laptop.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), laptop.meets(1, 30, only=SOUND))
    phone = await device(stage, "bob-c", "ada-c", size=PHONE)
    await phone.at("continue-here").click()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), phone.meets(1, 30, only=SOUND), laptop.has_no_call())
    await phone.at("hang-up").click()
    await ada.has_no_call("The call is over")


@within(90)
async def test_passed_on_without_a_question_and_back_if_nobody_takes_it(stage):
    ada, bob, carol = await asyncio.gather(
        device(stage, "ada-t", "bob-t"), device(stage, "bob-t", "ada-t"),
        device(stage, "carol-t", "ada-t", "bob-t"))
    await ada.sees("bob-t", "Available")
    await ada.calls("bob-t")
    await bob.rings("Ada")
    await bob.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))
    # To somebody who is not in his list, by name.
    await bob.chooses("transfer", "transfer-other")
    await bob.at("whom").fill("bob-t")
    await bob.at("whom-transfer").click()
    await bob.at("whom-fault").filter(has_text="That is you").wait_for()
    await bob.at("whom").fill("Carol-T")
    await bob.page.keyboard.press("Enter")
    await asyncio.gather(bob.has_no_call("You have passed the call on"), carol.rings("Ada"))
    await carol.at("incoming").filter(has_text="Passed on by Bob").wait_for()
    await carol.at("decline").click()
    # Nobody took it: it comes back to him, who passes it on once more.
    await bob.rings("Ada")
    await bob.at("incoming").filter(has_text="Nobody took it").wait_for()
    await bob.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))
    await bob.chooses("transfer", "transfer-other")
    await bob.at("whom").fill("carol-t")
    await bob.at("whom-transfer").click()
    await carol.rings("Ada")
    await carol.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), carol.meets(1, 30, only=SOUND))
    await carol.at("hang-up").click()
    await ada.has_no_call("The call is over")


@within(90)
async def test_firefox_calls_chromium_with_video(stage):
    firefox = await stage.world.firefox()
    ada, bob = await asyncio.gather(device(stage, "ada-f", "bob-f", browser=firefox), device(stage, "bob-f", "ada-f"))
    await ada.sees("bob-f", "Available")
    await ada.calls("bob-f", video=True)
    await bob.rings("Ada")
    await bob.accepts(video=True)
    await asyncio.gather(ada.meets(1, 30), bob.meets(1, 30))
    await answers_early(ada, bob)
    await bob.at("hold").click()
    await ada.state("Bob has put you on hold")
    await is_quiet(ada, bob)
    await bob.at("hold").click()
    await asyncio.gather(ada.meets(1, 30), bob.meets(1, 30))
    # Here Firefox has no screen to share, but it sees one.
    await bob.at("screen").click()
    await ada.sees_screen(await bob.id())
    await bob.at("hang-up").click()
    await ada.has_no_call("The call is over")


@within(90)
async def test_a_shared_screen_and_another_microphone(stage):
    ada, bob = await asyncio.gather(device(stage, "ada-s", "bob-s"), device(stage, "bob-s", "ada-s"))
    await ada.sees("bob-s", "Available")
    await ada.calls("bob-s")
    await bob.rings("Ada")
    await bob.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))
    await ada.at("screen").click()
    hers = await ada.id()
    await asyncio.gather(bob.sees_screen(hers), ada.sees_screen(hers))
    # One at a time: he waits, and gets his turn when she stops.
    await bob.at("screen").click()
    await bob.at("floor-banner").filter(has_text="Ada shares now").wait_for()
    await ada.at("screen").click()
    await bob.tile(hers, screen=True).wait_for(state="detached")
    await bob.at("floor-share").click()
    his = await bob.id()
    await ada.sees_screen(his)
    # On hold nobody sees it, and then it goes on.
    await ada.at("hold").click()
    await ada.tile(his, screen=True).wait_for(state="detached")
    await ada.at("hold").click()
    await ada.sees_screen(his)
    # The browser's own button ends the track.
    await bob.page.evaluate(
        "const [track] = parleyPage.phone.current.sharing.stream.getVideoTracks();"
        " track.stop(); track.dispatchEvent(new Event('ended'))")
    await ada.tile(his, screen=True).wait_for(state="detached")
    # Another microphone, without a question to the other side.
    before = await ada.page.evaluate("parleyPage.devices.audio.track.getSettings().deviceId")
    await ada.at("settings").click()
    other = await ada.page.evaluate(
        "(before) => parleyPage.devices.lists.audio.find(({ id }) => id !== before).id", before)
    await ada.at("settings-audio").select_option(other)
    await ada.page.wait_for_function(
        "(other) => [...parleyPage.mesh.peers.values()].every(({ connection }) => connection.getSenders()"
        ".some(({ track }) => track?.getSettings().deviceId === other))", arg=other)
    assert await ada.at("settings-speaker").is_visible()
    await ada.page.keyboard.press("Escape")
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))
    assert await ada.at("settings-dialog").count() == 0


@within(90)
async def test_what_rings_is_answered_by_keys_and_rings_no_longer_than_that(stage):
    ada, bob = await asyncio.gather(device(stage, "ada-k", "bob-k"), device(stage, "bob-k", "ada-k"))
    await ada.sees("bob-k", "Available")
    # He looks at his devices: what rings takes their place, and the focus; but no button of it.
    await bob.at("devices").click()
    await ada.calls("bob-k")
    await asyncio.gather(bob.rings("Ada"), bob.hears("ring"), ada.hears("ringback"))
    assert await bob.at("settings-dialog").count() == 0
    sheet = bob.page.get_by_role("alertdialog", name="Ada is calling")
    await sheet.wait_for()
    assert await bob.focus() == "incoming", await bob.focus()
    assert "Ada is calling" in await bob.page.title()
    assert await bob.hindrances() == []
    await bob.page.keyboard.press("Tab")
    assert await bob.focus() == "accept-audio"
    await bob.page.keyboard.press("d")
    await asyncio.gather(ada.has_no_call("They declined"), bob.rings_no_more())
    await asyncio.gather(bob.hears("nothing"), ada.hears("nothing"))
    # The microphone was for the call alone.
    assert await ada.page.evaluate("parleyPage.devices.audio.phase") == "off"
    # Who types goes on typing, and comes to the call with Esc.
    await bob.at("contact-new").focus()
    await ada.calls("bob-k")
    await bob.rings("Ada")
    await bob.at("incoming-alert").filter(has_text="Ada is calling").wait_for(state="attached")
    await bob.page.keyboard.type("ad")
    assert await bob.at("contact-new").input_value() == "ad"
    await bob.page.keyboard.press("Escape")
    assert await bob.focus() == "incoming", await bob.focus()
    await bob.page.keyboard.press("a")
    await asyncio.gather(bob.state("In a call"), ada.state("In a call"), bob.hears("nothing"), ada.hears("nothing"))
    assert await bob.focus() == "call-title", await bob.focus()
    assert await ada.hindrances() == []
    # With the keys of the bar; and what is hidden has not kept the focus.
    await bob.page.keyboard.press("m")
    await bob.page.locator('#microphone[aria-pressed="false"]').wait_for()
    await bob.at("hang-up").focus()
    await bob.page.keyboard.press("Enter")
    await asyncio.gather(bob.has_no_call(), ada.has_no_call("The call is over"))
    await eventually(lambda: is_at(bob, "me"), 10, "the focus")


async def is_at(page, testid):
    return await page.focus() == testid


@within(90)
async def test_nobody_there_oneself_and_no_microphone(stage):
    silent = await stage.enter(Chromium(consents=False))
    ada, bob = await asyncio.gather(
        device(stage, "ada-n", "bob-n", "nobody-n", "ada-n", browser=silent), device(stage, "bob-n"))
    await asyncio.gather(ada.sees("bob-n", "Available"), ada.sees("nobody-n", "Unknown, or hidden"))
    await ada.contact("ada-n").get_by_test_id("call-audio").click()
    await ada.at("toast").filter(has_text="That is you").wait_for()
    await ada.at("contact-new").fill("ada-n")
    await ada.at("contact-add").click()
    await ada.at("contact-new-fault").filter(has_text="That is you").wait_for()
    await ada.contact("nobody-n").get_by_test_id("call-audio").click()
    await ada.has_no_call("They cannot be reached")
    # Without a microphone one hears, and is told so.
    await ada.calls("bob-n")
    await bob.rings("Ada")
    await bob.accepts()
    await ada.at("device-trouble").filter(has_text="Microphone not allowed").wait_for()
    await asyncio.gather(ada.meets(1, 30, only=("audioIn",)), bob.meets(1, 30, only=("audioOut",)))
    await ada.at("device-trouble-close").click()
    await ada.at("device-trouble").wait_for(state="hidden")
    # Whoever has called and is not in the list is put there by a click.
    await bob.at("hang-up").click()
    await asyncio.gather(bob.has_no_call(), ada.has_no_call())
    await bob.at("add-stranger").filter(has_text="Add Ada").click()
    await bob.sees("ada-n", "Available")
    assert await bob.at("add-stranger").is_hidden()


@within(90)
async def test_a_page_that_is_loaded_again(stage):
    ada, bob = await asyncio.gather(device(stage, "ada-r", "bob-r"), device(stage, "bob-r", "ada-r"))
    await ada.sees("bob-r", "Available")
    # Twice, before the first one has begun: that is one call.
    await ada.page.evaluate("void parleyPage.phone.call('bob-r'); parleyPage.phone.call('bob-r')")
    await bob.rings("Ada")
    assert await ada.page.evaluate("parleyPage.phone.conversations.length") == 1
    assert await bob.at("incoming").count() == 1
    # It rings on the same device again, without a question; if the browser keeps it silent, it says so.
    await bob.page.add_init_script(
        "Object.defineProperty(BaseAudioContext.prototype, 'state',"
        " { get: () => window.isHeard ? 'running' : 'suspended' })")
    await bob.page.reload()
    await bob.rings("Ada")
    await bob.at("ring-mute").wait_for()
    await bob.page.evaluate("window.isHeard = true")
    await bob.at("ring-mute-action").click()
    await bob.at("ring-mute").wait_for(state="hidden")
    await bob.accepts()
    await asyncio.gather(ada.meets(1, 30, only=SOUND), bob.meets(1, 30, only=SOUND))
    # In a call one is asked; whoever goes on all the same has hung up.
    asked = []
    bob.page.on("dialog", lambda dialog: asked.append(dialog.type) or asyncio.ensure_future(dialog.accept()))
    await bob.page.reload()
    await ada.has_no_call("The call is over")
    assert asked == ["beforeunload"], asked
    await bob.at("phone").wait_for()
    await ada.calls("bob-r")
    await bob.rings("Ada")
