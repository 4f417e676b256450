"""What a run has found: a line for each row, whoever measured it, and the verdict."""

import json
import time
from dataclasses import asdict, dataclass

from served import WORK, machine

RESULTS = WORK / "results"


@dataclass(frozen=True)
class Finding:
    name: str
    meaning: str
    # In words, as they stand in the table.
    measured: str
    wanted: str
    verdict: str
    # Below its floor: something has been lost since it was last looked at.
    is_worse: bool = False
    other: str = ""
    ratio: str = ""

    def line(self):
        beside = f"{self.other:>12}{self.ratio:>8}"
        return f"{self.name:20}{self.meaning:64.64}{self.measured:>14}{beside}  {self.wanted:34}{self.verdict}"

    def row(self):
        cells = (f"`{self.name}`", self.meaning, self.measured, self.other, self.ratio, self.wanted, self.verdict)
        return "| " + " | ".join(cells) + " |"


HEAD = f"{'':20}{'':64}{'Parley':>14}{'ws':>12}{'ratio':>8}  {'wanted':34}"


def keep(part, findings, results):
    """So that the page can be written from what the parts have found, whenever each of them ran."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {
        "part": part, "at": time.strftime("%-d %B %Y"), "machine": machine(),
        "findings": [asdict(each) for each in findings], "results": results,
    }
    (RESULTS / f"{part}.json").write_text(json.dumps(kept, indent=1) + "\n")


def kept(part):
    file = RESULTS / f"{part}.json"
    return json.loads(file.read_text()) if file.exists() else None


def markdown(findings):
    lines = ["| row | | Parley | `ws` | ratio | wanted | |", "|---|---|---|---|---|---|---|"]
    return "\n".join(lines + [each.row() for each in findings])
