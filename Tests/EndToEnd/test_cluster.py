"""Several nodes over a real Redis, seen by real browsers: whichever of them dies, the call goes on."""

import asyncio
import time

import websockets

from browsers import meet
from certificates import Authority
from chaos_nodes import Node
from measures import metrics
from proxies import Proxy
from redis_server import RedisServer
from stage import eventually, within


class Door:
    """What stands in front of several nodes: whoever comes gets the first of them that is there."""

    def __init__(self, *nodes):
        self.nodes = nodes
        self.tls = None

    async def __aenter__(self):
        self.listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.listener.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *error):
        self.listener.close()

    async def _serve(self, reader, writer):
        for node in self.nodes:
            try:
                from_node, to_node = await asyncio.open_connection("127.0.0.1", node.port)
            except OSError:
                continue
            await asyncio.gather(_carry(reader, to_node), _carry(from_node, writer))
            return
        writer.transport.abort()


async def _carry(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def nodes(stage, count, *flags):
    redis = await stage.enter(RedisServer())
    return redis, [await stage.enter(Node(stage.world.program, redis.port, *flags, through_link=False))
                   for _ in range(count)]


async def connections(node):
    return (await metrics(node))[1]["parley_connections_open"]


async def one_each(*machines):
    return [await connections(node) for node in machines] == [1] * len(machines)


async def has_both(node):
    return await connections(node) == 2


class Flow:
    """Watches the media of a page: the longest time in which nothing more has come."""

    def __init__(self, page, kind):
        self.page, self.kind = page, kind
        self.longest = 0

    async def watch(self):
        count, since = -1, time.monotonic()
        while True:
            now = sum(peer[self.kind] for peer in (await self.page.flow()).values())
            self.longest = max(self.longest, time.monotonic() - since)
            if now > count:
                count, since = now, time.monotonic()
            await asyncio.sleep(0.1)


async def shares(page, other):
    """A new picture, which takes a new offer and a new answer."""
    await page.at("screen").click()
    screen = other.tile(await page.id(), screen=True)
    await screen.wait_for()

    async def plays():
        return await screen.locator("video").evaluate("(video) => video.currentTime > 0.5 && video.videoWidth > 0")

    await eventually(plays, seconds=20, what="the shared screen's picture")


@within(120)
async def test_a_call_over_two_nodes_goes_on_when_one_is_killed(stage):
    _, (first, second) = await nodes(stage, 2)
    room = stage.room()
    ada_door, bob_door = await stage.enter(Door(first, second)), await stage.enter(Door(second, first))
    ada = await stage.page(await stage.world.chromium(), ada_door, room, name="Ada")
    bob = await stage.page(await stage.world.firefox(), bob_door, room, name="Bob")
    await meet(ada, bob)
    await eventually(lambda: one_each(first, second), what="one on each node")
    ids = [await ada.id(), await bob.id()]
    flows = [Flow(ada, "videoIn"), Flow(bob, "videoIn"), Flow(ada, "audioIn"), Flow(bob, "audioIn")]
    watching = [asyncio.create_task(flow.watch()) for flow in flows]
    await asyncio.sleep(2)
    await first.kill()
    killed = time.monotonic()
    await asyncio.sleep(3)
    assert await ada.page.evaluate("parleyPage.parley.status") == "connected", "three seconds were not enough"
    await eventually(lambda: has_both(second), what="both on the other node")
    await shares(ada, bob)
    print(f"     a shared screen {time.monotonic() - killed:.1f} s after the death, 3 s of which were waited for")
    for task in watching:
        assert not task.done(), task.exception()
        task.cancel()
    print(f"     the longest silence of sound and picture: {max(flow.longest for flow in flows):.2f} s")
    assert all(flow.longest < 5 for flow in flows), [flow.longest for flow in flows]
    assert ids == [await ada.id(), await bob.id()]
    assert await ada.page.evaluate("parleyPage.room.hash") == await bob.page.evaluate("parleyPage.room.hash")


# MARK: - Behind a proxy


async def behind(stage, kind):
    """Three nodes, and that proxy in front of them."""
    authority = Authority(stage.folder())
    redis, machines = await nodes(stage, 3, "--behind-proxy", "127.0.0.1", "--drain-milliseconds", "10000")
    proxy = await stage.enter(Proxy(kind, stage.folder(), machines, authority.issue()))
    return machines, proxy, authority.trusted()


async def come(stage, proxy, tls, name, room):
    from parley_peer import ParleyPeer

    peer = await stage.enter(ParleyPeer(
        f"wss://parley.example:{proxy.port}/v1/connect", tls=tls, name=name, room=room,
        connecting={"host": "127.0.0.1", "port": proxy.port}))
    stage.peers.append(peer)
    return peer


async def back(peer):
    """Over whatever node the proxy chooses; how long that takes."""
    began = time.monotonic()
    if peer.close_code is None:
        await peer.cut()
    while True:
        try:
            welcome = await peer.resume()
            assert welcome["resumed"], welcome
            return time.monotonic() - began
        except (OSError, websockets.InvalidHandshake, websockets.InvalidMessage):
            assert time.monotonic() - began < 10
            await asyncio.sleep(0.1)


async def goes_on(stage, kind):
    machines, proxy, tls = await behind(stage, kind)
    room = stage.room()
    people = [await come(stage, proxy, tls, f"Guest {number}", room) for number in range(6)]
    for peer in people:
        await eventually(lambda: len(peer.room.people) == 6, what="six people")
    counts = await spread(machines, 6)
    assert max(counts) < 6, counts
    # One dies, and whoever was there comes back by the same address.
    dying = machines[counts.index(max(counts))]
    await dying.kill()
    lost = [peer for peer in people if await _is_cut(peer)]
    assert len(lost) == max(counts)
    seconds = await asyncio.gather(*(back(peer) for peer in lost))
    print(f"     back by {kind} after {max(seconds):.2f} s")
    assert max(seconds) < 5
    for sender, recipient in zip(people, people[1:] + people[:1]):
        for number in range(5):
            await sender.signal(recipient.id, number)
    for sender, recipient in zip(people, people[1:] + people[:1]):
        await recipient.until(lambda: recipient.received.get(sender.id) == 5, what="five signals")
    # One goes away as it should: it is asked for nothing new, and those who are there move.
    leaving = next(node for node in machines if node is not dying)
    counts = await spread([node for node in machines if node is not dying], 6)
    there = counts[0]
    drained = asyncio.create_task(leaving.drain(15))
    moved = [peer for peer in people if await _hears_goaway(peer)]
    assert len(moved) == there
    await asyncio.gather(*(back(peer) for peer in moved))
    assert await drained == 0
    await people[0].media(audio=True)
    for peer in people:
        await peer.until(lambda: peer.room.at == people[0].room.at, what="the same position")
        assert peer.room.state == people[0].room.state


async def spread(machines, count):
    """How many are connected to each, as soon as the metrics have counted all."""
    async def counted():
        counts = [int(await connections(node)) for node in machines]
        return counts if sum(counts) == count else None

    return await eventually(counted, what=f"{count} connections in the metrics")


async def _is_cut(peer):
    await asyncio.sleep(0.1)
    return peer.close_code is not None


async def _hears_goaway(peer):
    try:
        return await peer.expect(seconds=0.5, type="goaway")
    except AssertionError:
        return None


@within(90)
async def test_three_nodes_behind_haproxy(stage):
    await goes_on(stage, "haproxy-cluster")


@within(90)
async def test_three_nodes_behind_nginx(stage):
    await goes_on(stage, "nginx-cluster")
