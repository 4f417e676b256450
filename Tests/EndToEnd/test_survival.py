"""The meeting page on a bad network: the call goes on, and nobody is a stranger afterwards."""

import asyncio
import contextlib
import json
import re
import time

import browsers
from browsers import meet
from network import Network
from stage import eventually, within

# What a page heard about others and itself, in order, from `listens` on.
LISTEN = """() => {
  window.heard = []
  const { room, parley, mesh } = parleyPage
  for (const name of ['interrupted', 'resumed', 'resynced', 'rejoined', 'left', 'joined']) {
    room.on(name, (person) => heard.push(`${name} ${person?.name ?? ''}`.trim()))
  }
  parley.on('status', ({ status }) => heard.push(status))
  for (const name of ['peer', 'peer-left']) mesh.on(name, () => heard.push(name))
}"""


async def call_over(stage):
    """Ada on a good network and Bob on one that can be cut, in a call."""
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    network = await stage.enter(Network(server))
    ada = await stage.page(chromium, server, room, name="Ada")
    bob = await stage.page(chromium, network, room, name="Bob")
    await meet(ada, bob)
    return network, ada, bob


async def call_in(stage, browser, server=None):
    server, room = server or await stage.server(), stage.room()
    ada = await stage.page(browser, server, room, name="Ada")
    bob = await stage.page(browser, server, room, name="Bob")
    await meet(ada, bob)
    return ada, bob


async def listen(*pages):
    for page in pages:
        await page.page.evaluate(LISTEN)


async def heard(page):
    return await page.page.evaluate("heard")


async def run(*command):
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await process.communicate()
    assert process.returncode == 0, f"{' '.join(command)}: {output.decode()}"
    return output.decode()


async def expect_own_network():
    """Whoever pulls a cable has to be alone on it: these tests run in a network namespace made for them."""
    names = re.findall(r"^\d+: (\w+)", await run("ip", "-o", "link"), re.MULTILINE)
    assert set(names) <= {"lo", "v0", "v1"}, f"not a network of our own: {names}"


@contextlib.asynccontextmanager
async def no_network_at_all():
    """Neither the server nor anybody else can be reached, by anything: signals and media alike."""
    await expect_own_network()
    await run("ip", "link", "set", "lo", "down")
    try:
        yield
    finally:
        await run("ip", "link", "set", "lo", "up")


async def connection_of(page, id):
    return await page.page.evaluate("(id) => parleyPage.room.person(id)?.connection ?? null", id)


async def hash_of(page):
    return await page.page.evaluate("parleyPage.room.hash")


@within(90)
async def test_five_seconds_without_a_network(stage):
    network, ada, bob = await call_over(stage)
    a, b = await ada.id(), await bob.id()
    network.cut()
    await eventually(lambda: _is(connection_of(ada, b), "interrupted"), seconds=6, what="interrupted")
    assert await ada.tile(b).count() == 1
    await bob.at("server-away").wait_for()
    # Sound and picture never went through the server.
    before = await bob.flow()
    await asyncio.sleep(4)
    during = await bob.flow()
    assert during[a]["videoIn"] > before[a]["videoIn"] and during[a]["seconds"] > before[a]["seconds"]
    began = time.monotonic()
    network.mend()
    await eventually(lambda: _is(connection_of(ada, b), "connected"), seconds=10, what="resumed")
    assert time.monotonic() - began < 8
    assert await bob.id() == b and await ada.id() == a
    await bob.at("server-away").wait_for(state="hidden")
    await meet(ada, bob)
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")


@contextlib.asynccontextmanager
async def another_address():
    """The device has changed from one network to another; the server can be reached all the time, over loopback."""
    await expect_own_network()
    await readdress("10.99.0.1", "10.99.0.2")
    try:
        yield
    finally:
        await readdress("10.99.0.2", "10.99.0.1")


async def readdress(old, new):
    await run("ip", "address", "delete", f"{old}/24", "dev", "v0")
    await run("ip", "address", "add", f"{new}/24", "dev", "v0")
    await run("ip", "route", "add", "default", "via", "10.99.0.254")


