"""Filters of the audit log, kept in the address; nonsense is ignored."""

from __future__ import annotations

import re
from datetime import date
from itertools import groupby
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from journal.choices import ACT_WORDS, GROUP_WORDS, OBJECT_WORDS, Channel

_NAMED: Final = re.compile(r"([a-z]{1,32}\.[a-z_]{1,32})(?::(\d{1,18}))?\Z")


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AuditFilterForm(forms.Form):
    actor = forms.CharField(label=_("Who (login or last name)"), max_length=80, required=False)
    action = forms.CharField(label=_("Act"), max_length=64, required=False, widget=forms.Select)
    kind = forms.CharField(label=_("Kind of object"), max_length=64, required=False, widget=forms.Select)
    object = forms.CharField(
        label=_("Object"),
        max_length=80,
        required=False,
        help_text=_("Its number or at least three letters of its name"),
    )
    day_from = forms.DateField(label=_("From"), required=False, widget=_DayInput())
    day_to = forms.DateField(label=_("To"), required=False, widget=_DayInput())
    via = forms.ChoiceField(label=_("Channel"), required=False, choices=[("", _("Any channel")), *Channel.choices])
    request = forms.RegexField(label=_("Request number"), regex=r"^[0-9a-f-]{8,36}\Z", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].widget.choices = _acts()
        kinds = sorted(((code, str(word)) for code, word in OBJECT_WORDS.items()), key=lambda pair: pair[1])
        self.fields["kind"].widget.choices = [("", _("Any kind")), *kinds]

    def wanted(self) -> dict[str, Any]:
        """What may be asked of the log: actor, action (the beginning of a code), kind, pk or text, days, via, request."""
        if not hasattr(self, "cleaned_data"):
            self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        named = str(asked.pop("object", "")).strip()
        if exact := _NAMED.match(named):
            asked["kind"] = exact[1]
            named = exact[2] or ""
        if named.isdecimal() and len(named) <= 18:
            asked["pk"] = int(named)
        elif len(named) >= 3:
            asked["text"] = named
        return asked

    def span(self) -> tuple[date | None, date | None]:
        return self.cleaned_data.get("day_from"), self.cleaned_data.get("day_to")


def _acts() -> list[tuple[Any, Any]]:
    """Any act, then the acts grouped by what they are done to."""
    groups: list[tuple[Any, Any]] = [("", _("Any act"))]
    for thing, codes in groupby(sorted(ACT_WORDS), key=lambda code: code.partition(".")[0]):
        rows = [(code, str(ACT_WORDS[code])) for code in codes]
        groups.append((GROUP_WORDS.get(thing, thing), sorted(rows, key=lambda row: row[1])))
    return groups
