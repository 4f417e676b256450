"""Relays are lent to those who are in a room: with a real coturn, its own client, and real browsers behind it."""

import asyncio
import contextlib
import json
import os
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

from server import refused_start
from stage import eventually, patient, within
from turn import Coturn, credential, free_port, password

ROOT = Path(__file__).resolve().parents[2]


async def lending(stage, *secrets, turn=None, lifetime=None, flags=()):
    """A coturn and a server that know the same secrets; the server has them from a file."""
    turn = turn or await stage.enter(Coturn(*secrets))
    path = f"{stage.folder()}/secrets"
    write(path, *secrets)
    flags = [*flags, "--turn-server", f"{turn.address}?transport=udp", "--turn-secret-file", path]
    if lifetime:
        flags += ["--turn-lifetime-milliseconds", str(lifetime)]
    return turn, await stage.server(*flags), path


def write(path, *secrets):
    with open(path, "w") as file:
        file.write("".join(f"{secret}\n" for secret in secrets))


def relay(frame):
    """The one entry that has a credential."""
    found = [entry for entry in frame["iceServers"] if "credential" in entry]
    assert len(found) == 1, frame
    return found[0]


def leases(peer):
    """All lists that it has been told of outside a welcome."""
    return [json.loads(text) for text in peer.transcript if text.startswith('{"type":"ice-servers"')]


async def test_a_lease_is_what_coturn_believes(stage):
    turn, server, _ = await lending(stage, "north")
    before = time.time()
    ada = await stage.peer(server, name="Ada", room=stage.room())
    (frame,) = leases(ada)
    lent = relay(frame)
    assert lent["urls"] == [f"{turn.address}?transport=udp"]
    expiry, _, id = lent["username"].partition(":")
    # The default: four hours. The id says nothing of a name.
    assert before + 14_400 <= int(expiry) <= time.time() + 14_402, (before, expiry)
    assert frame["iceServersExpireAt"] == int(expiry) * 1000
    assert id == ada.welcome["session"].removeprefix("s_"), id
    assert lent["credential"] == password("north", lent["username"])
    assert await turn.allocates(lent["username"], lent["credential"]), turn.said
    assert await turn.allocates(lent["username"], lent["credential"], "-t"), turn.said
    # One that is over, one that nobody has signed, and one whose time somebody has written by hand.
    assert not await turn.allocates(*credential("north", seconds=-60)), turn.said
    assert not await turn.allocates(*credential("south")), turn.said
    assert not await turn.allocates(f"{int(expiry) + 1}:{id}", lent["credential"]), turn.said


async def test_only_those_in_a_room_are_lent_relays(stage):
    _, server, _ = await lending(stage, "north", flags=[
        "--ice-server", "stun:stun.example.org", "--ice-server", "turn:old.example.org,ada,secret"])
    stun, old = {"urls": ["stun:stun.example.org"]}, {
        "urls": ["turn:old.example.org"], "username": "ada", "credential": "secret"}
    room = stage.room()
    nobody = await stage.peer(server)
    assert nobody.welcome["iceServers"] == [stun]
    await nobody.send({"type": "network-changed"})
    assert await nobody.expect(type="ice-servers") == {"type": "ice-servers", "iceServers": [stun]}
    ada = await stage.peer(server, name="Ada", room=room)
    assert ada.welcome["iceServers"] == [stun] and "iceServersExpireAt" not in ada.welcome
    (frame,) = leases(ada)
    assert frame["iceServers"][:2] == [stun, old] and len(frame["iceServers"]) == 3, frame
    # Before the snapshot: whoever sees the others can reach them.
    kinds = [text.split('"')[3] for text in ada.transcript]
    assert kinds.index("ice-servers") < kinds.index("snapshot"), kinds
    # A second room of the same session needs no second lease.
    await ada.send({"type": "join", "id": 1, "room": stage.room(), "name": "Ada"})
    await ada.expect(type="snapshot")
    assert len(leases(ada)) == 1
    text = "\n".join(nobody.transcript)
    assert "credential" not in text and "old.example.org" not in text, text


