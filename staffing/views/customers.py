"""/calculators/staffing/customers/: the customers of one size that the need for farmers is counted by."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.models import Client
from common import formats
from common.paging import keyset_page
from planning.views.calculators import address_of
from planning.views.calculators.scope import place_of
from staffing.constants import CustomerSize
from staffing.selectors import customers_of
from staffing.views.calculator.lists import CUSTOMERS
from staffing.views.calculator.page import PATH


@require_safe
def staffing_customers(request: HttpRequest) -> HttpResponse:
    """`?size=&department=&cursor=`; a customer without a label is listed with the small ones, as he is counted."""
    place = place_of(request)
    try:
        size = CustomerSize(request.GET.get("size", CustomerSize.SMALL))
    except ValueError as error:
        raise Http404 from error
    rows = customers_of(place.department, size)
    page = keyset_page(rows.select_related("owner"), field="name", cursor=request.GET.get("cursor", ""))
    # A director and a head see every client of the department; whoever has left their sight keeps his line.
    ids = [row.pk for row in page.rows]
    seen = set(Client.objects.visible_to(place.viewer).filter(pk__in=ids).values_list("pk", flat=True))
    kept = {"department": place.address["department"], "size": size.value}
    context = {
        "title": {
            CustomerSize.LARGE: _("Large customers"),
            CustomerSize.MEDIUM: _("Medium customers"),
            CustomerSize.SMALL: _("Small customers"),
        }[size],
        "department": place.department.name,
        "rows": [_row(row, seen) for row in page.rows],
        "summary": _("%(count)s in the list") % {"count": formats.number(rows.count())},
        "next_url": address_of(CUSTOMERS, kept, {"cursor": page.next_cursor}) if page.has_next else "",
        "previous_url": address_of(CUSTOMERS, kept, {"cursor": page.previous_cursor}) if page.has_previous else "",
        "back_url": address_of(PATH, {"department": place.address["department"], "role": "farmer"}),
    }
    return render(request, "staffing/customers.html", context)


def _row(row: Client, seen: set[int]) -> dict[str, Any]:
    is_seen = row.pk in seen
    return {
        "name": row.name if is_seen else _("Client of another manager"),
        "url": f"/clients/{row.pk}/" if is_seen else "",
        "size": row.get_size_display() if row.size else _("without a label"),
        "owner": row.owner.short_name if row.owner else formats.DASH,
    }