class ChromiumOutside(browsers.Chromium):
    """Media go over the network's address, not over loopback, which never changes."""

    async def launch(self, playwright):
        flags = [flag for flag in browsers.CHROMIUM_FLAGS if "loopback" not in flag]
        return await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", chromium_sandbox=False, args=flags + browsers.CHROMIUM_CONSENT)


class FirefoxOutside(browsers.Firefox):
    async def launch(self, playwright):
        settings = browsers.FIREFOX_SETTINGS | {"media.peerconnection.ice.loopback": False}
        return await playwright.firefox.launch(
            channel="moz-firefox", executable_path="/usr/bin/firefox-esr", firefox_user_prefs=settings)


COUNT_OFFERS = """() => {
  window.offers = 0
  for (const { connection } of parleyPage.mesh.peers.values()) {
    connection.addEventListener('signalingstatechange', () => {
      if (connection.signalingState === 'have-local-offer') window.offers += 1
    })
  }
}"""


async def finds_new_paths(stage, kind):
    ada, bob = await call_in(stage, await stage.enter(kind()))
    assert await ada.page.evaluate("parleyPage.room.can('restarter')")
    await listen(ada, bob)
    for page in (ada, bob):
        await page.page.evaluate(COUNT_OFFERS)
    async with another_address():
        # The browser sees that nothing arrives after some five seconds, and gets three to find out by itself.
        states = "[...parleyPage.mesh.peers.values()].map(({ state }) => state).join()"
        await eventually(lambda: _is(ada.page.evaluate(states), "reconnecting"), seconds=15, what="noticed")
        began = time.monotonic()
        await meet(ada, bob)
        assert time.monotonic() - began <= 6
        # One of the two has restarted, once, whoever has noticed; nobody has started over.
        assert await ada.page.evaluate("offers") + await bob.page.evaluate("offers") == 1
        assert await heard(ada) == await heard(bob) == []


@within(90)
async def test_another_address_needs_new_paths_and_one_side_looks_for_them(stage):
    await finds_new_paths(stage, ChromiumOutside)


@within(90)
async def test_another_address_in_firefox_too(stage):
    await finds_new_paths(stage, FirefoxOutside)


async def comes_back_from(seconds, ada, bob, meanwhile=None):
    """Cuts everything for so long; how long after its end sound and picture flow again, both ways."""
    async with no_network_at_all():
        await asyncio.sleep(seconds / 2)
        before = await meanwhile() if meanwhile else None
        await asyncio.sleep(seconds / 2)
        assert before is None or before == await meanwhile(), "the cut is none"
    began = time.monotonic()
    await meet(ada, bob)
    return time.monotonic() - began


@within(90)
async def test_media_flow_again_three_seconds_after_a_cut_of_five(stage):
    ada, bob = await call_in(stage, await stage.world.chromium())
    await listen(ada, bob)
    ids = [await ada.id(), await bob.id()]

    async def arrived():
        return [peer["videoIn"] for peer in (await bob.flow()).values()]

    assert await comes_back_from(5, ada, bob, meanwhile=arrived) <= 3
    for page in (ada, bob):
        await eventually(lambda: page.page.evaluate("parleyPage.parley.status === 'connected'"), seconds=6)
        # The same two connections, the same two participants.
        assert not {"peer", "peer-left", "rejoined", "left", "joined"} & {line.split()[0] for line in await heard(page)}
    assert ids == [await ada.id(), await bob.id()]
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")


@within(90)
async def test_media_flow_again_in_firefox_too(stage):
    ada, bob = await call_in(stage, await stage.world.firefox())
    # Its driver uses the same network, so nobody looks in between.
    assert await comes_back_from(5, ada, bob) <= 3
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), seconds=10, what="the same state")
    for page in (ada, bob):
        # Firefox tells of each connection that fails as of an error of the page.
        page.faults = [fault for fault in page.faults if "ws://" not in fault]


