"""The product's template tags and filters; built in, so no template loads them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from common import formats, markup, svg

register = template.Library()

register.simple_tag(markup.icon, name="icon")
register.simple_tag(markup.lamp, name="lamp")
register.simple_tag(markup.age, name="age")
register.simple_tag(markup.plan_light, name="plan_light")
register.simple_tag(markup.sign, name="sign")
register.simple_tag(markup.tel, name="tel")
register.simple_tag(markup.tip, name="tip")
register.simple_tag(svg.meter, name="meter")
register.simple_tag(svg.light_bar, name="light_bar")
register.simple_tag(svg.bullet, name="bullet")
register.simple_tag(svg.sparkline, name="sparkline")

register.filter("money", formats.money)
register.filter("money_short", formats.money_short)
register.filter("phone", formats.phone)
register.filter("percent", formats.percent)
register.filter("signed", formats.signed)
register.filter("plural", formats.plural)
register.filter("duration", formats.duration)
register.filter("colour_word", markup.colour_word)
register.filter("due", markup.due)


@register.filter
def num(value: Decimal | int | float | None, places: int | None = None) -> str:
    """A number with thousands apart: 1234.5 → «1 234,5»."""
    return formats.number(value, places)


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """«Сегодня», «Вчера», «Завтра» or «Пт, 20 нояб.»."""
    return formats.day(value)


@register.filter
def day_time(value: dt.date | dt.datetime | None) -> str:
    """«Сегодня, 11:30»."""
    return formats.day_time(value)


@register.filter
def day_long(value: dt.date | dt.datetime | None) -> str:
    """«20 ноября»."""
    return formats.date_long(value)


@register.filter
def day_num(value: dt.date | dt.datetime | None) -> str:
    """«20.11»."""
    return formats.date_num(value)


@register.filter
def clock_time(value: dt.datetime | dt.time | None) -> str:
    """«9:20»."""
    return formats.time(value)


@register.filter
def item(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """A value of a mapping by a key held in a variable; None when absent."""
    return None if mapping is None else mapping.get(key)


@register.filter
def initials(name: str) -> str:
    """«Мария Иванова» → «МИ»."""
    return "".join(word[0] for word in str(name).split()[:2]).upper()


@register.simple_block_tag
def panel(content: str, title: str = "", hint: str = "", id: str = "", level: int = 2) -> SafeString:
    """A surface with an optional head: {% panel title=… hint=… %}…{% endpanel %}."""
    head = ""
    if title:
        note = markup.piece('<p class="hint">{}</p>', hint) if hint else ""
        head = markup.piece('<div class="panel-head"><h{0}>{1}</h{0}>{2}</div>', level, title, note)
    mark = markup.piece(' id="{}"', id) if id else ""
    return markup.piece('<section class="panel"{}>{}<div class="panel-body">{}</div></section>', mark, head, content)


@register.simple_block_tag
def note(content: str, kind: str = "info") -> SafeString:
    """A message inside the page: kind info, good, warn or bad."""
    names = {"info": "info", "good": "circle-check", "warn": "triangle-alert", "bad": "circle-alert"}
    role = "alert" if kind == "bad" else "status"
    return markup.piece(
        '<div class="note note-{}" role="{}">{}<div class="grow">{}</div></div>',
        kind,
        role,
        markup.icon(names[kind]),
        content,
    )


@register.simple_block_tag
def menu(content: str, label: str = "", name: str = "", side: str = "") -> SafeString:
    """A menu behind a button: {% menu label="Change" %}<button class="menu-item">…{% endmenu %}. `side`: "left", "up".

    Without a label it is the ⋯ button, named by `name` for screen readers.
    """
    return markup.menu(SafeString(content), label, name, side)


class OnceNode(template.Node):
    """What stands inside, kept by language and keys; a node lives as long as its compiled template, in one process."""

    def __init__(self, nodelist: template.NodeList, keys: list[template.base.FilterExpression]) -> None:
        self.nodelist, self.keys = nodelist, keys
        self.drawn: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        key = (get_language(), *(expression.resolve(context, ignore_failures=True) for expression in self.keys))
        found = self.drawn.get(key)
        if found is None:
            found = self.drawn[key] = self.nodelist.render(context)
        return found


@register.tag
def once(parser: template.base.Parser, token: template.base.Token) -> OnceNode:
    """{% once role … %}…{% endonce %}: markup of the language and of the keys alone, drawn once a process.

    Every variable inside must follow from a key, and a key has few values: nothing of a person, a row or a request.
    """
    keys = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, keys)


@register.simple_tag(takes_context=True)
def keep_query(context: template.Context, *drop: str) -> SafeString:
    """Hidden inputs that carry the filters of the address through a GET form, except the names in `drop`."""
    request = context["request"]
    pairs = ((key, value) for key, values in request.GET.lists() if key not in drop for value in values)
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag
def query(pairs: Iterable[tuple[str, object]]) -> str:
    """Name–value pairs as a query string with its question mark."""
    text = urlencode([(key, str(value)) for key, value in pairs])
    return f"?{text}" if text else ""
