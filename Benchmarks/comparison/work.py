"""The work that all of them do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    name: str
    meaning: str
    # What `load` is told, and what `generator` is told for the same.
    scenario: tuple
    generator: tuple
    figure: str = "cpuNanoseconds"
    unit: str = "ns of CPU"
    bytes: int = 300
    people: int = 0
    pairs: int = 0

    def fits(self, peer):
        """Room events nobody else has."""
        return bool(self.scenario) and self.people <= peer.people_max

    def words(self, peer):
        words = [*(self.scenario if peer.protocol else self.generator)]
        if self.people:
            words += ["--people", str(self.people)]
        if self.pairs:
            words += ["--pairs", str(min(self.pairs, peer.pairs_max))]
        return words


def relay(*words):
    return ("--scenario", "relay", *words)


ROOM, PULSES, EVENTS = ("--scenario", "room"), ("--scenario", "pulses"), ("--scenario", "media")
ARRIVE = ("--scenario", "arrive")

WORK = [
    Work("relay", "a message of 300 B to one person, 64 pairs, one under way", relay(), relay()),
    Work("bursts", "the same in bursts of 8", relay("--burst", "8"), relay("--burst", "8")),
    Work("room-100", "a message of 300 B to a room of 100, for each who gets it", ROOM, PULSES, people=100),
    Work("room-1000", "the same in a room of 1,000", ROOM, PULSES, people=1_000),
    Work("event-100", "a room event (numbered, kept, hashed) in a room of 100, for each who gets it", (), EVENTS,
         people=100),
    Work("event-1000", "the same in a room of 1,000", (), EVENTS, people=1_000),
    Work("arrive", "connect, get in, join a room of two", ARRIVE, ("--scenario", "joins"), pairs=1_000),
    Work("memory", "memory of an idle connection in a room of two", ARRIVE, ("--scenario", "idle"),
         "bytesPerConnection", "bytes", pairs=1_500),
]
