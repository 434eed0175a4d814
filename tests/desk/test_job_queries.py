"""What a batch of a job asks and writes is a constant number of statements, however many rows it has (architecture 7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.choices import Section
from clients.models import Client
from common import clock
from desk.digests import preview_day
from funnels.models import ColourChange, Movement, Ownership, RotationOrder, SalesCycle, Task, Violation
from funnels.services import audit_worklists, expire_terms, flag_stagnant, recheck_colours, warn_ages
from journal.models import AuditEvent, JobItem
from journal.services import claim_run, open_run
from notifications.models import Notice
from tests.factories.cast import make_user
from tests.factories.work import on, take

FEW, MANY = 3, 30
NO_FLOOD = 20  # one more and the night's orders are held
MONDAY, FRIDAY = date(2026, 11, 9), date(2026, 11, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(cast):
    """Thirty sellers with one client each, taken into work on Monday: cycles by seller."""
    with on(MONDAY):
        sellers = [make_user(f"seller{number}", "hunter", cast.sales) for number in range(MANY)]
        return [take(cast, seller).pk for seller in sellers]


def statements(job, day, table, hide, numbers=(FEW, MANY)):
    """Statements of one run with few rows and with many, and the rows it has written; both are undone."""
    found = []
    for number in numbers:
        with transaction.atomic(), on(day, 0, 30):
            hide(number)
            run = claim_run(open_run("flags", day).pk).run
            before = table.objects.count()
            with CaptureQueriesContext(connection) as asked:
                job(day=day, run=run, at=clock.now())
            assert table.objects.count() - before == number
            found.append(len(asked))
            transaction.set_rollback(True)
    return found


def test_warnings_of_the_colour_clock_cost_the_same_for_three_and_thirty(ids):
    def hide(number):
        Ownership.objects.filter(cycle__in=ids).update(state_warn_on=None, state_last_day_on=None)
        Ownership.objects.filter(cycle__in=ids[number:]).update(warn_on=FRIDAY + timedelta(days=30))

    few, many = statements(warn_ages, date(2026, 11, 17), Notice, hide)
    assert few == many


def test_stagnant_clients_are_flagged_and_queued_in_the_same_number_of_statements(ids):
    def hide(number):
        Ownership.objects.filter(cycle__in=ids).update(state_flag_on=None)
        Ownership.objects.filter(cycle__in=ids[number:]).update(flag_on=None)

    for table in (RotationOrder, Violation, JobItem):
        few, many = statements(flag_stagnant, FRIDAY, table, hide, numbers=(FEW, NO_FLOOD))
        assert few == many


def test_stagnation_in_a_state_is_flagged_in_the_same_number_of_statements(ids):
    def hide(number):
        Ownership.objects.filter(cycle__in=ids).update(flag_on=None)
        Ownership.objects.filter(cycle__in=ids[number:]).update(state_flag_on=None)

    for table in (Violation, Task, JobItem):
        few, many = statements(flag_stagnant, FRIDAY, table, hide)
        assert few == many


def test_warnings_of_the_deal_term_cost_the_same_for_three_and_thirty(ids):
    def hide(number):
        SalesCycle.objects.filter(pk__in=ids).update(term_warn_on=FRIDAY, term_ends_on=FRIDAY + timedelta(days=3))
        SalesCycle.objects.filter(pk__in=ids[number:]).update(term_warn_on=None)

    few, many = statements(expire_terms, FRIDAY, Notice, hide)
    assert few == many


def test_recalls_that_come_due_cost_the_same_for_three_and_thirty(ids):
    def hide(number):
        SalesCycle.objects.filter(pk__in=ids).update(term_warn_on=None, term_ends_on=None)
        clients = Client.objects.filter(cycles__in=ids)
        clients.update(section=Section.SOFT_REFUSAL, owner=None, state="refusal", recall_on=None)
        shown = SalesCycle.objects.filter(pk__in=ids[:number]).values("client")
        Client.objects.filter(pk__in=shown).update(recall_on=FRIDAY)

    few, many = statements(expire_terms, FRIDAY, AuditEvent, hide)
    assert few == many


def test_work_lists_are_audited_in_the_same_number_of_statements(ids):
    def hide(number):
        SalesCycle.objects.filter(pk__in=ids[number:]).update(kind="repeat")

    for table in (JobItem, Notice):
        few, many = statements(audit_worklists, FRIDAY, table, hide)
        assert few == many


def test_colours_are_asked_again_and_fall_in_the_same_number_of_statements(ids):
    with on(MONDAY):
        SalesCycle.objects.filter(pk__in=ids).update(colour="yellow", best_rank=2)

    def hide(number):
        SalesCycle.objects.filter(pk__in=ids).update(recheck_on=None)
        SalesCycle.objects.filter(pk__in=ids[:number]).update(recheck_on=FRIDAY)

    for table in (ColourChange, AuditEvent):
        few, many = statements(recheck_colours, FRIDAY, table, hide)
        assert few == many


def test_the_day_is_previewed_in_the_same_number_of_statements(ids, cast):
    cycles = SalesCycle.objects.filter(pk__in=ids).order_by("pk")
    ownerships = Ownership.objects.in_bulk(cycles.values_list("ownerships", flat=True))

    def hide(number):
        Movement.objects.bulk_create(
            Movement(
                cycle_id=one.cycle_id,
                ownership=one,
                user_id=one.user_id,
                kind="upgrade",
                from_colour="red",
                to_colour="yellow",
                ranks=1,
                on=FRIDAY,
                at=clock.now(),
            )
            for one in list(ownerships.values())[: number - 1]  # the head is told of the whole
        )

    few, many = statements(preview_day, FRIDAY, Notice, hide)
    assert few == many
