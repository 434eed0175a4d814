"""Scenario 25: the forecast of a started period has no door that edits it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from planning.models import ForecastSnapshot, MonthTarget
from planning.services import freeze_forecasts
from tests.factories.money import open_cycle
from tests.factories.work import on

DECEMBER = date(2026, 12, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def frozen(cast):
    with on(DECEMBER, 0, 30):
        for colour in ("green", "yellow", "red"):
            open_cycle(cast, cast.ivanova, colour=colour)
        freeze_forecasts(day=DECEMBER)
    rows = list(ForecastSnapshot.objects.order_by("pk").values())
    assert any(row["amount"] for row in rows)
    return rows


def routes(resolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += routes(entry, path)
        elif isinstance(entry, URLPattern):
            found.append(path)
    return found


def test_no_address_names_a_forecast_or_a_snapshot(cast, as_user):
    every = routes(get_resolver())
    assert len(every) > 100
    named = [path for path in every if "forecast" in path or "snapshot" in path]
    # What a calculator reckons and what was frozen are read, never written.
    assert sorted(named) == ["calculators/forecast/", "calculators/forecast/xlsx/", "plan/verification/forecast/"]
    assert {as_user(cast.director).post(f"/{path}").status_code for path in named} == {405}


@pytest.mark.parametrize("who", ["ivanova", "volkov", "director", "admin"])
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_whoever_writes_to_the_plan_of_a_started_month_leaves_its_forecast_as_it_was(cast, as_user, frozen, who, verb):
    amount = {"amount": "1", "period": "month", "starts_on": "2026-12-01"}
    with on(DECEMBER + timedelta(days=9), 10):
        browser = as_user(getattr(cast, who))
        for url in ("/plan/", "/api/v1/plan-fact/", f"/api/v1/forecasts/{frozen[0]['id']}/", "/api/v1/forecasts/"):
            answer = getattr(browser, verb)(url, amount, content_type="application/json")
            assert answer.status_code in (403, 404, 405), (url, answer.status_code)
    assert list(ForecastSnapshot.objects.order_by("pk").values()) == frozen


def test_a_target_of_the_started_month_is_changed_and_the_frozen_forecast_is_not(cast, as_user, frozen):
    with on(DECEMBER + timedelta(days=9), 10):
        url = f"/plan/target/?department={cast.sales.pk}&user={cast.ivanova.pk}&day=2026-12-01"
        data = {"amount": "5 000 000", "version": 0, "reason": "рост"}
        assert as_user(cast.director).post(url, data).status_code == 303
        freeze_forecasts(day=DECEMBER)
    assert list(ForecastSnapshot.objects.order_by("pk").values()) == frozen
    assert MonthTarget.objects.get().amount == 5_000_000
