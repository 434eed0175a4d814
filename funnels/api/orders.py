"""The rotation queue and its record; a head may choose another of the eligible."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from common.api import ApiView, documented
from funnels.api.base import colleague
from funnels.choices import OPEN_ORDER_STATUSES
from funnels.models import RotationOrder
from funnels.selectors import sees_whole_queue
from funnels.serializers import OrderQuery, OrderSerializer, RecipientInput
from funnels.services import change_recipient
from journal.api import ActView


def _orders(person: User) -> QuerySet[RotationOrder]:
    return RotationOrder.objects.visible_to(person).select_related(
        "client", "department", "old_owner", "suggested", "recipient", "chosen_by"
    )


class OrdersView(ApiView):
    @documented(
        "rotation_orders_list", "Rotation orders in scope", answer=OrderSerializer, query=OrderQuery, is_paged=True
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(OrderQuery)
        rows = _orders(self.person)
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if asked["is_open"] is not None:
            is_open = {"status__in": OPEN_ORDER_STATUSES}
            rows = rows.filter(**is_open) if asked["is_open"] else rows.exclude(**is_open)
        context = {"sees_all": sees_whole_queue(self.person)}
        return self.page(rows, asked, lambda found: OrderSerializer(found, many=True, context=context).data)


class OrderView(ApiView):
    @documented("rotation_orders_read", "A rotation order", answer=OrderSerializer)
    def get(self, request: Request, pk: int) -> Response:
        order = get_object_or_404(_orders(self.person), pk=pk)
        return Response(OrderSerializer(order, context={"sees_all": sees_whole_queue(self.person)}).data)


@extend_schema_view(
    post=documented(
        "rotation_orders_recipient", "Choose another recipient", body=RecipientInput, answer=OrderSerializer
    )
)
class RecipientView(ActView):
    def perform(self, request: Request, pk: int) -> Response:
        order = get_object_or_404(_orders(self.person), pk=pk)
        data = self.read(RecipientInput)
        # The order decides who is eligible; a manager is refused by the service before anything else is told.
        to = colleague(self.person, data["to"], "to") if sees_whole_queue(self.person) else self.person
        changed = change_recipient(order=order, to=to, actor=self.person, version=data["version"])
        fresh = _orders(self.person).filter(pk=changed.pk).first()
        return Response(OrderSerializer(fresh, context={"sees_all": True}).data)
