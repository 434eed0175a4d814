"""Words for a rotation: why this recipient, why not the others, what became of the order (section 2.5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import formats
from funnels.choices import Colour, OrderStatus
from funnels.constants import DAILY_ROTATION_QUOTA
from funnels.models import RotationOrder

EXCLUSION_TEXTS = {
    "inactive": gettext_lazy("no longer works here"),
    "other_department": gettext_lazy("another department"),
    "other_role": gettext_lazy("another role"),
    "other_segment": gettext_lazy("does not serve the segment"),
    "absent": gettext_lazy("absent"),
    "worklist_full": gettext_lazy("the work list is full"),
    "previous_owner": gettext_lazy("previous owner"),
    "lost_recently": gettext_lazy("lost this client within 180 days"),
    "knowledge_expired": gettext_lazy("no valid knowledge test"),
    "red_only": gettext_lazy("red clients only"),
}

_DEFICIT_TEXTS = {
    Colour.GREEN: gettext_lazy("needs %(n)s more green"),
    Colour.YELLOW: gettext_lazy("needs %(n)s more yellow"),
    Colour.RED: gettext_lazy("needs %(n)s more red"),
}

OUTCOME_TEXTS = {
    "third_stagnation": gettext_lazy("third stagnation: out of the funnel"),
    "movement": gettext_lazy("cancelled: a movement dated in time"),
    "paid": gettext_lazy("cancelled: paid"),
    "refusal": gettext_lazy("cancelled: refusal"),
    "reserve": gettext_lazy("cancelled: put into the archive"),
    "term": gettext_lazy("cancelled: the deal term ended"),
    "decreed": gettext_lazy("transfer by the head"),
    "no_longer_owned": gettext_lazy("cancelled: the cycle was closed"),
    "no_head": gettext_lazy("waits: the department has no head"),
    "distributed": gettext_lazy("list handed over"),
}


def exclusion_text(code: str) -> str:
    """Why somebody cannot receive a client, in a few words."""
    if code == "daily_quota":
        return _("%(n)s rotations received that day") % {"n": DAILY_ROTATION_QUOTA}
    return str(EXCLUSION_TEXTS[code])


def excluded_texts(order: RotationOrder) -> list[tuple[str, str]]:
    """(name, reason) of everybody who could not receive the client."""
    return [(row["name"], exclusion_text(row["code"])) for row in order.excluded]


def why_text(order: RotationOrder) -> str:
    """Why this recipient: the criterion that decided, with its figures."""
    choice = order.choice
    parts = []
    if "replaced" in choice:
        replaced = choice["replaced"]
        parts.append(
            _("instead of %(name)s: %(reason)s")
            % {"name": replaced["name"], "reason": exclusion_text(replaced["code"])}
        )
    parts.append(_reason(order, choice))
    return "; ".join(part for part in parts if part)


def participant_text(order: RotationOrder) -> str:
    """Green stagnation adds the head to the work on the client."""
    name = order.choice.get("participant")
    return _("%(name)s takes part: green stagnation") % {"name": name} if name else ""


def outcome_text(order: RotationOrder) -> str:
    """What became of the order, for the history."""
    code = order.outcome_code
    if code.startswith("replaced:"):
        return _("recipient replaced at 09:20: %(reason)s") % {"reason": exclusion_text(code.partition(":")[2])}
    if code in OUTCOME_TEXTS:
        return str(OUTCOME_TEXTS[code])
    return order.get_status_display()


def destination_text(order: RotationOrder) -> str:
    """To whom or where the client goes."""
    if order.choice.get("action") == "expire" or order.outcome_code == "third_stagnation":
        return _("Refusal to be worked on") if order.cycle.kind == "new" else _("Customer base")
    if order.is_reserve:
        return _("Reserve of the head")
    if order.status == OrderStatus.WAITING_QUOTA and order.suggested is None:
        return _("waits for the daily quota")
    person = order.recipient or order.suggested
    return person.short_name if person else ""


def _reason(order: RotationOrder, choice: dict) -> str:
    action = choice.get("action")
    if action == "expire":
        recall_on = order.client.recall_on
        text = _("third stagnation of the cycle: no further hand-over")
        return f"{text}, {_recall(recall_on)}" if recall_on else text
    if action == "head_reserve":
        return _("third stagnation: to the head, until he decides")
    if order.chosen_by is not None:
        return _("chosen by %(name)s") % {"name": order.chosen_by.short_name}
    if choice.get("outcome") == "reserve":
        return _("nobody is eligible; task “Assign” to the head")
    if choice.get("outcome") == "waiting_quota":
        return _("the daily quota of every eligible manager is used up")
    return _by_criterion(order, choice)


def _by_criterion(order: RotationOrder, choice: dict) -> str:
    decided, mine, theirs = choice.get("decided_by"), choice.get("winner_figure", ""), choice.get("rival_figure", "")
    rival = choice.get("rival", "")
    if decided == "only_candidate":
        return _("the only one eligible")
    if decided == "deputy":
        return _("deputy of the absent owner")
    if decided == "deficit":
        need = str(_DEFICIT_TEXTS[Colour(order.colour)]) % {"n": mine}
        return _("%(need)s, the largest deficit; %(rival)s needs %(n)s") % {"need": need, "rival": rival, "n": theirs}
    if decided == "load":
        figures = {"mine": _share(mine), "rival": rival, "theirs": _share(theirs)}
        return _("lower load: %(mine)s against %(theirs)s (%(rival)s)") % figures
    if decided == "conversion":
        figures = {"mine": _share(mine), "rival": rival, "theirs": _share(theirs)}
        return _("higher conversion: %(mine)s against %(theirs)s (%(rival)s)") % figures
    if decided == "last_rotation":
        if mine == "never":
            return _("has never received a rotation")
        return _("received the last rotation earliest: %(day)s") % {"day": _day(mine)}
    if decided == "user_id":
        return _("all else being equal, longer in the company's list")
    return ""


def _share(text: str) -> str:
    return formats.percent(Decimal(text) * 100)


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "d.m.Y")


def _recall(day: date) -> str:
    return _("recall on %(day)s") % {"day": date_format(day, "d.m.Y")}
