"""Does to the nodes and their store what a schedule says, and writes down what was really done."""

import asyncio
import time

from chaos_plan import ALONE, FORGETS, OF_THE_STORE

# All nodes have been well for so long before something happens that wants them all.
WELL_SECONDS = 6
DRAIN_SECONDS = 40


class Faults:
    def __init__(self, nodes, store, note):
        self.nodes = nodes
        self.store = store
        self.note = note
        self.busy = set()
        self.is_asleep = False
        self.well_since = time.monotonic()
        self.ended_by_itself = []
        self._tasks = set()

    async def run(self, plan, seconds):
        """The schedule, for so long; afterwards everything works again."""
        began, late = time.monotonic(), 0
        for fault in plan:
            if fault["at"] + late > seconds:
                break
            if (wait := began + fault["at"] + late - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            self.look()
            if fault["fault"] in ALONE:
                waited = time.monotonic()
                await self._rest()
                await self._do(fault, len(self.nodes))
                # What comes later does not come all at once.
                late += max(0, time.monotonic() - waited - 6.0 * len(self.nodes) * (fault["fault"] == "rolling"))
                continue
            task = asyncio.create_task(self._do(fault, self._impaired()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(0)
        await self.end()

    async def end(self):
        await asyncio.gather(*self._tasks)
        for node in self.nodes:
            node.go_on()
            if node.link:
                await node.link.order("mend")
        self.look()

    def look(self):
        for number, node in enumerate(self.nodes):
            if number not in self.busy and not node.is_alive():
                words = f"node {number} has ended by itself: {node.server.process.returncode}"
                if words not in self.ended_by_itself:
                    self.ended_by_itself.append(words)
                    self.note({"t": time.monotonic(), "k": "violation", "c": -1, "what": words})

    def _impaired(self):
        return len(self.busy)

    async def _rest(self):
        await asyncio.gather(*self._tasks)
        if (wait := self.well_since + WELL_SECONDS - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    async def _do(self, fault, impaired):
        kind, number = fault["fault"], fault.get("node")
        record = {"t": time.monotonic(), "k": "fault"} | fault
        if number is not None:
            # One node is always well, and a node has one fault at a time.
            if number in self.busy or impaired >= len(self.nodes) - 1 and len(self.nodes) > 1:
                return self.note(record | {"skipped": True})
            self.busy.add(number)
        if kind in FORGETS:
            record["loss"] = True
        try:
            await getattr(self, "do_" + kind)(fault, self.nodes[number] if number is not None else None)
        finally:
            self.busy.discard(number)
            if kind not in OF_THE_STORE:
                self.well_since = time.monotonic()
            self.note(record | {"until": time.monotonic()})

    # MARK: Nodes

    async def do_kill(self, fault, node):
        await node.kill()
        await asyncio.sleep(fault["seconds"])
        await node.start()

    async def do_stop(self, fault, node):
        node.stop()
        await asyncio.sleep(fault["seconds"])
        node.go_on()

    async def do_rolling(self, fault, _):
        """One after the other, and nobody is to notice."""
        for number, node in enumerate(self.nodes):
            self.busy.add(number)
            status = await node.drain(DRAIN_SECONDS)
            if status != 0:
                self.note({"t": time.monotonic(), "k": "violation", "c": -1, "what": f"a drain ended with {status}"})
            await node.start()
            self.busy.discard(number)
            await asyncio.sleep(1)

    # MARK: Their wires

    async def do_cut(self, fault, node):
        await node.link.order("cut")
        await asyncio.sleep(fault["seconds"])
        await node.link.order("mend")

    async def do_reset(self, fault, node):
        await node.link.order("reset")

    async def do_delay(self, fault, node):
        await node.link.order("delay", seconds=fault["milliseconds"] / 1000)
        await asyncio.sleep(fault["seconds"])
        await node.link.order("mend")

    async def do_halve(self, fault, node):
        await node.link.order("halve", bytes=fault["bytes"])
        await asyncio.sleep(1)
        await node.link.order("mend")

    # MARK: The store

    async def do_pubsub(self, fault, _):
        await self.store.command("CLIENT", "KILL", "TYPE", "pubsub")

    async def do_sleep(self, fault, _):
        # One after the other would be one long one.
        if not self.is_asleep:
            self.is_asleep = True
            await self.store.command("DEBUG", "SLEEP", fault["seconds"])
            self.is_asleep = False

    async def do_flush(self, fault, _):
        await self.store.command("FLUSHALL")

    async def do_failover(self, fault, _):
        await self.store.fail_over([node.link for node in self.nodes])

    async def do_rollback(self, fault, _):
        await self.store.fail_over([node.link for node in self.nodes], forgets_seconds=fault["seconds"])
