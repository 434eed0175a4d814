"""Real PostgreSQL and Redis for every test; one fixed cast of people (tests/factories)."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from itertools import count

import hypothesis
import pytest

os.environ.setdefault("SVETOFOR_FSYNC", "off")  # test data may die with the machine

from config import embedded

# How fast a busy machine invents examples is no property of the product.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

_servers = ExitStack()

# Files of whole minutes are begun first, so that no worker is left alone with one of them at the end.
LONG_FILES = (
    "browser/test_bars.py",
    "config/test_up.py",
    "access/test_canaries.py",
    "access/test_matrix.py",
    "browser/test_bad_input.py",
    "browser/test_main_job.py",
    "browser/test_rotation_days.py",
    "browser/test_payloads.py",
    "config/test_embedded.py",
    "faults/test_deaths.py",
    "desk/test_jobs_eleven_days.py",
)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    if not hasattr(config, "workerinput"):  # the xdist controller starts them once for all workers
        _servers.enter_context(embedded.session(**embedded.needed()))
    elif embedded.needed()["redis"]:
        _own_redis(int(config.workerinput["workerid"].removeprefix("gw")) + 1)


def _own_redis(number: int) -> None:
    """Each xdist worker has a Redis database of its own: a test that empties its queue empties no other's."""
    from django.conf import settings

    from config.celery import app

    os.environ["REDIS_URL"] = embedded.redis_url().replace("db=0", f"db={number}")
    broker = embedded.broker_url().replace("virtual_host=0", f"virtual_host={number}")
    settings.CELERY["broker_url"] = app.conf.broker_url = broker


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _servers.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, tmp_path_factory, django_db_modify_db_settings, django_db_blocker) -> None:
    """The database of each xdist worker is a copy of one pattern, which whoever comes first migrates."""
    if not hasattr(request.config, "workerinput"):
        return
    from tests.pattern import copy_from_pattern

    with django_db_blocker.unblock():
        copy_from_pattern(
            tmp_path_factory.getbasetemp().parent / "pattern", remake=request.config.getvalue("create_db")
        )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """A test that commits is cleaned up, which the audit log refuses: the owner of the tables switches that refusal of
    TRUNCATE off, in the test database alone. tests/journal/test_seals.py switches it on and tries.
    """
    from django.db import connection

    from tests.cleaning import clean_by_deleting

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        clean_by_deleting()
        for table in ("journal_auditevent", "journal_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {f"tests/{name}": place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


def pytest_collection_finish() -> None:
    """Thousands of collected tests and every imported module live to the end: the collector need not walk them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.fixture(autouse=True)
def _fast_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _without_second_factor(settings) -> None:
    """Directors and administrators of other tests' casts have no app; tests/accounts switches this on."""
    settings.SECOND_FACTOR_IS_REQUIRED = False


_numbers = count()


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path_factory) -> None:
    """A folder of its own for every test, made only by those that keep a file."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"files-{next(_numbers)}"


@pytest.fixture(autouse=True)
def _fresh_calendar() -> None:
    """The calendar kept by the process must not outlive the rolled-back rows it was read from."""
    from accounts.selectors import forget_calendar

    forget_calendar()


@pytest.fixture(autouse=True)
def _fresh_minute() -> None:
    """A test that asks much must not use up the minute of the next."""
    from common.limits import requests_of_minute

    requests_of_minute.forget()


@pytest.fixture
def cast(db):
    """Organisation, production calendar, two departments and everybody in them."""
    from tests.factories import make_cast

    return make_cast()


@pytest.fixture
def as_user(client):
    """`as_user(person)` → the test client, signed in as this person."""

    def sign_in(person):
        client.force_login(person, backend="accounts.backends.EmployeeBackend")
        return client

    return sign_in
