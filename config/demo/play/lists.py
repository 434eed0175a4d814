"""How long everybody's list is, and of which colours."""

from __future__ import annotations

from accounts.choices import Role
from accounts.models import User
from config.demo.people import Company

SHARE_IN_WORK = 0.45
STAGNANT_EACH = 2  # of every list: the morning's rotation has something to do
# Wanted list sizes of the cast; the others get what is left.
LISTS = {"ivanova": 70, "petrov": 54, "kuznetsova": 62, "orlov": 19, "sidorov": 44, "fomina": 40}
Mix = tuple[tuple[str, int], ...]
MIX: Mix = (("green", 3), ("yellow", 5), ("red", 10))


def wanted_lists(company: Company, clients: int) -> list[tuple[User, int]]:
    """How many open clients each seller gets, together not more than their share of the base."""
    sellers = [user for department in company.departments for user in company.sellers(department)]
    total = int(clients * SHARE_IN_WORK)
    named = [(user, LISTS.get(user.login, 50)) for user in sellers]
    scale = min(1.0, total / max(1, sum(size for _user, size in named)))
    return [(user, min(int(size * scale), user.worklist_cap)) for user, size in named]


def by_colour(user: User, size: int) -> list[tuple[str, int]]:
    """A list of `size` by colour: an intern's is all red, one of the cast has too much of it."""
    if user.role == Role.INTERN:
        return [("red", size)]
    mix = (("green", 6), ("yellow", 14), ("red", 54)) if user.login == "sidorov" else MIX
    return shares(size, mix)


def shares(size: int, mix: Mix) -> list[tuple[str, int]]:
    """`size` clients divided as the mix says; the rest of a division is red."""
    whole = sum(part for _colour, part in mix)
    green, yellow = size * mix[0][1] // whole, size * mix[1][1] // whole
    return [("green", green), ("yellow", yellow), ("red", size - green - yellow)]
