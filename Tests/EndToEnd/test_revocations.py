"""Somebody is sent away: by token, person, identity or session; and operators who come with a token."""

import json

from issuer import token
from measures import metrics
from test_tickets import TicketHolder, http, shown, ticket
from test_tokens import Visitor, ask, guarded, verdict
from server import Server
from stage import eventually

TOGETHER = 6


async def revoke(server, **body):
    status, _, answer = await http(server, "POST", "/v1/revocations", body)
    assert status == 201, (status, answer)
    return answer


async def test_everything_of_a_token_ends_and_nothing_begins(stage):
    async with guarded(stage.world.program) as server:
        ada = await stage.enter(Visitor(server, "fox", said=token(sub="ada", grant={"create": True}), name="Ada"))
        said = token(sub="eve", jti="t1")
        eve = await stage.enter(Visitor(server, "fox", said=said, name="Eve"))
        # By a ticket of the same token, from another device; and one that is away when it happens.
        phone = await stage.enter(TicketHolder(server, (await ticket(server, said))["ticket"], "fox", name="Phone"))
        await phone.cut()
        unused = (await ticket(server, said))["ticket"]
        answer = await revoke(server, token="t1", reason="stolen")
        assert answer["sessions"] == 2 and answer["expiresAt"] > answer["revokedAt"], answer
        assert (await eve.expect(type="rejected", code="token-revoked"))["of"] == "hello"
        await eventually(lambda: eve.close_code == 4512, what="Eve's close code")

        def lefts():
            frames = [json.loads(text) for text in ada.transcript]
            return [event for frame in frames if frame["type"] == "events"
                    for event in frame["events"] if event["type"] == "left"]

        await eventually(lambda: len(lefts()) == 2, what="two people who have left")
        assert {event["participant"] for event in lefts()} == {eve.id, phone.id}
        assert {event["reason"] for event in lefts()} == {"unauthorized"}
        # Once each: behind somebody else's coming there is still no other.
        bob = await stage.enter(Visitor(server, "fox", said=token(sub="bob"), name="Bob"))
        await ada.expect_event("joined", participant=bob.id)
        assert len(lefts()) == 2, lefts()

        assert await verdict(server, said) == ("token-revoked", 4512)
        assert await shown(server, unused) == ("token-revoked", 4512)
        status, _, problem = await http(server, "POST", "/v1/tickets", said=said)
        assert (status, problem["code"]) == (401, "token-revoked")
        for peer in (eve, phone):
            resume = {"session": peer.welcome["session"], "secret": peer.welcome["resume"]["secret"], "rooms": {}}
            refused, code = await ask(server, {"resume": resume})
            assert (refused["code"], code) == ("token-required", 4510), refused
            refused, code = await ask(server, {"resume": resume, "token": said})
            assert (refused["code"], code) == ("token-revoked", 4512), refused
        # The same person with another token is welcome.
        assert await verdict(server, token(sub="eve", jti="t2")) == ("welcome", None)

        async def counted():
            return (await metrics(server))[1]["parley_sessions_revoked_total"] == 2

        await eventually(counted, what="the metric")


async def test_a_person_an_identity_and_a_session(stage):
    async with guarded(stage.world.program) as server:
        async def enter(**more):
            return await stage.enter(Visitor(server, "fox", said=token(grant={"create": True}, **more), name="?"))

        eve, mallory, oscar = await enter(sub="eve"), await enter(sub="mallory", jti="m"), await enter(sub="oscar")
        before = oscar.welcome["identity"]
        assert (await revoke(server, subject="eve"))["sessions"] == 1
        await revoke(server, identity=mallory.welcome["identity"])
        await revoke(server, session=oscar.welcome["session"])
        for peer in (eve, mallory, oscar):
            await eventually(lambda peer=peer: peer.close_code == 4512, what="the close code")
        assert await verdict(server, token(sub="eve")) == ("token-revoked", 4512)
        assert await verdict(server, token(sub="mallory")) == ("token-revoked", 4512)
        # Only that session was meant: the person begins another one, as whoever they are.
        welcome = await oscar.resume()
        assert not welcome["resumed"] and welcome["resumeRefused"] == "over", welcome
        assert welcome["identity"] == before


