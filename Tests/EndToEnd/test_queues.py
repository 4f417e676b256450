"""Queues: a support desk, players who are matched, devices that are paired, and an agent's server that dies."""

from redis_server import RedisServer
from stage import patient, within
from test_door import http


async def comes(stage, alias, name, queue=None, server=None, settings=None):
    """Somebody who waits, or serves without `queue`."""
    peer = await stage.peer(server, name=None)
    peer.name = name
    message = {"type": "join", "id": 1, "kind": "queue", "room": alias, "name": name}
    wishes = {"queue": queue, "settings": settings}
    await peer.send(message | {name: value for name, value in wishes.items() if value is not None})
    return peer


async def waits(stage, alias, name, queue=None, **options):
    peer = await comes(stage, alias, name, queue or {}, **options)
    snapshot = await peer.expect(type="snapshot", view="waiting")
    assert set(snapshot["state"]) == {"room", "queue"} and "since" in snapshot["me"], snapshot
    peer.queue, peer.own = peer.rooms[snapshot["room"]], snapshot["me"]
    return peer


async def desk(stage, alias, server=None, agents=2, **settings):
    """Ada has made it and serves; so does whoever she invites."""
    ada = await comes(stage, alias, "Ada", server=server, settings={"queue": settings} if settings else None)
    await ada.expect(type="snapshot", view="moderator")
    ada.queue = ada.room
    for name in ["Dan", "Eve"][:agents - 1]:
        await ada.command("invite", role="co-host")
        secret = (await ada.expect_event("invited"))["secret"]
        agent = await stage.peer(server, name=None)
        agent.name = name
        await agent.send({"type": "join", "id": 1, "kind": "queue", "room": alias, "name": name, "invitation": secret})
        await agent.expect(type="snapshot", view="moderator")
        agent.queue = agent.room
        return ada, agent
    return ada


def position(peer):
    """By what everybody at the door sees."""
    line = peer.queue.state["queue"]["line"]
    return 1 + sum(place < line[peer.queue.me] for place in line.values())


async def goes(peer, seconds=5):
    """To the room that they were taken to."""
    await peer.until(lambda: peer.queue.me in peer.queue.state["queue"]["taken"], seconds, "being taken")
    room = peer.queue.state["queue"]["taken"][peer.queue.me]
    await enters(peer, room)
    return room


async def enters(peer, room):
    await peer.send({"type": "join", "id": 1, "room": room, "name": peer.name})
    await peer.expect(type="snapshot", room=room)


@within(30)
async def test_three_customers_and_two_agents(stage):
    alias = stage.room()
    ada, dan = await desk(stage, alias)
    bob = await waits(stage, alias, "Bob")
    cleo = await waits(stage, alias, "Cleo", {"skills": {"pension": True}})
    fay = await waits(stage, alias, "Fay", {"priority": 3})
    for peer, place in ((fay, 1), (bob, 2), (cleo, 3)):
        await peer.until(lambda: position(peer) == place, what=f"place {place} of {peer.name}")
    await ada.command("take")
    taken = await ada.expect_event("taken", by=ada.id)
    assert taken["people"] == {fay.queue.me: True} and taken["agent"] == ada.queue.me, taken
    room = await goes(fay)
    assert room == taken["room"]
    await enters(ada, room)
    assert ada.rooms[room].state["room"]["kind"] == "call"
    assert {person["name"] for person in ada.rooms[room].people.values()} == {"Ada", "Fay"}
    # They hear each other there, and nobody else comes in by knowing its name.
    await ada.signal(fay.rooms[room].me, "hello")
    await fay.until(lambda: fay.received, what="Ada's word")
    await bob.send({"type": "join", "id": 1, "room": room})
    await bob.expect_rejected("unknown-room", of="join")
    # One agent has one customer, and only whom they can serve.
    await ada.command("take", room=ada.queue)
    await ada.expect_rejected("already-serving", of="take")
    await dan.command("take")
    await dan.expect_event("taken", by=dan.id)
    await enters(dan, await goes(bob))
    # They have met, so the queue lets them go.
    await bob.expect_event("left", participant=bob.queue.me, reason="met")
    await dan.command("agent", room=dan.queue, available=True)
    await dan.command("take", room=dan.queue)
    await dan.expect_rejected("queue-empty", of="take")
    await dan.command("agent", room=dan.queue, available=True, skills={"pension": True})
    await dan.command("take", room=dan.queue)
    await enters(dan, await goes(cleo))
    await ada.until(lambda: not ada.queue.state["customers"], what="an empty queue")


