"""What every door of the API shares: how it reads bodies and queries, how it pages lists, how the schema tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.ids import LARGEST_ID
from common.paging import DEFAULT_PAGE_SIZE, keyset_page
from common.problems import CONTENT_TYPE

MOST_ROWS: Final = 200
LARGEST_BODY: Final = 5 * 1024 * 1024
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class JsonParser(JSONParser):
    """Strict JSON: no NaN, no depth that breaks the parser, no text that neither the database nor an answer can hold."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise BodyTooLarge(_("The request is too large."))
        try:
            found = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The request is no JSON text.")) from error
        if not _is_storable(found):
            raise ParseError(_("The text holds characters that cannot be stored."))
        return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _is_storable(found: Any) -> bool:
    """No lone surrogate anywhere, keys included: it could not even be told back."""
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if any("\ud800" <= mark <= "\udfff" for mark in value):
                return False
        elif isinstance(value, dict):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return True


class StrictSerializer(serializers.Serializer):
    """Input: every key that does not exist or may not be written is named and refused (400), nothing is ignored."""

    read_only_keys: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            wrong = {
                str(key)[:80]: [
                    _("This field is read-only.") if key in self.read_only_keys else _("There is no such field.")
                ]
                for key in data
                if key not in self.fields
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def columns_of(*models: type[Model]) -> frozenset[str]:
    """Names of the columns of these tables: keys that exist but are not written through this door."""
    return frozenset(
        {field.name for model in models for field in model._meta.concrete_fields}
        | {str(field.attname) for model in models for field in model._meta.concrete_fields}
        | {"pk"}
    )


class IdField(serializers.IntegerField):
    """The id of a row; that it exists and may be seen is asked of the scope later."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class DayField(serializers.DateField):
    """YYYY-MM-DD within the years people work in."""

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise serializers.ValidationError(_("There is no such date."))
        return day


class MomentField(serializers.DateTimeField):
    """ISO 8601; without an offset it is the organisation's time."""

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise serializers.ValidationError(_("There is no such date."))
        return moment


class MoneyField(serializers.DecimalField):
    """Roubles and kopecks, as text or number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **kwargs)


class PageQuery(StrictSerializer):
    """What every list takes; a size above the limit is the limit."""

    cursor = serializers.CharField(required=False, allow_blank=True, max_length=8192)
    page_size = serializers.IntegerField(required=False, min_value=1)

    def validate_page_size(self, value: int) -> int:
        return min(value, MOST_ROWS)


class ApiView(APIView):
    """Thin: reads the input, calls one service or selector, writes the answer."""

    parser_classes = [JsonParser]

    @property
    def person(self) -> Any:
        """The signed-in employee; the permission classes have refused strangers."""
        return self.request.user

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
            exc = BodyTooLarge(_("The request is too large."))
        return super().handle_exception(exc)

    def read(self, serializer_class: type[serializers.Serializer], **context: Any) -> dict[str, Any]:
        """The checked body. ValidationError (400) names every wrong key."""
        return _checked(serializer_class(data=self.request.data, context=context))

    def asked(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """The checked query; an unknown parameter is an error, never a filter."""
        return _checked(serializer_class(data=self.request.query_params.dict()))

    def page(
        self,
        rows: QuerySet[Any],
        asked: Mapping[str, Any],
        write: Callable[[list[Any]], Iterable[Any]],
        *,
        field: str = "pk",
        is_descending: bool = True,
    ) -> Response:
        """`{"next", "previous", "results"}` by keyset: the last page costs what the first does."""
        found = keyset_page(
            rows,
            field=field,
            cursor=asked.get("cursor", ""),
            size=asked.get("page_size", DEFAULT_PAGE_SIZE),
            is_descending=is_descending,
        )
        return Response(
            {
                "next": _link(self.request, found.next_cursor),
                "previous": _link(self.request, found.previous_cursor),
                "results": list(write(found.rows)),
            }
        )


def _checked(serializer: serializers.Serializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def _link(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField()
    text = serializers.CharField()


class MissingSerializer(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]
    missing = MissingSerializer(many=True, required=False)


_PROBLEMS: Final = {
    400: "Wrong input; unknown and read-only keys are named",
    401: "Nobody signed in",
    403: "Not for this role or token",
    404: "Absent or out of scope",
    409: "A guard with its missing facts, a cap, a version or another person was faster",
    429: "Too many requests; Retry-After says how many seconds to wait",
}


@cache
def _page_of(row: type[serializers.Serializer]) -> Any:
    """One component per kind of row, however many lists have it."""
    return inline_serializer(
        f"{row.__name__.removesuffix('Serializer')}Page",
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": row(many=True),
        },
    )


def documented(
    operation_id: str,
    summary: str,
    *,
    answer: Any = None,
    body: Any = None,
    query: type[serializers.Serializer] | None = None,
    status: int = 200,
    is_paged: bool = False,
) -> Any:
    """One operation in the schema, with the problems every operation may answer."""
    if is_paged:
        answer = _page_of(answer)
    responses: dict[Any, Any] = {status: answer}
    for code, text in _PROBLEMS.items():
        responses[(code, CONTENT_TYPE)] = OpenApiResponse(ProblemSerializer, description=text)
    parameters: list[Any] = [query] if query is not None else []
    if body is not None and status in (200, 201, 202):
        parameters.append(
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="The same key answers with the first answer and acts once.",
            )
        )
    return extend_schema(
        operation_id=operation_id, summary=summary, request=body, responses=responses, parameters=parameters
    )
