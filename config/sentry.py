"""Errors to the server named by SENTRY_DSN: without cookies, bodies, headers, variables, phones and addresses."""

from __future__ import annotations

from typing import Any, Final

from config.logs import facts_of_act, scrub

# Parts of an event that quote what a person sent or what stood in variables.
_PERSONAL: Final = ("request", "user", "breadcrumbs", "server_name", "modules")


def start(dsn: str, **options: Any) -> None:
    """Reports from now on; does nothing, and imports nothing, without an address."""
    if not dsn:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=without_persons,
        **options,
    )


def without_persons(event: Any, hint: Any = None) -> Any:
    """The event with its texts scrubbed and its request reduced to the number that stands in our logs."""
    for part in _PERSONAL:
        event.pop(part, None)
    facts = facts_of_act()
    event["tags"] = {name: str(facts[name]) for name in ("request_id", "run_id") if name in facts}
    return _scrubbed(event)


def _scrubbed(part: Any) -> Any:
    if isinstance(part, str):
        return scrub(part)
    if isinstance(part, dict):
        return {name: _scrubbed(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_scrubbed(value) for value in part]
    return part
