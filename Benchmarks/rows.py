"""The rows of the table: what is compared, and what is wanted of it."""

from dataclasses import dataclass

RAISED = ["--room-capacity", "10000", "--messages-per-second", "10000000", "--message-burst", "10000000"]
# Everybody speaks, so everybody is on the stage.
ON_STAGE = [*RAISED, "--stage-max", "1000"]


@dataclass(frozen=True)
class Row:
    """`figure` of the other side divided by Parley's: above 1 is in Parley's favour."""

    name: str
    meaning: str
    options: list
    # What the design asks for, and what it hopes for.
    target: float
    stretch: float | None = None
    # Below this something has been lost since it was last looked at, and the run fails.
    floor: float | None = None
    figure: str = "cpuNanoseconds"
    unit: str = "ns of CPU"
    flags: tuple = tuple(ON_STAGE)
    seconds: float | None = None


def relay(*words):
    return ["--scenario", "relay", *words]


ROWS = [
    Row("relay", "a signal of 300 B, 64 pairs, one under way", relay(), 1.25, 1.5, 1.05),
    Row("bursts", "a signal of 300 B, 64 pairs, bursts of 8", relay("--burst", "8"), 6, 8, 4),
    Row("relay-4k", "a signal of 4 KB, 64 pairs, one under way", relay("--bytes", "4096"), 1.9, 2.3, 1.6),
    Row("relay-4000", "a signal of 300 B over 4,000 busy sockets", relay("--pairs", "2000"), 1.5, 2, 0.85),
    Row("pulses-100", "a pulse of 150 B to one of 100",
        ["--scenario", "pulses", "--people", "100", "--bytes", "150"], 1.1, 1.4, 1.1),
    Row("media-100", "a room event to one of 100", ["--scenario", "media", "--people", "100"], 1.1, 1.4, 1.1),
    Row("media-1000", "a room event to one of 1,000", ["--scenario", "media", "--people", "1000"], 1.1, 1.4, 1.1),
    Row("media-10000", "a room event to one of 10,000, 50 of them on the stage",
        ["--scenario", "media", "--people", "9900", "--speakers", "20"], 1.05, 1.4, 0.7, flags=tuple(RAISED)),
    Row("joins", "upgrade, hello and join, rooms of two", ["--scenario", "joins", "--pairs", "2000"], 2, 2.5, 0.9),
    Row("sessions", "an idle connection with its session", ["--scenario", "sessions", "--pairs", "4500"],
        1 / 0.75, None, 1.15, figure="bytesPerConnection", unit="bytes", seconds=1),
    Row("idle", "an idle connection in a room of two", ["--scenario", "idle", "--pairs", "4500"],
        1, None, 0.45, figure="bytesPerConnection", unit="bytes", seconds=1),
]