async def test_at_the_door_nothing_is_lent(stage):
    _, server, _ = await lending(stage, "north")
    room = stage.room()
    ada = await stage.peer(server, name=None)
    await ada.send({"type": "join", "id": 1, "room": room, "name": "Ada", "settings": {"admission": "approval"}})
    await ada.expect(type="snapshot")
    bob = await stage.peer(server, name="Bob", room=room)
    assert bob.transcript and not leases(bob), bob.transcript
    await bob.send({"type": "network-changed"})
    assert await bob.expect(type="ice-servers") == {"type": "ice-servers", "iceServers": []}
    await bob.cut()
    assert (await bob.resume())["iceServers"] == []
    await ada.command("admit", participants={bob.id: True})
    await bob.until(lambda: len(leases(bob)) == 2, what="a lease behind the door")
    relay(leases(bob)[1])
    # Whoever is refused has heard of nothing at all.
    cleo = await stage.peer(server, name="Cleo", room=room)
    await ada.command("deny", participants={cleo.id: True})
    await cleo.expect(type="events")
    assert not leases(cleo) and "credential" not in "".join(cleo.transcript)


async def test_a_return_brings_a_new_lease(stage):
    _, server, _ = await lending(stage, "north")
    ada = await stage.peer(server, name="Ada", room=stage.room())
    first = leases(ada)[0]
    await asyncio.sleep(1.1)
    await ada.cut()
    welcome = await ada.resume()
    assert welcome["resumed"] and relay(welcome)["username"] != relay(first)["username"]
    assert welcome["iceServersExpireAt"] > first["iceServersExpireAt"]
    # Whose session is not to be had any more is nobody yet.
    await ada.cut()
    stranger = await stage.peer(server)
    assert stranger.welcome["iceServers"] == []


@patient
async def test_a_lease_is_renewed_at_seventy_percent(stage):
    turn, server, _ = await lending(stage, "north", lifetime=6_000)
    ada = await stage.peer(server, name="Ada", room=stage.room())
    began = time.monotonic()
    assert len(leases(ada)) == 1
    await ada.until(lambda: len(leases(ada)) == 2, seconds=15, what="the renewal")
    # 70 % of 6 s (a second more at the most, since leases end with whole seconds), and a quarter for the sweep.
    assert 3.9 <= time.monotonic() - began <= 6, time.monotonic() - began
    old, new = (relay(frame) for frame in leases(ada))
    assert int(old["username"].split(":")[0]) < int(new["username"].split(":")[0])
    await asyncio.sleep(max(0, int(old["username"].split(":")[0]) + 1 - time.time()))
    assert not await turn.allocates(old["username"], old["credential"]), turn.said
    new = relay(leases(ada)[-1])
    assert await turn.allocates(new["username"], new["credential"]), turn.said
    # Whoever has left is not lent anything any more.
    await ada.leave()
    count = len(leases(ada))
    await asyncio.sleep(6)
    assert len(leases(ada)) == count


@patient
@within(90)
async def test_secrets_are_rotated_and_nobody_is_refused(stage):
    """The new one is made known to coturn first, then to Parley, then the old one is forgotten."""
    turn, server, path = await lending(stage, "old")
    peers = [await stage.peer(server, name=name, room=stage.room()) for name in ("Ada", "Bob", "Cleo")]
    lent = []

    async def all_allocate():
        newest = [relay(leases(peer)[-1]) for peer in peers]
        for entry, is_taken in zip(newest, await asyncio.gather(
                *(turn.allocates(entry["username"], entry["credential"]) for entry in newest))):
            assert is_taken, (entry, turn.said)
        lent.extend(newest)

    await all_allocate()
    # coturn takes another set of secrets with its next start.
    await turn.restart("old", "new")
    await all_allocate()
    write(path, "new", "old")
    for peer in peers:
        await peer.until(lambda: len(leases(peer)) == 2, seconds=10, what="a lease that the new one has signed")
    await all_allocate()
    late = await stage.peer(server, name="Dan", room=stage.room())
    peers.append(late)
    await turn.restart("new")
    write(path, "new")
    await all_allocate()
    # The old one is worth nothing any more.
    assert not await turn.allocates(lent[0]["username"], lent[0]["credential"]), turn.said
    # A file that is empty for a moment takes no secret away.
    write(path)
    await asyncio.sleep(3)
    peers.append(await stage.peer(server, name="Eve", room=stage.room()))
    await all_allocate()
    assert any("cannot be read" in line for line in server.output), server.output
    assert not any("new" in line.split() or "old" in line.split() for line in server.output), server.output