@within(90)
async def test_a_browser_that_is_offline_and_online_again(stage):
    """Chromium only: it takes the sockets that are open away as well. Firefox is told nothing by its driver."""
    ada, bob = await call_in(stage, await stage.world.chromium())
    await listen(ada, bob)
    me = await bob.id()
    await bob.context.set_offline(True)
    await eventually(lambda: bob.page.evaluate("parleyPage.parley.status === 'reconnecting'"), seconds=8)
    await bob.at("server-away").wait_for()
    # What is switched while away is told afterwards.
    await bob.at("microphone").click()
    await bob.page.evaluate(
        "parleyPage.parley.on('reconnecting', (news) => { window.wait = news.delayMilliseconds }); 0"
    )
    await eventually(lambda: bob.page.evaluate("window.wait > 2000"), seconds=25, what="a long wait")
    await bob.context.set_offline(False)
    began = time.monotonic()
    await eventually(lambda: bob.page.evaluate("parleyPage.parley.status === 'connected'"), seconds=5)
    # At once, whatever the back-off was.
    assert time.monotonic() - began < 1
    await bob.at("toast").filter(has_text="You are back.").wait_for()
    await bob.at("server-away").wait_for(state="hidden")
    await eventually(lambda: ada.page.evaluate("(id) => parleyPage.room.person(id).media.audio === false", me))
    assert await bob.id() == me
    assert "left Bob" not in await heard(ada)
    await bob.at("microphone").click()
    await meet(ada, bob)


@within(60)
async def test_a_tab_that_sleeps_keeps_its_place(stage):
    """Nothing of the page runs for three times the time after which a silent connection is dark."""
    ada, bob = await call_in(stage, await stage.world.chromium())
    await listen(ada, bob)
    await bob.page.evaluate("window.ticks = 0; setInterval(() => { ticks += 1 }, 100)")
    browser = await bob.context.new_cdp_session(bob.page)
    await browser.send("Debugger.enable")
    asleep = asyncio.get_running_loop().create_future()
    browser.on("Debugger.paused", lambda _: asleep.done() or asleep.set_result(None))
    await browser.send("Debugger.pause")
    await asleep
    await asyncio.sleep(14)
    assert await heard(ada) == [], "nobody has missed him"
    await ada.at("microphone").click()
    await browser.send("Debugger.disable")
    assert await bob.page.evaluate("ticks") < 30, "it has really slept"
    a, b = await ada.id(), await bob.id()
    await eventually(lambda: bob.page.evaluate("(id) => parleyPage.room.person(id).media.audio === false", a))
    await bob.at("microphone").click()
    await eventually(lambda: ada.page.evaluate("(id) => parleyPage.room.person(id).media.audio === false", b))
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")
    assert await heard(ada) == await heard(bob) == []


