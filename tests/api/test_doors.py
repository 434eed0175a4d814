"""Who is let in, what another department's rows look like, what no body may write, and that nothing breaks a door."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.test import Client as Browser

from accounts.choices import TokenScope
from accounts.models import User
from clients.models import Client, ImportRun
from common import clock
from common.api import MOST_ROWS, PageQuery
from config import api_urls
from deals.models import Invoice
from deals.services import issue_invoice
from funnels.models import RotationOrder, SalesCycle
from tests.api.conftest import DAY, V1
from tests.factories.work import call, make_client, take

LISTS = ["clients/", "contacts/", "cycles/", "tasks/", "rotation-orders/", "absences/", "imports/", "users/"]
READS = [*LISTS, "lights/", "plan-fact/", "users/me/", "schema/"]
ROWS = [
    ("get", "clients/{client}/"),
    ("patch", "clients/{client}/"),
    ("post", "clients/{client}/take/"),
    ("get", "clients/{client}/contacts/"),
    ("post", "clients/{client}/contacts/"),
    ("get", "cycles/{cycle}/"),
    ("post", "cycles/{cycle}/advance/"),
    ("post", "cycles/{cycle}/refuse/"),
    ("post", "cycles/{cycle}/reserve/"),
    ("post", "cycles/{cycle}/transfer/"),
    ("post", "cycles/{cycle}/plan/"),
    ("get", "cycles/{cycle}/questionnaire/"),
    ("post", "cycles/{cycle}/questionnaire/"),
    ("post", "cycles/{cycle}/terms/"),
    ("get", "cycles/{cycle}/offers/"),
    ("post", "cycles/{cycle}/offers/"),
    ("get", "cycles/{cycle}/invoices/"),
    ("post", "cycles/{cycle}/invoices/"),
    ("get", "cycles/{cycle}/contracts/"),
    ("post", "cycles/{cycle}/contracts/"),
    ("get", "invoices/{invoice}/payments/"),
    ("post", "invoices/{invoice}/payments/"),
    ("get", "rotation-orders/{order}/"),
    ("post", "rotation-orders/{order}/recipient/"),
    ("post", "tasks/{task}/done/"),
    ("get", "imports/{run}/"),
    ("get", "imports/{run}/rows/"),
]
POSTS = [path for verb, path in ROWS if verb == "post"] + ["clients/", "tasks/", "absences/", "imports/"]


@pytest.fixture
def theirs(cast, morning):
    """Rows of the other department, one of each kind."""
    cycle = take(cast, cast.belov, department=cast.other)
    call(cycle)
    invoice = issue_invoice(cycle=cycle, actor=cast.belov, amount=Decimal(1000), issued_on=DAY, due_on=DAY)
    order = RotationOrder.objects.create(
        department=cast.other,
        client=cycle.client,
        cycle=cycle,
        ownership=cycle.ownerships.get(),
        old_owner=cast.belov,
        colour="red",
        age=11,
        flagged_on=DAY,
        execute_on=DAY + timedelta(days=1),
        created_at=clock.now(),
    )
    run = ImportRun.objects.create(
        department=cast.other, started_by=cast.boss, file_name="a.csv", sha256="0" * 64, created_at=clock.now()
    )
    return {
        "client": cycle.client_id,
        "cycle": cycle.pk,
        "invoice": invoice.pk,
        "order": order.pk,
        "task": cycle.tasks.get().pk,
        "run": run.pk,
    }


def ask(caller, verb, path, body=None):
    if verb == "post" and path.endswith(("contracts/", "imports/")):
        return caller.upload(path, body or {})
    return caller.get(path) if verb == "get" else caller.raw(verb, path, json.dumps(body or {}))


def test_every_address_of_the_api_is_asked_here():
    asked = {re.sub(r"{\w+}", "<int:pk>", path) for path in [*READS, *(path for _verb, path in ROWS)]}
    routes = {str(pattern.pattern) for pattern in api_urls.urlpatterns} - {"^.*$", "docs/"}
    assert routes - asked == set()


@pytest.mark.parametrize("path", [*READS, "clients/1/", "nothing/here/"])
def test_a_stranger_is_told_how_to_come_in(cast, path):
    response = Browser().get(f"{V1}{path}")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert Browser().post(f"{V1}{path}").status_code == 401


def test_a_token_is_read_from_the_header_alone_and_dies_with_its_person(cast, calls_as):
    caller = calls_as(cast.ivanova)
    assert Browser().get(f"{V1}clients/?token={caller.token}").status_code == 401
    assert caller.get("clients/").status_code == 200
    User.objects.filter(pk=cast.ivanova.pk).update(is_active=False)
    assert caller.get("clients/").status_code == 401


@pytest.mark.parametrize("who", ["ivanova", "volkov"])
def test_another_departments_row_and_no_row_read_alike(cast, calls_as, theirs, who):
    absent = dict.fromkeys(theirs, 10**20)
    caller = calls_as(getattr(cast, who))
    for verb, path in ROWS:
        foreign = ask(caller, verb, path.format(**theirs))
        nowhere = ask(caller, verb, path.format(**absent))
        assert (foreign.status_code, nowhere.status_code) == (404, 404), (verb, path)
        assert foreign.json() == nowhere.json(), (verb, path)


def test_lists_hold_nothing_of_another_department(cast, calls_as, theirs):
    caller = calls_as(cast.volkov)
    for path in LISTS:
        rows = caller.get(path).json()["results"]
        text = json.dumps(rows)
        assert "belov" not in text.lower() and str(cast.belov.pk) not in {str(row.get("owner")) for row in rows}, path
        assert path == "users/" or rows == [], path


def test_a_reading_token_writes_nothing(cast, calls_as, theirs):
    caller = calls_as(cast.boss, TokenScope.READ)
    for path in POSTS:
        assert ask(caller, "post", path.format(**theirs)).status_code == 403, path


def test_a_browser_session_needs_the_csrf_token(cast, morning):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.ivanova, backend="accounts.backends.EmployeeBackend")
    assert browser.get(f"{V1}clients/").status_code == 200
    body = json.dumps({"name": "ООО «Чужой сайт»"})
    assert browser.post(f"{V1}clients/", body, content_type="application/json").status_code == 403
    assert not Client.objects.exists()


@pytest.mark.parametrize("path", POSTS)
def test_no_name_of_any_column_is_swallowed_by_a_body(cast, calls_as, theirs, path):
    """Every key of every model is either refused by name or belongs to the input of this door."""
    names = {
        name
        for model in apps.get_models()
        if model._meta.app_label in {"accounts", "clients", "funnels", "deals", "journal", "planning"}
        for field in model._meta.concrete_fields
        for name in (field.name, field.attname)
    } | {"is_staff", "is_superuser", "groups", "plan", "__class__", "_connector"}
    caller = calls_as(cast.director if "payments" not in path else cast.accountant)
    response = ask(caller, "post", path.format(**theirs), dict.fromkeys(names, "1"))
    if path == "tasks/{task}/done/":
        assert response.status_code in (200, 404)  # takes no body at all
        return
    assert response.status_code == 400, response.content
    refused = {error["field"].split(".")[0] for error in response.json()["errors"]}
    dangerous = {"password", "role", "is_staff", "is_superuser", "owner_id", "client_id", "groups", "__class__"}
    # A colour is refused first of all, alone; then every other key by its name.
    assert refused == {"colour"} or dangerous <= refused
    assert SalesCycle.objects.count() == 1 and Invoice.objects.count() == 1


def test_nobody_raises_himself(cast, calls_as):
    caller = calls_as(cast.ivanova)
    before = User.objects.filter(pk=cast.ivanova.pk).values().get()
    names = {field.name for field in User._meta.concrete_fields} | {"is_staff", "is_superuser", "groups", "plan"}
    for name in names - {"language", "has_shortcuts"}:
        response = caller.patch("users/me/", {name: "1"})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (400, name)
    assert User.objects.filter(pk=cast.ivanova.pk).values().get() == before
    assert caller.patch("users/me/", {"language": "en"}).json()["language"] == "en"


@pytest.mark.parametrize("who", ["ivanova", "volkov", "director", "admin", "quality", "accountant"])
def test_people_are_told_without_secrets(cast, calls_as, who):
    caller = calls_as(getattr(cast, who))
    for path in ("users/", "users/me/"):
        text = caller.get(path).content.decode()
        for secret in ("password", "argon2", "digest", "session_epoch", "md5$"):
            assert secret not in text
    seen = {row["login"] for row in caller.get("users/").json()["results"]}
    assert seen == {"ivanova"} if who == "ivanova" else {"ivanova", "petrov"} <= seen


NASTY = [
    "\x00",
    "\ud800",
    "'\"--",
    "%",
    "_",
    "\\",
    "\u202e",
    "😀" * 50,
    "я" * 10_000,
    "%00",
    "NaN",
    "1e999",
    "-1",
    "",
    " ",
]


@pytest.mark.parametrize("path", [*LISTS, "lights/", "plan-fact/"])
def test_no_query_breaks_a_list(cast, calls_as, path):
    """Each parameter the list knows; what it does not know is refused before it is looked at (see also security/)."""
    caller = calls_as(cast.director)
    names = ["search", "phone", "inn", "owner", "cursor", "page_size", "ordering", "day_from", "is_open", "page", "day"]
    names += ["department", "user", "period", "state"]
    unknown = caller.get(path, nonsense="1").json()["errors"][0]["text"]
    known = 0
    for name in names:
        first = caller.get(path, **{name: NASTY[0]})
        if first.status_code == 400 and first.json()["errors"][0]["text"] == unknown:
            continue
        known += 1
        for value in [*(one.encode("utf-8", "replace") for one in NASTY), b"\xff\xfe", "9" * 400, "2026-02-30"]:
            response = caller.get(path, **{name: value})
            assert response.status_code in (200, 400, 404), (name, value)
    assert known >= 1
    assert caller.get(path, **{"owner__in": [1, 2]}).status_code == 400


def test_a_page_is_never_larger_than_the_limit(cast, calls_as, morning):
    for _ in range(3):
        make_client(cast)
    for size in (1_000_000, 10**17):
        assert len(calls_as(cast.volkov).get("clients/", page_size=size).json()["results"]) == 3
    query = PageQuery(data={"page_size": "1000000"})
    assert query.is_valid() and query.validated_data["page_size"] == MOST_ROWS == 200
    assert calls_as(cast.volkov).get("clients/", page_size=0).status_code == 400


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"NaN",
    b'{"amount": NaN}',
    b'{"amount": 1e999}',
    b'{"amount": "NaN", "pay_on": "2026-02-30", "due_at": "0001-01-01T00:00:00+14:00"}',
    b'{"name": "\\u0000", "text": "\\u0000", "note": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"\\ud800": 1}',
    b"\xff\xfe\x00",
    b"[" * 200_000,
    b'{"a":' * 5_000,
    b'{"person": 100000000000000000000, "to": 100000000000000000000, "user": -5, "client": true}',
    b'{"name": {"a": [1]}, "answers": {"1": {"2": 3}}, "kind": ["call"], "state": {}, "reason": []}',
    b'{"answers": []}',
    b"9" * 5_000,
]


@pytest.mark.parametrize("path", POSTS)
def test_no_body_breaks_an_act(cast, calls_as, theirs, path):
    caller = calls_as(cast.director)
    before = SalesCycle.objects.filter(pk=theirs["cycle"]).values().get()
    for body in BODIES:
        response = caller.raw("post", path.format(**theirs), body)
        if "done" not in path:  # takes no body, does not look at one
            assert 400 <= response.status_code < 500, (body[:60], response.content[:300])
    if "done" not in path:
        assert SalesCycle.objects.filter(pk=theirs["cycle"]).values().get() == before


def test_no_body_breaks_a_change_of_a_card(cast, calls_as, theirs):
    caller = calls_as(cast.director)
    for body in BODIES:
        response = caller.raw("patch", f"clients/{theirs['client']}/", body)
        assert response.status_code == 400, (body[:60], response.content)


def test_a_body_beyond_the_limit_is_not_read(cast, calls_as):
    assert calls_as(cast.ivanova).raw("post", "clients/", b" " * (5 * 1024 * 1024 + 1)).status_code == 413


def test_an_unknown_address_is_a_problem_not_a_page(cast, calls_as):
    caller = calls_as(cast.ivanova)
    for verb in ("get", "post", "patch", "put", "delete"):
        response = caller.get("nothing/") if verb == "get" else caller.raw(verb, "nothing/here/", b"{}")
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("verb", ["put", "delete"])
def test_rows_are_neither_replaced_nor_deleted(cast, calls_as, theirs, verb):
    caller = calls_as(cast.director)
    for path in ("clients/{client}/", "cycles/{cycle}/", "rotation-orders/{order}/", "plan-fact/", "lights/"):
        assert caller.raw(verb, path.format(**theirs), b"{}").status_code == 405
    assert caller.raw("post", "plan-fact/", b'{"amount": 1}').status_code == 405
    assert caller.raw("post", f"cycles/{theirs['cycle']}/", b"{}").status_code == 405


def test_the_list_of_operations_is_a_page_for_those_signed_in(cast, as_user):
    assert Browser().get(f"{V1}docs/").status_code == 302
    page = as_user(cast.ivanova).get(f"{V1}docs/")
    assert page.status_code == 200
    assert "/clients/{id}/take/" in page.content.decode() and '<script src="http' not in page.content.decode()
    assert as_user(cast.ivanova).post(f"{V1}docs/").status_code == 405
