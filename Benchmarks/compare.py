"""Rows beside Node's `ws`: the same load on both servers, in turn."""

import statistics
import sys

from findings import Finding
from served import HERE, Served, measure, median, serve


def compare(generator, program, rows, rounds, seconds):
    """Every row against both servers in turn."""
    results = {}
    for round in range(rounds):
        for row in rows:
            for kind, command in {
                "parley": serve(program, *row.flags),
                "ws": ["node", str(HERE / "ws-server.js")],
            }.items():
                with Served(command) as served:
                    result = measure(generator, kind, served, row.options, row.seconds or seconds)
                results.setdefault((row.name, kind), []).append(result)
                print(f"round {round + 1} {row.name:12} {kind:7} {result[row.figure]:8.0f} {row.unit}", file=sys.stderr)
    return results


def ratio(row, results):
    """The other's figure over Parley's: the median of the rounds, each of which ran both within a few seconds."""
    pairs = zip(results[row.name, "ws"], results[row.name, "parley"])
    return statistics.median(ws[row.figure] / parley[row.figure] for ws, parley in pairs)


def verdict(row, value):
    if row.stretch and value >= row.stretch:
        return "better than hoped"
    if value >= row.target:
        return "as wanted"
    short = f"misses by {100 * (1 - value / row.target):.0f} %"
    return short if value >= row.floor else f"{short}, WORSE THAN IT WAS"


def finding(row, results):
    parley, ws = (median(results[row.name, kind], row.figure) for kind in ("parley", "ws"))
    value = ratio(row, results)
    divisor, unit = (1_000, "µs") if row.unit.startswith("ns") and parley >= 100_000 else (1, row.unit.split(" ")[0])
    unit = "B" if unit == "bytes" else unit
    wanted = f"at least {row.target:.2f} times" + (f", hoped {row.stretch:g}" if row.stretch else "")
    return Finding(
        row.name, row.meaning, f"{parley / divisor:,.0f} {unit}", wanted, verdict(row, value), value < row.floor,
        f"{ws / divisor:,.0f} {unit}", f"{value:.2f}")


def plain(results):
    """For JSON."""
    return [{"row": name, "server": kind} | each for (name, kind), list in results.items() for each in list]
