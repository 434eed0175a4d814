"""Plan and fact of a period as columns of a workbook: the head and the cells that several books share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from planning.choices import PeriodKind
from planning.selectors.figures import Figures
from planning.views.cells import percent_of


def figures_head() -> list[str]:
    return [
        _("Period"),
        _("From"),
        _("To"),
        _("As of"),
        _("Plan, ₽"),
        _("Plan to date, ₽"),
        _("Fact, ₽"),
        _("Fact to plan, %"),
    ]


def figures_cells(figures: Figures) -> list[Any]:
    period = figures.span.period
    return [
        str(PeriodKind(str(period.kind)).label),
        period.starts_on,
        period.ends_on,
        min(figures.as_of, figures.span.facts_to),
        figures.plan,
        figures.plan_to_date,
        figures.fact,
        percent_of(figures.attainment),
    ]
