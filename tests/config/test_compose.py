"""The production shape says what the product relies on."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from config.embedded import postgres

ROOT = Path(__file__).resolve().parents[2]
SHAPE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = SHAPE["services"]


def test_postgresql_has_the_locale_the_product_was_tested_with():
    given = SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert set(given) == {flag for flag in postgres.INITDB if not flag.startswith("--auth")}


def test_the_queue_survives_a_restart_and_never_drops_a_message_for_room():
    command = SERVICES["redis"]["command"]
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_there_is_one_beat_and_it_cannot_be_doubled_by_a_replica_count():
    assert [name for name, service in SERVICES.items() if " beat " in str(service.get("command"))] == ["beat"]
    assert "deploy" not in SERVICES["beat"]


def test_pages_and_tasks_go_through_the_pooler_and_what_needs_a_session_goes_directly():
    for name in ("web", "worker", "beat"):
        environment = SERVICES[name]["environment"]
        assert (environment["PGBOUNCER"], "@pgbouncer:6432/" in environment["DATABASE_URL"]) == ("1", True), name
    for name in ("migrate", "backup"):
        environment = SERVICES[name]["environment"]
        assert (environment["PGBOUNCER"], "@db:5432/" in environment["DATABASE_URL"]) == ("0", True), name


def test_whoever_stops_is_given_the_time_he_needs():
    from config import gunicorn

    grace = {name: int(SERVICES[name]["stop_grace_period"].rstrip("s")) for name in ("web", "worker")}
    assert grace["web"] > gunicorn.graceful_timeout
    assert grace["worker"] > 30  # worker_soft_shutdown_timeout


def test_no_password_stands_in_the_shape_and_every_variable_is_explained():
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    explained = set(re.findall(r"^#? ?(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    assert asked <= explained
    assert "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}" in text


def test_tls_ends_at_a_proxy_that_gets_its_certificate_itself():
    proxy = SERVICES["proxy"]
    assert proxy["image"].startswith("caddy:") and "--from ${BASE_URL}" in proxy["command"]
    assert proxy["ports"] == ["80:80", "443:443"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