@patient
@within(30)
async def test_agents_are_asked_in_turn(stage):
    alias = stage.room()
    ada, dan = await desk(stage, alias, offerMilliseconds=5000)
    bob = await waits(stage, alias, "Bob")
    offered = await ada.expect_event("offered", participant=ada.id)
    assert offered["customer"] == bob.queue.me
    await ada.command("pass")
    await dan.expect_event("offered", participant=dan.id)
    # Who says nothing is not asked any more.
    await dan.expect_event("offer-ended", seconds=10, participant=dan.id, reason="expired")
    await dan.command("take")
    await goes(bob)


@within(20)
async def test_four_players_are_matched_by_key(stage):
    alias = stage.room()
    settings = {"queue": {"rule": "match", "size": 4}}
    players = [await waits(stage, alias, f"Player {n}", {"key": "blitz"}, settings=settings) for n in range(3)]
    other = await waits(stage, alias, "Other", {"key": "rapid"})
    last = await comes(stage, alias, "Last", {"key": "blitz"})
    snapshot = await last.expect(type="snapshot", view="waiting")
    last.queue = last.rooms[snapshot["room"]]
    rooms = {await goes(player) for player in [*players, last]}
    assert len(rooms) == 1, rooms
    (room,) = rooms
    await last.until(lambda: len(last.rooms[room].people) == 4, what="all four")
    assert "kind" not in last.rooms[room].state["room"]
    assert other.queue.me not in other.queue.state["queue"]["taken"]


async def alone(peer, room):
    """Hears that nobody comes."""
    frame = await peer.expect(
        20, room=room, where=lambda frame: any(event["type"] == "ended" for event in frame.get("events", [])))
    assert frame["events"][-1]["reason"] == "no-answer", frame


@patient
@within(40)
async def test_one_of_two_never_comes(stage):
    """The agent, for whom somebody waits at their old place; and a customer, who keeps no agent."""
    alias = stage.room()
    ada, dan = await desk(stage, alias, arriveMilliseconds=5000)
    bob = await waits(stage, alias, "Bob")
    cleo = await waits(stage, alias, "Cleo")
    await ada.command("take")
    room = await goes(bob)
    await dan.command("take")
    taken = await dan.expect_event("taken", by=dan.queue.me)
    assert cleo.queue.me in taken["people"], taken
    await enters(dan, taken["room"])
    for peer in (bob, ada):
        unmet = await peer.expect_event("unmet", seconds=15, agent=ada.queue.me)
        assert unmet["people"] == {bob.queue.me: True} and unmet["room"] == room, unmet
    assert position(bob) == 1 and bob.queue.me not in bob.queue.state["queue"]["taken"]
    await cleo.expect_event("left", seconds=15, participant=cleo.queue.me, reason="expired")
    await ada.until(lambda: not any("serving" in agent for agent in ada.queue.state["agents"].values()), 15)
    agents = ada.queue.state["agents"]
    assert (agents[ada.queue.me]["available"], agents[dan.queue.me]["available"]) == (False, True), agents
    await alone(bob, room)
    await alone(dan, taken["room"])
    # Bob is there for the other one.
    await dan.command("take", room=dan.queue)
    again = await goes(bob)
    assert again != room
    await enters(dan, again)
    await bob.expect_event("left", participant=bob.queue.me, reason="met")


