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
    """Rows of both lists of finished passages."""
    return sum(rows_under(client, chip["url"]) for chip in page.context["chips"])


def walk(client, page) -> int:
    """Follows every whole number of the page; AssertionError where the list has another number of rows."""
    walked = {}
    for url, text in figures_in(page):
        if url in walked:
            continue
        if url.startswith("/calculators/passages/") and "part=" not in url:
            walked[url] = cases_of(client, client.get(url))
        else:
            walked[url] = rows_under(client, url)
        assert walked[url] == number_of(text), (url, text, walked[url])
    return len(walked)
