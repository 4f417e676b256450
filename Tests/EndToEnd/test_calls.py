"""Calls between people: a ring reaches every device, one of them answers, and nothing rings when it is over."""

import asyncio
import hashlib
import hmac
import http.server
import json
import threading
import time

from issuer import SECRET, token
from measures import metrics
from phone import Phone
from redis_server import RedisServer, free_port
from stage import eventually, within

TOGETHER = 4


async def phones(stage, *users, server=None, **more):
    server = server or await stage.server()
    return [await stage.enter(Phone(server.connect_address, user, **more)) for user in users]


def named(user):
    """Nobody else of that name in the tests that share a server."""
    named.count += 1
    return f"{user}-{named.count}"


named.count = 0


async def test_a_call_is_answered_on_one_of_two_devices(stage):
    bob_name = named("bob")
    ada, phone, laptop = await phones(stage, named("ada"), bob_name, bob_name)
    call = await ada.call(bob_name, intent="video", offer={"type": "offer", "sdp": "v=0"}, data={"subject": "tea"})
    id, shown = await phone.rung()
    assert id == call.id and shown["intent"] == "video", shown
    assert shown["from"]["identity"] == ada.identity and shown["from"]["name"] == ada.name, shown
    assert shown["offer"] == {"type": "offer", "sdp": "v=0"} and shown["data"] == {"subject": "tea"}
    await laptop.rung(call.id)
    await ada.until(lambda: ada.ring_states(call) == ["ringing"], what="that it rings there")
    answer = {"type": "answer", "sdp": "v=0"}
    assert (await laptop.accept(answer=answer))["type"] == "snapshot"
    event = await ada.expect_event("ring-answered")
    assert event["person"] == laptop.identity and event["answer"] == answer, event
    assert (await phone.expect_event("incoming-ended"))["reason"] == "answered"
    await phone.quiet()
    await ada.until(lambda: len(call.state["people"]) == 2, what="both")
    assert not phone.missed
    # The other device comes too late.
    late = await phone.enter(room=call.id, ring=1)
    assert late["code"] in ("answered-elsewhere", "already-joined"), late
    await ada.hang_up(call, code="normal")
    ended = await laptop.expect_event("ended")
    assert ended["reason"] == "hung-up", ended


async def test_the_other_device_goes_on_with_the_call(stage):
    bob_name = named("bob")
    ada, phone, laptop = await phones(stage, named("ada"), bob_name, bob_name)
    call = await ada.call(bob_name)
    await phone.accept()
    await laptop.until(lambda: call.id in laptop.line.state.get("calls", {}), what="where the other device is")
    assert (await laptop.enter(room=call.id))["type"] == "snapshot"
    await phone.expect_event("left", reason="replaced")
    await ada.until(lambda: len(call.state["people"]) == 2, what="both")
    await laptop.hang_up(laptop.rooms[call.id])
    await ada.expect_event("ended", reason="hung-up")
    await phone.until(lambda: not phone.line.state.get("calls"), what="that nobody is in a call")


async def test_a_call_that_is_given_up_rings_no_more_and_was_missed(stage):
    bob_name = named("bob")
    ada, phone, laptop = await phones(stage, named("ada"), bob_name, bob_name)
    call = await ada.call(bob_name)
    for device in (phone, laptop):
        await device.rung(call.id)
    await ada.command("ring-cancel", room=call, ring=1)
    await ada.expect_event("ended", reason="cancelled")
    for device in (phone, laptop):
        await device.quiet()
        assert [missed["reason"] for missed in device.missed] == ["cancelled"], device.missed
    # Nobody can accept what is over, nor learn anything of it.
    refusal = await phone.enter(room=call.id, ring=1)
    assert refusal.get("code") == "ring-over", refusal
    stranger = (await phones(stage, named("eve")))[0]
    for room in (call.id, "r_Jt5bXw2QmLz8RfK0uVhYcA"):
        assert (await stranger.enter(room=room, ring=1))["code"] == "ring-over"
        assert (await stranger.enter(room=room))["code"] == "unknown-room"
    assert (await stranger.enter(room=phone.line.id))["code"] == "unknown-room"


