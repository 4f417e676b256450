"""The bounds of what an operator sets and what strangers bring, where only the program itself can show them: at the
bound it is taken, one more is refused. All others are in the Swift tests; a tidy rule says which no test names."""

import asyncio
import json
import time

from issuer import Issuer, token
from limits import LIMITS
from raw_socket import upgrade_request
from server import Server, refused_start
from test_proxies import TRUSTED, proxy_header
from test_tickets import http
from test_tokens import ask, guarded
from test_webhook import Service, guarded as served

TOGETHER = 4


def listed(name, item):
    """So many as the limit says, and one more."""
    return [",".join(item(number) for number in range(count)) for count in (LIMITS[name], LIMITS[name] + 1)]


async def test_origins_that_may_connect(stage):
    few, many = listed("allowedOriginsMax", lambda number: f"https://app{number}.example.org")
    await stage.server("--allowed-origin", few)
    status, output = await refused_start(stage.world.program, "--allowed-origin", many)
    assert status != 0 and "allowed-origin" in output, output


async def test_proxies_that_are_believed(stage):
    few, many = listed("proxyRangesMax", lambda number: f"10.0.0.{number}")
    await stage.server("--behind-proxy", few)
    status, output = await refused_start(stage.world.program, "--port", "0", "--behind-proxy", many)
    assert status != 0 and "behind-proxy" in output, output


async def test_headers_of_the_proxy_protocol(stage):
    server = await stage.server(*TRUSTED)

    async def says(length):
        """A header of that length, filled up with a member that nobody asks for (type 4: to be ignored)."""
        head = bytearray(proxy_header("192.0.2.7"))
        filling = length - len(head) - 3
        head += b"\x04" + filling.to_bytes(2, "big") + bytes(filling)
        head[14:16] = (length - 16).to_bytes(2, "big")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes(head) + upgrade_request(server.port))
        try:
            return await asyncio.wait_for(reader.read(12), 5)
        except ConnectionResetError:
            # Ended before all of it was read.
            return b""
        finally:
            writer.close()

    assert await says(LIMITS["proxyHeaderBytesMax"]) == b"HTTP/1.1 101"
    assert await says(LIMITS["proxyHeaderBytesMax"] + 1) == b""


async def test_issuers_of_tokens(stage):
    for count, is_taken in ((LIMITS["tokenIssuersMax"], True), (LIMITS["tokenIssuersMax"] + 1, False)):
        file = f"{stage.folder()}/issuers.json"
        with open(file, "w") as opened:
            json.dump([{"issuer": f"i{number}", "jwks": f"http://127.0.0.1:1/{number}"} for number in range(count)],
                      opened)
        if is_taken:
            await stage.server("--token-issuers", file)
        else:
            status, output = await refused_start(stage.world.program, "--token-issuers", file)
            assert status != 0 and f"allowed: {count - 1}" in output, output


async def test_answers_of_an_authorization_service(stage):
    most = LIMITS["webhookAnswerBytesMax"]

    class Padding(Service):
        """Its answers are as long as their credential says."""

        def reply(self, handler, status, body, **headers):
            name = json.loads(body)["name"]
            Service.reply(handler, status, body.ljust(int(name.split()[-1])), **headers)

    with Padding() as service:
        for length, expected in ((most, "welcome"), (most + 1, "authorization-unavailable")):
            async with served(stage.world.program, service) as server:
                answer, _ = await ask(server, {"token": f"badge:{length}"})
                assert expected in (answer["type"], answer.get("code")), (length, answer)


async def test_revocations(stage):
    longest = LIMITS["revocationTextBytesMax"]
    async with guarded(stage.world.program) as server:
        for length, expected in ((longest, 201), (longest + 1, 400)):
            for member in ("token", "subject", "issuer", "reason"):
                body = {"token": "t"} | {member: "x" * length}
                if member == "subject":
                    del body["token"]
                status, _, answer = await http(server, "POST", "/v1/revocations", body)
                assert status == expected, (member, length, answer)
        # One that does not say until when is kept for as long as is usual.
        before = time.time() * 1_000
        _, _, kept = await http(server, "POST", "/v1/revocations", {"token": "u"})
        assert abs(kept["expiresAt"] - before - LIMITS["revocationMilliseconds"]) < 60_000, kept
        assert (await ask(server, {"token": token(jti="v")}))[0]["type"] == "welcome"


async def test_bodies(stage):
    """At the bound it is read, filled up with spaces; one more is too large."""
    said = token(sub="ada", grant={"create": True})
    async with guarded(stage.world.program) as server:
        for name, path, body, status in (("roomBodyBytesMax", "/v1/rooms", {"alias": "fox"}, 201),
                                         ("revocationBodyBytesMax", "/v1/revocations", {"token": "t"}, 201),
                                         ("ticketBodyBytesMax", "/v1/tickets", {"room": "fox"}, 201)):
            for length, expected in ((LIMITS[name], status), (LIMITS[name] + 1, 413)):
                padded = json.dumps(body).ljust(length).encode()
                proof = said if path == "/v1/tickets" else None
                got, _, answer = await http(server, "POST", path, padded, proof)
                assert got == expected, (name, length, got, answer)


async def test_key_sets(stage):
    most = LIMITS["keySetBytesMax"]
    for length, expected in ((most, "welcome"), (most + 1, "authorization-unavailable")):
        with Issuer() as issuer:
            key = issuer.rotate("k1", "ES384")
            issuer.bytes = length
            flags = ("--token-jwks", issuer.url, "--trusted-roots", issuer.roots)
            async with Server(stage.world.program, *flags) as server:
                answer, _ = await ask(server, {"token": key.token(sub="ada")})
                assert expected in (answer["type"], answer.get("code")), (length, answer)


async def test_pages_of_revocations(stage):
    most = LIMITS["revocationsPageMax"]
    async with guarded(stage.world.program) as server:
        for start in range(0, most + 1, 100):
            made = await asyncio.gather(*(http(server, "POST", "/v1/revocations", {"token": f"t{number}"})
                                          for number in range(start, min(start + 100, most + 1))))
            assert {status for status, _, _ in made} == {201}
        for query in ("", f"?limit={most + 1}"):
            _, _, page = await http(server, "GET", f"/v1/revocations{query}")
            assert (len(page["revocations"]), page["count"]) == (most, most + 1)
