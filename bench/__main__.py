"""`make bench`: builds the company, serves it, measures, prints tables of ratios. See bench/README.md."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("STATE_DIR", str(ROOT / "var" / "bench"))

from bench import databases, report  # noqa: E402
from bench.measuring import measure  # noqa: E402
from bench.refusals import measure_refusals, print_refusals  # noqa: E402
from bench.serving import serving  # noqa: E402
from common import clock  # noqa: E402
from config import embedded  # noqa: E402

DEPARTMENT = 10  # managers of one department
RUN = "bench_run"


def main() -> int:
    wanted = _arguments()
    sizes = [int(size) for size in wanted.clients.split(",")]
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    day = f"{_today():%Y-%m-%d}"
    tables = {}
    embedded.state_dir().mkdir(parents=True, exist_ok=True)
    with (embedded.state_dir() / "bench.lock").open("w") as lock, embedded.session():
        # One at a time: a second run would drop the first one's databases.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for size in sizes:
            managers = min(wanted.managers, max(DEPARTMENT, size // 1000 * DEPARTMENT))
            name = databases.template(size, managers, day=day, say=_say)
            if wanted.build:
                continue
            if not wanted.no_pages:
                databases.copy(name, RUN)
                databases.step("bench.collect", RUN)
                plan = json.loads(_output("bench.pages", str(wanted.rounds)))
                _say(f"measuring {size:,} clients, {managers} managers, {wanted.rounds} rounds …")
                with serving(RUN) as port:
                    tables[size] = measure(
                        port, plan, state=embedded.state_dir(), rounds=wanted.rounds, only=wanted.only,
                        encoding="gzip" if wanted.gzip else "identity",
                    )  # fmt: skip
                report.print_pages(size, managers, tables[size], first=tables.get(sizes[0]))
            if wanted.refusals:
                databases.copy(name, RUN)
                databases.step("bench.collect", RUN)
                plan = json.loads(_output("bench.pages", "1"))
                with serving(RUN) as port:
                    print_refusals(size, measure_refusals(port, plan))
            if wanted.jobs:
                databases.copy(name, RUN)
                report.print_jobs(size, json.loads(_output("bench.jobs")))
            if wanted.year:
                databases.copy(name, RUN)
                report.print_year(managers, json.loads(_output("bench.year")))
        if RUN in databases.names():
            databases.drop(RUN)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--clients", default="1000,100000,1000000", help="sizes, the first is what others are held against"
    )
    parser.add_argument("--managers", type=int, default=200, help="at most; small companies have ten per 1,000 clients")
    parser.add_argument("--rounds", type=int, default=30, help="requests per page and floor")
    parser.add_argument("--only", default="", help="measure targets whose 'who name' contains this")
    parser.add_argument("--gzip", action="store_true", help="ask for compressed answers, page and floor alike")
    parser.add_argument("--jobs", action="store_true", help="also the night's jobs against bare SQL")
    parser.add_argument("--refusals", action="store_true", help="also how long a foreign id and an absent one take")
    parser.add_argument("--year", action="store_true", help="also a year of plan and fact against reading its rows")
    parser.add_argument("--no-pages", action="store_true", help="leave the pages out")
    parser.add_argument("--build", action="store_true", help="only build the databases")
    return parser.parse_args()


def _today():
    import django

    django.setup()
    return clock.today()


def _output(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE,
        env=databases.environment(RUN, DATABASE_TIMEOUTS="off"),
    )  # fmt: skip
    return done.stdout.decode().strip().splitlines()[-1]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
