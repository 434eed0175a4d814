"""The house holds where import-linter cannot look: relations named by strings, reads outside the scope."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

FLOORS = [
    *("journal", "accounts", "notifications", "clients", "funnels"),
    *("deals", "telephony", "planning", "staffing", "kpi", "desk"),
]
ROOT = Path(__file__).resolve().parent.parent


def test_no_relation_points_up():
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            target = field.related_model if field.many_to_one or (field.one_to_one and field.concrete) else None
            if target is None or target._meta.app_label not in FLOORS:
                continue
            assert FLOORS.index(target._meta.app_label) <= FLOORS.index(model._meta.app_label), f"{model} → {target}"


def test_journal_has_no_relation_to_anybody():
    for model in apps.get_app_config("journal").get_models():
        for field in model._meta.concrete_fields:
            assert field.related_model is None or field.related_model._meta.app_label == "journal"


def test_lower_rooms_do_not_spell_relations_of_higher_ones():
    """`cycles__colour` in clients is an upward import that no linter sees."""
    above: dict[str, set[str]] = {label: set() for label in FLOORS}
    for model in apps.get_models():
        label = model._meta.app_label
        if label not in FLOORS:
            continue
        for relation in model._meta.related_objects:
            if relation.related_model._meta.app_label in FLOORS:
                other = relation.related_model._meta.app_label
                name = relation.get_accessor_name()
                if FLOORS.index(other) > FLOORS.index(label) and name and not name.endswith("+"):
                    above[label].add(relation.name)
    for label in FLOORS:
        for path in (ROOT / label).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for name in above[label]:
                hits = re.findall(rf"[\"'(\s]{name}__\w+", path.read_text())
                assert not hits, f"{path.relative_to(ROOT)} spells {hits}"


def test_views_fetch_only_what_the_person_may_see():
    for path in ROOT.rglob("*.py"):
        if path.name not in {"views.py", "api.py"} and path.parent.name not in {"views", "api"}:
            continue
        if not set(path.relative_to(ROOT).parts) & set(FLOORS):
            continue
        hits = re.findall(r"\.objects\.get\(|get_object_or_404\(\s*[A-Z]\w*\s*,", path.read_text())
        assert not hits, f"{path.relative_to(ROOT)}: {hits}"
