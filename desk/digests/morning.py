"""07:30 of a working day: one letter per person (domain 2.4): rotation of today first, then ages, plan, deficits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from accounts.models import Department, User
from accounts.selectors import directors
from desk.digests.news import AgeLine, DeficitLine, DepartmentNews, PlanLine, RotationLine, load_news
from desk.digests.norms import NormLine
from funnels.models import RotationOrder
from journal.models import JobRun
from journal.services import add_items, do_rows, in_batch
from notifications.services import notify

# A letter that nobody can read to its end is no letter; the rest is one link away.
MOST_ROWS: Final = 50


@dataclass(frozen=True)
class Section:
    """Rows of one section: (department or "", line); `more` were left out."""

    rows: tuple[tuple[str, Any], ...]
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.rows)


def send_digests(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Writes the letters `digest:{user}:{day}`. Safe to run twice.

    What was announced about each order is noted with the run, so that 09:20 knows whom it has to correct.
    """
    counts = Counter({"letters": 0, "announced": 0})
    departments = {department.pk: department for department in Department.objects.filter(is_active=True).order_by("pk")}
    loaded: dict[int, DepartmentNews] = {}

    def write(ids: Sequence[int]) -> Counter[str]:
        done: Counter[str] = Counter()
        for pk in ids:
            news = loaded[pk] = load_news(departments[pk], day)
            for person in news.people:
                content = for_head(news) if person.is_head else for_manager(news, person)
                done["letters"] += _send(person, day, content)
            promised = {RotationOrder(pk=line.order_id): told(line.to_id) for line in news.rotations}
            done["announced"] += len(add_items(run, promised))
        return done

    counts.update(do_rows(run, what="accounts.department", ids=departments, size=1, act=write))
    everything = list(loaded.values())
    with in_batch(run):
        for director in directors():
            counts["letters"] += _send(director, day, for_director(everything))
    return counts


def told(to_id: int | None) -> str:
    """How the promised recipient of an order is noted with the run."""
    return f"to:{to_id or '-'}"


def for_manager(news: DepartmentNews, person: User) -> dict[str, Any]:
    """Own clients and those of the colleagues he works for while they are absent."""
    mine = {person.pk} | news.deputising.get(person.pk, frozenset())
    rotations = [line for line in news.rotations if line.from_id in mine or line.to_id == person.pk]
    return _content(
        "manager",
        news,
        rotations=rotations,
        near=[line for line in news.near if line.owner_id in mine],
        over=_over(news, rotations, lambda line: line.owner_id in mine),
        plans=[(person.short_name, news.plans[person.pk])] if person.pk in news.plans else [],
        deficits=[line for line in news.deficits if line.user_id == person.pk],
        norms=[line for line in news.norms if line.user_id == person.pk],
        still=[person] if person in news.still else [],
        has_others=len(mine) > 1,
    )


def for_head(news: DepartmentNews) -> dict[str, Any]:
    names = {person.pk: person.short_name for person in news.people}
    plans = [(names[who], plan) for who, plan in news.plans.items() if who in names]
    if None in news.plans:
        plans.append((news.department.name, news.plans[None]))
    return _content(
        "head",
        news,
        rotations=news.rotations,
        near=news.near,
        over=_over(news, news.rotations, lambda line: True),
        held=news.held,
        reserve=news.reserve,
        plans=plans,
        deficits=news.deficits,
        norms=news.norms,
        still=news.still,
        violations=news.violations,
        has_others=True,
    )


def for_director(everything: Iterable[DepartmentNews]) -> dict[str, Any]:
    """All departments: rotations, what is over the limit, money and deficits by department."""
    everything = list(everything)
    content: dict[str, Any] = {"audience": "director", "has_others": True}
    lists: dict[str, list[tuple[DepartmentNews, Any]]] = {
        "rotations": [(news, line) for news in everything for line in news.rotations],
        "held": [(news, line) for news in everything for line in news.held],
        "near": [(news, line) for news in everything for line in news.near if line.is_last_day],
        "over": [(news, line) for news in everything for line in _over(news, news.rotations, lambda line: True)],
        "reserve": [(news, line) for news in everything for line in news.reserve],
        "still": [(news, person) for news in everything for person in news.still],
    }
    for name, rows in lists.items():
        content[name] = _section((news.department.name, line) for news, line in rows)
    content["plans"] = [(news.department.name, news.plans[None]) for news in everything if None in news.plans]
    content["deficits"] = [_total(news) for news in everything if news.deficits]
    content["norms"] = [line for news in everything for line in news.norms if line.user_id is None]
    content["violations"] = sum(news.violations for news in everything)
    content["since"] = everything[0].since if everything else None
    return content


def _content(
    audience: str,
    news: DepartmentNews,
    *,
    rotations: Iterable[RotationLine],
    near: Iterable[AgeLine],
    over: Iterable[AgeLine],
    plans: list[tuple[str, PlanLine]],
    deficits: Iterable[DeficitLine],
    norms: Iterable[NormLine],
    still: Iterable[User],
    held: Iterable[RotationLine] = (),
    reserve: Iterable[AgeLine] = (),
    violations: int = 0,
    has_others: bool = False,
) -> dict[str, Any]:
    lists = {"rotations": rotations, "near": near, "over": over, "held": held, "reserve": reserve, "still": still}
    sections = {name: _section(("", line) for line in lines) for name, lines in lists.items()}
    return {
        "audience": audience,
        "since": news.since,
        "plans": plans,
        "deficits": list(deficits),
        "norms": list(norms),
        "violations": violations,
        "has_others": has_others,
        **sections,
    }


def _section(rows: Iterable[tuple[str, Any]]) -> Section:
    found = tuple(rows)
    return Section(found[:MOST_ROWS], max(0, len(found) - MOST_ROWS))


def _over(news: DepartmentNews, rotations: Iterable[RotationLine], wanted: Callable[[AgeLine], bool]) -> list[AgeLine]:
    """Over the limit and not rotated today: said once, in the section that tells what will happen."""
    leaving = {line.client_id for line in rotations}
    return [line for line in news.over if wanted(line) and (line.by_state or line.client_id not in leaving)]


def _total(news: DepartmentNews) -> DeficitLine:
    red, yellow, green = (sum(getattr(line, name) for line in news.deficits) for name in ("red", "yellow", "green"))
    return DeficitLine(0, news.department.name, red, yellow, green)


def _send(person: User, day: date, content: dict[str, Any]) -> int:
    key = f"digest:{person.pk}:{day}"
    context = {"day": day, "is_short": not _has_news(content), **content}
    return int(notify(recipient=person, key=key, template="digest", context=context) is not None)


def _has_news(content: dict[str, Any]) -> bool:
    return any(content[name] for name in ("rotations", "held", "near", "over", "reserve", "deficits", "norms"))
