"""Puts the demo together: a company, its base, cycles open and finished, plans, and the jobs of the present day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Sum
from django.db.models.functions import TruncMonth

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar, head_of
from clients.models import Category, Client, ContactPerson, Segment, Source
from common import clock
from common.workdays import month_end
from config.demo import words
from config.demo.forecasts import freeze_past
from config.demo.life import Life, Player, Scene
from config.demo.people import Company, make_company
from config.demo.plans import plan_years
from config.demo.write import BATCH, write_lives
from deals.models import PaymentCredit
from funnels.constants import CLOCK_FLAG_DAYS
from planning.models import MonthTarget
from telephony.models import Line
from telephony.services import create_connection

SHARE_IN_WORK = 0.45
SHARE_FINISHED = 0.4
TRIES = 60
# A demo base is small for its lists: fewer finished sales, each larger, so that plan, fact and forecast stay in proportion.
OPEN_SCALE, FINISHED_SCALE = 0.6, 3.2
STAGNANT_EACH = 2  # of every list: the morning's rotation has something to do
# Wanted list sizes of the cast; the others get what is left.
LISTS = {"ivanova": 70, "petrov": 54, "kuznetsova": 62, "orlov": 19, "sidorov": 44, "fomina": 40}
REPEATS = 18
FARMER_ZEAL = 0.7
Mix = tuple[tuple[str, int], ...]
MIX: Mix = (("green", 3), ("yellow", 5), ("red", 10))
ZEAL = {"ivanova": 0.42, "petrov": 0.34, "kuznetsova": 0.46, "orlov": 0.3, "sidorov": 0.26, "fomina": 0.36}


@dataclass
class Demo:
    """What the command prints at the end."""

    company: Company
    clients: int = 0
    in_work: int = 0
    finished: int = 0


def play_demo(*, clients: int, managers: int, seed: int, days: int, say: Callable[[str], None]) -> Demo:
    """Invents the company and `clients` clients with `days` days of history, and saves them in bulk."""
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    today = clock.today()
    company = make_company(today=today, days=days, managers=managers)
    _write_contract_file()
    demo = Demo(company)
    line = _line(company)
    written = 0
    batch: list[Life] = []
    for life in _lives(rng, company, today, clients, days):
        batch.append(life)
        demo.clients += 1
        demo.in_work += life.is_open
        demo.finished += life.cycle is not None and not life.is_open
        if len(batch) == BATCH:
            written = _save(batch, written, company, line, rng)
            say(f"{demo.clients} / {clients}")
            batch = []
    if batch:
        _save(batch, written, company, line, rng)
    _write_targets(rng, company, today)
    plan_years(company.departments, director=company.people["director"], today=today)
    freeze_past(company.departments, today=today, days=days)
    return demo


def _save(batch: list[Life], written: int, company: Company, line: Line, rng: Random) -> int:
    numbers = sum(len(life.people) for life in batch)
    phones = [f"+7900{written + number:07d}" for number in range(1, numbers + 1)]
    write_lives(batch, phones=phones, actor=company.people["admin"], at=clock.now(), line=line, rng=rng)
    return written + numbers


def _lives(rng: Random, company: Company, today: date, clients: int, days: int) -> Iterator[Life]:
    segments = {segment.size: segment for segment in Segment.objects.filter(is_active=True)}
    _give_cheques(segments, today - timedelta(days=days))
    categories, sources = list(Category.objects.all()), list(Source.objects.all())
    scenes = {
        department.pk: Scene(
            rng,
            calendar(),
            department,
            company.sellers(department),
            company.farmer(department),
            head_of(department),
            company.people["accountant"],
            today,
        )
        for department in company.departments
    }
    number = 0

    def blank(department: Department, back: int) -> Life:
        nonlocal number
        number += 1
        return _blank(rng, number, department, segments, categories, sources, today - timedelta(days=back))

    wanted = _wanted_lists(company, clients)
    for user, size in wanted:
        scene = scenes[user.department_id or 0]
        for colour, count in _by_colour(user, size):
            for place in range(count):
                yield _open_life(
                    scene, user, colour, blank, days, is_stagnant=colour == "red" and place < STAGNANT_EACH
                )
    repeats = [(scene, min(REPEATS, clients // 30)) for scene in scenes.values() if scene.farmer is not None]
    for scene, size in repeats:
        for colour, count in _shares(size, MIX):
            for _place in range(count):
                yield _repeat_life(scene, colour, blank)
    in_work = sum(size for _user, size in wanted) + sum(size for _scene, size in repeats)
    finished = int(clients * SHARE_FINISHED)
    for place in range(finished):
        scene = scenes[company.departments[place % 3 == 2].pk]
        yield _finished_life(scene, blank, days)
    for place in range(max(0, clients - in_work - finished)):
        yield blank(company.departments[place % 3 == 2], rng.randrange(days))


def _wanted_lists(company: Company, clients: int) -> list[tuple[User, int]]:
    sellers = [user for department in company.departments for user in company.sellers(department)]
    total = int(clients * SHARE_IN_WORK)
    named = [(user, LISTS.get(user.login, 50)) for user in sellers]
    scale = min(1.0, total / max(1, sum(size for _user, size in named)))
    return [(user, min(int(size * scale), user.worklist_cap)) for user, size in named]


def _by_colour(user: User, size: int) -> list[tuple[str, int]]:
    if user.role == Role.INTERN:
        return [("red", size)]
    mix = (("green", 6), ("yellow", 14), ("red", 54)) if user.login == "sidorov" else MIX
    return _shares(size, mix)


def _shares(size: int, mix: Mix) -> list[tuple[str, int]]:
    whole = sum(part for _colour, part in mix)
    green, yellow = size * mix[0][1] // whole, size * mix[1][1] // whole
    return [("green", green), ("yellow", yellow), ("red", size - green - yellow)]


def _open_life(
    scene: Scene, user: User, colour: str, blank: Callable[[Department, int], Life], days: int, *, is_stagnant: bool
) -> Life:
    """Plays clients until one ends the day in this colour in this list; the last try is kept as it comes."""
    life = blank(scene.department, min(days, 60))
    zeal = ZEAL.get(user.login, 0.35)
    for attempt in range(TRIES):
        reach = 9 if colour == "red" else 24
        back = scene.rng.randrange(0 if colour == "red" else 3, reach + attempt % 8)
        if is_stagnant:
            back = (scene.today - scene.calendar.latest_start_with_age(scene.today, CLOCK_FLAG_DAYS)).days
        opened_on = _working_back(scene, back)
        # Whoever loses a client to rotation is another: the one wanted here may be its second owner.
        first = user if scene.rng.random() < 0.8 else scene.rng.choice(scene.sellers)
        _reset(life)
        Player(scene, life, first, opened_on, zeal, OPEN_SCALE).play(scene.today)
        if _is_wanted(life, user, colour) and _is_young(scene, life, is_stagnant):
            return life
    _reset(life)
    Player(scene, life, user, scene.today, 0, OPEN_SCALE).play(scene.today)
    return life


def _repeat_life(scene: Scene, colour: str, blank: Callable[[Department, int], Life]) -> Life:
    """A customer of old, won before the history begins, to whom the farmer sells again."""
    farmer = scene.farmer
    assert farmer is not None  # noqa: S101 - asked for departments with a farmer
    life = blank(scene.department, 60)
    for _attempt in range(TRIES):
        _reset(life)
        opened_on = _working_back(scene, scene.rng.randrange(CLOCK_FLAG_DAYS - 2))
        Player(scene, life, farmer, opened_on, FARMER_ZEAL, OPEN_SCALE, "repeat").play(scene.today)
        if _is_wanted(life, farmer, colour) and len(life.ownerships) == 1:
            return life
    _reset(life)
    Player(scene, life, farmer, scene.today, 0, OPEN_SCALE, "repeat").play(scene.today)
    return life


def _is_wanted(life: Life, user: User, colour: str) -> bool:
    return life.is_open and life.cycle is not None and (life.cycle.colour, life.cycle.owner) == (colour, user)


def _is_young(scene: Scene, life: Life, is_stagnant: bool) -> bool:
    """Only the wanted few are stagnant this very morning: a night that flags too many would be held as a flood."""
    flag_on = life.ownerships[-1].flag_on
    return (flag_on is not None and flag_on <= scene.today) == is_stagnant


def _finished_life(scene: Scene, blank: Callable[[Department, int], Life], days: int) -> Life:
    life = blank(scene.department, days)
    hunters = [user for user in scene.sellers if user.role == Role.HUNTER]
    wants_win = scene.rng.random() < 0.38
    for _attempt in range(TRIES):
        opened_on = _working_back(scene, 12 + scene.rng.randrange(max(1, days - 12)))
        user = scene.rng.choice(hunters)
        _reset(life)
        Player(scene, life, user, opened_on, ZEAL.get(user.login, 0.35), FINISHED_SCALE).play(scene.today)
        if life.cycle and not life.is_open and (life.cycle.outcome == "won") == wants_win:
            return life
    if life.is_open:
        _reset(life)
    return life


def _working_back(scene: Scene, days_ago: int) -> date:
    day = scene.today - timedelta(days=days_ago)
    return day if scene.calendar.is_working(day) else scene.calendar.previous_working_day(day)


def _reset(life: Life) -> None:
    """A fresh try with the same client and people."""
    client = life.client
    client.section, client.owner, client.state, client.recall_on = "call_base", None, None, None
    if client.size == "not_ours":
        client.size = life.segment.size
    fresh = Life(client, life.people, life.segment)
    life.__dict__.update(fresh.__dict__)


def _blank(
    rng: Random,
    number: int,
    department: Department,
    segments: dict[str, Segment],
    categories: list[Category],
    sources: list[Source],
    created_on: date,
) -> Life:
    size = rng.choices(["small", "medium", "large"], [5, 4, 1])[0]
    at = clock.now() - timedelta(days=(clock.today() - created_on).days)
    client = Client(
        department=department,
        name=words.company(rng, number),
        inn=words.inn(number),
        kpp=f"66{number % 100:02d}01001",
        city=rng.choice(words.CITIES),
        note=rng.choice(words.NOTES),
        size=size,
        category=rng.choice(categories),
        segment=segments[size],
        source=rng.choice(sources),
        created_at=at,
        updated_at=at,
    )
    people = [
        ContactPerson(
            client=client, full_name=words.person(rng), position=rng.choice(words.CHIEFS), is_dm=True, created_at=at
        )
    ]
    if rng.random() < 0.4:
        people.append(
            ContactPerson(client=client, full_name=words.person(rng), position=rng.choice(words.OTHERS), created_at=at)
        )
    return Life(client, people, segments[size])


def _give_cheques(segments: dict[str, Segment], started_on: date) -> None:
    for size, cheque in (("small", "45000"), ("medium", "120000"), ("large", "480000")):
        segments[size].average_cheque = Decimal(cheque)
        segments[size].started_on = started_on
        segments[size].save(update_fields=["average_cheque", "started_on"])


def _line(company: Company) -> Line:
    made = create_connection(name="Демонстрационная АТС", actor=company.people["admin"])
    return Line.objects.create(
        connection=made.connection,
        number="+74951234567",
        department=company.departments[0],
        source=Source.objects.order_by("pk").first(),
        default_extension="101",
    )


def _write_contract_file() -> None:
    """The demo's contracts share one tiny file: a page that says what it is."""
    name = "contracts/demo.pdf"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(b"%PDF-1.4\n% demo contract\n%%EOF\n"))


