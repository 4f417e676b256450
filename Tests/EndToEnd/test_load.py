"""`parley load`: what it measures, and that it notices a server that does not do its work."""

import asyncio
import contextlib
import json
import os
import re

import websockets
from certificates import Authority
from issuer import SECRET, token
from state import state_hash
from stage import within

TOGETHER = 4


async def load(stage, *words, environment=None, seconds=30):
    """Runs `relay`: its status, the result if it was asked for, and all that it said."""
    return await scenario(stage, "relay", *words, environment=environment, seconds=seconds)


async def scenario(stage, *words, environment=None, seconds=30):
    """The same for any scenario, whose name is the first word."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        stage.world.program, "load", *words, env=clean | (environment or {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        output, errors = await asyncio.wait_for(process.communicate(), seconds)
    except BaseException:
        process.kill()
        await process.communicate()
        raise
    text = output.decode()
    return process.returncode, json.loads(text) if "-" in words else None, text + errors.decode()


def is_clean(result):
    """A good verdict, with nothing counted against the server."""
    verdict = dict(result["verdict"])
    return verdict.pop("isGood") is True and verdict.pop("firstFaults") == [] and set(verdict.values()) == {0}


QUICK = ["--pairs", "4", "--seconds", "1", "--warmup", "0.2", "--json", "-"]


async def test_a_load_is_measured_and_checked(stage):
    server = await stage.server()
    status, result, said = await load(stage, server.address, *QUICK)
    assert status == 0, said
    assert is_clean(result), said
    times = result["latencyMicroseconds"]
    assert 0 < times["p50"] <= times["p90"] <= times["p99"] <= times["p99.9"] <= times["max"], times
    assert result["messages"] > 20 and result["pairs"] == 4 and result["server"] == server.address.rstrip("/")
    assert "messages a second" in said


async def test_a_rate_is_kept(stage):
    server = await stage.server()
    status, result, said = await load(
        stage, server.address, *QUICK, "--rate", "25", "--window", "32", "--bytes", "2000")
    # Eight senders, 25 each, one second.
    assert status == 0 and 150 <= result["messages"] <= 225, said


async def test_as_fast_as_it_goes(stage):
    fast = await stage.server("--messages-per-second", "1000000", "--message-burst", "1000000")
    status, result, said = await load(stage, fast.address, *QUICK, "--rate", "0", "--window", "1", "--loops", "2")
    # Where the load itself is the slow one, it says so, and that is no success.
    assert is_clean(result) and status == int(result["load"]["isBottleneck"]), said
    assert result["perSecond"] is None and result["messages"] > 100, said
    # A server with the usual limits says that it is too much, and that is no result.
    usual = await stage.server("--messages-per-second", "20", "--message-burst", "20")
    status, result, said = await load(stage, usual.address, *QUICK, "--rate", "0")
    assert status == 1 and "rate-limited" in said, said


async def test_for_people_there_is_a_table(stage):
    server = await stage.server()
    status, _, said = await load(stage, server.address, "--pairs", "2", "--seconds", "1", "--warmup", "0")
    assert status == 0, said
    assert "latency in ms" in said and "signals" in said, said
    assert "Everything arrived, once, in its order, as it was sent." in said, said


async def test_over_tls_with_a_token(stage):
    authority = Authority(stage.folder())
    server = await stage.server(*authority.issue().flags, environment={"PARLEY_TOKEN_SECRET": SECRET})
    roots = ["--trusted-roots", str(authority.path)]
    address = server.address
    status, result, said = await load(stage, address, *QUICK, *roots)
    assert status == 1 and "token-required" in said and result["messages"] == 0, said
    said_token = token(grant={"create": True})
    status, result, said = await load(stage, address, *QUICK, *roots, environment={"PARLEY_LOAD_TOKEN": said_token})
    assert status == 0 and result["messages"] > 20, said
    assert said_token not in said
    status, _, said = await load(stage, address, *QUICK)
    assert status == 1 and "TLS was not agreed on" in said, said


async def test_what_a_person_may_type_wrongly(stage):
    for words, answer in {
        ("nonsense",): "is not the address of a server",
        ("http://127.0.0.1:1/",): "Nobody can be reached at 127.0.0.1:1",
        ("ws://127.0.0.1", "--pairs", "0"): "--pairs is a number from 1",
        ("ws://127.0.0.1", "--window", "5000"): "--window is a number from 1",
        ("ws://127.0.0.1", "--rate=-1"): "--rate is a number from 0",
        ("ws://127.0.0.1", "--seconds", "0"): "--seconds is a number above 0",
        ("ws://127.0.0.1", "--token-file", "/nowhere"): "/nowhere",
        ("wss://127.0.0.1", "--trusted-roots", "/nowhere"): "/nowhere",
    }.items():
        status, _, said = await load(stage, *words)
        assert status != 0 and answer in said, said


class LyingServer:
    """Says what a server says, as far as a load needs it, and does something else with every tenth signal."""

    def __init__(self, lie):
        self.lie = lie
        self.rooms = {}
        self._late = []

    async def __aenter__(self):
        self._server = await websockets.serve(self._serve, "127.0.0.1", 0, subprotocols=["parley.v1"])
        self.address = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error):
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._late)

    async def _serve(self, socket):
        with contextlib.suppress(websockets.ConnectionClosed):
            hello = json.loads(await socket.recv())
            people = self.rooms.setdefault(hello["join"]["room"], {})
            me = f"p_{'A' * 20}{'BC'[len(people)]}A"
            people[me] = socket
            await socket.send(json.dumps({
                "type": "snapshot", "room": "r_" + "A" * 22, "self": me, "at": [1, 1, "0" * 16],
                "hash": state_hash({}), "state": {}, "events": []}, separators=(",", ":")))
            async for text in socket:
                message = json.loads(text)
                if message["type"] != "signal":
                    continue
                told = {"type": "signal", "from": me} | {
                    name: value for name, value in message.items() if name not in ("type", "to", "floor")}
                to = people[message["to"]]
                if self.lie == "swap" and told["n"] % 10 == 0:
                    # Others overtake it; where none comes after it, it is late and not lost.
                    self._late.append(asyncio.create_task(self._tell(to, [told], after=0.02)))
                else:
                    await self._tell(to, self._change(told))

    async def _tell(self, to, frames, after=0):
        await asyncio.sleep(after)
        with contextlib.suppress(websockets.ConnectionClosed):
            for frame in frames:
                await to.send(json.dumps(frame, separators=(",", ":")))

    def _change(self, told):
        if told["n"] % 10:
            return [told]
        match self.lie:
            case "lose": return []
            case "repeat": return [told, told]
            case "alter": return [told | {"data": told["data"].replace("xx", "xy", 1)}]
            case "nothing" | "swap": return [told]


@within(90)
async def test_a_server_that_lies_is_found_out(stage):
    for lie, wrong in {
        "nothing": set(), "repeat": {"twice"}, "alter": {"altered"}, "swap": {"disordered"},
        "lose": {"lost"},
    }.items():
        server = await stage.enter(LyingServer(lie))
        status, result, said = await load(
            stage, server.address, *QUICK, "--window", "4", "--rate", "60" if lie == "lose" else "0")
        found = {name for name in ("lost", "twice", "disordered", "altered") if result["verdict"][name]}
        assert found == wrong and (status == 1) == bool(wrong), (lie, said)


async def test_the_report_is_a_page_of_its_own(stage):
    server = await stage.server()
    path = os.path.join(stage.folder(), "report.html")
    status, _, said = await load(
        stage, server.address, "--pairs", "2", "--seconds", "1.5", "--warmup", "0", "--html", path)
    assert status == 0, said
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # Nothing from elsewhere, and no script.
    assert not re.search(r"""(src|href|@import|url\()|<script|<link""", text), text[:400]
    assert text.count("<svg") == 4 and "nan" not in text.lower().split("</style>")[1], text
    browser = await stage.world.chromium()
    for scheme in ("light", "dark"):
        context = await browser.process.new_context(color_scheme=scheme)
        page = await context.new_page()
        failed = []
        page.on("request", lambda request: failed.append(request.url))
        await page.goto(f"file://{path}")
        colours = await page.evaluate("""() => {
            const style = getComputedStyle(document.body);
            return [style.backgroundColor, style.color, document.documentElement.scrollWidth <= innerWidth];
        }""")
        light = [sum(int(part) for part in re.findall(r"\d+", colour)[:3]) for colour in colours[:2]]
        assert (light[0] > light[1]) == (scheme == "light") and abs(light[0] - light[1]) > 400, colours
        assert colours[2] and failed == [f"file://{path}"], (colours, failed)
        await context.close()
    for flag in ("--html", "--json"):
        status, _, said = await load(stage, server.address, flag, "/nowhere/at/all")
        assert status != 0 and "/nowhere/at/all" in said and "no such folder" in said, said
