from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from journal.choices import Channel
from journal.services import acting, new_request_id


class ActMiddleware:
    """Names the door, the person and the request of every audit event written while the request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        user = request.user if request.user.is_authenticated else None
        via = Channel.API if request.path.startswith("/api/") else Channel.WEB
        with acting(via=via, actor=user, request_id=request_id):  # type: ignore[arg-type]
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
