"""What a calculator refuses, in the words of the person who typed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.errors import Invalid
from planning.calculator import Code, Why, WrongInput

PROBLEM_TEXTS: Final = {
    Code.MISSING: _("Fill this in."),
    Code.NOT_A_NUMBER: _("A number is needed."),
    Code.NOT_WHOLE: _("A whole number is needed."),
    Code.NEGATIVE: _("Not less than 0."),
    Code.NOT_POSITIVE: _("More than 0 is needed."),
    Code.ABOVE_ONE: _("At most 100 %."),
    Code.TOO_LARGE: _("The number is too large."),
    Code.TOO_FINE: _("Too many digits after the comma."),
    Code.TOO_MANY: _("There are not so many."),
    Code.BELOW_LEAST: _("Less than the lower bound beside it."),
    Code.NOT_RISING: _("The steps begin at 0 % and rise, and a better result never pays less."),
    Code.NOT_ONE_IN_ALL: _("The weights sum to 100 %."),
    Code.NO_WORKING_DAY: _("There is no working day to put the plan on."),
    Code.BELOW_ELAPSED: _("The months that are over already hold more."),
    Code.OUT_OF_PERIOD: _("The date is outside the period."),
}

WHY_TEXTS: Final = {
    Why.NO_PLAN: _("There is no plan."),
    Why.NO_PEOPLE: _("There are no managers."),
    Why.NO_WORKING_DAYS: _("There is no working time in the period."),
    Why.NO_CHEQUE: _("The segment has no average cheque."),
    Why.NO_CONVERSION: _("With a conversion of 0 % no number of acts is enough."),
    Why.NO_DATA: _("There are no data yet."),
    Why.NO_CYCLE_DAYS: _("The length of the cycle is not known."),
    Why.NOTHING_REQUIRED: pgettext_lazy("why a figure is absent", "Nothing is required."),
    Why.TOO_LATE: _("Whoever is searched for today does not work yet by then."),
    Why.TOO_FEW: _("There are too few data to judge."),
}


def invalid_of(error: WrongInput, names: Mapping[str, str] | None = None) -> Invalid:
    """The same refusal by field of a form; `names` renames fields of the calculator."""
    fields: dict[str, list[str]] = {}
    for problem in error.problems:
        name = (names or {}).get(problem.field, problem.field)
        fields.setdefault(name, []).append(str(PROBLEM_TEXTS[problem.code]))
    return Invalid(fields)
