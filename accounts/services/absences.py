from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import AbsenceKind, Role
from accounts.models import Absence, User
from accounts.selectors import possible_deputies
from accounts.services.guards import refuse_unless_editable
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from journal.services import record


@transaction.atomic
def record_absence(
    *, user: User, kind: str, starts_on: date, ends_on: date | None, deputy: User | None, actor: User
) -> Absence:
    """An absence of at least a day with the deputy who works meanwhile; owner and clocks stay (domain 2.5).

    `ends_on` None = not known yet. Errors: NotAllowed, Invalid (no deputy, not his colleague, switched off or absent
    himself, wrong dates), Conflict (overlaps another absence; the person is a deputy himself in that time).
    """
    _refuse_unless_editable(user=user, actor=actor)
    # Both people are locked in one order: a deputy cannot become absent while he is being chosen.
    pks = [person.pk for person in (user, deputy) if person is not None]
    people = {row.pk: row for row in User.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")}
    user = people[user.pk]
    fields: dict[str, str] = {}
    if kind not in AbsenceKind.values:
        fields["kind"] = _("There is no such kind of absence.")
    if ends_on is not None and ends_on < starts_on:
        fields["ends_on"] = _("The last day is before the first.")
    if not user.is_active:
        fields["__all__"] = _("This employee is switched off.")
    if deputy is None:
        fields["deputy"] = _("Choose who works meanwhile.")
    elif not possible_deputies(user).filter(pk=deputy.pk).exists():
        fields["deputy"] = _("The deputy must be an active colleague of the same department.")
    elif Absence.objects.filter(user=deputy).overlapping(starts_on, ends_on).exists():
        fields["deputy"] = _("This colleague is absent himself at that time.")
    if fields or deputy is None:
        raise Invalid(fields)
    if Absence.objects.filter(user=user).overlapping(starts_on, ends_on).exists():
        raise Conflict(_("Another absence of this employee falls into these days."))
    deputised = user.deputising.overlapping(starts_on, ends_on).select_related("user").first()
    if deputised is not None:
        raise Conflict(
            _("This employee is the deputy of %(name)s: choose another deputy first.") % {"name": deputised.user}
        )
    absence = Absence.objects.create(
        user=user,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        deputy=people[deputy.pk],
        created_by=actor,
        created_at=clock.now(),
    )
    record(
        action="absence.create",
        obj=absence,
        object_name=str(user),
        actor=actor,
        after={"user": user.pk, "kind": kind, "starts_on": starts_on, "ends_on": ends_on, "deputy": deputy.pk},
    )
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, ends_on: date, actor: User) -> Absence:
    """Sets the last day; the person works from the next one on. Past days are never added to another absence.

    Errors: NotAllowed; Invalid when the absence would end before it began; Conflict when it would be longer and
    meets another absence of the person or of the deputy.
    """
    absence = _locked(absence)
    _refuse_unless_editable(user=absence.user, actor=actor)
    if ends_on < absence.starts_on:
        raise Invalid({"ends_on": _("The last day is before the first.")})
    if absence.ends_on == ends_on:
        return absence
    if absence.ends_on is not None and ends_on > absence.ends_on:
        others = Absence.objects.exclude(pk=absence.pk).overlapping(absence.ends_on + timedelta(days=1), ends_on)
        if others.filter(user_id__in=(absence.user_id, absence.deputy_id)).exists():
            raise Conflict(_("The employee or the deputy has another absence in these days."))
    before = {"ends_on": absence.ends_on}
    absence.ends_on = ends_on
    absence.save(update_fields=["ends_on"])
    record(
        action="absence.end",
        obj=absence,
        object_name=str(absence.user),
        actor=actor,
        before=before,
        after={"ends_on": ends_on},
    )
    return absence


@transaction.atomic
def cancel_absence(*, absence: Absence, actor: User) -> None:
    """Takes back an absence that has not begun before today. Conflict for an older one: it is ended, not undone."""
    absence = _locked(absence)
    _refuse_unless_editable(user=absence.user, actor=actor)
    if absence.starts_on < clock.today():
        raise Conflict(_("This absence has begun: set its last day instead."))
    record(
        action="absence.cancel",
        obj=absence,
        object_name=str(absence.user),
        actor=actor,
        before={
            "user": absence.user_id,
            "kind": absence.kind,
            "starts_on": absence.starts_on,
            "ends_on": absence.ends_on,
            "deputy": absence.deputy_id,
        },
    )
    absence.delete()


def _refuse_unless_editable(*, user: User, actor: User) -> None:
    """As for every change of a person; a head may also record his own absence: nobody is raised by it."""
    if actor.is_active and actor.role == Role.HEAD and actor.pk == user.pk:
        return
    if user.pk == actor.pk:
        raise NotAllowed(_("Your head records your absence."))
    refuse_unless_editable(user=user, actor=actor)


def _locked(absence: Absence) -> Absence:
    return Absence.objects.select_for_update(of=("self",)).select_related("user", "deputy").get(pk=absence.pk)
