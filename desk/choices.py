"""The daily jobs in words: what each does, what its counts and steps mean. A job or a count without words fails a test."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journal.constants import CatchUp

# name → title and one sentence of what it does (domain 1.6)
JOB_WORDS: Final = {
    "colours": (
        pgettext_lazy("daily job", "Colours"),
        _("Asks again the colours that depend on the day: terms of invoices, days of payment, progress."),
    ),
    "terms": (
        pgettext_lazy("daily job", "Deal terms"),
        _(
            "Moves deals whose term is over out of work, warns before it, and calls back the refusals that have come due."
        ),
    ),
    "flags": (
        pgettext_lazy("daily job", "Ages and stagnation"),
        _("Warns at days 7 and 10, flags stagnation and queues for rotation whoever is over ten days in one colour."),
    ),
    "plan": (
        pgettext_lazy("daily job", "Plan and fact"),
        _(
            "Writes plan and fact, frozen forecasts, norms of colours and of staff; on the first of a month, references."
        ),
    ),
    "audit": (
        pgettext_lazy("daily job", "Audit of the work lists"),
        _("Checks every work list against the algorithm and the conversions against their floor; tells the heads."),
    ),
    "digest": (
        pgettext_lazy("daily job", "Morning letters"),
        _("Sends managers, heads and the director their day: rotation, stagnation, plan and fact, deficits."),
    ),
    "low_worklist": (
        pgettext_lazy("daily job", "Short work lists"),
        _("Reminds hunters whose work list is below its lower bound how many clients to add."),
    ),
    "rotation": (
        pgettext_lazy("daily job", "Rotation"),
        _("Hands over the clients that are queued and tells whoever got another recipient than promised."),
    ),
    "no_movement": (
        pgettext_lazy("daily job", "Day without movement"),
        _("Tells the seller and his head that no client has moved up today."),
    ),
    "day_preview": (
        pgettext_lazy("daily job", "Figures of the day"),
        _("Shows everybody at the end of the day what it has brought."),
    ),
}

# What becomes of the days on which nobody was there to run it.
CATCH_UP_WORDS: Final = {
    CatchUp.ONCE_FOR_TODAY: _("missed days are made up by one run"),
    CatchUp.EVERY_MISSED_DAY: _("every missed day is made up by itself"),
    CatchUp.SKIP_MISSED: _("missed days are not made up"),
}

# Counts that the services of the jobs return, in the order in which they are shown.
COUNT_WORDS: Final = {
    "checked": pgettext_lazy("count of a job", "deals looked at"),
    "warned": pgettext_lazy("count of a job", "warnings"),
    "last_day": pgettext_lazy("count of a job", "last days in the colour"),
    "state_warned": pgettext_lazy("count of a job", "warnings of the state"),
    "state_last_day": pgettext_lazy("count of a job", "last days in the state"),
    "flagged": pgettext_lazy("count of a job", "stagnant by colour"),
    "state_flags": pgettext_lazy("count of a job", "stagnant by state"),
    "held": pgettext_lazy("count of a job", "rotations held back"),
    "expired": pgettext_lazy("count of a job", "moved out of work"),
    "recall": pgettext_lazy("count of a job", "to be called back"),
    "departments": pgettext_lazy("count of a job", "calculations by department"),
    "written": pgettext_lazy("count of a job", "rows of plan and fact"),
    "changed": pgettext_lazy("count of a job", "changed"),
    "periods": pgettext_lazy("count of a job", "periods begun"),
    "frozen": pgettext_lazy("count of a job", "forecasts frozen"),
    "known": pgettext_lazy("count of a job", "forecasts frozen before"),
    "managers": pgettext_lazy("count of a job", "managers with norms"),
    "rows": pgettext_lazy("count of a job", "norms of colours"),
    "staffed": pgettext_lazy("count of a job", "departments checked for staff"),
    "staff_rows": pgettext_lazy("count of a job", "rows of staff"),
    "vacancies": pgettext_lazy("count of a job", "vacancies drafted"),
    "proposed": pgettext_lazy("count of a job", "references proposed"),
    "lists": pgettext_lazy("count of a job", "work lists checked"),
    "below": pgettext_lazy("count of a job", "lists below the standard"),
    "conversions_below": pgettext_lazy("count of a job", "conversions below the floor"),
    "letters": pgettext_lazy("count of a job", "letters"),
    "announced": pgettext_lazy("count of a job", "rotations announced"),
    "told": pgettext_lazy("count of a job", "notifications"),
    "executed": pgettext_lazy("count of a job", "handed over"),
    "reserve": pgettext_lazy("count of a job", "to the reserve"),
    "waiting": pgettext_lazy("count of a job", "wait for a place"),
    "cancelled": pgettext_lazy("count of a job", "called off"),
    "final_letters": pgettext_lazy("count of a job", "letters about the outcome"),
    "previews": pgettext_lazy("count of a job", "notifications about the day"),
}

# What was tried on an object that is set aside: the word behind # in JobItem.object_type.
STEP_WORDS: Final = {
    "age7": _("warning of day 7 in the colour"),
    "age10": _("last day in the colour"),
    "state7": _("warning of day 7 in the state"),
    "state10": _("last day in the state"),
    "state": _("stagnation by state"),
    "warn": _("warning of the term"),
    "index": _("audit of the work list"),
    "queue": _("choice of the recipients"),
}
