"""What a body or an address may smuggle in: ids of others, fields nobody offered, texts no database stores."""

from __future__ import annotations

import os
from urllib.parse import quote

import pytest
from django.forms import model_to_dict

from accounts.models import ApiToken, User
from clients.models import Client, Phone
from funnels.models import Task
from tests.access.table import TABLE
from tests.access.test_matrix import address, objects
from tests.access.world import seen_in

pytestmark = pytest.mark.django_db

ABSENT = 10**9
HOSTILE = ("\x00", "\ud800", "10" * 10, "9" * 400, "-1", "%", "_", "'\"--", "\u202eтест", "𝒳" * 20, "None", "1e9", "[]")
NAMES = (
    "q",
    "search",
    "page",
    "cursor",
    "after",
    "before",
    "owner",
    "user",
    "manager",
    "department",
    "client",
    "section",
)
MORE_NAMES = (
    "day",
    "month",
    "year",
    "period",
    "tab",
    "sort",
    "ordering",
    "status",
    "from",
    "to",
    "colour",
    "age",
    "kind",
)


# ---- ids of others


def posts(world):
    """(role, url, body with {id}, a foreign id): every field of a body that names a row."""
    card, b1 = f"/clients/{world.a1.client.pk}/", world.b1
    person, stranger = b1.client.people.order_by("pk")[0].pk, b1.user.pk
    day = "2026-11-20"
    task = {"text": "Позвонить", "due_on": "2026-11-23", "key": "k1"}
    absence = {"kind": "sick", "starts_on": day, "ends_on": day}
    payment = {"amount": "100", "paid_on": day, "document": "1"}
    return [
        ("owner", f"{card}phones/new/", {"phone": "+79031112233", "person": "{id}"}, person),
        ("owner", f"{card}emails/new/", {"email": "new@example.ru", "person": "{id}"}, person),
        ("owner", f"{card}terms/", {"amount": "100", "pay_on": "2026-11-27", "on": day, "person": "{id}"}, person),
        ("owner", f"{card}contact/", {"kind": "call", "result": "talked", "text": "x", "person": "{id}"}, person),
        ("head", f"{card}transfer/", {"to": "{id}", "reason": "transfer"}, stranger),
        ("head", f"/rotation/{world.a1.order.pk}/recipient/", {"to": "{id}", "version": "1"}, stranger),
        ("head", "/tasks/new/", {**task, "assignee": "{id}"}, stranger),
        ("head", f"/staff/{world.a1.user.pk}/absences/", {**absence, "deputy": "{id}"}, stranger),
        ("accountant", f"{card}payments/new/", {**payment, "invoice": "{id}"}, b1.invoice.pk),
    ]


def test_a_foreign_id_in_a_body_is_refused_like_an_absent_one_and_nothing_is_written(world, rolled_back):
    for role, url, body, foreign in posts(world):
        answers = []
        for value in (foreign, ABSENT):
            with rolled_back():
                before = [model.objects.count() for model in (Task, Phone, Client)]
                filled = {name: str(text).replace("{id}", str(value)) for name, text in body.items()}
                response = world.browser(role).post(url, filled)
                assert [model.objects.count() for model in (Task, Phone, Client)] == before, url
                answers.append((response.status_code, response.content.decode().count("errorlist")))
                assert response.status_code == 422, (url, value, response.status_code)
                if role != "accountant":  # he sees both clients
                    assert not {name for name in seen_in(response) if name.startswith("b1-")}, url
        assert answers[0] == answers[1], url


def test_an_act_on_many_touches_only_those_of_the_scope(world):
    ids = [world.a1.client.pk, world.b1.client.pk, ABSENT]
    world.browser("head").post(
        "/clients/bulk/?section=any", {"act": "transfer", "ids": ids, "to": world.a2.user.pk, "reason": "transfer"}
    )
    owner_of = dict(Client.objects.filter(pk__in=ids).values_list("pk", "owner_id"))
    assert owner_of == {world.a1.client.pk: world.a2.user.pk, world.b1.client.pk: world.b1.user.pk}
    world.browser("intern").post("/clients/bulk/?section=call_base", {"act": "take", "ids": [world.free["B"].pk]})
    assert Client.objects.get(pk=world.free["B"].pk).owner_id is None


# ---- fields nobody offered


def test_no_field_of_a_user_is_raised_by_the_forms_of_ones_own_account(world):
    user = world.a1.user
    allowed = {"language", "has_shortcuts"}
    before = model_to_dict(User.objects.get(pk=user.pk))
    smuggled = {field.name: "1" for field in User._meta.concrete_fields} | {
        "role": "director",
        "department": str(world.cast.other.pk),
        "department_id": str(world.cast.other.pk),
        "is_staff": "1",
        "is_superuser": "1",
        "groups": "1",
        "worklist_cap": "90",
        "password": "svetofor-test-2",
        "session_epoch": "9",
        "user": str(world.cast.director.pk),
    }
    smuggled |= {"language": "en", "name": "мой", "scope": "write", "days": "30"}
    browser = world.browser("owner")
    for url in ("/account/", "/language/", "/account/tokens/"):
        assert browser.post(url, smuggled).status_code < 500
    assert browser.post("/account/password/", smuggled).status_code == 422
    answer = browser.patch("/api/v1/users/me/", smuggled, content_type="application/json")
    assert answer.status_code == 400
    assert "role" in answer.content.decode()
    after = model_to_dict(User.objects.get(pk=user.pk))
    assert {name for name in before if before[name] != after[name]} <= allowed
    assert set(ApiToken.objects.values_list("user_id", flat=True)) == {user.pk}


