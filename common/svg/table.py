"""The numbers behind a chart, for those who read rather than look."""

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def data_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, summary: str) -> SafeString:
    """The numbers of a chart as a table folded behind `summary`."""
    top = format_html_join("", "<th>{}</th>", ((cell,) for cell in head))
    lines = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in row)),) for row in rows),
    )
    return format_html(
        '<details class="more"><summary>{}</summary><div class="scroll-x"><table class="table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        summary,
        top,
        lines,
    )
