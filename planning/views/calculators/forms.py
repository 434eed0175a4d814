"""The GET form of a calculator: what the address does not say takes its default, and says where that came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.addresses import query
from common.markup import join, piece, sign
from planning.calculator import WrongInput
from planning.services import PROBLEM_TEXTS

_FIELD: Final = (
    '<div class="field"><label for="{}">{}</label>{}{}'
    '<div id="{}_problem" aria-live="polite" data-problem-of="{}">{}\n</div></div>\n'
)
_SOURCE: Final = '<p class="help" id="{}_helptext">{}{}</p>'
_LIST: Final = ' · <a href="{}" aria-label="{}">{}</a>'
_PROBLEM: Final = '<div id="{}_problem" aria-live="polite" hx-swap-oob="true" data-problem-of="{}">{}\n</div>'


@dataclass(frozen=True)
class Default:
    """What a field holds until a person types, as text («70 %»), and the words of its source («факт за 90 дней»)."""

    text: str
    source: str = ""


class CalculatorField(forms.BoundField):
    """One typed number: label, control, where its default came from, and what is wrong with it."""

    @property
    def drawn(self) -> SafeString:
        source = piece(_SOURCE, self.auto_id, self.help_text, self._list()) if self.help_text else ""
        problem = sentences(self, self.form.errors.get(self.name))
        where = self.id_for_label
        return piece(_FIELD, where, self.label, self.as_widget(), source, self.auto_id, where, problem)

    def _list(self) -> str:
        url = getattr(self.field, "list_url", "")
        return piece(_LIST, url, _("list: %(name)s") % {"name": self.label}, _("list")) if url else ""


class CalculatorForm(forms.Form):
    """Always bound: typed numbers of the address over the defaults, so that one GET shows and answers.

    `defaults` by field name; a field without one starts empty. The source of a default is the field's help text.
    """

    use_required_attribute = False
    bound_field_class = CalculatorField

    def __init__(self, data: QueryDict | Mapping[str, str], defaults: Mapping[str, Default]) -> None:
        names = list(self.base_fields)
        filled = {name: one.text for name, one in defaults.items() if name in names}
        typed = {name: str(data[name]) for name in names if name in data}
        super().__init__(filled | typed)
        self.defaults = dict(defaults)
        self.typed = frozenset(typed)
        for name, field in self.fields.items():
            if (default := self.defaults.get(name)) is not None and default.source:
                field.help_text = default.source

    def refuse(self, error: WrongInput, names: Mapping[str, str] | None = None) -> None:
        """Puts every problem of a calculator beside its field (`names` renames fields of the calculator)."""
        for problem in error.problems:
            name = (names or {}).get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, str(PROBLEM_TEXTS[problem.code]))

    def show_lists(self, urls: Mapping[str, str]) -> None:
        """Beside the source of a default stands the list it was counted of."""
        for name in self.fields.keys() & urls.keys():
            self.fields[name].list_url = urls[name]  # type: ignore[attr-defined]

    def problems(self) -> SafeString:
        """The sentences beside the fields, swapped in place while a person types: dozens of fields, hardly a sentence."""
        return join(
            [
                piece(_PROBLEM, field.auto_id, field.id_for_label, sentences(field, self.errors.get(field.name)))
                for field in self.visible_fields()
            ],
            "",
        )

    def values(self) -> dict[str, str]:
        """The numbers in force as text, by field: what the address of this very answer says."""
        return {name: str(self.data.get(name, "")) for name in self.fields}


def sentences(field: forms.BoundField, errors: Iterable[Any] | None) -> str:
    """As components/_errors.html draws them."""
    lines = [piece("<li>{}<span>{}</span></li>", sign("red"), error) for error in errors or ()]
    return piece('<ul class="errors" id="{}_error">{}</ul>', field.auto_id, join(lines, "")) if lines else ""


def address_of(path: str, *parts: Mapping[str, Any]) -> str:
    """`path?…` of all that is not empty; later parts win. Numbers stand as typed, spaces and all."""
    pairs: dict[str, Any] = {}
    for part in parts:
        pairs.update(part)
    text = query({name: value for name, value in pairs.items() if value not in (None, "")})
    return f"{path}?{text}" if text else path
