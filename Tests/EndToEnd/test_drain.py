"""A server that is emptied: clients are asked to go, whoever stays is closed at the deadline; it can be taken back."""

import asyncio
import json
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import websockets

from parley_peer import ParleyPeer
from raw_socket import RawSocket
from stage import eventually, within

TOGETHER = 4


async def ask(server, method, path="/v1/drain", host="127.0.0.1", **headers):
    """`(status, what the body says)`"""

    def fetch():
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://{host}:{server.port}{path}", method=method, headers=fields)
        try:
            with urlopen(request, timeout=10) as response:
                return response.status, response.read()
        except HTTPError as error:
            return error.code, error.read()

    status, body = await asyncio.to_thread(fetch)
    return status, json.loads(body) if body.startswith(b"{") else body


async def readiness(server):
    return (await ask(server, "GET", "/readyz"))[0]


async def refused_upgrade(server):
    """The status and the code with which a new connection is refused."""
    try:
        async with ParleyPeer(server.connect_address):
            raise AssertionError("somebody new was let in")
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code, json.loads(refusal.response.body)["code"]


async def goaway_of(peer):
    frame = await peer.expect(type="goaway")
    assert 0 <= frame["withinMilliseconds"] <= frame["deadlineMilliseconds"], frame
    return frame


@within(60)
async def test_told_to_end_it_asks_everybody_to_go(stage):
    server = await stage.server("--drain-milliseconds", "4000")
    peers = [await stage.peer(server, name=f"Peer {number}", room="full") for number in range(20)]
    assert await readiness(server) == 200
    began = time.monotonic()
    server.ask_to_drain()
    goaways = [await goaway_of(peer) for peer in peers]
    assert {frame["deadlineMilliseconds"] for frame in goaways} == {4000}
    # Half of the deadline, in twenty equal steps.
    assert sorted(frame["withinMilliseconds"] for frame in goaways) == [step * 100 for step in range(20)]
    assert await readiness(server) == 503
    assert (await ask(server, "GET", "/healthz"))[0] == 200
    assert await refused_upgrade(server) == (503, "stopping")
    status, said = await ask(server, "GET", "/v1/validate")
    assert (status, said["code"]) == (503, "stopping")
    # Usable to the last moment.
    await peers[0].media(audio=True)
    for peer in peers:
        await peer.expect_close(4400, seconds=6)
    lasted = time.monotonic() - began
    assert 3.9 < lasted < 6, f"the deadline was 4 s, and everybody was closed after {lasted:.1f} s"
    assert await server.exit_status() == 0, server.output[-5:]


