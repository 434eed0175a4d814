"""The customers whom farmers are counted by (section 3.2, example 3)."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Department
from clients.choices import Section
from clients.models import Client
from staffing.constants import CustomerSize


def customer_base(department_id: int) -> QuerySet[Client]:
    return Client.objects.filter(department_id=department_id, section=Section.CUSTOMERS, is_live=True)


def customers_of(department: Department, size: CustomerSize) -> QuerySet[Client]:
    """Customers counted as of that size; one with another label, or none, is kept as a small one."""
    rows = customer_base(department.pk)
    if size is not CustomerSize.SMALL:
        return rows.filter(size=size.value)
    return rows.exclude(size__in=[one.value for one in CustomerSize if one is not CustomerSize.SMALL])
