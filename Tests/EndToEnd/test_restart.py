"""Media comes back without starting over: exactly one end of a pair is named to restart ICE."""

import asyncio
import itertools
import time

from raw_socket import RawSocket
from stage import within

# The tests of this module do not disturb each other.
TOGETHER = 8

ALL = {"rollback": True, "trickle": True, "restart": True}


async def meeting(stage, ada=ALL, bob=ALL, server=None):
    """Ada is the elder; with these abilities she is impolite."""
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room, abilities=ada)
    bob = await stage.peer(server, name="Bob", room=room, abilities=bob)
    await ada.expect_event("joined", participant=bob.id)
    return ada, bob


async def call(ada, bob):
    """Bob has offered, Ada has answered."""
    negotiation = await bob.offer(ada.id)
    await ada.expect(type="offer", negotiation=negotiation)
    await ada.signal(bob.id, None, kind="answer", negotiation=negotiation, sdp="v=0\r\n")
    await bob.expect(type="answer", negotiation=negotiation)


def heard(peer, *kinds):
    return [frame["type"] for frame in peer.frames if frame["type"] in kinds]


async def nothing_more(*peers):
    """What is under way has arrived, and it was no word about restarts."""
    # Twice, since the turn of one may still have something to say to another.
    for peer in peers * 2:
        await peer.send({"type": "join", "id": 1, "room": "!"})
        await peer.expect_rejected("invalid-alias")
    for peer in peers:
        assert not heard(peer, "restarter", "ice-servers"), heard(peer, "restarter", "ice-servers")


async def restarter(peer, other):
    frame = await peer.expect(type="restarter", peer=other.id)
    assert frame["room"] == peer.room.id
    return frame["restarter"]


async def test_after_a_return_both_ends_hear_one_name(stage):
    server = await stage.server("--ice-server", "stun:stun.example.org")
    ada, bob = await meeting(stage, server=server)
    await call(ada, bob)
    for returning, other in ((bob, ada), (ada, bob)):
        await returning.cut()
        welcome = await returning.resume()
        assert welcome["iceServers"] == [{"urls": ["stun:stun.example.org"]}]
        # The impolite end, which is the elder; nobody needs to have heard of the loss.
        assert await restarter(returning, other) == await restarter(other, returning) == ada.id
        # Whoever was away has the servers from the welcome; the other one got them first.
        assert (await other.expect(type="ice-servers"))["iceServers"] == welcome["iceServers"]
        said = [text for text in other.transcript if text.startswith(('{"type":"restarter', '{"type":"ice-servers'))]
        assert said[-2].startswith('{"type":"ice-servers'), said[-2:]
        await nothing_more(ada, bob)


async def test_after_a_return_that_everybody_heard_of(stage):
    ada, bob = await meeting(stage)
    await call(ada, bob)
    await bob.cut()
    await ada.expect_event("interrupted", participant=bob.id)
    await bob.resume()
    assert await restarter(bob, ada) == await restarter(ada, bob) == ada.id
    await ada.expect_event("resumed", participant=bob.id)


async def test_whoever_can(stage):
    """Every pair of devices with and without rollback and restart; it is the same whoever comes back."""

    async def check(ada_can, bob_can):
        ada, bob = await meeting(stage, ada_can, bob_can)
        await call(ada, bob)
        # A device that cannot roll back is impolite, else the elder is.
        order = [bob, ada] if ada_can["rollback"] and not bob_can["rollback"] else [ada, bob]
        able = [peer.id for peer in order if peer._abilities["restart"]]
        expected = able[0] if able else None
        for returning in (bob, ada, bob):
            await returning.cut()
            await returning.resume()
            assert await restarter(bob, ada) == await restarter(ada, bob) == expected

    kinds = [{"rollback": a, "trickle": True, "restart": b} for a, b in itertools.product((True, False), repeat=2)]
    pairs = [(a, b) for a in kinds for b in kinds if a["rollback"] or b["rollback"]]
    await asyncio.gather(*(check(*pair) for pair in pairs))


async def test_both_lose_their_connection(stage):
    """In whatever order they come back: everything that either hears is one name."""
    for first, second in ((0, 1), (1, 0)):
        pair = await meeting(stage)
        ada, bob = pair
        await call(ada, bob)
        await ada.cut()
        await bob.cut()
        await pair[first].resume()
        await pair[second].resume()
        await restarter(pair[second], pair[first])
        names = {frame["restarter"] for peer in pair for frame in peer.frames if frame["type"] == "restarter"}
        # The one who was back first cannot have missed it.
        assert await restarter(pair[first], pair[second]) == ada.id
        assert names <= {ada.id}


async def test_only_pairs_that_have_something_to_restart(stage):
    ada, bob = await meeting(stage)
    cleo = await stage.peer(name="Cleo", room=ada.room.state["room"]["alias"])
    await cleo.signal(bob.id, "No call, only a word.")
    await call(ada, bob)
    await bob.cut()
    await bob.resume()
    await restarter(bob, ada)
    await bob.expect(type="signal")
    await ada.expect(type="ice-servers")
    await restarter(ada, bob)
    await nothing_more(bob, cleo)
    # A hangup ends the pair, whoever says it; the next offer begins it again.
    await ada.signal(bob.id, None, kind="hangup")
    await bob.expect(type="hangup")
    await bob.cut()
    await bob.resume()
    await nothing_more(ada, bob, cleo)
    await bob.offer(ada.id)
    await ada.expect(type="offer")
    await bob.cut()
    await bob.resume()
    assert await restarter(bob, ada) == await restarter(ada, bob) == ada.id


