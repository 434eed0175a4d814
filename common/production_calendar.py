"""The Russian production calendar as the library `holidays` knows it: a seed for the editable table of days."""

from collections.abc import Iterable
from datetime import date

import holidays

from common.workdays import DayKind


def seeded_kinds(years: Iterable[int]) -> dict[date, DayKind]:
    """The days of `years` that differ from the plain week.

    `holiday`: public holidays, also on a weekend, and transferred days off; `workday`: working Saturdays and Sundays.
    Shortened days are not known to the library: the administrator marks them.
    """
    wanted = sorted(set(years))
    # Without expansion a question about a neighbouring year would silently add that year's holidays.
    source = holidays.country_holidays("RU", years=wanted, expand=False)
    kinds = {day: DayKind.HOLIDAY for day in source if day.year in wanted}
    # A working Saturday is no holiday to the library: it is told apart only by being a working day of a weekend.
    moved = (day for day in source.weekend_workdays if day.year in wanted)
    return dict(sorted((kinds | dict.fromkeys(moved, DayKind.WORKDAY)).items()))
