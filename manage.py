#!/usr/bin/env python3
"""Django's command line; without DATABASE_URL and REDIS_URL it brings its own servers for the time of the command."""

import contextlib
import os
import signal
import sys
from pathlib import Path

# Commands that touch neither the database nor the queue.
ALONE = {"", "help", "version", "--help", "-h", "--version", "collectstatic", "up"}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # A command may read and build for minutes; the time-outs guard web requests and tasks.
    os.environ.setdefault("DATABASE_TIMEOUTS", "off")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        from config import embedded
    except ImportError as error:
        print(
            f"{error}: run make first and start with .venv/bin/python manage.py.",
            file=sys.stderr,
        )
        return 1
    wanted = embedded.needed()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    servers = command not in ALONE and any(wanted.values())
    # A terminated command must still stop the servers it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with embedded.session(**wanted) if servers else contextlib.nullcontext():
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, embedded.EmbeddedError) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
