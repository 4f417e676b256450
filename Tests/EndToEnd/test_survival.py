"""The meeting page on a bad network: the call goes on, and nobody is a stranger afterwards."""

import asyncio
import time

from browsers import meet
from network import Network
from stage import eventually, within


async def call_over(stage):
    """Ada on a good network and Bob on one that can be cut, in a call."""
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    network = await stage.enter(Network(server))
    ada = await stage.page(chromium, server, room, name="Ada")
    bob = await stage.page(chromium, network, room, name="Bob")
    await meet(ada, bob)
    return network, ada, bob


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
