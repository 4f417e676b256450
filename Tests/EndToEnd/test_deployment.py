"""Three nodes, a Redis with replicas and Sentinels, HAProxy and nginx, all configured as docs/examples says: a
node is killed, then the master of the Redis, and the meeting goes on."""

import asyncio
import contextlib

import websockets

from certificates import Authority
from company import same_state
from deployment import Deployment
from parley_peer import ParleyPeer
from proxies import Proxy


async def somebody(stage, proxy, tls, name, room):
    peer = await stage.enter(ParleyPeer(
        f"wss://parley.example:{proxy.port}/v1/connect", room, name, tls=tls,
        connecting={"host": "127.0.0.1", "port": proxy.port}))
    stage.peers.append(peer)
    return peer


async def be_taken(peer, message):
    """Sends it until it has happened: whoever is refused for want of an engine says the same again."""
    while True:
        await peer.send(message)

        def answers(frame):
            return frame.get("id") == message["id"] or any(
                event.get("by") == peer.id and event.get("id") == message["id"] for event in frame.get("events", []))

        frame = await peer.expect(seconds=30, where=answers)
        if frame["type"] != "rejected":
            return
        assert frame["code"] == "engine-unavailable", frame
        await asyncio.sleep(frame["retryAfterMilliseconds"] / 1_000)


async def has_lost_its_connection(peer):
    """A proxy may take a moment to pass the end on; only a node that lives answers a ping."""
    with contextlib.suppress(websockets.ConnectionClosed):
        pong = await peer.socket.ping()
        await asyncio.wait([peer._reader, pong], return_when=asyncio.FIRST_COMPLETED, timeout=10)
        if not peer._reader.done() and pong.done() and not pong.exception():
            return False
    await peer._reader
    return True


async def talk(one, two, said):
    """Both say something, and both hear all of it."""
    said += 1
    await one.signal(two.id, f"{one.name} {said}")
    await two.signal(one.id, f"{two.name} {said}")
    for here, there in ((one, two), (two, one)):
        await here.until(lambda: here.received.get(there.id) == said, seconds=10, what="what the other has said")
    return said


async def test_a_cluster_as_the_documents_say(stage):
    authority = Authority(stage.folder())
    files, tls = authority.issue(), authority.trusted()
    store = await stage.enter(Deployment(stage))
    nodes = [await stage.server("--config", store.configuration()) for _ in range(3)]
    proxies = {
        kind: await stage.enter(Proxy(f"{kind}-cluster", stage.folder(), nodes, files))
        for kind in ("haproxy", "nginx")
    }
    room = stage.room()
    ada = await somebody(stage, proxies["haproxy"], tls, "Ada", room)
    bob = await somebody(stage, proxies["nginx"], tls, "Bob", room)
    said = await talk(ada, bob, 0)

    # Two of three nodes die, so that somebody's is among them.
    returns = 0
    for node in nodes[:2]:
        node.process.kill()
        await node.process.wait()
        for peer in (ada, bob):
            if await has_lost_its_connection(peer):
                returns += 1
                welcome = await peer.resume()
                assert welcome["resumed"], welcome
        said = await talk(ada, bob, said)
    assert returns >= 1, "nobody was on a node that died"
    await same_state(ada, bob)

    await store.master.stop()

    command = {"type": "media", "id": ada.room.next_command, "room": ada.room.id, "audio": True}
    await asyncio.wait_for(be_taken(ada, command), 60)
    said = await talk(ada, bob, said)
    await same_state(ada, bob)
