"""WebSocket frames byte by byte, for what no decent client would send (RFC 6455, section 5.2)."""

import asyncio
import base64
import json
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(payload, opcode=TEXT, fin=True, reserved=0, masked=True, length=None):
    """One frame. `length`: the length that its header claims."""
    payload = payload.encode() if isinstance(payload, str) else payload
    length = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i & 3] for i, byte in enumerate(payload))


def upgrade_request(port, path="/v1/connect", **headers):
    lines = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "parley.v1",
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()


class RawSocket:
    """`async with RawSocket(server) as raw:` is an upgraded connection that sends what it is told."""

    def __init__(self, server, upgrade=True, receive_bytes=None):
        self.port = server.port
        self._tls = getattr(server, "tls", None)
        self._upgrades = upgrade
        self._receive_bytes = receive_bytes

    async def __aenter__(self):
        plain = socket.socket()
        if self._receive_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_bytes)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", self.port))
        self.socket = plain
        # A small limit: what is not asked for stays in the kernel.
        limit = 4096 if self._receive_bytes else 65536
        secure = {"ssl": self._tls, "server_hostname": "127.0.0.1"} if self._tls else {}
        self.reader, self.writer = await asyncio.open_connection(sock=plain, limit=limit, **secure)
        if self._upgrades:
            await self.send_bytes(upgrade_request(self.port))
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
            assert head.startswith(b"HTTP/1.1 101 "), head
        return self

    async def __aexit__(self, *error):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    async def send_bytes(self, data):
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), 20)

    async def send(self, message):
        await self.send_bytes(frame(message if isinstance(message, (str, bytes)) else json.dumps(message)))

    async def read_frame(self, seconds=5):
        """One frame of the server: `(opcode, payload)`; `None` when the connection has ended."""

        async def read():
            try:
                head = await self.reader.readexactly(2)
                assert head[1] & 0x80 == 0, "a server does not mask"
                length = head[1] & 0x7F
                if length == 126:
                    (length,) = struct.unpack(">H", await self.reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
                return head[0] & 0x0F, await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None

        return await asyncio.wait_for(read(), seconds)

    async def expect(self, seconds=5, **members):
        """Reads until a message with these members comes."""
        while True:
            got = await self.read_frame(seconds)
            assert got is not None, f"the connection ended before {members} came"
            opcode, payload = got
            if opcode == PING:
                await self.send_bytes(frame(payload, PONG))
            assert opcode != CLOSE, f"closed before {members} came: {payload!r}"
            if opcode == TEXT:
                message = json.loads(payload)
                if all(message.get(name) == value for name, value in members.items()):
                    return message

    async def expect_close(self, *codes, seconds=5, answers=False):
        """Reads until the server says goodbye; returns the code. `answers`: whether pings get their pong."""
        while True:
            got = await self.read_frame(seconds)
            assert got is not None, "the connection ended without a close frame"
            opcode, payload = got
            if opcode == PING and answers:
                await self.send_bytes(frame(payload, PONG))
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0]
                assert code in codes, f"closed with {code} ({payload[2:]!r}) instead of {codes}"
                assert payload[2:].decode(), "a close has a sentence"
                return code

    async def say_goodbye(self):
        """Our close frame: the first one, or the answer to the server's."""
        try:
            await self.send_bytes(frame(struct.pack(">H", 1000), CLOSE))
        except ConnectionError:
            pass  # The server has not waited for it.

    async def expect_end(self, seconds=5):
        """The server ends the connection; whatever it says before does not matter."""

        async def drain():
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass

        await asyncio.wait_for(drain(), seconds)

    async def hello(self, room=None, name=None):
        """Says hello, and joins when a room is named; returns the snapshot then."""
        message = {"type": "hello", "protocol": 1}
        if room:
            message["join"] = {"id": 1, "room": room} | ({"name": name} if name else {})
        await self.send(message)
        await self.expect(type="welcome")
        return await self.expect(type="snapshot") if room else None
