"""Month targets near what people really sell."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from accounts.choices import Role
from accounts.selectors import calendar
from common import clock
from common.workdays import month_end
from config.demo.people import Company
from config.demo.write import BATCH
from deals.models import PaymentCredit
from planning.models import MonthTarget


def write_targets(rng: Random, company: Company, today: date) -> None:
    """Month targets near what people really sell."""
    director = company.people["director"]
    month = today.replace(day=1)
    months = [month]
    for _ in range(4):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    facts = _past_facts()
    days = calendar().working_days(month, month_end(month.year, month.month))
    share = Decimal(max(1, sum(day < today for day in days))) / len(days)
    targets = []
    for department in company.departments:
        users = [user for user in company.sellers(department) if user.role == Role.HUNTER]
        for user in users:
            for start in months:
                fact = facts.get((user.pk, start), Decimal(0))
                done = share if start == month else Decimal(1)
                base = max(fact / done, Decimal(900000))
                amount = (base * Decimal(str(rng.uniform(0.9, 1.3))) / 50000).quantize(Decimal(1)) * 50000
                targets.append(
                    MonthTarget(
                        department=department,
                        user=user,
                        month=start,
                        amount=amount,
                        created_by=director,
                        created_at=clock.now(),
                    )
                )
    MonthTarget.objects.bulk_create(targets, BATCH)


def _past_facts() -> dict[tuple[int, date], Decimal]:
    rows = (
        PaymentCredit.objects.filter(is_void=False)
        .annotate(month=TruncMonth("paid_on"))
        .values_list("user_id", "month")
        .annotate(total=Sum("amount"))
    )
    return {(user_id, month): total for user_id, month, total in rows}
