"""A call beside attacks: what `run --hostile` prints."""

import json
import statistics
import subprocess
import sys

from hostile import ATTACKS
from served import HERE, Served, raise_open_files, serve


def hostile(program, rounds, seconds, only, first):
    """How long a signal of a normal call takes while somebody attacks, in times of what it takes when nobody does.

    The aim is three times at most. Quiet and attacked moments take turns on the same server, so that whatever else the
    machine does falls on both. Whoever measures goes before whoever attacks, on the processor that they share; the
    server has its own."""
    raise_open_files()
    command = serve(program, "--limit-loopback", "true")
    names = [name for name in ATTACKS if not only or name in only]
    results = {name: [] for name in names}
    for round in range(rounds):
        for name in names:
            with Served(command, ["chrt", "-r", "10"] if first else []) as served:
                before = ["chrt", "-r", "20"] if first else ["nice", "-n", "-10"]
                call = subprocess.Popen(
                    ["taskset", "-c", "1", *before, sys.executable, str(HERE / "hostile.py"), "call", "--attack", name,
                     "--port", str(served.port), "--pid", str(served.process.pid), "--seconds", str(seconds)],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                output, errors = call.communicate()
            if call.returncode != 0:
                raise SystemExit(f"the call beside {name}: {errors[-600:]}")
            results[name].append(json.loads(output))
            quiet, attacked = (sorted(results[name][-1][when]) for when in ("quiet", "attacked"))
            print(f"round {round + 1} {name:10} p99 {cut(quiet, 0.99):6.0f} us quiet, {cut(attacked, 0.99):7.0f} us "
                  f"attacked, of {len(quiet)} and {len(attacked)} signals", file=sys.stderr)
    print(f"{'us of one signal':50}{'quiet p50':>10}{'p99':>7}{'attacked p50':>14}{'p99':>7}{'p99.9':>8}{'times':>7}"
          f"{'server busy':>13}")
    for name in names:
        # All rounds together: a single one has few signals beyond its p99.
        quiet, attacked = (
            sorted(each for one in results[name] for each in one[when]) for when in ("quiet", "attacked"))
        print(f"{f'{name}: {ATTACKS[name][0]}':50.50}{cut(quiet, 0.5):10.0f}{cut(quiet, 0.99):7.0f}"
              f"{cut(attacked, 0.5):14.0f}{cut(attacked, 0.99):7.0f}{cut(attacked, 0.999):8.0f}"
              f"{cut(attacked, 0.99) / cut(quiet, 0.99):6.1f}x"
              f"{statistics.median(one['busy'] for one in results[name]):13.0%}")


def cut(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