async def fetch(server, path, method="GET"):
    return await asyncio.to_thread(_fetch, server, path, method)


def _fetch(server, path, method):
    request = urllib.request.Request(server.address.rstrip("/") + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        body = refusal.read()
        return refusal.code, json.loads(body) if body else None


KEY = "a-key-of-a-media-server"


async def test_a_media_server_gets_credentials_of_its_own(stage):
    """`/turn` as draft-uberti-behave-turn-rest-00 has it, and as Janus asks (it names the key twice)."""
    turn = await stage.enter(Coturn("north"))
    keys = f"{stage.folder()}/keys"
    write(keys, KEY, "another-key-as-good-as-it")
    _, server, _ = await lending(stage, "north", turn=turn, flags=["--turn-rest-key-file", keys])
    for method, query in (
            ("GET", f"service=turn&username=room-7&key={KEY}"), ("POST", f"service=turn&api={KEY}&key={KEY}"),
            ("GET", "service=turn&key=another-key-as-good-as-it")):
        status, answer = await fetch(server, f"/turn?{query}", method)
        assert status == 200 and set(answer) == {"username", "password", "ttl", "uris"}, answer
        assert answer["ttl"] == 14_400 and answer["uris"] == [f"{turn.address}?transport=udp"], answer
        assert await turn.allocates(answer["username"], answer["password"]), turn.said
        if "username" in query:
            assert answer["username"].endswith(":room-7"), answer
    for query, code in (
            ("service=turn&username=x", 403), ("service=turn&key=wrong", 403), (f"service=turn&key={KEY}x", 403),
            (f"service=stun&key={KEY}", 400), (f"key={KEY}", 400), (f"service=turn&key={KEY}&username=a%0Ab", 400),
            (f"service=turn&key={KEY}&username={'x' * 129}", 400), (f"service=turn&key={KEY}&username=", 400)):
        status, answer = await fetch(server, f"/turn?{query}")
        assert status == code and answer["ok"] is False and KEY not in str(answer), (query, answer)
    assert KEY not in "\n".join(server.output)


async def test_without_a_key_there_is_no_such_address(stage):
    _, server, _ = await lending(stage, "north")
    for query in ("", "?service=turn&key=", "?service=turn&key=x"):
        assert (await fetch(server, f"/turn{query}"))[0] == 404
    status, output = await refused_start(
        stage.world.program, "--port", "0", environment={"PARLEY_TURN_REST_KEY": "too-short"})
    assert status != 0 and "16 characters" in output and "too-short" not in output, output


async def doctor(stage, *flags, environment=None, seconds=60):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        stage.world.program, "doctor", "turn", *flags, env=clean | (environment or {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), seconds)
    return process.returncode, output.decode()


@within(120)
async def test_the_doctor_says_what_is_wrong(stage):
    turn = await stage.enter(Coturn("north", options=["--denied-peer-ip=10.0.0.0-10.255.255.255"]))
    secret = {"PARLEY_TURN_SECRET": "north"}
    udp, tcp = f"{turn.address}?transport=udp", f"{turn.address}?transport=tcp"
    status, said = await doctor(
        stage, "--turn-server", udp, "--turn-server", tcp, "--ice-server", turn.address.replace("turn:", "stun:"),
        environment=secret)
    assert status == 0 and said.count("relays from 127.0.0.1:") == 2 and "sees us at 127.0.0.1:" in said, said
    # This coturn was told to reach loopback, and not the first of the private networks.
    assert "it would relay to 127.0.0.1, 172.16.0.1" in said and "10.0.0.1" not in said, said
    status, said = await doctor(stage, "--turn-server", udp, environment={"PARLEY_TURN_SECRET": "south;north"})
    assert status == 1 and "secret 1 (which signs): 401: it does not know the secret" in said, said
    assert "secret 2: relays" in said and "north" not in said.replace(udp, ""), said
    name, word = credential("north", seconds=-60)
    status, said = await doctor(stage, "--ice-server", f"{turn.address},{name},{word}")
    assert status == 1 and "401: the credential ended at" in said, said
    status, said = await doctor(stage, "--ice-server", f"{turn.address},ada,wrong")
    assert status == 1 and "401: it does not take that name and password" in said, said
    nobody = free_port()
    status, said = await doctor(
        stage, "--turn-server", f"turn:127.0.0.1:{nobody}?transport=tcp", "--turn-server", f"turn:127.0.0.1:{nobody}",
        "--turn-server", f"turns:127.0.0.1:{turn.port}", "--turn-server", "turns:127.0.0.1?transport=udp",
        environment=secret)
    lines = said.splitlines()
    assert status == 1 and "4 of 4 failed." in said, said
    assert "it cannot be reached" in lines[0] and "refused" in lines[0], said
    assert "it cannot be reached" in lines[1] or "no answer" in lines[1], said
    # What a relay does with a handshake that it takes for a message is its own affair.
    assert "no answer. Does it speak TLS on that port" in lines[2] or "cannot be reached" in lines[2], said
    assert "DTLS" in lines[3], said
    status, said = await doctor(stage)
    assert status != 0 and "No STUN or TURN server" in said, said


@within(60)
async def test_the_doctor_looks_at_certificates(stage):
    folder, port = stage.folder(), free_port()
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    made = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        stderr=asyncio.subprocess.DEVNULL)
    assert await made.wait() == 0
    await stage.enter(Coturn("north", tls=(certificate, key, port)))
    secret = {"PARLEY_TURN_SECRET": "north"}
    here, other = ["--turn-server", f"turns:localhost:{port}"], ["--turn-server", f"turns:127.0.0.1:{port}"]
    status, said = await doctor(stage, *here, environment=secret)
    assert status == 1 and "TLS failed: its certificate is not trusted" in said, said
    status, said = await doctor(stage, *here, "--trust", certificate, environment=secret)
    assert status == 0 and "relays from 127.0.0.1:" in said, said
    status, said = await doctor(stage, *other, "--trust", certificate, environment=secret)
    assert status == 1 and "TLS failed: its certificate is for another name" in said, said


