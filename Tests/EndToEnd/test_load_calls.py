"""`parley load calls` and `parley load presence`: what is measured, and what is checked."""

from issuer import SECRET, file_with, token
from test_load import is_clean, scenario

TOGETHER = 4

CALLS = ["--pairs", "4", "--rate", "8", "--seconds", "2", "--warmup", "0.5", "--json", "-"]
PRESENCE = ["--people", "12", "--watchers", "3", "--rate", "10", "--seconds", "2", "--warmup", "1", "--json", "-"]


async def test_calls_ring_are_answered_and_end(stage):
    server = await stage.server()
    status, result, said = await scenario(stage, "calls", server.address, *CALLS)
    assert status == 0 and is_clean(result), said
    assert result["figures"]["callsBegun"] == result["figures"]["callsOver"] >= 10, said
    counts = {name: value["count"] for name, value in result["latencies"].items()}
    assert set(counts) == {"whole", "rings", "answered", "ended"} and min(counts.values()) > 5, said
    latencies = result["latencies"]
    assert 0 < latencies["rings"]["microseconds"]["p50"] <= latencies["whole"]["microseconds"]["p50"], said


async def test_calls_to_people_with_three_devices(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "calls", server.address, *CALLS, "--devices", "3", "--loops", "2", "--talk", "100")
    assert status == 0 and is_clean(result), said
    latencies = result["latencies"]
    assert latencies["rings"]["count"] >= 2 * latencies["answered"]["count"] > 0, said


async def test_a_rate_that_a_person_may_not_ring_at_is_named(stage):
    server = await stage.server()
    status, result, said = await scenario(
        stage, "calls", server.address, *CALLS, "--pairs", "1", "--rate", "60")
    assert status == 1 and "rate-limited" in said, said


async def test_everybody_knows_how_others_are(stage):
    server = await stage.server()
    process = ["--pid", str(server.process.pid)]
    status, result, said = await scenario(stage, "presence", server.address, *PRESENCE, *process)
    assert status == 0 and is_clean(result), said
    assert result["figures"]["changes"] >= 10 and result["messages"] > 20, said
    assert "serverMicrosecondsPerChange" in result["figures"], said


async def test_with_a_token_for_each_person(stage):
    server = await stage.server(environment={"PARLEY_TOKEN_SECRET": SECRET})
    names = [f"load-{number}" for number in range(8)]
    contacts = {"room": "*", "create": True, "contacts": names}
    with file_with("\n".join(token(sub=name, grant=contacts) for name in names)) as file:
        status, result, said = await scenario(stage, "calls", server.address, *CALLS, "--token-file", file)
    assert status == 0 and is_clean(result), said
