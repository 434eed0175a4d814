"""What the funnel answers when accounts announces a change of a person or of the production calendar."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from accounts import signals
from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from common.errors import Conflict
from funnels.choices import OwnershipReason
from funnels.services import count_clients, distribute_list, recompute_clocks


@receiver(signals.before_deactivation, dispatch_uid="funnels.keep_clients")
def refuse_or_distribute(sender: Any, user: User, actor: User, distribute: bool = False, **kwargs: Any) -> None:
    """Nobody leaves with a list: it is distributed in the same act or the act is refused (section 2.5)."""
    n = count_clients(user)
    if not n:
        return
    if not distribute:
        _refuse(n)
    distribute_list(user=user, actor=actor, reason=OwnershipReason.DISMISSAL)


@receiver(signals.before_reassignment, dispatch_uid="funnels.keep_owners")
def refuse_reassignment(sender: Any, user: User, role: str, department: Department | None, **kwargs: Any) -> None:
    """Whoever owns clients stays in the department and in a role that may own them."""
    is_owner = role in MANAGER_ROLES or role == Role.HEAD
    # The person may already carry the values to come: where the clients are is what the base still says.
    present = User.objects.filter(pk=user.pk).values_list("department_id", flat=True).first()
    stays = department is not None and department.pk == present
    if is_owner and stays:
        return
    n = count_clients(user)
    if n:
        _refuse(n)


@receiver(signals.calendar_changed, dispatch_uid="funnels.recompute_clocks")
def recompute_after_edit(sender: Any, **kwargs: Any) -> None:
    """A day that becomes or ceases to be a holiday moves every clock that runs over it (R-S0-P7)."""
    recompute_clocks()


def _refuse(n: int) -> None:
    raise Conflict(
        ngettext(
            "The employee has %(n)d client: distribute the list first.",
            "The employee has %(n)d clients: distribute the list first.",
            n,
        )
        % {"n": n},
        code="has_clients",
    )
