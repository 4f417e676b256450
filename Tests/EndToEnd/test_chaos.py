"""Three nodes and a real Redis, two hundred clients that record all that they see, and everything happens to them.

chaos.py has the command for longer and for other runs; docs/HACKING.md says how.
"""

import random

from chaos import Run
from stage import only_long, patient, within


async def survive(stage, **options):
    """A fresh seed each time: whoever wants to see it again finds it in the output."""
    run = Run(stage.world.program, options.pop("seed", random.SystemRandom().randrange(1 << 31)), **options)
    await run()
    print("".join(f"     {line}\n" for line in run.summary.splitlines()), end="")
    assert not run.violations, f"{len(run.violations)} violations; the records are in {run.folder}"
    return run


@patient
@within(240)
async def test_two_minutes_of_everything(stage):
    run = await survive(stage, seconds=105)
    counts = run.checker.counts
    # It has really happened.
    assert counts["faults"] > 8 and counts["commands acknowledged"] > 1000, counts
    assert counts["signals delivered"] > 5000 and counts["interrupted"] > 5, counts


@patient
@within(150)
async def test_an_upgrade_of_one_node_after_the_other_that_nobody_notices(stage):
    """Those that have been restarted know newer semantics of rooms, and use them when all do."""
    run = await survive(stage, seconds=45, clients=60, only=["rolling"], without=["sever", "sleep", "vanish"],
                        upgrades=True)
    counts = run.checker.counts
    assert counts["faults"] >= 1 and counts["interrupted"] == 0, counts
    assert run.semantics[6] and run.semantics[7], run.semantics


@only_long
@within(4000)
async def test_an_hour_of_everything(stage):
    for _ in range(30):
        await survive(stage, seconds=120)
