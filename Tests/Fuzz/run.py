#!/usr/bin/env python3
"""Fuzzes everything that reads what others have written (libFuzzer with the address sanitizer).

usage: run.py [TARGET …] [--seconds N] [--minimise] [--self-test] [--no-build]

Each target begins with the inputs that once failed (Failures), which must not fail again, and goes on from what is
kept (Corpora) for so many seconds. What it finds is written to .test/fuzz/found and printed in the form in which it
belongs into Failures. --minimise afterwards keeps, of all that is known now, what reaches something new.

Without a TARGET, faults that were planted (Driver/Planted.swift) have to be found first; --self-test does only that.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
BUILD = ROOT / ".build-fuzz"
WORK = ROOT / ".test" / "fuzz"
sys.path.insert(0, str(FOLDER))

import corpus  # noqa: E402


def build():
    """The package is beside links to our folders, because a target must lie below its package."""
    package = BUILD / "package"
    package.mkdir(parents=True, exist_ok=True)
    for name, target in (("Sources", ROOT / "Sources"), ("Tests", ROOT / "Tests"),
                         ("Package.swift", FOLDER / "Package.swift")):
        link = package / name
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(target, package))
    began = time.monotonic()
    result = subprocess.run(
        ["swift", "build", "-Xswiftc", "-O", "--package-path", str(package), "--scratch-path", str(BUILD),
         "--product", "fuzz"],
        capture_output=True, text=True)
    if result.returncode != 0:
        lines = (result.stdout + result.stderr).splitlines()
        print("\n".join(line for line in lines if "error:" in line) or "\n".join(lines[-30:]))
        raise SystemExit("error: the fuzz targets do not build")
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)


class Run:
    """One target, for some seconds."""

    def __init__(self, program, target, seconds, kept=FOLDER, work=WORK, timeout=10):
        self.program, self.target, self.seconds, self.timeout = program, target, seconds, timeout
        self.corpus, self.failures = (kept / folder / f"{target}.txt" for folder in ("Corpora", "Failures"))
        self.known, self.failed, self.found = (work / name / target for name in ("corpus", "failures", "found"))

    def fuzz(self, *arguments):
        self.found.mkdir(parents=True, exist_ok=True)
        # A trap would otherwise be followed by half a minute of symbols; leaks are judged by the server's own tests.
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no", "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run(
            [self.program, self.target, f"-artifact_prefix={self.found}/", "-rss_limit_mb=3000",
             f"-timeout={self.timeout}", *map(str, arguments)],
            capture_output=True, text=True, errors="replace", env=environment)

    def __call__(self):
        corpus.unpack(corpus.read(self.corpus), self.known)
        # Nothing of an earlier run that is no longer in the tree.
        shutil.rmtree(self.failed, ignore_errors=True)
        failures = corpus.read(self.failures)
        corpus.unpack(failures, self.failed)
        if failures:
            again = self.fuzz("-runs=0", *sorted(self.failed.iterdir()))
            if again.returncode != 0:
                return f"FAIL {self.target}: fails again as it did before\n{self.evidence(again)}"
            if again.stderr.count("Executed ") != len(set(failures)):
                return f"FAIL {self.target}: not all that has failed once was tried again"
        # As much again for the inputs themselves, and the timeout of one.
        result = self.fuzz(f"-max_total_time={self.seconds}", "-max_len=8192", "-print_final_stats=1", self.known)
        if result.returncode != 0:
            return f"FAIL {self.target}\n{self.evidence(result)}"
        runs = re.search(r"number_of_executed_units: (\d+)", result.stderr)
        covered = re.findall(r"cov: (\d+)", result.stderr)
        return (f"ok   {self.target}: {int(runs[1]) if runs else 0} inputs, "
                f"{covered[-1] if covered else '?'} places, {len(list(self.known.iterdir()))} kept")

    def evidence(self, result):
        lines = result.stderr.splitlines()
        telling = [line for line in lines if re.search(r"Fatal error|ERROR:|SUMMARY|ALARM|    #[0-6] ", line)]
        text = "".join(f"  {line}\n" for line in telling[:14])
        written = re.search(r"Test unit written to (\S+)", result.stderr)
        if written:
            path = Path(written[1])
            text += (f"  the input: {path}\n  again: {self.program} {self.target} {path}\n"
                     f"  for Failures/{self.target}.txt: {corpus.encode(path.read_bytes())}\n")
        return text or "".join(f"  {line}\n" for line in lines[-20:])

    def minimise(self):
        merged = WORK / "merged" / self.target
        shutil.rmtree(merged, ignore_errors=True)
        merged.mkdir(parents=True)
        # As few as reach every place: how often one reaches it would keep three times as many.
        result = self.fuzz("-set_cover_merge=1", "-use_counters=0", "-max_len=4096", merged, self.known)
        if result.returncode == 0:
            corpus.write(self.corpus, corpus.files(merged))


# What stands behind the word in Driver/Planted.swift, and what the evidence of it says.
PLANTED = {
    "planted-trap": "Index out of range", "planted-overread": "heap-buffer-overflow",
    "planted-finding": "planted-finding: planted", "planted-hang": "ALARM",
}


def check_planted(program, target, telling):
    """Finds the fault, keeps its input, and fails again by it without any fuzzing: `None`, or what is wrong."""
    work = WORK / "planted" / target
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("Corpora", "Failures"):
        (work / folder).mkdir(parents=True)
    run = Run(program, target, 30, kept=work, work=work, timeout=1)
    corpus.write(run.corpus, [b"MIN"])
    verdict = run()
    if not verdict.startswith("FAIL") or telling not in verdict:
        return f"its fault was not found: {verdict}"
    inputs = [data for data in corpus.files(run.found) if data.startswith(b"MINE")]
    kept = re.search(rf"for Failures/{target}.txt: (.+)", verdict)
    if not inputs or not kept or corpus.decode(kept[1]) not in inputs:
        return f"its input is not there: {verdict}"
    run.failures.write_text(kept[1] + "\n", encoding="utf-8")
    run.seconds = 0
    verdict = run()
    if "fails again as it did before" not in verdict or telling not in verdict:
        return f"what was kept does not fail again: {verdict}"
    return None


def self_test(program):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = list(pool.map(lambda item: check_planted(program, *item), PLANTED.items()))
    wrong = [f"{target}: {fault}" for target, fault in zip(PLANTED, faults) if fault]
    if wrong:
        return "FAIL self-test\n" + "".join(f"  {line}\n" for each in wrong for line in each.splitlines())
    return f"ok   self-test: {len(PLANTED)} planted faults were found, kept, and failed again"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="for each target")
    parser.add_argument("--minimise", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--no-build", action="store_true")
    arguments = parser.parse_args()
    if not arguments.no_build:
        build()
    program = BUILD / "debug" / "fuzz"
    known = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    unknown = set(arguments.targets) - set(known)
    if unknown:
        raise SystemExit(f"There is no target {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    verdicts = []
    if arguments.self_test or not arguments.targets:
        verdict = self_test(program)
        print(verdict, flush=True)
        verdicts.append(verdict.startswith("ok"))
    targets = [] if arguments.self_test else arguments.targets or known
    runs = [Run(program, target, arguments.seconds) for target in targets]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for verdict in pool.map(lambda run: run(), runs):
            print(verdict, flush=True)
            verdicts.append(verdict.startswith("ok"))
        if arguments.minimise and all(verdicts):
            list(pool.map(Run.minimise, runs))
    print(f"{verdicts.count(True)} passed, {verdicts.count(False)} failed")
    return 0 if verdicts and all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
