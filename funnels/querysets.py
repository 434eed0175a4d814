from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Absence
from accounts.querysets import ScopedQuerySet
from clients.models import Client
from clients.querysets import DealingsQuerySet, OfClientQuerySet, owned_q
from common import clock
from funnels.choices import OPEN_ORDER_STATUSES, Colour

if TYPE_CHECKING:
    from accounts.models import User


class OfCycleQuerySet(OfClientQuerySet):
    client_path = "cycle__client__"


class FactQuerySet(OfCycleQuerySet):
    def standing(self) -> Self:
        """Those that speak: neither taken back nor taking another back.

        NOT EXISTS, for of the join that `revoked_by__isnull` makes the planner expects one row and then reads by one.
        """
        taken_back = self.model._default_manager.filter(revokes=OuterRef("pk"))
        return self.filter(~Exists(taken_back), revokes__isnull=True)


class CycleQuerySet(OfClientQuerySet):
    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def open_to(self, user: User) -> Self:
        """`open().visible_to(user)`, asked of the sale: its owner is the client's, who is of the client's department and
        has owned clients only (`check_invariants`), so that ninety sales are counted without reading ninety clients."""
        rows = self.open()
        if not user.is_active or user.role not in (*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR):
            return rows.visible_to(user)
        rows = rows.exclude(client__in=Client.objects.filter(is_live=False))
        if user.role == Role.HEAD:
            return rows.filter(owner__department=user.department_id)
        return rows if user.role == Role.DIRECTOR else rows.filter(owned_q(user, clock.today()))

    def coloured(self) -> Self:
        return self.open().exclude(colour=Colour.NONE)

    def owned_by(self, user: User) -> Self:
        return self.open().filter(owner=user)

    def in_worklist(self) -> Self:
        """What counts towards 50–90: open `new` cycles, green ones too, repeat cycles not (R-S2-7)."""
        return self.open().filter(kind="new")

    def to_recheck(self, day: date) -> Self:
        return self.open().filter(recheck_on__lte=day)


class OwnershipQuerySet(OfClientQuerySet):
    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def with_cycle(self) -> Self:
        return self.filter(cycle__isnull=False)

    def stagnant(self, day: date) -> Self:
        """Older than ten counted days in one colour on `day` (R-S0-P16)."""
        return self.open().with_cycle().filter(flag_on__lte=day)


class ContactQuerySet(DealingsQuerySet):
    def of_day(self, day: date) -> Self:
        return self.filter(day=day)

    def own_list(self, user: User) -> Self:
        """What stays readable to the author after the client has left him: date, kind, client name, credited or not."""
        return self.filter(user=user) if user.is_active else self.none()


class TaskQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Own tasks and those of whom one deputises for; a head the department's; the director all."""
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        mine = Q(assignee=user)
        if user.role == Role.HEAD:
            return self.filter(mine | Q(assignee__department_id=user.department_id))
        if user.role in MANAGER_ROLES:
            deputised = Absence.objects.covering(clock.today()).filter(deputy=user).values("user_id")
            return self.filter(mine | Q(assignee_id__in=deputised))
        return self.filter(mine)


class OrderQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(status__in=OPEN_ORDER_STATUSES)

    def visible_to(self, user: User) -> Self:
        """A head sees the department's queue, the director all, a manager what leaves him or comes to him."""
        if not user.is_active:
            return self.none()
        if user.role == Role.DIRECTOR:
            return self
        if user.role == Role.HEAD:
            return self.filter(department_id=user.department_id)
        if user.role in MANAGER_ROLES:
            return self.filter(Q(old_owner=user) | Q(suggested=user) | Q(recipient=user))
        return self.none()


class ViolationQuerySet(ScopedQuerySet):
    department_path = "user__department_id"
