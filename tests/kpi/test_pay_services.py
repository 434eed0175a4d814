"""Terms of pay, closed months: the worked example of section 3.6 through real rows."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.models import AuditEvent
from kpi.calculator import PayScheme as Terms
from kpi.models import PayScheme, PayStatement
from kpi.selectors.pay import month_pays
from kpi.services import close_month, save_scheme
from planning.services import set_month_target
from tests.factories.money import open_cycle, paid
from tests.factories.work import on

TODAY = date(2026, 11, 20)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 9):
        yield


def october(cast, people):
    """Plan 1.2 m of October for everybody, and what each brought."""
    cycle = open_cycle(cast, cast.volkov)
    with on(date(2026, 10, 1), 9):
        for user, fact in people.items():
            set_month_target(
                department=cast.sales, user=user, month=OCTOBER, amount=Decimal("1200000"), actor=cast.director
            )
            if fact:
                paid(cast, user, fact, date(2026, 10, 15), cycle)


def without_norms():
    """Only calls are weighed, and nobody is asked for visits: KPI has no part in the sums."""
    return Terms(weights={"visits": Fraction(1)})


def test_a_closed_month_keeps_the_worked_example_without_indicators(cast):
    with on(date(2026, 10, 1), 9):
        save_scheme(terms=without_norms(), valid_from=OCTOBER, actor=cast.director)
    october(cast, {cast.ivanova: "1260000", cast.petrov: "900000", cast.kuznetsova: "800000"})
    rows = {row.user_id: row for row in close_month(department=cast.sales, month=OCTOBER, actor=cast.director)}
    # 5 % of 1.26 m × 1.0; of 0.9 m × 0.5; below 70 % nothing
    assert rows[cast.ivanova.pk].amount == Decimal("63000.00")
    assert rows[cast.petrov.pk].amount == Decimal("22500.00")
    assert rows[cast.kuznetsova.pk].amount == Decimal("0.00")
    assert rows[cast.ivanova.pk].attainment == Decimal("1.05") and rows[cast.ivanova.pk].kpi is None
    assert rows[cast.ivanova.pk].terms["rate"] == "0.050000"
    assert AuditEvent.objects.filter(action="pay.close").count() == 1


def test_nobody_recalculates_a_closed_month(cast):
    october(cast, {cast.ivanova: "1260000"})
    before = {row.pk: row.amount for row in close_month(department=cast.sales, month=OCTOBER, actor=cast.director)}
    paid(cast, cast.ivanova, "500000", date(2026, 10, 20))
    assert {
        row.pk: row.amount for row in close_month(department=cast.sales, month=OCTOBER, actor=cast.director)
    } == before
    row = PayStatement.objects.get(user=cast.ivanova)
    for act in (lambda: PayStatement.objects.update(amount=1), lambda: PayStatement.objects.all().delete(), row.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert PayStatement.objects.get(user=cast.ivanova).amount == row.amount
    live = month_pays(department=cast.sales, month=OCTOBER, today=TODAY, user=cast.ivanova).people[0]
    assert live.pay.fact == Decimal("1760000.00") and row.fact == Decimal("1260000.00")


def test_only_the_director_closes_a_month_and_only_one_that_is_over(cast):
    october(cast, {cast.ivanova: "1"})
    for person in (cast.volkov, cast.ivanova, cast.admin, cast.accountant):
        with pytest.raises(NotAllowed):
            close_month(department=cast.sales, month=OCTOBER, actor=person)
    with pytest.raises(Conflict):
        close_month(department=cast.sales, month=NOVEMBER, actor=cast.director)
    assert not PayStatement.objects.exists()


def test_terms_are_versions_that_never_change_and_never_reach_a_closed_month(cast):
    first = save_scheme(terms=Terms(), valid_from=NOVEMBER, actor=cast.director, version=0)
    with pytest.raises(StaleVersion):
        save_scheme(terms=Terms(), valid_from=NOVEMBER, actor=cast.admin, reason="ставка", version=0)
    with pytest.raises(Invalid) as without_reason:
        save_scheme(terms=Terms(), valid_from=NOVEMBER, actor=cast.admin, version=1)
    assert set(without_reason.value.fields) == {"reason"}
    save_scheme(terms=Terms(rate=Fraction(6, 100)), valid_from=NOVEMBER, actor=cast.admin, reason="ставка", version=1)
    assert month_pays(department=cast.sales, month=NOVEMBER, today=TODAY).terms.rate == Fraction(6, 100)
    for act in (lambda: PayScheme.objects.update(rate=1), first.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    for valid_from in (OCTOBER, date(2026, 11, 2)):
        with pytest.raises(Invalid) as refused:
            save_scheme(terms=Terms(), valid_from=valid_from, actor=cast.director, reason="рост")
        assert set(refused.value.fields) == {"valid_from"}
    for person in (cast.volkov, cast.ivanova, cast.accountant):
        with pytest.raises(NotAllowed):
            save_scheme(terms=Terms(), valid_from=NOVEMBER, actor=person, reason="рост")
    wrong = Terms(rate=Fraction(2), steps=((0, 1), (1, 0)), weights={"upgrades": Fraction(1, 2)})
    with pytest.raises(Invalid) as refused:
        save_scheme(terms=wrong, valid_from=NOVEMBER, actor=cast.director, reason="рост")
    assert set(refused.value.fields) == {"rate", "steps", "weights"}
    with pytest.raises(Invalid):
        save_scheme(terms=Terms(weights={"luck": Fraction(1)}), valid_from=NOVEMBER, actor=cast.director, reason="р")
    assert PayScheme.objects.count() == 2


def test_terms_of_a_month_closed_in_any_department_cannot_be_written_anew(cast):
    with on(date(2026, 12, 2), 9):
        paid(cast, cast.belov, "1000", date(2026, 11, 10))
        close_month(department=cast.other, month=NOVEMBER, actor=cast.director)
    with pytest.raises(Invalid) as refused:
        save_scheme(terms=Terms(), valid_from=NOVEMBER, actor=cast.director)
    assert set(refused.value.fields) == {"valid_from"}
