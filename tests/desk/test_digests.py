"""The letters of the morning and the changes after 09:20 (domain 2.4, scenarios 4 and 5)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence
from clients.models import Client
from common import clock
from desk.digests import preview_day, send_digests, send_rotation_outcomes
from desk.digests.news import without_numbers
from funnels.choices import OrderStatus
from funnels.models import Movement, Ownership, RotationOrder
from funnels.services import execute_rotations, flag_stagnant
from journal.services import claim_run, finish_run, open_run
from notifications.models import Notice, OutboxMail
from planning.models import MonthTarget
from planning.services import write_plan_fact
from tests.factories.work import make_client, on, take

START = date(2026, 11, 9)  # Monday: day 7 is the 16th, day 10 the 19th, day 11 Friday the 20th
FRI = date(2026, 11, 20)


def digest(person, day=FRI) -> OutboxMail | None:
    return OutboxMail.objects.filter(dedupe_key=f"digest:{person.pk}:{day}").first()


def final(person, day=FRI) -> OutboxMail | None:
    return OutboxMail.objects.filter(dedupe_key=f"rotation-final:{person.pk}:{day}").first()


def send(day=FRI, hour=7, minute=30) -> dict[str, int]:
    """The digest job with its run, as the timer does it."""
    with on(day, hour, minute):
        lease = claim_run(open_run("digest", day, due_at=clock.now()).pk)
        counts = send_digests(day=day, run=lease.run, at=clock.now())
        finish_run(lease, counts)
    return counts


@pytest.fixture
def stagnant(cast):
    """Ivanova's client whose clock started on the 9th: flagged and queued in the night of the 20th."""
    with on(START):
        cycle = take(cast, cast.ivanova, name="ООО «Северный ветер»")
        cycle.expected_amount = Decimal("510000")
        cycle.save(update_fields=["expected_amount"])
    with on(FRI, 0, 20):
        flag_stagnant(day=FRI)
    return RotationOrder.objects.get()


def test_the_rotation_of_today_is_subject_and_first_section_for_all_it_concerns(cast, stagnant):
    assert stagnant.status == OrderStatus.QUEUED
    send()
    for person in (cast.ivanova, stagnant.suggested, cast.volkov, cast.director):
        mail = digest(person)
        assert mail.subject == "Ротация на 20.11.2026", person
        assert mail.text.startswith("Ротация на 20.11.2026")
        assert "ООО «Северный ветер»" in mail.text
        assert "Мария Иванова" in mail.text
        assert "510 000" in mail.text.replace("\u00a0", " ").replace("\u202f", " ")
        assert "11 дней" in mail.text
        assert stagnant.suggested.short_name in mail.html
    bystander = next(person for person in (cast.petrov, cast.kuznetsova, cast.orlov) if person != stagnant.suggested)
    assert digest(bystander).subject == "Сводка на 20.11.2026"
    assert "Северный ветер" not in digest(bystander).text
    assert "Северный ветер" not in digest(cast.boss).text
    assert digest(cast.accountant) is None


def test_one_letter_per_person_and_day_however_often_the_job_runs(cast, stagnant):
    send()
    before = OutboxMail.objects.count()
    with on(FRI, 7, 40):
        send_digests(day=FRI)
    assert OutboxMail.objects.count() == before == 6 + 1 + 2  # sales with its head, the other department, the director
    assert len(set(OutboxMail.objects.values_list("dedupe_key", flat=True))) == before


def test_a_manager_without_news_gets_the_short_letter(cast):
    send()
    mail = digest(cast.belov)
    assert mail.subject == "Сводка на 20.11.2026"
    assert "Близких к сроку клиентов нет" in mail.text


@pytest.mark.parametrize(
    ("day", "age", "words"),
    [
        (date(2026, 11, 16), "7 дней", "10-й день 19.11.2026"),
        (date(2026, 11, 17), "8 дней", "10-й день 19.11.2026"),
        (date(2026, 11, 18), "9 дней", "10-й день 19.11.2026"),
        (date(2026, 11, 19), "10 дней", "последний день (19.11.2026)"),
    ],
)
def test_ages_seven_to_ten_are_listed_every_day(cast, day, age, words):
    with on(START):
        take(cast, cast.ivanova, name="ООО «Северный ветер»")
    send(day)
    for person in (cast.ivanova, cast.volkov):
        text = digest(person, day).text
        assert "ООО «Северный ветер»" in text
        assert age in text
        assert words in text
    assert "Северный ветер" not in digest(cast.petrov, day).text


