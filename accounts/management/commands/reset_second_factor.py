"""For an administrator who has lost his phone and his recovery codes: whoever may run commands here helps him."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import forget_second_factor


class Command(BaseCommand):
    help = "Takes the second factor of an employee away and ends his sessions; written to the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.active().filter(login=options["login"].lower()).first()
        if user is None:
            raise CommandError("There is no active employee with this login.")
        if user.second_factor_since is None:
            raise CommandError(f"{user.login} has no second factor.")
        forget_second_factor(user=user)
        self.stdout.write(f"{user.login} signs in with the password alone and sets up a new second factor.")
