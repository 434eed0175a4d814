"""The head's morning signature «Проверено» (R-S0-P17)."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from common import clock
from common.errors import NotAllowed
from funnels.models import DepartmentReview
from journal.services import record


@transaction.atomic
def sign_review(*, department: Department, day: date, actor: User) -> DepartmentReview:
    """The head of the department has looked at the lights of the day; signing twice changes nothing.

    Raises NotAllowed for anybody but an active head of this department.
    """
    if not actor.is_active or actor.role != Role.HEAD or actor.department_id != department.pk:
        raise NotAllowed(_("The head of the department signs the review."))
    review, is_new = DepartmentReview.objects.get_or_create(
        department=department, day=day, defaults={"signed_by": actor, "signed_at": clock.now()}
    )
    if is_new:
        record(action="department.review", obj=department, actor=actor, after={"day": day})
    return review
