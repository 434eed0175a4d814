"""Every cell of the table, asked for: as a page, as a fragment, with the other verbs, and beside an absent id."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access.table import ROLES, STRANGERS, TABLE, Row
from tests.access.world import World, seen_in

pytestmark = pytest.mark.django_db

ABSENT = 10**9
HTMX = {"HX-Request": "true"}
GUESSERS = ("colleague", "stranger", "accountant")  # who try ids that are not theirs
REFUSALS = (302, 401, 403, 404)
# Who walks through every link in test_canaries, each role once; the first steps of a walk are the addresses of the
# table. WALKS=all sends the second hunter, the hunter and the head of the other department as well.
WALKERS = ("owner", "intern", "head", "director", "accountant", "quality", "admin")
if os.environ.get("WALKS") == "all":
    WALKERS += ("colleague", "stranger", "other_head")
# The same role over other data: a page of one's own is opened by the twin alone.
TWINS = {"colleague": "owner", "stranger": "owner", "other_head": "head"}
DEAD_ENDS = ("/static/", "/logout/", "/language/", "/login/")


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> dict[str, str]:
    """Address by name, of everything the resolver knows; a nameless one goes by its address."""
    found: dict[str, str] = {}
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found |= patterns(entry, path)
        elif isinstance(entry, URLPattern):
            found[entry.name or path] = path
    return found


def objects(world: World) -> dict[str, Any]:
    """The owner's objects by the names the table uses, and some of others."""
    a1, b1, cast = world.a1, world.b1, world.cast
    return {
        "client": a1.client.pk,
        "cycle": a1.cycle.pk,
        "quiet": world.a2.client.pk,
        "free": world.free["A"].pk,
        "person": a1.client.people.order_by("pk")[0].pk,
        "foreign_person": b1.client.people.order_by("pk")[0].pk,
        "phone": a1.client.phones.order_by("pk")[0].pk,
        "foreign_phone": b1.client.phones.order_by("pk")[0].pk,
        "email": a1.client.emails.order_by("pk")[0].pk,
        "invoice": a1.invoice.pk,
        "foreign_invoice": b1.invoice.pk,
        "contract": a1.contract.pk,
        "payment": a1.payment.pk,
        "task": a1.task.pk,
        "order": a1.order.pk,
        "call": a1.call.pk,
        "mail": a1.mail.pk,
        "import": world.imports["A"].pk,
        "user": a1.user.pk,
        "disabled": world.people["disabled"].pk,
        "head": cast.volkov.pk,
        "director": cast.director.pk,
        "admin": cast.admin.pk,
        "department": cast.sales.pk,
        "other_department": cast.other.pk,
        "absence": world.absence.pk,
        "token": world.token.pk,
        "connection": world.connection.pk,
        "line": world.line.pk,
        "segment": cast.medium.pk,
        "category": cast.category.pk,
        "source": cast.source.pk,
        "year_plan": world.year_plan.pk,
        "vacancy": world.vacancy.pk,
        "job": world.job_run.job,
        "job_day": f"{world.job_run.business_date}",
    }


def address(key: str, row: Row, known: dict[str, Any]) -> str:
    kwargs = {name: known[kind] for name, kind in row.args.items()}
    if key.endswith("^.*$"):
        return f"/{key.removesuffix('^.*$')}unknown/"
    return reverse(key.partition("@")[0], kwargs=kwargs or None) + row.query.format(**known)


def is_told_by_twin(row: Row, role: str, cells: dict[str, int]) -> bool:
    """A page without a foreign id or filter in its address, which both open."""
    twin = TWINS.get(role)
    return twin is not None and not row.args and not row.query and cells[role] == cells[twin] == 200


def absent_address(key: str, row: Row) -> str:
    return reverse(key.partition("@")[0], kwargs=dict.fromkeys(row.args, ABSENT))


