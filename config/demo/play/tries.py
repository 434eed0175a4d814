"""Lives played again and again until one ends the day as the list wants it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from accounts.choices import Role
from accounts.models import Department, User
from config.demo.life import Life, Player, Scene
from funnels.constants import CLOCK_FLAG_DAYS

TRIES = 60
# A demo base is small for its lists: fewer finished sales, each larger, so that plan, fact and forecast stay in proportion.
OPEN_SCALE, FINISHED_SCALE = 0.6, 3.2
FARMER_ZEAL = 0.7
ZEAL = {"ivanova": 0.42, "petrov": 0.34, "kuznetsova": 0.46, "orlov": 0.3, "sidorov": 0.26, "fomina": 0.36}


def open_life(
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


def repeat_life(scene: Scene, colour: str, blank: Callable[[Department, int], Life]) -> Life:
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


def finished_life(scene: Scene, blank: Callable[[Department, int], Life], days: int) -> Life:
    """A sale that is over; a client whose last try is still open goes back to the base."""
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
