"""A call whose latency is measured, and people who attack the same server: see `run --hostile`.

usage: hostile.py call --port P --pid P --seconds S --attack NAME   JSON: latencies in us, quiet and attacked
       hostile.py attack NAME --port P                              until it is ended

The call goes on all the time: it is measured while it is quiet, while the attack is under way, and when it is quiet
again. It comes from 127.0.0.1, the attackers from eight other addresses of this machine.
"""

import argparse
import json
import os
import random
import selectors
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))

from raw_socket import CLOSE, PING, PONG, TEXT, frame, upgrade_request  # noqa: E402


def connected(port, upgrade=True, source="127.0.0.1"):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if upgrade:
        connection.sendall(upgrade_request(port))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = connection.recv(1)
            assert part, f"refused: {head!r}"
            head += part
        assert head.startswith(b"HTTP/1.1 101 "), head
    return connection


def hello(room=None, name=None):
    message = {"type": "hello", "protocol": 1}
    if room:
        message["join"] = {"id": 1, "room": room, "name": name}
    return frame(json.dumps(message))


# MARK: - The call


class Voice:
    """One of the two: blocking, and with as little Python between the clock and the socket as there can be."""

    def __init__(self, port, room, name):
        self.socket, self.buffer = connected(port), bytearray()
        self.socket.sendall(hello(room, name))
        self.received = 0
        self.me = self.expect("snapshot")["self"]

    def frames(self):
        """The next frames of the server; waits for at least one read."""
        part = self.socket.recv(65536)
        assert part, "the call was cut off"
        self.buffer += part
        while len(self.buffer) >= 2:
            length, start = self.buffer[1] & 0x7F, 2
            if length == 126:
                if len(self.buffer) < 4:
                    return
                length, start = struct.unpack(">H", self.buffer[2:4])[0], 4
            elif length == 127:
                if len(self.buffer) < 10:
                    return
                length, start = struct.unpack(">Q", self.buffer[2:10])[0], 10
            if len(self.buffer) < start + length:
                return
            opcode, payload = self.buffer[0] & 0x0F, bytes(self.buffer[start:start + length])
            del self.buffer[:start + length]
            if opcode == PING:
                self.socket.sendall(frame(payload, PONG))
            assert opcode != CLOSE, f"the call was closed: {payload!r}"
            if opcode == TEXT:
                yield payload

    def expect(self, kind):
        while True:
            for payload in self.frames():
                message = json.loads(payload)
                assert message["type"] != "rejected", message
                if message["type"] == kind:
                    return message

    def hears(self, sender, n):
        """Waits for the signal of that number, which has to be the next one."""
        beginning = f'{{"type":"signal","from":"{sender}","n":'.encode()
        while True:
            for payload in self.frames():
                if payload.startswith(beginning):
                    at = time.perf_counter_ns()
                    assert json.loads(payload)["n"] == n == self.received + 1, "lost, doubled or out of order"
                    self.received = n
                    if n % 32 == 0:
                        self.socket.sendall(frame(f'{{"type":"beat","ack":{{"{sender}":{n}}}}}'))
                    return at
                assert not payload.startswith(b'{"type":"rejected"'), payload


class Call:
    """Two people who take turns in saying something to each other. Whatever is lost, doubled or refused ends it."""

    def __init__(self, port, pause=0.002):
        room = f"call-{os.getpid()}"
        self.pair = [Voice(port, room, name) for name in ("Ada", "Bob")]
        self.n, self.pause, self.data = 0, pause, "x" * 250

    def talk(self, seconds):
        """How long each signal took."""
        latencies, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            self.n += 1
            floor = max(1, self.n - 64)
            for speaker, listener in (self.pair, self.pair[::-1]):
                said = frame(
                    f'{{"type":"signal","to":"{listener.me}","n":{self.n},"floor":{floor},"data":"{self.data}"}}')
                begun = time.perf_counter_ns()
                speaker.socket.sendall(said)
                latencies.append((listener.hears(speaker.me, self.n) - begun) / 1_000)
                time.sleep(self.pause)
        return latencies


def call(port, seconds, attack, pid):
    """Quiet, attacked, quiet. The attack has a second to begin and one to end, in which the call is not measured."""
    talk = Call(port).talk
    talk(0.3)
    quiet = talk(seconds / 2)
    # Whoever measures goes before whoever attacks, on the processor that they share.
    last = ["chrt", "-o", "0"] if os.sched_getscheduler(0) == os.SCHED_RR else []
    command = [*last, "nice", "-n", "30", sys.executable, __file__, "attack", attack, "--port", str(port)]
    attacker = subprocess.Popen(command)
    try:
        # From the first moment on nothing may be lost; how long it takes is measured when all of them are there.
        talk(1)
        before = busy_seconds(pid)
        attacked = talk(seconds)
        busy = (busy_seconds(pid) - before) / seconds
        assert attacker.poll() is None, "the attack has ended by itself"
    finally:
        attacker.terminate()
        attacker.wait()
    talk(1)
    return {"quiet": quiet + talk(seconds / 2), "attacked": attacked, "busy": busy}


