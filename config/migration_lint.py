"""`python -m config.migration_lint`: refuses a migration that the release before could not live with.

Between `migrate` and the restart of the last process old code runs on the new structure. What it needs may not go away in
the same release, and what it does not know may not be demanded of it: expand, move the data, contract a release later.
Exit 1 with the sentences of the linter.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Final

import django

from config import embedded

ROOT: Final = Path(__file__).resolve().parent.parent
# No older release ran on these structures.
BEFORE_THE_FIRST_RELEASE: Final = (
    "0002_session_epoch",
    "0002_settled_invoices",
    "0003_due_at_and_heartbeat",
    "0002_calls_from_events",
)
# The constraint that stands already, made anew with more columns in its index: nobody is asked for anything new.
SAME_UNDER_THE_SAME_NAME: Final = ("0005_running_work_by_index",)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The linter asks Django for each migration's SQL, and Django asks the database for its version.
    wanted = embedded.needed() | {"redis": False}
    with embedded.session(**wanted):
        django.setup()
        logging.getLogger("django_migration_linter").setLevel(logging.WARNING)
        from django.apps import apps
        from django_migration_linter import MigrationLinter

        linter = MigrationLinter(
            str(ROOT),
            no_cache=True,
            quiet=["ok", "ignore", "warning"],
            ignore_name=BEFORE_THE_FIRST_RELEASE + SAME_UNDER_THE_SAME_NAME,
            include_apps=[app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT],
            # The first migration of a room finds no rows and no older release.
            ignore_initial_migrations=True,
        )
        linter.lint_all_migrations()
        return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
