"""Ticks, runs and catch-up: rows decide, rings and messages do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import Department
from common import clock
from desk.services import JOBS, job_status, run_job, sweep, tick
from desk.services import jobs as engine
from journal.choices import Channel, RunState
from journal.constants import MAX_ATTEMPTS
from journal.models import AuditEvent, JobRun
from journal.services import LeaseLost, beat, in_batch, record
from notifications.models import Notice, OutboxMail
from tests.factories.work import on

FRI, SAT, SUN, MON = (date(2026, 11, day) for day in (20, 21, 22, 23))
NIGHT = ["colours", "terms", "flags", "plan", "audit"]


def note_run(*, day, run=None, at=None):
    """A tiny job: one department per call and an audit row, in one fenced batch."""
    with in_batch(run):
        department = Department.objects.create(name=f"{run.job} {day} {Department.objects.count()}")
        record(action="test.ran", obj=department, after={"day": day, "at": at})
    return {"made": 1}


def break_down(*, day, run=None, at=None):
    raise ZeroDivisionError("деление")


def lose_lease(*, day, run=None, at=None):
    with in_batch(run):
        Department.objects.create(name="Чужое")
        JobRun.objects.filter(pk=run.pk).update(lease_token="00000000-0000-0000-0000-000000000001")
        raise LeaseLost


@pytest.fixture
def tiny(monkeypatch):
    """Every job is the tiny one."""
    for name in JOBS:
        monkeypatch.setitem(JOBS, name, (note_run,))


def drain() -> list[str]:
    """What a worker does with the messages, until nothing is left."""
    done = []
    while waiting := sweep():
        run = run_job(run_id=waiting[0])
        assert run is not None
        done.append(f"{run.job} {run.business_date:%d}")
    return done


def dates_of(job: str) -> list[date]:
    return list(JobRun.objects.filter(job=job).order_by("business_date").values_list("business_date", flat=True))


def test_every_job_of_the_timetable_has_its_services():
    assert set(JOBS) == {job.name for job in engine.calendar_of_jobs()}
    assert all(JOBS.values())


def test_the_night_runs_in_the_order_of_the_timetable(cast, tiny):
    with on(FRI, 1):
        tick()
        assert drain() == [f"{name} 20" for name in NIGHT]
        assert tick() == []
    assert JobRun.objects.filter(state=RunState.DONE).count() == 5


def test_a_run_whose_turn_has_not_come_is_left_alone(cast, tiny):
    with on(FRI, 1):
        tick()
        flags = JobRun.objects.get(job="flags")
        assert run_job(run_id=flags.pk) is None
        flags.refresh_from_db()
        assert (flags.state, flags.attempts) == (RunState.DUE, 0)
        colours = JobRun.objects.get(job="colours")
        assert run_job(run_id=colours.pk).state == RunState.DONE


def test_a_whole_working_day_does_every_job_once(cast, tiny):
    done = []
    for hour, minute in [
        (0, 5),
        (0, 12),
        (0, 25),
        (1, 0),
        (7, 31),
        (9, 1),
        (9, 21),
        (12, 0),
        (16, 1),
        (18, 6),
        (23, 59),
    ]:
        with on(FRI, hour, minute):
            tick()
            done += drain()
    assert done == [
        f"{name} 20" for name in [*NIGHT, "digest", "low_worklist", "rotation", "no_movement", "day_preview"]
    ]


def test_a_weekend_has_no_mail_and_no_rotation(cast, tiny):
    for day in (SAT, SUN):
        with on(day, 23, 50):
            tick()
            assert drain() == [f"{name} {day:%d}" for name in [*NIGHT, "day_preview"]]


def test_four_lost_days_are_made_up_as_the_method_says(cast, tiny):
    """JO2: flags once for today, rotation one step, plan-fact four dated rows, no stale mail."""
    monday, friday = date(2026, 11, 16), FRI
    with on(monday, 23):
        tick()
        drain()
    with on(friday, 12):
        tick()
        done = drain()
    assert dates_of("plan") == [date(2026, 11, day) for day in (16, 17, 18, 19, 20)]
    for name in ("colours", "terms", "flags", "audit", "digest", "low_worklist", "rotation"):
        assert dates_of(name) == [monday, friday], name
    assert [line for line in done if line.startswith("plan")] == ["plan 17", "plan 18", "plan 19", "plan 20"]
    assert done.index("flags 20") < done.index("plan 20") < done.index("digest 20") < done.index("rotation 20")


def test_rotation_after_a_lost_weekend_waits_for_monday_morning(cast, tiny):
    with on(date(2026, 11, 19), 12):
        tick()
        drain()
    with on(SUN, 12):
        tick()
        drain()
        assert dates_of("rotation") == [date(2026, 11, 19)]
    with on(MON, 9, 19):
        tick()
        assert dates_of("rotation") == [date(2026, 11, 19)]
    with on(MON, 9, 20):
        tick()
        drain()
    assert dates_of("rotation") == [date(2026, 11, 19), MON]


def test_a_run_that_crosses_midnight_keeps_its_business_date(cast, tiny):
    with on(FRI, 23, 59):
        tick()
        waiting = sweep()
    with on(SAT, 0, 5):
        while waiting:
            run_job(run_id=waiting[0])
            waiting = sweep()
    events = AuditEvent.objects.filter(action="test.ran")
    assert {event.after["day"] for event in events} == {"2026-11-20"}
    # What was late is dated at its own time of its own day.
    assert all(clock.day_of(clock.datetime.fromisoformat(event.after["at"])) == FRI for event in events)


def test_a_clock_that_jumps_back_runs_nothing_twice(cast, tiny):
    for moment in [(FRI, 1, 0), (FRI, 0, 50), (SAT, 1, 0), (FRI, 1, 5), (SAT, 1, 1)]:
        with on(*moment):
            tick()
            drain()
    assert dates_of("flags") == [FRI, SAT]
    assert AuditEvent.objects.filter(action="test.ran", object_name__startswith="flags").count() == 2


def test_what_a_job_does_is_signed_with_its_run(cast, tiny):
    with on(FRI, 0, 11):
        tick()
        drain()
    run = JobRun.objects.get(job="colours")
    event = AuditEvent.objects.get(action="test.ran")
    assert (event.via, event.run_id) == (Channel.JOB, run.pk)
    assert run.counts == {"made": 1}


@pytest.mark.django_db(transaction=True)
def test_eight_messages_about_one_run_have_one_effect(cast, tiny):
    with on(FRI, 0, 11):
        tick()
        run = JobRun.objects.get(job="colours")

        def work(_):
            try:
                return run_job(run_id=run.pk)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(work, range(8)))
    assert sum(result is not None for result in results) == 1
    assert AuditEvent.objects.filter(action="test.ran").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_open_every_run_once(cast, tiny):
    with on(FRI, 23):

        def ring(_):
            try:
                return tick()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ring, range(4)))
    assert JobRun.objects.count() == len(JOBS)


def test_a_broken_job_is_tried_again_then_shown_and_the_next_ones_go_on(cast, tiny, monkeypatch):
    monkeypatch.setitem(JOBS, "colours", (break_down,))
    with on(FRI, 0, 16) as moved:
        tick()
        for _ in range(MAX_ATTEMPTS):
            [run_id] = sweep()
            run = run_job(run_id=run_id)
            assert run.job == "colours"
            assert "деление" in run.error
            assert sweep() == [] or run.state == RunState.FAILED
            moved.shift(61)
        assert JobRun.objects.get(job="colours").state == RunState.FAILED
        assert drain() == ["terms 20"]
        assert job_status().failed == ("colours",)
    assert set(Notice.objects.values_list("recipient__login", flat=True)) == {"admin", "director"}
    assert "colours" in Notice.objects.first().text


def test_a_job_robbed_of_its_lease_leaves_nothing_behind(cast, tiny, monkeypatch):
    monkeypatch.setitem(JOBS, "colours", (lose_lease,))
    with on(FRI, 0, 11):
        tick()
        run = run_job(run_id=sweep()[0])
    assert run.state == RunState.RUNNING
    assert not Department.objects.filter(name="Чужое").exists()


def test_a_run_left_by_a_dead_worker_is_found_by_the_sweeper(cast, tiny):
    with on(FRI, 0, 11) as moved:
        tick()
        [run_id] = sweep()
        assert engine.claim_run(run_id) is not None
        assert sweep() == []
        moved.shift(61)
        assert sweep() == [run_id]
        assert run_job(run_id=run_id).state == RunState.DONE


def test_run_daily_does_the_day_once_and_says_so(cast, tiny, capsys):
    with on(FRI, 12):
        call_command("run_daily", "--only", "lights,plan")
        first = capsys.readouterr().out
        call_command("run_daily", "--only", "lights,plan")
        second = capsys.readouterr().out
    assert [line.split(":")[0] for line in first.splitlines()] == [
        "colours 2026-11-20",
        "terms 2026-11-20",
        "flags 2026-11-20",
        "plan 2026-11-20",
        "mail",
    ]
    assert "made=1" in first
    assert second.count("уже выполнено made=0") == 4
    assert AuditEvent.objects.filter(action="test.ran").count() == 4
    with on(FRI, 12):
        tick()
        assert set(dates_of("flags")) == {FRI}


def test_run_daily_makes_up_missed_plan_dates_in_order(cast, tiny, capsys):
    call_command("run_daily", "--day", "2026-11-17", "--only", "plan")
    call_command("run_daily", "--day", "2026-11-20", "--only", "plan")
    lines = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("plan")]
    assert lines == [f"plan 2026-11-{day}" for day in (17, 18, 19, 20)]


def test_run_daily_sends_no_mail_on_a_day_off(cast, tiny, capsys):
    call_command("run_daily", "--day", "2026-11-21", "--only", "digest,rotation")
    assert capsys.readouterr().out.count("не рабочий день") == 2
    assert not JobRun.objects.exists()


def test_run_daily_fails_when_a_job_fails_and_goes_on(cast, tiny, monkeypatch, capsys):
    monkeypatch.setitem(JOBS, "terms", (break_down,))
    with pytest.raises(CommandError) as failed:
        call_command("run_daily", "--day", "2026-11-20", "--only", "lights")
    assert failed.value.returncode == 1
    out = capsys.readouterr().out
    assert "terms 2026-11-20: ОШИБКА" in out
    assert "flags 2026-11-20: made=1" in out
    monkeypatch.setitem(JOBS, "terms", (note_run,))
    call_command("run_daily", "--day", "2026-11-20", "--only", "lights")
    assert "terms 2026-11-20: made=1" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--day", "20.11.2026"], ["--only", "lights,nonsense"]])
def test_run_daily_refuses_what_it_does_not_know(cast, arguments):
    with pytest.raises(CommandError):
        call_command("run_daily", *arguments)


def test_the_status_names_what_is_wrong(cast, tiny):
    with on(FRI, 12):
        assert set(job_status().problems) == {"worker", "beat"}
        assert job_status(installed_at=clock.now() - timedelta(hours=1)).problems == ()
        beat("worker")
        beat("beat")
        assert job_status().problems == ()
        tick()
        assert "jobs_late" in job_status().problems
        drain()
        assert job_status().problems == ()
        OutboxMail.objects.create(
            dedupe_key="x",
            recipient=cast.ivanova,
            to_address="x@example.org",
            subject="x",
            text="x",
            html="x",
            run_after=clock.now() - timedelta(minutes=11),
            message_id="<x>",
            created_at=clock.now(),
        )
        assert job_status().problems == ("outbox",)
    with time_machine.travel(clock.local_moment(FRI, engine.calendar_of_jobs()[0].at) + timedelta(hours=20)):
        assert {"worker", "beat"} <= set(job_status().problems)


def test_the_status_costs_the_same_for_few_and_many_runs(cast, tiny, django_assert_num_queries):
    for day in range(1, 21):
        JobRun.objects.create(
            job="flags",
            business_date=date(2026, 10, day),
            due_at=clock.now(),
            created_at=clock.now(),
            state=RunState.DONE,
        )
    with django_assert_num_queries(5):
        job_status()
