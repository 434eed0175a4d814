"""Who calls us: a PBX account by its bearer token, its network and, for deliveries, a signature over the raw body."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common import clock
from telephony.constants import BODY_LIMIT, REQUESTS_PER_SECOND, RETRY_AFTER_SECONDS, SIGNATURE_TOLERANCE_SECONDS
from telephony.models import TelephonyConnection

_LONGEST_TOKEN = 128
_TOKEN_PARAMETERS = ("token", "access_token", "api_key", "secret")


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(_("The body is larger than 64 KiB."))


class TelephonyAuthentication(BaseAuthentication):
    """`request.auth` is the connection; there is no person behind it. A person's API token is none of these."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, TelephonyConnection]:
        if any(name in request.query_params for name in _TOKEN_PARAMETERS):
            raise AuthenticationFailed(_("A token is sent in the Authorization header, never in the address."))
        connection = _by_token(get_authorization_header(request))
        if connection is None:
            raise AuthenticationFailed(_("The token is unknown."))
        if not connection.is_enabled:
            raise PermissionDenied(_("This connection is switched off."))
        if not _is_allowed(connection, peer_address(request.META)):
            raise PermissionDenied(_("This address is not on the connection's list."))
        _throttle(connection)
        return AnonymousUser(), connection

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="telephony"'


class SignedTelephonyAuthentication(TelephonyAuthentication):
    """Deliveries also carry `X-Telephony-Signature: t=<unix>,v1=<hex>` over the body as it was received."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, TelephonyConnection]:
        nobody, connection = super().authenticate(request)
        body = raw_body(request)
        header = request.META.get("HTTP_X_TELEPHONY_SIGNATURE", "")
        if not is_signed(connection, header, body):
            raise AuthenticationFailed(_("The signature is missing, old or wrong."))
        return nobody, connection


class HasConnection(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, TelephonyConnection)


def raw_body(request: Request) -> bytes:
    """The bytes as received; BodyTooLarge above 64 KiB, without reading them when the length is announced."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced[:12]) > BODY_LIMIT:
        raise BodyTooLarge
    try:
        body = request._request.body
    except RequestDataTooBig:
        raise BodyTooLarge from None
    if len(body) > BODY_LIMIT:
        raise BodyTooLarge
    return body


def sign(secret: str, moment: int, body: bytes) -> str:
    """v1 of the contract: hex HMAC-SHA256 of «t.body»."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def is_signed(connection: TelephonyConnection, header: str, body: bytes) -> bool:
    """Whether one of the living secrets made this signature within 300 s. An empty secret signs nothing."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(",")) if len(header) <= 200 else {}
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12 and given.isascii()):
        return False
    now = clock.now()
    if abs(now.timestamp() - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:
        return False
    secrets = [connection.secret]
    until = connection.previous_secret_until
    if until is not None and now < until:
        secrets.append(connection.previous_secret)
    # Every secret is tried, so that the time taken does not tell which one was right.
    matches = [hmac.compare_digest(sign(secret, int(stamp), body), given) for secret in secrets if secret]
    return any(matches)


def peer_address(meta: dict[str, Any]) -> str:
    """The real peer; behind N proxies the N-th forwarded address from the right. A forged header adds nothing."""
    forwarded = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    count: int = settings.PROXY_COUNT
    if count and len(forwarded) >= count:
        return forwarded[-count]
    return meta.get("REMOTE_ADDR", "")


def _by_token(header: bytes) -> TelephonyConnection | None:
    scheme, *rest = header.split() or [b""]
    if scheme.lower() != b"bearer" or len(rest) != 1 or len(rest[0]) > _LONGEST_TOKEN:
        return None
    digest = hashlib.sha256(rest[0]).hexdigest()
    return TelephonyConnection.objects.filter(token_digest=digest).first()


def _is_allowed(connection: TelephonyConnection, address: str) -> bool:
    if not connection.ip_allowlist:
        return True
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    networks = (ipaddress.ip_network(entry, strict=False) for entry in connection.ip_allowlist)
    return any(peer.version == network.version and peer in network for network in networks)


def _throttle(connection: TelephonyConnection) -> None:
    """A flood of one PBX does not take the pages with it: a fixed window per second, in each web process."""
    key = f"telephony:{connection.pk}:{int(time.monotonic())}"
    cache.add(key, 0, timeout=5)
    try:
        count = cache.incr(key)
    except ValueError:
        return  # the window ended between the two lines
    if count > REQUESTS_PER_SECOND:
        raise Throttled(wait=RETRY_AFTER_SECONDS)


class TelephonyScheme(OpenApiAuthenticationExtension):
    """How the schema names the connection's token."""

    target_class = "telephony.authentication.TelephonyAuthentication"
    name = "telephonyToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SignatureScheme(OpenApiAuthenticationExtension):
    """How the schema names the signature, which deliveries carry beside the token."""

    target_class = "telephony.authentication.SignedTelephonyAuthentication"
    name = "telephonySignature"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Telephony-Signature"}
