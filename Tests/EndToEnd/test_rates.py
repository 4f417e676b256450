"""How much a room may be told, and that an operator who lets a session say more lets its room be told as much."""

CHUNK = 250


async def commands(stage, server, count):
    """One person switches the microphone that often; the codes of what was refused.

    So many at once as there is room for in a connection: who does not read gets a snapshot in place of answers.
    """
    ada = await stage.peer(server, name="Ada", room=stage.room())
    answered, codes = 0, set()

    def hear(frame):
        nonlocal answered
        if frame["type"] == "rejected":
            answered += 1
            codes.add(frame["code"])
        elif frame["type"] == "events":
            answered += sum(event["type"] == "media-changed" for event in frame["events"])

    ada.on_frame = hear
    for begin in range(0, count, CHUNK):
        for number in range(begin, begin + CHUNK):
            await ada.command("media", audio=number % 2 == 0)
        await ada.until(lambda: answered >= begin + CHUNK, seconds=20, what="an answer to each command")
    return codes


async def test_a_room_is_told_as_much_as_the_operator_lets_a_session_say(stage):
    server = await stage.server("--messages-per-second", "100000", "--message-burst", "100000")
    assert await commands(stage, server, 9_000) == set()
