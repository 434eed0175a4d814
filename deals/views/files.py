from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from deals.constants import CONTRACT_FILES
from deals.models import Contract
from deals.rules import file_extension


@require_GET
def contract_file(request: HttpRequest, pk: int) -> FileResponse:
    """The signed copy, to those who see the client; always saved, never opened by the browser."""
    contract = get_object_or_404(Contract.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    name = contract.file.name or ""
    extension = file_extension(name.rsplit("/", 1)[-1])
    if not extension or not contract.file.storage.exists(name):
        raise Http404
    response = FileResponse(
        contract.file.open("rb"),
        as_attachment=True,
        filename=contract.file_name or f"contract.{extension}",
        content_type=CONTRACT_FILES[extension][0],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
