"""What people do with a vacancy: edit, open, close (R-S2-12)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from common.text import TextError, clean_text
from journal.services import differences, record
from staffing.choices import VacancyStatus
from staffing.models import MOST_PEOPLE, Vacancy
from staffing.selectors import may_hire

LONGEST_TEXT = 5000


@transaction.atomic
def edit_vacancy(*, vacancy: Vacancy, headcount: int, wanted_on: date, text: str, version: int, actor: User) -> Vacancy:
    """People, month and text of a vacancy that is not closed; what already stands writes nothing.

    NotAllowed, Conflict (closed), StaleVersion, Invalid by field: headcount, wanted_on, text.
    """
    vacancy = _locked(vacancy, actor)
    if vacancy.status == VacancyStatus.CLOSED:
        raise Conflict(_("The vacancy is closed."), code="closed")
    values = {"headcount": headcount, "wanted_on": wanted_on, "text": text}
    if vacancy.version != version:
        raise StaleVersion(
            _("The vacancy was changed meanwhile."), current={name: _of(vacancy)[name] for name in values}
        )
    errors = {}
    if not 1 <= headcount <= MOST_PEOPLE:
        errors["headcount"] = _("From 1 to 1000 people.")
    if wanted_on.day != 1:
        errors["wanted_on"] = _("A vacancy is wanted by a month.")
    try:
        values["text"] = clean_text(text, LONGEST_TEXT)
    except TextError:
        errors["text"] = _("At most 5000 characters.")
    if errors:
        raise Invalid(errors)
    before, after = differences(_of(vacancy), values)
    if not after:
        return vacancy
    _save(vacancy, after)
    record(action="vacancy.edit", obj=vacancy, actor=actor, before=before, after=after)
    return vacancy


@transaction.atomic
def open_vacancy(*, vacancy: Vacancy, actor: User) -> Vacancy:
    """A draft becomes an open vacancy; an open one stays as it is. NotAllowed, Conflict (closed)."""
    vacancy = _locked(vacancy, actor)
    if vacancy.status == VacancyStatus.OPEN:
        return vacancy
    if vacancy.status == VacancyStatus.CLOSED:
        raise Conflict(_("The vacancy is closed."), code="closed")
    changes = {"status": VacancyStatus.OPEN, "opened_at": clock.now()}
    before = {"status": vacancy.status}
    _save(vacancy, changes)
    record(action="vacancy.open", obj=vacancy, actor=actor, before=before, after=changes)
    return vacancy


@transaction.atomic
def close_vacancy(*, vacancy: Vacancy, actor: User) -> Vacancy:
    """The people are found, or not wanted any more; a closed one stays as it is. NotAllowed."""
    vacancy = _locked(vacancy, actor)
    if vacancy.status == VacancyStatus.CLOSED:
        return vacancy
    changes = {"status": VacancyStatus.CLOSED, "closed_at": clock.now()}
    before = {"status": vacancy.status}
    _save(vacancy, changes)
    record(action="vacancy.close", obj=vacancy, actor=actor, before=before, after=changes)
    return vacancy


def _locked(vacancy: Vacancy, actor: User) -> Vacancy:
    vacancy = Vacancy.objects.select_for_update(of=("self",)).select_related("department").get(pk=vacancy.pk)
    if not may_hire(actor, vacancy.department):
        raise NotAllowed(_("Vacancies are kept by the director, or by the head for his department."))
    return vacancy


def _of(vacancy: Vacancy) -> dict[str, Any]:
    return {"headcount": vacancy.headcount, "wanted_on": vacancy.wanted_on, "text": vacancy.text}


def _save(vacancy: Vacancy, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(vacancy, name, value)
    vacancy.version += 1
    vacancy.save(update_fields=[*changes, "version"])
