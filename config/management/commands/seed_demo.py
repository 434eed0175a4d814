"""`manage.py seed_demo`: believable data with a history, repeatable by its seed, bulk-written."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Organisation
from clients.models import Client
from common import clock
from config.demo.play import play_demo
from planning.services import write_plan_fact

PLAN_FACT_DAYS = 35


class Command(BaseCommand):
    help = "Invent a company with clients, managers and a history drawn by the rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clients", type=int, default=600)
        parser.add_argument("--managers", type=int, default=7)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--days", type=int, default=120)
        parser.add_argument("--no-jobs", action="store_true", help="leave out the day's jobs and plan-fact history")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 730 or options["clients"] < 1 or options["managers"] < 1:
            raise CommandError("--clients and --managers from 1, --days from 1 to 730.")
        if Organisation.objects.exists() or Client.objects.exists():
            raise CommandError("The database is not empty: demo data is invented once, into an empty one.")
        started = time.monotonic()
        with transaction.atomic():
            demo = play_demo(
                clients=options["clients"],
                managers=options["managers"],
                seed=options["seed"],
                days=options["days"],
                say=self.stdout.write,
            )
        if not options["no_jobs"]:
            today = clock.today()
            for back in range(PLAN_FACT_DAYS, 0, -1):
                day = today - timedelta(days=back)
                write_plan_fact(day=day, at=clock.now())
            call_command("run_daily", stdout=self.stdout, only="lights,plan")
        self.stdout.write(
            f"clients={demo.clients} in_work={demo.in_work} finished={demo.finished} "
            f"seconds={time.monotonic() - started:.1f}"
        )
