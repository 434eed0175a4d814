"""Reads of staffing: inputs of the calculator from live data, stored lights of departments, who may hire."""

from staffing.selectors.customers import customer_base, customers_of
from staffing.selectors.inputs import Person, SegmentInput, Share, StaffInputs, staff_inputs
from staffing.selectors.lights import StaffLight, staff_light, staff_lights
from staffing.selectors.vacancies import may_hire
from staffing.selectors.verdicts import RoleVerdict, role_verdicts

__all__ = [
    "Person",
    "RoleVerdict",
    "SegmentInput",
    "Share",
    "StaffInputs",
    "StaffLight",
    "customer_base",
    "customers_of",
    "may_hire",
    "role_verdicts",
    "staff_inputs",
    "staff_light",
    "staff_lights",
]
