"""Many rows written over in one statement (common.writing)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.writing import write_over
from funnels.models import SalesCycle
from tests.factories.work import take

pytestmark = pytest.mark.django_db

FIELDS = ["recheck_on", "colour_fact_ids", "expected_amount", "has_open_invoice", "close_note", "segment"]


def values_of(cycle):
    return SalesCycle.objects.filter(pk=cycle.pk).values_list(*FIELDS).get()


def test_values_of_every_kind_are_stored_for_each_row_by_itself(cast):
    one, two = take(cast, cast.ivanova), take(cast, cast.petrov)
    one.recheck_on, one.colour_fact_ids, one.expected_amount = None, [], None
    two.recheck_on, two.colour_fact_ids, two.expected_amount = date(2026, 3, 1), [7, 8], Decimal("10.50")
    two.has_open_invoice, two.close_note, two.segment = True, "it's 100 %s", cast.large
    with CaptureQueriesContext(connection) as asked:
        write_over([one, two], FIELDS)
    assert len(asked) == 1
    assert values_of(one) == (None, [], None, False, "", cast.medium.pk)
    assert values_of(two) == (date(2026, 3, 1), [7, 8], Decimal("10.50"), True, "it's 100 %s", cast.large.pk)


def test_other_rows_and_other_fields_stay(cast):
    one, two = take(cast, cast.ivanova), take(cast, cast.petrov)
    before = SalesCycle.objects.filter(pk=two.pk).values().get()
    one.close_note, one.stagnation_count = "said", 9
    write_over([one], ["close_note"])
    stored = SalesCycle.objects.get(pk=one.pk)
    assert (stored.close_note, stored.stagnation_count) == ("said", 0)
    assert SalesCycle.objects.filter(pk=two.pk).values().get() == before


def test_nothing_is_asked_for_no_rows(cast):
    with CaptureQueriesContext(connection) as asked:
        write_over([], FIELDS)
    assert len(asked) == 0
