"""What the fields hold until a person types, each with the words of its source."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from planning.constants import DEFAULT_REFERENCE, Colour
from planning.selectors.forecast import PASSAGE_DAYS
from planning.views.calculators import Default, setting_source, typed_number, typed_share
from staffing.choices import StaffRole
from staffing.constants import (
    CUSTOMER_NORMS,
    HIRE_MONTHS,
    HUNTER_EFFORTS,
    SERVICE_LEVEL,
    SERVICE_SECONDS,
    USUAL_HORIZON,
    CustomerSize,
)
from staffing.selectors import SegmentInput, Share, StaffInputs
from staffing.views.calculator.form import EFFORTS, FULL_MONTH, PEOPLE, Block, customer_names


def defaults_of(inputs: StaffInputs, role: StaffRole, blocks: list[Block], asked: set[str]) -> dict[str, Default]:
    """By field name. `asked`: fields the address names: a number of people there replaces all of the department."""
    found: dict[str, Default] = {}
    if role == StaffRole.HUNTER:
        for block in blocks:
            found |= _demand(inputs, block)
        for pool, (acts, minutes) in EFFORTS.items():
            norm = HUNTER_EFFORTS[pool]
            found[acts] = Default(typed_number(norm.per_entry), _("norm of the method"))
            found[minutes] = Default(typed_number(norm.minutes), _("norm of the method"))
    else:
        found |= _base(inputs)
        found["answer"] = Default(typed_number(SERVICE_SECONDS))
        found["level"] = Default(typed_share(SERVICE_LEVEL))
    return found | _people(inputs, role, asked) | _time(inputs)


def _demand(inputs: StaffInputs, block: Block) -> dict[str, Default]:
    month = date_format(inputs.month, "F").lower()
    rows = {row.segment.pk: row for row in inputs.segments}
    one = rows.get(block.segment.pk) if block.segment else _largest(inputs)
    is_part = one is not None and block.segment is not None and len(inputs.segments) > 1
    plan = one.plan if one is not None and is_part else inputs.plan
    if not inputs.has_plan:
        source = _("there is no plan for %(month)s yet") % {"month": month}
    elif is_part:
        source = _("the hunters' plan of %(month)s by the money in work") % {"month": month}
    else:
        source = _("the hunters' plan of %(month)s") % {"month": month}
    found = {block.name("plan"): Default(typed_number(plan), source)}
    reference = one.reference if one is not None else DEFAULT_REFERENCE
    cheque = one.cheque if one is not None else Decimal(0)
    found[block.name("average_cheque")] = Default(typed_number(cheque), _cheque_source(one))
    for colour in Colour:
        rate_since, days_since = (
            (one.default.rate_since(colour), one.default.days_since(colour)) if one else (None, None)
        )
        is_own = one is not None and colour in one.own_stages
        source = _fact_source() if is_own else setting_source(rate_since)
        found[block.name(f"p_{colour}")] = Default(typed_share(reference.conversion[colour]), source)
        found[block.name(f"t_{colour}")] = Default(typed_number(reference.days[colour]), setting_source(days_since))
    return found


def _largest(inputs: StaffInputs) -> SegmentInput | None:
    return max(inputs.segments, key=lambda row: (row.plan, -row.segment.pk), default=None)


def _fact_source() -> str:
    return _("own statistics of %(days)s days") % {"days": PASSAGE_DAYS}


def _cheque_source(one: SegmentInput | None) -> str:
    return _fact_source() if one is not None and one.has_own_cheque else _("setting of the segment")


def _base(inputs: StaffInputs) -> dict[str, Default]:
    found = {}
    for size in CustomerSize:
        number, contacts, visits = customer_names(size)
        norm = CUSTOMER_NORMS[size]
        source = _("customers of the department now")
        if size is CustomerSize.SMALL:
            source = _("customers of the department now, those without a label too")
        found[number] = Default(typed_number(inputs.customers.get(size, 0)), source)
        found[contacts] = Default(typed_number(norm.contacts), _("norm of the method"))
        found[visits] = Default(typed_number(norm.visits), _("norm of the method"))
    return found


def _people(inputs: StaffInputs, role: StaffRole, asked: set[str]) -> dict[str, Default]:
    if "managers" in asked:
        return {name: Default("0") for name in PEOPLE}
    counted: dict[int, Fraction] = defaultdict(Fraction)
    for person in inputs.of_role(role):
        counted[min(max(person.month, 0), FULL_MONTH)] += person.part_time
    source = _("people of the department, by their part of a day")
    return {
        name: Default(typed_number(counted[month]), source if name == "managers" else "")
        for name, month in PEOPLE.items()
    }


def _time(inputs: StaffInputs) -> dict[str, Default]:
    month = date_format(inputs.month, "F").lower()
    return {
        "working_days": Default(str(inputs.working_days), _("production calendar, %(month)s") % {"month": month}),
        "absence": _share(inputs.absence),
        "attrition": _share(inputs.attrition),
        "search": Default(str(HIRE_MONTHS), _("norm of the method")),
        "horizon": Default(
            str(USUAL_HORIZON),
            ngettext(
                "in %(n)s month whoever is searched for now is at full strength",
                "in %(n)s months whoever is searched for now is at full strength",
                USUAL_HORIZON,
            )
            % {"n": USUAL_HORIZON},
        ),
    }


def _share(share: Share) -> Default:
    return Default(typed_share(share.value), _("own statistics of a year") if share.is_own else _("norm of the method"))
