"""Tables of ratios, in Markdown."""

from __future__ import annotations

import statistics
from typing import Any

from bench.measuring import Figures

PAGE_BAR, GROWTH_BAR, JOB_BAR = 6.0, 1.3, 3.0


def print_pages(size: int, managers: int, rows: list[Figures], *, first: list[Figures] | None) -> None:
    """One size: each page against its floor of the same run, and that ratio against the first size's."""
    base = {(row.who, row.name): row.ratio for row in first or []}
    print(f"\n{size:,} clients, {managers} managers × 90 open sales\n")
    print("| who | what | × floor, median | × floor, p95 | CPU × floor | against the first size | queries | KB | |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        growth = row.ratio / base.get((row.who, row.name), row.ratio)
        over = row.kind in ("page", "list", "api") and (row.ratio > PAGE_BAR or growth > GROWTH_BAR)
        print(
            f"| {row.who} | {row.name} | {row.ratio:.1f} | {row.ratio_p95:.1f} | {row.cpu / row.floor_cpu:.1f} "
            f"| {growth:.2f} | {row.queries} | {row.size / 1024:.0f} | {'**over**' if over else ''} |"
        )
    floors = [statistics.median(row.floor) for row in rows]
    print(f"\nfloors of this run: {min(floors) * 1000:.1f}–{max(floors) * 1000:.1f} ms", flush=True)


def print_jobs(size: int, rows: list[dict[str, Any]]) -> None:
    print(f"\nJobs at {size:,} clients against bare SQL that reads and writes the same rows\n")
    print("| job | rows read | rows written | bare SQL, ms | × bare SQL | |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        ratio = row["seconds"] / row["sql"]
        print(
            f"| {row['job']} | {row['read']:,} | {row['written']:,} | {row['sql'] * 1000:.0f} | {ratio:.1f} "
            f"| {'**over**' if ratio > JOB_BAR else ''} |",
            flush=True,
        )


def print_year(managers: int, found: dict[str, Any]) -> None:
    """A year recalculated and a night of it, in seconds and in readings of the same rows."""
    print(f"\nPlan and fact of {managers} managers, {found['days']} days, {found['rows']:,} rows\n")
    print("| what | seconds | × reading its rows |")
    print("|---|---|---|")
    print(f"| the year | {found['year']:.1f} | {found['year'] / found['reading']:.0f} |")
    print(f"| the night after it | {found['night']:.2f} | {found['night'] / found['reading_month']:.0f} |")
    print(
        f"| the same night again | {found['again']:.2f} | {found['again'] / found['reading_month']:.0f} |", flush=True
    )
