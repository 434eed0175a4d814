"""Puts the demo together: a company, its base, cycles open and finished, plans, and the jobs of the present day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from accounts.models import Department
from accounts.selectors import calendar, head_of
from clients.models import Category, Segment, Source
from common import clock
from config.demo.forecasts import freeze_past
from config.demo.life import Life, Scene
from config.demo.people import Company, make_company
from config.demo.plans import plan_years
from config.demo.play.base import blank_life, give_cheques, make_line, write_contract_file
from config.demo.play.lists import MIX, STAGNANT_EACH, by_colour, shares, wanted_lists
from config.demo.play.targets import write_targets
from config.demo.play.tries import finished_life, open_life, repeat_life
from config.demo.write import BATCH, write_lives
from telephony.models import Line

SHARE_FINISHED = 0.4
REPEATS = 18


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
    write_contract_file()
    demo = Demo(company)
    line = make_line(company)
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
    write_targets(rng, company, today)
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
    give_cheques(segments, today - timedelta(days=days))
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
        return blank_life(rng, number, department, segments, categories, sources, today - timedelta(days=back))

    wanted = wanted_lists(company, clients)
    for user, size in wanted:
        scene = scenes[user.department_id or 0]
        for colour, count in by_colour(user, size):
            for place in range(count):
                yield open_life(scene, user, colour, blank, days, is_stagnant=colour == "red" and place < STAGNANT_EACH)
    repeats = [(scene, min(REPEATS, clients // 30)) for scene in scenes.values() if scene.farmer is not None]
    for scene, size in repeats:
        for colour, count in shares(size, MIX):
            for _place in range(count):
                yield repeat_life(scene, colour, blank)
    in_work = sum(size for _user, size in wanted) + sum(size for _scene, size in repeats)
    finished = int(clients * SHARE_FINISHED)
    for place in range(finished):
        scene = scenes[company.departments[place % 3 == 2].pk]
        yield finished_life(scene, blank, days)
    for place in range(max(0, clients - in_work - finished)):
        yield blank(company.departments[place % 3 == 2], rng.randrange(days))
