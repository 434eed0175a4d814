"""What a request does while the database is away or two acts wait for each other: come again, never half a write.

The database may restart, run out of room or stop a statement that takes too long; an uploaded file may find no room.
None of it is a fault of the program: such a request answers 503 with Retry-After. Two transactions that wait for each
other are told by PostgreSQL: one of them is rolled back whole, and is simply made again.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EDQUOT, ENOSPC
from io import BytesIO
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

RETRY_AFTER_SECONDS: Final = 5  # a killed server is back after four to five
MOST_ATTEMPTS: Final = 3
# deadlock_detected and serialization_failure: the whole transaction was undone and may be made again
_UNDONE: Final = {"40P01", "40001"}
_NO_ROOM: Final = {ENOSPC, EDQUOT}


def is_outage(error: BaseException | None) -> bool:
    """Whether the database was away, full, too slow or too busy, or the disk of files full: later the same may succeed."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def is_undone(error: BaseException | None) -> bool:
    """Whether PostgreSQL has rolled the transaction back for the sake of another one."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in _UNDONE


class RetryMiddleware:
    """The innermost one: makes a view's act again when it lost a deadlock, at most MOST_ATTEMPTS times in all.

    Every act is one transaction, so nothing of the lost attempt is left.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], values: dict[str, Any]
    ) -> HttpResponseBase | None:
        body = _kept_body(request)
        if body is None:
            return None
        for _attempt in range(MOST_ATTEMPTS - 1):
            try:
                return view(request, *args, **values)
            except OperationalError as error:
                if not is_undone(error) or connection.in_atomic_block:
                    raise
                request._stream = BytesIO(body)  # type: ignore[attr-defined]  # the lost attempt may have read it
        return None


def _kept_body(request: HttpRequest) -> bytes | None:
    """The body of a small writing request, which can be read again; None for what is not made again."""
    if request.method in ("GET", "HEAD", "OPTIONS", "TRACE") or request.content_type == "multipart/form-data":
        return None
    try:
        return request.body
    except RequestDataTooBig:
        return None
