"""The GET form of the staffing calculator: one block of fields a segment, people by month of work, up to three variants."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.models import Segment
from common.markup import remembered
from planning.views.calculators import CalculatorForm, Default, NumberField, RoubleField, ShareField, WholeField
from planning.views.calculators.fields import TypedInput
from staffing.choices import StaffRole
from staffing.constants import HUNTER_EFFORTS, CustomerSize

FULL_MONTH: Final = 4  # of work: from it on a person is at full strength
# Field of people → the month of work they stand in.
PEOPLE: Final = {"managers": FULL_MONTH, "month_3": 3, "month_2": 2, "month_1": 1, "month_0": 0}
RATES: Final = ("p_red", "p_yellow", "p_green")
STAYS: Final = ("t_red", "t_yellow", "t_green")
DEMAND: Final = ("plan", "average_cheque", *RATES, *STAYS)
EFFORTS: Final = {pool: (f"{pool}_acts", f"{pool}_minutes") for pool in HUNTER_EFFORTS}
VARIANTS: Final = ("v1", "v2", "v3")
CHANGES: Final = ("name", "plan", "cheque", "red", "people", "days", "absence", "attrition")
LINES: Final = ("calls", "talk", "answer", "level", "agents")


@dataclass(frozen=True)
class Block:
    """One segment's demand: `suffix` of its fields; without a segment the demand is one for all of them."""

    suffix: str
    title: str
    segment: Segment | None = None

    def name(self, field: str) -> str:
        return f"{field}{self.suffix}"

    @property
    def names(self) -> list[str]:
        return [self.name(one) for one in DEMAND]


class StaffForm(CalculatorForm):
    """Bound to numbers of the address; which fields it has depends on role and segments (`staff_form`)."""

    role: StaffRole
    blocks: list[Block]

    def bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def block_fields(self) -> list[dict[str, Any]]:
        """Of each segment: money, and rates with stays apart, which are shown when they are wrong."""
        if self.role != StaffRole.HUNTER:
            return []
        rows = []
        for block in self.blocks:
            money, pace = self.bound(block.names[:2]), self.bound(block.names[2:])
            rows.append({"block": block, "money": money, "pace": pace, "is_open": any(one.errors for one in pace)})
        return rows

    @property
    def people_fields(self) -> list[forms.BoundField]:
        return self.bound(PEOPLE)

    @property
    def time_fields(self) -> list[forms.BoundField]:
        return self.bound(("working_days", "absence", "attrition", "search", "horizon"))

    @property
    def effort_fields(self) -> list[forms.BoundField]:
        return self.bound(name for pair in EFFORTS.values() for name in pair)

    @property
    def has_wrong_efforts(self) -> bool:
        return any(field.errors for field in self.effort_fields)

    @property
    def base_groups(self) -> list[list[forms.BoundField]]:
        return [self.bound(customer_names(size)) for size in CustomerSize] if self.role == StaffRole.FARMER else []

    @property
    def line_fields(self) -> list[forms.BoundField]:
        return self.bound(LINES)

    @property
    def variant_fields(self) -> list[dict[str, Any]]:
        rows = []
        for number, variant in enumerate(VARIANTS, start=1):
            fields = self.bound(f"{variant}_{one}" for one in CHANGES)
            rows.append({"number": number, "fields": fields, "is_open": any(field.value() for field in fields)})
        return rows

    @property
    def is_answering(self) -> bool:
        return any(field.value() for field in self.line_fields)


def customer_names(size: CustomerSize) -> tuple[str, str, str]:
    return (f"{size}", f"{size}_contacts", f"{size}_visits")


def blocks_of(segment: Segment | None, segments: list[Segment], asked: QueryDict) -> list[Block]:
    """A chosen segment, or all in one where the address names a plan of the whole, else every segment by itself."""
    if segment is not None:
        return [Block("", segment.name, segment)]
    if "plan" in asked or not segments:
        return [Block("", _("All segments together"))]
    if len(segments) == 1:
        return [Block("", segments[0].name, segments[0])]
    return [Block(f"_{one.pk}", one.name, one) for one in segments]


def staff_form(
    role: StaffRole, blocks: list[Block], data: QueryDict | Mapping[str, str], defaults: Mapping[str, Default]
) -> StaffForm:
    form = _form(role, tuple(block.suffix for block in blocks))(data, defaults)
    form.role, form.blocks = role, blocks
    return form


def names_of(role: StaffRole, blocks: list[Block]) -> KeysView[str]:
    """The fields of such a form."""
    return _form(role, tuple(block.suffix for block in blocks)).base_fields.keys()


