"""`manage.py backup [--to DIR] [--keep N]`: database and files in one verified file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import backups, embedded


class Command(BaseCommand):
    help = "Write database and files into one file and keep the newest ones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=Path(settings.STATE_DIR) / "backups", metavar="DIR")
        parser.add_argument("--keep", type=int, default=14, metavar="N", help="how many to keep, at least 1")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] < 1:
            raise CommandError("--keep is less than 1: the new backup itself would be dropped.")
        try:
            with embedded.session(**embedded.needed() | {"redis": False}):
                path, manifest = backups.make(options["to"], keep=options["keep"])
        except (backups.BackupError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        rows, files = sum(manifest["counts"].values()), len(manifest["sha256"]) - 1
        self.stdout.write(f"{path} rows={rows} files={files} bytes={path.stat().st_size}")
