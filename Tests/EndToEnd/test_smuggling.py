"""Requests that two programs could read in two ways, alone and through proxies: nobody gets one past another program.

What is hidden is a request for /smuggled-…, which must not be in the server's log."""

import asyncio
import contextlib
import ssl

from raw_socket import frame, upgrade_request
from siege import besieged
from stage import eventually
from test_proxies import TRUSTED, behind, log

TOGETHER = 3
HOST = "Host: 127.0.0.1"
END = "\r\n\r\n"


def hidden(name):
    return f"GET /smuggled-{name} HTTP/1.1\r\n{HOST}\r\nX: y{END}"


def ambiguous():
    """By name: a head of which the end of the body is a matter of opinion, and a body that hides a request."""
    chunked = f"0{END}"
    for name, fields, before in (
        ("cl-te", ("Content-Length: {all}", "Transfer-Encoding: chunked"), chunked),
        ("te-cl", ("Transfer-Encoding: chunked", "Content-Length: 4"), "5c\r\nGPOST / HTTP/1.1\r\n"),
        ("two-lengths", ("Content-Length: 0", "Content-Length: {all}"), ""),
        ("two-lengths-in-one", ("Content-Length: 0, {all}",), ""),
        ("length-with-a-sign", ("Content-Length: +0",), ""),
        ("length-in-hex", ("Content-Length: 0x0",), ""),
        ("negative-length", ("Content-Length: -1",), ""),
        ("space-before-colon", ("Content-Length : {all}",), ""),
        ("te-space-before-colon", ("Transfer-Encoding : chunked", "Content-Length: {all}"), chunked),
        ("te-twice", ("Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Content-Length: {all}"), chunked),
        ("te-unknown", ("Transfer-Encoding: xchunked", "Content-Length: {all}"), chunked),
        ("te-quoted", ('Transfer-Encoding: "chunked"', "Content-Length: {all}"), chunked),
        ("te-vertical-tab", ("Transfer-Encoding: \x0bchunked", "Content-Length: {all}"), chunked),
        ("folded-te", ("Transfer-Encoding:\r\n chunked", "Content-Length: {all}"), chunked),
        ("folded-length", ("Content-Length:\r\n {all}",), ""),
        ("bare-carriage-return", ("X: a\rTransfer-Encoding: chunked", "Content-Length: {all}"), chunked),
        ("nul", ("X: a\0b", "Content-Length: {all}"), ""),
        ("chunk-size-overflow", ("Transfer-Encoding: chunked",), f"ffffffffffffffff0\r\n{END}"),
        ("chunk-with-bare-newline", ("Transfer-Encoding: chunked",), "1\nx\n0\n\n"),
    ):
        body = before + hidden(name)
        lines = [field.replace("{all}", str(len(body))) for field in fields]
        yield name, "\r\n".join(["POST /v1/validate HTTP/1.1", HOST, *lines]) + END + body


async def exchange(port, data, tls=None, seconds=3):
    """What comes back until the connection ends, or for so long."""
    secure = {"ssl": tls, "server_hostname": "parley.example"} if tls else {}
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **secure)
    answer = b""
    with contextlib.suppress(asyncio.TimeoutError, ConnectionError, ssl.SSLError):
        writer.write(data if isinstance(data, bytes) else data.encode("latin-1"))
        async with asyncio.timeout(seconds):
            while part := await reader.read(65536):
                answer += part
    writer.close()
    return answer


