"""What every process writes: one JSON object a line in production, plain lines in a terminal (IN8).

Phones, addresses and the values that PostgreSQL quotes in its errors are struck out; a line break inside a message never
begins a line of its own. Who, in which request and in which run: taken from the current act.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from django.apps import apps
from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

FORMATS: Final = ("json", "plain")
# What a caller may add by `extra=`; anything else (requests, models) may carry personal data and is left out.
FIELDS: Final = ("method", "path", "status", "duration_ms", "user_id")

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w-])\+?\d(?:[ ()\-]{0,3}\d){9,14}(?![\w-])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\b")
# PostgreSQL names the row that offends: «Key (e164)=(…) already exists», «Failing row contains (…)».
_QUOTED_ROW = re.compile(r"(Key \([^)\n]{1,200}\)=|Failing row contains )\([^\n]*\)")
_BREAKS = str.maketrans({mark: repr(mark)[1:-1] for mark in "\r\n\v\f\x00\x1b\x85\u2028\u2029"})


def scrub(text: str) -> str:
    """The text without phones, e-mail addresses and quoted rows."""
    text = _QUOTED_ROW.sub(r"\1(…)", text)
    text = _EMAIL.sub("<email>", text)
    return _PHONE.sub(lambda found: found[0] if _DATE.match(found[0]) else "<phone>", text)


def facts_of_act() -> dict[str, Any]:
    """Request, run and person of the current act, without the empty ones."""
    if not apps.ready:
        return {}
    from journal.services import current_act

    act = current_act()
    facts = {"request_id": act.request_id, "run_id": act.run_id, "user_id": act.actor_id}
    return {name: value for name, value in facts.items() if value}


class JsonFormatter(BaseJsonFormatter):
    """at (UTC), level, logger, message, what is known of the request, error (the traceback)."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = scrub(record.getMessage())
        log_data.update(facts_of_act())
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                log_data[name] = scrub(value) if isinstance(value, str) else value
        if message_dict.get("exc_info"):
            log_data["error"] = scrub(str(message_dict["exc_info"]))


class PlainFormatter(logging.Formatter):
    """The same for a person: time, level, logger, message on one line, then the traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = scrub(record.message).translate(_BREAKS)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return scrub(super().formatException(ei))


def configuration(kind: str) -> dict[str, Any]:
    """LOGGING of Django, Celery and the web server: everything to the standard error in the format `kind`."""
    formatter = "config.logs.JsonFormatter" if kind == "json" else "config.logs.PlainFormatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "axes": {"level": "WARNING"},
            # Django hangs its own handlers and the mail to administrators here.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "gunicorn.error": {"handlers": [], "propagate": True, "level": "INFO"},
            "gunicorn.access": {"handlers": [], "propagate": False},
        },
    }
