"""`manage.py restore FILE [--force]`: database and files back from a backup, checked before and after."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config import backups, embedded
from config.management.commands.check_invariants import count_offences


class Command(BaseCommand):
    help = "Put database and files back from a backup into an empty database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="drop everything that the database holds")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with embedded.session(**embedded.needed() | {"redis": False}):
                manifest = backups.restore(options["file"].resolve(), force=options["force"])
                call_command("migrate", interactive=False, verbosity=0)
                offences = {name: number for name, number in count_offences().items() if number}
        except (backups.BackupError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        rows, files = sum(manifest["counts"].values()), len(manifest["sha256"]) - 1
        self.stdout.write(f"Restored the state of {manifest['made_at']}: rows={rows} files={files}")
        for name, number in offences.items():
            self.stdout.write(f"{number:6d}  {name}")