def statuses(answer):
    return [int(line.split()[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


async def try_all(port, server, tls=None):
    """Whatever the server answers, the client in front has got as an answer: nothing is left for somebody else."""
    cases = list(ambiguous())
    answers = await asyncio.gather(*(exchange(port, data, tls) for _, data in cases))
    for (name, _), answer in zip(cases, answers):
        # A proxy may read two requests where we read one, but then it passes on two.
        most = max(0, len(statuses(answer)) - 1) if tls else 0
        assert len(log(server, f"GET /smuggled-{name} ")) <= most, (name, answer[:400], log(server, "smuggled"))
    return {name: statuses(answer) for (name, _), answer in zip(cases, answers)}


async def test_straight_to_the_server(stage):
    server = await stage.server(*TRUSTED)
    async with besieged(stage, server, mebibytes=50):
        found = await try_all(server.port, server)
    # What cannot be read in one way alone is refused, and its connection with it.
    for name in ("cl-te", "two-lengths", "length-with-a-sign", "space-before-colon", "nul", "negative-length"):
        assert found[name] == [400], (name, found)


async def test_through_nginx(stage):
    server, proxy, tls = await behind(stage, "nginx")
    await try_all(proxy.port, server, tls)


async def test_through_haproxy(stage):
    server, proxy, tls = await behind(stage, "haproxy")
    await try_all(proxy.port, server, tls)


async def test_requests_behind_an_upgrade(stage):
    """They are frames then, and no good ones."""
    server = await stage.server(*TRUSTED)
    for behind_it in (hidden("upgrade"), hidden("upgrade") * 20):
        answer = await exchange(server.port, upgrade_request(server.port) + behind_it.encode())
        assert statuses(answer) == [101], answer
        # A reserved bit, or no mask: 1002.
        assert b"\x03\xea" in answer, answer
    # An upgrade behind a request is none: that connection belongs to plain HTTP.
    first = f"GET /healthz HTTP/1.1\r\n{HOST}{END}".encode()
    answer = await exchange(server.port, first + upgrade_request(server.port) + frame('{"type":"hello","protocol":1}'))
    assert statuses(answer)[0] == 200 and 101 not in statuses(answer), answer
    assert not log(server, "smuggled"), log(server, "smuggled")


async def test_an_upgrade_behind_an_upgrade_through_proxies(stage):
    """A proxy that takes a refused upgrade for a tunnel would pass on whatever follows."""
    for kind in ("nginx", "haproxy"):
        server, proxy, tls = await behind(stage, kind)
        refused = upgrade_request(proxy.port, Host="parley.example", Sec_WebSocket_Version="7")
        answer = await exchange(proxy.port, refused + hidden("tunnel").encode(), tls)
        assert statuses(answer)[:1] == [426], (kind, answer)
        # Whether or not the proxy reads on, it is a request of its own to it, with the proxy's word on whose it is.
        for line in log(server, "smuggled-tunnel"):
            assert "client=127.0.0.1" in line, line


async def test_line_breaks_that_are_written_into_a_request(stage):
    """Percent-encoded or raw, in a path, a query or a value: they begin no line of an answer or of the log."""
    server = await stage.server(*TRUSTED)
    for target in ("/%0d%0aX-Injected:%201", "/v1/validate?a=%0d%0aX-Injected:%201", "/x%00y", "/v1/connect%0d%0a",
                   "/v1/connect?token=%0d%0aX-Injected:1", "/%e2%80%a8line"):
        answer = await exchange(server.port, f"GET {target} HTTP/1.1\r\n{HOST}\r\nConnection: close{END}")
        assert len(statuses(answer)) == 1 and b"\r\nX-Injected" not in answer.title(), (target, answer)
    for fields in ({"Origin": "http://127.0.0.1\0"}, {"Host": "127.0.0.1\rX-Injected: 1"}, {"X": "a\nX-Injected: 1"},
                   {"Sec_WebSocket_Protocol": "parley.v1\r\n X-Injected: 1"}):
        answer = await exchange(server.port, upgrade_request(server.port, **fields))
        assert statuses(answer) == [400], (fields, answer)
        assert b"injected" not in answer.lower(), answer
    key = "dGhlIHNhbXBsZSBub25jZQ==\r\nX-Injected: 1"
    answer = await exchange(server.port, upgrade_request(server.port, Sec_WebSocket_Key=key))
    assert b"injected" not in answer.lower(), answer
    await eventually(lambda: log(server, "A request was answered."), what="the log")
    for line in server.output:
        assert not line.startswith("X-Injected"), line


async def test_other_hosts_and_absolute_targets(stage):
    """A request says twice for whom it is: the same rule judges it, whichever counts."""
    server = await stage.server()
    own = f"127.0.0.1:{server.port}"
    for head in (f"GET http://{own}/v1/validate HTTP/1.1\r\nHost: evil.example",
                 "GET /v1/validate HTTP/1.1\r\nHost: evil.example",
                 f"GET /v1/validate HTTP/1.1\r\nHost: {own}\r\nHost: evil.example"):
        answer = await exchange(server.port, f"{head}\r\nConnection: close\r\nUpgrade: websocket{END}")
        assert statuses(answer) and statuses(answer)[0] in (400, 403, 404), (head, answer[:300])
    request = upgrade_request(server.port).replace(b"GET /v1", b"GET http://evil.example/v1")
    answer = await exchange(server.port, request)
    assert 101 not in statuses(answer), answer
