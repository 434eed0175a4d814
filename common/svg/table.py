"""The numbers behind a chart, for those who read rather than look."""

from collections.abc import Iterable, Sequence

from django.utils.safestring import SafeString

from common.markup import join, piece


def data_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, summary: str) -> SafeString:
    """The numbers of a chart as a table folded behind `summary`."""
    top = join([piece("<th>{}</th>", cell) for cell in head], "")
    lines = [piece("<tr>{}</tr>", join([piece('<td class="num">{}</td>', cell) for cell in row], "")) for row in rows]
    return piece(
        '<details class="more"><summary>{}</summary><div class="scroll-x"><table class="table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        summary,
        top,
        join(lines, ""),
    )