async def test_revocations_are_listed_and_lifted_and_end(stage):
    async with guarded(stage.world.program) as server:
        async def listed(query=""):
            _, _, answer = await http(server, "GET", f"/v1/revocations{query}")
            return [row["id"] for row in answer["revocations"]], answer["count"]

        made = [await revoke(server, token=f"t{n}", issuer="login") for n in range(5)]
        ids = sorted(row["id"] for row in made)
        assert await listed() == (ids, 5)
        assert await listed(f"?limit=2&after={ids[1]}") == (ids[2:4], 5)
        # Another word about the same one replaces it.
        again = await revoke(server, token="t0", issuer="login", reason="asked twice")
        assert again["id"] == made[0]["id"] and (await listed())[1] == 5
        assert (await http(server, "DELETE", f"/v1/revocations/{ids[0]}"))[0] == 200
        status, _, problem = await http(server, "DELETE", f"/v1/revocations/{ids[0]}")
        assert (status, problem["code"]) == (404, "not-found")
        assert (await listed())[1] == 4
        now = again["revokedAt"]
        await revoke(server, subject="eve", expiresAt=now + 3_000)
        assert await verdict(server, token(sub="eve")) == ("token-revoked", 4512)

        async def good_again():
            return await verdict(server, token(sub="eve")) == ("welcome", None)

        await eventually(good_again, seconds=15, what="the end of a revocation")


async def test_what_is_no_revocation(stage):
    async with guarded(stage.world.program) as server:
        for body in (
            {}, {"token": ""}, {"token": 7}, {"token": "a", "session": "s_AAAAAAAAAAAAAAAAAAAAAA"}, {"session": "x"},
            {"identity": "i_AAAAAAAAAAAAAAAAAAAAAA", "issuer": "login"}, {"tokn": "a"}, {"token": "a" * 600}, [],
        ):
            status, _, problem = await http(server, "POST", "/v1/revocations", body)
            assert (status, problem["code"]) == (400, "malformed"), (body, problem)
        for end in (1, 10 ** 15):
            status, _, problem = await http(server, "POST", "/v1/revocations", {"token": "a", "expiresAt": end})
            assert (status, problem["code"]) == (400, "invalid-member"), problem
        status, _, problem = await http(server, "POST", "/v1/revocations", {"token": "a", "reason": "x" * 5_000})
        assert (status, problem["code"]) == (413, "too-large"), problem
    # Where nobody needs a token, nobody's can be taken back.
    async with Server(stage.world.program) as server:
        status, _, problem = await http(server, "POST", "/v1/revocations", {"token": "a"})
        assert (status, problem["code"]) == (404, "not-found"), problem


async def test_an_operators_token_opens_the_operators_routes_from_anywhere(stage):
    async with guarded(stage.world.program, "--behind-proxy", "127.0.0.1") as server:
        # Through a proxy nobody is on this machine.
        far = {"X_Forwarded_For": "192.0.2.7"}
        said = token(sub="backend", jti="op", grant={"operator": True})
        nobody = await http(server, "GET", "/v1/drain", **far)
        assert nobody[0] == 403 and nobody[2]["code"] == "local-only"
        for other in (
            token(sub="ada"), token(sub="backend", grant={"operator": True}, seconds=-60), "nonsense",
            token(secret="x" * 32, grant={"operator": True}),
        ):
            status, _, answer = await http(server, "GET", "/v1/drain", said=other, **far)
            assert (status, answer) == (nobody[0], nobody[2]), (status, answer)
        status, _, answer = await http(server, "GET", "/v1/drain", said=said, **far)
        assert (status, answer["draining"]) == (200, False), answer
        status, _, room = await http(server, "POST", "/v1/rooms", {"alias": "fox"}, said, **far)
        assert status == 201, room
        assert (await http(server, "GET", "/v1/rooms/fox", said=said, **far))[0] == 200
        assert (await http(server, "DELETE", "/v1/rooms/fox", said=said, **far))[0] == 200
        # An operator who takes back their own token has operated for the last time.
        status, _, _ = await http(server, "POST", "/v1/revocations", {"token": "op"}, said, **far)
        assert status == 201
        status, _, answer = await http(server, "GET", "/v1/revocations", said=said, **far)
        assert (status, answer) == (nobody[0], nobody[2]), (status, answer)
        assert said not in "\n".join(server.output), "the log shows a token"
