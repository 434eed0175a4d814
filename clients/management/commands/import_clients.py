"""`manage.py import_clients FILE --owner LOGIN [--dry-run]`: the import engine from the shell."""

from __future__ import annotations

from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Department, User
from clients.choices import FileProblem, ImportState, RowCode, RowState
from clients.models import ImportRow
from clients.services import receive_import, run_import
from clients.services.imports.engine import COUNTS
from common.errors import ActError

# The file was refused as a whole; 1 is a wrong call.
REFUSED = 2
_MOST_LINES = 500


class Command(BaseCommand):
    help = "Imports clients from a CSV or XLSX file; the last line counts rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or XLSX")
        parser.add_argument("--owner", required=True, help="login: in whose name and department the import runs")
        parser.add_argument("--department", default="", help="name of the department, for a login that has none")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write no client")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor = User.objects.filter(login=options["owner"].lower(), is_active=True).first()
        if actor is None:
            raise CommandError(f"There is no active employee with the login {options['owner']}.")
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                run = receive_import(
                    file=File(file, name=path.name),
                    actor=actor,
                    department=self._department(options["department"]),
                    is_dry=options["dry_run"],
                )
        except OSError as problem:
            raise CommandError(f"{path}: {problem.strerror}.") from problem
        except ActError as problem:
            raise CommandError(problem.text, returncode=REFUSED) from problem
        run = run_import(run_id=run.pk, dry_run=options["dry_run"])
        if run.state == ImportState.REFUSED:
            raise CommandError(str(FileProblem(run.error).label), returncode=REFUSED)
        if run.state != ImportState.DONE:
            raise CommandError("Another process is importing this file now.", returncode=REFUSED)
        for code in run.mapping.get("codes", []):
            self.stdout.write(str(RowCode(code).label))
        self._tell_rows(run.pk)
        self.stdout.write(" ".join(f"{name}={run.counts[name]}" for name in COUNTS))

    def _department(self, name: str) -> Department | None:
        if not name:
            return None
        department = Department.objects.filter(name=name, is_active=True).first()
        if department is None:
            raise CommandError(f"There is no department {name}.")
        return department

    def _tell_rows(self, run_id: int) -> None:
        rows = ImportRow.objects.filter(run_id=run_id).exclude(codes=[]).exclude(state=RowState.DUPLICATE)
        for row in islice(rows.iterator(), _MOST_LINES):
            words = "; ".join(str(RowCode(code).label) for code in row.codes)
            name = f" «{row.name}»" if row.name else ""
            self.stdout.write(f"row {row.row_no}{name}: {words}".replace("\n", " "))
        rest = rows.count() - _MOST_LINES
        if rest > 0:
            self.stdout.write(f"… and {rest} more rows with remarks")
