"""Tickets for the address of a WebSocket: fetched with a token over HTTP, good once and for a moment."""

import asyncio
import json
import statistics
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from issuer import token
from measures import metrics
from test_tokens import Visitor, ask, guarded, join
from server import Server
from stage import eventually, patient, within

TOGETHER = 6


async def http(server, method, path, body=None, said=None, **headers):
    """`(status, headers, JSON or None)`"""

    def fetch():
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if said is not None:
            fields["Authorization"] = f"Bearer {said}"
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(server.address.rstrip("/") + path, data=data, headers=fields, method=method)
        try:
            with urlopen(request, timeout=10, context=server.tls) as response:
                return response.status, response.headers, response.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    status, fields, text = await asyncio.to_thread(fetch)
    return status, fields, json.loads(text) if text else None


async def ticket(server, said, body=None):
    status, headers, made = await http(server, "POST", "/v1/tickets", body, said)
    assert status == 201, (status, made)
    assert headers["cache-control"] == "no-store", headers
    return made


async def shown(server, text, **hello):
    answer, code = await ask(server, hello or None, path=f"?ticket={text}")
    return answer.get("code", answer["type"]), code


async def test_a_ticket_is_good_once(stage):
    said = token(sub="ada", name="Ada", grant={"create": True})
    async with guarded(stage.world.program) as server:
        by_token, _ = await ask(server, {"token": said})
        made = await ticket(server, said)
        assert len(made["ticket"]) >= 22 and 25_000 < made["expiresAt"] - time.time() * 1000 < 31_000, made
        answer, _ = await ask(server, {"join": {"id": 1, "room": "fox"}}, path=f"?ticket={made['ticket']}")
        assert answer["type"] == "welcome" and answer["identity"] == by_token["identity"], answer
        answers = set()
        for text in (made["ticket"], "x" * 32, "", made["ticket"].upper()):
            answer, code = await ask(server, path=f"?ticket={text}")
            answers.add((json.dumps(answer, sort_keys=True), code))
        assert len(answers) == 1 and '"invalid-token"' in answers.pop()[0], answers
        # One thing to show, not two.
        other = (await ticket(server, said))["ticket"]
        assert await shown(server, other, token=said) == ("invalid-token", 4510)

        async def counted():
            return (await metrics(server))[1]["parley_tickets_made_total"] == 2

        await eventually(counted, what="the metric")
        log = "\n".join(server.output)
        assert made["ticket"] not in log and other not in log and said not in log, "the log shows a secret"


async def test_used_and_made_up_tickets_take_the_same_time(stage):
    said = token(sub="ada")
    async with guarded(stage.world.program) as server:
        used = (await ticket(server, said))["ticket"]
        assert await shown(server, used) == ("welcome", None)
        times = {used: [], "x" * 32: []}
        for _ in range(40):
            for text, list in times.items():
                begin = time.monotonic()
                assert await shown(server, text) == ("invalid-token", 4510)
                list.append(time.monotonic() - begin)
        # Of the quicker half the middle: what else the machine does makes some slow, and none quick.
        first, second = (statistics.median(sorted(list)[:20]) for list in times.values())
        assert abs(first - second) < 0.5 * min(first, second), times


@patient
@within(60)
async def test_a_ticket_is_over_after_half_a_minute(stage):
    said = token(sub="ada")
    async with guarded(stage.world.program) as server:
        made = await ticket(server, said)
        await asyncio.sleep(31)
        assert await shown(server, made["ticket"]) == ("invalid-token", 4510)
        assert await shown(server, (await ticket(server, said))["ticket"]) == ("welcome", None)


