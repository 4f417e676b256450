"""The examples of the JavaScript client, as the server serves them: what the README shows is what runs here."""

from stage import eventually

# The videos that show somebody else and move.
PLAYING = "[...document.querySelectorAll('video')].filter((video) => !video.muted && video.currentTime > 0.5).length"
INK = """(() => {
  const board = document.getElementById('board');
  return board.getContext('2d').getImageData(0, 0, board.width, board.height).data.some((part) => part > 0);
})()"""


async def example(stage, name, room):
    chromium, server = await stage.world.chromium(), await stage.server()
    context = await stage.enter(await chromium.context())
    page = await context.new_page()
    await page.goto(f"{server.address}client/examples/{name}.html#{room}")
    return page


async def test_the_group_call_of_the_readme(stage):
    room = stage.room()
    pages = [await example(stage, "call", room) for _ in range(3)]
    for page in pages:
        await eventually(lambda: page.evaluate(f"{PLAYING} === 2"), seconds=30)
    await pages.pop().close()
    for page in pages:
        await eventually(lambda: page.evaluate("document.querySelectorAll('video').length === 2"), seconds=30)


async def test_the_shared_whiteboard(stage):
    room = stage.room()
    first, second = [await example(stage, "whiteboard", room) for _ in range(2)]
    await eventually(lambda: first.locator("#status", has_text="2 at the board").count(), seconds=20)

    async def drawn():
        await first.mouse.move(100, 100)
        await first.mouse.down()
        await first.mouse.move(200, 200, steps=5)
        await first.mouse.up()
        return await second.evaluate(INK)

    await eventually(drawn, seconds=20)
    late = await example(stage, "whiteboard", room)
    await eventually(lambda: late.evaluate(INK), seconds=20)
