from __future__ import annotations

import pytest

from clients.models import Category, Segment, Source
from clients.services import create_category, create_segment, seed_dictionaries, update_segment
from common.errors import Invalid, NotAllowed, StaleVersion
from journal.models import AuditEvent


@pytest.mark.django_db
def test_a_fresh_installation_gets_its_dictionaries_once():
    seed_dictionaries()
    seed_dictionaries()
    assert list(Segment.objects.values_list("size", "term_days")) == [("small", 14), ("medium", 30), ("large", 40)]
    assert {"Производство", "Торговля"} <= set(Category.objects.values_list("name", flat=True))
    assert Source.objects.exists()


@pytest.mark.parametrize("term", [0, 13, 15, 31, "x", "", None, "NaN", "1e400", -14])
def test_a_deal_term_is_14_30_or_40(cast, term):
    with pytest.raises(Invalid) as refusal:
        create_segment(data={"name": "Новый", "term_days": term}, actor=cast.admin)
    assert list(refusal.value.fields) == ["term_days"]


@pytest.mark.parametrize(
    "data",
    [
        {"green_floor_percent": "16.66"},
        {"yellow_floor_percent": "27.77"},
        {"green_floor_percent": "101"},
        {"average_cheque": "-1"},
        {"average_cheque": "1e30"},
        {"p_red": "0"},
        {"t_red": "11"},
        {"t_red": "1.5"},
        {"name": ""},
        {"name": "x" * 81},
        {"size": "huge"},
        {"colour": "GREEN"},
        {"version": "3"},
    ],
)
def test_a_wrong_segment_is_refused_by_its_field(cast, data):
    with pytest.raises(Invalid) as refusal:
        update_segment(segment=cast.small, data=data, version=1, actor=cast.director)
    assert list(refusal.value.fields) == list(data)
    cast.small.refresh_from_db()
    assert cast.small.version == 1


def test_one_default_segment_per_size_and_one_entry_per_name(cast):
    with pytest.raises(Invalid) as refusal:
        create_segment(data={"name": "Второй", "size": "small"}, actor=cast.admin)
    assert list(refusal.value.fields) == ["size"]
    with pytest.raises(Invalid):
        create_category(name="Производство", actor=cast.admin)


def test_managers_and_heads_keep_no_dictionaries(cast):
    for person in (cast.ivanova, cast.volkov, cast.accountant):
        with pytest.raises(NotAllowed):
            create_category(name="Ещё", actor=person)
    with pytest.raises(NotAllowed):
        update_segment(segment=cast.small, data={"green_floor_percent": "20"}, version=1, actor=cast.ivanova)
    assert not AuditEvent.objects.exists()


def test_a_stale_segment_is_not_overwritten(cast):
    update_segment(segment=cast.small, data={"term_days": 30}, version=1, actor=cast.admin)
    with pytest.raises(StaleVersion) as refusal:
        update_segment(segment=cast.small, data={"term_days": 40}, version=1, actor=cast.director)
    assert refusal.value.current["term_days"] == 30
    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after) == ("segment.edit", {"term_days": 14}, {"term_days": 30})
