"""Bearer tokens of the API: `Authorization: Bearer svt_…`. A token in the address is never read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.choices import TokenScope
from accounts.models import ApiToken, User
from accounts.services import use_token
from journal.services import name_actor

LONGEST_VALUE = 128


class TokenAuthentication(BaseAuthentication):
    """The active person of a living token; `request.auth` is the token. 401 for any other, 403 for a write by read."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() != b"bearer":
            return None
        token = use_token(rest[0].decode("latin-1")) if len(rest) == 1 and len(rest[0]) <= LONGEST_VALUE else None
        if token is None:
            raise AuthenticationFailed(_("The token is unknown, expired or revoked."))
        if token.scope == TokenScope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied(_("This token may only read."))
        if hasattr(request, "request_id"):
            # Inside ActMiddleware, which puts the former actor back when the request ends.
            name_actor(token.user)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema names the token."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