@within(60)
async def test_the_doctor_meets_servers_that_are_none(stage):
    async def silent(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def web(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 40_000)
        await silent(reader, writer)

    servers = [await asyncio.start_server(kind, "127.0.0.1", 0) for kind in (silent, web)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    try:
        status, said = await doctor(
            stage, *(flag for port in ports for flag in ("--turn-server", f"turn:127.0.0.1:{port}?transport=tcp")),
            environment={"PARLEY_TURN_SECRET": "north"})
    finally:
        for server in servers:
            server.close()
    lines = said.splitlines()
    assert status == 1 and "no answer" in lines[0] and "no such server" in lines[1], said


@within(60)
async def test_the_sample_of_a_hardened_coturn_starts_and_relays_to_nobody_inside(stage):
    """docs/examples/turnserver.conf, with a secret, and without what needs a certificate and the internet."""
    sample = (ROOT / "docs/examples/turnserver.conf").read_text()
    path = f"{stage.folder()}/turnserver.conf"
    kept = [line for line in sample.splitlines() if not line.startswith(("cert=", "pkey=", "listening-port="))]
    with open(path, "w") as file:
        file.write("\n".join(kept).replace("static-auth-secret=CHANGE-ME", "static-auth-secret=north"))
    turn = await stage.enter(Coturn(file=path))
    status, said = await doctor(stage, "--turn-server", turn.address, environment={"PARLEY_TURN_SECRET": "north"})
    # A relay, and not one of the forbidden addresses behind it.
    assert status == 0 and "relays from 127.0.0.1:" in said and "Warning" not in said, said + "\n".join(turn.output)
    for peer in ("127.0.0.1", "10.1.2.3", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
        assert not await turn.allocates(*credential("north"), peer=peer), (peer, turn.said)
        assert "403" in turn.said or "Forbidden" in turn.said, (peer, turn.said)


class Vendor:
    """A vendor's API as it is documented: this is not the vendor."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.asked.append((head.splitlines()[0], head, body.decode()))
            status, answer = await self.answer(len(self.asked))
            text = json.dumps(answer).encode()
            writer.write(b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                         % (status, len(text)) + text)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def vendors(stage, *entries):
    path = f"{stage.folder()}/vendors.json"
    with open(path, "w") as file:
        json.dump(entries, file)
    return ["--turn-vendors-file", path]


@within(90)
async def test_a_join_waits_for_no_vendor_and_the_next_one_helps_out(stage):
    turn = await stage.enter(Coturn("vendor"))
    opened = asyncio.Event()

    async def never(_):
        await asyncio.sleep(30)
        return 200, {}

    async def lends(_):
        await opened.wait()
        name, word = credential("vendor", "shared", 600)
        return 201, {"ttl": "600", "username": name, "password": word, "ice_servers": [
            {"url": "stun:127.0.0.1:9", "urls": "stun:127.0.0.1:9"},
            {"url": turn.address, "urls": turn.address, "username": name, "credential": word}]}

    slow, good = await stage.enter(Vendor(never)), await stage.enter(Vendor(lends))
    flags = vendors(
        stage, {"vendor": "cloudflare", "key": "k1", "token": "hush-hush", "address": f"http://127.0.0.1:{slow.port}"},
        {"vendor": "twilio", "account": "AC1", "token": "hush-hush", "address": f"http://127.0.0.1:{good.port}"})
    server = await stage.server("--turn-lifetime-milliseconds", "600000", *flags)
    began = time.monotonic()
    ada = await stage.peer(server, name="Ada", room=stage.room())
    assert time.monotonic() - began < 1.5, "the join has waited"
    # In a room, and nothing to lend yet.
    assert leases(ada)[0]["iceServers"] == [], leases(ada)
    await eventually(lambda: good.asked, 10, "the second vendor")
    opened.set()
    await ada.until(lambda: len(leases(ada)) == 2, seconds=10, what="what the vendor has lent")
    lent = relay(leases(ada)[1])
    assert await turn.allocates(lent["username"], lent["credential"]), turn.said
    assert leases(ada)[1]["iceServersExpireAt"] <= (time.time() + 601) * 1000
    # The next one gets it at once, and nobody is asked again.
    count = len(good.asked)
    bob = await stage.peer(server, name="Bob", room=stage.room())
    assert relay(leases(bob)[0]) == lent and len(good.asked) == count
    # The doctor asks both, and the relay that was lent.
    status, output = await doctor(stage, *flags)
    assert status == 1 and "FAIL cloudflare: no answer in time." in output, output
    assert f"{turn.address}, lent by twilio: relays from 127.0.0.1:" in output and "hush" not in output, output
    line, head, body = good.asked[0]
    assert line.startswith("POST /2010-04-01/Accounts/AC1/Tokens.json") and body == "Ttl=600", good.asked[0]
    assert slow.asked[0][0].startswith("POST /v1/turn/keys/k1/credentials/generate-ice-servers")
    said = "\n".join(server.output)
    assert "hush-hush" not in said and "cloudflare" in said and "no answer in time" in said, said


@within(60)
async def test_a_vendor_that_fails_is_left_alone(stage):
    async def fails(_):
        return 500, {}

    broken = await stage.enter(Vendor(fails))
    server = await stage.server(*vendors(
        stage, {"vendor": "metered", "app": "a", "secret": "hush-hush", "address": f"http://127.0.0.1:{broken.port}"}))
    await eventually(lambda: len(broken.asked) == 3, 10, "three questions")
    await asyncio.sleep(4)
    assert len(broken.asked) == 3, "the circuit is open"
    assert "secretKey=hush-hush" in broken.asked[0][0] and "hush-hush" not in "\n".join(server.output)


# Whatever a page would like: only relays.
RELAY_ALONE = """
window.refusals = [];
const Native = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: 'relay' });
    this.addEventListener('icecandidateerror', ({ errorCode }) => window.refusals.push(errorCode));
  }
};
"""

PATH = """async () => {
  const [peer] = parleyPage.mesh.peers.values();
  const { connection } = peer;
  const reports = [...(await connection.getStats()).values()];
  const candidate = (id) => reports.find((report) => report.id === id);
  const pair = candidate(reports.find(({ type }) => type === 'transport')?.selectedCandidatePairId);
  const local = candidate(pair?.localCandidateId), remote = candidate(pair?.remoteCandidateId);
  const { username } = connection.getConfiguration().iceServers.find((server) => server.username) ?? {};
  const state = connection.connectionState;
  // Another one after each restart of ICE.
  const [, ufrag] = /a=ice-ufrag:(\\S+)/.exec(connection.localDescription?.sdp ?? '') ?? [];
  return { local: local?.candidateType, remote: remote?.candidateType, port: local?.port, username, state, ufrag };
}"""


async def relayed_pages(stage, server):
    room, chromium, pages = stage.room(), await stage.world.chromium(), []
    for name in ("Ada", "Bob"):
        page = await stage.page(chromium, server, room, name=name, joins=False)
        await page.page.add_init_script(RELAY_ALONE)
        await page.page.reload()
        await page.join()
        pages.append(page)
    return pages


@patient
@within(120)
async def test_a_call_over_the_relay_goes_on_when_its_lease_is_renewed(stage):
    turn, server, _ = await lending(stage, "north", lifetime=10_000)
    ada, bob = pages = await relayed_pages(stage, server)
    await asyncio.gather(*(page.meets(1) for page in pages))
    first = await ada.page.evaluate(PATH)
    assert (first["local"], first["remote"]) == ("relay", "relay"), first
    # Twice, so that the lease of the beginning is over.
    for _ in range(2):
        before = (await ada.page.evaluate(PATH))["username"]

        async def renewed():
            return (await ada.page.evaluate(PATH))["username"] != before

        await eventually(renewed, 20, "another lease")
    assert int(first["username"].split(":")[0]) < time.time()
    later = await ada.page.evaluate(PATH)
    # Nothing has begun anew, and it carries. Which of the relay's ports is the best the browser may find anew.
    assert later["state"] == "connected" and later["ufrag"] == first["ufrag"], (first, later)
    assert later["ufrag"]
    await asyncio.gather(*(page.meets(1) for page in pages))
    # New paths need the new lease: with the first one coturn would refuse them.
    await ada.page.evaluate("() => { for (const id of parleyPage.mesh.peers.keys()) parleyPage.mesh.restart(id) }")

    async def moved():
        now = await ada.page.evaluate(PATH)
        return now["state"] == "connected" and now["local"] == "relay" and now["ufrag"] != first["ufrag"]

    await eventually(moved, 20, "another path over the relay")
    await asyncio.gather(*(page.meets(1) for page in pages))


@within(90)
async def test_a_forged_secret_connects_nobody(stage):
    """What the tests above would see if a browser found another way than the relay."""
    turn = await stage.enter(Coturn("north"))
    _, server, _ = await lending(stage, "forged", turn=turn)
    ada, bob = await relayed_pages(stage, server)

    async def refused():
        return 401 in await ada.page.evaluate("window.refusals")

    await eventually(refused, 20, "a refusal by the relay")
    assert (await ada.page.evaluate(PATH))["local"] is None


async def test_settings_of_relays_are_checked_and_secrets_not_shown(stage):
    program, path = stage.world.program, f"{stage.folder()}/secrets"
    write(path, "north")

    async def refused(*flags, says, **options):
        status, output = await refused_start(program, "--port", "0", *flags, **options)
        assert status != 0 and says in output, output
        assert "hush-hush" not in output, output

    await refused("--turn-server", "turn:a", says="turn-secret-file")
    await refused("--turn-secret-file", path, says="turn-server")
    await refused("--turn-server", "stun:a", "--turn-secret-file", path, says="turn-server")
    await refused("--turn-server", "turn:a", "--turn-secret-file", f"{path}-gone", says="turn-secret-file")
    await refused("--turn-server", "turn:a", "--turn-secret-file", path, says="together with turn-secret",
                  environment={"PARLEY_TURN_SECRET": "hush-hush"})
    await refused("--ice-server", "trun:a,ada,hush-hush", says='"trun:a"')
    await refused("--turn-server", "turn:a", says="not shown", environment={"PARLEY_TURN_SECRET": "hush-hush;"})
    await refused("--turn-server", "turn:a", "--turn-secret-file", path, "--turn-lifetime-milliseconds", "86400001",
                  says="86400000")
    server = await stage.server("--turn-server", "turn:a", environment={"PARLEY_TURN_SECRET": "hush-hush;south"})
    ada = await stage.peer(server, name="Ada", room=stage.room())
    lent = relay(leases(ada)[0])
    assert lent["credential"] == password("hush-hush", lent["username"])
    assert "hush-hush" not in "\n".join(server.output)
