"""The settings that production runs with, in a process of its own: the deployment checks, the logs, the error reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "p7Vd0s-1QeZk_9wXr5TgYb3NhUj6MiKo8LaFcEvRtWnSxBqD2z4"
# A fault in a page and a log line with personal data, both reported to a transport that sends nothing.
PROGRAM = """
import json, logging, sys
import django
django.setup()
from django.conf import settings
from django.core.checks import run_checks
import sentry_sdk
from sentry_sdk.transport import Transport
from config import sentry

class Kept(Transport):
    events = []
    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]

was_on = sentry_sdk.get_client().is_active()
sentry.start("https://key@sentry.invalid/1", transport=Kept())
from journal.services import acting
from config.celery import app
app.log.setup(loglevel="INFO")
with acting(request_id="r-77"):
    phone = "+79161234567"
    try:
        raise ValueError(f"no client {phone}")
    except ValueError:
        logging.getLogger("desk").exception("Run for %s\\r\\n{\\"level\\": \\"fake\\"}", phone)
checks = [str(found) for found in run_checks(include_deployment_checks=True)]
names = "DEBUG SESSION_COOKIE_NAME CSRF_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT".split()
names += ["SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "DEMO", "SILENCED_SYSTEM_CHECKS"]
values = {name: getattr(settings, name) for name in names}
print(json.dumps({"checks": checks, "settings": values, "events": Kept.events, "was_on": was_on}))
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=kept
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "STATE_DIR": str(tmp_path_factory.mktemp("state")),
            "SECRET_KEY": KEY,
            "BASE_URL": "https://crm.example.com",
            "DATABASE_URL": "postgres://crm:secret@127.0.0.1:1/crm",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "EMAIL_URL": "smtp+tls://crm:secret@127.0.0.1:1",
            "PROXY_COUNT": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return SimpleNamespace(**json.loads(done.stdout), lines=done.stderr.splitlines())


def test_deployment_checks_find_nothing_and_none_is_silenced(production):
    assert production.checks == []
    assert production.settings["SILENCED_SYSTEM_CHECKS"] == []


def test_cookies_and_transport_are_those_of_https(production):
    assert production.settings | {"SILENCED_SYSTEM_CHECKS": []} == {
        "DEBUG": False,
        "DEMO": False,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SILENCED_SYSTEM_CHECKS": [],
    }


def test_every_log_line_is_one_object_with_the_request_and_without_phones(production):
    objects = [json.loads(line) for line in production.lines]
    (told,) = [line for line in objects if line["logger"] == "desk"]
    assert (told["level"], told["request_id"]) == ("ERROR", "r-77")
    assert told["message"].startswith("Run for <phone>") and "ValueError: no client <phone>" in told["error"]
    assert not any(line["level"] == "fake" for line in objects)


def test_an_error_report_carries_the_request_and_no_personal_data(production):
    (event,) = production.events
    text = json.dumps(event)
    assert event["tags"] == {"request_id": "r-77"}
    assert "no client <phone>" in text
    for word in ("79161234567", KEY, "vars", "cookies", "headers"):
        assert word not in text


def test_without_an_address_nothing_is_reported(production):
    assert production.was_on is False
