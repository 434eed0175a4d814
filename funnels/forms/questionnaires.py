"""The needs questionnaire as a form: one field per question, grouped by section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import DayField
from funnels.choices import QuestionKind
from funnels.models import Question
from funnels.services.questionnaires import MAX_ANSWER

_YES_NO = [("", _("not asked yet")), ("yes", _("Yes")), ("no", _("No"))]


class QuestionnaireForm(forms.Form):
    """Nothing is required here: a questionnaire is filled talk by talk. `answers()` → {question id: text}."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, questions: Iterable[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections: dict[str, list[str]] = {}
        for question in questions:
            name = f"q{question.pk}"
            self.fields[name] = _field(question)
            self.sections.setdefault(question.section, []).append(name)

    def groups(self) -> list[tuple[str, list[Any]]]:
        return [(title, [self[name] for name in names]) for title, names in self.sections.items()]

    def answers(self) -> dict[str, str]:
        found = {name[1:]: value for name, value in self.cleaned_data.items() if name.startswith("q")}
        return {key: "" if value is None else str(value) for key, value in found.items()}


def _field(question: Question) -> forms.Field:
    if question.kind == QuestionKind.CHOICE:
        choices = [("", _("not asked yet")), *((text, text) for text in question.choices)]
        field: forms.Field = forms.ChoiceField(choices=choices, required=False)
    elif question.kind == QuestionKind.YES_NO:
        field = forms.ChoiceField(
            choices=[("", _YES_NO[0][1]), *((t, t) for t in question.choices)] if question.choices else _YES_NO,
            required=False,
        )
    elif question.kind == QuestionKind.DATE:
        field = DayField(required=False)
    else:
        mode = {"inputmode": "decimal"} if question.kind == QuestionKind.NUMBER else {}
        field = forms.CharField(required=False, max_length=MAX_ANSWER, widget=forms.TextInput(attrs=mode))
    field.label = question.text
    if not question.is_required:
        field.help_text = _("not obligatory")
    return field
