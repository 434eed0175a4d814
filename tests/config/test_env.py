"""What the environment may say, and the one sentence each wrong value is answered with."""

import re
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

EXTERNAL = "postgres://crm:p%40ss@db.example:6432/crm"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "BASE_URL",
        "DEMO",
        "EMAIL_URL",
        "PGBOUNCER",
        "PORT",
        "LOG_FORMAT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DATABASE_TIMEOUTS", raising=False)


@pytest.mark.parametrize(
    ("name", "value", "ask"),
    [
        ("BASE_URL", "crm.example.com", env.base_url),
        ("BASE_URL", "https://crm.example.com/path", env.base_url),
        ("PORT", "http", env.port),
        ("PORT", "70000", env.port),
        ("DEMO", "perhaps", env.demo),
        ("TIME_ZONE", "Mars/Olympus", env.time_zone),
        ("TIME_ZONE", "../../etc/passwd", env.time_zone),
        ("ALLOWED_HOSTS", "*", env.allowed_hosts),
        ("DATABASE_URL", "mysql://u@h/name", env.database),
        ("DATABASE_URL", "sqlite:///db.sqlite3", env.database),
        ("DATABASE_URL", "postgres://u@h:5432/", env.database),
        ("DATABASE_URL", "postgres://u:p@h:port/name", env.database),
        ("REDIS_URL", "localhost:6379", env.redis_url),
        ("EMAIL_URL", "mail.example.com", env.email),
        ("SECRET_KEY", "short", env.secret_key),
        ("LOG_FORMAT", "xml", env.log_format),
        ("SENTRY_DSN", "sentry.example.com", env.sentry_dsn),
    ],
)
def test_wrong_value_stops_the_start_with_one_sentence_that_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, ask
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        ask()
    sentence = str(refused.value)
    assert name in sentence
    assert "set it to" in sentence
    assert "\n" not in sentence


def test_external_database_needs_a_secret_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", EXTERNAL)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is missing"):
        env.secret_key()


def test_embedded_database_gets_a_key_that_is_made_once_and_kept_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    first = env.secret_key()
    assert len(first) >= env.SHORTEST_SECRET
    assert env.secret_key() == first
    kept = tmp_path / "state" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_demo_is_refused_on_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "1")
    assert env.demo() is True
    monkeypatch.setenv("BASE_URL", "https://crm.example.com")
    with pytest.raises(ImproperlyConfigured, match="unset DEMO"):
        env.demo()


def test_pages_have_time_outs_and_commands_may_go_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", EXTERNAL)
    found = env.database()
    assert found["PASSWORD"] == "p@ss"
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", 6432, "crm")
    assert re.findall(r"(\w+)=(\d+)", found["OPTIONS"]["options"]) == [
        ("statement_timeout", "15000"),
        ("lock_timeout", "5000"),
        ("idle_in_transaction_session_timeout", "30000"),
    ]
    monkeypatch.setenv("DATABASE_TIMEOUTS", "off")
    assert "options" not in env.database()["OPTIONS"]


def test_behind_pgbouncer_no_option_is_sent_at_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", EXTERNAL)
    monkeypatch.setenv("PGBOUNCER", "1")
    found = env.database()
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert found["OPTIONS"] == {}


def test_broker_reads_a_socket_address_in_its_own_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "unix:///run/redis.sock?db=2")
    assert env.broker_url() == "redis+socket:///run/redis.sock?virtual_host=2"
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    assert env.broker_url() == env.redis_url() == "redis://redis:6379/0"


def test_logs_are_objects_behind_https_and_plain_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.log_format() == "plain"
    monkeypatch.setenv("BASE_URL", "https://crm.example.com")
    assert env.log_format() == "json"
    monkeypatch.setenv("LOG_FORMAT", "plain")
    assert env.log_format() == "plain"


def test_without_a_mail_server_mails_become_files() -> None:
    assert env.email()["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