async def test_a_pair_in_which_one_end_has_said_nothing_yet(stage):
    ada, bob = await meeting(stage)
    await bob.offer(ada.id)
    await ada.expect(type="offer")
    for returning in (ada, bob):
        await returning.cut()
        await returning.resume()
        assert await restarter(bob, ada) == await restarter(ada, bob) == ada.id


async def test_what_was_missed_comes_first(stage):
    ada, bob = await meeting(stage)
    await call(ada, bob)
    await bob.cut()
    for step in range(20):
        await ada.signal(bob.id, step)
    before = len(bob.transcript)
    await bob.resume()
    await restarter(bob, ada)
    kinds = [text.split('"')[3] for text in bob.transcript[before:]]
    told = [kind for kind in kinds if kind in ("welcome", "signal", "restarter")]
    assert told == ["welcome"] + ["signal"] * 20 + ["restarter"], told


async def test_three_in_a_room(stage):
    ada, bob = await meeting(stage)
    cleo = await stage.peer(name="Cleo", room=ada.room.state["room"]["alias"], abilities=ALL)
    await ada.expect_event("joined", participant=cleo.id)
    await bob.expect_event("joined", participant=cleo.id)
    for elder, newcomer in ((ada, bob), (ada, cleo), (bob, cleo)):
        await call(elder, newcomer)
    await bob.cut()
    await bob.resume()
    assert await restarter(bob, ada) == await restarter(ada, bob) == ada.id
    assert await restarter(bob, cleo) == await restarter(cleo, bob) == bob.id
    for other in (ada, cleo):
        await other.expect(type="ice-servers")
    await nothing_more(ada, bob, cleo)


async def test_a_changed_network(stage):
    server = await stage.server("--ice-server", "stun:stun.example.org")
    ada, bob = await meeting(stage, server=server)
    await bob.send({"type": "network-changed"})
    # Nobody to tell yet, but the servers come in any case.
    assert (await bob.expect(type="ice-servers"))["iceServers"] == [{"urls": ["stun:stun.example.org"]}]
    await nothing_more(ada, bob)
    await call(ada, bob)
    await bob.send({"type": "network-changed"})
    for peer, other in ((bob, ada), (ada, bob)):
        await peer.expect(type="ice-servers")
        assert await restarter(peer, other) == ada.id
    await nothing_more(ada, bob)


async def test_a_changed_network_is_not_said_too_often(stage):
    ada, bob = await meeting(stage)
    await call(ada, bob)
    for _ in range(20):
        await bob.send({"type": "network-changed"})
    rejected = await bob.expect_rejected("rate-limited", of="network-changed")
    assert 0 < rejected["retryAfterMilliseconds"] <= 1000
    # The calls of others are disturbed no more often than that, and nobody is thrown out.
    await bob.media(audio=True)
    await ada.expect_event("media-changed", by=bob.id)
    assert len(heard(ada, "restarter")) <= 6


async def test_a_changed_network_that_leads_nowhere(stage):
    """The hint gets through, and nothing after it: a second later, instead of four and a half, the others can know."""
    ada = await stage.peer(name="Ada", room=stage.room())
    async with RawSocket(await stage.server()) as raw:
        await raw.hello(room=ada.room.state["room"]["alias"], name="Bob")
        event = await ada.expect_event("joined")
        began = time.monotonic()
        await raw.send({"type": "network-changed"})
        await raw.expect_close(4409, seconds=4)
        assert 0.9 < time.monotonic() - began < 3.5
        await ada.expect_event("interrupted", participant=event["participant"], seconds=1)


@within(20)
async def test_a_changed_network_that_works(stage):
    """The ping is answered, as every WebSocket does it: the connection lives on."""
    ada = await stage.peer(name="Ada", room=stage.room())
    await ada.send({"type": "network-changed"})
    await ada.expect(type="ice-servers")
    await asyncio.sleep(2.5)
    assert ada.close_code is None
    await ada.media(audio=True)


async def test_the_other_end_may_ask_for_a_restart(stage):
    ada, bob = await meeting(stage)
    await bob.send({"type": "ice-restart"} | {"to": ada.id, "n": 1, "floor": 1})
    await bob.expect_rejected("no-negotiation", of="ice-restart", to=ada.id, n=1)
    await call(ada, bob)
    n = await bob.signal(ada.id, None, kind="ice-restart")
    frame = await ada.expect(type="ice-restart")
    assert (frame["from"], frame["n"]) == (bob.id, n)
    assert frame.keys() == {"type", "from", "n", "floor"}
    # It waits in the mailbox like any signal.
    await ada.cut()
    n = await bob.signal(ada.id, None, kind="ice-restart")
    await ada.resume()
    frame = await ada.expect(type="ice-restart", n=n)
    assert frame["from"] == bob.id
    await ada.signal(bob.id, None, kind="hangup")
    await bob.expect(type="hangup")
    await bob.send({"type": "ice-restart", "to": ada.id, "n": n + 1, "floor": 1})
    await bob.expect_rejected("no-negotiation", of="ice-restart", n=n + 1)
