"""Which month the address of /kpi/pay/ asks for."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.http import HttpRequest

from common import clock
from kpi.forms import AskForm

EARLIEST: Final = date(2015, 1, 1)
LATEST: Final = date(2100, 12, 1)


def month_asked(request: HttpRequest) -> date:
    ask = AskForm(request.GET)
    ask.is_valid()
    found = ask.cleaned_data.get("month") or clock.today()
    return min(max(found, EARLIEST), LATEST).replace(day=1)
