"""Scenarios 4 and 5 by the timer: eleven days pass, every ring and every message comes twice, one worker dies."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from clients.models import Client
from common import clock
from desk.services import JOBS, run_job, sweep, tick
from funnels.choices import OrderStatus
from funnels.models import Ownership, RotationOrder, Task, Violation
from journal.choices import RunState
from journal.constants import LEASE_SECONDS
from journal.models import JobRun
from journal.services import claim_run
from notifications.models import Notice, OutboxMail
from notifications.services import deliver
from tests.factories.work import on, take

START = date(2026, 11, 9)
MOMENTS = [(0, 31), (0, 55), (7, 31), (9, 1), (9, 21), (16, 1), (18, 6)]
NINE_TWENTY = time(9, 20)


def work(moved=None) -> None:
    """Two rings, every message twice; with `moved`, the first worker dies at once."""
    tick()
    tick()
    while waiting := sweep():
        [run_id] = waiting
        if moved is not None:
            assert claim_run(run_id) is not None
            assert run_job(run_id=run_id) is None
            moved.shift(LEASE_SECONDS + 1)
            moved = None
        run = run_job(run_id=run_id)
        assert run.state == RunState.DONE, run.error
        assert run_job(run_id=run_id) is None


@pytest.mark.slow
def test_eleven_days_without_movement_end_in_one_rotation(cast, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with on(START):
        cycle = take(cast, cast.ivanova, name="ООО «Северный ветер»")
    client_id = cycle.client_id
    for offset in range(12):
        day = START + timedelta(days=offset)
        for hour, minute in MOMENTS:
            with on(day, hour, minute) as moved:
                work(moved if (hour, minute) in [(0, 31), (9, 21)] else None)
                deliver()
            if day < date(2026, 11, 20):
                assert not RotationOrder.objects.exists(), day
                assert Client.objects.get(pk=client_id).owner == cast.ivanova
            elif (hour, minute) < (9, 21):
                assert RotationOrder.objects.get().status == OrderStatus.QUEUED
                assert Client.objects.get(pk=client_id).owner == cast.ivanova

    order = RotationOrder.objects.get()
    assert order.status == OrderStatus.EXECUTED
    assert order.executed_at >= clock.local_moment(date(2026, 11, 20), NINE_TWENTY)
    client = Client.objects.get(pk=client_id)
    assert client.owner == order.recipient != cast.ivanova
    assert not Client.objects.visible_to(cast.ivanova).filter(pk=client_id).exists()
    assert Client.objects.visible_to(order.recipient).filter(pk=client_id).exists()
    assert Ownership.objects.filter(client=client_id, ended_at__isnull=True).get().started_on == date(2026, 11, 20)
    assert Violation.objects.filter(user=cast.ivanova, kind="10_days").count() == 1
    assert not Task.objects.open().filter(client=client_id, assignee=cast.ivanova).exists()

    keys = list(OutboxMail.objects.values_list("dedupe_key", flat=True))
    assert len(keys) == len(set(keys))
    for person in (cast.ivanova, order.recipient, cast.volkov):
        letter = OutboxMail.objects.get(dedupe_key=f"digest:{person.pk}:2026-11-20")
        assert "ООО «Северный ветер»" in letter.text.split("\n\n")[1]
    assert not any(key.startswith("rotation-final") for key in keys)
    # Ten working days, one letter each; none on the weekend of the 14th.
    assert sum(key.startswith(f"digest:{cast.ivanova.pk}:") for key in keys) == 10
    assert not OutboxMail.objects.exclude(state="sent").exists()

    assert JobRun.objects.exclude(state=RunState.DONE).count() == 0
    assert set(JobRun.objects.values_list("job", flat=True)) == set(JOBS)
    assert JobRun.objects.filter(job="rotation").count() == 10
    assert JobRun.objects.filter(job="plan").count() == 12
    warned = Notice.objects.filter(recipient=cast.ivanova, key__contains="age7")
    last = Notice.objects.filter(key__contains="age10")
    assert warned.count() == 1
    assert {notice.recipient for notice in last} == {cast.ivanova, cast.volkov}
    assert last.count() == 2
