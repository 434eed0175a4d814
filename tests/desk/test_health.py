"""What a watchman may ask without signing in."""

from __future__ import annotations

import pytest


def test_the_process_is_alive(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_a_new_installation_is_ready_and_lacks_nothing(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "problems": []})


def test_a_lost_redis_is_named_and_refuses_nobody(client, db, settings):
    settings.CELERY = settings.CELERY | {"broker_url": "redis://127.0.0.1:1/0"}
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "degraded", "problems": ["redis"]})


@pytest.mark.parametrize("token", ["", "wrong"])
def test_figures_are_closed_without_the_token(client, db, settings, token):
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 404


def test_no_token_in_the_environment_keeps_the_figures_closed(client, db, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_figures_are_told_to_whoever_holds_the_token(client, db, settings):
    settings.METRICS_TOKEN = "right"
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    assert "\nsvetofor_open_cycles 0\n" in text
    assert "\nsvetofor_outbox_waiting 0\n" in text
    assert "\nsvetofor_redis_up 1\n" in text


def test_the_figures_tell_how_long_everything_has_waited(cast, client, settings):
    from datetime import timedelta

    from common import clock
    from journal.models import Heartbeat, JobRun
    from notifications.models import OutboxMail

    settings.METRICS_TOKEN = "right"
    now = clock.now()
    Heartbeat.objects.create(name="worker", at=now - timedelta(minutes=5))
    JobRun.objects.create(
        job="flags", business_date=now.date(), due_at=now - timedelta(hours=2), created_at=now - timedelta(hours=2)
    )
    OutboxMail.objects.create(
        dedupe_key="k", recipient=cast.volkov, to_address="h@example.com", run_after=now - timedelta(minutes=20),
        created_at=now, message_id="<1@x>",
    )  # fmt: skip
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    figures = {
        line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")
    }
    assert figures["svetofor_queue_age_seconds"] in range(7200, 7260)
    assert figures["svetofor_outbox_age_seconds"] in range(1200, 1260)
    assert figures['svetofor_heartbeat_age_seconds{part="worker"}'] in range(300, 360)
    assert 'svetofor_heartbeat_age_seconds{part="beat"}' not in figures
    assert figures['svetofor_part_alive{part="worker"}'] == figures['svetofor_part_alive{part="beat"}'] == 0
    assert figures["svetofor_jobs_overdue"] == 1
    assert figures["svetofor_database_connections"] >= 1
    assert figures["svetofor_queue_messages"] >= 0


def test_a_lost_redis_leaves_the_other_figures(client, db, settings):
    settings.METRICS_TOKEN = "right"
    settings.CELERY = settings.CELERY | {"broker_url": "redis://127.0.0.1:1/0"}
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    assert "\nsvetofor_redis_up 0\n" in text
    assert "svetofor_queue_messages" not in text
    assert "\nsvetofor_open_cycles 0\n" in text
