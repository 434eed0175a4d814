"""`manage.py run_daily`: what the timer would do today, now."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from desk.services import GROUPS, JOBS, DailyLine, run_day
from desk.services.daily import ALREADY, BUSY, DAY_OFF, FAILED
from journal.services import seal_audit
from notifications.services import deliver

# The shell speaks the language of the installation's operators, like `up`.
WORDS = {ALREADY: "уже выполнено", BUSY: "выполняется другим процессом", DAY_OFF: "не рабочий день", FAILED: "ОШИБКА"}


class Command(BaseCommand):
    help = "Run the day's jobs at once, in order, catching up; safe to repeat. One line per job with counts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", default="", help="YYYY-MM-DD, today without it")
        parser.add_argument("--only", default="", help=f"comma-separated: {', '.join([*GROUPS, *JOBS])}")

    def handle(self, *args: Any, **options: Any) -> None:
        only = _chosen(options["only"])
        failed = 0
        for line in run_day(day=_day(options["day"]), only=only):
            self.stdout.write(_text(line))
            failed += line.result == FAILED
        counts = deliver(limit=1000)
        seal_audit()
        self.stdout.write(f"mail: {_counts(counts)}")
        if failed:
            raise CommandError(f"Не выполнено заданий: {failed}", returncode=1)


def _day(text: str) -> date:
    if not text:
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--day {text!r}: нужна дата вида 2026-11-20.") from error


def _chosen(text: str) -> set[str] | None:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {**GROUPS, **{name: (name,) for name in JOBS}}
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"--only {', '.join(unknown)}: есть {', '.join(known)}.")
    # A group wins over a job of the same name: `plan` is both and means the same.
    return {job for name in names for job in known[name]} if names else None


def _text(line: DailyLine) -> str:
    parts = [f"{line.job} {line.day:%Y-%m-%d}:"]
    if line.result in WORDS:
        parts.append(WORDS[line.result])
    parts.append(line.error or _counts(line.counts))
    return " ".join(part for part in parts if part)


def _counts(counts: dict[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in counts.items())
