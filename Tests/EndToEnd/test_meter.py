"""Who costs what: what an operator sees of an attack."""

import json

from stage import eventually
from test_addresses import upgrade
from test_http import get, samples
from test_tokens import ask, guarded
from issuer import token

PROXIED = ("--behind-proxy", "127.0.0.1")


async def meter(server, path="/v1/meter", **headers):
    status, _, body = await get(server, path, **headers)
    return status, json.loads(body)


async def test_whoever_talks_most_is_first(stage):
    server = await stage.server(*PROXIED, "--show-addresses", "true")
    loud = await stage.peer(server, name="Loud", room="here", headers={"X-Forwarded-For": "203.0.113.1"})
    calm = await stage.peer(server, name="Calm", room="here", headers={"X-Forwarded-For": "203.0.113.2"})
    for number in range(300):
        await loud.signal(calm.id, number)
    await calm.signal(loud.id, 1)

    async def seen():
        status, report = await meter(server)
        assert status == 200, report
        first = (report["addresses"] or [{}])[0]
        return first.get("messages", 0) >= 300 and report

    report = await eventually(seen, seconds=15, what="300 messages on the meter")
    assert [entry["address"] for entry in report["addresses"]] == ["203.0.113.1", "203.0.113.2"], report
    for kind, name in (("identities", loud.welcome["identity"]), ("sessions", loud.welcome["session"]),
                       ("rooms", loud.room.id)):
        first = report[kind][0]
        assert first[kind[:-3] + "y" if kind == "identities" else kind[:-1]] == name, (kind, report)
        assert first["messages"] >= 300 and first["bytes"] > 300 * 50 and first["mayBeMoreBy"] == 0, first
    assert len((await meter(server, "/v1/meter?top=1"))[1]["addresses"]) == 1


async def test_failures_and_refusals_are_counted_and_addresses_have_names(stage):
    async with guarded(stage.world.program, *PROXIED, "--connections-per-address", "2") as server:
        here = {"X-Forwarded-For": "203.0.113.7"}
        for _ in range(5):
            await ask(server, {"token": token(secret="x" * 40)}, headers=here)
        for _ in range(4):
            await upgrade(server, "203.0.113.8")

        async def seen():
            entries = (await meter(server))[1]["addresses"]
            return {"failures": 5, "refused": 2} == {
                "failures": max(entry["failures"] for entry in entries), "refused": max(
                    entry["refused"] for entry in entries if entry["failures"] == 0)} and entries

        entries = await eventually(seen, what="five failures of one address, and two refusals of another")
        assert all(entry["address"].startswith("a_") for entry in entries), entries
        assert "203.0.113" not in json.dumps(entries)

        async def counted():
            _, _, body = await get(server, "/metrics")
            values = samples(body.decode())[1]
            return (values['parley_refusals_total{reason="too-many-connections"}'] == 2
                    and values['parley_rejected_messages_total{code="invalid-token"}'] == 5
                    and values['parley_refusals_total{reason="busy"}'] == 0)

        await eventually(counted, what="the reasons in the metrics")


async def test_the_meter_is_for_operators(stage):
    server = await stage.server(*PROXIED)
    for headers in ({"X_Forwarded_For": "203.0.113.1"}, {"Origin": "http://localhost:3000"},
                    {"Host": "evil.example"}):
        status, body = await meter(server, **headers)
        assert status in (400, 403), (headers, status, body)
    assert (await meter(server))[0] == 200
