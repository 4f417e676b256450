"""What grows with what: CPU and memory against connections, rooms, the size of a room and the length of a message."""

import sys

from findings import keep, kept
from measured import FREE
from plot import Panel, figure
from rows import RAISED
from served import ROOT, Served, measure, serve

IMAGES = ROOT / "docs" / "images"
CONNECTIONS = (1_000, 2_500, 5_000, 10_000, 17_500)
ROOMS = (500, 1_000, 2_500, 5_000, 8_750)
SIZES = (2, 5, 10, 20, 50, 100, 500, 2_000)
AUDIENCES = (10, 30, 100, 300, 1_000, 3_000, 10_000)
LENGTHS = (100, 300, 1_000, 4_000, 16_000, 60_000)


def look(bench, words, flags=(), seconds=1.5):
    with Served(serve(bench.program, *flags)) as served:
        result = measure(bench.generator, "parley", served, [str(word) for word in words], seconds)
    print(" ".join(str(word) for word in words), result, file=sys.stderr, flush=True)
    return result


def of_connections(bench):
    points = []
    for count in CONNECTIONS:
        idle = look(bench, ["--scenario", "sessions", "--pairs", count // 2, "--warmup", 3], seconds=8)
        busy = look(bench, ["--scenario", "relay", "--pairs", count // 2], FREE)
        points.append({"at": count, "idle": idle, "busy": busy})
    return points


def of_rooms(bench):
    return [
        {"at": count, "idle": look(bench, ["--scenario", "idle", "--pairs", count, "--warmup", 3], seconds=8)}
        for count in ROOMS
    ]


def of_sizes(bench):
    """Rooms of one size, 4,000 people in all; and what an event costs in a room of that size."""
    rooms = [
        {"at": size, "idle": look(bench, ["--scenario", "idle", "--pairs", 2_000, "--room-size", size], RAISED)}
        for size in SIZES
    ]
    events = [
        {"at": people, "event": look(bench, ["--scenario", "media", "--people", people, "--speakers", 10], RAISED)}
        for people in AUDIENCES
    ]
    return {"rooms": rooms, "events": events}


def of_lengths(bench):
    return [{"at": bytes, "busy": look(bench, ["--scenario", "relay", "--bytes", bytes], FREE)} for bytes in LENGTHS]


def growth(bench):
    results = {
        "connections": of_connections(bench), "rooms": of_rooms(bench), "sizes": of_sizes(bench),
        "lengths": of_lengths(bench),
    }
    keep("growth", [], results)
    draw(results)


def curve(points, kind, member, factor=1.0):
    return [(point["at"], point[kind][member] * factor) for point in points if kind in point]


def draw(results):
    """- Parameter results: as they are kept."""
    connections, rooms, sizes, lengths = (results[each] for each in ("connections", "rooms", "sizes", "lengths"))
    figures = {
        "cost-connections": ("What connections cost", [
            Panel("Idle: % of a core", "connections", {"": curve(connections, "idle", "busy", 100)}, False),
            Panel("Memory of the server, MiB", "connections", {"": curve(connections, "idle", "megabytes")}, False),
            Panel("A signal of 300 B while all are busy: µs of CPU", "connections",
                  {"": curve(connections, "busy", "cpuNanoseconds", 1e-3)}, False),
        ]),
        "cost-rooms": ("What rooms of two cost", [
            Panel("Idle: % of a core", "rooms of two", {"": curve(rooms, "idle", "busy", 100)}, False),
            Panel("Memory of the server, MiB", "rooms of two", {"": curve(rooms, "idle", "megabytes")}, False),
        ]),
        "cost-sizes": ("What a person costs by the size of the room", [
            Panel("An event: µs of CPU for each who hears it", "people in the room",
                  {"": curve(sizes["events"], "event", "cpuNanoseconds", 1e-3)}),
            Panel("Upgrade, hello and join: µs of CPU", "people in the room",
                  {"": curve(sizes["rooms"], "idle", "joinMicroseconds")}),
            Panel("Memory of a person who is there, kB", "people in the room",
                  {"": curve(sizes["rooms"], "idle", "bytesPerConnection", 1e-3)}),
        ]),
        "cost-lengths": ("What a signal costs by its length", [
            Panel("A relayed signal: µs of CPU", "bytes of the signal",
                  {"": curve(lengths, "busy", "cpuNanoseconds", 1e-3)}),
            Panel("Memory of the server meanwhile, MiB", "bytes of the signal",
                  {"": curve(lengths, "busy", "megabytes")}),
        ]),
    }
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, (description, panels) in figures.items():
        (IMAGES / f"{name}.svg").write_text(figure(panels, description))


def draw_again():
    if growth := kept("growth"):
        draw(growth["results"])