def busy_seconds(pid):
    """For how long a process has had a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# MARK: - The attacks


class Attacker:
    """A socket that sends the same over and over, throws away what comes, and comes back when it is thrown out."""

    count = 0

    def __init__(self, port, data, opening=hello, upgrade=True, once=False, pause=0):
        Attacker.count += 1
        self.source = f"127.0.0.{2 + Attacker.count % 8}"
        self.port, self.data, self.opening, self.upgrade, self.once = port, data, opening, upgrade, once
        self.pause, self.due = pause, 0
        self.connect()

    def connect(self):
        try:
            self.socket = connected(self.port, self.upgrade, self.source)
        except (OSError, AssertionError):
            self.socket = None
            return
        if self.opening:
            self.socket.sendall(self.opening())
        self.socket.setblocking(False)
        self.rest = self.data


def assault(attackers):
    """Serves all of them for ever."""
    selector = selectors.EpollSelector()

    def register(attacker):
        if attacker.socket:
            events = selectors.EVENT_READ | (0 if attacker.once or attacker.pause else selectors.EVENT_WRITE)
            selector.register(attacker.socket, events, attacker)
            if attacker.once:
                attacker.socket.send(attacker.data)

    for attacker in attackers:
        register(attacker)
    dripping = [attacker for attacker in attackers if attacker.pause]
    retry = time.monotonic()
    while True:
        now = time.monotonic()
        if retry < now:
            # Whoever was refused tries again.
            retry = now + 0.1
            for attacker in attackers:
                if attacker.socket is None:
                    attacker.connect()
                    register(attacker)
        for attacker in dripping:
            if attacker.due < now and attacker.socket:
                attacker.due = now + attacker.pause
                step(attacker, selectors.EVENT_WRITE, selector, register)
        for key, events in selector.select(0.05):
            step(key.data, events, selector, register)


def step(attacker, events, selector, register):
    try:
        if events & selectors.EVENT_READ and not attacker.socket.recv(1 << 20):
            raise ConnectionError
        if events & selectors.EVENT_WRITE:
            part = attacker.rest[:1] if attacker.pause else attacker.rest
            sent = attacker.socket.send(part)
            attacker.rest = attacker.rest[sent:] or attacker.data
    except BlockingIOError:
        pass
    except (OSError, ConnectionError):
        selector.unregister(attacker.socket)
        attacker.socket.close()
        attacker.connect()
        register(attacker)


def storm(port):
    """Connections that begin and end: TCP, the upgrade and a hello."""
    while True:
        try:
            connection = connected(port, source=f"127.0.0.{random.randint(2, 9)}")
            connection.sendall(hello())
            connection.recv(4096)
            connection.close()
        except (OSError, AssertionError):
            time.sleep(0.01)


SOMEBODY = "p_AdaF3kQ9sTn2WbXeR7yUvA"


def bomb():
    """As dear to read as a frame can be: names that Unicode takes for one, as many as there is room for."""
    letters = ("\u00e9", "e\u0301")
    names = ["".join(letters[n >> bit & 1] for bit in range(11)) for n in range(1_700)]
    beat = {"type": "beat", "ack": dict.fromkeys(names, 1)}
    return frame(json.dumps(beat, ensure_ascii=False, separators=(",", ":")))


def many(count, *arguments, **more):
    return lambda port: assault([Attacker(port, *arguments, **more) for _ in range(count)])


def messages(*each):
    return b"".join(frame(json.dumps(message)) for message in each)


ATTACKS = {
    "silent": ("2,000 connections that say no hello", many(2_000, b"", opening=None, once=True)),
    "storm": ("connections that begin and end", storm),
    "pings": ("8 who send nothing but pings", many(8, frame(b"x" * 100, PING) * 400)),
    "fragments": ("8 who send fragments without a byte", many(
        8, frame(b"", TEXT, fin=False) + frame(b"", 0, fin=False) * 4_000 + frame(b"", 0))),
    "nonsense": ("8 who send what is no JSON", many(8, frame("nonsense") * 100)),
    "signals": ("8 who signal to nobody", many(8, messages(
        *({"type": "signal", "to": SOMEBODY, "n": n, "floor": 1, "data": "x" * 200} for n in range(1, 100))))),
    "joins": ("8 who guess rooms", many(8, messages(
        *({"type": "join", "id": 1, "room": f"r_{n:020d}AA"} for n in range(100))))),
    "bombs": ("4 who send frames that are dear to read", many(4, bomb())),
    "giants": ("100 who each have a frame of 60 kB under way", many(100, frame("x" * 60_000)[:-1], once=True)),
    "pages": ("8 who load the page over and over", many(
        8, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20, opening=None, upgrade=False)),
    "drips": ("500 whose requests come byte by byte", many(
        500, b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000, opening=None, upgrade=False, pause=0.1)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=["call", "attack"])
    parser.add_argument("name", nargs="?", choices=[*ATTACKS, None])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--attack", choices=[*ATTACKS])
    parser.add_argument("--pid", type=int, help="of the server")
    arguments = parser.parse_args()
    if arguments.role == "attack":
        ATTACKS[arguments.name][1](arguments.port)
    else:
        print(json.dumps(call(arguments.port, arguments.seconds, arguments.attack, arguments.pid)))


if __name__ == "__main__":
    main()
