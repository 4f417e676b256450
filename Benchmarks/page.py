"""Puts what the parts have found into docs/PERFORMANCE.md, between markers: nobody copies figures by hand."""

import re

from findings import Finding, kept, markdown
from growth import draw_again
from served import ROOT
from wanted import PARTS

PAGE = ROOT / "docs" / "PERFORMANCE.md"


def machine_of(results):
    """One line; if the parts were measured in several places, it says so."""
    days = sorted({each["at"] for each in results})
    machines = {tuple(sorted((name, str(value)) for name, value in each["machine"].items())) for each in results}
    found = [dict(each) for each in sorted(machines)]
    lines = [
        f"{each['processor']}, {each['processors']} virtual processors, {each['gigabytes']} GiB, "
        f"Linux {each['kernel']}, Swift {each['swift']}, Node {each['node']} with `ws` {each['ws']}; "
        f"commit {each['commit']}"
        for each in found
    ]
    return f"Measured on {' and '.join(days)}: " + "; and: ".join(lines) + "."


def findings_of(part):
    results = kept(part)
    return [Finding(**each) for each in results["findings"]] if results else []


def misses(findings):
    """What does not hold, again, so that nobody has to look for it."""
    found = [
        each for each in findings
        if each.wanted and each.verdict not in ("as wanted", "better than hoped", "for information")
    ]
    if not found:
        return "Every row holds."
    return "What does not hold:\n\n" + "\n".join(
        f"- `{each.name}`: {each.ratio or each.measured}, wanted {each.wanted}; {each.verdict}." for each in found)


def table():
    parts = ["ws", *PARTS, "day"]
    results = [result for part in parts if (result := kept(part))]
    if not results:
        return "Nothing was measured yet."
    findings = [finding for part in parts for finding in findings_of(part)]
    return f"{machine_of(results)}\n\n{markdown(findings)}\n\n{misses(findings)}"


def pieces():
    results = kept("micro")
    if not results:
        return "Nothing was counted yet."
    lines = ["| | instructions |", "|---|---|"]
    lines += [f"| {name} | {counted:,.0f} |" for name, counted in results["results"].items()]
    return "\n".join(lines)


def growth():
    results = kept("growth")
    if not results:
        return "Nothing was measured yet."
    lines = [machine_of([results]), ""]
    for name, words in (
        ("connections", "CPU and memory against connections"), ("rooms", "CPU and memory against rooms"),
        ("sizes", "CPU and memory against the size of a room"), ("lengths", "CPU and memory against a signal's length"),
    ):
        lines += [f"![{words}](images/cost-{name}.svg)", ""]
    return "\n".join(lines).rstrip()


def write_page():
    text = PAGE.read_text()
    for name, words in (("table", table()), ("pieces", pieces()), ("growth", growth())):
        marker = re.compile(rf"(<!-- written by Benchmarks/run: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not marker.search(text):
            raise SystemExit(f"{PAGE} has no place for {name}.")
        text = marker.sub(lambda found: f"{found[1]}\n{words}\n\n{found[2]}", text)
    PAGE.write_text(text)
    draw_again()
    print(f"{PAGE} is written.")