def _write_targets(rng: Random, company: Company, today: date) -> None:
    """Month targets near what people really sell."""
    director = company.people["director"]
    month = today.replace(day=1)
    months = [month]
    for _ in range(4):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    facts = _past_facts()
    days = calendar().working_days(month, month_end(month.year, month.month))
    share = Decimal(max(1, sum(day < today for day in days))) / len(days)
    targets = []
    for department in company.departments:
        users = [user for user in company.sellers(department) if user.role == Role.HUNTER]
        for user in users:
            for start in months:
                fact = facts.get((user.pk, start), Decimal(0))
                done = share if start == month else Decimal(1)
                base = max(fact / done, Decimal(900000))
                amount = (base * Decimal(str(rng.uniform(0.9, 1.3))) / 50000).quantize(Decimal(1)) * 50000
                targets.append(
                    MonthTarget(
                        department=department,
                        user=user,
                        month=start,
                        amount=amount,
                        created_by=director,
                        created_at=clock.now(),
                    )
                )
    MonthTarget.objects.bulk_create(targets, BATCH)


def _past_facts() -> dict[tuple[int, date], Decimal]:
    rows = (
        PaymentCredit.objects.filter(is_void=False)
        .annotate(month=TruncMonth("paid_on"))
        .values_list("user_id", "month")
        .annotate(total=Sum("amount"))
    )
    return {(user_id, month): total for user_id, month, total in rows}
