"""Writes what was measured into the page, between its marks."""

import statistics
import time

from served import machine
from servers import PARLEY, version

BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
TITLES = {
    "relay": "one message", "bursts": "in bursts of 8", "room-100": "room of 100", "room-1000": "room of 1,000",
    "arrive": "connect and join", "memory": "memory",
}


def shown(work, value):
    if work.figure == "bytesPerConnection":
        return f"{value / 1000:.1f} kB"
    return f"{value / 1000:.0f} µs" if value >= 100_000 else f"{value / 1000:.2f} µs"


def cell(work, peer, results):
    mine = [each[work.figure] for each in results.get((work.name, peer.name), [])]
    if not mine:
        return "–"
    base = [each[work.figure] for each in results[work.name, PARLEY.name]]
    ratio = statistics.median(other / own for other, own in zip(mine, base))
    return shown(work, statistics.median(mine)) + ("" if peer is PARLEY else f" ({ratio:.2f})")


def table(peers, rows, results):
    """A line for each server."""
    columns = [work for work in rows if work.name in TITLES]
    lines = ["| | " + " | ".join(TITLES[work.name] for work in columns) + " |", "|---|" + "---|" * len(columns)]
    for peer in [PARLEY, *peers]:
        title = peer.title if peer is PARLEY else f"{peer.title} ({version(peer)})"
        lines.append(f"| {title} | " + " | ".join(cell(work, peer, results) for work in columns) + " |")
    events = [f"{cell(work, PARLEY, results)} in a room of {work.people:,}" for work in rows if not work.scenario]
    return [*lines, "", f"Rooms: Parley's pulses. Its room events cost {' and '.join(events)}."]


def publish(path, peers, rows, results):
    before, rest = path.read_text().split(BEGIN)
    _, behind = rest.split(END)
    about, rounds = machine(), len(results[rows[0].name, PARLEY.name])
    lines = [
        f"{time.strftime('%-d %B %Y')}, commit {about['commit']}; {about['processor']}, {about['processors']} "
        f"processors, Linux {about['kernel']}; medians of {rounds} rounds.",
        "", *table(peers, rows, results)]
    path.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + behind)
