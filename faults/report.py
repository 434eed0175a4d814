"""The report of a campaign as Markdown: the bars first, then everything that was counted."""

from __future__ import annotations

from typing import Any


def written(result: Any, *, seed: int) -> str:
    lines = [f"Seed {seed}: {'every bar is met' if result.passed else 'A BAR IS MISSED'}.", ""]
    lines += ["| bar | figure | |", "|---|---|---|"]
    lines += [
        f"| {name} | {figure} | {'met' if passed else '**missed**'} |" for name, (figure, passed) in result.bars.items()
    ]
    lines += ["", "| counted | |", "|---|---|"]
    lines += [f"| {name} | {figure} |" for name, figure in result.rows.items()]
    if result.details:
        lines += ["", "Details:", "", "```", *result.details, "```"]
    return "\n".join(lines) + "\n"