def test_a_client_of_six_days_is_not_mentioned(cast):
    with on(START):
        take(cast, cast.ivanova, name="ООО «Северный ветер»")
    send(date(2026, 11, 13))  # Friday, age 4; day 10 comes after Monday
    assert "Северный ветер" not in digest(cast.ivanova, date(2026, 11, 13)).text


def test_before_a_weekend_the_last_working_day_is_announced(cast):
    with on(date(2026, 11, 11)):  # day 10 is Saturday the 21st
        take(cast, cast.ivanova, name="ООО «Субботний»")
    with on(date(2026, 11, 13)):  # day 10 is Monday the 23rd, which ends the stretch
        take(cast, cast.ivanova, name="ООО «Понедельник»")
    with on(date(2026, 11, 14)):  # day 10 is Tuesday the 24th
        take(cast, cast.ivanova, name="ООО «Вторник»")
    send()
    text = digest(cast.ivanova).text
    assert "последний рабочий день (21.11.2026)" in text
    assert "последний рабочий день (23.11.2026)" in text
    assert "Вторник" not in text


def test_the_deputy_reads_the_ages_of_the_absent_colleague(cast):
    with on(START):
        take(cast, cast.ivanova, name="ООО «Северный ветер»")
    day = date(2026, 11, 18)
    Absence.objects.create(user=cast.ivanova, deputy=cast.petrov, starts_on=day, ends_on=day, created_at=clock.now())
    send(day)
    assert "Северный ветер" in digest(cast.petrov, day).text
    assert "Северный ветер" not in digest(cast.kuznetsova, day).text


def test_plan_and_fact_of_yesterday_and_the_month_stand_in_the_letter(cast):
    MonthTarget.objects.create(
        department=cast.sales,
        user=cast.ivanova,
        month=date(2026, 11, 1),
        amount=Decimal("1900000"),
        created_at=clock.now(),
    )
    for day in (19, 20):
        with on(date(2026, 11, day), 0, 30):
            write_plan_fact(day=date(2026, 11, day))
    send()
    for person, name in (
        (cast.ivanova, "Мария Иванова"),
        (cast.volkov, "Мария Иванова"),
        (cast.director, "Отдел продаж"),
    ):
        text = digest(person).text.replace("\u00a0", " ").replace("\u202f", " ")
        assert "План и факт" in text
        assert name in text
        assert "19.11.2026" in text
        assert "1 900 000" in text


def test_a_day_without_movement_is_named(cast):
    with on(START):
        cycle = take(cast, cast.ivanova)
    ownership = Ownership.objects.get(cycle=cycle)
    Movement.objects.create(
        cycle=cycle,
        ownership=ownership,
        user=cast.ivanova,
        kind="upgrade",
        from_colour="red",
        to_colour="yellow",
        on=date(2026, 11, 19),
        at=clock.now(),
    )
    send()
    head = digest(cast.volkov).text
    line = next(line for line in head.splitlines() if line.startswith("Не было движения 19.11.2026"))
    assert cast.petrov.short_name in line
    assert cast.ivanova.short_name not in line
    assert "У вас не было движения 19.11.2026" in digest(cast.petrov).text
    assert "не было движения" not in digest(cast.ivanova).text


def test_no_personal_telephone_number_leaves_in_a_letter(cast, stagnant):
    Client.objects.filter(pk=stagnant.client_id).update(name="Игорь +7 916 123-45-67", note="+79161234567")
    send()
    numbers = [phone.e164[-10:] for client in Client.objects.all() for phone in client.phones.all()] + ["9161234567"]
    for mail in OutboxMail.objects.all():
        for body in (mail.subject, mail.text, mail.html):
            digits = re.sub(r"\D", "", body)
            assert not any(number in digits for number in numbers)
    assert "Игорь …" in digest(cast.volkov).text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Игорь +7 (916) 123-45-67", "Игорь …"),
        ("ООО «Завод 125»", "ООО «Завод 125»"),
        ("89161234567", "…"),
        ("ИП Иванов 2026", "ИП Иванов 2026"),
    ],
)
def test_numbers_are_taken_out_of_names(text, shown):
    assert without_numbers(text) == shown