@within(30)
async def test_it_ends_when_the_last_one_has_left(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    ada = await stage.peer(server, name="Ada", room="small")
    bob = await stage.peer(server, name="Bob", room="small")
    silent = await stage.peer(server, hello=False)
    server.ask_to_drain()
    await goaway_of(ada)
    await goaway_of(bob)
    await ada.cut()
    await bob.socket.close()

    async def alone():
        return (await ask(server, "GET"))[1]["connections"] == 1

    await eventually(alone, what="one connection")
    assert server.is_alive()
    assert not silent.frames, "before a welcome nothing is said"
    began = time.monotonic()
    await silent.socket.close()
    assert await server.exit_status() == 0, server.output[-5:]
    assert time.monotonic() - began < 3


async def test_with_nobody_connected_it_ends_at_once(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    server.ask_to_drain()
    assert await server.exit_status(5) == 0, server.output[-5:]


@within(30)
async def test_told_twice_it_does_not_wait(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    ada = await stage.peer(server, name="Ada", room="small")
    server.ask_to_drain()
    await goaway_of(ada)
    began = time.monotonic()
    server.ask_to_drain()
    await ada.expect_close(4400)
    assert await server.exit_status() == 0, server.output[-5:]
    assert time.monotonic() - began < 6


@within(30)
async def test_the_keyboard_does_not_wait_for_a_drain(stage):
    server = await stage.server("--drain-milliseconds", "60000", "--stop-milliseconds", "1000")
    raw = await stage.enter(RawSocket(server))
    await raw.hello("small", "Stubborn")
    server.ask_to_drain()
    await eventually(lambda: readiness_is(server, 503), what="draining")
    began = time.monotonic()
    server.ask_to_stop()
    assert await server.exit_status() == 0, server.output[-5:]
    assert time.monotonic() - began < 4, "later than stop-milliseconds"


async def readiness_is(server, status):
    return await readiness(server) == status


@within(30)
async def test_nothing_is_lost_of_a_call_that_is_being_set_up(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    abilities = {"rollback": True, "trickle": True, "restart": True}
    ada = await stage.peer(server, name="Ada", room="call", abilities=abilities)
    bob = await stage.peer(server, name="Bob", room="call", abilities=abilities)
    await ada.expect_event("joined", participant=bob.id)
    number = await bob.offer(ada.id)
    server.ask_to_drain()
    for step in range(40):
        await bob.signal(ada.id, None, kind="ice-candidate", negotiation=number, candidate={"candidate": f"{step}"})
    offer = await ada.expect(type="offer")
    await goaway_of(ada)
    await goaway_of(bob)
    await ada.signal(bob.id, None, kind="answer", negotiation=offer["negotiation"], sdp="v=0\r\n")
    await bob.expect(type="answer", negotiation=number)
    for step in range(40):
        await ada.expect(type="ice-candidate", candidate={"candidate": f"{step}"})
    await ada.media(audio=True)
    await bob.expect_event("media-changed", by=ada.id)
    await bob.until(lambda: bob.delivered.get(ada.id) == 41, what="all signals delivered")
    me = ada.id
    await ada.leave()
    await bob.expect_event("left", participant=me)


@within(30)
async def test_a_drain_that_was_asked_for_is_taken_back(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    ada = await stage.peer(server, name="Ada", room="small")
    assert await ask(server, "GET") == (200, {"draining": False, "connections": 1})
    status, said = await ask(server, "POST")
    assert status == 200 and said["draining"] and said["connections"] == 1, said
    assert 59_000 < said["deadlineMilliseconds"] <= 60_000, said
    await goaway_of(ada)
    assert await readiness(server) == 503
    assert await refused_upgrade(server) == (503, "stopping")
    await eventually(lambda: gauge(server, 1), what="parley_draining 1")
    # Asked twice, nobody is told twice, and the first deadline holds.
    assert (await ask(server, "POST"))[1]["deadlineMilliseconds"] <= said["deadlineMilliseconds"]
    assert await ask(server, "DELETE") == (200, {"draining": False, "connections": 1})
    assert await readiness(server) == 200
    await ada.expect(type="stay")
    assert not [frame for frame in ada.frames if frame["type"] == "goaway"]
    bob = await stage.peer(server, name="Bob", room="small")
    await ada.expect_event("joined", participant=bob.id)
    await eventually(lambda: gauge(server, 0), what="parley_draining 0")
    # Taking back what is not there is no fault.
    assert (await ask(server, "DELETE"))[0] == 200


async def gauge(server, value):
    _, text = await ask(server, "GET", "/metrics")
    return f"\nparley_draining {value}\n".encode() in text


@within(30)
async def test_after_the_deadline_of_a_request_the_process_stays_and_can_be_had_back(stage):
    server = await stage.server("--drain-milliseconds", "800")
    ada = await stage.peer(server, name="Ada", room="small")
    me = ada.id
    await ask(server, "POST")
    assert (await goaway_of(ada))["deadlineMilliseconds"] == 800
    await ada.expect_close(4400)
    await eventually(
        lambda: is_report(server, {"draining": True, "connections": 0, "deadlineMilliseconds": 0}), what="empty")
    assert server.is_alive() and await readiness(server) == 503
    assert await refused_upgrade(server) == (503, "stopping")
    assert (await ask(server, "DELETE"))[0] == 200
    welcome = await ada.resume()
    assert welcome["resumed"], "the session waits for its client as after every lost connection"
    assert ada.id == me
    await ada.media(audio=True)


async def is_report(server, report):
    return await ask(server, "GET") == (200, report)


@within(30)
async def test_told_to_end_it_cannot_be_had_back(stage):
    server = await stage.server("--drain-milliseconds", "60000")
    ada = await stage.peer(server, name="Ada", room="small")
    await ask(server, "POST")
    server.ask_to_drain()

    async def refused():
        status, said = await ask(server, "DELETE")
        return status == 409 and said["code"] == "stopping"

    # The signal may be slower than the first request, which then takes the drain back.
    await eventually(refused, what="too late")
    assert await readiness(server) == 503
    await ada.socket.close()
    assert await server.exit_status() == 0, server.output[-5:]


async def test_a_page_and_a_proxy_cannot_ask(stage):
    server = await stage.server()
    own = server.address.rstrip("/")
    for headers in ({"Origin": own}, {"Origin": "https://evil.example"}, {"X_Forwarded_For": "203.0.113.7"},
                    {"Forwarded": "for=203.0.113.7"}, {"Via": "1.1 proxy"}):
        for method in ("GET", "POST", "DELETE"):
            status, said = await ask(server, method, **headers)
            assert (status, said["code"]) == (403, "local-only"), (method, headers, said)
    assert await readiness(server) == 200


async def test_settings_of_a_drain_are_checked(stage):
    from server import refused_start

    program = stage.world.program
    for value in ("-1", "soon", "3600001"):
        status, output = await refused_start(program, "--port", "0", environment={"PARLEY_DRAIN_MILLISECONDS": value})
        assert status != 0 and "drain-milliseconds" in output and "3600000" in output, output


@within(90)
async def test_a_call_in_browsers_goes_on_through_a_drain_that_is_taken_back(stage):
    from browsers import meet

    server, chromium = await stage.server("--drain-milliseconds", "60000"), await stage.world.chromium()
    ada = await stage.page(chromium, server, "call", name="Ada")
    bob = await stage.page(chromium, server, "call", name="Bob")
    await meet(ada, bob)
    people = await ada.id(), await bob.id()
    listen = """
        window.heard = []
        const { parley, room } = parleyPage
        for (const name of ['interrupted', 'resumed', 'left', 'rejoined']) room.on(name, () => heard.push(name))
        parley.on('status', ({ status }) => heard.push(status))"""
    for page in (ada, bob):
        await page.page.evaluate("() => {" + listen + "}")
    await ask(server, "POST")
    # The only server: a move is tried, refused, and tried again, while the connection in use goes on.
    for muted in (True, False):
        await ada.page.evaluate("(audio) => parleyPage.room.media({ audio })", not muted)
        await eventually(
            lambda: bob.page.evaluate(
                "([id, audio]) => parleyPage.room.person(id)?.media.audio === audio", [people[0], not muted]),
            what="the microphone")
    before = await bob.flow()
    await asyncio.sleep(3)
    assert (await bob.flow())[people[0]]["seconds"] > before[people[0]]["seconds"]
    assert (await ask(server, "GET"))[1]["connections"] == 2
    await ask(server, "DELETE")
    await meet(ada, bob)
    assert (await ada.id(), await bob.id()) == people
    for page in (ada, bob):
        assert await page.page.evaluate("heard") == []


@within(90)
async def test_pages_come_back_to_a_server_that_was_drained(stage):
    from browsers import meet

    server, chromium = await stage.server("--drain-milliseconds", "2000"), await stage.world.chromium()
    ada = await stage.page(chromium, server, "call", name="Ada")
    bob = await stage.page(chromium, server, "call", name="Bob")
    await meet(ada, bob)
    people = await ada.id(), await bob.id()
    await ask(server, "POST")
    await eventually(
        lambda: is_report(server, {"draining": True, "connections": 0, "deadlineMilliseconds": 0}),
        seconds=10, what="empty")
    await ask(server, "DELETE")
    await eventually(
        lambda: ada.page.evaluate("parleyPage.parley.status === 'connected'"), seconds=15, what="Ada is back")
    await eventually(
        lambda: bob.page.evaluate("parleyPage.parley.status === 'connected'"), seconds=15, what="Bob is back")
    await meet(ada, bob)
    assert (await ada.id(), await bob.id()) == people