@within(20)
async def test_two_devices_are_paired_by_a_code(stage):
    alias = stage.room()
    screen = await waits(stage, alias, "Screen", settings={"queue": {"rule": "pair"}})
    code = screen.own["code"]
    assert len(code) == 6 and code.isdigit(), code
    # It is told to nobody else, and again to whoever comes back.
    await screen.cut()
    assert (await screen.resume(rooms={screen.queue.id: None}))["resumed"]
    snapshot = await screen.expect(type="snapshot", view="waiting")
    assert snapshot["me"]["code"] == code
    screen.queue = screen.room
    wrong = f"{(int(code) + 1) % 1000000:06}"
    phone = await comes(stage, alias, "Phone", {"code": wrong})
    await phone.expect_rejected("wrong-code", of="join")
    await phone.send({"type": "join", "id": 1, "kind": "queue", "room": alias, "queue": {"code": code}})
    snapshot = await phone.expect(type="snapshot", view="waiting")
    phone.queue = phone.rooms[snapshot["room"]]
    assert await goes(phone) == await goes(screen)
    # Nobody waits any more: the queue is over, and a code that was used is like one that never was.
    thief = await comes(stage, alias, "Thief", {"code": code}, settings={"queue": {"rule": "pair"}})
    await thief.expect_rejected("wrong-code", of="join")


@within(30)
async def test_who_guesses_codes_is_slowed_down(stage):
    alias = stage.room()
    await waits(stage, alias, "Screen", settings={"queue": {"rule": "pair"}})
    thief = await stage.peer(name=None)
    answers = []
    for guess in range(12):
        await thief.send({"type": "join", "id": 1, "kind": "queue", "room": alias, "queue": {"code": f"X{guess}"}})
        answers.append((await thief.expect(type="rejected", of="join"))["code"])
    assert answers[:3] == ["wrong-code"] * 3 and answers.count("rate-limited") >= 8, answers


@within(20)
async def test_without_an_agent(stage):
    alias = stage.room()
    nobody = await comes(stage, alias, "Bob", {})
    await nobody.expect_rejected("no-agent", of="join")
    ada = await desk(stage, alias, agents=1, unserved="refuse")
    await ada.command("agent", available=False)
    await ada.expect_event("agent-changed")
    bob = await comes(stage, alias, "Bob", {})
    await bob.expect_rejected("no-agent", of="join")
    # One that an operator has made is there before any agent.
    made = stage.room()
    status, _ = await http(await stage.server(), "POST", "/v1/rooms", {"alias": made, "kind": "queue"})
    assert status == 201
    await waits(stage, made, "Bob")
    meeting = await stage.peer(room=stage.room(), name="Ada")
    await meeting.command("take")
    await meeting.expect_rejected("unsupported-kind", of="take")


@within(20)
async def test_whoever_is_cut_off_in_the_moment_of_being_taken_hears_of_it(stage):
    alias = stage.room()
    ada = await desk(stage, alias, agents=1)
    bob = await waits(stage, alias, "Bob")
    # So soon that the server does not know yet.
    bob.socket.transport.abort()
    await ada.command("take")
    assert await ada.outcome(2) in ("accepted", "queue-empty")
    await bob._reader
    assert (await bob.resume())["resumed"]
    bob.queue = bob.rooms[bob.queue.id]
    if not ada.queue.state["queue"]["taken"]:
        await ada.until(lambda: "interruptedAt" not in ada.queue.state["waiting"][bob.queue.me])
        await ada.command("take", room=ada.queue)
    room = await goes(bob)
    await enters(ada, room)


@within(60)
async def test_the_agents_server_dies_while_customers_wait(stage):
    redis = await stage.enter(RedisServer())
    flags = ("--engine", redis.url, "--grace-milliseconds", "5000")
    here, there = [await stage.server(*flags) for _ in range(2)]
    alias = stage.room()
    ada = await desk(stage, alias, server=here, agents=1)
    bob = await waits(stage, alias, "Bob", server=there)
    cleo = await waits(stage, alias, "Cleo", server=there)
    here.process.kill()
    await here.process.wait()
    await ada._reader
    ada.address = there.connect_address
    assert (await ada.resume())["resumed"]
    await ada.command("take", room=ada.queue)
    await ada.expect_event("taken", seconds=10, by=ada.queue.me)
    assert position(cleo) >= 1
    room = await goes(bob, 10)
    await enters(ada, room)
    await ada.command("agent", room=ada.queue, available=True)
    await ada.command("take", room=ada.queue)
    await goes(cleo, 10)
