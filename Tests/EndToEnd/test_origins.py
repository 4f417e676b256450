"""Pages of other origins, in a real browser and without one: they open no socket and read no answer, unless named."""

import asyncio
import contextlib
import json

from browsers import Chromium
from server import refused_start
from stage import within
from test_http import get

PAGE = b"<!doctype html><title>A page of somebody else</title>"

# What a page can try. `socket`: whether it heard a welcome; the others: what it could read.
TRIES = """async (server) => {
  const address = server.replace('http', 'ws') + 'v1/connect'
  const socket = await new Promise((resolve) => {
    const socket = new WebSocket(address, 'parley.v1')
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', protocol: 1 }))
    socket.onmessage = ({ data }) => { resolve(JSON.parse(data).type); socket.close() }
    socket.onclose = ({ code }) => resolve(code)
  })
  const read = async (path, options) => {
    try { return (await fetch(server + path, options)).status } catch { return 'unreadable' }
  }
  const client = await import(server + 'client/parley.js').then(() => 'imported', () => 'unreadable')
  const authorized = { headers: { Authorization: 'Bearer x' } }
  return {
    socket, client, validate: await read('v1/validate'), asked: await read('v1/validate', authorized),
    metrics: await read('metrics'), rooms: await read('v1/rooms/nothing'),
  }
}"""
NOTHING = {"socket": 1006, "client": "unreadable", "validate": "unreadable", "asked": "unreadable",
           "metrics": "unreadable", "rooms": "unreadable"}
EVERYTHING = {"socket": "welcome", "client": "imported", "validate": 200, "asked": 200, "metrics": "unreadable",
              "rooms": 403}


class ForeignPage:
    """Somebody's web server; its port."""

    async def __aenter__(self):
        async def answer(reader, writer):
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE))
                await writer.drain()
            writer.close()

        self.server = await asyncio.start_server(answer, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def __aexit__(self, *error):
        self.server.close()


class Resolving(Chromium):
    """A browser for which names below `example` are this machine, as if somebody's DNS said so."""

    async def launch(self, playwright):
        self.trusts = ["--host-resolver-rules=MAP *.example 127.0.0.1"]
        return await super().launch(playwright)


async def tries(browser, page, server):
    context = await browser.context()
    try:
        opened = await context.new_page()
        await opened.goto(page)
        return await opened.evaluate(TRIES, server)
    finally:
        await context.close()


@within(90)
async def test_a_page_of_another_origin_in_a_browser(stage):
    port = await stage.enter(ForeignPage())
    evil, app = f"http://evil.example:{port}", f"http://app.example:{port}"
    server = await stage.server("--allowed-origin", app)
    browser = await stage.enter(Resolving())
    assert await tries(browser, evil + "/", server.address) == NOTHING
    assert await tries(browser, app + "/", server.address) == EVERYTHING
    # Another server of a developer, on the same machine.
    assert await tries(browser, f"http://localhost:{port}/", server.address) == EVERYTHING
    # A name of a stranger that has become ours: the page is the server's then, for the browser.
    rebound = f"http://evil.example:{server.port}/"
    found = await tries(browser, rebound, rebound)
    assert (found["socket"], found["validate"], found["rooms"]) == (1006, 403, 403), found


async def test_answers_for_pages(stage):
    server = await stage.server("--allowed-origin", "https://app.example.org")
    app, evil = {"Origin": "https://app.example.org"}, {"Origin": "https://evil.example"}
    for path in ("/v1/validate", "/client/parley.js", "/v1/connect"):
        _, headers, _ = await get(server, path, **app)
        assert headers["access-control-allow-origin"] == app["Origin"] and "Origin" in headers["vary"], path
        assert headers["access-control-allow-credentials"] is None
        for others in (evil, {}):
            _, headers, _ = await get(server, path, **others)
            assert headers["access-control-allow-origin"] is None and "Origin" in headers["vary"], path
    for path in ("/", "/metrics", "/healthz"):
        _, headers, _ = await get(server, path, **app)
        assert headers["access-control-allow-origin"] is None, path
    status, _, body = await get(server, "/v1/validate", **evil)
    assert (status, json.loads(body)["code"]) == (403, "origin-not-allowed")


async def test_a_browser_asks_before_it_asks(stage):
    server = await stage.server("--allowed-origin", "https://app.example.org")

    async def ask(origin, path):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"OPTIONS {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {origin}\r\n"
                     "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n".encode())
        answer = (await asyncio.wait_for(reader.read(), 10)).decode().lower()
        writer.close()
        return answer

    answer = await ask("https://app.example.org", "/v1/validate")
    assert answer.startswith("http/1.1 204 ") and "access-control-allow-methods: get, post, delete" in answer, answer
    assert "access-control-allow-origin: https://app.example.org" in answer, answer
    for origin, path in (("https://evil.example", "/v1/validate"), ("https://app.example.org", "/metrics")):
        answer = await ask(origin, path)
        assert not answer.startswith("http/1.1 204 ") and "access-control-allow" not in answer, (origin, path, answer)


async def test_a_stranger_with_our_address_does_not_operate(stage):
    server = await stage.server()
    for path in ("/v1/drain", "/v1/rooms/nothing"):
        status, _, body = await get(server, path, Host=f"evil.example:{server.port}")
        assert status == 403, (path, status, body)
        assert (await get(server, path))[0] in (200, 404), path


async def test_what_is_no_origin_stops_the_start(stage):
    for text in ("*", "https://*.org", "app.example.org", "https://app.example.org/path"):
        status, output = await refused_start(stage.world.program, "--allowed-origin", text)
        assert status != 0 and "allowed-origin" in output, output
