"""What the one port serves besides WebSockets."""

import json
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import asyncio

from stage import eventually

TOGETHER = 4


async def get(server, path, **headers):
    """`(status, headers, body)`"""

    def fetch():
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(server.address.rstrip("/") + path, headers=fields)
        try:
            with urlopen(request, timeout=10, context=server.tls) as response:
                return response.status, response.headers, response.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    return await asyncio.to_thread(fetch)


async def test_the_page(stage):
    server = await stage.server()
    for path in ("/", "/call"):
        status, headers, body = await get(server, path)
        assert status == 200 and headers["content-type"].startswith("text/html"), (path, status, headers)
        assert b"<html" in body.lower()
        for address in re.findall(rb'(?:src|href)="(/[^"#]*)', body):
            assert (await get(server, address.decode()))[0] == 200, address


async def test_every_answer_says_what_the_browser_may_load(stage):
    server = await stage.server()
    for path in ("/", "/call", "/client/parley.js", "/healthz", "/v1/validate", "/metrics"):
        _, headers, _ = await get(server, path)
        policy = headers["content-security-policy"]
        assert policy and "default-src 'self'" in policy and "frame-ancestors 'none'" in policy, (path, policy)
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path


async def test_the_javascript_client_and_all_it_imports(stage):
    server = await stage.server()
    seen, wanted = set(), ["/client/parley.js"]
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen.add(path)
        status, headers, body = await get(server, path)
        assert status == 200 and headers["content-type"].startswith("text/javascript"), (path, status)
        for name in re.findall(rb"""(?:from|import)\s+['"](\.[^'"]+)['"]""", body):
            folder = path.rsplit("/", 1)[0]
            parts = []
            for part in f"{folder}/{name.decode()}".split("/"):
                if part == "..":
                    parts.pop()
                elif part != ".":
                    parts.append(part)
            wanted.append("/".join(parts))


async def test_an_unchanged_file_is_not_sent_again(stage):
    server = await stage.server()
    _, headers, _ = await get(server, "/client/parley.js")
    status, _, body = await get(server, "/client/parley.js", If_None_Match=headers["etag"])
    assert status == 304 and body == b""


async def test_health_and_readiness(stage):
    server = await stage.server()
    assert (await get(server, "/healthz"))[::2] == (200, b"ok\n")
    assert (await get(server, "/readyz"))[::2] == (200, b"ready\n")


LINE = re.compile(r'^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[0-9.e+]+|NaN|\+Inf)$')


def samples(text):
    """Checks Prometheus' text format, version 0.0.4, and returns the values by name."""
    assert text.endswith("\n")
    types, values = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            assert name not in types, f"two TYPE lines for {name}"
            types[name] = kind
        elif line and not line.startswith("#"):
            match = LINE.match(line)
            assert match, f"not a sample: {line!r}"
            family = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or family in types, f"{match[1]} has no TYPE line before it"
            values[match[1] + (match[2] or "")] = float(match[4])
    return types, values


async def test_metrics_count_what_happens(stage):
    server = await stage.server("--silence-milliseconds", "2000")
    ada = await stage.peer(server, name="Ada", room="counted")
    bob = await stage.peer(server, name="Bob", room="counted")
    for n in range(10):
        await ada.signal(bob.id, n)
    await bob.until(lambda: bob.received.get(ada.id) == 10)

    async def counted():
        status, headers, body = await get(server, "/metrics")
        assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
        types, values = samples(body.decode())
        assert types and set(types.values()) <= {"counter", "gauge"}, types
        numbers = {name: value for name, value in values.items()}
        return 2.0 in numbers.values() and 10.0 in numbers.values() and numbers

    numbers = await eventually(counted, what="two participants and ten signals in the metrics")
    assert all(name.startswith("parley_") for name in numbers), numbers


async def test_validate_says_yes(stage):
    server = await stage.server()
    for origin in ({}, {"Origin": server.address.rstrip("/")}, {"Origin": "http://localhost:3000"}):
        status, headers, body = await get(server, "/v1/validate", **origin)
        assert (status, json.loads(body)) == (200, {"ok": True}), (origin, body)
        assert headers["content-type"] == "application/json"


async def test_validate_says_why_not(stage):
    server = await stage.server()
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        status, _, body = await get(server, "/v1/validate", **headers)
        refusal = json.loads(body)
        assert status == 403 and refusal["ok"] is False, (headers, status, body)
        assert refusal["code"] and refusal["message"].endswith("."), refusal


async def test_unknown_paths(stage):
    server = await stage.server()
    for path in ("/nothing", "/client/nothing.js", "/v1/nothing", "/..%2f..%2fetc/passwd", "/client/../../etc/passwd"):
        assert (await get(server, path))[0] in (400, 404), path


async def test_connecting_without_a_websocket(stage):
    server = await stage.server()
    status, headers, _ = await get(server, "/v1/connect")
    assert status == 426, status


async def test_a_hundred_requests_on_one_connection(stage):
    server = await stage.server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    writer.write(request * 100)
    for _ in range(100):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 200 ")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        assert await reader.readexactly(length) == b"ok\n"
    writer.close()
