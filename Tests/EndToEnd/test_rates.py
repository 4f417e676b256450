"""How much a room may be told, and that an operator who lets a session say more lets its room be told as much."""


async def commands(stage, server, count):
    """One person switches the microphone that often; the codes of what was refused."""
    raw = await stage.peer(server, name="Ada", room=stage.room())
    for number in range(count):
        await raw.command("media", audio=number % 2 == 0)
    await raw.until(
        lambda: sum(frame["type"] == "rejected" for frame in raw.frames) + sum(
            event["type"] == "media-changed" for frame in raw.frames if frame["type"] == "events"
            for event in frame["events"]) >= count, seconds=40, what="an answer to each command")
    return {frame["code"] for frame in raw.frames if frame["type"] == "rejected"}


async def test_a_room_is_told_as_much_as_the_operator_lets_a_session_say(stage):
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    assert await commands(stage, server, 9_000) == set()
