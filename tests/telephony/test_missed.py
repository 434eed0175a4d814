"""Missed and unknown calls: one client, one task, a reminder, the head, and an end by a call back (scenario 38)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection as database

from accounts.models import Absence
from clients.models import Client
from common import clock
from funnels.models import SalesCycle, Task
from funnels.services import complete_task, transfer
from journal.models import AuditEvent
from notifications.models import Notice
from telephony import services
from telephony.models import Call, Line, MissedCall, WebhookEvent
from tests.factories import PhoneFactory
from tests.factories.work import take
from tests.telephony.conftest import CALLER, finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-11-20 12:00")  # a Friday


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def owned(cast, owner, number: str = CALLER):
    cycle = take(cast, owner)
    PhoneFactory(client=cycle.client, raw=number)
    return cycle.client


def miss(pbx, at=NOON, **more) -> None:
    with time_machine.travel(at, tick=False):
        pbx.deliver(finished(at=at, result="missed", **more))


def test_an_unknown_number_that_calls_twice_is_one_client_and_one_task_and_a_call_back_closes_it(pbx, cast):
    miss(pbx)
    miss(pbx, NOON + timedelta(minutes=10))
    client = Client.objects.get()
    assert client.name == "Новый звонок +7 916 123-45-67"
    assert (client.section, client.owner, client.state, client.department) == ("call_base", None, None, cast.sales)
    assert client.source.name == "Линия «Сайт»"
    assert client.has_calls
    assert [phone.e164 for phone in client.phones.all()] == [CALLER]
    assert not SalesCycle.objects.exists()
    missed, task = MissedCall.objects.get(), Task.objects.get()
    assert (missed.counter, missed.client, missed.task) == (2, client, task)
    assert (task.kind, task.assignee, task.client) == ("callback", cast.kuznetsova, client)
    assert task.due_at == missed.due_at == NOON + timedelta(minutes=15)
    assert "+7 916 123-45-67" in task.text.replace("\u00a0", " ")
    assert task.text.endswith("×2")
    back = NOON + timedelta(minutes=14)
    with time_machine.travel(back, tick=False):
        pbx.deliver(finished("back", at=back, direction="out", extension="103"))
    missed.refresh_from_db()
    task.refresh_from_db()
    assert missed.closed_by_call == Call.objects.get(call_id="back")
    assert (task.done_at, task.done_by, task.is_cancelled) == (back, cast.kuznetsova, False)
    assert AuditEvent.objects.filter(action="client.create", via="pbx", actor_login="").count() == 1
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    ("called", "due"),
    [
        ("2026-11-20 10:00", "2026-11-20 10:15"),
        ("2026-11-20 13:30", "2026-11-20 13:45"),
        ("2026-11-20 17:45", "2026-11-20 18:00"),
        ("2026-11-20 17:55", "2026-11-23 09:30"),
        ("2026-11-20 19:00", "2026-11-23 09:35"),
        ("2026-11-21 12:00", "2026-11-23 09:35"),
        ("2026-11-23 08:00", "2026-11-23 09:35"),
        ("2026-12-31 12:00", "2027-01-11 09:35"),
    ],
)
def test_a_call_back_is_due_in_fifteen_working_minutes(pbx, cast, called, due):
    miss(pbx, moscow(called))
    assert MissedCall.objects.get().due_at == moscow(due)
    assert Task.objects.get().due_at == moscow(due)


def test_the_callback_task_belongs_to_the_owner_or_to_his_deputy_when_he_is_away(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    assert Task.objects.filter(kind="callback").get().assignee == cast.ivanova
    Absence.objects.create(
        user=cast.petrov, deputy=cast.smirnova, starts_on=clock.today(), created_by=cast.volkov, created_at=clock.now()
    )
    owned(cast, cast.petrov, "+79250000001")
    miss(pbx, number="+79250000001")
    assert Task.objects.filter(kind="callback").order_by("pk").last().assignee == cast.smirnova


def test_without_a_duty_employee_the_head_is_asked(pbx, cast):
    Line.objects.update(default_extension="")
    miss(pbx)
    assert Task.objects.get().assignee == cast.volkov


def test_an_incoming_answered_call_closes_the_task_too_and_an_unanswered_one_does_not(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    later = NOON + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        pbx.deliver(finished(at=later, direction="out", result="no_answer"))
        assert MissedCall.objects.get().closed_at is None
        pbx.deliver(finished(at=later, number="+79250000009"))
        assert MissedCall.objects.filter(e164=CALLER).get().closed_at is None
        pbx.deliver(finished(at=later))
    assert MissedCall.objects.filter(e164=CALLER).get().closed_at == later


def test_an_earlier_talk_that_is_told_late_closes_nothing_and_a_miss_told_after_the_talk_opens_nothing(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    pbx.deliver(finished(at=NOON - timedelta(minutes=20)))
    assert MissedCall.objects.get().closed_at is None
    pbx.deliver(finished("talk", at=NOON + timedelta(minutes=2)))
    assert MissedCall.objects.get().closed_at is not None
    pbx.deliver(finished("late", at=NOON + timedelta(minutes=1), result="missed"))
    assert MissedCall.objects.count() == 1


def test_a_miss_after_the_call_back_is_a_new_task(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    back = NOON + timedelta(minutes=5)
    with time_machine.travel(back, tick=False):
        pbx.deliver(finished(at=back, direction="out"))
    miss(pbx, NOON + timedelta(minutes=10))
    assert MissedCall.objects.count() == 2
    assert Task.objects.open().filter(kind="callback").count() == 1


def test_a_miss_after_the_task_was_closed_by_hand_is_a_new_task(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    complete_task(task=Task.objects.get(kind="callback"), actor=cast.ivanova)
    miss(pbx, NOON + timedelta(minutes=10))
    assert list(MissedCall.objects.order_by("pk").values_list("counter", flat=True)) == [1, 1]
    assert Task.objects.open().filter(kind="callback").count() == 1


def test_at_fifteen_minutes_the_reminder_and_the_deputy_at_sixty_the_head_each_once(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    Absence.objects.create(
        user=cast.ivanova, deputy=cast.petrov, starts_on=clock.today(), created_by=cast.volkov, created_at=clock.now()
    )
    run = services.escalate_missed
    assert run(at=NOON + timedelta(minutes=14)) == {"reminded": 0, "escalated": 0, "closed": 0}
    assert run(at=NOON + timedelta(minutes=15))["reminded"] == 1
    assert run(at=NOON + timedelta(minutes=20)) == {"reminded": 0, "escalated": 0, "closed": 0}
    assert set(Notice.objects.values_list("recipient__login", flat=True)) == {"ivanova", "petrov"}
    assert run(at=NOON + timedelta(minutes=60))["escalated"] == 1
    assert run(at=NOON + timedelta(minutes=65)) == {"reminded": 0, "escalated": 0, "closed": 0}
    assert Notice.objects.filter(recipient=cast.volkov).count() == 1
    assert Notice.objects.count() == 3


def test_nobody_is_reminded_of_what_was_done(pbx, cast):
    owned(cast, cast.ivanova)
    miss(pbx)
    complete_task(task=Task.objects.get(kind="callback"), actor=cast.ivanova)
    assert services.escalate_missed(at=NOON + timedelta(hours=1)) == {"reminded": 0, "escalated": 0, "closed": 1}
    assert not Notice.objects.exists()


def test_the_task_follows_the_client_to_its_new_owner(pbx, cast):
    client = owned(cast, cast.ivanova)
    miss(pbx)
    transfer(cycle=SalesCycle.objects.get(client=client), to=cast.petrov, actor=cast.volkov)
    assert Task.objects.get(kind="callback").assignee == cast.petrov


def test_a_number_that_has_called_ten_times_in_a_day_makes_no_more_clients(pbx, cast):
    for _number in range(10):
        miss(pbx, line_number="+74950000000")  # a line nobody has configured: no client yet
    miss(pbx)
    assert Call.objects.filter(direction="in").count() == 11
    assert not Client.objects.exists()
    assert MissedCall.objects.get().counter == 10  # the eleventh is a suspect and asks for nothing
    miss(pbx, NOON + timedelta(hours=24, minutes=1))
    client = Client.objects.get()
    assert MissedCall.objects.get().client == Task.objects.get().client == client


def test_an_unknown_number_on_a_line_nobody_configured_is_a_call_without_a_client(pbx, cast):
    miss(pbx, line_number="+74950000000")
    assert not Client.objects.exists()
    assert Call.objects.get().line is None
    assert MissedCall.objects.get().client is None


def test_an_answered_unknown_call_makes_the_client_and_no_task(pbx, cast):
    pbx.deliver(finished(at=NOON))
    assert Client.objects.get().section == "call_base"
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_of_one_unknown_number_make_one_client_and_one_task(pbx, cast):
    for number in range(8):
        pbx.send(finished(f"c{number}", at=NOON, result="missed"))
    ids = list(WebhookEvent.objects.values_list("pk", flat=True))
    barrier = Barrier(8)

    def work(event_id: int) -> bool:
        try:
            barrier.wait(timeout=30)
            return services.process_event(event_id=event_id)
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, ids))
    assert Client.objects.count() == 1
    assert MissedCall.objects.get().counter == 8
    assert Task.objects.filter(kind="callback").count() == 1
    assert not WebhookEvent.objects.exclude(state="processed").exists()
