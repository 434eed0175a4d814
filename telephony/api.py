"""The doors of a PBX (section 4.2). Errors are `{"error": {"code", "message", "field"}}`, here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import ActError, Conflict, Invalid
from common.paging import keyset_page
from journal.choices import Channel
from journal.services import acting
from notifications.tasks import wake
from telephony import services, tasks
from telephony.authentication import HasConnection, SignedTelephonyAuthentication, TelephonyAuthentication, raw_body
from telephony.constants import RETRY_AFTER_SECONDS
from telephony.models import Call, TelephonyConnection
from telephony.selectors import find_contact
from telephony.serializers import AcceptedSerializer, CallPageSerializer, CallSerializer, ErrorSerializer

_ERRORS = dict.fromkeys((400, 401, 403, 429), ErrorSerializer)
_LONGEST = {"phone": 64, "line": 64, "call_id": 120}


def error_response(code: str, message: str, status: int, field: str | None = None) -> Response:
    return Response({"error": {"code": code, "message": message, "field": field}}, status=status)


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Refusals in the form of the contract; an unforeseen error stays one, so that the PBX sends again."""
    if isinstance(error, Invalid):
        field, texts = next(iter(error.fields.items()))
        return error_response(error.code, texts[0], 400, field or None)
    if isinstance(error, ActError):
        return error_response(error.code, error.text, 409 if isinstance(error, Conflict) else error.status)
    if isinstance(error, Http404):
        return error_response("not_found", _("There is no such call."), 404)
    if not isinstance(error, APIException):
        return None
    response = error_response(str(error.get_codes()), str(error.detail), error.status_code)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if isinstance(error, Throttled):
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


class TelephonyView(APIView):
    authentication_classes = [TelephonyAuthentication]
    permission_classes = [HasConnection]
    throttle_classes: list[Any] = []

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return handle_error


class EventsView(TelephonyView):
    authentication_classes = [SignedTelephonyAuthentication]

    @extend_schema(
        operation_id="telephony_events",
        summary="A call event",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: AcceptedSerializer, 409: ErrorSerializer, 413: ErrorSerializer, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        """Stores the delivery and answers at once; the call is made of it in the queue."""
        with acting(via=Channel.PBX):
            accepted = services.accept_event(connection=_connection(request), body=raw_body(request))
        if accepted.status == "accepted":
            # The event is stored; without a broker the sweeper takes it within minutes.
            wake(tasks.process_event, accepted.pk)
        return Response({"status": accepted.status, "event": str(accepted.event)})


class ContactView(TelephonyView):
    @extend_schema(
        operation_id="telephony_contact",
        summary="Who calls, and whom to ring",
        parameters=[
            OpenApiParameter("phone", str, required=True),
            OpenApiParameter("line", str),
            OpenApiParameter("call_id", str),
        ],
        responses={200: OpenApiTypes.OBJECT, **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        given = {name: _parameter(request, name) for name in _LONGEST}
        if "phone" not in request.query_params:
            raise Invalid({"phone": _("This field is required.")}, code="schema")
        return Response(find_contact(_connection(request), **given))


class CallsView(TelephonyView):
    @extend_schema(
        operation_id="telephony_calls",
        summary="Calls of this connection, newest first",
        parameters=[OpenApiParameter("call_id", str), OpenApiParameter("cursor", str)],
        responses={200: CallPageSerializer, **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        calls = Call.objects.filter(connection=_connection(request))
        if call_id := _parameter(request, "call_id"):
            calls = calls.filter(call_id=call_id)
        page = keyset_page(calls, field="pk", cursor=request.query_params.get("cursor", ""), is_descending=True)
        return Response(
            {
                "next": _link(request, page.next_cursor),
                "previous": _link(request, page.previous_cursor),
                "results": CallSerializer(page.rows, many=True).data,
            }
        )


class CallView(TelephonyView):
    @extend_schema(
        operation_id="telephony_call",
        summary="One call of this connection",
        responses={200: CallSerializer, 404: ErrorSerializer, **_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        # Fetching is authorising: another PBX's call does not exist for this token.
        call = get_object_or_404(Call.objects.filter(connection=_connection(request)), pk=pk)
        return Response(CallSerializer(call).data)


def _connection(request: Request) -> TelephonyConnection:
    """Who calls; HasConnection has refused everybody else."""
    connection: Any = request.auth
    return connection  # type: ignore[no-any-return]


def _parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if len(value) > _LONGEST[name] or "\x00" in value:
        raise Invalid(
            {name: _("Must be at most %(longest)s characters long.") % {"longest": _LONGEST[name]}}, code="schema"
        )
    return value


def _link(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
