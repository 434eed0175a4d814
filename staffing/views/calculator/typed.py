"""Typed people as employees, and refusals of the calculator beside their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from planning.calculator import Checks, WrongInput
from staffing.calculator import Employee
from staffing.models import MOST_PEOPLE
from staffing.views.calculator.form import PEOPLE, StaffForm

T = TypeVar("T")


def tried(form: StaffForm, names: Mapping[str, str], act: Callable[[], T]) -> T | None:
    """What `act` returns; None when the calculator refuses, each problem beside its field."""
    try:
        return act()
    except WrongInput as error:
        form.refuse(error, names)
        return None


def employees_of(said: Mapping[str, Any]) -> list[Employee]:
    """«5,5» people in a month of work are five whole ones and half a one. WrongInput by field."""
    checks = Checks()
    for name in PEOPLE:
        checks.number(name, said[name], most=MOST_PEOPLE)
    checks.done()
    return [one for name, month in PEOPLE.items() for one in people_of(month, Fraction(said[name]))]


def people_of(month: int, number: Fraction) -> list[Employee]:
    whole, part = divmod(number, 1)
    return [Employee(month)] * int(whole) + ([Employee(month, part)] if part else [])
