"""A WebSocket for somebody who has two hundred of them: no task of its own, and writing never waits."""

import asyncio

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

OPEN_SECONDS = 3


class ChaosSocket(asyncio.Protocol):
    """Tells its owner `opened(socket)`, `heard(socket, text)` and, once, `closed(socket, code, why)`."""

    def __init__(self, owner, address, is_second=False):
        self.owner = owner
        # A connection to move to, while the first one works.
        self.is_second = is_second
        self.codec = ClientProtocol(parse_uri(address), subprotocols=["parley.v1"], max_size=None)
        self.transport = None
        self.is_open = self.is_over = False
        self._text = b""

    @classmethod
    async def connect(cls, owner, address, is_second=False):
        """In time, or it raises; its owner may have been told more by then."""
        uri = parse_uri(address)
        loop = asyncio.get_running_loop()
        _, socket = await asyncio.wait_for(
            loop.create_connection(lambda: cls(owner, address, is_second), uri.host, uri.port), OPEN_SECONDS)
        return socket

    def connection_made(self, transport):
        self.transport = transport
        self._deadline = asyncio.get_running_loop().call_later(OPEN_SECONDS, self.give_up, "no answer to the upgrade")
        self.codec.send_request(self.codec.connect())
        self._flush()

    def data_received(self, data):
        self.codec.receive_data(data)
        self._flush()
        for event in self.codec.events_received():
            if self.is_over:
                return
            if not self.is_open:
                self._answered()
            elif event.opcode is Opcode.TEXT or event.opcode is Opcode.CONT:
                self._text += bytes(event.data)
                if event.fin:
                    text, self._text = self._text, b""
                    self.owner.heard(self, text.decode())
        if self.codec.close_rcvd is not None:
            self._over(self.codec.close_rcvd.code, self.codec.close_rcvd.reason)

    def _answered(self):
        self._deadline.cancel()
        if self.codec.handshake_exc is not None:
            return self.give_up(str(self.codec.handshake_exc))
        self.is_open = True
        self.owner.opened(self)

    def connection_lost(self, error):
        self.codec.receive_eof()
        self._over(None, f"{error or 'end of the connection'}")

    def say(self, text):
        # Its close may have been read with what is heard now.
        if self.is_open and not self.is_over and self.codec.state is State.OPEN:
            self.codec.send_text(text.encode())
            self._flush()

    def pause(self):
        self.transport.pause_reading()

    def go_on(self):
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def goodbye(self, code=1000):
        if self.is_open and not self.is_over and self.codec.state is State.OPEN:
            self.is_over = True
            self.codec.send_close(code)
            self._flush()
            self.transport.close()

    def drop(self):
        """Nobody is told."""
        self.is_over = True
        self._deadline.cancel()
        self.transport.abort()

    def give_up(self, why):
        self.transport.abort()
        self._over(None, why)

    def _flush(self):
        for data in self.codec.data_to_send():
            if data and not self.transport.is_closing():
                self.transport.write(data)

    def _over(self, code, why):
        self._deadline.cancel()
        if not self.is_over:
            self.is_over = True
            self.transport.abort()
            self.owner.closed(self, code, why)
