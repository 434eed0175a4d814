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
