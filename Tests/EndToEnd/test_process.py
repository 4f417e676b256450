"""The program itself: how it stops, and how it refuses to start."""

import json
import tempfile
import time

from server import refused_start
from stage import within

TOGETHER = 3


@within(30)
async def test_interrupted_from_the_keyboard_it_says_goodbye(stage):
    server = await stage.server("--log-level", "info")
    ada = await stage.peer(server, name="Ada", room="leaving")
    bob = await stage.peer(server, name="Bob", room="leaving")
    silent = await stage.peer(server, hello=False)
    began = time.monotonic()
    server.ask_to_stop()
    for peer in (ada, bob, silent):
        await peer.expect_close(4400)
    assert await server.exit_status() == 0, server.output[-5:]
    assert time.monotonic() - began < 6, "later than stop-milliseconds"


@within(30)
async def test_a_client_that_ignores_the_goodbye_does_not_hold_the_process(stage):
    from raw_socket import RawSocket

    server = await stage.server("--stop-milliseconds", "1000")
    raw = await stage.enter(RawSocket(server))
    await raw.hello("leaving", "Stubborn")
    plain = await stage.enter(RawSocket(server, upgrade=False))
    await plain.send_bytes(b"GET /hea")
    began = time.monotonic()
    server.ask_to_stop()
    assert await server.exit_status() == 0, server.output[-5:]
    assert time.monotonic() - began < 4, "later than stop-milliseconds"


async def test_it_announces_an_address_that_works(stage):
    server = await stage.server()
    text = "\n".join(server.output)
    assert f"http://127.0.0.1:{server.port}/" in text, text


async def test_a_port_in_use_is_said_in_words(stage):
    server = await stage.server()
    status, output = await refused_start(server.program, "--port", str(server.port))
    assert status != 0
    assert f"port ({server.port})" in output and "another program listens" in output, output


async def test_an_address_that_others_can_reach_is_refused(stage):
    program = stage.world.program
    for host in ("0.0.0.0", "::", "10.1.2.3", "example.org"):
        status, output = await refused_start(program, "--host", host, "--port", "0")
        assert status != 0 and "host" in output and "authentication" in output, output


async def test_other_loopback_addresses_are_fine(stage):
    server = await stage.server(host="localhost")
    await stage.peer(server, name="Ada", room="local")


async def test_unknown_settings_are_refused_by_name(stage):
    program = stage.world.program
    status, output = await refused_start(program, "--port", "0", "--colour", "blue")
    assert status != 0 and "colour" in output, output
    status, output = await refused_start(program, "--port", "0", environment={"PARLEY_COLOUR": "blue"})
    assert status != 0 and "PARLEY_COLOUR" in output, output
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"port": 0, "colour": "blue"}, file)
        file.flush()
        status, output = await refused_start(program, "--config", file.name)
        assert status != 0 and "colour" in output and file.name in output, output


async def test_values_that_are_not_allowed_are_refused_by_name(stage):
    program = stage.world.program
    status, output = await refused_start(program, "--port", "seven")
    assert status != 0 and "port" in output and "seven" in output and "65535" in output, output
    status, output = await refused_start(program, environment={"PARLEY_ROOM_CAPACITY": "0", "PARLEY_PORT": "0"})
    assert status != 0 and "room-capacity" in output and "PARLEY_ROOM_CAPACITY" in output, output
    status, output = await refused_start(program, "--port", "0", "--config", "/nonexistent.json")
    assert status != 0 and "/nonexistent.json" in output, output


async def test_flags_win_over_the_environment_and_the_environment_over_the_file(stage):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"frame-bytes": 2000, "room-capacity": 3, "unacknowledged-signals": 40}, file)
        file.flush()
        server = await stage.server(
            "--config", file.name, "--unacknowledged-signals", "50",
            environment={"PARLEY_ROOM_CAPACITY": "4", "PARLEY_UNACKNOWLEDGED_SIGNALS": "45"})
        ada = await stage.peer(server, name="Ada", room="set")
        assert ada.welcome["limits"]["frameBytesMax"] == 2000
        assert ada.room.state["room"]["capacity"] == 4
        assert ada.welcome["limits"]["unacknowledgedSignalsMax"] == 50
