"""Scenario 29: 6 paid of 40 finished is an alert, 8 of 40 is none (R-S1-5)."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from common import clock
from desk.digests import send_digests
from desk.services.daily import run_day
from funnels.models import Ownership, SalesCycle
from funnels.rules import Conversion
from funnels.selectors import conversions, whole_of
from funnels.services import alert_conversions, expire_terms
from journal.models import JobRun
from notifications.models import Notice, OutboxMail
from tests.factories import ClientFactory
from tests.factories.work import on, take

FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def finish(cast, owner, won: int, lost: int, *, closed_on: date = date(2026, 11, 1), **fields) -> None:
    """Closed cycles of a person as the history holds them."""
    for number in range(won + lost):
        is_won = number < won
        client = ClientFactory(
            department=owner.department, segment=cast.medium, section="customers" if is_won else "soft_refusal"
        )
        opened = clock.local_moment(closed_on - timedelta(days=20), time(9))
        closed = clock.local_moment(closed_on, time(18))
        cycle = SalesCycle.objects.create(
            client=client,
            segment=client.segment,
            opened_on=clock.day_of(opened),
            opened_at=opened,
            closed_on=closed_on,
            closed_at=closed,
            outcome="won" if is_won else "lost",
            state="support" if is_won else "refusal",
            state_since=closed_on,
            colour="none",
            refusal_reason="" if is_won else fields.get("reason", "no_money"),
        )
        Ownership.objects.create(
            client=client,
            cycle=cycle,
            user=owner,
            reason="taken",
            started_on=clock.day_of(opened),
            started_at=opened,
            ended_on=closed_on,
            ended_at=closed,
            end_reason=cycle.outcome,
            clock_started_on=clock.day_of(opened),
            state_started_on=clock.day_of(opened),
        )


def bells():
    return Notice.objects.filter(key__startswith="conversion:")


def test_six_paid_of_forty_finished_rings_the_seller_and_the_head_once_a_day(cast):
    finish(cast, cast.ivanova, won=6, lost=34)
    with on(FRIDAY, 0, 50):
        assert alert_conversions(day=FRIDAY) == {"conversions_below": 2}  # hers, and the department's
        alert_conversions(day=FRIDAY)
    text = bells().get(recipient=cast.ivanova).text
    assert "Конверсия за 90 дней 15,00\u00a0% при норме 20\u00a0%" in text
    assert "6 из 40" in text
    assert bells().filter(recipient=cast.volkov).count() == 2
    assert bells().filter(recipient=cast.director).count() == 1
    assert not bells().filter(recipient__in=[cast.petrov, cast.boss, cast.belov]).exists()
    with on(date(2026, 11, 21), 0, 50):  # a Saturday
        assert alert_conversions(day=date(2026, 11, 21)) == {"conversions_below": 0}


def test_eight_paid_of_forty_is_exactly_the_norm_and_rings_nobody(cast):
    finish(cast, cast.ivanova, won=8, lost=32)
    with on(FRIDAY, 0, 50):
        assert alert_conversions(day=FRIDAY) == {"conversions_below": 0}
    assert not bells().exists()


def test_twenty_nine_finished_say_nothing_and_old_and_not_ours_are_not_counted(cast):
    finish(cast, cast.ivanova, won=0, lost=29)
    finish(cast, cast.ivanova, won=0, lost=5, reason="not_ours")
    finish(cast, cast.ivanova, won=0, lost=5, closed_on=FRIDAY - timedelta(days=90))
    finish(cast, cast.belov, won=1, lost=3)
    with on(FRIDAY, 0, 50):
        found = conversions(FRIDAY)
        alert_conversions(day=FRIDAY)
    assert found[cast.sales.pk] == {cast.ivanova.pk: Conversion(29, 0)}
    assert found[cast.other.pk] == {cast.belov.pk: Conversion(4, 1)}
    assert not bells().exists()


def test_a_finished_sale_belongs_to_its_last_owner_and_the_department_is_the_sum(cast):
    finish(cast, cast.ivanova, won=2, lost=18)
    finish(cast, cast.petrov, won=4, lost=16)
    moved = SalesCycle.objects.filter(outcome="lost", ownerships__user=cast.ivanova).first()
    later = Ownership.objects.get(cycle=moved)
    later.pk, later.user, later.started_at = None, cast.petrov, later.started_at + timedelta(days=5)
    Ownership.objects.filter(cycle=moved).update(ended_at=later.started_at)
    later.save()
    with on(FRIDAY):
        people = conversions(FRIDAY)[cast.sales.pk]
    assert people == {cast.ivanova.pk: Conversion(19, 2), cast.petrov.pk: Conversion(21, 4)}
    assert whole_of(people) == Conversion(40, 6)


def test_a_client_that_is_not_ours_leaves_by_term_without_touching_the_conversion(cast):
    with on(date(2026, 10, 1)):
        cycle = take(cast, cast.ivanova)
    cycle.client.size = "not_ours"
    cycle.client.save()
    day = date(2026, 11, 2)
    with on(day, 0, 15):
        expire_terms(day=day)
        cycle.refresh_from_db()
        assert (cycle.outcome, cycle.refusal_reason) == ("expired", "not_ours")
        assert conversions(day) == {}


def test_the_night_audit_rings_and_the_morning_letters_say_it(cast):
    finish(cast, cast.ivanova, won=6, lost=34)
    with on(FRIDAY, 0, 50):
        lines = list(run_day(day=FRIDAY, only=["audit"]))
    assert lines[0].counts["conversions_below"] == 2
    assert JobRun.objects.get(job="audit").counts["conversions_below"] == 2
    with on(FRIDAY, 7, 30):
        send_digests(day=FRIDAY)
    letters = {mail.recipient: mail for mail in OutboxMail.objects.filter(dedupe_key__startswith="digest:")}
    told = "Конверсия за 90 дней 15,00\u00a0% при норме 20\u00a0%"
    for person in (cast.ivanova, cast.volkov, cast.director):
        assert told in letters[person].text, person
        assert told in letters[person].html, person
    assert "Отдел продаж: · " not in letters[cast.ivanova].text
    for person in (cast.petrov, cast.boss):
        assert "Конверсия" not in letters[person].text


def test_the_lights_show_fifteen_percent_against_twenty_by_person_and_department(cast, as_user):
    finish(cast, cast.ivanova, won=6, lost=34)
    finish(cast, cast.petrov, won=8, lost=32)
    with on(FRIDAY, 9):
        text = as_user(cast.volkov).get("/lights/").content.decode()
        assert "Конверсия за 90 дней" not in as_user(cast.boss).get("/lights/").content.decode()
    assert "<h2>Конверсия за 90 дней</h2>" in text
    assert '<span class="tag tag-bad">15,00\u00a0% при норме 20\u00a0%</span>' in text
    assert "<span>20,00\u00a0% при норме 20\u00a0%</span>" in text
    assert '<span class="tag tag-bad">17,50\u00a0% при норме 20\u00a0%</span>' in text  # 14 of 80
    assert "оплатили 6 из 40" in text


def test_the_bell_of_the_seller_and_of_the_head_shows_the_alert(cast, as_user):
    finish(cast, cast.ivanova, won=6, lost=34)
    with on(FRIDAY, 0, 50):
        alert_conversions(day=FRIDAY)
    with on(FRIDAY, 9):
        for person in (cast.ivanova, cast.volkov):
            assert "15,00\u00a0% при норме 20\u00a0%" in as_user(person).get("/notices/").content.decode()
        assert "при норме" not in as_user(cast.petrov).get("/notices/").content.decode()
