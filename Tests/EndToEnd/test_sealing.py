"""Signals that the server cannot read: two real browsers, whose own service vouches for them."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import websockets

from stage import eventually, within

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/sealed-call"


@asynccontextmanager
async def service(parley):
    """The example's own, in front of the pages."""
    process = await asyncio.create_subprocess_exec(
        "node", "service.mjs", "0", parley, cwd=EXAMPLE, stdout=asyncio.subprocess.PIPE)
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        yield line.decode().strip()
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def between(server, meddle=lambda frame: frame):
    """What the server sees and does: a way through it on which frames to clients can be changed. Yields the address,
    and everything that passed in either direction."""
    seen = []

    async def pass_on(source, target, change):
        async for text in source:
            seen.append(text)
            await target.send(change(text))
        await target.close()

    async def serve(client):
        async with websockets.connect(server.connect_address, subprotocols=["parley.v1"], max_size=None,
                                      ping_interval=None, proxy=None) as upstream:
            tasks = [asyncio.create_task(pass_on(client, upstream, lambda text: text)),
                     asyncio.create_task(pass_on(upstream, client, lambda text: json.dumps(meddle(json.loads(text)))))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["parley.v1"], max_size=None,
                                ping_interval=None) as listener:
        port = listener.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/connect", seen


async def page(stage, chromium, address, name):
    context = await stage.enter(await chromium.context())
    page = await context.new_page()
    await page.goto(f"{address}#{name}")
    return page


def status(page):
    return page.locator("#status").inner_text()


PLAYING = "[...document.querySelectorAll('video')].some((video) => video.currentTime > 0.5)"
SECRETS = re.compile(r"fingerprint|candidate:|ice-ufrag|v=0\\r\\n")


@within(90)
async def test_a_sealed_call_between_two_browsers(stage):
    server, chromium = await stage.server(), await stage.world.chromium()
    async with between(server) as (way, seen), service(way) as address:
        ada, bob = [await page(stage, chromium, address, name) for name in ("ada", "bob")]
        for one, other in ((ada, "bob"), (bob, "ada")):
            await eventually(lambda: one.evaluate(PLAYING), seconds=30, what="somebody else's picture")
            assert await status(one) == f"You speak with {other}."
        relayed = [text for text in seen if json.loads(text)["type"] in ("offer", "answer", "ice-candidate")]
        assert len(relayed) >= 8, len(relayed)
        assert not [text for text in seen if SECRETS.search(text)], "the server has seen a description or a candidate"
        assert all("sealed" in text for text in relayed)


@within(90)
async def test_a_server_that_swaps_fingerprints_connects_nobody(stage):
    def meddle(frame):
        if frame["type"] in ("offer", "answer"):
            frame["sdp"] = "v=0\r\na=fingerprint:sha-256 00:11:22\r\n"
        return frame

    server, chromium = await stage.server(), await stage.world.chromium()
    async with between(server, meddle) as (way, _), service(way) as address:
        ada, bob = [await page(stage, chromium, address, name) for name in ("ada", "bob")]

        async def told():
            return "sealed" in await status(ada) + await status(bob)

        await eventually(told, seconds=30, what="somebody is told")
        assert not await ada.evaluate(PLAYING) and not await bob.evaluate(PLAYING)


@within(90)
async def test_a_server_that_passes_somebody_off_as_another_connects_nobody(stage):
    known = []

    def meddle(frame):
        # Whoever is shown an assertion is shown somebody else's.
        text = json.dumps(frame)
        for one in re.findall(r'"assertion": "([^"]+)"', text):
            if one not in known:
                known.append(one)
            others = [other for other in known if other != one]
            text = text.replace(one, others[0]) if others else text
        return json.loads(text)

    server, chromium = await stage.server(), await stage.world.chromium()
    async with between(server, meddle) as (way, _), service(way) as address:
        ada, bob = [await page(stage, chromium, address, name) for name in ("ada", "bob")]
        await asyncio.sleep(3)
        assert not await ada.evaluate(PLAYING) and not await bob.evaluate(PLAYING)
        assert "You speak with" not in await status(ada) + await status(bob)
