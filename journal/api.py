"""Acts through the API: `Idempotency-Key` makes a repeated request answer with the first answer and act once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from common.api import ApiView
from common.errors import Invalid
from journal.services import claim_key, keep_answer

LONGEST_KEY: Final = 80


class ActView(ApiView):
    """POST through `perform`. A refused act keeps no answer: the same key may be tried again."""

    def before(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks whose audit rows must stay although the act is refused; outside the act's transaction."""

    def perform(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotImplementedError

    def post(self, request: Request, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            self.before(request, **kwargs)
            return self.perform(request, **kwargs)
        if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            text = _("At most %(n)d printable Latin characters.") % {"n": LONGEST_KEY}
            raise Invalid({"Idempotency-Key": text})
        digest = request_digest(request)
        self.before(request, **kwargs)
        with transaction.atomic():
            row = claim_key(user_id=self.person.pk, key=key, request_hash=digest)
            if row.status is not None:
                return Response(row.response, status=row.status, headers={"Idempotency-Replayed": "true"})
            response = self.perform(request, **kwargs)
            keep_answer(
                row, status=response.status_code, response=json.loads(json.dumps(response.data, cls=JSONEncoder))
            )
        return response


def request_digest(request: Request) -> str:
    """What was asked, files by their content: method, path and body."""
    data = request.data
    if isinstance(data, Mapping):
        body: Any = {key: _plain(data[key]) for key in data}
    else:
        body = data
    text = json.dumps([request.method, request.path, body], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return [value.name, content.hexdigest()]
