"""Following the figures of a page: each leads to a list, and the list holds as many rows as the figure says."""

from __future__ import annotations

import re
from html import unescape

FIGURE = re.compile(r'<a class="figure" href="([^"]+)">([^<]+)</a>')


def number_of(text: str) -> int:
    return int(re.sub(r"\s", "", text))


def figures_in(page) -> list[tuple[str, str]]:
    """(address, text) of every figure with a list."""
    return [(unescape(url), unescape(text)) for url, text in FIGURE.findall(page.content.decode())]


def rows_under(client, url) -> int:
    """Rows of a list over all its pages."""
    count = 0
    while url:
        page = client.get(url)
        assert page.status_code == 200, url
        count += len(page.context["rows"])
        following = page.context.get("next_url") or ""
        url = url.split("?")[0] + following if following.startswith("?") else following
    return count


def cases_of(client, page) -> int:
    """Rows of both lists of finished passages; the page shows one of them."""
    active = sum(
        len(page.context["rows"]) for chip in page.context["chips"] if chip["active"] and not page.context["next_url"]
    )
    others = [chip["url"] for chip in page.context["chips"] if not chip["active"] or page.context["next_url"]]
    return active + sum(rows_under(client, url) for url in others)


def walk(client, page, known: dict[str, int] | None = None) -> int:
    """Follows every whole number of the page; AssertionError where the list has another number of rows."""
    known = {} if known is None else known
    figures = set(figures_in(page))
    for url, text in figures:
        if url not in known:
            is_both = url.startswith("/calculators/passages/") and "part=" not in url
            known[url] = cases_of(client, client.get(url)) if is_both else rows_under(client, url)
        assert known[url] == number_of(text), (url, text, known[url])
    return len({url for url, _text in figures})
