#!/usr/bin/env python3
"""Runs a command, and ends it with all that it has begun when its time is over: then the exit code is 124.

usage: deadline.py SECONDS [--stacks FILE] COMMAND…

Whatever the command leaves behind ends with it, too: only processes that descend from it, each by its number.
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def descendants(root):
    """Of a process, the youngest first."""
    children = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append((int(fields[19]), int(entry.name)))
    found, parents = [], [root]
    while parents:
        of_one = children.get(parents.pop(), [])
        found += of_one
        parents += [pid for _, pid in of_one]
    return [pid for _, pid in sorted(found, reverse=True)]


def write_stacks(pids, path):
    """Of our own programs, if there is a debugger."""
    with open(path, "w", encoding="utf-8") as file:
        for pid in pids:
            try:
                program = os.readlink(f"/proc/{pid}/exe")
                if not re.search(r"\.xctest$|/parley$|/simulate$", program):
                    continue
                print(f"{pid}: {program}", file=file, flush=True)
                subprocess.run(
                    ["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 16"],
                    stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL, timeout=120)
            except (OSError, subprocess.SubprocessError) as problem:
                print(problem, file=file, flush=True)


def end(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def end_everything(child):
    # First what it has begun, so that it can still say what it knows.
    end(pid for pid in descendants(os.getpid()) if pid != child.pid)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for _ in range(20):
        rest = descendants(os.getpid())
        if not rest:
            return
        end(rest)
        time.sleep(0.1)


def main():
    seconds, command, stacks = float(sys.argv[1]), sys.argv[2:], None
    if command[0] == "--stacks":
        stacks, command = command[1], command[2:]
    # What has lost its parent becomes ours, not that of the machine's first process.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    child = subprocess.Popen(command)
    try:
        status = child.wait(seconds)
        return status if status >= 0 else 128 - status
    except subprocess.TimeoutExpired:
        print(f"error: it has not ended within {seconds:.0f} seconds", flush=True)
        if stacks:
            write_stacks(descendants(os.getpid()), stacks)
        return 124
    except KeyboardInterrupt:
        return 130
    finally:
        end_everything(child)


if __name__ == "__main__":
    sys.exit(main())
