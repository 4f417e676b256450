"""What a server says about itself, and what its process takes."""

import re
from pathlib import Path

import asyncio
from urllib.request import urlopen


async def metrics(server):
    """`(types, values)` of /metrics, by name; labelled samples with their labels."""

    def fetch():
        with urlopen(server.address + "metrics", timeout=10) as response:
            return response.read().decode()

    types, values = {}, {}
    for line in (await asyncio.to_thread(fetch)).splitlines():
        if line.startswith("# TYPE "):
            types[line.split(" ")[2]] = line.split(" ")[3]
        elif line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return types, values


async def gauges_that_are_not_zero(server):
    """What is left behind; nodes that live are not."""
    types, values = await metrics(server)
    return {name: value for name, value in values.items()
            if types.get(re.sub(r"\{.*", "", name)) == "gauge" and value != 0
            and name != "parley_nodes_alive"}


def resident_megabytes(server):
    """What the kernel holds in memory for the server's process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
