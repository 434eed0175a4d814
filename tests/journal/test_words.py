"""The log is read by people: every act, object and field of the code has words, in Russian too."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from clients.choices import Section
from clients.selectors import CARD_FIELDS
from clients.services.dictionaries import SEGMENT_FIELDS
from journal.choices import ACT_WORDS, CODES, FIELD_WORDS, GROUP_WORDS, OBJECT_WORDS, REFERENCES, VALUE_WORDS
from journal.readers import in_words
from journal.services import draft, record
from tests.factories.work import take

ROOT = Path(__file__).resolve().parents[2]
FLOORS = (
    "journal",
    "accounts",
    "notifications",
    "clients",
    "funnels",
    "deals",
    "telephony",
    "planning",
    "desk",
    "config",
)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# The two acts whose name depends on the dictionary.
NAMED_BY_MODEL = {"create", "edit"}
# Named in both languages alike.
INTERNATIONAL = {"API"}


def signed_calls() -> list[tuple[str, ast.Call]]:
    found = []
    for floor in FLOORS + tuple(name for name in ("staffing", "kpi") if (ROOT / name).is_dir()):
        for path in (ROOT / floor).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
                if name in ("record", "draft") and any(word.arg == "action" for word in node.keywords):
                    found.append((str(path.relative_to(ROOT)), node))
    return found


def actions_of(node: ast.Call) -> set[str]:
    action = next(word.value for word in node.keywords if word.arg == "action")
    if isinstance(action, ast.JoinedStr):
        verb = str(action.values[-1].value).removeprefix(".")
        assert verb in NAMED_BY_MODEL, ast.unparse(action)
        return {f"{model}.{verb}" for model in ("category", "source")}
    branches = [action.body, action.orelse] if isinstance(action, ast.IfExp) else [action]
    return {branch.value for branch in branches if isinstance(branch, ast.Constant)}


def test_every_act_of_the_code_has_a_phrase_and_a_group():
    calls = signed_calls()
    acts = {action for _path, node in calls for action in actions_of(node)}
    assert len(calls) > 80, "the walk has found the acts"
    assert acts - set(ACT_WORDS) == set()
    assert {act.partition(".")[0] for act in ACT_WORDS} == set(GROUP_WORDS)


def test_an_act_is_named_where_it_is_signed():
    """A computed name would escape the walk; only `record` itself passes one on."""
    silent = {path for path, node in signed_calls() if not actions_of(node)}
    assert silent == {"journal/services/audit.py"}


def test_every_field_written_by_name_has_a_label():
    keys = set()
    for path, node in signed_calls():
        for word in node.keywords:
            if word.arg in ("before", "after"):
                for part in ast.walk(word.value):
                    if isinstance(part, ast.Dict):
                        keys |= {(path, key.value) for key in part.keys if isinstance(key, ast.Constant)}
    assert len(keys) > 60
    assert {(path, key) for path, key in keys if key not in FIELD_WORDS} == set()
    assert (set(CARD_FIELDS) | set(SEGMENT_FIELDS)) - set(FIELD_WORDS) == set()


def test_words_are_russian_for_a_russian_reader():
    with translation.override("ru"):
        for words in (ACT_WORDS, GROUP_WORDS, OBJECT_WORDS, FIELD_WORDS, VALUE_WORDS):
            for code, word in words.items():
                text = str(word)
                assert CYRILLIC.search(text) or text in INTERNATIONAL, (code, text)


def test_references_and_codes_name_models_that_exist():
    for label in {*REFERENCES.values(), *(place for places in CODES.values() for place in places)}:
        app, model, *field = label.split(".")
        found = apps.get_model(app, model)
        assert not field or found._meta.get_field(field[0]).flatchoices


@pytest.mark.django_db
def test_ids_codes_dates_and_switches_are_said_in_words(cast):
    with translation.override("ru"):
        event = record(
            action="client.take",
            object_type="clients.client",
            object_id=1,
            before={"owner": None, "section": Section.CALL_BASE},
            after={
                "owner": cast.ivanova.pk,
                "section": Section.IN_WORK,
                "pay_on": "2026-11-20",
                "at": "2026-11-20T09:00:00+00:00",
                "is_dm": True,
                "amount": "1500000.00",
                "users": [cast.ivanova.pk, cast.volkov.pk],
                "client": 10**9,
                "reason": "third_stagnation",
                "note": "2026-13-45",
            },
        )
        row = in_words([event], viewer=cast.director, is_hidden=lambda _event: False)[0]
    said = {each["key"]: (each["old"], each["new"]) for each in row["changes"]}
    assert row["act"] == "клиент взят в работу"
    assert (row["kind"], row["id"]) == ("Клиент", 1)
    assert said["Владелец"] == ("", cast.ivanova.short_name)
    assert (
        said["Раздел"] == (str(Section.CALL_BASE.label), str(Section.IN_WORK.label)) or said["Раздел"][0] != "call_base"
    )
    assert said["Дата оплаты"] == ("", "20.11.2026")
    assert said["Когда"] == ("", "20.11.2026 12:00"), "the organisation's clock"
    assert said["Лицо, принимающее решения"] == ("", "да")
    assert said["Сумма"][1].replace("\xa0", " ") == "1 500 000 ₽"
    assert said["Сотрудники"] == ("", f"{cast.ivanova.short_name}, {cast.volkov.short_name}")
    assert said["Клиент"] == ("", "№ 1000000000"), "nobody or nobody of his"
    assert said["Причина"] == ("", "третий застой")
    assert said["Примечание"] == ("", "2026-13-45"), "what is no date stays as it was written"


@pytest.mark.django_db
def test_a_deal_is_called_by_its_client_and_never_by_codes(cast):
    cycle = take(cast, cast.ivanova, name="ООО «Липа»")
    signed = record(action="cycle.plan", obj=cycle, actor=cast.ivanova)
    foreign = record(
        action="rotation.cancel", object_type="funnels.rotationorder", object_id=1, after={"client": 10**9}
    )
    for viewer, name in ((cast.director, "ООО «Липа»"), (cast.volkov, "ООО «Липа»"), (cast.boss, "")):
        rows = in_words([signed, foreign], viewer=viewer, is_hidden=lambda _event: False)
        assert [row["name"] for row in rows] == [name, ""], viewer


@pytest.mark.django_db
def test_what_is_hidden_has_neither_name_nor_changes(cast, django_assert_num_queries):
    event = draft(action="client.edit", object_type="clients.client", object_name="Тайна", after={"owner": 1})
    with django_assert_num_queries(0):
        row = in_words([event], viewer=cast.admin, is_hidden=lambda _event: True)[0]
    assert (row["name"], row["changes"], row["is_hidden"]) == ("", [], True)
