"""The first real set-up: organisation, production calendar, administrator."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organisation
from accounts.services import create_organisation
from common.errors import ActError


class Command(BaseCommand):
    help = "Creates the organisation, its production calendar and the administrator. Refuses when there is one already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="the organisation's name")
        parser.add_argument("--time-zone", help="checked against TIME_ZONE, which decides")
        parser.add_argument("--login", help="the administrator's login")
        parser.add_argument("--email", default=None, help="the administrator's e-mail")
        parser.add_argument("--last-name", default="", help="the administrator's last name")
        parser.add_argument("--first-name", default="", help="the administrator's first name")
        parser.add_argument(
            "--password-stdin", action="store_true", help="reads the password from the first line of the input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Organisation.objects.exists():
            raise CommandError("This installation already has an organisation; people are added on /staff/.")
        if options["time_zone"] and options["time_zone"] != settings.TIME_ZONE:
            raise CommandError(
                f"The time zone is {settings.TIME_ZONE}: set TIME_ZONE={options['time_zone']} in the environment first."
            )
        name = options["name"] or self._ask("Organisation: ")
        login = options["login"] or self._ask("Login of the administrator: ")
        email = options["email"]
        if email is None:
            email = "" if options["password_stdin"] else self._ask("E-mail of the administrator (may be empty): ")
        try:
            organisation, administrator = create_organisation(
                name=name,
                login=login,
                email=email,
                password=self._password(from_input=options["password_stdin"]),
                last_name=options["last_name"],
                first_name=options["first_name"],
            )
        except ActError as error:
            raise CommandError(error.text) from error
        self.stdout.write(
            f"{organisation.name}: administrator {administrator.login}, time zone {settings.TIME_ZONE}. "
            f"Sign in at {settings.BASE_URL}/login/"
        )

    def _ask(self, question: str) -> str:
        try:
            return input(question)
        except EOFError as error:
            raise CommandError(f"No answer to «{question.strip()}»: give it as an option.") from error

    def _password(self, *, from_input: bool) -> str:
        if from_input:
            return sys.stdin.readline().rstrip("\r\n")
        first = getpass.getpass("Password (at least 12 characters): ")
        if first != getpass.getpass("Once more: "):
            raise CommandError("The two passwords differ.")
        return first