@remembered
def _form(role: StaffRole, suffixes: tuple[str, ...]) -> type[StaffForm]:
    """Every form copies the fields of its class, so that people share one class a role and language."""
    fields: dict[str, forms.Field] = {}
    if role == StaffRole.HUNTER:
        for suffix in suffixes:
            fields |= _demand(Block(suffix, ""))
        fields |= _efforts()
    else:
        fields |= _base()
    fields |= _people() | _time()
    if role == StaffRole.FARMER:
        fields |= _lines()
    fields |= _variants(role)
    return cast(type[StaffForm], type(CalculatorForm)("StaffForm", (StaffForm,), fields))


def _demand(block: Block) -> dict[str, forms.Field]:
    labels = {
        "p_red": _("Red → yellow"),
        "p_yellow": _("Yellow → green"),
        "p_green": _("Green → payment"),
        "t_red": _("Days in red"),
        "t_yellow": _("Days in yellow"),
        "t_green": _("Days in green"),
    }
    found: dict[str, forms.Field] = {
        block.name("plan"): RoubleField(label=_("Plan of the month, ₽")),
        block.name("average_cheque"): RoubleField(label=_("Average cheque, ₽")),
    }
    found |= {block.name(name): ShareField(label=labels[name]) for name in RATES}
    return found | {block.name(name): NumberField(label=labels[name]) for name in STAYS}


def _efforts() -> dict[str, forms.Field]:
    labels = {
        "telemarketing": (_("Productive calls per client"), _("Minutes of a call")),
        "meetings": (_("Held meetings per client"), _("Minutes of a meeting")),
        "documents": (_("Documents per client"), _("Minutes of a document")),
    }
    found: dict[str, forms.Field] = {}
    for pool, (acts, minutes) in EFFORTS.items():
        label = labels[str(pool)]
        found |= {acts: NumberField(label=label[0]), minutes: NumberField(label=label[1])}
    return found


def _base() -> dict[str, forms.Field]:
    labels = {
        CustomerSize.LARGE: _("Large customers"),
        CustomerSize.MEDIUM: _("Medium customers"),
        CustomerSize.SMALL: _("Small customers"),
    }
    found: dict[str, forms.Field] = {}
    for size in CustomerSize:
        number, contacts, visits = customer_names(size)
        found[number] = WholeField(label=labels[size])
        found[contacts] = NumberField(label=_("Warm contacts a month"))
        found[visits] = NumberField(label=_("Visits a month"))
    return found


def _people() -> dict[str, forms.Field]:
    labels = {
        "managers": _("At full strength, from month 4"),
        "month_3": _("In month 3 (75 %)"),
        "month_2": _("In month 2 (50 %)"),
        "month_1": _("In month 1 (25 %)"),
        "month_0": _("Hired, not yet at work"),
    }
    return {name: NumberField(label=labels[name]) for name in PEOPLE}


def _time() -> dict[str, forms.Field]:
    return {
        "working_days": WholeField(label=_("Working days")),
        "absence": ShareField(label=_("Absences")),
        "attrition": ShareField(label=_("Leave in a year")),
        "search": WholeField(label=_("Search of a person, months")),
        "horizon": WholeField(label=_("Look ahead, months")),
    }


def _variants(role: StaffRole) -> dict[str, forms.Field]:
    is_hunters = role == StaffRole.HUNTER
    found: dict[str, forms.Field] = {}
    for variant in VARIANTS:
        found[f"{variant}_name"] = forms.CharField(
            label=pgettext("of a variant", "Name"), max_length=60, required=False, strip=True, widget=TypedInput
        )
        plan = _("Plan, % of the base") if is_hunters else _("Customers, % of the base")
        found[f"{variant}_plan"] = ShareField(label=plan, required=False)
        if is_hunters:
            found[f"{variant}_cheque"] = ShareField(label=_("Cheque, % of the base"), required=False)
            found[f"{variant}_red"] = ShareField(label=_("Red → yellow, % of the base"), required=False)
        found |= {
            f"{variant}_people": NumberField(label=_("Full employees more or less"), required=False),
            f"{variant}_days": WholeField(label=_("Working days"), required=False),
            f"{variant}_absence": ShareField(label=_("Absences"), required=False),
            f"{variant}_attrition": ShareField(label=_("Leave in a year"), required=False),
        }
    return found


def _lines() -> dict[str, forms.Field]:
    return {
        "calls": NumberField(label=_("Incoming calls an hour"), required=False),
        "talk": NumberField(label=_("Seconds of a call with its notes"), required=False),
        "answer": NumberField(label=_("Answer within, seconds"), required=False),
        "level": ShareField(label=_("Of all calls"), required=False),
        "agents": WholeField(label=_("People on the lines"), required=False),
    }
