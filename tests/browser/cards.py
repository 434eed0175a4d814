"""What a card shows of its colour and its clock, read from the screen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import expect


@dataclass(frozen=True)
class Head:
    """Colour, rule, age chip and the days of the clock as they stand on the screen; None where nothing is shown."""

    colour: str
    rule: str
    age: str | None
    since: str | None
    last_day: str | None
    rotation: str | None
    state: str | None


def head_of_card(page) -> Head:
    card = page.locator(".head-card")
    expect(card).to_be_visible()
    lamp = card.locator(".lamp").get_attribute("class")
    why = card.locator(".why").inner_text()
    ages = card.locator(".age")
    days = re.findall(r"\d\d\.\d\d\.\d{4}(?: \d\d:\d\d)?", "\n".join(_clock_lines(card)))
    here = card.locator("[aria-current=step] > span:not(.sub)")
    return Head(
        colour=re.search(r"lamp-(red|yellow|green|none)", lamp)[1],
        rule=re.search(r"\bR\d+\b", why)[0],
        age=ages.first.inner_text() if ages.count() else None,
        since=days[0] if days else None,
        last_day=days[1] if len(days) > 2 else None,
        rotation=days[-1] if len(days) > 1 else None,
        state=here.inner_text() if here.count() else None,
    )


def _clock_lines(card) -> list[str]:
    """The sentences of the clock: the paragraphs beside the age chip, not the hints."""
    return card.locator(".why > div").nth(1).locator("p:not(.muted)").all_inner_texts()[1:]
