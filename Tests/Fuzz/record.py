#!/usr/bin/env python3
"""Records what clients and a server really say, for the fuzz targets to begin with: end-to-end tests run through a tap.

usage: record.py --server PROGRAM [--keep N] PATTERN …

PATTERN selects end-to-end tests, as in Tests/EndToEnd/run.py; those with browsers are the best. What is secret, or
says where it was recorded, is written over. It is added to Corpora; `run.py --minimise` then keeps what reaches
something new.
"""

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
END_TO_END = FOLDER.parent / "EndToEnd"
sys.path[:0] = [str(END_TO_END), str(FOLDER)]

import corpus  # noqa: E402
import run as end_to_end  # noqa: E402 (that of END_TO_END)
import server  # noqa: E402
import stage  # noqa: E402

# Longer ones are slow, and say nothing that shorter ones do not.
BYTES_MAX = 4_096
# A member whose value is a secret; SDP's secrets; and what an address or a name of this machine could be.
SECRETS = [
    (re.compile(rb'("(?:secret|credential|password|pin|token|ticket|assertion|key)": ?")[^"]{8,}'), rb"\1ssssssss"),
    (re.compile(rb"((?:a=ice-ufrag|ufrag)[: ])[A-Za-z0-9+/]{2,}"), rb"\1uuuu"),
    (re.compile(rb"(a=ice-pwd:)[A-Za-z0-9+/]+"), rb"\1" + b"p" * 22),
    (re.compile(rb"(a=fingerprint:sha-256 )[0-9A-F:]+"), rb"\1" + b":".join([b"AB"] * 32)),
    (re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), b"00000000-0000-0000-0000-000000000000"),
    (re.compile(rb"\b(?:10|127|172|192)(?:\.\d{1,3}){3}\b"), b"192.0.2.1"),
    (re.compile(rb"(Authorization: Bearer |bearer\.|[?&](?:token|ticket)=)[^\r\n, &]{8,}"), rb"\1a.b.c"),
]


def without_secrets(data):
    for pattern, replacement in SECRETS:
        data = pattern.sub(replacement, data)
    return data


class Recorded:
    """By target, in the order in which it was said."""

    def __init__(self):
        self.inputs = {}

    def add(self, target, data):
        data = without_secrets(data)
        if 0 < len(data) <= BYTES_MAX:
            self.inputs.setdefault(target, {})[data] = None

    def message(self, text, is_client):
        for target in (["envelopes", "client-messages"] if is_client else ["server-messages", "load-signals"]):
            self.add(target, text)
        self.add("json", text)

    def connection(self, up, down):
        """All bytes of a connection, both ways."""
        head, _, frames = up.partition(b"\r\n\r\n")
        self.add("upgrades", head + b"\r\n\r\n")
        self.add("accepting", b"\0\0" + head + b"\r\n\r\n" + without_masks(frames)[:400])
        if b"upgrade: websocket" not in head.lower():
            return
        self.add("connections", b"\0\0" + without_masks(frames)[:1_000])
        self.add("frames", b"\x0c\2\3\0" + without_masks(frames)[:1_000])
        answers = down.partition(b"\r\n\r\n")[2]
        self.add("frames", b"\x0d\1\2" + answers[:1_000])
        for text in texts(frames):
            self.message(text, is_client=True)
        for text in texts(answers):
            self.message(text, is_client=False)


def split(data):
    """Frames that are whole: first byte, payload."""
    at = 0
    while at + 2 <= len(data):
        size = {126: 2, 127: 8}.get(data[at + 1] & 127, 0)
        length = int.from_bytes(data[at + 2:at + 2 + size], "big") if size else data[at + 1] & 127
        start = at + 2 + size
        mask = bytes(4)
        if data[at + 1] & 128:
            mask, start = data[start:start + 4], start + 4
        payload = data[start:start + length]
        if len(payload) < length or len(mask) < 4:
            return
        yield data[at], bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
        at = start + length


def without_masks(data):
    """The same frames with a mask of zeros, so that the fuzzer can read them, and without secrets."""
    result = b""
    for first, payload in split(data):
        payload = without_secrets(payload)
        size = len(payload)
        head = bytes([128 | size]) if size < 126 else bytes([254]) + size.to_bytes(2, "big")
        if size < 65_536:
            result += bytes([first]) + head + bytes(4) + payload
    return result


def texts(data):
    return [payload for first, payload in split(data) if first == 0x81]


class Tap:
    """Stands in front of a server and writes down all that passes."""

    def __init__(self, port, recorded):
        self.port, self.recorded = port, recorded

    async def start(self):
        self.listener = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return self.listener.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        up, down = bytearray(), bytearray()
        try:
            there, here = await asyncio.open_connection("127.0.0.1", self.port)
            await asyncio.gather(self.pass_on(reader, here, up), self.pass_on(there, writer, down))
        except OSError:
            pass
        finally:
            self.recorded.connection(bytes(up), bytes(down))
            writer.close()

    @staticmethod
    async def pass_on(reader, writer, log):
        try:
            while data := await reader.read(65_536):
                # A long meeting repeats itself.
                if len(log) < 1 << 20:
                    log += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def tapped(recorded):
    class TappedServer(server.Server):
        async def __aenter__(self):
            await super().__aenter__()
            if self.address.startswith("http:"):
                port = await Tap(self.port, recorded).start()
                self.address = re.sub(r":\d+/$", f":{port}/", self.address)
            return self

    return TappedServer


def kept(inputs, most):
    """Of each kind of message the shortest ones; of what is none, some of every length."""
    kinds = {}
    for data in sorted(inputs, key=len):
        try:
            value = json.loads(data)
            kind = (value.get("type"), *sorted(value)) if isinstance(value, dict) else None
        except ValueError:
            kind = None
        kinds.setdefault(kind, []).append(data)
    others = kinds.pop(None, [])
    return others[::max(1, len(others) // 40)] + [data for group in kinds.values() for data in group[:most]]


async def record(arguments):
    recorded = Recorded()
    stage.Server = tapped(recorded)
    failed = 0
    async with stage.World(arguments.server) as world:
        modules, patient = end_to_end.collect(arguments.patterns, False)
        for together, tests in [*modules, (1, patient)]:
            failed += (await end_to_end.run_module(world, together, tests, 1)).count(False)
    for target, inputs in sorted(recorded.inputs.items()):
        path = FOLDER / "Corpora" / f"{target}.txt"
        chosen = kept(inputs, arguments.keep)
        corpus.write(path, [*corpus.read(path), *chosen])
        print(f"{target}: {len(chosen)} of {len(inputs)}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="+", metavar="PATTERN")
    parser.add_argument("--server", required=True, metavar="PROGRAM")
    parser.add_argument("--keep", type=int, default=4, metavar="N", help="of each kind of message")
    return 1 if asyncio.run(record(parser.parse_args())) else 0


if __name__ == "__main__":
    sys.exit(main())
