"""Does whatever the timetable asks of today, once, so that it stands in nobody's way. Runs inside one database."""

from __future__ import annotations

import logging

import django


def main() -> None:
    django.setup()
    logging.disable(logging.INFO)
    from common import clock
    from desk.services import run_day

    for line in run_day(day=clock.today()):
        if line.result == "failed":
            raise RuntimeError(f"{line.job}: {line.result}")


if __name__ == "__main__":
    main()
