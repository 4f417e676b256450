"""Several people in a room, and what they hear from then on."""

import contextlib

from stage import eventually


async def company(stage, *names, server=None, room=None, networks=None):
    """Peers of these names who all see each other. `peer.heard`: the frames that each has got since."""
    room = room or stage.room()
    abilities = {"rollback": True, "trickle": True, "restart": True}
    peers = [await stage.peer((networks or {}).get(name, server), name=name, room=room, abilities=abilities)
             for name in names]
    for peer in peers:
        await peer.until(lambda: len(peer.room.people) == len(names), what="everybody")
        listen(peer)
    return peers


def listen(peer):
    peer.heard = []
    peer.on_frame = peer.heard.append


def events(peer, *kinds):
    """Those that it has heard, of these types, in order."""
    return [event for frame in peer.heard if frame["type"] == "events" for event in frame["events"]
            if event["type"] in kinds]


def kinds(peer, *of):
    return [event["type"] for event in events(peer, *of)]


COMINGS_AND_GOINGS = ("joined", "interrupted", "resumed", "left")


def nobody_noticed(peer, seconds):
    """Whoever was away for `seconds` was not missed, if that was less than the second that the server waits."""
    if seconds < 0.8:
        assert kinds(peer, *COMINGS_AND_GOINGS) == []
    else:
        assert "left" not in kinds(peer, *COMINGS_AND_GOINGS)


async def same_state(*peers):
    """They have come to the same position, and hold the same there."""
    await eventually(lambda: all(peer.room.at == peers[0].room.at for peer in peers), what="the same position")
    for peer in peers:
        assert peer.room.state == peers[0].room.state
        assert not peer.violations, peer.violations[:3]


@contextlib.contextmanager
def seen_by(peer, condition, what):
    """While the block runs, `condition()` holds after every frame that the peer gets."""
    before, broken = peer.on_frame, []

    def judge(frame):
        if before:
            before(frame)
        if not condition():
            broken.append(frame)

    peer.on_frame = judge
    yield
    peer.on_frame = before
    assert not broken, f"{peer.name} saw {what}, first with {broken[0]}"
