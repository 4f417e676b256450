"""Behind nginx, HAProxy and Caddy, configured as the documents say: calls work, and the client's address is right.

A client is somebody at 127.9.9.x; the proxies are at 127.0.0.1, which alone is believed."""

import asyncio
import json
import socket
import ssl
import struct

from certificates import Authority
from proxies import Proxy
from raw_socket import RawSocket, upgrade_request
from server import refused_start
from stage import eventually, within
from test_drain import ask

TOGETHER = 3
TRUSTED = ("--behind-proxy", "127.0.0.1", "--log-level", "debug", "--show-addresses", "true")
SPOOFED = "203.0.113.66"


async def behind(stage, kind):
    """A server, and that proxy in front of it."""
    authority = Authority(stage.folder())
    files = authority.issue()
    flags = files.flags if kind == "haproxy-tcp" else ()
    server = await stage.server(*TRUSTED, *flags, tls=authority.trusted() if flags else None)
    proxy = await stage.enter(Proxy(kind, stage.folder(), server, files))
    return server, proxy, authority.trusted()


async def through(stage, server, proxy, tls, source, **options):
    """Somebody at that address who comes by the proxy."""
    connecting = {"host": "127.0.0.1", "port": proxy.port, "local_addr": (source, 0)}
    address = f"wss://parley.example:{proxy.port}/v1/connect"
    from parley_peer import ParleyPeer

    peer = await stage.enter(ParleyPeer(address, tls=tls, connecting=connecting, **options))
    stage.peers.append(peer)
    return peer


async def request(port, path, source, tls=None, method="GET", **headers):
    """Status, header fields and body, for somebody at that address."""
    secure = {"ssl": tls, "server_hostname": "parley.example"} if tls else {}
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), **secure)
    fields = {"Host": f"parley.example:{port}", "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {line.split(":")[0].lower(): line.split(": ")[1] for line in lines[1:]}, body


def log(server, *words):
    return [line for line in server.output if all(word in line for word in words)]


async def check(stage, kind):
    server, proxy, tls = await behind(stage, kind)
    room = stage.room()
    origin = f"https://parley.example:{proxy.port}"
    ada = await through(stage, server, proxy, tls, "127.9.9.1", name="Ada", room=room, origin=origin)
    bob = await through(stage, server, proxy, tls, "127.9.9.2", name="Bob", room=room)
    for number in range(50):
        await ada.signal(bob.id, {"number": number, "sdp": "x" * 3_000})
    await bob.until(lambda: bob.received.get(ada.id) == 50, what="the signals")
    for source in ("127.9.9.1", "127.9.9.2"):
        await eventually(
            lambda: log(server, "A connection was opened.", f"client={source}", "proxied=true"),
            what=f"{source} in the log")

    status, headers, body = await request(proxy.port, "/", "127.9.9.3", tls)
    assert status == 200 and b"<html" in body.lower(), (status, body)
    assert headers["strict-transport-security"] == "max-age=31536000", headers
    await eventually(lambda: log(server, "client=127.9.9.3", "GET /"), what="the request in the log")

    # A page of somebody else is refused behind a proxy as well.
    for strange in (f"https://evil.example:{proxy.port}", "https://parley.example:1"):
        status, _, body = await request(proxy.port, "/v1/validate", "127.9.9.3", tls, Origin=strange)
        assert status == 403 and json.loads(body)["code"] == "origin-not-allowed", (strange, body)

    # Nobody operates the server through a proxy, though that is on the same machine.
    for path in ("/v1/drain", "/v1/rooms"):
        status, _, _ = await request(proxy.port, path, "127.0.0.1", tls, method="POST")
        assert status in (403, 404), (path, status)
    return server, proxy, tls


async def spoofed(stage, kind):
    """Whatever the client says about itself, the proxy's word counts."""
    server, proxy, tls = await behind(stage, kind)
    said = {"X-Forwarded-For": SPOOFED, "Forwarded": f"for={SPOOFED}", "X-Real-IP": SPOOFED}
    await through(stage, server, proxy, tls, "127.9.9.4", name="Eve", room=stage.room(), headers=said)
    await eventually(lambda: log(server, "client=127.9.9.4"), what="the address in the log")
    assert not log(server, f"client={SPOOFED}"), log(server, SPOOFED)


@within(90)
async def test_nginx(stage):
    await check(stage, "nginx")


@within(90)
async def test_haproxy(stage):
    await check(stage, "haproxy")


@within(90)
async def test_haproxy_with_the_proxy_protocol(stage):
    await check(stage, "haproxy-tcp")


@within(90)
async def test_caddy(stage):
    await check(stage, "caddy")


async def test_spoofed_behind_nginx(stage):
    await spoofed(stage, "nginx")


async def test_spoofed_behind_haproxy(stage):
    await spoofed(stage, "haproxy")


async def test_spoofed_behind_caddy(stage):
    await spoofed(stage, "caddy")


async def test_what_a_client_says_in_a_tunnel_is_refused(stage):
    server, proxy, tls = await behind(stage, "haproxy-tcp")
    status, _, body = await request(proxy.port, "/v1/validate", "127.9.9.4", tls, X_Forwarded_For=SPOOFED)
    assert status == 400 and json.loads(body)["code"] == "proxy-not-trusted", body


async def test_who_is_no_proxy_speaks_for_nobody(stage):
    server = await stage.server(*TRUSTED)
    for name, value in (("X_Forwarded_For", SPOOFED), ("Forwarded", f"for={SPOOFED}"), ("X_Real_IP", SPOOFED),
                        ("X_Forwarded_Proto", "https"), ("X_Forwarded_Host", "parley.example")):
        for path in ("/", "/healthz", "/v1/validate", "/v1/drain"):
            status, _, body = await request(server.port, path, "127.9.9.5", **{name: value})
            assert (status, json.loads(body)["code"]) == (400, "proxy-not-trusted"), (path, name, body)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.9.9.5", 0))
        writer.write(upgrade_request(server.port, **{name: value}))
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 400 ") and b"proxy-not-trusted" in answer, answer
        writer.close()
    # Whoever says nothing about proxies is welcome.
    assert (await request(server.port, "/healthz", "127.9.9.5"))[0] == 200
    await stage.enter(RawSocket(server))


async def test_without_the_setting_nobody_is_believed(stage):
    server = await stage.server("--log-level", "debug", "--show-addresses", "true")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(upgrade_request(server.port, X_Forwarded_For=SPOOFED))
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 101 ")
    await eventually(lambda: log(server, "A connection was opened.", "client=127.0.0.1"), what="the log")
    assert not log(server, SPOOFED)
    writer.close()


async def test_what_a_believed_proxy_says_has_to_make_sense(stage):
    server = await stage.server(*TRUSTED)
    for headers in ({"X_Forwarded_For": "nonsense"}, {"Forwarded": 'for="'},
                    {"X_Forwarded_For": "192.0.2.1", "Forwarded": "for=192.0.2.2"}):
        status, _, body = await request(server.port, "/v1/validate", "127.0.0.1", **headers)
        assert (status, json.loads(body)["code"]) == (400, "forwarded-invalid"), (headers, body)


def proxy_header(source, command=0x21):
    addresses = socket.inet_aton(source) + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 4711, 443)
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack(">BBH", command, 0x11, len(addresses)) + addresses


