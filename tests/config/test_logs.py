"""What stands in a log line, and what never does."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from config.logs import JsonFormatter, PlainFormatter, scrub
from journal.services import acting

PERSONAL = [
    ("call from +7 (916) 123-45-67 came", "call from <phone> came"),
    ("89161234567", "<phone>"),
    ("mail to ivan.petrov@romashka.example failed", "mail to <email> failed"),
    ("DETAIL:  Key (name)=(Иванов Иван) already exists.", "DETAIL:  Key (name)=(…) already exists."),
    ("DETAIL:  Failing row contains (1, Иванов, null).", "DETAIL:  Failing row contains (…)."),
]
HARMLESS = [
    "2026-11-21 23:35:06 run flags 2026-11-21 done",
    "9c858901-8a57-4791-81fe-4c455b099bc9",
    "invoice 1042, 1 250 000 rub.",
    "took 1234567 us",
]


def _record(message: str, *args: object, exc_info: object = None, **extra: object) -> logging.LogRecord:
    return logging.getLogger("svetofor").makeRecord(
        "svetofor", logging.INFO, "file.py", 1, message, args, exc_info, extra=extra
    )


@pytest.mark.parametrize(("text", "left"), PERSONAL)
def test_personal_data_are_struck_out(text, left):
    assert scrub(text) == left


@pytest.mark.parametrize("text", HARMLESS)
def test_figures_that_are_no_phones_stay(text):
    assert scrub(text) == text


def test_production_writes_one_json_object_a_line_with_the_act(cast):
    record = _record("GET %s", '/clients/\r\n{"level": "fake"}', status=200, duration_ms=12, path="/clients/")
    with acting(actor=cast.volkov, request_id="r-1", run_id=7):
        line = JsonFormatter().format(record)
    assert "\n" not in line and "\r" not in line
    told = json.loads(line)
    assert told["at"].endswith("+00:00")
    assert (told["level"], told["logger"], told["request_id"], told["run_id"]) == ("INFO", "svetofor", "r-1", 7)
    assert (told["user_id"], told["status"], told["duration_ms"]) == (cast.volkov.pk, 200, 12)


def test_an_exception_is_kept_in_the_line_without_its_personal_data():
    try:
        raise ValueError("duplicate +79161234567 of a@b.example")
    except ValueError:
        record = _record("Run failed.", exc_info=sys.exc_info())
    told = json.loads(JsonFormatter().format(record))
    assert "Traceback" in told["error"] and "<phone> of <email>" in told["error"]
    assert "79161234567" not in PlainFormatter().format(record)


def test_objects_hung_on_a_record_are_not_written(rf):
    request = rf.get("/?phone=79161234567", headers={"Authorization": "Bearer secret"})
    assert "secret" not in JsonFormatter().format(_record("Not Found: /x", request=request, status_code=404))


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\u2028", "\x85", "\x1b[2J", "\x00"])
def test_a_name_cannot_begin_a_line_of_its_own(mark):
    line = PlainFormatter("%(levelname)s %(message)s").format(_record("client %s", f"Ромашка{mark}ERROR root broken"))
    assert len(line.splitlines()) == 1
    assert mark not in line
