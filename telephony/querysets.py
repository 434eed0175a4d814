from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.choices import MANAGER_ROLES, Role
from clients.querysets import visibility_q

if TYPE_CHECKING:
    from accounts.models import User


class CallQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CallQuerySet:
        """Calls of visible clients, and one's own; a head also his department's lines; director and quality all."""
        if not user.is_active:
            return self.none()
        if user.role in (Role.DIRECTOR, Role.QUALITY):
            return self
        if user.role == Role.HEAD:
            return self.filter(Q(department_id=user.department_id))
        if user.role in MANAGER_ROLES:
            own = Q(user=user) & (Q(client__isnull=True) | visibility_q(user, "client__"))
            return self.filter(own | (Q(client__isnull=False) & visibility_q(user, "client__")))
        return self.none()
