#!/usr/bin/env python3
"""The wire between one node and its store, as a process of its own: told on standard input what to do to it.

usage: chaos_link.py PORT STORE_PORT

  {"do": "cut"}                     what is written goes nowhere, in both directions, and nobody is told
  {"do": "reset"}                   every connection is reset; new ones work
  {"do": "delay", "seconds": S}     each piece comes so much later, in order
  {"do": "halve", "bytes": N}       N more bytes pass to the store or back, whichever is first, then a reset
  {"do": "to", "port": P}           the store is there from now on; every connection is reset
  {"do": "mend"}                    all is well again; what was cut is reset
"""

import asyncio
import json
import socket
import struct
import sys


class Wire:
    """One connection."""

    def __init__(self, link, node, store):
        self.link = link
        self.ends = (node, store)

    def reset(self):
        for end in self.ends:
            if not end.transport.is_closing():
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.transport.abort()

    async def carry(self, reader, writer):
        """Pieces in order; each waits for its time, and reading goes on meanwhile."""
        line = asyncio.Queue()
        passing = asyncio.create_task(self._pass(line, writer))
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65536):
                line.put_nowait((loop.time() + self.link.delay, data))
            line.put_nowait(None)
            await passing
        except OSError:
            pass
        finally:
            passing.cancel()
            self.reset()

    async def _pass(self, line, writer):
        loop = asyncio.get_running_loop()
        while (piece := await line.get()) is not None:
            due, data = piece
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if self.link.is_cut:
                continue
            if self.link.rest is not None and len(data) >= self.link.rest:
                writer.write(data[: self.link.rest])
                await writer.drain()
                self.link.rest = None
                await asyncio.sleep(0.005)
                return self.reset()
            if self.link.rest is not None:
                self.link.rest -= len(data)
            writer.write(data)
            await writer.drain()


class Link:
    def __init__(self, store_port):
        self.store_port = store_port
        self.wires = set()
        self.delay = 0
        self.is_cut = False
        self.rest = None

    async def serve(self, reader, writer):
        try:
            from_store, to_store = await asyncio.open_connection("127.0.0.1", self.store_port)
        except OSError:
            return writer.transport.abort()
        wire = Wire(self, writer, to_store)
        self.wires.add(wire)
        try:
            await asyncio.gather(wire.carry(reader, to_store), wire.carry(from_store, writer))
        except OSError:
            pass
        finally:
            self.wires.discard(wire)

    def obey(self, order):
        do = order["do"]
        if do == "cut":
            self.is_cut = True
        elif do == "delay":
            self.delay = order["seconds"]
        elif do == "halve":
            self.rest = order["bytes"]
        elif do == "reset":
            self._reset()
        elif do == "to":
            self.store_port = order["port"]
            self._reset()
        elif do == "mend":
            # Of a stream that lacks bytes nothing may be carried any more.
            if self.is_cut:
                self._reset()
            self.delay, self.is_cut, self.rest = 0, False, None
        print(json.dumps({"done": do, "wires": len(self.wires)}), flush=True)

    def _reset(self):
        for wire in list(self.wires):
            wire.reset()


async def main():
    link = Link(int(sys.argv[2]))
    server = await asyncio.start_server(link.serve, "127.0.0.1", int(sys.argv[1]))
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while line := await orders.readline():
        link.obey(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main())
