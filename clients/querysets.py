from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Func, Q

from accounts.choices import MANAGER_ROLES, Role
from accounts.querysets import LedQuerySet
from clients.choices import Section
from common import clock

if TYPE_CHECKING:
    from accounts.models import User


_DUE_SECTIONS = (Section.SOFT_REFUSAL, Section.STRATEGIC)


def free_to_take_q(day: date, prefix: str = "", sections: Collection[str] = ()) -> Q:
    """Ownerless clients that may be taken: the call base, due recalls and due archive (section 1.1)."""
    free = Q(**{f"{prefix}owner__isnull": True})
    base = Q(**{f"{prefix}section": Section.CALL_BASE})
    due = Q(**{f"{prefix}section__in": _DUE_SECTIONS, f"{prefix}recall_on__lte": day})
    if sections and not set(sections) & set(_DUE_SECTIONS):
        return free & base
    return free & due if sections and Section.CALL_BASE not in sections else free & (base | due)


class _Spelled(Func):
    """A condition on one column against another table, in SQL: a page asks for its scopes ten times over, and Django
    takes longer to put a nested query together than PostgreSQL to answer it."""

    output_field = models.BooleanField()
    sql_values: tuple[object, ...] = ()

    def as_sql(self, *args: Any, **extra: Any) -> Any:
        sql, params = super().as_sql(*args, **extra)
        return sql, [*params, *self.sql_values]


class OwnedByDeputised(_Spelled):
    """The column names one of those for whom the person deputises on the day (`Absence.objects.covering`).

    `= ANY (array)`: unlike `IN (subquery)` it may use an index where other conditions are joined by OR.
    """

    template = (
        "(%(expressions)s = ANY (ARRAY(SELECT user_id FROM accounts_absence"
        " WHERE deputy_id = %%s AND starts_on <= %%s AND (ends_on IS NULL OR ends_on >= %%s))))"
    )

    def __init__(self, column: F, user_id: int, day: date) -> None:
        super().__init__(column)
        self.sql_values = (user_id, day, day)


class NotBanned(_Spelled):
    """The column names no client whom the person may not take again before the day (`RetakeBan`)."""

    template = (
        "(%(expressions)s NOT IN (SELECT client_id FROM clients_retakeban WHERE user_id = %%s AND until_on >= %%s))"
    )

    def __init__(self, column: F, user_id: int, day: date) -> None:
        super().__init__(column)
        self.sql_values = (user_id, day)


def own_or_deputised_q(column: str, user_id: int, day: date) -> Q:
    """The column names the person, or one of those for whom he deputises on `day`."""
    return Q(**{column: user_id}) | Q(OwnedByDeputised(F(column), user_id, day))


def owned_q(user: User, day: date, prefix: str = "") -> Q:
    """What the person owns and what those own for whom he deputises on `day`."""
    return own_or_deputised_q(f"{prefix}owner_id", user.pk, day)


# A client has an owner in these sections only (constraint clients_client_owner_only_in_work_or_customer).
_OWNED_SECTIONS = frozenset({Section.IN_WORK, Section.CUSTOMERS})


def visibility_q(user: User, prefix: str = "", sections: Collection[str] = ()) -> Q:
    """The one definition of who sees which client (section 1.1); `prefix` walks to the client ("client__").

    `sections` narrows it to these, and leaves out what cannot be there: a million clients of the base are not looked
    at for a list of ninety in work.
    """
    nobody = Q(pk__in=[])
    if not user.is_active:
        return nobody
    live = Q(**{f"{prefix}is_live": True})
    if sections:
        live &= Q(**{f"{prefix}section__in": sorted(sections)})
    if user.role == Role.DIRECTOR:
        return live
    if user.role == Role.HEAD:
        return live & Q(**{f"{prefix}department_id": user.department_id})
    if user.role == Role.QUALITY:
        return live & Q(**{f"{prefix}has_calls": True})
    if user.role == Role.ACCOUNTANT:
        return live & Q(**{f"{prefix}has_documents": True})
    if user.role in MANAGER_ROLES:
        return live & _manager_q(user, prefix, frozenset(sections))
    return nobody


def _manager_q(user: User, prefix: str, sections: frozenset[str]) -> Q:
    """His own, those he deputises for, and what of the department's base he may take."""
    day = clock.today()
    owned = owned_q(user, day, prefix)
    if sections and sections <= _OWNED_SECTIONS:
        return owned
    free = (
        Q(**{f"{prefix}department_id": user.department_id})
        & free_to_take_q(day, prefix, sections)
        & Q(NotBanned(F(f"{prefix}pk"), user.pk, day))
    )
    return free if sections and not sections & _OWNED_SECTIONS else owned | free


class ClientQuerySet(models.QuerySet):
    def live(self) -> Self:
        return self.filter(is_live=True)

    def visible_to(self, user: User, sections: Collection[str] = ()) -> Self:
        """What the person may see, of these sections only when any are named."""
        return self.filter(visibility_q(user, sections=sections))

    def workable_by(self, user: User) -> Self:
        """In whose name acts may be done: the owner, his deputy of today, the head of the department, the director."""
        scope = self.visible_to(user)
        if user.role in MANAGER_ROLES:
            return scope.filter(owned_q(user, clock.today()))
        if user.role in (Role.HEAD, Role.DIRECTOR):
            return scope
        return self.none()

    def free_to_take(self, day: date) -> Self:
        return self.live().filter(free_to_take_q(day))

    def in_section(self, section: str) -> Self:
        return self.filter(section=section)


class OfClientQuerySet(models.QuerySet):
    """Anything that hangs on a client is seen by those who see the client."""

    client_path = "client__"

    def visible_to(self, user: User) -> Self:
        return self.filter(visibility_q(user, self.client_path))


class DealingsQuerySet(OfClientQuerySet):
    """People, phones, e-mails and what was said: the accountant has requisites and documents only (section 1.1)."""

    def visible_to(self, user: User) -> Self:
        if user.role == Role.ACCOUNTANT:
            return self.none()
        return super().visible_to(user)


class PersonQuerySet(DealingsQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def decision_makers(self) -> Self:
        return self.filter(is_active=True, is_dm=True)


class ImportRunQuerySet(LedQuerySet):
    """Uploads of the department."""


class ImportRowQuerySet(LedQuerySet):
    department_path = "run__department_id"