def test_a_head_raises_neither_himself_nor_others_above_his_managers(world, rolled_back):
    cast, browser = world.cast, world.browser("head")
    before = {user.pk: model_to_dict(user) for user in User.objects.all()}
    smuggled = {field.name: "1" for field in User._meta.concrete_fields}
    smuggled |= {"role": "director", "department": str(cast.other.pk), "login": "stolen", "is_active": ""}
    smuggled |= {"last_name": "Новая", "first_name": "Имя", "worklist_cap": "60", "extension": "", "email": ""}
    for person in (cast.volkov, cast.director, cast.admin, cast.boss, cast.belov):
        for tail in ("", "role/", "password/", "deactivate/", "unlock/", "absences/"):
            assert browser.post(f"/staff/{person.pk}/{tail}", smuggled).status_code == 404, (person, tail)
    own = world.a1.user
    for role in ("head", "director", "administrator", "accountant", "quality"):
        assert browser.post(f"/staff/{own.pk}/role/", {"role": role}).status_code == 422, role
        assert browser.post("/staff/new/", {**smuggled, "login": "newcomer", "role": role}).status_code == 422, role
    browser.post(f"/staff/{own.pk}/", {**smuggled, "employed_on": "2025-01-09", "version": str(own.version)})
    after = {user.pk: model_to_dict(user) for user in User.objects.all()}
    allowed = {"last_name", "first_name", "patronymic", "email", "extension", "worklist_cap", "version"}
    allowed |= {"employed_on", "part_time_percent"}
    assert before.keys() == after.keys()
    for pk, values in before.items():
        changed = {name for name in values if values[name] != after[pk][name]}
        assert changed <= (allowed if pk == own.pk else set()), changed


def test_the_last_administrator_cannot_be_switched_off(world):
    browser, admin = world.browser("admin"), world.cast.admin
    for tail in ("deactivate/", "role/"):
        assert browser.post(f"/staff/{admin.pk}/{tail}", {"role": "hunter"}).status_code == 404
    assert User.objects.get(pk=admin.pk).is_active


# ---- numbers that are told


COUNTED = (
    "/clients/?section=in_work",
    "/clients/?section=call_base",
    "/tasks/",
    "/documents/?tab=offers",
    "/funnel/",
    "/day/",
)


@pytest.mark.parametrize("role", ["owner", "head"])
def test_counts_badges_and_sums_do_not_move_when_others_add_rows(world, role):
    from decimal import Decimal

    from deals.services import send_offer
    from tests.access.test_matrix import plain
    from tests.access.world import TODAY
    from tests.factories.work import call, make_client, take

    browser = world.browser(role)
    before = [plain(browser.get(url).content, "-", "-") for url in COUNTED]
    assert "1" in before[0]
    for _number in range(3):
        cycle = take(world.cast, world.b1.user, department=world.cast.other)
        call(cycle)
        send_offer(cycle=cycle, actor=world.b1.user, amount=Decimal("777000"), sent_on=TODAY)
        make_client(world.cast, department=world.cast.other)
    after = [plain(browser.get(url).content, "-", "-") for url in COUNTED]
    for url, one, other in zip(COUNTED, before, after, strict=True):
        assert one == other, url


# ---- texts and numbers of an attacker


def test_nonsense_in_an_address_is_never_a_server_error(world, rolled_back):
    known, broken = objects(world), []
    names = (*NAMES, *MORE_NAMES)
    for number, (key, row) in enumerate(TABLE.items()):
        readers = [role for role in ("director", "owner", "admin") if row.cells("GET")[role] == 200]
        if not readers or "@" in key:
            continue
        url = address(key, row, known).partition("?")[0]
        mixed = {name: HOSTILE[(number + place) % len(HOSTILE)] for place, name in enumerate(names)}
        asked = [dict.fromkeys(names, HOSTILE[0]), mixed]
        if os.environ.get("HOSTILE") == "all":  # every name with every text, by hand
            asked += [{name: text} for name in names for text in HOSTILE]
        for query in asked:
            text = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items())
            with rolled_back():
                status = world.browser(readers[0]).get(f"{url}?{text}").status_code
            if status >= 500:
                broken.append(f"{url}?{text[:60]} → {status}")
    assert not broken, "\n".join(broken)


def test_ids_beyond_any_column_do_not_exist(world):
    browser = world.browser("director")
    for key, row in TABLE.items():
        if not row.args or "@" in key:
            continue
        for number in (0, 2**63, 10**20):
            url = address(key, row, dict.fromkeys(row.args.values(), number))
            for response in (browser.get(url), *([browser.post(url)] if number == 2**63 else [])):
                assert response.status_code in (400, 403, 404, 405, 415, 401), (url, response.status_code)