async def test_nobody_answers(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    began = time.monotonic()
    await ada.call(bob_name, seconds=5)
    await bob.rung()
    await ada.expect_event("ended", seconds=9, reason="no-answer")
    assert time.monotonic() - began > 4.5
    await bob.quiet(3)
    assert [missed["reason"] for missed in bob.missed] == ["no-answer"]


async def test_a_device_declines_and_then_the_person(stage):
    bob_name = named("bob")
    ada, phone, laptop = await phones(stage, named("ada"), bob_name, bob_name)
    call = await ada.call(bob_name)
    await laptop.rung(call.id)
    await phone.decline(scope="device")
    await phone.expect_event("incoming-declined")
    await asyncio.sleep(0.2)
    assert laptop.incoming and ada.ring_states(call) == ["ringing"]
    await laptop.decline(scope="person", message="I call back")
    changed, ended = await ada.together("ring-changed", "ended")
    assert changed["message"] == "I call back" and changed["state"] == ended["reason"] == "declined", changed
    await phone.quiet()
    assert not phone.missed


async def test_somebody_who_talks_already_is_busy(stage):
    ada_name, bob_name = named("ada"), named("bob")
    ada, bob, cleo = await phones(stage, ada_name, bob_name, named("cleo"))
    call = await ada.call(bob_name)
    await bob.accept()
    await bob.until(lambda: call.id in bob.line.state.get("calls", {}), what="that he is in a call")
    second = await cleo.call(bob_name)
    await cleo.expect_event("ended", reason="busy")
    assert not bob.incoming and [missed["reason"] for missed in bob.missed] == ["busy"]
    assert second.state
    await ada.hang_up(call)
    await bob.expect_event("ended", reason="hung-up")
    await bob.until(lambda: not bob.line.state.get("calls"), what="that he is not any more")
    await cleo.call(bob_name)
    await bob.rung()


async def test_do_not_disturb_is_busy_to_whoever_calls(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    await bob.command("availability", room=bob.line, availability="do-not-disturb")
    await bob.expect_event("availability-changed")
    await ada.call(bob_name)
    await ada.expect_event("ended", reason="busy")
    assert not bob.incoming


async def test_whoever_is_unknown_is_as_whoever_has_blocked_the_caller(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    await bob.command("block", room=bob.line, person=ada.identity, blocked=True)
    await bob.expect_event("blocked")
    seconds = []
    for name in (bob_name, named("nobody")):
        began = time.monotonic()
        await ada.call(name)
        changed, ended = await ada.together("ring-changed", "ended")
        seconds.append(time.monotonic() - began)
        assert changed["state"] == ended["reason"] == "unreachable", changed
        assert set(changed) <= {"type", "ring", "person", "state", "code", "patch"}, changed
    assert all(0.4 < each < 3 for each in seconds), seconds
    assert not bob.incoming and not bob.missed


async def test_hold_and_resume(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    call = await ada.call(bob_name)
    await bob.accept()
    await ada.expect_event("ring-answered")
    for held, event in ((True, "held"), (False, "unheld")):
        await ada.command("hold", room=call, held=held)
        await bob.expect_event(event, participant=call.me)


async def test_a_blind_transfer(stage):
    bob_name, cleo_name = named("bob"), named("cleo")
    ada, bob, cleo = await phones(stage, named("ada"), bob_name, cleo_name)
    call = await ada.call(bob_name)
    await bob.accept()
    await bob.until(lambda: call.id in bob.line.state.get("calls", {}), what="that he is in a call")
    await bob.command("transfer-call", room=bob.rooms[call.id], to=cleo_name)
    await ada.expect_event("left", reason="transferred")
    id, shown = await cleo.rung()
    assert id == call.id and shown["from"]["identity"] == ada.identity, shown
    assert (await cleo.accept())["type"] == "snapshot"
    await ada.until(lambda: {p["identity"] for p in call.state["people"].values()} == {ada.identity, cleo.identity},
                    what="Ada and Cleo")


async def test_a_transfer_that_fails_comes_back(stage):
    bob_name, cleo_name = named("bob"), named("cleo")
    ada, bob, cleo = await phones(stage, named("ada"), bob_name, cleo_name)
    call = await ada.call(bob_name)
    await bob.accept()
    await ada.expect_event("ring-answered")
    await bob.command("transfer-call", room=bob.rooms[call.id], to=cleo_name)
    await cleo.decline(scope="person")
    await ada.expect_event("transfer-failed", reason="declined")
    id, shown = await bob.rung()
    assert id == call.id and shown["recall"] == "declined", shown
    assert (await bob.accept())["type"] == "snapshot"
    await ada.until(lambda: len(call.state["people"]) == 2 and not call.state.get("rings"), what="Bob again")


async def test_an_attended_transfer(stage):
    ada_name, bob_name, cleo_name = named("ada"), named("bob"), named("cleo")
    ada, bob, cleo = await phones(stage, ada_name, bob_name, cleo_name)
    first = await ada.call(bob_name)
    await bob.accept()
    await bob.until(lambda: first.id in bob.line.state.get("calls", {}), what="that he is in a call")
    second = await bob.call(cleo_name)
    await cleo.accept()
    await bob.expect_event("ring-answered")
    await bob.command("merge", room=bob.rooms[first.id], into=second.id, leave=True)
    moved = await ada.expect_event("transferred", room=second.id)
    assert (await ada.enter(room=second.id, ticket=moved["ticket"]))["type"] == "snapshot"
    there = cleo.rooms[second.id]
    await cleo.until(lambda: {p["identity"] for p in there.state["people"].values()} == {ada.identity, cleo.identity},
                     what="Ada instead of Bob")


async def test_a_third_makes_it_a_meeting(stage):
    bob_name, cleo_name = named("bob"), named("cleo")
    ada, bob, cleo = await phones(stage, named("ada"), bob_name, cleo_name)
    call = await ada.call(bob_name)
    await bob.accept()
    await ada.expect_event("ring-answered")
    await bob.command("ring", room=bob.rooms[call.id], to={cleo_name: True})
    assert (await cleo.accept())["type"] == "snapshot"
    await ada.expect_event("became-meeting")
    await ada.until(lambda: len(call.state["people"]) == 3, what="three")
    await bob.hang_up(bob.rooms[call.id])
    await ada.until(lambda: len(call.state["people"]) == 2, what="two")
    assert cleo.rooms[call.id].state["people"]


async def test_a_device_that_was_dropped_while_it_rang_rings_when_it_is_back(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    call = await ada.call(bob_name)
    await bob.rung(call.id)
    await bob.cut()
    assert (await bob.resume())["resumed"]
    assert call.id in bob.incoming
    await bob.cut()
    await ada.command("ring-cancel", room=call, ring=1)
    await ada.expect_event("ended", reason="cancelled")
    await bob.resume()
    await bob.quiet()
    assert len(bob.missed) == 1


async def test_whoever_comes_online_late_is_rung_and_not_when_it_is_over(stage):
    bob_name = named("bob")
    ada, bob = await phones(stage, named("ada"), bob_name)
    server = await stage.server()
    await bob.hang_up(bob.line)
    await bob.expect_event("left")
    call = await ada.call(bob_name)
    await asyncio.sleep(1)
    assert ada.ring_states(call) == ["calling"], call.state
    late = await stage.enter(Phone(server.connect_address, bob_name))
    await late.rung(call.id)
    await ada.until(lambda: ada.ring_states(call) == ["ringing"], what="that it rings there")
    await ada.command("ring-cancel", room=call, ring=1)
    await late.quiet()
    later = await stage.enter(Phone(server.connect_address, bob_name))
    assert not later.incoming and len(later.missed) == 1


async def test_presence(stage):
    bob_name, cleo_name = named("bob"), named("cleo")
    ada, bob = await phones(stage, named("ada"), bob_name)
    server = await stage.server()
    people = {bob_name: True, cleo_name: True}
    await ada.send({"type": "watch", "people": people})
    told = (await ada.expect(type="presence"))["people"]
    assert told[bob_name]["availability"] == "available" and told[bob_name]["devices"] == 1, told
    assert told[bob_name]["identity"] == bob.identity and told[cleo_name] is None
    cleo = await stage.enter(Phone(server.connect_address, cleo_name))
    told = await ada.expect(type="presence", where=lambda f: (f["people"].get(cleo_name) or {}).get("devices") == 1)
    await bob.command("availability", room=bob.line, availability="away", note="lunch")
    await ada.expect(type="presence", where=lambda f: (f["people"].get(bob_name) or {}).get("note") == "lunch")
    call = await bob.call(cleo_name)
    await cleo.accept()
    await ada.expect(type="presence",
                     where=lambda f: (f["people"].get(bob_name) or {}).get("availability") == "busy")
    await bob.hang_up(call)
    await cleo.hang_up(cleo.line)
    await ada.expect(type="presence",
                     where=lambda f: (f["people"].get(cleo_name) or {}).get("availability") == "offline")
    await bob.command("block", room=bob.line, person=ada.identity, blocked=True)
    await ada.expect(type="presence", where=lambda f: f["people"].get(bob_name, 0) is None)


async def test_bad_input(stage):
    bob_name, ada_name = named("bob"), named("ada")
    ada, bob = await phones(stage, ada_name, bob_name)
    crowd = {f"nobody-{number}": True for number in range(1000)}
    for request, code in (({"to": crowd}, "too-many"), ({"to": {ada_name: True}}, "ring-self"),
                          ({"to": {}}, "invalid-member"), ({"to": {bob_name: True}, "ringMilliseconds": 1},
                                                           "invalid-member")):
        answer = await ada.enter(kind="call", call=request)
        assert answer.get("code") == code, answer
    await ada.send({"type": "watch", "people": {f"x{number}": True for number in range(201)}})
    await ada.expect_rejected("too-many", of="watch")
    # A hundred calls in a minute.
    eve = (await phones(stage, named("eve")))[0]
    codes = []
    for _ in range(25):
        answer = await eve.enter(kind="call", call={"to": {named("nobody"): True}})
        codes.append(answer.get("code"))
        if answer.get("code"):
            assert answer["retryAfterMilliseconds"] > 0, answer
            break
        await eve.hang_up(eve.rooms[answer["room"]])
        await eve.until(lambda: eve.rooms[answer["room"]].state, what="the room")
    assert codes[-1] == "rate-limited" and len(codes) >= 15, codes
    assert not bob.incoming


async def two_servers(stage):
    redis = await stage.enter(RedisServer())
    return [await stage.server("--engine", redis.url, "--grace-milliseconds", "2000") for _ in range(2)]


async def test_a_call_from_one_server_to_another(stage):
    here, there = await two_servers(stage)
    bob_name = named("bob")
    (ada,) = await phones(stage, named("ada"), server=here)
    (phone,) = await phones(stage, bob_name, server=there)
    (laptop,) = await phones(stage, bob_name, server=here)
    call = await ada.call(bob_name)
    for device in (phone, laptop):
        await device.rung(call.id)
    assert (await phone.accept())["type"] == "snapshot"
    await ada.expect_event("ring-answered")
    await laptop.quiet()
    await ada.until(lambda: len(call.state["people"]) == 2, what="both")
    await phone.hang_up(phone.rooms[call.id])
    await ada.expect_event("ended", reason="hung-up")
    # And one that is declined there.
    await laptop.until(lambda: not laptop.line.state.get("calls"), what="nobody in a call")
    await phone.until(lambda: not phone.line.state.get("calls"), what="nobody in a call")
    call = await ada.call(bob_name)
    await phone.decline(call.id)
    await ada.expect_event("ended", reason="declined")
    await laptop.quiet()


@within(90)
async def test_a_caller_whose_server_dies_rings_nobody_for_ever(stage):
    here, there = await two_servers(stage)
    bob_name = named("bob")
    ada = Phone(here.connect_address, named("ada"))
    await ada.__aenter__()
    (bob,) = await phones(stage, bob_name, server=there)
    await ada.call(bob_name, seconds=120)
    await bob.rung()
    here.process.kill()
    await here.process.wait()
    await bob.quiet(40)
    assert [missed["reason"] for missed in bob.missed] == ["cancelled"], bob.missed
    await ada._reader


@within(60)
async def test_a_caller_comes_back_on_another_server_and_it_rings_on(stage):
    here, there = await two_servers(stage)
    bob_name = named("bob")
    (ada,) = await phones(stage, named("ada"), server=here)
    (bob,) = await phones(stage, bob_name, server=there)
    call = await ada.call(bob_name)
    await bob.rung()
    here.process.kill()
    await here.process.wait()
    await ada._reader
    ada.address = there.connect_address
    assert (await ada.resume())["resumed"]
    assert bob.incoming
    await bob.accept()
    await ada.expect_event("ring-answered")
    await ada.until(lambda: len(ada.rooms[call.id].state["people"]) == 2, what="both")


class Wakes:
    """`with Wakes() as wakes:` is the operator's service that is told whom to wake; `wakes.told` is what it heard."""

    def __enter__(self):
        self.told = []
        self.statuses = []
        # What it says where nothing else is to be said, and for how long it thinks.
        self.status, self.pause = 204, 0
        wakes = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = self.headers["Parley-Timestamp"].encode() + b"." + body
                expected = hmac.new(SECRET.encode(), said, hashlib.sha256).hexdigest()
                told = json.loads(body)
                told["isGenuine"] = hmac.compare_digest(expected, self.headers["Parley-Signature"])
                status = wakes.statuses.pop(0) if wakes.statuses else wakes.status
                time.sleep(wakes.pause)
                wakes.told.append(told | {"status": status})
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/wake"
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    async def heard(self, kind, count=1):
        def found():
            return [told for told in self.told if told["type"] == kind and told["status"] < 300]

        await eventually(lambda: len(found()) >= count, what=f"{count} × {kind}")
        return found()[-1]


def person(user, *contacts, **grant):
    return token(sub=user, name=user.capitalize(), iss="https://login.example.org",
                 grant={"contacts": list(contacts)} | grant)


async def test_a_sleeping_phone_is_woken_with_a_ticket_and_answers_in_one_round_trip(stage):
    with Wakes() as wakes:
        wakes.statuses = [500]
        server = await stage.server("--wake-webhook", wakes.url, environment={
            "PARLEY_TOKEN_SECRET": SECRET, "PARLEY_WAKE_WEBHOOK_SECRET": SECRET})
        ada = await stage.enter(Phone(server.connect_address, "ada", token=person("ada", "bob")))
        call = await ada.call("bob", intent="video")
        told = await wakes.heard("ring")
        assert told["isGenuine"] and told["call"] == call.id and told["ring"] == 1, told
        assert told["to"]["user"] == "bob" and told["from"]["user"] == "ada" and told["online"] == 0, told
        assert ada.ring_states(call) == ["calling"]
        bob = await stage.enter(Phone(server.connect_address, "bob", online=False, ticket=told["ticket"]))
        assert bob.identity == told["to"]["identity"]
        assert (await bob.enter(room=call.id, ring=1))["type"] == "snapshot"
        await ada.expect_event("ring-answered", person=bob.identity)
        ended = await wakes.heard("ring-ended")
        assert ended["reason"] == "answered", ended
        # And the line is his as well.
        assert (await bob.go_online())["type"] == "snapshot"
        # Names mean to the ticket what they mean to a token: those of the same issuer.
        other = await stage.enter(Phone(server.connect_address, "eve", token=person("eve", "nobody")))
        await bob.command("block", room=bob.line, person="eve", blocked=True)
        await bob.until(lambda: other.identity in bob.line.state.get("blocked", {}), what="Eve, who is blocked")
        # Of somebody whom the service does not know either nobody hears.
        wakes.statuses = [404]
        await ada.hang_up(call)
        await other.call("nobody")
        await other.expect_event("ended", seconds=15, reason="unreachable")


async def unreachable_alike(stage, url):
    """Who is blocked by, who may not be known of, and whom nobody knows: in one ring, with somebody who is there."""
    server = await stage.server("--wake-webhook", url, "--wake-webhook-milliseconds", "1000", environment={
        "PARLEY_TOKEN_SECRET": SECRET, "PARLEY_WAKE_WEBHOOK_SECRET": SECRET})

    async def phone(user, *contacts):
        return await stage.enter(Phone(server.connect_address, user, token=person(user, *contacts)))

    ada, bob, cleo, dan = [await phone("ada", "bob", "cleo", "nobody"), await phone("bob"), await phone("cleo"),
                           await phone("dan")]
    await bob.command("block", room=bob.line, person=ada.identity, blocked=True)
    await bob.expect_event("blocked")
    began = time.monotonic()
    call = await ada.call("bob", "cleo", "dan", "nobody", mode="each", seconds=60)
    await cleo.rung(call.id)

    async def when(user):
        def state():
            return [p["state"] for p in call.state["rings"]["1"]["people"].values() if p.get("user") == user]

        await ada.until(lambda: state() == ["unreachable"], 15, f"that {user} is unreachable")
        return time.monotonic() - began

    seconds = await asyncio.gather(when("bob"), when("dan"), when("nobody"))
    # Half a second, and as long as the service may take.
    assert min(seconds) > 1.4 and max(seconds) - min(seconds) < 1.5, seconds
    assert not bob.incoming and not dan.incoming and call.id in cleo.incoming


@within(60)
async def test_a_wake_up_service_tells_nobody_who_is_unknown_and_who_has_blocked(stage):
    with Wakes() as fast, Wakes() as slow:
        fast.status = slow.status = 404
        slow.pause = 2.5
        down = f"http://127.0.0.1:{free_port()}/wake"
        await asyncio.gather(*(unreachable_alike(stage, url) for url in (fast.url, slow.url, down)))
        assert {told["to"]["user"] for told in fast.told if told["type"] == "ring"} == {"cleo", "nobody"}, fast.told


async def test_a_wake_up_service_that_is_away_keeps_nobody_who_is_there_waiting(stage):
    server = await stage.server(
        "--wake-webhook", f"http://127.0.0.1:{free_port()}/wake", "--wake-webhook-milliseconds", "500",
        environment={"PARLEY_WAKE_WEBHOOK_SECRET": SECRET})
    ada, cleo, dan = await phones(stage, "ada", "cleo", "dan", server=server)
    await dan.hang_up(dan.line)
    await dan.expect_event("left")
    strangers = [f"nobody-{number}" for number in range(5)]
    first = await ada.call(*strangers, mode="each")
    await ada.expect_event("ended", seconds=15, reason="unreachable")
    # It rests now. Who was there before may come back, so it rings; who is there is rung, and answers.
    call = await ada.call("cleo", "dan", mode="each")
    await cleo.rung(call.id)
    assert (await cleo.accept(call.id))["type"] == "snapshot"
    await ada.expect_event("ring-answered", person=cleo.identity)
    assert sorted(ada.ring_states(call)) == ["answered", "calling"], call.state
    await ada.hang_up(call)
    await cleo.until(lambda: not cleo.line.state.get("calls"), what="that it is over")

    async def failed():
        return (await metrics(server))[1].get('parley_wakes_total{outcome="failed"}', 0) >= len(strangers)

    await eventually(failed, what="that it is counted")
    assert first.state["room"]["lifecycle"] == "ended", first.state


async def test_who_may_know_of_whom(stage):
    server = await stage.server("--people", "organisation", environment={"PARLEY_TOKEN_SECRET": SECRET})

    async def phone(user, *contacts, **grant):
        return await stage.enter(Phone(server.connect_address, user, token=person(user, *contacts, **grant)))

    ada = await phone("ada", "bob", organisation="acme")
    bob, cleo, dan = await phone("bob"), await phone("cleo", organisation="acme"), await phone("dan")
    await ada.send({"type": "watch", "people": {"bob": True, "cleo": True, "dan": True, "ada": True, "no": True}})
    told = (await ada.expect(type="presence"))["people"]
    assert {name for name, presence in told.items() if presence} == {"ada", "bob", "cleo"}, told
    for name, other in (("bob", bob), ("cleo", cleo)):
        call = await ada.call(name)
        await other.rung(call.id)
        await ada.hang_up(call)
        await ada.expect_event("ended", reason="cancelled")
        await other.quiet()
    seconds = []
    for name in ("dan", "no"):
        began = time.monotonic()
        await ada.call(name)
        await ada.expect_event("ended", reason="unreachable")
        seconds.append(time.monotonic() - began)
    assert not dan.incoming and not dan.missed and all(0.4 < each < 3 for each in seconds), seconds