@within(90)
async def test_two_tabs_of_one_session_do_not_fight(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    first = await stage.page(chromium, server, room, name="Bob")
    await meet(ada, first)
    second = await first.context.new_page()
    kept = await first.page.evaluate("JSON.stringify(parleyPage.parley.credentials)")
    # What a duplicated tab has in its storage.
    await second.add_init_script(f"if (!window.opener) sessionStorage.setItem('parley.resume', {kept!r})")
    await second.goto(f"{server.address}#{room}")
    await second.get_by_test_id("name").fill("Bob")
    await second.get_by_test_id("join").click()
    await first.at("superseded").wait_for()
    await second.get_by_test_id("meeting").wait_for()
    # Neither comes back by itself.
    await asyncio.sleep(6)
    assert await first.at("superseded").is_visible() and await second.get_by_test_id("meeting").is_visible()
    assert await ada.page.evaluate("parleyPage.room.people.length") == 2
    await first.at("use-here").click()
    await second.get_by_test_id("superseded").wait_for()
    await meet(ada, first)
    assert await ada.page.evaluate("parleyPage.room.people.map(({ name }) => name)") == ["Ada", "Bob"]


@within(60)
async def test_a_session_moves_to_another_connection_without_a_gap(stage):
    """Somebody between the two tells Bob that his server drains; behind his next connection is one that does not."""
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    bob = await stage.page(chromium, server, room, name="Bob", joins=False)
    lines = []

    def between(page_side):
        server_side = page_side.connect_to_server()
        lines.append(page_side)
        page_side.on_message(server_side.send)
        server_side.on_message(page_side.send)

    await bob.page.route_web_socket("**/v1/connect*", between)
    await bob.page.reload()
    await bob.join()
    await meet(ada, bob)
    await listen(ada, bob)
    me, other = await bob.id(), await ada.id()
    await ada.page.evaluate("window.got = []; parleyPage.room.on('signal', ({ data }) => got.push(data)); 0")
    say = "([to, from, until]) => { for (let i = from; i < until; i += 1) parleyPage.room.send(to, i) }"
    await bob.page.evaluate(say, [other, 0, 50])
    lines[0].send(json.dumps({"type": "goaway", "withinMilliseconds": 300, "deadlineMilliseconds": 45000}))
    for step in range(50, 250, 4):
        await bob.page.evaluate(say, [other, step, step + 4])
        await asyncio.sleep(0.01)
    await bob.at("microphone").click()
    await eventually(lambda: len(lines) == 2, what="a second connection")
    await eventually(lambda: _is(ada.page.evaluate("got.length"), 250), what="all signals")
    assert await ada.page.evaluate("got") == list(range(250))
    await eventually(lambda: ada.page.evaluate("(id) => parleyPage.room.person(id).media.audio === false", me))
    assert await bob.id() == me
    assert await heard(ada) == await heard(bob) == []
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")
    assert len(lines) == 2


@within(60)
async def test_everybody_sees_how_far_away_others_are(stage):
    ada, bob = await call_in(stage, await stage.world.chromium())
    for page, other in ((ada, bob), (bob, ada)):
        quality = page.tile(await other.id()).get_by_test_id("quality")
        await quality.wait_for()
        title = await quality.get_attribute("title")
        assert re.fullmatch(rf"{other.name}: .* connection, \d+ ms to the server and back", title), title


@within(60)
async def test_a_page_that_holds_something_else_than_the_server_is_set_right(stage):
    ada, bob = await call_in(stage, await stage.world.chromium())
    await listen(ada, bob)
    await ada.page.evaluate("parleyPage.room.state.room.capacity = 7")
    # The next patch is folded into the wrong state.
    await bob.at("microphone").click()
    await eventually(lambda: heard(ada), seconds=15, what="resynced")
    assert await heard(ada) == ["resynced"]
    assert await ada.page.evaluate("parleyPage.room.state.room.capacity") != 7
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")
    await meet(ada, bob)
    assert await heard(bob) == []


@within(60)
async def test_a_page_of_which_a_part_did_not_arrive_is_loaded_again(stage):
    server, chromium = await stage.server(), await stage.world.chromium()
    context = await stage.enter(await chromium.context())
    page = await context.new_page()
    failures = 2

    async def answer(route):
        nonlocal failures
        failures -= 1
        await (route.abort("internetdisconnected") if failures >= 0 else route.continue_())

    await page.route("**/client/src/room.js", answer)
    await page.goto(f"{server.address}#{stage.room()}")
    await page.get_by_test_id("name").wait_for(timeout=15_000)
    failures = 100
    await page.reload()
    await eventually(lambda: page.get_by_text("This page has not arrived completely").count(), seconds=15)


@within(60)
async def test_a_blink_is_seen_by_nobody(stage):
    network, ada, bob = await call_over(stage)
    b = await bob.id()
    heard = "window.heard = []; for (const name of ['interrupted', 'resumed', 'left']) "
    await ada.page.evaluate(heard + "parleyPage.room.on(name, () => heard.push(name))")
    network.cut()
    network.mend()
    await eventually(lambda: bob.page.evaluate("parleyPage.parley.status === 'connected'"), seconds=10)
    await bob.at("microphone").click()
    await eventually(lambda: ada.page.evaluate("(id) => parleyPage.room.person(id).media.audio === false", b))
    assert await bob.id() == b
    assert await ada.page.evaluate("heard") == []
    await eventually(lambda: _same(hash_of(ada), hash_of(bob)), what="the same state")


@within(90)
async def test_a_reload_leaves_no_ghost(stage):
    _, ada, bob = await call_over(stage)
    before = await bob.id()
    await bob.page.reload()
    await bob.join()
    await meet(ada, bob)
    assert await bob.id() != before
    assert await ada.tile(before).count() == 0
    assert await ada.page.evaluate("parleyPage.room.people.length") == 2


async def _is(value, expected):
    return await value == expected


async def _same(left, right):
    return await left == await right
