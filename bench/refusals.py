"""Does the time of a refusal tell that the object exists? A foreign id and an absent one, asked in turn."""

from __future__ import annotations

import statistics
import time
from typing import Any

from bench.measuring import WARM_UP, Caller, percentile

BAR_MS = 5.0  # between the two medians, 200 requests each (reliability.md, AC27)
TIMES = 200


def measure_refusals(port: int, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Milliseconds: medians and p95 of both refusals, address by address; RuntimeError where one is no 404."""
    caller, found = Caller(port, plan, "identity"), []
    for name, foreign, absent in plan["refusals"]:
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(WARM_UP + TIMES):
            for path, seconds in zip((foreign, absent), taken, strict=True):
                target = {"kind": "page", "who": "manager", "paths": [path], "fragment": False}
                took, status, body, headers = caller.ask(target, turn)
                while status == 429:  # the API serves so many a minute
                    time.sleep(int(headers["Retry-After"]) + 1)
                    took, status, body, headers = caller.ask(target, turn)
                if status != 404:
                    raise RuntimeError(f"{path}: {status} {body[:300]!r}")
                if turn >= WARM_UP:
                    seconds.append(took * 1000)
        found.append(
            {
                "name": name,
                "medians": [statistics.median(seconds) for seconds in taken],
                "p95": [percentile(seconds, 95) for seconds in taken],
            }
        )
    return found


def print_refusals(size: int, rows: list[dict[str, Any]]) -> None:
    print(f"\nRefusals at {size:,} clients: somebody else's id and one that nobody has, {TIMES} requests each\n")
    print("| what | median of a foreign one, ms | of an absent one, ms | p95, ms | medians differ by, ms | |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        foreign, absent = row["medians"]
        apart = abs(foreign - absent)
        p95 = " and ".join(f"{value:.1f}" for value in row["p95"])
        print(
            f"| {row['name']} | {foreign:.2f} | {absent:.2f} | {p95} | {apart:.2f} "
            f"| {'**over**' if apart >= BAR_MS else ''} |",
            flush=True,
        )
