"""The calculator's word on a department as it stands: one verdict a role."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from planning.constants import Zone
from staffing.calculator import (
    MonthAhead,
    Required,
    Verdict,
    available_fte,
    check_staff,
    farmers_required,
    hires_for,
    hunters_required,
)
from staffing.choices import StaffRole
from staffing.constants import LEAST_FTE_OF_EMPTY_ROLE, USUAL_HORIZON
from staffing.selectors.inputs import Person, StaffInputs


@dataclass(frozen=True)
class RoleVerdict:
    """`ahead`: what is missing at the usual horizon, and whom to search for now; None when nothing can be computed.

    `is_counted` is False for a role that nobody fills and whose work is less than one person's.
    """

    role: StaffRole
    verdict: Verdict
    ahead: MonthAhead | None
    people: tuple[Person, ...]

    @property
    def is_counted(self) -> bool:
        needed = self.verdict.required.fte.value
        return bool(self.people) or needed is None or needed >= LEAST_FTE_OF_EMPTY_ROLE

    @property
    def hires(self) -> int | None:
        """People to search for now against a deficit; None when it cannot be told.

        A green light is no deficit, though somebody may leave, and a role left to others has none.
        """
        if not self.is_counted or self.verdict.zone is Zone.GREEN:
            return 0
        return self.ahead.hires if self.ahead is not None else None


def role_verdicts(inputs: StaffInputs) -> list[RoleVerdict]:
    """Hunters by the plan, farmers by the base."""
    return [
        _verdict(inputs, StaffRole.HUNTER, hunters_required(inputs.demands, inputs.time)),
        _verdict(inputs, StaffRole.FARMER, farmers_required(inputs.groups, inputs.time)),
    ]


def _verdict(inputs: StaffInputs, role: StaffRole, required: Required) -> RoleVerdict:
    people = tuple(inputs.of_role(role))
    employees = [one.employee for one in people]
    verdict = check_staff(required, available_fte(employees))
    needed: Fraction | None = required.fte.value
    ahead = None
    if needed is not None:
        ahead = hires_for(needed, employees, horizon=USUAL_HORIZON, attrition=inputs.attrition.value)
    return RoleVerdict(role, verdict, ahead, people)
