#!/usr/bin/env python3
"""Runs the tests that see Parley from outside.

usage: run.py [PATTERN ...] [--server PROGRAM] [--long] [--repeat N] [--pictures FOLDER] [--list]

A test is an `async def test_…(stage)` in a `test_*.py` beside this file. Tests of one module run one after the
other, or, where the module says `TOGETHER = n`, n at a time: they share a server and must not disturb each other.
Those that mostly wait (`@patient`) do so beside all the others.
PATTERN selects by a part of `module.test`; without one everything runs. What takes minutes is marked `@only_long`
and runs with --long alone.
"""

import argparse
import asyncio
import importlib
import logging
import sys
import time
import traceback
from pathlib import Path

# So many of those that mostly wait at a time.
PATIENT_MAX = 4

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER))

from stage import Stage, World  # noqa: E402


def collect(patterns, long):
    """The selected tests, by module, in the order in which they are written down; and those that mostly wait."""
    modules, patient = [], []
    for path in sorted(FOLDER.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        tests = [
            (f"{path.stem.removeprefix('test_')}.{name.removeprefix('test_')}", function)
            for name, function in vars(module).items()
            if name.startswith("test_") and asyncio.iscoroutinefunction(function)
            and (long or not getattr(function, "is_long", False))
        ]
        if patterns:
            tests = [test for test in tests if any(pattern in test[0] for pattern in patterns)]
        patient += [test for test in tests if getattr(test[1], "is_patient", False)]
        tests = [test for test in tests if test not in patient]
        if tests:
            modules.append((getattr(module, "TOGETHER", 1), tests))
    return modules, patient


async def run_one(world, name, function):
    began = time.monotonic()
    seconds_max = getattr(function, "seconds_max", 60)
    failure = None
    try:
        async with Stage(world) as stage:
            try:
                await asyncio.wait_for(function(stage), seconds_max)
            except Exception:
                failure = traceback.format_exc()
                failure += await stage.evidence()
    except Exception:
        failure = (failure or "") + traceback.format_exc()
    seconds = time.monotonic() - began
    words = f"{'FAIL' if failure else 'ok  '} {name} ({seconds:.1f} s)\n"
    if failure:
        # What went wrong, and then what was last seen: a crowd has a lot to say.
        lines = failure.splitlines()
        shown = lines if len(lines) <= 70 else lines[:30] + ["[…]"] + lines[-40:]
        words += "".join(f"  {line}\n" for line in shown)
    print(words, end="", flush=True)
    return not failure


async def run_module(world, together, tests, repeat):
    slots = asyncio.Semaphore(together)

    async def in_slot(name, function):
        async with slots:
            return await run_one(world, name, function)

    runs = []
    for round in range(repeat):
        suffix = f" #{round + 1}" if repeat > 1 else ""
        runs += [in_slot(name + suffix, function) for name, function in tests]
    return await asyncio.gather(*runs)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--server", default=str(ROOT / ".build-test/release/parley"), metavar="PROGRAM")
    parser.add_argument("--long", action="store_true", help="also what takes minutes")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--pictures", metavar="FOLDER", help="also take the pictures of the documents")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    arguments = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    modules, patient = collect(arguments.patterns, arguments.long)
    if arguments.list:
        print("\n".join(name for tests in [*(tests for _, tests in modules), patient] for name, _ in tests))
        return 0
    results = []
    async with World(arguments.server, pictures=arguments.pictures) as world:
        waiting = asyncio.create_task(run_module(world, PATIENT_MAX, patient, arguments.repeat))
        for together, tests in modules:
            results += await run_module(world, together, tests, arguments.repeat)
        results += await waiting
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
