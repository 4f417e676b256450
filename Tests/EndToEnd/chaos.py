#!/usr/bin/env python3
"""Nodes that share a store, many clients that write down all that they see, and whatever can happen to them.

usage: chaos.py [--seconds N] [--seed S] [--nodes 3] [--clients 200] [--only FAULT,…] [--server PROGRAM]

A run has rounds of at most two minutes, each with a seed of its own. The last lines say what was done and what was
lost; with violations the records stay in .test/chaos, and the status is 1.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import random
import re
import shutil
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER))

import chaos_plan  # noqa: E402
from chaos_checker import Checker, load  # noqa: E402
from chaos_faults import Faults  # noqa: E402
from chaos_nodes import Node  # noqa: E402
from chaos_store import Store  # noqa: E402

CREWS = 3
GRACE_SECONDS = 15
ROUND_SECONDS = 120
# The last that clients vanish without a word, before the end: everybody must have heard of it by then.
VANISH_SECONDS = 35
SETTLE_SECONDS = 25


class Run:
    """One round. `summary` is what is printed of it."""

    def __init__(self, program, seed, seconds=ROUND_SECONDS, nodes=3, clients=200, only=None, pause=1.5, flags=(),
                 has_store=True, without=(), upgrades=False):
        self.program = program
        self.seed = seed
        self.seconds = seconds
        self.node_count = nodes
        self.client_count = clients
        self.only = only
        self.pause = pause
        self.flags = ("--grace-milliseconds", str(GRACE_SECONDS * 1000), "--drain-milliseconds", "15000", *flags)
        self.has_store = has_store
        self.without = list(without)
        # Nodes begin with the rooms' older semantics, and each has the newer ones after its first restart.
        self.versions = (("--room-semantics", "6"), ("--room-semantics", "7")) if upgrades else ((), ())
        self.folder = ROOT / ".test" / "chaos" / f"seed-{seed}"
        self.violations = []

    async def __call__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._marks = open(self.folder / "marks.jsonl", "w")
        async with contextlib.AsyncExitStack() as stack:
            store = await stack.enter_async_context(Store()) if self.has_store else None
            self.nodes = [await stack.enter_async_context(
                Node(self.program, store.port if store else None, *self.flags, versions=self.versions))
                for _ in range(self.node_count)]
            self.crews = [await self._crew(number, stack) for number in range(CREWS)]
            try:
                await self._live(store)
            finally:
                self._marks.close()
                self._keep_logs()
        records = load(self.folder / "marks.jsonl", *(self.folder / f"crew-{n}.jsonl" for n in range(CREWS)))
        self.checker = Checker(records, GRACE_SECONDS)
        self.violations = self.checker.check()
        return self

    def note(self, record):
        self._marks.write(json.dumps(record) + "\n")
        self._marks.flush()

    def mark(self, kind, **members):
        self.note({"t": time.monotonic(), "k": kind} | members)

    async def _crew(self, number, stack):
        homes = chaos_plan.rooms(self.seed, self.client_count)
        order = {"addresses": [node.connect_address for node in self.nodes], "seed": self.seed, "pause": self.pause,
                 "homes": {client: homes[client] for client in range(number, self.client_count, CREWS)},
                 "grace": GRACE_SECONDS, "without": self.without,
                 "vanishUntil": time.monotonic() + self.seconds - VANISH_SECONDS}
        crew = await asyncio.create_subprocess_exec(
            sys.executable, str(FOLDER / "chaos_crew.py"), str(self.folder / f"crew-{number}.jsonl"),
            json.dumps(order), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24)
        stack.push_async_callback(_end, crew)
        return crew

    async def _order(self, do, within, **members):
        async def ask(crew):
            crew.stdin.write(json.dumps({"do": do} | members).encode() + b"\n")
            line = await asyncio.wait_for(crew.stdout.readline(), within)
            assert line, f"a crew has ended instead of doing {do}"
            return json.loads(line)

        return await asyncio.gather(*(ask(crew) for crew in self.crews))

    async def _live(self, store):
        self.faults = Faults(self.nodes, store, self.note)
        plan = chaos_plan.schedule(self.seed, self.seconds, self.node_count, self.only)
        (self.folder / "plan.json").write_text("".join(json.dumps(fault) + "\n" for fault in plan))
        began = time.monotonic()
        await self.faults.run(plan, self.seconds)
        await asyncio.sleep(max(0, began + self.seconds - time.monotonic()))
        self.mark("calm")
        for answer in await self._order(
                "calm", SETTLE_SECONDS + GRACE_SECONDS + 30, seconds=SETTLE_SECONDS):
            self.note({"t": answer["settled"], "k": "settled"})
        await asyncio.sleep(1)
        self.shown = await self._order("show", 20)
        self.faults.look()
        await self._ask_the_nodes()
        self.semantics = await self._semantics(store) if store else {}
        await self._order("end", 10)

    async def _semantics(self, store):
        """How many of the rooms that there are have which semantics, as far as their logs still begin with that."""
        found = collections.Counter()
        for key in await store.command("KEYS", "parley:{room:*}:l"):
            begin = await store.command("LINDEX", key, 0) or ""
            if '"type":"created"' in begin:
                # It is said only where it is not the first that there was.
                said = re.search(r'"semantics":(\d+)', begin)
                found[int(said[1]) if said else 5] += 1
        return found

    async def _ask_the_nodes(self):
        from measures import metrics

        self.differences = 0
        for number, node in enumerate(self.nodes):
            _, values = await metrics(node.server)
            found = values.get("parley_state_differences_total", 0)
            self.differences += found
            if found:
                self.mark("violation", c=-1, what=f"S1: node {number} was told of {found} other states")

    def _keep_logs(self):
        for number, node in enumerate(self.nodes):
            (self.folder / f"node-{number}.log").write_text("\n".join(node.server.output))

    # MARK: What is said of it

    @property
    def summary(self):
        checker, counts = self.checker, self.checker.counts
        done = [fault for fault in checker.faults if not fault.get("skipped")]
        kinds = {kind: sum(fault["fault"] == kind for fault in done) for kind in chaos_plan.FAULTS}
        returns, missed = checker.returns(), checker.missed()
        lines = [
            f"seed {self.seed}: {self.client_count} clients on {self.node_count} nodes for {self.seconds} s",
            f"  faults: {len(done)} (" + ", ".join(f"{kind} {n}" for kind, n in kinds.items() if n) + ")",
            f"  commands: {counts['commands']} said, {counts['commands acknowledged']} acknowledged (with joins), "
            f"{counts['commands refused']} refused, {counts['commands lost']} lost, {counts['commands twice']} twice",
            f"  signals: {counts['signals']} said, {counts['signals delivered']} delivered, "
            f"{counts['signals lost']} lost, {counts['signals twice']} twice",
            f"  log: {counts['entries']} entries, {counts['interrupted']} interrupted "
            f"({counts['interrupted for no reason']} for no reason), {counts['left disconnected']} left unseen",
            f"  agreement: {sum(answer['beats'] for answer in self.shown)} beats compared, "
            f"at rest after {getattr(checker, 'convergence', float('nan')):.1f} s",
        ]
        if returns:
            middle, most = returns[len(returns) // 2], returns[int(len(returns) * 0.99)]
            lines.append(f"  back after a node's death: {len(returns)} times, median {middle:.2f} s, "
                         f"99 % {most:.2f} s, longest {returns[-1]:.2f} s")
        if missed:
            lines.append(f"  {len(missed)} people vanished: missed after {missed[len(missed) // 2]:.1f} s (median), "
                         f"at most {missed[-1]:.1f} s")
        lines.append(f"  violations: {len(self.violations)}")
        lines += [f"    {violation}" for violation in self.violations[:30]]
        return "\n".join(lines)


async def _end(process):
    if process.returncode is None:
        process.kill()
        await process.wait()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=ROUND_SECONDS, metavar="N")
    parser.add_argument("--seed", type=int, help="another one each time, without it")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--pause", type=float, default=1.5, help="seconds between what a client does, on average")
    parser.add_argument("--only", type=lambda text: text.split(","), help=f"of {', '.join(chaos_plan.FAULTS)}, or none")
    parser.add_argument("--without", type=lambda text: text.split(","), default=[], help="actions of clients")
    parser.add_argument("--flag", action="append", default=[], help="for the nodes")
    parser.add_argument("--upgrades", action="store_true", help="nodes have newer semantics after their first restart")
    parser.add_argument("--no-store", action="store_true", help="one node with its engine in memory")
    parser.add_argument("--keep", action="store_true", help="the records, also without violations")
    parser.add_argument("--server", default=str(ROOT / ".build-test/release/parley"), metavar="PROGRAM")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 31)
    until, failed, rounds = time.monotonic() + arguments.seconds, 0, 0
    while (rest := until - time.monotonic()) > 1:
        run = Run(arguments.server, seed + rounds, round(min(rest, ROUND_SECONDS)), arguments.nodes, arguments.clients,
                  arguments.only, arguments.pause, tuple(arguments.flag), not arguments.no_store, arguments.without,
                  arguments.upgrades)
        await run()
        print(run.summary, flush=True)
        rounds += 1
        failed += bool(run.violations)
        if not run.violations and not arguments.keep:
            shutil.rmtree(run.folder)
    print(f"{rounds} rounds, {failed} with violations", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
