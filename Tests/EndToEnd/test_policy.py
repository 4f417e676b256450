"""One codec everybody can speak: what a room says of its devices, and what browsers make of it."""

import asyncio

from browsers import meet
from stage import eventually, patient, within

# Per peer, kind and direction, the codec that flows there, from the browser's own statistics.
CODECS = """async () => {
  const legs = {};
  for (const [id, { connection }] of parleyPage.mesh.peers) {
    const reports = await connection.getStats();
    for (const { type, kind, codecId } of reports.values()) {
      if (!['inbound-rtp', 'outbound-rtp'].includes(type) || !codecId) continue;
      legs[`${id} ${kind} ${type === 'inbound-rtp' ? 'in' : 'out'}`] = reports.get(codecId)?.mimeType.split('/')[1];
    }
  }
  return legs;
}"""
LINES = """async () => {
  const [{ connection }] = parleyPage.mesh.peers.values();
  const reports = [...(await connection.getStats()).values()];
  return reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video')?.frameHeight ?? 0;
}"""
DESCRIPTIONS = """() => [...parleyPage.mesh.peers.values()].map(({ id, connection }) =>
  [id, connection.localDescription.sdp, connection.remoteDescription.sdp])"""


def device(*codecs):
    video = {"codecs": [{"codec": codec} | ({"fmtp": fmtp} if fmtp else {}) for codec, fmtp in codecs]}
    audio = {"codecs": [{"codec": "opus"}]}
    media = {kind: {"send": codecs, "receive": codecs} for kind, codecs in (("video", video), ("audio", audio))}
    return {"rollback": True, "media": media}


H264 = ("H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
H265 = ("H265", "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST")


async def test_one_knows_two_codecs_and_the_other_only_one(stage):
    room = stage.room()
    ada = await stage.peer(room=room, name="Ada", abilities=device(H265, H264))
    mine = ada.room
    policy = mine.state["policy"]
    assert policy["mode"] == "common" and policy["video"]["1"]["codec"] == "H265", policy
    bob = await stage.peer(room=room, name="Bob", abilities=device(H264))
    await ada.expect_event("joined", participant=bob.id)
    theirs = bob.room
    policy = mine.state["policy"]
    assert policy == theirs.state["policy"]
    assert policy["video"] == {"1": {"codec": "H264", "profile": "constrained-baseline"}}, policy
    assert policy["reason"] == "H.264: Bob's device has no H.265.", policy
    assert policy["blockers"] == {theirs.me: True}, policy
    # Nobody is told what a device can, only what follows.
    assert all("media" not in person["abilities"] for person in mine.people.values())
    await bob.leave()
    await eventually(lambda: mine.state["policy"]["video"]["1"]["codec"] == "H265", what="the better codec")
    assert "blockers" not in mine.state["policy"]


async def uses(codec, *pages):
    """Waits until every leg of every page sends and receives that codec and no other."""
    async def all_do():
        legs = [leg for page in pages for leg in (await page.page.evaluate(CODECS)).items() if "video" in leg[0]]
        return len(legs) == 2 * len(pages) * (len(pages) - 1) and all(name == codec for _, name in legs)

    try:
        await eventually(all_do, seconds=30)
    except AssertionError:
        seen = {page.name: await page.page.evaluate(CODECS) for page in pages}
        raise AssertionError(f"not all of them use {codec}: {seen}") from None


async def say(reason, *pages):
    for page in pages:
        await eventually(
            lambda page=page: page.page.evaluate("(words) => parleyPage.room.policy?.reason?.includes(words)", reason),
            what=f"the reason {reason!r} at {page.name}")


async def codec_lines(page):
    """By peer, what was written and what was got: without what trickles in, ports and candidates."""
    kept = ("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=fingerprint:")
    return {peer: [[line for line in text.splitlines() if line.startswith(kept)] for text in texts]
            for peer, *texts in await page.page.evaluate(DESCRIPTIONS)}


@within(180)
async def test_a_browser_without_the_codec_joins_and_leaves(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    await ada.page.evaluate("parleyPage.room.configure({ rules: { videoCodecs: { H264: 1, VP8: 2 } } })")
    bob = await stage.page(chromium, server, room, name="Bob")
    await meet(ada, bob)
    await say("H.264: the room prefers it, and every device has it.", ada, bob)
    await uses("H264", ada, bob)

    fay = await stage.page(await stage.world.firefox(), server, room, name="Fay")
    await say("VP8: Fay's device has no H.264.", ada, bob, fay)
    await uses("VP8", ada, bob, fay)
    await meet(ada, bob, fay)
    # What one browser has written about codecs is what the other one has got.
    here, there = await codec_lines(ada), await codec_lines(bob)
    (ada_wrote, ada_got), (bob_wrote, bob_got) = here[await bob.id()], there[await ada.id()]
    assert ada_wrote == bob_got and bob_wrote == ada_got and len(ada_wrote) > 20

    await fay.leave()
    await say("H.264: the room prefers it, and every device has it.", ada, bob)
    await uses("H264", ada, bob)
    await meet(ada, bob)


@patient
@within(120)
async def test_a_room_that_wants_small_pictures_gets_them(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    bob = await stage.page(chromium, server, room, name="Bob")
    await meet(ada, bob)

    async def lines(page):
        return await page.page.evaluate(LINES)

    async def are_large():
        return min(await asyncio.gather(lines(ada), lines(bob))) > 180

    # A browser begins with small pictures by itself.
    await eventually(are_large, seconds=30, what="pictures as large as the camera's")
    await ada.page.evaluate("parleyPage.room.configure({ rules: { heightMax: 180 } })")
    await say("At most 180 lines: the room wants no more.", ada, bob)

    async def are_small():
        return await asyncio.gather(lines(ada), lines(bob)) == [180, 180]

    await eventually(are_small, seconds=30, what="small pictures")
    await meet(ada, bob)