def plain(body: bytes, own: str, absent: str) -> str:
    """The body without what differs in every answer: tokens, the number of the request, and the address itself."""
    text = re.sub(r"(csrf[\w-]*\"[^>]*?(?:value|content)=\")[^\"]+|nonce=\"[^\"]+\"", r"\1", body.decode())
    text = re.sub(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", "REQUEST", text)
    return text.replace(own, "ADDRESS").replace(absent, "ADDRESS")


def listed(world: World, role: str) -> dict[str, tuple[str, int]]:
    """Address → key and status of the table, of what this role asks on his walk, which goes through the demo."""
    if role not in WALKERS:
        return {}
    known = objects(world)
    rows = {key: row for key, row in TABLE.items() if row.demo or f"{key}@demo" not in TABLE}
    asked = {address(key, row, known): (key, row.cells("GET")[role]) for key, row in rows.items()}
    return {url: cell for url, cell in asked.items() if not url.startswith(DEAD_ENDS)}


def differs_from_absent(world: World, role: str, verb: str, key: str, url: str, response) -> str:
    """What tells a refused id from one that nobody has; empty when nothing does."""
    row, nowhere = TABLE[key], absent_address(key, TABLE[key])
    absent = send(world.browser(role), verb, nowhere, row)
    bodies = [plain(body, url, nowhere) for body in (response.content, absent.content)]
    if absent.status_code == 404 and bodies[0] == bodies[1]:
        return ""
    return f"{key}: {verb} {url} differs from an absent id ({absent.status_code})"


def send(browser: Browser, verb: str, url: str, row: Row, **headers: str):
    if row.is_api and verb in ("POST", "PATCH"):
        return browser.generic(verb, url, json.dumps(dict(row.data)), "application/json", headers=headers)
    return (
        browser.post(url, row.data, headers=headers) if verb == "POST" else browser.generic(verb, url, headers=headers)
    )


@pytest.fixture
def rows(settings):
    """(key, row) one after the other, each with the settings it asks for."""

    def walk():
        for key, row in TABLE.items():
            if row.demo != settings.DEMO:  # each change lays one more layer over the settings
                settings.DEMO = row.demo
            yield key, row
        settings.DEMO = False

    return walk


def test_every_address_is_in_the_table_and_every_row_has_an_address():
    named = {key.partition("@")[0] for key in TABLE}
    known = set(patterns())
    assert not known - named, f"not in the table: {sorted(known - named)}"
    assert not named - known, f"no such address any more: {sorted(named - known)}"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", ["GET", "POST", "PATCH"])
def test_the_answer_is_the_one_of_the_table(world, rows, role, verb, rolled_back):
    known, wrong = objects(world), []
    walked = {key for key, _status in listed(world, role).values()} if verb == "GET" else set()
    for key, row in rows():
        cells = row.cells(verb)
        expected = cells[role]
        if key in walked or (verb == "GET" and is_told_by_twin(row, role, cells)):
            continue
        if verb == "PATCH" and (not row.is_api or expected in (401, 405)):
            continue
        if role in ("farmer", "intern") and expected == cells["colleague"]:
            continue  # the same rights in the same department
        url = address(key, row, known)
        with rolled_back():
            response = send(world.browser(role), verb, url, row)
            if response.status_code != expected:
                wrong.append(f"{key}: {verb} {url} → {response.status_code}, the table says {expected}")
            elif expected == 302 and role in STRANGERS and not row.public:
                assert response["Location"].startswith("/login/"), url
            elif expected == 404 and row.args and role in GUESSERS:
                wrong += filter(None, [differs_from_absent(world, role, verb, key, url, response)])
            if expected in REFUSALS and (leaked := seen_in(response)):
                wrong.append(f"{key}: {verb} {url} refuses and tells {sorted(leaked)}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ["anon", "owner", "stranger", "accountant"])
def test_a_fragment_is_given_to_whom_the_page_is_given(world, rows, role):
    known, wrong = objects(world), []
    for key, row in rows():
        expected = row.cells("GET")[role]
        if expected == 405 or row.is_api or "{" in row.query or is_told_by_twin(row, role, row.cells("GET")):
            continue
        response = world.browser(role).get(address(key, row, known), headers=HTMX)
        if role in STRANGERS and not row.public:
            expected = 401  # a fragment cannot show the login page: htmx is told to go there
            assert response.headers.get("HX-Redirect", "").startswith("/login/") or response.status_code != 401, key
        elif expected == 303:
            expected = 200  # told by HX-Redirect
        if response.status_code != expected:
            wrong.append(f"{key}: {response.status_code}, the table says {expected}")
        elif expected in (401, 403, 404) and (leaked := seen_in(response)):
            wrong.append(f"{key}: refuses and tells {sorted(leaked)}")
        if response.status_code == 200 and response["Content-Type"].startswith("text/html") and not row.public:
            assert "HX-Request" in response["Vary"], key
            assert "no-store" in response["Cache-Control"], key
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ["anon", "owner", "stranger"])
def test_other_verbs_do_nothing(world, rows, role, rolled_back):
    known, wrong = objects(world), []
    for key, row in rows():
        url, cells = address(key, row, known), row.cells("GET")
        # HEAD is asked by those whom it might tell of what they may not see; to the owner it is a GET.
        for verb in {"owner": ("OPTIONS", "PUT", "DELETE"), "stranger": ("HEAD",)}.get(role, ("HEAD", "PUT", "DELETE")):
            if role == "stranger" and cells[role] == 200:
                continue
            with rolled_back():
                response = send(world.browser(role), verb, url, row)
            allowed = {302} if role == "anon" else {405}
            if row.is_api:
                allowed = {401, 403, 404, 405} | ({200} if verb == "OPTIONS" else set())
            elif row.public:
                allowed = {302, 405}
            if verb == "HEAD":
                allowed |= {cells[role]}
            if response.status_code not in allowed or seen_in(response):
                wrong.append(f"{key}: {verb} → {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_method_named_in_the_form_or_a_header_is_not_believed(world, rolled_back):
    client = world.a1.client
    for extra in ({"_method": "DELETE"}, {"_method": "POST"}):
        response = world.browser("owner").get(f"/clients/{client.pk}/", extra)
        assert response.status_code == 200
    with rolled_back():
        response = world.browser("owner").post(
            f"/clients/{client.pk}/", {"_method": "DELETE"}, headers={"X-HTTP-Method-Override": "DELETE"}
        )
        assert response.status_code == 405
        assert type(client).objects.filter(pk=client.pk).exists()


def test_no_act_is_done_without_the_token_of_the_form(world, rows, rolled_back):
    known, wrong = objects(world), []
    for key, row in rows():
        cells = row.cells("POST")
        if row.is_api or set(cells.values()) == {405}:
            continue
        role = next((role for role in ROLES if role not in STRANGERS and cells[role] in (200, 303, 409, 422)), "owner")
        browser = world.browser(role)
        browser.handler.enforce_csrf_checks = True
        try:
            with rolled_back():
                response = browser.post(address(key, row, known), row.data)
        finally:
            browser.handler.enforce_csrf_checks = False
        if response.status_code != 403:
            wrong.append(f"{key}: {response.status_code} for {role}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ["accountant", "quality"])
def test_the_api_refuses_the_act_of_whoever_only_reads_the_client(world, role, rolled_back):
    cycle, day = f"/api/v1/cycles/{world.a1.cycle.pk}/", "2026-11-27"
    bodies = {
        f"{cycle}advance/": {"state": "c2"},
        f"{cycle}refuse/": {"reason": "no_money"},
        f"{cycle}reserve/": {"contact_on": day},
        f"{cycle}plan/": {"amount": "1000.00", "pay_on": day},
        f"{cycle}transfer/": {"to": world.a2.user.pk, "reason": "transfer"},
    }
    answers = {}
    for url, body in bodies.items():
        with rolled_back():
            answer = world.browser(role).post(url, body, content_type="application/json")
        if answer.status_code != 403:
            answers[url] = (answer.status_code, answer.content.decode())
    assert not answers
