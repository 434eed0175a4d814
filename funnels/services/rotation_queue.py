"""The queue of a department: planned as a whole, each order with its recipient and the excluded (section 2.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.selectors import calendar, directors, head_of
from common.errors import Conflict
from common.writing import write_over
from funnels.choices import OrderStatus
from funnels.models import RotationOrder
from funnels.rules import Choice, RotationOutcome, plan_queue, queue_key
from funnels.selectors import candidates, moving_of, open_queue, rule_orders
from funnels.services.bells import Telling, tell_all

PLANNED = [
    "suggested",
    "is_reserve",
    "choice",
    "excluded",
    "chosen_by",
    "chosen_at",
    "status",
    "execute_on",
]
_QUEUE_LOCK = 0x526F74  # the first half of the advisory key: nobody else uses it


def lock_queue(department_id: int) -> None:
    """One planner of a department's queue at a time, till the end of the transaction; taken before any row.

    Loads, deficits and received counts follow every choice: two planners side by side would both see the old ones.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_QUEUE_LOCK, department_id])


def lock_queue_or_refuse(department_id: int) -> None:
    """The same lock for an act that already holds a person's row: it must not wait. Raises Conflict while others plan."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_QUEUE_LOCK, department_id])
        if not cursor.fetchone()[0]:
            raise Conflict(_("The rotation is being executed right now: try again in a minute."), code="queue_busy")


def plan_department(*, department: Department, day: date) -> int:
    """Chooses recipients for every open order of the locked queue; returns how many have changed.

    Orders that wait for the daily quota move to the next working day and are planned there.
    """
    first_day = calendar().working_day_on_or_after(day)
    groups: dict[date, list[RotationOrder]] = defaultdict(list)
    for order in open_queue(department.pk):
        if order.choice.get("action") != "expire":
            groups[max(order.execute_on, first_day)].append(order)
    changed, head = 0, head_of(department)
    written: dict[int, RotationOrder] = {}
    short: list[RotationOrder] = []
    while groups:
        execute_on = min(groups)
        orders = groups.pop(execute_on)
        choices = choices_of(orders, execute_on)
        names = names_of(choices.values())
        for order in orders:
            choice = choices[order.pk]
            if choice.outcome == RotationOutcome.WAITING_QUOTA:
                # With quota 10 a waiting order proves ten placed ones: the loop ends.
                put_off(order, choice, names, calendar().next_working_day(execute_on))
                groups[order.execute_on].append(order)
                is_new = True
            else:
                is_new = _put_anew(order, choice, names, head)
                short += [order] if order.is_reserve else []
            if is_new:
                written[order.pk] = order
                changed += 1
    # The rule reads no orders that are still open: they are written at the end, all at once.
    write_over(written.values(), PLANNED)
    tell_shortages(short, head)
    return changed


def choices_of(
    orders: Sequence[RotationOrder], day: date, *, head_choice: tuple[int, int] | None = None
) -> dict[int, Choice]:
    """The rule's answer for each order executed on `day`. `head_choice`: (order id, user id) tried out."""
    moving = [moving_of(order) for order in orders]
    if not moving:
        return {}
    asked = rule_orders(moving, day)
    if head_choice is not None:
        order_id, user_id = head_choice
        asked = [replace(each, head_choice_id=user_id) if each.id == order_id else each for each in asked]
    people = candidates(moving[0].department_id, day)
    return {choice.order_id: choice for choice in plan_queue(asked, people)}


def in_queue_order(orders: Sequence[RotationOrder], day: date) -> list[RotationOrder]:
    """GREEN, YELLOW, RED; inside: expected amount, age, client."""
    keys = {each.id: queue_key(each) for each in rule_orders([moving_of(order) for order in orders], day)}
    return sorted(orders, key=lambda order: keys[order.pk])


def names_of(choices: Iterable[Choice]) -> dict[int, str]:
    ids: set[int] = set()
    for choice in choices:
        ids.update(who for who, _code in choice.excluded)
        ids.update(who for who in (choice.user_id, choice.rival_id) if who is not None)
        ids.update([choice.replaced[0]] if choice.replaced else [])
    return {user.pk: user.short_name for user in User.objects.filter(pk__in=ids)}


def _put_anew(order: RotationOrder, choice: Choice, names: Mapping[int, str], head: User | None) -> bool:
    """Puts recipient, criterion and the excluded on the order; False when nothing has changed."""
    before = (order.suggested_id, order.is_reserve, order.choice, order.excluded, order.chosen_by_id, order.status)
    put_choice(order, choice, names, head)
    after = (order.suggested_id, order.is_reserve, order.choice, order.excluded, order.chosen_by_id, order.status)
    return before != after


def put_choice(order: RotationOrder, choice: Choice, names: Mapping[int, str], head: User | None) -> None:
    order.is_reserve = choice.outcome == RotationOutcome.RESERVE
    order.suggested_id = choice.user_id if not order.is_reserve else head.pk if head else None
    order.choice = {**_kept(order.choice), **_words_of(choice, names)}
    is_for_head = order.choice.get("action") == "head_reserve"
    order.excluded = (
        []
        if is_for_head
        else [{"user": who, "name": names.get(who, ""), "code": code} for who, code in choice.excluded]
    )
    if choice.replaced is not None:
        order.chosen_by, order.chosen_at = None, None


def postpone(order: RotationOrder, choice: Choice, names: Mapping[int, str], to_day: date) -> None:
    """Only the daily quota stands in the way: the order waits for the next working day."""
    put_off(order, choice, names, to_day)
    order.save(update_fields=PLANNED)


def put_off(order: RotationOrder, choice: Choice, names: Mapping[int, str], to_day: date) -> None:
    put_choice(order, choice, names, None)
    order.execute_on = to_day
    if order.status != OrderStatus.HELD:
        order.status = OrderStatus.WAITING_QUOTA


def tell_shortages(orders: Iterable[RotationOrder], head: User | None) -> None:
    """«Не хватает персонала» to head and directors, once per order (section 2.5)."""
    short = {order.pk: order.client.name for order in orders if order.choice.get("action") != "head_reserve"}
    people = [head, *directors()] if short else []
    tell_all(
        Telling(
            people=people,
            key=f"no-staff:{pk}",
            text=lambda name=name: _("Not enough staff: nobody can take over %(client)s") % {"client": name},
            url="/rotation/",
        )
        for pk, name in short.items()
    )


def _kept(choice: Mapping[str, Any]) -> dict[str, Any]:
    return {key: choice[key] for key in ("action", "participant", "announced") if key in choice}


def _words_of(choice: Choice, names: Mapping[int, str]) -> dict[str, Any]:
    words: dict[str, Any] = {
        "outcome": str(choice.outcome),
        "decided_by": choice.decided_by,
        "winner_figure": choice.winner_figure,
        "rival_figure": choice.rival_figure,
        "rival": names.get(choice.rival_id, "") if choice.rival_id else "",
    }
    if choice.replaced is not None:
        who, code = choice.replaced
        words["replaced"] = {"user": who, "name": names.get(who, ""), "code": code}
    return words
