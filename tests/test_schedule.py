"""The timetable of domain 1.6, and the rules that keep a message from running beside itself."""

from __future__ import annotations

from datetime import time

import pytest
from django.conf import settings

from config.celery import app
from config.schedule import BEAT, JOBS
from journal.constants import LEASE_SECONDS, CatchUp
from notifications.constants import SEND_LEASE_SECONDS

BY_NAME = {job.name: job for job in JOBS}
ONCE, EVERY, SKIP = CatchUp.ONCE_FOR_TODAY, CatchUp.EVERY_MISSED_DAY, CatchUp.SKIP_MISSED


@pytest.mark.parametrize(
    ("name", "at", "catch_up", "working_days_only"),
    [
        ("colours", time(0, 10), ONCE, False),
        ("terms", time(0, 15), ONCE, False),
        ("flags", time(0, 20), ONCE, False),
        ("plan", time(0, 30), EVERY, False),
        ("audit", time(0, 50), ONCE, False),
        ("digest", time(7, 30), SKIP, True),
        ("low_worklist", time(9, 0), SKIP, True),
        ("rotation", time(9, 20), ONCE, True),
        ("no_movement", time(16, 0), SKIP, True),
        ("day_preview", time(18, 5), SKIP, False),
    ],
)
def test_a_job_runs_when_the_method_says(name, at, catch_up, working_days_only):
    job = BY_NAME[name]
    assert (job.at, job.catch_up, job.working_days_only) == (at, catch_up, working_days_only)


def test_the_timetable_has_no_other_job():
    assert len(JOBS) == len(BY_NAME) == 10
    assert tuple(settings.JOBS) == JOBS


def test_terms_end_before_the_flags_of_the_same_night():
    assert BY_NAME["terms"].at < BY_NAME["flags"].at < BY_NAME["digest"].at < BY_NAME["rotation"].at


def test_beat_rings_in_utc_at_intervals_and_knows_no_wall_time():
    assert settings.CELERY["timezone"] == "UTC"
    assert settings.CELERY["enable_utc"] is True
    assert app.conf.beat_schedule == BEAT
    for entry in BEAT.values():
        assert isinstance(entry["schedule"], float)
        assert entry["schedule"] <= 300


def test_every_ring_has_a_task_and_is_forgotten_when_nobody_heard_it():
    app.loader.import_default_modules()
    for entry in BEAT.values():
        assert entry["task"] in app.tasks, entry["task"]
        assert entry["options"]["expires"] <= entry["schedule"]


def test_a_task_is_over_long_before_its_message_is_given_to_another_worker():
    transport = settings.CELERY["broker_transport_options"]
    assert settings.CELERY["task_soft_time_limit"] < settings.CELERY["task_time_limit"]
    assert settings.CELERY["task_time_limit"] * 2 < transport["visibility_timeout"]


def test_a_message_survives_its_worker():
    assert settings.CELERY["task_acks_late"] is True
    assert settings.CELERY["task_reject_on_worker_lost"] is True


def test_a_publisher_never_waits_long_for_the_broker():
    transport = settings.CELERY["broker_transport_options"]
    assert transport["socket_connect_timeout"] <= 2
    assert transport["socket_timeout"] <= 5
    assert settings.CELERY["task_publish_retry_policy"]["max_retries"] <= 1


def test_a_lost_run_is_found_within_two_minutes():
    assert LEASE_SECONDS + BEAT["sweep"]["schedule"] <= 120


def test_a_sender_outlives_the_slowest_mail_server():
    # Connect, greeting, sender, recipient, letter, good-bye: each may take the whole time-out.
    assert SEND_LEASE_SECONDS >= settings.EMAIL_TIMEOUT * 10
