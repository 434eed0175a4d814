"""The schema of the API: drawn once a language and format, the committed one word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/schema/"


def test_the_schema_is_the_committed_one_in_the_language_asked_for(cast, as_user):
    browser = as_user(cast.ivanova)
    committed = yaml.safe_load(Path(settings.BASE_DIR, "docs", "openapi.yaml").read_text(encoding="utf-8"))
    for _time in range(2):
        answer = browser.get(ADDRESS + "?lang=en")
        assert answer.headers["Content-Type"] == "application/vnd.oai.openapi"
        assert yaml.safe_load(answer.content) == committed
    russian = browser.get(ADDRESS + "?lang=ru", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert russian["paths"].keys() == committed["paths"].keys()
    assert russian["paths"]["/api/v1/clients/"] != committed["paths"]["/api/v1/clients/"]


def test_an_unknown_language_is_the_readers_own_and_a_stranger_gets_nothing(cast, as_user):
    browser = as_user(cast.ivanova)
    assert browser.get(ADDRESS + "?lang=" + "x" * 90).content == browser.get(ADDRESS + "?lang=ru").content
    assert Client().get(ADDRESS).status_code in (401, 403)
    assert translation.get_language() == "ru"
