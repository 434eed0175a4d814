"""Numbers, money, telephones and days as people read them. Russian by default, English as the second language."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import phonenumbers
from django.utils.dateformat import format as date_format
from django.utils.translation import get_language, gettext, ngettext, pgettext

from common import clock

# Never breaks a number or its unit at the end of a line.
SPACE = "\u00a0"
DASH = "—"
MINUS = "−"

Number = Decimal | int | float

_KOPECK = Decimal("0.01")


def _russian() -> bool:
    return (get_language() or "ru").startswith("ru")


def number(value: Number | None, places: int | None = None) -> str:
    """1234567.5 → «1 234 567,5». `places` fixes the decimals; None keeps those the value carries."""
    if value is None:
        return DASH
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    # What has neither thousands nor decimals reads alike in every language.
    if ("," in text or "." in text) and _russian():
        text = text.replace(",", SPACE).replace(".", ",")
    return f"{MINUS}{text}" if exact < 0 and text.strip("0,.") else text


def money(value: Number | None) -> str:
    """Roubles with kopecks only when there are any: «1 234 567,89 ₽», «510 000 ₽»."""
    if value is None:
        return DASH
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    exact = exact.quantize(_KOPECK, rounding=ROUND_HALF_UP)
    return f"{number(exact, 0 if exact == exact.to_integral_value() else 2)}{SPACE}₽"


def money_short(value: Number | None) -> str:
    """Roubles at a glance: «510 тыс. ₽», «1,26 млн ₽», «950 ₽». Never for a total somebody has to add up."""
    if value is None:
        return DASH
    exact = Decimal(str(value))
    size = abs(exact)
    # The limits are where rounding would reach the next unit: 999 999 reads «1 млн», not «1 000 тыс.».
    if size >= Decimal("999500000"):
        return f"{_short(exact / 1_000_000_000)}{SPACE}{gettext('bn')}{SPACE}₽"
    if size >= Decimal("999500"):
        return f"{_short(exact / 1_000_000)}{SPACE}{gettext('m')}{SPACE}₽"
    if size >= 1000:
        return f"{number(exact / 1000, 0)}{SPACE}{gettext('k')}{SPACE}₽"
    return f"{number(exact, 0)}{SPACE}₽"


def _short(value: Decimal) -> str:
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return number(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def percent(value: Number | None, places: int = 1) -> str:
    """95 → «95,0 %»; the value is already in per cent."""
    return DASH if value is None else f"{number(value, places)}{SPACE}%"


def signed(value: Number | None, places: int | None = None) -> str:
    """+3, −2, 0: a change, with a typographic minus."""
    if value is None:
        return DASH
    text = number(value, places)
    return f"+{text}" if value > 0 else text


@lru_cache(maxsize=4096)
def phone(value: str | None) -> str:
    """+79122804117 → «+7 912 280-41-17»; what cannot be parsed is shown as it was written."""
    if not value:
        return DASH
    try:
        parsed = phonenumbers.parse(value, "RU")
    except phonenumbers.NumberParseException:
        return value
    if not phonenumbers.is_possible_number(parsed):
        return value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(" ", SPACE)


def as_date(value: dt.date | dt.datetime) -> dt.date:
    """The organisation's day of a moment; a date stays itself."""
    if not isinstance(value, dt.datetime):
        return value
    return value.date() if value.tzinfo is None else value.astimezone(clock.zone()).date()


def date_long(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """«20 ноября», with the year when it is not the current one."""
    if value is None:
        return DASH
    date, today = as_date(value), today or clock.today()
    return date_format(date, "j E" if date.year == today.year else "j E Y").replace(" ", SPACE)


def month_short(month: int) -> str:
    """1–12 → «янв.» … «дек.», as it follows a number."""
    return (
        pgettext("short month", "Jan"),
        pgettext("short month", "Feb"),
        pgettext("short month", "Mar"),
        pgettext("short month", "Apr"),
        pgettext("short month", "May"),
        pgettext("short month", "Jun"),
        pgettext("short month", "Jul"),
        pgettext("short month", "Aug"),
        pgettext("short month", "Sep"),
        pgettext("short month", "Oct"),
        pgettext("short month", "Nov"),
        pgettext("short month", "Dec"),
    )[month - 1]


def date_week(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """«Пт, 20 нояб.», with the year when it is not the current one."""
    if value is None:
        return DASH
    date, today = as_date(value), today or clock.today()
    text = _week_day(get_language(), date)
    return text if date.year == today.year else f"{text} {date.year}"


@lru_cache(maxsize=4096)
def _week_day(_language: str | None, date: dt.date) -> str:
    return f"{date_format(date, 'D')}, {date.day} {month_short(date.month)}"


def date_num(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """«20.11», with the year when it is not the current one: for narrow columns."""
    if value is None:
        return DASH
    date, today = as_date(value), today or clock.today()
    return f"{date:%d.%m}" if date.year == today.year else f"{date:%d.%m.%Y}"


def day(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """A day near today by its word: «Сегодня», «Вчера», «Завтра»; else «Пт, 20 нояб.»."""
    if value is None:
        return DASH
    date, today = as_date(value), today or clock.today()
    match (date - today).days:
        case -1:
            return gettext("Yesterday")
        case 0:
            return gettext("Today")
        case 1:
            return gettext("Tomorrow")
    return date_week(date, today=today)


def day_time(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """«Сегодня, 11:30», «Пн, 23 нояб., 16:00»; a plain date gives its day alone."""
    if value is None or not isinstance(value, dt.datetime):
        return day(value, today=today)
    return f"{day(value, today=today)}, {time(value)}"


def time(value: dt.datetime | dt.time | None) -> str:
    """«9:20»."""
    if value is None:
        return DASH
    local = value.astimezone(clock.zone()) if isinstance(value, dt.datetime) and value.tzinfo is not None else value
    return f"{local.hour}:{local.minute:02d}"


def stamp(value: dt.datetime | None) -> str:
    """«22.11.2026 09:20:05» for tables that are taken out; empty for None."""
    return f"{value.astimezone(clock.zone()):%d.%m.%Y %H:%M:%S}" if value else ""


def due(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> str:
    """A next step's day: «Просрочено 6 дн.» from the second day on, else like `day_time`."""
    if value is None:
        return DASH
    today = today or clock.today()
    late = (today - as_date(value)).days
    if late > 1:
        return ngettext("Overdue by %(days)d day", "Overdue by %(days)d days", late) % {"days": late}
    return day_time(value, today=today) if isinstance(value, dt.datetime) else day(value, today=today)


def is_late(value: dt.date | dt.datetime | None, *, today: dt.date | None = None) -> bool:
    """The day of the next step has passed."""
    return value is not None and as_date(value) < (today or clock.today())


def duration(seconds: int | None) -> str:
    """Length of a call: «0:22», «6:12», «1:02:05»."""
    if seconds is None:
        return DASH
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def plural(value: int, forms: str) -> str:
    """5, "клиент,клиента,клиентов" → «клиентов». Two forms are read as in English."""
    words = [word.strip() for word in forms.split(",")]
    if len(words) == 2:
        return words[0] if abs(value) == 1 else words[1]
    if len(words) != 3:
        raise ValueError(f"plural needs two or three forms, got {forms!r}")
    tens, units = abs(value) % 100, abs(value) % 10
    if units == 1 and tens != 11:
        return words[0]
    return words[1] if 2 <= units <= 4 and not 12 <= tens <= 14 else words[2]
