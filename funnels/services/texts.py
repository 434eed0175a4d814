"""Words for the codes of the pure rules: what is missing, why nothing was credited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import formats
from common.errors import Missing
from funnels.choices import State
from funnels.constants import CONVERSION_DAYS
from funnels.rules import CONVERSION_NORM_PERCENT, Conversion
from funnels.rules import Missing as RuleMissing

MISSING_TEXTS = {
    "first_contact": gettext_lazy("a productive contact with a decision maker (full name and position)"),
    "next_action": gettext_lazy("the date of the next step"),
    "questionnaire_or_offer": gettext_lazy("the questionnaire filled to 100 %, or an offer sent and discussed"),
    "offer_sent": gettext_lazy("an offer sent"),
    "offer_discussed": gettext_lazy("the offer discussed with the decision maker"),
    "terms_discussed": gettext_lazy("a discussion of terms or objections"),
    "binding_step": gettext_lazy("an invoice, an accepted calculation or survey, or a signed contract"),
    "full_payment": gettext_lazy("full payment"),
    "closing_documents": gettext_lazy("signed closing documents"),
    "refusal_reason": gettext_lazy("the reason of the refusal"),
    "contact_date_future": gettext_lazy("a date of the next talk in the future"),
    "recall_not_due": gettext_lazy("the recall date has not come"),
    "hard_refusal_section": gettext_lazy("the client is in the hard refusal section"),
    "missing_name": gettext_lazy("the client's name"),
    "missing_phone_or_email": gettext_lazy("a phone or an e-mail"),
    "missing_size": gettext_lazy("the size label"),
    "missing_category": gettext_lazy("the category"),
    "questionnaire_full": gettext_lazy("the questionnaire filled to 100 %"),
    "interest": gettext_lazy("interest, noted at a held meeting or productive call"),
    "progress": gettext_lazy("progress: a next joint action within a month"),
    "progress_lapsed": gettext_lazy("a new progress date: the former one has passed"),
    "contract_signed": gettext_lazy("a signed contract"),
    "invoice_issued": gettext_lazy("an invoice"),
    "invoice_expired": gettext_lazy("a valid invoice: the former one has expired"),
    "payment": gettext_lazy("the first payment"),
    "terms_agreed": gettext_lazy("agreed terms with a pay date"),
    "pay_date_past": gettext_lazy("a pay date that has not passed"),
    "pay_date_too_far": gettext_lazy("a pay date within 30 days"),
}

REASON_TEXTS = {
    "no_open_cycle": gettext_lazy("no open sales cycle"),
    "not_dm": gettext_lazy("not a decision maker"),
    "no_name": gettext_lazy("no full name"),
    "no_position": gettext_lazy("no position"),
    "not_answered": gettext_lazy("not answered"),
    "second_today": gettext_lazy("second call to this decision maker today"),
    "not_personal": gettext_lazy("not in person"),
    "no_interest": gettext_lazy("no interest"),
    "no_progress": gettext_lazy("no next joint action"),
    "progress_in_past": gettext_lazy("progress dated in the past"),
    "kind_not_counted": gettext_lazy("letters and messages are not norms"),
}


def missing_text(item: RuleMissing) -> str:
    """The sentence for one missing thing, with its figures."""
    if item.code == "step_skipped":
        start, target = (State(value).label for value in item.detail)
        return _("steps between “%(start)s” and “%(target)s” cannot be skipped") % {"start": start, "target": target}
    if item.code in ("step_backward", "step_not_allowed"):
        start, target = (State(value).label for value in item.detail)
        return _("there is no step from “%(start)s” to “%(target)s”") % {"start": start, "target": target}
    if item.code == "worklist_full":
        have, cap = item.detail
        return _("The work list is full: %(have)s of %(cap)s") % {"have": have, "cap": cap}
    if item.code == "retake_ban":
        day = date.fromisoformat(item.detail[0])
        return _("this manager lost the client; he may take it again after %(day)s") % {"day": f"{day:%d.%m.%Y}"}
    if item.code == "already_in_work":
        return _("the client is already in work")
    if item.code == "section_closed":
        return _("clients of this section are not taken into work")
    return str(MISSING_TEXTS[item.code])


def missing_list(items: Iterable[RuleMissing]) -> list[Missing]:
    return [Missing(item.code, missing_text(item)) for item in items]


def reason_text(code: str, detail: int | None = None) -> str:
    """Why a contact was not (fully) credited, as a person reads it."""
    if not code:
        return ""
    if code == "too_short":
        return _("talk of %(seconds)s s, 30 s needed") % {"seconds": detail}
    if code == "questionnaire_incomplete":
        return _("questionnaire %(percent)s %%") % {"percent": detail}
    if code == "progress_too_late":
        return _("progress in %(days)s days, later than a month") % {"days": detail}
    return str(REASON_TEXTS[code])


def conversion_words(found: Conversion) -> str:
    """«15,00 % при норме 20 %», where the caption tells the rest."""
    return _("%(percent)s against the norm of %(norm)s") % {
        "percent": formats.percent(found.percent, 2),
        "norm": formats.percent(CONVERSION_NORM_PERCENT, 0),
    }


def conversion_text(found: Conversion) -> str:
    """«Конверсия за 90 дней 15,00 % при норме 20 %» (R-S1-5)."""
    return _("Conversion over %(days)d days %(percent)s against the norm of %(norm)s") % {
        "days": CONVERSION_DAYS,
        "percent": formats.percent(found.percent, 2),
        "norm": formats.percent(CONVERSION_NORM_PERCENT, 0),
    }
