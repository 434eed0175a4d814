"""One world for a whole module, built once; what a test does to it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access.world import TODAY, World, build_world
from tests.factories.work import on


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[tuple[World, str]]:
    from accounts.selectors import forget_calendar

    forget_calendar()
    media = str(tmp_path_factory.mktemp("access-files"))
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=media, PASSWORD_HASHERS=hashers):
            world = build_world()
            with on(TODAY, 8, 46):
                for role in world.people:
                    world.browser(role)
        yield world, media
        transaction.set_rollback(True)
    forget_calendar()


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
