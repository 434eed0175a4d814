"""Notes of a whole batch about what its run has handled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Model

from common import clock
from journal.models import JobItem, JobRun

M = TypeVar("M", bound=Model)


def add_items(run: JobRun | None, results: Mapping[M, str]) -> list[M]:
    """Notes saved objects of one model with their results, in two queries; returns those not handled before."""
    if run is None or not results:
        return list(results)
    kind = next(iter(results))._meta.label_lower
    ids = [one.pk for one in results]
    known = set(
        JobItem.objects.filter(run_id=run.pk, object_type=kind, object_id__in=ids).values_list("object_id", flat=True)
    )
    new = [one for one in results if one.pk not in known]
    # The run's row is locked by the batch, so nobody else adds items to it: a plain insert cannot collide.
    JobItem.objects.bulk_create(
        JobItem(run_id=run.pk, object_type=kind, object_id=one.pk, result=results[one][:32], at=clock.now())
        for one in new
    )
    return new
