"""Numbers, money, telephones and days in Russian and English."""

import datetime as dt
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from common import formats, markup
from common.messages import compile_catalogues

TODAY = dt.date(2026, 11, 20)
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(autouse=True)
def russian():
    compile_catalogues()
    with override("ru"):
        yield


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("1234567.89"), "1 234 567,89 ₽"),
        (D("510000.00"), "510 000 ₽"),
        (D("0.005"), "0,01 ₽"),
        (D("-12.5"), "−12,50 ₽"),
        (0, "0 ₽"),
        (None, "—"),
    ],
)
def test_money_is_written_as_russians_write_it(value, text):
    assert plain(formats.money(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (950, "950 ₽"),
        (95_000, "95 тыс. ₽"),
        (999_499, "999 тыс. ₽"),
        (999_500, "1 млн ₽"),
        (1_260_000, "1,26 млн ₽"),
        (27_900_000, "27,9 млн ₽"),
        (9_740_000_000, "9,74 млрд ₽"),
    ],
)
def test_short_money_never_shows_a_thousand_thousands(value, text):
    assert plain(formats.money_short(value)) == text


def test_english_money_keeps_english_separators():
    with override("en"):
        assert plain(formats.money(D("1234567.89"))) == "1,234,567.89 ₽"


def test_numbers_carry_a_typographic_minus_and_no_negative_zero():
    assert plain(formats.number(-1234)) == "−1 234"
    assert formats.number(D("-0.04"), 1) == "0,0"
    assert formats.signed(3) == "+3"
    assert formats.signed(0) == "0"
    assert plain(formats.percent(95)) == "95,0 %"


def test_telephone_is_grouped_and_nonsense_stays():
    assert plain(formats.phone("+79122804117")) == "+7 912 280-41-17"
    assert formats.phone("112a") == "112a"
    assert formats.phone("") == "—"


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (dt.date(2026, 11, 20), "Сегодня"),
        (dt.date(2026, 11, 19), "Вчера"),
        (dt.date(2026, 11, 21), "Завтра"),
        (dt.date(2026, 11, 18), "Ср, 18 нояб."),
        (dt.date(2027, 1, 15), "Пт, 15 янв. 2027"),
    ],
)
def test_near_days_are_words(date, text):
    assert formats.day(date, today=TODAY) == text


def test_a_moment_belongs_to_the_organisations_day():
    late_evening_utc = dt.datetime(2026, 11, 19, 22, 30, tzinfo=dt.UTC)
    assert formats.day_time(late_evening_utc, today=TODAY) == "Сегодня, 1:30"


def test_long_date_is_in_the_genitive():
    assert plain(formats.date_long(TODAY, today=TODAY)) == "20 ноября"
    assert plain(formats.date_long(dt.date(2025, 3, 1), today=TODAY)) == "1 марта 2025"


def test_overdue_counts_days_from_the_second_on():
    assert formats.due(dt.date(2026, 11, 14), today=TODAY) == "Просрочено 6 дн."
    assert formats.due(dt.datetime(2026, 11, 19, 15, tzinfo=MOSCOW), today=TODAY) == "Вчера, 15:00"
    assert formats.due(TODAY, today=TODAY) == "Сегодня"


def test_late_is_only_a_day_that_has_passed():
    assert formats.is_late(dt.date(2026, 11, 19), today=TODAY)
    assert not formats.is_late(TODAY, today=TODAY)
    assert not formats.is_late(None, today=TODAY)
    assert "late" in markup.due(dt.date(2026, 11, 14), today=TODAY)
    assert "late" not in markup.due(TODAY, today=TODAY)


@pytest.mark.parametrize(
    ("count", "word"), [(1, "клиент"), (2, "клиента"), (5, "клиентов"), (11, "клиентов"), (21, "клиент")]
)
def test_plural_follows_the_number(count, word):
    assert formats.plural(count, "клиент,клиента,клиентов") == word


def test_plural_refuses_one_form():
    with pytest.raises(ValueError, match="two or three"):
        formats.plural(1, "клиент")


def test_call_length_is_minutes_and_seconds():
    assert [formats.duration(s) for s in (22, 372, 3725, None)] == ["0:22", "6:12", "1:02:05", "—"]


@pytest.mark.parametrize(
    ("days", "kind", "text"),
    [
        (6, "age", "6 из 10"),
        (7, "age age-warn", "7 из 10"),
        (9, "age age-warn", "9 из 10"),
        (10, "age age-last", "10 · последний день"),
    ],
)
def test_age_chip_grows_louder_with_the_days(days, kind, text):
    assert markup.age(days, last=True) == f'<span class="{kind}">{text}</span>'


def test_age_chip_of_the_eleventh_day_names_the_rotation():
    chip = markup.age(11, rotation_at=dt.datetime(2026, 11, 20, 9, 20, tzinfo=MOSCOW))
    assert "age-over" in chip
    assert "застой 11 дней · ротация 20.11 09:20" in chip


def test_age_is_never_coloured():
    assert not any(word in markup.age(days) for days in (1, 8, 10, 12) for word in ("red", "yellow", "green"))


def test_lamp_names_its_colour_and_refuses_another():
    assert markup.lamp("YELLOW") == '<span class="lamp lamp-yellow">Жёлтый</span>'
    assert "lamp-none" in markup.lamp(None)
    with pytest.raises(ValueError, match="blue"):
        markup.lamp("blue")


def test_lamp_tells_why_to_keyboard_and_pointer():
    told = markup.lamp("red", why="R10 <no facts>")
    assert 'tabindex="0"' in told
    assert "R10 &lt;no facts&gt;" in told


@pytest.mark.parametrize(
    ("percent", "colour"), [(D("100"), "green"), (D("99.99"), "yellow"), (80, "yellow"), (D("79.99"), "red")]
)
def test_plan_light_thresholds_have_no_gaps(percent, colour):
    assert markup.plan_colour(percent) == colour
    assert f"sign-{colour}" in markup.plan_light(percent)


def test_plan_light_without_a_plan_is_words_alone():
    assert "sign" not in markup.plan_light(None)
    assert "нет плана" in markup.plan_light(None)


def test_telephone_button_escapes_what_people_typed():
    assert "<script>" not in markup.tel('"><script>')
