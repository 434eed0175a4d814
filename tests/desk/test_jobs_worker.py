"""The same with a real worker and a real Redis: messages doubled, lost, and a broker that hangs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import connection, transaction
from kombu import pools

from accounts.models import Department
from config import env
from config.celery import app
from desk.services import JOBS, tick
from desk.tasks import heartbeat, run_job
from desk.tasks import sweep as sweep_task
from journal.choices import RunState
from journal.constants import LEASE_SECONDS
from journal.models import Heartbeat, JobRun
from journal.services import claim_run, holding, in_batch, open_run
from notifications import tasks
from notifications.models import OutboxMail
from notifications.services import notify
from notifications.tasks import deliver_outbox, wake, wake_outbox

DAY = date(2026, 11, 20)
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def make_department(*, day, run=None, at=None):
    with in_batch(run):
        Department.objects.create(name=f"{run.job} {Department.objects.count()}")
    return {"made": 1}


@pytest.fixture
def tiny(monkeypatch):
    for name in JOBS:
        monkeypatch.setitem(JOBS, name, (make_department,))


@pytest.fixture
def broker():
    connected = redis.Redis.from_url(env.redis_url())
    connected.flushdb()
    yield connected
    connected.flushdb()


@pytest.fixture
def worker(broker):
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20) as running:
        yield running


def wait_for(condition, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def all_done() -> bool:
    return JobRun.objects.exists() and not JobRun.objects.exclude(state=RunState.DONE).exists()


def test_one_message_does_the_whole_line_in_order_and_doubled_ones_do_nothing(tiny, broker, worker):
    tick()
    first = JobRun.objects.order_by("due_at").first()
    for _ in range(8):
        run_job.delay(first.pk)
    assert wait_for(all_done)
    runs = list(JobRun.objects.order_by("finished_at"))
    assert runs == sorted(runs, key=lambda run: run.due_at)
    assert {run.attempts for run in runs} == {1}
    assert Department.objects.count() == len(runs)
    assert Heartbeat.objects.get(pk="worker")


def test_after_redis_has_forgotten_everything_the_sweeper_finds_the_run(tiny, broker, worker):
    open_run("flags", DAY)
    broker.flushdb()
    sweep_task.delay()
    assert wait_for(all_done)
    assert Department.objects.count() == 1


def test_a_sign_of_life_is_written_by_the_worker(broker, worker):
    heartbeat.delay()
    assert wait_for(lambda: Heartbeat.objects.filter(pk="beat").exists())


def test_a_letter_leaves_by_the_worker_as_soon_as_its_act_is_committed(cast, broker, worker, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with transaction.atomic():
        context = {"subject": "Тема", "text": "Текст", "url": ""}
        notify(recipient=cast.ivanova, key="letter:1", template="plain", context=context)
        wake_outbox()
        time.sleep(0.5)
        assert not list(tmp_path.iterdir())
    assert wait_for(lambda: OutboxMail.objects.filter(state="sent").exists())
    assert len(list(tmp_path.iterdir())) == 1


def test_an_act_never_waits_for_a_broker_that_hangs(cast, monkeypatch):
    """The listener accepts and says nothing, as a stopped Redis does."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        monkeypatch.setattr(app.conf, "broker_url", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        pools.reset()  # a pool that is only closed would be handed out again
        monkeypatch.setattr(app, "_pool", None)
        app.amqp._producer_pool = None
        started = time.monotonic()
        for _ in range(300):
            with transaction.atomic():
                wake(deliver_outbox)
        assert time.monotonic() - started < 2
        while not tasks._messages.empty():  # what was not handed over is nobody's any more
            tasks._messages.get_nowait()
    app.amqp._producer_pool = None


def test_a_lease_is_kept_while_its_process_works_without_batches(monkeypatch):
    monkeypatch.setattr("journal.services.runs.LEASE_SECONDS", 1)
    run = open_run("flags", DAY)
    lease = claim_run(run.pk)
    with holding(lease):
        time.sleep(1.6)
        assert claim_run(run.pk) is None
    time.sleep(1.2)
    assert claim_run(run.pk) is not None


WORKER = """
import os, signal, sys
import django
django.setup()
from desk.services import JOBS, run_job
from accounts.models import Department
from journal.services import in_batch

def die_in_the_middle(*, day, run=None, at=None):
    with in_batch(run):
        Department.objects.create(name="Первая пачка")
    with in_batch(run):
        Department.objects.create(name="Вторая пачка")
        os.kill(os.getpid(), signal.SIGKILL)

JOBS["flags"] = (die_in_the_middle,)
run_job(run_id=int(sys.argv[1]))
"""


def test_a_worker_killed_in_a_batch_leaves_whole_batches_and_a_run_for_the_next(tiny):
    run = open_run("flags", DAY)
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgres://{database['USER']}@/{connection.settings_dict['NAME']}?host={database['HOST']}",
        "SECRET_KEY": "x" * 50,
    }
    dead = subprocess.run(
        [sys.executable, "-c", WORKER, str(run.pk)],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr.decode()
    assert list(Department.objects.values_list("name", flat=True)) == ["Первая пачка"]
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert claim_run(run.pk) is None
    JobRun.objects.filter(pk=run.pk).update(lease_until=run.lease_until - timedelta(seconds=LEASE_SECONDS + 1))
    assert claim_run(run.pk).run.attempts == 2
