"""Rows with a target of their own, without a server to compare with."""

from dataclasses import dataclass

from findings import Finding


@dataclass(frozen=True)
class Wanted:
    name: str
    meaning: str
    unit: str
    # None: only for information.
    target: float | None
    # Beyond it the run fails. None: it never does.
    floor: float | None = None
    stretch: float | None = None
    # Whether more is better.
    more: bool = False
    digits: int = 0

    def says(self, value):
        return f"{value:,.{self.digits}f} {self.unit}".rstrip()

    def is_within(self, value, bound):
        return value >= bound if self.more else value <= bound

    def verdict(self, value):
        if self.target is None:
            return "for information"
        if self.stretch is not None and self.is_within(value, self.stretch):
            return "better than hoped"
        if self.is_within(value, self.target):
            return "as wanted"
        if self.target == 0:
            return f"misses by {self.says(value)}"
        return f"misses by {100 * abs(value / self.target - 1):.0f} %"

    def bound(self):
        wanted = "" if self.target is None else f"{'at least' if self.more else 'at most'} {self.says(self.target)}"
        return wanted + ("" if self.stretch is None else f", hoped {self.says(self.stretch)}")

    def missing(self, words):
        return Finding(self.name, self.meaning, "", self.bound(), words, True)

    def finding(self, value, remark=""):
        """`remark`: why the figure is not to be believed, if it is not; then the row has not been held."""
        is_worse = self.floor is not None and not self.is_within(value, self.floor)
        words = remark or self.verdict(value) + (", WORSE THAN IT WAS" if is_worse else "")
        return Finding(self.name, self.meaning, self.says(value), self.bound(), words, is_worse)


PARTS = {
    "crowd": [
        Wanted("mute-1000", "mute all in a room of 1,000: heard by 99 of 100 after", "ms", 50, 100, digits=1),
        Wanted("mute-10000", "mute all in a room of 10,000: heard by half of them after", "ms", 50, 150, digits=1),
        Wanted("mute-10000-last", "the same: heard by the last after", "ms", 100, 300, 60, digits=1),
        Wanted("joins-10000", "10,000 join one room: all in after", "s", 3, 6, digits=2),
        Wanted("joins-bytes", "the same: bytes for each, in times of those in a room of 1,000", "times", 1.1, 1.3,
               digits=2),
    ],
    "resume": [
        Wanted("resume-10000", "10,000 sessions cut off at once: all are back, and know all, after", "s", 5, 20,
               digits=2),
        Wanted("resume-lost", "the same: lost, twice, out of order, or refused", "messages", 0, 0),
    ],
    "heartbeats": [
        Wanted("idle-2s", "10,000 idle connections, heartbeats as by default", "% of a core", 15, 20, digits=1),
        Wanted("idle-5s", "the same, heartbeats of 5 s", "% of a core", 6, 10, digits=1),
        Wanted("idle-2s-rooms", "10,000 idle in rooms of two, heartbeats as by default", "% of a core", None, digits=1),
        Wanted("idle-5s-rooms", "the same, heartbeats of 5 s", "% of a core", None, digits=1),
    ],
    "signalling": [
        Wanted("signalling", "10,000 sessions × 50 signals of 300 B, bursts of 10: sustained", "a second", 100_000,
               60_000, more=True),
        Wanted("signalling-half", "the same at 50,000 a second: 99 of 100 are there after", "ms", 20, 100, digits=1),
        Wanted("signalling-apart", "the same, not in bursts but one by one", "ms", None, digits=1),
    ],
    "tls": [
        Wanted("tls", "a signal of 300 B, 64 pairs, over TLS, in times of plaintext", "times", 1.4, 1.6, digits=2),
        Wanted("tls-bursts", "the same in bursts of 8", "times", 1.4, 1.6, digits=2),
        Wanted("tls-memory", "memory of an idle connection over TLS with its session", "B", 24 * 1024, 27_000),
        Wanted("tls-joins", "handshake, upgrade, hello and join over TLS", "µs", None),
    ],
    "loops": [
        Wanted("loops-100", "two event loops in times of one: a room event to one of 100", "times", 1.2, 1.5,
               digits=2),
        Wanted("loops-1000", "the same to one of 1,000", "times", 1.2, 1.5, digits=2),
        Wanted("loops-relay", "the same, a signal of 300 B, 64 pairs, one under way", "times", None, digits=2),
        Wanted("loops-bursts", "the same in bursts of 8", "times", None, digits=2),
    ],
    "allocations": [
        Wanted("allocations", "allocations for a relayed signal, one under way", "", 0, 0.5, digits=3),
        Wanted("allocations-bursts", "the same in bursts of 8", "", 0, 0.1, digits=3),
        Wanted("allocations-100", "allocations per delivery of a room event to one of 100", "", 0.02, 1, digits=3),
        Wanted("allocations-1000", "the same in a room of 1,000", "", 0.02, 1, digits=3),
    ],
    "own": [
        Wanted("own-code", "own code for a signal of 300 B: unmask, UTF-8, scan, frame", "ns", 300, 900),
    ],
}

# Of the row `sessions`, which is beside `ws`.
MEMORY = Wanted("sessions-bytes", "the same, by itself", "B", 4_500, 6_500, 3_500)
DAY = Wanted("day", "50,000,000 signals of 300 B, bursts of 10, 10,000 sessions: on one core after", "minutes", 10, 20,
             digits=1)
