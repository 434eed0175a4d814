"""Runs of the daily jobs for their pages: the newest of each, the history of one, what a run has set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import QuerySet

from accounts.models import Department, User
from clients.models import Client
from funnels.models import Ownership, RotationOrder, SalesCycle
from journal.choices import RunState
from journal.constants import SET_ASIDE
from journal.models import JobItem, JobRun
from journal.rules import Trials
from journal.selectors import OPEN_STATES, Pulse, last_done_runs, latest_runs, pulse, unfinished_runs

# Objects that are read as the client they belong to.
_OF_CLIENT: Final = {
    "funnels.ownership": Ownership,
    "funnels.salescycle": SalesCycle,
    "funnels.rotationorder": RotationOrder,
}
_CLIENT, _USER, _DEPARTMENT = "clients.client", "accounts.user", "accounts.department"


@dataclass(frozen=True)
class Timetable:
    """As it stands now: `newest` and `done` (the newest that ended well) by job, `unfinished` in their order."""

    newest: dict[str, JobRun]
    done: dict[str, JobRun]
    unfinished: list[JobRun]
    beat: Pulse
    worker: Pulse


def timetable() -> Timetable:
    """Five queries, whatever the number of runs."""
    return Timetable(latest_runs(), last_done_runs(), unfinished_runs(), pulse("beat"), pulse("worker"))


def runs_of(job: str, *, state: str = "", day_from: date | None = None, day_to: date | None = None) -> QuerySet[JobRun]:
    """Of one job, both days included."""
    runs = JobRun.objects.filter(job=job)
    if state:
        runs = runs.filter(state=state)
    if day_from:
        runs = runs.filter(business_date__gte=day_from)
    if day_to:
        runs = runs.filter(business_date__lte=day_to)
    return runs


def is_open(run: JobRun) -> bool:
    return run.state in OPEN_STATES


def number_aside(run: JobRun) -> int:
    """Objects set aside by this run, without a query: a finished run has counted them, any other keeps them."""
    if run.state == RunState.DONE:
        return int(run.counts.get(SET_ASIDE, 0))
    return Trials(run.trials).number_aside()


@dataclass(frozen=True)
class Aside:
    """One object: `kind` is its model, `step` what was tried, `reason` without personal data."""

    kind: str
    step: str
    reason: str
    name: str
    client_id: int | None


@dataclass
class SetAside:
    """`hidden`: how many of a (kind, step, reason) the viewer may not see; they have neither name nor number."""

    shown: list[Aside] = field(default_factory=list)
    hidden: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def set_aside_of(run: JobRun, viewer: User) -> SetAside:
    """What the run could not do, named where the viewer may see it; at most seven queries."""
    items = list(JobItem.objects.filter(run_id=run.pk, result=SET_ASIDE).order_by("object_type", "object_id"))
    ids: dict[str, set[int]] = defaultdict(set)
    for item in items:
        ids[_kind(item)].add(item.object_id)
    clients = _clients(ids)
    seen = _names(viewer, ids, set(clients.values()))
    found = SetAside()
    for item in items:
        kind, _mark, step = item.object_type.partition("#")
        client_id = clients.get((kind, item.object_id))
        is_client = kind == _CLIENT or kind in _OF_CLIENT
        kind = _CLIENT if is_client else kind
        name = seen.get((kind, client_id if is_client else item.object_id))
        if name is None:
            found.hidden[(kind, step, item.error)] += 1
        else:
            found.shown.append(Aside(kind, step, item.error, name, client_id))
    return found


def _kind(item: JobItem) -> str:
    return item.object_type.partition("#")[0]


def _clients(ids: dict[str, set[int]]) -> dict[tuple[str, int], int]:
    """(kind, id) → client; nothing of him is read here."""
    found = {(_CLIENT, pk): pk for pk in ids.get(_CLIENT, ())}
    for kind, model in _OF_CLIENT.items():
        if kind in ids:
            rows = model._base_manager.filter(pk__in=ids[kind]).values_list("pk", "client_id")
            found |= {(kind, pk): client_id for pk, client_id in rows}
    return found


def _names(viewer: User, ids: dict[str, set[int]], clients: set[int]) -> dict[tuple[str, int | None], str]:
    """Names of those whom the viewer may see."""
    names: dict[tuple[str, int | None], str] = {}
    if clients:
        rows = Client.objects.visible_to(viewer).filter(pk__in=clients).values_list("pk", "name")
        names |= {(_CLIENT, pk): name for pk, name in rows}
    if _USER in ids:
        people = User.objects.visible_to(viewer).filter(pk__in=ids[_USER])
        names |= {(_USER, person.pk): person.short_name for person in people}
    if _DEPARTMENT in ids:
        departments = Department.objects.visible_to(viewer).filter(pk__in=ids[_DEPARTMENT])
        names |= {(_DEPARTMENT, each.pk): each.name for each in departments}
    return names