def test_html_of_a_name_stays_text_in_the_letter(cast, stagnant):
    Client.objects.filter(pk=stagnant.client_id).update(name="<img src=x onerror=alert(1)>")
    send()
    assert "<img" not in digest(cast.volkov).html
    assert "<img src=x" in digest(cast.volkov).text


def test_a_rotation_that_ended_as_announced_needs_no_second_letter(cast, stagnant):
    send()
    with on(FRI, 9, 20):
        execute_rotations(day=FRI, at=clock.now())
        assert send_rotation_outcomes(day=FRI) == {"final_letters": 0}
    stagnant.refresh_from_db()
    assert stagnant.status == OrderStatus.EXECUTED
    assert not OutboxMail.objects.filter(dedupe_key__startswith="rotation-final").exists()


def test_another_recipient_than_announced_is_told_to_all_four(cast, stagnant):
    announced = stagnant.suggested
    send()
    Absence.objects.create(
        user=announced,
        deputy=cast.orlov if announced != cast.orlov else cast.petrov,
        starts_on=FRI,
        created_at=clock.now(),
    )
    with on(FRI, 9, 20):
        execute_rotations(day=FRI, at=clock.now())
        send_rotation_outcomes(day=FRI)
        send_rotation_outcomes(day=FRI)
    stagnant.refresh_from_db()
    assert stagnant.recipient != announced
    told = {mail.recipient for mail in OutboxMail.objects.filter(dedupe_key__startswith="rotation-final")}
    assert told == {cast.ivanova, announced, stagnant.recipient, cast.volkov, cast.director}
    mail = final(cast.volkov)
    assert mail.subject == "Ротация на 20.11.2026: изменения"
    assert f"Мария Иванова → {stagnant.recipient.short_name}" in mail.text
    assert f"сообщалось: {announced.short_name}" in mail.text


def test_a_cancelled_rotation_is_told_too(cast, stagnant):
    send()
    with on(FRI, 9, 0):
        RotationOrder.objects.update(status=OrderStatus.CANCELLED, outcome_code="paid", closed_at=clock.now())
        send_rotation_outcomes(day=FRI)
    assert "отменена" in final(cast.ivanova).text
    assert final(cast.petrov) is None or cast.petrov == stagnant.suggested


def test_who_got_no_morning_letter_gets_the_result(cast, stagnant):
    with on(FRI, 9, 20):
        execute_rotations(day=FRI, at=clock.now())
        send_rotation_outcomes(day=FRI)
    assert "в утреннем письме этого не было" in final(cast.ivanova).text


@pytest.mark.parametrize("rows", [2, 12])
def test_a_department_costs_the_same_queries_for_few_and_many_clients(cast, rows):
    """Loading is constant; writing costs a few queries per letter and per announced order."""
    from desk.digests.news import load_news

    with on(START):
        for number in range(rows):
            take(cast, cast.ivanova if number % 2 else cast.petrov, name=f"ООО «Клиент {number}»")
    with on(FRI, 0, 20):
        flag_stagnant(day=FRI)
    with (
        on(FRI, 7, 30),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        news = load_news(cast.sales, FRI)
    assert len(news.rotations) == rows
    assert len(asked) <= 26


def test_the_evening_bell_tells_the_day_and_a_silent_day_is_not_told(cast):
    with on(FRI, 18, 5):
        assert preview_day(day=FRI) == {"previews": 0}
        cycle = take(cast, cast.ivanova)
        Movement.objects.create(
            cycle=cycle,
            ownership=Ownership.objects.get(cycle=cycle),
            user=cast.ivanova,
            kind="upgrade",
            from_colour="red",
            to_colour="yellow",
            on=FRI,
            at=clock.now(),
        )
        assert preview_day(day=FRI) == {"previews": 2}
        preview_day(day=FRI)
    bells = Notice.objects.filter(key__startswith="day-preview:")
    assert {notice.recipient for notice in bells} == {cast.ivanova, cast.volkov}
    assert bells.count() == 2


def test_old_clients_lists_are_cut_not_endless(cast):
    with on(START):
        for number in range(60):
            make_owned = make_client(cast, name=f"ООО «Клиент {number:02d}»")
            take(cast, cast.ivanova, client=make_owned)
    send(date(2026, 11, 18))
    text = digest(cast.volkov, date(2026, 11, 18)).text
    assert text.count("ООО «Клиент") == 50
    assert "и ещё 10" in text
