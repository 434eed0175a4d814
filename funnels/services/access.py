"""Locks and rights of the acts: one client is one aggregate, locked first by every act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Absence, User
from clients.models import Client
from common import clock
from common.errors import Conflict, NotAllowed
from funnels.models import Ownership, SalesCycle


def lock_client(client_id: int) -> Client:
    """The client, locked till the end of the transaction. Lock order: client, cycle, ownership, order, task."""
    return Client.objects.select_for_update(of=("self",)).select_related("department").filter(pk=client_id).get()


def lock_cycle(cycle: SalesCycle) -> SalesCycle:
    """The cycle behind its locked client, as it stands now."""
    client = lock_client(cycle.client_id)
    fresh = SalesCycle.objects.select_for_update(of=("self",)).select_related("segment").filter(pk=cycle.pk).get()
    fresh.client = client
    return fresh


def open_cycle_of(client: Client) -> SalesCycle | None:
    cycle = (
        SalesCycle.objects.open()
        .select_for_update(of=("self",))
        .select_related("segment")
        .filter(client=client)
        .first()
    )
    if cycle is not None:
        cycle.client = client
    return cycle


def open_ownership(client: Client) -> Ownership | None:
    return Ownership.objects.open().select_for_update(of=("self",)).filter(client=client).first()


def ownership_of(cycle: SalesCycle) -> Ownership:
    """The open ownership of an open cycle; the database keeps exactly one."""
    return Ownership.objects.open().select_for_update(of=("self",)).filter(cycle=cycle).get()


def may_work(actor: User, client: Client) -> bool:
    """May this person act on the client: its owner, his deputy of today, the department's head, the director."""
    if not actor.is_active:
        return False
    if actor.role == Role.DIRECTOR:
        return True
    if actor.role == Role.HEAD:
        return client.department_id == actor.department_id
    if actor.role not in MANAGER_ROLES or client.owner_id is None:
        return False
    if client.owner_id == actor.pk:
        return True
    return Absence.objects.covering(clock.today()).filter(deputy=actor, user_id=client.owner_id).exists()


def ensure_may_work(actor: User | None, client: Client) -> None:
    """Raises NotAllowed unless the person may act on the client; None is the system itself."""
    if actor is None or may_work(actor, client):
        return
    if client.owner_id is None and actor.role in MANAGER_ROLES:
        raise NotAllowed(_("Take the client into work first."))
    raise NotAllowed(_("Only the owner, his deputy or the head may do this."))


def ensure_open(cycle: SalesCycle) -> None:
    if not cycle.is_open:
        raise Conflict(_("This sales cycle is already closed."), code="cycle_closed")


def is_head_of(actor: User, client: Client) -> bool:
    return actor.role == Role.DIRECTOR or (
        actor.role == Role.HEAD and actor.department_id is not None and actor.department_id == client.department_id
    )
