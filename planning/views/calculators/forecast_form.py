"""What the forecast is asked: the target, and how many clients of each person would move up (what-if)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planning.calculator import Code, ColourMove, Counts
from planning.constants import Colour
from planning.selectors.outlook import Outlook
from planning.services import PROBLEM_TEXTS
from planning.views.calculators.fields import RoubleField, WholeField
from planning.views.calculators.forms import CalculatorForm, Default
from planning.views.calculators.texts import typed_number

MOST_MOVABLE: Final = 20  # people with fields of their own: those with most to move
# Green ones first: a red client moved up is not at once moved on.
_UP = ((Colour.YELLOW, Colour.GREEN), (Colour.RED, Colour.YELLOW))


@dataclass(frozen=True)
class MoveFields:
    """The two numbers of one person, as bound fields."""

    name: str
    fields: list[forms.BoundField]


class ForecastForm(CalculatorForm):
    """Target in roubles, and two whole numbers a person: yellow to green, red to yellow."""

    target = RoubleField(label=gettext_lazy("Target of the department"))

    def __init__(self, data: Mapping[str, str], found: Outlook, source: str) -> None:
        self.movable = {pk: counts for pk, counts in found.counts.items() if counts.yellow or counts.red}
        known = [found.inputs.people[pk] for pk in self.movable if pk in found.inputs.people]
        most = sorted(known, key=lambda one: (-self.movable[one.pk].yellow, -self.movable[one.pk].red, one.pk))
        self.is_cut = len(most) > MOST_MOVABLE
        self.people = sorted(most[:MOST_MOVABLE], key=lambda one: (one.last_name, one.first_name, one.pk))
        label, words = _("%(colour)s, of %(n)s"), {colour: _word(colour) for colour, _to in _UP}
        extra = {
            field_name(colour, one.pk): WholeField(
                label=label % {"colour": words[colour], "n": self.movable[one.pk][colour]}
            )
            for one in self.people
            for colour, _to in _UP
            if self.movable[one.pk][colour]
        }
        self.base_fields = {**type(self).base_fields, **extra}
        defaults = {"target": Default(typed_number(found.target), source)}
        super().__init__(data, defaults | {name: Default("0") for name in extra})

    def moves(self) -> list[ColourMove]:
        """What is asked to move; only of a valid form. A number above what there is stands beside its field."""
        found = []
        for colour, to_colour in _UP:
            for one in self.people:
                name = field_name(colour, one.pk)
                number = self.cleaned_data.get(name)
                if not number:
                    continue
                problem = _problem(number, self.movable[one.pk], colour)
                if problem is not None:
                    self.add_error(name, str(PROBLEM_TEXTS[problem]))
                else:
                    found.append(ColourMove(one.pk, int(number), colour, to_colour))
        return found

    @property
    def move_rows(self) -> list[MoveFields]:
        rows = []
        for one in self.people:
            names = [field_name(colour, one.pk) for colour, _to in _UP]
            rows.append(MoveFields(one.full_name, [self[name] for name in names if name in self.fields]))
        return rows


def field_name(colour: Colour, user_id: int) -> str:
    """`yellow_17`: how many yellow clients of that person would turn green."""
    return f"{colour}_{user_id}"


def _word(colour: Colour) -> str:
    return _("Yellow to green") if colour is Colour.YELLOW else _("Red to yellow")


def _problem(number: object, counts: Counts, colour: Colour) -> Code | None:
    if not isinstance(number, int):
        return Code.NOT_WHOLE
    if number < 0:
        return Code.NEGATIVE
    return Code.TOO_MANY if number > counts[colour] else None
