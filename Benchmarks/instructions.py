"""How many instructions a piece of work takes: counts, so that they are the same on every machine and every day.

Valgrind's callgrind counts them (`micro NAME COUNT` with two counts; the difference is the work without the start). It
counts this process's instructions, nothing of the kernel's; how long an instruction takes it does not know.
"""

import re
import shutil
import subprocess
import sys

from findings import keep

# What a piece of work took when it was last looked at, in instructions. Ten percent more fail the run.
KNOWN = {
    "unmask 300 B": 187,
    "UTF-8 of 300 B": 193,
    "scan 300 B": 997,
    "relay frame of 300 B": 921,
    "unmask 4 KB": 1461,
    "UTF-8 of 4 KB": 1602,
    "scan 4 KB": 4337,
    "relay frame of 4 KB": 1304,
    "beat": 1353,
    "decode a command": 14306,
    "decide in a room of 100": 6627,
    "evolve a room of 100": 43451,
    "encode an event, room of 100": 19760,
    "join a room of 100": 164733,
    "snapshot of a room of 100": 2640463,
    "decide in a room of 1000": 6676,
    "evolve a room of 1000": 43451,
    "encode an event, room of 1000": 19761,
    "join a room of 1000": 129149,
    "snapshot of a room of 1000": 28655306,
    "policy for 1,000 devices": 156889,
}
TOLERANCE = 1.1


def strip(program, folder):
    """Valgrind 3.19 stops at debug information of this size."""
    stripped = folder / "micro"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return str(stripped)


def count(program, name, times):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(times)]
    result = subprocess.run(command, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or collected is None or f"done {times}\n" not in result.stdout:
        raise SystemExit(f"micro {name}: {result.stdout.strip()} {result.stderr.strip()[-400:]}")
    return int(collected[1])


def per_piece(program, name):
    """So often that the start's noise (some thousand instructions) vanishes, and no oftener."""
    rough = max(1, (count(program, name, 4) - count(program, name, 2)) / 2)
    times = max(2, min(2_000, int(20_000_000 / rough)))
    return (count(program, name, 2 * times) - count(program, name, times)) / times


def instructions(program, folder):
    if shutil.which("valgrind") is None:
        raise SystemExit("There is no valgrind (Debian: valgrind).")
    stripped = strip(program, folder)
    names = subprocess.run([stripped], check=True, capture_output=True, text=True).stdout.splitlines()
    print(f"{'':34}{'instructions':>14}{'known':>12}")
    is_good, all_counted = True, {}
    for name in names:
        counted = all_counted[name] = per_piece(stripped, name)
        known = KNOWN.get(name)
        is_worse = known is None or counted > known * TOLERANCE
        is_good &= not is_worse
        words = "not known yet" if known is None else "WORSE THAN IT WAS" if is_worse else ""
        print(f"{name:34}{counted:14.0f}{known or 0:12.0f}  {words}", flush=True)
    for name in KNOWN.keys() - set(names):
        print(f"{name}: is known, and not there any more", file=sys.stderr)
        is_good = False
    keep("micro", [], all_counted)
    return is_good
