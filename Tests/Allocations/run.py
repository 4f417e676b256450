#!/usr/bin/env python3
"""How often the server allocates for a relayed message: counts, so the verdict is the same on every machine.

usage: run.py --server PROGRAM

64 pairs relay signals of 300 bytes (Benchmarks/generator), one under way and in bursts of 8, acknowledgements
included. What allocates is a turn of the server's loop: how many messages share one depends on the machine, so the
bounds are three times what was counted.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# By the length of a burst.
ALLOCATIONS_MAX = {1: 0.5, 8: 0.1}


def compile_all(folder):
    compiler = shutil.which("clang") or shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise SystemExit("There is no C compiler.")
    counting, generator = folder / "counting.so", folder / "generator"
    shared = ["-shared", "-fPIC", "-fno-builtin"]
    subprocess.run([compiler, "-O2", *shared, "-o", counting, HERE / "counting.c"], check=True)
    sources = sorted((ROOT / "Benchmarks" / "generator").glob("*.c"))
    subprocess.run([compiler, "-O2", "-o", generator, *sources], check=True)
    return counting, generator


def check_the_counting(counting, folder):
    """A program with a known number of allocations is counted rightly: a counter of zero would please everybody."""
    source, program, counts = folder / "known.c", folder / "known", folder / "known.counts"
    source.write_text(
        '#include <stdlib.h>\nint main(int n, char **v) {'
        ' for (int i = 0; i < 1000; i++) { void *volatile p = malloc(10); free(p); }'
        ' void *volatile q = calloc(2, 5); q = realloc(q, 100); void *r; return posix_memalign(&r, 64, 64); }')
    subprocess.run([shutil.which("clang") or "cc", "-O0", "-o", program, source], check=True)
    environment = os.environ | {"LD_PRELOAD": str(counting), "ALLOCATION_COUNTS": str(counts)}
    subprocess.run([program], check=True, env=environment)
    number = int.from_bytes(counts.read_bytes()[:8], "little")
    return 1003 <= number <= 1010, f"a program with 1003 allocations counts {number}"


def relay(program, counting, generator, folder, burst):
    counts = folder / f"counts-{burst}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    environment |= {"LD_PRELOAD": str(counting), "ALLOCATION_COUNTS": str(counts)}
    server = subprocess.Popen(
        [program, "serve", "--port", "0", "--log-level", "error",
         "--messages-per-second", "10000000", "--message-burst", "10000000"],
        stdout=subprocess.PIPE, text=True, env=environment)
    try:
        port = next(found[1] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)/", line)))
        result = subprocess.run(
            [generator, "--port", port, "--pid", str(server.pid), "--scenario", "relay", "--burst", str(burst),
             "--warmup", "2", "--seconds", "2", "--counts", counts],
            capture_output=True, text=True)
        if result.returncode != 0:
            return False, result.stderr.strip()
        figures = json.loads(result.stdout)
    finally:
        server.terminate()
        server.wait(15)
    words = (f"{figures['allocations']:.4f} allocations ({figures['allocatedBytes']:.1f} bytes) per message, "
             f"{figures['messages']:.0f} messages")
    return figures["messages"] > 1000 and figures["allocations"] <= ALLOCATIONS_MAX[burst], words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / ".build-test/release/parley"), metavar="PROGRAM")
    program = parser.parse_args().server
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counting, generator = compile_all(folder)
        for title, test in (
            ("the counting counts", lambda: check_the_counting(counting, folder)),
            ("relay, one under way", lambda: relay(program, counting, generator, folder, 1)),
            ("relay, bursts of 8", lambda: relay(program, counting, generator, folder, 8)),
        ):
            try:
                good, words = test()
            except (OSError, StopIteration, subprocess.SubprocessError) as problem:
                good, words = False, repr(problem)
            results.append(good)
            print(f"{'ok  ' if good else 'FAIL'} {title}: {words}", flush=True)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
