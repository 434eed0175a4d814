from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.choices import Role
from accounts.querysets import ScopedQuerySet
from clients.querysets import visibility_q

if TYPE_CHECKING:
    from accounts.models import User


class DocumentQuerySet(models.QuerySet):
    """Documents are seen with their client; the accountant sees every document, quality control none."""

    def visible_to(self, user: User, sections: Collection[str] = ()) -> Self:
        """`sections`: of clients of these only (clients.querysets.visibility_q)."""
        if user.role == Role.QUALITY:
            return self.none()
        return self.filter(visibility_q(user, "client__", sections))


class PaymentQuerySet(DocumentQuerySet):
    def counted(self) -> Self:
        return self.filter(cancelled_at__isnull=True)


class CreditQuerySet(ScopedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Whose money counts for whom: own, the department's, everybody's."""
        return self if user.is_active and user.role == Role.ACCOUNTANT else super().visible_to(user)