async def test_the_proxy_protocol_is_heard_from_a_believed_address_alone(stage):
    server = await stage.server(*TRUSTED)

    async def says(source, header, chunk=None):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0))
        whole = header + upgrade_request(server.port)
        for start in range(0, len(whole), chunk or len(whole)):
            writer.write(whole[start:start + (chunk or len(whole))])
            await writer.drain()
            await asyncio.sleep(0)
        try:
            answer = await asyncio.wait_for(reader.read(12), 5)
        except ConnectionResetError:
            # Hung up on before everything was read.
            answer = b""
        writer.close()
        return answer

    for chunk in (None, 1, 7):
        assert await says("127.0.0.1", proxy_header("192.0.2.7"), chunk) == b"HTTP/1.1 101"
    assert len(await eventually(lambda: log(server, "client=192.0.2.7"), what="the address")) == 3
    assert await says("127.0.0.1", proxy_header("192.0.2.8", command=0x20)) == b"HTTP/1.1 101"
    assert b"101" not in await says("127.9.9.6", proxy_header(SPOOFED))
    assert b"101" not in await says("127.0.0.1", proxy_header(SPOOFED)[:-2] + b"\xff" * 2_100)
    assert b"101" not in await says("127.0.0.1", proxy_header(SPOOFED, command=0x2F))
    assert not log(server, SPOOFED) and not log(server, "192.0.2.8")


async def test_a_program_on_the_machine_still_operates_a_server_behind_a_proxy(stage):
    server = await stage.server(*TRUSTED)
    assert (await ask(server, "GET"))[0] == 200
    # But not whoever a proxy speaks for.
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(proxy_header("127.0.0.1") + b"GET /v1/drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 403 ")
    writer.close()


async def test_ranges_are_checked(stage):
    for value in ("everybody", "10.0.0.1/8", "10.0.0.0/33", "", "10.0.0.0/8,", ",".join(["10.0.0.1"] * 65)):
        status, output = await refused_start(stage.world.program, "--port", "0", "--behind-proxy", value)
        assert status != 0 and "behind-proxy" in output, (value, output)
    status, output = await refused_start(
        stage.world.program, "--host", "0.0.0.0", "--port", "0", "--behind-proxy", "10.0.0.0/8")
    assert status != 0 and "authentication" in output and "--tls-certificate" not in output, output
