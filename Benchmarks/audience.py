"""One large room, and how it grows: what `run --audience` prints."""

import statistics

from rows import RAISED
from served import Served, measure, raise_open_files, serve


def audience(generator, program, rounds):
    """One room of 1,000 to 10,000, of whom 50 are on the stage: what grows with their number, and what does not."""
    raise_open_files()
    command = serve(program, *RAISED)
    print(f"{'people':>8}{'all in, s':>11}{'CPU per join, us':>18}{'bytes per join':>16}{'kB per person':>15}"
          f"{'mute all, ms: first':>21}{'median':>9}{'last':>9}{'1,000 leave, ms: median':>25}{'last':>9}")
    for people in (1_000, 2_000, 5_000, 10_000):
        results = []
        for _ in range(rounds):
            with Served(command) as served:
                results.append(measure(generator, "parley", served,
                                       ["--scenario", "audience", "--people", str(people)], 0))

        def middle(name, member=None):
            return statistics.median(each[name][member] if member else each[name] for each in results)

        mute = [middle("muteAll", f"{when}Milliseconds") for when in ("first", "median", "last")]
        leave = [middle("leave", f"{when}Milliseconds") for when in ("median", "last")]
        print(f"{people:8}{middle('joinSeconds'):11.2f}{middle('joinCPUMicroseconds'):18.0f}{middle('joinBytes'):16.0f}"
              f"{middle('memoryKilobytes'):15.1f}{mute[0]:21.1f}{mute[1]:9.1f}{mute[2]:9.1f}"
              f"{leave[0]:25.1f}{leave[1]:9.1f}")
