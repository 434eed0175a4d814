"""One world for this whole folder, built once; what a test does to it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access.world import TODAY, World, build_world
from tests.factories.work import on

HERE = Path(__file__).parent
_standing = ExitStack()
_built: list[tuple[World, str]] = []


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory) -> tuple[World, str]:
    """Outside the transaction of any test; it stands from module to module, until the folder is left."""
    from accounts.selectors import forget_calendar

    if not _built:
        forget_calendar()
        media = str(tmp_path_factory.mktemp("access-files"))
        hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        _standing.callback(_built.clear)
        _standing.callback(forget_calendar)
        _standing.enter_context(django_db_blocker.unblock())
        _standing.enter_context(transaction.atomic())
        _standing.callback(transaction.set_rollback, True)
        with override_settings(MEDIA_ROOT=media, PASSWORD_HASHERS=hashers, SECOND_FACTOR_IS_REQUIRED=False):
            world = build_world()
            with on(TODAY, 8, 46):
                for role in world.people:
                    world.browser(role)
        _built.append((world, media))
    return _built[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The next test of this worker lives elsewhere: it must find an empty database."""
    if nextitem is None or HERE not in nextitem.path.parents:
        _standing.close()


@pytest.fixture
def world(built, db, settings) -> Iterator[World]:
    """The world at 08:46 of its Friday, before the rotation is executed."""
    found, settings.MEDIA_ROOT = built
    settings.API_REQUESTS_PER_MINUTE, settings.EXPORTS_PER_HOUR = 0, 1000  # everybody asks for everything at once
    with on(TODAY, 8, 46):
        yield found


@pytest.fixture
def rolled_back(world):
    """`with rolled_back():` what happens inside has not happened."""

    @contextmanager
    def act() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return act
