"""A caller with a token, and the morning on which most of it happens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.choices import TokenScope
from accounts.services import create_token
from tests.factories.work import on

DAY = date(2026, 3, 10)
V1 = "/api/v1/"


@dataclass
class Caller:
    """`caller.get("clients/")`, `caller.post("clients/", {...}, key="k")`; `json` of the answer stands in `.json()`."""

    token: str
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=True))

    def headers(self, key: str | None = None, **more: str) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self.token}", **more}
        return found if key is None else {**found, "Idempotency-Key": key}

    def get(self, path: str, **query: Any):
        return self.browser.get(f"{V1}{path}", data=query, headers=self.headers())

    def post(self, path: str, body: Any = None, *, key: str | None = None):
        return self.raw("post", path, json.dumps({} if body is None else body), key=key)

    def patch(self, path: str, body: Any, **headers: str):
        return self.raw("patch", path, json.dumps(body), **headers)

    def raw(self, method: str, path: str, body: Any, *, key: str | None = None, **headers: str):
        send = getattr(self.browser, method)
        return send(f"{V1}{path}", data=body, content_type="application/json", headers=self.headers(key, **headers))

    def upload(self, path: str, fields: dict[str, Any], *, key: str | None = None):
        return self.browser.post(f"{V1}{path}", data=fields, headers=self.headers(key))


@pytest.fixture
def morning(cast):
    """10:00 of an ordinary Tuesday."""
    with on(DAY) as traveller:
        yield traveller


@pytest.fixture
def calls_as(cast, morning):
    """`calls_as(person)` → a caller with this person's token; `scope="read"` for one that may only read."""

    def caller(person, scope: str = TokenScope.WRITE) -> Caller:
        _token, value = create_token(user=person, name="API", scope=scope, actor=person)
        return Caller(value)

    return caller
