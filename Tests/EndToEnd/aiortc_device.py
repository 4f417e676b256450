"""A device that is no browser: aiortc on the Parley peer of this folder. It cannot take back an offer of its own.

Written from section 6 of docs/PROTOCOL.md: who offers first, who yields, which offer an answer answers.
"""

import asyncio
import time

import numpy
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from parley_peer import ParleyPeer

ABILITIES = {"rollback": False, "trickle": True, "restart": False}


class Bars(VideoStreamTrack):
    """A moving picture."""

    count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        self.count += 1
        pixels = numpy.zeros((240, 320, 3), numpy.uint8)
        left = self.count * 4 % 280
        pixels[:, left : left + 40] = (255, 128, 0)
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Link:
    """The connection with one other participant."""

    def __init__(self, device, other):
        self.device, self.other = device, other
        # No STUN server: the default of aiortc is one on the internet.
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames = {"audio": 0, "video": 0}
        self.offered = 0
        self.answering = 0
        self.pumps = []
        self.connection.on("track", self._receive)
        self.has_tracks = False

    def _receive(self, track):
        async def pump():
            try:
                while True:
                    await track.recv()
                    self.frames[track.kind] += 1
            except Exception:
                return  # The track has ended.

        self.pumps.append(asyncio.create_task(pump()))

    def add_tracks(self):
        if not self.has_tracks:
            self.has_tracks = True
            self.connection.addTrack(AudioStreamTrack())
            self.connection.addTrack(Bars())

    async def offer(self):
        self.add_tracks()
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.offered = await self.device.peer.offer(self.other, self.connection.localDescription.sdp)
        await self._no_more_candidates(self.offered)

    async def take_offer(self, frame):
        if self.connection.signalingState != "stable":
            return  # Both have offered at once; without rollback this side is impolite and goes on with its own.
        await self.connection.setRemoteDescription(RTCSessionDescription(frame["sdp"], "offer"))
        self.add_tracks()
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        await self.device.peer.signal(
            self.other, None, kind="answer", negotiation=frame["negotiation"], sdp=self.connection.localDescription.sdp)
        await self._no_more_candidates(frame["negotiation"])

    async def take_answer(self, frame):
        # Ignored: an answer to an offer that has been answered or replaced.
        if self.connection.signalingState == "have-local-offer" and frame["negotiation"] == self.offered:
            await self.connection.setRemoteDescription(RTCSessionDescription(frame["sdp"], "answer"))

    async def take_candidate(self, frame):
        init = frame["candidate"]
        if not init or not init.get("candidate") or self.connection.remoteDescription is None:
            return  # The end of candidates; aiortc needs no such thing.
        candidate = candidate_from_sdp(init["candidate"].split(":", 1)[1])
        if candidate.protocol != "udp" or candidate.ip.endswith(".local"):
            return
        candidate.sdpMid, candidate.sdpMLineIndex = init.get("sdpMid"), init.get("sdpMLineIndex")
        await self.connection.addIceCandidate(candidate)

    async def _no_more_candidates(self, negotiation):
        # aiortc writes all of its candidates into the description.
        await self.device.peer.signal(self.other, None, kind="ice-candidate", negotiation=negotiation, candidate=None)

    async def close(self):
        await self.connection.close()
        for pump in self.pumps:
            pump.cancel()


class AiortcDevice:
    def __init__(self, server, room, name="Device"):
        self.peer = ParleyPeer(server.connect_address, room=room, name=name, abilities=ABILITIES)
        self.name = name
        self.links = {}
        self.problems = []
        self._work = asyncio.Queue()

    async def __aenter__(self):
        self.peer.on_frame = self._work.put_nowait
        await self.peer.__aenter__()
        self._worker = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *error):
        self._worker.cancel()
        for link in self.links.values():
            await link.close()
        await self.peer.__aexit__(*error)
        if error[0] is None:
            assert not self.problems, self.problems

    async def _run(self):
        while True:
            frame = await self._work.get()
            try:
                await self._take(frame)
            except Exception as problem:
                self.problems.append(f"{frame.get('type')}: {problem!r}")

    async def _take(self, frame):
        kind = frame["type"]
        if kind in ("snapshot", "events"):
            await self._meet_everybody()
        elif kind == "offer":
            await self._link(frame["from"]).take_offer(frame)
        elif kind == "answer":
            await self._link(frame["from"]).take_answer(frame)
        elif kind == "ice-candidate":
            await self._link(frame["from"]).take_candidate(frame)
        elif kind == "hangup":
            await self._drop(frame["from"])
        elif kind == "rejected":
            self.problems.append(str(frame))

    def _link(self, other):
        if other not in self.links:
            self.links[other] = Link(self, other)
        return self.links[other]

    async def _meet_everybody(self):
        people = self.peer.room.people
        for other in [other for other in self.links if other not in people]:
            await self._drop(other)
        for other, person in people.items():
            if other != self.peer.id and other not in self.links:
                link = self._link(other)
                # Who came later makes the first offer.
                if people[self.peer.id]["joined"] > person["joined"]:
                    await link.offer()

    async def _drop(self, other):
        link = self.links.pop(other, None)
        if link:
            await link.close()

    async def meets(self, count, seconds=30):
        """Waits until sound and picture come from that many others."""
        deadline = time.monotonic() + seconds
        first = None
        while True:
            now = {other: dict(link.frames) for other, link in self.links.items()}
            if first is None or first.keys() != now.keys():
                first = now
            if len(now) == count and all(now[o][k] > first[o][k] + 3 for o in now for k in ("audio", "video")):
                return
            if time.monotonic() > deadline:
                states = [link.connection.connectionState for link in self.links.values()]
                raise AssertionError(
                    f"{self.name} does not meet {count} within {seconds} s: {now}, {states}, {self.problems}")
            await asyncio.sleep(0.05)
