from __future__ import annotations

from typing import Self

from accounts.querysets import LedQuerySet
from staffing.choices import VacancyStatus


class VacancyQuerySet(LedQuerySet):
    def not_closed(self) -> Self:
        return self.exclude(status=VacancyStatus.CLOSED)
