"""Everybody walks wherever links lead him, and sees what section 1.1 gives him: no less, and of others nothing."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest

from tests.access.table import TABLE
from tests.access.test_matrix import (
    DEAD_ENDS,
    GUESSERS,
    REFUSALS,
    WALKERS,
    differs_from_absent,
    listed,
    objects,
    patterns,
)
from tests.access.world import INNS, PHONES, World, canary, seen_in

pytestmark = pytest.mark.django_db

LINK = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)"')
MOST_QUERIES = 2  # addresses of one page that differ only by filters, sorting and paging
SELLER_KINDS = {
    "client",
    "note",
    "person",
    "remark",
    "phone",
    "email",
    "contact",
    "step",
    "answer",
    "offer",
    "invoice",
    "contract",
    "payment",
    "file",
    "task",
    "order",
}
DOCUMENT_KINDS = {"client", "offer", "invoice", "contract", "payment", "file"}
TALK_KINDS = {"client", "note", "person", "remark", "phone", "email", "contact", "step", "answer"}
OWN = {"owner": "a1", "colleague": "a2", "stranger": "b1"}
OF_HEAD = {"head": ("A", ("a1", "a2")), "other_head": ("B", ("b1",))}


def all_of(owners, kinds) -> set[str]:
    return {f"{owner}-{kind}" for owner in owners for kind in kinds}


def visible_to(role: str) -> set[str]:
    """Section 1.1, kind by kind."""
    everybody = ("a1", "a2", "b1")
    if role in OWN:
        letter = "B" if role == "stranger" else "A"
        mine = all_of([OWN[role]], SELLER_KINDS | {"notice", "mail", "call"})
        return mine | all_of([f"f{letter}"], {"client", "phone"}) | ({"a1-token"} if role == "owner" else set())
    if role in ("farmer", "intern"):
        return all_of(["fA"], {"client", "phone"})
    if role in OF_HEAD:
        letter, owners = OF_HEAD[role]
        led = all_of(owners, SELLER_KINDS | {"call", "audit"}) | all_of([f"f{letter}"], {"client", "phone"})
        return led | all_of([f"h{letter}"], {"row", "file"}) | ({"a1-plan"} if role == "head" else set())
    if role == "director":
        found = all_of(everybody, SELLER_KINDS | {"call", "audit", "mail"})
        return found | all_of(["fA", "fB"], {"client", "phone"}) | all_of(["hA", "hB"], {"row", "file"}) | {"a1-plan"}
    if role == "accountant":
        return all_of(everybody, DOCUMENT_KINDS)
    if role == "quality":  # the cards behind calls; nobody has ever called a2's client
        return all_of(("a1", "b1"), TALK_KINDS) | all_of(everybody, {"call"})
    return set()


# May be met, need not: a name beside one's own notice, one's own upload.
HINTS = {
    # Inside the department a whole number tells name, section and owner of a colleague's client.
    "owner": {"a2-client"},
    "colleague": {"a1-client"},
    "intern": {"a1-client", "a2-client"},
    # The audit log names the token that was made, not its value.
    "head": {"a1-token"},
    "director": {"a1-token"},
    "admin": {"a1-token"},
}


def starts(world: World) -> list[str]:
    """Every address without an id, and what people type by hand: filters, tabs, searches, foreign scopes."""
    known = objects(world)
    found = ["/" + path for path in patterns().values() if "<" not in path and "^" not in path]
    found += [f"/clients/?section={section}" for section in ("any", "call_base", "in_work", "customers")]
    found += [f"/documents/?tab={tab}" for tab in ("offers", "invoices", "contracts", "payments")]
    found += [f"/documents/export/?tab={tab}" for tab in ("offers", "invoices", "contracts", "payments")]
    found += ["/calls/?tab=missed", "/funnel/?by=colour", "/audit/?action=client.edit", "/clients/export/?section=any"]
    for user in (world.a1.user, world.a2.user, world.b1.user):
        found += [
            f"/{path}={user.pk}"
            for path in (
                "clients/?section=any&owner",
                "funnel/?manager",
                "day/?manager",
                "day/contacts/?manager",
                "plan/?user",
                "documents/?tab=payments&user",
                "tasks/?assignee",
                "calls/?user",
                "rotation/?manager",
                "rotation/history/?manager",
                "api/v1/clients/?owner",
                "api/v1/cycles/?owner",
                "api/v1/tasks/?assignee",
            )
        ]
    for department in (known["department"], known["other_department"]):
        found += [
            f"/{path}={department}"
            for path in (
                "clients/?section=any&department",
                "clients/export/?section=any&department",
                "funnel/?department",
                "lights/?department",
                "plan/?department",
                "documents/?tab=payments&department",
                "rotation/?department",
                "api/v1/lights/?department",
                "api/v1/plan-fact/?department",
            )
        ]
    for things in (world.a1, world.a2, world.b1):
        found += [
            f"/api/v1/clients/{things.client.pk}/",
            f"/api/v1/clients/{things.client.pk}/contacts/",
            f"/api/v1/cycles/{things.cycle.pk}/",
            f"/api/v1/cycles/{things.cycle.pk}/questionnaire/",
            f"/api/v1/cycles/{things.cycle.pk}/offers/",
            f"/api/v1/cycles/{things.cycle.pk}/invoices/",
            f"/api/v1/cycles/{things.cycle.pk}/contracts/",
            f"/api/v1/invoices/{things.invoice.pk}/payments/",
            f"/clients/{things.client.pk}/questionnaire/",
        ]
    asked = ["CANARY", "canary-b1", canary("a1", "email"), *PHONES.values(), *INNS.values()]
    found += [f"/search/?q={text.replace('+', '%2B')}" for text in asked]
    for text in ("CANARY", canary("a1", "email"), PHONES["a1"], PHONES["b1"], INNS["b1"]):
        typed = text.replace("+", "%2B")  # the list of the page and of the API search by one filter
        found += [f"/clients/?section=any&search={typed}", f"/api/v1/clients/?search={typed}"]
    return found


def walk(world: World, role: str) -> dict[str, set[str]]:
    """Canary → the addresses that showed it. Follows links; every page is asked for as it is.

    The addresses of the table are the first steps, and their answers are those of the table.
    """
    browser, seen, told = world.browser(role), defaultdict(set), listed(world, role)
    typed = frozenset([*starts(world), *told])
    waiting, known, variants = sorted(typed), set(), defaultdict(int)
    while waiting:
        url = waiting.pop()
        path = urlsplit(url).path
        if url in known or path.startswith(DEAD_ENDS):
            continue
        known.add(url)
        if url not in typed:
            variants[path] += 1
            if variants[path] > MOST_QUERIES:
                continue
        response = browser.get(url)
        assert response.status_code < 500, url
        shown = seen_in(response)
        if url in told:
            key, expected = told[url]
            assert response.status_code == expected, f"{key}: GET {url} as {role}"
            assert not shown or expected not in REFUSALS, f"{key}: GET {url} refuses and tells {sorted(shown)}"
            if expected == 404 and role in GUESSERS and TABLE[key].args:
                assert not (difference := differs_from_absent(world, role, "GET", key, url, response)), difference
        for name in shown - asked_in(url):
            seen[name].add(url)
        if not response.streaming and "html" in response.get("Content-Type", ""):
            waiting[:0] = [html.unescape(link) for link in LINK.findall(response.content.decode())]
        elif response.status_code in (301, 302, 303):
            waiting.insert(0, response["Location"])
    return seen


def asked_in(url: str) -> set[str]:
    """What stands in an answer because it was typed: the words of the search box."""
    text = url.replace("%2B", "+").lower()
    found = {f"{owner}-phone" for owner, phone in PHONES.items() if phone in text}
    return found | {f"{owner}-{kind}" for owner, kind in re.findall(r"canary-(\w+?)-(\w+)", text)}


@pytest.mark.parametrize("role", WALKERS)
def test_a_walk_through_every_link_shows_exactly_what_the_role_may_see(world, settings, role):
    settings.DEMO = True  # with the letters of the demo
    seen, expected = walk(world, role), visible_to(role)
    foreign = {name: sorted(seen[name])[:4] for name in set(seen) - expected - HINTS.get(role, set())}
    assert not foreign, "\n".join(f"{name}: {where}" for name, where in sorted(foreign.items()))
    missing = expected - set(seen)
    assert not missing, f"never shown: {sorted(missing)}"
