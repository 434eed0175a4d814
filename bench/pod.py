"""One department of ten managers with ninety open sales each, played by the rules of the product (config/demo)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import django

MANAGERS = 10
LIST = 90
FINISHED = 60
BASE = 40
CLIENTS = MANAGERS * LIST + FINISHED + BASE
DAYS = 90
PLAN_DAYS = 20
BATCH = 500


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with transaction.atomic():
        _play()
    from common import clock
    from planning.services import write_colour_norms, write_plan_fact

    for back in range(PLAN_DAYS, 0, -1):
        day = clock.today() - timedelta(days=back)
        write_plan_fact(day=day, at=clock.local_moment(day + timedelta(days=1), clock.now().time()))
    write_colour_norms(day=clock.today() - timedelta(days=1))


def _play() -> None:
    from accounts.choices import Role
    from accounts.models import Department, Organisation, User
    from accounts.selectors import calendar
    from accounts.services import seed_calendar
    from clients.models import Category, Segment, Source
    from clients.services import seed_dictionaries
    from common import clock
    from config.demo.life import Scene
    from config.demo.people import Company
    from config.demo.play.base import blank_life, give_cheques, make_line
    from config.demo.play.lists import STAGNANT_EACH, by_colour
    from config.demo.play.targets import write_targets
    from config.demo.play.tries import finished_life, open_life
    from config.demo.write import write_lives
    from funnels.services import seed_questionnaire

    rng, today = Random(1), clock.today()
    start = today - timedelta(days=DAYS)
    Organisation.objects.create(pk=1, name="ООО «Миллион»")
    seed_calendar(years=range(today.year - 1, today.year + 2))
    seed_dictionaries()
    seed_questionnaire()
    department = Department.objects.create(name="Отдел продаж", rotation_starts_on=start)

    def person(login: str, role: str, department: Department | None = None, extension: str = "") -> User:
        return User.objects.create(
            login=login,
            last_name=f"Фамилия-{login}",
            first_name="Иван",
            role=role,
            department=department,
            extension=extension,
            email=f"{login}@svetofor.example",
            password="!",
            employed_on=start - timedelta(days=200),
        )

    # The company's own people come first and are not copied with the department.
    people = {name: person(name, name) for name in ("director", "administrator", "accountant", "quality")}
    people["admin"] = people["administrator"]
    people["head"] = person("head", Role.HEAD, department)
    people["farmer"] = person("farmer", Role.FARMER, department)
    for number in range(1, MANAGERS + 1):
        people[f"m{number}"] = person(f"m{number}", Role.HUNTER, department, str(100 + number))
    company = Company([department], people)
    line = make_line(company)
    segments = {segment.size: segment for segment in Segment.objects.filter(is_active=True)}
    give_cheques(segments, start)
    categories, sources = list(Category.objects.all()), list(Source.objects.all())
    scene = Scene(
        rng,
        calendar(),
        department,
        company.sellers(department),
        people["farmer"],
        people["head"],
        people["accountant"],
        today,
    )
    made = 0

    def blank(department: Department, back: int):
        nonlocal made
        made += 1
        return blank_life(rng, made, department, segments, categories, sources, today - timedelta(days=back))

    def lives():
        for user in scene.sellers:
            for colour, count in by_colour(user, LIST):
                for place in range(count):
                    stale = colour == "red" and place < STAGNANT_EACH
                    yield open_life(scene, user, colour, blank, DAYS, is_stagnant=stale)
        for _ in range(FINISHED):
            yield finished_life(scene, blank, DAYS)
        for _ in range(BASE):
            yield blank(department, rng.randrange(DAYS))

    written, batch = 0, []
    for number, life in enumerate(lives(), 1):
        batch.append(life)
        if len(batch) == BATCH or number == CLIENTS:
            phones = [f"+7900{written + place:07d}" for place in range(1, sum(len(one.people) for one in batch) + 1)]
            write_lives(batch, phones=phones, actor=people["admin"], at=clock.now(), line=line, rng=rng)
            written, batch = written + len(phones), []
    write_targets(rng, company, today)


if __name__ == "__main__":
    main()
