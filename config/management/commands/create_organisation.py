"""The first real set-up as a whole: what accounts creates, and the dictionaries and the questionnaire of the rooms above."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.management.commands.create_organisation import Command as AccountsCommand
from clients.services import seed_dictionaries
from funnels.services import seed_questionnaire


class Command(AccountsCommand):
    help = "Creates organisation, calendar, administrator, dictionaries and questionnaire. Refuses when there is one already."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        seed_dictionaries()
        seed_questionnaire()
