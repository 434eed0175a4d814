"""The floor: what any page of this size costs on this server, whoever draws it. Never part of the product."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from clients.models import Client


@cache
def _body(name: str) -> bytes:
    return (settings.STATE_DIR / "floor" / name).read_bytes()


def floor(request: HttpRequest, name: str) -> HttpResponse:
    """Signed in through the same middleware, one query by an index, then the very bytes of the measured page."""
    Client.objects.filter(pk=1).values_list("name", flat=True).first()
    return HttpResponse(_body(name))


class CountingMiddleware:
    """Tells how many queries and how much of this process' CPU time a request took, when it is asked to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "X-Bench" not in request.headers:
            return self.get_response(request)
        count = 0

        def counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        started = time.thread_time()
        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response["X-Bench-Queries"] = str(count)
        response["X-Bench-Cpu"] = f"{time.thread_time() - started:.6f}"
        return response
