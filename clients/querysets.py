from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Absence
from clients.choices import Section
from common import clock

if TYPE_CHECKING:
    from accounts.models import User


def free_to_take_q(day: date, prefix: str = "") -> Q:
    """Ownerless clients that may be taken: the call base, due recalls and due archive (section 1.1)."""
    return Q(**{f"{prefix}owner__isnull": True}) & (
        Q(**{f"{prefix}section": Section.CALL_BASE})
        | Q(
            **{
                f"{prefix}section__in": [Section.SOFT_REFUSAL, Section.STRATEGIC],
                f"{prefix}recall_on__lte": day,
            }
        )
    )


def visibility_q(user: User, prefix: str = "") -> Q:
    """The one definition of who sees which client (section 1.1); `prefix` walks to the client ("client__")."""
    nobody = Q(pk__in=[])
    if not user.is_active:
        return nobody
    live = Q(**{f"{prefix}is_live": True})
    if user.role == Role.DIRECTOR:
        return live
    if user.role == Role.HEAD:
        return live & Q(**{f"{prefix}department_id": user.department_id})
    if user.role == Role.QUALITY:
        return live & Q(**{f"{prefix}has_calls": True})
    if user.role == Role.ACCOUNTANT:
        return live & Q(**{f"{prefix}has_documents": True})
    if user.role in MANAGER_ROLES:
        day = clock.today()
        deputised = Absence.objects.covering(day).filter(deputy=user).values("user_id")
        banned = models.Subquery(
            apps.get_model("clients", "RetakeBan").objects.filter(user=user, until_on__gte=day).values("client_id")
        )
        free = (
            Q(**{f"{prefix}department_id": user.department_id})
            & free_to_take_q(day, prefix)
            & ~Q(**{f"{prefix}pk__in": banned})
        )
        return live & (Q(**{f"{prefix}owner_id": user.pk}) | Q(**{f"{prefix}owner_id__in": deputised}) | free)
    return nobody


class ClientQuerySet(models.QuerySet):
    def live(self) -> Self:
        return self.filter(is_live=True)

    def visible_to(self, user: User) -> Self:
        return self.filter(visibility_q(user))

    def workable_by(self, user: User) -> Self:
        """In whose name acts may be done: the owner, his deputy of today, the head of the department, the director."""
        scope = self.visible_to(user)
        if user.role in MANAGER_ROLES:
            deputised = Absence.objects.covering(clock.today()).filter(deputy=user).values("user_id")
            return scope.filter(Q(owner=user) | Q(owner_id__in=deputised))
        if user.role in (Role.HEAD, Role.DIRECTOR):
            return scope
        return self.none()

    def free_to_take(self, day: date) -> Self:
        return self.live().filter(free_to_take_q(day))

    def in_section(self, section: str) -> Self:
        return self.filter(section=section)


class OfClientQuerySet(models.QuerySet):
    """People, phones and e-mails are seen by those who see the client, the accountant excepted.

    He has requisites and documents only (section 1.1).
    """

    def visible_to(self, user: User) -> Self:
        if user.role == Role.ACCOUNTANT:
            return self.none()
        return self.filter(visibility_q(user, "client__"))


class PersonQuerySet(OfClientQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def decision_makers(self) -> Self:
        return self.filter(is_active=True, is_dm=True)


class ImportRunQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD:
            return self.filter(department_id=user.department_id)
        return self.none()


class ImportRowQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD:
            return self.filter(run__department_id=user.department_id)
        return self.none()
