"""Every write path leaves one event per object it was done to, with actor, channel and request (B17).

A step is an address, who sends it, what he sends, and the events that may be there afterwards: no fewer and no more.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from accounts.models import Absence
from clients.models import Client, Email, Phone
from clients.services import receive_import, run_import
from common import clock
from config.management.commands.check_invariants import SEALS, count_offences
from deals.models import Invoice
from desk.services import run_day
from funnels.models import RotationOrder, SalesCycle, Task
from journal.choices import ACT_WORDS, FIELD_WORDS
from journal.models import AuditEvent, JobRun
from journal.services import seal_audit
from tests.api.conftest import calls_as, morning  # noqa: F401 - fixtures
from tests.factories.work import call, dm_of, make_client, make_template, on, take
from tests.telephony.conftest import finished, pbx  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)
SOON = str(MONDAY + timedelta(days=2))
LATER = str(MONDAY + timedelta(days=20))
CHECKED = (
    SEALS,
    "what a run has handled is audited in that run",
    "a client's version is one more than its audited changes",
    "every executed rotation is audited",
)


@dataclass(frozen=True)
class Step:
    who: str
    url: str
    data: Callable[[Any], dict[str, Any]]
    events: dict[str, int] = field(default_factory=dict)
    verb: str = "post"


def last_of(model: Any, **wanted: Any) -> Any:
    return model.objects.filter(**wanted).order_by("pk").last()


PAGES = [
    Step("ivanova", "/clients/{c}/take/", lambda w: {}, {"client.take": 1}),
    Step(
        "ivanova",
        "/clients/{c}/contact/",
        lambda w: {"key": "k1", "kind": "call", "result": "talked", "person": w.dm, "text": "да", "next_on": SOON},
        {"contact.log": 1},
    ),
    Step(
        "ivanova",
        "/clients/{c}/next-step/",
        lambda w: {"key": "n1", "next_on": SOON, "next_text": "звонок"},
        {"cycle.next_step": 1},
    ),
    Step("ivanova", "/clients/{c}/plan/", lambda w: {"key": "p1", "amount": "5", "pay_on": LATER}, {"cycle.plan": 1}),
    Step("ivanova", "/clients/{c}/size/", lambda w: {"size": "small"}, {"client.edit": 1}),
    Step("ivanova", "/clients/{c}/size/", lambda w: {"size": "small"}, {}),  # nothing changed
    Step("ivanova", "/clients/{c}/phones/new/", lambda w: {"phone": "+79031112233"}, {"phone.add": 1}),
    Step("ivanova", "/clients/{c}/phones/{phone}/", lambda w: {"phone": "+79031112244"}, {"phone.edit": 1}),
    Step("ivanova", "/clients/{c}/phones/{phone}/remove/", lambda w: {}, {"phone.remove": 1}),
    Step("ivanova", "/clients/{c}/emails/new/", lambda w: {"email": "new@example.ru"}, {"email.add": 1}),
    Step("ivanova", "/clients/{c}/emails/{email}/remove/", lambda w: {}, {"email.remove": 1}),
    Step("ivanova", "/clients/{c}/people/new/", lambda w: {"full_name": "Анна"}, {"person.add": 1}),
    Step(
        "ivanova",
        "/clients/{c}/people/{dm}/",
        lambda w: {"full_name": "Олег", "position": "директор", "is_dm": "on"},
        {"person.edit": 1},
    ),
    Step("ivanova", "/tasks/new/", lambda w: {"key": "t1", "text": "Проверить", "due_on": SOON}, {"task.create": 1}),
    Step("ivanova", "/tasks/{task}/done/", lambda w: {}, {"task.done": 1}),
    Step(
        "ivanova",
        "/clients/{c}/offers/new/",
        lambda w: {"key": "o1", "amount": "1000", "sent_on": str(MONDAY)},
        {"offer.send": 1},
    ),
    Step(
        "ivanova",
        "/clients/{c}/terms/",
        lambda w: {"key": "a1", "amount": "1000", "pay_on": LATER, "person": w.dm, "on": str(MONDAY)},
        {"cycle.terms": 1},
    ),
    Step(
        "ivanova",
        "/clients/{c}/invoices/new/",
        lambda w: {"key": "i1", "amount": "1000", "issued_on": str(MONDAY), "due_on": LATER, "vat_rate": "22"},
        {"invoice.issue": 1},
    ),
    Step(
        "volkov",
        "/clients/{c}/transfer/",
        lambda w: {"to": w.cast.petrov.pk, "reason": "transfer"},
        {"cycle.transfer": 1},
    ),
    # the last rouble closes the deal, and a farmer is asked to take the customer over
    Step(
        "accountant",
        "/clients/{c}/payments/new/",
        lambda w: {"key": "m1", "invoice": w.invoice, "amount": "1000", "paid_on": str(MONDAY)},
        {"payment.enter": 1, "cycle.win": 1, "task.create": 1},
    ),
    Step("smirnova", "/clients/{c}/handover/", lambda w: {}, {"client.handover": 1}),
    Step("petrov", "/clients/{d}/refuse/", lambda w: {"refusal_reason": "crisis", "note": "нет"}, {"cycle.refuse": 1}),
    Step("petrov", "/clients/{e}/reserve/", lambda w: {"contact_on": LATER}, {"cycle.park": 1}),
    # in bulk: one event for each of the two
    Step("ivanova", "/clients/bulk/?section=call_base", lambda w: {"act": "take", "ids": w.free}, {"client.take": 2}),
    Step(
        "volkov",
        "/staff/{ivanova}/absences/",
        lambda w: {"kind": "sick", "starts_on": LATER, "ends_on": LATER, "deputy": w.cast.petrov.pk},
        {"absence.create": 1},
    ),
    Step("volkov", "/staff/absences/{absence}/cancel/", lambda w: {}, {"absence.cancel": 1}),
    Step("admin", "/settings/categories/", lambda w: {"name": "Транспорт"}, {"category.create": 1}),
    Step("director", "/clients/export/?section=any", lambda w: {}, {"clients.export": 1}, verb="get"),
    Step("director", "/audit/?csv=1", lambda w: {}, {"journal.export": 1}, verb="get"),
    # refused: nothing happened, nothing is signed
    Step("petrov", "/clients/{c}/transfer/", lambda w: {"to": w.cast.petrov.pk, "reason": "transfer"}, {}),
]


def events_after(pk: int) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(pk__gt=pk).order_by("pk"))


def newest() -> int:
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def check(events: list[AuditEvent], expected: dict[str, int], *, via: str, about: str) -> None:
    assert Counter(event.action for event in events) == expected, about
    objects = Counter((event.action, event.object_type, event.object_id) for event in events if event.object_id)
    assert all(number == 1 for number in objects.values()), (about, objects)
    for event in events:
        assert event.via == via, about
        assert event.object_type and event.request_id, about
        assert event.action in ACT_WORDS, about
        assert {*event.before, *event.after} - set(FIELD_WORDS) == set(), about


@pytest.fixture
def world(cast):
    with on(MONDAY):
        make_template(2)
        client = make_client(cast, name="Первый")
        cycles = [take(cast, cast.petrov, name=name) for name in ("Второй", "Третий")]
        call(cycles[1])
        other = [cycle.client_id for cycle in cycles]
        free = [make_client(cast, name=name).pk for name in ("Четвёртый", "Пятый")]
    return SimpleNamespace(
        cast=cast, client=client, c=client.pk, d=other[0], e=other[1], dm=dm_of(client).pk, free=free
    )


def address(world: Any, url: str) -> str:
    last = {
        "phone": lambda: last_of(Phone, client=world.client).pk,
        "email": lambda: last_of(Email, client=world.client).pk,
        "task": lambda: last_of(Task).pk,
        "absence": lambda: last_of(Absence).pk,
        "ivanova": lambda: world.cast.ivanova.pk,
    }
    found = {name: read() for name, read in last.items() if f"{{{name}}}" in url}
    return url.format(**{"c": world.c, "d": world.d, "e": world.e, "dm": world.dm}, **found)


def test_every_page_that_writes_signs_once_for_each_object(world, as_user):
    with on(MONDAY, 11) as traveller:
        for number, step in enumerate(PAGES):
            traveller.shift(timedelta(minutes=1))
            invoice = last_of(Invoice)
            world.invoice = invoice.pk if invoice else None
            before, about = newest(), f"{number}: {step.url}"
            browser = as_user(getattr(world.cast, step.who))
            signed_in = newest()
            response = getattr(browser, step.verb)(address(world, step.url), step.data(world))
            assert response.status_code < 400 or not step.events, (about, response.status_code, response.content[:2000])
            events = events_after(max(before, signed_in))
            check(events, step.events, via="web", about=about)
            for event in events:
                assert event.actor_login == step.who, about
                assert event.request_id == response["X-Request-ID"], about
    seal_audit(wait=0)
    offences = count_offences()
    assert {name: offences[name] for name in CHECKED} == dict.fromkeys(CHECKED, 0)


def test_the_api_signs_as_the_page_does_under_its_own_channel(cast, calls_as):  # noqa: F811
    client = make_client(cast)
    caller = calls_as(cast.ivanova)
    day = str(clock.today() + timedelta(days=5))
    steps = [
        ("post", "clients/", {"name": "Новый", "phone": "+79035556677", "size": "small"}, {"client.create": 1}),
        ("post", f"clients/{client.pk}/take/", {}, {"client.take": 1}),
        ("patch", f"clients/{client.pk}/", {"city": "Тверь"}, {"client.edit": 1}),
        ("post", f"clients/{client.pk}/contacts/",
         {"kind": "call", "result": "talked", "person": dm_of(client).pk, "next_step_at": f"{day}T12:00:00+03:00"},
         {"contact.log": 1}),
        ("post", "cycles/{cycle}/plan/", {"amount": "1000", "pay_on": day}, {"cycle.plan": 1}),
        # refused and signed: a written colour
        ("patch", f"clients/{client.pk}/", {"colour": "green"}, {"client.colour_write_refused": 1}),
        ("post", "cycles/{cycle}/refuse/", {"reason": "crisis"}, {"cycle.refuse": 1}),
    ]  # fmt: skip
    for verb, pattern, body, expected in steps:
        cycle = last_of(SalesCycle)
        path = pattern.format(cycle=cycle.pk if cycle else 0)
        before = newest()
        if verb == "patch":
            version = Client.objects.get(pk=client.pk).version
            response = caller.patch(path, {**body, "version": version})
        else:
            response = caller.post(path, body, key=f"key-{path}-{before}")
            replayed = newest()
            caller.post(path, body, key=f"key-{path}-{before}")
            assert newest() == replayed, "a repeated key signs nothing"
        events = events_after(before)
        check(events, expected, via="api", about=f"{path} {response.content[:500]!r}")
        assert {event.actor_login for event in events} == {"ivanova"}
        assert {event.request_id for event in events} == {response["X-Request-ID"]}


def test_telephony_signs_with_the_exchange_as_its_channel(cast, pbx):  # noqa: F811
    at = datetime.fromisoformat("2026-11-20T12:00:00+03:00")
    with on(FRIDAY, 12):
        before = newest()
        for _delivered_twice in range(2):
            pbx.deliver(finished("unknown-1", at=at, result="missed"))
        events = events_after(before)
    check(events, {"client.create": 1, "contact.log": 1, "task.create": 1}, via="pbx", about="an unknown number called")
    assert len({event.request_id for event in events}) == 1


def test_an_import_signs_once_for_each_client_and_once_for_its_end(cast):
    table = "Название компании;Рабочий телефон\n"
    table += "\n".join(f"ООО «Импорт {n}»;+7903000{n:04d}" for n in range(1, 31))
    with on(MONDAY):
        before = newest()
        run = receive_import(file=ContentFile(table.encode(), name="a.csv"), actor=cast.volkov)
        assert [event.action for event in events_after(before)] == ["import.receive"]
        before = newest()
        run_import(run_id=run.pk)
        events = events_after(before)
        check(events, {"client.create": 30, "import.finish": 1}, via="import", about="import")
        assert {event.actor_login for event in events} == {"volkov"}
        assert len({event.request_id for event in events}) == 1
        before = newest()
        run_import(run_id=run.pk)
        assert newest() == before, "a finished import is not done again"


def test_the_night_and_the_morning_sign_with_their_run(cast):
    with on(MONDAY):
        for owner in (cast.ivanova, cast.kuznetsova):
            take(cast, owner)
    before = newest()
    with on(FRIDAY, 0, 20):
        for _twice in range(2):
            list(run_day(day=FRIDAY, only=["flags"]))
    flagged = [event for event in events_after(before) if event.action == "rotation.flag"]
    assert len(flagged) == RotationOrder.objects.count() == 2
    before = newest()
    with on(FRIDAY, 9, 20):
        for _twice in range(2):
            list(run_day(day=FRIDAY, only=["rotation"]))
    moved = events_after(before)
    assert Counter(event.action for event in moved) == {"rotation.execute": 2, "task.create": 2}
    for events, job in ((flagged, "flags"), (moved, "rotation")):
        run = JobRun.objects.get(job=job)
        assert {(event.via, event.run_id) for event in events} == {("job", run.pk)}
        assert {event.actor_login for event in events} == {""}, "nobody's hand"
        assert len({event.request_id for event in events}) == 1
        assert all(event.request_id for event in events)
    assert {event.request_id for event in flagged} != {event.request_id for event in moved}
    seal_audit(wait=0)
    offences = count_offences()
    assert {name: offences[name] for name in CHECKED} == dict.fromkeys(CHECKED, 0)


def test_a_run_whose_event_is_missing_and_a_version_without_one_are_found(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        list(run_day(day=FRIDAY, only=["flags"]))
    JobRun.objects.create(
        job="rotation", business_date=FRIDAY, due_at=clock.now(), created_at=clock.now(), state="done"
    )
    run = JobRun.objects.get(job="rotation")
    order = RotationOrder.objects.get()
    run.items.create(object_type="funnels.violation", object_id=order.ownership_id, result="x", at=clock.now())
    assert count_offences()[CHECKED[1]] == 0
    run.items.create(object_type="clients.client", object_id=cycle.client_id, result="recall", at=clock.now())
    assert count_offences()[CHECKED[1]] == 1
    assert count_offences()[CHECKED[2]] == 0
    Client.objects.filter(pk=cycle.client_id).update(version=9)
    assert count_offences()[CHECKED[2]] == 1


def test_a_command_line_signs_as_one_request(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse-battery-7\n"))
    options = {"name": "ООО «Ель»", "login": "root", "email": "root@example.org", "password_stdin": True}
    call_command("create_organisation", **options, stdout=io.StringIO())
    events = events_after(0)
    check(events, {"organisation.create": 1, "user.create": 1}, via="shell", about="create_organisation")
    assert len({event.request_id for event in events}) == 1