async def test_a_ticket_allows_what_its_token_allows(stage):
    async with guarded(stage.world.program) as server:
        said = token(sub="ada", room=["fox", "team-*"], seconds=2, grant={"create": True})
        made = await ticket(server, said, {"room": "fox"})
        async with TicketHolder(server, made["ticket"], "fox") as ada:
            assert ada.room.people[ada.id]["role"] == "host"
            # As long as the token.
            await ada.expect(type="token-expiring")
            await ada.expect(type="token-expired", seconds=10)
            await ada.send({"type": "authenticate", "token": token(sub="ada")})
            await ada.expect(type="authenticated")
        for room, expected in (("team-a", "unknown-room"), ("fox", "snapshot")):
            made = await ticket(server, said, {"room": "fox"})
            answer, _ = await join(server, room, None, path=f"?ticket={made['ticket']}")
            assert answer.get("code", answer["type"]) == expected, (room, answer)


class TicketHolder(Visitor):
    """Somebody with a ticket in the address."""

    def __init__(self, server, text, room=None, **more):
        super().__init__(server, room, **more)
        self.address = f"{self.address}?ticket={text}"


async def test_a_session_comes_back_by_the_address_that_has_its_ticket(stage):
    async with guarded(stage.world.program) as server:
        said = token(sub="ada", grant={"create": True})
        ada = await stage.enter(TicketHolder(server, (await ticket(server, said))["ticket"], "fox", name="Ada"))
        await ada.cut()
        assert (await ada.resume())["resumed"]


async def test_who_gets_no_ticket(stage):
    said = token(sub="ada", room="fox")
    async with guarded(stage.world.program) as server:
        async def answer(body=None, said=None, method="POST", **headers):
            status, fields, problem = await http(server, method, "/v1/tickets", body, said, **headers)
            return status, (problem or {}).get("code"), fields

        status, code, fields = await answer()
        assert (status, code, fields["www-authenticate"]) == (401, "token-required", "Bearer")
        status, code, fields = await answer(said="nonsense")
        assert (status, code) == (401, "invalid-token") and "invalid_token" in fields["www-authenticate"]
        assert (await answer(said=token(secret="x" * 32)))[:2] == (401, "invalid-token")
        assert (await answer(said=token(seconds=-60)))[:2] == (401, "token-expired")
        assert (await answer({"room": "team-a"}, said))[:2] == (403, "not-permitted")
        assert (await answer({"room": 7}, said))[:2] == (400, "malformed")
        assert (await answer({"rom": "fox"}, said))[:2] == (400, "malformed")
        assert (await answer(b"{", said))[:2] == (400, "malformed")
        assert (await answer(b" " * 2000, said))[:2] == (413, "too-large")
        # Over HTTP a ticket is nothing.
        made = await ticket(server, said)
        assert (await answer(said=made["ticket"]))[:2] == (401, "invalid-token")
        for _ in range(63):
            await ticket(server, said)
        status, code, fields = await answer(said=said)
        assert (status, code) == (429, "rate-limited") and 1 <= int(fields["retry-after"]) <= 30
        await ticket(server, token(sub="bob"))
    async with Server(stage.world.program) as server:
        status, _, problem = await http(server, "POST", "/v1/tickets", said=said)
        assert (status, problem["code"]) == (404, "not-found")


async def test_a_page_may_fetch_one_where_it_may_connect(stage):
    said = token(sub="ada")
    async with guarded(stage.world.program) as server:
        own = server.address.rstrip("/")
        asks = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization"}
        status, fields, _ = await http(server, "OPTIONS", "/v1/tickets", Origin=own, **asks)
        assert status == 204 and fields["access-control-allow-origin"] == own, dict(fields)
        assert "authorization" in fields["access-control-allow-headers"]
        assert "POST" in fields["access-control-allow-methods"] and "Origin" in fields["vary"]
        status, fields, _ = await http(server, "POST", "/v1/tickets", said=said, Origin=own)
        assert status == 201 and fields["access-control-allow-origin"] == own
        # Also a refusal can be read by the page that may ask.
        status, fields, _ = await http(server, "POST", "/v1/tickets", Origin=own)
        assert status == 401 and fields["access-control-allow-origin"] == own
        for method in ("OPTIONS", "POST"):
            status, fields, problem = await http(
                server, method, "/v1/tickets", said=said, Origin="https://evil.example", **asks)
            assert (status, problem["code"]) == (403, "origin-not-allowed")
            assert fields["access-control-allow-origin"] is None
